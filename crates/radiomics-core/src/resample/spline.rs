//! Coefficients of the cubic B-spline that passes through the voxels of an image.
//!
//! Unser 1999, doi:10.1109/79.799930, box 2, with mirrored borders, as ITK's `BSplineDecompositionImageFilter`
//! computes it, operation by operation: an image of integers is cut off to integers after interpolation, so that
//! a value of 99.999… in place of 100 would be another grey level.
//!
//! Only the wanted coefficients are calculated, from voxels up to [`MARGIN`] further on: what lies beyond is
//! weighted by the pole to the power of the distance and lost in rounding.

use std::ops::Range;

use ndarray::{Array2, Array3, Axis, s};
use rayon::prelude::*;

use crate::{
    bundle::{LANES, Lanes, Plane, put},
    levels::grain,
    vectorised::vectorised,
};

/// Voxels needed beyond a wanted coefficient: `|pole|⁴⁰ < 10⁻²²`.
pub(crate) const MARGIN: usize = 40;
/// Voxels from which the first coefficient at a border is taken: `|pole|¹⁸ < 10⁻¹⁰`, ITK's tolerance.
const HORIZON: usize = 18;

/// A part of an axis of the image.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    /// Voxels on the whole axis.
    pub length: usize,
    /// The voxels at hand.
    pub known: Range<usize>,
    /// The coefficients wanted, a part of `known`.
    pub wanted: Range<usize>,
}

impl Stretch {
    /// The voxels to read for some coefficients.
    pub fn new(length: usize, wanted: Range<usize>) -> Self {
        let known = wanted.start.saturating_sub(MARGIN)..(wanted.end + MARGIN).min(length);
        Self { length, known, wanted }
    }

    /// An axis along which nothing is filtered.
    pub fn untouched(range: Range<usize>) -> Self {
        Self { length: 1, known: range.clone(), wanted: range }
    }
}

/// Coefficients of the wanted voxels, `[z, y, x]`; `plane` reads the known voxels of one of the known planes, `[y, x]`.
///
/// # Errors
/// Those of `plane`.
pub(crate) fn coefficients<E: Send>(
    axes: &[Stretch; 3],
    plane: impl Fn(usize) -> Result<Array2<f64>, E> + Sync,
) -> Result<Array3<f64>, E> {
    let [x, y, z] = axes;
    let [width, height] = [x, y].map(|axis| axis.wanted.len());
    // x first: rounding depends on the order. Each plane is done with while it is in the processor's cache.
    let mut planes = vec![0.0; width * height * z.known.len()];
    let room = || (x.lines(), y.lines(), vec![0.0; width * y.known.len()]);
    let parts = planes.par_chunks_mut((width * height).max(1)).enumerate();
    parts.with_min_len(grain(width * height)).try_for_each_init(
        room,
        |(x_lines, y_lines, turned), (k, out)| {
            let voxels = plane(z.known.start + k)?;
            let voxels = voxels.as_standard_layout();
            let known = Plane::packed(voxels.as_slice().unwrap_or_default(), x.known.len());
            vectorised(
                #[inline(always)]
                || {
                    for rows in known.rows() {
                        known.turn(&rows, x_lines);
                        x.filter(x_lines);
                        put(x.kept(x_lines), &rows, |c| c, turned, y.known.len());
                    }
                    let turned = Plane::packed(turned, y.known.len());
                    for rows in turned.rows() {
                        turned.turn(&rows, y_lines);
                        y.filter(y_lines);
                        put(y.kept(y_lines), &rows, |c| c, out, width);
                    }
                },
            );
            Ok(())
        },
    )?;
    // Along z in place: no second array is needed. Bundles must not overlap, as no line may be filtered twice.
    let mut planes = Array3::from_shape_vec([z.known.len(), height, width], planes).unwrap_or_default();
    let slabs: Vec<_> = planes.axis_iter_mut(Axis(1)).collect();
    slabs.into_par_iter().for_each_init(
        || z.lines(),
        |lines, mut slab| {
            vectorised(
                #[inline(always)]
                || {
                    for first in (0..width).step_by(LANES) {
                        let columns = first..width.min(first + LANES);
                        for (row, to) in slab.rows().into_iter().zip(lines.iter_mut()) {
                            Plane::packed(row.to_slice().unwrap_or_default(), width)
                                .take(&columns, std::slice::from_mut(to));
                        }
                        z.filter(lines);
                        for (mut row, values) in slab.rows_mut().into_iter().zip(lines.iter()) {
                            if let Some(row) = row.as_slice_mut() {
                                put(std::slice::from_ref(values), &columns, |c| c, row, width);
                            }
                        }
                    }
                },
            );
        },
    );
    let wanted = z.wanted.start - z.known.start..z.wanted.end - z.known.start;
    Ok(planes.slice_move(s![wanted, .., ..]))
}

impl Stretch {
    /// Room for some lines.
    fn lines(&self) -> Vec<Lanes> {
        vec![[0.0; LANES]; self.known.len()]
    }

    /// The wanted part of some lines.
    fn kept<'a>(&self, lines: &'a [Lanes]) -> &'a [Lanes] {
        &lines[self.wanted.start - self.known.start..self.wanted.end - self.known.start]
    }

    /// The coefficients of some lines.
    #[inline(always)]
    fn filter(&self, lines: &mut [Lanes]) {
        if self.length > 1 {
            filter_lines(lines, self);
        }
    }
}

/// The recursion there and back, for several lines at once.
#[inline(always)]
fn filter_lines(line: &mut [Lanes], stretch: &Stretch) {
    let pole = 3.0_f64.sqrt() - 2.0;
    let gain = (1.0 - pole) * (1.0 - 1.0 / pole);
    for values in line.iter_mut() {
        for value in values {
            *value *= gain;
        }
    }
    let last = line.len() - 1;
    line[0] = if stretch.known.start > 0 {
        // As if the line went on with its first value; forgotten within the margin.
        line[0].map(|v| v / (1.0 - pole))
    } else if stretch.length > HORIZON {
        near_sum(line, pole)
    } else {
        mirrored_sum(line, pole)
    };
    for n in 1..line.len() {
        let before = line[n - 1];
        line[n] = each(line[n], before, |v, before| v + pole * before);
    }
    line[last] = if stretch.known.end < stretch.length {
        line[last].map(|v| pole / (pole - 1.0) * v)
    } else {
        each(line[last], line[last - 1], |v, before| (pole / (pole * pole - 1.0)) * (pole * before + v))
    };
    for n in (0..last).rev() {
        let after = line[n + 1];
        line[n] = each(line[n], after, |v, after| pole * (after - v));
    }
}

#[inline(always)]
fn each(a: Lanes, b: Lanes, f: impl Fn(f64, f64) -> f64) -> Lanes {
    let mut out = [0.0; LANES];
    for lane in 0..LANES {
        out[lane] = f(a[lane], b[lane]);
    }
    out
}

/// First value of the recursion from the voxels within the horizon.
#[inline(always)]
fn near_sum(line: &[Lanes], pole: f64) -> Lanes {
    let (mut sum, mut power) = (line[0], pole);
    for values in &line[1..HORIZON] {
        sum = each(sum, *values, |sum, v| sum + power * v);
        power *= pole;
    }
    sum
}

/// First value of the recursion for a short line, mirrored at both ends without limit.
#[inline(always)]
fn mirrored_sum(line: &[Lanes], pole: f64) -> Lanes {
    let last = line.len() - 1;
    let (mut power, mut mirrored) = (pole, pole.powf(last as f64));
    let mut sum = each(line[0], line[last], |first, v| first + mirrored * v);
    let round_trip = mirrored * (1.0 / pole);
    mirrored *= round_trip;
    for values in &line[1..last] {
        sum = each(sum, *values, |sum, v| sum + (power + mirrored) * v);
        power *= pole;
        mirrored *= 1.0 / pole;
    }
    sum.map(|sum| sum / (1.0 - power * power))
}

#[cfg(test)]
mod tests {
    use ndarray::s;

    use super::*;

    /// Coefficients of a part of an image.
    fn of(image: &Array3<f64>, axes: &[Stretch; 3]) -> Array3<f64> {
        let plane =
            |z| Ok::<_, ()>(image.slice(s![z, axes[1].known.clone(), axes[0].known.clone()]).to_owned());
        coefficients(axes, plane).unwrap()
    }

    /// The definition: at voxel `n` the spline is `(c[n−1] + 4 c[n] + c[n+1]) / 6` with mirrored borders.
    #[test]
    fn the_spline_passes_through_the_voxels() {
        for length in [2_usize, 3, 7, 18, 19, 60] {
            let mut seed = 1_u64;
            let voxels = Array3::from_shape_fn([3, 11, length], |_| {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (seed >> 40) as f64 / 1e4
            });
            let axes = [Stretch::new(length, 0..length), Stretch::untouched(0..11), Stretch::untouched(0..3)];
            let c = of(&voxels, &axes);
            for ((z, y, x), v) in voxels.indexed_iter() {
                let left = c[(z, y, if x == 0 { 1 } else { x - 1 })];
                let right = c[(z, y, if x + 1 == length { x - 1 } else { x + 1 })];
                let spline = (left + 4.0 * c[(z, y, x)] + right) / 6.0;
                // ITK cuts the first sum off at 1e-10.
                assert!((spline - v).abs() < 1e-6, "{length} {x}: {spline} {v}");
            }
        }
    }

    #[test]
    fn a_part_has_the_same_bits_as_the_whole() {
        let mut seed = 9_u64;
        let voxels = Array3::from_shape_fn([150, 9, 170], |_| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 48) as f64 - 32768.0
        });
        let whole = [170, 9, 150].map(|n| Stretch::new(n, 0..n));
        let all = of(&voxels, &whole);
        let part = [Stretch::new(170, 60..75), Stretch::new(9, 2..5), Stretch::new(150, 100..120)];
        let some = of(&voxels, &part);
        assert_eq!(some, all.slice(s![100..120, 2..5, 60..75]));
    }
}

//! Coefficients of the cubic B-spline that passes through the voxels of an image.
//!
//! Unser 1999, doi:10.1109/79.799930, box 2, with mirrored borders, as ITK's `BSplineDecompositionImageFilter`
//! computes it, operation by operation: an image of integers is cut off to integers after interpolation, so that
//! a value of 99.999… in place of 100 would be another grey level.
//!
//! Only the wanted coefficients are calculated, from voxels up to [`MARGIN`] further on: what lies beyond is
//! weighted by the pole to the power of the distance and lost in rounding.

use std::ops::Range;

use ndarray::{Array3, ArrayView2, ArrayViewMut2, Axis};
use rayon::prelude::*;

use crate::vectorised::vectorised;

/// Voxels needed beyond a wanted coefficient: `|pole|⁴⁰ < 10⁻²²`.
pub(crate) const MARGIN: usize = 40;
/// Voxels from which the first coefficient at a border is taken: `|pole|¹⁸ < 10⁻¹⁰`, ITK's tolerance.
const HORIZON: usize = 18;
/// Lines filtered side by side.
const LANES: usize = 16;

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

/// Coefficients of the wanted voxels (x, y, z); `voxels` holds the known ones, `[z, y, x]`.
pub(crate) fn coefficients(voxels: Array3<f64>, axes: &[Stretch; 3]) -> Array3<f64> {
    // x first: rounding depends on the order.
    (0..3).fold(voxels, |voxels, a| filter_axis(voxels, 2 - a, &axes[a]))
}

/// Filters all lines along one array axis and keeps the wanted part of each.
fn filter_axis(voxels: Array3<f64>, axis: usize, stretch: &Stretch) -> Array3<f64> {
    if stretch.length == 1 {
        return voxels;
    }
    let mut shape: [usize; 3] = voxels.dim().into();
    let length = shape[axis];
    shape[axis] = stretch.wanted.len();
    let kept = stretch.wanted.start - stretch.known.start..stretch.wanted.end - stretch.known.start;
    let mut out = Array3::zeros(shape);
    // In each plane lines lie side by side: along x they are its rows, along y and z its columns.
    let plane = Axis(usize::from(axis == 0));
    let planes: Vec<_> = out.axis_iter_mut(plane).zip(voxels.axis_iter(plane)).collect();
    planes.into_par_iter().for_each_init(
        || vec![[0.0; LANES]; length],
        |lines, (mut to, from)| {
            vectorised(
                #[inline(always)]
                || {
                    if axis == 2 {
                        along_rows(&from, &mut to, lines, stretch, kept.clone());
                    } else {
                        along_columns(&from, &mut to, lines, stretch, kept.clone());
                    }
                },
            );
        },
    );
    out
}

/// Lines along x, `[side, along]`: turned, some at a time.
#[inline(always)]
fn along_rows(
    from: &ArrayView2<f64>,
    to: &mut ArrayViewMut2<f64>,
    lines: &mut [[f64; LANES]],
    stretch: &Stretch,
    kept: Range<usize>,
) {
    for first in (0..from.nrows()).step_by(LANES) {
        let lanes = LANES.min(from.nrows() - first);
        for lane in 0..lanes {
            if let Some(row) = from.row(first + lane).as_slice() {
                lines.iter_mut().zip(row).for_each(|(values, &x)| values[lane] = x);
            }
        }
        filter_lines(lines, stretch);
        for lane in 0..lanes {
            if let Some(row) = to.row_mut(first + lane).as_slice_mut() {
                row.iter_mut().zip(&lines[kept.clone()]).for_each(|(to, values)| *to = values[lane]);
            }
        }
    }
}

/// Lines along y or z, `[along, side]`: neighbours along x are filtered together.
#[inline(always)]
fn along_columns(
    from: &ArrayView2<f64>,
    to: &mut ArrayViewMut2<f64>,
    lines: &mut [[f64; LANES]],
    stretch: &Stretch,
    kept: Range<usize>,
) {
    let width = from.ncols();
    for first in (0..width).step_by(LANES) {
        let lanes = LANES.min(width - first);
        for (values, row) in lines.iter_mut().zip(from.rows()) {
            if let Some(row) = row.as_slice() {
                values[..lanes].copy_from_slice(&row[first..first + lanes]);
            }
        }
        filter_lines(lines, stretch);
        for (values, mut row) in lines[kept.clone()].iter().zip(to.rows_mut()) {
            if let Some(row) = row.as_slice_mut() {
                row[first..first + lanes].copy_from_slice(&values[..lanes]);
            }
        }
    }
}

/// The recursion there and back, for several lines at once.
#[inline(always)]
fn filter_lines(line: &mut [[f64; LANES]], stretch: &Stretch) {
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
fn each(a: [f64; LANES], b: [f64; LANES], f: impl Fn(f64, f64) -> f64) -> [f64; LANES] {
    let mut out = [0.0; LANES];
    for lane in 0..LANES {
        out[lane] = f(a[lane], b[lane]);
    }
    out
}

/// First value of the recursion from the voxels within the horizon.
#[inline(always)]
fn near_sum(line: &[[f64; LANES]], pole: f64) -> [f64; LANES] {
    let (mut sum, mut power) = (line[0], pole);
    for values in &line[1..HORIZON] {
        sum = each(sum, *values, |sum, v| sum + power * v);
        power *= pole;
    }
    sum
}

/// First value of the recursion for a short line, mirrored at both ends without limit.
#[inline(always)]
fn mirrored_sum(line: &[[f64; LANES]], pole: f64) -> [f64; LANES] {
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
    use super::*;

    /// The definition: at voxel `n` the spline is `(c[n−1] + 4 c[n] + c[n+1]) / 6` with mirrored borders.
    #[test]
    fn the_spline_passes_through_the_voxels() {
        for length in [2_usize, 3, 7, 18, 19, 60] {
            let mut seed = 1_u64;
            let voxels = Array3::from_shape_fn([3, 11, length], |_| {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (seed >> 40) as f64 / 1e4
            });
            let whole = Stretch::new(length, 0..length);
            let c = filter_axis(voxels.clone(), 2, &whole);
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
        let all = coefficients(voxels.clone(), &whole);
        let part = [Stretch::new(170, 60..75), Stretch::new(9, 2..5), Stretch::new(150, 100..120)];
        let known = ndarray::s![part[2].known.clone(), part[1].known.clone(), part[0].known.clone()];
        let some = coefficients(voxels.slice(known).as_standard_layout().to_owned(), &part);
        assert_eq!(some, all.slice(ndarray::s![100..120, 2..5, 60..75]));
    }
}

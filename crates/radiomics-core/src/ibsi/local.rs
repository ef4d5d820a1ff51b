//! Local intensity (`9ST6`): means in a ball of 1 cm³ around voxels of the intensity mask, over all voxels of the
//! image whose centres lie in the ball, in the region or not.
//!
//! A ball is a stack of rows; with running sums along each row, one voxel's mean costs a difference for each row of
//! the ball, whatever its length, and those of neighbours along x are taken together.
//!
//! ```
//! use radiomics_core::{IbsiFamily, ibsi::{IbsiInput, Selection, features}};
//! let input = IbsiInput::from_grey_levels(ndarray::arr3(&[[[1, 2, 6]]]), [2.0; 3]);
//! let selection = Selection { families: vec![IbsiFamily::LocalIntensity], ..Selection::default() };
//! let values = features(&input, &selection)?;
//! let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).map(|v| v.value);
//! // The ball of radius 6.2 mm around any voxel holds all three.
//! assert_eq!((value("loc_peak_loc"), value("loc_peak_glob")), (Some(3.0), Some(3.0)));
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! A ball holds the `n` voxels of the image with `‖r_k − r‖ ≤ R` around the centre `r` of a voxel of the region,
//! `R = ∛(3 / 4π)` cm = 6.2 mm; `x_k` are their intensities. Voxels that are not finite count as outside the image.
//!
#![doc = ibsi_local_intensity_table!()]
//!
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003, section 3.2.

use std::ops::Range;

use ndarray::{Array3, ArrayView1, Axis};
use rayon::prelude::*;

use super::{local_margin, region::Region};
use crate::vectorised::vectorised;

/// Values in the order of the names.
pub(super) fn values(region: &Region) -> Vec<f64> {
    let input = region.input;
    let rows = ball(input.spacing, input.image.dim());
    let highest = region.voxels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let [z, y, x] = &region.intensity;
    // Only what the balls reach.
    let reach = rows.iter().map(|row| row.from[0].unsigned_abs()).max().unwrap_or(0);
    let (below, above) = (z.start.saturating_sub(reach), (z.end + reach).min(input.image.dim().0));
    let sums = Running::new(&input.image, below..above, &rows);
    let peaks = |z: usize| {
        let (mut local, mut global) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for y in y.clone() {
            let inside = |x: &usize| input.intensity[[z, y, *x]];
            let (Some(first), Some(last)) = (x.clone().find(inside), x.clone().rfind(inside)) else {
                continue;
            };
            for (x, mean) in (first..).zip(sums.means(&rows, [z, y], first..last + 1)) {
                if inside(&x) {
                    global = global.max(mean);
                    if input.image[[z, y, x]] == highest {
                        local = local.max(mean);
                    }
                }
            }
        }
        (local, global)
    };
    let peaks: Vec<(f64, f64)> = z.clone().into_par_iter().map(peaks).collect();
    let (local, global) =
        peaks.iter().fold((f64::NEG_INFINITY, f64::NEG_INFINITY), |a, b| (a.0.max(b.0), a.1.max(b.1)));
    vec![local, global]
}

/// A row of a ball: its middle (z, y) from the centre, and its half length along x.
struct Row {
    from: [isize; 2],
    half: usize,
}

/// The rows of the ball, no further than an image of this shape reaches.
fn ball([sx, sy, sz]: [f64; 3], shape: (usize, usize, usize)) -> Vec<Row> {
    let radius = local_margin();
    let reach = |spacing: f64, size: usize| (radius / spacing).floor().min(size as f64) as isize;
    let mut rows = Vec::new();
    for z in -reach(sz, shape.0)..=reach(sz, shape.0) {
        for y in -reach(sy, shape.1)..=reach(sy, shape.1) {
            let rest = radius * radius - (z as f64 * sz).powi(2) - (y as f64 * sy).powi(2);
            if rest >= 0.0 {
                let half = (rest.sqrt() / sx).floor().min(shape.2 as f64) as usize;
                rows.push(Row { from: [z, y], half });
            }
        }
    }
    rows
}

/// Sums and numbers of the finite voxels before each place of a row, from `margin` places before its first voxel to as
/// many after its last.
struct Running {
    first: usize,
    planes: usize,
    rows: usize,
    width: usize,
    margin: usize,
    sums: Vec<f64>,
    numbers: Vec<u32>,
}

impl Running {
    fn new(image: &Array3<f64>, planes: Range<usize>, ball: &[Row]) -> Self {
        let (_, rows, columns) = image.dim();
        let margin = ball.iter().map(|row| row.half).max().unwrap_or(0);
        let width = columns + 1 + 2 * margin;
        let mut sums = vec![0.0; planes.len() * rows * width];
        let mut numbers = vec![0; sums.len()];
        let plane = (rows * width).max(1);
        let slices = sums.par_chunks_mut(plane).zip(numbers.par_chunks_mut(plane)).zip(planes.clone());
        slices.for_each(|((sums, numbers), z)| {
            let lines = sums.chunks_exact_mut(width).zip(numbers.chunks_exact_mut(width));
            for (line, (sums, numbers)) in image.index_axis(Axis(0), z).outer_iter().zip(lines) {
                running(line, &mut sums[margin + 1..], &mut numbers[margin + 1..]);
            }
        });
        Self { first: planes.start, planes: planes.len(), rows, width, margin, sums, numbers }
    }

    /// The means in the balls around voxels of a row.
    fn means(&self, ball: &[Row], [z, y]: [usize; 2], x: Range<usize>) -> Vec<f64> {
        let mut sums = vec![0.0; x.len()];
        let mut numbers = vec![0; x.len()];
        vectorised(
            #[inline(always)]
            || {
                for row in ball {
                    let (Some(z), Some(y)) = (
                        z.checked_add_signed(row.from[0]).and_then(|z| z.checked_sub(self.first)),
                        y.checked_add_signed(row.from[1]),
                    ) else {
                        continue;
                    };
                    if z >= self.planes || y >= self.rows {
                        continue;
                    }
                    let start = (z * self.rows + y) * self.width + self.margin + x.start;
                    let (from, to) = (start - row.half, start + row.half + 1);
                    let ends = self.sums[from..from + x.len()].iter().zip(&self.sums[to..to + x.len()]);
                    sums.iter_mut().zip(ends).for_each(|(sum, (from, to))| *sum += to - from);
                    let ends = self.numbers[from..from + x.len()].iter().zip(&self.numbers[to..to + x.len()]);
                    numbers.iter_mut().zip(ends).for_each(|(number, (from, to))| *number += to - from);
                }
            },
        );
        sums.iter().zip(numbers).map(|(sum, number)| sum / f64::from(number)).collect()
    }
}

/// Writes the sums and numbers from the first voxel to the end of the places.
fn running(line: ArrayView1<f64>, sums: &mut [f64], numbers: &mut [u32]) {
    let (mut sum, mut number) = (0.0, 0);
    let mut voxels = line.iter();
    for (sums, numbers) in sums.iter_mut().zip(numbers) {
        if let Some(&value) = voxels.next().filter(|value| value.is_finite()) {
            (sum, number) = (sum + value, number + 1);
        }
        (*sums, *numbers) = (sum, number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::testing::Random;

    #[test]
    fn means_are_those_of_all_voxels_in_the_ball() {
        let mut random = Random(9);
        for (case, spacing) in
            [[2.0, 2.0, 2.0], [1.0, 1.5, 3.0], [7.0, 2.0, 0.7], [9.0; 3]].into_iter().enumerate()
        {
            let shape = [6 + case, 9, 11];
            let mut image = Array3::from_shape_fn(shape, |_| random.below(100) as f64);
            image[[1, 2, 3]] = f64::NAN;
            let rows = ball(spacing, image.dim());
            let sums = Running::new(&image, 0..shape[0], &rows);
            for (centre, _) in image.indexed_iter() {
                let near = |at: (usize, usize, usize)| {
                    let d = [at.2.abs_diff(centre.2), at.1.abs_diff(centre.1), at.0.abs_diff(centre.0)];
                    let mm = |axis: usize| (d[axis] as f64 * spacing[axis]).powi(2);
                    mm(0) + mm(1) + mm(2) <= local_margin().powi(2)
                };
                let inside: Vec<f64> = image
                    .indexed_iter()
                    .filter(|(at, x)| near(*at) && x.is_finite())
                    .map(|(_, x)| *x)
                    .collect();
                let expected = inside.iter().sum::<f64>() / inside.len() as f64;
                let ours = sums.means(&rows, [centre.0, centre.1], 0..shape[2])[centre.2];
                let both_nan = ours.is_nan() && expected.is_nan();
                assert!(both_nan || (ours - expected).abs() < 1e-12 * 100.0, "{centre:?} {ours} {expected}");
            }
        }
    }
}

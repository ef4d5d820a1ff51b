//! Local intensity (`9ST6`): means in a ball of 1 cm³ around voxels of the intensity mask, over all voxels of the
//! image whose centres lie in the ball, in the region or not.
//!
//! A ball is a stack of rows; with running sums along each row, one voxel's mean costs two look-ups for each row of
//! the ball, whatever its length.
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

use ndarray::{Array3, ArrayView1, Axis};
use rayon::prelude::*;

use super::{local_margin, region::Region};

/// Values in the order of the names.
pub(super) fn values(region: &Region) -> Vec<f64> {
    let input = region.input;
    let rows = ball(input.spacing, input.image.dim());
    let highest = region.voxels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let [z, y, x] = &region.intensity;
    // Only what the balls reach.
    let reach = |axis: usize| rows.iter().map(|row| row.from[axis].unsigned_abs()).max().unwrap_or(0);
    let (below, above) = (z.start.saturating_sub(reach(0)), (z.end + reach(0)).min(input.image.dim().0));
    let sums = Running::new(&input.image, below..above);
    let peaks = |z: usize| {
        let (mut local, mut global) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for y in y.clone() {
            for x in x.clone().filter(|&x| input.intensity[[z, y, x]]) {
                let mean = sums.mean(&rows, [z, y, x]);
                global = global.max(mean);
                if input.image[[z, y, x]] == highest {
                    local = local.max(mean);
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

/// A row of a ball: first voxel (z, y, x) from the centre, and the half length along x.
struct Row {
    from: [isize; 3],
    half: isize,
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
                let half = (rest.sqrt() / sx).floor().min(shape.2 as f64) as isize;
                rows.push(Row { from: [z, y, -half], half });
            }
        }
    }
    rows
}

/// Sums and numbers of the finite voxels before each place of a row.
struct Running {
    first: usize,
    rows: usize,
    width: usize,
    sums: Vec<(f64, u32)>,
    planes: usize,
}

impl Running {
    fn new(image: &Array3<f64>, planes: std::ops::Range<usize>) -> Self {
        let (_, rows, columns) = image.dim();
        let width = columns + 1;
        let mut sums = vec![(0.0, 0); planes.len() * rows * width];
        let slices = sums.par_chunks_mut((rows * width).max(1)).zip(planes.clone());
        slices.for_each(|(sums, z)| {
            let lines = image.index_axis(Axis(0), z);
            for (line, sums) in lines.outer_iter().zip(sums.chunks_exact_mut(width)) {
                running(line, sums);
            }
        });
        Self { first: planes.start, rows, width, sums, planes: planes.len() }
    }

    /// The mean in the ball around a voxel.
    fn mean(&self, ball: &[Row], [z, y, x]: [usize; 3]) -> f64 {
        let (mut sum, mut number) = (0.0, 0);
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
            let start = (z * self.rows + y) * self.width;
            let from = self.sums[start + x.saturating_add_signed(row.from[2])];
            let to = self.sums[start + (x + row.half as usize + 1).min(self.width - 1)];
            sum += to.0 - from.0;
            number += to.1 - from.1;
        }
        sum / f64::from(number)
    }
}

fn running(line: ArrayView1<f64>, sums: &mut [(f64, u32)]) {
    let mut so_far = (0.0, 0);
    for (&value, sum) in line.iter().zip(&mut sums[1..]) {
        if value.is_finite() {
            so_far = (so_far.0 + value, so_far.1 + 1);
        }
        *sum = so_far;
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
            let sums = Running::new(&image, 0..shape[0]);
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
                let ours = sums.mean(&rows, [centre.0, centre.1, centre.2]);
                let both_nan = ours.is_nan() && expected.is_nan();
                assert!(both_nan || (ours - expected).abs() < 1e-12 * 100.0, "{centre:?} {ours} {expected}");
            }
        }
    }
}

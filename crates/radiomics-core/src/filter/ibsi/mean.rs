//! Mean filter (IBSI `S60F`): `1 / M^D` over a box of `M` voxels along each of `D` axes.
//!
//! `support` is `M`, an odd number of voxels. Values have the unit of the image. Manual arXiv:2006.05470, section 3.1.
//!
//! ```text
//! image              0 9 0 0
//! M = 3, mirrored    3 3 3 0       (0 + 0 + 9) / 3, (0 + 9 + 0) / 3, ...
//! ```
//! ```
//! use radiomics_core::filter::ibsi::{Boundary, Mode, mean::mean};
//! let out = mean(&ndarray::arr3(&[[[0.0, 9.0, 0.0, 0.0]]]), 3, Mode::Slices, Boundary::Mirror);
//! assert!(out.iter().zip([3.0, 3.0, 3.0, 0.0]).all(|(x, y)| (x - y).abs() < 1e-14), "{out}");
//! ```
//!
//! Three additions for each voxel and axis, whatever `M`: lines are cut into blocks of `M`, and a window is the end of
//! one block and the beginning of the next (van Herk 1992, doi:10.1016/0167-8655(92)90069-C). No voxel outside a window
//! ever takes part in its sum, so nothing far away can spoil its last digits, as a running sum lets it.

use ndarray::{Array3, ArrayViewMut2, Axis};
use rayon::prelude::*;

use crate::{
    filter::ibsi::{Boundary, Mode},
    vectorised::vectorised,
};

/// The mean over a box of `support` voxels (odd) along each axis.
///
/// ```
/// use radiomics_core::filter::ibsi::{Boundary, Mode, mean::mean};
/// let cube = ndarray::Array3::from_shape_fn([3, 3, 3], |(z, y, x)| if z + y + x == 0 { 27.0 } else { 0.0 });
/// let out = mean(&cube, 3, Mode::Volume, Boundary::Constant(0.0));
/// assert!((out[[1, 1, 1]] - 1.0).abs() < 1e-14 && out[[2, 2, 2]] == 0.0);
/// ```
pub fn mean(image: &Array3<f64>, support: usize, mode: Mode, boundary: Boundary) -> Array3<f64> {
    let (nz, ny, nx) = image.dim();
    let image = image.as_standard_layout();
    let mut out = Array3::zeros(image.dim());
    let (Some(voxels), Some(sums)) = (image.as_slice(), out.as_slice_mut()) else { return out };
    if voxels.is_empty() || support == 0 {
        return out;
    }
    let m = support as f64;
    // The sum over a box of the constant beyond the border grows with each axis.
    let windows = |axis: i32, n: usize| Windows::new(n, support, boundary, m.powi(axis));
    let (along_x, along_y, along_z) = (windows(0, nx), windows(1, ny), windows(2, nz));
    let volume = mode == Mode::Volume;
    let voxels_in_box = m.powi(mode.axes() as i32);
    let plane = nx * ny;
    sums.par_chunks_mut(plane).zip(voxels.par_chunks(plane)).for_each_init(
        || (vec![0.0; plane], Room::new(support, nx)),
        |(rows, room), (out, slice)| {
            for (to, from) in rows.chunks_exact_mut(nx).zip(slice.chunks_exact(nx)) {
                along_x.of_line(from, &mut room.line, to);
            }
            let divisor = if volume { 1.0 } else { voxels_in_box };
            vectorised(
                #[inline(always)]
                || {
                    along_y
                        .of_rows(rows, nx, room, divisor, |y, row| out[y * nx..][..nx].copy_from_slice(row))
                },
            );
        },
    );
    if volume {
        let columns: Vec<ArrayViewMut2<f64>> = out.axis_iter_mut(Axis(1)).collect();
        columns.into_par_iter().for_each_init(
            || (vec![0.0; nz * nx], Room::new(support, nx)),
            |(rows, room), mut column| {
                for (to, from) in rows.chunks_exact_mut(nx).zip(column.rows()) {
                    if let Some(from) = from.as_slice() {
                        to.copy_from_slice(from);
                    }
                }
                vectorised(
                    #[inline(always)]
                    || {
                        along_z.of_rows(rows, nx, room, voxels_in_box, |z, row| {
                            if let Some(to) = column.row_mut(z).as_slice_mut() {
                                to.copy_from_slice(row);
                            }
                        });
                    },
                );
            },
        );
    }
    out
}

/// The windows along an axis.
struct Windows {
    support: usize,
    /// Which voxel stands at each place of a line that is lengthened by its boundary; none for a constant.
    places: Vec<Option<usize>>,
    outside: f64,
}

/// Room for the ends of a block, and for what is being added up.
struct Room {
    line: Vec<f64>,
    ends: Vec<f64>,
    beyond: Vec<f64>,
    begun: Vec<f64>,
    sum: Vec<f64>,
}

impl Room {
    fn new(support: usize, width: usize) -> Self {
        let row = || vec![0.0; width];
        Self { line: Vec::new(), ends: vec![0.0; support * width], beyond: row(), begun: row(), sum: row() }
    }
}

impl Windows {
    /// For lines of `n` voxels; the constant beyond the border counts `times` as much.
    fn new(n: usize, support: usize, boundary: Boundary, times: f64) -> Self {
        let before = (support - 1 - support / 2) as isize;
        let place = |e: usize| boundary.index(e as isize - before, n);
        Self {
            support,
            places: (0..n + support - 1).map(place).collect(),
            outside: boundary.outside() * times,
        }
    }

    /// The sum of each window of a line.
    fn of_line(&self, line: &[f64], long: &mut Vec<f64>, out: &mut [f64]) {
        let m = self.support;
        long.clear();
        long.extend(self.places.iter().map(|place| place.map_or(self.outside, |i| line[i])));
        for (block, out) in out.chunks_mut(m).enumerate() {
            let (here, next) = long[block * m..].split_at(m.min(long.len() - block * m));
            let mut end: f64 = here[out.len()..].iter().rev().sum();
            for (out, x) in out.iter_mut().zip(here).rev() {
                end += x;
                *out = end;
            }
            let mut begun = 0.0;
            for (out, x) in out.iter_mut().skip(1).zip(next) {
                begun += x;
                *out += begun;
            }
        }
    }

    /// The same of many lines side by side: `rows` holds a row of `width` lines for each voxel along the axis, and
    /// `take` is given each row of sums divided by `divisor`.
    #[inline(always)]
    fn of_rows(
        &self,
        rows: &[f64],
        width: usize,
        room: &mut Room,
        divisor: f64,
        mut take: impl FnMut(usize, &[f64]),
    ) {
        let Room { ends, beyond, begun, sum, .. } = room;
        beyond.fill(self.outside);
        let row = |e: usize| match self.places.get(e) {
            Some(Some(i)) => &rows[i * width..][..width],
            _ => &beyond[..],
        };
        let (m, n) = (self.support, self.places.len() + 1 - self.support);
        for block in (0..n).step_by(m) {
            // The ends of the block, the shortest first.
            begun.fill(0.0);
            for t in (0..m).rev() {
                let end = &mut ends[t * width..][..width];
                for ((end, begun), x) in end.iter_mut().zip(begun.iter_mut()).zip(row(block + t)) {
                    *begun += x;
                    *end = *begun;
                }
            }
            begun.fill(0.0);
            for t in 0..m.min(n - block) {
                if t > 0 {
                    begun.iter_mut().zip(row(block + m + t - 1)).for_each(|(begun, x)| *begun += x);
                }
                let end = &ends[t * width..][..width];
                for ((sum, end), begun) in sum.iter_mut().zip(end).zip(begun.iter()) {
                    *sum = (end + begun) / divisor;
                }
                take(block + t, sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{features::testing::Random, filter::ibsi::convolve::separable};

    /// The definition: a convolution with equal weights.
    fn naive(image: &Array3<f64>, support: usize, mode: Mode, boundary: Boundary) -> Array3<f64> {
        let kernel = vec![1.0 / support as f64; support];
        separable(image, &vec![&kernel[..]; mode.axes()], boundary)
    }

    #[test]
    fn means_are_those_of_the_definition() {
        let mut random = Random(9);
        let boundaries = [
            Boundary::Constant(0.0),
            Boundary::Constant(-7.5),
            Boundary::Nearest,
            Boundary::Periodic,
            Boundary::Mirror,
        ];
        for (case, &boundary) in boundaries.iter().cycle().take(60).enumerate() {
            let shape = [1 + case % 5, 1 + case % 7, 1 + case % 11 + case / 5];
            let image = Array3::from_shape_fn(shape, |_| random.below(2001) as f64 - 1000.0);
            let support = [1, 3, 5, 7, 15, 4, 31][case % 7];
            for mode in [Mode::Slices, Mode::Volume] {
                let ours = mean(&image, support, mode, boundary);
                for (a, b) in ours.iter().zip(&naive(&image, support, mode, boundary)) {
                    assert!((a - b).abs() < 1e-11, "{shape:?} {support} {mode:?} {boundary:?}: {a} {b}");
                }
            }
        }
    }

    #[test]
    fn a_huge_value_far_away_spoils_nothing() {
        let mut image = Array3::from_elem([4, 5, 40], 1.0);
        image[[0, 0, 0]] = 1e30;
        let out = mean(&image, 3, Mode::Volume, Boundary::Mirror);
        assert_eq!(out[[0, 0, 2]], 1.0);
        assert_eq!(out[[3, 4, 20]], 1.0);
    }
}

//! Moran's I (`N365`) and Geary's C (`NPT7`): are near voxels alike?
//!
//! Both are ratios of sums over all pairs of voxels, weighted by the inverse of their distance in mm. With `y` the
//! intensities from their mean and `m` 1 inside and 0 outside, all of them are `Σ_ω Ŵ(ω) Â(ω)* B̂(ω)` of the Fourier
//! transforms of `y`, `m`, `y²` and the weights on a box twice as long: exact, in O(n log n) of the box.
//!
//! Only the rows of the region are transformed along x; the planes of each frequency along x are then completed one
//! after the other, so memory is that of the box twice as long along one axis.

use rayon::prelude::*;
use rustfft::{Fft, FftPlanner, num_complex::Complex};
use std::sync::Arc;

use super::region::Region;
use crate::filter::ibsi::fourier::fast_length;

/// Moran's I and Geary's C.
pub(super) fn values(region: &Region) -> [f64; 2] {
    let n = region.voxels.len() as f64;
    let mean = region.voxels.iter().sum::<f64>() / n;
    let square: f64 = region.voxels.iter().map(|x| (x - mean).powi(2)).sum();
    let Pairs { weights, products, squares } = Pairs::of(region, mean);
    let moran = n / weights * products / square;
    let geary = (n - 1.0) / (2.0 * weights) * (2.0 * squares - 2.0 * products) / square;
    [moran, geary]
}

/// Sums over all ordered pairs of different voxels.
struct Pairs {
    /// `Σ w`.
    weights: f64,
    /// `Σ w y_1 y_2`.
    products: f64,
    /// `Σ w y_1²`.
    squares: f64,
}

impl Pairs {
    fn of(region: &Region, mean: f64) -> Self {
        let size = region.levels.size();
        let long = size.map(|n| if n == 1 { 1 } else { fast_length(2 * n - 1) });
        // Few voxels in a large box: pair by pair is less work. A place of the long box takes the time of 8 pairs.
        let (pairs, box_work) =
            ((region.voxels.len() as f64).powi(2), 8.0 * long.map(|n| n as f64).iter().product::<f64>());
        if pairs <= box_work {
            Self::one_by_one(region, mean)
        } else {
            Self::transformed(region, mean, size, long)
        }
    }

    /// The definition.
    fn one_by_one(region: &Region, mean: f64) -> Self {
        let voxels = positions(region);
        let [sx, sy, sz] = region.input.spacing;
        let one = |i: usize| {
            let ([x, y, z], a) = voxels[i];
            let mut sums = [0.0; 3];
            for (j, &([u, v, w], b)) in voxels.iter().enumerate() {
                if i != j {
                    let d = |p: usize, q: usize, s: f64| (p.abs_diff(q) as f64 * s).powi(2);
                    let weight = 1.0 / (d(x, u, sx) + d(y, v, sy) + d(z, w, sz)).sqrt();
                    sums[0] += weight;
                    sums[1] += weight * (a - mean) * (b - mean);
                }
            }
            sums[2] = sums[0] * (a - mean).powi(2);
            sums
        };
        let sums: Vec<[f64; 3]> = (0..voxels.len()).into_par_iter().map(one).collect();
        Self::sum(&sums)
    }

    fn sum(parts: &[[f64; 3]]) -> Self {
        let sum = |k: usize| parts.iter().map(|part| part[k]).sum();
        Self { weights: sum(0), products: sum(1), squares: sum(2) }
    }

    fn transformed(region: &Region, mean: f64, size: [usize; 3], long: [usize; 3]) -> Self {
        let mut planner = FftPlanner::new();
        let [fx, fy, fz] = long.map(|n| planner.plan_fft_forward(n));
        let weights = weight_spectrum(region.input.spacing, long, [&fx, &fy, &fz]);
        // In units of the spread nothing is lost to rounding.
        let unit = region.voxels.iter().map(|x| (x - mean).abs()).fold(0.0, f64::max);
        let unit = if unit > 0.0 { unit } else { 1.0 };
        let rows = Rows::new(region, mean, unit, size, &fx);
        let [_, ny, nz] = long;
        let plane = |[first, second, squares]: &mut [Plane; 3], kx: usize| {
            let opposite = (long[0] - kx) % long[0];
            first.fill(&rows, &rows.values, kx, [&fy, &fz]);
            squares.fill(&rows, &rows.squares, kx, [&fy, &fz]);
            if opposite != kx {
                second.fill(&rows, &rows.values, opposite, [&fy, &fz]);
            }
            let other = if opposite == kx { &first.values } else { &second.values };
            let (first, squares) = (&first.values, &squares.values);
            let mut sums = [0.0; 3];
            for ky in 0..ny {
                let folded_y = ky.min(ny - ky);
                for kz in 0..nz {
                    let at = ky * nz + kz;
                    let mirrored = ((ny - ky) % ny) * nz + (nz - kz) % nz;
                    // Values were transformed as y + i m; their two spectra are told apart by symmetry.
                    let (z, w) = (first[at], other[mirrored].conj());
                    let (y, m) = ((z + w) * 0.5, (z - w) * Complex::new(0.0, -0.5));
                    let weight = weights[(kx * (ny / 2 + 1) + folded_y) * (nz / 2 + 1) + kz.min(nz - kz)];
                    sums[0] += weight * m.norm_sqr();
                    sums[1] += weight * y.norm_sqr();
                    sums[2] += weight * (m.conj() * squares[at]).re;
                }
            }
            // The plane of the opposite frequency adds the same.
            let both = if opposite == kx { 1.0 } else { 2.0 };
            sums.map(|sum| both * sum)
        };
        let planes: Vec<[f64; 3]> =
            (0..=long[0] / 2).into_par_iter().map_init(Default::default, plane).collect();
        let Self { weights, products, squares } = Self::sum(&planes);
        let scale = 1.0 / long.iter().map(|&n| n as f64).product::<f64>();
        Self {
            weights: weights * scale,
            products: products * scale * unit * unit,
            squares: squares * scale * unit * unit,
        }
    }
}

/// Place (x, y, z in the box) and intensity of each voxel, x fastest.
fn positions(region: &Region) -> Vec<([usize; 3], f64)> {
    let [nx, ny, nz] = region.levels.size();
    let (ranks, levels) = (region.levels.ranks(), &region.levels);
    let places = (0..nz).flat_map(|z| (0..ny).flat_map(move |y| (0..nx).map(move |x| [x, y, z])));
    places.filter(|&place| ranks[levels.position(place)] > 0).zip(region.voxels.iter().copied()).collect()
}

/// The rows of the box, transformed along x; row `z · ny + y` holds the frequencies.
struct Rows {
    size: [usize; 3],
    length: usize,
    /// `y + i m`.
    values: Vec<Complex<f64>>,
    /// `y²`.
    squares: Vec<Complex<f64>>,
}

impl Rows {
    fn new(region: &Region, mean: f64, unit: f64, size: [usize; 3], fft: &Arc<dyn Fft<f64>>) -> Self {
        let length = fft.len();
        let rows = size[1] * size[2];
        let mut values = vec![Complex::default(); rows * length];
        let mut squares = values.clone();
        for ([x, y, z], value) in positions(region) {
            let at = (z * size[1] + y) * length + x;
            let from_mean = (value - mean) / unit;
            values[at] = Complex::new(from_mean, 1.0);
            squares[at] = Complex::new(from_mean * from_mean, 0.0);
        }
        for lines in [&mut values, &mut squares] {
            lines.par_chunks_mut(length * size[1]).for_each(|lines| fft.process(lines));
        }
        Self { size, length, values, squares }
    }
}

/// A plane of one frequency along x, and what is needed to make one after the other.
#[derive(Default)]
struct Plane {
    /// Transformed along y and z: `[ky · nz + kz]`.
    values: Vec<Complex<f64>>,
    lines: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

impl Plane {
    fn fill(&mut self, rows: &Rows, values: &[Complex<f64>], kx: usize, [fy, fz]: [&Arc<dyn Fft<f64>>; 2]) {
        let Self { values: plane, lines, scratch } = self;
        let [_, rows_y, rows_z] = rows.size;
        let (ny, nz) = (fy.len(), fz.len());
        lines.clear();
        lines.resize(rows_z * ny, Complex::default());
        for (z, line) in lines.chunks_exact_mut(ny).enumerate() {
            for (y, to) in line[..rows_y].iter_mut().enumerate() {
                *to = values[(z * rows_y + y) * rows.length + kx];
            }
        }
        let needed = fy.get_inplace_scratch_len().max(fz.get_inplace_scratch_len());
        scratch.resize(needed, Complex::default());
        fy.process_with_scratch(lines, scratch);
        plane.clear();
        plane.resize(ny * nz, Complex::default());
        for (ky, column) in plane.chunks_exact_mut(nz).enumerate() {
            for (z, to) in column[..rows_z].iter_mut().enumerate() {
                *to = lines[z * ny + ky];
            }
        }
        fz.process_with_scratch(plane, scratch);
    }
}

/// The transform of `1 / distance` (0 at distance 0) on the periodic box, at frequencies up to the half of each axis:
/// `[(kx · (ny/2 + 1) + ky) · (nz/2 + 1) + kz]`. The weights are even along each axis, and so is their transform,
/// which is real.
fn weight_spectrum(spacing: [f64; 3], long: [usize; 3], ffts: [&Arc<dyn Fft<f64>>; 3]) -> Vec<f64> {
    let half = long.map(|n| n / 2 + 1);
    let [hx, hy, hz] = half;
    let mut weights = vec![0.0; hx * hy * hz];
    weights.par_chunks_mut(hy * hz).enumerate().for_each(|(x, plane)| {
        for (at, weight) in plane.iter_mut().enumerate() {
            let mm = |n: usize, axis: usize| (n as f64 * spacing[axis]).powi(2);
            let square = mm(x, 0) + mm(at / hz, 1) + mm(at % hz, 2);
            *weight = if square > 0.0 { 1.0 / square.sqrt() } else { 0.0 };
        }
    });
    // Along z, y within planes, then x across them.
    weights.par_chunks_mut(hy * hz).for_each(|plane| {
        even_transform(plane, hy, hz, 1, hz, ffts[2]);
        even_transform(plane, hz, hy, hz, 1, ffts[1]);
    });
    let mut columns = vec![0.0; weights.len()];
    columns.par_chunks_mut(hx).enumerate().for_each(|(at, column)| {
        column.iter_mut().enumerate().for_each(|(x, value)| *value = weights[x * hy * hz + at]);
    });
    columns
        .par_chunks_mut(hx * 64)
        .for_each(|lines| even_transform(lines, lines.len() / hx, hx, 1, hx, ffts[0]));
    weights.par_chunks_mut(hy * hz).enumerate().for_each(|(x, plane)| {
        plane.iter_mut().enumerate().for_each(|(at, value)| *value = columns[at * hx + x]);
    });
    weights
}

/// Transforms lines of an even function that is given on its half: `lines` of them `apart`, `length` values `stride`
/// apart. Two go into one complex transform, as their spectra are real.
fn even_transform(
    values: &mut [f64],
    lines: usize,
    length: usize,
    stride: usize,
    apart: usize,
    fft: &Arc<dyn Fft<f64>>,
) {
    let n = fft.len();
    let mut buffer = vec![Complex::default(); n];
    let mut scratch = vec![Complex::default(); fft.get_inplace_scratch_len()];
    for line in (0..lines).step_by(2) {
        let (a, b) = (line * apart, (line + 1).min(lines - 1) * apart);
        for (k, to) in buffer.iter_mut().enumerate() {
            let k = k.min(n - k);
            *to = Complex::new(values[a + k * stride], values[b + k * stride]);
        }
        fft.process_with_scratch(&mut buffer, &mut scratch);
        for k in 0..length {
            (values[a + k * stride], values[b + k * stride]) = (buffer[k].re, buffer[k].im);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{features::testing, ibsi::IbsiInput};

    /// Both ways, and the ratio of what they differ by to the sum of absolute values.
    fn compare(input: &IbsiInput) {
        let region = Region::new(input).unwrap();
        let mean = region.voxels.iter().sum::<f64>() / region.voxels.len() as f64;
        let size = region.levels.size();
        let long = size.map(|n| if n == 1 { 1 } else { fast_length(2 * n - 1) });
        let fast = Pairs::transformed(&region, mean, size, long);
        let slow = Pairs::one_by_one(&region, mean);
        let near = |a: f64, b: f64, scale: f64| {
            assert!((a - b).abs() <= 1e-11 * scale.abs() + 1e-300, "{a} {b} {size:?}");
        };
        near(fast.weights, slow.weights, slow.weights + 1.0);
        let square: f64 = region.voxels.iter().map(|x| (x - mean).powi(2)).sum();
        near(fast.squares, slow.squares, slow.squares + square);
        near(fast.products, slow.products, slow.squares + square);
    }

    #[test]
    fn transforms_give_the_sums_over_pairs() {
        for (case, grey) in testing::volumes().into_iter().enumerate() {
            let spacing = [[1.0; 3], [0.7, 0.9, 3.0]][case % 2];
            let mut input = IbsiInput::from_grey_levels(grey, spacing);
            let mut random = testing::Random(case as u64);
            input.image.mapv_inplace(|x| 1e3 * x + random.below(900) as f64);
            compare(&input);
        }
    }

    #[test]
    fn a_pair_of_voxels_by_hand() {
        // Two voxels 3 mm apart: mean 2, weights 1/3 both ways.
        let input = IbsiInput::from_grey_levels(ndarray::arr3(&[[[1, 3]]]), [3.0, 1.0, 1.0]);
        let [moran, geary] = values(&Region::new(&input).unwrap());
        assert!((moran + 1.0).abs() < 1e-15 && (geary - 1.0).abs() < 1e-15, "{moran} {geary}");
    }
}

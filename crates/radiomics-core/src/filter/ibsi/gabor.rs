//! Gabor filters (IBSI `Q88H`): the modulus of a wave under a Gaussian, in a plane.
//!
//! `g(x, y) = exp(−(x'² + γ² y'²) / 2σ²) · exp(2πi x' / λ)` with `x' = x cos θ + y sin θ` along the wave and
//! `y' = y cos θ − x sin θ` across it; the answer is `|g ∗ image|`, without scaling.
//!
//! | parameter | unit | meaning |
//! |---|---|---|
//! | `sigma` | mm | standard deviation `σ` of the envelope along the wave |
//! | `lambda` | mm | wavelength `λ` |
//! | `gamma` | | spatial aspect ratio `γ`: above 1 the envelope is narrower across the wave |
//! | `theta` | radians (degrees in parameter files) | angle from the first axis of the plane to the second |
//!
//! Values have the unit of the image.
//!
//! ```text
//! x for σ = 1, λ = 2, θ = 0        −2      −1       0       1       2
//! real part of g(x, 0)            0.135  −0.607   1      −0.607   0.135     exp(−x² / 2) cos(πx)
//! answer to a voxel of 1 at 0     0.135   0.607   1       0.607   0.135     its modulus
//! ```
//! ```
//! use radiomics_core::filter::ibsi::{Boundary, Pooling, gabor::{Gabor, Plane, gabor}};
//! let mut line = ndarray::Array3::zeros([1, 1, 5]);
//! line[[0, 0, 2]] = 1.0;
//! let wave = Gabor { sigma: 1.0, lambda: 2.0, gamma: 1.0, theta: 0.0 };
//! let answer = gabor(&line, [1.0; 3], &[wave], Pooling::Mean, &[Plane::AcrossZ], Boundary::Constant(0.0));
//! let modulus = [2.0_f64, 0.5, 0.0, 0.5, 2.0].map(|power| (-power).exp());
//! assert!(answer.iter().zip(modulus).all(|(x, y)| (x - y).abs() < 1e-9), "{answer}");
//! ```
//! In space the filter is taken in the planes across z, y and x and averaged. Several angles are pooled in each plane.
//! Angles half a turn apart give the same modulus and are calculated once. Kernels of tens of voxels are applied
//! by Fourier transform, slice by slice. Manual arXiv:2006.05470, section 3.5.

use std::{
    f64::consts::{PI, TAU},
    sync::Arc,
};

use ndarray::{Array3, ArrayView2, ArrayView3, Axis};
use rayon::prelude::*;
use rustfft::{Fft, FftPlanner, num_complex::Complex};

use crate::filter::ibsi::{Boundary, Pooling, fourier::fast_length};

/// One wave; lengths in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gabor {
    /// Standard deviation along the wave, mm.
    pub sigma: f64,
    /// Wavelength, mm.
    pub lambda: f64,
    /// Spatial aspect ratio γ.
    pub gamma: f64,
    /// Angle of the wave, radians.
    pub theta: f64,
}

/// A plane of the grid and its two axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// Axial: x, then y.
    AcrossZ,
    /// x, then z.
    AcrossY,
    /// z, then y.
    AcrossX,
}

impl Plane {
    /// All of them, the axial one first.
    pub const ALL: [Self; 3] = [Self::AcrossZ, Self::AcrossY, Self::AcrossX];

    /// The axis of an array `[z, y, x]` that changes places with the first one.
    fn swapped(self) -> usize {
        match self {
            Self::AcrossZ => 0,
            Self::AcrossY => 1,
            Self::AcrossX => 2,
        }
    }

    /// Spacing along the two axes.
    fn spacing(self, [x, y, z]: [f64; 3]) -> [f64; 2] {
        match self {
            Self::AcrossZ => [x, y],
            Self::AcrossY => [x, z],
            Self::AcrossX => [z, y],
        }
    }
}

/// The envelope is cut off where it has fallen below `exp(−18)`.
const CUTOFF: f64 = 6.0;

/// How far a kernel reaches, in the unit of `sigma`.
pub(super) fn reach(sigma: f64, gamma: f64) -> f64 {
    CUTOFF * sigma * (1.0 / gamma).max(1.0)
}

/// The moduli of the waves, pooled over angles and planes.
///
/// `spacing` is in mm along x, y, z.
///
/// ```
/// use radiomics_core::filter::ibsi::{Boundary, Pooling, gabor::{Gabor, Plane, gabor}};
/// let mut image = ndarray::Array3::zeros([1, 9, 9]);
/// image[[0, 4, 4]] = 5.0;
/// // The envelope is half as wide across the wave.
/// let wave = Gabor { sigma: 1.0, lambda: 2.0, gamma: 2.0, theta: 0.0 };
/// let zero = Boundary::Constant(0.0);
/// let out = gabor(&image, [1.0; 3], &[wave], Pooling::Mean, &[Plane::AcrossZ], zero);
/// assert!((out[[0, 4, 5]] - 5.0 * (-0.5_f64).exp()).abs() < 1e-9);
/// assert!((out[[0, 5, 4]] - 5.0 * (-2.0_f64).exp()).abs() < 1e-9);
/// ```
pub fn gabor(
    image: &Array3<f64>,
    spacing: [f64; 3],
    waves: &[Gabor],
    pooling: Pooling,
    planes: &[Plane],
    boundary: Boundary,
) -> Array3<f64> {
    let waves = merged(waves);
    let mut total: Option<Array3<f64>> = None;
    for &plane in planes {
        let mut view = image.view();
        view.swap_axes(0, plane.swapped());
        let mut answer = in_plane(view, plane.spacing(spacing), &waves, pooling, boundary);
        answer.swap_axes(0, plane.swapped());
        match &mut total {
            None => total = Some(answer),
            Some(total) => {
                total.zip_mut_with(&answer, |total, answer| *total = pooling.join(*total, *answer))
            }
        }
    }
    let mut total = total.unwrap_or_else(|| image.clone());
    let divisor = pooling.divisor(planes.len());
    if divisor != 1.0 {
        total /= divisor;
    }
    if total.is_standard_layout() { total } else { total.as_standard_layout().into_owned() }
}

/// Waves whose angles are half a turn apart as one, with their number.
fn merged(waves: &[Gabor]) -> Vec<(Gabor, f64)> {
    let mut merged: Vec<(Gabor, f64)> = Vec::new();
    for wave in waves {
        let same = |known: &Gabor| {
            let turn = (wave.theta - known.theta).rem_euclid(PI);
            turn.min(PI - turn) < 1e-9 && Gabor { theta: wave.theta, ..*known } == *wave
        };
        match merged.iter_mut().find(|(known, _)| same(known)) {
            Some((_, number)) => *number += 1.0,
            None => merged.push((*wave, 1.0)),
        }
    }
    merged
}

/// Everything that the slices of a plane share.
struct Shared {
    /// Voxels around a slice: along its columns, along its rows.
    margin: [usize; 2],
    /// Columns and rows with the margin, and some more.
    size: [usize; 2],
    forward: [Arc<dyn Fft<f64>>; 2],
    inverse: [Arc<dyn Fft<f64>>; 2],
    /// Spectra of the kernels, columns first: `[column][row]`.
    kernels: Vec<Vec<Complex<f64>>>,
}

/// Buffers of one thread.
#[derive(Default)]
struct Buffers {
    rows: Vec<Complex<f64>>,
    image: Vec<Complex<f64>>,
    product: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

/// The pooled answer in the slices along the first axis.
fn in_plane(
    view: ArrayView3<f64>,
    spacing: [f64; 2],
    waves: &[(Gabor, f64)],
    pooling: Pooling,
    boundary: Boundary,
) -> Array3<f64> {
    let (_, rows, columns) = view.dim();
    let mut out = Array3::<f64>::zeros(view.dim());
    if out.is_empty() {
        return out;
    }
    let reach = waves.iter().map(|(wave, _)| reach(wave.sigma, wave.gamma)).fold(0.0, f64::max);
    let margin = spacing.map(|s| (reach / s).ceil() as usize);
    let size = [fast_length(columns + 2 * margin[0]), fast_length(rows + 2 * margin[1])];
    let mut planner = FftPlanner::new();
    let forward = size.map(|n| planner.plan_fft_forward(n));
    let inverse = size.map(|n| planner.plan_fft_inverse(n));
    let mut shared = Shared { margin, size, forward, inverse, kernels: Vec::new() };
    shared.kernels = waves.par_iter().map(|(wave, _)| shared.spectrum(wave, spacing)).collect();
    let weights: Vec<f64> = waves.iter().map(|(_, number)| *number).collect();
    let slices: Vec<_> = view.axis_iter(Axis(0)).zip(out.axis_iter_mut(Axis(0))).collect();
    slices.into_par_iter().for_each_init(Buffers::default, |buffers, (slice, mut out)| {
        if let Some(out) = out.as_slice_mut() {
            shared.filter(slice, &weights, pooling, boundary, buffers, out);
        }
    });
    out
}

impl Shared {
    /// The pooled answer of one slice.
    fn filter(
        &self,
        slice: ArrayView2<f64>,
        weights: &[f64],
        pooling: Pooling,
        boundary: Boundary,
        buffers: &mut Buffers,
        out: &mut [f64],
    ) {
        let ((rows, columns), [width, height]) = (slice.dim(), self.size);
        self.transform(slice, boundary, buffers);
        // A wave that stands for several angles counts as often in a mean or a sum.
        let all: f64 = if pooling == Pooling::Mean { weights.iter().sum() } else { 1.0 };
        let scale = 1.0 / (width * height) as f64;
        for (number, (kernel, weight)) in self.kernels.iter().zip(weights).enumerate() {
            buffers.product.clear();
            buffers.product.extend(buffers.image.iter().zip(kernel).map(|(a, b)| a * b));
            process(&self.inverse[1], &mut buffers.product, &mut buffers.scratch);
            // Only the rows of the slice go back.
            buffers.rows.resize(rows * width, Complex::default());
            turn(&buffers.product, height, &mut buffers.rows, width, self.margin[1], |x| x);
            process(&self.inverse[0], &mut buffers.rows, &mut buffers.scratch);
            for (row, out) in buffers.rows.chunks_exact(width).zip(out.chunks_exact_mut(columns)) {
                for (x, out) in row[self.margin[0]..].iter().zip(out) {
                    let modulus = (x.re * x.re + x.im * x.im).sqrt() * scale;
                    let value = match pooling {
                        Pooling::Mean | Pooling::Sum => modulus * (weight / all),
                        Pooling::Max | Pooling::Min => modulus,
                    };
                    *out = if number == 0 { value } else { pooling.join(*out, value) };
                }
            }
        }
    }

    /// The spectrum of a slice with its margin, `[column][row]`. Rows of the margin are copies of other rows and
    /// are not transformed again.
    fn transform(&self, slice: ArrayView2<f64>, boundary: Boundary, buffers: &mut Buffers) {
        let ((rows, columns), [width, height]) = (slice.dim(), self.size);
        let place = |i: usize, margin: usize, n: usize| boundary.index(i as isize - margin as isize, n);
        let outside = boundary.outside();
        let xs: Vec<Option<usize>> = (0..width).map(|x| place(x, self.margin[0], columns)).collect();
        buffers.rows.clear();
        for row in slice.outer_iter() {
            buffers.rows.extend(xs.iter().map(|x| Complex::new(x.map_or(outside, |x| row[x]), 0.0)));
        }
        // One more row for the outside.
        buffers.rows.resize((rows + 1) * width, Complex::new(outside, 0.0));
        process(&self.forward[0], &mut buffers.rows, &mut buffers.scratch);
        let ys: Vec<usize> = (0..height).map(|y| place(y, self.margin[1], rows).unwrap_or(rows)).collect();
        buffers.image.resize(width * height, Complex::default());
        turn(&buffers.rows, width, &mut buffers.image, height, 0, |y| ys[y]);
        process(&self.forward[1], &mut buffers.image, &mut buffers.scratch);
    }

    fn spectrum(&self, wave: &Gabor, spacing: [f64; 2]) -> Vec<Complex<f64>> {
        let [width, height] = self.size;
        let mut kernel = vec![Complex::default(); width * height];
        let (sin, cos) = wave.theta.sin_cos();
        let reach = self.margin.map(|n| n as isize);
        for v in -reach[1]..=reach[1] {
            for u in -reach[0]..=reach[0] {
                let (x, y) = (u as f64 * spacing[0], v as f64 * spacing[1]);
                let (along, across) = (x * cos + y * sin, wave.gamma * (y * cos - x * sin));
                let envelope = (-(along * along + across * across) / (2.0 * wave.sigma * wave.sigma)).exp();
                let at =
                    v.rem_euclid(height as isize) as usize * width + u.rem_euclid(width as isize) as usize;
                kernel[at] += Complex::from_polar(envelope, TAU * along / wave.lambda);
            }
        }
        let mut scratch = Vec::new();
        process(&self.forward[0], &mut kernel, &mut scratch);
        let mut turned = vec![Complex::default(); kernel.len()];
        turn(&kernel, width, &mut turned, height, 0, |y| y);
        process(&self.forward[1], &mut turned, &mut scratch);
        turned
    }
}

/// Transforms all lines of a buffer.
fn process(fft: &Arc<dyn Fft<f64>>, lines: &mut [Complex<f64>], scratch: &mut Vec<Complex<f64>>) {
    scratch.resize(fft.get_inplace_scratch_len().max(scratch.len()), Complex::default());
    fft.process_with_scratch(lines, scratch);
}

/// Lines become columns: `to[i][j] = from[line(j)][i + first]`, in blocks that stay in the cache.
fn turn(
    from: &[Complex<f64>],
    from_width: usize,
    to: &mut [Complex<f64>],
    to_width: usize,
    first: usize,
    line: impl Fn(usize) -> usize,
) {
    const BLOCK: usize = 8;
    for (block, to) in to.chunks_mut(BLOCK * to_width).enumerate() {
        let start = block * BLOCK + first;
        for j in 0..to_width {
            let from = &from[line(j) * from_width + start..];
            for (to, x) in to[j..].iter_mut().step_by(to_width).zip(from) {
                *to = *x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, with the same cut-off.
    fn naive(
        image: &Array3<f64>,
        spacing: [f64; 3],
        wave: Gabor,
        plane: Plane,
        boundary: Boundary,
    ) -> Array3<f64> {
        let [a, b] = plane.spacing(spacing);
        let reach = CUTOFF * wave.sigma * (1.0 / wave.gamma).max(1.0);
        let (ru, rv) = ((reach / a).ceil() as isize, (reach / b).ceil() as isize);
        let (nz, ny, nx) = image.dim();
        let (sin, cos) = wave.theta.sin_cos();
        Array3::from_shape_fn(image.dim(), |(z, y, x)| {
            let mut sum = Complex::new(0.0, 0.0);
            for v in -rv..=rv {
                for u in -ru..=ru {
                    let (x1, y1) = (u as f64 * a, v as f64 * b);
                    let (along, across) = (x1 * cos + y1 * sin, wave.gamma * (y1 * cos - x1 * sin));
                    let envelope =
                        (-(along * along + across * across) / (2.0 * wave.sigma * wave.sigma)).exp();
                    let [dx, dy, dz] = match plane {
                        Plane::AcrossZ => [u, v, 0],
                        Plane::AcrossY => [u, 0, v],
                        Plane::AcrossX => [0, v, u],
                    };
                    let at = |i: usize, d: isize, n| boundary.index(i as isize - d, n);
                    let value = match (at(z, dz, nz), at(y, dy, ny), at(x, dx, nx)) {
                        (Some(z), Some(y), Some(x)) => image[(z, y, x)],
                        _ => boundary.outside(),
                    };
                    sum += Complex::from_polar(envelope * value, TAU * along / wave.lambda);
                }
            }
            sum.norm()
        })
    }

    #[test]
    fn transforms_give_the_sum_over_the_kernel() {
        let image =
            Array3::from_shape_fn([5, 6, 9], |(z, y, x)| ((x + 5 * y + 11 * z) * (x + z + 1) % 17) as f64);
        let spacing = [0.7, 1.0, 1.6];
        let wave = |theta: f64| Gabor { sigma: 1.1, lambda: 2.3, gamma: 0.8, theta };
        for boundary in
            [Boundary::Constant(0.0), Boundary::Constant(3.0), Boundary::Mirror, Boundary::Periodic]
        {
            let waves = [0.3, 1.2, 0.3 + PI, 2.0].map(wave);
            let alone = |theta, plane| naive(&image, spacing, wave(theta), plane, boundary);
            let mean = |plane| (alone(0.3, plane) * 2.0 + alone(1.2, plane) + alone(2.0, plane)) / 4.0;
            let expected = (mean(Plane::AcrossZ) + mean(Plane::AcrossY) + mean(Plane::AcrossX)) / 3.0;
            let ours = gabor(&image, spacing, &waves, Pooling::Mean, &Plane::ALL, boundary);
            for (a, b) in ours.iter().zip(&expected) {
                assert!((a - b).abs() < 1e-10, "{boundary:?}: {a} {b}");
            }
            let ours = gabor(&image, spacing, &waves, Pooling::Max, &[Plane::AcrossY], boundary);
            let all = [0.3, 1.2, 2.0].map(|theta| alone(theta, Plane::AcrossY));
            for (at, a) in ours.indexed_iter() {
                let b = all.iter().map(|x| x[at]).fold(0.0, f64::max);
                assert!((a - b).abs() < 1e-10, "{boundary:?}: {a} {b}");
            }
        }
    }
}

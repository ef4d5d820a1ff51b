//! Gabor filters (IBSI `Q88H`): the modulus of a wave under a Gaussian, in a plane.

use std::f64::consts::TAU;

use ndarray::{Array3, ArrayView2, Axis};
use rustfft::{FftDirection, num_complex::Complex};

use crate::filter::ibsi::{
    Boundary, Pooling,
    fourier::{fast_length, transform},
    rotation::Pool,
};

/// One wave: `exp(−(x'² + γ² y'²) / 2σ²) · exp(2πi x' / λ)` with x' along the wave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gabor {
    /// Standard deviation along the wave, voxels.
    pub sigma: f64,
    /// Wavelength, voxels.
    pub lambda: f64,
    /// Spatial aspect ratio γ: above 1 the envelope is narrower across the wave.
    pub gamma: f64,
    /// Angle of the wave, radians, from the first axis of the plane to the second.
    pub theta: f64,
}

/// The envelope is cut off where it has fallen below `exp(−18)`.
const CUTOFF: f64 = 6.0;

/// The modulus of the answer in every slice across z.
pub fn gabor(image: &Array3<f64>, wave: Gabor, boundary: Boundary) -> Array3<f64> {
    in_planes(image, 2, &[wave], Pooling::Mean, boundary)
}

/// The moduli of several angles pooled, then the mean over the planes across z, y and x when `orthogonal`.
pub fn gabor_pooled(
    image: &Array3<f64>,
    wave: Gabor,
    thetas: &[f64],
    pooling: Pooling,
    orthogonal: bool,
    boundary: Boundary,
) -> Array3<f64> {
    let waves: Vec<Gabor> = thetas.iter().map(|&theta| Gabor { theta, ..wave }).collect();
    let mut planes = Pool::new(Pooling::Mean);
    for across in if orthogonal { vec![2, 1, 0] } else { vec![2] } {
        planes.add(in_planes(image, across, &waves, pooling, boundary));
    }
    planes.finish()
}

/// Moduli pooled over the waves, in the planes across an axis (0 = x).
fn in_planes(
    image: &Array3<f64>,
    across: usize,
    waves: &[Gabor],
    pooling: Pooling,
    boundary: Boundary,
) -> Array3<f64> {
    let mut view = image.view();
    view.swap_axes(0, 2 - across);
    let (_, rows, columns) = view.dim();
    let reach = |wave: &Gabor| (CUTOFF * wave.sigma * (1.0 / wave.gamma).max(1.0)).ceil() as usize;
    let margin = waves.iter().map(reach).max().unwrap_or(0);
    // The kernel reaches over the border on one side and wraps around on the other: one margin serves both.
    let size = [fast_length(columns + 2 * margin), fast_length(rows + 2 * margin), 1];
    let kernels: Vec<Vec<Complex<f64>>> = waves.iter().map(|wave| spectrum(*wave, margin, size)).collect();
    let mut out = Array3::<f64>::zeros(view.dim());
    for (slice, mut out) in view.axis_iter(Axis(0)).zip(out.axis_iter_mut(Axis(0))) {
        let padded = pad(slice, margin, size, boundary);
        for (number, kernel) in kernels.iter().enumerate() {
            let mut product: Vec<Complex<f64>> = padded.iter().zip(kernel).map(|(a, b)| a * b).collect();
            transform(&mut product, size, 2, FftDirection::Inverse);
            let scale = 1.0 / (size[0] * size[1]) as f64;
            for ((r, c), out) in out.indexed_iter_mut() {
                let modulus = product[(r + margin) * size[0] + c + margin].norm() * scale;
                *out = match pooling {
                    Pooling::Mean => *out + modulus / waves.len() as f64,
                    Pooling::Max if number > 0 => out.max(modulus),
                    Pooling::Max => modulus,
                };
            }
        }
    }
    out.swap_axes(0, 2 - across);
    out.as_standard_layout().into_owned()
}

fn pad(slice: ArrayView2<f64>, margin: usize, size: [usize; 3], boundary: Boundary) -> Vec<Complex<f64>> {
    let (rows, columns) = slice.dim();
    let outside = if let Boundary::Constant(value) = boundary { value } else { 0.0 };
    let index = |i: usize, n: usize| boundary.index(i as isize - margin as isize, n);
    let mut out = Vec::with_capacity(size[0] * size[1]);
    for r in 0..size[1] {
        for c in 0..size[0] {
            let value = match (index(r, rows), index(c, columns)) {
                (Some(r), Some(c)) => slice[(r, c)],
                _ => outside,
            };
            out.push(Complex::new(value, 0.0));
        }
    }
    transform(&mut out, size, 2, FftDirection::Forward);
    out
}

fn spectrum(wave: Gabor, margin: usize, size: [usize; 3]) -> Vec<Complex<f64>> {
    let mut kernel = vec![Complex::default(); size[0] * size[1]];
    let (sin, cos) = wave.theta.sin_cos();
    let reach = margin as isize;
    for v in -reach..=reach {
        for u in -reach..=reach {
            let (x, y) = (u as f64, v as f64);
            let (along, across) = (x * cos + y * sin, wave.gamma * (y * cos - x * sin));
            let envelope = (-(along * along + across * across) / (2.0 * wave.sigma * wave.sigma)).exp();
            let at =
                v.rem_euclid(size[1] as isize) as usize * size[0] + u.rem_euclid(size[0] as isize) as usize;
            kernel[at] += Complex::from_polar(envelope, TAU * along / wave.lambda);
        }
    }
    transform(&mut kernel, size, 2, FftDirection::Forward);
    kernel
}

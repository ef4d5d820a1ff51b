//! Gaussian and Laplacian of Gaussian (IBSI `L6PA`), sampled and cut off.

use ndarray::Array3;

use crate::filter::ibsi::{Boundary, Mode, convolve::separable};

/// Offsets from the centre of a kernel of `1 + 2 ⌊cutoff · σ + 0.5⌋` voxels.
fn offsets(sigma: f64, cutoff: f64) -> impl Iterator<Item = f64> {
    let radius = (cutoff * sigma + 0.5).floor() as i64;
    (-radius..=radius).map(|k| k as f64)
}

fn bell(k: f64, sigma: f64) -> f64 {
    (-k * k / (2.0 * sigma * sigma)).exp() / ((2.0 * std::f64::consts::PI).sqrt() * sigma)
}

/// The image smoothed by a Gaussian of standard deviation `sigma` voxels, its kernel scaled to sum 1.
pub fn gaussian(image: &Array3<f64>, sigma: f64, cutoff: f64, mode: Mode, boundary: Boundary) -> Array3<f64> {
    let kernel: Vec<f64> = offsets(sigma, cutoff).map(|k| bell(k, sigma)).collect();
    let sum: f64 = kernel.iter().sum();
    let kernel: Vec<f64> = kernel.iter().map(|k| k / sum).collect();
    separable(image, &vec![&kernel[..]; mode.axes()], boundary)
}

/// The Laplacian of Gaussian, `−1/σ² · (1/√(2π)σ)^D · (D − r²/σ²) · exp(−r²/2σ²)` sampled on a box.
///
/// The kernel is a sum of separable ones: a second derivative along one axis, the Gaussian along the others.
pub fn laplacian_of_gaussian(
    image: &Array3<f64>,
    sigma: f64,
    cutoff: f64,
    mode: Mode,
    boundary: Boundary,
) -> Array3<f64> {
    let smooth: Vec<f64> = offsets(sigma, cutoff).map(|k| bell(k, sigma)).collect();
    let square = sigma * sigma;
    let second: Vec<f64> =
        offsets(sigma, cutoff).map(|k| (k * k / square - 1.0) / square * bell(k, sigma)).collect();
    let term = |axis: usize| {
        let kernels: Vec<&[f64]> =
            (0..mode.axes()).map(|a| if a == axis { &second[..] } else { &smooth[..] }).collect();
        separable(image, &kernels, boundary)
    };
    (1..mode.axes()).fold(term(0), |sum, axis| sum + term(axis))
}

//! Gaussian and Laplacian of Gaussian (IBSI `L6PA`), sampled and cut off.
//!
//! | parameter | unit | meaning |
//! |---|---|---|
//! | `sigma` | voxels along x, y, z | standard deviation `σ`; in a parameter file `sigma_mm`, divided by the spacing |
//! | `cutoff` | `σ` | the kernel has `1 + 2 ⌊cutoff · σ + 0.5⌋` voxels |
//!
//! Gaussian: `g(k) = exp(−k² / 2σ²) / (√(2π) σ)` along each axis, scaled to sum 1 after it is cut off.
//! Laplacian of Gaussian: `−1/σ² · (1/√(2π)σ)^D · (D − r²/σ²) · exp(−r²/2σ²)` in `D` dimensions, as it is.
//! It is a sum of `D` separable kernels, a second derivative along one axis and Gaussians along the others,
//! whose passes are shared: 7 instead of 9 in space. A smoothed image keeps the unit of the image; the Laplacian has that
//! unit for each voxel², whatever the spacing.
//!
//! ```text
//! answers to a voxel of 1 within a slice, σ = 1, cut off at 1 σ; a = exp(−½), b = exp(−1)
//! Gaussian               b a b                          Laplacian           0  −a   0
//! times 1 / (1 + 2a)²    a 1 a       0.075 0.124 0.075  times 1 / 2π       −a  −2  −a
//!                        b a b       0.124 0.204 0.124                      0  −a   0
//!                                    0.075 0.124 0.075
//! ```
//! ```
//! use radiomics_core::filter::ibsi::{Boundary, Mode, gaussian::{gaussian, laplacian_of_gaussian}};
//! let mut image = ndarray::Array3::zeros([1, 5, 5]);
//! image[[0, 2, 2]] = 1.0;
//! let smooth = gaussian(&image, [1.0; 3], 1.0, Mode::Slices, Boundary::Constant(0.0));
//! let (a, close) = ((-0.5_f64).exp(), |x: f64, y: f64| assert!((x - y).abs() < 1e-15, "{x} {y}"));
//! close(smooth[[0, 2, 2]], 1.0 / (1.0 + 2.0 * a).powi(2));
//! close(smooth[[0, 2, 3]], a / (1.0 + 2.0 * a).powi(2));
//! let edges = laplacian_of_gaussian(&image, [1.0; 3], 1.0, Mode::Slices, Boundary::Constant(0.0));
//! close(edges[[0, 2, 2]], -2.0 / std::f64::consts::TAU);
//! close(edges[[0, 2, 3]], -a / std::f64::consts::TAU);
//! close(edges[[0, 3, 3]], 0.0); // r² = D σ²
//! ```
//! Whybra et al. 2024, doi:10.1148/radiol.231319; manual arXiv:2006.05470, section 3.3.

use ndarray::Array3;

use crate::filter::ibsi::{
    Boundary, Mode,
    convolve::{add_along, along, separable, shifted},
};

/// Offsets from the centre of a kernel of `1 + 2 ⌊cutoff · σ + 0.5⌋` voxels.
fn offsets(sigma: f64, cutoff: f64) -> impl Iterator<Item = f64> {
    let radius = (cutoff * sigma + 0.5).floor().clamp(0.0, 1e6) as i64;
    (-radius..=radius).map(|k| k as f64)
}

fn bell(k: f64, sigma: f64) -> f64 {
    (-k * k / (2.0 * sigma * sigma)).exp() / ((2.0 * std::f64::consts::PI).sqrt() * sigma)
}

/// The image smoothed by a Gaussian of standard deviation `sigma` (voxels along x, y, z), its kernel scaled to
/// sum 1.
///
/// ```
/// use radiomics_core::filter::ibsi::{Boundary, Mode, gaussian::gaussian};
/// let mut image = ndarray::Array3::zeros([9, 9, 9]);
/// image[[4, 4, 4]] = 1.0;
/// let smooth = gaussian(&image, [1.0; 3], 4.0, Mode::Volume, Boundary::Periodic);
/// assert!((smooth.sum() - 1.0).abs() < 1e-12);
/// ```
pub fn gaussian(
    image: &Array3<f64>,
    sigma: [f64; 3],
    cutoff: f64,
    mode: Mode,
    boundary: Boundary,
) -> Array3<f64> {
    let kernels: Vec<Vec<f64>> = sigma[..mode.axes()]
        .iter()
        .map(|&sigma| {
            let kernel: Vec<f64> = offsets(sigma, cutoff).map(|k| bell(k, sigma)).collect();
            let sum: f64 = kernel.iter().sum();
            kernel.iter().map(|k| k / sum).collect()
        })
        .collect();
    separable(image, &kernels.iter().map(Vec::as_slice).collect::<Vec<_>>(), boundary)
}

/// The Laplacian of Gaussian, for each voxel (not each mm), of standard deviation `sigma` (voxels along x, y, z).
pub fn laplacian_of_gaussian(
    image: &Array3<f64>,
    sigma: [f64; 3],
    cutoff: f64,
    mode: Mode,
    boundary: Boundary,
) -> Array3<f64> {
    let axes = mode.axes();
    let smooth: Vec<Vec<f64>> =
        sigma.iter().map(|&sigma| offsets(sigma, cutoff).map(|k| bell(k, sigma)).collect()).collect();
    let second = |sigma: f64| {
        let square = sigma * sigma;
        offsets(sigma, cutoff).map(|k| (k * k / square - 1.0) / square * bell(k, sigma)).collect()
    };
    let second: Vec<Vec<f64>> = sigma.iter().map(|&sigma| second(sigma)).collect();
    let sums = |kernels: &[Vec<f64>]| -> Vec<f64> { kernels.iter().map(|k| k.iter().sum()).collect() };
    let (smooth_sums, second_sums) = (sums(&smooth), sums(&second));
    let term = |axis: usize| -> f64 {
        (0..axes).map(|a| if a == axis { second_sums[a] } else { smooth_sums[a] }).product()
    };
    shifted(image, boundary, (0..axes).map(term).sum(), |image, boundary| {
        let centre = |axis: usize| smooth[axis].len() / 2;
        let pass = |image: &Array3<f64>, axis: usize, kernel: &[f64]| {
            along(image, axis, kernel, centre(axis), boundary)
        };
        // Smoothed along the axes so far, and the sum of the terms whose derivative lies along one of them.
        let mut flat = pass(image, 0, &smooth[0]);
        let mut sum = pass(image, 0, &second[0]);
        for axis in 1..axes {
            sum = pass(&sum, axis, &smooth[axis]);
            add_along(&flat, axis, &second[axis], centre(axis), boundary, &mut sum);
            if axis + 1 < axes {
                flat = pass(&flat, axis, &smooth[axis]);
            }
        }
        sum
    })
}

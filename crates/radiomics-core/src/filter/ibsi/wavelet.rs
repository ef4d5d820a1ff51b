//! Undecimated separable wavelets (IBSI `25BO`).
//!
//! Each axis is filtered with the low-pass (`L`) or high-pass (`H`) filter of a mother wavelet; `LHL` is high along
//! y. Filters of level `l` have `2^(l−1) − 1` zeros between their `F` taps (à trous), and act on the approximation of
//! the level before, `out_i = Σ_k taps_k x_(i + c − 2^(l−1) k)` with `c = 2^(l−1) F / 2`; `F` is even. No scaling:
//! values have the unit of the image, and each `L` multiplies a flat image by `√2`.
//!
//! ```text
//! image, periodic     1   3   5   5     haar
//! level 1, L · √2     4   8  10   6     x_i + x_(i+1)
//! level 1, H · √2    −2  −2   0   4     x_i − x_(i+1)
//! level 2, L · 2     14  14  14  14     sums of L two voxels apart
//! level 2, H · 2     −6   2   6  −2     differences of L two voxels apart
//! ```
//! ```
//! use radiomics_core::filter::{ibsi::{Boundary, wavelet::wavelet}, mother::Mother};
//! let line = ndarray::arr3(&[[[1.0, 3.0, 5.0, 5.0]]]);
//! let haar = Mother::named("haar").unwrap();
//! let along_x = |high, level| wavelet(&line, &haar, &[high], level, None, Boundary::Periodic);
//! let close = |band: ndarray::Array3<f64>, numbers: [f64; 4]| {
//!     assert!(band.iter().zip(numbers).all(|(x, y)| (x - y).abs() < 1e-12), "{band} {numbers:?}");
//! };
//! close(along_x(false, 1) * 2.0_f64.sqrt(), [4.0, 8.0, 10.0, 6.0]);
//! close(along_x(true, 1) * 2.0_f64.sqrt(), [-2.0, -2.0, 0.0, 4.0]);
//! close(along_x(false, 2) * 2.0, [14.0; 4]);
//! close(along_x(true, 2) * 2.0, [-6.0, 2.0, 6.0, -2.0]);
//! ```
//! Mother wavelets are those of PyWavelets: see [`Mother`]. Manual arXiv:2006.05470, section 3.6; Fowler 2005,
//! doi:10.1109/LSP.2005.853048.

use ndarray::Array3;

use crate::filter::{
    ibsi::{Boundary, Cascade, Pooling, rotation::Taps},
    mother::Mother,
};

/// The answer to a band such as `LHL` (x first; `true` is high) at a level, 1 or more; with `rotations`, pooled
/// over all right-angle rotations. Levels below it contribute their approximation, rotated alike.
///
/// ```
/// use radiomics_core::filter::{ibsi::{Boundary, wavelet::wavelet}, mother::Mother};
/// let flat = ndarray::Array3::from_elem([4, 4, 4], 3.0);
/// let haar = Mother::named("haar").unwrap();
/// let low = wavelet(&flat, &haar, &[false; 3], 1, None, Boundary::Mirror);
/// assert!((low[[1, 1, 1]] - 3.0 * 2.0_f64.powf(1.5)).abs() < 1e-12);
/// ```
pub fn wavelet(
    image: &Array3<f64>,
    mother: &Mother,
    band: &[bool],
    level: u32,
    rotations: Option<Pooling>,
    boundary: Boundary,
) -> Array3<f64> {
    Cascade::new(image, [1.0; 3]).separable(&passes(mother, band, level), rotations, boundary)
}

/// The passes along each axis of a band.
pub(super) fn passes(mother: &Mother, band: &[bool], level: u32) -> Vec<Taps> {
    let taps = |&high: &bool| -> Taps {
        let filter = |step| if step == level && high { &mother.high } else { &mother.low };
        (1..=level).map(|step| dilated(filter(step), step)).collect()
    };
    band.iter().map(taps).collect()
}

/// How many voxels away from its place a level looks.
pub(super) fn reach(mother: &Mother, level: u32) -> usize {
    let taps = mother.low.len().max(mother.high.len());
    (1..=level).map(|step| taps.saturating_mul(1 << (step - 1).min(31)).div_ceil(2)).sum()
}

/// The taps of a level, with a zero at the end so that their number is odd and their centre a voxel.
fn dilated(taps: &[f64], level: u32) -> Vec<f64> {
    let gap = 1_usize << (level - 1);
    let mut out = vec![0.0; taps.len() * gap + 1 - taps.len() * gap % 2];
    for (k, &tap) in taps.iter().enumerate() {
        out[k * gap] = tap;
    }
    out
}

//! Mean filter (IBSI `S60F`): `1 / M^D` over a box of `M` voxels along each of `D` axes.
//!
//! `support` is `M`, an odd number of voxels. Values have the unit of the image. Manual arXiv:2006.05470, section 3.1.

use ndarray::Array3;

use crate::filter::ibsi::{Boundary, Mode, convolve::separable};

/// The mean over a box of `support` voxels (odd) along each axis.
///
/// ```
/// use radiomics_core::filter::ibsi::{Boundary, Mode, mean::mean};
/// let line = ndarray::arr3(&[[[0.0, 9.0, 0.0, 0.0]]]);
/// let out = mean(&line, 3, Mode::Slices, Boundary::Mirror);
/// assert_eq!(out.mapv(|x: f64| x.round()), ndarray::arr3(&[[[3.0, 3.0, 3.0, 0.0]]]));
/// ```
pub fn mean(image: &Array3<f64>, support: usize, mode: Mode, boundary: Boundary) -> Array3<f64> {
    let kernel = vec![1.0 / support as f64; support];
    separable(image, &vec![&kernel[..]; mode.axes()], boundary)
}

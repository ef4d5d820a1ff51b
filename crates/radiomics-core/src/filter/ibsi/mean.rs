//! Mean filter (IBSI `S60F`).

use ndarray::Array3;

use crate::filter::ibsi::{Boundary, Mode, convolve::separable};

/// The mean over a box of `support` voxels (odd) along each axis.
pub fn mean(image: &Array3<f64>, support: usize, mode: Mode, boundary: Boundary) -> Array3<f64> {
    let kernel = vec![1.0 / support as f64; support];
    separable(image, &vec![&kernel[..]; mode.axes()], boundary)
}

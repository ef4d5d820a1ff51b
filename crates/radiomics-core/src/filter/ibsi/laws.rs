//! Laws' kernels (IBSI `JTXT`): products of short kernels for level, edge, spot, wave and ripple.

use ndarray::Array3;

use crate::filter::ibsi::{Boundary, Mode, Pooling, convolve, mean::mean, rotation::rotated};

/// The kernel of this name (`L3 E3 S3 L5 E5 S5 W5 R5`), scaled to length 1.
///
/// ```
/// use radiomics_core::filter::ibsi::laws::kernel;
/// let unit = 1.0 / 2.0_f64.sqrt();
/// assert_eq!(kernel("E3").unwrap(), [-unit, 0.0, unit]);
/// assert!(kernel("Q5").is_none());
/// ```
pub fn kernel(name: &str) -> Option<Vec<f64>> {
    let taps: &[f64] = match name {
        "L3" => &[1.0, 2.0, 1.0],
        "E3" => &[-1.0, 0.0, 1.0],
        "S3" => &[-1.0, 2.0, -1.0],
        "L5" => &[1.0, 4.0, 6.0, 4.0, 1.0],
        "E5" => &[-1.0, -2.0, 0.0, 2.0, 1.0],
        "S5" => &[-1.0, 0.0, 2.0, 0.0, -1.0],
        "W5" => &[-1.0, 2.0, 0.0, -2.0, 1.0],
        "R5" => &[1.0, -4.0, 6.0, -4.0, 1.0],
        _ => return None,
    };
    let length = taps.iter().map(|t| t * t).sum::<f64>().sqrt();
    Some(taps.iter().map(|t| t / length).collect())
}

/// The kernels of a name such as `L5E5S5`, x first.
pub fn kernels(name: &str) -> Option<Vec<Vec<f64>>> {
    let letters = name.as_bytes();
    letters.chunks(2).map(|pair| std::str::from_utf8(pair).ok().and_then(kernel)).collect()
}

/// The answer to one product of kernels, one for each axis, x first; with `rotations`, pooled over all
/// right-angle rotations.
pub fn laws(
    image: &Array3<f64>,
    kernels: &[Vec<f64>],
    rotations: Option<Pooling>,
    boundary: Boundary,
) -> Array3<f64> {
    let filter = |image: &Array3<f64>, axis: usize, number: usize, flipped: bool| {
        let mut kernel = kernels[number].clone();
        if flipped {
            kernel.reverse();
        }
        convolve::along(image, axis, &kernel, kernel.len() / 2, boundary)
    };
    match rotations {
        Some(pooling) => rotated(image, kernels.len(), pooling, &filter, &|answer| answer),
        None => (0..kernels.len()).fold(image.clone(), |image, axis| filter(&image, axis, axis, false)),
    }
}

/// Texture energy: the mean size of an answer over a box that reaches `delta` voxels to every side.
pub fn energy(answer: &Array3<f64>, delta: usize, mode: Mode, boundary: Boundary) -> Array3<f64> {
    mean(&answer.mapv(f64::abs), 2 * delta + 1, mode, boundary)
}

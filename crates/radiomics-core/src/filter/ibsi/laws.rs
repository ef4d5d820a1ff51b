//! Laws' kernels (IBSI `JTXT`): products of short kernels for level, edge, spot, wave and ripple.
//!
//! | name | taps before scaling to length 1 | finds |
//! |---|---|---|
//! | `L3`, `L5` | `1 2 1`, `1 4 6 4 1` | level |
//! | `E3`, `E5` | `−1 0 1`, `−1 −2 0 2 1` | edge |
//! | `S3`, `S5` | `−1 2 −1`, `−1 0 2 0 −1` | spot |
//! | `W5` | `−1 2 0 −2 1` | wave |
//! | `R5` | `1 −4 6 −4 1` | ripple |
//!
//! A filter is one kernel for each axis, x first: `E5L5S5`, or `L5E5` within slices. Its energy is the mean of the
//! size of the answer over a box of `2δ + 1` voxels, `δ` = 7 in IBSI's examples. Values have the unit of the image.
//!
//! ```text
//! answer to a voxel of 1, L3E3 (level along x, edge along y):   −1 −2 −1
//! times 1 / (√6 √2)                                              0  0  0
//!                                                                1  2  1
//! ```
//! ```
//! use radiomics_core::filter::ibsi::{Boundary, Mode, laws};
//! let mut image = ndarray::Array3::zeros([1, 5, 5]);
//! image[[0, 2, 2]] = 1.0;
//! let zero = Boundary::Constant(0.0);
//! let edges = laws::laws(&image, &laws::kernels("L3E3").unwrap(), None, zero);
//! let close = |x: f64, y: f64| assert!((x - y).abs() < 1e-15, "{x} {y}");
//! close(edges[[0, 3, 2]], 2.0 / 12.0_f64.sqrt());
//! close(edges[[0, 1, 1]], -1.0 / 12.0_f64.sqrt());
//! let energy = laws::energy(&edges, 1, Mode::Slices, zero);
//! close(energy[[0, 2, 2]], (1.0 + 2.0 + 1.0) * 2.0 / 12.0_f64.sqrt() / 9.0);
//! ```
//! Laws 1980, Rapid texture identification, doi:10.1117/12.959169; manual arXiv:2006.05470, section 3.4.
use ndarray::Array3;

use crate::filter::ibsi::{Boundary, Cascade, Mode, Pooling, mean::mean, rotation::Taps};

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
    Cascade::new(image, [1.0; 3]).separable(&single(kernels), rotations, boundary)
}

/// Each kernel as one pass.
pub(super) fn single(kernels: &[Vec<f64>]) -> Vec<Taps> {
    kernels.iter().map(|kernel| vec![kernel.clone()]).collect()
}

/// Texture energy: the mean size of an answer over a box that reaches `delta` voxels to every side.
pub fn energy(answer: &Array3<f64>, delta: usize, mode: Mode, boundary: Boundary) -> Array3<f64> {
    mean(&answer.mapv(f64::abs), 2 * delta + 1, mode, boundary)
}

//! Filters that IBSI does not standardise and MIRP has: size of a gradient by Prewitt and Sobel, discrete Laplacians.
//!
//! | filter | kernels, one for each axis that is filtered | answer |
//! |---|---|---|
//! | Prewitt | `1 0 −1` along one axis | root of the sum of squares over the axes |
//! | Sobel | `1 0 −1` along one axis, `1 2 1` along the others | the same |
//! | Laplacian, 5 points | `1` beside the centre, `−4` at it, within slices | the sum |
//! | Laplacian, 9 points | `2/3`, at corners `1/6`, at the centre `−10/3`, within slices | the sum |
//! | Laplacian, 7 points | `1` at faces, `−6` at the centre | the sum |
//! | Laplacian, 15, 19, 21, 27 points | with `c` = 1/12, 0, −1/12, 1/30 at corners: `1/6 − 2c` at edges, `1/3 + 4c` at faces, `−4 − 8c` at the centre | the sum |
//!
//! ```text
//! answer to a voxel of 1 within a slice    Prewitt  0 1 0     Sobel  √2 2 √2     Laplacian, 5 points  0  1  0
//!                                                   1 0 1             2 0  2                          1 −4  1
//!                                                   0 1 0            √2 2 √2                          0  1  0
//! ```
//! Differences are those between voxels, not for each mm, and span two of them; answers have the unit of the image.
//! MIRP's Prewitt does not smooth across its difference, as textbooks' does. Patra and Karttunen 2006,
//! doi:10.1002/num.20129, for the Laplacians.

use ndarray::Array3;
use rayon::prelude::*;

use crate::filter::ibsi::{
    Boundary, Mode,
    convolve::{add_along, along, shifted},
};

/// How a gradient is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edges {
    /// Differences alone.
    Prewitt,
    /// Differences, smoothed along the other axes.
    Sobel,
}

impl Edges {
    /// As in a parameter file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prewitt => "prewitt",
            Self::Sobel => "sobel",
        }
    }
}

/// The size of the gradient.
///
/// ```
/// use radiomics_core::filter::ibsi::{Boundary, Mode, edges::{Edges, edges}};
/// let ramp = ndarray::Array3::from_shape_fn([5, 5, 5], |(z, y, x)| (3 * x + 4 * y + 12 * z) as f64);
/// let sizes = edges(&ramp, Edges::Prewitt, Mode::Volume, Boundary::Nearest);
/// assert_eq!(sizes[[2, 2, 2]], 26.0);
/// ```
pub fn edges(image: &Array3<f64>, operator: Edges, mode: Mode, boundary: Boundary) -> Array3<f64> {
    const DIFFERENCE: [f64; 3] = [1.0, 0.0, -1.0];
    const SMOOTH: [f64; 3] = [1.0, 2.0, 1.0];
    // Differences of a constant are 0, so the constant outside may be any.
    let constant = boundary.outside();
    let less;
    let (image, boundary) = if constant == 0.0 {
        (image, boundary)
    } else {
        less = image - constant;
        (&less, Boundary::Constant(0.0))
    };
    let pass = |image: &Array3<f64>, axis: usize, taps: &[f64]| along(image, axis, taps, 1, boundary);
    // The image smoothed along the axes so far, and the differences along those, smoothed along the others so far.
    let mut flat = image.clone();
    let mut differences: Vec<Array3<f64>> = Vec::new();
    for axis in 0..mode.axes() {
        let difference = pass(&flat, axis, &DIFFERENCE);
        if operator == Edges::Sobel {
            differences.iter_mut().for_each(|known| *known = pass(known, axis, &SMOOTH));
            if axis + 1 < mode.axes() {
                flat = pass(&flat, axis, &SMOOTH);
            }
        }
        differences.push(difference);
    }
    let mut size = Array3::zeros(image.dim());
    for (number, difference) in (1..).zip(&differences) {
        let last = number == differences.len();
        if let (Some(size), Some(difference)) = (size.as_slice_mut(), difference.as_slice()) {
            size.par_iter_mut().zip(difference).with_min_len(1 << 15).for_each(|(size, d)| {
                let square: f64 = *size + d * d;
                *size = if last { square.sqrt() } else { square };
            });
        }
    }
    size
}

/// Weights at the centre, at faces, edges and corners; three of them within slices. `None` for a number of points that
/// there is no stencil for.
fn weights(points: usize) -> Option<Vec<f64>> {
    let plane = |c: f64| vec![4.0 * c - 4.0, 1.0 - 2.0 * c, c];
    let space = |c: f64| vec![-4.0 - 8.0 * c, 1.0 / 3.0 + 4.0 * c, 1.0 / 6.0 - 2.0 * c, c];
    Some(match points {
        5 => plane(0.0),
        9 => plane(1.0 / 6.0),
        7 => vec![-6.0, 1.0, 0.0, 0.0],
        15 => space(1.0 / 12.0),
        19 => space(0.0),
        21 => space(-1.0 / 12.0),
        27 => space(1.0 / 30.0),
        _ => return None,
    })
}

/// The axes that a stencil of so many points acts along.
pub fn mode(points: usize) -> Option<Mode> {
    weights(points).map(|weights| Mode::of_axes(weights.len() - 1))
}

/// The Laplacian by a stencil of 5 or 9 points within slices, 7, 15, 19, 21 or 27 in space; `None` for another number.
///
/// ```
/// use radiomics_core::filter::ibsi::{Boundary, edges::laplacian};
/// let bowl = ndarray::Array3::from_shape_fn([5, 5, 5], |(z, y, x)| (x * x + y * y + z * z) as f64);
/// for points in [7, 15, 19, 21, 27] {
///     assert!((laplacian(&bowl, points, Boundary::Nearest).unwrap()[[2, 2, 2]] - 6.0_f64).abs() < 1e-12);
/// }
/// assert!(laplacian(&bowl, 8, Boundary::Nearest).is_none());
/// ```
pub fn laplacian(image: &Array3<f64>, points: usize, boundary: Boundary) -> Option<Array3<f64>> {
    const BESIDE: [f64; 3] = [1.0, 0.0, 1.0];
    let weights = weights(points)?;
    // All stencils answer a constant with 0.
    Some(shifted(image, boundary, 0.0, |image, boundary| {
        // Rows of the kernel: number k is for rows k steps from the centre. Then rows become planes, and planes the cube.
        let mut parts: Vec<Array3<f64>> =
            weights.windows(2).map(|w| along(image, 0, &[w[1], w[0], w[1]], 1, boundary)).collect();
        for axis in 1..weights.len() - 1 {
            for k in 0..parts.len() - 1 {
                let (nearer, further) = parts.split_at_mut(k + 1);
                add_along(&further[0], axis, &BESIDE, 1, boundary, &mut nearer[k]);
            }
            parts.pop();
        }
        parts.swap_remove(0)
    }))
}

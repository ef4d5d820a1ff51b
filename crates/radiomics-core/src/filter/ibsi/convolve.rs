//! Convolution along one axis.

use ndarray::Array3;

use crate::filter::ibsi::Boundary;

/// `out_i = Σ_j kernel_j · x_{i + centre − j}` along an axis (0 = x, 1 = y, 2 = z).
///
/// ```
/// use ndarray::arr3;
/// use radiomics_core::filter::ibsi::{Boundary, convolve::along};
/// let line = arr3(&[[[0.0, 1.0, 0.0, 0.0]]]);
/// let out = along(&line, 0, &[1.0, 2.0, 3.0], 1, Boundary::Constant(0.0));
/// assert_eq!(out, arr3(&[[[1.0, 2.0, 3.0, 0.0]]]));
/// ```
pub fn along(
    image: &Array3<f64>,
    axis: usize,
    kernel: &[f64],
    centre: usize,
    boundary: Boundary,
) -> Array3<f64> {
    let (nz, ny, nx) = image.dim();
    let size = [nx, ny, nz];
    let n = size[axis];
    // Neighbours along the axis are `inner` voxels apart inside a block.
    let inner: usize = size[..axis].iter().product();
    let image = image.as_standard_layout();
    let source = image.as_slice().unwrap_or_default();
    let mut out = vec![0.0; source.len()];
    let outside = match boundary {
        Boundary::Constant(value) => value,
        _ => 0.0,
    };
    let row = vec![outside; inner];
    for (block, out) in source.chunks_exact(inner * n).zip(out.chunks_exact_mut(inner * n)) {
        if axis == 0 {
            line(block, out, kernel, centre, boundary, outside);
            continue;
        }
        for (i, out) in out.chunks_exact_mut(inner).enumerate() {
            for (j, &weight) in kernel.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                let at = i as isize + centre as isize - j as isize;
                let from = match boundary.index(at, n) {
                    Some(at) => &block[at * inner..(at + 1) * inner],
                    None => &row,
                };
                for (out, &x) in out.iter_mut().zip(from) {
                    *out += weight * x;
                }
            }
        }
    }
    Array3::from_shape_vec([nz, ny, nx], out).unwrap_or_default()
}

/// A row is lengthened by its boundary once, then each tap passes over it.
fn line(x: &[f64], out: &mut [f64], kernel: &[f64], centre: usize, boundary: Boundary, outside: f64) {
    let before = (kernel.len() - 1).saturating_sub(centre);
    let long: Vec<f64> = (0..x.len() + before + centre)
        .map(|i| boundary.index(i as isize - before as isize, x.len()).map_or(outside, |i| x[i]))
        .collect();
    for (j, &weight) in kernel.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
        // The voxel at i + centre − j stands at i + centre − j + before in the lengthened row.
        for (out, &x) in out.iter_mut().zip(&long[centre + before - j..]) {
            *out += weight * x;
        }
    }
}

/// One kernel for each axis, x first, each centred at the middle of its taps.
pub fn separable(image: &Array3<f64>, kernels: &[&[f64]], boundary: Boundary) -> Array3<f64> {
    // Outside a constant c the first pass would leave c·Σk: shift the constant to zero and back.
    let constant = match boundary {
        Boundary::Constant(value) => value,
        _ => 0.0,
    };
    let boundary = if constant == 0.0 { boundary } else { Boundary::Constant(0.0) };
    let mut out = if constant == 0.0 { image.clone() } else { image - constant };
    for (axis, kernel) in kernels.iter().enumerate() {
        out = along(&out, axis, kernel, kernel.len() / 2, boundary);
    }
    let level = constant * kernels.iter().map(|kernel| kernel.iter().sum::<f64>()).product::<f64>();
    if level == 0.0 { out } else { out + level }
}

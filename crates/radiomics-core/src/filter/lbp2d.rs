//! Local binary patterns slice by slice, as scikit-image's `local_binary_pattern` gives them.
//!
//! A voxel is compared with `samples` points on a circle around it; the points are interpolated linearly and
//! are 0 outside the slice. With `b_p` = 1 for a point that is not below the centre, else 0, a pattern is `Σ b_p 2^p`,
//! or what [`Method`] makes of the bits. It has no unit. With a radius of 1 and 4 points, counted from the right against
//! the clock:
//!
//! ```text
//! 1 7 1       bits  right 6 ≥ 5: 1    above 7 ≥ 5: 1    left 2 < 5: 0    below 5 ≥ 5: 1
//! 2 5 6       default 1 + 2 + 8 = 11        rotation-invariant 0111 = 7
//! 1 5 1       uniform 3 points, as the bits change twice along the circle       variance of 6, 7, 2, 5: 3.5
//! ```
//! Ojala et al. 1996, doi:10.1016/0031-3203(95)00067-4; PyRadiomics' `LBP2D`.

use ndarray::{Array2, Array3, ArrayView2, Axis};

/// How the comparisons of one circle become a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The comparisons as bits of a number.
    Default,
    /// The smallest of those numbers over all rotations of the bits.
    RotationInvariant,
    /// The number of points not below the centre, or `samples + 1` for more than two changes along the circle.
    Uniform,
    /// The variance of the points; not a number where it is 0.
    Variance,
}

impl Method {
    /// The method by PyRadiomics' name: `default`, `ror`, `uniform` or `var`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "default" => Self::Default,
            "ror" => Self::RotationInvariant,
            "uniform" => Self::Uniform,
            "var" => Self::Variance,
            _ => return None,
        })
    }
}

/// The patterns of an image, `[z, y, x]`, in slices across axis `dimension` (0 = z, 1 = y, 2 = x).
///
/// ```
/// use radiomics_core::filter::lbp2d::{Method, local_binary_pattern};
/// let mut image = ndarray::Array3::zeros([1, 3, 3]);
/// image[[0, 1, 1]] = 5.0; // brighter than everything around it
/// let pattern = local_binary_pattern(&image, 0, 1.0, 8, Method::Uniform);
/// assert_eq!(pattern[[0, 1, 1]], 0.0);
///
/// let image = ndarray::arr3(&[[[1.0, 7.0, 1.0], [2.0, 5.0, 6.0], [1.0, 5.0, 1.0]]]);
/// let at_centre = |method| local_binary_pattern(&image, 0, 1.0, 4, method)[[0, 1, 1]];
/// assert_eq!(at_centre(Method::Default), 11.0);
/// assert_eq!(at_centre(Method::RotationInvariant), 7.0);
/// assert_eq!(at_centre(Method::Uniform), 3.0);
/// assert_eq!(at_centre(Method::Variance), 3.5);
/// ```
pub fn local_binary_pattern(
    image: &Array3<f64>,
    dimension: u8,
    radius: f64,
    samples: u32,
    method: Method,
) -> Array3<f64> {
    let across = usize::from(dimension.min(2));
    // PyRadiomics swaps the axis across the slices with the first one: a slice may come out transposed.
    let mut turned = image.view();
    turned.swap_axes(0, across);
    let mut out = Array3::zeros(turned.dim());
    for (slice, mut out) in turned.outer_iter().zip(out.outer_iter_mut()) {
        out.assign(&pattern(slice, radius, samples, method));
    }
    out.swap_axes(0, across);
    out.as_standard_layout().into_owned()
}

fn pattern(slice: ArrayView2<f64>, radius: f64, samples: u32, method: Method) -> Array2<f64> {
    // Positions rounded to five digits, so that points meant to lie on a voxel do.
    let rounded = |x: f64| (x * 1e5).round_ties_even() / 1e5;
    let circle: Vec<(f64, f64)> = (0..samples)
        .map(|i| std::f64::consts::TAU * f64::from(i) / f64::from(samples))
        .map(|angle| (rounded(-radius * angle.sin()), rounded(radius * angle.cos())))
        .collect();
    let mut points = vec![0.0; circle.len()];
    Array2::from_shape_fn(slice.dim(), |(r, c)| {
        let centre = slice[(r, c)];
        for (point, (dr, dc)) in points.iter_mut().zip(&circle) {
            *point = interpolated(slice, r as f64 + dr, c as f64 + dc);
        }
        number(&points, centre, method)
    })
}

/// Linear interpolation; 0 outside the slice.
fn interpolated(slice: ArrayView2<f64>, r: f64, c: f64) -> f64 {
    let at = |r: f64, c: f64| {
        let inside =
            r >= 0.0 && c >= 0.0 && r < slice.len_of(Axis(0)) as f64 && c < slice.len_of(Axis(1)) as f64;
        if inside { slice[(r as usize, c as usize)] } else { 0.0 }
    };
    let (low_r, low_c, high_r, high_c) = (r.floor(), c.floor(), r.ceil(), c.ceil());
    let (dr, dc) = (r - low_r, c - low_c);
    let top = (1.0 - dc) * at(low_r, low_c) + dc * at(low_r, high_c);
    let bottom = (1.0 - dc) * at(high_r, low_c) + dc * at(high_r, high_c);
    (1.0 - dr) * top + dr * bottom
}

fn number(points: &[f64], centre: f64, method: Method) -> f64 {
    let bits = points.iter().map(|point| point - centre >= 0.0);
    let word =
        || bits.clone().enumerate().filter(|(_, bit)| *bit).fold(0_u64, |word, (i, _)| word | 1 << i.min(63));
    match method {
        Method::Default => word() as f64,
        Method::RotationInvariant => {
            let n = points.len().min(63) as u32;
            let rotated = |word: u64| (word >> 1) | ((word & 1) << (n - 1));
            let all = std::iter::successors(Some(word()), |&word| Some(rotated(word)));
            all.take(n as usize).min().unwrap_or(0) as f64
        }
        Method::Uniform => {
            let changes = bits.clone().zip(bits.clone().skip(1)).filter(|(a, b)| a != b).count();
            if changes <= 2 { bits.filter(|bit| *bit).count() as f64 } else { points.len() as f64 + 1.0 }
        }
        Method::Variance => {
            let n = points.len() as f64;
            let mean = points.iter().sum::<f64>() / n;
            let variance = points.iter().map(|p| (p - mean) * (p - mean)).sum::<f64>() / n;
            if variance == 0.0 { f64::NAN } else { variance }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of skimage.feature.local_binary_pattern 0.26 on this slice, P = 8, R = 1.
    #[test]
    fn patterns_of_scikit_image() {
        let slice = [[3.0, 1.0, 4.0, 1.0], [5.0, 9.0, 2.0, 6.0], [5.0, 3.0, 5.0, 8.0], [9.0, 7.0, 9.0, 3.0]];
        let image = Array3::from_shape_fn([1, 4, 4], |(_, y, x)| slice[y][x]);
        let of =
            |method| local_binary_pattern(&image, 0, 1.0, 8, method).iter().copied().collect::<Vec<f64>>();
        assert_eq!(of(Method::Default), DEFAULT);
        assert_eq!(of(Method::RotationInvariant), ROR);
        assert_eq!(of(Method::Uniform), UNIFORM);
        for (ours, theirs) in of(Method::Variance).iter().zip(VAR) {
            assert!((ours - theirs).abs() < 1e-12, "{ours} {theirs}");
        }
    }
    const DEFAULT: [f64; 16] =
        [192.0, 241.0, 32.0, 240.0, 65.0, 0.0, 255.0, 64.0, 198.0, 255.0, 235.0, 0.0, 0.0, 17.0, 0.0, 28.0];
    const ROR: [f64; 16] =
        [3.0, 31.0, 1.0, 15.0, 5.0, 0.0, 255.0, 1.0, 27.0, 255.0, 95.0, 0.0, 0.0, 17.0, 0.0, 7.0];
    const UNIFORM: [f64; 16] =
        [2.0, 5.0, 1.0, 4.0, 9.0, 0.0, 8.0, 1.0, 9.0, 8.0, 9.0, 0.0, 0.0, 9.0, 0.0, 3.0];
    const VAR: [f64; 16] = [
        4.925283930880022,
        7.467481850485452,
        3.2243994830959757,
        4.32492118987733,
        7.113684020723905,
        1.701774338627681,
        3.4874171982889592,
        6.100175755704109,
        8.059015463057069,
        2.2428397907994935,
        4.7291852028655015,
        4.958395969020868,
        5.916807423131467,
        9.186683329136947,
        5.353199957866446,
        12.203194056371713,
    ];
}

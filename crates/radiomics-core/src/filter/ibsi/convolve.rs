//! Convolution along one axis: what separable filters are made of.
//!
//! A pass costs one multiplication for each voxel and each tap that is not 0, is parallel over slices, and keeps
//! short stretches in the cache while taps pass over them. Taps are added from the first to the last, so that
//! results are the same for any number of threads.
//!
//! Gaussian, Laplacian of Gaussian and Laws' kernels are always applied in passes, never by Fourier transform. With
//! `2R + 1` taps a pass takes `2 (2R + 1)` operations for each voxel, in order through memory; a Gaussian in space has
//! three passes, its Laplacian seven. A transform must lengthen every axis by `2R`, so its cost grows with the kernel
//! too. At 97 taps, 12 voxels of standard deviation, the transform that this crate has takes twice the time of the
//! Laplacian's passes and four times that of the Gaussian's (`BENCHMARKS.md`): an upper bound, as it evaluates the
//! spectrum at every frequency, where a separable one could be kept as one line for each axis. Laws' kernels have at
//! most five taps, and their energy is a box whose cost does not depend on its size.

use ndarray::Array3;
use rayon::prelude::*;

use crate::{filter::ibsi::Boundary, vectorised::vectorised};

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
    let mut out = Array3::zeros(image.dim());
    add_along(image, axis, kernel, centre, boundary, &mut out);
    out
}

/// The same, added to what stands in `out`.
pub fn add_along(
    image: &Array3<f64>,
    axis: usize,
    kernel: &[f64],
    centre: usize,
    boundary: Boundary,
    out: &mut Array3<f64>,
) {
    let (nz, ny, nx) = image.dim();
    let plane = nx * ny;
    let image = image.as_standard_layout();
    let (Some(source), Some(out)) = (image.as_slice(), out.as_slice_mut()) else { return };
    if source.is_empty() || source.len() != out.len() {
        return;
    }
    let outside = boundary.outside();
    let taps = || kernel.iter().enumerate().filter(|(_, weight)| **weight != 0.0);
    // The index of the voxel that tap j brings to place i, if there is one.
    let place = |i: usize, j: usize, n: usize| boundary.index(i as isize + centre as isize - j as isize, n);
    let planes = out.par_chunks_mut(plane).enumerate();
    match axis {
        0 => {
            let before = (kernel.len().max(1) - 1).saturating_sub(centre);
            let places: Vec<Option<usize>> =
                (0..nx + before + centre).map(|i| boundary.index(i as isize - before as isize, nx)).collect();
            planes.for_each_init(
                || vec![0.0; places.len()],
                |long, (z, out)| {
                    for (row, out) in
                        source[z * plane..][..plane].chunks_exact(nx).zip(out.chunks_exact_mut(nx))
                    {
                        // A row is lengthened by its boundary once: voxel i + centre − j stands `before` further.
                        for (to, place) in long.iter_mut().zip(&places) {
                            *to = place.map_or(outside, |i| row[i]);
                        }
                        let terms: Vec<Term> = taps()
                            .map(|(j, &weight)| (weight, &long[(centre + before).saturating_sub(j)..][..nx]))
                            .collect();
                        add(&terms, out);
                    }
                },
            );
        }
        1 => planes.for_each_init(
            || vec![outside; nx],
            |beyond, (z, out)| {
                let slice = &source[z * plane..][..plane];
                for (y, out) in out.chunks_exact_mut(nx).enumerate() {
                    let row = |y: Option<usize>| y.map_or(&beyond[..], |y| &slice[y * nx..][..nx]);
                    let terms: Vec<Term> =
                        taps().map(|(j, &weight)| (weight, row(place(y, j, ny)))).collect();
                    add(&terms, out);
                }
            },
        ),
        _ => planes.for_each_init(
            || vec![outside; STRETCH],
            |beyond, (z, out)| {
                for (start, out) in (0..).step_by(STRETCH).zip(out.chunks_mut(STRETCH)) {
                    let length = out.len();
                    let part = |z: Option<usize>| match z {
                        Some(z) => &source[z * plane + start..][..length],
                        None => &beyond[..length],
                    };
                    let terms: Vec<Term> =
                        taps().map(|(j, &weight)| (weight, part(place(z, j, nz)))).collect();
                    add(&terms, out);
                }
            },
        ),
    }
}

/// Voxels that stay in the first cache while all taps pass over them.
const STRETCH: usize = 1024;

/// A weight and the voxels that it is for.
type Term<'a> = (f64, &'a [f64]);

/// Adds weighted voxels, several taps in one pass, each voxel's in their order.
fn add(terms: &[Term], out: &mut [f64]) {
    vectorised(
        #[inline(always)]
        || {
            let n = out.len();
            let (fours, rest) = terms.as_chunks::<4>();
            for [(a, x), (b, y), (c, z), (d, w)] in fours {
                let (x, y, z, w) = (&x[..n], &y[..n], &z[..n], &w[..n]);
                for i in 0..n {
                    out[i] = out[i] + a * x[i] + b * y[i] + c * z[i] + d * w[i];
                }
            }
            for (a, x) in rest {
                for (out, x) in out.iter_mut().zip(*x) {
                    *out += a * x;
                }
            }
        },
    );
}

/// One kernel for each axis, x first, each centred at the middle of its taps.
pub fn separable(image: &Array3<f64>, kernels: &[&[f64]], boundary: Boundary) -> Array3<f64> {
    shifted(
        image,
        boundary,
        kernels.iter().map(|kernel| kernel.iter().sum::<f64>()).product(),
        |image, boundary| {
            let mut out: Option<Array3<f64>> = None;
            for (axis, kernel) in kernels.iter().enumerate() {
                out = Some(along(out.as_ref().unwrap_or(image), axis, kernel, kernel.len() / 2, boundary));
            }
            out.unwrap_or_else(|| image.clone())
        },
    )
}

/// Runs a filter of several passes as if the constant outside were 0: after the first pass the outside of a
/// constant is no longer that constant. `sum` is the filter's answer to an image of ones.
pub(super) fn shifted(
    image: &Array3<f64>,
    boundary: Boundary,
    sum: f64,
    filter: impl Fn(&Array3<f64>, Boundary) -> Array3<f64>,
) -> Array3<f64> {
    match boundary {
        Boundary::Constant(constant) if constant != 0.0 => {
            filter(&(image - constant), Boundary::Constant(0.0)) + constant * sum
        }
        _ => filter(image, boundary),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Random(u64);

    impl Random {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            ((z ^ (z >> 27)) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        }
    }

    /// The definition.
    fn naive(
        image: &Array3<f64>,
        axis: usize,
        kernel: &[f64],
        centre: usize,
        boundary: Boundary,
    ) -> Array3<f64> {
        let (nz, ny, nx) = image.dim();
        Array3::from_shape_fn(image.dim(), |(z, y, x)| {
            let mut sum = 0.0;
            for (j, weight) in kernel.iter().enumerate() {
                let shift = centre as isize - j as isize;
                let mut at = [x, y, z];
                match boundary.index(at[axis] as isize + shift, [nx, ny, nz][axis]) {
                    Some(i) => {
                        at[axis] = i;
                        sum += weight * image[(at[2], at[1], at[0])];
                    }
                    None => sum += weight * boundary.outside(),
                }
            }
            sum
        })
    }

    #[test]
    fn passes_are_sums_over_taps() {
        let mut random = Random(3);
        let boundaries = [
            Boundary::Constant(0.0),
            Boundary::Constant(2.5),
            Boundary::Nearest,
            Boundary::Periodic,
            Boundary::Mirror,
        ];
        for (case, &boundary) in boundaries.iter().cycle().take(30).enumerate() {
            let shape = [1 + case % 4, 1 + case % 7, [1, 5, 17, 40][case % 4] + case];
            let image = Array3::from_shape_fn(shape, |_| random.next());
            let kernel: Vec<f64> =
                (0..1 + case % 12).map(|k| if k % 5 == 3 { 0.0 } else { random.next() }).collect();
            let centre = case % kernel.len();
            for axis in 0..3 {
                let (ours, naive) = (
                    along(&image, axis, &kernel, centre, boundary),
                    naive(&image, axis, &kernel, centre, boundary),
                );
                for (a, b) in ours.iter().zip(&naive) {
                    assert!((a - b).abs() < 1e-13, "{boundary:?} axis {axis} {kernel:?} {centre}");
                }
            }
        }
    }
}

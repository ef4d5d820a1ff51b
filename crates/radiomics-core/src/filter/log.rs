//! Laplacian of Gaussian, as ITK's `LaplacianRecursiveGaussianImageFilter` with scale normalisation gives it.
//!
//! The Gaussian and its second derivative are recursive filters of fourth order along one axis, one pass
//! forward and one backward (Deriche 1993; coefficients of Farnebäck and Westin, doi:10.1007/s10851-006-8464-z).
//! The Laplacian is the sum over the axes of a second derivative along one axis, smoothed along the others.
//! Beyond the window the border voxel is repeated. Passes run in double precision; ITK stores the image
//! between passes in single precision, and so does this.

use std::ops::Range;

use ndarray::Array3;

use crate::vectorised::vectorised;

/// The window must reach this many standard deviations beyond the wanted part for an error below the
/// rounding of single precision: the slowest pole decays as `exp(−1.3732 n / σ)`.
const DECAY: f64 = 16.0;

/// Voxels around the wanted part on which the answer depends, along x, y, z.
pub fn reach(sigma_mm: f64, spacing: [f64; 3]) -> [usize; 3] {
    spacing.map(|s| (DECAY * sigma_mm / s).ceil() as usize + 4)
}

/// Whether ITK's filter, as PyRadiomics calls it, accepts an image of this size (x, y, z): at least four
/// voxels and one more than `σ / spacing` along each axis.
pub fn fits(sigma_mm: f64, size: [usize; 3], spacing: [f64; 3]) -> bool {
    (0..3).all(|a| size[a] >= 4 && size[a] as f64 >= (sigma_mm / spacing[a]).ceil() + 1.0)
}

/// The scale-normalised Laplacian of Gaussian, `σ² ∇²(G_σ ∗ image)`, of a part of a window.
///
/// `window` is `[z, y, x]`; `wanted` is the part along x, y, z; `sigma_mm` and `spacing` are in mm.
/// Values are those of single precision.
///
/// ```
/// use radiomics_core::filter::log::laplacian_of_gaussian;
/// let flat = ndarray::Array3::from_elem([8, 8, 8], 7.0);
/// let response = laplacian_of_gaussian(&flat, [1.0; 3], 2.0, [2..4, 2..4, 2..4]);
/// assert_eq!(response.dim(), (2, 2, 2));
/// assert!(response.iter().all(|r| r.abs() < 1e-4));
/// ```
pub fn laplacian_of_gaussian(
    window: &Array3<f64>,
    spacing: [f64; 3],
    sigma_mm: f64,
    wanted: [Range<usize>; 3],
) -> Array3<f64> {
    let (nz, ny, nx) = window.dim();
    let window = window.as_standard_layout();
    let voxels = window.as_slice().unwrap_or_default();
    // One term for each axis: the derivative along it, then smoothing along the others in rising order.
    let term = |axis: usize| {
        let mut size = [nx, ny, nz];
        let mut image = pass(
            voxels,
            &mut size,
            axis,
            &wanted[axis],
            &Recursive::second_derivative(sigma_mm, spacing[axis]),
        );
        for other in (0..3).filter(|&other| other != axis) {
            let smooth = Recursive::gaussian(sigma_mm, spacing[other]);
            image = pass(&image, &mut size, other, &wanted[other], &smooth);
        }
        image
    };
    let (along_x, (along_y, along_z)) = rayon::join(|| term(0), || rayon::join(|| term(1), || term(2)));
    let mut sum = Array3::zeros([wanted[2].len(), wanted[1].len(), wanted[0].len()]);
    let per_mm2 = spacing.map(|s| 1.0 / (s * s));
    vectorised(
        #[inline(always)]
        || {
            let terms = along_x.iter().zip(&along_y).zip(&along_z);
            for (total, ((&x, &y), &z)) in sum.iter_mut().zip(terms) {
                // Added up in single precision, as ITK does.
                let mut add = 0.0_f32;
                for (term, scale) in [x, y, z].into_iter().zip(per_mm2) {
                    add = (f64::from(add) + f64::from(term) * scale) as f32;
                }
                *total = f64::from(add);
            }
        },
    );
    sum
}

/// A recursive filter along one axis: `y_i = Σ n_t x_{i−t} − Σ d_t y_{i−t}` forward, the mirror image
/// with `m` backward, and what the border voxel contributes from beyond the border.
#[derive(Clone, Copy, Debug)]
struct Recursive {
    n: [f64; 4],
    m: [f64; 4],
    d: [f64; 4],
    border_n: [f64; 4],
    border_m: [f64; 4],
}

/// A sum of two damped cosines and sines that approximates one side of the Gaussian or of a derivative.
struct Series {
    a: [f64; 2],
    b: [f64; 2],
}

const FREQUENCY: [f64; 2] = [0.6681, 2.0787];
const DAMPING: [f64; 2] = [-1.3932, -1.3732];
const GAUSSIAN: Series = Series { a: [1.3530, -0.3531], b: [1.8151, 0.0902] };
const SECOND: Series = Series { a: [-1.3563, 0.3446], b: [5.2318, -2.2355] };

/// Coefficients `c_0 … c_3` (or `1, d_1 … d_4`) and their moments `Σ c`, `Σ i c`, `Σ i² c`.
fn moments(c: &[f64]) -> (f64, f64, f64) {
    let first = c.iter().skip(1).zip(1..).map(|(c, i)| f64::from(i) * c).fold(0.0, |a, b| a + b);
    let second = c.iter().skip(1).zip(1..).map(|(c, i)| f64::from(i * i) * c).fold(0.0, |a, b| a + b);
    (c.iter().fold(0.0, |a, b| a + b), first, second)
}

impl Series {
    fn numerator(&self, sigma: f64) -> [f64; 4] {
        let ([a1, a2], [b1, b2]) = (self.a, self.b);
        let [(sin1, cos1), (sin2, cos2)] = FREQUENCY.map(|w| (w / sigma).sin_cos());
        let [exp1, exp2] = DAMPING.map(|l| (l / sigma).exp());
        let n0 = a1 + a2;
        let n1 = exp2 * (b2 * sin2 - (a2 + 2.0 * a1) * cos2) + exp1 * (b1 * sin1 - (a1 + 2.0 * a2) * cos1);
        let mixed = (a1 + a2) * cos2 * cos1 - (b1 * cos2 * sin1 + b2 * cos1 * sin2);
        let n2 = mixed * (2.0 * exp1 * exp2) + (a2 * exp1 * exp1 + a1 * exp2 * exp2);
        let n3 = exp2 * exp1 * exp1 * (b2 * sin2 - a2 * cos2) + exp1 * exp2 * exp2 * (b1 * sin1 - a1 * cos1);
        [n0, n1, n2, n3]
    }
}

fn denominator(sigma: f64) -> [f64; 4] {
    let [cos1, cos2] = FREQUENCY.map(|w| (w / sigma).cos());
    let [exp1, exp2] = DAMPING.map(|l| (l / sigma).exp());
    [
        -2.0 * (exp2 * cos2 + exp1 * cos1),
        4.0 * cos2 * cos1 * exp1 * exp2 + (exp1 * exp1 + exp2 * exp2),
        -2.0 * cos1 * exp1 * exp2 * exp2 + -2.0 * cos2 * exp2 * exp1 * exp1,
        exp1 * exp1 * exp2 * exp2,
    ]
}

impl Recursive {
    /// Smoothing, normalised to sum 1.
    fn gaussian(sigma_mm: f64, spacing: f64) -> Self {
        let sigma = sigma_mm / spacing;
        let n = GAUSSIAN.numerator(sigma);
        let d = denominator(sigma);
        let (sn, ..) = moments(&n);
        let (sd, ..) = moments(&[1.0, d[0], d[1], d[2], d[3]]);
        let alpha = 2.0 * sn / sd - n[0];
        Self::symmetric(n.map(|n| n * (1.0 / alpha)), d)
    }

    /// Second derivative for each voxel, times `σ²`: no response to a constant, 2 for a parabola `x²`.
    fn second_derivative(sigma_mm: f64, spacing: f64) -> Self {
        let sigma = sigma_mm / spacing;
        let (gauss, second, d) = (GAUSSIAN.numerator(sigma), SECOND.numerator(sigma), denominator(sigma));
        let (sd, dd, ed) = moments(&[1.0, d[0], d[1], d[2], d[3]]);
        let ((sn0, dn0, en0), (sn2, dn2, en2)) = (moments(&gauss), moments(&second));
        let beta = -(2.0 * sn2 - sd * second[0]) / (2.0 * sn0 - sd * gauss[0]);
        let n: [f64; 4] = std::array::from_fn(|t| second[t] + beta * gauss[t]);
        let (sn, dn, en) = (sn2 + beta * sn0, dn2 + beta * dn0, en2 + beta * en0);
        let alpha = (en * sd * sd - ed * sn * sd - 2.0 * dn * dd * sd + 2.0 * dd * dd * sn) / (sd * sd * sd);
        Self::symmetric(n.map(|n| n * (sigma_mm * sigma_mm / alpha)), d)
    }

    fn symmetric(n: [f64; 4], d: [f64; 4]) -> Self {
        let m = [n[1] - d[0] * n[0], n[2] - d[1] * n[0], n[3] - d[2] * n[0], -d[3] * n[0]];
        let sum = |c: &[f64; 4]| c[0] + c[1] + c[2] + c[3];
        let sd = 1.0 + d[0] + d[1] + d[2] + d[3];
        Self { n, m, d, border_n: d.map(|d| d * sum(&n) / sd), border_m: d.map(|d| d * sum(&m) / sd) }
    }
}

/// Lines filtered side by side: independent recursions fill the processor's vector registers.
const LANES: usize = 16;

type Lanes = [f64; LANES];

/// Filters all lines along `axis` (0 = x) of an image of `size` (x, y, z) and keeps a part of each line.
fn pass<T: Copy + Into<f64>>(
    image: &[T],
    size: &mut [usize; 3],
    axis: usize,
    keep: &Range<usize>,
    filter: &Recursive,
) -> Vec<f32> {
    let from = *size;
    size[axis] = keep.len();
    let to = *size;
    let mut out = vec![0.0_f32; to.iter().product()];
    let mut lines = Lines::new(from[axis]);
    vectorised(
        #[inline(always)]
        || {
            if axis == 0 {
                rows(image, from[0], keep, filter, &mut lines, &mut out);
            } else {
                columns(image, [from, to], axis, keep, filter, &mut lines, &mut out);
            }
        },
    );
    out
}

/// Lines along x: the image is turned, some rows at a time.
#[inline(always)]
fn rows<T: Copy + Into<f64>>(
    image: &[T],
    length: usize,
    keep: &Range<usize>,
    filter: &Recursive,
    lines: &mut Lines,
    out: &mut [f32],
) {
    for (rows, out) in image.chunks(LANES * length).zip(out.chunks_mut(LANES * keep.len())) {
        for (lane, row) in rows.chunks_exact(length).enumerate() {
            for (x, &value) in lines.voxels().iter_mut().zip(row) {
                x[lane] = value.into();
            }
        }
        lines.run(filter);
        for (lane, out) in out.chunks_exact_mut(keep.len()).enumerate() {
            for (out, y) in out.iter_mut().zip(&lines.answers()[keep.clone()]) {
                *out = y[lane] as f32;
            }
        }
    }
}

/// Lines along y or z: neighbours along x are filtered together.
#[inline(always)]
fn columns<T: Copy + Into<f64>>(
    image: &[T],
    [from, to]: [[usize; 3]; 2],
    axis: usize,
    keep: &Range<usize>,
    filter: &Recursive,
    lines: &mut Lines,
    out: &mut [f32],
) {
    let stride = |size: [usize; 3], axis: usize| if axis == 1 { size[0] } else { size[0] * size[1] };
    let (other, width) = (3 - axis, from[0]);
    for line in 0..from[other] {
        let (from_start, to_start) = (line * stride(from, other), line * stride(to, other));
        for first in (0..width).step_by(LANES) {
            // The last lanes of a row begin earlier, so that they are as many; some lines are filtered twice.
            let first = first.min(width.saturating_sub(LANES));
            let rows = image[from_start + first..].chunks(stride(from, axis));
            for (x, row) in lines.voxels().iter_mut().zip(rows) {
                if let Some(values) = row.first_chunk::<LANES>().filter(|_| width >= LANES) {
                    for lane in 0..LANES {
                        x[lane] = values[lane].into();
                    }
                } else {
                    x.iter_mut().zip(&row[..width.min(row.len())]).for_each(|(x, &value)| *x = value.into());
                }
            }
            lines.run(filter);
            let rows = out[to_start + first..].chunks_mut(stride(to, axis));
            for (y, row) in lines.answers()[keep.clone()].iter().zip(rows) {
                if let Some(out) = row.first_chunk_mut::<LANES>().filter(|_| width >= LANES) {
                    for lane in 0..LANES {
                        out[lane] = y[lane] as f32;
                    }
                } else {
                    row[..width].iter_mut().zip(y).for_each(|(out, y)| *out = *y as f32);
                }
            }
        }
    }
}

/// A bundle of lines with room for what stands beyond their borders.
struct Lines {
    /// Four voxels before the lines, the lines, eight behind them.
    x: Vec<Lanes>,
    /// Four answers before the lines, and those of the lines.
    y: Vec<Lanes>,
}

/// Voxels before a line that a recursion looks back to.
const BEFORE: usize = 4;

impl Lines {
    fn new(length: usize) -> Self {
        Self { x: vec![[0.0; LANES]; length + 3 * BEFORE], y: vec![[0.0; LANES]; length + BEFORE] }
    }

    /// The voxels of the lines, to be written; an answer overwrites them.
    fn voxels(&mut self) -> &mut [Lanes] {
        let end = self.y.len();
        &mut self.x[BEFORE..end]
    }

    fn answers(&self) -> &[Lanes] {
        &self.y[BEFORE..]
    }

    /// Both passes. Near the border the history is the border voxel itself, and its steady response.
    #[inline(always)]
    fn run(&mut self, k: &Recursive) {
        let Self { x, y } = self;
        let n = y.len() - BEFORE;
        if n == 0 {
            return;
        }
        let (first, last) = (x[BEFORE], x[BEFORE + n - 1]);
        x[..BEFORE].fill(first);
        y[..BEFORE].fill(first);
        x[BEFORE + n..].fill(last);
        for i in 0..n {
            let weights = history(i, &k.d, &k.border_n);
            let (Some(x), Some(y)) = (x[i..].first_chunk::<5>(), y[i..].first_chunk_mut::<5>()) else {
                return;
            };
            for l in 0..LANES {
                y[4][l] = (x[4][l] * k.n[0] + x[3][l] * k.n[1] + x[2][l] * k.n[2] + x[1][l] * k.n[3])
                    - (y[3][l] * weights[0]
                        + y[2][l] * weights[1]
                        + y[1][l] * weights[2]
                        + y[0][l] * weights[3]);
            }
        }
        // Backward, added on the way. An answer takes the place of the fourth voxel behind its own, which no step
        // needs any more: so the last four answers stand right behind the next four voxels.
        for i in (0..n).rev() {
            let weights = history(n - 1 - i, &k.d, &k.border_m);
            let Some(x) = x[i + BEFORE + 1..].first_chunk_mut::<8>() else { return };
            let y = &mut y[i + BEFORE];
            for l in 0..LANES {
                let answer = (x[0][l] * k.m[0] + x[1][l] * k.m[1] + x[2][l] * k.m[2] + x[3][l] * k.m[3])
                    - (x[4][l] * weights[0]
                        + x[5][l] * weights[1]
                        + x[6][l] * weights[2]
                        + x[7][l] * weights[3]);
                x[3][l] = answer;
                y[l] += answer;
            }
        }
    }
}

/// The weights of the last four answers at step `i` of a recursion.
#[inline(always)]
fn history(i: usize, d: &[f64; 4], border: &[f64; 4]) -> [f64; 4] {
    if i >= 4 {
        return *d;
    }
    [0, 1, 2, 3].map(|t| if i > t { d[t] } else { border[t] })
}

//! Laplacian of Gaussian, as ITK's `LaplacianRecursiveGaussianImageFilter` with scale normalisation gives it.
//!
//! The Gaussian and its second derivative are recursive filters of fourth order along one axis, one pass
//! forward and one backward (Deriche 1993; coefficients of Farnebäck and Westin, doi:10.1007/s10851-006-8464-z).
//! The Laplacian is the sum over the axes of a second derivative along one axis, smoothed along the others.
//! Beyond the window the border voxel is repeated. Passes run in double precision; ITK stores the image
//! between passes in single precision, and so does this.

use std::ops::Range;

use ndarray::Array3;

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
    for (i, total) in sum.iter_mut().enumerate() {
        // Added up in single precision, as ITK does.
        let mut add = 0.0_f32;
        for (image, scale) in [&along_x, &along_y, &along_z].into_iter().zip(per_mm2) {
            add = (f64::from(add) + f64::from(image[i]) * scale) as f32;
        }
        *total = f64::from(add);
    }
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
const LANES: usize = 8;

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
    let length = from[axis];
    let stride = |size: &[usize; 3]| [1, size[0], size[0] * size[1]];
    let (from_stride, to_stride) = (stride(&from), stride(&to));
    // Lines are counted along the faster of the other two axes first: neighbours in memory go together.
    let (fast, slow) = [(1, 2), (0, 2), (0, 1)][axis];
    let lines = from[fast] * from[slow];
    let start = |line: usize, stride: &[usize; 3]| {
        let line = line.min(lines - 1);
        line % from[fast] * stride[fast] + line / from[fast] * stride[slow]
    };
    let mut out = vec![0.0_f32; to.iter().product()];
    let mut x = vec![[0.0; LANES]; length];
    let mut y = vec![[0.0; LANES]; length];
    for first in (0..lines).step_by(LANES) {
        let at: [usize; LANES] = std::array::from_fn(|lane| start(first + lane, &from_stride));
        for (i, x) in x.iter_mut().enumerate() {
            *x = std::array::from_fn(|lane| image[at[lane] + i * from_stride[axis]].into());
        }
        run(&x, &mut y, filter);
        let count = LANES.min(lines - first);
        let at: [usize; LANES] = std::array::from_fn(|lane| start(first + lane, &to_stride));
        for (i, y) in y[keep.clone()].iter().enumerate() {
            for lane in 0..count {
                out[at[lane] + i * to_stride[axis]] = y[lane] as f32;
            }
        }
    }
    out
}

type Lanes = [f64; LANES];

/// `a·b + …` over four taps, added from the first to the last.
fn taps(values: [&Lanes; 4], weights: [f64; 4]) -> Lanes {
    std::array::from_fn(|l| {
        values[0][l] * weights[0]
            + values[1][l] * weights[1]
            + values[2][l] * weights[2]
            + values[3][l] * weights[3]
    })
}

fn minus(a: Lanes, b: Lanes) -> Lanes {
    std::array::from_fn(|l| a[l] - b[l])
}

/// Both passes over a bundle of lines; `y` is overwritten.
fn run(x: &[Lanes], y: &mut [Lanes], k: &Recursive) {
    let n = x.len();
    if n == 0 {
        return;
    }
    // Near the border the history is the border voxel itself, and its steady response.
    let border = x[0];
    for i in 0..n.min(4) {
        let input = [0, 1, 2, 3].map(|t| if i >= t { &x[i - t] } else { &border });
        let history = [1, 2, 3, 4].map(|t| if i >= t { y[i - t] } else { border });
        let weights: [f64; 4] = std::array::from_fn(|t| if i > t { k.d[t] } else { k.border_n[t] });
        y[i] = minus(taps(input, k.n), taps([&history[0], &history[1], &history[2], &history[3]], weights));
    }
    for i in 4..n {
        let input = [&x[i], &x[i - 1], &x[i - 2], &x[i - 3]];
        y[i] = minus(taps(input, k.n), taps([&y[i - 1], &y[i - 2], &y[i - 3], &y[i - 4]], k.d));
    }
    // Backward, added on the way; `past` holds the last four answers, the newest first.
    let border = x[n - 1];
    let mut past = [border; 4];
    for back in 0..n {
        let i = n - 1 - back;
        let input = [1, 2, 3, 4].map(|t| x.get(i + t).unwrap_or(&border));
        let weights: [f64; 4] = std::array::from_fn(|t| if back > t { k.d[t] } else { k.border_m[t] });
        let answer = minus(taps(input, k.m), taps([&past[0], &past[1], &past[2], &past[3]], weights));
        past = [answer, past[0], past[1], past[2]];
        y[i] = std::array::from_fn(|l| y[i][l] + answer[l]);
    }
}

//! Laplacian of Gaussian, as ITK's `LaplacianRecursiveGaussianImageFilter` with scale normalisation gives it.
//!
//! `σ² ∇²(G_σ ∗ image)`, in the unit of the image: negative on a bright blob, positive around it, largest for blobs of
//! radius `√3 σ`; a parabola `x²` becomes `2 σ²` everywhere.
//!
//! ```text
//! across a bright ball    ___/‾\           /‾\___
//!                               \         /          sigma = its radius / √3
//!                                \_______/
//! ```
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

/// The scale-normalised Laplacian of Gaussian, `σ² ∇²(G_σ ∗ image)`, of a part of an image.
///
/// `image` is `[z, y, x]`; `wanted` is the part along x, y, z; `sigma_mm` and `spacing` are in mm.
/// Values are those of single precision. No voxel farther than [`reach`] from the part is looked at.
///
/// ```
/// use radiomics_core::filter::log::laplacian_of_gaussian;
/// let flat = ndarray::Array3::from_elem([8, 8, 8], 7.0);
/// let response = laplacian_of_gaussian(&flat, [1.0; 3], 2.0, [2..4, 2..4, 2..4]);
/// assert_eq!(response.dim(), (2, 2, 2));
/// assert!(response.iter().all(|r| r.abs() < 1e-4));
/// let parabola = ndarray::Array3::from_shape_fn([8, 8, 80], |(_, _, x)| (x as f64 - 40.0).powi(2));
/// let response = laplacian_of_gaussian(&parabola, [1.0; 3], 2.0, [40..41, 4..5, 4..5]);
/// assert!((response[[0, 0, 0]] - 8.0).abs() < 1e-3);
/// ```
pub fn laplacian_of_gaussian(
    image: &Array3<f64>,
    spacing: [f64; 3],
    sigma_mm: f64,
    wanted: [Range<usize>; 3],
) -> Array3<f64> {
    let (nz, ny, nx) = image.dim();
    let image = image.as_standard_layout();
    // The part and its surroundings, where they stand in the image.
    let (far, size) = (reach(sigma_mm, spacing), [nx, ny, nz]);
    let window: [Range<usize>; 3] = std::array::from_fn(|a| {
        wanted[a].start.saturating_sub(far[a])..wanted[a].end.saturating_add(far[a]).min(size[a])
    });
    let strides = [1, nx, nx * ny];
    let first: usize = (0..3).map(|a| window[a].start * strides[a]).sum();
    let source = Source {
        voxels: image.as_slice().and_then(|voxels| voxels.get(first..)).unwrap_or_default(),
        size: std::array::from_fn(|a| window[a].len()),
        strides,
    };
    let keep: [Range<usize>; 3] =
        std::array::from_fn(|a| wanted[a].start - window[a].start..wanted[a].end - window[a].start);
    // One term for each axis: the derivative along it, then smoothing along the others in rising order.
    let term = |axis: usize| {
        let derivative = Recursive::second_derivative(sigma_mm, spacing[axis]);
        let mut size = source.size;
        let mut image = pass(&source, axis, &keep[axis], &derivative);
        size[axis] = keep[axis].len();
        for other in (0..3).filter(|&other| other != axis) {
            let smooth = Recursive::gaussian(sigma_mm, spacing[other]);
            image = pass(&Source::packed(&image, size), other, &keep[other], &smooth);
            size[other] = keep[other].len();
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

/// Rows of voxels along x, which may be rows of a larger image.
struct Source<'a, T> {
    voxels: &'a [T],
    /// Along x, y, z.
    size: [usize; 3],
    /// From one voxel to the next along x, y, z.
    strides: [usize; 3],
}

impl<'a, T> Source<'a, T> {
    fn packed(voxels: &'a [T], size: [usize; 3]) -> Self {
        Self { voxels, size, strides: [1, size[0], size[0] * size[1]] }
    }
}

/// Filters all lines along `axis` (0 = x) and keeps a part of each.
fn pass<T: Copy + Into<f64>>(
    source: &Source<T>,
    axis: usize,
    keep: &Range<usize>,
    filter: &Recursive,
) -> Vec<f32> {
    let mut to = source.size;
    to[axis] = keep.len();
    let mut out = vec![0.0_f32; to.iter().product()];
    if !out.is_empty() {
        let mut lines = Lines::new(source.size[axis], keep);
        vectorised(
            #[inline(always)]
            || match axis {
                0 => rows(source, filter, &mut lines, &mut out),
                _ => columns(source, axis, filter, &mut lines, &mut out),
            },
        );
    }
    out
}

/// Lines along x: the image is turned, some rows at a time.
#[inline(always)]
fn rows<T: Copy + Into<f64>>(source: &Source<T>, filter: &Recursive, lines: &mut Lines, out: &mut [f32]) {
    let Source { voxels, size: [length, ny, nz], strides: [_, row, plane] } = *source;
    let starts: Vec<usize> = (0..nz).flat_map(|z| (0..ny).map(move |y| y * row + z * plane)).collect();
    let kept = lines.keep.len();
    for (starts, out) in starts.chunks(LANES).zip(out.chunks_mut(LANES * kept)) {
        for (lane, &start) in starts.iter().enumerate() {
            for (x, &value) in lines.voxels().iter_mut().zip(&voxels[start..start + length]) {
                x[lane] = value.into();
            }
        }
        lines.run(filter);
        for (lane, out) in out.chunks_exact_mut(kept).enumerate() {
            for (out, y) in out.iter_mut().zip(lines.answers()) {
                *out = y[lane] as f32;
            }
        }
    }
}

/// Lines along y or z: neighbours along x are filtered together.
#[inline(always)]
fn columns<T: Copy + Into<f64>>(
    source: &Source<T>,
    axis: usize,
    filter: &Recursive,
    lines: &mut Lines,
    out: &mut [f32],
) {
    let Source { voxels, size, strides } = *source;
    let (width, other) = (size[0], 3 - axis);
    // What is written has the kept part of the lines along `axis`, and is packed.
    let (along, across) =
        if axis == 1 { (width, width * lines.keep.len()) } else { (width * size[1], width) };
    for line in 0..size[other] {
        for first in (0..width).step_by(LANES) {
            // The last lanes of a row begin earlier, so that they are as many; some lines are filtered twice.
            let first = first.min(width.saturating_sub(LANES));
            let rows = voxels[line * strides[other] + first..].chunks(strides[axis]);
            for (x, row) in lines.voxels().iter_mut().zip(rows) {
                if let Some(values) = row.first_chunk::<LANES>().filter(|_| width >= LANES) {
                    *x = widened(values);
                } else {
                    x.iter_mut().zip(&row[..width.min(row.len())]).for_each(|(x, &value)| *x = value.into());
                }
            }
            lines.run(filter);
            let rows = out[line * across + first..].chunks_mut(along);
            for (y, row) in lines.answers().iter().zip(rows) {
                if let Some(out) = row.first_chunk_mut::<LANES>().filter(|_| width >= LANES) {
                    *out = narrowed(y);
                } else {
                    row[..width].iter_mut().zip(y).for_each(|(out, y)| *out = *y as f32);
                }
            }
        }
    }
}

/// The same in double precision: a value of its own, so that the compiler sees that nothing overlaps.
#[inline(always)]
fn widened<T: Copy + Into<f64>>(values: &[T; LANES]) -> Lanes {
    let mut wide = [0.0; LANES];
    for lane in 0..LANES {
        wide[lane] = values[lane].into();
    }
    wide
}

/// The same in single precision.
#[inline(always)]
fn narrowed(values: &Lanes) -> [f32; LANES] {
    let mut narrow = [0.0; LANES];
    for lane in 0..LANES {
        narrow[lane] = values[lane] as f32;
    }
    narrow
}

/// A bundle of lines with room for what stands beyond their borders.
struct Lines {
    /// Four voxels before the lines, the lines, eight behind them.
    x: Vec<Lanes>,
    /// Four answers before the lines, and those of the lines as far as they are kept.
    y: Vec<Lanes>,
    /// Voxels of each line.
    length: usize,
    /// The part whose answers are wanted: the forward pass ends with it, and so does the backward pass.
    keep: Range<usize>,
}

/// Voxels before a line that a recursion looks back to.
const BEFORE: usize = 4;

impl Lines {
    fn new(length: usize, keep: &Range<usize>) -> Self {
        let room = |voxels: usize| vec![[0.0; LANES]; voxels];
        Self { x: room(length + 3 * BEFORE), y: room(keep.end + BEFORE), length, keep: keep.clone() }
    }

    /// The voxels of the lines, to be written; an answer overwrites them.
    fn voxels(&mut self) -> &mut [Lanes] {
        &mut self.x[BEFORE..BEFORE + self.length]
    }

    fn answers(&self) -> &[Lanes] {
        &self.y[BEFORE + self.keep.start..]
    }

    /// Both passes. Near the border the history is the border voxel itself, and its steady response.
    #[inline(always)]
    fn run(&mut self, k: &Recursive) {
        let Self { x, y, length, keep } = self;
        let n = *length;
        let (first, last) = (x[BEFORE], x[BEFORE + n - 1]);
        x[..BEFORE].fill(first);
        y[..BEFORE].fill(first);
        x[BEFORE + n..].fill(last);
        for i in 0..keep.end {
            let weights = history(i, &k.d, &k.border_n);
            y[i + BEFORE] = forward(&x[i..], &y[i..], &k.n, weights);
        }
        // Backward. An answer takes the place of the fourth voxel behind its own, which no step needs any more: so
        // the last four answers stand right behind the next four voxels.
        let at = |i: usize| i + BEFORE + 1;
        for i in (keep.end..n).rev() {
            backward(&mut x[at(i)..], &k.m, history(n - 1 - i, &k.d, &k.border_m));
        }
        for i in keep.clone().rev() {
            let answer = backward(&mut x[at(i)..], &k.m, history(n - 1 - i, &k.d, &k.border_m));
            let y = &mut y[i + BEFORE];
            for l in 0..LANES {
                y[l] += answer[l];
            }
        }
    }
}

/// One step of the forward pass from four voxels, its own the last, and the four answers before.
///
/// Answers go through a value of their own: written in place, the compiler would not see that lanes are independent.
#[inline(always)]
fn forward(x: &[Lanes], y: &[Lanes], n: &[f64; 4], d: [f64; 4]) -> Lanes {
    let mut answer = [0.0; LANES];
    if let (Some(x), Some(y)) = (x.first_chunk::<5>(), y.first_chunk::<4>()) {
        for l in 0..LANES {
            answer[l] = (x[4][l] * n[0] + x[3][l] * n[1] + x[2][l] * n[2] + x[1][l] * n[3])
                - (y[3][l] * d[0] + y[2][l] * d[1] + y[1][l] * d[2] + y[0][l] * d[3]);
        }
    }
    answer
}

/// One step of the backward pass from four voxels and the four answers behind them.
#[inline(always)]
fn backward(x: &mut [Lanes], m: &[f64; 4], d: [f64; 4]) -> Lanes {
    let mut answer = [0.0; LANES];
    if let Some(x) = x.first_chunk_mut::<8>() {
        for l in 0..LANES {
            answer[l] = (x[0][l] * m[0] + x[1][l] * m[1] + x[2][l] * m[2] + x[3][l] * m[3])
                - (x[4][l] * d[0] + x[5][l] * d[1] + x[6][l] * d[2] + x[7][l] * d[3]);
        }
        x[3] = answer;
    }
    answer
}

/// The weights of the last four answers at step `i` of a recursion.
#[inline(always)]
fn history(i: usize, d: &[f64; 4], border: &[f64; 4]) -> [f64; 4] {
    if i >= 4 {
        return *d;
    }
    [0, 1, 2, 3].map(|t| if i > t { d[t] } else { border[t] })
}

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

use ndarray::{Array3, ArrayView3};
use rayon::prelude::*;

use crate::{
    bundle::{LANES, Lanes, Plane, put, put_turned},
    levels::grain,
    vectorised::{Simd, WithSimd, vectorised, with_simd},
};

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
/// let response = laplacian_of_gaussian(flat.view(), [1.0; 3], 2.0, [2..4, 2..4, 2..4]);
/// assert_eq!(response.dim(), (2, 2, 2));
/// assert!(response.iter().all(|r| r.abs() < 1e-4));
/// let parabola = ndarray::Array3::from_shape_fn([8, 8, 80], |(_, _, x)| (x as f64 - 40.0).powi(2));
/// let response = laplacian_of_gaussian(parabola.view(), [1.0; 3], 2.0, [40..41, 4..5, 4..5]);
/// assert!((response[[0, 0, 0]] - 8.0).abs() < 1e-3);
/// ```
pub fn laplacian_of_gaussian<T: Copy + Into<f64> + Sync>(
    image: ArrayView3<T>,
    spacing: [f64; 3],
    sigma_mm: f64,
    wanted: [Range<usize>; 3],
) -> Array3<f64> {
    let mut out = Array3::zeros([2, 1, 0].map(|a| wanted[a].len()));
    fill(&mut out, &mut Room::default(), image, spacing, sigma_mm, wanted);
    out
}

/// Arrays that one filter leaves to the next: new memory costs more than what is calculated in it.
#[derive(Debug, Default)]
pub(crate) struct Room {
    planes: Vec<f32>,
    sum: Vec<f32>,
    slabs: Vec<f32>,
}

/// Writes the [Laplacian of Gaussian](laplacian_of_gaussian) into an array of the size of the wanted part.
pub(crate) fn fill<T: Copy + Into<f64> + Sync>(
    out: &mut Array3<f64>,
    room: &mut Room,
    image: ArrayView3<T>,
    spacing: [f64; 3],
    sigma_mm: f64,
    wanted: [Range<usize>; 3],
) {
    let (nz, ny, nx) = image.dim();
    let image = image.as_standard_layout();
    // The part and its surroundings, where they stand in the image.
    let (far, size) = (reach(sigma_mm, spacing), [nx, ny, nz]);
    let window: [Range<usize>; 3] = std::array::from_fn(|a| {
        wanted[a].start.saturating_sub(far[a])..wanted[a].end.saturating_add(far[a]).min(size[a])
    });
    let keep: [Range<usize>; 3] =
        std::array::from_fn(|a| wanted[a].start - window[a].start..wanted[a].end - window[a].start);
    let first = (window[2].start * ny + window[1].start) * nx + window[0].start;
    let terms = Terms {
        voxels: image.as_slice().and_then(|voxels| voxels.get(first..)).unwrap_or_default(),
        row: nx,
        plane: nx * ny,
        size: std::array::from_fn(|a| window[a].len()),
        kept: [0, 1, 2].map(|a: usize| keep[a].len()),
        keep,
        sigma_mm,
        spacing,
    };
    if let Some(out) = out.as_slice_mut().filter(|out| !out.is_empty()) {
        let ([_, ny, nz], [kx, ky, kz]) = (terms.size, terms.kept);
        room.planes.resize(kx * ky * nz, 0.0);
        room.sum.resize(kx * ky * kz, 0.0);
        room.slabs.resize(kx * kz * ny, 0.0);
        terms.along_x(&mut room.planes);
        terms.smooth_z(0, &room.planes, &mut room.sum);
        terms.along_y(&mut room.planes);
        terms.smooth_z(1, &room.planes, &mut room.sum);
        terms.along_z(&room.sum, &mut room.slabs, out);
    }
}

/// The three terms of the Laplacian: the derivative along an axis, then smoothing along the others in rising order.
///
/// Lines along x and y are filtered plane by plane, in the processor's cache. Terms are added up in single precision, as
/// ITK does, the first two in slabs `[y, z, x]`, as lines along z leave them.
struct Terms<'a, T> {
    /// From the first voxel of the window on, its rows and planes so many voxels apart.
    voxels: &'a [T],
    row: usize,
    plane: usize,
    /// Of the window along x, y, z.
    size: [usize; 3],
    /// The wanted part of the window, and its size.
    keep: [Range<usize>; 3],
    kept: [usize; 3],
    sigma_mm: f64,
    spacing: [f64; 3],
}

impl<T: Copy + Into<f64> + Sync> Terms<'_, T> {
    /// Derivative along x, then smooth along y: `[z, y, x]`.
    fn along_x(&self, planes: &mut [f32]) {
        let ([nx, ny, _], [kx, ky, _]) = (self.size, self.kept);
        let (derivative, smooth) = (self.derivative(0), self.gaussian(1));
        let room = || (self.lines(0), self.lines(1), vec![0.0_f32; kx * ny]);
        each_part(
            planes,
            kx * ky,
            room,
            #[inline(always)]
            |(x, y, turned), z, out| {
                let slice = Plane::apart(&self.voxels[z * self.plane..], nx, ny, self.row);
                x.rows(
                    &slice,
                    &derivative,
                    #[inline(always)]
                    |rows, answers| put(answers, rows, single, turned, ny),
                );
                y.rows(
                    &Plane::packed(turned, ny),
                    &smooth,
                    #[inline(always)]
                    |rows, answers| put(answers, rows, single, out, kx),
                );
            },
        );
    }

    /// Derivative along y, then smooth along x: `[z, y, x]`.
    fn along_y(&self, planes: &mut [f32]) {
        let ([nx, ny, _], [kx, ky, _]) = (self.size, self.kept);
        let (derivative, smooth) = (self.derivative(1), self.gaussian(0));
        let room = || (self.lines(0), self.lines(1), vec![0.0_f32; nx * ky]);
        each_part(
            planes,
            kx * ky,
            room,
            #[inline(always)]
            |(x, y, between), z, out| {
                let slice = Plane::apart(&self.voxels[z * self.plane..], nx, ny, self.row);
                y.columns(
                    &slice,
                    &derivative,
                    #[inline(always)]
                    |columns, answers| put(answers, columns, single, between, nx),
                );
                x.rows(
                    &Plane::packed(between, nx),
                    &smooth,
                    #[inline(always)]
                    |rows, answers| {
                        put_turned(answers, rows, single, out, kx);
                    },
                );
            },
        );
    }

    /// Smooths along z the term of an axis, x before y, and adds: `[z, y, x]` to `[y, z, x]`.
    fn smooth_z(&self, axis: usize, planes: &[f32], sum: &mut [f32]) {
        let ([_, _, nz], [kx, ky, kz]) = (self.size, self.kept);
        let (smooth, scale) = (self.gaussian(2), self.per_mm2(axis));
        let room = || (self.lines(2), vec![0.0; kz * kx]);
        each_part(
            sum,
            kz * kx,
            room,
            #[inline(always)]
            |(z, term), y, sum| {
                let across = Plane::apart(&planes[y * kx..], kx, nz, kx * ky);
                z.columns(
                    &across,
                    &smooth,
                    #[inline(always)]
                    |columns, answers| put(answers, columns, single, term, kx),
                );
                for (sum, &term) in sum.iter_mut().zip(&*term) {
                    *sum = added(if axis == 0 { 0.0 } else { *sum }, term, scale);
                }
            },
        );
    }

    /// Derivative along z, then smooth along x and y, added to the sum of the other terms, `[y, z, x]`: `[z, y, x]`.
    fn along_z(&self, sum: &[f32], slabs: &mut [f32], out: &mut [f64]) {
        let ([nx, ny, nz], [kx, ky, kz]) = (self.size, self.kept);
        let (derivative, scale) = (self.derivative(2), self.per_mm2(2));
        let smooth = [self.gaussian(0), self.gaussian(1)];
        let room = || (self.lines(2), self.lines(0), vec![0.0_f32; nx * kz]);
        each_part(
            slabs,
            kx * kz,
            room,
            #[inline(always)]
            |(z, x, between), y, slab| {
                let across = Plane::apart(&self.voxels[y * self.row..], nx, nz, self.plane);
                z.columns(
                    &across,
                    &derivative,
                    #[inline(always)]
                    |columns, answers| put(answers, columns, single, between, nx),
                );
                x.rows(
                    &Plane::packed(between, nx),
                    &smooth[0],
                    #[inline(always)]
                    |rows, answers| put_turned(answers, rows, single, slab, kx),
                );
            },
        );
        let room = || (self.lines(1), vec![0.0_f32; kx * ky]);
        each_part(
            out,
            kx * ky,
            room,
            #[inline(always)]
            |(y, term), z, out| {
                let across = Plane::apart(&slabs[z * kx..], kx, ny, kz * kx);
                y.columns(
                    &across,
                    &smooth[1],
                    #[inline(always)]
                    |columns, answers| put(answers, columns, single, term, kx),
                );
                let sums = sum[z * kx..].chunks(kz * kx);
                for ((out, term), sum) in out.chunks_exact_mut(kx).zip(term.chunks_exact(kx)).zip(sums) {
                    for ((out, &term), &sum) in out.iter_mut().zip(term).zip(sum) {
                        *out = f64::from(added(sum, term, scale));
                    }
                }
            },
        );
    }

    fn derivative(&self, axis: usize) -> Recursive {
        Recursive::second_derivative(self.sigma_mm, self.spacing[axis])
    }

    fn gaussian(&self, axis: usize) -> Recursive {
        Recursive::gaussian(self.sigma_mm, self.spacing[axis])
    }

    fn lines(&self, axis: usize) -> Lines {
        Lines::new(self.size[axis], &self.keep[axis])
    }

    /// What makes a derivative for each voxel one for each mm².
    fn per_mm2(&self, axis: usize) -> f64 {
        1.0 / (self.spacing[axis] * self.spacing[axis])
    }
}

/// Fills an array part by part, on all threads; each has a room to work in. `fill` must be `#[inline(always)]`, and so must
/// closures in it, to be compiled for wide vectors.
#[inline(always)]
fn each_part<T: Send, R>(
    out: &mut [T],
    part: usize,
    room: impl Fn() -> R + Sync + Send,
    fill: impl Fn(&mut R, usize, &mut [T]) + Sync + Send,
) {
    // A voxel takes as long as several of a simple pass.
    let parts = out.par_chunks_exact_mut(part).enumerate().with_min_len(grain(4 * part));
    parts.for_each_init(room, |room, (index, part)| {
        vectorised(
            #[inline(always)]
            || fill(room, index, part),
        );
    });
}

#[inline(always)]
fn single(x: f64) -> f32 {
    x as f32
}

#[inline(always)]
fn added(sum: f32, term: f32, scale: f64) -> f32 {
    (f64::from(sum) + f64::from(term) * scale) as f32
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

    /// Filters the rows of a plane: they are turned, some at a time.
    #[inline(always)]
    fn rows<T: Copy + Into<f64>>(
        &mut self,
        plane: &Plane<T>,
        filter: &Recursive,
        mut write: impl FnMut(&Range<usize>, &[Lanes]),
    ) {
        for rows in plane.rows() {
            plane.turn(&rows, self.voxels());
            self.run(filter);
            write(&rows, self.answers());
        }
    }

    /// Filters the columns of a plane: neighbours in a row together.
    #[inline(always)]
    fn columns<T: Copy + Into<f64>>(
        &mut self,
        plane: &Plane<T>,
        filter: &Recursive,
        mut write: impl FnMut(&Range<usize>, &[Lanes]),
    ) {
        for columns in plane.columns() {
            plane.take(&columns, self.voxels());
            self.run(filter);
            write(&columns, self.answers());
        }
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
    fn run(&mut self, filter: &Recursive) {
        let Self { x, y, length, .. } = self;
        let (first, last) = (x[BEFORE], x[BEFORE + *length - 1]);
        x[..BEFORE].fill(first);
        y[..BEFORE].fill(first);
        x[BEFORE + *length..].fill(last);
        with_simd(Run { lines: self, filter });
    }
}

/// Both passes of a filter along some lines.
struct Run<'a> {
    lines: &'a mut Lines,
    filter: &'a Recursive,
}

impl WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { lines: Lines { x, y, length, keep }, filter } = self;
        let Recursive { n, m, d, border_n, border_m } = filter;
        let splat = |weights: [f64; 4]| weights.map(|weight| simd.splat_f64s(weight));
        let (n, m) = (splat(*n), splat(*m));
        for i in 0..keep.end {
            let d = splat(history(i, d, border_n));
            let (before, now) = y.split_at_mut(i + BEFORE);
            let [y4, y3, y2, y1] = [0, 1, 2, 3].map(|t| S::as_simd_f64s(&before[i + t]).0);
            let [x3, x2, x1, x0] = [1, 2, 3, 4].map(|t| S::as_simd_f64s(&x[i + t]).0);
            for (v, answer) in S::as_mut_simd_f64s(&mut now[0]).0.iter_mut().enumerate() {
                let recent = weighted(simd, n, [x0[v], x1[v], x2[v], x3[v]]);
                *answer = simd.sub_f64s(recent, weighted(simd, d, [y1[v], y2[v], y3[v], y4[v]]));
            }
        }
        // Backward. An answer takes the place of the fourth voxel behind its own, which no step needs any more: so
        // the last four answers stand right behind the next four voxels.
        for i in (keep.start..*length).rev() {
            let d = splat(history(*length - 1 - i, d, border_m));
            let Some([x1, x2, x3, x4, y1, y2, y3, y4]) = x[i + BEFORE + 1..].first_chunk_mut::<8>() else {
                return; // never: eight voxels stand behind the lines
            };
            let [x1, x2, x3, y1, y2, y3, y4] =
                [x1, x2, x3, y1, y2, y3, y4].map(|lanes| S::as_simd_f64s(lanes).0);
            let sums = if i < keep.end { &mut y[i + BEFORE][..] } else { &mut [] };
            let mut sums = S::as_mut_simd_f64s(sums).0.iter_mut();
            for (v, x4) in S::as_mut_simd_f64s(x4).0.iter_mut().enumerate() {
                let recent = weighted(simd, m, [x1[v], x2[v], x3[v], *x4]);
                *x4 = simd.sub_f64s(recent, weighted(simd, d, [y1[v], y2[v], y3[v], y4[v]]));
                if let Some(sum) = sums.next() {
                    *sum = simd.add_f64s(*sum, *x4);
                }
            }
        }
    }
}

/// A weighted sum of vectors, added up from the first to the last.
#[inline(always)]
fn weighted<S: Simd>(simd: S, weights: [S::f64s; 4], [a, b, c, d]: [S::f64s; 4]) -> S::f64s {
    let sum = simd.add_f64s(simd.mul_f64s(a, weights[0]), simd.mul_f64s(b, weights[1]));
    let sum = simd.add_f64s(sum, simd.mul_f64s(c, weights[2]));
    simd.add_f64s(sum, simd.mul_f64s(d, weights[3]))
}

/// The weights of the last four answers at step `i` of a recursion.
#[inline(always)]
fn history(i: usize, d: &[f64; 4], border: &[f64; 4]) -> [f64; 4] {
    if i >= 4 {
        return *d;
    }
    [0, 1, 2, 3].map(|t| if i > t { d[t] } else { border[t] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(i: usize) -> f64 {
        (i as f64 * 0.618_033_988_749_895).fract() * 2000.0 - 700.0
    }

    /// The recursion one voxel after the other, with what stands beyond the border: the definition.
    fn plain(x: &[f64], k: &Recursive) -> Vec<f64> {
        let pass = |x: &[f64], taps: [f64; 4], border: [f64; 4], first: usize| {
            let mut y: Vec<f64> = Vec::new();
            for i in 0..x.len() {
                let voxel = |t: usize| x[i.saturating_sub(first + t)];
                let answer = |t: usize| if i > t { y[i - 1 - t] * k.d[t] } else { x[0] * border[t] };
                let recent = (1..4).fold(voxel(0) * taps[0], |sum, t| sum + voxel(t) * taps[t]);
                y.push(recent - (1..4).fold(answer(0), |sum, t| sum + answer(t)));
            }
            y
        };
        let backwards: Vec<f64> = x.iter().rev().copied().collect();
        let behind = pass(&backwards, k.m, k.border_m, 1);
        pass(x, k.n, k.border_n, 0).iter().zip(behind.iter().rev()).map(|(a, b)| a + b).collect()
    }

    #[test]
    fn lines_side_by_side_are_those_of_the_definition_to_the_bit() {
        for (length, keep) in [(4, 0..4), (5, 2..3), (9, 0..1), (40, 36..40), (70, 11..52)] {
            for k in [Recursive::gaussian(2.5, 0.8), Recursive::second_derivative(1.5, 1.1)] {
                let line = |lane: usize| (0..length).map(move |i| noise(lane * 97 + i));
                let mut lines = Lines::new(length, &keep);
                for lane in 0..LANES {
                    lines.voxels().iter_mut().zip(line(lane)).for_each(|(to, x)| to[lane] = x);
                }
                lines.run(&k);
                for lane in 0..LANES {
                    let expected = &plain(&line(lane).collect::<Vec<_>>(), &k)[keep.clone()];
                    let answers = lines.answers().iter().map(|lanes| lanes[lane]);
                    assert!(answers.eq(expected.iter().copied()), "{length} {keep:?} {lane}");
                }
            }
        }
    }

    #[test]
    fn single_precision_is_enough_where_it_holds_the_image() {
        let double = Array3::from_shape_fn([9, 21, 40], |(z, y, x)| noise(z * 900 + y * 40 + x).round());
        let single = double.mapv(|x| x as f32);
        let part = || [3..37, 2..20, 0..9];
        let expected = laplacian_of_gaussian(double.view(), [1.0, 0.7, 2.0], 1.5, part());
        assert_eq!(laplacian_of_gaussian(single.view(), [1.0, 0.7, 2.0], 1.5, part()), expected);
    }
}

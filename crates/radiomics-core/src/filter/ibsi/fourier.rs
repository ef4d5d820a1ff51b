//! Filters given by their spectrum: Simoncelli's wavelet (IBSI `PRT7`) and Riesz transforms (IBSI `AYRS`).
//!
//! | filter | spectrum at the angular frequency `ω` |
//! |---|---|
//! | Simoncelli, level `j` | `cos(π/2 · log₂(2 ω_j / π))` for `π/4 < ω_j ≤ π`, else 0, with `ω_j = 2^(j−1) ‖ω‖` |
//! | Shannon, level `j` (MIRP's, not in IBSI) | 1 for `π/2 ≤ ω_j ≤ π`, else 0 |
//! | Laplacian of Gaussian | `−‖ω‖² exp(−σ² ‖ω‖² / 2)` |
//! | Riesz transform of order `l` | `(−i)^L √(L! / l_x! l_y! l_z!) · ω_x^l_x ω_y^l_y ω_z^l_z / ‖ω‖^L`, 0 at the origin |
//!
//! The answer is the real part of the inverse transform; it has the unit of the image, of a Laplacian for each voxel².
//! Frequencies are for each voxel: the filters know no mm.
//!
//! ```text
//! ω                       π/4     π/2     π
//! Simoncelli, level 1      0       1      0        level 2 has its 1 at π/4, its zeros at π/8 and π/2
//! image, a cosine          1   0  −1   0           four voxels along x
//! Riesz, order (1,0,0)     0   1   0  −1           the sine: a quarter of a wave later
//! Riesz, order (2,0,0)    −1   0   1   0           twice
//! ```
//! ```
//! use radiomics_core::filter::ibsi::{Boundary, Mode, Radial, fourier::{self, Frequency}};
//! let band = Radial::Simoncelli.band(1, Mode::Volume);
//! let at = |w: f64| band(Frequency { omega: [w, 0.0, 0.0], closed: [w, 0.0, 0.0] }).re;
//! let quarter = std::f64::consts::FRAC_PI_4;
//! assert_eq!((at(quarter), at(2.0 * quarter)), (0.0, 1.0));
//! assert!(at(4.0 * quarter).abs() < 1e-15);
//! let cosine = ndarray::arr3(&[[[1.0, 0.0, -1.0, 0.0]]]);
//! let riesz = |order| fourier::filter(&cosine, Mode::Volume, 0, Boundary::Periodic, &fourier::riesz(order));
//! let close = |x: ndarray::Array3<f64>, y: [f64; 4]| assert!(x.iter().zip(y).all(|(x, y)| (x - y).abs() < 1e-15));
//! close(riesz([1, 0, 0]), [0.0, 1.0, 0.0, -1.0]);
//! close(riesz([2, 0, 0]), [-1.0, 0.0, 1.0, 0.0]);
//! ```
//! Simoncelli and Freeman 1995, doi:10.1109/ICIP.1995.537667; Chenouard and Unser
//! 2012, doi:10.1109/TIP.2012.2188809; manual arXiv:2006.05470, sections 3.7 and 3.8.
//!
//! An image is real, so half of its spectrum tells all. The spectrum along z is made, multiplied and turned back
//! for some columns at a time: the padded image never exists as a whole, and memory is about that of three images.

use std::{f64::consts::PI, sync::Arc};

use ndarray::{Array3, ArrayViewMut2, Axis};
use rayon::prelude::*;
use rustfft::{Fft, FftPlanner, num_complex::Complex};

use crate::filter::ibsi::{Boundary, Mode};

/// The angular frequency (x, y, z) of a Fourier coefficient, twice; 0 along axes that are not filtered.
#[derive(Clone, Copy, Debug)]
pub struct Frequency {
    /// The frequency itself, `2π k / n`, from −π to below π.
    pub omega: [f64; 3],
    /// `n` values from −π to π, both ends included: where the teams whose maps became IBSI's reference sampled
    /// Simoncelli's wavelet and the Riesz transform. The difference shrinks with the size of the image.
    pub closed: [f64; 3],
}

/// A filter given by its answer to each frequency.
pub type Spectrum<'a> = &'a (dyn Fn(Frequency) -> Complex<f64> + Sync);

/// The image times a spectrum: real part of the inverse transform.
///
/// The transform takes the image as periodic; for another boundary it is first lengthened by `margin` voxels
/// to every side, and a little more to a size that transforms fast.
///
/// ```
/// use radiomics_core::filter::ibsi::{Boundary, Mode, fourier};
/// let wave = ndarray::Array3::from_shape_fn([8, 8, 8], |(_, _, x)| [0.0, 1.0, 0.0, -1.0][x % 4]);
/// // π/2 for each voxel along x: the middle of the band of level 1.
/// let band = fourier::laplacian_of_gaussian([0.0; 3], Mode::Volume);
/// let out = fourier::filter(&wave, Mode::Volume, 0, Boundary::Periodic, &band);
/// let omega = std::f64::consts::FRAC_PI_2;
/// assert!((out[[0, 0, 1]] + omega * omega).abs() < 1e-12);
/// ```
pub fn filter(
    image: &Array3<f64>,
    mode: Mode,
    margin: usize,
    boundary: Boundary,
    spectrum: Spectrum,
) -> Array3<f64> {
    if image.is_empty() {
        return image.clone();
    }
    let lengths = Lengths::new(image, mode, margin, boundary);
    let (nz, ny, nx) = image.dim();
    let half = lengths.long[0] / 2 + 1;
    let mut coefficients = Array3::<Complex<f64>>::zeros([nz, lengths.long[1], half]);
    let image = image.as_standard_layout();
    let Some(voxels) = image.as_slice() else { return image.into_owned() };
    if let Some(coefficients) = coefficients.as_slice_mut() {
        coefficients
            .par_chunks_mut(lengths.long[1] * half)
            .zip(voxels.par_chunks(nx * ny))
            .for_each_init(Vec::new, |rows, (to, from)| lengths.slice_forward(from, rows, to));
    }
    let columns: Vec<ArrayViewMut2<Complex<f64>>> = coefficients.axis_iter_mut(Axis(1)).collect();
    columns.into_par_iter().enumerate().for_each(|(y, mut columns)| {
        if mode == Mode::Volume {
            lengths.multiply_along_z(y, &mut columns, spectrum);
        } else {
            for (x, mut column) in columns.axis_iter_mut(Axis(1)).enumerate() {
                let factor = lengths.hermitian([x, y, 0], spectrum);
                column.iter_mut().for_each(|c| *c *= factor);
            }
        }
    });
    let mut out = Array3::zeros(image.dim());
    if let (Some(coefficients), Some(out)) = (coefficients.as_slice(), out.as_slice_mut()) {
        out.par_chunks_mut(nx * ny)
            .zip(coefficients.par_chunks(lengths.long[1] * half))
            .for_each_init(Vec::new, |rows, (to, from)| lengths.slice_back(from, rows, to));
    }
    out
}

/// Columns that are gathered and transformed together: neighbours in memory.
const TOGETHER: usize = 8;

/// Sizes and transforms along each axis.
struct Lengths {
    size: [usize; 3],
    /// With margins; along axes that are not filtered the size itself.
    long: [usize; 3],
    /// Where the voxels of the lengthened axes y and z come from; none for a constant.
    sources: [Vec<Option<usize>>; 3],
    before: [usize; 3],
    outside: f64,
    filtered: usize,
    forward: [Arc<dyn Fft<f64>>; 3],
    inverse: [Arc<dyn Fft<f64>>; 3],
}

impl Lengths {
    fn new(image: &Array3<f64>, mode: Mode, margin: usize, boundary: Boundary) -> Self {
        let (nz, ny, nx) = image.dim();
        let size = [nx, ny, nz];
        let on = |axis: usize| axis < mode.axes() && boundary != Boundary::Periodic;
        let before: [usize; 3] = std::array::from_fn(|axis| if on(axis) { margin } else { 0 });
        let long: [usize; 3] =
            std::array::from_fn(|a| if on(a) { fast_length(size[a] + 2 * margin) } else { size[a] });
        let source = |a: usize, i: usize| boundary.index(i as isize - before[a] as isize, size[a]);
        let sources = std::array::from_fn(|a| (0..long[a]).map(|i| source(a, i)).collect());
        let mut planner = FftPlanner::new();
        Self {
            size,
            long,
            sources,
            before,
            outside: boundary.outside(),
            filtered: mode.axes(),
            forward: long.map(|n| planner.plan_fft_forward(n)),
            inverse: long.map(|n| planner.plan_fft_inverse(n)),
        }
    }

    /// A slice to its coefficients along x and y; `to` has half a spectrum in each row, and all rows.
    fn slice_forward(&self, slice: &[f64], rows: &mut Vec<Complex<f64>>, to: &mut [Complex<f64>]) {
        let ([nx, ny, _], [lx, ly, _]) = (self.size, self.long);
        let half = lx / 2 + 1;
        rows.clear();
        rows.resize(ny * half, Complex::default());
        let value = |row: &[f64], x: usize| self.sources[0][x].map_or(self.outside, |x| row[x]);
        let mut line = vec![Complex::default(); lx];
        let mut scratch = vec![Complex::default(); self.forward[0].get_inplace_scratch_len()];
        // Two real rows make one complex line.
        for (pair, out) in slice.chunks(2 * nx).zip(rows.chunks_mut(2 * half)) {
            let (a, b) = pair.split_at(nx);
            for (x, line) in line.iter_mut().enumerate() {
                *line = Complex::new(value(a, x), if b.is_empty() { 0.0 } else { value(b, x) });
            }
            self.forward[0].process_with_scratch(&mut line, &mut scratch);
            let (first, second) = out.split_at_mut(half);
            for k in 0..half {
                let (z, mirrored) = (line[k], line[(lx - k) % lx].conj());
                first[k] = (z + mirrored) * 0.5;
                if let Some(second) = second.get_mut(k) {
                    let difference = (z - mirrored) * 0.5;
                    *second = Complex::new(difference.im, -difference.re);
                }
            }
        }
        let outside = |x: usize| Complex::new(if x == 0 { self.outside * lx as f64 } else { 0.0 }, 0.0);
        let mut lines = vec![Complex::default(); TOGETHER * ly];
        let mut scratch = vec![Complex::default(); self.forward[1].get_inplace_scratch_len()];
        for start in (0..half).step_by(TOGETHER) {
            let width = TOGETHER.min(half - start);
            for (y, source) in self.sources[1].iter().enumerate() {
                for i in 0..width {
                    lines[i * ly + y] = source.map_or(outside(start + i), |y| rows[y * half + start + i]);
                }
            }
            self.forward[1].process_with_scratch(&mut lines[..width * ly], &mut scratch);
            for y in 0..ly {
                for i in 0..width {
                    to[y * half + start + i] = lines[i * ly + y];
                }
            }
        }
    }

    /// The way back; only the rows and voxels of the image are calculated.
    fn slice_back(&self, from: &[Complex<f64>], rows: &mut Vec<Complex<f64>>, slice: &mut [f64]) {
        let ([nx, ny, _], [lx, ly, _]) = (self.size, self.long);
        let half = lx / 2 + 1;
        rows.clear();
        rows.resize(ny * half, Complex::default());
        let mut lines = vec![Complex::default(); TOGETHER * ly];
        let mut scratch = vec![Complex::default(); self.inverse[1].get_inplace_scratch_len()];
        for start in (0..half).step_by(TOGETHER) {
            let width = TOGETHER.min(half - start);
            for y in 0..ly {
                for i in 0..width {
                    lines[i * ly + y] = from[y * half + start + i];
                }
            }
            self.inverse[1].process_with_scratch(&mut lines[..width * ly], &mut scratch);
            for y in 0..ny {
                for i in 0..width {
                    rows[y * half + start + i] = lines[i * ly + y + self.before[1]];
                }
            }
        }
        let scale = 1.0 / self.long[..self.filtered].iter().product::<usize>() as f64;
        let mut line = vec![Complex::default(); lx];
        let mut scratch = vec![Complex::default(); self.inverse[0].get_inplace_scratch_len()];
        for (pair, out) in rows.chunks(2 * half).zip(slice.chunks_mut(2 * nx)) {
            let (a, b) = pair.split_at(half);
            for k in 0..half {
                let (a, b) = (a[k], b.get(k).copied().unwrap_or_default());
                line[k] = Complex::new(a.re - b.im, a.im + b.re);
                let mirrored = (lx - k) % lx;
                if mirrored != k {
                    line[mirrored] = Complex::new(a.re + b.im, b.re - a.im);
                }
            }
            self.inverse[0].process_with_scratch(&mut line, &mut scratch);
            let (first, second) = out.split_at_mut(nx);
            let line = &line[self.before[0]..];
            first.iter_mut().zip(line).for_each(|(out, x)| *out = x.re * scale);
            second.iter_mut().zip(line).for_each(|(out, x)| *out = x.im * scale);
        }
    }

    /// Along z to the coefficients, times the spectrum, and back; `columns` is `[z, x]`.
    fn multiply_along_z(&self, y: usize, columns: &mut ArrayViewMut2<Complex<f64>>, spectrum: Spectrum) {
        let ([lx, ly, lz], (nz, half)) = (self.long, columns.dim());
        let outside = |x: usize| if x == 0 && y == 0 { self.outside * (lx * ly) as f64 } else { 0.0 };
        let mut lines = vec![Complex::default(); TOGETHER * lz];
        let scratch =
            self.forward[2].get_inplace_scratch_len().max(self.inverse[2].get_inplace_scratch_len());
        let mut scratch = vec![Complex::default(); scratch];
        for start in (0..half).step_by(TOGETHER) {
            let width = TOGETHER.min(half - start);
            let lines = &mut lines[..width * lz];
            for (z, source) in self.sources[2].iter().enumerate() {
                for i in 0..width {
                    lines[i * lz + z] = match source {
                        Some(z) => columns[(*z, start + i)],
                        None => Complex::new(outside(start + i), 0.0),
                    };
                }
            }
            self.forward[2].process_with_scratch(lines, &mut scratch);
            for (i, line) in lines.chunks_exact_mut(lz).enumerate() {
                for (z, c) in line.iter_mut().enumerate() {
                    *c *= self.hermitian([start + i, y, z], spectrum);
                }
            }
            self.inverse[2].process_with_scratch(lines, &mut scratch);
            for z in 0..nz {
                for i in 0..width {
                    columns[(z, start + i)] = lines[i * lz + z + self.before[2]];
                }
            }
        }
    }

    /// The part of a spectrum whose answer to a real image is real: `(S(ω) + S̄(−ω)) / 2`.
    fn hermitian(&self, index: [usize; 3], spectrum: Spectrum) -> Complex<f64> {
        let opposite = std::array::from_fn(|a| (self.long[a] - index[a]) % self.long[a]);
        (spectrum(self.at(index)) + spectrum(self.at(opposite)).conj()) * 0.5
    }

    fn at(&self, index: [usize; 3]) -> Frequency {
        let on = |a: usize| a < self.filtered;
        Frequency {
            omega: std::array::from_fn(|a| if on(a) { frequency(index[a], self.long[a]) } else { 0.0 }),
            closed: std::array::from_fn(
                |a| if on(a) { closed_frequency(index[a], self.long[a]) } else { 0.0 },
            ),
        }
    }
}

/// The angular frequency of coefficient `k` of `n`, −π to π.
fn frequency(k: usize, n: usize) -> f64 {
    let k = if 2 * k >= n + n % 2 { k as f64 - n as f64 } else { k as f64 };
    2.0 * PI * k / n as f64
}

/// Value `k` of `n` from −π to π with both ends, rotated so that the middle one comes first.
fn closed_frequency(k: usize, n: usize) -> f64 {
    if n == 1 { 0.0 } else { 2.0 * PI * ((k + n / 2) % n) as f64 / (n - 1) as f64 - PI }
}

/// The next length that has no prime factor above 5.
pub(crate) fn fast_length(n: usize) -> usize {
    let smooth = |mut n: usize| {
        for p in [2, 3, 5] {
            while n.is_multiple_of(p) {
                n /= p;
            }
        }
        n == 1
    };
    (n.max(1)..).find(|&n| smooth(n)).unwrap_or(n)
}

/// The square of the length along the axes of a mode.
fn square(omega: [f64; 3], mode: Mode) -> f64 {
    omega[..mode.axes()].iter().map(|w| w * w).sum()
}

/// A wavelet that depends on the length of the frequency only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Radial {
    /// `cos(π/2 log₂(2 ω / π))` for ω in (π/4, π], else 0.
    Simoncelli,
    /// 1 for ω in [π/2, π], else 0. Not in IBSI.
    Shannon,
}

impl Radial {
    /// As in a parameter file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Simoncelli => "simoncelli",
            Self::Shannon => "shannon",
        }
    }

    /// The band (B map) at a level, 1 or more: the wavelet at `ω = |ω| 2^(level−1)`.
    pub fn band(self, level: u32, mode: Mode) -> impl Fn(Frequency) -> Complex<f64> + Sync {
        let stretch = f64::from(1_u32 << (level.clamp(1, 31) - 1));
        move |frequency| {
            let w = square(frequency.closed, mode).sqrt() * stretch;
            let value = match self {
                Self::Simoncelli if w > PI / 4.0 && w <= PI => (PI / 2.0 * (2.0 * w / PI).log2()).cos(),
                Self::Shannon if (PI / 2.0..=PI).contains(&w) => 1.0,
                _ => 0.0,
            };
            Complex::new(value, 0.0)
        }
    }
}

/// The Laplacian of Gaussian with standard deviation `sigma` voxels along x, y, z: `−|ω|² exp(−|σω|² / 2)`.
pub fn laplacian_of_gaussian(sigma: [f64; 3], mode: Mode) -> impl Fn(Frequency) -> Complex<f64> + Sync {
    move |frequency| {
        let blurred = square(std::array::from_fn(|a| sigma[a] * frequency.omega[a]), mode);
        Complex::new(-square(frequency.omega, mode) * (-blurred / 2.0).exp(), 0.0)
    }
}

/// The Riesz transform of order `l = (l_x, l_y, l_z)`, `L = l_x + l_y + l_z`:
/// `(−i)^L √(L! / l_x! l_y! l_z!) ω_x^l_x ω_y^l_y ω_z^l_z / |ω|^L`, 0 at the origin.
pub fn riesz(order: [u32; 3]) -> impl Fn(Frequency) -> Complex<f64> + Sync {
    let factorial = |n: u32| (1..=n).map(f64::from).product::<f64>();
    let total: u32 = order.iter().sum();
    let weight = (factorial(total) / order.iter().map(|&l| factorial(l)).product::<f64>()).sqrt();
    let turn = Complex::new(0.0, -1.0).powu(total) * weight;
    move |frequency| {
        let omega = frequency.closed;
        let size = square(omega, Mode::Volume).sqrt();
        if size == 0.0 {
            return Complex::default();
        }
        turn * omega.iter().zip(order).map(|(w, l)| (w / size).powi(l as i32)).product::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition: the lengthened image, all of its complex coefficients, and the real part of what comes back.
    fn naive(
        image: &Array3<f64>,
        mode: Mode,
        margin: usize,
        boundary: Boundary,
        spectrum: Spectrum,
    ) -> Array3<f64> {
        let lengths = Lengths::new(image, mode, margin, boundary);
        let [lx, ly, lz] = lengths.long;
        let sources = &lengths.sources;
        let mut voxels = Array3::from_shape_fn([lz, ly, lx], |(z, y, x)| {
            Complex::new(
                match (sources[2][z], sources[1][y], sources[0][x]) {
                    (Some(z), Some(y), Some(x)) => image[(z, y, x)],
                    _ => boundary.outside(),
                },
                0.0,
            )
        });
        let transform = |voxels: &mut Array3<Complex<f64>>, ffts: &[Arc<dyn Fft<f64>>; 3]| {
            for axis in 0..mode.axes() {
                for mut lane in voxels.lanes_mut(Axis(2 - axis)) {
                    let mut line = lane.to_vec();
                    ffts[axis].process(&mut line);
                    lane.iter_mut().zip(line).for_each(|(to, x)| *to = x);
                }
            }
        };
        transform(&mut voxels, &lengths.forward);
        for ((z, y, x), c) in voxels.indexed_iter_mut() {
            *c *= spectrum(lengths.at([x, y, z]));
        }
        transform(&mut voxels, &lengths.inverse);
        let scale = 1.0 / lengths.long[..mode.axes()].iter().product::<usize>() as f64;
        let [bx, by, bz] = lengths.before;
        Array3::from_shape_fn(image.dim(), |(z, y, x)| voxels[(z + bz, y + by, x + bx)].re * scale)
    }

    #[test]
    fn half_a_spectrum_tells_all() {
        for (case, shape) in [[1, 1, 1], [4, 5, 6], [5, 4, 7], [1, 6, 9], [3, 1, 2]].into_iter().enumerate() {
            let image = Array3::from_shape_fn(shape, |(z, y, x)| {
                ((x + 5 * y + 11 * z) * (x + z + 1 + case) % 17) as f64 - 4.0
            });
            for mode in [Mode::Slices, Mode::Volume] {
                let (band, log) =
                    (Radial::Simoncelli.band(1, mode), laplacian_of_gaussian([0.7, 0.5, 1.1], mode));
                let (first, second) = (riesz([1, 0, 0]), riesz([1, 1, 0]));
                let odd = |w: Frequency| Complex::new(w.omega[0], w.closed[1] + 0.3);
                let spectra: [Spectrum; 5] =
                    [&band, &log, &|w| log(w) * first(w), &|w| band(w) * second(w), &odd];
                for boundary in
                    [Boundary::Periodic, Boundary::Mirror, Boundary::Constant(0.0), Boundary::Constant(3.0)]
                {
                    for (number, spectrum) in spectra.iter().enumerate() {
                        let ours = filter(&image, mode, 3, boundary, spectrum);
                        let expected = naive(&image, mode, 3, boundary, spectrum);
                        for (a, b) in ours.iter().zip(&expected) {
                            assert!(
                                (a - b).abs() < 1e-11,
                                "{shape:?} {mode:?} {boundary:?} {number}: {a} {b}"
                            );
                        }
                    }
                }
            }
        }
    }
}

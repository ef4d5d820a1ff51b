//! Filters given by their spectrum: Simoncelli's wavelet (IBSI `PRT7`) and Riesz transforms (IBSI `AYRS`).

use std::f64::consts::PI;

use ndarray::Array3;
use rustfft::{FftDirection, FftPlanner, num_complex::Complex};

use crate::filter::ibsi::{Boundary, Mode};

/// The angular frequency (x, y, z) of a Fourier coefficient, twice.
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
pub fn filter(
    image: &Array3<f64>,
    mode: Mode,
    margin: usize,
    boundary: Boundary,
    spectrum: Spectrum,
) -> Array3<f64> {
    let (nz, ny, nx) = image.dim();
    let size = [nx, ny, nz];
    let on = |axis: usize| axis < mode.axes() && boundary != Boundary::Periodic;
    let before: [usize; 3] = std::array::from_fn(|axis| if on(axis) { margin } else { 0 });
    let long: [usize; 3] =
        std::array::from_fn(|a| if on(a) { fast_length(size[a] + 2 * margin) } else { size[a] });
    let value = |index: [usize; 3]| {
        let mut at = [0; 3];
        for axis in 0..3 {
            match boundary.index(index[axis] as isize - before[axis] as isize, size[axis]) {
                Some(i) => at[axis] = i,
                None => return if let Boundary::Constant(value) = boundary { value } else { 0.0 },
            }
        }
        image[[at[2], at[1], at[0]]]
    };
    let mut voxels = Vec::with_capacity(long.iter().product());
    for z in 0..long[2] {
        for y in 0..long[1] {
            voxels.extend((0..long[0]).map(|x| Complex::new(value([x, y, z]), 0.0)));
        }
    }
    transform(&mut voxels, long, mode.axes(), FftDirection::Forward);
    let mut voxel = voxels.iter_mut();
    for z in 0..long[2] {
        for y in 0..long[1] {
            for (x, voxel) in (0..long[0]).zip(voxel.by_ref()) {
                let index = [x, y, z];
                let omega = std::array::from_fn(|axis| frequency(index[axis], long[axis]));
                let closed = std::array::from_fn(|axis| closed_frequency(index[axis], long[axis]));
                *voxel *= spectrum(Frequency { omega, closed });
            }
        }
    }
    transform(&mut voxels, long, mode.axes(), FftDirection::Inverse);
    let scale = 1.0 / long[..mode.axes()].iter().product::<usize>() as f64;
    Array3::from_shape_fn(image.dim(), |(z, y, x)| {
        let at = ((z + before[2]) * long[1] + y + before[1]) * long[0] + x + before[0];
        voxels[at].re * scale
    })
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

/// Fourier transform of the first `axes` axes in place, x fastest, without scaling.
pub(crate) fn transform(voxels: &mut [Complex<f64>], size: [usize; 3], axes: usize, direction: FftDirection) {
    let mut planner = FftPlanner::new();
    for axis in 0..axes {
        let fft = planner.plan_fft(size[axis], direction);
        let inner: usize = size[..axis].iter().product();
        let block = inner * size[axis];
        if inner == 1 {
            voxels.chunks_exact_mut(block).for_each(|line| fft.process(line));
            continue;
        }
        let mut line = vec![Complex::default(); size[axis]];
        for block in voxels.chunks_exact_mut(block) {
            for offset in 0..inner {
                for (i, x) in line.iter_mut().enumerate() {
                    *x = block[i * inner + offset];
                }
                fft.process(&mut line);
                for (i, x) in line.iter().enumerate() {
                    block[i * inner + offset] = *x;
                }
            }
        }
    }
}

fn length(omega: [f64; 3], mode: Mode) -> f64 {
    omega[..mode.axes()].iter().map(|w| w * w).sum::<f64>().sqrt()
}

/// The band (B map) of Simoncelli's wavelet at a level, 1 or more:
/// `cos(π/2 log₂(2 |ω| 2^(level−1) / π))` where that frequency lies in (π/4, π], else 0.
pub fn simoncelli(level: u32, mode: Mode) -> impl Fn(Frequency) -> Complex<f64> + Sync {
    let stretch = f64::from(1_u32 << (level.clamp(1, 31) - 1));
    move |frequency| {
        let w = length(frequency.closed, mode) * stretch;
        let inside = w > PI / 4.0 && w <= PI;
        Complex::new(if inside { (PI / 2.0 * (2.0 * w / PI).log2()).cos() } else { 0.0 }, 0.0)
    }
}

/// The Laplacian of Gaussian with standard deviation `sigma` voxels: `−|ω|² exp(−σ² |ω|² / 2)`.
pub fn laplacian_of_gaussian(sigma: f64, mode: Mode) -> impl Fn(Frequency) -> Complex<f64> + Sync {
    move |frequency| {
        let square = length(frequency.omega, mode).powi(2);
        Complex::new(-square * (-sigma * sigma * square / 2.0).exp(), 0.0)
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
        let size = length(omega, Mode::Volume);
        if size == 0.0 {
            return Complex::default();
        }
        turn * omega.iter().zip(order).map(|(w, l)| (w / size).powi(l as i32)).product::<f64>()
    }
}

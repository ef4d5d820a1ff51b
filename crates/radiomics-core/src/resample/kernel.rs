//! Which voxels take part in an interpolated value, and with what weight: SimpleITK's interpolators.

use std::f64::consts::{PI, SQRT_2};

use super::positions::nearest;
use crate::config::Interpolator;

/// A voxel along one axis and its weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tap {
    pub index: usize,
    pub weight: f64,
}

/// How the voxels around a position become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The sum, weighted by the product of the weights along the axes.
    Sum,
    /// The same divided by the sum of the weights.
    Mean,
    /// The value that collects the greatest weight.
    Mode,
    /// One axis after the other, `a + (b − a) w` where there are two voxels.
    Linear,
}

/// Voxels to each side of a windowed sinc. SimpleITK uses five.
const SINC_RADIUS: usize = 5;

/// How SimpleITK's interpolators combine voxels.
pub(crate) fn rule(interpolator: Interpolator) -> Rule {
    match interpolator {
        Interpolator::Linear => Rule::Linear,
        Interpolator::Gaussian => Rule::Mean,
        Interpolator::LabelGaussian => Rule::Mode,
        _ => Rule::Sum,
    }
}

/// An axis of the image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    /// Voxels on it.
    pub length: usize,
    /// Their distance in mm.
    pub spacing: f64,
}

/// Appends the voxels that take part in the value at continuous index `x` of an axis, by rising index where
/// they are not mirrored. None outside the image, which reaches half a voxel beyond the outer centres.
pub(crate) fn taps(interpolator: Interpolator, x: f64, axis: Axis, out: &mut Vec<Tap>) {
    let length = axis.length;
    if !(x >= -0.5 && x < length as f64 - 0.5) {
        return;
    }
    let clamped = |i: i64| i.clamp(0, length as i64 - 1) as usize;
    match interpolator {
        Interpolator::NearestNeighbor => out.push(Tap { index: clamped(nearest(x)), weight: 1.0 }),
        Interpolator::Linear => {
            let index = clamped(x.floor() as i64);
            let weight = x - index as f64;
            out.push(Tap { index, weight });
            if weight > 0.0 && index + 1 < length {
                out.push(Tap { index: index + 1, weight });
            }
        }
        Interpolator::BSpline => {
            // ITK looks for the voxel below in single precision.
            let below = (x as f32).floor();
            let weights = cubic(x - f64::from(below));
            for (k, weight) in weights.into_iter().enumerate() {
                out.push(Tap { index: mirrored(below as i64 - 1 + k as i64, length), weight });
            }
        }
        Interpolator::Gaussian => gaussian(x, axis, 0.8, 4.0, out),
        Interpolator::LabelGaussian => gaussian(x, axis, 1.0, 1.0, out),
        Interpolator::HammingWindowedSinc
        | Interpolator::CosineWindowedSinc
        | Interpolator::WelchWindowedSinc
        | Interpolator::LanczosWindowedSinc
        | Interpolator::BlackmanWindowedSinc => {
            let below = x.floor();
            let rest = x - below;
            if rest == 0.0 {
                out.push(Tap { index: clamped(below as i64), weight: 1.0 });
                return;
            }
            let mut distance = rest + SINC_RADIUS as f64;
            for k in 0..2 * SINC_RADIUS {
                distance -= 1.0;
                let index = clamped(below as i64 + 1 - SINC_RADIUS as i64 + k as i64);
                out.push(Tap { index, weight: window(interpolator, distance) * sinc(distance) });
            }
        }
    }
}

/// Voxels that [`taps`] may reach below and above a continuous index.
pub(crate) fn reach(interpolator: Interpolator) -> usize {
    match interpolator {
        Interpolator::NearestNeighbor | Interpolator::Linear => 1,
        Interpolator::BSpline | Interpolator::LabelGaussian => 2,
        Interpolator::Gaussian => 4,
        _ => SINC_RADIUS,
    }
}

/// Cubic B-spline at `w − 1, w, 1 − w, 2 − w` voxels, for `w` beyond the voxel below.
pub(crate) fn cubic(w: f64) -> [f64; 4] {
    let d = (1.0 / 6.0) * w * w * w;
    let a = (1.0 / 6.0) + 0.5 * w * (w - 1.0) - d;
    let c = w + a - 2.0 * d;
    [a, 1.0 - a - c - d, c, d]
}

/// Reflects an index at the outer voxels until it lies on the axis.
///
/// ITK reflects once, which on an axis of two voxels reads memory beside the image; here it is done as often
/// as needed.
fn mirrored(index: i64, length: usize) -> usize {
    if length == 1 {
        return 0;
    }
    let period = 2 * (length as i64 - 1);
    let index = index.rem_euclid(period);
    index.min(period - index) as usize
}

/// Weights of a Gaussian of `sigma` voxels, integrated over each voxel, up to `alpha` sigma away.
fn gaussian(x: f64, axis: Axis, sigma: f64, alpha: f64, out: &mut Vec<Tap>) {
    // By way of mm, which rounds as ITK does.
    let sigma = sigma * axis.spacing;
    let (scale, cut) = (1.0 / (SQRT_2 * sigma / axis.spacing), sigma * alpha / axis.spacing);
    let start = (x + 0.5 - cut).floor().max(0.0);
    let end = ((x + 0.5 + cut).ceil() as usize).min(axis.length);
    let mut edge = (-0.5 - x + start) * scale;
    let mut below = error_function(edge);
    for index in start as usize..end {
        edge += scale;
        let above = error_function(edge);
        out.push(Tap { index, weight: above - below });
        below = above;
    }
}

fn sinc(x: f64) -> f64 {
    let z = PI * x;
    if x == 0.0 { 1.0 } else { z.sin() / z }
}

/// The windows of Meijering et al. 1999, doi:10.1007/10704282_23, as ITK defines them.
fn window(interpolator: Interpolator, x: f64) -> f64 {
    let radius = SINC_RADIUS as f64;
    match interpolator {
        Interpolator::HammingWindowedSinc => 0.54 + 0.46 * (x * (PI / radius)).cos(),
        Interpolator::CosineWindowedSinc => (x * (PI / (2.0 * radius))).cos(),
        Interpolator::WelchWindowedSinc => 1.0 - x * (1.0 / (radius * radius)) * x,
        Interpolator::BlackmanWindowedSinc => {
            0.42 + 0.5 * (x * (PI / radius)).cos() + 0.08 * (x * (2.0 * PI / radius)).cos()
        }
        _ if x == 0.0 => 1.0,
        _ => {
            let z = PI / radius * x;
            z.sin() / z
        }
    }
}

/// The error function as ITK has it: `P(1/2, x²)`, a series or a continued fraction broken off at a relative
/// change of 3·10⁻⁷. Broken off elsewhere, the interpolated values would differ in the eighth digit.
///
/// Press et al., Numerical Recipes, section 6.2.
fn error_function(x: f64) -> f64 {
    const LIMIT: f64 = 3e-7;
    /// `ln Γ(1/2) = ln √π` in the approximation of VNL.
    const LN_GAMMA_HALF: f64 = 0.572364942924847;
    let y = x * x;
    if y == 0.0 {
        return 0.0;
    }
    let front = || (-y + 0.5 * y.ln() - LN_GAMMA_HALF).exp();
    let p = if y < 1.5 {
        let (mut a, mut term, mut sum) = (0.5, 2.0, 2.0);
        while term >= sum * LIMIT {
            a += 1.0;
            term *= y / a;
            sum += term;
        }
        sum * front()
    } else {
        let mut b = y + 0.5;
        let (mut c, mut d) = (1e30, 1.0 / b);
        let mut fraction = d;
        for i in 1..100 {
            let a = f64::from(i) * (0.5 - f64::from(i));
            b += 2.0;
            d = 1.0 / (a * d + b);
            c = b + a / c;
            fraction *= d * c;
            if (d * c - 1.0).abs() < LIMIT {
                break;
            }
        }
        1.0 - front() * fraction
    };
    if x < 0.0 { -p } else { p }
}

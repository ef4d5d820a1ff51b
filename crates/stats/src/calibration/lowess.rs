//! Locally weighted lines: Cleveland 1979, 1981.

use serde::Serialize;

use crate::describe::median;
use crate::error::{Error, require_count, require_finite, require_length};
use crate::rank::order;

/// A smooth curve at the sorted `x`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lowess {
    /// `x` in increasing order.
    pub x: Vec<f64>,
    /// The smooth values there.
    pub y: Vec<f64>,
}

/// Smooths `y` over `x`. `span` is the share of points in each window, `iterations` the number of robust passes (0
/// for binary `y`), `delta` the distance within which points are interpolated; `None` is a hundredth of the range.
///
/// R: `lowess(x, y, f = span, iter = iterations, delta)`.
///
/// # Errors
/// Lengths that differ, fewer than two points, values that are not finite, a span outside 0..1.
pub fn lowess(
    x: &[f64],
    y: &[f64],
    span: f64,
    iterations: usize,
    delta: Option<f64>,
) -> Result<Lowess, Error> {
    require_length("y", y.len(), x.len())?;
    require_count("points", x.len(), 2)?;
    require_finite("x", x)?;
    require_finite("y", y)?;
    if !(span > 0.0 && span <= 1.0) {
        return Err(Error::Setting { name: "span", value: span.to_string(), expected: "above 0, at most 1" });
    }
    let by_x = order(x);
    let xs: Vec<f64> = by_x.iter().map(|&i| x[i as usize]).collect();
    let ys: Vec<f64> = by_x.iter().map(|&i| y[i as usize]).collect();
    let n = xs.len();
    let delta = delta.unwrap_or(0.01 * (xs[n - 1] - xs[0]));
    let window = ((span * n as f64 + 1e-7) as usize).clamp(2, n);
    let mut robust = vec![1.0; n];
    let mut smooth = vec![0.0; n];
    for pass in 0..=iterations {
        let use_robust = pass > 0;
        let (mut left, mut right) = (0, window - 1);
        let mut last: Option<usize> = None;
        let mut i = 0;
        loop {
            // Move the window while the next point on the right is nearer than the farthest on the left.
            while right < n - 1 && xs[i] - xs[left] > xs[right + 1] - xs[i] {
                left += 1;
                right += 1;
            }
            smooth[i] = local_line(&xs, &ys, i, left, right, use_robust.then_some(&robust)).unwrap_or(ys[i]);
            if let Some(last) = last.filter(|l| l + 1 < i) {
                let width = xs[i] - xs[last];
                for j in last + 1..i {
                    let share = (xs[j] - xs[last]) / width;
                    smooth[j] = share * smooth[i] + (1.0 - share) * smooth[last];
                }
            }
            let mut from = i;
            let cut = xs[i] + delta;
            i += 1;
            while i < n && xs[i] <= cut {
                if xs[i] == xs[from] {
                    smooth[i] = smooth[from];
                    from = i;
                }
                i += 1;
            }
            // The farthest point within delta is next, at least one step on.
            i = (from + 1).max(i - 1);
            last = Some(from);
            if from >= n - 1 {
                break;
            }
        }
        if pass < iterations {
            let residual: Vec<f64> = ys.iter().zip(&smooth).map(|(a, b)| (a - b).abs()).collect();
            let scale = residual.iter().sum::<f64>() / n as f64;
            let six = 6.0 * median(&residual);
            if six < 1e-7 * scale {
                break;
            }
            for (weight, r) in robust.iter_mut().zip(&residual) {
                *weight = if *r <= 0.001 * six {
                    1.0
                } else if *r > 0.999 * six {
                    0.0
                } else {
                    (1.0 - (r / six).powi(2)).powi(2)
                };
            }
        }
    }
    Ok(Lowess { x: xs, y: smooth })
}

/// Value at `xs[i]` of the line through the window, with tricube weights.
fn local_line(
    xs: &[f64],
    ys: &[f64],
    i: usize,
    left: usize,
    right: usize,
    robust: Option<&Vec<f64>>,
) -> Option<f64> {
    let n = xs.len();
    let at = xs[i];
    let range = xs[n - 1] - xs[0];
    let h = (at - xs[left]).max(xs[right] - at);
    let (near, far) = (0.001 * h, 0.999 * h);
    let mut weights = Vec::with_capacity(right - left + 1);
    let mut sum = 0.0;
    let mut j = left;
    while j < n {
        let r = (xs[j] - at).abs();
        let mut w = 0.0;
        if r <= far {
            w = if r <= near { 1.0 } else { (1.0 - (r / h).powi(3)).powi(3) };
            if let Some(robust) = robust {
                w *= robust[j];
            }
            sum += w;
        } else if xs[j] > at {
            break;
        }
        weights.push(w);
        j += 1;
    }
    if sum <= 0.0 {
        return None;
    }
    weights.iter_mut().for_each(|w| *w /= sum);
    if h > 0.0 {
        let centre: f64 = weights.iter().enumerate().map(|(k, w)| w * xs[left + k]).sum();
        let spread: f64 = weights.iter().enumerate().map(|(k, w)| w * (xs[left + k] - centre).powi(2)).sum();
        if spread.sqrt() > 0.001 * range {
            let b = (at - centre) / spread;
            for (k, w) in weights.iter_mut().enumerate() {
                *w *= b * (xs[left + k] - centre) + 1.0;
            }
        }
    }
    Some(weights.iter().enumerate().map(|(k, w)| w * ys[left + k]).sum())
}

impl Lowess {
    /// Linear interpolation, the mean where several points share an `x`; NaN outside. R: `approx(l, xout = at, ties = mean)`.
    pub fn at(&self, at: f64) -> f64 {
        let low = self.x.partition_point(|x| *x < at);
        let high = self.x.partition_point(|x| *x <= at);
        let mean = |from: usize, to: usize| self.y[from..to].iter().sum::<f64>() / (to - from) as f64;
        if high > low {
            return mean(low, high);
        }
        if low == 0 || low == self.x.len() {
            return f64::NAN;
        }
        let (a, b) = (self.x[low - 1], self.x[low]);
        let before = mean(self.x.partition_point(|x| *x < a), low);
        let after = mean(low, self.x.partition_point(|x| *x <= b));
        before + (after - before) * (at - a) / (b - a)
    }
}

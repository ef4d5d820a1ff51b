//! Quantiles: Newton's method on the logarithm of the smaller tail, kept inside a bracket.
//!
//! In `u = ln x` (gamma) and `u = ln(x / (1 − x))` (beta) the logarithm of a tail is nearly straight, so a handful
//! of steps suffices from any start, and both ends of the scale keep their digits.

use libm::lgamma as ln_gamma;

use super::incomplete::{self, Tails};
use super::{normal_quantile, normal_quantile_upper};

/// The `x` with `P(X ≤ x) = p`. R: `qchisq(p, df)`.
pub fn chi_squared_quantile(p: f64, df: f64) -> f64 {
    gamma_quantile(0.5 * df, p, false)
}

/// The `x` with `P(X > x) = p`. R: `qchisq(p, df, lower.tail = FALSE)`.
pub fn chi_squared_quantile_upper(p: f64, df: f64) -> f64 {
    gamma_quantile(0.5 * df, p, true)
}

/// The `t` with `P(T ≤ t) = p`. R: `qt(p, df)`.
pub fn t_quantile(p: f64, df: f64) -> f64 {
    -t_quantile_upper(p, df)
}

/// The `t` with `P(T > t) = p`. R: `qt(p, df, lower.tail = FALSE)`.
pub fn t_quantile_upper(p: f64, df: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if df == f64::INFINITY {
        return normal_quantile_upper(p);
    }
    if p == 0.5 {
        return 0.0;
    }
    if p < 0.5 {
        f_quantile_upper(2.0 * p, 1.0, df).sqrt()
    } else {
        -f_quantile_upper(2.0 * (1.0 - p), 1.0, df).sqrt()
    }
}

/// The `f` with `P(F ≤ f) = p`. R: `qf(p, df1, df2)`.
pub fn f_quantile(p: f64, df1: f64, df2: f64) -> f64 {
    f_inverse(p, df1, df2, false)
}

/// The `f` with `P(F > f) = p`. R: `qf(p, df1, df2, lower.tail = FALSE)`.
pub fn f_quantile_upper(p: f64, df1: f64, df2: f64) -> f64 {
    f_inverse(p, df1, df2, true)
}

fn f_inverse(p: f64, df1: f64, df2: f64, upper: bool) -> f64 {
    if df2 == f64::INFINITY {
        return gamma_quantile(0.5 * df1, p, upper) / df1;
    }
    beta_logit(0.5 * df1, 0.5 * df2, p, upper).exp() * df2 / df1
}

/// The `x` with `P(X ≤ x) = p`. R: `qbeta(p, a, b)`.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    from_logit(beta_logit(a, b, p, false))
}

/// The `x` with `P(X > x) = p`. R: `qbeta(p, a, b, lower.tail = FALSE)`.
pub fn beta_quantile_upper(p: f64, a: f64, b: f64) -> f64 {
    from_logit(beta_logit(a, b, p, true))
}

fn from_logit(u: f64) -> f64 {
    if u > 0.0 { 1.0 / (1.0 + (-u).exp()) } else { u.exp() / (1.0 + u.exp()) }
}

/// `ln(x / (1 − x))` of the beta quantile.
fn beta_logit(a: f64, b: f64, p: f64, upper: bool) -> f64 {
    if !(0.0..=1.0).contains(&p) || a.is_nan() || b.is_nan() || a <= 0.0 || b <= 0.0 {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return if (p == 0.0) != upper { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let start = if a > 1.0 && b > 1.0 {
        // Abramowitz and Stegun 26.5.22.
        let y = if upper { normal_quantile(p) } else { normal_quantile_upper(p) };
        let lambda = (y * y - 3.0) / 6.0;
        let (ra, rb) = (1.0 / (2.0 * a - 1.0), 1.0 / (2.0 * b - 1.0));
        let h = 2.0 / (ra + rb);
        let w = y * (h + lambda).max(0.0).sqrt() / h - (rb - ra) * (lambda + 5.0 / 6.0 - 2.0 / (3.0 * h));
        (a / b).ln() - 2.0 * w
    } else {
        // The leading term of the nearer end: P ≈ x^a / (a B), Q ≈ y^b / (b B).
        let ln_beta = ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
        let (p_lower, p_upper) = if upper { (1.0 - p, p) } else { (p, 1.0 - p) };
        if p_lower * b < p_upper * a {
            ((p_lower * a).ln() + ln_beta) / a
        } else {
            -((p_upper * b).ln() + ln_beta) / b
        }
    };
    solve(p, upper, start, |u| {
        let (x, y) = if u > 0.0 {
            let e = (-u).exp();
            (1.0 / (1.0 + e), e / (1.0 + e))
        } else {
            let e = u.exp();
            (e / (1.0 + e), 1.0 / (1.0 + e))
        };
        incomplete::beta(a, b, x, y)
    })
}

/// Quantile of the chi-squared distribution with `2a` degrees of freedom.
fn gamma_quantile(a: f64, p: f64, upper: bool) -> f64 {
    if !(0.0..=1.0).contains(&p) || a.is_nan() || a < 0.0 {
        return f64::NAN;
    }
    if a == 0.0 {
        return 0.0;
    }
    if p == 0.0 || p == 1.0 {
        return if (p == 0.0) != upper { 0.0 } else { f64::INFINITY };
    }
    // Wilson and Hilferty, or the leading term near 0.
    let z = if upper { normal_quantile_upper(p) } else { normal_quantile(p) };
    let cube = 1.0 - 1.0 / (9.0 * a) + z / (3.0 * a.sqrt());
    let p_lower = if upper { 1.0 - p } else { p };
    let start = if cube > 0.3 { a.ln() + 3.0 * cube.ln() } else { (p_lower.ln() + ln_gamma(a + 1.0)) / a };
    2.0 * solve(p, upper, start, |u| incomplete::gamma(a, u.exp())).exp()
}

/// Solves `lower(u) = p`, or `upper(u) = p`, for an increasing scale `u`.
fn solve(p: f64, upper: bool, start: f64, tails: impl Fn(f64) -> Tails) -> f64 {
    let (mut low, mut high) = (-1500.0_f64, 1500.0_f64);
    let mut u = start.clamp(-700.0, 700.0);
    if u.is_nan() {
        u = 0.0;
    }
    // Work with the smaller of the two probabilities asked for.
    let (use_upper, target) = if p > 0.5 { (!upper, 1.0 - p) } else { (upper, p) };
    for _ in 0..200 {
        let at = tails(u);
        let value = if use_upper { at.upper } else { at.lower };
        let excess = if use_upper { target - value } else { value - target };
        if excess > 0.0 {
            high = high.min(u);
        } else if excess < 0.0 {
            low = low.max(u);
        } else {
            return u;
        }
        let slope = at.density / value; // |d ln tail / du|
        let mut step = (target / value).ln() / slope;
        if use_upper {
            step = -step;
        }
        let mut next = u + step;
        if !next.is_finite() || next <= low || next >= high {
            next = 0.5 * (low + high);
        }
        if (next - u).abs() <= 2e-16 * u.abs().max(1.0) {
            return next;
        }
        u = next;
    }
    u
}

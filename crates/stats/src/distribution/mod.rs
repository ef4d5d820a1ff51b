//! Distribution functions, upper tails and quantiles, accurate far into the tails.
//!
//! Everything that ends in `_upper` is the probability of a larger value, computed directly and not as a
//! difference from 1; R's `lower.tail = FALSE`. They do not come from `statrs` 0.19, whose `erfc` is off by 9e-11 near 0.7
//! and whose beta and gamma tails lose more (see [`incomplete`]): the complementary error function is that of `libm`.

pub mod incomplete;
mod quantile;

use libm::erfc;
use statrs::function::erf::erfc_inv;

pub use self::quantile::{
    beta_quantile, beta_quantile_upper, chi_squared_quantile, chi_squared_quantile_upper, f_quantile,
    f_quantile_upper, t_quantile, t_quantile_upper,
};

use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};

/// `P(Z ≤ z)` of the standard normal distribution. R: `pnorm(z)`.
///
/// ```
/// let p = radiomics_stats::distribution::normal(-1.959963984540054);
/// assert!((p - 0.025).abs() < 1e-15);
/// ```
pub fn normal(z: f64) -> f64 {
    0.5 * erfc(-z * FRAC_1_SQRT_2)
}

/// `P(Z > z)` of the standard normal distribution. R: `pnorm(z, lower.tail = FALSE)`.
pub fn normal_upper(z: f64) -> f64 {
    0.5 * erfc(z * FRAC_1_SQRT_2)
}

/// `P(|Z| > |z|)`. R: `2 * pnorm(-abs(z))`.
pub fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() * FRAC_1_SQRT_2)
}

/// Density of the standard normal distribution. R: `dnorm(z)`.
pub fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// The `z` with `P(Z ≤ z) = p`; infinite at 0 and 1, NaN outside. R: `qnorm(p)`.
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    let z = -SQRT_2 * erfc_inv(2.0 * p);
    // One Newton step on ln p takes the last digits; erfc is more exact than its inverse.
    let (tail, sign) = if z < 0.0 { (normal(z), 1.0) } else { (normal_upper(z), -1.0) };
    let wanted = if z < 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 || wanted <= 0.0 {
        return z;
    }
    let step = (tail / wanted).ln() * tail / normal_density(z);
    if step.is_finite() { z - sign * step } else { z }
}

/// The `z` with `P(Z > z) = p`. R: `qnorm(p, lower.tail = FALSE)`.
pub fn normal_quantile_upper(p: f64) -> f64 {
    -normal_quantile(p)
}

/// `P(X ≤ x)` of the chi-squared distribution. R: `pchisq(x, df)`.
pub fn chi_squared(x: f64, df: f64) -> f64 {
    chi_squared_tails(x, df).map_or(f64::NAN, |t| t.lower)
}

/// `P(X > x)` of the chi-squared distribution. R: `pchisq(x, df, lower.tail = FALSE)`.
///
/// ```
/// use radiomics_stats::distribution::chi_squared_upper;
/// let p = chi_squared_upper(1400.0, 2.0); // exp(−700)
/// assert!((p / (-700.0_f64).exp() - 1.0).abs() < 1e-12);
/// ```
pub fn chi_squared_upper(x: f64, df: f64) -> f64 {
    chi_squared_tails(x, df).map_or(f64::NAN, |t| t.upper)
}

fn chi_squared_tails(x: f64, df: f64) -> Option<incomplete::Tails> {
    if x.is_nan() || df.is_nan() || df < 0.0 {
        return None;
    }
    if df == 0.0 {
        let lower = if x >= 0.0 { 1.0 } else { 0.0 };
        return Some(incomplete::Tails { lower, upper: 1.0 - lower, density: 0.0 });
    }
    Some(incomplete::gamma(0.5 * df, 0.5 * x))
}

/// `P(T ≤ t)` of Student's distribution; `df` may be fractional or infinite. R: `pt(t, df)`.
pub fn t(t: f64, df: f64) -> f64 {
    t_upper(-t, df)
}

/// `P(T > t)` of Student's distribution. R: `pt(t, df, lower.tail = FALSE)`.
pub fn t_upper(t: f64, df: f64) -> f64 {
    let half = 0.5 * t_two_sided(t, df);
    if t >= 0.0 { half } else { 1.0 - half }
}

/// `P(|T| > |t|)` of Student's distribution. R: `2 * pt(-abs(t), df)`.
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if df == f64::INFINITY {
        return normal_two_sided(t);
    }
    f_upper(t * t, 1.0, df)
}

/// `P(F ≤ f)` of the F distribution. R: `pf(f, df1, df2)`.
pub fn f(f: f64, df1: f64, df2: f64) -> f64 {
    f_tails(f, df1, df2).map_or(f64::NAN, |t| t.lower)
}

/// `P(F > f)` of the F distribution. R: `pf(f, df1, df2, lower.tail = FALSE)`.
///
/// ```
/// use radiomics_stats::distribution::f_upper;
/// // With df1 = 2 the tail is (1 + 2f / df2)^(−df2 / 2).
/// assert!((f_upper(1e20, 2.0, 10.0) / (1.0 + 2e19_f64).powi(-5) - 1.0).abs() < 1e-12);
/// ```
pub fn f_upper(f: f64, df1: f64, df2: f64) -> f64 {
    f_tails(f, df1, df2).map_or(f64::NAN, |t| t.upper)
}

fn f_tails(f: f64, df1: f64, df2: f64) -> Option<incomplete::Tails> {
    if f.is_nan() || df1.is_nan() || df2.is_nan() || df1 <= 0.0 || df2 <= 0.0 {
        return None;
    }
    if df2 == f64::INFINITY {
        return Some(incomplete::gamma(0.5 * df1, 0.5 * f * df1));
    }
    if f <= 0.0 {
        return Some(incomplete::Tails { lower: 0.0, upper: 1.0, density: 0.0 });
    }
    if f == f64::INFINITY {
        return Some(incomplete::Tails { lower: 1.0, upper: 0.0, density: 0.0 });
    }
    // x / y = f df1 / df2; each part from its own quotient, so that neither is a difference from 1.
    let ratio = f * df1 / df2;
    let x = if ratio > 1.0 { 1.0 / (1.0 + 1.0 / ratio) } else { ratio / (1.0 + ratio) };
    Some(incomplete::beta(0.5 * df1, 0.5 * df2, x, 1.0 / (1.0 + ratio)))
}

/// `P(X ≤ x)` of the beta distribution. R: `pbeta(x, a, b)`.
pub fn beta(x: f64, a: f64, b: f64) -> f64 {
    if x.is_nan() || a.is_nan() || b.is_nan() || a <= 0.0 || b <= 0.0 {
        return f64::NAN;
    }
    incomplete::beta(a, b, x.min(1.0), 1.0 - x.min(1.0)).lower
}

/// `P(X > x)` of the beta distribution. R: `pbeta(x, a, b, lower.tail = FALSE)`.
pub fn beta_upper(x: f64, a: f64, b: f64) -> f64 {
    if x.is_nan() || a.is_nan() || b.is_nan() || a <= 0.0 || b <= 0.0 {
        return f64::NAN;
    }
    incomplete::beta(a, b, x.min(1.0), 1.0 - x.min(1.0)).upper
}

/// `P(X = k)` of the binomial distribution. R: `dbinom(k, n, p)`.
pub fn binomial_density(k: u64, n: u64, p: f64) -> f64 {
    if k > n || !(0.0..=1.0).contains(&p) {
        return if k > n { 0.0 } else { f64::NAN };
    }
    if p == 0.0 || p == 1.0 {
        return if (p == 0.0 && k == 0) || (p == 1.0 && k == n) { 1.0 } else { 0.0 };
    }
    incomplete::binomial(k as f64, (n - k) as f64, p, 1.0 - p)
}

/// `P(X ≤ k)` of the binomial distribution. R: `pbinom(k, n, p)`.
pub fn binomial(k: u64, n: u64, p: f64) -> f64 {
    if k >= n { 1.0 } else { beta_upper(p, k as f64 + 1.0, (n - k) as f64) }
}

/// `P(X ≥ k)` of the binomial distribution. R: `pbinom(k - 1, n, p, lower.tail = FALSE)`.
pub fn binomial_at_least(k: u64, n: u64, p: f64) -> f64 {
    if k == 0 {
        1.0
    } else if k > n {
        0.0
    } else {
        beta(p, k as f64, (n - k + 1) as f64)
    }
}

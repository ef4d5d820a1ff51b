//! Kolmogorov–Smirnov and Lilliefors tests.

use serde::{Deserialize, Serialize};

use super::sample;
use crate::describe::{mean, sd, sorted};
use crate::distribution::normal;
use crate::error::Error;
use crate::rank::sorted_keys;
use crate::result::{Alternative, Test};

/// Where the p-value of a Kolmogorov–Smirnov test comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KsP {
    /// Exact, conditional on ties for two samples.
    #[default]
    Exact,
    /// Kolmogorov's limit.
    Limit,
    /// Kolmogorov's limit with as few terms as R takes (it stops at 1e-6): reproduces R's digits.
    LimitAsR,
}

/// Two samples. The statistic is the largest difference of the distribution functions, `F_x − F_y` for
/// [`Alternative::Greater`] (as R: `x` then tends to be smaller).
///
/// R: `ks.test(x, y, exact)`, conditional on ties since R 4.2.
///
/// # Errors
/// An empty sample, values that are not finite; [`Error::TooLarge`] for exact p-values beyond 4·10⁸ pairs.
pub fn ks_two_sample(x: &[f64], y: &[f64], p: KsP, alternative: Alternative) -> Result<Test, Error> {
    sample("x", x, 1)?;
    sample("y", y, 1)?;
    let all: Vec<f64> = x.iter().chain(y).copied().collect();
    let sorted = sorted_keys(&all);
    let (n, m) = (x.len() as f64, y.len() as f64);
    let (mut i, mut j) = (0usize, 0usize);
    // Differences in units of 1 / (n m), which are whole numbers.
    let (mut above, mut below) = (0i64, 0i64);
    let mut group_ends = vec![false; all.len()];
    for group in sorted.chunk_by(|a, b| a.0 == b.0) {
        for (_, index) in group {
            if (*index as usize) < x.len() { i += 1 } else { j += 1 }
        }
        let d = i as i64 * y.len() as i64 - j as i64 * x.len() as i64;
        above = above.max(d);
        below = below.max(-d);
        group_ends[i + j - 1] = true;
    }
    let steps = match alternative {
        Alternative::TwoSided => above.max(below),
        Alternative::Greater => above,
        Alternative::Less => below,
    };
    let statistic = steps as f64 / (n * m);
    let root = (n * m / (n + m)).sqrt();
    let (method, p) = match (p, alternative) {
        (KsP::Exact, _) => {
            let p = exact_two_sample(steps, x.len(), y.len(), &group_ends, alternative)?;
            ("two-sample Kolmogorov-Smirnov test (exact)", p)
        }
        (kind, Alternative::TwoSided) => (
            "two-sample Kolmogorov-Smirnov test (limit)",
            limit_upper(root * statistic, kind == KsP::LimitAsR),
        ),
        _ => ("two-sample Kolmogorov-Smirnov test (limit)", (-2.0 * (root * statistic).powi(2)).exp()),
    };
    Ok(Test::plain(method, statistic, p.clamp(0.0, 1.0), vec![x.len(), y.len()]).against(alternative))
}

/// Probability that a random path from (0, 0) to (n, m) reaches the observed difference at the end of a tie group
/// (Schröer and Trenkler 1995).
fn exact_two_sample(
    steps: i64,
    n: usize,
    m: usize,
    group_ends: &[bool],
    alternative: Alternative,
) -> Result<f64, Error> {
    const LIMIT: f64 = 4e8;
    let needed = n as f64 * m as f64;
    if needed > LIMIT {
        return Err(Error::TooLarge {
            what: "the exact Kolmogorov-Smirnov distribution",
            needed,
            limit: LIMIT,
            instead: "the limit",
        });
    }
    if steps <= 0 {
        return Ok(1.0);
    }
    let reached = |i: usize, j: usize| {
        if i + j == 0 || !group_ends[i + j - 1] {
            return false;
        }
        let d = i as i64 * m as i64 - j as i64 * n as i64;
        match alternative {
            Alternative::TwoSided => d.abs() >= steps,
            Alternative::Greater => d >= steps,
            Alternative::Less => -d >= steps,
        }
    };
    // Probability of having reached it on the way to (i, j).
    let mut u = vec![0.0; m + 1];
    for j in 1..=m {
        u[j] = if u[j - 1] == 1.0 || reached(0, j) { 1.0 } else { 0.0 };
    }
    for i in 1..=n {
        if reached(i, 0) {
            u[0] = 1.0;
        }
        for j in 1..=m {
            u[j] = if reached(i, j) {
                1.0
            } else {
                let all = (i + j) as f64;
                (i as f64 * u[j] + j as f64 * u[j - 1]) / all
            };
        }
    }
    Ok(u[m])
}

/// One sample against a normal distribution whose mean and standard deviation were not estimated from it.
///
/// R: `ks.test(x, "pnorm", mean, sd, exact)`.
///
/// # Errors
/// An empty sample, values that are not finite, a standard deviation that is not positive.
pub fn ks_one_sample(x: &[f64], mean: f64, sd: f64, p: KsP, alternative: Alternative) -> Result<Test, Error> {
    sample("x", x, 1)?;
    if !(sd > 0.0 && sd.is_finite() && mean.is_finite()) {
        return Err(Error::Setting {
            name: "mean and standard deviation",
            value: format!("{mean}, {sd}"),
            expected: "finite, the second positive",
        });
    }
    let (above, below) = distances(x, mean, sd);
    let d = match alternative {
        Alternative::TwoSided => above.max(below),
        Alternative::Greater => above,
        Alternative::Less => below,
    };
    let n = x.len() as f64;
    let (method, p) = match (p, alternative) {
        (KsP::Exact, Alternative::TwoSided) => {
            ("Kolmogorov-Smirnov test (exact)", 1.0 - exact_lower(d, x.len()))
        }
        (KsP::Exact, _) => ("Kolmogorov-Smirnov test (exact)", exact_one_sided(d, n)),
        (kind, Alternative::TwoSided) => {
            ("Kolmogorov-Smirnov test (limit)", limit_upper(n.sqrt() * d, kind == KsP::LimitAsR))
        }
        _ => ("Kolmogorov-Smirnov test (limit)", (-2.0 * n * d * d).exp()),
    };
    Ok(Test::plain(method, d, p.clamp(0.0, 1.0), vec![x.len()]).against(alternative))
}

/// Largest distances of the empirical function above and below the normal one.
fn distances(x: &[f64], mean: f64, sd: f64) -> (f64, f64) {
    let n = x.len() as f64;
    let (mut above, mut below) = (0.0_f64, 0.0_f64);
    for (i, v) in sorted(x).into_iter().enumerate() {
        let f = normal((v - mean) / sd);
        above = above.max((i as f64 + 1.0) / n - f);
        below = below.max(f - i as f64 / n);
    }
    (above, below)
}

/// Kolmogorov's limiting distribution, upper tail.
fn limit_upper(x: f64, as_r: bool) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x < 1.0 {
        let z = -std::f64::consts::PI.powi(2) / (8.0 * x * x);
        let terms = if as_r { 1 } else { 20 };
        let sum: f64 = (0..terms).map(|k| (f64::from(2 * k + 1).powi(2) * z).exp()).sum();
        return 1.0 - sum * std::f64::consts::TAU.sqrt() / x;
    }
    let z = -2.0 * x * x;
    let mut sum = 0.0;
    for k in 1..200 {
        let term = 2.0 * (z * f64::from(k * k)).exp();
        sum += if k % 2 == 1 { term } else { -term };
        if term < 1e-18 * sum || (as_r && term < 1e-6) {
            break;
        }
    }
    sum
}

/// Birnbaum and Tingey's exact one-sided tail.
fn exact_one_sided(d: f64, n: f64) -> f64 {
    if d <= 0.0 {
        return 1.0;
    }
    if d >= 1.0 {
        return 0.0;
    }
    let mut sum = 0.0;
    for j in 0..=((n * (1.0 - d)).floor() as u64) {
        let j = j as f64;
        let at = d + j / n;
        let ln_choose = libm::lgamma(n + 1.0) - libm::lgamma(j + 1.0) - libm::lgamma(n - j + 1.0);
        let rest = n - j;
        let base = 1.0 - at;
        let ln_base = if rest == 0.0 { 0.0 } else { rest * base.ln() };
        sum += (ln_choose + ln_base + (j - 1.0) * at.ln()).exp();
    }
    d * sum
}

/// `P(D < d)` for `n` values: Marsaglia, Tsang and Wang 2003, powers of a matrix.
fn exact_lower(d: f64, n: usize) -> f64 {
    let nd = n as f64 * d;
    let k = nd.floor() as usize + 1;
    let m = 2 * k - 1;
    let h = k as f64 - nd;
    let mut matrix = vec![0.0; m * m];
    for i in 0..m {
        for j in 0..m {
            matrix[i * m + j] = if (i + 1) < j { 0.0 } else { 1.0 };
        }
    }
    for i in 0..m {
        matrix[i * m] -= h.powi(i as i32 + 1);
        matrix[(m - 1) * m + i] -= h.powi((m - i) as i32);
    }
    if 2.0 * h - 1.0 > 0.0 {
        matrix[(m - 1) * m] += (2.0 * h - 1.0).powi(m as i32);
    }
    for i in 0..m {
        for j in 0..m {
            if i + 1 > j {
                for g in 1..=(i + 1 - j) {
                    matrix[i * m + j] /= g as f64;
                }
            }
        }
    }
    let (power, mut exponent) = matrix_power(&matrix, m, n);
    let mut s = power[(k - 1) * m + k - 1];
    for i in 1..=n {
        s *= i as f64 / n as f64;
        if s < 1e-140 {
            s *= 1e140;
            exponent -= 140;
        }
    }
    s * 10f64.powi(exponent)
}

fn matrix_power(a: &[f64], m: usize, n: usize) -> (Vec<f64>, i32) {
    if n == 1 {
        return (a.to_vec(), 0);
    }
    let (half, e) = matrix_power(a, m, n / 2);
    let mut square = multiply(&half, &half, m);
    let mut exponent = 2 * e;
    if n % 2 == 1 {
        square = multiply(a, &square, m);
    }
    if square[(m / 2) * m + m / 2] > 1e140 {
        square.iter_mut().for_each(|v| *v *= 1e-140);
        exponent += 140;
    }
    (square, exponent)
}

fn multiply(a: &[f64], b: &[f64], m: usize) -> Vec<f64> {
    let mut c = vec![0.0; m * m];
    for i in 0..m {
        for k in 0..m {
            let v = a[i * m + k];
            for j in 0..m {
                c[i * m + j] += v * b[k * m + j];
            }
        }
    }
    c
}

/// Lilliefors' test of normality with estimated mean and standard deviation; p from Dallal and Wilkinson 1986,
/// above 0.1 from Stephens 1974.
///
/// R: `nortest::lillie.test(x)`.
///
/// # Errors
/// Fewer than five values, values that are not finite; [`Error::Constant`].
pub fn lilliefors(x: &[f64]) -> Result<Test, Error> {
    sample("x", x, 5)?;
    let spread = sd(x);
    if spread <= 0.0 {
        return Err(Error::Constant { what: "x".to_owned(), value: x[0] });
    }
    let (above, below) = distances(x, mean(x), spread);
    let d = above.max(below);
    let n = x.len() as f64;
    let (kd, nd) = if n <= 100.0 { (d, n) } else { (d * (n / 100.0).powf(0.49), 100.0) };
    let mut p = (-7.01256 * kd * kd * (nd + 2.78019) + 2.99587 * kd * (nd + 2.78019).sqrt() - 0.122119
        + 0.974598 / nd.sqrt()
        + 1.67997 / nd)
        .exp();
    if p > 0.1 {
        let k = (n.sqrt() - 0.01 + 0.85 / n.sqrt()) * d;
        let poly = |c: [f64; 5]| c.iter().rev().fold(0.0, |sum, c| sum * k + c);
        p = if k <= 0.302 {
            1.0
        } else if k <= 0.5 {
            poly([2.76773, -19.828_315, 80.709_644, -138.55152, 81.218_052])
        } else if k <= 0.9 {
            poly([-4.901_232, 40.662_806, -97.490_286, 94.029_866, -32.355_711])
        } else if k <= 1.31 {
            poly([6.198_765, -19.558_097, 23.186_922, -12.234_627, 2.423_045])
        } else {
            0.0
        };
    }
    Ok(Test::plain("Lilliefors test", d, p, vec![x.len()]))
}

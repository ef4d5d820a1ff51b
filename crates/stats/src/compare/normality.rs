//! Tests of normality.

use super::{sample, undefined};
use crate::describe::{mean, sd, sorted};
use crate::distribution::{chi_squared_upper, normal, normal_quantile, normal_upper};
use crate::error::{Error, require_count};
use crate::result::Test;

/// Shapiro and Wilk's test for 3 to 5000 values. R: `shapiro.test(x)`; Python: `scipy.stats.shapiro(x)`.
///
/// Royston 1995, Applied Statistics 44:547 (AS R94).
///
/// # Errors
/// Fewer than 3 or more than 5000 values, values that are not finite, all values equal.
///
/// ```
/// let test = radiomics_stats::compare::shapiro_wilk(&[2523.0, 2551.0, 2557.0, 2594.0, 2600.0])?;
/// assert!((test.statistic - 0.92643145).abs() < 1e-7); // R 4.2.2
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn shapiro_wilk(x: &[f64]) -> Result<Test, Error> {
    sample("x", x, 3)?;
    if x.len() > 5000 {
        return Err(Error::Setting {
            name: "number of values",
            value: x.len().to_string(),
            expected: "at most 5000; the approximation was not made for more",
        });
    }
    let ordered = sorted(x);
    let n = ordered.len();
    let (low, high) = (ordered[0], ordered[n - 1]);
    let range = high - low;
    if range <= 0.0 {
        return Err(Error::Constant { what: "x".to_owned(), value: low });
    }
    let weights = shapiro_weights(n);
    // Values from 0 to 1; 1 − W is computed, not W, so that normal samples keep their digits.
    let scaled: Vec<f64> = ordered.iter().map(|v| (v - low) / range).collect();
    let full: Vec<f64> = (0..n)
        .map(|i| match (2 * i + 1).cmp(&n) {
            std::cmp::Ordering::Less => -weights[i],
            std::cmp::Ordering::Equal => 0.0,
            std::cmp::Ordering::Greater => weights[n - 1 - i],
        })
        .collect();
    let (ma, mx) = (mean(&full), mean(&scaled));
    let (mut aa, mut xx, mut ax) = (0.0, 0.0, 0.0);
    for (a, v) in full.iter().zip(&scaled) {
        let (a, v) = (a - ma, v - mx);
        aa += a * a;
        xx += v * v;
        ax += a * v;
    }
    let both = (aa * xx).sqrt();
    let rest = (both - ax) * (both + ax) / (aa * xx); // 1 − W
    let w = 1.0 - rest;
    Ok(Test::plain("Shapiro-Wilk test", w, shapiro_p(rest, n), vec![n]))
}

fn poly(c: &[f64], x: f64) -> f64 {
    c.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// Weights of the lower half, positive.
fn shapiro_weights(n: usize) -> Vec<f64> {
    if n == 3 {
        return vec![std::f64::consts::FRAC_1_SQRT_2];
    }
    let half = n / 2;
    let m: Vec<f64> = (1..=half).map(|i| normal_quantile((i as f64 - 0.375) / (n as f64 + 0.25))).collect();
    let squares = 2.0 * m.iter().map(|v| v * v).sum::<f64>();
    let root = squares.sqrt();
    let r = 1.0 / (n as f64).sqrt();
    let a1 = poly(&[0.0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056], r) - m[0] / root;
    let mut weights = vec![a1];
    let (start, scale) = if n > 5 {
        let a2 = -m[1] / root + poly(&[0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633], r);
        weights.push(a2);
        let over = squares - 2.0 * m[0] * m[0] - 2.0 * m[1] * m[1];
        (2, (over / (1.0 - 2.0 * a1 * a1 - 2.0 * a2 * a2)).sqrt())
    } else {
        (1, ((squares - 2.0 * m[0] * m[0]) / (1.0 - 2.0 * a1 * a1)).sqrt())
    };
    weights.extend(m[start..].iter().map(|v| -v / scale));
    weights
}

fn shapiro_p(rest: f64, n: usize) -> f64 {
    let nf = n as f64;
    if n == 3 {
        let w = (1.0 - rest).max(0.75);
        return (6.0 / std::f64::consts::PI * (w.sqrt().asin() - 0.75_f64.sqrt().asin())).clamp(0.0, 1.0);
    }
    let y = rest.ln();
    if n <= 11 {
        let gamma = poly(&[-2.273, 0.459], nf);
        if y >= gamma {
            return 1e-99;
        }
        let centre = poly(&[0.544, -0.39978, 0.025054, -6.714e-4], nf);
        let spread = poly(&[1.3822, -0.77857, 0.062767, -0.0020322], nf).exp();
        return normal_upper((-(gamma - y).ln() - centre) / spread);
    }
    let ln = nf.ln();
    let centre = poly(&[-1.5861, -0.31082, -0.083751, 0.0038915], ln);
    let spread = poly(&[-0.4803, -0.082676, 0.0030302], ln).exp();
    normal_upper((y - centre) / spread)
}

/// Anderson and Darling's test with estimated mean and standard deviation; the p-value is Stephens' 1986.
///
/// R: `nortest::ad.test(x)`; Python: `scipy.stats.anderson(x).statistic`.
///
/// # Errors
/// Fewer than 8 values, values that are not finite, all values equal.
pub fn anderson_darling(x: &[f64]) -> Result<Test, Error> {
    let statistic = anderson_statistic(x)?;
    require_count("x", x.len(), 8)?;
    let n = x.len() as f64;
    let a = statistic * (1.0 + 0.75 / n + 2.25 / (n * n));
    let p = if a < 0.2 {
        1.0 - (-13.436 + 101.14 * a - 223.73 * a * a).exp()
    } else if a < 0.34 {
        1.0 - (-8.318 + 42.796 * a - 59.938 * a * a).exp()
    } else if a < 0.6 {
        (0.9177 - 4.279 * a - 1.38 * a * a).exp()
    } else {
        (1.2937 - 5.709 * a + 0.0186 * a * a).exp()
    };
    Ok(Test::plain("Anderson-Darling test", statistic, p.clamp(0.0, 1.0), vec![x.len()]))
}

/// Anderson and Darling's `A²` alone, from two values on. R: `nortest::ad.test(x)$statistic`; Python:
/// `scipy.stats.anderson(x).statistic`.
///
/// # Errors
/// Fewer than two values, values that are not finite, all values equal.
pub fn anderson_statistic(x: &[f64]) -> Result<f64, Error> {
    sample("x", x, 2)?;
    let spread = sd(x);
    if spread <= 0.0 {
        return Err(Error::Constant { what: "x".to_owned(), value: x[0] });
    }
    let centre = mean(x);
    let z: Vec<f64> = sorted(x).into_iter().map(|v| (v - centre) / spread).collect();
    let n = z.len();
    let sum: f64 =
        (0..n).map(|i| (2 * i + 1) as f64 * (normal(z[i]).ln() + normal_upper(z[n - 1 - i]).ln())).sum();
    Ok(-(n as f64) - sum / n as f64)
}

/// D'Agostino and Pearson's omnibus test of skewness and kurtosis. Python: `scipy.stats.normaltest(x)`.
///
/// # Errors
/// Fewer than 8 values, values that are not finite; [`Error::Undefined`] where all values are equal.
pub fn dagostino_pearson(x: &[f64]) -> Result<Test, Error> {
    sample("x", x, 8)?;
    let n = x.len() as f64;
    let centre = mean(x);
    let moment = |k: i32| x.iter().map(|v| (v - centre).powi(k)).sum::<f64>() / n;
    let m2 = moment(2);
    if m2 <= 0.0 {
        return undefined("D'Agostino's test", "all values are equal");
    }
    // Skewness (D'Agostino 1970).
    let skew = moment(3) / m2.powf(1.5);
    let y = skew * ((n + 1.0) * (n + 3.0) / (6.0 * (n - 2.0))).sqrt();
    let beta = 3.0 * (n * n + 27.0 * n - 70.0) * (n + 1.0) * (n + 3.0)
        / ((n - 2.0) * (n + 5.0) * (n + 7.0) * (n + 9.0));
    let w2 = -1.0 + (2.0 * (beta - 1.0)).sqrt();
    let delta = 1.0 / (0.5 * w2.ln()).sqrt();
    let alpha = (2.0 / (w2 - 1.0)).sqrt();
    let z1 = delta * (y / alpha).asinh();
    // Kurtosis (Anscombe and Glynn 1983).
    let kurtosis = moment(4) / (m2 * m2);
    let expected = 3.0 * (n - 1.0) / (n + 1.0);
    let variance = 24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0) * (n + 1.0) * (n + 3.0) * (n + 5.0));
    let x = (kurtosis - expected) / variance.sqrt();
    let root_beta = 6.0 * (n * n - 5.0 * n + 2.0) / ((n + 7.0) * (n + 9.0))
        * (6.0 * (n + 3.0) * (n + 5.0) / (n * (n - 2.0) * (n - 3.0))).sqrt();
    let a = 6.0 + 8.0 / root_beta * (2.0 / root_beta + (1.0 + 4.0 / (root_beta * root_beta)).sqrt());
    let denominator = 1.0 + x * (2.0 / (a - 4.0)).sqrt();
    let term = denominator.signum() * ((1.0 - 2.0 / a) / denominator.abs()).cbrt();
    let z2 = (1.0 - 2.0 / (9.0 * a) - term) / (2.0 / (9.0 * a)).sqrt();
    let statistic = z1 * z1 + z2 * z2;
    Ok(Test::plain("D'Agostino-Pearson test", statistic, chi_squared_upper(statistic, 2.0), vec![n as usize])
        .with_df(&[2.0]))
}

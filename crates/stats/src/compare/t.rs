//! Tests of means.

use super::{sample, undefined};
use crate::describe::{mean, variance};
use crate::distribution::{t as t_lower, t_quantile_upper, t_two_sided, t_upper};
use crate::error::{Error, require_length, require_level};
use crate::result::{Alternative, Interval, Test};

/// One sample against a given mean. R: `t.test(x, mu = mu)`.
///
/// # Errors
/// Fewer than two values, values that are not finite; [`Error::Constant`] for a sample without spread.
pub fn t_test_one_sample(x: &[f64], mu: f64, alternative: Alternative, level: f64) -> Result<Test, Error> {
    sample("x", x, 2)?;
    require_level(level)?;
    let centre = mean(x);
    let se = (variance(x) / x.len() as f64).sqrt();
    if se <= 10.0 * f64::EPSILON * centre.abs() {
        return Err(Error::Constant { what: "x".to_owned(), value: centre });
    }
    let test = Test::plain("one-sample t test", 0.0, 0.0, vec![x.len()]);
    Ok(finish(test, centre, centre - mu, se, x.len() as f64 - 1.0, alternative, level))
}

/// Paired samples. R: `t.test(x, y, paired = TRUE)`. The estimate is the mean difference `x − y`.
///
/// # Errors
/// As [`t_test_one_sample`] for the differences; lengths that differ.
pub fn t_test_paired(x: &[f64], y: &[f64], alternative: Alternative, level: f64) -> Result<Test, Error> {
    require_length("y", y.len(), x.len())?;
    sample("x", x, 2)?;
    sample("y", y, 2)?;
    let difference: Vec<f64> = x.iter().zip(y).map(|(a, b)| a - b).collect();
    let test = t_test_one_sample(&difference, 0.0, alternative, level)?;
    Ok(Test { method: "paired t test", ..test })
}

/// Two independent samples: Student's test with one variance, or Welch's with two.
/// The estimate is the difference of means `x − y`.
///
/// R: `t.test(x, y, var.equal = equal_variances)`.
///
/// # Errors
/// Fewer than two values in a sample (one suffices in one of them for equal variances), values that are not
/// finite; [`Error::Constant`] where both samples have no spread.
///
/// ```
/// use radiomics_stats::{Alternative, compare::t_test};
/// let t = t_test(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0], false, Alternative::TwoSided, 0.95)?;
/// assert!((t.statistic + 1.549193).abs() < 1e-6 && (t.df[0] - 2.941176).abs() < 1e-6);
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn t_test(
    x: &[f64],
    y: &[f64],
    equal_variances: bool,
    alternative: Alternative,
    level: f64,
) -> Result<Test, Error> {
    require_level(level)?;
    let least = if equal_variances { 1 } else { 2 };
    sample("x", x, least)?;
    sample("y", y, least)?;
    let (n, m) = (x.len() as f64, y.len() as f64);
    if n + m < 3.0 {
        return undefined("the t test", "two values have no variance");
    }
    let (mean_x, mean_y) = (mean(x), mean(y));
    let var = |v: &[f64]| if v.len() > 1 { variance(v) } else { 0.0 };
    let (vx, vy) = (var(x), var(y));
    let (method, se, df) = if equal_variances {
        let df = n + m - 2.0;
        let pooled = ((n - 1.0) * vx + (m - 1.0) * vy) / df;
        ("Student's t test", (pooled * (1.0 / n + 1.0 / m)).sqrt(), df)
    } else {
        let (a, b) = (vx / n, vy / m);
        ("Welch's t test", (a + b).sqrt(), (a + b).powi(2) / (a * a / (n - 1.0) + b * b / (m - 1.0)))
    };
    if se <= 10.0 * f64::EPSILON * mean_x.abs().max(mean_y.abs()) {
        return Err(Error::Constant { what: "both samples".to_owned(), value: mean_x });
    }
    let d = mean_x - mean_y;
    let test = Test::plain(method, 0.0, 0.0, vec![x.len(), y.len()]);
    Ok(finish(test, d, d, se, df, alternative, level))
}

fn finish(
    test: Test,
    estimate: f64,
    difference: f64,
    se: f64,
    df: f64,
    alternative: Alternative,
    level: f64,
) -> Test {
    let statistic = difference / se;
    let half = |tail: f64| t_quantile_upper(tail, df) * se;
    let (p, lower, upper) = match alternative {
        Alternative::TwoSided => {
            let half = half(0.5 * (1.0 - level));
            (t_two_sided(statistic, df), estimate - half, estimate + half)
        }
        Alternative::Less => (t_lower(statistic, df), f64::NEG_INFINITY, estimate + half(1.0 - level)),
        Alternative::Greater => (t_upper(statistic, df), estimate - half(1.0 - level), f64::INFINITY),
    };
    Test { statistic, p, df: vec![df], ..test }
        .against(alternative)
        .estimating(estimate, Some(Interval { lower, upper, level }))
}

/// Cohen's d with the pooled standard deviation. R: `effsize::cohen.d(x, y)`.
///
/// # Errors
/// As [`t_test`] with equal variances.
pub fn cohens_d(x: &[f64], y: &[f64]) -> Result<f64, Error> {
    let test = t_test(x, y, true, Alternative::TwoSided, 0.95)?;
    let (n, m) = (x.len() as f64, y.len() as f64);
    Ok(test.statistic * (1.0 / n + 1.0 / m).sqrt())
}

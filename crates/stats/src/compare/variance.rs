//! Tests of equal variances.

use serde::{Deserialize, Serialize};

use super::k_groups::{anova, check, sizes};
use super::{sample, undefined};
use crate::describe::{mean, median, sorted, variance};
use crate::distribution::{
    chi_squared_upper, f as f_lower, f_quantile, f_quantile_upper, f_upper, normal_quantile,
};
use crate::error::{Error, require_level};
use crate::rank::ranks;
use crate::result::{Alternative, Interval, Test};

/// What deviations are taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Centre {
    /// The mean: Levene's original test.
    Mean,
    /// The median: Brown and Forsythe's, the more robust one.
    #[default]
    Median,
    /// The mean after cutting this share of values at each end. Python: `levene(center = "trimmed")` cuts 0.05.
    Trimmed(f64),
}

/// Levene's test, Brown and Forsythe's with [`Centre::Median`].
///
/// R: `car::leveneTest(y, g, center = mean)`; Python: `scipy.stats.levene(*groups, center = "median")`.
///
/// # Errors
/// As [`anova`] for the deviations; a share to cut outside 0..0.5.
pub fn levene(groups: &[&[f64]], centre: Centre) -> Result<Test, Error> {
    check(groups, 1)?;
    if let Centre::Trimmed(share) = centre
        && !(0.0..0.5).contains(&share)
    {
        return Err(Error::Setting { name: "share to cut", value: share.to_string(), expected: "0 to 0.5" });
    }
    let deviations: Vec<Vec<f64>> = groups
        .iter()
        .map(|g| {
            let (g, centre) = match centre {
                Centre::Mean => (g.to_vec(), mean(g)),
                Centre::Median => (g.to_vec(), median(g)),
                // SciPy cuts the sample itself, not only its centre.
                Centre::Trimmed(share) => {
                    let ordered = sorted(g);
                    let cut = (share * g.len() as f64) as usize;
                    let kept = ordered[cut..g.len() - cut].to_vec();
                    let centre = mean(&kept);
                    (kept, centre)
                }
            };
            g.iter().map(|v| (v - centre).abs()).collect()
        })
        .collect();
    let slices: Vec<&[f64]> = deviations.iter().map(Vec::as_slice).collect();
    let method = match centre {
        Centre::Mean => "Levene's test",
        Centre::Median => "Brown-Forsythe test",
        Centre::Trimmed(_) => "Levene's test (trimmed)",
    };
    Ok(Test { method, n: sizes(groups), ..anova(&slices)? })
}

/// F test of two variances. R: `var.test(x, y)`. The estimate is their ratio.
///
/// # Errors
/// Fewer than two values in a sample, values that are not finite, a second sample without spread.
pub fn f_test(x: &[f64], y: &[f64], alternative: Alternative, level: f64) -> Result<Test, Error> {
    require_level(level)?;
    sample("x", x, 2)?;
    sample("y", y, 2)?;
    let (vx, vy) = (variance(x), variance(y));
    if vy <= 0.0 {
        return Err(Error::Constant { what: "y".to_owned(), value: y[0] });
    }
    let ratio = vx / vy;
    let (a, b) = (x.len() as f64 - 1.0, y.len() as f64 - 1.0);
    let (low, up) = (f_lower(ratio, a, b), f_upper(ratio, a, b));
    let tail = 1.0 - level;
    let (p, lower, upper) = match alternative {
        Alternative::TwoSided => (
            (2.0 * low.min(up)).min(1.0),
            ratio / f_quantile_upper(tail / 2.0, a, b),
            ratio / f_quantile(tail / 2.0, a, b),
        ),
        Alternative::Less => (low, 0.0, ratio / f_quantile(tail, a, b)),
        Alternative::Greater => (up, ratio / f_quantile_upper(tail, a, b), f64::INFINITY),
    };
    Ok(Test::plain("F test of two variances", ratio, p, vec![x.len(), y.len()])
        .with_df(&[a, b])
        .against(alternative)
        .estimating(ratio, Some(Interval { lower, upper, level })))
}

/// Bartlett's test, for normal data. R: `bartlett.test(list(a, b, c))`.
///
/// # Errors
/// Fewer than two groups, fewer than two values in one; [`Error::Undefined`] for a group without spread.
pub fn bartlett(groups: &[&[f64]]) -> Result<Test, Error> {
    check(groups, 2)?;
    let k = groups.len() as f64;
    let df: Vec<f64> = groups.iter().map(|g| g.len() as f64 - 1.0).collect();
    let variances: Vec<f64> = groups.iter().map(|g| variance(g)).collect();
    if variances.iter().any(|v| *v <= 0.0) {
        return undefined("Bartlett's test", "a group has no spread");
    }
    let total: f64 = df.iter().sum();
    let pooled = df.iter().zip(&variances).map(|(d, v)| d * v).sum::<f64>() / total;
    let numerator: f64 = df.iter().zip(&variances).map(|(d, v)| d * (pooled / v).ln()).sum();
    let denominator = 1.0 + (df.iter().map(|d| 1.0 / d).sum::<f64>() - 1.0 / total) / (3.0 * (k - 1.0));
    let statistic = numerator / denominator;
    Ok(Test::plain("Bartlett's test", statistic, chi_squared_upper(statistic, k - 1.0), sizes(groups))
        .with_df(&[k - 1.0]))
}

/// Fligner and Killeen's test by ranks, centred at medians. R: `fligner.test(list(a, b, c))`.
///
/// # Errors
/// Fewer than two groups, an empty group; [`Error::Undefined`] where all deviations are equal.
pub fn fligner(groups: &[&[f64]]) -> Result<Test, Error> {
    check(groups, 1)?;
    let mut deviations = Vec::new();
    for g in groups {
        let centre = median(g);
        deviations.extend(g.iter().map(|v| (v - centre).abs()));
    }
    let n = deviations.len() as f64;
    let scores: Vec<f64> =
        ranks(&deviations).ranks.iter().map(|r| normal_quantile((1.0 + r / (n + 1.0)) / 2.0)).collect();
    let centre = mean(&scores);
    let spread = variance(&scores);
    if spread <= 0.0 || spread.is_nan() {
        return undefined("the Fligner-Killeen test", "all deviations are equal");
    }
    let (mut start, mut sum) = (0, 0.0);
    for g in groups {
        sum += g.len() as f64 * (mean(&scores[start..start + g.len()]) - centre).powi(2);
        start += g.len();
    }
    let statistic = sum / spread;
    let df = groups.len() as f64 - 1.0;
    Ok(Test::plain("Fligner-Killeen test", statistic, chi_squared_upper(statistic, df), sizes(groups))
        .with_df(&[df]))
}

//! Limits of agreement of two methods: Bland and Altman 1986, 1999.

use serde::Serialize;

use crate::describe::{mean, sd};
use crate::distribution::{normal_quantile_upper, t_quantile_upper};
use crate::error::{Error, require_count, require_finite, require_length, require_level};
use crate::result::Interval;

/// Mean difference and limits of agreement, each with its interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BlandAltman {
    /// Mean of `x − y`.
    pub bias: f64,
    /// Standard deviation of the differences.
    pub sd: f64,
    /// Interval of the bias, from t.
    pub bias_interval: Interval,
    /// `bias ± z · sd`: where the wanted share of differences lies.
    pub limits: Interval,
    /// Interval of the lower limit, with variance `(1/n + z²/(2 (n − 1))) sd²`.
    pub lower_limit_interval: Interval,
    /// Interval of the upper limit.
    pub upper_limit_interval: Interval,
    /// Mean of each pair, for the plot.
    pub means: Vec<f64>,
    /// Difference of each pair, for the plot.
    pub differences: Vec<f64>,
}

/// Bland and Altman's analysis. R: `blandr::blandr.statistics(x, y)`.
///
/// `agreement` is the share of differences between the limits (usually 0.95), `level` that of the intervals.
///
/// # Errors
/// Lengths that differ, fewer than two pairs, values that are not finite, levels outside 0..1.
pub fn bland_altman(x: &[f64], y: &[f64], agreement: f64, level: f64) -> Result<BlandAltman, Error> {
    require_length("y", y.len(), x.len())?;
    require_count("pairs", x.len(), 2)?;
    require_finite("x", x)?;
    require_finite("y", y)?;
    require_level(agreement)?;
    require_level(level)?;
    let differences: Vec<f64> = x.iter().zip(y).map(|(a, b)| a - b).collect();
    let means = x.iter().zip(y).map(|(a, b)| 0.5 * a + 0.5 * b).collect();
    let n = x.len() as f64;
    let (bias, spread) = (mean(&differences), sd(&differences));
    let z = normal_quantile_upper(0.5 * (1.0 - agreement));
    let t = t_quantile_upper(0.5 * (1.0 - level), n - 1.0);
    let around = |centre: f64, se: f64| Interval { lower: centre - t * se, upper: centre + t * se, level };
    let se_limit = spread * (1.0 / n + z * z / (2.0 * (n - 1.0))).sqrt();
    let limits = Interval { lower: bias - z * spread, upper: bias + z * spread, level: agreement };
    Ok(BlandAltman {
        bias,
        sd: spread,
        bias_interval: around(bias, spread / n.sqrt()),
        lower_limit_interval: around(limits.lower, se_limit),
        upper_limit_interval: around(limits.upper, se_limit),
        limits,
        means,
        differences,
    })
}

//! Restricted mean survival time of two arms.

use radiomics_stats::Interval;
use radiomics_stats::distribution::{normal_quantile_upper, normal_two_sided};
use radiomics_stats::error::require_level;
use serde::Serialize;

use crate::error::Error;
use crate::kaplan_meier::{KaplanMeier, RestrictedMean};
use crate::outcome::{Outcome, Part};

/// A contrast of two arms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Contrast {
    /// Difference or ratio, the first arm against the second.
    pub estimate: f64,
    /// Its confidence interval.
    pub interval: Interval,
    /// Two-sided p-value of no difference.
    pub p: f64,
}

/// Restricted means of two arms and their contrasts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RmstComparison {
    /// Horizon.
    pub tau: f64,
    /// Confidence level.
    pub level: f64,
    /// Of the first arm (the treated).
    pub first: RestrictedMean,
    /// Of the second arm (control).
    pub second: RestrictedMean,
    /// Difference of the means.
    pub difference: Contrast,
    /// Ratio of the means.
    pub ratio: Contrast,
    /// Ratio of the times lost, `τ − mean`; `None` where an arm loses none.
    pub ratio_of_time_lost: Option<Contrast>,
}

impl RestrictedMean {
    /// Confidence interval of the mean. R: `survRM2::rmst2(…)$RMST.arm1$rmst`.
    ///
    /// # Errors
    /// A level outside 0 to 1.
    pub fn interval(&self, level: f64) -> Result<Interval, Error> {
        require_level(level)?;
        Ok(Interval::normal(self.mean, self.std_err, level))
    }
}

/// Compares the areas beneath two curves up to `tau`; ratios on the scale of the logarithm.
///
/// R: `survRM2::rmst2(time, event, arm, tau)`.
///
/// # Errors
/// [`Error::OutsideFollowUp`] where an arm is not followed up to `tau`; means without variance, as without events before it; strata; a
/// level outside 0 to 1.
pub fn compare(first: &Outcome, second: &Outcome, tau: f64, level: f64) -> Result<RmstComparison, Error> {
    require_level(level)?;
    for arm in [first, second] {
        arm.refuse("the comparison of restricted means", &[Part::Strata])?;
    }
    let mean = |outcome| KaplanMeier::new(outcome).restricted_mean(Some(tau));
    let (first, second) = (mean(first)?, mean(second)?);
    if first.std_err <= 0.0 && second.std_err <= 0.0 {
        let why = format!("neither mean has a variance: no events before {tau}, or all of an arm at once");
        let what = "the comparison of restricted means".to_owned();
        return Err(radiomics_stats::Error::Undefined { what, why }.into());
    }
    let z = normal_quantile_upper(0.5 * (1.0 - level));
    let contrast = |estimate: f64, se: f64, back: fn(f64) -> f64| Contrast {
        estimate: back(estimate),
        interval: Interval { lower: back(estimate - z * se), upper: back(estimate + z * se), level },
        p: normal_two_sided(estimate / se),
    };
    let ratio = |a: f64, b: f64| {
        let se = (first.std_err / a).hypot(second.std_err / b);
        contrast((a / b).ln(), se, f64::exp)
    };
    Ok(RmstComparison {
        tau,
        level,
        first,
        second,
        difference: contrast(first.mean - second.mean, first.std_err.hypot(second.std_err), |v| v),
        ratio: ratio(first.mean, second.mean),
        ratio_of_time_lost: (tau > first.mean && tau > second.mean)
            .then(|| ratio(tau - first.mean, tau - second.mean)),
    })
}

//! The cumulative hazard and its limits.

use radiomics_stats::Interval;
use radiomics_stats::distribution::normal_quantile_upper;
use radiomics_stats::error::require_level;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::kaplan_meier::KaplanMeier;

/// Variance of a step of the cumulative hazard at which `d` of `n` have the event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HazardVariance {
    /// `d / n²`: Aalen's. R: `std.chaz` of `survfit`.
    #[default]
    Poisson,
    /// `d (n − d) / n³`: events at one time are a binomial draw (Klein 1991). lifelines.
    Binomial,
}

/// Limits `H exp(±z se / H)` of the cumulative hazard at each time; 0 and 0 before the first event.
///
/// The hazard itself is [`KaplanMeier::hazard`]. Python:
/// `lifelines.NelsonAalenFitter(nelson_aalen_smoothing=False).fit(time, event)`.
///
/// # Errors
/// A level outside 0 to 1.
///
/// ```
/// use radiomics_survival::nelson_aalen::{HazardVariance, hazard_intervals};
/// use radiomics_survival::{Outcome, kaplan_meier::KaplanMeier};
/// let curve = KaplanMeier::new(&Outcome::new(&[1.0, 2.0], &[true, false])?);
/// assert!(hazard_intervals(&curve, HazardVariance::Poisson, 0.95)?[1].contains(0.5));
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
pub fn hazard_intervals(
    curve: &KaplanMeier,
    variance: HazardVariance,
    level: f64,
) -> Result<Vec<Interval>, Error> {
    require_level(level)?;
    let z = normal_quantile_upper(0.5 * (1.0 - level));
    let mut binomial = 0.0;
    let limits = (0..curve.time.len()).map(|i| {
        let (h, n, d) = (curve.hazard[i], curve.n_risk[i], curve.n_event[i]);
        binomial += d * (n - d) / (n * n * n);
        let se = match variance {
            HazardVariance::Poisson => curve.hazard_std_err[i],
            HazardVariance::Binomial => binomial.sqrt(),
        };
        let factor = if h > 0.0 { (z * se / h).exp() } else { 1.0 };
        Interval { lower: h / factor, upper: h * factor, level }
    });
    Ok(limits.collect())
}

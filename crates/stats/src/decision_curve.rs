//! Decision curves: net benefit over threshold probabilities (Vickers and Elkin 2006).

use serde::Serialize;

use crate::confusion::Confusion;
use crate::error::{Error, require, require_count, require_length};

/// Net benefits at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct NetBenefit {
    /// The threshold probability.
    pub threshold: f64,
    /// Of treating those whose probability is at least the threshold.
    pub model: f64,
    /// Of treating everybody.
    pub all: f64,
    /// Treatments avoided for 100 patients against treating everybody, at equal benefit.
    pub avoided_per_100: f64,
}

/// Decision curve of a binary outcome: `sensitivity · π − (1 − specificity) (1 − π) t / (1 − t)`, which is
/// `tp / n − fp / n · t / (1 − t)` at the data's own prevalence. Treating nobody has net benefit 0.
///
/// R: `dcurves::dca(y ~ p, data, thresholds, prevalence)`.
///
/// # Errors
/// Lengths that differ, probabilities outside 0..1, thresholds outside 0..1 (1 excluded), one class only where a
/// prevalence is given.
///
/// ```
/// use radiomics_stats::decision_curve::decision_curve;
/// let curve = decision_curve(&[true, false, true, false], &[0.9, 0.6, 0.4, 0.1], &[0.5], None)?;
/// assert_eq!(curve[0].model, 0.0);
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn decision_curve(
    outcome: &[bool],
    p: &[f64],
    thresholds: &[f64],
    prevalence: Option<f64>,
) -> Result<Vec<NetBenefit>, Error> {
    require_length("probabilities", p.len(), outcome.len())?;
    require_count("patients", p.len(), 1)?;
    require("probability", p, "between 0 and 1", |v| (0.0..=1.0).contains(&v))?;
    require("threshold", thresholds, "at least 0 and below 1", |v| (0.0..1.0).contains(&v))?;
    if let Some(prevalence) = prevalence {
        require("prevalence", &[prevalence], "between 0 and 1", |v| (0.0..=1.0).contains(&v))?;
        crate::roc::require_both_classes(outcome)?;
    }
    thresholds
        .iter()
        .map(|&threshold| {
            let c = Confusion::at_threshold(outcome, p, threshold)?;
            let n = c.n() as f64;
            let share = prevalence.unwrap_or_else(|| c.prevalence());
            let (tp, fp) = match prevalence {
                None => (c.tp as f64 / n, c.fp as f64 / n),
                Some(share) => (c.sensitivity() * share, c.false_positive_rate() * (1.0 - share)),
            };
            let odds = threshold / (1.0 - threshold);
            let (model, all) = (tp - fp * odds, share - (1.0 - share) * odds);
            let avoided = if odds > 0.0 { 100.0 * (model - all) / odds } else { 0.0 };
            Ok(NetBenefit { threshold, model, all, avoided_per_100: avoided })
        })
        .collect()
}

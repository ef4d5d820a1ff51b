//! Decision curves for events up to a time, with censoring.

use radiomics_stats::error::{require, require_length};
use serde::Serialize;

use crate::error::Error;
use crate::kaplan_meier::KaplanMeier;
use crate::outcome::{Outcome, Part};

/// Net benefits at one threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct NetBenefit {
    /// The threshold probability.
    pub threshold: f64,
    /// Patients whose probability is at least the threshold.
    pub treated: usize,
    /// Of treating them; `None` where none of them is followed up to the time, so that their risk is not known.
    pub model: Option<f64>,
    /// Of treating everybody.
    pub all: f64,
}

/// Net benefit of treating those whose predicted probability of the event by time `at` is at least the threshold:
/// `share · (risk − (1 − risk) t / (1 − t))`, the risk among them `1 − S(at)` by Kaplan and Meier. With competing causes
/// recode the outcome first; weights count as that many patients. Vickers et al. 2008, doi:10.1186/1472-6947-8-53.
///
/// R: `dcurves::dca(Surv(time, event) ~ p, data, time = at, thresholds)`.
///
/// # Errors
/// A length that differs, probabilities outside 0..1, thresholds outside 0..1 (1 excluded), strata, [`Error::OutsideFollowUp`].
///
/// ```
/// use radiomics_survival::{Outcome, decision_curve::decision_curve};
/// let outcome = Outcome::new(&[1.0, 2.0, 3.0, 4.0], &[true, false, true, false])?;
/// let curve = decision_curve(&outcome, &[0.9, 0.2, 0.6, 0.1], 3.0, &[0.5])?;
/// assert_eq!((curve[0].treated, curve[0].model), (2, Some(0.5)));
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
pub fn decision_curve(
    outcome: &Outcome,
    p: &[f64],
    at: f64,
    thresholds: &[f64],
) -> Result<Vec<NetBenefit>, Error> {
    require_length("probabilities", p.len(), outcome.len())?;
    require("probability", p, "between 0 and 1", |v| (0.0..=1.0).contains(&v))?;
    require("threshold", thresholds, "at least 0 and below 1", |v| (0.0..1.0).contains(&v))?;
    outcome.refuse("the decision curve", &[Part::Strata])?;
    let benefit = |risk: f64, share: f64, odds: f64| share * (risk - (1.0 - risk) * odds);
    let weigh = |rows: &[usize]| rows.iter().map(|&i| outcome.weight(i)).sum::<f64>();
    let total = weigh(&(0..outcome.len()).collect::<Vec<_>>());
    let risk_of_all = 1.0 - KaplanMeier::new(outcome).at(at)?.survival;
    thresholds
        .iter()
        .map(|&threshold| {
            let odds = threshold / (1.0 - threshold);
            let rows: Vec<usize> = (0..p.len()).filter(|&i| p[i] >= threshold).collect();
            let model = if rows.is_empty() {
                Some(0.0)
            } else {
                let curve = KaplanMeier::new(&outcome.select(&rows)?);
                let share = weigh(&rows) / total;
                match (curve.at(at), curve.survival.last()) {
                    (Ok(point), _) => Some(benefit(1.0 - point.survival, share, odds)),
                    (Err(_), Some(0.0)) => Some(benefit(1.0, share, odds)),
                    _ => None,
                }
            };
            Ok(NetBenefit { threshold, treated: rows.len(), model, all: benefit(risk_of_all, 1.0, odds) })
        })
        .collect()
}

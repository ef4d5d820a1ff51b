//! The cumulative/dynamic AUC as scikit-survival computes it: weights from a training cohort.

use radiomics_stats::error::{require_count, require_finite, require_length};
use serde::Serialize;

use crate::censoring::Censoring;
use crate::concordance::TIED_RISK;
use crate::error::Error;
use crate::kaplan_meier::KaplanMeier;
use crate::order::dense_ranks;
use crate::outcome::{Outcome, Part};

/// Areas at times and their mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DynamicAuc {
    /// The times.
    pub times: Vec<f64>,
    /// Area at each.
    pub auc: Vec<f64>,
    /// Mean of the areas, weighted by the fall of the test cohort's survival curve to each time.
    pub mean: f64,
}

/// AUC of a score on `test`, cases up to and including `t` weighted by `1 / G(T)` of `train` (R's, which takes `G`
/// just before, is [`TimeRoc`](super::TimeRoc)).
///
/// Python: `sksurv.metrics.cumulative_dynamic_auc(train, test, risk, times)`.
///
/// # Errors
/// A length that differs, a score that is not finite, times that do not increase, weights, entry times or strata, [`Error::OutsideFollowUp`] for a time
/// before the first or not before the last time of `test` or without a case, an event after the follow-up of `train` or
/// where `G` is 0.
pub fn cumulative_dynamic_auc(
    train: &Outcome,
    test: &Outcome,
    risk: &[f64],
    times: &[f64],
) -> Result<DynamicAuc, Error> {
    require_length("risk", risk.len(), test.len())?;
    require_finite("risk", risk)?;
    require_finite("time", times)?;
    require_count("times", times.len(), 1)?;
    test.refuse("the cumulative/dynamic AUC", &[Part::Weights, Part::Entry, Part::Strata])?;
    train.refuse("the cumulative/dynamic AUC", &[Part::Strata])?;
    if test.events() == 0 {
        return Err(Error::no_events(test.len()));
    }
    if let Some(index) = times.windows(2).position(|w| w[0] >= w[1]) {
        let (what, index, value) = ("time".to_owned(), index + 1, times[index + 1]);
        let expected = "above the time before it";
        return Err(radiomics_stats::Error::Value { what, index, value, expected }.into());
    }
    let censoring = Censoring::new(train);
    let weight = |i: usize| {
        if test.is_event(i) { censoring.positive_at(test.time()[i]).map(|g| 1.0 / g) } else { Ok(0.0) }
    };
    let weights: Vec<f64> = (0..test.len()).map(weight).collect::<Result<_, _>>()?;
    let (ranks, order) = dense_ranks(risk, TIED_RISK);
    let (first, last) = test.range();
    let area = |&t: &f64| {
        let outside = Error::OutsideFollowUp { what: "the AUC", time: t, first, last };
        if !(first..last).contains(&t) {
            return Err(outside);
        }
        // From the lowest score up: a case meets the controls below it.
        let (mut controls, mut cases, mut pairs) = (0.0, 0.0, 0.0);
        for group in order.chunk_by(|&a, &b| ranks[a as usize] == ranks[b as usize]) {
            let (mut here, mut own) = (0.0, 0.0);
            for &i in group {
                let i = i as usize;
                if test.time()[i] > t {
                    here += 1.0;
                } else {
                    own += weights[i];
                }
            }
            pairs += own * (controls + 0.5 * here);
            controls += here;
            cases += own;
        }
        if cases == 0.0 { Err(outside) } else { Ok(pairs / (cases * controls)) }
    };
    let auc: Vec<f64> = times.iter().map(area).collect::<Result<_, _>>()?;
    let curve = KaplanMeier::new(test);
    let (mut before, mut sum) = (1.0, 0.0);
    for (&t, auc) in times.iter().zip(&auc) {
        let survival = curve.at(t)?.survival;
        sum += auc * (before - survival);
        before = survival;
    }
    let mean = if times.len() == 1 { auc[0] } else { sum / (1.0 - before) };
    Ok(DynamicAuc { times: times.to_vec(), auc, mean })
}

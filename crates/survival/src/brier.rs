//! Brier score of predicted survival probabilities, and its integral over time.

use radiomics_stats::error::{require, require_count, require_length};
use serde::{Deserialize, Serialize};

use crate::censoring::Censoring;
use crate::error::Error;
use crate::outcome::{Outcome, Part};

/// Where the probability of being uncensored of a patient with an event is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CensoringRule {
    /// Just before the event, `G(T−)`: R (pec, riskRegression); Graf et al. 1999.
    #[default]
    Before,
    /// At it, `G(T)`: scikit-survival.
    At,
}

/// Scores at times.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Brier {
    /// The times.
    pub times: Vec<f64>,
    /// Mean squared difference of predicted and actual status at each, weighted for censoring.
    pub score: Vec<f64>,
    /// Area under the scores by the trapezoid rule over the length from the first to the last time; `None` for one
    /// time.
    pub integrated: Option<f64>,
}

/// `BS(t) = 1/n Σ [Ŝᵢ(t)² 1[Tᵢ ≤ t, event] / G(Tᵢ) + (1 − Ŝᵢ(t))² 1[Tᵢ > t] / G(t)]`, `G` from `train`.
///
/// `survival[i][j]` is the predicted probability that patient `i` of `test` has no event up to `times[j]`.
///
/// Python: `sksurv.metrics.brier_score(train, test, survival, times)` and `integrated_brier_score` with
/// [`CensoringRule::At`].
///
/// # Errors
/// Lengths that differ, probabilities outside 0..1, times that do not increase, weights, entry times or strata,
/// [`Error::OutsideFollowUp`] for a time before the first or not before the last of `test`, an event after the follow-up of
/// `train` or where `G` is 0.
///
/// ```
/// use radiomics_survival::{Outcome, brier::{CensoringRule, brier}};
/// let outcome = Outcome::new(&[1.0, 2.0, 3.0], &[true; 3])?;
/// let p = vec![vec![0.5]; 3];
/// assert_eq!(brier(&outcome, &outcome, &p, &[1.5], CensoringRule::Before)?.score, [0.25]);
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
pub fn brier(
    train: &Outcome,
    test: &Outcome,
    survival: &[Vec<f64>],
    times: &[f64],
    rule: CensoringRule,
) -> Result<Brier, Error> {
    require_length("predictions", survival.len(), test.len())?;
    require_count("times", times.len(), 1)?;
    test.refuse("the Brier score", &[Part::Weights, Part::Entry, Part::Strata])?;
    train.refuse("the Brier score", &[Part::Strata])?;
    for row in survival {
        require_length("predictions of a patient", row.len(), times.len())?;
        require("predicted survival", row, "between 0 and 1", |p| (0.0..=1.0).contains(&p))?;
    }
    let (first, last) = test.range();
    if let Some(&time) = times.iter().find(|t| !(first..last).contains(*t)) {
        return Err(Error::OutsideFollowUp { what: "the Brier score", time, first, last });
    }
    if let Some(index) = times.windows(2).position(|w| w[0] >= w[1]) {
        let value = times[index + 1];
        let expected = "above the time before it";
        return Err(radiomics_stats::Error::Value {
            what: "time".to_owned(),
            index: index + 1,
            value,
            expected,
        }
        .into());
    }
    let g = Censoring::new(train);
    let horizon = times[times.len() - 1];
    let at_event: Vec<f64> = (0..test.len())
        .map(|i| match test.time()[i] {
            time if !test.is_event(i) || time > horizon => Ok(1.0),
            time => match rule {
                CensoringRule::Before => g.positive_before(time),
                CensoringRule::At => g.positive_at(time),
            },
        })
        .collect::<Result<_, _>>()?;
    let mut score = Vec::with_capacity(times.len());
    for (j, &t) in times.iter().enumerate() {
        let g_t = g.positive_at(t)?;
        let sum: f64 = (0..test.len())
            .map(|i| match survival[i][j] {
                p if test.time()[i] > t => (1.0 - p) * (1.0 - p) / g_t,
                p if test.is_event(i) => p * p / at_event[i],
                _ => 0.0,
            })
            .sum();
        score.push(sum / test.len() as f64);
    }
    let area: f64 =
        (1..times.len()).map(|j| 0.5 * (times[j] - times[j - 1]) * (score[j] + score[j - 1])).sum();
    let integrated = (times.len() > 1).then(|| area / (horizon - times[0]));
    Ok(Brier { times: times.to_vec(), score, integrated })
}

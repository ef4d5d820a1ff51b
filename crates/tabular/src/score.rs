//! What a prediction is worth on patients that were left out.

use radiomics_stats::error::require_length;
use radiomics_stats::roc::{Direction, Roc};
use serde::{Deserialize, Serialize};

use crate::error::{Result, setting};

/// A score; larger is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// Area under the ROC curve. Python: `scoring = "roc_auc"`.
    #[default]
    RocAuc,
    /// Share of right calls. Python: `"accuracy"`.
    Accuracy,
    /// Mean of sensitivity and specificity. Python: `"balanced_accuracy"`.
    BalancedAccuracy,
    /// Mean logarithm of the probability given to what happened. Python: `"neg_log_loss"`.
    LogLikelihood,
    /// Minus the Brier score. Python: `"neg_brier_score"`.
    NegativeBrier,
}

impl Score {
    /// The score of decisions, positive for class 1.
    ///
    /// # Errors
    /// One class only for the area and balanced accuracy; a score that needs probabilities.
    ///
    /// ```
    /// use radiomics_tabular::Score;
    /// assert_eq!(Score::Accuracy.of_decision(&[true, false, true], &[0.3, -0.1, -0.2])?, 2.0 / 3.0);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn of_decision(self, outcome: &[bool], decision: &[f64]) -> Result<f64> {
        require_length("decisions", decision.len(), outcome.len())?;
        let share = |class: Option<bool>| {
            let (mut right, mut all) = (0.0, 0.0);
            for (y, d) in outcome.iter().zip(decision).filter(|(y, _)| class.is_none_or(|c| c == **y)) {
                all += 1.0;
                right += f64::from(u8::from(*y == (*d > 0.0)));
            }
            right / all
        };
        match self {
            Self::RocAuc => Ok(Roc::new(outcome, decision, Direction::Higher)?.auc()),
            Self::Accuracy => Ok(share(None)),
            Self::BalancedAccuracy => {
                let positives = outcome.iter().filter(|y| **y).count();
                if positives == 0 || positives == outcome.len() {
                    let negatives = outcome.len() - positives;
                    return Err(radiomics_stats::Error::OneClass { positives, negatives }.into());
                }
                Ok(0.5 * (share(Some(true)) + share(Some(false))))
            }
            _ => setting("score", format!("{self:?}"), "one of decisions, or a model with probabilities"),
        }
    }

    /// The score of probabilities.
    ///
    /// # Errors
    /// As [`Self::of_decision`].
    pub fn of_probability(self, outcome: &[bool], probability: &[f64]) -> Result<f64> {
        require_length("probabilities", probability.len(), outcome.len())?;
        let n = outcome.len() as f64;
        let given = |(y, p): (&bool, &f64)| if *y { *p } else { 1.0 - p };
        match self {
            Self::LogLikelihood => {
                Ok(outcome.iter().zip(probability).map(given).map(|p| p.max(1e-15).ln()).sum::<f64>() / n)
            }
            Self::NegativeBrier => {
                Ok(-outcome.iter().zip(probability).map(given).map(|p| (1.0 - p) * (1.0 - p)).sum::<f64>()
                    / n)
            }
            _ => self.of_decision(outcome, &probability.iter().map(|p| p - 0.5).collect::<Vec<f64>>()),
        }
    }

    /// Whether it needs probabilities.
    pub fn needs_probability(self) -> bool {
        matches!(self, Self::LogLikelihood | Self::NegativeBrier)
    }
}

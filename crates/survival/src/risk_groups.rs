//! Risk groups: cut-offs found on a training cohort, carried unchanged to others.

use radiomics_stats::describe::{quantile_sorted, sorted};
use radiomics_stats::error::{require, require_count, require_finite};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Which side a score on the cut-off itself falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnCut {
    /// Low: the high group is above the cut-off. maxstat and survminer.
    #[default]
    Low,
    /// High: the high group is at or above the cut-off. Youden's cut-off.
    High,
}

/// Cut-offs of a score. They know nothing of the cohort that they are applied to.
///
/// ```
/// use radiomics_survival::risk_groups::{OnCut, RiskGroups};
/// let groups = RiskGroups::median(&[1.0, 2.0, 3.0, 4.0])?; // of the training cohort
/// assert_eq!(groups.cutoffs, [2.5]);
/// assert_eq!(groups.assign(&[0.0, 2.5, 9.0])?, [0, 0, 1]); // of another
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskGroups {
    /// Cut-offs, increasing; one more group than cut-offs.
    pub cutoffs: Vec<f64>,
    /// Which side a score on a cut-off falls.
    pub on_cut: OnCut,
}

impl RiskGroups {
    /// Given cut-offs.
    ///
    /// # Errors
    /// None given, cut-offs that are not finite or do not increase.
    pub fn new(cutoffs: &[f64], on_cut: OnCut) -> Result<Self, Error> {
        require_count("cut-offs", cutoffs.len(), 1)?;
        require_finite("cut-off", cutoffs)?;
        if let Some(index) = cutoffs.windows(2).position(|w| w[0] >= w[1]) {
            return Err(radiomics_stats::Error::Value {
                what: "cut-off".to_owned(),
                index: index + 1,
                value: cutoffs[index + 1],
                expected: "above the one before it",
            }
            .into());
        }
        Ok(Self { cutoffs: cutoffs.to_vec(), on_cut })
    }

    /// Two groups at the median of the training scores; a score on it is low. R: `cut(score, c(-Inf, median(training),
    /// Inf))`.
    ///
    /// # Errors
    /// No score, one that is not finite.
    pub fn median(training: &[f64]) -> Result<Self, Error> {
        Self::quantiles(training, &[0.5])
    }

    /// Groups at quantiles of the training scores (type 7 of R). Python: `pandas.qcut`.
    ///
    /// # Errors
    /// No score, one that is not finite, shares outside 0 to 1, quantiles that coincide.
    pub fn quantiles(training: &[f64], shares: &[f64]) -> Result<Self, Error> {
        require_count("scores", training.len(), 1)?;
        require_finite("score", training)?;
        require("share", shares, "between 0 and 1", |p| p > 0.0 && p < 1.0)?;
        let sorted = sorted(training);
        let cutoffs: Vec<f64> = shares.iter().map(|&p| quantile_sorted(&sorted, p)).collect();
        Self::new(&cutoffs, OnCut::Low)
    }

    /// Group of each score, 0 the lowest. R: `findInterval(scores, cutoffs, left.open = TRUE)`, with
    /// [`OnCut::High`] `left.open = FALSE`.
    ///
    /// # Errors
    /// A score that is not a number.
    pub fn assign(&self, scores: &[f64]) -> Result<Vec<u32>, Error> {
        require("score", scores, "a number", |v| !v.is_nan())?;
        let group = |&score: &f64| {
            self.cutoffs.partition_point(|&cut| match self.on_cut {
                OnCut::Low => cut < score,
                OnCut::High => cut <= score,
            }) as u32
        };
        Ok(scores.iter().map(group).collect())
    }
}

//! Receiver operating characteristic: the curve, its area, cut-offs.
//!
//! One sort of the scores gives counts at each distinct score; everything else is a pass over those counts, so the
//! order of the patients cannot matter, not even in the last bit.

mod cutoff;
mod delong;
mod multiclass;
mod obuchowski;
mod partial;
mod precision_recall;

use serde::{Deserialize, Serialize};

use crate::confusion::Confusion;
use crate::error::{Error, require_finite, require_length};
use crate::rank::sorted_keys;

pub use self::cutoff::{Criterion, Cutoff};
pub(crate) use self::delong::Placements;
pub use self::delong::{Auc, AucComparison, AucInterval, auc_covariance, auc_test_paired, auc_test_unpaired};
pub use self::multiclass::{MulticlassAuc, multiclass_auc};
pub use self::partial::PartialAuc;
pub use self::precision_recall::PrecisionRecall;

/// Which scores speak for the positive class. It is never chosen from the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Positives have larger scores; pROC's `direction = "<"`.
    #[default]
    Higher,
    /// Positives have smaller scores; pROC's `direction = ">"`.
    Lower,
}

/// Where thresholds lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thresholds {
    /// Half-way between neighbouring distinct scores, with ±∞ at the ends, as in pROC.
    #[default]
    Midpoint,
    /// The scores themselves (positive when `score ≥ threshold`), with ∞ first, as in scikit-learn.
    Attained,
}

/// One point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RocPoint {
    /// The threshold.
    pub threshold: f64,
    /// Patients on each side of it.
    pub counts: Confusion,
}

impl RocPoint {
    /// True positive rate.
    pub fn sensitivity(&self) -> f64 {
        self.counts.sensitivity()
    }

    /// True negative rate.
    pub fn specificity(&self) -> f64 {
        self.counts.specificity()
    }
}

/// The empirical curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Roc {
    direction: Direction,
    positives: u64,
    negatives: u64,
    /// Distinct scores from the least to the most suspicious, with the number of positives and negatives there.
    groups: Vec<Group>,
}

/// Patients with one score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Group {
    pub score: f64,
    pub positives: u32,
    pub negatives: u32,
}

impl Roc {
    /// The curve of scores for a binary outcome.
    ///
    /// R: `pROC::roc(outcome, score, direction = "<")`; Python: `sklearn.metrics.roc_curve(outcome, score)`.
    ///
    /// # Errors
    /// Lengths that differ, scores that are not finite, fewer than one positive and one negative.
    ///
    /// ```
    /// use radiomics_stats::roc::{Direction, Roc};
    /// let outcome = [false, true, false, true];
    /// let roc = Roc::new(&outcome, &[0.1, 0.4, 0.35, 0.8], Direction::Higher)?;
    /// assert_eq!(roc.auc(), 1.0);
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn new(outcome: &[bool], scores: &[f64], direction: Direction) -> Result<Self, Error> {
        check(outcome, scores)?;
        let sorted = sorted_keys(scores);
        let mut groups: Vec<Group> = sorted
            .chunk_by(|a, b| a.0 == b.0)
            .map(|group| {
                let positives = group.iter().filter(|(_, i)| outcome[*i as usize]).count() as u32;
                Group {
                    score: scores[group[0].1 as usize],
                    positives,
                    negatives: group.len() as u32 - positives,
                }
            })
            .collect();
        if direction == Direction::Lower {
            groups.reverse();
        }
        let positives = groups.iter().map(|g| u64::from(g.positives)).sum();
        Ok(Self { direction, positives, negatives: scores.len() as u64 - positives, groups })
    }

    /// Number of positives.
    pub fn positives(&self) -> u64 {
        self.positives
    }

    /// Number of negatives.
    pub fn negatives(&self) -> u64 {
        self.negatives
    }

    /// Area under the curve: the probability that a positive has the more suspicious score, ties counted half.
    /// Counted in whole numbers. R: `pROC::auc(roc)`; Python: `roc_auc_score`.
    pub fn auc(&self) -> f64 {
        let (mut below, mut twice) = (0u128, 0u128);
        for g in &self.groups {
            twice += u128::from(g.positives) * (2 * below + u128::from(g.negatives));
            below += u128::from(g.negatives);
        }
        twice as f64 / (2 * u128::from(self.positives) * u128::from(self.negatives)) as f64
    }

    /// All points, from the least suspicious threshold (everybody positive) on for [`Thresholds::Midpoint`], from
    /// the most suspicious on (nobody positive) for [`Thresholds::Attained`].
    ///
    /// R: `pROC::coords(roc, "all")`; Python: `roc_curve(outcome, score, drop_intermediate=False)`.
    pub fn points(&self, thresholds: Thresholds) -> Vec<RocPoint> {
        let (least, most) = match self.direction {
            Direction::Higher => (f64::NEG_INFINITY, f64::INFINITY),
            Direction::Lower => (f64::INFINITY, f64::NEG_INFINITY),
        };
        let mut points = Vec::with_capacity(self.groups.len() + 1);
        let (mut fn_, mut tn) = (0, 0);
        for k in 0..=self.groups.len() {
            let threshold = match thresholds {
                _ if k == self.groups.len() => most,
                Thresholds::Attained => self.groups[k].score,
                Thresholds::Midpoint if k == 0 => least,
                Thresholds::Midpoint => midpoint(self.groups[k - 1].score, self.groups[k].score),
            };
            points.push(RocPoint {
                threshold,
                counts: Confusion { tp: self.positives - fn_, fp: self.negatives - tn, tn, fn_ },
            });
            if let Some(g) = self.groups.get(k) {
                fn_ += u64::from(g.positives);
                tn += u64::from(g.negatives);
            }
        }
        if thresholds == Thresholds::Attained {
            points.reverse();
        }
        points
    }

    /// The points of [`Thresholds::Attained`] without those in the middle of a straight piece.
    ///
    /// Python: `roc_curve(outcome, score)`, which drops them by default.
    pub fn corners(&self) -> Vec<RocPoint> {
        let points = self.points(Thresholds::Attained);
        let n = points.len();
        let mut corners = Vec::new();
        for (i, point) in points.iter().enumerate() {
            // The comparison starts after the point at infinity, as in scikit-learn.
            let keep = i <= 1 || i + 1 == n || {
                let (a, b, c) = (points[i - 1].counts, point.counts, points[i + 1].counts);
                b.tp - a.tp != c.tp - b.tp || b.fp - a.fp != c.fp - b.fp
            };
            if keep {
                corners.push(*point);
            }
        }
        corners
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }
}

/// Half-way between two numbers without overflow.
fn midpoint(a: f64, b: f64) -> f64 {
    let sum = a + b;
    if sum.is_finite() { sum / 2.0 } else { a / 2.0 + b / 2.0 }
}

pub(crate) fn check(outcome: &[bool], scores: &[f64]) -> Result<(), Error> {
    require_length("scores", scores.len(), outcome.len())?;
    require_finite("scores", scores)?;
    require_both_classes(outcome)
}

/// Checks that both classes are there.
pub(crate) fn require_both_classes(outcome: &[bool]) -> Result<(), Error> {
    let positives = outcome.iter().filter(|&&o| o).count();
    let negatives = outcome.len() - positives;
    if positives == 0 || negatives == 0 { Err(Error::OneClass { positives, negatives }) } else { Ok(()) }
}

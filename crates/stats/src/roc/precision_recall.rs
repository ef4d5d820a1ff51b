//! Precision and recall along the thresholds.

use serde::Serialize;

use super::{Roc, Thresholds};

/// The curve, from the least suspicious threshold on, ending at precision 1 and recall 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PrecisionRecall {
    /// Share of true among called positives; one more than thresholds.
    pub precision: Vec<f64>,
    /// Share of positives that are called; one more than thresholds.
    pub recall: Vec<f64>,
    /// Attained scores; positive when `score ≥ threshold`.
    pub thresholds: Vec<f64>,
}

impl Roc {
    /// Precision against recall. Python: `sklearn.metrics.precision_recall_curve(outcome, score)`.
    pub fn precision_recall(&self) -> PrecisionRecall {
        let points = self.points(Thresholds::Attained);
        let mut curve = PrecisionRecall { precision: Vec::new(), recall: Vec::new(), thresholds: Vec::new() };
        for p in points.iter().skip(1).rev() {
            curve.precision.push(p.counts.ppv());
            curve.recall.push(p.counts.sensitivity());
            curve.thresholds.push(p.threshold);
        }
        curve.precision.push(1.0);
        curve.recall.push(0.0);
        curve
    }
}

impl PrecisionRecall {
    /// Mean precision weighted by the gain in recall. Python: `average_precision_score`.
    pub fn average_precision(&self) -> f64 {
        (1..self.recall.len()).map(|i| (self.recall[i - 1] - self.recall[i]) * self.precision[i - 1]).sum()
    }

    /// Area by the trapezoidal rule, which is too hopeful: prefer [`Self::average_precision`].
    /// Python: `auc(recall, precision)`.
    pub fn area(&self) -> f64 {
        (1..self.recall.len())
            .map(|i| {
                (self.recall[i - 1] - self.recall[i]) * 0.5 * (self.precision[i - 1] + self.precision[i])
            })
            .sum()
    }
}

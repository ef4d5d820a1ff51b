//! Partial areas: part of the curve between two specificities or two sensitivities.

use serde::{Deserialize, Serialize};

use super::{Roc, Thresholds};
use crate::error::Error;

/// Which part of the curve. The two limits may be given in either order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartialAuc {
    /// Area of sensitivity between two specificities; pROC's `partial.auc.focus = "specificity"`.
    Specificity(f64, f64),
    /// Area of specificity between two sensitivities; pROC's `partial.auc.focus = "sensitivity"`.
    Sensitivity(f64, f64),
}

impl PartialAuc {
    fn limits(self) -> Result<(f64, f64), Error> {
        let (Self::Specificity(a, b) | Self::Sensitivity(a, b)) = self;
        let (low, high) = (a.min(b), a.max(b));
        if low >= 0.0 && high <= 1.0 && low < high {
            return Ok((low, high));
        }
        Err(Error::Setting {
            name: "limits of the partial area",
            value: format!("{a}, {b}"),
            expected: "two different numbers between 0 and 1",
        })
    }
}

impl Roc {
    /// Partial area, with straight lines between the points.
    ///
    /// R: `pROC::auc(roc, partial.auc = c(1, 0.8), partial.auc.focus = "specificity")`.
    ///
    /// # Errors
    /// [`Error::Setting`] for limits outside 0..1 or equal ones.
    pub fn partial_auc(&self, part: PartialAuc) -> Result<f64, Error> {
        let (low, high) = part.limits()?;
        // Along the curve the first coordinate never falls.
        let points: Vec<(f64, f64)> = self
            .points(Thresholds::Midpoint)
            .iter()
            .map(|p| match part {
                PartialAuc::Specificity(..) => (p.specificity(), p.sensitivity()),
                PartialAuc::Sensitivity(..) => (-p.sensitivity(), p.specificity()),
            })
            .collect();
        let (low, high) =
            if matches!(part, PartialAuc::Sensitivity(..)) { (-high, -low) } else { (low, high) };
        let mut area = 0.0;
        for pair in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let (from, to) = (x0.max(low), x1.min(high));
            if to > from {
                let at = |x: f64| if x1 > x0 { y0 + (y1 - y0) * (x - x0) / (x1 - x0) } else { y0 };
                area += (to - from) * 0.5 * (at(from) + at(to));
            }
        }
        Ok(area)
    }

    /// Partial area rescaled so that chance gives 0.5 and the best possible 1 (McClish 1989).
    ///
    /// R: `auc(..., partial.auc.correct = TRUE)`; Python: `roc_auc_score(outcome, score, max_fpr = 0.2)`.
    ///
    /// # Errors
    /// As [`Roc::partial_auc`].
    pub fn partial_auc_standardised(&self, part: PartialAuc) -> Result<f64, Error> {
        let (low, high) = part.limits()?;
        let area = self.partial_auc(part)?;
        let chance = (high - low) * 0.5 * ((1.0 - low) + (1.0 - high));
        let best = high - low;
        Ok(0.5 * (1.0 + (area - chance) / (best - chance)))
    }
}

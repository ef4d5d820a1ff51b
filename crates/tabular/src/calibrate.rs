//! Decisions → probabilities, fitted on decisions for patients that the model had not seen.

use radiomics_stats::error::{require_finite, require_length};
use radiomics_stats::rank::order;
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// Which curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationMethod {
    /// A sigmoid (Platt 2000, by the algorithm of Lin, Lin and Weng 2007).
    #[default]
    Platt,
    /// A rising step curve with lines between the steps. Python: `IsotonicRegression(out_of_bounds = "clip")`.
    Isotonic,
}

/// How decisions become probabilities: the whole recipe is fitted on the training part of each fold, and the curve
/// on the decisions for the other parts. The folds depend on the seed alone, so that the result can be had again.
/// Python: `CalibratedClassifierCV(pipeline, method, cv, ensemble = False)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calibration {
    /// The curve.
    pub method: CalibrationMethod,
    /// Number of folds.
    pub folds: usize,
    /// Seed of the folds.
    pub seed: u64,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { method: CalibrationMethod::Platt, folds: 5, seed: 0 }
    }
}

/// A fitted curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibrator {
    /// `1 / (1 + exp(a f + b))`.
    Platt {
        /// Slope, negative where large decisions mean class 1.
        a: f64,
        /// Shift.
        b: f64,
    },
    /// Straight lines between points, constant beyond them.
    Isotonic {
        /// Decisions, rising.
        decision: Vec<f64>,
        /// Probabilities, not falling.
        probability: Vec<f64>,
    },
}

impl Calibrator {
    /// Fits a curve to decisions and what happened.
    ///
    /// # Errors
    /// Lengths that differ, one class only, values that are not finite.
    ///
    /// ```
    /// use radiomics_tabular::{CalibrationMethod, Calibrator};
    /// let y = [false, false, true, false, true, true];
    /// let f = [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0];
    /// let curve = Calibrator::fit(CalibrationMethod::Isotonic, &y, &f)?;
    /// assert_eq!(curve.apply(&[-3.0, 0.0, 3.0]), [0.0, 0.5, 1.0]);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn fit(method: CalibrationMethod, outcome: &[bool], decision: &[f64]) -> Result<Self> {
        require_length("decisions", decision.len(), outcome.len())?;
        require_finite("decision", decision)?;
        let positives = outcome.iter().filter(|y| **y).count();
        let negatives = outcome.len() - positives;
        if positives == 0 || negatives == 0 {
            return Err(radiomics_stats::Error::OneClass { positives, negatives }.into());
        }
        Ok(match method {
            CalibrationMethod::Platt => platt(outcome, decision, positives as f64, negatives as f64),
            CalibrationMethod::Isotonic => isotonic(outcome, decision),
        })
    }

    /// Probabilities of decisions.
    pub fn apply(&self, decisions: &[f64]) -> Vec<f64> {
        match self {
            Self::Platt { a, b } => {
                decisions.iter().map(|f| radiomics_stats::logistic::sigmoid(-(a * f + b))).collect()
            }
            Self::Isotonic { decision, probability } => decisions
                .iter()
                .map(|f| {
                    let right = decision.partition_point(|d| d < f);
                    if right == 0 || right == decision.len() {
                        return probability[right.min(decision.len() - 1)];
                    }
                    let (l, r) = (right - 1, right);
                    let share = (f - decision[l]) / (decision[r] - decision[l]);
                    probability[l] + share * (probability[r] - probability[l])
                })
                .collect(),
        }
    }
}

/// Newton's method with step halving on the cross-entropy with targets `(N₊ + 1)/(N₊ + 2)` and `1/(N₋ + 2)`.
fn platt(outcome: &[bool], decision: &[f64], positives: f64, negatives: f64) -> Calibrator {
    let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let target = |y: bool| if y { high } else { low };
    let objective = |a: f64, b: f64| -> f64 {
        outcome
            .iter()
            .zip(decision)
            .map(|(y, f)| {
                let z = a * f + b;
                let t = target(*y);
                if z >= 0.0 { t * z + (-z).exp().ln_1p() } else { (t - 1.0) * z + z.exp().ln_1p() }
            })
            .sum()
    };
    let (mut a, mut b) = (0.0, ((negatives + 1.0) / (positives + 1.0)).ln());
    let mut value = objective(a, b);
    for _ in 0..200 {
        let (mut h11, mut h22, mut h21, mut g1, mut g2) = (1e-12, 1e-12, 0.0, 0.0, 0.0);
        for (y, f) in outcome.iter().zip(decision) {
            let p = radiomics_stats::logistic::sigmoid(-(a * f + b));
            let (d1, d2) = (target(*y) - p, p * (1.0 - p));
            h11 += f * f * d2;
            h22 += d2;
            h21 += f * d2;
            g1 += f * d1;
            g2 += d1;
        }
        if g1.abs() < 1e-11 && g2.abs() < 1e-11 {
            break;
        }
        let determinant = h11 * h22 - h21 * h21;
        let (da, db) = (-(h22 * g1 - h21 * g2) / determinant, -(h11 * g2 - h21 * g1) / determinant);
        let slope = g1 * da + g2 * db;
        let mut step = 1.0;
        loop {
            let (new_a, new_b) = (a + step * da, b + step * db);
            let new = objective(new_a, new_b);
            if new < value + 1e-4 * step * slope {
                (a, b, value) = (new_a, new_b, new);
                break;
            }
            step /= 2.0;
            if step < 1e-10 {
                // Nothing is left to gain within rounding.
                return Calibrator::Platt { a, b };
            }
        }
    }
    Calibrator::Platt { a, b }
}

/// Pools neighbours that fall (Ayer et al. 1955); equal decisions are one point.
fn isotonic(outcome: &[bool], decision: &[f64]) -> Calibrator {
    let sorted = order(decision);
    // Sum of outcomes, number, first and last decision of each block.
    let mut points: Vec<(f64, f64, f64)> = Vec::new();
    for &i in &sorted {
        let (f, y) = (decision[i as usize], f64::from(u8::from(outcome[i as usize])));
        match points.last_mut() {
            Some(last) if last.2 == f => *last = (last.0 + y, last.1 + 1.0, f),
            _ => points.push((y, 1.0, f)),
        }
    }
    let mut blocks: Vec<(f64, f64, f64, f64)> = Vec::new();
    for (sum, count, f) in points {
        blocks.push((sum, count, f, f));
        while let [.., a, b] = blocks[..] {
            if a.0 * b.1 < b.0 * a.1 {
                break;
            }
            blocks.truncate(blocks.len() - 2);
            blocks.push((a.0 + b.0, a.1 + b.1, a.2, b.3));
        }
    }
    let (mut at, mut probability) = (Vec::new(), Vec::new());
    for (sum, count, first, last) in blocks {
        at.push(first);
        probability.push(sum / count);
        if last > first {
            at.push(last);
            probability.push(sum / count);
        }
    }
    Calibrator::Isotonic { decision: at, probability }
}

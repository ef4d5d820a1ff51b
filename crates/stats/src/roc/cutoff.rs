//! Cut-offs chosen from a curve, with the rule for ties stated.

use serde::{Deserialize, Serialize};

use super::{Roc, RocPoint, Thresholds};
use crate::confusion::Confusion;
use crate::error::Error;

/// What makes a cut-off the best.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Largest `sensitivity + r · specificity`, Youden's index for `r = 1`.
    Youden,
    /// Smallest `(1 − sensitivity)² + r (1 − specificity)²`: nearest to the upper left corner.
    ClosestTopLeft,
    /// Youden's index with `r = (1 − prevalence) / (cost · prevalence)`, where `cost` is that of a false negative
    /// in units of a false positive. pROC's `best.weights = c(cost, prevalence)`.
    WeightedYouden {
        /// Cost of a false negative relative to a false positive.
        cost: f64,
        /// Prevalence in the population of use.
        prevalence: f64,
    },
    /// The nearest to the upper left corner with the same weights.
    WeightedTopLeft {
        /// Cost of a false negative relative to a false positive.
        cost: f64,
        /// Prevalence in the population of use.
        prevalence: f64,
    },
    /// Largest share of right answers.
    Accuracy,
    /// Largest F1.
    F1,
    /// Smallest difference of sensitivity and specificity.
    Balance,
    /// Largest specificity among cut-offs with at least this sensitivity.
    SensitivityAtLeast(f64),
    /// Largest sensitivity among cut-offs with at least this specificity.
    SpecificityAtLeast(f64),
}

/// The best cut-offs by one criterion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cutoff {
    /// The criterion.
    pub criterion: Criterion,
    /// The value it reaches.
    pub value: f64,
    /// All cut-offs that reach it, in the order of [`Roc::points`]: for [`Thresholds::Midpoint`] from the one that
    /// calls most patients positive on, as pROC lists them; for [`Thresholds::Attained`] from the one that calls
    /// fewest, so that the first is what `numpy.argmax` finds.
    pub best: Vec<RocPoint>,
}

impl Cutoff {
    /// The first of equal best cut-offs.
    pub fn first(&self) -> Option<&RocPoint> {
        self.best.first()
    }
}

impl Roc {
    /// All cut-offs that are best by a criterion.
    ///
    /// R: `pROC::coords(roc, "best", best.method = "youden")`; Python: `thresholds[numpy.argmax(tpr - fpr)]`.
    ///
    /// Values are compared as the anchor computes them in floating point: two cut-offs tie when those agree to the
    /// last bit.
    ///
    /// # Errors
    /// [`Error::Setting`] for weights or limits outside their range.
    ///
    /// ```
    /// use radiomics_stats::roc::{Criterion, Direction, Roc, Thresholds};
    /// let outcome = [false, false, true, false, true, true];
    /// let roc = Roc::new(&outcome, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], Direction::Higher)?;
    /// let cutoff = roc.cutoff(Criterion::Youden, Thresholds::Midpoint)?;
    /// let at: Vec<f64> = cutoff.best.iter().map(|p| p.threshold).collect();
    /// assert_eq!(at, [2.5, 4.5]); // both give 2/3
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn cutoff(&self, criterion: Criterion, thresholds: Thresholds) -> Result<Cutoff, Error> {
        let weight = weight(criterion)?;
        let points = self.points(thresholds);
        let value = |c: &Confusion| {
            let (se, sp) = (c.sensitivity(), c.specificity());
            match criterion {
                Criterion::Youden if thresholds == Thresholds::Attained => {
                    se - c.fp as f64 / (c.fp + c.tn) as f64
                }
                Criterion::Youden | Criterion::WeightedYouden { .. } => se + weight * sp,
                Criterion::ClosestTopLeft | Criterion::WeightedTopLeft { .. } => {
                    -((1.0 - se) * (1.0 - se) + weight * ((1.0 - sp) * (1.0 - sp)))
                }
                Criterion::Accuracy => c.accuracy(),
                Criterion::F1 => c.f_beta(1.0),
                Criterion::Balance => -(se - sp).abs(),
                Criterion::SensitivityAtLeast(least) => {
                    if se >= least {
                        sp
                    } else {
                        f64::NEG_INFINITY
                    }
                }
                Criterion::SpecificityAtLeast(least) => {
                    if sp >= least {
                        se
                    } else {
                        f64::NEG_INFINITY
                    }
                }
            }
        };
        let values: Vec<f64> = points.iter().map(|p| value(&p.counts)).collect();
        let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let best_points = points.iter().zip(&values).filter(|(_, v)| **v == best).map(|(p, _)| *p).collect();
        let value = match criterion {
            Criterion::Youden if thresholds == Thresholds::Midpoint => best - 1.0,
            Criterion::ClosestTopLeft | Criterion::WeightedTopLeft { .. } | Criterion::Balance => -best,
            _ => best,
        };
        Ok(Cutoff { criterion, value, best: best_points })
    }
}

fn weight(criterion: Criterion) -> Result<f64, Error> {
    let refuse =
        |name, value: f64, expected| Err(Error::Setting { name, value: value.to_string(), expected });
    match criterion {
        Criterion::WeightedYouden { cost, prevalence } | Criterion::WeightedTopLeft { cost, prevalence } => {
            if !(cost > 0.0 && cost.is_finite()) {
                return refuse("cost of a false negative", cost, "positive and finite");
            }
            if !(prevalence > 0.0 && prevalence < 1.0) {
                return refuse("prevalence", prevalence, "between 0 and 1");
            }
            Ok((1.0 - prevalence) / (cost * prevalence))
        }
        Criterion::SensitivityAtLeast(v) | Criterion::SpecificityAtLeast(v) if !(0.0..=1.0).contains(&v) => {
            refuse("least rate", v, "between 0 and 1")
        }
        _ => Ok(1.0),
    }
}

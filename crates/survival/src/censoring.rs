//! Probability of being uncensored, by whose inverse patients are weighted.

use crate::error::Error;
use crate::outcome::Outcome;
use crate::risk_sets::walk;

/// Kaplan–Meier curve of the censoring times. Events leave the risk set before those who are censored at the same
/// time: `G(t) = Π (1 − c / (n − d))`.
///
/// R: `prodlim(Hist(time, event) ~ 1, reverse = TRUE)`; Python: `sksurv.nonparametric.CensoringDistributionEstimator`.
///
/// ```
/// use radiomics_survival::{Outcome, censoring::Censoring};
/// let g = Censoring::new(&Outcome::new(&[1.0, 2.0, 2.0, 3.0], &[true, true, false, true])?);
/// assert_eq!((g.before(2.0), g.at(2.0)), (1.0, 0.5));
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Censoring {
    /// Times at which somebody is censored, increasing.
    pub time: Vec<f64>,
    /// Probability of being uncensored after each.
    pub survival: Vec<f64>,
    /// The longest time of all.
    pub last: f64,
}

impl Censoring {
    /// From the patients that the weights are to be estimated on. Python: `CensoringDistributionEstimator().fit(y)`.
    pub fn new(outcome: &Outcome) -> Self {
        let (mut time, mut survival, mut last, mut g) = (Vec::new(), Vec::new(), 0.0, 1.0);
        walk(
            outcome,
            None,
            1,
            |code| code != 0,
            |set| {
                last = set.time;
                if set.censored[0] > 0.0 {
                    g *= 1.0 - set.censored[0] / (set.at_risk[0] - set.events[0]);
                    time.push(set.time);
                    survival.push(g.max(0.0));
                }
            },
        );
        Self { time, survival, last }
    }

    /// `G(t)`: uncensored up to and including the time. Python: `predict_proba(time)` of that estimator.
    pub fn at(&self, time: f64) -> f64 {
        self.after(self.time.partition_point(|&t| t <= time))
    }

    /// `G(t−)`: uncensored before the time.
    pub fn before(&self, time: f64) -> f64 {
        self.after(self.time.partition_point(|&t| t < time))
    }

    fn after(&self, rows: usize) -> f64 {
        if rows == 0 { 1.0 } else { self.survival[rows - 1] }
    }

    /// `G(t)` to divide by.
    ///
    /// # Errors
    /// [`Error::ZeroCensoringProbability`]; [`Error::OutsideFollowUp`] after the last time of the patients that the
    /// curve comes from.
    pub fn positive_at(&self, time: f64) -> Result<f64, Error> {
        self.positive(self.at(time), time)
    }

    /// `G(t−)` to divide by.
    ///
    /// # Errors
    /// As [`positive_at`](Self::positive_at).
    pub fn positive_before(&self, time: f64) -> Result<f64, Error> {
        self.positive(self.before(time), time)
    }

    fn positive(&self, g: f64, time: f64) -> Result<f64, Error> {
        if g <= 0.0 {
            return Err(Error::ZeroCensoringProbability { time });
        }
        if time > self.last {
            let what = "the probability of being uncensored";
            return Err(Error::OutsideFollowUp { what, time, first: 0.0, last: self.last });
        }
        Ok(g)
    }
}

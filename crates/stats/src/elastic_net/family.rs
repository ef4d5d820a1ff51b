//! Losses that plug into the coordinate descent.

use crate::describe::{mean, sum_of_squares};
use crate::error::{Error, require_count, require_finite};
use crate::logistic::{logit, sigmoid, softplus};
use crate::roc::require_both_classes;

/// A loss that is convex in the linear predictor.
pub trait Family: Sync {
    /// Number of patients.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// At a linear predictor: fills the negative gradient of the loss (`score`) and its curvature (`weight`) for
    /// each patient and returns the loss. The loss is `−ln L`, for gaussian outcomes half the sum of squares.
    fn derivatives(&self, eta: &[f64], score: &mut [f64], weight: &mut [f64]) -> f64;

    /// The intercept without any column; `None` for a family that has no intercept.
    fn null_intercept(&self) -> Option<f64>;

    /// Whether the loss is quadratic, so that one round suffices.
    fn quadratic(&self) -> bool {
        false
    }

    /// Spread of a gaussian outcome (dividing by `n`), 1 for others.
    fn outcome_scale(&self) -> f64 {
        1.0
    }

    /// Whether a sequence of λ made from the data ends here: `ratios` are the shares of the deviance explained so far, at
    /// least five. By default where the last step gained less than 1e-5 (of the whole share for a quadratic loss), or
    /// 0.999 is explained.
    fn finished(&self, ratios: &[f64]) -> bool {
        let [.., last, ratio] = ratios else { return false };
        let little = if self.quadratic() { 1e-5 * ratio } else { 1e-5 };
        ratio - last < little || *ratio > 0.999
    }

    /// Loss of the saturated model, which the deviance is measured from.
    fn saturated_loss(&self) -> f64 {
        0.0
    }
}

/// Squared error: `½ Σ (y − η)²`.
#[derive(Clone, Debug)]
pub struct Gaussian {
    y: Vec<f64>,
}

impl Gaussian {
    /// A measured outcome.
    ///
    /// # Errors
    /// Fewer than two values, values that are not finite; [`Error::Constant`].
    pub fn new(y: &[f64]) -> Result<Self, Error> {
        require_count("outcomes", y.len(), 2)?;
        require_finite("outcome", y)?;
        if y.iter().all(|v| *v == y[0]) {
            return Err(Error::Constant { what: "the outcome".to_owned(), value: y[0] });
        }
        Ok(Self { y: y.to_vec() })
    }
}

impl Family for Gaussian {
    fn len(&self) -> usize {
        self.y.len()
    }

    fn derivatives(&self, eta: &[f64], score: &mut [f64], weight: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        for (i, (y, e)) in self.y.iter().zip(eta).enumerate() {
            score[i] = y - e;
            weight[i] = 1.0;
            loss += 0.5 * (y - e) * (y - e);
        }
        loss
    }

    fn null_intercept(&self) -> Option<f64> {
        Some(mean(&self.y))
    }

    fn quadratic(&self) -> bool {
        true
    }

    fn outcome_scale(&self) -> f64 {
        (sum_of_squares(&self.y, mean(&self.y)) / self.y.len() as f64).sqrt()
    }
}

/// Logistic loss.
#[derive(Clone, Debug)]
pub struct Binomial {
    y: Vec<bool>,
}

impl Binomial {
    /// A binary outcome.
    ///
    /// # Errors
    /// [`Error::OneClass`].
    pub fn new(y: &[bool]) -> Result<Self, Error> {
        require_both_classes(y)?;
        Ok(Self { y: y.to_vec() })
    }
}

impl Family for Binomial {
    fn len(&self) -> usize {
        self.y.len()
    }

    fn derivatives(&self, eta: &[f64], score: &mut [f64], weight: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        for (i, (y, e)) in self.y.iter().zip(eta).enumerate() {
            let p = sigmoid(*e);
            score[i] = if *y { sigmoid(-e) } else { -p };
            // A floor keeps patients who are all but certain in the quadratic approximation.
            weight[i] = (p * (1.0 - p)).max(1e-9);
            loss += softplus(if *y { -e } else { *e });
        }
        loss
    }

    fn null_intercept(&self) -> Option<f64> {
        Some(logit(self.y.iter().filter(|y| **y).count() as f64 / self.y.len() as f64))
    }
}

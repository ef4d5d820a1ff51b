//! Summary of how probabilities hold up on new patients, as R's `rms::val.prob` gives it.

use serde::Serialize;

use super::{Lowess, brier_score, check, lowess};
use crate::describe::quantile;
use crate::distribution::{chi_squared_upper, normal_two_sided};
use crate::error::{Error, require};
use crate::logistic::{Logistic, logit, softplus};
use crate::roc::{Direction, Roc};

/// Discrimination and calibration of given probabilities.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Validation {
    /// Area under the ROC curve.
    pub c: f64,
    /// Somers' `2 (C − ½)`.
    pub dxy: f64,
    /// Nagelkerke's R² of the probabilities as they are; negative for very wrong ones.
    pub r2: f64,
    /// Discrimination index `(L − 1) / n`.
    pub d: f64,
    /// Its χ², the gain in `−2 ln L` over the prevalence.
    pub d_chi_squared: f64,
    /// Unreliability index `(χ² − 2) / n`.
    pub u: f64,
    /// Its χ² against slope 1 and intercept 0, 2 degrees of freedom.
    pub u_chi_squared: f64,
    /// Its p-value.
    pub u_p: f64,
    /// Quality index `D − U`.
    pub q: f64,
    /// Brier score.
    pub brier: f64,
    /// Intercept of the logistic recalibration; 0 is perfect.
    pub intercept: f64,
    /// Slope of the logistic recalibration; below 1 for overfitted models.
    pub slope: f64,
    /// Intercept with the slope held at 1: calibration in the large.
    pub in_the_large: f64,
    /// Largest distance between smoothed observed and predicted.
    pub e_max: f64,
    /// Its 90 % quantile.
    pub e_90: f64,
    /// Its mean.
    pub e_average: f64,
    /// Spiegelhalter's z.
    pub spiegelhalter_z: f64,
    /// Its two-sided p-value.
    pub spiegelhalter_p: f64,
    /// The smoothed calibration curve (a line of span 2/3 around each probability).
    pub smooth: Lowess,
}

impl Validation {
    /// R: `rms::val.prob(p, y)`.
    ///
    /// # Errors
    /// Probabilities of exactly 0 or 1 (their logit is infinite), one class only, lengths that differ, and what
    /// [`Logistic::fit`] refuses.
    pub fn new(outcome: &[bool], p: &[f64]) -> Result<Self, Error> {
        check(outcome, p)?;
        require("probability", p, "above 0 and below 1", |v| v > 0.0 && v < 1.0)?;
        let n = p.len() as f64;
        let c = Roc::new(outcome, p, Direction::Higher)?.auc();
        let logits: Vec<f64> = p.iter().map(|v| logit(*v)).collect();
        let fit = Logistic::fit(outcome, &[("logit of the probability", &logits)])?;
        let as_given: f64 =
            -2.0 * logits.iter().zip(outcome).map(|(l, o)| -softplus(if *o { -l } else { *l })).sum::<f64>();
        let null = fit.null_deviance();
        let gain = null - as_given;
        let r2 = (1.0 - (-gain / n).exp()) / (1.0 - (-null / n).exp());
        let u_chi_squared = as_given - fit.deviance();
        let (d, u) = ((gain - 1.0) / n, (u_chi_squared - 2.0) / n);
        let (mut deviation, mut variance) = (0.0, 0.0);
        for (&o, &v) in outcome.iter().zip(p) {
            deviation += (f64::from(u8::from(o)) - v) * (1.0 - 2.0 * v);
            variance += (1.0 - 2.0 * v).powi(2) * v * (1.0 - v);
        }
        let z = deviation / variance.sqrt();
        let y: Vec<f64> = outcome.iter().map(|o| f64::from(u8::from(*o))).collect();
        let smooth = lowess(p, &y, 2.0 / 3.0, 0, None)?;
        let errors: Vec<f64> = p.iter().map(|v| (v - smooth.at(*v)).abs()).collect();
        Ok(Self {
            c,
            dxy: 2.0 * (c - 0.5),
            r2,
            d,
            d_chi_squared: gain,
            u,
            u_chi_squared,
            u_p: chi_squared_upper(u_chi_squared, 2.0),
            q: d - u,
            brier: brier_score(outcome, p)?,
            intercept: fit.coefficients[0],
            slope: fit.coefficients[1],
            in_the_large: Logistic::fit_with_offset(outcome, &[], &logits)?.coefficients[0],
            e_max: errors.iter().copied().fold(0.0, f64::max),
            e_90: quantile(&errors, 0.9),
            e_average: errors.iter().sum::<f64>() / n,
            spiegelhalter_z: z,
            spiegelhalter_p: normal_two_sided(z),
            smooth,
        })
    }
}

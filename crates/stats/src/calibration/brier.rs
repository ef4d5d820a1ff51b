//! Brier score and its parts.

use serde::Serialize;

use super::check;
use crate::error::Error;
use crate::rank::sorted_keys;

/// Mean squared difference of probability and outcome. Python: `brier_score_loss(y, p)`.
///
/// # Errors
/// Lengths that differ, values outside 0..1, no patients.
pub fn brier_score(outcome: &[bool], p: &[f64]) -> Result<f64, Error> {
    check(outcome, p)?;
    let sum: f64 = outcome.iter().zip(p).map(|(o, v)| (v - f64::from(u8::from(*o))).powi(2)).sum();
    Ok(sum / p.len() as f64)
}

/// Mean of `−ln` of the probability given to what happened; probabilities of 0 and 1 are moved by 2.2e-16 as
/// scikit-learn does. Python: `log_loss(y, p)`.
///
/// # Errors
/// As [`brier_score`].
pub fn log_loss(outcome: &[bool], p: &[f64]) -> Result<f64, Error> {
    check(outcome, p)?;
    let sum: f64 = outcome
        .iter()
        .zip(p)
        .map(|(o, v)| {
            let v = v.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
            if *o { -v.ln() } else { -(-v).ln_1p() }
        })
        .sum();
    Ok(sum / p.len() as f64)
}

/// Murphy's parts (1973), over distinct probabilities: `score = reliability − resolution + uncertainty`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Brier {
    /// The score.
    pub score: f64,
    /// Distance of observed from predicted; 0 is perfect.
    pub reliability: f64,
    /// Spread of what is observed; large is good.
    pub resolution: f64,
    /// Variance of the outcome.
    pub uncertainty: f64,
    /// `1 − score / uncertainty`: 0 for the prevalence as prediction, 1 for perfect ones.
    pub scaled: f64,
}

impl Brier {
    /// Score and parts. R: `verification::brier(y, p, bins = FALSE)`.
    ///
    /// # Errors
    /// As [`brier_score`].
    pub fn new(outcome: &[bool], p: &[f64]) -> Result<Self, Error> {
        let score = brier_score(outcome, p)?;
        let n = p.len() as f64;
        let mean = outcome.iter().filter(|o| **o).count() as f64 / n;
        let (mut reliability, mut resolution) = (0.0, 0.0);
        for group in sorted_keys(p).chunk_by(|a, b| a.0 == b.0) {
            let size = group.len() as f64;
            let observed = group.iter().filter(|(_, i)| outcome[*i as usize]).count() as f64 / size;
            let predicted = p[group[0].1 as usize];
            reliability += size * (predicted - observed).powi(2) / n;
            resolution += size * (observed - mean).powi(2) / n;
        }
        let uncertainty = mean * (1.0 - mean);
        Ok(Self { score, reliability, resolution, uncertainty, scaled: 1.0 - score / uncertainty })
    }
}

//! Do predicted probabilities come true? Brier score, calibration curves and their summaries.

mod bins;
mod brier;
mod hosmer_lemeshow;
mod lowess;
mod validation;

pub use self::bins::{Bin, BinStrategy, CalibrationCurve};
pub use self::brier::{Brier, brier_score, log_loss};
pub use self::hosmer_lemeshow::{HosmerLemeshow, hosmer_lemeshow};
pub use self::lowess::{Lowess, lowess};
pub use self::validation::Validation;

use crate::error::{Error, require, require_count, require_length};

/// Outcome and probabilities fit together.
fn check(outcome: &[bool], p: &[f64]) -> Result<(), Error> {
    require_length("probabilities", p.len(), outcome.len())?;
    require_count("patients", p.len(), 1)?;
    require("probability", p, "between 0 and 1", |v| (0.0..=1.0).contains(&v))
}

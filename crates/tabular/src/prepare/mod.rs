//! Steps between a raw table and the columns a model sees. Each is fitted on training rows and then applied.

mod combat;
mod encode;
mod filter;
mod impute;
mod scale;
mod transform;

pub use self::combat::{Combat, CombatSettings};
pub use self::encode::{Encoder, EncoderSettings, Nominal, Unseen};
pub use self::filter::{drop_low_variance, drop_missing};
pub use self::impute::{Impute, Imputer};
pub use self::scale::{Scale, Scaler};
pub use self::transform::Transform;

use crate::error::Result;
use crate::matrix::Matrix;

/// The columns a step was fitted on, from a matrix that may have more.
pub(crate) fn fitted_columns(names: &[String], x: &Matrix) -> Result<Matrix> {
    if names == x.names() { Ok(x.clone()) } else { x.select(names) }
}

/// The values that are there.
pub(crate) fn present(column: &[f64]) -> Vec<f64> {
    column.iter().copied().filter(|v| !v.is_nan()).collect()
}

//! Functions of single values, which need no fit.

use serde::{Deserialize, Serialize};

use crate::matrix::Matrix;

/// A function of a value. Missing values stay missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// `ln(1 + x)`. Python: `numpy.log1p`.
    Log1p,
    /// `ln x`.
    Log,
    /// `√x`.
    Sqrt,
    /// `sign(x) ln(1 + |x|)`, for features of either sign.
    SignedLog1p,
}

impl Transform {
    /// Each value of a column; NaN where the function has no value.
    ///
    /// ```
    /// use radiomics_tabular::prepare::Transform;
    /// assert_eq!(Transform::SignedLog1p.apply(&[0.0, -1.0]), [0.0, -std::f64::consts::LN_2]);
    /// ```
    pub fn apply(self, values: &[f64]) -> Vec<f64> {
        values
            .iter()
            .map(|v| match self {
                Self::Log1p => v.ln_1p(),
                Self::Log => v.ln(),
                Self::Sqrt => v.sqrt(),
                Self::SignedLog1p => v.abs().ln_1p().copysign(*v),
            })
            .collect()
    }

    /// The values that were transformed, but for rounding.
    ///
    /// ```
    /// use radiomics_tabular::prepare::Transform;
    /// let back = Transform::SignedLog1p.undo(&Transform::SignedLog1p.apply(&[3.0, -1.0]));
    /// assert!((back[0] - 3.0).abs() < 1e-12 && (back[1] + 1.0).abs() < 1e-12);
    /// ```
    pub fn undo(self, values: &[f64]) -> Vec<f64> {
        values
            .iter()
            .map(|v| match self {
                Self::Log1p => v.exp_m1(),
                Self::Log => v.exp(),
                Self::Sqrt => v * v,
                Self::SignedLog1p => v.abs().exp_m1().copysign(*v),
            })
            .collect()
    }

    /// Each column of a matrix.
    pub fn apply_to(self, x: &Matrix) -> Matrix {
        x.map_columns(|_, column| self.apply(column))
    }
}

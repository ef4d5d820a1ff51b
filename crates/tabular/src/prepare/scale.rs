//! Centre and spread of columns.

use radiomics_stats::describe::{mean, quantile, sum_of_squares};
use serde::{Deserialize, Serialize};

use super::{fitted_columns, present};
use crate::error::{Error, Result};
use crate::matrix::Matrix;

/// How columns are scaled. A column without spread becomes 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// `(x − mean) / sd`, sd dividing by `n`. Python: `StandardScaler`.
    #[default]
    ZScore,
    /// The same with sd dividing by `n − 1`. R: `scale(x)`.
    ZScoreSample,
    /// `(x − median) / (Q3 − Q1)`. Python: `RobustScaler`.
    Robust,
    /// `(x − min) / (max − min)`. Python: `MinMaxScaler`.
    MinMax,
}

/// Centre and spread of each column of the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    /// The columns.
    pub names: Vec<String>,
    /// What is subtracted.
    pub centre: Vec<f64>,
    /// What is divided by; 0 for a column without spread.
    pub spread: Vec<f64>,
}

impl Scale {
    /// Finds centre and spread. Missing values are passed over.
    ///
    /// # Errors
    /// [`Error::Empty`] for a column without any value, with its name; [`Error::ColumnKind`] for one of levels.
    ///
    /// ```
    /// use radiomics_tabular::{Matrix, prepare::Scale};
    /// let train = Matrix::unnamed(vec![vec![1.0, 3.0], vec![5.0, 5.0]])?;
    /// let scaler = Scale::ZScore.fit(&train)?;
    /// let new = Matrix::unnamed(vec![vec![4.0], vec![9.0]])?;
    /// assert_eq!(scaler.apply(&new)?.columns(), [[2.0], [0.0]]);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn fit(self, x: &Matrix) -> Result<Scaler> {
        x.require_numbers()?;
        let mut scaler = Scaler { names: x.names().to_vec(), centre: Vec::new(), spread: Vec::new() };
        for (name, column) in x.names().iter().zip(x.columns()) {
            let known = present(column);
            if known.is_empty() {
                return Err(Error::Empty {
                    what: format!("scaling of `{name}`"),
                    why: "no training row has a value".to_owned(),
                });
            }
            let low = known.iter().copied().fold(f64::INFINITY, f64::min);
            let high = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let m = mean(&known);
            let (centre, spread) = match self {
                Self::ZScore => (m, (sum_of_squares(&known, m) / known.len() as f64).sqrt()),
                Self::ZScoreSample => {
                    (m, (sum_of_squares(&known, m) / (known.len() as f64 - 1.0).max(1.0)).sqrt())
                }
                Self::Robust => (quantile(&known, 0.5), quantile(&known, 0.75) - quantile(&known, 0.25)),
                Self::MinMax => (low, high - low),
            };
            // Equal values may leave a rest of rounding in their sum of squares.
            let constant = low == high || spread <= 1e-14 * low.abs().max(high.abs());
            scaler.centre.push(centre);
            scaler.spread.push(if constant { 0.0 } else { spread });
        }
        Ok(scaler)
    }
}

impl Scaler {
    /// Scales other rows.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`] where a column of the fit is absent.
    pub fn apply(&self, x: &Matrix) -> Result<Matrix> {
        Ok(fitted_columns(&self.names, x)?.map_columns(|j, c| {
            let (centre, spread) = (self.centre[j], self.spread[j]);
            c.iter().map(|v| if spread > 0.0 || v.is_nan() { (v - centre) / spread } else { 0.0 }).collect()
        }))
    }
}

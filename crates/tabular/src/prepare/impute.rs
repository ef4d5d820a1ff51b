//! Missing values.

use std::collections::BTreeMap;

use radiomics_stats::describe::median;
use radiomics_stats::rank::key;
use serde::{Deserialize, Serialize};

use super::{fitted_columns, present};
use crate::error::{Error, Result};
use crate::matrix::Matrix;

/// What missing values are replaced with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impute {
    /// The median of the training rows. Python: `SimpleImputer(strategy = "median")`.
    #[default]
    Median,
    /// Their mean.
    Mean,
    /// Their most frequent value, the smallest of equals. Python: `SimpleImputer(strategy = "most_frequent")`.
    Mode,
    /// A constant.
    Constant(f64),
}

/// Values for each column, from the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Imputer {
    /// The columns.
    pub names: Vec<String>,
    /// What is put in place of missing values.
    pub values: Vec<f64>,
}

impl Impute {
    /// Finds the values.
    ///
    /// # Errors
    /// [`Error::Empty`] for a column without any value, with its name; [`Error::ColumnKind`] for one of levels.
    ///
    /// ```
    /// use radiomics_tabular::{Matrix, prepare::Impute};
    /// let train = Matrix::unnamed(vec![vec![1.0, f64::NAN, 4.0, 2.0]])?;
    /// let imputer = Impute::Median.fit(&train)?;
    /// assert_eq!(imputer.apply(&train)?.column(0), [1.0, 2.0, 4.0, 2.0]);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn fit(self, x: &Matrix) -> Result<Imputer> {
        x.require_numbers()?;
        let mut values = Vec::with_capacity(x.width());
        for (name, column) in x.names().iter().zip(x.columns()) {
            let known = present(column);
            values.push(match self {
                Self::Constant(c) => c,
                _ if known.is_empty() => {
                    return Err(Error::Empty {
                        what: format!("imputation of `{name}`"),
                        why: "no training row has a value".to_owned(),
                    });
                }
                Self::Median => median(&known),
                Self::Mean => radiomics_stats::describe::mean(&known),
                Self::Mode => mode(&known),
            });
        }
        Ok(Imputer { names: x.names().to_vec(), values })
    }
}

impl Imputer {
    /// Fills the missing values of other rows.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`] where a column of the fit is absent.
    pub fn apply(&self, x: &Matrix) -> Result<Matrix> {
        Ok(fitted_columns(&self.names, x)?
            .map_columns(|j, c| c.iter().map(|v| if v.is_nan() { self.values[j] } else { *v }).collect()))
    }
}

fn mode(values: &[f64]) -> f64 {
    let mut counts: BTreeMap<u64, (usize, f64)> = BTreeMap::new();
    for v in values {
        counts.entry(key(*v)).or_insert((0, *v)).0 += 1;
    }
    let most = counts.values().map(|c| c.0).max().unwrap_or(0);
    counts.values().find(|c| c.0 == most).map_or(f64::NAN, |c| c.1)
}

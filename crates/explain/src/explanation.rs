//! Values of rows, their local accuracy and what they say together.

use ndarray::{Array2, ArrayView2};
use radiomics_stats::compare::{Correlation, correlation};
use serde::Serialize;

use crate::error::{Error, require_size};

/// Shapley values of rows: `prediction = base + Σ values` for each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// How they were found.
    pub method: &'static str,
    /// What is predicted when nothing is known, `v(∅)`.
    pub base: f64,
    /// Value of each player in each row. Shape `(rows, players)`. Unit: that of the prediction.
    #[serde(skip)]
    pub values: Array2<f64>,
    /// What the model says of each row, `v(all)`.
    pub predictions: Vec<f64>,
    /// Standard error of each value, for methods that sample orders. Shape `(rows, players)`.
    #[serde(skip)]
    pub standard_errors: Option<Array2<f64>>,
    /// Number of sets (or draws) that each row took.
    pub samples: usize,
}

/// What the values of one player say over all rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The player, counted from 0.
    pub player: usize,
    /// Mean of the absolute values: the usual measure of importance.
    pub mean_absolute: f64,
    /// Share in the sum of all players' mean absolute values, 0 to 1.
    pub share: f64,
    /// Largest absolute value.
    pub max_absolute: f64,
    /// Spearman's correlation of the feature with its value: above 0, more of it raises the prediction. `None` where
    /// one of the two is constant.
    pub direction: Option<f64>,
}

impl Explanation {
    /// Largest `|base + Σ values − prediction|`, with its row.
    pub fn additivity_error(&self) -> (usize, f64) {
        let mut worst = (0, 0.0);
        for (row, (values, prediction)) in self.values.rows().into_iter().zip(&self.predictions).enumerate() {
            let error = (self.base + values.sum() - prediction).abs();
            if error > worst.1 || error.is_nan() {
                worst = (row, error);
            }
        }
        worst
    }

    /// Local accuracy within `tolerance`, absolute.
    ///
    /// # Errors
    /// [`Error::Additivity`] names the worst row.
    pub fn check_additivity(&self, tolerance: f64) -> Result<(), Error> {
        let (row, error) = self.additivity_error();
        if error <= tolerance {
            return Ok(());
        }
        Err(Error::Additivity {
            row,
            sum: self.base + self.values.row(row).sum(),
            prediction: self.predictions[row],
            tolerance,
        })
    }

    /// Importance and direction of each player, most important first. `features` holds what the players were in each
    /// row, shape `(rows, players)`; Python: `shap.plots.bar(explanation)`.
    ///
    /// # Errors
    /// `features` has another shape than the values.
    pub fn summary(&self, features: ArrayView2<'_, f64>) -> Result<Vec<Summary>, Error> {
        require_size("rows of features", features.nrows(), self.values.nrows())?;
        require_size("columns of features", features.ncols(), self.values.ncols())?;
        let rows = self.values.nrows().max(1) as f64;
        let mut summaries: Vec<Summary> = self
            .values
            .columns()
            .into_iter()
            .zip(features.columns())
            .enumerate()
            .map(|(player, (values, feature))| Summary {
                player,
                mean_absolute: values.iter().map(|v| v.abs()).sum::<f64>() / rows,
                share: 0.0,
                max_absolute: values.iter().fold(0.0, |m, v| v.abs().max(m)),
                direction: correlation(&feature.to_vec(), &values.to_vec(), Correlation::Spearman).ok(),
            })
            .collect();
        let total: f64 = summaries.iter().map(|s| s.mean_absolute).sum();
        for summary in &mut summaries {
            summary.share = if total > 0.0 { summary.mean_absolute / total } else { 0.0 };
        }
        summaries.sort_by(|a, b| b.mean_absolute.total_cmp(&a.mean_absolute).then(a.player.cmp(&b.player)));
        Ok(summaries)
    }
}

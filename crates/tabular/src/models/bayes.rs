//! Gaussian naive Bayes.

use radiomics_stats::describe::{mean, sum_of_squares};
use serde::{Deserialize, Serialize};

use crate::error::{Result, check};
use crate::matrix::Matrix;

/// Settings of naive Bayes. Python: `GaussianNB(var_smoothing)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NaiveBayesSettings {
    /// Share of the largest variance of a column that is added to all variances.
    pub smoothing: f64,
}

impl Default for NaiveBayesSettings {
    fn default() -> Self {
        Self { smoothing: 1e-9 }
    }
}

/// Means and variances of each class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NaiveBayes {
    /// Log-odds of class 1 among the training patients.
    pub prior: f64,
    /// Means, `[class][column]`.
    pub mean: [Vec<f64>; 2],
    /// Variances, `[class][column]`.
    pub variance: [Vec<f64>; 2],
}

impl NaiveBayesSettings {
    /// Estimates means and variances.
    ///
    /// # Errors
    /// One class only, values that are not finite, a negative smoothing.
    pub fn fit(&self, x: &Matrix, outcome: &[bool]) -> Result<NaiveBayes> {
        super::check_input(x, outcome)?;
        check(self.smoothing >= 0.0 && self.smoothing.is_finite(), "smoothing", self.smoothing, "0 or more")?;
        let n = x.rows() as f64;
        let positive = outcome.iter().filter(|y| **y).count() as f64;
        let largest = x.columns().iter().map(|c| sum_of_squares(c, mean(c)) / n).fold(0.0, f64::max);
        let mut model = NaiveBayes {
            prior: (positive / (n - positive)).ln(),
            mean: [Vec::new(), Vec::new()],
            variance: [Vec::new(), Vec::new()],
        };
        for column in x.columns() {
            for class in [false, true] {
                let values: Vec<f64> =
                    column.iter().zip(outcome).filter(|(_, y)| **y == class).map(|(v, _)| *v).collect();
                let m = mean(&values);
                let variance =
                    sum_of_squares(&values, m).max(0.0) / values.len() as f64 + self.smoothing * largest;
                model.mean[usize::from(class)].push(m);
                // Without smoothing a class may have no spread; the smallest variance keeps its density finite.
                model.variance[usize::from(class)].push(variance.max(f64::MIN_POSITIVE * 1e20));
            }
        }
        Ok(model)
    }
}

impl NaiveBayes {
    /// Log-odds of class 1.
    pub fn log_odds<C: AsRef<[f64]>>(&self, columns: &[C]) -> Vec<f64> {
        let n = columns.first().map_or(0, |c| c.as_ref().len());
        let mut odds = vec![self.prior; n];
        for (j, column) in columns.iter().enumerate() {
            for (o, v) in odds.iter_mut().zip(column.as_ref()) {
                let term = |class: usize| {
                    let (m, s2) = (self.mean[class][j], self.variance[class][j]);
                    -0.5 * s2.ln() - (v - m) * (v - m) / (2.0 * s2)
                };
                *o += term(1) - term(0);
            }
        }
        odds
    }
}

//! Elastic-net paths by coordinate descent: one core for gaussian, binomial and (from the crate `survival`) Cox.
//!
//! Minimises `loss / n + λ Σ_j f_j (α |b_j| + (1 − α)/2 b_j²)` over a falling sequence of λ with warm starts, strong
//! rules and active sets (Friedman, Hastie and Tibshirani 2010; Tibshirani et al. 2012). The columns may be brought
//! to unit spread (dividing by `n`) first; coefficients come out on the columns' own scale.
//! A λ at which the iteration did not settle is flagged in [`Path::converged`], never passed over.

mod cross_validation;
mod descent;
mod family;

use serde::{Deserialize, Serialize};

use crate::error::{Error, require, require_count, require_finite, require_length};

pub use self::cross_validation::{
    Alignment, BinomialTarget, CrossValidation, GaussianTarget, Measure, Outcome, Target, cross_validate,
    cross_validate_target,
};
pub use self::family::{Binomial, Family, Gaussian};

/// Settings of a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ElasticNet {
    /// Share of the lasso: 1 is the lasso, 0 ridge.
    pub alpha: f64,
    /// The sequence of λ, falling; empty for one made from the data.
    pub lambda: Vec<f64>,
    /// Length of a sequence made from the data.
    pub lambda_count: usize,
    /// Smallest λ as a share of the largest; by default 0.01 with fewer patients than columns, else 0.0001.
    pub lambda_min_ratio: Option<f64>,
    /// Bring the columns to unit spread first.
    pub standardize: bool,
    /// Fit an intercept, which is not penalised.
    pub intercept: bool,
    /// Factor of the penalty of each column, rescaled to mean 1; empty for 1 everywhere. 0 leaves a column free.
    pub penalty_factors: Vec<f64>,
    /// Divide the ridge part by the spread of a gaussian outcome, as glmnet does inside (it matters for `alpha < 1`).
    pub glmnet_ridge_scale: bool,
    /// Stop when no step changes the loss by more than this share of the null loss.
    pub tolerance: f64,
    /// Passes over columns for each λ.
    pub max_passes: usize,
}

impl Default for ElasticNet {
    fn default() -> Self {
        Self {
            alpha: 1.0,
            lambda: Vec::new(),
            lambda_count: 100,
            lambda_min_ratio: None,
            standardize: true,
            intercept: true,
            penalty_factors: Vec::new(),
            glmnet_ridge_scale: true,
            tolerance: 1e-20,
            max_passes: 100_000,
        }
    }
}

/// Solutions along λ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Path {
    /// The sequence; shorter than asked for where the fit stopped improving, as glmnet stops.
    pub lambda: Vec<f64>,
    /// Intercepts; 0 for families without one.
    pub intercept: Vec<f64>,
    /// Coefficients of each λ, on the columns' own scale.
    pub coefficients: Vec<Vec<f64>>,
    /// Share of the null deviance explained.
    pub deviance_ratio: Vec<f64>,
    /// Number of coefficients that are not 0.
    pub nonzero: Vec<usize>,
    /// Deviance with the intercept alone.
    pub null_deviance: f64,
    /// Whether each λ met the tolerance.
    pub converged: Vec<bool>,
}

impl ElasticNet {
    /// The path of a family over columns of equal length.
    ///
    /// R: `glmnet::glmnet(x, y, family, alpha, lambda)`; Python: `sklearn.linear_model.lasso_path(x, y)`.
    ///
    /// # Errors
    /// Settings outside their range, columns of different length or with values that are not finite.
    ///
    /// ```
    /// use radiomics_stats::elastic_net::{ElasticNet, Gaussian};
    /// let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    /// let noise = [0.3, -0.2, 0.1, 0.4, -0.5, 0.0];
    /// let y = [2.1, 3.9, 6.2, 8.1, 9.8, 12.1];
    /// let path = ElasticNet { lambda: vec![1.0, 0.1], ..ElasticNet::default() }.path(&[&x, &noise], &Gaussian::new(&y)?)?;
    /// assert_eq!(path.nonzero[0], 1);
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn path(&self, columns: &[&[f64]], family: &impl Family) -> Result<Path, Error> {
        self.check(columns, family.len())?;
        descent::path(self, columns, family)
    }

    fn check(&self, columns: &[&[f64]], n: usize) -> Result<(), Error> {
        require_count("columns", columns.len(), 1)?;
        require_count("patients", n, 2)?;
        for column in columns {
            require_length("a column", column.len(), n)?;
            require_finite("column", column)?;
        }
        require("alpha", &[self.alpha], "between 0 and 1", |a| (0.0..=1.0).contains(&a))?;
        require("lambda", &self.lambda, "0 or more, finite", |l| l >= 0.0 && l.is_finite())?;
        require("tolerance", &[self.tolerance], "positive, finite", |t| t > 0.0 && t.is_finite())?;
        if !self.penalty_factors.is_empty() {
            require_length("penalty factors", self.penalty_factors.len(), columns.len())?;
            require("penalty factor", &self.penalty_factors, "0 or more, finite", |f| {
                f >= 0.0 && f.is_finite()
            })?;
            require("sum of penalty factors", &[self.penalty_factors.iter().sum()], "positive", |s| s > 0.0)?;
        }
        if self.lambda.windows(2).any(|w| w[0] < w[1]) {
            return Err(Error::Setting {
                name: "lambda",
                value: format!("{:?}", self.lambda),
                expected: "falling",
            });
        }
        require_count("values of lambda", self.lambda_count, 1)?;
        if let Some(ratio) = self.lambda_min_ratio {
            require("smallest lambda ratio", &[ratio], "above 0 and below 1", |r| r > 0.0 && r < 1.0)?;
        }
        Ok(())
    }
}

impl Path {
    /// Coefficients at any λ, linear between neighbours of the path and constant beyond its ends.
    /// R: `coef(fit, s = lambda)`. The intercept comes first.
    pub fn at(&self, lambda: f64) -> (f64, Vec<f64>) {
        let last = self.lambda.len() - 1;
        let right = self.lambda.partition_point(|l| *l > lambda).min(last);
        let left = if self.lambda[right] < lambda { right.saturating_sub(1) } else { right };
        let (a, b) = (self.lambda[left], self.lambda[right]);
        let share = if a > b { ((lambda - b) / (a - b)).clamp(0.0, 1.0) } else { 1.0 };
        let mix = |l: f64, r: f64| share * l + (1.0 - share) * r;
        let coefficients =
            self.coefficients[left].iter().zip(&self.coefficients[right]).map(|(l, r)| mix(*l, *r)).collect();
        (mix(self.intercept[left], self.intercept[right]), coefficients)
    }

    /// Linear predictors at one position of the path. R: `predict(fit, x, s = fit$lambda[position])`.
    pub fn linear_predictor(&self, position: usize, columns: &[&[f64]]) -> Vec<f64> {
        predictor(self.intercept[position], &self.coefficients[position], columns)
    }
}

pub(crate) fn predictor(intercept: f64, coefficients: &[f64], columns: &[&[f64]]) -> Vec<f64> {
    let n = columns.first().map_or(0, |c| c.len());
    let mut eta = vec![intercept; n];
    for (column, b) in columns.iter().zip(coefficients).filter(|(_, b)| **b != 0.0) {
        for (e, v) in eta.iter_mut().zip(*column) {
            *e += v * b;
        }
    }
    eta
}

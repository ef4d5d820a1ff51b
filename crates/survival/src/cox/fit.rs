//! A fitted model: coefficients, tests, hazard ratios.

use std::collections::BTreeMap;

use radiomics_stats::distribution::{chi_squared_upper, normal_two_sided};
use radiomics_stats::error::require_level;
use radiomics_stats::linalg::{Cholesky, quadratic_form};
use radiomics_stats::{Interval, Test};
use serde::Serialize;

use super::Ties;
use super::layout::Layout;
use crate::concordance::Concordance;
use crate::{Error, Outcome};

/// How the iteration ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Convergence {
    /// The likelihood has a maximum, and this is it.
    Converged,
    /// The likelihood rises without bound along these columns; their coefficients are where the iteration stopped.
    /// R warns that the "coefficient may be infinite".
    Unbounded {
        /// Names of the columns.
        columns: Vec<String>,
    },
    /// The iterations did not suffice.
    IterationLimit,
}

/// A fitted Cox model. Matrices are given row by row.
#[derive(Clone, Debug, Serialize)]
pub struct CoxFit {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Logarithms of hazard ratios. R: `coef(fit)`.
    pub coefficients: Vec<f64>,
    /// Their covariance; the robust one where it was asked for. With a ridge penalty the inverse of information plus
    /// penalty. R: `fit$var`.
    pub covariance: Vec<f64>,
    /// The inverse of the information, where `covariance` is robust. R: `fit$naive.var`.
    pub naive_covariance: Option<Vec<f64>>,
    /// With a ridge penalty, `H⁻¹ I H⁻¹` (Gray 1992); empty without. R: `fit$var2`.
    pub sandwich: Vec<f64>,
    /// Number of coefficients; with a ridge penalty the trace of `I H⁻¹`. R: `fit$df`.
    pub degrees_of_freedom: f64,
    /// Logarithm of the partial likelihood, without penalty.
    pub log_likelihood: f64,
    /// The same with all coefficients 0.
    pub null_log_likelihood: f64,
    /// χ² of the score test. R: `fit$score`.
    pub score_statistic: f64,
    /// χ² of the robust score test. R: `fit$rscore`.
    pub robust_score_statistic: Option<f64>,
    /// How the iteration ended.
    pub convergence: Convergence,
    /// Newton steps.
    pub iterations: usize,
    /// Number of rows.
    pub n: usize,
    /// Number of events.
    pub events: usize,
    /// Treatment of ties.
    pub ties: Ties,
    /// `(x − means) β` plus the offset less its mean, for each row. R: `fit$linear.predictors`.
    pub linear_predictors: Vec<f64>,
    /// Where the linear predictor is 0: means of the columns, 0 for columns of −1, 0 and 1 alone. R: `fit$means`.
    pub means: Vec<f64>,
    #[serde(skip)]
    pub(crate) ridge: Vec<f64>,
    #[serde(skip)]
    pub(crate) outcome: Outcome,
    #[serde(skip)]
    pub(crate) cluster: Vec<u32>,
    #[serde(skip)]
    pub(crate) offset_shift: f64,
    #[serde(skip)]
    pub(crate) offset_mean: f64,
    #[serde(skip)]
    pub(crate) layout: Layout,
}

/// One line of the table of hazard ratios.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HazardRatio {
    /// The column.
    pub name: String,
    /// Logarithm of the hazard ratio for one unit of the column.
    pub coefficient: f64,
    /// Hazard ratio.
    pub ratio: f64,
    /// Its Wald interval.
    pub interval: Interval,
    /// Standard error of the coefficient from the information.
    pub se: f64,
    /// Robust standard error, where it was asked for.
    pub robust_se: Option<f64>,
    /// Wald z, from the robust error where there is one.
    pub z: f64,
    /// Its two-sided p.
    pub p: f64,
}

impl CoxFit {
    /// The fit itself, or the reason why it cannot be trusted.
    ///
    /// # Errors
    /// [`Error::MonotoneLikelihood`] with the columns whose coefficients have no bound; an iteration that did not end.
    pub fn converged(&self) -> Result<&Self, Error> {
        match &self.convergence {
            Convergence::Converged => Ok(self),
            Convergence::Unbounded { columns } => Err(Error::MonotoneLikelihood { columns: columns.clone() }),
            Convergence::IterationLimit => Err(Error::Stats(radiomics_stats::Error::NotConverged {
                what: "the Cox model".to_owned(),
                iterations: self.iterations,
                change: f64::NAN,
            })),
        }
    }

    /// Standard errors, robust ones where they were asked for. R: `sqrt(diag(vcov(fit)))`.
    pub fn standard_errors(&self) -> Vec<f64> {
        roots(&self.covariance, self.names.len())
    }

    /// Standard errors from the information. R: `sqrt(diag(fit$naive.var))` of a robust fit.
    pub fn naive_standard_errors(&self) -> Vec<f64> {
        roots(self.naive(), self.names.len())
    }

    /// The inverse of the information.
    pub(crate) fn naive(&self) -> &[f64] {
        self.naive_covariance.as_deref().unwrap_or(&self.covariance)
    }

    /// Table of hazard ratios. R: `summary(fit, conf.int = level)`.
    ///
    /// # Errors
    /// A level outside 0..1.
    pub fn hazard_ratios(&self, level: f64) -> Result<Vec<HazardRatio>, Error> {
        require_level(level)?;
        let (se, naive) = (self.standard_errors(), self.naive_standard_errors());
        Ok((0..self.names.len())
            .map(|j| {
                let (b, z) = (self.coefficients[j], self.coefficients[j] / se[j]);
                HazardRatio {
                    name: self.names[j].clone(),
                    coefficient: b,
                    ratio: b.exp(),
                    interval: Interval::normal(b, se[j], level).map(f64::exp),
                    se: naive[j],
                    robust_se: self.naive_covariance.is_some().then_some(se[j]),
                    z,
                    p: normal_two_sided(z),
                }
            })
            .collect())
    }

    fn test(&self, method: &'static str, statistic: f64) -> Test {
        let df = self.degrees_of_freedom;
        Test::plain(method, statistic, chi_squared_upper(statistic, df), vec![self.n]).with_df(&[df])
    }

    /// Likelihood-ratio test against no effect of any column. R: `summary(fit)$logtest`.
    pub fn likelihood_ratio_test(&self) -> Test {
        self.test("likelihood ratio test", 2.0 * (self.log_likelihood - self.null_log_likelihood))
    }

    /// Wald test that all coefficients are 0, with the robust covariance where there is one. R: `fit$wald.test`.
    pub fn wald_test(&self) -> Test {
        let p = self.names.len();
        let inverse = Cholesky::new(&self.covariance, p, 0.0).inverse();
        self.test("Wald test", quadratic_form(&inverse, &self.coefficients))
    }

    /// Score test that all coefficients are 0 (the log-rank test where there is one binary column and no ties).
    /// R: `summary(fit)$sctest`.
    pub fn score_test(&self) -> Test {
        self.test("score (log-rank) test", self.score_statistic)
    }

    /// Robust score test, where the covariance is robust. R: `summary(fit)$robscore`.
    pub fn robust_score_test(&self) -> Option<Test> {
        self.robust_score_statistic.map(|s| self.test("robust score test", s))
    }

    /// `−2 ln L + 2 df`. R: `AIC(fit)`.
    pub fn aic(&self) -> f64 {
        -2.0 * self.log_likelihood + 2.0 * self.degrees_of_freedom
    }

    /// `−2 ln L + df ln(events)`. R: `BIC(fit)`.
    pub fn bic(&self) -> f64 {
        -2.0 * self.log_likelihood + self.degrees_of_freedom * (self.events as f64).ln()
    }

    /// Harrell's C of the linear predictor; with clusters its variance is robust to dependence within them.
    /// R: `fit$concordance`, `summary(fit)$concordance`.
    ///
    /// # Errors
    /// No two patients that can be compared.
    pub fn concordance(&self) -> Result<Concordance, Error> {
        let mut concordance = Concordance::new(&self.outcome, &self.linear_predictors)?;
        if !self.cluster.is_empty() {
            let mut sums = BTreeMap::new();
            for (cluster, v) in self.cluster.iter().zip(&concordance.influence) {
                *sums.entry(cluster).or_insert(0.0) += v;
            }
            concordance.std_err = sums.values().map(|v| v * v).sum::<f64>().sqrt();
        }
        Ok(concordance)
    }

    /// The outcome that was fitted.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// Square roots of the diagonal.
fn roots(matrix: &[f64], p: usize) -> Vec<f64> {
    (0..p).map(|j| matrix[j * p + j].sqrt()).collect()
}

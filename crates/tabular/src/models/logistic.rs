//! Logistic regression: maximum likelihood, ridge, lasso, elastic net.

use radiomics_stats::elastic_net::{ElasticNet, Family};
use radiomics_stats::logistic::{Logistic as MaximumLikelihood, logit, sigmoid, softplus};
use radiomics_stats::{Error as StatsError, Interval};
use serde::{Deserialize, Serialize};

use super::ClassWeight;
use crate::error::{Result, check};
use crate::ldl::Factor;
use crate::matrix::Matrix;
use crate::vectors::{dot, weighted_sum};

/// What is added to the sum of losses. `c` is scikit-learn's `C`: large values mean little penalty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Penalty {
    /// Nothing. R: `glm(y ~ ., family = binomial)`.
    None,
    /// `|b|² / (2c)`. Python: `LogisticRegression(C)`.
    Ridge {
        /// `C`.
        c: f64,
    },
    /// `|b|₁ / c`. Python: `LogisticRegression(penalty = "l1", C)`.
    Lasso {
        /// `C`.
        c: f64,
    },
    /// `(ratio |b|₁ + (1 − ratio) |b|² / 2) / c`. Python: `penalty = "elasticnet"`.
    ElasticNet {
        /// `C`.
        c: f64,
        /// Share of the lasso.
        ratio: f64,
    },
}

/// Settings of logistic regression. Python: `LogisticRegression(penalty, C, class_weight)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogisticSettings {
    /// The penalty; the intercept is not penalised.
    pub penalty: Penalty,
    /// Weights of the classes; without penalty they must be equal.
    pub class_weight: ClassWeight,
    /// Largest gradient per patient at which the iteration ends.
    pub tolerance: f64,
    /// Newton steps.
    pub max_iterations: usize,
}

impl Default for LogisticSettings {
    fn default() -> Self {
        Self {
            penalty: Penalty::Ridge { c: 1.0 },
            class_weight: ClassWeight::Equal,
            tolerance: 1e-10,
            max_iterations: 100,
        }
    }
}

/// A fitted regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    /// Intercept.
    pub intercept: f64,
    /// Coefficients, one for each column.
    pub coefficients: Vec<f64>,
    /// Odds ratios with intervals and p-values, for maximum likelihood.
    pub inference: Option<Inference>,
    /// Columns that depend on those before them and have coefficient 0, for maximum likelihood.
    pub aliased: Vec<String>,
    /// Largest element of the gradient that is left, per patient.
    pub gap: f64,
    /// Whether the gap met the tolerance.
    pub converged: bool,
}

/// What a table of a regression shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inference {
    /// One for each column that is not aliased.
    pub terms: Vec<Term>,
    /// Logarithm of the likelihood.
    pub log_likelihood: f64,
    /// The same for the intercept alone.
    pub null_log_likelihood: f64,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// The column.
    pub name: String,
    /// Odds ratio for one unit of the column.
    pub odds_ratio: f64,
    /// Its Wald interval at 95 %.
    pub interval: Interval,
    /// Standard error of the coefficient.
    pub se: f64,
    /// Two-sided p of the coefficient.
    pub p: f64,
}

impl LogisticSettings {
    /// Fits the regression.
    ///
    /// # Errors
    /// One class only, values that are not finite, settings outside their range;
    /// [`radiomics_stats::Error::Separation`] without penalty where the likelihood has no maximum.
    ///
    /// ```
    /// use radiomics_tabular::{Matrix, models::{LogisticSettings, Penalty}};
    /// let y = [false, false, true, false, true, true, false, true];
    /// let x = Matrix::new(vec!["age".into()], vec![vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 3.5, 2.5]])?;
    /// let fit = LogisticSettings { penalty: Penalty::None, ..LogisticSettings::default() }.fit(&x, &y)?;
    /// let term = &fit.inference.unwrap().terms[0];
    /// assert!(term.odds_ratio > 1.0 && term.interval.lower < 1.0 && term.p > 0.05);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn fit(&self, x: &Matrix, outcome: &[bool]) -> Result<Logistic> {
        super::check_input(x, outcome)?;
        self.class_weight.check()?;
        let (c, ratio) = match self.penalty {
            Penalty::None => return self.maximum_likelihood(x, outcome),
            Penalty::Ridge { c } => (c, 0.0),
            Penalty::Lasso { c } => (c, 1.0),
            Penalty::ElasticNet { c, ratio } => (c, ratio),
        };
        check(c > 0.0 && c.is_finite(), "C", c, "positive")?;
        check((0.0..=1.0).contains(&ratio), "ratio", ratio, "between 0 and 1")?;
        let [low, high] = self.class_weight.weights(outcome);
        let family = Weighted {
            y: outcome.to_vec(),
            w: outcome.iter().map(|y| if *y { high } else { low }).collect(),
        };
        if ratio == 0.0 { self.ridge(x, &family, c) } else { self.sparse(x, &family, c, ratio) }
    }

    fn maximum_likelihood(&self, x: &Matrix, outcome: &[bool]) -> Result<Logistic> {
        check(
            self.class_weight == ClassWeight::Equal,
            "class_weight",
            format!("{:?}", self.class_weight),
            "equal without penalty",
        )?;
        let mut live: Vec<usize> = (0..x.width()).collect();
        let mut aliased = Vec::new();
        let fit = loop {
            let columns: Vec<(&str, &[f64])> =
                live.iter().map(|&j| (x.names()[j].as_str(), x.column(j))).collect();
            match MaximumLikelihood::fit(outcome, &columns) {
                // As R does, a column that depends on those before it goes without a coefficient.
                Err(StatsError::Collinear { column }) if live.iter().any(|&j| x.names()[j] == column) => {
                    live.retain(|&j| x.names()[j] != column);
                    aliased.push(column);
                }
                other => break other?,
            }
        };
        let mut coefficients = vec![0.0; x.width()];
        let (intervals, se, p) = (fit.wald_intervals(0.95)?, fit.standard_errors(), fit.p());
        let mut terms = Vec::new();
        for (k, &j) in live.iter().enumerate() {
            coefficients[j] = fit.coefficients[k + 1];
            terms.push(Term {
                name: x.names()[j].clone(),
                odds_ratio: coefficients[j].exp(),
                interval: intervals[k + 1].map(f64::exp),
                se: se[k + 1],
                p: p[k + 1],
            });
        }
        let residual: Vec<f64> =
            outcome.iter().zip(&fit.fitted).map(|(y, f)| f64::from(u8::from(*y)) - f).collect();
        let n = outcome.len() as f64;
        let gap = live.iter().map(|&j| dot(x.column(j), &residual).abs() / n).fold(0.0, f64::max);
        Ok(Logistic {
            intercept: fit.coefficients[0],
            coefficients,
            inference: Some(Inference {
                terms,
                log_likelihood: fit.log_likelihood,
                null_log_likelihood: fit.null_log_likelihood,
            }),
            aliased,
            gap,
            converged: true,
        })
    }

    /// Newton's method with step halving.
    fn ridge(&self, x: &Matrix, family: &Weighted, c: f64) -> Result<Logistic> {
        let (n, p) = (x.rows(), x.width());
        let mut fit = Logistic {
            intercept: family.null(),
            coefficients: vec![0.0; p],
            inference: None,
            aliased: Vec::new(),
            gap: f64::INFINITY,
            converged: false,
        };
        let (mut score, mut weight) = (vec![0.0; n], vec![0.0; n]);
        let mut eta = fit.linear_predictor(x.columns());
        let mut loss = family.derivatives(&eta, &mut score, &mut weight);
        for _ in 0..self.max_iterations {
            let mut step: Vec<f64> =
                x.columns().iter().zip(&fit.coefficients).map(|(col, b)| dot(col, &score) - b / c).collect();
            step.push(score.iter().sum());
            fit.gap = step.iter().fold(0.0_f64, |a, g| a.max(g.abs())) / n as f64;
            if fit.gap <= self.tolerance {
                fit.converged = true;
                break;
            }
            let slope = step.clone();
            let m = p + 1;
            let mut hessian = vec![0.0; m * m];
            let mut scaled = vec![0.0; n];
            for j in 0..p {
                for ((s, v), w) in scaled.iter_mut().zip(x.column(j)).zip(&weight) {
                    *s = v * w;
                }
                for k in j..p {
                    hessian[j * m + k] = dot(&scaled, x.column(k));
                }
                hessian[j * m + j] += 1.0 / c;
                hessian[j * m + p] = scaled.iter().sum();
            }
            hessian[m * m - 1] = weight.iter().sum();
            let Some(factor) = Factor::new(hessian, m) else { break };
            factor.solve(&mut step);
            let penalty = |b: &[f64]| dot(b, b) / (2.0 * c);
            let (before, old) =
                (loss + penalty(&fit.coefficients), (fit.intercept, fit.coefficients.clone()));
            let gain: f64 = slope.iter().zip(&step).map(|(g, s)| g * s).sum();
            let mut share = 1.0;
            loop {
                fit.intercept = old.0 + share * step[p];
                for j in 0..p {
                    fit.coefficients[j] = old.1[j] + share * step[j];
                }
                eta = fit.linear_predictor(x.columns());
                loss = family.derivatives(&eta, &mut score, &mut weight);
                let after = loss + penalty(&fit.coefficients);
                if after <= before - 1e-4 * share * gain + 1e-12 * before.abs() || share < 1e-10 {
                    break;
                }
                share *= 0.5;
            }
        }
        Ok(fit)
    }

    fn sparse(&self, x: &Matrix, family: &Weighted, c: f64, ratio: f64) -> Result<Logistic> {
        let n = x.rows() as f64;
        let net = ElasticNet {
            alpha: ratio,
            lambda: vec![1.0 / (c * n)],
            standardize: false,
            glmnet_ridge_scale: false,
            tolerance: 1e-20,
            ..ElasticNet::default()
        };
        let path = net.path(&x.slices(), family)?;
        let mut fit = Logistic {
            intercept: path.intercept[0],
            coefficients: path.coefficients[0].clone(),
            inference: None,
            aliased: Vec::new(),
            gap: 0.0,
            converged: path.converged[0],
        };
        let eta = fit.linear_predictor(x.columns());
        let (mut score, mut weight) = (vec![0.0; x.rows()], vec![0.0; x.rows()]);
        family.derivatives(&eta, &mut score, &mut weight);
        // Distance of the gradient from the subdifferential of the penalty.
        fit.gap = x
            .columns()
            .iter()
            .zip(&fit.coefficients)
            .map(|(col, b)| {
                let g = dot(col, &score) - (1.0 - ratio) * b / c;
                let limit = ratio / c;
                if *b == 0.0 { (g.abs() - limit).max(0.0) } else { (g - limit.copysign(*b)).abs() }
            })
            .fold(score.iter().sum::<f64>().abs(), f64::max)
            / n;
        Ok(fit)
    }
}

impl Logistic {
    /// Log-odds of class 1. Python: `decision_function`.
    pub fn linear_predictor<C: AsRef<[f64]>>(&self, columns: &[C]) -> Vec<f64> {
        let n = columns.first().map_or(0, |c| c.as_ref().len());
        let mut eta = vec![0.0; n];
        weighted_sum(&self.coefficients, columns, &mut eta);
        eta.iter_mut().for_each(|e| *e += self.intercept);
        eta
    }
}

/// Logistic loss with a weight for each patient.
struct Weighted {
    y: Vec<bool>,
    w: Vec<f64>,
}

impl Weighted {
    fn null(&self) -> f64 {
        let positive: f64 = self.y.iter().zip(&self.w).filter(|(y, _)| **y).map(|(_, w)| *w).sum();
        logit(positive / self.w.iter().sum::<f64>())
    }
}

impl Family for Weighted {
    fn len(&self) -> usize {
        self.y.len()
    }

    fn derivatives(&self, eta: &[f64], score: &mut [f64], weight: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        for (i, ((y, w), e)) in self.y.iter().zip(&self.w).zip(eta).enumerate() {
            let p = sigmoid(*e);
            score[i] = w * if *y { sigmoid(-e) } else { -p };
            weight[i] = w * (p * (1.0 - p)).max(1e-9);
            loss += w * softplus(if *y { -e } else { *e });
        }
        loss
    }

    fn null_intercept(&self) -> Option<f64> {
        Some(self.null())
    }
}

//! Choice of λ by cross-validation.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Binomial, ElasticNet, Gaussian, Path, predictor};
use crate::error::{Error, require_count, require_length};
use crate::logistic::sigmoid;
use crate::roc::{Direction, Roc};

/// What is measured on the patients left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// `−2 ln L` of binary outcomes (probabilities kept within 1e-5 of 0 and 1), squared error of measured ones.
    #[default]
    Deviance,
    /// Squared error; twice the Brier score for binary outcomes, as glmnet counts both classes.
    Mse,
    /// Absolute error; twice that for binary outcomes.
    Mae,
    /// Share of wrong calls at probability ½.
    Class,
    /// Area under the ROC curve of each fold.
    Auc,
}

/// How the path of a fold is brought to the λ of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alignment {
    /// Each fold has its own sequence and is interpolated, as `cv.glmnet` does.
    #[default]
    Interpolate,
    /// Each fold is fitted at the λ of the whole, as scikit-learn's `LassoCV` does.
    SameLambda,
}

/// Errors along λ and the λ chosen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CrossValidation {
    /// The path on all patients.
    pub path: Path,
    /// Mean measure at each λ, over folds weighted by their size.
    pub mean: Vec<f64>,
    /// Standard error of that mean, from the folds.
    pub se: Vec<f64>,
    /// The measure of each fold along λ.
    pub fold_values: Vec<Vec<f64>>,
    /// Position of the best λ, the largest of equal ones.
    pub min: usize,
    /// Position of the largest λ within one standard error of the best.
    pub one_se: usize,
}

impl CrossValidation {
    /// The best λ.
    pub fn lambda_min(&self) -> f64 {
        self.path.lambda[self.min]
    }

    /// The largest λ within one standard error of the best.
    pub fn lambda_one_se(&self) -> f64 {
        self.path.lambda[self.one_se]
    }
}

/// An outcome that can be cut into folds.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// A measured outcome.
    Gaussian(&'a [f64]),
    /// A binary outcome.
    Binomial(&'a [bool]),
}

/// Cross-validated path. `fold` gives the fold of each patient, numbered from 0. Folds run in parallel; the result
/// does not depend on the number of threads.
///
/// R: `glmnet::cv.glmnet(x, y, foldid)`; Python: `LassoCV(cv = ...)` with [`Alignment::SameLambda`].
///
/// # Errors
/// As [`ElasticNet::path`]; fewer than three folds (two for [`Alignment::SameLambda`]), an empty fold; one class in
/// the training part of a fold; a measure that does not suit the outcome.
pub fn cross_validate(
    settings: &ElasticNet,
    columns: &[&[f64]],
    outcome: Outcome<'_>,
    fold: &[usize],
    measure: Measure,
    alignment: Alignment,
) -> Result<CrossValidation, Error> {
    let path = fit(settings, columns, outcome)?;
    let n = columns.first().map_or(0, |c| c.len());
    require_length("folds of patients", fold.len(), n)?;
    let folds = fold.iter().max().map_or(0, |m| m + 1);
    require_count("folds", folds, 2)?;
    if matches!(outcome, Outcome::Gaussian(_)) && matches!(measure, Measure::Class | Measure::Auc) {
        return Err(Error::Setting {
            name: "measure",
            value: format!("{measure:?}"),
            expected: "deviance, mse or mae for a measured outcome",
        });
    }
    let values: Vec<(f64, Vec<f64>)> = (0..folds)
        .into_par_iter()
        .map(|f| {
            let (test, train): (Vec<usize>, Vec<usize>) = (0..n).partition(|&i| fold[i] == f);
            require_count("patients of a fold", test.len(), 1)?;
            let part = |rows: &[usize]| -> Vec<Vec<f64>> {
                columns.iter().map(|c| rows.iter().map(|&i| c[i]).collect()).collect()
            };
            let (train_columns, test_columns) = (part(&train), part(&test));
            let train_slices: Vec<&[f64]> = train_columns.iter().map(Vec::as_slice).collect();
            let test_slices: Vec<&[f64]> = test_columns.iter().map(Vec::as_slice).collect();
            let own = match alignment {
                Alignment::Interpolate => settings.clone(),
                Alignment::SameLambda => ElasticNet { lambda: path.lambda.clone(), ..settings.clone() },
            };
            let fold_path = match outcome {
                Outcome::Gaussian(y) => {
                    let y: Vec<f64> = train.iter().map(|&i| y[i]).collect();
                    fit(&own, &train_slices, Outcome::Gaussian(&y))?
                }
                Outcome::Binomial(y) => {
                    let y: Vec<bool> = train.iter().map(|&i| y[i]).collect();
                    fit(&own, &train_slices, Outcome::Binomial(&y))?
                }
            };
            let along: Result<Vec<f64>, Error> = path
                .lambda
                .iter()
                .map(|&lambda| {
                    let (intercept, b) = fold_path.at(lambda);
                    measured(&predictor(intercept, &b, &test_slices), outcome, &test, measure)
                })
                .collect();
            Ok((test.len() as f64, along?))
        })
        .collect::<Result<_, Error>>()?;
    let total: f64 = values.iter().map(|v| v.0).sum();
    let count = folds as f64;
    let mut mean = Vec::new();
    let mut se = Vec::new();
    for l in 0..path.lambda.len() {
        let m = values.iter().map(|(w, v)| w * v[l]).sum::<f64>() / total;
        let spread = values.iter().map(|(w, v)| w * (v[l] - m).powi(2)).sum::<f64>() / total;
        mean.push(m);
        se.push((spread / (count - 1.0)).sqrt());
    }
    // For the area large is good.
    let sign = if measure == Measure::Auc { -1.0 } else { 1.0 };
    let best = mean.iter().map(|m| sign * m).fold(f64::INFINITY, f64::min);
    let min = mean.iter().position(|m| sign * m <= best).unwrap_or(0);
    let limit = best + se[min];
    let one_se = mean.iter().position(|m| sign * m <= limit).unwrap_or(min);
    let fold_values = values.into_iter().map(|(_, v)| v).collect();
    Ok(CrossValidation { path, mean, se, fold_values, min, one_se })
}

fn fit(settings: &ElasticNet, columns: &[&[f64]], outcome: Outcome<'_>) -> Result<Path, Error> {
    match outcome {
        Outcome::Gaussian(y) => settings.path(columns, &Gaussian::new(y)?),
        Outcome::Binomial(y) => settings.path(columns, &Binomial::new(y)?),
    }
}

fn measured(eta: &[f64], outcome: Outcome<'_>, rows: &[usize], measure: Measure) -> Result<f64, Error> {
    let n = eta.len() as f64;
    match outcome {
        Outcome::Gaussian(y) => {
            let error = eta.iter().zip(rows).map(|(e, &i)| (y[i] - e).abs());
            let sum: f64 = if measure == Measure::Mae { error.sum() } else { error.map(|e| e * e).sum() };
            Ok(sum / n)
        }
        Outcome::Binomial(y) => {
            if measure == Measure::Auc {
                let truth: Vec<bool> = rows.iter().map(|&i| y[i]).collect();
                return Ok(Roc::new(&truth, eta, Direction::Higher)?.auc());
            }
            let sum: f64 = eta
                .iter()
                .zip(rows)
                .map(|(e, &i)| {
                    let p = sigmoid(*e);
                    let miss = if y[i] { 1.0 - p } else { p };
                    match measure {
                        Measure::Deviance => {
                            let p = p.clamp(1e-5, 1.0 - 1e-5);
                            -2.0 * if y[i] { p.ln() } else { (1.0 - p).ln() }
                        }
                        Measure::Mse => 2.0 * miss * miss,
                        Measure::Mae => 2.0 * miss,
                        _ => f64::from(u8::from((p > 0.5) != y[i])),
                    }
                })
                .sum();
            Ok(sum / n)
        }
    }
}

//! Choice of λ by cross-validation.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Binomial, ElasticNet, Family, Gaussian, Path, predictor};
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
    /// The best λ. R: `cv$lambda.min`.
    pub fn lambda_min(&self) -> f64 {
        self.path.lambda[self.min]
    }

    /// The largest λ within one standard error of the best. R: `cv$lambda.1se`.
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

/// An outcome that can be cut into folds, whatever its loss. The crate `survival` plugs Cox's partial likelihood in
/// (`ElasticNetCox::target`).
pub trait Target: Sync {
    /// The loss on some of the patients.
    type Part: Family;

    /// Number of patients.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The loss on the patients at these positions.
    ///
    /// # Errors
    /// Where these patients allow no fit: one class, no event.
    fn part(&self, rows: &[usize]) -> Result<Self::Part, Error>;

    /// What is measured on the patients left out, for each unit of [`Target::weight`]. `eta` is the linear predictor
    /// of all patients under the fit on `train`, whose loss is `part`.
    ///
    /// # Errors
    /// Where the measure has no value on these patients.
    fn measure(&self, eta: &[f64], part: &Self::Part, train: &[usize], test: &[usize]) -> Result<f64, Error>;

    /// Weight of a fold in the mean: the number of its patients, for survival times that of its events.
    fn weight(&self, test: &[usize]) -> f64 {
        test.len() as f64
    }

    /// Whether large values of the measure are good.
    fn large_is_good(&self) -> bool {
        false
    }
}

/// A measured outcome with a measure.
#[derive(Clone, Copy, Debug)]
pub struct GaussianTarget<'a> {
    y: &'a [f64],
    measure: Measure,
}

impl<'a> GaussianTarget<'a> {
    /// A measured outcome.
    ///
    /// # Errors
    /// [`Error::Setting`] for a measure of binary outcomes.
    pub fn new(y: &'a [f64], measure: Measure) -> Result<Self, Error> {
        if matches!(measure, Measure::Class | Measure::Auc) {
            return Err(Error::Setting {
                name: "measure",
                value: format!("{measure:?}"),
                expected: "deviance, mse or mae for a measured outcome",
            });
        }
        Ok(Self { y, measure })
    }
}

impl Target for GaussianTarget<'_> {
    type Part = Gaussian;

    fn len(&self) -> usize {
        self.y.len()
    }

    fn part(&self, rows: &[usize]) -> Result<Gaussian, Error> {
        Gaussian::new(&rows.iter().map(|&i| self.y[i]).collect::<Vec<f64>>())
    }

    fn measure(
        &self,
        eta: &[f64],
        _part: &Self::Part,
        _train: &[usize],
        test: &[usize],
    ) -> Result<f64, Error> {
        let error = test.iter().map(|&i| (self.y[i] - eta[i]).abs());
        let sum: f64 = if self.measure == Measure::Mae { error.sum() } else { error.map(|e| e * e).sum() };
        Ok(sum / test.len() as f64)
    }
}

/// A binary outcome with a measure.
#[derive(Clone, Copy, Debug)]
pub struct BinomialTarget<'a> {
    y: &'a [bool],
    measure: Measure,
}

impl<'a> BinomialTarget<'a> {
    /// A binary outcome.
    ///
    /// # Errors
    /// [`Error::OneClass`].
    pub fn new(y: &'a [bool], measure: Measure) -> Result<Self, Error> {
        crate::roc::require_both_classes(y)?;
        Ok(Self { y, measure })
    }
}

impl Target for BinomialTarget<'_> {
    type Part = Binomial;

    fn len(&self) -> usize {
        self.y.len()
    }

    fn part(&self, rows: &[usize]) -> Result<Binomial, Error> {
        Binomial::new(&rows.iter().map(|&i| self.y[i]).collect::<Vec<bool>>())
    }

    fn measure(
        &self,
        eta: &[f64],
        _part: &Self::Part,
        _train: &[usize],
        test: &[usize],
    ) -> Result<f64, Error> {
        if self.measure == Measure::Auc {
            let truth: Vec<bool> = test.iter().map(|&i| self.y[i]).collect();
            let scores: Vec<f64> = test.iter().map(|&i| eta[i]).collect();
            return Ok(Roc::new(&truth, &scores, Direction::Higher)?.auc());
        }
        let one = |i: usize| {
            let p = sigmoid(eta[i]);
            let miss = if self.y[i] { 1.0 - p } else { p };
            match self.measure {
                Measure::Deviance => {
                    let p = p.clamp(1e-5, 1.0 - 1e-5);
                    -2.0 * if self.y[i] { p.ln() } else { (1.0 - p).ln() }
                }
                Measure::Mse => 2.0 * miss * miss,
                Measure::Mae => 2.0 * miss,
                _ => f64::from(u8::from((p > 0.5) != self.y[i])),
            }
        };
        Ok(test.iter().map(|&i| one(i)).sum::<f64>() / test.len() as f64)
    }

    fn large_is_good(&self) -> bool {
        self.measure == Measure::Auc
    }
}

/// Cross-validated path. `fold` gives the fold of each patient, numbered from 0. Folds run in parallel; the result
/// does not depend on the number of threads.
///
/// R: `glmnet::cv.glmnet(x, y, foldid)`; Python: `LassoCV(cv = ...)` with [`Alignment::SameLambda`].
///
/// # Errors
/// As [`ElasticNet::path`]; fewer than two folds, an empty fold; one class in the training part of a fold; a measure
/// that does not suit the outcome.
pub fn cross_validate(
    settings: &ElasticNet,
    columns: &[&[f64]],
    outcome: Outcome<'_>,
    fold: &[usize],
    measure: Measure,
    alignment: Alignment,
) -> Result<CrossValidation, Error> {
    match outcome {
        Outcome::Gaussian(y) => {
            cross_validate_target(settings, columns, &GaussianTarget::new(y, measure)?, fold, alignment)
        }
        Outcome::Binomial(y) => {
            cross_validate_target(settings, columns, &BinomialTarget::new(y, measure)?, fold, alignment)
        }
    }
}

/// The same for any outcome whose loss plugs into the coordinate descent. R: `cv.glmnet(x, y, family, foldid)`.
///
/// # Errors
/// As [`cross_validate`], and those of the target.
pub fn cross_validate_target(
    settings: &ElasticNet,
    columns: &[&[f64]],
    target: &impl Target,
    fold: &[usize],
    alignment: Alignment,
) -> Result<CrossValidation, Error> {
    let n = columns.first().map_or(0, |c| c.len());
    require_length("outcomes", target.len(), n)?;
    require_length("folds of patients", fold.len(), n)?;
    let folds = fold.iter().max().map_or(0, |m| m + 1);
    require_count("folds", folds, 2)?;
    let path = settings.path(columns, &target.part(&(0..n).collect::<Vec<usize>>())?)?;
    let values: Vec<(f64, Vec<f64>)> = (0..folds)
        .into_par_iter()
        .map(|f| {
            let (test, train): (Vec<usize>, Vec<usize>) = (0..n).partition(|&i| fold[i] == f);
            require_count("patients of a fold", test.len(), 1)?;
            let own = match alignment {
                Alignment::Interpolate => settings.clone(),
                Alignment::SameLambda => ElasticNet { lambda: path.lambda.clone(), ..settings.clone() },
            };
            let train_columns: Vec<Vec<f64>> =
                columns.iter().map(|c| train.iter().map(|&i| c[i]).collect()).collect();
            let slices: Vec<&[f64]> = train_columns.iter().map(Vec::as_slice).collect();
            let part = target.part(&train)?;
            let fold_path = own.path(&slices, &part)?;
            let along: Result<Vec<f64>, Error> = path
                .lambda
                .iter()
                .map(|&lambda| {
                    let (intercept, b) = fold_path.at(lambda);
                    target.measure(&predictor(intercept, &b, columns), &part, &train, &test)
                })
                .collect();
            Ok((target.weight(&test), along?))
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
    let sign = if target.large_is_good() { -1.0 } else { 1.0 };
    let best = mean.iter().map(|m| sign * m).fold(f64::INFINITY, f64::min);
    let min = mean.iter().position(|m| sign * m <= best).unwrap_or(0);
    let limit = best + se[min];
    let one_se = mean.iter().position(|m| sign * m <= limit).unwrap_or(min);
    let fold_values = values.into_iter().map(|(_, v)| v).collect();
    Ok(CrossValidation { path, mean, se, fold_values, min, one_se })
}

//! One model for each of many columns, with the patients sorted once.

use std::sync::Arc;

use radiomics_stats::distribution::{chi_squared_upper, normal_two_sided};
use radiomics_stats::error::require_level;
use radiomics_stats::{Interval, Test};
use rayon::prelude::*;
use serde::Serialize;

use super::fit::Convergence;
use super::layout::{Layout, Patients};
use super::model::{Cox, CoxConfig, check_column, convergence, evaluation};
use super::newton::maximise;
use super::residuals;
use crate::{Error, Outcome};

/// A model of one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Univariable {
    /// The column.
    pub name: String,
    /// Logarithm of the hazard ratio for one unit.
    pub coefficient: f64,
    /// Standard error from the information.
    pub se: f64,
    /// Robust standard error, where it was asked for.
    pub robust_se: Option<f64>,
    /// Wald z, from the robust error where there is one.
    pub z: f64,
    /// Its two-sided p.
    pub p: f64,
    /// Hazard ratio.
    pub ratio: f64,
    /// Wald interval of the hazard ratio.
    pub interval: Interval,
    /// Logarithm of the partial likelihood.
    pub log_likelihood: f64,
    /// Likelihood-ratio test.
    pub likelihood_ratio: Test,
    /// Score test.
    pub score: Test,
    /// Whether the likelihood has a maximum that was found.
    pub converged: bool,
}

/// Fits a model of each column by itself; columns run in parallel. A column that cannot be fitted has its own error; the
/// others go on. As in [`Cox`], offset and clusters may be empty; clusters, and weights that are not whole numbers, make
/// the covariance robust unless told otherwise.
///
/// R: `lapply(columns, function(x) coxph(Surv(time, event) ~ x + offset(o), weights = w, robust, cluster = id))`.
///
/// # Errors
/// What [`Cox::fit`] refuses of outcome, offset, clusters and settings, a ridge penalty, a level outside 0..1.
///
/// ```
/// use radiomics_survival::{Outcome, cox::{CoxConfig, univariable}};
/// let outcome = Outcome::new(&[4.0, 3.0, 1.0, 6.0, 2.0], &[true, true, true, false, true])?;
/// let (a, b) = ([0.0, 2.0, 1.0, 0.0, 1.0], [1.0; 5]);
/// let models = univariable(&outcome, &[("a", &a), ("b", &b)], &[], &[], &CoxConfig::default(), 0.95)?;
/// assert!(models[0].as_ref().is_ok_and(|m| m.ratio > 1.0) && models[1].is_err());
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
pub fn univariable(
    outcome: &Outcome,
    columns: &[(&str, &[f64])],
    offset: &[f64],
    cluster: &[u32],
    config: &CoxConfig,
    level: f64,
) -> Result<Vec<Result<Univariable, Error>>, Error> {
    require_level(level)?;
    if config.ridge.is_some() {
        return Err(Error::Unsupported { method: "a model of each column", what: "a ridge penalty" });
    }
    let robust = Cox::new(outcome, &[])
        .with_offset(offset)
        .with_cluster(cluster)
        .with_config(config.clone())
        .check()?;
    let patients = Arc::new(Patients::new(outcome, offset, config.closeness)?);
    let cluster = robust.then_some(cluster);
    Ok(columns.par_iter().map(|column| one(&patients, column, config, cluster, level)).collect())
}

/// With `cluster`, which may be empty, the covariance is robust.
fn one(
    patients: &Arc<Patients>,
    column: &(&str, &[f64]),
    config: &CoxConfig,
    cluster: Option<&[u32]>,
    level: f64,
) -> Result<Univariable, Error> {
    check_column(column, patients.n)?;
    let (name, values) = *column;
    let layout = Layout::new(Arc::clone(patients), &[values]);
    let maximum = maximise(1, evaluation(&layout, config.ties), &[], config.tolerance, config.max_iterations)
        .map_err(|_| Error::Stats(radiomics_stats::Error::Collinear { column: name.to_owned() }))?;
    let coefficient = maximum.beta[0];
    let covariance = maximum.decomposed.inverse();
    let se = covariance[0].sqrt();
    let robust_se = cluster.map(|cluster| {
        residuals::robust(&layout, config.ties, &maximum.beta, &covariance, cluster).0[0].sqrt()
    });
    let used = robust_se.unwrap_or(se);
    let test = |method, statistic: f64| {
        Test::plain(method, statistic, chi_squared_upper(statistic, 1.0), vec![patients.n]).with_df(&[1.0])
    };
    let drop = 2.0 * (maximum.at.log_likelihood - maximum.null.log_likelihood);
    let score = maximum.null.score[0].powi(2) / maximum.null.information[0];
    let z = coefficient / used;
    Ok(Univariable {
        name: name.to_owned(),
        coefficient,
        se,
        robust_se,
        z,
        p: normal_two_sided(z),
        ratio: coefficient.exp(),
        interval: Interval::normal(coefficient, used, level).map(f64::exp),
        log_likelihood: maximum.at.log_likelihood,
        likelihood_ratio: test("likelihood ratio test", drop),
        score: test("score (log-rank) test", score),
        converged: convergence(&[(name, values)], &maximum) == Convergence::Converged,
    })
}

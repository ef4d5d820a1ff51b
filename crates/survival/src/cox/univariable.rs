//! One model for each of many columns, with the patients sorted once.

use std::sync::Arc;

use radiomics_stats::distribution::{chi_squared_upper, normal_two_sided};
use radiomics_stats::error::{require_finite, require_length, require_level};
use radiomics_stats::{Interval, Test};
use rayon::prelude::*;
use serde::Serialize;

use super::fit::Convergence;
use super::layout::{Layout, Patients};
use super::model::{CoxConfig, Ties, constant, convergence, evaluation};
use super::newton::maximise;
use crate::{Error, Outcome};

/// A model of one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Univariable {
    /// The column.
    pub name: String,
    /// Logarithm of the hazard ratio for one unit.
    pub coefficient: f64,
    /// Standard error.
    pub se: f64,
    /// Wald z.
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

/// Fits a model of each column by itself; columns run in parallel. The ridge penalty and the robust covariance of the
/// settings are not used. A column that cannot be fitted has its own error; the others go on.
///
/// R: `lapply(columns, function(x) coxph(Surv(time, event) ~ x))`.
///
/// # Errors
/// No event, an offset of another length, a level outside 0..1, weights with exact ties.
///
/// ```
/// use radiomics_survival::{Outcome, cox::{CoxConfig, univariable}};
/// let outcome = Outcome::new(&[4.0, 3.0, 1.0, 6.0, 2.0], &[true, true, true, false, true])?;
/// let (a, b) = ([0.0, 2.0, 1.0, 0.0, 1.0], [1.0; 5]);
/// let models = univariable(&outcome, &[("a", &a), ("b", &b)], &[], &CoxConfig::default(), 0.95)?;
/// assert!(models[0].as_ref().is_ok_and(|m| m.ratio > 1.0) && models[1].is_err());
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
pub fn univariable(
    outcome: &Outcome,
    columns: &[(&str, &[f64])],
    offset: &[f64],
    config: &CoxConfig,
    level: f64,
) -> Result<Vec<Result<Univariable, Error>>, Error> {
    require_level(level)?;
    if outcome.events() == 0 {
        return Err(Error::no_events(outcome.len()));
    }
    if !offset.is_empty() {
        require_length("offset", offset.len(), outcome.len())?;
        require_finite("offset", offset)?;
    }
    let weighted = outcome.weights().is_some_and(|w| w.iter().any(|w| *w != 1.0));
    if config.ties == Ties::Exact && weighted {
        return Err(Error::Unsupported { method: "the exact treatment of ties", what: "weights" });
    }
    let patients = Arc::new(Patients::new(outcome, offset, config.closeness)?);
    Ok(columns.par_iter().map(|column| one(&patients, column, config, level)).collect())
}

fn one(
    patients: &Arc<Patients>,
    column: &(&str, &[f64]),
    config: &CoxConfig,
    level: f64,
) -> Result<Univariable, Error> {
    let (name, values) = *column;
    require_length(name, values.len(), patients.n)?;
    require_finite(name, values)?;
    if values.iter().all(|v| *v == values[0]) {
        return Err(constant(name, values[0]));
    }
    let layout = Layout::new(Arc::clone(patients), &[values]);
    let maximum = maximise(1, evaluation(&layout, config.ties), &[], config.tolerance, config.max_iterations)
        .map_err(|_| Error::Stats(radiomics_stats::Error::Collinear { column: name.to_owned() }))?;
    let coefficient = maximum.beta[0];
    let se = maximum.decomposed.inverse()[0].sqrt();
    let test = |method, statistic: f64| {
        Test::plain(method, statistic, chi_squared_upper(statistic, 1.0), vec![patients.n]).with_df(&[1.0])
    };
    let drop = 2.0 * (maximum.at.log_likelihood - maximum.null.log_likelihood);
    let score = maximum.null.score[0].powi(2) / maximum.null.information[0];
    let z = coefficient / se;
    Ok(Univariable {
        name: name.to_owned(),
        coefficient,
        se,
        z,
        p: normal_two_sided(z),
        ratio: coefficient.exp(),
        interval: Interval::normal(coefficient, se, level).map(f64::exp),
        log_likelihood: maximum.at.log_likelihood,
        likelihood_ratio: test("likelihood ratio test", drop),
        score: test("score (log-rank) test", score),
        converged: convergence(&[(name, values)], &maximum) == Convergence::Converged,
    })
}

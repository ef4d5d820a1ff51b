//! What is to be fitted, and its checks.

use std::sync::Arc;

use radiomics_stats::describe::variance;
use radiomics_stats::error::{require, require_count, require_finite, require_length};
use radiomics_stats::linalg::quadratic_form;
use serde::{Deserialize, Serialize};

use super::fit::{Convergence, CoxFit};
use super::layout::{Layout, Patients};
use super::newton::{Maximum, maximise};
use super::sweep::{Derivatives, Room, derivatives};
use super::{exact, residuals};
use crate::outcome::CLOSENESS;
use crate::{Error, Outcome};

/// How events at one time share their risk set. R: `coxph(ties)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// Efron's approximation: each event has lost a share of the others.
    #[default]
    Efron,
    /// Breslow's: all events have the whole risk set.
    Breslow,
    /// The exact conditional likelihood, as `ties = "exact"` in R and DISCRETE in SAS. No weights.
    Exact,
}

/// A ridge penalty, `½ θ Σ s_j β_j²` taken from the logarithm of the likelihood.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ridge {
    /// θ. scikit-survival's `alpha`; lifelines' `penalizer` is θ / n with `scale`.
    pub theta: f64,
    /// `s_j` is the variance (n − 1) of the column, so that its unit does not matter; else 1. R: `ridge(scale)`.
    pub scale: bool,
}

/// Settings of a Cox model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoxConfig {
    /// Treatment of ties.
    pub ties: Ties,
    /// Covariance by Lin and Wei's sandwich. Unless set it is used with clusters and with weights that are not whole
    /// numbers, as R does.
    pub robust: Option<bool>,
    /// Ridge penalty.
    pub ridge: Option<Ridge>,
    /// The iteration ends when the logarithm of the likelihood changes by no more than this share. R: `eps`.
    pub tolerance: f64,
    /// Most iterations. R: `iter.max`.
    pub max_iterations: usize,
    /// Times are equal when they differ by at most this, absolutely or as a share of the mean distinct time: rounding
    /// must not break ties. 0 takes them as they are. R: `timefix`.
    pub closeness: f64,
}

impl Default for CoxConfig {
    fn default() -> Self {
        Self {
            ties: Ties::Efron,
            robust: None,
            ridge: None,
            tolerance: 1e-9,
            max_iterations: 20,
            closeness: CLOSENESS,
        }
    }
}

/// A Cox model to be fitted. Events are patients with any code but 0; strata, weights and entry times come with the
/// [`Outcome`].
///
/// R: `coxph(Surv(time, status) ~ age + strata(s) + offset(o), weights = w, cluster = id)`.
///
/// ```
/// use radiomics_survival::{Outcome, cox::Cox};
/// let time = [4.0, 3.0, 1.0, 1.0, 2.0, 2.0, 3.0];
/// let event = [true, true, true, false, true, true, false];
/// let x = [0.0, 2.0, 1.0, 1.0, 1.0, 0.0, 0.0];
/// let outcome = Outcome::new(&time, &event)?;
/// let fit = Cox::new(&outcome, &[("x", &x)]).fit()?;
/// // R: coxph(Surv(c(4,3,1,1,2,2,3), c(1,1,1,0,1,1,0)) ~ c(0,2,1,1,1,0,0))
/// assert!((fit.coefficients[0] - 0.460_777_654_358).abs() < 1e-9);
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cox<'a> {
    outcome: &'a Outcome,
    columns: &'a [(&'a str, &'a [f64])],
    offset: &'a [f64],
    cluster: &'a [u32],
    config: CoxConfig,
}

impl<'a> Cox<'a> {
    /// A model of named columns, with the settings of [`CoxConfig::default`]. R: the formula of `coxph`.
    pub fn new(outcome: &'a Outcome, columns: &'a [(&'a str, &'a [f64])]) -> Self {
        Self { outcome, columns, offset: &[], cluster: &[], config: CoxConfig::default() }
    }

    /// With other settings. R: `coxph(ties, robust)`, `coxph.control(eps, iter.max, timefix)`.
    pub fn with_config(self, config: CoxConfig) -> Self {
        Self { config, ..self }
    }

    /// With another treatment of ties. R: `coxph(ties)`.
    pub fn with_ties(mut self, ties: Ties) -> Self {
        self.config.ties = ties;
        self
    }

    /// With a known part of the linear predictor. R: `offset(o)`.
    pub fn with_offset(self, offset: &'a [f64]) -> Self {
        Self { offset, ..self }
    }

    /// With clusters of rows that belong together: the covariance is robust to dependence within them. R: `cluster = id`.
    pub fn with_cluster(self, cluster: &'a [u32]) -> Self {
        Self { cluster, ..self }
    }

    /// Checks all but the columns, and says whether the covariance is to be robust.
    pub(crate) fn check(&self) -> Result<bool, Error> {
        let n = self.outcome.len();
        for (what, length) in [("offset", self.offset.len()), ("clusters", self.cluster.len())] {
            if length > 0 {
                require_length(what, length, n)?;
            }
        }
        require("offset", self.offset, "finite, and so its exponential", |o| {
            o.is_finite() && o.exp().is_finite()
        })?;
        require("tolerance", &[self.config.tolerance], "positive, finite", |t| t > 0.0 && t.is_finite())?;
        require("closeness", &[self.config.closeness], "0 or more, finite", |c| c >= 0.0 && c.is_finite())?;
        if let Some(ridge) = self.config.ridge {
            require("theta", &[ridge.theta], "0 or more, finite", |t| t >= 0.0 && t.is_finite())?;
        }
        if self.outcome.events() == 0 {
            return Err(Error::no_events(n));
        }
        let weighted = self.outcome.weights().is_some_and(|w| w.iter().any(|w| *w != 1.0));
        if self.config.ties == Ties::Exact && weighted {
            return Err(Error::Unsupported { method: "the exact treatment of ties", what: "weights" });
        }
        let fractional = self.outcome.weights().is_some_and(|w| w.iter().any(|w| w.fract() != 0.0));
        let robust = self.config.robust.unwrap_or(!self.cluster.is_empty() || fractional);
        if self.config.ties == Ties::Exact && robust {
            let what = "a robust covariance";
            return Err(Error::Unsupported { method: "the exact treatment of ties", what });
        }
        Ok(robust)
    }

    /// Maximises the partial likelihood. R: `coxph(…)` as at [`Cox`].
    ///
    /// A likelihood without a maximum is no error here: [`CoxFit::convergence`] names the columns, and
    /// [`CoxFit::converged`] turns it into one.
    ///
    /// # Errors
    /// Lengths that differ, values that are not finite; [`Error::NoEvents`]; a constant column; a column that depends
    /// on the columns before it, or that does not vary among those at risk at any event; weights with exact ties.
    pub fn fit(&self) -> Result<CoxFit, Error> {
        require_count("columns", self.columns.len(), 1)?;
        let robust = self.check()?;
        self.columns.iter().try_for_each(|column| check_column(column, self.outcome.len()))?;
        let (n, p) = (self.outcome.len(), self.columns.len());
        let values: Vec<&[f64]> = self.columns.iter().map(|c| c.1).collect();
        let patients = Patients::new(self.outcome, self.offset, self.config.closeness)?;
        let layout = Layout::new(Arc::new(patients), &values);
        let ridge: Vec<f64> = match self.config.ridge {
            None => Vec::new(),
            Some(Ridge { theta, scale: true }) => values.iter().map(|v| theta * variance(v)).collect(),
            Some(Ridge { theta, scale: false }) => vec![theta; p],
        };
        let maximum = maximise(
            p,
            evaluation(&layout, self.config.ties),
            &ridge,
            self.config.tolerance,
            self.config.max_iterations,
        )
        .map_err(|column| {
            Error::Stats(radiomics_stats::Error::Collinear { column: self.columns[column].0.to_owned() })
        })?;
        let means = self.means(&layout);
        let linear_predictors = layout.unsort(&layout.linear_predictor(&maximum.beta));
        let shift: f64 =
            maximum.beta.iter().zip(&layout.centre).zip(&means).map(|((b, c), m)| b * (c - m)).sum();
        let mut fit = CoxFit {
            names: self.columns.iter().map(|c| c.0.to_owned()).collect(),
            covariance: maximum.decomposed.inverse(),
            naive_covariance: None,
            sandwich: Vec::new(),
            degrees_of_freedom: p as f64,
            log_likelihood: maximum.at.log_likelihood,
            null_log_likelihood: maximum.null.log_likelihood,
            score_statistic: score_statistic(&maximum, &ridge),
            robust_score_statistic: None,
            convergence: convergence(self.columns, &maximum),
            iterations: maximum.iterations,
            n,
            events: self.outcome.events(),
            ties: self.config.ties,
            linear_predictors: linear_predictors.iter().map(|e| e + shift).collect(),
            means,
            coefficients: maximum.beta,
            ridge,
            outcome: self.outcome.clone(),
            cluster: self.cluster.to_vec(),
            offset_shift: self.offset_shift(),
            offset_mean: self.offset.iter().sum::<f64>() / n as f64,
            layout,
        };
        if self.config.ridge.is_some() {
            let inverse = fit.covariance.clone();
            fit.sandwich = product(&product(&inverse, &maximum.at.information, p), &inverse, p);
            let shrunk = product(&inverse, &maximum.at.information, p);
            fit.degrees_of_freedom = (0..p).map(|j| shrunk[j * p + j]).sum();
        }
        if robust {
            let (robust_covariance, statistic) =
                residuals::robust(&fit.layout, fit.ties, &fit.coefficients, &fit.covariance, &fit.cluster);
            fit.naive_covariance = Some(std::mem::replace(&mut fit.covariance, robust_covariance));
            fit.robust_score_statistic = Some(statistic);
        }
        Ok(fit)
    }

    /// What R centres at: columns of −1, 0 and 1 alone stay, others are centred at their means, weighted where nobody
    /// comes late.
    fn means(&self, layout: &Layout) -> Vec<f64> {
        let plain = self.outcome.entry().is_some() || self.config.ties == Ties::Exact;
        self.columns
            .iter()
            .zip(&layout.centre)
            .map(|((_, values), centre)| {
                if values.iter().all(|v| [-1.0, 0.0, 1.0].contains(v)) {
                    0.0
                } else if plain {
                    values.iter().sum::<f64>() / values.len() as f64
                } else {
                    *centre
                }
            })
            .collect()
    }

    /// Weighted minus plain mean of the offset: R centres by one when it fits and by the other when it draws curves.
    fn offset_shift(&self) -> f64 {
        let (mut sum, mut total) = (0.0, 0.0);
        for (i, o) in self.offset.iter().enumerate() {
            sum += self.outcome.weight(i) * o;
            total += self.outcome.weight(i);
        }
        if self.offset.is_empty() {
            0.0
        } else {
            sum / total - self.offset.iter().sum::<f64>() / self.offset.len() as f64
        }
    }
}

/// The likelihood with its derivatives as a function of the coefficients.
pub(crate) fn evaluation(layout: &Layout, ties: Ties) -> impl FnMut(&[f64]) -> Derivatives {
    let mut room = Room::default();
    move |beta| {
        layout.linear_predictor_into(beta, &mut room.eta);
        match ties {
            Ties::Exact => exact::derivatives(layout, &room.eta),
            ties => derivatives(layout, ties, None, &mut room),
        }
    }
}

/// A column of `n` finite numbers that are not all the same.
pub(crate) fn check_column((name, values): &(&str, &[f64]), n: usize) -> Result<(), Error> {
    require_length(name, values.len(), n)?;
    require_finite(name, values)?;
    if values.iter().all(|v| *v == values[0]) {
        let what = format!("column {name}");
        return Err(Error::Stats(radiomics_stats::Error::Constant { what, value: values[0] }));
    }
    Ok(())
}

/// `uᵀ I⁻¹ u` at 0.
fn score_statistic(maximum: &Maximum, ridge: &[f64]) -> f64 {
    let p = maximum.beta.len();
    let mut matrix = maximum.null.information.clone();
    for (j, r) in ridge.iter().enumerate() {
        matrix[j * p + j] += r;
    }
    let inverse = radiomics_stats::linalg::Cholesky::new(&matrix, p, 0.0).inverse();
    quadratic_form(&inverse, &maximum.null.score)
}

/// A coefficient grows without bound when, with the likelihood all but still, the next step would be long on the scale of
/// its column, or when its information is gone.
pub(crate) fn convergence(columns: &[(&str, &[f64])], maximum: &Maximum) -> Convergence {
    let p = columns.len();
    let unbounded: Vec<String> = (0..p)
        .filter(|&j| {
            let step = maximum.next_step[j].abs() * variance(columns[j].1).sqrt();
            let left = maximum.at.information[j * p + j] / maximum.null.information[j * p + j];
            !step.is_finite() || step > 1e-2 || maximum.decomposed.aliased[j] || left < 1e-7
        })
        .map(|j| columns[j].0.to_owned())
        .collect();
    if !unbounded.is_empty() {
        Convergence::Unbounded { columns: unbounded }
    } else if maximum.settled {
        Convergence::Converged
    } else {
        Convergence::IterationLimit
    }
}

/// Product of two square matrices given row by row.
pub(crate) fn product(a: &[f64], b: &[f64], p: usize) -> Vec<f64> {
    let mut out = vec![0.0; p * p];
    for i in 0..p {
        for k in 0..p {
            for j in 0..p {
                out[i * p + j] += a[i * p + k] * b[k * p + j];
            }
        }
    }
    out
}

//! Elastic-net paths of Cox models, by the coordinate descent that lives in `stats`.
//!
//! Minimises `−ln L / n + λ Σ_j f_j (α |β_j| + (1 − α)/2 β_j²)`. The packages agree on this and differ in the scale of the
//! columns: glmnet brings them to unit spread (dividing by `n`) and gives coefficients on their own scale, with Breslow's
//! ties; scikit-survival's Coxnet takes them as they are unless `normalize` is set; lifelines divides by the spread with
//! `n − 1` and has Efron's ties.

use std::sync::Arc;

use radiomics_stats::describe::sd;
use radiomics_stats::elastic_net::{
    Alignment, CrossValidation, ElasticNet, Family, Path, Target, cross_validate_target,
};
use radiomics_stats::error::{require_count, require_finite, require_length};
use serde::{Deserialize, Serialize};

use super::Ties;
use super::layout::{Layout, Patients};
use super::sweep::{Hazard, accumulate, sweep};
use crate::{Error, Outcome};

/// Minus the logarithm of Cox's partial likelihood as a function of the linear predictors of patients in their own order:
/// the loss behind [`ElasticNetCox`].
#[derive(Debug)]
pub struct CoxLoss {
    layout: Layout,
    ties: Ties,
}

impl CoxLoss {
    fn new(outcome: &Outcome, offset: &[f64], ties: Ties, as_glmnet: bool) -> Result<Self, Error> {
        let patients = if as_glmnet {
            Patients::as_glmnet(outcome, offset)
        } else {
            Patients::new(outcome, offset, f64::EPSILON.sqrt())?
        };
        Ok(Self { layout: Layout::new(Arc::new(patients), &[]), ties })
    }

    /// `η + offset` of the patients as they are sorted.
    fn sorted(&self, eta: &[f64]) -> Vec<f64> {
        let offset = |i: usize| self.layout.offset.get(i).copied().unwrap_or(0.0);
        self.layout.order.iter().enumerate().map(|(i, &at)| eta[at as usize] + offset(i)).collect()
    }

    /// `w exp(η + offset)`.
    fn risk(&self, sorted: &[f64]) -> Vec<f64> {
        sorted.iter().zip(&self.layout.weight).map(|(eta, w)| w * eta.exp()).collect()
    }

    /// `−ln L`.
    fn loss(&self, eta: &[f64]) -> f64 {
        let sorted = self.sorted(eta);
        let mut loss = 0.0;
        sweep(&self.layout, &self.risk(&sorted), |k, set| {
            loss += Hazard::new(self.ties, &self.layout.groups[k], set.total, set.dead_total).ln;
        });
        loss - self.of_events(&sorted)
    }

    /// `Σ w δ (η + offset)`.
    fn of_events(&self, sorted: &[f64]) -> f64 {
        (0..sorted.len()).filter(|&i| self.layout.event[i]).map(|i| self.layout.weight[i] * sorted[i]).sum()
    }

    /// Twice the distance to the likelihood in which those with the event have all the risk.
    fn deviance(&self, eta: &[f64]) -> f64 {
        2.0 * (self.loss(eta) - self.saturated_loss())
    }
}

impl Family for CoxLoss {
    fn len(&self) -> usize {
        self.layout.n
    }

    fn derivatives(&self, eta: &[f64], score: &mut [f64], weight: &mut [f64]) -> f64 {
        let layout = &self.layout;
        let sorted = self.sorted(eta);
        let risk = self.risk(&sorted);
        let mut hazards = vec![Hazard::default(); layout.groups.len()];
        sweep(layout, &risk, |k, set| {
            hazards[k] = Hazard::new(self.ties, &layout.groups[k], set.total, set.dead_total);
        });
        let first = accumulate(layout, |k| hazards[k].all);
        let second = accumulate(layout, |k| hazards[k].square);
        for (i, &at) in layout.order.iter().enumerate() {
            let (mut met, mut square) = (first[layout.upto[i] as usize], second[layout.upto[i] as usize]);
            if let Some(entry) = &layout.entry {
                met -= first[entry.from[i] as usize];
                square -= second[entry.from[i] as usize];
            }
            let mut seen = 0.0;
            if layout.event[i] {
                let h = &hazards[layout.upto[i] as usize - 1 - layout.stratum_of(i)];
                met -= h.spared;
                square -= 2.0 * h.square_spared - h.square_spared_twice;
                seen = layout.weight[i];
            }
            score[at as usize] = seen - risk[i] * met;
            weight[at as usize] = (risk[i] * met - risk[i] * risk[i] * square).max(0.0);
        }
        hazards.iter().map(|h| h.ln).sum::<f64>() - self.of_events(&sorted)
    }

    fn null_intercept(&self) -> Option<f64> {
        None
    }

    /// glmnet's rule for Cox models: less than 0.001 of the share came with the last four steps, or 0.99 is explained.
    fn finished(&self, ratios: &[f64]) -> bool {
        let [.., before, _, _, _, ratio] = ratios else { return false };
        ratio - before < 1e-3 * ratio || *ratio > 0.99
    }

    /// The likelihood in which those with the event have all the risk.
    fn saturated_loss(&self) -> f64 {
        self.layout
            .groups
            .iter()
            .map(|g| match self.ties {
                Ties::Efron => {
                    let d = g.deaths as f64;
                    let share = |l: usize| g.weight * (1.0 - l as f64 / d);
                    (0..g.deaths).map(|l| g.weight / d * share(l).ln()).sum::<f64>()
                }
                _ => g.weight * g.weight.ln(),
            })
            .sum()
    }
}

/// Survival times as an outcome that can be cut into folds, made by [`ElasticNetCox::target`]. What a fold's coefficients
/// are worth is the deviance of all patients less that of the patients they were fitted on (van Houwelingen et al.
/// 2006), for each event left out.
#[derive(Debug)]
pub struct CoxTarget<'a> {
    outcome: &'a Outcome,
    offset: &'a [f64],
    glmnet_order: bool,
    whole: CoxLoss,
}

impl CoxTarget<'_> {
    fn events(&self, rows: &[usize]) -> usize {
        rows.iter().filter(|&&i| self.outcome.is_event(i)).count()
    }
}

impl Target for CoxTarget<'_> {
    type Part = CoxLoss;

    fn len(&self) -> usize {
        self.outcome.len()
    }

    fn part(&self, rows: &[usize]) -> Result<CoxLoss, radiomics_stats::Error> {
        require_count("events", self.events(rows), 1)?;
        let offset: Vec<f64> =
            if self.offset.is_empty() { Vec::new() } else { rows.iter().map(|&i| self.offset[i]).collect() };
        let loss = self
            .outcome
            .select(rows)
            .and_then(|part| CoxLoss::new(&part, &offset, self.whole.ties, self.glmnet_order));
        loss.map_err(|why| match why {
            Error::Stats(why) => why,
            other => radiomics_stats::Error::Part { why: other.to_string() },
        })
    }

    fn measure(
        &self,
        eta: &[f64],
        part: &CoxLoss,
        train: &[usize],
        test: &[usize],
    ) -> Result<f64, radiomics_stats::Error> {
        let left_out = self.events(test);
        require_count("events of a fold", left_out, 1)?;
        let train_eta: Vec<f64> = train.iter().map(|&i| eta[i]).collect();
        Ok((self.whole.deviance(eta) - part.deviance(&train_eta)) / left_out as f64)
    }

    fn weight(&self, test: &[usize]) -> f64 {
        self.events(test) as f64
    }
}

/// Settings of a penalised Cox path. Weights are not taken.
///
/// | | `net.standardize` | `ties` | `glmnet_order` |
/// | --- | --- | --- | --- |
/// | glmnet `family = "cox"` | true | Breslow | true |
/// | scikit-survival `CoxnetSurvivalAnalysis` | false | Breslow | false |
///
/// ```
/// use radiomics_survival::{Outcome, cox::ElasticNetCox};
/// let outcome = Outcome::new(&[4.0, 3.0, 1.0, 6.0, 2.0, 5.0], &[true, true, true, false, true, true])?;
/// let (a, b) = ([0.0, 2.0, 1.0, 0.0, 1.0, 0.5], [1.0, 3.0, 2.0, 5.0, 4.0, 6.0]);
/// let path = ElasticNetCox::default().path(&outcome, &[&a, &b], &[])?;
/// assert_eq!(path.nonzero[0], 0);
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ElasticNetCox {
    /// Penalty, sequence of λ, scale of the columns, tolerance. There is never an intercept.
    pub net: ElasticNet,
    /// Treatment of ties: Breslow's or Efron's.
    pub ties: Ties,
    /// Order patients as glmnet does. It adds 2.2e-14 to the times of the censored, which puts them after the events of
    /// the same time as everybody else does; but from time 256 on the sum rounds back to the time itself, and there it
    /// takes the censored out before the events. The result then depends on the unit of time; leave this off unless
    /// glmnet's own numbers are wanted.
    pub glmnet_order: bool,
}

impl Default for ElasticNetCox {
    fn default() -> Self {
        Self {
            net: ElasticNet { tolerance: 1e-16, ..ElasticNet::default() },
            ties: Ties::Breslow,
            glmnet_order: false,
        }
    }
}

impl ElasticNetCox {
    /// The outcome with this treatment of ties, for whatever cross-validates or selects. `offset` may be empty; strata and
    /// entry times come with the outcome.
    ///
    /// # Errors
    /// Lengths that differ, values that are not finite, no event, weights, exact ties.
    pub fn target<'a>(&self, outcome: &'a Outcome, offset: &'a [f64]) -> Result<CoxTarget<'a>, Error> {
        if !offset.is_empty() {
            require_length("offset", offset.len(), outcome.len())?;
            require_finite("offset", offset)?;
        }
        if outcome.events() == 0 {
            return Err(Error::no_events(outcome.len()));
        }
        let method = "the elastic net of a Cox model";
        if self.ties == Ties::Exact {
            return Err(Error::Unsupported { method, what: "exact ties" });
        }
        if outcome.weights().is_some() {
            return Err(Error::Unsupported { method, what: "weights" });
        }
        let whole = CoxLoss::new(outcome, offset, self.ties, self.glmnet_order)?;
        Ok(CoxTarget { outcome, offset, glmnet_order: self.glmnet_order, whole })
    }

    /// The path.
    ///
    /// R: `glmnet(x, Surv(time, event), family = "cox", alpha, lambda)`; Python:
    /// `CoxnetSurvivalAnalysis(alphas, l1_ratio).fit(x, y)` with `standardize` off.
    ///
    /// # Errors
    /// As [`target`](Self::target); columns of another length; settings outside their range.
    pub fn path(&self, outcome: &Outcome, columns: &[&[f64]], offset: &[f64]) -> Result<Path, Error> {
        Ok(self.net.path(columns, &self.target(outcome, offset)?.whole)?)
    }

    /// Cross-validated path. `fold` gives the fold of each patient, numbered from 0. Folds run in parallel.
    ///
    /// R: `cv.glmnet(x, Surv(time, event), family = "cox", foldid)`.
    ///
    /// # Errors
    /// As [`path`](Self::path); fewer than two folds, a fold without an event or without a patient.
    pub fn cross_validate(
        &self,
        outcome: &Outcome,
        columns: &[&[f64]],
        offset: &[f64],
        fold: &[usize],
    ) -> Result<CrossValidation, Error> {
        let target = self.target(outcome, offset)?;
        Ok(cross_validate_target(&self.net, columns, &target, fold, Alignment::Interpolate)?)
    }
}

/// Coefficients of one penalised model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PenalisedCox {
    /// Coefficients on the columns' own scale.
    pub coefficients: Vec<f64>,
    /// Logarithm of the partial likelihood, without penalty.
    pub log_likelihood: f64,
    /// The same less `n` times the penalty, which lifelines reports as its `log_likelihood_`.
    pub penalised_log_likelihood: f64,
    /// `(x − mean) β`.
    pub linear_predictors: Vec<f64>,
    /// Whether the iteration met its tolerance.
    pub converged: bool,
}

/// lifelines' penalty: `−ln L / n + penalizer (l1_ratio |b|₁ + (1 − l1_ratio)/2 |b|²)` where `b` belongs to columns
/// divided by their spread (n − 1). Where lifelines smooths |b|, the optimum itself is given here.
///
/// Python: `CoxPHFitter(penalizer, l1_ratio).fit(...)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifelinesPenalty {
    /// Weight of the penalty.
    pub penalizer: f64,
    /// Share of the lasso.
    pub l1_ratio: f64,
}

impl LifelinesPenalty {
    /// Fits one model. Python: `CoxPHFitter(penalizer, l1_ratio).fit(df, duration_col, event_col)`.
    ///
    /// # Errors
    /// As [`ElasticNetCox::path`]; a constant column.
    pub fn fit(&self, outcome: &Outcome, columns: &[&[f64]], ties: Ties) -> Result<PenalisedCox, Error> {
        for column in columns {
            require_length("a column", column.len(), outcome.len())?;
            require_finite("column", column)?;
        }
        let spread: Vec<f64> = columns.iter().map(|c| sd(c)).collect();
        if let Some(j) = spread.iter().position(|s| *s == 0.0) {
            let what = format!("column number {j} (counted from 0)");
            return Err(Error::Stats(radiomics_stats::Error::Constant { what, value: columns[j][0] }));
        }
        let scaled: Vec<Vec<f64>> =
            columns.iter().zip(&spread).map(|(c, s)| c.iter().map(|v| v / s).collect()).collect();
        let slices: Vec<&[f64]> = scaled.iter().map(Vec::as_slice).collect();
        let settings = ElasticNetCox {
            net: ElasticNet {
                alpha: self.l1_ratio,
                lambda: vec![self.penalizer],
                standardize: false,
                ..ElasticNetCox::default().net
            },
            ties,
            glmnet_order: false,
        };
        let path = settings.path(outcome, &slices, &[])?;
        let coefficients: Vec<f64> = path.coefficients[0].iter().zip(&spread).map(|(b, s)| b / s).collect();
        let mut linear_predictors = vec![0.0; outcome.len()];
        for (column, b) in columns.iter().zip(&coefficients) {
            let mean = radiomics_stats::describe::mean(column);
            linear_predictors.iter_mut().zip(*column).for_each(|(e, v)| *e += b * (v - mean));
        }
        let loss = CoxLoss::new(outcome, &[], ties, false)?;
        let log_likelihood = -loss.loss(&linear_predictors);
        let penalty: f64 = path.coefficients[0]
            .iter()
            .map(|b| self.l1_ratio * b.abs() + 0.5 * (1.0 - self.l1_ratio) * b * b)
            .sum();
        Ok(PenalisedCox {
            coefficients,
            log_likelihood,
            penalised_log_likelihood: log_likelihood - outcome.len() as f64 * self.penalizer * penalty,
            linear_predictors,
            converged: path.converged[0],
        })
    }
}

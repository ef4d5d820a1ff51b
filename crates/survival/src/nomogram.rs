//! Nomograms: points for each covariate, and what their sum says about the outcome.
//!
//! The covariate whose contribution `β x` spans the widest range gets `max_points`; the others are drawn on the same scale,
//! each from 0 at its lowest contribution. Axes reach over the values seen, rounded outwards; a covariate with ten
//! distinct values or fewer shows these. R: `rms::nomogram(fit, fun = list(...), maxscale, nint)`.

use radiomics_stats::error::{require, require_count, require_length};
use radiomics_stats::logistic::{Logistic, sigmoid};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::cox::{CoxFit, CurveKind};
use crate::pretty::pretty;

/// Most distinct values that an axis shows one by one.
const FEW: usize = 10;
/// Points of the grid on which an outcome is inverted, as rms does.
const GRID: usize = 1000;

/// Settings of a nomogram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NomogramConfig {
    /// Points of the widest axis. R: `maxscale`.
    pub max_points: f64,
    /// About how many intervals an axis has. R: `nint`.
    pub intervals: usize,
}

impl Default for NomogramConfig {
    fn default() -> Self {
        Self { max_points: 100.0, intervals: 10 }
    }
}

/// Axis of a covariate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CovariateAxis {
    /// Name of the covariate.
    pub variable: String,
    /// Its coefficient.
    pub coefficient: f64,
    /// Values at the ticks.
    pub values: Vec<f64>,
    /// Points at the ticks.
    pub points: Vec<f64>,
    /// Contribution that gets 0 points.
    lowest: f64,
}

/// Axis of something that follows from the total of points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutcomeAxis {
    /// What it shows.
    pub outcome: NomogramOutcome,
    /// Total points at the ticks.
    pub points: Vec<f64>,
    /// Values at the ticks.
    pub values: Vec<f64>,
}

/// What follows from a linear predictor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NomogramOutcome {
    /// The linear predictor itself.
    LinearPredictor,
    /// Survival to a time, `exp(−H₀(t) exp(lp))`.
    Survival {
        /// The time.
        time: f64,
        /// `H₀(t)` where the linear predictor is 0.
        hazard: f64,
    },
    /// Probability of a binary outcome, `1 / (1 + exp(−lp))`.
    Probability,
}

impl NomogramOutcome {
    /// The outcome at a linear predictor.
    pub fn at(&self, lp: f64) -> f64 {
        match self {
            Self::LinearPredictor => lp,
            Self::Survival { hazard, .. } => (-hazard * lp.exp()).exp(),
            Self::Probability => sigmoid(lp),
        }
    }
}

/// A nomogram.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nomogram {
    /// Axes of the covariates, in the order of the model.
    pub axes: Vec<CovariateAxis>,
    /// Ticks of the axis of total points.
    pub total_points: Vec<f64>,
    /// Axis of the linear predictor.
    pub linear_predictor: OutcomeAxis,
    /// Axes of survival or probability.
    pub outcomes: Vec<OutcomeAxis>,
    /// What is taken from `xᵀβ` to give the linear predictor; for a logistic model less the intercept.
    pub centre: f64,
    /// Points for one unit of the linear predictor.
    pub points_per_unit: f64,
}

impl Nomogram {
    /// Nomogram of a Cox model without strata, with an axis of survival at each of `times`. `columns` are those that were
    /// fitted; the linear predictor is centred at their means.
    ///
    /// R: `f <- rms::cph(Surv(time, event) ~ a + b, surv = TRUE); s <- rms::Survival(f); rms::nomogram(f, fun =
    /// list(function(x) s(t, x)))`.
    ///
    /// # Errors
    /// Columns that differ from the model in number or length, strata, a time before the first or after the last,
    /// coefficients that are all 0, a model that has not converged.
    ///
    /// ```
    /// use radiomics_survival::{Outcome, cox::Cox, nomogram::{Nomogram, NomogramConfig}};
    /// let outcome = Outcome::new(&[4.0, 3.0, 1.0, 6.0, 2.0, 5.0], &[true, true, true, false, true, true])?;
    /// let (a, b) = ([0.0, 2.0, 1.0, 0.0, 1.0, 0.5], [1.0, 3.0, 2.0, 5.0, 4.0, 6.0]);
    /// let fit = Cox::new(&outcome, &[("a", &a), ("b", &b)]).fit()?;
    /// let nomogram = Nomogram::cox(&fit, &[&a, &b], &[3.0], NomogramConfig::default())?;
    /// let total = nomogram.points(&[1.0, 4.0])?;
    /// let survival = nomogram.outcome(0, total);
    /// assert!((0.0..=1.0).contains(&survival));
    /// # Ok::<(), radiomics_survival::Error>(())
    /// ```
    pub fn cox(
        fit: &CoxFit,
        columns: &[&[f64]],
        times: &[f64],
        config: NomogramConfig,
    ) -> Result<Self, Error> {
        fit.converged()?;
        require_length("columns", columns.len(), fit.coefficients.len())?;
        let means: Vec<f64> = columns.iter().map(|c| radiomics_stats::describe::mean(c)).collect();
        let centre: f64 = means.iter().zip(&fit.coefficients).map(|(m, b)| m * b).sum();
        let hazards = fit.cumulative_baseline_hazard(CurveKind::OfTies, false);
        let [(_, at, hazard)] = hazards.as_slice() else {
            return Err(Error::Unsupported { method: "a nomogram", what: "strata" });
        };
        let outcomes: Vec<NomogramOutcome> = times
            .iter()
            .map(|&time| {
                let (first, last) = (at[0], at[at.len() - 1]);
                if !(first..=last).contains(&time) {
                    return Err(Error::OutsideFollowUp { what: "survival", time, first, last });
                }
                let hazard = hazard[at.partition_point(|t| *t <= time) - 1] * centre.exp();
                Ok(NomogramOutcome::Survival { time, hazard })
            })
            .collect::<Result<_, _>>()?;
        let named: Vec<(&str, f64)> =
            fit.names.iter().map(String::as_str).zip(fit.coefficients.iter().copied()).collect();
        Self::new(&named, centre, columns, &outcomes, config)
    }

    /// Nomogram of a logistic model, with an axis of the probability. `columns` are those that were fitted.
    ///
    /// R: `nomogram(lrm(y ~ a + b), fun = plogis)`.
    ///
    /// # Errors
    /// Columns that differ from the model in number or length, coefficients that are all 0.
    pub fn logistic(fit: &Logistic, columns: &[&[f64]], config: NomogramConfig) -> Result<Self, Error> {
        let names = fit.names[1..].iter().map(String::as_str);
        let named: Vec<(&str, f64)> = names.zip(fit.coefficients[1..].iter().copied()).collect();
        Self::new(&named, -fit.coefficients[0], columns, &[NomogramOutcome::Probability], config)
    }

    /// Nomogram of any linear predictor `Σ β x − centre`.
    ///
    /// R: `rms::nomogram(fit, fun, maxscale, nint)` of any fit of rms; here `outcomes` stand for `fun`.
    ///
    /// # Errors
    /// Columns that differ in number or length or are empty, values that are not finite, coefficients that are all 0.
    pub fn new(
        coefficients: &[(&str, f64)],
        centre: f64,
        columns: &[&[f64]],
        outcomes: &[NomogramOutcome],
        config: NomogramConfig,
    ) -> Result<Self, Error> {
        require_count("columns", columns.len(), 1)?;
        require_length("columns", columns.len(), coefficients.len())?;
        let n = columns[0].len();
        require_count("patients", n, 1)?;
        require("points of the widest axis", &[config.max_points], "positive, finite", |m| {
            m > 0.0 && m.is_finite()
        })?;
        require_count("intervals of an axis", config.intervals, 1)?;
        let mut lp = vec![-centre; n];
        let mut axes = Vec::new();
        for (&(name, b), column) in coefficients.iter().zip(columns) {
            require_length(name, column.len(), n)?;
            require(name, column, "a finite number", f64::is_finite)?;
            lp.iter_mut().zip(*column).for_each(|(e, x)| *e += b * x);
            let values = ticks(column, config.intervals);
            let lowest = values.iter().map(|v| b * v).fold(f64::INFINITY, f64::min);
            axes.push(CovariateAxis {
                variable: name.to_owned(),
                coefficient: b,
                values,
                points: Vec::new(),
                lowest,
            });
        }
        let span = |a: &CovariateAxis| {
            a.values.iter().map(|v| a.coefficient * v).fold(f64::NEG_INFINITY, f64::max) - a.lowest
        };
        let widest = axes.iter().map(span).fold(0.0, f64::max);
        if widest <= 0.0 || !widest.is_finite() {
            return Err(Error::Stats(radiomics_stats::Error::Undefined {
                what: "a nomogram".to_owned(),
                why: "no covariate moves the linear predictor".to_owned(),
            }));
        }
        let scale = config.max_points / widest;
        for axis in &mut axes {
            axis.points = axis.values.iter().map(|v| (axis.coefficient * v - axis.lowest) * scale).collect();
        }
        let origin = axes.iter().map(|a| a.lowest).sum::<f64>() - centre;
        let (low, high) = range(&lp);
        let at = pretty(low, high, config.intervals);
        let (first, last) = (at[0], at[at.len() - 1]);
        let most = if axes.len() == 1 { 0.0 } else { (last - origin) * scale };
        let outcomes = outcomes
            .iter()
            .map(|&outcome| {
                let (a, b) = (outcome.at(first), outcome.at(last));
                let (values, at) =
                    inverse(outcome, first, last, &pretty(a.min(b), a.max(b), config.intervals));
                OutcomeAxis { outcome, points: at.iter().map(|lp| (lp - origin) * scale).collect(), values }
            })
            .collect();
        Ok(Self {
            axes,
            total_points: pretty(0.0, most.max(config.max_points), config.intervals),
            linear_predictor: OutcomeAxis {
                outcome: NomogramOutcome::LinearPredictor,
                points: at.iter().map(|lp| (lp - origin) * scale).collect(),
                values: at,
            },
            outcomes,
            centre,
            points_per_unit: scale,
        })
    }

    /// Total points of a patient; a value beyond its axis is carried on in proportion.
    ///
    /// # Errors
    /// Another number of values than of axes.
    pub fn points(&self, values: &[f64]) -> Result<f64, Error> {
        require_length("values of a patient", values.len(), self.axes.len())?;
        Ok(self
            .axes
            .iter()
            .zip(values)
            .map(|(axis, v)| (axis.coefficient * v - axis.lowest) * self.points_per_unit)
            .sum())
    }

    /// Linear predictor at a total of points.
    pub fn linear_predictor_at(&self, total: f64) -> f64 {
        total / self.points_per_unit + self.axes.iter().map(|a| a.lowest).sum::<f64>() - self.centre
    }

    /// One of the outcomes at a total of points: survival or probability. NaN where there is no such axis.
    pub fn outcome(&self, axis: usize, total: f64) -> f64 {
        self.outcomes.get(axis).map_or(f64::NAN, |a| a.outcome.at(self.linear_predictor_at(total)))
    }
}

fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)))
}

/// The distinct values where there are few, round numbers over their range otherwise.
fn ticks(column: &[f64], intervals: usize) -> Vec<f64> {
    let mut distinct = radiomics_stats::describe::sorted(column);
    distinct.dedup();
    if distinct.len() <= FEW {
        distinct
    } else {
        pretty(distinct[0], distinct[distinct.len() - 1], intervals)
    }
}

/// The values that the outcome takes between two linear predictors, with the linear predictor of each: interpolated on
/// a grid, as rms does.
fn inverse(outcome: NomogramOutcome, first: f64, last: f64, values: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let step = (last - first) / (GRID - 1) as f64;
    let mut grid: Vec<(f64, f64)> =
        (0..GRID).map(|k| first + k as f64 * step).map(|lp| (outcome.at(lp), lp)).collect();
    grid.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Where the outcome is flat to the last digit its linear predictor is the mean.
    let grid: Vec<(f64, f64)> = grid
        .chunk_by(|a, b| a.0 == b.0)
        .map(|c| (c[0].0, c.iter().map(|p| p.1).sum::<f64>() / c.len() as f64))
        .collect();
    let mut out = (Vec::new(), Vec::new());
    for &value in values {
        let right = grid.partition_point(|g| g.0 < value);
        let lp = match (right.checked_sub(1).map(|k| grid[k]), grid.get(right)) {
            (_, Some(g)) if g.0 == value => g.1,
            (Some(a), Some(b)) => a.1 + (b.1 - a.1) * (value - a.0) / (b.0 - a.0),
            _ => continue,
        };
        out.0.push(value);
        out.1.push(lp);
    }
    out
}

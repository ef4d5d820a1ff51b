//! Predictions: linear predictor, relative risk, terms, expected events.

use radiomics_stats::error::{require_finite, require_length};
use radiomics_stats::linalg::quadratic_form;
use serde::{Deserialize, Serialize};

use super::Ties;
use super::curves::CurveKind;
use super::fit::CoxFit;
use super::layout::Stratum;
use crate::{Error, Outcome};

/// What a linear predictor is measured from. R: `predict(fit, reference)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// The (weighted) means of the patient's own stratum; [`CoxFit::means`] without strata. R's default.
    #[default]
    Strata,
    /// [`CoxFit::means`].
    Sample,
    /// All covariates 0.
    Zero,
}

/// Predictions with standard errors.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Predictions {
    /// The values.
    pub values: Vec<f64>,
    /// Their standard errors.
    pub std_err: Vec<f64>,
}

impl CoxFit {
    /// Covariates of the patients, less the reference.
    fn referred(&self, columns: &[&[f64]], strata: &[u32], reference: Reference) -> Result<Vec<f64>, Error> {
        let p = self.layout.p;
        require_length("columns", columns.len(), p)?;
        let n = columns.first().map_or(0, |c| c.len());
        for (column, name) in columns.iter().zip(&self.names) {
            require_length(name, column.len(), n)?;
            require_finite(name, column)?;
        }
        let by_stratum = reference == Reference::Strata && self.outcome.strata().is_some();
        let means = if by_stratum { self.stratum_means() } else { Vec::new() };
        if by_stratum {
            require_length("strata", strata.len(), n)?;
        }
        let mut out = Vec::with_capacity(n * p);
        for i in 0..n {
            let from: &[f64] = match reference {
                Reference::Zero => &[],
                Reference::Strata if by_stratum => &means[self.stratum(strata[i])?],
                _ => &self.means,
            };
            out.extend((0..p).map(|j| columns[j][i] - from.get(j).copied().unwrap_or(0.0)));
        }
        Ok(out)
    }

    /// Position of a stratum by its code.
    fn stratum(&self, code: u32) -> Result<usize, Error> {
        self.layout.strata.iter().position(|s| s.code == code).ok_or_else(|| {
            Error::Stats(radiomics_stats::Error::Setting {
                name: "stratum",
                value: code.to_string(),
                expected: "one of the strata that were fitted",
            })
        })
    }

    fn stratum_means(&self) -> Vec<Vec<f64>> {
        let (layout, p) = (&self.layout, self.layout.p);
        let mean = |rows: std::ops::Range<usize>| {
            let total: f64 = layout.weight[rows.clone()].iter().sum();
            (0..p)
                .map(|j| {
                    let sum: f64 = rows.clone().map(|i| layout.weight[i] * layout.row(i)[j]).sum();
                    sum / total + layout.centre[j]
                })
                .collect()
        };
        layout.strata.iter().map(|s| mean(s.rows.clone())).collect()
    }

    /// Linear predictors of patients, given column by column, with standard errors. `strata` is looked at only where the
    /// model has strata and the reference is theirs. R: `predict(fit, newdata, type = "lp", se.fit = TRUE)`.
    ///
    /// # Errors
    /// Columns that differ in number or length, values that are not finite, a stratum that was not fitted.
    pub fn predict_linear(
        &self,
        columns: &[&[f64]],
        strata: &[u32],
        reference: Reference,
    ) -> Result<Predictions, Error> {
        let p = self.layout.p;
        let rows = self.referred(columns, strata, reference)?;
        let values = rows
            .chunks_exact(p)
            .map(|x| x.iter().zip(&self.coefficients).map(|(x, b)| x * b).sum())
            .collect();
        let std_err = rows.chunks_exact(p).map(|x| quadratic_form(&self.covariance, x).sqrt()).collect();
        Ok(Predictions { values, std_err })
    }

    /// Relative risks, `exp` of the linear predictors. The standard error is R's, that of the linear predictor times the
    /// square root of the risk. R: `predict(fit, newdata, type = "risk", se.fit = TRUE)`.
    ///
    /// # Errors
    /// As [`predict_linear`](Self::predict_linear).
    pub fn predict_risk(
        &self,
        columns: &[&[f64]],
        strata: &[u32],
        reference: Reference,
    ) -> Result<Predictions, Error> {
        let lp = self.predict_linear(columns, strata, reference)?;
        let values: Vec<f64> = lp.values.iter().map(|v| v.exp()).collect();
        let std_err = lp.std_err.iter().zip(&values).map(|(s, v)| s * v.sqrt()).collect();
        Ok(Predictions { values, std_err })
    }

    /// What each column adds to the linear predictor, measured from [`means`](Self::means), patient after patient.
    /// R: `predict(fit, newdata, type = "terms", se.fit = TRUE)`.
    ///
    /// # Errors
    /// As [`predict_linear`](Self::predict_linear).
    pub fn predict_terms(&self, columns: &[&[f64]]) -> Result<Predictions, Error> {
        let p = self.layout.p;
        let rows = self.referred(columns, &[], Reference::Sample)?;
        let se = self.standard_errors();
        let of = |f: &dyn Fn(usize, f64) -> f64| rows.iter().enumerate().map(|(i, x)| f(i % p, *x)).collect();
        Ok(Predictions { values: of(&|j, x| x * self.coefficients[j]), std_err: of(&|j, x| x.abs() * se[j]) })
    }

    /// Expected number of events of patients over their own follow-up (from entry where they come late), with standard
    /// errors. Survival over that follow-up is `exp(−expected)`. An `offset` is in the unit of the fit's own; it may be empty.
    /// R: `predict(fit, newdata, type = "expected", se.fit = TRUE)`, and `type = "survival"`.
    ///
    /// # Errors
    /// As [`predict_linear`](Self::predict_linear); an outcome without strata where the model has them;
    /// [`Error::OutsideFollowUp`] where a patient is followed beyond the patients that were fitted.
    pub fn predict_expected(
        &self,
        outcome: &Outcome,
        columns: &[&[f64]],
        offset: &[f64],
    ) -> Result<Predictions, Error> {
        let p = self.layout.p;
        let rows = self.referred(columns, &[], Reference::Zero)?;
        require_length("columns of patients", rows.len(), outcome.len() * p)?;
        if !offset.is_empty() {
            require_length("offset", offset.len(), outcome.len())?;
        }
        // Without strata in the model those of the patients say nothing.
        let strata = match (self.outcome.strata(), outcome.strata()) {
            (None, _) => None,
            (Some(_), None) => {
                let method = "a prediction by a model with strata";
                return Err(Error::Unsupported { method, what: "an outcome without strata" });
            }
            (Some(_), strata) => strata,
        };
        let kind = if self.ties == Ties::Efron { CurveKind::Efron } else { CurveKind::Breslow };
        let baselines = self.baselines(kind);
        // As the times were given: those of the layout may have been joined to one before.
        let longest = |stratum: &Stratum| {
            let rows = self.layout.order[stratum.rows.clone()].iter();
            rows.map(|&i| self.outcome.time()[i as usize]).fold(0.0, f64::max)
        };
        let followed: Vec<f64> = self.layout.strata.iter().map(longest).collect();
        let mut out = Predictions { values: Vec::new(), std_err: Vec::new() };
        for (i, x) in rows.chunks_exact(p).enumerate() {
            let stratum = strata.map_or(Ok(0), |strata| self.stratum(strata[i]))?;
            let (baseline, time, last) = (&baselines[stratum], outcome.time()[i], followed[stratum]);
            if time > last {
                let what = "the expected number of events";
                return Err(Error::OutsideFollowUp { what, time, first: 0.0, last });
            }
            let (eta, centred) = self.relative(x);
            let factor = (eta + offset.get(i).map_or(0.0, |o| o - self.offset_mean)).exp();
            let to = |time: f64| {
                baseline
                    .before(time)
                    .map_or((0.0, 0.0), |t| (baseline.hazard[t], self.hazard_variance(baseline, t, &centred)))
            };
            let (mut hazard, mut variance) = to(time);
            if let Some(entry) = outcome.entry() {
                let (before, variance_before) = to(entry[i]);
                hazard -= before;
                variance -= variance_before;
            }
            out.values.push(hazard * factor);
            out.std_err.push(variance.max(0.0).sqrt() * factor);
        }
        Ok(out)
    }

    /// Expected number of events of the rows that were fitted. R: `predict(fit, type = "expected")`.
    pub fn expected(&self) -> Vec<f64> {
        self.martingale_residuals()
            .iter()
            .enumerate()
            .map(|(i, m)| f64::from(u8::from(self.outcome.is_event(i))) - m)
            .collect()
    }
}

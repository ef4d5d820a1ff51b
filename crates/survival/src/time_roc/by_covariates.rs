//! Probabilities of being uncensored that depend on covariates.

use radiomics_stats::error::require_finite;

use super::CensoringProbabilities;
use crate::cox::{Cox, CoxConfig, CurveKind, Reference};
use crate::error::Error;
use crate::outcome::Outcome;

impl CensoringProbabilities {
    /// From a Cox model of the censoring. `columns` usually hold the marker among others.
    ///
    /// R: `timeROC(…, other_markers, weighting = "cox")`, which iterates to `tolerance = 1e-6`.
    ///
    /// # Errors
    /// What the model refuses, nobody censored, a likelihood without a maximum, times that are not finite.
    pub fn cox(
        outcome: &Outcome,
        columns: &[(&str, &[f64])],
        times: &[f64],
        config: CoxConfig,
    ) -> Result<Self, Error> {
        require_finite("time", times)?;
        let censored = outcome.recoded(|code| code == 0);
        let model = Cox::new(&censored, columns).with_config(config).fit()?;
        model.converged()?;
        let values: Vec<&[f64]> = columns.iter().map(|c| c.1).collect();
        let strata = outcome.strata().unwrap_or_default();
        let predicted = model.predict_linear(&values, strata, Reference::Sample)?.values;
        let baseline = model.cumulative_baseline_hazard(CurveKind::OfTies, true);
        let probability = |i: usize, before: &dyn Fn(f64) -> bool| {
            let stratum = baseline.iter().find(|b| strata.is_empty() || b.0 == strata[i]);
            let hazard = stratum.map_or(0.0, |(_, time, hazard)| {
                let rows = time.partition_point(|&t| before(t));
                if rows == 0 { 0.0 } else { hazard[rows - 1] }
            });
            (-hazard * predicted[i].exp()).exp()
        };
        let patients = 0..outcome.len();
        Ok(Self {
            before_own_time: patients.clone().map(|i| probability(i, &|t| t < outcome.time()[i])).collect(),
            at_times: times
                .iter()
                .map(|&time| patients.clone().map(|i| probability(i, &|t| t <= time)).collect())
                .collect(),
        })
    }
}

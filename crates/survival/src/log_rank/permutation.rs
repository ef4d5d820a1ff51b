//! Log-rank scores and their permutation test.

use radiomics_stats::distribution::{chi_squared_upper, normal_two_sided};
use radiomics_stats::error::require_length;
use serde::{Deserialize, Serialize};

use super::Weighting;
use super::weighting::Weights;
use crate::error::Error;
use crate::outcome::{Outcome, Part};
use crate::risk_sets::{Groups, walk};

/// How scores treat patients with the same time. R: `ties.method` of `coin::logrank_trafo`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TiedTimes {
    /// All of them are at risk at it: `n` counts those with this time or a longer one. R: `"mid-ranks"`.
    #[default]
    AtRisk,
    /// As if they left one after the other, and each had the last one's `n`. R: `"Hothorn-Lausen"`.
    HothornLausen,
}

/// Result of the permutation test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PermutationLogRank {
    /// Weights of the times.
    pub weighting: Weighting,
    /// Codes of the groups.
    pub groups: Vec<u32>,
    /// For two groups `Z` of the first group's sum of scores (above 0 where it lives longer); for more, χ².
    pub statistic: f64,
    /// Degrees of freedom of χ²; `None` for `Z`.
    pub df: Option<f64>,
    /// Two-sided p-value.
    pub p: f64,
}

/// Log-rank scores `Σ_{t ≤ T} w d / n − event · w(T)`: what each patient adds to the test, with sum 0 for the
/// log-rank weight without ties.
pub(crate) fn scores(outcome: &Outcome, weighting: Weighting, ties: TiedTimes) -> Vec<f64> {
    let mut weights = Weights::new(weighting, outcome);
    let (mut times, mut sums, mut own) = (Vec::new(), Vec::new(), Vec::new());
    let mut sum = 0.0;
    walk(
        outcome,
        None,
        1,
        |code| code != 0,
        |set| {
            let d = set.events[0];
            let n = match ties {
                TiedTimes::AtRisk => set.at_risk[0],
                TiedTimes::HothornLausen => set.at_risk[0] - (d + set.censored[0]) + 1.0,
            };
            let w = weights.next(set.time, n, d);
            sum += w * d / n;
            times.push(set.time);
            sums.push(sum);
            own.push(w);
        },
    );
    let score = |(&time, &code): (&f64, &u8)| {
        let row = times.partition_point(|&t| t < time);
        sums[row] - if code != 0 { own[row] } else { 0.0 }
    };
    outcome.time().iter().zip(outcome.code()).map(score).collect()
}

/// Permutation form of the log-rank test: the sums of scores against their distribution when patients are dealt to
/// groups at random. Its variance differs from the hypergeometric one of [`log_rank`](super::log_rank). In strata,
/// patients are scored and dealt within their own.
///
/// R: `coin::logrank_test(Surv(time, event) ~ group, type, rho, gamma, ties.method)`.
///
/// # Errors
/// A length that differs, [`Error::OneGroup`], [`Error::TooManyGroups`] above 1,000, [`Error::NoEvents`], [`Error::Unsupported`] for weights and entry
/// times, scores without spread.
pub fn permutation(
    outcome: &Outcome,
    group: &[u32],
    weighting: Weighting,
    ties: TiedTimes,
) -> Result<PermutationLogRank, Error> {
    require_length("group", group.len(), outcome.len())?;
    weighting.check()?;
    outcome.refuse("the permutation log-rank test", &[Part::Weights, Part::Entry])?;
    let groups = Groups::compared(group, "the permutation log-rank test", super::MOST_GROUPS)?;
    let k = groups.len();
    if outcome.events() == 0 {
        return Err(Error::no_events(outcome.len()));
    }
    let strata = match outcome.strata() {
        Some(strata) => Groups::new(strata).rows(),
        None => vec![(0..outcome.len()).collect()],
    };
    let mut excess = vec![0.0; k]; // sum of scores less its expectation
    let mut covariance = vec![0.0; k * k];
    for rows in strata {
        let a = scores(&outcome.select(&rows)?, weighting, ties);
        let n = a.len() as f64;
        let mean = a.iter().sum::<f64>() / n;
        let spread = a.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        let mut size = vec![0.0; k];
        for (&row, value) in rows.iter().zip(&a) {
            let g = groups.index[row] as usize;
            excess[g] += value - mean;
            size[g] += 1.0;
        }
        if n > 1.0 {
            for g in 0..k {
                for h in 0..k {
                    let both = if g == h { size[g] } else { 0.0 };
                    covariance[g * k + h] += spread / (n - 1.0) * (both - size[g] * size[h] / n);
                }
            }
        }
    }
    let inner = k - 1;
    let matrix: Vec<f64> = (0..inner).flat_map(|g| covariance[g * k..g * k + inner].to_vec()).collect();
    let cholesky = radiomics_stats::linalg::Cholesky::new(&matrix, inner, 1e-12);
    if cholesky.first_aliased().is_some() {
        let why = "the scores have no spread".to_owned();
        return Err(radiomics_stats::Error::Undefined {
            what: "the permutation log-rank test".to_owned(),
            why,
        }
        .into());
    }
    let (statistic, df, p) = if k == 2 {
        let z = excess[0] / covariance[0].sqrt();
        (z, None, normal_two_sided(z))
    } else {
        let mut solved = excess[..inner].to_vec();
        cholesky.solve(&mut solved);
        let statistic = excess.iter().zip(&solved).map(|(a, b)| a * b).sum();
        (statistic, Some(inner as f64), chi_squared_upper(statistic, inner as f64))
    };
    Ok(PermutationLogRank { weighting, groups: groups.codes, statistic, df, p })
}

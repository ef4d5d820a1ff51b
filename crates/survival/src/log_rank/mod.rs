//! Tests of whether groups have the same survival.

mod pairwise;
mod permutation;
mod weighting;

use radiomics_stats::distribution::chi_squared_upper;
use radiomics_stats::error::require_length;
use radiomics_stats::linalg::Cholesky;
use serde::Serialize;

pub use self::pairwise::{Pair, pairwise};
pub(crate) use self::permutation::scores;
pub use self::permutation::{PermutationLogRank, TiedTimes, permutation};
pub use self::weighting::Weighting;
use self::weighting::Weights;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::risk_sets::{Groups, walk};

/// Most groups of a test: its covariance has the square of that many numbers.
const MOST_GROUPS: usize = 1000;

/// Result of a log-rank test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogRank {
    /// Weights of the times.
    pub weighting: Weighting,
    /// Codes of the groups, increasing.
    pub groups: Vec<u32>,
    /// Patients in each group.
    pub n: Vec<usize>,
    /// Observed events in each group, weighted, summed over strata.
    pub observed: Vec<f64>,
    /// Events expected where all groups share one hazard.
    pub expected: Vec<f64>,
    /// Covariance of observed minus expected, one row for each group (hypergeometric).
    pub variance: Vec<Vec<f64>>,
    /// χ².
    pub statistic: f64,
    /// Degrees of freedom: groups in which an event is expected, less 1.
    pub df: f64,
    /// p-value.
    pub p: f64,
}

/// Log-rank test of `k` groups, Mantel–Haenszel form, in strata where the outcome has them.
///
/// At each time the events of a group are compared with `d n_g / n`, weighted as asked. Case weights count as that many
/// patients.
///
/// R: `survdiff(Surv(time, event) ~ group + strata(s), rho)`; Python:
/// `lifelines.statistics.multivariate_logrank_test(time, group, event, weightings)`.
///
/// # Errors
/// A length that differs, [`Error::OneGroup`], [`Error::TooManyGroups`] above 1,000, [`Error::NoEvents`], and where no two groups are ever at risk together.
///
/// ```
/// use radiomics_survival::{Outcome, log_rank::{Weighting, log_rank}};
/// let outcome = Outcome::new(&[1.0, 2.0, 3.0, 4.0], &[true; 4])?;
/// let test = log_rank(&outcome, &[0, 0, 1, 1], Weighting::LogRank)?;
/// assert!((test.expected[0] - (2.0 / 4.0 + 1.0 / 3.0)).abs() < 1e-15);
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
pub fn log_rank(outcome: &Outcome, group: &[u32], weighting: Weighting) -> Result<LogRank, Error> {
    require_length("group", group.len(), outcome.len())?;
    weighting.check()?;
    let groups = Groups::compared(group, "the log-rank test", MOST_GROUPS)?;
    let k = groups.len();
    if outcome.events() == 0 {
        return Err(Error::no_events(outcome.len()));
    }
    let outcome = &*outcome.joined();
    let mut sums = Sums::new(k);
    match outcome.strata() {
        None => sums.add(outcome, &groups.index, weighting),
        Some(strata) => {
            for rows in Groups::new(strata).rows() {
                let index: Vec<u32> = rows.iter().map(|&i| groups.index[i]).collect();
                sums.add(&outcome.select(&rows)?, &index, weighting);
            }
        }
    }
    let mut n = vec![0; k];
    groups.index.iter().for_each(|&g| n[g as usize] += 1);
    let (statistic, df) = sums.quadratic_form()?;
    Ok(LogRank {
        weighting,
        groups: groups.codes,
        n,
        variance: sums.variance.chunks(k).map(<[f64]>::to_vec).collect(),
        observed: sums.observed,
        expected: sums.expected,
        statistic,
        df,
        p: chi_squared_upper(statistic, df),
    })
}

/// Observed, expected and their covariance.
struct Sums {
    k: usize,
    observed: Vec<f64>,
    expected: Vec<f64>,
    variance: Vec<f64>,
}

impl Sums {
    fn new(k: usize) -> Self {
        Self { k, observed: vec![0.0; k], expected: vec![0.0; k], variance: vec![0.0; k * k] }
    }

    /// Adds one stratum.
    fn add(&mut self, outcome: &Outcome, group: &[u32], weighting: Weighting) {
        let k = self.k;
        let mut weights = Weights::new(weighting, outcome);
        let mut share = vec![0.0; k];
        walk(
            outcome,
            Some(group),
            k,
            |code| code != 0,
            |set| {
                let n: f64 = set.at_risk.iter().sum();
                let d: f64 = set.events.iter().sum();
                let w = weights.next(set.time, n, d);
                if d == 0.0 {
                    return;
                }
                for g in 0..k {
                    share[g] = set.at_risk[g] / n;
                    self.observed[g] += w * set.events[g];
                    self.expected[g] += w * d * share[g];
                }
                if n > 1.0 {
                    let factor = w * w * d * (n - d) / (n - 1.0);
                    for g in 0..k {
                        let row = &mut self.variance[g * k..(g + 1) * k];
                        for h in 0..g {
                            row[h] -= factor * share[g] * share[h];
                        }
                        row[g] += factor * share[g] * (1.0 - share[g]);
                    }
                }
            },
        );
    }

    /// χ² of the groups in which an event is expected, and its degrees of freedom.
    fn quadratic_form(&mut self) -> Result<(f64, f64), Error> {
        let k = self.k;
        for g in 0..k {
            for h in 0..g {
                self.variance[h * k + g] = self.variance[g * k + h];
            }
        }
        let used: Vec<usize> = (0..k).filter(|&g| self.expected[g] > 0.0).collect();
        let undefined = |why: &str| {
            Err(radiomics_stats::Error::Undefined {
                what: "the log-rank test".to_owned(),
                why: why.to_owned(),
            }
            .into())
        };
        if used.len() < 2 {
            return undefined("events fall at times when one group only is at risk");
        }
        let inner = &used[..used.len() - 1];
        let matrix: Vec<f64> = inner
            .iter()
            .flat_map(|&g| inner.iter().map(move |&h| (g, h)))
            .map(|(g, h)| self.variance[g * k + h])
            .collect();
        let difference: Vec<f64> = inner.iter().map(|&g| self.observed[g] - self.expected[g]).collect();
        let cholesky = Cholesky::new(&matrix, inner.len(), 1e-10);
        if cholesky.first_aliased().is_some() {
            return undefined("the variance of observed minus expected events is singular");
        }
        let mut solved = difference.clone();
        cholesky.solve(&mut solved);
        Ok((difference.iter().zip(&solved).map(|(a, b)| a * b).sum(), inner.len() as f64))
    }
}

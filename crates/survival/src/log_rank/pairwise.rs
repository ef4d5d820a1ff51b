//! Log-rank tests of all pairs of groups.

use radiomics_stats::error::require_length;
use radiomics_stats::multiplicity::{Adjustment, adjust};
use serde::Serialize;

use super::{Weighting, log_rank};
use crate::error::Error;
use crate::outcome::Outcome;
use crate::risk_sets::Groups;

/// One pair of groups.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// Codes of the two groups.
    pub groups: [u32; 2],
    /// χ² with one degree of freedom.
    pub statistic: f64,
    /// p-value of this pair alone.
    pub p: f64,
    /// p-value adjusted for the number of pairs.
    pub p_adjusted: f64,
}

/// Tests every pair of groups on the patients of the two alone.
///
/// R: `survminer::pairwise_survdiff(Surv(time, event) ~ group, p.adjust.method, rho)`.
///
/// # Errors
/// As [`log_rank`], at most 100 groups.
pub fn pairwise(
    outcome: &Outcome,
    group: &[u32],
    weighting: Weighting,
    adjustment: Adjustment,
) -> Result<Vec<Pair>, Error> {
    require_length("group", group.len(), outcome.len())?;
    let codes = Groups::compared(group, "the pairwise log-rank test", 100)?.codes;
    let mut pairs = Vec::new();
    for (i, &a) in codes.iter().enumerate() {
        for &b in &codes[i + 1..] {
            let rows: Vec<usize> = (0..group.len()).filter(|&r| group[r] == a || group[r] == b).collect();
            let of_pair: Vec<u32> = rows.iter().map(|&r| group[r]).collect();
            let test = log_rank(&outcome.select(&rows)?, &of_pair, weighting)?;
            pairs.push(Pair { groups: [a, b], statistic: test.statistic, p: test.p, p_adjusted: test.p });
        }
    }
    let p: Vec<f64> = pairs.iter().map(|pair| pair.p).collect();
    for (pair, p) in pairs.iter_mut().zip(adjust(&p, adjustment)?) {
        pair.p_adjusted = p;
    }
    Ok(pairs)
}

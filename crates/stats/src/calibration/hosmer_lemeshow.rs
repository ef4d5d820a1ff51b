//! Hosmer and Lemeshow's test.

use serde::Serialize;

use super::check;
use crate::describe::{quantile_sorted, sorted};
use crate::distribution::chi_squared_upper;
use crate::error::{Error, require_count};

/// The test with its groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HosmerLemeshow {
    /// The statistic.
    pub chi_squared: f64,
    /// Degrees of freedom: groups − 2 for a model fitted on these patients.
    pub df: f64,
    /// The p-value.
    pub p: f64,
    /// Positives observed in each group.
    pub observed: Vec<usize>,
    /// Positives expected in each group.
    pub expected: Vec<f64>,
    /// Patients in each group.
    pub n: Vec<usize>,
}

/// Groups are right-closed between type-7 quantiles of the probabilities, the lowest value included; equal
/// quantiles merge, and the degrees of freedom stay `groups − 2`.
///
/// R: `ResourceSelection::hoslem.test(y, fitted, g)`.
///
/// # Errors
/// Lengths that differ, values outside 0..1, fewer than three groups; [`Error::Undefined`] where a group has an
/// expected count of 0.
pub fn hosmer_lemeshow(outcome: &[bool], p: &[f64], groups: usize) -> Result<HosmerLemeshow, Error> {
    check(outcome, p)?;
    require_count("groups", groups, 3)?;
    let ordered = sorted(p);
    let mut edges: Vec<f64> =
        (0..=groups).map(|i| quantile_sorted(&ordered, i as f64 * (1.0 / groups as f64))).collect();
    edges.dedup();
    let bins = edges.len().saturating_sub(1).max(1);
    let mut result = HosmerLemeshow {
        chi_squared: 0.0,
        df: groups as f64 - 2.0,
        p: f64::NAN,
        observed: vec![0; bins],
        expected: vec![0.0; bins],
        n: vec![0; bins],
    };
    for (&o, &v) in outcome.iter().zip(p) {
        let bin = edges.partition_point(|e| *e < v).saturating_sub(1).min(bins - 1);
        result.observed[bin] += usize::from(o);
        result.expected[bin] += v;
        result.n[bin] += 1;
    }
    for bin in 0..bins {
        let (n, o, e) = (result.n[bin] as f64, result.observed[bin] as f64, result.expected[bin]);
        if n == 0.0 {
            continue;
        }
        if e <= 0.0 || e >= n {
            return Err(Error::Undefined {
                what: "the Hosmer-Lemeshow test".to_owned(),
                why: format!("group {} expects {e} of {n} patients", bin + 1),
            });
        }
        result.chi_squared += (o - e).powi(2) / e + (o - e).powi(2) / (n - e);
    }
    result.p = chi_squared_upper(result.chi_squared, result.df);
    Ok(result)
}

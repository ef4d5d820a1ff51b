//! Permutation test of a difference of means.

use super::sample;
use crate::describe::mean;
use crate::error::Error;
use crate::result::{Alternative, Test};

/// Exact permutation test: all ways to choose who is in the first sample.
///
/// Python: `scipy.stats.permutation_test((x, y), lambda a, b: a.mean() - b.mean(), n_resamples = inf)`.
/// The two-sided p-value doubles the smaller tail, as SciPy does; values within 1e-14 of the observed one count.
///
/// # Errors
/// An empty sample, values that are not finite; [`Error::TooLarge`] beyond 10⁸ choices.
pub fn permutation_mean_difference(x: &[f64], y: &[f64], alternative: Alternative) -> Result<Test, Error> {
    const LIMIT: f64 = 1e8;
    sample("x", x, 1)?;
    sample("y", y, 1)?;
    let (n, m) = (x.len(), y.len());
    let choices: f64 = (0..n).map(|i| (n + m - i) as f64 / (i + 1) as f64).product();
    if choices > LIMIT {
        return Err(Error::TooLarge {
            what: "the exact permutation test",
            needed: choices,
            limit: LIMIT,
            instead: "the Mann-Whitney or Welch's test",
        });
    }
    let observed = mean(x) - mean(y);
    let all: Vec<f64> = x.iter().chain(y).copied().collect();
    let total: f64 = all.iter().sum();
    let near = (observed.abs() * 1e-14).max(f64::EPSILON * total.abs());
    let (mut less, mut greater, mut count) = (0u64, 0u64, 0u64);
    let mut index: Vec<usize> = (0..n).collect();
    loop {
        let sum: f64 = index.iter().map(|&i| all[i]).sum();
        let d = sum / n as f64 - (total - sum) / m as f64;
        count += 1;
        less += u64::from(d <= observed + near);
        greater += u64::from(d >= observed - near);
        // The next combination in order.
        let Some(at) = (0..n).rev().find(|&i| index[i] != i + m) else { break };
        index[at] += 1;
        for i in at + 1..n {
            index[i] = index[i - 1] + 1;
        }
    }
    let (less, greater) = (less as f64 / count as f64, greater as f64 / count as f64);
    let p = match alternative {
        Alternative::Less => less,
        Alternative::Greater => greater,
        Alternative::TwoSided => (2.0 * less.min(greater)).min(1.0),
    };
    Ok(Test::plain("exact permutation test of means", observed, p, vec![n, m])
        .against(alternative)
        .estimating(observed, None))
}

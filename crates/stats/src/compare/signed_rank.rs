//! Paired samples by ranks.

use super::mann_whitney::{RankP, shift};
use super::{normal_p, sample, undefined};
use crate::error::{Error, require_length};
use crate::rank::ranks;
use crate::result::{Alternative, Test};

/// Wilcoxon's signed rank test of `x − y`. Zero differences are dropped (Wilcoxon's rule); the statistic `V` is the
/// sum of the ranks of positive differences.
///
/// R: `wilcox.test(x, y, paired = TRUE)`, `exactRankTests::wilcox.exact(x, y, paired = TRUE)` for
/// [`RankP::Exact`] with ties.
///
/// # Errors
/// Lengths that differ, values that are not finite; [`Error::Undefined`] where all differences are 0;
/// [`Error::TooLarge`] for exact p-values of long samples; [`Error::Setting`] for [`RankP::ExactIgnoringTies`].
pub fn wilcoxon_signed_rank(x: &[f64], y: &[f64], p: RankP, alternative: Alternative) -> Result<Test, Error> {
    require_length("y", y.len(), x.len())?;
    sample("x", x, 1)?;
    sample("y", y, 1)?;
    let differences: Vec<f64> = x.iter().zip(y).map(|(a, b)| a - b).filter(|d| *d != 0.0).collect();
    let zeros = x.len() - differences.len();
    if differences.is_empty() {
        return undefined("the signed rank test", "all differences are 0");
    }
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    let ranked = ranks(&sizes);
    let v: f64 = ranked.ranks.iter().zip(&differences).filter(|(_, d)| **d > 0.0).map(|(r, _)| r).sum();
    let n = differences.len() as f64;
    let p = match p {
        RankP::Auto if differences.len() < 50 && zeros == 0 && !ranked.any_ties() => RankP::Exact,
        RankP::Auto => RankP::Normal { continuity: true },
        RankP::ExactIgnoringTies => {
            return Err(Error::Setting {
                name: "p-value of the signed rank test",
                value: "exact ignoring ties".to_owned(),
                expected: "exact or normal",
            });
        }
        other => other,
    };
    let (method, value) = match p {
        RankP::Normal { continuity } => {
            let difference = v - n * (n + 1.0) / 4.0;
            let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ranked.tie_term() / 48.0;
            let z = (difference - shift(difference, continuity, alternative)) / variance.sqrt();
            let name = if continuity {
                "Wilcoxon signed rank test (normal, continuity correction)"
            } else {
                "Wilcoxon signed rank test (normal)"
            };
            (name, normal_p(z, alternative))
        }
        _ => ("Wilcoxon signed rank test (exact)", exact(&ranked.ranks, v, alternative)?),
    };
    Ok(Test::plain(method, v, value, vec![x.len()]).against(alternative))
}

/// Distribution of the sum of ranks with random signs, conditional on ties.
fn exact(ranks: &[f64], v: f64, alternative: Alternative) -> Result<f64, Error> {
    const LIMIT: f64 = 2e9;
    let scores: Vec<usize> = ranks.iter().map(|r| (2.0 * r).round() as usize).collect();
    let total: usize = scores.iter().sum();
    let needed = total as f64 * scores.len() as f64;
    if needed > LIMIT {
        return Err(Error::TooLarge {
            what: "the exact signed rank distribution",
            needed,
            limit: LIMIT,
            instead: "the normal approximation",
        });
    }
    let mut probability = vec![0.0; total + 1];
    probability[0] = 1.0;
    for &score in &scores {
        for s in (0..=total).rev() {
            let come = if s >= score { probability[s - score] } else { 0.0 };
            probability[s] = 0.5 * (probability[s] + come);
        }
    }
    let observed = (2.0 * v).round() as usize;
    let sum = |range: &[f64]| range.iter().sum::<f64>();
    let p = match alternative {
        Alternative::Less => sum(&probability[..=observed]),
        Alternative::Greater => sum(&probability[observed..]),
        // The distribution is symmetric, also with ties.
        Alternative::TwoSided => 2.0 * sum(&probability[observed.max(total - observed)..]),
    };
    Ok(p.min(1.0))
}

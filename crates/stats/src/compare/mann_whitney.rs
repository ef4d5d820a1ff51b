//! Two independent samples by ranks.

use serde::{Deserialize, Serialize};

use super::{normal_p, sample, undefined};
use crate::distribution::{t, t_two_sided, t_upper};
use crate::error::Error;
use crate::rank::ranks;
use crate::result::{Alternative, Test};

/// Where the p-value of a rank test comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RankP {
    /// Exact for fewer than 50 values in each sample and no ties, else normal with continuity correction: R's rule.
    #[default]
    Auto,
    /// Exact, conditional on the ties. R: `exactRankTests::wilcox.exact`, `coin::wilcox_test(distribution = "exact")`.
    Exact,
    /// Exact for data without ties, applied to the statistic as if there were none.
    /// Python: `scipy.stats.mannwhitneyu(method = "exact")`.
    ExactIgnoringTies,
    /// Normal with the variance corrected for ties.
    Normal {
        /// Whether half a unit is taken off the difference.
        continuity: bool,
    },
}

/// Steps an exact distribution may take.
const LIMIT: f64 = 2e9;

/// Mann–Whitney–Wilcoxon test. The statistic is `W`, the number of pairs in which `x` is larger, ties counted half.
///
/// R: `wilcox.test(x, y, exact, correct)`; Python: `scipy.stats.mannwhitneyu(x, y)`. SPSS' Z is
/// `RankP::Normal { continuity: false }`.
///
/// # Errors
/// An empty sample, values that are not finite; [`Error::Undefined`] where all values are equal;
/// [`Error::TooLarge`] for exact p-values of long samples.
///
/// ```
/// use radiomics_stats::{Alternative, compare::{RankP, mann_whitney}};
/// let w = mann_whitney(&[1.1, 2.3, 0.7], &[3.2, 4.1, 2.9, 5.0], RankP::Exact, Alternative::TwoSided)?;
/// assert_eq!(w.statistic, 0.0);
/// assert!((w.p - 2.0 / 35.0).abs() < 1e-15);
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn mann_whitney(x: &[f64], y: &[f64], p: RankP, alternative: Alternative) -> Result<Test, Error> {
    sample("x", x, 1)?;
    sample("y", y, 1)?;
    let all: Vec<f64> = x.iter().chain(y).copied().collect();
    let ranked = ranks(&all);
    let (n, m) = (x.len() as f64, y.len() as f64);
    let rank_sum: f64 = ranked.ranks[..x.len()].iter().sum();
    let w = rank_sum - n * (n + 1.0) / 2.0;
    let p = match p {
        RankP::Auto if x.len() < 50 && y.len() < 50 && !ranked.any_ties() => RankP::Exact,
        RankP::Auto => RankP::Normal { continuity: true },
        other => other,
    };
    let (method, value) = match p {
        RankP::Normal { continuity } => {
            let total = n + m;
            let variance = n * m / 12.0 * (total + 1.0 - ranked.tie_term() / (total * (total - 1.0)));
            if variance <= 0.0 {
                return undefined("the Mann-Whitney test", "all values are equal");
            }
            let difference = w - n * m / 2.0;
            let z = (difference - shift(difference, continuity, alternative)) / variance.sqrt();
            let name = if continuity {
                "Mann-Whitney U test (normal, continuity correction)"
            } else {
                "Mann-Whitney U test (normal)"
            };
            (name, normal_p(z, alternative))
        }
        RankP::ExactIgnoringTies => {
            let untied: Vec<u32> = (1..=all.len() as u32).map(|r| 2 * r).collect();
            // SciPy cuts half units off before it looks the value up.
            let twice = |w: f64| (2.0 * (w + n * (n + 1.0) / 2.0)).round() as i64;
            let dist = Distribution::new(&untied, x.len())?;
            let upper = |u: f64| dist.at_least(twice(u.floor()));
            let value = match alternative {
                Alternative::TwoSided => (2.0 * upper(w.max(n * m - w))).min(1.0),
                Alternative::Greater => upper(w),
                Alternative::Less => upper(n * m - w),
            };
            ("Mann-Whitney U test (exact, ties ignored)", value)
        }
        _ => {
            let scores: Vec<u32> = ranked.ranks.iter().map(|r| (2.0 * r).round() as u32).collect();
            let observed: i64 = scores[..x.len()].iter().map(|&s| i64::from(s)).sum();
            let dist = Distribution::new(&scores, x.len())?;
            let value = match alternative {
                // Values as far from the expected rank sum as the observed one, or further.
                Alternative::TwoSided => {
                    // Twice the rank sum, doubled once more so that its expectation is a whole number.
                    let centre = scores.iter().map(|&s| i64::from(s)).sum::<i64>() * x.len() as i64;
                    let total = all.len() as i64;
                    let far = (observed * total - centre).abs();
                    dist.probability(|s| (s * total - centre).abs() >= far)
                }
                Alternative::Less => dist.probability(|s| s <= observed),
                Alternative::Greater => dist.at_least(observed),
            };
            ("Mann-Whitney U test (exact)", value)
        }
    };
    Ok(Test::plain(method, w, value, vec![x.len(), y.len()]).against(alternative))
}

/// Half a unit towards the expectation.
pub(super) fn shift(difference: f64, continuity: bool, alternative: Alternative) -> f64 {
    if !continuity {
        return 0.0;
    }
    match alternative {
        Alternative::TwoSided if difference == 0.0 => 0.0,
        Alternative::TwoSided => 0.5_f64.copysign(difference),
        Alternative::Greater => 0.5,
        Alternative::Less => -0.5,
    }
}

/// Distribution of the sum of `n` scores drawn without replacement (Streitberg and Röhmel 1986).
struct Distribution {
    lowest: i64,
    probability: Vec<f64>,
}

impl Distribution {
    fn new(scores: &[u32], n: usize) -> Result<Self, Error> {
        // Take the least score off everyone: the table gets shorter. Common factors of 2 go too.
        let least = scores.iter().copied().min().unwrap_or(0);
        let mut sorted: Vec<u32> = scores.iter().map(|s| s - least).collect();
        sorted.sort_unstable();
        let step = if sorted.iter().all(|s| s % 2 == 0) { 2 } else { 1 };
        sorted.iter_mut().for_each(|s| *s /= step);
        let most: usize = sorted.iter().rev().take(n).map(|&s| s as usize).sum();
        let needed = scores.len() as f64 * n as f64 * (most + 1) as f64;
        if needed > LIMIT {
            return Err(Error::TooLarge {
                what: "the exact Mann-Whitney distribution",
                needed,
                limit: LIMIT,
                instead: "the normal approximation",
            });
        }
        // ways[k][s]: probability that the first items chosen so far are k with sum s, built up item by item with
        // the weights of drawing without replacement, so that nothing overflows.
        let width = most + 1;
        let mut ways = vec![0.0; (n + 1) * width];
        ways[0] = 1.0;
        let total = scores.len();
        for (done, &score) in sorted.iter().enumerate() {
            let score = score as usize;
            let left = (total - done) as f64;
            for k in (0..=n.min(done + 1)).rev() {
                // Probability of taking this item when k are already taken, and of leaving it.
                let leave = (left - (n - k) as f64) / left;
                let take = if k > 0 { (n - k + 1) as f64 / left } else { 0.0 };
                for s in (0..width).rev() {
                    let stay = ways[k * width + s] * leave;
                    let come =
                        if k > 0 && s >= score { ways[(k - 1) * width + s - score] * take } else { 0.0 };
                    ways[k * width + s] = stay + come;
                }
            }
        }
        let lowest = i64::from(least) * n as i64;
        let mut probability = vec![0.0; most * step as usize + 1];
        for (s, p) in ways[n * width..].iter().enumerate() {
            probability[s * step as usize] = *p;
        }
        Ok(Self { lowest, probability })
    }

    fn probability(&self, within: impl Fn(i64) -> bool) -> f64 {
        let sum: f64 =
            (self.lowest..).zip(&self.probability).filter(|(s, _)| within(*s)).map(|(_, p)| p).sum();
        sum.min(1.0)
    }

    fn at_least(&self, observed: i64) -> f64 {
        self.probability(|s| s >= observed)
    }
}

/// Cliff's delta: share of pairs with `x` larger minus share with `x` smaller. R: `effsize::cliff.delta(x, y)`.
///
/// # Errors
/// An empty sample, values that are not finite.
pub fn cliffs_delta(x: &[f64], y: &[f64]) -> Result<f64, Error> {
    sample("x", x, 1)?;
    sample("y", y, 1)?;
    let all: Vec<f64> = x.iter().chain(y).copied().collect();
    let rank_sum: f64 = ranks(&all).ranks[..x.len()].iter().sum();
    let (n, m) = (x.len() as f64, y.len() as f64);
    Ok(2.0 * (rank_sum - n * (n + 1.0) / 2.0) / (n * m) - 1.0)
}

/// Brunner and Munzel's test, which allows different spreads. Python: `scipy.stats.brunnermunzel(x, y)`.
///
/// # Errors
/// Fewer than two values in a sample, values that are not finite; [`Error::Undefined`] where the samples do not
/// overlap at all (variance 0).
pub fn brunner_munzel(x: &[f64], y: &[f64], alternative: Alternative) -> Result<Test, Error> {
    sample("x", x, 2)?;
    sample("y", y, 2)?;
    let all: Vec<f64> = x.iter().chain(y).copied().collect();
    let ranked = ranks(&all).ranks;
    let (n, m) = (x.len() as f64, y.len() as f64);
    let part = |within: &[f64], pooled: &[f64]| {
        let own = ranks(within).ranks;
        let size = within.len() as f64;
        let mean = pooled.iter().sum::<f64>() / size;
        let s: f64 = pooled.iter().zip(&own).map(|(r, o)| (r - o - mean + (size + 1.0) / 2.0).powi(2)).sum();
        (mean, s / (size - 1.0))
    };
    let (mean_x, sx) = part(x, &ranked[..x.len()]);
    let (mean_y, sy) = part(y, &ranked[x.len()..]);
    let spread = n * sx + m * sy;
    if spread <= 0.0 {
        return undefined("the Brunner-Munzel test", "the samples do not overlap, the variance is 0");
    }
    let statistic = n * m * (mean_y - mean_x) / ((n + m) * spread.sqrt());
    let df = spread * spread / ((n * sx).powi(2) / (n - 1.0) + (m * sy).powi(2) / (m - 1.0));
    // A large statistic says that x is smaller.
    let p = match alternative {
        Alternative::TwoSided => t_two_sided(statistic, df),
        Alternative::Less => t_upper(statistic, df),
        Alternative::Greater => t(statistic, df),
    };
    Ok(Test::plain("Brunner-Munzel test", statistic, p, vec![x.len(), y.len()])
        .with_df(&[df])
        .against(alternative)
        .estimating((mean_y - mean_x) / (n + m) + 0.5, None))
}

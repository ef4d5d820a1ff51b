//! Bootstrap intervals: percentile, basic, normal and BCa (Efron 1987; Davison and Hinkley 1997).
//!
//! Replicate `i` draws from its own random stream, so that a seed gives the same result for any number of threads.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::describe::{mean, quantile_sorted, sd, sorted};
use crate::distribution::{normal, normal_quantile};
use crate::error::{Error, require_count, require_length, require_level};
use crate::result::Interval;
use crate::rng::Rng;
use crate::roc::{Direction, Placements, Roc, check};

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Within each class, so that every replicate has as many positives as the data; pROC's `boot.stratified = TRUE`.
    #[default]
    Stratified,
    /// Over all patients; a replicate without both classes is skipped and counted.
    Plain,
}

/// Settings of a bootstrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BootstrapConfig {
    /// Number of replicates.
    pub replicates: usize,
    /// Seed of the random streams.
    pub seed: u64,
    /// What is drawn.
    pub sampling: Sampling,
}

impl Default for BootstrapConfig {
    fn default() -> Self {
        Self { replicates: 2000, seed: 1, sampling: Sampling::Stratified }
    }
}

/// How an interval is made of replicates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalMethod {
    /// Quantiles of the replicates (type 7).
    #[default]
    Percentile,
    /// Quantiles mirrored at the estimate.
    Basic,
    /// Estimate ± z times the replicates' standard deviation.
    Normal,
    /// Quantiles corrected for bias and acceleration; the acceleration comes from the jackknife.
    Bca,
}

/// Replicates of an estimate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bootstrap {
    /// The estimate from the data.
    pub estimate: f64,
    /// The replicates that have a value, in the order drawn.
    pub replicates: Vec<f64>,
    /// How many had none (one class only, a rate without denominator).
    pub skipped: usize,
    /// Estimates with one patient left out, with how many patients give each; empty where not computed.
    pub(crate) jackknife: Vec<(f64, f64)>,
}

impl Bootstrap {
    /// Runs `replicate` once for each random stream; NaN means skipped.
    ///
    /// # Errors
    /// No replicates asked for; all of them skipped; an estimate that is NaN.
    pub fn run(
        estimate: f64,
        config: &BootstrapConfig,
        replicate: impl Fn(&mut Rng) -> f64 + Sync,
    ) -> Result<Self, Error> {
        require_count("bootstrap replicates", config.replicates, 1)?;
        let values: Vec<f64> = (0..config.replicates as u64)
            .into_par_iter()
            .map(|i| replicate(&mut Rng::stream(config.seed, i)))
            .collect();
        Self::from_replicates(estimate, values)
    }

    /// Wraps given replicates, NaN meaning skipped.
    ///
    /// # Errors
    /// An estimate that is NaN; no replicate with a value.
    pub fn from_replicates(estimate: f64, values: Vec<f64>) -> Result<Self, Error> {
        if estimate.is_nan() {
            return Err(Error::Undefined {
                what: "the bootstrapped estimate".to_owned(),
                why: "it has no value on the data themselves".to_owned(),
            });
        }
        let all = values.len();
        let replicates: Vec<f64> = values.into_iter().filter(|v| !v.is_nan()).collect();
        require_count("bootstrap replicates with a value", replicates.len(), 1)?;
        Ok(Self { estimate, skipped: all - replicates.len(), replicates, jackknife: Vec::new() })
    }

    /// With the estimates got by leaving out each patient once, which BCa needs.
    pub fn with_jackknife(mut self, leave_one_out: &[f64]) -> Self {
        self.jackknife = leave_one_out.iter().map(|&v| (v, 1.0)).collect();
        self
    }

    /// Bootstrap of any statistic of patients given by their positions.
    ///
    /// `statistic` sees the positions drawn and may give NaN for "no value". `strata` says which patients are drawn
    /// among themselves (`&[]` for none). The jackknife is computed as well, `n` further calls.
    ///
    /// R: `boot::boot(data, statistic, R, strata)`.
    ///
    /// # Errors
    /// As [`Self::run`].
    ///
    /// ```
    /// use radiomics_stats::bootstrap::{Bootstrap, BootstrapConfig, IntervalMethod};
    /// let x = [3.1, 2.2, 5.4, 4.0, 3.3, 2.9, 6.1];
    /// let mean = |rows: &[u32]| rows.iter().map(|&i| x[i as usize]).sum::<f64>() / rows.len() as f64;
    /// let boot = Bootstrap::of_rows(x.len(), &[], &BootstrapConfig::default(), mean)?;
    /// assert!(boot.interval(IntervalMethod::Bca, 0.95)?.contains(27.0 / 7.0));
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn of_rows(
        n: usize,
        strata: &[u32],
        config: &BootstrapConfig,
        statistic: impl Fn(&[u32]) -> f64 + Sync,
    ) -> Result<Self, Error> {
        require_count("patients of a bootstrap", n, 1)?;
        if !strata.is_empty() {
            require_length("strata", strata.len(), n)?;
        }
        let all: Vec<u32> = (0..n as u32).collect();
        let mut sets: Vec<Vec<u32>> = Vec::new();
        if strata.is_empty() {
            sets.push(all.clone());
        } else {
            let mut by_stratum = std::collections::BTreeMap::<u32, Vec<u32>>::new();
            for (&s, &i) in strata.iter().zip(&all) {
                by_stratum.entry(s).or_default().push(i);
            }
            sets.extend(by_stratum.into_values());
        }
        let result = Self::run(statistic(&all), config, |rng| {
            let mut rows = Vec::with_capacity(n);
            for set in &sets {
                rows.extend((0..set.len()).map(|_| set[rng.below(set.len())]));
            }
            statistic(&rows)
        })?;
        let jackknife: Vec<f64> = (0..n)
            .into_par_iter()
            .map(|leave| {
                let rows: Vec<u32> = all.iter().copied().filter(|&i| i as usize != leave).collect();
                statistic(&rows)
            })
            .collect();
        Ok(result.with_jackknife(&jackknife))
    }

    /// Standard deviation of the replicates. R: `sd(b$t)`.
    pub fn se(&self) -> f64 {
        sd(&self.replicates)
    }

    /// Mean of the replicates minus the estimate. R: `mean(b$t) - b$t0`.
    pub fn bias(&self) -> f64 {
        mean(&self.replicates) - self.estimate
    }

    /// Bias correction `z₀` of BCa: the normal quantile of the share of replicates below the estimate, those equal to
    /// it counted half.
    pub fn z0(&self) -> f64 {
        let count = |order: std::cmp::Ordering| {
            self.replicates.iter().filter(|v| v.total_cmp(&self.estimate) == order).count() as f64
        };
        let below = count(std::cmp::Ordering::Less) + 0.5 * count(std::cmp::Ordering::Equal);
        normal_quantile(below / self.replicates.len() as f64)
    }

    /// Acceleration of BCa, a sixth of the jackknife's skewness; NaN where the jackknife was not computed or has no
    /// spread.
    pub fn acceleration(&self) -> f64 {
        let n: f64 = self.jackknife.iter().map(|(_, w)| w).sum();
        let centre = self.jackknife.iter().map(|(v, w)| v * w).sum::<f64>() / n;
        let power = |p: i32| self.jackknife.iter().map(|(v, w)| w * (centre - v).powi(p)).sum::<f64>();
        power(3) / (6.0 * power(2).powf(1.5))
    }

    /// Confidence interval.
    ///
    /// R: `boot::boot.ci(b, type = c("perc", "basic", "norm", "bca"))`, with quantiles of type 7 as in NumPy.
    ///
    /// # Errors
    /// A level outside 0..1; [`Error::Undefined`] for BCa where all replicates lie on one side of the estimate or
    /// the jackknife has no spread.
    pub fn interval(&self, method: IntervalMethod, level: f64) -> Result<Interval, Error> {
        require_level(level)?;
        let tail = 0.5 * (1.0 - level);
        let ordered = sorted(&self.replicates);
        let between = |a, b| (quantile_sorted(&ordered, a), quantile_sorted(&ordered, b));
        let (lower, upper) = match method {
            IntervalMethod::Percentile => between(tail, 1.0 - tail),
            IntervalMethod::Basic => {
                let (low, high) = between(tail, 1.0 - tail);
                (2.0 * self.estimate - high, 2.0 * self.estimate - low)
            }
            IntervalMethod::Normal => return Ok(Interval::normal(self.estimate, self.se(), level)),
            IntervalMethod::Bca => {
                let (z0, a) = (self.z0(), self.acceleration());
                if !z0.is_finite() || !a.is_finite() {
                    return Err(Error::Undefined {
                        what: "the BCa interval".to_owned(),
                        why: format!(
                            "bias correction {z0}, acceleration {a}; the replicates or the jackknife have no spread around the estimate"
                        ),
                    });
                }
                let at = |p: f64| {
                    let z = z0 + normal_quantile(p);
                    normal(z0 + z / (1.0 - a * z))
                };
                between(at(tail), at(1.0 - tail))
            }
        };
        Ok(Interval { lower, upper, level })
    }
}

/// Bootstrap of the area under the ROC curve. The scores are sorted once; a replicate is a pass over counts.
///
/// R: `pROC::ci.auc(roc, method = "bootstrap", boot.n = 2000)` (stratified, percentile).
///
/// # Errors
/// As [`Roc::new`] and [`Bootstrap::run`].
///
/// ```
/// use radiomics_stats::bootstrap::{BootstrapConfig, IntervalMethod, bootstrap_auc};
/// use radiomics_stats::roc::Direction;
/// let outcome = [false, false, false, true, true, false, true, true];
/// let score = [0.2, 0.3, 0.4, 0.35, 0.6, 0.5, 0.7, 0.9];
/// let boot = bootstrap_auc(&outcome, &score, Direction::Higher, &BootstrapConfig::default())?;
/// let ci = boot.interval(IntervalMethod::Percentile, 0.95)?;
/// assert!(ci.lower > 0.4 && ci.upper == 1.0);
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn bootstrap_auc(
    outcome: &[bool],
    scores: &[f64],
    direction: Direction,
    config: &BootstrapConfig,
) -> Result<Bootstrap, Error> {
    let roc = Roc::new(outcome, scores, direction)?;
    let groups = roc.groups();
    // The group of each patient, positives and negatives apart; sorted, so that patient order does not matter.
    let mut of = [Vec::new(), Vec::new()];
    for (g, group) in groups.iter().enumerate() {
        of[0].extend(std::iter::repeat_n(g as u32, group.positives as usize));
        of[1].extend(std::iter::repeat_n(g as u32, group.negatives as usize));
    }
    let [positive, negative] = of;
    let n = positive.len() + negative.len();
    let result = Bootstrap::run(roc.auc(), config, |rng| {
        let mut counts = vec![[0u32; 2]; groups.len()];
        match config.sampling {
            Sampling::Stratified => {
                for (class, members) in [&positive, &negative].into_iter().enumerate() {
                    for _ in 0..members.len() {
                        counts[members[rng.below(members.len())] as usize][class] += 1;
                    }
                }
            }
            Sampling::Plain => {
                for _ in 0..n {
                    let i = rng.below(n);
                    match i.checked_sub(positive.len()) {
                        None => counts[positive[i] as usize][0] += 1,
                        Some(i) => counts[negative[i] as usize][1] += 1,
                    }
                }
            }
        }
        area(&counts)
    })?;
    let placements = Placements::new(outcome, scores, direction);
    Ok(result.with_jackknife(&leave_one_out(outcome, &placements)))
}

/// Bootstrap of the difference of two areas of the same patients, first − second, with the plain comparison's
/// resampling of patients. R: `pROC::roc.test(roc1, roc2, method = "bootstrap")` for its difference.
///
/// # Errors
/// As [`bootstrap_auc`].
pub fn bootstrap_auc_difference(
    outcome: &[bool],
    first: &[f64],
    second: &[f64],
    direction: Direction,
    config: &BootstrapConfig,
) -> Result<Bootstrap, Error> {
    check(outcome, first)?;
    check(outcome, second)?;
    let places = [first, second].map(|s| group_of(s, direction));
    let by_class = |class: bool| -> Vec<u32> {
        outcome.iter().zip(0..).filter(|(o, _)| **o == class).map(|(_, i)| i).collect()
    };
    let (positive, negative) = (by_class(true), by_class(false));
    let estimate = Roc::new(outcome, first, direction)?.auc() - Roc::new(outcome, second, direction)?.auc();
    let result = Bootstrap::run(estimate, config, |rng| {
        let mut counts = places.each_ref().map(|p| vec![[0u32; 2]; p.1]);
        let mut add = |i: u32| {
            let class = usize::from(!outcome[i as usize]);
            for (count, place) in counts.iter_mut().zip(&places) {
                count[place.0[i as usize] as usize][class] += 1;
            }
        };
        match config.sampling {
            Sampling::Stratified => {
                for members in [&positive, &negative] {
                    for _ in 0..members.len() {
                        add(members[rng.below(members.len())]);
                    }
                }
            }
            Sampling::Plain => (0..outcome.len()).for_each(|_| add(rng.below(outcome.len()) as u32)),
        }
        area(&counts[0]) - area(&counts[1])
    })?;
    let [a, b] = [first, second].map(|s| leave_one_out(outcome, &Placements::new(outcome, s, direction)));
    let jackknife: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
    Ok(result.with_jackknife(&jackknife))
}

/// Area from counts of positives and negatives by increasing suspicion; NaN without both classes.
fn area(counts: &[[u32; 2]]) -> f64 {
    let (mut below, mut positives, mut twice) = (0u64, 0u64, 0u64);
    for &[p, n] in counts {
        let (p, n) = (u64::from(p), u64::from(n));
        twice += p * (2 * below + n);
        below += n;
        positives += p;
    }
    twice as f64 / (2.0 * positives as f64 * below as f64)
}

/// Rank of each patient's distinct score by increasing suspicion, and the number of distinct scores.
fn group_of(scores: &[f64], direction: Direction) -> (Vec<u32>, usize) {
    let mut sorted = crate::rank::sorted_keys(scores);
    if direction == Direction::Lower {
        sorted.reverse();
    }
    let mut place = vec![0; scores.len()];
    let mut groups = 0;
    for group in sorted.chunk_by(|a, b| a.0 == b.0) {
        for (_, i) in group {
            place[*i as usize] = groups as u32;
        }
        groups += 1;
    }
    (place, groups)
}

/// The areas with each patient left out, in closed form from the placements.
fn leave_one_out(outcome: &[bool], placements: &Placements) -> Vec<f64> {
    let auc = placements.value();
    let positives = outcome.iter().filter(|&&o| o).count() as f64;
    let negatives = outcome.len() as f64 - positives;
    (0..outcome.len())
        .map(|i| {
            let n = if outcome[i] { positives } else { negatives };
            (n * auc - placements.probability(i, outcome[i])) / (n - 1.0)
        })
        .collect()
}

/// Areas of given resamples of positions, NaN where a resample has one class.
///
/// # Errors
/// As [`Roc::new`]; a position outside the data.
pub fn auc_of_resamples(
    outcome: &[bool],
    scores: &[f64],
    direction: Direction,
    resamples: &[Vec<usize>],
) -> Result<Bootstrap, Error> {
    let roc = Roc::new(outcome, scores, direction)?;
    let (place, groups) = group_of(scores, direction);
    let mut values = Vec::with_capacity(resamples.len());
    for rows in resamples {
        let mut counts = vec![[0u32; 2]; groups];
        for &i in rows {
            let (Some(&g), Some(&o)) = (place.get(i), outcome.get(i)) else {
                return Err(Error::Setting {
                    name: "position in a resample",
                    value: i.to_string(),
                    expected: "below the number of patients",
                });
            };
            counts[g as usize][usize::from(!o)] += 1;
        }
        values.push(area(&counts));
    }
    let result = Bootstrap::from_replicates(roc.auc(), values)?;
    Ok(result.with_jackknife(&leave_one_out(outcome, &Placements::new(outcome, scores, direction))))
}

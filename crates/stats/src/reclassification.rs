//! What a second model changes: net reclassification and integrated discrimination (Pencina et al. 2008, 2011).

use serde::Serialize;

use crate::describe::{mean, variance};
use crate::distribution::normal_two_sided;
use crate::error::{Error, require, require_length, require_level};
use crate::result::Interval;

/// An improvement with its large-sample error. R: `PredictABEL::reclassification`, `Hmisc::improveProb(p1, p2, y)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Improvement {
    /// The improvement, events plus non-events.
    pub value: f64,
    /// Part of the events (for IDI: rise of their mean probability).
    pub events: f64,
    /// Part of the non-events (for IDI: fall of their mean probability).
    pub non_events: f64,
    /// Standard error.
    pub se: f64,
    /// `value ± z · se`.
    pub interval: Interval,
    /// z against no improvement.
    pub z: f64,
    /// Its two-sided p-value.
    pub p: f64,
}

fn improvement(
    what: &str,
    events: f64,
    non_events: f64,
    variance: f64,
    level: f64,
) -> Result<Improvement, Error> {
    let value = events + non_events;
    let se = variance.sqrt();
    if se.is_nan() || se <= 0.0 {
        let why =
            "within each class all patients move alike or none does, which leaves no variance".to_owned();
        return Err(Error::Undefined { what: what.to_owned(), why });
    }
    let z = value / se;
    let interval = Interval::normal(value, se, level);
    Ok(Improvement { value, events, non_events, se, interval, z, p: normal_two_sided(z) })
}

fn check(outcome: &[bool], old: &[f64], new: &[f64], level: f64) -> Result<(), Error> {
    require_level(level)?;
    require_length("old probabilities", old.len(), outcome.len())?;
    require_length("new probabilities", new.len(), outcome.len())?;
    for p in [old, new] {
        require("probability", p, "between 0 and 1", |v| (0.0..=1.0).contains(&v))?;
    }
    crate::roc::require_both_classes(outcome)
}

/// Net reclassification over risk categories cut at `cuts` (right-open: a probability equal to a cut is above it);
/// without cuts every rise or fall counts (continuous NRI). The variance is that of differences of proportions,
/// `(up + down − (up − down)²) / n` in each class.
///
/// R: `Hmisc::improveProb(old, new, y)`, its `nri` with `se.nri`; with cuts
/// `PredictABEL::reclassification(data, cOutcome, predrisk1, predrisk2, cutoff)`.
///
/// # Errors
/// Lengths that differ, values outside 0..1, one class only, cuts that do not increase; [`Error::Undefined`] where
/// patients of a class move all alike or not at all, as between two models that agree.
///
/// ```
/// use radiomics_stats::reclassification::net_reclassification;
/// let y = [true, true, false, false, true, false];
/// let old = [0.4, 0.6, 0.3, 0.5, 0.2, 0.6];
/// let new = [0.6, 0.7, 0.2, 0.6, 0.1, 0.4];
/// let nri = net_reclassification(&y, &old, &new, &[], 0.95)?;
/// assert!((nri.value - (1.0 / 3.0 + 1.0 / 3.0)).abs() < 1e-12);
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn net_reclassification(
    outcome: &[bool],
    old: &[f64],
    new: &[f64],
    cuts: &[f64],
    level: f64,
) -> Result<Improvement, Error> {
    check(outcome, old, new, level)?;
    if cuts.windows(2).any(|w| w[0] >= w[1]) || cuts.iter().any(|c| c.is_nan()) {
        return Err(Error::Setting {
            name: "cuts of risk categories",
            value: format!("{cuts:?}"),
            expected: "increasing numbers",
        });
    }
    let category = |p: f64| cuts.partition_point(|c| *c <= p);
    let mut up = [0.0_f64; 2];
    let mut down = [0.0_f64; 2];
    let mut n = [0.0_f64; 2];
    for i in 0..outcome.len() {
        let class = usize::from(!outcome[i]);
        n[class] += 1.0;
        let change =
            if cuts.is_empty() { new[i].total_cmp(&old[i]) } else { category(new[i]).cmp(&category(old[i])) };
        match change {
            std::cmp::Ordering::Greater => up[class] += 1.0,
            std::cmp::Ordering::Less => down[class] += 1.0,
            std::cmp::Ordering::Equal => {}
        }
    }
    let part = |class: usize| (up[class] - down[class]) / n[class];
    let spread = |class: usize| ((up[class] + down[class]) / n[class] - part(class).powi(2)) / n[class];
    improvement("the net reclassification", part(0), -part(1), spread(0) + spread(1), level)
}

/// Integrated discrimination improvement: rise of the mean probability of events minus that of non-events.
///
/// R: `Hmisc::improveProb(old, new, y)`, its `idi` with `se.idi`.
///
/// # Errors
/// Lengths that differ, values outside 0..1, one class only; [`Error::Undefined`] as in [`net_reclassification`].
pub fn integrated_discrimination(
    outcome: &[bool],
    old: &[f64],
    new: &[f64],
    level: f64,
) -> Result<Improvement, Error> {
    check(outcome, old, new, level)?;
    let change = |class: bool| -> Vec<f64> {
        (0..outcome.len()).filter(|&i| outcome[i] == class).map(|i| new[i] - old[i]).collect()
    };
    let (events, others) = (change(true), change(false));
    // Hmisc divides by n, not n − 1, in both classes.
    let spread = |d: &[f64]| {
        let n = d.len() as f64;
        if n > 1.0 { variance(d) * (n - 1.0) / (n * n) } else { 0.0 }
    };
    let variance = spread(&events) + spread(&others);
    improvement("the integrated discrimination", mean(&events), -mean(&others), variance, level)
}

//! Cumulative incidence of competing causes.

use radiomics_stats::Interval;
use radiomics_stats::error::{require_length, require_level};
use serde::Serialize;

use crate::confidence::Scale;
use crate::error::Error;
use crate::outcome::{Outcome, Part};
use crate::risk_sets::Groups;

/// Cumulative incidence of each cause (Aalen and Johansen 1978), one row for each distinct time.
///
/// `Fₖ(t) = Σ_{u ≤ t} S(u−) dₖ / n` with `S` the curve of no event of any cause. Standard errors are the infinitesimal
/// jackknife's over patients.
///
/// R: `survfit(Surv(time, factor(status)) ~ 1)`; `cmprsk::cuminc` has the same curve and another variance.
///
/// ```
/// use radiomics_survival::{Outcome, competing::AalenJohansen};
/// let outcome = Outcome::with_causes(&[1.0, 2.0, 3.0, 4.0], vec![1, 2, 0, 1])?;
/// let curve = AalenJohansen::new(&outcome)?;
/// assert_eq!(curve.at(2.0)?.incidence, [0.25, 0.25]);
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AalenJohansen {
    /// Number of patients.
    pub n: usize,
    /// Codes of the causes, increasing.
    pub causes: Vec<u8>,
    /// Distinct times, increasing.
    pub time: Vec<f64>,
    /// Those at risk just before each time.
    pub n_risk: Vec<f64>,
    /// Probability of no event of any cause.
    pub event_free: Vec<f64>,
    /// Its standard error.
    pub event_free_std_err: Vec<f64>,
    /// Cumulative incidence, one row for each time, one column for each cause.
    pub incidence: Vec<Vec<f64>>,
    /// Its standard errors.
    pub std_err: Vec<Vec<f64>>,
}

/// Probabilities at one time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatePoint {
    /// The time.
    pub time: f64,
    /// Those at risk.
    pub n_risk: f64,
    /// Probability of no event of any cause.
    pub event_free: f64,
    /// Its standard error.
    pub event_free_std_err: f64,
    /// Cumulative incidence of each cause.
    pub incidence: Vec<f64>,
    /// Their standard errors.
    pub std_err: Vec<f64>,
}

impl StatePoint {
    /// Limits of the probability of no event, then of each cause. R: `conf.type` of `survfit`, log by default.
    ///
    /// # Errors
    /// A level outside 0 to 1.
    pub fn intervals(&self, scale: Scale, level: f64) -> Result<Vec<Interval>, Error> {
        require_level(level)?;
        let states = std::iter::once((self.event_free, self.event_free_std_err))
            .chain(self.incidence.iter().copied().zip(self.std_err.iter().copied()));
        Ok(states.map(|(p, se)| scale.interval(p, se, level)).collect())
    }
}

/// Sums over patients who have left, from which squares of influences follow at any later time: the influence of such
/// a patient on `Fₖ(t)` is `α − m Fₖ(t)`.
#[derive(Clone, Copy, Default)]
struct Left {
    alpha_squared: f64,
    alpha_m: f64,
}

impl AalenJohansen {
    /// The curves of all causes that occur. R: `survfit(Surv(time, factor(status)) ~ 1)`.
    ///
    /// # Errors
    /// [`Error::NoEvents`], [`Error::Unsupported`] for entry times and strata.
    pub fn new(outcome: &Outcome) -> Result<Self, Error> {
        Self::of(&outcome.joined())
    }

    /// The curves at the times as they are.
    fn of(outcome: &Outcome) -> Result<Self, Error> {
        outcome.refuse("the cumulative incidence", &[Part::Entry, Part::Strata])?;
        let causes = outcome.causes();
        if causes.is_empty() {
            return Err(Error::no_events(outcome.len()));
        }
        let k = causes.len();
        let mut result = Self {
            n: outcome.len(),
            causes,
            time: Vec::new(),
            n_risk: Vec::new(),
            event_free: Vec::new(),
            event_free_std_err: Vec::new(),
            incidence: Vec::new(),
            std_err: Vec::new(),
        };
        let place: Vec<usize> =
            (0..=255u8).map(|c| result.causes.iter().position(|&x| x == c).unwrap_or(k)).collect();
        let (order, time) = (outcome.order(), outcome.time());
        let mut n_risk: f64 = order.iter().rev().map(|&i| outcome.weight(i as usize)).sum();
        let mut squared: f64 = order.iter().rev().map(|&i| outcome.weight(i as usize).powi(2)).sum();
        let (mut survival, mut incidence) = (1.0, vec![0.0; k]);
        // Of a patient still at risk: −dS/S, and the influence on each incidence.
        let (mut m, mut on_incidence) = (0.0, vec![0.0; k]);
        let (mut left_m_squared, mut left) = (0.0, vec![Left::default(); k]);
        for same in order.chunk_by(|&a, &b| time[a as usize] == time[b as usize]) {
            let mut deaths = vec![0.0; k + 1];
            for &i in same {
                let i = i as usize;
                if outcome.is_event(i) {
                    deaths[place[usize::from(outcome.code()[i])]] += outcome.weight(i);
                }
            }
            let d: f64 = deaths.iter().sum();
            let hazard = d / n_risk;
            let remaining = n_risk - d;
            // Before this time a patient's S moves by −S m. What all at risk share is the part of the hazard; who has
            // the event adds the jump.
            let (before, m_before, n_before) = (survival, m, n_risk);
            let shared: Vec<f64> = (0..k)
                .map(|c| on_incidence[c] - before * (m_before + 1.0 / n_risk) * deaths[c] / n_risk)
                .collect();
            let m_shared = if remaining > 0.0 { m_before - d / (n_risk * remaining) } else { 0.0 };
            let m_event = if remaining > 0.0 { m_shared + 1.0 / remaining } else { 0.0 };
            survival = if remaining > 0.0 { before * (1.0 - hazard) } else { 0.0 };
            for c in 0..k {
                incidence[c] += before * deaths[c] / n_risk;
            }
            for &i in same {
                let (i, w) = (i as usize, outcome.weight(i as usize));
                let own = place[usize::from(outcome.code()[i])];
                let (m_own, own) = if outcome.is_event(i) { (m_event, own) } else { (m_shared, k) };
                left_m_squared += (w * m_own).powi(2);
                for c in 0..k {
                    let jump = if c == own { before / n_before } else { 0.0 };
                    let alpha = shared[c] + jump + m_own * incidence[c];
                    left[c].alpha_squared += (w * alpha).powi(2);
                    left[c].alpha_m += w * w * alpha * m_own;
                }
                n_risk -= w;
                squared -= w * w;
            }
            m = m_shared;
            on_incidence = shared;
            // Nobody is left after the last: rounding must not stay behind.
            let at_risk_squared = squared.max(0.0);
            let variance_m = left_m_squared + at_risk_squared * m * m;
            let variance = (0..k).map(|c| {
                let f = incidence[c];
                let gone = left[c].alpha_squared - 2.0 * f * left[c].alpha_m + f * f * left_m_squared;
                (gone + at_risk_squared * on_incidence[c].powi(2)).max(0.0).sqrt()
            });
            result.time.push(time[same[0] as usize]);
            result.n_risk.push(n_before);
            result.event_free.push(survival);
            result.event_free_std_err.push(survival * variance_m.sqrt());
            result.std_err.push(variance.collect());
            result.incidence.push(incidence.clone());
        }
        Ok(result)
    }

    /// One set of curves for each group, in the order of their codes. R: `survfit(Surv(time, factor(status)) ~ group)`.
    ///
    /// # Errors
    /// As [`new`](Self::new), a length that differs.
    pub fn by_group(outcome: &Outcome, group: &[u32]) -> Result<Vec<(u32, Self)>, Error> {
        require_length("group", group.len(), outcome.len())?;
        let (outcome, groups) = (outcome.joined(), Groups::new(group));
        groups
            .codes
            .iter()
            .zip(groups.rows())
            .map(|(&code, rows)| Ok((code, Self::of(&outcome.select(&rows)?)?)))
            .collect()
    }

    /// The probabilities at a time. R: `summary(fit, times = t)`.
    ///
    /// # Errors
    /// [`Error::OutsideFollowUp`] for a time that is not a number, negative or after the last.
    pub fn at(&self, time: f64) -> Result<StatePoint, Error> {
        let last = self.time.last().copied().unwrap_or(0.0);
        if !(0.0..=last).contains(&time) {
            return Err(Error::OutsideFollowUp { what: "the cumulative incidence", time, first: 0.0, last });
        }
        let n_risk = self.n_risk[self.time.partition_point(|&t| t < time)];
        Ok(match self.time.partition_point(|&t| t <= time).checked_sub(1) {
            None => StatePoint {
                time,
                n_risk,
                event_free: 1.0,
                event_free_std_err: 0.0,
                incidence: vec![0.0; self.causes.len()],
                std_err: vec![0.0; self.causes.len()],
            },
            Some(row) => StatePoint {
                time,
                n_risk,
                event_free: self.event_free[row],
                event_free_std_err: self.event_free_std_err[row],
                incidence: self.incidence[row].clone(),
                std_err: self.std_err[row].clone(),
            },
        })
    }
}

//! Time to event, checked once.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use radiomics_stats::error::{require, require_count, require_length};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::order::order;

/// Unit of the times. No result depends on it; tables and axes print it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Days.
    #[default]
    Days,
    /// Weeks.
    Weeks,
    /// Months.
    Months,
    /// Years.
    Years,
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Days => "days",
            Self::Weeks => "weeks",
            Self::Months => "months",
            Self::Years => "years",
        })
    }
}

/// Times are equal when they differ by at most this, absolutely or as a share of the mean distinct time. R: `timefix`.
pub(crate) const CLOSENESS: f64 = 1.490_116_119_384_765_6e-8; // √ε

/// The largest whole number up to which times are counted in bins.
const LARGEST_BIN: f64 = 1_048_576.0;

/// What an outcome may carry beside times and events.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Weights,
    Entry,
    Strata,
}

/// Times of which close ones are one, in the order of the patients.
pub(crate) struct Joined {
    pub time: Vec<f64>,
    pub entry: Option<Vec<f64>>,
    /// Positions in increasing order of time; equal times stay in the order of the patients.
    pub order: Vec<u32>,
}

/// Follow-up of patients, or of intervals of patients whose covariates change with time. R: `Surv(time, event)`,
/// `Surv(start, stop, event)`.
///
/// Times are finite and not negative, entry lies before the end, weights are positive: an `Outcome` that exists
/// holds to this, and nothing after it checks again. Times are kept as given. What equals a function of R's survival
/// takes times that differ by rounding alone (1.5e-8, absolutely or as a share of the mean distinct time) as one, as
/// R's `timefix` does: `0.1 + 0.2` and `0.3` are one day.
///
/// ```
/// use radiomics_survival::Outcome;
/// let outcome = Outcome::new(&[5.0, 8.0, 3.0], &[true, false, true])?.with_weights(&[1.0, 2.0, 1.0])?;
/// assert_eq!((outcome.len(), outcome.events()), (3, 2));
/// assert_eq!(outcome.order(), [2, 0, 1]);
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Outcome {
    time: Vec<f64>,
    code: Vec<u8>,
    entry: Option<Vec<f64>>,
    weights: Option<Vec<f64>>,
    strata: Option<Vec<u32>>,
    unit: TimeUnit,
    order: OnceLock<Vec<u32>>,
}

impl Outcome {
    /// Right-censored outcomes: time of event or of last contact, and whether the event was seen.
    ///
    /// R: `Surv(time, event)`; Python: `sksurv.util.Surv.from_arrays(event, time)`.
    ///
    /// # Errors
    /// Lengths that differ, no patient, a time that is not finite or negative.
    pub fn new(time: &[f64], event: &[bool]) -> Result<Self, Error> {
        Self::with_causes(time, event.iter().map(|&e| u8::from(e)).collect())
    }

    /// Outcomes with competing causes: code 0 is censored, 1 and on name the cause. R: `Surv(time, factor(code))`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_causes(time: &[f64], code: Vec<u8>) -> Result<Self, Error> {
        require_length("event", code.len(), time.len())?;
        require_count("patients", time.len(), 1)?;
        require("time", time, "finite and at least 0", |t| t.is_finite() && t >= 0.0)?;
        Ok(Self {
            time: time.to_vec(),
            code,
            entry: None,
            weights: None,
            strata: None,
            unit: TimeUnit::Days,
            order: OnceLock::new(),
        })
    }

    /// With the time at which each patient comes under observation (left truncation), or at which an interval starts.
    /// A patient is at risk from just after entry until the end of follow-up. R: `Surv(entry, time, event)`.
    ///
    /// # Errors
    /// A length that differs, a time that is not finite, [`Error::Entry`] where entry is not before the end by more
    /// than rounding.
    pub fn with_entry(self, entry: &[f64]) -> Result<Self, Error> {
        require_length("entry", entry.len(), self.len())?;
        require("entry", entry, "a finite number", f64::is_finite)?;
        if let Some(index) = (0..self.len()).find(|&i| entry[i] >= self.time[i]) {
            return Err(Error::Entry { index, entry: entry[index], time: self.time[index] });
        }
        let late = Self { entry: Some(entry.to_vec()), ..self };
        late.join(CLOSENESS)?;
        Ok(late)
    }

    /// With case weights. A weight of 2 counts a patient twice. R: `weights = w`.
    ///
    /// # Errors
    /// A length that differs, a weight that is not finite and positive.
    pub fn with_weights(self, weights: &[f64]) -> Result<Self, Error> {
        require_length("weights", weights.len(), self.len())?;
        require("weight", weights, "finite and above 0", |w| w.is_finite() && w > 0.0)?;
        Ok(Self { weights: Some(weights.to_vec()), ..self })
    }

    /// With strata: patients are compared only within their own. R: `strata(s)`.
    ///
    /// # Errors
    /// A length that differs.
    pub fn with_strata(self, strata: &[u32]) -> Result<Self, Error> {
        require_length("strata", strata.len(), self.len())?;
        Ok(Self { strata: Some(strata.to_vec()), ..self })
    }

    /// With the unit of the times.
    pub fn with_unit(self, unit: TimeUnit) -> Self {
        Self { unit, ..self }
    }

    /// Number of patients (or intervals).
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Never: an outcome has at least one patient.
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// End of follow-up of each patient.
    pub fn time(&self) -> &[f64] {
        &self.time
    }

    /// Code of each patient: 0 censored, 1 the event, 2 and on competing causes.
    pub fn code(&self) -> &[u8] {
        &self.code
    }

    /// Whether patient `i` has an event, of any cause.
    pub fn is_event(&self, i: usize) -> bool {
        self.code[i] != 0
    }

    /// Entry times, where there are any.
    pub fn entry(&self) -> Option<&[f64]> {
        self.entry.as_deref()
    }

    /// Case weights, where there are any.
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// Weight of patient `i`, 1 where there are none.
    pub fn weight(&self, i: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |w| w[i])
    }

    /// Strata, where there are any.
    pub fn strata(&self) -> Option<&[u32]> {
        self.strata.as_deref()
    }

    /// Unit of the times.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// Number of patients with an event of any cause.
    pub fn events(&self) -> usize {
        self.code.iter().filter(|&&c| c != 0).count()
    }

    /// Number of patients with an event of one cause.
    pub fn events_of(&self, cause: u8) -> usize {
        self.code.iter().filter(|&&c| c == cause).count()
    }

    /// The causes that occur, in increasing order.
    pub fn causes(&self) -> Vec<u8> {
        let mut seen = [false; 256];
        self.code.iter().for_each(|&c| seen[usize::from(c)] = true);
        (1..=255).filter(|&c| seen[usize::from(c)]).collect()
    }

    /// Positions in increasing order of time, equal times in the order given. Sorted at the first call, then kept.
    pub fn order(&self) -> &[u32] {
        self.order.get_or_init(|| order(&self.time))
    }

    /// Shortest and longest time.
    pub fn range(&self) -> (f64, f64) {
        self.time.iter().fold((f64::INFINITY, 0.0), |(low, high), &t| (t.min(low), t.max(high)))
    }

    /// Refuses what a method has no answer for.
    pub(crate) fn refuse(&self, method: &'static str, parts: &[Part]) -> Result<(), Error> {
        let what = parts.iter().find_map(|part| match part {
            Part::Weights => self.weights.as_ref().map(|_| "weights"),
            Part::Entry => self.entry.as_ref().map(|_| "entry times"),
            Part::Strata => self.strata.as_ref().map(|_| "strata"),
        });
        what.map_or(Ok(()), |what| Err(Error::Unsupported { method, what }))
    }

    /// Refuses a cause that is none (0 stands for censored) or that nobody has.
    pub(crate) fn require_cause(&self, cause: u8) -> Result<(), Error> {
        if cause == 0 {
            let (value, expected) = ("0".to_owned(), "1 or more; 0 stands for censored");
            return Err(radiomics_stats::Error::Setting { name: "cause", value, expected }.into());
        }
        if self.events_of(cause) == 0 {
            return Err(Error::NoEvents { n: self.len(), event: format!("event {cause}") });
        }
        Ok(())
    }

    /// What tells the patients of one result from those of another: a digest of times, codes and entry times in
    /// their order.
    pub(crate) fn digest(&self) -> u64 {
        let numbers = self.time.iter().chain(self.entry.iter().flatten()).map(|t| t.to_bits());
        let codes = self.code.iter().map(|&c| u64::from(c));
        numbers.chain(codes).fold(0xcbf2_9ce4_8422_2325, |digest: u64, word| {
            (digest ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
        })
    }

    /// The longest time, where all times are whole numbers and bins for `k` groups each would not be many more than the
    /// patients.
    pub(crate) fn whole_times(&self, k: usize) -> Option<usize> {
        let limit = LARGEST_BIN.min((1024.0 + 4.0 * self.len() as f64) / k as f64);
        for part in self.time.chunks(4096) {
            // Without a branch for each value the check runs on several at once.
            let whole = part.iter().fold(true, |all, &t| all & (t < limit) & (f64::from(t as u32) == t));
            if !whole {
                return None;
            }
        }
        Some(self.time.iter().fold(0, |longest, &t| longest.max(t as u32)) as usize)
    }

    /// Times of which those that differ by rounding alone are made one. R: `timefix`.
    pub(crate) fn joined(&self) -> Cow<'_, Self> {
        // An interval that would lose its length was refused when the entry times came; in some of its patients alone
        // it may be near again, and then their times stay as they are.
        match self.join(CLOSENESS) {
            Ok(Some(Joined { time, entry, order })) => Cow::Owned(Self {
                time,
                code: self.code.clone(),
                entry,
                weights: self.weights.clone(),
                strata: self.strata.clone(),
                unit: self.unit,
                order: OnceLock::from(order),
            }),
            _ => Cow::Borrowed(self),
        }
    }

    /// As R's `aeqSurv`: distinct times whose gap is at most `closeness`, or at most that share of their mean, take the
    /// first of their chain. `None` where no two are so close.
    pub(crate) fn join(&self, closeness: f64) -> Result<Option<Joined>, Error> {
        let whole = self.entry.is_none() && self.whole_times(1).is_some();
        if closeness <= 0.0 || whole && closeness * LARGEST_BIN < 1.0 {
            return Ok(None);
        }
        let sorted: Vec<f64> = self.order().iter().map(|&i| self.time[i as usize]).collect();
        let mut distinct = sorted.clone();
        if let Some(entry) = &self.entry {
            distinct.extend_from_slice(entry);
            distinct.sort_by(f64::total_cmp);
        }
        distinct.dedup();
        let mean = distinct.iter().map(|t| t.abs()).sum::<f64>() / distinct.len() as f64;
        let near = closeness.max(closeness * mean);
        if !distinct.windows(2).any(|w| w[1] - w[0] <= near) {
            return Ok(None);
        }
        let mut cuts = vec![distinct[0]];
        cuts.extend(distinct.windows(2).filter(|w| w[1] - w[0] > near).map(|w| w[1]));
        // Few times change: they are met in their order, and the others copied.
        let (mut time, mut order) = (self.time.clone(), self.order().to_vec());
        let mut rest = sorted.as_slice();
        for (k, &cut) in cuts.iter().enumerate() {
            let chain =
                cuts.get(k + 1).map_or(rest.len(), |&next| rest.iter().take_while(|&&t| t < next).count());
            let first = sorted.len() - rest.len();
            if rest[..chain].iter().any(|&t| t != cut) {
                let rows = &mut order[first..first + chain];
                rows.sort_unstable();
                rows.iter().for_each(|&i| time[i as usize] = cut);
            }
            rest = &rest[chain..];
        }
        let cut_of = |t: &f64| cuts[cuts.partition_point(|c| c <= t) - 1];
        let entry: Option<Vec<f64>> = self.entry.as_ref().map(|entry| entry.iter().map(cut_of).collect());
        if let Some(entry) = &entry
            && let Some(index) = (0..time.len()).find(|&i| entry[i] >= time[i])
        {
            return Err(Error::Entry { index, entry: entry[index], time: time[index] });
        }
        Ok(Some(Joined { time, entry, order }))
    }

    /// The same patients with other events: `true` where `is_event` holds of the code.
    pub fn recoded(&self, is_event: impl Fn(u8) -> bool) -> Self {
        Self { code: self.code.iter().map(|&c| u8::from(is_event(c))).collect(), ..self.clone() }
    }

    /// The patients at these positions, in this order; a position may come more than once.
    ///
    /// # Errors
    /// No position.
    pub fn select(&self, rows: &[usize]) -> Result<Self, Error> {
        require_count("patients", rows.len(), 1)?;
        let pick = |values: &Vec<f64>| rows.iter().map(|&i| values[i]).collect::<Vec<_>>();
        Ok(Self {
            time: pick(&self.time),
            code: rows.iter().map(|&i| self.code[i]).collect(),
            entry: self.entry.as_ref().map(pick),
            weights: self.weights.as_ref().map(pick),
            strata: self.strata.as_ref().map(|s| rows.iter().map(|&i| s[i]).collect()),
            unit: self.unit,
            order: OnceLock::new(),
        })
    }
}

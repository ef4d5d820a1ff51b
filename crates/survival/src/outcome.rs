//! Time to event, checked once.

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

/// Follow-up of patients, or of intervals of patients whose covariates change with time. R: `Surv(time, event)`,
/// `Surv(start, stop, event)`.
///
/// Times are finite and not negative, entry lies before the end, weights are positive: an `Outcome` that exists
/// holds to this, and nothing after it checks again.
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
    /// # Errors
    /// Lengths that differ, no patient, a time that is not finite or negative.
    pub fn new(time: &[f64], event: &[bool]) -> Result<Self, Error> {
        Self::with_causes(time, event.iter().map(|&e| u8::from(e)).collect())
    }

    /// Outcomes with competing causes: code 0 is censored, 1 and on name the cause.
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
    /// A patient is at risk from just after entry until the end of follow-up.
    ///
    /// # Errors
    /// A length that differs, a time that is not finite, [`Error::Entry`] where entry is not before the end.
    pub fn with_entry(self, entry: &[f64]) -> Result<Self, Error> {
        require_length("entry", entry.len(), self.len())?;
        require("entry", entry, "a finite number", f64::is_finite)?;
        if let Some(index) = (0..self.len()).find(|&i| entry[i] >= self.time[i]) {
            return Err(Error::Entry { index, entry: entry[index], time: self.time[index] });
        }
        Ok(Self { entry: Some(entry.to_vec()), ..self })
    }

    /// With case weights. A weight of 2 counts a patient twice.
    ///
    /// # Errors
    /// A length that differs, a weight that is not finite and positive.
    pub fn with_weights(self, weights: &[f64]) -> Result<Self, Error> {
        require_length("weights", weights.len(), self.len())?;
        require("weight", weights, "finite and above 0", |w| w.is_finite() && w > 0.0)?;
        Ok(Self { weights: Some(weights.to_vec()), ..self })
    }

    /// With strata: patients are compared only within their own.
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
    pub(crate) fn refuse(&self, method: &'static str, weights: bool, entry: bool) -> Result<(), Error> {
        let what = match self {
            Self { weights: Some(_), .. } if weights => "weights",
            Self { entry: Some(_), .. } if entry => "entry times",
            _ => return Ok(()),
        };
        Err(Error::Unsupported { method, what })
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

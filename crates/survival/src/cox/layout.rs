//! Patients in the order in which risk sets are swept: sorted once for each fit.

use std::ops::{Deref, Range};
use std::sync::Arc;

use super::{gram, quicksort};
use crate::order::order;
use crate::{Error, Outcome};

/// Patients of one stratum.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stratum {
    /// Its code; 0 without strata.
    pub code: u32,
    /// Rows in the sorted order.
    pub rows: Range<usize>,
    /// Times with an event.
    pub groups: Range<usize>,
}

/// The events of one time in one stratum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Group {
    /// The time.
    pub time: f64,
    /// First row of this time. Rows `first .. first + deaths` have the event; from `first` to the end of the stratum
    /// patients are still followed.
    pub first: usize,
    /// Number of events.
    pub deaths: usize,
    /// Sum of the weights of those with the event.
    pub weight: f64,
}

/// Entry of patients who come under observation late.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Entry time of each row.
    pub time: Vec<f64>,
    /// Rows of each stratum by falling entry time, strata one after the other as in the rows.
    pub falling: Vec<u32>,
    /// Where the hazard of a row begins in a cumulative hazard (see [`Patients::upto`]).
    pub from: Vec<u32>,
}

/// Rows sorted by stratum, then time, those with the event first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Patients {
    pub n: usize,
    /// Position of each row in the input.
    pub order: Vec<u32>,
    pub time: Vec<f64>,
    pub event: Vec<bool>,
    pub weight: Vec<f64>,
    /// Empty without an offset, else with mean 0.
    pub offset: Vec<f64>,
    pub strata: Vec<Stratum>,
    pub groups: Vec<Group>,
    /// Where the hazard of a row ends in a cumulative hazard that holds, stratum after stratum, a zero and then one
    /// value for each group.
    pub upto: Vec<u32>,
    pub entry: Option<Entry>,
}

/// Patients with their covariates.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    patients: Arc<Patients>,
    pub p: usize,
    /// Length of a row: `p` and zeros, see [`gram::stride`].
    pub stride: usize,
    /// Centred, one row after the other.
    x: Vec<f64>,
    /// What was subtracted from each column: its weighted mean.
    pub centre: Vec<f64>,
}

impl Deref for Layout {
    type Target = Patients;

    fn deref(&self) -> &Patients {
        &self.patients
    }
}

impl Patients {
    /// Sorts the patients. Times closer than `closeness` (absolutely, or as a share of the mean distinct time) are one.
    ///
    /// # Errors
    /// [`Error::Entry`] where joining close times leaves an interval without length.
    pub fn new(outcome: &Outcome, offset: &[f64], closeness: f64) -> Result<Self, Error> {
        let from = |order: Vec<u32>, time: &[f64], entry: Option<&[f64]>| {
            let time = order.iter().map(|&i| time[i as usize]).collect();
            Self::sorted(outcome, order, time, entry, offset, false)
        };
        Ok(match outcome.join(closeness)? {
            None => from(outcome.order().to_vec(), outcome.time(), outcome.entry()),
            Some(joined) => from(joined.order, &joined.time, joined.entry.as_deref()),
        })
    }

    /// Sorts the patients as glmnet does. It adds `100 ε` to censored times, which puts them after the events of the same
    /// time; from time 256 on the sum rounds back, and then those whom its quicksort leaves before the first event
    /// of their time are not at risk at it (but for the first event time of all). With strata or entry times glmnet has
    /// another program, which takes equal times as everybody else does.
    pub fn as_glmnet(outcome: &Outcome, offset: &[f64]) -> Self {
        let later = |i: usize| if outcome.is_event(i) { 0.0 } else { 100.0 * f64::EPSILON };
        let stop: Vec<f64> = outcome.time().iter().enumerate().map(|(i, t)| t + later(i)).collect();
        let plain = outcome.strata().is_none() && outcome.entry().is_none();
        let order = if plain { quicksort::order(&stop) } else { order(&stop) };
        let time = order.iter().map(|&i| stop[i as usize]).collect();
        Self::sorted(outcome, order, time, outcome.entry(), offset, plain)
    }

    /// From positions in increasing order of time, and the times in that order.
    fn sorted(
        outcome: &Outcome,
        mut order: Vec<u32>,
        mut time: Vec<f64>,
        entry: Option<&[f64]>,
        offset: &[f64],
        as_sorted: bool,
    ) -> Self {
        let n = outcome.len();
        if let Some(strata) = outcome.strata() {
            let mut both: Vec<(u32, f64)> = order.into_iter().zip(time).collect();
            both.sort_by_key(|&(i, _)| strata[i as usize]);
            (order, time) = both.into_iter().unzip();
        }
        let event = order.iter().map(|&i| outcome.is_event(i as usize)).collect();
        let mut sorted = Self {
            n,
            order,
            time,
            event,
            weight: Vec::new(),
            offset: Vec::new(),
            strata: Vec::new(),
            groups: Vec::new(),
            upto: vec![0; n],
            entry: None,
        };
        sorted.group(outcome, as_sorted);
        let rows = &sorted.order;
        sorted.weight = match outcome.weights() {
            None => vec![1.0; n],
            Some(weights) => rows.iter().map(|&i| weights[i as usize]).collect(),
        };
        if !offset.is_empty() {
            let mean = offset.iter().sum::<f64>() / n as f64;
            sorted.offset = rows.iter().map(|&i| offset[i as usize] - mean).collect();
        }
        if let Some(entry) = entry {
            let time: Vec<f64> = rows.iter().map(|&i| entry[i as usize]).collect();
            sorted.entry = Some(sorted.enter(time));
        }
        sorted
    }

    /// Finds strata and event times, and puts events before the others of their time. `as_sorted` leaves those before the
    /// first event of their time where they are, and so out of its risk set.
    fn group(&mut self, outcome: &Outcome, as_sorted: bool) {
        let code = |i: u32| outcome.strata().map_or(0, |s| s[i as usize]);
        let mut others = Vec::new();
        let mut start = 0;
        while start < self.n {
            let stratum = code(self.order[start]);
            let first_group = self.groups.len();
            let base = first_group + self.strata.len();
            let mut at = start;
            while at < self.n && code(self.order[at]) == stratum {
                let time = self.time[at];
                let mut end = at + 1;
                while end < self.n && self.time[end] == time && code(self.order[end]) == stratum {
                    end += 1;
                }
                let deaths = self.event[at..end].iter().filter(|e| **e).count();
                let before = (base + self.groups.len() - first_group) as u32;
                if deaths > 0 {
                    let stay = as_sorted && self.groups.len() > first_group;
                    let events = self.event[at..end].iter().position(|e| *e).unwrap_or(0);
                    let first = if stay { at + events } else { at };
                    if deaths < end - first {
                        let (rows, event) = (&mut self.order[first..end], &mut self.event[first..end]);
                        others.clear();
                        let mut put = 0;
                        for k in 0..rows.len() {
                            if event[k] {
                                rows[put] = rows[k];
                                put += 1;
                            } else {
                                others.push(rows[k]);
                            }
                        }
                        rows[put..].copy_from_slice(&others);
                        event[..put].fill(true);
                        event[put..].fill(false);
                    }
                    let dead = &self.order[first..first + deaths];
                    let weight = dead.iter().map(|&i| outcome.weight(i as usize)).sum();
                    self.groups.push(Group { time, first, deaths, weight });
                    self.upto[at..first].fill(before);
                    self.upto[first..end].fill(before + 1);
                } else {
                    self.upto[at..end].fill(before);
                }
                at = end;
            }
            self.strata.push(Stratum {
                code: stratum,
                rows: start..at,
                groups: first_group..self.groups.len(),
            });
            start = at;
        }
    }

    fn enter(&self, time: Vec<f64>) -> Entry {
        let mut falling = Vec::with_capacity(self.n);
        let mut from = vec![0; self.n];
        for (s, stratum) in self.strata.iter().enumerate() {
            let rows = stratum.rows.clone();
            falling.extend(order(&time[rows.clone()]).iter().rev().map(|&k| k + rows.start as u32));
            let groups = &self.groups[stratum.groups.clone()];
            for row in rows {
                let before = groups.partition_point(|g| g.time <= time[row]);
                from[row] = (stratum.groups.start + s + before) as u32;
            }
        }
        Entry { time, falling, from }
    }

    /// Which stratum a row belongs to.
    pub fn stratum_of(&self, row: usize) -> usize {
        self.strata.partition_point(|s| s.rows.end <= row)
    }

    /// Values of the rows, in the order of the input.
    pub fn unsort(&self, sorted: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.n];
        for (&i, v) in self.order.iter().zip(sorted) {
            out[i as usize] = *v;
        }
        out
    }
}

impl Layout {
    /// Covariates in the order of the patients, centred at their weighted means.
    pub fn new(patients: Arc<Patients>, columns: &[&[f64]]) -> Self {
        let p = columns.len();
        let total: f64 = patients.weight.iter().sum();
        let unit = patients.weight.iter().all(|w| *w == 1.0);
        let centre: Vec<f64> = columns
            .iter()
            .map(|column| {
                let sum: f64 = if unit {
                    column.iter().sum()
                } else {
                    let weighted = patients.order.iter().zip(&patients.weight);
                    weighted.map(|(&i, w)| w * column[i as usize]).sum()
                };
                sum / total
            })
            .collect();
        let stride = gram::stride(p);
        if p == 0 {
            return Self { patients, p, stride, x: Vec::new(), centre };
        }
        // Rows first, then their order: a patient is fetched from memory at once, not column by column.
        let mut rows = vec![0.0; patients.n * stride];
        for (i, row) in rows.chunks_exact_mut(stride).enumerate() {
            for ((x, column), centre) in row.iter_mut().zip(columns).zip(&centre) {
                *x = column[i] - centre;
            }
        }
        let mut x = Vec::with_capacity(rows.len());
        for &i in &patients.order {
            x.extend_from_slice(&rows[i as usize * stride..(i as usize + 1) * stride]);
        }
        Self { patients, p, stride, x, centre }
    }

    /// One row of covariates, centred.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.x[i * self.stride..i * self.stride + self.p]
    }

    /// The same with the zeros that follow.
    #[inline]
    pub fn padded(&self, i: usize) -> &[f64] {
        &self.x[i * self.stride..(i + 1) * self.stride]
    }

    /// Linear predictors of the rows, columns centred, offset with mean 0.
    pub fn linear_predictor(&self, beta: &[f64]) -> Vec<f64> {
        let mut eta = Vec::new();
        self.linear_predictor_into(beta, &mut eta);
        eta
    }

    /// The same into a vector whose room is used again.
    pub fn linear_predictor_into(&self, beta: &[f64], eta: &mut Vec<f64>) {
        eta.clear();
        if beta.iter().all(|b| *b == 0.0) {
            eta.resize(self.n, 0.0);
        } else {
            let mut padded = vec![0.0; self.stride];
            padded[..self.p].copy_from_slice(beta);
            eta.extend(self.x.chunks_exact(self.stride).map(|x| gram::dot(x, &padded)));
        }
        eta.iter_mut().zip(&self.offset).for_each(|(e, o)| *e += o);
    }
}

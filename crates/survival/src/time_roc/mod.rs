//! Time-dependent ROC curves: who has had the event by time `t` against who has not.

mod by_covariates;
mod compare;
mod influence;
mod scikit_survival;

use radiomics_stats::Interval;
use radiomics_stats::describe::sd;
use radiomics_stats::error::{require, require_count, require_finite, require_length, require_level};
use serde::{Deserialize, Serialize};

pub use self::compare::{TimeRocComparison, compare};
use self::influence::CensoringIntegral;
pub use self::scikit_survival::{DynamicAuc, cumulative_dynamic_auc};
use crate::censoring::Censoring;
use crate::error::Error;
use crate::order::dense_ranks;
use crate::outcome::{Outcome, Part};

/// How the variance takes patients with the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TiedTimes {
    /// Together: the result does not depend on the order of the patients.
    #[default]
    Together,
    /// One after the other in the order given, as timeROC does.
    InOrder,
}

/// Probabilities of being uncensored that depend on covariates.
#[derive(Clone, Debug, PartialEq)]
pub struct CensoringProbabilities {
    /// Of each patient just before the own time, `G(Tᵢ− | xᵢ)`.
    pub before_own_time: Vec<f64>,
    /// At each time asked for, of each patient: `G(t | xᵢ)`.
    pub at_times: Vec<Vec<f64>>,
}

/// What a time-dependent ROC curve may be told.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Code of the event of interest, 1 by default.
    pub cause: Option<u8>,
    /// Weights by covariates in place of the marginal ones; then there is no standard error, as in timeROC.
    pub censoring: Option<CensoringProbabilities>,
    /// How the variance takes patients with the same time.
    pub ties: TiedTimes,
}

/// A point of the curve: of those whose marker is above `threshold`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RocPoint {
    /// Markers of the point's patients are at least this; +∞ for the first point.
    pub threshold: f64,
    /// Share of the cases.
    pub true_positive: f64,
    /// Share of the controls that are free of any event.
    pub false_positive: f64,
    /// Share of all that are no cases; the same where no causes compete.
    pub false_positive_all: f64,
}

/// Area under a curve with its standard error.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Auc {
    /// The area.
    pub estimate: f64,
    /// Its standard error; `None` where the weights depend on covariates.
    pub std_err: Option<f64>,
    /// Influence of each patient; the standard error is their standard deviation over `√n`.
    #[serde(skip)]
    pub influence: Vec<f64>,
}

impl Auc {
    /// `estimate ± z se`; `None` where there is no standard error. R: `confint(timeROC(…, iid = TRUE))`.
    ///
    /// # Errors
    /// A level outside 0 to 1.
    pub fn interval(&self, level: f64) -> Result<Option<Interval>, Error> {
        require_level(level)?;
        Ok(self.std_err.map(|se| Interval::normal(self.estimate, se, level)))
    }
}

/// The curve at one time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RocAtTime {
    /// The time.
    pub time: f64,
    /// Patients with the event before it.
    pub cases: usize,
    /// Patients under observation after it.
    pub controls: usize,
    /// Patients with another event before it.
    pub other_events: usize,
    /// Patients censored before it, and those whose time it is.
    pub left_out: usize,
    /// Probability of the event before it.
    pub cumulative_incidence: f64,
    /// Probability of no event up to it.
    pub survival: f64,
    /// Cases against those free of any event.
    pub auc: Auc,
    /// Cases against all others, where causes compete.
    pub auc_all: Option<Auc>,
    /// The curve, from the highest marker down.
    pub curve: Vec<RocPoint>,
}

/// Cumulative/dynamic ROC curves of a marker at several times.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimeRoc {
    /// Number of patients.
    pub n: usize,
    /// The event of interest.
    pub cause: u8,
    /// One curve for each time, in increasing order of time.
    pub times: Vec<RocAtTime>,
    /// Of the patients, so that a comparison can tell others from the same.
    #[serde(skip)]
    digest: u64,
}

impl TimeRoc {
    /// Curves at `times` with inverse-probability-of-censoring weights: cases have the event before `t` (weight
    /// `1 / G(T−)`), controls are under observation after it (weight `1 / G(t)`). Higher markers mean earlier events.
    ///
    /// `AUC(t) = Σ wᵢ cⱼ (1[Mᵢ > Mⱼ] + ½ 1[Mᵢ = Mⱼ]) / Σ wᵢ Σ cⱼ`; its variance counts the estimation of `G`. Blanche,
    /// Dartigues and Jacqmin-Gadda 2013, doi:10.1002/sim.5958. `O(n log n)` for the marker, then `O(n)` for each time.
    ///
    /// R: `timeROC(T, delta, marker, cause = 1, times, iid = TRUE)`.
    ///
    /// # Errors
    /// Lengths that differ, a marker that is not finite, weights, entry times or strata, no event of the cause,
    /// [`Error::OutsideFollowUp`] for a time with no case before it or no patient after it.
    ///
    /// ```
    /// use radiomics_survival::{Outcome, time_roc::TimeRoc};
    /// let outcome = Outcome::new(&[1.0, 2.0, 3.0, 4.0, 5.0], &[true, true, false, true, false])?;
    /// let roc = TimeRoc::new(&outcome, &[9.0, 3.0, 5.0, 2.0, 1.0], &[2.5])?;
    /// assert!((roc.times[0].auc.estimate - 5.0 / 6.0).abs() < 1e-12);
    /// # Ok::<(), radiomics_survival::Error>(())
    /// ```
    pub fn new(outcome: &Outcome, marker: &[f64], times: &[f64]) -> Result<Self, Error> {
        Self::with(outcome, marker, times, &Settings::default())
    }

    /// With settings.
    ///
    /// # Errors
    /// As [`new`](Self::new), and given probabilities that are not above 0 and at most 1.
    pub fn with(
        outcome: &Outcome,
        marker: &[f64],
        times: &[f64],
        settings: &Settings,
    ) -> Result<Self, Error> {
        require_length("marker", marker.len(), outcome.len())?;
        require_finite("marker", marker)?;
        require_finite("time", times)?;
        require_count("times", times.len(), 1)?;
        outcome.refuse("the time-dependent ROC curve", &[Part::Weights, Part::Entry, Part::Strata])?;
        let cause = settings.cause.unwrap_or(1);
        outcome.require_cause(cause)?;
        if let Some(given) = &settings.censoring {
            let probability = |v: f64| v > 0.0 && v <= 1.0;
            require_length("probabilities", given.before_own_time.len(), outcome.len())?;
            require_length("probabilities at times", given.at_times.len(), times.len())?;
            require("probability", &given.before_own_time, "above 0 and at most 1", probability)?;
            for row in &given.at_times {
                require_length("probabilities at a time", row.len(), outcome.len())?;
                require("probability", row, "above 0 and at most 1", probability)?;
            }
        }
        let prepared = Prepared::new(outcome, marker, cause, settings)?;
        let mut sorted: Vec<usize> = (0..times.len()).collect();
        sorted.sort_by(|&a, &b| times[a].total_cmp(&times[b]));
        let times = sorted.into_iter().map(|i| prepared.at(times[i], i)).collect::<Result<_, _>>()?;
        Ok(Self { n: outcome.len(), cause, times, digest: outcome.digest() })
    }
}

/// What all times share.
struct Prepared<'a> {
    outcome: &'a Outcome,
    marker: &'a [f64],
    cause: u8,
    /// Whether another cause occurs at all.
    competing: bool,
    given: Option<&'a CensoringProbabilities>,
    censoring: Censoring,
    /// `1 / (n G(T−))` of each patient with an event.
    event_weight: Vec<f64>,
    /// Patients from the highest marker down, those of equal markers together.
    by_marker: Vec<Vec<u32>>,
    integral: CensoringIntegral,
}

impl<'a> Prepared<'a> {
    fn new(
        outcome: &'a Outcome,
        marker: &'a [f64],
        cause: u8,
        settings: &'a Settings,
    ) -> Result<Self, Error> {
        let n = outcome.len() as f64;
        let censoring = Censoring::new(outcome);
        let given = settings.censoring.as_ref();
        let weight = |i: usize| match given {
            _ if !outcome.is_event(i) => Ok(0.0),
            Some(given) => Ok(1.0 / (n * given.before_own_time[i])),
            None => censoring.positive_before(outcome.time()[i]).map(|g| 1.0 / (n * g)),
        };
        let event_weight = (0..outcome.len()).map(weight).collect::<Result<_, Error>>()?;
        let (ranks, order) = dense_ranks(marker, 0.0);
        let groups = order.chunk_by(|&a, &b| ranks[a as usize] == ranks[b as usize]);
        let by_marker = groups.rev().map(<[u32]>::to_vec).collect();
        let integral = CensoringIntegral::new(outcome, settings.ties);
        let competing = outcome.events() > outcome.events_of(cause);
        Ok(Self { outcome, marker, cause, competing, given, censoring, event_weight, by_marker, integral })
    }

    fn at(&self, t: f64, place: usize) -> Result<RocAtTime, Error> {
        let (time, code) = (self.outcome.time(), self.outcome.code());
        let n = self.outcome.len();
        let mut patients = Patients::new(n);
        let (mut cases, mut controls, mut other_events) = (0, 0, 0);
        let g = self.censoring.at(t);
        for i in 0..n {
            if time[i] > t {
                controls += 1;
                patients.free[i] = 1.0 / (n as f64 * self.given.map_or(g, |given| given.at_times[place][i]));
            } else if time[i] < t && code[i] == self.cause {
                cases += 1;
                patients.case[i] = self.event_weight[i];
            } else if time[i] < t && code[i] != 0 {
                other_events += 1;
                patients.other[i] = self.event_weight[i];
            }
        }
        if cases == 0 || controls == 0 {
            let of_cause = (0..n).filter(|&i| code[i] == self.cause).map(|i| time[i]);
            return Err(Error::OutsideFollowUp {
                what: "the AUC (some case before, somebody under observation after)",
                time: t,
                first: of_cause.fold(f64::INFINITY, f64::min),
                last: self.outcome.range().1,
            });
        }
        let curve = patients.curve(self.marker, &self.by_marker);
        let (incidence, survival) = (patients.case.iter().sum::<f64>(), patients.free.iter().sum::<f64>());
        let area = |x: fn(&RocPoint) -> f64| {
            curve.windows(2).fold(0.0, |area, w| {
                area + (x(&w[1]) - x(&w[0])) * 0.5 * (w[0].true_positive + w[1].true_positive)
            })
        };
        let estimate = area(|p| p.false_positive);
        let with_error = |estimate: f64, influence: Option<Vec<f64>>| {
            let influence = influence.unwrap_or_default();
            let std_err = (!influence.is_empty()).then(|| sd(&influence) / (n as f64).sqrt());
            Auc { estimate, std_err, influence }
        };
        let marginal = self.given.is_none();
        let influence =
            marginal.then(|| patients.influence(estimate, incidence, survival, controls, &self.integral));
        let auc = with_error(estimate, influence);
        let auc_all = self.competing.then(|| {
            if other_events == 0 {
                return auc.clone(); // the same controls
            }
            let influence = marginal.then(|| patients.influence_all(incidence, t, time, &self.integral));
            with_error(area(|p| p.false_positive_all), influence)
        });
        Ok(RocAtTime {
            time: t,
            cases,
            controls,
            other_events,
            left_out: n - cases - controls - other_events,
            cumulative_incidence: incidence,
            survival,
            auc,
            auc_all,
            curve,
        })
    }
}

/// Weights of the patients at one time, and the sums over their pairs.
struct Patients {
    /// Weight as a case, 0 for others.
    case: Vec<f64>,
    /// Weight as a control free of any event.
    free: Vec<f64>,
    /// Weight as a control with another event.
    other: Vec<f64>,
    /// Of each patient: weight of the free controls whose markers are lower, ties half.
    free_below: Vec<f64>,
    /// Of the controls with another event.
    other_below: Vec<f64>,
    /// Weight of the cases whose markers are higher, ties half.
    cases_above: Vec<f64>,
}

impl Patients {
    fn new(n: usize) -> Self {
        let zeros = || vec![0.0; n];
        Self {
            case: zeros(),
            free: zeros(),
            other: zeros(),
            free_below: zeros(),
            other_below: zeros(),
            cases_above: zeros(),
        }
    }

    /// The curve; fills the sums over pairs on the way.
    fn curve(&mut self, marker: &[f64], by_marker: &[Vec<u32>]) -> Vec<RocPoint> {
        let sum = |values: &[f64], group: &[u32]| group.iter().map(|&i| values[i as usize]).sum::<f64>();
        let total = |values: &[f64]| values.iter().sum::<f64>();
        let (all_cases, all_free, all_other) = (total(&self.case), total(&self.free), total(&self.other));
        let (mut cases, mut free, mut other) = (0.0, 0.0, 0.0);
        let first = RocPoint {
            threshold: f64::INFINITY,
            true_positive: 0.0,
            false_positive: 0.0,
            false_positive_all: 0.0,
        };
        let mut curve = vec![first];
        for group in by_marker {
            let here = [sum(&self.case, group), sum(&self.free, group), sum(&self.other, group)];
            for &i in group {
                let i = i as usize;
                self.free_below[i] = all_free - free - 0.5 * here[1];
                self.other_below[i] = all_other - other - 0.5 * here[2];
                self.cases_above[i] = cases + 0.5 * here[0];
            }
            cases += here[0];
            free += here[1];
            other += here[2];
            curve.push(RocPoint {
                threshold: marker[group[0] as usize],
                true_positive: cases / all_cases,
                false_positive: free / all_free,
                false_positive_all: (free + other) / (all_free + all_other),
            });
        }
        curve
    }

    /// Influence of each patient on the area against the controls free of any event. With `M` the integral of the
    /// censoring martingale, `F` and `S` incidence and survival,
    /// `(F S) IFₖ = Σᵢ wᵢ (Cᵢ − A S) Mᵢₖ + n cₖ Rₖ − A F S 1[Tₖ > t] n / n₊ + n wₖ (Cₖ − A S)`.
    fn influence(
        &self,
        area: f64,
        incidence: f64,
        survival: f64,
        controls: usize,
        integral: &CensoringIntegral,
    ) -> Vec<f64> {
        let n = self.case.len() as f64;
        let own: Vec<f64> =
            self.case.iter().zip(&self.free_below).map(|(w, c)| w * (c - area * survival)).collect();
        let through_censoring = integral.apply(&own, None);
        let scale = 1.0 / (incidence * survival);
        let each_control = area * incidence * survival * n / controls as f64;
        (0..self.case.len())
            .map(|k| {
                let control = if self.free[k] > 0.0 { each_control } else { 0.0 };
                scale * (through_censoring[k] + n * self.free[k] * self.cases_above[k] - control + n * own[k])
            })
            .collect()
    }

    /// Influence on the area against all that are no cases, whose weight is taken to be `1 − F`.
    fn influence_all(&self, incidence: f64, t: f64, time: &[f64], integral: &CensoringIntegral) -> Vec<f64> {
        let n = self.case.len() as f64;
        let spread = incidence * (1.0 - incidence);
        let pairs = |w: &[f64], c: &[f64]| w.iter().zip(c).map(|(w, c)| w * c).sum::<f64>();
        let against_free = pairs(&self.case, &self.free_below);
        let theta = against_free + pairs(&self.case, &self.other_below);
        let slope = theta * (1.0 - 2.0 * incidence) / spread;
        let below = |k: usize| self.free_below[k] + self.other_below[k];
        let through: Vec<f64> = (0..self.case.len())
            .map(|k| self.case[k] * (below(k) - slope) + self.other[k] * self.cases_above[k])
            .collect();
        let through = integral.apply(&through, Some((t, against_free, time)));
        (0..self.case.len())
            .map(|k| {
                let as_case = n * self.case[k] * (below(k) - slope) + slope * incidence;
                let as_control = n * (self.free[k] + self.other[k]) * self.cases_above[k];
                (as_case + as_control - 2.0 * theta + through[k]) / spread
            })
            .collect()
    }
}

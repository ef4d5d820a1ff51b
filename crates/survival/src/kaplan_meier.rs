//! Survival curves: Kaplan–Meier and Fleming–Harrington, with limits, quantiles and restricted means.

use radiomics_stats::Interval;
use radiomics_stats::distribution::normal_quantile_upper;
use radiomics_stats::error::{require_length, require_level};
use serde::{Deserialize, Serialize};

use crate::confidence::Scale;
use crate::error::Error;
use crate::outcome::{Outcome, TimeUnit};
use crate::risk_sets::{Groups, walk};

/// How the curve follows from the deaths. R: `stype` of `survfit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    /// `S(t) = Π (1 − d / n)`, Kaplan and Meier 1958. R: `stype = 1`.
    #[default]
    ProductLimit,
    /// `S(t) = exp(−H(t))`, Fleming and Harrington, also called Breslow's. R: `stype = 2`.
    Exponential,
}

/// How the cumulative hazard treats deaths at the same time. R: `ctype` of `survfit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TiedDeaths {
    /// `d / n`: Nelson 1972, Aalen 1978. R: `ctype = 1`.
    #[default]
    NelsonAalen,
    /// `1 / n + 1 / (n − 1) + …`, as if one died after the other: Fleming and Harrington 1984. R: `ctype = 2`.
    FlemingHarrington,
}

/// A survival curve, one row for each distinct time, censorings included.
///
/// Weights count: those at risk, events and the censored are sums of weights. The variance takes a weight for that
/// many patients (R: `robust = FALSE`). Events of all causes count alike; strata are not looked at.
///
/// R: `survfit(Surv(time, event) ~ 1)`; Python: `lifelines.KaplanMeierFitter().fit(time, event)`.
///
/// ```
/// use radiomics_survival::{Outcome, confidence::Scale, kaplan_meier::KaplanMeier};
/// let outcome = Outcome::new(&[1.0, 2.0, 3.0, 4.0], &[true, false, true, false])?;
/// let curve = KaplanMeier::new(&outcome);
/// assert_eq!(curve.survival, [0.75, 0.75, 0.375, 0.375]);
/// assert_eq!(curve.median(Scale::Log, 0.95)?.estimate, Some(3.0));
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KaplanMeier {
    /// Number of patients.
    pub n: usize,
    /// Number of patients with the event.
    pub events: usize,
    /// How the curve follows from the deaths.
    pub estimator: Estimator,
    /// How the hazard treats deaths at the same time.
    pub tied_deaths: TiedDeaths,
    /// Unit of the times.
    pub unit: TimeUnit,
    /// Distinct times of event or censoring, increasing.
    pub time: Vec<f64>,
    /// Those at risk just before each time.
    pub n_risk: Vec<f64>,
    /// Those who have the event at it.
    pub n_event: Vec<f64>,
    /// Those whose follow-up ends at it without the event.
    pub n_censor: Vec<f64>,
    /// Probability of no event up to and including the time.
    pub survival: Vec<f64>,
    /// Standard error of the probability (Greenwood's; for the exponential estimator that of the hazard times `S`). NaN
    /// where the curve has come to 0.
    pub std_err: Vec<f64>,
    /// Cumulative hazard.
    pub hazard: Vec<f64>,
    /// Standard error of the cumulative hazard.
    pub hazard_std_err: Vec<f64>,
}

/// The curve at one time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The time.
    pub time: f64,
    /// Those at risk at the time: followed up to it or longer.
    pub n_risk: f64,
    /// Probability of no event up to and including the time.
    pub survival: f64,
    /// Its standard error.
    pub std_err: f64,
    /// Whether the time lies after the last, so that the last value was carried on.
    pub beyond_follow_up: bool,
}

/// A quantile of the times; `None` where the curve or its limit does not come down so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantile {
    /// Share of patients who have had the event, 0.5 for the median.
    pub p: f64,
    /// The time.
    pub estimate: Option<f64>,
    /// Lower confidence limit.
    pub lower: Option<f64>,
    /// Upper confidence limit.
    pub upper: Option<f64>,
}

/// Mean time up to a horizon: the area beneath the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RestrictedMean {
    /// The horizon.
    pub tau: f64,
    /// The area.
    pub mean: f64,
    /// Its standard error.
    pub std_err: f64,
}

impl KaplanMeier {
    /// Kaplan–Meier with the Nelson–Aalen hazard. R: `survfit(Surv(time, event) ~ 1)`.
    pub fn new(outcome: &Outcome) -> Self {
        Self::with(outcome, Estimator::ProductLimit, TiedDeaths::NelsonAalen)
    }

    /// With a choice of estimators. R: `survfit(…, stype, ctype)`.
    pub fn with(outcome: &Outcome, estimator: Estimator, tied_deaths: TiedDeaths) -> Self {
        Self::of(&outcome.joined(), estimator, tied_deaths)
    }

    /// The curve at the times as they are.
    fn of(outcome: &Outcome, estimator: Estimator, tied_deaths: TiedDeaths) -> Self {
        let mut curve = Self::empty(outcome, estimator, tied_deaths);
        let (mut survival, mut greenwood, mut hazard, mut hazard_variance) = (1.0, 0.0, 0.0, 0.0);
        walk(
            outcome,
            None,
            1,
            |code| code != 0,
            |set| {
                let (n, d) = (set.at_risk[0], set.events[0]);
                curve.events += set.event_rows;
                if d > 0.0 {
                    survival *= (n - d) / n;
                    greenwood += d / (n * (n - d));
                    let (step, variance) = hazard_step(n, d, set.event_rows, tied_deaths);
                    hazard += step;
                    hazard_variance += variance;
                }
                curve.time.push(set.time);
                curve.n_risk.push(n);
                curve.n_event.push(d);
                curve.n_censor.push(set.censored[0]);
                curve.hazard.push(hazard);
                curve.hazard_std_err.push(hazard_variance.sqrt());
                let (s, relative) = match estimator {
                    Estimator::ProductLimit => (survival, greenwood.sqrt()),
                    Estimator::Exponential => ((-hazard).exp(), hazard_variance.sqrt()),
                };
                curve.survival.push(s);
                curve.std_err.push(s * relative); // 0 · ∞ is NaN, as it should be
            },
        );
        curve
    }

    fn empty(outcome: &Outcome, estimator: Estimator, tied_deaths: TiedDeaths) -> Self {
        Self {
            n: outcome.len(),
            events: 0,
            estimator,
            tied_deaths,
            unit: outcome.unit(),
            time: Vec::new(),
            n_risk: Vec::new(),
            n_event: Vec::new(),
            n_censor: Vec::new(),
            survival: Vec::new(),
            std_err: Vec::new(),
            hazard: Vec::new(),
            hazard_std_err: Vec::new(),
        }
    }

    /// One curve for each group, in the order of their codes. R: `survfit(Surv(time, event) ~ group)`.
    ///
    /// # Errors
    /// A length that differs.
    pub fn by_group(outcome: &Outcome, group: &[u32]) -> Result<Vec<(u32, Self)>, Error> {
        require_length("group", group.len(), outcome.len())?;
        let (outcome, groups) = (outcome.joined(), Groups::new(group));
        let of = |rows: &[usize]| -> Result<Self, Error> {
            Ok(Self::of(&outcome.select(rows)?, Estimator::ProductLimit, TiedDeaths::NelsonAalen))
        };
        groups.codes.iter().zip(groups.rows()).map(|(&code, rows)| Ok((code, of(&rows)?))).collect()
    }

    /// The curve at a time: 1 before the first. R: `summary(fit, times = t)`.
    ///
    /// # Errors
    /// [`Error::OutsideFollowUp`] for a time that is not a number, negative or after the last.
    pub fn at(&self, time: f64) -> Result<Point, Error> {
        let last = self.time.last().copied().unwrap_or(0.0);
        if !(0.0..=last).contains(&time) {
            return Err(Error::OutsideFollowUp { what: "the survival curve", time, first: 0.0, last });
        }
        self.extended_at(time)
    }

    /// The curve at a time, the last value carried on after the last time: nobody is at risk there, and the point says
    /// so. R: `summary(fit, times = t, extend = TRUE)`.
    ///
    /// # Errors
    /// A time that is not a number or negative.
    pub fn extended_at(&self, time: f64) -> Result<Point, Error> {
        radiomics_stats::error::require("time", &[time], "at least 0", |t| t >= 0.0)?;
        let after = self.time.partition_point(|&t| t <= time);
        let (survival, std_err) =
            if after == 0 { (1.0, 0.0) } else { (self.survival[after - 1], self.std_err[after - 1]) };
        let n_risk = self.at_risk(&[time])[0];
        let beyond_follow_up = self.time.last().is_some_and(|&last| time > last);
        Ok(Point { time, n_risk, survival, std_err, beyond_follow_up })
    }

    /// Those at risk at each of the times, 0 after the last: the table beneath a figure.
    /// R: `summary(fit, times, extend = TRUE)$n.risk`.
    pub fn at_risk(&self, times: &[f64]) -> Vec<f64> {
        let at = |&time: &f64| self.time.partition_point(|&t| t < time);
        times.iter().map(|time| self.n_risk.get(at(time)).copied().unwrap_or(0.0)).collect()
    }

    /// Events after `from` up to and including `until`.
    pub fn events_between(&self, from: f64, until: f64) -> f64 {
        let (a, b) = (self.time.partition_point(|&t| t <= from), self.time.partition_point(|&t| t <= until));
        self.n_event[a..b.max(a)].iter().sum()
    }

    /// Confidence limits at every time. R: `conf.type` and `conf.int` of `survfit`.
    ///
    /// # Errors
    /// A level outside 0 to 1.
    pub fn intervals(&self, scale: Scale, level: f64) -> Result<Vec<Interval>, Error> {
        require_level(level)?;
        let z = normal_quantile_upper(0.5 * (1.0 - level));
        let rows = self.survival.iter().zip(&self.std_err);
        Ok(rows
            .map(|(&p, &se)| {
                let (lower, upper) = scale.limits(p, se, z);
                Interval { lower, upper, level }
            })
            .collect())
    }

    /// The median. See [`quantile`](Self::quantile). R: `quantile(fit, 0.5)`.
    ///
    /// # Errors
    /// A level outside 0 to 1.
    pub fn median(&self, scale: Scale, level: f64) -> Result<Quantile, Error> {
        self.quantile(0.5, scale, level)
    }

    /// The time by which a share `p` has had the event: the first at which `1 − S ≥ p`. Where the curve is level at
    /// just `1 − p`, the middle of that step (R's rule; equal means within 1.5e-8). Its limits are where the limits of
    /// the curve cross (Brookmeyer and Crowley 1982).
    ///
    /// R: `quantile(fit, p)`.
    ///
    /// # Errors
    /// A level or share outside 0 to 1.
    pub fn quantile(&self, p: f64, scale: Scale, level: f64) -> Result<Quantile, Error> {
        radiomics_stats::error::require("share", &[p], "between 0 and 1", |v| (0.0..=1.0).contains(&v))?;
        let limits = self.intervals(scale, level)?;
        Ok(Quantile {
            p,
            estimate: crossing(&self.time, p, |i| self.survival[i]),
            lower: crossing(&self.time, p, |i| limits[i].lower),
            upper: crossing(&self.time, p, |i| limits[i].upper),
        })
    }

    /// Area beneath the curve from 0 to `tau`, to the last time where `tau` is `None`.
    /// `var = Σ (area after t)² d / (n (n − d))`.
    ///
    /// R: `summary(fit, rmean = tau)$table`; `survRM2::rmst2` for two arms (see [`crate::rmst`]).
    ///
    /// # Errors
    /// [`Error::OutsideFollowUp`] where `tau` is negative or lies after the last time while the curve is above 0 there.
    pub fn restricted_mean(&self, tau: Option<f64>) -> Result<RestrictedMean, Error> {
        let last = self.time.last().copied().unwrap_or(0.0);
        let end = self.survival.last().copied().unwrap_or(1.0);
        let tau = tau.unwrap_or(last);
        if !(tau >= 0.0 && (tau <= last || end == 0.0 && tau.is_finite())) {
            return Err(Error::OutsideFollowUp { what: "the restricted mean", time: tau, first: 0.0, last });
        }
        let rows = self.time.partition_point(|&t| t <= tau);
        let (mut after, mut variance, mut right) = (0.0, 0.0, tau);
        for i in (0..rows).rev() {
            after += (right - self.time[i]) * self.survival[i];
            right = self.time[i];
            let (n, d) = (self.n_risk[i], self.n_event[i]);
            if n > d {
                variance += after * after * d / (n * (n - d));
            }
        }
        Ok(RestrictedMean { tau, mean: after + right, std_err: variance.sqrt() })
    }
}

/// Where `1 - curve` first reaches `p`.
pub(crate) fn crossing(time: &[f64], p: f64, curve: impl Fn(usize) -> f64) -> Option<f64> {
    const TOLERANCE: f64 = 1.490_116_119_384_765_6e-8; // √ε, as in R
    if p == 0.0 {
        return Some(0.0);
    }
    // Of equal heights the first counts; those that are not numbers are left out.
    let (mut first, mut second): (Option<usize>, Option<usize>) = (None, None);
    let (mut height_first, mut height_second) = (f64::INFINITY, f64::INFINITY);
    for i in 0..time.len() {
        let y = 1.0 - curve(i);
        if y + TOLERANCE >= p && y < height_first {
            (first, height_first) = (Some(i), y);
        }
        if y - TOLERANCE >= p && y < height_second {
            (second, height_second) = (Some(i), y);
        }
    }
    let first = first?;
    let last = time.len() - 1;
    let level_at_end = (1.0 - curve(last) - p).abs() < TOLERANCE;
    let second = if level_at_end { last } else { second? };
    Some(0.5 * (time[first] + time[second]))
}

/// Step of the cumulative hazard and of its variance where `d` of `n` die, `rows` patients.
fn hazard_step(n: f64, d: f64, rows: usize, tied_deaths: TiedDeaths) -> (f64, f64) {
    match tied_deaths {
        TiedDeaths::NelsonAalen => (d / n, d / (n * n)),
        TiedDeaths::FlemingHarrington => {
            let each = d / rows as f64;
            (0..rows).map(|i| n - i as f64 * each).fold((0.0, 0.0), |(step, variance), left| {
                (step + each / left, variance + each / (left * left))
            })
        }
    }
}

//! Regression on the hazard of the subdistribution (Fine and Gray 1999).

use radiomics_stats::Interval;
use radiomics_stats::distribution::normal_two_sided;
use radiomics_stats::error::{require_count, require_finite, require_length, require_level};
use radiomics_stats::linalg::Cholesky;
use serde::Serialize;

use crate::error::Error;
use crate::outcome::{Outcome, Part};

/// One row of the table of coefficients.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FineGrayCoefficient {
    /// Name of the column.
    pub name: String,
    /// Log hazard ratio of the subdistribution for one unit.
    pub estimate: f64,
    /// Robust standard error, the estimation of the censoring counted in.
    pub std_err: f64,
    /// `estimate / std_err`.
    pub z: f64,
    /// Two-sided p-value.
    pub p: f64,
}

impl FineGrayCoefficient {
    /// Hazard ratio of the subdistribution with its limits. R: `summary(crr(…), conf.int = level)$conf.int`.
    ///
    /// # Errors
    /// A level outside 0 to 1.
    pub fn hazard_ratio(&self, level: f64) -> Result<(f64, Interval), Error> {
        require_level(level)?;
        Ok((self.estimate.exp(), Interval::normal(self.estimate, self.std_err, level).map(f64::exp)))
    }
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FineGray {
    /// The cause.
    pub cause: u8,
    /// Number of patients.
    pub n: usize,
    /// Patients with an event of the cause.
    pub events: usize,
    /// Patients with another event.
    pub competing_events: usize,
    /// Coefficients.
    pub coefficients: Vec<FineGrayCoefficient>,
    /// Their robust covariance, row by row.
    pub variance: Vec<Vec<f64>>,
    /// Log pseudo-likelihood at 0.
    pub log_likelihood_null: f64,
    /// Log pseudo-likelihood.
    pub log_likelihood: f64,
    /// Newton steps taken.
    pub iterations: usize,
}

/// Largest number of Newton steps.
const MAX_ITERATIONS: usize = 50;
/// A log hazard ratio of one standard deviation above this means that the likelihood has no maximum.
const RUNAWAY: f64 = 30.0;

impl FineGray {
    /// Fits `columns` (name and values) to the cause. Who had another event stays at risk with the weight
    /// `G(t−) / G(T−)`, `G` the Kaplan–Meier curve of the censoring; ties by Breslow. `O(n p²)` for each step after one
    /// sort.
    ///
    /// R: `cmprsk::crr(time, status, cbind(x), failcode = cause)`.
    ///
    /// # Errors
    /// Lengths that differ, values that are not finite, weights, entry times or strata, cause 0, [`Error::NoEvents`], a constant
    /// or dependent column, [`Error::MonotoneLikelihood`], no convergence.
    pub fn fit(outcome: &Outcome, cause: u8, columns: &[(&str, &[f64])]) -> Result<Self, Error> {
        Self::fit_to(outcome, cause, columns, 1e-12)
    }

    /// Ends Newton's steps where `max |scoreⱼ| max(|βⱼ|, 1) < tolerance · max(|log-likelihood|, 1)`.
    /// R: `crr(…, gtol = tolerance)`, by default 1e-6, which gives some six digits of the coefficients.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_to(
        outcome: &Outcome,
        cause: u8,
        columns: &[(&str, &[f64])],
        tolerance: f64,
    ) -> Result<Self, Error> {
        require_count("columns", columns.len(), 1)?;
        for (name, column) in columns {
            require_length(name, column.len(), outcome.len())?;
            require_finite(name, column)?;
            if column.iter().all(|v| *v == column[0]) {
                let what = (*name).to_owned();
                return Err(radiomics_stats::Error::Constant { what, value: column[0] }.into());
            }
        }
        outcome.refuse("the Fine–Gray model", &[Part::Weights, Part::Entry, Part::Strata])?;
        outcome.require_cause(cause)?;
        let model = Model::new(outcome, cause, columns);
        let p = columns.len();
        let mut beta = vec![0.0; p];
        let mut at = model.evaluate(&beta);
        let log_likelihood_null = at.log_likelihood;
        let mut iterations = 0;
        loop {
            let cholesky = Cholesky::new(&at.information, p, 1e-10);
            if let Some(column) = cholesky.first_aliased() {
                return Err(radiomics_stats::Error::Collinear { column: columns[column].0.to_owned() }.into());
            }
            let mut step = at.score.clone();
            cholesky.solve(&mut step);
            let steepest = at.score.iter().zip(&beta).map(|(s, b)| s.abs() * b.abs().max(1.0));
            if steepest.fold(0.0, f64::max) < tolerance * at.log_likelihood.abs().max(1.0) {
                break;
            }
            iterations += 1;
            let mut next: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b + s).collect();
            let mut there = model.evaluate(&next);
            let mut halvings = 0;
            // A likelihood that is not a number is too far as well.
            let worse = |l: f64| l.is_nan() || l < at.log_likelihood - 1e-12 * at.log_likelihood.abs();
            while worse(there.log_likelihood) && halvings < 40 {
                halvings += 1;
                next = next.iter().zip(&beta).map(|(a, b)| 0.5 * (a + b)).collect();
                there = model.evaluate(&next);
            }
            let runaway: Vec<String> = (0..p)
                .filter(|&j| (next[j] * model.spread[j]).abs() > RUNAWAY)
                .map(|j| columns[j].0.to_owned())
                .collect();
            if !runaway.is_empty() {
                return Err(Error::MonotoneLikelihood { columns: runaway });
            }
            let change = (there.log_likelihood - at.log_likelihood).abs();
            (beta, at) = (next, there);
            if iterations == MAX_ITERATIONS {
                let what = "the Fine–Gray model".to_owned();
                return Err(radiomics_stats::Error::NotConverged { what, iterations, change }.into());
            }
        }
        let inverse = Cholesky::new(&at.information, p, 1e-10).inverse();
        let variance = sandwich(&inverse, &model.meat(&beta), p);
        let coefficient = |j: usize| {
            let std_err = variance[j][j].sqrt();
            let z = beta[j] / std_err;
            let name = columns[j].0.to_owned();
            FineGrayCoefficient { name, estimate: beta[j], std_err, z, p: normal_two_sided(z) }
        };
        Ok(Self {
            cause,
            n: outcome.len(),
            events: outcome.events_of(cause),
            competing_events: outcome.events() - outcome.events_of(cause),
            coefficients: (0..p).map(coefficient).collect(),
            variance,
            log_likelihood_null,
            log_likelihood: at.log_likelihood,
            iterations,
        })
    }
}

fn sandwich(bread: &[f64], meat: &[f64], p: usize) -> Vec<Vec<f64>> {
    let product = |a: &[f64], b: &[f64]| -> Vec<f64> {
        (0..p * p).map(|ij| (0..p).map(|k| a[ij / p * p + k] * b[k * p + ij % p]).sum()).collect()
    };
    product(&product(bread, meat), bread).chunks(p).map(<[f64]>::to_vec).collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Status {
    Censored,
    Event,
    Other,
}

/// Patients in increasing order of time.
struct Model {
    p: usize,
    status: Vec<Status>,
    /// Covariates less their means, patient by patient.
    x: Vec<f64>,
    /// Standard deviations of the columns.
    spread: Vec<f64>,
    /// `G(T−)` of each.
    g: Vec<f64>,
    /// First and one past the last place of each distinct time.
    times: Vec<(usize, usize)>,
}

struct Evaluation {
    log_likelihood: f64,
    score: Vec<f64>,
    information: Vec<f64>,
}

/// Sums over a risk set: `Σ e`, `Σ e x`, and for the information `Σ e x xᵀ`.
#[derive(Clone)]
struct RiskSums {
    s0: f64,
    s1: Vec<f64>,
    s2: Vec<f64>,
}

impl RiskSums {
    fn new(p: usize, second: bool) -> Self {
        Self { s0: 0.0, s1: vec![0.0; p], s2: vec![0.0; if second { p * p } else { 0 }] }
    }

    fn add(&mut self, e: f64, x: &[f64]) {
        let p = x.len();
        self.s0 += e;
        for i in 0..p {
            self.s1[i] += e * x[i];
        }
        if !self.s2.is_empty() {
            for i in 0..p {
                for j in 0..=i {
                    self.s2[i * p + j] += e * x[i] * x[j];
                }
            }
        }
    }
}

impl Model {
    fn new(outcome: &Outcome, cause: u8, columns: &[(&str, &[f64])]) -> Self {
        let (order, time, p) = (outcome.order(), outcome.time(), columns.len());
        let status: Vec<Status> = order
            .iter()
            .map(|&i| match outcome.code()[i as usize] {
                0 => Status::Censored,
                c if c == cause => Status::Event,
                _ => Status::Other,
            })
            .collect();
        let means: Vec<f64> = columns.iter().map(|(_, c)| radiomics_stats::describe::mean(c)).collect();
        let x = order.iter().flat_map(|&i| (0..p).map(move |j| (i, j)));
        let x = x.map(|(i, j)| columns[j].1[i as usize] - means[j]).collect();
        let spread = columns.iter().map(|(_, c)| radiomics_stats::describe::sd(c)).collect();
        let (mut times, mut g, mut now) = (Vec::new(), Vec::with_capacity(order.len()), 1.0);
        for same in order.chunk_by(|&a, &b| time[a as usize] == time[b as usize]) {
            let (start, end) = (g.len(), g.len() + same.len());
            g.resize(end, now);
            let censored = status[start..end].iter().filter(|s| **s == Status::Censored).count() as f64;
            // Events of the same time count as at risk of being censored, as in cmprsk.
            now *= 1.0 - censored / (order.len() - start) as f64;
            times.push((start, end));
        }
        Self { p, status, x, spread, g, times }
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.x[i * self.p..(i + 1) * self.p]
    }

    fn linear_predictors(&self, beta: &[f64]) -> Vec<f64> {
        let lp = |i: usize| self.row(i).iter().zip(beta).map(|(x, b)| x * b).sum();
        (0..self.status.len()).map(lp).collect()
    }

    /// Calls `visit` at each time with an event: its places, the number of events, the sums over those still under
    /// observation and `Σ e / G(T−)` of those who had another event before.
    fn at_event_times(
        &self,
        e: &[f64],
        second: bool,
        mut visit: impl FnMut((usize, usize), f64, &RiskSums, &RiskSums),
    ) {
        // Those under observation are summed from the end, so both sums are kept at the times with events.
        let mut observed = Vec::new();
        let mut sums = RiskSums::new(self.p, second);
        for &(start, end) in self.times.iter().rev() {
            (start..end).for_each(|i| sums.add(e[i], self.row(i)));
            if self.status[start..end].contains(&Status::Event) {
                observed.push(sums.clone());
            }
        }
        let mut others = RiskSums::new(self.p, second);
        for &(start, end) in &self.times {
            let d = self.status[start..end].iter().filter(|s| **s == Status::Event).count();
            if d > 0
                && let Some(observed) = observed.pop()
            {
                visit((start, end), d as f64, &observed, &others);
            }
            for i in (start..end).filter(|&i| self.status[i] == Status::Other) {
                others.add(e[i] / self.g[i], self.row(i));
            }
        }
    }

    fn evaluate(&self, beta: &[f64]) -> Evaluation {
        let p = self.p;
        let lp = self.linear_predictors(beta);
        let e: Vec<f64> = lp.iter().map(|v| v.exp()).collect();
        let mut result =
            Evaluation { log_likelihood: 0.0, score: vec![0.0; p], information: vec![0.0; p * p] };
        self.at_event_times(&e, true, |(start, end), d, observed, others| {
            let g = self.g[start];
            let s0 = observed.s0 + g * others.s0;
            let mean: Vec<f64> = (0..p).map(|j| (observed.s1[j] + g * others.s1[j]) / s0).collect();
            for i in (start..end).filter(|&i| self.status[i] == Status::Event) {
                result.log_likelihood += lp[i];
                for j in 0..p {
                    result.score[j] += self.row(i)[j] - mean[j];
                }
            }
            result.log_likelihood -= d * s0.ln();
            for i in 0..p {
                for j in 0..=i {
                    let second = (observed.s2[i * p + j] + g * others.s2[i * p + j]) / s0;
                    result.information[i * p + j] += d * (second - mean[i] * mean[j]);
                }
            }
        });
        for i in 0..p {
            for j in 0..i {
                result.information[j * p + i] = result.information[i * p + j];
            }
        }
        result
    }

    /// `Σ (η + ψ)(η + ψ)ᵀ`: `η` the score residual of each patient, `ψ` what it moves through the estimate of `G`.
    fn meat(&self, beta: &[f64]) -> Vec<f64> {
        let (p, n) = (self.p, self.status.len());
        let e: Vec<f64> = self.linear_predictors(beta).iter().map(|v| v.exp()).collect();
        let mut residual = vec![0.0; n * p];
        // Up to each time: ∫ dΛ and ∫ x̄ dΛ; from each time on the same weighted by G.
        let mut before = RiskSums::new(p, false);
        let mut steps = Vec::new(); // place of the time, dΛ, x̄
        self.at_event_times(&e, false, |(start, end), d, observed, others| {
            let g = self.g[start];
            let s0 = observed.s0 + g * others.s0;
            let mean: Vec<f64> = (0..p).map(|j| (observed.s1[j] + g * others.s1[j]) / s0).collect();
            for i in (start..end).filter(|&i| self.status[i] == Status::Event) {
                for j in 0..p {
                    residual[i * p + j] = self.row(i)[j] - mean[j];
                }
            }
            steps.push((start, d / s0, mean));
        });
        let mut step = steps.iter().peekable();
        for &(start, end) in &self.times {
            if let Some((_, hazard, mean)) = step.next_if(|s| s.0 == start) {
                before.add(*hazard, mean);
            }
            for i in start..end {
                for j in 0..p {
                    residual[i * p + j] -= e[i] * (self.row(i)[j] * before.s0 - before.s1[j]);
                }
            }
        }
        // From the end: after the own time, weighted by G, for those who had another event.
        let mut after = RiskSums::new(p, false);
        let mut tails = vec![(0.0, Vec::new()); self.times.len()]; // from each time on
        let mut step = steps.iter().rev().peekable();
        for (k, &(start, end)) in self.times.iter().enumerate().rev() {
            for i in (start..end).filter(|&i| self.status[i] == Status::Other) {
                for j in 0..p {
                    residual[i * p + j] -= e[i] / self.g[i] * (self.row(i)[j] * after.s0 - after.s1[j]);
                }
            }
            if let Some((_, hazard, mean)) = step.next_if(|s| s.0 == start) {
                after.add(hazard * self.g[start], mean);
            }
            tails[k] = (after.s0, after.s1.clone());
        }
        // ψ: the martingale of the censoring against q(u).
        let mut others = RiskSums::new(p, false);
        let mut compensator = vec![0.0; p];
        for (&(start, end), (tail0, tail1)) in self.times.iter().zip(&tails) {
            let censored = self.status[start..end].iter().filter(|s| **s == Status::Censored).count() as f64;
            let at_risk = (n - start) as f64;
            let q: Vec<f64> = (0..p).map(|j| others.s1[j] * tail0 - others.s0 * tail1[j]).collect();
            for j in 0..p {
                compensator[j] += q[j] * censored / (at_risk * at_risk);
            }
            for i in start..end {
                let jump = if self.status[i] == Status::Censored { 1.0 / at_risk } else { 0.0 };
                for j in 0..p {
                    residual[i * p + j] += q[j] * jump - compensator[j];
                }
            }
            for i in (start..end).filter(|&i| self.status[i] == Status::Other) {
                others.add(e[i] / self.g[i], self.row(i));
            }
        }
        let mut meat = vec![0.0; p * p];
        for row in residual.chunks(p) {
            for i in 0..p {
                for j in 0..p {
                    meat[i * p + j] += row[i] * row[j];
                }
            }
        }
        meat
    }
}

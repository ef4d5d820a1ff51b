//! The coordinate descent itself.

use super::{ElasticNet, Family, Path};
use crate::describe::{mean, sum_of_squares};
use crate::error::Error;

/// Columns brought to the scale of the descent.
struct Scaled {
    columns: Vec<Vec<f64>>,
    centre: Vec<f64>,
    scale: Vec<f64>,
}

/// Where the descent stands.
struct State {
    intercept: f64,
    b: Vec<f64>,
    eta: Vec<f64>,
    score: Vec<f64>,
    weight: Vec<f64>,
    loss: f64,
}

pub(super) fn path(settings: &ElasticNet, columns: &[&[f64]], family: &impl Family) -> Result<Path, Error> {
    let n = family.len();
    let nf = n as f64;
    let p = columns.len();
    let null = if settings.intercept { family.null_intercept() } else { None };
    let scaled = scale(columns, settings.standardize, null.is_some() || family.null_intercept().is_none());
    let factors: Vec<f64> = if settings.penalty_factors.is_empty() {
        vec![1.0; p]
    } else {
        let sum: f64 = settings.penalty_factors.iter().sum();
        settings.penalty_factors.iter().map(|f| f * p as f64 / sum).collect()
    };
    let ridge_scale = if settings.glmnet_ridge_scale { family.outcome_scale() } else { 1.0 };
    let mut state = State {
        intercept: null.unwrap_or(0.0),
        b: vec![0.0; p],
        eta: vec![null.unwrap_or(0.0); n],
        score: vec![0.0; n],
        weight: vec![0.0; n],
        loss: 0.0,
    };
    state.loss = family.derivatives(&state.eta, &mut state.score, &mut state.weight);
    let null_loss = state.loss - family.saturated_loss();
    let mut gradient: Vec<f64> = scaled.columns.iter().map(|c| dot(c, &state.score) / nf).collect();
    let own_sequence = settings.lambda.is_empty();
    let lambda =
        if own_sequence { sequence(settings, &gradient, &factors, n, p)? } else { settings.lambda.clone() };
    let mut path = Path {
        lambda: Vec::new(),
        intercept: Vec::new(),
        coefficients: Vec::new(),
        deviance_ratio: Vec::new(),
        nonzero: Vec::new(),
        null_deviance: 2.0 * null_loss,
        converged: Vec::new(),
    };
    let mut active = vec![false; p];
    let mut previous = f64::INFINITY;
    let solver = Solver {
        settings,
        family,
        columns: &scaled.columns,
        factors: &factors,
        ridge_scale,
        has_intercept: null.is_some(),
        tolerance: settings.tolerance * null_loss.max(1e-300) / nf,
    };
    for &l in &lambda {
        let l1 = l * settings.alpha;
        // Strong rule: a column whose gradient is small at the last λ will hardly enter at this one.
        let cut = if previous.is_finite() { 2.0 * l - previous } else { 0.0 } * settings.alpha;
        let mut strong: Vec<bool> =
            (0..p).map(|j| state.b[j] != 0.0 || gradient[j].abs() >= cut * factors[j]).collect();
        let mut settled;
        loop {
            settled = solver.solve(&mut state, l, &strong, &mut active);
            for (j, g) in gradient.iter_mut().enumerate() {
                *g = dot(&scaled.columns[j], &state.score) / nf;
            }
            // Columns the rule left out must satisfy the conditions of the optimum too.
            let mut broken = false;
            for j in 0..p {
                if !strong[j] && gradient[j].abs() > l1 * factors[j] * (1.0 + 1e-12) {
                    strong[j] = true;
                    broken = true;
                }
            }
            if !broken {
                break;
            }
        }
        previous = l;
        let loss = state.loss - family.saturated_loss();
        let ratio = 1.0 - loss / null_loss;
        let b: Vec<f64> =
            state.b.iter().zip(&scaled.scale).map(|(b, s)| if *s > 0.0 { b / s } else { 0.0 }).collect();
        let shift: f64 = b.iter().zip(&scaled.centre).map(|(b, c)| b * c).sum();
        path.lambda.push(l);
        path.intercept.push(if null.is_some() { state.intercept - shift } else { 0.0 });
        path.nonzero.push(b.iter().filter(|b| **b != 0.0).count());
        path.coefficients.push(b);
        path.converged.push(settled);
        path.deviance_ratio.push(ratio);
        if own_sequence && path.lambda.len() >= 5 && family.finished(&path.deviance_ratio) {
            break;
        }
    }
    Ok(path)
}

fn scale(columns: &[&[f64]], standardize: bool, centre: bool) -> Scaled {
    let mut out = Scaled { columns: Vec::new(), centre: Vec::new(), scale: Vec::new() };
    for column in columns {
        let m = mean(column);
        let sd = (sum_of_squares(column, m) / column.len() as f64).sqrt();
        // A column without spread gets no coefficient.
        let constant = sd <= 1e-14 * column.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
        let divisor = if constant {
            0.0
        } else if standardize {
            sd
        } else {
            1.0
        };
        let shift = if centre { m } else { 0.0 };
        out.columns.push(if constant {
            vec![0.0; column.len()]
        } else {
            column.iter().map(|v| (v - shift) / divisor).collect()
        });
        out.centre.push(shift);
        out.scale.push(divisor);
    }
    out
}

/// Log-spaced from the least λ at which all penalised coefficients are 0.
fn sequence(
    settings: &ElasticNet,
    gradient: &[f64],
    factors: &[f64],
    n: usize,
    p: usize,
) -> Result<Vec<f64>, Error> {
    let most =
        gradient.iter().zip(factors).filter(|(_, f)| **f > 0.0).map(|(g, f)| g.abs() / f).fold(0.0, f64::max)
            / settings.alpha.max(1e-3);
    if most <= 0.0 {
        return Err(Error::Undefined {
            what: "the sequence of lambda".to_owned(),
            why: "no column is related to the outcome".to_owned(),
        });
    }
    let ratio = settings.lambda_min_ratio.unwrap_or(if n < p { 0.01 } else { 1e-4 });
    let count = settings.lambda_count;
    let step = if count > 1 { ratio.powf(1.0 / (count as f64 - 1.0)) } else { 1.0 };
    Ok((0..count).map(|i| most * step.powi(i as i32)).collect())
}

struct Solver<'a, F> {
    settings: &'a ElasticNet,
    family: &'a F,
    columns: &'a [Vec<f64>],
    factors: &'a [f64],
    ridge_scale: f64,
    has_intercept: bool,
    tolerance: f64,
}

impl<F: Family> Solver<'_, F> {
    /// Brings the state to the optimum at one λ over the columns in `strong`; false where it did not settle.
    fn solve(&self, state: &mut State, lambda: f64, strong: &[bool], active: &mut [bool]) -> bool {
        let mut passes = 0;
        let mut penalty = self.penalty(&state.b, lambda);
        for _round in 0..200 {
            let (b_old, eta_old, intercept_old) = (state.b.clone(), state.eta.clone(), state.intercept);
            let (loss_old, penalty_old) = (state.loss, penalty);
            if !self.weighted(state, lambda, strong, active, &mut passes) {
                return false;
            }
            if self.family.quadratic() {
                state.loss = self.family.derivatives(&state.eta, &mut state.score, &mut state.weight);
                return true;
            }
            // Step halving where the quadratic model went too far.
            let n = state.eta.len() as f64;
            let mut fraction = 1.0;
            let (b_new, eta_new, intercept_new) = (state.b.clone(), state.eta.clone(), state.intercept);
            loop {
                state.loss = self.family.derivatives(&state.eta, &mut state.score, &mut state.weight);
                penalty = self.penalty(&state.b, lambda);
                let worse = (state.loss - loss_old) / n + penalty - penalty_old;
                if worse <= 1e-12 * (loss_old / n).abs() || fraction < 1e-8 {
                    break;
                }
                fraction *= 0.5;
                let mix = |old: f64, new: f64| old + fraction * (new - old);
                for j in 0..b_new.len() {
                    state.b[j] = mix(b_old[j], b_new[j]);
                }
                for i in 0..eta_new.len() {
                    state.eta[i] = mix(eta_old[i], eta_new[i]);
                }
                state.intercept = mix(intercept_old, intercept_new);
            }
            let moved = state
                .eta
                .iter()
                .zip(&eta_old)
                .zip(&state.weight)
                .map(|((a, b), w)| w * (a - b) * (a - b))
                .sum::<f64>()
                / n;
            if moved <= self.tolerance {
                return true;
            }
        }
        false
    }

    fn penalty(&self, b: &[f64], lambda: f64) -> f64 {
        let (l1, l2) =
            (lambda * self.settings.alpha, lambda * (1.0 - self.settings.alpha) / self.ridge_scale);
        b.iter().zip(self.factors).map(|(b, f)| f * (l1 * b.abs() + 0.5 * l2 * b * b)).sum()
    }

    /// Coordinate descent on the quadratic model at the state.
    fn weighted(
        &self,
        state: &mut State,
        lambda: f64,
        strong: &[bool],
        active: &mut [bool],
        passes: &mut usize,
    ) -> bool {
        let n = state.eta.len() as f64;
        let unit = self.family.quadratic();
        let (l1, l2) =
            (lambda * self.settings.alpha, lambda * (1.0 - self.settings.alpha) / self.ridge_scale);
        let mut curvature: Vec<f64> = vec![f64::NAN; self.columns.len()];
        let total: f64 = state.weight.iter().sum();
        let State { b, eta, score, weight, intercept, .. } = state;
        // The score is kept as the residual of the quadratic model: score − weight · change of η.
        let mut pass = |b: &mut [f64], only_active: bool, active: &mut [bool]| {
            let mut largest = 0.0_f64;
            for j in 0..self.columns.len() {
                if !strong[j] || (only_active && !active[j]) {
                    continue;
                }
                let column = &self.columns[j];
                if curvature[j].is_nan() {
                    curvature[j] =
                        if unit { dot(column, column) / n } else { weighted_square(column, weight) / n };
                }
                let v = curvature[j];
                if v <= 0.0 {
                    continue;
                }
                let g = dot(column, score) / n + v * b[j];
                let threshold = l1 * self.factors[j];
                let new = if g.abs() > threshold {
                    (g - threshold.copysign(g)) / (v + l2 * self.factors[j])
                } else {
                    0.0
                };
                let change = new - b[j];
                if change != 0.0 {
                    b[j] = new;
                    active[j] = true;
                    step(column, change, eta, score, weight, unit);
                    largest = largest.max(v * change * change);
                }
            }
            if self.has_intercept {
                let change = score.iter().sum::<f64>() / total;
                if change != 0.0 {
                    *intercept += change;
                    for i in 0..eta.len() {
                        eta[i] += change;
                        score[i] -= weight[i] * change;
                    }
                    largest = largest.max(total / n * change * change);
                }
            }
            largest
        };
        loop {
            *passes += 1;
            if *passes > self.settings.max_passes {
                return false;
            }
            if pass(b, false, active) <= self.tolerance {
                return true;
            }
            loop {
                *passes += 1;
                if *passes > self.settings.max_passes {
                    return false;
                }
                if pass(b, true, active) <= self.tolerance {
                    break;
                }
            }
        }
    }
}

fn step(column: &[f64], change: f64, eta: &mut [f64], score: &mut [f64], weight: &[f64], unit: bool) {
    if unit {
        for ((e, s), x) in eta.iter_mut().zip(score).zip(column) {
            *e += x * change;
            *s -= x * change;
        }
    } else {
        for (((e, s), x), w) in eta.iter_mut().zip(score).zip(column).zip(weight) {
            *e += x * change;
            *s -= w * x * change;
        }
    }
}

/// Eight partial sums, which the compiler turns into vectors; the order is fixed.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (mut sums, mut tail) = ([0.0; 8], 0.0);
    let (xs, ys) = (a.chunks_exact(8), b.chunks_exact(8));
    for (x, y) in xs.remainder().iter().zip(ys.remainder()) {
        tail += x * y;
    }
    for (x, y) in xs.zip(ys) {
        for k in 0..8 {
            sums[k] += x[k] * y[k];
        }
    }
    sums.iter().sum::<f64>() + tail
}

fn weighted_square(a: &[f64], w: &[f64]) -> f64 {
    a.iter().zip(w).map(|(a, w)| w * a * a).sum()
}

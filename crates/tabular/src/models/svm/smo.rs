//! Sequential minimal optimisation: libsvm's choice of pairs (second order; Fan, Chen and Lin 2005), its clipping,
//! its stopping rule and its shrinking, with steps of all free variables now and then.
//!
//! `v = y − Kβ` is the negative gradient. A pair moves `β_i` up and `β_j` down; `i` has the largest `v` of those that
//! may rise, `j` the largest gain among those that may fall, of equals the last. Time `O(n)` a step.

use super::newton::Common;
use super::rows::Rows;
use crate::vectors::{add_scaled, vectorised};

/// Smallest curvature, as libsvm's `TAU`.
const TAU: f64 = 1e-12;

pub(crate) struct Problem {
    /// ±1.
    pub y: Vec<f64>,
    /// Upper limit of `|β|`.
    pub c: Vec<f64>,
    pub tolerance: f64,
    pub max_iterations: u64,
    pub shrinking: bool,
}

pub(crate) struct Solution {
    pub beta: Vec<f64>,
    pub intercept: f64,
    pub objective: f64,
    pub gap: f64,
    pub iterations: u64,
}

/// Variables that take part, as contiguous arrays.
pub(super) struct State {
    /// Their positions among all; `whole` says that these are all, in order.
    pub active: Vec<usize>,
    whole: bool,
    pub beta: Vec<f64>,
    pub low: Vec<f64>,
    pub high: Vec<f64>,
    pub v: Vec<f64>,
    pub diagonal: Vec<f64>,
    /// 0 where β may rise, −∞ where not.
    rise: Vec<f64>,
    /// 0 where β may fall, +∞ where not.
    fall: Vec<f64>,
}

impl State {
    pub fn mark(&mut self, t: usize) {
        self.rise[t] = if self.beta[t] < self.high[t] { 0.0 } else { f64::NEG_INFINITY };
        self.fall[t] = if self.beta[t] > self.low[t] { 0.0 } else { f64::INFINITY };
    }

    /// `v` after a step of one variable, whose row of the kernel matrix is given.
    pub fn descend(&mut self, row: &[f64], step: f64) {
        let Self { v, active, whole, .. } = self;
        if !*whole {
            v.iter_mut().zip(active.iter()).for_each(|(v, &t)| *v -= step * row[t]);
            return;
        }
        vectorised(
            #[inline(always)]
            || add_scaled(v, -step, row),
        );
    }

    pub fn free(&self, t: usize) -> bool {
        self.rise[t] == 0.0 && self.fall[t] == 0.0
    }
}

/// Solves the problem. `start` gives the β to begin from; it must be feasible.
pub(crate) fn solve(rows: &mut impl Rows, problem: &Problem, start: Option<&[f64]>) -> Solution {
    let n = problem.y.len();
    let bound = |t: usize| if problem.y[t] > 0.0 { (0.0, problem.c[t]) } else { (-problem.c[t], 0.0) };
    let mut beta = start.map_or_else(|| vec![0.0; n], <[f64]>::to_vec);
    for t in 0..n {
        let (low, high) = bound(t);
        beta[t] = beta[t].clamp(low, high);
    }
    let mut v = problem.y.clone();
    for i in (0..n).filter(|&i| beta[i] != 0.0) {
        rows.load(i, i);
        let (b, row) = (beta[i], rows.get(i));
        vectorised(
            #[inline(always)]
            || add_scaled(&mut v, -b, row),
        );
    }
    let mut state = State {
        active: (0..n).collect(),
        whole: true,
        low: (0..n).map(|t| bound(t).0).collect(),
        high: (0..n).map(|t| bound(t).1).collect(),
        diagonal: rows.diagonal().to_vec(),
        rise: vec![0.0; n],
        fall: vec![0.0; n],
        beta,
        v,
    };
    (0..n).for_each(|t| state.mark(t));
    // Settled variables rest in these while only some are active.
    let (mut all_beta, mut all_v) = (Vec::new(), Vec::new());
    let (mut scratch_i, mut scratch_j) = (Vec::new(), Vec::new());
    let mut iterations = 0;
    let mut until_shrink = n.min(1000) as u64;
    let (mut unshrunk, mut spent_pairs, mut common) = (false, 0.0, Common::new(n));
    let mut gap;
    loop {
        let (i, highest) = top(&state.v, &state.rise);
        rows.load(state.active[i], state.active[i]);
        let own = state.diagonal[i];
        let (j, largest) = {
            let row = gathered(rows.get(state.active[i]), &state, &mut scratch_i);
            partner(&state, row, own, highest)
        };
        gap = largest;
        let done = gap < problem.tolerance || j.is_none() || iterations >= problem.max_iterations;
        if done {
            if state.whole {
                break;
            }
            restore(rows, problem, &mut state, &mut all_beta, &mut all_v);
            if iterations >= problem.max_iterations {
                let (_, highest) = top(&state.v, &state.rise);
                gap = highest - lowest(&state);
                break;
            }
            until_shrink = n.min(1000) as u64;
            continue;
        }
        let Some(j) = j else { break };
        iterations += 1;
        rows.load(state.active[j], state.active[i]);
        {
            let ki = gathered(rows.get(state.active[i]), &state, &mut scratch_i);
            let kj = gathered(rows.get(state.active[j]), &state, &mut scratch_j);
            let curvature = own + state.diagonal[j] - 2.0 * ki[j];
            let wanted = (state.v[i] - state.v[j]) / if curvature > 0.0 { curvature } else { TAU };
            let (up, down) = (state.high[i] - state.beta[i], state.beta[j] - state.low[j]);
            let step = wanted.min(up).min(down);
            // Bounds are met exactly, so that they are known as met.
            state.beta[i] = if step == up { state.high[i] } else { state.beta[i] + step };
            state.beta[j] = if step == down { state.low[j] } else { state.beta[j] - step };
            let v = &mut state.v;
            vectorised(
                #[inline(always)]
                || {
                    for ((v, a), b) in v.iter_mut().zip(ki).zip(kj) {
                        *v -= step * (a - b);
                    }
                },
            );
        }
        state.mark(i);
        state.mark(j);
        let live = state.active.len() as f64;
        spent_pairs += 8.0 * live;
        if spent_pairs > common.due {
            common.steps(rows, &mut state, spent_pairs);
        }
        until_shrink -= 1;
        if until_shrink == 0 {
            until_shrink = n.min(1000) as u64;
            if problem.shrinking {
                if !unshrunk && gap <= 10.0 * problem.tolerance && !state.whole {
                    unshrunk = true;
                    restore(rows, problem, &mut state, &mut all_beta, &mut all_v);
                }
                shrink(&mut state, &mut all_beta, &mut all_v);
            }
        }
    }
    let objective =
        -0.5 * state.beta.iter().zip(&state.v).zip(&problem.y).map(|((b, v), y)| b * (v + y)).sum::<f64>();
    Solution { intercept: intercept(&state), beta: state.beta, objective, gap, iterations }
}

/// The part of a row that belongs to the active variables.
fn gathered<'a>(row: &'a [f64], state: &State, scratch: &'a mut Vec<f64>) -> &'a [f64] {
    if state.whole {
        return row;
    }
    scratch.clear();
    scratch.extend(state.active.iter().map(|&t| row[t]));
    scratch
}

const LANES: usize = 8;

/// The last of the largest `v + rise`.
fn top(v: &[f64], rise: &[f64]) -> (usize, f64) {
    vectorised(
        #[inline(always)]
        || {
            let (mut best, mut at) = ([f64::NEG_INFINITY; LANES], [0u64; LANES]);
            let (vs, rs) = (v.chunks_exact(LANES), rise.chunks_exact(LANES));
            let tail = v.len() - vs.remainder().len();
            for (chunk, (v, r)) in vs.zip(rs).enumerate() {
                for k in 0..LANES {
                    let value = v[k] + r[k];
                    let better = value >= best[k];
                    best[k] = if better { value } else { best[k] };
                    at[k] = if better { chunk as u64 } else { at[k] };
                }
            }
            let (mut place, mut most) = (0, f64::NEG_INFINITY);
            for k in 0..LANES {
                let t = at[k] as usize * LANES + k;
                if best[k] > most || (best[k] == most && t > place) {
                    (place, most) = (t, best[k]);
                }
            }
            for t in tail..v.len() {
                if v[t] + rise[t] >= most {
                    (place, most) = (t, v[t] + rise[t]);
                }
            }
            (place.min(v.len() - 1), most)
        },
    )
}

/// The partner with the largest gain, the last of equals, and the largest violation.
fn partner(state: &State, row: &[f64], own: f64, highest: f64) -> (Option<usize>, f64) {
    let State { v, fall, diagonal, .. } = state;
    vectorised(
        #[inline(always)]
        || {
            let n = v.len();
            let (row, fall, diagonal) = (&row[..n], &fall[..n], &diagonal[..n]);
            let (mut best, mut at) = ([0.0f64; LANES], [u64::MAX; LANES]);
            let mut violation = [f64::NEG_INFINITY; LANES];
            let whole = n / LANES;
            for chunk in 0..whole {
                let start = chunk * LANES;
                let (v, f) = (&v[start..start + LANES], &fall[start..start + LANES]);
                let (k, d) = (&row[start..start + LANES], &diagonal[start..start + LANES]);
                for l in 0..LANES {
                    let b = highest - (v[l] + f[l]);
                    violation[l] = if b > violation[l] { b } else { violation[l] };
                    let curvature = own + d[l] - 2.0 * k[l];
                    let curvature = if curvature > 0.0 { curvature } else { TAU };
                    let positive = if b > 0.0 { b } else { 0.0 };
                    let gain = positive * positive / curvature;
                    let better = gain >= best[l] && b > 0.0;
                    best[l] = if better { gain } else { best[l] };
                    at[l] = if better { chunk as u64 } else { at[l] };
                }
            }
            let mut largest = violation.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (mut place, mut most) = (None, 0.0);
            for l in 0..LANES {
                if at[l] == u64::MAX {
                    continue;
                }
                let t = at[l] as usize * LANES + l;
                if best[l] > most || (best[l] == most && place.is_none_or(|p| t > p)) {
                    (place, most) = (Some(t), best[l]);
                }
            }
            for t in whole * LANES..n {
                let b = highest - (v[t] + fall[t]);
                largest = largest.max(b);
                let curvature = own + diagonal[t] - 2.0 * row[t];
                let gain = b * b / if curvature > 0.0 { curvature } else { TAU };
                if b > 0.0 && gain >= most {
                    (place, most) = (Some(t), gain);
                }
            }
            (place, largest)
        },
    )
}

/// The smallest `v` of those that may fall.
fn lowest(state: &State) -> f64 {
    state.v.iter().zip(&state.fall).map(|(v, f)| v + f).fold(f64::INFINITY, f64::min)
}

/// Takes variables out that rest at a bound and violate nothing, where that leaves at most an eighth of them: picking
/// single values out of rows costs several times what a pass over whole ones does.
fn shrink(state: &mut State, all_beta: &mut Vec<f64>, all_v: &mut Vec<f64>) {
    let (_, highest) = top(&state.v, &state.rise);
    let low = lowest(state);
    let rests = |t: usize| {
        (state.rise[t] != 0.0 && state.v[t] > highest) || (state.fall[t] != 0.0 && state.v[t] < low)
    };
    let stay: Vec<usize> = (0..state.beta.len()).filter(|&t| !rests(t)).collect();
    if stay.len() < 2 || 8 * stay.len() > state.beta.len() {
        return;
    }
    if state.whole {
        all_beta.clone_from(&state.beta);
        all_v.clone_from(&state.v);
    } else {
        for (k, &t) in state.active.iter().enumerate() {
            all_beta[t] = state.beta[k];
        }
    }
    let pick = |values: &[f64]| -> Vec<f64> { stay.iter().map(|&t| values[t]).collect() };
    *state = State {
        active: stay.iter().map(|&t| state.active[t]).collect(),
        whole: false,
        beta: pick(&state.beta),
        low: pick(&state.low),
        high: pick(&state.high),
        v: pick(&state.v),
        diagonal: pick(&state.diagonal),
        rise: pick(&state.rise),
        fall: pick(&state.fall),
    };
}

/// Brings all variables back, with their gradients made anew from the support vectors.
fn restore(
    rows: &mut impl Rows,
    problem: &Problem,
    state: &mut State,
    all_beta: &mut [f64],
    all_v: &mut [f64],
) {
    let n = all_beta.len();
    for (k, &t) in state.active.iter().enumerate() {
        all_beta[t] = state.beta[k];
    }
    all_v.copy_from_slice(&problem.y);
    for i in (0..n).filter(|&i| all_beta[i] != 0.0) {
        rows.load(i, i);
        let (b, row) = (all_beta[i], rows.get(i));
        vectorised(
            #[inline(always)]
            || add_scaled(all_v, -b, row),
        );
    }
    let bound = |t: usize| if problem.y[t] > 0.0 { (0.0, problem.c[t]) } else { (-problem.c[t], 0.0) };
    *state = State {
        active: (0..n).collect(),
        whole: true,
        beta: all_beta.to_vec(),
        low: (0..n).map(|t| bound(t).0).collect(),
        high: (0..n).map(|t| bound(t).1).collect(),
        v: all_v.to_vec(),
        diagonal: rows.diagonal().to_vec(),
        rise: vec![0.0; n],
        fall: vec![0.0; n],
    };
    (0..n).for_each(|t| state.mark(t));
}

/// Mean of `v` over free variables; where there is none, the middle of what the bounds allow.
fn intercept(state: &State) -> f64 {
    let free: Vec<f64> = (0..state.v.len()).filter(|&t| state.free(t)).map(|t| state.v[t]).collect();
    if free.is_empty() {
        let (_, highest) = top(&state.v, &state.rise);
        return 0.5 * (highest + lowest(state));
    }
    free.iter().sum::<f64>() / free.len() as f64
}

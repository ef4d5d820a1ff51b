//! Sums over risk sets, from the last event to the first, and what follows from them: likelihood, score, information.
//!
//! With `r_i = w_i exp(η_i)`, `S₀ = Σ r_i` and `S₁ = Σ r_i x_i` over those at risk, and `D₀`, `D₁` the same sums over
//! the `d` patients with the event at one time, Efron's likelihood has the denominators `φ_l = S₀ − (l/d) D₀`, l = 0 …
//! d − 1, each with the mean weight `w̄` of the events; Breslow's has `φ_l = S₀`. Whoever is at risk meets the hazard
//! `w̄ Σ 1/φ_l`, those with the event `w̄ Σ (1 − l/d)/φ_l`. With `G_i` the hazard that patient `i` met altogether,
//!
//! score = `Σ x_i (w_i δ_i − r_i G_i)`, information = `Σ r_i G_i x_i x_iᵀ − Σ_k w̄ Σ_l x̄_kl x̄_klᵀ`,
//!
//! so that no sum of `x xᵀ` is carried through the sweep: a row costs one rank-one update, an event time one or two.

use rayon::prelude::*;

use super::Ties;
use super::gram::{Gram, add_scaled};
use super::layout::{Group, Layout};

/// Rows summed at a time where rows are independent; fixed, so that no result depends on the number of threads.
const CHUNK: usize = 8192;

/// Sums at one event time.
pub(crate) struct RiskSet<'a> {
    /// `S₀`.
    pub total: f64,
    /// `S₁`.
    pub sum: &'a [f64],
    /// `D₀`.
    pub dead_total: f64,
    /// `D₁`.
    pub dead_sum: &'a [f64],
}

/// What the denominators of one event time give.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Hazard {
    /// `w̄ Σ 1/φ`: hazard of those at risk without the event.
    pub all: f64,
    /// `w̄ Σ (l/d)/φ`: what those with the event meet less.
    pub spared: f64,
    /// `w̄ Σ ln φ`.
    pub ln: f64,
    /// `w̄ Σ 1/φ²`.
    pub square: f64,
    /// `w̄ Σ (l/d)/φ²`.
    pub square_spared: f64,
    /// `w̄ Σ (l/d)²/φ²`.
    pub square_spared_twice: f64,
}

impl Hazard {
    pub fn new(ties: Ties, group: &Group, total: f64, dead_total: f64) -> Self {
        if group.deaths == 1 || ties != Ties::Efron {
            let inverse = 1.0 / total;
            let all = group.weight * inverse;
            return Self { all, ln: group.weight * total.ln(), square: all * inverse, ..Self::default() };
        }
        let d = group.deaths as f64;
        let mut h = Self::default();
        for l in 0..group.deaths {
            let share = l as f64 / d;
            let phi = total - share * dead_total;
            let inverse = 1.0 / phi;
            h.all += inverse;
            h.spared += share * inverse;
            h.ln += phi.ln();
            h.square += inverse * inverse;
            h.square_spared += share * inverse * inverse;
            h.square_spared_twice += share * share * inverse * inverse;
        }
        let mean = group.weight / d;
        Self {
            all: h.all * mean,
            spared: h.spared * mean,
            ln: h.ln * mean,
            square: h.square * mean,
            square_spared: h.square_spared * mean,
            square_spared_twice: h.square_spared_twice * mean,
        }
    }
}

/// Visits the event times of every stratum, the last first, with the sums over those at risk. `risk` is `w exp(η)`.
pub(crate) fn sweep(layout: &Layout, risk: &[f64], mut visit: impl FnMut(usize, &RiskSet<'_>)) {
    if layout.entry.is_some() {
        return sweep_entries(layout, risk, visit);
    }
    let mut sum = vec![0.0; layout.stride];
    let mut dead_sum = vec![0.0; layout.stride];
    for stratum in &layout.strata {
        let mut total = 0.0;
        sum.fill(0.0);
        let mut last = stratum.rows.end;
        for k in stratum.groups.clone().rev() {
            let group = &layout.groups[k];
            for i in (group.first..last).rev() {
                total += risk[i];
                add_scaled(&mut sum, risk[i], layout.padded(i));
            }
            last = group.first;
            let dead_total = dead(layout, risk, group, &mut dead_sum);
            visit(k, &RiskSet { total, sum: &sum, dead_total, dead_sum: &dead_sum });
        }
    }
}

/// `D₀` and `D₁`, needed with more than one event.
fn dead(layout: &Layout, risk: &[f64], group: &Group, sum: &mut [f64]) -> f64 {
    if group.deaths == 1 {
        return 0.0;
    }
    sum.fill(0.0);
    let mut total = 0.0;
    for i in group.first..group.first + group.deaths {
        total += risk[i];
        add_scaled(sum, risk[i], layout.padded(i));
    }
    total
}

/// A sum that keeps what rounding loses (Neumaier 1974), for sums from which values are taken out again.
#[derive(Clone, Copy, Default)]
struct Careful {
    sum: f64,
    lost: f64,
}

impl Careful {
    fn add(&mut self, value: f64) {
        let next = self.sum + value;
        self.lost +=
            if self.sum.abs() >= value.abs() { (self.sum - next) + value } else { (value - next) + self.sum };
        self.sum = next;
    }

    fn value(self) -> f64 {
        self.sum + self.lost
    }
}

/// The same where patients come under observation late: they are added at the end of follow-up and taken out at entry.
fn sweep_entries(layout: &Layout, risk: &[f64], mut visit: impl FnMut(usize, &RiskSet<'_>)) {
    let Some(entry) = &layout.entry else { return };
    let p = layout.p;
    let mut sums = vec![Careful::default(); p + 1];
    let mut sum = vec![0.0; layout.stride];
    let mut dead_sum = vec![0.0; layout.stride];
    let change = |sums: &mut [Careful], i: usize, sign: f64| {
        sums[p].add(sign * risk[i]);
        for (s, x) in sums.iter_mut().zip(layout.row(i)) {
            s.add(sign * (risk[i] * x));
        }
    };
    for stratum in &layout.strata {
        sums.fill(Careful::default());
        let mut last = stratum.rows.end;
        let mut leaving = stratum.rows.start;
        for k in stratum.groups.clone().rev() {
            let group = &layout.groups[k];
            for i in (group.first..last).rev() {
                change(&mut sums, i, 1.0);
            }
            last = group.first;
            while leaving < stratum.rows.end {
                let i = entry.falling[leaving] as usize;
                if entry.time[i] < group.time {
                    break;
                }
                change(&mut sums, i, -1.0);
                leaving += 1;
            }
            for (s, careful) in sum.iter_mut().zip(&sums[..p]) {
                *s = careful.value();
            }
            let dead_total = dead(layout, risk, group, &mut dead_sum);
            visit(k, &RiskSet { total: sums[p].value(), sum: &sum, dead_total, dead_sum: &dead_sum });
        }
    }
}

/// Hazards that add up along each stratum: a zero, then one value for each group.
pub(crate) fn accumulate(layout: &Layout, of_group: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut out = Vec::with_capacity(layout.groups.len() + layout.strata.len());
    accumulate_into(&mut out, layout, of_group);
    out
}

fn accumulate_into(out: &mut Vec<f64>, layout: &Layout, of_group: impl Fn(usize) -> f64) {
    out.clear();
    for stratum in &layout.strata {
        let mut sum = 0.0;
        out.push(sum);
        for k in stratum.groups.clone() {
            sum += of_group(k);
            out.push(sum);
        }
    }
}

/// `w exp(η)` of each row.
pub(crate) fn risk(layout: &Layout, eta: &[f64]) -> Vec<f64> {
    eta.iter().zip(&layout.weight).map(|(e, w)| w * e.exp()).collect()
}

/// Logarithm of the partial likelihood with its first two derivatives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Derivatives {
    pub log_likelihood: f64,
    pub score: Vec<f64>,
    /// `p × p`, row by row.
    pub information: Vec<f64>,
    /// `Σ r_i G_i x_i²` of each column: the scale at which its information can be told from rounding.
    pub scale: Vec<f64>,
}

/// Room that one evaluation leaves to the next.
#[derive(Default)]
pub(crate) struct Room {
    pub eta: Vec<f64>,
    risk: Vec<f64>,
    hazards: Vec<(f64, f64)>,
    cumulative: Vec<f64>,
}

impl Room {
    pub fn at(eta: Vec<f64>) -> Self {
        Self { eta, ..Self::default() }
    }
}

/// Likelihood and derivatives at the linear predictors in `room`. With `factor`, the contribution of each event time to
/// score and information is multiplied by its value.
pub(crate) fn derivatives(
    layout: &Layout,
    ties: Ties,
    factor: Option<&[f64]>,
    room: &mut Room,
) -> Derivatives {
    let p = layout.p;
    let Room { eta, risk, hazards, cumulative } = room;
    risk.clear();
    risk.extend(eta.iter().zip(&layout.weight).map(|(e, w)| w * e.exp()));
    let (eta, risk) = (eta.as_slice(), risk.as_slice());
    let factor = |k: usize| factor.map_or(1.0, |f| f[k]);
    let mut minus = Gram::new(p);
    hazards.resize(layout.groups.len(), (0.0, 0.0));
    let mut log_likelihood = 0.0;
    let mut vector = vec![0.0; layout.stride];
    sweep(layout, risk, |k, set| {
        let group = &layout.groups[k];
        let h = Hazard::new(ties, group, set.total, set.dead_total);
        let g = factor(k);
        hazards[k] = (g * h.all, g * h.spared);
        log_likelihood -= h.ln;
        if h.square_spared == 0.0 {
            minus.push(g * h.square, set.sum);
            return;
        }
        // a S₁S₁ᵀ − b (S₁D₁ᵀ + D₁S₁ᵀ) + c D₁D₁ᵀ as two squares.
        let shift = h.square_spared / h.square;
        for ((v, s), d) in vector.iter_mut().zip(set.sum).zip(set.dead_sum) {
            *v = s - shift * d;
        }
        minus.push(g * h.square, &vector);
        minus.push(g * (h.square_spared_twice - shift * h.square_spared), set.dead_sum);
    });
    accumulate_into(cumulative, layout, |k| hazards[k].0);
    let (hazards, cumulative) = (hazards.as_slice(), cumulative.as_slice());
    let chunks: Vec<usize> = (0..layout.n).step_by(CHUNK).collect();
    let parts: Vec<(f64, Vec<f64>, Gram)> = chunks
        .into_par_iter()
        .map(|start| {
            let end = (start + CHUNK).min(layout.n);
            let mut gram = Gram::new(p);
            let mut score = vec![0.0; layout.stride];
            let mut events = 0.0;
            let mut k = layout.groups.partition_point(|g| g.first + g.deaths <= start);
            for i in start..end {
                let from = layout.entry.as_ref().map_or_else(
                    // Without entry the hazard begins with the zero of the stratum: nothing to take off.
                    || 0.0,
                    |e| cumulative[e.from[i] as usize],
                );
                let mut met = cumulative[layout.upto[i] as usize] - from;
                let mut residual = 0.0;
                if layout.event[i] {
                    while layout.groups[k].first + layout.groups[k].deaths <= i {
                        k += 1;
                    }
                    met -= hazards[k].1;
                    residual = factor(k) * layout.weight[i];
                    events += layout.weight[i] * eta[i];
                }
                let q = risk[i] * met;
                residual -= q;
                let row = layout.padded(i);
                add_scaled(&mut score, residual, row);
                gram.push(q, row);
            }
            gram.flush();
            (events, score, gram)
        })
        .collect();
    let mut plus = Gram::new(p);
    let mut score = vec![0.0; p];
    for (events, part, gram) in parts {
        log_likelihood += events;
        score.iter_mut().zip(&part).for_each(|(s, v)| *s += v);
        plus.add(&gram);
    }
    minus.flush();
    let scale = plus.diagonal();
    Derivatives { log_likelihood, score, information: plus.minus(&minus), scale }
}

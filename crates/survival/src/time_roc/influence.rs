//! The martingale of the censoring, integrated up to each patient's time, summed in linear time.

use super::TiedTimes;
use crate::outcome::Outcome;

/// `Mᵢₖ = ∫₀^{Tᵢ} dM_C,k(u) / y(u)`: how patient `k` moves `−ln G(Tᵢ−)`. `y` is the share of patients at risk of being
/// censored.
///
/// `Mᵢₖ = 1[k censored before Tᵢ] / y(Tₖ) − A(min(Tᵢ, Tₖ))` with `A(u) = Σ_{s ≤ u} dN_C(s) / (n y(s)²)`, so sums over
/// `i` are suffix sums.
pub(super) struct CensoringIntegral {
    ties: TiedTimes,
    /// Patients in order of time.
    order: Vec<u32>,
    /// For each place the first and one past the last place with the same time.
    block: Vec<(u32, u32)>,
    /// Of each place, where its patient is censored: `1 / y`, else 0.
    jump: Vec<f64>,
    /// `A` that a case at this place is up against.
    up_to_case: Vec<f64>,
    /// `A` that this place's patient has gone through.
    own: Vec<f64>,
}

impl CensoringIntegral {
    pub fn new(outcome: &Outcome, ties: TiedTimes) -> Self {
        let (order, time) = (outcome.order().to_vec(), outcome.time());
        let n = order.len();
        let mut result = Self {
            ties,
            block: Vec::with_capacity(n),
            jump: vec![0.0; n],
            up_to_case: vec![0.0; n],
            own: vec![0.0; n],
            order,
        };
        let size = n as f64;
        let mut a = 0.0;
        for same in result.order.chunk_by(|&x, &y| time[x as usize] == time[y as usize]) {
            let (start, end) = (result.block.len(), result.block.len() + same.len());
            result.block.resize(end, (start as u32, end as u32));
            let censored = |place: usize| !outcome.is_event(result.order[place] as usize);
            match ties {
                TiedTimes::InOrder => {
                    for place in start..end {
                        let at_risk = size - place as f64;
                        if censored(place) {
                            a += size / (at_risk * at_risk);
                            result.jump[place] = size / (size - start as f64);
                        }
                        result.up_to_case[place] = a;
                        result.own[place] = a;
                    }
                }
                TiedTimes::Together => {
                    let count = (start..end).filter(|&place| censored(place)).count() as f64;
                    // Events leave first.
                    let at_risk = size - start as f64 - (same.len() as f64 - count);
                    let before = a;
                    if count > 0.0 {
                        a += count * size / (at_risk * at_risk);
                    }
                    for place in start..end {
                        result.up_to_case[place] = before;
                        result.own[place] = if censored(place) { a } else { before };
                        result.jump[place] = if censored(place) { size / at_risk } else { 0.0 };
                    }
                }
            }
        }
        result
    }

    /// `Σᵢ qᵢ Mᵢₖ` for every patient `k`, where `also` adds a weight for the integral up to and including a time.
    pub fn apply(&self, q: &[f64], also: Option<(f64, f64, &[f64])>) -> Vec<f64> {
        let n = self.order.len();
        let mut by_place: Vec<f64> = self.order.iter().map(|&i| q[i as usize]).collect();
        if let Some((t, weight, time)) = also {
            let after = self.order.partition_point(|&i| time[i as usize] <= t);
            match self.ties {
                TiedTimes::InOrder if after > 0 => by_place[after - 1] += weight,
                // Up to just before the next time is up to and including this one.
                TiedTimes::Together if after < n => by_place[after] += weight,
                _ => {}
            }
        }
        let mut from = vec![0.0; n + 1]; // Σ q from a place on
        for place in (0..n).rev() {
            from[place] = from[place + 1] + by_place[place];
        }
        let mut up_to = vec![0.0; n + 1]; // Σ q A before a place
        for place in 0..n {
            up_to[place + 1] = up_to[place] + by_place[place] * self.up_to_case[place];
        }
        let mut sums = vec![0.0; n];
        for (place, &i) in self.order.iter().enumerate() {
            let (start, end) = (self.block[place].0 as usize, self.block[place].1 as usize);
            // Cases from `met` on are after the own jump; those before `split` have their own `A` as the smaller.
            let (met, split) = match self.ties {
                TiedTimes::InOrder => (start, place + 1),
                TiedTimes::Together => (end, end),
            };
            sums[i as usize] = self.jump[place] * from[met] - up_to[split] - self.own[place] * from[split];
        }
        sums
    }
}

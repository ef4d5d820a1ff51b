//! Pairs of patients that can be compared, summed for each patient.

use super::dominance::{Element, Partners, partners};
use crate::order::{dense_ranks, order};
use crate::outcome::Outcome;

/// Sums of the pairs of each patient.
pub(crate) struct Pairs {
    /// What each patient weighs as the earlier of a pair: its case weight times that of its time, 0 without event.
    pub event_weight: Vec<f64>,
    /// Later and earlier partners of each patient.
    pub partners: Vec<[Partners; 2]>,
    /// Pairs of events at the same time.
    pub tied_times: TiedPairs,
}

/// Weighted numbers of pairs of events at the same time.
#[derive(Default)]
pub(crate) struct TiedPairs {
    /// With equal scores.
    pub same_risk: f64,
    /// With scores that differ.
    pub other_risk: f64,
}

impl Pairs {
    /// Scores closer than `tolerance` count as equal; `time_weight(i)` weighs the `i`-th distinct time.
    pub fn new(outcome: &Outcome, risk: &[f64], tolerance: f64, time_weight: impl Fn(usize) -> f64) -> Self {
        let (ranks, by_risk) = dense_ranks(risk, tolerance);
        let ranks_used = ranks[by_risk[by_risk.len() - 1] as usize] as usize + 1;
        let mut event_weight = vec![0.0; outcome.len()];
        let mut tied_times = TiedPairs::default();
        let (mut sequence, mut patients) = (Vec::with_capacity(risk.len()), Vec::with_capacity(risk.len()));
        let time = outcome.time();
        for (step, block) in
            outcome.order().chunk_by(|&a, &b| time[a as usize] == time[b as usize]).enumerate()
        {
            let start = patients.len();
            patients.extend(block.iter().filter(|&&i| outcome.is_event(i as usize)));
            let end = patients.len();
            patients.extend(block.iter().filter(|&&i| !outcome.is_event(i as usize)));
            patients[start..end].sort_by_key(|&i: &u32| ranks[i as usize]);
            let weight = if end > start { time_weight(step) } else { 0.0 };
            for place in start..patients.len() {
                let i = patients[place] as usize;
                let own = (place as u32, place as u32 + 1);
                let ((block_start, block_end), earlier) = if place < end {
                    ((start as u32, end as u32), weight * outcome.weight(i))
                } else {
                    (own, 0.0)
                };
                event_weight[i] = earlier;
                sequence.push(Element {
                    rank: ranks[i],
                    block_start,
                    block_end,
                    earlier,
                    later: outcome.weight(i),
                });
            }
            if end - start > 1 {
                tied_times.add(&sequence[start..end]);
            }
        }
        let mut found = vec![[Partners::default(); 2]; outcome.len()];
        for (&i, sums) in patients.iter().zip(partners(&sequence, ranks_used)) {
            found[i as usize] = sums;
        }
        let mut pairs = Self { event_weight, partners: found, tied_times };
        if let Some(entry) = outcome.entry() {
            pairs.without_late_entries(outcome, entry, &ranks, ranks_used);
        }
        pairs
    }

    /// Takes away the pairs in which the later patient came under observation at or after the event of the earlier.
    fn without_late_entries(&mut self, outcome: &Outcome, entry: &[f64], ranks: &[u32], ranks_used: usize) {
        let (by_time, by_entry) = (outcome.order(), order(entry));
        let (mut sequence, mut patients) = (Vec::new(), Vec::new());
        let (mut a, mut b) = (0, 0);
        while a < by_time.len() || b < by_entry.len() {
            let is_end = a < by_time.len()
                && (b == by_entry.len()
                    || outcome.time()[by_time[a] as usize] <= entry[by_entry[b] as usize]);
            let i = if is_end { by_time[a] } else { by_entry[b] } as usize;
            (a, b) = if is_end { (a + 1, b) } else { (a, b + 1) };
            let place = sequence.len() as u32;
            patients.push((i, is_end));
            sequence.push(Element {
                rank: ranks[i],
                block_start: place,
                block_end: place + 1,
                earlier: if is_end { self.event_weight[i] } else { 0.0 },
                later: if is_end { 0.0 } else { outcome.weight(i) },
            });
        }
        for (&(i, is_end), sums) in patients.iter().zip(partners(&sequence, ranks_used)) {
            let side = usize::from(!is_end);
            let (own, late) = (&mut self.partners[i][side], sums[side]);
            own.lower -= late.lower;
            own.equal -= late.equal;
            own.higher -= late.higher;
        }
    }
}

impl TiedPairs {
    /// Adds the pairs within one time, whose events stand in order of rank.
    fn add(&mut self, events: &[Element]) {
        // Half of (Σ a Σ b − Σ a b): every pair once.
        let pairs = |of: &[Element]| {
            let sum = |f: fn(&Element) -> f64| of.iter().map(f).sum::<f64>();
            0.5 * (sum(|e| e.earlier) * sum(|e| e.later) - sum(|e| e.earlier * e.later))
        };
        let same: f64 = events.chunk_by(|a, b| a.rank == b.rank).map(pairs).sum();
        self.same_risk += same;
        self.other_risk += pairs(events) - same;
    }
}

//! Who is at risk, who has the event and who leaves at each time: the pass beneath curves and tests.

use crate::error::Error;
use crate::order::order;
use crate::outcome::Outcome;

/// What happens at one time, group by group.
pub(crate) struct RiskSet<'a> {
    /// The time.
    pub time: f64,
    /// Weight of those under observation just before it.
    pub at_risk: &'a [f64],
    /// Weight of those who have the event.
    pub events: &'a [f64],
    /// Weight of those who leave without it.
    pub censored: &'a [f64],
    /// How many patients have the event, in all groups and not weighted.
    pub event_rows: usize,
}

/// Groups numbered from 0 in the order of their codes.
pub(crate) struct Groups {
    /// The codes, increasing.
    pub codes: Vec<u32>,
    /// Group of each patient.
    pub index: Vec<u32>,
}

/// Up to so many groups are found one by one.
const FEW: usize = 64;

impl Groups {
    /// Numbers the codes of groups that are to be compared.
    ///
    /// # Errors
    /// [`Error::OneGroup`], [`Error::TooManyGroups`].
    pub fn compared(codes: &[u32], what: &'static str, most: usize) -> Result<Self, Error> {
        let groups = Self::new(codes);
        match groups.len() {
            1 => Err(Error::OneGroup { what, group: groups.codes[0] }),
            found if found > most => Err(Error::TooManyGroups { what, groups: found, most }),
            _ => Ok(groups),
        }
    }

    /// Numbers the codes.
    pub fn new(codes: &[u32]) -> Self {
        let mut distinct: Vec<u32> = Vec::new();
        for &code in codes {
            if let Err(at) = distinct.binary_search(&code) {
                if distinct.len() == FEW {
                    distinct = codes.to_vec();
                    distinct.sort_unstable();
                    distinct.dedup();
                    break;
                }
                distinct.insert(at, code);
            }
        }
        let index = codes.iter().map(|code| distinct.partition_point(|d| d < code) as u32).collect();
        Self { codes: distinct, index }
    }

    /// How many groups.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Patients of each group.
    pub fn rows(&self) -> Vec<Vec<usize>> {
        let mut rows = vec![Vec::new(); self.len()];
        self.index.iter().enumerate().for_each(|(i, &g)| rows[g as usize].push(i));
        rows
    }
}

/// Calls `visit` at each distinct time in increasing order. `group` numbers the groups from 0 to `k - 1`; `None` is
/// one group. `is_event` says of a code whether it is an event here.
///
/// Times that are whole numbers are counted in bins without sorting, `O(n + longest time · k)`; others are sorted once.
pub(crate) fn walk(
    outcome: &Outcome,
    group: Option<&[u32]>,
    k: usize,
    is_event: impl Fn(u8) -> bool + Copy,
    visit: impl FnMut(&RiskSet<'_>),
) {
    if outcome.entry().is_none()
        && let Some(longest) = outcome.whole_times(k)
    {
        return walk_bins(outcome, group, k, longest, is_event, visit);
    }
    match (group, outcome.weights()) {
        (None, None) => walk_sorted(outcome, |_| 0, |_| 1.0, 1, is_event, visit),
        (None, Some(w)) => walk_sorted(outcome, |_| 0, |i| w[i], 1, is_event, visit),
        (Some(g), None) => walk_sorted(outcome, |i| g[i] as usize, |_| 1.0, k, is_event, visit),
        (Some(g), Some(w)) => walk_sorted(outcome, |i| g[i] as usize, |i| w[i], k, is_event, visit),
    }
}

fn walk_bins(
    outcome: &Outcome,
    group: Option<&[u32]>,
    k: usize,
    longest: usize,
    is_event: impl Fn(u8) -> bool,
    mut visit: impl FnMut(&RiskSet<'_>),
) {
    // For each time and group: weight of events, weight of the censored; how many patients of either kind.
    let mut weight = vec![0.0; (longest + 1) * k * 2];
    let mut rows = vec![[0u32; 2]; longest + 1];
    let mut count = |bin: usize, g: usize, code: u8, w: f64| {
        let kind = usize::from(!is_event(code));
        weight[(bin * 2 + kind) * k + g] += w;
        rows[bin][kind] += 1;
    };
    let cases = outcome.time().iter().zip(outcome.code());
    match (group, outcome.weights()) {
        (None, None) => cases.for_each(|(&t, &code)| count(t as u32 as usize, 0, code, 1.0)),
        (group, weights) => cases.enumerate().for_each(|(i, (&t, &code))| {
            let g = group.map_or(0, |g| g[i] as usize);
            count(t as u32 as usize, g, code, weights.map_or(1.0, |w| w[i]));
        }),
    }
    // From the last time back, so that nobody at risk is exactly 0 after it.
    let mut at_risk = vec![0.0; (longest + 2) * k];
    for bin in (0..=longest).rev() {
        for g in 0..k {
            let leaving = weight[bin * 2 * k + g] + weight[(bin * 2 + 1) * k + g];
            at_risk[bin * k + g] = at_risk[(bin + 1) * k + g] + leaving;
        }
    }
    for bin in 0..=longest {
        if rows[bin] != [0, 0] {
            let (events, censored) = weight[bin * 2 * k..(bin + 1) * 2 * k].split_at(k);
            visit(&RiskSet {
                time: bin as f64,
                at_risk: &at_risk[bin * k..(bin + 1) * k],
                events,
                censored,
                event_rows: rows[bin][0] as usize,
            });
        }
    }
}

fn walk_sorted(
    outcome: &Outcome,
    group: impl Fn(usize) -> usize,
    weight: impl Fn(usize) -> f64,
    k: usize,
    is_event: impl Fn(u8) -> bool,
    mut visit: impl FnMut(&RiskSet<'_>),
) {
    let (time, code, by_time) = (outcome.time(), outcome.code(), outcome.order());
    let by_entry = outcome.entry().map(order).unwrap_or_default();
    let weighted = outcome.weights().is_some();
    // Whole numbers are counted down exactly. Sums of weights are made from the last time back instead, so that nobody
    // at risk is exactly 0.
    let sums = if weighted {
        sums_from_the_end(outcome, &group, &weight, k, &is_event, &by_entry)
    } else {
        Vec::new()
    };
    let mut at_risk = vec![0.0; k];
    if !weighted && outcome.entry().is_none() {
        by_time.iter().for_each(|&i| at_risk[group(i as usize)] += 1.0);
    }
    // Patients in the order of time, gathered in blocks: a miss of cache then waits for no branch.
    let mut rows = by_time
        .chunks(BLOCK)
        .flat_map(|block| {
            let row = |&i: &u32| {
                let i = i as usize;
                Row {
                    time: time[i],
                    weight: weight(i),
                    group: group(i),
                    kind: usize::from(!is_event(code[i])),
                }
            };
            block.iter().map(row).collect::<Vec<Row>>()
        })
        .peekable();
    let mut leaving = vec![0.0; 2 * k]; // events, then the censored
    let (mut entered, mut step) = (0, 0);
    while let Some(&Row { time: now, .. }) = rows.peek() {
        if weighted {
            at_risk.copy_from_slice(&sums[step * k..(step + 1) * k]);
        } else if let Some(entry) = outcome.entry() {
            while entered < by_entry.len() && entry[by_entry[entered] as usize] < now {
                at_risk[group(by_entry[entered] as usize)] += 1.0;
                entered += 1;
            }
        }
        leaving.fill(0.0);
        let mut event_rows = 0;
        while let Some(row) = rows.next_if(|row| row.time == now) {
            leaving[row.kind * k + row.group] += row.weight;
            event_rows += 1 - row.kind;
        }
        let (events, censored) = leaving.split_at(k);
        visit(&RiskSet { time: now, at_risk: &at_risk, events, censored, event_rows });
        for g in 0..k {
            at_risk[g] -= events[g] + censored[g];
        }
        step += 1;
    }
}

/// How many patients are gathered at once.
const BLOCK: usize = 1024;

/// A patient as the walk meets them.
struct Row {
    time: f64,
    weight: f64,
    group: usize,
    /// 0 with the event, 1 without.
    kind: usize,
}

/// Weights at risk at each distinct time, `k` groups side by side: of those who leave at it or later, less those who
/// enter at it or later.
fn sums_from_the_end(
    outcome: &Outcome,
    group: &impl Fn(usize) -> usize,
    weight: &impl Fn(usize) -> f64,
    k: usize,
    is_event: &impl Fn(u8) -> bool,
    by_entry: &[u32],
) -> Vec<f64> {
    let time = outcome.time();
    let (mut sums, mut times) = (Vec::new(), Vec::new());
    for same in outcome.order().chunk_by(|&a, &b| time[a as usize] == time[b as usize]) {
        // Events and others apart, as the walk sums them: who all leave together leave exactly 0.
        let (mut events, mut censored) = (vec![0.0; k], vec![0.0; k]);
        for &i in same {
            let i = i as usize;
            let to = if is_event(outcome.code()[i]) { &mut events } else { &mut censored };
            to[group(i)] += weight(i);
        }
        sums.extend(events.iter().zip(&censored).map(|(e, c)| e + c));
        times.push(time[same[0] as usize]);
    }
    let mut later = vec![0.0; k];
    for row in sums.chunks_mut(k).rev() {
        for (sum, later) in row.iter_mut().zip(&mut later) {
            *later += *sum;
            *sum = *later;
        }
    }
    if let Some(entry) = outcome.entry() {
        let (mut entering, mut next) = (vec![0.0; k], by_entry.len());
        for (row, &now) in sums.chunks_mut(k).zip(&times).rev() {
            while next > 0 && entry[by_entry[next - 1] as usize] >= now {
                next -= 1;
                let i = by_entry[next] as usize;
                entering[group(i)] += weight(i);
            }
            row.iter_mut().zip(&entering).for_each(|(sum, e)| *sum -= e);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_and_sorted_times_agree() {
        let time: Vec<f64> = (0..500).map(|i| f64::from(i * 7919 % 97)).collect();
        let event: Vec<bool> = (0..500).map(|i| i % 3 != 0).collect();
        let group: Vec<u32> = (0..500).map(|i| i % 2).collect();
        let collect = |outcome: &Outcome, scale: f64| {
            let mut seen = Vec::new();
            walk(
                outcome,
                Some(&group),
                2,
                |c| c != 0,
                |s| {
                    seen.push((
                        s.time * scale,
                        s.at_risk.to_vec(),
                        s.events.to_vec(),
                        s.censored.to_vec(),
                        s.event_rows,
                    ));
                },
            );
            seen
        };
        let halves: Vec<f64> = time.iter().map(|t| t * 0.25).collect();
        let whole = collect(&Outcome::new(&time, &event).unwrap(), 1.0);
        assert_eq!(whole, collect(&Outcome::new(&halves, &event).unwrap(), 4.0));
        assert_eq!(whole[0].1.iter().sum::<f64>(), 500.0);
    }
}

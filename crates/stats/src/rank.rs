//! Order, ranks and ties: one sort, then linear passes.

/// From this length on the keys are sorted digit by digit instead of by comparison.
const RADIX_FROM: usize = 2048;

/// A whole number that orders as the value does. Both zeros have the same key; a NaN sorts above everything.
pub fn key(value: f64) -> u64 {
    let bits = if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() };
    if bits >> 63 == 1 { !bits } else { bits | (1 << 63) }
}

/// Positions of the values in increasing order; equal values stay in the order given. R: `order(x)`.
///
/// ```
/// assert_eq!(radiomics_stats::rank::order(&[2.0, 1.0, 2.0, 0.5]), [3, 1, 0, 2]);
/// ```
pub fn order(values: &[f64]) -> Vec<u32> {
    sorted_keys(values).into_iter().map(|(_, index)| index).collect()
}

/// Keys with positions, sorted; equal values stay in the order given. Time `O(n)` for long inputs.
pub fn sorted_keys(values: &[f64]) -> Vec<(u64, u32)> {
    let mut keys: Vec<(u64, u32)> = values.iter().zip(0..).map(|(&v, i)| (key(v), i)).collect();
    if keys.len() < RADIX_FROM {
        keys.sort_unstable();
        return keys;
    }
    // Least significant digit first, 11 bits at a time; passes in which all digits agree are left out.
    const BITS: usize = 11;
    const PASSES: usize = 6;
    const MASK: u64 = (1 << BITS) - 1;
    let mut counts = vec![[0u32; 1 << BITS]; PASSES];
    for &(key, _) in &keys {
        for (pass, count) in counts.iter_mut().enumerate() {
            count[(key >> (pass * BITS) & MASK) as usize] += 1;
        }
    }
    let mut other = vec![(0u64, 0u32); keys.len()];
    let n = keys.len() as u32;
    for (pass, count) in counts.iter_mut().enumerate() {
        if count.contains(&n) {
            continue;
        }
        let mut start = 0;
        for c in count.iter_mut() {
            let next = start + *c;
            *c = start;
            start = next;
        }
        for &item in &keys {
            let place = &mut count[(item.0 >> (pass * BITS) & MASK) as usize];
            other[*place as usize] = item;
            *place += 1;
        }
        std::mem::swap(&mut keys, &mut other);
    }
    keys
}

/// Mid-ranks from 1, and the sizes of the groups of equal values (those of one value included).
/// R: `rank(x)`; Python: `scipy.stats.rankdata(x)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranks {
    /// The rank of each value, in the order given; equal values share the mean of their ranks.
    pub ranks: Vec<f64>,
    /// How often each distinct value occurs, from the smallest value on.
    pub ties: Vec<u32>,
}

impl Ranks {
    /// `Σ (t³ − t)` over the groups of equal values.
    pub fn tie_term(&self) -> f64 {
        self.ties.iter().map(|&t| f64::from(t)).map(|t| t * (t * t - 1.0)).sum()
    }

    /// Whether any two values are equal.
    pub fn any_ties(&self) -> bool {
        self.ties.iter().any(|&t| t > 1)
    }
}

/// Ranks of the values, equal ones at their mean. NaN is not refused here: check first.
///
/// R: `rank(x)`; Python: `scipy.stats.rankdata(x)`.
///
/// ```
/// let r = radiomics_stats::rank::ranks(&[3.0, 1.0, 3.0]);
/// assert_eq!(r.ranks, [2.5, 1.0, 2.5]);
/// ```
pub fn ranks(values: &[f64]) -> Ranks {
    let sorted = sorted_keys(values);
    let mut ranks = vec![0.0; values.len()];
    let mut ties = Vec::new();
    let mut start = 0;
    for group in sorted.chunk_by(|a, b| a.0 == b.0) {
        let rank = start as f64 + (group.len() as f64 + 1.0) / 2.0;
        for &(_, index) in group {
            ranks[index as usize] = rank;
        }
        ties.push(group.len() as u32);
        start += group.len();
    }
    Ranks { ranks, ties }
}

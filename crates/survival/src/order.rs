//! The order of many numbers, with few bytes moved.

use radiomics_stats::rank::key;

/// From this length on keys are sorted digit by digit.
const RADIX_FROM: usize = 512;
const BITS: u32 = 11;

/// Positions of the values in increasing order; equal values stay in the order given. The values are not NaN.
///
/// The upper 32 bits of what distinguishes the keys travel with the position in one word through three passes; the
/// few keys that still agree are put in order at the end.
pub(crate) fn order(values: &[f64]) -> Vec<u32> {
    if values.len() < RADIX_FROM {
        let mut positions: Vec<u32> = (0..values.len() as u32).collect();
        positions.sort_by_key(|&i| key(values[i as usize]));
        return positions;
    }
    let (low, high) = values.iter().fold((u64::MAX, 0), |(low, high), &v| {
        let k = key(v);
        (low.min(k), high.max(k))
    });
    let shift = (64 - (high - low).leading_zeros()).saturating_sub(32);
    let mut words: Vec<u64> =
        values.iter().zip(0u64..).map(|(&v, i)| ((key(v) - low) >> shift) << 32 | i).collect();
    sort_by_upper_half(&mut words);
    if shift > 0 {
        for run in words.chunk_by_mut(|a, b| a >> 32 == b >> 32).filter(|run| run.len() > 1) {
            run.sort_by_key(|&word| key(values[word as u32 as usize]));
        }
    }
    words.into_iter().map(|word| word as u32).collect()
}

/// Least significant digit first; passes in which all digits agree are left out.
fn sort_by_upper_half(words: &mut Vec<u64>) {
    const DIGITS: usize = 3;
    let digit = |word: u64, pass: usize| (word >> (32 + pass as u32 * BITS) & ((1 << BITS) - 1)) as usize;
    let mut counts = vec![[0u32; 1 << BITS]; DIGITS];
    for &word in words.iter() {
        for (pass, count) in counts.iter_mut().enumerate() {
            count[digit(word, pass)] += 1;
        }
    }
    let n = words.len() as u32;
    let mut other = vec![0u64; words.len()];
    for (pass, count) in counts.iter_mut().enumerate() {
        if count.contains(&n) {
            continue;
        }
        let mut start = 0;
        for c in count.iter_mut() {
            (*c, start) = (start, start + *c);
        }
        for &word in words.iter() {
            let place = &mut count[digit(word, pass)];
            other[*place as usize] = word;
            *place += 1;
        }
        std::mem::swap(words, &mut other);
    }
}

/// Ranks from 0 without gaps: equal values have equal ranks. Values closer than `tolerance` to the smallest of their
/// rank count as equal. Also gives the order.
pub(crate) fn dense_ranks(values: &[f64], tolerance: f64) -> (Vec<u32>, Vec<u32>) {
    let order = order(values);
    let mut ranks = vec![0; values.len()];
    let (mut rank, mut first) = (0, values[order[0] as usize]);
    for &i in &order {
        let value = values[i as usize];
        if value - first > tolerance {
            rank += 1;
            first = value;
        }
        ranks[i as usize] = rank;
    }
    (ranks, order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use radiomics_stats::rng::Rng;

    #[test]
    fn agrees_with_a_stable_sort() {
        let mut rng = Rng::new(1);
        for (n, scale) in [(3, 1.0), (2000, 1e-3), (5000, 1e6), (5000, 40.0)] {
            let mut values: Vec<f64> = (0..n).map(|_| (rng.unit() - 0.3) * scale).collect();
            if scale == 40.0 {
                values.iter_mut().for_each(|v| *v = v.floor());
            }
            if scale == 1e-3 {
                (0..n).step_by(3).for_each(|i| values[i] = 5e-4 + i as f64 * 1e-19); // agree in their upper bits
            }
            let mut want: Vec<u32> = (0..n as u32).collect();
            want.sort_by(|&a, &b| values[a as usize].partial_cmp(&values[b as usize]).unwrap());
            assert_eq!(order(&values), want);
        }
    }
}

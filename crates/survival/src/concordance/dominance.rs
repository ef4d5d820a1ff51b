//! Sums over pairs of a sequence by how their ranks compare, in `O(n log n)` and in order of memory.

/// One element of a sequence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    /// Rank of its risk.
    pub rank: u32,
    /// First element of those that do not compare with it from the left; its own place where there are none.
    pub block_start: u32,
    /// One past the last of them.
    pub block_end: u32,
    /// What it weighs as the earlier of a pair.
    pub earlier: f64,
    /// What it weighs as the later of a pair.
    pub later: f64,
}

/// Sums of weights of the partners of an element.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Partners {
    /// Of those with a lower rank.
    pub lower: f64,
    /// With the same rank.
    pub equal: f64,
    /// With a higher rank.
    pub higher: f64,
}

/// For each element its later partners (weights `later`) and its earlier ones (weights `earlier`).
///
/// Elements of one block are neighbours in the sequence, in increasing order of rank, and are no partners.
pub(super) fn partners(sequence: &[Element], ranks: usize) -> Vec<[Partners; 2]> {
    let n = sequence.len();
    let mut items = by_rank(sequence, ranks);
    let mut equal = equals(sequence, &items);
    let mut scratch = items.clone();
    split(&mut items, &mut scratch, 0, n.next_power_of_two());
    // After the last split the items stand in order of the sequence.
    let total: f64 = sequence.iter().map(|e| e.later).sum();
    let later_after = prefix(sequence.iter().map(|e| e.later));
    let earlier_before = prefix(sequence.iter().map(|e| e.earlier));
    for (i, (element, item)) in sequence.iter().zip(&items).enumerate() {
        let [later, earlier] = &mut equal[i];
        later.lower = item.lower_later;
        later.higher = total - later_after[element.block_end as usize] - later.lower - later.equal;
        // All before it in its block rank no higher, so they were counted.
        let block = earlier_before[i] - earlier_before[element.block_start as usize];
        earlier.lower = item.not_higher_earlier - block - earlier.equal;
        earlier.higher = earlier_before[element.block_start as usize] - earlier.lower - earlier.equal;
    }
    equal
}

/// Sums of all before each place; the last is the sum of all.
fn prefix(values: impl ExactSizeIterator<Item = f64>) -> Vec<f64> {
    let mut sums = Vec::with_capacity(values.len() + 1);
    let mut sum = 0.0;
    sums.push(sum);
    sums.extend(values.map(|v| {
        sum += v;
        sum
    }));
    sums
}

#[derive(Clone, Copy)]
struct Item {
    place: u32,
    earlier: f64,
    later: f64,
    lower_later: f64,
    not_higher_earlier: f64,
}

/// Items in increasing order of rank, those of one rank in order of the sequence.
fn by_rank(sequence: &[Element], ranks: usize) -> Vec<Item> {
    let mut next = vec![0u32; ranks + 1];
    sequence.iter().for_each(|e| next[e.rank as usize + 1] += 1);
    (0..ranks).for_each(|r| next[r + 1] += next[r]);
    let empty = Item { place: 0, earlier: 0.0, later: 0.0, lower_later: 0.0, not_higher_earlier: 0.0 };
    let mut items = vec![empty; sequence.len()];
    for (element, place) in sequence.iter().zip(0..) {
        let at = &mut next[element.rank as usize];
        items[*at as usize] = Item { place, earlier: element.earlier, later: element.later, ..empty };
        *at += 1;
    }
    items
}

/// Partners of the same rank.
fn equals(sequence: &[Element], items: &[Item]) -> Vec<[Partners; 2]> {
    let mut found = vec![[Partners::default(); 2]; sequence.len()];
    let rank = |item: &Item| sequence[item.place as usize].rank;
    let block = |item: &Item| sequence[item.place as usize].block_start;
    for group in items.chunk_by(|a, b| rank(a) == rank(b)) {
        let total: f64 = group.iter().map(|i| i.later).sum();
        let (mut earlier, mut later) = (0.0, 0.0);
        for run in group.chunk_by(|a, b| block(a) == block(b)) {
            later += run.iter().map(|i| i.later).sum::<f64>();
            for item in run {
                let [l, e] = &mut found[item.place as usize];
                l.equal = total - later;
                e.equal = earlier;
            }
            earlier += run.iter().map(|i| i.earlier).sum::<f64>();
        }
    }
    found
}

/// From this length on the halves are worked on at the same time.
const PARALLEL_FROM: usize = 1 << 15;

/// Items of places `first..first + width` in order of rank are split into the two halves of those places; on the way
/// every item of the left half meets the sum of those of the right half that rank lower, and the reverse.
fn split(items: &mut [Item], scratch: &mut [Item], first: usize, width: usize) {
    if items.len() < 2 {
        return;
    }
    let middle = (first + width / 2) as u32;
    if items.len() <= width / 2 && items.iter().all(|i| i.place < middle) {
        return split(items, scratch, first, width / 2);
    }
    let half = (width / 2).min(items.len());
    let (mut left, mut right) = (0, half);
    let (mut earlier, mut later) = (0.0, 0.0);
    for item in items.iter() {
        let mut item = *item;
        // Both ways at once: a branch on so random a bit would cost more.
        let is_right = item.place >= middle;
        let (r, l) = (f64::from(u8::from(is_right)), f64::from(u8::from(!is_right)));
        item.lower_later += l * later;
        item.not_higher_earlier += r * earlier;
        earlier += l * item.earlier;
        later += r * item.later;
        scratch[if is_right { right } else { left }] = item;
        left += usize::from(!is_right);
        right += usize::from(is_right);
    }
    items.copy_from_slice(&scratch[..items.len()]);
    let (items_left, items_right) = items.split_at_mut(half);
    let (scratch_left, scratch_right) = scratch.split_at_mut(half);
    let middle = middle as usize;
    if items_left.len() > PARALLEL_FROM {
        rayon::join(
            || split(items_left, scratch_left, first, width / 2),
            || split(items_right, scratch_right, middle, width / 2),
        );
    } else {
        split(items_left, scratch_left, first, width / 2);
        split(items_right, scratch_right, middle, width / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use radiomics_stats::rng::Rng;

    /// The definition.
    fn plain(sequence: &[Element]) -> Vec<[Partners; 2]> {
        let mut found = vec![[Partners::default(); 2]; sequence.len()];
        for (i, a) in sequence.iter().enumerate() {
            for (j, b) in sequence.iter().enumerate().skip(a.block_end as usize) {
                let add = |p: &mut Partners, other: u32, own: u32, w: f64| match other.cmp(&own) {
                    std::cmp::Ordering::Less => p.lower += w,
                    std::cmp::Ordering::Equal => p.equal += w,
                    std::cmp::Ordering::Greater => p.higher += w,
                };
                add(&mut found[i][0], b.rank, a.rank, b.later);
                add(&mut found[j][1], a.rank, b.rank, a.earlier);
            }
        }
        found
    }

    #[test]
    fn sums_are_those_of_the_definition() {
        let mut rng = Rng::new(5);
        for n in [1, 2, 3, 7, 64, 100, 257] {
            let mut sequence: Vec<Element> = Vec::new();
            while sequence.len() < n {
                let start = sequence.len() as u32;
                let size = (1 + rng.below(4)).min(n - sequence.len());
                let mut ranks: Vec<u32> = (0..size).map(|_| rng.below(20) as u32).collect();
                ranks.sort_unstable();
                sequence.extend(ranks.iter().map(|&rank| Element {
                    rank,
                    block_start: start,
                    block_end: start + size as u32,
                    earlier: rng.below(3) as f64,
                    later: rng.below(5) as f64,
                }));
            }
            assert_eq!(partners(&sequence, 20), plain(&sequence), "{n}");
        }
    }
}

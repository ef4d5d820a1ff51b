//! Zones, dependences and tone differences of 32 windows: what neighbours within a window make of its voxels.

use radiomics_core::names::NgtdmFeatures;

use super::{
    super::rounding,
    block::Block,
    lanes::{Bytes, LANES, Reals, Words, choose, lanes, mask},
    shape::{SLOTS, Shape},
    sizes::Things,
    tables::Tables,
};

/// Labels each slot with the first slot of its zone, and writes the size of each zone to that slot.
///
/// Labels spread to equal neighbours, forward and backward in turn, until none changes.
#[inline(always)]
pub fn zones(shape: &Shape, block: &Block, things: &mut Things) {
    const NONE: u8 = u8::MAX;
    let slots = shape.slots();
    let mut labels = [[NONE; LANES]; SLOTS];
    for slot in 0..slots {
        let grey = &block.grey[slot];
        labels[slot] = lanes!(l => choose(mask(grey[l] != 0), slot as u8, NONE));
    }
    let spread = |labels: &mut [Bytes; SLOTS], pair: usize| -> u8 {
        let ((a, b), difference) = (shape.pairs[pair], &block.differences[pair]);
        let (mut of_a, mut of_b) = (labels[a], labels[b]);
        let equal: Bytes = lanes!(l => mask(difference[l] == 1));
        let lower: Bytes = lanes!(l => of_a[l].min(of_b[l]));
        let (old_a, old_b) = (of_a, of_b);
        of_a = lanes!(l => choose(equal[l], lower[l], old_a[l]));
        of_b = lanes!(l => choose(equal[l], lower[l], old_b[l]));
        let mut changed = 0_u8;
        for l in 0..LANES {
            changed |= (of_a[l] ^ old_a[l]) | (of_b[l] ^ old_b[l]);
        }
        (labels[a], labels[b]) = (of_a, of_b);
        changed
    };
    loop {
        let mut changed = 0;
        for pair in 0..shape.pairs.len() {
            changed |= spread(&mut labels, pair);
        }
        if changed == 0 {
            break;
        }
        let mut changed = 0;
        for pair in (0..shape.pairs.len()).rev() {
            changed |= spread(&mut labels, pair);
        }
        if changed == 0 {
            break;
        }
    }
    for b in 0..slots {
        let own = labels[b];
        let root: Bytes = lanes!(l => mask(own[l] == b as u8));
        let mut size: Bytes = [1; LANES];
        // A zone's first slot is before all its others.
        for other in &labels[b + 1..slots] {
            size = lanes!(l => size[l].wrapping_sub(mask(own[l] == other[l])));
        }
        things.sizes[b] = lanes!(l => size[l] & root[l]);
    }
}

/// Writes to each slot how many voxels depend on it, itself included: neighbours that differ by `alpha` or less.
#[inline(always)]
pub fn dependences(shape: &Shape, block: &Block, alpha: u8, things: &mut Things) {
    for slot in 0..shape.slots() {
        let grey = &block.grey[slot];
        things.sizes[slot] = lanes!(l => mask(grey[l] != 0) & 1);
    }
    for (&(a, b), difference) in shape.pairs.iter().zip(&block.differences) {
        // What is outside wraps to the largest difference.
        let near: Bytes =
            lanes!(l => u8::from((difference[l] != 0) & (difference[l].wrapping_sub(1) <= alpha)));
        for l in 0..LANES {
            things.sizes[a][l] += near[l];
            things.sizes[b][l] += near[l];
        }
    }
}

/// Space for tone differences.
pub struct Ngtdm {
    number: [Bytes; SLOTS],
    sum: [Words; SLOTS],
    difference: [Reals; SLOTS],
}

impl Ngtdm {
    /// Nothing counted yet.
    pub fn new() -> Box<Self> {
        Box::new(Self {
            number: [[0; LANES]; SLOTS],
            sum: [[0; LANES]; SLOTS],
            difference: [[0.0; LANES]; SLOTS],
        })
    }

    /// The features of each window. Sums over levels `Σ_i p_i s_i` are sums over voxels, those over pairs of levels go
    /// through the first voxels of each level.
    #[inline(always)]
    pub fn features(
        &mut self,
        shape: &Shape,
        block: &Block,
        tables: &Tables,
        mut out: impl FnMut(usize, NgtdmFeatures),
    ) {
        let slots = shape.slots();
        self.count(shape, block);
        // |i n_i − j n_j| over pairs of levels.
        let mut distances = [0_u32; LANES];
        // 0 but for the first voxel of each level.
        let mut keys = [[0_u16; LANES]; SLOTS];
        for slot in 0..slots {
            let (grey, alike, first) = (&block.grey[slot], &block.alike[slot], &block.first[slot]);
            let own: Bytes = lanes!(l => grey[l] & mask(first[l] == slot as u8));
            keys[slot] = lanes!(l => u16::from(own[l]) * u16::from(alike[l]));
        }
        for b in 1..slots {
            let own = keys[b];
            let mut sum = [0_u32; LANES];
            for other in &keys[..b] {
                for l in 0..LANES {
                    let both = if (own[l] != 0) & (other[l] != 0) { u16::MAX } else { 0 };
                    sum[l] += u32::from(own[l].abs_diff(other[l]) & both);
                }
            }
            distances = lanes!(l => distances[l] + sum[l]);
        }
        for l in 0..LANES {
            let level = |slot: usize| f64::from(block.grey[slot][l]);
            let (mut difference, mut weighted, mut q1, mut q2) = (0.0, 0.0, 0.0, 0.0);
            let (mut levels, mut a1, mut a2) = (0.0, 0.0, 0.0);
            // Of each level: value, voxels, voxels times the sum of differences.
            let (mut value, mut number, mut product) = ([0.0; SLOTS], [0_usize; SLOTS], [0.0; SLOTS]);
            let (mut found, mut place) = (0, [0_usize; SLOTS]);
            for slot in 0..slots {
                if block.grey[slot][l] == 0 {
                    continue;
                }
                let (i, alike, d) = (level(slot), block.alike[slot][l], self.difference[slot][l]);
                difference += d;
                weighted += d * f64::from(alike);
                q1 += i;
                q2 += i * i;
                let first = usize::from(block.first[slot][l]) % SLOTS;
                if first == slot {
                    levels += 1.0;
                    a1 += i;
                    a2 += i * i;
                    place[slot] = found;
                    value[found] = i;
                    number[found] = usize::from(alike);
                    found += 1;
                }
                product[place[first]] += d * f64::from(alike);
            }
            let mut complexity = 0.0;
            for a in 1..found.min(SLOTS) {
                for b in 0..a {
                    let shared = (product[a] + product[b]) * tables.inverse[(number[a] + number[b]) & 63];
                    complexity += (value[a] - value[b]).abs() * shared;
                }
            }
            let n = f64::from(block.voxels[l]);
            weighted /= n;
            let busyness = if distances[l] > 0 {
                0.5 * weighted * n / f64::from(distances[l])
            } else if found > 1 {
                let counts = (0..found).map(|a| (value[a], number[a] as f64));
                rounding::busyness(counts, n, weighted)
            } else {
                0.0
            };
            let or_zero = |dividend: f64, divisor: f64| if divisor == 0.0 { 0.0 } else { dividend / divisor };
            out(
                l,
                NgtdmFeatures {
                    busyness,
                    coarseness: if weighted == 0.0 { 1e6 } else { 1.0 / weighted },
                    complexity: 2.0 * complexity / n,
                    contrast: or_zero(
                        2.0 * (n * q2 - q1 * q1) / (n * n) * difference / n,
                        levels * (levels - 1.0),
                    ),
                    strength: or_zero(2.0 * (levels * q2 - 2.0 * q1 * a1 + n * a2) / n, difference),
                },
            );
        }
    }

    /// The difference of each voxel from the mean of its neighbours in the window; 0 without a neighbour.
    #[inline(always)]
    fn count(&mut self, shape: &Shape, block: &Block) {
        for slot in 0..shape.slots() {
            self.number[slot] = [0; LANES];
            self.sum[slot] = [0; LANES];
        }
        for (&(a, b), difference) in shape.pairs.iter().zip(&block.differences) {
            let (of_a, of_b) = (&block.grey[a], &block.grey[b]);
            for (slot, other) in [(a, of_b), (b, of_a)] {
                let (number, sum) = (&mut self.number[slot], &mut self.sum[slot]);
                let both: Bytes = lanes!(l => mask(difference[l] != 0));
                *number = lanes!(l => number[l].wrapping_sub(both[l]));
                *sum = lanes!(l => sum[l] + u16::from(other[l] & both[l]));
            }
        }
        for slot in 0..shape.slots() {
            let (number, sum, grey) = (&self.number[slot], &self.sum[slot], &block.grey[slot]);
            self.difference[slot] = lanes!(l => {
                let n = if number[l] == 0 { 1.0 } else { f64::from(number[l]) };
                let own = f64::from(u16::from(grey[l]) * u16::from(number[l]));
                (own - f64::from(sum[l])).abs() / n
            });
        }
    }
}

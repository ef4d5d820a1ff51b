//! Maximal correlation coefficient of 32 windows.
//!
//! The eigenvalues of PyRadiomics' `Q` are the squares of those of `B_ij = p_ij / √(p_i p_j)`, which is symmetrical, has the
//! eigenvalue 1 with the vector `√p_i`, and no larger one. So the coefficient is the largest absolute eigenvalue of
//! `B_ij − √(p_i p_j) = (N n_ij − n_i n_j) / N √(n_i n_j)` with the counts `n_ij`, their margins and their sum `N`: whole numbers
//! until the last step, so independent levels give exactly 0.
//!
//! Most matrices need no eigenvalues. Take levels as joined where they are neighbours: if the levels fall into two groups that
//! are not joined, 1 is an eigenvalue twice; if they can be coloured in two colours with neighbours always of the other, −1
//! is one; both give 1. Two and three levels have closed forms. The rest is collected by number of levels and solved eight
//! at a time.

use super::{
    block::Block,
    eigen::Batches,
    lanes::{LANES, Reals},
    shape::{Direction, SLOTS, Shape},
};

/// Space for the matrices of a block of windows.
pub struct Mcc {
    batches: Batches,
    /// The coefficient of each direction; NaN without a pair.
    values: Vec<Reals>,
    inverse_root: [f64; 64],
}

/// The pairs of one direction in one window, as a matrix of its levels.
struct Pairs {
    /// Bits of the levels next to each level.
    joined: [u32; SLOTS],
    counts: [[u8; SLOTS]; SLOTS],
    margins: [u8; SLOTS],
}

impl Mcc {
    /// Nothing collected yet.
    pub fn new(shape: &Shape) -> Self {
        let mut inverse_root = [0.0; 64];
        (1..64).for_each(|n| inverse_root[n] = 1.0 / (n as f64).sqrt());
        Self {
            batches: Batches::new(SLOTS),
            values: vec![[0.0; LANES]; shape.directions.len()],
            inverse_root,
        }
    }

    /// The mean of the coefficient over directions that hold a pair.
    #[inline(always)]
    pub fn of(&mut self, shape: &Shape, block: &Block, windows: usize) -> Reals {
        let mut pairs = Pairs { joined: [0; SLOTS], counts: [[0; SLOTS]; SLOTS], margins: [0; SLOTS] };
        for l in 0..windows {
            // Levels of the window by number.
            let (mut number, mut levels) = ([0_u8; SLOTS], 0);
            for slot in 0..shape.slots() {
                let first = usize::from(block.first[slot][l]) % SLOTS;
                if first == slot && block.grey[slot][l] != 0 {
                    number[slot] = levels;
                    levels += 1;
                }
                number[slot] = number[first];
            }
            for (d, direction) in shape.directions.iter().enumerate() {
                self.direction(shape, block, direction, &mut pairs, &number, (d, l));
            }
        }
        let values = &mut self.values;
        self.batches.finish(|owner, radius| values[owner / LANES][owner % LANES] = radius.min(1.0));
        let mut mean = [f64::NAN; LANES];
        for l in 0..windows {
            let (mut sum, mut count) = (0.0, 0.0);
            for value in self.values.iter().map(|values| values[l]).filter(|value| !value.is_nan()) {
                sum += value;
                count += 1.0;
            }
            mean[l] = sum / count;
        }
        mean
    }

    /// The coefficient of one direction in one window, now or when its matrix is solved with others.
    #[inline(always)]
    fn direction(
        &mut self,
        shape: &Shape,
        block: &Block,
        direction: &Direction,
        pairs: &mut Pairs,
        number: &[u8; SLOTS],
        owner: (usize, usize),
    ) {
        let mut present = 0_u32;
        for pair in direction.pairs.clone() {
            if block.differences[pair][owner.1] == 0 {
                continue;
            }
            let (from, to) = shape.pairs[pair];
            let (i, j) = (usize::from(number[from]) % SLOTS, usize::from(number[to]) % SLOTS);
            pairs.joined[i] |= 1 << j;
            pairs.joined[j] |= 1 << i;
            present |= 1 << i | 1 << j;
        }
        match present.count_ones() {
            0 => self.values[owner.0][owner.1] = f64::NAN,
            1 => self.values[owner.0][owner.1] = 0.0,
            _ if shortcut(&pairs.joined, present) => self.values[owner.0][owner.1] = 1.0,
            _ => self.eigenvalue(shape, block, direction, pairs, number, present, owner),
        }
        for i in bits(present) {
            pairs.joined[i] = 0;
        }
    }

    #[inline(always)]
    #[allow(clippy::too_many_arguments)] // all of one step
    fn eigenvalue(
        &mut self,
        shape: &Shape,
        block: &Block,
        direction: &Direction,
        pairs: &mut Pairs,
        number: &[u8; SLOTS],
        present: u32,
        owner: (usize, usize),
    ) {
        let levels = present.count_ones() as usize;
        // From a number among the levels of the window to one among those of the direction.
        let place = |level: u8| (present & ((1 << level) - 1)).count_ones() as usize % SLOTS;
        let mut sum = 0_u32;
        for pair in direction.pairs.clone() {
            if block.differences[pair][owner.1] == 0 {
                continue;
            }
            let (from, to) = shape.pairs[pair];
            let (i, j) = (place(number[from]), place(number[to]));
            pairs.counts[i][j] += 1;
            pairs.counts[j][i] += 1;
            pairs.margins[i] += 1;
            pairs.margins[j] += 1;
            sum += 2;
        }
        let sum = f64::from(sum);
        let roots: [f64; SLOTS] =
            std::array::from_fn(|i| self.inverse_root[usize::from(pairs.margins[i]) & 63]);
        let element = |i: usize, j: usize| {
            let margins = f64::from(u16::from(pairs.margins[i]) * u16::from(pairs.margins[j]));
            (sum * f64::from(pairs.counts[i][j]) - margins) / sum * roots[i] * roots[j]
        };
        let values = &mut self.values;
        match levels {
            // The trace is the one other eigenvalue.
            2 => values[owner.0][owner.1] = (element(0, 0) + element(1, 1)).abs().min(1.0),
            // One eigenvalue is 0; trace and sum of principal minors give the others.
            3 => {
                let [a, b, c] = [element(0, 0), element(1, 1), element(2, 2)];
                let [ab, ac, bc] = [element(0, 1), element(0, 2), element(1, 2)];
                let product = (a * b - ab * ab) + (a * c - ac * ac) + (b * c - bc * bc);
                let trace = a + b + c;
                let largest = 0.5 * (trace.abs() + (trace * trace - 4.0 * product).max(0.0).sqrt());
                values[owner.0][owner.1] = largest.min(1.0);
            }
            _ => self.batches.add(levels, owner.0 * LANES + owner.1, element, |owner, radius| {
                values[owner / LANES][owner % LANES] = radius.min(1.0);
            }),
        }
        for i in 0..levels {
            pairs.counts[i][..levels].fill(0);
            pairs.margins[i] = 0;
        }
    }
}

/// The places of the bits that are set.
#[inline(always)]
fn bits(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros() as usize % SLOTS);
        set &= set.wrapping_sub(1);
        bit
    })
}

/// Whether the levels fall apart, or can be coloured in two colours.
#[inline(always)]
fn shortcut(joined: &[u32; SLOTS], present: u32) -> bool {
    // Levels that are reached in an even and in an odd number of steps.
    let (mut even, mut odd) = (present & present.wrapping_neg(), 0_u32);
    let (mut fresh_even, mut fresh_odd) = (even, 0_u32);
    while fresh_even | fresh_odd != 0 {
        let reached_odd = bits(fresh_even).fold(0, |reached, level| reached | joined[level]) & !odd;
        let reached_even = bits(fresh_odd).fold(0, |reached, level| reached | joined[level]) & !even;
        odd |= reached_odd;
        even |= reached_even;
        (fresh_odd, fresh_even) = (reached_odd, reached_even);
    }
    (even | odd) != present || (even & odd) == 0
}

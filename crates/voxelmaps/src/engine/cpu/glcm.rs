//! Co-occurrence of 32 windows, without matrices.
//!
//! A cell of a direction's matrix that holds `c` pairs is met `c` times when pairs are gone through. So sums over cells are
//! sums over pairs: `Σ p log p = (1/n) Σ_pairs log (c/n)`, and `c` of a pair is the number of pairs with the same two levels. Two
//! pairs have the same two levels, in one order or the other, exactly if sum and difference are the same: three comparisons
//! give the joint counts and those of sums and differences.
//!
//! Polynomials of sums and differences are added up as whole numbers, counted from the middle of the range; up to 255 levels
//! every product of theirs is below 2⁵³, so moments have no cancellation.

use super::{
    block::Block,
    lanes::{
        Bytes, LANES, Reals, Words, choose, lanes, log2_of_product, mask, one_minus_exp, sum_rows,
        sum_rows_at,
    },
    shape::{Direction, MOST, Shape},
    sizes::settled,
    tables::Tables,
};
use crate::engine::Places;
use radiomics_core::names::GlcmFeatures;

/// Features in the order of [`GlcmFeatures`]; the total of MCC stays 0.
const FEATURES: usize = GlcmFeatures::NAMES.len();
/// The place of MCC among them.
const MCC: usize = 19;

/// Space for the counts of one direction.
pub struct Glcm {
    same_sum: [Bytes; MOST],
    same_difference: [Bytes; MOST],
    same_both: [Bytes; MOST],
    ends: [Bytes; 2 * MOST],
    same_end: [Bytes; 2 * MOST],
    sums: [Reals; 4],
    differences: [Reals; 8],
    totals: [Reals; FEATURES],
}

impl Glcm {
    /// Nothing counted yet.
    pub fn new() -> Box<Self> {
        Box::new(Self {
            same_sum: [[0; LANES]; MOST],
            same_difference: [[0; LANES]; MOST],
            same_both: [[0; LANES]; MOST],
            ends: [[0; LANES]; 2 * MOST],
            same_end: [[0; LANES]; 2 * MOST],
            sums: [[0.0; LANES]; 4],
            differences: [[0.0; LANES]; 8],
            totals: [[0.0; LANES]; FEATURES],
        })
    }

    /// The features of each window, each to its row: means over the directions that hold a pair, NaN where none does. `mcc` is
    /// taken as given.
    #[inline(always)]
    pub fn features(
        &mut self,
        shape: &Shape,
        block: &Block,
        tables: &Tables,
        mcc: &Reals,
        places: &Places,
        out: &mut [Reals],
    ) {
        self.totals = [[0.0; LANES]; FEATURES];
        let mut directions = [0_u8; LANES];
        for direction in &shape.directions {
            self.count(block, direction);
            self.count_ends(shape, block, direction);
            self.add_rows(block, tables, direction);
            let pairs = self.finish(block, tables, direction);
            for l in 0..LANES {
                directions[l] += u8::from(pairs[l] > 0);
            }
        }
        let n: Reals = lanes!(l => f64::from(directions[l]));
        for &(row, place) in places {
            let total = &self.totals[place];
            out[row] = if place == MCC { *mcc } else { lanes!(l => total[l] / n[l]) };
        }
    }

    /// For each pair the pairs with the same sum, the same difference, and both.
    #[inline(always)]
    fn count(&mut self, block: &Block, direction: &Direction) {
        let sums = &block.half_sums[direction.pairs.clone()];
        let odd = &block.odd[direction.pairs.clone()];
        let differences = &block.differences[direction.pairs.clone()];
        for p in 0..sums.len() {
            let (sum, own_odd, difference) = (sums[p], odd[p], differences[p]);
            let (mut of_sum, mut of_difference, mut of_both): (Bytes, Bytes, Bytes) =
                ([1; LANES], [1; LANES], [1; LANES]);
            for q in 0..p {
                let (other_sum, other_odd, other_difference) = (&sums[q], &odd[q], &differences[q]);
                let (same_sum, same_difference) = (&mut self.same_sum[q], &mut self.same_difference[q]);
                let same_both = &mut self.same_both[q];
                // One loop: several small ones would be unrolled and then not become vectors of lanes.
                for l in 0..LANES {
                    let half = mask(sum[l] == other_sum[l]);
                    let as_sum = half & mask(own_odd[l] == other_odd[l]);
                    let as_difference = mask(difference[l] == other_difference[l]);
                    let as_both = half & as_difference;
                    // Minus all ones is plus one.
                    of_sum[l] = of_sum[l].wrapping_sub(as_sum);
                    of_difference[l] = of_difference[l].wrapping_sub(as_difference);
                    of_both[l] = of_both[l].wrapping_sub(as_both);
                    same_sum[l] = same_sum[l].wrapping_sub(as_sum);
                    same_difference[l] = same_difference[l].wrapping_sub(as_difference);
                    same_both[l] = same_both[l].wrapping_sub(as_both);
                }
            }
            (self.same_sum[p], self.same_difference[p], self.same_both[p]) = (of_sum, of_difference, of_both);
        }
        // What is outside counts once, which has logarithm 0.
        for (p, difference) in differences.iter().enumerate() {
            let inside: Bytes = lanes!(l => mask(difference[l] != 0));
            for counts in [&mut self.same_sum[p], &mut self.same_difference[p], &mut self.same_both[p]] {
                *counts = lanes!(l => choose(inside[l], counts[l], 1));
            }
        }
    }

    /// For each end of a pair the ends with the same level.
    #[inline(always)]
    fn count_ends(&mut self, shape: &Shape, block: &Block, direction: &Direction) {
        let n = 2 * direction.pairs.len();
        for (place, pair) in direction.pairs.clone().enumerate() {
            let (difference, (from, to)) = (&block.differences[pair], shape.pairs[pair]);
            let inside: Bytes = lanes!(l => mask(difference[l] != 0));
            for (end, slot) in [(2 * place, from), (2 * place + 1, to)] {
                let grey = &block.grey[slot];
                self.ends[end] = lanes!(l => grey[l] & inside[l]);
            }
        }
        for p in 0..n {
            let own = self.ends[p];
            let mut count: Bytes = [1; LANES];
            for q in 0..p {
                let (other, theirs) = (&self.ends[q], self.same_end[q]);
                let same: Bytes = lanes!(l => mask(own[l] == other[l]));
                count = lanes!(l => count[l].wrapping_sub(same[l]));
                self.same_end[q] = lanes!(l => theirs[l].wrapping_sub(same[l]));
            }
            self.same_end[p] = count;
        }
        for (end, count) in self.ends.iter().zip(&mut self.same_end).take(n) {
            *count = lanes!(l => choose(mask(end[l] != 0), count[l], 1));
        }
    }

    /// Adds up the functions of sums and differences.
    #[inline(always)]
    fn add_rows(&mut self, block: &Block, tables: &Tables, direction: &Direction) {
        let sums = &block.half_sums[direction.pairs.clone()];
        let odd = &block.odd[direction.pairs.clone()];
        let differences = &block.differences[direction.pairs.clone()];
        let place = |(half, odd): &(&Bytes, &Bytes), l: usize| 2 * usize::from(half[l]) + usize::from(odd[l]);
        sum_rows_at(sums.iter().zip(odd), place, &tables.sums, &mut self.sums);
        sum_rows(differences, &tables.differences, &mut self.differences);
    }

    /// Adds the features of the direction to the totals; returns the number of pairs.
    #[inline(always)]
    fn finish(&mut self, block: &Block, tables: &Tables, direction: &Direction) -> Bytes {
        let differences = &block.differences[direction.pairs.clone()];
        let count = differences.len();
        let (mut pairs, mut flat, mut largest): (Bytes, Bytes, Bytes) = ([0; LANES], [0; LANES], [0; LANES]);
        let mut squares: Words = [0; LANES];
        for (difference, both) in differences.iter().zip(&self.same_both) {
            let inside: Bytes = lanes!(l => mask(difference[l] != 0));
            let on_diagonal: Bytes = lanes!(l => mask(difference[l] == 1));
            pairs = lanes!(l => pairs[l].wrapping_sub(inside[l]));
            flat = lanes!(l => flat[l].wrapping_sub(on_diagonal[l]));
            // Off the diagonal the pairs of a cell are shared by it and its mirror.
            let twice: Bytes = lanes!(l => (both[l] & inside[l]) + (both[l] & on_diagonal[l]));
            largest = lanes!(l => largest[l].max(twice[l]));
            squares = lanes!(l => squares[l] + u16::from(twice[l]));
        }
        // 0 for directions without a pair: they add nothing.
        let inverse: Reals = lanes!(l => tables.inverse[usize::from(pairs[l])]);
        let own_log: Reals = lanes!(l => tables.log2[usize::from(pairs[l])]);
        let present: Reals = lanes!(l => if pairs[l] > 0 { 1.0 } else { 0.0 });
        let n: Reals = lanes!(l => f64::from(pairs[l]));
        let t = &mut self.totals;

        let [s1, s2, s3, s4] = &self.sums;
        let [d1, d2, id, idm, idmn, idn, inverse_variance, _] = &self.differences;
        // k = i + j is counted from the middle.
        let middle = tables.middle;
        for l in 0..LANES {
            let mean = s1[l] * inverse[l];
            t[21][l] += (mean + middle) * present[l];
            t[16][l] += 0.5 * (mean + middle) * present[l];
            // Σ i j = Σ ((i + j)² − (i − j)²) / 4
            let plain = s2[l] + 2.0 * middle * s1[l] + n[l] * middle * middle;
            t[0][l] += 0.25 * (plain - d2[l]) * inverse[l];
        }
        for l in 0..LANES {
            // n² times the variance of k, and higher moments, in whole numbers.
            let second = n[l] * s2[l] - s1[l] * s1[l];
            let third = n[l] * (n[l] * s3[l] - 3.0 * s1[l] * s2[l]) + 2.0 * s1[l] * s1[l] * s1[l];
            let square = s1[l] * s1[l];
            let fourth = n[l] * (n[l] * (n[l] * s4[l] - 4.0 * s1[l] * s3[l]) + 6.0 * square * s2[l])
                - 3.0 * square * square;
            let inverse2 = inverse[l] * inverse[l];
            t[3][l] += second * inverse2;
            t[2][l] += third * inverse2 * inverse[l];
            t[1][l] += fourth * inverse2 * inverse2;
        }
        for l in 0..LANES {
            let mean = d1[l] * inverse[l];
            t[4][l] += d2[l] * inverse[l];
            t[6][l] += mean;
            t[8][l] += (n[l] * d2[l] - d1[l] * d1[l]) * inverse[l] * inverse[l];
        }
        for l in 0..LANES {
            t[9][l] += id[l] * inverse[l];
            t[10][l] += idm[l] * inverse[l];
            t[11][l] += idmn[l] * inverse[l];
            t[12][l] += idn[l] * inverse[l];
            t[15][l] += inverse_variance[l] * inverse[l];
        }
        for l in 0..LANES {
            // 4 n² times variance and covariance of i and j.
            let variance = n[l] * (s2[l] + d2[l]) - s1[l] * s1[l];
            let covariance = n[l] * (s2[l] - d2[l]) - s1[l] * s1[l];
            let quarter = 0.25 * inverse[l] * inverse[l];
            let correlation = covariance * quarter / (variance * quarter + f64::EPSILON);
            t[5][l] += if variance > 0.0 { correlation } else { present[l] };
            t[23][l] += variance * quarter;
        }

        for l in 0..LANES {
            t[17][l] += 0.5 * f64::from(squares[l]) * inverse[l] * inverse[l];
            t[20][l] += 0.5 * f64::from(largest[l]) * inverse[l];
        }
        // log₂ n − (1/n) Σ log₂ c
        let entropy =
            |logs: &Reals| -> Reals { lanes!(l => settled(own_log[l] - logs[l] * inverse[l]) * present[l]) };
        let joint_logs = log2_of_product(&self.same_both[..count]);
        let joint: Reals = lanes!(l => {
            let off_diagonal = f64::from(pairs[l] - flat[l]) * inverse[l];
            settled(own_log[l] - joint_logs[l] * inverse[l] + off_diagonal) * present[l]
        });
        let of_sums = entropy(&log2_of_product(&self.same_sum[..count]));
        let of_differences = entropy(&log2_of_product(&self.same_difference[..count]));
        let ends = log2_of_product(&self.same_end[..2 * count]);
        let marginal: Reals =
            lanes!(l => settled(own_log[l] + 1.0 - 0.5 * ends[l] * inverse[l]) * present[l]);
        // HXY1 = HXY2 = 2 HX; what is left of rounding where levels are independent is 0.
        let information: Reals = lanes!(l => {
            let information = 2.0 * marginal[l] - joint[l];
            if information.abs() < INDEPENDENT { 0.0 } else { information }
        });
        let second = one_minus_exp(&lanes!(l => 2.0 * information[l]));
        for l in 0..LANES {
            t[18][l] += joint[l];
            t[22][l] += of_sums[l];
            t[7][l] += of_differences[l];
            t[13][l] -= if information[l] == 0.0 { 0.0 } else { information[l] / marginal[l] };
            t[14][l] += second[l].max(0.0).sqrt();
        }
        pairs
    }
}

/// Less information than any two levels of so few pairs can share: rounding.
const INDEPENDENT: f64 = 1e-10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mcc_has_its_place() {
        assert_eq!(GlcmFeatures::NAMES[MCC].name, "MCC");
    }
}

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
    lanes::{Bytes, LANES, Reals, Words, lanes, log2_of_product, one_minus_exp},
    shape::{Direction, MOST, Shape},
    sizes::settled,
    tables::Tables,
};
use radiomics_core::names::GlcmFeatures;

/// Features in the order of [`GlcmFeatures`], MCC left out.
const FEATURES: usize = 24;

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

    /// The features of each window: means over the directions that hold a pair, NaN where none does. `mcc` is taken as given.
    #[inline(always)]
    pub fn features(
        &mut self,
        shape: &Shape,
        block: &Block,
        tables: &Tables,
        mcc: &Reals,
        mut out: impl FnMut(usize, GlcmFeatures),
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
        for l in 0..LANES {
            let n = f64::from(directions[l]);
            let t: [f64; FEATURES] = std::array::from_fn(|feature| self.totals[feature][l] / n);
            out(
                l,
                GlcmFeatures {
                    autocorrelation: t[0],
                    cluster_prominence: t[1],
                    cluster_shade: t[2],
                    cluster_tendency: t[3],
                    contrast: t[4],
                    correlation: t[5],
                    difference_average: t[6],
                    difference_entropy: t[7],
                    difference_variance: t[8],
                    id: t[9],
                    idm: t[10],
                    idmn: t[11],
                    idn: t[12],
                    imc1: t[13],
                    imc2: t[14],
                    inverse_variance: t[15],
                    joint_average: t[16],
                    joint_energy: t[17],
                    joint_entropy: t[18],
                    mcc: mcc[l],
                    maximum_probability: t[20],
                    sum_average: t[21],
                    sum_entropy: t[22],
                    sum_squares: t[23],
                },
            );
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
            let (mut of_sum, mut of_difference, mut of_both) = ([1; LANES], [1; LANES], [1; LANES]);
            for q in 0..p {
                let (other_sum, other_odd, other_difference) = (&sums[q], &odd[q], &differences[q]);
                let same_half: Bytes = lanes!(l => u8::from(sum[l] == other_sum[l]));
                let same_difference: Bytes = lanes!(l => u8::from(difference[l] == other_difference[l]));
                for l in 0..LANES {
                    let same = same_half[l] & u8::from(own_odd[l] == other_odd[l]);
                    of_sum[l] += same;
                    self.same_sum[q][l] += same;
                }
                for l in 0..LANES {
                    of_difference[l] += same_difference[l];
                    self.same_difference[q][l] += same_difference[l];
                }
                for l in 0..LANES {
                    let both = same_half[l] & same_difference[l];
                    of_both[l] += both;
                    self.same_both[q][l] += both;
                }
            }
            (self.same_sum[p], self.same_difference[p], self.same_both[p]) = (of_sum, of_difference, of_both);
        }
        // What is outside counts once, which has logarithm 0.
        for (p, difference) in differences.iter().enumerate() {
            for counts in [&mut self.same_sum[p], &mut self.same_difference[p], &mut self.same_both[p]] {
                for l in 0..LANES {
                    counts[l] = if difference[l] == 0 { 1 } else { counts[l] };
                }
            }
        }
    }

    /// For each end of a pair the ends with the same level.
    #[inline(always)]
    fn count_ends(&mut self, shape: &Shape, block: &Block, direction: &Direction) {
        let n = 2 * direction.pairs.len();
        for (place, pair) in direction.pairs.clone().enumerate() {
            let (difference, (from, to)) = (&block.differences[pair], shape.pairs[pair]);
            for (end, slot) in [(2 * place, from), (2 * place + 1, to)] {
                self.ends[end] = lanes!(l => if difference[l] == 0 { 0 } else { block.grey[slot][l] });
            }
        }
        for p in 0..n {
            let own = self.ends[p];
            let mut count = [1; LANES];
            for q in 0..p {
                let other = &self.ends[q];
                for l in 0..LANES {
                    let same = u8::from(own[l] == other[l]);
                    count[l] += same;
                    self.same_end[q][l] += same;
                }
            }
            self.same_end[p] = count;
        }
        for p in 0..n {
            for l in 0..LANES {
                self.same_end[p][l] = if self.ends[p][l] == 0 { 1 } else { self.same_end[p][l] };
            }
        }
    }

    /// Adds up the functions of sums and differences.
    #[inline(always)]
    fn add_rows(&mut self, block: &Block, tables: &Tables, direction: &Direction) {
        let sums = &block.half_sums[direction.pairs.clone()];
        let odd = &block.odd[direction.pairs.clone()];
        let differences = &block.differences[direction.pairs.clone()];
        for l in 0..LANES {
            let (mut of_sum, mut of_difference) = ([0.0; 4], [0.0; 8]);
            for ((half, odd), difference) in sums.iter().zip(odd).zip(differences) {
                let row = &tables.sums[(2 * usize::from(half[l]) + usize::from(odd[l])) & 511];
                (0..4).for_each(|k| of_sum[k] += row[k]);
                let row = &tables.differences[usize::from(difference[l])];
                (0..8).for_each(|k| of_difference[k] += row[k]);
            }
            (0..4).for_each(|k| self.sums[k][l] = of_sum[k]);
            (0..8).for_each(|k| self.differences[k][l] = of_difference[k]);
        }
    }

    /// Adds the features of the direction to the totals; returns the number of pairs.
    #[inline(always)]
    fn finish(&mut self, block: &Block, tables: &Tables, direction: &Direction) -> Bytes {
        let differences = &block.differences[direction.pairs.clone()];
        let count = differences.len();
        let (mut pairs, mut flat, mut largest) = ([0_u8; LANES], [0_u8; LANES], [0_u8; LANES]);
        let mut squares: Words = [0; LANES];
        for (difference, both) in differences.iter().zip(&self.same_both) {
            for l in 0..LANES {
                let inside = u8::from(difference[l] != 0);
                let on_diagonal = u8::from(difference[l] == 1);
                pairs[l] += inside;
                flat[l] += on_diagonal;
                // Off the diagonal the pairs of a cell are shared by it and its mirror.
                let twice = (both[l] * inside) << on_diagonal;
                largest[l] = if twice > largest[l] { twice } else { largest[l] };
                squares[l] += u16::from(twice);
            }
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

//! Runs of 32 windows. A window of radius 1 has lines of at most three voxels.
//!
//! Sums over runs of a function `f` of the level follow from sums over voxels, `F₀`, over pairs of equal neighbours, `F₁`, and over
//! three equal voxels in a row, `F₂`: a run of `j` voxels holds `j` voxels, `j − 1` such pairs, `j − 2` such triples. So runs
//! of one voxel add up to `F₀ − 2F₁ + F₂`, of two to `F₁ − 2F₂`, of three to `F₂`, and all to `F₀ − F₁`.

use radiomics_core::names::GlrlmFeatures;

use super::{
    block::Block,
    lanes::{Bytes, LANES, Reals, lanes, mask, sum_rows},
    shape::{Direction, MOST, Shape},
    sizes::Things,
    tables::Tables,
};
use crate::engine::Places;

/// Features in the order of [`GlrlmFeatures`].
const FEATURES: usize = GlrlmFeatures::NAMES.len();

/// Space for the runs of one direction.
pub struct Glrlm {
    things: Box<Things>,
    voxels: [Reals; 4],
    pairs: [Reals; 4],
    triples: [Reals; 4],
    totals: [Reals; FEATURES],
}

impl Glrlm {
    /// Nothing counted yet.
    pub fn new() -> Box<Self> {
        Box::new(Self {
            things: Things::new(),
            voxels: [[0.0; LANES]; 4],
            pairs: [[0.0; LANES]; 4],
            triples: [[0.0; LANES]; 4],
            totals: [[0.0; LANES]; FEATURES],
        })
    }

    /// The features of each window, each to its row: means over the directions along which a line holds two voxels.
    #[inline(always)]
    pub fn features(
        &mut self,
        shape: &Shape,
        block: &Block,
        tables: &Tables,
        places: &Places,
        out: &mut [Reals],
    ) {
        self.totals = [[0.0; LANES]; FEATURES];
        sum_rows(&block.grey[..shape.slots()], &tables.levels, &mut self.voxels);
        let mut directions = [0_u8; LANES];
        for direction in &shape.directions {
            let lines = self.runs(shape, block, direction);
            self.things.count(shape.slots(), &block.equal, tables);
            self.add_rows(block, tables, direction);
            self.finish(block, tables, &lines);
            for l in 0..LANES {
                directions[l] += lines[l];
            }
        }
        let n: Reals = lanes!(l => f64::from(directions[l]));
        for &(row, place) in places {
            let total = &self.totals[place];
            out[row] = lanes!(l => total[l] / n[l]);
        }
    }

    /// Length of the run that begins at each slot; returns whether a line holds two voxels.
    #[inline(always)]
    fn runs(&mut self, shape: &Shape, block: &Block, direction: &Direction) -> Bytes {
        const NONE: Bytes = [0; LANES];
        let pair = |place: Option<usize>| place.map_or(&NONE, |place| &block.differences[place]);
        for slot in 0..shape.slots() {
            let (before, after) = (pair(direction.before[slot]), pair(direction.after[slot]));
            let next = direction.after[slot].and_then(|place| direction.after[shape.pairs[place].1]);
            let (next, grey) = (pair(next), &block.grey[slot]);
            let second: Bytes = lanes!(l => mask(after[l] == 1));
            let third: Bytes = lanes!(l => second[l] & mask(next[l] == 1));
            let begins: Bytes = lanes!(l => mask(grey[l] != 0) & !mask(before[l] == 1));
            let length: Bytes = lanes!(l => 1_u8.wrapping_sub(second[l]).wrapping_sub(third[l]));
            self.things.sizes[slot] = lanes!(l => length[l] & begins[l]);
        }
        let mut lines = [0_u8; LANES];
        for difference in &block.differences[direction.pairs.clone()] {
            lines = lanes!(l => lines[l] | (mask(difference[l] != 0) & 1));
        }
        for &(a, b) in &direction.ends {
            let (a, b) = (&block.grey[a], &block.grey[b]);
            lines = lanes!(l => lines[l] | (mask((a[l] != 0) & (b[l] != 0)) & 1));
        }
        lines
    }

    /// Sums over pairs and triples of equal voxels.
    #[inline(always)]
    fn add_rows(&mut self, block: &Block, tables: &Tables, direction: &Direction) {
        sum_rows(&block.same[direction.pairs.clone()], &tables.levels, &mut self.pairs);
        let mut levels = [[0; LANES]; MOST];
        let count = direction.triples.len().min(MOST);
        for (levels, &(a, b)) in levels.iter_mut().zip(&direction.triples) {
            let (a, b) = (&block.same[a], &block.same[b]);
            *levels = lanes!(l => a[l] & mask(b[l] != 0));
        }
        sum_rows(&levels[..count], &tables.levels, &mut self.triples);
    }

    /// Adds the features of the direction to the totals.
    #[inline(always)]
    fn finish(&mut self, block: &Block, tables: &Tables, lines: &Bytes) {
        let (t, things) = (&mut self.totals, &self.things);
        // 0 for a direction that is left out.
        let inverse: Reals =
            lanes!(l => if lines[l] != 0 { tables.inverse[usize::from(things.things[l]) & 63] } else { 0.0 });
        let runs = |k: usize| -> [Reals; 3] {
            let (voxels, pairs, triples) = (&self.voxels[k], &self.pairs[k], &self.triples[k]);
            [
                lanes!(l => voxels[l] - 2.0 * pairs[l] + triples[l]),
                lanes!(l => pairs[l] - 2.0 * triples[l]),
                *triples,
            ]
        };
        const QUARTER: f64 = 1.0 / 4.0;
        const NINTH: f64 = 1.0 / 9.0;
        let [n1, n2, n3] = runs(0);
        for l in 0..LANES {
            let n = n1[l] + n2[l] + n3[l];
            let covered = n1[l] + 2.0 * n2[l] + 3.0 * n3[l];
            let squares = n1[l] + 4.0 * n2[l] + 9.0 * n3[l];
            let non_uniformity = (n1[l] * n1[l] + n2[l] * n2[l] + n3[l] * n3[l]) * inverse[l];
            t[13][l] += (n1[l] + QUARTER * n2[l] + NINTH * n3[l]) * inverse[l];
            t[4][l] += squares * inverse[l];
            t[9][l] += non_uniformity;
            t[10][l] += non_uniformity * inverse[l];
            t[12][l] += (n * squares - covered * covered) * inverse[l] * inverse[l];
        }
        for l in 0..LANES {
            let used = if lines[l] != 0 { 1.0 } else { 0.0 };
            t[11][l] +=
                f64::from(things.things[l]) * tables.inverse[usize::from(block.voxels[l]) & 63] * used;
            t[8][l] += things.entropy[l] * used;
            let non_uniformity = f64::from(things.level_squares[l]) * inverse[l];
            t[0][l] += non_uniformity;
            t[1][l] += non_uniformity * inverse[l];
        }
        let [f1, f2, f3] = runs(3);
        for l in 0..LANES {
            t[7][l] += (f1[l] + f2[l] + f3[l]) * inverse[l];
            t[15][l] += (f1[l] + QUARTER * f2[l] + NINTH * f3[l]) * inverse[l];
            t[6][l] += (f1[l] + 4.0 * f2[l] + 9.0 * f3[l]) * inverse[l];
        }
        let [f1, f2, f3] = runs(2);
        for l in 0..LANES {
            let all = f1[l] + f2[l] + f3[l];
            t[3][l] += all * inverse[l];
            t[14][l] += (f1[l] + QUARTER * f2[l] + NINTH * f3[l]) * inverse[l];
            t[5][l] += (f1[l] + 4.0 * f2[l] + 9.0 * f3[l]) * inverse[l];
            let mean = self.voxels[1][l] - self.pairs[1][l];
            let n = f64::from(things.things[l]);
            t[2][l] += (n * all - mean * mean) * inverse[l] * inverse[l];
        }
    }
}

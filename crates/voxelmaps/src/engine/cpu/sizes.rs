//! What runs, zones and dependences share: things with a level and a size, counted slot by slot.
//!
//! As for pairs, a cell of the matrix with `c` things is met `c` times, once at each thing.

use radiomics_core::features::level_size::LevelSizeFeatures;

use super::{
    lanes::{Bytes, LANES, Reals, Words, lanes, log2_of_product, mask},
    shape::{COUPLES, SLOTS, couple},
    tables::Tables,
};

/// Things of each window: at most one for each slot.
pub struct Things {
    /// Size of the thing of a slot, 0 where there is none.
    pub sizes: [Bytes; SLOTS],
    alike: [Bytes; SLOTS],
    /// Number of things.
    pub things: Bytes,
    /// `Σ_i (Σ_j n_ij)²`.
    pub level_squares: Words,
    /// `Σ_j (Σ_i n_ij)²`.
    pub size_squares: Words,
    /// Entropy, bits.
    pub entropy: Reals,
}

impl Things {
    /// Nothing counted yet.
    pub fn new() -> Box<Self> {
        Box::new(Self {
            sizes: [[0; LANES]; SLOTS],
            alike: [[0; LANES]; SLOTS],
            things: [0; LANES],
            level_squares: [0; LANES],
            size_squares: [0; LANES],
            entropy: [0.0; LANES],
        })
    }

    /// Counts the things in [`Things::sizes`] of the first `slots` slots.
    #[inline(always)]
    pub fn count(&mut self, slots: usize, equal: &[Bytes; COUPLES], tables: &Tables) {
        let mut things: Bytes = [0; LANES];
        let (mut same_level, mut same_size): (Words, Words) = ([0; LANES], [0; LANES]);
        for b in 0..slots {
            let own = self.sizes[b];
            let there: Bytes = lanes!(l => mask(own[l] != 0));
            let (mut alike, mut in_size, mut in_level): (Bytes, Bytes, Bytes) =
                ([1; LANES], [0; LANES], [0; LANES]);
            things = lanes!(l => things[l].wrapping_sub(there[l]));
            for c in 0..b {
                let (other, equal, theirs) = (&self.sizes[c], &equal[couple(b, c)], &mut self.alike[c]);
                // One loop: several small ones would be unrolled and then not become vectors of lanes.
                for l in 0..LANES {
                    let size = there[l] & mask(own[l] == other[l]);
                    let level = there[l] & mask(other[l] != 0) & equal[l];
                    let both = size & equal[l];
                    in_size[l] = in_size[l].wrapping_sub(size);
                    in_level[l] = in_level[l].wrapping_sub(level);
                    alike[l] = alike[l].wrapping_sub(both);
                    theirs[l] = theirs[l].wrapping_sub(both);
                }
            }
            self.alike[b] = alike;
            same_size = lanes!(l => same_size[l] + u16::from(in_size[l]));
            same_level = lanes!(l => same_level[l] + u16::from(in_level[l]));
        }
        self.things = things;
        self.level_squares = lanes!(l => u16::from(things[l]) + 2 * same_level[l]);
        self.size_squares = lanes!(l => u16::from(things[l]) + 2 * same_size[l]);
        let logs = log2_of_product(&self.alike[..slots]);
        self.entropy = lanes!(l => {
            let n = usize::from(things[l]);
            settled(tables.log2[n] - logs[l] * tables.inverse[n])
        });
    }

    /// The features of the things of each window, with levels `grey`; `voxels` are what they cover.
    #[inline(always)]
    pub fn features(
        &self,
        slots: usize,
        grey: &[Bytes; SLOTS],
        voxels: &Bytes,
        tables: &Tables,
        mut out: impl FnMut(usize, LevelSizeFeatures),
    ) {
        for l in 0..LANES {
            let (mut of_level, mut of_size, mut of_both) = ([0.0; 4], [0.0; 4], [0.0; 4]);
            for slot in 0..slots {
                let size = usize::from(self.sizes[slot][l]) & 31;
                if size == 0 {
                    continue;
                }
                let level = usize::from(grey[slot][l]);
                let (row, by) = (&tables.levels[level], &tables.by_level[level]);
                (0..4).for_each(|k| of_level[k] += row[k]);
                let (row, by_size) = (&tables.sizes[size], &tables.by_size[size]);
                (0..4).for_each(|k| of_size[k] += row[k]);
                (0..4).for_each(|k| of_both[k] += by[k] * by_size[k]);
            }
            let [n, i, ii, low] = of_level;
            let [_, j, jj, small] = of_size;
            let inverse = tables.inverse[usize::from(self.things[l]) & 63];
            let levels = f64::from(self.level_squares[l]) * inverse;
            let sizes = f64::from(self.size_squares[l]) * inverse;
            out(
                l,
                LevelSizeFeatures {
                    small_emphasis: small * inverse,
                    large_emphasis: jj * inverse,
                    low_level_emphasis: low * inverse,
                    high_level_emphasis: ii * inverse,
                    small_low_emphasis: of_both[0] * inverse,
                    small_high_emphasis: of_both[1] * inverse,
                    large_low_emphasis: of_both[2] * inverse,
                    large_high_emphasis: of_both[3] * inverse,
                    level_non_uniformity: levels,
                    level_non_uniformity_normalized: levels * inverse,
                    size_non_uniformity: sizes,
                    size_non_uniformity_normalized: sizes * inverse,
                    percentage: n * tables.inverse[usize::from(voxels[l]) & 63],
                    level_variance: (n * ii - i * i) * inverse * inverse,
                    size_variance: (n * jj - j * j) * inverse * inverse,
                    entropy: self.entropy[l],
                    energy: f64::NAN,
                },
            );
        }
    }
}

/// An entropy whose terms cancel is that of one cell, `−log₂(1 + ε)`: PyRadiomics adds ε to each probability.
#[inline(always)]
pub fn settled(entropy: f64) -> f64 {
    const ONE_CELL: f64 = -f64::EPSILON * std::f64::consts::LOG2_E;
    if entropy < 1e-10 { ONE_CELL } else { entropy }
}

//! Grey-level run-length matrix (GLRLM): IBSI family `TP0I`.
//!
//! A run is a longest series of voxels of one grey level along a direction; voxels outside the region end
//! it. `r_ij` counts the runs of grey level `i` and length `j` along one of the 13 directions (4 within
//! slices). PyRadiomics takes the features of each direction and averages them, or merges the matrices.
//!
//! ```text
//! grey levels  1 1 2 2 2     runs along x  1 1 and 2 2 2     r =  0 1 0     rows are levels 1 and 2,
//!                                                                 0 0 1     columns lengths 1 to 3
//! ```
//! ```
//! use radiomics_core::{Levels, Settings, features::glrlm};
//! let levels = Levels::from_grey_levels(&ndarray::arr3(&[[[1, 1, 2, 2, 2]]]), [1.0; 3], 1)?;
//! let f = glrlm::features(&levels, &Settings::default())?;
//! assert_eq!(f.long_run_emphasis, (4.0 + 9.0) / 2.0);
//! assert_eq!(f.short_run_emphasis, (1.0 / 4.0 + 1.0 / 9.0) / 2.0);
//! assert_eq!(f.run_percentage, 2.0 / 5.0);
//! assert_eq!(f.run_variance, 0.25); // lengths 2 and 3 around 2.5
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! `N_r = Σ r_ij` is the number of runs. Logarithms are of `p + 2⁻⁵²`, as in PyRadiomics.
//!
#![doc = glrlm_table!()]
//! Time O(voxels · directions), memory O(voxels). IBSI reference manual, section 3.7; Galloway 1975,
//! doi:10.1016/S0146-664X(75)80008-6; Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    backward::{Backward, Bits, FIRST},
    level_size::{LevelSize, LevelSizeFeatures, Tally, from_ranks},
    padded::{Padded, SLACK},
};
use crate::{
    config::{Settings, WeightingNorm},
    error::Error,
    levels::Levels,
    names::GlrlmFeatures,
    vectorised::vectorised,
};

/// The runs along one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Direction {
    /// One step (x, y, z).
    pub step: [i32; 3],
    /// Whether any line along the direction holds more than one voxel of the region. PyRadiomics leaves
    /// out a direction without such a line, as across the plane of a region of one slice.
    pub lines: bool,
    /// The runs by grey level and length.
    pub runs: LevelSize,
}

/// Run-length matrices of all directions.
///
/// ```
/// use radiomics_core::{features::glrlm::Glrlm, levels::Levels};
/// let levels = Levels::from_grey_levels(&ndarray::arr3(&[[[1, 1, 2], [0, 2, 2]]]), [1.0; 3], 1)?;
/// let runs = Glrlm::count(&levels, Some(0))?;
/// let along_x = &runs.directions[0];
/// assert_eq!(along_x.step, [1, 0, 0]);
/// let runs: Vec<_> = along_x.runs.entries().iter().map(|e| (e.level, e.size, e.count)).collect();
/// assert_eq!(runs, [(1, 2, 1.0), (2, 1, 1.0), (2, 2, 1.0)]);
/// # Ok::<(), radiomics_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Glrlm {
    /// One matrix for each direction.
    pub directions: Vec<Direction>,
}

/// The features of a region with PyRadiomics' conventions: the mean over directions, or with
/// `weightingNorm` one matrix merged from all, each times the length of its step in mm. Directions along
/// which no line holds two voxels are left out; all features are NaN when none is left (PyRadiomics: 0 for
/// RunEntropy and RunVariance of a merged matrix without runs).
///
/// # Errors
/// [`Error::TooManyVoxels`].
pub fn features(levels: &Levels, settings: &Settings) -> Result<GlrlmFeatures, Error> {
    let within = settings.force_2d.then_some(settings.force_2d_dimension);
    let mut runs = Glrlm::count(levels, within)?;
    runs.directions.retain(|direction| direction.lines);
    let f = match settings.weighting_norm {
        None => runs.averaged(),
        Some(norm) => runs.merged(|step| step_length(norm, step, levels.spacing())),
    };
    Ok(f.into())
}

impl From<LevelSizeFeatures> for GlrlmFeatures {
    fn from(f: LevelSizeFeatures) -> Self {
        Self {
            gray_level_non_uniformity: f.level_non_uniformity,
            gray_level_non_uniformity_normalized: f.level_non_uniformity_normalized,
            gray_level_variance: f.level_variance,
            high_gray_level_run_emphasis: f.high_level_emphasis,
            long_run_emphasis: f.large_emphasis,
            long_run_high_gray_level_emphasis: f.large_high_emphasis,
            long_run_low_gray_level_emphasis: f.large_low_emphasis,
            low_gray_level_run_emphasis: f.low_level_emphasis,
            run_entropy: f.entropy,
            run_length_non_uniformity: f.size_non_uniformity,
            run_length_non_uniformity_normalized: f.size_non_uniformity_normalized,
            run_percentage: f.percentage,
            run_variance: f.size_variance,
            short_run_emphasis: f.small_emphasis,
            short_run_high_gray_level_emphasis: f.small_high_emphasis,
            short_run_low_gray_level_emphasis: f.small_low_emphasis,
        }
    }
}

impl Glrlm {
    /// Counts the runs along the 13 directions, or with `within` (0 = z, 1 = y, 2 = x) along the 4 that
    /// stay in the slices across that axis, over all slices.
    ///
    /// # Errors
    /// [`Error::TooManyVoxels`].
    pub fn count(levels: &Levels, within: Option<u8>) -> Result<Self, Error> {
        let padded = Padded::new(levels, 1)?;
        let counted = count(&padded, levels.values(), within, padded.whole());
        Ok(Self { directions: counted.into_iter().flat_map(|whole| whole.directions).collect() })
    }

    /// The matrices of each slice across z (IBSI: 2D); slices without a voxel have empty ones.
    ///
    /// # Errors
    /// [`Error::TooManyVoxels`].
    pub fn by_slice(levels: &Levels) -> Result<Vec<Self>, Error> {
        let padded = Padded::new(levels, 1)?;
        Ok(count(&padded, levels.values(), Some(0), padded.slices()))
    }

    /// The mean of the features of each direction.
    pub fn averaged(&self) -> LevelSizeFeatures {
        let features: Vec<_> = self.directions.iter().map(|d| d.runs.features()).collect();
        LevelSizeFeatures::mean(&features)
    }

    /// The features of the sum of all matrices, each times the weight of its step.
    pub fn merged(&self, weight: impl Fn([i32; 3]) -> f64) -> LevelSizeFeatures {
        LevelSize::merged(self.directions.iter().map(|d| (&d.runs, weight(d.step)))).features()
    }
}

fn step_length(norm: WeightingNorm, step: [i32; 3], spacing: [f64; 3]) -> f64 {
    let [x, y, z]: [f64; 3] = std::array::from_fn(|a| f64::from(step[a].abs()) * spacing[a]);
    match norm {
        WeightingNorm::Manhattan => x + y + z,
        WeightingNorm::Euclidean => (x * x + y * y + z * z).sqrt(),
        WeightingNorm::Infinity => x.max(y).max(z),
        WeightingNorm::NoWeighting => 1.0,
    }
}

/// Counts each part on its own.
fn count(padded: &Padded, values: &[u32], within: Option<u8>, parts: Vec<Range<usize>>) -> Vec<Glrlm> {
    let back = Backward::new(padded, within);
    let levels = values.len();
    // With few grey levels neighbours are often equal: short runs are told from bits, not walked along.
    if levels <= usize::from(u8::MAX) {
        let ranks = padded.map(|rank| rank as u8);
        let sweep = |slab| sweep_few(padded, &back, &ranks, levels, slab);
        parts.into_iter().map(|part| finish(padded, &back, values, part, sweep)).collect()
    } else {
        let ranks = padded.map(|rank| rank);
        let sweep = |slab| sweep_many(padded, &back, &ranks, levels, slab);
        parts.into_iter().map(|part| finish(padded, &back, values, part, sweep)).collect()
    }
}

/// Sweeps the slabs of a part and makes matrices of the counts.
fn finish(
    padded: &Padded,
    back: &Backward,
    values: &[u32],
    part: Range<usize>,
    sweep: impl Fn(Range<usize>) -> Counts + Send + Sync,
) -> Glrlm {
    let mut directions = Vec::new();
    let slabs = padded.slabs(part.clone());
    if let Some(Counts { short, long }) = slabs.into_par_iter().map(sweep).reduce_with(Counts::plus) {
        for (d, long) in long.into_iter().enumerate().filter(|&(d, _)| back.wants(d)) {
            let mut runs = long.counts();
            runs.extend(short.runs(d, &runs));
            directions.push(Direction {
                step: back.steps()[d],
                lines: holds_lines(padded, back.steps()[d], part.clone()),
                runs: from_ranks(&runs, values),
            });
        }
    }
    Glrlm { directions }
}

/// Whether a line along a step holds two voxels of the region.
fn holds_lines(padded: &Padded, step: [i32; 3], planes: Range<usize>) -> bool {
    let ranks = padded.ranks();
    let offset = padded.offset(step).unsigned_abs();
    let pair = |position: usize| ranks[position] != 0 && ranks[position - offset] != 0;
    if planes.clone().any(|z| padded.span(z).any(pair)) {
        return true;
    }
    // Perhaps with a gap. Each line is known by its first voxel in the box.
    let [nx, ny, _] = padded.size();
    let mut seen = vec![false; ranks.len()];
    for z in planes.clone() {
        for (y, x) in (0..ny).flat_map(|y| (0..nx).map(move |x| (y, x))) {
            let position = padded.position([x, y, z]);
            if ranks[position] == 0 {
                continue;
            }
            let back = [(x, nx), (y, ny), (z - planes.start, planes.len())];
            let back = back.into_iter().zip(step).filter(|&(_, s)| s != 0);
            let back = back.map(|((at, size), s)| if s > 0 { at } else { size - 1 - at }).min();
            if std::mem::replace(&mut seen[position - back.unwrap_or(0) * offset], true) {
                return true;
            }
        }
    }
    false
}

/// What a sweep counts: whole numbers, so that slabs add up to the same in any order.
struct Counts {
    short: Short,
    /// The runs of each direction whose length `short` does not tell.
    long: Vec<Tally>,
}

impl Counts {
    fn plus(mut self, other: Self) -> Self {
        match (&mut self.short, &other.short) {
            (Short::States(sum), Short::States(other)) => {
                sum.iter_mut().flatten().zip(other.iter().flatten()).for_each(|(s, o)| *s += o);
            }
            (Short::Voxels(sum), Short::Voxels(other)) => {
                sum.iter_mut().zip(other).for_each(|(s, o)| *s += o);
            }
            _ => {} // never: all slabs are swept alike
        }
        let long = self.long.into_iter().zip(other.long).map(|(sum, other)| sum.plus(other)).collect();
        Self { short: self.short, long }
    }
}

/// What tells the number of the short runs.
enum Short {
    /// For each rank (0 unused) a histogram of packed states. The state of a voxel and a direction is 0 to 3
    /// for the first, second, third or a later voxel of its run. The states of the directions of a group
    /// make one cell: their high bits, then their low bits. Runs of four and more are in the tally.
    States(Vec<[u32; CELLS]>),
    /// Voxels of each rank (0 unused). Runs of two and more are in the tally.
    Voxels(Vec<u32>),
}

/// Directions of each group, and where its cells begin: 4ⁿ cells for n directions.
const GROUPS: [(Range<usize>, usize); 4] = [(0..4, 0), (4..7, 256), (7..10, 320), (10..13, 384)];
const CELLS: usize = 448;

impl Short {
    /// The short runs along direction `d` by rank, length and number, given the others.
    fn runs(&self, d: usize, long: &[(u16, u32, u32)]) -> Vec<(u16, u32, u32)> {
        let ranks = match self {
            Self::States(cells) => cells.len(),
            Self::Voxels(voxels) => voxels.len(),
        };
        let mut number = vec![0; ranks];
        let mut covered = vec![0; ranks];
        for &(rank, length, count) in long {
            number[usize::from(rank)] += count;
            covered[usize::from(rank)] += length * count;
        }
        let mut runs = Vec::new();
        for rank in 1..ranks {
            let short = match self {
                Self::States(cells) => {
                    // Every run has one first voxel; those with a second one are not of length 1; and so on.
                    let [first, second, third, _] = states(&cells[rank], d);
                    [first - second, second - third, third - number[rank]]
                }
                Self::Voxels(voxels) => [voxels[rank] - covered[rank], 0, 0],
            };
            let short = (1..).zip(short).filter(|&(_, count)| count > 0);
            runs.extend(short.map(|(length, count)| (rank as u16, length, count)));
        }
        runs
    }
}

/// Voxels in each state along direction `d`.
fn states(cells: &[u32; CELLS], d: usize) -> [u32; 4] {
    let mut states = [0; 4];
    for (group, start) in GROUPS.iter().filter(|(group, _)| group.contains(&d)) {
        let (n, bit) = (group.len(), d - group.start);
        for (cell, &count) in cells[*start..start + (1 << (2 * n))].iter().enumerate() {
            states[2 * (cell >> (n + bit) & 1) + (cell >> bit & 1)] += count;
        }
    }
    states
}

/// Counts the runs whose voxels up to the fourth lie in these planes.
///
/// A voxel's run reaches back `k` voxels along a direction if the voxel equals its backward neighbour and
/// that one's run reaches back `k − 1`. So the bits "at least second, third, fourth voxel of its run" of all
/// directions come from three passes of bit operations; only runs of four and more are walked along.
fn sweep_few(padded: &Padded, back: &Backward, ranks: &[u8], levels: usize, slab: Range<usize>) -> Counts {
    let mut cells = vec![[0_u32; CELLS]; levels + 1];
    let mut long = vec![Tally::new(levels, 64); 13];
    let length = padded.span(0).len();
    // Bits of this plane and of the plane before: at least the second, third, fourth voxel of its run.
    let room = || [back.room(length), back.room(length)];
    let (mut second, mut third, mut fourth) = (room(), room(), room());
    let mut exactly_fourth = back.room(length);
    let and = |there, own| there & own;
    // Three planes earlier, all that the slab needs from before it can be told.
    for z in slab.start.saturating_sub(3)..slab.end {
        let span = padded.span(z);
        for bits in [&mut second, &mut third, &mut fourth] {
            bits.swap(0, 1);
        }
        back.equal(ranks, span.clone(), &mut second[0]);
        back.join(&second[0], [&second[0], &second[1]], length, &mut third[0], and);
        back.join(&second[0], [&third[0], &third[1]], length, &mut fourth[0], and);
        if !slab.contains(&z) {
            continue;
        }
        let new = |there: u8, own: u8| own & !there;
        back.join(&fourth[0], [&fourth[0], &fourth[1]], length, &mut exactly_fourth, new);
        count_states(&ranks[span.clone()], back.margin(), [&second[0], &third[0], &fourth[0]], &mut cells);
        for (bits, from) in [(&exactly_fourth.first, 0), (&exactly_fourth.second, FIRST)] {
            each_bit(&bits[back.margin()..][..length], |index, bit| {
                let (d, position) = (from + bit, span.start + index);
                let length = 4 + run_ahead(ranks, position, back.offsets()[d]);
                long[d].add(u16::from(ranks[position]), length);
            });
        }
    }
    Counts { short: Short::States(cells), long }
}

/// Adds the packed states of the voxels of a span: a block's cells are found by vector instructions, then counted.
fn count_states(ranks: &[u8], margin: usize, bits: [&Bits; 3], cells: &mut [[u32; CELLS]]) {
    const BLOCK: usize = SLACK;
    for (block, ranks) in ranks.chunks(BLOCK).enumerate() {
        let start = margin + block * BLOCK;
        // Margins and slack make every block a whole one.
        let part = |of: fn(&Bits) -> &Vec<u8>| {
            bits.map(|bits| of(bits)[start..].first_chunk::<BLOCK>().unwrap_or(&[0; BLOCK]))
        };
        let (first, second) = (part(|bits| &bits.first), part(|bits| &bits.second));
        let mut places = [[0; BLOCK]; 4];
        vectorised(
            #[inline(always)]
            || pack(first, second, &mut places),
        );
        for (i, &rank) in ranks.iter().enumerate().filter(|(_, rank)| **rank != 0) {
            let cells = &mut cells[usize::from(rank)];
            for (place, (_, start)) in places.iter().zip(GROUPS) {
                cells[start + usize::from(place[i])] += 1;
            }
        }
    }
}

/// The cell of each group of directions for each voxel, from its bits "at least second, third, fourth voxel".
#[inline(always)]
fn pack<const N: usize>(first: [&[u8; N]; 3], second: [&[u8; N]; 3], places: &mut [[u8; N]; 4]) {
    let [a, b, c, d] = places;
    for i in 0..N {
        // The high bit is set from the third voxel on, the low bit for the second and from the fourth on.
        let (high, low) = (first[1][i], first[0][i] & !first[1][i] | first[2][i]);
        a[i] = (high & 15) << 4 | low & 15;
        b[i] = (high >> 4 & 7) << 3 | low >> 4 & 7;
        let (high, low) = (second[1][i], second[0][i] & !second[1][i] | second[2][i]);
        c[i] = (high & 7) << 3 | low & 7;
        d[i] = (high >> 3 & 7) << 3 | low >> 3 & 7;
    }
}

/// Counts the runs whose second voxel lies in these planes by walking along them.
fn sweep_many(padded: &Padded, back: &Backward, ranks: &[u16], levels: usize, slab: Range<usize>) -> Counts {
    let mut voxels = vec![0_u32; levels + 1];
    let mut long = vec![Tally::new(levels, 64); 13];
    let mut second = back.room(padded.span(0).len());
    for z in slab {
        let span = padded.span(z);
        for &rank in &ranks[span.clone()] {
            voxels[usize::from(rank)] += 1;
        }
        back.equal(ranks, span.clone(), &mut second);
        for (bits, from) in [(&second.first, 0), (&second.second, FIRST)] {
            each_bit(&bits[back.margin()..][..span.len()], |index, bit| {
                let (d, position) = (from + bit, span.start + index);
                let offset = back.offsets()[d];
                // The voxel before is inside, so the one before that is inside or in the border.
                if ranks[position - 2 * offset] != ranks[position] {
                    long[d].add(ranks[position], 2 + run_ahead(ranks, position, offset));
                }
            });
        }
    }
    Counts { short: Short::Voxels(voxels), long }
}

/// Voxels of the same rank that follow at this offset without a break.
fn run_ahead<T: Copy + PartialEq>(ranks: &[T], position: usize, offset: usize) -> u32 {
    let rank = ranks[position];
    let equal = |steps: usize| ranks[(position + steps * offset).min(ranks.len() - 1)] == rank;
    // Most runs end soon, at a place that no processor can predict: look at three voxels without a branch.
    let (one, two, three) = (equal(1), equal(2), equal(3));
    let (two, three) = (one & two, one & two & three);
    let mut length = u32::from(one) + u32::from(two) + u32::from(three);
    if three {
        let mut next = position + 4 * offset;
        while ranks[next] == rank {
            length += 1;
            next += offset;
        }
    }
    length
}

/// Index and number of every bit set, skipping zeros eight bytes at a time.
fn each_bit(bytes: &[u8], mut f: impl FnMut(usize, usize)) {
    let (words, rest) = bytes.as_chunks::<8>();
    let start = 8 * words.len();
    let words = words.iter().enumerate().map(|(i, word)| (8 * i, u64::from_le_bytes(*word)));
    let rest = rest.iter().enumerate().map(|(i, &byte)| (start + i, u64::from(byte)));
    for (start, mut word) in words.chain(rest) {
        while word != 0 {
            let bit = word.trailing_zeros() as usize;
            f(start + bit / 8, bit % 8);
            word &= word - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ndarray::Array3;

    use super::{super::testing, *};
    use crate::levels::half_steps;

    /// Runs by level and length, and whether a line holds two voxels: the definition.
    fn naive(grey: &Array3<u32>, step: [i32; 3]) -> (BTreeMap<(u32, u32), u32>, bool) {
        let (mut runs, mut lines) = (BTreeMap::new(), false);
        for (index, &level) in grey.indexed_iter() {
            lines |= level > 0 && (1..100).any(|times| testing::at(grey, index, step, times) > 0);
            if level == 0 || testing::at(grey, index, step, -1) == level {
                continue;
            }
            let length = (1..).find(|&times| testing::at(grey, index, step, times) != level).unwrap();
            *runs.entry((level, length as u32)).or_insert(0) += 1;
        }
        (runs, lines)
    }

    fn counts(runs: &LevelSize) -> BTreeMap<(u32, u32), u32> {
        runs.entries().iter().map(|e| ((e.level, e.size), e.count as u32)).collect()
    }

    #[test]
    fn runs_are_those_of_the_definition() {
        for grey in testing::volumes().iter().chain([&testing::large(12), &testing::large(700)]) {
            let levels = testing::levels(grey);
            for within in [None, Some(0), Some(1), Some(2)] {
                let glrlm = Glrlm::count(&levels, within).unwrap();
                let steps: Vec<_> = glrlm.directions.iter().map(|d| d.step).collect();
                assert_eq!(steps, half_steps(&[1], within));
                for direction in &glrlm.directions {
                    let (runs, lines) = naive(grey, direction.step);
                    assert_eq!(counts(&direction.runs), runs, "{:?} {:?}", grey.dim(), direction.step);
                    assert_eq!(direction.lines, lines, "{:?} {:?}", grey.dim(), direction.step);
                }
            }
        }
    }

    #[test]
    fn slices_are_counted_alone() {
        let grey = testing::large(6);
        let slices = Glrlm::by_slice(&testing::levels(&grey)).unwrap();
        assert_eq!(slices.len(), 61);
        for (z, slice) in slices.iter().enumerate().step_by(10) {
            let alone = grey.slice(ndarray::s![z..=z, .., ..]).to_owned();
            for direction in &slice.directions {
                let (runs, lines) = naive(&alone, direction.step);
                assert_eq!((counts(&direction.runs), direction.lines), (runs, lines));
            }
        }
    }

    #[test]
    fn threads_do_not_matter() {
        for levels in [12, 700] {
            let levels = testing::levels(&testing::large(levels));
            testing::same_for_any_threads(|| Glrlm::count(&levels, None).unwrap());
        }
    }
}

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

use std::{iter::zip, ops::Range};

use super::{
    backward::{Backward, FIRST},
    level_size::{LevelSize, LevelSizeFeatures, Tally, from_ranks},
    padded::Padded,
    run_lengths::{Counts, Rows, Sweep},
    stretches::stretches,
};
use crate::{
    config::{Settings, WeightingNorm},
    error::Error,
    levels::Levels,
    names::GlrlmFeatures,
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
    let (levels, grain) = (values.len(), padded.grain());
    // With few grey levels runs are long.
    if levels <= usize::from(u8::MAX) {
        let rows = Rows::new(padded);
        let each = |part: Range<usize>| {
            let begin = |start| Sweep::new(&rows, &back, levels, start..part.end);
            let sweeps = stretches(part.clone(), grain, begin, Sweep::go_on).into_iter();
            finish(padded, &back, values, part, sweeps.map(Sweep::counts))
        };
        parts.into_iter().map(each).collect()
    } else {
        let ranks = padded.map(|rank| rank);
        let begin = |_| Walked::new(levels);
        let go_on = |walked, slab| walk(padded, &back, &ranks, slab, walked);
        let each = |part: Range<usize>| {
            let walked = stretches(part.clone(), grain, begin, go_on);
            finish(padded, &back, values, part, walked.into_iter())
        };
        parts.into_iter().map(each).collect()
    }
}

/// Makes matrices of what was counted in the stretches of a part.
fn finish<C: Counts>(
    padded: &Padded,
    back: &Backward,
    values: &[u32],
    part: Range<usize>,
    counts: impl Iterator<Item = C>,
) -> Glrlm {
    let mut directions = Vec::new();
    if let Some(counts) = counts.reduce(C::plus) {
        for d in (0..13).filter(|&d| back.wants(d)) {
            directions.push(Direction {
                step: back.steps()[d],
                lines: holds_lines(padded, back.steps()[d], part.clone()),
                runs: from_ranks(&counts.runs(d), values),
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

/// The voxels of each rank (0 unused), and the runs of two and more along each direction.
struct Walked {
    voxels: Vec<u32>,
    long: Vec<Tally>,
}

impl Walked {
    fn new(levels: usize) -> Self {
        Self { voxels: vec![0; levels + 1], long: vec![Tally::new(levels, 64); 13] }
    }
}

impl Counts for Walked {
    fn plus(mut self, other: Self) -> Self {
        zip(&mut self.voxels, other.voxels).for_each(|(sum, more)| *sum += more);
        self.long = zip(self.long, other.long).map(|(sum, more)| sum.plus(more)).collect();
        self
    }

    fn runs(&self, d: usize) -> Vec<(u16, u32, u32)> {
        let mut runs = self.long[d].clone().counts();
        let mut single = self.voxels.clone();
        for &(rank, length, count) in &runs {
            single[usize::from(rank)] -= length * count;
        }
        let single = (0..).zip(single).skip(1).filter(|&(_, count)| count > 0);
        runs.extend(single.map(|(rank, count)| (rank, 1, count)));
        runs
    }
}

/// Counts the runs whose second voxel lies in these planes by walking along them.
fn walk(
    padded: &Padded,
    back: &Backward,
    ranks: &[u16],
    slab: Range<usize>,
    Walked { mut voxels, mut long }: Walked,
) -> Walked {
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
    Walked { voxels, long }
}

/// Voxels of the same rank that follow at this offset without a break.
fn run_ahead(ranks: &[u16], position: usize, offset: usize) -> u32 {
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

    /// Runs of any length up to the whole of a volume, and longer than a byte tells.
    fn long() -> [Array3<u32>; 4] {
        let holes = |(z, y, x)| u32::from((7 * z + 5 * y + 3 * x) % 97 != 0);
        [
            Array3::from_elem([300, 20, 20], 1),
            Array3::from_shape_fn([300, 20, 20], holes),
            Array3::from_elem([3, 280, 33], 1),
            Array3::from_elem([2, 3, 300], 1),
        ]
    }

    #[test]
    fn runs_are_those_of_the_definition() {
        let large = [testing::large(12), testing::large(700)];
        for grey in testing::volumes().iter().chain(&large).chain(&long()) {
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
        for grey in [testing::large(12), testing::large(700)].iter().chain(&long()) {
            let levels = testing::levels(grey);
            for within in [None, Some(0), Some(1)] {
                testing::same_for_any_threads(|| Glrlm::count(&levels, within).unwrap());
            }
        }
    }
}

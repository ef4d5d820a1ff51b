//! Grey-level size-zone matrix (GLSZM): IBSI family `9SAK`.
//!
//! A zone is a largest set of voxels of one grey level that are connected by steps to the 26 neighbours
//! (8 within slices). `s_ij` counts the zones of grey level `i` and `j` voxels.
//!
//! ```text
//! grey levels  1 1 2     zones: 1 with 3 voxels, as corners link, and 2 with 3 voxels     s_13 = s_23 = 1
//!              2 2 1
//! ```
//! ```
//! use radiomics_core::{Levels, Settings, features::glszm};
//! let levels = Levels::from_grey_levels(&ndarray::arr3(&[[[1, 1, 2], [2, 2, 1]]]), [1.0; 3], 1)?;
//! let f = glszm::features(&levels, &Settings::default())?;
//! assert_eq!((f.large_area_emphasis, f.small_area_emphasis), (9.0, 1.0 / 9.0));
//! assert_eq!(f.zone_percentage, 2.0 / 6.0);
//! assert_eq!(f.gray_level_non_uniformity, (1.0 + 1.0) / 2.0);
//! assert_eq!(f.size_zone_non_uniformity, 4.0 / 2.0); // both zones have one size
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! `N_z = Σ s_ij` is the number of zones. Logarithms are of `p + 2⁻⁵²`, as in PyRadiomics.
//!
#![doc = glszm_table!()]
//! Time O(voxels), memory O(voxels). IBSI reference manual, section 3.8; Thibault et al. 2014,
//! doi:10.1109/TBME.2013.2284600; Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145.

use std::ops::Range;

use super::{
    backward::{Backward, Bits, FIRST},
    level_size::{LevelSize, LevelSizeFeatures, Tally, from_ranks},
    padded::Padded,
    stretches::stretches,
};
use crate::{config::Settings, error::Error, levels::Levels, names::GlszmFeatures, vectorised::vectorised};

/// The features of a region with PyRadiomics' conventions.
///
/// # Errors
/// [`Error::TooManyVoxels`].
pub fn features(levels: &Levels, settings: &Settings) -> Result<GlszmFeatures, Error> {
    Ok(count(levels, settings.force_2d.then_some(settings.force_2d_dimension))?.features().into())
}

impl From<LevelSizeFeatures> for GlszmFeatures {
    fn from(f: LevelSizeFeatures) -> Self {
        Self {
            gray_level_non_uniformity: f.level_non_uniformity,
            gray_level_non_uniformity_normalized: f.level_non_uniformity_normalized,
            gray_level_variance: f.level_variance,
            high_gray_level_zone_emphasis: f.high_level_emphasis,
            large_area_emphasis: f.large_emphasis,
            large_area_high_gray_level_emphasis: f.large_high_emphasis,
            large_area_low_gray_level_emphasis: f.large_low_emphasis,
            low_gray_level_zone_emphasis: f.low_level_emphasis,
            size_zone_non_uniformity: f.size_non_uniformity,
            size_zone_non_uniformity_normalized: f.size_non_uniformity_normalized,
            small_area_emphasis: f.small_emphasis,
            small_area_high_gray_level_emphasis: f.small_high_emphasis,
            small_area_low_gray_level_emphasis: f.small_low_emphasis,
            zone_entropy: f.entropy,
            zone_percentage: f.percentage,
            zone_variance: f.size_variance,
        }
    }
}

/// Counts the zones of the 26-neighbourhood, or with `within` (0 = z, 1 = y, 2 = x) those inside the
/// slices across that axis, over all slices.
///
/// ```
/// use radiomics_core::{features::glszm, levels::Levels};
/// let levels = Levels::from_grey_levels(&ndarray::arr3(&[[[1, 1, 2], [2, 2, 1]]]), [1.0; 3], 1)?;
/// let zones = glszm::count(&levels, None)?;
/// let zones: Vec<_> = zones.entries().iter().map(|e| (e.level, e.size, e.count)).collect();
/// assert_eq!(zones, [(1, 3, 1.0), (2, 3, 1.0)]);
/// # Ok::<(), radiomics_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooManyVoxels`].
pub fn count(levels: &Levels, within: Option<u8>) -> Result<LevelSize, Error> {
    let padded = Padded::new(levels, 1)?;
    Ok(count_in(&padded, levels.values(), within, padded.whole()).pop().unwrap_or_default())
}

/// The matrix of each slice across z (IBSI: 2D); slices without a voxel have empty ones.
///
/// # Errors
/// [`Error::TooManyVoxels`].
pub fn by_slice(levels: &Levels) -> Result<Vec<LevelSize>, Error> {
    let padded = Padded::new(levels, 1)?;
    Ok(count_in(&padded, levels.values(), Some(0), padded.slices()))
}

/// Counts each part on its own.
fn count_in(padded: &Padded, values: &[u32], within: Option<u8>, parts: Vec<Range<usize>>) -> Vec<LevelSize> {
    let back = Backward::new(padded, within);
    let matrix = |zones: Labels| from_ranks(&zones.tally(values.len()).counts(), values);
    if values.len() <= usize::from(u8::MAX) {
        let ranks = padded.map(|rank| rank as u8);
        parts.into_iter().map(|part| matrix(zones(padded, &back, &ranks, part))).collect()
    } else {
        let ranks = padded.map(|rank| rank);
        parts.into_iter().map(|part| matrix(zones(padded, &back, &ranks, part))).collect()
    }
}

/// Each stretch is labelled on its own, then labels that meet at the planes between two are united.
fn zones<T>(padded: &Padded, back: &Backward, ranks: &[T], planes: Range<usize>) -> Labels
where
    T: Copy + Default + PartialEq + Into<u16> + Sync,
{
    let begin = |start| Part::new(padded, back, start);
    let parts = stretches(planes, padded.grain(), begin, |part, slab| part.label(padded, back, ranks, slab));
    let across: Vec<usize> = (Backward::IN_PLANE..13).filter(|&d| back.wants(d)).collect();
    let mut all = Labels::new();
    // The last plane of the part before, and how much was added to its labels.
    let mut before: Option<(Runs, u32)> = None;
    for part in parts {
        let added = all.append(part.labels);
        if let Some((before, before_added)) = &before {
            let here = padded.span(part.start).enumerate();
            for (i, position) in here.filter(|&(_, position)| ranks[position] != T::default()) {
                let offsets = across.iter().map(|&d| back.offsets()[d]);
                for offset in offsets.filter(|offset| ranks[position] == ranks[position - offset]) {
                    let there = before.label(before.now + padded.plane() + i - offset);
                    let here = part.first.label(part.first.now + i);
                    unite(&mut all.parents, here + added, there + before_added);
                }
            }
        }
        before = Some((part.runs, added));
    }
    all
}

/// The labels of some planes, the runs of the first and of the last two of them, and memory for the next.
struct Part {
    start: usize,
    labels: Labels,
    first: Runs,
    runs: Runs,
    bits: Bits,
    contacts: Vec<[u64; 3]>,
    /// Where the runs of the plane start.
    starts: Vec<u32>,
}

impl Part {
    /// Without the labels of any plane; the first will be `start`.
    fn new(padded: &Padded, back: &Backward, start: usize) -> Self {
        let length = padded.span(0).len();
        let runs = Runs::room(length);
        Self {
            start,
            labels: Labels::new(),
            first: runs.clone(),
            runs,
            bits: back.room(length),
            contacts: vec![[0; 3]; length.div_ceil(BLOCK)],
            starts: vec![0; length + 1],
        }
    }

    /// Plane by plane, gives each run the label of an equal neighbour of its first voxel, or a new one if there is
    /// none, and unites the labels of all runs that it touches.
    fn label<T>(mut self, padded: &Padded, back: &Backward, ranks: &[T], slab: Range<usize>) -> Self
    where
        T: Copy + Default + PartialEq + Into<u16>,
    {
        let Self { start, labels, first, runs, bits, contacts, starts } = &mut self;
        let length = padded.span(0).len();
        let blocks = contacts.len();
        for z in slab {
            let span = padded.span(z);
            back.equal(ranks, span.clone(), bits);
            if z == *start {
                bits.first.iter_mut().for_each(|set| *set &= (1 << Backward::IN_PLANE) - 1);
                bits.second.fill(0);
            }
            let plane = Plane {
                ranks: &ranks[span.start..].as_chunks().0[..blocks],
                left: &ranks[span.start - 1..].as_chunks().0[..blocks],
                first: &bits.first[back.margin()..].as_chunks().0[..blocks],
                second: &bits.second[back.margin()..].as_chunks().0[..blocks],
                length,
            };
            std::mem::swap(&mut runs.now, &mut runs.before);
            // From a voxel's place to that of its neighbour in each direction.
            let neighbours = std::array::from_fn(|d| match back.offsets().get(d) {
                Some(&offset) if d < Backward::IN_PLANE => 0_usize.wrapping_sub(offset),
                Some(&offset) => (runs.before + padded.plane()).wrapping_sub(runs.now + offset),
                None => 0,
            });
            labels.make_room(length);
            vectorised(
                #[inline(always)]
                || {
                    plane.mark(runs, contacts);
                    plane.link(&neighbours, runs, starts, labels);
                    plane.unite(&neighbours, runs, contacts, &mut labels.parents);
                },
            );
            if z == *start {
                first.clone_from(runs);
            }
        }
        labels.make_room(0);
        self
    }
}

/// Positions that share a word of bits.
const BLOCK: usize = u64::BITS as usize;

/// The runs along x of two planes, of which `before` is done with when the next one is `now`, and their labels.
///
/// A voxel's place is that of its plane, 0 or one half, and its index in the span. Its run is known by the number of
/// runs that start up to there, so that no voxel needs a label of its own. A gap between runs counts as one of them.
#[derive(Clone)]
struct Runs {
    words: Vec<Word>,
    labels: Vec<u32>,
    now: usize,
    before: usize,
}

#[derive(Clone, Copy, Default)]
struct Word {
    /// Where runs start.
    starts: u64,
    /// The last run before.
    run: usize,
}

impl Word {
    #[inline(always)]
    fn run(self, place: usize) -> usize {
        self.run + (self.starts << (BLOCK - 1 - place % BLOCK)).count_ones() as usize
    }
}

impl Runs {
    fn room(length: usize) -> Self {
        let blocks = length.div_ceil(BLOCK);
        Self {
            words: vec![Word::default(); 2 * blocks],
            labels: vec![0; 2 * blocks * BLOCK + 1],
            now: 0,
            before: blocks * BLOCK,
        }
    }

    /// The label of the voxel at a place.
    #[inline(always)]
    fn label(&self, place: usize) -> u32 {
        self.labels[self.words[place / BLOCK].run(place)]
    }
}

/// The voxels of a plane's span in blocks: ranks, ranks one step to the left, and bits of equal neighbours.
struct Plane<'a, T> {
    ranks: &'a [[T; BLOCK]],
    left: &'a [[T; BLOCK]],
    first: &'a [[u8; BLOCK]],
    second: &'a [[u8; BLOCK]],
    length: usize,
}

// Backward neighbours lie in the voxel's own row and in four others, at x + 1, x and x − 1: bits 1 to 3 in row
// (y − 1, z), 4 to 6 in (y + 1, z − 1), 7 to 9 in (y, z − 1), 10 to 12 in (y − 1, z − 1). These rows touch each
// other, but (y + 1, z − 1) touches only (y, z − 1). Voxels that are equal and touch each other are one zone already.

/// At x or x − 1 in the rows that touch each other: all that are equal are one zone.
const NEAR: u16 = 0b110 << 1 | 0b110 << 7 | 0b110 << 10;
/// Other contacts of a run: at x + 1 in those rows; at x or x − 1 in row (y + 1, z − 1); at x + 1 there.
const CONTACTS: [u16; 3] = [1 << 1 | 1 << 7 | 1 << 10, 0b110 << 4, 1 << 4];

impl<T: Copy + Default + PartialEq + Into<u16>> Plane<'_, T> {
    /// Marks where runs start and where they make contact with others.
    #[inline(always)]
    fn mark(&self, runs: &mut Runs, contacts: &mut [[u64; 3]]) {
        let words = &mut runs.words[runs.now / BLOCK..];
        let mut run = runs.now;
        for (block, (word, contacts)) in words.iter_mut().zip(contacts).enumerate() {
            let flags = flags(&self.ranks[block], &self.left[block], &self.first[block], &self.second[block]);
            let inside = (self.length - block * BLOCK).min(BLOCK);
            *word = Word { starts: gather(&flags, 0) & u64::MAX >> (BLOCK - inside), run };
            *contacts = [gather(&flags, 1), gather(&flags, 2), gather(&flags, 3)];
            run += word.starts.count_ones() as usize;
        }
    }

    /// Labels each run like a neighbour of its first voxel, and adds up the lengths.
    #[inline(always)]
    fn link(&self, neighbours: &[usize; 16], runs: &mut Runs, starts: &mut [u32], labels: &mut Labels) {
        let (words, of_runs, now) = (&runs.words[..], &mut runs.labels[..], runs.now);
        let (parents, ranks) = (&mut labels.parents[..], &mut labels.ranks[..]);
        let (mut number, mut found) = (labels.number, 0);
        let blocks = words[now / BLOCK..].iter().zip(self.ranks).zip(self.first).zip(self.second);
        for (block, (((word, own), first), second)) in blocks.enumerate() {
            let mut left = word.starts;
            while left != 0 {
                let i = left.trailing_zeros() as usize % BLOCK;
                left &= left - 1;
                let (set, rank) = (set(first, second, i), own[i].into());
                let nearest = if set & NEAR != 0 { set & NEAR } else { set };
                let there = (now + block * BLOCK + i).wrapping_add(neighbour(neighbours, nearest));
                let there = of_runs[words[there / BLOCK].run(there)];
                // A new label is always written, and kept if it is needed: no processor can predict which.
                (parents[number], ranks[number]) = (number as u32, rank);
                let new = if rank == 0 { OUTSIDE } else { number as u32 };
                number += usize::from((set == 0) & (rank != 0));
                starts[found] = (block * BLOCK + i) as u32;
                found += 1;
                of_runs[now + found] = if set == 0 { new } else { there };
            }
        }
        labels.number = number;
        // In a loop of its own: sums whose place is not known yet would keep the processor waiting.
        starts[found] = self.length as u32;
        for (label, ends) in of_runs[now + 1..][..found].iter().zip(starts.windows(2)) {
            let size = &mut labels.sizes[*label as usize];
            *size = size.wrapping_add(ends[1].wrapping_sub(ends[0]));
        }
    }

    /// Unites the labels of runs that touch.
    #[inline(always)]
    fn unite(&self, neighbours: &[usize; 16], runs: &Runs, contacts: &[[u64; 3]], parents: &mut [u32]) {
        for (block, contacts) in contacts.iter().enumerate() {
            for (contacts, wanted) in contacts.iter().zip(CONTACTS) {
                let mut left = *contacts;
                while left != 0 {
                    let i = left.trailing_zeros() as usize % BLOCK;
                    left &= left - 1;
                    let set = set(&self.first[block], &self.second[block], i) & wanted;
                    let here = runs.now + block * BLOCK + i;
                    let there = here.wrapping_add(neighbour(neighbours, set));
                    unite(parents, runs.label(here), runs.label(there));
                }
            }
        }
    }
}

/// Bit 0 of a voxel's byte: a run or a gap starts. Bits 1 to 3: the run makes one of the [`CONTACTS`], which neither
/// its voxel before nor the first label of the run tells of.
#[inline(always)]
fn flags<T: Copy + Default + PartialEq>(
    ranks: &[T; BLOCK],
    left: &[T; BLOCK],
    first: &[u8; BLOCK],
    second: &[u8; BLOCK],
) -> [u8; BLOCK] {
    let mut flags = [0; BLOCK];
    for i in 0..BLOCK {
        let inside = u8::from(ranks[i] != T::default());
        let start = inside & !first[i];
        let gap = u8::from(left[i] != T::default()) & !inside;
        // Bits for x + 1, x, x − 1: any of the rows that touch each other; row (y, z − 1); row (y + 1, z − 1).
        let (any, mid, far) = (first[i] >> 1 | second[i] | second[i] >> 3, second[i], first[i] >> 4);
        // What is equal at x touches the voxel before too, or is united with the first voxel.
        let right = any & !(any >> 1);
        let far_near = (far >> 1 | far >> 2) & !(mid >> 1 | mid >> 2 | mid & far >> 1) & start;
        let far_right = far & !(far >> 1 | mid >> 1 | mid);
        flags[i] = (start | gap) & 1 | (right & 1) << 1 | (far_near & 1) << 2 | (far_right & 1) << 3;
    }
    flags
}

/// One bit of each byte.
#[inline(always)]
fn gather(bytes: &[u8; BLOCK], bit: usize) -> u64 {
    let mut gathered = 0;
    for (i, eight) in bytes.as_chunks().0.iter().enumerate() {
        let ones = u64::from_le_bytes(*eight) >> bit & 0x0101_0101_0101_0101;
        // The product has bit 8 k of `ones` at 56 + k, each once, so that nothing is carried.
        gathered |= (ones.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    gathered
}

/// The equal backward neighbours of a voxel.
#[inline(always)]
fn set(first: &[u8; BLOCK], second: &[u8; BLOCK], i: usize) -> u16 {
    u16::from(first[i]) | u16::from(second[i]) << FIRST
}

/// From a voxel's place to that of one neighbour of a set; to itself if there is none.
#[inline(always)]
fn neighbour(neighbours: &[usize; 16], set: u16) -> usize {
    neighbours[(set | 1 << 13).trailing_zeros() as usize % 16]
}

/// The label of gaps.
const OUTSIDE: u32 = 0;

/// Labels and which of them are one zone: a forest in which every parent is the smaller number.
struct Labels {
    parents: Vec<u32>,
    /// Voxels that carry this very label.
    sizes: Vec<u32>,
    ranks: Vec<u16>,
    /// How many there are; behind them is room for more.
    number: usize,
}

impl Labels {
    /// The label of gaps only.
    fn new() -> Self {
        Self { parents: vec![OUTSIDE], sizes: vec![0], ranks: vec![0], number: 1 }
    }

    /// Makes room for so many more labels.
    fn make_room(&mut self, more: usize) {
        let room = self.number + more;
        self.parents.resize(room, 0);
        self.sizes.resize(room, 0);
        self.ranks.resize(room, 0);
    }

    /// Adds the labels of another part; gives how much was added to them.
    fn append(&mut self, other: Self) -> u32 {
        let added = self.number as u32 - 1;
        if added == 0 {
            *self = other;
            return added;
        }
        self.parents.extend(other.parents[1..].iter().map(|parent| parent + added));
        self.sizes.extend(&other.sizes[1..]);
        self.ranks.extend(&other.ranks[1..]);
        self.number = self.parents.len();
        added
    }

    /// The size of each zone.
    fn tally(mut self, levels: usize) -> Tally {
        let mut tally = Tally::new(levels, 64);
        // Parents come first, so backwards every label hands on all that it has received.
        for label in (1..self.number).rev() {
            let (parent, size) = (self.parents[label] as usize, self.sizes[label]);
            if parent == label {
                tally.add(self.ranks[label], size);
            } else {
                self.sizes[parent] += size;
            }
        }
        tally
    }
}

/// Makes two labels one zone: climbs from the greater parent, and shortens the way, until both are the same
/// (Rem's algorithm; Patwary, Blair, Manne 2010, doi:10.1007/978-3-642-13193-6_35).
#[inline(always)]
fn unite(parents: &mut [u32], mut a: u32, mut b: u32) {
    let (mut above_a, mut above_b) = (parents[a as usize], parents[b as usize]);
    while above_a != above_b {
        if above_a < above_b {
            (a, b, above_a, above_b) = (b, a, above_b, above_a);
        }
        parents[a as usize] = above_b;
        if above_a == a {
            break;
        }
        a = above_a;
        above_a = parents[a as usize];
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ndarray::Array3;

    use super::{super::testing, *};
    use crate::levels::half_steps;

    /// Zones by level and size, by filling one after the other: the definition.
    fn naive(grey: &Array3<u32>, within: Option<u8>) -> BTreeMap<(u32, u32), u32> {
        let mut steps = half_steps(&[1], within);
        steps.extend(steps.clone().iter().map(|step| step.map(|s| -s)));
        let mut left = grey.clone();
        let mut zones = BTreeMap::new();
        for (start, &level) in grey.indexed_iter() {
            if std::mem::take(&mut left[start]) == 0 {
                continue;
            }
            let (mut open, mut size) = (vec![start], 0);
            while let Some(voxel) = open.pop() {
                size += 1;
                for &step in &steps {
                    if testing::at(&left, voxel, step, 1) == level {
                        let moved = |from: usize, step: i32| (from as i32 + step) as usize;
                        let next =
                            (moved(voxel.0, step[2]), moved(voxel.1, step[1]), moved(voxel.2, step[0]));
                        left[next] = 0;
                        open.push(next);
                    }
                }
            }
            *zones.entry((level, size)).or_insert(0) += 1;
        }
        zones
    }

    fn counts(zones: &LevelSize) -> BTreeMap<(u32, u32), u32> {
        zones.entries().iter().map(|e| ((e.level, e.size), e.count as u32)).collect()
    }

    #[test]
    fn zones_are_those_of_the_definition() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        for grey in testing::volumes().iter().chain([&testing::large(12), &testing::large(700)]) {
            let levels = testing::levels(grey);
            for within in [None, Some(0), Some(1), Some(2)] {
                let zones = pool.install(|| count(&levels, within).unwrap());
                assert_eq!(counts(&zones), naive(grey, within), "{:?} {within:?}", grey.dim());
            }
        }
    }

    #[test]
    fn rows_end_at_any_bit_of_a_word() {
        let mut random = testing::Random(5);
        for nx in [1, 2, 3, 30, 31, 61, 62, 63, 64, 65, 126, 127, 128, 130] {
            for (ny, nz, levels) in [(1, 1, 1), (1, 3, 2), (2, 4, 3), (7, 2, 300)] {
                let grey = Array3::from_shape_fn([nz, ny, nx], |_| random.below(1 + levels) as u32);
                if grey.iter().any(|&level| level > 0) {
                    let zones = count(&testing::levels(&grey), None).unwrap();
                    assert_eq!(counts(&zones), naive(&grey, None), "{:?}", grey.dim());
                }
            }
        }
    }

    /// What begins as many labels is found to be one zone in the last row or plane, or winds through all of them.
    #[test]
    fn zones_meet_late() {
        let grey = |inside: bool| if inside { 1 } else { 2 };
        // A way through every second row or plane, from one side to the other and back.
        let turn = |line: usize, at: usize, end: usize| {
            line.is_multiple_of(2) || at == if line % 4 == 1 { end } else { 0 }
        };
        let volumes = [
            Array3::from_shape_fn([1, 9, 65], |(_, y, x)| grey(x.is_multiple_of(2) || y == 8)),
            Array3::from_shape_fn([2, 33, 67], |(_, y, x)| grey(turn(y, x, 66))),
            Array3::from_shape_fn([33, 55, 60], |(z, y, x)| grey((x | y).is_multiple_of(2) || z == 32)),
            Array3::from_shape_fn([33, 55, 60], |(z, y, x)| grey(turn(z, y * 60 + x, 54 * 60 + 59))),
        ];
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        for volume in &volumes {
            let zones = pool.install(|| count(&testing::levels(volume), None).unwrap());
            assert_eq!(counts(&zones), naive(volume, None), "{:?}", volume.dim());
        }
    }

    #[test]
    fn slices_are_counted_alone() {
        let grey = testing::large(6);
        let slices = by_slice(&testing::levels(&grey)).unwrap();
        for (z, slice) in slices.iter().enumerate().step_by(10) {
            let alone = grey.slice(ndarray::s![z..=z, .., ..]).to_owned();
            assert_eq!(counts(slice), naive(&alone, None));
        }
    }

    #[test]
    fn threads_do_not_matter() {
        for levels in [3, 12, 700] {
            let levels = testing::levels(&testing::large(levels));
            testing::same_for_any_threads(|| count(&levels, None).unwrap());
        }
    }
}

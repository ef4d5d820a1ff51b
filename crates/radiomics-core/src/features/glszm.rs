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

use std::{ops::Range, sync::LazyLock};

use rayon::prelude::*;

use super::{
    backward::{Backward, FIRST},
    level_size::{LevelSize, LevelSizeFeatures, Tally, from_ranks},
    padded::Padded,
};
use crate::{
    config::Settings,
    error::Error,
    levels::{Levels, half_steps},
    names::GlszmFeatures,
};

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

/// Each slab is labelled on its own, then labels that meet at the planes between slabs are united.
fn zones<T>(padded: &Padded, back: &Backward, ranks: &[T], planes: Range<usize>) -> Labels
where
    T: Copy + Default + PartialEq + Into<u16> + Sync,
{
    let slabs = padded.slabs(planes);
    let parts: Vec<Part> =
        slabs.par_iter().map(|slab| Part::label(padded, back, ranks, slab.clone())).collect();
    let across: Vec<usize> = (Backward::IN_PLANE..13).filter(|&d| back.wants(d)).collect();
    let mut all = Labels::default();
    // First label of the part before and the labels in its last plane.
    let mut before: Option<(u32, Vec<u32>)> = None;
    for (slab, part) in slabs.iter().zip(parts) {
        let start = all.append(part.labels);
        if let Some((before_start, before)) = &before {
            let here = padded.span(slab.start).enumerate();
            for (i, position) in here.filter(|&(_, position)| ranks[position] != T::default()) {
                let offsets = across.iter().map(|&d| back.offsets()[d]);
                for offset in offsets.filter(|offset| ranks[position] == ranks[position - offset]) {
                    let there = before[back.margin() + padded.plane() + i - offset];
                    all.unite(start + part.first[back.margin() + i], before_start + there);
                }
            }
        }
        before = Some((start, part.last));
    }
    all
}

/// The labels of some planes, and those of the voxels in their first and last plane.
struct Part {
    labels: Labels,
    first: Vec<u32>,
    last: Vec<u32>,
}

impl Part {
    /// Gives each voxel the label of an equal backward neighbour, or a new one if there is none, and unites
    /// the labels of all its equal backward neighbours.
    fn label<T>(padded: &Padded, back: &Backward, ranks: &[T], slab: Range<usize>) -> Self
    where
        T: Copy + Default + PartialEq + Into<u16>,
    {
        let length = padded.span(0).len();
        let mut bits = back.room(length);
        let mut labels = Labels::default();
        // Labels of two planes in turn, one behind the other, each between margins.
        let room = length + 2 * back.margin();
        let mut planes = vec![0_u32; 2 * room];
        let mut first = Vec::new();
        for z in slab.clone() {
            let span = padded.span(z);
            back.equal(ranks, span.clone(), &mut bits);
            let (now, before) = if (z - slab.start).is_multiple_of(2) { (0, room) } else { (room, 0) };
            // From a voxel's place in `planes` to that of its neighbour in each direction.
            let neighbours: [usize; 16] = std::array::from_fn(|d| match back.offsets().get(d) {
                Some(&offset) if d < Backward::IN_PLANE => 0_usize.wrapping_sub(offset),
                Some(&offset) => (before + padded.plane()).wrapping_sub(now + offset),
                None => 0,
            });
            labels.make_room(length);
            let visible = if z == slab.start { (1 << Backward::IN_PLANE) - 1 } else { u16::MAX };
            for (i, rank) in ranks[span].iter().enumerate() {
                if *rank == T::default() {
                    continue;
                }
                let at = back.margin() + i;
                let equal = u16::from(bits.first[at]) | u16::from(bits.second[at]) << FIRST;
                let apart = APART[usize::from(equal & visible) % APART.len()];
                let at = now + at;
                let there =
                    |set: u16| planes[at.wrapping_add(neighbours[set.trailing_zeros() as usize % 16])];
                // A new label is always written, and kept if there is no neighbour: no processor can predict which.
                let mut label = labels.offer((*rank).into(), apart == 0);
                if apart != 0 {
                    label = there(apart);
                }
                let mut rest = apart & apart.wrapping_sub(1);
                while rest != 0 {
                    label = labels.unite(label, there(rest));
                    rest &= rest - 1;
                }
                labels.all[label as usize].size += 1;
                planes[at] = label;
            }
            if z == slab.start {
                first = planes[..room].to_vec();
            }
        }
        labels.all.truncate(labels.number);
        let last = if slab.len() % 2 == 1 { 0..room } else { room..2 * room };
        Self { labels, first, last: planes[last].to_vec() }
    }
}

/// For each set of backward neighbours one of each group that is connected within the set: uniting a voxel
/// with these unites it with all.
static APART: LazyLock<[u16; 1 << 13]> = LazyLock::new(|| {
    let steps = half_steps(&[1], None);
    let adjacent = |a: &[i32; 3], b: &[i32; 3]| (0..3).all(|axis| (a[axis] - b[axis]).abs() <= 1);
    let touching: Vec<u16> = steps
        .iter()
        .map(|a| (0..).zip(&steps).map(|(bit, b)| u16::from(adjacent(a, b)) << bit).sum())
        .collect();
    let mut apart = [0; 1 << 13];
    for set in 1..apart.len() as u16 {
        let lowest = set & set.wrapping_neg();
        let mut group = lowest;
        loop {
            let bits = (0..13).filter(|&bit| group >> bit & 1 == 1);
            let grown = bits.fold(group, |grown, bit| grown | touching[bit] & set);
            if grown == group {
                break;
            }
            group = grown;
        }
        apart[usize::from(set)] = lowest | apart[usize::from(set & !group)];
    }
    apart
});

/// Labels and which of them are one zone: a forest in which every parent is the smaller number.
#[derive(Default)]
struct Labels {
    /// The labels, and room for more.
    all: Vec<Label>,
    number: usize,
}

#[derive(Clone, Copy, Default)]
struct Label {
    parent: u32,
    /// Voxels that carry this very label.
    size: u32,
    rank: u16,
}

impl Labels {
    /// Makes room for so many more labels.
    fn make_room(&mut self, more: usize) {
        self.all.resize(self.number + more, Label::default());
    }

    /// A new label, if it is wanted; else the next one takes its place. There must be room.
    #[inline(always)]
    fn offer(&mut self, rank: u16, wanted: bool) -> u32 {
        let label = self.number as u32;
        self.all[self.number] = Label { parent: label, size: 0, rank };
        self.number += usize::from(wanted);
        label
    }

    /// Adds the labels of another part; gives the number that its label 0 has now.
    fn append(&mut self, other: Self) -> u32 {
        let start = self.number as u32;
        if start == 0 {
            *self = other;
            return 0;
        }
        self.all.extend(other.all.into_iter().map(|label| Label { parent: start + label.parent, ..label }));
        self.number = self.all.len();
        start
    }

    fn root(&mut self, mut label: u32) -> u32 {
        loop {
            let parent = self.all[label as usize].parent;
            if parent == label {
                return label;
            }
            let next = self.all[parent as usize].parent;
            self.all[label as usize].parent = next;
            label = next;
        }
    }

    /// Makes two labels one zone and gives its root.
    fn unite(&mut self, a: u32, b: u32) -> u32 {
        if a == b {
            return a;
        }
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.all[high as usize].parent = low;
        low
    }

    /// The size of each zone.
    fn tally(mut self, levels: usize) -> Tally {
        let mut tally = Tally::new(levels, 64);
        // Parents come first, so backwards every label hands on all that it has received.
        for label in (0..self.all.len()).rev() {
            let Label { parent, size, rank } = self.all[label];
            if parent as usize == label {
                tally.add(rank, size);
            } else {
                self.all[parent as usize].size += size;
            }
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ndarray::Array3;

    use super::{super::testing, *};

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

//! Grey-level dependence matrix (GLDM): IBSI family `REK0`, neighbouring grey-level dependence (NGLDM).
//!
//! A neighbour depends on a voxel if both are in the region and their grey levels differ by `a` or less.
//! `d_ij` counts the voxels of grey level `i` whose dependence, themselves included, is `j`.
//!
//! ```text
//! grey levels  1 1 2     dependences with a = 0  2 2 1     d =  0 2     rows are levels 1 and 2,
//!                                                               1 0     columns dependences 1 and 2
//! ```
//! ```
//! use radiomics_core::{Levels, Settings, features::gldm};
//! let levels = Levels::from_grey_levels(&ndarray::arr3(&[[[1, 1, 2]]]), [1.0; 3], 1)?;
//! let f = gldm::features(&levels, &Settings::default())?;
//! assert_eq!(f.large_dependence_emphasis, (2.0 * 4.0 + 1.0) / 3.0);
//! assert_eq!(f.small_dependence_emphasis, (2.0 / 4.0 + 1.0) / 3.0);
//! assert_eq!(f.high_gray_level_emphasis, (2.0 * 1.0 + 4.0) / 3.0);
//! assert_eq!(f.gray_level_non_uniformity, (2.0 * 2.0 + 1.0 * 1.0) / 3.0);
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! `N = Σ d_ij` is the number of voxels. Logarithms are of `p + 2⁻⁵²`, as in PyRadiomics.
//!
#![doc = gldm_table!()]
//! Time O(voxels · neighbours), memory O(voxels). IBSI reference manual, section 3.11; Sun and Wee 1983,
//! doi:10.1016/0734-189X(83)90032-4; Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145.

use std::ops::Range;

use super::{
    level_size::{LevelSize, LevelSizeFeatures, Tally, from_ranks},
    padded::{Padded, SLACK, reachable},
    stretches::stretches,
};
use crate::{
    config::Settings,
    error::Error,
    levels::{Levels, half_steps},
    names::GldmFeatures,
    vectorised::vectorised,
};

/// The features of a region with PyRadiomics' conventions.
///
/// # Errors
/// [`Error::TooManyVoxels`].
pub fn features(levels: &Levels, settings: &Settings) -> Result<GldmFeatures, Error> {
    let within = settings.force_2d.then_some(settings.force_2d_dimension);
    Ok(count(levels, &settings.distances, within, settings.gldm_a)?.features().into())
}

impl From<LevelSizeFeatures> for GldmFeatures {
    fn from(f: LevelSizeFeatures) -> Self {
        Self {
            dependence_entropy: f.entropy,
            dependence_non_uniformity: f.size_non_uniformity,
            dependence_non_uniformity_normalized: f.size_non_uniformity_normalized,
            dependence_variance: f.size_variance,
            gray_level_non_uniformity: f.level_non_uniformity,
            gray_level_variance: f.level_variance,
            high_gray_level_emphasis: f.high_level_emphasis,
            large_dependence_emphasis: f.large_emphasis,
            large_dependence_high_gray_level_emphasis: f.large_high_emphasis,
            large_dependence_low_gray_level_emphasis: f.large_low_emphasis,
            low_gray_level_emphasis: f.low_level_emphasis,
            small_dependence_emphasis: f.small_emphasis,
            small_dependence_high_gray_level_emphasis: f.small_high_emphasis,
            small_dependence_low_gray_level_emphasis: f.small_low_emphasis,
        }
    }
}

/// Counts voxels by grey level and dependence.
///
/// Neighbours lie at the given Chebyshev distances; with `within` (0 = z, 1 = y, 2 = x) only those in the
/// slice across that axis. `a` is the largest difference of dependent grey levels; below 0 none depends.
///
/// ```
/// use radiomics_core::{features::gldm, levels::Levels};
/// let levels = Levels::from_grey_levels(&ndarray::arr3(&[[[1, 1, 2]]]), [1.0; 3], 1)?;
/// let voxels = gldm::count(&levels, &[1], None, 0.0)?;
/// let voxels: Vec<_> = voxels.entries().iter().map(|e| (e.level, e.size, e.count)).collect();
/// assert_eq!(voxels, [(1, 2, 2.0), (2, 1, 1.0)]);
/// # Ok::<(), radiomics_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooManyVoxels`].
pub fn count(levels: &Levels, distances: &[u32], within: Option<u8>, a: f64) -> Result<LevelSize, Error> {
    let distances = reachable(distances, levels);
    let padded = Padded::new(levels, distances.last().map_or(0, |&d| d as usize))?;
    let steps = half_steps(&distances, within);
    Ok(count_in(&padded, levels.values(), &steps, a, padded.whole()).pop().unwrap_or_default())
}

/// The matrix of each slice across z (IBSI: 2D); slices without a voxel have empty ones.
///
/// # Errors
/// [`Error::TooManyVoxels`].
pub fn by_slice(levels: &Levels, distances: &[u32], a: f64) -> Result<Vec<LevelSize>, Error> {
    let distances = reachable(distances, levels);
    let padded = Padded::new(levels, distances.last().map_or(0, |&d| d as usize))?;
    let steps = half_steps(&distances, Some(0));
    Ok(count_in(&padded, levels.values(), &steps, a, padded.slices()))
}

/// Counts each part on its own; neighbours lie `steps` away, forward and backward.
pub(crate) fn count_in(
    padded: &Padded,
    values: &[u32],
    steps: &[[i32; 3]],
    a: f64,
    parts: Vec<Range<usize>>,
) -> Vec<LevelSize> {
    let offsets: Vec<isize> = steps.iter().map(|&step| padded.offset(step)).collect();
    let mut offsets: Vec<isize> = offsets.iter().flat_map(|&offset| [offset, -offset]).collect();
    if a < 0.0 {
        offsets.clear();
    }
    let (lowest, highest) = (values.first().copied().unwrap_or(0), values.last().copied().unwrap_or(0));
    // A difference larger than any changes nothing more.
    let a = (a as u32).min(highest - lowest);
    // Keys that differ by more than `a` from the 0 outside: with `a` = 0 ranks will do.
    let key = |rank: u16| match values.get(usize::from(rank).wrapping_sub(1)) {
        Some(_) if a == 0 => u32::from(rank),
        Some(&value) => value - lowest + 1 + a,
        None => 0,
    };
    let largest = key(values.len() as u16);
    let each = |sweep: &(dyn Fn(Range<usize>, Tally) -> Tally + Sync)| -> Vec<LevelSize> {
        let new = |_| Tally::new(values.len(), offsets.len() + 1);
        let go_on = |tally, slab| sweep(slab, tally);
        let count = |part| stretches(part, padded.grain(), new, go_on).into_iter().reduce(Tally::plus);
        let matrix = |tally: Option<Tally>| from_ranks(&tally.map(Tally::counts).unwrap_or_default(), values);
        parts.iter().map(|part| matrix(count(part.clone()))).collect()
    };
    macro_rules! each_as {
        ($key:ty) => {{
            let keys = padded.map(|rank| key(rank) as $key);
            let a = a as $key;
            if a == 0 {
                each(&|slab, tally| {
                    vectorised(
                        #[inline(always)]
                        || sweep(padded, &keys, &offsets, |x, y| x == y, slab, tally),
                    )
                })
            } else {
                let near = |x: $key, y: $key| x.abs_diff(y) <= a;
                each(&|slab, tally| {
                    vectorised(
                        #[inline(always)]
                        || sweep(padded, &keys, &offsets, near, slab, tally),
                    )
                })
            }
        }};
    }
    match largest {
        0..=0xff => each_as!(u8),
        0x100..=0xffff => each_as!(u16),
        _ => each_as!(u32),
    }
}

/// Counts the voxels of some planes, in blocks that the compiler makes vector instructions of.
#[inline(always)]
fn sweep<T: Copy + Default + PartialEq>(
    padded: &Padded,
    keys: &[T],
    offsets: &[isize],
    near: impl Fn(T, T) -> bool,
    slab: Range<usize>,
    mut tally: Tally,
) -> Tally {
    const BLOCK: usize = SLACK;
    for z in slab {
        let span = padded.span(z);
        for start in span.clone().step_by(BLOCK) {
            let Some(own) = keys[start..].first_chunk::<BLOCK>() else { break };
            if own.iter().all(|&key| key == T::default()) {
                continue;
            }
            let mut dependence = [1_u32; BLOCK];
            // As many neighbours as a byte can count.
            for offsets in offsets.chunks(255) {
                let mut found = [0_u8; BLOCK];
                for &offset in offsets {
                    let there = start.wrapping_add_signed(offset);
                    let Some(there) = keys[there..].first_chunk::<BLOCK>() else { continue };
                    for i in 0..BLOCK {
                        found[i] += u8::from(near(own[i], there[i]));
                    }
                }
                for i in 0..BLOCK {
                    dependence[i] += u32::from(found[i]);
                }
            }
            let ranks = &padded.ranks()[start..span.end.min(start + BLOCK)];
            tally.add_all(ranks, &dependence, offsets.len() + 1);
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ndarray::Array3;

    use super::{super::testing, *};

    /// Voxels by level and dependence: the definition.
    fn naive(grey: &Array3<u32>, steps: &[[i32; 3]], a: f64) -> BTreeMap<(u32, u32), u32> {
        let mut voxels = BTreeMap::new();
        for (index, &level) in grey.indexed_iter().filter(|&(_, &level)| level > 0) {
            let near = |times: i32| {
                let there = steps.iter().map(|&step| testing::at(grey, index, step, times));
                there.filter(|&there| there > 0 && f64::from(there.abs_diff(level)) <= a).count() as u32
            };
            *voxels.entry((level, 1 + near(1) + near(-1))).or_insert(0) += 1;
        }
        voxels
    }

    fn counts(voxels: &LevelSize) -> BTreeMap<(u32, u32), u32> {
        voxels.entries().iter().map(|e| ((e.level, e.size), e.count as u32)).collect()
    }

    #[test]
    fn dependences_are_those_of_the_definition() {
        let settings: [(&[u32], _); 6] =
            [(&[1], 0.0), (&[1], 1.0), (&[2], 0.0), (&[1, 3], 2.9), (&[3, 2, 1, 2], 40.0), (&[1], -1.0)];
        for (case, grey) in testing::volumes().iter().chain([&testing::large(12)]).enumerate() {
            let levels = testing::levels(grey);
            for within in [None, Some(0), Some(1), Some(2)] {
                for (distances, a) in settings.iter().copied().skip(case % 2).step_by(2) {
                    let voxels = count(&levels, distances, within, a).unwrap();
                    let expected = naive(grey, &half_steps(distances, within), a);
                    assert_eq!(counts(&voxels), expected, "{:?} {within:?} {distances:?} {a}", grey.dim());
                }
            }
        }
    }

    #[test]
    fn far_apart_levels_and_more_than_255_neighbours() {
        let grey = testing::large(9).mapv(|level| if level > 4 { level * 3_000_000 } else { level * 70 });
        let grey = grey.slice(ndarray::s![20..34, 20..32, 20..41]).to_owned();
        let levels = testing::levels(&grey);
        for (distances, a) in [(vec![1], 5e9), (vec![1, 2, 3, 4], 0.0), (vec![1], 70.0), (vec![7], 3e6)] {
            let voxels = count(&levels, &distances, None, a).unwrap();
            assert_eq!(counts(&voxels), naive(&grey, &half_steps(&distances, None), a));
        }
    }

    #[test]
    fn slices_are_counted_alone() {
        let grey = testing::large(6);
        let slices = by_slice(&testing::levels(&grey), &[1, 2], 1.0).unwrap();
        for (z, slice) in slices.iter().enumerate().step_by(10) {
            let alone = grey.slice(ndarray::s![z..=z, .., ..]).to_owned();
            assert_eq!(counts(slice), naive(&alone, &half_steps(&[1, 2], None), 1.0));
        }
    }

    #[test]
    fn threads_do_not_matter() {
        let levels = testing::levels(&testing::large(700));
        testing::same_for_any_threads(|| count(&levels, &[1], None, 30.0).unwrap());
    }
}

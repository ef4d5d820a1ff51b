//! Neighbouring grey-level dependence matrix (`REK0`).
//!
//! `d_ij` counts the voxels of grey level `i` with dependence `j`: the neighbours in the region whose grey level
//! differs by `α` or less, and the voxel itself.
//!
//! With `ngldm_weighting` a neighbour `m` voxel steps away counts `w(m)` = `1 / ‖m‖` or `exp(−‖m‖²)` instead of 1; the
//! voxel itself still counts 1. The manual (3.11, distances and distance weighting) calls that non-standard use.
//!
//! ```
//! use radiomics_core::{IbsiFamily, ibsi::{IbsiInput, Selection, features}};
//! let input = IbsiInput::from_grey_levels(ndarray::arr3(&[[[1, 1, 2]]]), [1.0; 3]);
//! let selection = Selection { families: vec![IbsiFamily::Ngldm], ..Selection::default() };
//! let values = features(&input, &selection)?;
//! let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).map(|v| v.value);
//! // Dependences 2, 2 and 1.
//! assert_eq!(value("ngl_hde_3D"), Some((4.0 + 4.0 + 1.0) / 3.0));
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! `N = Σ d_ij` is the number of voxels.
//!
#![doc = ibsi_ngldm_table!()]
//!
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003, section 3.11.

use std::{collections::BTreeMap, ops::Range};

use rayon::prelude::*;

use super::{
    Aggregation, TextureSettings, WeightFunction,
    sizes::{self, Counted},
};
use crate::{
    error::Error,
    features::{
        gldm,
        level_size::{Entry, LevelSize},
        padded::Padded,
    },
    levels::Levels,
};

/// Values of each aggregation in the order of the names.
///
/// # Errors
/// [`Error::TooManyVoxels`].
pub(super) fn values(
    levels: &Levels,
    settings: &TextureSettings,
    aggregations: &[Aggregation],
) -> Result<Vec<Vec<f64>>, Error> {
    let weighting = settings.ngldm_weighting;
    let count = |within: bool| -> Result<Vec<Counted>, Error> {
        let steps = settings.ngldm.steps(levels.size(), within);
        let reach = steps.iter().flatten().map(|n| n.unsigned_abs() as usize).max().unwrap_or(0);
        let padded = Padded::new(levels, reach)?;
        let parts = if within { padded.slices() } else { padded.whole() };
        let alpha = f64::from(settings.ngldm_alpha);
        let counted = |matrix: LevelSize| {
            let voxels = matrix.entries().iter().map(|entry| entry.count).sum();
            Counted { matrix, voxels }
        };
        let matrices = match weighting.function {
            WeightFunction::None => gldm::count_in(&padded, levels.values(), &steps, alpha, parts),
            _ => weighted(&padded, levels.values(), &steps, settings, parts),
        };
        Ok(matrices.into_iter().map(counted).collect())
    };
    let (is_2d, is_3d) = (aggregations.iter().any(|a| !a.is_3d()), aggregations.iter().any(|a| a.is_3d()));
    let (slices, volume) = rayon::join(
        || if is_2d { count(true) } else { Ok(Vec::new()) },
        || if is_3d { count(false) } else { Ok(Vec::new()) },
    );
    let (slices, volume) = (slices?, volume?);
    let values = |&aggregation: &Aggregation| {
        let features = sizes::aggregated(&slices, volume.first(), aggregation);
        let mut values = sizes::in_order(&features).to_vec();
        values.push(features.energy);
        values
    };
    Ok(aggregations.iter().map(values).collect())
}

/// Weighted dependences are told apart to this part of one neighbour: what rounding makes of equal ones is one.
const PART: f64 = 1e-9;

/// The matrices of some parts where a dependent neighbour counts as much as its distance says.
fn weighted(
    padded: &Padded,
    values: &[u32],
    steps: &[[i32; 3]],
    settings: &TextureSettings,
    parts: Vec<Range<usize>>,
) -> Vec<LevelSize> {
    let neighbours: Vec<(isize, f64)> = steps
        .iter()
        .flat_map(|&step| {
            let (offset, weight) = (padded.offset(step), settings.ngldm_weighting.of(step));
            [(offset, weight), (-offset, weight)]
        })
        .collect();
    let ranks = padded.ranks();
    let level = |position: usize| ranks[position].checked_sub(1).map(|rank| values[usize::from(rank)]);
    let dependence = |position: usize, own: u32| {
        let near = |&&(offset, _): &&(isize, f64)| {
            level(position.wrapping_add_signed(offset))
                .is_some_and(|there| there.abs_diff(own) <= settings.ngldm_alpha)
        };
        let sum: f64 = neighbours.iter().filter(near).map(|(_, weight)| weight).sum();
        ((1.0 + sum) / PART).round() as u64
    };
    let count = |part: Range<usize>| -> BTreeMap<(u32, u64), u32> {
        let planes = part.into_par_iter().map(|z| {
            let mut counts = BTreeMap::new();
            for position in padded.span(z) {
                if let Some(own) = level(position) {
                    *counts.entry((own, dependence(position, own))).or_insert(0) += 1;
                }
            }
            counts
        });
        planes.reduce(BTreeMap::new, |mut sum, other| {
            other.into_iter().for_each(|(key, count)| *sum.entry(key).or_insert(0) += count);
            sum
        })
    };
    let counted: Vec<_> = parts.into_iter().map(count).collect();
    // One scale for all parts, so that they can be added up.
    let mut scale: Vec<u64> = counted.iter().flatten().map(|(&(_, dependence), _)| dependence).collect();
    scale.sort_unstable();
    scale.dedup();
    let dependences: Vec<f64> = scale.iter().map(|&dependence| dependence as f64 * PART).collect();
    let entry = |((level, dependence), count): ((u32, u64), u32)| Entry {
        level,
        size: scale.partition_point(|&other| other < dependence) as u32,
        count: f64::from(count),
    };
    let matrix = |counts: BTreeMap<(u32, u64), u32>| {
        LevelSize::scaled(counts.into_iter().map(entry).collect(), dependences.clone())
    };
    counted.into_iter().map(matrix).collect()
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use crate::features::testing;

    fn feature(input: &IbsiInput, tag: &str) -> f64 {
        let selection = Selection { families: vec![IbsiFamily::Ngldm], ..Selection::default() };
        let values = features(input, &selection).unwrap();
        values.iter().find(|value| value.feature_tag == tag).unwrap().value
    }

    #[test]
    fn weighted_dependences_are_sums_of_weights() {
        for (case, grey) in testing::volumes().into_iter().chain([testing::large(5)]).enumerate() {
            let mut input = IbsiInput::from_grey_levels(grey.clone(), [1.0; 3]);
            let norm = [Norm::Euclidean, Norm::Chebyshev, Norm::Manhattan][case % 3];
            let function = [WeightFunction::Inverse, WeightFunction::Exponential][case % 2];
            input.texture.ngldm = Neighbourhood { distance: 2.0, norm };
            input.texture.ngldm_alpha = 1;
            input.texture.ngldm_weighting = Weighting { function, norm };
            // The definition, for one slice-wise and one volumetric aggregation.
            for (tag, deep) in [("ngl_hde_3D", 2), ("ngl_hde_2_5D", 0)] {
                let (mut sum, mut voxels) = (0.0, 0.0);
                for (place, &own) in grey.indexed_iter().filter(|(_, own)| **own > 0) {
                    let mut dependence = 1.0;
                    for (z, y, x) in (-deep..=deep)
                        .flat_map(|z| (-2..=2).flat_map(move |y| (-2..=2).map(move |x| (z, y, x))))
                        .filter(|&step| step != (0, 0, 0))
                    {
                        let near = norm.length([x, y, z]) <= 2.0;
                        let there = testing::at(&grey, place, [x, y, z], 1);
                        if near && there > 0 && there.abs_diff(own) <= 1 {
                            dependence += input.texture.ngldm_weighting.of([x, y, z]);
                        }
                    }
                    sum += dependence * dependence;
                    voxels += 1.0;
                }
                let (ours, expected) = (feature(&input, tag), sum / voxels);
                assert!((ours - expected).abs() < 1e-7 * expected, "{case} {tag}: {ours} {expected}");
            }
        }
    }

    #[test]
    fn weights_of_one_change_nothing() {
        let mut input = IbsiInput::from_grey_levels(testing::large(7), [1.0; 3]);
        let selection = Selection { families: vec![IbsiFamily::Ngldm], ..Selection::default() };
        let plain = features(&input, &selection).unwrap();
        // The neighbours of the default lie at a Chebyshev distance of 1.
        input.texture.ngldm_weighting.function = WeightFunction::Inverse;
        for (a, b) in features(&input, &selection).unwrap().iter().zip(&plain) {
            assert!(
                (a.value - b.value).abs() <= 1e-7 * b.value.abs(),
                "{}: {} {}",
                a.feature_tag,
                a.value,
                b.value
            );
        }
    }
}

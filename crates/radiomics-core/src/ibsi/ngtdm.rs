//! Neighbourhood grey-tone difference matrix (`IPET`).
//!
//! `s_i` adds up how far voxels of grey level `i` are from the mean of their neighbours in the region; `n_i` counts
//! the voxels that have a neighbour, `p_i = n_i / N`.
//!
//! ```
//! use radiomics_core::{IbsiFamily, ibsi::{IbsiInput, Selection, features}};
//! let input = IbsiInput::from_grey_levels(ndarray::arr3(&[[[1, 1, 4]]]), [1.0; 3]);
//! let selection = Selection { families: vec![IbsiFamily::Ngtdm], ..Selection::default() };
//! let values = features(&input, &selection)?;
//! let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).map(|v| v.value);
//! // |1 − 1| + |1 − (1 + 4) / 2| for level 1, |4 − 1| for level 4, times 2/3 and 1/3.
//! assert_eq!(value("ngt_coarseness_3D"), Some(1.0 / 2.0));
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! Sums are over the grey levels with `n_i > 0`, `N_g` in number; `N = Σ n_i`.
//!
#![doc = ibsi_ngtdm_table!()]
//!
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003, section 3.10.

use rayon::prelude::*;

use super::{Aggregation, TextureSettings, WeightFunction};
use crate::{
    error::Error,
    features::ngtdm::{Ngtdm, Tone},
    levels::Levels,
    names::NgtdmFeatures,
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
    let cube = settings.ngtdm.cube().filter(|_| settings.ngtdm_weighting.function == WeightFunction::None);
    let longest = levels.size().into_iter().max().unwrap_or(1) as u32;
    let cube = cube.map(|distance| (1..=distance.min(longest)).collect::<Vec<u32>>());
    let slices = || match &cube {
        Some(distances) => Ngtdm::by_slice(levels, distances),
        None => Ok(weighted(levels, settings, true)),
    };
    let volume = || match &cube {
        Some(distances) => Ngtdm::count(levels, distances, None),
        None => Ok(merged(&weighted(levels, settings, false))),
    };
    let (is_2d, is_3d) = (aggregations.iter().any(|a| !a.is_3d()), aggregations.iter().any(|a| a.is_3d()));
    let (slices, volume) = rayon::join(|| is_2d.then(slices).transpose(), || is_3d.then(volume).transpose());
    let (slices, volume) = (slices?.unwrap_or_default(), volume?);
    let values = |&aggregation: &Aggregation| {
        let features = match aggregation {
            Aggregation::Slices2D => {
                let present = slices.iter().filter(|slice| slice.tones.iter().any(|tone| tone.voxels > 0));
                NgtdmFeatures::mean(&present.map(|slice| slice.features(false)).collect::<Vec<_>>())
            }
            Aggregation::Slices25D => merged(&slices).features(false),
            _ => volume.as_ref().map_or(NgtdmFeatures::mean(&[]), |volume| volume.features(false)),
        };
        vec![
            features.coarseness,
            features.contrast,
            features.busyness,
            features.complexity,
            features.strength,
        ]
    };
    Ok(aggregations.iter().map(values).collect())
}

/// The sum of the matrices of slices, in their order.
fn merged(slices: &[Ngtdm]) -> Ngtdm {
    let mut tones: Vec<Tone> = slices.iter().flat_map(|slice| slice.tones.iter().copied()).collect();
    tones.sort_by_key(|tone| tone.level); // stable
    tones.dedup_by(|next, sum| {
        let same = next.level == sum.level;
        if same {
            sum.voxels += next.voxels;
            sum.isolated += next.isolated;
            sum.difference += next.difference;
        }
        same
    });
    Ngtdm { tones }
}

/// The matrix of each slice's voxels for any norm and weight of the neighbours, which lie in the slice (`within`)
/// or in space.
fn weighted(levels: &Levels, settings: &TextureSettings, within: bool) -> Vec<Ngtdm> {
    let steps = settings.ngtdm.steps(levels.size(), within);
    let levels = &levels.with_border_for(&steps);
    let weights: Vec<(isize, f64)> = steps
        .iter()
        .map(|&step| (levels.offset(step), settings.ngtdm_weighting.of(step)))
        .flat_map(|(offset, weight)| [(offset, weight), (-offset, weight)])
        .collect();
    let [nx, ny, nz] = levels.size();
    let ranks = levels.ranks();
    let level = |rank: u16| f64::from(levels.values()[usize::from(rank) - 1]);
    let slice = |z: usize| {
        let none = Tone { level: 0, voxels: 0, isolated: 0, difference: 0.0 };
        let mut tones = vec![none; levels.values().len()];
        tones.iter_mut().zip(levels.values()).for_each(|(tone, &level)| tone.level = level);
        for (y, x) in (0..ny).flat_map(|y| (0..nx).map(move |x| (y, x))) {
            let at = levels.position([x, y, z]);
            let rank = ranks[at];
            if rank == 0 {
                continue;
            }
            let (mut sum, mut total) = (0.0, 0.0);
            for &(offset, weight) in &weights {
                let there = ranks[at.wrapping_add_signed(offset)];
                if there > 0 {
                    sum += weight * level(there);
                    total += weight;
                }
            }
            let tone = &mut tones[usize::from(rank) - 1];
            if total > 0.0 {
                tone.voxels += 1;
                tone.difference += (level(rank) - sum / total).abs();
            } else {
                tone.isolated += 1;
            }
        }
        tones.retain(|tone| tone.voxels + tone.isolated > 0);
        Ngtdm { tones }
    };
    (0..nz).into_par_iter().map(slice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        features::testing,
        ibsi::{Neighbourhood, Norm, Weighting},
    };

    #[test]
    fn any_neighbourhood_gives_the_counts_of_the_cube() {
        for grey in testing::volumes() {
            let levels = testing::levels(&grey);
            for distance in [1, 2] {
                let settings = TextureSettings {
                    ngtdm: Neighbourhood { distance: f64::from(distance), norm: Norm::Chebyshev },
                    ..TextureSettings::default()
                };
                let distances: Vec<u32> = (1..=distance).collect();
                for within in [false, true] {
                    let ours = merged(&weighted(&levels, &settings, within));
                    let theirs = Ngtdm::count(&levels, &distances, within.then_some(0)).unwrap();
                    for (a, b) in ours.tones.iter().zip(&theirs.tones) {
                        assert_eq!((a.level, a.voxels, a.isolated), (b.level, b.voxels, b.isolated));
                        assert!((a.difference - b.difference).abs() <= 1e-10 * b.difference, "{a:?} {b:?}");
                    }
                    assert_eq!(ours.tones.len(), theirs.tones.len());
                }
            }
        }
    }

    #[test]
    fn near_neighbours_weigh_more() {
        // Around the 1: one 3 beside it, one 5 at a corner.
        let levels = testing::levels(&ndarray::arr3(&[[[1, 3], [0, 5]]]));
        let weighting = Weighting { function: WeightFunction::Inverse, norm: Norm::Manhattan };
        let settings = TextureSettings { ngtdm_weighting: weighting, ..TextureSettings::default() };
        let tones = &weighted(&levels, &settings, true)[0].tones;
        assert_eq!(tones[0].difference, (3.0 + 0.5 * 5.0) / 1.5 - 1.0);
    }
}

//! Zones: size-zone matrix (GLSZM, `9SAK`) and distance-zone matrix (GLDZM, `VMDZ`).
//!
//! A zone is a largest set of linked voxels of one grey level. The first matrix counts zones by grey level and number
//! of voxels, the second by grey level and distance from the border of the region, that of the zone's nearest voxel.
//!
//! ```
//! use radiomics_core::{IbsiFamily, ibsi::{IbsiInput, Selection, features}};
//! let input = IbsiInput::from_grey_levels(ndarray::arr3(&[[[1, 1, 2]]]), [1.0; 3]);
//! let selection = Selection { families: vec![IbsiFamily::Glszm, IbsiFamily::Gldzm], ..Selection::default() };
//! let values = features(&input, &selection)?;
//! let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).map(|v| v.value);
//! // A zone of two voxels and one of one; both touch the border.
//! assert_eq!(value("szm_lze_3D"), Some((4.0 + 1.0) / 2.0));
//! assert_eq!(value("dzm_lde_3D"), Some(1.0));
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! Of the size-zone matrix, `s_ij` zones of grey level `i` with `j` voxels, `N_z = Σ s_ij` in all:
//!
#![doc = ibsi_glszm_table!()]
//!
//! Of the distance-zone matrix, `d_ij` zones of grey level `i` at the distance `j`, `N_z = Σ d_ij` in all and `N` voxels:
//!
#![doc = ibsi_gldzm_table!()]
//!
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003, sections 3.8 and 3.9.

use ndarray::Array3;
use rayon::prelude::*;

use super::{
    Aggregation, Neighbourhood, border,
    region::Region,
    sizes::{self, Counted},
};
use crate::{
    error::Error,
    features::{
        glszm,
        level_size::{Entry, LevelSize},
    },
    levels::Levels,
};

/// GLSZM: values of each aggregation in the order of the names.
///
/// # Errors
/// [`Error::TooManyVoxels`].
pub(super) fn sizes(region: &Region, aggregations: &[Aggregation]) -> Result<Vec<Vec<f64>>, Error> {
    let (levels, linkage) = (&region.levels, region.input.texture.glszm);
    // The counting of the 26-neighbourhood is made for speed.
    let whole = linkage.cube() == Some(1);
    let counted = |matrix: LevelSize| {
        let voxels = matrix.entries().iter().map(|e| f64::from(e.size) * e.count).sum();
        Counted { matrix, voxels }
    };
    let by_size = |zones: &[Zone]| {
        LevelSize::new(zones.iter().map(|z| Entry { level: z.level, size: z.size, count: 1.0 }).collect())
    };
    let slices = || -> Result<Vec<LevelSize>, Error> {
        if whole {
            return glszm::by_slice(levels);
        }
        Ok(by_slice(levels, linkage, None).iter().map(|zones| by_size(zones)).collect())
    };
    let volume = || -> Result<LevelSize, Error> {
        if whole { glszm::count(levels, None) } else { Ok(by_size(&in_volume(levels, linkage, None))) }
    };
    aggregate(aggregations, || Ok(slices()?.into_iter().map(counted).collect()), || Ok(counted(volume()?)))
}

/// GLDZM: values of each aggregation in the order of the names.
///
/// # Errors
/// [`Error::TooManyVoxels`].
pub(super) fn distances(region: &Region, aggregations: &[Aggregation]) -> Result<Vec<Vec<f64>>, Error> {
    let (levels, linkage) = (&region.levels, region.input.texture.gldzm);
    if levels.voxels() > u64::from(u32::MAX) {
        return Err(Error::TooManyVoxels { voxels: levels.voxels(), limit: u32::MAX });
    }
    let counted = |zones: &Vec<Zone>| Counted {
        voxels: zones.iter().map(|zone| f64::from(zone.size)).sum(),
        matrix: LevelSize::new(
            zones.iter().map(|z| Entry { level: z.level, size: z.distance, count: 1.0 }).collect(),
        ),
    };
    let to_border = |within| {
        let [z, y, x] = &region.morphological;
        let mask = region.input.morphological.slice(ndarray::s![z.clone(), y.clone(), x.clone()]);
        let distances = border::distances(mask, within);
        let part: [_; 3] = std::array::from_fn(|axis| {
            let (inner, outer) = (&region.intensity[axis], &region.morphological[axis]);
            inner.start - outer.start..inner.end - outer.start
        });
        let [z, y, x] = part;
        distances.slice(ndarray::s![z, y, x]).to_owned()
    };
    aggregate(
        aggregations,
        || Ok(by_slice(levels, linkage, Some(&to_border(true))).iter().map(counted).collect()),
        || Ok(counted(&in_volume(levels, linkage, Some(&to_border(false))))),
    )
}

/// Counts what is wanted, once, and takes the features of each aggregation.
fn aggregate(
    aggregations: &[Aggregation],
    slices: impl Fn() -> Result<Vec<Counted>, Error> + Sync,
    volume: impl Fn() -> Result<Counted, Error> + Sync,
) -> Result<Vec<Vec<f64>>, Error> {
    let (is_2d, is_3d) = (aggregations.iter().any(|a| !a.is_3d()), aggregations.iter().any(|a| a.is_3d()));
    let (slices, volume) =
        rayon::join(|| is_2d.then(&slices).transpose(), || is_3d.then(&volume).transpose());
    let (slices, volume) = (slices?.unwrap_or_default(), volume?);
    let values = |&a: &Aggregation| sizes::in_order(&sizes::aggregated(&slices, volume.as_ref(), a)).to_vec();
    Ok(aggregations.iter().map(values).collect())
}

/// One zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Zone {
    level: u32,
    /// Number of voxels.
    size: u32,
    /// From the border of the region.
    distance: u32,
}

/// The zones of each slice along z. `distances` has the shape of the region's box.
fn by_slice(levels: &Levels, linkage: Neighbourhood, distances: Option<&Array3<u32>>) -> Vec<Vec<Zone>> {
    let steps = linkage.steps(levels.size(), true);
    let levels = &levels.with_border_for(&steps);
    (0..levels.size()[2]).into_par_iter().map(|z| label(levels, &steps, z..z + 1, distances)).collect()
}

/// The zones of the volume.
fn in_volume(levels: &Levels, linkage: Neighbourhood, distances: Option<&Array3<u32>>) -> Vec<Zone> {
    let steps = linkage.steps(levels.size(), false);
    let levels = &levels.with_border_for(&steps);
    label(levels, &steps, 0..levels.size()[2], distances)
}

/// Unites each voxel with the equal ones that come before it (`steps` backward).
fn label(
    levels: &Levels,
    steps: &[[i32; 3]],
    slices: std::ops::Range<usize>,
    distances: Option<&Array3<u32>>,
) -> Vec<Zone> {
    let [nx, ny, _] = levels.size();
    let offsets: Vec<usize> = steps.iter().map(|&step| levels.offset(step).unsigned_abs()).collect();
    let ranks = levels.ranks();
    let first = levels.position([0, 0, slices.start]);
    let last = levels.position([nx - 1, ny - 1, slices.end.max(1) - 1]);
    // Label of each voxel of these slices; each label knows another of its zone, with a smaller number.
    let mut labels = vec![0_u32; last + 1 - first];
    let mut parents: Vec<u32> = Vec::new();
    let mut zones: Vec<Zone> = Vec::new();
    for z in slices {
        for y in 0..ny {
            let start = levels.position([0, y, z]);
            for x in 0..nx {
                let at = start + x;
                let rank = ranks[at];
                if rank == 0 {
                    continue;
                }
                let mut label = u32::MAX;
                for offset in &offsets {
                    // What lies before the first slice is of no concern.
                    let Some(there) = at.checked_sub(*offset).filter(|&there| there >= first) else {
                        continue;
                    };
                    if ranks[there] == rank {
                        let other = root(&mut parents, labels[there - first]);
                        if label == u32::MAX {
                            label = other;
                        } else if label != other {
                            let (low, high) = (label.min(other), label.max(other));
                            parents[high as usize] = low;
                            label = low;
                        }
                    }
                }
                let distance = distances.map_or(1, |distances| distances[[z, y, x]]);
                if label == u32::MAX {
                    label = parents.len() as u32;
                    parents.push(label);
                    let level = levels.values()[usize::from(rank) - 1];
                    zones.push(Zone { level, size: 0, distance });
                }
                labels[at - first] = label;
                let zone = &mut zones[label as usize];
                zone.size += 1;
                zone.distance = zone.distance.min(distance);
            }
        }
    }
    // Parents come first: backwards every label hands on what it has.
    for label in (0..zones.len()).rev() {
        let (parent, zone) = (parents[label] as usize, zones[label]);
        if parent != label {
            zones[parent].size += zone.size;
            zones[parent].distance = zones[parent].distance.min(zone.distance);
        }
    }
    let roots = zones.iter().enumerate().filter(|(label, _)| parents[*label] as usize == *label);
    roots.map(|(_, zone)| *zone).collect()
}

fn root(parents: &mut [u32], mut label: u32) -> u32 {
    while parents[label as usize] != label {
        parents[label as usize] = parents[parents[label as usize] as usize];
        label = parents[label as usize];
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{features::testing, ibsi::Norm};

    /// Zones by filling one after the other: the definition.
    fn naive(grey: &Array3<u32>, steps: &[[i32; 3]], distances: &Array3<u32>) -> Vec<Zone> {
        let mut left = grey.clone();
        let mut zones = Vec::new();
        for (start, &level) in grey.indexed_iter() {
            if std::mem::take(&mut left[start]) == 0 {
                continue;
            }
            let (mut open, mut zone) = (vec![start], Zone { level, size: 0, distance: u32::MAX });
            while let Some(voxel) = open.pop() {
                zone.size += 1;
                zone.distance = zone.distance.min(distances[voxel]);
                for step in steps {
                    for times in [1, -1] {
                        if testing::at(&left, voxel, *step, times) == level {
                            let moved = |from: usize, step: i32| (from as i32 + times * step) as usize;
                            let next =
                                (moved(voxel.0, step[2]), moved(voxel.1, step[1]), moved(voxel.2, step[0]));
                            left[next] = 0;
                            open.push(next);
                        }
                    }
                }
            }
            zones.push(zone);
        }
        zones.sort_by_key(|z| (z.level, z.size, z.distance));
        zones
    }

    #[test]
    fn zones_are_those_of_the_definition() {
        let linkages = [
            Neighbourhood::default(),
            Neighbourhood { distance: 1.0, norm: Norm::Manhattan },
            Neighbourhood { distance: 1.5, norm: Norm::Euclidean },
            Neighbourhood { distance: 3.0, norm: Norm::Chebyshev },
        ];
        for (case, grey) in testing::volumes().iter().enumerate() {
            let levels = testing::levels(grey);
            let linkage = linkages[case % linkages.len()];
            let mut random = testing::Random(case as u64);
            let distances = grey.mapv(|_| 1 + random.below(9) as u32);
            let mut zones = in_volume(&levels, linkage, Some(&distances));
            zones.sort_by_key(|z| (z.level, z.size, z.distance));
            assert_eq!(zones, naive(grey, &linkage.steps(levels.size(), false), &distances), "{case}");
            for (z, mut zones) in by_slice(&levels, linkage, Some(&distances)).into_iter().enumerate() {
                zones.sort_by_key(|z| (z.level, z.size, z.distance));
                let part = |a: &Array3<u32>| a.slice(ndarray::s![z..=z, .., ..]).to_owned();
                let expected = naive(&part(grey), &linkage.steps(levels.size(), true), &part(&distances));
                assert_eq!(zones, expected, "{case} slice {z}");
            }
        }
    }
}

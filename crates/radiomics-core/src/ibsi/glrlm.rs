//! Grey-level run-length matrix (`TP0I`) with the six aggregations.
//!
//! `r_ij` counts the runs of grey level `i` and length `j` along a direction. Runs are counted once for each
//! direction in each slice and once for each direction in space; every aggregation is a sum or a mean of these.
//!
//! ```
//! use radiomics_core::{IbsiFamily, ibsi::{IbsiInput, Selection, features}};
//! let input = IbsiInput::from_grey_levels(ndarray::arr3(&[[[1, 1, 2]]]), [1.0; 3]);
//! let selection = Selection { families: vec![IbsiFamily::Glrlm], ..Selection::default() };
//! let values = features(&input, &selection)?;
//! let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).map(|v| v.value);
//! // Along x two runs of three voxels, along the other twelve directions three.
//! assert_eq!(value("rlm_r_perc_3D_avg"), Some((2.0 / 3.0 + 12.0) / 13.0));
//! assert_eq!(value("rlm_r_perc_3D_comb"), Some((2.0 + 12.0 * 3.0) / (13.0 * 3.0)));
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! `N_r = Σ r_ij` is the number of runs.
//!
#![doc = ibsi_glrlm_table!()]
//!
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003, section 3.7.

use rayon::prelude::*;

use super::{Aggregation, TextureSettings, Weighting, sizes};
use crate::{
    error::Error,
    features::{
        glrlm::Glrlm,
        level_size::{LevelSize, LevelSizeFeatures},
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
    let (is_2d, is_3d) = (aggregations.iter().any(|a| !a.is_3d()), aggregations.iter().any(|a| a.is_3d()));
    let (slices, volume) = rayon::join(
        || if is_2d { Glrlm::by_slice(levels) } else { Ok(Vec::new()) },
        || if is_3d { Glrlm::count(levels, None).map(|whole| vec![whole]) } else { Ok(Vec::new()) },
    );
    let (slices, volume) = (slices?, volume?);
    let values = |&aggregation: &Aggregation| {
        let parts = if aggregation.is_3d() { &volume } else { &slices };
        let features: Vec<LevelSizeFeatures> = matrices(parts, aggregation, settings.glrlm_weighting)
            .par_iter()
            .filter(|matrix| !matrix.entries().is_empty())
            .map(LevelSize::features)
            .collect();
        sizes::in_order(&LevelSizeFeatures::mean(&features)).to_vec()
    };
    Ok(aggregations.par_iter().map(values).collect())
}

/// The matrices whose features are averaged.
fn matrices(parts: &[Glrlm], aggregation: Aggregation, weighting: Weighting) -> Vec<LevelSize> {
    use Aggregation::*;
    let weighted = |part: &'_ Glrlm| -> Vec<f64> {
        part.directions.iter().map(|direction| weighting.of(direction.step)).collect()
    };
    let merge = |parts: &[Glrlm]| {
        let weights: Vec<f64> = parts.iter().flat_map(weighted).collect();
        LevelSize::merged(parts.iter().flat_map(|p| &p.directions).map(|d| &d.runs).zip(weights))
    };
    match aggregation {
        Averaged2D | Averaged3D => {
            parts.iter().flat_map(|part| &part.directions).map(|d| d.runs.clone()).collect()
        }
        SliceMerged2D => parts.chunks(1).map(merge).collect(),
        DirectionMerged25D => {
            let directions = parts.iter().map(|part| part.directions.len()).max().unwrap_or(0);
            let along = |d: usize| parts.iter().filter_map(move |part| part.directions.get(d));
            (0..directions).map(|d| LevelSize::merged(along(d).map(|d| (&d.runs, 1.0)))).collect()
        }
        _ => vec![merge(parts)],
    }
}

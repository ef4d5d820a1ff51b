//! Neighbouring grey-level dependence matrix (`REK0`).
//!
//! `s_ij` counts the voxels of grey level `i` with dependence `j`: the neighbours in the region whose grey level
//! differs by `α` or less, and the voxel itself. Formulas: [`crate::features::level_size`].
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

use super::{
    Aggregation, TextureSettings,
    sizes::{self, Counted},
};
use crate::{
    error::Error,
    features::{gldm, level_size::LevelSize, padded::Padded},
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
        let matrices = gldm::count_in(&padded, levels.values(), &steps, alpha, parts);
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

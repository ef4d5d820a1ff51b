//! Grey-level co-occurrence matrix (`LFYI`) with the six aggregations.
//!
//! `n_ij` counts the pairs of voxels with grey levels `i` and `j` along a direction, in both orders;
//! `p_ij = n_ij / Σ n`. Pairs are counted once for each direction in each slice and once for each direction in space;
//! every aggregation is a sum or a mean of these. Matrices without a pair are left out of means.
//!
//! ```
//! use radiomics_core::{IbsiFamily, ibsi::{IbsiInput, Selection, features}};
//! let input = IbsiInput::from_grey_levels(ndarray::arr3(&[[[1, 1, 2]]]), [1.0; 3]);
//! let selection = Selection { families: vec![IbsiFamily::Glcm], ..Selection::default() };
//! let values = features(&input, &selection)?;
//! let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).map(|v| v.value);
//! // n = [[2, 1], [1, 0]]
//! assert_eq!(value("cm_contrast_3D_comb"), Some(2.0 / 4.0));
//! assert_eq!(value("cm_joint_max_3D_comb"), Some(0.5));
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! With the distributions and entropies of [`crate::features::glcm`]; `μ_x = μ_y` and `σ_x = σ_y`, as pairs count in
//! both orders. `N_g` is the number of bins where there is one, else the highest grey level.
//!
#![doc = ibsi_glcm_table!()]
//!
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003, section 3.6.

use rayon::prelude::*;

use super::{Aggregation, TextureSettings, Weighting};
use crate::{
    features::glcm::{Cell, Glcm, count, merged},
    levels::Levels,
    names::GlcmFeatures,
};

/// The matrices of each direction.
type Directions = Vec<Vec<Cell>>;

/// Values of each aggregation in the order of the names.
pub(super) fn values(
    levels: &Levels,
    level_count: u32,
    settings: &TextureSettings,
    aggregations: &[Aggregation],
) -> Vec<Vec<f64>> {
    let slices = || Counted::slices(levels, settings);
    let volume = || Counted::volume(levels, settings);
    let (is_2d, is_3d) = (aggregations.iter().any(|a| !a.is_3d()), aggregations.iter().any(|a| a.is_3d()));
    let (slices, volume) =
        rayon::join(|| is_2d.then(slices).unwrap_or_default(), || is_3d.then(volume).unwrap_or_default());
    let values = |&aggregation: &Aggregation| {
        let counted = if aggregation.is_3d() { &volume } else { &slices };
        let matrices = counted.matrices(aggregation, settings.glcm_weighting);
        let features = |cells: &Vec<Cell>| {
            let mut features = Glcm::new(cells, levels.values(), true)?.features(level_count, false);
            if features.sum_squares == 0.0 {
                features.correlation = 1.0; // PyRadiomics' number depends on rounding
            }
            Some(features)
        };
        let sets: Vec<GlcmFeatures> = matrices.par_iter().filter_map(features).collect();
        in_order(&GlcmFeatures::mean(&sets)).to_vec()
    };
    aggregations.par_iter().map(values).collect()
}

/// Counts of each direction in each part: the slices along z, or the whole.
#[derive(Default)]
struct Counted {
    steps: Vec<[i32; 3]>,
    parts: Vec<Directions>,
}

impl Counted {
    fn slices(levels: &Levels, settings: &TextureSettings) -> Self {
        let steps = settings.glcm.directions(levels.size(), true);
        let levels = &levels.with_border_for(&steps);
        let slices = (0..levels.size()[2]).into_par_iter();
        let parts = slices.map(|z| count(levels, &steps, z..z + 1, true)).collect();
        Self { steps, parts }
    }

    fn volume(levels: &Levels, settings: &TextureSettings) -> Self {
        let steps = settings.glcm.directions(levels.size(), false);
        let levels = &levels.with_border_for(&steps);
        let parts = vec![count(levels, &steps, 0..levels.size()[2], true)];
        Self { steps, parts }
    }

    /// The matrices whose features are averaged.
    fn matrices(&self, aggregation: Aggregation, weighting: Weighting) -> Vec<Vec<Cell>> {
        use Aggregation::*;
        let weights: Vec<f64> = self.steps.iter().map(|&step| weighting.of(step)).collect();
        let merge = |part: &Directions| merged(part.iter().cloned().zip(weights.iter().copied()));
        match aggregation {
            Averaged2D | Averaged3D => self.parts.iter().flatten().cloned().collect(),
            SliceMerged2D => self.parts.iter().map(merge).collect(),
            DirectionMerged25D => {
                let direction = |d: usize| merged(self.parts.iter().map(|part| (part[d].clone(), 1.0)));
                (0..self.steps.len()).map(direction).collect()
            }
            _ => {
                let all =
                    self.parts.iter().flat_map(|part| part.iter().cloned().zip(weights.iter().copied()));
                vec![merged(all)]
            }
        }
    }
}

/// Dissimilarity is the difference average, sum variance the cluster tendency.
fn in_order(f: &GlcmFeatures) -> [f64; 25] {
    [
        f.maximum_probability,
        f.joint_average,
        f.sum_squares,
        f.joint_entropy,
        f.difference_average,
        f.difference_variance,
        f.difference_entropy,
        f.sum_average,
        f.cluster_tendency,
        f.sum_entropy,
        f.joint_energy,
        f.contrast,
        f.difference_average,
        f.id,
        f.idn,
        f.idm,
        f.idmn,
        f.inverse_variance,
        f.correlation,
        f.autocorrelation,
        f.cluster_tendency,
        f.cluster_shade,
        f.cluster_prominence,
        f.imc1,
        f.imc2,
    ]
}

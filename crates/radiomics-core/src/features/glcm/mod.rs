//! Grey-level co-occurrence matrix (GLCM) and its features: IBSI family `LFYI`.
//!
//! `n_ij` counts the voxels of grey level `i` with a voxel of level `j` one step on; a symmetrical matrix
//! adds its transpose. `p_ij = n_ij / Σ n`.
//!
//! ```text
//! grey levels  1 1 2 2     pairs along x  1-1  1-2  2-2     n =  2 1     p = n / 6
//!                                                                1 2
//! ```
//! ```
//! use radiomics_core::{Levels, Settings, features::glcm};
//! let levels = Levels::from_grey_levels(&ndarray::arr3(&[[[1, 1, 2, 2]]]), [1.0; 3], 1)?;
//! let f = glcm::features(&levels, &Settings::default())?;
//! let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-14, "{found} {expected}");
//! close(f.contrast, 2.0 / 6.0);
//! close(f.joint_average, 1.5);
//! close(f.joint_energy, (4.0 + 1.0 + 1.0 + 4.0) / 36.0);
//! close(f.autocorrelation, (2.0 * 1.0 + 2.0 * 2.0 + 2.0 * 4.0) / 6.0);
//! close(f.correlation, (14.0 / 6.0 - 1.5 * 1.5) / 0.25);
//! close(f.id, 4.0 / 6.0 + 2.0 / 6.0 / 2.0);
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! With `p_x(i) = Σ_j p_ij` and `p_y(j) = Σ_i p_ij`, their means `μ_x`, `μ_y` and standard deviations `σ_x`, `σ_y`;
//! `p_{x+y}(k) = Σ_{i+j=k} p_ij` and `p_{x−y}(k) = Σ_{abs(i−j)=k} p_ij`; `N_g` is the highest grey level. `HX` and `HY`
//! are the entropies of `p_x` and `p_y`, `HXY1 = −Σ p_ij log₂ (p_x(i) p_y(j))`,
//! `HXY2 = −Σ p_x(i) p_y(j) log₂ (p_x(i) p_y(j))`, and `Q_ij = Σ_k p_ik p_jk / (p_x(i) p_y(k))`. Logarithms are of
//! their argument plus 2⁻⁵², as in PyRadiomics.
//!
#![doc = glcm_table!()]
//! Time `O(voxels · steps)`; memory is bounded by 16 MB of counters or, with so many grey levels that most cells are
//! empty, eight bytes for each pair. IBSI reference manual, section 3.6; Haralick et al. 1973,
//! doi:10.1109/TSMC.1973.4309314; Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145.

mod count; // pairs of neighbours
mod formulas; // matrix → features
mod mcc; // the one feature that needs eigenvalues
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use rayon::prelude::*;

pub(crate) use self::{
    count::{Cell, count},
    formulas::Glcm,
};
use crate::{
    config::{Settings, WeightingNorm},
    error::Error,
    levels::Levels,
    names::GlcmFeatures,
};

/// The features of a region with PyRadiomics' conventions.
///
/// Every step of `distances` gives a matrix, and each feature is its mean over the matrices that hold a pair.
/// With `weightingNorm` there is one matrix instead: the sum of all, weighted by `exp(−d²)` with the distance
/// `d` in mm. Where no two voxels of the region are neighbours, every feature is NaN but the MCC of a flat region.
///
/// # Errors
/// None: the signature is that of all classes.
pub fn features(levels: &Levels, settings: &Settings) -> Result<GlcmFeatures, Error> {
    let (matrices, levels) = matrices(levels, settings);
    Ok(mean(&matrices, &levels, settings.symmetrical_glcm))
}

/// The features of a window of a larger region, as PyRadiomics maps them: `highest` is the highest grey level of the
/// whole, `N_g`. Without `mcc` that feature is NaN: it costs more than the others together.
///
/// The whole is taken to have more than one grey level. So the MCC of a direction is 0 where it has one level, or
/// two that are independent, and NaN only where no two voxels are neighbours.
///
/// ```
/// use ndarray::arr3;
/// use radiomics_core::{Levels, Settings, features::glcm};
/// let window = Levels::from_grey_levels(&arr3(&[[[1, 1, 1]]]), [1.0; 3], 1)?;
/// let features = glcm::window_features(&window, &Settings::default(), 32, true);
/// assert_eq!((features.mcc, features.correlation), (0.0, 1.0));
/// # Ok::<(), radiomics_core::Error>(())
/// ```
pub fn window_features(levels: &Levels, settings: &Settings, highest: u32, mcc: bool) -> GlcmFeatures {
    let (matrices, levels) = matrices(levels, settings);
    let flat = levels.values().len() == 1;
    let features = |cells: &Vec<Cell>| {
        let glcm = Glcm::new(cells, levels.values(), settings.symmetrical_glcm)?;
        let mut features = glcm.features(highest, mcc && !flat);
        if mcc && features.mcc.is_nan() {
            features.mcc = 0.0;
        }
        Some(features)
    };
    let sets: Vec<GlcmFeatures> = matrices.iter().filter_map(features).collect();
    GlcmFeatures::mean(&sets)
}

/// The matrices of all steps, or the one merged from them, and the levels they refer to.
fn matrices<'a>(levels: &'a Levels, settings: &Settings) -> (Vec<Vec<Cell>>, Cow<'a, Levels>) {
    let within = settings.force_2d.then_some(settings.force_2d_dimension);
    let steps = levels.steps(&settings.distances, within);
    let levels = levels.with_border_for(&steps);
    let matrices = count(&levels, &steps, 0..levels.size()[2], settings.symmetrical_glcm);
    let matrices = match settings.weighting_norm {
        None => matrices,
        Some(norm) => {
            let weight = |&step: &[i32; 3]| weight(norm, step, levels.spacing());
            vec![merged(matrices.into_iter().zip(steps.iter().map(weight)))]
        }
    };
    (matrices, levels)
}

/// Mean of the features over the matrices that hold a pair.
fn mean(matrices: &[Vec<Cell>], levels: &Levels, symmetric: bool) -> GlcmFeatures {
    let features = |cells: &Vec<Cell>| {
        Some(Glcm::new(cells, levels.values(), symmetric)?.features(levels.highest(), true))
    };
    let sets: Vec<GlcmFeatures> = matrices.par_iter().filter_map(features).collect();
    let mut mean = GlcmFeatures::mean(&sets);
    if levels.values().len() == 1 {
        mean.mcc = 1.0; // so PyRadiomics, even without a pair
    } else if mean.mcc.is_nan() && !sets.is_empty() {
        mean.mcc = 0.0; // independent levels in every matrix
    }
    mean
}

/// The weighted sum of matrices, in their order.
pub(crate) fn merged(matrices: impl Iterator<Item = (Vec<Cell>, f64)>) -> Vec<Cell> {
    let weighted = |(cells, weight): (Vec<Cell>, f64)| {
        cells.into_iter().map(move |cell| Cell { pairs: weight * cell.pairs, ..cell })
    };
    let mut cells: Vec<Cell> = matrices.flat_map(weighted).collect();
    cells.sort_by_key(|cell| (cell.i, cell.j)); // stable
    cells.dedup_by(|next, sum| {
        let same = (next.i, next.j) == (sum.i, sum.j);
        if same {
            sum.pairs += next.pairs;
        }
        same
    });
    cells
}

/// `exp(−d²)` for a step in voxels and a spacing in mm, both x, y, z.
fn weight(norm: WeightingNorm, step: [i32; 3], spacing: [f64; 3]) -> f64 {
    let mm: [f64; 3] = std::array::from_fn(|axis| f64::from(step[axis].abs()) * spacing[axis]);
    match norm {
        WeightingNorm::Manhattan => (-mm.iter().sum::<f64>().powi(2)).exp(),
        WeightingNorm::Euclidean => (-mm.iter().map(|d| d * d).sum::<f64>()).exp(),
        WeightingNorm::Infinity => (-mm.into_iter().fold(0.0, f64::max).powi(2)).exp(),
        WeightingNorm::NoWeighting => 1.0,
    }
}

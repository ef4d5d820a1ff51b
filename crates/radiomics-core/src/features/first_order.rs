//! First-order statistics.

use ndarray::Array3;

use crate::{config::Settings, error::Error, levels::Levels, names::FirstOrderFeatures};

/// The features of the voxels of `image` where `inside` is true, with PyRadiomics' conventions.
///
/// # Errors
/// None yet.
pub fn features(
    image: &Array3<f64>,
    inside: &Array3<bool>,
    levels: &Levels,
    settings: &Settings,
) -> Result<FirstOrderFeatures, Error> {
    let _ = (image, inside, levels, settings);
    Err(Error::NotYet("firstorder"))
}

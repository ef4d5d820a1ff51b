//! Grey-level co-occurrence matrix.

use crate::{config::Settings, error::Error, levels::Levels, names::GlcmFeatures};

/// The features of a region with PyRadiomics' conventions.
///
/// # Errors
/// None yet.
pub fn features(levels: &Levels, settings: &Settings) -> Result<GlcmFeatures, Error> {
    let _ = (levels, settings);
    Err(Error::NotYet("glcm"))
}

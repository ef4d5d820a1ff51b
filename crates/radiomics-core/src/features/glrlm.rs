//! Grey-level run-length matrix.

use crate::{config::Settings, error::Error, levels::Levels, names::GlrlmFeatures};

/// The features of a region with PyRadiomics' conventions.
///
/// # Errors
/// None yet.
pub fn features(levels: &Levels, settings: &Settings) -> Result<GlrlmFeatures, Error> {
    let _ = (levels, settings);
    Err(Error::NotYet("glrlm"))
}

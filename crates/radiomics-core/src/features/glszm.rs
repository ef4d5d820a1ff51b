//! Grey-level size-zone matrix.

use crate::{config::Settings, error::Error, levels::Levels, names::GlszmFeatures};

/// The features of a region with PyRadiomics' conventions.
///
/// # Errors
/// None yet.
pub fn features(levels: &Levels, settings: &Settings) -> Result<GlszmFeatures, Error> {
    let _ = (levels, settings);
    Err(Error::NotYet("glszm"))
}

//! Grey-level dependence matrix.

use crate::{config::Settings, error::Error, levels::Levels, names::GldmFeatures};

/// The features of a region with PyRadiomics' conventions.
///
/// # Errors
/// None yet.
pub fn features(levels: &Levels, settings: &Settings) -> Result<GldmFeatures, Error> {
    let _ = (levels, settings);
    Err(Error::NotYet("gldm"))
}

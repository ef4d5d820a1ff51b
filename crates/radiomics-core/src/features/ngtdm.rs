//! Neighbouring grey-tone difference matrix.

use crate::{config::Settings, error::Error, levels::Levels, names::NgtdmFeatures};

/// The features of a region with PyRadiomics' conventions.
///
/// # Errors
/// None yet.
pub fn features(levels: &Levels, settings: &Settings) -> Result<NgtdmFeatures, Error> {
    let _ = (levels, settings);
    Err(Error::NotYet("ngtdm"))
}

//! Form of a region in space.

use ndarray::Array3;

use crate::{error::Error, names::ShapeFeatures};

/// The features of a region; `inside` is indexed `[z, y, x]`, `spacing` is in mm along x, y, z.
///
/// # Errors
/// None yet.
pub fn features(inside: &Array3<bool>, spacing: [f64; 3]) -> Result<ShapeFeatures, Error> {
    let _ = (inside, spacing);
    Err(Error::NotYet("shape"))
}

//! Form of a region in one slice.

use ndarray::Array3;

use crate::{error::Error, names::Shape2DFeatures};

/// The features of a region of one slice across `dimension` (0 = z, 1 = y, 2 = x).
///
/// # Errors
/// None yet.
pub fn features(inside: &Array3<bool>, spacing: [f64; 3], dimension: u8) -> Result<Shape2DFeatures, Error> {
    let _ = (inside, spacing, dimension);
    Err(Error::NotYet("shape2D"))
}

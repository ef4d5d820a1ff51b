//! What can go wrong between an image with a mask and a row of features.

use radiomics_imaging::{GeometryError, MaskError, VolumeError};

/// Every error carries the values that led to it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A grid is none, or image and mask lie on different grids.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// The mask is no label map or lacks the label.
    #[error(transparent)]
    Mask(#[from] MaskError),
    /// A part of the image was asked for that is not there.
    #[error(transparent)]
    Volume(#[from] VolumeError),
    /// The name is known, but this version cannot calculate it.
    #[error("{0} is not available yet in this version")]
    NotYet(&'static str),
}

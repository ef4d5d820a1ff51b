//! What can go wrong between an image with a mask and its maps.

use radiomics_core::params::ParamsError;
use radiomics_imaging::{GeometryError, VolumeError};

/// Every error carries the values that led to it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Image and mask cannot be used with these settings.
    #[error(transparent)]
    Core(Box<radiomics_core::Error>),
    /// A setting is out of its range.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// A grid is none.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// A part of an image was asked for that is not there.
    #[error(transparent)]
    Volume(#[from] VolumeError),
    /// A class or family of which there is no map.
    #[error("there are no maps of {name}: {reason}")]
    NoMap {
        /// Class, family or feature.
        name: String,
        /// Why not.
        reason: &'static str,
    },
    /// More grey levels than a map is made for.
    #[error(
        "image {image} has grey levels up to {highest}, maps are made of at most {limit}; use a larger binWidth"
    )]
    TooManyLevels {
        /// The filtered image.
        image: String,
        /// The highest level.
        highest: u32,
        /// The highest possible.
        limit: u32,
    },
    /// A crop with more voxels than positions can number.
    #[error("the crop of {size:?} voxels (x, y, z) and its border hold more than {limit} voxels")]
    TooManyVoxels {
        /// Voxels along x, y, z.
        size: [usize; 3],
        /// Number possible.
        limit: u32,
    },
    /// An engine cannot do what is asked of it.
    #[error("engine {engine} does not do this: {reason}")]
    Unsupported {
        /// The engine's name.
        engine: String,
        /// What it cannot do.
        reason: String,
    },
    /// No engine has this name.
    #[error("there is no device {0:?}: it is auto, cpu, cuda or cuda:N")]
    UnknownBackend(String),
    /// A device failed.
    #[error("{device}: {message}")]
    Device {
        /// Which device.
        device: String,
        /// What it said.
        message: String,
    },
    /// Image and maps cannot be stacked.
    #[error("cannot stack: {0}")]
    Stack(String),
    /// Whoever takes the maps could not.
    #[error("{0}")]
    Sink(String),
    /// The result is no longer wanted.
    #[error("cancelled")]
    Cancelled,
}

impl From<radiomics_core::Error> for Error {
    fn from(error: radiomics_core::Error) -> Self {
        Self::Core(Box::new(error))
    }
}

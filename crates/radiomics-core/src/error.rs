//! What can go wrong between an image with a mask and a row of features.

use radiomics_imaging::{GeometryError, MaskError, VolumeError};

use crate::params::ParamsError;

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
    /// A setting is out of its range, or a parameter file has a fault.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// The region has no voxel.
    #[error("the region holds no voxel")]
    EmptyRegion,
    /// A voxel of the region is infinite or not a number.
    #[error(
        "voxel {index:?} (x, y, z in the region's box) is {value}; intensities in the region must be finite"
    )]
    NotFinite {
        /// The value found.
        value: f64,
        /// Where: x, y, z, counted from the start of the array given.
        index: [usize; 3],
    },
    /// Image and mask arrays differ in shape.
    #[error("image has shape {image:?}, mask has shape {mask:?} (z, y, x)")]
    Shapes {
        /// Shape of the image.
        image: [usize; 3],
        /// Shape of the mask.
        mask: [usize; 3],
    },
    /// A bin width that is zero, negative or not finite.
    #[error("binWidth must be positive and finite, got {0}")]
    BinWidth(f64),
    /// No bins.
    #[error("binCount must be at least 1, got 0")]
    BinCount,
    /// So many bins that they cannot be counted, or so narrow that rounding merges their edges.
    #[error(
        "bins of width {width} from {min} to {max} would be about {bins:.0} grey levels; use a larger binWidth or binCount"
    )]
    BinsOverflow {
        /// Width of a bin.
        width: f64,
        /// Smallest intensity of the region.
        min: f64,
        /// Largest intensity of the region.
        max: f64,
        /// Number of bins.
        bins: f64,
    },
    /// More different grey levels than a matrix can hold.
    #[error(
        "the region has {levels} different grey levels, at most {limit} are possible; use a larger binWidth or binCount"
    )]
    TooManyLevels {
        /// Number found.
        levels: usize,
        /// Number possible.
        limit: usize,
    },
    /// The box around a region is too long for exact sums.
    #[error("the region's box has {size:?} voxels (x, y, z), at most {limit} along one side are possible")]
    RegionBox {
        /// Voxels along x, y, z.
        size: [usize; 3],
        /// Number possible along one side.
        limit: usize,
    },
    /// Features of one slice were asked for a region in several.
    #[error(
        "shape2D needs a region in one slice across dimension {dimension} (0 = z, 1 = y, 2 = x), got {slices} slices"
    )]
    NotOneSlice {
        /// 0 = z, 1 = y, 2 = x.
        dimension: u8,
        /// Number of slices from the first to the last voxel.
        slices: usize,
    },
    /// An axis that is none.
    #[error("force2Ddimension must be 0 (z), 1 (y) or 2 (x), got {0}")]
    Dimension(u8),
    /// The name is known, but this version cannot calculate it.
    #[error("{0} is not available yet in this version")]
    NotYet(&'static str),
}

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
        "bins of width {width} from {min} to {max} would be about {bins:.0} grey levels; use a larger binWidth or a \
         smaller binCount (IBSI: bin_size, bin_number)"
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
    /// Image and mask lie on different grids.
    #[error(
        "image (first) and mask (second) lie on different grids: {0}\nset correctMask to resample the mask, or \
         geometryTolerance if the difference is rounding"
    )]
    MaskGrid(GeometryError),
    /// The region reaches beyond the image.
    #[error(
        "the region reaches from {low:.3?} to {high:.3?} in image indices (x, y, z), but the image of {size:?} voxels \
         ends half a voxel beyond its outer centres"
    )]
    OutsideImage {
        /// Lower corner of the region's box, continuous index of the image.
        low: [f64; 3],
        /// Upper corner.
        high: [f64; 3],
        /// Size of the image.
        size: [usize; 3],
    },
    /// No voxel of a new grid lies in the region.
    #[error(
        "label {label} has no voxel on the grid of spacing {spacing:?} mm: the region is too small for it"
    )]
    Vanished {
        /// The label.
        label: u32,
        /// Spacing of the grid, mm.
        spacing: [f64; 3],
    },
    /// The region is one voxel.
    #[error("label {label} marks a single voxel; no features can be taken from one voxel")]
    SingleVoxel {
        /// The label.
        label: u32,
    },
    /// The region is flat or a line.
    #[error(
        "label {label} is {extent:?} voxels long (x, y, z), more than one along {dimensions} axes; \
         minimumROIDimensions asks for {minimum}"
    )]
    FewDimensions {
        /// The label.
        label: u32,
        /// Size of its box.
        extent: [usize; 3],
        /// Axes along which it is longer than one voxel.
        dimensions: usize,
        /// The setting.
        minimum: u8,
    },
    /// The region has too few voxels.
    #[error("label {label} has {voxels} voxels; minimumROISize asks for more than {minimum}")]
    SmallRegion {
        /// The label.
        label: u32,
        /// Number of its voxels.
        voxels: usize,
        /// The setting.
        minimum: u64,
    },
    /// Re-segmentation left nothing.
    #[error("re-segmentation of label {label} to intensities from {low} to {high} leaves {retained} voxels")]
    Resegmented {
        /// The label.
        label: u32,
        /// Lower threshold.
        low: f64,
        /// Upper threshold.
        high: f64,
        /// Number of voxels left.
        retained: usize,
    },
    /// An image without spread, or with values that are not finite.
    #[error("the image cannot be normalised: its mean is {mean}, its standard deviation {sd}")]
    Normalise {
        /// Mean of all voxels.
        mean: f64,
        /// Standard deviation of all voxels.
        sd: f64,
    },
    /// A grid that no memory would hold.
    #[error("resampling to {spacing:?} mm would need a grid of {size:?} voxels (x, y, z)")]
    GridSize {
        /// Number of voxels along x, y, z.
        size: [f64; 3],
        /// New spacing, mm.
        spacing: [f64; 3],
    },
    /// A filter that reaches so far that memory would not hold what it looks at.
    #[error(
        "{filter} would need {size:?} voxels (x, y, z); use fewer levels, a smaller filter or larger voxels"
    )]
    FilterWindow {
        /// The filter and what it is called with.
        filter: String,
        /// Number of voxels along x, y, z.
        size: [usize; 3],
    },
    /// What a derived image of PyRadiomics' types lacks.
    #[error("in the derived image {image}: {source}")]
    Derived {
        /// The first part of its columns, such as `wavelet-LLH`.
        image: String,
        /// What is wrong with it.
        source: Box<Self>,
    },
    /// A voxel of the region is infinite or not a number.
    #[error(
        "the voxel at {position:?} mm (LPS) in the region is {value}; intensities in the region must be finite"
    )]
    NotFiniteAt {
        /// The value found.
        value: f64,
        /// Its place in the patient.
        position: [f64; 3],
    },
    /// A voxel near the region is infinite or not a number.
    #[error(
        "the voxel at {position:?} mm (LPS) near the region is {value}; local intensity looks there: leave \
         `local_intensity` out of `families` or mend the image"
    )]
    NotFiniteNear {
        /// The value found.
        value: f64,
        /// Its place in the patient.
        position: [f64; 3],
    },
    /// Intensities that are to be grey levels as they are, and cannot be.
    #[error(
        "an intensity of the region is {value}, no grey level, which are whole numbers from 1 to {most}; \
         set bin_size or bin_number"
    )]
    NotALevel {
        /// The value found.
        value: f64,
        /// The highest level possible.
        most: u32,
    },
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// More voxels than the counters of the texture matrices hold.
    #[error("the region has {voxels} voxels; texture features are limited to {limit}")]
    TooManyVoxels {
        /// Number found.
        voxels: u64,
        /// Number possible.
        limit: u32,
    },
    /// A name that no filter has.
    #[error("{what} is `{name}`, which is unknown")]
    UnknownName {
        /// The setting.
        what: &'static str,
        /// The name found.
        name: String,
    },
    /// A grey level that the region cannot have.
    #[error(
        "voxel {index:?} (x, y, z) has grey level {level}; inside the intensity mask it must be from 1 to {count}"
    )]
    GreyLevel {
        /// The level found.
        level: u32,
        /// Number of grey levels.
        count: u32,
        /// Where: x, y, z, counted from the start of the array given.
        index: [usize; 3],
    },
    /// A voxel that only one of the two masks has.
    #[error("voxel {index:?} (x, y, z) lies in the intensity mask, but not in the morphological mask")]
    OutsideMorphological {
        /// Where: x, y, z, counted from the start of the array given.
        index: [usize; 3],
    },
    /// A setting of the IBSI features is out of its range.
    #[error("{name} must be {expected}, got {value}")]
    IbsiSetting {
        /// The setting.
        name: &'static str,
        /// The value found.
        value: f64,
        /// What is possible.
        expected: &'static str,
    },
}

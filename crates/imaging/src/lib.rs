//! Voxels in, voxels out: images, masks and where they lie in the patient. Knows no feature.
//!
//! Arrays are indexed `[z, y, x]` with x fastest; every vector (`size`, `spacing`, `origin`, an index)
//! is ordered `x, y, z`. Positions are millimetres in the patient system LPS (x to the left, y to the
//! back, z to the head), as in DICOM and ITK; formats that differ are converted once, at the border.
pub mod components; // connected parts of a region
pub mod geometry; // index ↔ patient position
pub mod io; // image files
pub mod mask; // label maps and the regions in them
mod regrid; // a label map on another grid
pub mod volume; // voxels in the type they were stored in

pub use self::{
    geometry::{Geometry, GeometryError, IndexBox},
    mask::{Mask, MaskError, RegionSummary},
    volume::{Image, Sample, SampleType, Volume, VolumeError, Voxels},
};

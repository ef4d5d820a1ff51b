//! Images with known truth, for tests, demonstrations and examples. All of it is synthetic: no voxel
//! comes from a patient.
//!
//! Everything is bit-identical on every machine: whole numbers, and of the floating-point operations only
//! those that IEEE 754 defines exactly; logarithms and exponentials of patients are those of the crate `libm`.
//!
//! | module | image | truth |
//! |---|---|---|
//! | [`ibsi`] | the digital phantom of IBSI, 5 × 4 × 4 voxels | the reference values of IBSI |
//! | [`solids`] | ball, box, ellipsoid, torus on any grid | volume and surface in closed form |
//! | [`lesion`] | a CT-like abdomen with one lesion | volume, mean and standard deviation of the lesion |
//! | [`liver`] | livers with lesions before and after a treatment, in two phases, with a clinical table | hazard ratios, texture, readers' disagreement |
pub mod dicom; // DICOM files in every plain encoding
pub mod ibsi; // the digital phantom of the standard
pub mod lesion; // a CT-like scan with a lesion
pub mod liver; // a cohort of livers before and after a treatment
mod noise; // seeded random numbers and smooth textures
pub mod reference; // where tests find reference values and real images
pub mod solids; // bodies with known volume and surface

use radiomics_imaging::{Mask, Volume};

/// A synthetic scan and the region drawn into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Phantom {
    /// Intensities.
    pub image: Volume<i16>,
    /// Label 1 is the region.
    pub mask: Mask,
}

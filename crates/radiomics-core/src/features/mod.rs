//! One module for each feature class of PyRadiomics: count a matrix, then take the features from the counts.
//!
//! Each page has the formulas, codes and units of its features. Those that only IBSI has: [`crate::ibsi`].
//!
//! | class | IBSI family | features | page |
//! |---|---|---:|---|
//! | `firstorder` | `UHIW`; entropy and uniformity `ZVCW` | 19 | [intensities](first_order) |
//! | `glcm` | `LFYI` | 24 | [pairs of neighbours](glcm) |
//! | `gldm` | `REK0` | 14 | [dependence](gldm) |
//! | `glrlm` | `TP0I` | 16 | [runs](glrlm) |
//! | `glszm` | `9SAK` | 16 | [zones](glszm) |
//! | `ngtdm` | `IPET` | 5 | [tone differences](ngtdm) |
//! | `shape` | `HCUG` | 17 | [form](shape) |
//! | `shape2D` | | 10 | [form in a slice](shape2d) |
mod backward; // which backward neighbours a voxel equals
pub mod first_order; // intensities
pub mod glcm; // pairs of neighbours
pub mod gldm; // voxels and the neighbours that resemble them
pub mod glrlm; // runs along directions
pub mod glszm; // connected zones
pub mod level_size; // the formulas that runs, zones and dependences share
pub mod ngtdm; // voxels against the mean of their neighbours
pub(crate) mod padded; // ranks with a border
mod run_lengths; // runs of few grey levels
pub mod shape; // surface, volume, axes
pub mod shape2d; // the same for one slice
mod stretches; // sweeps that are cut where another thread takes a part
#[cfg(test)]
pub(crate) mod testing;

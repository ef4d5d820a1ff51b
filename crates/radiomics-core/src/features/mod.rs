//! One module for each feature class: count a matrix, then take the features from the counts.
mod backward; // which backward neighbours a voxel equals
pub mod first_order; // intensities
pub mod glcm; // pairs of neighbours
pub mod gldm; // voxels and the neighbours that resemble them
pub mod glrlm; // runs along directions
pub mod glszm; // connected zones
pub mod level_size; // the formulas that runs, zones and dependences share
pub mod ngtdm; // voxels against the mean of their neighbours
pub(crate) mod padded; // ranks with a border, and slabs of them
pub mod shape; // surface, volume, axes
pub mod shape2d; // the same for one slice
#[cfg(test)]
pub(crate) mod testing;

//! One module for each feature class: count a matrix, then take the features from the counts.
pub mod first_order; // intensities
pub mod glcm; // pairs of neighbours
pub mod gldm; // voxels and the neighbours that resemble them
pub mod glrlm; // runs along directions
pub mod glszm; // connected zones
pub mod ngtdm; // voxels against the mean of their neighbours
pub mod shape; // surface, volume, axes
pub mod shape2d; // the same for one slice

//! What a window is, and which number a voxel gets.
//!
//! - Image and region are cut to the region's box and `kernelRadius` voxels around it, as far as the image reaches.
//! - The window of a voxel is the cube of `2 · kernelRadius + 1` voxels around it, cut to that crop; with `force2D` the
//!   square in its slice. With `maskedKernel` only voxels of the region belong to a window, else all of the crop.
//! - Grey levels are binned once: over the region, or with `maskedKernel` off over the crop. `N_g` is the highest level
//!   that occurs there, not in the window.
//! - A window is a region of its own: pairs, runs, zones, neighbours and dependences end at its border. Its features are
//!   those that [`radiomics_core::features`] gives for such a region, with `N_g` of the whole. A direction along which
//!   the window has no pair (GLCM), or no line with two voxels (GLRLM), is left out of the mean.
//! - The maximal correlation coefficient of a window of one grey level is 0, unless the whole has but one: then 1.
//! - A feature that a window does not define is NaN, such as those of GLCM around a voxel alone. Outside the region a map
//!   holds `initValue`.
//!
//! # Where PyRadiomics' maps depend on its batches
//! PyRadiomics evaluates `voxelBatch` voxels at once, all of them by default, and two features of a voxel then depend
//! on the others of its batch. Here every voxel stands alone, as with `voxelBatch: 1`:
//! - **MCC**: one window with an empty direction makes PyRadiomics' eigenvalues fail for its whole batch, all of whose voxels keep
//!   `initValue`. Here they have their value.
//! - **JointAverage**: PyRadiomics takes a plain mean over directions, NaN where one is empty in this window but not in
//!   all of the batch. Here it is left out, as for every other feature.

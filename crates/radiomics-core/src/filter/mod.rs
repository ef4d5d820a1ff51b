//! Image → image: what PyRadiomics calls image types.
//!
//! Filters work on a window, the part of the image that is wanted and the voxels around it that the
//! answer depends on; [`Reach`] says how many those are. The scan itself is never filtered whole unless
//! the wanted part is the scan.
//!
//! | image type | IBSI code of its kind | page |
//! |---|---|---|
//! | `LoG` | `L6PA`; IBSI samples the kernel | [Laplacian of Gaussian](log) |
//! | `Wavelet` | `25BO`; IBSI stretches the filters | [wavelet bands](wavelet), [their coefficients](mother) |
//! | `Square`, `SquareRoot`, `Logarithm`, `Exponential` | | [intensity] |
//! | `Gradient` | | [gradient] |
//! | `LBP2D` | | [patterns in slices](lbp2d) |
//! | `LBP3D` | | [patterns on a sphere](lbp3d) |
//! | `[[filter]]` of a parameter file | table of its own | [filters of IBSI 2](ibsi) |
pub mod gradient; // size of the central-difference gradient
pub mod ibsi; // the filters that IBSI 2 standardises
pub mod intensity; // square, square root, logarithm, exponential: voxel by voxel
pub mod lbp2d; // local binary patterns, slice by slice
pub mod lbp3d; // local binary patterns on a sphere
pub mod log; // Laplacian of Gaussian, as ITK's recursive filter gives it
pub mod mother; // coefficients of the mother wavelets
pub mod wavelet; // undecimated wavelet bands

/// How far around a voxel a filter looks, in voxels along x, y, z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Towards the first voxel.
    pub before: [usize; 3],
    /// Towards the last voxel.
    pub after: [usize; 3],
}

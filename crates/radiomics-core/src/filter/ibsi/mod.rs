//! The convolutional filters that IBSI 2 standardises (Whybra et al. 2024, doi:10.1148/radiol.231319; manual
//! arXiv:2006.05470). Lengths are in voxels, images are `[z, y, x]`; an answer has the size of its image.
//!
//! | `type` in a [parameter file](crate::params) | IBSI code | page |
//! |---|---|---|
//! | `mean` | `S60F` | [mean] |
//! | `gaussian` | | [Gaussian](gaussian) |
//! | `log` | `L6PA` | [Laplacian of Gaussian](gaussian) |
//! | `laws` | `JTXT` | [Laws' kernels](laws) |
//! | `gabor` | `Q88H` | [Gabor](gabor) |
//! | `wavelet` | `25BO` | [separable wavelets](wavelet) |
//! | `simoncelli` | `PRT7` | [filters by spectrum](fourier) |
//! | `riesz_log`, `riesz_simoncelli` | `AYRS` | [filters by spectrum](fourier); turned to the image: [Riesz](riesz) |
//! | `shannon`, `riesz_shannon` | not in IBSI | [filters by spectrum](fourier) |
//! | `prewitt`, `sobel`, `laplacian` | not in IBSI | [edges] |
pub mod boundary; // what lies beyond the border
pub mod cascade; // many filters, shared passes
pub mod convolve; // one axis at a time
pub mod edges; // Prewitt, Sobel, discrete Laplacians: MIRP's, not IBSI's
pub mod filter; // a filter with its parameters
pub mod fourier; // filters given by their spectrum
pub mod gabor; // oriented waves in a plane
pub mod gaussian; // Gaussian and Laplacian of Gaussian
pub mod laws; // Laws' kernels and their energy
pub mod mean; // box
pub mod riesz; // directions, of the grid or of the image
pub mod rotation; // the right-angle rotations of a kernel, pooled
pub mod wavelet; // undecimated separable wavelets

pub use self::{
    boundary::Boundary,
    cascade::Cascade,
    filter::{Filter, Kind},
    fourier::Radial,
    riesz::Riesz,
    rotation::Pooling,
};

/// The axes that a filter acts along: within slices across z, or in space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// x and y, slice by slice.
    Slices,
    /// x, y and z.
    Volume,
}

impl Mode {
    /// The mode of a filter with a kernel for each of so many axes: two within slices, three in space.
    pub fn of_axes(axes: usize) -> Self {
        if axes == 2 { Self::Slices } else { Self::Volume }
    }

    /// Number of axes: x, y and perhaps z.
    pub fn axes(self) -> usize {
        match self {
            Self::Slices => 2,
            Self::Volume => 3,
        }
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Slices => "2d",
            Self::Volume => "3d",
        })
    }
}

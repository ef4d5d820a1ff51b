//! Grey levels of a region: what every texture matrix is counted from.

use ndarray::Array3;

use crate::error::Error;

/// How intensities become grey levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Binning {
    /// Bins of this width with edges at its multiples (PyRadiomics `binWidth`).
    Width(f64),
    /// This many bins from the smallest to the largest intensity (PyRadiomics `binCount`).
    Count(u32),
}

/// A discretised region: grey levels 1, 2, … inside, nothing outside.
#[derive(Clone, Debug)]
pub struct Levels {
    spacing: [f64; 3],
}

impl Levels {
    /// Discretises the voxels of `image` where `inside` is true; both are indexed `[z, y, x]`.
    /// `spacing` is in mm along x, y, z.
    ///
    /// # Errors
    /// When the region is empty, holds a value that is not finite, or would have too many grey levels.
    pub fn new(
        image: &Array3<f64>,
        inside: &Array3<bool>,
        spacing: [f64; 3],
        binning: Binning,
    ) -> Result<Self, Error> {
        let _ = (image, inside, binning);
        Ok(Self { spacing })
    }

    /// Voxel spacing along x, y, z in mm.
    pub fn spacing(&self) -> [f64; 3] {
        self.spacing
    }
}

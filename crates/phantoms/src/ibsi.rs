//! The digital phantom of the Image Biomarker Standardisation Initiative.
//!
//! Values as printed in the IBSI reference manual, chapter "Radiomics reference data sets" (Zwanenburg et
//! al., arXiv:1612.07003; design A. Zwanenburg, CC BY 4.0).

use ndarray::{Array3, arr3};
use radiomics_imaging::{Geometry, Mask, Volume, VolumeError};

use crate::Phantom;

/// The digital phantom: 5 × 4 × 4 voxels of 2 mm (x, y, z), grey levels 1, 3, 4 and 6 in a region of 74 voxels.
///
/// The grey levels are meant as they are: no preprocessing and no binning (or bins of width 1). Level 9
/// occurs only outside the region.
///
/// ```
/// let phantom = radiomics_phantoms::ibsi::digital()?;
/// assert_eq!(phantom.image.geometry().size(), [5, 4, 4]);
/// assert_eq!(phantom.mask.region(1).unwrap().voxels, 74);
/// # Ok::<(), radiomics_imaging::VolumeError>(())
/// ```
///
/// # Errors
/// None in practice: the grid is a constant.
pub fn digital() -> Result<Phantom, VolumeError> {
    let grid = Geometry::axial([5, 4, 4], [2.0; 3])?;
    let region = Volume::new(region(), grid)?;
    Ok(Phantom { image: Volume::new(grey_levels(), grid)?, mask: Mask::from_region(&region) })
}

/// Grey levels, `[z, y, x]`.
pub fn grey_levels() -> Array3<i16> {
    arr3(&[
        [[1, 4, 4, 1, 1], [1, 4, 6, 1, 1], [4, 1, 6, 4, 1], [4, 4, 6, 4, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 6, 1, 1], [1, 1, 3, 1, 1], [4, 4, 6, 1, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 1, 1, 1], [1, 1, 9, 1, 1], [1, 1, 6, 1, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 6, 1, 1]],
    ])
}

/// True inside the region, `[z, y, x]`.
pub fn region() -> Array3<bool> {
    const OUTSIDE: [[usize; 3]; 6] = [[1, 2, 0], [2, 0, 3], [2, 0, 4], [2, 2, 2], [3, 0, 3], [3, 0, 4]];
    let mut inside = Array3::from_elem((4, 4, 5), true);
    for voxel in OUTSIDE {
        inside[voxel] = false;
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_statistics_are_those_of_ibsi() {
        let values: Vec<f64> = grey_levels()
            .iter()
            .zip(&region())
            .filter(|(_, inside)| **inside)
            .map(|(&level, _)| f64::from(level))
            .collect();
        // IBSI reference values of the digital phantom: mean 2.15, variance 3.05, energy 567.
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        assert_eq!(values.len(), 74);
        assert_eq!(format!("{mean:.2} {variance:.2}"), "2.15 3.05");
        assert_eq!(values.iter().map(|v| v * v).sum::<f64>(), 567.0);
    }
}

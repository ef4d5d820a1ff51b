//! Scaling a whole image to mean 0 and standard deviation 1, before anything else happens to it.

use radiomics_imaging::Image;

use crate::{config::Settings, error::Error, summary::Summary};

/// How intensities are normalised: `f · clip((x − mean) / sd)`.
///
/// Mean and standard deviation (`1/(N − 1)`) are those of *all* voxels of the scan, not of the region.
/// Intensities become double precision. PyRadiomics' `normalizeImage`, which is ITK's `Normalize`, then
/// `removeOutliers`, then `normalizeScale`.
///
/// ```
/// use radiomics_core::{Settings, normalise::Scaling};
/// use radiomics_imaging::{Geometry, Image, Volume};
///
/// let voxels = ndarray::arr3(&[[[10_i16, 20, 30]]]);
/// let image = Image::from(Volume::new(voxels, Geometry::axial([3, 1, 1], [1.0; 3])?)?);
/// let settings = Settings { normalize_scale: 100.0, ..Settings::default() };
/// let scaling = Scaling::of(&image, &settings)?;
/// assert_eq!(scaling.apply(30.0), 100.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    mean: f64,
    inverse_sd: f64,
    clip: f64,
    factor: f64,
}

impl Scaling {
    /// Takes mean and standard deviation from an image; one pass over all its voxels.
    ///
    /// # Errors
    /// [`Error::Normalise`] when the image is flat or holds values that are not finite.
    pub fn of(image: &Image, settings: &Settings) -> Result<Self, Error> {
        let summary = Summary::of_image(image);
        let (mean, sd) = (summary.mean(), summary.variance().sqrt());
        let inverse_sd = 1.0 / sd;
        if !(mean.is_finite() && inverse_sd.is_finite() && inverse_sd > 0.0) {
            return Err(Error::Normalise { mean, sd });
        }
        let clip = settings.remove_outliers.unwrap_or(f64::INFINITY);
        Ok(Self { mean, inverse_sd, clip, factor: settings.normalize_scale })
    }

    /// The normalised value of an intensity.
    #[inline]
    pub fn apply(&self, x: f64) -> f64 {
        let z = (x - self.mean) * self.inverse_sd;
        // Not `clamp`: NaN passes, as it does in numpy's comparisons.
        let z = if z > self.clip { self.clip } else { z };
        let z = if z < -self.clip { -self.clip } else { z };
        z * self.factor
    }
}

#[cfg(test)]
mod tests {
    use radiomics_imaging::{Geometry, Volume};

    use super::*;

    fn image(values: &[f32]) -> Image {
        let grid = Geometry::axial([values.len(), 1, 1], [1.0; 3]).unwrap();
        let voxels = ndarray::Array3::from_shape_vec([1, 1, values.len()], values.to_vec()).unwrap();
        Volume::new(voxels, grid).unwrap().into()
    }

    #[test]
    fn outliers_are_clipped_before_the_factor() {
        let settings = Settings { remove_outliers: Some(1.0), normalize_scale: 10.0, ..Settings::default() };
        let scaling = Scaling::of(&image(&[-1.0, 0.0, 1.0]), &settings).unwrap();
        assert_eq!([-5.0, -0.5, 5.0].map(|x| scaling.apply(x)), [-10.0, -5.0, 10.0]);
    }

    #[test]
    fn flat_or_infinite_images_are_refused() {
        for values in [[7.0_f32, 7.0], [f32::NAN, 1.0], [f32::INFINITY, 1.0]] {
            let error = Scaling::of(&image(&values), &Settings::default()).unwrap_err();
            assert!(matches!(error, Error::Normalise { .. }), "{error}");
        }
        assert!(Scaling::of(&image(&[1.0]), &Settings::default()).is_err());
    }
}

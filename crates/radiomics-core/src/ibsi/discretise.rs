//! Intensities → grey levels and the bins of the intensity-volume histogram, as IBSI defines both.
//!
//! Reference manual, sections 2.7 (discretisation) and 3.5 (intensity-volume histogram).

use ndarray::{Array3, Zip};

use super::{IvhBinning, Neighbourhood, TextureSettings, Weighting};
use crate::{config::Settings, error::Error};

/// Grey levels of the voxels of a region, 0 outside it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Discretised {
    pub levels: Array3<u32>,
    /// Levels that no voxel has count too.
    pub level_count: u32,
}

/// Most grey levels: matrices are indexed by 16 bits.
const MOST: u32 = u16::MAX as u32;
/// Bins of the intensity-volume histogram where intensities are arbitrary and no number is given.
const IVH_BINS: u32 = 1000;

/// Grey levels of the voxels where `inside` is true.
///
/// With bins of one size `w`, `⌊(x − x₀)/w⌋ + 1` from the lower end `x₀` of `range`, else from the region's
/// smallest intensity; the highest level that occurs is their number. With a number of bins `N`,
/// `⌊N (x − min)/(max − min)⌋ + 1`, and `N` where `x = max`; their number is `N`.
///
/// # Errors
/// [`Error::EmptyRegion`]; [`Error::BinsOverflow`] for more levels than a matrix can hold;
/// [`Error::NotALevel`] without bins, where an intensity is no level.
pub(super) fn levels(
    image: &Array3<f64>,
    inside: &Array3<bool>,
    settings: &Settings,
) -> Result<Discretised, Error> {
    let chosen = || image.iter().zip(inside).filter(|(_, inside)| **inside).map(|(x, _)| *x);
    let (min, max) = chosen().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    if min > max {
        return Err(Error::EmptyRegion);
    }
    if let Some(width) = settings.bin_size {
        let start = settings.range.as_ref().and_then(|range| range.first().copied());
        let start = start.filter(|start| start.is_finite()).unwrap_or(min);
        let level = |x: f64| ((x - start) / width).floor() + 1.0;
        let bins = level(max);
        if bins.is_nan() || bins > f64::from(MOST) {
            return Err(Error::BinsOverflow { width, min: start, max, bins });
        }
        return Ok(fill(image, inside, bins as u32, |x| level(x) as u32));
    }
    let Some(number) = settings.bin_number else {
        if let Some(value) = chosen().find(|x| x.fract() != 0.0 || *x < 1.0 || *x > f64::from(MOST)) {
            return Err(Error::NotALevel { value, most: MOST });
        }
        return Ok(fill(image, inside, max as u32, |x| x as u32));
    };
    if number > MOST {
        let bins = f64::from(number);
        return Err(Error::BinsOverflow { width: (max - min) / bins, min, max, bins });
    }
    let bins = f64::from(number);
    let level = |x: f64| if x < max { (bins * (x - min) / (max - min)).floor() as u32 + 1 } else { number };
    Ok(fill(image, inside, number, level))
}

/// The bins of the intensity-volume histogram; `rounded` intensities are whole numbers.
pub(super) fn ivh(settings: &Settings, rounded: bool) -> IvhBinning {
    let end = |i: usize| settings.range.as_ref().and_then(|range| range.get(i).copied());
    let range = [end(0), end(1)].map(|end| end.filter(|end| end.is_finite()));
    match (settings.ivh_bin_size, settings.ivh_bin_number) {
        (Some(width), _) => IvhBinning::Continuous { width, range },
        (None, Some(bins)) => IvhBinning::Arbitrary { bins },
        (None, None) if rounded => IvhBinning::Discrete { range },
        (None, None) => IvhBinning::Arbitrary { bins: IVH_BINS },
    }
}

impl Settings {
    /// The settings of IBSI's texture matrices.
    pub fn texture(&self) -> TextureSettings {
        let neighbours = |distance, norm| Neighbourhood { distance, norm };
        let weighting = |function, norm| Weighting { function, norm };
        TextureSettings {
            glcm: neighbours(self.glcm_distance, self.glcm_norm),
            glcm_weighting: weighting(self.glcm_weighting, self.glcm_weighting_norm),
            glrlm_weighting: weighting(self.glrlm_weighting, self.glrlm_weighting_norm),
            glszm: neighbours(self.glszm_distance, self.glszm_norm),
            gldzm: neighbours(self.gldzm_distance, self.gldzm_norm),
            ngtdm: neighbours(self.ngtdm_distance, self.ngtdm_norm),
            ngtdm_weighting: weighting(self.ngtdm_weighting, self.ngtdm_weighting_norm),
            ngldm: neighbours(self.ngldm_distance, self.ngldm_norm),
            ngldm_weighting: weighting(self.ngldm_weighting, self.ngldm_weighting_norm),
            ngldm_alpha: self.ngldm_alpha,
        }
    }
}

fn fill(
    image: &Array3<f64>,
    inside: &Array3<bool>,
    level_count: u32,
    level: impl Fn(f64) -> u32,
) -> Discretised {
    let mut levels = Array3::zeros(image.dim());
    Zip::from(&mut levels).and(image).and(inside).for_each(|out, x, inside| {
        if *inside {
            *out = level(*x).clamp(1, level_count);
        }
    });
    Discretised { levels, level_count }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(settings: &Settings, values: &[f64]) -> (Vec<u32>, u32) {
        let image = Array3::from_shape_vec([1, 1, values.len()], values.to_vec()).unwrap();
        let inside = Array3::from_elem(image.dim(), true);
        let Discretised { levels, level_count } = levels(&image, &inside, settings).unwrap();
        (levels.into_raw_vec_and_offset().0, level_count)
    }

    #[test]
    fn bins_of_one_size_count_from_the_lower_end_of_the_range() {
        let mut settings = Settings { bin_size: Some(25.0), ..Settings::default() };
        let values = [-500.0, -475.0, -476.0, 377.0, 0.0];
        assert_eq!(found(&settings, &values), (vec![1, 2, 1, 36, 21], 36));
        assert_eq!(found(&settings, &values[3..]), (vec![16, 1], 16));
        settings.range = Some(vec![-1000.0, 400.0]);
        assert_eq!(found(&settings, &values[3..]), (vec![56, 41], 56));
        settings.range = Some(vec![f64::NEG_INFINITY, 400.0]);
        assert_eq!(found(&settings, &values[3..]), (vec![16, 1], 16));
    }

    #[test]
    fn the_largest_intensity_is_in_the_last_of_a_number_of_bins() {
        let settings = Settings { bin_number: Some(4), ..Settings::default() };
        assert_eq!(found(&settings, &[0.0, 0.9, 1.0, 2.5, 3.99, 4.0]), (vec![1, 1, 2, 3, 4, 4], 4));
        assert_eq!(found(&settings, &[7.0, 7.0]), (vec![4, 4], 4));
    }

    #[test]
    fn intensities_can_be_levels_as_they_are() {
        let settings = Settings { bin_number: None, ..Settings::default() };
        assert_eq!(found(&settings, &[1.0, 6.0, 3.0]), (vec![1, 6, 3], 6));
        let image = ndarray::arr3(&[[[1.0, 0.5]]]);
        let error = levels(&image, &Array3::from_elem(image.dim(), true), &settings).unwrap_err();
        assert_eq!(error, Error::NotALevel { value: 0.5, most: MOST });
    }

    #[test]
    fn absurd_numbers_of_bins_are_errors() {
        for settings in [
            Settings { bin_size: Some(1e-300), ..Settings::default() },
            Settings { bin_number: Some(u32::MAX), ..Settings::default() },
        ] {
            let image = ndarray::arr3(&[[[1.0, 5.0]]]);
            let found = levels(&image, &Array3::from_elem(image.dim(), true), &settings);
            assert!(matches!(found, Err(Error::BinsOverflow { .. })));
        }
    }
}

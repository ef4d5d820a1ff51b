//! First-order statistics: the intensities of a region, without their place. IBSI families `UHIW` and, for
//! entropy and uniformity, `ZVCW`.
//!
//! PyRadiomics' conventions: kurtosis is not in excess, variance divides by the number of voxels, percentiles
//! interpolate linearly, entropies add 2⁻⁵² to a probability before its logarithm.
//! Time `O(voxels)`, memory one double for each voxel.

mod quantile; // percentiles without sorting everything
mod sum; // sums that do not depend on the number of threads

use ndarray::Array3;
use rayon::prelude::*;

use self::{quantile::Quantiles, sum::sums};
use crate::{
    config::Settings,
    error::Error,
    levels::{self, Levels},
    names::FirstOrderFeatures,
};

/// The features of the voxels of `image` where `inside` is true, with PyRadiomics' conventions.
///
/// `levels` are those of the same region: entropy and uniformity are taken from them, and the voxel volume.
///
/// ```
/// use ndarray::arr3;
/// use radiomics_core::{Levels, Settings, features::first_order, levels::Binning};
/// let image = arr3(&[[[1.0, 2.0, 3.0, 6.0]]]);
/// let inside = arr3(&[[[true; 4]]]);
/// let levels = Levels::new(&image, &inside, [1.0, 1.0, 2.0], Binning::Width(2.0), 1)?;
/// let features = first_order::features(&image, &inside, &levels, &Settings::default())?;
/// assert_eq!((features.mean, features.median, features.energy), (3.0, 2.5, 50.0));
/// assert_eq!(features.total_energy, 100.0); // times 2 mm³
/// # Ok::<(), radiomics_core::Error>(())
/// ```
///
/// # Errors
/// When image and mask differ in shape or the region holds no voxel.
pub fn features(
    image: &Array3<f64>,
    inside: &Array3<bool>,
    levels: &Levels,
    settings: &Settings,
) -> Result<FirstOrderFeatures, Error> {
    let voxels = region(image, inside)?;
    let volume: f64 = levels.spacing().iter().product();
    statistics(&voxels, levels.counts(), volume, settings.voxel_array_shift)
}

/// The features of some intensities in any order; `counts` are the numbers of voxels in the bins that hold any.
///
/// # Errors
/// [`Error::EmptyRegion`] when there are none.
pub fn statistics(
    voxels: &[f64],
    counts: &[u64],
    voxel_volume: f64,
    shift: f64,
) -> Result<FirstOrderFeatures, Error> {
    let (minimum, maximum) = levels::extremes(voxels);
    if voxels.is_empty() {
        return Err(Error::EmptyRegion);
    }
    let n = voxels.len() as f64;
    // A flat region has exactly its own value as mean, whatever rounding does to the sum.
    let mean = if minimum == maximum { minimum } else { sums(voxels, |x| [x])[0] / n };
    let moments = sums(voxels, |x| {
        let d = x - mean;
        [d, d.abs(), d * d, d * d * d, d * d * d * d, (x + shift) * (x + shift)]
    });
    let [d1, mean_absolute_deviation, d2, d3, d4, _] = moments.map(|sum| sum / n);
    let energy = moments[5];
    // The mean is rounded, which the moments around it show in `d1`.
    let variance = (d2 - d1 * d1).max(0.0);
    let third = d3 - 3.0 * d1 * d2 + 2.0 * d1.powi(3);
    let fourth = d4 - 4.0 * d1 * d3 + 6.0 * d1 * d1 * d2 - 3.0 * d1.powi(4);
    let standardised = |moment: f64, power: f64| if variance > 0.0 { moment / power } else { 0.0 };

    let quantiles = Quantiles::of(voxels, minimum, maximum, [0.1, 0.25, 0.5, 0.75, 0.9]);
    let [percentile_10, percentile_25, median, percentile_75, percentile_90] = quantiles.values();
    // 1 for the values that count, without a branch.
    let robust = |x: f64| if (x >= percentile_10) & (x <= percentile_90) { 1.0 } else { 0.0 };
    let [robust_sum, robust_n] = sums(voxels, |x| [x * robust(x), robust(x)]);
    let robust_mean = robust_sum / robust_n;
    let [robust_deviation] = sums(voxels, |x| [(x - robust_mean).abs() * robust(x)]);

    let total = counts.iter().sum::<u64>() as f64;
    let probabilities = || counts.iter().map(|&count| count as f64 / total);
    Ok(FirstOrderFeatures {
        percentile_10,
        percentile_90,
        energy,
        entropy: -probabilities().map(|p| p * (p + f64::EPSILON).log2()).sum::<f64>(),
        interquartile_range: percentile_75 - percentile_25,
        kurtosis: standardised(fourth, variance * variance),
        maximum,
        mean_absolute_deviation,
        mean,
        median,
        minimum,
        range: maximum - minimum,
        robust_mean_absolute_deviation: robust_deviation / robust_n,
        root_mean_squared: (energy / n).sqrt(),
        skewness: standardised(third, variance.powf(1.5)),
        total_energy: energy * voxel_volume,
        uniformity: probabilities().map(|p| p * p).sum(),
        variance,
        standard_deviation: variance.sqrt(),
    })
}

/// The voxels inside, x fastest.
fn region(image: &Array3<f64>, inside: &Array3<bool>) -> Result<Vec<f64>, Error> {
    if image.dim() != inside.dim() {
        return Err(Error::Shapes { image: image.dim().into(), mask: inside.dim().into() });
    }
    let (_, ny, nx) = image.dim();
    let (image, inside) = (image.as_standard_layout(), inside.as_standard_layout());
    let (Some(image), Some(inside)) = (image.as_slice(), inside.as_slice()) else {
        return Err(Error::EmptyRegion); // never: both are in standard layout
    };
    let slab = (nx * ny).max(1) * levels::grain(nx * ny);
    let counts = inside.par_chunks(slab).map(|inside| inside.iter().filter(|&&inside| inside).count());
    let counts: Vec<usize> = counts.collect();
    let mut voxels = vec![0.0; counts.iter().sum()];
    let mut rest = voxels.as_mut_slice();
    let mut parts = Vec::new();
    for count in counts {
        let (part, after) = rest.split_at_mut(count);
        parts.push(part);
        rest = after;
    }
    let slabs = image.par_chunks(slab).zip(inside.par_chunks(slab));
    parts.into_par_iter().zip(slabs).for_each(|(part, (image, inside))| {
        let mut to = 0;
        for run in levels::runs(inside) {
            part[to..to + run.len()].copy_from_slice(&image[run.clone()]);
            to += run.len();
        }
    });
    Ok(voxels)
}

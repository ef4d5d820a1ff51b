//! First-order statistics: the intensities of a region, without their place. IBSI families `UHIW` and, for
//! entropy and uniformity, `ZVCW`.
//!
//! PyRadiomics' conventions: kurtosis is not in excess, variance divides by the number of voxels, percentiles
//! interpolate linearly, entropies add 2⁻⁵² to a probability before its logarithm.
//!
//! ```
//! use radiomics_core::features::first_order::statistics;
//! // Four intensities, two to a bin, in voxels of 2 mm³.
//! let f = statistics(&[1.0, 2.0, 3.0, 6.0], &[2, 2], 2.0, 0.0)?;
//! assert_eq!((f.mean, f.median, f.range), (3.0, 2.5, 5.0));
//! assert_eq!((f.energy, f.total_energy), (1.0 + 4.0 + 9.0 + 36.0, 100.0));
//! assert_eq!(f.variance, (4.0 + 1.0 + 0.0 + 9.0) / 4.0);
//! assert_eq!(f.mean_absolute_deviation, (2.0 + 1.0 + 0.0 + 3.0) / 4.0);
//! assert_eq!(f.skewness, (-8.0 - 1.0 + 0.0 + 27.0) / 4.0 / 3.5_f64.powf(1.5));
//! assert_eq!(f.uniformity, 0.25 + 0.25);
//! assert!((f.percentile_10 - 1.3).abs() < 1e-15); // three tenths of the way from the 1st to the 2nd
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! `x` are the `N` intensities, `μ` is their mean, `σ²` their variance; `p_b` is the part of the voxels in bin `b`.
//!
#![doc = first_order_table!()]
//! Time `O(voxels)`, memory one double for each voxel. IBSI reference manual, sections 3.3 and 3.4; Zwanenburg et al.
//! 2020, doi:10.1148/radiol.2020191145.

mod quantile; // percentiles without sorting everything
mod sum; // sums that do not depend on the number of threads

use std::ops::Range;

use ndarray::Array3;

use self::quantile::Quantiles;
pub(crate) use self::sum::sums;
use super::stretches::stretches;
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
    let d = describe(&voxels, levels.extremes(), settings.voxel_array_shift)?;
    Ok(from_description(&d, voxels.len(), levels.counts(), volume))
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
    Ok(from_description(&describe(voxels, None, shift)?, voxels.len(), counts, voxel_volume))
}

fn from_description(d: &Description, voxels: usize, counts: &[u64], voxel_volume: f64) -> FirstOrderFeatures {
    let total = counts.iter().sum::<u64>() as f64;
    let probabilities = || counts.iter().map(|&count| count as f64 / total);
    FirstOrderFeatures {
        percentile_10: d.percentiles[0],
        percentile_90: d.percentiles[4],
        energy: d.energy,
        entropy: -probabilities().map(|p| p * (p + f64::EPSILON).log2()).sum::<f64>(),
        interquartile_range: d.percentiles[3] - d.percentiles[1],
        kurtosis: d.kurtosis,
        maximum: d.maximum,
        mean_absolute_deviation: d.mean_absolute_deviation,
        mean: d.mean,
        median: d.percentiles[2],
        minimum: d.minimum,
        range: d.maximum - d.minimum,
        robust_mean_absolute_deviation: d.robust_mean_absolute_deviation,
        root_mean_squared: (d.energy / voxels as f64).sqrt(),
        skewness: d.skewness,
        total_energy: d.energy * voxel_volume,
        uniformity: probabilities().map(|p| p * p).sum(),
        variance: d.variance,
        standard_deviation: d.variance.sqrt(),
    }
}

/// What both conventions take from the intensities.
pub(crate) struct Description {
    pub minimum: f64,
    pub maximum: f64,
    pub mean: f64,
    pub variance: f64,
    /// 0 for a flat region, as is `kurtosis`.
    pub skewness: f64,
    /// 3 for a normal distribution.
    pub kurtosis: f64,
    /// 10, 25, 50, 75 and 90 %.
    pub percentiles: [f64; 5],
    pub mean_absolute_deviation: f64,
    pub robust_mean_absolute_deviation: f64,
    pub energy: f64,
}

/// Takes moments around the mean, percentiles and deviations of some intensities in any order; `extremes` are the smallest
/// and the largest of them, where these are known.
///
/// # Errors
/// [`Error::EmptyRegion`] when there are none.
pub(crate) fn describe(
    voxels: &[f64],
    extremes: Option<(f64, f64)>,
    shift: f64,
) -> Result<Description, Error> {
    let (minimum, maximum) = extremes.unwrap_or_else(|| levels::extremes(voxels));
    if voxels.is_empty() {
        return Err(Error::EmptyRegion);
    }
    let n = voxels.len() as f64;
    // A flat region has exactly its own value as mean, whatever rounding does to the sum.
    let mean = if minimum == maximum { minimum } else { sums(voxels, |x| [x])[0] / n };
    let moments = sums(
        voxels,
        #[inline(always)]
        |x| {
            let d = x - mean;
            [d, d.abs(), d * d, d * d * d, d * d * d * d, (x + shift) * (x + shift)]
        },
    );
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
    let [robust_sum, robust_n] = sums(voxels, |x| [(x - mean) * robust(x), robust(x)]);
    let robust_mean = mean + robust_sum / robust_n;
    let [robust_deviation] = sums(voxels, |x| [(x - robust_mean).abs() * robust(x)]);
    Ok(Description {
        minimum,
        maximum,
        mean,
        variance,
        skewness: standardised(third, variance.powf(1.5)),
        kurtosis: standardised(fourth, variance * variance),
        percentiles: [percentile_10, percentile_25, median, percentile_75, percentile_90],
        mean_absolute_deviation,
        robust_mean_absolute_deviation: robust_deviation / robust_n,
        energy,
    })
}

/// The voxels inside, x fastest.
pub(crate) fn region(image: &Array3<f64>, inside: &Array3<bool>) -> Result<Vec<f64>, Error> {
    if image.dim() != inside.dim() {
        return Err(Error::Shapes { image: image.dim().into(), mask: inside.dim().into() });
    }
    let (nz, ny, nx) = image.dim();
    let (image, inside) = (image.as_standard_layout(), inside.as_standard_layout());
    let (Some(image), Some(inside)) = (image.as_slice(), inside.as_slice()) else {
        return Err(Error::EmptyRegion); // never: both are in standard layout
    };
    let slice = (nx * ny).max(1);
    let (image, inside) = (|z| &image[slice * z..][..slice], |z| &inside[slice * z..][..slice]);
    let within = |slices: Range<usize>| slices.flat_map(inside).filter(|&&inside| inside).count();
    let begin = |start| Vec::with_capacity(within(start..nz));
    // Appended, so that no memory is written twice.
    let go_on = |mut voxels: Vec<f64>, slices: Range<usize>| {
        for z in slices {
            levels::runs(inside(z)).for_each(|run| voxels.extend_from_slice(&image(z)[run]));
        }
        voxels
    };
    let mut parts = stretches(0..nz, levels::grain(slice), begin, go_on).into_iter();
    let mut voxels = parts.next().unwrap_or_default();
    parts.for_each(|part| voxels.extend(part));
    Ok(voxels)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random: the fractional parts of multiples of the golden ratio, mixed once more.
    fn noise(n: usize) -> Vec<f64> {
        (0..n).map(|i| (i as f64 * 0.618_033_988_749_895).fract()).map(|x| (x * 7919.0).fract()).collect()
    }

    /// The definitions, one after the other.
    fn compare(voxels: &[f64], shift: f64) {
        let f = statistics(voxels, &[1], 2.0, shift).unwrap();
        let n = voxels.len() as f64;
        let mean = |f: &dyn Fn(f64) -> f64| voxels.iter().map(|&x| f(x)).sum::<f64>() / n;
        let mut sorted = voxels.to_vec();
        sorted.sort_by(f64::total_cmp);
        let percentile = |fraction: f64| {
            let place = (n - 1.0) * fraction;
            let (a, b) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            a + (b - a) * place.fract()
        };
        let u = mean(&|x| x);
        let moment = |k: i32| mean(&|x| (x - u).powi(k));
        let (p10, p90) = (f.percentile_10, f.percentile_90);
        let robust: Vec<f64> = voxels.iter().copied().filter(|x| (p10..=p90).contains(x)).collect();
        let m = robust.len() as f64;
        let robust_mean = robust.iter().sum::<f64>() / m;
        let expected = [
            (f.percentile_10, percentile(0.1)),
            (f.percentile_90, percentile(0.9)),
            (f.median, percentile(0.5)),
            (f.interquartile_range, percentile(0.75) - percentile(0.25)),
            (f.minimum, sorted[0]),
            (f.maximum, sorted[sorted.len() - 1]),
            (f.range, sorted[sorted.len() - 1] - sorted[0]),
            (f.mean, u),
            (f.variance, moment(2)),
            (f.standard_deviation, moment(2).sqrt()),
            (f.skewness, moment(3) / moment(2).powf(1.5)),
            (f.kurtosis, moment(4) / moment(2).powi(2)),
            (f.energy, mean(&|x| (x + shift).powi(2)) * n),
            (f.total_energy, 2.0 * mean(&|x| (x + shift).powi(2)) * n),
            (f.root_mean_squared, mean(&|x| (x + shift).powi(2)).sqrt()),
            (f.mean_absolute_deviation, mean(&|x| (x - u).abs())),
            (
                f.robust_mean_absolute_deviation,
                robust.iter().map(|x| (x - robust_mean).abs()).sum::<f64>() / m,
            ),
        ];
        for (place, (ours, naive)) in expected.into_iter().enumerate() {
            let scale = naive.abs().max(1e-3 * f.range);
            assert!((ours - naive).abs() <= 1e-11 * scale, "{place}: {ours} {naive}, {n} voxels");
        }
    }

    #[test]
    fn passes_give_the_values_of_the_definition() {
        for n in [3, 4, 5, 10, 11, 31, 101, 4096, 4097, 150_001] {
            let noise = noise(n);
            compare(&noise, 0.0);
            compare(&noise.iter().map(|x| (x * 1000.0).floor() - 300.0).collect::<Vec<_>>(), 2000.0);
            // One value far off: nearly all fall into one bucket.
            let far = |(i, x): (usize, &f64)| if i == 1 { 1e9 } else { (x * 50.0).floor() };
            compare(&noise.iter().enumerate().map(far).collect::<Vec<_>>(), 0.0);
            compare(&noise.iter().map(|x| x.powi(9) * 1e-7).collect::<Vec<_>>(), 1.0);
        }
    }

    #[test]
    fn percentiles_round_as_numpy() {
        // numpy.percentile of the same values.
        let f = |voxels: &[f64]| statistics(voxels, &[1], 1.0, 0.0).unwrap();
        let seven = f(&[0.3, 0.1, 0.7, 2.9, 1.1, 0.2, 5.7]);
        assert_eq!((seven.percentile_10, seven.percentile_90), (0.16000000000000003, 4.020000000000001));
        assert_eq!((seven.median, seven.interquartile_range), (0.7, 1.75));
        let two = f(&[0.1, 0.7]);
        assert_eq!((two.percentile_10, two.percentile_90), (0.16, 0.64));
        assert!(two.robust_mean_absolute_deviation.is_nan()); // none lies between
    }

    #[test]
    fn a_flat_region_has_no_spread() {
        for value in [0.0, 0.1, -7e-300, 1e300] {
            let f = statistics(&[value; 1001], &[1001], 1.0, 0.0).unwrap();
            assert_eq!((f.mean, f.median, f.variance, f.skewness, f.kurtosis), (value, value, 0.0, 0.0, 0.0));
            assert_eq!((f.mean_absolute_deviation, f.robust_mean_absolute_deviation), (0.0, 0.0));
            assert_eq!(f.uniformity, 1.0);
        }
        assert_eq!(statistics(&[], &[], 1.0, 0.0), Err(Error::EmptyRegion));
    }

    #[test]
    fn values_that_are_no_numbers_do_not_panic() {
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX] {
            let f = statistics(&[1.0, odd, -f64::MAX, 2.0], &[4], 1.0, 0.0).unwrap();
            assert!(!f.mean.is_finite() || odd == f64::MAX);
        }
    }

    #[test]
    fn slabs_are_gathered_in_order_and_threads_do_not_change_a_bit() {
        let noise = noise(60 * 70 * 80);
        let image = Array3::from_shape_vec([60, 70, 80], noise).unwrap();
        let inside = image.mapv(|x| x > 0.3);
        let settings = Settings::default();
        let levels = Levels::new(&image, &inside, [1.0; 3], levels::Binning::Width(0.1), 1).unwrap();
        let features = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let expected: Vec<f64> = image.iter().copied().filter(|&x| x > 0.3).collect();
                assert_eq!(region(&image, &inside).unwrap(), expected);
                features(&image, &inside, &levels, &settings).unwrap().values().map(f64::to_bits)
            })
        };
        assert_eq!(features(1), features(2));
        assert_eq!(features(1), features(7));
        let other = Array3::from_elem([1, 1, 1], true);
        assert!(matches!(region(&image, &other), Err(Error::Shapes { .. })));
        let (image, inside) = (image.reversed_axes(), inside.reversed_axes());
        let expected: Vec<f64> = image.iter().copied().filter(|&x| x > 0.3).collect();
        assert_eq!(region(&image, &inside).unwrap(), expected);
    }
}

//! Intensity-based statistics (`UHIW`): the intensities of the intensity mask, without their place.
//!
//! As [`crate::features::first_order`], but kurtosis is in excess: 0 for a normal distribution.
//!
//! ```
//! use radiomics_core::{IbsiFamily, ibsi::{IbsiInput, Selection, features}};
//! let input = IbsiInput::from_grey_levels(ndarray::arr3(&[[[1, 1, 4]]]), [1.0; 3]);
//! let selection = Selection { families: vec![IbsiFamily::IntensityStatistics], ..Selection::default() };
//! let values = features(&input, &selection)?;
//! let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).map(|v| v.value);
//! assert_eq!((value("stat_mean"), value("stat_median")), (Some(2.0), Some(1.0)));
//! assert_eq!(value("stat_qcod"), Some(1.5 / 3.5)); // quartiles 1 and 2.5
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! `x` are the intensities, `N` in number.
//!
#![doc = ibsi_intensity_statistics_table!()]
//!
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003, section 3.3.

use crate::{
    error::Error,
    features::first_order::{describe, sums},
};

/// Values in the order of the names.
///
/// # Errors
/// [`Error::EmptyRegion`] without a voxel.
pub(super) fn values(voxels: &[f64]) -> Result<Vec<f64>, Error> {
    let d = describe(voxels, None, 0.0)?;
    let n = voxels.len() as f64;
    let [p10, p25, median, p75, p90] = d.percentiles;
    let [from_median] = sums(voxels, |x| [(x - median).abs()]);
    Ok(vec![
        d.mean,
        d.variance,
        d.skewness,
        if d.variance > 0.0 { d.kurtosis - 3.0 } else { 0.0 },
        median,
        d.minimum,
        p10,
        p90,
        d.maximum,
        p75 - p25,
        d.maximum - d.minimum,
        d.mean_absolute_deviation,
        d.robust_mean_absolute_deviation,
        from_median / n,
        d.variance.sqrt() / d.mean,
        (p75 - p25) / (p75 + p25),
        d.energy,
        (d.energy / n).sqrt(),
    ])
}

//! What the features are calculated from, and what they are.

use ndarray::Array3;
use serde::Serialize;

use super::{Aggregation, TextureSettings};
use crate::names::{IbsiFamily, IbsiFeature};

/// A processed region: interpolated, rounded, re-segmented and discretised.
///
/// All arrays are indexed `[z, y, x]` and have one shape: the region's box with a margin of at least 6.2 mm
/// ([`local_margin`](super::local_margin)) as far as the scan reaches, because local intensity looks beyond the
/// region. What lies outside the arrays is taken as outside the scan.
#[derive(Clone, Debug)]
pub struct IbsiInput {
    /// Intensities, finite; of all voxels, not only of the region.
    pub image: Array3<f64>,
    /// The region before re-segmentation.
    pub morphological: Array3<bool>,
    /// The region after re-segmentation; a part of the morphological mask.
    pub intensity: Array3<bool>,
    /// Voxel spacing along x, y, z in mm.
    pub spacing: [f64; 3],
    /// Grey levels of the voxels of the intensity mask, 1 or more; 0 outside it.
    pub levels: Array3<u32>,
    /// Number of grey levels `N_g`: levels that no voxel has count too, between 1 and the number of bins.
    pub level_count: u32,
    /// How intensities are discretised for the intensity-volume histogram.
    pub ivh: IvhBinning,
    /// Settings of the texture matrices.
    pub texture: TextureSettings,
}

impl IbsiInput {
    /// Takes grey levels as they are, 0 outside: they are the intensities too, and both masks are the same.
    pub fn from_grey_levels(levels: Array3<u32>, spacing: [f64; 3]) -> Self {
        let inside = levels.mapv(|level| level > 0);
        Self {
            image: levels.mapv(f64::from),
            morphological: inside.clone(),
            intensity: inside,
            spacing,
            level_count: levels.iter().copied().max().unwrap_or(0),
            levels,
            ivh: IvhBinning::Discrete { range: [None; 2] },
            texture: TextureSettings::default(),
        }
    }
}

/// Discretisation for the intensity-volume histogram. A range is that of re-segmentation; where one of its ends
/// is open, the region's smallest or largest intensity stands for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IvhBinning {
    /// Calibrated discrete intensities such as Hounsfield units, taken as they are, in steps of 1.
    Discrete {
        /// Lowest and highest intensity of the histogram.
        range: [Option<f64>; 2],
    },
    /// Calibrated continuous intensities such as SUV: bins of one width, named by their centres.
    Continuous {
        /// Width of a bin in the unit of the image.
        width: f64,
        /// Lowest edge and highest edge of the histogram.
        range: [Option<f64>; 2],
    },
    /// Arbitrary intensities: bins between the region's smallest and largest intensity, named 1, 2, ….
    Arbitrary {
        /// Number of bins; the manual recommends 1000.
        bins: u32,
    },
}

/// The value of one feature with one aggregation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IbsiValue {
    /// Family.
    pub family: IbsiFamily,
    /// The manual's name of the feature.
    pub name: &'static str,
    /// The manual's code of the feature.
    pub code: &'static str,
    /// How matrices were aggregated.
    pub aggregation: Aggregation,
    /// The value; NaN where the definition gives none.
    pub value: f64,
    /// Unit; `intensity` is the unit of the image, empty for a plain number.
    pub unit: &'static str,
    /// Unique short name with the aggregation, such as `cm_contrast_3D_avg`.
    pub feature_tag: String,
}

impl IbsiValue {
    /// The value of a feature.
    pub fn new(family: IbsiFamily, feature: &IbsiFeature, aggregation: Aggregation, value: f64) -> Self {
        Self {
            family,
            name: feature.name,
            code: feature.code,
            aggregation,
            value,
            unit: feature.unit,
            feature_tag: format!("{}{}", feature.tag, aggregation.suffix()),
        }
    }
}

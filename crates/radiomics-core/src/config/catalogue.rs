//! Everything that can stand in a parameter file, as data.

use super::{ImageType, Settings};
use crate::names::{FeatureClass, FeatureName};

/// What a setting concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Which voxels are the region.
    Region,
    /// The image before any filter.
    Image,
    /// How intensities become grey levels.
    Levels,
    /// All texture classes, shape2D and the filters that work in slices.
    Texture,
    /// Classes that look at neighbours at a distance.
    Neighbours,
    /// Classes that go through directions one by one.
    Directions,
    /// The class glcm.
    Glcm,
    /// The class gldm.
    Gldm,
    /// The class firstorder.
    FirstOrder,
    /// The image type LoG.
    LoG,
    /// The image type Wavelet.
    Wavelet,
    /// The image type Gradient.
    Gradient,
    /// The image type LBP2D.
    Lbp2D,
    /// The image type LBP3D.
    Lbp3D,
    /// Maps of features; stands under `voxelSetting`.
    Maps,
    /// Extractions by IBSI's definitions; stands under `ibsi`.
    Ibsi,
    /// What is written.
    Output,
}

impl Scope {
    /// The classes it concerns; empty where it concerns all alike or none.
    pub fn classes(self) -> &'static [FeatureClass] {
        use FeatureClass::{FirstOrder, Glcm, Gldm, Glrlm, Glszm, Ngtdm, Shape2D};
        match self {
            Self::Texture => &[Glcm, Gldm, Glrlm, Glszm, Ngtdm, Shape2D],
            Self::Neighbours => &[Glcm, Gldm, Ngtdm],
            Self::Directions => &[Glcm, Glrlm],
            Self::Glcm => &[Glcm],
            Self::Gldm => &[Gldm],
            Self::FirstOrder => &[FirstOrder],
            _ => &[],
        }
    }

    /// The image types it concerns; empty where it concerns all alike or none.
    pub fn image_types(self) -> &'static [ImageType] {
        match self {
            Self::Texture => &[ImageType::Wavelet, ImageType::LBP2D],
            Self::LoG => &[ImageType::LoG],
            Self::Wavelet => &[ImageType::Wavelet],
            Self::Gradient => &[ImageType::Gradient],
            Self::Lbp2D => &[ImageType::LBP2D],
            Self::Lbp3D => &[ImageType::LBP3D],
            _ => &[],
        }
    }

    /// The table of a parameter file where such settings stand.
    pub fn section(self) -> &'static str {
        match self {
            Self::Maps => "voxelSetting",
            Self::Ibsi => "ibsi",
            _ => "setting",
        }
    }
}

/// One setting, described.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingInfo {
    /// The key in a parameter file.
    pub key: &'static str,
    /// The type in words, such as "a list of 3 numbers".
    pub kind: String,
    /// The values allowed, such as "each at least 0"; empty where there is no limit.
    pub range: String,
    /// Whether it can be unset, with `none` or an empty value.
    pub optional: bool,
    /// The value where nothing is given; null for unset.
    pub default: serde_json::Value,
    /// What it concerns.
    pub scope: Scope,
    /// What it does, in one line.
    pub meaning: &'static str,
}

/// Everything that can stand in a parameter file.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    /// The settings, in the order of [`Settings::KEYS`].
    pub settings: Vec<SettingInfo>,
    /// The image types, in PyRadiomics' order; [`ImageType::name`] and [`ImageType::meaning`] describe them.
    pub image_types: Vec<ImageType>,
    /// The classes with their features, in PyRadiomics' order; [`FeatureClass::retired`] adds the names
    /// that are accepted and give no column.
    pub classes: Vec<(FeatureClass, &'static [FeatureName])>,
}

/// Every setting, image type, class and feature with its meaning, for lists and help texts.
///
/// ```
/// let catalogue = radiomics_core::config::catalogue();
/// let width = catalogue.settings.iter().find(|s| s.key == "binWidth").unwrap();
/// assert_eq!((width.kind.as_str(), width.range.as_str()), ("a number", "above 0"));
/// assert_eq!(width.default, 25.0);
/// ```
pub fn catalogue() -> Catalogue {
    Catalogue {
        settings: Settings::describe(),
        image_types: ImageType::ALL.to_vec(),
        classes: FeatureClass::ALL.iter().map(|&class| (class, class.features())).collect(),
    }
}

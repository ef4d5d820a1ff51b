//! Which map: a feature of a class or family.

use std::fmt;

use radiomics_core::{FeatureClass, IbsiFamily, ibsi::Aggregation};

/// A group of features that are counted from the same matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// A class of PyRadiomics.
    Class(FeatureClass),
    /// A family of IBSI that PyRadiomics lacks: histogram, distance zones, neighbouring dependence.
    Ibsi(IbsiFamily),
}

impl Family {
    /// Every family of which there are maps.
    pub const ALL: [Self; 9] = [
        Self::Class(FeatureClass::FirstOrder),
        Self::Class(FeatureClass::Glcm),
        Self::Class(FeatureClass::Gldm),
        Self::Class(FeatureClass::Glrlm),
        Self::Class(FeatureClass::Glszm),
        Self::Class(FeatureClass::Ngtdm),
        Self::Ibsi(IbsiFamily::IntensityHistogram),
        Self::Ibsi(IbsiFamily::Gldzm),
        Self::Ibsi(IbsiFamily::Ngldm),
    ];

    /// Number of features.
    pub fn len(self) -> usize {
        match self {
            Self::Class(class) => class.features().len(),
            Self::Ibsi(family) => family.features().len(),
        }
    }

    /// Never: every family has features.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Its features.
    pub fn features(self) -> impl Iterator<Item = Feature> {
        (0..self.len()).map(move |place| Feature { family: self, place })
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(class) => f.write_str(class.name()),
            Self::Ibsi(family) => write!(f, "ibsi_{}", family.name()),
        }
    }
}

/// One feature.
///
/// ```
/// use radiomics_voxelmaps::Feature;
/// let contrast = Feature::named("glcm_Contrast").unwrap();
/// assert_eq!(contrast.to_string(), "glcm_Contrast");
/// assert_eq!(Feature::named("ibsi_dzm_sde").unwrap().to_string(), "ibsi_dzm_sde");
/// assert_eq!(Feature::named("glcm_Kontrast"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Feature {
    /// Its group.
    pub family: Family,
    /// Its place among the features of the group: the index in the `values()` of a class.
    pub place: usize,
}

impl Feature {
    /// The feature with a name such as `glcm_Contrast` or `ibsi_dzm_sde`.
    pub fn named(name: &str) -> Option<Self> {
        Family::ALL.into_iter().flat_map(Family::features).find(|feature| feature.to_string() == name)
    }

    /// What it measures, in one line.
    pub fn meaning(self) -> &'static str {
        match self.family {
            Family::Class(class) => class.features().get(self.place).map_or("", |f| f.meaning),
            Family::Ibsi(family) => family.features().get(self.place).map_or("", |f| f.meaning),
        }
    }
}

impl fmt::Display for Feature {
    /// Without the image's name: `glcm_Contrast`; features of IBSI by their tags, `ibsi_dzm_sde`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.family {
            Family::Class(class) => {
                write!(f, "{class}_{}", class.features().get(self.place).map_or("?", |f| f.name))
            }
            Family::Ibsi(family) => {
                write!(f, "ibsi_{}", family.features().get(self.place).map_or("?", |f| f.tag))
            }
        }
    }
}

/// How a window's matrices of an IBSI family are aggregated: a window within a slice is one, else it is a volume.
pub(crate) fn aggregation(family: IbsiFamily, within_slice: bool) -> Aggregation {
    match family {
        IbsiFamily::IntensityHistogram => Aggregation::None,
        _ if within_slice => Aggregation::Slices2D,
        _ => Aggregation::Volume3D,
    }
}

//! How the matrices of slices and directions become one value of a feature.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::IbsiFamily;

/// A way of aggregation. GLCM and GLRLM know the first six texture ways, which treat directions; GLSZM, GLDZM,
/// NGTDM and NGLDM have no directions and know the last three; all other families know [`Aggregation::None`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Aggregation {
    /// The whole region at once (IBSI `DHQ4`).
    #[serde(rename = "none")]
    None,
    /// Mean over the matrices of each direction in each slice (IBSI `BTW3`).
    #[serde(rename = "2D, averaged")]
    Averaged2D,
    /// Directions merged in each slice, mean over slices (IBSI `SUJT`).
    #[serde(rename = "2D, slice-merged")]
    SliceMerged2D,
    /// Slices merged for each direction within them, mean over directions (IBSI `JJUI`).
    #[serde(rename = "2.5D, direction-merged")]
    DirectionMerged25D,
    /// One matrix of all slices and all directions within them (IBSI `ZW7Z`).
    #[serde(rename = "2.5D, merged")]
    Merged25D,
    /// Mean over the matrices of each direction in space (IBSI `ITBB`).
    #[serde(rename = "3D, averaged")]
    Averaged3D,
    /// One matrix of all directions in space (IBSI `IAZD`).
    #[serde(rename = "3D, merged")]
    Merged3D,
    /// Mean over the matrices of each slice (IBSI `8QNN`).
    #[serde(rename = "2D")]
    Slices2D,
    /// One matrix of all slices, with neighbours in the slice only (IBSI `62GR`).
    #[serde(rename = "2.5D")]
    Slices25D,
    /// One matrix, with neighbours in space (IBSI `KOBO`).
    #[serde(rename = "3D")]
    Volume3D,
}

impl Aggregation {
    /// All ways.
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::Averaged2D,
        Self::SliceMerged2D,
        Self::DirectionMerged25D,
        Self::Merged25D,
        Self::Averaged3D,
        Self::Merged3D,
        Self::Slices2D,
        Self::Slices25D,
        Self::Volume3D,
    ];

    /// Its name in tables and settings, such as `2D, slice-merged`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Averaged2D => "2D, averaged",
            Self::SliceMerged2D => "2D, slice-merged",
            Self::DirectionMerged25D => "2.5D, direction-merged",
            Self::Merged25D => "2.5D, merged",
            Self::Averaged3D => "3D, averaged",
            Self::Merged3D => "3D, merged",
            Self::Slices2D => "2D",
            Self::Slices25D => "2.5D",
            Self::Volume3D => "3D",
        }
    }

    /// The manual's code.
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "DHQ4",
            Self::Averaged2D => "BTW3",
            Self::SliceMerged2D => "SUJT",
            Self::DirectionMerged25D => "JJUI",
            Self::Merged25D => "ZW7Z",
            Self::Averaged3D => "ITBB",
            Self::Merged3D => "IAZD",
            Self::Slices2D => "8QNN",
            Self::Slices25D => "62GR",
            Self::Volume3D => "KOBO",
        }
    }

    /// What a feature's tag ends with, such as `_2_5D_comb`; empty for [`Aggregation::None`].
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Averaged2D => "_2D_avg",
            Self::SliceMerged2D => "_2D_comb",
            Self::DirectionMerged25D => "_2_5D_avg",
            Self::Merged25D => "_2_5D_comb",
            Self::Averaged3D => "_3D_avg",
            Self::Merged3D => "_3D_comb",
            Self::Slices2D => "_2D",
            Self::Slices25D => "_2_5D",
            Self::Volume3D => "_3D",
        }
    }

    /// The ways that a family knows.
    pub fn of(family: IbsiFamily) -> &'static [Self] {
        use IbsiFamily::*;
        match family {
            Glcm | Glrlm => &[
                Self::Averaged2D,
                Self::SliceMerged2D,
                Self::DirectionMerged25D,
                Self::Merged25D,
                Self::Averaged3D,
                Self::Merged3D,
            ],
            Glszm | Gldzm | Ngtdm | Ngldm => &[Self::Slices2D, Self::Slices25D, Self::Volume3D],
            Morphology
            | LocalIntensity
            | IntensityStatistics
            | IntensityHistogram
            | IntensityVolumeHistogram => &[Self::None],
        }
    }

    /// Whether neighbours and directions leave the slice.
    pub fn is_3d(self) -> bool {
        matches!(self, Self::None | Self::Averaged3D | Self::Merged3D | Self::Volume3D)
    }
}

impl fmt::Display for Aggregation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

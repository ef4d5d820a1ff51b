//! What is wanted.

use radiomics_core::{IbsiFamily, Params};

use crate::maps::Precision;

/// What is mapped and how much memory it may take.
#[derive(Clone, Debug, PartialEq)]
pub struct MapSettings {
    /// Settings, image types and classes, as a parameter file gives them; classes of shape have no maps.
    pub params: Params,
    /// Families of IBSI beside the classes: [`IbsiFamily::IntensityHistogram`], [`IbsiFamily::Gldzm`],
    /// [`IbsiFamily::Ngldm`].
    pub ibsi: Vec<IbsiFamily>,
    /// In which numbers maps are kept.
    pub precision: Precision,
    /// Bytes that values of maps may take at one time when they are streamed; at least one class is kept whole.
    pub memory: usize,
}

impl Default for MapSettings {
    fn default() -> Self {
        Self { params: Params::default(), ibsi: Vec::new(), precision: Precision::default(), memory: 1 << 30 }
    }
}

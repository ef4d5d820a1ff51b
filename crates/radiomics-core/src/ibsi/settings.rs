//! What may be chosen about the texture matrices, and what is to be calculated.

use serde::{Deserialize, Serialize};

use super::Aggregation;
use crate::{error::Error, names::IbsiFamily};

/// How long a vector `m` of voxel steps is (IBSI `MPUJ`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// `max |m_k|` (IBSI `PVMT`).
    #[default]
    Chebyshev,
    /// `√Σ m_k²` (IBSI `G9EV`).
    Euclidean,
    /// `Σ |m_k|` (IBSI `LIFZ`).
    Manhattan,
}

impl Norm {
    /// The length of a step (x, y, z) in voxels.
    pub fn length(self, step: [i32; 3]) -> f64 {
        let [x, y, z] = step.map(|n| f64::from(n).abs());
        match self {
            Self::Chebyshev => x.max(y).max(z),
            Self::Euclidean => (x * x + y * y + z * z).sqrt(),
            Self::Manhattan => x + y + z,
        }
    }
}

/// Which voxels are neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Neighbourhood {
    /// Largest distance `δ` of two neighbours, voxels.
    pub distance: f64,
    /// How distances are measured.
    pub norm: Norm,
}

impl Default for Neighbourhood {
    fn default() -> Self {
        Self { distance: 1.0, norm: Norm::Chebyshev }
    }
}

/// What a pair, run or neighbour counts (IBSI `6CK8`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightFunction {
    /// `1`.
    #[default]
    None,
    /// `1 / ‖m‖`.
    Inverse,
    /// `exp(−‖m‖²)`.
    Exponential,
}

/// Distance weighting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weighting {
    /// The weight of a distance.
    pub function: WeightFunction,
    /// How the distance is measured, voxels.
    pub norm: Norm,
}

impl Weighting {
    /// The weight of a step (x, y, z).
    pub fn of(self, step: [i32; 3]) -> f64 {
        let length = self.norm.length(step);
        match self.function {
            WeightFunction::None => 1.0,
            WeightFunction::Inverse => 1.0 / length,
            WeightFunction::Exponential => (-length * length).exp(),
        }
    }
}

/// Settings of the texture matrices; the defaults are those of all IBSI configurations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TextureSettings {
    /// Pairs of the GLCM. With the Chebyshev norm the 13 (4) directions are multiplied by the distance, as the
    /// manual defines it; with another norm all vectors at the distance (Euclidean: more than `δ − 1` and at
    /// most `δ`) are directions.
    pub glcm: Neighbourhood,
    /// Weights of the directions of the GLCM where matrices are merged.
    pub glcm_weighting: Weighting,
    /// Weights of the directions of the GLRLM where matrices are merged.
    pub glrlm_weighting: Weighting,
    /// Voxels that are linked to one zone, GLSZM.
    pub glszm: Neighbourhood,
    /// Voxels that are linked to one zone, GLDZM.
    pub gldzm: Neighbourhood,
    /// Neighbours of the NGTDM.
    pub ngtdm: Neighbourhood,
    /// Weights of the neighbours in the mean of the NGTDM.
    pub ngtdm_weighting: Weighting,
    /// Neighbours of the NGLDM.
    pub ngldm: Neighbourhood,
    /// Weights of the dependent neighbours, NGLDM; the voxel itself counts 1.
    pub ngldm_weighting: Weighting,
    /// Largest difference `α` of the grey levels of dependent voxels, NGLDM.
    pub ngldm_alpha: u32,
}

/// What is to be calculated: every family with every aggregation it knows, as far as both are named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Families wanted.
    pub families: Vec<IbsiFamily>,
    /// Aggregations wanted. [`Aggregation::None`] goes without saying.
    pub aggregations: Vec<Aggregation>,
}

impl Default for Selection {
    /// Everything.
    fn default() -> Self {
        Self { families: IbsiFamily::ALL.to_vec(), aggregations: Aggregation::ALL.to_vec() }
    }
}

impl Selection {
    /// Everything with the two- and two-and-a-half-dimensional aggregations (configurations A and B).
    pub fn slices() -> Self {
        let within = |a: &Aggregation| !a.is_3d() || *a == Aggregation::None;
        Self { aggregations: Aggregation::ALL.into_iter().filter(within).collect(), ..Self::default() }
    }

    /// Everything with the three-dimensional aggregations (configurations C, D and E).
    pub fn volume() -> Self {
        let aggregations = Aggregation::ALL.into_iter().filter(|a| a.is_3d()).collect();
        Self { aggregations, ..Self::default() }
    }

    /// Whether a family is wanted at all.
    pub fn wants(&self, family: IbsiFamily) -> bool {
        self.families.contains(&family)
    }

    /// The aggregations wanted of a family, in the order of [`Aggregation::ALL`].
    pub fn of(&self, family: IbsiFamily) -> Vec<Aggregation> {
        let wanted = |a: &Aggregation| *a == Aggregation::None || self.aggregations.contains(a);
        let all = Aggregation::of(family).iter().copied();
        if self.wants(family) { all.filter(wanted).collect() } else { Vec::new() }
    }
}

/// # Errors
/// [`Error::IbsiSetting`] for a distance that is none.
pub(super) fn check(settings: &TextureSettings) -> Result<(), Error> {
    settings.glcm.check("distance of the GLCM")?;
    settings.glszm.check("linkage distance of the GLSZM")?;
    settings.gldzm.check("linkage distance of the GLDZM")?;
    settings.ngtdm.check("distance of the NGTDM")?;
    settings.ngldm.check("distance of the NGLDM")
}

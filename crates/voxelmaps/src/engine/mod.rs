//! What turns windows into numbers: several engines behind one trait, with the same results.

pub mod backend; // which engine
pub mod cpu; // many windows at once
#[cfg(any(feature = "cuda", all(feature = "emu", unix)))]
pub mod gpu; // the kernels of the folder `kernels`, on cards or emulated
pub mod plain; // each window cut out and given to radiomics-core: the oracle
mod rounding; // what PyRadiomics owes to rounding

use std::fmt::Debug;

use radiomics_core::{FeatureClass, Settings};

use crate::{
    error::Error,
    feature::{Family, Feature},
    field::Field,
    maps::Values,
    watch::Watch,
};

/// One image whose windows are to be evaluated.
#[derive(Clone, Debug)]
pub struct Task {
    /// Grey levels and intensities; a voxel of grey level 0 belongs to no window.
    pub field: Field,
    /// Positions in the field of the voxels around which windows are laid, rising. Each belongs to its own window.
    pub centres: Vec<u32>,
    /// `kernelRadius`, `force2D`, `force2Ddimension`, `distances`, `symmetricalGLCM`, `weightingNorm`, `gldm_a` and
    /// `voxelArrayShift` matter; the rest is done already.
    pub settings: Settings,
    /// What is wanted, each once.
    pub features: Vec<Feature>,
}

impl Task {
    /// Radius of the windows.
    pub fn radius(&self) -> usize {
        self.settings.kernel_radius as usize
    }

    /// The axis across the slice in which windows lie (0 = z, 1 = y, 2 = x).
    pub fn within(&self) -> Option<u8> {
        self.settings.force_2d.then_some(self.settings.force_2d_dimension)
    }

    /// Whether GLCM, GLRLM, GLDM and NGTDM are those of PyRadiomics' defaults: neighbours at distance 1, symmetrical, no
    /// weights. The fastest ways do these; others go to a slower one.
    pub fn is_standard(&self) -> bool {
        self.settings.distances == [1]
            && self.settings.symmetrical_glcm
            && self.settings.weighting_norm.is_none()
    }

    /// The families that are wanted, and of each feature the row of the output and its place in the family.
    pub fn families(&self) -> Vec<(Family, Places)> {
        let places = |family| {
            let wanted =
                self.features.iter().enumerate().filter(move |(_, feature)| feature.family == family);
            wanted.map(|(row, feature)| (row, feature.place)).collect::<Places>()
        };
        let families = Family::ALL.into_iter().map(|family| (family, places(family)));
        families.filter(|(_, places)| !places.is_empty()).collect()
    }

    /// Whether any feature of a family is wanted.
    pub fn wants(&self, family: Family) -> bool {
        self.features.iter().any(|feature| feature.family == family)
    }

    /// Whether the maximal correlation coefficient is wanted, which costs more than all else together.
    pub fn wants_mcc(&self) -> bool {
        self.features.iter().any(|feature| {
            feature.family == Family::Class(FeatureClass::Glcm)
                && FeatureClass::Glcm.features().get(feature.place).is_some_and(|f| f.name == "MCC")
        })
    }
}

/// Rows of an output and the places of their features in a family.
pub type Places = Vec<(usize, usize)>;

/// Something that evaluates windows: processor or device.
pub trait Engine: Debug + Send + Sync {
    /// Its name in results and messages, such as `cpu`.
    fn name(&self) -> String;

    /// Gets ready for one image: what does not depend on the voxel is done here once.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for what it cannot do; [`Error::Device`].
    fn start<'a>(&'a self, task: &'a Task) -> Result<Box<dyn Run + 'a>, Error>;

    /// What was done otherwise than asked so far, and why: such as on the processor instead of on a card.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// An engine at work on one image.
pub trait Run {
    /// Evaluates the windows of `task.centres[first..first + n]`, where `n` follows from the length of `out`.
    ///
    /// `out` is feature by feature: value `v` of feature `k` of [`Task::features`] goes to `out[k · n + v]`. A feature that a
    /// window does not define is NaN. The result does not depend on how the list of centres is cut or on threads.
    ///
    /// # Errors
    /// [`Error::Cancelled`], [`Error::Device`]; `out` is then of no use.
    fn evaluate(&mut self, first: usize, out: &mut Values, watch: &dyn Watch) -> Result<(), Error>;

    /// How many centres one call is best given.
    fn chunk(&self) -> usize {
        1 << 14
    }
}

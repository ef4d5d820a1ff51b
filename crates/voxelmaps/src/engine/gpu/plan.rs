//! Which kernels a task needs, how they are launched, and where their numbers go.

use radiomics_core::FeatureClass;

use crate::{
    engine::Task,
    feature::{Family, Feature},
    field::GreyLevels,
};

/// Place of the MCC in the GLCM's features: it has a kernel of its own.
const MCC: usize = 19;
/// Shared memory that every card gives to a block, bytes.
const SHARED: u32 = 48 << 10;

/// A kernel of the folder `kernels`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// GLCM without MCC, then GLRLM.
    PairsRuns,
    /// GLDM, then GLSZM, then NGTDM.
    Zones,
    /// First-order statistics.
    FirstOrder,
    /// The MCC, in its place among the GLCM's features.
    Mcc,
}

/// How a kernel is launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Its name in the PTX.
    pub name: &'static str,
    /// Threads of a block; each does one voxel.
    pub block: u32,
    /// Dynamic shared memory of a block, bytes.
    pub shared: u32,
}

impl Kernel {
    pub const ALL: [Self; 4] = [Self::PairsRuns, Self::Zones, Self::FirstOrder, Self::Mcc];

    /// The kernel that has a feature, and its place in that kernel's output (`kernels/features.cuh`).
    fn of(feature: Feature) -> Option<(Self, usize)> {
        let Family::Class(class) = feature.family else { return None };
        let (kernel, first) = match class {
            FeatureClass::Glcm if feature.place == MCC => (Self::Mcc, 0),
            FeatureClass::Glcm => (Self::PairsRuns, 0),
            FeatureClass::Glrlm => (Self::PairsRuns, FeatureClass::Glcm.features().len()),
            FeatureClass::Gldm => (Self::Zones, 0),
            FeatureClass::Glszm => (Self::Zones, FeatureClass::Gldm.features().len()),
            FeatureClass::Ngtdm => {
                (Self::Zones, FeatureClass::Gldm.features().len() + FeatureClass::Glszm.features().len())
            }
            FeatureClass::FirstOrder => (Self::FirstOrder, 0),
            FeatureClass::Shape | FeatureClass::Shape2D => return None,
        };
        Some((kernel, first + feature.place))
    }

    /// How it is launched for grey levels up to `highest`.
    pub fn launch(self, highest: u32) -> Launch {
        match self {
            Self::PairsRuns => {
                // As pairs_runs.cu says: tables, then columns for each thread.
                let tables = 8 * (2 * 37 + (5 * (highest + 1)).div_ceil(2));
                let histograms = 4 * ((2 * highest - 1).div_ceil(4) + highest.div_ceil(4));
                let shared = |block| tables + block * (136 + histograms);
                let (name, block) =
                    if shared(64) <= SHARED { ("pairs_runs_64", 64) } else { ("pairs_runs_32", 32) };
                Launch { name, block, shared: shared(block) }
            }
            Self::Zones => Launch { name: "zones_64", block: 64, shared: 0 },
            Self::FirstOrder => Launch { name: "first_order_64", block: 64, shared: 0 },
            Self::Mcc => Launch { name: "mcc_64", block: 64, shared: 0 },
        }
    }
}

/// One kernel and what is wanted of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub kernel: Kernel,
    /// Bit `k` for feature `k` of the kernel.
    pub wanted: u64,
    /// For each feature wanted, by rising place: its place in [`Task::features`].
    pub rows: Vec<usize>,
}

/// How a task is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// Places in [`Task::features`] of those that no kernel has.
    pub left: Vec<usize>,
    /// Bits of the window that count: bit 9 (z + 1) + 3 (y + 1) + (x + 1).
    pub window: u32,
    /// Steps to the next row and plane of the field.
    pub row: i32,
    pub plane: i32,
}

impl Plan {
    /// Plans a task, or says why no kernel can do it.
    pub fn new(task: &Task) -> Result<Self, String> {
        if task.radius() != 1 {
            return Err(format!("windows of radius {}; its kernels are for radius 1", task.radius()));
        }
        if !matches!(task.field.levels(), GreyLevels::U8(_)) {
            return Err(format!("grey levels up to {}; its kernels are for 255", task.field.highest()));
        }
        if !task.is_standard() {
            return Err("distances other than 1, GLCM without symmetry, or weights".into());
        }
        let mut left = Vec::new();
        let mut places: Vec<(Kernel, usize, usize)> = Vec::new();
        for (row, &feature) in task.features.iter().enumerate() {
            let alpha = feature.family == Family::Class(FeatureClass::Gldm) && task.settings.gldm_a != 0.0;
            match Kernel::of(feature).filter(|_| !alpha) {
                Some((kernel, place)) => places.push((kernel, place, row)),
                None => left.push(row),
            }
        }
        let step = |kernel| {
            let mut own: Vec<_> = places.iter().filter(|(k, ..)| *k == kernel).collect();
            own.sort_by_key(|(_, place, _)| *place);
            let wanted = own.iter().fold(0, |bits, (_, place, _)| bits | 1 << place);
            Step { kernel, wanted, rows: own.iter().map(|(.., row)| *row).collect() }
        };
        let steps = Kernel::ALL.into_iter().map(step).filter(|step| step.wanted != 0).collect();
        let [px, py, _] = task.field.padded();
        let inside = |bit: &u32| match task.within() {
            None => true,
            Some(0) => bit / 9 == 1,
            Some(1) => bit / 3 % 3 == 1,
            Some(_) => bit % 3 == 1,
        };
        let window = (0..27).filter(inside).fold(0, |bits, bit| bits | 1 << bit);
        Ok(Self { steps, left, window, row: px as i32, plane: (px * py) as i32 })
    }

    /// Number of features that kernels do.
    pub fn features(&self) -> usize {
        self.steps.iter().map(|step| step.rows.len()).sum()
    }

    /// Places in [`Task::features`] of what the kernels write, one after the other.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.steps.iter().flat_map(|step| step.rows.iter().copied())
    }

    /// Whether the intensities are needed.
    pub fn needs_intensities(&self) -> bool {
        self.steps.iter().any(|step| step.kernel == Kernel::FirstOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mcc_stands_where_the_kernels_put_it() {
        assert_eq!(FeatureClass::Glcm.features()[MCC].name, "MCC");
    }

    #[test]
    fn blocks_fit_the_shared_memory_for_any_number_of_levels() {
        for highest in 1..=255 {
            let launch = Kernel::PairsRuns.launch(highest);
            assert!(launch.shared <= SHARED, "{highest}: {launch:?}");
        }
        assert_eq!(Kernel::PairsRuns.launch(32).block, 64);
        assert_eq!(Kernel::PairsRuns.launch(255).block, 32);
    }

    #[test]
    fn every_feature_of_a_class_has_a_place_of_its_own() {
        let mut places = Vec::new();
        for family in Family::ALL {
            for feature in family.features() {
                match (family, Kernel::of(feature)) {
                    (Family::Class(_), Some((kernel, place))) => {
                        assert!(place < 64 && !places.contains(&(kernel, place)), "{feature}");
                        places.push((kernel, place));
                    }
                    (Family::Ibsi(_), None) => {}
                    (_, other) => panic!("{feature}: {other:?}"),
                }
            }
        }
        assert_eq!(places.len(), 94);
    }
}

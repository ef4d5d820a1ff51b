//! A synthetic cohort of livers with lesions, seen before and after a treatment in an arterial and a portal venous
//! phase, with clinical variables and times to death and progression.
//!
//! What is planted: two properties of each patient's lesions, the *texture* before treatment and the *change* under
//! it, are standard normal and show in the scans as the standard deviation and the mean of the lesions (each
//! scan shows them with some noise of its own); they and two clinical variables act on survival through a Cox model
//! with the [`Effects`] given. Everything else is drawn independently of survival. Nothing here describes patients or a
//! disease: the names of the clinical variables are borrowed so that tables of a study can be tried.
//!
//! Images are drawn when they are asked for, from the seed; nothing is stored.

mod patients; // latent properties, clinical variables, times
mod scan; // images and masks
mod table; // the cohort as CSV and its description

pub use self::patients::{Clinical, Endpoint, Latent, LiverPatient, Mrecist};
pub use self::scan::{IMAGE_NOISE, Phase, Reader, ScanSettings, Shift, Spread, TimePoint};

/// Logarithms of hazard ratios of death, and of progression or death.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effects {
    /// For one standard deviation of the lesions' texture before treatment.
    pub texture: f64,
    /// For one standard deviation of the lesions' change under treatment.
    pub change: f64,
    /// Invasion of the portal vein, present against absent.
    pub portal_vein_invasion: f64,
    /// Extrahepatic spread, present against absent.
    pub extrahepatic_spread: f64,
}

impl Effects {
    /// Nothing acts on survival.
    pub const NONE: Self =
        Self { texture: 0.0, change: 0.0, portal_vein_invasion: 0.0, extrahepatic_spread: 0.0 };
}

impl Default for Effects {
    fn default() -> Self {
        Self { texture: 1.2, change: 1.5, portal_vein_invasion: 1.2, extrahepatic_spread: 1.0 }
    }
}

/// How a cohort is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CohortSettings {
    /// Seed of everything.
    pub seed: u64,
    /// Patients of the first centre, and of the second.
    pub patients: [usize; 2],
    /// Patients of the first centre whose livers are segmented twice more: again by the first reader, and by a second.
    pub reread: usize,
    /// What acts on survival.
    pub effects: Effects,
    /// Share of clinical values that are missing.
    pub missing: f64,
    /// Grid and sizes of the scans.
    pub scan: ScanSettings,
}

impl Default for CohortSettings {
    /// The numbers of patients of Xu et al. 2025 (doi:10.1186/s12885-025-13978-4) and livers of natural size.
    fn default() -> Self {
        Self {
            seed: 2026,
            patients: [315, 80],
            reread: 50,
            effects: Effects::default(),
            missing: 0.02,
            scan: ScanSettings::default(),
        }
    }
}

/// The cohort: patients now, their images on demand.
///
/// ```
/// use radiomics_phantoms::liver::{CohortSettings, LiverCohort, Phase, Reader, ScanSettings, TimePoint};
/// let settings = CohortSettings { patients: [3, 1], scan: ScanSettings::small(), ..CohortSettings::default() };
/// let cohort = LiverCohort::new(settings);
/// assert_eq!(cohort.patients()[3].centre, "B");
/// let image = cohort.image(0, TimePoint::Post, Phase::Portal)?;
/// let mask = cohort.mask(0, TimePoint::Post, Reader::First)?;
/// assert!(mask.region(1)?.voxels > 1000 && image.geometry() == mask.geometry());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct LiverCohort {
    settings: CohortSettings,
    patients: Vec<LiverPatient>,
}

impl LiverCohort {
    /// Draws the patients.
    pub fn new(settings: CohortSettings) -> Self {
        let all = settings.patients[0] + settings.patients[1];
        let patients = (0..all).map(|i| LiverPatient::draw(&settings, i)).collect();
        Self { settings, patients }
    }

    /// How it was drawn.
    pub fn settings(&self) -> &CohortSettings {
        &self.settings
    }

    /// The patients, those of the first centre first.
    pub fn patients(&self) -> &[LiverPatient] {
        &self.patients
    }
}

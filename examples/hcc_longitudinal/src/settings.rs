//! Settings: those of the study's file under `[settings]`, and the size of a run.

use anyhow::{Context, Result, ensure};
use radiomics_phantoms::liver::{CohortSettings, Effects, ScanSettings};
use serde::{Deserialize, Serialize};

/// What the program wants to know beside the roles of the columns. In `study.toml` under `[settings]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The centre whose patients are divided into training and internal validation; all others are the external test.
    /// Not needed where the role `split` names a column with `training`, `internal`, `external`.
    #[serde(default)]
    pub training_centre: Option<String>,
    /// Share of the training centre for internal validation.
    #[serde(default = "internal_share")]
    pub internal_share: f64,
    /// Response by mRECIST.
    pub response: Response,
    /// Column of the treatment, for subgroups.
    #[serde(default)]
    pub treatment: Option<String>,
    /// Cause of death, for disease-specific survival.
    #[serde(default)]
    pub cause_of_death: Option<Cause>,
    /// A patient responds who lives this long; months.
    #[serde(default = "landmark")]
    pub landmark: f64,
    /// Times of the time-dependent ROC curves of overall survival, months.
    #[serde(default = "os_times")]
    pub os_times: Vec<f64>,
    /// The same of progression-free survival.
    #[serde(default = "pfs_times")]
    pub pfs_times: Vec<f64>,
    /// The least intraclass correlation of a feature between readings.
    #[serde(default = "least_icc")]
    pub least_icc: f64,
}

/// Where the response by mRECIST stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The column.
    pub column: String,
    /// The level that means progression; all others are disease control.
    pub progression: String,
    /// The levels that mean that lesions became smaller.
    pub partial: Vec<String>,
}

/// Where the cause of death stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// The column.
    pub column: String,
    /// The level that means another cause than the disease.
    pub other: String,
}

fn internal_share() -> f64 {
    0.2
}

fn landmark() -> f64 {
    12.0
}

fn os_times() -> Vec<f64> {
    vec![12.0, 24.0, 36.0]
}

fn pfs_times() -> Vec<f64> {
    vec![6.0, 12.0, 18.0]
}

fn least_icc() -> f64 {
    0.75
}

impl Settings {
    /// Takes the table `[settings]` of a study's file.
    ///
    /// # Errors
    /// Unknown keys, settings that are absent or out of range.
    pub fn read(table: &toml::Table, file: &str) -> Result<Self> {
        let settings: Self = table
            .clone()
            .try_into()
            .with_context(|| format!("{file}: the table [settings] is not as the program needs it"))?;
        let share = settings.internal_share;
        ensure!(
            share > 0.0 && share < 1.0,
            "{file}: internal_share is {share}, a number between 0 and 1 is expected"
        );
        for (name, value) in [("landmark", settings.landmark), ("least_icc", settings.least_icc)] {
            ensure!(value > 0.0 && value.is_finite(), "{file}: {name} is {value}, more than 0 is expected");
        }
        Ok(settings)
    }
}

/// How much is done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Size {
    /// Patients of the first centre and of the second, of a synthetic cohort.
    pub patients: [usize; 2],
    /// Training patients whose livers are segmented again, of a synthetic cohort.
    pub reread: usize,
    /// Livers of about 3 cm in place of natural ones, of a synthetic cohort.
    pub small_images: bool,
    /// Patients of the background of Shapley values.
    pub background: usize,
}

impl Size {
    /// The numbers of the paper.
    pub const FULL: Self = Self { patients: [315, 80], reread: 50, small_images: false, background: 252 };
    /// A run of a few minutes; the external test is as large as that of the paper.
    pub const QUICK: Self = Self { patients: [125, 80], reread: 24, small_images: true, background: 60 };

    /// The synthetic cohort of this size; without signal, nothing acts on survival.
    pub fn cohort(&self, seed: u64, signal: bool) -> CohortSettings {
        CohortSettings {
            seed,
            patients: self.patients,
            reread: self.reread,
            effects: if signal { Effects::default() } else { Effects::NONE },
            scan: if self.small_images { ScanSettings::small() } else { ScanSettings::default() },
            ..CohortSettings::default()
        }
    }
}

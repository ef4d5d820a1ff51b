//! `study.toml`: which column is what.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ReadSettings, Table};
use crate::error::{Error, Result};

/// Which column plays which part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Roles {
    /// Patients.
    pub patient: Option<String>,
    /// Binary outcome.
    pub outcome: Option<String>,
    /// The value of the outcome that counts as positive.
    pub positive: Option<String>,
    /// Pairs of time and event, by the name of the endpoint (`os`, `pfs`).
    pub survival: std::collections::BTreeMap<String, SurvivalColumns>,
    /// Centre, for harmonisation and folds.
    pub centre: Option<String>,
    /// The set a patient belongs to: training, test, external.
    pub split: Option<String>,
    /// Clinical variables.
    pub clinical: Vec<String>,
    /// Columns with the paths of images.
    pub images: Vec<String>,
    /// Columns with the paths of masks.
    pub masks: Vec<String>,
    /// Columns with the paths of masks drawn again: one list for each reading, in the order of `masks`. Cells are empty
    /// for patients who were not read again.
    pub repeats: Vec<Vec<String>>,
}

/// Columns of one endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurvivalColumns {
    /// Time to event or last contact.
    pub time: String,
    /// Whether the event was seen.
    pub event: String,
    /// Unit of the time.
    #[serde(default)]
    pub unit: Option<String>,
}

/// A cohort's description.
///
/// ```
/// use radiomics_tabular::Study;
/// let study = Study::parse(r#"
/// table = "cohort.csv"
/// [roles]
/// patient = "id"
/// outcome = "response"
/// centre = "hospital"
/// survival.os = { time = "os_months", event = "dead" }
/// [read]
/// missing = ["", "-9"]
/// [read.columns.stage]
/// type = "ordinal"
/// levels = ["A", "B", "C"]
/// "#, "study.toml")?;
/// assert_eq!(study.roles.centre.as_deref(), Some("hospital"));
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// The table, relative to the study's file.
    pub table: String,
    /// Which column is what.
    #[serde(default)]
    pub roles: Roles,
    /// How the table is read: missing values, types of columns.
    #[serde(default)]
    pub read: ReadSettings,
    /// Settings of the program that runs the study, which reads and checks them.
    #[serde(default)]
    pub settings: toml::Table,
}

impl Study {
    /// Reads a description. `file` stands in error texts.
    ///
    /// # Errors
    /// [`Error::Format`] with the line of an unknown key or a wrong value.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(0, |s| 1 + text[..s.start.min(text.len())].matches('\n').count());
            Error::Format { file: file.to_owned(), line, why: e.message().to_owned() }
        })
    }

    /// Reads a description and its table, and checks that all roles' columns are there and hold what the role needs.
    ///
    /// # Errors
    /// As [`Self::parse`], [`Table::read`] and [`Self::check`].
    pub fn read(path: &Path) -> Result<(Self, Table)> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        let study = Self::parse(&text, &path.display().to_string())?;
        let place = path.parent().unwrap_or(Path::new("")).join(&study.table);
        let table = study.load(&place)?;
        Ok((study, table))
    }

    /// The table of this description from a place of its own.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn load(&self, place: &Path) -> Result<Table> {
        let mut settings = self.read.clone();
        settings.patient = settings.patient.or_else(|| self.roles.patient.clone());
        let table = Table::read(place, &settings)?;
        self.check(&table)?;
        Ok(table)
    }

    /// Checks a table against the roles.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`] with names near it; [`Error::Cell`] for an outcome or event with a third value, a
    /// negative time.
    pub fn check(&self, table: &Table) -> Result<()> {
        let roles = &self.roles;
        let plain = roles.centre.iter().chain(&roles.split).chain(&roles.clinical);
        let readings = roles.repeats.iter().flatten();
        for name in plain.chain(&roles.images).chain(&roles.masks).chain(readings) {
            table.column(name)?;
        }
        if let Some(outcome) = &roles.outcome {
            table.outcome(outcome, roles.positive.as_deref())?;
        }
        for columns in roles.survival.values() {
            table.times(&columns.time)?;
            table.outcome(&columns.event, None)?;
        }
        Ok(())
    }

    /// The centre of each patient, `unknown` where it is missing; empty without such a role.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`].
    pub fn centres(&self, table: &Table) -> Result<Vec<String>> {
        let Some(name) = &self.roles.centre else { return Ok(Vec::new()) };
        let column = table.column(name)?;
        Ok((0..table.rows()).map(|i| column.text(i).unwrap_or_else(|| "unknown".to_owned())).collect())
    }
}

//! Tables of the same patients side by side.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Column, Table};
use crate::error::{Error, Result};

/// Which patients a join keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// Those in both tables.
    #[default]
    Inner,
    /// All of the first table; what the second lacks is missing.
    Left,
    /// Exactly the same patients in both; anything else is an error.
    Same,
}

impl Table {
    /// The columns of another table beside these, joined by patient, in the order of this table. `prefix` is put
    /// before the names of the other table's columns. Python: `a.join(b.add_prefix(prefix))`.
    ///
    /// # Errors
    /// A column name in both; with [`Join::Same`] the first patient that one table lacks; [`Error::Empty`] where the
    /// tables share no patient.
    pub fn join(&self, other: &Self, prefix: &str, join: Join) -> Result<Self> {
        let at: HashMap<&str, usize> =
            other.patients.iter().enumerate().map(|(i, p)| (p.as_str(), i)).collect();
        if join == Join::Same {
            let absent = |lacks: &Self, from: &Self, i: usize| {
                let found = from.patients[i].clone();
                from.cell(i, &from.patient_column, found, &format!("a patient of {}", lacks.source))
            };
            if let Some(i) = self.patients.iter().position(|p| !at.contains_key(p.as_str())) {
                return Err(absent(other, self, i));
            }
            let own: HashMap<&str, usize> =
                self.patients.iter().enumerate().map(|(i, p)| (p.as_str(), i)).collect();
            if let Some(i) = other.patients.iter().position(|p| !own.contains_key(p.as_str())) {
                return Err(absent(self, other, i));
            }
        }
        let pairs: Vec<(usize, Option<usize>)> = self
            .patients
            .iter()
            .enumerate()
            .map(|(i, p)| (i, at.get(p.as_str()).copied()))
            .filter(|(_, o)| join != Join::Inner || o.is_some())
            .collect();
        if pairs.iter().all(|(_, o)| o.is_none()) {
            return Err(Error::Empty {
                what: format!("join of {} and {}", self.source, other.source),
                why: "they share no patient".to_owned(),
            });
        }
        let rows: Vec<usize> = pairs.iter().map(|p| p.0).collect();
        let mut table = self.subset(&rows);
        table.columns.extend(other.columns.iter().map(|c| Column {
            name: format!("{prefix}{}", c.name),
            values: pairs.iter().map(|(_, o)| o.map_or(f64::NAN, |o| c.values[o])).collect(),
            ..c.clone()
        }));
        Self::checked(table.source, table.patient_column, table.patients, table.lines, table.columns)
    }
}

//! Patients × typed, named columns.

mod csv;
mod join;
#[cfg(feature = "parquet")]
mod parquet;
mod read;
mod study;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, unknown_column};
use crate::matrix::{Levels, Matrix};

pub use self::join::Join;
pub use self::read::{ColumnSettings, ReadSettings};
pub use self::study::{Roles, Study, SurvivalColumns};

/// What the values of a column mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Measured numbers.
    Continuous,
    /// One of two levels.
    Binary,
    /// Levels with an order.
    Ordinal,
    /// Levels without an order.
    Nominal,
}

/// A column. Levels are stored as their positions in `levels`, counted from 0; NaN is a missing value.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name, as the header gives it.
    pub name: String,
    /// What the values mean.
    pub kind: Kind,
    /// Numbers, or positions of levels.
    pub values: Vec<f64>,
    /// Names of the levels; empty for continuous columns.
    pub levels: Vec<String>,
}

impl Column {
    /// A column of measured numbers.
    pub fn continuous(name: &str, values: Vec<f64>) -> Self {
        Self { name: name.to_owned(), kind: Kind::Continuous, values, levels: Vec::new() }
    }

    /// The values of a measured column and of a binary one whose levels are numbers.
    fn numbers(&self) -> Option<Vec<f64>> {
        match self.kind {
            Kind::Continuous => Some(self.values.clone()),
            Kind::Binary => {
                let known: Vec<f64> = self.levels.iter().map(|l| l.parse().ok()).collect::<Option<_>>()?;
                let number = |v: &f64| if v.is_nan() { Some(*v) } else { known.get(*v as usize).copied() };
                self.values.iter().map(number).collect()
            }
            Kind::Ordinal | Kind::Nominal => None,
        }
    }

    /// The value as text: the level's name, or the number; `None` where it is missing.
    pub fn text(&self, row: usize) -> Option<String> {
        let v = self.values[row];
        if v.is_nan() {
            return None;
        }
        Some(
            self.levels
                .get(v as usize)
                .filter(|_| self.kind != Kind::Continuous)
                .cloned()
                .unwrap_or_else(|| format!("{v}")),
        )
    }
}

/// Patients × typed, named columns, one row for each patient.
///
/// ```
/// use radiomics_tabular::{Kind, ReadSettings, Table};
/// let text = "\u{feff}patient,age (years),\"stage, T\",sex\nP1,61,T2,f\nP2,NA,T3,m\n";
/// let table = Table::parse_csv(text, "cohort.csv", &ReadSettings::default())?;
/// assert_eq!(table.patients(), ["P1", "P2"]);
/// assert!(table.column("age (years)")?.values[1].is_nan());
/// assert_eq!(table.column("stage, T")?.text(1).as_deref(), Some("T3"));
/// assert_eq!(table.column("sex")?.kind, Kind::Binary);
/// let error = table.column("age (year)").unwrap_err().to_string();
/// assert_eq!(error, "cohort.csv: no column is named `age (year)`; near it are `age (years)`");
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    source: String,
    patient_column: String,
    patients: Vec<String>,
    lines: Vec<usize>,
    columns: Vec<Column>,
}

impl Table {
    /// Reads a table with one row for each patient: Parquet where the name ends in `.parquet`, else CSV.
    ///
    /// # Errors
    /// As [`Self::read_csv`]; [`Error::Parquet`] for a Parquet table where this crate is built without its feature
    /// `parquet`.
    pub fn read(path: &Path, settings: &ReadSettings) -> Result<Self> {
        if !path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet")) {
            return Self::read_csv(path, settings);
        }
        #[cfg(feature = "parquet")]
        return Self::read_parquet(path, settings);
        #[cfg(not(feature = "parquet"))]
        Err(Error::Parquet {
            path: path.to_owned(),
            why: "which radiomics-tabular reads only with its feature `parquet`; this program was built without it. \
                  Save the table as CSV, or build with the feature",
        })
    }

    /// A table made in memory. `name` stands in error texts.
    ///
    /// # Errors
    /// Columns of another length than the patients, a patient or a column twice.
    pub fn new(name: &str, patients: Vec<String>, columns: Vec<Column>) -> Result<Self> {
        let lines = (2..patients.len() + 2).collect();
        Self::checked(name.to_owned(), "patient".to_owned(), patients, lines, columns)
    }

    fn checked(
        source: String,
        patient_column: String,
        patients: Vec<String>,
        lines: Vec<usize>,
        columns: Vec<Column>,
    ) -> Result<Self> {
        let mut seen = std::collections::HashMap::new();
        for (patient, &row) in patients.iter().zip(&lines) {
            if let Some(first) = seen.insert(patient.as_str(), row) {
                return Err(Error::DuplicatePatient {
                    file: source,
                    row,
                    column: patient_column,
                    patient: patient.clone(),
                    first,
                });
            }
        }
        let mut names = std::collections::HashSet::new();
        for column in &columns {
            radiomics_stats::error::require_length(&column.name, column.values.len(), patients.len())?;
            if !names.insert(column.name.as_str()) {
                return Err(Error::DuplicateColumn { file: source, column: column.name.clone() });
            }
        }
        Ok(Self { source, patient_column, patients, lines, columns })
    }

    /// The file, or the name given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Number of patients.
    pub fn rows(&self) -> usize {
        self.patients.len()
    }

    /// Patients in the order of the rows.
    pub fn patients(&self) -> &[String] {
        &self.patients
    }

    /// All columns beside that of the patients.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// One column.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`] with names near it.
    pub fn column(&self, name: &str) -> Result<&Column> {
        self.columns
            .iter()
            .find(|c| c.name == name)
            .ok_or_else(|| unknown_column(&self.source, name, self.columns.iter().map(|c| c.name.as_str())))
    }

    /// The patients at these rows, in this order.
    pub fn subset(&self, rows: &[usize]) -> Self {
        Self {
            source: self.source.clone(),
            patient_column: self.patient_column.clone(),
            patients: rows.iter().map(|&i| self.patients[i].clone()).collect(),
            lines: rows.iter().map(|&i| self.lines[i]).collect(),
            columns: self
                .columns
                .iter()
                .map(|c| Column { values: rows.iter().map(|&i| c.values[i]).collect(), ..c.clone() })
                .collect(),
        }
    }

    /// The columns for a [`Recipe`](crate::Recipe), missing values as NaN. Those of levels keep them, for
    /// [`Step::Encode`](crate::Step::Encode); a binary column of two numbers, as 0 and 1, is one of numbers.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`].
    pub fn matrix<S: AsRef<str>>(&self, names: &[S]) -> Result<Matrix> {
        let (mut columns, mut levels) = (Vec::with_capacity(names.len()), Vec::new());
        for name in names {
            let column = self.column(name.as_ref())?;
            columns.push(match column.numbers() {
                Some(numbers) => numbers,
                None => {
                    levels.push(column);
                    column.values.clone()
                }
            });
        }
        let matrix = Matrix::new(names.iter().map(|n| n.as_ref().to_owned()).collect(), columns)?;
        levels.into_iter().try_fold(matrix, |matrix, c| {
            matrix.with_levels(&c.name, Levels { kind: c.kind, names: c.levels.clone() })
        })
    }

    /// Names of all measured columns.
    pub fn continuous_names(&self) -> Vec<String> {
        self.columns.iter().filter(|c| c.kind == Kind::Continuous).map(|c| c.name.clone()).collect()
    }

    /// A binary outcome; `None` where it is missing. `positive` names the level that counts as true, by default `1`,
    /// `true`, `yes` or the second of two levels.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`]; [`Error::Cell`] at the first row with a third value or, where `positive` is given
    /// and never occurs, [`Error::Setting`].
    pub fn outcome(&self, name: &str, positive: Option<&str>) -> Result<Vec<Option<bool>>> {
        let column = self.column(name)?;
        let texts: Vec<Option<String>> = (0..self.rows()).map(|i| column.text(i)).collect();
        let mut found: Vec<&str> = Vec::new();
        for (i, text) in texts.iter().enumerate() {
            let Some(text) = text else { continue };
            if found.contains(&text.as_str()) {
                continue;
            }
            if found.len() == 2 {
                return Err(Error::Cell {
                    file: self.source.clone(),
                    row: self.lines[i],
                    column: name.to_owned(),
                    value: text.clone(),
                    expected: format!("one of two values, `{}` or `{}`,", found[0], found[1]),
                });
            }
            found.push(text);
        }
        let yes = |t: &&str| ["1", "true", "yes", "y", "positive"].contains(&t.to_lowercase().as_str());
        let chosen = match positive {
            Some(p) => {
                if !found.is_empty() && !found.contains(&p) {
                    return Err(Error::Setting {
                        name: format!("positive value of `{name}`"),
                        value: format!("`{p}`"),
                        expected: format!("one of {}", found.join(", ")),
                    });
                }
                p.to_owned()
            }
            None => match found.iter().copied().find(|t| yes(t)) {
                Some(t) => t.to_owned(),
                None => column.levels.last().cloned().unwrap_or_else(|| {
                    let mut sorted = found.clone();
                    sorted.sort_by(|a, b| number(a).total_cmp(&number(b)));
                    sorted.last().map_or_else(String::new, |s| (*s).to_owned())
                }),
            },
        };
        Ok(texts.iter().map(|t| t.as_ref().map(|t| *t == chosen)).collect())
    }

    /// Survival times; NaN where they are missing.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`]; [`Error::Cell`] at the first time that is negative.
    pub fn times(&self, name: &str) -> Result<Vec<f64>> {
        let column = self.column(name)?;
        if let Some(i) = column.values.iter().position(|t| *t < 0.0) {
            return Err(self.cell(i, name, column.values[i].to_string(), "a time of 0 or more"));
        }
        if column.kind != Kind::Continuous && column.kind != Kind::Binary {
            let row = column.values.iter().position(|v| !v.is_nan()).unwrap_or(0);
            return Err(self.cell(row, name, column.text(row).unwrap_or_default(), "a number"));
        }
        Ok((0..self.rows()).map(|i| column.text(i).map_or(f64::NAN, |t| number(&t))).collect())
    }

    pub(crate) fn cell(&self, row: usize, column: &str, value: String, expected: &str) -> Error {
        Error::Cell {
            file: self.source.clone(),
            row: self.lines.get(row).copied().unwrap_or(0),
            column: column.to_owned(),
            value,
            expected: expected.to_owned(),
        }
    }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

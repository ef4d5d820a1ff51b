//! What can go wrong, with the place and the value.

use std::path::PathBuf;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not of its format.
    #[error("{file}, line {line}: {why}")]
    Format {
        /// The file.
        file: String,
        /// The line, counted from 1; 0 where the format has none.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// A cell holds something that its column does not accept.
    #[error("{file}, row {row}, column `{column}`: `{value}` found, {expected} expected")]
    Cell {
        /// The file or the name of the table.
        file: String,
        /// Line of the file, counted from 1.
        row: usize,
        /// Name of the column.
        column: String,
        /// The value found.
        value: String,
        /// What the column accepts.
        expected: String,
    },
    /// A patient has two rows.
    #[error("{file}, row {row}, column `{column}`: patient `{patient}` has a row already, row {first}")]
    DuplicatePatient {
        /// The file.
        file: String,
        /// Line of the second row.
        row: usize,
        /// The column of patients.
        column: String,
        /// The patient.
        patient: String,
        /// Line of the first row.
        first: usize,
    },
    /// Two columns have one name.
    #[error("{file}: two columns are named `{column}`")]
    DuplicateColumn {
        /// The file or the name of the table.
        file: String,
        /// The name.
        column: String,
    },
    /// No column has this name.
    #[error("{file}: no column is named `{column}`{near}")]
    UnknownColumn {
        /// The file or the name of the table.
        file: String,
        /// The name asked for.
        column: String,
        /// Names that look alike, as text to append.
        near: String,
    },
    /// A column of levels where numbers are needed, or the other way round.
    #[error("column `{column}` holds {found}; needed are {expected}")]
    ColumnKind {
        /// Name of the column.
        column: String,
        /// What it holds.
        found: String,
        /// What is needed.
        expected: String,
    },
    /// A value that is not a finite number where one is needed.
    #[error("column `{column}` is {value} in row {row} (counted from 0); impute or drop it first")]
    NotFinite {
        /// Name of the column.
        column: String,
        /// Row, counted from 0.
        row: usize,
        /// The value.
        value: f64,
    },
    /// A centre or level that was not there when the step was fitted.
    #[error("{what} `{value}` was not among the training rows; known are {known}")]
    Unseen {
        /// A centre, a level of a column.
        what: String,
        /// The value found.
        value: String,
        /// The values known.
        known: String,
    },
    /// A setting is outside its range.
    #[error("{name} is {value}; it must be {expected}")]
    Setting {
        /// Name of the setting.
        name: String,
        /// The value found.
        value: String,
        /// What is accepted.
        expected: String,
    },
    /// Nothing is left to work on.
    #[error("{what}: {why}")]
    Empty {
        /// The step.
        what: String,
        /// Why nothing is left.
        why: String,
    },
    /// A tensor of a checkpoint that is not what the network needs.
    #[error("{file}, tensor `{tensor}`: {found} found, {expected} expected")]
    Tensor {
        /// The file.
        file: String,
        /// Name of the tensor.
        tensor: String,
        /// Its shape, or that there is none.
        found: String,
        /// What the network needs.
        expected: String,
    },
    /// Training went where there are no numbers.
    #[error("training diverged: {loss} in epoch {epoch}; scale the columns or lower the learning rate")]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// Loss, prediction or weight.
        loss: f64,
    },
    /// A Parquet table where none can be read.
    #[error("{path}: an Apache Parquet table, {why}", path = path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What to do about it.
        why: &'static str,
    },
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// The tensors underneath.
    #[cfg(feature = "tabnet")]
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
    /// The explanations of a fitted learner.
    #[cfg(feature = "explain")]
    #[error(transparent)]
    Explain(#[from] radiomics_explain::Error),
    /// The statistics underneath.
    #[error(transparent)]
    Stats(#[from] radiomics_stats::Error),
}

/// Short form of the result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

pub(crate) fn setting<T>(name: &str, value: impl ToString, expected: &str) -> Result<T> {
    Err(Error::Setting { name: name.to_owned(), value: value.to_string(), expected: expected.to_owned() })
}

pub(crate) fn check(holds: bool, name: &str, value: impl ToString, expected: &str) -> Result<()> {
    if holds { Ok(()) } else { setting(name, value, expected) }
}

/// `; did you mean a, b?` for names near the one asked for.
pub(crate) fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let wanted = name.trim().to_lowercase();
    let mut scored: Vec<(f64, &str)> =
        known.map(|k| (strsim::jaro_winkler(&wanted, &k.trim().to_lowercase()), k)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let close: Vec<String> =
        scored.iter().filter(|s| s.0 > 0.75).take(3).map(|s| format!("`{}`", s.1)).collect();
    if close.is_empty() { String::new() } else { format!("; near it are {}", close.join(", ")) }
}

pub(crate) fn unknown_column<'a>(file: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Error {
    Error::UnknownColumn { file: file.to_owned(), column: name.to_owned(), near: near(name, known) }
}

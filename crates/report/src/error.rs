//! What can be wrong with the input of a figure, a table or a report.

use std::path::PathBuf;

/// An input that cannot be drawn, or a report that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing to draw.
    #[error("figure \"{figure}\": {what} is empty; at least one is needed")]
    Empty {
        /// Title of the figure.
        figure: String,
        /// The list that is empty.
        what: String,
    },
    /// Two lists that must be of one length are not.
    #[error("figure \"{figure}\": {what} has {found} entries, expected {expected}")]
    Length {
        /// Title of the figure.
        figure: String,
        /// The list at fault.
        what: String,
        /// Its length.
        found: usize,
        /// The length that belongs there.
        expected: usize,
    },
    /// A value outside of what the figure can show; also NaN and infinity.
    #[error("figure \"{figure}\": {what} is {value}, expected {expected}")]
    Value {
        /// Title of the figure.
        figure: String,
        /// The value at fault, with its place.
        what: String,
        /// The value found.
        value: f64,
        /// What was expected.
        expected: &'static str,
    },
    /// A table row has more or fewer cells than the table has columns.
    #[error("table \"{table}\": row {row} has {found} cells, expected {expected}")]
    Row {
        /// Title of the table.
        table: String,
        /// Number of the row, from 1.
        row: usize,
        /// Cells found.
        found: usize,
        /// Columns of the table.
        expected: usize,
    },
    /// A picture could not be made.
    #[error("figure \"{figure}\": no PNG could be made: {reason}")]
    Picture {
        /// Title of the figure.
        figure: String,
        /// What the encoder or rasteriser said.
        reason: String,
    },
    /// The folder of a report exists and is not a report of this crate.
    #[error("{} exists and is no report written before: it is left alone; name another folder or remove it", .0.display())]
    NotAReport(PathBuf),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A statistic for a figure or table has no value.
    #[cfg(feature = "stats")]
    #[error(transparent)]
    Stats(#[from] radiomics_stats::Error),
    /// A result of survival analysis for a figure or table has no value.
    #[cfg(feature = "survival")]
    #[error(transparent)]
    Survival(#[from] radiomics_survival::Error),
    /// A setting or table could not be encoded.
    #[error("{what} cannot be written: {reason}")]
    Encode {
        /// What was to be written.
        what: String,
        /// What the encoder said.
        reason: String,
    },
}

impl Error {
    /// For `map_err`: the path beside what the system said.
    pub(crate) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }
}

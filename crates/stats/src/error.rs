//! What can go wrong between vectors of numbers and a statistic.

/// Every error carries the values that led to it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two inputs that belong together differ in length.
    #[error("{what} has {found} values where {expected} were expected")]
    Length {
        /// Which input.
        what: String,
        /// Its length.
        found: usize,
        /// The length it must have.
        expected: usize,
    },
    /// A value is outside what the method accepts: not a number, infinite, negative, no probability.
    #[error("{what} is {value} at position {index} (counted from 0); it must be {expected}")]
    Value {
        /// Which input.
        what: String,
        /// Position, counted from 0.
        index: usize,
        /// The value found.
        value: f64,
        /// What the method accepts.
        expected: &'static str,
    },
    /// Too few values for the statistic to be defined.
    #[error("{what}: {found} found, at least {needed} are needed")]
    TooFew {
        /// What is counted.
        what: String,
        /// How many there are.
        found: usize,
        /// How many there must be.
        needed: usize,
    },
    /// A part of the patients, such as those of a fold, allows no fit.
    #[error("a part of the patients allows no fit: {why}")]
    Part {
        /// What is in the way.
        why: String,
    },
    /// An outcome with two classes has only one of them.
    #[error("the outcome has one class only: {positives} positive, {negatives} negative")]
    OneClass {
        /// Number of positives.
        positives: usize,
        /// Number of negatives.
        negatives: usize,
    },
    /// All values are equal where the method divides by their spread.
    #[error("{what} is constant ({value}); its spread is needed")]
    Constant {
        /// Which input.
        what: String,
        /// The value all of them have.
        value: f64,
    },
    /// A column is a linear combination of columns before it.
    #[error("column {column} is a linear combination of the columns before it; remove one of them")]
    Collinear {
        /// Name of the column.
        column: String,
    },
    /// The likelihood has no maximum: these columns separate the classes.
    #[error("the outcome is separated by {columns}: the likelihood rises without bound", columns = columns.join(", "))]
    Separation {
        /// Names of the columns whose coefficients grow without bound.
        columns: Vec<String>,
    },
    /// An iteration stopped before it met its tolerance.
    #[error("{what} did not converge in {iterations} iterations (last relative change {change:e})")]
    NotConverged {
        /// Which method.
        what: String,
        /// How many iterations were made.
        iterations: usize,
        /// The last change, in the unit of the tolerance.
        change: f64,
    },
    /// A setting is outside its range.
    #[error("{name} is {value}; it must be {expected}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// The value found.
        value: String,
        /// What is accepted.
        expected: &'static str,
    },
    /// The statistic has no value for this input.
    #[error("{what} is not defined: {why}")]
    Undefined {
        /// Which statistic.
        what: String,
        /// The reason.
        why: String,
    },
    /// An exact method would need more work than its limit allows.
    #[error("{what} would need {needed:e} steps, the limit is {limit:e}; use {instead}")]
    TooLarge {
        /// Which method.
        what: &'static str,
        /// Estimated steps.
        needed: f64,
        /// The limit.
        limit: f64,
        /// What can be used in its place.
        instead: &'static str,
    },
}

/// Checks that every value is finite.
///
/// # Errors
/// [`Error::Value`] with the first that is not.
pub fn require_finite(what: &str, values: &[f64]) -> Result<(), Error> {
    require(what, values, "a finite number", f64::is_finite)
}

/// Checks every value with `accept`.
///
/// # Errors
/// [`Error::Value`] with the first value that is refused.
pub fn require(
    what: &str,
    values: &[f64],
    expected: &'static str,
    accept: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    match values.iter().position(|&value| !accept(value)) {
        None => Ok(()),
        Some(index) => Err(Error::Value { what: what.to_owned(), index, value: values[index], expected }),
    }
}

/// Checks that `found` equals `expected`.
///
/// # Errors
/// [`Error::Length`] otherwise.
pub fn require_length(what: &str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Length { what: what.to_owned(), found, expected }) }
}

/// Checks that there are at least `needed`.
///
/// # Errors
/// [`Error::TooFew`] otherwise.
pub fn require_count(what: &str, found: usize, needed: usize) -> Result<(), Error> {
    if found >= needed { Ok(()) } else { Err(Error::TooFew { what: what.to_owned(), found, needed }) }
}

/// Checks that a confidence level lies between 0 and 1, both excluded.
///
/// # Errors
/// [`Error::Setting`] otherwise.
pub fn require_level(level: f64) -> Result<(), Error> {
    if level > 0.0 && level < 1.0 {
        return Ok(());
    }
    Err(Error::Setting { name: "confidence level", value: level.to_string(), expected: "between 0 and 1" })
}

//! What is wrong with a parameter file or a setting, and where.

use std::fmt;

use super::node::quoted;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, counted from 1.
    pub line: usize,
    /// Character of the line, counted from 1.
    pub column: usize,
}

impl Position {
    /// The place of a byte of `text`.
    pub(super) fn of(text: &str, offset: usize) -> Option<Self> {
        let before = text.get(..offset)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..)?.chars().count() + 1;
        Some(Self { line: before.matches('\n').count() + 1, column })
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The first fault of a parameter file or of settings; shows as one line without the name of the file.
///
/// ```
/// use radiomics_core::params::{Params, ParamsFormat};
/// let error = Params::parse("setting:\n  binWith: 10\n", ParamsFormat::Yaml).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "line 2, column 3: `setting.binWith`: no such setting; did you mean `binWidth`?"
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ParamsError {
    /// Where, if it came from a text.
    pub at: Option<Position>,
    /// Keys that lead there, such as `setting.binWidth` or `imageType.LoG.sigma`; empty for the whole file.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong at one place.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// The text is no YAML, JSON or TOML, or far larger than parameters can be; with the reader's words.
    Syntax(String),
    /// There is nothing in it.
    Empty,
    /// A key stands twice in one table.
    Duplicate,
    /// No such key or name.
    Unknown {
        /// What was looked for: "setting", "feature of glcm".
        kind: String,
        /// The most similar name.
        nearest: Option<&'static str>,
        /// All names that can stand there, where they are few.
        known: Vec<&'static str>,
    },
    /// A setting in a table where it cannot stand.
    Misplaced {
        /// The table where it belongs.
        section: &'static str,
    },
    /// A value of the wrong type or out of range.
    Value {
        /// What was found.
        found: String,
        /// What can stand there.
        expected: String,
        /// The most similar name, where names are expected.
        nearest: Option<&'static str>,
    },
    /// The image type cannot be made without this setting.
    Missing {
        /// The setting.
        key: &'static str,
        /// What to write.
        example: &'static str,
    },
}

impl std::error::Error for ParamsError {}

impl fmt::Display for ParamsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "{at}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "`{}`: ", quoted(&self.path).trim_matches('"'))?;
        }
        self.problem.fmt(f)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(message) => f.write_str(message),
            Self::Empty => f.write_str(
                "no parameters found; expected `setting`, `imageType`, `featureClass` or `ibsi` (`{}` stands for the defaults)",
            ),
            Self::Duplicate => f.write_str("the key stands here for the second time"),
            Self::Unknown { kind, nearest: Some(nearest), .. } => {
                write!(f, "no such {kind}; did you mean `{nearest}`?")
            }
            Self::Unknown { kind, known, .. } if known.is_empty() => write!(f, "no such {kind}"),
            Self::Unknown { kind, known, .. } => {
                write!(f, "no such {kind}; known are `{}`", known.join("`, `"))
            }
            Self::Misplaced { section } => write!(f, "this is a setting and belongs under `{section}`"),
            Self::Value { found, expected, nearest } => {
                write!(f, "found {found}, expected {expected}")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None => Ok(()),
                }
            }
            Self::Missing { key, example } => write!(f, "needs `{key}`, for example `{example}`"),
        }
    }
}

/// The name most like `found`, if any is: a few letters differ, or one is part of the other (`MajorAxis`).
pub(crate) fn nearest(
    found: &str,
    names: impl Iterator<Item = &'static str> + Clone,
) -> Option<&'static str> {
    // A long text is no misspelt name, and comparing takes time with the square of the length.
    if found.chars().count() > 60 {
        return None;
    }
    let lower = found.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&lower, &name.to_lowercase());
    let (distance, name) =
        names.clone().map(|name| (distance(name), name)).min_by_key(|&(distance, _)| distance)?;
    if distance <= 1 + name.len() / 4 {
        return Some(name);
    }
    let is_part = |name: &&str| lower.len() >= 4 && name.to_lowercase().contains(&lower);
    names.filter(is_part).min_by_key(|name| name.len())
}

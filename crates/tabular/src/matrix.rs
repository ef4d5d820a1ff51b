//! Named columns of numbers or levels: what preparation, selection and models work on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, unknown_column};
use crate::table::Kind;

/// What the positions in a column of levels stand for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levels {
    /// Binary, ordinal or nominal.
    pub kind: Kind,
    /// Names of the levels; position `k` stands for `names[k]`.
    pub names: Vec<String>,
}

impl Levels {
    pub(crate) fn describe(&self) -> String {
        format!("levels ({})", self.names.join(", "))
    }
}

/// Patients × named columns, stored column by column. NaN is a missing value.
///
/// A column holds numbers, or positions of [`Levels`], which become numbers in
/// [`Step::Encode`](crate::Step::Encode). What computes with numbers refuses levels.
///
/// ```
/// use radiomics_tabular::Matrix;
/// let x = Matrix::new(vec!["a".into(), "b".into()], vec![vec![1.0, 2.0], vec![3.0, 4.0]])?;
/// assert_eq!((x.rows(), x.width()), (2, 2));
/// assert_eq!(x.select(&["b"])?.column(0), [3.0, 4.0]);
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    rows: usize,
    centres: Vec<String>,
    levels: BTreeMap<String, Levels>,
}

impl Matrix {
    /// A matrix of columns with one name each.
    ///
    /// # Errors
    /// Numbers of names and columns or lengths of columns that differ; a name used twice.
    pub fn new(names: Vec<String>, columns: Vec<Vec<f64>>) -> Result<Self> {
        radiomics_stats::error::require_length("names of columns", names.len(), columns.len())?;
        let rows = columns.first().map_or(0, Vec::len);
        for (name, column) in names.iter().zip(&columns) {
            radiomics_stats::error::require_length(name, column.len(), rows)?;
        }
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort();
        if let Some(pair) = sorted.windows(2).find(|w| w[0] == w[1]) {
            return Err(Error::DuplicateColumn { file: "the matrix".to_owned(), column: pair[0].clone() });
        }
        Ok(Self { names, columns, rows, centres: Vec::new(), levels: BTreeMap::new() })
    }

    /// A matrix whose columns are named `x0`, `x1`, ...
    ///
    /// # Errors
    /// Lengths of columns that differ.
    pub fn unnamed(columns: Vec<Vec<f64>>) -> Result<Self> {
        Self::new((0..columns.len()).map(|j| format!("x{j}")).collect(), columns)
    }

    /// The same with the centre of each patient, which harmonisation and folds use.
    ///
    /// # Errors
    /// A number of centres that is not the number of rows.
    pub fn with_centres(mut self, centres: Vec<String>) -> Result<Self> {
        radiomics_stats::error::require_length("centres", centres.len(), self.rows)?;
        self.centres = centres;
        Ok(self)
    }

    /// The same with one column's values as positions of levels.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`]; [`Error::ColumnKind`] at a value that is no position of a level.
    ///
    /// ```
    /// use radiomics_tabular::{Kind, Levels, Matrix};
    /// let sites = Levels { kind: Kind::Nominal, names: vec!["colon".into(), "rectum".into()] };
    /// let x = Matrix::new(vec!["site".into()], vec![vec![1.0, 0.0, f64::NAN]])?.with_levels("site", sites)?;
    /// assert_eq!(
    ///     x.require_finite().unwrap_err().to_string(),
    ///     "column `site` holds levels (colon, rectum); needed are numbers (a step `encode` makes them)"
    /// );
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn with_levels(mut self, column: &str, levels: Levels) -> Result<Self> {
        let known = |v: &f64| v.is_nan() || (0..levels.names.len()).any(|k| *v == k as f64);
        if let Some(odd) = self.columns[self.position(column)?].iter().find(|v| !known(v)) {
            let expected = format!("positions of {}", levels.describe());
            return Err(Error::ColumnKind { column: column.to_owned(), found: odd.to_string(), expected });
        }
        self.levels.insert(column.to_owned(), levels);
        Ok(self)
    }

    /// Number of patients.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Names in the order of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Centre of each patient; empty where none was given.
    pub fn centres(&self) -> &[String] {
        &self.centres
    }

    /// One column by its position.
    pub fn column(&self, position: usize) -> &[f64] {
        &self.columns[position]
    }

    /// All columns.
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// All columns as slices.
    pub fn slices(&self) -> Vec<&[f64]> {
        self.columns.iter().map(Vec::as_slice).collect()
    }

    /// The levels of a column; `None` where it holds numbers.
    pub fn levels(&self, name: &str) -> Option<&Levels> {
        self.levels.get(name)
    }

    /// One row.
    pub fn row(&self, row: usize) -> Vec<f64> {
        self.columns.iter().map(|c| c[row]).collect()
    }

    /// Position of a column.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`] with names near it.
    pub fn position(&self, name: &str) -> Result<usize> {
        self.names
            .iter()
            .position(|n| n == name)
            .ok_or_else(|| unknown_column("the matrix", name, self.names.iter().map(String::as_str)))
    }

    /// The columns of these names, in this order.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`].
    pub fn select<S: AsRef<str>>(&self, names: &[S]) -> Result<Self> {
        let at: std::collections::HashMap<&str, usize> =
            self.names.iter().enumerate().map(|(j, n)| (n.as_str(), j)).collect();
        let mut positions = Vec::with_capacity(names.len());
        for name in names {
            positions.push(match at.get(name.as_ref()) {
                Some(j) => *j,
                None => self.position(name.as_ref())?,
            });
        }
        Ok(self.keep(&positions))
    }

    /// The columns at these positions.
    pub fn keep(&self, positions: &[usize]) -> Self {
        let names: Vec<String> = positions.iter().map(|&j| self.names[j].clone()).collect();
        let own = |name: &String| Some((name.clone(), self.levels.get(name)?.clone()));
        Self {
            columns: positions.iter().map(|&j| self.columns[j].clone()).collect(),
            rows: self.rows,
            centres: self.centres.clone(),
            levels: names.iter().filter_map(own).collect(),
            names,
        }
    }

    /// The patients at these rows, in this order.
    pub fn subset(&self, rows: &[usize]) -> Self {
        Self {
            names: self.names.clone(),
            columns: self.columns.iter().map(|c| rows.iter().map(|&i| c[i]).collect()).collect(),
            rows: rows.len(),
            centres: if self.centres.is_empty() {
                Vec::new()
            } else {
                rows.iter().map(|&i| self.centres[i].clone()).collect()
            },
            levels: self.levels.clone(),
        }
    }

    /// Puts another table of columns beside this one.
    ///
    /// # Errors
    /// Numbers of rows that differ, a name in both.
    pub fn beside(self, other: Self) -> Result<Self> {
        radiomics_stats::error::require_length("rows", other.rows, self.rows)?;
        let (mut names, mut columns, mut levels) = (self.names, self.columns, self.levels);
        names.extend(other.names);
        columns.extend(other.columns);
        levels.extend(other.levels);
        let centres = if self.centres.is_empty() { other.centres } else { self.centres };
        Ok(Self { centres, levels, ..Self::new(names, columns)? })
    }

    /// Other columns, of numbers, of the same patients.
    pub(crate) fn replaced(&self, names: Vec<String>, columns: Vec<Vec<f64>>) -> Result<Self> {
        Ok(Self { rows: self.rows, centres: self.centres.clone(), ..Self::new(names, columns)? })
    }

    /// Each column through a function, names and centres kept.
    pub(crate) fn map_columns(&self, f: impl Fn(usize, &[f64]) -> Vec<f64>) -> Self {
        Self {
            names: self.names.clone(),
            columns: self.columns.iter().enumerate().map(|(j, c)| f(j, c)).collect(),
            rows: self.rows,
            centres: self.centres.clone(),
            levels: self.levels.clone(),
        }
    }

    /// Checks that every column holds numbers, missing or not.
    ///
    /// # Errors
    /// [`Error::ColumnKind`] for the first column of levels.
    pub fn require_numbers(&self) -> Result<()> {
        match self.names.iter().find_map(|name| Some((name, self.levels.get(name)?))) {
            None => Ok(()),
            Some((name, levels)) => Err(Error::ColumnKind {
                column: name.clone(),
                found: levels.describe(),
                expected: "numbers (a step `encode` makes them)".to_owned(),
            }),
        }
    }

    /// Checks that there are patients and columns and that every value is a finite number.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::ColumnKind`], [`Error::NotFinite`] with column and row.
    pub fn require_finite(&self) -> Result<()> {
        self.require_some()?;
        self.require_numbers()?;
        self.names.iter().zip(&self.columns).try_for_each(|(name, column)| require_finite(name, column))
    }

    /// Checks that there are patients and columns.
    pub(crate) fn require_some(&self) -> Result<()> {
        if self.rows == 0 || self.columns.is_empty() {
            return Err(Error::Empty {
                what: "the matrix".to_owned(),
                why: format!("it has {} patients and {} columns", self.rows, self.columns.len()),
            });
        }
        Ok(())
    }
}

/// Checks that every value of a column is a finite number.
pub(crate) fn require_finite(name: &str, column: &[f64]) -> Result<()> {
    match column.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(row) => Err(Error::NotFinite { column: name.to_owned(), row, value: column[row] }),
    }
}

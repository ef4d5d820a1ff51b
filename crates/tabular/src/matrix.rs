//! Named numeric columns: what preparation, selection and models work on.

use crate::error::{Error, Result, unknown_column};

/// Patients × named numeric columns, stored column by column. NaN is a missing value.
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
        Ok(Self { names, columns, rows, centres: Vec::new() })
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
        Self {
            names: positions.iter().map(|&j| self.names[j].clone()).collect(),
            columns: positions.iter().map(|&j| self.columns[j].clone()).collect(),
            rows: self.rows,
            centres: self.centres.clone(),
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
        }
    }

    /// Puts another table of columns beside this one.
    ///
    /// # Errors
    /// Numbers of rows that differ, a name in both.
    pub fn beside(self, other: Self) -> Result<Self> {
        radiomics_stats::error::require_length("rows", other.rows, self.rows)?;
        let (mut names, mut columns) = (self.names, self.columns);
        names.extend(other.names);
        columns.extend(other.columns);
        let centres = if self.centres.is_empty() { other.centres } else { self.centres };
        Ok(Self { centres, ..Self::new(names, columns)? })
    }

    /// Each column through a function, names and centres kept.
    pub(crate) fn map_columns(&self, f: impl Fn(usize, &[f64]) -> Vec<f64>) -> Self {
        Self {
            names: self.names.clone(),
            columns: self.columns.iter().enumerate().map(|(j, c)| f(j, c)).collect(),
            rows: self.rows,
            centres: self.centres.clone(),
        }
    }

    /// Checks that there are patients and columns and that every value is a finite number.
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::NotFinite`] with column and row.
    pub fn require_finite(&self) -> Result<()> {
        if self.rows == 0 || self.columns.is_empty() {
            return Err(Error::Empty {
                what: "the matrix".to_owned(),
                why: format!("it has {} patients and {} columns", self.rows, self.columns.len()),
            });
        }
        for (name, column) in self.names.iter().zip(&self.columns) {
            if let Some(row) = column.iter().position(|v| !v.is_finite()) {
                return Err(Error::NotFinite { column: name.clone(), row, value: column[row] });
            }
        }
        Ok(())
    }
}

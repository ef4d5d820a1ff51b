//! Text cells → typed columns, whatever file they come from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Column, Kind, Table};
use crate::error::{Error, Result, unknown_column};
use crate::prepare::Transform;

/// What is known of a column before it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnSettings {
    /// What the values mean; found from the values where it is not given.
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    /// The levels in their order; any other value is an error. By default the values found, sorted.
    pub levels: Vec<String>,
    /// Unit, for tables and figures.
    pub unit: Option<String>,
    /// What is done to the values before anything else.
    pub transform: Option<Transform>,
    /// How missing values are written in this column, beside those of the whole file.
    pub missing: Vec<String>,
}

/// How a file is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadSettings {
    /// The column of patients; by default `patient`, else the first column.
    pub patient: Option<String>,
    /// How missing values are written, compared without regard to case.
    pub missing: Vec<String>,
    /// The delimiter; by default the one of `,`, `;` and tab that the header has most of.
    pub delimiter: Option<char>,
    /// Numbers have a decimal comma.
    pub decimal_comma: bool,
    /// What is known of columns.
    pub columns: BTreeMap<String, ColumnSettings>,
}

impl Default for ReadSettings {
    fn default() -> Self {
        Self {
            patient: None,
            missing: ["", "NA", "N/A", "NaN", "null", "none", ".", "?"].map(str::to_owned).to_vec(),
            delimiter: None,
            decimal_comma: false,
            columns: BTreeMap::new(),
        }
    }
}

/// Header and cells with the line each row begins on.
pub(super) struct Cells {
    pub header: Vec<String>,
    pub rows: Vec<(usize, Vec<String>)>,
}

impl ReadSettings {
    /// Types the cells.
    pub(super) fn table(&self, file: &str, cells: Cells) -> Result<Table> {
        let header: Vec<String> = cells
            .header
            .iter()
            .enumerate()
            .map(|(j, h)| if h.trim().is_empty() { format!("column {}", j + 1) } else { h.trim().to_owned() })
            .collect();
        let known = || header.iter().map(String::as_str);
        for name in self.columns.keys() {
            if !header.contains(name) {
                return Err(unknown_column(file, name, known()));
            }
        }
        let key = match &self.patient {
            Some(name) => {
                header.iter().position(|h| h == name).ok_or_else(|| unknown_column(file, name, known()))?
            }
            None => header.iter().position(|h| h == "patient").unwrap_or(0),
        };
        let mut patients = Vec::with_capacity(cells.rows.len());
        for (line, row) in &cells.rows {
            let patient = row[key].trim();
            if patient.is_empty() {
                return Err(Error::Cell {
                    file: file.to_owned(),
                    row: *line,
                    column: header[key].clone(),
                    value: String::new(),
                    expected: "a patient".to_owned(),
                });
            }
            patients.push(patient.to_owned());
        }
        let lines = cells.rows.iter().map(|r| r.0).collect();
        let columns = (0..header.len())
            .filter(|&j| j != key)
            .map(|j| self.column(file, &header[j], &cells.rows, j))
            .collect::<Result<_>>()?;
        Table::checked(file.to_owned(), header[key].clone(), patients, lines, columns)
    }

    fn column(&self, file: &str, name: &str, rows: &[(usize, Vec<String>)], j: usize) -> Result<Column> {
        let default = ColumnSettings::default();
        let own = self.columns.get(name).unwrap_or(&default);
        let missing =
            |text: &str| self.missing.iter().chain(&own.missing).any(|m| m.eq_ignore_ascii_case(text));
        let texts: Vec<Option<&str>> =
            rows.iter().map(|(_, row)| Some(row[j].trim()).filter(|t| !missing(t))).collect();
        let wrong = |i: usize, expected: String| {
            let value = texts[i].unwrap_or("").to_owned();
            Err(Error::Cell {
                file: file.to_owned(),
                row: rows[i].0,
                column: name.to_owned(),
                value,
                expected,
            })
        };
        let mut numbers = Vec::with_capacity(texts.len());
        let (mut not_number, mut any_number, mut comma) = (None, false, None);
        for (i, text) in texts.iter().enumerate() {
            let value = match text {
                None => Some(f64::NAN),
                Some(t) => self.number(t),
            };
            match value {
                Some(v) => {
                    any_number |= text.is_some();
                    numbers.push(v);
                }
                None => {
                    if !self.decimal_comma && text.is_some_and(decimal_comma) {
                        comma = comma.or(Some(i));
                    }
                    not_number = not_number.or(Some(i));
                    numbers.push(f64::NAN);
                }
            }
        }
        let kind = match own.kind {
            Some(kind) => kind,
            None if !own.levels.is_empty() => {
                if own.levels.len() == 2 {
                    Kind::Binary
                } else {
                    Kind::Nominal
                }
            }
            None => {
                if let Some(i) = comma.filter(|_| any_number || not_number == comma) {
                    return wrong(
                        i,
                        "a decimal point (set `decimal_comma` if the file has decimal commas)".to_owned(),
                    );
                }
                let mut distinct: Vec<&str> = texts.iter().flatten().copied().collect();
                distinct.sort_unstable();
                distinct.dedup();
                if not_number.is_none() {
                    let zero_one = numbers.iter().filter(|v| !v.is_nan()).all(|v| *v == 0.0 || *v == 1.0);
                    if zero_one && distinct.len() == 2 { Kind::Binary } else { Kind::Continuous }
                } else if distinct.len() == 2 {
                    Kind::Binary
                } else {
                    Kind::Nominal
                }
            }
        };
        if kind == Kind::Continuous {
            if let Some(i) = comma.or(not_number) {
                let hint =
                    if comma.is_some() { " with a decimal point (or set `decimal_comma`)" } else { "" };
                return wrong(i, format!("a number{hint}"));
            }
            let values = match own.transform {
                Some(t) => {
                    let checked = t.apply(&numbers);
                    if let Some(i) =
                        (0..numbers.len()).find(|&i| !numbers[i].is_nan() && !checked[i].is_finite())
                    {
                        return wrong(i, format!("a value that {t:?} accepts"));
                    }
                    checked
                }
                None => numbers,
            };
            return Ok(Column { name: name.to_owned(), kind, values, levels: Vec::new() });
        }
        let levels = if own.levels.is_empty() {
            let mut found: Vec<String> = texts.iter().flatten().map(|t| (*t).to_owned()).collect();
            found.sort_by(|a, b| match (self.number(a), self.number(b)) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                _ => a.cmp(b),
            });
            found.dedup();
            found
        } else {
            own.levels.clone()
        };
        let same = |a: &str, b: &str| {
            a == b || matches!((self.number(a), self.number(b)), (Some(a), Some(b)) if a == b)
        };
        let mut values = Vec::with_capacity(texts.len());
        for (i, text) in texts.iter().enumerate() {
            let Some(text) = text else {
                values.push(f64::NAN);
                continue;
            };
            let place = levels.iter().position(|l| same(l, text));
            match place.filter(|p| kind != Kind::Binary || *p < 2) {
                Some(p) => values.push(p as f64),
                None if kind == Kind::Binary => {
                    let two: Vec<&str> = levels.iter().take(2).map(String::as_str).collect();
                    return wrong(i, format!("one of two values ({}),", two.join(", ")));
                }
                None => return wrong(i, format!("one of {}", levels.join(", "))),
            }
        }
        Ok(Column { name: name.to_owned(), kind, values, levels })
    }

    fn number(&self, text: &str) -> Option<f64> {
        let value: Option<f64> =
            if self.decimal_comma { text.replace(',', ".").parse().ok() } else { text.parse().ok() };
        value.filter(|v| v.is_finite())
    }
}

/// `3,5`, `-0,25`: digits, one comma, digits.
fn decimal_comma(text: &str) -> bool {
    let bare = text.trim_start_matches(['+', '-']);
    bare.split_once(',').is_some_and(|(a, b)| {
        !a.is_empty() && !b.is_empty() && (a.chars().chain(b.chars())).all(|c| c.is_ascii_digit())
    })
}

//! Typed columns → numbers.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::table::{Kind, Table};

/// How nominal columns become numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nominal {
    /// One column of 0 and 1 for each level. Python: `OneHotEncoder()`.
    #[default]
    OneHot,
    /// The same without the first level, as regression without penalty needs. Python: `OneHotEncoder(drop = "first")`;
    /// R: `model.matrix`.
    OneHotDropFirst,
}

/// Settings of [`Encoder`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncoderSettings {
    /// The columns; all of the table where it is empty.
    pub columns: Vec<String>,
    /// How nominal columns are coded.
    pub nominal: Nominal,
}

/// Typed columns → numbers: measured and binary columns as they are, ordinal ones as 0, 1, 2, ... in the order of
/// their levels, nominal ones as one column `name=level` for each level seen in the training rows. A level not seen
/// there is 0 in all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encoder {
    columns: Vec<(String, Kind, Vec<String>)>,
}

impl EncoderSettings {
    /// Finds the levels among the rows given.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`].
    ///
    /// ```
    /// use radiomics_tabular::{ReadSettings, Table, prepare::EncoderSettings};
    /// let table = Table::parse_csv("patient,age,site\nA,61,colon\nB,58,rectum\nC,70,anus\n", "t", &ReadSettings::default())?;
    /// let encoder = EncoderSettings::default().fit(&table, &[0, 1])?;
    /// let x = encoder.apply(&table)?;
    /// assert_eq!(x.names(), ["age", "site=colon", "site=rectum"]);
    /// assert_eq!(x.row(2), [70.0, 0.0, 0.0]);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn fit(&self, table: &Table, rows: &[usize]) -> Result<Encoder> {
        let names: Vec<&str> = if self.columns.is_empty() {
            table.columns().iter().map(|c| c.name.as_str()).collect()
        } else {
            self.columns.iter().map(String::as_str).collect()
        };
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            let column = table.column(name)?;
            let levels = match column.kind {
                Kind::Nominal => {
                    let seen = column
                        .levels
                        .iter()
                        .enumerate()
                        .filter(|(l, _)| rows.iter().any(|&i| column.values[i] == *l as f64))
                        .map(|(_, level)| level.clone());
                    seen.skip(usize::from(self.nominal == Nominal::OneHotDropFirst)).collect()
                }
                Kind::Continuous => Vec::new(),
                _ => column.levels.clone(),
            };
            columns.push((name.to_owned(), column.kind, levels));
        }
        Ok(Encoder { columns })
    }
}

impl Encoder {
    /// The rows of a table as numbers; missing values stay missing.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`]; a column of another kind than in the fit; [`Error::Unseen`] for a level of a binary
    /// or ordinal column that the fit did not know.
    pub fn apply(&self, table: &Table) -> Result<Matrix> {
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        for (name, kind, levels) in &self.columns {
            let column = table.column(name)?;
            if column.kind == Kind::Continuous || *kind == Kind::Continuous {
                if column.kind != *kind && !column.levels.iter().all(|l| l.parse::<f64>().is_ok()) {
                    return crate::error::setting(
                        &format!("type of `{name}`"),
                        format!("{:?}", column.kind),
                        &format!("{kind:?} as in the fit"),
                    );
                }
                names.push(name.clone());
                columns.push(if column.kind == Kind::Continuous {
                    column.values.clone()
                } else {
                    let number = |i: usize| column.text(i).and_then(|t| t.parse().ok()).unwrap_or(f64::NAN);
                    (0..table.rows()).map(number).collect()
                });
                continue;
            }
            let texts: Vec<Option<String>> = (0..table.rows()).map(|i| column.text(i)).collect();
            if *kind == Kind::Nominal {
                for level in levels {
                    names.push(format!("{name}={level}"));
                    let code =
                        |t: &Option<String>| t.as_ref().map_or(f64::NAN, |t| f64::from(u8::from(t == level)));
                    columns.push(texts.iter().map(code).collect());
                }
                continue;
            }
            let mut codes = Vec::with_capacity(texts.len());
            for text in &texts {
                codes.push(match text {
                    None => f64::NAN,
                    Some(t) => match levels.iter().position(|l| l == t) {
                        Some(p) => p as f64,
                        None => {
                            return Err(Error::Unseen {
                                what: format!("level of `{name}`"),
                                value: t.clone(),
                                known: levels.join(", "),
                            });
                        }
                    },
                });
            }
            names.push(name.clone());
            columns.push(codes);
        }
        Matrix::new(names, columns)
    }
}

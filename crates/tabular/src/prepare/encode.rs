//! Levels → numbers.

use serde::{Deserialize, Serialize};

use super::fitted_columns;
use crate::error::{Error, Result, check};
use crate::matrix::{Levels, Matrix};
use crate::table::Kind;

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
    /// One column with the position of the level, as TabNet's categories are. Python: `OrdinalEncoder()`.
    Position,
}

/// What a nominal level that no training row has becomes. One of a binary or ordinal column is always an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unseen {
    /// 0 in all columns of its own: none of the levels known (with [`Nominal::OneHotDropFirst`] the same as the first).
    /// Python: `handle_unknown = "ignore"`.
    #[default]
    Zero,
    /// [`Error::Unseen`]. Python: `handle_unknown = "error"`.
    Error,
}

/// Settings of [`Encoder`]; in JSON `{"encode": {"nominal": "one_hot_drop_first", "unseen": "error"}}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncoderSettings {
    /// How nominal columns are coded.
    pub nominal: Nominal,
    /// What becomes of nominal levels not seen; unset: zeros, and with [`Nominal::Position`], which has none, an error.
    pub unseen: Option<Unseen>,
}

/// Levels → numbers: binary and ordinal columns as 0, 1, 2, ... in the order of their levels, nominal ones as columns
/// `name=level` for the levels that training rows have. Columns of numbers stay as they are, and missing values stay
/// missing, in each of the columns. Levels are known by name: another table may have them in another order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encoder {
    /// How.
    pub settings: EncoderSettings,
    /// The columns, in the order of the fit.
    pub names: Vec<String>,
    /// Levels known of each; `None` where it holds numbers.
    pub levels: Vec<Option<Levels>>,
}

impl EncoderSettings {
    /// Finds the levels of training rows.
    ///
    /// # Errors
    /// [`Error::Empty`] for a nominal column without any value; [`Nominal::Position`] with [`Unseen::Zero`].
    ///
    /// ```
    /// use radiomics_tabular::{ReadSettings, Table, prepare::EncoderSettings};
    /// let table = Table::parse_csv("patient,age,site\nA,61,colon\nB,58,rectum\nC,70,anus\n", "t", &ReadSettings::default())?;
    /// let x = table.matrix(&["age", "site"])?;
    /// let encoder = EncoderSettings::default().fit(&x.subset(&[0, 1]))?;
    /// let x = encoder.apply(&x)?;
    /// assert_eq!(x.names(), ["age", "site=colon", "site=rectum"]);
    /// assert_eq!(x.row(2), [70.0, 0.0, 0.0]);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn fit(self, x: &Matrix) -> Result<Encoder> {
        check(
            self.nominal != Nominal::Position || self.unseen != Some(Unseen::Zero),
            "unseen",
            "zero",
            "error where nominal levels become positions",
        )?;
        let known = |(name, column): (&String, &Vec<f64>)| {
            let Some(levels) = x.levels(name).cloned() else { return Ok(None) };
            if levels.kind != Kind::Nominal {
                return Ok(Some(levels));
            }
            let seen = |k: usize| column.contains(&(k as f64));
            let names: Vec<String> = levels
                .names
                .into_iter()
                .enumerate()
                .filter(|(k, _)| seen(*k))
                .map(|(_, name)| name)
                .collect();
            if names.is_empty() {
                return Err(Error::Empty {
                    what: format!("encoding of `{name}`"),
                    why: "no training row has a value".to_owned(),
                });
            }
            Ok(Some(Levels { names, ..levels }))
        };
        let levels = x.names().iter().zip(x.columns()).map(known).collect::<Result<_>>()?;
        Ok(Encoder { settings: self, names: x.names().to_vec(), levels })
    }
}

impl Encoder {
    /// Encodes other rows.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`] where a column of the fit is absent; [`Error::ColumnKind`] where one has levels that
    /// had numbers in the fit or the other way round; [`Error::Unseen`] for a level that the fit did not know.
    pub fn apply(&self, x: &Matrix) -> Result<Matrix> {
        let x = fitted_columns(&self.names, x)?;
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        for ((name, column), known) in self.names.iter().zip(x.columns()).zip(&self.levels) {
            let codes = self.codes(name, column, x.levels(name), known.as_ref())?;
            match known {
                Some(known) if known.kind == Kind::Nominal && self.settings.nominal != Nominal::Position => {
                    let first = usize::from(self.settings.nominal == Nominal::OneHotDropFirst);
                    for (k, level) in known.names.iter().enumerate().skip(first) {
                        let is = |c: &f64| if c.is_nan() { *c } else { f64::from(u8::from(*c == k as f64)) };
                        names.push(format!("{name}={level}"));
                        columns.push(codes.iter().map(is).collect());
                    }
                }
                _ => {
                    names.push(name.clone());
                    columns.push(codes);
                }
            }
        }
        x.replaced(names, columns)
    }

    /// Numbers as they are; positions among the levels found as positions among those known.
    fn codes(
        &self,
        name: &str,
        column: &[f64],
        found: Option<&Levels>,
        known: Option<&Levels>,
    ) -> Result<Vec<f64>> {
        let (found, known) = match (found, known) {
            (None, None) => return Ok(column.to_vec()),
            // A file without any value of a column does not say what the column holds.
            (None, Some(_)) if column.iter().all(|v| v.is_nan()) => return Ok(column.to_vec()),
            (Some(found), Some(known)) => (found, known),
            (found, known) => {
                let describe = |l: Option<&Levels>| l.map_or_else(|| "numbers".to_owned(), Levels::describe);
                return Err(Error::ColumnKind {
                    column: name.to_owned(),
                    found: describe(found),
                    expected: format!("{}, as in the fit", describe(known)),
                });
            }
        };
        // No level known is at −1.
        let zero = match self.settings.unseen {
            None => self.settings.nominal != Nominal::Position,
            Some(unseen) => unseen == Unseen::Zero,
        };
        let unseen = (known.kind == Kind::Nominal && zero).then_some(-1.0);
        let place = |level: &String| known.names.iter().position(|k| k == level).map(|k| k as f64);
        let places: Vec<Option<f64>> = found.names.iter().map(|level| place(level).or(unseen)).collect();
        let code = |v: &f64| match (v.is_nan(), *v as usize) {
            (true, _) => Ok(*v),
            (false, level) => places[level].ok_or_else(|| Error::Unseen {
                what: format!("level of `{name}`"),
                value: found.names[level].clone(),
                known: known.names.join(", "),
            }),
        };
        column.iter().map(code).collect()
    }
}

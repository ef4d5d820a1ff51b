//! Which region of a segmentation or structure set, by number or name.

use super::error::DicomError;

/// Names a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegionChoice {
    /// ROI Number or Segment Number.
    Number(i64),
    /// ROI Name or Segment Label, letter for letter.
    Name(String),
    /// As a user types it: the name, or where none is like that, the number.
    Typed(String),
}

impl RegionChoice {
    /// The region among all, of which `named` gives number and name.
    ///
    /// # Errors
    /// [`DicomError::NoSuchRegion`] suggests names much like the one asked for,
    /// [`DicomError::AmbiguousRegion`] lists the numbers that share a name.
    pub(super) fn among<'a, T>(
        &self,
        kind: &'static str,
        regions: &'a [T],
        named: impl Fn(&'a T) -> (i64, &'a str),
    ) -> Result<&'a T, DicomError> {
        let all: Vec<(i64, &str)> = regions.iter().map(named).collect();
        let those = |same: &dyn Fn(&(i64, &str)) -> bool| -> Vec<usize> {
            (0..all.len()).filter(|&i| same(&all[i])).collect()
        };
        let matches = match self {
            Self::Number(number) => those(&|r| r.0 == *number),
            Self::Name(name) => those(&|r| r.1 == name),
            Self::Typed(text) => match (those(&|r| r.1 == text), text.parse::<i64>()) {
                (named, Ok(number)) if named.is_empty() => those(&|r| r.0 == number),
                (named, _) => named,
            },
        };
        match matches.as_slice() {
            [only] => Ok(&regions[*only]),
            [] => {
                let (wanted, close) = match self {
                    Self::Number(number) => (format!("number {number}"), Vec::new()),
                    Self::Name(name) | Self::Typed(name) => (name.clone(), close(name, &all)),
                };
                let present = all.iter().map(|(number, name)| format!("{number}: {name}")).collect();
                Err(DicomError::NoSuchRegion { kind, wanted, close, present })
            }
            _ => {
                let numbers = matches.iter().map(|&i| all[i].0).collect();
                Err(DicomError::AmbiguousRegion { kind, name: all[matches[0]].1.into(), numbers })
            }
        }
    }
}

/// Up to three names much like the one asked for, the nearest first.
fn close(wanted: &str, all: &[(i64, &str)]) -> Vec<String> {
    let plain =
        |s: &str| s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let wanted = plain(wanted);
    let mut near: Vec<(f64, &str)> =
        all.iter().map(|(_, name)| (strsim::jaro_winkler(&wanted, &plain(name)), *name)).collect();
    near.retain(|(likeness, _)| *likeness > 0.75);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

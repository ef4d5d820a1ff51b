//! A table for reading: names to the left, rounded values aligned at the right.

use std::io;

use radiomics_core::IbsiFamily;

use super::{Cell, Table};

/// Writes a block for each row. Diagnostics stay out: they are in the files.
pub fn write(table: &Table, out: &mut dyn io::Write) -> io::Result<()> {
    let shown: Vec<&str> =
        table.columns().iter().map(String::as_str).filter(|c| !c.starts_with("diagnostics_")).collect();
    let width = shown.iter().map(|c| c.chars().count()).max().unwrap_or(0);
    for row in 0..table.rows() {
        if row > 0 {
            writeln!(out)?;
        }
        let mut group = "";
        for (name, cell) in table.cells(row).filter(|(name, _)| shown.contains(name)) {
            // A blank line where the next class of features begins.
            let class = class(name);
            if class != group {
                writeln!(out)?;
                group = class;
            }
            let text = cell.map(text).unwrap_or_default();
            if class.is_empty() || matches!(cell, Some(Cell::Text(_))) {
                writeln!(out, "{name:width$}  {text}")?;
            } else {
                writeln!(out, "{name:width$}  {text:>14}")?;
            }
        }
    }
    Ok(())
}

/// The class of a feature of PyRadiomics, the family of one of IBSI; empty for a column that is no feature.
fn class(name: &str) -> &str {
    let has = |family: &IbsiFamily| family.features().iter().any(|feature| name.starts_with(feature.tag));
    match IbsiFamily::ALL.into_iter().find(has) {
        Some(family) => family.name(),
        None => name.rsplit_once('_').map_or("", |(class, _)| class),
    }
}

fn text(cell: &Cell) -> String {
    if let Cell::Number(number) = cell { rounded(*number) } else { cell.to_string() }
}

/// Seven significant digits.
pub fn rounded(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        super::shortest(value)
    } else if size != 0.0 && !(1e-4..1e10).contains(&size) {
        format!("{value:.6e}")
    } else {
        let whole = if size < 1.0 { 1 } else { size.log10().floor() as usize + 1 };
        format!("{value:.*}", 7_usize.saturating_sub(whole).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_digits() {
        let shown = [0.0, 0.562_117_165_3, 831.208_313, 4137.0, 3.3e12, -2.5e-7, f64::NAN].map(rounded);
        assert_eq!(
            shown,
            ["0.000000", "0.562117", "831.2083", "4137.000", "3.300000e12", "-2.500000e-7", "nan"]
        );
    }

    #[test]
    fn diagnostics_stay_out_and_classes_are_apart() {
        let mut table = Table::default();
        let cell = |name: &str, cell| (name.to_owned(), cell);
        table.push(vec![
            cell("Image", Cell::Text("scan.nii".into())),
            cell("diagnostics_Size", Cell::Integer(1)),
            cell("original_shape_Sphericity", Cell::Number(0.5)),
            cell("original_glcm_Id", Cell::Number(2.0)),
        ]);
        let mut out = Vec::new();
        write(&table, &mut out).unwrap();
        let expected = "Image                      scan.nii\n\n\
            original_shape_Sphericity        0.500000\n\n\
            original_glcm_Id                 2.000000\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

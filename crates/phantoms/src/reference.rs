//! Where tests find reference values and real images, which are read in place and never copied.

pub mod anchors; // inputs and clock of programs that are timed beside others
pub mod cases; // cases of statistics, learning and explanation
mod rules; // how cases derive columns
pub mod threads; // the same bits for any number of threads

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

/// A folder or file of the reference collection, or `None` where it is absent, after saying so.
///
/// The collection is the folder that `RADIOMICS_SHARED` names, else `shared` beside the workspace. A folder that is
/// named may hold a part only, such as values that are kept back: what lies in `data` is then taken from beside the
/// workspace, since the images are the same ones.
///
/// # Panics
/// Where the environment says `CI=true` and the part is absent: there a skipped test is a failed one.
pub fn shared(part: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let collections = match env::var_os("RADIOMICS_SHARED").map(PathBuf::from) {
        Some(named) if part.starts_with("data/") => vec![named, beside],
        Some(named) => vec![named],
        None => vec![beside],
    };
    let found = collections.iter().map(|collection| collection.join(part)).find(|path| path.exists());
    if found.is_none() {
        skip(&format!("{} (RADIOMICS_SHARED names its folder)", collections[0].join(part).display()));
    }
    found
}

/// Says that reference data is absent and a test is skipped.
///
/// # Panics
/// Where the environment says `CI=true`: there a skipped test is a failed one.
#[allow(clippy::panic, clippy::print_stderr)] // for tests only: this is how they skip or fail
pub fn skip(what: &str) {
    if env::var_os("CI").is_some_and(|ci| ci == "true") {
        panic!("reference data is absent, and in CI no test may be skipped: {what}");
    }
    eprintln!("skipped: reference data is absent: {what}");
}

/// A row of a table of IBSI: what the teams agreed on for one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct IbsiRow {
    /// Family, as in `morphology`.
    pub family: String,
    /// Name of the feature in words.
    pub feature: String,
    /// Four letters and digits; empty for diagnostics.
    pub code: String,
    /// Slices and directions, as in `2.5D, merged`.
    pub aggregation: String,
    /// What was done to which image, as in `config_C`.
    pub config: String,
    /// The value, in the unit of the feature.
    pub value: f64,
    /// How far another value may lie from it.
    pub tolerance: f64,
    /// A name without spaces, as in `cm_contrast_3D_avg`.
    pub tag: String,
}

impl IbsiRow {
    /// The standard's rule: the value rounded to three digits is within the tolerance of the reference, which is
    /// included. Where the tolerance is not 0, the value as it is must be within it too, but for the rounding of the
    /// reference itself.
    pub fn agrees(&self, value: f64) -> bool {
        // Decimal fractions that doubles do not hold exactly.
        let slack = 1e-9 * self.value.abs();
        let off = |value: f64| (value - self.value).abs() - slack;
        if self.family.starts_with("diagnostic") && off(value) <= self.tolerance {
            // Numbers of voxels and largest intensities of the diagnostics are printed with all their digits.
            return true;
        }
        let magnitude = self.value.abs().max(f64::MIN_POSITIVE).log10().floor() as i32;
        let half_digit = 0.5 * 10_f64.powi(magnitude - 2);
        let as_it_is = self.tolerance == 0.0 || off(value) <= self.tolerance.max(half_digit);
        let rounded = format!("{value:.2e}").parse().unwrap_or(f64::NAN);
        off(rounded) <= self.tolerance && as_it_is
    }
}

/// The rows of a table such as `oracles/ibsi1/reference_values.csv` by configuration, which is the only thing that
/// names what there is to compare; `None` where the table is absent. Rows without a value, on which the teams did not
/// agree, are passed over.
///
/// # Panics
/// Where the table cannot be read or has no rows.
#[allow(clippy::panic)] // for tests only
pub fn ibsi_rows(table: &str) -> Option<BTreeMap<String, Vec<IbsiRow>>> {
    let path = shared(table)?;
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut lines = text.lines().map(cells);
    let header = lines.next().unwrap_or_default();
    let mut rows: BTreeMap<String, Vec<IbsiRow>> = BTreeMap::new();
    for (line, cells) in lines.enumerate().filter(|(_, cells)| cells.len() > 1) {
        let bad = |name: &str| -> ! { panic!("{}, line {}: {name}", path.display(), line + 2) };
        let get = |name: &str| match header.iter().position(|column| column == name) {
            Some(place) if place < cells.len() => cells[place].clone(),
            _ => bad(name),
        };
        let number = |name: &str| get(name).parse().unwrap_or_else(|_| bad(name));
        if get("value").is_empty() {
            continue;
        }
        rows.entry(get("config")).or_default().push(IbsiRow {
            family: get("family"),
            feature: get("feature"),
            code: get("ibsi_code"),
            aggregation: get("aggregation"),
            config: get("config"),
            value: number("value"),
            tolerance: number("tolerance"),
            tag: get("feature_tag"),
        });
    }
    assert!(!rows.is_empty(), "{} has no row", path.display());
    Some(rows)
}

/// The cells of a line of CSV; a cell in quotation marks may hold commas.
pub fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.push(cell);
    cells
}

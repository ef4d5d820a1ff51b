//! The table, column by column.

use std::path::Path;

use radiomics_survival::{Outcome, TimeUnit};

/// Cell types as they are printed; the first is the reference.
pub const CELLS: [&str; 4] = ["Squamous", "Small cell", "Adenocarcinoma", "Large cell"];
/// The same as they stand in the table.
const CODES: [&str; 4] = ["squamous", "smallcell", "adeno", "large"];

pub struct Patients {
    pub outcome: Outcome,
    /// 0 standard, 1 test.
    pub arm: Vec<usize>,
    pub cell: Vec<Option<usize>>,
    pub karnofsky: Vec<f64>,
    pub months: Vec<f64>,
    pub age: Vec<f64>,
    pub prior: Vec<Option<usize>>,
    /// Columns of the models: scores and years by tens, levels against the first.
    design: Vec<(&'static str, Vec<f64>)>,
}

impl Patients {
    pub fn read(path: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<&str>>());
        let header = lines.next().unwrap_or_default();
        let rows: Vec<Vec<&str>> = lines.collect();
        let texts = |name: &str| -> Result<Vec<&str>, String> {
            let at = header.iter().position(|h| *h == name).ok_or_else(|| format!("no column {name}"))?;
            rows.iter()
                .map(|r| r.get(at).copied().ok_or_else(|| format!("a row ends before {name}")))
                .collect()
        };
        let numbers = |name: &str| -> Result<Vec<f64>, String> {
            texts(name)?.iter().map(|v| v.parse().map_err(|e| format!("{name} {v}: {e}"))).collect()
        };
        let flags = |values: &[f64], yes: f64| values.iter().map(|v| *v == yes).collect::<Vec<bool>>();
        let cell: Vec<Option<usize>> =
            texts("celltype")?.iter().map(|v| CODES.iter().position(|code| code == v)).collect();
        let died = flags(&numbers("status")?, 1.0);
        let (test, prior) = (flags(&numbers("trt")?, 2.0), flags(&numbers("prior")?, 10.0));
        let (karnofsky, age, months) = (numbers("karno")?, numbers("age")?, numbers("diagtime")?);
        let tenth = |v: &[f64]| v.iter().map(|v| v / 10.0).collect::<Vec<f64>>();
        let binary = |v: &[bool]| v.iter().map(|v| f64::from(u8::from(*v))).collect::<Vec<f64>>();
        let mut design = vec![("Karnofsky score, for 10 more", tenth(&karnofsky))];
        for level in 1..CELLS.len() {
            let is_level: Vec<bool> = cell.iter().map(|c| *c == Some(level)).collect();
            design.push((CELLS[level], binary(&is_level)));
        }
        design.push(("Age, for 10 years more", tenth(&age)));
        design.push(("Test chemotherapy", binary(&test)));
        design.push(("Prior therapy", binary(&prior)));
        Ok(Self {
            outcome: Outcome::new(&numbers("time")?, &died)?.with_unit(TimeUnit::Days),
            arm: test.iter().map(|t| usize::from(*t)).collect(),
            cell,
            karnofsky,
            months,
            age,
            prior: prior.iter().map(|p| Some(usize::from(*p))).collect(),
            design,
        })
    }

    pub fn columns(&self) -> Vec<(&'static str, &[f64])> {
        self.design.iter().map(|(name, values)| (*name, values.as_slice())).collect()
    }
}

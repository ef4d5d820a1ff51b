//! Columns and outcomes of the cases.

pub use radiomics_phantoms::reference::cases::{Case, truth};
use radiomics_tabular::prepare::Scale;
use radiomics_tabular::{Kind, Matrix, ReadSettings, Table};

/// Columns and outcome that a case is about.
pub struct Inputs {
    pub x: Matrix,
    pub measured: Vec<f64>,
    pub binary: Vec<bool>,
}

/// What a case of learning is about.
pub trait OfCase {
    /// Columns and outcome without rows that miss a value or that the case leaves out.
    fn inputs(&self) -> Inputs;

    /// The same with unit spread, dividing by `n`.
    fn scaled(&self) -> Inputs;

    /// The same, scaled where the case says so.
    fn scaled_if_told(&self) -> Inputs;
}

impl OfCase for Case {
    fn inputs(&self) -> Inputs {
        let table = read(self);
        let names = self.names("x");
        let mut used = names.clone();
        used.extend(self.text("y").map(str::to_owned));
        let all = table.matrix(&used).unwrap();
        let mut rows: Vec<usize> = (0..all.rows()).collect();
        if let Some((name, value)) = self.rows.split_once("==") {
            let column = number_column(&table, name.trim());
            let value: f64 = value.trim().parse().unwrap();
            rows.retain(|&i| column[i] == value);
        }
        rows.retain(|&i| all.columns().iter().all(|c| !c[i].is_nan()));
        if let Some(first) = self.text("rows_used").and_then(|r| r.strip_prefix("first ")) {
            rows.truncate(first.trim().parse().unwrap());
        }
        let y = self.text("y").map_or_else(|| vec![0.0; table.rows()], |y| number_column(&table, y));
        let measured: Vec<f64> = rows.iter().map(|&i| y[i]).collect();
        Inputs { x: all.select(&names).unwrap().subset(&rows), binary: truth(&measured), measured }
    }

    fn scaled(&self) -> Inputs {
        let inputs = self.inputs();
        let x = Scale::ZScore.fit(&inputs.x).unwrap().apply(&inputs.x).unwrap();
        Inputs { x, ..inputs }
    }

    fn scaled_if_told(&self) -> Inputs {
        let told = self.text("standardise").is_some_and(|s| s.contains("ddof=0"));
        if told { self.scaled() } else { self.inputs() }
    }
}

/// The table of a case.
pub fn read(case: &Case) -> Table {
    // The tables have no column of patients: rows are numbered.
    let mut numbered = String::new();
    for (i, line) in case.csv().lines().enumerate() {
        let key = if i == 0 { "patient".to_owned() } else { i.to_string() };
        numbered.push_str(&format!("{key},{line}\n"));
    }
    Table::parse_csv(&numbered, &case.id, &ReadSettings::default()).unwrap()
}

/// The numbers as the file has them, whatever kind of column they make.
pub fn number_column(table: &Table, name: &str) -> Vec<f64> {
    let column = table.column(name).unwrap();
    match column.kind {
        Kind::Continuous => column.values.clone(),
        _ => (0..table.rows()).map(|i| column.text(i).map_or(f64::NAN, |t| t.parse().unwrap())).collect(),
    }
}

/// `0-based row index mod 3 != 0`: the rows of the training and of the test part.
pub fn parts(case: &Case, n: usize) -> (Vec<usize>, Vec<usize>) {
    let rule = case.text("train").unwrap();
    let divisor: usize =
        rule.split("mod ").nth(1).unwrap().split([' ', '!', '=']).next().unwrap().parse().unwrap();
    let rest: usize = rule.rsplit(' ').next().unwrap().parse().unwrap();
    (0..n).partition(|i| (i % divisor == rest) != rule.contains("!="))
}

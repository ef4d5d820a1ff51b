//! Cases and tables of the reference collection.

use radiomics_phantoms::reference::shared;
use radiomics_tabular::prepare::Scale;
use radiomics_tabular::{Kind, Matrix, ReadSettings, Table};
use serde_json::Value;

pub struct Case {
    pub id: String,
    pub area: String,
    pub method: String,
    pub params: Value,
    pub expected: Value,
    pub rtol: f64,
    pub atol: f64,
    data: Option<String>,
    rows: String,
}

/// Columns and outcome that a case is about.
pub struct Inputs {
    pub x: Matrix,
    pub measured: Vec<f64>,
    pub binary: Vec<bool>,
}

pub fn cases() -> Option<Vec<Case>> {
    let folder = shared("oracles/stats")?;
    let mut cases = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "json")) {
        let json: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let Some(list) = json["cases"].as_array() else { continue };
        let stem = || file.file_stem().unwrap().to_string_lossy().into_owned();
        let area = json["area"].as_str().map_or_else(stem, str::to_owned);
        for case in list {
            let text = |key: &str| case[key].as_str().map(str::to_owned);
            cases.push(Case {
                id: text("id").unwrap(),
                area: area.clone(),
                method: text("method").unwrap(),
                params: case["params"].clone(),
                expected: case["expected"].clone(),
                rtol: case["rtol"].as_f64().unwrap(),
                atol: case["atol"].as_f64().unwrap_or(0.0),
                data: text("data"),
                rows: text("rows").unwrap_or_else(|| "all".to_owned()),
            });
        }
    }
    Some(cases)
}

impl Case {
    pub fn text(&self, key: &str) -> Option<&str> {
        self.params[key].as_str()
    }

    pub fn number(&self, key: &str) -> Option<f64> {
        self.params[key].as_f64()
    }

    pub fn numbers(&self, key: &str) -> Vec<f64> {
        self.params[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    }

    fn names(&self) -> Vec<String> {
        self.params["x"].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    }

    /// Columns and outcome without rows that miss a value or that the case leaves out.
    pub fn inputs(&self) -> Inputs {
        let table = read(self.data.as_deref().unwrap());
        let names = self.names();
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
        Inputs {
            x: all.select(&names).unwrap().subset(&rows),
            binary: measured.iter().map(|v| *v == 1.0).collect(),
            measured,
        }
    }

    /// The same with unit spread, dividing by `n`.
    pub fn scaled(&self) -> Inputs {
        let inputs = self.inputs();
        let x = Scale::ZScore.fit(&inputs.x).unwrap().apply(&inputs.x).unwrap();
        Inputs { x, ..inputs }
    }

    /// The same, scaled where the case says so.
    pub fn scaled_if_told(&self) -> Inputs {
        let told = self.text("standardise").is_some_and(|s| s.contains("ddof=0"));
        if told { self.scaled() } else { self.inputs() }
    }
}

/// A table of the collection.
pub fn read(name: &str) -> Table {
    let path = shared(&format!("oracles/stats/data/{name}.csv")).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    // The tables have no column of patients: rows are numbered.
    let mut numbered = String::new();
    for (i, line) in text.lines().enumerate() {
        let key = if i == 0 { "patient".to_owned() } else { i.to_string() };
        numbered.push_str(&format!("{key},{line}\n"));
    }
    Table::parse_csv(&numbered, name, &ReadSettings::default()).unwrap()
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

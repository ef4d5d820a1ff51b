//! Cases of the reference collection whose area is `shap`.

use ndarray::Array2;
use radiomics_phantoms::reference::shared;
use serde_json::Value;

pub struct Case {
    pub id: String,
    pub method: String,
    pub params: Value,
    pub expected: Value,
    pub rtol: f64,
    pub atol: f64,
    data: Option<String>,
}

pub fn cases() -> Option<Vec<Case>> {
    let folder = shared("oracles/stats")?;
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "json")) {
        let json: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let area = json["area"]
            .as_str()
            .map_or_else(|| file.file_stem().unwrap().to_string_lossy().into_owned(), str::to_owned);
        if !area.starts_with("shap") {
            continue;
        }
        for case in json["cases"].as_array().unwrap() {
            cases.push(Case {
                id: case["id"].as_str().unwrap().to_owned(),
                method: case["method"].as_str().unwrap().to_owned(),
                params: case["params"].clone(),
                expected: case["expected"].clone(),
                rtol: case["rtol"].as_f64().unwrap(),
                atol: case["atol"].as_f64().unwrap_or(0.0),
                data: case["data"].as_str().map(str::to_owned),
            });
        }
    }
    Some(cases)
}

impl Case {
    pub fn names(&self, key: &str) -> Vec<String> {
        self.params[key].as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    }

    /// Columns of the case's table.
    pub fn table(&self, columns: &[&str]) -> Array2<f64> {
        let path = shared(&format!("oracles/stats/data/{}.csv", self.data.as_ref().unwrap())).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines().filter(|l| !l.trim().is_empty());
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let places: Vec<usize> =
            columns.iter().map(|c| header.iter().position(|h| h == c).unwrap()).collect();
        let rows: Vec<f64> = lines
            .flat_map(|line| {
                let cells: Vec<&str> = line.split(',').collect();
                places.iter().map(|p| cells[*p].trim().parse().unwrap()).collect::<Vec<f64>>()
            })
            .collect();
        Array2::from_shape_vec((rows.len() / columns.len(), columns.len()), rows).unwrap()
    }

    /// "first 8 rows".
    pub fn explained(&self) -> usize {
        self.params["explain"].as_str().unwrap().split(' ').find_map(|w| w.parse().ok()).unwrap()
    }

    /// "0-based rows 50..69", both ends included.
    pub fn background(&self) -> (usize, usize) {
        let text = self.params["background"].as_str().unwrap();
        let (first, last) = text.rsplit(' ').next().unwrap().split_once("..").unwrap();
        (first.parse().unwrap(), last.parse().unwrap())
    }
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

pub fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).unwrap()
}

/// All numbers in order, however nested.
pub fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(flat).collect(),
        Value::Null => Vec::new(),
        other => vec![other.as_f64().unwrap()],
    }
}

//! Cases and tables of the reference collection.

use std::collections::BTreeMap;

use radiomics_phantoms::reference::shared;
use serde_json::Value;

use crate::expression::{evaluate, rules};

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

/// A table whose rows may be cut down.
pub struct Table {
    columns: BTreeMap<String, Vec<f64>>,
}

pub fn cases() -> Option<Vec<Case>> {
    let folder = shared("oracles/stats")?;
    let mut cases = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "json")) {
        let json: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let Some(list) = json["cases"].as_array() else { continue };
        let area = json["area"]
            .as_str()
            .map_or_else(|| file.file_stem().unwrap().to_string_lossy().into(), str::to_owned);
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
    // Lilliefors' cases test x followed by y, but y stands only in the other cases of the same x.
    for i in 0..cases.len() {
        if cases[i].method == "lilliefors" && !cases[i].params["y"].is_array() {
            let x = &cases[i].params["x"];
            let partner = cases.iter().find(|c| &c.params["x"] == x && c.params["y"].is_array());
            if let Some(y) = partner.map(|c| c.params["y"].clone()) {
                cases[i].params["y"] = y;
            }
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

    pub fn flag(&self, key: &str) -> Option<bool> {
        self.params[key].as_bool()
    }

    /// Numbers given in the case itself.
    pub fn numbers(&self, key: &str) -> Vec<f64> {
        numbers(&self.params[key])
    }

    pub fn names(&self, key: &str) -> Vec<String> {
        match &self.params[key] {
            Value::Array(a) => a.iter().map(|v| v.as_str().unwrap().to_owned()).collect(),
            Value::String(s) => vec![s.clone()],
            _ => Vec::new(),
        }
    }

    /// The table with derived columns, without rows that miss a value in `used` or that the case leaves out.
    pub fn table(&self, used: &[&str]) -> Table {
        let name = self.data.as_ref().unwrap();
        let path = shared(&format!("oracles/stats/data/{name}.csv")).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let mut columns: BTreeMap<String, Vec<f64>> =
            header.iter().map(|h| ((*h).to_owned(), Vec::new())).collect();
        for line in lines.filter(|l| !l.trim().is_empty()) {
            for (h, v) in header.iter().zip(line.split(',')) {
                columns.get_mut(*h).unwrap().push(v.trim().parse().unwrap_or(f64::NAN));
            }
        }
        let mut table = Table { columns };
        for (name, rule) in rules(self.text("derived").unwrap_or("")) {
            table.derive(name, rule);
        }
        // Names that cases use without giving their rule.
        for (name, rule) in [("malignant", "benign==0"), ("death", "status==2"), ("d", "status==2")] {
            let source = rule.split('=').next().unwrap();
            if !table.columns.contains_key(name) && table.columns.contains_key(source) {
                table.derive(name, rule);
            }
        }
        if self.rows.contains("==") || self.rows.contains('>') || self.rows.contains('<') {
            let keep = table.evaluate(&self.rows);
            table.retain(|i| keep[i] == 1.0);
        }
        let mut needed: Vec<String> = used.iter().map(|u| (*u).to_owned()).collect();
        if let Some(more) = self.rows.strip_prefix("complete in ").filter(|m| !m.contains("used")) {
            needed
                .extend(more.split([',', ' ']).filter(|m| table.columns.contains_key(*m)).map(str::to_owned));
        }
        if let Some(name) = self.rows.strip_suffix(" not missing") {
            needed.push(name.to_owned());
        }
        let missing: Vec<bool> =
            (0..table.len()).map(|i| needed.iter().any(|n| table.column(n)[i].is_nan())).collect();
        table.retain(|i| !missing[i]);
        table
    }
}

impl Table {
    pub fn len(&self) -> usize {
        self.columns.values().next().map_or(0, Vec::len)
    }

    pub fn column(&self, name: &str) -> &[f64] {
        self.columns.get(name).unwrap_or_else(|| panic!("no column {name}"))
    }

    pub fn outcome(&self, name: &str) -> Vec<bool> {
        self.column(name).iter().map(|v| *v == 1.0).collect()
    }

    fn evaluate(&self, rule: &str) -> Vec<f64> {
        (0..self.len()).map(|i| evaluate(rule, &|name| self.column(name)[i])).collect()
    }

    fn derive(&mut self, name: &str, rule: &str) {
        let values = self.evaluate(rule);
        self.columns.insert(name.to_owned(), values);
    }

    fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        for column in self.columns.values_mut() {
            let mut i = 0;
            column.retain(|_| {
                i += 1;
                keep(i - 1)
            });
        }
    }
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}")).iter().map(number).collect()
}

fn number(value: &Value) -> f64 {
    match value {
        Value::String(s) if s == "inf" => f64::INFINITY,
        Value::String(s) if s == "-inf" => f64::NEG_INFINITY,
        Value::Bool(b) => f64::from(u8::from(*b)),
        other => other.as_f64().unwrap_or(f64::NAN),
    }
}

pub fn matrix(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

pub fn truth(values: &[f64]) -> Vec<bool> {
    values.iter().map(|v| *v == 1.0).collect()
}

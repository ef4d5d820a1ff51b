//! Cases and tables of the reference collection.

use std::collections::BTreeMap;

use radiomics_phantoms::reference::shared;
use radiomics_survival::Outcome;
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

    /// The columns that the parameters name: those that must be complete where the case asks for "the used columns".
    fn used(&self) -> Vec<String> {
        [
            "x", "time", "event", "status", "start", "strata", "weights", "cluster", "offset", "group",
            "arm", "risk",
        ]
        .iter()
        .chain(&["marker", "marker1", "marker2", "other_markers", "group_for_gray"])
        .flat_map(|key| self.names(key))
        .collect()
    }

    /// The table with derived columns, without the rows that the case leaves out and those that miss a value in a
    /// column that the parameters name.
    pub fn table(&self) -> Table {
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
        for key in ["derived", "p_rule"] {
            for (name, rule) in rules(self.text(key).unwrap_or("")) {
                table.derive(name, rule);
            }
        }
        for key in ["weights", "offset"] {
            if let (Some(name), Some(rule)) = (self.text(key), self.text(&format!("{key}_rule"))) {
                table.derive(name, rule);
            }
        }
        // Names that cases use without giving their rule.
        for (name, source, rule) in
            [("death", "status", "status==2"), ("d", "status", "status==2"), ("arm", "sex", "sex-1")]
        {
            if !table.columns.contains_key(name) && table.columns.contains_key(source) {
                table.derive(name, rule);
            }
        }
        if ["==", "!=", ">", "<"].iter().any(|op| self.rows.contains(op)) {
            let keep = table.evaluate(&self.rows);
            table.retain(|i| keep[i] == 1.0);
        }
        let used = self.used();
        let missing: Vec<bool> = (0..table.len())
            .map(|i| used.iter().any(|n| table.columns.get(n).is_some_and(|c| c[i].is_nan())))
            .collect();
        table.retain(|i| !missing[i]);
        table
    }

    /// Time, event, entry, weights and strata as the parameters name them.
    pub fn outcome(&self, table: &Table) -> Outcome {
        let event = self.text("event").or(self.text("status")).unwrap();
        // With a value given, that one is the event and all others are censored.
        let code = match self.number("event_value") {
            Some(value) => table.column(event).iter().map(|v| u8::from(*v == value)).collect(),
            None => table.codes(event).iter().map(|&c| u8::try_from(c).unwrap()).collect(),
        };
        let mut outcome = Outcome::with_causes(table.column(self.text("time").unwrap()), code).unwrap();
        if let Some(start) = self.text("start") {
            outcome = outcome.with_entry(table.column(start)).unwrap();
        }
        if let Some(weights) = self.text("weights") {
            outcome = outcome.with_weights(table.column(weights)).unwrap();
        }
        if let Some(strata) = self.text("strata") {
            outcome = outcome.with_strata(&table.codes(strata)).unwrap();
        }
        outcome
    }
}

impl Table {
    pub fn len(&self) -> usize {
        self.columns.values().next().map_or(0, Vec::len)
    }

    pub fn column(&self, name: &str) -> &[f64] {
        self.columns.get(name).unwrap_or_else(|| panic!("no column {name}"))
    }

    pub fn codes(&self, name: &str) -> Vec<u32> {
        let code = |v: &f64| {
            assert!(v.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(v), "{v} is no code, in {name}");
            *v as u32
        };
        self.column(name).iter().map(code).collect()
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

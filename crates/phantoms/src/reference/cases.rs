//! The cases of `oracles/stats`: a method with its parameters, and what an independent program gives for it.
//!
//! Each crate runs the cases of its own methods: it gives its results as JSON, key by key as the case expects them, and
//! [`Case::differences`] compares.
// For tests only: a damaged collection fails them.
#![allow(clippy::panic, clippy::unwrap_used)]

use std::{collections::BTreeMap, fs};

use serde_json::{Map, Value};

use super::{
    rules::{evaluate, rules},
    shared,
};

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub id: String,
    /// What its file is about, as in `survival_r`: it says which crate runs the case.
    pub area: String,
    /// What is to be done.
    pub method: String,
    /// With which settings and columns.
    pub params: Value,
    /// What comes out.
    pub expected: Value,
    /// How far a number may be off, as a share of it.
    pub rtol: f64,
    /// How far a number may be off.
    pub atol: f64,
    /// Which rows of the table take part.
    pub rows: String,
    data: Option<String>,
}

/// All cases, in the order of the files; `None` where the collection is absent.
///
/// # Panics
/// Where a file cannot be read.
pub fn cases() -> Option<Vec<Case>> {
    let folder = shared("oracles/stats")?;
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "json")) {
        let json: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
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
                rows: text("rows").unwrap_or_else(|| "all".to_owned()),
                data: text("data"),
            });
        }
    }
    Some(cases)
}

impl Case {
    /// A parameter that is a text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.params[key].as_str()
    }

    /// A parameter that is a number.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.params[key].as_f64()
    }

    /// A parameter that is true or false.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.params[key].as_bool()
    }

    /// Numbers given in the case itself.
    pub fn numbers(&self, key: &str) -> Vec<f64> {
        numbers(&self.params[key])
    }

    /// A parameter that is one name or several; none where it is absent.
    pub fn names(&self, key: &str) -> Vec<String> {
        match &self.params[key] {
            Value::Array(names) => names.iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
            Value::String(name) => vec![name.clone()],
            _ => Vec::new(),
        }
    }

    /// The table that the case is about, as its file has it.
    pub fn csv(&self) -> String {
        let name = self.data.as_ref().unwrap_or_else(|| panic!("{} names no table", self.id));
        fs::read_to_string(shared(&format!("oracles/stats/data/{name}.csv")).unwrap()).unwrap()
    }

    /// The table in numbers; what is none is NaN.
    pub fn whole_table(&self) -> Table {
        let text = self.csv();
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let mut columns: BTreeMap<String, Vec<f64>> =
            header.iter().map(|name| ((*name).to_owned(), Vec::new())).collect();
        for line in lines {
            for (name, cell) in header.iter().zip(line.split(',')) {
                columns.get_mut(*name).unwrap().push(cell.trim().parse().unwrap_or(f64::NAN));
            }
        }
        Table { columns }
    }

    /// How far a number may be from the one expected: p-values below 1e-12 need only agree to 1e-6.
    pub fn allowed(&self, want: f64) -> f64 {
        let rtol = if want.abs() < 1e-12 { self.rtol.max(1e-6) } else { self.rtol };
        self.atol + rtol * want.abs()
    }

    /// Runs the case and says where the result is not what is expected; a panic is a difference, too. `allowed` is told
    /// where a number stands, as in `id.key[3]`, and which is expected.
    pub fn differences(
        &self,
        run: impl Fn(&Self) -> Result<Value, String>,
        allowed: impl Fn(&str, f64) -> f64,
    ) -> Vec<String> {
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(self)));
        let result = caught.unwrap_or_else(|why| {
            let text = why.downcast_ref::<String>().map(String::as_str);
            Err(format!("panicked: {}", text.or(why.downcast_ref::<&str>().copied()).unwrap_or("no message")))
        });
        let mut differences = Vec::new();
        match result {
            Err(why) => differences.push(format!("{}: {why}", self.id)),
            Ok(got) => compare(&self.id, &got, &self.expected, &allowed, &mut differences),
        }
        differences
    }
}

/// Runs all cases that belong to a crate; every number that they expect must be produced.
///
/// # Panics
/// Where a case fails, or none belongs here.
#[allow(clippy::print_stdout)] // figures are shown
pub fn check<'a>(
    cases: impl IntoIterator<Item = &'a Case>,
    run: impl Fn(&Case) -> Result<Value, String>,
    allowed: impl Fn(&Case, &str, f64) -> f64,
) {
    let (mut differences, mut number) = (Vec::new(), 0);
    for case in cases {
        number += 1;
        differences.extend(case.differences(&run, |at, want| allowed(case, at, want)));
    }
    println!("{number} cases");
    assert!(number > 0, "no case was found");
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

fn compare(
    at: &str,
    got: &Value,
    want: &Value,
    allowed: &dyn Fn(&str, f64) -> f64,
    differences: &mut Vec<String>,
) {
    match (got, want) {
        (Value::Object(got), Value::Object(want)) => {
            for (key, want) in want {
                match got.get(key) {
                    Some(got) => compare(&format!("{at}.{key}"), got, want, allowed, differences),
                    None => differences.push(format!("{at}.{key}: not produced")),
                }
            }
        }
        (Value::Array(got), Value::Array(want)) => {
            if got.len() != want.len() {
                differences.push(format!("{at}: {} values, wanted {}", got.len(), want.len()));
                return;
            }
            for (i, (got, want)) in got.iter().zip(want).enumerate() {
                compare(&format!("{at}[{i}]"), got, want, allowed, differences);
            }
        }
        (Value::Number(got), Value::Number(want)) => {
            let (got, want) = (got.as_f64().unwrap(), want.as_f64().unwrap());
            if (got - want).abs() > allowed(at, want) {
                differences.push(format!("{at}: got {got:e}, wanted {want:e}, off by {:e}", got - want));
            }
        }
        // R's NA and NaN are one here.
        (Value::Null, Value::String(want)) if want == "nan" => {}
        _ if got == want => {}
        _ => differences.push(format!("{at}: got {got}, wanted {want}")),
    }
}

/// A table in numbers, whose rows may be cut down.
#[derive(Clone, Debug)]
pub struct Table {
    columns: BTreeMap<String, Vec<f64>>,
}

impl Table {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.values().next().map_or(0, Vec::len)
    }

    /// Whether there is such a column.
    pub fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// A column.
    ///
    /// # Panics
    /// Where there is none of that name.
    pub fn column(&self, name: &str) -> &[f64] {
        self.columns.get(name).unwrap_or_else(|| panic!("no column {name}"))
    }

    /// A column of whole numbers from 0 on.
    ///
    /// # Panics
    /// Where it holds another one.
    pub fn codes(&self, name: &str) -> Vec<u32> {
        let code = |v: &f64| {
            assert!(v.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(v), "{v} is no code, in {name}");
            *v as u32
        };
        self.column(name).iter().map(code).collect()
    }

    /// Where a column is 1.
    pub fn truth(&self, name: &str) -> Vec<bool> {
        truth(self.column(name))
    }

    /// A rule for each row.
    pub fn evaluate(&self, rule: &str) -> Vec<f64> {
        (0..self.rows()).map(|i| evaluate(rule, &|name| self.column(name)[i])).collect()
    }

    /// Adds a column by its rule.
    pub fn derive(&mut self, name: &str, rule: &str) {
        let values = self.evaluate(rule);
        self.columns.insert(name.to_owned(), values);
    }

    /// Adds the columns of a list of rules, `death = (status==2), lbili = ln(bili)`.
    pub fn derive_all(&mut self, list: &str) {
        for (name, rule) in rules(list) {
            self.derive(name, rule);
        }
    }

    /// Leaves only the rows for which `keep` holds.
    pub fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        for column in self.columns.values_mut() {
            let mut i = 0;
            column.retain(|_| {
                i += 1;
                keep(i - 1)
            });
        }
    }

    /// Leaves only the rows that a condition such as `sex==1` holds for; other texts leave all.
    pub fn retain_where(&mut self, condition: &str) {
        if ["==", "!=", ">", "<"].iter().any(|sign| condition.contains(sign)) {
            let keep = self.evaluate(condition);
            self.retain(|i| keep[i] == 1.0);
        }
    }

    /// Leaves only the rows that miss no value in these columns.
    pub fn retain_complete<S: AsRef<str>>(&mut self, names: &[S]) {
        let missing = |i: usize| names.iter().any(|name| self.column(name.as_ref())[i].is_nan());
        let missing: Vec<bool> = (0..self.rows()).map(missing).collect();
        self.retain(|i| !missing[i]);
    }
}

/// Where numbers are 1.
pub fn truth(values: &[f64]) -> Vec<bool> {
    values.iter().map(|v| *v == 1.0).collect()
}

/// A list of numbers.
///
/// # Panics
/// Where it is no list.
pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}")).iter().map(number).collect()
}

/// Rows of numbers.
///
/// # Panics
/// Where it is no list of lists.
pub fn matrix(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}")).iter().map(numbers).collect()
}

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) if text == "inf" => f64::INFINITY,
        Value::String(text) if text == "-inf" => f64::NEG_INFINITY,
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        other => other.as_f64().unwrap_or(f64::NAN),
    }
}

/// A number as the files write it.
pub fn num(value: f64) -> Value {
    match value {
        _ if value.is_nan() => Value::Null,
        f64::INFINITY => Value::from("inf"),
        f64::NEG_INFINITY => Value::from("-inf"),
        _ => Value::from(value),
    }
}

/// Numbers as the files write them.
pub fn list(values: impl IntoIterator<Item = f64>) -> Value {
    Value::Array(values.into_iter().map(num).collect())
}

/// Rows of numbers as the files write them.
pub fn lists<R: AsRef<[f64]>>(rows: impl IntoIterator<Item = R>) -> Value {
    Value::Array(rows.into_iter().map(|row| list(row.as_ref().iter().copied())).collect())
}

/// Results by their keys.
pub fn object(pairs: Vec<(&str, Value)>) -> Value {
    Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn case(expected: Value) -> Case {
        let text = String::from;
        let (id, area, method, rows) = (text("case"), text("ml"), text("m"), text("all"));
        Case { id, area, method, params: Value::Null, expected, rtol: 1e-6, atol: 0.0, rows, data: None }
    }

    #[test]
    fn every_kind_of_difference_is_seen() {
        let case = case(json!({"a": [1.0, 2.0], "b": "inf", "c": {"d": null}}));
        let differences = |got: Value| case.differences(|_| Ok(got.clone()), |_, want| case.allowed(want));
        let fine = json!({"a": [1.0 + 1e-7, 2.0], "b": "inf", "c": {"d": null}, "more": 1});
        assert!(differences(fine).is_empty());
        for (got, at) in [
            (json!({"a": [1.0, 2.001], "b": "inf", "c": {"d": null}}), "case.a[1]"),
            (json!({"a": [1.0], "b": "inf", "c": {"d": null}}), "case.a: 1 values"),
            (json!({"a": [1.0, null], "b": "inf", "c": {"d": null}}), "case.a[1]: got null"),
            (json!({"a": [1.0, 2.0], "b": 7.0, "c": {"d": null}}), "case.b"),
            (json!({"a": [1.0, 2.0], "b": "inf", "c": {}}), "case.c.d: not produced"),
        ] {
            let found = differences(got);
            assert!(found.len() == 1 && found[0].starts_with(at), "{found:?}");
        }
        let panicked = case.differences(|_| panic!("no such thing"), |_, _| 0.0);
        assert_eq!(panicked, ["case: panicked: no such thing"]);
    }
}

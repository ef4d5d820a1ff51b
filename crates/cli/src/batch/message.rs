//! What the batch and its workers say to each other: JSON, one line for each message.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::table::Cell;

/// To a worker.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// First of all: the parameter file that gives the parameters.
    Setup { parameters: Value },
    /// A case to work on, after those ordered before.
    Case(Request),
    /// The memory that was asked for may be used.
    Go,
}

/// One case.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Request {
    pub case: usize,
    pub image: String,
    pub mask: String,
    /// A label, 0 for all of them, nothing for that of the settings.
    pub label: Option<u32>,
    pub roi: Option<String>,
}

/// From a worker.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Set up.
    Ready,
    /// The next image needs this many bytes; waits for [`Order::Go`].
    Needs { bytes: u64 },
    /// A case is done, for better or worse.
    Done { case: usize, outcome: Outcome },
}

/// What came of a case.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Outcome {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Row>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
}

/// A row of the table.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Row {
    pub columns: Columns,
    /// Encoded cells.
    pub cells: Vec<Value>,
}

/// The columns of a row: between processes their names, in the journal the number of a list of names.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Columns {
    Listed(usize),
    Names(Vec<String>),
}

impl Default for Columns {
    fn default() -> Self {
        Self::Names(Vec::new())
    }
}

/// A case, or a region of it, that could not be extracted.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Failure {
    /// The region, where only that one failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<u32>,
    pub reason: String,
}

impl Outcome {
    /// The whole case failed.
    pub fn failed(reason: String) -> Self {
        Self { rows: Vec::new(), failures: vec![Failure { label: None, reason }] }
    }
}

impl Row {
    pub fn new(cells: Vec<(String, Cell)>) -> Self {
        let (names, cells) = cells.into_iter().map(|(name, cell)| (name, encoded(&cell))).unzip();
        Self { columns: Columns::Names(names), cells }
    }
}

/// A cell such that [`decoded`] gives the same to the last bit. JSON has no `nan`, and text is not a list.
fn encoded(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => json!(text),
        Cell::Integer(integer) => json!(integer),
        Cell::Number(number) if number.is_finite() => json!(number),
        Cell::Number(number) => json!({ "number": number.to_string() }),
        Cell::Json(value) => json!({ "json": value }),
    }
}

/// The cell of an encoded one; `None` where there is no value.
pub fn decoded(value: Value) -> Option<Cell> {
    match value {
        Value::String(text) => Some(Cell::Text(text)),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Some(Cell::Integer(integer)),
            None => number.as_f64().map(Cell::Number),
        },
        Value::Object(mut object) => match object.remove("json") {
            Some(value) => Some(Cell::Json(value)),
            None => object.get("number")?.as_str()?.parse().ok().map(Cell::Number),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_to_the_last_bit() {
        let numbers = [107.0, -0.0, 0.1 + 0.2, 1e300, 5e-324, 1e17, f64::INFINITY, -f64::INFINITY, f64::NAN];
        let mut cells: Vec<Cell> = numbers.map(Cell::Number).to_vec();
        cells.extend([Cell::Integer(-3), Cell::Integer(i64::MAX), Cell::Text("nan".into())]);
        cells.extend([json!(null), json!([1, 2.0]), json!({"number": "1"})].map(Cell::Json));
        for cell in cells {
            let text = encoded(&cell).to_string();
            let back = decoded(serde_json::from_str(&text).unwrap()).unwrap();
            match (&cell, &back) {
                (Cell::Number(a), Cell::Number(b)) if a.is_nan() => assert!(b.is_nan()),
                (Cell::Number(a), Cell::Number(b)) => assert_eq!(a.to_bits(), b.to_bits()),
                _ => assert_eq!(cell, back),
            }
        }
        assert_eq!(decoded(Value::Null), None);
    }
}

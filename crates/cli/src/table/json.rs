//! An array of objects.

use std::io;

use serde_json::{Map, Value};

use super::{Cell, Column};

/// The rows as objects with the columns as keys. JSON knows no `nan` and no `inf`: they are `null`.
pub struct Objects<W: io::Write> {
    out: W,
    columns: Vec<String>,
    any: bool,
}

impl<W: io::Write> Objects<W> {
    pub fn new(columns: &[Column], mut out: W) -> io::Result<Self> {
        out.write_all(b"[")?;
        Ok(Self { out, columns: columns.iter().map(|column| column.name.clone()).collect(), any: false })
    }

    pub fn row(&mut self, cells: &[Option<Cell>]) -> io::Result<()> {
        let object: Map<String, Value> =
            self.columns.iter().cloned().zip(cells.iter().map(|cell| value(cell.as_ref()))).collect();
        let text = serde_json::to_string_pretty(&object)?.replace('\n', "\n  ");
        self.out.write_all(if self.any { b",\n  " } else { b"\n  " })?;
        self.any = true;
        self.out.write_all(text.as_bytes())
    }

    pub fn end(mut self) -> io::Result<()> {
        self.out.write_all(if self.any { b"\n]\n" } else { b"]\n" })?;
        self.out.flush()
    }
}

fn value(cell: Option<&Cell>) -> Value {
    match cell {
        None => Value::Null,
        Some(Cell::Text(text)) => Value::from(text.as_str()),
        Some(Cell::Integer(integer)) => Value::from(*integer),
        Some(Cell::Number(number)) => Value::from(*number), // null where it is not finite
        Some(Cell::Json(json)) => json.clone(),
    }
}

//! An array of objects.

use std::io;

use serde_json::{Map, Value};

use super::{Cell, Table};

/// Writes the rows as objects with the columns as keys. JSON knows no `nan` and no `inf`: they are `null`.
pub fn write(table: &Table, out: &mut dyn io::Write) -> io::Result<()> {
    let rows: Vec<Value> = (0..table.rows()).map(|row| object(table, row)).collect();
    serde_json::to_writer_pretty(&mut *out, &rows)?;
    out.write_all(b"\n")
}

fn object(table: &Table, row: usize) -> Value {
    let mut object = Map::new();
    for (name, cell) in table.cells(row) {
        let value = match cell {
            None => Value::Null,
            Some(Cell::Text(text)) => Value::from(text.as_str()),
            Some(Cell::Integer(integer)) => Value::from(*integer),
            Some(Cell::Number(number)) => Value::from(*number), // null where it is not finite
            Some(Cell::Json(json)) => json.clone(),
        };
        object.insert(name.to_owned(), value);
    }
    Value::Object(object)
}

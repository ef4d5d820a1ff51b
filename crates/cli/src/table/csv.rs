//! Comma-separated values.

use std::io;

use super::{Cell, Table};

/// Writes a header and one line for each row. What is missing is empty, what is not a number is `nan`.
pub fn write(table: &Table, out: &mut dyn io::Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(table.columns())?;
    for row in 0..table.rows() {
        writer
            .write_record(table.cells(row).map(|(_, cell)| cell.map(Cell::to_string).unwrap_or_default()))?;
    }
    writer.flush()
}

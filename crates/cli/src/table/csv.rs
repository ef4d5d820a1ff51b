//! Comma-separated values.

use std::io;

use super::{Cell, Column};

/// A header and one line for each row. What is missing is empty, what is not a number is `nan`.
pub struct Lines<W: io::Write>(csv::Writer<W>);

impl<W: io::Write> Lines<W> {
    pub fn new(columns: &[Column], out: W) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(columns.iter().map(|column| &column.name))?;
        Ok(Self(writer))
    }

    pub fn row(&mut self, cells: &[Option<Cell>]) -> io::Result<()> {
        let texts = cells.iter().map(|cell| cell.as_ref().map(Cell::to_string).unwrap_or_default());
        Ok(self.0.write_record(texts)?)
    }

    pub fn end(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

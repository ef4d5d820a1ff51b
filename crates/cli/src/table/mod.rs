//! A table of features, and the forms in which it is written.

mod csv; // text for every program
mod json; // objects for programs
#[cfg(feature = "parquet")]
mod parquet; // typed columns
mod terminal; // for reading

use std::{fmt, io};

pub use self::terminal::rounded;
use crate::args::Format;

/// One value. Feature values are doubles; diagnostics can be anything.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    Integer(i64),
    Number(f64),
    /// A list or a map, written as JSON.
    Json(serde_json::Value),
}

/// As text with every digit; what is unset is empty.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Number(number) => f.write_str(&shortest(*number)),
            Self::Json(serde_json::Value::Null) => Ok(()),
            Self::Json(json) => write!(f, "{json}"),
        }
    }
}

impl From<serde_json::Value> for Cell {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::String(text) => Self::Text(text),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Self::Integer(integer),
                (None, Some(number)) => Self::Number(number),
                (None, None) => Self::Text(number.to_string()),
            },
            other => Self::Json(other),
        }
    }
}

/// Rows under one set of columns. A row that lacks a column has an empty place there.
#[derive(Clone, Debug, Default)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Option<Cell>>>,
    /// Names and values that describe the whole table: settings, versions.
    pub metadata: Vec<(String, String)>,
}

impl Table {
    /// Adds a row; columns that are new go to the right.
    pub fn push(&mut self, row: Vec<(String, Cell)>) {
        let mut cells = vec![None; self.columns.len()];
        // Rows nearly always have the same columns in the same order.
        for (at, (name, cell)) in row.into_iter().enumerate() {
            let known = if self.columns.get(at) == Some(&name) {
                Some(at)
            } else {
                self.columns.iter().position(|column| *column == name)
            };
            match known {
                Some(at) => cells[at] = Some(cell),
                None => {
                    self.columns.push(name);
                    cells.push(Some(cell));
                }
            }
        }
        self.rows.push(cells);
    }

    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The value of a row in a column.
    pub fn get(&self, row: usize, column: &str) -> Option<&Cell> {
        let at = self.columns.iter().position(|c| c == column)?;
        self.rows.get(row)?.get(at)?.as_ref()
    }

    /// Writes the table in the given form.
    pub fn write(&self, format: Format, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
        let kind = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)?.as_ref());
            cells.filter_map(Kind::of).reduce(Kind::or).unwrap_or(Kind::Number)
        };
        let columns = self.columns.iter().enumerate();
        let columns: Vec<Column> =
            columns.map(|(at, name)| Column { name: name.clone(), kind: kind(at) }).collect();
        let mut writer = Writer::new(format, &columns, &self.metadata, out)?;
        for row in 0..self.rows() {
            writer.row(self.cells(row).map(|(_, cell)| cell.cloned()).collect())?;
        }
        writer.end()
    }

    /// Writes the table for reading on a terminal: a block for each row, digits rounded.
    pub fn show(&self, out: &mut dyn io::Write) -> io::Result<()> {
        terminal::write(self, out)
    }

    fn cells(&self, row: usize) -> impl Iterator<Item = (&str, Option<&Cell>)> {
        let names = self.columns.iter().map(String::as_str);
        let cells = self.rows[row].iter().map(Option::as_ref).chain(std::iter::repeat(None));
        names.zip(cells)
    }
}

/// A column of a table that is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

/// What the values of a column are, for formats with types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Number,
    Text,
}

impl Kind {
    /// The kind of a value; `None` where it is unset.
    pub fn of(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Integer(_) => Some(Self::Integer),
            Cell::Number(_) => Some(Self::Number),
            Cell::Json(serde_json::Value::Null) => None,
            Cell::Text(_) | Cell::Json(_) => Some(Self::Text),
        }
    }

    /// The kind that holds values of both.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Text, _) | (_, Self::Text) => Self::Text,
            _ => Self::Number,
        }
    }
}

/// Writes a table row by row; only some rows are in memory at one time.
pub enum Writer<'a> {
    Csv(csv::Lines<&'a mut (dyn io::Write + Send)>),
    Json(json::Objects<&'a mut (dyn io::Write + Send)>),
    #[cfg(feature = "parquet")]
    Parquet(parquet::Groups<'a>),
}

impl<'a> Writer<'a> {
    /// `metadata` describes the whole table: settings, versions.
    pub fn new(
        format: Format,
        columns: &[Column],
        metadata: &[(String, String)],
        out: &'a mut (dyn io::Write + Send),
    ) -> io::Result<Self> {
        // Text formats have no place for metadata.
        let _ = metadata;
        Ok(match format {
            Format::Csv => Self::Csv(csv::Lines::new(columns, out)?),
            Format::Json => Self::Json(json::Objects::new(columns, out)?),
            #[cfg(feature = "parquet")]
            Format::Parquet => Self::Parquet(parquet::Groups::new(columns, metadata, out)?),
        })
    }

    /// A row with a place for each column.
    pub fn row(&mut self, cells: Vec<Option<Cell>>) -> io::Result<()> {
        match self {
            Self::Csv(lines) => lines.row(&cells),
            Self::Json(objects) => objects.row(&cells),
            #[cfg(feature = "parquet")]
            Self::Parquet(groups) => groups.row(cells),
        }
    }

    /// Writes what is left.
    pub fn end(self) -> io::Result<()> {
        match self {
            Self::Csv(lines) => lines.end(),
            Self::Json(objects) => objects.end(),
            #[cfg(feature = "parquet")]
            Self::Parquet(groups) => groups.end(),
        }
    }
}

/// The shortest digits that read back to the same double, as Python writes them.
pub fn shortest(value: f64) -> String {
    if value.is_nan() {
        "nan".into()
    } else if value.is_infinite() {
        if value > 0.0 { "inf".into() } else { "-inf".into() }
    } else {
        format!("{value:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::default();
        let row = |label, value| {
            vec![
                ("Image".to_owned(), Cell::Text("a, \"b\".nii".into())),
                ("Label".to_owned(), Cell::Integer(label)),
                ("diagnostics_Size".to_owned(), Cell::from(serde_json::json!([1, 2.5, null]))),
                ("original_x_Y".to_owned(), Cell::Number(value)),
            ]
        };
        table.push(row(1, 0.1 + 0.2));
        table.push(row(2, f64::NAN));
        table.push(vec![("Label".to_owned(), Cell::Integer(3)), ("extra".to_owned(), Cell::Number(-1e-300))]);
        table.metadata.push(("settings".into(), "{}".into()));
        table
    }

    fn written(format: Format) -> Vec<u8> {
        let mut out = Vec::new();
        table().write(format, &mut out).unwrap();
        out
    }

    #[test]
    fn csv_quotes_and_keeps_every_digit() {
        let text = String::from_utf8(written(Format::Csv)).unwrap();
        let expected = "Image,Label,diagnostics_Size,original_x_Y,extra\n\
            \"a, \"\"b\"\".nii\",1,\"[1,2.5,null]\",0.30000000000000004,\n\
            \"a, \"\"b\"\".nii\",2,\"[1,2.5,null]\",nan,\n\
            ,3,,,-1e-300\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn json_has_null_for_what_is_not_a_number() {
        let read: serde_json::Value = serde_json::from_slice(&written(Format::Json)).unwrap();
        assert_eq!(read[0]["original_x_Y"], serde_json::json!(0.1 + 0.2));
        assert_eq!(read[0]["diagnostics_Size"], serde_json::json!([1, 2.5, null]));
        assert!(read[1]["original_x_Y"].is_null());
        assert_eq!(read[2]["extra"], serde_json::json!(-1e-300));
        assert_eq!(read[2]["Image"], serde_json::Value::Null);
    }

    #[test]
    fn digits_read_back() {
        for bits in [0x3ff0_0000_0000_0001_u64, 1, 0x7fef_ffff_ffff_ffff, 0x3fb9_9999_9999_999a] {
            let value = f64::from_bits(bits);
            assert_eq!(shortest(value).parse::<f64>().unwrap().to_bits(), bits);
        }
        assert_eq!(shortest(107.0), "107.0");
        assert_eq!([f64::NAN, f64::INFINITY, -f64::INFINITY].map(shortest), ["nan", "inf", "-inf"]);
    }

    #[cfg(feature = "parquet")]
    #[test]
    fn parquet_reads_back_with_types_and_metadata() {
        use ::parquet::{
            file::reader::{FileReader, SerializedFileReader},
            record::Field,
        };
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, &written(Format::Parquet)).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let pairs = reader.metadata().file_metadata().key_value_metadata().unwrap();
        assert!(pairs.iter().any(|p| p.key == "settings" && p.value.as_deref() == Some("{}")));
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        let field = |row: usize, column: &str| {
            rows[row].get_column_iter().find(|(name, _)| *name == column).unwrap().1.clone()
        };
        assert_eq!(field(0, "original_x_Y"), Field::Double(0.1 + 0.2));
        assert!(matches!(field(1, "original_x_Y"), Field::Double(v) if v.is_nan()));
        assert_eq!(field(2, "Label"), Field::Long(3));
        assert_eq!(field(2, "Image"), Field::Null);
        assert_eq!(field(1, "diagnostics_Size"), Field::Str("[1,2.5,null]".into()));
    }
}

//! Apache Parquet: typed columns, and the table's metadata in the file's.

use std::{io, sync::Arc};

use parquet::{
    basic::{Compression, LogicalType, Repetition, Type as Physical},
    data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::{Type, TypePtr},
};

use super::{Cell, Column, Kind};

/// Rows in groups. A column is `INT64`, `DOUBLE` or text by its kind; lists are JSON text.
pub struct Groups<'a> {
    writer: SerializedFileWriter<&'a mut (dyn io::Write + Send)>,
    kinds: Vec<Kind>,
    rows: Vec<Vec<Option<Cell>>>,
}

/// Rows in a group.
const GROUP: usize = 1000;

impl<'a> Groups<'a> {
    pub fn new(
        columns: &[Column],
        metadata: &[(String, String)],
        out: &'a mut (dyn io::Write + Send),
    ) -> io::Result<Self> {
        let pairs = metadata.iter().map(|(k, v)| KeyValue::new(k.clone(), v.clone())).collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata(Some(pairs))
            .set_created_by(concat!("radiomics ", env!("CARGO_PKG_VERSION")).into())
            .build();
        let open = || {
            let fields: Vec<TypePtr> = columns.iter().map(field).collect::<Result<_, _>>()?;
            let schema = Arc::new(Type::group_type_builder("features").with_fields(fields).build()?);
            SerializedFileWriter::new(out, schema, Arc::new(properties))
        };
        let kinds = columns.iter().map(|column| column.kind).collect();
        Ok(Self { writer: into_io(open())?, kinds, rows: Vec::new() })
    }

    pub fn row(&mut self, cells: Vec<Option<Cell>>) -> io::Result<()> {
        self.rows.push(cells);
        if self.rows.len() == GROUP { into_io(self.group()) } else { Ok(()) }
    }

    pub fn end(mut self) -> io::Result<()> {
        if !self.rows.is_empty() {
            into_io(self.group())?;
        }
        into_io(self.writer.close().map(|_| ()))
    }

    fn group(&mut self) -> Result<(), ParquetError> {
        let rows = std::mem::take(&mut self.rows);
        let mut group = self.writer.next_row_group()?;
        for (at, kind) in self.kinds.iter().enumerate() {
            let cells = rows.iter().map(|row| row.get(at).and_then(Option::as_ref));
            match kind {
                Kind::Integer => put::<Int64Type>(&mut group, cells.map(|cell| cell.and_then(integer)))?,
                Kind::Number => put::<DoubleType>(&mut group, cells.map(|cell| cell.and_then(number)))?,
                Kind::Text => put::<ByteArrayType>(&mut group, cells.map(|cell| cell.and_then(text)))?,
            }
        }
        group.close().map(|_| ())
    }
}

fn integer(cell: &Cell) -> Option<i64> {
    if let Cell::Integer(integer) = cell { Some(*integer) } else { None }
}

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Number(number) => Some(*number),
        Cell::Integer(integer) => Some(*integer as f64),
        _ => None,
    }
}

fn text(cell: &Cell) -> Option<ByteArray> {
    match cell {
        Cell::Json(serde_json::Value::Null) => None,
        other => Some(ByteArray::from(other.to_string().into_bytes())),
    }
}

fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut (dyn io::Write + Send)>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = values.collect();
    // Level 1 says that a value is there, 0 that it is not.
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    column.typed::<T>().write_batch(&values, Some(&levels), None)?;
    column.close()
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Integer => (Physical::INT64, None),
        Kind::Number => (Physical::DOUBLE, None),
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let builder = Type::primitive_type_builder(&column.name, physical).with_repetition(Repetition::OPTIONAL);
    Ok(Arc::new(builder.with_logical_type(logical).build()?))
}

/// Keeps the kind of an I/O error, so that a full disk is still known as one.
fn into_io<T>(result: Result<T, ParquetError>) -> io::Result<T> {
    result.map_err(|error| match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    })
}

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

use super::{Cell, Table};

/// Writes the table. A column is `INT64` or `DOUBLE` where all its values are, else text; lists are JSON text.
pub fn write(table: &Table, out: &mut (dyn io::Write + Send)) -> io::Result<()> {
    into_io(write_file(table, out))
}

fn write_file(table: &Table, out: &mut (dyn io::Write + Send)) -> Result<(), ParquetError> {
    let columns: Vec<Column> = (0..table.columns().len()).map(|at| Column::of(table, at)).collect();
    let fields: Vec<TypePtr> = table
        .columns()
        .iter()
        .zip(&columns)
        .map(|(name, column)| column.field(name))
        .collect::<Result<_, _>>()?;
    let schema = Arc::new(Type::group_type_builder("features").with_fields(fields).build()?);
    let pairs = table.metadata.iter().map(|(k, v)| KeyValue::new(k.clone(), v.clone())).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(pairs))
        .set_created_by(concat!("radiomics ", env!("CARGO_PKG_VERSION")).into())
        .build();
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    let mut rows = writer.next_row_group()?;
    for column in &columns {
        match column {
            Column::Integers(values) => put::<Int64Type>(&mut rows, values)?,
            Column::Numbers(values) => put::<DoubleType>(&mut rows, values)?,
            Column::Texts(values) => put::<ByteArrayType>(&mut rows, values)?,
        }
    }
    rows.close()?;
    writer.close()?;
    Ok(())
}

fn put<T: DataType>(
    rows: &mut SerializedRowGroupWriter<'_, &mut (dyn io::Write + Send)>,
    values: &[Option<T::T>],
) -> Result<(), ParquetError> {
    // Level 1 says that a value is there, 0 that it is not.
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.iter().flatten().cloned().collect();
    let Some(mut column) = rows.next_column()? else { return Ok(()) };
    column.typed::<T>().write_batch(&values, Some(&levels), None)?;
    column.close()
}

/// The values of a column in one type.
enum Column {
    Integers(Vec<Option<i64>>),
    Numbers(Vec<Option<f64>>),
    Texts(Vec<Option<ByteArray>>),
}

impl Column {
    fn of(table: &Table, at: usize) -> Self {
        let cells = || table.rows.iter().map(|row| row.get(at).and_then(Option::as_ref));
        let all = |kind: fn(&Cell) -> bool| cells().flatten().all(kind);
        if all(|cell| matches!(cell, Cell::Integer(_))) {
            let integer = |cell: &Cell| if let Cell::Integer(integer) = cell { Some(*integer) } else { None };
            Self::Integers(cells().map(|cell| cell.and_then(integer)).collect())
        } else if all(|cell| matches!(cell, Cell::Number(_) | Cell::Integer(_))) {
            let number = |cell: &Cell| match cell {
                Cell::Number(number) => Some(*number),
                Cell::Integer(integer) => Some(*integer as f64),
                _ => None,
            };
            Self::Numbers(cells().map(|cell| cell.and_then(number)).collect())
        } else {
            let text = |cell: &Cell| match cell {
                Cell::Json(serde_json::Value::Null) => None,
                other => Some(ByteArray::from(other.to_string().into_bytes())),
            };
            Self::Texts(cells().map(|cell| cell.and_then(text)).collect())
        }
    }

    fn field(&self, name: &str) -> Result<TypePtr, ParquetError> {
        let (physical, logical) = match self {
            Self::Integers(_) => (Physical::INT64, None),
            Self::Numbers(_) => (Physical::DOUBLE, None),
            Self::Texts(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let builder = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        Ok(Arc::new(builder.with_logical_type(logical).build()?))
    }
}

/// Keeps the kind of an I/O error, so that a full disk is still known as one.
fn into_io(result: Result<(), ParquetError>) -> io::Result<()> {
    result.map_err(|error| match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    })
}

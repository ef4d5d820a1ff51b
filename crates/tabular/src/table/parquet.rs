//! Apache Parquet.

use std::path::Path;
use std::sync::Arc;

use ::parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::record::Field;
use ::parquet::schema::types::{Type, TypePtr};

use super::read::{Cells, ReadSettings};
use super::{Kind, Table};
use crate::error::{Error, Result};

impl Table {
    /// Reads a Parquet file with one row for each patient. Python: `pandas.read_parquet(path)`.
    ///
    /// # Errors
    /// As [`Table::read_csv`]; [`Error::Format`] for a damaged file or a column of lists.
    pub fn read_parquet(path: &Path, settings: &ReadSettings) -> Result<Self> {
        let name = path.display().to_string();
        let format = |e: ParquetError| Error::Format { file: name.clone(), line: 0, why: e.to_string() };
        let file = std::fs::File::open(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        let reader = SerializedFileReader::new(file).map_err(format)?;
        let schema = reader.metadata().file_metadata().schema_descr();
        let header: Vec<String> =
            schema.root_schema().get_fields().iter().map(|f| f.name().to_owned()).collect();
        let mut rows = Vec::new();
        for (i, row) in reader.get_row_iter(None).map_err(format)?.enumerate() {
            let row = row.map_err(format)?;
            let mut cells = Vec::with_capacity(header.len());
            for (column, field) in row.get_column_iter() {
                cells.push(text(field).ok_or_else(|| Error::Cell {
                    file: name.clone(),
                    row: i + 1,
                    column: column.clone(),
                    value: field.to_string(),
                    expected: "a number or text".to_owned(),
                })?);
            }
            rows.push((i + 1, cells));
        }
        settings.table(&name, Cells { header, rows })
    }

    /// Writes the table as Parquet: numbers for measured columns, text for others. The file appears whole or not at
    /// all.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write_parquet(&self, path: &Path) -> Result<()> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
        self.rows_to(&file).map_err(|e| io(std::io::Error::other(e)))?;
        file.persist(path).map_err(|e| io(e.error))?;
        Ok(())
    }

    fn rows_to(&self, file: &tempfile::NamedTempFile) -> std::result::Result<(), ParquetError> {
        let field = |name: &str, number: bool| -> std::result::Result<TypePtr, ParquetError> {
            let (physical, logical) = if number {
                (Physical::DOUBLE, None)
            } else {
                (Physical::BYTE_ARRAY, Some(LogicalType::String))
            };
            let builder = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
            Ok(Arc::new(builder.with_logical_type(logical).build()?))
        };
        let mut fields = vec![field(&self.patient_column, false)?];
        for column in &self.columns {
            fields.push(field(&column.name, column.kind == Kind::Continuous)?);
        }
        let schema = Arc::new(Type::group_type_builder("table").with_fields(fields).build()?);
        let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
        let mut writer = SerializedFileWriter::new(file.as_file(), schema, properties)?;
        let mut group = writer.next_row_group()?;
        let bytes = |text: String| ByteArray::from(text.into_bytes());
        put::<ByteArrayType>(&mut group, self.patients.iter().map(|p| Some(bytes(p.clone()))).collect())?;
        for column in &self.columns {
            if column.kind == Kind::Continuous {
                let values = column.values.iter().map(|v| Some(*v).filter(|v| !v.is_nan())).collect();
                put::<DoubleType>(&mut group, values)?;
            } else {
                let values = (0..self.rows()).map(|i| column.text(i).map(bytes)).collect();
                put::<ByteArrayType>(&mut group, values)?;
            }
        }
        group.close()?;
        writer.close().map(|_| ())
    }
}

fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &std::fs::File>,
    values: Vec<Option<T::T>>,
) -> std::result::Result<(), ParquetError> {
    // Level 1 says that a value is there, 0 that it is not.
    let levels: Vec<i16> = values.iter().map(|v| i16::from(v.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    column.typed::<T>().write_batch(&values, Some(&levels), None)?;
    column.close()
}

/// The cell as text would have it; `None` for what is neither number nor text.
fn text(field: &Field) -> Option<String> {
    Some(match field {
        Field::Null => String::new(),
        Field::Str(s) => s.clone(),
        Field::Bool(v) => u8::from(*v).to_string(),
        Field::Byte(v) => v.to_string(),
        Field::Short(v) => v.to_string(),
        Field::Int(v) => v.to_string(),
        Field::Long(v) => v.to_string(),
        Field::UByte(v) => v.to_string(),
        Field::UShort(v) => v.to_string(),
        Field::UInt(v) => v.to_string(),
        Field::ULong(v) => v.to_string(),
        Field::Float(v) if v.is_nan() => String::new(),
        Field::Float(v) => f64::from(*v).to_string(),
        Field::Double(v) if v.is_nan() => String::new(),
        Field::Double(v) => v.to_string(),
        _ => return None,
    })
}

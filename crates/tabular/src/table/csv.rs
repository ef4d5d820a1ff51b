//! Comma-separated values, with the oddities of spreadsheets.

use std::io::Write as _;
use std::path::Path;

use super::read::{Cells, ReadSettings};
use super::{Kind, Table};
use crate::error::{Error, Result};

impl Table {
    /// Reads a CSV file: with or without byte-order mark, quoted fields, delimiters `,`, `;` or tab.
    /// Python: `pandas.read_csv(path, index_col = "patient")`; R: `read.csv(path)`.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Parquet`] for a file that begins as Parquet does; rows of another length than the header
    /// and text that is not UTF-8, with the line; [`Error::Cell`], [`Error::DuplicatePatient`],
    /// [`Error::DuplicateColumn`], [`Error::UnknownColumn`].
    pub fn read_csv(path: &Path, settings: &ReadSettings) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        if bytes.starts_with(b"PAR1") {
            return Err(Error::Parquet { path: path.to_owned(), why: "not CSV; name it `.parquet`" });
        }
        let name = path.display().to_string();
        let text = std::str::from_utf8(&bytes).map_err(|e| {
            let line = 1 + bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count();
            Error::Format {
                file: name.clone(),
                line,
                why: "text that is not UTF-8; save the file as UTF-8".to_owned(),
            }
        })?;
        Self::parse_csv(text, &name, settings)
    }

    /// Reads text as CSV; `file` stands in error texts.
    ///
    /// # Errors
    /// As [`Self::read_csv`].
    pub fn parse_csv(text: &str, file: &str, settings: &ReadSettings) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let delimiter = match settings.delimiter {
            Some(c) if c.is_ascii() => c as u8,
            Some(c) => return crate::error::setting("delimiter", c, "an ASCII character"),
            None => delimiter(text),
        };
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        let format = |line: usize, why: String| Error::Format { file: file.to_owned(), line, why };
        let mut header: Option<Vec<String>> = None;
        let mut rows = Vec::new();
        for record in reader.records() {
            let record =
                record.map_err(|e| format(e.position().map_or(0, |p| p.line() as usize), e.to_string()))?;
            let line = record.position().map_or(0, |p| p.line() as usize);
            let fields: Vec<String> = record.iter().map(str::to_owned).collect();
            match &header {
                None => header = Some(fields),
                Some(_) if fields.iter().all(|f| f.trim().is_empty()) => {}
                Some(h) if fields.len() != h.len() => {
                    return Err(format(line, format!("{} fields, the header has {}", fields.len(), h.len())));
                }
                Some(_) => rows.push((line, fields)),
            }
        }
        let Some(header) = header else {
            return Err(format(1, "the file is empty, a header is expected".to_owned()));
        };
        if rows.is_empty() {
            return Err(format(2, "no patient follows the header".to_owned()));
        }
        settings.table(file, Cells { header, rows })
    }

    /// Writes the table as CSV; the file appears whole or not at all. Missing values are empty.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write_csv(&self, path: &Path) -> Result<()> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
        {
            let mut writer = ::csv::Writer::from_writer(&mut file);
            let convert = |e: ::csv::Error| io(std::io::Error::other(e));
            let names = std::iter::once(self.patient_column.as_str())
                .chain(self.columns.iter().map(|c| c.name.as_str()));
            writer.write_record(names).map_err(convert)?;
            for (i, patient) in self.patients.iter().enumerate() {
                let cells = self.columns.iter().map(|c| match c.kind {
                    Kind::Continuous if c.values[i].is_nan() => String::new(),
                    Kind::Continuous => format!("{}", c.values[i]),
                    _ => c.text(i).unwrap_or_default(),
                });
                writer.write_record(std::iter::once(patient.clone()).chain(cells)).map_err(convert)?;
            }
            writer.flush().map_err(io)?;
        }
        file.flush().map_err(io)?;
        file.persist(path).map_err(|e| io(e.error))?;
        Ok(())
    }
}

/// The delimiter that the header, outside of quotes, has most of.
fn delimiter(text: &str) -> u8 {
    let (mut counts, mut quoted) = ([0usize; 3], false);
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            b',' => counts[0] += 1,
            b';' => counts[1] += 1,
            b'\t' => counts[2] += 1,
            _ => {}
        }
    }
    // The first of equals, so that a header of one column is read with commas.
    let most = counts.iter().max().copied().unwrap_or(0);
    [b',', b';', b'\t'][counts.iter().position(|c| *c == most).unwrap_or(0)]
}

//! The list of cases: CSV with a header, one row for each case.

use std::collections::HashMap;

/// The cases of a study, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// Columns without meaning for us, which are copied into the table.
    pub extra: Vec<String>,
    /// Whether there are names of regions.
    pub has_roi: bool,
    /// Rows.
    pub cases: Vec<Case>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Line of the file in which it begins.
    pub line: u64,
    /// Path of the scan, as written.
    pub image: String,
    /// Path of the mask, as written.
    pub mask: String,
    /// Which label; `None` where the column is missing or empty.
    pub label: Option<Label>,
    /// Name of the region in a DICOM file; `None` where the column is missing or empty.
    pub roi: Option<String>,
    /// Values of the extra columns.
    pub extra: Vec<String>,
}

/// What a cell of the column `Label` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Every label of the mask.
    All,
    /// This one.
    One(u32),
}

/// Why a file is no list of cases.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CohortError {
    #[error("not text in UTF-8{0}; save it as CSV in UTF-8")]
    NotUtf8(&'static str),
    #[error("empty; expected a header with the columns Image and Mask, and a row for each case")]
    Empty,
    #[error("no column `{0}` in the header, which has {1}; the columns Image and Mask are needed")]
    NoColumn(&'static str, String),
    #[error("two columns `{0}`; rename one of them")]
    Twice(String),
    #[error("column {0} has no name in the header but a value in line {1}; name it or leave it out")]
    NoName(usize, u64),
    #[error("column `Label_channel` is not known; give the channel for all masks with -s label_channel:N")]
    Channel,
    #[error("line {line} has {found} fields, the header {expected}; is a quote or a comma missing?")]
    Fields { line: u64, found: usize, expected: usize },
    #[error("line {0} has a quote that is never closed")]
    OpenQuote(u64),
    #[error("line {line}, column {column} is empty; expected the path of a file")]
    NoPath { line: u64, column: &'static str },
    #[error("line {line}, column Label is `{found}`; expected a whole number from 1, `all`, or nothing")]
    Label { line: u64, found: String },
    #[error("no case: only a header")]
    NoCases,
    #[error("line {line}: {reason}")]
    Syntax { line: u64, reason: String },
}

/// Columns that mean something; written in any case.
const KNOWN: [&str; 4] = ["Image", "Mask", "Label", "ROI"];

impl Cohort {
    /// Reads the content of a file. Values are separated by commas, or by semicolons or tabs where the header
    /// is; rows without any value are passed over.
    ///
    /// # Errors
    /// [`CohortError`] with line and column.
    pub fn parse(bytes: &[u8]) -> Result<Self, CohortError> {
        let text = text(bytes)?;
        let start = text.find(|c: char| !c.is_whitespace()).ok_or(CohortError::Empty)?;
        let start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let first_line = 1 + text[..start].matches('\n').count() as u64;
        if unclosed(&text[start..]) {
            return Err(CohortError::OpenQuote(last_quote(text)));
        }
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter(&text[start..]))
            .flexible(true)
            .has_headers(false)
            .from_reader(&text.as_bytes()[start..]);
        let mut records = reader.records();
        let mut lines = Lines { text: &text[start..], byte: 0, line: first_line };
        let mut read = |record: Result<csv::StringRecord, csv::Error>| {
            let place = record.as_ref().map_or_else(csv::Error::position, csv::StringRecord::position);
            let line = lines.of(place.map_or(0, csv::Position::byte));
            let record = record.map_err(|error| CohortError::Syntax { line, reason: error.to_string() })?;
            Ok((line, record))
        };
        let header = records.next().ok_or(CohortError::Empty).and_then(&mut read)?.1;
        let columns = Columns::of(&header)?;
        let mut cases = Vec::new();
        for record in records {
            let (line, record) = read(record)?;
            if record.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            cases.push(columns.case(line, &record)?);
        }
        if cases.is_empty() {
            return Err(CohortError::NoCases);
        }
        let extra = columns.extra.iter().map(|(name, _)| name.clone()).collect();
        Ok(Self { extra, has_roi: columns.known[3].is_some(), cases })
    }
}

/// Numbers of lines, asked for from the beginning to the end.
struct Lines<'a> {
    text: &'a str,
    byte: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record that follows a byte: line ends may come before it, which the reader passes over.
    fn of(&mut self, byte: u64) -> u64 {
        let bytes = self.text.as_bytes();
        let from = usize::try_from(byte).unwrap_or(usize::MAX).min(bytes.len());
        let blank = bytes[from..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let to = (from + blank).max(self.byte);
        let ends =
            |at: &usize| bytes[*at] == b'\n' || bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        self.line += (self.byte..to).filter(ends).count() as u64;
        self.byte = to;
        self.line
    }
}

/// Where the columns are.
struct Columns {
    count: usize,
    known: [Option<usize>; 4],
    extra: Vec<(String, usize)>,
    nameless: Vec<usize>,
}

impl Columns {
    fn of(header: &csv::StringRecord) -> Result<Self, CohortError> {
        let mut this =
            Self { count: header.len(), known: [None; 4], extra: Vec::new(), nameless: Vec::new() };
        let mut seen = HashMap::new();
        for (at, name) in header.iter().map(str::trim).enumerate() {
            let known = KNOWN.iter().position(|known| known.eq_ignore_ascii_case(name));
            let name = known.map_or(name, |known| KNOWN[known]);
            if name.is_empty() {
                this.nameless.push(at);
                continue;
            }
            if name.eq_ignore_ascii_case("Label_channel") {
                return Err(CohortError::Channel);
            }
            if seen.insert(name.to_owned(), at).is_some() {
                return Err(CohortError::Twice(shown(name)));
            }
            match known {
                Some(known) => this.known[known] = Some(at),
                None => this.extra.push((name.to_owned(), at)),
            }
        }
        for (known, name) in this.known.iter().zip(KNOWN).take(2) {
            if known.is_none() {
                let names: Vec<String> =
                    header.iter().take(20).map(|name| format!("`{}`", shown(name))).collect();
                return Err(CohortError::NoColumn(name, names.join(", ")));
            }
        }
        Ok(this)
    }

    fn case(&self, line: u64, record: &csv::StringRecord) -> Result<Case, CohortError> {
        if record.len() != self.count {
            return Err(CohortError::Fields { line, found: record.len(), expected: self.count });
        }
        let field = |at: usize| record.get(at).unwrap_or_default();
        if let Some(at) = self.nameless.iter().find(|at| !field(**at).trim().is_empty()) {
            return Err(CohortError::NoName(at + 1, line));
        }
        let known =
            |known: usize| self.known[known].map(field).map(str::trim).filter(|value| !value.is_empty());
        let path =
            |at: usize| known(at).map(str::to_owned).ok_or(CohortError::NoPath { line, column: KNOWN[at] });
        let wrong = |found: &str| CohortError::Label { line, found: shown(found) };
        Ok(Case {
            line,
            image: path(0)?,
            mask: path(1)?,
            label: known(2).map(|text| label(text).ok_or_else(|| wrong(text))).transpose()?,
            roi: known(3).map(str::to_owned),
            extra: self.extra.iter().map(|(_, at)| field(*at).to_owned()).collect(),
        })
    }
}

fn label(text: &str) -> Option<Label> {
    if text.eq_ignore_ascii_case("all") {
        return Some(Label::All);
    }
    // A column with gaps comes out of pandas as floating-point numbers.
    let whole = text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|b| b == b'0'));
    let digits = whole.map_or(text, |(digits, _)| digits);
    digits.parse().ok().filter(|label| *label > 0).map(Label::One)
}

/// The text after the mark that some programs put before it.
fn text(bytes: &[u8]) -> Result<&str, CohortError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(CohortError::NotUtf8(" but in UTF-16"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) {
        return Err(CohortError::NotUtf8("; it holds zero bytes"));
    }
    std::str::from_utf8(bytes).map_err(|_| CohortError::NotUtf8(""))
}

/// What separates the names in the header.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let has = |delimiter: char| {
        let names: Vec<&str> = header.split(delimiter).map(|name| name.trim().trim_matches('"')).collect();
        KNOWN[..2].iter().all(|known| names.iter().any(|name| name.eq_ignore_ascii_case(known)))
    };
    [',', ';', '\t'].into_iter().find(|delimiter| has(*delimiter)).unwrap_or(',') as u8
}

/// Whether the text ends inside quotes. Within quotes, two of them stand for one.
fn unclosed(text: &str) -> bool {
    text.bytes().filter(|b| *b == b'"').count() % 2 == 1
}

fn last_quote(text: &str) -> u64 {
    let end = text.rfind('"').unwrap_or(0);
    1 + text[..end].matches('\n').count() as u64
}

/// Not more of a text than a message can hold.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Cohort {
        Cohort::parse(text.as_bytes()).unwrap()
    }

    fn error(text: &str) -> String {
        Cohort::parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn columns_in_any_order_and_extra_ones() {
        let cohort =
            read("ID,Mask,Label,Image,age\n007,m.nii,all,i.nii,63\n\nB,\"m,2.nii\",3.0,i2.nii,\n,,,,\n");
        assert_eq!(cohort.extra, ["ID", "age"]);
        assert_eq!(cohort.cases.len(), 2);
        assert_eq!(cohort.cases[0].label, Some(Label::All));
        assert_eq!(cohort.cases[0].extra, ["007", "63"]);
        assert_eq!((cohort.cases[1].line, cohort.cases[1].mask.as_str()), (4, "m,2.nii"));
        assert_eq!(cohort.cases[1].label, Some(Label::One(3)));
    }

    #[test]
    fn marks_separators_and_line_ends_of_other_programs() {
        let plain = read("Image,Mask,note\na,b,x\n");
        for text in [
            "\u{feff}Image,Mask,note\r\na,b,x\r\n",
            "image;MASK;note\na;b;x",
            "Image\tMask\tnote\na\tb\tx\n\n",
            "Image , Mask ,note,,\na,b,x,,\n,,,,\n",
            "\"Image\",\"Mask\",\"note\"\n\"a\",\"b\",\"x\"\n",
        ] {
            assert_eq!(read(text), plain, "{text:?}");
        }
        assert_eq!(read("\n\nImage,Mask,note\na,b,x").cases[0].line, 4);
    }

    #[test]
    fn faults_are_named_with_their_line() {
        for (text, expected) in [
            ("", "empty"),
            ("\u{feff}\n \n", "empty"),
            ("Image,Mask\n", "only a header"),
            ("Image,Mask\n,\n", "only a header"),
            ("Scan,Mask\na,b\n", "no column `Image` in the header, which has `Scan`, `Mask`"),
            ("a.nii,b.nii\n", "no column `Image`"),
            ("Image,Mask,Label,label\na,b,1,1\n", "two columns `Label`"),
            ("Image,Mask,x,x\na,b,1,1\n", "two columns `x`"),
            (",Image,Mask\n0,a,b\n", "column 1 has no name in the header but a value in line 2"),
            ("Image,Mask\na,b\na\n", "line 3 has 1 fields, the header 2"),
            ("Image,Mask\na,b,c\n", "line 2 has 3 fields"),
            ("Image,Mask\n\"a,b\nc,d\n", "line 2 has a quote that is never closed"),
            ("Image,Mask\na,\n", "line 2, column Mask is empty"),
            ("Image,Mask,Label\na,b,0\n", "column Label is `0`"),
            ("Image,Mask,Label\na,b,1.5\n", "`1.5`"),
            ("Image,Mask,Label\na,b,-1\n", "`-1`"),
            ("Image,Mask,Label_channel\na,b,1\n", "label_channel:N"),
        ] {
            let found = error(text);
            assert!(found.contains(expected), "{text:?}: {found}");
        }
        let utf16: Vec<u8> = "\u{feff}Image".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(Cohort::parse(&utf16).unwrap_err().to_string().contains("UTF-16"));
        assert!(Cohort::parse(b"Image,Mask\nM\xfcller,b\n").unwrap_err().to_string().contains("UTF-8"));
        assert!(Cohort::parse(b"Image,Mask\0\n").is_err());
    }
}

//! NRRD, versions 1 to 5 (<https://teem.sourceforge.net/nrrd/format.html>), with ITK's view of axes and spaces.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
};

use super::{
    error::{ReadError, shown},
    layout::{Encoding, Format, Layout, Part, Start, checked_sizes},
    stream,
};
use crate::{geometry::Geometry, volume::SampleType};

/// Headers longer than this are refused.
const LONGEST_HEADER: u64 = 16 << 20;

/// Most axes of an NRRD.
const MOST_AXES: usize = 16;

/// Reads and checks a header.
pub(super) fn open(path: &Path) -> Result<Layout, ReadError> {
    let fields = Fields::read(path)?;
    let sample = fields.sample_type()?;
    let axes = fields.axes()?;
    let encoding = fields.encoding()?;
    let big_endian = fields.big_endian(sample)?;
    let parts = fields.parts(encoding)?;
    let geometry = axes.geometry.map_err(|source| ReadError::Geometry { path: path.to_owned(), source })?;
    Ok(Layout {
        path: path.to_owned(),
        format: Format::Nrrd,
        sample,
        big_endian,
        geometry,
        frames: axes.frames,
        components: axes.components,
        interleaved: axes.interleaved,
        scale: None,
        encoding,
        parts,
    })
}

/// Header lines as they stand, `field: value` only; names in lower case, the last of each counts.
struct Fields<'a> {
    path: &'a Path,
    lines: Vec<(String, String)>,
    /// Bytes before the voxels where these follow the header.
    length: u64,
}

struct Axes {
    geometry: Result<Geometry, crate::geometry::GeometryError>,
    frames: usize,
    components: usize,
    interleaved: bool,
}

impl<'a> Fields<'a> {
    fn read(path: &'a Path) -> Result<Self, ReadError> {
        let (file, _) = stream::open(path)?;
        let mut reader = BufReader::new(file.take(LONGEST_HEADER));
        let (mut lines, mut length, mut number) = (Vec::new(), 0, 0);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(|e| ReadError::io(path, e))?;
            length += read as u64;
            number += 1;
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            let wrong = |expected| {
                Err(ReadError::Line { path: path.to_owned(), line: number, found: shown(text), expected })
            };
            if number == 1 {
                let version = text.strip_prefix("NRRD").and_then(|v| v.trim_end().parse::<u32>().ok());
                match version {
                    // Version 0 is written as NRRD00.01.
                    Some(1..=5) => continue,
                    _ if text.trim_end() == "NRRD00.01" => continue,
                    _ => return wrong("the magic `NRRD0001` to `NRRD0005`"),
                }
            }
            // The header ends at an empty line, or with the file where the voxels lie elsewhere.
            if read == 0 || text.is_empty() {
                break;
            }
            if length >= LONGEST_HEADER {
                return wrong("a header shorter than 16 MiB");
            }
            if text.starts_with('#') {
                continue;
            }
            let Some((name, value)) = text.split_once(':') else {
                return wrong("`field: value`, `key:=value`, a comment or an empty line");
            };
            if value.starts_with('=') {
                continue;
            }
            let name = name.trim().to_ascii_lowercase();
            lines.push((name, value.trim().to_owned()));
        }
        Ok(Self { path, lines, length })
    }

    fn get(&self, names: &[&str]) -> Option<&str> {
        let found = self.lines.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
        found.map(|(_, value)| value.as_str())
    }

    fn need(&self, field: &'static str) -> Result<&str, ReadError> {
        let path = self.path.to_owned();
        self.get(&[field]).ok_or(ReadError::NoField { path, field, format: "NRRD" })
    }

    fn sample_type(&self) -> Result<SampleType, ReadError> {
        let name = self.need("type")?;
        Ok(match name.to_ascii_lowercase().as_str() {
            "signed char" | "int8" | "int8_t" => SampleType::I8,
            "uchar" | "unsigned char" | "uint8" | "uint8_t" => SampleType::U8,
            "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => {
                SampleType::I16
            }
            "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => SampleType::U16,
            "int" | "signed int" | "int32" | "int32_t" => SampleType::I32,
            "uint" | "unsigned int" | "uint32" | "uint32_t" => SampleType::U32,
            "longlong"
            | "long long"
            | "long long int"
            | "signed long long"
            | "signed long long int"
            | "int64"
            | "int64_t" => SampleType::I64,
            "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => {
                SampleType::U64
            }
            "float" => SampleType::F32,
            "double" => SampleType::F64,
            _ => return Err(ReadError::field(self.path, "type", name, "an integer or float type of NRRD")),
        })
    }

    fn encoding(&self) -> Result<Encoding, ReadError> {
        let name = self.need("encoding")?;
        Ok(match name.to_ascii_lowercase().as_str() {
            "raw" => Encoding::Raw,
            "gz" | "gzip" => Encoding::Deflate,
            "txt" | "text" | "ascii" => Encoding::Text,
            "hex" => Encoding::Hex,
            _ => return Err(ReadError::field(self.path, "encoding", name, "raw, gzip, ascii or hex")),
        })
    }

    fn big_endian(&self, sample: SampleType) -> Result<bool, ReadError> {
        match self.get(&["endian"]) {
            Some(value) if value.eq_ignore_ascii_case("little") => Ok(false),
            Some(value) if value.eq_ignore_ascii_case("big") => Ok(true),
            Some(value) => Err(ReadError::field(self.path, "endian", value, "little or big")),
            None if sample.bytes() == 1 => Ok(false),
            None if matches!(self.encoding()?, Encoding::Text) => Ok(false),
            None => Err(ReadError::NoField { path: self.path.to_owned(), field: "endian", format: "NRRD" }),
        }
    }

    fn numbers<T: std::str::FromStr>(&self, field: &str, value: &str) -> Result<Vec<T>, ReadError> {
        let number = |word: &str| {
            word.parse().map_err(|_| ReadError::field(self.path, field, value, "numbers between spaces"))
        };
        value.split_whitespace().map(number).collect()
    }

    fn axes(&self) -> Result<Axes, ReadError> {
        let dimension = self.need("dimension")?;
        let wanted = || ReadError::field(self.path, "dimension", dimension, "a whole number from 2 to 16");
        let count: usize = dimension.parse().map_err(|_| wanted())?;
        if !(2..=MOST_AXES).contains(&count) {
            return Err(wanted());
        }
        let sizes: Vec<u64> = self.numbers("sizes", self.need("sizes")?)?;
        if sizes.len() != count {
            let expected = format!("{count} numbers, one for each axis");
            return Err(ReadError::field(self.path, "sizes", format!("{sizes:?}"), expected));
        }
        checked_sizes(self.path, "sizes", &sizes)?;
        let kinds: Vec<String> = match self.get(&["kinds"]) {
            None => vec!["???".into(); count],
            Some(kinds) => kinds.split_whitespace().map(str::to_ascii_lowercase).collect(),
        };
        if kinds.len() != count {
            let expected = format!("{count} words, one for each axis");
            return Err(ReadError::field(self.path, "kinds", kinds.join(" "), expected));
        }
        let (flip, space) = self.space()?;
        let directions = self.directions(count, space)?;
        let domain = |axis: &usize| {
            let kind = kinds[*axis].as_str();
            let unknown = kind == "???" || kind == "none";
            let directed = directions.as_ref().is_none_or(|d| d[*axis].is_some());
            matches!(kind, "domain" | "space" | "time") || unknown && directed
        };
        let (domains, ranges): (Vec<usize>, Vec<usize>) = (0..count).partition(domain);
        let components = match ranges[..] {
            [] => 1,
            [axis] if axis == 0 || axis == count - 1 => sizes[axis] as usize,
            _ => {
                let expected = "at most one axis that is not spatial, the first or the last";
                return Err(ReadError::field(self.path, "kinds", kinds.join(" "), expected));
            }
        };
        let interleaved = ranges.first() == Some(&0);
        let frames = match domains.len() {
            2 | 3 => 1,
            4 => sizes[domains[3]] as usize,
            _ => {
                return Err(ReadError::field(
                    self.path,
                    "dimension",
                    dimension,
                    "2, 3 or 4 axes of space and time",
                ));
            }
        };
        let spatial = &domains[..domains.len().min(3)];
        let mut size = [1; 3];
        let mut spacing = [1.0; 3];
        let mut direction = Geometry::AXIAL;
        let mut origin = [0.0; 3];
        for (c, &axis) in spatial.iter().enumerate() {
            size[c] = sizes[axis] as usize;
            if let Some(vector) = directions.as_ref().and_then(|d| d[axis]) {
                spacing[c] = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
                for r in 0..3 {
                    direction[r][c] = flip[r] * vector[r] / spacing[c];
                }
            }
        }
        if let Some(text) = self.get(&["spacings"]).filter(|_| directions.is_none()) {
            let all: Vec<f64> = self.numbers("spacings", text)?;
            if all.len() != count {
                let expected = format!("{count} numbers, one for each axis");
                return Err(ReadError::field(self.path, "spacings", text, expected));
            }
            for (c, &axis) in spatial.iter().enumerate() {
                // NaN stands for an axis without spacing.
                spacing[c] = if all[axis].is_nan() { 1.0 } else { all[axis] };
            }
        }
        if let Some(text) = self.get(&["space origin"]) {
            for (r, value) in self.vector("space origin", text, space)?.into_iter().enumerate() {
                origin[r] = flip[r] * value;
            }
        }
        let geometry = Geometry::new(size, spacing, origin, direction);
        Ok(Axes { geometry, frames, components, interleaved })
    }

    /// Signs that bring the space into LPS, and the number of its dimensions.
    fn space(&self) -> Result<([f64; 3], usize), ReadError> {
        if let Some(name) = self.get(&["space"]) {
            return Ok(match name.to_ascii_lowercase().as_str() {
                "right-anterior-superior" | "ras" => ([-1.0, -1.0, 1.0], 3),
                "left-anterior-superior" | "las" => ([1.0, -1.0, 1.0], 3),
                "right-anterior-superior-time" | "rast" => ([-1.0, -1.0, 1.0], 4),
                "left-anterior-superior-time" | "last" => ([1.0, -1.0, 1.0], 4),
                "left-posterior-superior-time"
                | "lpst"
                | "scanner-xyz-time"
                | "3d-right-handed-time"
                | "3d-left-handed-time" => ([1.0; 3], 4),
                "left-posterior-superior" | "lps" | "scanner-xyz" | "3d-right-handed" | "3d-left-handed" => {
                    ([1.0; 3], 3)
                }
                _ => {
                    return Err(ReadError::field(self.path, "space", name, "a space of the NRRD definition"));
                }
            });
        }
        match self.get(&["space dimension"]) {
            None => Ok(([1.0; 3], 3)),
            Some(text) => match text.parse() {
                Ok(n @ 2..=4) => Ok(([1.0; 3], n)),
                _ => Err(ReadError::field(self.path, "space dimension", text, "2, 3 or 4")),
            },
        }
    }

    /// One vector for each axis, `None` for an axis outside space; the time component is dropped.
    fn directions(&self, count: usize, space: usize) -> Result<Option<Vec<Option<[f64; 3]>>>, ReadError> {
        const FIELD: &str = "space directions";
        let Some(text) = self.get(&[FIELD]) else { return Ok(None) };
        let mut directions = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("none") {
                directions.push(None);
                rest = after.trim_start();
            } else if let Some(end) = rest.find(')') {
                directions.push(Some(self.vector(FIELD, &rest[..=end], space)?));
                rest = rest[end + 1..].trim_start();
            } else {
                return Err(ReadError::field(self.path, FIELD, text, "vectors like (1,0,0), or none"));
            }
        }
        if directions.len() != count {
            let expected = format!("{count} vectors, one for each axis");
            return Err(ReadError::field(self.path, FIELD, text, expected));
        }
        Ok(Some(directions))
    }

    fn vector(&self, field: &str, text: &str, space: usize) -> Result<[f64; 3], ReadError> {
        let wrong = || ReadError::field(self.path, field, text, format!("{space} numbers like (1,0,0)"));
        let inner = text.trim().strip_prefix('(').and_then(|t| t.strip_suffix(')')).ok_or_else(wrong)?;
        let mut vector = [0.0; 3];
        let mut found = 0;
        for word in inner.split(',') {
            let value = word.trim().parse().map_err(|_| wrong())?;
            if let Some(slot) = vector.get_mut(found) {
                *slot = value;
            }
            found += 1;
        }
        if found == space { Ok(vector) } else { Err(wrong()) }
    }

    fn parts(&self, encoding: Encoding) -> Result<Vec<Part>, ReadError> {
        let number = |names: &[&str]| -> Result<i64, ReadError> {
            let Some(text) = self.get(names) else { return Ok(0) };
            text.parse().map_err(|_| ReadError::field(self.path, names[0], text, "a whole number"))
        };
        let lines = number(&["line skip", "lineskip"])?;
        let lines = u64::try_from(lines)
            .map_err(|_| ReadError::field(self.path, "line skip", lines, "0 or more lines"))?;
        let decoded = match number(&["byte skip", "byteskip"])? {
            -1 if encoding == Encoding::Raw => None,
            n => Some(u64::try_from(n).map_err(|_| {
                ReadError::field(self.path, "byte skip", n, "0 or more bytes, or -1 with raw encoding")
            })?),
        };
        if let Some(name) = self.get(&["data file", "datafile"]) {
            return Err(ReadError::field(self.path, "data file", name, "voxels in the same file"));
        }
        let start = Start { offset: self.length, lines, decoded };
        Ok(vec![Part { path: self.path.to_owned(), start }])
    }
}

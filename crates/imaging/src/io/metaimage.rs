//! MetaImage (`.mha`, `.mhd`), as ITK's MetaIO library reads it. Units and anatomical orientation in the header
//! are not looked at, there as here: positions are millimetres in LPS.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use super::{
    companion,
    error::{ReadError, shown},
    layout::{Encoding, Format, LONGEST_HEADER, Layout, Part, Start, checked_sizes, grid},
    stream,
};
use crate::{geometry::Geometry, volume::SampleType};

const DATA_FILE: &str = "ElementDataFile";

/// The keys that say something about the voxels.
const KEYS: [&str; 18] = [
    "NDims",
    "DimSize",
    "ElementType",
    "ElementNumberOfChannels",
    "CompressedData",
    "BinaryData",
    "BinaryDataByteOrderMSB",
    "ElementByteOrderMSB",
    "ElementSpacing",
    "ElementSize",
    "Origin",
    "Offset",
    "Position",
    "TransformMatrix",
    "Rotation",
    "Orientation",
    "HeaderSize",
    DATA_FILE,
];

/// Reads and checks a header.
pub(super) fn open(path: &Path) -> Result<Layout, ReadError> {
    let fields = Fields::read(path)?;
    let axes: usize = fields.need("NDims")?.parse().unwrap_or(0);
    if !(2..=4).contains(&axes) {
        return Err(fields.wrong("NDims", "2, 3 or 4"));
    }
    fields.need("DimSize")?;
    let sizes: Vec<u64> = fields.numbers(&["DimSize"], axes)?.unwrap_or_default();
    let (sample, array) = fields.sample_type()?;
    let components: u64 = match fields.get("ElementNumberOfChannels") {
        None => 1,
        Some(text) => text.parse().map_err(|_| fields.wrong("ElementNumberOfChannels", "a whole number"))?,
    };
    if array && components < 2 {
        return Err(fields.wrong("ElementType", "ElementNumberOfChannels beside it"));
    }
    let mut all = sizes.clone();
    all.push(components);
    checked_sizes(path, "DimSize", &all)?;

    let compressed = fields.flag("CompressedData")?.unwrap_or(false);
    let encoding = match (compressed, fields.flag("BinaryData")?.unwrap_or(false)) {
        (true, _) => Encoding::Deflate,
        (false, true) => Encoding::Raw,
        (false, false) => Encoding::Text,
    };
    // Where both are there MetaIO takes the second name.
    let order = [fields.flag("BinaryDataByteOrderMSB")?, fields.flag("ElementByteOrderMSB")?];
    let big_endian = order.into_iter().flatten().next().unwrap_or(false);
    let (encoding, parts) = fields.parts(encoding, &sizes)?;

    let spatial = axes.min(3);
    let (mut size, mut spacing, mut origin) = ([1; 3], [1.0; 3], [0.0; 3]);
    let mut direction = Geometry::AXIAL;
    let spacings = fields.numbers::<f64>(&["ElementSpacing", "ElementSize"], axes)?;
    let origins = fields.numbers::<f64>(&["Origin", "Offset", "Position"], axes)?;
    // Row `a` of the matrix is the direction of axis `a`.
    let matrix = fields.numbers::<f64>(&["TransformMatrix", "Rotation", "Orientation"], axes * axes)?;
    for a in 0..spatial {
        size[a] = sizes[a] as usize;
        spacing[a] = spacings.as_ref().map_or(1.0, |s| s[a]);
        origin[a] = origins.as_ref().map_or(0.0, |o| o[a]);
        for r in 0..spatial {
            direction[r][a] = matrix.as_ref().map_or(direction[r][a], |m| m[a * axes + r]);
        }
    }
    Ok(Layout {
        path: path.to_owned(),
        format: Format::MetaImage,
        sample,
        big_endian,
        geometry: grid(path, size, spacing, origin, direction)?,
        frames: sizes.get(3).map_or(1, |&n| n as usize),
        components: components as usize,
        step: 1,
        scale: None,
        encoding,
        parts,
    })
}

/// Header lines; the last one names the data.
struct Fields<'a> {
    path: &'a Path,
    lines: Vec<(String, String)>,
    /// Names of data files that follow `ElementDataFile = LIST`.
    list: Vec<String>,
    /// Length of the header in bytes: the voxels follow, where they are in the same file.
    length: u64,
}

impl<'a> Fields<'a> {
    fn read(path: &'a Path) -> Result<Self, ReadError> {
        let (file, _) = stream::open(path)?;
        let mut reader = BufReader::new(file.take(LONGEST_HEADER));
        let mut fields = Self { path, lines: Vec::new(), list: Vec::new(), length: 0 };
        let (mut bytes, mut number) = (Vec::new(), 0);
        loop {
            bytes.clear();
            let read = reader.read_until(b'\n', &mut bytes).map_err(|e| ReadError::io(path, e))?;
            fields.length += read as u64;
            number += 1;
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim();
            let list = fields.get(DATA_FILE).is_some();
            if read == 0 {
                fields.need(DATA_FILE)?;
                return Ok(fields);
            }
            if text.is_empty() {
                continue;
            }
            if list {
                fields.list.push(text.to_owned());
                continue;
            }
            let Some((key, value)) = text.split_once(['=', ':']) else {
                let (path, found) = (path.to_owned(), shown(text));
                return Err(ReadError::Line { path, line: number, found, expected: "`Key = Value`" });
            };
            let (key, value) = (key.trim(), value.trim());
            // Headers may hold anything else beside; only what is used is kept.
            if KEYS.contains(&key) && fields.get(key).is_none() {
                fields.lines.push((key.to_owned(), value.to_owned()));
            }
            if key == DATA_FILE && !value.starts_with("LIST") {
                return Ok(fields);
            }
        }
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.lines.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    fn need(&self, field: &'static str) -> Result<&str, ReadError> {
        let path = self.path.to_owned();
        self.get(field).ok_or(ReadError::NoField { path, field, format: "MetaImage" })
    }

    fn wrong(&self, field: &str, expected: impl Into<String>) -> ReadError {
        ReadError::field(self.path, field, self.get(field).unwrap_or_default(), expected)
    }

    fn flag(&self, key: &str) -> Result<Option<bool>, ReadError> {
        match self.get(key).map(|value| value.chars().next()) {
            None => Ok(None),
            Some(Some('T' | 't' | '1')) => Ok(Some(true)),
            Some(Some('F' | 'f' | '0')) => Ok(Some(false)),
            Some(_) => Err(self.wrong(key, "True or False")),
        }
    }

    /// The numbers of the first of these fields that is there.
    fn numbers<T: std::str::FromStr>(
        &self,
        keys: &[&str],
        count: usize,
    ) -> Result<Option<Vec<T>>, ReadError> {
        let Some(key) = keys.iter().find(|key| self.get(key).is_some()) else { return Ok(None) };
        let words = self.get(key).unwrap_or_default().split_whitespace();
        let numbers: Option<Vec<T>> = words.map(|word| word.parse().ok()).collect();
        match numbers {
            Some(numbers) if numbers.len() == count => Ok(Some(numbers)),
            _ => Err(self.wrong(key, format!("{count} numbers"))),
        }
    }

    /// The number type, and whether it is the array form of it.
    fn sample_type(&self) -> Result<(SampleType, bool), ReadError> {
        let name = self.need("ElementType")?;
        let plain = name.strip_suffix("_ARRAY");
        let sample = match plain.unwrap_or(name) {
            "MET_CHAR" | "MET_ASCII_CHAR" => SampleType::I8,
            "MET_UCHAR" => SampleType::U8,
            "MET_SHORT" => SampleType::I16,
            "MET_USHORT" => SampleType::U16,
            // A long has four bytes in this format, whatever the machine.
            "MET_INT" | "MET_LONG" => SampleType::I32,
            "MET_UINT" | "MET_ULONG" => SampleType::U32,
            "MET_LONG_LONG" => SampleType::I64,
            "MET_ULONG_LONG" => SampleType::U64,
            "MET_FLOAT" => SampleType::F32,
            "MET_DOUBLE" => SampleType::F64,
            _ => return Err(self.wrong("ElementType", "a number type such as MET_SHORT")),
        };
        Ok((sample, plain.is_some()))
    }

    /// The data files; the encoding changes where only a compressed form of the named file is there.
    fn parts(&self, encoding: Encoding, sizes: &[u64]) -> Result<(Encoding, Vec<Part>), ReadError> {
        let header_size = self.get("HeaderSize").unwrap_or("0");
        let size: i64 = header_size.parse().unwrap_or(-2);
        let start = match (size, encoding) {
            (0.., _) => Start { offset: size.unsigned_abs(), lines: 0, decoded: Some(0) },
            (-1, Encoding::Raw) => Start { offset: 0, lines: 0, decoded: None },
            _ => {
                let expected = "0 or more bytes, or -1 with uncompressed data: voxels at the end of the file";
                return Err(self.wrong("HeaderSize", expected));
            }
        };
        let name = self.need(DATA_FILE)?;
        if ["LOCAL", "Local", "local"].contains(&name) {
            let start = if size == 0 { Start { offset: self.length, ..start } } else { start };
            return Ok((encoding, vec![Part { path: self.path.to_owned(), start }]));
        }
        let files = if name.starts_with("LIST") {
            self.list(name, sizes)?
        } else if name.contains('%') {
            self.series(name, sizes)?
        } else {
            match companion::locate(self.path, name) {
                Err(missing @ ReadError::NoPartner { .. }) => {
                    let packed = companion::locate(self.path, &format!("{name}.gz"));
                    let path = packed.map_err(|_| missing)?;
                    return Ok((Encoding::Deflate, vec![Part { path, start }]));
                }
                found => vec![found?],
            }
        };
        Ok((encoding, files.into_iter().map(|path| Part { path, start }).collect()))
    }

    /// `LIST`, or `LIST n` with the number of axes in each file.
    fn list(&self, value: &str, sizes: &[u64]) -> Result<Vec<PathBuf>, ReadError> {
        let axes = match value.split_whitespace().nth(1) {
            None => sizes.len() - 1,
            Some(word) => word.trim_end_matches(['D', 'd']).parse().unwrap_or(0),
        };
        if !(1..=sizes.len()).contains(&axes) {
            return Err(self.wrong(DATA_FILE, format!("LIST with 1 to {} axes in each file", sizes.len())));
        }
        let count: u64 = sizes[axes..].iter().product();
        if (self.list.len() as u64) < count {
            let found = format!("LIST of {} names", self.list.len());
            let expected = format!("{count} files for sizes {sizes:?}");
            return Err(ReadError::field(self.path, DATA_FILE, found, expected));
        }
        let names = self.list.iter().take(usize::try_from(count).unwrap_or(usize::MAX));
        names.map(|name| companion::locate(self.path, name)).collect()
    }

    /// `name%03d.raw [first [last [step]]]`, one file for each step along the slowest axis. The name may hold
    /// spaces.
    fn series(&self, value: &str, sizes: &[u64]) -> Result<Vec<PathBuf>, ReadError> {
        let count = sizes.last().copied().unwrap_or(1);
        let mut name = value;
        let mut numbers = Vec::new();
        while let Some((before, last)) = name.rsplit_once(char::is_whitespace) {
            match last.parse::<i32>() {
                Ok(number) if numbers.len() < 3 && before.contains('%') => numbers.push(i64::from(number)),
                _ => break,
            }
            name = before.trim_end();
        }
        numbers.reverse();
        let (first, step) = match numbers[..] {
            [] => (1, 1),
            [first] => (first, 1),
            // The step is what brings the series from first to last.
            [first, last] => (first, (last - first) / (count.max(2) - 1) as i64),
            [first, _, step, ..] => (first, step),
        };
        if let Some(&last) = numbers.get(1) {
            let enough = step != 0 && (last - first) / step + 1 >= count as i64;
            if !enough && count > 1 {
                return Err(self.wrong(DATA_FILE, format!("{count} files for sizes {sizes:?}")));
            }
        }
        companion::series(self.path, DATA_FILE, name, first, step, count)
    }
}

//! NRRD, versions 1 to 5 (<https://teem.sourceforge.net/nrrd/format.html>), with ITK's view of axes and spaces.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
};

use super::{
    companion,
    error::{ReadError, shown},
    layout::{Encoding, Format, LONGEST_HEADER, Layout, Part, Start, checked_sizes, grid},
    stream,
};
use crate::{geometry::Geometry, volume::SampleType};

/// Most axes of an NRRD.
const MOST_AXES: usize = 16;

/// Reads and checks a header.
pub(super) fn open(path: &Path) -> Result<Layout, ReadError> {
    let fields = Fields::read(path)?;
    let sample = fields.sample_type()?;
    let encoding = fields.encoding()?;
    let big_endian = fields.big_endian(sample, encoding)?;
    let sizes = fields.sizes()?;
    let axes = Axes::new(&fields, &sizes)?;
    let parts = fields.parts(encoding, &sizes)?;
    Ok(Layout {
        path: path.to_owned(),
        format: Format::Nrrd,
        sample,
        big_endian,
        geometry: axes.geometry,
        frames: axes.frames,
        components: axes.components,
        step: axes.step,
        scale: None,
        encoding,
        parts,
    })
}

/// Header lines, names in lower case and without aliases.
struct Fields<'a> {
    path: &'a Path,
    lines: Vec<(String, String)>,
    /// Names of data files that follow `data file: LIST`.
    list: Vec<String>,
    /// Length of the header in bytes: the voxels follow, where they are in the same file.
    length: u64,
}

/// The one name of a field, or `None` where the definition has no such field.
fn field_name(name: &str) -> Option<&str> {
    Some(match name {
        "datafile" => "data file",
        "byteskip" => "byte skip",
        "lineskip" => "line skip",
        "axismins" => "axis mins",
        "axismaxs" => "axis maxs",
        "centerings" => "centers",
        "type" | "dimension" | "sizes" | "encoding" | "endian" | "kinds" | "space" | "space dimension"
        | "space directions" | "space origin" | "spacings" | "data file" | "byte skip" | "line skip"
        | "axis mins" | "axis maxs" | "centers" | "content" | "number" | "min" | "max" | "old min"
        | "oldmin" | "old max" | "oldmax" | "block size" | "blocksize" | "labels" | "units"
        | "space units" | "sample units" | "sampleunits" | "thicknesses" | "measurement frame" => name,
        _ => return None,
    })
}

impl<'a> Fields<'a> {
    fn read(path: &'a Path) -> Result<Self, ReadError> {
        let (file, _) = stream::open(path)?;
        let mut reader = BufReader::new(file.take(LONGEST_HEADER));
        let mut fields = Self { path, lines: Vec::new(), list: Vec::new(), length: 0 };
        let (mut bytes, mut number) = (Vec::new(), 0);
        let mut in_list = false;
        loop {
            bytes.clear();
            let read = reader.read_until(b'\n', &mut bytes).map_err(|e| ReadError::io(path, e))?;
            fields.length += read as u64;
            number += 1;
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_end_matches(['\n', '\r']);
            let wrong = |expected| {
                Err(ReadError::Line { path: path.to_owned(), line: number, found: shown(text), expected })
            };
            if number == 1 {
                // The first version had another form.
                let versions = ["NRRD00.01", "NRRD0001", "NRRD0002", "NRRD0003", "NRRD0004", "NRRD0005"];
                if !versions.contains(&text.trim_end()) {
                    return wrong("the magic `NRRD0001` to `NRRD0005`");
                }
                continue;
            }
            if fields.length >= LONGEST_HEADER {
                return wrong("a header shorter than 16 MiB that ends with an empty line");
            }
            // The header ends at an empty line, or with the file where the voxels lie elsewhere.
            if read == 0 || text.is_empty() {
                return Ok(fields);
            }
            if in_list {
                fields.list.push(text.trim().to_owned());
                continue;
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
            let Some(name) = field_name(&name) else { return wrong("a field of the NRRD definition") };
            if fields.get(name).is_some() {
                return wrong("each field only once");
            }
            let value = value.trim();
            in_list = name == "data file" && value.starts_with("LIST");
            fields.lines.push((name.to_owned(), value.to_owned()));
        }
    }

    fn get(&self, field: &str) -> Option<&str> {
        self.lines.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }

    fn need(&self, field: &'static str) -> Result<&str, ReadError> {
        let path = self.path.to_owned();
        self.get(field).ok_or(ReadError::NoField { path, field, format: "NRRD" })
    }

    fn wrong(&self, field: &str, expected: impl Into<String>) -> ReadError {
        ReadError::field(self.path, field, self.get(field).unwrap_or_default(), expected)
    }

    fn sample_type(&self) -> Result<SampleType, ReadError> {
        Ok(match self.need("type")?.to_ascii_lowercase().as_str() {
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
            _ => return Err(self.wrong("type", "an integer or float type of NRRD, such as short or float")),
        })
    }

    fn encoding(&self) -> Result<Encoding, ReadError> {
        Ok(match self.need("encoding")?.to_ascii_lowercase().as_str() {
            "raw" => Encoding::Raw,
            "gz" | "gzip" => Encoding::Deflate,
            "txt" | "text" | "ascii" => Encoding::Text,
            "hex" => Encoding::Hex,
            _ => return Err(self.wrong("encoding", "raw, gzip, ascii or hex (bzip2 is not read)")),
        })
    }

    fn big_endian(&self, sample: SampleType, encoding: Encoding) -> Result<bool, ReadError> {
        match self.get("endian").map(str::to_ascii_lowercase).as_deref() {
            Some("little") => Ok(false),
            Some("big") => Ok(true),
            Some(_) => Err(self.wrong("endian", "little or big")),
            None if sample.bytes() == 1 || encoding == Encoding::Text => Ok(false),
            None => self.need("endian").map(|_| false),
        }
    }

    fn sizes(&self) -> Result<Vec<u64>, ReadError> {
        let count: usize = self.need("dimension")?.parse().unwrap_or(0);
        if !(2..=MOST_AXES).contains(&count) {
            return Err(self.wrong("dimension", "a whole number from 2 to 16"));
        }
        self.need("sizes")?;
        let sizes = self.numbers::<u64>("sizes", count)?.unwrap_or_default();
        checked_sizes(self.path, "sizes", &sizes)?;
        Ok(sizes)
    }

    /// The words of a field, one for each axis.
    fn words(&self, field: &str, count: usize) -> Result<Option<Vec<&str>>, ReadError> {
        let Some(text) = self.get(field) else { return Ok(None) };
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() == count {
            Ok(Some(words))
        } else {
            Err(self.wrong(field, format!("{count} words, one for each axis")))
        }
    }

    /// The numbers of a field, one for each axis.
    fn numbers<T: std::str::FromStr>(&self, field: &str, count: usize) -> Result<Option<Vec<T>>, ReadError> {
        let Some(words) = self.words(field, count)? else { return Ok(None) };
        let numbers: Option<Vec<T>> = words.into_iter().map(|w| w.parse().ok()).collect();
        numbers.map(Some).ok_or_else(|| self.wrong(field, format!("{count} numbers, one for each axis")))
    }

    /// One vector for each axis, `None` for an axis outside space; a time component is dropped.
    fn directions(&self, count: usize, space: usize) -> Result<Option<Vec<Option<[f64; 3]>>>, ReadError> {
        const FIELD: &str = "space directions";
        let Some(text) = self.get(FIELD) else { return Ok(None) };
        let mut directions = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("none") {
                directions.push(None);
                rest = after.trim_start();
            } else {
                let end = rest.find(')').ok_or_else(|| self.wrong(FIELD, "vectors like (1,0,0), or none"))?;
                directions.push(Some(self.vector(FIELD, &rest[..=end], space)?));
                rest = rest[end + 1..].trim_start();
            }
        }
        if directions.len() != count {
            return Err(self.wrong(FIELD, format!("{count} vectors, one for each axis")));
        }
        Ok(Some(directions))
    }

    fn vector(&self, field: &str, text: &str, space: usize) -> Result<[f64; 3], ReadError> {
        let inner = text.trim().strip_prefix('(').and_then(|t| t.strip_suffix(')'));
        let numbers: Option<Vec<f64>> =
            inner.and_then(|t| t.split(',').map(|word| word.trim().parse().ok()).collect());
        match numbers.as_deref() {
            Some(&[x, y]) if space == 2 => Ok([x, y, 0.0]),
            Some(&[x, y, z]) if space == 3 => Ok([x, y, z]),
            Some(&[x, y, z, _]) if space == 4 => Ok([x, y, z]),
            _ => Err(self.wrong(field, format!("{space} numbers in each vector, like (1,0,0)"))),
        }
    }

    /// Signs that bring the space into LPS, and its dimension; `None` where the header names no space.
    fn space(&self) -> Result<Option<([f64; 3], usize)>, ReadError> {
        let Some(name) = self.get("space") else {
            return match self.get("space dimension").map(str::parse) {
                None => Ok(None),
                Some(Ok(n @ 2..=4)) => Ok(Some(([1.0; 3], n))),
                Some(_) => Err(self.wrong("space dimension", "2, 3 or 4")),
            };
        };
        let name = name.to_ascii_lowercase().replace(' ', "-");
        let (name, dimension) = match name.strip_suffix("-time") {
            Some(name) => (name, 4),
            None if matches!(name.as_str(), "rast" | "last" | "lpst") => (&name[..3], 4),
            None => (name.as_str(), 3),
        };
        let signs = match name {
            "right-anterior-superior" | "ras" => [-1.0, -1.0, 1.0],
            "left-anterior-superior" | "las" => [1.0, -1.0, 1.0],
            // Spaces that are not the patient's are taken as they are.
            "left-posterior-superior" | "lps" | "scanner-xyz" | "3d-right-handed" | "3d-left-handed" => {
                [1.0; 3]
            }
            _ => return Err(self.wrong("space", "a space of the NRRD definition, such as LPS")),
        };
        Ok(Some((signs, dimension)))
    }

    fn parts(&self, encoding: Encoding, sizes: &[u64]) -> Result<Vec<Part>, ReadError> {
        let lines: u64 = match self.get("line skip") {
            None => 0,
            Some(text) => text.parse().map_err(|_| self.wrong("line skip", "0 or more lines"))?,
        };
        let decoded = match self.get("byte skip") {
            None => Some(0),
            Some("-1") if encoding == Encoding::Raw => None,
            Some(text) => Some(text.parse().map_err(|_| {
                self.wrong(
                    "byte skip",
                    "0 or more bytes, or -1 with raw encoding: voxels at the end of the file",
                )
            })?),
        };
        let part = |path, offset| Part { path, start: Start { offset, lines, decoded } };
        let Some(value) = self.get("data file") else {
            return Ok(vec![part(self.path.to_owned(), self.length)]);
        };
        let words: Vec<&str> = value.split_whitespace().collect();
        let files = if let ["LIST", rest @ ..] = &words[..] {
            let count = self.count(rest, sizes)?;
            if self.list.len() as u64 != count {
                let found = format!("LIST of {} names", self.list.len());
                let expected = format!("{count} files for sizes {sizes:?}");
                return Err(ReadError::field(self.path, "data file", found, expected));
            }
            self.list.iter().map(|name| companion::locate(self.path, name)).collect::<Result<_, _>>()?
        } else if let ([pattern, first, last, step, rest @ ..], true) = (&words[..], value.contains('%')) {
            let number = |word: &str| word.parse::<i32>().ok().map(i64::from);
            let range = (number(first), number(last), number(step));
            let (Some(first), Some(last), Some(step @ (..=-1 | 1..))) = range else {
                return Err(
                    self.wrong("data file", "a pattern with first, last and step, such as s%03d.raw 1 20 1")
                );
            };
            let (count, found) = (self.count(rest, sizes)?, (last - first) / step + 1);
            if u64::try_from(found) != Ok(count) {
                return Err(self.wrong("data file", format!("{count} files for sizes {sizes:?}")));
            }
            companion::series(self.path, "data file", pattern, first, step, count)?
        } else {
            vec![companion::locate(self.path, value)?]
        };
        Ok(files.into_iter().map(|path| part(path, 0)).collect())
    }

    /// Number of data files: each holds the first axes, their number given by the last word of `data file`,
    /// all but the slowest one where that is missing.
    fn count(&self, words: &[&str], sizes: &[u64]) -> Result<u64, ReadError> {
        let axes: usize = match words {
            [] => sizes.len() - 1,
            [word] => word.parse().unwrap_or(0),
            _ => 0,
        };
        if axes == sizes.len() {
            // Slabs of the slowest axis, as many as there are names.
            return Ok((self.list.len() as u64).max(1));
        }
        if axes == 0 || axes > sizes.len() {
            return Err(self.wrong("data file", format!("1 to {} axes in each file", sizes.len())));
        }
        Ok(sizes[axes..].iter().product())
    }
}

/// What the axes mean.
struct Axes {
    geometry: Geometry,
    frames: usize,
    components: usize,
    step: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Space,
    Time,
    Values,
    Unknown,
}

impl Axes {
    fn new(fields: &Fields, sizes: &[u64]) -> Result<Self, ReadError> {
        let count = sizes.len();
        let kinds = kinds(fields, count)?;
        let space = fields.space()?;
        let directions = fields.directions(count, space.map_or(0, |(_, dimension)| dimension))?;
        let directed = |axis: usize| directions.as_ref().is_none_or(|d| d[axis].is_some());
        let is_domain = |&axis: &usize| match kinds[axis] {
            Kind::Space | Kind::Time => true,
            Kind::Unknown => directed(axis),
            Kind::Values => false,
        };
        let (domains, values): (Vec<usize>, Vec<usize>) = (0..count).partition(is_domain);
        let time_first = domains.len() > 3 && domains[..3].iter().any(|&axis| kinds[axis] == Kind::Time);
        if !(2..=4).contains(&domains.len()) || values.len() > 1 || time_first {
            let found = format!("{} (sizes {sizes:?})", fields.get("kinds").unwrap_or("none given"));
            let expected = "2 or 3 axes in space, then at most one of time, and at most one of values";
            return Err(ReadError::field(fields.path, "kinds", found, expected));
        }
        let spatial = &domains[..domains.len().min(3)];
        let (mut size, mut spacing, mut origin) = ([1; 3], [1.0; 3], [0.0; 3]);
        let mut direction = Geometry::AXIAL;
        for (c, &axis) in spatial.iter().enumerate() {
            size[c] = sizes[axis] as usize;
        }
        if let Some((signs, dimension)) = space {
            if fields.get("spacings").is_some() {
                return Err(fields.wrong("spacings", "space directions, where the header names a space"));
            }
            if let Some(text) = fields.get("space origin") {
                let found = fields.vector("space origin", text, dimension)?;
                origin = std::array::from_fn(|r| signs[r] * found[r]);
            }
            if let Some(directions) = directions {
                let mut columns = [[0.0, 0.0, 1.0]; 3];
                for (c, &axis) in spatial.iter().enumerate() {
                    let Some(vector) = directions[axis] else {
                        return Err(fields.wrong("space directions", "a vector for each axis in space"));
                    };
                    spacing[c] = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
                    // The reciprocal first, as in teem, for the same last digit.
                    let unit = 1.0 / spacing[c];
                    columns[c] = std::array::from_fn(|r| signs[r] * (vector[r] * unit));
                }
                if spatial.len() == 2 {
                    // A slice: its normal.
                    let [a, b, _] = columns;
                    columns[2] = std::array::from_fn(|r| {
                        a[(r + 1) % 3] * b[(r + 2) % 3] - a[(r + 2) % 3] * b[(r + 1) % 3]
                    });
                }
                direction = std::array::from_fn(|r| std::array::from_fn(|c| columns[c][r]));
            }
        } else {
            if let Some(found) = fields.numbers::<f64>("spacings", count)? {
                for (c, &axis) in spatial.iter().enumerate() {
                    spacing[c] = found[axis];
                }
            }
            origin = axis_minima(fields, sizes, spatial)?.unwrap_or(origin);
        }
        let volume: u64 = spatial.iter().map(|&axis| sizes[axis]).product();
        Ok(Self {
            geometry: grid(fields.path, size, spacing, origin, direction)?,
            frames: domains.get(3).map_or(1, |&axis| sizes[axis] as usize),
            components: values.first().map_or(1, |&axis| sizes[axis] as usize),
            step: values.first().map_or(volume, |&axis| sizes[..axis].iter().product()),
        })
    }
}

fn kinds(fields: &Fields, count: usize) -> Result<Vec<Kind>, ReadError> {
    let Some(words) = fields.words("kinds", count)? else { return Ok(vec![Kind::Unknown; count]) };
    let kind = |word: &str| match word.to_ascii_lowercase().as_str() {
        "domain" | "space" => Ok(Kind::Space),
        "time" => Ok(Kind::Time),
        "???" | "none" | "unknown" => Ok(Kind::Unknown),
        "list"
        | "vector"
        | "2-vector"
        | "3-vector"
        | "4-vector"
        | "covariant-vector"
        | "point"
        | "normal"
        | "3-normal"
        | "3-gradient"
        | "scalar"
        | "stub"
        | "3-color"
        | "rgb-color"
        | "hsv-color"
        | "xyz-color"
        | "4-color"
        | "rgba-color"
        | "quaternion"
        | "2d-symmetric-matrix"
        | "2d-masked-symmetric-matrix"
        | "2d-matrix"
        | "2d-masked-matrix"
        | "3d-symmetric-matrix"
        | "3d-masked-symmetric-matrix"
        | "3d-matrix"
        | "3d-masked-matrix" => Ok(Kind::Values),
        "complex" => Err(fields.wrong("kinds", "real values: complex images are not read")),
        _ => Err(fields.wrong("kinds", "kinds of the NRRD definition, such as domain")),
    };
    words.into_iter().map(kind).collect()
}

/// The origin of a header without space: `axis mins` are borders of the first cells, or centres of the first
/// nodes where `centers` says so. `None` unless it is known for all spatial axes.
fn axis_minima(fields: &Fields, sizes: &[u64], spatial: &[usize]) -> Result<Option<[f64; 3]>, ReadError> {
    let count = sizes.len();
    let Some(minima) = fields.numbers::<f64>("axis mins", count)? else { return Ok(None) };
    let maxima = fields.numbers::<f64>("axis maxs", count)?;
    let spacings = fields.numbers::<f64>("spacings", count)?;
    let centers = fields.words("centers", count)?;
    let mut origin = [0.0; 3];
    for (c, &axis) in spatial.iter().enumerate() {
        let node = centers.as_ref().is_some_and(|words| words[axis].eq_ignore_ascii_case("node"));
        let steps = if node { sizes[axis].saturating_sub(1).max(1) } else { sizes[axis] } as f64;
        let spacing = match (&spacings, &maxima) {
            (Some(spacings), _) => spacings[axis],
            (None, Some(maxima)) => (maxima[axis] - minima[axis]) / steps,
            (None, None) => return Ok(None),
        };
        origin[c] = minima[axis] + if node { 0.0 } else { spacing / 2.0 };
        if origin[c].is_nan() {
            return Ok(None);
        }
    }
    Ok(Some(origin))
}

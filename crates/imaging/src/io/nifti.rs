//! NIfTI-1 and NIfTI-2 (<https://nifti.nimh.nih.gov/nifti-1>): single files, `.hdr`/`.img` pairs, either
//! endianness. Positions are RAS on disk and become LPS here. Where the standard leaves a choice this follows ITK
//! 5.4: which of qform and sform counts, single-precision matrices, spacing from `pixdim`.

use std::path::{Path, PathBuf};

use super::{
    error::ReadError,
    layout::{Encoding, Format, Layout, Part, Scale, Start, checked_sizes, grid},
    stream,
};
use crate::{geometry::Geometry, volume::SampleType};

/// Length of the longer of the two headers.
pub(super) const LONGEST_HEADER: usize = 540;

/// Largest deviation from orthonormal axes, and between two forms of one transform, that ITK takes as rounding.
const TOLERANCE: f64 = 1e-4;

/// True where these bytes are the begin of a NIfTI header.
pub(super) fn is_header(bytes: &[u8]) -> bool {
    Fields::new(Path::new(""), bytes).is_ok()
}

/// Reads and checks a header, of a single file or of either member of a pair.
pub(super) fn open(path: &Path) -> Result<Layout, ReadError> {
    let header = match ending(path) {
        Ending::Image => sibling(path, "hdr")?,
        _ => path.to_owned(),
    };
    let bytes = stream::beginning(&header, LONGEST_HEADER)?;
    let fields = Fields::new(&header, &bytes)?;
    let sizes = fields.sizes()?;
    let sample = fields.sample_type()?;
    let (data, least) = match (fields.pair, ending(&header)) {
        (true, Ending::Header) => (sibling(&header, "img")?, 0),
        _ => (header.clone(), fields.length),
    };
    let offset = fields.vox_offset(least)?;
    let packed = stream::beginning_raw(&data, 2)? == [0x1f, 0x8b];
    let (encoding, start) = match packed {
        true => (Encoding::Deflate, Start { offset: 0, lines: 0, decoded: Some(offset) }),
        false => (Encoding::Raw, Start { offset, lines: 0, decoded: Some(0) }),
    };
    let geometry = fields.geometry([sizes[0], sizes[1], sizes[2]])?;
    Ok(Layout {
        path: header.clone(),
        format: if fields.version == 1 { Format::Nifti1 } else { Format::Nifti2 },
        sample,
        big_endian: fields.big,
        geometry,
        frames: sizes[3] as usize,
        components: sizes[4] as usize,
        step: sizes[..4].iter().product(),
        scale: fields.scale(),
        encoding,
        parts: vec![Part { path: data, start }],
    })
}

enum Ending {
    Header,
    Image,
    Other,
}

fn ending(path: &Path) -> Ending {
    let name = path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match name.strip_suffix(".gz").unwrap_or(&name) {
        name if name.ends_with(".hdr") => Ending::Header,
        name if name.ends_with(".img") => Ending::Image,
        _ => Ending::Other,
    }
}

/// The other member of a pair: compressed or not, in either case of letters.
fn sibling(path: &Path, extension: &str) -> Result<PathBuf, ReadError> {
    let gz = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz"));
    let base = if gz { path.with_extension("") } else { path.to_owned() };
    let upper = extension.to_ascii_uppercase();
    let names = [extension.to_owned(), format!("{extension}.gz"), upper.clone(), format!("{upper}.GZ")];
    let mut found = names.iter().map(|name| base.with_extension(name));
    found.find(|p| p.exists()).ok_or_else(|| ReadError::NoPartner {
        path: path.to_owned(),
        partner: base.with_extension(extension),
    })
}

/// The fields that matter, of both versions.
struct Fields<'a> {
    path: &'a Path,
    version: u8,
    big: bool,
    /// True where the magic says that the voxels are in an `.img` file.
    pair: bool,
    /// Length of the header.
    length: u64,
    dim: [i64; 8],
    datatype: i16,
    pixdim: [f64; 8],
    vox_offset: f64,
    slope: f64,
    intercept: f64,
    units: u8,
    qform_code: i64,
    sform_code: i64,
    quaternion: [f64; 3],
    qoffset: [f64; 3],
    srow: [[f64; 4]; 3],
}

/// A position and three axes in RAS, and how long the axes were.
struct Affine {
    axes: [[f64; 3]; 3],
    lengths: [f64; 3],
    origin: [f64; 3],
}

/// Numbers at byte positions. Positions beyond the end read as zero; lengths are checked before.
struct Bytes<'a> {
    bytes: &'a [u8],
    big: bool,
}

impl Bytes<'_> {
    fn at<const N: usize>(&self, position: usize) -> [u8; N] {
        let mut out = [0; N];
        if let Some(found) = self.bytes.get(position..position + N) {
            out.copy_from_slice(found);
        }
        if self.big {
            out.reverse();
        }
        out
    }

    fn i16(&self, position: usize) -> i16 {
        i16::from_le_bytes(self.at(position))
    }

    fn i32(&self, position: usize) -> i32 {
        i32::from_le_bytes(self.at(position))
    }

    fn i64(&self, position: usize) -> i64 {
        i64::from_le_bytes(self.at(position))
    }

    fn f32(&self, position: usize) -> f64 {
        f64::from(f32::from_le_bytes(self.at(position)))
    }

    fn f64(&self, position: usize) -> f64 {
        f64::from_le_bytes(self.at(position))
    }
}

impl<'a> Fields<'a> {
    fn new(path: &'a Path, bytes: &[u8]) -> Result<Self, ReadError> {
        let little = Bytes { bytes, big: false };
        let (version, big) = match little.i32(0) {
            348 => (1, false),
            540 => (2, false),
            other => match other.swap_bytes() {
                348 => (1, true),
                540 => (2, true),
                _ => {
                    let expected = "348 (NIfTI-1) or 540 (NIfTI-2) in either byte order";
                    return Err(ReadError::field(path, "sizeof_hdr", other, expected));
                }
            },
        };
        let length = if version == 1 { 348 } else { 540 };
        if bytes.len() < length {
            let (found, expected) = (bytes.len() as u64, length as u64);
            return Err(ReadError::Truncated { path: path.to_owned(), what: "header", found, expected });
        }
        let magic = if version == 1 { &bytes[344..348] } else { &bytes[4..8] };
        let pair = match (version, magic) {
            (1, b"n+1\0") | (2, b"n+2\0") => false,
            (1, b"ni1\0") | (2, b"ni2\0") => true,
            _ => {
                let expected = "the magic of NIfTI, n+1, ni1, n+2 or ni2 (Analyze 7.5 says nothing of \
                                orientation and is not read: convert it to NIfTI)";
                return Err(ReadError::field(path, "magic", String::from_utf8_lossy(magic), expected));
            }
        };
        let b = Bytes { bytes, big };
        let mut fields = Self {
            path,
            version,
            big,
            pair,
            length: length as u64,
            dim: [0; 8],
            datatype: 0,
            pixdim: [0.0; 8],
            vox_offset: 0.0,
            slope: 0.0,
            intercept: 0.0,
            units: 0,
            qform_code: 0,
            sform_code: 0,
            quaternion: [0.0; 3],
            qoffset: [0.0; 3],
            srow: [[0.0; 4]; 3],
        };
        if version == 1 {
            fields.dim = std::array::from_fn(|i| i64::from(b.i16(40 + 2 * i)));
            fields.datatype = b.i16(70);
            fields.pixdim = std::array::from_fn(|i| b.f32(76 + 4 * i));
            (fields.vox_offset, fields.slope, fields.intercept) = (b.f32(108), b.f32(112), b.f32(116));
            fields.units = bytes[123];
            (fields.qform_code, fields.sform_code) = (i64::from(b.i16(252)), i64::from(b.i16(254)));
            fields.quaternion = std::array::from_fn(|i| b.f32(256 + 4 * i));
            fields.qoffset = std::array::from_fn(|i| b.f32(268 + 4 * i));
            fields.srow = std::array::from_fn(|r| std::array::from_fn(|c| b.f32(280 + 16 * r + 4 * c)));
        } else {
            fields.dim = std::array::from_fn(|i| b.i64(16 + 8 * i));
            fields.datatype = b.i16(12);
            fields.pixdim = std::array::from_fn(|i| b.f64(104 + 8 * i));
            fields.vox_offset = b.i64(168) as f64;
            (fields.slope, fields.intercept) = (b.f64(176), b.f64(184));
            fields.units = (b.i32(500) & 0xff) as u8;
            (fields.qform_code, fields.sform_code) = (i64::from(b.i32(344)), i64::from(b.i32(348)));
            fields.quaternion = std::array::from_fn(|i| b.f64(352 + 8 * i));
            fields.qoffset = std::array::from_fn(|i| b.f64(376 + 8 * i));
            fields.srow = std::array::from_fn(|r| std::array::from_fn(|c| b.f64(400 + 32 * r + 8 * c)));
        }
        Ok(fields)
    }

    fn wrong(&self, field: &str, found: impl ToString, expected: impl Into<String>) -> ReadError {
        ReadError::field(self.path, field, found, expected)
    }

    /// Sizes along x, y, z, frames and components.
    fn sizes(&self) -> Result<[u64; 5], ReadError> {
        let axes = match self.dim[0] {
            n @ 1..=7 => n as usize,
            other => return Err(self.wrong("dim[0]", other, "1 to 7 axes")),
        };
        let mut sizes = [1; 5];
        for (i, &n) in self.dim.iter().enumerate().take(axes + 1).skip(1) {
            let field = format!("dim[{i}]");
            match (i, n) {
                // Zero stands for an axis that is not used, in files that are out there.
                (3.., 0 | 1) => {}
                (1..=5, 1..) => sizes[i - 1] = n as u64,
                (6.., 2..) => return Err(self.wrong(&field, n, "1: images of 6 and 7 axes are not read")),
                _ => return Err(self.wrong(&field, n, "at least 1")),
            }
        }
        checked_sizes(self.path, "dim", &sizes)?;
        Ok(sizes)
    }

    /// The type decides; `bitpix` says the same once more and is not looked at, as in ITK and nibabel.
    fn sample_type(&self) -> Result<SampleType, ReadError> {
        Ok(match self.datatype {
            2 => SampleType::U8,
            4 => SampleType::I16,
            8 => SampleType::I32,
            16 => SampleType::F32,
            64 => SampleType::F64,
            256 => SampleType::I8,
            512 => SampleType::U16,
            768 => SampleType::U32,
            1024 => SampleType::I64,
            1280 => SampleType::U64,
            other => {
                let name = match other {
                    1 => " (binary)",
                    32 | 1792 | 2048 => " (complex)",
                    128 | 2304 => " (RGB colour)",
                    1536 => " (float128)",
                    _ => "",
                };
                let expected = "2, 4, 8, 16, 64, 256, 512, 768, 1024 or 1280: integers of 8 to 64 bits, \
                                float32, float64";
                return Err(self.wrong("datatype", format!("{other}{name}"), expected));
            }
        })
    }

    fn vox_offset(&self, least: u64) -> Result<u64, ReadError> {
        let offset = self.vox_offset;
        let whole = offset.fract() == 0.0 && offset >= least as f64 && offset < 9.0e15;
        if whole {
            Ok(offset as u64)
        } else {
            Err(self.wrong("vox_offset", offset, format!("a whole number from {least}")))
        }
    }

    /// Slope 0 means that there is no scaling; so does a slope that is no number.
    fn scale(&self) -> Option<Scale> {
        let slope = self.slope;
        let intercept = if self.intercept.is_finite() { self.intercept } else { 0.0 };
        let scales = slope.is_finite() && slope != 0.0 && (slope != 1.0 || intercept != 0.0);
        scales.then_some(Scale { slope, intercept })
    }

    fn geometry(&self, size: [u64; 3]) -> Result<Geometry, ReadError> {
        let scale = match self.units & 7 {
            1 => 1e3,
            3 => 1e-3,
            _ => 1.0,
        };
        // A slice has no thickness that ITK would read.
        let axes = self.dim[0].clamp(1, 3) as usize;
        let spacing = std::array::from_fn(|a| if a < axes { self.pixdim[a + 1] * scale } else { 1.0 });
        let size = size.map(|n| n as usize);
        let Some(affine) = self.affine() else {
            return grid(self.path, size, spacing, [0.0; 3], Geometry::AXIAL);
        };
        // RAS → LPS: x and y change sign.
        let signs = [-1.0, -1.0, 1.0];
        let origin = std::array::from_fn(|r| signs[r] * affine.origin[r] * scale);
        let direction = std::array::from_fn(|r| std::array::from_fn(|c| signs[r] * affine.axes[r][c]));
        grid(self.path, size, spacing, origin, direction)
    }

    /// The transform that ITK takes, `None` where the header has none. An sform counts when its axes are
    /// orthonormal and it is in scanner coordinates, alone, or the same as the qform; else the qform does.
    fn affine(&self) -> Option<Affine> {
        let qform = (self.qform_code > 0).then(|| self.qform());
        let sform = (self.sform_code > 0).then(|| Affine::new(self.srow));
        let (Some(q), Some(s)) = (&qform, &sform) else { return sform.or(qform) };
        let preferred = self.sform_code == 1 || s.is_near(q);
        if s.is_orthonormal() && preferred { sform } else { qform }
    }

    fn qform(&self) -> Affine {
        let [mut b, mut c, mut d] = self.quaternion;
        let rest = 1.0 - (b * b + c * c + d * d);
        let a = if rest < 1e-7 {
            // A rotation by 180 degrees.
            let length = (b * b + c * c + d * d).sqrt();
            (b, c, d) = (b / length, c / length, d / length);
            0.0
        } else {
            rest.sqrt()
        };
        let rotation = [
            [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
            [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
            [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - c * c - b * b],
        ];
        let scale: [f64; 3] = std::array::from_fn(|i| match self.pixdim[i + 1] {
            p if p > 0.0 => p,
            _ => 1.0,
        });
        // Anything but a negative number counts as +1.
        let qfac = if self.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
        let entry = |r: usize, c: usize| match c {
            3 => self.qoffset[r],
            2 => self.rounded(rotation[r][2] * scale[2] * qfac),
            _ => self.rounded(rotation[r][c] * scale[c]),
        };
        Affine::new(std::array::from_fn(|r| std::array::from_fn(|c| entry(r, c))))
    }

    /// Matrices of NIfTI-1 are single precision.
    fn rounded(&self, value: f64) -> f64 {
        if self.version == 1 { f64::from(value as f32) } else { value }
    }
}

impl Affine {
    /// Columns become unit vectors; a column of length 0 stays as it is.
    fn new(rows: [[f64; 4]; 3]) -> Self {
        let lengths: [f64; 3] =
            std::array::from_fn(|c| rows.iter().map(|row| row[c] * row[c]).sum::<f64>().sqrt());
        let unit = |r: usize, c: usize| if lengths[c] == 0.0 { 0.0 } else { rows[r][c] / lengths[c] };
        let axes = std::array::from_fn(|r| std::array::from_fn(|c| unit(r, c)));
        Self { axes, lengths, origin: rows.map(|row| row[3]) }
    }

    fn is_orthonormal(&self) -> bool {
        self.turns_into(self)
    }

    /// One transform in two forms. ITK compares factors of a singular-value decomposition, whose signs are
    /// arbitrary; where that misses, ITK takes the qform, which differs by no more than the tolerance.
    fn is_near(&self, other: &Self) -> bool {
        let near = |a: &[f64; 3], b: &[f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() <= TOLERANCE);
        self.turns_into(other) && near(&self.origin, &other.origin) && near(&self.lengths, &other.lengths)
    }

    /// The rotation from one set of axes to the other is within the tolerance of the identity.
    fn turns_into(&self, other: &Self) -> bool {
        (0..9).all(|i| {
            let (r, c) = (i / 3, i % 3);
            let dot: f64 = (0..3).map(|k| self.axes[r][k] * other.axes[c][k]).sum();
            (dot - if r == c { 1.0 } else { 0.0 }).abs() <= TOLERANCE
        })
    }
}

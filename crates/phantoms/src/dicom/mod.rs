//! DICOM files made from nothing: data sets in every plain encoding, and slices, segmentations and structure
//! sets on them. Enough for tests and benches; no toolkit for writing clinical objects.
//!
//! ```
//! use radiomics_phantoms::dicom::{DataSet, Encoding};
//! let set = DataSet::new().text(0x0008_0060, "CS", "CT").u16s(0x0028_0010, "US", &[512]);
//! let bytes = set.file("1.2.840.10008.1.2.1", Encoding::Explicit);
//! assert_eq!(&bytes[128..132], b"DICM");
//! ```

mod regions; // structure sets and segmentations

use std::collections::BTreeMap;

use ndarray::Array3;
use radiomics_imaging::Geometry;

pub use self::regions::{Contours, SegmentFrame, packed, segmentation, structure_set};

/// How elements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Implicit value representation, little endian.
    Implicit,
    /// Explicit value representation, little endian.
    Explicit,
    /// Explicit value representation, big endian.
    BigEndian,
}

/// UID of Implicit VR Little Endian.
pub const IMPLICIT: &str = "1.2.840.10008.1.2";
/// UID of Explicit VR Little Endian.
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
/// UID of Explicit VR Big Endian.
pub const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// Elements by tag; setting one again replaces it.
#[derive(Clone, Debug, Default)]
pub struct DataSet {
    elements: BTreeMap<u32, ([u8; 2], Value)>,
}

#[derive(Clone, Debug)]
enum Value {
    Bytes(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    /// Items; with undefined lengths or defined ones.
    Items(Vec<DataSet>, bool),
    /// Encapsulated pixel data: an empty offset table, then these.
    Fragments(Vec<Vec<u8>>),
}

impl DataSet {
    /// No element.
    pub fn new() -> Self {
        Self::default()
    }

    fn set(mut self, tag: u32, vr: &str, value: Value) -> Self {
        let vr: Vec<u8> = vr.bytes().chain([b' ', b' ']).take(2).collect();
        self.elements.insert(tag, ([vr[0], vr[1]], value));
        self
    }

    /// Text of any kind.
    pub fn text(self, tag: u32, vr: &str, value: &str) -> Self {
        self.bytes(tag, vr, value.as_bytes().to_vec())
    }

    /// Decimal strings.
    pub fn decimals(self, tag: u32, values: &[f64]) -> Self {
        let values: Vec<String> = values.iter().map(f64::to_string).collect();
        self.text(tag, "DS", &values.join("\\"))
    }

    /// Bytes as they are.
    pub fn bytes(self, tag: u32, vr: &str, value: Vec<u8>) -> Self {
        self.set(tag, vr, Value::Bytes(value))
    }

    /// Numbers of 16 bits: `US`, `SS`, `OW`.
    pub fn u16s(self, tag: u32, vr: &str, values: &[u16]) -> Self {
        self.set(tag, vr, Value::U16(values.to_vec()))
    }

    /// Numbers of 32 bits: `UL`, `SL`, `OL`.
    pub fn u32s(self, tag: u32, vr: &str, values: &[u32]) -> Self {
        self.set(tag, vr, Value::U32(values.to_vec()))
    }

    /// Single-precision numbers: `FL`, `OF`.
    pub fn f32s(self, tag: u32, vr: &str, values: &[f32]) -> Self {
        self.set(tag, vr, Value::F32(values.to_vec()))
    }

    /// Double-precision numbers: `FD`, `OD`.
    pub fn f64s(self, tag: u32, vr: &str, values: &[f64]) -> Self {
        self.set(tag, vr, Value::F64(values.to_vec()))
    }

    /// A sequence with lengths.
    pub fn items(self, tag: u32, items: Vec<DataSet>) -> Self {
        self.set(tag, "SQ", Value::Items(items, true))
    }

    /// A sequence of undefined length with items of undefined length.
    pub fn open_items(self, tag: u32, items: Vec<DataSet>) -> Self {
        self.set(tag, "SQ", Value::Items(items, false))
    }

    /// Encapsulated pixel data.
    pub fn fragments(self, tag: u32, fragments: Vec<Vec<u8>>) -> Self {
        self.set(tag, "OB", Value::Fragments(fragments))
    }

    /// Without an element.
    pub fn without(mut self, tag: u32) -> Self {
        self.elements.remove(&tag);
        self
    }

    /// The elements, encoded.
    pub fn encode(&self, encoding: Encoding) -> Vec<u8> {
        let mut out = Vec::new();
        for (&tag, (vr, value)) in &self.elements {
            element(&mut out, tag, *vr, value, encoding);
        }
        out
    }

    /// A whole file: preamble, meta information, data set. `syntax` is what the file says it is.
    pub fn file(&self, syntax: &str, encoding: Encoding) -> Vec<u8> {
        file_of(syntax, &self.encode(encoding))
    }
}

/// A file around an encoded data set.
pub fn file_of(syntax: &str, data_set: &[u8]) -> Vec<u8> {
    let meta = DataSet::new()
        .bytes(0x0002_0001, "OB", vec![0, 1])
        .text(0x0002_0010, "UI", syntax)
        .text(0x0002_0012, "UI", "2.25.1")
        .encode(Encoding::Explicit);
    let length = DataSet::new().u32s(0x0002_0000, "UL", &[meta.len() as u32]).encode(Encoding::Explicit);
    [&[0; 128][..], b"DICM", &length, &meta, data_set].concat()
}

fn element(out: &mut Vec<u8>, tag: u32, vr: [u8; 2], value: &Value, encoding: Encoding) {
    let big = encoding == Encoding::BigEndian;
    let n16 = |v: u16| if big { v.to_be_bytes() } else { v.to_le_bytes() };
    let n32 = |v: u32| if big { v.to_be_bytes() } else { v.to_le_bytes() };
    let n64 = |v: u64| if big { v.to_be_bytes() } else { v.to_le_bytes() };
    let (bytes, defined): (Vec<u8>, bool) = match value {
        Value::Bytes(bytes) => (bytes.clone(), true),
        Value::U16(values) => (values.iter().flat_map(|v| n16(*v)).collect(), true),
        Value::U32(values) => (values.iter().flat_map(|v| n32(*v)).collect(), true),
        Value::F32(values) => (values.iter().flat_map(|v| n32(v.to_bits())).collect(), true),
        Value::F64(values) => (values.iter().flat_map(|v| n64(v.to_bits())).collect(), true),
        Value::Items(items, defined) => (sequence(items, *defined, encoding), *defined),
        Value::Fragments(fragments) => {
            let mut bytes = delimiter(0xE000, 0, big);
            for fragment in fragments {
                let padded = fragment.len() + fragment.len() % 2;
                bytes.extend(delimiter(0xE000, padded as u32, big));
                bytes.extend(fragment);
                bytes.resize(bytes.len() + padded - fragment.len(), 0);
            }
            bytes.extend(delimiter(0xE0DD, 0, big));
            (bytes, false)
        }
    };
    let mut bytes = bytes;
    if bytes.len() % 2 == 1 {
        bytes.push(if matches!(&vr, b"UI" | b"OB" | b"UN") { 0 } else { b' ' });
    }
    let length = if defined { bytes.len() as u32 } else { u32::MAX };
    out.extend(n16((tag >> 16) as u16));
    out.extend(n16(tag as u16));
    if encoding == Encoding::Implicit {
        out.extend(n32(length));
    } else {
        out.extend(vr);
        let long = [b"OB", b"OD", b"OF", b"OL", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT"];
        if long.contains(&&vr) {
            out.extend([0, 0]);
            out.extend(n32(length));
        } else {
            out.extend(n16(length as u16));
        }
    }
    out.extend(bytes);
}

fn sequence(items: &[DataSet], defined: bool, encoding: Encoding) -> Vec<u8> {
    let big = encoding == Encoding::BigEndian;
    let mut bytes = Vec::new();
    for item in items {
        let content = item.encode(encoding);
        bytes.extend(delimiter(0xE000, if defined { content.len() as u32 } else { u32::MAX }, big));
        bytes.extend(content);
        if !defined {
            bytes.extend(delimiter(0xE00D, 0, big));
        }
    }
    if !defined {
        bytes.extend(delimiter(0xE0DD, 0, big));
    }
    bytes
}

fn delimiter(element: u16, length: u32, big: bool) -> Vec<u8> {
    let group = 0xFFFE_u16;
    if big {
        [&group.to_be_bytes()[..], &element.to_be_bytes(), &length.to_be_bytes()].concat()
    } else {
        [&group.to_le_bytes()[..], &element.to_le_bytes(), &length.to_le_bytes()].concat()
    }
}

/// Name, number, birth date and UIDs of the patient in these files, none of which may show up in an output.
pub const SECRETS: [&str; 5] =
    ["SECRET^PATIENT", "ID-4711-SECRET", "19450101", "2.25.4711", "SECRET DESCRIPTION"];

/// The CT slices of a volume, one data set each, in order: 16 bits signed, slope 1, intercept 0.
///
/// Series Instance UID is `2.25.4711.` and `series`; the patient is made of the [`SECRETS`].
pub fn ct_slices(voxels: &Array3<i16>, geometry: &Geometry, series: u32) -> Vec<DataSet> {
    let [columns, rows, slices] = geometry.size();
    let d = geometry.direction();
    let cosines: Vec<f64> = [0, 1].iter().flat_map(|&c| [d[0][c], d[1][c], d[2][c]]).collect();
    (0..slices)
        .map(|z| {
            let stored: Vec<u16> = voxels.index_axis(ndarray::Axis(0), z).iter().map(|v| *v as u16).collect();
            DataSet::new()
                .text(0x0008_0008, "CS", "ORIGINAL\\PRIMARY\\AXIAL")
                .text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2")
                .text(0x0008_0018, "UI", &format!("2.25.4711.{series}.{}", z + 1))
                .text(0x0008_0020, "DA", SECRETS[2])
                .text(0x0008_0060, "CS", "CT")
                .text(0x0008_103E, "LO", SECRETS[4])
                .text(0x0010_0010, "PN", SECRETS[0])
                .text(0x0010_0020, "LO", SECRETS[1])
                .text(0x0010_0030, "DA", SECRETS[2])
                .decimals(0x0018_0050, &[geometry.spacing()[2]])
                .text(0x0020_000D, "UI", "2.25.4711.0")
                .text(0x0020_000E, "UI", &format!("2.25.4711.{series}"))
                .text(0x0020_0011, "IS", &series.to_string())
                .text(0x0020_0013, "IS", &(z + 1).to_string())
                .decimals(0x0020_0032, &geometry.point([0.0, 0.0, z as f64]))
                .decimals(0x0020_0037, &cosines)
                .text(0x0020_0052, "UI", "2.25.4711.9")
                .u16s(0x0028_0002, "US", &[1])
                .text(0x0028_0004, "CS", "MONOCHROME2")
                .u16s(0x0028_0010, "US", &[rows as u16])
                .u16s(0x0028_0011, "US", &[columns as u16])
                .decimals(0x0028_0030, &[geometry.spacing()[1], geometry.spacing()[0]])
                .u16s(0x0028_0100, "US", &[16])
                .u16s(0x0028_0101, "US", &[16])
                .u16s(0x0028_0102, "US", &[15])
                .u16s(0x0028_0103, "US", &[1])
                .decimals(0x0028_1052, &[0.0])
                .decimals(0x0028_1053, &[1.0])
                .u16s(0x7FE0_0010, "OW", &stored)
        })
        .collect()
}

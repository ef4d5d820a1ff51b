//! Small files made by hand, so that no test needs another program.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test, here as in the tests themselves

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::PathBuf,
};

use radiomics_imaging::{
    Image, Sample,
    io::{ReadError, ReadOptions, read},
    with_voxels,
};
use tempfile::TempDir;

/// A folder for the files of one test.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Overwritten in place: cutting a file to nothing first makes some file systems wait for the disk.
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).unwrap();
        file.write_all(bytes.as_ref()).unwrap();
        file.set_len(bytes.as_ref().len() as u64).unwrap();
        path
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and reads it as an image.
    pub fn read(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<Image, ReadError> {
        read(self.file(name, bytes), &ReadOptions::default())
    }

    /// Writes a file that cannot be read and gives the message, which must name the file.
    pub fn error(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let error = self.read(name, bytes).unwrap_err().to_string();
        let stem = name.split('.').next().unwrap();
        assert!(error.contains(stem), "{error}");
        error
    }
}

pub fn values(image: &Image) -> Vec<f64> {
    with_voxels!(image.voxels(), |array| array.iter().map(|v| v.to_f64()).collect())
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// 0, 1, 2, … as int16.
pub fn ramp(count: i16) -> Vec<u8> {
    (0..count).flat_map(i16::to_le_bytes).collect()
}

/// Header fields in the place of the usual ones, `None` leaving one out.
pub type Changes<'a> = &'a [Change<'a>];
pub type Change<'a> = (&'a str, Option<&'a str>);

/// The fields of a NIfTI header that matter, of either version.
#[derive(Clone)]
pub struct Nifti {
    pub version: u8,
    pub big: bool,
    pub pair: bool,
    pub dim: [i64; 8],
    pub datatype: i16,
    pub bitpix: i16,
    pub pixdim: [f64; 8],
    pub vox_offset: f64,
    pub slope: f64,
    pub intercept: f64,
    pub units: u8,
    pub codes: (i16, i16),
    pub quaternion: [f64; 3],
    pub qoffset: [f64; 3],
    pub srow: [[f64; 4]; 3],
}

impl Nifti {
    /// Version 1, int16, little-endian, no orientation, spacing 1, 2 and 3 mm.
    pub fn new(size: [i64; 3]) -> Self {
        Self {
            version: 1,
            big: false,
            pair: false,
            dim: [3, size[0], size[1], size[2], 1, 1, 1, 1],
            datatype: 4,
            bitpix: 16,
            pixdim: [1.0, 1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 0.0],
            vox_offset: 352.0,
            slope: 0.0,
            intercept: 0.0,
            units: 2,
            codes: (0, 0),
            quaternion: [0.0; 3],
            qoffset: [0.0; 3],
            srow: [[0.0; 4]; 3],
        }
    }

    /// The header and zeros up to the voxels.
    pub fn header(&self) -> Vec<u8> {
        let mut bytes = vec![0; if self.version == 1 { 348 } else { 540 }];
        let mut put = |position: usize, mut value: Vec<u8>| {
            if self.big {
                value.reverse();
            }
            bytes[position..position + value.len()].copy_from_slice(&value);
        };
        let single = |v: f64| (v as f32).to_le_bytes().to_vec();
        let double = |v: f64| v.to_le_bytes().to_vec();
        let codes = [self.codes.0, self.codes.1];
        if self.version == 1 {
            put(0, 348_i32.to_le_bytes().to_vec());
            (0..8).for_each(|i| put(40 + 2 * i, (self.dim[i] as i16).to_le_bytes().to_vec()));
            put(70, self.datatype.to_le_bytes().to_vec());
            put(72, self.bitpix.to_le_bytes().to_vec());
            (0..8).for_each(|i| put(76 + 4 * i, single(self.pixdim[i])));
            put(108, single(self.vox_offset));
            put(112, single(self.slope));
            put(116, single(self.intercept));
            put(123, vec![self.units]);
            (0..2).for_each(|i| put(252 + 2 * i, codes[i].to_le_bytes().to_vec()));
            (0..3).for_each(|i| put(256 + 4 * i, single(self.quaternion[i])));
            (0..3).for_each(|i| put(268 + 4 * i, single(self.qoffset[i])));
            (0..12).for_each(|i| put(280 + 4 * i, single(self.srow[i / 4][i % 4])));
            bytes[344..348].copy_from_slice(if self.pair { b"ni1\0" } else { b"n+1\0" });
        } else {
            put(0, 540_i32.to_le_bytes().to_vec());
            put(12, self.datatype.to_le_bytes().to_vec());
            put(14, self.bitpix.to_le_bytes().to_vec());
            (0..8).for_each(|i| put(16 + 8 * i, self.dim[i].to_le_bytes().to_vec()));
            (0..8).for_each(|i| put(104 + 8 * i, double(self.pixdim[i])));
            put(168, (self.vox_offset as i64).to_le_bytes().to_vec());
            put(176, double(self.slope));
            put(184, double(self.intercept));
            (0..2).for_each(|i| put(344 + 4 * i, i32::from(codes[i]).to_le_bytes().to_vec()));
            (0..3).for_each(|i| put(352 + 8 * i, double(self.quaternion[i])));
            (0..3).for_each(|i| put(376 + 8 * i, double(self.qoffset[i])));
            (0..12).for_each(|i| put(400 + 8 * i, double(self.srow[i / 4][i % 4])));
            put(500, i32::from(self.units).to_le_bytes().to_vec());
            bytes[4..12].copy_from_slice(if self.pair { b"ni2\0\r\n\x1a\n" } else { b"n+2\0\r\n\x1a\n" });
        }
        if !self.pair && self.vox_offset.is_finite() {
            bytes.resize(bytes.len().max(self.vox_offset as usize), 0);
        }
        bytes
    }

    pub fn with(&self, voxels: &[u8]) -> Vec<u8> {
        [self.header(), voxels.to_vec()].concat()
    }
}

/// A text header of the usual fields and the changes.
pub fn fields(between: &str, usual: &[(&str, &str)], changes: Changes) -> String {
    let mut lines: Vec<(String, String)> =
        usual.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (name, value) in changes {
        let place = lines.iter().position(|(known, _)| known == name);
        match (place, value) {
            (Some(place), Some(value)) => lines[place].1 = (*value).to_owned(),
            (Some(place), None) => drop(lines.remove(place)),
            (None, Some(value)) => lines.push(((*name).to_owned(), (*value).to_owned())),
            (None, None) => {}
        }
    }
    lines.iter().map(|(name, value)| format!("{name}{between}{value}\n")).collect()
}

/// An NRRD header of 4 × 3 × 2 int16, raw, with the empty line at its end.
pub fn nrrd(changes: Changes) -> String {
    let usual = [
        ("type", "short"),
        ("dimension", "3"),
        ("space", "left-posterior-superior"),
        ("sizes", "4 3 2"),
        ("space directions", "(0.5,0,0) (0,1,0) (0,0,2)"),
        ("kinds", "domain domain domain"),
        ("endian", "little"),
        ("encoding", "raw"),
        ("space origin", "(1,2,3)"),
    ];
    format!("NRRD0004\n{}\n", fields(": ", &usual, changes))
}

/// A MetaImage header of 4 × 3 × 2 int16, raw, in the same file; `data` takes the place of `LOCAL`.
pub fn metaimage(changes: Changes, data: &str) -> String {
    let usual = [
        ("ObjectType", "Image"),
        ("NDims", "3"),
        ("BinaryData", "True"),
        ("BinaryDataByteOrderMSB", "False"),
        ("CompressedData", "False"),
        ("TransformMatrix", "1 0 0 0 1 0 0 0 1"),
        ("Offset", "1 2 3"),
        ("CenterOfRotation", "0 0 0"),
        ("AnatomicalOrientation", "RAI"),
        ("ElementSpacing", "0.5 1 2"),
        ("DimSize", "4 3 2"),
        ("ElementType", "MET_SHORT"),
    ];
    format!("{}ElementDataFile = {data}\n", fields(" = ", &usual, changes))
}

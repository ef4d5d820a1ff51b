//! What a header says about the voxels behind it, in one form for all formats.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use super::error::ReadError;
use crate::{geometry::Geometry, volume::SampleType};

/// Text headers longer than this are refused.
pub(super) const LONGEST_HEADER: u64 = 16 << 20;

/// File formats with voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// NIfTI-1, 348-byte header.
    Nifti1,
    /// NIfTI-2, 540-byte header.
    Nifti2,
    /// NRRD, versions 1 to 5.
    Nrrd,
    /// MetaImage.
    MetaImage,
    /// DICOM: a series, a multi-frame file or a segmentation.
    Dicom,
}

impl Format {
    /// The usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nifti1 => "NIfTI-1",
            Self::Nifti2 => "NIfTI-2",
            Self::Nrrd => "NRRD",
            Self::MetaImage => "MetaImage",
            Self::Dicom => "DICOM",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Stored values `v` stand for `slope · v + intercept`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Factor.
    pub slope: f64,
    /// Summand.
    pub intercept: f64,
}

/// How the bytes of the voxels are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Raw,
    /// gzip or zlib, told apart by the first bytes.
    Deflate,
    /// Decimal numbers between white space.
    Text,
    /// Two hexadecimal digits for each byte, white space between them ignored.
    Hex,
}

/// Where the voxel bytes begin in a data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    /// Bytes passed over in the file as it is.
    pub offset: u64,
    /// Then lines passed over.
    pub lines: u64,
    /// Then bytes passed over in the decoded stream; `None`: the voxels are the last bytes of the file.
    pub decoded: Option<u64>,
}

/// One data file; all data files of an image hold the same number of values.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub path: PathBuf,
    pub start: Start,
}

/// A header that has been read and checked: all that is needed to fetch the voxels.
///
/// Values are stored with x fastest, then y, z and frames. The components of a voxel lie `step` values
/// apart: 1 where they lie side by side, the number of voxels where each component is a volume of its own.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The file that holds the header.
    pub path: PathBuf,
    pub format: Format,
    pub sample: SampleType,
    pub big_endian: bool,
    pub geometry: Geometry,
    /// Volumes, one after the other.
    pub frames: usize,
    /// Values in each voxel.
    pub components: usize,
    /// Distance of two components of a voxel, in values.
    pub step: u64,
    pub scale: Option<Scale>,
    pub encoding: Encoding,
    pub parts: Vec<Part>,
}

impl Layout {
    /// Sizes along all axes, for messages.
    pub fn size(&self) -> Vec<u64> {
        let mut size: Vec<u64> = self.geometry.size().iter().map(|&n| n as u64).collect();
        if self.frames > 1 {
            size.push(self.frames as u64);
        }
        if self.components > 1 {
            size.push(self.components as u64);
        }
        size
    }

    /// Values in the whole file; headers are checked with [`checked_sizes`], so this cannot overflow.
    pub fn values(&self) -> u64 {
        self.voxels() * self.frames as u64 * self.components as u64
    }

    /// Voxels in one frame.
    pub fn voxels(&self) -> u64 {
        self.geometry.size().iter().map(|&n| n as u64).product()
    }
}

/// A grid from what a header says. A negative spacing turns its axis round, as ITK reads it.
pub(super) fn grid(
    path: &Path,
    size: [usize; 3],
    spacing: [f64; 3],
    origin: [f64; 3],
    mut direction: [[f64; 3]; 3],
) -> Result<Geometry, ReadError> {
    for (c, _) in spacing.iter().enumerate().filter(|(_, s)| **s < 0.0) {
        direction.iter_mut().for_each(|row| row[c] = -row[c]);
    }
    // Minus zero is of no use to anybody.
    let direction = direction.map(|row| row.map(|v| v + 0.0));
    Geometry::new(size, spacing.map(f64::abs), origin.map(|v| v + 0.0), direction)
        .map_err(|source| ReadError::Geometry { path: path.to_owned(), source })
}

/// Sizes of all axes from a header; their product with 8 bytes for each value must stay below 2⁶³.
pub(super) fn checked_sizes(path: &Path, field: &str, sizes: &[u64]) -> Result<(), ReadError> {
    let bytes = sizes.iter().try_fold(8_u64, |product, &n| product.checked_mul(n));
    match bytes {
        Some(1..=0x7fff_ffff_ffff_ffff) => Ok(()),
        Some(0) => Err(ReadError::field(path, field, format!("{sizes:?}"), "at least 1 on every axis")),
        _ => Err(ReadError::field(path, field, format!("{sizes:?}"), "fewer than 2^60 voxels in all")),
    }
}

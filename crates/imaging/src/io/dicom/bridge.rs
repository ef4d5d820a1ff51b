//! DICOM behind the functions that read any image file.

use std::path::Path;

use super::{DicomError, Limits, RegionFile, SeriesOptions};
use crate::{
    geometry::Geometry,
    io::{Format, Header, ReadError, ReadOptions},
    mask::Mask,
    volume::{Image, SampleType},
};

/// As [`crate::io::header`]. A segmentation gives the grid of its frames.
pub(in crate::io) fn header(path: &Path) -> Result<Header, ReadError> {
    let failed = |e| failed(path, e);
    let options = options(&ReadOptions::default());
    let found = match super::header(path, &options) {
        Err(DicomError::Nothing { wanted, why }) => {
            return match RegionFile::find(path, None, &options).map_err(failed)? {
                Some(RegionFile::Segmentation(seg)) => {
                    let bytes = std::fs::metadata(seg.path()).map_err(|e| ReadError::io(path, e))?.len();
                    Ok(whole(seg.grid().map_err(failed)?, SampleType::U8, bytes))
                }
                Some(RegionFile::Structures(_)) => Err(failed(contours())),
                None => Err(failed(DicomError::Nothing { wanted, why })),
            };
        }
        found => found.map_err(failed)?,
    };
    Ok(whole(found.geometry, found.sample_type, found.bytes_on_disk))
}

fn whole(geometry: Geometry, sample_type: SampleType, bytes_on_disk: u64) -> Header {
    Header {
        format: Format::Dicom,
        sample_type,
        geometry,
        frames: 1,
        components: 1,
        scale: None,
        bytes_on_disk,
    }
}

/// As [`crate::io::read`]: the only image series of a folder, or the image in a file.
pub(in crate::io) fn read(path: &Path, options: &ReadOptions) -> Result<Image, ReadError> {
    super::read(path, &self::options(options)).map(|read| read.image).map_err(|e| failed(path, e))
}

/// As [`crate::io::read_mask`]: all segments of a segmentation on their own grid, or an image that holds
/// labels.
pub(in crate::io) fn read_mask(path: &Path, options: &ReadOptions) -> Result<Mask, ReadError> {
    let series = self::options(options);
    match RegionFile::find(path, None, &series).map_err(|e| failed(path, e))? {
        Some(RegionFile::Segmentation(seg)) => {
            seg.mask(None, None, 0.5, &series.limits).map_err(|e| failed(path, e))
        }
        Some(RegionFile::Structures(_)) => Err(failed(path, contours())),
        None => Mask::from_image(read(path, options)?)
            .map_err(|source| ReadError::Mask { path: path.to_owned(), source }),
    }
}

/// Exports lie in folders of folders: all of them are looked into.
fn options(options: &ReadOptions) -> SeriesOptions {
    let limits = Limits { voxel_bytes: options.max_bytes, ..Limits::default() };
    SeriesOptions { volume: options.frame, recursive: true, limits, ..SeriesOptions::default() }
}

fn contours() -> DicomError {
    let why = "the file is a structure set, whose contours need the grid of an image to be filled on".into();
    DicomError::Nothing { wanted: "label map", why }
}

fn failed(path: &Path, error: DicomError) -> ReadError {
    ReadError::dicom(path, error)
}

impl ReadError {
    /// What is wrong with the DICOM file or folder at a path.
    pub fn dicom(path: &Path, error: DicomError) -> Self {
        match error {
            DicomError::Empty { .. } => Self::Folder { path: path.to_owned() },
            // The path stands before it already; of a folder, the file within is named.
            DicomError::InFile { source, .. } if path.is_file() => {
                Self::Dicom { path: path.to_owned(), source }
            }
            error => Self::Dicom { path: path.to_owned(), source: Box::new(error) },
        }
    }
}

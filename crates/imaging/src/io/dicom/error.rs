//! Why DICOM files give no image or mask.

use std::{io, path::Path};

use super::tags::{Attribute, Tag};
use crate::{geometry::GeometryError, mask::MaskError};

/// Why DICOM files give no image or mask. No message holds a patient's name, number, date or UID.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DicomError {
    /// What is wrong with one file.
    #[error("{file}: {source}")]
    InFile {
        /// The file, or its number in the folder where its name may identify a patient.
        file: String,
        /// What is wrong with it.
        source: Box<DicomError>,
    },
    /// The system cannot read.
    #[error("cannot read: {0}")]
    Io(#[from] io::Error),
    /// The bytes are no DICOM data set.
    #[error("no DICOM file: {0}")]
    NotDicom(&'static str),
    /// An element claims more bytes than are left.
    #[error("element {element} declares {declared} bytes, {left} are left: the file is cut off or damaged")]
    Length {
        /// The element.
        element: String,
        /// Bytes it claims.
        declared: u64,
        /// Bytes that are there.
        left: u64,
    },
    /// An element stands where none may.
    #[error("damaged data set: {what} at byte {at}")]
    Damaged {
        /// What was found.
        what: String,
        /// Where.
        at: u64,
    },
    /// Larger than the caller allows.
    #[error("{what}: {found} exceeds the limit of {limit}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// Its size.
        found: u64,
        /// The largest size allowed.
        limit: u64,
    },
    /// The transfer syntax cannot be decoded.
    #[error("transfer syntax {name} ({uid}) cannot be decoded; {hint}")]
    Syntax {
        /// Its name.
        name: String,
        /// Its UID, which is the same for all patients.
        uid: String,
        /// What to do.
        hint: &'static str,
    },
    /// Compressed pixels do not decode.
    #[error("{codec} data of frame {frame} is damaged or not supported: {reason}")]
    Codec {
        /// The compression.
        codec: &'static str,
        /// The frame, from 1.
        frame: usize,
        /// What the decoder says.
        reason: String,
    },
    /// A field that is needed is absent or empty.
    #[error("field {field} is missing or empty; it is needed {purpose}")]
    Missing {
        /// The field.
        field: String,
        /// What for.
        purpose: &'static str,
    },
    /// A field has a value that cannot be used.
    #[error("field {field} is {found}; expected {expected}")]
    Field {
        /// The field.
        field: String,
        /// Its value.
        found: String,
        /// What it could be.
        expected: String,
    },
    /// The folder holds no DICOM file at all.
    #[error("no DICOM file found among {other_files} files")]
    Empty {
        /// Number of files.
        other_files: usize,
    },
    /// The folder or file holds nothing of the kind asked for.
    #[error("no DICOM {wanted} found: {why}")]
    Nothing {
        /// What was asked for.
        wanted: &'static str,
        /// What is there instead.
        why: String,
    },
    /// Several series, and none was chosen.
    #[error(
        "{} DICOM image series found; choose one by its number, description or UID:\n{}",
        .series.len(), .series.join("\n")
    )]
    ManySeries {
        /// One line for each series.
        series: Vec<String>,
    },
    /// The series asked for is not there.
    #[error("no series {wanted} here; found:\n{}", .series.join("\n"))]
    NoSuchSeries {
        /// What was asked for.
        wanted: String,
        /// One line for each series.
        series: Vec<String>,
    },
    /// Several files of regions, and the path names none of them.
    #[error(
        "{} files of regions found, segmentations or structure sets; name one of them, or a region that only one \
         holds:\n{}", .files.len(), .files.join("\n")
    )]
    ManyRegionFiles {
        /// One line for each file.
        files: Vec<String>,
    },
    /// Slices of one series do not belong to one volume.
    #[error(
        "the slices of this series do not make one volume: {field} is {first} in one and {second} in another"
    )]
    Mixed {
        /// The field that differs.
        field: String,
        /// Its value in the first slice.
        first: String,
        /// The value that differs.
        second: String,
    },
    /// Several images lie at one position.
    #[error("several images at one position (along the normal, mm): {positions}; {hint}")]
    Duplicates {
        /// Where.
        positions: String,
        /// In what they differ, and what to do.
        hint: String,
    },
    /// Slices are missing in between.
    #[error(
        "{missing} slices are missing: gaps {gaps} (mm along the normal), where neighbours lie {spacing} mm apart"
    )]
    Gaps {
        /// Number of slices that would fill the gaps.
        missing: usize,
        /// Where.
        gaps: String,
        /// The usual distance in mm.
        spacing: f64,
    },
    /// Slice distances vary.
    #[error(
        "slices are not evenly spaced: position {position} mm lies {off} mm beside the even spacing of \
         {spacing} mm (tolerance {tolerance} mm); distances range from {least} to {most} mm"
    )]
    Uneven {
        /// Position of the slice furthest off, along the normal.
        position: f64,
        /// How far off it is.
        off: f64,
        /// Mean distance.
        spacing: f64,
        /// Largest deviation allowed.
        tolerance: f64,
        /// Smallest distance.
        least: f64,
        /// Largest distance.
        most: f64,
    },
    /// Slices are shifted against each other, as with a tilted gantry.
    #[error(
        "slices are sheared by {degrees:.3} degrees (tilted gantry): each is shifted by ({x:.4}, {y:.4}) mm in its \
         plane against the one before; ask for resampling to straighten the volume"
    )]
    Tilt {
        /// Angle between the stacking direction and the normal of the slices.
        degrees: f64,
        /// Shift along the rows from slice to slice in mm.
        x: f64,
        /// Shift along the columns from slice to slice in mm.
        y: f64,
    },
    /// Positions follow no line.
    #[error(
        "slice positions do not lie on a line: position {position} mm along the normal is {off} mm beside it"
    )]
    Crooked {
        /// Position along the normal.
        position: f64,
        /// Distance from the line in mm.
        off: f64,
    },
    /// The volume asked for is not there.
    #[error("volume {wanted} was asked for; the series holds {volumes}, numbered from 0")]
    NoSuchVolume {
        /// The number asked for.
        wanted: usize,
        /// How many there are.
        volumes: usize,
    },
    /// The region asked for is not there.
    #[error("no {kind} `{wanted}`{}; there are: {}", suggestion(.close), list(.present))]
    NoSuchRegion {
        /// `ROI` or `segment`.
        kind: &'static str,
        /// The name or number asked for.
        wanted: String,
        /// Names much like it.
        close: Vec<String>,
        /// All names.
        present: Vec<String>,
    },
    /// A name stands for several regions.
    #[error("{kind} name `{name}` occurs {} times (numbers {}); choose by number", .numbers.len(), list_numbers(.numbers))]
    AmbiguousRegion {
        /// `ROI` or `segment`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The numbers that carry it.
        numbers: Vec<i64>,
    },
    /// Contours that cannot be filled.
    #[error("ROI `{roi}`: {what}")]
    Contours {
        /// The ROI.
        roi: String,
        /// What is wrong.
        what: String,
    },
    /// Contours or frames lie between the slices of the image or outside it.
    #[error("{what} `{name}`: {problem}")]
    OffGrid {
        /// `ROI` or `segment`.
        what: &'static str,
        /// Its name.
        name: String,
        /// Where the parts lie.
        problem: String,
    },
    /// Two regions claim the same voxel.
    #[error(
        "segments {first} and {second} overlap in {voxels} voxels; a label map cannot hold both: choose one segment"
    )]
    Overlap {
        /// Label of the one.
        first: u32,
        /// Label of the other.
        second: u32,
        /// Voxels both hold.
        voxels: usize,
    },
    /// PET values cannot be turned into SUV.
    #[error("cannot compute SUV: {0}")]
    Suv(String),
    /// The grid is no grid.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// The voxels are no label map.
    #[error(transparent)]
    Mask(#[from] MaskError),
}

impl DicomError {
    /// The error together with the file it is about.
    pub(super) fn within(self, file: impl Into<String>) -> Self {
        match self {
            already @ Self::InFile { .. } => already,
            source => Self::InFile { file: file.into(), source: Box::new(source) },
        }
    }

    /// The error of a path that the caller gave.
    pub(super) fn at(self, path: &Path) -> Self {
        self.within(path.display().to_string())
    }

    pub(super) fn length(tag: Tag, declared: u64, left: u64) -> Self {
        Self::Length { element: tag.to_string(), declared, left }
    }

    pub(super) fn missing(attribute: Attribute, purpose: &'static str) -> Self {
        Self::Missing { field: attribute.to_string(), purpose }
    }

    pub(super) fn field(attribute: Attribute, found: impl ToString, expected: impl Into<String>) -> Self {
        Self::Field {
            field: attribute.to_string(),
            found: shown(&found.to_string()),
            expected: expected.into(),
        }
    }

    /// What is wrong, without the file.
    pub fn cause(&self) -> &Self {
        match self {
            Self::InFile { source, .. } => source.cause(),
            other => other,
        }
    }
}

/// Text from a file as part of a message: control characters made visible, at most 80 characters.
pub(super) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    if text.chars().nth(80).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".into();
    }
    let shown: Vec<String> = names.iter().take(40).map(|n| shown(n)).collect();
    let more = if names.len() > 40 { format!(" and {} more", names.len() - 40) } else { String::new() };
    shown.join(", ") + &more
}

fn list_numbers(numbers: &[i64]) -> String {
    let shown: Vec<String> = numbers.iter().take(40).map(i64::to_string).collect();
    shown.join(", ")
}

fn suggestion(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" (did you mean {}?)", list(names)) }
}

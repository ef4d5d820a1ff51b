//! Why a file cannot be read or written.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{geometry::GeometryError, mask::MaskError};

/// Why an image file cannot be read. Every message names the file, what was found and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is nothing of that name.
    #[error("{}: no such file", .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is there and may not be read.
    #[error("{}: no permission to read this file", .path.display())]
    Permission {
        /// The file.
        path: PathBuf,
    },
    /// A folder was given where a file is expected.
    #[error("{}: is a folder; expected an image file ({KNOWN})", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The file has no content.
    #[error("{}: the file is empty (0 bytes)", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The system could not read.
    #[error("{}: cannot read: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Neither content nor extension tell what the file is.
    #[error("{}: unknown format: it begins with {found}; expected one of {KNOWN}", .path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// Its first bytes.
        found: String,
    },
    /// A field of the header has a value that makes no image.
    #[error("{}: field `{field}` is {found}; expected {expected}", .path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The field as the format calls it.
        field: String,
        /// Its value.
        found: String,
        /// What it could be.
        expected: String,
    },
    /// The header lacks a field that the format asks for.
    #[error("{}: the header has no field `{field}`, which every {format} header needs", .path.display())]
    NoField {
        /// The file.
        path: PathBuf,
        /// The field as the format calls it.
        field: &'static str,
        /// Name of the format.
        format: &'static str,
    },
    /// A header line that the format does not allow.
    #[error("{}: line {line} of the header is {found}; expected {expected}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// The line.
        found: String,
        /// What it could be.
        expected: &'static str,
    },
    /// An image of several files, one of which is not there.
    #[error("{}: needs the file {}, which is missing", .path.display(), .partner.display())]
    NoPartner {
        /// The file that was asked for, or the header.
        path: PathBuf,
        /// The file that should be there.
        partner: PathBuf,
    },
    /// The header describes a grid that cannot be.
    #[error("{}: {source}", .path.display())]
    Geometry {
        /// The file.
        path: PathBuf,
        /// What is wrong with the grid.
        source: GeometryError,
    },
    /// The file ends before its voxels do.
    #[error("{}: the file ends too early: {found} of {expected} bytes of {what} are there", .path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Which part is cut off.
        what: &'static str,
        /// Bytes that are there.
        found: u64,
        /// Bytes that the header asks for.
        expected: u64,
    },
    /// Compressed bytes that do not decode.
    #[error("{}: the compressed data is damaged after {decoded} of {expected} bytes: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Bytes decoded until then.
        decoded: u64,
        /// Bytes that the header asks for.
        expected: u64,
        /// What the decoder says.
        reason: String,
    },
    /// The header asks for more than any file of this size can hold.
    #[error(
        "{}: the header claims {claimed} bytes of voxels (size {size:?}), but {stored} stored bytes can hold \
         {most} at most",
        .path.display()
    )]
    Implausible {
        /// The file.
        path: PathBuf,
        /// Sizes along all axes.
        size: Vec<u64>,
        /// Bytes claimed.
        claimed: u64,
        /// Bytes of voxel data on disk.
        stored: u64,
        /// Bytes that these can decode to.
        most: u64,
    },
    /// The voxels need more memory than the caller allows.
    #[error(
        "{}: the voxels need {needed} bytes of memory (size {size:?}); {allowed} are allowed",
        .path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Sizes along all axes.
        size: Vec<u64>,
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        allowed: u64,
    },
    /// The system gives no memory for the voxels.
    #[error("{}: no memory for the voxels: {needed} bytes (size {size:?})", .path.display())]
    NoMemory {
        /// The file.
        path: PathBuf,
        /// Sizes along all axes.
        size: Vec<u64>,
        /// Bytes needed.
        needed: u64,
    },
    /// The file holds several volumes and none was chosen.
    #[error(
        "{}: holds {frames} frames (4th axis); name one from 0 to {} to read it",
        .path.display(), .frames - 1
    )]
    FrameNeeded {
        /// The file.
        path: PathBuf,
        /// Number of volumes in it.
        frames: usize,
    },
    /// The volume asked for is not in the file.
    #[error("{}: frame {frame} was asked for; the file holds {frames}, numbered from 0", .path.display())]
    NoFrame {
        /// The file.
        path: PathBuf,
        /// The frame asked for.
        frame: usize,
        /// Number of volumes in the file.
        frames: usize,
    },
    /// The component asked for is not in the file.
    #[error(
        "{}: component (channel) {component} was asked for; voxels hold {components}, numbered from 0",
        .path.display()
    )]
    NoComponent {
        /// The file.
        path: PathBuf,
        /// The component asked for.
        component: usize,
        /// Values in each voxel.
        components: usize,
    },
    /// A header names a data file that lies outside its own folder.
    #[error(
        "{}: data file `{data}` {why}; for safety voxels are read only from the folder of the header",
        .path.display()
    )]
    OutsideFolder {
        /// The header file.
        path: PathBuf,
        /// The data file as the header names it.
        data: String,
        /// How it leaves the folder.
        why: &'static str,
    },
    /// DICOM files that give no image.
    #[cfg(feature = "dicom")]
    #[error("{}: {source}", .path.display())]
    Dicom {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with them.
        source: Box<super::dicom::DicomError>,
    },
    /// The voxels are no label map.
    #[error("{}: {source}", .path.display())]
    Mask {
        /// The file.
        path: PathBuf,
        /// The voxel that is no label.
        source: MaskError,
    },
}

/// Why an image file cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The extension stands for no format that is written.
    #[error(
        "{}: the extension names no format that can be written; expected .nii, .nii.gz, .nrrd, .nhdr, .mha or .mhd",
        .path.display()
    )]
    Extension {
        /// The file.
        path: PathBuf,
    },
    /// The folder for the file is not there.
    #[error("{}: cannot write: there is no folder {}", .path.display(), .folder.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// The system could not write; nothing is left behind.
    #[error("{}: cannot write: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Formats that can be read, for messages.
#[cfg(not(feature = "dicom"))]
pub(super) const KNOWN: &str =
    "NIfTI (.nii, .nii.gz, .hdr/.img), NRRD (.nrrd, .nhdr), MetaImage (.mha, .mhd)";
#[cfg(feature = "dicom")]
pub(super) const KNOWN: &str =
    "NIfTI (.nii, .nii.gz, .hdr/.img), NRRD (.nrrd, .nhdr), MetaImage (.mha, .mhd), DICOM (a file or folder)";

impl ReadError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing { path },
            io::ErrorKind::PermissionDenied => Self::Permission { path },
            io::ErrorKind::IsADirectory => Self::Folder { path },
            _ => Self::Io { path, source },
        }
    }

    /// A field with its value, cut to a readable length.
    pub(super) fn field(
        path: &Path,
        field: impl Into<String>,
        found: impl ToString,
        expected: impl Into<String>,
    ) -> Self {
        Self::Field {
            path: path.to_owned(),
            field: field.into(),
            found: shown(&found.to_string()),
            expected: expected.into(),
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

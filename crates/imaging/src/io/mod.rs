//! Image files: NIfTI, NRRD and MetaImage, read and written; DICOM, read (module [`dicom`], feature `dicom`).
//!
//! | format | read | written |
//! |---|---|---|
//! | NIfTI-1, NIfTI-2 | `.nii`, `.nii.gz`, `.hdr`/`.img` pairs (also gzip), both byte orders | `.nii`, `.nii.gz` |
//! | NRRD | raw, gzip, ascii, hex; attached or with data files (one, a list, a numbered series) | `.nrrd`, `.nhdr`: raw, gzip |
//! | MetaImage | raw, zlib, ascii; local or with data files (one, a list, a numbered series) | `.mha`, `.mhd`: raw, zlib |
//!
//! All integers of 8 to 64 bits and both floats; no complex numbers. Grids are those that ITK 5.4 makes of the
//! same files, in LPS; an image of one slice is a volume of one slice, 1 mm thick. Where a file is no image (a
//! spacing of zero, axes that are not at right angles, too few voxels) reading is an error that says why, also
//! where ITK fills in something.
//!
//! A format has a module that turns its header into one common form and says where the voxels lie; the voxels
//! themselves are decoded in one place, straight into the final array in the stored type. Sizes are checked
//! against the bytes on disk before anything is allocated, and data files that a header names must lie in its
//! folder.

mod companion; // data files that headers name
mod decode; // bytes → voxels
#[cfg(feature = "dicom")]
pub mod dicom; // series, segmentations, structure sets
mod error;
mod layout; // what any header says
mod metaimage;
mod nifti;
mod nrrd;
mod stream; // files and compression → bytes
mod write;

use std::path::Path;

use self::{error::shown, layout::Layout};
pub use self::{
    error::{ReadError, WriteError},
    layout::{Format, Scale},
    write::{WriteOptions, check_name, write},
};
use crate::{
    geometry::Geometry,
    mask::Mask,
    volume::{Image, SampleType},
};

/// What a header tells without reading voxels.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// File format, told from the content.
    pub format: Format,
    /// Number type on disk.
    pub sample_type: SampleType,
    /// Grid of one volume.
    pub geometry: Geometry,
    /// Number of volumes in the file (4th axis).
    pub frames: usize,
    /// Values in each voxel (channels).
    pub components: usize,
    /// Slope and intercept that turn stored into true values, where they change anything.
    pub scale: Option<Scale>,
    /// Size of the file, or of all files that belong together, in bytes.
    pub bytes_on_disk: u64,
}

/// What to read from a file, and how much memory it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// Which volume of a 4D file, from 0. `None`: the file must hold only one.
    pub frame: Option<usize>,
    /// Which of the values of each voxel, from 0; PyRadiomics' `label_channel`.
    pub component: usize,
    /// Most memory for the voxels read, in bytes; 16 GiB unless told otherwise.
    pub max_bytes: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { frame: None, component: 0, max_bytes: 16 << 30 }
    }
}

/// Reads what the header of an image file says. Reads no voxels.
///
/// ```
/// use radiomics_imaging::io;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("ct.mha");
/// let text = "NDims = 2\nDimSize = 2 1\nElementSpacing = 0.7 0.7\nElementType = MET_SHORT\n\
///             BinaryData = False\nElementDataFile = LOCAL\n-1000 40\n";
/// std::fs::write(&path, text)?;
/// let header = io::header(&path)?;
/// assert_eq!(header.geometry.size(), [2, 1, 1]);
/// assert_eq!(header.geometry.spacing(), [0.7, 0.7, 1.0]);
/// assert_eq!((header.format.name(), header.sample_type.name()), ("MetaImage", "int16"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ReadError`] names the file and what is wrong with it.
pub fn header(path: impl AsRef<Path>) -> Result<Header, ReadError> {
    #[cfg(feature = "dicom")]
    if dicom::recognised(path.as_ref()) {
        return dicom::bridge::header(path.as_ref());
    }
    let layout = open(path.as_ref())?;
    let mut files: Vec<&Path> = layout.parts.iter().map(|p| p.path.as_path()).collect();
    files.push(&layout.path);
    files.sort_unstable();
    files.dedup();
    let mut bytes_on_disk = 0;
    for file in files {
        bytes_on_disk += std::fs::metadata(file).map_err(|e| ReadError::io(file, e))?.len();
    }
    Ok(Header {
        format: layout.format,
        sample_type: layout.sample,
        geometry: layout.geometry,
        frames: layout.frames,
        components: layout.components,
        scale: layout.scale,
        bytes_on_disk,
    })
}

/// Reads one volume in the type it is stored in. Where the header scales integers the result is `float32`,
/// as in ITK.
///
/// ```no_run
/// use radiomics_imaging::io::{self, ReadOptions};
/// // The third time point of a 4D scan.
/// let image = io::read("perfusion.nii.gz", &ReadOptions { frame: Some(2), ..ReadOptions::default() })?;
/// println!("{} voxels of {}", image.geometry().voxels(), image.sample_type());
/// # Ok::<(), io::ReadError>(())
/// ```
///
/// # Errors
/// [`ReadError`] names the file and what is wrong with it.
pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Image, ReadError> {
    #[cfg(feature = "dicom")]
    if dicom::recognised(path.as_ref()) {
        return dicom::bridge::read(path.as_ref(), options);
    }
    decode::image(&open(path.as_ref())?, options)
}

/// Reads a label map.
///
/// # Errors
/// As [`read`], and [`ReadError::Mask`] where a voxel is no label.
pub fn read_mask(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Mask, ReadError> {
    let path = path.as_ref();
    #[cfg(feature = "dicom")]
    if dicom::recognised(path) {
        return dicom::bridge::read_mask(path, options);
    }
    Mask::from_image(read(path, options)?).map_err(|source| ReadError::Mask { path: path.to_owned(), source })
}

/// Tells the format, from the content before the name, and reads the header.
fn open(path: &Path) -> Result<Layout, ReadError> {
    let first = stream::beginning(path, nifti::LONGEST_HEADER)?;
    let name = path.file_name().map(|n| n.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let named = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if first.starts_with(b"NRRD") {
        nrrd::open(path)
    } else if nifti::is_header(&first) || named(&[".img", ".img.gz"]) {
        nifti::open(path)
    } else if first.starts_with(b"ObjectType") || first.starts_with(b"NDims") || named(&[".mha", ".mhd"]) {
        metaimage::open(path)
    } else if named(&[".nrrd", ".nhdr"]) {
        nrrd::open(path)
    } else if named(&[".nii", ".nii.gz", ".hdr", ".hdr.gz"]) {
        nifti::open(path)
    } else {
        let found = shown(&String::from_utf8_lossy(&first[..first.len().min(16)]));
        Err(ReadError::UnknownFormat { path: path.to_owned(), found })
    }
}

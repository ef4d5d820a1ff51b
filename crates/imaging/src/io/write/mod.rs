//! Images out: a file is there as a whole or not at all.

mod nifti;
mod text; // headers of NRRD and MetaImage

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};

use super::error::WriteError;
use crate::{volume::Image, with_voxels};

/// How to write an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteOptions {
    /// Compress the voxels, where the extension leaves it open: `.nii.gz` always is, `.nii` never.
    pub compress: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { compress: true }
    }
}

/// Writes an image; the extension chooses the format: `.nii`, `.nii.gz`, `.nrrd`, `.nhdr`, `.mha`, `.mhd`.
///
/// Voxels keep their type. The file is written beside its place under another name and then renamed, so that a
/// reader sees the old file or the new one and a failure leaves nothing behind; `.nhdr` and `.mhd` put their
/// voxels into a second file, which is in place before the header is. NIfTI-1 keeps positions in single
/// precision; images with more than 32767 voxels along an axis become NIfTI-2, which keeps them in double.
///
/// ```
/// use radiomics_imaging::{Geometry, Image, Volume, io};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("ramp.nrrd");
/// let grid = Geometry::axial([3, 1, 1], [0.5, 0.5, 2.0])?;
/// let image = Image::from(Volume::new(ndarray::arr3(&[[[1_i16, 2, 3]]]), grid)?);
/// io::write(&path, &image, &io::WriteOptions::default())?;
/// assert_eq!(io::read(&path, &io::ReadOptions::default())?, image);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`WriteError`] names the file and what is wrong.
pub fn write(path: impl AsRef<Path>, image: &Image, options: &WriteOptions) -> Result<(), WriteError> {
    let path = path.as_ref();
    let form = checked(path, options)?;
    let failed = |source| WriteError::Io { path: path.to_owned(), source };
    match form {
        Form::Nifti => Draft::new(path).and_then(|mut draft| {
            draft.out.write_all(&nifti::header(image))?;
            voxels(image, &mut draft.out)?;
            draft.publish()
        }),
        Form::NiftiGz => Draft::new(path).and_then(|mut draft| {
            let mut out = GzEncoder::new(&mut draft.out, Compression::default());
            out.write_all(&nifti::header(image))?;
            voxels(image, &mut out)?;
            out.finish()?;
            draft.publish()
        }),
        Form::Nrrd { compress } => Draft::new(path).and_then(|mut draft| {
            draft.out.write_all(text::nrrd(image, compress, None).as_bytes())?;
            packed(image, &mut draft.out, compress.then_some(Packing::Gzip))?;
            draft.publish()
        }),
        Form::Nhdr { compress } => {
            let data = path.with_extension(if compress { "raw.gz" } else { "raw" });
            write_data(&data, image, compress.then_some(Packing::Gzip))
                .and_then(|_| write_text(path, &text::nrrd(image, compress, Some(&file_name(&data)))))
        }
        Form::Mha { compress } => Draft::new(path).and_then(|mut draft| {
            let header = |size| text::metaimage(image, compress.then_some(size), "LOCAL");
            draft.out.write_all(header(0).as_bytes())?;
            let size = packed(image, &mut draft.out, compress.then_some(Packing::Zlib))?;
            // MetaIO wants to know the packed size beforehand; the number has a fixed width.
            draft.out.seek(SeekFrom::Start(0))?;
            draft.out.write_all(header(size).as_bytes())?;
            draft.publish()
        }),
        Form::Mhd { compress } => {
            let data = path.with_extension(if compress { "zraw" } else { "raw" });
            write_data(&data, image, compress.then_some(Packing::Zlib)).and_then(|size| {
                write_text(path, &text::metaimage(image, compress.then_some(size), &file_name(&data)))
            })
        }
    }
    .map_err(failed)
}

/// Checks that a name can be written to, before the work of making the image is done.
///
/// # Errors
/// [`WriteError`] where the extension names no format that is written, or the folder is not there.
pub fn check_name(path: impl AsRef<Path>) -> Result<(), WriteError> {
    checked(path.as_ref(), &WriteOptions::default()).map(|_| ())
}

fn checked(path: &Path, options: &WriteOptions) -> Result<Form, WriteError> {
    let form = Form::of(path, options.compress)?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if folder.is_dir() {
        Ok(form)
    } else {
        Err(WriteError::NoFolder { path: path.to_owned(), folder: folder.to_owned() })
    }
}

/// What the extension stands for.
enum Form {
    Nifti,
    NiftiGz,
    Nrrd { compress: bool },
    Nhdr { compress: bool },
    Mha { compress: bool },
    Mhd { compress: bool },
}

impl Form {
    fn of(path: &Path, compress: bool) -> Result<Self, WriteError> {
        let name = file_name(path).to_ascii_lowercase();
        let stem = |ending: &str| name.strip_suffix(ending).is_some_and(|stem| !stem.is_empty());
        Ok(match () {
            _ if stem(".nii") => Self::Nifti,
            _ if stem(".nii.gz") => Self::NiftiGz,
            _ if stem(".nrrd") => Self::Nrrd { compress },
            _ if stem(".nhdr") => Self::Nhdr { compress },
            _ if stem(".mha") => Self::Mha { compress },
            _ if stem(".mhd") => Self::Mhd { compress },
            _ => return Err(WriteError::Extension { path: path.to_owned() }),
        })
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn write_data(path: &Path, image: &Image, packing: Option<Packing>) -> io::Result<u64> {
    let mut draft = Draft::new(path)?;
    let size = packed(image, &mut draft.out, packing)?;
    draft.publish()?;
    Ok(size)
}

fn write_text(path: &Path, text: &str) -> io::Result<()> {
    let mut draft = Draft::new(path)?;
    draft.out.write_all(text.as_bytes())?;
    draft.publish()
}

#[derive(Clone, Copy)]
enum Packing {
    Gzip,
    Zlib,
}

/// Writes the voxels and says how many bytes they took.
fn packed(image: &Image, out: &mut (impl Write + Seek), packing: Option<Packing>) -> io::Result<u64> {
    let before = out.stream_position()?;
    match packing {
        None => voxels(image, out)?,
        Some(Packing::Gzip) => {
            let mut out = GzEncoder::new(&mut *out, Compression::default());
            voxels(image, &mut out)?;
            out.finish()?;
        }
        Some(Packing::Zlib) => {
            let mut out = ZlibEncoder::new(&mut *out, Compression::default());
            voxels(image, &mut out)?;
            out.finish()?;
        }
    }
    Ok(out.stream_position()? - before)
}

/// Voxels in little-endian order, x fastest.
fn voxels(image: &Image, out: &mut impl Write) -> io::Result<()> {
    const PIECE: usize = 16 * 1024;
    let mut bytes = Vec::with_capacity(8 * PIECE);
    with_voxels!(image.voxels(), |array| {
        let mut values = array.iter();
        loop {
            bytes.clear();
            for value in values.by_ref().take(PIECE) {
                bytes.extend_from_slice(&value.to_le_bytes());
            }
            if bytes.is_empty() {
                return Ok(());
            }
            out.write_all(&bytes)?;
        }
    })
}

/// A file under a name of its own, in the folder of its later place. It goes away unless it is published.
struct Draft {
    place: PathBuf,
    path: PathBuf,
    out: BufWriter<File>,
}

impl Draft {
    fn new(place: &Path) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!(".{}.{}-{number}.part", file_name(place), std::process::id());
            let path = place.with_file_name(name);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    let out = BufWriter::with_capacity(128 * 1024, file);
                    return Ok(Self { place: place.to_owned(), path, out });
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
    }

    fn publish(mut self) -> io::Result<()> {
        self.out.flush()?;
        fs::rename(&self.path, &self.place)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After `publish` there is nothing of that name any more; after a failure there is nobody to tell.
        let _ = fs::remove_file(&self.path);
    }
}

//! What the header of one file says about its pixels and where their frames lie.

use std::path::{Path, PathBuf};

use super::{
    dataset::DataSet,
    error::DicomError,
    file::{DicomFile, PixelLocation},
    frames,
    guard::Limits,
    masks::FrameOfReference,
    syntax::Syntax,
    tags::{self, Attribute},
};

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Slices or frames of an image.
    Image,
    /// DICOM-SEG.
    Segmentation,
    /// RTSTRUCT.
    Structures,
    /// Anything else: reports, plans, waveforms.
    Other,
}

/// One file of a series.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) modality: String,
    pub(crate) study_uid: String,
    pub(crate) series_uid: String,
    pub(crate) series_number: Option<i64>,
    pub(crate) description: Option<String>,
    pub(crate) frame_of_reference: FrameOfReference,
    pub(crate) syntax: Syntax,
    pub(crate) image: Option<ImageHeader>,
}

/// The pixels of a file.
#[derive(Clone, Debug)]
pub(crate) struct ImageHeader {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) samples: u64,
    pub(crate) bits: Bits,
    pub(crate) photometric: String,
    pub(crate) pixels: PixelLocation,
    pub(crate) frames: Vec<Frame>,
    /// Thickness or distance of slices, for volumes of one slice and frames without positions.
    pub(crate) slice_spacing: Option<f64>,
    /// A table instead of slope and intercept.
    pub(crate) lookup_table: bool,
}

/// How a pixel is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    pub(crate) allocated: u32,
    pub(crate) stored: u32,
    pub(crate) high: u32,
    pub(crate) signed: bool,
    pub(crate) float: bool,
}

/// Where one frame lies and what its values mean.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) plane: Plane,
    pub(crate) slope: f64,
    pub(crate) intercept: f64,
    /// Values that tell images at one position apart, in the order of [`KEYS`](super::frames::KEYS).
    pub(crate) keys: Vec<Option<Box<str>>>,
}

/// Position, orientation and spacing, where the file has them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Plane {
    /// Centre of the first pixel in mm, LPS.
    pub(crate) position: Option<[f64; 3]>,
    /// Direction of the rows (rising column index), then of the columns.
    pub(crate) orientation: Option<[f64; 6]>,
    /// Distance of rows, then of columns, in mm.
    pub(crate) spacing: Option<[f64; 2]>,
}

/// SOP classes that are nothing without pixels: CT, MR, PET, nuclear medicine, plain and enhanced.
const IMAGES: [&str; 7] = [
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.2.1",
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.5.1.4.1.1.4.1",
    "1.2.840.10008.5.1.4.1.1.128",
    "1.2.840.10008.5.1.4.1.1.130",
    "1.2.840.10008.5.1.4.1.1.20",
];

impl Instance {
    /// Reads the header of a file.
    pub(crate) fn open(path: &Path, limits: &Limits) -> Result<Self, DicomError> {
        let file = DicomFile::open(path, limits)?;
        let set = file.data_set()?;
        Self::of(path, &file, &set)
    }

    pub(crate) fn of(path: &Path, file: &DicomFile, set: &DataSet<'_>) -> Result<Self, DicomError> {
        let class = set.code(tags::SOP_CLASS).unwrap_or_default();
        // It appears in messages: no more than the standard allows.
        let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        let modality: String =
            set.code(tags::MODALITY).unwrap_or_default().chars().filter(plain).take(16).collect();
        if set.element(tags::DIRECTORY_RECORDS.tag).is_some() {
            return Err(DicomError::NotDicom("a DICOMDIR, which is an index of files: give the folder"));
        }
        if set.is_empty() || class.is_empty() && modality.is_empty() && file.pixels.is_none() {
            return Err(DicomError::NotDicom("the data set has neither SOP class, modality nor pixels"));
        }
        let kind = match (&*class, &*modality) {
            ("1.2.840.10008.5.1.4.1.1.66.4" | "1.2.840.10008.5.1.4.1.1.66.7", _) | ("", "SEG") => {
                Kind::Segmentation
            }
            ("1.2.840.10008.5.1.4.1.1.481.3", _) | ("", "RTSTRUCT") => Kind::Structures,
            _ if file.pixels.is_some() => Kind::Image,
            _ => Kind::Other,
        };
        let image = match (kind, file.pixels) {
            (Kind::Image | Kind::Segmentation, Some(pixels)) => Some(ImageHeader::of(set, pixels)?),
            (Kind::Other, _) if IMAGES.contains(&&*class) => {
                return Err(DicomError::missing(
                    tags::PIXEL_DATA,
                    "in an image: the file is cut off or was stripped",
                ));
            }
            _ => None,
        };
        let uid = |attribute| set.code(attribute).unwrap_or_default().into_owned();
        Ok(Self {
            path: path.to_owned(),
            kind,
            modality,
            study_uid: uid(tags::STUDY_UID),
            series_uid: uid(tags::SERIES_UID),
            // Some writers leave text here; the number only sorts the list.
            series_number: set.number(tags::SERIES_NUMBER).ok().flatten().map(|n| n as i64),
            description: set.text(tags::SERIES_DESCRIPTION),
            frame_of_reference: FrameOfReference::new(
                set.code(tags::FRAME_OF_REFERENCE).map(|c| c.into_owned()),
            ),
            syntax: file.syntax,
            image,
        })
    }
}

impl ImageHeader {
    fn of(set: &DataSet<'_>, pixels: PixelLocation) -> Result<Self, DicomError> {
        let size = |attribute: Attribute| match set.count(attribute)? {
            Some(n) if (1..=65535).contains(&n) => Ok(n as usize),
            Some(n) => Err(DicomError::field(attribute, n, "1 to 65535")),
            None => Err(DicomError::missing(attribute, "to read pixels")),
        };
        let (rows, columns, bits) = (size(tags::ROWS)?, size(tags::COLUMNS)?, Bits::of(set, pixels)?);
        // Frames cost memory before their pixels are looked at: no more than the bytes can hold.
        let most = match pixels.element.length {
            Some(length) => {
                length.saturating_mul(8) / (rows as u64 * columns as u64 * u64::from(bits.allocated))
            }
            None => pixels.stored / 8,
        };
        let count = match set.count(tags::NUMBER_OF_FRAMES)? {
            None | Some(0 | 1) => 1,
            Some(n) if n <= most => n as usize,
            Some(n) => {
                let expected = format!("at most {most}, which is what the bytes of the pixels can hold");
                return Err(DicomError::field(tags::NUMBER_OF_FRAMES, n, expected));
            }
        };
        let lookup_table = set
            .element(tags::MODALITY_LUT.tag)
            .is_some_and(|_| set.items(tags::MODALITY_LUT).is_ok_and(|items| !items.is_empty()));
        Ok(Self {
            rows,
            columns,
            samples: set.count(tags::SAMPLES_PER_PIXEL)?.unwrap_or(1),
            bits,
            photometric: set.code(tags::PHOTOMETRIC).unwrap_or_default().into_owned(),
            pixels,
            frames: frames::of(set, count)?,
            slice_spacing: frames::slice_spacing(set)?,
            lookup_table,
        })
    }

    /// Pixels in one frame.
    pub(crate) fn frame_pixels(&self) -> usize {
        self.rows * self.columns
    }
}

impl Bits {
    fn of(set: &DataSet<'_>, pixels: PixelLocation) -> Result<Self, DicomError> {
        if pixels.element.tag == tags::FLOAT_PIXEL_DATA.tag {
            return Ok(Self { allocated: 32, stored: 32, high: 31, signed: true, float: true });
        }
        if pixels.element.tag == tags::DOUBLE_PIXEL_DATA.tag {
            return Ok(Self { allocated: 64, stored: 64, high: 63, signed: true, float: true });
        }
        let allocated = match set.count(tags::BITS_ALLOCATED)? {
            Some(n @ (1 | 8 | 16 | 32)) => n as u32,
            Some(n) => return Err(DicomError::field(tags::BITS_ALLOCATED, n, "1, 8, 16 or 32")),
            None => return Err(DicomError::missing(tags::BITS_ALLOCATED, "to read pixels")),
        };
        let stored = match set.count(tags::BITS_STORED)? {
            Some(n) if (1..=u64::from(allocated)).contains(&n) => n as u32,
            Some(n) => {
                let expected = format!("1 to {allocated}, the bits allocated");
                return Err(DicomError::field(tags::BITS_STORED, n, expected));
            }
            None => allocated,
        };
        let high = match set.count(tags::HIGH_BIT)? {
            Some(n) if n < u64::from(allocated) && n + 1 >= u64::from(stored) => n as u32,
            // Often wrong and rarely meant: the standard now fixes it to one below the bits stored.
            _ => stored - 1,
        };
        let signed = match set.count(tags::PIXEL_REPRESENTATION)? {
            None | Some(0) => false,
            Some(1) => true,
            Some(n) => {
                return Err(DicomError::field(tags::PIXEL_REPRESENTATION, n, "0 (unsigned) or 1 (signed)"));
            }
        };
        Ok(Self { allocated, stored, high, signed, float: false })
    }
}

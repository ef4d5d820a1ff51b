//! What can be said about series: who the patient is, only when asked.

use std::fmt;

use super::{
    error::shown,
    file::DicomFile,
    guard::Limits,
    instance::{Instance, Kind},
    tags,
};

/// What can be said about a series without opening its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesSummary {
    /// Number in the list, from 1; the same for the same files.
    pub number: usize,
    /// What it is for.
    pub kind: Kind,
    /// `CT`, `MR`, `PT`, ...
    pub modality: String,
    /// Series Number, as the scanner counts.
    pub series_number: Option<i64>,
    /// Number of files.
    pub files: usize,
    /// Number of frames; one for each file unless it is multi-frame.
    pub frames: usize,
    /// Columns and rows, where all frames agree.
    pub size: Option<[usize; 2]>,
    /// Distance of pixels along rows and columns in mm, where known.
    pub spacing: Option<[f64; 2]>,
    /// Name of the transfer syntax.
    pub transfer_syntax: &'static str,
    /// Whose it is; only when identifiers are allowed.
    pub identifiers: Option<Identifiers>,
}

/// What tells whose images these are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifiers {
    /// Series Instance UID.
    pub series_uid: String,
    /// Series Description.
    pub description: Option<String>,
    /// Patient's Name.
    pub patient_name: Option<String>,
    /// Patient ID.
    pub patient_id: Option<String>,
    /// Study Date, `YYYYMMDD`.
    pub study_date: Option<String>,
    /// Study Instance UID.
    pub study_uid: String,
}

impl Identifiers {
    /// Those of the first file of a series, whose header is read again: they are kept nowhere else.
    pub(super) fn of(first: &Instance) -> Self {
        let mut found = Self {
            series_uid: first.series_uid.clone(),
            study_uid: first.study_uid.clone(),
            description: first.description.clone(),
            ..Self::default()
        };
        let file = DicomFile::open(&first.path, &Limits::default()).ok();
        if let Some(set) = file.as_ref().and_then(|f| f.data_set().ok()) {
            found.patient_name = set.text(tags::PATIENT_NAME);
            found.patient_id = set.text(tags::PATIENT_ID);
            found.study_date = set.text(tags::STUDY_DATE);
        }
        found
    }
}

impl Kind {
    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Segmentation => "segmentation",
            Self::Structures => "structures",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for SeriesSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modality = if self.modality.is_empty() { "?" } else { &self.modality };
        write!(f, "{}: {modality} {}", self.number, self.kind.name())?;
        if let Some(number) = self.series_number {
            write!(f, ", series number {number}")?;
        }
        match (self.size, self.frames) {
            (Some([x, y]), frames) => write!(f, ", {frames} frames of {x} x {y}")?,
            (None, 0) => {}
            (None, frames) => write!(f, ", {frames} frames of several sizes")?,
        }
        write!(f, ", {} {}", self.files, if self.files == 1 { "file" } else { "files" })?;
        if let Some([x, y]) = self.spacing {
            write!(f, ", {x} x {y} mm")?;
        }
        if let Some(Identifiers { description, series_uid, .. }) = &self.identifiers {
            if let Some(description) = description {
                write!(f, ", {}", shown(description))?;
            }
            write!(f, ", {series_uid}")?;
        }
        Ok(())
    }
}

/// The series of a folder or file.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// All series, images first, then by series number.
    pub series: Vec<SeriesSummary>,
    /// Files that are no DICOM.
    pub other_files: usize,
    /// Damaged DICOM files: what is wrong with each.
    pub damaged: Vec<String>,
}

//! Everything that a file or folder holds, from headers alone: for people who want to know what they have.

use std::path::Path;

use super::{
    error::DicomError,
    instance::Kind,
    listing::SeriesSummary,
    masks::RegionFile,
    series::{DicomHeader, Found, SeriesOptions},
};

/// What a file or folder holds.
#[derive(Debug)]
pub struct Examined {
    /// All series, images first, then by series number.
    pub series: Vec<ExaminedSeries>,
    /// Files that are no DICOM.
    pub other_files: usize,
    /// Damaged DICOM files: what is wrong with each.
    pub damaged: Vec<DicomError>,
}

/// A series and what it is good for.
#[derive(Debug)]
pub struct ExaminedSeries {
    /// Size, modality, number.
    pub summary: SeriesSummary,
    /// What reading it would give.
    pub content: Content,
}

/// What reading a series would give.
#[derive(Debug)]
pub enum Content {
    /// A volume, or why there is none.
    Image(Box<Result<DicomHeader, DicomError>>),
    /// Regions, file by file.
    Regions(Vec<Result<RegionFile, DicomError>>),
    /// Nothing.
    Other,
}

/// Examines a file or folder. Each file is opened once; no pixel is read.
///
/// # Errors
/// When the path cannot be read, or holds no DICOM at all. Damaged files and series that make no volume are part of
/// the result.
pub fn examine(path: &Path, options: &SeriesOptions) -> Result<Examined, DicomError> {
    let found = Found::scan(path, options)?;
    let series: Vec<ExaminedSeries> = found
        .series()
        .iter()
        .enumerate()
        .map(|(i, series)| {
            let summary = series.summary(i + 1, options.identifiers);
            let content = match series.kind() {
                Kind::Image => Content::Image(Box::new(series.header(&found, summary.clone(), options))),
                Kind::Segmentation | Kind::Structures => Content::Regions(
                    series.instances.iter().map(|instance| found.region_file(instance, options)).collect(),
                ),
                Kind::Other => Content::Other,
            };
            ExaminedSeries { summary, content }
        })
        .collect();
    let Found { other_files, mut damaged, .. } = found;
    match (series.is_empty(), damaged.is_empty()) {
        (true, true) => Err(DicomError::Empty { other_files }),
        (true, false) if damaged.len() == 1 => Err(damaged.remove(0)),
        _ => Ok(Examined { series, other_files, damaged }),
    }
}

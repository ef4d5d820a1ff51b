//! A file or folder of DICOM → its series, and one series → a volume.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use rayon::prelude::*;

use super::{
    error::DicomError,
    guard::Limits,
    instance::{ImageHeader, Instance, Kind},
    load::{Loader, check_cost, readable},
    pixels::{self, FrameSource},
    privacy,
    stack::{self, StackRules},
    tags, tilt,
};
use crate::volume::Image;

/// How a series is found and read. The defaults refuse whatever is not one clean volume.
#[derive(Clone, Debug)]
pub struct SeriesOptions {
    /// Which series, where there are several.
    pub series: Option<SeriesChoice>,
    /// Look into folders inside the folder, too.
    pub recursive: bool,
    /// Which of several volumes in one series (phases, echoes, b-values), from 1.
    pub volume: Option<usize>,
    /// Straighten volumes of a tilted gantry by linear interpolation within each slice, instead of refusing them.
    pub resample_tilt: bool,
    /// Take files without position or spacing: 1 mm at the origin.
    pub missing_geometry: bool,
    /// How far a slice may lie beside the even spacing, in mm.
    pub position_tolerance_mm: f64,
    /// Names of files, UIDs and descriptions may appear in messages and summaries.
    pub identifiers: bool,
    /// What the files may cost.
    pub limits: Limits,
}

impl Default for SeriesOptions {
    fn default() -> Self {
        Self {
            series: None,
            recursive: false,
            volume: None,
            resample_tilt: false,
            missing_geometry: false,
            position_tolerance_mm: 0.01,
            identifiers: false,
            limits: Limits::default(),
        }
    }
}

/// Names a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeriesChoice {
    /// Its number in the list, from 1.
    Number(usize),
    /// Its Series Instance UID.
    Uid(String),
}

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
    /// Series Instance UID; only when identifiers are allowed.
    pub uid: Option<String>,
    /// Series Description; only when identifiers are allowed.
    pub description: Option<String>,
}

impl std::fmt::Display for SeriesSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            Kind::Image => "image",
            Kind::Segmentation => "segmentation",
            Kind::Structures => "structures",
            Kind::Other => "other",
        };
        write!(f, "{}: {} {kind}", self.number, if self.modality.is_empty() { "?" } else { &self.modality })?;
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
        for text in [&self.description, &self.uid].into_iter().flatten() {
            write!(f, ", {text}")?;
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

/// A volume and how it came about.
#[derive(Clone, Debug)]
pub struct DicomImage {
    /// Voxels and grid.
    pub image: Image,
    /// The series it was read from.
    pub series: SeriesSummary,
    /// What was assumed, corrected or passed over, one sentence each.
    pub notes: Vec<String>,
}

/// Lists what a folder or file holds, reading headers only.
///
/// # Errors
/// When the path cannot be read. Damaged files are listed, not errors.
pub fn list(path: &Path, options: &SeriesOptions) -> Result<Listing, DicomError> {
    let found = Found::scan(path, options)?;
    let series = found.series();
    Ok(Listing {
        series: series.iter().enumerate().map(|(i, s)| s.summary(i + 1, options.identifiers)).collect(),
        other_files: found.other_files,
        damaged: found.damaged.iter().map(ToString::to_string).collect(),
    })
}

/// Reads one image series of a folder, or the image in one file.
///
/// # Errors
/// [`DicomError::ManySeries`] lists the series where none was chosen; the other variants say what keeps the files
/// from being one volume.
pub fn read(path: &Path, options: &SeriesOptions) -> Result<DicomImage, DicomError> {
    let mut found = Found::scan(path, options)?;
    if let Some(error) = found.damaged.pop() {
        return Err(error); // it could be a slice of the series: never silently left out
    }
    let series = found.series();
    let images: Vec<(usize, &Series<'_>)> =
        series.iter().enumerate().filter(|(_, s)| s.kind() == Kind::Image).map(|(i, s)| (i + 1, s)).collect();
    let lines = || images.iter().map(|(n, s)| s.summary(*n, options.identifiers).to_string()).collect();
    let chosen =
        match (&options.series, images.as_slice()) {
            (_, []) => return Err(found.no_image(&series)),
            (None, [only]) => only,
            (None, _) => return Err(DicomError::ManySeries { series: lines() }),
            (Some(SeriesChoice::Number(wanted)), _) => {
                images.iter().find(|(n, _)| n == wanted).ok_or_else(|| DicomError::NoSuchSeries {
                    wanted: format!("number {wanted}"),
                    series: lines(),
                })?
            }
            (Some(SeriesChoice::Uid(uid)), _) => images
                .iter()
                .find(|(_, s)| s.instances[0].series_uid == *uid)
                .ok_or_else(|| DicomError::NoSuchSeries { wanted: "of that UID".into(), series: lines() })?,
        };
    let mut image = chosen.1.read(&found, options).map_err(|e| if found.single { e.at(path) } else { e })?;
    image.series = chosen.1.summary(chosen.0, options.identifiers);
    Ok(image)
}

/// The headers of all files of a folder.
struct Found {
    instances: Vec<Instance>,
    /// What to call each file in messages.
    labels: BTreeMap<PathBuf, String>,
    other_files: usize,
    damaged: Vec<DicomError>,
    single: bool,
}

impl Found {
    fn scan(path: &Path, options: &SeriesOptions) -> Result<Self, DicomError> {
        let meta = fs::metadata(path).map_err(|e| DicomError::from(e).at(path))?;
        let single = !meta.is_dir();
        let paths = if single { vec![path.to_owned()] } else { files(path, options.recursive)? };
        let label = |i: usize| {
            if single {
                path.display().to_string()
            } else {
                privacy::label(&paths[i], i, paths.len(), options.identifiers)
            }
        };
        let read: Vec<Result<Instance, DicomError>> =
            paths.par_iter().map(|p| Instance::open(p, &options.limits)).collect();
        let mut found = Self {
            instances: Vec::new(),
            labels: BTreeMap::new(),
            other_files: 0,
            damaged: Vec::new(),
            single,
        };
        for (i, result) in read.into_iter().enumerate() {
            match result {
                Ok(instance) => {
                    found.labels.insert(paths[i].clone(), label(i));
                    found.instances.push(instance);
                }
                Err(DicomError::NotDicom(_)) if !single => found.other_files += 1,
                Err(error) => found.damaged.push(error.within(label(i))),
            }
        }
        Ok(found)
    }

    /// The files by series: images first, then by the scanner's number, then by UID.
    fn series(&self) -> Vec<Series<'_>> {
        let mut groups: BTreeMap<_, Vec<&Instance>> = BTreeMap::new();
        for instance in &self.instances {
            let key = (instance.kind, instance.series_number, &instance.study_uid, &instance.series_uid);
            groups.entry(key).or_default().push(instance);
        }
        groups.into_values().map(|instances| Series { instances }).collect()
    }

    fn no_image(&self, series: &[Series<'_>]) -> DicomError {
        let why = match series {
            [] => format!("{} other files", self.other_files),
            _ => {
                let lines: Vec<String> =
                    series.iter().enumerate().map(|(i, s)| s.summary(i + 1, false).to_string()).collect();
                format!("only\n{}", lines.join("\n"))
            }
        };
        DicomError::Nothing { wanted: "image series", why }
    }
}

/// Files of a folder in order of names; links to folders are not followed.
fn files(folder: &Path, recursive: bool) -> Result<Vec<PathBuf>, DicomError> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| DicomError::from(e).at(&folder))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if kind.is_dir() {
                if recursive && !hidden {
                    folders.push(entry.path());
                }
            } else if !hidden && (kind.is_file() || entry.path().is_file()) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

struct Series<'a> {
    instances: Vec<&'a Instance>,
}

impl Series<'_> {
    fn kind(&self) -> Kind {
        self.instances[0].kind
    }

    fn summary(&self, number: usize, identifiers: bool) -> SeriesSummary {
        let first = self.instances[0];
        let headers = || self.instances.iter().filter_map(|i| i.image.as_ref());
        let common = |same: &dyn Fn(&ImageHeader) -> bool| headers().all(same);
        let head = first.image.as_ref();
        let size = head.map(|h| [h.columns, h.rows]).filter(|s| common(&|h| [h.columns, h.rows] == *s));
        let spacing = head.and_then(|h| h.frames[0].plane.spacing);
        SeriesSummary {
            number,
            kind: first.kind,
            modality: first.modality.clone(),
            series_number: first.series_number,
            files: self.instances.len(),
            frames: headers().map(|h| h.frames.len()).sum(),
            size,
            spacing: spacing.map(|[rows, columns]| [columns, rows]),
            transfer_syntax: first.syntax.name,
            uid: identifiers.then(|| first.series_uid.clone()),
            description: if identifiers { first.description.clone() } else { None },
        }
    }

    fn read(&self, found: &Found, options: &SeriesOptions) -> Result<DicomImage, DicomError> {
        let label = |i: usize| found.labels.get(&self.instances[i].path).cloned().unwrap_or_default();
        let sources = self.sources().map_err(|(i, e)| e.within(label(i)))?;
        let first = sources[0].header;
        let frames: Vec<_> = sources.iter().map(|s| &s.header.frames[s.frame]).collect();
        let rules = StackRules {
            tolerance_mm: options.position_tolerance_mm,
            tilt_allowed: options.resample_tilt,
            missing_geometry_allowed: options.missing_geometry,
            volume: options.volume,
        };
        let stack = stack::stack(&frames, first.columns, first.rows, first.slice_spacing, &rules)?;
        let mut notes = stack.notes;
        if found.other_files > 0 {
            notes
                .push(format!("{} files in the folder are no DICOM and were passed over", found.other_files));
        }
        let sorted: Vec<FrameSource<'_>> = stack.order.iter().map(|&i| sources[i]).collect();
        check_cost(&sorted, &options.limits)?;
        let loader = Loader::new(&self.instances, &sorted).map_err(|(i, e)| e.within(label(i)))?;
        let voxels = pixels::read(&sorted, &loader).map_err(|(i, e)| e.within(label(i)))?;
        let mut image = Image::assemble(voxels, stack.geometry);
        if let Some(shear) = stack.shear {
            image = tilt::straightened(&image, shear)?;
            notes.push("the gantry was tilted: slices were shifted by linear interpolation".into());
        }
        Ok(DicomImage { image, series: self.summary(0, false), notes })
    }

    /// Every frame of every file, checked for what can be checked without its pixels.
    fn sources(&self) -> Result<Vec<FrameSource<'_>>, (usize, DicomError)> {
        let mut sources = Vec::new();
        let mut first: Option<&ImageHeader> = None;
        for (file, instance) in self.instances.iter().enumerate() {
            let Some(header) = &instance.image else { continue };
            let codec = readable(instance, header).map_err(|e| (file, e))?;
            let reference = *first.get_or_insert(header);
            let mixed = |field: tags::Attribute, a: usize, b: usize| {
                (
                    file,
                    DicomError::Mixed {
                        field: field.to_string(),
                        first: a.to_string(),
                        second: b.to_string(),
                    },
                )
            };
            if header.rows != reference.rows {
                return Err(mixed(tags::ROWS, reference.rows, header.rows));
            }
            if header.columns != reference.columns {
                return Err(mixed(tags::COLUMNS, reference.columns, header.columns));
            }
            sources.extend((0..header.frames.len()).map(|frame| FrameSource { header, codec, file, frame }));
        }
        Ok(sources)
    }
}

//! A file or folder of DICOM → its series, and one series → a volume.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use rayon::prelude::*;

use super::{
    error::{DicomError, shown},
    file::DicomFile,
    guard::Limits,
    instance::{ImageHeader, Instance, Kind},
    listing::{Identifiers, Listing, SeriesSummary},
    load::{Loader, check_cost, readable},
    masks::{FrameOfReference, ReferencedSeries, RegionFile},
    pixels::{self, FrameSource},
    privacy,
    stack::{self, Stack, StackRules},
    suv::{self, PetHeader, SuvSummary},
    tags, tilt,
};
use crate::{
    geometry::Geometry,
    volume::{Image, Sample, SampleType, Voxels},
    with_voxels,
};

/// How a series is found and read. The defaults refuse whatever is not one clean volume.
#[derive(Clone, Debug)]
pub struct SeriesOptions {
    /// Which series, where there are several.
    pub series: Option<SeriesChoice>,
    /// Series that regions were drawn on: where there are several and none is chosen, theirs is taken.
    pub drawn_on: ReferencedSeries,
    /// Look into folders inside the folder, too.
    pub recursive: bool,
    /// Which of several volumes in one series (phases, echoes, b-values), from 0.
    pub volume: Option<usize>,
    /// Straighten volumes of a tilted gantry by linear interpolation within each slice, instead of refusing
    /// them.
    pub resample_tilt: bool,
    /// Take files without position or spacing: 1 mm at the origin.
    pub missing_geometry: bool,
    /// Turn PET into standardised uptake values by body weight.
    pub suv: bool,
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
            drawn_on: ReferencedSeries::default(),
            recursive: false,
            volume: None,
            resample_tilt: false,
            missing_geometry: false,
            suv: false,
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
    /// Its Series Description, in upper or lower case.
    Description(String),
}

impl SeriesChoice {
    /// What a text names: a number of the list, a UID, or else a description.
    ///
    /// ```
    /// use radiomics_imaging::io::dicom::SeriesChoice;
    /// assert_eq!(SeriesChoice::parse("2"), SeriesChoice::Number(2));
    /// assert_eq!(SeriesChoice::parse("1.2.840.9"), SeriesChoice::Uid("1.2.840.9".into()));
    /// assert_eq!(SeriesChoice::parse("T2 axial"), SeriesChoice::Description("T2 axial".into()));
    /// ```
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let uid = text.contains('.') && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        match text.parse() {
            Ok(number) => Self::Number(number),
            Err(_) if uid => Self::Uid(text.into()),
            Err(_) => Self::Description(text.into()),
        }
    }
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
    /// The patient space, to compare with that of regions.
    pub frame_of_reference: FrameOfReference,
    /// How activity became SUV, where that was asked for.
    pub suv: Option<SuvSummary>,
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
/// [`DicomError::ManySeries`] lists the series where none was chosen; the other variants say what keeps the
/// files from being one volume.
pub fn read(path: &Path, options: &SeriesOptions) -> Result<DicomImage, DicomError> {
    let found = Found::whole(path, options)?;
    let (series, summary) = found.chosen(options)?;
    series.read(&found, summary, options).map_err(|e| found.about(e, path))
}

/// What reading a series would give, from its headers alone.
#[derive(Clone, Debug)]
pub struct DicomHeader {
    /// The grid.
    pub geometry: Geometry,
    /// The narrowest type that holds what the headers allow; reading may find that a narrower one will do.
    pub sample_type: SampleType,
    /// The series.
    pub series: SeriesSummary,
    /// Size of its files in bytes.
    pub bytes_on_disk: u64,
    /// What was assumed or passed over, one sentence each.
    pub notes: Vec<String>,
    /// The patient space, to compare with that of regions.
    pub frame_of_reference: FrameOfReference,
}

/// Reads the headers of one image series, and checks all that [`read`] checks but the pixels.
///
/// # Errors
/// As [`read`].
pub fn header(path: &Path, options: &SeriesOptions) -> Result<DicomHeader, DicomError> {
    let found = Found::whole(path, options)?;
    let (series, summary) = found.chosen(options)?;
    series.header(&found, summary, options).map_err(|e| found.about(e, path))
}

/// The headers of all files of a folder.
pub(super) struct Found {
    pub(super) instances: Vec<Instance>,
    /// What to call each file in messages.
    labels: BTreeMap<PathBuf, String>,
    pub(super) other_files: usize,
    pub(super) damaged: Vec<DicomError>,
    single: bool,
}

impl Found {
    pub(super) fn scan(path: &Path, options: &SeriesOptions) -> Result<Self, DicomError> {
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

    /// As [`Found::scan`], where a damaged file is an error: it could be a slice, and is never silently left
    /// out.
    pub(super) fn whole(path: &Path, options: &SeriesOptions) -> Result<Self, DicomError> {
        let mut found = Self::scan(path, options)?;
        match found.damaged.pop() {
            Some(error) => Err(error),
            None => Ok(found),
        }
    }

    /// The files by series: images first, then by the scanner's number, then by UID.
    pub(super) fn series(&self) -> Vec<Series<'_>> {
        let mut groups: BTreeMap<_, Vec<&Instance>> = BTreeMap::new();
        for instance in &self.instances {
            let key = (instance.kind, instance.series_number, &instance.study_uid, &instance.series_uid);
            groups.entry(key).or_default().push(instance);
        }
        groups.into_values().map(|instances| Series { instances }).collect()
    }

    /// The image series that the options name, or the only one.
    fn chosen(&self, options: &SeriesOptions) -> Result<(Series<'_>, SeriesSummary), DicomError> {
        let series = self.series();
        let summaries: Vec<SeriesSummary> =
            series.iter().enumerate().map(|(i, s)| s.summary(i + 1, options.identifiers)).collect();
        let images: Vec<usize> = (0..series.len()).filter(|&i| series[i].kind() == Kind::Image).collect();
        let lines = |of: &[usize]| of.iter().map(|&i| summaries[i].to_string()).collect();
        let absent = |wanted: String| DicomError::NoSuchSeries { wanted, series: lines(&images) };
        let those = |same: &dyn Fn(&Instance) -> bool| -> Vec<usize> {
            images.iter().copied().filter(|&i| same(series[i].instances[0])).collect()
        };
        let (candidates, wanted) = match &options.series {
            _ if images.is_empty() => return Err(self.no_image(&series)),
            None if images.len() == 1 => (images.clone(), String::new()),
            None => match those(&|i| options.drawn_on.holds(&i.series_uid)) {
                one if one.len() == 1 => (one, String::new()),
                _ => return Err(DicomError::ManySeries { series: lines(&images) }),
            },
            Some(SeriesChoice::Number(wanted)) => {
                let one = images.iter().copied().filter(|&i| summaries[i].number == *wanted).collect();
                (one, format!("number {wanted}"))
            }
            Some(SeriesChoice::Uid(uid)) => (those(&|i| i.series_uid == *uid), "of that UID".into()),
            Some(SeriesChoice::Description(text)) => {
                let same = |i: &Instance| {
                    i.description.as_ref().is_some_and(|d| d.trim().to_lowercase() == text.to_lowercase())
                };
                (those(&same), format!("of the description {}", shown(text)))
            }
        };
        let chosen = match candidates.as_slice() {
            [only] => *only,
            [] => return Err(absent(wanted)),
            several => return Err(DicomError::ManySeries { series: lines(several) }),
        };
        let summary = summaries[chosen].clone();
        let mut series = series;
        Ok((series.swap_remove(chosen), summary))
    }

    /// A file of regions among those found.
    pub(super) fn region_file(
        &self,
        instance: &Instance,
        options: &SeriesOptions,
    ) -> Result<RegionFile, DicomError> {
        RegionFile::open(&instance.path, &options.limits).map_err(|e| match e {
            DicomError::InFile { source, .. } => source.within(self.label(instance)),
            other => other,
        })
    }

    /// What to call a file in messages.
    pub(super) fn label(&self, instance: &Instance) -> String {
        self.labels.get(&instance.path).cloned().unwrap_or_default()
    }

    /// An error together with the path, where that is one file.
    fn about(&self, error: DicomError, path: &Path) -> DicomError {
        if self.single { error.at(path) } else { error }
    }

    fn no_image(&self, series: &[Series<'_>]) -> DicomError {
        if series.is_empty() {
            return DicomError::Empty { other_files: self.other_files };
        }
        let lines: Vec<String> =
            series.iter().enumerate().map(|(i, s)| s.summary(i + 1, false).to_string()).collect();
        let why = format!("only\n{}", lines.join("\n"));
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

pub(super) struct Series<'a> {
    pub(super) instances: Vec<&'a Instance>,
}

/// Frames in their order, and the grid they make.
struct Plan<'a> {
    sources: Vec<FrameSource<'a>>,
    stack: Stack,
}

impl Series<'_> {
    pub(super) fn kind(&self) -> Kind {
        self.instances[0].kind
    }

    pub(super) fn summary(&self, number: usize, identifiers: bool) -> SeriesSummary {
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
            identifiers: identifiers.then(|| Identifiers::of(first)),
        }
    }

    /// Everything before the pixels.
    fn plan(&self, found: &Found, options: &SeriesOptions) -> Result<Plan<'_>, DicomError> {
        let sources = self.sources().map_err(|(i, e)| e.within(found.label(self.instances[i])))?;
        let Some(first) = sources.first().map(|s| s.header) else {
            return Err(DicomError::missing(tags::PIXEL_DATA, "in an image"));
        };
        let frames: Vec<_> = sources.iter().map(|s| &s.header.frames[s.frame]).collect();
        let rules = StackRules {
            tolerance_mm: options.position_tolerance_mm,
            tilt_allowed: options.resample_tilt,
            missing_geometry_allowed: options.missing_geometry,
            volume: options.volume,
        };
        let mut stack = stack::stack(&frames, first.columns, first.rows, first.slice_spacing, &rules)?;
        if found.other_files > 0 {
            stack
                .notes
                .push(format!("{} files in the folder are no DICOM and were passed over", found.other_files));
        }
        let sorted: Vec<FrameSource<'_>> = stack.order.iter().map(|&i| sources[i]).collect();
        check_cost(&sorted, &options.limits)?;
        Ok(Plan { sources: sorted, stack })
    }

    /// What [`Series::read`] would give.
    pub(super) fn header(
        &self,
        found: &Found,
        summary: SeriesSummary,
        options: &SeriesOptions,
    ) -> Result<DicomHeader, DicomError> {
        let Plan { sources, stack } = self.plan(found, options)?;
        let size = |i: &&Instance| fs::metadata(&i.path).map_or(0, |m| m.len());
        let (mut geometry, mut sample_type) = (stack.geometry, pixels::sample_type(&sources));
        if options.suv {
            sample_type = SampleType::F64;
        }
        if let Some(shear) = stack.shear {
            geometry = tilt::straight_grid(&geometry, shear)?.0;
            sample_type = SampleType::F32;
        }
        Ok(DicomHeader {
            geometry,
            sample_type,
            series: summary,
            bytes_on_disk: self.instances.iter().map(size).sum(),
            notes: stack.notes,
            frame_of_reference: self.instances[0].frame_of_reference.clone(),
        })
    }

    fn read(
        &self,
        found: &Found,
        summary: SeriesSummary,
        options: &SeriesOptions,
    ) -> Result<DicomImage, DicomError> {
        let Plan { sources, stack } = self.plan(found, options)?;
        let mut notes = stack.notes;
        let suv = if options.suv { Some(self.suv(options)?) } else { None };
        let named = |(i, e): (usize, DicomError)| e.within(found.label(self.instances[i]));
        let loader = Loader::new(&self.instances, &sources).map_err(named)?;
        let mut voxels = pixels::read(&sources, &loader).map_err(named)?;
        if let Some(suv) = &suv {
            let factor = suv.factor;
            voxels = Voxels::F64(with_voxels!(voxels, |a| a.mapv(|v| Sample::to_f64(v) * factor)));
        }
        let mut image = Image::assemble(voxels, stack.geometry);
        if let Some(shear) = stack.shear {
            image = tilt::straightened(&image, shear)?;
            notes.push("the gantry was tilted: slices were shifted by linear interpolation".into());
        }
        let frame_of_reference = self.instances[0].frame_of_reference.clone();
        Ok(DicomImage { image, series: summary, notes, frame_of_reference, suv })
    }

    /// The factor to SUV, from all headers of the series.
    fn suv(&self, options: &SeriesOptions) -> Result<SuvSummary, DicomError> {
        let modality = &self.instances[0].modality;
        if modality != "PT" {
            return Err(DicomError::Suv(format!("the series is of modality `{modality}`, not PET (PT)")));
        }
        let headers: Result<Vec<PetHeader>, DicomError> = self
            .instances
            .par_iter()
            .map(|i| PetHeader::of(&DicomFile::open(&i.path, &options.limits)?.data_set()?))
            .collect();
        suv::factor(&headers?)
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

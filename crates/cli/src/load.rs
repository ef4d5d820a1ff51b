//! Images and masks from any file: label maps, segmentations, and contours filled on the grid of the image.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use radiomics_imaging::{
    Geometry, Image, Mask,
    io::{
        ReadError, ReadOptions,
        dicom::{
            self, DicomError, FrameOfReference, MaskOptions, ReferencedSeries, RegionChoice, RegionFile,
            SeriesChoice, SeriesOptions,
        },
        header, read, read_mask,
    },
};

use crate::args::DicomArgs;

/// What to read of the files of a case.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Which volume of a 4D image, from 0.
    pub frame: Option<usize>,
    /// Which value of each voxel of a mask is its label, from 0.
    pub label_channel: usize,
    /// Which region of a segmentation or structure set: its name or number, or `all`.
    pub roi: Option<String>,
    /// All regions of a structure set, as with `all`, where none is named.
    pub all_labels: bool,
    /// How DICOM files are read.
    pub dicom: DicomArgs,
}

/// An image that was read.
pub struct Scan {
    pub image: Image,
    /// What was assumed or corrected, one sentence each.
    pub notes: Vec<String>,
    /// Where it lies.
    pub place: Place,
    /// The series that a mask was drawn on, where that decided which of several was read.
    drawn_on: Option<ReferencedSeries>,
}

impl Scan {
    /// Whether [`scan`] would read the same image of the same path for another mask.
    pub fn serves(&self, mask: &Path, options: &LoadOptions) -> bool {
        let Some(drawn_on) = &self.drawn_on else { return true };
        dicom::recognised(mask) && regions_at(mask, options).is_some_and(|file| file.drawn_on() == drawn_on)
    }
}

/// Where an image lies.
#[derive(Clone)]
pub struct Place {
    pub grid: Geometry,
    space: FrameOfReference,
}

/// A mask that was read, on the grid it came with or on that of the image.
pub struct Regions {
    pub mask: Mask,
    /// Name of the one region in it, where it comes from a segmentation or structure set.
    pub roi: Option<String>,
    /// Label of that region. `None`: a label map, of which any label may be wanted.
    pub label: Option<u32>,
    /// What was left out, moved or assumed, one sentence each.
    pub notes: Vec<String>,
}

/// Reads an image. Of a DICOM folder with several series, where none is chosen, it is the one that one of the
/// `masks` was drawn on.
pub fn scan(path: &Path, masks: &[&Path], options: &LoadOptions) -> Result<Scan> {
    let what = "cannot read the image";
    if !dicom::recognised(path) {
        options.refuse_dicom(path)?;
        let options = ReadOptions { frame: options.frame, ..ReadOptions::default() };
        let image = read(path, &options).context(what)?;
        let place = Place { grid: *image.geometry(), space: FrameOfReference::default() };
        return Ok(Scan { image, notes: Vec::new(), place, drawn_on: None });
    }
    let (found, drawn_on) = of_series(path, masks, options, dicom::read).context(what)?;
    let mut notes = found.notes;
    notes.extend(found.suv.into_iter().flat_map(|suv| suv.notes));
    let place = Place { grid: *found.image.geometry(), space: found.frame_of_reference };
    Ok(Scan { image: found.image, notes, place, drawn_on })
}

/// As [`scan`], without reading voxels.
pub fn place(path: &Path, masks: &[&Path], options: &LoadOptions) -> Result<Place> {
    let what = "cannot read the image";
    if !dicom::recognised(path) {
        let header = header(path).context(what)?;
        return Ok(Place { grid: header.geometry, space: FrameOfReference::default() });
    }
    let (found, _) = of_series(path, masks, options, dicom::header).context(what)?;
    Ok(Place { grid: found.geometry, space: found.frame_of_reference })
}

/// Reads something of the series chosen, else of the only one, else of the one that a mask was drawn on. Says which
/// that is, if it decided.
fn of_series<T>(
    path: &Path,
    masks: &[&Path],
    options: &LoadOptions,
    read: impl Fn(&Path, &SeriesOptions) -> Result<T, DicomError>,
) -> Result<(T, Option<ReferencedSeries>), ReadError> {
    let mut series = options.series();
    let mut found = read(path, &series);
    let mut decided = None;
    if matches!(found, Err(DicomError::ManySeries { .. })) {
        let mut files = masks.iter().filter(|mask| dicom::recognised(mask));
        if let Some(file) = files.find_map(|mask| regions_at(mask, options)) {
            series.drawn_on = file.drawn_on().clone();
            decided = Some(series.drawn_on.clone());
            found = read(path, &series);
        }
    }
    found.map(|found| (found, decided)).map_err(|error| ReadError::dicom(path, error))
}

/// The segmentation or structure set at a path, where there is one that can be read.
fn regions_at(path: &Path, options: &LoadOptions) -> Option<RegionFile> {
    RegionFile::find(path, options.region().as_ref(), &options.series()).ok().flatten()
}

/// Reads image and mask side by side; see [`regions`].
pub fn both(image: &Path, mask: &Path, options: &LoadOptions) -> Result<(Scan, Vec<Wanted>)> {
    if dicom::recognised(mask) {
        let scan = scan(image, &[mask], options)?;
        let regions = regions(mask, Some(&scan.place), options)?;
        return Ok((scan, regions));
    }
    let (scan, regions) = rayon::join(
        || scan(image, &[mask], options),
        || label_map(mask, options).map(|read| Wanted::Read(Box::new(read))),
    );
    Ok((scan?, vec![regions?]))
}

/// The masks at a path: one for a label map, or for the region chosen; with `all`, one for each region. They lie on
/// the grid of the image at `place`; without it on their own, which contours have not.
///
/// They are made one at a time, by [`Wanted::get`]: each of the many regions of a structure set takes the
/// memory of a mask.
pub fn regions(path: &Path, place: Option<&Place>, options: &LoadOptions) -> Result<Vec<Wanted>> {
    if !dicom::recognised(path) {
        return Ok(vec![Wanted::Read(Box::new(label_map(path, options)?))]);
    }
    let what = "cannot read the mask";
    let failed = |error| ReadError::dicom(path, error);
    let choice = options.region();
    let file = RegionFile::find(path, choice.as_ref(), &options.series()).map_err(failed).context(what)?;
    let Some(file) = file else { return Ok(vec![Wanted::Read(Box::new(label_map(path, options)?))]) };
    let (path, place) = (path.to_owned(), place.cloned());
    let file = Arc::new(Opened { file, path, place, options: options.mask() });
    let all = || file.file.regions().iter().map(|(number, _)| RegionChoice::Number(*number)).collect();
    let chosen: Vec<RegionChoice> = match (&choice, &file.file) {
        (Some(choice), _) => vec![choice.clone()],
        (None, RegionFile::Structures(_)) if options.all_labels => all(),
        (None, _) if options.roi.is_some() => all(),
        (None, RegionFile::Segmentation(_)) => return Ok(vec![Wanted::Segments(file)]),
        (None, RegionFile::Structures(set)) => {
            let drawn: Vec<_> = set.rois().iter().filter(|roi| roi.encloses()).collect();
            let [only] = drawn.as_slice() else {
                bail!(
                    "{what}: {}: {} regions have closed contours; choose one with --roi, or each with --roi all: {}",
                    file.path.display(),
                    drawn.len(),
                    file.file
                );
            };
            vec![RegionChoice::Number(only.number)]
        }
    };
    Ok(chosen.into_iter().map(|choice| Wanted::Region(file.clone(), choice)).collect())
}

/// A mask that is read when it is asked for.
pub enum Wanted {
    Read(Box<Regions>),
    Segments(Arc<Opened>),
    Region(Arc<Opened>, RegionChoice),
}

/// A file of regions and where they are to lie.
pub struct Opened {
    file: RegionFile,
    path: PathBuf,
    place: Option<Place>,
    options: MaskOptions,
}

impl Wanted {
    /// Number and name of the one region that it is.
    pub fn region(&self) -> Option<(i64, String)> {
        let Self::Region(opened, RegionChoice::Number(wanted)) = self else { return None };
        let regions = opened.file.regions();
        regions
            .iter()
            .find(|(number, _)| number == wanted)
            .map(|(number, name)| (*number, (*name).to_owned()))
    }

    /// The mask.
    pub fn get(self) -> Result<Regions> {
        let (opened, choice) = match self {
            Self::Read(regions) => return Ok(*regions),
            Self::Segments(opened) => (opened, None),
            Self::Region(opened, choice) => (opened, Some(choice)),
        };
        let mut regions = opened
            .mask(choice.as_ref())
            .map_err(|error| ReadError::dicom(&opened.path, error))
            .context("cannot read the mask")?;
        if opened.place.as_ref().is_some_and(|p| opened.file.shares_space(&p.space) == Some(false)) {
            let note = "image and mask name different frames of reference: do they belong together?";
            regions.notes.push(note.into());
        }
        Ok(regions)
    }
}

impl Opened {
    /// One region; of a segmentation also all.
    fn mask(&self, choice: Option<&RegionChoice>) -> Result<Regions, DicomError> {
        let MaskOptions { threshold, limits, .. } = self.options;
        let grid = self.place.as_ref().map(|place| &place.grid);
        let (mask, roi, label, notes) = match (&self.file, choice, grid) {
            (RegionFile::Segmentation(seg), None, grid) => {
                (seg.mask(None, grid, threshold, &limits)?, None, None, Vec::new())
            }
            (RegionFile::Segmentation(seg), Some(choice), None) => {
                let segment = seg.segment(choice)?;
                let mask = seg.mask(Some(segment), None, threshold, &limits)?;
                (mask, Some(segment.label.clone()), Some(segment.number.into()), Vec::new())
            }
            (file, Some(choice), Some(grid)) => {
                let found = file.mask(choice, grid, &self.options)?;
                (found.mask, Some(found.name), Some(found.label), found.notes)
            }
            (RegionFile::Structures(_), ..) => {
                let why = "contours need the grid of an image to be filled on".into();
                return Err(DicomError::Nothing { wanted: "label map", why });
            }
        };
        Ok(Regions { mask, roi, label, notes })
    }
}

fn label_map(path: &Path, options: &LoadOptions) -> Result<Regions> {
    if let Some(roi) = &options.roi {
        bail!(
            "cannot read the mask: {}: is a label map, which knows no region `{roi}`; --roi is for DICOM-SEG \
             and RTSTRUCT, choose a label with --label",
            path.display()
        );
    }
    let reading = ReadOptions { component: options.label_channel, ..ReadOptions::default() };
    let mask = read_mask(path, &reading).context("cannot read the mask")?;
    Ok(Regions { mask, roi: None, label: None, notes: Vec::new() })
}

impl LoadOptions {
    /// How a DICOM series is read.
    pub fn series(&self) -> SeriesOptions {
        SeriesOptions {
            series: self.dicom.series.as_deref().map(SeriesChoice::parse),
            recursive: true,
            volume: self.frame,
            resample_tilt: self.dicom.resample_tilt,
            missing_geometry: self.dicom.missing_geometry,
            suv: self.dicom.suv,
            identifiers: self.dicom.identifiers,
            ..SeriesOptions::default()
        }
    }

    /// How a region becomes a mask.
    pub fn mask(&self) -> MaskOptions {
        MaskOptions {
            threshold: self.dicom.fraction,
            stray: self.dicom.stray_contours.into(),
            ..MaskOptions::default()
        }
    }

    /// The one region that is named.
    fn region(&self) -> Option<RegionChoice> {
        self.roi.clone().filter(|roi| roi != "all").map(RegionChoice::Typed)
    }

    /// Options that only DICOM has are an error with other files.
    fn refuse_dicom(&self, path: &Path) -> Result<()> {
        let given = [("--series", self.dicom.series.is_some()), ("--suv", self.dicom.suv)];
        match given.iter().find(|(_, given)| *given) {
            Some((option, _)) => {
                bail!(
                    "cannot read the image: {}: is no DICOM file or folder, which {option} is for",
                    path.display()
                )
            }
            None => Ok(()),
        }
    }
}

//! Segmentations and structure sets alike: regions by name or number, each as a mask on the grid of an image.

use std::{fmt, path::Path};

use super::{
    choice::RegionChoice,
    dataset::DataSet,
    error::{DicomError, shown},
    guard::Limits,
    instance::{Instance, Kind},
    rtstruct::{StrayContours, StructureSet},
    seg::Segmentation,
    series::{Found, SeriesOptions},
    tags,
};
use crate::{geometry::Geometry, mask::Mask};

/// A file of regions, DICOM-SEG or RTSTRUCT.
///
/// ```no_run
/// use radiomics_imaging::io::dicom::{self, MaskOptions, RegionChoice, RegionFile, SeriesOptions};
/// let ct = dicom::read("patient-7/ct".as_ref(), &SeriesOptions::default())?;
/// let regions = RegionFile::open("patient-7/structures.dcm".as_ref(), &Default::default())?;
/// let tumour = RegionChoice::Name("GTV-1".into());
/// let region = regions.mask(&tumour, ct.image.geometry(), &MaskOptions::default())?;
/// println!("{} voxels", region.mask.region(region.label).map_or(0, |r| r.voxels));
/// # Ok::<(), dicom::DicomError>(())
/// ```
#[derive(Debug)]
pub enum RegionFile {
    /// DICOM-SEG.
    Segmentation(Box<Segmentation>),
    /// RTSTRUCT.
    Structures(StructureSet),
}

/// How a region becomes a mask.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaskOptions {
    /// Fraction from which a voxel of a fractional segmentation counts.
    pub threshold: f64,
    /// What becomes of contours between slices or beyond the image.
    pub stray: StrayContours,
    /// What the file may cost.
    pub limits: Limits,
}

impl Default for MaskOptions {
    fn default() -> Self {
        Self { threshold: 0.5, stray: StrayContours::Refuse, limits: Limits::default() }
    }
}

/// One region on the grid of an image.
#[derive(Clone, Debug)]
pub struct RegionMask {
    /// Its number in the file.
    pub number: i64,
    /// Its name in the file.
    pub name: String,
    /// The label it has in the mask: Segment Number, or 1 for contours.
    pub label: u32,
    /// Where it lies.
    pub mask: Mask,
    /// What was left out, moved or passed over, one sentence each.
    pub notes: Vec<String>,
}

impl RegionFile {
    /// Opens a file of either kind.
    ///
    /// # Errors
    /// [`DicomError::Nothing`] where it is neither, the other variants where it is damaged.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, DicomError> {
        let instance = Instance::open(path, limits).map_err(|e| e.at(path))?;
        match instance.kind {
            Kind::Segmentation => Ok(Self::Segmentation(Box::new(Segmentation::open(path, limits)?))),
            Kind::Structures => Ok(Self::Structures(StructureSet::open(path, limits)?)),
            _ => {
                let why = format!("the file is of modality `{}`", instance.modality);
                Err(DicomError::Nothing { wanted: "segmentation or structure set", why }.at(path))
            }
        }
    }

    /// The file of regions at a path: the file itself, or the one in a folder; where the folder holds several,
    /// the only one that has the region chosen. `None` where there are image series only.
    ///
    /// # Errors
    /// [`DicomError::ManyRegionFiles`] lists them where none stands out; files that are damaged; no DICOM at all.
    pub fn find(
        path: &Path,
        choice: Option<&RegionChoice>,
        options: &SeriesOptions,
    ) -> Result<Option<Self>, DicomError> {
        let found = Found::scan(path, options)?;
        let mut files = Vec::new();
        for instance in &found.instances {
            if matches!(instance.kind, Kind::Segmentation | Kind::Structures) {
                files.push((found.label(instance), found.region_file(instance, options)?));
            }
        }
        if files.is_empty() {
            return match found.damaged.into_iter().next() {
                Some(error) => Err(error),
                None if found.instances.is_empty() => {
                    Err(DicomError::Empty { other_files: found.other_files })
                }
                None => Ok(None),
            };
        }
        let lines = files.iter().map(|(label, file)| format!("{label}: {file}")).collect();
        if let (Some(choice), 2..) = (choice, files.len()) {
            files.retain(|(_, file)| file.has(choice));
        }
        match files.len() {
            1 => Ok(files.pop().map(|(_, file)| file)),
            _ => Err(DicomError::ManyRegionFiles { files: lines }),
        }
    }

    fn has(&self, choice: &RegionChoice) -> bool {
        // Two of one name are there, too: the error about them comes later.
        !matches!(
            choice.among("region", &self.regions(), |region| *region),
            Err(DicomError::NoSuchRegion { .. })
        )
    }

    /// Number and name of every region, in the order of the file.
    pub fn regions(&self) -> Vec<(i64, &str)> {
        match self {
            Self::Segmentation(seg) => {
                seg.segments().iter().map(|s| (i64::from(s.number), s.label.as_str())).collect()
            }
            Self::Structures(set) => set.rois().iter().map(|r| (r.number, r.name.as_str())).collect(),
        }
    }

    /// One region on the grid of an image.
    ///
    /// # Errors
    /// As [`Segmentation::mask`] and [`Roi::mask`](super::Roi::mask).
    pub fn mask(
        &self,
        choice: &RegionChoice,
        image: &Geometry,
        options: &MaskOptions,
    ) -> Result<RegionMask, DicomError> {
        match self {
            Self::Segmentation(seg) => {
                let segment = seg.segment(choice)?;
                let mask = seg.mask(Some(segment), Some(image), options.threshold, &options.limits)?;
                let (number, name) = (segment.number.into(), segment.label.clone());
                Ok(RegionMask { number, name, label: segment.number.into(), mask, notes: Vec::new() })
            }
            Self::Structures(set) => {
                let roi = set.roi(choice)?;
                let filled = roi.mask(image, options.stray)?;
                let (number, name) = (roi.number, roi.name.clone());
                Ok(RegionMask { number, name, label: 1, mask: filled.mask, notes: filled.notes })
            }
        }
    }

    /// The series that the regions were drawn on.
    pub fn drawn_on(&self) -> &ReferencedSeries {
        match self {
            Self::Segmentation(seg) => seg.drawn_on(),
            Self::Structures(set) => set.drawn_on(),
        }
    }

    /// Whether the regions were drawn in the same patient space as an image; `None` where a file does not
    /// say.
    pub fn shares_space(&self, image: &FrameOfReference) -> Option<bool> {
        let own = match self {
            Self::Segmentation(seg) => seg.frame_of_reference(),
            Self::Structures(set) => set.frame_of_reference(),
        };
        own.same(image)
    }
}

impl fmt::Display for RegionFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Segmentation(_) => "DICOM-SEG",
            Self::Structures(_) => "RTSTRUCT",
        };
        let regions = self.regions();
        let names: Vec<String> =
            regions.iter().take(10).map(|(n, name)| format!("{n} {}", shown(name))).collect();
        let more =
            if regions.len() > 10 { format!(" and {} more", regions.len() - 10) } else { String::new() };
        write!(f, "{kind}, regions {}{more}", names.join(", "))
    }
}

/// The series that a file of regions refers to, by UIDs that are shown nowhere.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ReferencedSeries(Vec<String>);

impl ReferencedSeries {
    /// Adds the series that items of a sequence name.
    pub(super) fn add(&mut self, items: &[DataSet<'_>]) {
        self.0.extend(items.iter().filter_map(|item| Some(item.code(tags::SERIES_UID)?.into_owned())));
    }

    pub(super) fn holds(&self, uid: &str) -> bool {
        self.0.iter().any(|own| own == uid)
    }
}

impl fmt::Debug for ReferencedSeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReferencedSeries({})", self.0.len())
    }
}

/// The patient space of a series, kept for comparison only: its UID is shown nowhere.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FrameOfReference(Option<String>);

impl FrameOfReference {
    pub(super) fn new(uid: Option<String>) -> Self {
        Self(uid)
    }

    /// Whether two spaces are one; `None` where one is not known.
    pub fn same(&self, other: &Self) -> Option<bool> {
        Some(self.0.as_ref()? == other.0.as_ref()?)
    }
}

impl fmt::Debug for FrameOfReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "FrameOfReference(known)" } else { "FrameOfReference(unknown)" })
    }
}

//! RTSTRUCT: closed contours by name → a mask on the grid of an image.

use std::path::Path;

use ndarray::Array3;

use super::{
    choice::RegionChoice,
    error::{DicomError, shown},
    file::DicomFile,
    guard::Limits,
    instance::{Instance, Kind},
    masks::{FrameOfReference, ReferencedSeries},
    polygon::Canvas,
    tags,
};
use crate::{
    geometry::Geometry,
    mask::Mask,
    volume::{Volume, VolumeError},
};

/// The regions of an RTSTRUCT file.
#[derive(Clone, Debug)]
pub struct StructureSet {
    rois: Vec<Roi>,
    frame_of_reference: FrameOfReference,
    drawn_on: ReferencedSeries,
}

/// One region: its number and name, and its contours.
#[derive(Clone, Debug)]
pub struct Roi {
    /// ROI Number.
    pub number: i64,
    /// ROI Name.
    pub name: String,
    contours: Vec<Contour>,
}

#[derive(Clone, Debug)]
struct Contour {
    /// Contour Geometric Type.
    kind: String,
    /// Positions in mm, LPS.
    points: Vec<[f64; 3]>,
}

/// What becomes of contours that lie between the slices of the image, or beyond its first or last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StrayContours {
    /// They are an error that lists their positions.
    #[default]
    Refuse,
    /// Those between slices go to the nearest slice; those beyond the image are left out. Both are noted.
    Nearest,
    /// They are left out and noted.
    Skip,
}

/// A region on the grid of an image.
#[derive(Clone, Debug)]
pub struct RoiMask {
    /// Label 1 is the region.
    pub mask: Mask,
    /// Number of contours filled.
    pub contours: usize,
    /// What was left out, moved or passed over, one sentence each.
    pub notes: Vec<String>,
}

/// How far from a slice a contour may lie and still be of it, as a part of the slice distance.
const ON_SLICE: f64 = 0.2;

impl StructureSet {
    /// Reads a file.
    ///
    /// # Errors
    /// [`DicomError`] says what keeps the file from being a structure set.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, DicomError> {
        Self::read(path, limits).map_err(|e| e.at(path))
    }

    fn read(path: &Path, limits: &Limits) -> Result<Self, DicomError> {
        let file = DicomFile::open(path, limits)?;
        let set = file.data_set()?;
        let instance = Instance::of(path, &file, &set)?;
        if instance.kind != Kind::Structures {
            let why = format!("the file is of modality `{}`", instance.modality);
            return Err(DicomError::Nothing { wanted: "structure set", why });
        }
        let mut rois = Vec::new();
        let mut space = None;
        for item in set.items(tags::STRUCTURE_SET_ROI)? {
            let Some(number) = item.number(tags::ROI_NUMBER)? else {
                return Err(DicomError::missing(tags::ROI_NUMBER, "to tell regions apart"));
            };
            let name = item.text(tags::ROI_NAME).unwrap_or_default();
            space = space.or_else(|| item.code(tags::REFERENCED_FRAME_OF_REFERENCE).map(|c| c.into_owned()));
            rois.push(Roi { number: number as i64, name, contours: Vec::new() });
        }
        for item in set.items(tags::ROI_CONTOUR)? {
            let number = item.number(tags::REFERENCED_ROI)?.map(|n| n as i64);
            let Some(roi) = rois.iter_mut().find(|r| Some(r.number) == number) else { continue };
            for contour in item.items(tags::CONTOUR_SEQUENCE)? {
                let kind = contour.code(tags::CONTOUR_TYPE).unwrap_or_default().into_owned();
                let data = contour.numbers(tags::CONTOUR_DATA)?.unwrap_or_default();
                let (points, rest) = data.as_chunks::<3>();
                let count = contour.count(tags::CONTOUR_POINTS)?;
                if !rest.is_empty() || count.is_some_and(|c| c != points.len() as u64) {
                    let what = format!(
                        "contour {} holds {} coordinates where {} are expected",
                        roi.contours.len() + 1,
                        data.len(),
                        count.map_or("a multiple of 3".into(), |c| format!("{} ({c} points)", 3 * c))
                    );
                    return Err(DicomError::Contours { roi: roi.name.clone(), what });
                }
                roi.contours.push(Contour { kind, points: points.to_vec() });
            }
        }
        let mut drawn_on = ReferencedSeries::default();
        for frame in set.items(tags::REFERENCED_FRAMES_OF_REFERENCE)? {
            space = space.or_else(|| frame.code(tags::FRAME_OF_REFERENCE).map(|c| c.into_owned()));
            for study in frame.items(tags::RT_REFERENCED_STUDY)? {
                drawn_on.add(&study.items(tags::RT_REFERENCED_SERIES)?);
            }
        }
        Ok(Self { rois, frame_of_reference: FrameOfReference::new(space), drawn_on })
    }

    pub(super) fn drawn_on(&self) -> &ReferencedSeries {
        &self.drawn_on
    }

    pub(super) fn frame_of_reference(&self) -> &FrameOfReference {
        &self.frame_of_reference
    }

    /// All regions in the order of the file, also those without contours.
    pub fn rois(&self) -> &[Roi] {
        &self.rois
    }

    /// One region.
    ///
    /// # Errors
    /// [`DicomError::NoSuchRegion`] suggests names much like the one asked for,
    /// [`DicomError::AmbiguousRegion`] lists the numbers that share a name.
    pub fn roi(&self, choice: &RegionChoice) -> Result<&Roi, DicomError> {
        choice.among("ROI", &self.rois, |roi| (roi.number, &roi.name))
    }
}

impl Roi {
    /// Number of contours.
    pub fn contours(&self) -> usize {
        self.contours.len()
    }

    /// Whether any of its contours encloses something; markers and lines do not.
    pub fn encloses(&self) -> bool {
        self.contours.iter().any(|c| c.is_closed() && c.points.len() > 2)
    }

    /// The region on the grid of an image: a voxel belongs to it when its centre lies inside an odd number of
    /// the contours of its slice. A contour inside another is a hole. On a left or upper edge a centre is
    /// inside, on a right or lower one outside.
    ///
    /// With this rule the contours of the IBSI CT phantom give its published mask voxel for voxel.
    ///
    /// # Errors
    /// Open contours, contours that do not lie in the planes of the image, and, unless `stray` allows them,
    /// contours between or beyond its slices.
    pub fn mask(&self, image: &Geometry, stray: StrayContours) -> Result<RoiMask, DicomError> {
        let mut notes = Vec::new();
        let slices = self.by_slice(image, stray, &mut notes)?;
        let [columns, rows, _] = image.size();
        let mut voxels = Array3::from_elem(image.shape(), false);
        let (mut filled, mut outside) = (0, 0);
        for (z, polygons) in slices.iter().enumerate() {
            let mut plane = voxels.index_axis_mut(ndarray::Axis(0), z);
            let Some(pixels) = plane.as_slice_mut() else { continue };
            let mut canvas = Canvas { pixels, columns, rows };
            for polygon in polygons {
                outside += canvas.fill(polygon);
                filled += 1;
            }
        }
        if outside > 0 {
            notes.push(format!("contours reach over the border of the image by about {outside} voxels"));
        }
        let drawn: Vec<usize> = (0..slices.len()).filter(|&z| !slices[z].is_empty()).collect();
        if let (Some(first), Some(last)) = (drawn.first(), drawn.last())
            && last - first + 1 > drawn.len()
        {
            let gaps = last - first + 1 - drawn.len();
            notes.push(format!("{gaps} slices between the first and the last contour have none"));
        }
        let region = Volume::new(voxels, *image).map_err(|e| match e {
            VolumeError::Geometry(g) => DicomError::Geometry(g),
            other => DicomError::Damaged { what: other.to_string(), at: 0 },
        })?;
        Ok(RoiMask { mask: Mask::from_region(&region), contours: filled, notes })
    }

    fn fault(&self, what: impl Into<String>) -> DicomError {
        DicomError::Contours { roi: self.name.clone(), what: what.into() }
    }

    /// The contours that enclose something; open ones are refused.
    fn closed(&self, notes: &mut Vec<String>) -> Result<Vec<&Contour>, DicomError> {
        let Some(first) = self.contours.first() else { return Err(self.fault("it has no contours")) };
        let all = self.contours.len();
        let open = self.contours.iter().filter(|c| c.kind.starts_with("OPEN")).count();
        if open > 0 {
            let what = format!("{open} of {all} contours are open; only closed ones enclose a region");
            return Err(self.fault(what));
        }
        let closed: Vec<&Contour> = self.contours.iter().filter(|c| c.is_closed()).collect();
        if closed.is_empty() {
            let what = format!("its contours are of type {}; expected closed ones", shown(&first.kind));
            return Err(self.fault(what));
        }
        if closed.len() < all {
            notes.push(format!("{} points or other markers were passed over", all - closed.len()));
        }
        Ok(closed)
    }

    /// The polygons of each slice.
    fn by_slice(
        &self,
        image: &Geometry,
        stray: StrayContours,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Vec<Polygon>>, DicomError> {
        let closed = self.closed(notes)?;
        let slices = image.size()[2];
        let mut drawn: Vec<Drawn> = vec![Drawn::default(); slices];
        let (mut between, mut beyond) = (Vec::new(), Vec::new());
        let (mut flat, mut doubled, mut farther) = (0, 0, 0);
        for contour in &closed {
            if contour.points.len() < 3 {
                flat += 1;
                continue;
            }
            let (polygon, z) = self.on_grid(contour, image)?;
            let nearest = z.round();
            if nearest < 0.0 || nearest >= slices as f64 {
                beyond.push(z);
                continue;
            }
            if (z - nearest).abs() > ON_SLICE {
                between.push(z);
                if stray != StrayContours::Nearest {
                    continue;
                }
            }
            match drawn[nearest as usize].add(polygon, (z - nearest).abs()) {
                Added::Drawn(instead) => farther += instead,
                Added::Double => doubled += 1,
                Added::Farther => farther += 1,
            }
        }
        let all = closed.len();
        for (at, moved, place) in [
            (&between, stray == StrayContours::Nearest, "between the slices of the image"),
            (&beyond, false, "beyond its first or last slice"),
        ] {
            if at.is_empty() {
                continue;
            }
            let problem = format!("{} of {all} contours lie {place}: {}", at.len(), places(at, image));
            if stray == StrayContours::Refuse {
                return Err(DicomError::OffGrid { what: "ROI", name: self.name.clone(), problem });
            }
            notes.push(format!(
                "{problem}; they were {}",
                if moved { "moved to the nearest slice" } else { "left out" }
            ));
        }
        for (count, what) in [
            (flat, "of fewer than three points enclose nothing"),
            (doubled, "are stored twice and were filled once"),
            (farther, "were left out because others lie nearer to their slice"),
        ] {
            if count > 0 {
                notes.push(format!("{count} contours {what}"));
            }
        }
        Ok(drawn.into_iter().map(|d| d.polygons).collect())
    }

    /// A contour as pixel indices, and the slice (with fraction) it lies in.
    fn on_grid(&self, contour: &Contour, image: &Geometry) -> Result<(Polygon, f64), DicomError> {
        let points: Vec<[f64; 3]> = contour.points.iter().map(|p| image.index(*p)).collect();
        if points.iter().flatten().any(|i| i.is_nan() || i.abs() > 1e7) {
            return Err(self.fault("a contour has coordinates far outside any image"));
        }
        let heights = points.iter().map(|p| p[2]);
        let (low, high) = heights.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), z| (l.min(z), h.max(z)));
        if high - low > ON_SLICE {
            return Err(self.fault(format!(
                "a contour does not lie in a plane of the image: it spans {:.2} slices, from {low:.2} to \
                 {high:.2}; use the image it was drawn on",
                high - low
            )));
        }
        Ok((points.iter().map(|p| [p[0], p[1]]).collect(), f64::midpoint(low, high)))
    }
}

impl Contour {
    fn is_closed(&self) -> bool {
        matches!(self.kind.as_str(), "CLOSED_PLANAR" | "CLOSEDPLANAR_XOR" | "")
    }
}

type Polygon = Vec<[f64; 2]>;

/// What is drawn in one slice: the contours of the one plane that lies nearest.
#[derive(Clone, Default)]
struct Drawn {
    /// Distance of the plane, in slices.
    distance: f64,
    polygons: Vec<Polygon>,
}

enum Added {
    /// Drawn, in place of so many that lie farther off.
    Drawn(usize),
    /// Left out: stored twice, even-odd filling would rub it out.
    Double,
    /// Left out: another plane lies nearer. Even-odd filling of both would leave their difference.
    Farther,
}

impl Drawn {
    fn add(&mut self, polygon: Polygon, distance: f64) -> Added {
        const ONE_PLANE: f64 = 0.01;
        let mut instead = 0;
        if !self.polygons.is_empty() {
            if distance > self.distance + ONE_PLANE {
                return Added::Farther;
            }
            if distance < self.distance - ONE_PLANE {
                instead = self.polygons.len();
                self.polygons.clear();
            } else if self.polygons.contains(&polygon) {
                return Added::Double;
            }
        }
        if self.polygons.is_empty() {
            self.distance = distance;
        }
        self.polygons.push(polygon);
        Added::Drawn(instead)
    }
}

/// Slice indices and positions along the normal, for messages.
fn places(at: &[f64], image: &Geometry) -> String {
    let spacing = image.spacing()[2];
    let mut at = at.to_vec();
    at.sort_by(f64::total_cmp);
    let shown: Vec<String> =
        at.iter().take(10).map(|z| format!("slice {z:.2} ({:.2} mm from the first)", z * spacing)).collect();
    let more = if at.len() > 10 { format!(" and {} more", at.len() - 10) } else { String::new() };
    shown.join(", ") + &more
}

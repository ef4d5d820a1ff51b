//! DICOM-SEG: frames of segments, in any order and with gaps → a label map, on the grid of an image or on
//! their own.

use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

use ndarray::Array3;

use super::{
    choice::RegionChoice,
    codec::{self, Expected},
    dataset::DataSet,
    error::DicomError,
    file::DicomFile,
    guard::Limits,
    instance::{Frame, ImageHeader, Instance, Kind, Plane},
    masks::{FrameOfReference, ReferencedSeries},
    stack,
    syntax::Codec,
    tags,
};
use crate::{
    geometry::Geometry,
    mask::Mask,
    volume::{Image, Voxels},
};

/// A segmentation file: its segments, and where their frames lie. Pixels are read when a mask is made.
#[derive(Debug)]
pub struct Segmentation {
    path: PathBuf,
    segments: Vec<Segment>,
    header: ImageHeader,
    codec: Codec,
    values: Values,
    /// Segment of each frame; `None` in label maps.
    of_frame: Vec<Option<u16>>,
    frame_of_reference: FrameOfReference,
    drawn_on: ReferencedSeries,
}

/// One segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Segment Number.
    pub number: u16,
    /// Segment Label.
    pub label: String,
    /// Number of frames.
    pub frames: usize,
}

/// What pixels mean.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Values {
    /// One bit.
    Binary,
    /// A part of this largest value.
    Fractional(f64),
    /// The number of a segment.
    Labels,
}

/// How far the pixels of a frame may lie beside the voxels of the image, as a part of a voxel.
const BESIDE: f64 = 0.05;

impl Segmentation {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// [`DicomError`] says what keeps the file from being a segmentation.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, DicomError> {
        Self::read(path, limits).map_err(|e| e.at(path))
    }

    fn read(path: &Path, limits: &Limits) -> Result<Self, DicomError> {
        let file = DicomFile::open(path, limits)?;
        let set = file.data_set()?;
        let instance = Instance::of(path, &file, &set)?;
        if instance.kind != Kind::Segmentation {
            let why = format!("the file is of modality `{}`", instance.modality);
            return Err(DicomError::Nothing { wanted: "segmentation", why });
        }
        let codec = instance.syntax.codec()?;
        let header =
            instance.image.ok_or_else(|| DicomError::missing(tags::PIXEL_DATA, "in a segmentation"))?;
        let kind = set.code(tags::SEGMENTATION_TYPE).unwrap_or_default();
        let values = match (&*kind, header.bits.allocated) {
            ("BINARY", 1) | ("", 1) => Values::Binary,
            // Binary segmentations in whole bytes: not to the letter, but clear.
            ("BINARY", 8) => Values::Fractional(1.0),
            ("FRACTIONAL", 8) => {
                Values::Fractional(set.number(tags::MAXIMUM_FRACTIONAL_VALUE)?.unwrap_or(255.0))
            }
            ("LABELMAP", 8 | 16) => Values::Labels,
            (kind, bits) => {
                let expected = "BINARY with 1 bit, FRACTIONAL with 8 or LABELMAP with 8 or 16";
                let found = format!("{kind} with {bits} bits allocated");
                return Err(DicomError::field(tags::SEGMENTATION_TYPE, found, expected));
            }
        };
        let of_frame = match values {
            Values::Labels => vec![None; header.frames.len()],
            _ => frame_segments(&set, header.frames.len())?,
        };
        let mut segments = Vec::new();
        for item in set.items(tags::SEGMENT_SEQUENCE)? {
            let Some(number) = item.count(tags::SEGMENT_NUMBER)?.and_then(|n| u16::try_from(n).ok()) else {
                return Err(DicomError::missing(tags::SEGMENT_NUMBER, "to tell segments apart"));
            };
            let frames = of_frame.iter().filter(|f| **f == Some(number)).count();
            segments.push(Segment {
                number,
                label: item.text(tags::SEGMENT_LABEL).unwrap_or_default(),
                frames,
            });
        }
        let frame_of_reference = instance.frame_of_reference;
        let mut drawn_on = ReferencedSeries::default();
        drawn_on.add(&set.items(tags::REFERENCED_SERIES)?);
        let path = path.to_owned();
        Ok(Self { path, segments, header, codec, values, of_frame, frame_of_reference, drawn_on })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn drawn_on(&self) -> &ReferencedSeries {
        &self.drawn_on
    }

    pub(super) fn frame_of_reference(&self) -> &FrameOfReference {
        &self.frame_of_reference
    }

    /// All segments in the order of the file.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// One segment.
    ///
    /// # Errors
    /// [`DicomError::NoSuchRegion`] suggests labels much like the one asked for,
    /// [`DicomError::AmbiguousRegion`] lists the numbers that share a label.
    pub fn segment(&self, choice: &RegionChoice) -> Result<&Segment, DicomError> {
        choice.among("segment", &self.segments, |segment| (segment.number.into(), &segment.label))
    }

    /// The grid that the frames lie on, slices without a frame included.
    ///
    /// # Errors
    /// Frames that do not lie on one even grid.
    pub fn grid(&self) -> Result<Geometry, DicomError> {
        self.own_grid(&Limits::default()).map_err(|e| e.at(&self.path))
    }

    /// Segments as a label map, each under its number: one, or all of them. `image` is the grid to put them
    /// on; without it they lie on their own. A fractional value counts from `threshold` of the largest on;
    /// half is usual.
    ///
    /// # Errors
    /// Frames whose pixels are not voxels of the image, segments that overlap, damaged pixels.
    pub fn mask(
        &self,
        only: Option<&Segment>,
        image: Option<&Geometry>,
        threshold: f64,
        limits: &Limits,
    ) -> Result<Mask, DicomError> {
        self.make_mask(only, image, threshold, limits).map_err(|e| e.at(&self.path))
    }

    fn make_mask(
        &self,
        only: Option<&Segment>,
        image: Option<&Geometry>,
        threshold: f64,
        limits: &Limits,
    ) -> Result<Mask, DicomError> {
        let grid = match image {
            Some(grid) => *grid,
            None => self.own_grid(limits)?,
        };
        let mut paint = Paint { labels: Array3::zeros(grid.shape()), outside: 0, overlaps: BTreeMap::new() };
        let frame = self.header.frame_pixels() as u64 * 4;
        limits.check_pixels(
            frame,
            self.header.pixels.stored.saturating_mul(32),
            self.codec != Codec::Native,
        )?;
        let pixels = Pixels::load(&self.path, &self.header, self.codec)?;
        let mut frame_values = Vec::new();
        for (f, frame) in self.header.frames.iter().enumerate() {
            let wanted = |number: u16| only.is_none_or(|s| s.number == number);
            if self.of_frame[f].is_some_and(|n| !wanted(n)) {
                continue;
            }
            let map = Placement::of(&frame.plane, &self.header, &grid).map_err(|p| self.off_grid(f, p))?;
            pixels.frame(f, &mut frame_values)?;
            for (p, &value) in frame_values.iter().enumerate().filter(|(_, v)| **v != 0) {
                let number = match (self.values, self.of_frame[f]) {
                    (Values::Binary, Some(number)) => number,
                    (Values::Fractional(most), Some(number)) if f64::from(value) >= threshold * most => {
                        number
                    }
                    (Values::Labels, _) if wanted(value) => value,
                    _ => continue,
                };
                paint.set(map.voxel(p % self.header.columns, p / self.header.columns), number);
            }
        }
        if paint.outside > 0 {
            let problem = format!("{} of its voxels lie outside the image ({grid})", paint.outside);
            let name = only.map_or("all", |s| s.label.as_str()).to_owned();
            return Err(DicomError::OffGrid { what: "segment", name, problem });
        }
        paint.mask(grid)
    }

    fn off_grid(&self, frame: usize, problem: String) -> DicomError {
        let number = self.of_frame[frame];
        let segment = self.segments.iter().find(|s| Some(s.number) == number);
        let name = segment.map_or_else(String::new, |s| s.label.clone());
        DicomError::OffGrid { what: "segment", name, problem: format!("frame {}: {problem}", frame + 1) }
    }

    fn own_grid(&self, limits: &Limits) -> Result<Geometry, DicomError> {
        let header = &self.header;
        let frames: Vec<&Frame> = header.frames.iter().collect();
        let grid = stack::sparse_grid(&frames, header.columns, header.rows, header.slice_spacing)?;
        let claimed = (grid.voxels() as u64).saturating_mul(2);
        limits.check_pixels(claimed, header.pixels.stored.saturating_mul(8), true)?;
        Ok(grid)
    }
}

/// The segment of each frame.
fn frame_segments(set: &DataSet<'_>, count: usize) -> Result<Vec<Option<u16>>, DicomError> {
    let number = |groups: &DataSet<'_>| -> Result<Option<u16>, DicomError> {
        let Some(item) = groups.item(tags::SEGMENT_IDENTIFICATION)? else { return Ok(None) };
        Ok(item.count(tags::REFERENCED_SEGMENT)?.and_then(|n| u16::try_from(n).ok()))
    };
    let shared = match set.item(tags::SHARED_GROUPS)? {
        Some(groups) => number(&groups)?,
        None => None,
    };
    let mut found = Vec::with_capacity(count);
    for groups in set.items(tags::FRAME_GROUPS)? {
        found.push(number(&groups)?.or(shared));
    }
    found.resize(count, shared);
    if found.contains(&None) {
        return Err(DicomError::missing(tags::REFERENCED_SEGMENT, "for each frame, to tell segments apart"));
    }
    Ok(found)
}

/// Where the pixels of a frame lie in a grid: voxel = start + x · along + y · down.
struct Placement {
    start: [i64; 3],
    along: [i64; 3],
    down: [i64; 3],
}

impl Placement {
    /// The voxels of a frame, or why its pixels are none.
    fn of(plane: &Plane, header: &ImageHeader, grid: &Geometry) -> Result<Self, String> {
        let (Some(p), Some(o), Some(spacing)) = (plane.position, plane.orientation, plane.spacing) else {
            return Err("it has no position, orientation or spacing".into());
        };
        let start = grid.index(p);
        let step = |cosines: [f64; 3], mm: f64| -> [f64; 3] {
            let next = grid.index(std::array::from_fn(|a| p[a] + cosines[a] * mm));
            std::array::from_fn(|a| next[a] - start[a])
        };
        let along = step([o[0], o[1], o[2]], spacing[1]);
        let down = step([o[3], o[4], o[5]], spacing[0]);
        let whole = |v: [f64; 3], times: usize| {
            v.iter().all(|v| (v - v.round()).abs() * times as f64 <= BESIDE && v.abs() < 1e9)
        };
        let unit = |v: [f64; 3]| v.iter().map(|v| v.round().abs()).sum::<f64>() == 1.0;
        if !unit(along) || !unit(down) || !whole(along, header.columns) || !whole(down, header.rows) {
            return Err(format!(
                "its pixels ({} x {} mm, rows along {:?}, columns along {:?}) are no voxels of the image ({grid})",
                spacing[1],
                spacing[0],
                &o[..3],
                &o[3..]
            ));
        }
        if !whole(start, 1) {
            return Err(format!(
                "its first pixel lies at voxel ({:.3}, {:.3}, {:.3}) of the image, between voxels ({grid})",
                start[0], start[1], start[2]
            ));
        }
        let [start, along, down] = [start, along, down].map(|v| v.map(|v| v.round() as i64));
        Ok(Self { start, along, down })
    }

    fn voxel(&self, x: usize, y: usize) -> [i64; 3] {
        std::array::from_fn(|a| self.start[a] + x as i64 * self.along[a] + y as i64 * self.down[a])
    }
}

/// A label map in the making.
struct Paint {
    labels: Array3<u16>,
    outside: usize,
    /// Voxels that two segments claim.
    overlaps: BTreeMap<(u16, u16), usize>,
}

impl Paint {
    fn set(&mut self, voxel: [i64; 3], number: u16) {
        let [x, y, z] = voxel.map(|v| usize::try_from(v).unwrap_or(usize::MAX));
        match self.labels.get_mut([z, y, x]) {
            None => self.outside += 1,
            Some(label) if *label == 0 || *label == number => *label = number,
            Some(label) => *self.overlaps.entry((*label, number)).or_default() += 1,
        }
    }

    fn mask(self, grid: Geometry) -> Result<Mask, DicomError> {
        if let Some((&(first, second), &voxels)) = self.overlaps.iter().max_by_key(|(_, count)| **count) {
            return Err(DicomError::Overlap { first: first.into(), second: second.into(), voxels });
        }
        Ok(Mask::from_image(Image::assemble(Voxels::U16(self.labels), grid))?)
    }
}

/// The pixels of all frames.
struct Pixels<'a> {
    header: &'a ImageHeader,
    codec: Codec,
    bytes: Vec<u8>,
    /// Where the fragments of each frame lie; empty where they are not encapsulated.
    parts: Vec<Vec<Range<usize>>>,
}

impl<'a> Pixels<'a> {
    fn load(path: &Path, header: &'a ImageHeader, codec: Codec) -> Result<Self, DicomError> {
        let mut bytes = Vec::new();
        header.pixels.read(path, &mut bytes)?;
        let count = header.frames.len();
        let encapsulated = header.pixels.element.length.is_none();
        if encapsulated == (codec == Codec::Native) {
            let found = if encapsulated { "encapsulated" } else { "plain" };
            return Err(DicomError::field(tags::PIXEL_DATA, found, "what the transfer syntax says"));
        }
        let parts = if encapsulated { codec::frames(&bytes, count)? } else { Vec::new() };
        let pixels = (count * header.frame_pixels()) as u64;
        let needed = (pixels * u64::from(header.bits.allocated)).div_ceil(8);
        if !encapsulated && (bytes.len() as u64) < needed {
            let (found, expected) = (format!("{} bytes", bytes.len()), format!("{needed} bytes"));
            return Err(DicomError::field(tags::PIXEL_DATA, found, expected));
        }
        // Words of 16 bits hold their first eight pixels in the low byte, which big-endian files write
        // second.
        if header.bits.allocated == 1 && header.pixels.big_endian {
            bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.swap(0, 1));
        }
        Ok(Self { header, codec, bytes, parts })
    }

    /// The pixels of one frame.
    fn frame(&self, frame: usize, values: &mut Vec<u16>) -> Result<(), DicomError> {
        let count = self.header.frame_pixels();
        let bits = self.header.bits;
        values.clear();
        let joined: Vec<u8>;
        let (bytes, first) = match self.parts.get(frame) {
            // Frames follow each other without padding, also within a byte.
            None => (self.bytes.as_slice(), frame * count),
            Some(parts) => {
                joined = parts.iter().flat_map(|p| &self.bytes[p.clone()]).copied().collect();
                (joined.as_slice(), 0)
            }
        };
        if bits.allocated == 1 {
            let inflated: Vec<u8>;
            let bytes = if self.codec == Codec::DeflatedFrames {
                inflated = codec::inflate_bits(bytes, count, frame)?;
                &inflated
            } else {
                bytes
            };
            // The first pixel is the lowest bit.
            let bit = |p: usize| bytes.get(p / 8).map_or(0, |b| b >> (p % 8) & 1);
            values.extend((first..first + count).map(|p| u16::from(bit(p))));
            return Ok(());
        }
        let width = bits.allocated as usize / 8;
        if self.codec == Codec::Native {
            let big = self.header.pixels.big_endian;
            values.extend(bytes[first * width..][..count * width].chunks_exact(width).map(|c| match c {
                [low, high] if big => u16::from_be_bytes([*low, *high]),
                [low, high] => u16::from_le_bytes([*low, *high]),
                _ => u16::from(c[0]),
            }));
            return Ok(());
        }
        let expected = Expected { rows: self.header.rows, columns: self.header.columns, bits };
        let samples = codec::decode(self.codec, bytes, &expected, frame)?;
        let low = |c: &[u8]| u16::from_le_bytes([c[0], c.get(1).copied().unwrap_or(0)]);
        values.extend(samples.bytes.chunks_exact(samples.width).map(low));
        Ok(())
    }
}

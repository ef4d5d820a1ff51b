//! Label maps: which voxels belong to which region.

use std::{collections::BTreeMap, ops::BitOr};

use ndarray::{Array3, Axis, s};
use rayon::prelude::*;

use crate::{
    geometry::{Geometry, IndexBox},
    regrid::nearest,
    volume::{Image, Sample, Volume, Voxels},
    with_voxels,
};

/// A label map: 0 is background, every other number one region.
///
/// Labels are kept in the narrowest of `u8`, `u16`, `u32` that holds them all.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    labels: Labels,
    geometry: Geometry,
}

#[derive(Clone, Debug, PartialEq)]
enum Labels {
    U8(Array3<u8>),
    U16(Array3<u16>),
    U32(Array3<u32>),
}

macro_rules! with_labels {
    ($labels:expr, |$array:ident| $body:expr) => {
        match $labels {
            Labels::U8($array) => $body,
            Labels::U16($array) => $body,
            Labels::U32($array) => $body,
        }
    };
}

/// Why a volume is no label map, or a region cannot be taken from it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MaskError {
    /// A voxel is not a whole number from 0 to 2³² − 1.
    #[error("mask voxel ({x}, {y}, {z}) is {value}; labels must be whole numbers from 0 to 4294967295")]
    NotALabel {
        /// Index along x.
        x: usize,
        /// Index along y.
        y: usize,
        /// Index along z.
        z: usize,
        /// The value found.
        value: f64,
    },
    /// The mask holds no voxel at all.
    #[error("no labels found in this mask: nothing is segmented")]
    Empty,
    /// The label asked for does not occur.
    #[error("label {label} is not in the mask; it holds {}", list(.present))]
    AbsentLabel {
        /// The label asked for.
        label: u32,
        /// The labels that do occur.
        present: Vec<u32>,
    },
}

fn list(labels: &[u32]) -> String {
    let shown: Vec<String> = labels.iter().take(20).map(u32::to_string).collect();
    let more = if labels.len() > 20 { format!(" and {} more", labels.len() - 20) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// Size and place of one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionSummary {
    /// Its label.
    pub label: u32,
    /// Number of voxels.
    pub voxels: usize,
    /// The smallest box that holds it.
    pub bounds: IndexBox,
}

impl Mask {
    /// Takes a volume as label map. Floating-point volumes are accepted when all values are whole.
    ///
    /// # Errors
    /// [`MaskError::NotALabel`] names the first voxel that is no label.
    #[allow(clippy::unnecessary_cast)] // from any of the types
    pub fn from_image(image: Image) -> Result<Self, MaskError> {
        let geometry = *image.geometry();
        let largest = with_voxels!(image.voxels(), |a| largest_label(a))?;
        // The common case costs nothing: the array is taken as it is.
        if let (Voxels::U8(_), _) | (Voxels::U16(_), 256..) | (Voxels::U32(_), 65536..) =
            (image.voxels(), largest)
        {
            let labels = match image.into_voxels() {
                Voxels::U8(a) => Labels::U8(a),
                Voxels::U16(a) => Labels::U16(a),
                Voxels::U32(a) => Labels::U32(a),
                other => Labels::U32(with_voxels!(other, |a| a.mapv(|v| v as u32))),
            };
            return Ok(Self { labels, geometry });
        }
        let labels = with_voxels!(image.voxels(), |a| match largest {
            0..256 => Labels::U8(a.mapv(|v| v as u8)),
            256..65536 => Labels::U16(a.mapv(|v| v as u16)),
            _ => Labels::U32(a.mapv(|v| v as u32)),
        });
        Ok(Self { labels, geometry })
    }

    /// A mask of one region, label 1.
    pub fn from_region(region: &Volume<bool>) -> Self {
        Self { labels: Labels::U8(region.voxels().mapv(u8::from)), geometry: *region.geometry() }
    }

    /// The grid.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The label of every voxel in standard order (x fastest).
    pub fn iter(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        with_labels!(&self.labels, |a| widened(a))
    }

    /// Hands out the label of every voxel in standard order, some thousand at a time.
    pub fn for_each_chunk(&self, mut take: impl FnMut(&[u32])) {
        let mut chunk: Vec<u32> = Vec::new();
        with_labels!(&self.labels, |a| {
            for labels in a.as_slice().unwrap_or_default().chunks(1 << 13) {
                chunk.clear();
                chunk.extend(labels.iter().map(|&label| Into::<u32>::into(label)));
                take(&chunk);
            }
        });
    }

    /// Every region, by rising label; one pass over the voxels.
    pub fn regions(&self) -> Vec<RegionSummary> {
        let found = with_labels!(&self.labels, |a| summaries(a, None));
        found.into_values().collect()
    }

    /// One region.
    ///
    /// # Errors
    /// [`MaskError::Empty`] or [`MaskError::AbsentLabel`], which lists the labels that are there.
    pub fn region(&self, label: u32) -> Result<RegionSummary, MaskError> {
        let found = with_labels!(&self.labels, |a| summaries(a, Some(label)));
        if let Some(summary) = found.get(&label).filter(|_| label != 0) {
            return Ok(*summary);
        }
        let present: Vec<u32> = self.regions().iter().map(|r| r.label).collect();
        Err(if present.is_empty() { MaskError::Empty } else { MaskError::AbsentLabel { label, present } })
    }

    /// The mask on another grid: each voxel takes the label of the nearest voxel of this mask, 0 outside of it.
    /// Voxels half-way between two others take the one with the higher index. This is what PyRadiomics does to
    /// a mask under `correctMask`: ITK's `ResampleImageFilter` with nearest-neighbour interpolation.
    ///
    /// ```
    /// use radiomics_imaging::{Geometry, Mask, Volume};
    /// let fine = Geometry::axial([4, 1, 1], [1.0; 3])?;
    /// let mask = Mask::from_image(Volume::new(ndarray::arr3(&[[[0_u8, 5, 5, 0]]]), fine)?.into())?;
    /// let coarse = Geometry::axial([3, 1, 1], [1.5, 1.0, 1.0])?;
    /// assert_eq!(mask.resampled_onto(&coarse).iter().collect::<Vec<_>>(), [0, 5, 0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resampled_onto(&self, grid: &Geometry) -> Self {
        let all = self.regions();
        let start = std::array::from_fn(|a| all.iter().map(|r| r.bounds.start[a]).min().unwrap_or(0));
        let end: [usize; 3] =
            std::array::from_fn(|a| all.iter().map(|r| r.bounds.end()[a]).max().unwrap_or(0));
        let bounds = IndexBox { start, size: std::array::from_fn(|a| end[a] - start[a]) };
        let labels = match &self.labels {
            Labels::U8(a) => Labels::U8(nearest(a, &self.geometry, grid, bounds)),
            Labels::U16(a) => Labels::U16(nearest(a, &self.geometry, grid, bounds)),
            Labels::U32(a) => Labels::U32(nearest(a, &self.geometry, grid, bounds)),
        };
        Self { labels, geometry: *grid }
    }

    /// True where a part of the mask has this label, `[z, y, x]`. Parts outside the mask are cut off.
    pub fn crop(&self, label: u32, part: IndexBox) -> Array3<bool> {
        let size = self.geometry.size();
        let start: [usize; 3] = std::array::from_fn(|a| part.start[a].min(size[a]));
        let end: [usize; 3] = std::array::from_fn(|a| part.end()[a].min(size[a]));
        let window = s![start[2]..end[2], start[1]..end[1], start[0]..end[0]];
        with_labels!(&self.labels, |a| a.slice(window).mapv(|v| Into::<u32>::into(v) == label))
    }

    /// The label map in its stored type, for writing.
    pub fn to_image(&self) -> Image {
        let geometry = self.geometry;
        // The array has the shape of the grid by construction.
        match &self.labels {
            Labels::U8(a) => Image::assemble(Voxels::U8(a.clone()), geometry),
            Labels::U16(a) => Image::assemble(Voxels::U16(a.clone()), geometry),
            Labels::U32(a) => Image::assemble(Voxels::U32(a.clone()), geometry),
        }
    }
}

fn widened<T: Copy + Into<u32>>(labels: &Array3<T>) -> Box<dyn Iterator<Item = u32> + '_> {
    Box::new(labels.iter().map(|&label| label.into()))
}

/// The largest label, in one pass at memory speed where all is well.
fn largest_label<T: Sample>(voxels: &Array3<T>) -> Result<u32, MaskError> {
    let zero = T::default();
    // Without a way out, so that many voxels are looked at at once.
    let (low, high) = voxels.iter().fold((zero, zero), |(low, high), &v| {
        (if v < low { v } else { low }, if v > high { v } else { high })
    });
    // Of floats each must be a whole number, which NaN is not.
    let whole = |v: T| f64::from(v.to_f64() as u32) == v.to_f64();
    if whole(low) && whole(high) && (!T::TYPE.is_float() || voxels.iter().all(|v| whole(*v))) {
        return Ok(high.to_f64() as u32);
    }
    match voxels.indexed_iter().find(|(_, v)| !whole(**v)) {
        Some(((z, y, x), v)) => Err(MaskError::NotALabel { x, y, z, value: v.to_f64() }),
        None => Ok(high.to_f64() as u32),
    }
}

/// Voxels, lowest and highest indices of each label.
type Found = BTreeMap<u32, (usize, [usize; 3], [usize; 3])>;

fn summaries<T: Copy + PartialEq + Default + Into<u32> + BitOr<Output = T> + Send + Sync>(
    labels: &Array3<T>,
    only: Option<u32>,
) -> BTreeMap<u32, RegionSummary> {
    let join = |mut all: Found, part: Found| {
        for (label, (voxels, low, high)) in part {
            let (count, lowest, highest) = all.entry(label).or_insert((0, low, high));
            *count += voxels;
            *lowest = std::array::from_fn(|a| lowest[a].min(low[a]));
            *highest = std::array::from_fn(|a| highest[a].max(high[a]));
        }
        all
    };
    let planes = (0..labels.dim().0).into_par_iter().map(|z| in_plane(labels, z, only));
    let found = planes.reduce(Found::new, join);
    found
        .into_iter()
        .map(|(label, (voxels, low, high))| {
            let bounds = IndexBox { start: low, size: std::array::from_fn(|a| high[a] - low[a] + 1) };
            (label, RegionSummary { label, voxels, bounds })
        })
        .collect()
}

/// Rows without any label are passed over at memory speed: most of a scan is background.
fn in_plane<T: Copy + PartialEq + Default + Into<u32> + BitOr<Output = T>>(
    labels: &Array3<T>,
    z: usize,
    only: Option<u32>,
) -> Found {
    let mut found = Found::new();
    let background = T::default();
    for (y, row) in labels.index_axis(Axis(0), z).outer_iter().enumerate() {
        let Some(row) = row.to_slice() else { continue };
        // Without a way out in the middle of the row, so that many labels are tested at once.
        if row.iter().fold(background, |any, &v| any | v) == background {
            continue;
        }
        let mut x = 0;
        while x < row.len() {
            let label = row[x];
            let run = row[x..].iter().take_while(|&&v| v == label).count();
            let number: u32 = label.into();
            if label != background && only.is_none_or(|wanted| wanted == number) {
                let (count, low, high) = found.entry(number).or_insert((0, [x, y, z], [x, y, z]));
                *count += run;
                *low = [low[0].min(x), low[1].min(y), low[2].min(z)];
                *high = [high[0].max(x + run - 1), high[1].max(y), high[2].max(z)];
            }
            x += run;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(size: [usize; 3]) -> Geometry {
        Geometry::axial(size, [1.0; 3]).unwrap()
    }

    #[test]
    fn regions_are_counted_and_boxed() {
        let labels = ndarray::arr3(&[[[0_i32, 2, 2], [0, 0, 300]], [[2, 0, 0], [0, 0, 0]]]);
        let mask = Mask::from_image(Volume::new(labels, grid([3, 2, 2])).unwrap().into()).unwrap();
        let regions = mask.regions();
        assert_eq!(regions.len(), 2);
        assert_eq!(regions[0].voxels, 3);
        assert_eq!(regions[0].bounds, IndexBox { start: [0, 0, 0], size: [3, 1, 2] });
        assert_eq!(mask.region(300).unwrap().bounds, IndexBox { start: [2, 1, 0], size: [1, 1, 1] });
        let absent = mask.region(1).unwrap_err().to_string();
        assert!(absent.contains("2, 300"), "{absent}");
        assert_eq!(mask.crop(2, regions[0].bounds).iter().filter(|v| **v).count(), 3);
    }

    #[test]
    fn floats_must_be_whole() {
        let volume = |v: f32| Volume::new(ndarray::arr3(&[[[0.0_f32, v]]]), grid([2, 1, 1])).unwrap();
        assert!(Mask::from_image(volume(3.0).into()).is_ok());
        for bad in [0.5, -1.0, f32::NAN, f32::INFINITY] {
            let error = Mask::from_image(volume(bad).into()).unwrap_err();
            assert!(matches!(error, MaskError::NotALabel { x: 1, .. }), "{error}");
        }
        let empty = Mask::from_image(volume(0.0).into()).unwrap();
        assert_eq!(empty.region(1), Err(MaskError::Empty));
    }

    #[test]
    fn chunks_joined_are_the_mask() {
        let labels = Array3::from_shape_fn([3, 70, 50], |(z, y, x)| ((x * y + z) % 300) as u16);
        let mask = Mask::from_image(Volume::new(labels, grid([50, 70, 3])).unwrap().into()).unwrap();
        let mut joined = Vec::new();
        mask.for_each_chunk(|chunk| joined.extend_from_slice(chunk));
        assert!(joined.iter().copied().eq(mask.iter()));
    }
}

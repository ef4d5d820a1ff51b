//! The region of interest: which voxels count.

use ndarray::{Array3, s};
use radiomics_imaging::{Geometry, IndexBox, Mask, RegionSummary, SampleType};

use crate::{
    config::{ResegmentMode, Settings},
    error::Error,
    working::WorkingImage,
};

/// The voxels of one label, in the smallest box that holds them.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    label: u32,
    geometry: Geometry,
    bounds: IndexBox,
    inside: Array3<bool>,
    voxels: usize,
}

impl Region {
    /// The voxels that are true in a part of a grid; `None` when there are none.
    pub(crate) fn new(label: u32, geometry: Geometry, part: IndexBox, inside: &Array3<bool>) -> Option<Self> {
        let (mut low, mut high, mut voxels) = ([usize::MAX; 3], [0; 3], 0);
        for ((z, y, x), _) in inside.indexed_iter().filter(|(_, inside)| **inside) {
            let index = [x, y, z];
            low = std::array::from_fn(|a| low[a].min(index[a]));
            high = std::array::from_fn(|a| high[a].max(index[a] + 1));
            voxels += 1;
        }
        if voxels == 0 {
            return None;
        }
        let inside = inside.slice(s![low[2]..high[2], low[1]..high[1], low[0]..high[0]]).to_owned();
        let bounds = IndexBox {
            start: std::array::from_fn(|a| part.start[a] + low[a]),
            size: std::array::from_fn(|a| high[a] - low[a]),
        };
        Some(Self { label, geometry, bounds, inside, voxels })
    }

    /// A region of a mask on the mask's own grid.
    pub(crate) fn of_mask(mask: &Mask, summary: &RegionSummary) -> Self {
        Self {
            label: summary.label,
            geometry: *mask.geometry(),
            bounds: summary.bounds,
            inside: mask.crop(summary.label, summary.bounds),
            voxels: summary.voxels,
        }
    }

    /// Its label in the mask.
    pub fn label(&self) -> u32 {
        self.label
    }

    /// The grid of the mask; that of the image differs from it by no more than `geometryTolerance`.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The smallest box that holds it.
    pub fn bounds(&self) -> IndexBox {
        self.bounds
    }

    /// Its voxels, over [`Region::bounds`], `[z, y, x]`.
    pub fn inside(&self) -> &Array3<bool> {
        &self.inside
    }

    /// Number of voxels.
    pub fn voxels(&self) -> usize {
        self.voxels
    }

    /// Checks its extent and size against `minimumROIDimensions` and `minimumROISize`.
    ///
    /// # Errors
    /// [`Error::SingleVoxel`], whatever the settings; [`Error::FewDimensions`]; [`Error::SmallRegion`].
    pub fn check(&self, settings: &Settings) -> Result<(), Error> {
        let extent = self.bounds.size;
        let dimensions = extent.iter().filter(|&&n| n > 1).count();
        if dimensions == 0 {
            return Err(Error::SingleVoxel { label: self.label });
        }
        let minimum = settings.minimum_roi_dimensions;
        if dimensions < usize::from(minimum) {
            return Err(Error::FewDimensions { label: self.label, extent, dimensions, minimum });
        }
        match settings.minimum_roi_size {
            Some(minimum) if self.voxels as u64 <= minimum => {
                Err(Error::SmallRegion { label: self.label, voxels: self.voxels, minimum })
            }
            _ => Ok(()),
        }
    }

    /// The part of the region inside a box of the grid; `None` when there is none.
    pub fn within(&self, part: IndexBox) -> Option<Self> {
        let start: [usize; 3] = std::array::from_fn(|a| part.start[a].max(self.bounds.start[a]));
        let end: [usize; 3] = std::array::from_fn(|a| part.end()[a].min(self.bounds.end()[a]));
        if (0..3).any(|a| start[a] >= end[a]) {
            return None;
        }
        let [x, y, z] =
            std::array::from_fn(|a| start[a] - self.bounds.start[a]..end[a] - self.bounds.start[a]);
        let part = IndexBox { start, size: std::array::from_fn(|a| end[a] - start[a]) };
        Self::new(self.label, self.geometry, part, &self.inside.slice(s![z, y, x]).to_owned())
    }

    /// The same region on the grid cut to a part that holds it.
    pub(crate) fn on_part(self, part: IndexBox) -> Result<Self, Error> {
        let start = std::array::from_fn(|a| self.bounds.start[a].saturating_sub(part.start[a]));
        let bounds = IndexBox { start, size: self.bounds.size };
        Ok(Self { geometry: self.geometry.crop(part)?, bounds, ..self })
    }

    /// Keeps the voxels whose intensity lies in `resegmentRange`, both ends included; with one number, those at
    /// or above it. None of its own happens where the setting is absent.
    ///
    /// # Errors
    /// [`Error::Resegmented`] when at most one voxel is left.
    pub fn resegment(&self, image: &WorkingImage, settings: &Settings) -> Result<Self, Error> {
        let Some(range) = settings.resegment_range.as_deref().filter(|range| !range.is_empty()) else {
            return Ok(self.clone());
        };
        let intensities = image.window(self.bounds)?;
        let chosen: Vec<f64> = self.intensities(intensities.voxels()).collect();
        let n = chosen.len() as f64;
        let threshold: Box<dyn Fn(f64) -> f64> = match settings.resegment_mode {
            ResegmentMode::Absolute => Box::new(|x| x),
            ResegmentMode::Relative => {
                let max = chosen.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                Box::new(move |x| max * x)
            }
            ResegmentMode::Sigma => {
                let mean = chosen.iter().sum::<f64>() / n;
                let sd = (chosen.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
                Box::new(move |x| mean + sd * x)
            }
        };
        let mut range = range.to_vec();
        range.sort_by(f64::total_cmp);
        // numpy compares single precision with single precision.
        let rounded = |x: f64| if image.sample_type() == SampleType::F32 { f64::from(x as f32) } else { x };
        let low = rounded(threshold(range[0]));
        let high = range.get(1).map_or(f64::INFINITY, |&x| rounded(threshold(x)));
        let mut inside = self.inside.clone();
        inside.zip_mut_with(intensities.voxels(), |inside, x| *inside &= *x >= low && *x <= high);
        Self::new(self.label, self.geometry, self.bounds, &inside)
            .filter(|region| region.voxels > 1)
            .ok_or_else(|| {
                let retained = inside.iter().filter(|inside| **inside).count();
                Error::Resegmented { label: self.label, low, high, retained }
            })
    }

    /// The values of its voxels in an array over [`Region::bounds`], x fastest.
    pub fn intensities<'a>(&'a self, window: &'a Array3<f64>) -> impl Iterator<Item = f64> + 'a {
        window.iter().zip(&self.inside).filter(|(_, inside)| **inside).map(|(x, _)| *x)
    }

    /// Mean index (x, y, z) of its voxels.
    pub fn centre(&self) -> [f64; 3] {
        let mut sum = [0_u64; 3];
        for ((z, y, x), _) in self.inside.indexed_iter().filter(|(_, inside)| **inside) {
            sum = [sum[0] + x as u64, sum[1] + y as u64, sum[2] + z as u64];
        }
        let start = self.bounds.start.map(|i| (i * self.voxels) as u64);
        std::array::from_fn(|a| (sum[a] + start[a]) as f64 / self.voxels as f64)
    }

    /// Number of parts that do not touch, not even at a corner.
    pub fn components(&self) -> usize {
        let size = self.bounds.size;
        let mut left = self.inside.clone();
        let mut open: Vec<[usize; 3]> = Vec::new();
        let mut count = 0;
        for ((z, y, x), _) in self.inside.indexed_iter() {
            if !std::mem::take(&mut left[(z, y, x)]) {
                continue;
            }
            count += 1;
            open.push([x, y, z]);
            while let Some(voxel) = open.pop() {
                let [xs, ys, zs] =
                    std::array::from_fn(|a| voxel[a].saturating_sub(1)..(voxel[a] + 2).min(size[a]));
                for z in zs {
                    for y in ys.clone() {
                        for x in xs.clone() {
                            if std::mem::take(&mut left[(z, y, x)]) {
                                open.push([x, y, z]);
                            }
                        }
                    }
                }
            }
        }
        count
    }
}

//! What comes out: one number for each voxel of the region and each feature.

use std::{ops::Range, sync::Arc};

use ndarray::Array3;
use radiomics_imaging::{Geometry, IndexBox, Volume};

use crate::{error::Error, feature::Feature};

/// In which numbers maps are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Single precision: half of the memory.
    F32,
    /// Double precision.
    #[default]
    F64,
}

impl Precision {
    /// Bytes of one number.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// Numbers in one of two precisions.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

impl Values {
    /// Zeros.
    pub fn zeros(precision: Precision, n: usize) -> Self {
        match precision {
            Precision::F32 => Self::F32(vec![0.0; n]),
            Precision::F64 => Self::F64(vec![0.0; n]),
        }
    }

    /// As many as wanted, with zeros for those that are new.
    pub(crate) fn resize(&mut self, n: usize) {
        match self {
            Self::F32(values) => values.resize(n, 0.0),
            Self::F64(values) => values.resize(n, 0.0),
        }
    }

    /// Copies a part of other values of the same precision to a place.
    pub(crate) fn put(&mut self, place: usize, from: &Self, part: Range<usize>) {
        match (self, from) {
            (Self::F32(to), Self::F32(from)) => to[place..][..part.len()].copy_from_slice(&from[part]),
            (Self::F64(to), Self::F64(from)) => to[place..][..part.len()].copy_from_slice(&from[part]),
            _ => {} // never: both were made with one precision
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them.
    pub fn get(&self, place: usize) -> Option<f64> {
        match self {
            Self::F32(values) => values.get(place).copied().map(f64::from),
            Self::F64(values) => values.get(place).copied(),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.len()).filter_map(|place| self.get(place))
    }
}

/// Where the voxels of the maps lie.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// The grid of the image after resampling and cropping.
    pub image: Geometry,
    /// The part of it that maps are given on: the region's box and `kernelRadius` voxels around it.
    pub part: IndexBox,
    /// The grid of that part.
    pub geometry: Geometry,
    /// Positions of the region's voxels in the part, x fastest, rising.
    pub voxels: Vec<u32>,
}

/// One feature around each voxel.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// PyRadiomics' name, such as `original_glcm_Contrast`.
    pub name: String,
    /// The feature.
    pub feature: Feature,
    /// One value for each of [`Grid::voxels`], in their order.
    pub values: Values,
    /// Where they lie; shared by all maps of one run.
    pub grid: Arc<Grid>,
    /// The value outside the region.
    pub outside: f64,
}

impl Map {
    /// The map on its part of the grid, `[z, y, x]`.
    ///
    /// # Errors
    /// None in use.
    pub fn volume(&self) -> Result<Volume<f64>, Error> {
        self.scattered(self.grid.geometry, |position| position)
    }

    /// The same in single precision.
    ///
    /// # Errors
    /// None in use.
    pub fn volume_f32(&self) -> Result<Volume<f32>, Error> {
        let volume = self.volume()?;
        let geometry = *volume.geometry();
        Ok(Volume::new(volume.into_voxels().mapv(|x| x as f32), geometry)?)
    }

    /// The map on the whole grid of the image.
    ///
    /// # Errors
    /// None in use.
    pub fn whole(&self) -> Result<Volume<f64>, Error> {
        let [sx, sy, _] = self.grid.part.size;
        let ([nx, ny, _], [ox, oy, oz]) = (self.grid.image.size(), self.grid.part.start);
        self.scattered(self.grid.image, |position| {
            let (x, y, z) = (position % sx, position / sx % sy, position / (sx * sy));
            ((z + oz) * ny + y + oy) * nx + x + ox
        })
    }

    fn scattered(&self, grid: Geometry, place: impl Fn(usize) -> usize) -> Result<Volume<f64>, Error> {
        let mut voxels = Array3::from_elem(grid.shape(), self.outside);
        if let Some(voxels) = voxels.as_slice_mut() {
            for (&position, value) in self.grid.voxels.iter().zip(self.values.iter()) {
                voxels[place(position as usize)] = value;
            }
        }
        Ok(Volume::new(voxels, grid)?)
    }
}

/// All maps of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Maps {
    /// In the order of image types, images, classes and features.
    pub maps: Vec<Map>,
    /// What was asked for and not done, or not where it was asked for, and why.
    pub warnings: Vec<String>,
    /// The engine that made them, such as `cpu` or `cuda:0 NVIDIA H100`.
    pub engine: String,
}

impl Maps {
    /// The map with a name such as `original_glcm_Contrast`.
    pub fn get(&self, name: &str) -> Option<&Map> {
        self.maps.iter().find(|map| map.name == name)
    }
}

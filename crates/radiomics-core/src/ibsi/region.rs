//! The input checked once, and what several families take from it.

use std::ops::Range;

use ndarray::{Array3, s};

use super::IbsiInput;
use crate::{error::Error, features::first_order, levels::Levels};

/// A box in an array, `[z, y, x]`.
pub(super) type Bounds = [Range<usize>; 3];

/// A checked input.
pub(super) struct Region<'a> {
    pub input: &'a IbsiInput,
    /// Box of the morphological mask.
    pub morphological: Bounds,
    /// Box of the intensity mask.
    pub intensity: Bounds,
    /// Intensities of the intensity mask, x fastest.
    pub voxels: Vec<f64>,
    /// Grey levels in the box of the intensity mask.
    pub levels: Levels,
}

impl<'a> Region<'a> {
    /// # Errors
    /// When a mask is empty or no part of the other, shapes differ, an intensity in the region is not finite, or a
    /// grey level is none.
    pub fn new(input: &'a IbsiInput) -> Result<Self, Error> {
        let shape: [usize; 3] = input.image.dim().into();
        let others = [input.morphological.dim(), input.intensity.dim(), input.levels.dim()];
        if let Some(&other) = others.iter().find(|&&other| <[usize; 3]>::from(other) != shape) {
            return Err(Error::Shapes { image: shape, mask: other.into() });
        }
        if !(input.spacing.iter().all(|s| s.is_finite() && *s > 0.0)) {
            return Err(radiomics_imaging::GeometryError::Spacing(input.spacing).into());
        }
        let morphological = bounds(&input.morphological).ok_or(Error::EmptyRegion)?;
        let intensity = bounds(&input.intensity).ok_or(Error::EmptyRegion)?;
        let [z, y, x] = intensity.clone();
        let part = s![z.clone(), y.clone(), x.clone()];
        let mut grey = input.levels.slice(part).to_owned();
        let inside = input.intensity.slice(part);
        for (((at, grey), &inside), &shaped) in
            grey.indexed_iter_mut().zip(&inside).zip(&input.morphological.slice(part))
        {
            let index = || [x.start + at.2, y.start + at.1, z.start + at.0];
            if !inside {
                *grey = 0;
            } else if !shaped {
                return Err(Error::OutsideMorphological { index: index() });
            } else if *grey == 0 || *grey > input.level_count {
                return Err(Error::GreyLevel { level: *grey, count: input.level_count, index: index() });
            }
        }
        let image = input.image.slice(part);
        for ((at, &value), _) in image.indexed_iter().zip(&inside).filter(|(_, inside)| **inside) {
            if !value.is_finite() {
                let index = [x.start + at.2, y.start + at.1, z.start + at.0];
                return Err(Error::NotFinite { value, index });
            }
        }
        let voxels = first_order::region(&image.to_owned(), &inside.to_owned())?;
        let levels = Levels::from_grey_levels(&grey, input.spacing, 1)?;
        Ok(Self { input, morphological, intensity, voxels, levels })
    }
}

/// The box around what is inside.
fn bounds(mask: &Array3<bool>) -> Option<Bounds> {
    let mut low = [usize::MAX; 3];
    let mut high = [0; 3];
    for (z, plane) in mask.outer_iter().enumerate() {
        for (y, row) in plane.outer_iter().enumerate() {
            let Some(first) = row.iter().position(|&inside| inside) else { continue };
            let last = row.iter().rposition(|&inside| inside).unwrap_or(first);
            for (axis, (from, to)) in [(z, z), (y, y), (first, last)].into_iter().enumerate() {
                low[axis] = low[axis].min(from);
                high[axis] = high[axis].max(to + 1);
            }
        }
    }
    (high[0] > 0).then(|| std::array::from_fn(|axis| low[axis]..high[axis]))
}

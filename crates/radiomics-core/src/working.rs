//! The image as features and filters see it: normalised, resampled or cut, evaluated where it is asked for.

use ndarray::{Array3, s};
use radiomics_imaging::{Geometry, Image, IndexBox, SampleType, Volume, VolumeError};

use crate::{config::Interpolator, error::Error, normalise::Scaling, resample::Sampler};

/// An image on its way from the scan to the features.
///
/// It refers to the scan and makes values as doubles only for the parts that are asked for: of a large scan
/// with a small region, only a small part is ever read.
#[derive(Debug)]
pub struct WorkingImage<'a> {
    source: Source<'a>,
    geometry: Geometry,
    sample_type: SampleType,
}

#[derive(Debug)]
enum Source<'a> {
    /// A part of the scan on its own grid.
    Stored { image: &'a Image, start: [usize; 3], scaling: Option<Scaling> },
    /// The scan on another grid, interpolated where it is asked for, or all of it beforehand.
    Resampled { sampler: Box<Sampler>, whole: Option<Array3<f64>> },
}

impl<'a> WorkingImage<'a> {
    /// A part of a scan, normalised or not.
    ///
    /// # Errors
    /// [`Error::Volume`] when the part reaches over the border.
    pub fn stored(image: &'a Image, part: IndexBox, scaling: Option<Scaling>) -> Result<Self, Error> {
        let geometry = if part == IndexBox::whole(image.geometry()) {
            *image.geometry()
        } else {
            image.geometry().crop(part)?
        };
        let sample_type = if scaling.is_some() { SampleType::F64 } else { image.sample_type() };
        Ok(Self { source: Source::Stored { image, start: part.start, scaling }, geometry, sample_type })
    }

    /// A scan, normalised or not, interpolated on another grid.
    ///
    /// # Errors
    /// None in use.
    pub fn resampled(
        image: &Image,
        scaling: Option<Scaling>,
        grid: &Geometry,
        interpolator: Interpolator,
    ) -> Result<Self, Error> {
        let sampler = Sampler::new(image, scaling, grid, interpolator)?;
        let sample_type = sampler.sample_type();
        Ok(Self {
            source: Source::Resampled { sampler: Box::new(sampler), whole: None },
            geometry: *grid,
            sample_type,
        })
    }

    /// The grid.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The number type in which PyRadiomics holds this image: that of the scan, or double precision after
    /// normalisation. Values of [`WorkingImage::window`] are such as the type can hold.
    pub fn sample_type(&self) -> SampleType {
        self.sample_type
    }

    /// Interpolates a resampled image once for all windows to come: for filters, which look at it many times.
    ///
    /// Before the work is spread over threads, not on demand: a thread that waits for others inside a lazy cell
    /// may be handed a task that needs the same cell, and would wait for itself.
    pub fn evaluate(&mut self) {
        let all = IndexBox::whole(&self.geometry);
        if let Source::Resampled { sampler, whole: whole @ None } = &mut self.source {
            *whole = Some(sampler.window(all));
        }
    }

    /// All of the image as doubles, where it has been [evaluated](Self::evaluate).
    pub fn evaluated(&self) -> Option<&Array3<f64>> {
        match &self.source {
            Source::Resampled { whole, .. } => whole.as_ref(),
            Source::Stored { .. } => None,
        }
    }

    /// A part of the image as doubles.
    ///
    /// # Errors
    /// [`Error::Volume`] when the part reaches over the border.
    pub fn window(&self, part: IndexBox) -> Result<Volume<f64>, Error> {
        let volume = self.geometry.size();
        if (0..3).any(|a| part.start[a].checked_add(part.size[a]).is_none_or(|end| end > volume[a])) {
            return Err(VolumeError::Outside { start: part.start, size: part.size, volume }.into());
        }
        let voxels = match &self.source {
            Source::Stored { image, start, scaling } => {
                let start = std::array::from_fn(|a| part.start[a] + start[a]);
                let crop = image.crop_f64(IndexBox { start, size: part.size })?;
                let mut voxels = crop.into_voxels();
                if let Some(scaling) = scaling {
                    voxels.mapv_inplace(|x| scaling.apply(x));
                }
                voxels
            }
            Source::Resampled { sampler, whole } => {
                let ([x, y, z], [ex, ey, ez]) = (part.start, part.end());
                match whole {
                    Some(whole) => whole.slice(s![z..ez, y..ey, x..ex]).to_owned(),
                    None => sampler.window(part),
                }
            }
        };
        Ok(Volume::new(voxels, self.geometry.crop(part)?)?)
    }

    /// All of the image as doubles.
    ///
    /// # Errors
    /// None in use.
    pub fn whole(&self) -> Result<Volume<f64>, Error> {
        self.window(IndexBox::whole(&self.geometry))
    }
}

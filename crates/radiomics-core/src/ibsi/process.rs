//! Image and mask → what IBSI's features are calculated from: interpolated, rounded, re-segmented, discretised.
//!
//! Reference manual, chapter 2. Only the region's box and the margin that local intensity looks into are ever
//! interpolated, however large the scan.

use ndarray::{Array3, Zip, s};
use radiomics_imaging::{Geometry, Image, IndexBox, Mask, RegionSummary, Volume};

use super::{IbsiInput, Selection, discretise, discretise::Discretised, local_margin};
use crate::{
    config::{Extent, Settings},
    error::Error,
    extractor::Observer,
    names::IbsiFamily,
    normalise::Scaling,
    prepare::enter,
    region::Region,
    resample::{self, Centred},
};

/// Guard against 0.4999… where a mask is interpolated half way: six decimals count.
const HALF_DECIMAL: f64 = 0.5e-6;

/// Image and both masks of a region on the new grid, before discretisation.
///
/// ```
/// use radiomics_core::{Params, ParamsFormat, ibsi::Processed};
/// use radiomics_imaging::{Geometry, Image, Mask, Volume};
///
/// let grid = Geometry::axial([8, 8, 8], [1.0, 1.0, 2.0])?;
/// let voxels = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, y, x)| (10 * z + 7 * y + x) as i16);
/// let inside = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, y, x)| z.min(y).min(x) > 2);
/// let image = Image::from(Volume::new(voxels, grid)?);
/// let mask = Mask::from_region(&Volume::new(inside, grid)?);
///
/// let params = Params::parse("ibsi: {spacing: [1], range: [60, 90]}", ParamsFormat::Yaml)?;
/// let processed = Processed::new(&image, &mask, &params.settings())?;
/// assert_eq!(processed.grid().size(), [8, 8, 16]);
/// assert_eq!(processed.morphological().voxels(), 250);
/// assert_eq!(processed.intensity().voxels(), 121);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Processed {
    on_grid: OnGrid,
    morphological: Region,
    intensity: Region,
    /// The part of the grid at hand, and its intensities.
    part: IndexBox,
    image: Array3<f64>,
}

impl Processed {
    /// Normalises (if asked for), interpolates, rounds and re-segments the region with the label of the settings.
    ///
    /// # Errors
    /// Whatever makes image and mask unusable with these settings, with the values that led to it.
    pub fn new(image: &Image, mask: &Mask, settings: &Settings) -> Result<Self, Error> {
        let summary = mask.region(settings.label)?;
        let on_grid = OnGrid::normalised(image, settings)?;
        Self::observed(image, mask, &summary, settings, &on_grid, &())
    }

    pub(super) fn observed(
        image: &Image,
        mask: &Mask,
        summary: &RegionSummary,
        settings: &Settings,
        on_grid: &OnGrid,
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        let region = on_grid_of(image, mask, summary, settings)?;
        enter(observer, "interpolate")?;
        let morphological = interpolated_region(&on_grid.grids, &region, settings)?;
        morphological.check(settings)?;

        let local = settings.families.contains(&IbsiFamily::LocalIntensity);
        let part = with_margin(&morphological, if local { local_margin() } else { 0.0 });
        let mut values = on_grid.values(image, settings, part)?;
        check_finite(&mut values, part, &morphological, local)?;

        enter(observer, "resegment")?;
        let box_within = inner(morphological.bounds(), part);
        let intensity = resegmented(&morphological, values.slice(box_within).to_owned(), settings)?;
        Ok(Self { on_grid: on_grid.clone(), morphological, intensity, part, image: values })
    }

    /// The new grid; it covers the whole image.
    pub fn grid(&self) -> &Geometry {
        self.on_grid.grids.grid()
    }

    /// The region before re-segmentation.
    pub fn morphological(&self) -> &Region {
        &self.morphological
    }

    /// The region after re-segmentation.
    pub fn intensity(&self) -> &Region {
        &self.intensity
    }

    /// The intensities of the voxels of a region on this grid, x fastest.
    pub fn intensities(&self, region: &Region) -> Vec<f64> {
        let values = self.image.slice(inner(region.bounds(), self.part));
        values.iter().zip(region.inside()).filter(|(_, inside)| **inside).map(|(x, _)| *x).collect()
    }

    /// The part of the grid that features look at.
    pub(super) fn part(&self) -> IndexBox {
        self.part
    }

    /// The same regions on the response map of a part of the grid, whose values are no longer whole numbers.
    pub(super) fn on_response(
        &self,
        response: &Array3<f64>,
        of: IndexBox,
        local: bool,
    ) -> Result<Self, Error> {
        let mut values = response.slice(inner(self.part, of)).to_owned();
        check_finite(&mut values, self.part, &self.morphological, local)?;
        let on_grid = OnGrid { rounded: false, ..self.on_grid.clone() };
        Ok(Self { on_grid, image: values, ..self.clone() })
    }

    /// What the features are calculated from.
    ///
    /// # Errors
    /// When there would be more grey levels than a matrix can hold, or intensities that are to be grey levels as
    /// they are ones that cannot be.
    pub fn input(&self, settings: &Settings) -> Result<IbsiInput, Error> {
        let mask = |region: &Region| {
            let mut mask = Array3::from_elem(self.image.dim(), false);
            mask.slice_mut(inner(region.bounds(), self.part)).assign(region.inside());
            mask
        };
        let (morphological, intensity) = (mask(&self.morphological), mask(&self.intensity));
        let Discretised { levels, level_count } = discretise::levels(&self.image, &intensity, settings)?;
        Ok(IbsiInput {
            image: self.image.clone(),
            morphological,
            intensity,
            spacing: self.grid().spacing(),
            levels,
            level_count,
            ivh: discretise::ivh(settings, self.on_grid.rounded),
            texture: settings.texture(),
        })
    }
}

impl Settings {
    /// The families and aggregations wanted.
    pub fn selection(&self) -> Selection {
        let of_mode = match self.mode {
            Extent::Slices => Selection::slices(),
            Extent::Volume => Selection::volume(),
        };
        let aggregations = self.aggregations.clone().unwrap_or(of_mode.aggregations);
        Selection { families: self.families.clone(), aggregations }
    }
}

/// The region with the label of the settings on the grid of the image.
fn on_grid_of(
    image: &Image,
    mask: &Mask,
    summary: &RegionSummary,
    settings: &Settings,
) -> Result<Region, Error> {
    let tolerance = settings.geometry_tolerance.unwrap_or(1e-6);
    match image.geometry().check_same(mask.geometry(), tolerance) {
        Ok(()) => Ok(Region::of_mask(mask, summary)),
        Err(_) if settings.correct_mask => {
            resample::check_inside(image.geometry(), mask.geometry(), summary.bounds)?;
            resample::region_on(image.geometry(), mask, summary)
        }
        Err(mismatch) => Err(Error::MaskGrid(mismatch)),
    }
}

/// The new spacing, mm.
fn spacing(image: &Geometry, settings: &Settings) -> [f64; 3] {
    let old = image.spacing();
    let given = match (settings.mode, settings.spacing.as_deref().unwrap_or_default()) {
        (_, []) => [0.0; 3],
        (Extent::Volume, [all]) => [*all; 3],
        (Extent::Volume, [x, y, rest @ ..]) => [*x, *y, rest.first().copied().unwrap_or(0.0)],
        (Extent::Slices, [both]) => [*both, *both, 0.0],
        (Extent::Slices, [x, y, ..]) => [*x, *y, 0.0],
    };
    std::array::from_fn(|a| if given[a] == 0.0 { old[a] } else { given[a] })
}

/// The morphological mask: voxels of which at least `mask_threshold` is in the region.
fn interpolated_region(grids: &Centred, region: &Region, settings: &Settings) -> Result<Region, Error> {
    if !grids.changes() {
        return Ok(region.clone());
    }
    let method = settings.mask_interpolation;
    let reached = grids.reached(region.bounds(), method);
    let part_of = |part: IndexBox| -> Result<Array3<f64>, Error> {
        let [nx, ny, nz] = part.size;
        let (start, inside) = (region.bounds().start, region.inside());
        Ok(Array3::from_shape_fn([nz, ny, nx], |(z, y, x)| {
            let index = [x, y, z];
            let [x, y, z] = std::array::from_fn(|a| (part.start[a] + index[a]).wrapping_sub(start[a]));
            if inside.get([z, y, x]) == Some(&true) { 1.0 } else { 0.0 }
        }))
    };
    let parts = grids.values(reached, method, part_of)?;
    let threshold = settings.mask_threshold - HALF_DECIMAL;
    let inside = parts.mapv(|part| part >= threshold);
    let vanished = Error::Vanished { label: region.label(), spacing: grids.grid().spacing() };
    Region::new(region.label(), *grids.grid(), reached, &inside).ok_or(vanished)
}

/// The region's box and as many voxels around it as have their centre within `margin` mm.
fn with_margin(region: &Region, margin: f64) -> IndexBox {
    let grid = region.geometry();
    region.bounds().grown(grid.spacing().map(|spacing| (margin / spacing).ceil() as usize), grid.size())
}

/// The image on the new grid, wherever it is asked for: normalised, interpolated, rounded.
#[derive(Clone, Debug)]
pub(super) struct OnGrid {
    grids: Centred,
    rounded: bool,
    scaling: Option<Scaling>,
}

impl OnGrid {
    pub fn new(image: &Image, settings: &Settings, scaling: Option<Scaling>) -> Result<Self, Error> {
        let grids = Centred::new(image.geometry(), spacing(image.geometry(), settings))?;
        let whole_numbers = scaling.is_none() && !image.sample_type().is_float();
        let rounded = settings.round_intensities.unwrap_or(whole_numbers);
        Ok(Self { grids, rounded, scaling })
    }

    /// The same with the scaling that the settings ask for.
    fn normalised(image: &Image, settings: &Settings) -> Result<Self, Error> {
        let scaling = settings.normalize.then(|| Scaling::of(image, settings)).transpose()?;
        Self::new(image, settings, scaling)
    }

    /// The new grid.
    pub fn grid(&self) -> &Geometry {
        self.grids.grid()
    }

    pub fn spacing(&self) -> [f64; 3] {
        self.grid().spacing()
    }

    /// All of the image: what filters are applied to.
    pub fn whole(&self, image: &Image, settings: &Settings) -> Result<Array3<f64>, Error> {
        self.values(image, settings, IndexBox::whole(self.grid()))
    }

    /// Intensities of a part of the new grid.
    pub fn values(&self, image: &Image, settings: &Settings, part: IndexBox) -> Result<Array3<f64>, Error> {
        let fetch = |part: IndexBox| {
            let mut values = image.crop_f64(part)?.into_voxels();
            if let Some(scaling) = self.scaling {
                values.mapv_inplace(|x| scaling.apply(x));
            }
            Ok(values)
        };
        let mut values = match self.grids.changes() {
            true => self.grids.values(part, settings.interpolation, fetch)?,
            false => fetch(part)?,
        };
        if self.rounded {
            // Half way to the even number, as numpy and MIRP round.
            values.mapv_inplace(f64::round_ties_even);
        }
        Ok(values)
    }
}

/// The whole image as features by IBSI's definitions, and filters, see it: normalised, on the grid of `ibsi.spacing`,
/// rounded.
///
/// ```
/// use radiomics_core::{Params, ParamsFormat, ibsi};
/// use radiomics_imaging::{Geometry, Image, Volume};
///
/// let grid = Geometry::axial([4, 4, 4], [1.0, 1.0, 2.0])?;
/// let voxels = ndarray::Array3::from_shape_fn([4, 4, 4], |(z, _, _)| 10 * z as i16);
/// let image = Image::from(Volume::new(voxels, grid)?);
/// let params = Params::parse("ibsi: {spacing: [1], interpolation: linear}", ParamsFormat::Yaml)?;
/// let on_grid = ibsi::interpolated(&image, &params.settings())?;
/// assert_eq!(on_grid.geometry().size(), [4, 4, 8]);
/// assert_eq!(on_grid.voxels()[[3, 0, 0]], 12.0); // 12.5, half way to the even number
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the image cannot be normalised, or the grid cannot be made.
pub fn interpolated(image: &Image, settings: &Settings) -> Result<Volume<f64>, Error> {
    let on_grid = OnGrid::normalised(image, settings)?;
    Ok(Volume::new(on_grid.whole(image, settings)?, *on_grid.grid())?)
}

/// Refuses values that are not finite where they are looked at, and puts 0 in place of the others.
fn check_finite(values: &mut Array3<f64>, part: IndexBox, region: &Region, local: bool) -> Result<(), Error> {
    if values.iter().all(|x| x.is_finite()) {
        return Ok(());
    }
    let place = |index: [usize; 3]| {
        region.geometry().point(std::array::from_fn(|a| (index[a] + part.start[a]) as f64))
    };
    let start: [usize; 3] = std::array::from_fn(|a| region.bounds().start[a] - part.start[a]);
    for ((z, y, x), value) in values.indexed_iter_mut().filter(|(_, value)| !value.is_finite()) {
        let inside = region.inside().get([
            z.wrapping_sub(start[2]),
            y.wrapping_sub(start[1]),
            x.wrapping_sub(start[0]),
        ]);
        let (value_found, position) = (*value, place([x, y, z]));
        if inside == Some(&true) {
            return Err(Error::NotFiniteAt { value: value_found, position });
        }
        if local {
            return Err(Error::NotFiniteNear { value: value_found, position });
        }
        *value = 0.0;
    }
    Ok(())
}

/// The intensity mask: voxels in `range` and within `outlier_sigma` standard deviations (1/N) of the mean, both
/// taken before either; all limits are included.
fn resegmented(region: &Region, values: Array3<f64>, settings: &Settings) -> Result<Region, Error> {
    let (mut low, mut high) = match settings.range.as_deref() {
        Some([low, high, ..]) => (*low, *high),
        Some([low]) => (*low, f64::INFINITY),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    };
    if let Some(factor) = settings.outlier_sigma {
        let n = region.voxels() as f64;
        let mean = region.intensities(&values).sum::<f64>() / n;
        let variance = region.intensities(&values).map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let reach = factor * variance.sqrt();
        (low, high) = (low.max(mean - reach), high.min(mean + reach));
    }
    if low == f64::NEG_INFINITY && high == f64::INFINITY {
        return Ok(region.clone());
    }
    let mut inside = region.inside().clone();
    Zip::from(&mut inside).and(&values).for_each(|inside, x| *inside &= (low..=high).contains(x));
    let retained = inside.iter().filter(|inside| **inside).count();
    Region::new(region.label(), *region.geometry(), region.bounds(), &inside)
        .filter(|_| retained > 1)
        .ok_or(Error::Resegmented { label: region.label(), low, high, retained })
}

/// The slice of an array over `part` that is a box inside it.
pub(crate) fn inner(
    bounds: IndexBox,
    part: IndexBox,
) -> ndarray::SliceInfo<[ndarray::SliceInfoElem; 3], ndarray::Ix3, ndarray::Ix3> {
    let [x, y, z] = std::array::from_fn(|a| {
        let start = bounds.start[a] - part.start[a];
        start..start + bounds.size[a]
    });
    s![z, y, x]
}

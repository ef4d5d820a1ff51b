//! From a scan and a mask to the image and the region that features are taken from.

use ndarray::Array3;
use radiomics_imaging::{Image, IndexBox, Mask};

use crate::{
    config::{ImageType, Params, Settings},
    derived::{Derived, derive_in_groups},
    diagnostics::Diagnostics,
    error::Error,
    extractor::Observer,
    normalise::Scaling,
    region::Region,
    resample::{self, Plan},
    scan::Scan,
    working::WorkingImage,
};

/// Image and region on one grid, ready for filters and features.
#[derive(Debug)]
pub struct Prepared<'a> {
    /// The image: normalised, resampled or cut as the settings ask.
    pub image: WorkingImage<'a>,
    /// The region for intensities and texture, re-segmented if asked for.
    pub region: Region,
    /// The region for shape.
    ///
    /// Re-segmented only with `resegmentShape`. As in PyRadiomics, it is cut to the box of the re-segmented
    /// region all the same.
    pub shape_region: Region,
    /// The largest absolute intensity of `image`, where it is known already.
    pub(crate) largest: Option<f64>,
}

impl<'a> Prepared<'a> {
    /// Takes the steps in the order of PyRadiomics: normalise all of the image; resample, or cut with
    /// `preCrop`; check the region; re-segment it.
    ///
    /// # Errors
    /// Whatever makes image and mask unusable with these settings.
    pub fn new(image: &'a Image, mask: &Mask, settings: &Settings) -> Result<Self, Error> {
        let scan =
            Scan::new(image, mask, &Params::default(), &without_facts(settings), Some(settings.label), &())?;
        prepare(image, mask, settings, &scan, None, &())
    }

    /// The images of a type in PyRadiomics' order, on a box of the grid, and what was left out and why.
    ///
    /// `inside` says which voxels of the box (`[z, y, x]`) matter: patterns in space are made of those alone. Call
    /// [`WorkingImage::evaluate`] once before many filters look at a resampled image.
    ///
    /// # Errors
    /// [`Error::Volume`] when the box reaches over the border; what makes a filter impossible.
    pub fn derived(
        &self,
        image_type: ImageType,
        part: IndexBox,
        inside: &Array3<bool>,
        settings: &Settings,
    ) -> Result<(Vec<Derived>, Vec<String>), Error> {
        let (mut all, known) = (Vec::new(), self.largest);
        let left_out =
            derive_in_groups(image_type, &self.image, part, inside, known, settings, usize::MAX, |images| {
                all.extend(images);
                Ok::<_, Error>(Vec::new())
            })?;
        Ok((all, left_out))
    }
}

/// The same, with what there is to say about each step.
pub(crate) fn prepare<'a>(
    image: &'a Image,
    mask: &Mask,
    settings: &Settings,
    scan: &Scan,
    mut diagnostics: Option<&mut Diagnostics>,
    observer: &dyn Observer,
) -> Result<Prepared<'a>, Error> {
    let summary = scan.region(settings.label)?;
    if let (Some(diagnostics), Some(facts)) = (&mut diagnostics, &scan.facts) {
        diagnostics.input(image, facts, &Region::of_mask(mask, &summary));
    }
    let scaling = scan.scaling;

    let pad = settings.pad_distance;
    let (working, region) = match (settings.interpolator, settings.resampled_pixel_spacing) {
        (Some(interpolator), Some(spacing)) => {
            enter(observer, "resample")?;
            let (mut working, region) =
                match resample::plan(image.geometry(), mask.geometry(), &summary, spacing, pad)? {
                    Plan::Crop if mask.geometry() == image.geometry() => {
                        cut(image, scaling, Region::of_mask(mask, &summary), pad)?
                    }
                    Plan::Crop => {
                        cut(image, scaling, resample::region_on(image.geometry(), mask, &summary)?, pad)?
                    }
                    Plan::Interpolate(grid) => (
                        WorkingImage::resampled(image, scaling, &grid, interpolator)?,
                        resample::region_on(&grid, mask, &summary)?,
                    ),
                };
            if let Some(diagnostics) = &mut diagnostics {
                working.evaluate();
                diagnostics.image("interpolated", &working)?;
                diagnostics.region("interpolated", &region, &working)?;
            }
            (working, region)
        }
        _ => {
            let tolerance = settings.geometry_tolerance.unwrap_or(1e-6);
            let (region, corrected) = match image.geometry().check_same(mask.geometry(), tolerance) {
                Ok(()) => (Region::of_mask(mask, &summary), false),
                Err(_) if settings.correct_mask => {
                    resample::check_inside(image.geometry(), mask.geometry(), summary.bounds)?;
                    (resample::region_on(image.geometry(), mask, &summary)?, true)
                }
                Err(mismatch) => return Err(Error::MaskGrid(mismatch)),
            };
            if settings.pre_crop {
                region.check(settings)?;
                cut(image, scaling, region, pad)?
            } else {
                let working = WorkingImage::stored(image, IndexBox::whole(image.geometry()), scaling)?;
                if let Some(diagnostics) = diagnostics.as_mut().filter(|_| corrected) {
                    diagnostics.region("corrected", &region, &working)?;
                }
                (working, region)
            }
        }
    };
    region.check(settings)?;

    if settings.resegment_range.is_none() {
        return Ok(Prepared { image: working, shape_region: region.clone(), region, largest: scan.largest });
    }
    enter(observer, "resegment")?;
    let resegmented = region.resegment(&working, settings)?;
    resegmented.check(settings)?;
    if let Some(diagnostics) = &mut diagnostics {
        diagnostics.region("resegmented", &resegmented, &working)?;
    }
    let shape_region = match region.within(resegmented.bounds()) {
        Some(region) if !settings.resegment_shape => region,
        _ => resegmented.clone(),
    };
    Ok(Prepared { image: working, region: resegmented, shape_region, largest: scan.largest })
}

/// The same settings for those who want no diagnostics.
pub(crate) fn without_facts(settings: &Settings) -> Settings {
    Settings { additional_info: false, ..settings.clone() }
}

/// Image and region cut to the region's box and `pad` voxels around it.
fn cut(
    image: &Image,
    scaling: Option<Scaling>,
    region: Region,
    pad: u32,
) -> Result<(WorkingImage<'_>, Region), Error> {
    let part = region.bounds().grown([pad as usize; 3], image.geometry().size());
    Ok((WorkingImage::stored(image, part, scaling)?, region.on_part(part)?))
}

/// Tells which step begins, unless the caller has had enough.
pub(crate) fn enter(observer: &dyn Observer, stage: &str) -> Result<(), Error> {
    if observer.cancelled() {
        return Err(Error::Cancelled);
    }
    observer.stage(stage);
    Ok(())
}

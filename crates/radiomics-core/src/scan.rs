//! What the regions of one scan share: found in one pass each, before the work is spread over regions.

use radiomics_imaging::{Image, Mask, MaskError, RegionSummary};

use crate::{
    config::{ImageType, Params, Settings},
    diagnostics::Facts,
    error::Error,
    extractor::Observer,
    normalise::Scaling,
    prepare::enter,
    summary::Summary,
};

/// Facts about scan and mask that do not depend on the region.
pub(crate) struct Scan {
    regions: Vec<RegionSummary>,
    /// Only where diagnostics are wanted.
    pub facts: Option<Facts>,
    /// Only where the scan is normalised.
    pub scaling: Option<Scaling>,
    /// The largest absolute intensity, normalised or not; only where an image type needs it of the scan itself.
    pub largest: Option<f64>,
}

impl Scan {
    /// Looks at the scan as the settings ask; of the mask, at one label or at all.
    ///
    /// # Errors
    /// When the scan cannot be normalised, or the one label does not occur; [`Error::Cancelled`].
    pub fn new(
        image: &Image,
        mask: &Mask,
        params: &Params,
        settings: &Settings,
        label: Option<u32>,
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        let regions = match label {
            Some(label) => vec![mask.region(label)?],
            None => mask.regions(),
        };
        let facts = if settings.additional_info {
            enter(observer, "diagnostics")?;
            Some(Facts::of(image, mask))
        } else {
            None
        };
        let scaling = if settings.normalize {
            enter(observer, "normalise")?;
            Some(Scaling::of(image, settings)?)
        } else {
            None
        };
        let needs_largest = |image_type: &ImageType| {
            use ImageType::{Exponential, Logarithm, Square, SquareRoot};
            matches!(image_type, Square | SquareRoot | Logarithm | Exponential)
        };
        let resampled = settings.interpolator.is_some() && settings.resampled_pixel_spacing.is_some();
        let whole = !resampled && !settings.pre_crop;
        let wanted = whole && params.image_types.iter().any(|(image_type, _)| needs_largest(image_type));
        let largest = if wanted { largest(image, scaling, facts.as_ref()) } else { None };
        Ok(Self { regions, facts, scaling, largest })
    }

    /// The region with a label.
    ///
    /// # Errors
    /// [`MaskError::Empty`] or [`MaskError::AbsentLabel`].
    pub fn region(&self, label: u32) -> Result<RegionSummary, Error> {
        if let Some(region) = self.regions.iter().find(|region| region.label == label) {
            return Ok(*region);
        }
        let present: Vec<u32> = self.regions.iter().map(|region| region.label).collect();
        let error =
            if present.is_empty() { MaskError::Empty } else { MaskError::AbsentLabel { label, present } };
        Err(error.into())
    }
}

/// The largest absolute value of a scan: that of one of its ends, as scaling keeps their order. None where values
/// are no numbers: then it is looked for among those that are.
fn largest(image: &Image, scaling: Option<Scaling>, facts: Option<&Facts>) -> Option<f64> {
    let Summary { min, max, .. } = facts.map_or_else(|| Summary::of_image(image), |facts| facts.summary);
    let size = |x: f64| scaling.map_or(x, |scaling| scaling.apply(x)).abs();
    (!min.is_nan() && !max.is_nan()).then(|| size(min).max(size(max)))
}

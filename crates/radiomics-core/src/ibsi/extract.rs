//! One region by IBSI's definitions: image and mask in, one row of features out.

use radiomics_imaging::{Image, Mask};

use super::{
    diagnostics::{diagnostics, used},
    features,
    process::Processed,
};
use crate::{
    config::{ImageType, Params, Scope, Settings, scope_of},
    error::Error,
    extractor::{FeatureRow, Observer},
    prepare::enter,
};

/// Features of the region with the label of the settings.
pub(crate) fn extract(
    image: &Image,
    mask: &Mask,
    params: &Params,
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<FeatureRow, Error> {
    let processed = Processed::observed(image, mask, settings, observer)?;
    let diagnostics = if settings.additional_info {
        diagnostics(image, mask, settings, &processed, observer)?
    } else {
        Vec::new()
    };
    enter(observer, "features")?;
    let input = processed.input(settings)?;
    drop(processed);
    let ibsi = features(&input, &settings.selection())?;
    let features = ibsi.iter().map(|value| (value.feature_tag.clone(), value.value)).collect();
    Ok(FeatureRow { diagnostics, features, warnings: without_effect(params), ibsi })
}

/// What a parameter file asks of PyRadiomics that has no place in IBSI 1.
fn without_effect(params: &Params) -> Vec<String> {
    let mut warnings: Vec<String> = params
        .setting
        .entries()
        .into_iter()
        .filter(|(key, _)| !used(key))
        .map(|(key, _)| {
            let section = scope_of(key).map_or("setting", Scope::section);
            let instead = instead(key).map(|key| format!("; see `ibsi.{key}`")).unwrap_or_default();
            format!("`{section}.{key}` has no effect on an extraction by IBSI's definitions{instead}")
        })
        .collect();
    let types = params.image_types.iter().map(|(image_type, _)| *image_type);
    warnings.extend(types.filter(|image_type| *image_type != ImageType::Original).map(|image_type| {
        format!("`imageType.{image_type}` has no effect on an extraction by IBSI's definitions")
    }));
    warnings
}

/// The setting of IBSI's that does what one of PyRadiomics does.
fn instead(key: &str) -> Option<&'static str> {
    Some(match key {
        "binWidth" => "bin_size",
        "binCount" => "bin_number",
        "resampledPixelSpacing" => "spacing",
        "interpolator" => "interpolation",
        "resegmentRange" | "resegmentMode" => "range",
        "force2D" => "mode",
        "distances" => "glcm_distance",
        "weightingNorm" => "glcm_weighting",
        "gldm_a" => "ngldm_alpha",
        _ => return None,
    })
}

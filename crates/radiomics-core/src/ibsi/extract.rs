//! One region by IBSI's definitions: image and mask in, one row of features out.

use radiomics_imaging::{Image, Mask};

use super::{
    IbsiValue,
    diagnostics::{diagnostics, used},
    features,
    process::Processed,
};
use crate::{
    config::{ImageType, Params, Scope, Settings, scope_of},
    error::Error,
    extractor::{FeatureRow, Observer},
    names::IbsiFamily,
    params::NamedFilter,
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
    let mut warnings = without_effect(params);
    let ibsi = if params.filters.is_empty() {
        enter(observer, "features")?;
        let input = processed.input(settings)?;
        drop(processed);
        features(&input, &settings.selection())?
    } else {
        from_responses(image, &processed, params, settings, observer, &mut warnings)?
    };
    let features = ibsi.iter().map(|value| (value.feature_tag.clone(), value.value)).collect();
    Ok(FeatureRow { diagnostics, features, warnings, ibsi })
}

/// Features of response maps (IBSI 2): the regions found on the image, the intensities those of each map.
///
/// The whole interpolated image is filtered, so that no filter meets the border of a crop. `range` has chosen the
/// voxels before; it says nothing about the values of a response, so grey levels span what the region holds.
fn from_responses(
    image: &Image,
    processed: &Processed,
    params: &Params,
    settings: &Settings,
    observer: &dyn Observer,
    warnings: &mut Vec<String>,
) -> Result<Vec<IbsiValue>, Error> {
    let mut selection = settings.selection();
    if selection.families.contains(&IbsiFamily::Morphology) {
        selection.families.retain(|family| *family != IbsiFamily::Morphology);
        warnings.push("morphology is not taken from response maps; extract it without `filter`".into());
    }
    let local = selection.families.contains(&IbsiFamily::LocalIntensity);
    let settings = Settings { range: None, ..settings.clone() };
    let whole = processed.whole(image, &settings)?;
    let spacing = processed.grid().spacing();
    let mut values = Vec::new();
    for NamedFilter { name, filter } in &params.filters {
        enter(observer, &format!("filter {name}"))?;
        let response = filter.apply(&whole, spacing)?;
        let input = processed.on_response(&response, local)?.input(&settings)?;
        drop(response);
        let found = features(&input, &selection)?;
        let named =
            |value: IbsiValue| IbsiValue { feature_tag: format!("{name}_{}", value.feature_tag), ..value };
        values.extend(found.into_iter().map(named));
    }
    Ok(values)
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

//! Regions by IBSI's definitions: image and mask in, one row of features for each region out.
//!
//! What regions share is done once: the passes over the whole scan and the whole mask, the interpolated image, and each
//! response map, of which there is one at a time.

use std::cell::LazyCell;

use ndarray::Array3;
use radiomics_imaging::{Image, IndexBox, Mask};
use rayon::prelude::*;

use super::{
    IbsiValue, Selection,
    diagnostics::{WholeImage, diagnostics, used},
    features,
    process::{OnGrid, Processed, inner},
};
use crate::{
    config::{ImageType, Params, Scope, Settings, scope_of},
    error::Error,
    extractor::{FeatureRow, Observer},
    filter::ibsi::{Cascade, Filter},
    names::IbsiFamily,
    params::NamedFilter,
    prepare::{enter, without_facts},
    scan::Scan,
};

/// Features of the region with the label of the settings.
pub(crate) fn extract(
    image: &Image,
    mask: &Mask,
    params: &Params,
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<FeatureRow, Error> {
    let label = settings.label;
    let job = Job::new(image, mask, params, settings, Some(label), observer)?;
    job.rows(&[label], |_| observer).pop().unwrap_or(Err(Error::EmptyRegion))
}

/// Features of the regions with these labels, in their order.
pub(crate) fn extract_labels<O: Observer>(
    image: &Image,
    mask: &Mask,
    params: &Params,
    settings: &Settings,
    labels: &[u32],
    observer: impl Fn(u32) -> O + Sync,
) -> Vec<Result<FeatureRow, Error>> {
    match Job::new(image, mask, params, settings, None, &()) {
        Ok(job) => job.rows(labels, observer),
        Err(error) => labels.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// What all regions of a scan share.
struct Job<'a> {
    image: &'a Image,
    mask: &'a Mask,
    params: &'a Params,
    settings: &'a Settings,
    scan: Scan,
    on_grid: OnGrid,
    whole: Option<WholeImage>,
    selection: Selection,
    warnings: Vec<String>,
}

/// A region on its way: what its features are taken from, and its row so far.
type Case = (Processed, FeatureRow);

impl<'a> Job<'a> {
    fn new(
        image: &'a Image,
        mask: &'a Mask,
        params: &'a Params,
        settings: &'a Settings,
        label: Option<u32>,
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        let scan = Scan::new(image, mask, &Params::default(), &without_facts(settings), label, observer)?;
        let on_grid = OnGrid::new(image, settings, scan.scaling)?;
        let wants_facts = settings.additional_info;
        let whole = wants_facts.then(|| WholeImage::of(image, settings, &on_grid, observer)).transpose()?;
        let mut selection = settings.selection();
        let mut warnings = without_effect(params);
        if !params.filters.is_empty() && selection.families.contains(&IbsiFamily::Morphology) {
            selection.families.retain(|family| *family != IbsiFamily::Morphology);
            warnings.push("morphology is not taken from response maps; extract it without `filter`".into());
        }
        Ok(Self { image, mask, params, settings, scan, on_grid, whole, selection, warnings })
    }

    /// A row for each label.
    fn rows<O: Observer>(
        &self,
        labels: &[u32],
        observer: impl Fn(u32) -> O + Sync,
    ) -> Vec<Result<FeatureRow, Error>> {
        if !self.params.filters.is_empty() {
            let observers: Vec<O> = labels.iter().map(|&label| observer(label)).collect();
            return self.rows_of_responses(labels, &observers);
        }
        let row = |&label: &u32| {
            let observer = observer(label);
            let (processed, mut row) = self.case(label, &observer)?;
            enter(&observer, "features")?;
            let input = processed.input(self.settings)?;
            drop(processed);
            row.ibsi = features(&input, &self.selection)?;
            Ok(finished(row))
        };
        labels.par_iter().map(row).collect()
    }

    /// The region with a label, and its row without features.
    fn case(&self, label: u32, observer: &dyn Observer) -> Result<Case, Error> {
        let settings = Settings { label, ..self.settings.clone() };
        let summary = self.scan.region(label)?;
        let processed =
            Processed::observed(self.image, self.mask, &summary, &settings, &self.on_grid, observer)?;
        let diagnostics = match &self.whole {
            Some(whole) => diagnostics(self.image, self.mask, &summary, &settings, &processed, whole)?,
            None => Vec::new(),
        };
        Ok((processed, FeatureRow { diagnostics, warnings: self.warnings.clone(), ..FeatureRow::default() }))
    }

    /// Features of response maps (IBSI 2): the regions found on the image, the intensities those of each map.
    ///
    /// Filtered is what lies around all regions as far as a filter looks, so that none meets the border of a crop.
    /// `range` has chosen the voxels before; it says nothing about the values of a response, so grey levels span what
    /// the region holds.
    fn rows_of_responses<O: Observer>(
        &self,
        labels: &[u32],
        observers: &[O],
    ) -> Vec<Result<FeatureRow, Error>> {
        let watched = labels.par_iter().zip(observers);
        let mut cases: Vec<Result<Case, Error>> =
            watched.map(|(&label, observer)| self.case(label, observer)).collect();
        let settings = Settings { range: None, ..self.settings.clone() };
        let (grid, spacing) = (self.on_grid.grid(), self.on_grid.spacing());
        let parts = cases.iter().flatten().map(|(processed, _)| processed.part());
        let Some(around) = parts.reduce(|all, part| all.union(&part)) else {
            return cases.into_iter().map(|case| case.map(|(_, row)| row)).collect();
        };
        let part = |filter: &Filter| filter.part(around, grid.size(), spacing);
        let filters = &self.params.filters;
        let furthest = filters.iter().fold(around, |all, named| all.union(&part(&named.filter)));
        let image = LazyCell::new(|| self.on_grid.values(self.image, &settings, furthest));
        let mut cascade: Option<(IndexBox, Cascade)> = None;
        for NamedFilter { name, filter } in filters {
            for (case, observer) in cases.iter_mut().zip(observers) {
                if let (Ok(_), Err(error)) = (&case, enter(observer, &format!("filter {name}"))) {
                    *case = Err(error);
                }
            }
            if cases.iter().all(Result::is_err) {
                break;
            }
            let part = part(filter);
            let response = image.as_ref().map_err(Error::clone).and_then(|image| {
                let on_part = match cascade.take() {
                    Some((known, on_part)) if known == part => on_part,
                    _ if part == furthest => Cascade::new(image, spacing),
                    _ => Cascade::of(image.slice(inner(part, furthest)).to_owned(), spacing),
                };
                cascade.insert((part, on_part)).1.apply(filter)
            });
            cases.par_iter_mut().for_each(|case| {
                let Ok((processed, row)) = case else { return };
                let values = response
                    .as_ref()
                    .map_err(Error::clone)
                    .and_then(|response| self.of_response(processed, name, (response, part), &settings));
                match values {
                    Ok(values) => row.ibsi.extend(values),
                    Err(error) => *case = Err(error),
                }
            });
        }
        cases.into_iter().map(|case| case.map(|(_, row)| finished(row))).collect()
    }

    fn of_response(
        &self,
        processed: &Processed,
        name: &str,
        (response, part): (&Array3<f64>, IndexBox),
        settings: &Settings,
    ) -> Result<Vec<IbsiValue>, Error> {
        let local = self.selection.families.contains(&IbsiFamily::LocalIntensity);
        let input = processed.on_response(response, part, local)?.input(settings)?;
        let found = features(&input, &self.selection)?;
        let named =
            |value: IbsiValue| IbsiValue { feature_tag: format!("{name}_{}", value.feature_tag), ..value };
        Ok(found.into_iter().map(named).collect())
    }
}

/// A row whose features stand under their tags too.
fn finished(row: FeatureRow) -> FeatureRow {
    let features = row.ibsi.iter().map(|value| (value.feature_tag.clone(), value.value)).collect();
    FeatureRow { features, ..row }
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

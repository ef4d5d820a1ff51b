//! What is written beside IBSI's features: size, spacing and intensities of the image and of both masks after
//! loading, interpolation and re-segmentation, under the names of the standard's tables of diagnostics.

use radiomics_imaging::{Geometry, Image, IndexBox, Mask, RegionSummary};
use serde_json::{Value, json};

use super::process::{OnGrid, Processed};
use crate::{
    config::{Scope, Settings, scope_of},
    convention::Convention,
    diagnostics::object,
    error::Error,
    extractor::Observer,
    prepare::enter,
    region::Region,
    summary::Summary,
};

/// Voxels of the new grid that are held at once when the whole image is looked at. A spline sees 40 slices beyond
/// those that are wanted: few large slabs cost less than many small ones.
const AT_ONCE: usize = 1 << 23;

/// Columns in their order.
#[derive(Default)]
struct Columns(Vec<(String, Value)>);

/// Mean, minimum and maximum of the whole image: one pass over the scan, and one over its interpolation in slabs of
/// slices. Nothing else in an extraction leaves the region and its margin.
pub(super) struct WholeImage {
    stored: Summary,
    interpolated: Vec<Summary>,
}

impl WholeImage {
    pub fn of(
        image: &Image,
        settings: &Settings,
        on_grid: &OnGrid,
        observer: &dyn Observer,
    ) -> Result<Self, Error> {
        enter(observer, "diagnostics")?;
        let [nx, ny, nz] = on_grid.grid().size();
        let slab = (AT_ONCE / (nx * ny)).max(16);
        let slabs = (0..nz).step_by(slab).map(|z| {
            enter(observer, "diagnostics")?;
            let part = IndexBox { start: [0, 0, z], size: [nx, ny, slab.min(nz - z)] };
            let values = on_grid.values(image, settings, part)?;
            Ok(Summary::of(values.as_slice().unwrap_or_default()))
        });
        let interpolated = slabs.collect::<Result<_, Error>>()?;
        Ok(Self { stored: Summary::of_image(image), interpolated })
    }
}

/// Versions, settings, and facts about image and masks at each step.
pub(super) fn diagnostics(
    image: &Image,
    mask: &Mask,
    region: &RegionSummary,
    settings: &Settings,
    processed: &Processed,
    whole: &WholeImage,
) -> Result<Vec<(String, Value)>, Error> {
    let mut columns = Columns::default();
    columns.add("Versions_Radiomics", json!(env!("CARGO_PKG_VERSION")));
    columns.add("Versions_Convention", json!(Convention::Ibsi.name()));
    columns
        .add("Configuration_Settings", object(settings.entries().into_iter().filter(|(key, _)| used(key))));

    columns.image("init", image.geometry(), &[whole.stored]);
    let region = Region::of_mask(mask, region);
    let stored = if region.bounds().end().iter().zip(image.geometry().size()).all(|(end, size)| *end <= size)
    {
        let values = image.crop_f64(region.bounds())?;
        region.intensities(values.voxels()).collect()
    } else {
        Vec::new()
    };
    columns.masks("init", mask.geometry(), &region, &region, &stored);

    let grid = processed.grid();
    columns.image("interp", grid, &whole.interpolated);
    let (morphological, intensity) = (processed.morphological(), processed.intensity());
    columns.masks("interp", grid, morphological, morphological, &processed.intensities(morphological));
    columns.masks("reseg", grid, intensity, morphological, &processed.intensities(intensity));
    Ok(columns.0)
}

/// Settings that have a part in an extraction by IBSI's definitions.
pub(super) fn used(key: &str) -> bool {
    match scope_of(key) {
        Some(Scope::Ibsi | Scope::Region | Scope::Output) => !key.starts_with("resegment"),
        _ => matches!(key, "normalize" | "normalizeScale" | "removeOutliers"),
    }
}

impl Columns {
    fn image(&mut self, step: &str, grid: &Geometry, parts: &[Summary]) {
        self.each("img_dim", step, "img", grid.size().map(|n| json!(n)));
        self.each("vox_dim", step, "img", grid.spacing().map(|mm| json!(mm)));
        let sum: f64 = parts.iter().map(|part| part.sum).sum();
        let count: usize = parts.iter().map(|part| part.count).sum();
        let min = parts.iter().map(|part| part.min).fold(f64::INFINITY, f64::min);
        let max = parts.iter().map(|part| part.max).fold(f64::NEG_INFINITY, f64::max);
        self.range("", step, "img", sum / count as f64, min, max);
    }

    fn masks(
        &mut self,
        step: &str,
        grid: &Geometry,
        intensity: &Region,
        morphological: &Region,
        values: &[f64],
    ) {
        self.each("int_mask_dim", step, "roi", grid.size().map(|n| json!(n)));
        self.each("int_mask_bb_dim", step, "roi", intensity.bounds().size.map(|n| json!(n)));
        self.each("morph_mask_bb_dim", step, "roi", morphological.bounds().size.map(|n| json!(n)));
        self.add(&format!("int_mask_vox_count_{step}_roi"), json!(intensity.voxels()));
        self.add(&format!("morph_mask_vox_count_{step}_roi"), json!(morphological.voxels()));
        let summary = Summary::of(values);
        self.range("int_mask_", step, "roi", summary.mean(), summary.min, summary.max);
    }

    fn each(&mut self, what: &str, step: &str, of: &str, values: [Value; 3]) {
        for (axis, value) in ["x", "y", "z"].into_iter().zip(values) {
            self.add(&format!("{what}_{axis}_{step}_{of}"), value);
        }
    }

    fn range(&mut self, mask: &str, step: &str, of: &str, mean: f64, min: f64, max: f64) {
        for (what, value) in [("mean", mean), ("min", min), ("max", max)] {
            self.add(&format!("{mask}{what}_int_{step}_{of}"), json!(value));
        }
    }

    fn add(&mut self, name: &str, value: Value) {
        self.0.push((format!("diagnostics_{name}"), value));
    }
}

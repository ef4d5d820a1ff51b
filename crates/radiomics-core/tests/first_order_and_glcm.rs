//! First-order and GLCM features against PyRadiomics' tables.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests may fail loudly
use std::{collections::BTreeMap, path::Path};

use radiomics_core::{
    FeatureName, ImageType, Levels, Params, ParamsFormat, Settings,
    features::{first_order, glcm},
    levels::Binning,
    names::{FirstOrderFeatures, GlcmFeatures},
};
use radiomics_imaging::{Image, Mask, io};
use radiomics_phantoms::reference;

/// Every table of the folder whose region and intensities are those of the files as they are. The tests of
/// the whole extraction cover the others.
#[test]
fn pyradiomics_tables() {
    let Some(tables) = reference::shared("oracles/pyradiomics") else { return };
    let Some(data) = reference::shared("data/pyradiomics") else { return };
    let mut images: BTreeMap<String, Image> = BTreeMap::new();
    let mut masks: BTreeMap<String, Mask> = BTreeMap::new();
    let (mut values, mut misses, mut worst) = (0, Vec::new(), 0.0_f64);
    for folder in entries(&tables).into_iter().filter(|path| path.is_dir()) {
        let case = folder.file_name().unwrap().to_string_lossy().into_owned();
        for file in entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        {
            let table = file.with_extension("csv");
            let text = std::fs::read_to_string(&file).unwrap();
            let params = Params::parse(&text, ParamsFormat::Yaml).unwrap();
            let settings = params.settings();
            if !table.exists() || !as_stored(&params, &settings) {
                continue;
            }
            // The first line names the mask.
            let mask = text.lines().next().unwrap().strip_prefix("# mask: ").expect(&text).to_owned();
            let read = || io::read_mask(data.join(&mask), &io::ReadOptions::default()).unwrap();
            let mask = masks.entry(mask.clone()).or_insert_with(read);
            let read =
                || io::read(data.join(format!("{case}_image.nrrd")), &io::ReadOptions::default()).unwrap();
            let image = images.entry(case.clone()).or_insert_with(read);
            let expected = read_table(&table);
            for (name, ours) in extract(image, mask, &settings) {
                let Some(&theirs) = expected.get(&name) else { continue };
                values += 1;
                let difference = if ours == theirs { 0.0 } else { (ours - theirs).abs() / theirs.abs() };
                worst = worst.max(difference);
                if difference.is_nan() || difference > 1e-8 {
                    misses.push(format!("{}: {name} {ours} instead of {theirs}", file.display()));
                }
            }
        }
    }
    println!("{values} values, largest relative difference {worst:e}");
    if values == 0 {
        reference::skip("values of first order and GLCM in oracles/pyradiomics");
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

fn as_stored(params: &Params, settings: &Settings) -> bool {
    params.image_types.iter().all(|(image_type, _)| *image_type == ImageType::Original)
        && !settings.normalize
        && settings.resampled_pixel_spacing.is_none()
        && settings.resegment_range.is_none()
}

fn extract(image: &Image, mask: &Mask, settings: &Settings) -> Vec<(String, f64)> {
    let bounds = mask.region(settings.label).unwrap().bounds;
    let inside = mask.crop(settings.label, bounds);
    let part = image.crop_f64(bounds).unwrap();
    let binning = settings.bin_count.map_or(Binning::Width(settings.bin_width), Binning::Count);
    let levels = Levels::new(part.voxels(), &inside, part.geometry().spacing(), binning, 1).unwrap();
    let first_order = first_order::features(part.voxels(), &inside, &levels, settings).unwrap();
    let glcm = glcm::features(&levels, settings).unwrap();
    let mut features = named("firstorder", FirstOrderFeatures::NAMES, &first_order.values());
    features.extend(named("glcm", GlcmFeatures::NAMES, &glcm.values()));
    features
}

fn named(class: &str, names: &[FeatureName], values: &[f64]) -> Vec<(String, f64)> {
    let column = |name: &FeatureName| format!("original_{class}_{}", name.name);
    names.iter().map(column).zip(values.iter().copied()).collect()
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn read_table(path: &Path) -> BTreeMap<String, f64> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().skip(1).filter_map(|line| line.split_once(','));
    rows.map(|(name, value)| (name.to_owned(), value.parse().unwrap_or(f64::NAN))).collect()
}

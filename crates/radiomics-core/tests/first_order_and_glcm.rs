//! First-order and GLCM features against PyRadiomics' tables and IBSI's digital phantom.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests may fail loudly
use std::{collections::BTreeMap, path::Path};

use radiomics_core::{
    FeatureName, ImageType, Levels, Params, ParamsFormat, Settings,
    features::{first_order, glcm},
    levels::Binning,
    names::{FirstOrderFeatures, GlcmFeatures},
};
use radiomics_imaging::{Image, Mask, io};
use radiomics_phantoms::{ibsi, reference};

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
    assert!(values > 0, "no first-order or GLCM value found");
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

/// A value that IBSI publishes, and its tolerance.
struct Published {
    code: String,
    aggregation: String,
    value: f64,
    tolerance: f64,
}

/// The values of one family for the digital phantom.
fn published(family: &str) -> Option<Vec<Published>> {
    let text = std::fs::read_to_string(reference::shared("oracles/ibsi1/reference_values.csv")?).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        // Quotes stand around fields that hold a comma: every second part is inside them.
        let parts = line.split('"').enumerate();
        let line: String =
            parts.map(|(n, part)| if n % 2 == 1 { part.replace(',', ";") } else { part.into() }).collect();
        line.split(',').map(str::to_owned).collect::<Vec<String>>()
    });
    let rows: Vec<Published> = rows
        .filter(|row| row[0] == family && row[4] == "digital_phantom")
        .map(|row| Published {
            code: row[2].clone(),
            aggregation: row[3].clone(),
            value: row[5].parse().unwrap(),
            tolerance: row[6].parse().unwrap(),
        })
        .collect();
    assert!(!rows.is_empty(), "no {family} values for the digital phantom");
    Some(rows)
}

/// The rule of the reference data: rounded to three significant digits, within the tolerance.
fn agrees(ours: f64, published: &Published) -> bool {
    let rounded: f64 = format!("{ours:.2e}").parse().unwrap();
    (rounded - published.value).abs() <= published.tolerance + 1e-9 * published.value.abs()
}

fn phantom() -> Levels {
    let mut levels = ibsi::grey_levels().mapv(|level| u32::try_from(level).unwrap());
    levels.zip_mut_with(&ibsi::region(), |level, &inside| *level *= u32::from(inside));
    Levels::from_grey_levels(&levels, [2.0; 3], 1).unwrap()
}

#[test]
fn ibsi_glcm_of_the_digital_phantom_in_all_aggregations() {
    use glcm::Aggregation::*;
    let Some(published) = published("glcm") else { return };
    let levels = phantom();
    for row in published {
        let aggregation = match row.aggregation.as_str() {
            "2D; averaged" => SliceDirections,
            "2D; slice-merged" => Slices,
            "2.5D; direction-merged" => DirectionsInSlices,
            "2.5D; merged" => MergedSlices,
            "3D; averaged" => Directions,
            "3D; merged" => Merged,
            other => panic!("aggregation {other}"),
        };
        let code = match row.code.as_str() {
            "8S9J" => "TF7R", // dissimilarity is the difference average
            "OEEB" => "DG8W", // sum variance is the cluster tendency
            code => code,
        };
        let features = glcm::aggregated(&levels, 1, aggregation);
        let place = GlcmFeatures::NAMES.iter().position(|name| name.ibsi == code);
        let ours = features.values()[place.unwrap_or_else(|| panic!("no feature {code}"))];
        assert!(agrees(ours, &row), "{code} {}: {ours}, IBSI {}", row.aggregation, row.value);
    }
}

/// Families with features that PyRadiomics does not have: these codes are left out.
const NOT_OURS: [&str; 12] = [
    "N72L", "7TET", "9S40", // median absolute deviation, coefficients of variation and dispersion
    "4RNL", "CWYJ", "SLWD", // the same of the histogram
    "AMMC", "12CE", "8E6O", "VQB3", "RHQZ", // mode and gradients of the histogram
    "",
];

#[test]
fn ibsi_intensities_and_histogram_of_the_digital_phantom() {
    let Some(statistics) = published("intensity_statistics") else { return };
    let Some(histogram) = published("intensity_histogram") else { return };
    let image = ibsi::grey_levels().mapv(f64::from);
    let f = first_order::features(&image, &ibsi::region(), &phantom(), &Settings::default()).unwrap();
    let mut names: BTreeMap<&str, f64> =
        FirstOrderFeatures::NAMES.iter().map(|name| name.ibsi).zip(f.values()).collect();
    names.insert("IPH6", f.kurtosis - 3.0); // IBSI's is in excess
    // The histogram has the same features of the grey levels, which here are the intensities.
    let same =
        ["X6K6", "CH89", "88K1", "C3I7", "WIFQ", "1PR8", "GPMT", "3NCY", "WR0O", "5Z3W", "D2ZX", "WRZB"];
    let of = ["Q4LE", "ECT3", "KE2A", "IPH6", "Y12H", "1GSF", "8DWT", "84IY", "SALO", "2OJQ", "4FUA", "1128"];
    for (histogram, intensity) in same.into_iter().zip(of) {
        names.insert(histogram, names[intensity]);
    }
    for row in statistics.iter().chain(&histogram).filter(|row| !NOT_OURS.contains(&row.code.as_str())) {
        let ours = *names.get(row.code.as_str()).unwrap_or_else(|| panic!("no feature {}", row.code));
        assert!(agrees(ours, row), "{}: {ours}, IBSI {}", row.code, row.value);
    }
}

//! Conformance with PyRadiomics, driven by the reference cases that are found.
//!
//! `oracles/pyradiomics/<case>/<config>.yaml` is a parameter file as PyRadiomics was given it; its first line names
//! the mask in `data/pyradiomics`, where `<case>_image.nrrd` lies too. `<config>.csv` holds its features,
//! `<config>.diag.json` what it wrote beside them, `<config>.error.txt` why it refused. `RADIOMICS_SHARED`
//! names another collection of the same form, or a part of one.
// Helpers of tests stand outside of test functions: there too, a failed unwrap is a failed test.
#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use radiomics_core::{
    Error, Extractor, FeatureRow, ImageType, Params, ParamsError, ParamsFormat, Prepared, config::Overrides,
};
use radiomics_imaging::{
    Image, IndexBox, Mask,
    io::{ReadOptions, read, read_mask},
};
use radiomics_phantoms::reference::shared;
use serde_json::Value;

#[path = "pyradiomics/edges.rs"]
mod edges;

/// One parameter file with the files beside it.
struct Config {
    path: PathBuf,
    params: Result<Params, ParamsError>,
    mask: String,
}

/// An image and all parameter files for it.
struct Case {
    image: Image,
    masks: BTreeMap<String, Mask>,
    configs: Vec<Config>,
}

/// Every case of the collection; `None` where there is no collection.
fn cases() -> Option<Vec<Case>> {
    let (tables, data) = (shared("oracles/pyradiomics")?, shared("data/pyradiomics")?);
    let mut cases = Vec::new();
    for folder in entries(&tables) {
        let files: Vec<PathBuf> =
            entries(&folder).into_iter().filter(|f| f.extension().is_some_and(|e| e == "yaml")).collect();
        if files.is_empty() {
            continue;
        }
        let case = folder.file_name().unwrap().to_str().unwrap();
        let image = read(data.join(format!("{case}_image.nrrd")), &ReadOptions::default()).unwrap();
        let mut masks = BTreeMap::new();
        let configs = files.into_iter().map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let mask = text.lines().next().and_then(|line| line.strip_prefix("# mask:"));
            let mask = mask.unwrap_or_else(|| panic!("{} names no mask", path.display())).trim().to_owned();
            masks
                .entry(mask.clone())
                .or_insert_with(|| read_mask(data.join(&mask), &ReadOptions::default()).unwrap());
            let params = Params::parse(&text, ParamsFormat::Yaml);
            Config { path, params, mask }
        });
        let configs = configs.collect();
        cases.push(Case { image, masks, configs });
    }
    assert!(!cases.is_empty(), "no case found in {}", tables.display());
    Some(cases)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

impl Config {
    /// A file of the same name with another ending.
    fn beside(&self, ending: &str) -> PathBuf {
        self.path.with_extension(ending)
    }

    /// Case and configuration, for messages.
    fn name(&self) -> String {
        let folder = self.path.parent().and_then(Path::file_name).unwrap().to_string_lossy();
        format!("{folder}/{}", self.path.file_stem().unwrap().to_string_lossy())
    }

    /// Whether PyRadiomics refused the input.
    fn refused(&self) -> bool {
        self.beside("error.txt").exists()
    }

    /// The features of the region, if what is asked for can be done.
    fn run(&self, case: &Case, params: Params) -> Result<FeatureRow, Error> {
        Extractor::new(params)?.extract(&case.image, &case.masks[&self.mask])
    }
}

/// Largest relative difference allowed in a column: PyRadiomics computes some images in single precision.
fn tolerance(column: &str) -> f64 {
    if column.starts_with("log-sigma-") || column.starts_with("gradient_") { 1e-5 } else { 1e-8 }
}

/// Relative to the expected value; 0 for the same number, NaN or not.
///
/// Where an eigenvalue is 0, as for a region in one slice, PyRadiomics gives what rounding left of it.
fn difference(found: f64, expected: f64) -> f64 {
    const ROUNDING: f64 = 1e-12;
    let zero = |x: f64| x.abs() < ROUNDING;
    if found == expected || (found.is_nan() && expected.is_nan()) || (zero(found) && zero(expected)) {
        return 0.0;
    }
    let difference = ((found - expected) / expected).abs();
    if difference.is_nan() { f64::INFINITY } else { difference }
}

#[test]
fn features_agree() {
    let Some(cases) = cases() else { return };
    let (mut agreed, mut refused, mut values) = (0, 0, 0);
    let mut failures: Vec<String> = Vec::new();
    // By feature: number of misses, the worst of them and where it is.
    let mut misses: BTreeMap<String, (usize, f64, String)> = BTreeMap::new();
    // What rounding decides, and the worst of what agrees, in tolerances.
    let (mut at_edges, mut worst) = (Vec::new(), (0.0_f64, String::new()));
    for (case, config) in cases.iter().flat_map(|case| case.configs.iter().map(move |c| (case, c))) {
        let found = config.params.clone().map_err(Error::from).and_then(|params| config.run(case, params));
        let row = match found {
            Err(_) if config.refused() => {
                refused += 1;
                continue;
            }
            Err(error) => {
                failures.push(format!("{}: {error}", config.name()));
                continue;
            }
            Ok(_) if config.refused() => {
                failures.push(format!("{}: must be refused, but has features", config.name()));
                continue;
            }
            Ok(row) => row,
        };
        let expected = table(&config.beside("csv"));
        let names = |columns: &[(String, f64)]| columns.iter().map(|(n, _)| n.clone()).collect::<Vec<_>>();
        if names(&row.features) != names(&expected) {
            failures.push(format!("{}: {}", config.name(), first_other(&row.features, &expected)));
            continue;
        }
        let params = config.params.as_ref().unwrap();
        let mut all = true;
        for ((name, found), (_, expected)) in row.features.iter().zip(&expected) {
            values += 1;
            let difference = difference(*found, *expected);
            if difference <= tolerance(name) {
                if difference / tolerance(name) > worst.0 {
                    worst = (difference / tolerance(name), format!("{name} of {}", config.name()));
                }
                continue;
            }
            let mask = &case.masks[&config.mask];
            if let Some(why) = edges::at_edge(&case.image, mask, params, name, *expected) {
                at_edges.push(format!("{} {name}: {found} for {expected}: {why}", config.name()));
            } else {
                all = false;
                let miss = misses.entry(name.clone()).or_insert((0, 0.0, String::new()));
                miss.0 += 1;
                if difference > miss.1 {
                    (miss.1, miss.2) = (difference, format!("{}: {found} for {expected}", config.name()));
                }
            }
        }
        agreed += usize::from(all);
    }
    println!(
        "{agreed} tables agree ({values} values compared), {refused} inputs are refused as they must be"
    );
    println!("the worst differs by {:.1e} of its tolerance: {}", worst.0, worst.1);
    println!("{} values are decided by rounding at an edge", at_edges.len());
    at_edges.iter().for_each(|value| println!("{value}"));
    let mut misses: Vec<_> = misses.into_iter().collect();
    misses.sort_by(|a, b| b.1.1.total_cmp(&a.1.1));
    for (name, (count, worst, place)) in &misses {
        println!("{count:4} × {name}: {worst:.1e} in {place}");
    }
    failures.iter().for_each(|failure| println!("{failure}"));
    assert!(misses.is_empty() && failures.is_empty(), "{} features, {} files", misses.len(), failures.len());
}

/// A table `feature,value`.
fn table(path: &Path) -> Vec<(String, f64)> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .skip(1)
        .map(|line| {
            let (name, value) = line.rsplit_once(',').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

fn first_other(found: &[(String, f64)], expected: &[(String, f64)]) -> String {
    let name = |columns: &[(String, f64)], i: usize| columns.get(i).map_or("nothing".into(), |c| c.0.clone());
    let place = (0..).find(|&i| name(found, i) != name(expected, i)).unwrap();
    let (found_name, expected_name) = (name(found, place), name(expected, place));
    format!("column {place} is {found_name}, must be {expected_name}")
}

#[test]
fn diagnostics_agree() {
    let Some(cases) = cases() else { return };
    let mut failures = Vec::new();
    let mut compared = 0;
    for (case, config) in cases.iter().flat_map(|case| case.configs.iter().map(move |c| (case, c))) {
        let Ok(text) = fs::read_to_string(config.beside("diag.json")) else { continue };
        let mut expected: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
        // What the reference adds, and versions of other programs.
        expected.retain(|key, _| key.starts_with("diagnostics_") && !key.contains("_Versions_"));
        let mut params = config.params.clone().unwrap();
        params.classes.clear();
        if params.image_types.iter().any(|(image_type, _)| *image_type != ImageType::Original) {
            // Nothing else depends on filters.
            params.image_types = vec![(ImageType::Original, Overrides::default())];
            expected["diagnostics_Configuration_EnabledImageTypes"] = serde_json::json!({"Original": {}});
        }
        let row = match config.run(case, params) {
            Ok(row) => row,
            Err(error) => {
                failures.push(format!("{}: {error}", config.name()));
                continue;
            }
        };
        let found: Vec<_> = row.diagnostics.iter().filter(|(key, _)| !key.contains("_Versions_")).collect();
        let found_keys: Vec<&String> = found.iter().map(|(key, _)| key).collect();
        let expected_keys: Vec<&String> = expected.keys().collect();
        if found_keys != expected_keys {
            failures.push(format!("{}: {found_keys:?}\n  must be {expected_keys:?}", config.name()));
            continue;
        }
        for (key, value) in found {
            compared += 1;
            if !same(value, &expected[key]) {
                failures.push(format!("{}: {key} is {value}, must be {}", config.name(), expected[key]));
            }
        }
    }
    println!("{compared} diagnostics compared");
    failures.iter().for_each(|failure| println!("{failure}"));
    assert!(failures.is_empty() && compared > 0, "{} of {compared} differ", failures.len());
}

/// Equal, numbers up to rounding, objects in any order.
fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) => difference(a.as_f64().unwrap(), b.as_f64().unwrap()) <= 1e-8,
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|b| same(value, b)))
        }
        _ => found == expected,
    }
}

/// `oracles/pyradiomics/intermediates/<case>_…/`: what PyRadiomics' image and mask were before filters.
///
/// Integers must be the same voxel for voxel, real numbers up to 1e-12 of the largest.
#[test]
fn resampled_images_have_the_same_voxels() {
    let Some(data) = shared("data/pyradiomics") else { return };
    let Some(intermediates) = shared("oracles/pyradiomics/intermediates") else { return };
    let (mut compared, mut identical) = (0, 0);
    let mut failures = Vec::new();
    for folder in entries(&intermediates) {
        let options = ReadOptions::default();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let case = name.split('_').next().unwrap();
        let image = read(data.join(format!("{case}_image.nrrd")), &options).unwrap();
        let mask = read_mask(data.join(format!("{case}_label.nrrd")), &options).unwrap();
        let settings = fs::read_to_string(folder.join("settings.json")).unwrap();
        let params = Params::parse(&format!("{{\"setting\": {settings}}}"), ParamsFormat::Json).unwrap();
        let settings = params.settings();
        let expected = read(folder.join("resampled_image.nrrd"), &options).unwrap();
        let expected_mask = read_mask(folder.join("resampled_mask.nrrd"), &options).unwrap();
        compared += 1;

        // A part that is asked for alone is evaluated from fewer coefficients.
        let [all, alone] = [(); 2].map(|()| Prepared::new(&image, &mask, &settings));
        let (all, alone) = match (all, alone) {
            (Ok(all), Ok(alone)) => (all, alone),
            (Err(error), _) | (_, Err(error)) => {
                failures.push(format!("{name}: {error}"));
                continue;
            }
        };
        let region = expected_mask.region(settings.label).unwrap();
        if all.region.bounds() != region.bounds
            || all.region.inside() != expected_mask.crop(settings.label, region.bounds)
        {
            failures.push(format!("{name}: another region"));
        }
        let grid = *all.image.geometry();
        if let Err(error) = grid.check_same(expected.geometry(), 1e-12) {
            failures.push(format!("{name}: {error}"));
            continue;
        }
        assert_eq!(all.image.sample_type(), expected.sample_type(), "{name}");
        let tolerance = if expected.sample_type().is_float() { 1e-12 } else { 0.0 };
        for (image, part) in [(&all.image, IndexBox::whole(&grid)), (&alone.image, region.bounds)] {
            let (found, expected) = (image.window(part).unwrap(), expected.crop_f64(part).unwrap());
            let largest = expected.voxels().iter().fold(0.0_f64, |max, v| max.max(v.abs()));
            let off = |f: f64, e: f64| (f - e).abs() > tolerance * largest;
            let others = found.voxels().iter().zip(expected.voxels()).filter(|(f, e)| off(**f, **e)).count();
            let worst = found.voxels().iter().zip(expected.voxels()).map(|(f, e)| (f - e).abs());
            if others > 0 {
                let worst = worst.fold(0.0_f64, f64::max);
                let voxels = part.voxels();
                failures.push(format!("{name}: {others} of {voxels} voxels differ, the worst by {worst:e}"));
            }
            identical += usize::from(found.voxels() == expected.voxels());
        }
    }
    println!("{compared} images compared, {identical} of twice as many windows identical to the last bit");
    failures.iter().for_each(|failure| println!("{failure}"));
    assert!(failures.is_empty() && compared > 0, "{} failures among {compared}", failures.len());
}

#[test]
fn results_do_not_depend_on_threads() {
    let Some(cases) = cases() else { return };
    let bits = |row: &FeatureRow| row.features.iter().map(|(_, v)| v.to_bits()).collect::<Vec<_>>();
    let pools = [1, 2, 7].map(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap());
    for (case, config) in cases.iter().flat_map(|case| case.configs.iter().map(move |c| (case, c))) {
        let Ok(mut params) = config.params.clone() else { continue };
        params.setting.additional_info = Some(false);
        let run = || config.run(case, params.clone());
        let Ok(first) = pools[0].install(run) else { continue };
        for pool in &pools {
            let again = pool.install(run).unwrap();
            assert_eq!(
                bits(&again),
                bits(&first),
                "{}, {} threads",
                config.name(),
                pool.current_num_threads()
            );
        }
    }
}

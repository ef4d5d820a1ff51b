//! Every map in every folder under `oracles/voxelmaps`: PyRadiomics' own output.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // helpers of tests
use std::{collections::BTreeMap, path::Path};

use radiomics_core::{FeatureClass, Params, ParamsFormat, config::ClassSelection};
use radiomics_imaging::{
    Volume,
    io::{ReadOptions, read, read_mask},
};
use radiomics_phantoms::reference;
use radiomics_voxelmaps::{Engine, MapSettings, Mapper, engine};

/// Largest relative difference at a voxel.
const TOLERANCE: f64 = 1e-6;

#[test]
fn plain_engine() {
    compare_all(&|| Box::new(engine::plain::Plain));
}

/// Runs every folder with an engine.
fn compare_all(engine: &dyn Fn() -> Box<dyn Engine>) {
    let Some(oracles) = reference::shared("oracles/voxelmaps") else { return };
    let mut folders: Vec<_> = std::fs::read_dir(&oracles)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "no case in {}", oracles.display());
    let mut misses = Vec::new();
    for folder in &folders {
        misses.extend(compare(folder, engine()));
    }
    assert!(misses.is_empty(), "{} misses:\n{}", misses.len(), misses.join("\n"));
}

/// Compares every map of a folder; returns what does not agree.
fn compare(folder: &Path, engine: Box<dyn Engine>) -> Vec<String> {
    let case = folder.file_name().unwrap().to_str().unwrap();
    let text = std::fs::read_to_string(folder.join("params.yaml")).unwrap();
    let mut params = Params::parse(&text, ParamsFormat::Yaml).unwrap();
    let theirs = their_maps(folder);
    add_named(&mut params, theirs.keys());
    let image = read(folder.join("image.nrrd"), &ReadOptions::default()).unwrap();
    let mask = read_mask(folder.join("mask.nrrd"), &ReadOptions::default()).unwrap();
    let settings = MapSettings { params: params.clone(), ..MapSettings::default() };
    let mapper = Mapper::with_engine(settings, engine).unwrap();
    let ours = mapper.map(&image, &mask).unwrap();

    let meta: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("meta.json")).unwrap()).unwrap();
    let voxels = ours.maps[0].grid.voxels.len();
    // Those of the mask as it is given.
    if params.settings().resampled_pixel_spacing.is_none() {
        assert_eq!(meta["roi_voxels"].as_u64(), Some(voxels as u64), "{case}");
    }
    for name in meta["feature_names"].as_array().unwrap() {
        assert!(theirs.contains_key(name.as_str().unwrap()), "{case}: {name} has no file");
    }

    let (mut misses, mut values, mut departures, mut worst) = (Vec::new(), 0, 0, 0.0_f64);
    for (name, theirs) in &theirs {
        // The second run, with one voxel for each batch, is the useful one.
        let (ours_name, single) = match name.strip_suffix("_voxelbatch1") {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        let Some(map) = ours.get(ours_name) else {
            misses.push(format!("{case}: {name} is not calculated"));
            continue;
        };
        let volume = map.volume().unwrap();
        volume.geometry().check_same(theirs.geometry(), 1e-6).unwrap();
        // The value around which differences are rounding: entropies, moments and eigenvalues of what is flat or even.
        let scale = theirs.voxels().iter().filter(|x| x.is_finite()).fold(0.0_f64, |m, x| m.max(x.abs()));
        let floor = floor(ours_name) * scale.max(1.0);
        let by_batch =
            ["_glcm_MCC", "_glcm_JointAverage"].iter().any(|end| ours_name.ends_with(end)) && !single;
        let mut worst_here = (0.0, String::new());
        let inside: std::collections::HashSet<usize> = map.grid.voxels.iter().map(|&v| v as usize).collect();
        for (position, (index, &theirs)) in theirs.voxels().indexed_iter().enumerate() {
            let ours = volume.voxels()[index];
            values += 1;
            if by_batch && theirs.is_nan() && inside.contains(&position) {
                departures += usize::from(!ours.is_nan());
                continue;
            }
            let difference = match (ours.is_nan(), theirs.is_nan()) {
                (true, true) => 0.0,
                (false, false) if ours == theirs => 0.0,
                _ => ((ours - theirs) / theirs).abs(),
            };
            let difference = match difference > TOLERANCE && (ours - theirs).abs() <= floor {
                true => 0.0,
                false => difference,
            };
            if difference.is_nan() || difference > worst_here.0 {
                worst_here = (
                    if difference.is_nan() { f64::INFINITY } else { difference },
                    format!("{ours} instead of {theirs} at {index:?}"),
                );
            }
        }
        worst = worst.max(worst_here.0);
        if worst_here.0 > TOLERANCE {
            misses.push(format!("{case}: {name} {} (relative {:e})", worst_here.1, worst_here.0));
        }
    }
    check_joint_average(case, &ours, params.settings().symmetrical_glcm, &mut misses);
    println!(
        "{case}: {} maps, {values} values, largest relative difference {worst:e}, {departures} values where PyRadiomics has none by its batch",
        theirs.len()
    );
    misses
}

/// What rounding makes of an exact 0, relative to the largest value of the map.
fn floor(name: &str) -> f64 {
    // The root of an eigenvalue that is 0 but for rounding.
    if name.ends_with("_glcm_MCC") { 1e-7 } else { 1e-13 }
}

/// Where PyRadiomics has no joint average, that of a symmetrical matrix is half of the sum average, which it has.
fn check_joint_average(
    case: &str,
    ours: &radiomics_voxelmaps::Maps,
    symmetric: bool,
    misses: &mut Vec<String>,
) {
    for average in ours.maps.iter().filter(|map| symmetric && map.name.ends_with("_glcm_JointAverage")) {
        let Some(sum) = ours.get(&average.name.replace("JointAverage", "SumAverage")) else { continue };
        for (average, sum) in average.values.iter().zip(sum.values.iter()) {
            let same = (average.is_nan() && sum.is_nan()) || (2.0 * average - sum).abs() <= 1e-12 * sum.abs();
            if !same {
                misses.push(format!("{case}: JointAverage {average} is not half of SumAverage {sum}"));
            }
        }
    }
}

/// The maps of a folder by name.
fn their_maps(folder: &Path) -> BTreeMap<String, Volume<f64>> {
    let files = std::fs::read_dir(folder.join("maps")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|e| e == "nrrd"));
    let named = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, read(&path, &ReadOptions::default()).unwrap().to_f64())
    };
    files.map(named).collect()
}

/// Asks for features that there is a map of and that a class gives only when they are named.
fn add_named<'a>(params: &mut Params, names: impl Iterator<Item = &'a String>) {
    for name in names {
        let Some((class, feature)) = name.rsplit_once('_') else { continue };
        for selection in &mut params.classes {
            let ClassSelection { class: kind, features } = selection;
            let found = kind.features().iter().find(|f| f.name == feature);
            if class.ends_with(FeatureClass::name(*kind))
                && let Some(found) = found
                && !features.contains(&found)
            {
                features.push(found);
            }
        }
    }
}

#[test]
fn cpu_engine() {
    compare_all(&|| Box::new(engine::cpu::Cpu));
}

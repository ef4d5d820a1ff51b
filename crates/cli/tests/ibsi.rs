//! The reference data of IBSI through the command: response maps with `radiomics filter`, features with
//! `radiomics extract --convention ibsi`, from the parameter files that are committed.
// Helpers of tests stand outside of test functions: there too, a failed unwrap is a failed test.
#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};

use common::{Folder, Run};
use ndarray::Array3;
use radiomics_imaging::io::{ReadOptions, read};
use radiomics_phantoms::reference::{ibsi_rows, shared};

/// A parameter file of the tests of the library.
fn parameters(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../radiomics-core/tests/reference").join(name)
}

fn voxels(path: &Path) -> Array3<f64> {
    read(path, &ReadOptions::default()).unwrap().to_f64().into_voxels()
}

/// The largest difference between a map and ours, in parts of the map's range.
fn difference(map: &Path, name: &str, phantoms: &Path, folder: &Folder) -> f64 {
    let file = parameters(&format!("ibsi2/{name}.toml"));
    let text = fs::read_to_string(&file).unwrap();
    let phantom = text.lines().find_map(|line| line.strip_prefix("# phantom: ")).unwrap();
    let mut command = folder.command();
    command.args(["filter", "--threads", "1", "-o", "maps", "-p"]).arg(&file);
    Run::of(command.arg(phantoms.join(format!("{phantom}.nii.gz")))).fine();
    let (ours, theirs) = (voxels(&folder.path(&format!("maps/{name}.nii.gz"))), voxels(map));
    assert_eq!(ours.dim(), theirs.dim(), "{name}");
    let [min, max] = [f64::min, f64::max].map(|end| theirs.iter().copied().reduce(end).unwrap());
    let parts = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs() / (max - min));
    // Not `f64::max`, which passes over values that are no numbers.
    parts.fold(0.0, |worst, part| if part <= worst { worst } else { part })
}

#[test]
fn response_maps_are_those_of_the_reference() {
    let Some(maps) = shared("oracles/ibsi2/response_maps") else { return };
    let Some(phantoms) = shared("data/ibsi2_digital_phantoms") else { return };
    let files: Vec<PathBuf> = fs::read_dir(maps).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty(), "no response map is there");
    let folder = Folder::new();
    let (queue, found) = (Mutex::new(files.iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(map) = { queue.lock().unwrap().next() } {
                    let name = map.file_name().unwrap().to_str().unwrap().trim_end_matches(".nii.gz");
                    let part = difference(map, name, &phantoms, &folder);
                    found.lock().unwrap().push((part, name));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.iter().for_each(|(part, name)| println!("{name}: {:.4} % of the range", 100.0 * part));
    assert_eq!(found.len(), files.len());
    let missed: Vec<_> = found.iter().filter(|(part, _)| part.is_nan() || *part > 0.01).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

/// The features of a configuration as the command writes them.
fn features(config: &str, scan: &Path) -> Vec<serde_json::Value> {
    let folder = Folder::new();
    let mut command = folder.command();
    command.args(["extract", "--quiet", "--convention", "ibsi", "-f", "json"]);
    command.arg(scan.join("image.nii.gz")).arg(scan.join("mask.nii.gz"));
    let out = Run::of(command.arg("-p").arg(parameters(&format!("{config}.toml")))).fine();
    let rows: serde_json::Value = serde_json::from_str(&out).unwrap();
    rows[0]["features"].as_array().unwrap().clone()
}

#[test]
fn configurations_give_the_values_of_the_table() {
    let Some(mut table) = ibsi_rows("oracles/ibsi1/reference_values.csv") else { return };
    let Some(scan) = shared("data/ibsi1_ct_phantom/nifti") else { return };
    for config in ["config_a", "config_b", "config_c", "config_d", "config_e"] {
        let features = features(config, &scan);
        for feature in &features {
            let keys: Vec<&String> = feature.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["family", "feature", "code", "aggregation", "value", "unit", "tag"]);
            assert!(feature["unit"].is_string() || feature["unit"].is_null(), "{config} {feature}");
            assert!(feature["value"].as_f64().is_some_and(f64::is_finite), "{config} {feature}");
        }
        let rows = table.iter().find(|(name, _)| name.to_lowercase() == config);
        let rows =
            rows.map(|(name, _)| name.clone()).and_then(|name| table.remove(&name)).unwrap_or_default();
        for row in &rows {
            let found = features.iter().find(|feature| feature["tag"] == row.tag.as_str());
            let found = found.unwrap_or_else(|| panic!("{config} has no {}", row.tag));
            assert_eq!(
                ["family", "feature", "code", "aggregation"].map(|key| found[key].as_str().unwrap()),
                [&row.family, &row.feature, &row.code, &row.aggregation].map(|text| text.as_str())
            );
            assert!(row.agrees(found["value"].as_f64().unwrap()), "{config} {row:?}: {found}");
        }
        println!("{config}: {} features, {} values of the table", features.len(), rows.len());
    }
}

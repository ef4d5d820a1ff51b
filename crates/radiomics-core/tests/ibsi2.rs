//! Response maps of IBSI 2, phase 1: every map of the reference folder is made with the parameter file of the same
//! name in `tests/reference/ibsi2` and compared.
//!
//! Pass rule of IBSI: every voxel differs by at most 1 % of the range of the reference map.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a failed unwrap is a failed test; figures are shown

use std::{
    fs,
    path::{Path, PathBuf},
};

use ndarray::Array3;
use radiomics_core::{Params, ParamsFormat};
use radiomics_imaging::{
    Volume,
    io::{self, ReadOptions},
};
use radiomics_phantoms::reference;

fn read(path: &Path) -> Volume<f64> {
    io::read(path, &ReadOptions::default()).unwrap().to_f64()
}

/// The response map of this name by its parameter file.
fn ours(name: &str, phantoms: &Path) -> Result<Array3<f64>, String> {
    let file = folder().join(format!("{name}.toml"));
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let phantom =
        text.lines().find_map(|line| line.strip_prefix("# phantom: ")).ok_or("no phantom is named")?;
    let params = Params::parse(&text, ParamsFormat::Toml).map_err(|error| error.to_string())?;
    let [filter] = params.filters.as_slice() else { return Err("one filter is expected".into()) };
    let image = read(&phantoms.join(format!("{phantom}.nii.gz")));
    filter.filter.apply(image.voxels(), image.geometry().spacing()).map_err(|error| error.to_string())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/ibsi2")
}

fn extremes(map: &Array3<f64>) -> (f64, f64) {
    map.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)))
}

/// The largest difference of a map in per cent of its range.
fn difference(map: &Path, phantoms: &Path) -> Result<f64, String> {
    let name = map.file_name().unwrap().to_str().unwrap().trim_end_matches(".nii.gz");
    let (ours, theirs) = (ours(name, phantoms)?, read(map).into_voxels());
    if ours.dim() != theirs.dim() {
        return Err(format!("{:?} voxels, the map has {:?}", ours.dim(), theirs.dim()));
    }
    let (min, max) = extremes(&theirs);
    let differences = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs());
    // Not `f64::max`, which passes over values that are no numbers.
    let worst = differences.fold(0.0, |worst, d| if d <= worst { worst } else { d });
    Ok(100.0 * worst / (max - min))
}

#[test]
fn response_maps() {
    let Some(maps) = reference::shared("oracles/ibsi2/response_maps") else { return };
    let Some(phantoms) = reference::shared("data/ibsi2_digital_phantoms") else { return };
    let mut files: Vec<_> = fs::read_dir(maps).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failed = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap().display();
        match difference(file, &phantoms) {
            Ok(percent) => {
                println!("{name}: {percent:.4} % of the range");
                if percent.is_nan() || percent > 1.0 {
                    failed.push(format!("{name}: {percent} %"));
                }
            }
            Err(problem) => failed.push(format!("{name}: {problem}")),
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_parameter_file_gives_the_range_of_the_table() {
    // Of maps that are kept elsewhere the table still tells the ends of the range.
    let Some(table) = reference::shared("oracles/ibsi2/README.md") else { return };
    let Some(phantoms) = reference::shared("data/ibsi2_digital_phantoms") else { return };
    let text = fs::read_to_string(table).unwrap();
    let mut files: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let (mut failed, mut compared) = (Vec::new(), 0);
    for name in &files {
        let Some(row) = text.lines().find(|line| line.starts_with(&format!("| {name} |"))) else { continue };
        compared += 1;
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        // A boundary may be written with bars: the numbers are the last cells.
        let [.., min, max, allowed] = cells.as_slice() else { panic!("{row}") };
        let [min, max, allowed] = [min, max, allowed].map(|cell| cell.parse::<f64>().unwrap());
        match ours(name, &phantoms) {
            Ok(map) => {
                let (low, high) = extremes(&map);
                let fine = (low - min).abs() <= allowed && (high - max).abs() <= allowed;
                if !fine {
                    failed.push(format!("{name}: {low} to {high}, not {min} to {max}"));
                }
            }
            Err(problem) => failed.push(format!("{name}: {problem}")),
        }
    }
    assert!(failed.is_empty() && files.len() >= 33, "{failed:#?}");
    println!("{compared} ranges");
    // The table is whole or not there: a file without its row would never be compared.
    assert!(compared == 0 || compared == files.len(), "{compared} of {} files have a row", files.len());
    if compared == 0 {
        reference::skip("ranges of response maps in oracles/ibsi2/README.md");
    }
}

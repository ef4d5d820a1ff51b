//! Response maps of IBSI 2, phase 1: every map of the reference folder is made with the parameter file of the same
//! name in `tests/reference/ibsi2` and compared.
//!
//! Pass rule of IBSI: every voxel differs by at most 1 % of the range of the reference map.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a failed unwrap is a failed test; figures are shown

use std::{fs, path::Path};

use radiomics_core::{Params, ParamsFormat};
use radiomics_imaging::{
    Volume,
    io::{self, ReadOptions},
};
use radiomics_phantoms::reference;

fn read(path: &Path) -> Volume<f64> {
    io::read(path, &ReadOptions::default()).unwrap().to_f64()
}

/// The largest difference of a map in per cent of its range.
fn difference(map: &Path, phantoms: &Path) -> Result<f64, String> {
    let name = map.file_name().unwrap().to_str().unwrap().trim_end_matches(".nii.gz");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/reference/ibsi2/{name}.toml"));
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let phantom =
        text.lines().find_map(|line| line.strip_prefix("# phantom: ")).ok_or("no phantom is named")?;
    let params = Params::parse(&text, ParamsFormat::Toml).map_err(|error| error.to_string())?;
    let [filter] = params.filters.as_slice() else { return Err("one filter is expected".into()) };
    let image = read(&phantoms.join(format!("{phantom}.nii.gz")));
    let ours =
        filter.filter.apply(image.voxels(), image.geometry().spacing()).map_err(|error| error.to_string())?;
    let theirs = read(map).into_voxels();
    if ours.dim() != theirs.dim() {
        return Err(format!("{:?} voxels, the map has {:?}", ours.dim(), theirs.dim()));
    }
    let (min, max) =
        theirs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
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

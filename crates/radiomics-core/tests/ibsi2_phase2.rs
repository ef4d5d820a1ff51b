//! Feature values of IBSI 2, phase 2: every row of the table is calculated from the CT phantom with the parameter
//! file of its configuration in `tests/reference/ibsi2/phase2` and compared. Rows without a consensus value are
//! passed over; a row that cannot be run is a failure.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a failed unwrap is a failed test; figures are shown

use std::{fs, path::Path, time::Instant};

use radiomics_core::{Extractor, FeatureRow, Params, ParamsFormat, convention::Convention};
use radiomics_imaging::{
    Image, Mask,
    io::{ReadOptions, read, read_mask},
};
use radiomics_phantoms::reference::{ibsi_rows, shared};

/// `phase2_5.A` → `5_a`.
fn file_name(config: &str) -> String {
    config.trim_start_matches("phase2_").replace('.', "_").to_lowercase()
}

/// The features of a configuration such as `phase2_5.A`.
fn extract(config: &str, image: &Image, mask: &Mask) -> Result<FeatureRow, String> {
    let name = file_name(config);
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/reference/ibsi2/phase2/{name}.toml"));
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let params = Params::parse(&text, ParamsFormat::Toml).map_err(|error| error.to_string())?;
    let extractor =
        Extractor::with_convention(params, Convention::Ibsi).map_err(|error| error.to_string())?;
    extractor.extract(image, mask).map_err(|error| error.to_string())
}

#[test]
fn feature_values() {
    let Some(rows) = ibsi_rows("oracles/ibsi2/phase2_reference_values.csv") else { return };
    let Some(phantom) = shared("data/ibsi1_ct_phantom/nifti") else { return };
    let options = ReadOptions::default();
    let image = read(phantom.join("image.nii.gz"), &options).unwrap();
    let mask = read_mask(phantom.join("mask.nii.gz"), &options).unwrap();
    let known: Vec<String> = rows.keys().map(|config| file_name(config)).collect();
    let (mut failed, mut compared) = (Vec::new(), 0);
    for (config, rows) in rows {
        let start = Instant::now();
        let features = match extract(&config, &image, &mask) {
            Ok(features) => features,
            Err(problem) => {
                failed.push(format!("{config}: {problem}"));
                continue;
            }
        };
        let mut worst = 0.0_f64;
        for row in rows {
            compared += 1;
            match features.ibsi.iter().find(|found| found.code == row.code) {
                Some(found) => {
                    let difference = (found.value - row.value).abs();
                    worst = worst.max(difference / row.tolerance);
                    if difference.is_nan() || difference > row.tolerance * (1.0 + 1e-9) {
                        failed.push(format!(
                            "{config} {}: {} is not {} ± {}",
                            found.name, found.value, row.value, row.tolerance
                        ));
                    }
                }
                None => failed.push(format!("{config} {}: not calculated", row.code)),
            }
        }
        println!("{config}: worst {worst:.2} tolerances, {:.2} s", start.elapsed().as_secs_f64());
    }
    println!("{compared} values");
    // Configurations whose values are kept elsewhere must run too.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/ibsi2/phase2");
    for file in fs::read_dir(folder).unwrap() {
        let name = file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        if known.contains(&name) {
            continue;
        }
        match extract(&name, &image, &mask) {
            Ok(row) => assert!(row.ibsi.iter().all(|value| value.value.is_finite()), "{name}"),
            Err(problem) => failed.push(format!("{name}: {problem}")),
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

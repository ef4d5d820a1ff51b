//! Shape features against PyRadiomics' tables, IBSI's digital phantom and solids in closed form.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests may fail loudly
use std::collections::BTreeMap;
use std::path::Path;

use radiomics_core::features::{shape, shape2d};
use radiomics_core::names::{Shape2DFeatures, ShapeFeatures};
use radiomics_core::{FeatureName, Params, ParamsFormat};
use radiomics_imaging::{Geometry, Mask, io};
use radiomics_phantoms::{ibsi, reference, solids::Solid};

/// Every table of the folder whose region is that of the mask file as it is: neither resampled nor
/// resegmented. The tests of the whole extraction cover the others.
#[test]
fn pyradiomics_tables() {
    let Some(tables) = reference::shared("oracles/pyradiomics") else { return };
    let Some(images) = reference::shared("data/pyradiomics") else { return };
    let mut masks: BTreeMap<String, Mask> = BTreeMap::new();
    let (mut values, mut misses, mut worst) = (0, Vec::new(), 0.0_f64);
    for folder in std::fs::read_dir(tables).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_dir())
    {
        for settings in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let table = settings.with_extension("csv");
            if settings.extension().is_none_or(|e| e != "yaml") || !table.exists() {
                continue;
            }
            let text = std::fs::read_to_string(&settings).unwrap();
            let given = Params::parse(&text, ParamsFormat::Yaml).unwrap().settings();
            if given.resampled_pixel_spacing.is_some() || given.resegment_range.is_some() {
                continue;
            }
            let expected = read_table(&table);
            if !expected.keys().any(|name| name.starts_with("original_shape")) {
                continue;
            }
            // The first line names the mask.
            let file = text.lines().next().unwrap().strip_prefix("# mask: ").expect(&text).to_owned();
            let mask = masks
                .entry(file.clone())
                .or_insert_with(|| io::read_mask(images.join(&file), &io::ReadOptions::default()).unwrap());
            let inside = mask.crop(given.label, mask.region(given.label).unwrap().bounds);
            let spacing = mask.geometry().spacing();
            let mut ours: Vec<(String, f64)> =
                named("shape", ShapeFeatures::NAMES, &shape::features(&inside, spacing).unwrap().values());
            if expected.keys().any(|name| name.starts_with("original_shape2D")) {
                let f = shape2d::features(&inside, spacing, given.force_2d_dimension).unwrap();
                ours.extend(named("shape2D", Shape2DFeatures::NAMES, &f.values()));
            }
            for (name, ours) in ours {
                let Some(&theirs) = expected.get(&name) else { continue };
                values += 1;
                // PyRadiomics' axis across a flat region is what rounding leaves of 0; ours is 0.
                if ours == 0.0 && theirs.abs() < 1e-14 {
                    continue;
                }
                let difference = (ours - theirs).abs() / theirs.abs();
                worst = worst.max(difference);
                if difference.is_nan() || difference > 1e-8 {
                    misses.push(format!("{}: {name} {ours} instead of {theirs}", settings.display()));
                }
            }
        }
    }
    println!("{values} values, largest relative difference {worst:e}");
    if values == 0 {
        reference::skip("values of shape in oracles/pyradiomics");
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

fn named(class: &str, names: &[FeatureName], values: &[f64]) -> Vec<(String, f64)> {
    names
        .iter()
        .zip(values)
        .map(|(name, &value)| (format!("original_{class}_{}", name.name), value))
        .collect()
}

fn read_table(path: &Path) -> BTreeMap<String, f64> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().skip(1).filter_map(|line| line.split_once(','));
    rows.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

/// Rule of the reference data: rounded to three significant digits the value lies within the tolerance.
///
/// IBSI's axis lengths are of the covariance with 1/(N − 1); with PyRadiomics' 1/N, minor and least axis are
/// 0.01 mm outside the tolerance.
#[test]
fn ibsi_digital_phantom() {
    let Some(rows) = reference::ibsi_rows("oracles/ibsi1/reference_values.csv") else { return };
    let f = shape::features(&ibsi::region(), [2.0; 3]).unwrap();
    let voxels = f.voxel_volume / 8.0;
    let mut compared = 0;
    for row in rows.get("digital_phantom").into_iter().flatten().filter(|row| row.family == "morphology") {
        let Some(i) = ShapeFeatures::NAMES.iter().position(|name| name.ibsi == row.code) else { continue };
        let axis = ShapeFeatures::NAMES[i].name.ends_with("AxisLength");
        let ours = f.values()[i] * if axis { (voxels / (voxels - 1.0)).sqrt() } else { 1.0 };
        assert!(row.agrees(ours), "{row:?}: {ours}");
        compared += 1;
    }
    println!("{compared} values");
}

#[test]
fn ball_is_close_to_its_formulas() {
    let ball = Solid::Ball { radius: 20.0 };
    let grid = Geometry::new([58; 3], [0.7; 3], [-20.0, -19.9, -20.3], Geometry::AXIAL).unwrap();
    let f = shape::features(ball.region(&grid, [0.0; 3]).unwrap().voxels(), grid.spacing()).unwrap();
    let near = |ours: f64, expected: f64, tolerance: f64| {
        assert!((ours / expected - 1.0).abs() < tolerance, "{ours} instead of {expected}");
    };
    near(f.mesh_volume, ball.volume(), 0.01);
    near(f.voxel_volume, ball.volume(), 0.01);
    // Vertices lie up to half a voxel beyond the centres.
    near(f.maximum_3d_diameter, 40.0 + 0.7, 0.01);
    // Steps of voxels remain in the mesh, whatever their size.
    near(f.surface_area, 1.09 * ball.surface_area(), 0.01);
    // A ball's axes are 4 √(r² / 5).
    near(f.major_axis_length, 4.0 * (400.0_f64 / 5.0).sqrt(), 0.01);
    near(f.least_axis_length, 4.0 * (400.0_f64 / 5.0).sqrt(), 0.01);
}

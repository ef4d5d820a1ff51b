//! Filtered images against those that PyRadiomics made: every image of the reference folders is compared, with the
//! settings that lie beside it.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a failed unwrap is a failed test; figures are shown

use std::{collections::BTreeMap, fs, path::Path};

use radiomics_core::{Derived, ImageType, Params, ParamsFormat, Prepared, Settings, config::Sigma};
use radiomics_imaging::{
    IndexBox, Volume,
    io::{ReadOptions, read, read_mask},
};
use radiomics_phantoms::reference::shared;

/// The filtered images of a folder by name.
fn expected(folder: &Path) -> BTreeMap<String, Volume<f64>> {
    let images = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let images = images.filter(|path| path.extension().is_some_and(|ending| ending == "nrrd"));
    let named = images.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path));
    named
        .filter(|(name, _)| !name.starts_with("resampled_"))
        .map(|(name, path)| (name, read(&path, &ReadOptions::default()).unwrap().to_f64()))
        .collect()
}

/// The settings of a folder, whose image is normalised, resampled and cut already.
fn settings(folder: &Path, names: &BTreeMap<String, Volume<f64>>) -> Settings {
    let text = fs::read_to_string(folder.join("settings.json")).unwrap();
    let params = Params::parse(&format!("{{\"setting\": {text}}}"), ParamsFormat::Json).unwrap();
    // Widths of the Laplacian stand in the names of the images alone.
    let widths = names.keys().filter_map(|name| name.strip_prefix("log-sigma-")?.strip_suffix("-mm-3D"));
    let width =
        |text: &str| Sigma { mm: text.replace('-', ".").parse().unwrap(), whole: !text.contains('-') };
    Settings {
        sigma: Some(widths.map(width).collect()),
        resampled_pixel_spacing: None,
        pre_crop: false,
        normalize: false,
        resegment_range: None,
        ..params.settings()
    }
}

/// Compares all images of a folder and returns what differs.
fn check(folder: &Path) -> Vec<String> {
    let options = ReadOptions::default();
    let mut expected = expected(folder);
    let settings = settings(folder, &expected);
    let image = read(folder.join("resampled_image.nrrd"), &options).unwrap();
    let mask = read_mask(folder.join("resampled_mask.nrrd"), &options).unwrap();
    let whole = IndexBox::whole(image.geometry());
    let inside = mask.crop(settings.label, whole);
    let prepared = Prepared::new(&image, &mask, &settings).unwrap();
    let mut failures = Vec::new();
    for image_type in ImageType::ALL {
        let (images, _) = prepared.derived(image_type, whole, &inside, &settings).unwrap();
        for Derived { name, values } in images {
            let Some(theirs) = expected.remove(&name) else { continue };
            // Outside of the region PyRadiomics leaves these as the memory was.
            let everywhere = !name.starts_with("lbp-3D-");
            let (mut worst, mut range, mut voxels, mut equal) = (0.0_f64, 0.0_f64, 0, 0);
            let pairs = values.iter().zip(theirs.voxels()).zip(&inside);
            for ((&a, &b), _) in pairs.filter(|(_, inside)| everywhere || **inside) {
                let same = a == b || a.is_nan() && b.is_nan();
                let difference = if same { 0.0 } else { (a - b).abs() };
                // Not `f64::max`, which passes over values that are no numbers.
                worst = if difference <= worst { worst } else { difference };
                range = range.max(b.abs());
                voxels += 1;
                equal += usize::from(same);
            }
            println!("{name}: worst {worst:e} of {range}, {equal} of {voxels} to the last bit");
            // Single precision where PyRadiomics stores it, else rounding of a few operations in double precision.
            let single = name.starts_with("log-") || name == "gradient";
            let tolerance = if single { 1e-6 } else { 1e-13 };
            if voxels == 0 || worst.is_nan() || worst > tolerance * range {
                failures.push(format!("{name}: {worst:e} of {range} in {voxels} voxels"));
            }
        }
    }
    failures.extend(expected.into_keys().map(|name| format!("{name}: no filter makes it")));
    failures
}

#[test]
fn filtered_images_are_those_of_pyradiomics() {
    let Some(folder) = shared("oracles/pyradiomics/intermediates") else { return };
    let mut folders: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "no filtered image is there");
    for folder in folders {
        println!("{}", folder.file_name().unwrap().display());
        let failures = check(&folder);
        assert!(failures.is_empty(), "{}: {failures:#?}", folder.display());
    }
}

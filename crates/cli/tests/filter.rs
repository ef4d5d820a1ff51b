//! `radiomics filter`: maps on disk.
#![allow(clippy::unwrap_used)] // helpers of tests: a failed unwrap is a failed test

mod common;

use common::Folder;
use radiomics_core::{Params, ParamsFormat, ibsi};
use radiomics_imaging::{
    Image, SampleType,
    io::{ReadOptions, read},
};

const FILTERS: &str = "\
[[filter]]
name = 'smooth'
type = 'mean'
support = 3
boundary = 'nearest'
[[filter]]
type = 'laws'
kernels = 'L5E5E5'
rotation_pooling = 'max'
energy_delta = 2
";

fn map(folder: &Folder, name: &str) -> Image {
    read(folder.path(name), &ReadOptions::default()).unwrap()
}

#[test]
fn filters_become_maps_on_the_grid_of_the_scan() {
    let folder = Folder::with_case();
    folder.write("filters.toml", FILTERS);
    assert_eq!(folder.run("filter image.nrrd -p filters.toml -o maps").fine(), "");
    let scan = map(&folder, "image.nrrd");
    let smooth = map(&folder, "maps/smooth.nii.gz");
    assert_eq!(smooth.sample_type(), SampleType::F32);
    assert_eq!(smooth.geometry().size(), scan.geometry().size());
    assert_eq!(smooth.geometry().origin(), scan.geometry().origin());
    let (scan, smooth) = (scan.to_f64().into_voxels(), smooth.to_f64().into_voxels());
    let around = scan.slice(ndarray::s![3..6, 4..7, 5..8]).mean().unwrap();
    assert!((smooth[[4, 5, 6]] - around).abs() < 1e-4);
    map(&folder, "maps/laws_L5E5E5_max_energy2.nii.gz");

    // Any number of threads gives the same map; other formats and precisions on request.
    for threads in [1, 3] {
        folder
            .run(&format!(
                "filter image.nrrd -p filters.toml -o t{threads} -f nrrd --double --threads {threads}"
            ))
            .fine();
    }
    let both = ["t1/smooth.nrrd", "t3/smooth.nrrd"].map(|name| map(&folder, name));
    assert_eq!(both[0].sample_type(), SampleType::F64);
    assert_eq!(both[0], both[1]);
}

#[test]
fn maps_lie_on_the_grid_that_ibsi_interpolates_to() {
    let folder = Folder::with_case();
    let text = "[ibsi]\nspacing = [0.7]\ninterpolation = 'cubic'\n[[filter]]\ntype = 'none'\nname = 'fine'\n";
    folder.write("fine.toml", text);
    folder.run("filter image.nrrd -p fine.toml -o maps -f nrrd --double").fine();
    let params = Params::parse(text, ParamsFormat::Toml).unwrap();
    let expected = ibsi::interpolated(&map(&folder, "image.nrrd"), &params.settings()).unwrap();
    let fine = map(&folder, "maps/fine.nrrd").to_f64();
    assert_eq!(fine.geometry().spacing(), [0.7; 3]);
    assert_eq!(fine.geometry().size(), expected.geometry().size());
    assert_eq!(fine.voxels(), expected.voxels());
}

#[test]
fn image_types_of_pyradiomics_are_written() {
    let folder = Folder::with_case();
    let types = "{Original: {}, Square: {}, LoG: {sigma: [1.0, 2.0]}, Wavelet: {}}";
    folder.write("params.yaml", format!("imageType: {types}"));
    folder.run("filter image.nrrd -p params.yaml -o maps -f nrrd --double").fine();
    let mut names: Vec<_> = std::fs::read_dir(folder.path("maps"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 12);
    assert_eq!(
        names[..4],
        ["log-sigma-1-0-mm-3D.nrrd", "log-sigma-2-0-mm-3D.nrrd", "original.nrrd", "square.nrrd"]
    );
    let (scan, original) = (map(&folder, "image.nrrd"), map(&folder, "maps/original.nrrd"));
    assert_eq!(scan.to_f64(), original.to_f64());
    // Resampled around a region, as for its features.
    folder.write(
        "params.yaml",
        "setting: {resampledPixelSpacing: [2, 2, 2], padDistance: 1}\nimageType: {Square: {}}",
    );
    folder.run("filter image.nrrd -p params.yaml --mask mask.nrrd -o around").fine();
    assert_eq!(map(&folder, "around/square.nii.gz").geometry().spacing(), [2.0; 3]);
}

#[test]
fn mistakes_are_told() {
    let folder = Folder::with_case();
    folder.write("typo.toml", FILTERS.replace("support", "suport"));
    folder.run("filter image.nrrd -p typo.toml -o maps").says(&[
        "typo.toml",
        "line 4",
        "did you mean `support`?",
    ]);
    folder.write("filters.toml", FILTERS);
    folder.run("filter absent.nrrd -p filters.toml -o maps").says(&["absent.nrrd"]);
    folder.run("filter image.nrrd -p filters.toml --mask mask.nrrd -o maps").says(&["--mask", "whole image"]);
    folder.write("file", "");
    folder.run("filter image.nrrd -p filters.toml -o file").says(&["file"]);
    for far in [
        "type = 'gabor'\nsigma_mm = 9000\nlambda_mm = 2\ntheta = 0",
        "type = 'log'\nsigma_mm = 9000\ncutoff = 90",
    ] {
        folder.write("far.toml", format!("[[filter]]\nname = 'far'\n{far}\n"));
        folder.run("filter image.nrrd -p far.toml -o maps").says(&["filter far", "a smaller filter"]);
    }
    // A map never takes the place of the scan.
    folder.write("self.toml", "[[filter]]\ntype = 'none'\nname = 'image'\n");
    let before = std::fs::read(folder.path("image.nrrd")).unwrap();
    folder.run("filter image.nrrd -p self.toml -o . -f nrrd").says(&["image.nrrd", "input"]);
    assert_eq!(std::fs::read(folder.path("image.nrrd")).unwrap(), before);
}

//! Filtered images against those that PyRadiomics made: every file of the reference folder is compared.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a failed unwrap is a failed test; figures are shown

use std::{fs, ops::Range, path::Path};

use ndarray::Array3;
use radiomics_core::filter::{
    Reach,
    gradient::gradient,
    intensity::Intensity,
    lbp2d::{Method, local_binary_pattern},
    log::laplacian_of_gaussian,
    mother::Mother,
    wavelet::{self, wrapped},
};
use radiomics_imaging::io::{self, ReadOptions};
use radiomics_phantoms::reference;

fn whole(image: &Array3<f64>) -> [Range<usize>; 3] {
    let (nz, ny, nx) = image.dim();
    [0..nx, 0..ny, 0..nz]
}

/// The window that the wavelet bands of a whole image depend on, taken from the periodic image.
fn periodic(image: &Array3<f64>, reach: Reach) -> Array3<f64> {
    let (nz, ny, nx) = image.dim();
    let size = [nx, ny, nz];
    let long = |axis: usize| reach.before[axis] + size[axis] + reach.after[axis];
    let at = |axis: usize, i: usize| wrapped(i as isize - reach.before[axis] as isize, size[axis]);
    Array3::from_shape_fn([long(2), long(1), long(0)], |(z, y, x)| image[[at(2, z), at(1, y), at(0, x)]])
}

fn filtered(image: &Array3<f64>, spacing: [f64; 3], name: &str) -> Option<Array3<f64>> {
    let largest = image.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let map = |kind: Intensity| Some(image.mapv(kind.of(largest)));
    if let Some(sigma) = name.strip_prefix("log-sigma-").and_then(|n| n.strip_suffix("-mm-3D")) {
        let sigma: f64 = sigma.replace('-', ".").parse().unwrap();
        return Some(laplacian_of_gaussian(image, spacing, sigma, whole(image)));
    }
    if let Some(band) = name.strip_prefix("wavelet-") {
        let mother = Mother::named("coif1").unwrap();
        let window = periodic(image, wavelet::reach(&mother, 1, [true; 3]));
        let bands = wavelet::bands(&window, &mother, [true; 3], 0, 1);
        return bands.into_iter().find(|b| b.name == band).map(|b| b.values);
    }
    match name {
        "square" => map(Intensity::Square),
        "squareroot" => map(Intensity::SquareRoot),
        "logarithm" => map(Intensity::Logarithm),
        "exponential" => map(Intensity::Exponential),
        "lbp-2D" => Some(local_binary_pattern(image, 0, 1.0, 8, Method::Uniform)),
        "gradient" => Some(gradient(image, Some(spacing))),
        _ => None,
    }
}

fn check(folder: &Path) -> usize {
    let read = |path: &Path| io::read(path, &ReadOptions::default()).unwrap().to_f64();
    let image = read(&folder.join("resampled_image.nrrd"));
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut compared = 0;
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let Some(ours) = filtered(image.voxels(), image.geometry().spacing(), &name) else {
            println!("left for later: {name}");
            continue;
        };
        let theirs = read(&file);
        let (mut worst, mut range) = (0.0_f64, 0.0_f64);
        let mut equal = 0;
        for (a, b) in ours.iter().zip(theirs.voxels()) {
            worst = worst.max((a - b).abs());
            range = range.max(b.abs());
            equal += usize::from(a == b);
        }
        println!("{name}: worst {worst:e} of {range}, {equal} of {} to the last bit", ours.len());
        // Single precision where PyRadiomics stores it, else rounding of a few operations in double precision.
        let tolerance = if name.starts_with("log-") || name == "gradient" { 1e-6 } else { 1e-13 };
        assert!(worst <= tolerance * range, "{name}: {worst:e} of {range}");
        compared += 1;
    }
    compared
}

#[test]
fn filtered_images_are_those_of_pyradiomics() {
    let Some(folder) = reference::shared("oracles/pyradiomics/intermediates") else { return };
    for case in fs::read_dir(folder).unwrap() {
        let case = case.unwrap().path();
        println!("{}", case.file_name().unwrap().display());
        assert!(check(&case) > 0, "{} holds no filtered image", case.display());
    }
}

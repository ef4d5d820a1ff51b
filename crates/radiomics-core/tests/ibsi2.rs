//! Response maps of IBSI 2, phase 1: every map of the reference folder is calculated and compared.
//!
//! Pass rule of IBSI: every voxel differs by at most 1 % of the range of the reference map.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a failed unwrap is a failed test; figures are shown

use std::{f64::consts::PI, fs, path::Path};

use ndarray::Array3;
use radiomics_core::filter::{
    ibsi::{
        Boundary::{Constant, Mirror, Nearest, Periodic},
        Mode::{Slices, Volume},
        Pooling, fourier,
        gabor::{Gabor, gabor, gabor_pooled},
        gaussian::laplacian_of_gaussian,
        laws,
        mean::mean,
        wavelet::wavelet,
    },
    mother::Mother,
};
use radiomics_imaging::io::{self, ReadOptions};
use radiomics_phantoms::reference;

const ZERO: radiomics_core::filter::ibsi::Boundary = Constant(0.0);

fn read(path: &Path) -> Array3<f64> {
    io::read(path, &ReadOptions::default()).unwrap().to_f64().into_voxels()
}

/// The phantom and filter of each map, as the reference collection's README lists them; voxels are 2 mm.
fn response(map: &str, phantom: &dyn Fn(&str) -> Array3<f64>) -> Option<Array3<f64>> {
    let checkerboard = || phantom("checkerboard");
    let impulse = || phantom("impulse");
    let sphere = || phantom("sphere");
    let max = Some(Pooling::Max);
    let average = Some(Pooling::Mean);
    let kernels = |name: &str| laws::kernels(name).unwrap();
    let mother = |name: &str| Mother::named(name).unwrap();
    let angles =
        |step: f64| (0..(2.0 * PI / step).round() as i32).map(|i| f64::from(i) * step).collect::<Vec<_>>();
    let wave = |sigma, lambda, gamma, theta| Gabor { sigma, lambda, gamma, theta };
    Some(match map {
        "1_a_1" => mean(&checkerboard(), 15, Volume, ZERO),
        "1_a_2" => mean(&checkerboard(), 15, Volume, Nearest),
        "1_a_3" => mean(&checkerboard(), 15, Volume, Periodic),
        "1_a_4" => mean(&checkerboard(), 15, Volume, Mirror),
        "1_b_1" => mean(&impulse(), 15, Slices, ZERO),
        "2_a" => laplacian_of_gaussian(&impulse(), 1.5, 4.0, Volume, ZERO),
        "2_b" => laplacian_of_gaussian(&checkerboard(), 2.5, 4.0, Volume, Mirror),
        "2_c" => laplacian_of_gaussian(&checkerboard(), 2.5, 4.0, Slices, Mirror),
        // The README writes L5E5S5; the map has E5 along x and L5 along y.
        "3_a_1" => laws::laws(&impulse(), &kernels("E5L5S5"), None, ZERO),
        "3_a_2" => laws::laws(&impulse(), &kernels("E5L5S5"), max, ZERO),
        "3_a_3" => laws::energy(&laws::laws(&impulse(), &kernels("E5L5S5"), max, ZERO), 7, Volume, ZERO),
        "3_b_1" => laws::laws(&checkerboard(), &kernels("E3W5R5"), None, Mirror),
        "3_b_2" => laws::laws(&checkerboard(), &kernels("E3W5R5"), max, Mirror),
        "3_b_3" => {
            laws::energy(&laws::laws(&checkerboard(), &kernels("E3W5R5"), max, Mirror), 7, Volume, Mirror)
        }
        "3_c_1" => laws::laws(&checkerboard(), &kernels("L5S5"), None, Mirror),
        "3_c_2" => laws::laws(&checkerboard(), &kernels("L5S5"), max, Mirror),
        "3_c_3" => {
            laws::energy(&laws::laws(&checkerboard(), &kernels("L5S5"), max, Mirror), 7, Slices, Mirror)
        }
        "4_a_1" => gabor(&impulse(), wave(5.0, 2.0, 0.5, PI / 3.0), ZERO),
        "4_a_2" => {
            gabor_pooled(&impulse(), wave(5.0, 2.0, 0.5, 0.0), &angles(PI / 4.0), Pooling::Mean, true, ZERO)
        }
        "4_b_1" => gabor(&sphere(), wave(10.0, 4.0, 2.5, 1.25 * PI), Mirror),
        "4_b_2" => {
            gabor_pooled(&sphere(), wave(10.0, 4.0, 2.5, 0.0), &angles(PI / 8.0), Pooling::Mean, true, Mirror)
        }
        "5_a_1" => wavelet(&impulse(), &mother("db2"), &[false, true, false], 1, None, ZERO),
        "5_a_2" => wavelet(&impulse(), &mother("db2"), &[false, true, false], 1, average, ZERO),
        "6_a_1" => wavelet(&sphere(), &mother("coif1"), &[true, true, false], 1, None, Periodic),
        "6_a_2" => wavelet(&sphere(), &mother("coif1"), &[true, true, false], 1, average, Periodic),
        "7_a_1" => wavelet(&checkerboard(), &mother("haar"), &[false; 3], 2, average, Mirror),
        "7_a_2" => wavelet(&checkerboard(), &mother("haar"), &[true; 3], 2, average, Mirror),
        "8_a_1" => fourier::filter(&checkerboard(), Volume, 0, Periodic, &fourier::simoncelli(1, Volume)),
        "8_a_2" => fourier::filter(&checkerboard(), Volume, 0, Periodic, &fourier::simoncelli(2, Volume)),
        "8_a_3" => fourier::filter(&checkerboard(), Volume, 0, Periodic, &fourier::simoncelli(3, Volume)),
        "9_a" => {
            let (log, riesz) = (fourier::laplacian_of_gaussian(1.5, Volume), fourier::riesz([1, 0, 0]));
            fourier::filter(&impulse(), Volume, 32, ZERO, &|w| log(w) * riesz(w))
        }
        "9_b_1" => {
            let (log, riesz) = (fourier::laplacian_of_gaussian(1.5, Volume), fourier::riesz([0, 2, 0]));
            // The README found mirror padding 2.3 % off; the border voxel repeated gives the map.
            fourier::filter(&sphere(), Volume, 32, Nearest, &|w| log(w) * riesz(w))
        }
        "10_b_1" => {
            let (band, riesz) = (fourier::simoncelli(1, Volume), fourier::riesz([0, 2, 0]));
            fourier::filter(&phantom("pattern_1"), Volume, 32, Mirror, &|w| band(w) * riesz(w))
        }
        _ => return None,
    })
}

#[test]
fn response_maps() {
    let Some(maps) = reference::shared("oracles/ibsi2/response_maps") else { return };
    let Some(phantoms) = reference::shared("data/ibsi2_digital_phantoms") else { return };
    let phantom = |name: &str| read(&phantoms.join(format!("{name}.nii.gz")));
    let mut files: Vec<_> = fs::read_dir(maps).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failed = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().trim_end_matches(".nii.gz").to_owned();
        let Some(ours) = response(&name, &phantom) else {
            failed.push(format!("{name}: no filter for this map"));
            continue;
        };
        let theirs = read(&file);
        let (min, max) =
            theirs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
        let worst = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let percent = 100.0 * worst / (max - min);
        println!("{name}: {percent:.4} % of the range");
        if percent.is_nan() || percent > 1.0 {
            failed.push(format!("{name}: {percent} %"));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

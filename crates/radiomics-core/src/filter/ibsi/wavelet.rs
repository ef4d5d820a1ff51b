//! Undecimated separable wavelets (IBSI `25BO`): filters of level `j` have `2^(j−1) − 1` zeros between their taps.

use ndarray::Array3;

use crate::filter::{
    ibsi::{Boundary, Pooling, convolve, rotation::rotated},
    mother::Mother,
};

/// The answer to a band such as `LHL` (x first) at a level, 1 or more; with `rotations`, pooled over all
/// right-angle rotations. Levels below it contribute their approximation, rotated alike.
pub fn wavelet(
    image: &Array3<f64>,
    mother: &Mother,
    band: &[bool],
    level: u32,
    rotations: Option<Pooling>,
    boundary: Boundary,
) -> Array3<f64> {
    let filter = |image: &Array3<f64>, axis: usize, number: usize, flipped: bool| {
        let mut out = image.clone();
        for step in 1..=level {
            let high = step == level && band[number];
            let taps = dilated(if high { &mother.high } else { &mother.low }, step, flipped);
            out = convolve::along(&out, axis, &taps, taps.len() / 2, boundary);
        }
        out
    };
    match rotations {
        Some(pooling) => rotated(image, band.len(), pooling, &filter, &|answer| answer),
        None => (0..band.len()).fold(image.clone(), |image, axis| filter(&image, axis, axis, false)),
    }
}

/// The taps of a level, with a zero at the end so that their number is odd and their centre a voxel.
fn dilated(taps: &[f64], level: u32, flipped: bool) -> Vec<f64> {
    let gap = 1_usize << (level - 1);
    let mut out = vec![0.0; taps.len() * gap + 1 - taps.len() * gap % 2];
    for (k, &tap) in taps.iter().enumerate() {
        out[k * gap] = tap;
    }
    if flipped {
        out.reverse();
    }
    out
}

//! Riesz transforms along the axes of the structure tensor against an independent computation: `riesz_aligned.py`
//! transforms the whole image along the axes of one voxel, for each voxel again, where the crate steers.

#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use ndarray::Array3;
use radiomics_core::filter::ibsi::{Boundary, Filter, Kind, Mode, Riesz};

#[test]
fn aligned_transforms_are_those_of_turned_axes() {
    let image = Array3::from_shape_fn([6, 7, 8], |(z, y, x)| {
        ((x * 37 + y * 101 + z * 59) * (x + 3 * y + 7 * z + 11) % 401) as f64 - 200.0
    });
    let mut maps: Vec<(String, Array3<f64>)> = Vec::new();
    let mut seen = 0;
    for line in include_str!("reference/riesz_aligned.csv").lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [order, align, z, y, x, value] = fields[..] else { panic!("{line}") };
        let name = format!("{order} {align}");
        if maps.last().is_none_or(|(last, _)| *last != name) {
            let digits: Vec<u32> = order.chars().map(|c| c.to_digit(10).unwrap()).collect();
            // Voxels of 2 mm: lengths in mm are twice those in voxels.
            let riesz = Riesz {
                order: digits.try_into().unwrap(),
                align_mm: Some(2.0 * align.parse::<f64>().unwrap()),
            };
            let kind = Kind::RieszLog { sigma_mm: 1.8, riesz, mode: Mode::Volume, padding: 0 };
            let filter = Filter { kind, boundary: Boundary::Periodic };
            maps.push((name.clone(), filter.apply(&image, [2.0; 3]).unwrap()));
        }
        let index = [z, y, x].map(|i| i.parse::<usize>().unwrap());
        let (ours, theirs) = (maps.last().unwrap().1[index], value.parse::<f64>().unwrap());
        assert!((ours - theirs).abs() < 1e-9 * (1.0 + theirs.abs()), "{line}: {ours}");
        seen += 1;
    }
    assert_eq!((maps.len(), seen), (5, 5 * 112));
}

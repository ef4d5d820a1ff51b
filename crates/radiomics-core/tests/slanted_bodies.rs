//! The smallest box and the smallest ellipsoid around slanted bodies.
//!
//! Reference values: corners of the mesh half way between voxels in and out, their convex hull by scipy, the box by
//! minimising its volume over turns (Nelder-Mead, 60 random starts), the ellipsoid by Khachiyan's algorithm in numpy, stopped
//! after 200,000 iterations. Volume, area and box along the axes are MIRP 2.7.0's of the same masks (single precision); its mesh
//! has the same corners but other triangles than the tables of PyRadiomics, hence 10⁻³ for the mesh alone.

#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use ndarray::Array3;
use radiomics_core::{
    IbsiFamily,
    ibsi::{IbsiInput, Selection, features},
};

/// A body of 49 × 49 × 49 voxels; its own axes are those of the grid turned by 0.4, −0.9 and 1.3 about x, y and z.
fn body(inside: impl Fn([f64; 3]) -> bool) -> IbsiInput {
    let ((sa, ca), (sb, cb), (sc, cc)) = (0.4_f64.sin_cos(), (-0.9_f64).sin_cos(), 1.3_f64.sin_cos());
    // Columns of R_z R_y R_x are the body's axes.
    let axes = [
        [cc * cb, sc * cb, -sb],
        [cc * sb * sa - sc * ca, sc * sb * sa + cc * ca, cb * sa],
        [cc * sb * ca + sc * sa, sc * sb * ca - cc * sa, cb * ca],
    ];
    let grey = Array3::from_shape_fn([49; 3], |(z, y, x)| {
        let p = [x, y, z].map(|i| i as f64 - 24.0);
        let own = axes.map(|axis| axis.iter().zip(p).map(|(u, x)| u * x).sum());
        u32::from(inside(own))
    });
    IbsiInput::from_grey_levels(grey, [1.0; 3])
}

/// Volume and area of the mesh, then bodies around it: the feature whose share they are, their size, the tolerance.
fn compare(input: &IbsiInput, [volume, area]: [f64; 2], bodies: [(&str, f64, f64); 4]) {
    let selection = Selection { families: vec![IbsiFamily::Morphology], ..Selection::default() };
    let values = features(input, &selection).unwrap();
    let ours = |tag: &str| values.iter().find(|value| value.feature_tag == tag).unwrap().value;
    let near = |tag: &str, ours: f64, reference: f64, tolerance: f64| {
        assert!((ours / reference - 1.0).abs() < tolerance, "{tag}: {ours}, expected {reference}");
    };
    near("morph_volume", ours("morph_volume"), volume, 1e-3);
    near("morph_area_mesh", ours("morph_area_mesh"), area, 1e-3);
    for (tag, size, tolerance) in bodies {
        let whole = if tag.starts_with("morph_area") { "morph_area_mesh" } else { "morph_volume" };
        near(tag, ours(whole) / ours(tag), size, tolerance);
    }
}

/// The area of a box.
fn box_area([a, b, c]: [f64; 3]) -> f64 {
    2.0 * (a * b + a * c + b * c)
}

#[test]
fn a_slanted_box() {
    let sides = [12.793756707, 18.902126474, 32.762968164];
    let (volume, area) = (6870.25, 2485.736328125);
    compare(
        &body(|[x, y, z]| x.abs() <= 16.0 && y.abs() <= 9.0 && z.abs() <= 6.0),
        [volume, area],
        [
            ("morph_vol_dens_aabb", volume / 0.2707487642765045, 1e-6),
            ("morph_vol_dens_ombb", 7923.042621743, 1e-6),
            ("morph_area_dens_ombb", box_area(sides), 1e-5),
            ("morph_vol_dens_mvee", 17764.122827877, 1e-3),
        ],
    );
}

#[test]
fn a_slanted_ellipsoid() {
    let sides = [16.473755352, 24.572237826, 40.273174340];
    let (volume, area) = (8018.4169921875, 2345.756591796875);
    compare(
        &body(|[x, y, z]| (x / 20.0).powi(2) + (y / 12.0).powi(2) + (z / 8.0).powi(2) <= 1.0),
        [volume, area],
        [
            ("morph_vol_dens_aabb", volume / 0.35997381806373596, 1e-6),
            ("morph_vol_dens_ombb", 16302.461538462, 1e-6),
            ("morph_area_dens_ombb", box_area(sides), 1e-5),
            ("morph_vol_dens_mvee", 9065.556619801, 1e-3),
        ],
    );
}

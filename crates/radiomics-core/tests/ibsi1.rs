//! What IBSI 1's tables do not tell of its features: how many there are, bounds of the bodies around a region, and the
//! smallest ellipsoid. The tables are run in `ibsi1_configurations.rs`.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a failed unwrap is a failed test; figures are shown

use radiomics_core::ibsi::{IbsiInput, IvhBinning, Selection, TextureSettings, features};
use radiomics_phantoms::ibsi;

/// The phantom's grey levels are its intensities: no processing.
fn phantom() -> IbsiInput {
    let inside = ibsi::region();
    let grey = ibsi::grey_levels();
    let mut levels = grey.mapv(|level| u32::try_from(level).unwrap());
    levels.zip_mut_with(&inside, |level, &inside| *level *= u32::from(inside));
    IbsiInput {
        image: grey.mapv(f64::from),
        morphological: inside.clone(),
        intensity: inside,
        spacing: [2.0; 3],
        levels,
        level_count: 6,
        ivh: IvhBinning::Discrete { range: [None; 2] },
        texture: TextureSettings::default(),
    }
}

#[test]
fn digital_phantom() {
    let values = features(&phantom(), &Selection::default()).unwrap();
    // 85 without directions, 41 with six aggregations, 54 with three; of these, five features have no reference.
    assert_eq!(values.len(), 79 + 41 * 6 + 54 * 3);
    // No consensus among the teams, but bounds: no body is smaller than the hull, none larger than a fixed one.
    let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).unwrap().value;
    let hull = value("morph_vol_dens_conv_hull");
    assert!(
        value("morph_vol_dens_ombb") >= value("morph_vol_dens_aabb") && value("morph_vol_dens_ombb") <= hull
    );
    assert!(value("morph_vol_dens_mvee") <= hull);
    // Of a box the smallest ellipsoid has π √3 / 2 times the volume, and no body of this volume needs more.
    assert!(
        value("morph_vol_dens_mvee")
            > value("morph_vol_dens_aabb") * 2.0 / (3.0_f64.sqrt() * std::f64::consts::PI)
    );
    // The manual's table of the phantom's histogram, by trapezia.
    let area = 0.2 * (1.0 / 2.0 + (24.0 + 24.0 + 23.0 + 7.0 + 3.5) / 74.0);
    assert!((value("ivh_auc") - area).abs() < 1e-12, "{}", value("ivh_auc"));
}

/// What the reference values do not tell: the smallest ellipsoid. Numbers of MIRP 2.7.0 (`extract_features`, family morphology, not only IBSI's own) for the same voxels.
#[test]
fn slanted_body_as_in_mirp() {
    let grey = ndarray::Array3::from_shape_fn([24, 24, 24], |(z, y, x)| {
        let [x, y, z] = [x, y, z].map(|n| n as i32);
        let inside = (3 * x + 4 * y + z - 90).abs() <= 40
            && (4 * x - 3 * y - 10).abs() <= 30
            && (2 * z - x - 20).abs() <= 14;
        if inside { (x + y + z) as u32 } else { 0 }
    });
    let values = features(&IbsiInput::from_grey_levels(grey, [1.0; 3]), &Selection::default()).unwrap();
    let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).unwrap().value;
    assert_eq!(value("morph_vol_approx"), 2654.0);
    // MIRP's mesh has other triangles, but the same vertices: bodies around it are the same.
    let volume = |tag: &str| value("morph_volume") / value(tag);
    let mirp = |density: f64| 2_632.333_496_093_75 / density;
    let bodies = [
        ("morph_vol_dens_aabb", 0.314_872_413_873_672_5, 1e-6),
        ("morph_vol_dens_conv_hull", 0.899_059_355_258_941_7, 1e-6),
    ];
    for (tag, density, tolerance) in bodies {
        let difference = volume(tag) / mirp(density) - 1.0;
        println!("{tag}: {} {difference:e}", volume(tag));
        assert!(difference.abs() <= tolerance, "{tag}: {} instead of {}", volume(tag), mirp(density));
    }
    // From numpy by multiplicative updates of the points' weights until all lie within 10⁻⁶. MIRP's has 6666.7 mm³ and
    // leaves points outside, as it stops early.
    let ellipsoid = volume("morph_vol_dens_mvee");
    assert!((ellipsoid / 6_728.250_523 - 1.0).abs() <= 1e-5, "{ellipsoid}");
}

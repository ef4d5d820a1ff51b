//! IBSI's processing by its definitions, on images small enough to see through.

#![allow(clippy::unwrap_used)] // helpers of tests stand outside of test functions

use ndarray::Array3;
use radiomics_core::{
    Error, Extractor, Params, ParamsFormat, Settings, convention::Convention, ibsi::Processed,
};
use radiomics_imaging::{Geometry, Image, Mask, Volume};

fn settings(text: &str) -> Settings {
    Params::parse(&format!("[ibsi]\n{text}"), ParamsFormat::Toml).unwrap().settings()
}

fn message(text: &str) -> String {
    Params::parse(&format!("[ibsi]\n{text}"), ParamsFormat::Toml).unwrap_err().to_string()
}

/// An image and a mask on a grid.
fn case(
    size: [usize; 3],
    spacing: [f64; 3],
    value: impl Fn([usize; 3]) -> f64,
    inside: impl Fn([usize; 3]) -> bool,
) -> (Image, Mask) {
    let grid = Geometry::axial(size, spacing).unwrap();
    let shape = [size[2], size[1], size[0]];
    let voxels = Array3::from_shape_fn(shape, |(z, y, x)| value([x, y, z]));
    let mask = Array3::from_shape_fn(shape, |(z, y, x)| inside([x, y, z]));
    (Volume::new(voxels, grid).unwrap().into(), Mask::from_region(&Volume::new(mask, grid).unwrap()))
}

#[test]
fn a_voxel_half_inside_belongs_to_the_region() {
    // Twice as fine: along each axis new centres lie a quarter of a voxel from the old ones. Between the last
    // voxel of the region and the next, x = 0.25 holds 0.75 of it and x = 0.75 the other quarter.
    let (image, mask) = case([6, 6, 6], [2.0; 3], |_| 0.0, |i| i.iter().all(|i| (1..4).contains(i)));
    let half = Processed::new(&image, &mask, &settings("spacing = [1, 0, 0]\n")).unwrap();
    assert_eq!(half.grid().size(), [12, 6, 6]);
    assert_eq!(half.morphological().bounds().size, [6, 3, 3]);
    // Six slices of 3 mm become nine of 2 mm, at −1/6, 1/2, 7/6, 11/6, 5/2, …: of the region in slice 2, five
    // sixths and one half.
    let (image, mask) = case([6, 6, 6], [1.0, 1.0, 3.0], |_| 0.0, |i| i[2] == 2 && i[0] < 4);
    let slices = |threshold: f64| {
        let text = format!("spacing = [0, 0, 2]\nmask_threshold = {threshold}\n");
        Processed::new(&image, &mask, &settings(&text)).map(|p| p.morphological().bounds().size)
    };
    assert_eq!(slices(0.5), Ok([4, 6, 2]));
    assert_eq!(slices(0.500001), Ok([4, 6, 1]));
    assert!(matches!(slices(0.84), Err(Error::Vanished { .. })));
}

#[test]
fn slices_are_interpolated_one_by_one() {
    let (image, mask) = case([8, 8, 3], [1.0, 1.0, 4.0], |[_, _, z]| [0.0, 100.0, 7.0][z], |_| true);
    for interpolation in ["nearest", "linear", "cubic"] {
        let text = format!("mode = '2D'\nspacing = [0.7]\ninterpolation = '{interpolation}'\n");
        let processed = Processed::new(&image, &mask, &settings(&text)).unwrap();
        assert_eq!(processed.grid().size(), [12, 12, 3]);
        let values = processed.intensities(processed.intensity());
        for (slice, expected) in values.chunks(144).zip([0.0, 100.0, 7.0]) {
            assert!(slice.iter().all(|x| (x - expected).abs() < 1e-7), "{interpolation} {expected}");
        }
    }
}

#[test]
fn range_and_outliers_keep_what_both_keep() {
    // Intensities 0, 1, …, 99: mean 49.5, standard deviation √833.25 = 28.866.
    let (image, mask) = case([10, 10, 1], [1.0; 3], |[x, y, _]| (10 * y + x) as f64, |_| true);
    let kept = |text: &str| {
        let processed = Processed::new(&image, &mask, &settings(text)).unwrap();
        assert_eq!(processed.morphological().voxels(), 100);
        let values = processed.intensities(processed.intensity());
        (values[0], values[values.len() - 1], values.len())
    };
    assert_eq!(kept(""), (0.0, 99.0, 100));
    assert_eq!(kept("range = [10, 20]"), (10.0, 20.0, 11));
    assert_eq!(kept("range = [-inf, 20]"), (0.0, 20.0, 21));
    assert_eq!(kept("range = [90]"), (90.0, 99.0, 10));
    assert_eq!(kept("outlier_sigma = 1.0"), (21.0, 78.0, 58));
    // The mean is that of the region before the range is applied.
    assert_eq!(kept("range = [0, 50]\noutlier_sigma = 1.0"), (21.0, 50.0, 30));
    let error = Processed::new(&image, &mask, &settings("range = [200, 300]")).unwrap_err();
    assert_eq!(error, Error::Resegmented { label: 1, low: 200.0, high: 300.0, retained: 0 });
}

#[test]
fn intensities_are_rounded_to_the_even_number_where_asked_for() {
    let (image, mask) = case([4, 4, 4], [1.0; 3], |[x, _, _]| x as f64 + 0.5, |_| true);
    let first = |text: &str| {
        let processed = Processed::new(&image, &mask, &settings(text)).unwrap();
        processed.intensities(processed.intensity())[..4].to_vec()
    };
    assert_eq!(first("round_intensities = true"), [0.0, 2.0, 2.0, 4.0]);
    // The scan is stored as floating-point numbers.
    assert_eq!(first(""), [0.5, 1.5, 2.5, 3.5]);
}

#[test]
fn values_that_are_not_finite_matter_where_they_are_looked_at() {
    let far = |at: [usize; 3]| {
        case(
            [30, 30, 3],
            [2.0; 3],
            move |i| if i == at { f64::NAN } else { 1.0 + i[0] as f64 },
            |[x, y, _]| x < 3 && y < 3,
        )
    };
    let run = |at, text: &str| {
        let (image, mask) = far(at);
        Processed::new(&image, &mask, &settings(text)).map(|processed| processed.intensity().voxels())
    };
    assert_eq!(run([20, 20, 1], ""), Ok(27));
    assert!(matches!(run([1, 1, 1], ""), Err(Error::NotFiniteAt { position: [2.0, 2.0, 2.0], .. })));
    assert!(matches!(run([5, 1, 1], ""), Err(Error::NotFiniteNear { position: [10.0, 2.0, 2.0], .. })));
    assert_eq!(run([5, 1, 1], "families = ['glcm']"), Ok(27));
}

#[test]
fn settings_are_checked_with_the_nearest_key() {
    assert_eq!(
        message("bin_sise = 3"),
        "line 2, column 1: `ibsi.bin_sise`: no such setting; did you mean `bin_size`?"
    );
    assert_eq!(
        message("binWidth = 3"),
        "line 2, column 1: `ibsi.binWidth`: this is a setting and belongs under `setting`"
    );
    assert!(message("interpolation = 'cubik'").ends_with("did you mean `cubic`?"));
    assert!(message("families = ['glcmm']").contains("`glcm`"));
    assert!(message("mode = '2D'\nspacing = [1, 1, 2]").contains("`ibsi.spacing`"));
    assert!(message("spacing = [1, 2]").contains("three numbers or one"));
    assert!(message("range = [400, -1000]").contains("`ibsi.range`"));
    assert!(message("mask_threshold = 0.0").contains("above 0, at most 1"));
    let misplaced = Params::parse("setting: {bin_size: 25}", ParamsFormat::Yaml).unwrap_err().to_string();
    assert!(misplaced.contains("belongs under `ibsi`"), "{misplaced}");
}

#[test]
fn what_has_no_effect_is_said() {
    let (image, mask) = case([8, 8, 8], [1.0; 3], |[x, y, z]| (x * y + z) as f64, |_| true);
    let text = "setting: {binWidth: 10, label: 1}\nimageType: {Original: {}, Square: {}}\nibsi: {bin_number: 8, families: [intensity_statistics]}";
    let params = Params::parse(text, ParamsFormat::Yaml).unwrap();
    let row =
        Extractor::with_convention(params.clone(), Convention::Ibsi).unwrap().extract(&image, &mask).unwrap();
    assert_eq!(row.warnings.len(), 2, "{:?}", row.warnings);
    assert!(row.warnings[0].contains("setting.binWidth") && row.warnings[0].contains("ibsi.bin_size"));
    assert!(row.warnings[1].contains("imageType.Square"));
    let row = Extractor::new(params).unwrap().extract(&image, &mask).unwrap();
    let of_ibsi = row.warnings.iter().filter(|warning| warning.contains("`ibsi.")).count();
    assert_eq!(of_ibsi, 2, "{:?}", row.warnings);
    assert!(!row.diagnostics.iter().any(|(_, value)| value.to_string().contains("bin_number")));
}

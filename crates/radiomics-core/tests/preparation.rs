//! From scan and mask to image and region: every setting on inputs small enough to know the answer, and inputs
//! that nothing can be taken from.
// Helpers of tests stand outside of test functions: there too, a failed unwrap is a failed test.
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use ndarray::Array3;
use radiomics_core::{
    Error, Extractor, ImageType, Observer, Params, ParamsFormat, Prepared, Settings,
    config::{Interpolator, ResegmentMode},
};
use radiomics_imaging::{Geometry, Image, IndexBox, Mask, MaskError, SampleType, Volume};

const SIZE: [usize; 3] = [10, 9, 8];

fn grid() -> Geometry {
    Geometry::new(SIZE, [1.0, 2.0, 3.0], [-5.0, 40.0, 7.0], Geometry::AXIAL).unwrap()
}

/// Intensity `x + 10 y + 100 z`.
fn scan() -> Image {
    let voxels = Array3::from_shape_fn([8, 9, 10], |(z, y, x)| (x + 10 * y + 100 * z) as i16);
    Volume::new(voxels, grid()).unwrap().into()
}

/// Label 1 in a box of voxels.
fn block(start: [usize; 3], size: [usize; 3]) -> Mask {
    block_on(grid(), start, size)
}

fn block_on(grid: Geometry, start: [usize; 3], size: [usize; 3]) -> Mask {
    let inside = |a: usize, i: usize| (start[a]..start[a] + size[a]).contains(&i);
    let voxels =
        Array3::from_shape_fn(grid.shape(), |(z, y, x)| inside(0, x) && inside(1, y) && inside(2, z));
    Mask::from_region(&Volume::new(voxels, grid).unwrap())
}

fn settings() -> Settings {
    Settings::default()
}

fn refusal(image: &Image, mask: &Mask, settings: &Settings) -> Error {
    Prepared::new(image, mask, settings).map(|_| ()).unwrap_err()
}

#[test]
fn nothing_asked_for_leaves_image_and_mask_as_they_are() {
    let (image, mask) = (scan(), block([2, 3, 1], [4, 2, 5]));
    let prepared = Prepared::new(&image, &mask, &settings()).unwrap();
    assert_eq!(prepared.image.geometry(), image.geometry());
    assert_eq!(prepared.image.sample_type(), SampleType::I16);
    assert_eq!(prepared.region.bounds(), IndexBox { start: [2, 3, 1], size: [4, 2, 5] });
    assert_eq!(prepared.region.voxels(), 40);
    assert_eq!(prepared.region.centre(), [3.5, 3.5, 3.0]);
    assert_eq!(prepared.region.components(), 1);
    assert_eq!(prepared.shape_region, prepared.region);
    let window = prepared.image.window(prepared.region.bounds()).unwrap();
    assert_eq!(window.voxels()[[4, 1, 3]], 545.0);
    assert_eq!(window.geometry().origin(), [-3.0, 46.0, 10.0]);
    let outside = prepared.image.window(IndexBox { start: [8, 0, 0], size: [3, 1, 1] });
    assert!(matches!(outside, Err(Error::Volume(_))));
    let overflowing = prepared.image.window(IndexBox { start: [usize::MAX, 0, 0], size: [3, 1, 1] });
    assert!(matches!(overflowing, Err(Error::Volume(_))));
}

#[test]
fn labels_that_are_not_there() {
    let (image, mask) = (scan(), block([2, 3, 1], [4, 2, 5]));
    let other = refusal(&image, &mask, &Settings { label: 7, ..settings() });
    assert_eq!(other, Error::Mask(MaskError::AbsentLabel { label: 7, present: vec![1] }));
    let empty = block([2, 3, 1], [0, 2, 5]);
    assert_eq!(refusal(&image, &empty, &settings()), Error::Mask(MaskError::Empty));
}

#[test]
fn small_and_thin_regions() {
    let image = scan();
    let with = |minimum_roi_dimensions, minimum_roi_size| Settings {
        minimum_roi_dimensions,
        minimum_roi_size,
        ..settings()
    };
    let voxel = block([4, 4, 4], [1, 1, 1]);
    assert_eq!(refusal(&image, &voxel, &with(1, None)), Error::SingleVoxel { label: 1 });
    let line = block([4, 4, 4], [1, 3, 1]);
    assert!(Prepared::new(&image, &line, &with(1, None)).is_ok());
    let thin = refusal(&image, &line, &with(2, None));
    assert!(
        matches!(thin, Error::FewDimensions { dimensions: 1, minimum: 2, extent: [1, 3, 1], .. }),
        "{thin}"
    );
    assert!(Prepared::new(&image, &line, &with(1, Some(2))).is_ok());
    // As many as the minimum are too few.
    let small = refusal(&image, &line, &with(1, Some(3)));
    assert_eq!(small, Error::SmallRegion { label: 1, voxels: 3, minimum: 3 });
}

#[test]
fn a_mask_on_another_grid_is_refused_or_corrected() {
    let image = scan();
    // The mask's grid begins at voxel (2, 1, 0) of the image.
    let part = grid().crop(IndexBox { start: [2, 1, 0], size: [6, 6, 8] }).unwrap();
    let mask = block_on(part, [1, 1, 1], [3, 3, 3]);
    let error = refusal(&image, &mask, &settings());
    let text = error.to_string();
    assert!(matches!(error, Error::MaskGrid(_)));
    assert!(text.contains("10x9x8") && text.contains("6x6x8") && text.contains("correctMask"), "{text}");

    let corrected = Prepared::new(&image, &mask, &Settings { correct_mask: true, ..settings() }).unwrap();
    assert_eq!(corrected.region.bounds(), IndexBox { start: [3, 2, 1], size: [3, 3, 3] });
    assert_eq!(corrected.region.geometry(), image.geometry());

    // The same size, but shifted by a little: tolerance decides, in multiples of the spacing along x.
    let near = Geometry::new(SIZE, grid().spacing(), [-5.0, 40.01, 7.0], Geometry::AXIAL).unwrap();
    let mask = block_on(near, [1, 1, 1], [3, 3, 3]);
    assert!(matches!(refusal(&image, &mask, &settings()), Error::MaskGrid(_)));
    let tolerant = Settings { geometry_tolerance: Some(0.02), ..settings() };
    assert!(Prepared::new(&image, &mask, &tolerant).is_ok());

    let far = Geometry::new(SIZE, grid().spacing(), [-9.0, 40.0, 7.0], Geometry::AXIAL).unwrap();
    let mask = block_on(far, [1, 1, 1], [5, 3, 3]);
    let outside = refusal(&image, &mask, &Settings { correct_mask: true, ..settings() });
    assert!(matches!(outside, Error::OutsideImage { size: SIZE, .. }), "{outside}");
    let resampled = Settings { resampled_pixel_spacing: Some([2.0; 3]), ..settings() };
    assert!(matches!(refusal(&image, &mask, &resampled), Error::OutsideImage { .. }));
}

#[test]
fn pre_crop_keeps_a_margin_and_positions() {
    let (image, mask) = (scan(), block([1, 3, 2], [4, 2, 5]));
    let cut = Settings { pre_crop: true, pad_distance: 2, ..settings() };
    let prepared = Prepared::new(&image, &mask, &cut).unwrap();
    assert_eq!(prepared.image.geometry().size(), [7, 6, 8]);
    assert_eq!(prepared.image.geometry().origin(), [-5.0, 42.0, 7.0]);
    assert_eq!(prepared.region.bounds(), IndexBox { start: [1, 2, 2], size: [4, 2, 5] });
    let window = prepared.image.window(prepared.region.bounds()).unwrap();
    assert_eq!(window.voxels()[[0, 0, 0]], 231.0);
    assert!(prepared.image.window(IndexBox { start: [0; 3], size: [8, 6, 8] }).is_err());
}

#[test]
fn new_voxels_start_at_the_corner_of_the_mask() {
    let (image, mask) = (scan(), block([2, 2, 2], [4, 4, 4]));
    let resampled = Settings {
        resampled_pixel_spacing: Some([2.0, 0.0, 1.5]),
        interpolator: Some(Interpolator::Linear),
        pad_distance: 1,
        ..settings()
    };
    let prepared = Prepared::new(&image, &mask, &resampled).unwrap();
    let grid = prepared.image.geometry();
    assert_eq!(grid.spacing(), [2.0, 2.0, 1.5]);
    // x: from floor(1.5 / 2 − 1) to ceil(5.5 / 2 + 1), cut at 4; y: 0 to 7; z: from 2 to 12.
    assert_eq!(grid.size(), [5, 8, 11]);
    assert_eq!(grid.origin(), [-4.5, 40.0, 7.0 - 0.75 + 2.0 * 1.5]);
    // Voxel (1, 2, 3) lies at (2.5, 2, 2.25) of the image; integers are cut off.
    let voxel = prepared.image.window(IndexBox { start: [1, 2, 3], size: [1; 3] }).unwrap();
    assert_eq!(voxel.voxels()[[0, 0, 0]], 247.0);
    assert_eq!(prepared.image.sample_type(), SampleType::I16);

    // A spacing as it is only cuts; a slice keeps its thickness.
    let same = Settings { resampled_pixel_spacing: Some([1.0, 2.0, 3.0]), pad_distance: 1, ..settings() };
    let prepared = Prepared::new(&image, &mask, &same).unwrap();
    assert_eq!(prepared.image.geometry().size(), [6, 6, 6]);
    let slice = block([2, 2, 2], [4, 4, 1]);
    let prepared =
        Prepared::new(&image, &slice, &Settings { resampled_pixel_spacing: Some([1.0; 3]), ..same });
    assert_eq!(prepared.unwrap().image.geometry().spacing(), [1.0, 1.0, 3.0]);
}

#[test]
fn grids_that_nothing_can_be_sampled_on() {
    let (image, mask) = (scan(), block([2, 2, 2], [2, 2, 2]));
    let with = |spacing| Settings { resampled_pixel_spacing: Some(spacing), pad_distance: 0, ..settings() };
    assert!(matches!(refusal(&image, &mask, &with([1e-6; 3])), Error::GridSize { .. }));
    assert!(matches!(refusal(&image, &mask, &with([1e-300; 3])), Error::GridSize { .. }));
    let vanished = refusal(&image, &mask, &with([40.0; 3]));
    assert!(matches!(vanished, Error::Vanished { label: 1, .. }), "{vanished}");
}

#[test]
fn a_region_at_every_border() {
    let (image, mask) = (scan(), block([0; 3], SIZE));
    let cut = Settings { pre_crop: true, ..settings() };
    assert_eq!(Prepared::new(&image, &mask, &cut).unwrap().image.geometry().size(), SIZE);
    for interpolator in [Interpolator::BSpline, Interpolator::Linear, Interpolator::WelchWindowedSinc] {
        let resampled = Settings {
            resampled_pixel_spacing: Some([0.7, 1.1, 4.1]),
            interpolator: Some(interpolator),
            ..settings()
        };
        let prepared = Prepared::new(&image, &mask, &resampled).unwrap();
        assert!(prepared.image.whole().unwrap().voxels().iter().all(|v| v.is_finite()));
        // The last new voxels along x and y have their centres outside the mask.
        assert_eq!(prepared.image.geometry().size(), [15, 17, 6]);
        assert_eq!(prepared.region.bounds(), IndexBox { start: [0; 3], size: [14, 16, 6] });
        assert_eq!(prepared.region.voxels(), 14 * 16 * 6);
    }
}

#[test]
fn resegmentation() {
    let (image, mask) = (scan(), block([0, 0, 2], [10, 2, 1]));
    // Intensities 200 to 219.
    let bounds = |range: &[f64], mode| {
        let range = Settings { resegment_range: Some(range.to_vec()), resegment_mode: mode, ..settings() };
        Prepared::new(&image, &mask, &range).map(|prepared| {
            let window = prepared.image.window(prepared.region.bounds()).unwrap();
            let chosen: Vec<f64> = prepared.region.intensities(window.voxels()).collect();
            (chosen.iter().copied().fold(f64::INFINITY, f64::min), chosen.iter().copied().fold(0.0, f64::max))
        })
    };
    let absolute = ResegmentMode::Absolute;
    assert_eq!(bounds(&[205.0, 213.0], absolute).unwrap(), (205.0, 213.0));
    assert_eq!(bounds(&[213.0, 204.5], absolute).unwrap(), (205.0, 213.0));
    assert_eq!(bounds(&[208.0], absolute).unwrap(), (208.0, 219.0));
    // Fractions of 219.
    assert_eq!(bounds(&[0.95, 0.99], ResegmentMode::Relative).unwrap(), (209.0, 216.0));
    // Mean 209.5, standard deviation 5.766.
    assert_eq!(bounds(&[-1.0, 0.5], ResegmentMode::Sigma).unwrap(), (204.0, 212.0));
    let error = bounds(&[203.5, 204.5], absolute).unwrap_err();
    assert_eq!(error, Error::Resegmented { label: 1, low: 203.5, high: 204.5, retained: 1 });
    // Left are voxels in one row: the checks apply again.
    assert!(matches!(bounds(&[201.0, 203.0], absolute), Err(Error::FewDimensions { dimensions: 1, .. })));
}

#[test]
fn shape_keeps_the_region_inside_the_box_of_the_resegmented_one() {
    let (image, mask) = (scan(), block([0, 0, 2], [10, 2, 1]));
    // 204 … 213: x from 4 on in the first row, up to 3 in the second.
    let range = Settings { resegment_range: Some(vec![204.0, 212.0]), ..settings() };
    let prepared = Prepared::new(&image, &mask, &range).unwrap();
    assert_eq!(prepared.region.voxels(), 9);
    assert_eq!(prepared.shape_region.voxels(), 20);
    let narrow = Settings { resegment_range: Some(vec![204.0, 210.0]), ..settings() };
    let upper = Prepared::new(&image, &block([2, 0, 2], [8, 2, 1]), &narrow);
    assert!(matches!(upper, Err(Error::FewDimensions { .. })));
    let shape_too = Settings { resegment_shape: true, ..range };
    let prepared = Prepared::new(&image, &mask, &shape_too).unwrap();
    assert_eq!(prepared.shape_region, prepared.region);
}

#[test]
fn normalisation_takes_the_whole_image() {
    let (image, mask) = (scan(), block([2, 3, 1], [4, 2, 5]));
    let normalised = Settings { normalize: true, normalize_scale: 100.0, ..settings() };
    let prepared = Prepared::new(&image, &mask, &normalised).unwrap();
    assert_eq!(prepared.image.sample_type(), SampleType::F64);
    let whole = prepared.image.whole().unwrap();
    let n = whole.voxels().len() as f64;
    let mean = whole.voxels().sum() / n;
    let variance = whole.voxels().iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    assert!(mean.abs() < 1e-10 && (variance.sqrt() - 100.0).abs() < 1e-10, "{mean} {variance}");
    let clipped = Settings { remove_outliers: Some(1.0), ..normalised };
    let prepared = Prepared::new(&image, &mask, &clipped).unwrap();
    let whole = prepared.image.whole().unwrap();
    assert!(whole.voxels().iter().all(|x| x.abs() <= 100.0));
}

fn extractor(params: &str) -> Extractor {
    Extractor::new(Params::parse(params, ParamsFormat::Yaml).unwrap()).unwrap()
}

#[test]
fn intensities_that_are_no_numbers() {
    let mask = block([2, 2, 2], [3, 3, 3]);
    for (voxel, inside) in [([3, 3, 3], true), ([8, 8, 7], false)] {
        for value in [f32::NAN, f32::INFINITY] {
            let mut voxels = Array3::from_shape_fn([8, 9, 10], |(z, y, x)| (x * y + z) as f32);
            voxels[[voxel[2], voxel[1], voxel[0]]] = value;
            let image = Image::from(Volume::new(voxels, grid()).unwrap());
            let result = extractor("featureClass: {firstorder: [Mean]}").extract(&image, &mask);
            match result {
                Err(Error::NotFiniteAt { position, .. }) => {
                    assert!(inside);
                    assert_eq!(position, [-2.0, 46.0, 16.0]);
                }
                Ok(_) => assert!(!inside),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn shape_in_a_slice_is_left_out_where_pyradiomics_leaves_it_out() {
    let (image, slice) = (scan(), block([2, 3, 4], [4, 3, 1]));
    let row = |settings: &str, mask: &Mask| {
        extractor(&format!("setting: {{{settings}}}\nfeatureClass: {{shape2D: }}")).extract(&image, mask)
    };
    let row_2d = row("force2D: true", &slice).unwrap();
    assert_eq!((row_2d.features.len(), row_2d.warnings.len()), (9, 0));
    let without = row("force2D: false", &slice).unwrap();
    assert_eq!((without.features.len(), without.warnings.len()), (0, 1));
    // Slices across x, but the test looks at z.
    let other = row("force2D: true, force2Ddimension: 2", &slice).unwrap();
    assert_eq!((other.features.len(), other.warnings.len()), (0, 1));
    assert!(other.warnings[0].contains("along z"), "{}", other.warnings[0]);
    let several = row("force2D: true", &block([2, 3, 4], [4, 3, 2])).unwrap_err();
    assert!(matches!(several, Error::NotOneSlice { slices: 2, .. }), "{several}");
}

#[test]
fn settings_of_an_image_type_that_come_too_late() {
    let (image, mask) = (scan(), block([2, 3, 1], [4, 2, 5]));
    let params = "imageType: {Original: {binWidth: 3, padDistance: 2, label: 4}}\nfeatureClass: {shape: [VoxelVolume]}";
    let row = extractor(params).extract(&image, &mask).unwrap();
    assert_eq!(row.features, [("original_shape_VoxelVolume".into(), 240.0)]);
    assert_eq!(row.warnings.len(), 2, "{:?}", row.warnings);
    assert!(row.warnings.iter().any(|w| w.contains("padDistance")) && !row.warnings[0].contains("binWidth"));
}

/// Writes down each step, and ends the extraction at one.
struct Watch {
    stages: Mutex<Vec<String>>,
    last: usize,
}

impl Observer for Watch {
    fn stage(&self, name: &str) {
        self.stages.lock().unwrap().push(name.into());
    }

    fn cancelled(&self) -> bool {
        self.stages.lock().unwrap().len() >= self.last
    }
}

#[test]
fn an_extraction_is_watched_and_ended() {
    let (image, mask) = (scan(), block([2, 3, 1], [4, 2, 5]));
    let extractor = extractor(
        "setting: {normalize: true, resampledPixelSpacing: [2, 2, 2], resegmentRange: [-9]}\n\
         featureClass: {shape: }",
    );
    let watch = |last| Watch { stages: Mutex::default(), last };
    let all = watch(usize::MAX);
    extractor.extract_observed(&image, &mask, 1, &all).unwrap();
    let stages = all.stages.into_inner().unwrap();
    assert_eq!(stages, ["diagnostics", "normalise", "resample", "resegment", "shape"]);
    for last in 0..stages.len() {
        let some = watch(last);
        let result = extractor.extract_observed(&image, &mask, 1, &some);
        assert_eq!(result, Err(Error::Cancelled));
        assert_eq!(some.stages.into_inner().unwrap(), stages[..last]);
    }
}

#[test]
fn without_additional_info_there_are_no_diagnostics() {
    let (image, mask) = (scan(), block([2, 3, 1], [4, 2, 5]));
    let row = |info| {
        extractor(&format!("setting: {{additionalInfo: {info}}}\nfeatureClass: {{shape: }}"))
            .extract(&image, &mask)
            .unwrap()
    };
    assert!(row(false).diagnostics.is_empty());
    let with = row(true);
    assert_eq!(with.features, row(false).features);
    let names: Vec<&str> = with.diagnostics.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        &names[..3],
        [
            "diagnostics_Versions_Radiomics",
            "diagnostics_Versions_Convention",
            "diagnostics_Configuration_Settings"
        ]
    );
}

#[test]
fn wavelets_that_begin_at_a_later_level_are_named_as_the_first() {
    let (image, mask) = (scan(), block([2, 3, 1], [4, 2, 5]));
    let bands = |start_level, level| {
        let settings = Settings { start_level, level, ..settings() };
        let prepared = Prepared::new(&image, &mask, &settings).unwrap();
        let whole = IndexBox::whole(image.geometry());
        prepared.derived(ImageType::Wavelet, whole, &mask.crop(1, whole), &settings).unwrap().0
    };
    let (both, second) = (bands(0, 2), bands(1, 1));
    let names: Vec<&str> = second.iter().map(|image| image.name.as_str()).collect();
    let expected =
        ["LLH", "LHL", "LHH", "HLL", "HLH", "HHL", "HHH", "LLL"].map(|band| format!("wavelet-{band}"));
    assert_eq!(names, expected);
    for (image, twin) in second.iter().zip(&both[7..]) {
        assert_eq!(twin.name, image.name.replace("wavelet-", "wavelet2-"));
        assert_eq!(twin.values, image.values, "{}", image.name);
    }
}

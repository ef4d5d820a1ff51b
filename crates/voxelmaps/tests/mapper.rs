//! From image and mask to maps: image types, families of IBSI, streaming, cancellation, errors.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests may fail loudly
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::Array3;
use radiomics_core::{IbsiFamily, ImageType, Params, ParamsFormat, Prepared};
use radiomics_imaging::{Geometry, Image, Mask, Volume};
use radiomics_voxelmaps::{Error, MapSettings, Mapper, Maps, Precision, Watch};

/// A synthetic image of 14 × 12 × 10 voxels and a region in its corner, with holes.
fn case() -> (Image, Mask) {
    let grid = Geometry::axial([14, 12, 10], [0.8, 1.0, 2.0]).unwrap();
    let value = |(z, y, x): (usize, usize, usize)| ((x * 31 + y * 17 + z * 7) % 89 + x * y) as f32 * 1.5;
    let inside = |(z, y, x): (usize, usize, usize)| x < 7 && y < 6 && z < 5 && (x + 2 * y + 3 * z) % 11 != 4;
    let image = Volume::new(Array3::from_shape_fn(grid.shape(), value), grid).unwrap();
    let inside = Volume::new(Array3::from_shape_fn(grid.shape(), inside), grid).unwrap();
    (image.into(), Mask::from_region(&inside))
}

fn params(text: &str) -> Params {
    Params::parse(text, ParamsFormat::Yaml).unwrap()
}

fn map(settings: MapSettings) -> Maps {
    let (image, mask) = case();
    Mapper::new(settings).unwrap().map(&image, &mask).unwrap()
}

#[test]
fn filtered_images_are_filtered_whole_and_then_mapped() {
    for masked in [true, false] {
        let params = params(&format!(
            "imageType: {{Original: {{}}, Wavelet: {{}}, LoG: {{sigma: [1.5]}}, LBP3D: {{}}}}\n\
             featureClass: {{firstorder: [Mean]}}\nvoxelSetting: {{maskedKernel: {masked}}}"
        ));
        let maps = map(MapSettings { params: params.clone(), ..MapSettings::default() });
        assert_eq!(maps.maps.len(), 1 + 8 + 1 + 3);
        let (image, mask) = case();
        let prepared = Prepared::new(&image, &mask, &params.settings()).unwrap();
        let all = radiomics_imaging::IndexBox::whole(image.geometry());
        let everywhere = Array3::from_elem(image.geometry().shape(), true);
        let settings = params.settings().with(&params.image_types[1].1);
        let (filtered, _) = prepared.derived(ImageType::Wavelet, all, &everywhere, &settings).unwrap();
        for derived in filtered {
            let map = maps.get(&format!("{}_firstorder_Mean", derived.name)).unwrap();
            let volume = map.volume().unwrap();
            assert_eq!(volume.geometry().size(), [8, 7, 6]); // the region's box and one voxel on the inner sides
            // Around (3, 2, 2): 27 voxels, less those of the holes.
            let around = (1..4).flat_map(|z| (1..4).flat_map(move |y| (2..5).map(move |x| (z, y, x))));
            let counts = |&(z, y, x): &(usize, usize, usize)| !masked || (x + 2 * y + 3 * z) % 11 != 4;
            let values: Vec<f64> = around.filter(counts).map(|index| derived.values[index]).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let ours = volume.voxels()[[2, 2, 3]];
            assert!((ours - mean).abs() < 1e-9 * (1.0 + mean.abs()), "{}: {ours} {mean}", derived.name);
        }
    }
}

#[test]
fn families_of_ibsi_are_those_of_the_window() {
    use radiomics_core::ibsi::{Aggregation, IbsiInput, Selection, features};
    let families = vec![IbsiFamily::IntensityHistogram, IbsiFamily::Gldzm, IbsiFamily::Ngldm];
    let settings = MapSettings {
        params: params("setting: {binWidth: 20}\nfeatureClass: {glcm: [Contrast]}"),
        ibsi: families.clone(),
        ..MapSettings::default()
    };
    let maps = map(settings);
    let count: usize = families.iter().map(|family| family.features().len()).sum();
    assert_eq!(maps.maps.len(), 1 + count);
    // The window around (3, 2, 2), cut out by hand. Levels are those of the whole region, whose smallest value is 0.
    let (image, _) = case();
    let image = image.to_f64();
    let level = |(z, y, x): (usize, usize, usize)| {
        let (z, y, x) = (z + 1, y + 1, x + 2);
        if (x + 2 * y + 3 * z) % 11 == 4 { 0 } else { (image.voxels()[[z, y, x]] / 20.0) as u32 + 1 }
    };
    let mut input = IbsiInput::from_grey_levels(Array3::from_shape_fn([3, 3, 3], level), [0.8, 1.0, 2.0]);
    let inside =
        |(z, y, x): &(usize, usize, usize)| *x < 7 && *y < 6 && *z < 5 && (x + 2 * y + 3 * z) % 11 != 4;
    let highest =
        image.voxels().indexed_iter().filter(|(i, _)| inside(i)).map(|(_, v)| *v).fold(0.0, f64::max);
    input.level_count = (highest / 20.0) as u32 + 1;
    let aggregations = vec![Aggregation::None, Aggregation::Volume3D];
    for value in features(&input, &Selection { families, aggregations }).unwrap() {
        let tag = value.feature_tag.trim_end_matches("_3D");
        let ours = maps.get(&format!("original_ibsi_{tag}")).unwrap_or_else(|| panic!("{tag}"));
        let ours = ours.volume().unwrap().voxels()[[2, 2, 3]];
        assert!(ours.to_bits() == value.value.to_bits() || (ours - value.value).abs() < 1e-12, "{tag}");
    }
}

#[test]
fn a_stream_gives_the_same_maps_with_little_memory() {
    let text = "imageType: {Original: {}, Square: {}}\nfeatureClass: {firstorder: , glcm: , ngtdm: }";
    let settings = MapSettings { params: params(text), ..MapSettings::default() };
    let all = map(settings.clone());
    let (image, mask) = case();
    let mut place = 0;
    let mapper = Mapper::new(MapSettings { memory: 1, ..settings.clone() }).unwrap();
    let mut take = |map: radiomics_voxelmaps::Map| {
        let bits = |map: &radiomics_voxelmaps::Map| map.values.iter().map(f64::to_bits).collect::<Vec<_>>();
        assert_eq!((map.name.as_str(), bits(&map)), (all.maps[place].name.as_str(), bits(&all.maps[place])));
        place += 1;
        Ok(())
    };
    mapper.stream(&image, &mask, &mut take, &()).unwrap();
    assert_eq!(place, all.maps.len());
    let single = map_with(settings, Precision::F32);
    for (a, b) in all.maps.iter().zip(&single.maps) {
        let same = |(a, b): (f64, f64)| (a.is_nan() && b.is_nan()) || f64::from(a as f32) == b;
        assert!(a.values.iter().zip(b.values.iter()).all(same), "{}", a.name);
    }
    let full = mapper.stream(&image, &mask, &mut |_| Err(Error::Sink("disk is full".into())), &());
    assert_eq!(full, Err(Error::Sink("disk is full".into())));
}

fn map_with(settings: MapSettings, precision: Precision) -> Maps {
    map(MapSettings { precision, ..settings })
}

/// Counts what is done, and cancels after some of it.
struct Counting {
    most: u64,
    done: AtomicU64,
    total: AtomicU64,
}

impl Watch for Counting {
    fn progress(&self, done: u64, total: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.done.load(Ordering::Relaxed) > self.most
    }
}

#[test]
fn progress_reaches_its_end_and_can_be_cut_short() {
    let (image, mask) = case();
    let params = params("featureClass: {firstorder: [Mean, Median], gldm: [DependenceEntropy]}");
    let mapper = Mapper::new(MapSettings { params, memory: 1, ..MapSettings::default() }).unwrap();
    let watch = |most| Counting { most, done: AtomicU64::new(0), total: AtomicU64::new(0) };
    let all = watch(u64::MAX);
    let maps = mapper.map_watched(&image, &mask, &all).unwrap();
    let values = 3 * maps.maps[0].values.len() as u64;
    assert_eq!((all.done.into_inner(), all.total.into_inner()), (values, values));
    assert_eq!(mapper.map_watched(&image, &mask, &watch(0)), Err(Error::Cancelled));
}

#[test]
fn outside_the_region_is_the_value_asked_for() {
    let text = "featureClass: {firstorder: [Mean]}\nvoxelSetting: {initValue: -7}";
    let maps = map(MapSettings { params: params(text), ..MapSettings::default() });
    let (volume, whole) = (maps.maps[0].volume().unwrap(), maps.maps[0].whole().unwrap());
    assert_eq!(whole.geometry().size(), [14, 12, 10]);
    for ((z, y, x), &value) in whole.voxels().indexed_iter() {
        let inside = x < 7 && y < 6 && z < 5 && (x + 2 * y + 3 * z) % 11 != 4;
        assert_eq!(value == -7.0, !inside);
        assert_eq!(value, volume.voxels().get([z, y, x]).copied().unwrap_or(-7.0));
    }
}

#[test]
fn what_cannot_be_mapped_is_an_error_or_a_warning() {
    let settings = MapSettings { ibsi: vec![IbsiFamily::Morphology], ..MapSettings::default() };
    assert!(matches!(Mapper::new(settings), Err(Error::NoMap { name, .. }) if name == "ibsi_morphology"));
    let maps = map(MapSettings {
        params: params("featureClass: {shape: , firstorder: [Mean]}"),
        ..MapSettings::default()
    });
    assert_eq!((maps.maps.len(), maps.warnings.len()), (1, 1));
    let (image, mask) = case();
    let params = params("setting: {binWidth: 0.001}\nfeatureClass: {glcm: [Contrast]}");
    let narrow = Mapper::new(MapSettings { params, ..MapSettings::default() }).unwrap();
    let error = narrow.map(&image, &mask).unwrap_err();
    assert!(matches!(&error, Error::TooManyLevels { image, .. } if image == "original"), "{error}");
}

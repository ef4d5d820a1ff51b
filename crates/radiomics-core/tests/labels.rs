//! Many regions of one scan at once give the rows that they give one by one.

#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::sync::Mutex;

use ndarray::Array3;
use radiomics_core::{Error, Extractor, FeatureRow, Observer, Params, ParamsFormat, convention::Convention};
use radiomics_imaging::{Geometry, Image, Mask, Volume};

fn case() -> (Image, Mask) {
    let grid = Geometry::new([34, 30, 26], [0.9, 1.0, 1.4], [3.0, -8.0, 2.0], Geometry::AXIAL).unwrap();
    let voxels = Array3::from_shape_fn([26, 30, 34], |(z, y, x)| {
        ((x * 37 + y * 101 + z * 59) * (x + 3 * y + 7 * z + 11) % 401) as i16 - 80
    });
    // Blocks of labels 1 to 8 with gaps between them, and a single voxel of label 9.
    let labels = Array3::from_shape_fn([26, 30, 34], |(z, y, x)| {
        let block = |i: usize, n: usize| (i % (n / 2) > 2).then_some(i / (n / 2));
        match (block(z, 26), block(y, 30), block(x, 34)) {
            (Some(z), Some(y), Some(x)) => (1 + x + 2 * y + 4 * z) as u8,
            _ => u8::from([z, y, x] == [0, 0, 0]) * 9,
        }
    });
    let mask = Mask::from_image(Volume::new(labels, grid).unwrap().into()).unwrap();
    (Volume::new(voxels, grid).unwrap().into(), mask)
}

/// Everything in a row; numbers by their bits, as some are no numbers.
fn content(row: &FeatureRow) -> (String, Vec<(String, u64)>, Vec<String>) {
    let features = row.features.iter().map(|(name, value)| (name.clone(), value.to_bits())).collect();
    (format!("{:?}", row.diagnostics), features, row.warnings.clone())
}

#[test]
fn rows_are_those_of_single_labels() {
    let (image, mask) = case();
    let few = "featureClass: {firstorder: [Mean, Entropy], glcm: [Contrast], shape: [MeshVolume]}";
    for settings in [
        "setting: {}",
        "imageType: {Original: {}, Square: {}, Exponential: {}, LoG: {sigma: [1.0]}, Wavelet: {}}",
        "setting: {normalize: true, normalizeScale: 100}\nimageType: {Logarithm: {}, SquareRoot: {}}",
        "setting: {preCrop: true, padDistance: 3}\nimageType: {Square: {}, Gradient: {}}",
        "setting: {resampledPixelSpacing: [1, 1, 1]}\nimageType: {Original: {}, Square: {}}",
        "setting: {additionalInfo: false, resegmentRange: [-50, 200]}\nimageType: {SquareRoot: {}}",
    ] {
        let params = Params::parse(&format!("{settings}\n{few}\n"), ParamsFormat::Yaml).unwrap();
        let extractor = Extractor::new(params).unwrap();
        let labels = [3, 1, 9, 8, 77, 5];
        let rows = extractor.extract_labels(&image, &mask, &labels, |_| ());
        assert_eq!(rows.len(), labels.len());
        for (label, together) in labels.into_iter().zip(rows) {
            match (together, extractor.extract_label(&image, &mask, label)) {
                (Ok(together), Ok(alone)) => {
                    assert_eq!(content(&together), content(&alone), "{settings} {label}")
                }
                (together, alone) => {
                    assert!([9, 77].contains(&label), "{settings} {label}: {together:?} {alone:?}");
                    assert_eq!(together.err(), alone.err());
                }
            }
        }
    }
}

#[test]
fn rows_by_ibsi_are_those_of_single_labels() {
    let (image, mask) = case();
    let few = "families = ['morphology', 'intensity_statistics', 'ngtdm', 'local_intensity']";
    for settings in [
        String::new(),
        "spacing = [1.1]\nrange = [-50, 200]".into(),
        "[setting]\nnormalize = true\nnormalizeScale = 100".into(),
        "spacing = [1.3]\n[[filter]]\ntype = 'mean'\nsupport = 3\n[[filter]]\ntype = 'log'\nsigma_mm = 2"
            .into(),
        "[[filter]]\ntype = 'none'\n[setting]\nadditionalInfo = false".to_owned(),
    ] {
        let params = Params::parse(&format!("[ibsi]\n{few}\n{settings}\n"), ParamsFormat::Toml).unwrap();
        let extractor = Extractor::with_convention(params, Convention::Ibsi).unwrap();
        let labels = [3, 1, 9, 77, 5];
        let rows = extractor.extract_labels(&image, &mask, &labels, |_| ());
        assert_eq!(rows.len(), labels.len());
        for (label, together) in labels.into_iter().zip(rows) {
            match (together, extractor.extract_label(&image, &mask, label)) {
                (Ok(together), Ok(alone)) => {
                    assert_eq!(content(&together), content(&alone), "{settings} {label}");
                    assert_eq!(together.ibsi.len(), alone.ibsi.len());
                }
                (together, alone) => {
                    assert!([9, 77].contains(&label), "{settings} {label}: {together:?} {alone:?}");
                    assert_eq!(together.err(), alone.err());
                }
            }
        }
    }
}

/// Writes down the steps of all regions in the order in which they begin.
struct Log<'a>(&'a Mutex<Vec<String>>);

impl Observer for Log<'_> {
    fn stage(&self, name: &str) {
        self.0.lock().unwrap().push(name.to_owned());
    }
}

const LABELS: [u32; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// The steps of all labels at once, on one thread so that their order is fixed, and those of one label after the other.
fn steps(text: &str, format: ParamsFormat, convention: Convention) -> [Vec<String>; 2] {
    let (image, mask) = case();
    let extractor = Extractor::with_convention(Params::parse(text, format).unwrap(), convention).unwrap();
    let [together, apart] = [(); 2].map(|()| Mutex::new(Vec::new()));
    rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(|| {
        let rows = extractor.extract_labels(&image, &mask, &LABELS, |_| Log(&together));
        assert!(rows.iter().all(Result::is_ok));
        for label in LABELS {
            extractor.extract_observed(&image, &mask, label, &Log(&apart)).unwrap();
        }
    });
    [together, apart].map(|log| log.into_inner().unwrap())
}

fn count(steps: &[String], name: &str) -> usize {
    steps.iter().filter(|step| *step == name).count()
}

/// What many labels may not cost many times: the passes over the whole scan. Seconds are in `scripts/bench-labels.sh`.
#[test]
fn passes_over_the_scan_are_made_once_for_all_labels() {
    let text = "setting: {normalize: true}\nimageType: {Original: {}, Square: {}, LoG: {sigma: [1.0]}}";
    let [together, apart] = steps(text, ParamsFormat::Yaml, Convention::PyRadiomics);
    // They belong to no region, and no region's watcher hears of them.
    for pass in ["normalise", "diagnostics"] {
        assert_eq!((count(&together, pass), count(&apart, pass)), (0, LABELS.len()), "{pass}");
    }
    // What is left is made around each region, no oftener than for that region alone.
    let own = |steps: Vec<String>| {
        let mut own: Vec<String> =
            steps.into_iter().filter(|step| step != "normalise" && step != "diagnostics").collect();
        own.sort();
        own
    };
    let (together, apart) = (own(together), own(apart));
    assert_eq!(count(&together, "LoG"), LABELS.len());
    assert_eq!(together, apart);
}

/// Filters of IBSI 2 work on the whole image: each is announced to all regions, then applied to the image, then the
/// next one.
#[test]
fn filters_of_ibsi_are_applied_once_for_all_labels() {
    let filter = |name: &str, support: u32| {
        format!("[[filter]]\nname = '{name}'\ntype = 'mean'\nsupport = {support}\n")
    };
    let families = "[ibsi]\nfamilies = ['intensity_statistics']\n";
    let text = format!("{families}{}{}", filter("fine", 3), filter("coarse", 5));
    let [together, apart] = steps(&text, ParamsFormat::Toml, Convention::Ibsi);
    let filters = |steps: Vec<String>| -> Vec<String> {
        steps.into_iter().filter(|step| step.starts_with("filter ")).collect()
    };
    let all = |name: &str| vec![format!("filter {name}"); LABELS.len()];
    assert_eq!(filters(together), [all("fine"), all("coarse")].concat());
    assert_eq!(filters(apart), ["filter fine", "filter coarse"].repeat(LABELS.len()));
}

#[test]
fn a_scan_that_cannot_be_used_fails_for_every_label() {
    let (image, mask) = case();
    let grid = *image.geometry();
    let flat = Image::from(Volume::new(Array3::from_elem([26, 30, 34], 7_i16), grid).unwrap());
    let params = Params::parse("setting: {normalize: true}", ParamsFormat::Yaml).unwrap();
    let rows = Extractor::new(params).unwrap().extract_labels(&flat, &mask, &[1, 2], |_| ());
    assert!(rows.len() == 2 && rows.iter().all(|row| matches!(row, Err(Error::Normalise { .. }))));
}

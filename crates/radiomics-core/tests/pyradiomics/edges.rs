//! Values that rounding decides: a voxel of a filtered image lies on the edge of a bin or on a percentile, and in another
//! program, or another build of the same, on its other side.

use ndarray::Array3;
use radiomics_core::{
    FeatureClass, Levels, Params, Prepared, Settings,
    features::{first_order, glcm, gldm, glrlm, glszm, ngtdm},
    levels::Binning,
};
use radiomics_imaging::{Image, Mask};

use super::{difference, tolerance};

/// What decides a column, if rounding does. `expected` is the value of the other program.
pub fn at_edge(image: &Image, mask: &Mask, params: &Params, column: &str, expected: f64) -> Option<String> {
    let (name, rest) = column.split_once('_')?;
    let (class, feature) = rest.split_once('_')?;
    if name == "original" {
        return None; // nothing has been calculated that could be rounded
    }
    let class = FeatureClass::ALL.into_iter().find(|known| known.name() == class)?;
    let filtered = Filtered::named(name, image, mask, params)?;
    if feature == "RobustMeanAbsoluteDeviation" {
        let pairs = filtered.values.iter().zip(&filtered.inside);
        return at_percentile(pairs.filter(|(_, inside)| **inside).map(|(x, _)| *x).collect(), expected);
    }
    let binned = class != FeatureClass::FirstOrder || ["Entropy", "Uniformity"].contains(&feature);
    if binned { filtered.at_bin(class, column, feature, expected) } else { None }
}

/// A filtered image on the box of its region, and how it was discretised.
struct Filtered {
    values: Array3<f64>,
    inside: Array3<bool>,
    spacing: [f64; 3],
    settings: Settings,
}

impl Filtered {
    /// The image of this name.
    fn named(name: &str, image: &Image, mask: &Mask, params: &Params) -> Option<Self> {
        for (image_type, own) in &params.image_types {
            let settings = params.settings().with(own);
            let prepared = Prepared::new(image, mask, &settings).ok()?;
            let inside = prepared.region.inside().clone();
            let (images, _) =
                prepared.derived(*image_type, prepared.region.bounds(), &inside, &settings).ok()?;
            if let Some(derived) = images.into_iter().find(|derived| derived.name == name) {
                let spacing = prepared.image.geometry().spacing();
                return Some(Self { values: derived.values, inside, spacing, settings });
            }
        }
        None
    }

    /// A feature that depends on bins.
    fn feature(&self, class: FeatureClass, name: &str) -> Option<f64> {
        let Self { values, inside, spacing, settings } = self;
        let binning = Binning::Width(settings.bin_width);
        let border = settings.distances.iter().copied().max().unwrap_or(1) as usize;
        let levels = Levels::new(values, inside, *spacing, binning, border).ok()?;
        let of_class = match class {
            FeatureClass::FirstOrder => {
                first_order::features(values, inside, &levels, settings).ok()?.values().to_vec()
            }
            FeatureClass::Glcm => glcm::features(&levels, settings).ok()?.values().to_vec(),
            FeatureClass::Gldm => gldm::features(&levels, settings).ok()?.values().to_vec(),
            FeatureClass::Glrlm => glrlm::features(&levels, settings).ok()?.values().to_vec(),
            FeatureClass::Glszm => glszm::features(&levels, settings).ok()?.values().to_vec(),
            FeatureClass::Ngtdm => ngtdm::features(&levels, settings).ok()?.values().to_vec(),
            FeatureClass::Shape | FeatureClass::Shape2D => return None,
        };
        let place = class.features().iter().position(|feature| feature.name == name)?;
        of_class.get(place).copied()
    }

    /// Edges of bins are multiples of their width. Values in double precision are at one within 10⁻⁹ of a width, those
    /// in single precision within the rounding of the largest. `expected` is explained if it is the feature with some of
    /// these voxels on the other side of their edge: any of them where they are few, else one or all of them.
    fn at_bin(&self, class: FeatureClass, column: &str, feature: &str, expected: f64) -> Option<String> {
        if self.settings.bin_count.is_some() {
            return None; // edges that depend on the extremes
        }
        let single = column.starts_with("log-sigma-") || column.starts_with("gradient_");
        let width = self.settings.bin_width;
        let voxels =
            || self.values.iter().zip(&self.inside).filter(|(_, inside)| **inside).map(|(x, _)| x / width);
        let largest = voxels().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        let bound = if single { f64::from(f32::EPSILON) * largest } else { 1e-9 };
        let off = |x: f64| (x - x.round()).abs();
        let at = |(_, (x, inside)): &(_, (&f64, &bool))| **inside && off(*x / width) < bound;
        let places: Vec<usize> =
            self.values.iter().zip(&self.inside).enumerate().filter(at).map(|(place, _)| place).collect();
        let original = self.values.as_slice()?;
        let moved = |chosen: &[usize]| {
            let mut values = original.to_vec();
            for &place in chosen {
                let (x, edge) = (original[place], (original[place] / width).round() * width);
                values[place] = edge + if x < edge { 0.5 } else { -0.5 } * width;
            }
            let values = Array3::from_shape_vec(self.values.dim(), values).ok()?;
            let (inside, settings) = (self.inside.clone(), self.settings.clone());
            Self { values, inside, settings, ..*self }.feature(class, feature)
        };
        let explains = |chosen: &Vec<usize>| {
            moved(chosen).is_some_and(|value| difference(value, expected) <= tolerance(column))
        };
        let found = choices(&places).into_iter().find(explains)?;
        let furthest = found.iter().map(|&place| off(original[place] / width)).fold(0.0, f64::max);
        Some(format!(
            "it has {} of the {} voxels at the edge of a bin on its other side, at most {furthest:.1e} widths away",
            found.len(),
            places.len()
        ))
    }
}

/// Some of a list, but not none: all combinations of a few; of many each one, and all.
fn choices(places: &[usize]) -> Vec<Vec<usize>> {
    const FEW: usize = 10;
    if places.len() > FEW {
        let each = places.iter().map(|&place| vec![place]);
        return each.chain([places.to_vec()]).collect();
    }
    let chosen = |bits: usize| {
        let on = places.iter().enumerate().filter(move |(i, _)| bits >> i & 1 == 1);
        on.map(|(_, &place)| place).collect()
    };
    (1..1 << places.len()).map(chosen).collect()
}

/// The deviation takes in the voxels from the 10th percentile to the 90th. Where several voxels are equal to one of them
/// but for rounding, as with patterns that differ by a rotation, each may count or not: `expected` is explained if it is
/// the deviation with some number of them.
fn at_percentile(mut voxels: Vec<f64>, expected: f64) -> Option<String> {
    voxels.sort_by(f64::total_cmp);
    let percentile = |part: f64| {
        let place = part * (voxels.len() - 1) as f64;
        let (below, above) = (voxels[place.floor() as usize], voxels[place.ceil() as usize]);
        below + (above - below) * place.fract()
    };
    let ends = [percentile(0.1), percentile(0.9)];
    let at = |x: f64, end: f64| (x - end).abs() <= 1e-12 * end.abs();
    let count = |end: f64| voxels.iter().filter(|x| at(**x, end)).count();
    let between = |x: &&f64| **x > ends[0] && **x < ends[1] && !ends.iter().any(|end| at(**x, *end));
    let sure: Vec<f64> = voxels.iter().filter(between).copied().collect();
    // Sums of the first voxels, for the sum of all distances from any mean in one step.
    let sums: Vec<f64> = std::iter::once(0.0)
        .chain(sure.iter().scan(0.0, |sum, x| {
            *sum += x;
            Some(*sum)
        }))
        .collect();
    let (n, sum) = (sure.len() as f64, sums[sure.len()]);
    let deviation = |counts: [f64; 2]| {
        let all = n + counts[0] + counts[1];
        let mean = (sum + counts[0] * ends[0] + counts[1] * ends[1]) / all;
        let below = sure.partition_point(|x| *x < mean);
        let inner = mean * (2.0 * below as f64 - n) + sum - 2.0 * sums[below];
        (inner + counts[0] * (ends[0] - mean).abs() + counts[1] * (ends[1] - mean).abs()) / all
    };
    let [low, high] = ends.map(count);
    for (a, b) in (0..=low).flat_map(|a| (0..=high).map(move |b| (a, b))) {
        if (deviation([a as f64, b as f64]) / expected - 1.0).abs() <= 1e-12 {
            return Some(format!(
                "it counts {a} of the {low} voxels within 1e-12 of the 10th percentile, {b} of {high} at the 90th"
            ));
        }
    }
    None
}

#[test]
fn an_edge_explains_only_what_its_voxels_do() {
    let values = |near: [f64; 2]| ndarray::arr3(&[[[10.0, near[0], 60.0], [90.0, near[1], 30.0]]]);
    let image = |near| Filtered {
        values: values(near),
        inside: Array3::from_elem([1, 2, 3], true),
        spacing: [1.0; 3],
        settings: Settings::default(),
    };
    let (ours, theirs) = (image([25.0 - 1e-12, 50.0]), image([25.0, 50.0 - 1e-12]));
    for (class, name) in [(FeatureClass::Glcm, "Contrast"), (FeatureClass::FirstOrder, "Entropy")] {
        let column = format!("wavelet-LLH_{class}_{name}");
        let expected = theirs.feature(class, name).unwrap();
        assert_ne!(ours.feature(class, name), Some(expected));
        let why = ours.at_bin(class, &column, name, expected).unwrap();
        assert!(why.starts_with("it has 2 of the 2 voxels at the edge"), "{why}");
        // Another value, and voxels that are not at an edge, have no excuse.
        assert_eq!(ours.at_bin(class, &column, name, expected * 1.000_001), None);
        assert_eq!(image([24.9, 50.1]).at_bin(class, &column, name, expected), None);
    }
    assert_eq!(choices(&[7, 8, 9]).len(), 7);
    assert_eq!(choices(&(0..20).collect::<Vec<_>>()).len(), 21);
}

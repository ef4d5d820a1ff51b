//! Values that rounding decides: a voxel of a filtered image lies on the edge of a bin or on a percentile, and in another
//! program, or another build of the same, on its other side.

use radiomics_core::{FeatureClass, Params, Prepared};
use radiomics_imaging::{Image, Mask};

/// What decides a column, if rounding does. `expected` is the value of the other program.
pub fn at_edge(image: &Image, mask: &Mask, params: &Params, column: &str, expected: f64) -> Option<String> {
    let (name, rest) = column.split_once('_')?;
    let (class, feature) = rest.split_once('_')?;
    if name == "original" {
        return None; // nothing has been calculated that could be rounded
    }
    let (voxels, bin_width) = filtered(image, mask, params, name)?;
    if feature == "RobustMeanAbsoluteDeviation" {
        return at_percentile(voxels, expected);
    }
    let binned = class != FeatureClass::FirstOrder.name() || ["Entropy", "Uniformity"].contains(&feature);
    if binned { at_bin(&voxels, bin_width?, name) } else { None }
}

/// The intensities of the region in the image of this name, and the width of its bins where they have one.
fn filtered(image: &Image, mask: &Mask, params: &Params, name: &str) -> Option<(Vec<f64>, Option<f64>)> {
    for (image_type, own) in &params.image_types {
        let settings = params.settings().with(own);
        let prepared = Prepared::new(image, mask, &settings).ok()?;
        let inside = prepared.region.inside();
        let (images, _) = prepared.derived(*image_type, prepared.region.bounds(), inside, &settings).ok()?;
        if let Some(derived) = images.into_iter().find(|derived| derived.name == name) {
            let pairs = derived.values.iter().zip(inside);
            let voxels = pairs.filter(|(_, inside)| **inside).map(|(x, _)| *x).collect();
            return Some((voxels, settings.bin_count.is_none().then_some(settings.bin_width)));
        }
    }
    None
}

/// Edges of bins are multiples of their width. Values in double precision are at one within 10⁻⁹ of a width, those in
/// single precision within the rounding of the largest.
fn at_bin(voxels: &[f64], width: f64, name: &str) -> Option<String> {
    let single = name.starts_with("log-sigma-") || name == "gradient";
    let largest = voxels.iter().fold(0.0_f64, |largest, x| largest.max(x.abs() / width));
    let bound = if single { f64::from(f32::EPSILON) * largest } else { 1e-9 };
    let off = |x: &f64| (x / width - (x / width).round()).abs();
    let count = voxels.iter().filter(|x| off(x) < bound).count();
    let nearest = voxels.iter().map(off).fold(f64::INFINITY, f64::min);
    (count > 0)
        .then(|| format!("{count} voxels at the edge of a bin, the nearest {nearest:.1e} widths from it"))
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

//! Random tasks for the engines, and how their results are compared.
#![allow(dead_code)] // each test uses a part of it

use ndarray::Array3;
use radiomics_core::{Settings, levels::Binning};
use radiomics_voxelmaps::{Engine, Family, Feature, Field, Task, Values};

/// Numbers that look random, from a seed.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) >> 33) as usize % n
    }

    pub fn unit(&mut self) -> f64 {
        self.below(1 << 30) as f64 / f64::from(1 << 30)
    }
}

/// How an image and its region look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Voxels along z, y, x.
    pub shape: [usize; 3],
    /// Grey levels, at most.
    pub levels: usize,
    /// Of ten voxels so many are outside.
    pub holes: usize,
    /// Neighbours resemble each other, with flat parts.
    pub smooth: bool,
    /// Added to intensities.
    pub offset: f64,
    pub within: Option<u8>,
    pub seed: u64,
}

impl Default for Look {
    fn default() -> Self {
        Self { shape: [5, 6, 7], levels: 32, holes: 2, smooth: false, offset: 0.0, within: None, seed: 1 }
    }
}

/// All features of PyRadiomics' classes.
pub fn all_features() -> Vec<Feature> {
    Family::ALL.into_iter().filter(|f| matches!(f, Family::Class(_))).flat_map(Family::features).collect()
}

pub fn task(look: Look) -> Task {
    let mut random = Random(look.seed);
    let level = |z: usize, y: usize, x: usize, random: &mut Random| {
        let n = look.levels;
        let smooth = (x / 2 + y / 3 + z) * n.div_ceil(8) + random.below(1 + n / 12);
        if look.smooth { smooth % n } else { random.below(n) }
    };
    let image = Array3::from_shape_fn(look.shape, |(z, y, x)| {
        let fraction = if look.smooth { 0.0 } else { 0.9 * random.unit() };
        look.offset + level(z, y, x, &mut random) as f64 + fraction
    });
    let mut members = Array3::from_shape_fn(look.shape, |_| random.below(10) >= look.holes);
    members[[0, 0, 0]] = true;
    let spacing = [0.8, 1.1, 2.5];
    let field = Field::new(&image, &members, spacing, Binning::Width(1.0), 1).unwrap();
    let inside = members.indexed_iter().filter(|(_, inside)| **inside);
    let centres = inside.map(|((z, y, x), _)| field.position([x, y, z]) as u32).collect();
    let settings = Settings {
        force_2d: look.within.is_some(),
        force_2d_dimension: look.within.unwrap_or(0),
        voxel_array_shift: 3.5,
        ..Settings::default()
    };
    Task { field, centres, settings, features: all_features() }
}

/// All values, feature by feature.
pub fn evaluate(engine: &dyn Engine, task: &Task) -> Vec<f64> {
    let mut out = Values::F64(vec![0.0; task.centres.len() * task.features.len()]);
    engine.start(task).unwrap().evaluate(0, &mut out, &()).unwrap();
    out.iter().collect()
}

/// Features that are one quotient of whole numbers or an intensity: equal to the last bit of single precision but one.
pub fn is_exact(feature: Feature) -> bool {
    let name = feature.to_string();
    let exact = [
        "firstorder_Minimum",
        "firstorder_Maximum",
        "firstorder_Range",
        "firstorder_Median",
        "firstorder_10Percentile",
        "firstorder_90Percentile",
        "firstorder_Uniformity",
        "glszm_ZonePercentage",
        "glszm_LargeAreaEmphasis",
        "glszm_HighGrayLevelZoneEmphasis",
        "glszm_LargeAreaHighGrayLevelEmphasis",
        "glszm_ZoneVariance",
        "glszm_GrayLevelVariance",
        "glszm_SizeZoneNonUniformityNormalized",
        "gldm_DependenceVariance",
        "gldm_DependenceNonUniformity",
        "gldm_LargeDependenceHighGrayLevelEmphasis",
        "gldm_HighGrayLevelEmphasis",
    ];
    exact.contains(&name.as_str())
}

/// Below this a value is 0: double precision does not tell it from zero, as for sums of terms of both signs that cancel.
fn floor(feature: Feature, task: &Task) -> f64 {
    let levels = f64::from(2 * task.field.highest());
    if feature.to_string() == "glcm_ClusterShade" { 1e-15 * levels.powi(3) } else { 1e-12 }
}

/// Largest relative difference of each feature, worst first, as text.
pub fn compare(found: &[f64], expected: &[f64], task: &Task) -> Vec<(f64, String)> {
    let n = task.centres.len();
    let worst = task.features.iter().enumerate().map(|(k, &feature)| {
        let floor = floor(feature, task);
        let rows = found[k * n..][..n].iter().zip(&expected[k * n..][..n]).enumerate();
        let differences = rows.map(|(v, (&a, &b))| {
            let d = match (a.is_nan(), b.is_nan()) {
                (true, true) => 0.0,
                (false, false) if (a - b).abs() <= floor => 0.0,
                (false, false) => (a - b).abs() / b.abs(),
                _ => f64::INFINITY,
            };
            (d, v, a, b)
        });
        let (d, v, a, b) = differences.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        (d, format!("{feature} of voxel {v}: {a} instead of {b}"))
    });
    let mut worst: Vec<_> = worst.collect();
    worst.sort_by(|a, b| b.0.total_cmp(&a.0));
    worst
}

/// Fails unless all values agree to 1e-5 relative, and the exact ones to the rounding of single precision.
pub fn assert_close(found: &[f64], expected: &[f64], task: &Task, case: &str) {
    for (difference, what) in compare(found, expected, task) {
        assert!(difference <= 1e-5, "{case}: {what}, {difference:.1e}");
    }
    let n = task.centres.len();
    for (k, feature) in task.features.iter().enumerate().filter(|(_, feature)| is_exact(**feature)) {
        for (a, b) in found[k * n..][..n].iter().zip(&expected[k * n..][..n]) {
            assert!((a - b).abs() <= 1.2e-7 * b.abs() + 1e-12, "{case}: {feature} {a} {b}");
        }
    }
}

//! The definitions as oracles of the fast paths, on seeded random regions.

use nalgebra::DMatrix;
use ndarray::Array3;

use super::*;
use crate::{config::Settings, levels::half_steps};

/// Seeded random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut h = self.0;
        for factor in [0xbf58_476d_1ce4_e5b9_u64, 0x94d0_49bb_1331_11eb] {
            h = (h ^ (h >> 30)).wrapping_mul(factor);
        }
        (h >> 33) as usize % n
    }

    /// Grey levels with holes, and with neighbours that resemble each other.
    fn region(&mut self, shape: [usize; 3], levels: usize, holes: usize) -> Array3<u32> {
        let mut grey = Array3::from_shape_fn(shape, |(z, y, x)| {
            let smooth = (z + y + x) * levels / (shape.iter().sum::<usize>());
            let noise = self.below(1 + levels / 2);
            if self.below(10) < holes { 0 } else { (1 + (smooth + noise) % levels) as u32 }
        });
        grey[[0, 0, 0]] = 1;
        grey
    }
}

/// `n_ij` of one step, for all grey levels up to the highest.
fn naive_counts(grey: &Array3<u32>, [x, y, z]: [i32; 3], symmetric: bool) -> DMatrix<f64> {
    let highest = grey.iter().copied().max().unwrap() as usize;
    let mut n = DMatrix::zeros(highest, highest);
    for (at, &i) in grey.indexed_iter() {
        let to = |a: usize, step: i32| a.checked_add_signed(step as isize);
        let (Some(z), Some(y), Some(x)) = (to(at.0, z), to(at.1, y), to(at.2, x)) else { continue };
        let j = grey.get([z, y, x]).copied().unwrap_or(0);
        if i > 0 && j > 0 {
            n[(i as usize - 1, j as usize - 1)] += 1.0;
            if symmetric {
                n[(j as usize - 1, i as usize - 1)] += 1.0;
            }
        }
    }
    n
}

/// The formulas of the literature, each with its own sums over all cells.
fn naive_features(n: &DMatrix<f64>) -> GlcmFeatures {
    let p = n / n.sum();
    let levels = p.nrows();
    let eps = f64::EPSILON;
    let sum = |f: &dyn Fn(f64, f64, f64) -> f64| {
        let mut sum = 0.0;
        for i in 0..levels {
            for j in 0..levels {
                sum += f(i as f64 + 1.0, j as f64 + 1.0, p[(i, j)]);
            }
        }
        sum
    };
    let px: Vec<f64> = (0..levels).map(|i| p.row(i).sum()).collect();
    let py: Vec<f64> = (0..levels).map(|j| p.column(j).sum()).collect();
    let entropy = |p: &[f64]| -p.iter().map(|p| p * (p + eps).log2()).sum::<f64>();
    let mut sums = vec![0.0; 2 * levels + 1];
    let mut differences = vec![0.0; levels];
    for i in 0..levels {
        for j in 0..levels {
            sums[i + j + 2] += p[(i, j)];
            differences[i.abs_diff(j)] += p[(i, j)];
        }
    }
    let k = |f: &dyn Fn(f64) -> f64| -> f64 {
        differences.iter().enumerate().map(|(k, p)| if *p > 0.0 { f(k as f64) * p } else { 0.0 }).sum()
    };
    let (ux, uy) = (sum(&|i, _, p| i * p), sum(&|_, j, p| j * p));
    let (vx, vy) = (sum(&|i, _, p| (i - ux).powi(2) * p), sum(&|_, j, p| (j - uy).powi(2) * p));
    let joint_entropy = -sum(&|_, _, p| p * (p + eps).log2());
    let product = |i: f64, j: f64| px[i as usize - 1] * py[j as usize - 1];
    let hxy1 = -sum(&|i, j, p| p * (product(i, j) + eps).log2());
    let hxy2 = -sum(&|i, j, _| product(i, j) * (product(i, j) + eps).log2());
    let largest = entropy(&px).max(entropy(&py));
    let difference_average = k(&|k| k);
    GlcmFeatures {
        autocorrelation: sum(&|i, j, p| i * j * p),
        cluster_prominence: sum(&|i, j, p| (i + j - ux - uy).powi(4) * p),
        cluster_shade: sum(&|i, j, p| (i + j - ux - uy).powi(3) * p),
        cluster_tendency: sum(&|i, j, p| (i + j - ux - uy).powi(2) * p),
        contrast: sum(&|i, j, p| (i - j).powi(2) * p),
        correlation: if vx == 0.0 || vy == 0.0 {
            1.0
        } else {
            sum(&|i, j, p| (i - ux) * (j - uy) * p) / ((vx * vy).sqrt() + eps)
        },
        difference_average,
        difference_entropy: entropy(&differences),
        difference_variance: k(&|k| (k - difference_average).powi(2)),
        id: sum(&|i, j, p| p / (1.0 + (i - j).abs())),
        idm: sum(&|i, j, p| p / (1.0 + (i - j).powi(2))),
        idmn: sum(&|i, j, p| p / (1.0 + ((i - j) / levels as f64).powi(2))),
        idn: sum(&|i, j, p| p / (1.0 + (i - j).abs() / levels as f64)),
        imc1: if largest.abs() < 1e-12 { 0.0 } else { (joint_entropy - hxy1) / largest },
        imc2: (1.0 - (-2.0 * (hxy2 - joint_entropy)).exp()).max(0.0).sqrt(),
        inverse_variance: k(&|k| if k > 0.0 { 1.0 / (k * k) } else { 0.0 }),
        joint_average: ux,
        joint_energy: sum(&|_, _, p| p * p),
        joint_entropy,
        mcc: naive_mcc(&p, &px, &py),
        maximum_probability: p.max(),
        sum_average: sums.iter().enumerate().map(|(k, p)| k as f64 * p).sum(),
        sum_entropy: entropy(&sums),
        sum_squares: vx,
    }
}

/// The second eigenvalue of `Q`, which is turned into a nearly symmetrical matrix first: `√p_x` times `Q` times
/// `1 / √p_x` has the same eigenvalues.
fn naive_mcc(p: &DMatrix<f64>, px: &[f64], py: &[f64]) -> f64 {
    let present: Vec<usize> = (0..px.len()).filter(|&i| px[i] + py[i] > 0.0).collect();
    if present.len() < 2 {
        return if px.len() == 1 { 1.0 } else { 0.0 };
    }
    let present: Vec<usize> = present.into_iter().filter(|&i| px[i] > 0.0).collect();
    let q = DMatrix::from_fn(present.len(), present.len(), |a, b| {
        let (i, j) = (present[a], present[b]);
        let term = |k| p[(i, k)] * p[(j, k)] / (px[i] * py[k] + f64::EPSILON);
        (0..py.len()).map(term).sum::<f64>() * (px[i] / px[j]).sqrt()
    });
    let half = (&q + q.transpose()) * 0.5;
    let eigen = nalgebra::SymmetricEigen::try_new(half, 1e-16, 100_000).unwrap();
    let mut values: Vec<f64> = eigen.eigenvalues.iter().copied().chain([0.0]).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values[1].max(0.0).sqrt()
}

fn compare(ours: &GlcmFeatures, naive: &GlcmFeatures, case: &str) {
    for ((name, ours), naive) in GlcmFeatures::NAMES.iter().zip(ours.values()).zip(naive.values()) {
        // The root of an eigenvalue, or of an information, that is rounding alone.
        let floor = if ["MCC", "Imc2"].contains(&name.name) { 1e-7 } else { 1e-12 };
        let same = (ours - naive).abs() <= 1e-10 * naive.abs() + floor || (ours.is_nan() && naive.is_nan());
        assert!(same, "{case}: {} {ours} {naive}", name.name);
    }
}

fn settings(distances: &[u32], within: Option<u8>, symmetric: bool) -> Settings {
    Settings {
        distances: distances.to_vec(),
        force_2d: within.is_some(),
        force_2d_dimension: within.unwrap_or(0),
        symmetrical_glcm: symmetric,
        ..Settings::default()
    }
}

#[test]
fn features_are_those_of_the_definition() {
    let mut random = Random(3);
    for case in 0..40 {
        let shape = [1 + random.below(5), 1 + random.below(7), 2 + random.below(9)];
        let count = [1, 2, 3, 9, 40][case % 5];
        let holes = [0, 3, 7][case % 3];
        let grey = random.region(shape, count, holes);
        let levels = Levels::from_grey_levels(&grey, [1.0; 3], 1).unwrap();
        for (distances, within) in [
            (vec![1], None),
            (vec![1, 2], None),
            (vec![3], None),
            (vec![1], Some(0)),
            (vec![1, 2], Some(1)),
            (vec![2], Some(2)),
        ] {
            for symmetric in [true, false] {
                let ours = features(&levels, &settings(&distances, within, symmetric)).unwrap();
                let matrices = half_steps(&distances, within).into_iter();
                let matrices = matrices.map(|step| naive_counts(&grey, step, symmetric));
                let sets: Vec<GlcmFeatures> =
                    matrices.filter(|n| n.sum() > 0.0).map(|n| naive_features(&n)).collect();
                let mut naive = GlcmFeatures::mean(&sets);
                if levels.values().len() == 1 {
                    naive.mcc = 1.0;
                }
                compare(
                    &ours,
                    &naive,
                    &format!("{shape:?} {count} {holes} {distances:?} {within:?} {symmetric}"),
                );
            }
        }
    }
}

#[test]
fn weights_are_those_of_the_definition() {
    let mut random = Random(4);
    let grey = random.region([4, 5, 6], 6, 2);
    let spacing = [0.3, 0.5, 1.1];
    let levels = Levels::from_grey_levels(&grey, spacing, 1).unwrap();
    for norm in [
        WeightingNorm::Manhattan,
        WeightingNorm::Euclidean,
        WeightingNorm::Infinity,
        WeightingNorm::NoWeighting,
    ] {
        let settings = Settings { weighting_norm: Some(norm), ..settings(&[1, 2], None, true) };
        let mut sum = DMatrix::zeros(6, 6);
        for [x, y, z] in half_steps(&[1, 2], None) {
            let d = [x, y, z].map(|n| f64::from(n.abs()));
            let d = [d[0] * spacing[0], d[1] * spacing[1], d[2] * spacing[2]];
            let distance = match norm {
                WeightingNorm::Manhattan => d[0] + d[1] + d[2],
                WeightingNorm::Euclidean => (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt(),
                WeightingNorm::Infinity => d[0].max(d[1]).max(d[2]),
                _ => 0.0,
            };
            sum += naive_counts(&grey, [x, y, z], true) * (-distance * distance).exp();
        }
        compare(&features(&levels, &settings).unwrap(), &naive_features(&sum), &format!("{norm:?}"));
    }
    // So far apart that all weights are 0.
    let levels = Levels::from_grey_levels(&grey, [1e3; 3], 1).unwrap();
    let settings = Settings { weighting_norm: Some(WeightingNorm::Euclidean), ..Settings::default() };
    assert!(features(&levels, &settings).unwrap().contrast.is_nan());
}

#[test]
fn tables_and_sorted_pairs_count_the_same() {
    let mut random = Random(5);
    for (shape, levels, holes) in
        [([3, 4, 5], 50, 2), ([20, 21, 22], 300, 5), ([30, 40, 60], 5, 1), ([1, 1, 9], 2, 8)]
    {
        let grey = random.region(shape, levels, holes);
        let levels = Levels::from_grey_levels(&grey, [1.0; 3], 2).unwrap();
        let steps = levels.steps(&[1, 2], None);
        for (slices, symmetric) in [(0..shape[0], true), (0..shape[0], false), (0..1, true)] {
            let tables = count::with_tables(&levels, &steps, slices.clone(), symmetric);
            assert_eq!(tables, count::with_sorting(&levels, &steps, slices.clone(), symmetric));
            assert_eq!(tables, count(&levels, &steps, slices.clone(), symmetric));
            for (cells, &step) in tables.iter().zip(&steps) {
                let part = grey.slice(ndarray::s![slices.start.., .., ..]).to_owned();
                let total: f64 = cells.iter().map(|cell| cell.pairs).sum();
                if slices.end == shape[0] {
                    assert_eq!(total, naive_counts(&part, step, false).sum());
                }
            }
        }
    }
}

#[test]
fn both_ways_to_the_second_eigenvalue_agree() {
    let mut random = Random(6);
    for (levels, holes, symmetric) in
        [(12, 0, true), (40, 5, false), (150, 3, true), (300, 7, true), (90, 8, false)]
    {
        let grey = random.region([9, 10, 11], levels, holes);
        let region = Levels::from_grey_levels(&grey, [1.0; 3], 1).unwrap();
        for cells in count(&region, &region.steps(&[1], None), 0..9, symmetric) {
            let glcm = Glcm::new(&cells, region.values(), symmetric).unwrap();
            let (all, one) = mcc::both(&glcm);
            assert!((all - one).abs() < 1e-9, "{levels} {holes} {symmetric}: {all} {one}");
        }
    }
}

#[test]
fn many_levels_take_little_memory_and_time() {
    // Every voxel has its own grey level, with gaps.
    let grey = Array3::from_shape_fn([15, 16, 17], |(z, y, x)| (1000 * (1 + x + 17 * (y + 16 * z))) as u32);
    let levels = Levels::from_grey_levels(&grey, [1.0; 3], 1).unwrap();
    assert_eq!(levels.values().len(), 15 * 16 * 17);
    let features = features(&levels, &Settings::default()).unwrap();
    // Every line of voxels is a world of its own; ε takes away 10⁻⁸.
    assert!((features.mcc - 1.0).abs() < 1e-7 && features.joint_entropy > 11.0, "{features:?}");
}

#[test]
fn lonely_voxels_and_flat_regions() {
    let mut grey = Array3::zeros([5, 5, 5]);
    (grey[[0, 0, 0]], grey[[2, 2, 2]], grey[[4, 4, 4]]) = (1, 2, 3);
    let lonely = |grey: &Array3<u32>| {
        features(&Levels::from_grey_levels(grey, [1.0; 3], 1).unwrap(), &Settings::default()).unwrap()
    };
    assert!(lonely(&grey).values().iter().all(|value| value.is_nan()));
    let flat = lonely(&Array3::from_elem([3, 3, 3], 7));
    // PyRadiomics' values of a flat region.
    assert_eq!((flat.correlation, flat.mcc, flat.imc1, flat.imc2), (1.0, 1.0, 0.0, 0.0));
    assert_eq!((flat.joint_energy, flat.contrast, flat.joint_average), (1.0, 0.0, 7.0));
    let none = Settings { distances: vec![], ..Settings::default() };
    let levels = Levels::from_grey_levels(&grey, [1.0; 3], 1).unwrap();
    assert!(features(&levels, &none).unwrap().contrast.is_nan());
}

#[test]
fn threads_do_not_change_a_bit() {
    let mut random = Random(7);
    let grey = random.region([60, 50, 70], 30, 1);
    let levels = Levels::from_grey_levels(&grey, [1.0; 3], 1).unwrap();
    let bits = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| features(&levels, &Settings::default()).unwrap().values().map(f64::to_bits))
    };
    assert_eq!(bits(1), bits(2));
    assert_eq!(bits(1), bits(7));
}

/// Weights of `exp(−d²)` leave marginals around and below ε = 2·10⁻¹⁶ beside others near 1.
#[test]
fn information_of_tiny_weights() {
    let mut random = Random(5);
    let levels: Vec<u32> = (1..=7).collect();
    for symmetric in [false, true] {
        let mut n = DMatrix::<f64>::zeros(7, 7);
        for (i, j) in (0..7).flat_map(|i| (0..7).map(move |j| (i, j))) {
            let weight = (1.0 + random.below(9) as f64) * (-3.0 * (i + j) as f64).exp();
            n[(i, j)] += weight;
            if symmetric {
                n[(j, i)] += weight;
            }
        }
        let wanted = (0..7).flat_map(|i| (if symmetric { i } else { 0 }..7).map(move |j| (i, j)));
        let cell = |(i, j)| {
            let pairs = if symmetric && i == j { n[(i, j)] / 2.0 } else { n[(i, j)] };
            Cell { i: i as u16, j: j as u16, pairs }
        };
        let cells: Vec<Cell> = wanted.map(cell).collect();
        let (found, expected) =
            (Glcm::new(&cells, &levels, symmetric).unwrap().features(7, true), naive_features(&n));
        for (found, expected) in [(found.imc1, expected.imc1), (found.imc2, expected.imc2)] {
            assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
        }
    }
}

/// One row of three pairs: PyRadiomics adds thirds of the level, which meets it for 1 and misses it for 11.
#[test]
fn a_row_is_flat_where_its_mean_is_its_level() {
    let correlation = |level: u32| {
        let levels: Vec<u32> = (1..=12).collect();
        let cell = |j| Cell { i: (level - 1) as u16, j, pairs: 1.0 };
        Glcm::new(&[cell(0), cell(1), cell(2)], &levels, false).unwrap().features(12, true).correlation
    };
    let thirds = |level: f64| (0..3).map(|_| level * (1.0 / 3.0)).sum::<f64>() == level;
    let levels = (1..=12).map(|level| (level, thirds(f64::from(level))));
    let (exact, moved): (Vec<_>, Vec<_>) = levels.partition(|(_, exact)| *exact);
    assert!(!exact.is_empty() && !moved.is_empty());
    exact.into_iter().for_each(|(level, _)| assert_eq!(correlation(level), 1.0, "{level}"));
    moved.into_iter().for_each(|(level, _)| assert_eq!(correlation(level), 0.0, "{level}"));
}

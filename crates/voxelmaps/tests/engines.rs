//! The engine of the processor against the plain one, on seeded random volumes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests may fail loudly
use ndarray::Array3;
use radiomics_core::{Settings, config::WeightingNorm, levels::Binning};
use radiomics_voxelmaps::{
    Engine, Family, Feature, Field, Precision, Task, Values,
    engine::{cpu::Cpu, plain::Plain},
};

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
}

/// A volume with flat regions, noise and slopes, and a region with holes, voxels alone, and the volume's border.
fn task(seed: u64, levels: usize, settings: &Settings) -> Task {
    let mut random = Random(seed);
    let shape = [3 + random.below(4), 4 + random.below(7), 5 + random.below(40)];
    let (kind, density) = (random.below(4), [2, 5, 8, 10][random.below(4)]);
    let image = Array3::from_shape_fn(shape, |(z, y, x)| {
        let level = match kind {
            0 => random.below(levels),
            1 => (x * levels / shape[2] + random.below(2)).min(levels - 1),
            2 => {
                if x < shape[2] / 2 {
                    levels / 2
                } else {
                    random.below(3).min(levels - 1)
                }
            }
            _ => (x + 2 * y + 3 * z + random.below(2)) / 3 % levels,
        };
        level as f64 * 2.0 + 0.1 * random.below(19) as f64 - 31.0
    });
    let mut inside = Array3::from_shape_fn(shape, |_| random.below(10) < density);
    inside[[0, 0, 0]] = true;
    let members = if settings.masked_kernel { inside.clone() } else { Array3::from_elem(shape, true) };
    let binning = Binning::Width(2.0);
    let border = settings.kernel_radius as usize;
    let field = Field::new(&image, &members, [0.7, 1.1, 2.0], binning, border).unwrap();
    let centres = inside.indexed_iter().filter(|(_, inside)| **inside);
    let centres = centres.map(|((z, y, x), _)| field.position([x, y, z]) as u32).collect();
    let features = Family::ALL.into_iter().filter(|f| matches!(f, Family::Class(_)));
    Task {
        centres,
        field,
        settings: settings.clone(),
        features: features.flat_map(Family::features).collect(),
    }
}

fn evaluate(engine: &dyn Engine, task: &Task, chunk: usize) -> Vec<Vec<f64>> {
    let mut run = engine.start(task).unwrap();
    let mut maps = vec![Vec::new(); task.features.len()];
    for first in (0..task.centres.len()).step_by(chunk) {
        let n = chunk.min(task.centres.len() - first);
        let mut out = Values::zeros(Precision::F64, n * task.features.len());
        run.evaluate(first, &mut out, &()).unwrap();
        let Values::F64(out) = out else { panic!() };
        maps.iter_mut().zip(out.chunks(n)).for_each(|(map, part)| map.extend(part));
    }
    maps
}

/// Differences beyond rounding, each feature's largest.
fn compare(task: &Task, case: &str) -> Vec<String> {
    let (ours, plain) = (evaluate(&Cpu, task, 1000), evaluate(&Plain, task, 1 << 20));
    let mut misses = Vec::new();
    for ((feature, ours), plain) in task.features.iter().zip(&ours).zip(&plain) {
        let scale = plain.iter().filter(|x| x.is_finite()).fold(1.0_f64, |m, x| m.max(x.abs()));
        let floor = floor(feature) * scale;
        let mut worst = (0.0_f64, String::new());
        for (v, (&ours, &plain)) in ours.iter().zip(plain).enumerate() {
            let difference = match (ours.is_nan(), plain.is_nan()) {
                (true, true) => 0.0,
                (false, false) => ((ours - plain).abs() - floor).max(0.0) / plain.abs().max(floor),
                _ => f64::INFINITY,
            };
            if difference > worst.0 {
                worst = (
                    difference,
                    format!("{ours} instead of {plain} at {:?}", task.field.voxel(task.centres[v] as usize)),
                );
            }
        }
        if worst.0 > 1e-9 {
            misses.push(format!("{case}: {feature} {} (relative {:e})", worst.1, worst.0));
        }
    }
    misses
}

/// What rounding makes of an exact 0, relative to the largest value.
fn floor(feature: &Feature) -> f64 {
    match feature.to_string().as_str() {
        // Roots of what is 0 but for rounding.
        "glcm_MCC" | "glcm_Imc2" => 3e-7,
        _ => 1e-12,
    }
}

fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    change(&mut settings);
    settings
}

/// Volumes of many kinds for one setting.
fn compare_many(name: &str, levels: &[usize], seeds: u64, settings: &Settings) {
    let mut misses = Vec::new();
    for &levels in levels {
        for seed in 0..seeds {
            let task = task(seed, levels, settings);
            misses.extend(compare(&task, &format!("{name}, {levels} levels, seed {seed}")));
        }
    }
    assert!(misses.is_empty(), "{} misses\n{}", misses.len(), misses[..misses.len().min(40)].join("\n"));
}

#[test]
fn radius_1() {
    compare_many("radius 1", &[1, 2, 3, 6, 32, 127, 255], 8, &Settings::default());
}

#[test]
fn radius_1_unmasked() {
    compare_many("unmasked", &[2, 7, 40], 4, &settings(|s| s.masked_kernel = false));
}

#[test]
fn radius_1_within_slices() {
    for axis in 0..3 {
        let settings = settings(|s| (s.force_2d, s.force_2d_dimension) = (true, axis));
        compare_many(&format!("within slices across axis {axis}"), &[3, 20], 4, &settings);
    }
}

#[test]
fn dependence_with_a_tolerance_and_shifted_intensities() {
    for alpha in [1.0, 3.0, 300.0] {
        compare_many(
            "alpha",
            &[2, 9, 200],
            3,
            &settings(|s| (s.gldm_a, s.voxel_array_shift) = (alpha, 500.0)),
        );
    }
}

#[test]
fn larger_radii() {
    for radius in [2, 3] {
        compare_many(&format!("radius {radius}"), &[2, 9, 40], 2, &settings(|s| s.kernel_radius = radius));
        let slices = settings(|s| (s.kernel_radius, s.force_2d, s.masked_kernel) = (radius, true, false));
        compare_many(&format!("radius {radius} within slices"), &[5, 30], 3, &slices);
    }
}

#[test]
fn many_grey_levels() {
    compare_many("many levels", &[256, 300, 1000], 2, &Settings::default());
}

#[test]
fn other_neighbours() {
    compare_many("distances", &[4, 20], 3, &settings(|s| (s.distances, s.kernel_radius) = (vec![1, 2], 2)));
    compare_many("distance beyond the window", &[4], 2, &settings(|s| s.distances = vec![1, 3]));
    compare_many("one order", &[4, 20], 3, &settings(|s| s.symmetrical_glcm = false));
    let weighted = settings(|s| s.weighting_norm = Some(WeightingNorm::Euclidean));
    compare_many("weighted", &[4, 20], 3, &weighted);
}

#[test]
fn threads_and_chunks_do_not_change_a_bit() {
    for radius in [1, 2] {
        let task = task(3, 20, &settings(|s| s.kernel_radius = radius));
        let bits = |threads, chunk| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let maps = pool.install(|| evaluate(&Cpu, &task, chunk));
            maps.into_iter().flatten().map(f64::to_bits).collect::<Vec<_>>()
        };
        let expected = bits(1, 1 << 20);
        assert_eq!(expected, bits(2, 333));
        assert_eq!(expected, bits(5, 1000));
    }
}

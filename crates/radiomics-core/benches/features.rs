//! Time for a voxel of each feature class: `cargo bench -p radiomics-core`.
//!
//! Balls of 4,000, 200,000 and 1,000,000 voxels with a smooth texture and fine noise, in about 24 grey levels,
//! like soft tissue in CT. `RAYON_NUM_THREADS=1` gives the figures for one core.
// criterion's macros make public items without documentation; a bench may fail loudly.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array3;
use radiomics_core::{
    IbsiFamily, Levels, Settings,
    features::{first_order, glcm, gldm, glrlm, glszm, ngtdm, shape},
    ibsi::{self, IbsiInput, Selection},
    levels::Binning,
};

/// A ball in its bounding box.
struct Ball {
    image: Array3<f64>,
    inside: Array3<bool>,
    voxels: u64,
}

impl Ball {
    fn new(voxels: f64) -> Self {
        let radius = (voxels * 0.75 / std::f64::consts::PI).cbrt();
        let size = 2 * radius.floor() as usize + 1;
        let centre = (size / 2) as f64;
        let inside = Array3::from_shape_fn([size; 3], |(z, y, x)| {
            let square = |i: usize| (i as f64 - centre).powi(2);
            square(x) + square(y) + square(z) <= radius * radius
        });
        let image = Array3::from_shape_fn([size; 3], |(z, y, x)| {
            (40.0 + 300.0 * smooth([x, y, z]) + 40.0 * noise([x, y, z])).round()
        });
        let voxels = inside.iter().filter(|&&inside| inside).count() as u64;
        Self { image, inside, voxels }
    }

    fn levels(&self) -> Levels {
        Levels::new(&self.image, &self.inside, [0.8, 0.8, 1.0], Binning::Width(25.0), 1).unwrap()
    }
}

/// Uniform from −½ to ½, a function of the place alone (splitmix64).
fn noise([x, y, z]: [usize; 3]) -> f64 {
    let mut h = ((z << 42) | (y << 21) | x) as u64;
    for factor in [0xbf58_476d_1ce4_e5b9_u64, 0x94d0_49bb_1331_11eb] {
        h = h.wrapping_add(0x9e37_79b9_7f4a_7c15);
        h = (h ^ (h >> 30)).wrapping_mul(factor);
    }
    (h >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
}

/// Noise on every sixth voxel, linear in between.
fn smooth(at: [usize; 3]) -> f64 {
    const GRID: usize = 6;
    (0..8)
        .map(|corner| {
            let side = |axis: usize| corner >> axis & 1;
            let weight = |axis: usize| {
                let t = (at[axis] % GRID) as f64 / GRID as f64;
                if side(axis) == 1 { t } else { 1.0 - t }
            };
            let node = std::array::from_fn(|axis| at[axis] / GRID + side(axis) + 1000);
            weight(0) * weight(1) * weight(2) * noise(node)
        })
        .sum()
}

fn features(c: &mut Criterion) {
    let settings = Settings::default();
    let balls: Vec<Ball> = [4e3, 2e5, 1e6].into_iter().map(Ball::new).collect();
    let mut class = |name: &str, run: &dyn Fn(&Ball, &Levels)| {
        let mut group = c.benchmark_group(name);
        group.sample_size(20);
        for ball in &balls {
            let levels = ball.levels();
            group.throughput(Throughput::Elements(ball.voxels));
            group.bench_function(BenchmarkId::from_parameter(ball.voxels), |b| b.iter(|| run(ball, &levels)));
        }
        group.finish();
    };
    class("levels", &|ball, _| {
        black_box(ball.levels());
    });
    class("firstorder", &|ball, levels| {
        black_box(first_order::features(&ball.image, &ball.inside, levels, &settings)).unwrap();
    });
    class("glcm", &|_, levels| {
        black_box(glcm::features(levels, &settings)).unwrap();
    });
    class("glrlm", &|_, levels| {
        black_box(glrlm::features(levels, &settings)).unwrap();
    });
    class("glszm", &|_, levels| {
        black_box(glszm::features(levels, &settings)).unwrap();
    });
    class("gldm", &|_, levels| {
        black_box(gldm::features(levels, &settings)).unwrap();
    });
    class("ngtdm", &|_, levels| {
        black_box(ngtdm::features(levels, &settings)).unwrap();
    });
    class("shape", &|ball, _| {
        black_box(shape::features(&ball.inside, [0.8, 0.8, 1.0])).unwrap();
    });
}

/// The families of IBSI 1, each with all its aggregations.
fn ibsi_families(c: &mut Criterion) {
    for voxels in [5e4, 1e6] {
        let ball = Ball::new(voxels);
        let levels = ball.levels();
        let grey = Array3::from_shape_fn(ball.image.dim(), |(z, y, x)| {
            let rank = levels.ranks()[levels.position([x, y, z])];
            if rank == 0 { 0 } else { levels.values()[usize::from(rank) - 1] }
        });
        let mut input = IbsiInput::from_grey_levels(grey, levels.spacing());
        input.image = ball.image;
        for family in IbsiFamily::ALL {
            let selection = Selection { families: vec![family], ..Selection::default() };
            let mut group = c.benchmark_group(format!("ibsi/{family}"));
            group.sample_size(10);
            group.throughput(Throughput::Elements(ball.voxels));
            group.bench_function(BenchmarkId::from_parameter(ball.voxels), |b| {
                b.iter(|| black_box(ibsi::features(&input, &selection)).unwrap());
            });
            group.finish();
        }
    }
}

criterion_group!(benches, features, ibsi_families);
criterion_main!(benches);

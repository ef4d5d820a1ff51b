//! The tasks that the table in `BENCHMARKS.md` compares with R and Python, and growth with the number of patients.
#![allow(clippy::unwrap_used)] // a bench may stop

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use radiomics_stats::Alternative;
use radiomics_stats::agreement::icc_features;
use radiomics_stats::bootstrap::{BootstrapConfig, IntervalMethod, bootstrap_auc};
use radiomics_stats::compare::{RankP, mann_whitney};
use radiomics_stats::elastic_net::{Alignment, ElasticNet, Measure, Outcome, cross_validate};
use radiomics_stats::rng::Rng;
use radiomics_stats::roc::{Auc, Direction, auc_test_paired};

/// Binary outcome with two related scores.
fn cohort(n: usize) -> (Vec<bool>, [Vec<f64>; 2]) {
    let mut rng = Rng::new(7);
    let y: Vec<bool> = (0..n).map(|_| rng.unit() < 0.4).collect();
    let scores =
        [0.8, 0.6].map(|shift| y.iter().map(|y| rng.normal() + shift * f64::from(u8::from(*y))).collect());
    (y, scores)
}

fn roc(c: &mut Criterion) {
    let mut group = c.benchmark_group("delong_pair");
    group.sample_size(10);
    for n in [10_000, 100_000, 1_000_000] {
        let (y, [a, b]) = cohort(n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |bench, _| {
            bench.iter(|| {
                auc_test_paired(&y, black_box(&a), &b, Direction::Higher, Alternative::TwoSided, 0.95)
                    .unwrap()
                    .p
            });
        });
    }
    group.finish();
    let (y, [a, _]) = cohort(100_000);
    c.bench_function("auc_delong_100000", |b| {
        b.iter(|| Auc::new(&y, black_box(&a), Direction::Higher).unwrap().variance);
    });
    let (y, [a, _]) = cohort(1000);
    c.bench_function("bootstrap_auc_2000_of_1000", |b| {
        b.iter(|| {
            let boot =
                bootstrap_auc(&y, black_box(&a), Direction::Higher, &BootstrapConfig::default()).unwrap();
            boot.interval(IntervalMethod::Percentile, 0.95).unwrap().lower
        });
    });
}

fn agreement(c: &mut Criterion) {
    let mut rng = Rng::new(3);
    let data: Vec<f64> = (0..1316 * 50 * 2).map(|_| rng.normal()).collect();
    c.bench_function("icc_1316x50x2_six_forms", |b| {
        b.iter(|| {
            icc_features(1316, 50, 2, 0.95, |f, s, r| data[(f * 50 + s) * 2 + r] + f as f64).unwrap().len()
        });
    });
}

fn ranks(c: &mut Criterion) {
    let mut group = c.benchmark_group("mann_whitney");
    group.sample_size(10);
    for n in [10_000, 100_000, 1_000_000] {
        let (_, [a, b]) = cohort(n / 2);
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |bench, _| {
            bench.iter(|| {
                let p = RankP::Normal { continuity: true };
                mann_whitney(black_box(&a), &b, p, Alternative::TwoSided).unwrap().p
            });
        });
    }
    group.finish();
}

fn lasso(c: &mut Criterion) {
    let mut rng = Rng::new(5);
    let columns: Vec<Vec<f64>> = (0..1316).map(|_| (0..500).map(|_| rng.normal()).collect()).collect();
    let y: Vec<f64> =
        (0..500).map(|i| (0..10).map(|j| columns[j][i]).sum::<f64>() + 2.0 * rng.normal()).collect();
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let fold: Vec<usize> = (0..500).map(|i| i % 10).collect();
    let net = ElasticNet { tolerance: 1e-7, ..ElasticNet::default() };
    let mut group = c.benchmark_group("lasso_cv_500x1316_10_folds");
    group.sample_size(10);
    group.bench_function("gaussian", |b| {
        b.iter(|| {
            let outcome = Outcome::Gaussian(&y);
            cross_validate(&net, &slices, outcome, &fold, Measure::Mse, Alignment::Interpolate).unwrap().min
        });
    });
    group.finish();
}

criterion_group!(benches, roc, agreement, ranks, lasso);
criterion_main!(benches);

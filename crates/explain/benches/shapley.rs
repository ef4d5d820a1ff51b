//! Explainers on the sizes of the reference collection's `stats_bench.py`.
#![allow(clippy::unwrap_used, missing_docs)] // benches fail as tests do

use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::{Array1, Array2, ArrayView2};
use radiomics_explain::Marginal;
use radiomics_explain::shapley::{Kernel, KernelMachine, KernelShap, PermutationShap, exact};
use radiomics_stats::rng::Rng;

fn random(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut rng = Rng::new(seed);
    Array2::from_shape_simple_fn((rows, columns), || rng.normal())
}

fn shapley(c: &mut Criterion) {
    let (background, x) = (random(100, 20, 1), random(10, 20, 2));
    let w = Array1::linspace(-1.0, 1.0, 20);
    let logistic = |rows: ArrayView2<'_, f64>| rows.dot(&w).mapv(|t| 1.0 / (1.0 + (-t).exp()));
    let game = Marginal::new(&logistic, background.view(), x.view()).unwrap();
    let mut group = c.benchmark_group("10 rows, 20 features, background 100");
    group.sample_size(10);
    group.bench_function("kernel, cheap model", |b| b.iter(|| KernelShap::default().explain(&game)));
    group
        .bench_function("permutation, cheap model", |b| b.iter(|| PermutationShap::default().explain(&game)));
    let machine =
        KernelMachine::new(Kernel::Rbf { gamma: 0.05 }, random(150, 20, 3), vec![0.1; 150], 0.0).unwrap();
    let cached = machine.game(background.view(), x.view()).unwrap();
    group.bench_function("kernel, Gaussian SVM", |b| b.iter(|| KernelShap::default().explain(&cached)));
    group.bench_function("closed form, Gaussian SVM", |b| {
        b.iter(|| machine.exact(background.view(), x.view()));
    });
    group.finish();
    let (background, x) = (random(20, 12, 4), random(2, 12, 5));
    let w = Array1::linspace(-1.0, 1.0, 12);
    let linear = |rows: ArrayView2<'_, f64>| rows.dot(&w);
    let game = Marginal::new(&linear, background.view(), x.view()).unwrap();
    c.bench_function("exact, 12 features, 2 rows, background 20", |b| b.iter(|| exact(&game)));
}

criterion_group!(benches, shapley);
criterion_main!(benches);

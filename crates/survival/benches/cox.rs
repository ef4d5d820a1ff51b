//! Cox models on synthetic patients: growth with the number of patients, treatments of ties, late entry, paths.
#![allow(clippy::unwrap_used, missing_docs)] // a benchmark fails as tests do; criterion's macros have no docs

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use radiomics_stats::rng::Rng;
use radiomics_survival::Outcome;
use radiomics_survival::cox::{Cox, CoxConfig, ElasticNetCox, Ties, univariable};

/// `p` normal columns, exponential times that depend on the first three, whole days where `days`.
fn patients(n: usize, p: usize, days: bool) -> (Vec<f64>, Vec<bool>, Vec<Vec<f64>>) {
    let mut rng = Rng::new(7);
    let columns: Vec<Vec<f64>> = (0..p).map(|_| (0..n).map(|_| rng.normal()).collect()).collect();
    let (mut time, mut event) = (Vec::new(), Vec::new());
    for i in 0..n {
        let lp = 0.5 * columns[0][i] - 0.4 * columns[1][i] + 0.3 * columns[2][i];
        let t = -900.0 * (1.0 - rng.unit()).ln() * (-lp).exp();
        let c = 2500.0 * rng.unit();
        time.push(if days { t.min(c).ceil() } else { t.min(c) });
        event.push(t <= c);
    }
    (time, event, columns)
}

fn fits(c: &mut Criterion) {
    let mut group = c.benchmark_group("cox efron p=10");
    group.sample_size(10);
    for n in [10_000, 100_000, 1_000_000] {
        for (days, name) in [(false, "distinct"), (true, "days")] {
            let (time, event, columns) = patients(n, 10, days);
            let named: Vec<(&str, &[f64])> = columns.iter().map(|c| ("x", c.as_slice())).collect();
            group.throughput(Throughput::Elements(n as u64));
            group.bench_function(format!("{name} {n}"), |b| {
                b.iter(|| Cox::new(&Outcome::new(&time, &event).unwrap(), &named).fit().unwrap());
            });
        }
    }
    group.finish();
}

fn others(c: &mut Criterion) {
    let mut group = c.benchmark_group("cox");
    group.sample_size(10);
    let (time, event, columns) = patients(10_000, 5, true);
    let named: Vec<(&str, &[f64])> = columns.iter().map(|c| ("x", c.as_slice())).collect();
    let outcome = Outcome::new(&time, &event).unwrap();
    group.bench_function("exact 10000 days p=5", |b| {
        b.iter(|| Cox::new(&outcome, &named).with_ties(Ties::Exact).fit().unwrap());
    });
    let entry: Vec<f64> = time.iter().map(|t| t * 0.4).collect();
    let late = outcome.clone().with_entry(&entry).unwrap();
    group.bench_function("late entry 10000 p=5", |b| b.iter(|| Cox::new(&late, &named).fit().unwrap()));
    let fit = Cox::new(&outcome, &named).fit().unwrap();
    group.bench_function("dfbeta 10000 p=5", |b| b.iter(|| fit.dfbeta().unwrap()));
    let (time, event, columns) = patients(500, 1316, false);
    let outcome = Outcome::new(&time, &event).unwrap();
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let named: Vec<(&str, &[f64])> = slices.iter().map(|c| ("x", *c)).collect();
    group.bench_function("univariable 1316 x 500", |b| {
        b.iter(|| univariable(&outcome, &named, &[], &[], &CoxConfig::default(), 0.95).unwrap());
    });
    let mut settings = ElasticNetCox::default();
    settings.net.tolerance = 1e-7;
    group.bench_function("lasso path 500 x 1316", |b| {
        b.iter(|| settings.path(&outcome, &slices, &[]).unwrap());
    });
    group.finish();
}

criterion_group!(benches, fits, others);
criterion_main!(benches);

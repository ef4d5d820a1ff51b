//! Curves, tests and discrimination on synthetic patients, and how they grow.
#![allow(clippy::unwrap_used)] // a bench may stop

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use radiomics_stats::rng::Rng;
use radiomics_survival::Outcome;
use radiomics_survival::competing::AalenJohansen;
use radiomics_survival::concordance::Concordance;
use radiomics_survival::kaplan_meier::KaplanMeier;
use radiomics_survival::log_rank::{Weighting, log_rank};
use radiomics_survival::time_roc::TimeRoc;

struct Cohort {
    time: Vec<f64>,
    event: Vec<bool>,
    group: Vec<u32>,
    risk: Vec<f64>,
}

fn cohort(n: usize, whole_days: bool) -> Cohort {
    let mut rng = Rng::new(7);
    let mut c = Cohort { time: Vec::new(), event: Vec::new(), group: Vec::new(), risk: Vec::new() };
    for _ in 0..n {
        let risk = rng.normal();
        let (event, censoring) = (-rng.unit().ln() * 900.0 * (-risk).exp(), 2500.0 * rng.unit());
        let time = event.min(censoring);
        c.time.push(if whole_days { time.ceil() } else { time });
        c.event.push(event <= censoring);
        c.group.push(u32::from(rng.unit() < 0.5));
        c.risk.push(risk);
    }
    c
}

fn growth(c: &mut Criterion) {
    for (kind, whole_days) in [("distinct", false), ("days", true)] {
        let mut group = c.benchmark_group(kind);
        group.sample_size(10);
        for n in [10_000, 100_000, 1_000_000] {
            let input = cohort(n, whole_days);
            let outcome = || Outcome::new(black_box(&input.time), &input.event).unwrap();
            group.throughput(Throughput::Elements(n as u64));
            group.bench_with_input(BenchmarkId::new("kaplan_meier", n), &n, |b, _| {
                b.iter(|| KaplanMeier::new(&outcome()).events);
            });
            group.bench_with_input(BenchmarkId::new("log_rank", n), &n, |b, _| {
                b.iter(|| log_rank(&outcome(), &input.group, Weighting::LogRank).unwrap().p);
            });
            group.bench_with_input(BenchmarkId::new("concordance", n), &n, |b, _| {
                b.iter(|| Concordance::new(&outcome(), &input.risk).unwrap().std_err);
            });
            group.bench_with_input(BenchmarkId::new("aalen_johansen", n), &n, |b, _| {
                b.iter(|| AalenJohansen::new(&outcome()).unwrap().time.len());
            });
        }
        group.finish();
    }
}

fn time_roc(c: &mut Criterion) {
    let mut group = c.benchmark_group("time_roc");
    for n in [2_000, 20_000, 200_000] {
        let input = cohort(n, true);
        group.bench_with_input(BenchmarkId::from_parameter(n), &n, |b, _| {
            b.iter(|| {
                let outcome = Outcome::new(black_box(&input.time), &input.event).unwrap();
                TimeRoc::new(&outcome, &input.risk, &[365.0, 730.0, 1095.0]).unwrap().times[0].auc.std_err
            });
        });
    }
    group.finish();
}

criterion_group!(benches, growth, time_roc);
criterion_main!(benches);

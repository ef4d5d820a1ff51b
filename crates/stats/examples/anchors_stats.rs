//! Times the tasks that the reference collection's `stats_bench.R` and `stats_bench.py` time, on the files they write.
//!
//! `BENCH_DIR=... RAYON_NUM_THREADS=1 cargo run --release -p radiomics-stats --example anchors_stats`
#![allow(clippy::print_stdout)] // an example prints

use std::time::Instant;

use radiomics_stats::agreement::icc_features;
use radiomics_stats::bootstrap::{BootstrapConfig, IntervalMethod, bootstrap_auc};
use radiomics_stats::elastic_net::{Alignment, ElasticNet, Measure, Outcome, cross_validate};
use radiomics_stats::roc::{Auc, AucInterval, Direction, auc_test_paired};
use radiomics_stats::{Alternative, Error};

fn read(name: &str) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    let folder = std::env::var("BENCH_DIR").map_err(|_| "BENCH_DIR names the folder with the inputs")?;
    let bytes = std::fs::read(std::path::Path::new(&folder).join(name))?;
    Ok(bytes.chunks_exact(8).map(|b| f64::from_le_bytes(std::array::from_fn(|i| b[i]))).collect())
}

/// Median of several runs, with the result of the last.
fn time(task: &str, runs: usize, f: impl Fn() -> Result<Vec<f64>, Error>) -> Result<(), Error> {
    let mut seconds = Vec::new();
    let mut result = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        result = f()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    println!("{task:34} {:10.3} ms   {result:?}", 1e3 * seconds[runs / 2]);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let y: Vec<bool> = read("roc_y.bin")?.iter().map(|v| *v == 1.0).collect();
    let (s1, s2) = (read("roc_s1.bin")?, read("roc_s2.bin")?);
    time("AUC and DeLong CI, n = 1e5", 21, || {
        let ci = Auc::new(&y, &s1, Direction::Higher)?.interval(0.95, AucInterval::Plain)?;
        Ok(vec![ci.lower, ci.upper])
    })?;
    time("DeLong paired test, n = 1e5", 21, || {
        let t = auc_test_paired(&y, &s1, &s2, Direction::Higher, Alternative::TwoSided, 0.95)?;
        Ok(vec![t.first.auc, t.second.auc, t.statistic])
    })?;
    time("AUC bootstrap 2000, n = 1000", 11, || {
        let boot = bootstrap_auc(&y[..1000], &s1[..1000], Direction::Higher, &BootstrapConfig::default())?;
        let ci = boot.interval(IntervalMethod::Percentile, 0.95)?;
        Ok(vec![ci.lower, boot.estimate, ci.upper])
    })?;
    let icc = read("icc.bin")?; // subject fastest, then feature, then rater
    time("ICC 1316 x 50 x 2, six forms, CI", 21, || {
        let tables = icc_features(1316, 50, 2, 0.95, |f, s, r| icc[(r * 1316 + f) * 50 + s])?;
        Ok(vec![tables.iter().map(|t| t.forms[1].icc).sum()])
    })?;
    let x = read("lasso_X.bin")?;
    let outcome = read("lasso_y.bin")?;
    let columns: Vec<&[f64]> = x.chunks(500).collect();
    let binary: Vec<bool> = outcome.iter().map(|v| *v == 1.0).collect();
    let fold: Vec<usize> = (0..500).map(|i| i % 10).collect();
    // glmnet's own tolerance.
    let net = ElasticNet { tolerance: 1e-7, ..ElasticNet::default() };
    for (name, outcome) in
        [("gaussian", Outcome::Gaussian(&outcome)), ("binomial", Outcome::Binomial(&binary))]
    {
        time(&format!("LASSO CV {name} 500 x 1316"), 3, || {
            let cv =
                cross_validate(&net, &columns, outcome, &fold, Measure::Deviance, Alignment::Interpolate)?;
            Ok(vec![cv.lambda_min(), cv.lambda_one_se()])
        })?;
    }
    Ok(())
}

//! Times the tasks that the reference collection's `stats_bench.R` and `stats_bench.py` time, on the files they write.
//!
//! `BENCH_DIR=... RAYON_NUM_THREADS=1 cargo run --release -p radiomics-stats --example anchors_stats`

use radiomics_phantoms::reference::anchors::{self, read};
use radiomics_stats::agreement::icc_features;
use radiomics_stats::bootstrap::{BootstrapConfig, IntervalMethod, bootstrap_auc};
use radiomics_stats::elastic_net::{Alignment, ElasticNet, Measure, Outcome, cross_validate};
use radiomics_stats::roc::{Auc, AucInterval, Direction, auc_test_paired};
use radiomics_stats::{Alternative, Error};

fn time(task: &str, runs: usize, run: impl Fn() -> Result<Vec<f64>, Error>) -> Result<(), Error> {
    anchors::time(task, runs, run, |result: &Vec<f64>| format!("{result:?}"))
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

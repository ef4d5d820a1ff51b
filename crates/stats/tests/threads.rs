//! The same bits for any number of threads, for everything that runs in parallel.
#![allow(clippy::unwrap_used)] // a failed unwrap in a test is a failed test

use radiomics_phantoms::reference::threads::same_bits;
use radiomics_stats::Alternative;
use radiomics_stats::agreement::icc_features;
use radiomics_stats::bootstrap::{
    Bootstrap, BootstrapConfig, IntervalMethod, bootstrap_auc, bootstrap_auc_difference,
};
use radiomics_stats::elastic_net::{
    Alignment, CrossValidation, ElasticNet, Measure, Outcome, cross_validate,
};
use radiomics_stats::rng::Rng;
use radiomics_stats::roc::{Direction, auc_test_paired};

/// An outcome, and scores of it with ties.
fn cohort(n: usize, seed: u64) -> (Vec<bool>, [Vec<f64>; 2]) {
    let mut rng = Rng::new(seed);
    let y: Vec<bool> = (0..n).map(|i| i % 3 == 0 || rng.unit() < 0.2).collect();
    let mut score = |shift: f64| {
        y.iter().map(|y| ((rng.normal() + shift * f64::from(u8::from(*y))) * 50.0).round() / 50.0).collect()
    };
    let scores = [score(1.0), score(0.6)];
    (y, scores)
}

/// More features than one task takes, one of them constant.
#[test]
fn intraclass_correlations_of_many_features() {
    let (features, subjects, raters) = (700, 12, 3);
    let mut rng = Rng::new(1);
    let values: Vec<f64> = (0..features * subjects * raters).map(|_| rng.normal()).collect();
    let value = |f: usize, s: usize, r: usize| {
        if f == 5 { 1.0 } else { values[(f * subjects + s) * raters + r] + s as f64 / 4.0 }
    };
    same_bits(|| {
        let tables = icc_features(features, subjects, raters, 0.95, value).unwrap();
        let forms = tables.iter().flat_map(|t| t.forms);
        forms.flat_map(|f| [f.icc, f.f, f.p, f.interval.lower, f.interval.upper]).collect()
    });
}

#[test]
fn delongs_test_of_two_scores() {
    let (y, [a, b]) = cohort(20_000, 2);
    same_bits(|| {
        let t = auc_test_paired(&y, &a, &b, Direction::Higher, Alternative::TwoSided, 0.95).unwrap();
        let areas = [t.first.auc, t.first.variance, t.second.auc, t.second.variance, t.covariance];
        let test = [t.se, t.statistic, t.p, t.interval.lower, t.interval.upper];
        [areas, test].concat()
    });
}

fn of_bootstrap(boot: &Bootstrap) -> Vec<f64> {
    let interval = boot.interval(IntervalMethod::Bca, 0.95).unwrap();
    let summary = [boot.estimate, boot.se(), boot.bias(), boot.z0(), boot.acceleration()];
    [&boot.replicates[..], &summary, &[interval.lower, interval.upper]].concat()
}

#[test]
fn bootstraps() {
    let (y, [a, b]) = cohort(150, 3);
    let config = BootstrapConfig { replicates: 400, ..BootstrapConfig::default() };
    let strata: Vec<u32> = y.iter().map(|y| u32::from(*y)).collect();
    let mean = |rows: &[u32]| rows.iter().map(|&i| a[i as usize]).sum::<f64>() / rows.len() as f64;
    same_bits(|| of_bootstrap(&bootstrap_auc(&y, &a, Direction::Higher, &config).unwrap()));
    same_bits(|| of_bootstrap(&bootstrap_auc_difference(&y, &a, &b, Direction::Higher, &config).unwrap()));
    same_bits(|| of_bootstrap(&Bootstrap::of_rows(y.len(), &strata, &config, mean).unwrap()));
}

fn of_folds(cv: CrossValidation) -> Vec<f64> {
    let path = [cv.path.lambda, cv.path.intercept, cv.path.deviance_ratio, cv.path.coefficients.concat()];
    [path.concat(), cv.mean, cv.se, cv.fold_values.concat(), vec![cv.min as f64, cv.one_se as f64]].concat()
}

#[test]
fn cross_validated_paths() {
    let n = 80;
    let (y, [score, other]) = cohort(n, 4);
    let mut rng = Rng::new(5);
    let noise: Vec<Vec<f64>> = (0..8).map(|_| (0..n).map(|_| rng.normal()).collect()).collect();
    let columns: Vec<&[f64]> =
        [&score, &other].into_iter().chain(&noise).map(|column| column.as_slice()).collect();
    let measured: Vec<f64> = score.iter().map(|s| s + rng.normal()).collect();
    let fold: Vec<usize> = (0..n).map(|i| i % 7).collect();
    let settings = ElasticNet { alpha: 0.8, lambda_count: 30, tolerance: 1e-12, ..ElasticNet::default() };
    for alignment in [Alignment::Interpolate, Alignment::SameLambda] {
        for (outcome, measure) in [
            (Outcome::Gaussian(&measured), Measure::Mse),
            (Outcome::Binomial(&y), Measure::Deviance),
            (Outcome::Binomial(&y), Measure::Auc),
        ] {
            same_bits(|| {
                of_folds(cross_validate(&settings, &columns, outcome, &fold, measure, alignment).unwrap())
            });
        }
    }
}

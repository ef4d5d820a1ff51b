//! The same bits for any number of threads, for everything that runs in parallel.
#![allow(clippy::unwrap_used)] // a failed unwrap in a test is a failed test

use radiomics_phantoms::reference::threads::same_bits;
use radiomics_stats::rng::Rng;
use radiomics_survival::Outcome;
use radiomics_survival::concordance::{Concordance, PairWeight, uno};
use radiomics_survival::cox::{Cox, CoxConfig, ElasticNetCox, Ties, univariable};
use radiomics_survival::time_roc::{TimeRoc, compare, cumulative_dynamic_auc};

/// Patients with tied times, three measurements, the first of which matters, and a cluster.
fn cohort(n: usize, seed: u64) -> (Outcome, [Vec<f64>; 3], Vec<u32>) {
    let mut rng = Rng::new(seed);
    let x = [(); 3].map(|()| (0..n).map(|_| rng.normal()).collect::<Vec<f64>>());
    let time: Vec<f64> =
        x[0].iter().map(|x| (-(1.0 - rng.unit()).ln() * (-0.6 * x).exp() * 400.0).ceil()).collect();
    let event: Vec<bool> = (0..n).map(|_| rng.unit() < 0.7).collect();
    let cluster = (0..n).map(|_| rng.below(n / 3) as u32).collect();
    (Outcome::new(&time, &event).unwrap(), x, cluster)
}

/// So many patients that each model's own sums run in parallel, too.
#[test]
fn models_of_many_columns() {
    let (outcome, x, cluster) = cohort(20_000, 1);
    let columns: Vec<(&str, &[f64])> = x.iter().map(|column| ("x", column.as_slice())).collect();
    same_bits(|| {
        let models = univariable(&outcome, &columns, &[], &cluster, &CoxConfig::default(), 0.95).unwrap();
        let numbers = models.into_iter().map(Result::unwrap).flat_map(|m| {
            let tests = [m.likelihood_ratio.statistic, m.score.statistic, m.log_likelihood];
            let robust = m.robust_se.unwrap();
            let wald = [m.coefficient, m.se, robust, m.z, m.p, m.interval.lower, m.interval.upper];
            tests.into_iter().chain(wald)
        });
        numbers.collect()
    });
}

#[test]
fn a_model_with_clusters() {
    let (outcome, x, cluster) = cohort(20_000, 2);
    let columns: Vec<(&str, &[f64])> = x.iter().map(|column| ("x", column.as_slice())).collect();
    same_bits(|| {
        let fit = Cox::new(&outcome, &columns).with_cluster(&cluster).fit().unwrap();
        let tests = vec![fit.log_likelihood, fit.score_statistic, fit.robust_score_statistic.unwrap()];
        let naive = fit.naive_covariance.unwrap();
        [fit.coefficients, fit.covariance, naive, tests, fit.linear_predictors].concat()
    });
}

#[test]
fn cross_validated_paths() {
    let (outcome, x, _) = cohort(120, 3);
    let columns: Vec<&[f64]> = x.iter().map(Vec::as_slice).collect();
    let fold: Vec<usize> = (0..outcome.len()).map(|i| i % 6).collect();
    for ties in [Ties::Breslow, Ties::Efron] {
        let mut settings = ElasticNetCox { ties, ..ElasticNetCox::default() };
        settings.net.lambda_count = 25;
        settings.net.tolerance = 1e-12;
        same_bits(|| {
            let cv = settings.cross_validate(&outcome, &columns, &[], &fold).unwrap();
            let path = [cv.path.lambda, cv.path.deviance_ratio, cv.path.coefficients.concat()];
            let chosen = vec![cv.min as f64, cv.one_se as f64];
            [path.concat(), cv.mean, cv.se, cv.fold_values.concat(), chosen].concat()
        });
    }
}

/// So many patients that the pairs are counted in parallel.
#[test]
fn concordances() {
    let (outcome, [x, ..], _) = cohort(140_000, 4);
    same_bits(|| {
        let c = Concordance::with(&outcome, &x, PairWeight::InverseRisk, None).unwrap();
        let u = uno(Some(&outcome), &outcome, &x, Some(900.0)).unwrap();
        let counts = [c.concordant, c.discordant, c.tied_risk, c.tied_time, c.tied_both];
        let all = [c.estimate, c.std_err, u.estimate, u.concordant, u.discordant];
        [&counts[..], &all, &c.influence].concat()
    });
}

#[test]
fn time_dependent_areas() {
    let (outcome, [x, y, _], _) = cohort(3000, 5);
    let times = [100.0, 300.0, 700.0];
    same_bits(|| {
        let rocs = [&x, &y].map(|marker| TimeRoc::new(&outcome, marker, &times).unwrap());
        let compared = compare(&rocs[0], &rocs[1], |t| Some(&t.auc)).unwrap();
        let dynamic = cumulative_dynamic_auc(&outcome, &outcome, &x, &times).unwrap();
        let mut numbers = [dynamic.auc, compared.std_err, compared.p, compared.p_adjusted].concat();
        for at in rocs.iter().flat_map(|roc| &roc.times) {
            numbers.extend([at.auc.estimate, at.auc.std_err.unwrap()]);
            numbers.extend(&at.auc.influence);
            numbers.extend(at.curve.iter().flat_map(|p| [p.threshold, p.true_positive, p.false_positive]));
        }
        numbers
    });
}

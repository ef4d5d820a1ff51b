//! Figures of R's survival 3 on small data for what the shared cases leave out, and what is refused by name.
#![allow(clippy::unwrap_used)] // a failed unwrap in a test is a failed test

use radiomics_stats::multiplicity::Adjustment;
use radiomics_survival::brier::{CensoringRule, brier};
use radiomics_survival::competing::{AalenJohansen, FineGray, gray};
use radiomics_survival::concordance::{Concordance, uno};
use radiomics_survival::cox::{Cox, CoxConfig, Curves, Ridge, TimeTransform, univariable};
use radiomics_survival::cutpoint::max_stat;
use radiomics_survival::decision_curve::decision_curve;
use radiomics_survival::kaplan_meier::{KaplanMeier, Quantile};
use radiomics_survival::log_rank::{TiedTimes, Weighting, log_rank, pairwise, permutation};
use radiomics_survival::nomogram::{Nomogram, NomogramConfig};
use radiomics_survival::time_roc::{Settings, TimeRoc, compare, cumulative_dynamic_auc};
use radiomics_survival::{Error, Outcome, rmst};

const TIME: [f64; 12] = [4.0, 3.0, 1.0, 1.0, 2.0, 2.0, 3.0, 5.0, 6.0, 7.0, 8.0, 9.0];
const EVENT: [u8; 12] = [1, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0];
const X: [f64; 12] = [0.0, 2.0, 1.0, 1.0, 1.0, 0.0, 0.0, 3.0, 1.0, 0.0, 2.0, 1.0];
const STRATA: [u32; 12] = [1, 1, 2, 2, 1, 2, 1, 2, 1, 2, 1, 2];

fn outcome() -> Outcome {
    Outcome::with_causes(&TIME, EVENT.to_vec()).unwrap()
}

fn close(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    for (g, w) in got.iter().zip(want) {
        assert!((g - w).abs() < 1e-9 || g.is_nan() && w.is_nan(), "{got:?}, wanted {want:?}");
    }
}

/// R: `t <- c(.1 + .2, .3, 1, 2, 3, 4)` in `survfit`, `survdiff`, `concordance`.
#[test]
fn times_a_rounding_apart_are_one() {
    let time = [0.1 + 0.2, 0.3, 1.0, 2.0, 3.0, 4.0];
    let of = |code: [u8; 6]| Outcome::with_causes(&time, code.to_vec()).unwrap();
    let outcome = of([1, 1, 1, 0, 1, 1]);
    let curve = KaplanMeier::new(&outcome);
    assert_eq!(curve.time, [0.3, 1.0, 2.0, 3.0, 4.0]);
    assert_eq!(curve.n_event, [2.0, 1.0, 0.0, 1.0, 1.0]);
    close(&curve.survival, &[0.666_666_666_666_667, 0.5, 0.5, 0.25, 0.0]);
    close(&curve.std_err[..2], &[0.192_450_089_729_875, 0.204_124_145_231_932]);
    let group = [1, 2, 1, 2, 2, 1];
    assert_eq!(KaplanMeier::by_group(&outcome, &group).unwrap()[0].1.time, [0.3, 1.0, 4.0]);
    let test = log_rank(&outcome, &group, Weighting::LogRank).unwrap();
    close(&[test.statistic, test.expected[0], test.expected[1]], &[0.0, 3.0, 2.0]);
    let c = Concordance::new(&outcome, &[5.0, 6.0, 3.0, 4.0, 2.0, 1.0]).unwrap();
    assert_eq!((c.concordant, c.discordant, c.tied_time), (11.0, 1.0, 1.0));
    close(&[c.std_err * c.std_err], &[0.009_355_709_876_543_21]);
    let incidence = AalenJohansen::new(&of([1, 2, 1, 0, 2, 1])).unwrap();
    assert_eq!(incidence.time, [0.3, 1.0, 2.0, 3.0, 4.0]);
    close(&incidence.incidence.concat()[..4], &[1.0 / 6.0, 1.0 / 6.0, 1.0 / 3.0, 1.0 / 6.0]);
    close(&incidence.std_err[3], &[0.192_450_089_729_875, 0.225_667_733_462_110]);
    // aeqSurv: an interval has effective length 0.
    let late = Outcome::new(&[0.1 + 0.2, 2.0], &[true; 2]).unwrap().with_entry(&[0.3, 0.0]);
    assert!(matches!(late, Err(Error::Entry { index: 0, .. })));
}

/// R: `sf <- survfit(coxph(Surv(time, event) ~ x), data.frame(x = c(0, 2)))`, `quantile(sf)`, `summary(sf, times)`.
#[test]
fn curves_of_cox_models_are_those_of_r_and_end_with_follow_up() {
    let outcome = outcome();
    let fit = Cox::new(&outcome, &[("x", &X)]).fit().unwrap();
    let curves = fit.survival_curves(&[&[0.0], &[2.0]], &Curves::default()).unwrap();
    let quantile = |estimate, lower| Quantile { p: 0.25, estimate, lower, upper: None };
    assert_eq!(curves[0][0].quantile(0.25).unwrap(), quantile(Some(2.0), Some(2.0)));
    assert_eq!(curves[0][1].quantile(0.25).unwrap(), quantile(Some(3.0), Some(2.0)));
    let median = Quantile { p: 0.5, ..quantile(Some(5.0), Some(3.0)) };
    assert_eq!(curves[0][1].quantile(0.5).unwrap(), median);
    let at = |t: f64| curves[0][1].at(t).map(|p| p.survival);
    close(
        &[at(0.5).unwrap(), at(4.5).unwrap(), at(9.0).unwrap()],
        &[1.0, 0.567_112_308_47, 0.206_839_427_18],
    );
    for outside in [9.5, -1.0, f64::NAN] {
        assert!(matches!(at(outside), Err(Error::OutsideFollowUp { .. })));
    }
    let point = curves[0][1].extended_at(20.0).unwrap();
    assert!(point.beyond_follow_up && point.survival == at(9.0).unwrap());
    assert!(curves[0][1].extended_at(f64::NAN).is_err() && curves[0][1].quantile(1.5).is_err());
}

/// R: `predict(coxph(Surv(time, event) ~ x + strata(s)), newdata, type = "expected", se.fit = TRUE)`.
#[test]
fn expected_events_are_those_of_the_stratum() {
    let stratified = outcome().with_strata(&STRATA).unwrap();
    let fit = Cox::new(&stratified, &[("x", &X)]).fit().unwrap();
    let new = Outcome::new(&[4.0, 4.0, 6.0], &[true; 3]).unwrap();
    let x: [&[f64]; 1] = [&[1.0, 1.0, 0.0]];
    let got = fit.predict_expected(&new.clone().with_strata(&[1, 2, 2]).unwrap(), &x, &[]).unwrap();
    close(&got.values, &[0.699_836_833_288_746, 0.416_485_996_782_591, 0.727_838_794_517_540]);
    close(&got.std_err, &[0.422_884_337_425_113, 0.300_378_493_394_052, 0.550_679_191_811_328]);
    assert!(matches!(fit.predict_expected(&new, &x, &[]), Err(Error::Unsupported { .. })));
    let unknown = new.clone().with_strata(&[1, 2, 3]).unwrap();
    assert!(fit.predict_expected(&unknown, &x, &[]).is_err());
    // A model without strata does not ask for any.
    let plain = outcome();
    let fit = Cox::new(&plain, &[("x", &X)]).fit().unwrap();
    let a = fit.predict_expected(&unknown, &x, &[]).unwrap();
    assert_eq!(a, fit.predict_expected(&new, &x, &[]).unwrap());
    let beyond = Outcome::new(&[4.0, 9.5, 6.0], &[true; 3]).unwrap();
    assert!(
        matches!(fit.predict_expected(&beyond, &x, &[]), Err(Error::OutsideFollowUp { last, .. }) if last == 9.0)
    );
}

/// R: `summary(coxph(Surv(time, event) ~ x, weights = w))`, robust by itself as weights are not whole numbers.
#[test]
fn univariable_models_are_robust_where_r_is() {
    let weights = [1.0, 0.5, 2.0, 1.0, 1.5, 1.0, 1.0, 0.5, 2.0, 1.0, 1.0, 0.5];
    let weighted = outcome().with_weights(&weights).unwrap();
    let fitted = |config: &CoxConfig| univariable(&weighted, &[("x", &X)], &[], &[], config, 0.95);
    let models = fitted(&CoxConfig::default()).unwrap();
    let m = models[0].as_ref().unwrap();
    close(&[m.coefficient, m.se], &[-0.121_799_996_233_253, 0.432_432_730_543_68]);
    close(&[m.robust_se.unwrap(), m.z], &[0.263_842_344_715_49, -0.461_639_303_443_099]);
    close(&[m.p], &[0.644_340_004_384_049]);
    let plain = fitted(&CoxConfig { robust: Some(false), ..CoxConfig::default() }).unwrap();
    assert_eq!(plain[0].as_ref().unwrap().robust_se, None);
    let ridge = CoxConfig { ridge: Some(Ridge { theta: 1.0, scale: false }), ..CoxConfig::default() };
    assert!(matches!(fitted(&ridge), Err(Error::Unsupported { what: "a ridge penalty", .. })));
    assert!(fitted(&CoxConfig { tolerance: -1.0, ..CoxConfig::default() }).is_err());
    assert!(univariable(&weighted, &[("x", &X)], &[1e6; 12], &[], &CoxConfig::default(), 0.95).is_err());
}

/// R: `summary(coxph(Surv(time, event) ~ x, cluster = rep(1:6, each = 2)))`.
#[test]
fn univariable_models_take_clusters() {
    let cluster = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6];
    let models = univariable(&outcome(), &[("x", &X)], &[], &cluster, &CoxConfig::default(), 0.95).unwrap();
    let m = models[0].as_ref().unwrap();
    close(&[m.coefficient, m.se], &[-0.035_132_007_101_024, 0.378_455_722_047_595]);
    close(&[m.robust_se.unwrap(), m.z], &[0.166_512_673_067_320, -0.210_986_986_478_923]);
    close(&[m.p], &[0.832_897_426_073_042]);
}

#[test]
fn what_did_not_converge_is_not_used() {
    let time = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let outcome = Outcome::new(&time, &[true; 6]).unwrap();
    let parts = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
    let fit = Cox::new(&outcome, &[("parts", &parts)]).fit().unwrap();
    let monotone = |e: Error| assert!(matches!(e, Error::MonotoneLikelihood { .. }), "{e}");
    monotone(fit.survival_curves(&[&[1.0]], &Curves::default()).unwrap_err());
    monotone(fit.proportional_hazards(TimeTransform::Km).unwrap_err());
    monotone(Nomogram::cox(&fit, &[&parts], &[3.0], NomogramConfig::default()).unwrap_err());
}

#[test]
fn cause_zero_strata_and_settings_out_of_range_are_refused() {
    let plain = outcome();
    let columns: [(&str, &[f64]); 1] = [("x", &X)];
    let zero = |e: Error| assert!(e.to_string().contains("cause is 0"), "{e}");
    zero(gray(&plain, &STRATA, 0, 0.0).unwrap_err());
    zero(FineGray::fit(&plain, 0, &columns).unwrap_err());
    let settings = Settings { cause: Some(0), ..Settings::default() };
    zero(TimeRoc::with(&plain, &X, &[4.5], &settings).unwrap_err());
    assert!(matches!(gray(&plain, &STRATA, 7, 0.0), Err(Error::NoEvents { .. })));

    let strata = outcome().with_strata(&STRATA).unwrap();
    let refused = |e: Error| assert!(matches!(e, Error::Unsupported { what: "strata", .. }), "{e}");
    refused(AalenJohansen::new(&strata).unwrap_err());
    refused(TimeRoc::new(&strata, &X, &[4.5]).unwrap_err());
    refused(brier(&plain, &strata, &vec![vec![0.5]; 12], &[4.5], CensoringRule::At).unwrap_err());
    refused(brier(&strata, &plain, &vec![vec![0.5]; 12], &[4.5], CensoringRule::At).unwrap_err());
    refused(max_stat(&strata, &X, 0.1, 0.9).unwrap_err());
    refused(decision_curve(&strata, &[0.5; 12], 4.0, &[0.2]).unwrap_err());
    refused(rmst::compare(&strata, &plain, 4.0, 0.95).unwrap_err());
    refused(uno(None, &strata, &X, None).unwrap_err());
    refused(cumulative_dynamic_auc(&plain, &strata, &X, &[4.5]).unwrap_err());

    assert!(Concordance::with(&plain, &X, Default::default(), Some(f64::NAN)).is_err());
    assert!(uno(None, &plain, &X, Some(f64::NAN)).is_err());
    let c = Concordance::new(&plain, &X).unwrap();
    let mean = KaplanMeier::new(&plain).restricted_mean(Some(5.0)).unwrap();
    let roc = TimeRoc::new(&plain, &X, &[4.5]).unwrap();
    for level in [0.0, 1.0, 95.0, f64::NAN] {
        assert!(c.interval(level).is_err() && mean.interval(level).is_err());
        assert!(roc.times[0].auc.interval(level).is_err());
    }
    assert!(cumulative_dynamic_auc(&plain, &plain, &X, &[5.0, 2.0]).is_err(), "times fall");
}

#[test]
fn scores_of_other_patients_are_not_compared() {
    let (a, mut time) = (outcome(), TIME);
    time[3] = 1.5;
    let b = Outcome::with_causes(&time, EVENT.to_vec()).unwrap();
    let other: Vec<f64> = X.iter().rev().copied().collect();
    let different = |e: Error| assert!(e.to_string().contains("different patients"), "{e}");
    let c = |outcome, risk: &[f64]| Concordance::new(outcome, risk).unwrap();
    assert!(c(&a, &X).compare(&c(&a, &other)).is_ok());
    different(c(&a, &X).compare(&c(&b, &other)).unwrap_err());
    let roc = |outcome, marker: &[f64]| TimeRoc::new(outcome, marker, &[4.5]).unwrap();
    assert!(compare(&roc(&a, &X), &roc(&a, &other), |t| Some(&t.auc)).is_ok());
    different(compare(&roc(&a, &X), &roc(&b, &other), |t| Some(&t.auc)).unwrap_err());
}

#[test]
fn means_without_variance_are_refused() {
    let none = Outcome::new(&[5.0, 6.0], &[true; 2]).unwrap();
    let some = Outcome::new(&[1.0, 6.0, 7.0], &[true; 3]).unwrap();
    assert!(rmst::compare(&none, &none, 4.0, 0.95).unwrap_err().to_string().contains("no events before 4"));
    let one = rmst::compare(&some, &none, 4.0, 0.95).unwrap();
    assert!(one.difference.p.is_finite() && one.ratio.p.is_finite() && one.ratio_of_time_lost.is_none());
}

#[test]
fn identifiers_of_patients_are_no_groups() {
    let n: u32 = 20_000;
    let time: Vec<f64> = (0..n).map(|i| f64::from(i % 3000)).collect();
    let outcome = Outcome::new(&time, &vec![true; n as usize]).unwrap();
    let id: Vec<u32> = (0..n).map(|i| i.wrapping_mul(2_654_435_761)).collect();
    let many = |e: Error| assert!(matches!(e, Error::TooManyGroups { groups: 20_000, .. }), "{e}");
    many(log_rank(&outcome, &id, Weighting::LogRank).unwrap_err());
    many(permutation(&outcome, &id, Weighting::LogRank, TiedTimes::AtRisk).unwrap_err());
    many(pairwise(&outcome, &id, Weighting::LogRank, Adjustment::Holm).unwrap_err());
    many(gray(&outcome, &id, 1, 0.0).unwrap_err());
    // Many groups of whole days: what bins hold does not grow with both.
    let group: Vec<u32> = (0..n).map(|i| i % 900).collect();
    assert_eq!(log_rank(&outcome, &group, Weighting::LogRank).unwrap().df, 899.0);
}

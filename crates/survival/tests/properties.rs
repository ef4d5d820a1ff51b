//! What must hold of every curve, test and score: neither the order of patients nor the unit of time matters, a weight
//! of two is two patients, names of groups say nothing; and small or degenerate cohorts give a value or a typed error.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

use radiomics_stats::multiplicity::Adjustment;
use radiomics_stats::rng::Rng;
use radiomics_survival::brier::{CensoringRule, brier};
use radiomics_survival::competing::{AalenJohansen, FineGray, gray};
use radiomics_survival::concordance::{Concordance, PairWeight, uno};
use radiomics_survival::confidence::Scale;
use radiomics_survival::cutpoint::max_stat;
use radiomics_survival::decision_curve::decision_curve;
use radiomics_survival::kaplan_meier::{Estimator, KaplanMeier, TiedDeaths};
use radiomics_survival::log_rank::{TiedTimes, Weighting, log_rank, pairwise, permutation};
use radiomics_survival::nelson_aalen::{HazardVariance, hazard_intervals};
use radiomics_survival::time_roc::{TimeRoc, cumulative_dynamic_auc};
use radiomics_survival::{Error, Outcome, rmst};

#[derive(Clone)]
struct Cohort {
    time: Vec<f64>,
    code: Vec<u8>,
    entry: Option<Vec<f64>>,
    group: Vec<u32>,
    strata: Vec<u32>,
    marker: Vec<f64>,
    other: Vec<f64>,
}

/// Synthetic patients with ties in time and marker, two causes, three groups.
fn cohort(n: usize, seed: u64) -> Cohort {
    let mut rng = Rng::new(seed);
    let mut c = Cohort {
        time: Vec::new(),
        code: Vec::new(),
        entry: None,
        group: Vec::new(),
        strata: Vec::new(),
        marker: Vec::new(),
        other: Vec::new(),
    };
    for _ in 0..n {
        let marker = (rng.normal() * 4.0).round() / 4.0;
        c.marker.push(marker);
        c.other.push(rng.normal());
        c.time.push((-rng.unit().ln() * 40.0 * (-0.6 * marker).exp()).ceil());
        c.code.push([0, 1, 1, 2][rng.below(4)]);
        c.group.push(rng.below(3) as u32);
        c.strata.push(rng.below(2) as u32);
    }
    c
}

impl Cohort {
    fn outcome(&self) -> Outcome {
        let outcome = Outcome::with_causes(&self.time, self.code.clone()).unwrap();
        match &self.entry {
            Some(entry) => outcome.with_entry(entry).unwrap(),
            None => outcome,
        }
    }

    fn pick(&self, rows: &[usize]) -> Self {
        Self {
            time: rows.iter().map(|&i| self.time[i]).collect(),
            code: rows.iter().map(|&i| self.code[i]).collect(),
            entry: self.entry.as_ref().map(|e| rows.iter().map(|&i| e[i]).collect()),
            group: rows.iter().map(|&i| self.group[i]).collect(),
            strata: rows.iter().map(|&i| self.strata[i]).collect(),
            marker: rows.iter().map(|&i| self.marker[i]).collect(),
            other: rows.iter().map(|&i| self.other[i]).collect(),
        }
    }

    fn with_unit(&self, factor: f64) -> Self {
        let scaled = |v: &[f64]| v.iter().map(|t| t * factor).collect();
        Self { time: scaled(&self.time), entry: self.entry.as_deref().map(scaled), ..self.clone() }
    }
}

const WEIGHTINGS: [Weighting; 7] = [
    Weighting::LogRank,
    Weighting::Gehan,
    Weighting::TARONE_WARE,
    Weighting::FlemingHarrington { rho: 1.0, gamma: 0.5 },
    Weighting::PrenticeMarek,
    Weighting::Andersen,
    Weighting::Prentice,
];

const PAIR_WEIGHTS: [PairWeight; 5] = [
    PairWeight::Equal,
    PairWeight::Survival,
    PairWeight::SurvivalOverCensoring,
    PairWeight::InverseCensoring,
    PairWeight::InverseRisk,
];

/// Numbers of everything that does not change with order or unit; those in units of time are divided by `unit`.
fn summary(c: &Cohort, unit: f64) -> Vec<f64> {
    let outcome = c.outcome();
    let mut all = Vec::new();
    for estimator in [Estimator::ProductLimit, Estimator::Exponential] {
        let curve = KaplanMeier::with(&outcome, estimator, TiedDeaths::FlemingHarrington);
        all.extend(curve.time.iter().map(|t| t / unit));
        all.extend(curve.survival.iter().chain(&curve.hazard_std_err).chain(&curve.n_risk));
        let median = curve.median(Scale::LogLog, 0.95).unwrap();
        all.extend([median.estimate, median.lower, median.upper].map(|v| v.unwrap_or(-unit) / unit));
        let mean = curve.restricted_mean(None).unwrap();
        all.extend([mean.mean / unit, mean.std_err / unit]);
    }
    let stratified = outcome.clone().with_strata(&c.strata).unwrap();
    for weighting in WEIGHTINGS {
        let test = log_rank(&stratified, &c.group, weighting).unwrap();
        all.extend([test.statistic, test.p]);
        if c.entry.is_none() {
            let test = permutation(&outcome, &c.group, weighting, TiedTimes::HothornLausen).unwrap();
            all.extend([test.statistic, test.p]);
        }
    }
    for weight in PAIR_WEIGHTS {
        let needs_censoring =
            matches!(weight, PairWeight::SurvivalOverCensoring | PairWeight::InverseCensoring);
        if c.entry.is_none() || !needs_censoring {
            let test = Concordance::with(&stratified, &c.marker, weight, Some(60.0 * unit)).unwrap();
            all.extend([test.estimate, test.std_err, test.concordant, test.tied_time]);
        }
    }
    if c.entry.is_none() {
        let roc = TimeRoc::new(&outcome, &c.marker, &[10.5 * unit, 30.0 * unit]).unwrap();
        for t in &roc.times {
            let all_controls = t.auc_all.as_ref().unwrap();
            all.extend([t.auc.estimate, t.auc.std_err.unwrap()]);
            all.extend([all_controls.estimate, all_controls.std_err.unwrap()]);
        }
        let curve = AalenJohansen::new(&outcome).unwrap();
        all.extend(curve.incidence.iter().chain(&curve.std_err).flatten());
        all.extend(&curve.event_free_std_err);
        all.push(gray(&stratified, &c.group, 1, 0.5).unwrap().statistic);
        let columns: [(&str, &[f64]); 2] = [("marker", &c.marker), ("other", &c.other)];
        let model = FineGray::fit(&outcome, 1, &columns).unwrap();
        all.extend(model.coefficients.iter().flat_map(|c| [c.estimate, c.std_err]));
        let cut = max_stat(&outcome, &c.marker, 0.1, 0.9).unwrap();
        all.extend([cut.best.value, cut.best.statistic, cut.p_lausen94]);
    }
    all
}

fn close(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        let near = (a - b).abs() <= 1e-10 * (1.0 + a.abs()) || a.is_nan() && b.is_nan();
        assert!(near, "number {i}: {a} and {b}");
    }
}

fn variants() -> Vec<Cohort> {
    let plain = cohort(300, 7);
    let late: Vec<f64> =
        plain.time.iter().enumerate().map(|(i, t)| (t * (i % 5) as f64 / 6.0).floor() - 1.0).collect();
    vec![Cohort { entry: Some(late), ..plain.clone() }, plain]
}

#[test]
fn the_order_of_patients_does_not_matter() {
    for c in variants() {
        let mut rows: Vec<usize> = (0..c.time.len()).collect();
        Rng::new(3).shuffle(&mut rows);
        close(&summary(&c, 1.0), &summary(&c.pick(&rows), 1.0));
    }
}

#[test]
fn the_unit_of_time_does_not_matter() {
    for c in variants() {
        for unit in [0.25, 1024.0, 1.0 / 30.4375] {
            close(&summary(&c, 1.0), &summary(&c.with_unit(unit), unit));
        }
    }
}

#[test]
fn a_weight_of_two_is_two_patients() {
    for c in variants() {
        let n = c.time.len();
        let weights: Vec<f64> = (0..n).map(|i| 1.0 + (i % 3) as f64).collect();
        let rows: Vec<usize> = (0..n).flat_map(|i| std::iter::repeat_n(i, 1 + i % 3)).collect();
        let copies = c.pick(&rows);
        for unit in [1.0, 0.1] {
            let (c, copies) = (c.with_unit(unit), copies.with_unit(unit));
            let weighted = c.outcome().with_weights(&weights).unwrap();
            let repeated = copies.outcome();
            let (a, b) = (KaplanMeier::new(&weighted), KaplanMeier::new(&repeated));
            for (a, b) in [
                (&a.time, &b.time),
                (&a.n_risk, &b.n_risk),
                (&a.survival, &b.survival),
                (&a.std_err, &b.std_err),
                (&a.hazard_std_err, &b.hazard_std_err),
            ] {
                close(a, b);
            }
            for weighting in WEIGHTINGS {
                let a = log_rank(&weighted, &c.group, weighting).unwrap();
                let b = log_rank(&repeated, &copies.group, weighting).unwrap();
                close(&[a.statistic, a.p], &[b.statistic, b.p]);
            }
            // Of a patient twice the two are no pair; the estimate is that of the sums of weights.
            let a = Concordance::new(&weighted, &c.marker).unwrap();
            let b = Concordance::new(&repeated, &copies.marker).unwrap();
            close(&[a.concordant, a.discordant], &[b.concordant, b.discordant]);
            let mean = |outcome: &Outcome| {
                let mean = KaplanMeier::new(outcome).restricted_mean(Some(20.0 * unit)).unwrap();
                [mean.mean, mean.std_err]
            };
            close(&mean(&weighted), &mean(&repeated));
            let benefit = |outcome: &Outcome, c: &Cohort| -> Vec<f64> {
                let p: Vec<f64> = c.marker.iter().map(|m| 1.0 / (1.0 + (-m).exp())).collect();
                let curve = decision_curve(outcome, &p, 10.0 * unit, &[0.2, 0.5]).unwrap();
                curve.iter().map(|c| c.model.unwrap()).collect()
            };
            close(&benefit(&weighted, &c), &benefit(&repeated, &copies));
            if c.entry.is_none() {
                let (a, b) = (AalenJohansen::new(&weighted).unwrap(), AalenJohansen::new(&repeated).unwrap());
                let flat = |c: &AalenJohansen| c.incidence.concat();
                close(&flat(&a), &flat(&b));
            }
        }
    }
}

#[test]
fn names_of_groups_say_nothing() {
    for c in variants() {
        let outcome = c.outcome();
        let renamed: Vec<u32> = c.group.iter().map(|g| [70, 4, 9][*g as usize]).collect();
        for weighting in WEIGHTINGS {
            let a = log_rank(&outcome, &c.group, weighting).unwrap();
            let b = log_rank(&outcome, &renamed, weighting).unwrap();
            close(&[a.statistic, a.df, a.p], &[b.statistic, b.df, b.p]);
            close(&[a.observed[1], a.expected[2]], &[b.observed[0], b.expected[1]]);
            if c.entry.is_none() {
                let a = permutation(&outcome, &c.group, weighting, TiedTimes::AtRisk).unwrap();
                let b = permutation(&outcome, &renamed, weighting, TiedTimes::AtRisk).unwrap();
                close(&[a.statistic, a.p], &[b.statistic, b.p]);
            }
        }
        if c.entry.is_none() {
            let (a, b) =
                (gray(&outcome, &c.group, 2, 0.0).unwrap(), gray(&outcome, &renamed, 2, 0.0).unwrap());
            close(&[a.statistic, a.p], &[b.statistic, b.p]);
        }
    }
}

#[test]
fn a_score_and_its_mirror_add_up_to_one() {
    let c = cohort(200, 11);
    let outcome = c.outcome();
    let mirror: Vec<f64> = c.marker.iter().map(|m| -m).collect();
    for weight in PAIR_WEIGHTS {
        let a = Concordance::with(&outcome, &c.marker, weight, None).unwrap();
        let b = Concordance::with(&outcome, &mirror, weight, None).unwrap();
        close(&[a.estimate, a.std_err, a.concordant], &[1.0 - b.estimate, b.std_err, b.discordant]);
    }
    let (a, b) = (
        uno(Some(&outcome), &outcome, &c.marker, Some(60.0)).unwrap(),
        uno(Some(&outcome), &outcome, &mirror, Some(60.0)).unwrap(),
    );
    close(&[a.estimate, a.concordant, a.tied_risk], &[1.0 - b.estimate, b.discordant, b.tied_risk]);
    let dynamic =
        |risk: &[f64]| cumulative_dynamic_auc(&outcome, &outcome, risk, &[10.5, 20.0, 40.0]).unwrap();
    let (a, b) = (dynamic(&c.marker), dynamic(&mirror));
    close(&a.auc, &b.auc.iter().map(|v| 1.0 - v).collect::<Vec<_>>());
    close(&[a.mean], &[1.0 - b.mean]);
    let a = TimeRoc::new(&outcome, &c.marker, &[20.0]).unwrap();
    let b = TimeRoc::new(&outcome, &mirror, &[20.0]).unwrap();
    close(&[a.times[0].auc.estimate], &[1.0 - b.times[0].auc.estimate]);
}

#[test]
fn comparisons_of_a_score_with_itself_are_refused() {
    let c = cohort(100, 2);
    let outcome = c.outcome();
    let a = Concordance::new(&outcome, &c.marker).unwrap();
    assert!(matches!(a.compare(&a), Err(Error::Stats(radiomics_stats::Error::Undefined { .. }))));
    let b = Concordance::new(&outcome, &c.other).unwrap();
    assert!(a.compare(&b).unwrap().p < 0.5);
}

/// The concordance by its definition, with entry times.
#[test]
fn concordance_is_that_of_all_pairs() {
    for c in variants() {
        let outcome = c.outcome();
        let got = Concordance::new(&outcome, &c.marker).unwrap();
        let (mut concordant, mut discordant, mut tied) = (0.0, 0.0, 0.0);
        for i in (0..c.time.len()).filter(|&i| c.code[i] != 0) {
            for j in 0..c.time.len() {
                let later = c.time[j] > c.time[i] || c.time[j] == c.time[i] && c.code[j] == 0;
                if later && c.entry.as_ref().is_none_or(|e| e[j] < c.time[i]) {
                    let which = c.marker[i].partial_cmp(&c.marker[j]).unwrap();
                    *[&mut discordant, &mut tied, &mut concordant][(which as i8 + 1) as usize] += 1.0;
                }
            }
        }
        assert_eq!((got.concordant, got.discordant, got.tied_risk), (concordant, discordant, tied));
        // The variance by leaving out one patient at a time comes near.
        let n = c.time.len();
        let left_out: Vec<f64> = (0..n)
            .map(|out| {
                let rows: Vec<usize> = (0..n).filter(|&i| i != out).collect();
                let c = c.pick(&rows);
                got.estimate - Concordance::new(&c.outcome(), &c.marker).unwrap().estimate
            })
            .collect();
        let jackknife = left_out.iter().map(|d| d * d).sum::<f64>().sqrt();
        assert!((jackknife / got.std_err - 1.0).abs() < 0.02, "{jackknife} and {}", got.std_err);
    }
}

/// The standard error of the time-dependent AUC against leaving out one patient at a time.
#[test]
fn influence_on_the_area_is_that_of_leaving_out_patients() {
    let c = cohort(300, 21);
    let area = |c: &Cohort| {
        let roc = TimeRoc::new(&c.outcome(), &c.marker, &[20.5]).unwrap();
        (roc.times[0].auc.clone(), roc.times[0].auc_all.clone().unwrap())
    };
    let (auc, auc_all) = area(&c);
    let n = c.time.len();
    let (mut squares, mut squares_all) = (0.0, 0.0);
    for out in 0..n {
        let rows: Vec<usize> = (0..n).filter(|&i| i != out).collect();
        let (without, without_all) = area(&c.pick(&rows));
        squares += (without.estimate - auc.estimate).powi(2);
        squares_all += (without_all.estimate - auc_all.estimate).powi(2);
    }
    assert!((squares.sqrt() / auc.std_err.unwrap() - 1.0).abs() < 0.05);
    assert!((squares_all.sqrt() / auc_all.std_err.unwrap() - 1.0).abs() < 0.05);
}

/// The standard errors of the cumulative incidence are derivatives by the weights.
#[test]
fn influence_on_the_incidence_is_its_derivative() {
    let c = cohort(60, 4);
    let outcome = c.outcome();
    let curve = AalenJohansen::new(&outcome).unwrap();
    let row = curve.time.len() / 2;
    let step = 1e-5;
    let mut sum = 0.0;
    for i in 0..60 {
        let at = |w: f64| {
            let mut weights = vec![1.0; 60];
            weights[i] = w;
            AalenJohansen::new(&c.outcome().with_weights(&weights).unwrap()).unwrap().incidence[row][1]
        };
        sum += ((at(1.0 + step) - at(1.0 - step)) / (2.0 * step)).powi(2);
    }
    assert!((sum.sqrt() - curve.std_err[row][1]).abs() < 1e-7);
}

/// Runs everything; what it returns must be a number or an error, and nothing may panic.
fn run_all(time: &[f64], code: &[u8]) -> usize {
    let Ok(outcome) = Outcome::with_causes(time, code.to_vec()) else { return 1 };
    let n = time.len();
    let group: Vec<u32> = (0..n as u32).map(|i| i % 2).collect();
    let marker: Vec<f64> = (0..n).map(|i| (i * 7 % 5) as f64).collect();
    let halves = vec![vec![0.5]; n];
    let at = [time.iter().sum::<f64>() / n as f64];
    let mut refused = 0;
    let mut see = |what: &str, got: Result<Vec<f64>, Error>| match got {
        Ok(values) => {
            assert!(values.iter().all(|v| v.is_finite()), "{what}: {values:?} of {time:?} {code:?}")
        }
        Err(_) => refused += 1,
    };
    for estimator in [Estimator::ProductLimit, Estimator::Exponential] {
        let curve = KaplanMeier::with(&outcome, estimator, TiedDeaths::FlemingHarrington);
        see("curve", Ok(curve.survival.clone()));
        see("hazard", Ok(curve.hazard_std_err.clone()));
        for scale in [Scale::Plain, Scale::Log, Scale::LogLog, Scale::Logit, Scale::Arcsin] {
            curve.intervals(scale, 0.95).unwrap();
            curve.median(scale, 0.95).unwrap();
        }
        see(
            "na",
            hazard_intervals(&curve, HazardVariance::Binomial, 0.95)
                .map(|v| v.iter().map(|i| i.upper).collect()),
        );
        see("mean", curve.restricted_mean(None).map(|m| vec![m.mean, m.std_err]));
    }
    for weighting in WEIGHTINGS {
        see("log-rank", log_rank(&outcome, &group, weighting).map(|t| vec![t.statistic, t.p]));
        let test = permutation(&outcome, &group, weighting, TiedTimes::AtRisk);
        see("permutation", test.map(|t| vec![t.statistic, t.p]));
        let pairs = pairwise(&outcome, &group, weighting, Adjustment::Holm);
        see("pairs", pairs.map(|p| p.iter().map(|p| p.p_adjusted).collect()));
    }
    for weight in PAIR_WEIGHTS {
        let c = Concordance::with(&outcome, &marker, weight, None);
        see("concordance", c.map(|c| vec![c.estimate, c.std_err]));
    }
    see("uno", uno(Some(&outcome), &outcome, &marker, None).map(|u| vec![u.estimate]));
    let dynamic = cumulative_dynamic_auc(&outcome, &outcome, &marker, &at);
    see("dynamic", dynamic.map(|d| vec![d.auc[0], d.mean]));
    let roc = TimeRoc::new(&outcome, &marker, &at);
    see("roc", roc.map(|r| vec![r.times[0].auc.estimate, r.times[0].auc.std_err.unwrap()]));
    see("brier", brier(&outcome, &outcome, &halves, &at, CensoringRule::Before).map(|b| b.score));
    let incidence = AalenJohansen::new(&outcome);
    see(
        "incidence",
        incidence.map(|c| [c.incidence.concat(), c.std_err.concat(), c.event_free_std_err].concat()),
    );
    see("gray", gray(&outcome, &group, 1, 0.0).map(|g| vec![g.statistic, g.p]));
    let model = FineGray::fit(&outcome, 1, &[("marker", &marker)]);
    see("fine-gray", model.map(|m| m.coefficients.iter().map(|c| c.estimate).collect()));
    see(
        "cut",
        max_stat(&outcome, &marker, 0.1, 0.9).map(|c| vec![c.best.statistic, c.p_lausen92, c.p_lausen94]),
    );
    let p = vec![0.5; n];
    let curve = decision_curve(&outcome, &p, at[0], &[0.2, 0.6]);
    see("benefit", curve.map(|c| c.iter().filter_map(|c| c.model).collect()));
    let compared = rmst::compare(&outcome, &outcome, at[0], 0.95);
    see("rmst", compared.map(|c| vec![c.first.mean, c.second.std_err]));
    refused
}

#[test]
fn small_and_degenerate_cohorts_give_values_or_errors() {
    let times = [0.0, 1.0, 2.0];
    for n in 1..=3_usize {
        for pattern in 0..times.len().pow(n as u32) {
            for codes in 0..3_usize.pow(n as u32) {
                let time: Vec<f64> = (0..n).map(|i| times[pattern / 3_usize.pow(i as u32) % 3]).collect();
                let code: Vec<u8> = (0..n).map(|i| (codes / 3_usize.pow(i as u32) % 3) as u8).collect();
                run_all(&time, &code);
            }
        }
    }
    for n in [10, 40] {
        let time: Vec<f64> = (0..n).map(f64::from).collect();
        assert!(run_all(&time, &vec![0; n as usize]) > 0, "all censored");
        run_all(&time, &vec![1; n as usize]);
        run_all(&vec![5.0; n as usize], &vec![1; n as usize]);
        run_all(&vec![5.0; n as usize], &(0..n).map(|i| (i % 2) as u8).collect::<Vec<_>>());
    }
}

#[test]
fn times_that_are_none_are_refused_by_name() {
    for (value, index) in [(f64::NAN, 1), (f64::INFINITY, 1), (-1.0, 1)] {
        let refused = Outcome::new(&[1.0, value, 2.0], &[true; 3]).unwrap_err();
        assert!(
            matches!(&refused, Error::Stats(radiomics_stats::Error::Value { what, index: i, .. }) if what == "time" && *i == index),
            "{refused}"
        );
    }
    let outcome = Outcome::new(&[1.0, 2.0, 3.0], &[true, false, true]).unwrap();
    assert!(matches!(outcome.clone().with_entry(&[0.0, 2.0, 1.0]), Err(Error::Entry { index: 1, .. })));
    assert!(outcome.clone().with_weights(&[1.0, 0.0, 1.0]).is_err());
    let curve = KaplanMeier::new(&outcome);
    assert!(matches!(curve.at(3.5), Err(Error::OutsideFollowUp { .. })));
    let point = curve.extended_at(3.5).unwrap();
    assert!(point.beyond_follow_up && point.n_risk == 0.0 && point.survival == 0.0);
    assert!(matches!(log_rank(&outcome, &[4; 3], Weighting::LogRank), Err(Error::OneGroup { group: 4, .. })));
    assert!(matches!(max_stat(&outcome, &[1.0; 3], 0.1, 0.9), Err(Error::NoCut { distinct: 1, .. })));
    // The last of the training cohort is censored: whoever lives longer in the test cohort has no weight.
    let train = Outcome::new(&[1.0, 2.0], &[true, false]).unwrap();
    assert!(matches!(
        uno(Some(&train), &outcome, &[1.0, 2.0, 3.0], None),
        Err(Error::ZeroCensoringProbability { .. })
    ));
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let mut rng = Rng::new(9);
    let n = 150_000;
    let time: Vec<f64> = (0..n).map(|_| -rng.unit().ln()).collect();
    let event: Vec<bool> = (0..n).map(|_| rng.unit() < 0.6).collect();
    let risk: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
    let outcome = Outcome::new(&time, &event).unwrap();
    let bits = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let c = Concordance::with(&outcome, &risk, PairWeight::Survival, None).unwrap();
            (c.estimate.to_bits(), c.std_err.to_bits(), c.concordant.to_bits())
        })
    };
    assert_eq!(bits(1), bits(3));
}

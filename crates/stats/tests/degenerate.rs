//! Every estimator on samples too small or too plain for it, and with values that are no numbers: finite numbers or a
//! typed error. And what must not matter: the order of patients, the names of groups.
#![allow(clippy::unwrap_used)] // a failed unwrap in a test is a failed test

use radiomics_stats::agreement::{IccTable, KappaWeights, bland_altman, icc_features, kappa};
use radiomics_stats::calibration::{
    BinStrategy, Brier, CalibrationCurve, Validation, brier_score, hosmer_lemeshow, lowess,
};
use radiomics_stats::compare::{
    Centre, ContingencyTable, Correlation, FisherExact, KsP, Mcnemar, bartlett, correlation_p, fisher_2x2,
    fisher_exact, fligner, kruskal_wallis, ks_two_sample, levene, lilliefors,
};
use radiomics_stats::confusion::MulticlassConfusion;
use radiomics_stats::decision_curve::decision_curve;
use radiomics_stats::elastic_net::{Binomial, ElasticNet, Gaussian};
use radiomics_stats::logistic::Logistic;
use radiomics_stats::proportion::{
    DifferenceInterval, ProportionInterval, TwoProportions, proportion_interval,
};
use radiomics_stats::reclassification::{integrated_discrimination, net_reclassification};
use radiomics_stats::rng::Rng;
use radiomics_stats::roc::{Direction, auc_covariance};
use radiomics_stats::table_one::{TableOne, TableRules, Variable};
use radiomics_stats::{Alternative, Error};

type Got = Result<Vec<f64>, Error>;

/// What patients have: an outcome, two measurements, two probabilities, two ratings and a group.
#[derive(Clone)]
struct Patients {
    y: Vec<bool>,
    x: Vec<f64>,
    z: Vec<f64>,
    p: Vec<f64>,
    q: Vec<f64>,
    category: Vec<usize>,
    group: Vec<usize>,
}

fn patients(n: usize) -> Patients {
    let mut rng = Rng::new(17);
    let mut c = Patients {
        y: Vec::new(),
        x: Vec::new(),
        z: Vec::new(),
        p: Vec::new(),
        q: Vec::new(),
        category: Vec::new(),
        group: Vec::new(),
    };
    for i in 0..n {
        let x = (rng.normal() * 4.0).round() / 4.0;
        let p = 1.0 / (1.0 + (-x).exp());
        c.y.push(rng.unit() < p);
        c.x.push(x);
        c.z.push(x + rng.normal());
        c.p.push(p);
        c.q.push(0.5 * p + 0.5 * rng.unit());
        c.category.push(rng.below(3));
        c.group.push(i % 3);
    }
    c
}

impl Patients {
    fn pick(&self, rows: &[usize]) -> Self {
        fn of<T: Copy>(values: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().map(|&i| values[i]).collect()
        }
        Self {
            y: of(&self.y, rows),
            x: of(&self.x, rows),
            z: of(&self.z, rows),
            p: of(&self.p, rows),
            q: of(&self.q, rows),
            category: of(&self.category, rows),
            group: of(&self.group, rows),
        }
    }

    fn parts(&self) -> Vec<Vec<f64>> {
        let part = |g| (0..self.x.len()).filter(|&i| self.group[i] == g).map(|i| self.x[i]).collect();
        (0..3).map(part).collect()
    }

    fn ratings(&self) -> Vec<f64> {
        self.x.iter().zip(&self.z).flat_map(|(a, b)| [*a, *b]).collect()
    }

    /// Counts of category against outcome.
    fn counts(&self) -> Vec<Vec<u64>> {
        let mut counts = vec![vec![0; 2]; 3];
        self.category.iter().zip(&self.y).for_each(|(&c, &y)| counts[c][usize::from(y)] += 1);
        counts
    }
}

/// All estimators by name.
fn estimates(c: &Patients) -> Vec<(&'static str, Got)> {
    let two = Alternative::TwoSided;
    let test = |t: radiomics_stats::Test| vec![t.statistic, t.p];
    let parts = c.parts();
    let parts: Vec<&[f64]> = parts.iter().map(Vec::as_slice).collect();
    let counts = c.counts();
    let counts: Vec<&[u64]> = counts.iter().map(Vec::as_slice).collect();
    let square: Vec<u64> = (0..9)
        .map(|k| (0..c.y.len()).filter(|&i| c.category[i] * 3 + c.group[i] == k).count() as u64)
        .collect();
    let cells = [[counts[0][0], counts[0][1]], [counts[1][0], counts[1][1]]];
    let n = c.y.len() as u64;
    let events = c.y.iter().filter(|y| **y).count() as u64;
    let table = || ContingencyTable::new(&counts);
    let kind = |k| correlation_p(&c.x, &c.z, k, false, two, 0.95).map(test);
    vec![
        ("ICC", IccTable::new(&c.ratings(), 2, 0.95).map(|t| t.forms.iter().map(|f| f.icc).collect())),
        ("kappa", kappa(&square, 3, KappaWeights::Linear, 0.95).map(|k| vec![k.kappa, k.se, k.z, k.p])),
        ("Bland–Altman", bland_altman(&c.x, &c.z, 0.95, 0.95).map(|b| vec![b.bias, b.sd, b.limits.lower])),
        ("Hosmer–Lemeshow", hosmer_lemeshow(&c.y, &c.p, 4).map(|h| vec![h.chi_squared, h.p])),
        ("Brier score", brier_score(&c.y, &c.p).map(|b| vec![b])),
        ("Brier", Brier::new(&c.y, &c.p).map(|b| vec![b.score, b.reliability, b.resolution])),
        (
            "calibration",
            CalibrationCurve::new(&c.y, &c.p, BinStrategy::Quantile, 4).map(|b| vec![b.expected_error()]),
        ),
        ("validation", Validation::new(&c.y, &c.p).map(|v| vec![v.slope, v.intercept, v.e_average, v.brier])),
        (
            "decision curve",
            decision_curve(&c.y, &c.p, &[0.1, 0.5], None)
                .map(|d| d.iter().flat_map(|d| [d.model, d.all]).collect()),
        ),
        ("NRI", net_reclassification(&c.y, &c.p, &c.q, &[0.5], 0.95).map(|i| vec![i.value, i.z, i.p])),
        ("IDI", integrated_discrimination(&c.y, &c.p, &c.q, 0.95).map(|i| vec![i.value, i.z, i.p])),
        (
            "proportion",
            proportion_interval(events, n, ProportionInterval::Wilson, 0.95).map(|i| vec![i.lower, i.upper]),
        ),
        (
            "difference",
            TwoProportions::new(events, n, n - events, n)
                .and_then(|t| t.difference_interval(DifferenceInterval::Newcombe, 0.95))
                .map(|i| vec![i.lower, i.upper]),
        ),
        ("Fisher 2×2", fisher_2x2(cells, &FisherExact::default()).map(|t| vec![t.p])),
        ("Fisher r×c", fisher_exact(&counts).map(|t| vec![t.p])),
        ("χ²", table().and_then(|t| t.chi_squared(false)).map(test)),
        (
            "McNemar",
            ContingencyTable::new(&[&cells[0], &cells[1]])
                .and_then(|t| t.mcnemar(Mcnemar::Corrected))
                .map(test),
        ),
        ("Kolmogorov–Smirnov", ks_two_sample(parts[0], parts[1], KsP::Exact, two).map(test)),
        ("Lilliefors", lilliefors(&c.x).map(test)),
        ("Levene", levene(&parts, Centre::Median).map(test)),
        ("Bartlett", bartlett(&parts).map(test)),
        ("Fligner", fligner(&parts).map(test)),
        ("Kruskal–Wallis", kruskal_wallis(&parts).map(test)),
        ("Pearson", kind(Correlation::Pearson)),
        ("Spearman", kind(Correlation::Spearman)),
        ("Kendall", kind(Correlation::Kendall)),
        ("lowess", lowess(&c.x, &c.z, 0.7, 2, None).map(|l| l.y)),
        (
            "lasso",
            Gaussian::new(&c.z).and_then(|f| net().path(&[&c.x, &c.q], &f)).map(|p| p.coefficients.concat()),
        ),
        (
            "logistic lasso",
            Binomial::new(&c.y).and_then(|f| net().path(&[&c.x, &c.q], &f)).map(|p| p.coefficients.concat()),
        ),
        (
            "covariance of areas",
            auc_covariance(&c.y, &[&c.x, &c.z], Direction::Higher).map(|(_, covariance)| covariance),
        ),
    ]
}

fn net() -> ElasticNet {
    ElasticNet { lambda: vec![0.3, 0.1], ..ElasticNet::default() }
}

#[test]
fn small_and_plain_samples_give_values_or_errors() {
    let all = patients(40);
    let rows = |f: &dyn Fn(usize) -> bool| all.pick(&(0..40).filter(|&i| f(i)).collect::<Vec<_>>());
    let same =
        Patients { x: vec![1.0; 40], z: vec![1.0; 40], p: vec![0.5; 40], q: vec![0.5; 40], ..all.clone() };
    let cohorts = [
        all.pick(&[]),
        all.pick(&[0]),
        all.pick(&[0, 1]),
        all.pick(&[0, 1, 2]),
        all.pick(&[0; 9]),
        rows(&|i| all.y[i]),
        rows(&|i| !all.y[i]),
        rows(&|i| all.group[i] == 0),
        rows(&|i| all.category[i] == 1),
        same,
        Patients { category: vec![2; 40], ..all.clone() },
    ];
    let (mut refused, mut strange) = (0, Vec::new());
    for (k, c) in cohorts.iter().enumerate() {
        for (name, got) in estimates(c) {
            match got {
                Ok(v) if v.iter().all(|v| v.is_finite()) => {}
                Ok(v) => strange.push(format!("{name} of cohort {k}: {v:?}")),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(strange.is_empty(), "{}", strange.join("\n"));
    assert!(refused > 100, "{refused}");
    for (name, got) in estimates(&all) {
        assert!(got.is_ok_and(|v| v.iter().all(|v| v.is_finite())), "{name}");
    }
}

#[test]
fn values_that_are_no_numbers_are_refused() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut c = patients(40);
        for column in [&mut c.x, &mut c.p, &mut c.q] {
            column[7] = bad;
        }
        // These look at counts alone.
        let counts = ["kappa", "proportion", "difference", "Fisher 2×2", "Fisher r×c", "χ²", "McNemar"];
        for (name, got) in estimates(&c) {
            // The groups compared may be without the patient.
            let without = name == "Kolmogorov–Smirnov" && c.group[7] > 1;
            assert!(got.is_err() || counts.contains(&name) || without, "{name} takes {bad}");
        }
    }
    let fit = Logistic::fit(&patients(40).y, &[("x", &patients(40).x)]).unwrap();
    assert!(matches!(fit.predict(&[&[0.0, f64::NAN]]), Err(Error::Value { index: 1, .. })));
}

#[test]
fn the_order_of_patients_and_the_names_of_groups_do_not_matter() {
    let all = patients(60);
    let mut rows: Vec<usize> = (0..60).collect();
    Rng::new(5).shuffle(&mut rows);
    let close = |name: &str, a: &[f64], b: &[f64]| {
        let near = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9 * (1.0 + a.abs()));
        assert!(near, "{name}: {a:?} and {b:?}");
    };
    for ((name, a), (_, b)) in estimates(&all).into_iter().zip(estimates(&all.pick(&rows))) {
        close(name, &a.unwrap(), &b.unwrap());
    }
    let swap = |values: &[usize]| values.iter().map(|v| [2, 0, 1][*v]).collect();
    let renamed = Patients { group: swap(&all.group), category: swap(&all.category), ..all.clone() };
    let unordered = ["Levene", "Bartlett", "Fligner", "Kruskal–Wallis", "χ²", "Fisher r×c"];
    for ((name, a), (_, b)) in estimates(&all).into_iter().zip(estimates(&renamed)) {
        if unordered.contains(&name) {
            close(name, &a.unwrap(), &b.unwrap());
        }
    }
    let table = |c: &Patients| {
        let category: Vec<Option<usize>> = c.category.iter().map(|k| Some(*k)).collect();
        let variables =
            [("x", Variable::Continuous(&c.x)), ("k", Variable::Categorical(&category, &["a", "b", "c"]))];
        let table = TableOne::new(&c.group, &["u", "v", "w"], &variables, TableRules::default()).unwrap();
        table
            .rows
            .iter()
            .flat_map(|r| r.test.as_ref().map(|t| [t.statistic, t.p]).unwrap())
            .collect::<Vec<_>>()
    };
    close("Table 1", &table(&all), &table(&renamed));
    close("Table 1", &table(&all), &table(&all.pick(&rows)));
}

#[test]
fn what_has_no_value_is_named() {
    assert!(matches!(IccTable::new(&[3.0; 8], 2, 0.95), Err(Error::Constant { .. })));
    // Of many features the others go on.
    let many = icc_features(2, 4, 2, 0.95, |f, s, r| if f == 0 { 3.0 } else { (s * 2 + r) as f64 }).unwrap();
    assert!(many[0].forms[1].icc.is_nan() && many[1].forms[1].icc.is_finite());
    // One rater says the same of all: κ is 0 whatever the other says.
    assert!(matches!(kappa(&[10, 0, 7, 0], 2, KappaWeights::Unweighted, 0.95), Err(Error::Undefined { .. })));
    let (y, p, q) = ([true, true, false, false], [0.2, 0.3, 0.6, 0.7], [0.3, 0.4, 0.5, 0.6]);
    assert!(matches!(net_reclassification(&y, &p, &q, &[], 0.95), Err(Error::Undefined { .. })));
    let one = [true, false, false];
    let areas = auc_covariance(&one, &[&[1.0, 2.0, 0.0]], Direction::Higher);
    assert!(matches!(areas, Err(Error::TooFew { needed: 2, .. })));
    assert!(matches!(lilliefors(&[2.0; 9]), Err(Error::Constant { .. })));
    assert!(matches!(MulticlassConfusion::new(3, &[], &[]), Err(Error::TooFew { .. })));
}

#[test]
fn a_bad_label_asks_for_no_memory_and_reads_no_other_cell() {
    for bad in [usize::MAX, 1 << 40] {
        assert!(matches!(ContingencyTable::from_pairs(&[0, bad], &[0, 1]), Err(Error::Setting { .. })));
        assert!(matches!(ContingencyTable::from_pairs(&[0, 1], &[bad, 1]), Err(Error::Setting { .. })));
        assert!(matches!(MulticlassConfusion::new(bad, &[0], &[0]), Err(Error::Setting { .. })));
        assert!(matches!(MulticlassConfusion::new(2, &[bad], &[0]), Err(Error::Setting { .. })));
    }
    let c = MulticlassConfusion::new(2, &[0, 1, 1], &[1, 1, 0]).unwrap();
    assert_eq!((c.count(1, 0), c.count(0, 2), c.count(9, 0)), (1, 0, 0));
}

#[test]
fn table_one_prints_a_dash_for_a_group_without_values() {
    let group = [0, 0, 0, 1, 1, 1];
    let age = [61.0, 55.0, 70.0, f64::NAN, f64::NAN, f64::NAN];
    let stage = [Some(0), Some(1), Some(0), None, None, None];
    let variables = [
        ("age | years", Variable::Continuous(&age)),
        ("stage", Variable::Categorical(&stage, &["I|II", "III"])),
    ];
    let table = TableOne::new(&group, &["a|b", "c"], &variables, TableRules::default()).unwrap();
    let text = table.to_markdown();
    assert!(!text.contains("NaN"), "{text}");
    assert!(text.starts_with("| | a\\|b (n = 3) | c (n = 3) | all (n = 6) | p | test |\n"), "{text}");
    assert!(
        text.contains("| age \\| years, median [IQR] | 61.00 [58.00, 65.50] | – | 61.00 [58.00, 65.50] |"),
        "{text}"
    );
    assert!(text.contains("| – I\\|II | 2 (66.7) | – | 2 (66.7) | | |"), "{text}");
    assert!(text.contains("| – missing | 0 | 3 | 3 | | |"), "{text}");
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(text.lines().all(|line| cells(line) == 7), "{text}");
}

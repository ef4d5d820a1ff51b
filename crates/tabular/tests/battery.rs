//! One battery of checks over every model.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

use radiomics_stats::rng::Rng;
use radiomics_tabular::models::{
    BoostingSettings, ForestSettings, Gamma, Kernel, LogisticSettings, ModelSettings, NaiveBayesSettings,
    NeighboursSettings, Penalty, SvmSettings, TreeSettings,
};
use radiomics_tabular::prepare::{Impute, Scale};
use radiomics_tabular::select::{
    CorrelationSettings, LassoSettings, MrmrSettings, RfeSettings, StabilitySettings, UnivariateSettings,
};
use radiomics_tabular::{
    Calibration, CalibrationMethod, Error, Matrix, Pipeline, Range, Recipe, Score, Search, Step, split::Folds,
};

fn models() -> Vec<(&'static str, ModelSettings)> {
    let logistic =
        |penalty| ModelSettings::Logistic(LogisticSettings { penalty, ..LogisticSettings::default() });
    let svm = |kernel| ModelSettings::Svm(SvmSettings { kernel, ..SvmSettings::default() });
    let gamma = Gamma::Scale;
    vec![
        ("logistic", logistic(Penalty::None)),
        ("ridge", logistic(Penalty::Ridge { c: 1.0 })),
        ("lasso", logistic(Penalty::Lasso { c: 0.5 })),
        ("elastic net", logistic(Penalty::ElasticNet { c: 0.5, ratio: 0.5 })),
        ("linear svm", svm(Kernel::Linear)),
        ("rbf svm", svm(Kernel::Rbf { gamma })),
        ("polynomial svm", svm(Kernel::Polynomial { degree: 3, gamma, coef0: 1.0 })),
        ("sigmoid svm", svm(Kernel::Sigmoid { gamma, coef0: 0.0 })),
        ("tree", ModelSettings::Tree(TreeSettings { max_depth: Some(4), ..TreeSettings::default() })),
        ("forest", ModelSettings::Forest(ForestSettings { trees: 30, ..ForestSettings::default() })),
        (
            "boosting",
            ModelSettings::Boosting(BoostingSettings {
                trees: 20,
                min_leaf: 5,
                ..BoostingSettings::default()
            }),
        ),
        ("neighbours", ModelSettings::Neighbours(NeighboursSettings::default())),
        ("naive bayes", ModelSettings::NaiveBayes(NaiveBayesSettings::default())),
        #[cfg(feature = "tabnet")]
        ("tabnet", tabnet()),
    ]
}

#[cfg(feature = "tabnet")]
fn tabnet() -> ModelSettings {
    use radiomics_tabular::models::tabnet::{NetworkSettings, TabNetSettings, TrainSettings};
    // Small batches and a larger momentum: running statistics must have caught up when training ends.
    let train = TrainSettings { epochs: 30, batch: 32, ..TrainSettings::default() };
    let network = NetworkSettings { momentum: 0.1, ..NetworkSettings::default() };
    ModelSettings::TabNet(TabNetSettings { train, network, ..TabNetSettings::default() })
}

/// Synthetic patients: two of six columns matter; some values are tied.
fn patients(n: usize, seed: u64) -> (Matrix, Vec<bool>) {
    let mut rng = Rng::new(seed);
    let mut columns: Vec<Vec<f64>> = (0..6).map(|_| (0..n).map(|_| rng.normal()).collect()).collect();
    columns[4].iter_mut().for_each(|v| *v = v.round());
    let y = (0..n).map(|i| columns[0][i] - 0.8 * columns[3][i] + 0.7 * rng.normal() > 0.0).collect();
    let names = ["volume", "age", "entropy", "contrast", "stage", "energy"].map(str::to_owned).to_vec();
    (Matrix::new(names, columns).unwrap(), y)
}

fn every(check: impl Fn(&str, &ModelSettings)) {
    models().iter().for_each(|(name, model)| check(name, model));
}

#[test]
fn signal_is_found() {
    let ((x, y), (new, truth)) = (patients(120, 1), patients(400, 2));
    every(|name, model| {
        let decision = model.fit(&x, &y, 3).unwrap().decision(&new).unwrap();
        let auc = Score::RocAuc.of_decision(&truth, &decision).unwrap();
        assert!(auc > 0.75, "{name}: {auc}");
    });
}

#[test]
fn same_seed_same_result_for_any_number_of_threads() {
    let (x, y) = patients(90, 4);
    let recipe = |model: &ModelSettings| Recipe {
        steps: vec![
            Step::Scale(Scale::ZScore),
            Step::Stability {
                settings: StabilitySettings { draws: 3, least: 0.1, ..StabilitySettings::default() },
                lasso: LassoSettings::default(),
                folds: 3,
            },
        ],
        calibration: Some(Calibration { folds: 3, ..Calibration::default() }),
        seed: 5,
        ..Recipe::of(model.clone())
    };
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    every(|name, model| {
        let fit = |threads| pool(threads).install(|| recipe(model).fit(&x, &y).unwrap());
        let one = fit(1);
        assert_eq!(one, fit(1), "{name}");
        assert_eq!(one, fit(3), "{name}: threads");
    });
}

#[test]
fn order_of_patients_and_of_columns_is_harmless() {
    let ((x, y), (new, _)) = (patients(80, 6), patients(40, 7));
    let mut rows: Vec<usize> = (0..80).collect();
    Rng::new(8).shuffle(&mut rows);
    let columns = [3, 5, 0, 4, 2, 1];
    let shuffled = x.subset(&rows).keep(&columns);
    let y2: Vec<bool> = rows.iter().map(|&i| y[i]).collect();
    every(|name, model| {
        let recipe =
            Recipe { calibration: Some(Calibration::default()), seed: 1, ..Recipe::of(model.clone()) };
        let p = recipe.fit(&x, &y).unwrap().probability(&new).unwrap();
        let q = recipe.fit(&shuffled, &y2).unwrap().probability(&new.keep(&columns)).unwrap();
        assert_eq!(p, q, "{name}");
    });
}

#[test]
fn saved_is_loaded() {
    let ((x, y), (new, _)) = (patients(80, 9), patients(40, 10));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipeline.json");
    every(|name, model| {
        for method in [CalibrationMethod::Platt, CalibrationMethod::Isotonic] {
            let recipe = Recipe {
                steps: vec![
                    Step::DropMissing(0.2),
                    Step::Impute(Impute::Median),
                    Step::Variance(0.0),
                    Step::Scale(Scale::Robust),
                    Step::Correlation(CorrelationSettings::default()),
                    Step::Univariate(UnivariateSettings { alpha: 0.9, ..UnivariateSettings::default() }),
                    Step::Mrmr(MrmrSettings { count: 4, ..MrmrSettings::default() }),
                    Step::Rfe(RfeSettings { keep: 2, ..RfeSettings::default() }),
                ],
                calibration: Some(Calibration { method, ..Calibration::default() }),
                ..Recipe::of(model.clone())
            };
            let pipeline = recipe.fit(&x, &y).unwrap();
            pipeline.save(&path).unwrap();
            let loaded = Pipeline::load(&path).unwrap();
            assert_eq!(loaded, pipeline, "{name}");
            assert_eq!(loaded.probability(&new).unwrap(), pipeline.probability(&new).unwrap(), "{name}");
            let dropped: usize = pipeline.selections().iter().map(|s| s.dropped.len()).sum();
            assert_eq!(dropped, 4, "{name}");
        }
    });
}

#[test]
fn constant_and_duplicate_columns_are_harmless() {
    let ((x, y), (new, truth)) = (patients(80, 11), patients(200, 12));
    let with = |x: &Matrix, name: &str, column: Vec<f64>| {
        x.clone().beside(Matrix::new(vec![name.to_owned()], vec![column]).unwrap()).unwrap()
    };
    let constant = |x: &Matrix| with(x, "constant", vec![7.3; x.rows()]);
    let twice = |x: &Matrix| with(x, "volume again", x.column(0).to_vec());
    every(|name, model| {
        let plain = model.fit(&x, &y, 1).unwrap();
        let model_with = model.fit(&constant(&x), &y, 1).unwrap();
        assert_eq!(model_with.constant, ["constant"], "{name}");
        assert_eq!(model_with.decision(&constant(&new)).unwrap(), plain.decision(&new).unwrap(), "{name}");
        let duplicate = model.fit(&twice(&x), &y, 1).unwrap().decision(&twice(&new)).unwrap();
        let auc = Score::RocAuc.of_decision(&truth, &duplicate).unwrap();
        assert!(auc > 0.72, "{name}: {auc}");
        if name == "logistic" || name == "tree" {
            let off = duplicate.iter().zip(plain.decision(&new).unwrap()).map(|(a, b)| (a - b).abs());
            assert!(off.fold(0.0, f64::max) < 1e-9, "{name}");
        }
    });
}

#[test]
fn one_class_and_empty_input_are_errors() {
    let (x, y) = patients(60, 13);
    every(|name, model| {
        let one = model.fit(&x, &[true; 60], 0).unwrap_err();
        assert!(
            matches!(one, Error::Stats(radiomics_stats::Error::OneClass { positives: 60, negatives: 0 })),
            "{name}: {one}"
        );
        let empty = Matrix::new(vec!["a".into()], vec![vec![]]).unwrap();
        assert!(matches!(model.fit(&empty, &[], 0).unwrap_err(), Error::Empty { .. }), "{name}");
        let none = Matrix::new(vec![], vec![]).unwrap();
        assert!(matches!(model.fit(&none, &[], 0).unwrap_err(), Error::Empty { .. }), "{name}");
        let flat = Matrix::new(vec!["a".into()], vec![vec![1.0; 60]]).unwrap();
        assert!(matches!(model.fit(&flat, &y, 0).unwrap_err(), Error::Empty { .. }), "{name}");
        let mut columns = x.columns().to_vec();
        columns[2][5] = f64::NAN;
        let holes = Matrix::new(x.names().to_vec(), columns).unwrap();
        let error = model.fit(&holes, &y, 0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "column `entropy` is NaN in row 5 (counted from 0); impute or drop it first",
            "{name}"
        );
        let fitted = model.fit(&x, &y, 0).unwrap();
        assert!(
            matches!(fitted.decision(&x.keep(&[0, 1])).unwrap_err(), Error::UnknownColumn { .. }),
            "{name}"
        );
    });
}

#[test]
fn separable_data_terminate_with_a_reported_gap() {
    let (x, _) = patients(60, 14);
    let y: Vec<bool> = x.column(0).iter().map(|v| *v > 0.1).collect();
    every(|name, model| {
        let fitted = model.fit(&x, &y, 0);
        if name == "logistic" {
            let error = fitted.unwrap_err();
            assert!(matches!(error, Error::Stats(radiomics_stats::Error::Separation { .. })), "{error}");
            return;
        }
        let fitted = fitted.unwrap();
        let right = Score::Accuracy.of_decision(&y, &fitted.decision(&x).unwrap()).unwrap();
        assert!(right > 0.85, "{name}: {right}");
        assert!(fitted.gap().is_none_or(|g| g < 1e-3), "{name}: {:?}", fitted.gap());
    });
    // A price that no number of steps allowed can reach: it stops, and says how far it came.
    let hard = SvmSettings { c: 1e8, tolerance: 1e-12, max_iterations: 50, ..SvmSettings::default() };
    let svm = hard.fit(&x, &patients(60, 15).1).unwrap();
    assert!(!svm.converged && svm.gap > 1e-12 && svm.gap.is_finite() && svm.iterations <= 50, "{}", svm.gap);
}

#[test]
fn search_finds_the_planted_setting_and_hears_of_every_fit() {
    let (x, y) = patients(100, 16);
    let recipe = Recipe {
        steps: vec![Step::Mrmr(MrmrSettings { count: 1, ..MrmrSettings::default() })],
        ..Recipe::of(ModelSettings::Logistic(LogisticSettings::default()))
    };
    let search = Search::grid([("steps/0/mrmr/count", vec![1.into(), 2.into()])], Score::RocAuc);
    let strata: Vec<usize> = y.iter().map(|y| usize::from(*y)).collect();
    let folds = Folds::stratified(&strata, 5, 1).unwrap();
    let heard = std::sync::atomic::AtomicUsize::new(0);
    let tuned = search
        .run(&recipe, &x, &y, &folds, |_, all| {
            assert_eq!(all, 10);
            heard.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        })
        .unwrap();
    assert_eq!((tuned.best, heard.into_inner()), (1, 10));
    let names = &tuned.pipeline.model.names;
    assert_eq!(names, &["contrast", "volume"]);
    let wrong = Search::grid([("model/svm/c", vec![1.into()])], Score::RocAuc);
    assert!(wrong.run(&recipe, &x, &y, &folds, |_, _| {}).unwrap_err().to_string().contains("`model/svm/c`"));
    let random = Search {
        draws: Some(4),
        ..Search::grid([("steps/0/mrmr/count", vec![1.into(), 2.into()])], Score::NegativeBrier)
    };
    assert_eq!(
        random.run(&recipe, &x, &y, &folds, |_, _| {}).unwrap(),
        random.run(&recipe, &x, &y, &folds, |_, _| {}).unwrap()
    );
}

#[test]
fn nothing_leaks_from_the_rows_left_out() {
    // Pure noise with far more columns than patients: selection outside of the folds would seem to work.
    let (n, p) = (60, 300);
    let mut rng = Rng::new(17);
    let x = Matrix::unnamed((0..p).map(|_| (0..n).map(|_| rng.normal()).collect()).collect()).unwrap();
    let y: Vec<bool> = (0..n).map(|i| i % 2 == 0).collect();
    let recipe = Recipe {
        steps: vec![Step::Mrmr(MrmrSettings { count: 10, ..MrmrSettings::default() })],
        ..Recipe::of(ModelSettings::Logistic(LogisticSettings::default()))
    };
    let folds = Folds::given((0..n).map(|i| i / 12).collect()).unwrap();
    let auc = Score::RocAuc.of_decision(&y, &recipe.out_of_fold(&x, &y, &folds).unwrap()).unwrap();
    assert!((0.25..0.75).contains(&auc), "{auc}");
    // Values of the rows left out change nothing in a fit.
    let train: Vec<usize> = (0..40).collect();
    let own: Vec<bool> = train.iter().map(|&i| y[i]).collect();
    let mut changed = x.columns().to_vec();
    changed.iter_mut().for_each(|c| c[40..].fill(1e6));
    let other = Matrix::unnamed(changed).unwrap();
    assert_eq!(
        recipe.fit(&x.subset(&train), &own).unwrap(),
        recipe.fit(&other.subset(&train), &own).unwrap()
    );
}

/// Draws of one path.
fn draws(range: Range, draws: usize, seed: u64) -> Result<Vec<f64>, Error> {
    let ranges = [("model/svm/c".to_owned(), range)].into();
    let search = Search { ranges, draws: Some(draws), seed, score: Score::RocAuc };
    Ok(search.combinations()?.iter().map(|c| c["model/svm/c"].as_f64().unwrap()).collect())
}

/// Largest distance between the shares of draws up to a value and those of a uniform variable on 0..1.
fn distance(mut shares: Vec<f64>) -> f64 {
    shares.sort_by(f64::total_cmp);
    let n = shares.len() as f64;
    let steps = shares.iter().enumerate();
    steps.map(|(i, u)| (u - i as f64 / n).max((i as f64 + 1.0) / n - u)).fold(0.0, f64::max)
}

#[test]
fn random_draws_are_even_on_their_scale() {
    let n = 4000;
    // Kolmogorov's test at 0.1 %.
    let limit = 1.95 / (n as f64).sqrt();
    let (low, high) = (1e-4, 1e3);
    let log = draws(Range::Log { low, high }, n, 5).unwrap();
    assert!(log.iter().all(|v| (low..=high).contains(v)));
    let share = |v: &f64| (v / low).ln() / (high / low).ln();
    assert!(distance(log.iter().map(share).collect()) < limit);
    // On the plain scale almost all of them are small.
    assert!(distance(log.iter().map(|v| v / high).collect()) > 0.5);
    let linear = draws(Range::Linear { low: -2.0, high: 6.0 }, n, 5).unwrap();
    assert!(linear.iter().all(|v| (-2.0..=6.0).contains(v)));
    assert!(distance(linear.iter().map(|v| (v + 2.0) / 8.0).collect()) < limit);
    assert_eq!(draws(Range::Log { low, high }, 50, 5).unwrap(), log[..50]); // more draws go on where fewer end
    assert_ne!(draws(Range::Log { low, high }, 50, 6).unwrap(), log[..50]);
    assert!(draws(Range::Log { low: 2.0, high: 2.0 }, 9, 0).unwrap().iter().all(|v| (v - 2.0).abs() < 1e-15));
    let values = draws(Range::Values(vec![1.0.into(), 8.0.into()]), n, 5).unwrap();
    let ones = values.iter().filter(|v| **v == 1.0).count();
    assert!(values.iter().all(|v| [1.0, 8.0].contains(v)) && (ones as f64 / n as f64 - 0.5).abs() < 0.03);
}

#[test]
fn ranges_that_cannot_be_drawn_from_are_errors() {
    let nan = f64::NAN;
    for range in [
        Range::Log { low: 0.0, high: 1.0 },
        Range::Log { low: -1.0, high: 1.0 },
        Range::Log { low: 2.0, high: 1.0 },
        Range::Log { low: 1.0, high: f64::INFINITY },
        Range::Log { low: nan, high: 1.0 },
        Range::Linear { low: 1.0, high: 0.0 },
        Range::Linear { low: 0.0, high: nan },
        Range::Linear { low: f64::NEG_INFINITY, high: 0.0 },
        Range::Linear { low: f64::MIN, high: f64::MAX },
        Range::Values(vec![]),
    ] {
        let e = draws(range.clone(), 3, 0).unwrap_err();
        assert!(matches!(&e, Error::Setting { name, .. } if name == "model/svm/c"), "{range:?}: {e}");
    }
    for range in [Range::Log { low: 1.0, high: 2.0 }, Range::Linear { low: 1.0, high: 2.0 }] {
        let ranges = [("model/svm/c".to_owned(), range)].into();
        let grid = Search { ranges, draws: None, seed: 0, score: Score::RocAuc };
        assert!(matches!(grid.combinations(), Err(Error::Setting { .. })));
    }
}

#[test]
fn a_random_search_fits_what_it_drew() {
    let (x, y) = patients(60, 11);
    let recipe = Recipe::of(ModelSettings::Svm(SvmSettings::default()));
    let folds = Folds::stratified(&y.iter().map(|y| usize::from(*y)).collect::<Vec<_>>(), 3, 1).unwrap();
    let ranges = [("model/svm/c".to_owned(), Range::Log { low: 1e-2, high: 1e1 })].into();
    let search = Search { ranges, draws: Some(4), seed: 3, score: Score::RocAuc };
    let tuned = search.run(&recipe, &x, &y, &folds, |_, _| {}).unwrap();
    assert_eq!(tuned.candidates.len(), 4);
    let ModelSettings::Svm(chosen) = &tuned.pipeline.recipe.model else { panic!("another model") };
    assert_eq!(Some(chosen.c), tuned.candidates[tuned.best].settings["model/svm/c"].as_f64());
    assert_eq!(tuned, search.run(&recipe, &x, &y, &folds, |_, _| {}).unwrap());
}

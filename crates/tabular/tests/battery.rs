//! One battery of checks over every model.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

use radiomics_stats::rng::Rng;
use radiomics_tabular::models::{
    BoostingSettings, Features, ForestSettings, Gamma, Kernel, Learner, LinearSvmSettings, LogisticSettings,
    MarginLoss, Model, ModelSettings, NaiveBayes, NaiveBayesSettings, NeighboursSettings, Penalty,
    SvmSettings, TreeSettings,
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
    let linear_svm =
        |loss| ModelSettings::LinearSvm(LinearSvmSettings { loss, ..LinearSvmSettings::default() });
    let gamma = Gamma::Scale;
    vec![
        ("logistic", logistic(Penalty::None)),
        ("ridge", logistic(Penalty::Ridge { c: 1.0 })),
        ("lasso", logistic(Penalty::Lasso { c: 0.5 })),
        ("elastic net", logistic(Penalty::ElasticNet { c: 0.5, ratio: 0.5 })),
        ("linear svm", svm(Kernel::Linear)),
        ("linear svm, hinge, penalised intercept", linear_svm(MarginLoss::Hinge)),
        ("linear svm, squared hinge, penalised intercept", linear_svm(MarginLoss::SquaredHinge)),
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

fn with(x: &Matrix, name: &str, column: Vec<f64>) -> Matrix {
    x.clone().beside(Matrix::new(vec![name.to_owned()], vec![column]).unwrap()).unwrap()
}

/// Largest distance.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn constant_columns_are_harmless() {
    let ((x, y), (new, _)) = (patients(80, 11), patients(200, 12));
    let constant = |x: &Matrix| with(x, "constant", vec![7.3; x.rows()]);
    every(|name, model| {
        let plain = model.fit(&x, &y, 1).unwrap();
        let model_with = model.fit(&constant(&x), &y, 1).unwrap();
        assert_eq!(model_with.constant, ["constant"], "{name}");
        assert_eq!(model_with.decision(&constant(&new)).unwrap(), plain.decision(&new).unwrap(), "{name}");
    });
}

/// The model where it has one answer: solved to the end, without a width that depends on the number of columns,
/// looking at all columns for each split.
fn sharp(model: &ModelSettings) -> ModelSettings {
    let mut model = model.clone();
    match &mut model {
        ModelSettings::Svm(s) => {
            s.tolerance = 1e-10;
            match &mut s.kernel {
                Kernel::Linear => {}
                Kernel::Rbf { gamma } | Kernel::Polynomial { gamma, .. } | Kernel::Sigmoid { gamma, .. } => {
                    *gamma = Gamma::Value(0.1);
                }
            }
        }
        ModelSettings::LinearSvm(s) => s.tolerance = 1e-10,
        ModelSettings::Forest(s) => s.tree.features = Features::All,
        _ => {}
    }
    model
}

#[test]
fn a_column_that_is_there_twice_counts_as_the_model_defines() {
    let ((x, y), (new, _)) = (patients(80, 11), patients(200, 12));
    let twice = |x: &Matrix| with(x, "volume again", x.column(0).to_vec());
    // What sums squares or products over columns sees the same in one column of √2 times the length.
    let longer = |x: &Matrix| {
        let mut columns = x.columns().to_vec();
        columns[0].iter_mut().for_each(|v| *v *= std::f64::consts::SQRT_2);
        Matrix::new(x.names().to_vec(), columns).unwrap()
    };
    every(|name, model| {
        let model = sharp(model);
        let decide =
            |of: &dyn Fn(&Matrix) -> Matrix| model.fit(&of(&x), &y, 1).unwrap().decision(&of(&new)).unwrap();
        let (plain, double) = (model.fit(&x, &y, 1).unwrap(), model.fit(&twice(&x), &y, 1).unwrap());
        let once = plain.decision(&new).unwrap();
        let (want, within) = match (&plain.learner, &double.learner, &model) {
            (_, Learner::Logistic(l), ModelSettings::Logistic(s)) => match s.penalty {
                // One of the two has no coefficient.
                Penalty::None => {
                    assert_eq!(l.aliased, ["volume again"]);
                    (once, 1e-9)
                }
                // `(b/2)² + (b/2)² = (b/√2)²`; `|b/2| + |b/2| = |b|`.
                Penalty::Ridge { .. } => (decide(&longer), 1e-8),
                Penalty::Lasso { .. } => (once, 1e-7),
                // The one as it was, the other halved: the optimum of no other table, so its conditions are checked.
                Penalty::ElasticNet { c, ratio } => {
                    let b = &l.coefficients;
                    assert!(b[5] != 0.0 && (b[5] - b[6]).abs() < 1e-7, "{b:?}");
                    let slopes = slopes(&double, &twice(&x), &y);
                    for (j, slope) in slopes[..6].iter().enumerate() {
                        let (b, copies) = if j == 5 { (b[5] + b[6], 2.0) } else { (b[j], 1.0) };
                        let off = if b == 0.0 {
                            (slope.abs() - ratio / c).max(0.0)
                        } else {
                            (slope - (ratio * b.signum() + (1.0 - ratio) * b / copies) / c).abs()
                        };
                        assert!(off < 1e-6, "column {j}: {off:e}");
                    }
                    return;
                }
            },
            (_, Learner::Svm(_) | Learner::LinearSvm(_), _) => (decide(&longer), 1e-6),
            // A split that a copy could make as well is the first one's.
            (Learner::Tree(a), Learner::Tree(b), _) => {
                assert_eq!(a, b);
                (once, 0.0)
            }
            (Learner::Boosting(a), Learner::Boosting(b), _) => {
                assert_eq!(a, b);
                (once, 0.0)
            }
            (Learner::Forest(a), Learner::Forest(b), _) => {
                assert_eq!(a.trees, b.trees);
                (once, 0.0)
            }
            (_, Learner::Neighbours(_), _) => (decide(&longer), 0.0),
            // The column's evidence counts twice.
            (Learner::NaiveBayes(b), ..) => {
                let one = |m: &[Vec<f64>; 2]| [vec![m[0][5]], vec![m[1][5]]];
                let own = NaiveBayes { prior: 0.0, mean: one(&b.mean), variance: one(&b.variance) };
                let own = own.log_odds(&[new.column(0)]);
                (once.iter().zip(own).map(|(all, own)| all + own).collect(), 1e-12)
            }
            // A network with another column is another network, drawn anew: it must be worth the same.
            #[cfg(feature = "tabnet")]
            (_, Learner::TabNet(_), _) => {
                let auc = |d: &[f64]| Score::RocAuc.of_decision(&patients(200, 12).1, d).unwrap();
                let (a, b) = (auc(&once), auc(&double.decision(&twice(&new)).unwrap()));
                assert!((a - b).abs() < 0.08 && b > 0.75, "{a}, {b}");
                return;
            }
            _ => panic!("{name}: what does a column do twice?"),
        };
        let off = apart(&double.decision(&twice(&new)).unwrap(), &want);
        assert!(off <= within, "{name}: {off:e}");
    });
    // A forest that draws columns draws this one more often: what it says moves, but not by much.
    let forest = ModelSettings::Forest(ForestSettings { trees: 300, ..ForestSettings::default() });
    let p = |x: &Matrix, new: &Matrix, seed| forest.fit(x, &y, seed).unwrap().decision(new).unwrap();
    let moved = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / 200.0;
    let once = p(&x, &new, 1);
    let (seed, copy) = (moved(&once, &p(&x, &new, 2)), moved(&once, &p(&twice(&x), &twice(&new), 1)));
    assert!(copy < 0.06 && seed < 0.03, "{copy} by the copy, {seed} by the seed");
}

/// `x_jᵀ (y − p)` of a regression.
fn slopes(model: &Model, x: &Matrix, y: &[bool]) -> Vec<f64> {
    let x = x.select(&model.names).unwrap();
    let eta = model.learner.decision(x.columns()).unwrap();
    let off = |(y, eta): (&bool, &f64)| f64::from(u8::from(*y)) - 1.0 / (1.0 + (-eta).exp());
    let off: Vec<f64> = y.iter().zip(&eta).map(off).collect();
    let slope = |c: &Vec<f64>| c.iter().zip(&off).map(|(c, o)| c * o).sum();
    x.columns().iter().map(slope).chain([off.iter().sum()]).collect()
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
fn separable_data_terminate_and_who_iterates_says_how_far_it_came() {
    let (x, _) = patients(60, 14);
    let n = x.rows() as f64;
    let y: Vec<bool> = x.column(0).iter().map(|v| *v > 0.1).collect();
    every(|name, model| {
        let fitted = model.fit(&x, &y, 0);
        if name == "logistic" {
            let error = fitted.unwrap_err();
            assert!(matches!(error, Error::Stats(radiomics_stats::Error::Separation { .. })), "{error}");
            return;
        }
        let fitted = fitted.unwrap();
        let decision = fitted.decision(&x).unwrap();
        let right = Score::Accuracy.of_decision(&y, &decision).unwrap();
        assert!(right > 0.85, "{name}: {right}");
        // Each report is compared with what it says, from its definition.
        let optimum = match (&fitted.learner, model) {
            (Learner::Logistic(l), ModelSettings::Logistic(s)) => {
                let (c, ratio) = match s.penalty {
                    Penalty::None => panic!("not separated"),
                    Penalty::Ridge { c } => (c, 0.0),
                    Penalty::Lasso { c } => (c, 1.0),
                    Penalty::ElasticNet { c, ratio } => (c, ratio),
                };
                let slopes = slopes(&fitted, &x, &y);
                let left = l.coefficients.iter().zip(&slopes).map(|(b, slope)| {
                    let slope = slope - (1.0 - ratio) * b / c;
                    let free = (slope.abs() - ratio / c).max(0.0);
                    if *b == 0.0 { free } else { (slope - (ratio / c).copysign(*b)).abs() }
                });
                let gap = left.fold(slopes[x.width()].abs(), f64::max) / n;
                assert!((gap - l.gap).abs() < 1e-12, "{name}: {gap:e}, {:e}", l.gap);
                assert!(l.converged && l.gap < 1e-8, "{name}: {:e}", l.gap);
                Some(l.gap)
            }
            (Learner::Svm(s), ModelSettings::Svm(settings)) => {
                assert!(s.converged && s.iterations > 0 && s.gap < settings.tolerance, "{name}: {:e}", s.gap);
                // The distance between the two problems is a sum over patients, each at most `C` times the gap.
                let pairs = || s.support.iter().zip(&s.coefficients);
                let square: f64 =
                    pairs().flat_map(|(u, a)| pairs().map(move |(v, b)| a * b * s.kernel.of(u, v))).sum();
                let short = |(y, f): (&bool, &f64)| (1.0 - if *y { *f } else { -f }).max(0.0);
                let short: f64 = y.iter().zip(&decision).map(short).sum();
                let duality = 0.5 * square + settings.c * short + s.dual_objective;
                let most = n * settings.c * s.gap;
                assert!((-1e-9..=most + 1e-9).contains(&duality), "{name}: {duality:e} of {most:e}");
                Some(s.gap)
            }
            (Learner::LinearSvm(s), ModelSettings::LinearSvm(settings)) => {
                assert!(s.converged && s.passes > 0 && s.gap <= settings.tolerance, "{name}: {:e}", s.gap);
                let square = s.weights.iter().map(|w| w * w).sum::<f64>() + s.intercept * s.intercept;
                let short = |(y, f): (&bool, &f64)| (1.0 - if *y { *f } else { -f }).max(0.0);
                let cost =
                    |short: f64| if settings.loss == MarginLoss::Hinge { short } else { short * short };
                let cost: f64 = y.iter().zip(&decision).map(short).map(cost).sum();
                let primal = 0.5 * square + settings.c * cost;
                assert!((primal - s.primal_objective).abs() < 1e-9 * primal, "{name}: {primal}");
                // The distance between the two problems is a sum over patients, each at most the variable or the
                // price times the gap.
                let duality = s.primal_objective + s.dual_objective;
                let largest = s.coefficients.iter().fold(settings.c, |most, b| most.max(b.abs()));
                let most = n * largest * s.gap;
                assert!((-1e-9..=most + 1e-9).contains(&duality), "{name}: {duality:e} of {most:e}");
                Some(s.gap)
            }
            // No optimum is sought: the loss falls from tree to tree, and the last one is that of the decisions.
            (Learner::Boosting(b), ModelSettings::Boosting(settings)) => {
                let loss = |(y, f): (&bool, &f64)| (1.0 + (if *y { -f } else { *f }).exp()).ln();
                let loss = y.iter().zip(&decision).map(loss).sum::<f64>() / n;
                assert_eq!(b.loss.len(), settings.trees);
                assert!(b.loss.is_sorted_by(|a, b| a > b), "{:?}", b.loss);
                assert!((b.loss[b.loss.len() - 1] - loss).abs() < 1e-12);
                None
            }
            // Epochs are counted; each says its loss.
            #[cfg(feature = "tabnet")]
            (Learner::TabNet(t), ModelSettings::TabNet(settings)) => {
                assert_eq!(t.log.len(), settings.train.epochs);
                assert!(
                    t.log
                        .iter()
                        .enumerate()
                        .all(|(e, epoch)| epoch.number == e + 1 && epoch.loss.is_finite())
                );
                assert!(t.log[t.log.len() - 1].loss < 0.7 * t.log[0].loss, "{:?}", t.log);
                None
            }
            // Nothing is iterated: one threshold separates, and a tree needs no more.
            (Learner::Tree(t), _) => {
                assert_eq!(t.nodes.len(), 3);
                None
            }
            (Learner::Forest(f), ModelSettings::Forest(settings)) => {
                assert_eq!(f.trees.len(), settings.trees);
                assert!(
                    f.trees
                        .iter()
                        .flat_map(|t| &t.nodes)
                        .all(|n| !n.is_leaf() || [0.0, 1.0].contains(&n.value))
                );
                None
            }
            // Patients are kept, means and variances are counted.
            (Learner::Neighbours(_) | Learner::NaiveBayes(_), _) => None,
            _ => panic!("{name}: what does it report?"),
        };
        assert_eq!(fitted.gap(), optimum, "{name}");
    });
    // A price that no number of steps allowed can reach: it stops, and says how far it came.
    let hard = SvmSettings { c: 1e8, tolerance: 1e-12, max_iterations: 50, ..SvmSettings::default() };
    let svm = hard.fit(&x, &patients(60, 15).1).unwrap();
    assert!(!svm.converged && svm.gap > 1e-12 && svm.gap.is_finite() && svm.iterations <= 50, "{}", svm.gap);
    // A regression that may make one step only says so too.
    let short = LogisticSettings { max_iterations: 1, ..LogisticSettings::default() }.fit(&x, &y).unwrap();
    assert!(!short.converged && short.gap > 1e-10 && short.gap.is_finite(), "{}", short.gap);
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
    // In any number of threads each fit is told of once and in its turn, and the best so far ends as the best.
    let told = |threads: usize| {
        let heard = std::sync::Mutex::new(Vec::new());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let run = || search.run(&recipe, &x, &y, &folds, |p| heard.lock().unwrap().push(p));
        (pool.install(run).unwrap(), heard.into_inner().unwrap())
    };
    let (tuned, _) = told(1);
    for threads in [1, 4] {
        let (again, heard) = told(threads);
        assert_eq!(again, tuned, "{threads} threads");
        assert!(heard.iter().all(|p| p.all == 10));
        assert_eq!(heard.iter().map(|p| p.done).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
        let best: Vec<f64> = heard.iter().filter_map(|p| p.best).collect();
        assert!(heard[..4].iter().all(|p| p.best.is_none()) && best.is_sorted());
        assert_eq!(heard[9].best, Some(tuned.candidates[1].mean));
    }
    assert_eq!(tuned.best, 1);
    let names = &tuned.pipeline.model.names;
    assert_eq!(names, &["contrast", "volume"]);
    let wrong = Search::grid([("model/svm/c", vec![1.into()])], Score::RocAuc);
    assert!(wrong.run(&recipe, &x, &y, &folds, |_| {}).unwrap_err().to_string().contains("`model/svm/c`"));
    let random = Search {
        draws: Some(4),
        ..Search::grid([("steps/0/mrmr/count", vec![1.into(), 2.into()])], Score::NegativeBrier)
    };
    assert_eq!(
        random.run(&recipe, &x, &y, &folds, |_| {}).unwrap(),
        random.run(&recipe, &x, &y, &folds, |_| {}).unwrap()
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
    let tuned = search.run(&recipe, &x, &y, &folds, |_| {}).unwrap();
    assert_eq!(tuned.candidates.len(), 4);
    let ModelSettings::Svm(chosen) = &tuned.pipeline.recipe.model else { panic!("another model") };
    assert_eq!(Some(chosen.c), tuned.candidates[tuned.best].settings["model/svm/c"].as_f64());
    assert_eq!(tuned, search.run(&recipe, &x, &y, &folds, |_| {}).unwrap());
}

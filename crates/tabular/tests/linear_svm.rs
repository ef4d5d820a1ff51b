//! Linear machines with a penalised intercept: what liblinear gives (`data/make_linear_svm.py` says how and in which
//! version), the conditions of the optimum, and the limit in which the intercept is free.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

use radiomics_stats::rng::Rng;
use radiomics_tabular::models::{
    ClassWeight, LinearSvm, LinearSvmSettings, MarginLoss, ModelSettings, SvmSettings,
};
use radiomics_tabular::select::{RfeEstimator, RfeSettings, rfe, rfe_cv};
use radiomics_tabular::split::Folds;
use radiomics_tabular::{Matrix, Recipe, Score, Search};
use serde_json::Value;

const LOSSES: [MarginLoss; 2] = [MarginLoss::Hinge, MarginLoss::SquaredHinge];

/// Synthetic patients who overlap; the outcome is not centred.
fn patients(n: usize, p: usize, seed: u64) -> (Matrix, Vec<bool>) {
    let mut rng = Rng::new(seed);
    let columns: Vec<Vec<f64>> = (0..p).map(|_| (0..n).map(|_| rng.normal()).collect()).collect();
    let y = (0..n).map(|i| columns[0][i] + 0.5 * columns[1][i] + rng.normal() > 0.4).collect();
    (Matrix::unnamed(columns).unwrap(), y)
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn liblinear_has_the_same_weights() {
    let fixture: Value = serde_json::from_str(include_str!("data/linear_svm.json")).unwrap();
    let data = |name: &Value| {
        let data = fixture["data"].as_array().unwrap().iter().find(|d| d["name"] == *name).unwrap();
        let x = Matrix::unnamed(data["x"].as_array().unwrap().iter().map(numbers).collect()).unwrap();
        (x, numbers(&data["y"]).iter().map(|y| *y == 1.0).collect::<Vec<bool>>())
    };
    let cases = fixture["cases"].as_array().unwrap();
    for case in cases {
        let (x, y) = data(&case["data"]);
        let mut settings = case["settings"].clone();
        settings["class_weight"] = match &settings["class_weight"] {
            Value::Array(w) => serde_json::json!({"values": {"negative": w[0], "positive": w[1]}}),
            Value::String(balanced) => balanced.as_str().into(),
            _ => "equal".into(),
        };
        settings["tolerance"] = 1e-11.into();
        let settings: LinearSvmSettings = serde_json::from_value(settings).unwrap();
        let svm = settings.fit(&x, &y, 0).unwrap();
        let want = [numbers(&case["weights"]), vec![case["intercept"].as_f64().unwrap()]].concat();
        let off = apart(&[svm.weights, vec![svm.intercept]].concat(), &want);
        let size = want.iter().fold(1.0, |most: f64, w| most.max(w.abs()));
        assert!(
            svm.converged && off < 1e-8 * size,
            "{} {settings:?}: off by {off:e}, gap {:e}",
            case["data"],
            svm.gap
        );
    }
    assert_eq!(cases.len(), 126);
}

/// Checks a machine against the definition of its problem; gives the distance between the objectives.
fn conditions(svm: &LinearSvm, settings: &LinearSvmSettings, x: &Matrix, y: &[bool]) -> f64 {
    let n = x.rows();
    let sign = |i: usize| if y[i] { 1.0 } else { -1.0 };
    let price: Vec<f64> = {
        let weights = settings.class_weight.weights(y);
        y.iter().map(|y| settings.c * weights[usize::from(*y)]).collect()
    };
    let hinge = settings.loss == MarginLoss::Hinge;
    let mut alpha = vec![0.0; n];
    svm.rows.iter().zip(&svm.coefficients).for_each(|(&i, c)| alpha[i] = sign(i) * c);
    let upper = |i: usize| if hinge { price[i] } else { f64::INFINITY };
    assert!((0..n).all(|i| (0.0..=upper(i)).contains(&alpha[i])));
    // The weights are what the variables say.
    let sum = |column: &[f64]| -> f64 { (0..n).map(|i| sign(i) * alpha[i] * column[i]).sum() };
    let weights: Vec<f64> = x.columns().iter().map(|c| sum(c)).collect();
    let own = sum(&vec![settings.intercept_scaling; n]);
    assert!(apart(&svm.weights, &weights) < 1e-9);
    assert!((svm.intercept - own * settings.intercept_scaling).abs() < 1e-9 * svm.intercept.abs().max(1.0));
    // The gap is that of the projected gradient.
    let decision = svm.decision(x.columns());
    let diagonal = |i: usize| if hinge { 0.0 } else { 0.5 / price[i] };
    let projected: Vec<f64> = (0..n)
        .map(|i| {
            let gradient = sign(i) * decision[i] - 1.0 + diagonal(i) * alpha[i];
            if alpha[i] == 0.0 {
                gradient.min(0.0)
            } else if alpha[i] == upper(i) {
                gradient.max(0.0)
            } else {
                gradient
            }
        })
        .collect();
    let end = |pick: fn(f64, f64) -> f64| projected.iter().copied().reduce(pick).unwrap();
    let gap = end(f64::max) - end(f64::min);
    assert!((gap - svm.gap).abs() < 1e-9, "{gap:e}, {:e}", svm.gap);
    assert_eq!(svm.converged, svm.gap <= settings.tolerance);
    // The objectives are those of the definition.
    let square = weights.iter().map(|w| w * w).sum::<f64>() + own * own;
    let short = |i: usize| (1.0 - sign(i) * decision[i]).max(0.0);
    let cost = |i: usize| price[i] * if hinge { short(i) } else { short(i) * short(i) };
    let primal = 0.5 * square + (0..n).map(cost).sum::<f64>();
    let dual = 0.5 * square + (0..n).map(|i| (0.5 * diagonal(i) * alpha[i] - 1.0) * alpha[i]).sum::<f64>();
    assert!((primal - svm.primal_objective).abs() < 1e-9 * primal);
    assert!((dual - svm.dual_objective).abs() < 1e-9 * primal);
    primal + dual
}

#[test]
fn the_optimum_is_one_by_definition() {
    let (x, y) = patients(150, 8, 1);
    for loss in LOSSES {
        for c in [0.01, 1.0, 100.0] {
            for class_weight in [ClassWeight::Equal, ClassWeight::Values { negative: 1.0, positive: 2.5 }] {
                for intercept_scaling in [0.0, 1.0, 5.0] {
                    for (tolerance, most) in [(1e-4, 1e-2), (1e-10, 1e-8)] {
                        let settings = LinearSvmSettings {
                            c,
                            loss,
                            class_weight,
                            intercept_scaling,
                            tolerance,
                            ..LinearSvmSettings::default()
                        };
                        let svm = settings.fit(&x, &y, 3).unwrap();
                        let distance = conditions(&svm, &settings, &x, &y);
                        // Weak duality on the one side, the optimum on the other.
                        let size = svm.primal_objective;
                        assert!(
                            svm.converged && (-1e-12 * size..most * size).contains(&distance),
                            "{settings:?}: {distance:e} of {size}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_machine_that_is_stopped_says_how_far_it_came() {
    let (x, y) = patients(120, 6, 5);
    let full = LinearSvmSettings {
        c: 100.0,
        loss: MarginLoss::Hinge,
        max_passes: 1_000_000,
        ..LinearSvmSettings::default()
    };
    for max_passes in [1, 10, 40] {
        let settings = LinearSvmSettings { max_passes, shrinking: false, ..full.clone() };
        let svm = settings.fit(&x, &y, 0).unwrap();
        assert!(!svm.converged && svm.passes == max_passes && svm.gap > settings.tolerance);
        assert!(conditions(&svm, &settings, &x, &y) > 0.0);
    }
    assert!(full.fit(&x, &y, 0).unwrap().converged);
}

#[test]
fn order_and_shrinking_change_the_way_but_not_the_end() {
    let (x, y) = patients(300, 7, 2);
    for loss in LOSSES {
        let settings = LinearSvmSettings { loss, tolerance: 1e-10, ..LinearSvmSettings::default() };
        let fit = |shrinking, seed| {
            LinearSvmSettings { shrinking, max_passes: 100_000, ..settings.clone() }
                .fit(&x, &y, seed)
                .unwrap()
        };
        let one = fit(true, 0);
        assert_eq!(one, fit(true, 0));
        for (shrinking, seed) in [(true, 1), (false, 0), (false, 7)] {
            let other = fit(shrinking, seed);
            assert!(other.converged && other != one);
            let off = apart(&other.weights, &one.weights).max((other.intercept - one.intercept).abs());
            assert!(off < 1e-9, "{loss:?} {shrinking} {seed}: {off:e}");
        }
    }
}

#[test]
fn the_intercept_becomes_free_as_its_column_grows() {
    let (x, y) = patients(80, 4, 4);
    // Far from 0, so that the intercept is large and its penalty matters.
    let x =
        Matrix::unnamed(x.columns().iter().map(|c| c.iter().map(|v| v + 2.0).collect()).collect()).unwrap();
    let c = 0.5;
    let free = SvmSettings { c, tolerance: 1e-9, ..SvmSettings::default() }.fit(&x, &y).unwrap();
    let off = |intercept_scaling| {
        let settings = LinearSvmSettings {
            c,
            loss: MarginLoss::Hinge,
            intercept_scaling,
            tolerance: 1e-7,
            max_passes: 2_000_000,
            ..LinearSvmSettings::default()
        };
        let svm = settings.fit(&x, &y, 0).unwrap();
        assert!(svm.converged, "{intercept_scaling}: {:e}", svm.gap);
        apart(svm.weights.as_slice(), free.weights.as_ref().unwrap())
            .max((svm.intercept - free.intercept).abs())
    };
    let [one, ten, hundred] = [1.0, 10.0, 100.0].map(off);
    // The penalty, and with it the distance, falls with the square.
    assert!(one > 0.1 && ten < 0.05 * one && hundred < 0.05 * ten, "{one:e}, {ten:e}, {hundred:e}");
}

#[test]
fn elimination_ranks_as_fits_from_nothing_do() {
    let (x, y) = patients(90, 9, 6);
    for loss in LOSSES {
        let svm = LinearSvmSettings { loss, tolerance: 1e-8, ..LinearSvmSettings::default() };
        let settings =
            RfeSettings { estimator: RfeEstimator::LinearSvm(svm.clone()), ..RfeSettings::default() };
        let mut kept: Vec<usize> = (0..9).collect();
        let mut ranking = vec![1; 9];
        while kept.len() > 1 {
            let weights = svm.fit(&x.keep(&kept), &y, 0).unwrap().weights;
            let least =
                (0..kept.len()).min_by(|&a, &b| weights[a].abs().total_cmp(&weights[b].abs())).unwrap();
            ranking[kept[least]] = kept.len();
            kept.remove(least);
        }
        assert_eq!(rfe(&x, &y, &settings).unwrap().ranking, ranking);
        let folds = Folds::stratified(&y.iter().map(|y| usize::from(*y)).collect::<Vec<_>>(), 3, 1).unwrap();
        let cv = rfe_cv(&x, &y, &folds, &settings).unwrap();
        assert_eq!(cv.sizes, (1..=9).collect::<Vec<_>>());
        let best = cv.mean.iter().copied().fold(0.0, f64::max);
        assert!(best > 0.7 && cv.rfe.selection.kept.iter().any(|n| n == "x0"), "{best}");
    }
}

#[test]
fn a_recipe_in_json_is_searched_by_its_paths() {
    let (x, y) = patients(90, 4, 8);
    let recipe: Recipe = serde_json::from_str(
        r#"{
            "steps": [{"scale": "z_score"}, {"rfe": {"estimator": {"linear_svm": {"c": 0.5}}, "keep": 2}}],
            "model": {"linear_svm": {"c": 10, "loss": "hinge", "class_weight": "balanced", "intercept_scaling": 2}},
            "calibration": {"method": "isotonic"}
        }"#,
    )
    .unwrap();
    let ModelSettings::LinearSvm(settings) = &recipe.model else { panic!("another model") };
    assert_eq!((settings.loss, settings.class_weight), (MarginLoss::Hinge, ClassWeight::Balanced));
    let search = Search::grid(
        [
            ("model/linear_svm/c", vec![0.01.into(), 1.0.into()]),
            ("model/linear_svm/loss", vec!["hinge".into(), "squared_hinge".into()]),
        ],
        Score::RocAuc,
    );
    let folds = Folds::stratified(&y.iter().map(|y| usize::from(*y)).collect::<Vec<_>>(), 3, 1).unwrap();
    let tuned = search.run(&recipe, &x, &y, &folds, |_| {}).unwrap();
    assert_eq!((tuned.candidates.len(), tuned.pipeline.model.names.len()), (4, 2));
    assert!(tuned.candidates.iter().all(|c| c.mean > 0.7));
    let p = tuned.pipeline.probability(&x).unwrap();
    assert!(
        p.iter().all(|p| (0.0..=1.0).contains(p)) && Score::RocAuc.of_probability(&y, &p).unwrap() > 0.75
    );
}

#[test]
fn settings_outside_their_range_are_named() {
    let (x, y) = patients(20, 3, 3);
    let plain = LinearSvmSettings::default;
    let error = |s: LinearSvmSettings| s.fit(&x, &y, 0).unwrap_err().to_string();
    assert_eq!(error(LinearSvmSettings { c: -1.0, ..plain() }), "C is -1; it must be positive");
    assert_eq!(
        error(LinearSvmSettings { intercept_scaling: -2.0, ..plain() }),
        "intercept_scaling is -2; it must be 0 or positive"
    );
    assert_eq!(
        error(LinearSvmSettings { tolerance: f64::NAN, ..plain() }),
        "tolerance is NaN; it must be positive"
    );
    assert_eq!(
        error(LinearSvmSettings { max_passes: 0, ..plain() }),
        "max_passes is 0; it must be 1 or more"
    );
    let estimator = RfeEstimator::LinearSvm(LinearSvmSettings { c: 0.0, ..plain() });
    let settings = RfeSettings { estimator, ..RfeSettings::default() };
    assert_eq!(rfe(&x, &y, &settings).unwrap_err().to_string(), "C is 0; it must be positive");
}

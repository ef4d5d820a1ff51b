//! Partial dependence, Kernel SHAP's selection and linear SHAP of correlated features as scikit-learn and shap have them
//! (`data/make_references.py` wrote `data/references.json` and says with which versions); permutation importance by its
//! definition.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, array, concatenate};
use radiomics_explain::dependence::{grid, partial_dependence, partial_dependence_2d};
use radiomics_explain::importance::PermutationImportance;
use radiomics_explain::shapley::linear::{Features, linear};
use radiomics_explain::shapley::{KernelShap, Selection};
use radiomics_explain::{Error, Marginal, Model};
use radiomics_stats::rng::Rng;
use serde_json::Value;

fn references() -> Value {
    serde_json::from_str(include_str!("data/references.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn matrix(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).unwrap()
}

fn close(what: &str, a: impl IntoIterator<Item = f64>, b: impl IntoIterator<Item = f64>, tolerance: f64) {
    let (a, b): (Vec<f64>, Vec<f64>) = (a.into_iter().collect(), b.into_iter().collect());
    assert_eq!(a.len(), b.len(), "{what}");
    let worst = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst <= tolerance, "{what}: off by {worst:e}");
}

fn random(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut rng = Rng::new(seed);
    Array2::from_shape_simple_fn((rows, columns), || rng.normal())
}

/// A model by its formula.
struct Formula<F>(F);

impl<F: Fn(ArrayView1<'_, f64>) -> f64 + Sync> Model for Formula<F> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array1<f64>, Error> {
        Ok(rows.map_axis(Axis(1), &self.0))
    }
}

fn curved(z: ArrayView1<'_, f64>) -> f64 {
    z[0] * z[1] + z[2] * z[2] - z[2] * z[3] + 0.5 * z[3]
}

#[test]
fn partial_dependence_and_its_grid_are_those_of_scikit_learn() {
    let references = references();
    let part = &references["dependence"];
    let (x, coef) = (matrix(&part["x"]), numbers(&part["coef"]));
    let intercept = part["intercept"].as_f64().unwrap();
    let logistic = Formula(move |z: ArrayView1<'_, f64>| {
        1.0 / (1.0 + (-intercept - z.iter().zip(&coef).map(|(z, w)| z * w).sum::<f64>()).exp())
    });
    let mut surfaces = 0;
    for case in part["cases"].as_array().unwrap() {
        let features: Vec<usize> = numbers(&case["features"]).iter().map(|f| *f as usize).collect();
        let points = case["points"].as_u64().unwrap() as usize;
        let name = case["model"].as_str().unwrap();
        let what = format!("{name} {features:?}, {points} points");
        let grids: Vec<Vec<f64>> = features.iter().map(|f| grid(x.view(), *f, points).unwrap()).collect();
        for (ours, theirs) in grids.iter().zip(case["grid"].as_array().unwrap()) {
            close(&what, ours.clone(), numbers(theirs), 1e-12);
        }
        if let [feature] = features[..] {
            let d = match name {
                "logistic" => partial_dependence(&logistic, x.view(), feature, &grids[0]),
                _ => partial_dependence(&Formula(curved), x.view(), feature, &grids[0]),
            }
            .unwrap();
            assert_eq!(d.grid, grids[0]);
            close(&what, d.mean, numbers(&case["average"]), 1e-9);
            assert_eq!(d.curves.dim(), (x.nrows(), grids[0].len()));
            close(&what, d.curves, matrix(&case["individual"]), 1e-9);
        } else {
            let pair = [features[0], features[1]];
            let s = match name {
                "logistic" => partial_dependence_2d(&logistic, x.view(), pair, &grids[0], &grids[1]),
                _ => partial_dependence_2d(&Formula(curved), x.view(), pair, &grids[0], &grids[1]),
            }
            .unwrap();
            assert_eq!((&s.first, &s.second), (&grids[0], &grids[1]));
            close(&what, s.mean, matrix(&case["average"]).iter().copied(), 1e-9);
            surfaces += 1;
        }
    }
    assert_eq!(surfaces, 4);
}

#[test]
fn a_grid_has_few_values_or_points_and_never_one_point_many_times() {
    let x = array![[1.0], [3.0], [1.0], [2.0]];
    assert_eq!(grid(x.view(), 0, 4).unwrap(), [1.0, 2.0, 3.0]);
    // Two of sixty rows differ from the rest: both percentiles are 0.
    let x = Array2::from_shape_fn((60, 1), |(i, _)| if i < 2 { i as f64 + 1.0 } else { 0.0 });
    assert_eq!(grid(x.view(), 0, 3).unwrap(), [0.0, 1.0, 2.0]);
    let constant = Array2::from_elem((9, 1), 4.0);
    assert_eq!(grid(constant.view(), 0, 2).unwrap(), [4.0]);
    assert!(matches!(grid(x.view(), 0, 1), Err(Error::TooFew { .. })));
    assert!(matches!(grid(x.view(), 1, 3), Err(Error::Setting { name: "feature", .. })));
    assert!(matches!(grid(array![[f64::NAN]].view(), 0, 3), Err(Error::NotFinite { .. })));
    let model = Formula(|z: ArrayView1<'_, f64>| z[0]);
    assert!(matches!(partial_dependence(&model, x.view(), 0, &[]), Err(Error::TooFew { .. })));
    let e = partial_dependence(&model, x.view(), 0, &[0.0, f64::INFINITY]);
    assert!(matches!(e, Err(Error::NotFinite { row: 1, .. })), "{e:?}");
    let e = partial_dependence_2d(&model, x.view(), [0, 2], &[0.0], &[0.0]);
    assert!(matches!(e, Err(Error::Setting { name: "feature", .. })), "{e:?}");
}

/// `−Σ (y − f)² / n`.
fn quality(y: &Array1<f64>) -> impl Fn(ArrayView1<'_, f64>) -> f64 + Sync + '_ {
    move |f| -(&f - y).mapv(|d| d * d).mean().unwrap()
}

#[test]
fn permutation_importance_is_the_fall_for_the_shuffles_of_its_seed() {
    let x = random(40, 3, 1);
    let model = Formula(|z: ArrayView1<'_, f64>| z[0] * z[1] + z[2]);
    let y = &model.predict(x.view()).unwrap() + &(0.1 * &random(40, 1, 2).column(0));
    let settings = PermutationImportance { repeats: 4, seed: 9 };
    let importance = settings.of(&model, x.view(), &quality(&y)).unwrap();
    let whole = quality(&y)(model.predict(x.view()).unwrap().view());
    for (feature, one) in importance.iter().enumerate() {
        let falls: Vec<f64> = (0..4)
            .map(|repeat| {
                // The stream of each shuffle: columns outside, repeats inside.
                let mut order: Vec<usize> = (0..40).collect();
                Rng::stream(9, (feature * 4 + repeat) as u64).shuffle(&mut order);
                let mut shuffled = x.clone();
                shuffled.column_mut(feature).assign(&x.column(feature).select(Axis(0), &order));
                whole - quality(&y)(model.predict(shuffled.view()).unwrap().view())
            })
            .collect();
        let mean = falls.iter().sum::<f64>() / 4.0;
        let sd = (falls.iter().map(|f| (f - mean) * (f - mean)).sum::<f64>() / 4.0).sqrt();
        assert_eq!(one.feature, feature);
        close("falls", one.falls.clone(), falls, 1e-12);
        close("mean and sd", [one.mean, one.sd], [mean, sd], 1e-12);
    }
}

#[test]
fn permutation_importance_of_a_linear_model_is_what_one_expects() {
    // With y = f(x) shuffling costs the mean of w² (x − x')², where x' is any of the n values: 2 w² variance.
    let x = random(60, 4, 3);
    let w = [1.5, -0.7, 0.0, 0.2];
    let model = Formula(move |z: ArrayView1<'_, f64>| z.iter().zip(w).map(|(z, w)| z * w).sum());
    let y = model.predict(x.view()).unwrap();
    let settings = PermutationImportance { repeats: 2000, seed: 4 };
    let importance = settings.of(&model, x.view(), &quality(&y)).unwrap();
    for (one, w) in importance.iter().zip(w) {
        let variance = x.column(one.feature).var(0.0);
        let expected = 2.0 * w * w * variance;
        let error = one.sd / (2000_f64).sqrt();
        assert!((one.mean - expected).abs() <= 4.0 * error, "{} for {expected} ± {error}", one.mean);
    }
    // A column that the model does not use is worth nothing, in every repeat.
    assert!(importance[2].falls.iter().all(|f| *f == 0.0) && importance[2].sd == 0.0);
    // A column that a model uses wrongly is worth less than nothing.
    let wrong = Formula(|z: ArrayView1<'_, f64>| -z[0]);
    let first = x.column(0).to_owned();
    let settings = PermutationImportance::default();
    let harm = settings.of(&wrong, x.view(), &quality(&first)).unwrap();
    assert!(harm[0].falls.iter().all(|f| *f < 0.0), "{:?}", harm[0]);
    let bad = |rows: ArrayView2<'_, f64>, repeats| {
        PermutationImportance { repeats, seed: 0 }.of(&wrong, rows, &quality(&first)).unwrap_err()
    };
    assert!(matches!(bad(x.view(), 0), Error::TooFew { what: "repeats", .. }));
    assert!(matches!(bad(x.slice(ndarray::s![..1, ..]), 3), Error::TooFew { what: "rows", .. }));
    let nan = settings.of(&wrong, x.view(), &|_: ArrayView1<'_, f64>| f64::NAN);
    assert!(matches!(nan, Err(Error::Setting { name: "quality", .. })));
}

#[test]
fn the_order_of_columns_does_no_harm() {
    // Shuffles differ between columns, what they cost on average does not.
    let x = random(80, 2, 5);
    let turned = concatenate![Axis(1), x.column(1).insert_axis(Axis(1)), x.column(0).insert_axis(Axis(1))];
    let (one, two) = (
        Formula(|z: ArrayView1<'_, f64>| 2.0 * z[0] + z[1] * z[1]),
        Formula(|z: ArrayView1<'_, f64>| 2.0 * z[1] + z[0] * z[0]),
    );
    let y = one.predict(x.view()).unwrap();
    let settings = PermutationImportance { repeats: 1000, seed: 6 };
    let a = settings.of(&one, x.view(), &quality(&y)).unwrap();
    let b = settings.of(&two, turned.view(), &quality(&y)).unwrap();
    for (a, b) in [(&a[0], &b[1]), (&a[1], &b[0])] {
        let error = (a.sd * a.sd + b.sd * b.sd).sqrt() / (1000_f64).sqrt();
        assert!((a.mean - b.mean).abs() <= 4.0 * error, "{} and {} ± {error}", a.mean, b.mean);
    }
    // Curves and surfaces have no chance in them.
    let values = [-1.0, 0.0, 0.5];
    let (a, b) = (
        partial_dependence(&one, x.view(), 0, &values).unwrap(),
        partial_dependence(&two, turned.view(), 1, &values).unwrap(),
    );
    close("curves", a.curves, b.curves, 1e-12);
    let (a, b) = (
        partial_dependence_2d(&one, x.view(), [0, 1], &values, &[2.0, 3.0]).unwrap(),
        partial_dependence_2d(&two, turned.view(), [0, 1], &[2.0, 3.0], &values).unwrap(),
    );
    close("surface", a.mean, b.mean.t().iter().copied().collect::<Vec<_>>(), 1e-12);
}

#[test]
fn bits_do_not_depend_on_threads() {
    let x = random(70, 4, 7);
    let y = x.map_axis(Axis(1), curved);
    let all = || {
        let model = Formula(curved);
        let (first, second) = (grid(x.view(), 0, 30).unwrap(), grid(x.view(), 2, 11).unwrap());
        (
            PermutationImportance::default().of(&model, x.view(), &quality(&y)).unwrap(),
            partial_dependence(&model, x.view(), 0, &first).unwrap(),
            partial_dependence_2d(&model, x.view(), [0, 2], &first, &second).unwrap(),
        )
    };
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let one = pool(1).install(all);
    for threads in [2, 5] {
        assert!(pool(threads).install(all) == one, "{threads} threads");
    }
}

#[test]
fn a_selection_is_that_of_shap() {
    let references = references();
    let part = &references["selection"];
    let (background, rows) = (matrix(&part["background"]), matrix(&part["rows"]));
    let mut chosen = 0;
    for case in part["cases"].as_array().unwrap() {
        let (name, l1) = (case["model"].as_str().unwrap(), &case["l1_reg"]);
        let selection = match l1.as_str() {
            Some("aic") => Selection::Aic,
            Some("bic") => Selection::Bic,
            Some(count) => Selection::Count(count["num_features(".len()..count.len() - 1].parse().unwrap()),
            None => Selection::Lambda(l1.as_f64().unwrap()),
        };
        let model = Formula(|z: ArrayView1<'_, f64>| match name {
            "5 x0 + 2 x3 - x6" => 5.0 * z[0] + 2.0 * z[3] - z[6],
            "5 x0 + 2 x3 - x6 + x0 x3 x6" => 5.0 * z[0] + 2.0 * z[3] - z[6] + z[0] * z[3] * z[6],
            "x0 x1 + 3 x4 + 0.1 x8" => z[0] * z[1] + 3.0 * z[4] + 0.1 * z[8],
            other => panic!("no code runs the model {other}"),
        });
        let game = Marginal::new(&model, background.view(), rows.view()).unwrap();
        let e = KernelShap { selection, ..KernelShap::default() }.explain(&game).unwrap();
        assert_eq!(e.samples, 510);
        e.check_additivity(1e-12).unwrap();
        for (row, (ours, theirs)) in
            e.values.rows().into_iter().zip(matrix(&case["values"]).rows()).enumerate()
        {
            // Where nothing is chosen shap gives zeros, which do not sum; we then choose all.
            if theirs.iter().all(|v| *v == 0.0) {
                continue;
            }
            let what = format!("{name}, {l1}, row {row}: {ours} and {theirs}");
            close(&what, ours.to_vec(), theirs.to_vec(), 1e-9);
            let zeros = |v: ArrayView1<'_, f64>| v.iter().map(|v| *v == 0.0).collect::<Vec<_>>();
            assert_eq!(zeros(ours), zeros(theirs), "{what}");
            chosen += 1;
        }
    }
    assert!(chosen >= 90, "{chosen} rows were compared");
}

#[test]
fn linear_values_of_correlated_features_are_those_of_shap() {
    let references = references();
    let cases = references["correlated"]["cases"].as_array().unwrap();
    for case in cases {
        let (background, rows) = (matrix(&case["background"]), matrix(&case["rows"]));
        let intercept = case["intercept"].as_f64().unwrap();
        let features = Features::Correlated { orders: 1, seed: 0 };
        let e = linear(&numbers(&case["coef"]), intercept, background.view(), rows.view(), features).unwrap();
        let name = case["name"].as_str().unwrap();
        close(name, [e.base], [case["base"].as_f64().unwrap()], 1e-12);
        close(name, e.values, matrix(&case["values"]), 1e-12);
    }
    assert_eq!(cases.len(), 3);
}

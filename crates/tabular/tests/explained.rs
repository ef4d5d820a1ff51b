//! Shapley values of fitted learners: of their own output on patients they have not seen, and those of the definition.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

use ndarray::{Array1, Array2, ArrayView2};
use radiomics_explain::shapley::linear::Features;
use radiomics_explain::shapley::tree::Ensemble;
use radiomics_explain::shapley::{KernelMachine, exact};
use radiomics_explain::{Explanation, Marginal, Model};
use radiomics_stats::rng::Rng;
use radiomics_tabular::models::{
    BoostingSettings, ForestSettings, Gamma, Kernel, LinearSvmSettings, LogisticSettings, Node, SvmSettings,
    Tree, TreeSettings,
};
use radiomics_tabular::{CalibrationMethod, Calibrator, Error, Matrix};

const WIDTH: usize = 5;

/// Three of five columns matter, two of them together; the values of one are whole, so that thresholds are met.
fn patients(n: usize, seed: u64) -> (Matrix, Vec<bool>) {
    let mut rng = Rng::new(seed);
    let mut columns: Vec<Vec<f64>> = (0..WIDTH).map(|_| (0..n).map(|_| rng.normal()).collect()).collect();
    columns[1].iter_mut().for_each(|v| *v = (*v * 2.0).round());
    let outcome =
        (0..n).map(|i| columns[0][i] + columns[1][i] * columns[2][i] + 0.5 * rng.normal() > 0.0).collect();
    (Matrix::unnamed(columns).unwrap(), outcome)
}

struct Data {
    train: Matrix,
    outcome: Vec<bool>,
    background: Array2<f64>,
    held_out: Matrix,
}

fn data() -> Data {
    let (train, outcome) = patients(120, 1);
    let background = train.subset(&(0..12).collect::<Vec<_>>()).array();
    Data { train, outcome, background, held_out: patients(25, 2).0 }
}

/// A learner's own function of columns as one of rows.
fn of_rows(f: impl Fn(&[Vec<f64>]) -> Vec<f64> + Sync) -> impl Model {
    move |rows: ArrayView2<'_, f64>| {
        let columns: Vec<Vec<f64>> = rows.columns().into_iter().map(|c| c.to_vec()).collect();
        Array1::from(f(&columns))
    }
}

fn close(what: &str, a: impl IntoIterator<Item = f64>, b: impl IntoIterator<Item = f64>, tolerance: f64) {
    let (a, b): (Vec<f64>, Vec<f64>) = (a.into_iter().collect(), b.into_iter().collect());
    assert_eq!(a.len(), b.len(), "{what}");
    let worst = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst <= tolerance, "{what}: off by {worst:e}");
}

/// Base and values sum to what the learner itself says.
fn sums(what: &str, e: &Explanation, output: &[f64]) {
    close(what, e.values.rows().into_iter().map(|r| e.base + r.sum()), output.to_vec(), 1e-10);
}

fn trees(what: &str, ensemble: &Ensemble, learner: impl Fn(&[Vec<f64>]) -> Vec<f64> + Sync) {
    let d = data();
    let (x, output) = (d.held_out.array(), learner(d.held_out.columns()));
    let path = ensemble.path_dependent(x.view()).unwrap();
    sums(&format!("{what}, path-dependent"), &path, &output);
    let between = ensemble.interventional(d.background.view(), x.view()).unwrap();
    sums(&format!("{what}, interventional"), &between, &output);
    let model = of_rows(learner);
    let defined = exact(&Marginal::new(&model, d.background.view(), x.view()).unwrap()).unwrap();
    close(what, between.values, defined.values, 1e-10);
    close(what, [between.base], [defined.base], 1e-10);
    assert!(path.values.iter().any(|v| v.abs() > 0.05), "{what} is constant");
}

#[test]
fn values_of_trees_sum_to_their_output_and_are_those_of_the_definition() {
    let d = data();
    let settings = TreeSettings { max_depth: Some(5), ..TreeSettings::default() };
    let tree = settings.fit(&d.train, &d.outcome, 0).unwrap();
    trees("tree", &tree.ensemble(WIDTH).unwrap(), |x| tree.values(x));
    let forest =
        ForestSettings { trees: 20, ..ForestSettings::default() }.fit(&d.train, &d.outcome, 3).unwrap();
    trees("forest", &forest.ensemble(WIDTH).unwrap(), |x| forest.probability(x));
    let settings = BoostingSettings { trees: 25, min_leaf: 5, ..BoostingSettings::default() };
    let boosting = settings.fit(&d.train, &d.outcome).unwrap();
    assert!(boosting.base != 0.0);
    trees("boosting", &boosting.ensemble(WIDTH).unwrap(), |x| boosting.raw(x));
}

#[test]
fn trees_without_chance_expect_what_their_patients_have() {
    // Unknown splits are passed in proportion to patients: with nothing known that is the share of class 1.
    let d = data();
    let tree = TreeSettings::default().fit(&d.train, &d.outcome, 0).unwrap();
    let share = d.outcome.iter().filter(|y| **y).count() as f64 / d.outcome.len() as f64;
    let e = tree.ensemble(WIDTH).unwrap().path_dependent(d.held_out.array().view()).unwrap();
    close("base", [e.base], [share], 1e-12);
}

#[test]
fn thresholds_and_missing_values_go_where_the_tree_sends_them() {
    let x = Matrix::unnamed(vec![vec![1.0, 2.0, 3.0, 4.0]]).unwrap();
    let tree = TreeSettings::default().fit(&x, &[false, false, true, true], 0).unwrap();
    let threshold = tree.nodes[0].threshold;
    let cells = [threshold.next_down(), threshold, threshold.next_up(), f64::NAN];
    let rows = Array2::from_shape_vec((4, 1), cells.to_vec()).unwrap();
    let e = tree.ensemble(1).unwrap().path_dependent(rows.view()).unwrap();
    assert_eq!(e.predictions, tree.values(&[cells]));
    sums("cells", &e, &[0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn what_is_no_tree_is_an_error() {
    let inner = Node { feature: 3, threshold: 0.0, left: 1, right: 2, cover: 2.0, value: 0.5 };
    let tree = Tree { nodes: vec![inner, Node::leaf(1.0, 0.0), Node::leaf(1.0, 1.0)] };
    assert!(tree.ensemble(4).is_ok());
    let e = tree.ensemble(3).unwrap_err();
    assert!(matches!(&e, Error::Explain(radiomics_explain::Error::Tree { tree: 0, node: 0, .. })), "{e}");
    assert!(matches!(Tree { nodes: vec![] }.ensemble(3), Err(Error::Explain(_))));
    let none = radiomics_tabular::models::Boosting { base: 0.0, trees: vec![], loss: vec![] };
    let e = none.ensemble(3).unwrap_err();
    assert!(matches!(e, Error::Explain(radiomics_explain::Error::TooFew { .. })), "{e}");
}

#[test]
fn values_of_machines_are_those_of_their_decisions_and_probabilities() {
    let d = data();
    let x = d.held_out.array();
    let gamma = Gamma::Scale;
    for kernel in [
        Kernel::Linear,
        Kernel::Rbf { gamma },
        Kernel::Polynomial { degree: 2, gamma, coef0: 1.0 },
        Kernel::Sigmoid { gamma: Gamma::Value(0.05), coef0: 0.1 },
    ] {
        let svm = SvmSettings { kernel, ..SvmSettings::default() }.fit(&d.train, &d.outcome).unwrap();
        machine(&format!("{kernel:?}"), |curve| svm.kernel_machine(curve), |x| svm.decision(x));
    }
    let svm = LinearSvmSettings::default().fit(&d.train, &d.outcome, 0).unwrap();
    machine("penalised intercept", |curve| svm.kernel_machine(curve), |x| svm.decision(x));
    let e = svm.shapley(d.background.view(), x.view(), Features::Independent).unwrap();
    sums("penalised intercept", &e, &svm.decision(d.held_out.columns()));
    let form = svm.kernel_machine(None).unwrap();
    let game = form.game(d.background.view(), x.view()).unwrap();
    close("penalised intercept", e.values, exact(&game).unwrap().values, 1e-10);
}

fn machine(
    what: &str,
    form: impl Fn(Option<&Calibrator>) -> Result<KernelMachine, Error>,
    decision: impl Fn(&[Vec<f64>]) -> Vec<f64> + Sync,
) {
    let d = data();
    let x = d.held_out.array();
    let in_training = decision(d.train.columns());
    let curve = Calibrator::fit(CalibrationMethod::Platt, &d.outcome, &in_training).unwrap();
    let check = |machine: &KernelMachine, model: &dyn Fn(&[Vec<f64>]) -> Vec<f64>, e: Explanation| {
        let output = model(d.held_out.columns());
        close(what, machine.predict(x.view()).unwrap(), output.clone(), 1e-10);
        sums(what, &e, &output);
    };
    let explain =
        |machine: &KernelMachine| exact(&machine.game(d.background.view(), x.view()).unwrap()).unwrap();
    let plain = form(None).unwrap();
    check(&plain, &decision, explain(&plain));
    let calibrated = form(Some(&curve)).unwrap();
    let e = explain(&calibrated);
    let probability = |x: &[Vec<f64>]| curve.apply(&decision(x));
    let model = of_rows(probability);
    let defined = exact(&Marginal::new(&model, d.background.view(), x.view()).unwrap()).unwrap();
    close(what, e.values.clone(), defined.values, 1e-10);
    check(&calibrated, &probability, e);
    let steps = Calibrator::fit(CalibrationMethod::Isotonic, &d.outcome, &in_training).unwrap();
    assert!(matches!(form(Some(&steps)), Err(Error::Setting { .. })));
}

#[test]
fn values_of_a_regression_are_those_of_its_log_odds() {
    let d = data();
    let x = d.held_out.array();
    let logistic = LogisticSettings::default().fit(&d.train, &d.outcome).unwrap();
    let e = logistic.shapley(d.background.view(), x.view(), Features::Independent).unwrap();
    sums("log-odds", &e, &logistic.linear_predictor(d.held_out.columns()));
    let model = of_rows(|x| logistic.linear_predictor(x));
    let defined = exact(&Marginal::new(&model, d.background.view(), x.view()).unwrap()).unwrap();
    close("log-odds", e.values, defined.values, 1e-10);
}

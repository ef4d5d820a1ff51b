//! All reference cases of the area `shap`: shap 0.51 and definitions. A case that cannot be run fails.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // helpers of tests fail as tests do

mod data;

use data::{Case, OfCase, matrix, numbers};
use ndarray::{Array1, Array2, ArrayView2, s};
use radiomics_explain::gradient::{
    Draw, Gradient, expected_gradients_of_draws, integrated_expected_gradients,
};
use radiomics_explain::shapley::linear::{Features, linear};
use radiomics_explain::shapley::tree::{Comparison, Ensemble, Node, Split};
use radiomics_explain::shapley::{Kernel, KernelMachine, KernelShap, PermutationShap, exact};
use radiomics_explain::{Error, Explanation, Marginal, Model};
use serde_json::Value;

/// The models that cases describe in words.
enum Described {
    Linear {
        w: Vec<f64>,
        b: f64,
        sigmoid: bool,
    },
    Polynomial4,
    Maximum,
    Cube,
    /// `sigmoid(w · x) + 0.5 x0 x1 − x2²`.
    Curved {
        w: Vec<f64>,
    },
    Machine(KernelMachine),
}

fn sigmoid(t: f64) -> f64 {
    1.0 / (1.0 + (-t).exp())
}

impl Described {
    fn of(case: &Case) -> Result<Self, String> {
        let model = &case.params["model"];
        let kind = model["kind"].as_str().unwrap_or("");
        let w = || numbers(&model["w"]);
        let b = model["b"].as_f64().unwrap_or(0.0);
        Ok(match kind {
            "linear" => Self::Linear { w: w(), b, sigmoid: false },
            "sigmoid(w.x+b)" => Self::Linear { w: w(), b, sigmoid: true },
            "1+2*x0+x0*x1-x2^2+x1*x2*x3" => Self::Polynomial4,
            _ if kind.starts_with("max(") => Self::Maximum,
            "x0^3" => Self::Cube,
            "sigmoid(w.x)+0.5*x0*x1-x2^2" => Self::Curved { w: w() },
            _ if kind.starts_with("svm_") => {
                let number = |key: &str| model[key].as_f64();
                let gamma = number("gamma").unwrap_or(1.0);
                let coef0 = number("coef0").unwrap_or(0.0);
                let kernel = match kind.split(':').next().unwrap() {
                    "svm_rbf" => Kernel::Rbf { gamma },
                    "svm_linear" => Kernel::Linear,
                    "svm_poly" => Kernel::Polynomial {
                        gamma,
                        coef0,
                        degree: model["degree"].as_u64().unwrap_or(3) as u32,
                    },
                    "svm_sigmoid" => Kernel::Sigmoid { gamma, coef0 },
                    other => return Err(format!("no code runs the model {other}")),
                };
                let support = matrix(&model["support_vectors"]);
                let machine = KernelMachine::new(kernel, support, numbers(&model["dual_coef"]), b);
                Self::Machine(machine.map_err(|e| e.to_string())?)
            }
            other => return Err(format!("no code runs the model {other}")),
        })
    }
}

impl Model for Described {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array1<f64>, Error> {
        let dot = |w: &[f64], x: &[f64]| w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        if let Self::Machine(machine) = self {
            return machine.predict(rows);
        }
        Ok(rows
            .rows()
            .into_iter()
            .map(|row| {
                let x = row.to_vec();
                match self {
                    Self::Linear { w, b, sigmoid: false } => dot(w, &x) + b,
                    Self::Linear { w, b, sigmoid: true } => sigmoid(dot(w, &x) + b),
                    Self::Polynomial4 => 1.0 + 2.0 * x[0] + x[0] * x[1] - x[2] * x[2] + x[1] * x[2] * x[3],
                    Self::Maximum => x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                    Self::Cube => x[0].powi(3),
                    Self::Curved { w } => sigmoid(dot(w, &x)) + 0.5 * x[0] * x[1] - x[2] * x[2],
                    Self::Machine(_) => f64::NAN, // returned above
                }
            })
            .collect())
    }
}

impl Gradient for Described {
    fn gradient(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        let Self::Curved { w } = self else { return Err(Error::Model("no gradient".to_owned())) };
        let mut slopes = Array2::zeros(rows.dim());
        for (x, mut slope) in rows.rows().into_iter().zip(slopes.rows_mut()) {
            let p = sigmoid(w.iter().zip(x).map(|(w, x)| w * x).sum());
            slope.iter_mut().zip(w).for_each(|(s, w)| *s = w * p * (1.0 - p));
            slope[0] += 0.5 * x[1];
            slope[1] += 0.5 * x[0];
            slope[2] -= 2.0 * x[2];
        }
        Ok(slopes)
    }
}

struct Report<'a> {
    case: &'a Case,
    met: Vec<&'a str>,
    failures: Vec<String>,
}

impl<'a> Report<'a> {
    fn numbers(&mut self, key: &'a str, got: &[f64]) {
        let want = data::flat(&self.case.expected[key]);
        self.met.push(key);
        if got.len() != want.len() {
            self.failures.push(format!(
                "{}.{key}: {} values, wanted {}",
                self.case.id,
                got.len(),
                want.len()
            ));
            return;
        }
        for (i, (got, want)) in got.iter().zip(&want).enumerate() {
            let allowed = self.case.atol + self.case.rtol * want.abs();
            if (got - want).abs() > allowed || got.is_nan() {
                self.failures.push(format!("{}.{key}[{i}]: got {got:e}, wanted {want:e}", self.case.id));
            }
        }
    }

    /// Whether the case expects this key.
    fn wants(&self, key: &str) -> bool {
        !self.case.expected[key].is_null()
    }

    /// A key that is met by another test of its own.
    fn noted(&mut self, key: &'a str) {
        self.met.push(key);
    }
}

fn flat(e: &Explanation) -> Vec<f64> {
    e.values.iter().copied().collect()
}

fn run<'a>(case: &'a Case, report: &mut Report<'a>) -> Result<(), String> {
    match case.method.as_str() {
        "shapley_exact" => shapley_exact(case, report),
        "kernel_shap_sampled" => kernel_sampled(case, report),
        "linear_shap" => linear_shap(case, report),
        "tree_shap" => tree_shap(case, report),
        "expected_gradients" => expected_gradients(case, report),
        other => Err(format!("no code runs the method {other}")),
    }
}

fn shapley_exact<'a>(case: &'a Case, report: &mut Report<'a>) -> Result<(), String> {
    let model = Described::of(case)?;
    let (background, x) = (matrix(&case.params["background"]), matrix(&case.params["x"]));
    let game = Marginal::new(&model, background.view(), x.view()).map_err(text)?;
    let e = exact(&game).map_err(text)?;
    report.numbers("phi", &flat(&e));
    report.numbers("base", &[e.base]);
    report.numbers("fx", &e.predictions);
    let full = KernelShap { samples: Some(1 << 20), ..KernelShap::default() }.explain(&game).map_err(text)?;
    report.numbers("kernel_full_enumeration", &flat(&full));
    if report.wants("mean_abs") {
        let mut summary = e.summary(x.view()).map_err(text)?;
        summary.sort_by_key(|s| s.player);
        report.numbers("mean_abs", &summary.iter().map(|s| s.mean_absolute).collect::<Vec<_>>());
    }
    if report.wants("permutation_50_estimate") {
        // A random estimate: ours must be as near to the truth as ten times the anchor's own distance allows.
        report.noted("permutation_50_estimate");
        let theirs = data::flat(&case.expected["permutation_50_estimate"]);
        let ours = PermutationShap { orders: 50, seed: 1 }.explain(&game).map_err(text)?;
        let far = |v: &[f64]| v.iter().zip(&e.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if far(&flat(&ours)) > 10.0 * far(&theirs) + 1e-12 {
            report.failures.push(format!("{}: permutation off by {:e}", case.id, far(&flat(&ours))));
        }
    }
    if let Described::Machine(machine) = &model {
        let cached = machine.game(background.view(), x.view()).map_err(text)?;
        report.numbers("phi", &flat(&exact(&cached).map_err(text)?));
        if machine.exact(background.view(), x.view()).map(|e| report.numbers("phi", &flat(&e))).is_err() {
            println!("{}: this kernel has no closed form", case.id);
        }
    }
    e.check_additivity(1e-9).map_err(text)
}

fn kernel_sampled<'a>(case: &'a Case, report: &mut Report<'a>) -> Result<(), String> {
    let model = Described::of(case)?;
    let (background, x) = (matrix(&case.params["background"]), matrix(&case.params["x"]));
    let game = Marginal::new(&model, background.view(), x.view()).map_err(text)?;
    let samples = case.params["nsamples"].as_u64().map(|n| n as usize);
    let e = KernelShap { samples, ..KernelShap::default() }.explain(&game).map_err(text)?;
    report.numbers("phi_exact", &flat(&e));
    report.numbers("base", &[e.base]);
    report.noted("anchor_max_abs_error");
    Ok(())
}

fn linear_shap<'a>(case: &'a Case, report: &mut Report<'a>) -> Result<(), String> {
    let names = case.names("x");
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let background = case.table(&columns);
    let (w, b) = (numbers(&case.expected["coef"]), case.expected["intercept"].as_f64().unwrap());
    // The coefficients must be those of least squares on this very table.
    let y = case.table(&[case.params["y"].as_str().unwrap()]);
    let residuals: Vec<f64> = background
        .rows()
        .into_iter()
        .zip(y.column(0))
        .map(|(x, y)| y - b - x.iter().zip(&w).map(|(x, w)| x * w).sum::<f64>())
        .collect();
    let slope = background.columns().into_iter().map(|c| {
        let scale = c.iter().map(|v| v * v).sum::<f64>().sqrt();
        c.iter().zip(&residuals).map(|(x, r)| x * r).sum::<f64>().abs() / scale
    });
    if slope.fold(0.0, f64::max) > 1e-6 {
        report.failures.push(format!("{}: coefficients are not those of least squares", case.id));
    }
    ["coef", "intercept", "max_diff_from_formula"].into_iter().for_each(|k| report.noted(k));
    let rows = case.explained();
    let x = background.slice(s![..rows, ..]);
    let e = linear(&w, b, background.view(), x, Features::Independent).map_err(text)?;
    report.numbers("phi", &flat(&e));
    report.numbers("base", &[e.base]);
    Ok(())
}

fn tree_shap<'a>(case: &'a Case, report: &mut Report<'a>) -> Result<(), String> {
    let names = case.names("x");
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let table = case.table(&columns);
    let list = case.params["trees"].as_array().unwrap();
    let trees: Vec<Vec<Node>> = list.iter().map(nodes).collect();
    let scale = match case.params["combine"].as_str().unwrap_or("") {
        "mean of trees" => 1.0 / trees.len() as f64,
        "sum of trees" => 1.0,
        other => return Err(format!("no code combines trees by {other}")),
    };
    let comparison = match case.params["go_left"].as_str().unwrap_or("") {
        "x <= threshold (x as float32)" => Comparison::AtMostSingle,
        "x <= threshold" => Comparison::AtMost,
        "x < threshold (x as float32)" => Comparison::BelowSingle,
        other => return Err(format!("no code splits by {other}")),
    };
    let base = case.params["base"].as_f64().unwrap_or(0.0);
    let ensemble = Ensemble::new(trees, columns.len(), base, scale, comparison).map_err(text)?;
    let x = table.slice(s![..case.explained(), ..]);
    let (first, last) = case.background();
    let background = table.slice(s![first..=last, ..]);
    let path = ensemble.path_dependent(x).map_err(text)?;
    report.numbers("path_dependent", &flat(&path));
    report.numbers("base_path", &[path.base]);
    report.numbers("fx", &path.predictions);
    let between = ensemble.interventional(background, x).map_err(text)?;
    report.numbers("interventional", &flat(&between));
    report.numbers("base_interventional", &[between.base]);
    if report.wants("interactions_row0") {
        let all = ensemble.interactions(x).map_err(text)?;
        report.numbers("interactions_row0", &all.slice(s![0, .., ..]).iter().copied().collect::<Vec<_>>());
    }
    path.check_additivity(1e-9).map_err(text)?;
    between.check_additivity(1e-9).map_err(text)
}

fn nodes(tree: &Value) -> Vec<Node> {
    let list = |key: &str| numbers(&tree[key]);
    let (left, right, feature) = (list("left"), list("right"), list("feature"));
    let (threshold, value, cover) = (list("threshold"), list("value"), list("cover"));
    (0..left.len())
        .map(|i| Node {
            split: (left[i] >= 0.0).then(|| Split {
                feature: feature[i] as usize,
                threshold: threshold[i],
                missing_left: false,
                left: left[i] as usize,
                right: right[i] as usize,
            }),
            value: value[i],
            cover: cover[i],
        })
        .collect()
}

fn expected_gradients<'a>(case: &'a Case, report: &mut Report<'a>) -> Result<(), String> {
    let model = Described::of(case)?;
    let (background, x) = (matrix(&case.params["background"]), matrix(&case.params["x"]));
    let (index, alpha) = (matrix(&case.params["background_index"]), matrix(&case.params["alpha"]));
    let draws: Vec<Vec<Draw>> = index
        .rows()
        .into_iter()
        .zip(alpha.rows())
        .map(|(i, a)| i.iter().zip(a).map(|(i, a)| Draw { background: *i as usize, alpha: *a }).collect())
        .collect();
    let given = expected_gradients_of_draws(&model, background.view(), x.view(), &draws).map_err(text)?;
    report.numbers("phi_given_samples", &given.values.iter().copied().collect::<Vec<_>>());
    let variance: Vec<f64> = given.variance.iter().flatten().copied().collect();
    report.numbers("variance_of_mean", &variance);
    let whole = integrated_expected_gradients(&model, background.view(), x.view(), 200).map_err(text)?;
    report.numbers("phi_integrated", &whole.values.iter().copied().collect::<Vec<_>>());
    report.numbers("fx", &model.predict(x.view()).map_err(text)?.to_vec());
    let mean = model.predict(background.view()).map_err(text)?.mean().unwrap();
    report.numbers("mean_f_background", &[mean]);
    Ok(())
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[test]
fn every_case_of_this_crate_is_met() {
    let Some(cases) = data::all() else { return };
    let mut failures = Vec::new();
    for case in &cases {
        let mut report = Report { case, met: Vec::new(), failures: Vec::new() };
        if let Err(why) = run(case, &mut report) {
            report.failures.push(format!("{}: {why}", case.id));
        }
        for (key, _) in case.expected.as_object().unwrap() {
            if !report.met.contains(&key.as_str()) && report.failures.is_empty() {
                report.failures.push(format!("{}.{key}: not produced", case.id));
            }
        }
        failures.append(&mut report.failures);
    }
    println!("{} cases", cases.len());
    assert!(!cases.is_empty(), "no case was found");
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}

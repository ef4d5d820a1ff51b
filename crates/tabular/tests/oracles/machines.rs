//! Support vector machines: decisions, Platt's curve, grid search.

use radiomics_tabular::models::{ClassWeight, Gamma, Kernel, Learner, ModelSettings, SvmSettings};
use radiomics_tabular::split::Folds;
use radiomics_tabular::{CalibrationMethod, Calibrator, Error, Matrix, Recipe, Score, Search};
use serde_json::Value;

use crate::data::{Case, OfCase, parts};
use crate::{list, num, object};

type Got = Result<Value, Error>;

fn gamma(value: &Value) -> Gamma {
    match value {
        Value::String(s) if s == "auto" => Gamma::Auto,
        Value::Number(n) => Gamma::Value(n.as_f64().unwrap()),
        _ => Gamma::Scale,
    }
}

/// Settings of a case, at the tolerance of the anchor.
fn settings(case: &Case) -> SvmSettings {
    let (gamma, coef0) = (gamma(&case.params["gamma"]), case.number("coef0").unwrap_or(0.0));
    let kernel = match case.text("kernel").unwrap_or("linear") {
        "linear" => Kernel::Linear,
        "rbf" => Kernel::Rbf { gamma },
        "poly" => Kernel::Polynomial { degree: case.number("degree").unwrap_or(3.0) as u32, gamma, coef0 },
        "sigmoid" => Kernel::Sigmoid { gamma, coef0 },
        other => panic!("no kernel {other}"),
    };
    let class_weight = match &case.params["class_weight"] {
        Value::String(s) if s == "balanced" => ClassWeight::Balanced,
        Value::Object(w) => {
            let of = |k: &str| w.get(k).and_then(Value::as_f64).unwrap_or(1.0);
            ClassWeight::Values { negative: of("0"), positive: of("1") }
        }
        _ => ClassWeight::Equal,
    };
    let c = case.number("C").unwrap_or(1.0);
    SvmSettings { kernel, c, class_weight, tolerance: 1e-8, ..SvmSettings::default() }
}

fn train_and_test(case: &Case) -> (Matrix, Vec<bool>, Matrix, Vec<bool>) {
    let inputs = case.scaled();
    let (train, test) = parts(case, inputs.x.rows());
    let pick = |rows: &[usize]| -> Vec<bool> { rows.iter().map(|&i| inputs.binary[i]).collect() };
    (inputs.x.subset(&train), pick(&train), inputs.x.subset(&test), pick(&test))
}

pub fn svm(case: &Case) -> Got {
    let (x, y, new, truth) = train_and_test(case);
    let svm = settings(case).fit(&x, &y)?;
    assert!(svm.converged, "not converged, gap {}", svm.gap);
    let decision = svm.decision(new.columns());
    let Calibrator::Platt { a, b } =
        Calibrator::fit(CalibrationMethod::Platt, &y, &svm.decision(x.columns()))?
    else {
        panic!("Platt's curve was asked for")
    };
    let p = Calibrator::Platt { a, b }.apply(&decision);
    let mut got = vec![
        ("n_support", list(svm.support_by_class.map(|n| n as f64))),
        ("intercept", num(svm.intercept)),
        ("auc_test", num(Score::RocAuc.of_decision(&truth, &decision)?)),
        ("decision_test", list(decision)),
        ("platt_on_train_decisions", object(vec![("A", num(a)), ("B", num(b)), ("p_test", list(p))])),
        (
            "dual_objective",
            if case.expected["dual_objective"].is_null() { Value::Null } else { num(svm.dual_objective) },
        ),
    ];
    if let Some(w) = svm.weights {
        got.push(("coef", list(w)));
    }
    Ok(object(got))
}

/// libsvm's probabilities rest on folds of its own generator, which is made again here, so that the comparison is
/// one of the method and not of the shuffle. The product's own folds are those of `Calibration`.
pub fn probability(case: &Case) -> Got {
    let (x, y, new, _) = train_and_test(case);
    let settings = SvmSettings { tolerance: 1e-3, ..settings(case) };
    let fold = libsvm_folds(&y, 5);
    let recipe = Recipe::of(ModelSettings::Svm(settings));
    let decisions = recipe.out_of_fold(&x, &y, &Folds::given(fold)?)?;
    let Calibrator::Platt { a, b } = Calibrator::fit(CalibrationMethod::Platt, &y, &decisions)? else {
        panic!("Platt's curve was asked for")
    };
    let model = recipe.fit(&x, &y)?;
    let p = Calibrator::Platt { a, b }.apply(&model.decision(&new)?);
    let want: Vec<f64> =
        case.expected["p_test"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    let off = p.iter().zip(&want).map(|(p, w)| (p - w).abs()).sum::<f64>() / p.len() as f64;
    println!("{}: mean difference of probabilities {off:.5}, A {a:.4}, B {b:.4}", case.id);
    // Its curve is that of class 0, whose decisions have the other sign: p₁ = 1 / (1 + exp(A f − B)).
    Ok(object(vec![("p_test", list(p)), ("A", num(a)), ("B", num(-b))]))
}

/// The fold of each row in libsvm's `svm_binary_svc_probability` as scikit-learn seeds it with `random_state = 0`:
/// Mersenne twister, Lemire's bounded numbers, then a shuffle; fold `f` are the positions `f n / k .. (f + 1) n / k`.
fn libsvm_folds(y: &[bool], k: usize) -> Vec<usize> {
    // numpy.random.RandomState(0).randint(2147483647)
    let mut random = Twister::new(209_652_396);
    let n = y.len();
    // Patients stand class by class.
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|&i| y[i]);
    for i in 0..n {
        let j = i + random.below((n - i) as u32) as usize;
        order.swap(i, j);
    }
    let mut fold = vec![0; n];
    for f in 0..k {
        for &row in &order[f * n / k..(f + 1) * n / k] {
            fold[row] = f;
        }
    }
    fold
}

struct Twister {
    state: [u32; 624],
    at: usize,
}

impl Twister {
    fn new(seed: u32) -> Self {
        let mut state = [seed; 624];
        for i in 1..624 {
            let last: u32 = state[i - 1];
            state[i] = 1_812_433_253u32.wrapping_mul(last ^ (last >> 30)).wrapping_add(i as u32);
        }
        Self { state, at: 624 }
    }

    fn next(&mut self) -> u32 {
        if self.at == 624 {
            for i in 0..624 {
                let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % 624] & 0x7fff_ffff);
                self.state[i] =
                    self.state[(i + 397) % 624] ^ (y >> 1) ^ if y & 1 == 1 { 0x9908_b0df } else { 0 };
            }
            self.at = 0;
        }
        let mut y = self.state[self.at];
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    fn below(&mut self, range: u32) -> u32 {
        let mut m = u64::from(self.next()) * u64::from(range);
        if (m as u32) < range {
            let threshold = range.wrapping_neg() % range;
            while (m as u32) < threshold {
                m = u64::from(self.next()) * u64::from(range);
            }
        }
        (m >> 32) as u32
    }
}

pub fn grid(case: &Case) -> Got {
    let inputs = case.scaled();
    let folds = Folds::given(case.numbers("fold_of_row").iter().map(|f| *f as usize).collect())?;
    let recipe = Recipe::of(ModelSettings::Svm(SvmSettings { tolerance: 1e-3, ..settings(case) }));
    let costs = case.params["C"].as_array().unwrap().clone();
    let search = Search::grid([("model/svm/c", costs.clone())], crate::selection::score(case));
    let tuned = search.run(&recipe, &inputs.x, &inputs.binary, &folds, |_| {})?;
    let best = &tuned.candidates[tuned.best];
    let Learner::Svm(_) = tuned.pipeline.model.learner else { panic!("a machine was asked for") };
    Ok(object(vec![
        ("mean_test_score", list(tuned.candidates.iter().map(|c| c.mean))),
        ("std_test_score", list(tuned.candidates.iter().map(|c| c.sd))),
        ("best_C", costs[tuned.best].clone()),
        ("best_score", num(best.mean)),
        ("split0", list(tuned.candidates.iter().map(|c| c.folds[0]))),
    ]))
}

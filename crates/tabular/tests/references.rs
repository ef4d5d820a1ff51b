//! What neuroCombat, mrmr_selection and scikit-learn give; `data/make_references.py` wrote `data/references.json` and
//! says with which versions. The tables are those of the reference collection.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

use radiomics_phantoms::reference::shared;
use radiomics_tabular::models::{
    BoostingSettings, ClassWeight, Gamma, Kernel, Learner, LogisticSettings, Model, ModelSettings,
    NaiveBayesSettings, NeighboursSettings, Penalty, SvmSettings, TreeSettings,
};
use radiomics_tabular::prepare::{CombatSettings, Scale};
use radiomics_tabular::select::{Combination, MrmrSettings, Relevance, mrmr};
use radiomics_tabular::{CalibrationMethod, Calibrator, Matrix, ReadSettings, Table};
use serde_json::Value;

struct Data {
    x: Matrix,
    y: Vec<bool>,
}

fn data(name: &str) -> Option<Data> {
    let path = shared(&format!("oracles/stats/data/{name}.csv"))?;
    let text = std::fs::read_to_string(path).unwrap();
    let numbered: String = text
        .lines()
        .enumerate()
        .map(|(i, line)| if i == 0 { format!("patient,{line}\n") } else { format!("{i},{line}\n") })
        .collect();
    let table = Table::parse_csv(&numbered, name, &ReadSettings::default()).unwrap();
    let outcome = if name == "wdbc" { "benign" } else { "y" };
    let y = table.outcome(outcome, None).unwrap().into_iter().map(Option::unwrap).collect();
    let names: Vec<String> = table
        .columns()
        .iter()
        .map(|c| c.name.clone())
        .filter(|n| n != outcome && (name != "radsynth" || n.starts_with('f')))
        .collect();
    Some(Data { x: table.matrix(&names).unwrap(), y })
}

struct Case {
    method: String,
    params: Value,
    expected: Value,
    atol: f64,
    rtol: f64,
    data: Data,
}

impl Case {
    fn rows(&self) -> usize {
        self.params["rows"].as_u64().unwrap() as usize
    }

    fn columns(&self) -> Matrix {
        let names: Vec<&str> =
            self.params["x"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        self.data.x.select(&names).unwrap().subset(&(0..self.rows()).collect::<Vec<_>>())
    }

    /// Training rows are those whose number is no multiple of 3.
    fn parts(&self, x: &Matrix) -> (Matrix, Vec<bool>, Matrix) {
        let (train, test): (Vec<usize>, Vec<usize>) = (0..self.rows()).partition(|i| i % 3 != 0);
        (x.subset(&train), train.iter().map(|&i| self.data.y[i]).collect(), x.subset(&test))
    }

    fn close(&self, what: &str, got: &[f64], failures: &mut Vec<String>) {
        let want: Vec<f64> =
            self.expected[what].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        assert_eq!(got.len(), want.len(), "{} {what}", self.method);
        for (i, (g, w)) in got.iter().zip(&want).enumerate() {
            if (g - w).abs() > self.atol + self.rtol * w.abs() {
                failures.push(format!(
                    "{} {} {what}[{i}]: got {g:e}, wanted {w:e}",
                    self.method,
                    self.label()
                ));
                return;
            }
        }
    }

    fn label(&self) -> String {
        let mut params = self.params.clone();
        params.as_object_mut().unwrap().remove("x");
        params.to_string()
    }
}

fn cases() -> Option<Vec<Case>> {
    let json: Value = serde_json::from_str(include_str!("data/references.json")).unwrap();
    json["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            Some(Case {
                method: c["method"].as_str().unwrap().to_owned(),
                params: c["params"].clone(),
                expected: c["expected"].clone(),
                atol: c["atol"].as_f64().unwrap(),
                rtol: c["rtol"].as_f64().unwrap(),
                data: data(c["data"].as_str().unwrap())?,
            })
        })
        .collect()
}

#[test]
fn other_programs_agree() {
    let Some(cases) = cases() else { return };
    let mut failures = Vec::new();
    for case in &cases {
        match case.method.as_str() {
            "combat" => combat(case, &mut failures),
            "mrmr" => relevance(case, &mut failures),
            "boosting" => boosting(case, &mut failures),
            "tree" => tree(case, &mut failures),
            "neighbours" | "naive_bayes" => votes(case, &mut failures),
            "svm" => svm(case, &mut failures),
            "logistic" => logistic(case, &mut failures),
            "isotonic" => isotonic(case, &mut failures),
            "scale" => scale(case, &mut failures),
            other => panic!("no code runs {other}"),
        }
    }
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}

fn combat(case: &Case, failures: &mut Vec<String>) {
    let x = case.columns();
    let n = x.rows();
    let shifted: Vec<Vec<f64>> = x
        .columns()
        .iter()
        .map(|c| c.iter().enumerate().map(|(i, v)| if i % 3 == 1 { v * 1.5 + 0.7 } else { *v }).collect())
        .collect();
    let covariates: Vec<String> = case.params["covariates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap().to_owned())
        .collect();
    let age = (0..n).map(|i| (40 + i * 7 % 31) as f64).collect();
    let sex = (0..n).map(|i| f64::from(u8::from(i * 5 % 7 > 2))).collect();
    let known = Matrix::new(vec!["age".into(), "sex".into()], vec![age, sex]).unwrap();
    let all = Matrix::new(x.names().to_vec(), shifted)
        .unwrap()
        .beside(known.select(&covariates).unwrap())
        .unwrap()
        .with_centres((0..n).map(|i| format!("c{}", i % 3)).collect())
        .unwrap();
    let variant = case.params["variant"].as_str().unwrap();
    let settings = CombatSettings {
        covariates,
        empirical_bayes: variant != "no_eb",
        mean_only: variant == "mean_only",
        reference: (variant == "reference").then(|| "c2".to_owned()),
        tolerance: 1e-13,
    };
    let harmonised = settings.fit(&all).unwrap().apply(&all).unwrap();
    for (k, want) in case.expected["rows"].as_array().unwrap().iter().enumerate() {
        for (j, want) in want.as_array().unwrap().iter().enumerate() {
            let (got, want) = (harmonised.column(j)[9 * k], want.as_f64().unwrap());
            if (got - want).abs() > case.atol + case.rtol * want.abs() {
                failures.push(format!("combat {variant} row {} column {j}: got {got}, wanted {want}", 9 * k));
                return;
            }
        }
    }
}

fn relevance(case: &Case, failures: &mut Vec<String>) {
    let settings = MrmrSettings {
        count: case.params["count"].as_u64().unwrap() as usize,
        relevance: if case.params["relevance"] == "f" { Relevance::F } else { Relevance::MutualInformation },
        combination: if case.params["combination"] == "quotient" {
            Combination::Quotient
        } else {
            Combination::Difference
        },
    };
    let got = mrmr(&case.data.x, &case.data.y, &settings).unwrap().kept;
    let want: Vec<&str> =
        case.expected["kept"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    if got != want {
        failures.push(format!("mrmr {}: got {got:?}, wanted {want:?}", case.label()));
    }
}

fn boosting(case: &Case, failures: &mut Vec<String>) {
    let settings: BoostingSettings = serde_json::from_value(case.params["settings"].clone()).unwrap();
    let (x, y, _) = case.parts(&case.columns());
    let model = settings.fit(&x, &y).unwrap();
    case.close("raw", &model.raw(x.columns()), failures);
}

fn tree(case: &Case, failures: &mut Vec<String>) {
    // scikit-learn's trees see single precision.
    let x = case.columns();
    let single = x.columns().iter().map(|c| c.iter().map(|v| f64::from(*v as f32)).collect()).collect();
    let (x, y, _) = case.parts(&Matrix::new(x.names().to_vec(), single).unwrap());
    let s = &case.params["settings"];
    let whole = |key: &str| s[key].as_u64().map(|v| v as usize);
    let settings = TreeSettings {
        max_depth: whole("max_depth"),
        min_leaf: whole("min_leaf").unwrap_or(1),
        min_split: whole("min_split").unwrap_or(2),
        class_weight: if s["class_weight"] == "balanced" {
            ClassWeight::Balanced
        } else {
            ClassWeight::Equal
        },
        ..TreeSettings::default()
    };
    let tree = settings.fit(&x, &y, 0).unwrap();
    let leaves: Vec<_> = tree.nodes.iter().filter(|n| n.is_leaf()).collect();
    let gini: f64 = leaves.iter().map(|l| l.cover * 2.0 * l.value * (1.0 - l.value)).sum();
    let e = &case.expected;
    // Splits of equal worth are taken at random there, so that deep trees may differ in size; shallow ones and the
    // root do not.
    let (root, want) = (&tree.nodes[0], e["thresholds"][0].as_f64().unwrap());
    if root.feature as u64 != e["root"].as_u64().unwrap() || (root.threshold - want).abs() > 1e-6 * want.abs()
    {
        failures.push(format!(
            "tree {}: root {} at {}, wanted {} at {want}",
            case.label(),
            root.feature,
            root.threshold,
            e["root"]
        ));
    }
    let want = e["train_gini"].as_f64().unwrap();
    if (gini - want).abs() > 1e-9 + 1e-9 * want {
        failures.push(format!(
            "tree {}: impurity {gini}, wanted {want}; {} leaves, {}",
            case.label(),
            leaves.len(),
            e["leaves"]
        ));
    }
}

fn votes(case: &Case, failures: &mut Vec<String>) {
    let x = case.columns();
    let settings = match case.params["k"].as_u64() {
        Some(k) => ModelSettings::Neighbours(NeighboursSettings { k: k as usize }),
        None => ModelSettings::NaiveBayes(NaiveBayesSettings::default()),
    };
    let x = if case.params["k"].is_u64() { Scale::ZScore.fit(&x).unwrap().apply(&x).unwrap() } else { x };
    let (x, y, new) = case.parts(&x);
    let model: Model = settings.fit(&x, &y, 0).unwrap();
    case.close("p", &model.probability(&new).unwrap().unwrap(), failures);
}

fn scaled(case: &Case) -> (Matrix, Vec<bool>, Matrix) {
    let x = case.columns();
    case.parts(&Scale::ZScore.fit(&x).unwrap().apply(&x).unwrap())
}

fn class_weight(value: &Value) -> ClassWeight {
    match value {
        Value::String(_) => ClassWeight::Balanced,
        Value::Array(w) => {
            ClassWeight::Values { negative: w[0].as_f64().unwrap(), positive: w[1].as_f64().unwrap() }
        }
        _ => ClassWeight::Equal,
    }
}

fn svm(case: &Case, failures: &mut Vec<String>) {
    let s = &case.params["settings"];
    let gamma = match &s["gamma"] {
        Value::String(g) if g == "auto" => Gamma::Auto,
        Value::Number(g) => Gamma::Value(g.as_f64().unwrap()),
        _ => Gamma::Scale,
    };
    let coef0 = s["coef0"].as_f64().unwrap_or(0.0);
    let kernel = match s["kernel"].as_str().unwrap() {
        "linear" => Kernel::Linear,
        "rbf" => Kernel::Rbf { gamma },
        "poly" => Kernel::Polynomial { degree: s["degree"].as_u64().unwrap() as u32, gamma, coef0 },
        _ => Kernel::Sigmoid { gamma, coef0 },
    };
    let settings = SvmSettings {
        kernel,
        c: s["C"].as_f64().unwrap(),
        class_weight: class_weight(&s["class_weight"]),
        tolerance: 1e-9,
        ..SvmSettings::default()
    };
    let (x, y, new) = scaled(case);
    let model = ModelSettings::Svm(settings).fit(&x, &y, 0).unwrap();
    case.close("decision", &model.decision(&new).unwrap(), failures);
    let Learner::Svm(svm) = &model.learner else { panic!("a machine was asked for") };
    assert!(svm.converged);
}

fn logistic(case: &Case, failures: &mut Vec<String>) {
    let s = &case.params["settings"];
    let c = s["C"].as_f64().unwrap();
    let penalty = s["ratio"].as_f64().map_or(Penalty::Ridge { c }, |ratio| Penalty::ElasticNet { c, ratio });
    let settings = LogisticSettings {
        penalty,
        class_weight: class_weight(&s["class_weight"]),
        ..LogisticSettings::default()
    };
    let (x, y, _) = scaled(case);
    let fit = settings.fit(&x, &y).unwrap();
    assert!(fit.converged && fit.gap < 1e-8, "gap {}", fit.gap);
    case.close("coef", &fit.coefficients, failures);
    let want = case.expected["intercept"].as_f64().unwrap();
    assert!((fit.intercept - want).abs() < 1e-6 + 1e-6 * want.abs());
}

fn isotonic(case: &Case, failures: &mut Vec<String>) {
    let (x, y, new) = scaled(case);
    let settings = SvmSettings { c: 0.1, tolerance: 1e-9, ..SvmSettings::default() };
    let recipe = radiomics_tabular::Recipe::of(ModelSettings::Svm(settings));
    let folds = radiomics_tabular::split::Folds::given((0..y.len()).map(|i| i % 4).collect()).unwrap();
    let decisions = recipe.out_of_fold(&x, &y, &folds).unwrap();
    case.close("out_of_fold", &decisions, failures);
    let curve = Calibrator::fit(CalibrationMethod::Isotonic, &y, &decisions).unwrap();
    let model = recipe.fit(&x, &y).unwrap();
    case.close("p", &curve.apply(&model.decision(&new).unwrap()), failures);
}

fn scale(case: &Case, failures: &mut Vec<String>) {
    let (x, _, new) = case.parts(&case.columns());
    for (key, scale) in [("robust", Scale::Robust), ("min_max", Scale::MinMax)] {
        let got = scale.fit(&x).unwrap().apply(&new).unwrap();
        for (i, want) in case.expected[key].as_array().unwrap().iter().enumerate() {
            for (j, want) in want.as_array().unwrap().iter().enumerate() {
                let (got, want) = (got.column(j)[i], want.as_f64().unwrap());
                if (got - want).abs() > 1e-9 + 1e-9 * want.abs() {
                    failures.push(format!("{key} row {i} column {j}: got {got}, wanted {want}"));
                    return;
                }
            }
        }
    }
}

//! All reference cases that belong to this crate: those of areas that begin with `ml`, from scikit-learn (libsvm),
//! SciPy and pandas. A case that cannot be run fails; each is compared at its own tolerance, and every number that it
//! expects must be produced.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // helpers of tests fail as tests do; figures are shown

mod data;
mod linear;
mod machines;
mod selection;

use data::Case;
use serde_json::{Map, Value};

fn run(case: &Case) -> Result<Value, String> {
    let got = match case.method.as_str() {
        "svm" => machines::svm(case),
        "svm_probability" => machines::probability(case),
        "svm_grid_search" => machines::grid(case),
        "rfe" | "rfecv" => selection::rfecv(case),
        "spearman_prune" => selection::prune(case),
        "variance" => selection::variance(case),
        "lasso_sklearn" => linear::lasso(case),
        "lasso_cv_sklearn" => linear::lasso_cv(case),
        "elastic_net_sklearn" => linear::elastic_net(case),
        "penalised_logistic_sklearn" => linear::penalised_logistic(case),
        other => return Err(format!("no code runs the method {other}")),
    };
    got.map_err(|e| e.to_string())
}

#[test]
fn every_case_of_this_crate_is_met() {
    let Some(cases) = data::cases() else { return };
    let (mut failures, mut here) = (Vec::new(), 0);
    for case in cases.iter().filter(|c| c.area.starts_with("ml")) {
        here += 1;
        match run(case) {
            Err(why) => failures.push(format!("{}: {why}", case.id)),
            Ok(got) => compare(case, &case.id, &got, &case.expected, &mut failures),
        }
    }
    println!("{here} cases of {}", cases.len());
    assert!(here > 0, "no case was found");
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}

fn compare(case: &Case, at: &str, got: &Value, want: &Value, failures: &mut Vec<String>) {
    match (got, want) {
        (Value::Object(got), Value::Object(want)) => {
            for (key, want) in want {
                match got.get(key) {
                    Some(got) => compare(case, &format!("{at}.{key}"), got, want, failures),
                    None => failures.push(format!("{at}.{key}: not produced")),
                }
            }
        }
        (Value::Array(got), Value::Array(want)) => {
            if got.len() != want.len() {
                failures.push(format!("{at}: {} values, wanted {}", got.len(), want.len()));
                return;
            }
            for (i, (got, want)) in got.iter().zip(want).enumerate() {
                compare(case, &format!("{at}[{i}]"), got, want, failures);
            }
        }
        (Value::Number(got), Value::Number(want)) => {
            let (got, want) = (got.as_f64().unwrap(), want.as_f64().unwrap());
            // The cases' note: the number of support vectors "may differ by 1-2 at the margin".
            let atol = if at.contains("n_support") { 2.0 } else { case.atol };
            if (got - want).abs() > atol + case.rtol * want.abs() {
                failures.push(format!("{at}: got {got:e}, wanted {want:e}, off by {:e}", got - want));
            }
        }
        _ if got == want => {}
        _ => failures.push(format!("{at}: got {got}, wanted {want}")),
    }
}

/// A number as the files write it.
fn num(value: f64) -> Value {
    if value.is_nan() {
        Value::Null
    } else if value.is_infinite() {
        Value::from(if value > 0.0 { "inf" } else { "-inf" })
    } else {
        Value::from(value)
    }
}

fn list(values: impl IntoIterator<Item = f64>) -> Value {
    Value::Array(values.into_iter().map(num).collect())
}

fn positions(values: &[usize]) -> Value {
    list(values.iter().map(|v| *v as f64))
}

fn object(pairs: Vec<(&str, Value)>) -> Value {
    Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Map<_, _>>())
}

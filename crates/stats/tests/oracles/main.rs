//! All reference cases that belong to this crate: R stats, pROC, rms, psych, car, nortest, exactRankTests, glmnet;
//! scikit-learn, dcurves, statsmodels, pingouin, SciPy.
//!
//! Which crate a case belongs to is read from its file: areas that begin with `classification` are for this crate,
//! except methods that end in `_survival`, which go with areas `surv…` and `cox…` to the crate `survival`; `ml…` goes
//! to `tabular`, `shap…` to `explain`. A file with another area fails here, so that no case is left without a crate.
//! A case of this crate that cannot be run fails. Each case is compared at its own tolerance, and every number that
//! it expects must be produced.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // helpers of tests fail as tests do; figures are shown

mod data;
#[path = "../../../survival/tests/oracles/expression.rs"]
mod expression; // one reader of rules for both crates
mod models;
mod rates;
mod tests;

use data::Case;
use serde_json::{Map, Value};

enum Owner {
    Here,
    Elsewhere,
}

fn owner(area: &str, method: &str) -> Option<Owner> {
    if method.ends_with("_survival") {
        return Some(Owner::Elsewhere);
    }
    if area.starts_with("classification") {
        return Some(Owner::Here);
    }
    ["surv", "cox", "ml", "shap"].iter().any(|a| area.starts_with(a)).then_some(Owner::Elsewhere)
}

/// What our code gives for a case, key by key as the case expects it. A case that panics fails, the others go on.
fn run(case: &Case) -> Result<Value, String> {
    std::panic::catch_unwind(|| dispatch(case)).unwrap_or_else(|why| {
        let text = why.downcast_ref::<String>().map(String::as_str);
        Err(format!("panicked: {}", text.or(why.downcast_ref::<&str>().copied()).unwrap_or("no message")))
    })
}

fn dispatch(case: &Case) -> Result<Value, String> {
    let got = match case.method.as_str() {
        "roc" | "roc_edge" => rates::roc(case),
        "delong_paired" => rates::delong_paired(case),
        "delong_unpaired" => rates::delong_unpaired(case),
        "binary_metrics" => rates::binary_metrics(case),
        "roc_pr_curves" => rates::curves(case),
        "bootstrap_auc_given_indices" => rates::bootstrap(case),
        "decision_curve" => rates::decision_curve(case),
        "multiclass_metrics" => rates::multiclass(case),
        "nnt" => rates::number_needed(case),
        "proportion_ci" => rates::proportion(case),
        "dice" | "dice_edge" => rates::dice(case),
        "icc" | "icc_pingouin" => rates::icc(case),
        "calibration_curve" => models::calibration_curve(case),
        "calibration_valprob" => models::validation(case),
        "logistic" => models::logistic(case),
        "logistic_edge" => models::separation(case),
        "glmnet_path" => models::glmnet_path(case),
        "glmnet_cv" => models::glmnet_cv(case),
        "lasso_sklearn" => models::lasso(case),
        "lasso_cv_sklearn" => models::lasso_cv(case),
        "elastic_net_sklearn" => models::elastic_net(case),
        "penalised_logistic_sklearn" => models::penalised_logistic(case),
        "t_test" | "t_test_paired" | "t_test_one" => tests::t_tests(case),
        "mann_whitney" | "wilcoxon_signed_rank" => tests::rank_tests(case),
        "ks_two_sample" | "ks_one_sample" | "lilliefors" => tests::kolmogorov(case),
        "shapiro_wilk" => tests::shapiro(case),
        "var_f_test" => tests::variances(case),
        "correlation" => tests::correlations(case),
        "k_groups" => tests::k_groups(case),
        "contingency" => tests::contingency(case),
        "p_adjust" => tests::adjust(case),
        "friedman" => tests::friedman(case),
        "scipy_tests" => tests::scipy(case),
        other => return Err(format!("no code runs the method {other}")),
    };
    got.map_err(|e| e.to_string())
}

#[test]
fn every_case_of_this_crate_is_met() {
    let Some(cases) = data::cases() else { return };
    let (mut failures, mut here) = (Vec::new(), 0);
    for case in &cases {
        match owner(&case.area, &case.method) {
            Some(Owner::Here) => {
                here += 1;
                check(case, &mut failures);
            }
            Some(Owner::Elsewhere) => {}
            None => failures.push(format!("{}: area {} belongs to no crate", case.id, case.area)),
        }
    }
    println!("{here} cases of {}", cases.len());
    assert!(here > 0, "no case was found");
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}

/// The lasso cases of `tabular` prove the coordinate descent that lives here.
#[test]
fn penalised_models_of_scikit_learn_come_out_of_the_same_core() {
    let Some(cases) = data::cases() else { return };
    let mut failures = Vec::new();
    let methods = ["lasso_sklearn", "lasso_cv_sklearn", "elastic_net_sklearn", "penalised_logistic_sklearn"];
    for case in cases.iter().filter(|c| methods.contains(&c.method.as_str())) {
        check(case, &mut failures);
    }
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}

fn check(case: &Case, failures: &mut Vec<String>) {
    match run(case) {
        Err(why) => failures.push(format!("{}: {why}", case.id)),
        Ok(got) => compare(case, &case.id, &got, &case.expected, failures),
    }
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
            // README: p-values below 1e-12 need only agree to 1e-6.
            let rtol = if want.abs() < 1e-12 { case.rtol.max(1e-6) } else { case.rtol };
            if (got - want).abs() > case.atol + rtol * want.abs() {
                failures.push(format!("{at}: got {got:e}, wanted {want:e}, off by {:e}", got - want));
            }
        }
        _ if got == want => {}
        _ => failures.push(format!("{at}: got {got}, wanted {want}")),
    }
}

/// A number as the files write it.
pub(crate) fn num(value: f64) -> Value {
    if value.is_nan() {
        Value::Null
    } else if value.is_infinite() {
        Value::from(if value > 0.0 { "inf" } else { "-inf" })
    } else {
        Value::from(value)
    }
}

pub(crate) fn list(values: impl IntoIterator<Item = f64>) -> Value {
    Value::Array(values.into_iter().map(num).collect())
}

pub(crate) fn object(pairs: Vec<(&str, Value)>) -> Value {
    Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Map<_, _>>())
}

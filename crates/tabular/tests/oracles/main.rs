//! All reference cases that belong to this crate: those of areas that begin with `ml`, from scikit-learn (libsvm),
//! SciPy and pandas. A case that cannot be run fails; each is compared at its own tolerance, and every number that it
//! expects must be produced.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // helpers of tests fail as tests do; figures are shown

mod data;
mod linear;
mod machines;
mod selection;

use radiomics_phantoms::reference::cases::{Case, cases, check, list, num, object};
use serde_json::Value;

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
    let Some(all) = cases() else { return };
    check(all.iter().filter(|case| case.area.starts_with("ml")), run, |case, at, want| {
        // The cases' note: the number of support vectors "may differ by 1-2 at the margin".
        if at.contains("n_support") { 2.0 + case.rtol * want.abs() } else { case.allowed(want) }
    });
}

fn positions(values: &[usize]) -> Value {
    list(values.iter().map(|v| *v as f64))
}

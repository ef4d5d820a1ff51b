//! All reference cases that belong to this crate: R stats, pROC, rms, psych, car, nortest, exactRankTests, glmnet;
//! scikit-learn, dcurves, statsmodels, pingouin, SciPy.
//!
//! Which crate a case belongs to is read from its file: areas that begin with `classification` are for this crate,
//! except methods that end in `_survival`, which go with areas `surv…` and `cox…` to the crate `survival`; `ml…` goes
//! to `tabular`, `shap…` to `explain`. A file with another area fails here, so that no case is left without a crate.
//! A case of this crate that cannot be run fails. Each case is compared at its own tolerance, and every number that
//! it expects must be produced.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

mod data;
mod models;
mod rates;
mod tests;

use radiomics_phantoms::reference::cases::{Case, check, list, num, object};
use serde_json::Value;

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

/// What our code gives for a case, key by key as the case expects it.
fn run(case: &Case) -> Result<Value, String> {
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
    let Some(all) = data::all() else { return };
    let here = |case: &&Case| {
        let owner = owner(&case.area, &case.method);
        matches!(owner.unwrap_or_else(|| panic!("area {} belongs to no crate", case.area)), Owner::Here)
    };
    check(all.iter().filter(here), run, |case, _, want| case.allowed(want));
}

/// The lasso cases of `tabular` prove the coordinate descent that lives here.
#[test]
fn penalised_models_of_scikit_learn_come_out_of_the_same_core() {
    let Some(all) = data::all() else { return };
    let methods = ["lasso_sklearn", "lasso_cv_sklearn", "elastic_net_sklearn", "penalised_logistic_sklearn"];
    // A collection that is kept back may hold none.
    let here: Vec<&Case> = all.iter().filter(|case| methods.contains(&case.method.as_str())).collect();
    if !here.is_empty() {
        check(here, run, |case, _, want| case.allowed(want));
    }
}

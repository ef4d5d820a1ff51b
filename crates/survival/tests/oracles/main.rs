//! All reference cases that belong to this crate: R survival, coin, cmprsk, survRM2, maxstat, survminer, timeROC,
//! glmnet, rms; scikit-survival, lifelines, statsmodels, dcurves.
//!
//! Areas that begin with `surv` or `cox` are for this crate, and methods that end in `_survival`; the others belong to
//! `stats`, `tabular` and `explain`. A case of this crate that cannot be run fails. Each case is compared at its own
//! tolerance, and every number that it expects must be produced.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

mod cox;
mod curves;
mod data;
mod discrimination;
mod risks;

use radiomics_phantoms::reference::cases::{Case, cases, check, list, lists, num, object};
use serde_json::Value;

fn is_here(case: &Case) -> bool {
    case.method.ends_with("_survival") || case.area.starts_with("surv") || case.area.starts_with("cox")
}

/// What our code gives for a case, key by key as the case expects it.
fn run(case: &Case) -> Result<Value, String> {
    if let Some(got) = cox::run(case) {
        return got;
    }
    let got = match case.method.as_str() {
        "km" => curves::km(case),
        "km_at_times" => curves::km_at_times(case),
        "nelson_aalen" => curves::nelson_aalen(case),
        "rmst" => curves::rmst(case),
        "logrank" | "logrank_weighted" | "logrank_weighted_sm" => curves::logrank(case),
        "pairwise_logrank" => curves::pairwise_logrank(case),
        "time_roc" | "time_roc_competing" => discrimination::time_roc(case),
        "time_roc_compare" => discrimination::time_roc_compare(case),
        "aalen_johansen" => risks::aalen_johansen(case),
        "fine_gray" => risks::fine_gray(case),
        "maxstat" => risks::maxstat(case),
        "decision_curve_survival" => risks::decision_curve_survival(case),
        "survival_metrics" => discrimination::survival_metrics(case),
        "concordance" => discrimination::concordance(case),
        "logrank_coin" => curves::logrank_coin(case),
        other => return Err(format!("no code runs the method {other}")),
    };
    got.map_err(|e| e.to_string())
}

#[test]
fn every_case_of_this_crate_is_met() {
    let Some(all) = cases() else { return };
    let only = std::env::var("ORACLE_CASE").unwrap_or_default(); // part of an id, to look at a few
    let here = all.iter().filter(|case| is_here(case) && case.id.contains(&only));
    check(here, run, |case, at, want| {
        // `confint` of timeROC prints percentages with two decimals: the case's note asks for 5e-5.
        let printed = case.method.starts_with("time_roc") && at.contains(".ci95");
        if printed { 5e-5 + case.rtol * want.abs() } else { case.allowed(want) }
    });
}

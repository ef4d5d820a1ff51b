//! All reference cases that belong to this crate: R survival, coin, cmprsk, survRM2, maxstat, survminer, timeROC,
//! glmnet, rms; scikit-survival, lifelines, statsmodels, dcurves.
//!
//! Areas that begin with `surv` or `cox` are for this crate, and methods that end in `_survival`; the others belong to
//! `stats`, `tabular` and `explain`. A case of this crate that cannot be run fails. Each case is compared at its own
//! tolerance, and every number that it expects must be produced.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // helpers of tests fail as tests do; figures are shown

mod cox;
mod curves;
mod data;
mod discrimination;
mod expression;
mod risks;

use data::Case;
use serde_json::{Map, Value};

fn is_here(case: &Case) -> bool {
    case.method.ends_with("_survival") || case.area.starts_with("surv") || case.area.starts_with("cox")
}

/// What our code gives for a case, key by key as the case expects it. A case that panics fails, the others go on.
fn run(case: &Case) -> Result<Value, String> {
    std::panic::catch_unwind(|| dispatch(case)).unwrap_or_else(|why| {
        let text = why.downcast_ref::<String>().map(String::as_str);
        Err(format!("panicked: {}", text.or(why.downcast_ref::<&str>().copied()).unwrap_or("no message")))
    })
}

fn dispatch(case: &Case) -> Result<Value, String> {
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
    let Some(cases) = data::cases() else { return };
    let only = std::env::var("ORACLE_CASE").unwrap_or_default(); // part of an id, to look at a few
    let (mut failures, mut here) = (Vec::new(), 0);
    for case in cases.iter().filter(|c| is_here(c) && c.id.contains(&only)) {
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
            // README: p-values below 1e-12 need only agree to 1e-6.
            let rtol = if want.abs() < 1e-12 { case.rtol.max(1e-6) } else { case.rtol };
            // `confint` of timeROC prints percentages with two decimals: the case's note asks for 5e-5.
            let atol =
                if case.method.starts_with("time_roc") && at.contains(".ci95") { 5e-5 } else { case.atol };
            if (got - want).abs() > atol + rtol * want.abs() {
                failures.push(format!("{at}: got {got:e}, wanted {want:e}, off by {:e}", got - want));
            }
        }
        // R's NA and NaN are one here.
        (Value::Null, Value::String(want)) if want == "nan" => {}
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

pub(crate) fn matrix<R: AsRef<[f64]>>(rows: impl IntoIterator<Item = R>) -> Value {
    Value::Array(rows.into_iter().map(|r| list(r.as_ref().iter().copied())).collect())
}

pub(crate) fn object(pairs: Vec<(&str, Value)>) -> Value {
    Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Map<_, _>>())
}

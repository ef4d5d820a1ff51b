//! Concordance, time-dependent AUC, Brier score: R survival, timeROC; scikit-survival.

use radiomics_survival::Error;
use radiomics_survival::concordance::{Concordance, PairWeight};
use radiomics_survival::time_roc::{Auc, RocAtTime, RocPoint, Settings, TiedTimes, TimeRoc, compare};
use serde_json::Value;

use crate::data::{Case, Table};
use crate::{list, matrix, num, object};

/// A column with the sign that makes higher values worse.
fn signed(case: &Case, table: &Table, column: &str, sign: &str) -> Vec<f64> {
    let sign = case.number(sign).unwrap_or(1.0);
    table.column(case.text(column).unwrap()).iter().map(|v| v * sign).collect()
}

pub fn concordance(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let outcome = case.outcome(&table);
    let risk = signed(case, &table, "risk", "sign");
    let mut got = Vec::new();
    for (name, weight) in [
        ("n", PairWeight::Equal),
        ("S", PairWeight::Survival),
        ("S/G", PairWeight::SurvivalOverCensoring),
        ("n/G2", PairWeight::InverseCensoring),
        ("I", PairWeight::InverseRisk),
    ] {
        if case.expected[name].is_object() {
            let c = Concordance::with(&outcome, &risk, weight, None)?;
            got.push((
                name,
                object(vec![
                    ("concordance", num(c.estimate)),
                    ("concordant", num(c.concordant)),
                    ("discordant", num(c.discordant)),
                    ("tied_x", num(c.tied_risk)),
                    ("tied_y", num(c.tied_time)),
                    ("tied_xy", num(c.tied_both)),
                    ("var", num(c.std_err * c.std_err)),
                ]),
            ));
        }
    }
    // The horizon stands among what is expected.
    if let Some(until) = case.expected["uno_ymax"]["ymax"].as_f64() {
        let c = Concordance::with(&outcome, &risk, PairWeight::InverseCensoring, Some(until))?;
        let uno =
            vec![("ymax", num(until)), ("concordance", num(c.estimate)), ("var", num(c.std_err * c.std_err))];
        got.push(("uno_ymax", object(uno)));
    }
    Ok(object(got))
}

/// timeROC takes patients with the same time one after the other.
fn settings(case: &Case) -> Settings {
    Settings { cause: case.number("cause").map(|c| c as u8), ties: TiedTimes::InOrder, ..Settings::default() }
}

pub fn time_roc(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let outcome = case.outcome(&table);
    let roc = TimeRoc::with(
        &outcome,
        &signed(case, &table, "marker", "sign"),
        &case.numbers("times"),
        &settings(case),
    )?;
    let areas = |of: fn(&RocAtTime) -> Option<&Auc>| {
        let areas: Vec<&Auc> = roc.times.iter().filter_map(of).collect();
        let sd = list(areas.iter().map(|a| a.std_err.unwrap_or(f64::NAN)));
        let ci = matrix(areas.iter().filter_map(|a| a.interval(0.95)).map(|i| [i.lower, i.upper]));
        (list(areas.iter().map(|a| a.estimate)), sd, ci)
    };
    let (auc, sd, ci) = areas(|t| Some(&t.auc));
    let (auc_all, sd_all, ci_all) = areas(|t| t.auc_all.as_ref());
    let rows: Vec<usize> = match case.expected["curve_rows"].as_array() {
        Some(_) => crate::data::numbers(&case.expected["curve_rows"]).iter().map(|r| *r as usize).collect(),
        None => Vec::new(),
    };
    let curve = |of: fn(&RocPoint) -> f64| {
        let row = |r: &usize| roc.times.iter().map(|t| of(&t.curve[*r])).collect::<Vec<_>>();
        matrix(rows.iter().map(row))
    };
    let competing = case.method == "time_roc_competing";
    let name = |plain: &'static str, first: &'static str| if competing { first } else { plain };
    Ok(object(vec![
        ("n", num(roc.n as f64)),
        (name("AUC", "AUC_1"), auc),
        (name("sd_AUC", "sd_AUC_1"), sd),
        (name("ci95", "ci95_1"), ci),
        ("AUC_2", auc_all),
        ("sd_AUC_2", sd_all),
        ("ci95_2", ci_all),
        ("curve_rows", list(rows.iter().map(|r| *r as f64))),
        ("TP", curve(|p| p.true_positive)),
        (name("FP", "FP_1"), curve(|p| p.false_positive)),
        ("FP_2", curve(|p| p.false_positive_all)),
    ]))
}

pub fn time_roc_compare(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let outcome = case.outcome(&table);
    let roc = |marker, sign| {
        TimeRoc::with(&outcome, &signed(case, &table, marker, sign), &case.numbers("times"), &settings(case))
    };
    let test = compare(&roc("marker1", "sign1")?, &roc("marker2", "sign2")?, |t| Some(&t.auc))?;
    Ok(object(vec![
        ("p", list(test.p)),
        ("p_adjusted", list(test.p_adjusted)),
        ("cor", matrix(test.correlation)),
    ]))
}

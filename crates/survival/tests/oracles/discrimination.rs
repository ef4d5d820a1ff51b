//! Concordance, time-dependent AUC, Brier score: R survival, timeROC; scikit-survival.

use radiomics_survival::brier::{CensoringRule, brier};
use radiomics_survival::censoring::Censoring;
use radiomics_survival::concordance::{Concordance, PairWeight, uno};
use radiomics_survival::cox::{Cox, CoxConfig, CurveKind, Curves, Reference, Ties};
use radiomics_survival::time_roc::{
    Auc, CensoringProbabilities, RocAtTime, RocPoint, Settings, TiedTimes, TimeRoc, compare,
    cumulative_dynamic_auc,
};
use radiomics_survival::{Error, Outcome};
use serde_json::Value;

use crate::data::{Case, OfCase, Table};
use crate::{list, lists, num, object};

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
    let (marker, times) = (signed(case, &table, "marker", "sign"), case.numbers("times"));
    let censoring = match case.text("weighting").unwrap_or("marginal") {
        "marginal" => None,
        "cox" => {
            let names = case.names("other_markers");
            let others = names.iter().map(|n| (n.as_str(), table.column(n)));
            let columns: Vec<(&str, &[f64])> =
                std::iter::once(("marker", marker.as_slice())).chain(others).collect();
            let config = CoxConfig { tolerance: 1e-6, ..CoxConfig::default() };
            Some(CensoringProbabilities::cox(&outcome, &columns, &times, config)?)
        }
        other => panic!("no weighting {other}"),
    };
    let roc = TimeRoc::with(&outcome, &marker, &times, &Settings { censoring, ..settings(case) })?;
    let areas = |of: fn(&RocAtTime) -> Option<&Auc>| {
        let areas: Vec<&Auc> = roc.times.iter().filter_map(of).collect();
        let sd = list(areas.iter().map(|a| a.std_err.unwrap_or(f64::NAN)));
        let ci = lists(areas.iter().filter_map(|a| a.interval(0.95).unwrap()).map(|i| [i.lower, i.upper]));
        (list(areas.iter().map(|a| a.estimate)), sd, ci)
    };
    let (auc, sd, ci) = areas(|t| Some(&t.auc));
    let (auc_all, mut sd_all, ci_all) = areas(|t| t.auc_all.as_ref());
    // timeROC leaves out the error where nobody has had another event yet.
    if let Some(sd) = sd_all.as_array_mut() {
        sd.iter_mut()
            .zip(&roc.times)
            .filter(|(_, t)| t.other_events == 0)
            .for_each(|(sd, _)| *sd = Value::Null);
    }
    let rows: Vec<usize> = match case.expected["curve_rows"].as_array() {
        Some(_) => crate::data::numbers(&case.expected["curve_rows"]).iter().map(|r| *r as usize).collect(),
        None => Vec::new(),
    };
    let curve = |of: fn(&RocPoint) -> f64| {
        let row = |r: &usize| roc.times.iter().map(|t| of(&t.curve[*r])).collect::<Vec<_>>();
        lists(rows.iter().map(row))
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
        ("cor", lists(test.correlation)),
    ]))
}

/// Everything of scikit-survival: its Cox model fitted on `train`, its scores on `test`.
pub fn survival_metrics(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let all = case.outcome(&table);
    let part = |rule: &str, until: f64| {
        let rows: Vec<usize> = (0..all.len())
            .filter(|&i| match rule {
                "all" => true,
                "0-based even rows (after dropping missing)" => i % 2 == 0,
                "0-based odd rows with time < max(train time)" => i % 2 == 1 && all.time()[i] < until,
                other => panic!("no rule {other}"),
            })
            .collect();
        rows
    };
    let train_rows = part(case.text("train").unwrap(), f64::INFINITY);
    let train = all.select(&train_rows)?;
    let test_rows = part(case.text("test").unwrap(), train.range().1);
    let test = all.select(&test_rows)?;
    let names = case.names("x");
    let values = |rows: &[usize]| -> Vec<Vec<f64>> {
        names.iter().map(|n| rows.iter().map(|&i| table.column(n)[i]).collect()).collect()
    };
    let (train_values, test_values) = (values(&train_rows), values(&test_rows));
    let columns: Vec<(&str, &[f64])> =
        names.iter().zip(&train_values).map(|(n, v)| (n.as_str(), v.as_slice())).collect();
    // `CoxPHSurvivalAnalysis(ties="efron")`, to convergence.
    let config = CoxConfig { ties: Ties::Efron, tolerance: 1e-13, closeness: 0.0, ..CoxConfig::default() };
    let model = Cox::new(&train, &columns).with_config(config).fit()?;
    let of_test: Vec<&[f64]> = test_values.iter().map(Vec::as_slice).collect();
    let risk = model.predict_linear(&of_test, &[], Reference::Zero)?.values;
    let times = case.numbers("times");
    let patients: Vec<Vec<f64>> =
        (0..test.len()).map(|i| test_values.iter().map(|column| column[i]).collect()).collect();
    let patients: Vec<&[f64]> = patients.iter().map(Vec::as_slice).collect();
    let curves = Curves { kind: CurveKind::Breslow, ..Curves::default() };
    let survival: Vec<Vec<f64>> = model.survival_curves(&patients, &curves)?[0]
        .iter()
        .map(|curve| times.iter().map(|&t| curve.at(t).unwrap().survival).collect())
        .collect();
    let pairs = |train: Option<&Outcome>, tau: Option<f64>| -> Result<Value, Error> {
        let c = uno(train, &test, &risk, tau)?;
        Ok(object(vec![
            ("c", num(c.estimate)),
            ("concordant", num(c.concordant)),
            ("discordant", num(c.discordant)),
            ("tied_risk", num(c.tied_risk)),
            ("tied_time", num(c.tied_time)),
        ]))
    };
    let auc = cumulative_dynamic_auc(&train, &test, &risk, &times)?;
    let score = brier(&train, &test, &survival, &times, CensoringRule::At)?;
    let censoring = Censoring::new(&train);
    Ok(object(vec![
        ("coef", list(model.coefficients.iter().copied())),
        ("harrell", pairs(None, None)?),
        ("uno", pairs(Some(&train), None)?),
        ("uno_tau", pairs(Some(&train), case.number("tau"))?),
        ("risk", list(risk.iter().copied())),
        ("auc", list(auc.auc)),
        ("mean_auc", num(auc.mean)),
        ("surv_pred_first5", lists(&survival[..5])),
        ("brier", list(score.score)),
        ("ibs", num(score.integrated.unwrap_or(f64::NAN))),
        ("censoring_survival_at_times", list(times.iter().map(|&t| censoring.at(t)))),
    ]))
}

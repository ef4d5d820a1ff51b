//! Competing risks, cut-points, decision curves: R survival, cmprsk, maxstat, survminer; dcurves.

use radiomics_survival::Error;
use radiomics_survival::competing::{AalenJohansen, FineGray, StatePoint, gray};
use radiomics_survival::confidence::Scale;
use radiomics_survival::cutpoint::max_stat;
use radiomics_survival::decision_curve::decision_curve;
use serde_json::Value;

use crate::data::{Case, OfCase, numbers};
use crate::{list, lists, num, object};

pub fn aalen_johansen(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let outcome = case.outcome(&table);
    let curve = AalenJohansen::new(&outcome)?;
    // The times stand among what is expected.
    let times = numbers(&case.expected["times"]);
    let at: Vec<StatePoint> = times.iter().map(|&t| curve.at(t)).collect::<Result<_, _>>()?;
    let states =
        |first: f64, others: &[f64]| std::iter::once(first).chain(others.iter().copied()).collect::<Vec<_>>();
    let level = case.number("conf_level").unwrap_or(0.95);
    let limits: Vec<_> = at.iter().map(|p| p.intervals(Scale::Log, level)).collect::<Result<_, _>>()?;
    let mut got = vec![
        ("times", list(times)),
        ("pstate", lists(at.iter().map(|p| states(p.event_free, &p.incidence)))),
        ("std_err", lists(at.iter().map(|p| states(p.event_free_std_err, &p.std_err)))),
        ("lower_log", lists(limits.iter().map(|row| row.iter().map(|i| i.lower).collect::<Vec<_>>()))),
        ("upper_log", lists(limits.iter().map(|row| row.iter().map(|i| i.upper).collect::<Vec<_>>()))),
    ];
    if let Some(group) = case.text("group_for_gray") {
        let rho = case.number("rho").unwrap_or(0.0);
        let group = table.codes(group);
        let tests: Vec<_> =
            outcome.causes().iter().map(|&c| gray(&outcome, &group, c, rho)).collect::<Result<_, _>>()?;
        let tests = vec![
            ("stat", list(tests.iter().map(|t| t.statistic))),
            ("p", list(tests.iter().map(|t| t.p))),
            ("df", list(tests.iter().map(|t| t.df))),
        ];
        got.push(("gray_test", object(tests)));
    }
    Ok(object(got))
}

pub fn fine_gray(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let names = case.names("x");
    let columns: Vec<(&str, &[f64])> = names.iter().map(|n| (n.as_str(), table.column(n))).collect();
    // `crr` stops early by default, and its coefficients are those of that step.
    let gtol = case.number("gtol").unwrap_or(1e-6);
    let cause = case.number("cause").unwrap() as u8;
    let model = FineGray::fit_to(&case.outcome(&table), cause, &columns, gtol)?;
    Ok(object(vec![
        ("coef", list(model.coefficients.iter().map(|c| c.estimate))),
        ("se", list(model.coefficients.iter().map(|c| c.std_err))),
        ("z", list(model.coefficients.iter().map(|c| c.z))),
        ("p", list(model.coefficients.iter().map(|c| c.p))),
        ("var", lists(model.variance)),
        ("loglik", num(model.log_likelihood)),
        ("loglik_null", num(model.log_likelihood_null)),
    ]))
}

pub fn maxstat(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let (low, high) = (case.number("minprop").unwrap_or(0.1), case.number("maxprop").unwrap_or(0.9));
    let x = table.column(case.text("x").unwrap());
    let cut = max_stat(&case.outcome(&table), x, low, high)?;
    let survminer = vec![
        ("cutpoint", num(cut.best.value)),
        ("statistic", num(cut.best.statistic)),
        ("n_high", num(cut.high as f64)),
        ("n_low", num(cut.best.low as f64)),
    ];
    Ok(object(vec![
        ("cutpoint", num(cut.best.value)),
        ("statistic", num(cut.best.statistic)),
        ("cuts", list(cut.cuts.iter().map(|c| c.value))),
        ("stats", list(cut.cuts.iter().map(|c| c.statistic))),
        ("p_Lau92", num(cut.p_lausen92)),
        ("p_Lau94", num(cut.p_lausen94)),
        ("surv_cutpoint", object(survminer)),
    ]))
}

pub fn decision_curve_survival(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let at = case.number("at").unwrap();
    let curve = decision_curve(&case.outcome(&table), table.column("p"), at, &case.numbers("thresholds"))?;
    Ok(object(vec![
        ("net_benefit_model", list(curve.iter().map(|c| c.model.unwrap_or(f64::NAN)))),
        ("net_benefit_all", list(curve.iter().map(|c| c.all))),
    ]))
}

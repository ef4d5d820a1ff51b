//! Curves and tests of groups: R survival, coin, survRM2; lifelines, statsmodels.

use radiomics_stats::multiplicity::Adjustment;
use radiomics_survival::confidence::Scale;
use radiomics_survival::kaplan_meier::{Estimator, KaplanMeier, Quantile, TiedDeaths};
use radiomics_survival::log_rank::{TiedTimes, Weighting, log_rank, pairwise, permutation};
use radiomics_survival::nelson_aalen::{HazardVariance, hazard_intervals};
use radiomics_survival::{Error, rmst};
use serde_json::Value;

use crate::data::{Case, OfCase};
use crate::{list, lists, num, object};

fn scale(name: &str) -> Scale {
    match name {
        "plain" => Scale::Plain,
        "log" => Scale::Log,
        "log-log" => Scale::LogLog,
        "logit" => Scale::Logit,
        "arcsin" => Scale::Arcsin,
        _ => panic!("no scale {name}"),
    }
}

const SCALES: [&str; 5] = ["plain", "log", "log-log", "logit", "arcsin"];

fn or_nan(values: impl IntoIterator<Item = Option<f64>>) -> Value {
    list(values.into_iter().map(|v| v.unwrap_or(f64::NAN)))
}

pub fn km(case: &Case) -> Result<Value, Error> {
    let outcome = case.outcome(&case.table());
    let estimator = match case.number("stype") {
        Some(2.0) => Estimator::Exponential,
        _ => Estimator::ProductLimit,
    };
    let tied = match case.number("ctype") {
        Some(2.0) => TiedDeaths::FlemingHarrington,
        _ => TiedDeaths::NelsonAalen,
    };
    let level = case.number("conf_level").unwrap_or(0.95);
    let curve = KaplanMeier::with(&outcome, estimator, tied);
    let (mut ci, mut quantiles) = (Vec::new(), Vec::new());
    for name in SCALES {
        let limits = curve.intervals(scale(name), level)?;
        let limits = vec![
            ("lower", list(limits.iter().map(|i| i.lower))),
            ("upper", list(limits.iter().map(|i| i.upper))),
        ];
        ci.push((name, object(limits)));
        let at: Vec<Quantile> = [0.25, 0.5, 0.75]
            .iter()
            .map(|&p| curve.quantile(p, scale(name), level))
            .collect::<Result<_, _>>()?;
        quantiles.push((
            name,
            object(vec![
                ("quantile", or_nan(at.iter().map(|q| q.estimate))),
                ("lower", or_nan(at.iter().map(|q| q.lower))),
                ("upper", or_nan(at.iter().map(|q| q.upper))),
            ]),
        ));
    }
    let mean = curve.restricted_mean(None)?;
    let mean = vec![("tau", num(mean.tau)), ("rmean", num(mean.mean)), ("se", num(mean.std_err))];
    Ok(object(vec![
        ("time", list(curve.time)),
        ("n_risk", list(curve.n_risk)),
        ("n_event", list(curve.n_event)),
        ("n_censor", list(curve.n_censor)),
        ("surv", list(curve.survival)),
        ("std_err_surv", list(curve.std_err)),
        ("cumhaz", list(curve.hazard)),
        ("std_chaz", list(curve.hazard_std_err)),
        ("ci", object(ci)),
        ("quantiles_p25_p50_p75", object(quantiles)),
        ("rmean_tau_max", object(mean)),
    ]))
}

pub fn km_at_times(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let outcome = case.outcome(&table);
    let curves = match case.text("group") {
        Some(group) => KaplanMeier::by_group(&outcome, &table.codes(group))?,
        None => vec![(1, KaplanMeier::new(&outcome))],
    };
    let scale = scale(case.text("conf_type").unwrap());
    let level = case.number("conf_level").unwrap_or(0.95);
    let mut columns = vec![Vec::new(); 8];
    for (g, (_, curve)) in curves.iter().enumerate() {
        let mut before = -1.0;
        for time in case.numbers("times") {
            let point = curve.extended_at(time)?; // R was asked with `extend = TRUE`
            // `summary.survfit` starts its table at time 0 with limits 1.
            let limits = if curve.time.partition_point(|&t| t <= time) == 0 {
                (1.0, 1.0)
            } else {
                let limits = scale.interval(point.survival, point.std_err, level);
                (limits.lower, limits.upper)
            };
            let events = curve.events_between(before, time);
            before = time;
            let row = [
                g as f64 + 1.0,
                time,
                point.n_risk,
                events,
                point.survival,
                point.std_err,
                limits.0,
                limits.1,
            ];
            columns.iter_mut().zip(row).for_each(|(c, v)| c.push(v));
        }
    }
    let names = ["group", "time", "n_risk", "n_event_in_interval", "surv", "std_err", "lower", "upper"];
    Ok(object(names.into_iter().zip(columns.into_iter().map(list)).collect()))
}

pub fn nelson_aalen(case: &Case) -> Result<Value, Error> {
    let outcome = case.outcome(&case.table());
    let level = case.number("conf_level").unwrap_or(0.95);
    let curve = KaplanMeier::new(&outcome);
    // lifelines writes a first row at time 0, and limits 1 and 0 where the curve is at 1 and 0.
    let first = |start: f64, values: Vec<f64>| list(std::iter::once(start).chain(values));
    let hazard = hazard_intervals(&curve, HazardVariance::Binomial, level)?;
    let limits = curve.intervals(Scale::LogLog, level)?;
    let one = |v: f64, s: f64| if s == 1.0 || s == 0.0 { s } else { v };
    let survival = &curve.survival;
    Ok(object(vec![
        ("lower", first(0.0, hazard.iter().map(|i| i.lower).collect())),
        ("upper", first(0.0, hazard.iter().map(|i| i.upper).collect())),
        ("km_median", num(curve.median(Scale::LogLog, level)?.estimate.unwrap_or(f64::INFINITY))),
        ("km_loglog_lower", first(1.0, limits.iter().zip(survival).map(|(i, s)| one(i.lower, *s)).collect())),
        ("km_loglog_upper", first(1.0, limits.iter().zip(survival).map(|(i, s)| one(i.upper, *s)).collect())),
        ("time", first(0.0, curve.time.clone())),
        ("cumhaz", first(0.0, curve.hazard.clone())),
    ]))
}

pub fn rmst(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let outcome = case.outcome(&table);
    let arm = table.codes(case.text("arm").unwrap());
    let of = |code: u32| {
        let rows: Vec<usize> = (0..arm.len()).filter(|&i| arm[i] == code).collect();
        outcome.select(&rows)
    };
    let level = case.number("conf_level").unwrap_or(0.95);
    let both = rmst::compare(&of(1)?, &of(0)?, case.number("tau").unwrap(), level)?;
    let mean = |m: radiomics_survival::kaplan_meier::RestrictedMean| {
        let limits = m.interval(level).unwrap();
        list([m.mean, m.std_err, limits.lower, limits.upper])
    };
    let row = |c: rmst::Contrast| [c.estimate, c.interval.lower, c.interval.upper, c.p];
    Ok(object(vec![
        ("rmst_arm1", mean(both.first)),
        ("rmst_arm0", mean(both.second)),
        (
            "contrasts_est_lo_hi_p",
            lists([both.difference, both.ratio, both.ratio_of_time_lost.unwrap()].map(row)),
        ),
    ]))
}

pub fn logrank(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let rho = case.number("rho").or(case.number("p")).unwrap_or(0.0);
    let gamma = case.number("gamma").or(case.number("q")).unwrap_or(0.0);
    let weighting = match case.text("weight").unwrap_or("fleming-harrington") {
        "logrank" => Weighting::LogRank,
        "wilcoxon" | "gb" => Weighting::Gehan,
        "tarone-ware" | "tw" => Weighting::TARONE_WARE,
        "peto" => Weighting::PrenticeMarek,
        "fh" => Weighting::FlemingHarrington { rho: case.number("fh_p").unwrap(), gamma: 0.0 },
        "fleming-harrington" => Weighting::FlemingHarrington { rho, gamma },
        other => panic!("no weights {other}"),
    };
    let test = log_rank(&case.outcome(&table), &table.codes(case.text("group").unwrap()), weighting)?;
    Ok(object(vec![
        ("n", list(test.n.iter().map(|&n| n as f64))),
        ("observed", list(test.observed)),
        ("expected", list(test.expected)),
        ("var", lists(test.variance)),
        ("chisq", num(test.statistic)),
        ("df", num(test.df)),
        ("p", num(test.p)),
    ]))
}

pub fn pairwise_logrank(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let outcome = case.outcome(&table);
    let group = table.codes(case.text("group").unwrap());
    let weighting = Weighting::FlemingHarrington { rho: case.number("rho").unwrap_or(0.0), gamma: 0.0 };
    let run = |adjustment| pairwise(&outcome, &group, weighting, adjustment);
    let plain = run(Adjustment::None)?;
    let mut got = vec![
        ("pairs", lists(plain.iter().map(|p| p.groups.map(f64::from)))),
        ("chisq", list(plain.iter().map(|p| p.statistic))),
        ("p", list(plain.iter().map(|p| p.p))),
    ];
    for (key, adjustment) in [
        ("p_holm", Adjustment::Holm),
        ("p_hochberg", Adjustment::Hochberg),
        ("p_BH", Adjustment::BenjaminiHochberg),
        ("p_fdr", Adjustment::BenjaminiHochberg),
        ("p_bonferroni", Adjustment::Bonferroni),
        ("p_hommel", Adjustment::Hommel),
        ("p_BY", Adjustment::BenjaminiYekutieli),
    ] {
        got.push((key, list(run(adjustment)?.iter().map(|p| p.p_adjusted))));
    }
    Ok(object(got))
}

pub fn logrank_coin(case: &Case) -> Result<Value, Error> {
    let table = case.table();
    let rho = case.number("rho").unwrap_or(0.0);
    let gamma = case.number("gamma").unwrap_or(0.0);
    let weighting = match case.text("type").unwrap() {
        "logrank" => Weighting::LogRank,
        "Gehan-Breslow" => Weighting::Gehan,
        "Tarone-Ware" => Weighting::TaroneWare { power: case.number("rho").unwrap_or(0.5) },
        "Prentice" => Weighting::Prentice,
        "Prentice-Marek" => Weighting::PrenticeMarek,
        "Andersen-Borgan-Gill-Keiding" => Weighting::Andersen,
        "Fleming-Harrington" => Weighting::FlemingHarrington { rho, gamma },
        "Self" => Weighting::SelfTime { rho, gamma },
        other => panic!("no weights {other}"),
    };
    let ties = match case.text("ties") {
        Some("Hothorn-Lausen") => TiedTimes::HothornLausen,
        _ => TiedTimes::AtRisk,
    };
    let group = table.codes(case.text("group").unwrap());
    let test = permutation(&case.outcome(&table), &group, weighting, ties)?;
    let mut got = vec![("statistic", num(test.statistic)), ("p", num(test.p))];
    got.extend(test.df.map(|df| ("df", num(df))));
    Ok(object(got))
}

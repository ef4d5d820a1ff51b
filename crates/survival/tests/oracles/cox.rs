//! Cox models: R survival, glmnet and rms; lifelines and scikit-survival.

use radiomics_stats::elastic_net::{ElasticNet, Path};
use radiomics_survival::concordance::Concordance;
use radiomics_survival::cox::{
    Convergence, Cox, CoxConfig, CoxFit, CurveKind, Curves, ElasticNetCox, LifelinesPenalty, Reference,
    Ridge, Ties, TimeTransform,
};
use radiomics_survival::nomogram::{Nomogram, NomogramConfig, NomogramOutcome};
use radiomics_survival::{Error, Outcome};
use serde_json::Value;

use crate::data::{Case, OfCase, Table, numbers};
use crate::{list, lists, num, object};

type Got = Result<Value, Error>;

/// What our code gives for a case, or `None` where the method is none of Cox models.
pub fn run(case: &Case) -> Option<Result<Value, String>> {
    let got = match case.method.as_str() {
        "cox" => cox(case),
        "cox_edge" => edge(case),
        "cox_exact_startstop" => formula(case),
        "cox_ridge" => ridge(case),
        "cox_ridge_sksurv" => ridge_sksurv(case),
        "cox_elastic_net" => elastic_net(case, "coef_by_lambda"),
        "cox_elastic_net_cv" => cross_validated(case),
        "coxnet_sksurv" => elastic_net(case, "coef_by_alpha"),
        "cox_penalised_lifelines" => lifelines(case),
        "nomogram_cox" => nomogram(case),
        _ => return None,
    };
    Some(got.map_err(|e| e.to_string()))
}

fn ties(case: &Case) -> Ties {
    match case.text("ties").unwrap_or("efron") {
        "efron" => Ties::Efron,
        "breslow" => Ties::Breslow,
        "exact" => Ties::Exact,
        other => panic!("no treatment of ties {other}"),
    }
}

/// All coefficients of the cases were iterated to 1e-13.
fn config(case: &Case) -> CoxConfig {
    CoxConfig { ties: ties(case), tolerance: 1e-13, max_iterations: 40, ..CoxConfig::default() }
}

fn columns<'a>(table: &'a Table, names: &'a [String]) -> Vec<(&'a str, &'a [f64])> {
    names.iter().map(|n| (n.as_str(), table.column(n))).collect()
}

fn rows(values: &[f64], p: usize) -> Value {
    // One column comes as plain numbers.
    if p == 1 { list(values.iter().copied()) } else { lists(values.chunks(p)) }
}

/// The first of a list, as many as the case has.
fn cut(got: Value, want: &Value) -> Value {
    match (got, want.as_array()) {
        (Value::Array(mut got), Some(want)) if want.len() < got.len() => {
            got.truncate(want.len());
            Value::Array(got)
        }
        (got, _) => got,
    }
}

fn cox(case: &Case) -> Got {
    let table = case.table();
    let names = case.names("x");
    let outcome = case.outcome(&table);
    let columns = columns(&table, &names);
    let cluster = case.text("cluster").map(|c| table.codes(c)).unwrap_or_default();
    let offset = case.text("offset").map(|c| table.column(c).to_vec()).unwrap_or_default();
    let robust = case.flag("robust").filter(|r| *r);
    let fit = Cox::new(&outcome, &columns)
        .with_config(CoxConfig { robust, ..config(case) })
        .with_offset(&offset)
        .with_cluster(&cluster)
        .fit()?;
    assert_eq!(fit.convergence, Convergence::Converged, "{}", case.id);
    let level = case.number("conf_level").unwrap_or(0.95);
    let mut got = summary(&fit, level)?;
    let want = &case.expected;
    let has = |key: &str| want.get(key).is_some_and(|v| !v.is_null());
    let p = names.len();
    let values: Vec<&[f64]> = columns.iter().map(|c| c.1).collect();
    if has("basehaz_at_zero") {
        let curves = fit.cumulative_baseline_hazard(CurveKind::OfTies, false);
        let strata = curves.iter().flat_map(|(s, t, _)| t.iter().map(move |_| f64::from(*s)));
        let strata = codes(case, &table, strata.collect());
        got["basehaz_at_zero"] = object(vec![
            ("time", list(curves.iter().flat_map(|c| c.1.clone()))),
            ("cumhaz", list(curves.iter().flat_map(|c| c.2.clone()))),
            ("strata", list(strata)),
        ]);
    }
    got["means"] = list(fit.means.iter().copied());
    let expected = fit.expected();
    // Relative to the sample: `lp_first10` leaves strata and offset as R's `linear.predictors` has them.
    got["lp_first10"] = list(fit.linear_predictors.iter().copied());
    got["risk_first10"] = list(fit.linear_predictors.iter().map(|v| v.exp()));
    got["expected_first10"] = list(expected.iter().copied());
    if has("lp_first10") && outcome.strata().is_none() && offset.is_empty() {
        let again = fit.predict_linear(&values, &[], Reference::Strata)?.values;
        let far = again.iter().zip(&fit.linear_predictors).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(far < 1e-12, "{}: {far}", case.id);
    }
    if has("expected_first10") {
        let again = fit.predict_expected(&outcome, &values, &offset);
        let far = again?.values.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        // R's `expected` takes deaths at the mean hazard of their time; predictions take the whole of it.
        if fit.ties == Ties::Breslow {
            assert!(far < 1e-10, "{}: {far}", case.id);
        }
    }
    got["resid_martingale"] = list(fit.martingale_residuals());
    got["resid_deviance"] = list(fit.deviance_residuals());
    got["resid_partial"] = rows(&fit.partial_residuals(), p);
    if fit.ties != Ties::Exact {
        got["resid_score"] = rows(&fit.score_residuals()?, p);
        got["resid_dfbeta"] = rows(&fit.dfbeta()?, p);
        got["resid_dfbetas"] = rows(&fit.dfbetas()?, p);
        got["resid_schoenfeld"] = rows(&fit.schoenfeld_residuals()?.values, p);
        got["resid_scaledsch"] = rows(&fit.scaled_schoenfeld_residuals()?.values, p);
    }
    for key in want.as_object().unwrap().keys().filter(|k| k.starts_with("resid_") || k.ends_with("first10"))
    {
        got[key] = cut(got[key].take(), &want[key]);
    }
    if has("zph") {
        let mut tests = Vec::new();
        for key in want["zph"].as_object().unwrap().keys() {
            let transform = match key.as_str() {
                "km" => TimeTransform::Km,
                "rank" => TimeTransform::Rank,
                "identity" => TimeTransform::Identity,
                "log" => TimeTransform::Log,
                other => panic!("no transform {other}"),
            };
            let test = fit.proportional_hazards(transform)?;
            let table =
                object(vec![("chisq", list(test.chi_squared)), ("df", list(test.df)), ("p", list(test.p))]);
            tests.push((key.as_str(), table));
        }
        got["zph"] = object(tests);
    }
    if has("predict_survival") {
        let ask = &want["predict_survival"];
        let patients: Vec<Vec<f64>> = ask["new_x"].as_array().unwrap().iter().map(numbers).collect();
        let times = numbers(&ask["times"]);
        let slices: Vec<&[f64]> = patients.iter().map(Vec::as_slice).collect();
        let curves = fit.survival_curves(&slices, &Curves::default())?;
        let at = |f: &dyn Fn(radiomics_survival::cox::CurvePoint) -> f64| {
            lists(times.iter().map(|&t| curves[0].iter().map(|c| f(c.at(t).unwrap())).collect::<Vec<_>>()))
        };
        got["predict_survival"] = object(vec![
            ("new_x", ask["new_x"].clone()),
            ("times", ask["times"].clone()),
            ("surv", at(&|c| c.survival)),
            ("std_err", at(&|c| c.std_err)),
            ("lower_log", at(&|c| c.lower)),
            ("upper_log", at(&|c| c.upper)),
        ]);
    }
    Ok(got)
}

/// R numbers strata from 1 in the order of their codes.
fn codes(case: &Case, table: &Table, strata: Vec<f64>) -> Vec<f64> {
    let Some(name) = case.text("strata") else { return strata };
    let mut levels = table.codes(name);
    levels.sort_unstable();
    levels.dedup();
    strata.iter().map(|s| levels.iter().position(|l| f64::from(*l) == *s).unwrap() as f64 + 1.0).collect()
}

fn summary(fit: &CoxFit, level: f64) -> Got {
    let table = fit.hazard_ratios(level)?;
    let column = |f: &dyn Fn(&radiomics_survival::cox::HazardRatio) -> f64| list(table.iter().map(f));
    let (lrt, concordance) = (fit.likelihood_ratio_test(), fit.concordance()?);
    let robust = fit.naive_covariance.is_some();
    Ok(object(vec![
        ("n", num(fit.n as f64)),
        ("n_event", num(fit.events as f64)),
        ("coef", list(fit.coefficients.iter().copied())),
        ("var", lists(fit.covariance.chunks(fit.names.len()))),
        ("se", column(&|h| h.se)),
        ("robust_se", if robust { column(&|h| h.robust_se.unwrap()) } else { Value::Null }),
        ("z", column(&|h| h.z)),
        ("p", column(&|h| h.p)),
        ("hr", column(&|h| h.ratio)),
        ("hr_lower", column(&|h| h.interval.lower)),
        ("hr_upper", column(&|h| h.interval.upper)),
        ("loglik_null", num(fit.null_log_likelihood)),
        ("loglik", num(fit.log_likelihood)),
        ("lrt", num(lrt.statistic)),
        ("lrt_p", num(lrt.p)),
        ("wald", num(fit.wald_test().statistic)),
        ("score", num(fit.score_test().statistic)),
        ("robust_score", fit.robust_score_test().map_or(Value::Null, |t| num(t.statistic))),
        ("concordance", num(concordance.estimate)),
        ("concordance_se", num(concordance.std_err)),
        ("aic", num(fit.aic())),
        ("bic", num(fit.bic())),
    ]))
}

/// A likelihood without a maximum must be flagged.
fn edge(case: &Case) -> Got {
    let event: Vec<bool> = case.numbers("status").iter().map(|s| *s == 1.0).collect();
    let outcome = Outcome::new(&case.numbers("time"), &event)?;
    let x = case.numbers("x");
    let columns = [("x", x.as_slice())];
    let fit = Cox::new(&outcome, &columns)
        .with_config(CoxConfig { tolerance: 1e-13, ..CoxConfig::default() })
        .fit()?;
    assert_eq!(fit.convergence, Convergence::Unbounded { columns: vec!["x".to_owned()] });
    assert!(matches!(fit.converged(), Err(Error::MonotoneLikelihood { .. })));
    Ok(object(vec![("loglik_limit", num(fit.log_likelihood)), ("coef_reached", num(fit.coefficients[0]))]))
}

/// `Surv(start,stop,event) ~ a+b`
fn formula(case: &Case) -> Got {
    let table = case.table();
    let (left, right) = case.text("formula").unwrap().split_once('~').unwrap();
    let inner = left.trim().strip_prefix("Surv(").unwrap().trim_end_matches(')');
    let surv: Vec<&str> = inner.split(',').map(str::trim).collect();
    let names: Vec<String> = right.split('+').map(|n| n.trim().to_owned()).collect();
    let (&event, times) = surv.split_last().unwrap();
    let event: Vec<bool> = table.column(event).iter().map(|v| *v == 1.0).collect();
    let mut outcome = Outcome::new(table.column(times[times.len() - 1]), &event)?;
    if let [start, _] = times {
        outcome = outcome.with_entry(table.column(start))?;
    }
    let columns = columns(&table, &names);
    let fit = Cox::new(&outcome, &columns).with_config(config(case)).fit()?;
    summary(&fit, 0.95)
}

fn ridge(case: &Case) -> Got {
    let (table, names) = (case.table(), case.names("x"));
    let outcome = case.outcome(&table);
    let ridge = Ridge { theta: case.number("theta").unwrap(), scale: case.flag("scale").unwrap_or(false) };
    let columns = columns(&table, &names);
    let fit =
        Cox::new(&outcome, &columns).with_config(CoxConfig { ridge: Some(ridge), ..config(case) }).fit()?;
    let mut got = summary(&fit, 0.95)?;
    got["var2"] = lists(fit.sandwich.chunks(names.len()));
    got["df"] = num(fit.degrees_of_freedom);
    Ok(got)
}

fn ridge_sksurv(case: &Case) -> Got {
    let (table, names) = (case.table(), case.names("x"));
    let outcome = case.outcome(&table);
    let ridge = Ridge { theta: case.number("alpha").unwrap(), scale: false };
    let columns = columns(&table, &names);
    let fit =
        Cox::new(&outcome, &columns).with_config(CoxConfig { ridge: Some(ridge), ..config(case) }).fit()?;
    let hazard = &fit.cumulative_baseline_hazard(CurveKind::Breslow, false)[0];
    Ok(object(vec![
        ("coef", list(fit.coefficients.iter().copied())),
        ("cum_baseline_hazard_last", num(*hazard.2.last().unwrap())),
        ("unique_times", num(hazard.1.len() as f64)),
    ]))
}

/// glmnet and Coxnet: their parameters have different names.
fn elastic_net(case: &Case, key: &str) -> Got {
    let (table, names) = (case.table(), case.names("x"));
    let outcome = case.outcome(&table);
    let alpha = case.number("alpha").or(case.number("l1_ratio")).unwrap();
    let lambda = case.numbers(if case.params["lambda"].is_array() { "lambda" } else { "alphas" });
    let standardize = case.flag("standardize").or(case.flag("normalize")).unwrap_or(true);
    let settings = ElasticNetCox {
        net: ElasticNet { alpha, lambda, standardize, ..ElasticNetCox::default().net },
        ties: if case.text("ties").is_some() { ties(case) } else { Ties::Breslow },
        glmnet_order: case.method == "cox_elastic_net",
    };
    let values: Vec<&[f64]> = names.iter().map(|n| table.column(n)).collect();
    let path: Path = settings.path(&outcome, &values, &[])?;
    assert!(path.converged.iter().all(|c| *c), "{}: {:?}", case.id, path.converged);
    Ok(object(vec![
        (key, lists(&path.coefficients)),
        ("dev_ratio", list(path.deviance_ratio.iter().copied())),
    ]))
}

fn cross_validated(case: &Case) -> Got {
    let (table, names) = (case.table(), case.names("x"));
    let fold: Vec<usize> = case.numbers("foldid").iter().map(|f| *f as usize - 1).collect();
    let settings = ElasticNetCox {
        net: ElasticNet {
            alpha: case.number("alpha").unwrap_or(1.0),
            standardize: case.flag("standardize").unwrap_or(true),
            ..ElasticNetCox::default().net
        },
        ties: Ties::Breslow,
        glmnet_order: true,
    };
    let values: Vec<&[f64]> = names.iter().map(|n| table.column(n)).collect();
    let cv = settings.cross_validate(&case.outcome(&table), &values, &[], &fold)?;
    Ok(object(vec![
        ("lambda", list(cv.path.lambda.iter().copied())),
        ("cvm", list(cv.mean.iter().copied())),
        ("cvsd", list(cv.se.iter().copied())),
        ("lambda_min", num(cv.path.lambda[cv.min])),
        ("lambda_1se", num(cv.path.lambda[cv.one_se])),
    ]))
}

fn lifelines(case: &Case) -> Got {
    let (table, names) = (case.table(), case.names("x"));
    let outcome = case.outcome(&table);
    let penalty = LifelinesPenalty {
        penalizer: case.number("penalizer").unwrap(),
        l1_ratio: case.number("l1_ratio").unwrap_or(0.0),
    };
    let values: Vec<&[f64]> = names.iter().map(|n| table.column(n)).collect();
    let fit = penalty.fit(&outcome, &values, ties(case))?;
    assert!(fit.converged, "{}", case.id);
    let c = Concordance::new(&outcome, &fit.linear_predictors)?;
    Ok(object(vec![
        ("coef", list(fit.coefficients)),
        ("loglik", num(fit.penalised_log_likelihood)),
        ("concordance", num(c.estimate)),
    ]))
}

fn nomogram(case: &Case) -> Got {
    let (table, names) = (case.table(), case.names("x"));
    let outcome = case.outcome(&table);
    let columns = columns(&table, &names);
    let values: Vec<&[f64]> = columns.iter().map(|c| c.1).collect();
    let fit = Cox::new(&outcome, &columns).with_config(config(case)).fit()?;
    let settings =
        NomogramConfig { max_points: case.number("maxscale").unwrap_or(100.0), ..NomogramConfig::default() };
    let times = case.numbers("times");
    let nomogram = Nomogram::cox(&fit, &values, &times, settings)?;
    let axes = nomogram.axes.iter().map(|a| {
        object(vec![
            ("variable", Value::from(a.variable.as_str())),
            ("values", list(a.values.iter().copied())),
            ("points", list(a.points.iter().copied())),
        ])
    });
    let survival = nomogram.outcomes.iter().map(|a| {
        let NomogramOutcome::Survival { time, .. } = a.outcome else { panic!("no survival axis") };
        object(vec![
            ("time", num(time)),
            ("points", list(a.points.iter().copied())),
            ("survival", list(a.values.iter().copied())),
        ])
    });
    let patients: Vec<Vec<f64>> =
        (0..table.rows().min(5)).map(|i| values.iter().map(|c| c[i]).collect()).collect();
    let totals: Vec<f64> = patients.iter().map(|x| nomogram.points(x)).collect::<Result<_, _>>()?;
    Ok(object(vec![
        ("coef", list(fit.coefficients.iter().copied())),
        ("center", num(nomogram.centre)),
        ("axes", axes.collect()),
        ("total_points", object(vec![("x", list(nomogram.total_points.iter().copied()))])),
        (
            "lp_axis",
            object(vec![
                ("points", list(nomogram.linear_predictor.points.iter().copied())),
                ("lp", list(nomogram.linear_predictor.values.iter().copied())),
            ]),
        ),
        ("surv_axes", survival.collect()),
        (
            "first5",
            object(vec![
                ("lp", list(totals.iter().map(|t| nomogram.linear_predictor_at(*t)))),
                (
                    "survival",
                    lists(
                        totals
                            .iter()
                            .map(|t| (0..times.len()).map(|k| nomogram.outcome(k, *t)).collect::<Vec<_>>()),
                    ),
                ),
            ]),
        ),
    ]))
}

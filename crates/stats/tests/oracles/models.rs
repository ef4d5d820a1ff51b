//! Calibration, logistic regression, elastic nets.

use radiomics_stats::Error;
use radiomics_stats::calibration::{
    BinStrategy, CalibrationCurve, Validation, brier_score, hosmer_lemeshow, lowess,
};
use radiomics_stats::elastic_net::{
    Alignment, Binomial, CrossValidation, ElasticNet, Gaussian, Measure, Outcome, Path, cross_validate,
};
use radiomics_stats::logistic::Logistic;
use radiomics_stats::roc::{Direction, Roc};
use serde_json::Value;

use super::data::{Case, OfCase, Table, truth};
use super::{list, num, object};

type Got = Result<Value, Error>;

pub fn calibration_curve(case: &Case) -> Got {
    let strategy =
        if case.text("strategy") == Some("quantile") { BinStrategy::Quantile } else { BinStrategy::Uniform };
    let bins = case.number("n_bins").unwrap() as usize;
    let curve = CalibrationCurve::new(&truth(&case.numbers("y")), &case.numbers("p"), strategy, bins)?;
    Ok(object(vec![
        ("prob_true", list(curve.bins.iter().map(|b| b.observed))),
        ("prob_pred", list(curve.bins.iter().map(|b| b.predicted))),
        ("count", list(curve.bins.iter().map(|b| b.count as f64))),
        ("ece", num(curve.expected_error())),
        ("mce", num(curve.largest_error())),
    ]))
}

fn columns<'a>(table: &'a Table, names: &'a [String]) -> Vec<(&'a str, &'a [f64])> {
    names.iter().map(|n| (n.as_str(), table.column(n))).collect()
}

pub fn validation(case: &Case) -> Got {
    let (y, names) = (case.text("y").unwrap(), case.names("x"));
    let mut used: Vec<&str> = names.iter().map(String::as_str).collect();
    used.push(y);
    let table = case.table(&used);
    let all: Vec<bool> = table.truth(y);
    // "1-based even rows" are positions 1, 3, ... from 0.
    let part = |rule: &str| -> Vec<usize> {
        let odd = usize::from(rule.contains("even") == rule.contains("1-based"));
        (0..table.rows()).filter(|i| i % 2 == odd).collect()
    };
    let (fit, test) = (part(case.text("fit_rows").unwrap()), part(case.text("test_rows").unwrap()));
    let cut = |rows: &[usize]| -> Vec<Vec<f64>> {
        names.iter().map(|n| rows.iter().map(|&i| table.column(n)[i]).collect()).collect()
    };
    let (fit_columns, test_columns) = (cut(&fit), cut(&test));
    let pairs: Vec<(&str, &[f64])> =
        names.iter().zip(&fit_columns).map(|(n, c)| (n.as_str(), c.as_slice())).collect();
    let fit_y: Vec<bool> = fit.iter().map(|&i| all[i]).collect();
    let slices: Vec<&[f64]> = test_columns.iter().map(Vec::as_slice).collect();
    let p = Logistic::fit(&fit_y, &pairs)?.predict(&slices)?;
    let outcome: Vec<bool> = test.iter().map(|&i| all[i]).collect();
    let v = Validation::new(&outcome, &p)?;
    let y: Vec<f64> = outcome.iter().map(|o| f64::from(u8::from(*o))).collect();
    let smooth = lowess(&p, &y, 2.0 / 3.0, 0, None)?;
    let stats = object(vec![
        ("Dxy", num(v.dxy)),
        ("C (ROC)", num(v.c)),
        ("R2", num(v.r2)),
        ("D", num(v.d)),
        ("D:Chi-sq", num(v.d_chi_squared)),
        ("D:p", Value::Null),
        ("U", num(v.u)),
        ("U:Chi-sq", num(v.u_chi_squared)),
        ("U:p", num(v.u_p)),
        ("Q", num(v.q)),
        ("Brier", num(v.brier)),
        ("Intercept", num(v.intercept)),
        ("Slope", num(v.slope)),
        ("Emax", num(v.e_max)),
        ("E90", num(v.e_90)),
        ("Eavg", num(v.e_average)),
        ("S:z", num(v.spiegelhalter_z)),
        ("S:p", num(v.spiegelhalter_p)),
    ]);
    Ok(object(vec![
        ("p", list(p)),
        ("y", list(y)),
        ("stats", stats),
        ("lowess_x", list(smooth.x)),
        ("lowess_y", list(smooth.y)),
    ]))
}

pub fn logistic(case: &Case) -> Got {
    let (y, names) = (case.text("y").unwrap(), case.names("x"));
    let mut used: Vec<&str> = names.iter().map(String::as_str).collect();
    used.push(y);
    let table = case.table(&used);
    let outcome = table.truth(y);
    let fit = Logistic::fit(&outcome, &columns(&table, &names))?;
    let p = fit.coefficients.len();
    let wald = fit.wald_intervals(0.95)?;
    let profile: Vec<_> =
        (0..p).map(|j| fit.interpolated_profile_interval(j, 0.95)).collect::<Result<_, _>>()?;
    let mut got = object(vec![
        ("n", num(outcome.len() as f64)),
        ("coef", list(fit.coefficients.iter().copied())),
        ("se", list(fit.standard_errors())),
        ("z", list(fit.z())),
        ("p", list(fit.p())),
        ("cov", Value::Array(fit.covariance.chunks(p).map(|r| list(r.iter().copied())).collect())),
        ("or", list(fit.odds_ratios())),
        ("or_wald_lower", list(wald.iter().map(|i| i.lower.exp()))),
        ("or_wald_upper", list(wald.iter().map(|i| i.upper.exp()))),
        ("coef_profile_lower", list(profile.iter().map(|i| i.lower))),
        ("coef_profile_upper", list(profile.iter().map(|i| i.upper))),
        ("loglik", num(fit.log_likelihood)),
        ("null_deviance", num(fit.null_deviance())),
        ("deviance", num(fit.deviance())),
        ("aic", num(fit.aic())),
        ("bic", num(fit.bic())),
        ("fitted_first10", list(fit.fitted.iter().take(10).copied())),
        ("mcfadden_r2", num(fit.mcfadden_r2())),
        ("brier", num(brier_score(&outcome, &fit.fitted)?)),
        ("auc", num(Roc::new(&outcome, &fit.fitted, Direction::Higher)?.auc())),
    ]);
    for key in case.expected.as_object().unwrap().keys() {
        if let Some(groups) = key.strip_prefix("hosmer_lemeshow_g") {
            let hl = hosmer_lemeshow(&outcome, &fit.fitted, groups.parse().unwrap())?;
            got[key] = object(vec![
                ("chisq", num(hl.chi_squared)),
                ("df", num(hl.df)),
                ("p", num(hl.p)),
                ("observed_1", list(hl.observed.iter().map(|v| *v as f64))),
                ("expected_1", list(hl.expected)),
                ("n", list(hl.n.iter().map(|v| *v as f64))),
            ]);
        }
    }
    Ok(got)
}

/// A separated outcome is an error that names the column.
pub fn separation(case: &Case) -> Got {
    let x = case.numbers("x");
    match Logistic::fit(&truth(&case.numbers("y")), &[("x", &x)]) {
        Err(Error::Separation { columns }) => {
            assert_eq!(columns, ["x"]);
            Ok(object(vec![("separated", Value::from(true)), ("loglik_limit", num(0.0))]))
        }
        Err(other) => Err(other),
        Ok(_) => Ok(object(vec![("separated", Value::from(false))])),
    }
}

struct Inputs {
    columns: Vec<Vec<f64>>,
    gaussian: Vec<f64>,
    binomial: Vec<bool>,
}

impl Inputs {
    fn new(case: &Case) -> Self {
        let (y, names) = (case.text("y").unwrap(), case.names("x"));
        let mut used: Vec<&str> = names.iter().map(String::as_str).collect();
        used.push(y);
        let table = case.table(&used);
        Self {
            columns: names.iter().map(|n| table.column(n).to_vec()).collect(),
            gaussian: table.column(y).to_vec(),
            binomial: table.truth(y),
        }
    }

    /// Unit spread, dividing by n.
    fn standardised(self, case: &Case) -> Self {
        if case.text("standardise").is_some_and(|s| s.contains("ddof=0")) {
            self.standardised_always()
        } else {
            self
        }
    }

    fn slices(&self) -> Vec<&[f64]> {
        self.columns.iter().map(Vec::as_slice).collect()
    }

    fn path(&self, settings: &ElasticNet, family: &str) -> Result<Path, Error> {
        let path = if family == "gaussian" {
            settings.path(&self.slices(), &Gaussian::new(&self.gaussian)?)?
        } else {
            settings.path(&self.slices(), &Binomial::new(&self.binomial)?)?
        };
        assert!(path.converged.iter().all(|c| *c), "not converged");
        Ok(path)
    }
}

fn glmnet_settings(case: &Case) -> ElasticNet {
    let default = ElasticNet::default();
    ElasticNet {
        alpha: case.number("alpha").unwrap_or(1.0),
        lambda: if case.params["lambda"].is_array() { case.numbers("lambda") } else { Vec::new() },
        lambda_count: case.number("nlambda").map_or(100, |n| n as usize),
        lambda_min_ratio: case.number("lambda_min_ratio"),
        standardize: case.flag("standardize").unwrap_or(true),
        intercept: case.flag("intercept").unwrap_or(true),
        penalty_factors: if case.params["penalty_factor"].is_array() {
            case.numbers("penalty_factor")
        } else {
            Vec::new()
        },
        ..default
    }
}

pub fn glmnet_path(case: &Case) -> Got {
    let path = Inputs::new(case).path(&glmnet_settings(case), case.text("family").unwrap())?;
    Ok(object(vec![
        ("lambda", list(path.lambda.iter().copied())),
        ("intercept", list(path.intercept.iter().copied())),
        ("coef_by_lambda", path.coefficients.iter().map(|b| list(b.iter().copied())).collect()),
        ("dev_ratio", list(path.deviance_ratio.iter().copied())),
        ("df", list(path.nonzero.iter().map(|n| *n as f64))),
    ]))
}

fn folds(case: &Case, key: &str, n: usize) -> Vec<usize> {
    if case.params["foldid"].is_array() {
        return case.numbers("foldid").iter().map(|f| *f as usize - 1).collect();
    }
    let k = case.number(key).map_or_else(
        // "0-based row index mod 10"
        || case.text(key).unwrap().rsplit(' ').next().unwrap().parse().unwrap(),
        |k| k as usize,
    );
    (0..n).map(|i| i % k).collect()
}

fn with_intercept(cv: &CrossValidation, at: usize) -> Value {
    list(std::iter::once(cv.path.intercept[at]).chain(cv.path.coefficients[at].iter().copied()))
}

pub fn glmnet_cv(case: &Case) -> Got {
    let inputs = Inputs::new(case);
    let outcome = if case.text("family") == Some("gaussian") {
        Outcome::Gaussian(&inputs.gaussian)
    } else {
        Outcome::Binomial(&inputs.binomial)
    };
    let measure = match case.text("type_measure").unwrap() {
        "mse" => Measure::Mse,
        "mae" => Measure::Mae,
        "class" => Measure::Class,
        "auc" => Measure::Auc,
        _ => Measure::Deviance,
    };
    let fold = folds(case, "folds", inputs.gaussian.len());
    let cv = cross_validate(
        &glmnet_settings(case),
        &inputs.slices(),
        outcome,
        &fold,
        measure,
        Alignment::Interpolate,
    )?;
    Ok(object(vec![
        ("lambda", list(cv.path.lambda.iter().copied())),
        ("cvm", list(cv.mean.iter().copied())),
        ("cvsd", list(cv.se.iter().copied())),
        ("lambda_min", num(cv.lambda_min())),
        ("lambda_1se", num(cv.lambda_one_se())),
        ("coef_min", with_intercept(&cv, cv.min)),
        ("coef_1se", with_intercept(&cv, cv.one_se)),
        ("nzero", list(cv.path.nonzero.iter().map(|n| *n as f64))),
    ]))
}

/// scikit-learn's objective on columns as they are.
fn scikit(lambda: Vec<f64>, alpha: f64) -> ElasticNet {
    ElasticNet { alpha, lambda, standardize: false, glmnet_ridge_scale: false, ..ElasticNet::default() }
}

pub fn lasso(case: &Case) -> Got {
    let inputs = Inputs::new(case).standardised(case);
    let path = inputs.path(&scikit(case.numbers("alphas"), 1.0), "gaussian")?;
    Ok(object(vec![
        ("intercept", list(path.intercept.iter().copied())),
        ("coef_by_alpha", path.coefficients.iter().map(|b| list(b.iter().copied())).collect()),
    ]))
}

pub fn lasso_cv(case: &Case) -> Got {
    let inputs = Inputs::new(case).standardised(case);
    let fold = folds(case, "folds", inputs.gaussian.len());
    let alphas = case.numbers("alphas");
    let cv = cross_validate(
        &scikit(alphas.clone(), 1.0),
        &inputs.slices(),
        Outcome::Gaussian(&inputs.gaussian),
        &fold,
        Measure::Mse,
        Alignment::SameLambda,
    )?;
    let values = cv.fold_values.clone();
    // scikit-learn's mean over folds is not weighted by their size; its standard error is sd / √folds.
    let k = values.len() as f64;
    let mean: Vec<f64> = (0..alphas.len()).map(|l| values.iter().map(|v| v[l]).sum::<f64>() / k).collect();
    let se: Vec<f64> = (0..alphas.len())
        .map(|l| {
            let column: Vec<f64> = values.iter().map(|v| v[l]).collect();
            radiomics_stats::describe::sd(&column) / k.sqrt()
        })
        .collect();
    let min = (0..mean.len()).fold(0, |best, l| if mean[l] < mean[best] { l } else { best });
    let one_se = (0..mean.len()).find(|&l| mean[l] <= mean[min] + se[min]).unwrap();
    let b = &cv.path.coefficients[min];
    Ok(object(vec![
        ("mean_mse", list(mean.iter().copied())),
        ("se_mse", list(se.iter().copied())),
        ("alpha_min", num(alphas[min])),
        ("alpha_1se", num(alphas[one_se])),
        ("coef", list(b.iter().copied())),
        ("n_selected", num(b.iter().filter(|b| **b != 0.0).count() as f64)),
    ]))
}

pub fn elastic_net(case: &Case) -> Got {
    // The case standardises although it does not say so: its file's other linear cases do.
    let inputs = Inputs::new(case).standardised_always();
    let settings = scikit(vec![case.number("alpha").unwrap()], case.number("l1_ratio").unwrap());
    let path = inputs.path(&settings, "gaussian")?;
    Ok(object(vec![
        ("intercept", num(path.intercept[0])),
        ("coef", list(path.coefficients[0].iter().copied())),
    ]))
}

impl Inputs {
    fn standardised_always(mut self) -> Self {
        for c in &mut self.columns {
            let m = radiomics_stats::describe::mean(c);
            let sd = (radiomics_stats::describe::sum_of_squares(c, m) / c.len() as f64).sqrt();
            c.iter_mut().for_each(|v| *v = (*v - m) / sd);
        }
        self
    }
}

pub fn penalised_logistic(case: &Case) -> Got {
    let inputs = Inputs::new(case).standardised(case);
    let alpha = match case.text("penalty").unwrap() {
        "l1" => 1.0,
        "l2" => 0.0,
        _ => case.number("l1_ratio").unwrap(),
    };
    // Sum of losses + penalty / C is n times ours with λ = 1 / (C n).
    let lambda = 1.0 / (case.number("C").unwrap() * inputs.gaussian.len() as f64);
    let path = inputs.path(&scikit(vec![lambda], alpha), "binomial")?;
    Ok(object(vec![
        ("intercept", num(path.intercept[0])),
        ("coef", list(path.coefficients[0].iter().copied())),
    ]))
}

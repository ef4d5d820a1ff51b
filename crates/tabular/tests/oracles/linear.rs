//! Lasso, elastic net, penalised logistic regression.

use radiomics_stats::elastic_net::{Alignment, ElasticNet, Gaussian, Measure, Outcome};
use radiomics_tabular::models::{LogisticSettings, Penalty};
use radiomics_tabular::select::{LassoSettings, lasso as select_lasso};
use radiomics_tabular::split::Folds;
use radiomics_tabular::{Error, Matrix};
use serde_json::Value;

use crate::data::{Case, OfCase};
use crate::{list, num, object};

type Got = Result<Value, Error>;

/// scikit-learn's objective on columns as they are.
fn scikit(lambda: Vec<f64>, alpha: f64) -> ElasticNet {
    ElasticNet { alpha, lambda, standardize: false, glmnet_ridge_scale: false, ..ElasticNet::default() }
}

fn path(net: &ElasticNet, x: &Matrix, y: &[f64]) -> Result<radiomics_stats::elastic_net::Path, Error> {
    Ok(net.path(&x.slices(), &Gaussian::new(y)?)?)
}

pub fn lasso(case: &Case) -> Got {
    let inputs = case.scaled_if_told();
    let path = path(&scikit(case.numbers("alphas"), 1.0), &inputs.x, &inputs.measured)?;
    Ok(object(vec![
        ("intercept", list(path.intercept.iter().copied())),
        ("coef_by_alpha", path.coefficients.iter().map(|b| list(b.iter().copied())).collect()),
    ]))
}

pub fn elastic_net(case: &Case) -> Got {
    // The case standardises although it does not say so: its file's other linear cases do.
    let inputs = case.scaled();
    let net = scikit(vec![case.number("alpha").unwrap()], case.number("l1_ratio").unwrap());
    let path = path(&net, &inputs.x, &inputs.measured)?;
    Ok(object(vec![
        ("intercept", num(path.intercept[0])),
        ("coef", list(path.coefficients[0].iter().copied())),
    ]))
}

pub fn lasso_cv(case: &Case) -> Got {
    let inputs = case.scaled_if_told();
    // "0-based row index mod 10"
    let k: usize = case.text("folds").unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    let folds = Folds::given((0..inputs.x.rows()).map(|i| i % k).collect())?;
    let alphas = case.numbers("alphas");
    let settings = LassoSettings {
        net: scikit(alphas.clone(), 1.0),
        measure: Measure::Mse,
        alignment: Alignment::SameLambda,
        ..LassoSettings::default()
    };
    let cv = select_lasso(&inputs.x, Outcome::Gaussian(&inputs.measured), &folds, &settings)?.curve;
    // scikit-learn's mean over folds is not weighted by their size; its standard error is sd / √folds.
    let at = |l: usize| -> Vec<f64> { cv.fold_values.iter().map(|v| v[l]).collect() };
    let mean: Vec<f64> = (0..alphas.len()).map(|l| at(l).iter().sum::<f64>() / k as f64).collect();
    let se: Vec<f64> =
        (0..alphas.len()).map(|l| radiomics_stats::describe::sd(&at(l)) / (k as f64).sqrt()).collect();
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

pub fn penalised_logistic(case: &Case) -> Got {
    let inputs = case.scaled_if_told();
    let c = case.number("C").unwrap();
    let penalty = match case.text("penalty").unwrap() {
        "l1" => Penalty::Lasso { c },
        "l2" => Penalty::Ridge { c },
        _ => Penalty::ElasticNet { c, ratio: case.number("l1_ratio").unwrap() },
    };
    let fit = LogisticSettings { penalty, ..LogisticSettings::default() }.fit(&inputs.x, &inputs.binary)?;
    assert!(fit.converged, "not converged, gap {}", fit.gap);
    Ok(object(vec![("intercept", num(fit.intercept)), ("coef", list(fit.coefficients))]))
}

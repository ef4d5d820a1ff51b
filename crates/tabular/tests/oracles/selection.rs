//! Recursive elimination, correlation pruning, variances.

use radiomics_stats::compare::Correlation;
use radiomics_stats::describe::{median, variance as sample_variance};
use radiomics_tabular::models::{LogisticSettings, Penalty, SvmSettings};
use radiomics_tabular::select::{
    CorrelationSettings, Rfe, RfeEstimator, RfeSettings, correlation_matrix, prune_correlated, rfe, rfe_cv,
};
use radiomics_tabular::split::Folds;
use radiomics_tabular::{Error, Matrix, Score};
use serde_json::{Map, Value};

use crate::data::{Case, OfCase};
use crate::{list, num, object, positions};

type Got = Result<Value, Error>;

/// `svm_linear_C0.1`, `logistic_l2_C1`.
fn estimator(name: &str) -> RfeEstimator {
    let c: f64 = name.rsplit_once('C').unwrap().1.parse().unwrap();
    if name.starts_with("svm_linear") {
        RfeEstimator::Svm(SvmSettings { c, tolerance: 1e-6, ..SvmSettings::default() })
    } else if name.starts_with("logistic_l2") {
        RfeEstimator::Logistic(LogisticSettings {
            penalty: Penalty::Ridge { c },
            ..LogisticSettings::default()
        })
    } else if name.starts_with("logistic_l1") {
        RfeEstimator::Logistic(LogisticSettings {
            penalty: Penalty::Lasso { c },
            ..LogisticSettings::default()
        })
    } else {
        panic!("no estimator {name}")
    }
}

fn support(result: &Rfe) -> Value {
    let kept: Vec<usize> = (0..result.ranking.len()).filter(|&j| result.ranking[j] == 1).collect();
    positions(&kept)
}

fn folds(case: &Case, outcome: &[bool]) -> Folds {
    if case.params["fold_of_row"].is_array() {
        return Folds::given(case.numbers("fold_of_row").iter().map(|f| *f as usize).collect()).unwrap();
    }
    // "StratifiedKFold(5) no shuffle"
    let k = case.text("cv").unwrap().split(['(', ')']).nth(1).unwrap().parse().unwrap();
    Folds::in_order(&outcome.iter().map(|y| usize::from(*y)).collect::<Vec<_>>(), k).unwrap()
}

pub fn rfecv(case: &Case) -> Got {
    let inputs = case.scaled_if_told();
    let settings = RfeSettings {
        estimator: estimator(case.text("estimator").unwrap()),
        step: case.number("step").unwrap_or(1.0) as usize,
        keep: 1,
        score: score(case),
    };
    let five = RfeSettings { keep: 5, ..settings.clone() };
    let five = rfe(&inputs.x, &inputs.binary, &five)?;
    let cv = rfe_cv(&inputs.x, &inputs.binary, &folds(case, &inputs.binary), &settings)?;
    Ok(object(vec![
        ("n_features", num(cv.rfe.selection.kept.len() as f64)),
        ("support", support(&cv.rfe)),
        ("ranking", positions(&cv.rfe.ranking)),
        ("n_grid", positions(&cv.sizes)),
        ("mean_score", list(cv.mean)),
        ("std_score", list(cv.sd)),
        ("rfe5_support", support(&five)),
        ("rfe5_ranking", positions(&five.ranking)),
    ]))
}

pub fn score(case: &Case) -> Score {
    match case.text("scoring") {
        Some("accuracy") => Score::Accuracy,
        Some("balanced_accuracy") => Score::BalancedAccuracy,
        _ => Score::RocAuc,
    }
}

pub fn prune(case: &Case) -> Got {
    let x = case.inputs().x;
    let mut got = Map::new();
    for key in case.expected.as_object().unwrap().keys() {
        if let Some(threshold) = key.strip_prefix("kept_") {
            let settings = CorrelationSettings {
                threshold: threshold.parse().unwrap(),
                ..CorrelationSettings::default()
            };
            let kept = prune_correlated(&x, &settings)?.kept;
            let kept: Vec<usize> = kept.iter().map(|n| x.position(n).unwrap()).collect();
            got.insert(key.clone(), positions(&kept));
        }
    }
    got.insert(
        "rho_first_row".to_owned(),
        list(correlation_matrix(&x, Correlation::Spearman)?[0].iter().copied()),
    );
    Ok(Value::Object(got))
}

pub fn variance(case: &Case) -> Got {
    let x: Matrix = case.inputs().x;
    let mad = |c: &Vec<f64>| {
        let m = median(c);
        median(&c.iter().map(|v| (v - m).abs()).collect::<Vec<f64>>())
    };
    Ok(object(vec![
        ("var_ddof1", list(x.columns().iter().map(|c| sample_variance(c)))),
        ("mad", list(x.columns().iter().map(mad))),
    ]))
}

//! Cross-validated penalised Cox models against R's glmnet: see `reference/cv_glmnet_cox.R`.

#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use radiomics_stats::elastic_net::ElasticNet;
use radiomics_survival::{Outcome, cox::ElasticNetCox};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn curves_and_choices_are_those_of_cv_glmnet() {
    let json: Value = serde_json::from_str(include_str!("reference/cv_glmnet_cox.json")).unwrap();
    let columns: Vec<Vec<f64>> = json["x"].as_array().unwrap().iter().map(numbers).collect();
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let event: Vec<bool> = numbers(&json["status"]).iter().map(|s| *s == 1.0).collect();
    let outcome = Outcome::new(&numbers(&json["time"]), &event).unwrap();
    let fold: Vec<usize> = numbers(&json["fold"]).iter().map(|f| *f as usize).collect();
    let near = |what: &str, ours: &[f64], theirs: &[f64], allowed: f64| {
        assert_eq!(ours.len(), theirs.len(), "{what}");
        for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
            assert!((a - b).abs() <= allowed * b.abs().max(1e-3), "{what}[{i}]: {a} {b}");
        }
    };
    // glmnet's Fortran divides 1 by 99 in single precision, so that each of its λ is 8.7e-11 of itself further from the
    // first one than it should be: 4e-9 over the path.
    let steps = 5e-9;
    for case in json["cases"].as_array().unwrap() {
        let alpha = case["alpha"].as_f64().unwrap();
        let net = ElasticNet { alpha, ..ElasticNetCox::default().net };
        let settings = ElasticNetCox { net, glmnet_order: true, ..ElasticNetCox::default() };
        let cv = settings.cross_validate(&outcome, &slices, &[], &fold).unwrap();
        near("lambda", &cv.path.lambda, &numbers(&case["lambda"]), steps);
        near("mean", &cv.mean, &numbers(&case["cvm"]), 1e-7);
        near("standard error", &cv.se, &numbers(&case["cvsd"]), 1e-6);
        near("lambda.min", &[cv.lambda_min()], &[case["lambda_min"].as_f64().unwrap()], steps);
        near("lambda.1se", &[cv.lambda_one_se()], &[case["lambda_1se"].as_f64().unwrap()], steps);
        near("coefficients at lambda.min", &cv.path.coefficients[cv.min], &numbers(&case["min"]), 1e-5);
        near("coefficients at lambda.1se", &cv.path.coefficients[cv.one_se], &numbers(&case["one_se"]), 1e-5);
    }
    // Folds without an event or with only one fold are errors.
    let first_event = event.iter().position(|e| *e).unwrap();
    let only: Vec<usize> = (0..event.len()).map(|i| usize::from(i != first_event && event[i])).collect();
    assert!(ElasticNetCox::default().cross_validate(&outcome, &slices, &[], &only).is_ok());
    let none: Vec<usize> = event.iter().map(|e| usize::from(*e)).collect();
    let error =
        ElasticNetCox::default().cross_validate(&outcome, &slices, &[], &none).unwrap_err().to_string();
    assert!(error.contains("events"), "{error}");
    let one = vec![0; event.len()];
    assert!(ElasticNetCox::default().cross_validate(&outcome, &slices, &[], &one).is_err());
}

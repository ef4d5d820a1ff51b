//! Features by minimum redundancy and maximum relevance, and boosting on rows it has not seen, beside programs of others:
//! `data/make_mrmr.py` and `data/make_boosting.py` say which, how and in which versions.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

use radiomics_tabular::Matrix;
use radiomics_tabular::models::BoostingSettings;
use radiomics_tabular::select::{Combination, MrmrSettings, Relevance, mrmr};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn every_variant_of_mrmr_takes_the_same_features_in_the_same_order() {
    let fixture: Value = serde_json::from_str(include_str!("data/mrmr.json")).unwrap();
    let mut compared = 0;
    for (k, case) in fixture["cases"].as_array().unwrap().iter().enumerate() {
        let (names, columns) =
            case["x"].as_object().unwrap().iter().map(|(name, c)| (name.clone(), numbers(c))).unzip();
        let x = Matrix::new(names, columns).unwrap();
        let y: Vec<bool> = numbers(&case["y"]).iter().map(|y| *y == 1.0).collect();
        for relevance in [Relevance::F, Relevance::MutualInformation] {
            for combination in [Combination::Quotient, Combination::Difference] {
                let name = |v: Value| v.as_str().unwrap().to_owned();
                let key = [
                    name(serde_json::to_value(relevance).unwrap()),
                    name(serde_json::to_value(combination).unwrap()),
                ];
                let want: Vec<&str> = case["kept"][key.join(" ")]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|f| f.as_str().unwrap())
                    .collect();
                let settings = MrmrSettings { count: want.len(), relevance, combination };
                assert_eq!(mrmr(&x, &y, &settings).unwrap().kept, want, "case {k}, {key:?}");
                compared += want.len();
            }
        }
    }
    assert_eq!(compared, 3 * 4 * 10);
}

#[test]
fn boosting_agrees_on_rows_it_has_not_seen() {
    let fixture: Value = serde_json::from_str(include_str!("data/boosting.json")).unwrap();
    for (k, case) in fixture["cases"].as_array().unwrap().iter().enumerate() {
        let digits = |text: &Value| -> Vec<f64> {
            text.as_str().unwrap().chars().map(|c| f64::from(c.to_digit(16).unwrap())).collect()
        };
        let x = Matrix::unnamed(case["x"].as_array().unwrap().iter().map(digits).collect()).unwrap();
        let y: Vec<bool> = digits(&case["y"]).iter().map(|y| *y == 1.0).collect();
        let settings: BoostingSettings = serde_json::from_value(case["settings"].clone()).unwrap();
        let (train, held_out): (Vec<usize>, Vec<usize>) = (0..x.rows()).partition(|i| i % 3 != 0);
        let own: Vec<bool> = train.iter().map(|&i| y[i]).collect();
        let model = settings.fit(&x.subset(&train), &own).unwrap();
        for (what, got) in [
            ("train", model.raw(x.subset(&train).columns())),
            ("held_out", model.raw(x.subset(&held_out).columns())),
            ("loss", model.loss.clone()),
        ] {
            let want = numbers(&case[what]);
            assert_eq!(got.len(), want.len());
            // Gradients are single precision there.
            let off = got.iter().zip(&want).map(|(g, w)| (g - w).abs()).fold(0.0, f64::max);
            assert!(off < 2e-6, "case {k}, {what}: {off:e}");
        }
    }
}

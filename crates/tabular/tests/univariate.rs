//! Tests between levels and classes: R's p-values (`data/make_univariate.R` says how).
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

use std::collections::HashMap;

use radiomics_stats::multiplicity::Adjustment;
use radiomics_tabular::models::{LogisticSettings, ModelSettings};
use radiomics_tabular::prepare::{EncoderSettings, Impute};
use radiomics_tabular::select::{CategoricalTest, UnivariateSettings, UnivariateTest, univariate};
use radiomics_tabular::{Error, Levels, Matrix, ReadSettings, Recipe, Step, Table};
use serde_json::Value;

struct Data {
    fixture: Value,
    x: Matrix,
    y: Vec<bool>,
}

fn data() -> Data {
    let fixture: Value = serde_json::from_str(include_str!("data/univariate.json")).unwrap();
    let text = fixture["table"].as_str().unwrap();
    let table = Table::parse_csv(text, "univariate.csv", &ReadSettings::default()).unwrap();
    let names: Vec<&String> = fixture["columns"].as_object().unwrap().keys().collect();
    let y = table.outcome("y", None).unwrap().into_iter().map(Option::unwrap).collect();
    Data { x: table.matrix(&names).unwrap(), y, fixture }
}

/// p of every column: nothing is kept at a level this small.
fn p(data: &Data, settings: UnivariateSettings) -> HashMap<String, f64> {
    let settings = UnivariateSettings { alpha: 1e-300, adjustment: Adjustment::None, ..settings };
    let selection = univariate(&data.x, &data.y, &settings).unwrap();
    assert!(selection.kept.is_empty());
    selection.dropped.into_iter().map(|d| (d.name, d.value.unwrap())).collect()
}

#[test]
fn r_gives_the_same_p_values() {
    let data = data();
    let columns = data.fixture["columns"].as_object().unwrap();
    for (categorical, key) in [
        (CategoricalTest::ChiSquared, "chi_squared"),
        (CategoricalTest::Yates, "yates"),
        (CategoricalTest::Fisher, "fisher"),
    ] {
        let got = p(&data, UnivariateSettings { categorical, ..UnivariateSettings::default() });
        for (name, want) in columns {
            let want = want[key].as_f64().unwrap_or(1.0);
            assert!((got[name] - want).abs() < 1e-9 * want, "{name}, {key}: {}, {want}", got[name]);
        }
    }
    // Counts expected choose between the two; both are chosen here.
    let got = p(&data, UnivariateSettings::default());
    let mut exact = 0;
    for (name, want) in columns.iter().filter(|(_, want)| !want["fisher"].is_null()) {
        let few = want["least_expected"].as_f64().unwrap() < 5.0;
        exact += usize::from(few);
        let want = want[if few { "fisher" } else { "chi_squared" }].as_f64().unwrap();
        assert!((got[name] - want).abs() < 1e-9 * want, "{name}: {}, {want}", got[name]);
    }
    assert_eq!(exact, 2);
}

#[test]
fn the_adjusted_p_keeps_what_r_keeps() {
    let data = data();
    let settings =
        UnivariateSettings { categorical: CategoricalTest::Fisher, ..UnivariateSettings::default() };
    let kept: Vec<&str> =
        data.fixture["kept"].as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect();
    assert_eq!(univariate(&data.x, &data.y, &settings).unwrap().kept, kept);
    assert!(kept.len() > 2 && kept.len() < data.x.width());
}

#[test]
fn order_of_levels_and_their_numbers_do_not_matter() {
    let data = data();
    let before = p(&data, UnivariateSettings::default());
    let reversed = data.x.names().iter().fold(data.x.clone(), |x, name| {
        let Some(levels) = x.levels(name).cloned() else { return x };
        let (at, most) = (x.position(name).unwrap(), levels.names.len() as f64 - 1.0);
        let mut columns = x.columns().to_vec();
        columns[at].iter_mut().for_each(|v| *v = most - *v);
        let own: Vec<(String, Levels)> =
            x.names().iter().filter_map(|n| Some((n.clone(), x.levels(n)?.clone()))).collect();
        let bare = Matrix::new(x.names().to_vec(), columns).unwrap();
        own.into_iter().fold(bare, |x, (n, mut l)| {
            if n == *name {
                l.names.reverse();
            }
            x.with_levels(&n, l).unwrap()
        })
    });
    assert_ne!(reversed, data.x);
    let after = p(&Data { x: reversed, ..data }, UnivariateSettings::default());
    assert!(before.iter().all(|(name, p)| (after[name] - p).abs() < 1e-12), "{before:?}, {after:?}");
}

#[test]
fn columns_are_selected_before_they_are_encoded() {
    let data = data();
    let recipe = Recipe {
        steps: vec![
            Step::Univariate(UnivariateSettings::default()),
            Step::Encode(EncoderSettings::default()),
            Step::Impute(Impute::Median),
        ],
        ..Recipe::of(ModelSettings::Logistic(LogisticSettings::default()))
    };
    let pipeline = recipe.fit(&data.x, &data.y).unwrap();
    assert!(pipeline.model.names.iter().any(|n| n == "stage=IV"));
    assert!(!pipeline.model.names.iter().any(|n| n.starts_with("rare") || n.starts_with("alone")));
    assert!(pipeline.probability(&data.x).unwrap().iter().all(|p| (0.0..1.0).contains(p)));
    // An area under a curve needs an order.
    let area = UnivariateSettings { test: UnivariateTest::Auc, ..UnivariateSettings::default() };
    assert!(matches!(univariate(&data.x, &data.y, &area).unwrap_err(), Error::ColumnKind { .. }));
}

#[test]
fn measured_values_may_not_be_missing() {
    let y: Vec<bool> = (0..20).map(|i| i % 3 == 0).collect();
    for levels in [2, 3] {
        let mut column: Vec<f64> = (0..20).map(|i| f64::from(3 + i % levels)).collect();
        let settings = UnivariateSettings::default();
        univariate(&Matrix::unnamed(vec![column.clone()]).unwrap(), &y, &settings).unwrap();
        column[4] = f64::NAN;
        let e = univariate(&Matrix::unnamed(vec![column]).unwrap(), &y, &settings).unwrap_err();
        assert!(matches!(&e, Error::NotFinite { .. }), "{levels}: {e}");
    }
}

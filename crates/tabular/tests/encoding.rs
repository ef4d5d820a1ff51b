//! From typed tables with levels to predictions: against scikit-learn (`data/make_categories.py` says how), over a saved
//! file, with levels nobody has seen and with holes.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

use radiomics_tabular::models::{LogisticSettings, ModelSettings, NaiveBayesSettings, Penalty};
use radiomics_tabular::prepare::{EncoderSettings, Impute, Nominal, Scale, Unseen};
use radiomics_tabular::split::Folds;
use radiomics_tabular::{
    Calibration, ColumnSettings, Error, Kind, Matrix, Pipeline, ReadSettings, Recipe, Score, Search, Step,
    Table,
};
use serde_json::Value;

const COLUMNS: [&str; 4] = ["age", "sex", "stage", "site"];

fn fixture() -> Value {
    serde_json::from_str(include_str!("data/categories.json")).unwrap()
}

/// Stages have an order; what the others are is found from their values.
fn settings() -> ReadSettings {
    let levels = ["I", "II", "III", "IV"].map(str::to_owned).to_vec();
    let stage = ColumnSettings { kind: Some(Kind::Ordinal), levels, ..ColumnSettings::default() };
    ReadSettings { columns: [("stage".to_owned(), stage)].into(), ..ReadSettings::default() }
}

fn read(text: &str) -> Table {
    Table::parse_csv(text, "cohort.csv", &settings()).unwrap()
}

struct Parts {
    train: Matrix,
    outcome: Vec<bool>,
    /// New patients in a file of their own: what is in it says nothing of the training rows.
    new: Matrix,
}

fn parts() -> Parts {
    let fixture = fixture();
    let text = fixture["table"].as_str().unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let part = |new: bool| {
        let own = rows.lines().enumerate().filter(|(i, _)| (i % 4 == 0) == new).map(|(_, line)| line);
        read(&[header].into_iter().chain(own).collect::<Vec<_>>().join("\n"))
    };
    let (train, new) = (part(false), part(true));
    let outcome = train.outcome("y", None).unwrap().into_iter().map(Option::unwrap).collect();
    Parts { train: train.matrix(&COLUMNS).unwrap(), outcome, new: new.matrix(&COLUMNS).unwrap() }
}

fn recipe(encode: EncoderSettings) -> Recipe {
    let logistic = LogisticSettings { penalty: Penalty::Ridge { c: 2.0 }, ..LogisticSettings::default() };
    Recipe {
        steps: vec![Step::Encode(encode), Step::Impute(Impute::Median)],
        ..Recipe::of(ModelSettings::Logistic(logistic))
    }
}

#[test]
fn scikit_learn_encodes_and_predicts_the_same() {
    let Parts { train, outcome, new } = parts();
    for case in fixture()["cases"].as_array().unwrap() {
        let nominal: Nominal = serde_json::from_value(case["nominal"].clone()).unwrap();
        let pipeline =
            recipe(EncoderSettings { nominal, unseen: Some(Unseen::Zero) }).fit(&train, &outcome).unwrap();
        let encoded = pipeline.steps[0].apply(&new).unwrap();
        let sites: &[&str] = match nominal {
            Nominal::OneHot => &["site=colon", "site=rectum", "site=sigma"],
            _ => &["site=rectum", "site=sigma"],
        };
        assert_eq!(encoded.names(), [&["age", "sex", "stage"], sites].concat());
        let want = case["encoded"].as_array().unwrap();
        assert_eq!(encoded.rows(), want.len());
        let mut missing = 0;
        for (i, want) in want.iter().enumerate() {
            for (got, want) in encoded.row(i).iter().zip(want.as_array().unwrap()) {
                missing += usize::from(want.is_null());
                assert!(want.as_f64().map_or(got.is_nan(), |w| w == *got), "row {i}: {got}, {want}");
            }
        }
        assert!(missing > 5);
        let p = pipeline.probability(&new).unwrap();
        for (i, (p, want)) in p.iter().zip(case["p"].as_array().unwrap()).enumerate() {
            let off = (p - want.as_f64().unwrap()).abs();
            assert!(off < 1e-8, "{nominal:?}, row {i}: {p}, {want}");
        }
    }
}

#[test]
fn a_pipeline_with_levels_comes_back_from_its_file() {
    let Parts { train, outcome, new } = parts();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipeline.json");
    let encoders =
        [EncoderSettings::default(), EncoderSettings { nominal: Nominal::OneHotDropFirst, unseen: None }];
    for encode in encoders {
        let mut recipe = recipe(encode);
        recipe.steps.push(Step::Scale(Scale::ZScore));
        recipe.calibration = Some(Calibration { folds: 3, ..Calibration::default() });
        let json = serde_json::to_string(&recipe).unwrap();
        let recipe: Recipe = serde_json::from_str(&json).unwrap();
        let pipeline = recipe.fit(&train, &outcome).unwrap();
        pipeline.save(&path).unwrap();
        let loaded = Pipeline::load(&path).unwrap();
        assert_eq!(loaded, pipeline);
        assert_eq!(loaded.probability(&new).unwrap(), pipeline.probability(&new).unwrap());
    }
    let short: Step = serde_json::from_str(r#"{"encode": {"nominal": "one_hot_drop_first"}}"#).unwrap();
    assert_eq!(short, Step::Encode(encoders[1]));
}

#[test]
fn levels_are_known_by_name_and_not_by_their_place() {
    let Parts { train, outcome, .. } = parts();
    let pipeline = recipe(EncoderSettings::default()).fit(&train, &outcome).unwrap();
    let one = |text: &str| {
        let x = read(&format!("patient,age,sex,stage,site\n{text}")).matrix(&COLUMNS).unwrap();
        pipeline.probability(&x).unwrap()
    };
    // Alone in its file a level is the first, among others it is not; a file with one sex, with no sex at all.
    let all = one("A,60,f,II,sigma\nB,60,m,II,rectum\nC,,,,colon\n");
    assert_eq!(one("A,60,f,II,sigma\n")[0], all[0]);
    assert_eq!(one("B,60,m,II,rectum\n")[0], all[1]);
    assert_eq!(one("C,,,,colon\n")[0], all[2]);
}

#[test]
fn unseen_levels_follow_the_policy() {
    let Parts { train, outcome, .. } = parts();
    let new = |sex: &str, site: &str| {
        read(&format!("patient,age,sex,stage,site\nA,60,{sex},II,{site}\n")).matrix(&COLUMNS).unwrap()
    };
    let zero = recipe(EncoderSettings::default()).fit(&train, &outcome).unwrap();
    let encoded = zero.steps[0].apply(&new("f", "anus")).unwrap();
    assert_eq!(encoded.row(0), [60.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    // A level without place in an order is an error under either policy, and a nominal one where it is asked for.
    let strict = EncoderSettings { unseen: Some(Unseen::Error), ..EncoderSettings::default() };
    let strict = recipe(strict).fit(&train, &outcome).unwrap();
    for (pipeline, x, text) in [
        (&zero, new("x", "colon"), "level of `sex` `x` was not among the training rows; known are f, m"),
        (
            &strict,
            new("f", "anus"),
            "level of `site` `anus` was not among the training rows; known are colon, rectum, sigma",
        ),
    ] {
        let e = pipeline.decision(&x).unwrap_err();
        assert!(matches!(&e, Error::Unseen { .. }), "{e}");
        assert_eq!(e.to_string(), text);
    }
    assert_eq!(strict.decision(&new("m", "colon")).unwrap(), zero.decision(&new("m", "colon")).unwrap());
}

#[test]
fn missing_levels_stay_missing_until_they_are_imputed() {
    let Parts { train, outcome, new } = parts();
    let mut plain = recipe(EncoderSettings::default());
    plain.steps.truncate(1);
    let e = plain.fit(&train, &outcome).unwrap_err();
    assert!(matches!(&e, Error::NotFinite { column, .. } if column == "age"), "{e}");
    let encoder = EncoderSettings::default().fit(&train).unwrap();
    let (x, site) = (encoder.apply(&new).unwrap(), new.position("site").unwrap());
    for i in 0..new.rows() {
        assert!((3..6).all(|j| x.column(j)[i].is_nan() == new.column(site)[i].is_nan()));
    }
    // Nobody to learn levels from.
    let hole = train.column(site).iter().position(|v| v.is_nan()).unwrap();
    let empty = train.keep(&[site]).subset(&[hole]);
    assert!(matches!(EncoderSettings::default().fit(&empty).unwrap_err(), Error::Empty { .. }));
}

#[test]
fn positions_of_levels_are_one_column() {
    let Parts { train, outcome, .. } = parts();
    let settings = EncoderSettings { nominal: Nominal::Position, unseen: Some(Unseen::Error) };
    let x = settings.fit(&train).unwrap().apply(&train).unwrap();
    assert_eq!(x.names(), COLUMNS);
    assert_eq!(x.column(3).iter().copied().fold(0.0, f64::max), 2.0);
    // Positions have no zero: what is not set is an error, so that a grid may go over `nominal` alone.
    let alone: Step = serde_json::from_str(r#"{"encode": {"nominal": "position"}}"#).unwrap();
    let unset = EncoderSettings { nominal: Nominal::Position, unseen: None };
    assert!(matches!(&alone, Step::Encode(s) if *s == unset), "{alone:?}");
    let encoder = unset.fit(&train).unwrap();
    assert_eq!(format!("{:?}", encoder.apply(&train).unwrap()), format!("{x:?}"));
    let new = read("patient,age,sex,stage,site\nA,60,f,II,anus\n").matrix(&COLUMNS).unwrap();
    assert!(matches!(encoder.apply(&new).unwrap_err(), Error::Unseen { .. }));
    let codings = ["one_hot", "one_hot_drop_first", "position"].map(Value::from).to_vec();
    let search = Search::grid([("steps/0/encode/nominal", codings)], Score::RocAuc);
    let classes: Vec<usize> = outcome.iter().map(|y| usize::from(*y)).collect();
    let folds = Folds::stratified(&classes, 3, 1).unwrap();
    search.run(&recipe(EncoderSettings::default()), &train, &outcome, &folds, |_| ()).unwrap();

    let e =
        EncoderSettings { nominal: Nominal::Position, unseen: Some(Unseen::Zero) }.fit(&train).unwrap_err();
    assert!(matches!(&e, Error::Setting { name, .. } if name == "unseen"), "{e}");
}

#[test]
fn what_computes_with_numbers_refuses_levels() {
    let Parts { train, outcome, new } = parts();
    let bayes = ModelSettings::NaiveBayes(NaiveBayesSettings::default());
    let refused = |e: Error, what: &str| {
        assert!(
            matches!(&e, Error::ColumnKind { column, found, .. } if column == "sex" && found == "levels (f, m)"),
            "{what}: {e}"
        );
    };
    refused(bayes.fit(&train, &outcome, 0).unwrap_err(), "model");
    for step in [
        r#"{"impute": "mode"}"#,
        r#"{"transform": "sqrt"}"#,
        r#"{"scale": "z_score"}"#,
        r#"{"combat": {}}"#,
        r#"{"variance": 0.0}"#,
        r#"{"correlation": {}}"#,
        r#"{"mrmr": {}}"#,
    ] {
        let step: Step = serde_json::from_str(step).unwrap();
        refused(step.fit(&train, &outcome, 0).unwrap_err(), &format!("{step:?}"));
    }
    // What does not look at values leaves levels as they are.
    let kept = Step::DropMissing(0.5).fit(&train, &outcome, 0).unwrap().apply(&train).unwrap();
    assert_eq!(kept.levels("site"), train.levels("site"));
    // A column that was numbers in the fit and is levels now, and the other way round.
    let pipeline = recipe(EncoderSettings::default()).fit(&train, &outcome).unwrap();
    let numbers = |age: &str, sex: &str| {
        let text = format!("patient,age,sex,stage,site\nA,{age},{sex},II,colon\n");
        pipeline.decision(&read(&text).matrix(&COLUMNS).unwrap()).unwrap_err().to_string()
    };
    assert_eq!(numbers("old", "f"), "column `age` holds levels (old); needed are numbers, as in the fit");
    assert_eq!(numbers("60", "1"), "column `sex` holds numbers; needed are levels (f, m), as in the fit");
    let fewer = new.keep(&[0, 1]);
    assert!(matches!(pipeline.decision(&fewer).unwrap_err(), Error::UnknownColumn { .. }));
}

#[test]
fn levels_of_rows_left_out_are_not_known() {
    let text = fixture()["table"].as_str().unwrap().to_owned();
    let table = read(&text);
    let (x, y) = (table.matrix(&COLUMNS).unwrap(), table.outcome("y", None).unwrap());
    let train: Vec<usize> = (0..x.rows()).filter(|i| i % 4 != 0).collect();
    let own: Vec<bool> = train.iter().map(|&i| y[i].unwrap()).collect();
    let recipe = recipe(EncoderSettings::default());
    let pipeline = recipe.fit(&x.subset(&train), &own).unwrap();
    // `anus` is a level of the table, but of no training row: no column is made for it.
    assert!(x.levels("site").unwrap().names.contains(&"anus".to_owned()));
    assert!(!pipeline.model.names.contains(&"site=anus".to_owned()));
    let Parts { train: alone, new, .. } = parts();
    let (p, q) =
        (pipeline.probability(&new).unwrap(), recipe.fit(&alone, &own).unwrap().probability(&new).unwrap());
    assert!(p.iter().zip(&q).all(|(p, q)| (p - q).abs() < 1e-12));
    // Folds and searches go over tables of levels as over numbers.
    let y: Vec<bool> = y.into_iter().map(Option::unwrap).collect();
    let folds = Folds::stratified(&y.iter().map(|y| usize::from(*y)).collect::<Vec<_>>(), 4, 3).unwrap();
    let whole = recipe.out_of_fold_probability(&x, &y, &folds).unwrap();
    let rows = folds.train(2);
    let own: Vec<bool> = rows.iter().map(|&i| y[i]).collect();
    let by_hand = recipe.fit(&x.subset(&rows), &own).unwrap().probability(&x.subset(&folds.test(2))).unwrap();
    assert!(folds.test(2).iter().zip(&by_hand).all(|(&i, p)| whole[i] == *p));
    let codings = ["one_hot", "one_hot_drop_first"].map(Value::from).to_vec();
    let search = Search::grid([("steps/0/encode/nominal", codings)], Score::LogLikelihood);
    let tuned = search.run(&recipe, &x, &y, &folds, |_| {}).unwrap();
    let truth: Vec<bool> = folds.test(2).iter().map(|&i| y[i]).collect();
    let likelihood = Score::LogLikelihood.of_probability(&truth, &by_hand).unwrap();
    assert_eq!(tuned.candidates[0].folds[2], likelihood);
    assert_ne!(tuned.candidates[0].folds, tuned.candidates[1].folds);
}

#[test]
fn binary_columns_of_numbers_are_numbers() {
    let table =
        read("patient,age,sex,stage,site,dead\nA,60,f,I,colon,0\nB,50,m,II,rectum,1\nC,40,m,I,sigma,\n");
    let x = table.matrix(&["dead", "sex"]).unwrap();
    assert!(x.levels("dead").is_none() && x.levels("sex").is_some_and(|l| l.kind == Kind::Binary));
    assert!(x.column(0)[..2] == [0.0, 1.0] && x.column(0)[2].is_nan());
    // Without a 0 in the file, 1 is still 1.
    let one = read("patient,age,sex,stage,site,dead\nB,50,m,II,rectum,1\n").matrix(&["dead"]).unwrap();
    assert_eq!(one.column(0), [1.0]);
}

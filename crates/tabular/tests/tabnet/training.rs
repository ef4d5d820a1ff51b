//! Training on synthetic patients.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::Var;
use radiomics_stats::rng::Rng;
use radiomics_tabular::models::tabnet::{
    Activation, Epoch, NetworkSettings, Precision, TabNetSettings, TrainSettings, Watch,
};
use radiomics_tabular::models::{Learner, ModelSettings};
use radiomics_tabular::prepare::{EncoderSettings, Impute, Nominal};
use radiomics_tabular::{Error, Matrix, ReadSettings, Recipe, Score, Step, Table};

use super::numbers;

/// Synthetic patients: `a` and `c` matter, `site` shifts one of its four categories.
fn patients(n: usize, seed: u64) -> (Matrix, Vec<bool>) {
    let mut rng = Rng::new(seed);
    let mut columns: Vec<Vec<f64>> = (0..4).map(|_| (0..n).map(|_| rng.normal()).collect()).collect();
    columns.push((0..n).map(|_| 10.0 * rng.below(4) as f64).collect());
    let y = (0..n)
        .map(|i| {
            let site = if columns[4][i] == 20.0 { 3.0 } else { -0.7 };
            columns[0][i] - columns[2][i] + site + 0.5 * rng.normal() > 0.0
        })
        .collect();
    (Matrix::new(["a", "b", "c", "d", "site"].map(str::to_owned).to_vec(), columns).unwrap(), y)
}

fn short(epochs: usize) -> TabNetSettings {
    TabNetSettings {
        train: TrainSettings { epochs, ..TrainSettings::default() },
        categories: BTreeMap::from([("site".to_owned(), 2)]),
        ..TabNetSettings::default()
    }
}

fn auc(y: &[bool], decision: &[f64]) -> f64 {
    Score::RocAuc.of_decision(y, decision).unwrap()
}

#[test]
fn signal_and_where_it_is_are_found_in_both_precisions_and_activations() {
    let ((x, y), (new, truth)) = (patients(300, 1), patients(500, 2));
    for (precision, mask) in
        [(Precision::Single, Activation::Sparsemax), (Precision::Double, Activation::Entmax)]
    {
        let network = NetworkSettings { mask, ..NetworkSettings::default() };
        let model = TabNetSettings { precision, network, ..short(60) }.fit(&x, &y, 3).unwrap();
        let found = auc(&truth, &model.decision(new.columns()).unwrap());
        assert!(found > 0.9, "{precision:?}: {found}");
        assert!(model.log[59].loss < 0.6 * model.log[0].loss, "{:?}", model.log);
        let explanation = model.explain(new.columns()).unwrap();
        let shares = explanation.shares();
        println!("{precision:?} {mask:?}: AUC {found:.3}, shares {shares:.2?}");
        assert!(shares[0] + shares[2] + shares[4] > 0.6, "{shares:?}");
        for mask in &explanation.masks {
            let sums = (0..500).map(|i| mask.iter().map(|c| c[i]).sum::<f64>());
            assert!(sums.into_iter().all(|s| (s - 1.0).abs() < 1e-6));
        }
        // The embedding is what the last linear layer takes.
        let (embedding, head) = (
            model.embedding(new.columns()).unwrap(),
            numbers(model.network.tensor("tabnet.final_mapping.weight").unwrap()),
        );
        let decision = model.decision(new.columns()).unwrap();
        for i in 0..500 {
            let own: f64 = (0..8).map(|k| embedding[k][i] * (head[8 + k] - head[k])).sum();
            assert!((own - decision[i]).abs() < 1e-4);
        }
    }
}

#[test]
fn levels_reach_the_embedding_through_a_recipe() {
    let (x, y) = patients(200, 7);
    let sites = ["colon", "rectum", "anus", "sigma"];
    let text: String = (0..x.rows())
        .map(|i| {
            format!("P{i},{},{},{}\n", x.column(0)[i], x.column(2)[i], sites[x.column(4)[i] as usize / 10])
        })
        .collect();
    let read = |text: &str| {
        let text = format!("patient,a,c,site\n{text}");
        let table = Table::parse_csv(&text, "cohort.csv", &ReadSettings::default()).unwrap();
        table.matrix(&["a", "c", "site"]).unwrap()
    };
    let x = read(&text);
    let encode = EncoderSettings { nominal: Nominal::Position, ..EncoderSettings::default() };
    let recipe = Recipe {
        steps: vec![Step::Encode(encode), Step::Impute(Impute::Median)],
        ..Recipe::of(ModelSettings::TabNet(short(40)))
    };
    let pipeline = recipe.fit(&x, &y).unwrap();
    let p = pipeline.decision(&x).unwrap();
    assert!(auc(&y, &p) > 0.85, "{}", auc(&y, &p));
    // In a file of other levels `sigma` has another position, and is the same site; a level nobody has seen has no code.
    let row =
        x.column(2).iter().position(|v| x.levels("site").unwrap().names[*v as usize] == "sigma").unwrap();
    let one = read(text.lines().nth(row).unwrap());
    assert_ne!(one.column(2)[0], x.column(2)[row]);
    assert!((pipeline.decision(&one).unwrap()[0] - p[row]).abs() < 1e-5);
    let e = pipeline.decision(&read("P,0,0,liver\n")).unwrap_err();
    assert!(matches!(&e, Error::Unseen { .. }), "{e}");
}

#[test]
fn early_stopping_keeps_the_best_epoch() {
    let ((x, y), (held, truth)) = (patients(120, 3), patients(80, 4));
    let mut settings = short(80);
    settings.train.patience = 5;
    let model = settings.fit_watched(&x, &y, Some((&held, &truth)), 5, &()).unwrap();
    let best = model.log.iter().filter_map(|e| e.auc).fold(0.0, f64::max);
    assert_eq!(auc(&truth, &model.decision(held.columns()).unwrap()), best);
    let at = model.log.iter().position(|e| e.auc == Some(best)).unwrap();
    assert!(model.log.len() == at + 6 || model.log.len() == 80, "{} of {}", at, model.log.len());
    settings.train.validation = Some(0.25);
    let model = settings.fit(&x, &y, 5).unwrap();
    assert!(model.log.iter().all(|e| e.auc.is_some()));
}

struct StopAfter(usize, AtomicUsize);

impl Watch for StopAfter {
    fn epoch(&self, epoch: &Epoch, all: usize) {
        assert_eq!((epoch.number, all), (self.1.fetch_add(1, Ordering::Relaxed) + 1, 50));
    }

    fn cancelled(&self) -> bool {
        self.1.load(Ordering::Relaxed) >= self.0
    }
}

#[test]
fn training_can_be_watched_and_ended_and_a_loss_that_is_no_number_is_an_error() {
    let (x, y) = patients(60, 5);
    let watch = StopAfter(3, AtomicUsize::new(0));
    assert!(matches!(short(50).fit_watched(&x, &y, None, 0, &watch), Err(Error::Cancelled)));
    assert_eq!(watch.1.into_inner(), 3);
    let mut wild = short(50);
    wild.train.learning_rate = 1e200;
    for epochs in [1, 5] {
        wild.train.epochs = epochs;
        let error = wild.fit(&x, &y, 0).unwrap_err();
        assert!(matches!(error, Error::Diverged { .. }), "{error}");
    }
    let mut columns = x.columns().to_vec();
    columns[1][7] = 1e300;
    let large = Matrix::new(x.names().to_vec(), columns).unwrap();
    assert!(matches!(short(2).fit(&large, &y, 0), Err(Error::NotFinite { row: 7, .. })));
}

#[test]
fn no_patient_is_dropped_and_any_size_of_batch_works() {
    for (n, batch, ghost_rows) in [(61, 20, 8), (61, 1024, 128), (21, 2, 2), (9, 8, 2)] {
        let (x, y) = patients(n, 6);
        let mut settings = short(3);
        (settings.train.batch, settings.network.ghost_rows) = (batch, ghost_rows);
        let model = settings.fit(&x, &y, 1).unwrap();
        assert!(model.log.iter().all(|e| e.loss > 0.0 && e.loss.is_finite()), "{n} {batch}");
    }
}

#[test]
fn categories_unknown_constant_or_misspelt() {
    let (x, y) = patients(60, 7);
    let model = short(2).fit(&x, &y, 1).unwrap();
    assert_eq!(model.levels, [vec![], vec![], vec![], vec![], vec![0.0, 10.0, 20.0, 30.0]]);
    let mut columns = x.columns().to_vec();
    columns[4][3] = 15.0;
    let error = model.decision(&columns).unwrap_err().to_string();
    assert_eq!(error, "column `site`: `15` was not among the training rows; known are 0, 10, 20, 30");
    let misspelt = TabNetSettings { categories: BTreeMap::from([("sites".to_owned(), 2)]), ..short(2) };
    assert!(matches!(misspelt.fit(&x, &y, 1), Err(Error::UnknownColumn { .. })));
    // A constant column of categories is left out like any other.
    columns[4] = vec![10.0; 60];
    let x = Matrix::new(x.names().to_vec(), columns).unwrap();
    let fitted = ModelSettings::TabNet(short(2)).fit(&x, &y, 1).unwrap();
    assert_eq!(fitted.constant, ["site"]);
    assert!(ModelSettings::TabNet(misspelt).fit(&x, &y, 1).is_err());
}

#[test]
fn a_recipe_in_json_is_fitted_and_read_back() {
    let recipe: Recipe = serde_json::from_str(
        r#"{"steps": [{"scale": "z_score"}],
            "model": {"tabnet": {"network": {"steps": 2, "mask": "entmax"}, "precision": "double",
                                 "train": {"epochs": 5, "class_weight": "balanced",
                                           "schedule": {"step": {"every": 2, "factor": 0.5}}}}}}"#,
    )
    .unwrap();
    let (x, y) = patients(50, 8);
    let pipeline = recipe.fit(&x, &y).unwrap();
    let text = serde_json::to_string(&pipeline).unwrap();
    let loaded: radiomics_tabular::Pipeline = serde_json::from_str(&text).unwrap();
    assert_eq!(loaded, pipeline);
    assert_eq!(loaded.probability(&x).unwrap(), pipeline.probability(&x).unwrap());
    let Learner::TabNet(model) = &loaded.model.learner else { panic!("TabNet was asked for") };
    let rates: Vec<f64> = model.log.iter().map(|e| e.learning_rate).collect();
    assert_eq!(rates, [0.02, 0.02, 0.01, 0.01, 0.005]);
    for wrong in ["zz", "0", "ffff"] {
        let damaged = text.replacen(r#""weights":""#, &format!(r#""weights":"{wrong}"#), 1);
        assert!(serde_json::from_str::<radiomics_tabular::Pipeline>(&damaged).is_err(), "{wrong}");
    }
    let fewer = text.replacen(r#""levels":[[],"#, r#""levels":["#, 1);
    assert_ne!(fewer, text);
    let fewer: radiomics_tabular::Pipeline = serde_json::from_str(&fewer).unwrap();
    assert!(fewer.decision(&x).is_err());
}

/// Weights after some epochs of a batch large enough for several threads, as bits.
fn digest() -> String {
    let (x, y) = patients(600, 9);
    let network = NetworkSettings::porcelain();
    let model = TabNetSettings { network, ..short(2) }.fit(&x, &y, 11).unwrap();
    let bits = |v: &Var| numbers(v).iter().fold(0u64, |h, v| h.rotate_left(5) ^ v.to_bits());
    format!("digest {:?}", model.network.variables().iter().map(bits).collect::<Vec<_>>())
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    const CHILD: &str = "RADIOMICS_TABNET_CHILD";
    if std::env::var_os(CHILD).is_some() {
        println!("{}", digest());
        return;
    }
    let with = |threads: &str| {
        let own = std::env::current_exe().unwrap();
        let out = std::process::Command::new(own)
            .args(["--exact", "training::bits_do_not_depend_on_the_number_of_threads", "--nocapture"])
            .envs([(CHILD, "1"), ("RAYON_NUM_THREADS", threads), ("CANDLE_NUM_THREADS", threads)])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let at = text.find("digest").unwrap_or_else(|| panic!("{text}"));
        text[at..].lines().next().unwrap().to_owned()
    };
    let one = with("1");
    assert!(one.len() > 100);
    assert_eq!(one, with("2"));
    assert_eq!(one, with("7"));
}

//! TabNet and its activations against PyTorch (reference cases of `oracles/models`), its checkpoints, its training.
//! A case that cannot be run fails; each number that it expects must be produced, in both precisions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // helpers of tests fail as tests do; figures are shown

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{DType, Device, Tensor, Var};
use radiomics_phantoms::reference::shared;
use radiomics_stats::rng::Rng;
use radiomics_tabular::models::tabnet::{
    Activation, Architecture, Category, Epoch, Network, NetworkSettings, Precision, Schedule, TabNetSettings,
    TrainSettings, Watch,
};
use radiomics_tabular::models::{Learner, ModelSettings};
use radiomics_tabular::{Error, Matrix, Recipe, Score};
use serde::Deserialize as _;
use serde_json::Value;

// ---- Reference cases ----

struct Case {
    name: String,
    config: Value,
    train: bool,
    tolerances: Value,
    tensors: HashMap<String, Tensor>,
}

fn cases(group: &str) -> Option<Vec<Case>> {
    let folder = shared(&format!("oracles/models/{group}"))?;
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "json"));
    files.sort();
    assert!(!files.is_empty(), "{group}: no case was found");
    let read = |file: std::path::PathBuf| {
        let json: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        Case {
            name: json["case"].as_str().unwrap().to_owned(),
            config: json["config"].clone(),
            train: json["train_mode"].as_bool().unwrap(),
            tolerances: json["tensors"].clone(),
            tensors: candle_core::safetensors::load(file.with_extension("safetensors"), &Device::Cpu)
                .unwrap(),
        }
    };
    Some(files.into_iter().map(read).collect())
}

impl Case {
    fn input(&self, name: &str, dtype: DType) -> Tensor {
        self.tensors[&format!("inputs.{name}")].to_dtype(dtype).unwrap()
    }

    /// Tensors below a prefix, under their own names.
    fn under(&self, prefix: &str) -> HashMap<String, Tensor> {
        let own = |(name, t): (&String, &Tensor)| Some((name.strip_prefix(prefix)?.to_owned(), t.clone()));
        self.tensors.iter().filter_map(own).collect()
    }

    /// Compares every tensor that the case expects; the largest error in units of its tolerance.
    fn compare(&self, found: &HashMap<String, Tensor>, failures: &mut Vec<String>) -> f64 {
        let mut worst: f64 = 0.0;
        for (name, expected) in &self.tensors {
            if name.starts_with("weights.") || name.starts_with("inputs.") {
                continue;
            }
            let Some(found) = found.get(name) else {
                failures.push(format!("{}, {name}: not produced", self.name));
                continue;
            };
            let (found, expected) = (numbers(found), numbers(expected));
            assert_eq!(found.len(), expected.len(), "{}, {name}", self.name);
            let scale = expected.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
            // Running statistics have no tolerance of their own: what others have at least.
            let tolerance = self.tolerances[name]["tol_abs"].as_f64().unwrap_or(2e-6 * scale);
            let error = found.iter().zip(&expected).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()));
            if error > tolerance || error.is_nan() {
                failures.push(format!("{}, {name}: off by {error:e}, allowed {tolerance:e}", self.name));
            }
            if tolerance > 0.0 {
                worst = worst.max(error / tolerance);
            }
        }
        worst
    }
}

fn numbers(t: &Tensor) -> Vec<f64> {
    t.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// Runs every case of a group in both precisions.
fn every_case(group: &str, run: impl Fn(&Case, DType) -> HashMap<String, Tensor>) {
    let Some(cases) = cases(group) else { return };
    let mut failures = Vec::new();
    for case in &cases {
        for dtype in [DType::F32, DType::F64] {
            let worst = case.compare(&run(case, dtype), &mut failures);
            println!("{} {dtype:?}: largest error {worst:.3} of the tolerance", case.name);
        }
    }
    println!("{} cases of {group}", cases.len());
    assert!(failures.is_empty(), "{} differences:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn activations_are_those_of_the_package_entmax() {
    every_case("sparse_activations", |case, dtype| {
        let activation = match case.config["op"].as_str().unwrap() {
            "sparsemax" => Activation::Sparsemax,
            "entmax15" => Activation::Entmax,
            other => panic!("{}: no code runs {other}", case.name),
        };
        let x = Var::from_tensor(&case.input("x", dtype)).unwrap();
        let dim = case.config["dim"].as_i64().unwrap();
        let dim = if dim < 0 { dim + x.rank() as i64 } else { dim };
        let y = activation.along(&x, dim as usize).unwrap();
        let loss = (&y * case.input("cot.y", dtype)).unwrap().sum_all().unwrap();
        let gradient = loss.backward().unwrap().get(&x).unwrap().clone();
        HashMap::from([
            ("outputs.y".to_owned(), y),
            ("outputs.loss".to_owned(), loss),
            ("grads_inputs.x".to_owned(), gradient),
        ])
    });
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    input_dim: usize,
    output_dim: usize,
    n_d: usize,
    n_a: usize,
    n_steps: usize,
    gamma: f64,
    n_independent: usize,
    n_shared: usize,
    virtual_batch_size: usize,
    momentum: f64,
    mask_type: Activation,
    cats_idx_dim_emb: Vec<[usize; 3]>,
    lambda_sparse: f64,
    batch: usize,
    ghost_bn: String,
    loss: String,
}

impl Config {
    fn of(case: &Case) -> Self {
        let config = Self::deserialize(&case.config).unwrap_or_else(|e| panic!("{}: {e}", case.name));
        assert!(config.ghost_bn.contains("torch.chunk"), "{}", case.name);
        assert!(config.loss.starts_with("mean cross entropy - lambda_sparse * m_loss"), "{}", case.name);
        config
    }

    fn architecture(&self, dtype: DType) -> Architecture {
        let category = |[column, levels, width]: &[usize; 3]| Category {
            column: *column,
            levels: *levels,
            width: *width,
        };
        Architecture {
            columns: self.input_dim,
            categories: self.cats_idx_dim_emb.iter().map(category).collect(),
            classes: self.output_dim,
            network: NetworkSettings {
                decision_width: self.n_d,
                attention_width: self.n_a,
                steps: self.n_steps,
                gamma: self.gamma,
                shared: self.n_shared,
                independent: self.n_independent,
                ghost_rows: self.virtual_batch_size,
                momentum: self.momentum,
                mask: self.mask_type,
            },
            precision: if dtype == DType::F32 { Precision::Single } else { Precision::Double },
        }
    }
}

#[test]
fn networks_are_those_of_pytorch_tabnet() {
    every_case("tabnet", |case, dtype| {
        let config = Config::of(case);
        let network =
            Network::from_tensors(config.architecture(dtype), case.under("weights."), &case.name).unwrap();
        let x = Var::from_tensor(&case.input("x", dtype)).unwrap();
        assert_eq!(x.dim(0).unwrap(), config.batch, "{}", case.name);
        let output = network.forward(&x, case.train).unwrap();
        let loss = output.loss(&case.input("y", DType::U32), None, config.lambda_sparse).unwrap();
        let gradients = loss.backward().unwrap();
        let mut found = HashMap::from([
            ("outputs.loss".to_owned(), loss),
            ("outputs.logits".to_owned(), output.logits.clone()),
            ("outputs.m_loss".to_owned(), output.sparsity.clone()),
            ("outputs.embedding".to_owned(), output.embedding.clone()),
            ("outputs.explain".to_owned(), network.by_feature(&output.importance().unwrap()).unwrap()),
        ]);
        for (k, (decision, mask)) in output.decisions.iter().zip(&output.masks).enumerate() {
            found.insert(format!("outputs.step{k}"), decision.clone());
            found.insert(format!("outputs.mask{k}"), network.by_feature(mask).unwrap());
        }
        if let Some(gradient) = gradients.get(&x) {
            found.insert("grads_inputs.x".to_owned(), gradient.clone());
        }
        for name in case.under("grads.").into_keys() {
            let Some(var) = network.tensor(&name) else { continue };
            let Some(gradient) = gradients.get(var) else { continue };
            found.insert(format!("grads.{name}"), gradient.clone());
        }
        for name in case.under("after.").into_keys() {
            let Some(var) = network.tensor(&name) else { continue };
            found.insert(format!("after.{name}"), var.as_tensor().clone());
        }
        found
    });
}

#[test]
fn schedules_are_those_of_torch() {
    let Some(file) = shared("oracles/models/schedules/lr_schedules.json") else { return };
    let json: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let start = json["base_lr"].as_f64().unwrap();
    for (name, schedule) in [
        ("sgdr_T0_10_mult1_min0", Schedule::WarmRestarts { period: 10, growth: 1, least: 0.0 }),
        ("sgdr_T0_10_mult2_min1e-6", Schedule::WarmRestarts { period: 10, growth: 2, least: 1e-6 }),
        ("step_10_gamma0.1", Schedule::Step { every: 10, factor: 0.1 }),
    ] {
        let rates = json[name].as_array().unwrap();
        for (epoch, rate) in rates.iter().enumerate() {
            let (found, rate) = (schedule.rate(start, epoch), rate.as_f64().unwrap());
            assert!((found - rate).abs() <= 1e-15, "{name}, epoch {epoch}: {found} {rate}");
        }
    }
}

#[test]
fn tensors_have_the_names_and_shapes_of_the_reference() {
    let Some(file) = shared("oracles/models/param_shapes/tabnet_24in_width64.json") else { return };
    let json: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let network = Network::new(Architecture::new(24, NetworkSettings::porcelain()), 0).unwrap();
    assert_eq!(network.parameter_count() as u64, json["parameters"].as_u64().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.safetensors");
    network.save(&path).unwrap();
    let saved = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
    let found: BTreeMap<String, Vec<u64>> =
        saved.iter().map(|(name, t)| (name.clone(), t.dims().iter().map(|d| *d as u64).collect())).collect();
    let expected: BTreeMap<String, Vec<u64>> = json["state_dict"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, shape)| {
            let dims = shape.as_array().unwrap().iter().map(|d| d.as_u64().unwrap()).collect();
            (name.clone(), dims)
        })
        .collect();
    assert_eq!(found, expected);
}

// ---- Checkpoints ----

fn small() -> Architecture {
    Architecture::new(5, NetworkSettings { steps: 2, ..NetworkSettings::default() })
}

fn saved(network: &Network) -> HashMap<String, Tensor> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.safetensors");
    network.save(&path).unwrap();
    candle_core::safetensors::load(&path, &Device::Cpu).unwrap()
}

#[test]
fn checkpoints_are_read_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.safetensors");
    for precision in [Precision::Single, Precision::Double] {
        let mut architecture = Architecture { precision, classes: 3, ..small() };
        architecture.categories = vec![Category { column: 2, levels: 4, width: 3 }];
        let network = Network::new(architecture.clone(), 7).unwrap();
        network.save(&path).unwrap();
        assert_eq!(Network::load(&path).unwrap(), network);
        assert_eq!(Network::load_as(architecture, &path).unwrap(), network);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }
    assert_ne!(Network::new(small(), 1).unwrap(), Network::new(small(), 2).unwrap());
    assert!(matches!(Network::load(&folder.path().join("absent")), Err(Error::Io { .. })));
    assert!(Network::new(small(), 1).unwrap().save(&folder.path().join("no/folder")).is_err());
    std::fs::write(&path, b"no tensors at all").unwrap();
    assert!(matches!(Network::load(&path), Err(Error::Format { .. })));
    assert!(matches!(Network::load_as(small(), &path), Err(Error::Format { .. })));
}

#[test]
fn foreign_checkpoints_may_name_a_shared_layer_once_but_not_twice_differently() {
    let network = Network::new(small(), 3).unwrap();
    let all = saved(&network);
    let shared = |name: &str| name.contains(".shared_layers.") || name.contains(".shared.glu_layers.0.fc");
    let second = "tabnet.encoder.feat_transformers.1.shared.shared_layers.1.weight";
    // Each layer under one of its names, no counters, nothing of what is unused.
    let mut fewer = all.clone();
    fewer.retain(|name, _| {
        let repeated = name.contains(".shared.shared_layers.")
            || name.contains(".shared.glu_layers.") && name.contains(".fc.");
        let kept = name == second || name.contains("initial_splitter.shared.glu_layers.0.fc");
        let needless = name.contains("num_batches_tracked") || name.starts_with("tabnet.initial_bn");
        if repeated { kept } else { !needless }
    });
    assert!(fewer.keys().filter(|n| shared(n)).count() == 2 && fewer.len() < all.len());
    assert_eq!(Network::from_tensors(small(), fewer.clone(), "f").unwrap(), network);
    let error = |tensors: HashMap<String, Tensor>| {
        Network::from_tensors(small(), tensors, "clinic.safetensors").unwrap_err().to_string()
    };
    let mut other = all.clone();
    other.insert(second.to_owned(), (&all[second] * 2.0).unwrap());
    assert_eq!(
        error(other),
        format!(
            "clinic.safetensors, tensor `{second}`: other values found, those of \
             `tabnet.encoder.initial_splitter.shared.shared_layers.1.weight`, which is the same layer, expected"
        )
    );
    fewer.remove(second);
    assert_eq!(
        error(fewer),
        "clinic.safetensors, tensor `tabnet.encoder.initial_splitter.shared.shared_layers.1.weight`: \
         no such tensor found, shape [32, 16] expected"
    );
    let mut short = all.clone();
    short.insert(
        "tabnet.final_mapping.weight".to_owned(),
        Tensor::zeros((3, 8), DType::F32, &Device::Cpu).unwrap(),
    );
    assert_eq!(
        error(short),
        "clinic.safetensors, tensor `tabnet.final_mapping.weight`: shape [3, 8] found, shape [2, 8] expected"
    );
    let one_step = Architecture::new(5, NetworkSettings { steps: 1, ..NetworkSettings::default() });
    assert_eq!(
        Network::from_tensors(one_step, all, "f").unwrap_err().to_string(),
        "f, tensor `tabnet.encoder.att_transformers.1.bn.bn.bias`: shape [5] found, no such tensor expected"
    );
}

#[test]
fn damaged_checkpoints_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.safetensors");
    Network::new(small(), 3).unwrap().save(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let mut rng = Rng::new(5);
    for _ in 0..300 {
        let mut damaged = bytes.clone();
        match rng.below(3) {
            0 => damaged.truncate(rng.below(bytes.len())),
            1 => (0..20).for_each(|_| damaged[rng.below(3000)] = rng.next_u64() as u8),
            _ => damaged[rng.below(200)] = b'9',
        }
        std::fs::write(&path, damaged).unwrap();
        let _ = Network::load(&path); // an error or other numbers, never a panic
    }
    // Sizes that a header claims are not believed.
    let text = String::from_utf8_lossy(&bytes);
    let at = text.find(r#"\"columns\":5"#).unwrap();
    for claim in [r#"\"columns\":7"#, r#"\"columns\":0"#] {
        let mut damaged = bytes.clone();
        damaged[at..at + claim.len()].copy_from_slice(claim.as_bytes());
        std::fs::write(&path, damaged).unwrap();
        assert!(Network::load(&path).is_err());
    }
}

// ---- The network ----

#[test]
fn settings_and_inputs_out_of_range_are_errors() {
    let network = |change: &dyn Fn(&mut Architecture)| {
        let mut architecture = small();
        change(&mut architecture);
        Network::new(architecture, 0).unwrap_err().to_string()
    };
    assert!(network(&|a| a.columns = 0).contains("columns is 0"));
    assert!(network(&|a| a.classes = 0).contains("classes is 0"));
    assert!(network(&|a| a.network.steps = 0).contains("steps is 0"));
    assert!(network(&|a| a.network.gamma = 0.5).contains("gamma is 0.5"));
    assert!(network(&|a| a.network.ghost_rows = 1).contains("ghost_rows is 1"));
    assert!(
        network(&|a| (a.network.shared, a.network.independent) = (0, 0)).contains("shared + independent")
    );
    let category = |column| Category { column, levels: 2, width: 2 };
    assert!(network(&|a| a.categories = vec![category(5)]).contains("within 0 .. 5"));
    assert!(network(&|a| a.categories = vec![category(1), category(1)]).contains("within 2 .. 5"));
    let net = Network::new(Architecture { categories: vec![category(1)], ..small() }, 0).unwrap();
    let x = |v: f32, rows| Tensor::full(v, (rows, 5), &Device::Cpu).unwrap();
    assert!(net.forward(&x(1.0, 3), false).is_ok());
    assert!(net.forward(&x(2.0, 3), false).is_err(), "a category outside its levels");
    assert!(net.forward(&x(1.0, 1), true).unwrap_err().to_string().contains("2 or more"));
    assert!(net.forward(&Tensor::zeros((3, 4), DType::F32, &Device::Cpu).unwrap(), false).is_err());
}

#[test]
fn every_shape_of_network_gets_a_gradient_for_every_variable() {
    for (shared, independent) in [(2, 2), (0, 1), (1, 0), (0, 3), (3, 0)] {
        for mask in [Activation::Sparsemax, Activation::Entmax] {
            let settings = NetworkSettings { shared, independent, mask, ..NetworkSettings::default() };
            let categories = vec![Category { column: 0, levels: 3, width: 2 }];
            let architecture = Architecture { categories, ..Architecture::new(4, settings) };
            let network = Network::new(architecture, 4).unwrap();
            let mut rng = Rng::new(8);
            let rows: Vec<f32> = (0..12)
                .flat_map(|i| [(i % 3) as f32, rng.normal() as f32, rng.normal() as f32, rng.normal() as f32])
                .collect();
            let x = Tensor::from_vec(rows, (12, 4), &Device::Cpu).unwrap();
            let output = network.forward(&x, true).unwrap();
            let classes: Vec<u32> = (0..12).map(|i| i % 2).collect();
            let loss = output.loss(&Tensor::new(classes, &Device::Cpu).unwrap(), None, 1e-3).unwrap();
            let gradients = loss.backward().unwrap();
            for variable in network.variables() {
                assert!(gradients.get(&variable).is_some(), "{shared} {independent}");
            }
            for mask in &output.masks {
                assert!(numbers(&mask.sum(1).unwrap()).iter().all(|s| (s - 1.0).abs() < 1e-6));
            }
        }
    }
}

// ---- Training ----

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
            .args(["--exact", "bits_do_not_depend_on_the_number_of_threads", "--nocapture"])
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

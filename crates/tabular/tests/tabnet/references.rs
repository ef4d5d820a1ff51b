//! Networks, activations and schedules against the reference cases.

use std::collections::{BTreeMap, HashMap};

use candle_core::{DType, Device, Tensor, Var};
use radiomics_phantoms::reference::shared;
use radiomics_tabular::models::tabnet::{
    Activation, Architecture, Category, Network, NetworkSettings, Precision, Schedule,
};
use serde::Deserialize as _;
use serde_json::Value;

use super::numbers;

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

//! What is written is read, and what is damaged is an error.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use radiomics_stats::rng::Rng;
use radiomics_tabular::Error;
use radiomics_tabular::models::tabnet::{Architecture, Category, Network, NetworkSettings, Precision};

use super::small;

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

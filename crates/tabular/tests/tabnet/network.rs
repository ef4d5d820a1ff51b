//! Settings, shapes and gradients of the network.

use candle_core::{DType, Device, Tensor};
use radiomics_stats::rng::Rng;
use radiomics_tabular::models::tabnet::{Activation, Architecture, Category, Network, NetworkSettings};

use super::{numbers, small};

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

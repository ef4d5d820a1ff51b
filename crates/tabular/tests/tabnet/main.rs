//! TabNet and its activations against PyTorch (reference cases of `oracles/models`), its checkpoints, its training.
//! A case that cannot be run fails; each number that it expects must be produced, in both precisions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // helpers of tests fail as tests do; figures are shown

mod checkpoints;
mod network;
mod references;
mod training;

use candle_core::{DType, Tensor};
use radiomics_tabular::models::tabnet::{Architecture, NetworkSettings};

fn numbers(t: &Tensor) -> Vec<f64> {
    t.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn small() -> Architecture {
    Architecture::new(5, NetworkSettings { steps: 2, ..NetworkSettings::default() })
}

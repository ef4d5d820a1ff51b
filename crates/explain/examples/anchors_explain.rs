//! Times the explainers on the inputs that the reference collection's `stats_bench.py` writes: its tasks
//! `kernelshap_*`, and a machine with the support vectors of a file.
//!
//! `BENCH_DIR=... RAYON_NUM_THREADS=1 cargo run --release -p radiomics-explain --example anchors_explain`
//!
//! `svm_X.bin` holds 2,000 × 100 numbers, column after column. `svm_rbf.bin`, if it is there, holds the machine that
//! scikit-learn fitted: γ, intercept, number of vectors, coefficients, vectors of 20 features row after row.
#![allow(clippy::print_stdout)] // an example prints

use std::time::Instant;

use ndarray::{Array1, Array2, ArrayView2};
use radiomics_explain::shapley::{Kernel, KernelMachine, KernelShap, PermutationShap};
use radiomics_explain::{Error, Explanation, Marginal};

fn read(name: &str) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    let folder = std::env::var("BENCH_DIR").map_err(|_| "BENCH_DIR names the folder with the inputs")?;
    let bytes = std::fs::read(std::path::Path::new(&folder).join(name))?;
    Ok(bytes.chunks_exact(8).map(|b| f64::from_le_bytes(std::array::from_fn(|i| b[i]))).collect())
}

/// Median of several runs, with the sum of the absolute values.
fn time(task: &str, runs: usize, f: impl Fn() -> Result<Explanation, Error>) -> Result<(), Error> {
    let (mut seconds, mut sum) = (Vec::new(), 0.0);
    for _ in 0..runs {
        let start = Instant::now();
        sum = f()?.values.iter().map(|v| v.abs()).sum();
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    println!("{task:42} {:10.1} ms   sum of |values| {sum}", 1e3 * seconds[runs / 2]);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let x = read("svm_X.bin")?;
    let rows = |first: usize| Array2::from_shape_fn((100, 20), |(i, j)| x[j * 2000 + first + i]);
    let (background, explained) = (rows(300), rows(400));
    let w = Array1::linspace(-1.0, 1.0, 20);
    let logistic = |rows: ArrayView2<'_, f64>| rows.dot(&w).mapv(|t| 1.0 / (1.0 + (-t).exp()));
    let game = Marginal::new(&logistic, background.view(), explained.view())?;
    time("Kernel SHAP 100 x 20, background 100", 5, || KernelShap::default().explain(&game))?;
    time("Permutation SHAP, 10 orders", 5, || PermutationShap::default().explain(&game))?;
    if let Ok(file) = read("svm_rbf.bin") {
        let vectors = file[2] as usize;
        let coefficients = file[3..3 + vectors].to_vec();
        let support = Array2::from_shape_vec((vectors, 20), file[3 + vectors..].to_vec())?;
        let machine = KernelMachine::new(Kernel::Rbf { gamma: file[0] }, support, coefficients, file[1])?;
        let game = machine.game(background.view(), explained.view())?;
        time("the same, Gaussian SVM", 5, || KernelShap::default().explain(&game))?;
        time("Gaussian SVM, closed form (exact)", 5, || machine.exact(background.view(), explained.view()))?;
    }
    Ok(())
}

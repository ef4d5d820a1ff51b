//! Times the explainers on the inputs that the reference collection's `stats_bench.py` writes: its tasks
//! `kernelshap_*`, and a machine with the support vectors of a file.
//!
//! `BENCH_DIR=... RAYON_NUM_THREADS=1 cargo run --release -p radiomics-explain --example anchors_explain`
//!
//! `svm_X.bin` holds 2,000 × 100 numbers, column after column. `svm_rbf.bin`, if it is there, holds the machine that
//! scikit-learn fitted: γ, intercept, number of vectors, coefficients, vectors of 20 features row after row.

use ndarray::{Array1, Array2, ArrayView2};
use radiomics_explain::shapley::{Kernel, KernelMachine, KernelShap, PermutationShap};
use radiomics_explain::{Error, Explanation, Marginal};
use radiomics_phantoms::reference::anchors::{self, read};

fn time(task: &str, runs: usize, run: impl Fn() -> Result<Explanation, Error>) -> Result<(), Error> {
    anchors::time(task, runs, run, |e: &Explanation| {
        format!("sum of |values| {}", e.values.iter().map(|v| v.abs()).sum::<f64>())
    })
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

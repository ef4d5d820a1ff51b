//! Times Cox models on the files that the reference collection's `stats_bench.py` writes, as its `stats_bench.R` does.
//!
//! `BENCH_DIR=... RAYON_NUM_THREADS=1 cargo run --release -p radiomics-survival --example anchors_cox`

use radiomics_phantoms::reference::anchors::{self, read};
use radiomics_survival::cox::{Cox, CoxConfig, ElasticNetCox, univariable};
use radiomics_survival::{Error, Outcome};

fn time(task: &str, runs: usize, run: impl Fn() -> Result<Vec<f64>, Error>) -> Result<(), Error> {
    anchors::time(task, runs, run, |result: &Vec<f64>| format!("{:?}", &result[..result.len().min(3)]))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (n, rows) in [(100_000, vec![10_000, 100_000]), (1_000_000, vec![1_000_000])] {
        for (ties, name) in [(0, "distinct times"), (1, "whole days")] {
            let x = read(&format!("s_{n}_{ties}_X.bin"))?;
            let y = read(&format!("s_{n}_{ties}_y.bin"))?;
            let event: Vec<bool> = read(&format!("s_{n}_{ties}_e.bin"))?.iter().map(|e| *e == 1.0).collect();
            let names: Vec<String> = (0..10).map(|j| format!("x{j}")).collect();
            for &rows in &rows {
                let columns: Vec<(&str, &[f64])> =
                    names.iter().zip(x.chunks(n)).map(|(n, c)| (n.as_str(), &c[..rows])).collect();
                time(&format!("Cox Efron, n = {rows}, p = 10, {name}"), 5, || {
                    // A new outcome each time: sorting counts.
                    let outcome = Outcome::new(&y[..rows], &event[..rows])?;
                    Ok(Cox::new(&outcome, &columns).fit()?.coefficients)
                })?;
            }
        }
    }
    let (x, lp) = (read("lasso_X.bin")?, read("lasso_y.bin")?);
    // Synthetic outcome of the 500 patients of the lasso task: exponential times that fall with its score.
    let t: Vec<f64> =
        lp.iter().enumerate().map(|(i, s)| (((i * 37) % 500) as f64 + 1.0) * (-0.3 * s).exp()).collect();
    let event: Vec<bool> = (0..500).map(|i| i % 3 != 0).collect();
    let outcome = Outcome::new(&t, &event)?;
    let columns: Vec<&[f64]> = x.chunks(500).collect();
    let names: Vec<String> = (0..columns.len()).map(|j| format!("x{j}")).collect();
    let named: Vec<(&str, &[f64])> = names.iter().map(String::as_str).zip(columns.iter().copied()).collect();
    time("univariable Cox, 1316 columns x 500", 5, || {
        let models = univariable(&outcome, &named, &[], &[], &CoxConfig::default(), 0.95)?;
        Ok(models.iter().flatten().map(|m| m.coefficient).collect())
    })?;
    let mut settings = ElasticNetCox { glmnet_order: true, ..ElasticNetCox::default() };
    settings.net.tolerance = 1e-7;
    time("LASSO-Cox path, 500 x 1316", 3, || {
        let path = settings.path(&outcome, &columns, &[])?;
        Ok(vec![path.lambda[0], path.lambda.len() as f64, path.deviance_ratio[path.lambda.len() - 1]])
    })?;
    let fold: Vec<usize> = (0..500).map(|i| i % 10).collect();
    time("LASSO-Cox cross-validation, 10 folds", 3, || {
        let cv = settings.cross_validate(&outcome, &columns, &[], &fold)?;
        Ok(vec![cv.path.lambda[cv.min], cv.path.lambda[cv.one_se]])
    })?;
    Ok(())
}

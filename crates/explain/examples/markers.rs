//! Why a model expects a poor outcome after aneurysmal subarachnoid haemorrhage (public data, `aSAH` of R's pROC): a
//! logistic model of age, grade and two markers, explained in all ways that this crate has for it.
//!
//! `cargo run -p radiomics-explain --example markers [TABLE.csv]`. By default the table is that of the example `asah` of
//! `radiomics-stats`.
#![allow(clippy::print_stdout)] // an example prints

use std::error::Error;

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use radiomics_explain::dependence::{grid, partial_dependence};
use radiomics_explain::importance::PermutationImportance;
use radiomics_explain::shapley::linear::{Features, linear};
use radiomics_explain::shapley::{KernelShap, PermutationShap, exact};
use radiomics_explain::{Explanation, Marginal};
use radiomics_stats::logistic::{Logistic, sigmoid};
use radiomics_stats::roc::{Auc, Direction};

const NAMES: [&str; 4] = ["age", "wfns", "s100b", "ndka"];

fn main() -> Result<(), Box<dyn Error>> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../stats/examples/asah/asah.csv");
    let (x, poor) = table(&std::env::args().nth(1).unwrap_or_else(|| default.to_owned()))?;
    let columns: Vec<Vec<f64>> = x.columns().into_iter().map(|c| c.to_vec()).collect();
    let named: Vec<(&str, &[f64])> = NAMES.into_iter().zip(columns.iter().map(Vec::as_slice)).collect();
    let fit = Logistic::fit(&poor, &named)?;
    let (intercept, w) = (fit.coefficients[0], Array1::from(fit.coefficients[1..].to_vec()));
    let model = |rows: ArrayView2<'_, f64>| rows.dot(&w).mapv(|t| sigmoid(intercept + t));
    println!("{} patients, {} with a poor outcome", x.nrows(), poor.iter().filter(|p| **p).count());

    // Log odds are linear: two answers to what is known of a feature that is not known.
    let independent = linear(&fit.coefficients[1..], intercept, x.view(), x.view(), Features::Independent)?;
    let features = Features::Correlated { orders: 100, seed: 1 };
    let correlated = linear(&fit.coefficients[1..], intercept, x.view(), x.view(), features)?;
    importance("log odds, features on their own", &independent, &x)?;
    importance("log odds, features that tell of each other", &correlated, &x)?;

    // Probabilities are not: the definition, and two estimates of it.
    let game = Marginal::new(&model, x.view(), x.view())?;
    let definition = exact(&game)?;
    definition.check_additivity(1e-12)?;
    importance("probability, by definition", &definition, &x)?;
    for estimate in [KernelShap::default().explain(&game)?, PermutationShap::default().explain(&game)?] {
        let far = (&estimate.values - &definition.values).iter().fold(0.0_f64, |m, d| m.max(d.abs()));
        println!("{}: {} sets a patient, off by at most {far:.1e}", estimate.method, estimate.samples);
    }

    let most =
        (0..x.nrows()).max_by(|&a, &b| definition.predictions[a].total_cmp(&definition.predictions[b]));
    let patient = most.ok_or("no patient")?;
    println!("\nthe patient in row {}: {:.3} on average", patient + 2, definition.base);
    for (name, (value, phi)) in NAMES.iter().zip(x.row(patient).iter().zip(definition.values.row(patient))) {
        println!("  {:>16} {phi:+.3} {}", format!("{name} = {value}"), bar(phi.abs()));
    }
    println!("  {:>16}  {:.3}", "expected", definition.predictions[patient]);

    let auc = |scores: ArrayView1<'_, f64>| {
        Auc::new(&poor, &scores.to_vec(), Direction::Higher).map_or(f64::NAN, |auc| auc.auc)
    };
    println!("\nAUC {:.3}; what it loses when a column is shuffled", auc(model(x.view()).view()));
    for one in (PermutationImportance { repeats: 50, seed: 1 }).of(&model, x.view(), &auc)? {
        println!("  {:>16} {:.3} ± {:.3} {}", NAMES[one.feature], one.mean, one.sd, bar(one.mean));
    }

    println!("\nprobability with s100b set for everybody (partial dependence)");
    let curve = partial_dependence(&model, x.view(), 2, &grid(x.view(), 2, 6)?)?;
    for (value, mean) in curve.grid.iter().zip(&curve.mean) {
        println!("  {value:>16.3} {mean:.3} {}", bar(*mean));
    }
    Ok(())
}

/// Mean absolute values, largest first.
fn importance(what: &str, explanation: &Explanation, x: &Array2<f64>) -> Result<(), Box<dyn Error>> {
    println!("\nmean |SHAP value|: {what}");
    for one in explanation.summary(x.view())? {
        let way = one.direction.map_or("", |r| if r > 0.0 { "raises" } else { "lowers" });
        println!("  {:>16} {:.3} {way} {}", NAMES[one.player], one.mean_absolute, bar(one.share));
    }
    Ok(())
}

/// A share of 30 characters.
fn bar(share: f64) -> String {
    "█".repeat((30.0 * share.clamp(0.0, 1.0)).round() as usize)
}

/// The columns of [`NAMES`], and whether the outcome was poor.
fn table(path: &str) -> Result<(Array2<f64>, Vec<bool>), Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))?;
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let (header, rows) = rows.split_first().ok_or_else(|| format!("{path} is empty"))?;
    let at = |name: &str| {
        header.iter().position(|h| *h == name).ok_or_else(|| format!("{path} has no column {name}"))
    };
    let mut x = Array2::zeros((rows.len(), NAMES.len()));
    for (j, name) in NAMES.iter().enumerate() {
        let column = at(name)?;
        for (i, row) in rows.iter().enumerate() {
            let cell = row.get(column).copied().unwrap_or_default();
            x[[i, j]] = cell.parse().map_err(|e| format!("{path}, row {}, {name} `{cell}`: {e}", i + 2))?;
        }
    }
    let outcome = at("outcome")?;
    Ok((x, rows.iter().map(|row| row.get(outcome) == Some(&"Poor")).collect()))
}

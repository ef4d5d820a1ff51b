//! Two markers of outcome after aneurysmal subarachnoid haemorrhage (public data, `aSAH` of R's pROC): what R users get
//! from `roc`, `ci.auc`, `roc.test`, `coords`, `glm` and `tableone`.
//!
//! `cargo run -p radiomics-stats --example asah`. The table beside this file is
//! `write.csv(pROC::aSAH, "asah.csv", row.names = FALSE, quote = FALSE)`.
#![allow(clippy::print_stdout)] // an example prints

use radiomics_stats::Alternative;
use radiomics_stats::bootstrap::{BootstrapConfig, IntervalMethod, bootstrap_auc};
use radiomics_stats::calibration::Validation;
use radiomics_stats::logistic::Logistic;
use radiomics_stats::roc::{Auc, AucInterval, Criterion, Direction, Roc, Thresholds, auc_test_paired};
use radiomics_stats::table_one::{TableOne, TableRules, Variable};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut lines = include_str!("asah.csv").lines().map(|line| line.split(',').collect::<Vec<&str>>());
    let header = lines.next().unwrap_or_default();
    let rows: Vec<Vec<&str>> = lines.collect();
    let texts = |name: &str| -> Result<Vec<&str>, String> {
        let at = header.iter().position(|h| *h == name).ok_or_else(|| format!("no column {name}"))?;
        Ok(rows.iter().map(|row| row[at]).collect())
    };
    let column = |name: &str| -> Result<Vec<f64>, Box<dyn std::error::Error>> {
        Ok(texts(name)?.iter().map(|v| v.parse()).collect::<Result<_, _>>()?)
    };
    let outcome: Vec<bool> = texts("outcome")?.iter().map(|v| *v == "Poor").collect();
    let (s100b, ndka, age, wfns) = (column("s100b")?, column("ndka")?, column("age")?, column("wfns")?);

    let group: Vec<usize> = outcome.iter().map(|o| usize::from(*o)).collect();
    let female: Vec<Option<usize>> =
        texts("gender")?.iter().map(|v| Some(usize::from(*v == "Female"))).collect();
    let table = TableOne::new(
        &group,
        &["good outcome", "poor outcome"],
        &[
            ("age", Variable::Continuous(&age)),
            ("S100β", Variable::Continuous(&s100b)),
            ("sex", Variable::Categorical(&female, &["male", "female"])),
        ],
        TableRules::default(),
    )?;
    println!("{}", table.to_markdown());

    for (name, score) in [("S100β", &s100b), ("NDKA", &ndka)] {
        let auc = Auc::new(&outcome, score, Direction::Higher)?;
        let ci = auc.interval(0.95, AucInterval::Plain)?;
        let boot = bootstrap_auc(&outcome, score, Direction::Higher, &BootstrapConfig::default())?;
        let bca = boot.interval(IntervalMethod::Bca, 0.95)?;
        println!(
            "{name}: AUC {:.4}, 95 % CI {:.4} to {:.4} (DeLong), {:.4} to {:.4} (BCa)",
            auc.auc, ci.lower, ci.upper, bca.lower, bca.upper
        );
        let roc = Roc::new(&outcome, score, Direction::Higher)?;
        for point in roc.cutoff(Criterion::Youden, Thresholds::Midpoint)?.best {
            println!(
                "  Youden's cut-off {}: sensitivity {:.3}, specificity {:.3}",
                point.threshold,
                point.sensitivity(),
                point.specificity()
            );
        }
    }
    let test = auc_test_paired(&outcome, &s100b, &ndka, Direction::Higher, Alternative::TwoSided, 0.95)?;
    println!("DeLong's test of the two: z = {:.4}, p = {:.4}", test.statistic, test.p);

    let fit = Logistic::fit(&outcome, &[("age", &age), ("wfns", &wfns), ("s100b", &s100b)])?;
    let wald = fit.wald_intervals(0.95)?;
    for (j, name) in fit.names.iter().enumerate() {
        println!(
            "{name:12} OR {:8.4} ({:.4} to {:.4}), p = {:.4}",
            fit.odds_ratios()[j],
            wald[j].lower.exp(),
            wald[j].upper.exp(),
            fit.p()[j]
        );
    }
    let v = Validation::new(&outcome, &fit.fitted)?;
    println!("Brier {:.4}, slope {:.4}, mean calibration error {:.4}", v.brier, v.slope, v.e_average);
    Ok(())
}

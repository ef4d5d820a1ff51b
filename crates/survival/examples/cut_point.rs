//! A cut-point found on one half of a cohort and carried to the other (public data: German Breast Cancer Study Group 2,
//! Schumacher et al. 1994, `GBSG2` of R's TH.data): what `surv_cutpoint`, `survdiff`, `rmst2`, `timeROC` and `concordance`
//! give in R.
//!
//! `cargo run -p radiomics-survival --example cut_point -- PATH/gbsg2.csv`
#![allow(clippy::print_stdout)] // an example prints

use radiomics_survival::concordance::Concordance;
use radiomics_survival::confidence::Scale;
use radiomics_survival::cutpoint::max_stat;
use radiomics_survival::kaplan_meier::KaplanMeier;
use radiomics_survival::log_rank::{Weighting, log_rank};
use radiomics_survival::risk_groups::{OnCut, RiskGroups};
use radiomics_survival::time_roc::{TimeRoc, compare};
use radiomics_survival::{Outcome, rmst};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "../shared/oracles/stats/data/gbsg2.csv".to_owned());
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let rows: Vec<Vec<f64>> = lines
        .map(|line| line.split(',').map(str::parse).collect::<Result<_, _>>())
        .collect::<Result<_, _>>()?;
    let column = |name: &str| -> Result<Vec<f64>, String> {
        let place = header.iter().position(|h| *h == name).ok_or(format!("{path} has no column {name}"))?;
        Ok(rows.iter().map(|row| row[place]).collect())
    };
    let event: Vec<bool> = column("cens")?.iter().map(|v| *v == 1.0).collect();
    let (all, nodes, receptor) =
        (Outcome::new(&column("time")?, &event)?, column("pnodes")?, column("progrec")?);
    let part = |rest: usize| (0..all.len()).filter(|i| i % 2 == rest).collect::<Vec<_>>();
    let of = |values: &[f64], rows: &[usize]| rows.iter().map(|&i| values[i]).collect::<Vec<_>>();
    let (train, test) = (part(0), part(1));

    let cut = max_stat(&all.select(&train)?, &of(&nodes, &train), 0.1, 0.9)?;
    println!("Training half, {} patients: positive nodes > {}", cut.n, cut.best.value);
    println!(
        "  statistic {:.2}, p = {:.1e} for the search, {:.1e} without\n",
        cut.best.statistic, cut.p_lausen94, cut.p_unadjusted
    );

    let (outcome, marker) = (all.select(&test)?, of(&nodes, &test));
    let group = RiskGroups::new(&[cut.best.value], OnCut::Low)?.assign(&marker)?;
    println!("Other half, the same cut:");
    for (code, curve) in KaplanMeier::by_group(&outcome, &group)? {
        let (name, at) = (["low ", "high"][code as usize], curve.at(1095.0)?);
        let limits = Scale::LogLog.interval(at.survival, at.std_err, 0.95);
        let median =
            curve.median(Scale::LogLog, 0.95)?.estimate.map_or("-".to_owned(), |t| format!("{t} days"));
        println!(
            "  {name} {:3} patients, {:3} events, median {median}, at 3 years {:.2} ({:.2} to {:.2})",
            curve.n, curve.events, at.survival, limits.lower, limits.upper
        );
    }
    let test_of_groups = log_rank(&outcome, &group, Weighting::LogRank)?;
    println!("  log-rank χ² = {:.1}, p = {:.1e}", test_of_groups.statistic, test_of_groups.p);
    let arm = |code: u32| outcome.select(&(0..group.len()).filter(|&i| group[i] == code).collect::<Vec<_>>());
    let means = rmst::compare(&arm(0)?, &arm(1)?, 1825.0, 0.95)?;
    let (days, limits) = (means.difference.estimate, means.difference.interval);
    println!(
        "  five-year restricted mean: {days:.0} days more ({:.0} to {:.0})\n",
        limits.lower, limits.upper
    );

    let low_receptor: Vec<f64> = of(&receptor, &test).iter().map(|v| -v).collect();
    println!("Nodes against progesterone receptor (the lower, the worse), other half:");
    let (a, b) = (Concordance::new(&outcome, &marker)?, Concordance::new(&outcome, &low_receptor)?);
    println!("  C {:.3} and {:.3}, p = {:.2}", a.estimate, b.estimate, a.compare(&b)?.p);
    let times = [365.0, 1095.0, 1825.0];
    let (a, b) = (TimeRoc::new(&outcome, &marker, &times)?, TimeRoc::new(&outcome, &low_receptor, &times)?);
    let differences = compare(&a, &b, |t| Some(&t.auc))?;
    for (k, (a, b)) in a.times.iter().zip(&b.times).enumerate() {
        let limits =
            a.auc.interval(0.95)?.map_or(String::new(), |i| format!("({:.3} to {:.3})", i.lower, i.upper));
        let (p, adjusted) = (differences.p[k], differences.p_adjusted[k]);
        println!(
            "  day {:4}: AUC {:.3} {limits} and {:.3}, p = {p:.2}, {adjusted:.2} for three times",
            a.time, a.auc.estimate, b.auc.estimate
        );
    }
    Ok(())
}

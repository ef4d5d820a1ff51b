//! Times curves, tests and discrimination on the inputs of the reference collection's `stats_bench.py` and
//! `stats_bench.R`, in the terms of those scripts: input in memory, one thread unless RAYON_NUM_THREADS says more.
//!
//! `BENCH_DIR=... RAYON_NUM_THREADS=1 cargo run --release -p radiomics-survival --example anchors_survival`

use radiomics_phantoms::reference::anchors::{self, read};
use radiomics_survival::concordance::Concordance;
use radiomics_survival::confidence::Scale;
use radiomics_survival::cutpoint::max_stat;
use radiomics_survival::kaplan_meier::KaplanMeier;
use radiomics_survival::log_rank::{Weighting, log_rank};
use radiomics_survival::time_roc::TimeRoc;
use radiomics_survival::{Error, Outcome};

fn time(task: &str, runs: usize, run: impl Fn() -> Result<Vec<f64>, Error>) -> Result<(), Error> {
    anchors::time(task, runs, run, |result: &Vec<f64>| format!("{result:?}"))
}

struct Input {
    time: Vec<f64>,
    event: Vec<bool>,
    group: Vec<u32>,
    risk: Vec<f64>,
}

impl Input {
    fn read(n: usize, days: usize) -> Result<Self, Box<dyn std::error::Error>> {
        let column = |name: &str| read(&format!("s_{n}_{days}_{name}.bin"));
        Ok(Self {
            time: column("y")?,
            event: column("e")?.iter().map(|v| *v == 1.0).collect(),
            group: column("g")?.iter().map(|v| *v as u32).collect(),
            risk: column("lp")?,
        })
    }

    fn first(&self, n: usize) -> Self {
        Self {
            time: self.time[..n].to_vec(),
            event: self.event[..n].to_vec(),
            group: self.group[..n].to_vec(),
            risk: self.risk[..n].to_vec(),
        }
    }

    /// Every run checks and sorts anew.
    fn outcome(&self) -> Result<Outcome, Error> {
        Outcome::new(&self.time, &self.event)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (days, kind) in [(0, "distinct times"), (1, "whole days")] {
        let all = Input::read(1_000_000, days)?;
        for n in [10_000, 100_000, 1_000_000] {
            let input = all.first(n);
            let runs = if n == 1_000_000 { 11 } else { 51 };
            time(&format!("Kaplan-Meier, n = {n}, {kind}"), runs, || {
                let curve = KaplanMeier::new(&input.outcome()?);
                Ok(vec![curve.time.len() as f64, curve.survival[curve.survival.len() - 1]])
            })?;
            time(&format!("  with log limits, n = {n}, {kind}"), runs, || {
                let curve = KaplanMeier::new(&input.outcome()?);
                Ok(vec![curve.intervals(Scale::Log, 0.95)?[n / 10_000].lower])
            })?;
            time(&format!("log-rank, n = {n}, {kind}"), runs, || {
                let test = log_rank(&input.outcome()?, &input.group, Weighting::LogRank)?;
                Ok(vec![test.statistic])
            })?;
            time(&format!("concordance and se, n = {n}, {kind}"), runs.min(11), || {
                let c = Concordance::new(&input.outcome()?, &input.risk)?;
                Ok(vec![c.estimate, c.std_err])
            })?;
        }
    }
    let all = Input::read(100_000, 1)?;
    for n in [500, 2_000, 20_000, 100_000] {
        let input = all.first(n);
        time(&format!("time ROC, 3 times, se, n = {n}"), 21, || {
            let roc = TimeRoc::new(&input.outcome()?, &input.risk, &[365.0, 730.0, 1095.0])?;
            Ok(roc.times.iter().flat_map(|t| [t.auc.estimate, t.auc.std_err.unwrap_or(f64::NAN)]).collect())
        })?;
    }
    let input = all.first(2_000);
    time("maximally selected statistic, n = 2000", 51, || {
        let cut = max_stat(&input.outcome()?, &input.risk, 0.1, 0.9)?;
        Ok(vec![cut.best.value, cut.p_lausen92])
    })?;
    Ok(())
}

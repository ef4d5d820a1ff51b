//! `hcc-longitudinal`: the study on a synthetic or a real cohort, with a report as result.

mod console; // progress, Ctrl-C

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use hcc_longitudinal::{
    analysis::Analysis,
    cohort::Cohort,
    extract::{Interrupted, Watch},
    pages,
    settings::Size,
};

use crate::console::{Console, INTERRUPTED};

/// Predict response and survival from longitudinal CT of the liver, as Xu et al. 2025 did
///
/// Without --data a synthetic cohort with a planted effect is drawn: no patient, nothing to learn about any disease.
#[derive(Clone, Debug, Parser)]
#[command(
    version,
    after_help = "\
Examples:
  hcc-longitudinal --quick --out report      some minutes on two cores
  hcc-longitudinal --data cohort --out report --resume features.jsonl"
)]
struct Options {
    /// Small images and fewer patients; of a real cohort only the background of Shapley values is smaller
    #[arg(long)]
    quick: bool,
    /// Folder of a real cohort with `study.toml`
    #[arg(long, value_name = "DIR", conflicts_with = "no_signal")]
    data: Option<PathBuf>,
    /// Folder of the report; an earlier report is replaced
    #[arg(long, value_name = "DIR", default_value = "hcc-report")]
    out: PathBuf,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 2026)]
    seed: u64,
    /// A synthetic cohort in which nothing acts on survival
    #[arg(long)]
    no_signal: bool,
    /// File that keeps features as they are found; a run with the same cohort goes on from it
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// Threads; by default as many as the process may use
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let console = Console::start(options.quiet);
    let result = run(&options, &console);
    console.end();
    let mut err = std::io::stderr();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Interrupted>() => {
            let _ = writeln!(err, "{error}");
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => {
            let _ = writeln!(err, "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options, console: &Console) -> Result<()> {
    if let Some(threads) = options.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build_global().context("cannot start threads")?;
    }
    let size = if options.quick { Size::QUICK } else { Size::FULL };
    let cohort = match &options.data {
        Some(folder) => Cohort::read(folder, options.seed)?,
        None => Cohort::synthetic(size.cohort(options.seed, !options.no_signal), options.seed)?,
    };
    let analysis = Analysis::run(&cohort, size, options.seed, options.resume.as_deref(), console)?;
    console.stage("report", 0);
    let report = pages::report(&analysis)?;
    report.write(&options.out)?;
    let page = options.out.join("index.html");
    writeln!(std::io::stdout(), "{}", page.display()).context("cannot write to standard output")
}

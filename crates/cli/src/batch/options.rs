//! `radiomics batch`: its options.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::args::ExtractionArgs;

/// Extract the features of all cases in a list
///
/// The list is CSV with a header and a row for each case. It needs the columns Image and Mask (paths; relative
/// ones start at the folder of the list) and may have Label (a number, or `all`) and ROI (the name of a region in
/// a DICOM file); --label and --roi are for the cases that name none. All other columns are copied into the table. The rows of the table come in the order of the
/// list, and all have the same columns.
///
/// Cases run in worker processes: whatever happens to one, memory that runs out included, costs that case alone.
/// It gets a row with the reason in OUT.errors.csv, and the others go on. Finished cases are kept in OUT.journal
/// until the table is made of them; a batch that was interrupted, even by a power failure, goes on with --resume.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  radiomics batch cohort.csv -o features.csv
      all cases with the defaults of PyRadiomics, on all cores
  radiomics batch cohort.csv -p Params.yaml -o features.parquet --resume
      starts, or goes on where an earlier run was interrupted
  radiomics batch cohort.csv -o part3.csv --shard 3/20 --resume
      the third of twenty parts, for a job array; the parts joined are the whole table
  radiomics batch cohort.csv -o features.csv --label all --threads 8 --memory 16
      every label of every mask; eight workers, which together read at most 16 GB of images at one time

If some cases fail, the rows of the others are written and the exit status is 1. An existing table is replaced
only with --force.")]
pub struct Batch {
    /// List of cases
    #[arg(value_hint = ValueHint::FilePath)]
    pub cohort: PathBuf,
    /// Write the table to this file
    #[arg(long, short, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// Go on with a batch that was interrupted; starts where there is none
    #[arg(long, conflicts_with = "force")]
    pub resume: bool,
    /// Start anew and replace an existing table
    #[arg(long)]
    pub force: bool,
    /// Only part I of N, counted from 1
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<Shard>,
    /// Most memory for images and masks that are read at one time, in GB [default: half of what is free]
    #[arg(long, value_name = "GB", value_parser = gigabytes)]
    pub memory: Option<f64>,
    #[command(flatten)]
    pub extraction: ExtractionArgs,
}

/// A part of the list of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub number: usize,
    pub of: usize,
}

fn shard(text: &str) -> Result<Shard, String> {
    let parts =
        text.split_once('/').and_then(|(i, n)| Some((i.trim().parse().ok()?, n.trim().parse().ok()?)));
    match parts {
        Some((number, of)) if number >= 1 && number <= of => Ok(Shard { number, of }),
        _ => Err("expected I/N with I from 1 to N, such as 3/20".into()),
    }
}

fn gigabytes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && number < 1e9 => Ok(number),
        _ => Err("expected a number of gigabytes above 0".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    #[test]
    fn options_of_cases_reach_workers() {
        let given = "radiomics batch a.csv -o b.csv --suv --series=CT --identifiers --resample-tilt --fraction 0.3 \
                     --missing-geometry --stray-contours skip --components --convention ibsi --frame 2 --threads 3";
        let Command::Batch(batch) = Cli::parse_from(given.split_whitespace()).command else { panic!() };
        let arguments = ["radiomics", "worker", "--base", "."].map(str::to_owned).into_iter();
        let arguments = arguments.chain(batch.extraction.case.arguments());
        let Command::Worker(worker) = Cli::parse_from(arguments).command else { panic!() };
        assert_eq!(format!("{:?}", batch.extraction.case), format!("{:?}", worker.case));
    }

    #[test]
    fn shards_and_gigabytes() {
        assert_eq!(shard("3/20"), Ok(Shard { number: 3, of: 20 }));
        assert!(["0/2", "3/2", "1", "1/", "-1/2", "1/0"].iter().all(|text| shard(text).is_err()));
        assert!(["0", "-1", "nan", "inf", "x"].iter().all(|text| gigabytes(text).is_err()));
    }
}

//! The command line: its commands, and the options that several of them take. Those of one command stand with it.

mod dicom; // how DICOM files are read
mod extraction; // what is extracted, and how

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint, builder::styling};

pub use self::{
    dicom::DicomArgs,
    extraction::{CaseArgs, Convention, ExtractionArgs, Format, Label, Setting, setting},
};
use crate::{
    batch::{options::Batch, worker::Worker},
    convert::Convert,
    demo::Demo,
    extract::Extract,
    filter::Filter,
    info::Info,
    maps::Maps,
    params::ParamsCommand,
};

/// Radiomics features of medical images, with the numbers of PyRadiomics.
///
/// An image and a mask go in, a table of features comes out.
#[derive(Debug, Parser)]
#[command(name = "radiomics", version, styles = STYLES, arg_required_else_help = true, max_term_width = 110)]
#[command(after_help = "\
Start with:
  radiomics demo                                 a synthetic scan: features, picture, report
  radiomics extract scan.nii.gz mask.nii.gz      the features of label 1
  radiomics info export                          what a folder of DICOM files holds

Exit status: 0 all well, 1 the job failed or a part of it, 2 wrong usage, 130 interrupted.")]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default().bold())
    .placeholder(styling::AnsiColor::Cyan.on_default());

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Print results and errors only: no progress, no notes
    #[arg(long, short, global = true, help_heading = "Common options")]
    pub quiet: bool,
    /// How much to tell on standard error [default: warn, with --quiet error]
    #[arg(long, value_enum, global = true, value_name = "LEVEL", help_heading = "Common options")]
    pub log_level: Option<LogLevel>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Errors only
    Error,
    /// Also what is unusual about the input
    Warn,
    /// Also each step with its time
    Info,
    /// Also the settings in effect
    Debug,
}

/// Heading of the options for DICOM files.
pub const DICOM: &str = "DICOM options";

#[derive(Debug, Subcommand)]
pub enum Command {
    Extract(Extract),
    Maps(Maps),
    Filter(Filter),
    Batch(Batch),
    Convert(Convert),
    #[command(hide = true)]
    Worker(Worker),
    Info(Info),
    /// Check a parameter file, or list what can be set and extracted
    #[command(subcommand, arg_required_else_help = true)]
    Params(ParamsCommand),
    Demo(Demo),
    /// Print the completion script of a shell
    #[command(after_help = "\
Examples:
  radiomics completions bash > ~/.local/share/bash-completion/completions/radiomics
  radiomics completions zsh > ~/.zfunc/_radiomics
  radiomics completions fish > ~/.config/fish/completions/radiomics.fish")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write the pages of all commands
    #[command(after_help = "\
Examples:
  radiomics man | man -l -
  radiomics man --out ~/.local/share/man/man1")]
    Man {
        /// Write a page for each command into this folder
        #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn definitions_are_consistent() {
        Cli::command().debug_assert();
    }
}

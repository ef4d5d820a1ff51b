//! The `radiomics` command.

mod args; // every command and option
mod batch; // a list of cases to a table
mod console; // progress and notes
mod convert; // between file formats
mod demo; // the whole job on a synthetic scan
mod extract; // image and mask to a table
mod filter; // image to response maps
mod generate; // completions and manual pages
mod html; // the page of the demo
mod info; // what a file holds
mod info_dicom; // what a DICOM folder holds
mod interrupt; // Ctrl-C
mod load; // images and masks from any file
mod maps; // features around every voxel
mod params; // parameter files
mod picture; // slices with the outline of a region
mod replace; // files that appear whole or not at all
mod report; // errors as one paragraph
mod table; // features on disk and on the terminal
mod target; // where a table goes

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::{
    args::{Cli, Command},
    console::Console,
};

fn main() -> ExitCode {
    // Wrong usage ends here with status 2, help with 0.
    let cli = Cli::parse();
    interrupt::install();
    let console = Console::start(&cli.common);
    let result = run(cli.command, &console);
    console.end();
    match result {
        Ok(code) => code,
        // Whoever reads our output has seen enough.
        Err(error) if report::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            console.error(&report::paragraph(&error));
            if error.is::<interrupt::Interrupted>() {
                ExitCode::from(interrupt::EXIT_STATUS)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn run(command: Command, console: &Console) -> Result<ExitCode> {
    match command {
        Command::Extract(args) => return extract::run(&args, console),
        Command::Maps(args) => maps::run(&args, console)?,
        Command::Filter(args) => filter::run(&args, console)?,
        Command::Batch(args) => return batch::run(&args, console),
        Command::Worker(args) => return batch::worker::run(&args, console),
        Command::Params(command) => params::run(&command, console)?,
        Command::Convert(args) => return convert::run(&args, console),
        Command::Info(args) => info::run(&args)?,
        Command::Completions { shell } => generate::completions(shell)?,
        Command::Man { out } => generate::manual(out.as_deref())?,
        Command::Demo(args) => demo::run(&args, console)?,
    }
    Ok(ExitCode::SUCCESS)
}

//! Draws every figure of the crate from synthetic data into one report.
//!
//! `cargo run -p radiomics-report --example gallery [-- FOLDER]` writes the folder `radiomics-gallery`.

mod cohort;
mod contents;
mod figures;

use std::{io::Write, path::PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("radiomics-gallery"), PathBuf::from);
    contents::report()?.write(&folder)?;
    writeln!(std::io::stdout(), "{}", folder.join("index.html").display())?;
    Ok(())
}

//! Draws every figure of the crate from synthetic data into one report.
//!
//! `cargo run -p radiomics-report --example gallery [-- FOLDER [PICTURE]]` writes the folder `radiomics-gallery`, and the
//! overview of its figures as a picture for the README.

mod cohort;
mod contents;
mod figures;

use std::{io::Write, path::PathBuf};

use radiomics_report::report::Item;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("radiomics-gallery"), PathBuf::from);
    let report = contents::report()?;
    report.write(&folder)?;
    if let Some(picture) = std::env::args_os().nth(2) {
        for item in report.sections().iter().flat_map(|s| &s.items) {
            match item {
                Item::Figure(figure) if figure.name == "overview" => {
                    std::fs::write(&picture, figure.png(110.0)?)?
                }
                _ => {}
            }
        }
    }
    writeln!(std::io::stdout(), "{}", folder.join("index.html").display())?;
    Ok(())
}

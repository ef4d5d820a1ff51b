//! Draws every figure of the crate from synthetic data into one report.
//!
//! `cargo run -p radiomics-report --example gallery [-- FOLDER]` writes the folder `radiomics-gallery`.

mod cohort;
mod figures;

use std::path::PathBuf;

use radiomics_report::{Provenance, Report, Table};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("radiomics-gallery"), PathBuf::from);
    let cohort = cohort::Cohort::synthetic(240, 7)?;
    let provenance = Provenance::of("gallery", env!("CARGO_PKG_VERSION")).seed(7).synthetic(
        "240 made-up patients with a planted effect of two of eight features, and a made-up slice",
    );
    let mut report = Report::new("Gallery of figures", provenance);

    report.section("Cohort").add(
        "All patients, scans and results below come from a random-number generator with a fixed seed. \
         They show what the figures look like, and nothing else.",
    )?;
    report.add(Table::table_one("Characteristics by response", &cohort.table_one()?)?.named("table-one"))?;

    report.section("Discrimination and calibration");
    report.add(figures::roc(&cohort)?)?;
    report.add(figures::performance(&cohort)?)?;
    report.add(figures::confusion(&cohort)?)?;
    report.add(figures::calibration(&cohort)?)?;
    report.add(figures::decision_curve_figure(&cohort)?)?;
    report.add(figures::forest(&cohort)?)?;

    report.section("Survival");
    report.add(figures::kaplan_meier(&cohort))?;
    report.add(figures::nomogram())?;
    report.add(figures::time_roc())?;
    report.add(figures::time_auc())?;

    report.section("Distributions and features");
    report.add(figures::violins(&cohort)?)?;
    report.add(figures::boxes(&cohort)?)?;
    report.add(figures::radar())?;
    report.add(figures::correlations(&cohort)?)?;
    report.add(figures::feature_map(&cohort))?;

    report.section("Explanations");
    report.add(figures::beeswarm(&cohort))?;
    report.add(figures::importance(&cohort))?;
    report.add(figures::waterfall(&cohort))?;
    report.add(figures::force(&cohort))?;
    report.add(figures::dependence(&cohort))?;

    report.section("Images");
    report.add(figures::overlay())?;
    report.add(figures::montage())?;
    report.add(figures::panels(&cohort)?)?;

    report.write(&folder)?;
    writeln(&format!("{}", folder.join("index.html").display()))?;
    Ok(())
}

fn writeln(line: &str) -> std::io::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{line}")
}

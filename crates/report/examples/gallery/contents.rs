//! What the gallery shows, in order.

use radiomics_report::{Error, Plot, Provenance, Report, Table};

use crate::{cohort::Cohort, figures};

pub fn report() -> Result<Report, Error> {
    let cohort = Cohort::synthetic(240, 7)?;
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
    report.add(figures::kaplan_meier(&cohort)?)?;
    report.add(figures::medians(&cohort)?)?;
    report.add(figures::hazard_ratios(&cohort)?)?;
    report.add(figures::nomogram(&cohort)?)?;
    report.add(figures::time_roc(&cohort)?)?;
    report.add(figures::time_auc(&cohort)?)?;

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
    report.section("Several figures in one").add(figures::overview(&cohort)?.named("overview"))?;

    Ok(report)
}

//! A report on public data: 137 men with advanced lung cancer, two chemotherapies (Veterans' Administration trial;
//! Kalbfleisch and Prentice 1980, the table `veteran` of R's survival).
//!
//! `cargo run -p radiomics-report --example veteran [-- FOLDER]` writes the folder `radiomics-veteran`: `index.html` with
//! patients' characteristics, Kaplan–Meier curves with numbers at risk, hazard ratios of single columns and of one model,
//! and of a model of death within 90 days the ROC and calibration in patients left out of the fit; each figure also as
//! SVG and PNG, each table as CSV.
//!
//! R, for the same: `tableone`, `survminer::ggsurvplot`, `survival::coxph`, `survminer::ggforest`, `pROC::ggroc`,
//! `rms::val.prob`. The table beside this file is
//! `write.csv(survival::veteran, "veteran.csv", row.names = FALSE, quote = FALSE)`.

mod patients;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use radiomics_report::{
    Plot, Provenance, Report, Table,
    figure::{Calibration, CalibrationSeries, Forest, ForestRow, KaplanMeier, Roc, RocCurve},
    ratios, validation_note,
};
use radiomics_stats::{
    Alternative,
    calibration::Validation,
    logistic::Logistic,
    roc::{Direction, auc_test_paired},
    table_one::{TableOne, TableRules, Variable},
};
use radiomics_survival::{
    cox::{Cox, CoxConfig, HazardRatio, univariable},
    kaplan_meier::KaplanMeier as Curve,
    risk_groups::{OnCut, RiskGroups},
};

use patients::{CELLS, Patients};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("radiomics-veteran"), PathBuf::from);
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/veteran/veteran.csv");
    let patients = Patients::read(&table)?;
    let provenance = Provenance::of("veteran", env!("CARGO_PKG_VERSION")).input("veteran.csv", &table)?;
    let mut report = Report::new("Survival with advanced lung cancer", provenance);
    report.section("Patients").add(format!(
        "{} men with advanced, inoperable lung cancer, allocated by lot to a standard or a test chemotherapy by the \
         Veterans' Administration Lung Study Group; {} died under observation. Data: Kalbfleisch and Prentice, The \
         Statistical Analysis of Failure Time Data, 1980.",
        patients.outcome.len(),
        patients.outcome.events()
    ))?;
    report.add(characteristics(&patients)?)?;
    survival(&mut report, &patients)?;
    death_within_90_days(&mut report, &patients)?;
    report.write(&folder)?;
    writeln!(std::io::stdout(), "{}", folder.join("index.html").display())?;
    Ok(())
}

/// R: `tableone::CreateTableOne(strata = "trt")`.
fn characteristics(p: &Patients) -> Result<Table, Failure> {
    let one = TableOne::new(
        &p.arm,
        &["Standard", "Test"],
        &[
            ("Age (years)", Variable::Continuous(&p.age)),
            ("Karnofsky score", Variable::Continuous(&p.karnofsky)),
            ("Months from diagnosis", Variable::Continuous(&p.months)),
            ("Cell type", Variable::Categorical(&p.cell, &CELLS)),
            ("Prior therapy", Variable::Categorical(&p.prior, &["no", "yes"])),
        ],
        TableRules::default(),
    )?;
    Ok(Table::table_one("Characteristics by treatment", &one)?)
}

fn survival(report: &mut Report, p: &Patients) -> Result<(), Failure> {
    // The scale's own parts: in hospital, partly confined to bed, able to care for oneself.
    let group = RiskGroups::new(&[40.0, 70.0], OnCut::High)?.assign(&p.karnofsky)?;
    let labels = ["Karnofsky 10–30", "Karnofsky 40–60", "Karnofsky 70–99"];
    let figure = KaplanMeier::of_groups("Overall survival by Karnofsky score", &p.outcome, &group, &labels)?
        .ticks(&[0.0, 180.0, 360.0, 540.0, 720.0, 900.0])
        .caption("Kaplan–Meier curves with 95 % limits on the logarithmic scale.");
    report.section("Survival").add(figure)?;
    let curves = Curve::by_group(&p.outcome, &group)?;
    let labelled: Vec<(&str, &Curve)> = labels.into_iter().zip(curves.iter().map(|c| &c.1)).collect();
    report.add(Table::medians("Median survival by Karnofsky score", &labelled)?)?;

    let columns = p.columns();
    let fit = Cox::new(&p.outcome, &columns).fit()?;
    let joint = fit.converged()?.hazard_ratios(0.95)?;
    let single = univariable(&p.outcome, &columns, &[], &[], &CoxConfig::default(), 0.95)?;
    let single = single.into_iter().collect::<Result<Vec<_>, _>>()?;
    let models = [("Univariable", &ratios(&single)[..]), ("Multivariable", &ratios(&joint))];
    report.add(Table::hazard_ratios("Hazard ratios of death", &models)?.note(
        "HR: hazard ratio; CI: confidence interval. Wald's intervals and tests. Cell types against all others in \
         univariable models, against squamous in the multivariable one.",
    ))?;
    report.add(hazard_ratios(&joint, fit.concordance()?.estimate))?;
    Ok(())
}

/// R: `survminer::ggforest(fit)`, with the levels of the cell type under their heading.
fn hazard_ratios(joint: &[HazardRatio], concordance: f64) -> Forest {
    let mut forest = Forest::ratios("Hazard ratios of death, multivariable", "Hazard ratio");
    for r in joint {
        let row = ForestRow::new(r.name.as_str(), r.ratio, r.interval.lower, r.interval.upper).p(r.p);
        let is_cell = CELLS.contains(&r.name.as_str());
        if is_cell && forest.rows.iter().all(|row| !row.heading) {
            forest =
                forest.row(ForestRow::heading("Cell type")).row(ForestRow::reference(CELLS[0]).indented());
        }
        forest = forest.row(if is_cell { row.indented() } else { row });
    }
    forest.sides = Some(["Longer survival".into(), "Shorter survival".into()]);
    forest.caption(format!(
        "Cox model, Wald's 95 % intervals and tests; Harrell's C of the same patients {concordance:.2}."
    ))
}

/// Those censored before are left out: whether they died is not known.
fn death_within_90_days(report: &mut Report, p: &Patients) -> Result<(), Failure> {
    let (known, died): (Vec<usize>, Vec<bool>) = (0..p.outcome.len())
        .filter(|&i| p.outcome.is_event(i) || p.outcome.time()[i] > 90.0)
        .map(|i| (i, p.outcome.time()[i] <= 90.0))
        .unzip();
    let values: Vec<(&str, Vec<f64>)> =
        p.columns().iter().map(|(name, v)| (*name, known.iter().map(|&i| v[i]).collect())).collect();
    let columns: Vec<(&str, &[f64])> = values.iter().map(|(name, v)| (*name, v.as_slice())).collect();
    let karnofsky = left_out(&died, &columns[..1])?;
    let all = left_out(&died, &columns)?;
    let test = auc_test_paired(&died, &all, &karnofsky, Direction::Higher, Alternative::TwoSided, 0.95)?;
    report.section("Death within 90 days").add(format!(
        "Logistic models of {} patients, of whom {} died within 90 days; {} are left out because they were censored \
         before. Every probability is predicted by a model that was fitted to the other nine tenths of the patients.",
        died.len(),
        died.iter().filter(|d| **d).count(),
        p.outcome.len() - died.len()
    ))?;
    report.add(
        Roc::new("ROC curves of death within 90 days")
            .curve(RocCurve::of_scores("Karnofsky score", &died, &karnofsky)?)
            .curve(RocCurve::of_scores("All characteristics", &died, &all)?)
            .comparison("DeLong's test", test.p)
            .caption("Cross-validated predictions; areas with DeLong's 95 % confidence intervals."),
    )?;
    report.add(
        Calibration::new("Calibration of death within 90 days")
            .series(CalibrationSeries::of_probabilities("All characteristics", &died, &all, 6)?)
            .note(validation_note(&Validation::new(&died, &all)?))
            .caption("Cross-validated predictions in six parts of equal size with Wilson's 95 % intervals; the curve is lowess; the bars count predictions."),
    )?;
    Ok(())
}

/// Ten-fold cross-validated probabilities of a logistic model; every tenth patient is in one fold.
fn left_out(died: &[bool], columns: &[(&str, &[f64])]) -> Result<Vec<f64>, Failure> {
    let mut out = vec![0.0; died.len()];
    for fold in 0..10 {
        let (test, train): (Vec<usize>, Vec<usize>) = (0..died.len()).partition(|i| i % 10 == fold);
        let pick = |rows: &[usize]| -> Vec<Vec<f64>> {
            columns.iter().map(|(_, v)| rows.iter().map(|&i| v[i]).collect()).collect()
        };
        let (own, other) = (pick(&train), pick(&test));
        let named: Vec<(&str, &[f64])> =
            columns.iter().zip(&own).map(|((name, _), v)| (*name, v.as_slice())).collect();
        let truth: Vec<bool> = train.iter().map(|&i| died[i]).collect();
        let fit = Logistic::fit(&truth, &named)?;
        let p = fit.predict(&other.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        test.iter().zip(p).for_each(|(&i, p)| out[i] = p);
    }
    Ok(out)
}

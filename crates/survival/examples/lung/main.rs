//! Survival with advanced lung cancer (public data: NCCTG, Loprinzi et al. 1994, `lung` of R's survival): what R users get
//! from `survfit`, `survdiff`, `summary(coxph(...))`, `cox.zph` and a nomogram; and, drawn as SVG and PNG, from
//! `survminer::ggsurvplot` and `ggforest`.
//!
//! `cargo run -p radiomics-survival --example lung [-- FOLDER]`. The table beside this file is
//! `write.csv(survival::lung, "lung.csv", row.names = FALSE, quote = FALSE)`.
#![allow(clippy::print_stdout)] // an example prints

use std::path::{Path, PathBuf};

use radiomics_report::{Plot, figure};
use radiomics_survival::Outcome;
use radiomics_survival::confidence::Scale;
use radiomics_survival::cox::{Cox, Curves, TimeTransform};
use radiomics_survival::kaplan_meier::KaplanMeier;
use radiomics_survival::log_rank::{Weighting, log_rank};
use radiomics_survival::nomogram::{Nomogram, NomogramConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut lines = include_str!("lung.csv").lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let names = ["time", "status", "age", "sex", "ph.ecog"];
    let places: Vec<usize> = names
        .iter()
        .map(|n| header.iter().position(|h| h == n).ok_or_else(|| format!("no column {n}")))
        .collect::<Result<_, _>>()?;
    let rows: Vec<Vec<f64>> = lines
        .map(|l| l.split(',').map(|v| v.parse().unwrap_or(f64::NAN)).collect::<Vec<f64>>())
        .map(|row| places.iter().map(|&k| row[k]).collect())
        .collect();
    let complete: Vec<&Vec<f64>> = rows.iter().filter(|r| r.iter().all(|v| v.is_finite())).collect();
    let column = |k: usize| complete.iter().map(|r| r[k]).collect::<Vec<f64>>();
    let [time, status, age, sex, ecog] = [0, 1, 2, 3, 4].map(column);
    let event: Vec<bool> = status.iter().map(|s| *s == 2.0).collect();
    let outcome = Outcome::new(&time, &event)?;
    println!("{} patients, {} left out for a missing value\n", outcome.len(), rows.len() - complete.len());

    let group: Vec<u32> = sex.iter().map(|s| *s as u32).collect();
    println!("Kaplan–Meier: survfit(Surv(time, status) ~ sex)");
    println!("{:6} {:>5} {:>7} {:>8} {:>8} {:>8}", "", "n", "events", "median", "lower", "upper");
    for (sex, curve) in KaplanMeier::by_group(&outcome, &group)? {
        let median = curve.median(Scale::Log, 0.95)?;
        let shown = |v: Option<f64>| v.map_or("-".to_owned(), |v| v.to_string());
        println!(
            "sex={sex:2} {:>5} {:>7} {:>8} {:>8} {:>8}",
            curve.n,
            curve.events,
            shown(median.estimate),
            shown(median.lower),
            shown(median.upper)
        );
        let intervals = curve.intervals(Scale::Log, 0.95)?;
        for at in [0.0, 250.0, 500.0, 750.0] {
            let point = curve.at(at)?;
            let (low, high) = match curve.time.partition_point(|t| *t <= at) {
                0 => (1.0, 1.0),
                k => (intervals[k - 1].lower, intervals[k - 1].upper),
            };
            println!(
                "  day {at:4}: {:4} at risk, survival {:.4} ({low:.4} to {high:.4})",
                point.n_risk, point.survival
            );
        }
    }
    let test = log_rank(&outcome, &group, Weighting::LogRank)?;
    println!("Log-rank test: χ² = {:.1} on {} df, p = {:.2e}\n", test.statistic, test.df, test.p);

    println!("Cox model: summary(coxph(Surv(time, status) ~ age + sex + ph_ecog))");
    let columns = [("age", age.as_slice()), ("sex", &sex), ("ph_ecog", &ecog)];
    let fit = Cox::new(&outcome, &columns).fit()?;
    fit.converged()?;
    println!("{}", fit.summary(0.95)?);

    println!("Proportional hazards: cox.zph(fit)");
    let zph = fit.proportional_hazards(TimeTransform::Km)?;
    for (k, name) in zph.names.iter().enumerate() {
        println!("{name:8} χ² = {:6.3} on {} df, p = {:.3}", zph.chi_squared[k], zph.df[k], zph.p[k]);
    }

    println!("\nPredicted survival: summary(survfit(fit, newdata), times = c(365, 730))");
    let curves = fit.survival_curves(&[&[50.0, 1.0, 0.0], &[70.0, 2.0, 2.0]], &Curves::default())?;
    for (who, curve) in ["man of 50, ECOG 0", "woman of 70, ECOG 2"].iter().zip(&curves[0]) {
        for day in [365.0, 730.0] {
            let at = curve.at(day)?;
            println!("{who:20} day {day}: {:.3} ({:.3} to {:.3})", at.survival, at.lower, at.upper);
        }
    }

    println!("\nNomogram: rms::nomogram(cph(...), fun = survival at one year)");
    let values = [age.as_slice(), &sex, &ecog];
    let nomogram = Nomogram::cox(&fit, &values, &[365.0], NomogramConfig::default())?;
    for axis in &nomogram.axes {
        let ticks: Vec<String> =
            axis.values.iter().zip(&axis.points).map(|(v, p)| format!("{v}: {p:.1}")).collect();
        println!("{:8} {}", axis.variable, ticks.join("  "));
    }
    let total = nomogram.points(&[70.0, 2.0, 2.0])?;
    println!("woman of 70, ECOG 2: {total:.1} points, one-year survival {:.3}", nomogram.outcome(0, total));

    let folder = std::env::args_os().nth(1).map_or_else(|| std::env::temp_dir().join("lung"), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let curves =
        figure::KaplanMeier::of_groups("Overall survival by sex", &outcome, &group, &["men", "women"])?;
    save(&folder, "kaplan_meier", &curves.draw()?)?;
    save(&folder, "hazard_ratios", &figure::Forest::hazard_ratios("Hazard ratios of death", &fit)?.draw()?)?;
    println!("\nCurves and hazard ratios are drawn in {}", folder.display());
    Ok(())
}

fn save(folder: &Path, name: &str, figure: &figure::Figure) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::write(folder.join(name).with_extension("svg"), figure.svg()?)?;
    std::fs::write(folder.join(name).with_extension("png"), figure.png(150.0)?)?;
    Ok(())
}

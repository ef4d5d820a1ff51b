//! Patients divided by the Rad-score's cut-off, and by mRECIST.

use anyhow::{Context, Result};
use radiomics_report::{
    Cell, Plot, Report, Table,
    figure::{KaplanMeier, Panels},
};
use radiomics_survival::{
    Error, Outcome,
    confidence::Scale,
    cox::{Cox, HazardRatio},
    kaplan_meier::KaplanMeier as Curve,
    log_rank::{Weighting, log_rank},
};

use super::response::cutoff_figure;
use crate::{
    analysis::{Analysis, LEVEL},
    cohort::{Set, Survival, pick},
    models::LWCTR,
};

const RAD: [&str; 2] = ["Rad response", "Rad non-response"];
const MRECIST: [&str; 2] = ["CR, PR, SD", "PD"];

/// One way to divide the patients of a set, with a kind of survival.
struct Division<'a> {
    set: Set,
    by: &'static str,
    labels: [&'static str; 2],
    endpoint: &'static str,
    survival: &'a Survival,
    rows: Vec<usize>,
    responds: Vec<bool>,
}

impl Division<'_> {
    fn outcome(&self) -> Result<Outcome> {
        self.survival.outcome(&self.rows)
    }

    fn groups(&self) -> Vec<u32> {
        self.responds.iter().map(|r| u32::from(!r)).collect()
    }

    /// Labels of the groups that have patients.
    fn present(&self) -> Vec<&'static str> {
        let groups = self.groups();
        (0..2).filter(|g| groups.contains(g)).map(|g| self.labels[g as usize]).collect()
    }

    /// What rows of the table call it.
    fn name(&self) -> String {
        format!("{}, {}, {}", self.set.name(), self.endpoint, self.by)
    }

    /// Hazard of those who do not respond against those who do, or why the data give none.
    fn ratio(&self) -> Result<Result<HazardRatio, Error>> {
        let against: Vec<f64> = self.groups().into_iter().map(f64::from).collect();
        let outcome = self.outcome()?;
        let columns = [(self.labels[1], against.as_slice())];
        let fit = match Cox::new(&outcome, &columns).fit() {
            Ok(fit) => fit,
            Err(why) => return Ok(Err(why)),
        };
        if let Err(why) = fit.converged() {
            return Ok(Err(why));
        }
        let ratio = fit.hazard_ratios(LEVEL)?.into_iter().next();
        Ok(Ok(ratio.context("a Cox model of one column has no hazard ratio")?))
    }

    fn figure(&self) -> Result<KaplanMeier> {
        let title = format!("{}, {} by {}", self.set.name(), self.endpoint, self.by);
        let figure = KaplanMeier::of_groups(title, &self.outcome()?, &self.groups(), &self.present())?;
        Ok(match self.ratio()? {
            Ok(ratio) => figure.with_ratio(&ratio),
            Err(_) => figure,
        }
        .size(330.0, 190.0))
    }
}

fn divisions(analysis: &Analysis) -> Result<Vec<Division<'_>>> {
    let cohort = &analysis.cohort;
    let mut all = Vec::new();
    for (by, labels, endpoint, survival) in [
        ("Rad-score", RAD, "OS", &cohort.os),
        ("mRECIST", MRECIST, "OS", &cohort.os),
        ("Rad-score", RAD, "PFS", &cohort.pfs),
        ("mRECIST", MRECIST, "PFS", &cohort.pfs),
    ] {
        for set in [Set::Internal, Set::External] {
            let rows = cohort.set(set);
            let responds = if by == "mRECIST" {
                pick(&cohort.controlled, &rows)
            } else {
                analysis.rad_response(&rows)?
            };
            all.push(Division { set, by, labels, endpoint, survival, rows, responds });
        }
    }
    Ok(all)
}

pub fn add(report: &mut Report, analysis: &Analysis) -> Result<()> {
    let cut = analysis.cutoff(LWCTR)?.threshold;
    report.add(format!(
        "Rad response: a Rad-score (the probability of the LWCTR model) of at least {cut:.3}, the cut-off with the largest \
         Youden index among training patients, whose scores are out of fold."
    ))?;
    report.add(cutoff_figure(analysis)?)?;
    let divisions = divisions(analysis)?;
    let mut panels = Panels::new("Survival by Rad-score and by mRECIST (Figure 4 of the paper)", 2);
    for division in divisions.iter().filter(|d| d.by == "Rad-score" || d.endpoint == "OS") {
        panels = panels.panel(&division.figure()?)?;
    }
    report.add(
        panels.caption("HR: hazard ratio of those who do not respond against those who do, by a Cox model."),
    )?;
    report.add(table(&divisions)?)?;
    Ok(())
}

fn table(divisions: &[Division<'_>]) -> Result<Table> {
    let heads = [
        "Set, endpoint, division",
        "Non-responders, n (%)",
        "Median of responders, months",
        "Median of non-responders, months",
        "Difference, months",
        "Log-rank p",
        "HR (95 % CI)",
    ];
    let mut table = Table::new("Risk groups", &heads);
    let mut note =
        "Medians by Kaplan and Meier; NA: not reached, or no patient. HR: hazard ratio, Wald's interval."
            .to_owned();
    for d in divisions {
        let outcome = d.outcome()?;
        let groups = d.groups();
        let curves = Curve::by_group(&outcome, &groups)?;
        let median = |group: u32| -> Result<f64> {
            let Some((_, curve)) = curves.iter().find(|c| c.0 == group) else { return Ok(f64::NAN) };
            Ok(curve.median(Scale::Log, LEVEL)?.estimate.unwrap_or(f64::NAN))
        };
        let (better, worse) = (median(0)?, median(1)?);
        let count = groups.iter().filter(|g| **g == 1).count();
        let share = 100.0 * count as f64 / groups.len().max(1) as f64;
        let p = if curves.len() == 2 {
            Cell::P(log_rank(&outcome, &groups, Weighting::LogRank)?.p)
        } else {
            Cell::Empty
        };
        let ratio = match d.ratio()? {
            Ok(r) => Cell::estimate(r.ratio, r.interval.lower, r.interval.upper),
            Err(why) => {
                note += &format!(" No HR for {}: {why}.", d.name());
                Cell::Empty
            }
        };
        table.push(
            vec![
                d.name().into(),
                format!("{count} ({share:.1})").into(),
                Cell::Number(better, 1),
                Cell::Number(worse, 1),
                Cell::Number(better - worse, 1),
                p,
                ratio,
            ],
            false,
        )?;
    }
    Ok(table.note(note))
}

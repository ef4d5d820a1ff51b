//! Three Cox models fitted on training patients: Rad-score, mRECIST, and both (Rad-Nomo).

use anyhow::{Context, Result};
use radiomics_report::{
    Cell, Plot, Report, Table,
    figure::{Nomogram as Drawn, Panels, Roc},
    ratios,
};
use radiomics_survival::{
    Error, TimeUnit,
    cox::{Cox, CoxFit, Reference},
    nomogram::{Nomogram, NomogramConfig},
    time_roc::TimeRoc,
};

use crate::{
    analysis::{Analysis, LEVEL},
    cohort::{Set, Survival},
    models::LWCTR,
};

const RAD_SCORE: &str = "Rad-score";
const PROGRESSION: &str = "mRECIST";

/// The models with the columns they look at; the last is the paper's.
const MODELS: [(&str, &[&str]); 3] =
    [("Rad-score", &[RAD_SCORE]), ("mRECIST", &[PROGRESSION]), ("Rad-Nomo", &[RAD_SCORE, PROGRESSION])];

/// Columns of some patients.
fn columns(analysis: &Analysis, model: usize, rows: &[usize]) -> Vec<(&'static str, Vec<f64>)> {
    let column = |name: &&'static str| match *name {
        RAD_SCORE => (RAD_SCORE, analysis.scored.of(LWCTR, rows)),
        _ => (PROGRESSION, analysis.control(rows).into_iter().map(|c| 1.0 - c).collect()),
    };
    MODELS[model].1.iter().map(column).collect()
}

fn slices<'a>(columns: &'a [(&'static str, Vec<f64>)]) -> Vec<(&'a str, &'a [f64])> {
    columns.iter().map(|(name, values)| (*name, values.as_slice())).collect()
}

fn values<'a>(columns: &'a [(&'static str, Vec<f64>)]) -> Vec<&'a [f64]> {
    columns.iter().map(|(_, values)| values.as_slice()).collect()
}

pub fn add(report: &mut Report, analysis: &Analysis) -> Result<()> {
    let cohort = &analysis.cohort;
    let training = cohort.set(Set::Training);
    let outcome = cohort.os.outcome(&training)?;
    let own: Vec<_> = (0..MODELS.len()).map(|m| columns(analysis, m, &training)).collect();
    let named: Vec<_> = own.iter().map(|c| slices(c)).collect();
    let fits: Vec<CoxFit> = named.iter().map(|c| Cox::new(&outcome, c).fit()).collect::<Result<_, _>>()?;
    let mut models = Vec::new();
    for ((name, _), fit) in MODELS.iter().zip(&fits) {
        models.push((*name, ratios(&fit.converged()?.hazard_ratios(LEVEL)?)));
    }
    let listed: Vec<(&str, &[_])> = models.iter().map(|(n, r)| (*n, r.as_slice())).collect();
    report.add(Table::hazard_ratios("Cox models of overall survival in training", &listed)?.note(
        "HR: hazard ratio; of the Rad-score for the whole way from 0 to 1, of mRECIST for progression against disease \
         control. Scores of training patients are out of fold.",
    ))?;
    for (model, title) in [
        (2, "Rad-Nomo: nomogram for overall survival (Figure 5A, B of the paper)"),
        (0, "Nomogram of the Rad-score alone (Figure S8A of the paper)"),
        (1, "Nomogram of mRECIST alone (Figure S8B of the paper)"),
    ] {
        let (_, last) = outcome.range();
        let times: Vec<f64> = cohort.settings.os_times.iter().copied().filter(|t| *t < last).collect();
        let config = NomogramConfig::default();
        let result = Nomogram::cox(&fits[model], &values(&own[model]), &times, config)
            .with_context(|| format!("nomogram of {}", MODELS[model].0))?;
        let names = [(0.0, "CR, PR, SD"), (1.0, "PD")];
        report.add(Drawn::of(title, &result, TimeUnit::Months).relabel(PROGRESSION, PROGRESSION, &names))?;
    }
    for (endpoint, survival, times, title) in [
        (
            "OS",
            &cohort.os,
            &cohort.settings.os_times,
            "Time-dependent ROC curves of Rad-Nomo, OS (Figure 5C, D of the paper)",
        ),
        (
            "PFS",
            &cohort.pfs,
            &cohort.settings.pfs_times,
            "Time-dependent ROC curves of Rad-Nomo, PFS (Figure S9 of the paper)",
        ),
    ] {
        over_time(report, analysis, &fits, Endpoint { endpoint, survival, times, title })?;
    }
    Ok(())
}

struct Endpoint<'a> {
    endpoint: &'a str,
    survival: &'a Survival,
    times: &'a [f64],
    title: &'a str,
}

/// Curves of Rad-Nomo and areas of all three models in both validation sets.
fn over_time(report: &mut Report, analysis: &Analysis, fits: &[CoxFit], of: Endpoint<'_>) -> Result<()> {
    let mut heads = vec!["Set and model".to_owned()];
    heads.extend(of.times.iter().map(|t| format!("{t} months")));
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut table = Table::new(format!("Time-dependent AUC, {}", of.endpoint), &heads);
    let mut panels = Panels::new(of.title, 2);
    for set in [Set::Internal, Set::External] {
        let rows = analysis.cohort.set(set);
        let outcome = of.survival.outcome(&rows)?;
        for (model, fit) in fits.iter().enumerate() {
            let columns = columns(analysis, model, &rows);
            let lp = fit.predict_linear(&values(&columns), &[], Reference::Sample)?.values;
            let mut row = vec![format!("{}, {}", set.name(), MODELS[model].0).into()];
            let mut found: Option<TimeRoc> = None;
            for &time in of.times {
                // A time without cases before it or patients after it has no curve.
                match TimeRoc::new(&outcome, &lp, &[time]) {
                    Ok(roc) => {
                        let auc = &roc.times[0].auc;
                        let ends = auc.interval(LEVEL)?.map(|i| i.clamp(0.0, 1.0));
                        let (lower, upper) = ends.map_or((f64::NAN, f64::NAN), |i| (i.lower, i.upper));
                        row.push(Cell::Estimate { value: auc.estimate, lower, upper, decimals: 3 });
                        match &mut found {
                            Some(all) => all.times.extend(roc.times),
                            None => found = Some(roc),
                        }
                    }
                    Err(Error::OutsideFollowUp { .. }) => row.push("no patient".into()),
                    Err(error) => return Err(error.into()),
                }
            }
            table.push(row, false)?;
            if let (2, Some(roc)) = (model, &found) {
                let figure = Roc::time_dependent(set.name(), roc, TimeUnit::Months)?;
                panels = panels.panel(&figure.size(320.0, 40.0))?;
            }
        }
    }
    report.add(panels.caption("Weights by the inverse probability of being under observation."))?;
    report.add(table.note(
        "Areas with 95 % intervals (Blanche et al. 2013) of the linear predictors of the models that were fitted to overall \
         survival in training.",
    ))?;
    Ok(())
}

//! Seven models and mRECIST against the response: ROC, DeLong, performance, calibration, decision curves, subgroups.

use anyhow::Result;
use radiomics_report::{
    Cell, Plot, Report, Table,
    figure::{Calibration, CalibrationSeries, DecisionCurve, Panels, Roc, RocCurve},
};
use radiomics_stats::{
    Alternative,
    calibration::brier_score,
    confusion::Confusion,
    decision_curve::decision_curve,
    multiplicity::{Adjustment, adjust},
    roc::{Direction, Roc as RocResult, auc_test_paired},
};

use super::{about::POOLED, where_defined};
use crate::{
    analysis::{Analysis, Area, LEVEL},
    cohort::Set,
    models::{LWCTR, MODELS},
};

const MRECIST: &str = "mRECIST";

pub fn add(report: &mut Report, analysis: &Analysis) -> Result<()> {
    report.add(format!(
        "A patient responds who lives for at least {} months after the start of treatment. Scores of training patients are \
         out of fold: selection, tuning and calibration were repeated without the patient's fold. Everything else that \
         is fitted was fitted on training patients alone.",
        analysis.cohort.settings.landmark
    ))?;
    let mut panels = Panels::new("ROC curves of response (Figure 3 of the paper)", 2);
    for set in Set::ALL {
        panels = panels.panel(&roc(set.name(), analysis, set)?)?;
    }
    panels = panels.panel(&subgroups(analysis)?)?;
    report.add(panels)?;
    report.add(performance(analysis)?)?;
    report.add(calibration(analysis)?)?;
    report.add(decisions(analysis)?)?;
    Ok(())
}

fn roc(title: &str, analysis: &Analysis, set: Set) -> Result<Roc> {
    let (rows, y) = analysis.known(set);
    let mut figure = Roc::new(title);
    for (model, ingredients) in MODELS.iter().enumerate() {
        let scores = analysis.scored.of(model, &rows);
        figure = figure.curve(RocCurve::of_scores(ingredients.name, &y, &scores)?);
    }
    let control = analysis.control(&rows);
    figure = figure.curve(RocCurve::of_scores(MRECIST, &y, &control)?);
    let scores = analysis.scored.of(LWCTR, &rows);
    if let Some(p) = delong(&y, &scores, &control)? {
        figure = figure.comparison("LWCTR against mRECIST, DeLong", p);
    }
    Ok(figure.size(320.0, 40.0))
}

/// p-value of DeLong's paired test.
fn delong(y: &[bool], a: &[f64], b: &[f64]) -> Result<Option<f64>> {
    let test = auc_test_paired(y, a, b, Direction::Higher, Alternative::TwoSided, LEVEL);
    Ok(where_defined(test)?.map(|t| t.p))
}

/// Patients of both validation sets whose response is known.
fn validation(analysis: &Analysis) -> Vec<usize> {
    [Set::Internal, Set::External].into_iter().flat_map(|s| analysis.cohort.known(s)).collect()
}

/// The study's model among patients of both validation sets, by treatment, and without deaths from other causes.
fn subgroups(analysis: &Analysis) -> Result<Roc> {
    let cohort = &analysis.cohort;
    let all = validation(analysis);
    let mut groups = vec![("All".to_owned(), all.clone())];
    if let Some(name) = &cohort.settings.treatment {
        let column = cohort.table.column(name)?;
        for level in &column.levels {
            let is = |i: &usize| column.text(*i).as_ref() == Some(level);
            groups.push((level.clone(), all.iter().copied().filter(is).collect()));
        }
    }
    if cohort.settings.cause_of_death.is_some() {
        let rows = all.iter().copied().filter(|&i| !cohort.other_cause[i]).collect();
        groups.push(("CSS-adjusted".to_owned(), rows));
    }
    let mut figure = Roc::new("LWCTR in subgroups of both validation sets");
    for (label, rows) in groups {
        let y = cohort.responses(&rows);
        let yes = y.iter().filter(|y| **y).count();
        // An interval needs two of each.
        if yes >= 2 && rows.len() - yes >= 2 {
            let label = format!("{label} (n = {})", rows.len());
            figure = figure.curve(RocCurve::of_scores(label, &y, &analysis.scored.of(LWCTR, &rows))?);
        }
    }
    Ok(figure.size(320.0, 40.0))
}

fn performance(analysis: &Analysis) -> Result<Table> {
    let heads = [
        "Set and model",
        "AUC (95 % CI)",
        "p against LWCTR",
        "p, Holm",
        "Accuracy",
        "Sensitivity",
        "Specificity",
        "PPV",
        "NPV",
        "Brier",
    ];
    let mut table = Table::new("Performance of the models (Table S4 of the paper)", &heads);
    let area = |a: Area| Cell::Estimate { value: a.auc, lower: a.lower, upper: a.upper, decimals: 3 };
    for set in Set::ALL {
        let (rows, y) = analysis.known(set);
        let mut row = vec![Cell::from(format!("{} (n = {})", set.name(), rows.len()))];
        row.resize(heads.len(), Cell::Empty);
        table.push(row, false)?;
        let own = analysis.scored.of(LWCTR, &rows);
        let mut scores: Vec<(&str, Vec<f64>, f64)> = Vec::new();
        for (model, ingredients) in MODELS.iter().enumerate() {
            let cut = analysis.cutoff(model)?.threshold;
            scores.push((ingredients.name, analysis.scored.of(model, &rows), cut));
        }
        scores.push((MRECIST, analysis.control(&rows), 1.0));
        let p = scores.iter().map(|s| delong(&y, &own, &s.1)).collect::<Result<Vec<_>>>()?;
        let known: Vec<f64> =
            p.iter().enumerate().filter(|(m, _)| *m != LWCTR).filter_map(|(_, p)| *p).collect();
        let mut holm = adjust(&known, Adjustment::Holm)?.into_iter();
        for (model, ((name, score, cut), p)) in scores.iter().zip(&p).enumerate() {
            let p = p.filter(|_| model != LWCTR);
            let counts = Confusion::at_threshold(&y, score, *cut)?;
            let mut row = vec![Cell::from(*name), area(Area::of(&y, score)?)];
            row.push(p.map_or(Cell::Empty, Cell::P));
            row.push(p.and_then(|_| holm.next()).map_or(Cell::Empty, Cell::P));
            let rates =
                [counts.accuracy(), counts.sensitivity(), counts.specificity(), counts.ppv(), counts.npv()];
            row.extend(rates.map(|r| Cell::Number(r, 2)));
            let brier = if *name == MRECIST { Cell::Empty } else { Cell::Number(brier_score(&y, score)?, 3) };
            row.push(brier);
            table.push(row, true)?;
        }
        if set == Set::Training {
            let apparent = Area::of(&y, &analysis.scored.apparent[LWCTR])?;
            let mut row = vec![Cell::from("LWCTR, on the patients it was fitted on"), area(apparent)];
            row.resize(heads.len(), Cell::Empty);
            table.push(row, true)?;
        }
    }
    Ok(table.note(format!(
        "AUC with DeLong's interval, p of his paired test, with Holm's adjustment over the comparisons of a set; none where \
         both scores order the patients alike. {POOLED} Rates at the cut-off with the largest Youden index in training (of \
         mRECIST: disease control). PPV, NPV: positive and negative predictive value. NA: nobody was called so."
    )))
}

fn calibration(analysis: &Analysis) -> Result<Panels> {
    let mut panels = Panels::new("Calibration of the LWCTR model (Figure S5 of the paper)", 3);
    for set in Set::ALL {
        let (rows, y) = analysis.known(set);
        let p = analysis.scored.of(LWCTR, &rows);
        let bins = if rows.len() < 50 { 3 } else { 5 };
        let figure = Calibration::new(set.name())
            .series(CalibrationSeries::of_probabilities("LWCTR", &y, &p, bins)?)
            .note(format!("Brier score {:.3}", brier_score(&y, &p)?));
        panels = panels.panel(&figure.size(300.0, 40.0))?;
    }
    Ok(panels)
}

fn decisions(analysis: &Analysis) -> Result<Panels> {
    let thresholds: Vec<f64> = (1..=90).map(|t| f64::from(t) / 100.0).collect();
    let mut panels = Panels::new("Decision curves (Figure S6 of the paper)", 3);
    for set in Set::ALL {
        let (rows, y) = analysis.known(set);
        let mut figure = DecisionCurve::new(set.name());
        for (model, ingredients) in MODELS.iter().enumerate() {
            let curve = decision_curve(&y, &analysis.scored.of(model, &rows), &thresholds, None)?;
            figure = figure.model(ingredients.name, &curve);
        }
        panels = panels.panel(&figure.size(320.0, 240.0))?;
    }
    Ok(panels)
}

/// The ROC curve of the study's model in training with its cut-off.
pub fn cutoff_figure(analysis: &Analysis) -> Result<Roc> {
    let (rows, y) = analysis.known(Set::Training);
    let scores = analysis.scored.of(LWCTR, &rows);
    let roc = RocResult::new(&y, &scores, Direction::Higher)?;
    let area = Area::of(&y, &scores)?;
    let curve = RocCurve::of_roc("Rad-score", &roc).auc(area.auc, area.lower, area.upper);
    Ok(Roc::new("Cut-off of the Rad-score (Figure S7 of the paper)")
        .curve(curve.mark_point(&analysis.cutoff(LWCTR)?)))
}

//! What readers agree on, what lasso and elimination kept, and how it hangs together.

use anyhow::Result;
use radiomics_report::{
    Cell, Plot, Report, Table,
    figure::{HeatMap, Importance},
};
use radiomics_stats::compare::Correlation;
use radiomics_tabular::select::correlation_matrix;

use super::short_names;
use crate::{analysis::Analysis, select::Chosen, source::IMAGES};

pub fn add(report: &mut Report, analysis: &Analysis) -> Result<()> {
    let development = &analysis.scored.development;
    report.add(counts(analysis)?)?;
    report.add(features(analysis)?)?;
    for (image, chosen) in IMAGES.iter().zip(&development.images) {
        report.add(lasso(&format!("Lasso coefficients of {image} (Figure S3 of the paper)"), chosen)?)?;
    }
    report.add(lasso("Lasso coefficients of clinical variables", &development.clinical)?)?;

    let training = analysis.columns.subset(&analysis.scored.rows);
    let filled = radiomics_tabular::prepare::Impute::Median.fit(&training)?.apply(&training)?;
    let matrix = correlation_matrix(&filled, Correlation::Spearman)?;
    let mut largest = (0.0_f64, 0, 0);
    for (i, row) in matrix.iter().enumerate() {
        for (j, r) in row.iter().enumerate().take(i) {
            if r.abs() > largest.0 {
                largest = (r.abs(), i, j);
            }
        }
    }
    let names = short_names(filled.names());
    let caption = match names.len() {
        0 | 1 => String::new(),
        _ => format!(
            "Training patients. The largest absolute correlation is {:.2}, of {} and {}. As in the paper, no feature is \
             dropped for it.",
            largest.0, names[largest.1], names[largest.2]
        ),
    };
    let values = matrix.into_iter().flatten().collect();
    let map = HeatMap::correlation(
        "Spearman correlation of the features of the LWCTR model (Figure S4 of the paper)",
        names,
        values,
    );
    report.add(map.caption(caption))?;
    Ok(())
}

/// From 1,316 features to a handful.
fn counts(analysis: &Analysis) -> Result<Table> {
    let heads =
        ["Columns of", "Measured", "Stable between readings", "Kept by the lasso", "Kept by elimination"];
    let mut table = Table::new("Features at each step", &heads);
    let kept = |chosen: &Chosen| -> Cell {
        let count = chosen.lasso.selection.kept.len();
        if chosen.stand_in {
            format!("0 (first {} of the path)", chosen.rfe_input()).into()
        } else {
            count.into()
        }
    };
    let development = &analysis.scored.development;
    for ((image, stable), chosen) in IMAGES.iter().zip(&analysis.stable).zip(&development.images) {
        table.push(
            vec![
                (*image).into(),
                stable.measured.into(),
                stable.names.len().into(),
                kept(chosen),
                chosen.names.len().into(),
            ],
            false,
        )?;
    }
    let clinical = &development.clinical;
    let row = vec!["Clinical".into(), clinical.candidates.into(), Cell::Empty, kept(clinical), Cell::Empty];
    table.push(row, false)?;
    let patients = analysis.stable.iter().map(|s| s.patients).max().unwrap_or(0);
    let readings = analysis.cohort.study.roles.repeats.len() + 1;
    Ok(table.note(if patients == 0 {
        "No liver was outlined again: every feature that all training patients have counts as stable.".to_owned()
    } else {
        format!(
            "Stable: intraclass correlation ICC(2,1) of at least {} between {readings} outlines of {patients} training \
             patients. Lasso: tenfold cross-validation, λ of the least deviance. Elimination: linear support vector \
             machine, fivefold cross-validation of the AUC.",
            analysis.cohort.settings.least_icc
        )
    }))
}

fn features(analysis: &Analysis) -> Result<Table> {
    let mut table = Table::new(
        "Features that were chosen (Table 2 of the paper)",
        &["Image", "Number", "Feature", "Abbreviation"],
    );
    for (image, chosen) in IMAGES.iter().zip(&analysis.scored.development.images) {
        let short = short_names(&chosen.names);
        for (k, (name, short)) in chosen.names.iter().zip(short).enumerate() {
            let feature = name.split_once(' ').map_or(name.as_str(), |p| p.1);
            let head = if k == 0 {
                [Cell::from(*image), chosen.names.len().into()]
            } else {
                [Cell::Empty, Cell::Empty]
            };
            let [a, b] = head;
            table.push(vec![a, b, feature.into(), short.into()], false)?;
        }
    }
    for (k, name) in analysis.scored.development.clinical.names.iter().enumerate() {
        let count = analysis.scored.development.clinical.names.len();
        let [a, b] = if k == 0 { ["Clinical".into(), count.into()] } else { [Cell::Empty, Cell::Empty] };
        table.push(vec![a, b, name.as_str().into(), Cell::Empty], false)?;
    }
    Ok(table.note("A: arterial phase, V: portal venous phase."))
}

/// Coefficients of scaled columns at the λ that was taken (Figure S3).
fn lasso(title: &str, chosen: &Chosen) -> Result<radiomics_report::Figure> {
    let path = &chosen.lasso.curve.path;
    let position = path.lambda.iter().position(|l| *l == chosen.lasso.lambda).unwrap_or(0);
    let names: Vec<String> = chosen.lasso.selection.kept.clone();
    let mut figure = Importance::new(title, "Coefficient of the column, scaled to unit spread");
    // Coefficients stand in the order of the columns that came in, as the kept ones do among themselves.
    let nonzero: Vec<f64> = chosen.lasso.coefficients.iter().copied().filter(|b| *b != 0.0).collect();
    for (name, b) in short_names(&names).into_iter().zip(nonzero) {
        figure = figure.bar(name, b);
    }
    if figure.bars.is_empty() {
        figure = figure.bar("none", 0.0);
    }
    Ok(figure
        .caption(format!(
            "{} of {} columns at λ = {:.4}, number {} of {} on the path.",
            names.len(),
            chosen.candidates,
            chosen.lasso.lambda,
            position + 1,
            path.lambda.len()
        ))
        .draw()?)
}

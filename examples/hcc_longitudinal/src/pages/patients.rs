//! Flow diagram, Table 1, Table 3, images of a patient.

use anyhow::Result;
use radiomics_report::{
    Cell, Plot, Report, Table,
    figure::{Flow, SliceView, Slices},
};
use radiomics_stats::table_one::{TableOne, TableRules, Variable};
use radiomics_survival::confidence::Scale;
use radiomics_survival::kaplan_meier::KaplanMeier;
use radiomics_tabular::Kind;

use crate::{
    analysis::{Analysis, LEVEL},
    cohort::{Set, Survival},
    source::{IMAGE_NAMES, IMAGES},
};

pub fn add(report: &mut Report, analysis: &Analysis) -> Result<()> {
    flow(report, analysis)?;
    if !analysis.features.failures.is_empty() {
        report.add(failures(analysis)?)?;
    }
    report.add(characteristics(analysis)?)?;
    report.add(times(analysis)?)?;
    report.add(responses(analysis)?)?;
    images(report, analysis)
}

fn flow(report: &mut Report, analysis: &Analysis) -> Result<()> {
    let cohort = &analysis.cohort;
    let mut flow = Flow::new("Patients of the study (Figure 1 of the paper)");
    for stage in &cohort.flow {
        flow = flow.step(stage.label, stage.patients, &stage.excluded);
    }
    for set in Set::ALL {
        flow = flow.group(set.name(), cohort.set(set).len());
    }
    let unknown = cohort.responder.iter().filter(|r| r.is_none()).count();
    report.add(flow.caption(format!(
        "{unknown} of the analysed patients were last seen before {} months: their response is not known, so that they \
         take part in the analyses of survival alone.",
        cohort.settings.landmark
    )))?;
    Ok(())
}

fn failures(analysis: &Analysis) -> Result<Table> {
    let mut table = Table::new("Scans that failed", &["Patient", "Image", "Outline", "Reason"]);
    for failure in &analysis.features.failures {
        let outline =
            if failure.reading == 0 { "study".to_owned() } else { format!("repeat {}", failure.reading) };
        let cells = [failure.patient.as_str(), IMAGES[failure.image], &outline, &failure.why];
        table.push(cells.map(Cell::from).to_vec(), false)?;
    }
    Ok(table.note("Patients with a failed outline of the study are excluded."))
}

/// Group of each patient among [`Set::ALL`].
fn groups(analysis: &Analysis) -> Vec<usize> {
    analysis.cohort.sets.iter().map(|set| *set as usize).collect()
}

fn characteristics(analysis: &Analysis) -> Result<Table> {
    let cohort = &analysis.cohort;
    let mut names: Vec<&str> = cohort.study.roles.clinical.iter().map(String::as_str).collect();
    names.extend(cohort.settings.treatment.as_deref());
    let columns = names.iter().map(|n| cohort.table.column(n)).collect::<Result<Vec<_>, _>>()?;
    let codes: Vec<Vec<Option<usize>>> = columns
        .iter()
        .map(|c| c.values.iter().map(|v| if v.is_nan() { None } else { Some(*v as usize) }).collect())
        .collect();
    let levels: Vec<Vec<&str>> =
        columns.iter().map(|c| c.levels.iter().map(String::as_str).collect()).collect();
    let labels: Vec<String> = names
        .iter()
        .map(|name| {
            let settings = cohort.study.read.columns.get(*name);
            let unit = settings.and_then(|s| s.unit.as_ref()).map(|u| format!(", {u}")).unwrap_or_default();
            format!("{}{unit}", name.replace('_', " "))
        })
        .collect();
    // As they were measured: models see transformed values, readers do not.
    let values: Vec<Vec<f64>> = names
        .iter()
        .zip(&columns)
        .map(|(name, column)| {
            let transform = cohort.study.read.columns.get(*name).and_then(|s| s.transform);
            transform.map_or_else(|| column.values.clone(), |t| t.undo(&column.values))
        })
        .collect();
    // 0 and 1 without names of levels are still two levels.
    let zero_one = ["0", "1"];
    let variables: Vec<(&str, Variable<'_>)> = (0..columns.len())
        .map(|k| {
            let variable = match columns[k].kind {
                Kind::Continuous => Variable::Continuous(&values[k]),
                _ if levels[k].is_empty() => Variable::Categorical(&codes[k], &zero_one),
                _ => Variable::Categorical(&codes[k], &levels[k]),
            };
            (labels[k].as_str(), variable)
        })
        .collect();
    let sets = Set::ALL.map(Set::name);
    let one = TableOne::new(&groups(analysis), &sets, &variables, TableRules::default())?;
    Ok(Table::table_one("Characteristics of the patients (Table 1 of the paper)", &one)?)
}

/// Patients, events and medians of a kind of survival in each set.
fn times(analysis: &Analysis) -> Result<Table> {
    let cohort = &analysis.cohort;
    let heads = ["Set", "Patients", "Deaths", "Median OS, months", "Events of PFS", "Median PFS, months"];
    let mut table = Table::new("Follow-up", &heads);
    let cells = |survival: &Survival, rows: &[usize]| -> Result<[Cell; 2]> {
        let curve = KaplanMeier::new(&survival.outcome(rows)?);
        let median = curve.median(Scale::Log, LEVEL)?;
        let nan = |v: Option<f64>| v.unwrap_or(f64::NAN);
        let [value, lower, upper] = [nan(median.estimate), nan(median.lower), nan(median.upper)];
        Ok([curve.events.into(), Cell::Estimate { value, lower, upper, decimals: 1 }])
    };
    for set in Set::ALL {
        let rows = cohort.set(set);
        let mut row = vec![Cell::from(set.name()), rows.len().into()];
        row.extend(cells(&cohort.os, &rows)?);
        row.extend(cells(&cohort.pfs, &rows)?);
        table.push(row, false)?;
    }
    Ok(table.note("Kaplan–Meier medians with 95 % limits on the logarithmic scale; NA: not reached."))
}

fn responses(analysis: &Analysis) -> Result<Table> {
    let cohort = &analysis.cohort;
    let column = cohort.table.column(&cohort.settings.response.column)?;
    let mut heads = vec!["Response by mRECIST".to_owned()];
    heads.extend(Set::ALL.map(|s| format!("{} (n = {})", s.name(), cohort.set(s).len())));
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut table = Table::new("Response by mRECIST (Table 3 of the paper)", &heads);
    let mut push = |label: &str, is: &dyn Fn(usize) -> bool, share: bool| -> Result<()> {
        let mut cells = vec![Cell::from(label)];
        for set in Set::ALL {
            let rows = cohort.set(set);
            let count = rows.iter().filter(|&&i| is(i)).count();
            let percent = 100.0 * count as f64 / rows.len().max(1) as f64;
            cells.push(if share { format!("{percent:.1} %").into() } else { count.into() });
        }
        Ok(table.push(cells, false)?)
    };
    for (code, level) in column.levels.iter().enumerate() {
        push(level, &|i| column.values[i] == code as f64, false)?;
    }
    push("Lesions smaller (ORR)", &|i| cohort.smaller[i], true)?;
    push("Disease control (DCR)", &|i| cohort.controlled[i], true)?;
    push("Lived to the landmark", &|i| cohort.responder[i] == Some(true), true)?;
    Ok(table)
}

/// The middle slice of each image of the first patient of the external set, with the outline that was used.
fn images(report: &mut Report, analysis: &Analysis) -> Result<()> {
    let cohort = &analysis.cohort;
    let Some(&row) = cohort.set(Set::External).first() else { return Ok(()) };
    let mut figure = Slices::montage("Images of one patient", 4);
    for scan in cohort.scans(row, 0)? {
        let (image, mask) = cohort.source.load(&scan)?;
        let region = mask.region(1)?;
        let (middle, grid) = ((region.bounds.start[2] + region.bounds.end()[2]) / 2, *image.geometry());
        let [width, height, _] = grid.size();
        let pixels: Vec<f64> =
            image.to_f64().voxels().index_axis(ndarray::Axis(0), middle).iter().copied().collect();
        let label: Vec<bool> =
            mask.iter().skip(middle * width * height).take(width * height).map(|l| l == 1).collect();
        let spacing = [grid.spacing()[0], grid.spacing()[1]];
        figure = figure.view(
            SliceView::new(width, pixels, spacing, [-55.0, 205.0])
                .label(IMAGES[scan.image])
                .region("Whole liver", label),
        );
    }
    let what: Vec<String> =
        IMAGES.iter().zip(IMAGE_NAMES).map(|(short, name)| format!("{short}: {name}")).collect();
    report.add(figure.caption(format!("{}. Window −55 to 205 HU.", what.join("; "))))?;
    Ok(())
}

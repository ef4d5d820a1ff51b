//! Kernel SHAP of the study's model: all validation patients, and four of them.

use anyhow::{Result, bail};
use ndarray::Array2;
use radiomics_explain::{Explanation, shapley::KernelShap};
use radiomics_report::{Explained, Plot, Report};
use radiomics_tabular::models::Learner;

use super::short_names;
use crate::{analysis::Analysis, cohort::Set, models::LWCTR};

pub fn add(report: &mut Report, analysis: &Analysis) -> Result<()> {
    let rows: Vec<usize> =
        [Set::Internal, Set::External].into_iter().flat_map(|s| analysis.cohort.set(s)).collect();
    let columns = analysis.columns.subset(&rows).select(analysis.scored.names())?;
    let names = short_names(columns.names());
    let explanation = explain(analysis, &rows)?;
    let (_, error) = explanation.additivity_error();
    report.add(format!(
        "Kernel SHAP of the probability of response by the LWCTR model: {} sets of features, the first {} training \
         patients of the table as background. Values add up to the prediction within {error:.0e}. They say what the \
         model looks at, not what causes response.",
        explanation.samples,
        background(analysis).len()
    ))?;
    let values = columns.array();
    let explained = Explained::new(&explanation, &names, values.view())?;
    let swarm = explained.beeswarm("SHAP values of the validation patients (Figure 6A of the paper)");
    report.add(swarm.most(20))?;
    report.add(explained.bar("Mean absolute SHAP values (Figure 6B of the paper)"))?;
    for (letter, story, k) in stories(analysis, &rows) {
        let i = rows[k];
        let title = format!("{story} (Figure 7{letter} of the paper)");
        let mut figure = explained.force(title, k)?.caption(format!(
            "Patient {}: mRECIST {}, {} {:.1} months.",
            analysis.cohort.table.patients()[i],
            if analysis.cohort.controlled[i] { "disease control" } else { "progression" },
            if analysis.cohort.os.event[i] { "died after" } else { "last seen alive after" },
            analysis.cohort.os.time[i]
        ));
        figure.axis_label = "Probability of response".into();
        figure.most = 8;
        report.add(figure)?;
    }
    Ok(())
}

/// Training patients that stand for "not known".
fn background(analysis: &Analysis) -> Vec<usize> {
    analysis.scored.rows.iter().copied().take(analysis.size.background).collect()
}

/// Shapley values of the model's columns.
fn explain(analysis: &Analysis, rows: &[usize]) -> Result<Explanation> {
    let pipeline = &analysis.scored.development.models[LWCTR].pipeline;
    let Learner::Svm(svm) = &pipeline.model.learner else { bail!("the model is no support vector machine") };
    if pipeline.calibrator.is_none() {
        bail!("the model has no sigmoid");
    }
    let machine = svm.kernel_machine(pipeline.calibrator.as_ref())?;
    let seen = |rows: &[usize]| -> Result<Array2<f64>> {
        Ok(pipeline.prepared(&analysis.columns.subset(rows))?.select(&pipeline.model.names)?.array())
    };
    let (background, x) = (seen(&background(analysis))?, seen(rows)?);
    let settings = KernelShap { seed: analysis.seed, ..KernelShap::default() };
    Ok(settings.explain(&machine.game(background.view(), x.view())?)?)
}

/// Four patients: each the first that fits its story, or, where none does, the surest prediction of those not shown.
fn stories(analysis: &Analysis, rows: &[usize]) -> Vec<(&'static str, &'static str, usize)> {
    let cohort = &analysis.cohort;
    let score = |i: usize| analysis.scored.scores[LWCTR][i];
    let cut = analysis.cutoff(LWCTR).map(|c| c.threshold).unwrap_or(0.5);
    let (died, lived) = (Some(false), Some(true));
    let find = |fits: &dyn Fn(usize) -> bool| rows.iter().position(|&i| fits(i));
    let wanted: [(&str, &str, Option<usize>); 4] = [
        (
            "A",
            "Progression, and no response by the Rad-score; died early",
            find(&|i| !cohort.controlled[i] && score(i) < cut && cohort.responder[i] == died),
        ),
        (
            "B",
            "Lesions became smaller, response by the Rad-score; lived on",
            find(&|i| cohort.smaller[i] && score(i) >= cut && cohort.responder[i] == lived),
        ),
        (
            "C",
            "Progression by mRECIST, but response by the Rad-score; lived on",
            find(&|i| !cohort.controlled[i] && score(i) >= cut && cohort.responder[i] == lived),
        ),
        (
            "D",
            "Lesions became smaller, but no response by the Rad-score; died early",
            find(&|i| cohort.smaller[i] && score(i) < cut && cohort.responder[i] == died),
        ),
    ];
    let mut shown: Vec<usize> = wanted.iter().filter_map(|story| story.2).collect();
    let mut told = Vec::new();
    let sure = |k: usize| (score(rows[k]) - cut).abs();
    for (letter, story, patient) in wanted {
        let (story, k) = match patient {
            Some(k) => (story, k),
            None => {
                let others = (0..rows.len()).filter(|k| !shown.contains(k));
                let Some(other) = others.max_by(|&a, &b| sure(a).total_cmp(&sure(b))) else { break };
                shown.push(other);
                ("No patient has this story; the surest prediction of those not shown", other)
            }
        };
        told.push((letter, story, k));
    }
    told
}

//! What the report is, what was reduced, and where it departs from the paper.

use anyhow::Result;
use radiomics_report::{Cell, Report, Table};
use serde_json::{Value, json};

use crate::{
    analysis::{Analysis, Area},
    cohort::Set,
    extract::PARAMS,
    models::{LWCTR, MODELS},
    settings::Size,
    source::Source,
};

/// What areas, intervals and p-values of training scores are not.
pub const POOLED: &str = "In training, scores of five models are pooled: where nothing is, their area is known to come out \
    below 0.5, and neither DeLong's interval nor his test knows of it; take these as description, and validation as test.";

/// Says how the synthetic data was made.
pub fn synthetic_note(analysis: &Analysis) -> String {
    let Source::Synthetic(cohort) = &analysis.cohort.source else { return String::new() };
    let effects = cohort.settings().effects;
    let planted = if effects == radiomics_phantoms::liver::Effects::NONE {
        "Nothing was planted: survival is independent of images and clinical variables.".to_owned()
    } else {
        format!(
            "Planted is a Cox model with log hazard ratios {} for the texture of the lesions before treatment, {} for their \
             change under it (both in standard deviations), {} for invasion of the portal vein and {} for extrahepatic spread.",
            effects.texture, effects.change, effects.portal_vein_invasion, effects.extrahepatic_spread
        )
    };
    format!("Images, clinical variables and survival were drawn from a seed by radiomics-phantoms. {planted}")
}

/// Settings for the provenance.
pub fn settings(analysis: &Analysis) -> Result<Value> {
    let cohort = match &analysis.cohort.source {
        Source::Synthetic(synthetic) => json!({ "synthetic": format!("{:?}", synthetic.settings()) }),
        Source::Folder(_) => json!("files"),
    };
    Ok(json!({
        "size": analysis.size,
        "study": analysis.cohort.settings,
        "params": PARAMS,
        "cohort": cohort,
    }))
}

pub fn add(report: &mut Report, analysis: &Analysis) -> Result<()> {
    report.add(
        "This report repeats the analyses of Xu et al. 2025 (BMC Cancer, doi:10.1186/s12885-025-13978-4; the model is called \
         LWCTR there) on another cohort. Titles say which figure or table of the paper they stand for. It is made for research on \
         methods; nothing in it is advice on patients.",
    )?;
    if let Source::Synthetic(synthetic) = &analysis.cohort.source {
        report.add(synthetic_note(analysis))?;
        if analysis.size == Size::QUICK {
            let [first, second] = synthetic.settings().patients;
            report.add(format!(
                "Quick mode reduces: {first} + {second} patients in place of 315 + 80; {} patients read again in place of 50; \
                 livers of about 3 cm in place of natural size, so that features see some 20,000 voxels in place of a million; \
                 {} training patients as background of Shapley values in place of all. It does not reduce the 1,316 features \
                 an image, the steps of the analysis, folds or grids.",
                analysis.size.reread, analysis.size.background
            ))?;
        }
    }
    report.add(summary(analysis)?)?;
    report.add(departures()?)?;
    Ok(())
}

fn summary(analysis: &Analysis) -> Result<Table> {
    let mut table = Table::new(
        "AUC of response at a glance",
        &["Model", "Training, out of fold", "Internal validation", "External test"],
    );
    let cell = |a: Area| Cell::Estimate { value: a.auc, lower: a.lower, upper: a.upper, decimals: 3 };
    for (model, ingredients) in MODELS.iter().enumerate() {
        let mut row = vec![Cell::from(ingredients.name)];
        for set in Set::ALL {
            row.push(cell(analysis.area(model, set)?));
        }
        table.push(row, false)?;
    }
    let mut row = vec![Cell::from("mRECIST, disease control")];
    for set in Set::ALL {
        let (rows, y) = analysis.known(set);
        row.push(cell(Area::of(&y, &analysis.control(&rows))?));
    }
    table.push(row, false)?;
    let count = analysis.scored.names().len();
    Ok(table.note(format!(
        "{} looks at {count} columns. 95 % intervals by DeLong. Training scores are out of fold: the paper reports the fit. \
         {POOLED}",
        MODELS[LWCTR].name
    )))
}

/// Where the program does something else than the paper, and why.
const DEPARTURES: [(&str, &str, &str); 10] = [
    (
        "Training scores",
        "Scores of the model on the patients it was fitted on",
        "Out of fold, with selection, tuning and calibration inside: a cut-off or a Cox model from fitted scores is too hopeful. \
         The fitted AUC stands in the table of performance.",
    ),
    (
        "Intervals of AUC",
        "Not stated; too narrow for DeLong at these numbers",
        "DeLong, as his test that is beside them.",
    ),
    ("Many comparisons", "Not adjusted", "Holm's adjustment beside the plain p-values."),
    (
        "Response unknown",
        "Patients with incomplete follow-up left out",
        "Patients last seen before the landmark stay in analyses of survival.",
    ),
    (
        "Probabilities",
        "Of the support vector machine, way not stated",
        "Platt's sigmoid on out-of-fold decisions.",
    ),
    (
        "Grid",
        "Not stated",
        "Price C from 0.001 to 10, fivefold cross-validation within training, largest AUC.",
    ),
    (
        "ICC",
        "Threshold and form not stated",
        "ICC(2,1), at least 0.75, over the outlines of both readers; training patients only.",
    ),
    (
        "Table 1",
        "One test for each of two pairs of sets",
        "One test over three sets, picked by stated rules and named.",
    ),
    (
        "Rows of Table 1",
        "AFP in three classes (below 20, 20 to 400, above 400); kinds of checkpoint inhibitors, treatment before, time of \
         follow-up",
        "AFP as a number; the others are not among the columns. Follow-up stands as events and median survival.",
    ),
    (
        "Segmentation",
        "nnU-Net, refined by hand",
        "Masks are input. In the synthetic cohort they are the true outlines, and readings that differ by a known amount.",
    ),
];

fn departures() -> Result<Table> {
    let mut table = Table::new("Where this departs from the paper", &["What", "Paper", "Here, and why"]);
    for (what, paper, here) in DEPARTURES {
        table = table.row([what, paper, here])?;
    }
    Ok(table)
}

//! From a table with holes to a tested model: Wisconsin breast masses, 569 patients, 30 measurements of cell nuclei
//! (Street, Wolberg and Mangasarian 1993).
//!
//! `cargo run -p radiomics-tabular --example wdbc [wdbc.csv]`
#![allow(clippy::print_stdout)] // an example prints

use std::path::PathBuf;

use radiomics_stats::roc::{Auc, AucInterval, Direction};
use radiomics_tabular::models::{ModelSettings, SvmSettings};
use radiomics_tabular::prepare::{Impute, Scale};
use radiomics_tabular::select::{CorrelationSettings, LassoSettings, RfeSettings};
use radiomics_tabular::split::{Folds, hold_out, strata};
use radiomics_tabular::{Calibration, Pipeline, ReadSettings, Recipe, Score, Search, Step, Table};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).map_or_else(
        || {
            let shared =
                std::env::var_os("RADIOMICS_SHARED").map_or_else(|| "../shared".into(), PathBuf::from);
            shared.join("oracles/stats/data/wdbc.csv")
        },
        PathBuf::from,
    );
    // The file numbers no patients: they are numbered here. Every fiftieth radius is made missing, as in real life.
    let mut text = String::new();
    for (i, line) in std::fs::read_to_string(&file)?.lines().enumerate() {
        let line = if i % 50 == 7 {
            line.split_once(',').map_or(String::new(), |(_, rest)| format!("NA,{rest}"))
        } else {
            line.to_owned()
        };
        text += &if i == 0 { format!("patient,{line}\n") } else { format!("W{i},{line}\n") };
    }
    let table = Table::parse_csv(&text, &file.display().to_string(), &ReadSettings::default())?;
    let y: Vec<bool> = table.outcome("benign", Some("0"))?.into_iter().flatten().collect();
    let x = table.matrix(&table.continuous_names())?;
    println!("{} patients, {} features, {} malignant", x.rows(), x.width(), y.iter().filter(|y| **y).count());

    let groups = strata(&y, &[])?;
    let (train, test) = hold_out(&groups, 0.3, 2024)?;
    let pick = |rows: &[usize]| -> Vec<bool> { rows.iter().map(|&i| y[i]).collect() };
    let (own, truth) = (pick(&train), pick(&test));
    let recipe = Recipe {
        steps: vec![
            Step::DropMissing(0.1),
            Step::Impute(Impute::Median),
            Step::Scale(Scale::ZScore),
            Step::Correlation(CorrelationSettings { threshold: 0.95, ..CorrelationSettings::default() }),
            Step::Lasso { settings: LassoSettings::default(), folds: 10 },
            Step::RfeCv { settings: RfeSettings::default(), folds: 5 },
        ],
        calibration: Some(Calibration::default()),
        ..Recipe::of(ModelSettings::Svm(SvmSettings::default()))
    };
    let search =
        Search::grid([("model/svm/c", [0.01, 0.1, 1.0, 10.0].map(Into::into).to_vec())], Score::RocAuc);
    let inner = Folds::stratified(&pick(&train).iter().map(|y| usize::from(*y)).collect::<Vec<_>>(), 5, 7)?;
    #[cfg(feature = "progress")]
    let bar = radiomics_tabular::SearchBar::stderr();
    let tuned = search.run(&recipe, &x.subset(&train), &own, &inner, |_progress| {
        #[cfg(feature = "progress")]
        bar.show(_progress);
    })?;
    #[cfg(feature = "progress")]
    drop(bar);
    for (k, candidate) in tuned.candidates.iter().enumerate() {
        let mark = if k == tuned.best { "  <- chosen" } else { "" };
        println!(
            "C = {}: AUC {:.4} ± {:.4}{mark}",
            candidate.settings["model/svm/c"], candidate.mean, candidate.sd
        );
    }
    let pipeline = &tuned.pipeline;
    for selection in pipeline.selections() {
        println!("{}: {} kept, {} dropped", selection.method, selection.kept.len(), selection.dropped.len());
        for dropped in selection.dropped.iter().take(2) {
            println!("    {}: {}", dropped.name, dropped.why);
        }
    }
    println!("the model sees {}", pipeline.model.names.join(", "));

    let p = pipeline.probability(&x.subset(&test))?;
    let auc = Auc::new(&truth, &p, Direction::Higher)?;
    let interval = auc.interval(0.95, AucInterval::Plain)?;
    println!(
        "on {} patients held out: AUC {:.3} ({:.3} to {:.3}), Brier score {:.3}",
        test.len(),
        auc.auc,
        interval.lower,
        interval.upper,
        -Score::NegativeBrier.of_probability(&truth, &p)?
    );
    let folder = tempfile::tempdir()?;
    let saved = folder.path().join("pipeline.json");
    pipeline.save(&saved)?;
    assert_eq!(Pipeline::load(&saved)?.probability(&x.subset(&test))?, p);
    println!("saved and loaded: the same probabilities");
    Ok(())
}

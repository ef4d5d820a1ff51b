//! The seven models: support vector machines with a linear kernel on different parts of the features.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use radiomics_tabular::{
    Calibration, Matrix, Range, Recipe, Score, Search, Step, Table, Tuned,
    models::{ModelSettings, SvmSettings},
    prepare::{EncoderSettings, Impute, Scale},
    split::{Folds, strata},
};
use serde_json::Value;

use crate::{
    cohort::{Cohort, Set, pick},
    extract::{Features, Watch, check},
    select::{Chosen, Stable, choose, stable},
    source::IMAGES,
};

/// What a model looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ingredients {
    /// Name.
    pub name: &'static str,
    /// Which of [`IMAGES`].
    pub images: &'static [usize],
    /// Clinical variables too.
    pub clinical: bool,
}

/// The models of the paper; the last one is its result.
pub const MODELS: [Ingredients; 7] = [
    Ingredients { name: "Clinical", images: &[], clinical: true },
    Ingredients { name: "Radiomic-Pre", images: &[0, 1], clinical: false },
    Ingredients { name: "Radiomic-Post", images: &[2, 3], clinical: false },
    Ingredients { name: "Radiomic-LA", images: &[0, 2], clinical: false },
    Ingredients { name: "Radiomic-LV", images: &[1, 3], clinical: false },
    Ingredients { name: "Radiomic-Fusion", images: &[0, 1, 2, 3], clinical: false },
    Ingredients { name: "LWCTR", images: &[0, 1, 2, 3], clinical: true },
];

/// Position of the model that the study is about.
pub const LWCTR: usize = MODELS.len() - 1;

/// Folds of the grid search, of the calibration, and of the scores of training patients.
const FOLDS: usize = 5;

/// Prices of a patient on the wrong side of the margin that are tried.
const GRID: [f64; 7] = [0.001, 0.003, 0.01, 0.03, 0.1, 1.0, 10.0];

/// All that was fitted on some rows.
#[derive(Clone, Debug)]
pub struct Development {
    /// For each of [`IMAGES`], the features that were chosen.
    pub images: Vec<Chosen>,
    /// The clinical variables that were chosen.
    pub clinical: Chosen,
    /// The fitted [`MODELS`].
    pub models: Vec<Tuned>,
}

/// Columns of all patients from which models are developed.
#[derive(Clone, Debug)]
pub struct Data<'a> {
    table: &'a Table,
    clinical: &'a [String],
    images: Vec<Matrix>,
}

impl<'a> Data<'a> {
    /// Features that are stable between readings, and the clinical variables.
    ///
    /// # Errors
    /// Readings that do not belong together.
    pub fn new(cohort: &'a Cohort, features: &Features) -> Result<(Self, Vec<Stable>)> {
        let training = cohort.set(Set::Training);
        let least = cohort.settings.least_icc;
        let mut kept = Vec::new();
        let mut images = Vec::new();
        for (image, (x, readings)) in features.images.iter().zip(&features.readings).enumerate() {
            let stable = stable(&x.subset(&training), readings, least)
                .with_context(|| format!("features of {}", IMAGES[image]))?;
            images.push(x.select(&stable.names)?);
            kept.push(stable);
        }
        Ok((Self { table: &cohort.table, clinical: &cohort.study.roles.clinical, images }, kept))
    }

    /// Clinical variables as numbers; the levels are those of the rows given.
    fn clinical(&self, rows: &[usize]) -> Result<Matrix> {
        let x = self.table.matrix(self.clinical)?;
        Ok(EncoderSettings::default().fit(&x.subset(rows))?.apply(&x)?)
    }

    /// Chooses features and fits the models on some rows.
    ///
    /// # Errors
    /// One class only, an interruption.
    pub fn develop(&self, rows: &[usize], y: &[bool], seed: u64, watch: &dyn Watch) -> Result<Development> {
        let mut images = Vec::new();
        for (image, x) in self.images.iter().enumerate() {
            check(watch)?;
            let chosen = choose(&x.subset(rows), y, true, seed);
            images.push(chosen.with_context(|| format!("features of {}", IMAGES[image]))?);
        }
        let clinical =
            choose(&self.clinical(rows)?.subset(rows), y, false, seed).context("clinical variables")?;
        let mut development = Development { images, clinical, models: Vec::new() };
        let folds = Folds::stratified(&strata(y, &[])?, FOLDS, seed)?;
        for model in &MODELS {
            check(watch)?;
            let x = self.columns(&development, model, rows)?.subset(rows);
            let tuned = search().run(&recipe(seed), &x, y, &folds, |_| ())?;
            development.models.push(tuned);
        }
        Ok(development)
    }

    /// The columns of a model for all patients; `rows` are those it was developed on.
    ///
    /// # Errors
    /// None for a development on these data.
    pub fn columns(&self, development: &Development, model: &Ingredients, rows: &[usize]) -> Result<Matrix> {
        let mut parts = Vec::new();
        for &image in model.images {
            parts.push(self.images[image].select(&development.images[image].names)?);
        }
        if model.clinical {
            parts.push(self.clinical(rows)?.select(&development.clinical.names)?);
        }
        let mut parts = parts.into_iter();
        let first = parts.next().context("a model without features")?;
        Ok(parts.try_fold(first, Matrix::beside)?)
    }

    /// Probabilities of response of all patients by all models developed on `rows`.
    ///
    /// # Errors
    /// None for a development on these data.
    pub fn scores(&self, development: &Development, rows: &[usize]) -> Result<Vec<Vec<f64>>> {
        MODELS
            .iter()
            .zip(&development.models)
            .map(|(model, tuned)| {
                Ok(tuned.pipeline.probability(&self.columns(development, model, rows)?)?)
            })
            .collect()
    }

    /// Probabilities for the patients of `rows`, each by models that were developed without the patient's fold:
    /// selection, tuning and calibration included.
    ///
    /// # Errors
    /// As [`Self::develop`].
    pub fn out_of_fold(
        &self,
        rows: &[usize],
        y: &[bool],
        seed: u64,
        watch: &dyn Watch,
    ) -> Result<Vec<Vec<f64>>> {
        let folds = Folds::stratified(&strata(y, &[])?, FOLDS, seed.wrapping_add(1))?;
        let mut all = vec![vec![0.0; rows.len()]; MODELS.len()];
        for fold in 0..folds.count() {
            let inside = folds.train(fold);
            let own = pick(rows, &inside);
            let development = self.develop(&own, &pick(y, &inside), seed, watch)?;
            let scores = self.scores(&development, &own)?;
            for (of_model, out) in scores.iter().zip(&mut all) {
                folds.test(fold).into_iter().for_each(|k| out[k] = of_model[rows[k]]);
            }
            watch.done(fold + 2);
        }
        Ok(all)
    }
}

fn recipe(seed: u64) -> Recipe {
    Recipe {
        steps: vec![Step::Impute(Impute::Median), Step::Scale(Scale::ZScore)],
        model: ModelSettings::Svm(SvmSettings::default()),
        calibration: Some(Calibration { folds: FOLDS, seed, ..Calibration::default() }),
        seed,
    }
}

fn search() -> Search {
    let values = GRID.iter().map(|c| Value::from(*c)).collect();
    let ranges = BTreeMap::from([("model/svm/c".to_owned(), Range::Values(values))]);
    Search { ranges, draws: None, seed: 0, score: Score::RocAuc }
}

/// Results of development: what was fitted, and the scores that all analyses rest on.
#[derive(Clone, Debug)]
pub struct Scored {
    /// Fitted on all training patients with a known response.
    pub development: Development,
    /// Training patients it was fitted on.
    pub rows: Vec<usize>,
    /// For each model, the probability of response of each patient: of `rows` out of fold, of others by the fitted models.
    pub scores: Vec<Vec<f64>>,
    /// For each model, what the fitted model says of `rows`, which it has seen.
    pub apparent: Vec<Vec<f64>>,
}

impl Scored {
    /// Develops the models and scores everybody.
    ///
    /// # Errors
    /// As [`Data::develop`].
    pub fn new(cohort: &Cohort, data: &Data<'_>, seed: u64, watch: &dyn Watch) -> Result<Self> {
        let rows = cohort.known(Set::Training);
        let y = cohort.responses(&rows);
        watch.stage("models", FOLDS + 1);
        let development = data.develop(&rows, &y, seed, watch)?;
        watch.done(1);
        let mut scores = data.scores(&development, &rows)?;
        let apparent: Vec<Vec<f64>> = scores.iter().map(|s| pick(s, &rows)).collect();
        let outside = data.out_of_fold(&rows, &y, seed, watch)?;
        for (score, outside) in scores.iter_mut().zip(outside) {
            rows.iter().zip(outside).for_each(|(&row, value)| score[row] = value);
        }
        Ok(Self { development, rows, scores, apparent })
    }

    /// Scores of a model for some patients.
    pub fn of(&self, model: usize, rows: &[usize]) -> Vec<f64> {
        pick(&self.scores[model], rows)
    }

    /// Columns of the study's own model, in the order in which it sees them.
    pub fn names(&self) -> &[String] {
        &self.development.models[LWCTR].pipeline.model.names
    }
}

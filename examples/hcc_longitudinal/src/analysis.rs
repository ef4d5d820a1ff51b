//! What the pages of the report are made from: the cohort with its features, the fitted models, their scores.

use std::path::Path;

use anyhow::{Context, Result};
use radiomics_stats::roc::{Auc, AucInterval, Criterion, Direction, Roc, RocPoint, Thresholds};

use crate::{
    cohort::{Cohort, Set, pick},
    extract::{Features, Watch, extract},
    models::{Data, LWCTR, Scored},
    select::Stable,
    settings::Size,
};

/// Confidence of all intervals.
pub const LEVEL: f64 = 0.95;

/// All results that pages share.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Size of the run.
    pub size: Size,
    /// Seed of everything random.
    pub seed: u64,
    /// Patients that are analysed.
    pub cohort: Cohort,
    /// Their features.
    pub features: Features,
    /// For each image, the features that readers agree on.
    pub stable: Vec<Stable>,
    /// Models and scores.
    pub scored: Scored,
    /// Columns of the study's model for all patients.
    pub columns: radiomics_tabular::Matrix,
}

/// An area with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Area under the ROC curve.
    pub auc: f64,
    /// Lower end of DeLong's 95 % interval.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

impl Area {
    /// Area of scores of patients whose response is known.
    ///
    /// # Errors
    /// Fewer than two patients in a class.
    pub fn of(responders: &[bool], scores: &[f64]) -> Result<Self> {
        let auc = Auc::new(responders, scores, Direction::Higher)?;
        let interval = auc.interval(LEVEL, AucInterval::Plain)?;
        Ok(Self { auc: auc.auc, lower: interval.lower, upper: interval.upper })
    }
}

impl Analysis {
    /// Runs everything up to the scores.
    ///
    /// # Errors
    /// The first error of a step, an interruption.
    pub fn run(
        cohort: &Cohort,
        size: Size,
        seed: u64,
        resume: Option<&Path>,
        watch: &dyn Watch,
    ) -> Result<Self> {
        let (cohort, features) = extract(cohort, resume, watch)?;
        Self::of(cohort, features, size, seed, watch)
    }

    /// The same from features that are there already, one row for each patient of the cohort.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn of(cohort: Cohort, features: Features, size: Size, seed: u64, watch: &dyn Watch) -> Result<Self> {
        let (stable, scored, columns) = {
            let (data, stable) = Data::new(&cohort, &features)?;
            let scored = Scored::new(&cohort, &data, seed, watch)?;
            let model = &crate::models::MODELS[LWCTR];
            let columns = data.columns(&scored.development, model, &scored.rows)?;
            (stable, scored, columns)
        };
        Ok(Self { size, seed, cohort, features, stable, scored, columns })
    }

    /// Patients of a set whose response is known, and the responses.
    pub fn known(&self, set: Set) -> (Vec<usize>, Vec<bool>) {
        let rows = self.cohort.known(set);
        let y = self.cohort.responses(&rows);
        (rows, y)
    }

    /// Area of a model in a set; in training, of scores out of fold.
    ///
    /// # Errors
    /// Fewer than two patients in a class.
    pub fn area(&self, model: usize, set: Set) -> Result<Area> {
        let (rows, y) = self.known(set);
        Area::of(&y, &self.scored.of(model, &rows))
    }

    /// mRECIST as a score: 1 for disease control, 0 for progression.
    pub fn control(&self, rows: &[usize]) -> Vec<f64> {
        pick(&self.cohort.controlled, rows).into_iter().map(|c| f64::from(u8::from(c))).collect()
    }

    /// The cut-off of a model with the largest Youden index among the training patients, whose scores are out of fold.
    ///
    /// # Errors
    /// One class only.
    pub fn cutoff(&self, model: usize) -> Result<RocPoint> {
        let (rows, y) = self.known(Set::Training);
        let roc = Roc::new(&y, &self.scored.of(model, &rows), Direction::Higher)?;
        let best = roc.cutoff(Criterion::Youden, Thresholds::Attained)?;
        best.first().copied().context("a ROC curve without points")
    }

    /// Whether each of some patients responds by the study's model.
    ///
    /// # Errors
    /// As [`Self::cutoff`].
    pub fn rad_response(&self, rows: &[usize]) -> Result<Vec<bool>> {
        let cut = self.cutoff(LWCTR)?.threshold;
        Ok(self.scored.of(LWCTR, rows).into_iter().map(|score| score >= cut).collect())
    }
}

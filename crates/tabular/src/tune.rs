//! Settings chosen by cross-validation on training rows.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use radiomics_stats::describe::{mean, sum_of_squares};
use radiomics_stats::rng::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result, check, setting};
use crate::matrix::Matrix;
use crate::pipeline::{Pipeline, Recipe};
use crate::score::Score;
use crate::split::Folds;

/// Values of one setting of a recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// These.
    Values(Vec<Value>),
    /// Between two numbers, evenly on the scale of logarithms (random search only).
    Log {
        /// Smallest.
        low: f64,
        /// Largest.
        high: f64,
    },
    /// Between two numbers, evenly (random search only).
    Linear {
        /// Smallest.
        low: f64,
        /// Largest.
        high: f64,
    },
}

/// Which settings are tried. A setting is named by its path in the JSON of the recipe: `model/svm/c`,
/// `steps/2/lasso/settings/rule`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Ranges by path.
    pub ranges: BTreeMap<String, Range>,
    /// Number of random draws; all combinations without it.
    #[serde(default)]
    pub draws: Option<usize>,
    /// Seed of the draws.
    #[serde(default)]
    pub seed: u64,
    /// What is measured.
    #[serde(default)]
    pub score: Score,
}

/// One combination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The settings by path.
    pub settings: BTreeMap<String, Value>,
    /// Score on each fold.
    pub folds: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, dividing by their number.
    pub sd: f64,
}

/// How far a search is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Fits done.
    pub done: usize,
    /// Fits in all: combinations times folds.
    pub all: usize,
    /// Largest mean score of the combinations that all folds are done of.
    pub best: Option<f64>,
}

/// Result of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    /// All combinations, in the order in which they were made.
    pub candidates: Vec<Candidate>,
    /// Position of the best, the first of equals.
    pub best: usize,
    /// The best recipe, fitted on all rows.
    pub pipeline: Pipeline,
}

impl Search {
    /// All combinations of these values.
    ///
    /// ```
    /// use radiomics_tabular::{Matrix, Recipe, Score, Search, models::{ModelSettings, SvmSettings}, split::Folds};
    /// let y: Vec<bool> = (0..40).map(|i| i % 4 > 1).collect();
    /// let x = Matrix::unnamed(vec![(0..40).map(|i| f64::from(i % 4) - 1.5 + f64::from(i % 7)).collect()])?;
    /// let search = Search::grid([("model/svm/c", vec![0.01.into(), 1.0.into()])], Score::RocAuc);
    /// let recipe = Recipe::of(ModelSettings::Svm(SvmSettings::default()));
    /// let folds = Folds::in_order(&y.iter().map(|y| usize::from(*y)).collect::<Vec<_>>(), 4)?;
    /// let tuned = search.run(&recipe, &x, &y, &folds, |progress| assert!(progress.done <= progress.all))?;
    /// assert_eq!(tuned.candidates.len(), 2);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn grid<'a>(values: impl IntoIterator<Item = (&'a str, Vec<Value>)>, score: Score) -> Self {
        Self {
            ranges: values.into_iter().map(|(k, v)| (k.to_owned(), Range::Values(v))).collect(),
            draws: None,
            seed: 0,
            score,
        }
    }

    /// The combinations, the last path changing fastest.
    ///
    /// # Errors
    /// A range without values, of numbers in a grid, or whose ends are not finite or fall, on the scale of logarithms not
    /// positive.
    pub fn combinations(&self) -> Result<Vec<BTreeMap<String, Value>>> {
        for (path, range) in &self.ranges {
            match range {
                Range::Values(v) => check(!v.is_empty(), path, "an empty list", "one value or more")?,
                Range::Log { low, high } | Range::Linear { low, high } => {
                    check(self.draws.is_some(), path, "a range", "a list in a grid")?;
                    if matches!(range, Range::Log { .. }) {
                        check(*low > 0.0, path, low, "positive on the scale of logarithms")?;
                    }
                    let both = format!("{low} to {high}");
                    check(
                        low <= high && (high - low).is_finite(),
                        path,
                        both,
                        "from a number to one no less",
                    )?;
                }
            }
        }
        if let Some(draws) = self.draws {
            return (0..draws).map(|d| self.draw(&mut Rng::stream(self.seed, d as u64))).collect();
        }
        let mut all = vec![BTreeMap::new()];
        for (path, range) in &self.ranges {
            let Range::Values(values) = range else { continue };
            all = all
                .iter()
                .flat_map(|settings| {
                    values.iter().map(move |v| {
                        let mut settings = settings.clone();
                        settings.insert(path.clone(), v.clone());
                        settings
                    })
                })
                .collect();
        }
        Ok(all)
    }

    fn draw(&self, rng: &mut Rng) -> Result<BTreeMap<String, Value>> {
        self.ranges
            .iter()
            .map(|(path, range)| {
                let value = match range {
                    Range::Values(v) => v[rng.below(v.len())].clone(),
                    Range::Log { low, high } => {
                        // Rounding of the logarithm must not leave the range.
                        let value = (low.ln() + rng.unit() * (high.ln() - low.ln())).exp();
                        Value::from(value.clamp(*low, *high))
                    }
                    Range::Linear { low, high } => Value::from(low + rng.unit() * (high - low)),
                };
                Ok((path.clone(), value))
            })
            .collect()
    }

    /// Tries every combination on every fold and fits the best on all rows. `progress` hears of every fit, one after the
    /// other; it must not start parallel work itself. A bar is `SearchBar` (feature `progress`). Fits run in parallel;
    /// the result does not depend on the number of threads.
    /// Python: `GridSearchCV(pipeline, grid, cv, scoring)` and `RandomizedSearchCV`.
    ///
    /// # Errors
    /// A path that the recipe does not have, a value that it does not accept; the first error of a fit.
    pub fn run(
        &self,
        recipe: &Recipe,
        x: &Matrix,
        outcome: &[bool],
        folds: &Folds,
        progress: impl Fn(Progress) + Sync,
    ) -> Result<Tuned> {
        radiomics_stats::error::require_length("folds of patients", folds.fold().len(), x.rows())?;
        radiomics_stats::error::require_length("outcomes", outcome.len(), x.rows())?;
        let combinations = self.combinations()?;
        check(!combinations.is_empty(), "combinations", 0, "1 or more")?;
        let recipes: Vec<Recipe> = combinations.iter().map(|c| with(recipe, c)).collect::<Result<_>>()?;
        let parts: Vec<(Matrix, Vec<bool>, Matrix, Vec<bool>)> = (0..folds.count())
            .map(|f| {
                let (train, test) = (folds.train(f), folds.test(f));
                let pick = |rows: &[usize]| -> Vec<bool> { rows.iter().map(|&i| outcome[i]).collect() };
                (x.subset(&train), pick(&train), x.subset(&test), pick(&test))
            })
            .collect();
        let all = recipes.len() * parts.len();
        let heard =
            Mutex::new(Heard { scores: vec![None; all], so_far: Progress { all, ..Progress::default() } });
        let scores: Vec<f64> = (0..all)
            .into_par_iter()
            .map(|k| {
                let (train, own, test, truth) = &parts[k % parts.len()];
                let pipeline = recipes[k / parts.len()].fit(train, own)?;
                let score = if self.score.needs_probability() {
                    self.score.of_probability(truth, &pipeline.probability(test)?)
                } else {
                    self.score.of_decision(truth, &pipeline.decision(test)?)
                }?;
                // Told under the lock, so that nobody hears of fewer fits after more.
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                progress(heard.of(k, score, parts.len()));
                Ok(score)
            })
            .collect::<Result<_>>()?;
        let candidates: Vec<Candidate> = combinations
            .into_iter()
            .zip(scores.chunks(parts.len()))
            .map(|(settings, folds)| {
                let m = mean(folds);
                let sd = (sum_of_squares(folds, m).max(0.0) / folds.len() as f64).sqrt();
                Candidate { settings, folds: folds.to_vec(), mean: m, sd }
            })
            .collect();
        let best = (0..candidates.len())
            .fold(0, |b, c| if candidates[c].mean > candidates[b].mean + 1e-12 { c } else { b });
        let pipeline = recipes[best].fit(x, outcome)?;
        Ok(Tuned { candidates, best, pipeline })
    }
}

/// Scores of the fits done so far.
struct Heard {
    scores: Vec<Option<f64>>,
    so_far: Progress,
}

impl Heard {
    /// Hears of one more of the fits, `folds` to a combination.
    fn of(&mut self, fit: usize, score: f64, folds: usize) -> Progress {
        self.scores[fit] = Some(score);
        self.so_far.done += 1;
        let own: Option<Vec<f64>> = self.scores[fit - fit % folds..][..folds].iter().copied().collect();
        if let Some(own) = own {
            let mean = mean(&own);
            self.so_far.best = Some(self.so_far.best.map_or(mean, |best| best.max(mean)));
        }
        self.so_far
    }
}

/// The recipe with some settings changed.
fn with(recipe: &Recipe, settings: &BTreeMap<String, Value>) -> Result<Recipe> {
    let mut json = serde_json::to_value(recipe).map_err(|e| unaccepted(settings, &e.to_string()))?;
    for (path, value) in settings {
        match json.pointer_mut(&format!("/{path}")) {
            Some(place) => *place = value.clone(),
            None => {
                return setting(
                    "path of a setting",
                    format!("`{path}`"),
                    &format!("a path in the recipe {json}"),
                );
            }
        }
    }
    serde_json::from_value(json).map_err(|e| unaccepted(settings, &e.to_string()))
}

fn unaccepted(settings: &BTreeMap<String, Value>, why: &str) -> Error {
    Error::Setting {
        name: "settings of a combination".to_owned(),
        value: format!("{settings:?}"),
        expected: format!("accepted by the recipe ({why})"),
    }
}

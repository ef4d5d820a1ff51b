//! Steps and a model, fitted together on training rows and applied to others.

use std::io::Write as _;
use std::path::Path;

use radiomics_stats::elastic_net::Outcome;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::calibrate::{Calibration, Calibrator};
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::models::{Model, ModelSettings, row_order};
use crate::prepare::{
    Combat, CombatSettings, Encoder, EncoderSettings, Impute, Imputer, Scale, Scaler, Transform,
    drop_low_variance, drop_missing,
};
use crate::select::{
    CorrelationSettings, LassoSettings, MrmrSettings, RfeSettings, Selection, StabilitySettings,
    UnivariateSettings, lasso, mrmr, prune_correlated, rfe, rfe_cv, stability_selection, univariate,
};
use crate::split::{Folds, strata};

/// A step before the model; in JSON `{"scale": "z_score"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Makes numbers of levels. What comes before it must not compute with the values: [`Step::DropMissing`],
    /// [`Step::Keep`], [`Step::Univariate`].
    Encode(EncoderSettings),
    /// Drops columns with too many missing values: the largest share that is kept.
    DropMissing(f64),
    /// Fills missing values.
    Impute(Impute),
    /// A function of each value.
    Transform(Transform),
    /// Scales columns.
    Scale(Scale),
    /// Harmonises centres.
    Combat(CombatSettings),
    /// Drops columns whose variance does not exceed a limit.
    Variance(f64),
    /// Keeps columns of these names, as from repeated segmentations.
    Keep(Vec<String>),
    /// Drops columns that repeat others. It goes through the columns in the order of the table.
    Correlation(CorrelationSettings),
    /// Keeps columns that differ between classes.
    Univariate(UnivariateSettings),
    /// Keeps relevant columns that are not redundant.
    Mrmr(MrmrSettings),
    /// Keeps columns with a coefficient in a lasso.
    Lasso {
        /// Its settings.
        settings: LassoSettings,
        /// Number of folds.
        folds: usize,
    },
    /// Recursive elimination down to `keep` columns.
    Rfe(RfeSettings),
    /// Recursive elimination, the number of columns by cross-validation.
    RfeCv {
        /// Its settings.
        settings: RfeSettings,
        /// Number of folds.
        folds: usize,
    },
    /// Keeps columns that a lasso selects again and again.
    Stability {
        /// Draws and limits.
        settings: StabilitySettings,
        /// The lasso of each draw.
        lasso: LassoSettings,
        /// Number of its folds.
        folds: usize,
    },
}

/// A fitted step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FittedStep {
    /// Levels known.
    Encode(Encoder),
    /// Values for missing ones.
    Impute(Imputer),
    /// A function of each value.
    Transform(Transform),
    /// Centre and spread.
    Scale(Scaler),
    /// Shift and scale of centres.
    Combat(Combat),
    /// Columns that go on, and why the others do not.
    Select(Selection),
}

impl Step {
    /// Fits the step.
    ///
    /// # Errors
    /// Those of the step.
    pub fn fit(&self, x: &Matrix, outcome: &[bool], seed: u64) -> Result<FittedStep> {
        let folds = |k: usize| Folds::stratified(&strata(outcome, x.centres())?, k, seed);
        let select = |s: Selection| Ok(FittedStep::Select(s));
        match self {
            Self::DropMissing(most) => select(drop_missing(x, *most)?),
            Self::Encode(encode) => Ok(FittedStep::Encode(encode.fit(x)?)),
            Self::Impute(impute) => Ok(FittedStep::Impute(impute.fit(x)?)),
            Self::Transform(transform) => {
                x.require_numbers()?;
                Ok(FittedStep::Transform(*transform))
            }
            Self::Scale(scale) => Ok(FittedStep::Scale(scale.fit(x)?)),
            Self::Combat(combat) => Ok(FittedStep::Combat(combat.fit(x)?)),
            Self::Variance(least) => select(drop_low_variance(x, *least)?),
            Self::Keep(names) => {
                x.select(names)?;
                select(Selection::by(x, "list of names", |j| {
                    (names.contains(&x.names()[j]), 0.0, "not on the list".to_owned())
                }))
            }
            Self::Correlation(s) => select(prune_correlated(x, s)?),
            Self::Univariate(s) => select(univariate(x, outcome, s)?),
            Self::Mrmr(s) => select(mrmr(x, outcome, s)?),
            Self::Lasso { settings, folds: k } => {
                select(lasso(x, Outcome::Binomial(outcome), &folds(*k)?, settings)?.selection)
            }
            Self::Rfe(s) => select(rfe(x, outcome, s)?.selection),
            Self::RfeCv { settings, folds: k } => {
                select(rfe_cv(x, outcome, &folds(*k)?, settings)?.rfe.selection)
            }
            Self::Stability { settings, lasso: net, folds: k } => {
                let often = stability_selection(x, outcome, settings, |x, y, seed| {
                    let folds = Folds::stratified(&strata(y, x.centres())?, *k, seed)?;
                    Ok(lasso(x, Outcome::Binomial(y), &folds, net)?.selection)
                })?;
                select(often.selection)
            }
        }
    }
}

impl FittedStep {
    /// Applies the step to any rows.
    ///
    /// # Errors
    /// Those of the step.
    pub fn apply(&self, x: &Matrix) -> Result<Matrix> {
        match self {
            Self::Encode(e) => e.apply(x),
            Self::Impute(i) => i.apply(x),
            Self::Transform(t) => Ok(t.apply_to(x)),
            Self::Scale(s) => s.apply(x),
            Self::Combat(c) => c.apply(x),
            Self::Select(s) => s.apply(x),
        }
    }
}

/// What is done to training rows, as data: steps, model, calibration.
///
/// ```
/// use radiomics_tabular::{Matrix, Recipe};
/// let recipe: Recipe = serde_json::from_str(r#"{
///     "steps": [{"impute": "median"}, {"scale": "z_score"}],
///     "model": {"svm": {"kernel": {"rbf": {"gamma": "scale"}}, "c": 10}},
///     "calibration": {"folds": 3}
/// }"#)?;
/// let y: Vec<bool> = (0..40).map(|i| (i * 7) % 40 >= 20).collect();
/// let x = Matrix::unnamed(vec![(0..40).map(|i| if i == 3 { f64::NAN } else { f64::from((i * 7) % 40) }).collect()])?;
/// let pipeline = recipe.fit(&x, &y)?;
/// let p = pipeline.probability(&x)?;
/// assert!(p[0] < 0.5 && p[4] > 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Steps in their order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// The model.
    pub model: ModelSettings,
    /// How decisions become probabilities; by default as the model gives them.
    #[serde(default)]
    pub calibration: Option<Calibration>,
    /// Seed of everything random.
    #[serde(default)]
    pub seed: u64,
}

/// A fitted recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pipeline {
    /// Version of the form of the file.
    pub format: u32,
    /// What was asked for.
    pub recipe: Recipe,
    /// Fitted steps.
    pub steps: Vec<FittedStep>,
    /// Fitted model.
    pub model: Model,
    /// Fitted calibration.
    pub calibrator: Option<Calibrator>,
}

const FORMAT: u32 = 1;

impl Recipe {
    /// A model without steps.
    pub fn of(model: ModelSettings) -> Self {
        Self { steps: Vec::new(), model, calibration: None, seed: 0 }
    }

    /// Fits steps, model and calibration on training rows. The order of the patients does not matter.
    ///
    /// # Errors
    /// No patients, one class only; the first error of a step or the model.
    pub fn fit(&self, x: &Matrix, outcome: &[bool]) -> Result<Pipeline> {
        radiomics_stats::error::require_length("outcomes", outcome.len(), x.rows())?;
        let rows = row_order(x, outcome);
        let x = x.subset(&rows);
        let outcome: Vec<bool> = rows.iter().map(|&i| outcome[i]).collect();
        let mut current = x.clone();
        let mut steps = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let fitted = step.fit(&current, &outcome, self.seed)?;
            current = fitted.apply(&current)?;
            steps.push(fitted);
        }
        let model = self.model.fit(&current, &outcome, self.seed)?;
        let calibrator = match self.calibration {
            None => None,
            Some(c) => {
                let folds = Folds::stratified(&strata(&outcome, x.centres())?, c.folds, c.seed)?;
                let decisions = self.out_of_fold(&x, &outcome, &folds)?;
                Some(Calibrator::fit(c.method, &outcome, &decisions)?)
            }
        };
        Ok(Pipeline { format: FORMAT, recipe: self.clone(), steps, model, calibrator })
    }

    /// Decisions for each patient from a fit without the patient's fold. Python: `cross_val_predict(pipeline, X, y,
    /// cv, method = "decision_function")`. Folds run in parallel.
    ///
    /// # Errors
    /// As [`Self::fit`]; folds of another length.
    pub fn out_of_fold(&self, x: &Matrix, outcome: &[bool], folds: &Folds) -> Result<Vec<f64>> {
        self.by_fold(x, outcome, folds, |p, x| p.decision(x))
    }

    /// Probabilities for each patient from a fit without the patient's fold.
    ///
    /// # Errors
    /// As [`Self::out_of_fold`]; a model without probabilities.
    pub fn out_of_fold_probability(&self, x: &Matrix, outcome: &[bool], folds: &Folds) -> Result<Vec<f64>> {
        self.by_fold(x, outcome, folds, |p, x| p.probability(x))
    }

    fn by_fold(
        &self,
        x: &Matrix,
        outcome: &[bool],
        folds: &Folds,
        predict: impl Fn(&Pipeline, &Matrix) -> Result<Vec<f64>> + Sync,
    ) -> Result<Vec<f64>> {
        radiomics_stats::error::require_length("folds of patients", folds.fold().len(), x.rows())?;
        radiomics_stats::error::require_length("outcomes", outcome.len(), x.rows())?;
        let plain = Self { calibration: None, ..self.clone() };
        let parts: Vec<(Vec<usize>, Vec<f64>)> = (0..folds.count())
            .into_par_iter()
            .map(|f| {
                let (train, test) = (folds.train(f), folds.test(f));
                let own: Vec<bool> = train.iter().map(|&i| outcome[i]).collect();
                let pipeline = plain.fit(&x.subset(&train), &own)?;
                let values = predict(&pipeline, &x.subset(&test))?;
                Ok((test, values))
            })
            .collect::<Result<_>>()?;
        let mut all = vec![0.0; x.rows()];
        for (rows, values) in parts {
            rows.iter().zip(values).for_each(|(&i, v)| all[i] = v);
        }
        Ok(all)
    }
}

impl Pipeline {
    /// The columns the model sees, for rows of the form of the training rows.
    ///
    /// # Errors
    /// Those of the steps.
    pub fn prepared(&self, x: &Matrix) -> Result<Matrix> {
        self.steps.iter().try_fold(x.clone(), |x, step| step.apply(&x))
    }

    /// Decisions, above 0 for class 1.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`] where a column is absent, values that are missing and not imputed.
    pub fn decision(&self, x: &Matrix) -> Result<Vec<f64>> {
        self.model.decision(&self.prepared(x)?)
    }

    /// Probabilities of class 1, calibrated where the recipe says so.
    ///
    /// # Errors
    /// As [`Self::decision`]; a support vector machine without calibration.
    pub fn probability(&self, x: &Matrix) -> Result<Vec<f64>> {
        let decision = self.decision(x)?;
        match &self.calibrator {
            Some(curve) => Ok(curve.apply(&decision)),
            None => self.model.learner.probability(&decision).ok_or_else(|| Error::Setting {
                name: "calibration".to_owned(),
                value: "none".to_owned(),
                expected: "set for probabilities of a support vector machine".to_owned(),
            }),
        }
    }

    /// All that selections dropped, in the order of the steps.
    pub fn selections(&self) -> Vec<&Selection> {
        self.steps.iter().filter_map(|s| if let FittedStep::Select(s) = s { Some(s) } else { None }).collect()
    }

    /// Writes the pipeline as JSON; the file appears whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: &Path) -> Result<()> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
        serde_json::to_writer(std::io::BufWriter::new(&mut file), self).map_err(|e| io(e.into()))?;
        file.flush().map_err(io)?;
        file.persist(path).map_err(|e| io(e.error))?;
        Ok(())
    }

    /// Reads a pipeline. Its predictions are those of the one that was saved, to the last bit.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] with the line for JSON that is no pipeline or of another format.
    pub fn load(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        let format = |line: usize, why: String| Error::Format { file: path.display().to_string(), line, why };
        let pipeline: Self = serde_json::from_str(&text).map_err(|e| format(e.line(), e.to_string()))?;
        if pipeline.format != FORMAT {
            return Err(format(1, format!("format {} found, {FORMAT} expected", pipeline.format)));
        }
        Ok(pipeline)
    }
}

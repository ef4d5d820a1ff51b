//! TabNet: a network for tables that looks at a few columns in each of several steps (feature `tabnet`, on candle).
//!
//! Arık and Pfister 2021, doi:10.1609/aaai.v35i8.16826. Layers, names of tensors and defaults are those of
//! pytorch-tabnet 4.1. What differs is meant for cohorts of hospitals: no patient is dropped from an epoch, batches are
//! of nearly equal size, and a ghost batch of one row joins its neighbour.
//!
//! Everything random comes from the seed. Results are the same to the last bit for any number of threads. Two things
//! may change last bits, as the matrix products underneath round otherwise: a processor with other vector instructions,
//! and, for a patient, the number of patients looked at together.
//!
//! ```
//! use radiomics_tabular::{Matrix, models::tabnet::{TabNetSettings, TrainSettings}};
//! let y: Vec<bool> = (0..40).map(|i| (i * 7) % 40 >= 20).collect();
//! let x = Matrix::unnamed(vec![
//!     (0..40).map(|i| f64::from((i * 7) % 40)).collect(),
//!     (0..40).map(|i| f64::from(i % 5)).collect(),
//! ])?;
//! let train = TrainSettings { epochs: 40, ..TrainSettings::default() };
//! let model = TabNetSettings { train, ..TabNetSettings::default() }.fit(&x, &y, 1)?;
//! let log_odds = model.decision(x.columns())?;
//! assert!(log_odds[0] < 0.0 && log_odds[17] > 0.0);
//! let importance = model.explain(x.columns())?.shares();
//! assert!(importance[0] > importance[1]);
//! assert_eq!(model.embedding(x.columns())?.len(), 8); // for a fusion head
//! # Ok::<(), radiomics_tabular::Error>(())
//! ```

mod activation; // sparsemax, entmax
mod checkpoint; // safetensors
mod double; // f32 and f64 tensors as f64
mod layers; // gated layers, feature transformer, attention
mod network; // all of them, and the loss
mod norm; // batch normalisation in ghost batches
mod parameters; // tensors by name, from a seed or a checkpoint
mod settings;
mod train; // the loop

use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};

pub use self::activation::{Activation, entmax15, sparsemax};
pub use self::network::{Architecture, Category, Network, Output};
pub use self::settings::{NetworkSettings, Precision, Schedule, TabNetSettings, TrainSettings};
pub use self::train::{Epoch, Watch};

use self::train::Rows;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::split::{hold_out, strata};

/// A trained network with what it needs to read columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TabNet {
    /// Names of the columns, in the order of the fit.
    pub columns: Vec<String>,
    /// Values of each column of categories, by increasing value; a category's code is its position. Empty for others.
    pub levels: Vec<Vec<f64>>,
    /// What happened, epoch by epoch.
    pub log: Vec<Epoch>,
    /// The network. Its clones share weights: it is not to be trained further.
    #[serde(with = "checkpoint::hex", rename = "weights")]
    pub network: Arc<Network>,
}

/// What the network looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// How much each column counted for each patient, `[column][patient]`: `Σ_steps M · Σ d`.
    pub importance: Vec<Vec<f64>>,
    /// Attention of each step, `[step][column][patient]`; over the columns it sums to 1.
    pub masks: Vec<Vec<Vec<f64>>>,
}

impl Explanation {
    /// Share of each column in the importance over all patients. Python: `feature_importances_`.
    pub fn shares(&self) -> Vec<f64> {
        let sums: Vec<f64> = self.importance.iter().map(|c| c.iter().sum()).collect();
        let all: f64 = sums.iter().sum();
        sums.iter().map(|s| if all > 0.0 { s / all } else { 0.0 }).collect()
    }
}

impl TabNetSettings {
    /// Trains a network; where settings say so, with a part of the patients held out to stop early.
    /// Python: `TabNetClassifier(...).fit(X, y, eval_metric = ["auc"], drop_last = False)`.
    ///
    /// # Errors
    /// One class only, values that are not finite, a column of categories that is not there, settings outside their
    /// range; [`Error::Diverged`] when the loss is no number.
    pub fn fit(&self, x: &Matrix, outcome: &[bool], seed: u64) -> Result<TabNet> {
        self.fit_watched(x, outcome, None, seed, &())
    }

    /// The same with patients given for early stopping, which then takes no others, and with somebody who watches.
    ///
    /// # Errors
    /// As [`Self::fit`]; [`Error::Cancelled`].
    pub fn fit_watched(
        &self,
        x: &Matrix,
        outcome: &[bool],
        held: Option<(&Matrix, &[bool])>,
        seed: u64,
        watch: &dyn Watch,
    ) -> Result<TabNet> {
        self.check()?;
        super::check_input(x, outcome)?;
        let levels = self.levels(x)?;
        let architecture = Architecture {
            columns: x.width(),
            categories: self.embedded(x, &levels),
            classes: 2,
            network: self.network,
            precision: self.precision,
        };
        let network = Arc::new(Network::new(architecture, seed)?);
        let mut model = TabNet { columns: x.names().to_vec(), levels, log: Vec::new(), network };
        let rows = |x: &Matrix, outcome: &[bool], of: &[usize]| -> Result<Rows> {
            let outcome = of.iter().map(|&i| outcome[i]).collect();
            Ok(Rows { x: model.input(x.subset(of).columns())?, outcome })
        };
        let all: Vec<usize> = (0..x.rows()).collect();
        let (own, other) = match (held, self.train.validation) {
            (Some((other, truth)), _) => {
                super::check_input(other, truth)?;
                let other = other.select(x.names())?;
                let every: Vec<usize> = (0..other.rows()).collect();
                (rows(x, outcome, &all)?, Some(rows(&other, truth, &every)?))
            }
            (None, Some(share)) => {
                let (own, other) = hold_out(&strata(outcome, x.centres())?, share, seed)?;
                (rows(x, outcome, &own)?, Some(rows(x, outcome, &other)?))
            }
            (None, None) => (rows(x, outcome, &all)?, None),
        };
        model.log = train::train(&model.network, &own, other.as_ref(), &self.train, seed, watch)?;
        Ok(model)
    }

    /// Values of each column of categories.
    fn levels(&self, x: &Matrix) -> Result<Vec<Vec<f64>>> {
        let mut levels = vec![Vec::new(); x.width()];
        for name in self.categories.keys() {
            let at = x.position(name)?;
            let mut values: Vec<f64> = x.column(at).iter().map(|v| v + 0.0).collect(); // -0 is 0
            values.sort_by(f64::total_cmp);
            values.dedup();
            levels[at] = values;
        }
        Ok(levels)
    }

    fn embedded(&self, x: &Matrix, levels: &[Vec<f64>]) -> Vec<Category> {
        let embedded = |(column, name): (usize, &String)| {
            let width = *self.categories.get(name)?;
            Some(Category { column, levels: levels[column].len(), width })
        };
        x.names().iter().enumerate().filter_map(embedded).collect()
    }
}

/// Rows that are worked on at one time outside of training.
const BLOCK: usize = 4096;

impl TabNet {
    /// Log-odds of class 1 for columns in the order of the fit.
    ///
    /// # Errors
    /// [`Error::Unseen`] for a category that was not there in training; values too large for the precision.
    pub fn decision<C: AsRef<[f64]>>(&self, columns: &[C]) -> Result<Vec<f64>> {
        let mut all = Vec::new();
        for x in self.blocks(columns)? {
            all.extend(train::decision(&self.network, &x)?);
        }
        Ok(all)
    }

    /// What is before the last linear layer, `[width][patient]`, as a fusion with other networks takes it.
    ///
    /// # Errors
    /// As [`Self::decision`].
    pub fn embedding<C: AsRef<[f64]>>(&self, columns: &[C]) -> Result<Vec<Vec<f64>>> {
        let mut all = vec![Vec::new(); self.network.architecture().network.decision_width];
        for x in self.blocks(columns)? {
            append(&mut all, &self.network.forward(&x, false)?.embedding)?;
        }
        Ok(all)
    }

    /// What the network looked at. Python: `explain`, with embeddings folded back to columns.
    ///
    /// # Errors
    /// As [`Self::decision`].
    pub fn explain<C: AsRef<[f64]>>(&self, columns: &[C]) -> Result<Explanation> {
        let architecture = self.network.architecture();
        let none = vec![Vec::new(); architecture.columns];
        let masks = vec![none.clone(); architecture.network.steps];
        let mut explanation = Explanation { importance: none, masks };
        for x in self.blocks(columns)? {
            let output = self.network.forward(&x, false)?;
            append(&mut explanation.importance, &output.importance()?)?;
            for (all, mask) in explanation.masks.iter_mut().zip(&output.masks) {
                append(all, mask)?;
            }
        }
        Ok(explanation)
    }

    fn blocks<C: AsRef<[f64]>>(&self, columns: &[C]) -> Result<Vec<Tensor>> {
        let x = self.input(columns)?;
        let rows = x.dim(0)?;
        let block = |start| Ok(x.narrow(0, start, BLOCK.min(rows - start))?);
        (0..rows).step_by(BLOCK).map(block).collect()
    }

    /// Columns as `[rows, columns]`, categories as codes. Values beyond what the weights' precision holds are errors.
    fn input<C: AsRef<[f64]>>(&self, columns: &[C]) -> Result<Tensor> {
        radiomics_stats::error::require_length("columns", columns.len(), self.columns.len())?;
        radiomics_stats::error::require_length("levels of columns", self.levels.len(), self.columns.len())?;
        let rows = columns.first().map_or(0, |c| c.as_ref().len());
        let largest = match self.network.architecture().precision {
            Precision::Single => f64::from(f32::MAX),
            Precision::Double => f64::MAX,
        };
        let mut x = vec![0.0; rows * columns.len()];
        for (j, column) in columns.iter().enumerate() {
            radiomics_stats::error::require_length(&self.columns[j], column.as_ref().len(), rows)?;
            for (i, value) in column.as_ref().iter().enumerate() {
                if value.abs() > largest || value.is_nan() {
                    return Err(Error::NotFinite { column: self.columns[j].clone(), row: i, value: *value });
                }
                x[i * columns.len() + j] = self.code(j, *value)?;
            }
        }
        Ok(Tensor::from_vec(x, (rows, columns.len()), &Device::Cpu)?)
    }

    fn code(&self, column: usize, value: f64) -> Result<f64> {
        let levels = &self.levels[column];
        if levels.is_empty() {
            return Ok(value);
        }
        match levels.iter().position(|l| *l == value) {
            Some(code) => Ok(code as f64),
            None => Err(Error::Unseen {
                what: format!("column `{}`:", self.columns[column]),
                value: value.to_string(),
                known: levels.iter().map(f64::to_string).collect::<Vec<_>>().join(", "),
            }),
        }
    }
}

/// Adds `[rows, columns]` to columns.
fn append(columns: &mut [Vec<f64>], rows: &Tensor) -> Result<()> {
    for row in rows.to_dtype(DType::F64)?.to_vec2::<f64>()? {
        columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }
    Ok(())
}

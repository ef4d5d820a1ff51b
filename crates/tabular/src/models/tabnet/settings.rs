//! Settings of TabNet, with the defaults of the reference implementation.

use std::collections::BTreeMap;

use candle_core::DType;
use serde::{Deserialize, Serialize};

use super::activation::Activation;
use crate::error::{Result, check};
use crate::models::ClassWeight;

/// Shape of the network. Python: `TabNetClassifier(n_d, n_a, n_steps, gamma, n_shared, n_independent,
/// virtual_batch_size, momentum, mask_type)`, whose defaults these are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkSettings {
    /// Width of what a step decides, `n_d`; also that of the embedding.
    pub decision_width: usize,
    /// Width of what a step hands to the next one's attention, `n_a`.
    pub attention_width: usize,
    /// Number of steps.
    pub steps: usize,
    /// How often a column may be looked at, `γ`: 1 is once in all steps.
    pub gamma: f64,
    /// Gated layers whose weights all steps share.
    pub shared: usize,
    /// Gated layers of each step.
    pub independent: usize,
    /// Most rows of a ghost batch (`virtual_batch_size`).
    pub ghost_rows: usize,
    /// Share by which a batch moves running statistics; that of the input's is 0.01. Predictions use these: with few
    /// batches in all (a small cohort in one batch, few epochs) take smaller batches or a larger share.
    pub momentum: f64,
    /// How scores become attention.
    pub mask: Activation,
}

impl Default for NetworkSettings {
    fn default() -> Self {
        Self {
            decision_width: 8,
            attention_width: 8,
            steps: 3,
            gamma: 1.3,
            shared: 2,
            independent: 2,
            ghost_rows: 128,
            momentum: 0.02,
            mask: Activation::Sparsemax,
        }
    }
}

impl NetworkSettings {
    /// 3 steps of width 64, `γ = 1.5`: the clinical branch of PORCELAIN.
    pub fn porcelain() -> Self {
        Self { decision_width: 64, attention_width: 64, gamma: 1.5, ..Self::default() }
    }

    /// Width inside of a step.
    pub(super) fn width(&self) -> usize {
        self.decision_width + self.attention_width
    }

    pub(super) fn check(&self) -> Result<()> {
        for (name, value, least, most) in [
            ("decision_width", self.decision_width, 1, 1 << 16),
            ("attention_width", self.attention_width, 1, 1 << 16),
            ("steps", self.steps, 1, 1 << 10),
            ("shared", self.shared, 0, 1 << 10),
            ("independent", self.independent, 0, 1 << 10),
        ] {
            check((least..=most).contains(&value), name, value, &format!("{least} to {most}"))?;
        }
        check(self.shared + self.independent > 0, "shared + independent", 0, "1 layer or more")?;
        check(self.gamma >= 1.0 && self.gamma.is_finite(), "gamma", self.gamma, "1 or more")?;
        check(self.ghost_rows >= 2, "ghost_rows", self.ghost_rows, "2 or more")?;
        check(self.momentum > 0.0 && self.momentum <= 1.0, "momentum", self.momentum, "above 0, at most 1")
    }
}

/// How the learning rate changes from epoch to epoch, counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// It stays.
    #[default]
    Constant,
    /// Times `factor` after each `every` epochs. Python: `StepLR(step_size, gamma)`.
    Step {
        /// Epochs between changes.
        every: usize,
        /// Factor.
        factor: f64,
    },
    /// `least + (rate − least)(1 + cos(π t / T))/2` in cycles of `T` epochs, each `growth` times as long as the one
    /// before. Python: `CosineAnnealingWarmRestarts(T_0, T_mult, eta_min)`.
    WarmRestarts {
        /// Epochs of the first cycle.
        period: usize,
        /// Factor of the length.
        growth: usize,
        /// Rate at the end of a cycle.
        least: f64,
    },
}

impl Schedule {
    /// The rate in an epoch.
    ///
    /// ```
    /// use radiomics_tabular::models::tabnet::Schedule;
    /// let schedule = Schedule::WarmRestarts { period: 10, growth: 2, least: 0.0 };
    /// assert_eq!([0, 10, 30].map(|epoch| schedule.rate(0.02, epoch)), [0.02; 3]);
    /// assert!((schedule.rate(0.02, 5) - 0.01).abs() < 1e-15);
    /// ```
    pub fn rate(self, start: f64, epoch: usize) -> f64 {
        match self {
            Self::Constant => start,
            Self::Step { every, factor } => start * factor.powi((epoch / every.max(1)) as i32),
            Self::WarmRestarts { period, growth, least } => {
                let (mut at, mut length) = (epoch, period.max(1));
                while at >= length {
                    at -= length;
                    length = length.saturating_mul(growth.max(1));
                }
                let phase = std::f64::consts::PI * at as f64 / length as f64;
                least + (start - least) * (1.0 + phase.cos()) / 2.0
            }
        }
    }

    fn check(self) -> Result<()> {
        match self {
            Self::Constant => Ok(()),
            Self::Step { every, factor } => {
                check(every > 0, "every", every, "1 or more")?;
                check(factor > 0.0 && factor.is_finite(), "factor", factor, "positive")
            }
            Self::WarmRestarts { period, growth, least } => {
                check(period > 0, "period", period, "1 or more")?;
                check(growth > 0, "growth", growth, "1 or more")?;
                check(least >= 0.0 && least.is_finite(), "least", least, "0 or more")
            }
        }
    }
}

/// How the network is trained: AdamW on cross-entropy − `sparsity` · m, where `m = mean Σ_j M_j ln(M_j + 1e-15)`
/// over steps and patients is minus the entropy of the attention.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainSettings {
    /// Weight of the sparsity term (`lambda_sparse`).
    pub sparsity: f64,
    /// Learning rate in the first epoch.
    pub learning_rate: f64,
    /// How it changes.
    pub schedule: Schedule,
    /// Decoupled weight decay; Adam without.
    pub weight_decay: f64,
    /// Largest norm of the gradient (`clip_value`).
    pub clip: f64,
    /// Most patients of a batch. All patients are in one batch of each epoch, and batches are cut as ghost batches are,
    /// of nearly equal size: the reference drops the last one, and trains on nothing where a cohort is smaller than its
    /// batch.
    pub batch: usize,
    /// Most epochs.
    pub epochs: usize,
    /// Share of the patients of each class that is held out to stop early, where none are given.
    pub validation: Option<f64>,
    /// Epochs without a larger AUC on the patients held out after which training ends; the best epoch is kept.
    pub patience: usize,
    /// Weights of the classes.
    pub class_weight: ClassWeight,
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            sparsity: 1e-3,
            learning_rate: 0.02,
            schedule: Schedule::Constant,
            weight_decay: 0.0,
            clip: 1.0,
            batch: 1024,
            epochs: 100,
            validation: None,
            patience: 10,
            class_weight: ClassWeight::Equal,
        }
    }
}

impl TrainSettings {
    pub(super) fn check(&self) -> Result<()> {
        let at_least_0 = |v: f64| v >= 0.0 && v.is_finite();
        check(at_least_0(self.sparsity), "sparsity", self.sparsity, "0 or more")?;
        let rate = self.learning_rate;
        check(rate > 0.0 && rate.is_finite(), "learning_rate", rate, "positive")?;
        check(at_least_0(self.weight_decay), "weight_decay", self.weight_decay, "0 or more")?;
        check(self.clip > 0.0, "clip", self.clip, "positive")?;
        check(self.batch >= 2, "batch", self.batch, "2 or more")?;
        check(self.epochs > 0, "epochs", self.epochs, "1 or more")?;
        check(self.patience > 0, "patience", self.patience, "1 or more")?;
        if let Some(share) = self.validation {
            check(share > 0.0 && share < 1.0, "validation", share, "between 0 and 1")?;
        }
        self.schedule.check()?;
        self.class_weight.check()
    }
}

/// Numbers that the weights are kept and trained in. Arithmetic inside of the network is in double precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32 bits, as the reference.
    #[default]
    Single,
    /// 64 bits.
    Double,
}

impl Precision {
    pub(super) fn dtype(self) -> DType {
        match self {
            Self::Single => DType::F32,
            Self::Double => DType::F64,
        }
    }
}

/// Settings of TabNet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TabNetSettings {
    /// Shape of the network.
    pub network: NetworkSettings,
    /// Training.
    pub train: TrainSettings,
    /// Columns of categories, each with the width of its embedding. Their values are codes, in any order, as
    /// [`Nominal::Position`](crate::prepare::Nominal::Position) makes them.
    pub categories: BTreeMap<String, usize>,
    /// Precision of the weights.
    pub precision: Precision,
}

impl TabNetSettings {
    /// The clinical branch of PORCELAIN. Stated there: 3 steps of width 64, `γ = 1.5`, sparsity 1e-3; AdamW at 2e-3 with
    /// decay 1e-4 and warm restarts. Ours: cycles from 10 epochs, doubling; a fifth of the patients held out, and an end
    /// after 20 epochs in which their AUC does not grow.
    pub fn porcelain() -> Self {
        Self {
            network: NetworkSettings::porcelain(),
            train: TrainSettings {
                learning_rate: 2e-3,
                schedule: Schedule::WarmRestarts { period: 10, growth: 2, least: 0.0 },
                weight_decay: 1e-4,
                validation: Some(0.2),
                patience: 20,
                ..TrainSettings::default()
            },
            ..Self::default()
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        self.network.check()?;
        self.train.check()?;
        for (column, width) in &self.categories {
            check(*width > 0, &format!("width of the embedding of `{column}`"), width, "1 or more")?;
        }
        Ok(())
    }
}

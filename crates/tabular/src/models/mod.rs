//! Classifiers of two classes.
//!
//! [`ModelSettings::fit`] brings patients and columns into an order of their own first (columns by name, patients by
//! their values) and leaves columns without spread out, so that no result depends on how a table happens to be
//! sorted, and constant columns do nothing. The learners themselves are public too and take what they are given.

mod bayes;
mod binning;
mod boosting;
mod canonical;
mod forest;
mod logistic;
mod neighbours;
mod svm;
#[cfg(feature = "tabnet")]
pub mod tabnet;
mod tree;

use serde::{Deserialize, Serialize};

pub use self::bayes::{NaiveBayes, NaiveBayesSettings};
pub use self::boosting::{Boosting, BoostingSettings};
pub(crate) use self::canonical::row_order;
pub use self::forest::{Forest, ForestSettings};
pub use self::logistic::{Inference, Logistic, LogisticSettings, Penalty, Term};
pub use self::neighbours::{Neighbours, NeighboursSettings};
pub(crate) use self::svm::SvmSequence;
pub use self::svm::{
    FittedKernel, Gamma, Kernel, LinearSvm, LinearSvmSettings, MarginLoss, Svm, SvmSettings,
};
#[cfg(feature = "tabnet")]
pub use self::tabnet::{TabNet, TabNetSettings};
pub use self::tree::{Features, Node, Tree, TreeSettings};

use crate::error::{Result, check};
use crate::matrix::Matrix;

/// Weights of the classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeight {
    /// 1 for both.
    #[default]
    Equal,
    /// `n / (2 n_class)`. Python: `class_weight = "balanced"`.
    Balanced,
    /// Given weights.
    Values {
        /// Weight of class 0.
        negative: f64,
        /// Weight of class 1.
        positive: f64,
    },
}

impl ClassWeight {
    /// Weights of class 0 and class 1.
    pub fn weights(self, outcome: &[bool]) -> [f64; 2] {
        let n = outcome.len() as f64;
        let positive = outcome.iter().filter(|y| **y).count() as f64;
        match self {
            Self::Equal => [1.0, 1.0],
            Self::Balanced => [n / (2.0 * (n - positive)), n / (2.0 * positive)],
            Self::Values { negative, positive } => [negative, positive],
        }
    }

    pub(crate) fn check(self) -> Result<()> {
        if let Self::Values { negative, positive } = self {
            for weight in [negative, positive] {
                check(weight > 0.0 && weight.is_finite(), "class weight", weight, "positive")?;
            }
        }
        Ok(())
    }
}

/// Which model with which settings; in JSON `{"svm": {"c": 0.1}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelSettings {
    /// Logistic regression.
    Logistic(LogisticSettings),
    /// Support vector machine.
    Svm(SvmSettings),
    /// Linear support vector machine with a penalised intercept.
    LinearSvm(LinearSvmSettings),
    /// Decision tree.
    Tree(TreeSettings),
    /// Random forest.
    Forest(ForestSettings),
    /// Gradient boosting.
    Boosting(BoostingSettings),
    /// Nearest neighbours.
    Neighbours(NeighboursSettings),
    /// Gaussian naive Bayes.
    NaiveBayes(NaiveBayesSettings),
    /// TabNet.
    #[cfg(feature = "tabnet")]
    #[serde(rename = "tabnet")]
    TabNet(TabNetSettings),
}

/// What was learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Learner {
    /// Logistic regression.
    Logistic(Logistic),
    /// Support vector machine.
    Svm(Svm),
    /// Linear support vector machine with a penalised intercept.
    LinearSvm(LinearSvm),
    /// Decision tree.
    Tree(Tree),
    /// Random forest.
    Forest(Forest),
    /// Gradient boosting.
    Boosting(Boosting),
    /// Nearest neighbours.
    Neighbours(Neighbours),
    /// Gaussian naive Bayes.
    NaiveBayes(NaiveBayes),
    /// TabNet.
    #[cfg(feature = "tabnet")]
    #[serde(rename = "tabnet")]
    TabNet(TabNet),
}

/// A fitted model with the columns it looks at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Columns in the order in which the learner sees them.
    pub names: Vec<String>,
    /// Columns without spread in the training rows, which are left out.
    pub constant: Vec<String>,
    /// What was learned.
    pub learner: Learner,
}

impl ModelSettings {
    /// Fits the model. The same seed gives the same model, for any order of patients and columns.
    ///
    /// # Errors
    /// No patients or columns, one class only, values that are not finite, no column with spread; settings outside
    /// their range; [`radiomics_stats::Error::Separation`] for logistic regression without penalty.
    ///
    /// ```
    /// use radiomics_tabular::{Matrix, models::{ForestSettings, ModelSettings}};
    /// let y: Vec<bool> = (0..30).map(|i| i % 3 == 0).collect();
    /// let x = Matrix::unnamed(vec![(0..30).map(|i| f64::from(i % 3)).collect(), (0..30).map(f64::from).collect()])?;
    /// let model = ModelSettings::Forest(ForestSettings { trees: 20, ..ForestSettings::default() }).fit(&x, &y, 1)?;
    /// assert!(model.probability(&x)?.unwrap()[0] > 0.5);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn fit(&self, x: &Matrix, outcome: &[bool], seed: u64) -> Result<Model> {
        check_input(x, outcome)?;
        let (x, outcome, constant) = canonical::canonical(x, outcome)?;
        let learner = match self {
            Self::Logistic(s) => Learner::Logistic(s.fit(&x, &outcome)?),
            Self::Svm(s) => Learner::Svm(s.fit(&x, &outcome)?),
            Self::LinearSvm(s) => Learner::LinearSvm(s.fit(&x, &outcome, seed)?),
            Self::Tree(s) => Learner::Tree(s.fit(&x, &outcome, seed)?),
            Self::Forest(s) => Learner::Forest(s.fit(&x, &outcome, seed)?),
            Self::Boosting(s) => Learner::Boosting(s.fit(&x, &outcome)?),
            Self::Neighbours(s) => Learner::Neighbours(s.fit(&x, &outcome)?),
            Self::NaiveBayes(s) => Learner::NaiveBayes(s.fit(&x, &outcome)?),
            #[cfg(feature = "tabnet")]
            Self::TabNet(s) => {
                // A column of categories that is one category here has been left out with the constant ones.
                let mut s = s.clone();
                s.categories.retain(|name, _| !constant.contains(name));
                Learner::TabNet(s.fit(&x, &outcome, seed)?)
            }
        };
        Ok(Model { names: x.names().to_vec(), constant, learner })
    }
}

impl Model {
    /// Values that rise with the chance of class 1; above 0 the model calls class 1. Log-odds for logistic
    /// regression, boosting and naive Bayes, distance from the border for support vector machines, probability − ½
    /// for others.
    ///
    /// # Errors
    /// [`crate::Error::UnknownColumn`], values that are not finite.
    pub fn decision(&self, x: &Matrix) -> Result<Vec<f64>> {
        let x = x.select(&self.names)?;
        x.require_finite()?;
        self.learner.decision(x.columns())
    }

    /// Probabilities of class 1; `None` for a support vector machine, whose decisions need a calibration
    /// ([`crate::Calibration`]).
    ///
    /// # Errors
    /// As [`Self::decision`].
    pub fn probability(&self, x: &Matrix) -> Result<Option<Vec<f64>>> {
        let decision = self.decision(x)?;
        Ok(self.learner.probability(&decision))
    }

    /// What is left of the conditions of the optimum, for learners that iterate; `None` for others.
    pub fn gap(&self) -> Option<f64> {
        match &self.learner {
            Learner::Logistic(l) => Some(l.gap),
            Learner::Svm(s) => Some(s.gap),
            Learner::LinearSvm(s) => Some(s.gap),
            _ => None,
        }
    }
}

impl Learner {
    /// Decisions over columns in the order of the fit.
    ///
    /// # Errors
    /// Those of TabNet; others have none.
    pub fn decision<C: AsRef<[f64]>>(&self, columns: &[C]) -> Result<Vec<f64>> {
        let centred = |p: Vec<f64>| p.into_iter().map(|p| p - 0.5).collect();
        Ok(match self {
            Self::Logistic(l) => l.linear_predictor(columns),
            Self::Svm(s) => s.decision(columns),
            Self::LinearSvm(s) => s.decision(columns),
            Self::Tree(t) => centred(t.values(columns)),
            Self::Forest(f) => centred(f.probability(columns)),
            Self::Boosting(b) => b.raw(columns),
            Self::Neighbours(n) => centred(n.probability(columns)),
            Self::NaiveBayes(b) => b.log_odds(columns),
            #[cfg(feature = "tabnet")]
            Self::TabNet(t) => return t.decision(columns),
        })
    }

    /// Probabilities that belong to decisions; `None` for support vector machines.
    pub fn probability(&self, decision: &[f64]) -> Option<Vec<f64>> {
        match self {
            Self::Svm(_) | Self::LinearSvm(_) => None,
            Self::Tree(_) | Self::Forest(_) | Self::Neighbours(_) => {
                Some(decision.iter().map(|d| d + 0.5).collect())
            }
            _ => Some(decision.iter().map(|d| radiomics_stats::logistic::sigmoid(*d)).collect()),
        }
    }
}

/// Patients and columns that are there, finite values, both classes.
pub(crate) fn check_input(x: &Matrix, outcome: &[bool]) -> Result<()> {
    x.require_finite()?;
    check_outcome(x, outcome)
}

/// Patients and columns that are there, both classes.
pub(crate) fn check_outcome(x: &Matrix, outcome: &[bool]) -> Result<()> {
    x.require_some()?;
    radiomics_stats::error::require_length("outcomes", outcome.len(), x.rows())?;
    let positives = outcome.iter().filter(|y| **y).count();
    let negatives = outcome.len() - positives;
    if positives == 0 || negatives == 0 {
        return Err(radiomics_stats::Error::OneClass { positives, negatives }.into());
    }
    Ok(())
}

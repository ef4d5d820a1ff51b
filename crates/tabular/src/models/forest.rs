//! Random forests (Breiman 2001).

use radiomics_stats::rng::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Features, Tree, TreeSettings};
use crate::error::{Result, check};
use crate::matrix::Matrix;

/// Settings of a forest. Python: `RandomForestClassifier(n_estimators, max_features, ...)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForestSettings {
    /// Number of trees.
    pub trees: usize,
    /// How each tree grows.
    pub tree: TreeSettings,
    /// Grow each tree on patients drawn with replacement.
    pub bootstrap: bool,
}

impl Default for ForestSettings {
    fn default() -> Self {
        Self {
            trees: 500,
            tree: TreeSettings { features: Features::Sqrt, ..TreeSettings::default() },
            bootstrap: true,
        }
    }
}

/// A forest: the mean of its trees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    /// The trees.
    pub trees: Vec<Tree>,
    /// Mean decrease of impurity by each column; they sum to 1.
    pub importance: Vec<f64>,
    /// For each training patient, in the order of the fit, the mean of the trees that did not see it.
    pub out_of_bag: Vec<Option<f64>>,
}

impl ForestSettings {
    /// Grows the trees in parallel; tree `t` draws from stream `t` of the seed.
    ///
    /// # Errors
    /// One class only, values that are not finite, settings outside their range.
    pub fn fit(&self, x: &Matrix, outcome: &[bool], seed: u64) -> Result<Forest> {
        super::check_input(x, outcome)?;
        self.tree.check()?;
        check(self.trees > 0, "trees", self.trees, "1 or more")?;
        let n = outcome.len();
        let [low, high] = self.tree.class_weight.weights(outcome);
        let grown: Vec<(Tree, Vec<bool>)> = (0..self.trees)
            .into_par_iter()
            .map(|t| {
                let mut rng = Rng::stream(seed, t as u64);
                let mut weights = vec![if self.bootstrap { 0.0 } else { 1.0 }; n];
                if self.bootstrap {
                    (0..n).for_each(|_| weights[rng.below(n)] += 1.0);
                }
                let seen = weights.iter().map(|w| *w > 0.0).collect();
                for (w, y) in weights.iter_mut().zip(outcome) {
                    *w *= if *y { high } else { low };
                }
                (self.tree.grow(x.columns(), outcome, &weights, &mut rng), seen)
            })
            .collect();
        let mut importance = vec![0.0; x.width()];
        let (mut sum, mut count) = (vec![0.0; n], vec![0.0; n]);
        for (tree, seen) in &grown {
            let own = tree.importance(x.width());
            let total: f64 = own.iter().sum();
            if total > 0.0 {
                importance.iter_mut().zip(&own).for_each(|(a, b)| *a += b / total);
            }
            for i in (0..n).filter(|&i| !seen[i]) {
                sum[i] += tree.value(|j| x.column(j)[i]);
                count[i] += 1.0;
            }
        }
        let total: f64 = importance.iter().sum();
        if total > 0.0 {
            importance.iter_mut().for_each(|i| *i /= total);
        }
        let out_of_bag = sum.iter().zip(&count).map(|(s, c)| (*c > 0.0).then(|| s / c)).collect();
        Ok(Forest { trees: grown.into_iter().map(|g| g.0).collect(), importance, out_of_bag })
    }
}

impl Forest {
    /// Probabilities of class 1: the mean of the leaves' shares.
    pub fn probability<C: AsRef<[f64]>>(&self, columns: &[C]) -> Vec<f64> {
        let n = columns.first().map_or(0, |c| c.as_ref().len());
        (0..n)
            .map(|i| {
                let sum: f64 = self.trees.iter().map(|t| t.value(|j| columns[j].as_ref()[i])).sum();
                sum / self.trees.len() as f64
            })
            .collect()
    }
}

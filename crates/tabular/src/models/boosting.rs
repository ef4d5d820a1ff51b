//! Gradient boosting of trees on binned columns, logistic loss (Friedman 2001; Ke et al. 2017).
//!
//! Trees grow leaf by leaf, the one with the largest gain first. A split's gain is `G_L²/(H_L + λ) + G_R²/(H_R + λ) −
//! G²/(H + λ)` with the sums `G` and `H` of gradient and curvature of the loss; a leaf adds `−η G/(H + λ)`.

use radiomics_stats::logistic::{logit, sigmoid, softplus};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::binning::{Binned, bin};
use super::{Node, Tree};
use crate::error::{Result, check};
use crate::matrix::Matrix;

/// Settings of boosting. Python: `HistGradientBoostingClassifier(learning_rate, max_iter, max_leaf_nodes, max_depth,
/// min_samples_leaf, l2_regularization, early_stopping = False)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoostingSettings {
    /// Number of trees.
    pub trees: usize,
    /// Share of each step that is made, `η`.
    pub learning_rate: f64,
    /// Most leaves of a tree.
    pub max_leaves: usize,
    /// Depth at which branches end; none by default.
    pub max_depth: Option<usize>,
    /// Fewest patients of a leaf.
    pub min_leaf: usize,
    /// Penalty of the leaves' values, `λ`.
    pub l2: f64,
}

impl Default for BoostingSettings {
    fn default() -> Self {
        Self { trees: 100, learning_rate: 0.1, max_leaves: 31, max_depth: None, min_leaf: 20, l2: 0.0 }
    }
}

/// A sum of trees on the scale of log-odds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boosting {
    /// Log-odds of the training patients, where the sum begins.
    pub base: f64,
    /// The trees.
    pub trees: Vec<Tree>,
    /// Mean logistic loss of the training patients after each tree. Python: `log_loss` of `staged_predict_proba`.
    #[serde(default)]
    pub loss: Vec<f64>,
}

const LEAST_CURVATURE: f64 = 1e-3;

impl BoostingSettings {
    /// Grows the trees one after the other.
    ///
    /// # Errors
    /// One class only, values that are not finite, settings outside their range.
    ///
    /// ```
    /// use radiomics_tabular::{Matrix, models::BoostingSettings};
    /// let y: Vec<bool> = (0..80).map(|i| i >= 40).collect();
    /// let x = Matrix::unnamed(vec![(0..80).map(f64::from).collect()])?;
    /// let model = BoostingSettings { trees: 10, ..BoostingSettings::default() }.fit(&x, &y)?;
    /// assert!(model.raw(&[[0.0], ])[0] < 0.0 && model.raw(&[[79.0]])[0] > 0.0);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn fit(&self, x: &Matrix, outcome: &[bool]) -> Result<Boosting> {
        super::check_input(x, outcome)?;
        check(self.trees > 0, "trees", self.trees, "1 or more")?;
        check(
            self.learning_rate > 0.0 && self.learning_rate <= 1.0,
            "learning_rate",
            self.learning_rate,
            "above 0, at most 1",
        )?;
        check(self.max_leaves >= 2, "max_leaves", self.max_leaves, "2 or more")?;
        check(self.min_leaf >= 1, "min_leaf", self.min_leaf, "1 or more")?;
        check(self.l2 >= 0.0 && self.l2.is_finite(), "l2", self.l2, "0 or more")?;
        let n = outcome.len();
        let columns: Vec<Binned> = x.columns().par_iter().map(|c| bin(c)).collect();
        let base = logit(outcome.iter().filter(|y| **y).count() as f64 / n as f64);
        let mut raw = vec![base; n];
        let mut model = Boosting { base, trees: Vec::with_capacity(self.trees), loss: Vec::new() };
        for _ in 0..self.trees {
            let loss: Vec<[f64; 2]> = raw
                .iter()
                .zip(outcome)
                .map(|(r, y)| {
                    let p = sigmoid(*r);
                    [p - f64::from(u8::from(*y)), p * (1.0 - p)]
                })
                .collect();
            let tree = Grower { settings: self, columns: &columns, loss: &loss }.grow(&mut raw);
            model.trees.push(tree);
            let of = |(r, y): (&f64, &bool)| softplus(if *y { -r } else { *r });
            model.loss.push(raw.iter().zip(outcome).map(of).sum::<f64>() / n as f64);
        }
        Ok(model)
    }
}

/// Sums of one bin: gradient, curvature, patients.
type Bin = [f64; 3];

struct Split {
    feature: usize,
    bin: usize,
    gain: f64,
}

struct Leaf {
    rows: Vec<u32>,
    totals: Bin,
    /// Bins of all columns, one after the other.
    bins: Vec<Bin>,
    split: Option<Split>,
    depth: usize,
    node: usize,
}

struct Grower<'a> {
    settings: &'a BoostingSettings,
    columns: &'a [Binned],
    loss: &'a [[f64; 2]],
}

impl Grower<'_> {
    fn grow(&self, raw: &mut [f64]) -> Tree {
        let rows: Vec<u32> = (0..self.loss.len() as u32).collect();
        let bins = self.histogram(&rows);
        let mut nodes = vec![Node::leaf(0.0, 0.0)];
        let mut open = Vec::new();
        let mut leaves = vec![self.leaf(rows, bins, 0, 0)];
        let mut count = 1;
        while let Some(leaf) = leaves.pop() {
            if leaf.split.is_some() {
                open.push(leaf)
            } else {
                self.close(leaf, &mut nodes, raw)
            }
            if !leaves.is_empty() {
                continue;
            }
            if count >= self.settings.max_leaves {
                break;
            }
            // The largest gain, the oldest of equals.
            let gain = |l: &Leaf| l.split.as_ref().map_or(0.0, |s| s.gain);
            let best = (0..open.len()).reduce(|a, b| if gain(&open[b]) > gain(&open[a]) { b } else { a });
            let Some(best) = best else { break };
            let leaf = open.remove(best);
            let [left, right] = self.divide(leaf, &mut nodes);
            leaves.extend([right, left]);
            count += 1;
        }
        for leaf in open {
            self.close(leaf, &mut nodes, raw);
        }
        Tree { nodes }
    }

    /// What the leaf adds, for its patients and in the tree.
    fn close(&self, leaf: Leaf, nodes: &mut [Node], raw: &mut [f64]) {
        let [g, h, count] = leaf.totals;
        let value = -self.settings.learning_rate * g / (h + self.settings.l2 + f64::EPSILON);
        nodes[leaf.node] = Node::leaf(count, value);
        for i in leaf.rows {
            raw[i as usize] += value;
        }
    }

    fn divide(&self, leaf: Leaf, nodes: &mut Vec<Node>) -> [Leaf; 2] {
        let (feature, bin) = leaf.split.as_ref().map_or((0, 0), |s| (s.feature, s.bin));
        let column = &self.columns[feature];
        let (left, right): (Vec<u32>, Vec<u32>) =
            leaf.rows.iter().partition(|&&i| usize::from(column.codes[i as usize]) <= bin);
        let at = nodes.len();
        nodes[leaf.node] = Node {
            feature,
            threshold: column.edges[bin],
            left: at,
            right: at + 1,
            cover: leaf.totals[2],
            value: -self.settings.learning_rate * leaf.totals[0]
                / (leaf.totals[1] + self.settings.l2 + f64::EPSILON),
        };
        nodes.extend([Node::leaf(0.0, 0.0); 2]);
        // The smaller side is counted, the larger one is what is left.
        let small_left = left.len() <= right.len();
        let small = self.histogram(if small_left { &left } else { &right });
        let mut large = leaf.bins;
        for (l, s) in large.iter_mut().zip(&small) {
            (0..3).for_each(|k| l[k] -= s[k]);
        }
        let (a, b) = if small_left { (small, large) } else { (large, small) };
        [self.leaf(left, a, leaf.depth + 1, at), self.leaf(right, b, leaf.depth + 1, at + 1)]
    }

    fn leaf(&self, rows: Vec<u32>, bins: Vec<Bin>, depth: usize, node: usize) -> Leaf {
        let mut totals = [0.0, 0.0, rows.len() as f64];
        for &i in &rows {
            totals[0] += self.loss[i as usize][0];
            totals[1] += self.loss[i as usize][1];
        }
        let s = self.settings;
        let split = if rows.len() < 2 * s.min_leaf || s.max_depth.is_some_and(|d| depth >= d) {
            None
        } else {
            self.best(&bins, totals)
        };
        Leaf { rows, totals, bins, split, depth, node }
    }

    fn starts(&self) -> Vec<usize> {
        let mut starts = vec![0];
        for c in self.columns {
            starts.push(starts[starts.len() - 1] + c.edges.len() + 1);
        }
        starts
    }

    fn histogram(&self, rows: &[u32]) -> Vec<Bin> {
        let one = |column: &Binned| {
            let mut bins = vec![[0.0; 3]; column.edges.len() + 1];
            for &i in rows {
                let bin = &mut bins[usize::from(column.codes[i as usize])];
                let [g, h] = self.loss[i as usize];
                bin[0] += g;
                bin[1] += h;
                bin[2] += 1.0;
            }
            bins
        };
        if rows.len() * self.columns.len() > 100_000 {
            self.columns.par_iter().map(one).collect::<Vec<_>>().concat()
        } else {
            self.columns.iter().flat_map(one).collect()
        }
    }

    fn best(&self, bins: &[Bin], [g, h, count]: Bin) -> Option<Split> {
        let s = self.settings;
        let worth = |g: f64, h: f64| g * g / (h + s.l2 + f64::EPSILON);
        let whole = worth(g, h);
        let mut best: Option<Split> = None;
        for (feature, start) in self.starts().windows(2).enumerate() {
            let mut left = [0.0; 3];
            for (b, bin) in bins[start[0]..start[1] - 1].iter().enumerate() {
                (0..3).for_each(|k| left[k] += bin[k]);
                let right = [g - left[0], h - left[1], count - left[2]];
                if left[2] < s.min_leaf as f64 || left[1] < LEAST_CURVATURE || bin[2] < 0.5 {
                    continue;
                }
                if right[2] < s.min_leaf as f64 || right[1] < LEAST_CURVATURE {
                    break;
                }
                let gain = worth(left[0], left[1]) + worth(right[0], right[1]) - whole;
                // Gains that differ by rounding alone: the first column, the lowest bin.
                let limit = best.as_ref().map_or(1e-12 * whole.max(1e-300), |b| b.gain * (1.0 + 1e-12));
                if gain > limit {
                    best = Some(Split { feature, bin: b, gain });
                }
            }
        }
        best
    }
}

impl Boosting {
    /// Log-odds of class 1. Python: `decision_function`.
    pub fn raw<C: AsRef<[f64]>>(&self, columns: &[C]) -> Vec<f64> {
        let n = columns.first().map_or(0, |c| c.as_ref().len());
        (0..n)
            .map(|i| self.trees.iter().fold(self.base, |s, t| s + t.value(|j| columns[j].as_ref()[i])))
            .collect()
    }
}

//! Decision trees (CART, Gini impurity).

use radiomics_stats::rng::Rng;
use serde::{Deserialize, Serialize};

use super::ClassWeight;
use crate::error::{Result, check};
use crate::matrix::Matrix;

/// How many columns are looked at for a split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Features {
    /// All.
    #[default]
    All,
    /// The square root of their number.
    Sqrt,
    /// The base-2 logarithm of their number.
    Log2,
    /// A share of them.
    Share(f64),
}

impl Features {
    pub(super) fn count(self, all: usize) -> usize {
        let n = all as f64;
        let wanted = match self {
            Self::All => n,
            Self::Sqrt => n.sqrt(),
            Self::Log2 => n.log2(),
            Self::Share(share) => share * n,
        };
        (wanted as usize).clamp(1, all)
    }

    pub(super) fn check(self) -> Result<()> {
        if let Self::Share(share) = self {
            check(share > 0.0 && share <= 1.0, "share of features", share, "above 0, at most 1")?;
        }
        Ok(())
    }
}

/// Settings of a tree. Python: `DecisionTreeClassifier(max_depth, min_samples_split, min_samples_leaf,
/// max_features, class_weight)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TreeSettings {
    /// Depth at which branches end; none by default.
    pub max_depth: Option<usize>,
    /// Fewest patients of a node that is split.
    pub min_split: usize,
    /// Fewest patients of a leaf.
    pub min_leaf: usize,
    /// Columns looked at for a split.
    pub features: Features,
    /// Weights of the classes.
    pub class_weight: ClassWeight,
}

impl Default for TreeSettings {
    fn default() -> Self {
        Self {
            max_depth: None,
            min_split: 2,
            min_leaf: 1,
            features: Features::All,
            class_weight: ClassWeight::Equal,
        }
    }
}

/// A node. Patients whose value does not exceed the threshold go left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Column that is asked, by its position; 0 for a leaf.
    pub feature: usize,
    /// Threshold; 0 for a leaf.
    pub threshold: f64,
    /// Position of the left child; 0 for a leaf.
    pub left: usize,
    /// Position of the right child; 0 for a leaf.
    pub right: usize,
    /// Weight of the training patients that came here.
    pub cover: f64,
    /// Share of class 1 among them; in boosting what the leaf adds to the log-odds.
    pub value: f64,
}

impl Node {
    /// A node without children.
    pub fn leaf(cover: f64, value: f64) -> Self {
        Self { feature: 0, threshold: 0.0, left: 0, right: 0, cover, value }
    }

    /// Whether it has no children.
    pub fn is_leaf(&self) -> bool {
        self.left == 0
    }
}

/// A tree; the first node is the root, children stand behind their parents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// All nodes.
    pub nodes: Vec<Node>,
}

impl TreeSettings {
    /// Grows a tree. The seed matters where not all columns are looked at.
    ///
    /// # Errors
    /// One class only, values that are not finite, settings outside their range.
    ///
    /// ```
    /// use radiomics_tabular::{Matrix, models::TreeSettings};
    /// let x = Matrix::unnamed(vec![vec![1.0, 2.0, 3.0, 4.0]])?;
    /// let tree = TreeSettings::default().fit(&x, &[false, false, true, true], 0)?;
    /// assert_eq!((tree.nodes.len(), tree.nodes[0].threshold), (3, 2.5));
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn fit(&self, x: &Matrix, outcome: &[bool], seed: u64) -> Result<Tree> {
        super::check_input(x, outcome)?;
        self.check()?;
        let [low, high] = self.class_weight.weights(outcome);
        let weights: Vec<f64> = outcome.iter().map(|y| if *y { high } else { low }).collect();
        Ok(self.grow(x.columns(), outcome, &weights, &mut Rng::new(seed)))
    }

    pub(super) fn check(&self) -> Result<()> {
        check(self.min_split >= 2, "min_split", self.min_split, "2 or more")?;
        check(self.min_leaf >= 1, "min_leaf", self.min_leaf, "1 or more")?;
        self.class_weight.check()?;
        self.features.check()
    }

    /// Grows a tree on patients with weights; those of weight 0 are left out.
    pub(super) fn grow(
        &self,
        columns: &[Vec<f64>],
        outcome: &[bool],
        weights: &[f64],
        rng: &mut Rng,
    ) -> Tree {
        let rows: Vec<u32> = (0..outcome.len() as u32).filter(|&i| weights[i as usize] > 0.0).collect();
        let mut grower = Grower {
            settings: self,
            columns,
            outcome,
            weights,
            rng,
            nodes: Vec::new(),
            sorted: Vec::with_capacity(rows.len()),
            order: (0..columns.len()).collect(),
        };
        grower.node(rows, 0);
        Tree { nodes: grower.nodes }
    }
}

struct Grower<'a> {
    settings: &'a TreeSettings,
    columns: &'a [Vec<f64>],
    outcome: &'a [bool],
    weights: &'a [f64],
    rng: &'a mut Rng,
    nodes: Vec<Node>,
    sorted: Vec<(f64, u32)>,
    order: Vec<usize>,
}

struct Split {
    feature: usize,
    threshold: f64,
    score: f64,
}

impl Grower<'_> {
    fn totals(&self, rows: &[u32]) -> [f64; 2] {
        let mut totals = [0.0; 2];
        for &i in rows {
            totals[usize::from(self.outcome[i as usize])] += self.weights[i as usize];
        }
        totals
    }

    fn node(&mut self, rows: Vec<u32>, depth: usize) -> usize {
        let totals = self.totals(&rows);
        let cover = totals[0] + totals[1];
        let at = self.nodes.len();
        self.nodes.push(Node::leaf(cover, totals[1] / cover));
        let s = self.settings;
        let pure = totals[0] == 0.0 || totals[1] == 0.0;
        if pure
            || rows.len() < s.min_split
            || rows.len() < 2 * s.min_leaf
            || s.max_depth.is_some_and(|d| depth >= d)
        {
            return at;
        }
        let Some(split) = self.best(&rows, totals) else { return at };
        let column = &self.columns[split.feature];
        let (left, right): (Vec<u32>, Vec<u32>) =
            rows.iter().partition(|&&i| column[i as usize] <= split.threshold);
        drop(rows);
        let left = self.node(left, depth + 1);
        let right = self.node(right, depth + 1);
        let node = &mut self.nodes[at];
        (node.feature, node.threshold, node.left, node.right) = (split.feature, split.threshold, left, right);
        at
    }

    /// The best split over columns drawn without replacement; more are drawn until one of them can be split.
    fn best(&mut self, rows: &[u32], totals: [f64; 2]) -> Option<Split> {
        let all = self.columns.len();
        let wanted = self.settings.features.count(all);
        let mut best: Option<Split> = None;
        for looked in 0..all {
            if looked >= wanted && best.is_some() {
                break;
            }
            if wanted < all {
                let other = looked + self.rng.below(all - looked);
                self.order.swap(looked, other);
            }
            let feature = self.order[looked];
            self.scan(feature, rows, totals, &mut best);
        }
        if wanted < all {
            self.order.sort_unstable();
        }
        best
    }

    /// Best threshold of one column: the largest `Σ_side Σ_class w² / w_side`, which is the least Gini impurity.
    fn scan(&mut self, feature: usize, rows: &[u32], totals: [f64; 2], best: &mut Option<Split>) {
        let column = &self.columns[feature];
        self.sorted.clear();
        self.sorted.extend(rows.iter().map(|&i| (column[i as usize], i)));
        self.sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let n = self.sorted.len();
        if self.sorted[0].0 == self.sorted[n - 1].0 {
            return;
        }
        let least = self.settings.min_leaf;
        let mut left = [0.0; 2];
        for k in 0..n - 1 {
            let (value, i) = self.sorted[k];
            left[usize::from(self.outcome[i as usize])] += self.weights[i as usize];
            let next = self.sorted[k + 1].0;
            if value == next || k + 1 < least || n - k - 1 < least {
                continue;
            }
            let right = [totals[0] - left[0], totals[1] - left[1]];
            let side = |s: [f64; 2]| (s[0] * s[0] + s[1] * s[1]) / (s[0] + s[1]);
            let score = side(left) + side(right);
            // Equal splits that differ by rounding alone: the first column wins.
            if best.as_ref().is_none_or(|b| score > b.score * (1.0 + 1e-12)) {
                let middle = value / 2.0 + next / 2.0;
                let threshold = if middle < next { middle } else { value };
                *best = Some(Split { feature, threshold, score });
            }
        }
    }
}

impl Tree {
    /// The value of the leaf that one patient comes to.
    pub fn value(&self, patient: impl Fn(usize) -> f64) -> f64 {
        let mut node = &self.nodes[0];
        while !node.is_leaf() {
            node = &self.nodes[if patient(node.feature) <= node.threshold { node.left } else { node.right }];
        }
        node.value
    }

    /// The values of all patients of the columns.
    pub fn values<C: AsRef<[f64]>>(&self, columns: &[C]) -> Vec<f64> {
        let n = columns.first().map_or(0, |c| c.as_ref().len());
        (0..n).map(|i| self.value(|j| columns[j].as_ref()[i])).collect()
    }

    /// Decrease of the Gini impurity by each column, weighted by cover, for trees of classes.
    pub fn importance(&self, width: usize) -> Vec<f64> {
        let mut importance = vec![0.0; width];
        let gini = |n: &Node| n.cover * 2.0 * n.value * (1.0 - n.value);
        for node in self.nodes.iter().filter(|n| !n.is_leaf()) {
            importance[node.feature] +=
                gini(node) - gini(&self.nodes[node.left]) - gini(&self.nodes[node.right]);
        }
        importance.iter().map(|i| i / self.nodes[0].cover).collect()
    }
}

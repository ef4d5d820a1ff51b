//! Trees and sums of trees: exact Shapley values in time polynomial in depth (Lundberg et al. 2020,
//! doi:10.1038/s42256-019-0138-9).

mod interventional;
mod path;

use ndarray::{Array2, Array3, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, require_count, require_size};
use crate::explanation::Explanation;
use crate::model::{Model, require_finite};

/// One node of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Where to go on, `None` in a leaf.
    pub split: Option<Split>,
    /// What a leaf predicts; of no meaning in other nodes.
    pub value: f64,
    /// Weight of the training rows that came here.
    pub cover: f64,
}

/// The question that a node asks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// Which feature.
    pub feature: usize,
    /// Rows with at most this value go left.
    pub threshold: f64,
    /// Where rows without a value go.
    pub missing_left: bool,
    /// Node on the left, counted from 0.
    pub left: usize,
    /// Node on the right.
    pub right: usize,
}

/// How a value is compared with a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// `x ≤ threshold`: our own trees and LightGBM.
    #[default]
    AtMost,
    /// `x ≤ threshold` with `x` rounded to single precision: scikit-learn.
    AtMostSingle,
    /// `x < threshold` in single precision: XGBoost.
    BelowSingle,
}

/// `f(x) = base + scale · Σ_t tree_t(x)`.
///
/// ```
/// use ndarray::array;
/// use radiomics_explain::shapley::tree::{Comparison, Ensemble, Node, Split};
/// let leaf = |value, cover| Node { split: None, value, cover };
/// let split = Split { feature: 0, threshold: 0.5, missing_left: true, left: 1, right: 2 };
/// let root = Node { split: Some(split), value: 0.0, cover: 4.0 };
/// let trees = Ensemble::new(vec![vec![root, leaf(1.0, 3.0), leaf(5.0, 1.0)]], 2, 0.0, 1.0, Comparison::AtMost)?;
/// let explanation = trees.path_dependent(array![[0.0, 7.0], [1.0, 7.0]].view())?;
/// assert_eq!(explanation.base, 2.0); // three quarters of 1, one of 5
/// assert_eq!(explanation.values, array![[-1.0, 0.0], [3.0, 0.0]]);
/// # Ok::<(), radiomics_explain::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble {
    trees: Vec<Vec<Node>>,
    /// Longest way from the root to a leaf in any tree.
    depth: usize,
    features: usize,
    base: f64,
    scale: f64,
    comparison: Comparison,
}

/// Deepest tree that is walked: each level of a walk takes some stack.
const DEPTH: usize = 1024;

impl Ensemble {
    /// Checks the trees; the root of each is node 0.
    ///
    /// # Errors
    /// [`Error::Tree`] for a node that is no node of a tree: children that are absent or met twice, an unknown feature,
    /// numbers that are not finite, a cover that is 0 or does not match those below, more than 1,024 levels.
    pub fn new(
        trees: Vec<Vec<Node>>,
        features: usize,
        base: f64,
        scale: f64,
        comparison: Comparison,
    ) -> Result<Self, Error> {
        require_count("trees", trees.len(), 1)?;
        let mut depth = 0;
        for (tree, nodes) in trees.iter().enumerate() {
            depth = depth.max(check(tree, nodes, features)?);
        }
        for (name, value) in [("base", base), ("scale", scale)] {
            if !value.is_finite() {
                return Err(Error::Setting { name, value: value.to_string(), expected: "finite" });
            }
        }
        Ok(Self { trees, depth, features, base, scale, comparison })
    }

    /// Values where a feature that is not known is passed by both ways in proportion to the training rows that took them
    /// (`feature_perturbation = "tree_path_dependent"`). Missing values (NaN) go where the node sends them.
    ///
    /// Python: `shap.TreeExplainer(model).shap_values(x)`.
    ///
    /// # Errors
    /// Another number of features.
    pub fn path_dependent(&self, x: ArrayView2<'_, f64>) -> Result<Explanation, Error> {
        self.check_rows(x)?;
        let base = self.base + self.scale * self.trees.iter().map(|t| mean(t)).sum::<f64>();
        let values = self.per_row(x, |row, phi| {
            for tree in &self.trees {
                path::tree(self, tree, row, phi, None);
            }
        })?;
        self.explanation("tree, path-dependent", base, x, values, 0)
    }

    /// Values where features that are not known come from background rows (`"interventional"`): those of the
    /// [`Marginal`](crate::Marginal) game. Time: background rows × nodes for each row.
    ///
    /// Python: `shap.TreeExplainer(model, background).shap_values(x)`.
    ///
    /// # Errors
    /// No background; another number of features.
    pub fn interventional(
        &self,
        background: ArrayView2<'_, f64>,
        x: ArrayView2<'_, f64>,
    ) -> Result<Explanation, Error> {
        self.check_rows(x)?;
        self.check_rows(background)?;
        require_count("background rows", background.nrows(), 1)?;
        let rows = background.nrows() as f64;
        let base = self.predict(background)?.sum() / rows;
        let weights = interventional::Weights::new(self.depth);
        let values = self.per_row(x, |row, phi| {
            for tree in &self.trees {
                for b in background.rows() {
                    interventional::tree(self, tree, row, &b.to_vec(), &weights, phi);
                }
            }
            phi.iter_mut().for_each(|p| *p /= rows);
        })?;
        self.explanation("tree, interventional", base, x, values, background.nrows())
    }

    /// Shapley interaction values of the path-dependent game: `φ_ij` off the diagonal (half of the interaction on each
    /// side), what is left of `φ_i` on it; rows of a matrix sum to `φ`. Shape `(rows, features, features)`.
    ///
    /// Python: `shap.TreeExplainer(model).shap_interaction_values(x)`.
    ///
    /// # Errors
    /// Another number of features.
    pub fn interactions(&self, x: ArrayView2<'_, f64>) -> Result<Array3<f64>, Error> {
        self.check_rows(x)?;
        let m = self.features;
        let mut used = vec![false; m];
        self.trees.iter().flatten().filter_map(|n| n.split).for_each(|s| used[s.feature] = true);
        let rows: Vec<Vec<f64>> = (0..x.nrows())
            .into_par_iter()
            .map(|i| {
                let row = x.row(i).to_vec();
                let mut matrix = vec![0.0; m * m];
                let mut own = vec![0.0; m];
                self.trees.iter().for_each(|t| path::tree(self, t, &row, &mut own, None));
                for j in (0..m).filter(|j| used[*j]) {
                    let (mut on, mut off) = (vec![0.0; m], vec![0.0; m]);
                    for tree in &self.trees {
                        path::tree(self, tree, &row, &mut on, Some((j, true)));
                        path::tree(self, tree, &row, &mut off, Some((j, false)));
                    }
                    for i in (0..m).filter(|i| *i != j) {
                        matrix[i * m + j] = 0.5 * self.scale * (on[i] - off[i]);
                    }
                }
                for i in 0..m {
                    let others: f64 = (0..m).filter(|j| *j != i).map(|j| matrix[i * m + j]).sum();
                    matrix[i * m + i] = self.scale * own[i] - others;
                }
                matrix
            })
            .collect();
        Array3::from_shape_vec((x.nrows(), m, m), rows.concat()).map_err(|e| Error::Model(e.to_string()))
    }

    fn per_row(
        &self,
        x: ArrayView2<'_, f64>,
        f: impl Fn(&[f64], &mut [f64]) + Sync,
    ) -> Result<Array2<f64>, Error> {
        let rows: Vec<Vec<f64>> = (0..x.nrows())
            .into_par_iter()
            .map(|i| {
                let mut phi = vec![0.0; self.features];
                f(&x.row(i).to_vec(), &mut phi);
                phi.iter_mut().for_each(|p| *p *= self.scale);
                phi
            })
            .collect();
        Array2::from_shape_vec(x.dim(), rows.concat()).map_err(|e| Error::Model(e.to_string()))
    }

    fn explanation(
        &self,
        method: &'static str,
        base: f64,
        x: ArrayView2<'_, f64>,
        values: Array2<f64>,
        samples: usize,
    ) -> Result<Explanation, Error> {
        let predictions = self.predict(x)?.to_vec();
        Ok(Explanation { method, base, values, predictions, standard_errors: None, samples })
    }

    fn check_rows(&self, x: ArrayView2<'_, f64>) -> Result<(), Error> {
        require_size("features of the rows", x.ncols(), self.features)?;
        // Missing values are legal; infinite ones are not, as for every other explainer.
        require_finite("a row", x.mapv(|v| if v.is_nan() { 0.0 } else { v }).view())
    }

    /// Whether a row goes left.
    fn left(&self, split: &Split, row: &[f64]) -> bool {
        let x = row[split.feature];
        if x.is_nan() {
            return split.missing_left;
        }
        match self.comparison {
            Comparison::AtMost => x <= split.threshold,
            Comparison::AtMostSingle => f64::from(x as f32) <= split.threshold,
            Comparison::BelowSingle => (x as f32) < split.threshold as f32,
        }
    }
}

impl Model for Ensemble {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<ndarray::Array1<f64>, Error> {
        require_size("features of the rows", rows.ncols(), self.features)?;
        Ok(rows
            .rows()
            .into_iter()
            .map(|row| {
                let row = row.to_vec();
                let leaves = self.trees.iter().map(|tree| {
                    let mut node = &tree[0];
                    while let Some(split) = &node.split {
                        node = &tree[if self.left(split, &row) { split.left } else { split.right }];
                    }
                    node.value
                });
                self.base + self.scale * leaves.sum::<f64>()
            })
            .collect())
    }
}

/// Mean of a tree over its training rows.
fn mean(tree: &[Node]) -> f64 {
    let leaves = tree.iter().filter(|n| n.split.is_none());
    leaves.map(|n| n.value * (n.cover / tree[0].cover)).sum()
}

/// Walks a tree from its root and returns its depth in splits.
fn check(tree: usize, nodes: &[Node], features: usize) -> Result<usize, Error> {
    let fail = |node: usize, reason: String| Err(Error::Tree { tree, node, reason });
    if nodes.is_empty() {
        return fail(0, "there is no node".to_owned());
    }
    let mut seen = vec![false; nodes.len()];
    let mut open = vec![(0, 0)];
    let mut deepest = 0;
    while let Some((node, depth)) = open.pop() {
        let Some(n) = nodes.get(node) else {
            return fail(node, format!("it is named as a child, but there are {} nodes", nodes.len()));
        };
        if std::mem::replace(&mut seen[node], true) {
            return fail(node, "more than one node has it as a child".to_owned());
        }
        if !(n.cover > 0.0 && n.cover.is_finite()) {
            return fail(node, format!("its cover is {}; it must be positive and finite", n.cover));
        }
        if depth > DEPTH {
            return fail(node, format!("it is more than {DEPTH} levels below the root"));
        }
        deepest = deepest.max(depth);
        match n.split {
            None if !n.value.is_finite() => return fail(node, format!("its value is {}", n.value)),
            None => {}
            Some(split) => {
                if split.feature >= features {
                    let reason = format!("it asks for feature {} of {features}", split.feature);
                    return fail(node, reason);
                }
                if split.threshold.is_nan() {
                    return fail(node, "its threshold is not a number".to_owned());
                }
                let cover = |child: usize| nodes.get(child).map_or(f64::NAN, |n| n.cover);
                let sum = cover(split.left) + cover(split.right);
                // Single precision in the files of others.
                if (sum - n.cover).abs() > 1e-4 * n.cover {
                    return fail(node, format!("its cover is {}, that of its children {sum}", n.cover));
                }
                open.push((split.left, depth + 1));
                open.push((split.right, depth + 1));
            }
        }
    }
    Ok(deepest)
}

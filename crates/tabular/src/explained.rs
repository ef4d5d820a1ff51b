//! Fitted learners in the forms of `radiomics_explain`, whose Shapley values need their insides.
//!
//! | learner | form | explained is |
//! |---|---|---|
//! | [`Tree`], [`Forest`] | [`Ensemble`] | probability of class 1 |
//! | [`Boosting`] | [`Ensemble`] | log-odds |
//! | [`Svm`], [`LinearSvm`] | [`KernelMachine`] | decision, or Platt's probability |
//! | [`LinearSvm`] | [`linear()`] | decision |
//! | [`Logistic`] | [`linear()`] | log-odds |
//!
//! Columns have the order of the fit: for a [`Model`](crate::models::Model) that of its `names`, which
//! [`Matrix::select`] brings about. Others are functions of rows, and Kernel SHAP explains any function.

use ndarray::{Array2, ArrayView2};
use radiomics_explain::Explanation;
use radiomics_explain::shapley::linear::{Features, linear};
use radiomics_explain::shapley::tree::{self, Comparison, Ensemble, Split};
use radiomics_explain::shapley::{Kernel, KernelMachine, Link};

use crate::calibrate::Calibrator;
use crate::error::{Error, Result, setting};
use crate::matrix::Matrix;
use crate::models::{Boosting, FittedKernel, Forest, LinearSvm, Logistic, Node, Svm, Tree};

impl Matrix {
    /// The values with one row for each patient. Shape `(patients, columns)`.
    pub fn array(&self) -> Array2<f64> {
        Array2::from_shape_fn((self.rows(), self.width()), |(row, column)| self.column(column)[row])
    }
}

impl Tree {
    /// The tree as an ensemble of one over `width` columns. Missing values go right, as in [`Self::value`].
    ///
    /// # Errors
    /// A node that asks for a column beyond `width`; nodes, in a tree from a file, that are no tree.
    ///
    /// ```
    /// use radiomics_tabular::{Matrix, models::TreeSettings};
    /// let x = Matrix::unnamed(vec![vec![1.0, 2.0, 3.0, 4.0]])?;
    /// let tree = TreeSettings::default().fit(&x, &[false, false, true, true], 0)?;
    /// let explanation = tree.ensemble(x.width())?.path_dependent(x.array().view())?;
    /// assert_eq!((explanation.base, explanation.values[[0, 0]]), (0.5, -0.5));
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn ensemble(&self, width: usize) -> Result<Ensemble> {
        ensemble(std::slice::from_ref(self), width, 0.0, 1.0)
    }
}

impl Forest {
    /// The mean of the trees.
    ///
    /// # Errors
    /// No tree; as [`Tree::ensemble`].
    pub fn ensemble(&self, width: usize) -> Result<Ensemble> {
        // Without a tree the ensemble is refused, whatever its scale.
        ensemble(&self.trees, width, 0.0, 1.0 / self.trees.len().max(1) as f64)
    }
}

impl Boosting {
    /// The sum of the trees, which begins at [`Boosting::base`].
    ///
    /// # Errors
    /// No tree; as [`Tree::ensemble`].
    pub fn ensemble(&self, width: usize) -> Result<Ensemble> {
        ensemble(&self.trees, width, self.base, 1.0)
    }
}

impl Svm {
    /// The machine. It explains decisions, with a calibration by a sigmoid the probabilities that it gives.
    ///
    /// # Errors
    /// No support vector; an isotonic calibration, whose steps are no link.
    pub fn kernel_machine(&self, calibrator: Option<&Calibrator>) -> Result<KernelMachine> {
        let kernel = match self.kernel {
            FittedKernel::Linear => Kernel::Linear,
            FittedKernel::Rbf { gamma } => Kernel::Rbf { gamma },
            FittedKernel::Polynomial { degree, gamma, coef0 } => Kernel::Polynomial { gamma, coef0, degree },
            FittedKernel::Sigmoid { gamma, coef0 } => Kernel::Sigmoid { gamma, coef0 },
        };
        machine(kernel, &self.support, self.coefficients.clone(), self.intercept, calibrator)
    }
}

impl LinearSvm {
    /// The machine, whose one support vector are the weights. It explains decisions, with a calibration by a sigmoid
    /// the probabilities that it gives.
    ///
    /// # Errors
    /// An isotonic calibration, whose steps are no link.
    pub fn kernel_machine(&self, calibrator: Option<&Calibrator>) -> Result<KernelMachine> {
        machine(Kernel::Linear, std::slice::from_ref(&self.weights), vec![1.0], self.intercept, calibrator)
    }

    /// Shapley values of the decisions of rows `x`, shapes `(rows, columns)`.
    ///
    /// # Errors
    /// Those of [`linear()`].
    pub fn shapley(
        &self,
        background: ArrayView2<'_, f64>,
        x: ArrayView2<'_, f64>,
        features: Features,
    ) -> Result<Explanation> {
        Ok(linear(&self.weights, self.intercept, background, x, features)?)
    }
}

impl Logistic {
    /// Shapley values of the log-odds of rows `x`, shapes `(rows, columns)`.
    ///
    /// # Errors
    /// Those of [`linear()`].
    pub fn shapley(
        &self,
        background: ArrayView2<'_, f64>,
        x: ArrayView2<'_, f64>,
        features: Features,
    ) -> Result<Explanation> {
        Ok(linear(&self.coefficients, self.intercept, background, x, features)?)
    }
}

fn machine(
    kernel: Kernel,
    support: &[Vec<f64>],
    coefficients: Vec<f64>,
    intercept: f64,
    calibrator: Option<&Calibrator>,
) -> Result<KernelMachine> {
    let link = match calibrator {
        None => Link::Identity,
        Some(Calibrator::Platt { a, b }) => Link::Platt { a: *a, b: *b },
        Some(Calibrator::Isotonic { .. }) => {
            return setting("calibration", "isotonic", "a sigmoid (`platt`) or none");
        }
    };
    let width = support.first().map_or(0, Vec::len);
    let support = Array2::from_shape_vec((support.len(), width), support.concat())
        .map_err(|e| Error::Explain(radiomics_explain::Error::Model(e.to_string())))?;
    Ok(KernelMachine::new(kernel, support, coefficients, intercept)?.with_link(link))
}

/// Our trees send what does not exceed the threshold left, in double precision.
fn ensemble(trees: &[Tree], width: usize, base: f64, scale: f64) -> Result<Ensemble> {
    let trees = trees.iter().map(|t| t.nodes.iter().map(node).collect()).collect();
    Ok(Ensemble::new(trees, width, base, scale, Comparison::AtMost)?)
}

fn node(node: &Node) -> tree::Node {
    let split = (!node.is_leaf()).then_some(Split {
        feature: node.feature,
        threshold: node.threshold,
        // No comparison with a value that is not a number holds.
        missing_left: false,
        left: node.left,
        right: node.right,
    });
    tree::Node { split, value: node.value, cover: node.cover }
}

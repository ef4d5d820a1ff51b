//! Support vector machines: libsvm's C-SVC, whose intercept is free; `linear.rs` has liblinear's.
//!
//! Minimises `½ βᵀKβ − yᵀβ` with `Σβ = 0` and `0 ≤ y_i β_i ≤ C_i`, where `β_i = y_i α_i` and `y = ±1`; the decision is
//! `f(x) = Σ β_i K(x_i, x) + b`, positive for class 1. Chang and Lin 2011, doi:10.1145/1961189.1961199.

mod dual;
mod kernel;
mod linear;
mod newton;
mod rows;
mod sequence;
mod smo;

use serde::{Deserialize, Serialize};

pub use self::kernel::{FittedKernel, Gamma, Kernel};
pub use self::linear::{LinearSvm, LinearSvmSettings, MarginLoss};
pub(crate) use self::sequence::SvmSequence;

use self::rows::KernelRows;
use self::smo::{Problem, solve};
use super::ClassWeight;
use crate::error::{Result, check};
use crate::matrix::Matrix;
use crate::vectors::weighted_sum;

/// Settings of a support vector machine. Python: `SVC(C, kernel, gamma, degree, coef0, class_weight, tol)`;
/// R: `e1071::svm(x, y, cost, kernel)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SvmSettings {
    /// The kernel.
    pub kernel: Kernel,
    /// Price of a patient on the wrong side of the margin.
    pub c: f64,
    /// Weights of the classes, which multiply `c`.
    pub class_weight: ClassWeight,
    /// Stop when no pair violates the conditions of the optimum by more than this.
    pub tolerance: f64,
    /// Steps after which the machine stops where it is and reports the gap.
    pub max_iterations: u64,
    /// Leave variables alone that have settled at a bound.
    pub shrinking: bool,
    /// Memory for rows of the kernel matrix, MB.
    pub cache_mb: usize,
}

impl Default for SvmSettings {
    fn default() -> Self {
        Self {
            kernel: Kernel::Linear,
            c: 1.0,
            class_weight: ClassWeight::Equal,
            tolerance: 1e-3,
            max_iterations: 10_000_000,
            shrinking: true,
            cache_mb: 200,
        }
    }
}

/// A fitted machine. Support vectors, coefficients and kernel are open, so that whoever explains it can keep columns
/// of the kernel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Svm {
    /// The kernel with its numbers.
    pub kernel: FittedKernel,
    /// Support vectors, `[vector][column]`.
    pub support: Vec<Vec<f64>>,
    /// Their rows among the training rows.
    pub rows: Vec<usize>,
    /// `y_i α_i` of each support vector.
    pub coefficients: Vec<f64>,
    /// `b`.
    pub intercept: f64,
    /// Weight of each column, for the linear kernel.
    pub weights: Option<Vec<f64>>,
    /// Support vectors of class 0 and of class 1.
    pub support_by_class: [usize; 2],
    /// `½ αᵀQα − Σα`.
    pub dual_objective: f64,
    /// Largest violation of the conditions of the optimum that is left.
    pub gap: f64,
    /// Whether the gap met the tolerance.
    pub converged: bool,
    /// Steps of two variables.
    pub iterations: u64,
}

impl SvmSettings {
    /// Fits the machine on the rows as they are: scale columns first.
    ///
    /// # Errors
    /// One class only, values that are not finite, settings outside their range.
    ///
    /// ```
    /// use radiomics_tabular::{Matrix, models::SvmSettings};
    /// let x = Matrix::unnamed(vec![vec![-2.0, -1.0, 1.0, 2.0]])?;
    /// let svm = SvmSettings { c: 10.0, ..SvmSettings::default() }.fit(&x, &[false, false, true, true])?;
    /// assert!((svm.weights.as_ref().unwrap()[0] - 1.0).abs() < 1e-3 && svm.converged);
    /// assert_eq!(svm.support_by_class, [1, 1]);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn fit(&self, x: &Matrix, outcome: &[bool]) -> Result<Svm> {
        self.check()?;
        super::check_input(x, outcome)?;
        let kernel = self.kernel.fit(x);
        let mut rows = KernelRows::new(&kernel, x.columns(), x.rows(), self.cache_mb);
        let problem = self.problem(outcome);
        let solution = solve(&mut rows, &problem, None);
        let support: Vec<usize> = (0..x.rows()).filter(|&i| solution.beta[i] != 0.0).collect();
        let coefficients: Vec<f64> = support.iter().map(|&i| solution.beta[i]).collect();
        let count = |class: bool| support.iter().filter(|&&i| outcome[i] == class).count();
        Ok(Svm {
            support: support.iter().map(|&i| x.row(i)).collect(),
            weights: (kernel == FittedKernel::Linear).then(|| linear_weights(x.columns(), &solution.beta)),
            support_by_class: [count(false), count(true)],
            coefficients,
            rows: support,
            kernel,
            intercept: solution.intercept,
            dual_objective: solution.objective,
            gap: solution.gap,
            converged: solution.gap < self.tolerance,
            iterations: solution.iterations,
        })
    }

    pub(crate) fn check(&self) -> Result<()> {
        check(self.c > 0.0 && self.c.is_finite(), "C", self.c, "positive")?;
        check(self.tolerance > 0.0 && self.tolerance.is_finite(), "tolerance", self.tolerance, "positive")?;
        check(self.max_iterations > 0, "max_iterations", self.max_iterations, "1 or more")?;
        self.class_weight.check()?;
        self.kernel.check()
    }

    pub(crate) fn problem(&self, outcome: &[bool]) -> Problem {
        let [low, high] = self.class_weight.weights(outcome);
        Problem {
            y: outcome.iter().map(|y| if *y { 1.0 } else { -1.0 }).collect(),
            c: outcome.iter().map(|y| self.c * if *y { high } else { low }).collect(),
            tolerance: self.tolerance,
            max_iterations: self.max_iterations,
            shrinking: self.shrinking,
        }
    }
}

/// `w = Σ β_i x_i`.
pub(crate) fn linear_weights<C: AsRef<[f64]>>(columns: &[C], beta: &[f64]) -> Vec<f64> {
    columns.iter().map(|c| crate::vectors::dot(c.as_ref(), beta)).collect()
}

impl Svm {
    /// Decision values: positive for class 1. Python: `decision_function`. The columns are those of the fit.
    pub fn decision<C: AsRef<[f64]>>(&self, columns: &[C]) -> Vec<f64> {
        let n = columns.first().map_or(0, |c| c.as_ref().len());
        let mut f = vec![self.intercept; n];
        if let Some(w) = &self.weights {
            let mut sum = vec![0.0; n];
            weighted_sum(w, columns, &mut sum);
            return sum.iter().map(|s| s + self.intercept).collect();
        }
        let squares = self.kernel.squares(columns, n);
        let mut row = vec![0.0; n];
        for (vector, b) in self.support.iter().zip(&self.coefficients) {
            self.kernel.row(vector, columns, &squares, &mut row);
            for (f, k) in f.iter_mut().zip(&row) {
                *f += b * k;
            }
        }
        f
    }
}

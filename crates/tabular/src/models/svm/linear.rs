//! Linear support vector machines by dual coordinate descent: liblinear's, which is scikit-learn's `LinearSVC`.
//!
//! Another problem than that of [`SvmSettings`](super::SvmSettings), with other numbers: the intercept is the weight
//! of a column of the constant `s`, and penalised as every weight is. With that column among those of `x`, minimised is
//!
//! ```text
//! ½ |w|² + Σ C_i max(0, 1 − y_i w·x_i)^k        k = 1 (hinge) or 2 (squared hinge), y = ±1
//! ```
//!
//! by way of its dual, `½ αᵀQα − Σα` with `Q_ij = y_i y_j x_i·x_j + D_i [i = j]` and `0 ≤ α_i ≤ U_i`, where `D = 0`,
//! `U = C` for the hinge and `D = 1 / (2C)`, `U = ∞` for the squared one; `w = Σ y_i α_i x_i`. One variable after
//! another, in an order drawn anew for each pass, goes where the dual is least,
//! `α_i ← clip(α_i − G_i / Q_ii)` with `G_i = y_i w·x_i − 1 + D_i α_i`, and `w` follows. Variables at a bound whose `G`
//! is beyond what the last pass saw rest until the others are done. Time `O(patients · columns)` a pass, memory a
//! copy of the values, row by row. Hsieh, Chang, Lin, Keerthi and Sundararajan 2008, doi:10.1145/1390156.1390208.
//!
//! Single steps creep where columns are alike or `C` is large. Where many passes did not suffice, all variables between
//! their bounds go together: conjugate gradients minimise the dual over them, up to the first bound, and the passes
//! find the next bounds (Moré and Toraldo 1991, doi:10.1137/0801008). The optimum is the same.
//!
//! # Units
//! Weights have the inverse unit of their columns; decisions, objectives and the gap have none.

use radiomics_stats::rng::Rng;
use serde::{Deserialize, Serialize};

use super::dual::{Dual, Span};
use crate::error::{Result, check};
use crate::matrix::Matrix;
use crate::models::ClassWeight;
use crate::vectors::weighted_sum;

/// Passes, or as many visits to rows, that the first common steps have to wait for; later ones wait for as many as the
/// last ones took.
const FIRST_COMMON: usize = 20;

/// What a patient costs who is not beyond the margin, as a multiple of its `C`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarginLoss {
    /// `max(0, 1 − y f)`.
    Hinge,
    /// `max(0, 1 − y f)²`.
    #[default]
    SquaredHinge,
}

/// Settings of liblinear's machine: minimises `½ (|w|² + v²) + Σ C_i max(0, 1 − y_i (w·x_i + s v))^k`, where `s` is
/// `intercept_scaling`, `s v` the intercept, `y = ±1`, and `k` 1 for the hinge and 2 for the squared hinge. Time grows in
/// proportion to patients and columns. For libsvm's numbers, with a free intercept, take
/// [`SvmSettings`](super::SvmSettings).
///
/// Python: `LinearSVC(C, loss, class_weight, intercept_scaling, tol, max_iter, dual = True)`;
/// R: `LiblineaR(x, y, type = 3, cost, bias, wi, epsilon)`, type 1 for the squared hinge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinearSvmSettings {
    /// Price of a patient on the wrong side of the margin.
    pub c: f64,
    /// How the price grows with the distance.
    pub loss: MarginLoss,
    /// Weights of the classes, which multiply `c`.
    pub class_weight: ClassWeight,
    /// Value of the constant column whose weight is the intercept; 0 for none. The larger it is, the less the
    /// intercept is penalised, and the more passes are needed.
    pub intercept_scaling: f64,
    /// Stop when the elements of the projected gradient differ by no more than this.
    pub tolerance: f64,
    /// Passes over all patients after which the machine stops where it is and reports the gap. One over a part of
    /// them counts as that part.
    pub max_passes: usize,
    /// Leave variables alone that have settled at a bound.
    pub shrinking: bool,
}

impl Default for LinearSvmSettings {
    fn default() -> Self {
        Self {
            c: 1.0,
            loss: MarginLoss::SquaredHinge,
            class_weight: ClassWeight::Equal,
            intercept_scaling: 1.0,
            tolerance: 1e-4,
            max_passes: 10_000,
            shrinking: true,
        }
    }
}

/// A fitted linear machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearSvm {
    /// Weight of each column.
    pub weights: Vec<f64>,
    /// `b` of the decision `w·x + b`.
    pub intercept: f64,
    /// Rows of the support vectors among the training rows.
    pub rows: Vec<usize>,
    /// `y_i α_i` of each support vector.
    pub coefficients: Vec<f64>,
    /// `½ |w|² + Σ C_i loss_i`, the weight of the constant column included.
    pub primal_objective: f64,
    /// `½ αᵀQα − Σα`; the sum of both objectives is no less than the distance from the optimum.
    pub dual_objective: f64,
    /// Largest minus smallest element of the projected gradient that is left.
    pub gap: f64,
    /// Whether the gap met the tolerance.
    pub converged: bool,
    /// Passes over the patients, or over those that did not rest.
    pub passes: usize,
}

impl LinearSvmSettings {
    /// Fits the machine on the rows as they are: scale columns first. The seed draws the order of the patients in
    /// each pass; the optimum does not depend on it.
    ///
    /// # Errors
    /// One class only, values that are not finite, settings outside their range.
    ///
    /// ```
    /// use radiomics_tabular::{Matrix, models::{LinearSvmSettings, MarginLoss}};
    /// let x = Matrix::unnamed(vec![vec![-2.0, -1.0, 1.0, 2.0]])?;
    /// let settings = LinearSvmSettings { c: 10.0, loss: MarginLoss::Hinge, ..LinearSvmSettings::default() };
    /// let svm = settings.fit(&x, &[false, false, true, true], 0)?;
    /// assert!((svm.weights[0] - 1.0).abs() < 1e-3 && svm.intercept.abs() < 1e-3 && svm.converged);
    /// assert!(svm.primal_objective + svm.dual_objective < 1e-3);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn fit(&self, x: &Matrix, outcome: &[bool], seed: u64) -> Result<LinearSvm> {
        self.check()?;
        crate::models::check_input(x, outcome)?;
        Ok(self.solve(x.columns(), outcome, seed, None))
    }

    pub(crate) fn check(&self) -> Result<()> {
        let (positive, finite) = (|v: f64| v > 0.0 && v.is_finite(), self.intercept_scaling.is_finite());
        check(positive(self.c), "C", self.c, "positive")?;
        check(positive(self.tolerance), "tolerance", self.tolerance, "positive")?;
        check(self.max_passes > 0, "max_passes", self.max_passes, "1 or more")?;
        check(
            self.intercept_scaling >= 0.0 && finite,
            "intercept_scaling",
            self.intercept_scaling,
            "0 or positive",
        )?;
        self.class_weight.check()
    }

    /// The machine on checked input, begun from the variables of `start`, which was fitted on the same patients.
    pub(crate) fn solve<C: AsRef<[f64]>>(
        &self,
        columns: &[C],
        outcome: &[bool],
        seed: u64,
        start: Option<&LinearSvm>,
    ) -> LinearSvm {
        let mut dual = Dual::new(self, columns, outcome);
        if let Some(machine) = start {
            dual.start_from(machine);
        }
        let (mut steps, most) = (0, self.max_passes.saturating_mul(outcome.len()));
        let (mut rng, mut passes, mut order) = (Rng::new(seed), 0, (0..outcome.len()).collect::<Vec<_>>());
        let (mut active, mut resting) = (order.len(), Span::ALL);
        // Visits to rows since the last common steps, how many these have to wait for, and how many they may make.
        let (mut visits, mut due, mut allowed) = (0, FIRST_COMMON * order.len(), FIRST_COMMON * order.len());
        // What settles those that do not rest: a tenth of what the last pass over all saw.
        let mut enough = self.tolerance;
        let gap = loop {
            let all = active == order.len();
            rng.shuffle(&mut order[..active]);
            (visits, steps) = (visits + active, steps + active);
            let seen = dual.pass(&mut order, &mut active, resting);
            passes += 1;
            if all {
                enough = self.tolerance.max(0.1 * seen.width());
            }
            let all = active == order.len();
            let settled = seen.width() <= if all { self.tolerance } else { enough };
            if steps >= most || (settled && all) {
                // Weights went with the variables, and their rounding with them: what is reported is made anew.
                dual.make_weights();
                let gap = dual.span().width();
                if steps >= most || gap <= self.tolerance {
                    break gap;
                }
            }
            resting = if settled || !self.shrinking { Span::ALL } else { seen.limits() };
            if settled {
                active = order.len();
            } else if visits >= due {
                let cost = dual.common_steps(allowed, 0.1 * self.tolerance);
                if cost >= allowed {
                    allowed *= 2;
                }
                (visits, due) = (0, cost.max(order.len()));
            }
        };
        dual.machine(columns.len(), self, outcome, gap, passes)
    }
}

impl LinearSvm {
    /// Decision values: positive for class 1. Python: `decision_function`. The columns are those of the fit.
    pub fn decision<C: AsRef<[f64]>>(&self, columns: &[C]) -> Vec<f64> {
        let mut f = vec![0.0; columns.first().map_or(0, |c| c.as_ref().len())];
        weighted_sum(&self.weights, columns, &mut f);
        f.iter_mut().for_each(|f| *f += self.intercept);
        f
    }
}

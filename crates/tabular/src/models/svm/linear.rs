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
//! # Units
//! Weights have the inverse unit of their columns; decisions, objectives and the gap have none.

use radiomics_stats::rng::Rng;
use serde::{Deserialize, Serialize};

use crate::error::{Result, check};
use crate::matrix::Matrix;
use crate::models::ClassWeight;
use crate::vectors::{add_scaled, dot_inline, vectorised, weighted_sum};

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

/// Settings of a linear machine with a penalised intercept. It takes time in proportion to the patients and rests on
/// no kernel; for libsvm's numbers take [`SvmSettings`](super::SvmSettings).
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
    /// Passes over the patients after which the machine stops where it is and reports the gap.
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
    /// Passes over the patients.
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
        if let Some(LinearSvm { rows, coefficients, .. }) = start {
            for (&row, c) in rows.iter().zip(coefficients) {
                dual.variables[row].alpha = c.abs().min(dual.variables[row].upper);
            }
        }
        dual.make_weights();
        let (mut rng, mut passes) = (Rng::new(seed), 0);
        let mut order: Vec<usize> = (0..outcome.len()).collect();
        let (mut active, mut resting) = (order.len(), Span::ALL);
        let gap = loop {
            rng.shuffle(&mut order[..active]);
            let seen = dual.pass(&mut order, &mut active, resting);
            passes += 1;
            let settled = seen.width() <= self.tolerance;
            if passes >= self.max_passes || (settled && active == order.len()) {
                // Weights went with the variables, and their rounding with them: what is reported is made anew.
                dual.make_weights();
                let gap = dual.span().width();
                if passes >= self.max_passes || gap <= self.tolerance {
                    break gap;
                }
            }
            resting = if settled || !self.shrinking { Span::ALL } else { seen.limits() };
            if settled {
                active = order.len();
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

/// Smallest and largest element of the projected gradient.
#[derive(Clone, Copy)]
struct Span {
    low: f64,
    high: f64,
}

impl Span {
    const ALL: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };
    const NONE: Self = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };

    fn with(self, value: f64) -> Self {
        Self { low: self.low.min(value), high: self.high.max(value) }
    }

    fn width(self) -> f64 {
        self.high - self.low
    }

    /// Beyond these a gradient says that a variable will stay at its bound.
    fn limits(self) -> Self {
        Self {
            low: if self.low < 0.0 { self.low } else { f64::NEG_INFINITY },
            high: if self.high > 0.0 { self.high } else { f64::INFINITY },
        }
    }
}

/// What belongs to one patient.
#[derive(Clone, Copy)]
struct Variable {
    alpha: f64,
    /// `U_i`.
    upper: f64,
    /// `D_i`.
    diagonal: f64,
    /// `Q_ii`.
    curvature: f64,
}

impl Variable {
    /// The part of the gradient along which the variable may fall.
    #[inline(always)]
    fn projected(&self, gradient: f64) -> f64 {
        if self.alpha == 0.0 {
            gradient.min(0.0)
        } else if self.alpha == self.upper {
            gradient.max(0.0)
        } else {
            gradient
        }
    }
}

/// Values of a row that make up a vector of the widest processors.
const LANES: usize = 8;

struct Dual {
    variables: Vec<Variable>,
    /// `y_i x_i`, one after another; the constant column behind the others, then zeros up to whole vectors.
    rows: Vec<f64>,
    /// Length of a row.
    width: usize,
    weights: Vec<f64>,
}

impl Dual {
    fn new<C: AsRef<[f64]>>(settings: &LinearSvmSettings, columns: &[C], outcome: &[bool]) -> Self {
        /// Rows written at a time, so that they stay near the processor until every column is in them.
        const BLOCK: usize = 64;
        let width = (columns.len() + 1).next_multiple_of(LANES);
        let mut rows = vec![0.0; outcome.len() * width];
        for (block, rows) in rows.chunks_mut(BLOCK * width).enumerate() {
            let outcome = &outcome[BLOCK * block..];
            for (j, column) in columns.iter().enumerate() {
                let column = &column.as_ref()[BLOCK * block..];
                for ((row, x), y) in rows.chunks_exact_mut(width).zip(column).zip(outcome) {
                    row[j] = if *y { *x } else { -x };
                }
            }
            for (row, y) in rows.chunks_exact_mut(width).zip(outcome) {
                row[columns.len()] =
                    if *y { settings.intercept_scaling } else { -settings.intercept_scaling };
            }
        }
        let class = settings.class_weight.weights(outcome).map(|w| match settings.loss {
            MarginLoss::Hinge => (settings.c * w, 0.0),
            MarginLoss::SquaredHinge => (f64::INFINITY, 0.5 / (settings.c * w)),
        });
        let variable = |(row, y): (&[f64], &bool)| {
            let (upper, diagonal) = class[usize::from(*y)];
            Variable { alpha: 0.0, upper, diagonal, curvature: dot_inline(row, row) + diagonal }
        };
        let variables = rows.chunks_exact(width).zip(outcome).map(variable).collect();
        Self { variables, rows, width, weights: vec![0.0; width] }
    }

    /// `w = Σ y_i α_i x_i`.
    fn make_weights(&mut self) {
        let Self { variables, rows, width, weights } = self;
        weights.fill(0.0);
        vectorised(
            #[inline(always)]
            || {
                for (row, v) in rows.chunks_exact(*width).zip(variables.iter()) {
                    if v.alpha != 0.0 {
                        add_scaled(weights, v.alpha, row);
                    }
                }
            },
        );
    }

    /// One step of each active variable. Those that rest beyond the limits leave the active ones, which come first
    /// in `order`. Gives the projected gradients as each variable met them.
    fn pass(&mut self, order: &mut [usize], active: &mut usize, limits: Span) -> Span {
        let Self { variables, rows, width, weights } = self;
        let width = *width;
        let weights = &mut weights[..width];
        vectorised(
            #[inline(always)]
            || {
                let (mut seen, mut at) = (Span::NONE, 0);
                while at < *active {
                    let i = order[at];
                    let (row, v) = (&rows[i * width..(i + 1) * width], &mut variables[i]);
                    let gradient = dot_inline(row, weights) - 1.0 + v.diagonal * v.alpha;
                    if (v.alpha == 0.0 && gradient > limits.high)
                        || (v.alpha == v.upper && gradient < limits.low)
                    {
                        *active -= 1;
                        order.swap(at, *active);
                        continue;
                    }
                    let projected = v.projected(gradient);
                    seen = seen.with(projected);
                    if projected != 0.0 {
                        let old = v.alpha;
                        v.alpha = (old - gradient / v.curvature).clamp(0.0, v.upper);
                        add_scaled(weights, v.alpha - old, row);
                    }
                    at += 1;
                }
                seen
            },
        )
    }

    /// `y_i w·x_i` of each patient.
    fn margins(&self) -> impl Iterator<Item = (f64, &Variable)> {
        let margin = |(row, v)| (crate::vectors::dot(row, &self.weights), v);
        self.rows.chunks_exact(self.width).zip(&self.variables).map(margin)
    }

    /// The projected gradients of all variables at the weights as they are.
    fn span(&self) -> Span {
        if !self.weights.iter().all(|w| w.is_finite()) {
            return Span::ALL;
        }
        let gradient = |(margin, v): (f64, &Variable)| v.projected(margin - 1.0 + v.diagonal * v.alpha);
        self.margins().map(gradient).fold(Span::NONE, Span::with)
    }

    fn machine(
        self,
        columns: usize,
        settings: &LinearSvmSettings,
        outcome: &[bool],
        gap: f64,
        passes: usize,
    ) -> LinearSvm {
        let square = 0.5 * dot_inline(&self.weights, &self.weights);
        let cost = |(margin, v): (f64, &Variable)| {
            let short = (1.0 - margin).max(0.0);
            // `C = 1 / (2D)`.
            if v.diagonal == 0.0 { v.upper * short } else { 0.5 / v.diagonal * short * short }
        };
        let own = |v: &Variable| (0.5 * v.diagonal * v.alpha - 1.0) * v.alpha;
        let rows: Vec<usize> = (0..outcome.len()).filter(|&i| self.variables[i].alpha != 0.0).collect();
        let signed = |&i: &usize| self.variables[i].alpha * if outcome[i] { 1.0 } else { -1.0 };
        LinearSvm {
            intercept: settings.intercept_scaling * self.weights[columns],
            coefficients: rows.iter().map(signed).collect(),
            rows,
            primal_objective: square + self.margins().map(cost).sum::<f64>(),
            dual_objective: square + self.variables.iter().map(own).sum::<f64>(),
            gap,
            converged: gap <= settings.tolerance,
            passes,
            weights: self.weights[..columns].to_vec(),
        }
    }
}

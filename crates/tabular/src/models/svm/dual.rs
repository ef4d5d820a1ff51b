//! The dual problem of a linear machine: its variables, its rows, and the steps that lower it.

use super::linear::{LinearSvm, LinearSvmSettings, MarginLoss};
use crate::vectors::{add_scaled, dot, dot_inline, vectorised};

/// Smallest and largest element of the projected gradient.
#[derive(Clone, Copy)]
pub(super) struct Span {
    low: f64,
    high: f64,
}

impl Span {
    pub const ALL: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };
    const NONE: Self = Self { low: f64::INFINITY, high: f64::NEG_INFINITY };

    fn with(self, value: f64) -> Self {
        Self { low: self.low.min(value), high: self.high.max(value) }
    }

    pub fn width(self) -> f64 {
        self.high - self.low
    }

    /// Beyond these a gradient says that a variable will stay at its bound.
    pub fn limits(self) -> Self {
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

    fn is_free(&self) -> bool {
        self.alpha > 0.0 && self.alpha < self.upper
    }

    /// The bound in a direction.
    fn bound(&self, direction: f64) -> f64 {
        if direction > 0.0 { self.upper } else { 0.0 }
    }

    fn step(&mut self, by: f64) {
        self.alpha = (self.alpha + by).clamp(0.0, self.upper);
    }
}

/// Values of a row that make up a vector of the widest processors.
const LANES: usize = 8;

pub(super) struct Dual {
    variables: Vec<Variable>,
    /// `y_i x_i`, one after another; the constant column behind the others, then zeros up to whole vectors.
    rows: Vec<f64>,
    /// Length of a row.
    width: usize,
    weights: Vec<f64>,
}

impl Dual {
    pub fn new<C: AsRef<[f64]>>(settings: &LinearSvmSettings, columns: &[C], outcome: &[bool]) -> Self {
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
            Variable { alpha: 0.0, upper, diagonal, curvature: dot(row, row) + diagonal }
        };
        let variables = rows.chunks_exact(width).zip(outcome).map(variable).collect();
        Self { variables, rows, width, weights: vec![0.0; width] }
    }

    /// Takes over the variables of another machine on the same patients.
    pub fn start_from(&mut self, machine: &LinearSvm) {
        for (&row, c) in machine.rows.iter().zip(&machine.coefficients) {
            self.variables[row].step(c.abs());
        }
        self.make_weights();
    }

    /// `w = Σ y_i α_i x_i`.
    pub fn make_weights(&mut self) {
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
    pub fn pass(&mut self, order: &mut [usize], active: &mut usize, limits: Span) -> Span {
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
                        v.step(-gradient / v.curvature);
                        add_scaled(weights, v.alpha - old, row);
                    }
                    at += 1;
                }
                seen
            },
        )
    }

    /// Minimises over all free variables at once, and again over those that are left when one has met its bound,
    /// while visits to rows are allowed. Gives the number of visits.
    pub fn common_steps(&mut self, allowed: usize, tolerance: f64) -> usize {
        let mut visits = 0;
        loop {
            let free: Vec<usize> =
                (0..self.variables.len()).filter(|&i| self.variables[i].is_free()).collect();
            if free.is_empty() || !self.common_step(&free, tolerance, allowed, &mut visits) {
                return visits;
            }
        }
    }

    /// Conjugate gradients over free variables. Says whether one met its bound.
    fn common_step(&mut self, free: &[usize], tolerance: f64, allowed: usize, visits: &mut usize) -> bool {
        let Self { variables, rows, width, weights } = self;
        let row = |i: usize| &rows[i * *width..(i + 1) * *width];
        // What is left of the gradient, downhill, and the direction.
        let left = |&i: &usize| 1.0 - dot(row(i), weights) - variables[i].diagonal * variables[i].alpha;
        let mut left: Vec<f64> = free.iter().map(left).collect();
        let mut direction = left.clone();
        let mut along = vec![0.0; *width];
        *visits += free.len();
        loop {
            *visits += 2 * free.len();
            if *visits > allowed || left.iter().all(|g| g.abs() <= tolerance) {
                return false;
            }
            let steps = || free.iter().zip(&direction);
            let room = |(&i, &d): (&usize, &f64)| (variables[i].bound(d) - variables[i].alpha) / d;
            let (first, room) = steps()
                .map(room)
                .enumerate()
                .fold((0, f64::INFINITY), |least, (k, room)| if room < least.1 { (k, room) } else { least });
            vectorised(
                #[inline(always)]
                || {
                    along.fill(0.0);
                    steps().for_each(|(&i, &d)| add_scaled(&mut along, d, row(i)));
                },
            );
            let own: f64 = steps().map(|(&i, d)| variables[i].diagonal * d * d).sum();
            let square = dot(&left, &left);
            let wanted = square / (dot(&along, &along) + own);
            let share = wanted.min(room);
            if !share.is_finite() {
                return false;
            }
            steps().for_each(|(&i, d)| variables[i].step(share * d));
            add_scaled(weights, share, &along);
            if wanted >= room {
                let v = &mut variables[free[first]];
                v.alpha = v.bound(direction[first]);
                return true;
            }
            vectorised(
                #[inline(always)]
                || {
                    for ((&i, d), left) in steps().zip(&mut left) {
                        *left -= share * (dot_inline(row(i), &along) + variables[i].diagonal * d);
                    }
                },
            );
            let turn = dot(&left, &left) / square;
            direction.iter_mut().zip(&left).for_each(|(d, left)| *d = left + turn * *d);
        }
    }

    /// `y_i w·x_i` of each patient.
    fn margins(&self) -> impl Iterator<Item = (f64, &Variable)> {
        let margin = |(row, v)| (dot(row, &self.weights), v);
        self.rows.chunks_exact(self.width).zip(&self.variables).map(margin)
    }

    /// The projected gradients of all variables at the weights as they are.
    pub fn span(&self) -> Span {
        if !self.weights.iter().all(|w| w.is_finite()) {
            return Span::ALL;
        }
        let gradient = |(margin, v): (f64, &Variable)| v.projected(margin - 1.0 + v.diagonal * v.alpha);
        self.margins().map(gradient).fold(Span::NONE, Span::with)
    }

    pub fn machine(
        self,
        columns: usize,
        settings: &LinearSvmSettings,
        outcome: &[bool],
        gap: f64,
        passes: usize,
    ) -> LinearSvm {
        let square = 0.5 * dot(&self.weights, &self.weights);
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

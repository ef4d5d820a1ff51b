//! Support vector machines and other kernel machines `f(x) = b + Σ_j c_j K(s_j, x)`: games without calling the model.
//!
//! A Gaussian kernel is a product over features, so in `v(S) = mean_b f(x_S, b_∖S)` the part of the explained row and the
//! part of the background separate: `v(S) = b + Σ_j c_j Π_{k∈S} e_jk(x) · mean_b Π_{k∉S} e_jk(b)` with
//! `e_jk(z) = exp(−γ (s_jk − z_k)²)`. The second factor is shared by all rows. Kernels of the inner product are sums over
//! features, and separate before their function is taken.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView2};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, require_count, require_size};
use crate::explanation::Explanation;
use crate::game::{Coalitions, Game};
use crate::model::{Model, require_finite};

/// The kernels of libsvm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    /// `s · x`.
    Linear,
    /// `exp(−γ |s − x|²)`.
    Rbf {
        /// `γ`.
        gamma: f64,
    },
    /// `(γ s · x + r)^d`.
    Polynomial {
        /// `γ`.
        gamma: f64,
        /// `r`.
        coef0: f64,
        /// `d`.
        degree: u32,
    },
    /// `tanh(γ s · x + r)`.
    Sigmoid {
        /// `γ`.
        gamma: f64,
        /// `r`.
        coef0: f64,
    },
}

impl Kernel {
    /// The kernel of a sum over features: of squared differences for the Gaussian, of products for the others.
    fn of_sum(self, sum: f64) -> f64 {
        match self {
            Self::Linear => sum,
            Self::Rbf { gamma } => libm::exp(-gamma * sum),
            Self::Polynomial { gamma, coef0, degree } => (gamma * sum + coef0).powi(degree as i32),
            Self::Sigmoid { gamma, coef0 } => libm::tanh(gamma * sum + coef0),
        }
    }

    /// What one feature adds to the sum.
    fn term(self, s: f64, x: f64) -> f64 {
        if matches!(self, Self::Rbf { .. }) { (s - x) * (s - x) } else { s * x }
    }
}

/// What is explained of the decision value `f`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// The decision value itself.
    #[default]
    Identity,
    /// The probability of Platt's sigmoid, `1 / (1 + exp(a f + b))`.
    Platt {
        /// `a`, below 0 for a machine that ranks the right way.
        a: f64,
        /// `b`.
        b: f64,
    },
}

impl Link {
    fn of(self, f: f64) -> f64 {
        match self {
            Self::Identity => f,
            Self::Platt { a, b } => {
                let t = a * f + b;
                // The exponential of a negative number alone: no overflow.
                if t >= 0.0 { libm::exp(-t) / (1.0 + libm::exp(-t)) } else { 1.0 / (1.0 + libm::exp(t)) }
            }
        }
    }
}

/// A fitted kernel machine.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelMachine {
    kernel: Kernel,
    /// Support vectors. Shape `(vectors, features)`.
    support: Array2<f64>,
    coefficients: Vec<f64>,
    intercept: f64,
    link: Link,
}

impl KernelMachine {
    /// A machine from its support vectors, shape `(vectors, features)`, and their signed coefficients.
    ///
    /// Python: `svm.support_vectors_`, `svm.dual_coef_[0]`, `svm.intercept_[0]`.
    ///
    /// # Errors
    /// No support vector, sizes that differ, numbers that are not finite.
    pub fn new(
        kernel: Kernel,
        support: Array2<f64>,
        coefficients: Vec<f64>,
        intercept: f64,
    ) -> Result<Self, Error> {
        require_count("support vectors", support.nrows(), 1)?;
        require_size("coefficients of support vectors", coefficients.len(), support.nrows())?;
        require_finite("a support vector", support.view())?;
        let numbers = coefficients.iter().chain([&intercept]);
        if let Some((row, value)) = numbers.enumerate().find(|(_, c)| !c.is_finite()) {
            return Err(Error::NotFinite { what: "a coefficient", row, column: 0, value: *value });
        }
        let support = support.as_standard_layout().into_owned();
        Ok(Self { kernel, support, coefficients, intercept, link: Link::Identity })
    }

    /// The same machine seen through a link.
    #[must_use]
    pub fn with_link(mut self, link: Link) -> Self {
        self.link = link;
        self
    }

    /// Games of rows `x` against a background. Shapes `(rows, features)`.
    ///
    /// # Errors
    /// No background, no row, other numbers of features, values that are not finite.
    pub fn game<'a>(
        &'a self,
        background: ArrayView2<'a, f64>,
        x: ArrayView2<'a, f64>,
    ) -> Result<MachineGame<'a>, Error> {
        require_count("background rows", background.nrows(), 1)?;
        require_count("rows to explain", x.nrows(), 1)?;
        require_size("features of the background", background.ncols(), self.support.ncols())?;
        require_size("features of the rows to explain", x.ncols(), self.support.ncols())?;
        require_finite("the background", background)?;
        require_finite("a row to explain", x)?;
        Ok(MachineGame { machine: self, background, x })
    }

    /// Exact Shapley values for any number of features, of a machine with a linear or a Gaussian kernel and no link.
    ///
    /// For a product of features the multilinear extension gives
    /// `φ_k = Σ_j c_j mean_b ∫₀¹ (e_jk(x) − e_jk(b)) Π_{m≠k} (t e_jm(x) + (1 − t) e_jm(b)) dt` (Owen 1972); the integrand is a
    /// polynomial of degree `M − 1`, so Gauss–Legendre's rule with `⌈M / 2⌉` points is exact. All factors are positive:
    /// nothing cancels. Time `rows · background · vectors · M²`.
    ///
    /// # Errors
    /// As [`game`](Self::game); [`Error::Setting`] for another kernel or a link.
    pub fn exact(
        &self,
        background: ArrayView2<'_, f64>,
        x: ArrayView2<'_, f64>,
    ) -> Result<Explanation, Error> {
        let game = self.game(background, x)?;
        if self.link != Link::Identity
            || matches!(self.kernel, Kernel::Polynomial { .. } | Kernel::Sigmoid { .. })
        {
            return Err(Error::Setting {
                name: "kernel",
                value: format!("{:?} with link {:?}", self.kernel, self.link),
                expected: "linear or Gaussian, without a link (else: exact or kernel over the game)",
            });
        }
        let features = x.ncols();
        let (base, predictions) = super::exact::ends(&game)?;
        let nodes = legendre(features.div_ceil(2));
        let rows: Vec<Vec<f64>> = (0..x.nrows())
            .into_par_iter()
            .map(|row| match self.kernel {
                Kernel::Rbf { gamma } => self.product_row(gamma, background, x.row(row).to_vec(), &nodes),
                _ => self.linear_row(background, x.row(row).to_vec()),
            })
            .collect();
        let flat: Vec<f64> = rows.into_iter().flatten().collect();
        let values =
            Array2::from_shape_vec((x.nrows(), features), flat).map_err(|e| Error::Model(e.to_string()))?;
        Ok(Explanation {
            method: "exact, kernel machine",
            base,
            values,
            predictions,
            standard_errors: None,
            samples: nodes.len(),
        })
    }

    fn linear_row(&self, background: ArrayView2<'_, f64>, x: Vec<f64>) -> Vec<f64> {
        let weights: Vec<f64> = (self.support.columns().into_iter())
            .map(|column| column.iter().zip(&self.coefficients).map(|(s, c)| s * c).sum())
            .collect();
        let mean = |k: usize| background.column(k).sum() / background.nrows() as f64;
        weights.iter().zip(&x).enumerate().map(|(k, (w, x))| w * (x - mean(k))).collect()
    }

    fn product_row(
        &self,
        gamma: f64,
        background: ArrayView2<'_, f64>,
        x: Vec<f64>,
        nodes: &[(f64, f64)],
    ) -> Vec<f64> {
        let features = x.len();
        let factor = |s: f64, z: f64| libm::exp(-gamma * (s - z) * (s - z));
        let mut phi = vec![0.0; features];
        let (mut of_x, mut of_b) = (vec![0.0; features], vec![0.0; features]);
        let (mut mixed, mut before, mut slope) =
            (vec![0.0; features], vec![0.0; features + 1], vec![0.0; features]);
        for (support, c) in self.support.rows().into_iter().zip(&self.coefficients) {
            for k in 0..features {
                of_x[k] = factor(support[k], x[k]);
            }
            for b in background.rows() {
                for k in 0..features {
                    of_b[k] = factor(support[k], b[k]);
                }
                slope.fill(0.0);
                for &(t, weight) in nodes {
                    before[0] = weight;
                    for k in 0..features {
                        mixed[k] = of_b[k] + t * (of_x[k] - of_b[k]);
                        before[k + 1] = before[k] * mixed[k];
                    }
                    let mut after = 1.0;
                    for k in (0..features).rev() {
                        slope[k] += before[k] * after;
                        after *= mixed[k];
                    }
                }
                for k in 0..features {
                    phi[k] += c * slope[k] * (of_x[k] - of_b[k]);
                }
            }
        }
        phi.iter_mut().for_each(|p| *p /= background.nrows() as f64);
        phi
    }
}

impl Model for KernelMachine {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array1<f64>, Error> {
        require_size("features", rows.ncols(), self.support.ncols())?;
        Ok(rows
            .rows()
            .into_iter()
            .map(|row| {
                let kernels = self.support.rows().into_iter().map(|s| {
                    self.kernel.of_sum(s.iter().zip(row).map(|(s, x)| self.kernel.term(*s, *x)).sum())
                });
                let sum: f64 = kernels.zip(&self.coefficients).map(|(k, c)| k * c).sum();
                self.link.of(sum + self.intercept)
            })
            .collect())
    }
}

/// The marginal game of a [`KernelMachine`]: the same values as [`Marginal`](crate::Marginal), from cached factors.
pub struct MachineGame<'a> {
    machine: &'a KernelMachine,
    background: ArrayView2<'a, f64>,
    x: ArrayView2<'a, f64>,
}

/// Sets that one task works on.
const SETS: usize = 32;

impl MachineGame<'_> {
    /// What each feature brings to each pair of a row and a support vector. Shape `(features, rows, vectors)`.
    fn table(&self, rows: ArrayView2<'_, f64>) -> Vec<f64> {
        let kernel = self.machine.kernel;
        let mut table = Vec::with_capacity(rows.len() * self.machine.support.nrows());
        for (x, s) in rows.columns().into_iter().zip(self.machine.support.columns()) {
            for x in x {
                table.extend(s.iter().map(|s| match kernel {
                    Kernel::Rbf { .. } => kernel.of_sum(kernel.term(*s, *x)),
                    _ => kernel.term(*s, *x),
                }));
            }
        }
        table
    }

    /// Product (Gaussian) or sum (others) of the table's lines of the features for which `wanted` holds.
    fn gather(&self, table: &[f64], wanted: impl Fn(usize) -> bool, out: &mut [f64]) {
        let product = matches!(self.machine.kernel, Kernel::Rbf { .. });
        out.fill(if product { 1.0 } else { 0.0 });
        for (_, line) in table.chunks_exact(out.len()).enumerate().filter(|(k, _)| wanted(*k)) {
            if product {
                out.iter_mut().zip(line).for_each(|(o, l)| *o *= l);
            } else {
                out.iter_mut().zip(line).for_each(|(o, l)| *o += l);
            }
        }
    }

    /// Values of a run of sets. Shape `(sets, rows)`.
    fn run(&self, of_background: &[f64], of_x: &[f64], sets: &Coalitions, range: Range<usize>) -> Vec<f64> {
        let machine = self.machine;
        let vectors = machine.support.nrows();
        let (rows, others) = (self.x.nrows(), self.background.nrows());
        let mut known = vec![0.0; rows * vectors];
        let mut unknown = vec![0.0; others * vectors];
        let mut mean = vec![0.0; vectors];
        let mut out = Vec::with_capacity(range.len() * rows);
        let separable =
            machine.link == Link::Identity && matches!(machine.kernel, Kernel::Rbf { .. } | Kernel::Linear);
        for set in range {
            self.gather(of_x, |k| sets.contains(set, k), &mut known);
            self.gather(of_background, |k| !sets.contains(set, k), &mut unknown);
            mean.fill(0.0);
            for line in unknown.chunks_exact(vectors) {
                mean.iter_mut().zip(line).for_each(|(m, l)| *m += l);
            }
            mean.iter_mut().for_each(|m| *m /= others as f64);
            for known in known.chunks_exact(vectors) {
                let terms = known.iter().zip(&machine.coefficients);
                out.push(if separable {
                    let sum: f64 = match machine.kernel {
                        Kernel::Linear => terms.zip(&mean).map(|((k, c), m)| c * (k + m)).sum(),
                        _ => terms.zip(&mean).map(|((k, c), m)| c * k * m).sum(),
                    };
                    sum + machine.intercept
                } else {
                    let scores = unknown.chunks_exact(vectors).map(|unknown| {
                        let terms = known.iter().zip(unknown).zip(&machine.coefficients);
                        let sum: f64 = match machine.kernel {
                            Kernel::Rbf { .. } => terms.map(|((k, u), c)| c * k * u).sum(),
                            kernel => terms.map(|((k, u), c)| c * kernel.of_sum(k + u)).sum(),
                        };
                        machine.link.of(sum + machine.intercept)
                    });
                    scores.sum::<f64>() / others as f64
                });
            }
        }
        out
    }
}

impl Game for MachineGame<'_> {
    fn players(&self) -> usize {
        self.x.ncols()
    }

    fn rows(&self) -> usize {
        self.x.nrows()
    }

    fn values(&self, sets: &Coalitions, out: &mut [f64]) -> Result<(), Error> {
        let rows = self.x.nrows();
        require_size("places for values", out.len(), sets.len() * rows)?;
        let (of_background, of_x) = (self.table(self.background), self.table(self.x));
        let runs: Vec<Vec<f64>> = (0..sets.len().div_ceil(SETS))
            .into_par_iter()
            .map(|i| self.run(&of_background, &of_x, sets, i * SETS..((i + 1) * SETS).min(sets.len())))
            .collect();
        for (set, worth) in runs.iter().flat_map(|r| r.chunks_exact(rows)).enumerate() {
            for (row, worth) in worth.iter().enumerate() {
                out[row * sets.len() + set] = *worth;
            }
        }
        Ok(())
    }

    fn idle(&self, row: usize, player: usize) -> bool {
        self.background.column(player).iter().all(|b| *b == self.x[[row, player]])
    }
}

/// Points and weights of Gauss–Legendre's rule on `[0, 1]`, exact for polynomials below degree `2 n`.
pub(crate) fn legendre(n: usize) -> Vec<(f64, f64)> {
    (1..=n)
        .map(|i| {
            // Newton's method from Tricomi's estimate of the root.
            let mut x = libm::cos(std::f64::consts::PI * (i as f64 - 0.25) / (n as f64 + 0.5));
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut p0, mut p1) = (1.0, x);
                for k in 2..=n {
                    let k = k as f64;
                    (p0, p1) = (p1, ((2.0 * k - 1.0) * x * p1 - (k - 1.0) * p0) / k);
                }
                if n == 1 {
                    (p0, p1) = (1.0, x);
                }
                slope = n as f64 * (x * p1 - p0) / (x * x - 1.0);
                let step = p1 / slope;
                x -= step;
                if step.abs() < 1e-16 {
                    break;
                }
            }
            (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::legendre;

    #[test] // ∫₀¹ t^d dt = 1 / (d + 1) for every degree that the rule must meet
    fn the_rule_is_exact_for_polynomials() {
        for n in 1..=40 {
            let rule = legendre(n);
            for degree in 0..2 * n {
                let integral: f64 = rule.iter().map(|(t, w)| w * t.powi(degree as i32)).sum();
                let wanted = 1.0 / (degree as f64 + 1.0);
                assert!((integral - wanted).abs() < 1e-14, "{n} points, degree {degree}: {integral}");
            }
        }
    }
}

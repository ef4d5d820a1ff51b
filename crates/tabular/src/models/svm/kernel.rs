//! Kernels and their rows.

use radiomics_stats::describe::{mean, sum_of_squares};
use serde::{Deserialize, Serialize};

use crate::error::{Result, check};
use crate::matrix::Matrix;
use crate::vectors::{dot, vectorised, weighted_sum};

/// The factor `γ` of kernels that have one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gamma {
    /// `1 / (columns · variance of all values)`. Python: `gamma = "scale"`.
    #[default]
    Scale,
    /// `1 / columns`. Python: `gamma = "auto"`; R: the default of `e1071::svm`.
    Auto,
    /// A number.
    Value(f64),
}

/// Which kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    /// `x·z`.
    #[default]
    Linear,
    /// `exp(−γ |x − z|²)`.
    Rbf {
        /// `γ`.
        gamma: Gamma,
    },
    /// `(γ x·z + c₀)^d`.
    Polynomial {
        /// `d`.
        degree: u32,
        /// `γ`.
        gamma: Gamma,
        /// `c₀`.
        coef0: f64,
    },
    /// `tanh(γ x·z + c₀)`. It is no inner product, so that the optimum may be a local one.
    Sigmoid {
        /// `γ`.
        gamma: Gamma,
        /// `c₀`.
        coef0: f64,
    },
}

/// A kernel with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FittedKernel {
    /// `x·z`.
    Linear,
    /// `exp(−γ |x − z|²)`.
    Rbf {
        /// `γ`.
        gamma: f64,
    },
    /// `(γ x·z + c₀)^d`.
    Polynomial {
        /// `d`.
        degree: u32,
        /// `γ`.
        gamma: f64,
        /// `c₀`.
        coef0: f64,
    },
    /// `tanh(γ x·z + c₀)`.
    Sigmoid {
        /// `γ`.
        gamma: f64,
        /// `c₀`.
        coef0: f64,
    },
}

impl Kernel {
    pub(super) fn check(self) -> Result<()> {
        let gamma = match self {
            Self::Linear => return Ok(()),
            Self::Rbf { gamma } | Self::Polynomial { gamma, .. } | Self::Sigmoid { gamma, .. } => gamma,
        };
        if let Gamma::Value(g) = gamma {
            check(g > 0.0 && g.is_finite(), "gamma", g, "positive")?;
        }
        if let Self::Polynomial { degree, .. } = self {
            check((1..=20).contains(&degree), "degree", degree, "1 to 20")?;
        }
        if let Self::Polynomial { coef0, .. } | Self::Sigmoid { coef0, .. } = self {
            check(coef0.is_finite(), "coef0", coef0, "finite")?;
        }
        Ok(())
    }

    /// The kernel with `γ` from the training rows.
    pub fn fit(self, x: &Matrix) -> FittedKernel {
        let number = |gamma: Gamma| match gamma {
            Gamma::Value(g) => g,
            Gamma::Auto => 1.0 / x.width().max(1) as f64,
            Gamma::Scale => {
                let (n, p) = (x.rows() as f64, x.width() as f64);
                let means: Vec<f64> = x.columns().iter().map(|c| mean(c)).collect();
                let all = mean(&means);
                let within: f64 = x.columns().iter().zip(&means).map(|(c, m)| sum_of_squares(c, *m)).sum();
                let variance = within / (n * p) + sum_of_squares(&means, all) / p;
                if variance > 0.0 { 1.0 / (p * variance) } else { 1.0 }
            }
        };
        match self {
            Self::Linear => FittedKernel::Linear,
            Self::Rbf { gamma } => FittedKernel::Rbf { gamma: number(gamma) },
            Self::Polynomial { degree, gamma, coef0 } => {
                FittedKernel::Polynomial { degree, gamma: number(gamma), coef0 }
            }
            Self::Sigmoid { gamma, coef0 } => FittedKernel::Sigmoid { gamma: number(gamma), coef0 },
        }
    }
}

impl FittedKernel {
    /// The kernel of two patients.
    pub fn of(&self, x: &[f64], z: &[f64]) -> f64 {
        match self {
            Self::Rbf { gamma } => {
                (-gamma * x.iter().zip(z).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()).exp()
            }
            _ => self.finish(dot(x, z)),
        }
    }

    /// Squared lengths of the patients, which the rbf kernel needs; empty for others.
    pub fn squares<C: AsRef<[f64]>>(&self, columns: &[C], n: usize) -> Vec<f64> {
        if !matches!(self, Self::Rbf { .. }) {
            return Vec::new();
        }
        let mut squares = vec![0.0; n];
        for column in columns {
            for (s, v) in squares.iter_mut().zip(column.as_ref()) {
                *s += v * v;
            }
        }
        squares
    }

    /// The kernel of one patient with all patients of the columns.
    pub fn row<C: AsRef<[f64]>>(&self, x: &[f64], columns: &[C], squares: &[f64], out: &mut [f64]) {
        weighted_sum(x, columns, out);
        match *self {
            Self::Linear => {}
            Self::Rbf { gamma } => {
                let own = dot(x, x);
                for (k, s) in out.iter_mut().zip(squares) {
                    // Rounding may leave a square a little below 0.
                    *k = (-gamma * (own + s - 2.0 * *k).max(0.0)).exp();
                }
            }
            Self::Polynomial { degree: 3, gamma, coef0 } => vectorised(
                #[inline(always)]
                || {
                    for k in out.iter_mut() {
                        let v = gamma * *k + coef0;
                        *k = v * v * v;
                    }
                },
            ),
            _ => out.iter_mut().for_each(|k| *k = self.finish(*k)),
        }
    }

    /// What a kernel of inner products makes of one.
    fn finish(&self, product: f64) -> f64 {
        match *self {
            Self::Linear | Self::Rbf { .. } => product,
            Self::Polynomial { degree, gamma, coef0 } => (gamma * product + coef0).powi(degree as i32),
            Self::Sigmoid { gamma, coef0 } => (gamma * product + coef0).tanh(),
        }
    }

    pub(super) fn diagonal<C: AsRef<[f64]>>(&self, columns: &[C], n: usize) -> Vec<f64> {
        if matches!(self, Self::Rbf { .. }) {
            return vec![1.0; n];
        }
        let mut squares = vec![0.0; n];
        for column in columns {
            for (s, v) in squares.iter_mut().zip(column.as_ref()) {
                *s += v * v;
            }
        }
        squares.iter().map(|s| self.finish(*s)).collect()
    }
}

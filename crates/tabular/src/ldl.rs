//! Symmetric systems, with loops compiled for the processor at hand.

use crate::vectors::{add_scaled, vectorised};

/// `Uᵀ D U`, `U` with unit diagonal, in the upper triangle.
pub(crate) struct Factor {
    u: Vec<f64>,
    m: usize,
    dependent: Vec<bool>,
}

impl Factor {
    /// `None` for a matrix with a clearly negative direction (a kernel that is no inner product).
    pub fn new(mut a: Vec<f64>, m: usize) -> Option<Self> {
        let mut dependent = vec![false; m];
        let diagonal: Vec<f64> = (0..m).map(|k| a[k * m + k]).collect();
        for k in 0..m {
            let (above, below) = a.split_at_mut((k + 1) * m);
            let row = &mut above[k * m..];
            let pivot = row[k];
            if pivot.is_nan() || pivot < -1e-6 * diagonal[k].abs() {
                return None;
            }
            if pivot <= 1e-10 * diagonal[k].abs() {
                dependent[k] = true;
                row[k..].fill(0.0);
                continue;
            }
            vectorised(
                #[inline(always)]
                || {
                    for i in k + 1..m {
                        let factor = row[i] / pivot;
                        if factor != 0.0 {
                            let at = (i - k - 1) * m;
                            add_scaled(&mut below[at + i..at + m], -factor, &row[i..m]);
                        }
                    }
                },
            );
            for i in k + 1..m {
                row[i] /= pivot;
            }
        }
        Some(Self { u: a, m, dependent })
    }

    pub fn solve(&self, b: &mut [f64]) {
        let m = self.m;
        for k in 0..m {
            if self.dependent[k] {
                b[k] = 0.0;
                continue;
            }
            let value = b[k];
            let row = &self.u[k * m..(k + 1) * m];
            add_scaled(&mut b[k + 1..], -value, &row[k + 1..]);
        }
        for k in 0..m {
            if !self.dependent[k] {
                b[k] /= self.u[k * m + k];
            }
        }
        for k in (0..m).rev() {
            if self.dependent[k] {
                continue;
            }
            let row = &self.u[k * m..(k + 1) * m];
            let sum: f64 = row[k + 1..].iter().zip(&b[k + 1..]).map(|(u, b)| u * b).sum();
            b[k] -= sum;
        }
    }
}

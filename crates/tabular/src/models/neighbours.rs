//! Nearest neighbours.

use serde::{Deserialize, Serialize};

use crate::error::{Result, check};
use crate::matrix::Matrix;

/// Settings of nearest neighbours. Python: `KNeighborsClassifier(n_neighbors)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NeighboursSettings {
    /// How many neighbours vote.
    pub k: usize,
}

impl Default for NeighboursSettings {
    fn default() -> Self {
        Self { k: 5 }
    }
}

/// The training patients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbours {
    /// How many vote.
    pub k: usize,
    /// Columns of the training patients.
    pub columns: Vec<Vec<f64>>,
    /// Their classes.
    pub outcome: Vec<bool>,
}

impl NeighboursSettings {
    /// Keeps the training patients. Scale columns first: the distance is Euclidean.
    ///
    /// # Errors
    /// One class only, values that are not finite, fewer patients than neighbours.
    pub fn fit(&self, x: &Matrix, outcome: &[bool]) -> Result<Neighbours> {
        super::check_input(x, outcome)?;
        check(self.k >= 1 && self.k <= x.rows(), "k", self.k, "1 to the number of patients")?;
        Ok(Neighbours { k: self.k, columns: x.columns().to_vec(), outcome: outcome.to_vec() })
    }
}

impl Neighbours {
    /// Share of class 1 among the nearest. Patients as far away as the last of them share its votes, so that no order
    /// of patients matters.
    pub fn probability<C: AsRef<[f64]>>(&self, columns: &[C]) -> Vec<f64> {
        let n = columns.first().map_or(0, |c| c.as_ref().len());
        let mut distance = vec![0.0; self.outcome.len()];
        (0..n)
            .map(|i| {
                distance.fill(0.0);
                for (own, new) in self.columns.iter().zip(columns) {
                    let v = new.as_ref()[i];
                    for (d, x) in distance.iter_mut().zip(own) {
                        *d += (x - v) * (x - v);
                    }
                }
                let mut order: Vec<f64> = distance.clone();
                order.sort_unstable_by(f64::total_cmp);
                let limit = order[self.k - 1];
                let count = |keep: &dyn Fn(f64) -> bool| {
                    let (mut all, mut positive) = (0.0, 0.0);
                    for (d, y) in distance.iter().zip(&self.outcome).filter(|(d, _)| keep(**d)) {
                        debug_assert!(d.is_finite());
                        all += 1.0;
                        positive += f64::from(u8::from(*y));
                    }
                    (all, positive)
                };
                let (inside, inside_positive) = count(&|d| d < limit);
                let (edge, edge_positive) = count(&|d| d == limit);
                let votes = self.k as f64 - inside;
                (inside_positive + votes * edge_positive / edge) / self.k as f64
            })
            .collect()
    }
}

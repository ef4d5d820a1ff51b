//! Linear machines on fewer and fewer columns, each begun from the last: what recursive elimination needs.

use super::rows::Gram;
use super::smo::{Problem, solve};
use super::{SvmSettings, linear_weights};
use crate::vectors::{add_scaled, vectorised, weighted_sum};

/// Kernel matrix and variables of the last fit.
pub(crate) struct SvmSequence<'a> {
    columns: Vec<&'a [f64]>,
    kept: Vec<usize>,
    gram: Gram,
    beta: Vec<f64>,
    problem: Problem,
}

impl<'a> SvmSequence<'a> {
    pub fn new(settings: &SvmSettings, columns: Vec<&'a [f64]>, outcome: &[bool]) -> Self {
        let n = outcome.len();
        let mut values = vec![0.0; n * n];
        let mut patient = vec![0.0; columns.len()];
        for (i, row) in values.chunks_exact_mut(n.max(1)).enumerate() {
            for (v, c) in patient.iter_mut().zip(&columns) {
                *v = c[i];
            }
            weighted_sum(&patient, &columns, row);
        }
        let diagonal = (0..n).map(|i| values[i * n + i]).collect();
        Self {
            kept: (0..columns.len()).collect(),
            gram: Gram { n, rank: columns.len() + 1, values, diagonal },
            columns,
            beta: vec![0.0; n],
            problem: settings.problem(outcome),
        }
    }

    /// Intercept and weights on some of the columns of the last fit.
    pub fn fit(&mut self, kept: &[usize]) -> (f64, Vec<f64>) {
        let n = self.gram.n;
        for &gone in self.kept.iter().filter(|j| !kept.contains(j)) {
            let column = self.columns[gone];
            let values = &mut self.gram.values;
            vectorised(
                #[inline(always)]
                || {
                    for (row, x) in values.chunks_exact_mut(n).zip(column) {
                        add_scaled(row, -x, column);
                    }
                },
            );
        }
        for i in 0..n {
            self.gram.diagonal[i] = self.gram.values[i * n + i];
        }
        self.gram.rank = kept.len() + 1;
        self.kept = kept.to_vec();
        let solution = solve(&mut self.gram, &self.problem, Some(&self.beta));
        self.beta = solution.beta;
        let columns: Vec<&[f64]> = kept.iter().map(|&j| self.columns[j]).collect();
        (solution.intercept, linear_weights(&columns, &self.beta))
    }
}

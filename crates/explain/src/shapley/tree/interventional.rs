//! Interventional Shapley values of one row against one background row.
//!
//! The two rows walk down together; where they part on a feature, sets with it go the row's way and sets without it the
//! background's. A leaf reached with `u` features of the row and `v` of the background on its way belongs to the sets that
//! hold the first and not the second, so its value enters each of the first with `(u − 1)! v! / (u + v)!` and each of
//! the second with `−u! (v − 1)! / (u + v)!`.

use super::{Ensemble, Node};

/// `a! b! / (a + b + 1)!`.
pub(super) struct Weights {
    side: usize,
    table: Vec<f64>,
}

impl Weights {
    pub(super) fn new(depth: usize) -> Self {
        let side = depth + 1;
        let mut table = vec![0.0; side * side];
        for a in 0..side {
            // w(a, 0) = 1 / (a + 1); w(a, b) = w(a, b − 1) · b / (a + b + 1).
            table[a * side] = 1.0 / (a + 1) as f64;
            for b in 1..side {
                table[a * side + b] = table[a * side + b - 1] * b as f64 / (a + b + 1) as f64;
            }
        }
        Self { side, table }
    }

    fn of(&self, a: usize, b: usize) -> f64 {
        self.table[a * self.side + b]
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Row,
    Background,
}

struct Walk<'a> {
    ensemble: &'a Ensemble,
    tree: &'a [Node],
    row: &'a [f64],
    other: &'a [f64],
    weights: &'a Weights,
    phi: &'a mut [f64],
    /// Features on which the rows have parted on the way here.
    parted: Vec<(usize, Side)>,
}

/// Adds a tree's values to `phi`.
pub(super) fn tree(
    ensemble: &Ensemble,
    tree: &[Node],
    row: &[f64],
    other: &[f64],
    weights: &Weights,
    phi: &mut [f64],
) {
    Walk { ensemble, tree, row, other, weights, phi, parted: Vec::new() }.down(0, 0, 0);
}

impl Walk<'_> {
    /// Sums of leaf values below a node, weighted as they enter features of the row and of the background above it.
    fn down(&mut self, node: usize, u: usize, v: usize) -> (f64, f64) {
        let Some(split) = self.tree[node].split else {
            let value = self.tree[node].value;
            let of_row = if u > 0 { value * self.weights.of(u - 1, v) } else { 0.0 };
            let of_other = if v > 0 { value * self.weights.of(u, v - 1) } else { 0.0 };
            return (of_row, of_other);
        };
        let go = |left: bool| if left { split.left } else { split.right };
        let (mine, theirs) =
            (go(self.ensemble.left(&split, self.row)), go(self.ensemble.left(&split, self.other)));
        if mine == theirs {
            return self.down(mine, u, v);
        }
        match self.parted.iter().find(|(f, _)| *f == split.feature) {
            Some((_, Side::Row)) => self.down(mine, u, v),
            Some((_, Side::Background)) => self.down(theirs, u, v),
            None => {
                self.parted.push((split.feature, Side::Row));
                let a = self.down(mine, u + 1, v);
                self.parted.pop();
                self.parted.push((split.feature, Side::Background));
                let b = self.down(theirs, u, v + 1);
                self.parted.pop();
                self.phi[split.feature] += a.0 - b.1;
                (a.0 + b.0, a.1 + b.1)
            }
        }
    }
}

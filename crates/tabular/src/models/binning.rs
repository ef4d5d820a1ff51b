//! Columns cut into at most 255 bins.

use radiomics_stats::describe::{quantile_sorted, sorted};

/// Bins of one column: value `v` is in bin `b` when `edges[b − 1] < v ≤ edges[b]`.
pub(super) struct Binned {
    pub edges: Vec<f64>,
    pub codes: Vec<u8>,
}

const MOST: usize = 255;

/// Edges half-way between distinct values where these are few enough, else at quantiles.
pub(super) fn bin(column: &[f64]) -> Binned {
    let sorted = sorted(column);
    let mut distinct = sorted.clone();
    distinct.dedup();
    let mut edges: Vec<f64> = if distinct.len() <= MOST {
        distinct.windows(2).map(|w| w[0] + 0.5 * (w[1] - w[0])).collect()
    } else {
        (1..MOST).map(|b| quantile_sorted(&sorted, b as f64 / MOST as f64)).collect()
    };
    edges.dedup();
    let codes = column.iter().map(|v| edges.partition_point(|e| e < v) as u8).collect();
    Binned { edges, codes }
}

//! Columns cut into at most 255 bins.

use radiomics_stats::describe::sorted;

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
        (1..MOST).map(|b| quantile(&sorted, b)).collect()
    };
    edges.dedup();
    let codes = column.iter().map(|v| edges.partition_point(|e| e < v) as u8).collect();
    Binned { edges, codes }
}

/// Quantile `b / 255` as the inverse of the empirical distribution, the mean of two values at its steps (type 2 of
/// Hyndman and Fan). Python: `numpy.percentile(method = "averaged_inverted_cdf")`.
fn quantile(sorted: &[f64], b: usize) -> f64 {
    let (at, rest) = (sorted.len() * b / MOST, sorted.len() * b % MOST);
    if rest == 0 && at > 0 { sorted[at - 1] + 0.5 * (sorted[at] - sorted[at - 1]) } else { sorted[at] }
}

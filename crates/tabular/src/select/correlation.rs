//! Columns that repeat each other.

use radiomics_stats::compare::Correlation;
use radiomics_stats::rank::ranks;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Selection;
use crate::error::{Result, check, setting};
use crate::matrix::Matrix;
use crate::vectors::dot;

/// Settings of [`prune_correlated`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorrelationSettings {
    /// Which correlation: Spearman or Pearson.
    pub kind: Correlation,
    /// The largest absolute correlation that two kept columns may have.
    pub threshold: f64,
}

impl Default for CorrelationSettings {
    fn default() -> Self {
        Self { kind: Correlation::Spearman, threshold: 0.9 }
    }
}

/// Columns as directions: centred, of length 1; those without spread are 0, so that they correlate with nothing.
fn directions(x: &Matrix, kind: Correlation) -> Result<Vec<Vec<f64>>> {
    x.require_finite()?;
    if kind == Correlation::Kendall {
        return setting("correlation", "kendall", "spearman or pearson");
    }
    Ok(x.columns()
        .par_iter()
        .map(|column| {
            let values = if kind == Correlation::Spearman { ranks(column).ranks } else { column.clone() };
            let mean = radiomics_stats::describe::mean(&values);
            let centred: Vec<f64> = values.iter().map(|v| v - mean).collect();
            let length = dot(&centred, &centred).sqrt();
            let largest = values.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
            if length <= 1e-14 * largest * (values.len() as f64).sqrt() {
                return vec![0.0; values.len()];
            }
            centred.iter().map(|v| v / length).collect()
        })
        .collect())
}

/// Correlations of all pairs of columns, row by row. Python: `scipy.stats.spearmanr(x)`; R: `cor(x, method)`.
/// A column without spread has 0 with all others.
///
/// # Errors
/// Values that are not finite; Kendall's coefficient.
///
/// ```
/// use radiomics_stats::compare::Correlation;
/// use radiomics_tabular::{Matrix, select::correlation_matrix};
/// let x = Matrix::unnamed(vec![vec![1.0, 2.0, 3.0], vec![1.0, 4.0, 9.0]])?;
/// assert!((correlation_matrix(&x, Correlation::Spearman)?[0][1] - 1.0).abs() < 1e-12);
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
pub fn correlation_matrix(x: &Matrix, kind: Correlation) -> Result<Vec<Vec<f64>>> {
    let directions = directions(x, kind)?;
    Ok(directions
        .par_iter()
        .enumerate()
        .map(|(i, a)| {
            directions
                .iter()
                .enumerate()
                .map(|(j, b)| if i == j { 1.0 } else { dot(a, b).clamp(-1.0, 1.0) })
                .collect()
        })
        .collect())
}

/// Goes through the columns in their order and keeps one whose absolute correlation with every kept one does not
/// exceed the threshold. Put the columns into order of their worth first where the better of two shall stay.
///
/// # Errors
/// A threshold outside 0..1; as [`correlation_matrix`].
///
/// ```
/// use radiomics_tabular::{Matrix, select::{CorrelationSettings, prune_correlated}};
/// let x = Matrix::unnamed(vec![vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 4.0, 9.0, 16.0], vec![2.0, -1.0, 3.0, 0.0]])?;
/// let selection = prune_correlated(&x, &CorrelationSettings::default())?;
/// assert_eq!(selection.kept, ["x0", "x2"]);
/// assert!(selection.dropped[0].why.contains("x0"));
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
pub fn prune_correlated(x: &Matrix, settings: &CorrelationSettings) -> Result<Selection> {
    check(
        (0.0..=1.0).contains(&settings.threshold),
        "correlation threshold",
        settings.threshold,
        "between 0 and 1",
    )?;
    let directions = directions(x, settings.kind)?;
    let mut kept: Vec<usize> = Vec::new();
    // For each column the first kept one that it repeats.
    let mut repeats: Vec<Option<(usize, f64)>> = Vec::with_capacity(directions.len());
    for (j, column) in directions.iter().enumerate() {
        let twin = kept
            .iter()
            .map(|&k| (k, dot(&directions[k], column).clamp(-1.0, 1.0)))
            .find(|(_, r)| r.abs() > settings.threshold);
        if twin.is_none() {
            kept.push(j);
        }
        repeats.push(twin);
    }
    Ok(Selection::by(x, "correlation", |j| match repeats[j] {
        None => (true, 0.0, String::new()),
        Some((k, r)) => {
            (false, r, format!("correlation {r:.4} with {}, above {}", x.names()[k], settings.threshold))
        }
    }))
}

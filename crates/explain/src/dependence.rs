//! Partial dependence and individual conditional expectation: the prediction as one or two columns are set (Friedman 2001;
//! Goldstein et al. 2015).

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use serde::Serialize;

use crate::error::{Error, require_count};
use crate::model::{Model, require_finite, scores};

/// A curve over the values of one column.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dependence {
    /// The values that the column is set to.
    pub grid: Vec<f64>,
    /// Mean prediction at each.
    pub mean: Vec<f64>,
    /// Prediction of each row at each value. Shape `(rows, grid)`.
    #[serde(skip)]
    pub curves: Array2<f64>,
}

/// A surface over the values of two columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Surface {
    /// The values that the first column is set to.
    pub first: Vec<f64>,
    /// The values that the second column is set to.
    pub second: Vec<f64>,
    /// Mean prediction. Shape `(first, second)`.
    #[serde(skip)]
    pub mean: Array2<f64>,
}

/// Distinct values of a column where they are fewer than `points`, else `points` values evenly between its 5th and 95th
/// percentile, or between the least and the largest where those two are equal.
///
/// Python: the grid of `sklearn.inspection.partial_dependence`.
///
/// # Errors
/// No such column, no row, fewer than two points, values that are not finite.
pub fn grid(x: ArrayView2<'_, f64>, feature: usize, points: usize) -> Result<Vec<f64>, Error> {
    require_count("rows", x.nrows(), 1)?;
    require_count("points", points, 2)?;
    require_finite("a row", x)?;
    require_feature(x, feature)?;
    let mut sorted = x.column(feature).to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    if distinct.len() < points {
        return Ok(distinct);
    }
    let last = sorted.len() - 1;
    // Nearly unbiased for normal values (`alphap = betap = 0.4`, SciPy's `mquantiles`).
    let percentile = |p: f64| {
        let at = (p * sorted.len() as f64 + 0.4 + 0.2 * p - 1.0).clamp(0.0, last as f64);
        let low = (at.floor() as usize).min(last - 1);
        sorted[low] + (at - low as f64) * (sorted[low + 1] - sorted[low])
    };
    let (mut low, mut high) = (percentile(0.05), percentile(0.95));
    if low == high {
        (low, high) = (sorted[0], sorted[last]);
    }
    Ok((0..points).map(|i| low + (high - low) * i as f64 / (points - 1) as f64).collect())
}

/// Predictions of all rows with one column set to each value of a grid.
///
/// Python: `sklearn.inspection.partial_dependence(model, x, [feature], kind="both", method="brute")`.
///
/// # Errors
/// No such column, no row, no value; errors of the model.
///
/// ```
/// use ndarray::{ArrayView2, array};
/// use radiomics_explain::dependence::partial_dependence;
/// let model = |rows: ArrayView2<'_, f64>| rows.map_axis(ndarray::Axis(1), |r| r[0] * r[1]);
/// let x = array![[0.0, 1.0], [0.0, 3.0]];
/// assert_eq!(partial_dependence(&model, x.view(), 0, &[0.0, 1.0])?.mean, [0.0, 2.0]);
/// # Ok::<(), radiomics_explain::Error>(())
/// ```
pub fn partial_dependence(
    model: &impl Model,
    x: ArrayView2<'_, f64>,
    feature: usize,
    grid: &[f64],
) -> Result<Dependence, Error> {
    check(x, &[feature], &[grid])?;
    let columns: Result<Vec<Vec<f64>>, Error> = grid
        .par_iter()
        .map(|value| {
            let mut set = x.to_owned();
            set.column_mut(feature).fill(*value);
            Ok(scores(model, set.view())?.to_vec())
        })
        .collect();
    let columns = columns?;
    let mean = columns.iter().map(|c| c.iter().sum::<f64>() / c.len() as f64).collect();
    let curves = Array2::from_shape_fn((x.nrows(), grid.len()), |(row, i)| columns[i][row]);
    Ok(Dependence { grid: grid.to_vec(), mean, curves })
}

/// Mean prediction with two columns set to each pair of values.
///
/// # Errors
/// No such column, no row, no value; errors of the model.
pub fn partial_dependence_2d(
    model: &impl Model,
    x: ArrayView2<'_, f64>,
    features: [usize; 2],
    first: &[f64],
    second: &[f64],
) -> Result<Surface, Error> {
    check(x, &features, &[first, second])?;
    let lines: Result<Vec<Vec<f64>>, Error> = first
        .par_iter()
        .map(|a| {
            let mut set = x.to_owned();
            set.column_mut(features[0]).fill(*a);
            second
                .iter()
                .map(|b| {
                    set.column_mut(features[1]).fill(*b);
                    Ok(scores(model, set.view())?.mean_axis(Axis(0)).map_or(f64::NAN, |m| m.into_scalar()))
                })
                .collect()
        })
        .collect();
    let mean = Array2::from_shape_vec((first.len(), second.len()), lines?.concat())
        .map_err(|e| Error::Model(e.to_string()))?;
    Ok(Surface { first: first.to_vec(), second: second.to_vec(), mean })
}

fn check(x: ArrayView2<'_, f64>, features: &[usize], grids: &[&[f64]]) -> Result<(), Error> {
    require_count("rows", x.nrows(), 1)?;
    require_finite("a row", x)?;
    features.iter().try_for_each(|f| require_feature(x, *f))?;
    for grid in grids {
        require_count("values of the grid", grid.len(), 1)?;
        if let Some((row, value)) = grid.iter().enumerate().find(|(_, v)| !v.is_finite()) {
            return Err(Error::NotFinite { what: "a value of the grid", row, column: 0, value: *value });
        }
    }
    Ok(())
}

fn require_feature(x: ArrayView2<'_, f64>, feature: usize) -> Result<(), Error> {
    if feature < x.ncols() {
        return Ok(());
    }
    Err(Error::Setting {
        name: "feature",
        value: feature.to_string(),
        expected: "a column of the rows, counted from 0",
    })
}

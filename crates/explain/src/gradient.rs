//! Attributions along gradients: integrated gradients (Sundararajan et al. 2017) and their mean over backgrounds,
//! expected gradients (Erion et al. 2021), which are behind voxel-wise SHAP maps.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use radiomics_stats::rng::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, require_count, require_size};
use crate::model::require_finite;
use crate::shapley::legendre;

/// A model that knows its slope.
pub trait Gradient: Sync {
    /// Gradient of the score with respect to each feature. Shape in and out: `(rows, features)`.
    ///
    /// # Errors
    /// [`Error::Model`] with the model's own words.
    fn gradient(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error>;
}

impl<F> Gradient for F
where
    F: Fn(ArrayView2<'_, f64>) -> Array2<f64> + Sync,
{
    fn gradient(&self, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
        Ok(self(rows))
    }
}

/// Attributions of rows with their spread.
#[derive(Clone, Debug, PartialEq)]
pub struct Attributions {
    /// Shape `(rows, features)`.
    pub values: Array2<f64>,
    /// Variance of each value as an estimate of its mean, over draws; `None` for integrals. Shape `(rows, features)`.
    pub variance: Option<Array2<f64>>,
}

/// `(x − b) ⊙ ∫₀¹ ∇f(b + t (x − b)) dt` from one baseline, by Gauss–Legendre's rule with `points` points.
///
/// Sums to `f(x) − f(b)` as far as the rule integrates the gradient.
///
/// # Errors
/// No point, sizes that differ, values that are not finite.
///
/// ```
/// use ndarray::{ArrayView2, array};
/// use radiomics_explain::gradient::integrated_gradients;
/// let slope = |rows: ArrayView2<'_, f64>| rows.mapv(|x| 2.0 * x); // of Σ x²
/// let values = integrated_gradients(&slope, array![0.0, 0.0].view(), array![[1.0, 3.0]].view(), 4)?;
/// assert!((values[[0, 1]] - 9.0).abs() < 1e-12);
/// # Ok::<(), radiomics_explain::Error>(())
/// ```
pub fn integrated_gradients(
    model: &impl Gradient,
    baseline: ArrayView1<'_, f64>,
    x: ArrayView2<'_, f64>,
    points: usize,
) -> Result<Array2<f64>, Error> {
    let background = baseline.insert_axis(ndarray::Axis(0));
    Ok(integrated_expected_gradients(model, background, x, points)?.values)
}

/// The mean of [`integrated_gradients`] over background rows: what expected gradients estimate.
///
/// # Errors
/// No point, no background, sizes that differ, values that are not finite.
pub fn integrated_expected_gradients(
    model: &impl Gradient,
    background: ArrayView2<'_, f64>,
    x: ArrayView2<'_, f64>,
    points: usize,
) -> Result<Attributions, Error> {
    check(background, x)?;
    require_count("points", points, 1)?;
    let rule = legendre(points);
    let rows: Result<Vec<Vec<f64>>, Error> = (0..x.nrows())
        .into_par_iter()
        .map(|row| {
            let mut sum = Array1::<f64>::zeros(x.ncols());
            for b in background.rows() {
                let way = &x.row(row) - &b;
                let stops = Array2::from_shape_fn((points, x.ncols()), |(i, k)| b[k] + rule[i].0 * way[k]);
                let slopes = slopes(model, stops.view())?;
                for (slope, (_, weight)) in slopes.rows().into_iter().zip(&rule) {
                    sum.iter_mut().zip(slope).zip(&way).for_each(|((s, g), w)| *s += weight * g * w);
                }
            }
            Ok((sum / background.nrows() as f64).to_vec())
        })
        .collect();
    let values = Array2::from_shape_vec(x.dim(), rows?.concat()).map_err(|e| Error::Model(e.to_string()))?;
    Ok(Attributions { values, variance: None })
}

/// One draw of expected gradients: which background row, and how far along the way from it, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// Background row, counted from 0.
    pub background: usize,
    /// Position between the background row (0) and the explained row (1).
    pub alpha: f64,
}

/// Settings of expected gradients.
///
/// Python: `shap.GradientExplainer(model, background).shap_values(x, nsamples=...)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExpectedGradients {
    /// Draws for each row.
    pub draws: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for ExpectedGradients {
    fn default() -> Self {
        Self { draws: 200, seed: 0 }
    }
}

impl ExpectedGradients {
    /// Attributions of all rows. Shapes `(rows, features)`.
    ///
    /// # Errors
    /// Fewer than two draws, no background, sizes that differ, values that are not finite.
    pub fn explain(
        &self,
        model: &impl Gradient,
        background: ArrayView2<'_, f64>,
        x: ArrayView2<'_, f64>,
    ) -> Result<Attributions, Error> {
        let draws: Vec<Vec<Draw>> = (0..x.nrows())
            .map(|row| {
                let mut rng = Rng::stream(self.seed, row as u64);
                (0..self.draws)
                    .map(|_| Draw { background: rng.below(background.nrows()), alpha: rng.unit() })
                    .collect()
            })
            .collect();
        expected_gradients_of_draws(model, background, x, &draws)
    }
}

/// Means and variances of a row.
type Moments = (Vec<f64>, Vec<f64>);

/// Expected gradients with given draws, one list for each row: `mean (x − b) ⊙ ∇f(b + α (x − b))`.
///
/// # Errors
/// Fewer than two draws, a draw outside its range, sizes that differ, values that are not finite.
pub fn expected_gradients_of_draws(
    model: &impl Gradient,
    background: ArrayView2<'_, f64>,
    x: ArrayView2<'_, f64>,
    draws: &[Vec<Draw>],
) -> Result<Attributions, Error> {
    check(background, x)?;
    require_size("lists of draws", draws.len(), x.nrows())?;
    for draw in draws.iter().flatten() {
        if draw.background >= background.nrows() || !(0.0..=1.0).contains(&draw.alpha) {
            return Err(Error::Setting {
                name: "draw",
                value: format!("{draw:?}"),
                expected: "a background row and a position between 0 and 1",
            });
        }
    }
    let rows: Result<Vec<Moments>, Error> = draws
        .par_iter()
        .enumerate()
        .map(|(row, draws)| {
            require_count("draws", draws.len(), 2)?;
            let x = x.row(row);
            let stops = Array2::from_shape_fn((draws.len(), x.len()), |(i, k)| {
                let b = background[[draws[i].background, k]];
                b + draws[i].alpha * (x[k] - b)
            });
            let mut terms = slopes(model, stops.view())?;
            for (mut term, draw) in terms.rows_mut().into_iter().zip(draws) {
                let b = background.row(draw.background);
                term.iter_mut().zip(x.iter().zip(b)).for_each(|(t, (x, b))| *t *= x - b);
            }
            let n = draws.len() as f64;
            let moments = terms.columns().into_iter().map(|c| {
                let mean = c.sum() / n;
                let squares: f64 = c.iter().map(|v| (v - mean) * (v - mean)).sum();
                (mean, squares / (n * (n - 1.0)))
            });
            Ok(moments.unzip())
        })
        .collect();
    let (values, variance): (Vec<_>, Vec<_>) = rows?.into_iter().unzip();
    let shaped = |lines: Vec<Vec<f64>>| {
        Array2::from_shape_vec(x.dim(), lines.concat()).map_err(|e| Error::Model(e.to_string()))
    };
    Ok(Attributions { values: shaped(values)?, variance: Some(shaped(variance)?) })
}

fn check(background: ArrayView2<'_, f64>, x: ArrayView2<'_, f64>) -> Result<(), Error> {
    require_count("background rows", background.nrows(), 1)?;
    require_count("rows to explain", x.nrows(), 1)?;
    require_size("features of the background", background.ncols(), x.ncols())?;
    require_finite("the background", background)?;
    require_finite("a row to explain", x)
}

fn slopes(model: &impl Gradient, rows: ArrayView2<'_, f64>) -> Result<Array2<f64>, Error> {
    let slopes = model.gradient(rows)?;
    require_size("rows of the gradient", slopes.nrows(), rows.nrows())?;
    require_size("columns of the gradient", slopes.ncols(), rows.ncols())?;
    require_finite("a gradient", slopes.view())?;
    Ok(slopes)
}

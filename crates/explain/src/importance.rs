//! Permutation importance: how much worse the model becomes when a column no longer belongs to its rows (Breiman 2001).

use ndarray::{ArrayView1, ArrayView2};
use radiomics_stats::rng::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, require_count, require_size};
use crate::model::{Model, require_finite, scores};

/// Settings of permutation importance.
///
/// Python: `sklearn.inspection.permutation_importance(model, x, y, n_repeats=..., scoring=...)`.
///
/// ```
/// use ndarray::{Array2, ArrayView1, ArrayView2};
/// use radiomics_explain::importance::PermutationImportance;
/// let x = Array2::from_shape_fn((50, 2), |(i, j)| ((i * 7 + j * 13) % 50) as f64);
/// let y = x.column(0).to_owned();
/// let model = |rows: ArrayView2<'_, f64>| rows.column(0).to_owned();
/// let quality = |scores: ArrayView1<'_, f64>| -(&scores - &y).mapv(|d| d * d).sum();
/// let importance = PermutationImportance::default().of(&model, x.view(), &quality)?;
/// assert!(importance[0].mean > 0.0);
/// assert_eq!(importance[1].mean, 0.0);
/// # Ok::<(), radiomics_explain::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PermutationImportance {
    /// How often each column is shuffled.
    pub repeats: usize,
    /// Seed of the shuffles.
    pub seed: u64,
}

impl Default for PermutationImportance {
    fn default() -> Self {
        Self { repeats: 10, seed: 0 }
    }
}

/// What one column is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Importance {
    /// The column, counted from 0.
    pub feature: usize,
    /// Mean fall of the quality.
    pub mean: f64,
    /// Standard deviation of the fall over repeats (dividing by their number).
    pub sd: f64,
    /// Fall of each repeat.
    pub falls: Vec<f64>,
}

impl PermutationImportance {
    /// Importance of each column in the order of the columns. `quality` judges scores, higher is better.
    ///
    /// # Errors
    /// Fewer than two rows, no repeat; errors of the model; a quality that is not finite.
    pub fn of(
        &self,
        model: &impl Model,
        x: ArrayView2<'_, f64>,
        quality: &(impl Fn(ArrayView1<'_, f64>) -> f64 + Sync),
    ) -> Result<Vec<Importance>, Error> {
        require_count("rows", x.nrows(), 2)?;
        require_count("features", x.ncols(), 1)?;
        require_count("repeats", self.repeats, 1)?;
        require_finite("a row", x)?;
        let judge = |rows: ArrayView2<'_, f64>| {
            let scores = scores(model, rows)?;
            let quality = quality(scores.view());
            if quality.is_finite() {
                Ok(quality)
            } else {
                Err(Error::Setting { name: "quality", value: quality.to_string(), expected: "finite" })
            }
        };
        let whole = judge(x)?;
        let tasks = x.ncols() * self.repeats;
        let falls: Result<Vec<f64>, Error> = (0..tasks)
            .into_par_iter()
            .map(|task| {
                let feature = task / self.repeats;
                let mut order: Vec<usize> = (0..x.nrows()).collect();
                Rng::stream(self.seed, task as u64).shuffle(&mut order);
                let mut shuffled = x.to_owned();
                order.iter().enumerate().for_each(|(i, from)| shuffled[[i, feature]] = x[[*from, feature]]);
                Ok(whole - judge(shuffled.view())?)
            })
            .collect();
        let falls = falls?;
        require_size("falls", falls.len(), tasks)?;
        Ok(falls
            .chunks_exact(self.repeats)
            .enumerate()
            .map(|(feature, falls)| {
                let n = falls.len() as f64;
                let mean = falls.iter().sum::<f64>() / n;
                let sd = (falls.iter().map(|f| (f - mean) * (f - mean)).sum::<f64>() / n).sqrt();
                Importance { feature, mean, sd, falls: falls.to_vec() }
            })
            .collect())
    }
}

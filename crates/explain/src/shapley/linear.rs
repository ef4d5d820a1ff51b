//! Linear models `f(x) = b + w · x`.

use ndarray::{Array2, ArrayView2};
use radiomics_stats::linalg::Cholesky;
use serde::{Deserialize, Serialize};

use super::exact::{MAX_PLAYERS, exact};
use super::order::PermutationShap;
use crate::error::{Error, require_count, require_size};
use crate::explanation::Explanation;
use crate::game::{Coalitions, Game};
use crate::model::require_finite;

/// What is assumed of features that are not known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Features {
    /// They vary as in the background whatever is known: `φ_i = w_i (x_i − mean_i)`.
    Independent,
    /// They follow the known ones as in a normal distribution with the background's mean and covariance:
    /// `v(S) = b + w · E[x | x_S]`. Exact up to 12 features, else by orders. Each feature is a player, copies of
    /// others too, which shap joins to one player and shares its value among.
    Correlated {
        /// Orders, where there are more than 12 features.
        orders: usize,
        /// Seed of the orders.
        seed: u64,
    },
}

/// Values of rows `x` under a linear model. Shapes `(rows, features)`.
///
/// Python: `shap.LinearExplainer((w, b), shap.maskers.Independent(background)).shap_values(x)`; `Impute` in place of
/// `Independent` for correlated features.
///
/// # Errors
/// No background, no row, sizes that differ, values that are not finite.
///
/// ```
/// use ndarray::array;
/// use radiomics_explain::shapley::linear::{Features, linear};
/// let background = array![[0.0, 0.0], [2.0, 4.0]];
/// let e = linear(&[1.0, 0.5], 3.0, background.view(), array![[2.0, 2.0]].view(), Features::Independent)?;
/// assert_eq!(e.base, 5.0);
/// assert_eq!(e.values, array![[1.0, 0.0]]);
/// # Ok::<(), radiomics_explain::Error>(())
/// ```
pub fn linear(
    weights: &[f64],
    intercept: f64,
    background: ArrayView2<'_, f64>,
    x: ArrayView2<'_, f64>,
    features: Features,
) -> Result<Explanation, Error> {
    require_count("background rows", background.nrows(), 1)?;
    require_count("rows to explain", x.nrows(), 1)?;
    require_count("features", weights.len(), 1)?;
    require_size("features of the background", background.ncols(), weights.len())?;
    require_size("features of the rows to explain", x.ncols(), weights.len())?;
    require_finite("the background", background)?;
    require_finite("a row to explain", x)?;
    let game = Gaussian::new(weights, intercept, background, x);
    match features {
        Features::Independent => {
            let values = Array2::from_shape_fn(x.dim(), |(row, i)| weights[i] * (x[[row, i]] - game.mean[i]));
            let predictions = x.rows().into_iter().map(|row| game.predict(&row.to_vec())).collect();
            let base = game.predict(&game.mean);
            Ok(Explanation {
                method: "linear, independent",
                base,
                values,
                predictions,
                standard_errors: None,
                samples: 0,
            })
        }
        Features::Correlated { orders, seed } => {
            let found = if weights.len() <= MAX_PLAYERS / 2 {
                exact(&game)?
            } else {
                PermutationShap { orders, seed }.explain(&game)?
            };
            Ok(Explanation { method: "linear, correlated", ..found })
        }
    }
}

/// `v(S) = b + w · E[x | x_S]` under a normal distribution.
struct Gaussian<'a> {
    weights: &'a [f64],
    intercept: f64,
    mean: Vec<f64>,
    /// Row by row. Where columns depend on each other, variances are larger by a millionth, so that they share what they
    /// know.
    covariance: Vec<f64>,
    x: ArrayView2<'a, f64>,
}

impl<'a> Gaussian<'a> {
    fn new(
        weights: &'a [f64],
        intercept: f64,
        background: ArrayView2<'a, f64>,
        x: ArrayView2<'a, f64>,
    ) -> Self {
        let (n, m) = background.dim();
        let mean: Vec<f64> = background.columns().into_iter().map(|c| c.sum() / n as f64).collect();
        let mut covariance = vec![0.0; m * m];
        for row in background.rows() {
            for i in 0..m {
                for j in 0..m {
                    covariance[i * m + j] += (row[i] - mean[i]) * (row[j] - mean[j]) / (n.max(2) - 1) as f64;
                }
            }
        }
        let vary = (0..m).filter(|i| covariance[i * m + i] > 0.0).count();
        if Cholesky::new(&covariance, m, 1e-10).rank() < vary {
            (0..m).for_each(|i| covariance[i * m + i] *= 1.0 + 1e-6);
        }
        Self { weights, intercept, mean, covariance, x }
    }

    fn predict(&self, x: &[f64]) -> f64 {
        self.intercept + self.weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()
    }
}

impl Game for Gaussian<'_> {
    fn players(&self) -> usize {
        self.weights.len()
    }

    fn rows(&self) -> usize {
        self.x.nrows()
    }

    fn values(&self, sets: &Coalitions, out: &mut [f64]) -> Result<(), Error> {
        let m = self.weights.len();
        require_size("places for values", out.len(), sets.len() * self.x.nrows())?;
        for set in 0..sets.len() {
            let known: Vec<usize> = (0..m).filter(|i| sets.contains(set, *i)).collect();
            // w · E[x | x_S] = w · mean + (x_S − mean_S) · g with C_SS g = (C w)_S.
            let k = known.len();
            let matrix: Vec<f64> = known
                .iter()
                .flat_map(|&i| known.iter().map(move |&j| (i, j)))
                .map(|(i, j)| self.covariance[i * m + j])
                .collect();
            let mut g: Vec<f64> = known
                .iter()
                .map(|&i| (0..m).map(|j| self.covariance[i * m + j] * self.weights[j]).sum())
                .collect();
            Cholesky::new(&matrix, k, 1e-14).solve(&mut g);
            for (row, x) in self.x.rows().into_iter().enumerate() {
                let shift: f64 = known.iter().zip(&g).map(|(&i, g)| (x[i] - self.mean[i]) * g).sum();
                // Everything known leaves nothing to the distribution: the model's own word, without the ridge.
                out[row * sets.len() + set] =
                    if k == m { self.predict(&x.to_vec()) } else { self.predict(&self.mean) + shift };
            }
        }
        Ok(())
    }
}

//! Shapley values as means over orders: in a random order of the players, each is worth what it adds to those before.

use ndarray::Array2;
use radiomics_stats::rng::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::exact::{ends, worths};
use crate::error::{Error, require_count};
use crate::explanation::Explanation;
use crate::game::{Coalitions, Game, Marginal};
use crate::model::{Model, scores};

/// Permutation SHAP: whole orders, each walked forwards and backwards. Every pair of walks sums to the prediction, so local
/// accuracy holds for any number of orders; models without interactions of more than two features come out exactly.
///
/// Python: `shap.explainers.Permutation(model, background)(x, max_evals=...)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PermutationShap {
    /// Number of orders; all rows share them.
    pub orders: usize,
    /// Seed of the orders.
    pub seed: u64,
}

impl Default for PermutationShap {
    fn default() -> Self {
        Self { orders: 10, seed: 0 }
    }
}

impl PermutationShap {
    /// Values of all rows of a game, with standard errors over orders.
    ///
    /// # Errors
    /// No order; errors of the model.
    pub fn explain(&self, game: &impl Game) -> Result<Explanation, Error> {
        let (players, rows) = (game.players(), game.rows());
        require_count("features", players, 1)?;
        require_count("orders", self.orders, 1)?;
        let (base, predictions) = ends(game)?;
        let mut values = Array2::<f64>::zeros((rows, players));
        let mut squares = Array2::<f64>::zeros((rows, players));
        for order in 0..self.orders {
            let mut permutation: Vec<usize> = (0..players).collect();
            Rng::stream(self.seed, order as u64).shuffle(&mut permutation);
            let mut place = vec![0; players];
            permutation.iter().enumerate().for_each(|(i, p)| place[*p] = i);
            // Forwards the first i are known, backwards the last i; the ends are known already.
            let mut sets = Coalitions::new(players);
            (1..players).for_each(|i| sets.push(|p| place[p] < i));
            (1..players).for_each(|i| sets.push(|p| place[p] >= players - i));
            let worth = worths(game, &sets)?;
            for row in 0..rows {
                let at = |offset: usize, i: usize| match i {
                    0 => base,
                    i if i == players => predictions[row],
                    i => worth[[row, offset + i - 1]],
                };
                for (i, player) in permutation.iter().enumerate() {
                    let forwards = at(0, i + 1) - at(0, i);
                    let backwards = at(players - 1, players - i) - at(players - 1, players - i - 1);
                    let value = 0.5 * (forwards + backwards);
                    // Running mean and sum of squares (Welford).
                    let change = value - values[[row, *player]];
                    values[[row, *player]] += change / (order + 1) as f64;
                    squares[[row, *player]] += change * (value - values[[row, *player]]);
                }
            }
        }
        let n = self.orders as f64;
        let standard_errors = (self.orders > 1).then(|| squares.mapv(|s| (s / (n * (n - 1.0))).sqrt()));
        let samples = self.orders * 2 * (players - 1);
        Ok(Explanation { method: "permutation", base, values, predictions, standard_errors, samples })
    }
}

/// Sampling SHAP: for each feature, random orders and one random background row a draw (Štrumbelj and Kononenko 2014).
/// Two model rows a draw; the sum is brought to the prediction by sharing the difference in proportion to the variances.
///
/// Python: `shap.SamplingExplainer(model, background).shap_values(x, nsamples=...)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SamplingShap {
    /// Draws for each feature.
    pub draws: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for SamplingShap {
    fn default() -> Self {
        Self { draws: 1000, seed: 0 }
    }
}

impl SamplingShap {
    /// Values of all rows, with standard errors over draws.
    ///
    /// # Errors
    /// Fewer than two draws; errors of the model.
    pub fn explain<M: Model>(&self, game: &Marginal<'_, M>) -> Result<Explanation, Error> {
        let (players, rows) = (game.players(), game.rows());
        require_count("draws", self.draws, 2)?;
        let (base, predictions) = ends(game)?;
        let tasks: Vec<(usize, usize)> =
            (0..rows).flat_map(|row| (0..players).map(move |player| (row, player))).collect();
        let results: Result<Vec<(f64, f64)>, Error> =
            tasks.into_par_iter().map(|(row, player)| self.draw(game, row, player, players)).collect();
        let results = results?;
        let mut values = Array2::zeros((rows, players));
        let mut errors = Array2::zeros((rows, players));
        for (row, line) in results.chunks_exact(players).enumerate() {
            let sum: f64 = line.iter().map(|l| l.0).sum();
            let variance: f64 = line.iter().map(|l| l.1).sum();
            let missing = predictions[row] - base - sum;
            for (player, (value, own)) in line.iter().enumerate() {
                let share = if variance > 0.0 { own / variance } else { 1.0 / players as f64 };
                values[[row, player]] = value + missing * share;
                errors[[row, player]] = own.sqrt();
            }
        }
        let samples = self.draws * players * 2;
        Ok(Explanation {
            method: "sampling",
            base,
            values,
            predictions,
            standard_errors: Some(errors),
            samples,
        })
    }

    /// Mean and variance of the mean of one feature's contribution.
    fn draw<M: Model>(
        &self,
        game: &Marginal<'_, M>,
        row: usize,
        player: usize,
        players: usize,
    ) -> Result<(f64, f64), Error> {
        let features = game.x.ncols();
        let mut rng = Rng::stream(self.seed, (row * players + player) as u64);
        let mut order: Vec<usize> = (0..players).collect();
        let mut before = vec![false; players];
        let (mut mean, mut squares, mut count) = (0.0, 0.0, 0.0);
        let mut left = self.draws;
        while left > 0 {
            let batch = left.min(1024);
            left -= batch;
            let mut block = Array2::zeros((2 * batch, features));
            for draw in 0..batch {
                let b = game.background.row(rng.below(game.background.nrows()));
                rng.shuffle(&mut order);
                before.fill(false);
                order.iter().take_while(|p| **p != player).for_each(|p| before[*p] = true);
                for feature in 0..features {
                    let owner = game.player[feature];
                    let (x, b) = (game.x[[row, feature]], b[feature]);
                    block[[2 * draw, feature]] = if before[owner] || owner == player { x } else { b };
                    block[[2 * draw + 1, feature]] = if before[owner] { x } else { b };
                }
            }
            let scores = scores(game.model, block.view())?;
            for pair in scores.exact_chunks(2) {
                let value = pair[0] - pair[1];
                count += 1.0;
                let change = value - mean;
                mean += change / count;
                squares += change * (value - mean);
            }
        }
        Ok((mean, squares / (count * (count - 1.0))))
    }
}

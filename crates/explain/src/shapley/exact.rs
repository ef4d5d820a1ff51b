//! The definition, set by set.

use ndarray::Array2;

use crate::error::{Error, require_count};
use crate::explanation::Explanation;
use crate::game::{Coalitions, Game};

/// Most players whose sets are all walked through: 16 million sets.
pub const MAX_PLAYERS: usize = 24;

/// Sets whose values are held at one time.
const CHUNK: usize = 1 << 12;

/// Shapley values by their definition: all `2^M` sets in Gray-code order, so that neighbours differ in one player.
///
/// Each set's value enters every `φ` once: with weight `w(|S| − 1)` where the player is in the set and `−w(|S|)` where
/// not, `w(s) = s! (M − s − 1)! / M!`. Memory does not grow with the number of sets.
///
/// Python: `shap.explainers.Exact(model, background)(x)`.
///
/// # Errors
/// [`Error::TooManyPlayers`] above [`MAX_PLAYERS`]; errors of the model.
pub fn exact(game: &impl Game) -> Result<Explanation, Error> {
    let (players, rows) = (game.players(), game.rows());
    require_count("features", players, 1)?;
    if players > MAX_PLAYERS {
        return Err(Error::TooManyPlayers { players, limit: MAX_PLAYERS });
    }
    let weight = weights(players);
    let (base, predictions) = ends(game)?;
    let mut values = Array2::<f64>::zeros((rows, players));
    let count = 1_usize << players;
    for first in (0..count).step_by(CHUNK) {
        let mut sets = Coalitions::new(players);
        for index in first..(first + CHUNK).min(count) {
            sets.push_words(&[(index ^ (index >> 1)) as u64]);
        }
        let worth = worths(game, &sets)?;
        for (worth, mut phi) in worth.rows().into_iter().zip(values.rows_mut()) {
            for (set, worth) in worth.iter().enumerate() {
                let (bits, size) = (sets.words(set)[0], sets.size(set));
                // What nothing is worth enters each φ with weights that sum to 0: leave it out, for exactness.
                let worth = worth - base;
                for (player, phi) in phi.iter_mut().enumerate() {
                    *phi += if bits >> player & 1 == 1 {
                        weight[size - 1] * worth
                    } else {
                        -weight[size] * worth
                    };
                }
            }
        }
    }
    Ok(Explanation { method: "exact", base, values, predictions, standard_errors: None, samples: count })
}

/// `w(s) = s! (M − s − 1)! / M!`, and 0 for the full set.
fn weights(players: usize) -> Vec<f64> {
    let m = players as f64;
    // w(0) = 1/M; w(s) = w(s − 1) · s / (M − s).
    let mut weights = vec![1.0 / m];
    for s in 1..players {
        weights.push(weights[s - 1] * s as f64 / (m - s as f64));
    }
    weights.push(0.0);
    weights
}

/// Worth of nothing (the same for all rows) and of everything.
pub(super) fn ends(game: &impl Game) -> Result<(f64, Vec<f64>), Error> {
    let mut sets = Coalitions::new(game.players());
    sets.push(|_| false);
    sets.push(|_| true);
    let worth = worths(game, &sets)?;
    let base = worth.first().copied().unwrap_or(0.0);
    Ok((base, worth.column(1).to_vec()))
}

/// `v(S)` of all rows. Shape `(rows, sets)`.
pub(super) fn worths(game: &impl Game, sets: &Coalitions) -> Result<Array2<f64>, Error> {
    let mut worth = vec![0.0; game.rows() * sets.len()];
    game.values(sets, &mut worth)?;
    Array2::from_shape_vec((game.rows(), sets.len()), worth).map_err(|e| Error::Model(e.to_string()))
}

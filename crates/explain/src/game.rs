//! What a set of known features is worth: `v(S)`.
//!
//! The [`Marginal`] game takes the known features from the explained row and the others from background rows:
//! `v(S) = mean_b f(x_S, b_∖S)`, so `v(∅)` is the mean prediction and `v(all)` the row's own.

use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::error::{Error, require_count, require_size};
use crate::model::{Model, require_finite, scores};

/// Sets of players, as bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Coalitions {
    players: usize,
    words: usize,
    bits: Vec<u64>,
}

impl Coalitions {
    /// No sets yet.
    pub fn new(players: usize) -> Self {
        Self { players, words: players.div_ceil(64).max(1), bits: Vec::new() }
    }

    /// Number of players that each set is drawn from.
    pub fn players(&self) -> usize {
        self.players
    }

    /// Number of sets.
    pub fn len(&self) -> usize {
        self.bits.len() / self.words
    }

    /// Whether there is no set.
    pub fn is_empty(&self) -> bool {
        self.bits.is_empty()
    }

    /// Adds the set of the players for which `known` holds.
    pub fn push(&mut self, known: impl Fn(usize) -> bool) {
        let start = self.bits.len();
        self.bits.resize(start + self.words, 0);
        for player in (0..self.players).filter(|p| known(*p)) {
            self.bits[start + player / 64] |= 1 << (player % 64);
        }
    }

    /// Adds a set given by its words, lowest player in the lowest bit of the first.
    pub(crate) fn push_words(&mut self, words: &[u64]) {
        debug_assert_eq!(words.len(), self.words);
        self.bits.extend_from_slice(words);
    }

    /// Whether a player is in a set.
    pub fn contains(&self, set: usize, player: usize) -> bool {
        self.bits[set * self.words + player / 64] >> (player % 64) & 1 == 1
    }

    /// Number of players in a set.
    pub fn size(&self, set: usize) -> usize {
        self.words(set).iter().map(|w| w.count_ones() as usize).sum()
    }

    pub(crate) fn words(&self, set: usize) -> &[u64] {
        &self.bits[set * self.words..(set + 1) * self.words]
    }
}

/// Games of several rows over the same players.
pub trait Game: Sync {
    /// Number of features, or groups of features.
    fn players(&self) -> usize;

    /// Number of rows that are explained.
    fn rows(&self) -> usize;

    /// `v(S)` of each row and set. Shape of `out`: `(rows, sets)`, one row after the other.
    ///
    /// # Errors
    /// Those of the model.
    fn values(&self, sets: &Coalitions, out: &mut [f64]) -> Result<(), Error>;

    /// Whether a player cannot change anything in a row, so that its value is 0 by definition.
    fn idle(&self, _row: usize, _player: usize) -> bool {
        false
    }
}

/// Features that are not known come from background rows: the interventional (marginal) expectation, which `shap`
/// takes by default.
///
/// ```
/// use ndarray::{ArrayView2, array};
/// use radiomics_explain::{Marginal, shapley};
/// let model = |rows: ArrayView2<'_, f64>| rows.map_axis(ndarray::Axis(1), |r| r[0] * r[1]);
/// let background = array![[0.0, 0.0], [1.0, 1.0]];
/// let rows = array![[2.0, 3.0]];
/// let explanation = shapley::exact(&Marginal::new(&model, background.view(), rows.view())?)?;
/// assert_eq!(explanation.base, 0.5);
/// assert_eq!(explanation.values.row(0).sum(), 6.0 - 0.5);
/// # Ok::<(), radiomics_explain::Error>(())
/// ```
pub struct Marginal<'a, M> {
    pub(crate) model: &'a M,
    pub(crate) background: ArrayView2<'a, f64>,
    pub(crate) x: ArrayView2<'a, f64>,
    /// Player of each feature.
    pub(crate) player: Vec<usize>,
    players: usize,
}

/// Numbers in a batch that is given to a model: stays in the processor's own cache.
const BATCH: usize = 1 << 15;

impl<'a, M: Model> Marginal<'a, M> {
    /// A game for each row of `x`, every feature a player. Shapes: `(background rows, features)`, `(rows, features)`.
    ///
    /// # Errors
    /// No background, no row, no feature, different numbers of features, values that are not finite.
    pub fn new(model: &'a M, background: ArrayView2<'a, f64>, x: ArrayView2<'a, f64>) -> Result<Self, Error> {
        require_count("background rows", background.nrows(), 1)?;
        require_count("rows to explain", x.nrows(), 1)?;
        require_count("features", x.ncols(), 1)?;
        require_size("features of the background", background.ncols(), x.ncols())?;
        require_finite("the background", background)?;
        require_finite("a row to explain", x)?;
        let players = x.ncols();
        Ok(Self { model, background, x, player: (0..players).collect(), players })
    }

    /// Features that are known or unknown together, such as the columns of one category, become one player.
    ///
    /// # Errors
    /// [`Error::Groups`] unless each feature stands in exactly one group.
    pub fn grouped(mut self, groups: &[Vec<usize>]) -> Result<Self, Error> {
        let features = self.x.ncols();
        let mut times = vec![0_usize; features];
        for (player, group) in groups.iter().enumerate() {
            for &feature in group {
                if feature >= features {
                    return Err(Error::Groups { feature, times: 1, features });
                }
                times[feature] += 1;
                self.player[feature] = player;
            }
        }
        match times.iter().position(|t| *t != 1) {
            Some(feature) => Err(Error::Groups { feature, times: times[feature], features }),
            None => {
                self.players = groups.len();
                Ok(self)
            }
        }
    }

    /// Values of one row for a run of sets: `copies` sets share a batch.
    fn run(&self, row: usize, sets: &Coalitions, first: usize, out: &mut [f64]) -> Result<(), Error> {
        let (rows, features) = self.background.dim();
        let x = self.x.row(row);
        let background = self.background.as_standard_layout();
        let copies = (BATCH / (rows * features)).clamp(1, out.len());
        let mut batch = vec![0.0; copies * rows * features];
        let mut known = vec![false; features];
        for (i, out) in out.chunks_mut(copies).enumerate() {
            for (k, block) in batch.chunks_exact_mut(rows * features).take(out.len()).enumerate() {
                let set = first + i * copies + k;
                for (known, player) in known.iter_mut().zip(&self.player) {
                    *known = sets.contains(set, *player);
                }
                for (target, source) in block.chunks_exact_mut(features).zip(background.rows()) {
                    for (((t, b), x), known) in target.iter_mut().zip(source).zip(x).zip(&known) {
                        *t = if *known { *x } else { *b };
                    }
                }
            }
            let used = &batch[..out.len() * rows * features];
            let view = ArrayView2::from_shape((out.len() * rows, features), used)
                .map_err(|e| Error::Model(e.to_string()))?;
            let scores = scores(self.model, view)?;
            for (out, scores) in out.iter_mut().zip(scores.exact_chunks(rows)) {
                *out = scores.sum() / rows as f64;
            }
        }
        Ok(())
    }
}

impl<M: Model> Game for Marginal<'_, M> {
    fn players(&self) -> usize {
        self.players
    }

    fn rows(&self) -> usize {
        self.x.nrows()
    }

    fn values(&self, sets: &Coalitions, out: &mut [f64]) -> Result<(), Error> {
        require_size("places for values", out.len(), sets.len() * self.x.nrows())?;
        if sets.is_empty() {
            return Ok(());
        }
        // Tasks of a fixed size: no result depends on the number of threads.
        const SETS: usize = 64;
        let tasks: Vec<_> = out
            .chunks_exact_mut(sets.len())
            .enumerate()
            .flat_map(|(row, line)| {
                line.chunks_mut(SETS).enumerate().map(move |(i, chunk)| (row, i * SETS, chunk))
            })
            .collect();
        tasks.into_par_iter().try_for_each(|(row, first, chunk)| self.run(row, sets, first, chunk))
    }

    fn idle(&self, row: usize, player: usize) -> bool {
        (0..self.player.len())
            .filter(|f| self.player[*f] == player)
            .all(|f| self.background.column(f).iter().all(|b| *b == self.x[[row, f]]))
    }
}

//! Kernel SHAP: Shapley values as a weighted regression over sets.
//!
//! `φ` minimises `Σ_S k(|S|) (v(S) − v(∅) − Σ_{i∈S} φ_i)²` with `Σ φ = v(all) − v(∅)`, where
//! `k(s) = (M − 1) / (C(M, s) s (M − s))` (Lundberg and Lee 2017, theorem 2). The constraint is met by elimination, and all
//! rows share one choice of sets and one decomposition.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView1};
use radiomics_stats::elastic_net::{ElasticNet, Gaussian};
use radiomics_stats::linalg::Cholesky;
use radiomics_stats::rng::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::exact::{ends, worths};
use crate::error::{Error, require_count};
use crate::explanation::Explanation;
use crate::game::{Coalitions, Game};

/// Which players may have a value other than 0, chosen for each row before the regression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// All of them.
    #[default]
    All,
    /// The first so many that enter the lasso path. Python: `l1_reg="num_features(10)"`.
    Count(usize),
    /// Those of the lasso at this λ, which minimises `|y − X w|² / (2 n) + λ |w|` over `n` equations, two for each set:
    /// the more sets, the smaller the λ that has an effect. Python: `l1_reg=λ`.
    Lambda(f64),
    /// Those of the point on the lasso path with the least `RSS / σ² + 2 k`, where σ² is the variance of what the
    /// regression on all features leaves (scikit-learn's `LassoLarsIC`). Python: `l1_reg="aic"`.
    Aic,
    /// The same with `k ln n` in place of `2 k`.
    Bic,
}

/// Settings of Kernel SHAP.
///
/// Python: `shap.KernelExplainer(model, background).shap_values(x, nsamples=..., l1_reg=0)`.
///
/// ```
/// use ndarray::{ArrayView2, array};
/// use radiomics_explain::{Marginal, shapley::KernelShap};
/// let model = |rows: ArrayView2<'_, f64>| rows.map_axis(ndarray::Axis(1), |r| r[0] * r[1] + 3.0 * r[2]);
/// let (background, rows) = (array![[0.0, 0.0, 0.0]], array![[1.0, 2.0, 1.0]]);
/// let game = Marginal::new(&model, background.view(), rows.view())?;
/// let explanation = KernelShap::default().explain(&game)?;
/// assert!((explanation.values[[0, 0]] - 1.0).abs() < 1e-12); // half of the product
/// assert!((explanation.values[[0, 2]] - 3.0).abs() < 1e-12);
/// # Ok::<(), radiomics_explain::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KernelShap {
    /// Sets beside the empty and the full one; by default `2 M + 2048`. All sets are taken where they are no more.
    pub samples: Option<usize>,
    /// Draw each set together with its complement, which halves the variance.
    pub paired: bool,
    /// Seed of the draws.
    pub seed: u64,
    /// Which players may have a value.
    pub selection: Selection,
}

impl Default for KernelShap {
    fn default() -> Self {
        Self { samples: None, paired: true, seed: 0, selection: Selection::All }
    }
}

/// Points on the path of a selection.
const LAMBDAS: usize = 100;

/// The last λ as a share of the first, at which no feature is chosen yet.
const LEAST_LAMBDA: f64 = 1e-5;

/// Sets with the weights of their equations, which sum to 1.
struct Design {
    sets: Coalitions,
    weights: Vec<f64>,
}

impl KernelShap {
    /// Values of all rows of a game.
    ///
    /// # Errors
    /// Fewer than two samples where sampling is needed; [`Error::Undetermined`], for a selection by a criterion too;
    /// errors of the model.
    pub fn explain(&self, game: &impl Game) -> Result<Explanation, Error> {
        let players = game.players();
        require_count("features", players, 1)?;
        if let Selection::Lambda(lambda) = self.selection
            && !(lambda >= 0.0 && lambda.is_finite())
        {
            return Err(Error::Setting {
                name: "lambda",
                value: lambda.to_string(),
                expected: "0 or more, finite",
            });
        }
        let (base, predictions) = ends(game)?;
        let design = self.design(players)?;
        let samples = design.sets.len();
        let mut values = Array2::zeros((game.rows(), players));
        if players == 1 {
            for (mut row, prediction) in values.rows_mut().into_iter().zip(&predictions) {
                row[0] = prediction - base;
            }
        } else {
            let worth = worths(game, &design.sets)?;
            let all: Vec<usize> = (0..players).collect();
            let shared = Normal::new(&design, &all)?;
            let solved: Result<Vec<Vec<f64>>, Error> = (0..game.rows())
                .into_par_iter()
                .map(|row| {
                    let idle: Vec<bool> = (0..players).map(|p| game.idle(row, p)).collect();
                    let gain = predictions[row] - base;
                    let used = self.select(&design, worth.row(row), base, gain, &idle)?;
                    if used.len() == players {
                        shared.solve(&design, worth.row(row), base, gain)
                    } else {
                        Normal::new(&design, &used)?.solve(&design, worth.row(row), base, gain)
                    }
                })
                .collect();
            for (mut row, solved) in values.rows_mut().into_iter().zip(solved?) {
                row.assign(&ArrayView1::from(&solved));
            }
        }
        Ok(Explanation { method: "kernel", base, values, predictions, standard_errors: None, samples })
    }

    /// Sizes of sets are taken in pairs `s`, `M − s` from the outside, where the weight is: a size whose share of the
    /// budget covers all its sets is enumerated, the rest is drawn.
    fn design(&self, players: usize) -> Result<Design, Error> {
        let m = players;
        let mut sets = Coalitions::new(m);
        let mut weights = Vec::new();
        if m == 1 {
            return Ok(Design { sets, weights });
        }
        let all = if m < 31 { (1_usize << m) - 2 } else { usize::MAX };
        let budget = self.samples.unwrap_or(2 * m + 2048).min(all);
        require_count("samples", budget, 2.min(all))?;
        // Share of each size (with its complement) in the sum of all kernel weights.
        let last = m / 2;
        let mut share: Vec<f64> = (1..=last)
            .map(|s| {
                let pair = if 2 * s == m { 1.0 } else { 2.0 };
                pair * (m - 1) as f64 / (s as f64 * (m - s) as f64)
            })
            .collect();
        let total: f64 = share.iter().sum();
        share.iter_mut().for_each(|s| *s /= total);

        let (mut left, mut weight_left, mut size) = (budget as f64, 1.0, 1);
        while size <= last {
            let count = binomial(m, size) * if 2 * size == m { 1.0 } else { 2.0 };
            if left * share[size - 1] / weight_left < count * (1.0 - 1e-8) {
                break;
            }
            let weight = share[size - 1] / count;
            each_subset(m, size, |subset| {
                sets.push(|p| subset.contains(&p));
                weights.push(weight);
                if 2 * size != m {
                    sets.push(|p| !subset.contains(&p));
                    weights.push(weight);
                }
            });
            left -= count;
            weight_left -= share[size - 1];
            size += 1;
        }
        if size <= last {
            self.draw(m, &share[size - 1..], size, left as usize, weight_left, &mut sets, &mut weights);
        }
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= total);
        Ok(Design { sets, weights })
    }

    /// Draws sets of the sizes from `first` on; a set met again gains weight in place of a line of its own.
    #[allow(clippy::too_many_arguments)] // the state of one loop, cut in two for reading
    fn draw(
        &self,
        m: usize,
        share: &[f64],
        first: usize,
        count: usize,
        weight: f64,
        sets: &mut Coalitions,
        weights: &mut Vec<f64>,
    ) {
        let mut rng = Rng::new(self.seed);
        let total: f64 = share.iter().sum();
        let mut seen: BTreeMap<Vec<u64>, usize> = BTreeMap::new();
        let start = sets.len();
        let mut order: Vec<usize> = (0..m).collect();
        let mut counts: Vec<f64> = Vec::new();
        let mut draws = 0;
        // Draws of sets already met cost no model call; the bound on draws ends the search where few sets are left.
        while sets.len() - start < count && draws < 4 * count {
            draws += 1;
            let mut at = rng.unit() * total;
            let offset = share.iter().position(|s| {
                at -= s;
                at < 0.0
            });
            let size = first + offset.unwrap_or(share.len() - 1);
            for i in 0..size {
                order.swap(i, i + rng.below(m - i));
            }
            let mut one = Coalitions::new(m);
            let complement = 2 * size != m && !self.paired && rng.below(2) == 1;
            let member = &order[..size];
            one.push(|p| member.contains(&p) != complement);
            if self.paired {
                one.push(|p| !member.contains(&p));
            }
            for set in 0..one.len() {
                let words = one.words(set).to_vec();
                if let Some(i) = seen.get(&words) {
                    counts[*i] += 1.0;
                } else if sets.len() - start < count {
                    sets.push_words(&words);
                    seen.insert(words, counts.len());
                    counts.push(1.0);
                }
            }
        }
        let drawn: f64 = counts.iter().sum();
        weights.extend(counts.iter().map(|c| weight * c / drawn));
    }

    /// Players whose values are estimated in a row.
    fn select(
        &self,
        design: &Design,
        worth: ArrayView1<'_, f64>,
        base: f64,
        gain: f64,
        idle: &[bool],
    ) -> Result<Vec<usize>, Error> {
        let active: Vec<usize> = (0..idle.len()).filter(|p| !idle[*p]).collect();
        if matches!(self.selection, Selection::All) || active.len() < 2 {
            return Ok(active);
        }
        // Each equation twice, once from the empty and once from the full set, as `shap` does: the lasso knows no
        // constraint, so the sum enters as data. Rows are scaled by the root of their weight.
        let m = idle.len() as f64;
        let n = design.sets.len();
        let root: Vec<(f64, f64)> = (0..n)
            .map(|s| {
                let size = design.sets.size(s) as f64;
                ((design.weights[s] * (m - size)).sqrt(), (design.weights[s] * size).sqrt())
            })
            .collect();
        let y: Vec<f64> = (0..n)
            .map(|s| root[s].0 * (worth[s] - base))
            .chain((0..n).map(|s| root[s].1 * (worth[s] - base - gain)))
            .collect();
        let columns: Vec<Vec<f64>> = active
            .iter()
            .map(|&p| {
                let known = |s: usize| f64::from(u8::from(design.sets.contains(s, p)));
                (0..n)
                    .map(|s| root[s].0 * known(s))
                    .chain((0..n).map(|s| root[s].1 * (known(s) - 1.0)))
                    .collect()
            })
            .collect();
        if y.iter().all(|v| *v == y[0]) {
            return Ok(active); // nothing to choose by
        }
        let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        // What `shap` does: an intercept but for the order of entry, columns of one spread for the criteria.
        let criterion = matches!(self.selection, Selection::Aic | Selection::Bic);
        let intercept = !matches!(self.selection, Selection::Count(_));
        let lambda = match self.selection {
            Selection::Lambda(lambda) => vec![lambda],
            _ => sequence(&columns, &y, intercept, criterion),
        };
        let lasso = ElasticNet {
            lambda,
            standardize: criterion,
            intercept,
            tolerance: 1e-12,
            ..ElasticNet::default()
        };
        let path = lasso.path(&views, &Gaussian::new(&y)?)?;
        // The regression on all features ends the path and is no candidate.
        let last = path.nonzero.len() - 1;
        let chosen = match self.selection {
            Selection::All | Selection::Lambda(_) => last,
            Selection::Count(count) => path.nonzero.iter().position(|k| *k >= count).unwrap_or(last),
            Selection::Aic | Selection::Bic => {
                let rows = y.len();
                if rows < active.len() + 2 {
                    return Err(Error::Undetermined { sets: n, players: active.len() });
                }
                let price = if self.selection == Selection::Aic { 2.0 } else { (rows as f64).ln() };
                // Shares of the variance of the worths; a game that is a sum leaves nothing but rounding.
                let left = |i: usize| (1.0 - path.deviance_ratio[i]).max(f64::EPSILON);
                let variance = left(last) / (rows - active.len() - 1) as f64;
                let criterion = |i: usize| left(i) / variance + price * path.nonzero[i] as f64;
                (0..last).min_by(|a, b| criterion(*a).total_cmp(&criterion(*b))).unwrap_or(0)
            }
        };
        let mut used: Vec<usize> = Vec::new();
        let coefficients = &path.coefficients[chosen];
        let mut order: Vec<usize> = (0..active.len()).filter(|i| coefficients[*i] != 0.0).collect();
        if let Selection::Count(count) = self.selection {
            order.sort_by(|a, b| coefficients[*b].abs().total_cmp(&coefficients[*a].abs()).then(a.cmp(b)));
            order.truncate(count);
        }
        used.extend(order.into_iter().map(|i| active[i]));
        used.sort_unstable();
        Ok(if used.is_empty() { active } else { used })
    }
}

/// Values of λ from the one at which no feature is chosen yet, evenly on the scale of logarithms, and 0. A sequence that
/// the lasso makes itself stops where 99.9 % are explained: features of small value would never enter.
fn sequence(columns: &[Vec<f64>], y: &[f64], intercept: bool, standardize: bool) -> Vec<f64> {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let shift = if intercept { mean(y) } else { 0.0 };
    let gradient = |c: &Vec<f64>| {
        let centre = if intercept { mean(c) } else { 0.0 };
        let product: f64 = c.iter().zip(y).map(|(c, y)| (c - centre) * (y - shift)).sum();
        let m = mean(c);
        let sd = (c.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / y.len() as f64).sqrt();
        product.abs() / y.len() as f64 / if standardize && sd > 0.0 { sd } else { 1.0 }
    };
    let most = columns.iter().map(gradient).fold(0.0, f64::max);
    let share = |i: usize| LEAST_LAMBDA.powf(i as f64 / (LAMBDAS - 1) as f64);
    (0..LAMBDAS).map(|i| most * share(i)).chain([0.0]).collect()
}

/// Normal equations over some players, the last of which is eliminated by the constraint.
struct Normal {
    used: Vec<usize>,
    players: usize,
    decomposition: Cholesky,
}

impl Normal {
    fn new(design: &Design, used: &[usize]) -> Result<Self, Error> {
        let k = used.len().saturating_sub(1);
        let mut matrix = vec![0.0; k * k];
        let mut row = vec![0.0; k];
        for (set, weight) in design.weights.iter().enumerate() {
            fill(&design.sets, set, used, &mut row);
            for i in 0..k {
                if row[i] != 0.0 {
                    let scaled = weight * row[i];
                    for j in 0..=i {
                        matrix[i * k + j] += scaled * row[j];
                    }
                }
            }
        }
        let decomposition = Cholesky::new(&matrix, k, 1e-12);
        if decomposition.first_aliased().is_some() {
            return Err(Error::Undetermined { sets: design.sets.len(), players: used.len() });
        }
        Ok(Self { used: used.to_vec(), players: design.sets.players(), decomposition })
    }

    fn solve(
        &self,
        design: &Design,
        worth: ArrayView1<'_, f64>,
        base: f64,
        gain: f64,
    ) -> Result<Vec<f64>, Error> {
        let mut values = vec![0.0; self.players];
        let Some((&last, others)) = self.used.split_last() else { return Ok(values) };
        let mut right = vec![0.0; others.len()];
        let mut row = vec![0.0; others.len()];
        for (set, (weight, worth)) in design.weights.iter().zip(worth).enumerate() {
            fill(&design.sets, set, &self.used, &mut row);
            let known = if design.sets.contains(set, last) { gain } else { 0.0 };
            let y = weight * (worth - base - known);
            for (right, z) in right.iter_mut().zip(&row) {
                *right += z * y;
            }
        }
        self.decomposition.solve(&mut right);
        let mut rest = gain;
        for (&player, value) in others.iter().zip(&right) {
            values[player] = *value;
            rest -= value;
        }
        values[last] = rest;
        Ok(values)
    }
}

/// `z_i − z_last` of a set.
fn fill(sets: &Coalitions, set: usize, used: &[usize], row: &mut [f64]) {
    let bit = |p: usize| f64::from(u8::from(sets.contains(set, p)));
    let Some((&last, others)) = used.split_last() else { return };
    let last = bit(last);
    for (z, p) in row.iter_mut().zip(others) {
        *z = bit(*p) - last;
    }
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64).round()
}

/// Calls `f` with each subset of `size` players in lexicographic order; of two complements of half size, both come.
fn each_subset(players: usize, size: usize, mut f: impl FnMut(&[usize])) {
    let mut subset: Vec<usize> = (0..size).collect();
    loop {
        f(&subset);
        let Some(i) = (0..size).rev().find(|&i| subset[i] < players - size + i) else { return };
        subset[i] += 1;
        for j in i + 1..size {
            subset[j] = subset[j - 1] + 1;
        }
    }
}

//! The features of one matrix: each formula one line.

use std::f64::consts::LN_2;

use super::{count::Cell, mcc};
use crate::names::GlcmFeatures;

/// PyRadiomics adds this to a probability before its logarithm.
const EPSILON: f64 = f64::EPSILON;

/// A matrix of probabilities that sum to 1, and what follows from it.
pub struct Glcm<'a> {
    /// Cells that are not 0; of a symmetrical matrix those with `i ≤ j`.
    pub cells: Vec<Probability>,
    /// Grey levels of rows and columns.
    levels: &'a [u32],
    /// True if `p_ij = p_ji`.
    pub symmetric: bool,
    /// `p_x(i) = Σ_j p_ij`, for each of `levels`.
    pub rows: Distribution,
    /// `p_y(j) = Σ_i p_ij`, for each of `levels`.
    pub columns: Distribution,
    /// `p_{x+y}(k)`, `k = i + j`.
    sums: Distribution,
    /// `p_{x−y}(k)`, `k = |i − j|`.
    differences: Distribution,
}

/// `p_ij`; `i` and `j` are places in the list of grey levels.
pub struct Probability {
    pub i: u16,
    pub j: u16,
    pub p: f64,
}

impl<'a> Glcm<'a> {
    /// Normalises a matrix. `None` where it is empty.
    pub fn new(cells: &[Cell], levels: &'a [u32], symmetric: bool) -> Option<Self> {
        let pairs: f64 = cells.iter().map(|cell| cell.pairs).sum();
        if pairs <= 0.0 {
            return None;
        }
        // A pair of a symmetrical matrix counts in both orders, also where both are one cell.
        let orders = if symmetric { 2.0 } else { 1.0 };
        let total = orders * pairs;
        let (mut rows, mut columns) = (vec![0.0; levels.len()], vec![0.0; levels.len()]);
        for &Cell { i, j, pairs } in cells {
            rows[usize::from(i)] += pairs;
            if symmetric {
                rows[usize::from(j)] += pairs;
            } else {
                columns[usize::from(j)] += pairs;
            }
        }
        let marginal = |pairs: &[f64]| {
            Distribution(
                levels.iter().zip(pairs).map(|(&level, pairs)| (f64::from(level), pairs / total)).collect(),
            )
        };
        let level = |place: u16| u64::from(levels[usize::from(place)]);
        let k = |f: fn(u64, u64) -> u64| {
            let terms = cells.iter().map(move |cell| (f(level(cell.i), level(cell.j)), cell.pairs));
            Distribution::collect(terms, cells.len(), pairs)
        };
        let rows = marginal(&rows);
        let cell = |&Cell { i, j, pairs }: &Cell| {
            let p = if i == j { orders * pairs / total } else { pairs / total };
            Probability { i, j, p }
        };
        Some(Self {
            levels,
            symmetric,
            columns: if symmetric { rows.clone() } else { marginal(&columns) },
            rows,
            sums: k(|i, j| i + j),
            differences: k(u64::abs_diff),
            cells: cells.iter().map(cell).collect(),
        })
    }

    /// All 24 features, with `count` for the number of grey levels `N_g`. Without `mcc` that one is NaN: it costs
    /// more than the others together.
    pub fn features(&self, count: u32, mcc: bool) -> GlcmFeatures {
        let Self { rows, columns, sums, differences, .. } = self;
        let levels = f64::from(count);
        let (mean_x, mean_y) = (rows.mean(|i| i), columns.mean(|j| j));
        let variance_x = rows.mean(|i| (i - mean_x).powi(2));
        let variance_y = columns.mean(|j| (j - mean_y).powi(2));
        let covariance = self.sum(|i, j, p| (i - mean_x) * (j - mean_y) * p);
        let deviations = variance_x.sqrt() * variance_y.sqrt();
        let cluster = |power: i32| sums.mean(|k| (k - mean_x - mean_y).powi(power));
        let difference_average = differences.mean(|k| k);
        let joint_entropy = -self.sum(|_, _, p| p * (p + EPSILON).log2());
        let information = Information::new(self, joint_entropy);
        GlcmFeatures {
            autocorrelation: self.sum(|i, j, p| i * j * p),
            cluster_prominence: cluster(4),
            cluster_shade: cluster(3),
            cluster_tendency: cluster(2),
            contrast: differences.mean(|k| k * k),
            correlation: if deviations > 0.0 {
                covariance / (deviations + EPSILON)
            } else {
                f64::from(u8::from(self.is_flat()))
            },
            difference_average,
            difference_entropy: differences.entropy(),
            difference_variance: differences.mean(|k| (k - difference_average).powi(2)),
            id: differences.mean(|k| 1.0 / (1.0 + k)),
            idm: differences.mean(|k| 1.0 / (1.0 + k * k)),
            idmn: differences.mean(|k| 1.0 / (1.0 + (k / levels).powi(2))),
            idn: differences.mean(|k| 1.0 / (1.0 + k / levels)),
            imc1: information.imc1(),
            imc2: information.imc2(),
            inverse_variance: differences.mean(|k| if k > 0.0 { 1.0 / (k * k) } else { 0.0 }),
            joint_average: mean_x,
            joint_energy: self.sum(|_, _, p| p * p),
            joint_entropy,
            mcc: if mcc { mcc::mcc(self) } else { f64::NAN },
            maximum_probability: self.cells.iter().map(|cell| cell.p).fold(0.0, f64::max),
            sum_average: sums.mean(|k| k),
            sum_entropy: sums.entropy(),
            sum_squares: variance_x,
        }
    }

    /// Whether PyRadiomics sees that all rows, or all columns, are one grey level: its mean `Σ i p_ij`, added cell
    /// by cell, must be that level. Where rounding moves it, PyRadiomics has a spread and no correlation.
    fn is_flat(&self) -> bool {
        let level = |place: u16| f64::from(self.levels[usize::from(place)]);
        let exact = |marginal: &Distribution, place: fn(&Probability) -> u16| {
            let mean: f64 = self.cells.iter().map(|cell| level(place(cell)) * cell.p).sum();
            let mut present = marginal.0.iter().filter(|(_, p)| *p > 0.0);
            matches!((present.next(), present.next()), (Some((only, _)), None) if *only == mean)
        };
        exact(&self.rows, |cell| cell.i) || exact(&self.columns, |cell| cell.j)
    }

    /// `Σ_ij f(i, j, p_ij)` over all cells that are not 0; where the matrix is symmetrical, `f` must be.
    fn sum(&self, f: impl Fn(f64, f64, f64) -> f64) -> f64 {
        let level = |place: u16| f64::from(self.levels[usize::from(place)]);
        let term = |cell: &Probability| {
            let term = f(level(cell.i), level(cell.j), cell.p);
            if self.symmetric && cell.i != cell.j { 2.0 * term } else { term }
        };
        self.cells.iter().map(term).sum()
    }
}

/// The terms of the two informational measures of correlation, bits.
struct Information {
    joint: f64,
    /// The larger entropy of the marginals.
    marginal: f64,
    /// `HXY1 = −Σ p_ij log₂ (p_x(i) p_y(j) + ε)`.
    first: f64,
    /// `HXY2 = −Σ p_x(i) p_y(j) log₂ (p_x(i) p_y(j) + ε)`.
    second: f64,
}

impl Information {
    /// Without ε both sums are `HX + HY`, and ε takes away `ε / ln 2` times the sum of what stands before the
    /// logarithm divided by what stands in it; the next term is below 10⁻¹⁵ where marginals are far above ε.
    fn new(glcm: &Glcm, joint: f64) -> Self {
        let (rows, columns) = (&glcm.rows.0, &glcm.columns.0);
        let plain =
            |d: &[(f64, f64)]| -d.iter().filter(|(_, p)| *p > 0.0).map(|(_, p)| p * p.log2()).sum::<f64>();
        let present = |d: &[(f64, f64)]| d.iter().filter(|(_, p)| *p > 0.0).count() as f64;
        let smallest = |d: &[(f64, f64)]| d.iter().map(|(_, p)| *p).filter(|p| *p > 0.0).fold(1.0, f64::min);
        let over_cells = |term: fn(f64, f64) -> f64| -> f64 {
            let cell = |cell: &Probability| {
                let [i, j] = [cell.i, cell.j].map(usize::from);
                let both = glcm.symmetric && i != j;
                let p = if both { 2.0 * cell.p } else { cell.p };
                term(p, rows[i].1 * columns[j].1)
            };
            glcm.cells.iter().map(cell).sum()
        };
        let independent = plain(rows) + plain(columns);
        // A weight of exp(−d²) makes marginals as small as ε.
        let first = if smallest(rows) * smallest(columns) < 1e-13 {
            -over_cells(|p, product| p * (product + EPSILON).log2())
        } else {
            independent - EPSILON / LN_2 * over_cells(|p, product| p / product)
        };
        Self {
            joint,
            marginal: glcm.rows.entropy().max(glcm.columns.entropy()),
            first,
            second: independent - EPSILON / LN_2 * present(rows) * present(columns),
        }
    }

    /// `(HXY − HXY1) / max(HX, HY)`; 0 where rows and columns are independent, as in a flat region.
    fn imc1(&self) -> f64 {
        let information = self.first - self.joint;
        if self.is_rounding(information) { 0.0 } else { -information / self.marginal }
    }

    /// `√(1 − exp(−2 (HXY2 − HXY)))`; 0 where rows and columns are independent.
    fn imc2(&self) -> f64 {
        let information = self.second - self.joint;
        if self.is_rounding(information) { 0.0 } else { (-(-2.0 * information).exp_m1()).max(0.0).sqrt() }
    }

    /// True for a difference of entropies that may as well be 0.
    fn is_rounding(&self, information: f64) -> bool {
        information.abs() <= 4.0 * f64::EPSILON * (1.0 + self.joint.abs())
    }
}

/// Values and their probabilities.
#[derive(Clone)]
pub struct Distribution(pub Vec<(f64, f64)>);

impl Distribution {
    /// Adds up the weights of equal values. `terms` are `count` pairs of value and weight; `total` is the
    /// sum of their weights.
    fn collect(terms: impl Iterator<Item = (u64, f64)> + Clone, count: usize, total: f64) -> Self {
        let highest = terms.clone().map(|(k, _)| k).max().unwrap_or(0) as usize;
        if highest <= 1024 + 16 * count {
            let mut weights = vec![0.0; highest + 1];
            terms.for_each(|(k, weight)| weights[k as usize] += weight);
            let present = weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0);
            return Self(present.map(|(k, weight)| (k as f64, weight / total)).collect());
        }
        let mut terms: Vec<(u64, f64)> = terms.collect();
        terms.sort_by_key(|&(k, _)| k); // stable
        let same = |terms: &[(u64, f64)]| {
            (terms[0].0 as f64, terms.iter().map(|(_, weight)| weight).sum::<f64>() / total)
        };
        Self(terms.chunk_by(|a, b| a.0 == b.0).map(same).collect())
    }

    /// `Σ f(k) p(k)`.
    fn mean(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.0.iter().map(|&(k, p)| f(k) * p).sum()
    }

    /// `−Σ p(k) log₂ (p(k) + ε)`.
    fn entropy(&self) -> f64 {
        -self.0.iter().filter(|(_, p)| *p > 0.0).map(|(_, p)| p * (p + EPSILON).log2()).sum::<f64>()
    }
}

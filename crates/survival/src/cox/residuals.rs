//! Residuals, and the robust covariance that is made of them.
//!
//! With `ê_i = exp(η_i)`, the hazard `G_i` that a patient met, and `x̄` the weighted mean of those at risk,
//!
//! martingale `M_i = δ_i − ê_i G_i`, score `U_i = δ_i (x_i − x̄(t_i)) − ê_i ∫ (x_i − x̄) dH`,
//!
//! where an event meets, under Efron's treatment of ties, its share of each denominator (Therneau and Grambsch 2000,
//! chapters 4 and 7).

use std::collections::BTreeMap;

use radiomics_stats::linalg::{Cholesky, quadratic_form};
use serde::Serialize;

use super::Ties;
use super::fit::CoxFit;
use super::layout::Layout;
use super::sweep::{Hazard, accumulate, risk, sweep};
use crate::Error;

/// Schoenfeld residuals: one row for each event, by stratum and time. Matrices are given row by row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Schoenfeld {
    /// Time of each event.
    pub time: Vec<f64>,
    /// Stratum of each event; 0 without strata.
    pub stratum: Vec<u32>,
    /// Position of each event in the input.
    pub row: Vec<usize>,
    /// `events × columns`.
    pub values: Vec<f64>,
}

/// Hazards, and means of the covariates, at the event times.
pub(crate) struct Moments {
    /// Hazard of those at risk, along each stratum (see [`super::layout::Patients::upto`]).
    pub cumulative: Vec<f64>,
    /// What an event of each time meets less.
    pub spared: Vec<f64>,
    /// `∫ x̄ dH` along each stratum, `p` values each.
    pub mean_hazard: Vec<f64>,
    /// What an event of each time meets less of it.
    pub mean_spared: Vec<f64>,
    /// `x̄` of each time, averaged over its events.
    pub mean: Vec<f64>,
}

impl Moments {
    pub fn new(layout: &Layout, risk: &[f64], ties: Ties) -> Self {
        let (p, m) = (layout.p, layout.groups.len());
        let mut hazards = vec![Hazard::default(); m];
        let mut increments = vec![0.0; m * p];
        let mut mean_spared = vec![0.0; m * p];
        let mut mean = vec![0.0; m * p];
        sweep(layout, risk, |k, set| {
            let group = &layout.groups[k];
            let h = Hazard::new(ties, group, set.total, set.dead_total);
            for j in 0..p {
                let (s, d) = (set.sum[j], set.dead_sum[j]);
                increments[k * p + j] = s * h.square - d * h.square_spared;
                mean_spared[k * p + j] = s * h.square_spared - d * h.square_spared_twice;
                mean[k * p + j] = (s * h.all - d * h.spared) / group.weight;
            }
            hazards[k] = h;
        });
        let cumulative = accumulate(layout, |k| hazards[k].all);
        let mut mean_hazard = vec![0.0; cumulative.len() * p];
        for (s, stratum) in layout.strata.iter().enumerate() {
            for k in stratum.groups.clone() {
                for j in 0..p {
                    mean_hazard[(k + s + 1) * p + j] = mean_hazard[(k + s) * p + j] + increments[k * p + j];
                }
            }
        }
        let spared = hazards.iter().map(|h| h.spared).collect();
        Self { cumulative, spared, mean_hazard, mean_spared, mean }
    }

    /// Group of the event in a row.
    fn group(layout: &Layout, row: usize) -> usize {
        layout.upto[row] as usize - 1 - layout.stratum_of(row)
    }
}

/// `G_i` of each sorted row.
fn met(layout: &Layout, moments: &Moments) -> Vec<f64> {
    (0..layout.n)
        .map(|i| {
            let mut met = moments.cumulative[layout.upto[i] as usize];
            if let Some(entry) = &layout.entry {
                met -= moments.cumulative[entry.from[i] as usize];
            }
            if layout.event[i] {
                met -= moments.spared[Moments::group(layout, i)];
            }
            met
        })
        .collect()
}

/// Score residuals of the sorted rows at linear predictors, unweighted.
fn score_rows(layout: &Layout, eta: &[f64], ties: Ties) -> Vec<f64> {
    let p = layout.p;
    let moments = Moments::new(layout, &risk(layout, eta), ties);
    let met = met(layout, &moments);
    let mut out = vec![0.0; layout.n * p];
    for i in 0..layout.n {
        let (x, e) = (layout.row(i), eta[i].exp());
        let row = &mut out[i * p..(i + 1) * p];
        let upto = layout.upto[i] as usize * p;
        let from = layout.entry.as_ref().map(|entry| entry.from[i] as usize * p);
        let event = layout.event[i].then(|| Moments::group(layout, i) * p);
        for j in 0..p {
            let mut means = moments.mean_hazard[upto + j];
            if let Some(from) = from {
                means -= moments.mean_hazard[from + j];
            }
            let mut u = 0.0;
            if let Some(k) = event {
                means -= moments.mean_spared[k + j];
                u = x[j] - moments.mean[k + j];
            }
            row[j] = u - e * (x[j] * met[i] - means);
        }
    }
    out
}

/// Rows times weights, summed over clusters; without clusters every row is its own.
fn collapsed(layout: &Layout, cluster: &[u32], rows: &[f64]) -> Vec<f64> {
    let p = layout.p;
    let mut sums: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    let mut out = Vec::with_capacity(rows.len());
    for (i, row) in rows.chunks_exact(p).enumerate() {
        let input = layout.order[i] as usize;
        let weighted = row.iter().map(|v| v * layout.weight[i]);
        match cluster.get(input) {
            None => out.extend(weighted),
            Some(&cluster) => sums
                .entry(cluster)
                .or_insert_with(|| vec![0.0; p])
                .iter_mut()
                .zip(weighted)
                .for_each(|(s, v)| *s += v),
        }
    }
    out.extend(sums.into_values().flatten());
    out
}

/// `Σ v vᵀ` over rows.
fn squares(rows: &[f64], p: usize) -> Vec<f64> {
    let mut out = vec![0.0; p * p];
    for row in rows.chunks_exact(p) {
        for j in 0..p {
            for k in 0..p {
                out[j * p + k] += row[j] * row[k];
            }
        }
    }
    out
}

/// Each row times a square matrix.
pub(crate) fn times(rows: &[f64], matrix: &[f64], p: usize) -> Vec<f64> {
    let mut out = vec![0.0; rows.len()];
    for (row, to) in rows.chunks_exact(p).zip(out.chunks_exact_mut(p)) {
        for (k, v) in row.iter().enumerate() {
            for (t, m) in to.iter_mut().zip(&matrix[k * p..(k + 1) * p]) {
                *t += v * m;
            }
        }
    }
    out
}

/// Sandwich covariance (Lin and Wei 1989) and the robust score statistic, in which R leaves out the offset.
pub(crate) fn robust(
    layout: &Layout,
    ties: Ties,
    coefficients: &[f64],
    covariance: &[f64],
    cluster: &[u32],
) -> (Vec<f64>, f64) {
    let p = layout.p;
    let eta = layout.linear_predictor(coefficients);
    let dfbeta = times(&collapsed(layout, cluster, &score_rows(layout, &eta, ties)), covariance, p);
    let null = collapsed(layout, cluster, &score_rows(layout, &vec![0.0; layout.n], ties));
    let mut u = vec![0.0; p];
    null.chunks_exact(p).for_each(|row| u.iter_mut().zip(row).for_each(|(u, v)| *u += v));
    let inverse = Cholesky::new(&squares(&null, p), p, 1e-12).inverse();
    (squares(&dfbeta, p), quadratic_form(&inverse, &u))
}

impl CoxFit {
    pub(crate) fn eta(&self) -> Vec<f64> {
        self.layout.linear_predictor(&self.coefficients)
    }

    fn refuse_exact(&self, what: &'static str) -> Result<(), Error> {
        if self.ties == Ties::Exact {
            return Err(Error::Unsupported { method: "the exact treatment of ties", what });
        }
        Ok(())
    }

    /// Events seen less events expected, one for each row. R: `residuals(fit, "martingale")`.
    pub fn martingale_residuals(&self) -> Vec<f64> {
        let eta = self.eta();
        let moments = Moments::new(&self.layout, &risk(&self.layout, &eta), self.ties);
        let met = met(&self.layout, &moments);
        let sorted: Vec<f64> =
            (0..self.n).map(|i| f64::from(u8::from(self.layout.event[i])) - eta[i].exp() * met[i]).collect();
        self.layout.unsort(&sorted)
    }

    /// Martingale residuals made more symmetric: `sign(M) √(−2 (M + δ ln(δ − M)))`. R: `residuals(fit, "deviance")`.
    pub fn deviance_residuals(&self) -> Vec<f64> {
        let martingale = self.martingale_residuals();
        martingale
            .iter()
            .enumerate()
            .map(|(i, &m)| {
                let log = if self.outcome.is_event(i) { (1.0 - m).ln() } else { 0.0 };
                (-2.0 * (m + log)).max(0.0).sqrt().copysign(m)
            })
            .collect()
    }

    /// What each row adds to the score, unweighted, `n × columns`. R: `residuals(fit, "score")`.
    ///
    /// # Errors
    /// Exact ties, for which they are not defined.
    pub fn score_residuals(&self) -> Result<Vec<f64>, Error> {
        self.refuse_exact("score residuals")?;
        let sorted = score_rows(&self.layout, &self.eta(), self.ties);
        Ok(self.unsort_rows(&sorted))
    }

    fn unsort_rows(&self, sorted: &[f64]) -> Vec<f64> {
        let p = self.layout.p;
        let mut out = vec![0.0; sorted.len()];
        for (row, &i) in sorted.chunks_exact(p).zip(&self.layout.order) {
            out[i as usize * p..(i as usize + 1) * p].copy_from_slice(row);
        }
        out
    }

    /// About how much each coefficient would change without the row, weighted, `n × columns`.
    /// R: `residuals(fit, "dfbeta")`.
    ///
    /// # Errors
    /// As [`score_residuals`](Self::score_residuals).
    pub fn dfbeta(&self) -> Result<Vec<f64>, Error> {
        let p = self.layout.p;
        let mut out = times(&self.score_residuals()?, self.naive(), p);
        for (i, row) in out.chunks_exact_mut(p).enumerate() {
            let w = self.outcome.weight(i);
            row.iter_mut().for_each(|v| *v *= w);
        }
        Ok(out)
    }

    /// The same in standard errors. R: `residuals(fit, "dfbetas")`.
    ///
    /// # Errors
    /// As [`score_residuals`](Self::score_residuals).
    pub fn dfbetas(&self) -> Result<Vec<f64>, Error> {
        let mut out = self.dfbeta()?;
        let se = self.naive_standard_errors();
        for row in out.chunks_exact_mut(self.layout.p) {
            row.iter_mut().zip(&se).for_each(|(v, se)| *v /= se);
        }
        Ok(out)
    }

    /// Martingale residuals plus the contribution of each column to the linear predictor, `n × columns`.
    /// R: `residuals(fit, "partial")`.
    pub fn partial_residuals(&self) -> Vec<f64> {
        let p = self.layout.p;
        let mut sorted = Vec::with_capacity(self.n * p);
        for i in 0..self.n {
            for (j, x) in self.layout.row(i).iter().enumerate() {
                sorted.push((x + self.layout.centre[j] - self.means[j]) * self.coefficients[j]);
            }
        }
        let mut out = self.unsort_rows(&sorted);
        for (row, m) in out.chunks_exact_mut(p).zip(self.martingale_residuals()) {
            row.iter_mut().for_each(|v| *v += m);
        }
        out
    }

    /// Covariates of each event less their mean among those at risk. R: `residuals(fit, "schoenfeld")`.
    ///
    /// # Errors
    /// Exact ties, for which they are not defined.
    pub fn schoenfeld_residuals(&self) -> Result<Schoenfeld, Error> {
        self.refuse_exact("Schoenfeld residuals")?;
        Ok(self.schoenfeld())
    }

    pub(crate) fn schoenfeld(&self) -> Schoenfeld {
        let (layout, p) = (&self.layout, self.layout.p);
        let moments = Moments::new(layout, &risk(layout, &self.eta()), self.ties);
        let mut out =
            Schoenfeld { time: Vec::new(), stratum: Vec::new(), row: Vec::new(), values: Vec::new() };
        for stratum in &layout.strata {
            for k in stratum.groups.clone() {
                let group = &layout.groups[k];
                for i in group.first..group.first + group.deaths {
                    out.time.push(group.time);
                    out.stratum.push(stratum.code);
                    out.row.push(layout.order[i] as usize);
                    let mean = &moments.mean[k * p..(k + 1) * p];
                    out.values.extend(layout.row(i).iter().zip(mean).map(|(x, m)| x - m));
                }
            }
        }
        out
    }

    /// Schoenfeld residuals times `events · covariance`, plus the coefficients: their trend over time is that of the
    /// coefficient. R: `residuals(fit, "scaledsch")`.
    ///
    /// # Errors
    /// As [`schoenfeld_residuals`](Self::schoenfeld_residuals).
    pub fn scaled_schoenfeld_residuals(&self) -> Result<Schoenfeld, Error> {
        let plain = self.schoenfeld_residuals()?;
        let p = self.layout.p;
        let events = plain.time.len() as f64;
        let mut values = times(&plain.values, self.naive(), p);
        for row in values.chunks_exact_mut(p) {
            row.iter_mut().zip(&self.coefficients).for_each(|(v, b)| *v = *v * events + b);
        }
        Ok(Schoenfeld { values, ..plain })
    }
}

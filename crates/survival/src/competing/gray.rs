//! Gray's test: whether groups have the same cumulative incidence of one cause.

use radiomics_stats::distribution::chi_squared_upper;
use radiomics_stats::error::{require, require_length};
use radiomics_stats::linalg::Cholesky;
use serde::Serialize;

use crate::error::Error;
use crate::outcome::{Outcome, Part};
use crate::risk_sets::Groups;

/// Result of Gray's test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gray {
    /// The cause.
    pub cause: u8,
    /// Power of `1 − F` in the weights.
    pub rho: f64,
    /// Codes of the groups.
    pub groups: Vec<u32>,
    /// χ².
    pub statistic: f64,
    /// Degrees of freedom: groups less 1.
    pub df: f64,
    /// p-value.
    pub p: f64,
}

/// Gray's test (1988, Annals of Statistics 16:1141) of `k` groups, in strata where the outcome has them. Weights
/// `(1 − F(t−))^ρ`; ρ = 0 is the usual test.
///
/// R: `cmprsk::cuminc(time, status, group, strata, rho)$Tests`.
///
/// # Errors
/// A length that differs, [`Error::OneGroup`], [`Error::TooManyGroups`] above 100, cause 0, [`Error::NoEvents`] of the
/// cause, weights or entry times, a singular variance.
///
/// ```
/// use radiomics_survival::{Outcome, competing::gray};
/// let outcome = Outcome::with_causes(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], vec![1, 2, 1, 0, 1, 1])?;
/// assert_eq!(gray(&outcome, &[0, 0, 0, 1, 1, 1], 1, 0.0)?.df, 1.0);
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
pub fn gray(outcome: &Outcome, group: &[u32], cause: u8, rho: f64) -> Result<Gray, Error> {
    require_length("group", group.len(), outcome.len())?;
    require("rho", &[rho], "finite", f64::is_finite)?;
    outcome.refuse("Gray's test", &[Part::Weights, Part::Entry])?;
    let groups = Groups::compared(group, "Gray's test", 100)?;
    let k = groups.len();
    outcome.require_cause(cause)?;
    let mut score = vec![0.0; k - 1];
    let mut variance = vec![0.0; (k - 1) * (k - 1)];
    let strata = match outcome.strata() {
        Some(strata) => Groups::new(strata).rows(),
        None => vec![(0..outcome.len()).collect()],
    };
    for rows in strata {
        let index: Vec<u32> = rows.iter().map(|&i| groups.index[i]).collect();
        let stratum = Stratum::new(&outcome.select(&rows)?, &index, k, cause, rho);
        stratum.add(&mut score, &mut variance);
    }
    let cholesky = Cholesky::new(&variance, k - 1, 1e-10);
    if cholesky.first_aliased().is_some() {
        let why = "the variance of the scores is singular".to_owned();
        return Err(radiomics_stats::Error::Undefined { what: "Gray's test".to_owned(), why }.into());
    }
    let mut solved = score.clone();
    cholesky.solve(&mut solved);
    let statistic = score.iter().zip(&solved).map(|(a, b)| a * b).sum();
    let df = (k - 1) as f64;
    Ok(Gray { cause, rho, groups: groups.codes, statistic, df, p: chi_squared_upper(statistic, df) })
}

/// One stratum. The variance is `Σₖ ∫ (Dᵢₖ)(Dⱼₖ)` of integrands `Dᵢₖ = aᵢₖ − γₖ cᵢₖ + γₖ cᵢₖ(∞)`, whose last part is
/// known only at the end: sums of products of its parts are kept until then.
struct Stratum {
    k: usize,
    score: Vec<f64>,
    /// `Σ vᵢₖ vⱼₖ h` for the pairs `i, j`.
    square: Vec<f64>,
    /// `Σ vᵢₖ γₖ h`, row `i`, column `k`.
    cross: Vec<f64>,
    /// `Σ γₖ² h`.
    own: Vec<f64>,
    /// `cᵢₖ(∞)`, row `i`, column `k`.
    c: Vec<f64>,
}

impl Stratum {
    fn new(outcome: &Outcome, group: &[u32], k: usize, cause: u8, rho: f64) -> Self {
        let mut result = Self {
            k,
            score: vec![0.0; k],
            square: vec![0.0; k * k],
            cross: vec![0.0; k * k],
            own: vec![0.0; k],
            c: vec![0.0; k * k],
        };
        let (order, time, code) = (outcome.order(), outcome.time(), outcome.code());
        let mut at_risk = vec![0.0; k];
        group.iter().for_each(|&g| at_risk[g as usize] += 1.0);
        // Of each group just before the time: no event of any cause, incidence of this cause. And the pooled incidence.
        let (mut free, mut incidence, mut pooled) = (vec![1.0; k], vec![0.0; k], 0.0);
        let mut a = vec![0.0; k * k];
        for same in order.chunk_by(|&x, &y| time[x as usize] == time[y as usize]) {
            let (mut of_cause, mut of_others, mut leaving) = (vec![0.0; k], vec![0.0; k], vec![0.0; k]);
            for &i in same {
                let g = group[i as usize] as usize;
                leaving[g] += 1.0;
                match code[i as usize] {
                    0 => {}
                    c if c == cause => of_cause[g] += 1.0,
                    _ => of_others[g] += 1.0,
                }
            }
            let (d, d_others) = (of_cause.iter().sum::<f64>(), of_others.iter().sum::<f64>());
            if d + d_others > 0.0 {
                // Sizes of the risk sets of the subdistribution, without and with those who had another event.
                let h: Vec<f64> =
                    (0..k).map(|g| if at_risk[g] > 0.0 { at_risk[g] / free[g] } else { 0.0 }).collect();
                let total: f64 = h.iter().sum();
                let r: Vec<f64> = (0..k).map(|g| h[g] * (1.0 - incidence[g])).collect();
                let total_r: f64 = r.iter().sum();
                let mut free_after = free.clone();
                let mut incidence_after = incidence.clone();
                for g in (0..k).filter(|&g| at_risk[g] > 0.0) {
                    free_after[g] *= (at_risk[g] - of_cause[g] - of_others[g]) / at_risk[g];
                    incidence_after[g] += free[g] * of_cause[g] / at_risk[g];
                }
                let pooled_after = pooled + d / total;
                let weight = (1.0 - pooled).powf(rho);
                let hazard = d / (total * (1.0 - pooled));
                for i in 0..k {
                    result.score[i] += weight * (of_cause[i] - d * r[i] / total_r);
                    for j in 0..k {
                        let both = if i == j { h[i] } else { 0.0 };
                        a[i * k + j] = weight * (both - h[i] * h[j] / total);
                        result.c[i * k + j] += a[i * k + j] * hazard;
                    }
                }
                for g in 0..k {
                    let gamma = (1.0 - pooled_after) / free_after[g];
                    if d > 0.0 && at_risk[g] > 0.0 {
                        let gamma = if free_after[g] > 0.0 { 1.0 - gamma } else { 1.0 };
                        let ties = if d > 1.0 { 1.0 - (d - 1.0) / (total * free[g] - 1.0) } else { 1.0 };
                        let step = ties * free[g] * d / (total * at_risk[g]);
                        let c = &result.c;
                        let v: Vec<f64> = (0..k).map(|i| a[i * k + g] - gamma * c[i * k + g]).collect();
                        result.accumulate(g, &v, gamma, step);
                    }
                    if free_after[g] > 0.0 && of_others[g] > 0.0 {
                        let n = at_risk[g];
                        let ties =
                            if of_others[g] > 1.0 { 1.0 - (of_others[g] - 1.0) / (n - 1.0) } else { 1.0 };
                        let step = ties * free[g] * free[g] * of_others[g] / (n * n);
                        let v: Vec<f64> = (0..k).map(|i| gamma * result.c[i * k + g]).collect();
                        result.accumulate(g, &v, -gamma, step);
                    }
                }
                (free, incidence, pooled) = (free_after, incidence_after, pooled_after);
            }
            (0..k).for_each(|g| at_risk[g] -= leaving[g]);
        }
        result
    }

    /// Adds a step of the variance of group `g`, whose integrand is `v + γ c(∞)`.
    fn accumulate(&mut self, g: usize, v: &[f64], gamma: f64, step: f64) {
        let k = self.k;
        self.own[g] += gamma * gamma * step;
        for i in 0..k {
            self.cross[i * k + g] += v[i] * gamma * step;
            for j in 0..k {
                self.square[i * k + j] += v[i] * v[j] * step;
            }
        }
    }

    /// Adds the scores of all groups but the last, and their variance.
    fn add(&self, score: &mut [f64], variance: &mut [f64]) {
        let (k, inner) = (self.k, self.k - 1);
        for i in 0..inner {
            score[i] += self.score[i];
            for j in 0..inner {
                let mut sum = self.square[i * k + j];
                for g in 0..k {
                    let (ci, cj) = (self.c[i * k + g], self.c[j * k + g]);
                    sum += ci * cj * self.own[g] + ci * self.cross[j * k + g] + cj * self.cross[i * k + g];
                }
                variance[i * inner + j] += sum;
            }
        }
    }
}

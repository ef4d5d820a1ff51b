//! ComBat: centres brought to one location and scale.
//!
//! Each feature is modelled as `x = α + covariates·β + γ_centre + δ_centre ε`; the centre's shift and scale are
//! estimated, shrunk towards their distribution over features (empirical Bayes) and removed, the covariates' effect
//! is kept. Johnson, Li and Rabinovic 2007, doi:10.1093/biostatistics/kxj037; Fortin et al. 2018.

use radiomics_stats::describe::{mean, variance};
use radiomics_stats::linalg::Cholesky;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, setting};
use crate::matrix::Matrix;

/// Settings of [`Combat`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CombatSettings {
    /// Columns whose effect is kept (age, stage, volume). They are not harmonised themselves.
    pub covariates: Vec<String>,
    /// Shrink shift and scale towards their distribution over features.
    pub empirical_bayes: bool,
    /// Remove the shift alone, as for centres with very few patients.
    pub mean_only: bool,
    /// A centre that the others are brought to; by default all are brought to their common mean.
    pub reference: Option<String>,
    /// Largest relative change at which the iteration for the shrunk values ends.
    pub tolerance: f64,
}

impl Default for CombatSettings {
    fn default() -> Self {
        Self {
            covariates: Vec::new(),
            empirical_bayes: true,
            mean_only: false,
            reference: None,
            tolerance: 1e-10,
        }
    }
}

/// Shift and scale of each centre, from the training rows. Centres must have been among them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Combat {
    /// Features that are harmonised.
    pub features: Vec<String>,
    /// Covariates.
    pub covariates: Vec<String>,
    /// Centres, sorted.
    pub centres: Vec<String>,
    /// Common mean of each feature.
    pub grand_mean: Vec<f64>,
    /// Pooled standard deviation of each feature; 0 for one that is left alone because it has no spread.
    pub pooled_sd: Vec<f64>,
    /// Effect of each covariate on each feature, `[feature][covariate]`.
    pub effects: Vec<Vec<f64>>,
    /// Shift of each centre in pooled standard deviations, `[centre][feature]`.
    pub shift: Vec<Vec<f64>>,
    /// Variance of each centre relative to the pooled one, `[centre][feature]`.
    pub scale: Vec<Vec<f64>>,
}

impl CombatSettings {
    /// Estimates shift and scale of the centres of `x`. R and Python: `neuroCombat(dat, batch, mod, eb, mean.only)`.
    ///
    /// # Errors
    /// No centre given, fewer than two of them, a centre with one patient (unless `mean_only`); values that are not
    /// finite; [`radiomics_stats::Error::Collinear`] where centres determine a covariate; fewer than two features
    /// with empirical Bayes.
    pub fn fit(&self, x: &Matrix) -> Result<Combat> {
        x.require_finite()?;
        let (n, centres) = (x.rows(), levels(x)?);
        let batch = codes(x, &centres)?;
        if centres.len() < 2 {
            return setting("centres", centres.len(), "2 or more");
        }
        let reference = match &self.reference {
            Some(r) => Some(centres.iter().position(|c| c == r).ok_or_else(|| unseen(r, &centres))?),
            None => None,
        };
        let members: Vec<Vec<usize>> =
            (0..centres.len()).map(|b| (0..n).filter(|&i| batch[i] == b).collect()).collect();
        if let Some(b) = members.iter().position(|m| m.len() < 2 && !self.mean_only) {
            return setting(
                &format!("patients of centre `{}`", centres[b]),
                members[b].len(),
                "2 or more, or `mean_only`",
            );
        }
        let covariates: Vec<&[f64]> =
            self.covariates.iter().map(|c| Ok(x.column(x.position(c)?))).collect::<Result<_>>()?;
        let features: Vec<usize> =
            (0..x.width()).filter(|&j| !self.covariates.contains(&x.names()[j])).collect();
        let solver = Design::new(&members, &covariates, n, &self.covariates)?;
        let counts: Vec<f64> = members.iter().map(|m| m.len() as f64).collect();
        let mut combat = Combat {
            features: features.iter().map(|&j| x.names()[j].clone()).collect(),
            covariates: self.covariates.clone(),
            centres,
            grand_mean: Vec::new(),
            pooled_sd: Vec::new(),
            effects: Vec::new(),
            shift: vec![Vec::new(); members.len()],
            scale: vec![Vec::new(); members.len()],
        };
        for &j in &features {
            let column = x.column(j);
            let b = solver.solve(column);
            let (by_centre, effects) = b.split_at(members.len());
            let grand = match reference {
                Some(r) => by_centre[r],
                None => by_centre.iter().zip(&counts).map(|(b, c)| b * c).sum::<f64>() / n as f64,
            };
            let kept = |i: usize| covariates.iter().zip(effects).map(|(c, e)| c[i] * e).sum::<f64>();
            let residual = |i: usize| (column[i] - by_centre[batch[i]] - kept(i)).powi(2);
            let pooled = match reference {
                Some(r) => members[r].iter().map(|&i| residual(i)).sum::<f64>() / counts[r],
                None => (0..n).map(residual).sum::<f64>() / n as f64,
            };
            let largest = column.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
            let sd = if pooled.sqrt() <= 1e-12 * largest { 0.0 } else { pooled.sqrt() };
            for (m, (shift, scale)) in members.iter().zip(combat.shift.iter_mut().zip(&mut combat.scale)) {
                let s: Vec<f64> = m.iter().map(|&i| (column[i] - grand - kept(i)) / sd).collect();
                shift.push(if sd > 0.0 { mean(&s) } else { 0.0 });
                scale.push(if sd > 0.0 && !self.mean_only { variance(&s) } else { 1.0 });
            }
            combat.grand_mean.push(grand);
            combat.pooled_sd.push(sd);
            combat.effects.push(effects.to_vec());
        }
        if self.empirical_bayes {
            for b in 0..members.len() {
                self.shrink(&mut combat, b, counts[b])?;
            }
        }
        if let Some(r) = reference {
            combat.shift[r].fill(0.0);
            combat.scale[r].fill(1.0);
        }
        Ok(combat)
    }

    /// Posterior means of shift (normal prior) and scale (inverse gamma prior) of one centre.
    fn shrink(&self, combat: &mut Combat, centre: usize, n: f64) -> Result<()> {
        let live: Vec<usize> = (0..combat.features.len()).filter(|&f| combat.pooled_sd[f] > 0.0).collect();
        if live.len() < 2 {
            return setting("features with spread", live.len(), "2 or more for empirical Bayes");
        }
        let g: Vec<f64> = live.iter().map(|&f| combat.shift[centre][f]).collect();
        let d: Vec<f64> = live.iter().map(|&f| combat.scale[centre][f]).collect();
        let (g_mean, t2) = (mean(&g), variance(&g));
        if self.mean_only {
            for (k, &f) in live.iter().enumerate() {
                combat.shift[centre][f] = (t2 * g[k] + g_mean) / (t2 + 1.0);
            }
            return Ok(());
        }
        let (d_mean, d_variance) = (mean(&d), variance(&d));
        let a = (2.0 * d_variance + d_mean * d_mean) / d_variance;
        let b = (d_mean * d_variance + d_mean.powi(3)) / d_variance;
        for (k, &f) in live.iter().enumerate() {
            // Sum of squares around the own mean; around any other shift it grows by n times the distance squared.
            let own = (n - 1.0) * d[k];
            let (mut shift, mut scale) = (g[k], d[k]);
            let mut change = f64::INFINITY;
            for _ in 0..10_000 {
                if change <= self.tolerance {
                    break;
                }
                let new = (t2 * n * g[k] + scale * g_mean) / (t2 * n + scale);
                let sum = own + n * (g[k] - new) * (g[k] - new);
                // Without any spread of the scales over features the prior is the point at their mean.
                let new_scale = if d_variance > 0.0 { (0.5 * sum + b) / (n / 2.0 + a - 1.0) } else { d_mean };
                change = ((new - shift) / shift).abs().max(((new_scale - scale) / scale).abs());
                change = if change.is_nan() { 0.0 } else { change };
                (shift, scale) = (new, new_scale);
            }
            if change > self.tolerance {
                return Err(radiomics_stats::Error::NotConverged {
                    what: "ComBat".to_owned(),
                    iterations: 10_000,
                    change,
                }
                .into());
            }
            combat.shift[centre][f] = shift;
            combat.scale[centre][f] = scale;
        }
        Ok(())
    }
}

impl Combat {
    /// Harmonises rows of known centres; covariates and columns that were not there in the fit pass unchanged.
    ///
    /// # Errors
    /// [`Error::Unseen`] for a centre that was not among the training rows, [`Error::UnknownColumn`], values that are
    /// not finite.
    pub fn apply(&self, x: &Matrix) -> Result<Matrix> {
        x.require_finite()?;
        let batch = codes(x, &self.centres)?;
        let covariates: Vec<&[f64]> =
            self.covariates.iter().map(|c| Ok(x.column(x.position(c)?))).collect::<Result<_>>()?;
        for feature in &self.features {
            x.position(feature)?;
        }
        let place: std::collections::HashMap<&str, usize> =
            self.features.iter().enumerate().map(|(f, n)| (n.as_str(), f)).collect();
        Ok(x.map_columns(|j, column| {
            let Some(&f) = place.get(x.names()[j].as_str()) else { return column.to_vec() };
            let sd = self.pooled_sd[f];
            if sd == 0.0 {
                return column.to_vec();
            }
            (0..column.len())
                .map(|i| {
                    let kept: f64 = covariates.iter().zip(&self.effects[f]).map(|(c, e)| c[i] * e).sum();
                    let stand = self.grand_mean[f] + kept;
                    let s = (column[i] - stand) / sd;
                    (s - self.shift[batch[i]][f]) / self.scale[batch[i]][f].sqrt() * sd + stand
                })
                .collect()
        }))
    }
}

/// Least squares on one indicator for each centre and the covariates.
struct Design<'a> {
    members: &'a [Vec<usize>],
    covariates: &'a [&'a [f64]],
    cholesky: Cholesky,
}

impl<'a> Design<'a> {
    fn new(
        members: &'a [Vec<usize>],
        covariates: &'a [&'a [f64]],
        n: usize,
        names: &[String],
    ) -> Result<Self> {
        let (k, p) = (members.len(), members.len() + covariates.len());
        let mut gram = vec![0.0; p * p];
        for (b, m) in members.iter().enumerate() {
            gram[b * p + b] = m.len() as f64;
            for (c, column) in covariates.iter().enumerate() {
                gram[(k + c) * p + b] = m.iter().map(|&i| column[i]).sum();
            }
        }
        for c in 0..covariates.len() {
            for e in 0..=c {
                gram[(k + c) * p + k + e] = (0..n).map(|i| covariates[c][i] * covariates[e][i]).sum();
            }
        }
        let cholesky = Cholesky::new(&gram, p, 1e-11);
        match cholesky.first_aliased() {
            Some(j) if j >= k => Err(radiomics_stats::Error::Collinear {
                column: format!("{} (with the centres and the covariates before it)", names[j - k]),
            }
            .into()),
            _ => Ok(Self { members, covariates, cholesky }),
        }
    }

    fn solve(&self, y: &[f64]) -> Vec<f64> {
        let mut b: Vec<f64> = self.members.iter().map(|m| m.iter().map(|&i| y[i]).sum()).collect();
        b.extend(self.covariates.iter().map(|c| c.iter().zip(y).map(|(c, y)| c * y).sum::<f64>()));
        self.cholesky.solve(&mut b);
        b
    }
}

fn levels(x: &Matrix) -> Result<Vec<String>> {
    if x.centres().is_empty() {
        return Err(Error::Empty { what: "ComBat".to_owned(), why: "the matrix says no centres".to_owned() });
    }
    let mut centres = x.centres().to_vec();
    centres.sort();
    centres.dedup();
    Ok(centres)
}

fn codes(x: &Matrix, centres: &[String]) -> Result<Vec<usize>> {
    if x.centres().is_empty() {
        levels(x)?;
    }
    x.centres().iter().map(|c| centres.binary_search(c).map_err(|_| unseen(c, centres))).collect()
}

fn unseen(centre: &str, known: &[String]) -> Error {
    Error::Unseen { what: "centre".to_owned(), value: centre.to_owned(), known: known.join(", ") }
}

//! Agreement on categories.

use serde::{Deserialize, Serialize};

use crate::distribution::normal_two_sided;
use crate::error::{Error, require_count, require_length, require_level};
use crate::result::Interval;

/// How much a disagreement counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KappaWeights {
    /// All alike: Cohen 1960.
    #[default]
    Unweighted,
    /// By the distance of the categories.
    Linear,
    /// By its square.
    Quadratic,
}

/// Cohen's kappa with its interval and test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Kappa {
    /// The coefficient.
    pub kappa: f64,
    /// Large-sample standard error (Fleiss, Cohen and Everitt 1969).
    pub se: f64,
    /// `κ ± z · se`, not above 1.
    pub interval: Interval,
    /// z of the test that κ is 0, with the error under that hypothesis.
    pub z: f64,
    /// Its two-sided p-value.
    pub p: f64,
    /// Share of pairs that agree (weighted).
    pub observed: f64,
    /// Share expected by chance.
    pub expected: f64,
}

/// Kappa of a square table of counts, row by row.
///
/// R: `psych::cohen.kappa(table)` or `vcd::Kappa(table)`; Python: `cohen_kappa_score(a, b, weights = "linear")`.
///
/// # Errors
/// A table that is not square, no pairs; [`Error::Undefined`] where a rater uses one category only: κ is 0 then (0/0 with
/// the same category for both), whatever the other says.
///
/// ```
/// use radiomics_stats::agreement::{KappaWeights, kappa};
/// let k = kappa(&[20, 5, 10, 15], 2, KappaWeights::Unweighted, 0.95)?;
/// assert!((k.kappa - 0.4).abs() < 1e-12);
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn kappa(counts: &[u64], categories: usize, weights: KappaWeights, level: f64) -> Result<Kappa, Error> {
    require_level(level)?;
    require_count("categories", categories, 2)?;
    let k = categories;
    require_length("counts of a square table", counts.len(), k * k)?;
    let n = counts.iter().sum::<u64>();
    require_count("pairs", n as usize, 1)?;
    let n = n as f64;
    let p = |i: usize, j: usize| counts[i * k + j] as f64 / n;
    let row: Vec<f64> = (0..k).map(|i| (0..k).map(|j| p(i, j)).sum()).collect();
    let column: Vec<f64> = (0..k).map(|j| (0..k).map(|i| p(i, j)).sum()).collect();
    let weight = |i: usize, j: usize| {
        let d = i.abs_diff(j) as f64 / (k as f64 - 1.0);
        match weights {
            KappaWeights::Unweighted => f64::from(u8::from(i == j)),
            KappaWeights::Linear => 1.0 - d,
            KappaWeights::Quadratic => 1.0 - d * d,
        }
    };
    let over = |f: &dyn Fn(usize, usize) -> f64| -> f64 {
        (0..k).flat_map(|i| (0..k).map(move |j| (i, j))).map(|(i, j)| f(i, j)).sum()
    };
    let observed = over(&|i, j| weight(i, j) * p(i, j));
    let expected = over(&|i, j| weight(i, j) * row[i] * column[j]);
    let alone = |shares: &[f64]| shares.iter().filter(|s| **s > 0.0).count() == 1;
    if alone(&row) || alone(&column) {
        return Err(Error::Undefined {
            what: "kappa".to_owned(),
            why: "a rater uses one category only".to_owned(),
        });
    }
    let kappa = (observed - expected) / (1.0 - expected);
    let row_weight: Vec<f64> = (0..k).map(|i| (0..k).map(|j| weight(i, j) * column[j]).sum()).collect();
    let column_weight: Vec<f64> = (0..k).map(|j| (0..k).map(|i| weight(i, j) * row[i]).sum()).collect();
    let spread =
        over(&|i, j| p(i, j) * (weight(i, j) - (row_weight[i] + column_weight[j]) * (1.0 - kappa)).powi(2));
    let variance = (spread - (kappa - expected * (1.0 - kappa)).powi(2)) / (n * (1.0 - expected).powi(2));
    let null = over(&|i, j| row[i] * column[j] * (weight(i, j) - row_weight[i] - column_weight[j]).powi(2))
        - expected * expected;
    if null <= 1e-14 {
        return Err(Error::Undefined {
            what: "the test of kappa".to_owned(),
            why: "by chance alone it could have no other value".to_owned(),
        });
    }
    let z = kappa / (null.max(0.0) / (n * (1.0 - expected).powi(2))).sqrt();
    let se = variance.max(0.0).sqrt();
    let interval = Interval::normal(kappa, se, level).clamp(-1.0, 1.0);
    Ok(Kappa { kappa, se, interval, z, p: normal_two_sided(z), observed, expected })
}

/// Fleiss' kappa of several raters: `counts[subject * categories + category]` ratings, each subject with the same
/// number of raters. R: `irr::kappam.fleiss(ratings)`.
///
/// # Errors
/// No subjects, subjects with different numbers of raters or fewer than two; [`Error::Undefined`] where all use one
/// category.
pub fn fleiss_kappa(counts: &[u64], categories: usize) -> Result<f64, Error> {
    require_count("categories", categories, 2)?;
    let subjects = counts.len() / categories;
    require_count("subjects", subjects, 1)?;
    require_length("counts", counts.len(), subjects * categories)?;
    let raters: u64 = counts[..categories].iter().sum();
    require_count("raters", raters as usize, 2)?;
    let (n, r) = (subjects as f64, raters as f64);
    let mut shares = vec![0.0; categories];
    let mut observed = 0.0;
    for row in counts.chunks(categories) {
        require_length("raters of a subject", row.iter().sum::<u64>() as usize, raters as usize)?;
        let squares: f64 = row.iter().map(|&c| (c as f64).powi(2)).sum();
        observed += (squares - r) / (r * (r - 1.0)) / n;
        for (share, &c) in shares.iter_mut().zip(row) {
            *share += c as f64 / (n * r);
        }
    }
    let expected: f64 = shares.iter().map(|s| s * s).sum();
    if expected >= 1.0 {
        return Err(Error::Undefined {
            what: "Fleiss' kappa".to_owned(),
            why: "all raters use one category only".to_owned(),
        });
    }
    Ok((observed - expected) / (1.0 - expected))
}

//! Minimum redundancy, maximum relevance (Ding and Peng 2005, doi:10.1142/S0219720005001004).

use radiomics_stats::compare::Correlation;
use radiomics_stats::describe::{mean, sum_of_squares};
use serde::{Deserialize, Serialize};

use super::{Dropped, Selection, correlation_matrix};
use crate::error::{Result, check};
use crate::matrix::Matrix;

/// How relevance and redundancy are measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relevance {
    /// F statistic between classes; absolute Pearson correlation between features.
    #[default]
    F,
    /// Mutual information in bits of features cut at mean ± sd into three levels, as the authors do with continuous data.
    MutualInformation,
}

/// How the two are combined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combination {
    /// Relevance divided by mean redundancy (FCQ, MIQ).
    #[default]
    Quotient,
    /// Relevance minus mean redundancy (FCD, MID).
    Difference,
}

/// Settings of [`mrmr`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MrmrSettings {
    /// How many features are kept.
    pub count: usize,
    /// The measures.
    pub relevance: Relevance,
    /// Their combination.
    pub combination: Combination,
}

impl Default for MrmrSettings {
    fn default() -> Self {
        Self { count: 10, relevance: Relevance::F, combination: Combination::Quotient }
    }
}

/// Takes the most relevant feature first, then again and again the one whose relevance is largest against its mean
/// redundancy with those taken; of equals the first. Python: `mrmr_classif(X, y, K)` (`mrmr_selection`) for FCQ,
/// `MRMR(method = "FCD")` (`feature_engine`), `mRMR(data, "MID")` and `"MIQ"` (`pymrmr`).
///
/// # Errors
/// One class only, values that are not finite, a count of 0.
///
/// ```
/// use radiomics_tabular::{Matrix, select::{MrmrSettings, mrmr}};
/// let y: Vec<bool> = (0..20).map(|i| i >= 10).collect();
/// let x = Matrix::unnamed(vec![(0..20).map(f64::from).collect(), (0..20).map(|i| f64::from(i % 5)).collect()])?;
/// assert_eq!(mrmr(&x, &y, &MrmrSettings { count: 1, ..MrmrSettings::default() })?.kept, ["x0"]);
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
pub fn mrmr(x: &Matrix, outcome: &[bool], settings: &MrmrSettings) -> Result<Selection> {
    check(settings.count > 0, "number of features", settings.count, "1 or more")?;
    crate::models::check_input(x, outcome)?;
    let p = x.width();
    let levels: Vec<Vec<u8>> = x.columns().iter().map(|c| three_levels(c)).collect();
    let relevance: Vec<f64> = match settings.relevance {
        Relevance::F => x.columns().iter().map(|c| f_statistic(c, outcome)).collect(),
        Relevance::MutualInformation => {
            let y: Vec<u8> = outcome.iter().map(|y| u8::from(*y)).collect();
            levels.iter().map(|l| mutual_information(l, &y)).collect()
        }
    };
    let correlations = match settings.relevance {
        Relevance::F => correlation_matrix(x, Correlation::Pearson)?,
        Relevance::MutualInformation => Vec::new(),
    };
    let redundancy_with = |j: usize, k: usize| match settings.relevance {
        Relevance::F => correlations[j][k].abs(),
        Relevance::MutualInformation => mutual_information(&levels[j], &levels[k]),
    };
    // A feature that repeats nothing is not infinitely good: the least redundancy of two features, as in
    // `mrmr_selection`, and what is added to the mean, as in the authors' program.
    let (floor, added) = match (settings.combination, settings.relevance) {
        (Combination::Difference, _) => (0.0, 0.0),
        (Combination::Quotient, Relevance::F) => (1e-3, 0.0),
        (Combination::Quotient, Relevance::MutualInformation) => (0.0, 1e-4),
    };
    let mut redundancy = vec![0.0; p];
    let mut left: Vec<usize> = (0..p).filter(|&j| relevance[j] > 0.0).collect();
    let mut kept: Vec<usize> = Vec::new();
    let score = |j: usize, redundancy: &[f64], taken: usize| {
        if taken == 0 {
            return relevance[j];
        }
        let mean = redundancy[j] / taken as f64;
        match settings.combination {
            Combination::Quotient => relevance[j] / (mean + added),
            Combination::Difference => relevance[j] - mean,
        }
    };
    while kept.len() < settings.count && !left.is_empty() {
        let best = (0..left.len()).fold(0, |best, i| {
            let better = score(left[i], &redundancy, kept.len()) > score(left[best], &redundancy, kept.len());
            if better { i } else { best }
        });
        let j = left.remove(best);
        kept.push(j);
        for &k in &left {
            redundancy[k] += redundancy_with(k, j).max(floor);
        }
    }
    let dropped = (0..p)
        .filter(|j| !kept.contains(j))
        .map(|j| {
            let value = if relevance[j] > 0.0 { score(j, &redundancy, kept.len()) } else { 0.0 };
            let mean = redundancy[j] / kept.len().max(1) as f64;
            let why = format!(
                "relevance {:.4}, mean redundancy {mean:.4}, not among the first {}",
                relevance[j], settings.count
            );
            Dropped { name: x.names()[j].clone(), value: Some(value), why }
        })
        .collect();
    Ok(Selection {
        method: "mRMR".to_owned(),
        kept: kept.iter().map(|&j| x.names()[j].clone()).collect(),
        dropped,
    })
}

/// F of one-way analysis of variance; 0 for a feature without spread.
fn f_statistic(column: &[f64], outcome: &[bool]) -> f64 {
    let side = |s: bool| -> Vec<f64> {
        column.iter().zip(outcome).filter(|(_, y)| **y == s).map(|(v, _)| *v).collect()
    };
    let (a, b) = (side(true), side(false));
    let (ma, mb, m) = (mean(&a), mean(&b), mean(column));
    let between = a.len() as f64 * (ma - m).powi(2) + b.len() as f64 * (mb - m).powi(2);
    let within = sum_of_squares(&a, ma) + sum_of_squares(&b, mb);
    if within > 0.0 {
        between / (within / (column.len() as f64 - 2.0))
    } else if between > 0.0 {
        f64::MAX
    } else {
        0.0
    }
}

/// 0 below mean − sd, 2 above mean + sd, 1 between.
fn three_levels(column: &[f64]) -> Vec<u8> {
    let m = mean(column);
    let sd = (sum_of_squares(column, m) / column.len() as f64).sqrt();
    column.iter().map(|v| u8::from(*v > m - sd) + u8::from(*v > m + sd)).collect()
}

/// `Σ p(a, b) log₂(p(a, b) / (p(a) p(b)))` of two variables with up to three levels, in bits.
fn mutual_information(a: &[u8], b: &[u8]) -> f64 {
    let mut counts = [[0u32; 3]; 3];
    for (a, b) in a.iter().zip(b) {
        counts[usize::from(*a)][usize::from(*b)] += 1;
    }
    let n = a.len() as f64;
    let mut sum = 0.0;
    for (i, row) in counts.iter().enumerate() {
        let pa = f64::from(counts[i].iter().sum::<u32>());
        for (j, c) in row.iter().enumerate().filter(|(_, c)| **c > 0) {
            let pb = f64::from(counts.iter().map(|r| r[j]).sum::<u32>());
            sum += f64::from(*c) / n * (f64::from(*c) * n / (pa * pb)).log2();
        }
    }
    sum.max(0.0)
}

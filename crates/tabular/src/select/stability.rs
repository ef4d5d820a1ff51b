//! Features that are selected again and again on parts of the patients (Meinshausen and Bühlmann 2010,
//! doi:10.1111/j.1467-9868.2010.00740.x).

use radiomics_stats::rng::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Selection;
use crate::error::{Result, check};
use crate::matrix::Matrix;

/// Settings of [`stability_selection`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StabilitySettings {
    /// How many parts are drawn.
    pub draws: usize,
    /// Share of the patients of each class in a part.
    pub share: f64,
    /// Smallest share of the draws in which a feature must be selected.
    pub least: f64,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for StabilitySettings {
    fn default() -> Self {
        Self { draws: 100, share: 0.5, least: 0.6, seed: 0 }
    }
}

/// How often each feature was selected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frequencies {
    /// The features that were selected often enough.
    pub selection: Selection,
    /// Share of the draws, for each column.
    pub frequency: Vec<f64>,
}

/// Draws parts of the patients without replacement, stratified by outcome, selects on each with `select`, and keeps
/// what is selected often. Draws run in parallel; the result does not depend on the number of threads.
/// R: `stabs::stabsel`.
///
/// # Errors
/// Settings outside their range; the first error of `select`.
///
/// ```
/// use radiomics_tabular::{Matrix, select::{StabilitySettings, UnivariateSettings, stability_selection, univariate}};
/// let y: Vec<bool> = (0..40).map(|i| i >= 20).collect();
/// let x = Matrix::unnamed(vec![(0..40).map(f64::from).collect(), (0..40).map(|i| f64::from(i % 5)).collect()])?;
/// let often = stability_selection(&x, &y, &StabilitySettings::default(), |x, y, _seed| {
///     univariate(x, y, &UnivariateSettings::default())
/// })?;
/// assert_eq!(often.selection.kept, ["x0"]);
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
pub fn stability_selection(
    x: &Matrix,
    outcome: &[bool],
    settings: &StabilitySettings,
    select: impl Fn(&Matrix, &[bool], u64) -> Result<Selection> + Sync,
) -> Result<Frequencies> {
    check(settings.draws > 0, "draws", settings.draws, "1 or more")?;
    check(
        settings.share > 0.0 && settings.share < 1.0,
        "share of patients",
        settings.share,
        "between 0 and 1",
    )?;
    check(
        settings.least > 0.0 && settings.least <= 1.0,
        "least frequency",
        settings.least,
        "above 0, at most 1",
    )?;
    crate::models::check_input(x, outcome)?;
    let selections: Vec<Selection> = (0..settings.draws)
        .into_par_iter()
        .map(|draw| {
            let mut rng = Rng::stream(settings.seed, draw as u64);
            let mut rows = Vec::new();
            for class in [false, true] {
                let mut members: Vec<usize> = (0..outcome.len()).filter(|&i| outcome[i] == class).collect();
                rng.shuffle(&mut members);
                let count = ((members.len() as f64 * settings.share).round() as usize).max(1);
                rows.extend_from_slice(&members[..count]);
            }
            rows.sort_unstable();
            let y: Vec<bool> = rows.iter().map(|&i| outcome[i]).collect();
            select(&x.subset(&rows), &y, rng.next_u64())
        })
        .collect::<Result<_>>()?;
    let mut counts = vec![0usize; x.width()];
    for selection in &selections {
        for name in &selection.kept {
            counts[x.position(name)?] += 1;
        }
    }
    let frequency: Vec<f64> = counts.iter().map(|c| *c as f64 / settings.draws as f64).collect();
    let selection = Selection::by(x, "stability", |j| {
        let f = frequency[j];
        (
            f >= settings.least,
            f,
            format!("selected in {:.0} % of the draws, below {:.0} %", 1e2 * f, 1e2 * settings.least),
        )
    });
    Ok(Frequencies { selection, frequency })
}

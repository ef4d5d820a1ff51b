//! One test for each column.

use radiomics_stats::compare::{ContingencyTable, RankP, fisher_exact, mann_whitney, t_test};
use radiomics_stats::multiplicity::{Adjustment, adjust};
use radiomics_stats::roc::{Direction, Roc};
use radiomics_stats::{Alternative, Error as StatsError};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Selection;
use crate::error::{Result, check};
use crate::matrix::Matrix;
use crate::prepare::present;

/// Which test compares measured columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnivariateTest {
    /// Mann–Whitney. R: `wilcox.test(x, y)`.
    #[default]
    MannWhitney,
    /// Welch's t. R: `t.test(x, y)`.
    Welch,
    /// Student's t. R: `t.test(x, y, var.equal = TRUE)`.
    Student,
    /// No test: the area under the ROC curve, in the direction in which it exceeds ½, as the figure to judge by.
    Auc,
}

/// Which test compares columns of levels or of two values. Rows without one are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CategoricalTest {
    /// χ² without correction where every count expected is 5 or more, else Fisher's.
    #[default]
    Expected,
    /// Pearson's χ². R: `chisq.test(table(x, y), correct = FALSE)`.
    ChiSquared,
    /// The same, in tables of 2×2 with the correction for continuity. R: `chisq.test(table(x, y))`.
    Yates,
    /// Fisher's exact test. R: `fisher.test(table(x, y))`.
    Fisher,
}

/// Settings of [`univariate`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnivariateSettings {
    /// Which test, for measured columns.
    pub test: UnivariateTest,
    /// Which test, for columns of levels and of two values.
    pub categorical: CategoricalTest,
    /// How p-values are adjusted for the number of columns.
    pub adjustment: Adjustment,
    /// Largest adjusted p that is kept.
    pub alpha: f64,
    /// Smallest area that is kept, for [`UnivariateTest::Auc`].
    pub least_auc: f64,
}

impl Default for UnivariateSettings {
    fn default() -> Self {
        Self {
            test: UnivariateTest::MannWhitney,
            categorical: CategoricalTest::Expected,
            adjustment: Adjustment::BenjaminiHochberg,
            alpha: 0.05,
            least_auc: 0.6,
        }
    }
}

/// Keeps columns that differ between the classes. A column without spread has p = 1. Columns of levels, which the area
/// under the curve has no figure for, may be looked at before they are encoded.
///
/// # Errors
/// One class only, measured values that are not finite, settings outside their range.
///
/// ```
/// use radiomics_tabular::{Matrix, select::{UnivariateSettings, univariate}};
/// let y: Vec<bool> = (0..20).map(|i| i >= 10).collect();
/// let x = Matrix::unnamed(vec![(0..20).map(f64::from).collect(), (0..20).map(|i| f64::from(i % 5)).collect()])?;
/// let selection = univariate(&x, &y, &UnivariateSettings::default())?;
/// assert_eq!(selection.kept, ["x0"]);
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
pub fn univariate(x: &Matrix, outcome: &[bool], settings: &UnivariateSettings) -> Result<Selection> {
    check(settings.alpha > 0.0 && settings.alpha <= 1.0, "alpha", settings.alpha, "above 0, at most 1")?;
    crate::models::check_outcome(x, outcome)?;
    if settings.test == UnivariateTest::Auc {
        x.require_finite()?;
        let areas: Vec<f64> = x
            .columns()
            .par_iter()
            .map(|c| Roc::new(outcome, c, Direction::Higher).map(|r| r.auc().max(1.0 - r.auc())))
            .collect::<std::result::Result<_, _>>()?;
        return Ok(Selection::by(x, "area under the curve", |j| {
            (
                areas[j] >= settings.least_auc,
                areas[j],
                format!("AUC {:.3}, below {}", areas[j], settings.least_auc),
            )
        }));
    }
    let p: Vec<f64> = x
        .names()
        .par_iter()
        .zip(x.columns())
        .map(|(name, column)| {
            let values = distinct(column);
            // Levels and 0/1 may be missing; of other numbers, two or more, all rows are asked for.
            let two = values == [0.0, 1.0] || values.len() == 2 && column.iter().all(|v| v.is_finite());
            let p = if two || x.levels(name).is_some() {
                association(column, &values, outcome, settings.categorical)
            } else {
                crate::matrix::require_finite(name, column)?;
                difference(column, outcome, settings.test)
            };
            match p {
                Ok(p) => Ok(if p.is_nan() { 1.0 } else { p }),
                Err(StatsError::Constant { .. } | StatsError::Undefined { .. }) => Ok(1.0),
                Err(e) => Err(e.into()),
            }
        })
        .collect::<Result<_>>()?;
    let adjusted = adjust(&p, settings.adjustment)?;
    Ok(Selection::by(x, "univariable test", |j| {
        let why = format!("p {:.4}, adjusted {:.4}, above {}", p[j], adjusted[j], settings.alpha);
        (adjusted[j] <= settings.alpha, adjusted[j], why)
    }))
}

/// The values that a column has, in their order.
fn distinct(column: &[f64]) -> Vec<f64> {
    let mut values = present(column);
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

/// p of a test between the classes' values.
fn difference(
    column: &[f64],
    outcome: &[bool],
    test: UnivariateTest,
) -> std::result::Result<f64, StatsError> {
    let side = |s: bool| -> Vec<f64> {
        column.iter().zip(outcome).filter(|(_, y)| **y == s).map(|(v, _)| *v).collect()
    };
    let (a, b) = (side(true), side(false));
    let two = Alternative::TwoSided;
    let test = match test {
        UnivariateTest::Welch => t_test(&a, &b, false, two, 0.95),
        UnivariateTest::Student => t_test(&a, &b, true, two, 0.95),
        _ => mann_whitney(&a, &b, RankP::default(), two),
    };
    Ok(test?.p)
}

/// p of a test of the table of values and classes.
fn association(
    column: &[f64],
    values: &[f64],
    outcome: &[bool],
    test: CategoricalTest,
) -> std::result::Result<f64, StatsError> {
    let mut counts = vec![[0; 2]; values.len()];
    for (v, y) in column.iter().zip(outcome).filter(|(v, _)| !v.is_nan()) {
        counts[values.partition_point(|k| k < v)][usize::from(*y)] += 1;
    }
    let rows: Vec<&[u64]> = counts.iter().map(<[u64; 2]>::as_slice).collect();
    let table = ContingencyTable::new(&rows)?;
    let exact = match test {
        CategoricalTest::Expected => table.least_expected() < 5.0,
        CategoricalTest::Fisher => true,
        CategoricalTest::ChiSquared | CategoricalTest::Yates => false,
    };
    let test = if exact { fisher_exact(&rows) } else { table.chi_squared(test == CategoricalTest::Yates) };
    Ok(test?.p)
}

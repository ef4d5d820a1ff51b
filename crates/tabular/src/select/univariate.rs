//! One test for each column.

use radiomics_stats::compare::{RankP, mann_whitney, t_test};
use radiomics_stats::multiplicity::{Adjustment, adjust};
use radiomics_stats::roc::{Direction, Roc};
use radiomics_stats::{Alternative, Error as StatsError};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Selection;
use crate::error::{Result, check};
use crate::matrix::Matrix;

/// Which test.
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

/// Settings of [`univariate`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnivariateSettings {
    /// Which test.
    pub test: UnivariateTest,
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
            adjustment: Adjustment::BenjaminiHochberg,
            alpha: 0.05,
            least_auc: 0.6,
        }
    }
}

/// Keeps columns that differ between the classes. A column without spread has p = 1.
///
/// # Errors
/// One class only, values that are not finite, settings outside their range.
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
    crate::models::check_input(x, outcome)?;
    if settings.test == UnivariateTest::Auc {
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
        .columns()
        .par_iter()
        .map(|column| {
            let side = |s: bool| -> Vec<f64> {
                column.iter().zip(outcome).filter(|(_, y)| **y == s).map(|(v, _)| *v).collect()
            };
            let (a, b) = (side(true), side(false));
            let two = Alternative::TwoSided;
            let test = match settings.test {
                UnivariateTest::Welch => t_test(&a, &b, false, two, 0.95),
                UnivariateTest::Student => t_test(&a, &b, true, two, 0.95),
                _ => mann_whitney(&a, &b, RankP::default(), two),
            };
            match test {
                Ok(test) => Ok(if test.p.is_nan() { 1.0 } else { test.p }),
                Err(StatsError::Constant { .. } | StatsError::Undefined { .. }) => Ok(1.0),
                Err(e) => Err(e),
            }
        })
        .collect::<std::result::Result<_, _>>()?;
    let adjusted = adjust(&p, settings.adjustment)?;
    Ok(Selection::by(x, "univariable test", |j| {
        let why = format!("p {:.4}, adjusted {:.4}, above {}", p[j], adjusted[j], settings.alpha);
        (adjusted[j] <= settings.alpha, adjusted[j], why)
    }))
}

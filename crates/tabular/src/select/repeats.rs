//! Features that stay the same when the region is drawn again.

use radiomics_stats::agreement::{IccForm, icc_features};
use radiomics_stats::error::require_length;
use serde::{Deserialize, Serialize};

use super::Selection;
use crate::error::{Result, check};
use crate::matrix::Matrix;

/// Settings of [`stable_between_readings`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RepeatsSettings {
    /// Which intraclass correlation.
    pub form: IccForm,
    /// The smallest that is kept.
    pub least: f64,
    /// Judge by the lower end of the 95 % interval (Koo and Li 2016) instead of the estimate.
    pub lower_limit: bool,
}

impl Default for RepeatsSettings {
    fn default() -> Self {
        Self { form: IccForm::Agreement, least: 0.75, lower_limit: false }
    }
}

/// Keeps features whose intraclass correlation between readings of the same patients is large enough.
/// `readings` are the features of the same patients in the same order, one matrix for each reading. A feature that
/// is the same number for all patients has no correlation and is dropped.
/// R: `psych::ICC(cbind(reading1, reading2), lmer = FALSE)` for each feature.
///
/// # Errors
/// Fewer than two readings or patients, readings with other patients or lacking a column, values that are not finite.
///
/// ```
/// use radiomics_tabular::{Matrix, select::{RepeatsSettings, stable_between_readings}};
/// let first = Matrix::unnamed(vec![vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 2.0, 3.0, 4.0]])?;
/// let again = Matrix::unnamed(vec![vec![1.1, 2.0, 3.1, 3.9], vec![4.0, 1.0, 2.0, 3.0]])?;
/// let selection = stable_between_readings(&[first, again], &RepeatsSettings::default())?;
/// assert_eq!(selection.kept, ["x0"]);
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
pub fn stable_between_readings(readings: &[Matrix], settings: &RepeatsSettings) -> Result<Selection> {
    check((-1.0..=1.0).contains(&settings.least), "least ICC", settings.least, "between -1 and 1")?;
    check(readings.len() >= 2, "readings", readings.len(), "2 or more")?;
    let first = &readings[0];
    let mut aligned = Vec::with_capacity(readings.len());
    for reading in readings {
        require_length("patients of a reading", reading.rows(), first.rows())?;
        let reading = reading.select(first.names())?;
        reading.require_finite()?;
        aligned.push(reading);
    }
    let tables =
        icc_features(first.width(), first.rows(), readings.len(), 0.95, |f, s, r| aligned[r].column(f)[s])?;
    Ok(Selection::by(first, "repeated segmentations", |j| {
        let icc = tables[j].get(settings.form);
        let value = if settings.lower_limit { icc.interval.lower } else { icc.icc };
        let what = if settings.lower_limit { "lower limit of the ICC" } else { "ICC" };
        (value >= settings.least, value, format!("{what} {value:.3}, below {}", settings.least))
    }))
}

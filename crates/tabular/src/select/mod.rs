//! Which columns go on. Every selection says what it dropped and why.

mod correlation;
mod lasso;
mod mrmr;
mod repeats;
mod rfe;
mod stability;
mod univariate;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::matrix::Matrix;

pub use self::correlation::{CorrelationSettings, correlation_matrix, prune_correlated};
pub use self::lasso::{LambdaRule, LassoSelection, LassoSettings, lasso, lasso_of};
pub use self::mrmr::{Combination, MrmrSettings, Relevance, mrmr};
pub use self::repeats::{RepeatsSettings, stable_between_readings};
pub use self::rfe::{Rfe, RfeCv, RfeEstimator, RfeSettings, rfe, rfe_cv};
pub use self::stability::{Frequencies, StabilitySettings, stability_selection};
pub use self::univariate::{CategoricalTest, UnivariateSettings, UnivariateTest, univariate};

/// A column that was dropped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dropped {
    /// Its name.
    pub name: String,
    /// The figure it was judged by, where there is one.
    pub value: Option<f64>,
    /// The reason in words.
    pub why: String,
}

/// Outcome of a selection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// What selected.
    pub method: String,
    /// Columns that go on, in the order in which they came or, for rankings, best first.
    pub kept: Vec<String>,
    /// Columns that do not.
    pub dropped: Vec<Dropped>,
}

impl Selection {
    /// Judges each column by its position: whether it stays, the figure, the reason if it does not.
    pub(crate) fn by(x: &Matrix, method: &str, judge: impl Fn(usize) -> (bool, f64, String)) -> Self {
        let mut selection = Self { method: method.to_owned(), kept: Vec::new(), dropped: Vec::new() };
        for (j, name) in x.names().iter().enumerate() {
            match judge(j) {
                (true, _, _) => selection.kept.push(name.clone()),
                (false, value, why) => {
                    let value = Some(value).filter(|v| v.is_finite());
                    selection.dropped.push(Dropped { name: name.clone(), value, why });
                }
            }
        }
        selection
    }

    /// The columns that were kept.
    ///
    /// # Errors
    /// [`Error::Empty`] where nothing was kept, with the first reasons; [`Error::UnknownColumn`].
    pub fn apply(&self, x: &Matrix) -> Result<Matrix> {
        if self.kept.is_empty() {
            let why: Vec<String> =
                self.dropped.iter().take(3).map(|d| format!("{} ({})", d.name, d.why)).collect();
            return Err(Error::Empty {
                what: format!("selection by {}", self.method),
                why: format!("no column was kept; dropped were {}", why.join(", ")),
            });
        }
        x.select(&self.kept)
    }

    /// What each column was dropped for, by name.
    pub fn reasons(&self) -> HashMap<&str, &str> {
        self.dropped.iter().map(|d| (d.name.as_str(), d.why.as_str())).collect()
    }
}

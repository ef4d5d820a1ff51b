//! Columns with a coefficient in a lasso or elastic net whose penalty is chosen by cross-validation.

use radiomics_stats::elastic_net::{
    Alignment, BinomialTarget, CrossValidation, ElasticNet, GaussianTarget, Measure, Outcome, Target,
    cross_validate_target,
};
use serde::{Deserialize, Serialize};

use super::Selection;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::split::Folds;

/// Which λ is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LambdaRule {
    /// The best. R: `lambda.min`.
    #[default]
    Min,
    /// The largest within one standard error of the best. R: `lambda.1se`.
    OneSe,
}

/// Settings of [`lasso`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LassoSettings {
    /// The path: `alpha = 1` for the lasso, below for an elastic net.
    pub net: ElasticNet,
    /// What is measured on the patients left out.
    pub measure: Measure,
    /// How folds are brought to common λ.
    pub alignment: Alignment,
    /// Which λ is taken.
    pub rule: LambdaRule,
}

impl Default for LassoSettings {
    fn default() -> Self {
        Self {
            // glmnet's own tolerance.
            net: ElasticNet { tolerance: 1e-7, ..ElasticNet::default() },
            measure: Measure::Deviance,
            alignment: Alignment::Interpolate,
            rule: LambdaRule::Min,
        }
    }
}

/// The selection with what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct LassoSelection {
    /// Columns with a coefficient, in the order of the matrix.
    pub selection: Selection,
    /// The whole curve.
    pub curve: CrossValidation,
    /// The λ taken.
    pub lambda: f64,
    /// Intercept at that λ.
    pub intercept: f64,
    /// Coefficients at that λ, one for each column.
    pub coefficients: Vec<f64>,
}

/// Lasso of a binary or measured outcome. R: `cv.glmnet(x, y, family, foldid = folds)`.
///
/// # Errors
/// Values that are not finite, folds of another length, one class in a training part; settings outside their range.
///
/// ```
/// use radiomics_stats::elastic_net::Outcome;
/// use radiomics_tabular::{Matrix, select::{LassoSettings, lasso}, split::Folds};
/// let y: Vec<f64> = (0..30).map(|i| f64::from(i) + f64::from(i * 7 % 5)).collect();
/// let x = Matrix::unnamed(vec![(0..30).map(f64::from).collect(), (0..30).map(|i| f64::from(i * i % 11)).collect()])?;
/// let folds = Folds::given((0..30).map(|i| i % 5).collect())?;
/// let lasso = lasso(&x, Outcome::Gaussian(&y), &folds, &LassoSettings::default())?;
/// assert_eq!(lasso.selection.kept[0], "x0");
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
pub fn lasso(
    x: &Matrix,
    outcome: Outcome<'_>,
    folds: &Folds,
    settings: &LassoSettings,
) -> Result<LassoSelection> {
    match outcome {
        Outcome::Gaussian(y) => lasso_of(x, &GaussianTarget::new(y, settings.measure)?, folds, settings),
        Outcome::Binomial(y) => lasso_of(x, &BinomialTarget::new(y, settings.measure)?, folds, settings),
    }
}

/// The same for any outcome whose loss plugs into the coordinate descent, such as survival times with Cox's partial
/// likelihood. R: `cv.glmnet(x, Surv(time, event), family = "cox", foldid = folds)`.
///
/// # Errors
/// As [`lasso`], and those of the target.
///
/// ```
/// use radiomics_survival::{Outcome, cox::ElasticNetCox};
/// use radiomics_tabular::{Matrix, select::{LassoSettings, lasso_of}, split::Folds};
/// let time: Vec<f64> = (0..40).map(|i| f64::from(40 - i) + f64::from(i * 7 % 5)).collect();
/// let event: Vec<bool> = (0..40).map(|i| i % 4 != 0).collect();
/// let outcome = Outcome::new(&time, &event)?;
/// let x = Matrix::unnamed(vec![(0..40).map(f64::from).collect(), (0..40).map(|i| f64::from(i * i % 11)).collect()])?;
/// let folds = Folds::given((0..40).map(|i| i % 5).collect())?;
/// let cox = ElasticNetCox::default();
/// let settings = LassoSettings { net: cox.net.clone(), ..LassoSettings::default() };
/// let lasso = lasso_of(&x, &cox.target(&outcome, &[])?, &folds, &settings)?;
/// assert_eq!(lasso.selection.kept[0], "x0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lasso_of(
    x: &Matrix,
    target: &impl Target,
    folds: &Folds,
    settings: &LassoSettings,
) -> Result<LassoSelection> {
    x.require_finite()?;
    let curve = cross_validate_target(&settings.net, &x.slices(), target, folds.fold(), settings.alignment)?;
    let at = match settings.rule {
        LambdaRule::Min => curve.min,
        LambdaRule::OneSe => curve.one_se,
    };
    let coefficients = curve.path.coefficients[at].clone();
    let lambda = curve.path.lambda[at];
    let name = if settings.net.alpha < 1.0 { "elastic net" } else { "lasso" };
    let selection = Selection::by(x, name, |j| {
        // The λ at which a column enters says how far it is from being kept.
        let enters = curve.path.coefficients.iter().position(|b| b[j] != 0.0).map(|l| curve.path.lambda[l]);
        let why = match enters {
            Some(e) if e < lambda => format!("coefficient 0 at lambda {lambda:.4}; it enters at {e:.4}"),
            Some(_) => format!("coefficient 0 at lambda {lambda:.4}; it left the path"),
            None => format!("coefficient 0 at lambda {lambda:.4} and all others"),
        };
        (coefficients[j] != 0.0, enters.unwrap_or(0.0), why)
    });
    Ok(LassoSelection { selection, lambda, intercept: curve.path.intercept[at], coefficients, curve })
}

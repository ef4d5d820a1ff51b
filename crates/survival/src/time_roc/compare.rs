//! Comparison of the areas of two markers.

use radiomics_stats::describe::{sd, variance};
use radiomics_stats::distribution::normal_two_sided;
use radiomics_stats::error::require_length;
use serde::Serialize;

use super::{Auc, RocAtTime, TimeRoc};
use crate::error::Error;
use crate::multivariate_normal::outside_probability;

/// Differences of two markers' areas, time by time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimeRocComparison {
    /// The times.
    pub times: Vec<f64>,
    /// First marker's area less the second's.
    pub difference: Vec<f64>,
    /// Standard errors of the differences.
    pub std_err: Vec<f64>,
    /// Two-sided p-values, one time alone.
    pub p: Vec<f64>,
    /// p-values adjusted for the number of times: the probability that the largest of the correlated statistics is as
    /// large.
    pub p_adjusted: Vec<f64>,
    /// Correlation of the differences.
    pub correlation: Vec<Vec<f64>>,
}

/// Tests at each time whether two markers of the same patients have the same area; `of` chooses it, for example
/// `|t| Some(&t.auc)`.
///
/// R: `compare(roc1, roc2, adjusted = TRUE)` of timeROC.
///
/// # Errors
/// Different patients or times, areas without standard error, a difference without variance.
///
/// ```
/// use radiomics_survival::{Outcome, time_roc::{TimeRoc, compare}};
/// let outcome = Outcome::new(&[1.0, 2.0, 3.0, 4.0, 5.0], &[true, true, false, true, false])?;
/// let a = TimeRoc::new(&outcome, &[9.0, 3.0, 5.0, 2.0, 1.0], &[2.5])?;
/// let b = TimeRoc::new(&outcome, &[1.0, 3.0, 5.0, 2.0, 1.5], &[2.5])?;
/// assert!(compare(&a, &b, |t| Some(&t.auc))?.difference[0] > 0.0);
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
pub fn compare(
    first: &TimeRoc,
    second: &TimeRoc,
    of: impl for<'a> Fn(&'a RocAtTime) -> Option<&'a Auc>,
) -> Result<TimeRocComparison, Error> {
    require_length("patients of the second curve", second.n, first.n)?;
    require_length("times of the second curve", second.times.len(), first.times.len())?;
    let undefined = |why: String| {
        Error::from(radiomics_stats::Error::Undefined { what: "the comparison of areas".to_owned(), why })
    };
    let (mut times, mut difference, mut std_err, mut changes) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    if first.digest != second.digest {
        return Err(undefined("the markers are of different patients".to_owned()));
    }
    for (a, b) in first.times.iter().zip(&second.times) {
        if a.time != b.time {
            return Err(undefined(format!("the times {} and {} differ", a.time, b.time)));
        }
        let (Some(x), Some(y)) = (of(a), of(b)) else {
            return Err(undefined(format!("there is no such area at time {}", a.time)));
        };
        if x.std_err.is_none() || y.std_err.is_none() {
            return Err(undefined("the areas have no standard error".to_owned()));
        }
        let change: Vec<f64> = x.influence.iter().zip(&y.influence).map(|(a, b)| a - b).collect();
        let se = sd(&change) / (first.n as f64).sqrt();
        if se < 1e-12 {
            return Err(undefined(format!("the two markers order the patients alike at time {}", a.time)));
        }
        times.push(a.time);
        difference.push(x.estimate - y.estimate);
        std_err.push(se);
        changes.push(change);
    }
    let z: Vec<f64> = difference.iter().zip(&std_err).map(|(d, se)| d / se).collect();
    let correlation: Vec<Vec<f64>> =
        changes.iter().map(|a| changes.iter().map(|b| correlate(a, b)).collect()).collect();
    let p_adjusted = z.iter().map(|z| outside_probability(z.abs(), &correlation)).collect();
    let p = z.iter().map(|&z| normal_two_sided(z)).collect();
    Ok(TimeRocComparison { times, difference, std_err, p, p_adjusted, correlation })
}

fn correlate(a: &[f64], b: &[f64]) -> f64 {
    let mean = radiomics_stats::describe::mean;
    let (ma, mb) = (mean(a), mean(b));
    let covariance = a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum::<f64>() / (a.len() as f64 - 1.0);
    covariance / (variance(a) * variance(b)).sqrt()
}

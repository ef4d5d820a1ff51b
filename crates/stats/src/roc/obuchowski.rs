//! Binormal variance of the area: Obuchowski and McClish 1997, Statistics in Medicine 16:1529, formula 4 and table 1.

use super::{Roc, Thresholds};
use crate::distribution::normal_quantile;
use crate::error::Error;

/// Variance of the full area from a line fitted to the curve on normal-deviate axes.
///
/// The line regresses the deviate of specificity on that of sensitivity over the inner points, as pROC's
/// `smooth(roc, method = "binormal")` does; its intercept and slope stand for the binormal parameters.
pub(super) fn variance(roc: &Roc) -> Result<f64, Error> {
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for point in roc.points(Thresholds::Midpoint) {
        let (se, sp) = (normal_quantile(point.sensitivity()), normal_quantile(point.specificity()));
        if se.is_finite() && sp.is_finite() {
            x.push(se);
            y.push(sp);
        }
    }
    let (mean_x, mean_y) = (crate::describe::mean(&x), crate::describe::mean(&y));
    let sxx: f64 = x.iter().map(|v| (v - mean_x).powi(2)).sum();
    if x.len() < 2 || sxx <= 0.0 {
        return Err(Error::Undefined {
            what: "the binormal variance of an area".to_owned(),
            why: format!("the curve has {} inner points, a line needs two that differ", x.len()),
        });
    }
    let sxy: f64 = x.iter().zip(&y).map(|(a, b)| (a - mean_x) * (b - mean_y)).sum();
    let b = sxy / sxx;
    let a = mean_y - b * mean_x;
    let kappa = roc.negatives() as f64 / roc.positives() as f64;
    let scale = 1.0 + b * b;
    let e = (-a * a / (2.0 * scale)).exp();
    let tau = std::f64::consts::TAU;
    let by_a = e / (tau * scale).sqrt();
    let by_b = -e * a * b / (tau * scale.powi(3)).sqrt();
    let v = by_a.powi(2) * (1.0 + b * b / kappa + a * a / 2.0)
        + by_b.powi(2) * b * b * (1.0 + kappa) / (2.0 * kappa);
    Ok(v / roc.positives() as f64)
}

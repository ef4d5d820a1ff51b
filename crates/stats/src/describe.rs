//! Means, spreads and quantiles of one sample.

use crate::rank::order;

/// Arithmetic mean in two passes; NaN for none. R: `mean(x)`.
pub fn mean(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let first = values.iter().sum::<f64>() / n;
    first + values.iter().map(|v| v - first).sum::<f64>() / n
}

/// Sample variance with `n − 1`; NaN for fewer than two. R: `var(x)`.
pub fn variance(values: &[f64]) -> f64 {
    sum_of_squares(values, mean(values)) / (values.len() as f64 - 1.0)
}

/// Sample standard deviation with `n − 1`. R: `sd(x)`.
pub fn sd(values: &[f64]) -> f64 {
    variance(values).sqrt()
}

/// `Σ (x − centre)²`, corrected for the rounding of the centre.
pub fn sum_of_squares(values: &[f64], centre: f64) -> f64 {
    let squares: f64 = values.iter().map(|v| (v - centre) * (v - centre)).sum();
    let rest: f64 = values.iter().map(|v| v - centre).sum();
    squares - rest * rest / values.len().max(1) as f64
}

/// The values in increasing order. R: `sort(x)`; Python: `numpy.sort(x)`.
pub fn sorted(values: &[f64]) -> Vec<f64> {
    order(values).into_iter().map(|i| values[i as usize]).collect()
}

/// Quantile of sorted values, linear between order statistics: type 7 of Hyndman and Fan 1996, the default of R's
/// `quantile` and of `numpy.quantile`. NaN for none.
pub fn quantile_sorted(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    // R's arithmetic to the letter: bins of a test may hang on the last bit of an edge.
    let index = 1.0 + last as f64 * p.clamp(0.0, 1.0);
    let low = index.floor();
    let share = index - low;
    let (a, b) = (sorted[low as usize - 1], sorted[(index.ceil() as usize - 1).min(last)]);
    if share > 0.0 && a != b { (1.0 - share) * a + share * b } else { a }
}

/// Quantile of type 7. R: `quantile(x, p)`.
///
/// ```
/// assert_eq!(radiomics_stats::describe::quantile(&[4.0, 1.0, 2.0, 3.0], 0.5), 2.5);
/// ```
pub fn quantile(values: &[f64], p: f64) -> f64 {
    quantile_sorted(&sorted(values), p)
}

/// Median. R: `median(x)`.
pub fn median(values: &[f64]) -> f64 {
    let sorted = sorted(values);
    let n = sorted.len();
    match n {
        0 => f64::NAN,
        _ if n % 2 == 1 => sorted[n / 2],
        _ => sorted[n / 2 - 1] + 0.5 * (sorted[n / 2] - sorted[n / 2 - 1]),
    }
}

//! Columns with too little in them.

use radiomics_stats::describe::variance;

use super::present;
use crate::error::{Result, check};
use crate::matrix::Matrix;
use crate::select::Selection;

/// Keeps columns whose share of missing values does not exceed `most`.
///
/// # Errors
/// A share outside 0..1.
pub fn drop_missing(x: &Matrix, most: f64) -> Result<Selection> {
    check((0.0..=1.0).contains(&most), "share of missing values", most, "between 0 and 1")?;
    let n = x.rows().max(1) as f64;
    Ok(Selection::by(x, "missing values", |j| {
        let share = x.column(j).iter().filter(|v| v.is_nan()).count() as f64 / n;
        (
            share <= most,
            share,
            format!("{:.1} % of the values are missing, more than {:.1} %", 1e2 * share, 1e2 * most),
        )
    }))
}

/// Keeps columns whose variance, dividing by `n − 1`, exceeds `least`. R: `var(x) > least`; Python:
/// `VarianceThreshold` divides by `n`.
///
/// # Errors
/// A negative or infinite limit; a column of levels.
///
/// ```
/// use radiomics_tabular::{Matrix, prepare::drop_low_variance};
/// let x = Matrix::unnamed(vec![vec![1.0, 2.0, 3.0], vec![5.0, 5.0, 5.0]])?;
/// let selection = drop_low_variance(&x, 0.0)?;
/// assert_eq!(selection.kept, ["x0"]);
/// assert_eq!(selection.dropped[0].why, "variance 0, not above 0");
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
pub fn drop_low_variance(x: &Matrix, least: f64) -> Result<Selection> {
    x.require_numbers()?;
    check(least >= 0.0 && least.is_finite(), "least variance", least, "0 or more")?;
    Ok(Selection::by(x, "variance", |j| {
        let known = present(x.column(j));
        let equal = known.windows(2).all(|w| w[0] == w[1]);
        let v = if equal { 0.0 } else { variance(&known) };
        (v > least, v, format!("variance {v}, not above {least}"))
    }))
}

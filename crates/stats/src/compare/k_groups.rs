//! Several groups: means and ranks.

use super::{sample, undefined};
use crate::describe::{mean, sum_of_squares, variance};
use crate::distribution::{chi_squared_upper, f_upper};
use crate::error::{Error, require_count, require_length};
use crate::rank::ranks;
use crate::result::Test;

pub(super) fn check(groups: &[&[f64]], least: usize) -> Result<(), Error> {
    require_count("groups", groups.len(), 2)?;
    groups.iter().try_for_each(|g| sample("group", g, least))
}

pub(super) fn sizes(groups: &[&[f64]]) -> Vec<usize> {
    groups.iter().map(|g| g.len()).collect()
}

/// Kruskal and Wallis' test, corrected for ties. R: `kruskal.test(list(a, b, c))`.
///
/// # Errors
/// Fewer than two groups, an empty group, values that are not finite; [`Error::Undefined`] where all are equal.
pub fn kruskal_wallis(groups: &[&[f64]]) -> Result<Test, Error> {
    check(groups, 1)?;
    let all: Vec<f64> = groups.concat();
    let ranked = ranks(&all);
    let n = all.len() as f64;
    let mut start = 0;
    let mut sum = 0.0;
    for g in groups {
        let part: f64 = ranked.ranks[start..start + g.len()].iter().sum();
        // About the mean rank, so that nothing cancels.
        sum += (part - g.len() as f64 * (n + 1.0) / 2.0).powi(2) / g.len() as f64;
        start += g.len();
    }
    let ties = 1.0 - ranked.tie_term() / (n * n * n - n);
    if ties <= 0.0 || ties.is_nan() {
        return undefined("the Kruskal-Wallis test", "all values are equal");
    }
    let statistic = 12.0 * sum / (n * (n + 1.0)) / ties;
    let df = groups.len() as f64 - 1.0;
    Ok(Test::plain("Kruskal-Wallis test", statistic, chi_squared_upper(statistic, df), sizes(groups))
        .with_df(&[df]))
}

/// One-way analysis of variance. R: `oneway.test(y ~ g, var.equal = TRUE)`.
///
/// # Errors
/// Fewer than two groups, fewer values than groups + 1, values that are not finite; [`Error::Undefined`] where no
/// group has a spread.
pub fn anova(groups: &[&[f64]]) -> Result<Test, Error> {
    check(groups, 1)?;
    let all: Vec<f64> = groups.concat();
    require_count("values", all.len(), groups.len() + 1)?;
    let grand = mean(&all);
    let (mut between, mut within) = (0.0, 0.0);
    for g in groups {
        let centre = mean(g);
        between += g.len() as f64 * (centre - grand).powi(2);
        within += sum_of_squares(g, centre);
    }
    let (df1, df2) = (groups.len() as f64 - 1.0, (all.len() - groups.len()) as f64);
    if within <= 0.0 {
        return undefined("the analysis of variance", "no group has a spread");
    }
    let statistic = (between / df1) / (within / df2);
    Ok(Test::plain("one-way analysis of variance", statistic, f_upper(statistic, df1, df2), sizes(groups))
        .with_df(&[df1, df2]))
}

/// Welch's analysis of variance for unequal variances. R: `oneway.test(y ~ g)`.
///
/// # Errors
/// Fewer than two groups, fewer than two values in one; [`Error::Undefined`] for a group without spread.
pub fn welch_anova(groups: &[&[f64]]) -> Result<Test, Error> {
    check(groups, 2)?;
    let k = groups.len() as f64;
    let weights: Vec<f64> = groups.iter().map(|g| g.len() as f64 / variance(g)).collect();
    if weights.iter().any(|w| !w.is_finite()) {
        return undefined("Welch's analysis of variance", "a group has no spread");
    }
    let total: f64 = weights.iter().sum();
    let means: Vec<f64> = groups.iter().map(|g| mean(g)).collect();
    let centre = weights.iter().zip(&means).map(|(w, m)| w * m).sum::<f64>() / total;
    let lambda = groups
        .iter()
        .zip(&weights)
        .map(|(g, w)| (1.0 - w / total).powi(2) / (g.len() as f64 - 1.0))
        .sum::<f64>()
        / (k * k - 1.0);
    let between: f64 = weights.iter().zip(&means).map(|(w, m)| w * (m - centre).powi(2)).sum();
    let statistic = between / ((k - 1.0) * (1.0 + 2.0 * (k - 2.0) * lambda));
    let df = [k - 1.0, 1.0 / (3.0 * lambda)];
    Ok(Test::plain(
        "Welch's analysis of variance",
        statistic,
        f_upper(statistic, df[0], df[1]),
        sizes(groups),
    )
    .with_df(&df))
}

/// Friedman's test of blocks (rows) under treatments (columns), corrected for ties. R: `friedman.test(matrix)`.
///
/// # Errors
/// Fewer than two rows or columns, rows of different length; [`Error::Undefined`] where all rows are constant.
pub fn friedman(rows: &[&[f64]]) -> Result<Test, Error> {
    require_count("blocks", rows.len(), 1)?;
    let k = rows[0].len();
    require_count("treatments", k, 2)?;
    let mut sums = vec![0.0; k];
    let mut ties = 0.0;
    for row in rows {
        require_length("a block", row.len(), k)?;
        sample("block", row, 2)?;
        let ranked = ranks(row);
        ties += ranked.tie_term();
        for (s, r) in sums.iter_mut().zip(&ranked.ranks) {
            *s += r;
        }
    }
    let (n, k) = (rows.len() as f64, k as f64);
    let spread: f64 = sums.iter().map(|s| (s - n * (k + 1.0) / 2.0).powi(2)).sum();
    let scale = n * k * (k + 1.0) - ties / (k - 1.0);
    if scale <= 0.0 {
        return undefined("Friedman's test", "all values of each block are equal");
    }
    let statistic = 12.0 * spread / scale;
    Ok(Test::plain("Friedman test", statistic, chi_squared_upper(statistic, k - 1.0), vec![rows.len()])
        .with_df(&[k - 1.0]))
}

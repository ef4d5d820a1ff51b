//! An order of patients and columns that does not depend on the order in which they came.

use radiomics_stats::rank::key;

use crate::error::{Error, Result};
use crate::matrix::Matrix;

/// Rows in increasing order of their values, column by column in the order of names, then of their class. Rows that
/// are equal in all of that are the same to any model.
pub(crate) fn row_order(x: &Matrix, outcome: &[bool]) -> Vec<usize> {
    let columns = column_order(x);
    let mut rows: Vec<usize> = (0..x.rows()).collect();
    let centre = |i: usize| x.centres().get(i);
    rows.sort_by(|&a, &b| {
        columns
            .iter()
            .map(|&j| key(x.column(j)[a]).cmp(&key(x.column(j)[b])))
            .find(|o| o.is_ne())
            .unwrap_or_else(|| outcome[a].cmp(&outcome[b]).then_with(|| centre(a).cmp(&centre(b))))
    });
    rows
}

fn column_order(x: &Matrix) -> Vec<usize> {
    let mut columns: Vec<usize> = (0..x.width()).collect();
    columns.sort_by(|&a, &b| x.names()[a].cmp(&x.names()[b]));
    columns
}

/// The matrix and outcome in that order, without columns that have no spread, and the names of those.
pub(super) fn canonical(x: &Matrix, outcome: &[bool]) -> Result<(Matrix, Vec<bool>, Vec<String>)> {
    let (constant, live): (Vec<usize>, Vec<usize>) =
        column_order(x).into_iter().partition(|&j| x.column(j).iter().all(|v| *v == x.column(j)[0]));
    if live.is_empty() {
        return Err(Error::Empty {
            what: "the model".to_owned(),
            why: "no column has any spread".to_owned(),
        });
    }
    let rows = row_order(x, outcome);
    let outcome = rows.iter().map(|&i| outcome[i]).collect();
    Ok((x.keep(&live).subset(&rows), outcome, constant.iter().map(|&j| x.names()[j].clone()).collect()))
}

//! Fisher's exact test of any table: the Fisher–Freeman–Halton test.

use std::collections::BTreeMap;

use super::undefined;
use crate::error::{Error, require_length};
use crate::result::Test;

/// Number of nodes times paths that may be visited.
const LIMIT: f64 = 3e8;

/// Exact test of a table with any number of rows and columns. The p-value sums all tables with the same margins
/// that are no more probable than the one observed.
///
/// R: `fisher.test(table)`.
///
/// The columns are dealt one after another; a node is what is left of the row sums, and tables that reach a node
/// with the same probability so far are one path. From a node on, the least and the largest probability of what
/// may still come say for most paths at once whether all of their tables count or none (Mehta and Patel 1983).
///
/// # Errors
/// Rows of different length, fewer than two rows or columns that are not empty; [`Error::TooLarge`] where too many
/// tables would have to be told apart.
///
/// ```
/// let test = radiomics_stats::compare::fisher_exact(&[&[30, 439], &[8, 110], &[17, 103], &[4, 30]])?;
/// assert!((test.p - 0.034439612).abs() < 1e-8); // R 4.2.2
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn fisher_exact(table: &[&[u64]]) -> Result<Test, Error> {
    let width = table.first().map_or(0, |r| r.len());
    for row in table {
        require_length("a row of the table", row.len(), width)?;
    }
    let mut rows: Vec<u64> = table.iter().map(|r| r.iter().sum()).filter(|s| *s > 0).collect();
    let mut columns: Vec<u64> =
        (0..width).map(|j| table.iter().map(|r| r[j]).sum()).filter(|s| *s > 0).collect();
    if rows.len() < 2 || columns.len() < 2 {
        return undefined("Fisher's test", "fewer than two rows or columns have patients");
    }
    if rows.len() > columns.len() {
        std::mem::swap(&mut rows, &mut columns);
    }
    let n: u64 = rows.iter().sum();
    let ln_factorial: Vec<f64> = {
        let mut sum = 0.0;
        (0..=n)
            .map(|k| {
                if k > 0 {
                    sum += (k as f64).ln();
                }
                sum
            })
            .collect()
    };
    // ln of Π row! Π column! / (n! Π cell!); the margins' part is the same for all tables.
    let margins: f64 = rows.iter().chain(&columns).map(|&s| ln_factorial[s as usize]).sum::<f64>()
        - ln_factorial[n as usize];
    let observed: f64 = -table.iter().flat_map(|r| r.iter()).map(|&c| ln_factorial[c as usize]).sum::<f64>();
    // Large columns first: what is left is then soon small.
    columns.sort_unstable_by(|a, b| b.cmp(a));
    rows.sort_unstable();
    let p = Network { ln_factorial: &ln_factorial, columns: &columns }.sum(&rows, observed, margins)?;
    Ok(Test::plain("Fisher's exact test", f64::NAN, p.min(1.0), vec![n as usize]))
}

/// Paths into a node by their probability so far: rounded ln → ln and number of tables, weighted.
type Paths = BTreeMap<i64, (f64, f64)>;

struct Network<'a> {
    ln_factorial: &'a [f64],
    columns: &'a [u64],
}

/// What may come from a node on: ln of the least and the largest `Π 1 / cell!`, and of the sum over all tables.
#[derive(Clone, Copy)]
struct Ahead {
    least: f64,
    largest: f64,
    total: f64,
}

impl Network<'_> {
    fn sum(&self, rows: &[u64], observed: f64, margins: f64) -> Result<f64, Error> {
        // R compares with a relative allowance of 1e-7.
        let limit = observed + 1e-7;
        let mut p = 0.0;
        let mut work = 0.0;
        // Node → (ln of path so far, rounded) → (ln exactly, number of paths weighted).
        let mut level: BTreeMap<Vec<u64>, Paths> = BTreeMap::new();
        level.insert(rows.to_vec(), BTreeMap::from([(0, (0.0, 1.0))]));
        for stage in 0..self.columns.len() {
            let mut next: BTreeMap<Vec<u64>, Paths> = BTreeMap::new();
            let mut known: BTreeMap<Vec<u64>, Ahead> = BTreeMap::new();
            for (node, paths) in level {
                let mut children = Vec::new();
                self.deal(&node, self.columns[stage], &mut children);
                for (cells_ln, mut child) in children {
                    child.sort_unstable();
                    let ahead = *known.entry(child.clone()).or_insert_with(|| self.ahead(&child, stage + 1));
                    let into = next.entry(child).or_default();
                    for &(ln, weight) in paths.values() {
                        work += 1.0;
                        let ln = ln + cells_ln;
                        if ln + ahead.largest <= limit {
                            // All tables from here on count.
                            p += weight * (ln + ahead.total + margins).exp();
                        } else if ln + ahead.least <= limit {
                            let slot = into.entry((ln * 1e9).round() as i64).or_insert((ln, 0.0));
                            slot.1 += weight;
                        }
                    }
                    if work > LIMIT {
                        return Err(Error::TooLarge {
                            what: "Fisher's exact test",
                            needed: work,
                            limit: LIMIT,
                            instead: "the chi-squared test",
                        });
                    }
                }
            }
            next.retain(|_, paths| !paths.is_empty());
            level = next;
        }
        Ok(p)
    }

    /// All ways to deal `column` patients to rows that have `left` places: ln of `Π 1 / cell!` and what stays.
    fn deal(&self, left: &[u64], column: u64, into: &mut Vec<(f64, Vec<u64>)>) {
        self.deal_from(left, column, 0.0, &mut Vec::new(), into);
    }

    /// The same with the first rows dealt already: `current` holds what they keep.
    fn deal_from(
        &self,
        left: &[u64],
        rest: u64,
        ln: f64,
        current: &mut Vec<u64>,
        into: &mut Vec<(f64, Vec<u64>)>,
    ) {
        let at = current.len();
        if at == left.len() {
            into.push((ln, current.clone()));
            return;
        }
        let room: u64 = left[at + 1..].iter().sum();
        for cell in rest.saturating_sub(room)..=rest.min(left[at]) {
            current.push(left[at] - cell);
            self.deal_from(left, rest - cell, ln - self.ln_factorial[cell as usize], current, into);
            current.pop();
        }
    }

    /// Bounds for the tables with these row sums and the columns from `stage` on.
    fn ahead(&self, rows: &[u64], stage: usize) -> Ahead {
        let columns = &self.columns[stage..];
        let n: u64 = rows.iter().sum();
        let f = self.ln_factorial;
        let of = |sums: &[u64]| sums.iter().map(|&s| f[s as usize]).sum::<f64>();
        let total = f[n as usize] - of(rows) - of(columns);
        if columns.len() <= 1 {
            let only = -of(rows);
            return Ahead { least: only, largest: only, total: if columns.is_empty() { 0.0 } else { only } };
        }
        // Largest: each row alone as even as it can be, or each column alone; the smaller of the two bounds holds.
        // Least: each row, or each column, in a single cell; the larger of the two bounds holds.
        let even = |sums: &[u64], parts: usize| {
            sums.iter()
                .map(|&s| {
                    let (q, r) = (s / parts as u64, s % parts as u64);
                    -(f[q as usize + 1] * r as f64 + f[q as usize] * (parts as u64 - r) as f64)
                })
                .sum::<f64>()
        };
        let largest = even(rows, columns.len()).min(even(columns, rows.len()));
        let least = (-of(rows)).max(-of(columns));
        Ahead { least, largest, total }
    }
}

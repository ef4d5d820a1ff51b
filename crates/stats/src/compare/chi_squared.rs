//! Tables of counts: χ², G, McNemar.

use serde::{Deserialize, Serialize};

use super::undefined;
use crate::distribution::{binomial, chi_squared_upper};
use crate::error::{Error, require_length};
use crate::result::Test;

/// A table of counts, row by row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContingencyTable {
    rows: usize,
    columns: usize,
    counts: Vec<u64>,
}

/// Variant of McNemar's test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mcnemar {
    /// χ² with continuity correction (2×2), Bowker's test for larger tables. R: `mcnemar.test(t)`.
    #[default]
    Corrected,
    /// χ² without correction. R: `mcnemar.test(t, correct = FALSE)`.
    Plain,
    /// Binomial test of the discordant pairs. R: `exact2x2::mcnemar.exact(t)`.
    Exact,
}

/// Categories of a table made of pairs: one bad number must not ask for all the memory there is.
const MOST_CATEGORIES: usize = 1000;

impl ContingencyTable {
    /// A table of counts.
    ///
    /// # Errors
    /// Rows of different length, fewer than two rows or columns, no patients.
    pub fn new(table: &[&[u64]]) -> Result<Self, Error> {
        let columns = table.first().map_or(0, |r| r.len());
        for row in table {
            require_length("a row of the table", row.len(), columns)?;
        }
        if table.len() < 2 || columns < 2 {
            return undefined("a test of a table", "it needs at least two rows and two columns");
        }
        let counts: Vec<u64> = table.concat();
        if counts.iter().all(|&c| c == 0) {
            return undefined("a test of a table", "it has no patients");
        }
        Ok(Self { rows: table.len(), columns, counts })
    }

    /// Counts pairs of categories, numbered from 0. R: `table(a, b)`.
    ///
    /// # Errors
    /// As [`Self::new`]; lengths that differ, a category above 999.
    pub fn from_pairs(a: &[usize], b: &[usize]) -> Result<Self, Error> {
        require_length("second category", b.len(), a.len())?;
        if let Some(&category) = a.iter().chain(b).find(|&&c| c >= MOST_CATEGORIES) {
            return Err(Error::Setting {
                name: "category",
                value: category.to_string(),
                expected: "below 1000, numbered from 0",
            });
        }
        let rows = a.iter().max().map_or(0, |m| m + 1);
        let columns = b.iter().max().map_or(0, |m| m + 1);
        let mut counts = vec![0; rows * columns];
        for (&i, &j) in a.iter().zip(b) {
            counts[i * columns + j] += 1;
        }
        let table: Vec<&[u64]> = counts.chunks(columns.max(1)).collect();
        Self::new(&table)
    }

    /// The rows.
    pub fn row_slices(&self) -> Vec<&[u64]> {
        self.counts.chunks(self.columns).collect()
    }

    /// Number of patients.
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn row_sum(&self, i: usize) -> f64 {
        self.counts[i * self.columns..(i + 1) * self.columns].iter().sum::<u64>() as f64
    }

    fn column_sum(&self, j: usize) -> f64 {
        self.counts.iter().skip(j).step_by(self.columns).sum::<u64>() as f64
    }

    /// Counts expected under independence, row by row. R: `chisq.test(table)$expected`.
    pub fn expected(&self) -> Vec<Vec<f64>> {
        let n = self.n() as f64;
        (0..self.rows)
            .map(|i| (0..self.columns).map(|j| self.row_sum(i) * self.column_sum(j) / n).collect())
            .collect()
    }

    fn df(&self) -> f64 {
        ((self.rows - 1) * (self.columns - 1)) as f64
    }

    /// Pearson's χ². `yates` applies the continuity correction, to 2×2 tables only, as R does.
    ///
    /// R: `chisq.test(t, correct = yates)`; SPSS prints the uncorrected one first.
    ///
    /// # Errors
    /// [`Error::Undefined`] where a row or column is empty.
    pub fn chi_squared(&self, yates: bool) -> Result<Test, Error> {
        let expected = self.expected();
        if expected.iter().flatten().any(|e| *e == 0.0) {
            return undefined("the chi-squared test", "a row or column of the table is empty");
        }
        let pairs = || self.counts.iter().zip(expected.iter().flatten());
        let correct = yates && self.rows == 2 && self.columns == 2;
        let correction =
            if correct { pairs().map(|(o, e)| (*o as f64 - e).abs()).fold(0.5, f64::min) } else { 0.0 };
        let statistic: f64 = pairs().map(|(o, e)| ((*o as f64 - e).abs() - correction).powi(2) / e).sum();
        let method = if correct {
            "chi-squared test with Yates' continuity correction"
        } else {
            "Pearson's chi-squared test"
        };
        Ok(self.test(method, statistic))
    }

    /// Likelihood ratio (G) test. R: `DescTools::GTest(t)`.
    ///
    /// # Errors
    /// As [`Self::chi_squared`].
    pub fn g_test(&self) -> Result<Test, Error> {
        let expected = self.expected();
        if expected.iter().flatten().any(|e| *e == 0.0) {
            return undefined("the G test", "a row or column of the table is empty");
        }
        let statistic = 2.0
            * self
                .counts
                .iter()
                .zip(expected.iter().flatten())
                .filter(|(o, _)| **o > 0)
                .map(|(o, e)| *o as f64 * (*o as f64 / e).ln())
                .sum::<f64>();
        Ok(self.test("likelihood ratio (G) test", statistic))
    }

    fn test(&self, method: &'static str, statistic: f64) -> Test {
        let df = self.df();
        Test::plain(method, statistic, chi_squared_upper(statistic, df), vec![self.n() as usize])
            .with_df(&[df])
    }

    /// McNemar's test of a square table of pairs; Bowker's test of symmetry for more than two categories.
    ///
    /// R: `mcnemar.test(table, correct)`; Python: `statsmodels.stats.contingency_tables.mcnemar(table, exact)`.
    ///
    /// # Errors
    /// A table that is not square; an exact test of more than two categories; [`Error::Undefined`] without any
    /// discordant pair (the exact p-value is then 1).
    pub fn mcnemar(&self, kind: Mcnemar) -> Result<Test, Error> {
        require_length("rows of a table of pairs", self.rows, self.columns)?;
        let k = self.rows;
        let cell = |i: usize, j: usize| self.counts[i * k + j];
        if kind == Mcnemar::Exact {
            require_length("categories of an exact McNemar test", k, 2)?;
            let (b, c) = (cell(0, 1), cell(1, 0));
            let p = (2.0 * binomial(b.min(c), b + c, 0.5)).min(1.0);
            return Ok(Test::plain("exact McNemar test", b.min(c) as f64, p, vec![self.n() as usize]));
        }
        let (mut statistic, mut df) = (0.0, 0.0);
        for i in 0..k {
            for j in i + 1..k {
                let (b, c) = (cell(i, j) as f64, cell(j, i) as f64);
                df += 1.0;
                if b + c > 0.0 {
                    let correct = kind == Mcnemar::Corrected && k == 2 && b != c;
                    let d = (b - c).abs() - if correct { 1.0 } else { 0.0 };
                    statistic += d * d / (b + c);
                } else if k == 2 {
                    return undefined("McNemar's test", "no pair is discordant");
                }
            }
        }
        let method = match kind {
            _ if k > 2 => "Bowker's test of symmetry",
            Mcnemar::Corrected => "McNemar's test with continuity correction",
            _ => "McNemar's test",
        };
        Ok(Test::plain(method, statistic, chi_squared_upper(statistic, df), vec![self.n() as usize])
            .with_df(&[df]))
    }

    /// Smallest expected count, by which the "Table 1" builder chooses between χ² and Fisher's test.
    pub fn least_expected(&self) -> f64 {
        self.expected().into_iter().flatten().fold(f64::INFINITY, f64::min)
    }

    /// Whether the table is 2×2, and its cells.
    pub fn as_2x2(&self) -> Option<[[u64; 2]; 2]> {
        (self.rows == 2 && self.columns == 2)
            .then(|| [[self.counts[0], self.counts[1]], [self.counts[2], self.counts[3]]])
    }

    /// Cramér's V. R: `DescTools::CramerV(t)`.
    ///
    /// # Errors
    /// As [`Self::chi_squared`].
    pub fn cramers_v(&self) -> Result<f64, Error> {
        let least = (self.rows.min(self.columns) - 1) as f64;
        Ok((self.chi_squared(false)?.statistic / (self.n() as f64 * least)).sqrt())
    }
}

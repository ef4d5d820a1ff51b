//! "Table 1": patients' characteristics by group, with tests that are picked by stated rules and named.

use serde::{Deserialize, Serialize};

use crate::compare::{
    Centre, ContingencyTable, FisherExact, RankP, anova, fisher_2x2, fisher_exact, kruskal_wallis, levene,
    mann_whitney, shapiro_wilk, t_test, welch_anova,
};
use crate::describe::{mean, median, quantile, sd};
use crate::error::{Error, require_count, require_length};
use crate::result::{Alternative, Test};

/// A characteristic of patients. Missing values are NaN in numbers and `None` in categories; they are left out of
/// summaries and tests and counted.
#[derive(Clone, Debug, PartialEq)]
pub enum Variable<'a> {
    /// Measured.
    Continuous(&'a [f64]),
    /// One of several categories, numbered from 0, with their names.
    Categorical(&'a [Option<usize>], &'a [&'a str]),
}

/// The rules by which tests are picked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableRules {
    /// A measured variable counts as normal when Shapiro and Wilk's test gives at least this in every group (groups
    /// of more than 5000 patients, of fewer than 3, or constant ones count as not normal).
    pub normality: f64,
    /// Variances count as equal when Brown and Forsythe's test gives at least this.
    pub equal_variances: f64,
    /// Fisher's test replaces χ² where an expected count is below this.
    pub least_expected: f64,
    /// Yates' correction for 2×2 tables tested by χ².
    pub yates: bool,
}

impl Default for TableRules {
    fn default() -> Self {
        Self { normality: 0.05, equal_variances: 0.05, least_expected: 5.0, yates: false }
    }
}

/// Summary of one variable in one group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Summary {
    /// Of a variable that counts as normal.
    MeanSd {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Of one that does not.
    MedianIqr {
        /// Median.
        median: f64,
        /// First quartile (type 7).
        q1: f64,
        /// Third quartile.
        q3: f64,
    },
    /// Patients in each category.
    Counts(Vec<u64>),
}

/// One variable over all groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableRow {
    /// Name of the variable.
    pub name: String,
    /// Names of the categories; empty for a measured variable.
    pub levels: Vec<String>,
    /// One summary for each group.
    pub groups: Vec<Summary>,
    /// Summary of all patients.
    pub overall: Summary,
    /// Patients without a value, in each group.
    pub missing: Vec<usize>,
    /// The test, with its name; none where it has no value.
    pub test: Option<Test>,
    /// Why there is no test.
    pub why_not: Option<String>,
}

/// The table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableOne {
    /// Names of the groups.
    pub groups: Vec<String>,
    /// Patients in each group.
    pub sizes: Vec<usize>,
    /// The rows.
    pub rows: Vec<TableRow>,
    /// The rules the tests were picked by.
    pub rules: TableRules,
}

impl TableOne {
    /// Builds the table. `group` numbers the group of each patient from 0.
    ///
    /// R: `tableone::CreateTableOne(vars, strata, data)`, whose rules are others: it tests means unless told.
    ///
    /// # Errors
    /// Lengths that differ, fewer than two groups, an empty group, a category or group without a name. A single test
    /// that has no value is no error: its row says why.
    ///
    /// ```
    /// use radiomics_stats::table_one::{TableOne, TableRules, Variable};
    /// let group = [0, 0, 0, 0, 1, 1, 1, 1];
    /// let age = [61.0, 55.0, 70.0, 64.0, 58.0, 49.0, f64::NAN, 66.0];
    /// let sex = [Some(0), Some(1), Some(0), Some(0), Some(1), Some(1), None, Some(0)];
    /// let table = TableOne::new(
    ///     &group,
    ///     &["training", "test"],
    ///     &[("age", Variable::Continuous(&age)), ("sex", Variable::Categorical(&sex, &["male", "female"]))],
    ///     TableRules::default(),
    /// )?;
    /// assert_eq!(table.rows[0].test.as_ref().map(|t| t.method), Some("Student's t test"));
    /// assert_eq!(table.rows[1].test.as_ref().map(|t| t.method), Some("Fisher's exact test"));
    /// println!("{}", table.to_markdown());
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn new(
        group: &[usize],
        names: &[&str],
        variables: &[(&str, Variable<'_>)],
        rules: TableRules,
    ) -> Result<Self, Error> {
        require_count("groups", names.len(), 2)?;
        let mut sizes = vec![0; names.len()];
        for &g in group {
            let Some(size) = sizes.get_mut(g) else { return Err(outside("group", g)) };
            *size += 1;
        }
        for (size, name) in sizes.iter().zip(names) {
            require_count(&format!("patients of group {name}"), *size, 1)?;
        }
        let rows = variables
            .iter()
            .map(|(name, variable)| match variable {
                Variable::Continuous(values) => continuous(name, values, group, names.len(), &rules),
                Variable::Categorical(values, levels) => {
                    categorical(name, values, levels, group, names.len(), &rules)
                }
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self { groups: names.iter().map(|n| (*n).to_owned()).collect(), sizes, rows, rules })
    }

    /// The table as text in Markdown: mean ± SD, median \[IQR\] or n (%) of each group and of all, p and the name of the
    /// test. A group without values has a dash.
    pub fn to_markdown(&self) -> String {
        let mut out = String::from("| |");
        for (name, size) in self.groups.iter().zip(&self.sizes) {
            out += &format!(" {} (n = {size}) |", escape(name));
        }
        out += &format!(" all (n = {}) | p | test |\n|---|", self.sizes.iter().sum::<usize>());
        out += &"---|".repeat(self.groups.len() + 3);
        out.push('\n');
        for row in &self.rows {
            let p = row.test.as_ref().map_or_else(|| "–".to_owned(), |t| format_p(t.p));
            let test = match (&row.test, &row.why_not) {
                (Some(t), _) => t.method.to_owned(),
                (None, Some(why)) => why.clone(),
                (None, None) => String::new(),
            };
            let name = escape(&row.name);
            let label = match row.overall {
                Summary::MeanSd { .. } => format!("{name}, mean ± SD"),
                Summary::MedianIqr { .. } => format!("{name}, median [IQR]"),
                Summary::Counts(_) => format!("{name}, n (%)"),
            };
            let cells = |level: Option<usize>| {
                let all = row.groups.iter().chain([&row.overall]);
                all.map(|s| cell(s, level)).collect::<Vec<_>>().join(" | ")
            };
            out += &format!("| {label} | {} | {p} | {} |\n", cells(None), escape(&test));
            for (level, name) in row.levels.iter().enumerate() {
                out += &format!("| – {} | {} | | |\n", escape(name), cells(Some(level)));
            }
            let missing: usize = row.missing.iter().sum();
            if missing > 0 {
                let cells: Vec<String> =
                    row.missing.iter().chain([&missing]).map(ToString::to_string).collect();
                out += &format!("| – missing | {} | | |\n", cells.join(" | "));
            }
        }
        out
    }
}

/// Three significant digits, `<0.001` below that.
fn format_p(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// A name that may hold what ends a cell.
fn escape(name: &str) -> String {
    name.replace('|', "\\|").replace(['\n', '\r'], " ")
}

fn cell(summary: &Summary, level: Option<usize>) -> String {
    const NONE: &str = "–";
    match (summary, level) {
        (Summary::MeanSd { mean: centre, .. } | Summary::MedianIqr { median: centre, .. }, None)
            if centre.is_nan() =>
        {
            NONE.to_owned()
        }
        (Summary::Counts(counts), Some(_)) if counts.iter().all(|c| *c == 0) => NONE.to_owned(),
        (Summary::MeanSd { mean, sd }, None) => format!("{mean:.2} ± {sd:.2}"),
        (Summary::MedianIqr { median, q1, q3 }, None) => format!("{median:.2} [{q1:.2}, {q3:.2}]"),
        (Summary::Counts(counts), Some(level)) => {
            let total: u64 = counts.iter().sum();
            format!("{} ({:.1})", counts[level], 100.0 * counts[level] as f64 / total as f64)
        }
        _ => String::new(),
    }
}

fn outside(name: &'static str, value: usize) -> Error {
    Error::Setting { name, value: value.to_string(), expected: "below the number of names given" }
}

fn continuous(
    name: &str,
    values: &[f64],
    group: &[usize],
    count: usize,
    rules: &TableRules,
) -> Result<TableRow, Error> {
    require_length(name, values.len(), group.len())?;
    let mut parts: Vec<Vec<f64>> = vec![Vec::new(); count];
    let mut missing = vec![0; count];
    for (&v, &g) in values.iter().zip(group) {
        if v.is_nan() { missing[g] += 1 } else { parts[g].push(v) }
    }
    let slices: Vec<&[f64]> = parts.iter().map(Vec::as_slice).collect();
    let normal = slices.iter().all(|s| shapiro_wilk(s).is_ok_and(|t| t.p >= rules.normality));
    let summary = |v: &[f64]| {
        if normal {
            Summary::MeanSd { mean: mean(v), sd: sd(v) }
        } else {
            Summary::MedianIqr { median: median(v), q1: quantile(v, 0.25), q3: quantile(v, 0.75) }
        }
    };
    let test = if normal {
        let equal = levene(&slices, Centre::Median).is_ok_and(|t| t.p >= rules.equal_variances);
        match (slices.as_slice(), equal) {
            ([a, b], _) => t_test(a, b, equal, Alternative::TwoSided, 0.95),
            (_, true) => anova(&slices),
            (_, false) => welch_anova(&slices),
        }
    } else if let [a, b] = slices.as_slice() {
        mann_whitney(a, b, RankP::Normal { continuity: false }, Alternative::TwoSided)
    } else {
        kruskal_wallis(&slices)
    };
    let all: Vec<f64> = parts.concat();
    Ok(row(name, &[], slices.iter().map(|s| summary(s)).collect(), summary(&all), missing, test))
}

fn categorical(
    name: &str,
    values: &[Option<usize>],
    levels: &[&str],
    group: &[usize],
    count: usize,
    rules: &TableRules,
) -> Result<TableRow, Error> {
    require_length(name, values.len(), group.len())?;
    let mut counts = vec![vec![0u64; levels.len()]; count];
    let mut missing = vec![0; count];
    for (&v, &g) in values.iter().zip(group) {
        match v {
            None => missing[g] += 1,
            Some(level) if level < levels.len() => counts[g][level] += 1,
            Some(level) => return Err(outside("category", level)),
        }
    }
    let overall: Vec<u64> = (0..levels.len()).map(|l| counts.iter().map(|c| c[l]).sum()).collect();
    // Categories that nobody has do not take part in the test.
    let used: Vec<usize> = (0..levels.len()).filter(|&l| overall[l] > 0).collect();
    let kept: Vec<Vec<u64>> = counts.iter().map(|c| used.iter().map(|&l| c[l]).collect()).collect();
    let slices: Vec<&[u64]> = kept.iter().map(Vec::as_slice).collect();
    let test = ContingencyTable::new(&slices).and_then(|table| {
        if table.least_expected() >= rules.least_expected {
            return table.chi_squared(rules.yates);
        }
        match table.as_2x2() {
            Some(cells) => fisher_2x2(cells, &FisherExact::default()),
            None => fisher_exact(&slices),
        }
    });
    let groups = counts.into_iter().map(Summary::Counts).collect();
    Ok(row(name, levels, groups, Summary::Counts(overall), missing, test))
}

fn row(
    name: &str,
    levels: &[&str],
    groups: Vec<Summary>,
    overall: Summary,
    missing: Vec<usize>,
    test: Result<Test, Error>,
) -> TableRow {
    let (test, why_not) = match test {
        Ok(test) => (Some(test), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let levels = levels.iter().map(|l| (*l).to_owned()).collect();
    TableRow { name: name.to_owned(), levels, groups, overall, missing, test, why_not }
}

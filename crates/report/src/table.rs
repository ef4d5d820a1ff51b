//! Tables as papers print them (HTML, Markdown) and as programs read them (CSV with all digits).

use crate::{
    Error,
    figure::slug,
    format::{estimate, fixed, p_value},
    svg::escape,
};

/// A cell: what is printed follows from what it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A number with decimals to print.
    Number(f64, usize),
    /// An estimate with the ends of its interval and decimals to print. In CSV it takes three columns.
    Estimate {
        /// Estimate.
        value: f64,
        /// Lower end.
        lower: f64,
        /// Upper end.
        upper: f64,
        /// Decimals to print.
        decimals: usize,
    },
    /// A p-value.
    P(f64),
}

impl Cell {
    /// An estimate with its interval, two decimals.
    #[must_use]
    pub fn estimate(value: f64, lower: f64, upper: f64) -> Self {
        Self::Estimate { value, lower, upper, decimals: 2 }
    }

    /// As it is printed.
    ///
    /// ```
    /// use radiomics_report::table::Cell;
    /// assert_eq!(Cell::estimate(0.791, 0.712, 0.857).text(), "0.79 (0.71–0.86)");
    /// assert_eq!(Cell::P(1e-5).text(), "< 0.001");
    /// ```
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Count(n) => n.to_string(),
            Self::Number(v, decimals) => fixed(*v, *decimals),
            Self::Estimate { value, lower, upper, decimals } => estimate(*value, *lower, *upper, *decimals),
            Self::P(p) => p_value(*p),
        }
    }

    /// All digits, for CSV; empty for missing values.
    fn plain(&self, part: usize) -> String {
        let number = |v: f64| if v.is_nan() { String::new() } else { v.to_string() };
        match self {
            Self::Estimate { value, lower, upper, .. } => number([*value, *lower, *upper][part]),
            _ if part > 0 => String::new(),
            Self::Number(v, _) | Self::P(v) => number(*v),
            other => other.text(),
        }
    }

    fn numeric(&self) -> bool {
        !matches!(self, Self::Empty | Self::Text(_))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(n: u64) -> Self {
        Self::Count(n)
    }
}

impl From<usize> for Cell {
    fn from(n: usize) -> Self {
        Self::Count(n as u64)
    }
}

/// A number printed with three decimals.
impl From<f64> for Cell {
    fn from(v: f64) -> Self {
        Self::Number(v, 3)
    }
}

/// A table.
///
/// ```
/// use radiomics_report::table::{Cell, Table};
/// let table = Table::new("Performance", &["Model", "AUC (95 % CI)", "p"])
///     .row([Cell::from("Clinical"), Cell::estimate(0.71, 0.63, 0.79), Cell::Empty])?
///     .row([Cell::from("Signature"), Cell::estimate(0.82, 0.75, 0.88), Cell::P(0.004)])?;
/// assert!(table.to_markdown().contains("| Signature | 0.82 (0.75–0.88) | 0.004 |"));
/// assert_eq!(table.to_csv()?.lines().next(), Some("Model,AUC (95 % CI),AUC (95 % CI) lower,AUC (95 % CI) upper,p"));
/// # Ok::<(), radiomics_report::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name of its file without ending: lower-case letters, digits, hyphens.
    pub name: String,
    /// Title.
    pub title: String,
    /// Heads of the columns.
    pub columns: Vec<String>,
    /// Rows, each with one cell for each column.
    pub rows: Vec<Row>,
    /// Stands below the table: abbreviations, tests.
    pub note: String,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The cells.
    pub cells: Vec<Cell>,
    /// Its first cell belongs under that of the row above.
    pub indent: bool,
}

impl Table {
    /// A table without rows yet.
    #[must_use]
    pub fn new(title: impl Into<String>, columns: &[&str]) -> Self {
        let title = title.into();
        let columns = columns.iter().map(ToString::to_string).collect();
        Self { name: slug(&title), title, columns, rows: Vec::new(), note: String::new() }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`Error::Row`] where it has not one cell for each column.
    pub fn row(mut self, cells: impl IntoIterator<Item = impl Into<Cell>>) -> Result<Self, Error> {
        self.push(cells.into_iter().map(Into::into).collect(), false)?;
        Ok(self)
    }

    /// Adds a row; `indent` puts its first cell under that of the row above.
    ///
    /// # Errors
    /// [`Error::Row`] where it has not one cell for each column.
    pub fn push(&mut self, cells: Vec<Cell>, indent: bool) -> Result<(), Error> {
        if cells.len() != self.columns.len() {
            return Err(Error::Row {
                table: self.title.clone(),
                row: self.rows.len() + 1,
                found: cells.len(),
                expected: self.columns.len(),
            });
        }
        self.rows.push(Row { cells, indent });
        Ok(())
    }

    /// Sets the note below the table.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Sets the name of its file.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = slug(name);
        self
    }

    fn is_estimate(&self, column: usize) -> bool {
        self.rows.iter().any(|r| matches!(r.cells.get(column), Some(Cell::Estimate { .. })))
    }

    fn is_numeric(&self, column: usize) -> bool {
        self.rows.iter().any(|r| r.cells.get(column).is_some_and(Cell::numeric))
    }

    /// CSV with all digits and a head; an estimate takes three columns, missing values are empty.
    ///
    /// # Errors
    /// [`Error::Encode`] where the encoder fails.
    pub fn to_csv(&self) -> Result<String, Error> {
        let fail = |reason: String| Error::Encode { what: format!("table \"{}\"", self.title), reason };
        let mut writer = csv::Writer::from_writer(Vec::new());
        let spread: Vec<bool> = (0..self.columns.len()).map(|c| self.is_estimate(c)).collect();
        let mut record = Vec::new();
        for (head, &three) in self.columns.iter().zip(&spread) {
            record.push(head.clone());
            if three {
                record.extend([format!("{head} lower"), format!("{head} upper")]);
            }
        }
        writer.write_record(&record).map_err(|e| fail(e.to_string()))?;
        for row in &self.rows {
            record.clear();
            for (cell, &three) in row.cells.iter().zip(&spread) {
                record.extend((0..if three { 3 } else { 1 }).map(|part| cell.plain(part)));
            }
            writer.write_record(&record).map_err(|e| fail(e.to_string()))?;
        }
        let bytes = writer.into_inner().map_err(|e| fail(e.to_string()))?;
        String::from_utf8(bytes).map_err(|e| fail(e.to_string()))
    }

    /// Markdown as GitHub reads it.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let clean = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace('\n', " ");
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut out = line(self.columns.iter().map(|c| clean(c)).collect());
        let rule =
            (0..self.columns.len()).map(|c| if self.is_numeric(c) { "---:" } else { "---" }.to_string());
        out += &line(rule.collect());
        for row in &self.rows {
            out += &line(
                row.cells
                    .iter()
                    .enumerate()
                    .map(|(i, c)| {
                        format!("{}{}", if row.indent && i == 0 { "– " } else { "" }, clean(&c.text()))
                    })
                    .collect(),
            );
        }
        if !self.note.is_empty() {
            out += &format!("\n{}\n", self.note);
        }
        out
    }

    /// HTML: a `table` with caption, heads of columns and rows; texts are escaped.
    #[must_use]
    pub fn to_html(&self, caption: &str) -> String {
        let mut out = format!("<table>\n<caption>{}</caption>\n<thead><tr>", escape(caption));
        let class = |column: usize| if self.is_numeric(column) { " class=\"n\"" } else { "" };
        for (i, head) in self.columns.iter().enumerate() {
            out += &format!("<th scope=\"col\"{}>{}</th>", class(i), escape(head));
        }
        out += "</tr></thead>\n<tbody>\n";
        for row in &self.rows {
            out += "<tr>";
            for (i, cell) in row.cells.iter().enumerate() {
                let text = escape(&cell.text());
                out += &match (i, row.indent) {
                    (0, true) => format!("<th scope=\"row\" class=\"i\">{text}</th>"),
                    (0, false) => format!("<th scope=\"row\">{text}</th>"),
                    _ => format!("<td{}>{text}</td>", class(i)),
                };
            }
            out += "</tr>\n";
        }
        out += "</tbody>\n</table>\n";
        if !self.note.is_empty() {
            out += &format!("<p class=\"note\">{}</p>\n", escape(&self.note));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test] // what a reader of the CSV gets back is what went in, to the last bit
    fn csv_keeps_all_digits_and_quotes() {
        let third = 1.0 / 3.0;
        let table = Table::new("T", &["a, b", "x"])
            .row([Cell::from("say \"yes\""), Cell::estimate(third, 0.1, f64::NAN)])
            .expect("a row of two");
        let csv = table.to_csv().expect("encodes");
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        assert_eq!(reader.headers().expect("heads"), vec!["a, b", "x", "x lower", "x upper"]);
        let record = reader.records().next().expect("a row").expect("reads");
        assert_eq!(&record[0], "say \"yes\"");
        assert_eq!(record[1].parse::<f64>().expect("a number").to_bits(), third.to_bits());
        assert_eq!(&record[3], "");
    }

    #[test]
    fn rows_of_another_length_are_errors_and_texts_are_escaped() {
        let table = Table::new("T", &["a", "b"]);
        assert!(matches!(table.clone().row(["x"]), Err(Error::Row { row: 1, found: 1, expected: 2, .. })));
        let table = table.row(["<i>", "a|b"]).expect("a row of two");
        assert!(table.to_html("c").contains("&lt;i&gt;"));
        assert!(table.to_markdown().contains("a\\|b"));
    }
}

//! From the journal to the table and the list of failures, both in the order of the list of cases.

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::{self, BufWriter, Write},
    ops::Range,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{
    cohort::{Case, Cohort, Label},
    journal::{Finished, Journal},
    message::{Columns, Row, decoded},
};
use crate::{
    args::Format,
    interrupt,
    replace::Replacement,
    table::{Cell, Column, Kind, Writer},
};

/// What the table is made of.
pub struct Job<'a> {
    pub cohort: &'a Cohort,
    /// The cases of this shard.
    pub range: Range<usize>,
    pub table: &'a Path,
    pub format: Format,
    pub metadata: Vec<(String, String)>,
}

/// The name of the list of failures of a table.
pub fn errors_path(table: &Path) -> PathBuf {
    let mut name = table.as_os_str().to_owned();
    name.push(".errors.csv");
    name.into()
}

/// Columns that say which region a row is of, in front of all others.
const LEADING: [&str; 5] = ["Image", "Mask", "Label", "ROI", "Component"];

impl Job<'_> {
    /// Writes list and table, each whole or not at all. The table comes last: where it is, all is.
    pub fn write(&self, journal: &mut Journal) -> Result<Finished> {
        let failed = self.write_errors(journal)?;
        let survey = Survey::of(journal, self.range.clone())?;
        let columns = self.columns(journal, &survey);
        let mut file = Replacement::begin(self.table)?;
        let cannot = || format!("cannot write {}", self.table.display());
        let mut out = BufWriter::with_capacity(1 << 16, file.writer());
        let mut rows = 0;
        {
            let mut table =
                Writer::new(self.format, &columns, &self.metadata, &mut out).with_context(cannot)?;
            let places: HashMap<&str, usize> =
                columns.iter().enumerate().map(|(at, column)| (column.name.as_str(), at)).collect();
            let places: Vec<Vec<usize>> = journal
                .lists()
                .iter()
                .map(|list| list.iter().map(|name| places[name.as_str()]).collect())
                .collect();
            let extra = self.cohort.extra.iter().map(|name| columns.iter().position(|c| c.name == *name));
            let extra: Vec<Option<usize>> = extra.collect();
            let roi = columns.iter().position(|column| column.name == "ROI");
            for case in self.range.clone() {
                interrupt::check()?;
                for row in journal.read(case)?.rows {
                    let mut cells = vec![None; columns.len()];
                    let given = &self.cohort.cases[case];
                    for (at, value) in extra.iter().zip(&given.extra) {
                        at.inspect(|at| cells[*at] = Some(Cell::Text(value.clone())));
                    }
                    if let (Some(at), Some(roi)) = (roi, &given.roi) {
                        cells[at] = Some(Cell::Text(roi.clone()));
                    }
                    for (at, value) in places[listed(&row)].iter().zip(row.cells) {
                        cells[*at] = decoded(value);
                    }
                    table.row(cells).with_context(cannot)?;
                    rows += 1;
                }
            }
            table.end().with_context(cannot)?;
        }
        out.flush().with_context(cannot)?;
        drop(out);
        file.commit()?;
        let bytes = fs::metadata(self.table).with_context(cannot)?.len();
        Ok(Finished { rows, failed, bytes })
    }

    /// All columns: those that lead, the extra ones of the list, those of the rows.
    fn columns(&self, journal: &Journal, survey: &Survey) -> Vec<Column> {
        let mut merged: Vec<&str> = Vec::new();
        let mut known = HashSet::new();
        for list in survey.order.iter().map(|list| &journal.lists()[*list]) {
            let mut after = 0;
            for name in list {
                if known.insert(name.as_str()) {
                    merged.insert(after, name);
                    after += 1;
                } else if let Some(at) = merged.iter().position(|other| other == name) {
                    after = at + 1;
                }
            }
        }
        let leading = LEADING.into_iter().filter(|name| {
            let always = matches!(*name, "Image" | "Mask" | "Label") || *name == "ROI" && self.cohort.has_roi;
            always || merged.contains(name)
        });
        let extra = self.cohort.extra.iter().map(String::as_str);
        let mut names: Vec<&str> = leading.chain(extra).collect();
        let front: HashSet<&str> = names.iter().copied().collect();
        names.extend(merged.into_iter().filter(|name| !front.contains(name)));
        let kind = |name: &str| match name {
            "Image" | "Mask" | "ROI" => Kind::Text,
            "Label" | "Component" => Kind::Integer,
            name if self.cohort.extra.iter().any(|extra| extra == name) => Kind::Text,
            // A column without any value is one of numbers: so are nearly all.
            name => survey.kinds.get(name).copied().unwrap_or(Kind::Number),
        };
        names.into_iter().map(|name| Column { name: name.to_owned(), kind: kind(name) }).collect()
    }

    /// Writes the rows of the list that failed, with the reasons; no file where there are none.
    fn write_errors(&self, journal: &mut Journal) -> Result<usize> {
        let path = errors_path(self.table);
        let mut failed = 0;
        let mut writer = csv::Writer::from_writer(Vec::new());
        let extra: Vec<usize> =
            (0..self.cohort.extra.len()).filter(|at| self.cohort.extra[*at] != "Error").collect();
        let mut header = vec!["Image", "Mask", "Label"];
        header.extend(self.cohort.has_roi.then_some("ROI"));
        header.extend(extra.iter().map(|at| self.cohort.extra[*at].as_str()));
        header.push("Error");
        writer.write_record(&header)?;
        for case in self.range.clone() {
            let failures = journal.read(case)?.failures;
            failed += usize::from(!failures.is_empty());
            let given = &self.cohort.cases[case];
            for failure in failures {
                let label = failure.label.map_or_else(|| asked(given), |label| label.to_string());
                let mut record = vec![given.image.as_str(), given.mask.as_str(), label.as_str()];
                record.extend(self.cohort.has_roi.then(|| given.roi.as_deref().unwrap_or_default()));
                record.extend(extra.iter().map(|at| given.extra[*at].as_str()));
                record.push(&failure.reason);
                writer.write_record(&record)?;
            }
        }
        if failed > 0 {
            let mut file = Replacement::begin(&path)?;
            file.fill(&writer.into_inner().map_err(csv::IntoInnerError::into_error)?)?;
            file.commit()?;
        } else if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error)
                .with_context(|| format!("cannot remove {} of an earlier batch", path.display()));
        }
        Ok(failed)
    }
}

/// The cell Label of a case, as the list has it.
fn asked(case: &Case) -> String {
    match case.label {
        Some(Label::All) => "all".into(),
        Some(Label::One(label)) => label.to_string(),
        None => String::new(),
    }
}

/// What all rows have in common.
struct Survey {
    /// Lists of columns, that of the parameters first, then in the order in which the cases use them. The order
    /// in which cases came to their end has no part in it.
    order: Vec<usize>,
    kinds: HashMap<String, Kind>,
}

impl Survey {
    fn of(journal: &mut Journal, range: Range<usize>) -> Result<Self> {
        let mut order = if journal.lists().is_empty() { Vec::new() } else { vec![0] };
        let mut kinds: Vec<Vec<Option<Kind>>> =
            journal.lists().iter().map(|list| vec![None; list.len()]).collect();
        for case in range {
            interrupt::check()?;
            for row in journal.read(case)?.rows {
                let list = listed(&row);
                if !order.contains(&list) {
                    order.push(list);
                }
                for (kind, value) in kinds[list].iter_mut().zip(row.cells) {
                    if let Some(found) = decoded(value).as_ref().and_then(Kind::of) {
                        *kind = Some(kind.map_or(found, |kind| kind.or(found)));
                    }
                }
            }
        }
        let mut by_name: HashMap<String, Kind> = HashMap::new();
        for (name, kind) in journal.lists().iter().flatten().zip(kinds.into_iter().flatten()) {
            if let Some(kind) = kind {
                by_name.entry(name.clone()).and_modify(|known| *known = known.or(kind)).or_insert(kind);
            }
        }
        Ok(Self { order, kinds: by_name })
    }
}

/// The number of the list of columns of a row in the journal, which were checked when it was read.
fn listed(row: &Row) -> usize {
    match row.columns {
        Columns::Listed(list) => list,
        Columns::Names(_) => 0,
    }
}

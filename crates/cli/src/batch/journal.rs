//! The file that makes a batch survive its end: what is done, in the order in which it was done.
//!
//! Lines of JSON beside the table: a head that says what the batch is, lists of column names, and a record for
//! each finished case. Records are flushed to the disk before their cases are reported. Whatever stands after
//! the last whole line was being written when the batch ended; it is cut off and done again. The table is made
//! from the journal when all cases are there, so that it does not depend on how often the batch was killed.
//! After that the journal shrinks to its head and a last line.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::message::{Columns, Outcome};
use crate::replace::replace;

/// What a batch is. Rows of two batches may stand in one table only if these are equal.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Head {
    /// Version of the program.
    pub radiomics: String,
    /// The parameter file that gives the parameters.
    pub parameters: Value,
    /// Other choices on the command line.
    pub options: Value,
    /// Digest of the list of cases.
    pub cohort: String,
    /// Number of cases in the list.
    pub cases: usize,
    /// Which part of them.
    pub shard: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Batch(Head),
    Columns(Vec<String>),
    Case { case: usize, outcome: Outcome },
    Finished(Finished),
}

/// The end of a batch.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Finished {
    /// Rows of the table.
    pub rows: usize,
    /// Cases of which something failed.
    pub failed: usize,
    /// Size of the table in bytes.
    pub bytes: u64,
}

/// What is already there.
#[derive(Debug)]
pub enum Found {
    /// Nothing of use.
    Nothing,
    /// A batch that did not come to its end; after [`Journal::open`] it goes on.
    Unfinished,
    /// A batch that did.
    Finished(Finished),
}

/// An open journal, locked against a second batch.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    end: u64,
    /// First byte and length of the record of each case.
    places: Vec<Option<(u64, usize)>>,
    first: usize,
    lists: Vec<Vec<String>>,
    known: HashMap<Vec<String>, usize>,
}

impl Journal {
    /// The name of the journal of a table.
    pub fn path(table: &Path) -> PathBuf {
        let mut name = table.as_os_str().to_owned();
        name.push(".journal");
        name.into()
    }

    /// What a journal holds, and of which batch.
    pub fn look(path: &Path) -> Result<(Option<Head>, Found)> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((None, Found::Nothing)),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let mut lines = BufReader::new(file);
        let mut text = Vec::new();
        let Some(Line::Batch(head)) = next(&mut lines, &mut text)? else {
            // The first line was being written, or the file is none of ours.
            let ours =
                text.is_empty() || text.starts_with(b"{\"batch\":{") || b"{\"batch\":{".starts_with(&text);
            return if ours { Ok((None, Found::Nothing)) } else { Err(foreign(path)) };
        };
        match next(&mut lines, &mut text)? {
            Some(Line::Finished(finished)) => Ok((Some(head), Found::Finished(finished))),
            _ => Ok((Some(head), Found::Unfinished)),
        }
    }

    /// Opens the journal of a batch: that of an earlier run if `resume`, else a new one. `range` are the cases.
    pub fn open(path: &Path, head: &Head, range: Range<usize>, resume: bool) -> Result<Self> {
        let cannot = || format!("cannot write {}", path.display());
        let mut options = OpenOptions::new();
        let file =
            options.read(true).write(true).create(true).truncate(false).open(path).with_context(cannot)?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            bail!("{} is in use by another batch; wait for it, or name another table", path.display());
        }
        let mut this = Self {
            path: path.to_owned(),
            file,
            end: 0,
            places: vec![None; range.len()],
            first: range.start,
            lists: Vec::new(),
            known: HashMap::new(),
        };
        if resume {
            this.load(head)?;
        } else {
            this.file.set_len(0).with_context(cannot)?;
        }
        if this.end == 0 {
            this.write(&line(&Line::Batch(head.clone()))?)?;
            if let Some(Ok(folder)) = path.parent().map(File::open) {
                let _ = folder.sync_all();
            }
        }
        Ok(this)
    }

    /// Whether a case is done.
    pub fn has(&self, case: usize) -> bool {
        self.places.get(case.wrapping_sub(self.first)).is_some_and(Option::is_some)
    }

    /// Number of cases that are done.
    pub fn done(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// Lists of column names.
    pub fn lists(&self) -> &[Vec<String>] {
        &self.lists
    }

    /// Notes the columns that a row of these parameters has, before any row is there.
    pub fn expect(&mut self, columns: Vec<String>) -> Result<()> {
        let mut text = Vec::new();
        self.list(columns, &mut text)?;
        self.write(&text)
    }

    /// Adds cases; on return they are on the disk.
    pub fn add(&mut self, cases: Vec<(usize, Outcome)>) -> Result<()> {
        let mut text = Vec::new();
        let mut places = Vec::new();
        for (case, mut outcome) in cases {
            for row in &mut outcome.rows {
                if let Columns::Names(names) = std::mem::take(&mut row.columns) {
                    row.columns = Columns::Listed(self.list(names, &mut text)?);
                }
            }
            let record = line(&Line::Case { case, outcome })?;
            places.push((case, (self.end + text.len() as u64, record.len())));
            text.extend(record);
        }
        self.write(&text)?;
        for (case, place) in places {
            self.places[case - self.first] = Some(place);
        }
        Ok(())
    }

    /// What came of a case.
    pub fn read(&mut self, case: usize) -> Result<Outcome> {
        let damaged = || format!("cannot read case {} back from {}", case + 1, self.path.display());
        let (start, length) = self.places[case - self.first].with_context(damaged)?;
        let mut bytes = vec![0; length];
        self.file.seek(SeekFrom::Start(start)).with_context(damaged)?;
        self.file.read_exact(&mut bytes).with_context(damaged)?;
        match serde_json::from_slice(&bytes).with_context(damaged)? {
            Line::Case { case: found, outcome } if found == case => Ok(outcome),
            _ => Err(anyhow!(damaged())),
        }
    }

    /// The table is made: only head and end are kept.
    pub fn finish(self, head: &Head, finished: Finished) -> Result<()> {
        let text = [line(&Line::Batch(head.clone()))?, line(&Line::Finished(finished))?].concat();
        replace(&self.path, &text)
    }

    fn list(&mut self, columns: Vec<String>, text: &mut Vec<u8>) -> Result<usize> {
        if let Some(number) = self.known.get(&columns) {
            return Ok(*number);
        }
        text.extend(line(&Line::Columns(columns.clone()))?);
        self.lists.push(columns.clone());
        self.known.insert(columns, self.lists.len() - 1);
        Ok(self.lists.len() - 1)
    }

    /// Appends whole lines, or nothing.
    fn write(&mut self, text: &[u8]) -> Result<()> {
        let written = self.file.seek(SeekFrom::Start(self.end)).and_then(|_| self.file.write_all(text));
        if let Err(error) = written.and_then(|()| self.file.sync_data()) {
            let _ = self.file.set_len(self.end);
            return Err(error).with_context(|| format!("cannot write {}", self.path.display()));
        }
        self.end += text.len() as u64;
        Ok(())
    }

    /// Reads whole lines up to the first that is not one, and cuts off the rest.
    fn load(&mut self, head: &Head) -> Result<()> {
        let cannot = |path: &Path| format!("cannot read {}", path.display());
        let file = self.file.try_clone().with_context(|| cannot(&self.path))?;
        let mut lines = BufReader::new(file);
        let mut text = Vec::new();
        while let Some(line) = next(&mut lines, &mut text)? {
            match line {
                Line::Batch(found) if self.end == 0 => differences(&found, head, &self.path)?,
                Line::Columns(columns) if self.end > 0 => {
                    self.known.insert(columns.clone(), self.lists.len());
                    self.lists.push(columns);
                }
                Line::Case { case, outcome } if self.end > 0 => {
                    let listed =
                        |columns: &Columns| matches!(columns, Columns::Listed(n) if *n < self.lists.len());
                    let place = self.places.get_mut(case.wrapping_sub(self.first));
                    let Some(place) = place.filter(|_| outcome.rows.iter().all(|row| listed(&row.columns)))
                    else {
                        break;
                    };
                    *place = Some((self.end, text.len()));
                }
                Line::Finished(_) if self.end > 0 => {
                    // The table of that batch is gone; so are its rows.
                    self.end = 0;
                    self.lists.clear();
                    self.known.clear();
                    break;
                }
                _ => break,
            }
            self.end += text.len() as u64;
        }
        self.file.set_len(self.end).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Says in what two batches differ, if they do.
pub fn differences(found: &Head, wanted: &Head, path: &Path) -> Result<()> {
    let what = if found.radiomics != wanted.radiomics {
        format!("by version {} of this program, which is {}", found.radiomics, wanted.radiomics)
    } else if found.parameters != wanted.parameters {
        "with other parameters".into()
    } else if found.options != wanted.options {
        format!("with other options: {}, not {}", found.options, wanted.options)
    } else if found.cases != wanted.cases {
        format!("from a list of {} cases, which now has {}", found.cases, wanted.cases)
    } else if found.cohort != wanted.cohort {
        "from another list of cases".into()
    } else if found.shard != wanted.shard {
        format!("for shard {}, not {}", found.shard, wanted.shard)
    } else {
        return Ok(());
    };
    bail!(
        "cannot resume: {} was begun {what}. Rows of two kinds do not belong into one table; name another with \
         --out, or start anew with --force",
        path.display()
    )
}

fn line(line: &Line) -> Result<Vec<u8>> {
    let mut text = serde_json::to_vec(line).context("cannot write a line of the journal")?;
    text.push(b'\n');
    Ok(text)
}

/// The next line, if it is whole and means something. `text` holds its bytes.
fn next(lines: &mut impl BufRead, text: &mut Vec<u8>) -> Result<Option<Line>> {
    text.clear();
    lines.read_until(b'\n', text).context("cannot read the journal")?;
    Ok(if text.ends_with(b"\n") { serde_json::from_slice(text).ok() } else { None })
}

fn foreign(path: &Path) -> anyhow::Error {
    anyhow!(
        "{} is not the journal of a batch; move it away, or name another table with --out",
        path.display()
    )
}

/// Whether a file is there.
pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{batch::message::Row, table::Cell};

    fn head() -> Head {
        let (options, parameters) = (json!({}), json!({"setting": {"binWidth": 25.0}}));
        let (cohort, shard) = ("abc".into(), "1/1".into());
        Head { radiomics: "0.1.0".into(), parameters, options, cohort, cases: 4, shard }
    }

    fn outcome(value: f64, column: &str) -> Outcome {
        let cells =
            vec![("Image".to_owned(), Cell::Text("a\nb".into())), (column.to_owned(), Cell::Number(value))];
        Outcome { rows: vec![Row::new(cells)], failures: Vec::new() }
    }

    fn filled(path: &Path) -> Vec<Outcome> {
        let mut journal = Journal::open(path, &head(), 0..4, false).unwrap();
        journal.add(vec![(2, outcome(0.1, "x")), (0, outcome(f64::NAN, "y"))]).unwrap();
        journal.add(vec![(3, Outcome::failed("why".into())), (1, outcome(4.0, "x"))]).unwrap();
        (0..4).map(|case| journal.read(case).unwrap()).collect()
    }

    #[test]
    fn a_journal_cut_anywhere_loses_only_what_was_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv.journal");
        let all = filled(&path);
        let bytes = fs::read(&path).unwrap();
        for length in 0..=bytes.len() {
            fs::write(&path, &bytes[..length]).unwrap();
            let whole = bytes[..length].iter().filter(|b| **b == b'\n').count();
            let mut journal = Journal::open(&path, &head(), 0..4, true).unwrap();
            // Lines: head, columns, case 2, columns, case 0, case 3, case 1.
            let done = [0, 0, 0, 1, 1, 2, 3, 4][whole];
            assert_eq!(journal.done(), done, "{length}");
            let missing: Vec<usize> = (0..4).filter(|case| !journal.has(*case)).collect();
            for case in missing {
                let again = match case {
                    0 => outcome(f64::NAN, "y"),
                    1 => outcome(4.0, "x"),
                    2 => outcome(0.1, "x"),
                    _ => Outcome::failed("why".into()),
                };
                journal.add(vec![(case, again)]).unwrap();
            }
            let names =
                |journal: &Journal, outcome: &Outcome| match outcome.rows.first().map(|row| &row.columns) {
                    Some(Columns::Listed(n)) => journal.lists()[*n].join(","),
                    _ => String::new(),
                };
            let read: Vec<Outcome> = (0..4).map(|case| journal.read(case).unwrap()).collect();
            for (case, (read, before)) in read.iter().zip(&all).enumerate() {
                assert_eq!(read.failures, before.failures);
                let cells =
                    |outcome: &Outcome| outcome.rows.iter().map(|row| row.cells.clone()).collect::<Vec<_>>();
                assert_eq!(cells(read), cells(before));
                assert_eq!(names(&journal, read), ["Image,y", "Image,x", "Image,x", ""][case]);
            }
        }
    }

    #[test]
    fn another_batch_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv.journal");
        filled(&path);
        let refused = |head: Head| Journal::open(&path, &head, 0..4, true).unwrap_err().to_string();
        let text = refused(Head { parameters: json!({}), ..head() });
        assert!(text.contains("other parameters") && text.contains("--force"), "{text}");
        assert!(refused(Head { cohort: "x".into(), ..head() }).contains("another list"));
        assert!(refused(Head { cases: 5, ..head() }).contains("4 cases, which now has 5"));
        assert!(refused(Head { shard: "1/2".into(), ..head() }).contains("shard 1/1, not 1/2"));
        let first = Journal::open(&path, &head(), 0..4, true).unwrap();
        assert!(refused(head()).contains("in use"));
        first.finish(&head(), Finished { rows: 3, failed: 1, bytes: 9 }).unwrap();
        assert!(matches!(Journal::look(&path).unwrap().1, Found::Finished(end) if end.rows == 3));
        // A finished journal whose table is wanted again starts from nothing.
        assert_eq!(Journal::open(&path, &head(), 0..4, true).unwrap().done(), 0);
        fs::write(&path, "Dear Sir or Madam").unwrap();
        assert!(Journal::look(&path).unwrap_err().to_string().contains("not the journal"));
    }
}

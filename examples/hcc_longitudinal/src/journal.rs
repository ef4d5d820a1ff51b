//! Features on disk as they are found, so that an interrupted run goes on where it stopped.
//!
//! Lines of JSON: first what the values depend on, then one line for each scan.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One scan's features.
#[derive(Serialize, Deserialize)]
struct Line {
    scan: String,
    values: Vec<Option<f64>>,
}

/// Finished scans, in memory and perhaps on disk.
#[derive(Debug, Default)]
pub struct Journal {
    done: HashMap<String, Vec<f64>>,
    file: Option<(PathBuf, Mutex<File>)>,
}

impl Journal {
    /// Opens or begins the journal at a path; without one, nothing is kept.
    ///
    /// # Errors
    /// A file that cannot be read or written, or that belongs to a run with other settings.
    pub fn open(path: Option<&Path>, head: &Value) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let mut done = HashMap::new();
        // What follows the last line break was cut off in the middle.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut lines = whole.lines();
        if let Some(first) = lines.next() {
            let found: Option<Value> = serde_json::from_str(first).ok();
            ensure!(
                found.as_ref() == Some(head),
                "{} was begun with other settings, another cohort or by another program; name another file, or remove it",
                path.display()
            );
            for (number, line) in lines.enumerate() {
                let line: Line = serde_json::from_str(line).with_context(|| {
                    format!("{}, line {}: not a line of features", path.display(), number + 2)
                })?;
                done.insert(line.scan, line.values.iter().map(|v| v.unwrap_or(f64::NAN)).collect());
            }
        }
        let write = || -> std::io::Result<File> {
            let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
            let kept = if whole.is_empty() { 0 } else { whole.len() as u64 + 1 };
            file.set_len(kept)?;
            std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0))?;
            if kept == 0 {
                writeln!(file, "{head}")?;
            }
            Ok(file)
        };
        let file = write().with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { done, file: Some((path.to_owned(), Mutex::new(file))) })
    }

    /// The features of a scan that was finished before.
    pub fn get(&self, scan: &str) -> Option<&Vec<f64>> {
        self.done.get(scan)
    }

    /// Keeps the features of a scan.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn put(&self, scan: &str, values: &[f64]) -> Result<()> {
        let Some((path, file)) = &self.file else { return Ok(()) };
        let values = values.iter().map(|v| Some(*v).filter(|v| v.is_finite())).collect();
        let mut line = serde_json::to_string(&Line { scan: scan.to_owned(), values })?;
        line.push('\n');
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
    }
}

//! A report: figures, tables and text, written into one folder.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    Error, Figure, Plot, encode, page,
    provenance::{Provenance, Software},
    table::Table,
};

/// Resolution of the pictures, pixels for an inch: what journals ask for.
#[cfg(feature = "raster")]
const DPI: f64 = 300.0;

/// One thing in a report.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A drawn figure.
    Figure(Figure),
    /// A table.
    Table(Table),
    /// Paragraphs, separated by empty lines.
    Text(String),
}

/// A section of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// What it holds, in order.
    pub items: Vec<Item>,
}

/// What can be added to a report: every [`Plot`], drawn [`Figure`]s, [`Table`]s, text.
pub trait Content {
    /// The item, figures drawn.
    ///
    /// # Errors
    /// Those of [`Plot::draw`].
    fn item(self) -> Result<Item, Error>;
}

impl<P: Plot> Content for P {
    fn item(self) -> Result<Item, Error> {
        Ok(Item::Figure(self.draw()?))
    }
}

impl Content for Figure {
    fn item(self) -> Result<Item, Error> {
        Ok(Item::Figure(self))
    }
}

impl Content for Table {
    fn item(self) -> Result<Item, Error> {
        Ok(Item::Table(self))
    }
}

impl Content for &str {
    fn item(self) -> Result<Item, Error> {
        Ok(Item::Text(self.into()))
    }
}

impl Content for String {
    fn item(self) -> Result<Item, Error> {
        Ok(Item::Text(self))
    }
}

/// Gathers figures, tables and text and writes them as a folder: `index.html` (complete in itself), `figures/*.svg` and
/// `*.png`, `tables/*.csv`, `provenance.json`.
///
/// ```
/// use radiomics_report::{Provenance, Report, figure::{Roc, RocCurve}};
/// let mut report = Report::new("Study", Provenance::of("example", "0.1.0").synthetic("two made-up points"));
/// report.section("Discrimination").add("The signature in the test cohort.")?;
/// report.add(Roc::new("ROC").curve(RocCurve::new("Signature", vec![0.0, 0.1, 1.0], vec![0.0, 0.8, 1.0])))?;
/// let folder = tempfile::tempdir()?;
/// report.write(&folder.path().join("report"))?;
/// assert!(folder.path().join("report/figures/roc.svg").is_file());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    title: String,
    provenance: Provenance,
    sections: Vec<Section>,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new(title: impl Into<String>, provenance: Provenance) -> Self {
        Self { title: title.into(), provenance, sections: Vec::new() }
    }

    /// Begins a section.
    pub fn section(&mut self, title: impl Into<String>) -> &mut Self {
        self.sections.push(Section { title: title.into(), items: Vec::new() });
        self
    }

    /// Adds a figure, table or text to the last section. Names of files that are taken get a number.
    ///
    /// # Errors
    /// Those of the figure.
    pub fn add(&mut self, content: impl Content) -> Result<&mut Self, Error> {
        let mut item = content.item()?;
        match &mut item {
            Item::Figure(f) => f.name = self.free(&f.name),
            Item::Table(t) => t.name = self.free(&t.name),
            Item::Text(_) => {}
        }
        if self.sections.is_empty() {
            self.sections.push(Section::default());
        }
        if let Some(section) = self.sections.last_mut() {
            section.items.push(item);
        }
        Ok(self)
    }

    /// The sections so far.
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// What the page says of the origin of its results.
    pub fn provenance_mut(&mut self) -> &mut Provenance {
        &mut self.provenance
    }

    /// A name that no figure or table has; the page's own anchors are taken too.
    fn free(&self, name: &str) -> String {
        let taken = |n: &str| {
            let own = n == "main" || n == "provenance" || n.starts_with("section-");
            own || self.sections.iter().flat_map(|s| &s.items).any(|item| match item {
                Item::Figure(f) => f.name == n,
                Item::Table(t) => t.name == n,
                Item::Text(_) => false,
            })
        };
        let mut candidate = name.to_string();
        let mut number = 2;
        while taken(&candidate) {
            candidate = format!("{name}-{number}");
            number += 1;
        }
        candidate
    }

    /// The page alone.
    ///
    /// # Errors
    /// Those of [`Figure::svg`].
    pub fn to_html(&self) -> Result<String, Error> {
        page::html(&self.title, &self.sections, &self.provenance, cfg!(feature = "raster"))
    }

    /// All files of the report by their path inside the folder.
    ///
    /// # Errors
    /// Those of the figures and tables.
    pub fn files(&self) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let mut files = BTreeMap::new();
        for item in self.sections.iter().flat_map(|s| &s.items) {
            match item {
                Item::Figure(f) => {
                    files.insert(format!("figures/{}.svg", f.name), f.svg()?.into_bytes());
                    #[cfg(feature = "raster")]
                    files.insert(format!("figures/{}.png", f.name), f.png(DPI)?);
                }
                Item::Table(t) => {
                    files.insert(format!("tables/{}.csv", t.name), t.to_csv()?.into_bytes());
                }
                Item::Text(_) => {}
            }
        }
        files.insert("index.html".into(), self.to_html()?.into_bytes());
        files.insert("provenance.json".into(), self.provenance_json(&files)?);
        Ok(files)
    }

    fn provenance_json(&self, files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            report: &'a str,
            written_by: Software,
            synthetic: bool,
            #[serde(skip_serializing_if = "Option::is_none")]
            synthetic_data: Option<&'a str>,
            seed: Option<u64>,
            software: &'a [Software],
            settings: &'a serde_json::Value,
            inputs: &'a [crate::provenance::Input],
            outputs: BTreeMap<&'a str, String>,
        }
        let written = Written {
            report: &self.title,
            written_by: Software { name: MAKER.into(), version: env!("CARGO_PKG_VERSION").into() },
            synthetic: self.provenance.synthetic.is_some(),
            synthetic_data: self.provenance.synthetic.as_deref(),
            seed: self.provenance.seed,
            software: &self.provenance.software,
            settings: &self.provenance.settings,
            inputs: &self.provenance.inputs,
            outputs: files.iter().map(|(name, bytes)| (name.as_str(), encode::sha256(bytes))).collect(),
        };
        let mut bytes = serde_json::to_vec_pretty(&written)
            .map_err(|e| Error::Encode { what: "provenance.json".into(), reason: e.to_string() })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Writes the report into `folder`: first into a temporary folder beside it, which is then renamed, so that there is
    /// the old report, or the new one, never a half. A report written before is replaced.
    ///
    /// # Errors
    /// [`Error::NotAReport`] where the folder exists and is something else; [`Error::Io`]; those of the figures.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let files = self.files()?;
        let old = folder.exists();
        if old && !replaceable(folder) {
            return Err(Error::NotAReport(folder.to_path_buf()));
        }
        let parent = match folder.parent() {
            Some(p) if !p.as_os_str().is_empty() => p.to_path_buf(),
            _ => PathBuf::from("."),
        };
        fs::create_dir_all(&parent).map_err(Error::io(&parent))?;
        let temporary =
            tempfile::Builder::new().prefix(".report-").tempdir_in(&parent).map_err(Error::io(&parent))?;
        let new = temporary.path().join("new");
        for (name, bytes) in &files {
            let path = new.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(Error::io(parent))?;
            }
            fs::write(&path, bytes).map_err(Error::io(&path))?;
        }
        let aside = temporary.path().join("old");
        if old {
            fs::rename(folder, &aside).map_err(Error::io(folder))?;
        }
        fs::rename(&new, folder).map_err(|e| {
            if old {
                // Put back what was there; the first error is the one to tell.
                let _ = fs::rename(&aside, folder);
            }
            Error::io(folder)(e)
        })
    }
}

/// Marks folders that this crate wrote.
const MAKER: &str = env!("CARGO_PKG_NAME");

/// An empty folder, or a report written before.
fn replaceable(folder: &Path) -> bool {
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none()) {
        return true;
    }
    fs::read(folder.join("provenance.json"))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok())
        .is_some_and(|v| v["written_by"]["name"] == MAKER)
}

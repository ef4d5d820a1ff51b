//! `radiomics extract`: an image and a mask become a table of features.

use std::{path::Path, process::ExitCode, thread};

use anyhow::{Context, Error, Result, bail};
use radiomics_core::{Extractor, FeatureRow, Params, extractor::Observer, ibsi::IbsiValue};
use radiomics_imaging::{
    Image, Mask, MaskError,
    io::{ReadOptions, read, read_mask},
};

use crate::{
    args::{Extract, Label},
    console::Console,
    interrupt, params, report,
    table::{Cell, Table},
    target::{self, Target},
};

pub fn run(args: &Extract, console: &Console) -> Result<ExitCode> {
    let target = Target::open(args)?;
    let params = params::load(args.params.as_deref(), &args.settings)?;
    tracing::debug!("parameters: {}", params.to_json());
    let extractor = Extractor::with_convention(params.clone(), args.convention.into())?;
    let threads = args.threads.map_or_else(available, usize::from);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .context("cannot start the threads")?;

    let (table, failures) = features(args, &params, &extractor, console)?;

    let regions = table.rows() + failures.len();
    for failure in failures.iter().take(MOST_SHOWN) {
        console.error(&report::paragraph(failure));
    }
    if let more @ 1.. = failures.len().saturating_sub(MOST_SHOWN) {
        console.error(&format!("error: {more} more regions failed in the same or another way"));
    }
    if table.rows() == 0 {
        bail!("none of the {regions} regions could be extracted; nothing was written");
    }
    target.write(&table, console)?;
    if failures.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    console
        .error(&format!("error: {} of {regions} regions failed; the table holds the others", failures.len()));
    Ok(ExitCode::FAILURE)
}

/// Errors of regions that are told one by one.
const MOST_SHOWN: usize = 10;

/// The rows of the regions that could be extracted, and the errors of the others.
pub fn features(
    args: &Extract,
    params: &Params,
    extractor: &Extractor,
    console: &Console,
) -> Result<(Table, Vec<Error>)> {
    console.step("reading image and mask");
    let (image, mask) = read_both(args, params)?;
    let job = Job { args, extractor, image: &image, console };
    let label = args.label.unwrap_or(Label::One(params.settings().label));
    let (mut table, failures) = job.extract(&mask, label)?;
    let settings: serde_json::Map<String, serde_json::Value> =
        params.settings().entries().into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    table.metadata = vec![
        ("radiomics.version".into(), env!("CARGO_PKG_VERSION").into()),
        ("radiomics.parameters".into(), params.to_json().to_string()),
        ("radiomics.settings".into(), serde_json::json!(settings).to_string()),
    ];
    Ok((table, failures))
}

/// Threads that this process may use.
fn available() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn read_both(args: &Extract, params: &Params) -> Result<(Image, Mask)> {
    let image = || {
        let options = ReadOptions { frame: args.frame, ..ReadOptions::default() };
        read(&args.image, &options).context("cannot read the image")
    };
    let mask = || {
        let component = params.settings().label_channel;
        let options = ReadOptions { component, ..ReadOptions::default() };
        read_mask(&args.mask, &options).context("cannot read the mask")
    };
    let (image, mask) = rayon::join(image, mask);
    interrupt::check()?;
    Ok((image?, mask?))
}

/// The features of all regions of one image.
struct Job<'a> {
    args: &'a Extract,
    extractor: &'a Extractor,
    image: &'a Image,
    console: &'a Console,
}

/// A region: its label in the user's mask, the number of its connected part if those were asked for.
#[derive(Clone, Copy)]
struct Name {
    label: u32,
    component: Option<u32>,
}

impl Job<'_> {
    fn extract(&self, mask: &Mask, label: Label) -> Result<(Table, Vec<Error>)> {
        let labels: Vec<u32> = match label {
            Label::One(label) => vec![label],
            Label::All => mask.regions().iter().map(|region| region.label).collect(),
        };
        if labels.is_empty() {
            return Err(MaskError::Empty).with_context(|| self.args.mask.display().to_string());
        }
        let mut rows = Vec::new();
        if self.args.components {
            for label in labels {
                let parts = mask.components(label).with_context(|| self.args.mask.display().to_string())?;
                let numbers = parts.regions().iter().map(|part| part.label).collect();
                rows.extend(self.rows(&parts, numbers, |number| Name { label, component: Some(number) }));
            }
        } else {
            rows = self.rows(mask, labels, |label| Name { label, component: None });
        }
        interrupt::check()?;

        let alone = rows.len() == 1;
        let (mut table, mut failures) = (Table::default(), Vec::new());
        for (name, row) in rows {
            match row {
                Ok(row) => table.push(self.cells(name, row)),
                // One region is the whole job.
                Err(error) if alone => return Err(error),
                Err(error) => failures.push(error),
            }
        }
        Ok((table, failures))
    }

    /// Extracts the labels of a mask side by side; the rows come in the order of the labels.
    fn rows(
        &self,
        mask: &Mask,
        labels: Vec<u32>,
        name: impl Fn(u32) -> Name + Sync,
    ) -> Vec<(Name, Result<FeatureRow>)> {
        self.console.begin(labels.len());
        let watch = |label| Watch { console: self.console, region: name(label).text() };
        let rows = self.extractor.extract_labels(self.image, mask, &labels, watch);
        let row = |(&label, row): (&u32, Result<FeatureRow, radiomics_core::Error>)| {
            let name = name(label);
            (name, row.with_context(|| format!("{} of {}", name.text(), self.args.mask.display())))
        };
        labels.iter().zip(rows).map(row).collect()
    }

    fn cells(&self, name: Name, row: FeatureRow) -> Vec<(String, Cell)> {
        for warning in &row.warnings {
            tracing::warn!("{} of {}: {warning}", name.text(), self.args.mask.display());
        }
        let path = |path: &Path| Cell::Text(path.display().to_string());
        let mut cells = vec![
            ("Image".to_owned(), path(&self.args.image)),
            ("Mask".to_owned(), path(&self.args.mask)),
            ("Label".to_owned(), Cell::Integer(name.label.into())),
        ];
        if let Some(component) = name.component {
            cells.push(("Component".to_owned(), Cell::Integer(component.into())));
        }
        for (column, mut value) in row.diagnostics {
            // A component is a label of a mask of its own; the user knows it by the label it came from.
            if let Some(given) = value.as_object_mut().and_then(|settings| settings.get_mut("label")) {
                *given = name.label.into();
            }
            cells.push((column, Cell::from(value)));
        }
        if !row.ibsi.is_empty() && target::is_json(self.args) {
            cells.push(("features".to_owned(), Cell::Json(row.ibsi.iter().map(described).collect())));
        } else {
            cells.extend(row.features.into_iter().map(|(name, value)| (name, Cell::Number(value))));
        }
        cells
    }
}

/// A feature of IBSI with all that identifies it.
fn described(value: &IbsiValue) -> serde_json::Value {
    serde_json::json!({
        "family": value.family.name(),
        "feature": value.name,
        "code": value.code,
        "aggregation": value.aggregation.name(),
        "value": value.value,
        "unit": value.unit,
        "tag": value.feature_tag,
    })
}

impl Name {
    fn text(self) -> String {
        match self.component {
            Some(component) => format!("label {}, component {component}", self.label),
            None => format!("label {}", self.label),
        }
    }
}

/// Passes the stages of an extraction to the console, and Ctrl-C to the extraction.
struct Watch<'a> {
    console: &'a Console,
    region: String,
}

impl Observer for Watch<'_> {
    fn stage(&self, stage: &str) {
        self.console.step(&format!("{}: {stage}", self.region));
    }

    fn cancelled(&self) -> bool {
        interrupt::requested()
    }
}

/// A region is done.
impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.console.advance();
    }
}

//! `radiomics extract`: an image and a mask become a table of features.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
};

use anyhow::{Context, Error, Result, bail};
use clap::{Args, ValueHint};
use radiomics_core::{Extractor, FeatureRow, Params, extractor::Observer, ibsi::IbsiValue};
use radiomics_imaging::{Image, Mask, MaskError};

use crate::{
    args::{ExtractionArgs, Label},
    console::Console,
    interrupt,
    load::{self, LoadOptions, Regions},
    params, report,
    table::{Cell, Table},
    target::{self, Target},
};

/// Extract the features of one or more regions
///
/// Prints a readable table on a terminal, and CSV elsewhere: one row for each region, with the columns Image,
/// Mask, Label, then `diagnostics_...`, then the features under the names that PyRadiomics gives them.
/// Numbers have as many digits as it takes to read back the same double; undefined values are `nan` in CSV
/// and `null` in JSON. Lists and settings among the diagnostics are JSON text.
///
/// Images and masks: NIfTI (.nii, .nii.gz, .hdr/.img), NRRD (.nrrd, .nhdr), MetaImage (.mha, .mhd), and DICOM:
/// a file or folder with a series; DICOM-SEG or RTSTRUCT as mask, put on the grid of the image.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = "\
Examples:
  radiomics extract scan.nii.gz mask.nii.gz
      features of label 1 with the defaults of PyRadiomics
  radiomics extract scan.nrrd mask.nrrd -p Params.yaml -o features.csv
      settings from a parameter file of PyRadiomics; the file is replaced in one step
  radiomics extract scan.mha mask.mha --label all -f json
      every label of the mask, as an array of JSON objects
  radiomics extract ct.nii.gz lesions.nii.gz --label 3 --components
      each connected part of label 3 on its own row
  radiomics extract ct.nii.gz mask.nii.gz --convention ibsi -p ibsi.toml -f json
      the features of IBSI 1, each with family, name, code, aggregation, value and unit
  radiomics extract ct.nii.gz mask.nii.gz -s binWidth:10 -s resampledPixelSpacing:1,1,1 -o out.parquet
      single settings, which take precedence over those of a parameter file
  radiomics extract patient7/ct patient7/structures.dcm --roi GTV-1
      a DICOM series, and a region of a structure set by its name
  radiomics extract patient7/pet patient7/seg.dcm --roi all --suv
      PET as SUV, each segment on its own row

If some of several regions fail, the rows of the others are written and the exit status is 1.")]
pub struct Extract {
    /// The scan
    #[arg(value_hint = ValueHint::FilePath)]
    pub image: PathBuf,
    /// Label map on the grid of the scan: 0 is background, each other whole number a region
    #[arg(value_hint = ValueHint::FilePath)]
    pub mask: PathBuf,
    /// Write the table to this file instead of standard output (`-`)
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub extraction: ExtractionArgs,
}

pub fn run(args: &Extract, console: &Console) -> Result<ExitCode> {
    let target = Target::open(args)?;
    let params = params::load(args.extraction.params.as_deref(), &args.extraction.settings)?;
    tracing::debug!("parameters: {}", params.to_json());
    let extractor = Extractor::with_convention(params.clone(), args.extraction.case.convention.into())?;
    let threads = args.extraction.case.threads.map_or_else(available, usize::from);
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
    let options = load_options(args, params);
    let (scan, regions) = load::both(&args.image, &args.mask, &options)?;
    interrupt::check()?;
    for note in &scan.notes {
        tracing::warn!("{}: {note}", args.image.display());
    }
    let job = Job { args, extractor, image: &scan.image, console };
    let (mut table, mut failures) = (Table::default(), Vec::new());
    let alone = regions.len() == 1;
    for region in regions {
        match region.get().and_then(|regions| job.region(&regions, params)) {
            Ok((rows, failed)) => {
                rows.into_iter().for_each(|row| table.push(row));
                failures.extend(failed.into_iter().map(|(_, error)| error));
            }
            // One region is the whole job.
            Err(error) if alone || interrupt::requested() => return Err(error),
            Err(error) => failures.push(error),
        }
    }
    table.metadata = metadata(params);
    Ok((table, failures))
}

/// The parameters and the program, for formats that have a place for them.
pub fn metadata(params: &Params) -> Vec<(String, String)> {
    let settings: serde_json::Map<String, serde_json::Value> =
        params.settings().entries().into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    vec![
        ("radiomics.version".into(), env!("CARGO_PKG_VERSION").into()),
        ("radiomics.parameters".into(), params.to_json().to_string()),
        ("radiomics.settings".into(), serde_json::json!(settings).to_string()),
    ]
}

/// Threads that this process may use.
pub fn available() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// What to read for a case.
pub fn load_options(args: &Extract, params: &Params) -> LoadOptions {
    LoadOptions {
        frame: args.extraction.case.frame,
        label_channel: params.settings().label_channel,
        roi: args.extraction.roi.clone(),
        all_labels: args.extraction.label == Some(Label::All),
        dicom: args.extraction.case.dicom.clone(),
    }
}

/// The features of all regions of one image.
pub struct Job<'a> {
    pub args: &'a Extract,
    pub extractor: &'a Extractor,
    pub image: &'a Image,
    pub console: &'a Console,
}

/// A region: its label in the user's mask, its name if it has one, the number of its connected part if those
/// were asked for.
#[derive(Clone, Copy)]
struct Name<'a> {
    label: u32,
    roi: Option<&'a str>,
    component: Option<u32>,
}

/// The columns of one row.
pub type Cells = Vec<(String, Cell)>;

/// Labels whose features could not be taken, and why.
pub type Failures = Vec<(u32, Error)>;

impl Job<'_> {
    /// The rows of a mask that could be extracted, and labels and errors of the others.
    pub fn region(&self, regions: &Regions, params: &Params) -> Result<(Vec<Cells>, Failures)> {
        let (mask, roi) = (&regions.mask, regions.roi.as_deref());
        for note in &regions.notes {
            let of = roi.map_or_else(String::new, |roi| format!("{roi} of "));
            tracing::warn!("{of}{}: {note}", self.args.mask.display());
        }
        let wanted = regions.label.map(Label::One).or(self.args.extraction.label);
        let labels: Vec<u32> = match wanted.unwrap_or(Label::One(params.settings().label)) {
            Label::One(label) => vec![label],
            Label::All => mask.regions().iter().map(|region| region.label).collect(),
        };
        let place = || self.args.mask.display().to_string();
        if labels.is_empty() {
            return Err(MaskError::Empty).with_context(place);
        }
        let mut rows = Vec::new();
        if self.args.extraction.case.components {
            for label in labels {
                let parts = mask.components(label).with_context(place)?;
                let numbers = parts.regions().iter().map(|part| part.label).collect();
                rows.extend(self.rows(&parts, numbers, |n| Name { label, roi, component: Some(n) }));
            }
        } else {
            rows = self.rows(mask, labels, |label| Name { label, roi, component: None });
        }
        interrupt::check()?;

        let alone = rows.len() == 1;
        let (mut extracted, mut failures) = (Vec::new(), Vec::new());
        for (name, row) in rows {
            match row {
                Ok(row) => extracted.push(self.cells(name, row)),
                Err(error) if alone => return Err(error),
                Err(error) => failures.push((name.label, error)),
            }
        }
        Ok((extracted, failures))
    }

    /// Extracts the labels of a mask side by side; the rows come in the order of the labels.
    fn rows<'n>(
        &self,
        mask: &Mask,
        labels: Vec<u32>,
        name: impl Fn(u32) -> Name<'n> + Sync,
    ) -> Vec<(Name<'n>, Result<FeatureRow>)> {
        self.console.begin(labels.len());
        let watch = |label| Watch { console: self.console, region: name(label).text() };
        let rows = self.extractor.extract_labels(self.image, mask, &labels, watch);
        let row = |(&label, row): (&u32, Result<FeatureRow, radiomics_core::Error>)| {
            let name = name(label);
            (name, row.with_context(|| format!("{} of {}", name.text(), self.args.mask.display())))
        };
        labels.iter().zip(rows).map(row).collect()
    }

    fn cells(&self, name: Name<'_>, row: FeatureRow) -> Cells {
        for warning in &row.warnings {
            tracing::warn!("{} of {}: {warning}", name.text(), self.args.mask.display());
        }
        let path = |path: &Path| Cell::Text(path.display().to_string());
        let mut cells = vec![
            ("Image".to_owned(), path(&self.args.image)),
            ("Mask".to_owned(), path(&self.args.mask)),
            ("Label".to_owned(), Cell::Integer(name.label.into())),
        ];
        if let Some(roi) = name.roi {
            cells.push(("ROI".to_owned(), Cell::Text(roi.into())));
        }
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

impl Name<'_> {
    fn text(self) -> String {
        let region =
            self.roi.map_or_else(|| format!("label {}", self.label), |roi| format!("region `{roi}`"));
        match self.component {
            Some(component) => format!("{region}, component {component}"),
            None => region,
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

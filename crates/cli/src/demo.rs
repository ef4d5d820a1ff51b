//! `radiomics demo`: the whole job on a synthetic scan.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueHint};
use radiomics_core::Extractor;
use radiomics_imaging::{
    Image,
    io::{WriteOptions, write},
};
use radiomics_phantoms::lesion::{LesionSettings, abdomen};

use crate::{
    args::{ExtractionArgs, Format},
    console::Console,
    extract::{self, Extract},
    html, params,
    picture::{self, Window},
    replace::replace,
};

/// Try everything on a synthetic scan
///
/// Draws a CT-like scan with one lesion of known size, mean and texture, extracts its features, and writes
/// scan, mask, parameter file, feature table, picture and a report into a folder. Needs no file and no
/// network. The data is synthetic and says nothing about any disease.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  radiomics demo
  radiomics demo --out /tmp/first-look

Files in the folder are replaced only if an earlier demo made them.")]
pub struct Demo {
    /// Folder for the files
    #[arg(long, short, value_name = "DIR", default_value = "radiomics-demo", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
}

const IMAGE: &str = "image.nii.gz";
const MASK: &str = "mask.nii.gz";
const PARAMS: &str = "params.yaml";
const FEATURES: &str = "features.csv";
const PICTURE: &str = "slice.png";
const REPORT: &str = "index.html";

pub fn run(args: &Demo, console: &Console) -> Result<()> {
    let folder = &args.out;
    claim(folder)?;
    let settings = LesionSettings::default();
    let phantom = abdomen(&settings).context("cannot draw the phantom")?;
    let (image, mask) = (Image::from(phantom.image), phantom.mask);
    write(folder.join(IMAGE), &image, &WriteOptions::default())?;
    write(folder.join(MASK), &mask.to_image(), &WriteOptions::default())?;
    replace(&folder.join(PARAMS), PARAMETERS.as_bytes())?;

    // From the files, as anybody would do it.
    let job = job(folder);
    let params = params::load(job.extraction.params.as_deref(), &[])?;
    let extractor = Extractor::new(params.clone())?;
    let (table, mut failures) = extract::features(&job, &params, &extractor, console)?;
    if let Some(failure) = failures.pop() {
        return Err(failure);
    }
    let mut csv = Vec::new();
    table.write(Format::Csv, &mut csv).context("cannot write the table")?;
    replace(&folder.join(FEATURES), &csv)?;

    let region = mask.region(1).context("the phantom has no region")?;
    let window = Window { centre: 40.0, width: 400.0 };
    let png = picture::region_in_scan(&image, &mask, &region, window)?;
    replace(&folder.join(PICTURE), &png)?;
    replace(&folder.join(REPORT), html::report(&settings, &table, &png).as_bytes())?;

    let text = summary(folder);
    io::stdout().write_all(text.as_bytes()).context("cannot write to standard output")
}

/// Makes the folder. Files in it are ours to replace only if its report says that a demo made them.
fn claim(folder: &Path) -> Result<()> {
    let report = folder.join(REPORT);
    let ours = fs::read(&report)
        .is_ok_and(|text| text.windows(html::GENERATOR.len()).any(|part| part == html::GENERATOR.as_bytes()));
    for name in [IMAGE, MASK, PARAMS, FEATURES, PICTURE, REPORT] {
        let file = folder.join(name);
        if !ours && fs::symlink_metadata(&file).is_ok() {
            bail!("{} exists and is not from a demo; name another folder with --out DIR", file.display());
        }
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))
}

fn job(folder: &Path) -> Extract {
    Extract {
        image: folder.join(IMAGE),
        mask: folder.join(MASK),
        extraction: ExtractionArgs { params: Some(folder.join(PARAMS)), ..ExtractionArgs::default() },
        ..Extract::default()
    }
}

fn summary(folder: &Path) -> String {
    let path = |name: &str| -> String { PathBuf::from(folder).join(name).display().to_string() };
    format!(
        "Synthetic data: no patient, nothing to learn about any disease.\n\n\
         {folder}\n\
         \x20 {IMAGE:14} a CT-like scan\n\
         \x20 {MASK:14} its lesion, label 1\n\
         \x20 {PARAMS:14} the parameter file used\n\
         \x20 {FEATURES:14} the features, one row\n\
         \x20 {PICTURE:14} slices with the outline of the lesion\n\
         \x20 {REPORT:14} all of it on one page\n\n\
         Next:\n\
         \x20 radiomics extract {image} {mask} -p {params}\n",
        folder = folder.display(),
        image = quoted(&path(IMAGE)),
        mask = quoted(&path(MASK)),
        params = quoted(&path(PARAMS)),
    )
}

/// As a shell takes it for one word.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:\\".contains(c);
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

const PARAMETERS: &str = "\
# A parameter file as PyRadiomics reads it. `radiomics params list` explains every setting.
setting:
  binWidth: 25 # width of a grey level in HU
  label: 1
imageType:
  Original: {}
featureClass: # an empty list: all features of the class
  shape: []
  firstorder: []
  glcm: []
  glrlm: []
  glszm: []
  gldm: []
  ngtdm: []
";

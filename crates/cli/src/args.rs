//! The command line: every command, option and example.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint, builder::styling};
use radiomics_core::config::Overrides;
use radiomics_imaging::io::dicom;

/// Radiomics features of medical images, with the numbers of PyRadiomics.
///
/// An image and a mask go in, a table of features comes out.
#[derive(Debug, Parser)]
#[command(name = "radiomics", version, styles = STYLES, arg_required_else_help = true, max_term_width = 110)]
#[command(after_help = "\
Start with:
  radiomics demo                                 a synthetic scan: features, picture, report
  radiomics extract scan.nii.gz mask.nii.gz      the features of label 1
  radiomics info export                          what a folder of DICOM files holds

Exit status: 0 all well, 1 the job failed or a part of it, 2 wrong usage, 130 interrupted.")]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

const STYLES: styling::Styles = styling::Styles::styled()
    .header(styling::AnsiColor::Green.on_default().bold())
    .usage(styling::AnsiColor::Green.on_default().bold())
    .literal(styling::AnsiColor::Cyan.on_default().bold())
    .placeholder(styling::AnsiColor::Cyan.on_default());

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Print results and errors only: no progress, no notes
    #[arg(long, short, global = true, help_heading = "Common options")]
    pub quiet: bool,
    /// How much to tell on standard error [default: warn, with --quiet error]
    #[arg(long, value_enum, global = true, value_name = "LEVEL", help_heading = "Common options")]
    pub log_level: Option<LogLevel>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Errors only
    Error,
    /// Also what is unusual about the input
    Warn,
    /// Also each step with its time
    Info,
    /// Also the settings in effect
    Debug,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Extract(Extract),
    Filter(Filter),
    Batch(Batch),
    Convert(Convert),
    #[command(hide = true)]
    Worker(Worker),
    Info(Info),
    /// Check a parameter file, or list what can be set and extracted
    #[command(subcommand, arg_required_else_help = true)]
    Params(ParamsCommand),
    Demo(Demo),
    /// Print the completion script of a shell
    #[command(after_help = "\
Examples:
  radiomics completions bash > ~/.local/share/bash-completion/completions/radiomics
  radiomics completions zsh > ~/.zfunc/_radiomics
  radiomics completions fish > ~/.config/fish/completions/radiomics.fish")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write the pages of all commands
    #[command(after_help = "\
Examples:
  radiomics man | man -l -
  radiomics man --out ~/.local/share/man/man1")]
    Man {
        /// Write a page for each command into this folder
        #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
}

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
    /// Parameter file: YAML or JSON of PyRadiomics, or TOML
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub params: Option<PathBuf>,
    /// Write the table to this file instead of standard output (`-`)
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Form of the table; without it the ending of the output file decides, else CSV
    #[arg(long, short, value_enum)]
    pub format: Option<Format>,
    /// Which label, or `all` of the mask [default: the setting `label`, 1]
    #[arg(long, value_name = "N|all", value_parser = label)]
    pub label: Option<Label>,
    /// Each connected part of a label (26 neighbours) becomes a region of its own, largest first
    #[arg(long)]
    pub components: bool,
    /// Whose definitions to follow
    #[arg(long, value_enum, default_value_t = Convention::Pyradiomics)]
    pub convention: Convention,
    /// A setting by its name in parameter files; may be given several times
    #[arg(long = "setting", short, value_name = "NAME:VALUE", value_parser = setting)]
    pub settings: Vec<Setting>,
    /// Which volume of a 4D image, counted from 0
    #[arg(long, value_name = "N")]
    pub frame: Option<usize>,
    /// Number of threads [default: as many as the process may use]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Which region of a DICOM-SEG or RTSTRUCT: its name or number, or `all` for a row each
    #[arg(long, value_name = "NAME|N|all", conflicts_with = "label", help_heading = DICOM)]
    pub roi: Option<String>,
    #[command(flatten)]
    pub dicom: DicomArgs,
}

const DICOM: &str = "DICOM options";

/// How DICOM files are read.
#[derive(Clone, Debug, Args)]
pub struct DicomArgs {
    /// Which image series of a folder: its number in the list that `info` prints, its description or UID
    #[arg(long, value_name = "N|NAME|UID", help_heading = DICOM)]
    pub series: Option<String>,
    /// Turn PET activity into standardised uptake values by body weight
    #[arg(long, help_heading = DICOM)]
    pub suv: bool,
    /// Straighten a volume of a tilted gantry by linear interpolation, instead of refusing it
    #[arg(long, help_heading = DICOM)]
    pub resample_tilt: bool,
    /// What becomes of contours that lie between the slices of the image or beyond them
    #[arg(long, value_enum, value_name = "WHAT", default_value_t, help_heading = DICOM)]
    pub stray_contours: StrayContours,
    /// From which fraction on a voxel of a fractional segmentation counts
    #[arg(long, value_name = "F", default_value_t = 0.5, value_parser = fraction, help_heading = DICOM)]
    pub fraction: f64,
    /// Take files without position or spacing: 1 mm, at the origin
    #[arg(long, help_heading = DICOM)]
    pub missing_geometry: bool,
    /// Names of files, UIDs and whose images they are may be shown
    #[arg(long, help_heading = DICOM)]
    pub identifiers: bool,
}

impl Default for DicomArgs {
    fn default() -> Self {
        Self {
            series: None,
            suv: false,
            resample_tilt: false,
            stray_contours: StrayContours::default(),
            fraction: 0.5,
            missing_geometry: false,
            identifiers: false,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum StrayContours {
    /// An error that lists their positions
    #[default]
    Refuse,
    /// Those between slices go to the nearest slice, those beyond the image are left out
    Nearest,
    /// All of them are left out
    Skip,
}

impl DicomArgs {
    /// The arguments that give these options.
    pub fn arguments(&self) -> Vec<String> {
        let stray = self.stray_contours.to_possible_value();
        let flags = [
            (self.suv, "--suv"),
            (self.resample_tilt, "--resample-tilt"),
            (self.missing_geometry, "--missing-geometry"),
            (self.identifiers, "--identifiers"),
        ];
        let mut arguments: Vec<String> =
            flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag.to_owned()).collect();
        arguments.extend(self.series.iter().map(|series| format!("--series={series}")));
        arguments.extend(stray.map(|value| format!("--stray-contours={}", value.get_name())));
        arguments.push(format!("--fraction={}", self.fraction));
        arguments
    }
}

impl From<StrayContours> for dicom::StrayContours {
    fn from(given: StrayContours) -> Self {
        match given {
            StrayContours::Refuse => Self::Refuse,
            StrayContours::Nearest => Self::Nearest,
            StrayContours::Skip => Self::Skip,
        }
    }
}

/// Extract the features of all cases in a list
///
/// The list is CSV with a header and a row for each case. It needs the columns Image and Mask (paths; relative
/// ones start at the folder of the list) and may have Label (a number, or `all`) and ROI (the name of a region in
/// a DICOM file). All other columns are copied into the table. The rows of the table come in the order of the
/// list, and all have the same columns.
///
/// Cases run in worker processes: whatever happens to one, memory that runs out included, costs that case alone.
/// It gets a row with the reason in OUT.errors.csv, and the others go on. Finished cases are kept in OUT.journal
/// until the table is made of them; a batch that was interrupted, even by a power failure, goes on with --resume.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  radiomics batch cohort.csv -o features.csv
      all cases with the defaults of PyRadiomics, on all cores
  radiomics batch cohort.csv -p Params.yaml -o features.parquet --resume
      starts, or goes on where an earlier run was interrupted
  radiomics batch cohort.csv -o part3.csv --shard 3/20 --resume
      the third of twenty parts, for a job array; the parts joined are the whole table
  radiomics batch cohort.csv -o features.csv --label all --threads 8 --memory 16
      every label of every mask; eight workers, which together read at most 16 GB of images at one time

If some cases fail, the rows of the others are written and the exit status is 1. An existing table is replaced
only with --force.")]
pub struct Batch {
    /// List of cases
    #[arg(value_hint = ValueHint::FilePath)]
    pub cohort: PathBuf,
    /// Write the table to this file
    #[arg(long, short, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// Parameter file: YAML or JSON of PyRadiomics, or TOML
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub params: Option<PathBuf>,
    /// Form of the table; without it the ending of the output file decides, else CSV
    #[arg(long, short, value_enum)]
    pub format: Option<Format>,
    /// Go on with a batch that was interrupted; starts where there is none
    #[arg(long, conflicts_with = "force")]
    pub resume: bool,
    /// Start anew and replace an existing table
    #[arg(long)]
    pub force: bool,
    /// Only part I of N, counted from 1
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<Shard>,
    /// Label of the cases that name none, or `all` of the mask [default: the setting `label`, 1]
    #[arg(long, value_name = "N|all", value_parser = label)]
    pub label: Option<Label>,
    /// Each connected part of a label (26 neighbours) becomes a region of its own, largest first
    #[arg(long)]
    pub components: bool,
    /// Whose definitions to follow
    #[arg(long, value_enum, default_value_t = Convention::Pyradiomics)]
    pub convention: Convention,
    /// A setting by its name in parameter files; may be given several times
    #[arg(long = "setting", short, value_name = "NAME:VALUE", value_parser = setting)]
    pub settings: Vec<Setting>,
    /// Which volume of 4D images, counted from 0
    #[arg(long, value_name = "N")]
    pub frame: Option<usize>,
    /// Number of threads [default: as many as the process may use]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Most memory for images and masks that are read at one time, in GB [default: half of what is free]
    #[arg(long, value_name = "GB", value_parser = gigabytes)]
    pub memory: Option<f64>,
    /// Region of DICOM-SEG or RTSTRUCT of the cases that name none: its name or number, or `all`
    #[arg(long, value_name = "NAME|N|all", conflicts_with = "label", help_heading = DICOM)]
    pub roi: Option<String>,
    #[command(flatten)]
    pub dicom: DicomArgs,
}

/// A part of the list of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub number: usize,
    pub of: usize,
}

/// Works for a batch; takes orders from standard input.
#[derive(Clone, Debug, Args)]
pub struct Worker {
    /// Folder at which relative paths start
    #[arg(long)]
    pub base: PathBuf,
    #[arg(long)]
    pub components: bool,
    #[arg(long, value_enum, default_value_t = Convention::Pyradiomics)]
    pub convention: Convention,
    #[arg(long)]
    pub frame: Option<usize>,
    #[arg(long)]
    pub threads: Option<u16>,
    #[command(flatten)]
    pub dicom: DicomArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    All,
    One(u32),
}

/// A setting as given: its name and the text of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Comma-separated values with a header
    Csv,
    /// Array of objects, one for each region
    Json,
    /// Apache Parquet with typed columns; settings and versions in the file's metadata
    #[cfg(feature = "parquet")]
    Parquet,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Convention {
    /// PyRadiomics 3.1.0
    #[default]
    Pyradiomics,
    /// Image Biomarker Standardisation Initiative, part 1; settings stand under `ibsi` in the parameter file
    Ibsi,
}

impl From<Convention> for radiomics_core::convention::Convention {
    fn from(convention: Convention) -> Self {
        match convention {
            Convention::Pyradiomics => Self::PyRadiomics,
            Convention::Ibsi => Self::Ibsi,
        }
    }
}

/// Apply filters to an image and write the response maps
///
/// The parameter file lists filters of IBSI 2 under `filter` (mean, Gaussian, Laplacian of Gaussian, Laws, Gabor,
/// wavelets, Simoncelli, Riesz), or is a parameter file of PyRadiomics, whose image types are written: those that
/// its features would be taken from. Each map is a file in the folder, on the grid of the image, under the name
/// of the filter; files of that name are replaced.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  radiomics filter scan.nii.gz -p filters.toml -o maps
      with this filters.toml:
        [[filter]]
        name = \"edges\"               # maps/edges.nii.gz
        type = \"log\"                 # none mean gaussian log laws gabor wavelet simoncelli riesz_log
        sigma_mm = 1.5                 #   riesz_simoncelli
        mode = \"2d\"                  # slice by slice; without it 3d
        boundary = \"mirror\"          # or zero, nearest, periodic, a number
        [[filter]]
        type = \"laws\"                # maps/laws_L5E5E5_max_energy7.nii.gz
        kernels = \"L5E5E5\"
        rotation_pooling = \"max\"
        energy_delta = 7
  radiomics filter scan.nrrd -p Params.yaml -o maps -f nrrd
      the image types of a parameter file of PyRadiomics, of the whole scan
  radiomics filter scan.nrrd -p Params.yaml --mask mask.nrrd -o maps --double
      resampled and cut around the region as for its features, in double precision")]
pub struct Filter {
    /// The scan
    #[arg(value_hint = ValueHint::FilePath)]
    pub image: PathBuf,
    /// Parameter file: TOML, YAML or JSON
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub params: PathBuf,
    /// Folder for the maps; it is made if it is not there
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// Format of the maps
    #[arg(long, short, value_enum, default_value_t = MapFormat::Nifti)]
    pub format: MapFormat,
    /// Region around which image types of PyRadiomics are resampled or cut, with the label of the settings
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub mask: Option<PathBuf>,
    /// Write double instead of single precision
    #[arg(long)]
    pub double: bool,
    /// Which volume of a 4D image, counted from 0
    #[arg(long, value_name = "N")]
    pub frame: Option<usize>,
    /// Number of threads [default: as many as the process may use]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MapFormat {
    /// NIfTI, .nii.gz
    Nifti,
    /// NRRD, .nrrd
    Nrrd,
}

/// Convert images and masks to NIfTI, NRRD or MetaImage
///
/// Reads a DICOM series, a DICOM-SEG, an RTSTRUCT, NIfTI, NRRD or MetaImage. Voxels keep the type they are stored in
/// and their place in the patient. NRRD and MetaImage hold positions exactly; NIfTI-1 rounds them to single
/// precision, some tenths of a micrometre. The file appears whole or not at all.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  radiomics convert patient7/ct -o ct.nii.gz
  radiomics convert export -o t2.nrrd --series 'T2 axial'
      one of several series in a folder, by its description
  radiomics convert patient7/structures.dcm --reference patient7/ct --roi GTV-1 -o gtv.nii.gz
      contours, filled on the grid of the series
  radiomics convert patient7/seg.dcm -o labels.nii.gz
      all segments as label map on their own grid; with --reference on that of an image
  radiomics convert patient7/pet -o suv.nii.gz --suv
  radiomics convert perfusion.nii.gz --frame 3 -o third.mha")]
pub struct Convert {
    /// File or folder to read
    #[arg(value_hint = ValueHint::AnyPath)]
    pub input: PathBuf,
    /// File to write: .nii, .nii.gz, .nrrd, .nhdr, .mha or .mhd
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// Replace the output file if there is one
    #[arg(long)]
    pub force: bool,
    /// Do not compress voxels in NRRD and MetaImage
    #[arg(long)]
    pub raw: bool,
    /// Which volume of a 4D image or of a series with several, counted from 0
    #[arg(long, value_name = "N")]
    pub frame: Option<usize>,
    /// Which region of a DICOM-SEG or RTSTRUCT: its name or number
    #[arg(long, value_name = "NAME|N", help_heading = DICOM)]
    pub roi: Option<String>,
    /// Image whose grid a segmentation or structure set is put on
    #[arg(long, value_name = "IMAGE", value_hint = ValueHint::AnyPath, help_heading = DICOM)]
    pub reference: Option<PathBuf>,
    #[command(flatten)]
    pub dicom: DicomArgs,
}

/// Show what an image file or a DICOM folder holds
///
/// Format, sample type, size, spacing, origin, direction and frames. Of a DICOM folder all series, and whether each
/// makes a volume; of segmentations and structure sets the regions. Names, numbers and dates of patients, UIDs and
/// descriptions are shown only with --identifiers. Reads headers only, unless values or labels are asked for.
/// Positions are in mm in the patient system LPS (x to the left, y to the back,
/// z to the head).
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  radiomics info scan.nii.gz
  radiomics info scan.nrrd --values
      also smallest, largest and mean value
  radiomics info mask.nii.gz --labels --json
      also each label with its voxels, box and connected parts, as JSON
  radiomics info export
      every DICOM series, segmentation and structure set in the folders of an export")]
pub struct Info {
    /// Image or mask
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// Also smallest, largest and mean value of the voxels
    #[arg(long)]
    pub values: bool,
    /// Also every label of a label map with its voxels, box and connected parts
    #[arg(long)]
    pub labels: bool,
    /// Which volume of a 4D file, counted from 0
    #[arg(long, value_name = "N")]
    pub frame: Option<usize>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub dicom: DicomArgs,
}

#[derive(Debug, Subcommand)]
pub enum ParamsCommand {
    /// Check a parameter file and show what it asks for
    #[command(after_help = "\
Examples:
  radiomics params check Params.yaml
  radiomics params check Params.toml --quiet && echo fine")]
    Check {
        /// Parameter file: YAML or JSON of PyRadiomics, or TOML
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// List every setting, image type and feature with its meaning
    #[command(after_help = "\
Examples:
  radiomics params list
  radiomics params list features --json")]
    List {
        /// Only these
        #[arg(value_enum)]
        topic: Option<Topic>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Topic {
    /// What can be set, with its default
    Settings,
    /// Images derived from the scan
    Images,
    /// Features of each class, with their IBSI codes
    Features,
}

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

fn label(text: &str) -> Result<Label, String> {
    match text.parse() {
        Ok(0) => Err("0 is the background; labels are whole numbers from 1".into()),
        Ok(label) => Ok(Label::One(label)),
        Err(_) if text == "all" => Ok(Label::All),
        Err(_) => Err("expected a whole number from 1 to 4294967295, or `all`".into()),
    }
}

fn fraction(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(fraction) if (0.0..=1.0).contains(&fraction) => Ok(fraction),
        _ => Err("expected a number from 0 to 1".into()),
    }
}

fn shard(text: &str) -> Result<Shard, String> {
    let parts =
        text.split_once('/').and_then(|(i, n)| Some((i.trim().parse().ok()?, n.trim().parse().ok()?)));
    match parts {
        Some((number, of)) if number >= 1 && number <= of => Ok(Shard { number, of }),
        _ => Err("expected I/N with I from 1 to N, such as 3/20".into()),
    }
}

fn gigabytes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && number < 1e9 => Ok(number),
        _ => Err("expected a number of gigabytes above 0".into()),
    }
}

fn setting(text: &str) -> Result<Setting, String> {
    let Some((name, value)) = text.split_once(':') else {
        return Err("expected NAME:VALUE, such as binWidth:10".into());
    };
    let setting = Setting { name: name.trim().into(), value: value.trim().into() };
    // Wrong names and values are wrong usage, so they show here.
    Overrides::default().set(&setting.name, &setting.value).map_err(|error| error.to_string())?;
    Ok(setting)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn dicom_options_reach_workers() {
        let given = "radiomics batch a.csv -o b.csv --suv --series=CT --identifiers --resample-tilt --fraction 0.3 \
                     --missing-geometry --stray-contours skip";
        let Command::Batch(batch) = Cli::parse_from(given.split_whitespace()).command else { panic!() };
        let arguments = ["radiomics", "worker", "--base", "."].map(str::to_owned).into_iter();
        let Command::Worker(worker) = Cli::parse_from(arguments.chain(batch.dicom.arguments())).command
        else {
            panic!()
        };
        assert_eq!(format!("{:?}", batch.dicom), format!("{:?}", worker.dicom));
    }

    #[test]
    fn labels_and_settings() {
        assert_eq!(label("all"), Ok(Label::All));
        assert_eq!(label("7"), Ok(Label::One(7)));
        assert!(label("0").is_err() && label("-1").is_err() && label("x").is_err());
        let pair = setting("interpolator:sitkLinear").unwrap();
        assert_eq!((pair.name.as_str(), pair.value.as_str()), ("interpolator", "sitkLinear"));
        assert_eq!(shard("3/20"), Ok(Shard { number: 3, of: 20 }));
        assert!(["0/2", "3/2", "1", "1/", "-1/2", "1/0"].iter().all(|text| shard(text).is_err()));
        assert!(["0", "-1", "nan", "inf", "x"].iter().all(|text| gigabytes(text).is_err()));
        assert!(setting("binWidth=3").is_err());
        assert!(setting("binWith:3").unwrap_err().contains("binWidth"));
        assert!(setting("binWidth:-3").unwrap_err().contains("above 0"));
    }
}

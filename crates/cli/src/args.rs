//! The command line: every command, option and example.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint, builder::styling};
use radiomics_core::config::Overrides;

/// Radiomics features of medical images, with the numbers of PyRadiomics.
///
/// An image and a mask go in, a table of features comes out.
#[derive(Debug, Parser)]
#[command(name = "radiomics", version, styles = STYLES, arg_required_else_help = true, max_term_width = 110)]
#[command(after_help = "\
Start with:
  radiomics demo                                 a synthetic scan: features, picture, report
  radiomics extract scan.nii.gz mask.nii.gz      the features of label 1

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
/// Images and masks: NIfTI (.nii, .nii.gz, .hdr/.img), NRRD (.nrrd, .nhdr), MetaImage (.mha, .mhd).
#[derive(Clone, Debug, Args)]
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Convention {
    /// PyRadiomics 3.1.0
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

/// Show what an image file holds
///
/// Format, sample type, size, spacing, origin, direction and frames. Reads the header only, unless values
/// or labels are asked for. Positions are in mm in the patient system LPS (x to the left, y to the back,
/// z to the head).
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  radiomics info scan.nii.gz
  radiomics info scan.nrrd --values
      also smallest, largest and mean value
  radiomics info mask.nii.gz --labels --json
      also each label with its voxels, box and connected parts, as JSON")]
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
    fn labels_and_settings() {
        assert_eq!(label("all"), Ok(Label::All));
        assert_eq!(label("7"), Ok(Label::One(7)));
        assert!(label("0").is_err() && label("-1").is_err() && label("x").is_err());
        let pair = setting("interpolator:sitkLinear").unwrap();
        assert_eq!((pair.name.as_str(), pair.value.as_str()), ("interpolator", "sitkLinear"));
        assert!(setting("binWidth=3").is_err());
        assert!(setting("binWith:3").unwrap_err().contains("binWidth"));
        assert!(setting("binWidth:-3").unwrap_err().contains("above 0"));
    }
}

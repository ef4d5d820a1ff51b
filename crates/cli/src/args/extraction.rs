//! Options of all commands that extract features.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use radiomics_core::config::Overrides;

use super::{DICOM, DicomArgs};

/// Which features of which regions.
#[derive(Clone, Debug, Default, Args)]
pub struct ExtractionArgs {
    /// Parameter file: YAML or JSON of PyRadiomics, or TOML
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub params: Option<PathBuf>,
    /// A setting by its name in parameter files; may be given several times
    #[arg(long = "setting", short, value_name = "NAME:VALUE", value_parser = setting)]
    pub settings: Vec<Setting>,
    /// Form of the table; without it the ending of the output file decides, else CSV
    #[arg(long, short, value_enum)]
    pub format: Option<Format>,
    /// Which label, or `all` of the mask [default: the setting `label`, 1]
    #[arg(long, value_name = "N|all", value_parser = label)]
    pub label: Option<Label>,
    /// Which region of a DICOM-SEG or RTSTRUCT: its name or number, or `all` for a row each
    #[arg(long, value_name = "NAME|N|all", conflicts_with = "label", help_heading = DICOM)]
    pub roi: Option<String>,
    #[command(flatten)]
    pub case: CaseArgs,
}

/// How the features of one case are extracted.
#[derive(Clone, Debug, Default, Args)]
pub struct CaseArgs {
    /// Each connected part of a label (26 neighbours) becomes a region of its own, largest first
    #[arg(long)]
    pub components: bool,
    /// Whose definitions to follow
    #[arg(long, value_enum, default_value_t = Convention::Pyradiomics)]
    pub convention: Convention,
    /// Which volume of a 4D image, counted from 0
    #[arg(long, value_name = "N")]
    pub frame: Option<usize>,
    /// Number of threads [default: as many as the process may use]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    #[command(flatten)]
    pub dicom: DicomArgs,
}

impl CaseArgs {
    /// The arguments that give these options.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = self.dicom.arguments();
        if self.components {
            arguments.push("--components".into());
        }
        let convention = self.convention.to_possible_value();
        arguments.extend(convention.map(|value| format!("--convention={}", value.get_name())));
        arguments.extend(self.frame.map(|frame| format!("--frame={frame}")));
        arguments.extend(self.threads.map(|threads| format!("--threads={threads}")));
        arguments
    }
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

fn label(text: &str) -> Result<Label, String> {
    match text.parse() {
        Ok(0) => Err("0 is the background; labels are whole numbers from 1".into()),
        Ok(label) => Ok(Label::One(label)),
        Err(_) if text == "all" => Ok(Label::All),
        Err(_) => Err("expected a whole number from 1 to 4294967295, or `all`".into()),
    }
}

/// A setting of the command line.
pub fn setting(text: &str) -> Result<Setting, String> {
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
    use super::*;

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

//! Options of DICOM files.

use clap::{Args, ValueEnum};
use radiomics_imaging::io::dicom;

use super::DICOM;

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

fn fraction(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(fraction) if (0.0..=1.0).contains(&fraction) => Ok(fraction),
        _ => Err("expected a number from 0 to 1".into()),
    }
}

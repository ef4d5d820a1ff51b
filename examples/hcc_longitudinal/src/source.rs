//! Where images and masks come from: drawn from the seed, or read from files.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use radiomics_imaging::{
    Image, Mask,
    io::{ReadOptions, read, read_mask},
};
use radiomics_phantoms::liver::{LiverCohort, Phase, Reader, TimePoint};

/// The four images of a patient, in the order of the study's role `images`.
pub const IMAGES: [&str; 4] = ["Pre_A", "Pre_V", "Post_A", "Post_V"];

/// What [`IMAGES`] show.
pub const IMAGE_NAMES: [&str; 4] = [
    "before treatment, arterial phase",
    "before treatment, portal venous phase",
    "under treatment, arterial phase",
    "under treatment, portal venous phase",
];

/// Where voxels come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Drawn on demand; patients in the order of the table.
    Synthetic(Box<LiverCohort>),
    /// Read from files whose paths are relative to this folder.
    Folder(PathBuf),
}

/// One scan to take features from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Row of the patient in the table as it was read.
    pub row: usize,
    /// Which of [`IMAGES`].
    pub image: usize,
    /// 0 for the outline of the study, 1 and on for readings of [`radiomics_tabular::Roles::repeats`].
    pub reading: usize,
    /// Cells of the table.
    pub image_path: String,
    /// Cells of the table.
    pub mask_path: String,
}

impl Source {
    /// Image and mask of a scan.
    ///
    /// # Errors
    /// Files that cannot be read, with path and reason.
    pub fn load(&self, scan: &Scan) -> Result<(Image, Mask)> {
        match self {
            Self::Synthetic(cohort) => {
                let time = if scan.image < 2 { TimePoint::Pre } else { TimePoint::Post };
                let phase = if scan.image.is_multiple_of(2) { Phase::Arterial } else { Phase::Portal };
                let reader = match scan.reading {
                    0 => Reader::First,
                    1 => Reader::FirstAgain,
                    2 => Reader::Second,
                    n => bail!("reading {n}: the synthetic cohort has three, counted from 0"),
                };
                let image = cohort.image(scan.row, time, phase).context("cannot draw the image")?;
                let mask = cohort.mask(scan.row, time, reader).context("cannot draw the mask")?;
                Ok((image.into(), mask))
            }
            Self::Folder(folder) => {
                let options = ReadOptions::default();
                let image = read(folder.join(&scan.image_path), &options).context("cannot read the image")?;
                let mask =
                    read_mask(folder.join(&scan.mask_path), &options).context("cannot read the mask")?;
                Ok((image, mask))
            }
        }
    }

    /// Whether a mask is where the table says.
    pub fn has_mask(&self, path: &str) -> bool {
        match self {
            Self::Synthetic(_) => true,
            Self::Folder(folder) => folder.join(path).exists(),
        }
    }

    /// A message with paths relative to the folder of the cohort: reports travel, paths of a machine do not.
    pub fn relative(&self, message: &str) -> String {
        match self {
            Self::Synthetic(_) => message.to_owned(),
            Self::Folder(folder) => {
                message.replace(&format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR), "")
            }
        }
    }
}

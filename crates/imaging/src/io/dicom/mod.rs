//! DICOM: image series, multi-frame objects, segmentations and structure sets.
//!
//! Files are opened by a reader of our own: headers are read in place, every length is checked against the
//! bytes that are left, so that a file costs memory in proportion to its size whatever it claims. Messages
//! hold no patient's name, number, date or UID unless [`SeriesOptions::identifiers`] allows them.
//!
//! ```no_run
//! use radiomics_imaging::io::dicom::{self, SeriesOptions};
//! let ct = dicom::read("scans/patient-7/ct".as_ref(), &SeriesOptions::default())?;
//! println!("{}: {}", ct.series, ct.image.geometry());
//! # Ok::<(), dicom::DicomError>(())
//! ```
pub(super) mod bridge; // DICOM behind `io::read`
mod choice; // a region by number or name
mod codec; // compressed frames → samples
mod dataset; // elements by name, read in place
mod error;
mod examine; // all that a path holds
mod file; // preamble, meta information, deflated files
mod frames; // position, orientation and scale of each frame
mod guard; // limits that keep small files from costing much
mod instance; // the header of one file
mod listing; // what can be said of series
mod load; // pixel bytes of frames
mod masks; // segmentations and structure sets alike
mod parse; // bytes → elements
mod pixels; // samples → values
mod polygon; // polygons → pixels
mod privacy; // what may be said about a file
mod rtstruct; // contours → mask
mod seg; // segments → mask
mod series; // folder → series → volume
mod stack; // frames → grid
mod suv; // activity → SUV
mod syntax; // transfer syntaxes
mod tags; // attributes
mod text; // character sets
mod tilt; // gantry tilt straightened

pub use self::{
    choice::RegionChoice,
    error::DicomError,
    examine::{Content, Examined, ExaminedSeries, examine},
    guard::Limits,
    instance::Kind,
    listing::{Identifiers, Listing, SeriesSummary},
    masks::{FrameOfReference, MaskOptions, ReferencedSeries, RegionFile, RegionMask},
    rtstruct::{Roi, RoiMask, StrayContours, StructureSet},
    seg::{Segment, Segmentation},
    series::{DicomHeader, DicomImage, SeriesChoice, SeriesOptions, header, list, read},
    suv::SuvSummary,
};

use std::{fs::File, io::Read, path::Path};

/// Whether a path is for this module: a folder, or a file that begins as DICOM files do. Files without
/// preamble are believed where their name is none of another format.
pub fn recognised(path: &Path) -> bool {
    if path.is_dir() {
        return true;
    }
    if !path.is_file() {
        return false; // also pipes: opening one may wait for ever
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let others = [".nii", ".gz", ".img", ".hdr", ".nrrd", ".nhdr", ".mha", ".mhd"];
    let mut first = Vec::new();
    let Ok(file) = File::open(path) else { return false };
    file.take(132).read_to_end(&mut first).is_ok()
        && file::begins_a_data_set(&first, others.iter().any(|e| name.ends_with(e)))
}

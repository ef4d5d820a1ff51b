//! DICOM: image series, multi-frame objects, segmentations and structure sets.
//!
//! Files are opened by a reader of our own: headers are read in place, every length is checked against the bytes that
//! are left, so that a file costs memory in proportion to its size whatever it claims. Messages hold no patient's
//! name, number, date or UID unless [`SeriesOptions::identifiers`] allows them.
//!
//! ```no_run
//! use radiomics_imaging::io::dicom::{self, SeriesOptions};
//! let ct = dicom::read("scans/patient-7/ct".as_ref(), &SeriesOptions::default())?;
//! println!("{}: {}", ct.series, ct.image.geometry());
//! # Ok::<(), dicom::DicomError>(())
//! ```
mod codec; // compressed frames → samples
mod dataset; // elements by name, read in place
mod error;
mod file; // preamble, meta information, deflated files
mod frames; // position, orientation and scale of each frame
mod guard; // limits that keep small files from costing much
mod instance; // the header of one file
mod load; // pixel bytes of frames
mod parse; // bytes → elements
mod pixels; // samples → values
mod privacy; // what may be said about a file
mod series; // folder → series → volume
mod stack; // frames → grid
mod syntax; // transfer syntaxes
mod tags; // attributes
mod text; // character sets
mod tilt; // gantry tilt straightened

pub use self::{
    error::DicomError,
    guard::Limits,
    instance::Kind,
    series::{DicomImage, Listing, SeriesChoice, SeriesOptions, SeriesSummary, list, read},
};

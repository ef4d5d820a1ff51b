//! A longitudinal radiomics study end to end: response to treatment and survival from four CT images of the whole
//! liver, as Xu et al. 2025 (doi:10.1186/s12885-025-13978-4) did it. See the README beside this package.
//!
//! The program composes; what it computes stands in the libraries.

pub mod analysis; // everything up to scores
pub mod cohort; // patients, exclusions, sets
pub mod extract; // scans → features
pub mod journal; // features on disk, to go on after an interruption
pub mod models; // seven support vector machines
pub mod pages; // figures and tables
pub mod select; // which features go on
pub mod settings; // the study's settings, size of a run
pub mod source; // images drawn or read

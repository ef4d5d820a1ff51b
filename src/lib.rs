//! The radiomics toolkit under one name: each crate as a module.
pub use radiomics_core as core;
pub use radiomics_explain as explain;
pub use radiomics_imaging as imaging;
pub use radiomics_stats as stats;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

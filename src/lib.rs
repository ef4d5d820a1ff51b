//! The radiomics toolkit under one name: each crate as a module.
pub use radiomics_core as core;
pub use radiomics_explain as explain;
pub use radiomics_imaging as imaging;
pub use radiomics_report as report;
pub use radiomics_stats as stats;
pub use radiomics_survival as survival;
pub use radiomics_tabular as tabular;
pub use radiomics_voxelmaps as voxelmaps;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

/// The examples of the guide for those who come from PyRadiomics, compiled.
#[cfg(doctest)]
#[doc = include_str!("../docs/from-pyradiomics.md")]
pub struct FromPyRadiomics;

//! Radiomics features of one region in one image. Knows no file format, no network, no outcome.
//!
//! The numbers are those of PyRadiomics 3.1.0 for the same settings.
pub mod config; // every setting, its meaning and its default
pub mod error; // what can go wrong, with values
pub mod features; // grey levels → numbers, one module for each class
pub mod levels; // intensities → grey levels
pub mod names; // the only place that spells feature names
pub mod params; // parameter files in YAML, JSON and TOML

pub use self::{
    config::{ImageType, Params, Settings},
    error::Error,
    levels::Levels,
    names::{FeatureClass, FeatureName},
    params::{ParamsError, ParamsFormat},
};

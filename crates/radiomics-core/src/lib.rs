//! Radiomics features of one region in one image. Knows no file format, no network, no outcome.
//! Start with [`Extractor`].
//!
//! The numbers are those of PyRadiomics 3.1.0 for the same settings; [`ibsi`] has those of IBSI 1.
#[macro_use]
pub mod names; // the only place that spells feature names, and tables of them for the pages of their modules

mod bundle; // lines of voxels side by side
pub mod config; // every setting, its meaning and its default
pub mod convention; // points where PyRadiomics and IBSI part
mod derived; // the images that an image type stands for
mod diagnostics; // what is written beside the features
pub mod error; // what can go wrong, with values
pub mod extractor; // image and mask → one row of features
pub mod features; // grey levels → numbers, one module for each class
pub mod filter; // image → image
pub mod ibsi; // the features of IBSI 1, with all aggregations
pub mod levels; // intensities → grey levels
mod memory; // what is freed stays at hand
pub mod normalise; // scan → mean 0, standard deviation 1
pub mod params; // parameter files in YAML, JSON and TOML
pub mod prepare; // scan and mask → image and region for features
pub mod region; // which voxels count
mod resample; // image and region → new voxels
pub mod responses; // image → filtered images
mod scan; // what the regions of one scan share
pub mod summary; // mean, spread and range in one pass
mod vectorised; // loops for the processor at hand
pub mod working; // the image between scan and features

pub use self::{
    config::{ImageType, Params, Settings},
    derived::Derived,
    error::Error,
    extractor::{Extractor, FeatureRow, Observer},
    levels::Levels,
    names::{FeatureClass, FeatureName, IbsiFamily, IbsiFeature},
    params::{ParamsError, ParamsFormat},
    prepare::Prepared,
    region::Region,
    working::WorkingImage,
};

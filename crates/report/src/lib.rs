//! Figures, tables and provenance of a study, gathered into one self-contained page.

pub(crate) mod check;
pub mod colour; // palettes for colour-blind readers
mod contour;
mod encode;
pub mod error; // typed errors
pub mod figure; // one figure, one module
mod font;
pub mod format; // numbers as papers print them
#[cfg(feature = "raster")]
mod raster;
mod scale;
pub mod scene; // what a figure is made of
mod sheet;
mod svg;

pub use self::{
    error::Error,
    figure::{Figure, Plot},
};

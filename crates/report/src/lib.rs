//! Figures, tables and provenance of a study, gathered into one self-contained page.
//!
//! Every figure has a plain input of its own ([`figure`]); with the features `stats`, `survival` and `explain` figures and
//! tables are also made straight from the results of `radiomics-stats`, `radiomics-survival` and `radiomics-explain`. Output
//! is SVG and PNG, without system fonts, the same bytes on each run.
//! Start with [`Report`].

mod check;
pub mod colour; // palettes for colour-blind readers
mod contour;
mod encode;
pub mod error; // typed errors
pub mod figure; // one figure, one module
mod font;
pub mod format; // numbers as papers print them
#[cfg(feature = "explain")]
mod from_explain; // figures from results of radiomics-explain
#[cfg(feature = "stats")]
mod from_stats; // figures and tables from results of radiomics-stats
#[cfg(feature = "survival")]
mod from_survival; // figures and tables from results of radiomics-survival
mod page;
pub mod provenance; // versions, seed, settings, digests
#[cfg(feature = "raster")]
mod raster;
pub mod report; // the folder
mod scale;
pub mod scene; // what a figure is made of
mod sheet;
mod svg;
pub mod table; // CSV, Markdown, HTML

#[cfg(feature = "explain")]
pub use self::from_explain::Explained;
#[cfg(feature = "stats")]
pub use self::from_stats::validation_note;
#[cfg(feature = "survival")]
pub use self::from_survival::{Ratio, ratios};
pub use self::{
    error::Error,
    figure::{Figure, Plot},
    provenance::Provenance,
    report::{Content, Report},
    table::{Cell, Table},
};

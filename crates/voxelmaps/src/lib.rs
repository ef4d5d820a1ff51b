//! Feature maps: every radiomics feature of a small window around every voxel of a region. Start with [`Mapper`].
//!
//! The numbers are those of PyRadiomics 3.1.0's voxel-based extraction with one voxel in a batch; see
//! [`semantics`] for what a window is and where PyRadiomics' own maps depend on its batches. Knows no file format.
pub mod engine; // windows → numbers, behind one trait
pub mod error; // what can go wrong, with values
pub mod feature; // which map
pub mod field; // image and grey levels with a border
pub mod mapper; // image and mask → maps
pub mod maps; // what comes out
pub mod semantics; // what a window is
pub mod settings; // what is wanted
pub mod stack; // image and maps as the input of a network
pub mod watch; // progress and cancellation

pub use self::{
    engine::{Engine, Task, backend::Backend},
    error::Error,
    feature::{Family, Feature},
    field::{Field, GreyLevels},
    mapper::{Estimate, Mapper},
    maps::{Grid, Map, Maps, Precision, Values},
    settings::MapSettings,
    watch::Watch,
};

//! Windows of radius 1 by the CUDA kernels of the folder `kernels`: on NVIDIA cards, or emulated on the processor.
//!
//! Kernels do windows of 27 voxels with up to 255 grey levels and PyRadiomics' default neighbourhoods, and write single
//! precision. What they do not do goes to another engine, and [`Hybrid`] says so.

#[cfg(feature = "cuda")]
pub mod cuda; // cards through the NVIDIA driver
#[cfg(all(feature = "emu", unix))]
pub mod emulated; // the same kernels compiled for the processor
pub mod hybrid; // cards for what they can do, the processor for the rest
mod plan; // which kernels a task needs, and where their numbers go

pub use self::hybrid::Hybrid;

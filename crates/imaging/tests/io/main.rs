//! Readers and writers of image files.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do
mod common;
mod errors;
mod metaimage;
mod nifti;
mod nrrd;
mod real_images;
mod round_trips;

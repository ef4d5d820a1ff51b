//! Synthetic images with known truth, for tests, demonstrations and examples. All of it is synthetic.
pub mod reference; // where tests find reference values and real images

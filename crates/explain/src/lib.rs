//! Why a model says what it says: Shapley values by their definition and by every fast way that a model allows,
//! permutation importance, partial dependence, integrated and expected gradients.
//!
//! Models are functions of rows of numbers ([`Model`]); nothing here knows images, tables or networks. A Shapley value
//! belongs to a [`Game`], which says what a set of known features is worth; explainers differ in how they sum over sets.
//!
//! | explainer | model | cost for a row | exact |
//! |---|---|---|---|
//! | [`shapley::exact()`] | any | `2^M` sets | yes |
//! | [`shapley::KernelShap`] | any | chosen number of sets | at full enumeration |
//! | [`shapley::PermutationShap`] | any | `2 (M + 1)` sets an order | in the mean |
//! | [`shapley::SamplingShap`] | any | two rows a draw | in the mean |
//! | [`shapley::linear`] | linear | `M` | yes |
//! | [`shapley::tree`] | trees | leaves × depth² | yes |
//! | [`KernelMachine::exact`](shapley::KernelMachine::exact) | Gaussian and linear kernels | vectors × `M²` | yes |
//!
//! Results are the same to the last bit for any number of threads.

pub mod dependence; // partial dependence, individual curves
pub mod error; // typed errors
pub mod explanation; // values, local accuracy, summaries
pub mod game; // what a set of known features is worth
pub mod gradient; // integrated and expected gradients
pub mod importance; // loss when a column is shuffled
pub mod model; // a model as a function of rows
pub mod shapley; // Shapley values

pub use self::{
    error::Error,
    explanation::Explanation,
    game::{Coalitions, Game, Marginal},
    model::Model,
};

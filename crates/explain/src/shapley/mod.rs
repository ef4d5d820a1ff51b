//! Shapley values: `φ_i = Σ_S |S|! (M − |S| − 1)! / M! · (v(S ∪ i) − v(S))` over all sets without `i`.
//!
//! Shapley 1953; Lundberg and Lee 2017 (arXiv:1705.07874).

mod exact;
mod kernel;
mod kernel_machine;
pub mod linear; // linear models: independent and correlated features
mod order;
pub mod tree; // trees: path-dependent, interventional, interactions

pub(crate) use self::kernel_machine::legendre;
pub use self::{
    exact::{MAX_PLAYERS, exact},
    kernel::{KernelShap, Selection},
    kernel_machine::{Kernel, KernelMachine, Link, MachineGame},
    order::{PermutationShap, SamplingShap},
};

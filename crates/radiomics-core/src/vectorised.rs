//! Loops compiled for the processor at hand.

pub(crate) use pulp::{Simd, WithSimd};

/// Runs a closure that was compiled for the widest vector instructions of the processor.
///
/// A binary for every processor of a kind may use only what all of them have, vectors of two doubles. What is
/// inlined into the closure is compiled for wider ones too, and chosen when it runs. Results do not change: no
/// compiler contracts or reorders floating-point operations on its own.
///
/// The closure must be marked `#[inline(always)]`, and so must larger functions that it calls: what is not inlined is
/// compiled for the baseline.
#[inline(always)]
pub(crate) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// Runs a loop that is written in vectors, for the widest of the processor: where the compiler makes poor ones itself.
#[inline(always)]
pub(crate) fn with_simd<W: WithSimd>(work: W) -> W::Output {
    pulp::Arch::new().dispatch(work)
}

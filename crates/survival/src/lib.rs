//! Time to an event: curves, tests, models, discrimination and cut-points, checked to the last digits against R.
//! Each function's documentation shows the R or Python call it equals. Start with [`Outcome`].
//!
//! Times may carry any one unit; events are codes (0 censored, 1 the event, 2 and on competing causes). A value that
//! is not finite, a negative time, no event, a single group or a time outside follow-up is an [`Error`] or a flag on
//! the result, never a silent number.

// What every part uses.
pub mod error; // typed errors
pub mod outcome; // time, event, entry, weights, strata: checked once

// Curves, tests, discrimination, competing risks, cut-points.

// Cox models and what is read from them.
pub mod cox; // Cox: fits, residuals, tests, curves, penalised paths
pub mod nomogram; // points, and what their sum says
mod pretty; // round numbers for axes

pub use self::{
    error::Error,
    outcome::{Outcome, TimeUnit},
};

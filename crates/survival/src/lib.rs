//! Time to an event: curves, tests, models, discrimination and cut-points, checked to the last digits against R.
//! Each function's documentation shows the R or Python call it equals. Start with [`Outcome`].
//!
//! Times may carry any one unit; events are codes (0 censored, 1 the event, 2 and on competing causes). A value that
//! is not finite, a negative time, no event, a single group or a time outside follow-up is an [`Error`] or a flag on
//! the result, never a silent number.

// What every part uses.
pub mod error; // typed errors
mod order; // sorting of many numbers
pub mod outcome; // time, event, entry, weights, strata: checked once

// Curves, tests, discrimination, competing risks, cut-points.
pub mod brier; // Brier score and its integral
pub mod censoring; // probability of being uncensored
pub mod competing; // cumulative incidence, Gray's test, Fine–Gray regression
pub mod concordance; // Harrell's and Uno's C with variance and comparison
pub mod confidence; // limits of a probability on five scales
pub mod cutpoint; // maximally selected statistics
pub mod decision_curve; // net benefit by a time
pub mod kaplan_meier; // survival curve, quantiles, restricted mean
pub mod log_rank; // groups compared: weights, strata, pairs, permutation
mod multivariate_normal; // for adjusted p-values
pub mod nelson_aalen; // cumulative hazard
pub mod risk_groups; // cut-offs of a training cohort
mod risk_sets; // who is at risk at each time
pub mod rmst; // restricted means of two arms
pub mod time_roc; // AUC over time, competing risks, comparison

// Cox models and what is read from them.
pub mod cox; // Cox: fits, residuals, tests, curves, penalised paths
pub mod nomogram; // points, and what their sum says
mod pretty; // round numbers for axes

pub use self::{
    error::Error,
    outcome::{Outcome, TimeUnit},
};

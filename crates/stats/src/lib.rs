//! Statistics between a vector of predictions and the tables of a paper, checked to the last digits against R and
//! scikit-learn. Each function's documentation shows the R or Python call it equals.
//!
//! Inputs are plain slices: scores and measurements `&[f64]`, outcomes `&[bool]`. A value that is not finite, a
//! single class, a constant column or a separated likelihood is an [`Error`], never a silent number.

pub mod agreement; // ICC, kappa, Dice, Bland–Altman
pub mod bootstrap; // seeded intervals: percentile, basic, normal, BCa
pub mod calibration; // Brier, calibration curves, slope, Hosmer–Lemeshow
pub mod compare; // hypothesis tests
pub mod confusion; // counts of calls and their rates
pub mod decision_curve; // net benefit
pub mod describe; // means, spreads, quantiles
pub mod distribution; // normal, t, χ², F, beta, binomial: tails and quantiles
pub mod elastic_net; // lasso, ridge and between: paths, cross-validation
pub mod error; // typed errors and the checks that raise them
pub mod linalg; // small symmetric systems with dependent columns
pub mod logistic; // logistic regression with Wald and profile intervals
pub mod multiplicity; // Holm, Benjamini–Hochberg and others
pub mod proportion; // Wilson and exact intervals, differences, number needed to treat
pub mod rank; // order, mid-ranks, ties
pub mod reclassification; // NRI, IDI
mod result;
pub mod rng; // seeded streams, the same for any number of threads
pub mod roc; // curve, area, DeLong, cut-offs
pub mod root; // Brent's root finder
mod spline; // cubic splines as R draws them
pub mod table_one; // baseline table that picks and names its tests

pub use self::{
    error::Error,
    result::{Alternative, Interval, Test},
};

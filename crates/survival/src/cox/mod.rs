//! Cox models: proportional hazards, `h(t | x) = h₀(t) exp(xᵀβ)`.
//!
//! Start with [`Cox`]. What R's `coxph`, `summary`, `residuals`, `cox.zph`, `survfit`, `predict` and `ridge` give comes
//! out with R's conventions; penalised paths follow glmnet, scikit-survival and lifelines, whose conventions differ (see
//! [`ElasticNetCox`]).
//!
//! Patients are sorted once for each fit, columns centred; an iteration is one sweep from the last event to the first
//! and one over the patients, `O(n p²)` in all, without allocation in the loops. Results have the same bits for any number
//! of threads.

mod curves; // baseline and predicted survival
mod elastic_net; // glmnet, Coxnet, lifelines
mod exact; // exact treatment of ties
mod fit; // a fitted model and its tests
mod gram; // sums of squares
mod layout; // sorted patients
mod model; // what is to be fitted
mod newton; // maximisation
mod predict; // linear predictor, risk, expected, terms
mod proportional; // test of proportional hazards
mod quicksort; // the order in which glmnet leaves equal times
mod residuals; // martingale to dfbetas
mod summary; // the table that R prints
mod sweep; // risk sets
mod univariable; // many columns, one by one

pub use self::curves::{CoxCurve, CurveKind, CurvePoint, Curves};
pub use self::elastic_net::{CoxLoss, CoxTarget, ElasticNetCox, LifelinesPenalty, PenalisedCox};
pub use self::fit::{Convergence, CoxFit, HazardRatio};
pub use self::model::{Cox, CoxConfig, Ridge, Ties};
pub use self::predict::{Predictions, Reference};
pub use self::proportional::{ProportionalHazards, TimeTransform};
pub use self::residuals::Schoenfeld;
pub use self::summary::CoxSummary;
pub use self::univariable::{Univariable, univariable};

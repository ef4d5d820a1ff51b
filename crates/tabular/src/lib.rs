//! From a feature table to a tested model: patients × named columns, folds, preparation, selection, classifiers,
//! tuning and pipelines. Checked against scikit-learn (libsvm, liblinear), neuroCombat and mRMR; each function's documentation
//! shows the call it equals.
//!
//! Nothing leaks by construction: a step or a model is fitted on the rows it is given, gives back what it learned,
//! and that is then applied to other rows. Whatever looks at outcomes belongs into a [`Recipe`], which is fitted anew
//! on the training part of each fold.
//!
//! Features: `parquet` reads and writes tables as Apache Parquet; `tabnet` adds the network of that name, on candle;
//! `explain` gives fitted trees, forests, boosting, support vector machines and regressions to `radiomics_explain`;
//! `progress` draws searches as bars on the terminal.

#[cfg(feature = "progress")]
mod bar; // a search as a line on the terminal
mod calibrate;
pub mod error; // typed errors that name file, row, column, value
#[cfg(feature = "explain")]
mod explained; // fitted learners in the forms that Shapley values need
mod ldl;
mod matrix;
pub mod models; // classifiers
mod pipeline;
pub mod prepare; // imputation, scaling, coding, harmonisation
mod score;
pub mod select; // which columns go on, and why the others do not
pub mod split; // folds by patient, stratified, grouped, repeated, nested
mod table;
mod tune;
mod vectors;

#[cfg(feature = "progress")]
pub use self::bar::SearchBar;
pub use self::calibrate::{Calibration, CalibrationMethod, Calibrator};
pub use self::error::{Error, Result};
pub use self::matrix::{Levels, Matrix};
pub use self::pipeline::{FittedStep, Pipeline, Recipe, Step};
pub use self::score::Score;
pub use self::table::{
    Column, ColumnSettings, Join, Kind, ReadSettings, Roles, Study, SurvivalColumns, Table,
};
pub use self::tune::{Candidate, Progress, Range, Search, Tuned};

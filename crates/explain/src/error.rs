//! What can go wrong between a model and its explanation.

/// Every error carries the values that led to it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Two inputs that belong together differ in size.
    #[error("{what}: {found} found where {expected} were expected")]
    Size {
        /// What is counted.
        what: String,
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// Too few of something for a value to be defined.
    #[error("{what}: {found} found, at least {needed} needed")]
    TooFew {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        needed: usize,
    },
    /// A number that must be finite is not.
    #[error("{what} is {value} in row {row}, column {column} (counted from 0); it must be finite")]
    NotFinite {
        /// Which input.
        what: &'static str,
        /// Row, counted from 0.
        row: usize,
        /// Column, counted from 0.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// The model gave something that cannot be explained.
    #[error("the model gave {value} for row {row} of a batch (counted from 0); scores must be finite")]
    Prediction {
        /// Row of the batch, counted from 0.
        row: usize,
        /// The score.
        value: f64,
    },
    /// The model failed.
    #[error("the model failed: {0}")]
    Model(String),
    /// The definition needs more sets than can be walked through.
    #[error(
        "{players} features have 2^{players} sets, the limit is {limit} features; sample instead \
         (kernel or permutation), group features, or select fewer"
    )]
    TooManyPlayers {
        /// Number of features or groups.
        players: usize,
        /// The most that are enumerated.
        limit: usize,
    },
    /// A setting is outside its range.
    #[error("{name} is {value}; it must be {expected}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// The value found.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Groups of features must cover each feature once.
    #[error(
        "feature {feature} stands in {times} groups; each of the {features} features must stand in exactly one"
    )]
    Groups {
        /// The feature, counted from 0.
        feature: usize,
        /// In how many groups it stands.
        times: usize,
        /// Number of features.
        features: usize,
    },
    /// A tree that is no tree.
    #[error("tree {tree}, node {node}: {reason}")]
    Tree {
        /// The tree, counted from 0.
        tree: usize,
        /// The node, counted from 0.
        node: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The values do not sum to the prediction.
    #[error("row {row}: base and values sum to {sum}, the model says {prediction} (tolerance {tolerance:e})")]
    Additivity {
        /// The row, counted from 0.
        row: usize,
        /// Base plus the sum of the values.
        sum: f64,
        /// The prediction.
        prediction: f64,
        /// Largest difference that was allowed.
        tolerance: f64,
    },
    /// The sampled sets do not determine the values.
    #[error(
        "{sets} sets of features leave the values of {players} features undetermined; ask for more samples"
    )]
    Undetermined {
        /// Number of sets.
        sets: usize,
        /// Number of features.
        players: usize,
    },
    /// A statistic that is needed on the way is not defined.
    #[error(transparent)]
    Statistics(#[from] radiomics_stats::Error),
}

pub(crate) fn require_size(what: &str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Size { what: what.to_owned(), found, expected }) }
}

pub(crate) fn require_count(what: &'static str, found: usize, needed: usize) -> Result<(), Error> {
    if found >= needed { Ok(()) } else { Err(Error::TooFew { what, found, needed }) }
}

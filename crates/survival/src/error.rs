//! What can go wrong between an outcome and a result.

/// Every error carries the values that led to it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What the statistics beneath refuse: lengths that differ, values that are not finite, too few patients, a
    /// setting outside its range, dependent columns, an iteration that does not converge.
    #[error(transparent)]
    Stats(#[from] radiomics_stats::Error),
    /// Nobody has the event.
    #[error("none of the {n} patients has {event}")]
    NoEvents {
        /// Number of patients looked at.
        n: usize,
        /// Which event: "the event", or the cause.
        event: String,
    },
    /// A patient enters at or after the time of the end of follow-up.
    #[error(
        "the patient at position {index} (counted from 0) enters at {entry} and leaves at {time}; entry must be before"
    )]
    Entry {
        /// Position, counted from 0.
        index: usize,
        /// Time of entry.
        entry: f64,
        /// Time of event or censoring.
        time: f64,
    },
    /// A time at which a result is asked for lies outside follow-up.
    #[error("time {time} lies outside follow-up, which gives {what} from {first} to {last}")]
    OutsideFollowUp {
        /// What is asked for.
        what: &'static str,
        /// The time asked for.
        time: f64,
        /// The first time that has an answer.
        first: f64,
        /// The last time that has an answer.
        last: f64,
    },
    /// The probability of being uncensored, by which patients are weighted, is zero.
    #[error(
        "the probability of being uncensored is zero at time {time}: a weight would be infinite; end before it"
    )]
    ZeroCensoringProbability {
        /// The time.
        time: f64,
    },
    /// A comparison of groups has only one.
    #[error("{what} has one group only ({group}); two are needed")]
    OneGroup {
        /// What is compared.
        what: &'static str,
        /// The code of the group.
        group: u32,
    },
    /// More groups than can be compared: an identifier of patients where a group should be.
    #[error("{what} has {groups} groups, at most {most} can be compared; are they identifiers of patients?")]
    TooManyGroups {
        /// What is compared.
        what: &'static str,
        /// How many groups there are.
        groups: usize,
        /// The most that can be compared.
        most: usize,
    },
    /// Too few distinct values for a cut-point.
    #[error(
        "{what} has {distinct} distinct values and no cut leaves between {low} and {high} of the patients below"
    )]
    NoCut {
        /// The marker.
        what: String,
        /// How many distinct values it has.
        distinct: usize,
        /// Smallest share below the cut.
        low: f64,
        /// Largest share below the cut.
        high: f64,
    },
    /// The outcome carries something that the method has no answer for.
    #[error("{method} does not take {what}")]
    Unsupported {
        /// The method.
        method: &'static str,
        /// Entry times, weights, strata or competing causes.
        what: &'static str,
    },
    /// The partial likelihood has no maximum: these coefficients grow without bound.
    #[error("the partial likelihood rises without bound along {columns}", columns = columns.join(", "))]
    MonotoneLikelihood {
        /// Names of the columns.
        columns: Vec<String>,
    },
}

impl Error {
    /// Nobody has the event.
    pub(crate) fn no_events(n: usize) -> Self {
        Self::NoEvents { n, event: "the event".to_owned() }
    }
}

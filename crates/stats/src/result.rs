//! What tests and estimates have in common.

use serde::{Deserialize, Serialize};

/// Which alternative a test is made against. R: `alternative`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alternative {
    /// Different, in either direction.
    #[default]
    TwoSided,
    /// The first is smaller.
    Less,
    /// The first is larger.
    Greater,
}

/// A confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower limit.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
    /// Confidence level, 0.95 for 95 %.
    pub level: f64,
}

impl Interval {
    /// `estimate ± z · se` with the normal quantile of the level.
    pub fn normal(estimate: f64, se: f64, level: f64) -> Self {
        let half = crate::distribution::normal_quantile_upper(0.5 * (1.0 - level)) * se;
        Self { lower: estimate - half, upper: estimate + half, level }
    }

    /// Cut to `[low, high]`.
    pub fn clamp(self, low: f64, high: f64) -> Self {
        Self { lower: self.lower.clamp(low, high), upper: self.upper.clamp(low, high), ..self }
    }

    /// Both limits through an increasing function.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self { lower: f(self.lower), upper: f(self.upper), ..self }
    }

    /// Whether the value lies in the interval, limits included.
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
}

/// Result of a hypothesis test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Test {
    /// The test with its variant, as it can be printed in a methods section.
    pub method: &'static str,
    /// The statistic (t, W, V, χ², F, D, ...).
    pub statistic: f64,
    /// Degrees of freedom; empty where there are none, two for F.
    pub df: Vec<f64>,
    /// The p-value.
    pub p: f64,
    /// Direction of the alternative.
    pub alternative: Alternative,
    /// What the test is about: a difference, a correlation, an odds ratio.
    pub estimate: Option<f64>,
    /// Its confidence interval.
    pub interval: Option<Interval>,
    /// Number of values in each sample or group.
    pub n: Vec<usize>,
}

impl Test {
    /// A test without degrees of freedom, estimate and interval.
    pub fn plain(method: &'static str, statistic: f64, p: f64, n: Vec<usize>) -> Self {
        Self {
            method,
            statistic,
            df: Vec::new(),
            p,
            alternative: Alternative::TwoSided,
            estimate: None,
            interval: None,
            n,
        }
    }

    /// With degrees of freedom.
    pub fn with_df(self, df: &[f64]) -> Self {
        Self { df: df.to_vec(), ..self }
    }

    /// Against an alternative.
    pub fn against(self, alternative: Alternative) -> Self {
        Self { alternative, ..self }
    }

    /// With an estimate.
    pub fn estimating(self, estimate: f64, interval: Option<Interval>) -> Self {
        Self { estimate: Some(estimate), interval, ..self }
    }
}

//! Weights of the times in log-rank tests.

use radiomics_stats::error::require;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::outcome::Outcome;

/// How much the difference at a time counts. `n` at risk, `d` events, `S` the pooled Kaplan–Meier curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// 1: Mantel 1966, Cox 1972.
    #[default]
    LogRank,
    /// `n`: Gehan 1965, Breslow 1970, called Wilcoxon by lifelines.
    Gehan,
    /// `n^power`: Tarone and Ware 1977 with power 1/2.
    TaroneWare {
        /// The power.
        power: f64,
    },
    /// `S(t−)^ρ (1 − S(t−))^γ`: Fleming and Harrington 1991. R: `survdiff(…, rho)` with γ = 0; ρ = 1 is Peto and Peto's.
    FlemingHarrington {
        /// Power of `S`: early differences count more.
        rho: f64,
        /// Power of `1 − S`: late differences count more.
        gamma: f64,
    },
    /// `Π (1 − d / (n + 1))` up to and including the time: Prentice and Marek 1979; `peto` of lifelines.
    PrenticeMarek,
    /// `Π (1 − d / (n + 1))` before the time, times `n / (n + 1)`: Andersen, Borgan, Gill and Keiding 1982.
    Andersen,
    /// `Π n / (n + d)` up to and including the time: Prentice 1978.
    Prentice,
    /// `v^ρ (1 − v)^γ`, `v` the middle between this time and the one before as a share of the last event's: Self 1991.
    SelfTime {
        /// Power of `v`.
        rho: f64,
        /// Power of `1 − v`.
        gamma: f64,
    },
}

impl Weighting {
    /// Tarone and Ware's `√n`.
    pub const TARONE_WARE: Self = Self::TaroneWare { power: 0.5 };
    /// Peto and Peto's as R computes it, `S(t−)`.
    pub const PETO: Self = Self::FlemingHarrington { rho: 1.0, gamma: 0.0 };

    /// Powers must be finite and not negative.
    pub(super) fn check(self) -> Result<(), Error> {
        let powers = match self {
            Self::TaroneWare { power } => [power, 0.0],
            Self::FlemingHarrington { rho, gamma } | Self::SelfTime { rho, gamma } => [rho, gamma],
            _ => [0.0; 2],
        };
        Ok(require("power of the weights", &powers, "finite and at least 0", |p| p.is_finite() && p >= 0.0)?)
    }
}

/// Weights of times in increasing order.
pub(super) struct Weights {
    kind: Weighting,
    product: f64,
    before: f64,
    last_event: f64,
}

impl Weights {
    pub fn new(kind: Weighting, outcome: &Outcome) -> Self {
        let last_event = match kind {
            Weighting::SelfTime { .. } => {
                let events = outcome.time().iter().zip(outcome.code()).filter(|(_, c)| **c != 0);
                events.fold(0.0, |last: f64, (t, _)| last.max(*t))
            }
            _ => 0.0,
        };
        Self { kind, product: 1.0, before: 0.0, last_event }
    }

    /// Weight of the next time, at which `d` of `n` have the event.
    pub fn next(&mut self, time: f64, n: f64, d: f64) -> f64 {
        let power = |x: f64, p: f64| {
            if p == 0.0 {
                1.0
            } else if p == 1.0 {
                x
            } else {
                x.powf(p)
            }
        };
        match self.kind {
            Weighting::LogRank => 1.0,
            Weighting::Gehan => n,
            Weighting::TaroneWare { power: p } => {
                if p == 0.5 {
                    n.sqrt()
                } else {
                    power(n, p)
                }
            }
            Weighting::FlemingHarrington { rho, gamma } => {
                let weight = power(self.product, rho) * power(1.0 - self.product, gamma);
                self.product *= (n - d) / n;
                weight
            }
            Weighting::PrenticeMarek => {
                self.product *= 1.0 - d / (n + 1.0);
                self.product
            }
            Weighting::Andersen => {
                let weight = self.product * n / (n + 1.0);
                self.product *= 1.0 - d / (n + 1.0);
                weight
            }
            Weighting::Prentice => {
                self.product *= n / (n + d);
                self.product
            }
            Weighting::SelfTime { rho, gamma } => {
                let middle = 0.5 * (time + self.before);
                self.before = time;
                let v = (middle / self.last_event).min(1.0);
                power(v, rho) * power(1.0 - v, gamma)
            }
        }
    }
}

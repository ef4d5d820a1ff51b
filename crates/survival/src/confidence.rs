//! Confidence limits of a probability on five scales.

use radiomics_stats::Interval;
use radiomics_stats::distribution::normal_quantile_upper;
use serde::{Deserialize, Serialize};

/// Scale on which a survival probability is taken to be normal. R: `conf.type` of `survfit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// `S ± z se`, cut to 0 and 1.
    Plain,
    /// `exp(ln S ± z se / S)`, cut to 1. R's default.
    #[default]
    Log,
    /// `exp(−exp(ln(−ln S) ± z se / (S ln S)))`: stays within 0 and 1; the only one of lifelines and scikit-survival.
    LogLog,
    /// On `ln(S / (1 − S))`.
    Logit,
    /// On `arcsin √S`.
    Arcsin,
}

impl Scale {
    /// Limits of a probability with its standard error. A limit that the scale does not define (at probability 0, and
    /// but for `Plain` and `Log` at 1) is NaN, as R gives NA.
    pub fn interval(self, p: f64, se: f64, level: f64) -> Interval {
        let (lower, upper) = self.limits(p, se, normal_quantile_upper(0.5 * (1.0 - level)));
        Interval { lower, upper, level }
    }

    /// Limits where `z` is the normal quantile.
    pub(crate) fn limits(self, p: f64, se: f64, z: f64) -> (f64, f64) {
        const NONE: (f64, f64) = (f64::NAN, f64::NAN);
        let relative = if se == 0.0 { 0.0 } else { se / p };
        match self {
            Self::Plain => {
                let half = relative * p * z;
                if half.is_nan() { NONE } else { ((p - half).max(0.0), (p + half).min(1.0)) }
            }
            _ if p == 0.0 || relative.is_nan() => NONE,
            Self::Log => {
                let half = z * relative;
                ((p.ln() - half).exp(), (p.ln() + half).exp().min(1.0))
            }
            _ if p == 1.0 => NONE,
            Self::LogLog => {
                let (log, half) = ((-p.ln()).ln(), z * relative / p.ln());
                ((-(log - half).exp()).exp(), (-(log + half).exp()).exp())
            }
            Self::Logit => {
                let (logit, half) = ((p / (1.0 - p)).ln(), z * relative / (1.0 - p));
                (1.0 - 1.0 / (1.0 + (logit - half).exp()), 1.0 - 1.0 / (1.0 + (logit + half).exp()))
            }
            Self::Arcsin => {
                let (angle, half) = (p.sqrt().asin(), 0.5 * z * relative * (p / (1.0 - p)).sqrt());
                let square_of_sine = |a: f64| a.sin() * a.sin();
                (
                    square_of_sine((angle - half).max(0.0)),
                    square_of_sine((angle + half).min(std::f64::consts::FRAC_PI_2)),
                )
            }
        }
    }
}

//! Proportions, their differences and ratios, and the number needed to treat.

use serde::{Deserialize, Serialize};

use crate::distribution::{beta_quantile, beta_quantile_upper, normal_quantile_upper};
use crate::error::{Error, require_count, require_level};
use crate::result::Interval;

/// Interval of a proportion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProportionInterval {
    /// Wilson's score interval. R: `prop.test(x, n, correct = FALSE)`.
    #[default]
    Wilson,
    /// Wilson's with continuity correction. R: `prop.test(x, n)`, whose correction is `min(½, |x − n/2|)`.
    WilsonContinuity,
    /// Clopper and Pearson's exact interval. R: `binom.test(x, n)`.
    ClopperPearson,
    /// Agresti and Coull's. R: `binom::binom.agresti.coull(x, n)`.
    AgrestiCoull,
    /// Jeffreys' equal-tailed interval, with the end closed where `x` is 0 or `n`.
    Jeffreys,
    /// `p ± z √(p (1 − p) / n)`: too short for small `n`, for comparison only.
    Wald,
}

/// Interval of `x` among `n`.
///
/// R: `prop.test`, `binom.test` or `binom::binom.confint(x, n, level, methods)`, as [`ProportionInterval`] says of each
/// kind; Python: `statsmodels.stats.proportion.proportion_confint(x, n, alpha, method)`.
///
/// # Errors
/// No patients, more successes than patients, a level outside 0..1.
///
/// ```
/// use radiomics_stats::proportion::{ProportionInterval, proportion_interval};
/// let ci = proportion_interval(49, 57, ProportionInterval::Wilson, 0.95)?;
/// assert!((ci.lower - 0.746755).abs() < 1e-6 && (ci.upper - 0.927127).abs() < 1e-6);
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn proportion_interval(x: u64, n: u64, kind: ProportionInterval, level: f64) -> Result<Interval, Error> {
    require_level(level)?;
    require_count("patients of a proportion", n as usize, 1)?;
    if x > n {
        return Err(Error::Setting {
            name: "successes",
            value: format!("{x} of {n}"),
            expected: "at most the number of patients",
        });
    }
    let tail = 0.5 * (1.0 - level);
    let z = normal_quantile_upper(tail);
    let (xf, nf) = (x as f64, n as f64);
    let p = xf / nf;
    let (lower, upper) = match kind {
        ProportionInterval::Wilson => wilson(p, nf, z, 0.0),
        ProportionInterval::WilsonContinuity => wilson(p, nf, z, (xf - 0.5 * nf).abs().min(0.5)),
        ProportionInterval::ClopperPearson => (
            if x == 0 { 0.0 } else { beta_quantile(tail, xf, nf - xf + 1.0) },
            if x == n { 1.0 } else { beta_quantile_upper(tail, xf + 1.0, nf - xf) },
        ),
        ProportionInterval::AgrestiCoull => {
            let n = nf + z * z;
            let p = (xf + 0.5 * z * z) / n;
            let half = z * (p * (1.0 - p) / n).sqrt();
            ((p - half).max(0.0), (p + half).min(1.0))
        }
        ProportionInterval::Jeffreys => (
            if x == 0 { 0.0 } else { beta_quantile(tail, xf + 0.5, nf - xf + 0.5) },
            if x == n { 1.0 } else { beta_quantile_upper(tail, xf + 0.5, nf - xf + 0.5) },
        ),
        ProportionInterval::Wald => {
            let half = z * (p * (1.0 - p) / nf).sqrt();
            ((p - half).max(0.0), (p + half).min(1.0))
        }
    };
    Ok(Interval { lower, upper, level })
}

/// Wilson's limits with `correction / n` added outwards.
fn wilson(p: f64, n: f64, z: f64, correction: f64) -> (f64, f64) {
    let half = z * z / (2.0 * n);
    let root = |q: f64| z * (q * (1.0 - q) / n + half / (2.0 * n)).sqrt();
    let (up, down) = (p + correction / n, p - correction / n);
    let upper = if up >= 1.0 { 1.0 } else { (up + half + root(up)) / (1.0 + 2.0 * half) };
    let lower = if down <= 0.0 { 0.0 } else { (down + half - root(down)) / (1.0 + 2.0 * half) };
    (lower, upper)
}

/// Interval of a difference of proportions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceInterval {
    /// Newcombe's: two Wilson intervals squared and added (method 10 of Newcombe 1998).
    #[default]
    Newcombe,
    /// `d ± z · se`.
    Wald,
}

/// Two independent proportions: risk difference, number needed to treat, risk ratio and odds ratio.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TwoProportions {
    /// Events in the first group.
    pub events_1: u64,
    /// Patients in the first group.
    pub n_1: u64,
    /// Events in the second group.
    pub events_2: u64,
    /// Patients in the second group.
    pub n_2: u64,
}

/// Number needed to treat with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct NumberNeeded {
    /// `1 / (p₁ − p₂)`; infinite for equal risks, negative where the first group has fewer events.
    pub nnt: f64,
    /// Interval of the risk difference it comes from.
    pub difference: Interval,
    /// Reciprocals of those limits in increasing order; none where the difference's interval contains 0: the
    /// numbers then form two open ranges around infinity (Altman 1998).
    pub interval: Option<Interval>,
}

impl TwoProportions {
    /// Two groups.
    ///
    /// # Errors
    /// A group without patients or with more events than patients.
    pub fn new(events_1: u64, n_1: u64, events_2: u64, n_2: u64) -> Result<Self, Error> {
        for (events, n) in [(events_1, n_1), (events_2, n_2)] {
            require_count("patients in each group", n as usize, 1)?;
            if events > n {
                return Err(Error::Setting {
                    name: "events",
                    value: format!("{events} of {n}"),
                    expected: "at most the number of patients",
                });
            }
        }
        Ok(Self { events_1, n_1, events_2, n_2 })
    }

    fn risks(&self) -> (f64, f64) {
        (self.events_1 as f64 / self.n_1 as f64, self.events_2 as f64 / self.n_2 as f64)
    }

    /// `p₁ − p₂`.
    pub fn difference(&self) -> f64 {
        let (p, q) = self.risks();
        p - q
    }

    /// Interval of `p₁ − p₂`.
    /// Python: `statsmodels.stats.proportion.confint_proportions_2indep(..., method = "newcomb" or "wald")`.
    ///
    /// # Errors
    /// A level outside 0..1.
    pub fn difference_interval(&self, kind: DifferenceInterval, level: f64) -> Result<Interval, Error> {
        require_level(level)?;
        let (p, q) = self.risks();
        let d = p - q;
        let (lower, upper) = match kind {
            DifferenceInterval::Wald => {
                let z = normal_quantile_upper(0.5 * (1.0 - level));
                let half = z * (p * (1.0 - p) / self.n_1 as f64 + q * (1.0 - q) / self.n_2 as f64).sqrt();
                (d - half, d + half)
            }
            DifferenceInterval::Newcombe => {
                let a = proportion_interval(self.events_1, self.n_1, ProportionInterval::Wilson, level)?;
                let b = proportion_interval(self.events_2, self.n_2, ProportionInterval::Wilson, level)?;
                (d - (p - a.lower).hypot(b.upper - q), d + (a.upper - p).hypot(q - b.lower))
            }
        };
        Ok(Interval { lower, upper, level })
    }

    /// Number needed to treat (or to diagnose, or to harm) with its interval: the inverse of the difference and of its
    /// limits. Python: `1 / np.array(confint_proportions_2indep(x1, n1, x2, n2, method))`.
    ///
    /// # Errors
    /// A level outside 0..1.
    ///
    /// ```
    /// use radiomics_stats::proportion::{DifferenceInterval, TwoProportions};
    /// let groups = TwoProportions::new(24, 30, 7, 26)?;
    /// let nnt = groups.number_needed(DifferenceInterval::Newcombe, 0.95)?;
    /// assert!((nnt.nnt - 1.884058).abs() < 1e-6);
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn number_needed(&self, kind: DifferenceInterval, level: f64) -> Result<NumberNeeded, Error> {
        let difference = self.difference_interval(kind, level)?;
        let interval = (difference.lower > 0.0 || difference.upper < 0.0).then(|| Interval {
            lower: 1.0 / difference.upper,
            upper: 1.0 / difference.lower,
            level,
        });
        Ok(NumberNeeded { nnt: 1.0 / self.difference(), difference, interval })
    }

    /// `p₁ / p₂` and its interval on the log scale (Katz). Python: `statsmodels.stats.contingency_tables.Table2x2(t)`,
    /// `riskratio` and `riskratio_confint`. NaN or infinite limits where a group has no event.
    ///
    /// # Errors
    /// A level outside 0..1.
    pub fn risk_ratio(&self, level: f64) -> Result<(f64, Interval), Error> {
        require_level(level)?;
        let (p, q) = self.risks();
        let inverse = |x: u64| 1.0 / x as f64;
        let variance =
            inverse(self.events_1) - inverse(self.n_1) + inverse(self.events_2) - inverse(self.n_2);
        let ratio = p / q;
        Ok((ratio, Interval::normal(ratio.ln(), variance.sqrt(), level).map(f64::exp)))
    }

    /// Odds ratio and its interval on the log scale (Woolf). Python: `Table2x2(t).oddsratio` and `oddsratio_confint`; R's
    /// `fisher.test` estimates the conditional one. Infinite where a cell is 0.
    ///
    /// # Errors
    /// A level outside 0..1.
    pub fn odds_ratio(&self, level: f64) -> Result<(f64, Interval), Error> {
        require_level(level)?;
        let cells = [self.events_1, self.n_1 - self.events_1, self.events_2, self.n_2 - self.events_2]
            .map(|c| c as f64);
        let ratio = cells[0] * cells[3] / (cells[1] * cells[2]);
        let se = cells.iter().map(|c| 1.0 / c).sum::<f64>().sqrt();
        Ok((ratio, Interval::normal(ratio.ln(), se, level).map(f64::exp)))
    }
}

//! Fisher's exact test of a 2×2 table, with the conditional odds ratio.

use serde::Serialize;

use crate::distribution::incomplete;
use crate::error::{Error, require_level};
use crate::result::{Alternative, Interval, Test};
use crate::root::{RootPrecision, zero};

/// Settings of [`fisher_2x2`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FisherExact {
    /// Direction.
    pub alternative: Alternative,
    /// Odds ratio under the null hypothesis.
    pub odds_ratio: f64,
    /// Level of the interval.
    pub level: f64,
    /// How exactly odds ratio and limits are found.
    pub precision: RootPrecision,
}

impl Default for FisherExact {
    fn default() -> Self {
        Self {
            alternative: Alternative::TwoSided,
            odds_ratio: 1.0,
            level: 0.95,
            precision: RootPrecision::Full,
        }
    }
}

/// Fisher's exact test of `[[a, b], [c, d]]`. The estimate is the conditional maximum likelihood odds ratio, the
/// two-sided p-value sums all tables that are no more probable.
///
/// R: `fisher.test(matrix(c(a, c, b, d), 2))`.
///
/// # Errors
/// An empty table, a level outside 0..1, an odds ratio that is negative.
///
/// ```
/// use radiomics_stats::compare::{FisherExact, fisher_2x2};
/// let test = fisher_2x2([[3, 1], [1, 3]], &FisherExact::default())?;
/// assert!((test.p - 34.0 / 70.0).abs() < 1e-14);
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn fisher_2x2(table: [[u64; 2]; 2], settings: &FisherExact) -> Result<Test, Error> {
    require_level(settings.level)?;
    let [[a, b], [c, d]] = table;
    if a + b + c + d == 0 {
        return super::undefined("Fisher's test", "the table is empty");
    }
    if settings.odds_ratio.is_nan() || settings.odds_ratio < 0.0 {
        return Err(Error::Setting {
            name: "odds ratio of the null hypothesis",
            value: settings.odds_ratio.to_string(),
            expected: "0 or more",
        });
    }
    let law = Hypergeometric::new(a + c, b + d, a + b);
    let p = match settings.alternative {
        Alternative::Less => law.lower(a, settings.odds_ratio),
        Alternative::Greater => law.upper(a, settings.odds_ratio),
        Alternative::TwoSided => law.as_unlikely(a, settings.odds_ratio),
    };
    let alpha = 1.0 - settings.level;
    let tolerance = settings.precision.tolerance();
    let (lower, upper) = match settings.alternative {
        Alternative::Less => (0.0, law.upper_limit(a, alpha, tolerance)),
        Alternative::Greater => (law.lower_limit(a, alpha, tolerance), f64::INFINITY),
        Alternative::TwoSided => {
            (law.lower_limit(a, alpha / 2.0, tolerance), law.upper_limit(a, alpha / 2.0, tolerance))
        }
    };
    Ok(Test::plain("Fisher's exact test", f64::NAN, p.min(1.0), vec![(a + b + c + d) as usize])
        .against(settings.alternative)
        .estimating(law.odds_ratio(a, tolerance), Some(Interval { lower, upper, level: settings.level })))
}

/// Fisher's noncentral hypergeometric law of the upper left cell.
struct Hypergeometric {
    low: u64,
    high: u64,
    /// Logarithms of the central probabilities.
    ln: Vec<f64>,
}

impl Hypergeometric {
    /// `white`, `black`: column sums; `drawn`: sum of the first row.
    fn new(white: u64, black: u64, drawn: u64) -> Self {
        let low = drawn.saturating_sub(black);
        let high = drawn.min(white);
        let total = white + black;
        let p = drawn as f64 / total as f64;
        let part = |x: u64, n: u64| incomplete::binomial(x as f64, (n - x) as f64, p, 1.0 - p).ln();
        let ln = (low..=high)
            .map(|x| {
                if drawn == 0 || drawn == total {
                    0.0
                } else {
                    part(x, white) + part(drawn - x, black) - part(drawn, total)
                }
            })
            .collect();
        Self { low, high, ln }
    }

    fn density(&self, odds: f64) -> Vec<f64> {
        let ln_odds = odds.ln();
        let mut d: Vec<f64> = (self.low..).zip(&self.ln).map(|(x, l)| l + ln_odds * x as f64).collect();
        let most = d.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        d.iter_mut().for_each(|v| *v = (*v - most).exp());
        let sum: f64 = d.iter().sum();
        d.iter_mut().for_each(|v| *v /= sum);
        d
    }

    fn mean(&self, odds: f64) -> f64 {
        if odds == 0.0 {
            return self.low as f64;
        }
        if odds == f64::INFINITY {
            return self.high as f64;
        }
        (self.low..).zip(self.density(odds)).map(|(x, d)| x as f64 * d).sum()
    }

    fn lower(&self, x: u64, odds: f64) -> f64 {
        if odds == 0.0 {
            return 1.0;
        }
        if odds == f64::INFINITY {
            return if x >= self.high { 1.0 } else { 0.0 };
        }
        (self.low..=x).zip(self.density(odds)).map(|(_, d)| d).sum()
    }

    fn upper(&self, x: u64, odds: f64) -> f64 {
        if odds == 0.0 {
            return if x <= self.low { 1.0 } else { 0.0 };
        }
        if odds == f64::INFINITY {
            return 1.0;
        }
        (self.low..).zip(self.density(odds)).filter(|(at, _)| *at >= x).map(|(_, d)| d).sum()
    }

    /// Probability of all values no more probable than `x`, with R's allowance of 1e-7 for rounding.
    fn as_unlikely(&self, x: u64, odds: f64) -> f64 {
        if odds == 0.0 || odds == f64::INFINITY {
            return if (odds == 0.0 && x == self.low) || (odds != 0.0 && x == self.high) { 1.0 } else { 0.0 };
        }
        let d = self.density(odds);
        let limit = d[(x - self.low) as usize] * (1.0 + 1e-7);
        d.iter().filter(|v| **v <= limit).sum()
    }

    fn odds_ratio(&self, x: u64, tolerance: f64) -> f64 {
        if x == self.low {
            return 0.0;
        }
        if x == self.high {
            return f64::INFINITY;
        }
        solve(|odds| self.mean(odds) - x as f64, tolerance)
    }

    fn upper_limit(&self, x: u64, alpha: f64, tolerance: f64) -> f64 {
        if x == self.high { f64::INFINITY } else { solve(|odds| alpha - self.lower(x, odds), tolerance) }
    }

    fn lower_limit(&self, x: u64, alpha: f64, tolerance: f64) -> f64 {
        if x == self.low { 0.0 } else { solve(|odds| self.upper(x, odds) - alpha, tolerance) }
    }
}

/// Root of an increasing function of the odds ratio, below 1 directly, above 1 through the reciprocal.
fn solve(f: impl Fn(f64) -> f64, tolerance: f64) -> f64 {
    let at_one = f(1.0);
    if at_one == 0.0 {
        1.0
    } else if at_one > 0.0 {
        zero(&f, 0.0, 1.0, tolerance).unwrap_or(f64::NAN)
    } else {
        zero(|t| f(1.0 / t), f64::EPSILON, 1.0, tolerance).map_or(f64::NAN, |t| 1.0 / t)
    }
}

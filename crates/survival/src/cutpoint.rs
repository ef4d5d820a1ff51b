//! A cut-point of a marker by maximally selected log-rank statistics, with the p-value that the search deserves.

use radiomics_stats::distribution::{normal_density, normal_two_sided};
use radiomics_stats::error::{require_finite, require_length};
use serde::Serialize;

use crate::error::Error;
use crate::log_rank::{TiedTimes, Weighting, scores};
use crate::order::order;
use crate::outcome::{Outcome, Part};

/// A possible cut: the low group has `marker ≤ value`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cut {
    /// The value.
    pub value: f64,
    /// Patients at or below it.
    pub low: usize,
    /// Standardised log-rank statistic, absolute.
    pub statistic: f64,
}

/// The best cut and all that were looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CutPoint {
    /// Number of patients.
    pub n: usize,
    /// The cut with the largest statistic; of equal ones that with the smallest value.
    pub best: Cut,
    /// Patients above the best cut.
    pub high: usize,
    /// p-value of the best statistic, the search counted in: Lausen and Schumacher 1992. A limit for a continuous marker;
    /// it counts only the shares that were allowed, and can exceed the truth for few distinct values.
    pub p_lausen92: f64,
    /// p-value from the cuts that there are: Lausen, Sauerbrei and Schumacher 1994. Better for few cuts.
    pub p_lausen94: f64,
    /// p-value of the best statistic as if the cut had been fixed before: too small, shown for comparison.
    pub p_unadjusted: f64,
    /// All cuts with increasing value.
    pub cuts: Vec<Cut>,
}

/// Searches the cut of a marker that separates survival best, with at least `min_share` and at most `max_share` of the
/// patients at or below it. The statistic is that of the log-rank scores (Hothorn and Lausen 2003) and their permutation
/// variance. `O(n log n)`.
///
/// R: `maxstat::maxstat.test(Surv(time, event) ~ x, smethod = "LogRank", pmethod = "Lau94", minprop, maxprop)`;
/// `survminer::surv_cutpoint(data, variables = "x", minprop)` finds the same cut without a p-value.
///
/// # Errors
/// A length that differs, a marker that is not finite, shares that are none, weights, entry times or strata, no event,
/// [`Error::NoCut`] where ties leave no cut between the shares.
///
/// ```
/// use radiomics_survival::{Outcome, cutpoint::max_stat};
/// let outcome = Outcome::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[true; 6])?;
/// let cut = max_stat(&outcome, &[9.0, 8.0, 7.0, 1.0, 2.0, 3.0], 0.1, 0.9)?;
/// assert_eq!(cut.best.value, 3.0);
/// # Ok::<(), radiomics_survival::Error>(())
/// ```
pub fn max_stat(
    outcome: &Outcome,
    marker: &[f64],
    min_share: f64,
    max_share: f64,
) -> Result<CutPoint, Error> {
    require_length("marker", marker.len(), outcome.len())?;
    require_finite("marker", marker)?;
    if !(0.0..1.0).contains(&min_share) || !(min_share..=1.0).contains(&max_share) || max_share <= 0.0 {
        return Err(radiomics_stats::Error::Setting {
            name: "shares of patients below the cut",
            value: format!("{min_share} to {max_share}"),
            expected: "0 to 1, the first below the second",
        }
        .into());
    }
    outcome.refuse("maximally selected statistics", &[Part::Weights, Part::Entry, Part::Strata])?;
    if outcome.events() == 0 {
        return Err(Error::no_events(outcome.len()));
    }
    // exactRankTests counts scores as events less expected ones; their signs play no part here.
    let scores = scores(outcome, Weighting::LogRank, TiedTimes::HothornLausen);
    let n = marker.len();
    let size = n as f64;
    let sum: f64 = scores.iter().sum();
    let squares: f64 = scores.iter().map(|s| s * s).sum();
    let spread = size * squares - sum * sum;
    let order = order(marker);
    let (lowest, highest) = ((size * min_share).floor() as usize, (size * max_share).floor() as usize);
    let (mut cuts, mut low, mut below) = (Vec::new(), 0, 0.0);
    let mut distinct = 0;
    for same in order.chunk_by(|&a, &b| marker[a as usize] == marker[b as usize]) {
        distinct += 1;
        low += same.len();
        below += same.iter().map(|&i| scores[i as usize]).sum::<f64>();
        if low < n && low >= lowest.max(1) && low <= highest {
            let m = low as f64;
            let variance = m * (size - m) / (size * size * (size - 1.0)) * spread;
            let statistic = ((below - m / size * sum) / variance.sqrt()).abs();
            cuts.push(Cut { value: marker[same[0] as usize], low, statistic });
        }
    }
    let best =
        cuts.iter().copied().reduce(|best, cut| if cut.statistic > best.statistic { cut } else { best });
    let Some(best) = best else {
        return Err(Error::NoCut {
            what: "the marker".to_owned(),
            distinct,
            low: min_share,
            high: max_share,
        });
    };
    if !best.statistic.is_finite() {
        let why = "all patients have the same log-rank score".to_owned();
        return Err(radiomics_stats::Error::Undefined { what: "the cut-point".to_owned(), why }.into());
    }
    Ok(CutPoint {
        n,
        best,
        high: n - best.low,
        p_lausen92: lausen92(best.statistic, min_share, max_share),
        p_lausen94: lausen94(best.statistic, size, &cuts),
        p_unadjusted: normal_two_sided(best.statistic),
        cuts,
    })
}

/// `φ(b) [4 / b + (b − 1 / b) ln(ε₂ (1 − ε₁) / ((1 − ε₂) ε₁))]`, cut to 0 and 1.
fn lausen92(b: f64, min_share: f64, max_share: f64) -> f64 {
    let odds = (max_share * (1.0 - min_share) / ((1.0 - max_share) * min_share)).ln();
    let p = normal_density(b) * (4.0 / b + (b - 1.0 / b) * odds);
    if p.is_nan() { 1.0 } else { p.clamp(0.0, 1.0) }
}

/// `P(|Z| > b) + Σ π⁻¹ exp(−b² / 2) (t − (b² / 4 − 1) t³ / 6)` over neighbouring cuts, cut to 0 and 1.
fn lausen94(b: f64, n: f64, cuts: &[Cut]) -> f64 {
    let neighbours = cuts.windows(2).map(|w| {
        let (m1, m2) = (w[0].low as f64, w[1].low as f64);
        let t = (1.0 - m1 * (n - m2) / ((n - m1) * m2)).max(0.0).sqrt();
        (-b * b / 2.0).exp() / std::f64::consts::PI * (t - (b * b / 4.0 - 1.0) * t.powi(3) / 6.0)
    });
    (normal_two_sided(b) + neighbours.sum::<f64>()).clamp(0.0, 1.0)
}

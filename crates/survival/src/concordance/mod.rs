//! Concordance of a risk score with the order of events: Harrell's C, its weighted relatives, Uno's C.

mod dominance;
mod pairs;
mod uno;

use radiomics_stats::error::{require, require_finite, require_length, require_level};
use radiomics_stats::{Interval, Test};
use serde::{Deserialize, Serialize};

pub(crate) use self::pairs::{Pairs, TiedPairs};
pub(crate) use self::uno::TIED_RISK;
pub use self::uno::{Uno, uno};
use crate::error::Error;
use crate::outcome::{Outcome, Part};
use crate::risk_sets::{Groups, walk};

/// Weight of the pairs whose earlier event falls at time `t`. R: `timewt` of `concordance`. `S` is the survival curve,
/// `G` the probability of being uncensored, both just before `t`; `n` is the number at risk, `N` the number of patients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairWeight {
    /// 1: Harrell's C. R: `"n"`.
    #[default]
    Equal,
    /// `N S / n`, as Peto and Wilcoxon's test weighs. R: `"S"`.
    Survival,
    /// `N S / (G n)`: Schemper's. R: `"S/G"`.
    SurvivalOverCensoring,
    /// `1 / G²`: Uno's C. R: `"n/G2"`.
    InverseCensoring,
    /// `1 / n`, as the log-rank test weighs. R: `"I"`.
    InverseRisk,
}

/// Concordance of a score with the outcome, pair by pair. A pair counts where the one with the shorter time has an
/// event; it is concordant where that one has the higher score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Concordance {
    /// Weight of the pairs.
    pub weight: PairWeight,
    /// Events after this time do not count.
    pub until: Option<f64>,
    /// Number of patients.
    pub n: usize,
    /// `(concordant + tied / 2) / (concordant + discordant + tied)`.
    pub estimate: f64,
    /// Its standard error: infinitesimal jackknife over patients.
    pub std_err: f64,
    /// Sum of weights of the concordant pairs.
    pub concordant: f64,
    /// Of the discordant pairs.
    pub discordant: f64,
    /// Of the pairs with equal scores.
    pub tied_risk: f64,
    /// Pairs of events at the same time with scores that differ; they count for nothing.
    pub tied_time: f64,
    /// Pairs of events at the same time with equal scores.
    pub tied_both: f64,
    /// What each patient contributes to the estimate: the derivative by its weight, times the weight; its squares sum
    /// to the variance.
    #[serde(skip)]
    pub influence: Vec<f64>,
    /// Of the patients, so that a comparison can tell others from the same.
    #[serde(skip)]
    digest: u64,
}

impl Concordance {
    /// Harrell's C. R: `concordance(Surv(time, event) ~ risk, reverse = TRUE)`.
    ///
    /// Higher scores mean earlier events. Strata compare patients only within their own; case weights multiply; with
    /// entry times a patient is compared only with those under observation at the event.
    ///
    /// # Errors
    /// A length that differs, a score that is not finite, no event, no pair to compare.
    ///
    /// ```
    /// use radiomics_survival::{Outcome, concordance::Concordance};
    /// let outcome = Outcome::new(&[1.0, 2.0, 3.0], &[true, false, true])?;
    /// assert_eq!(Concordance::new(&outcome, &[3.0, 4.0, 1.0])?.estimate, 0.5);
    /// # Ok::<(), radiomics_survival::Error>(())
    /// ```
    pub fn new(outcome: &Outcome, risk: &[f64]) -> Result<Self, Error> {
        Self::with(outcome, risk, PairWeight::Equal, None)
    }

    /// With a weight of the pairs, events up to `until`. R: `concordance(…, timewt, ymax)`.
    ///
    /// # Errors
    /// As [`new`](Self::new); [`Error::Unsupported`] for entry times where the weight needs `G`.
    pub fn with(
        outcome: &Outcome,
        risk: &[f64],
        weight: PairWeight,
        until: Option<f64>,
    ) -> Result<Self, Error> {
        require_length("risk", risk.len(), outcome.len())?;
        require_finite("risk", risk)?;
        if outcome.events() == 0 {
            return Err(Error::no_events(outcome.len()));
        }
        if matches!(weight, PairWeight::SurvivalOverCensoring | PairWeight::InverseCensoring) {
            outcome.refuse("a concordance weighted by the censoring", &[Part::Entry])?;
        }
        if let Some(until) = until {
            require("last time of events", &[until], "a number", |t| !t.is_nan())?;
        }
        let digest = outcome.digest();
        let outcome = &*outcome.joined();
        let mut sums = Sums { changes: vec![Change::default(); outcome.len()], ..Sums::default() };
        match outcome.strata() {
            None => sums.add(outcome, risk, weight, until, |i| i),
            Some(strata) => {
                for rows in Groups::new(strata).rows() {
                    let of_stratum: Vec<f64> = rows.iter().map(|&i| risk[i]).collect();
                    sums.add(&outcome.select(&rows)?, &of_stratum, weight, until, |i| rows[i]);
                }
            }
        }
        let pairs = sums.concordant + sums.discordant + sums.tied_risk;
        if pairs <= 0.0 {
            return Err(radiomics_stats::Error::Undefined {
                what: "the concordance".to_owned(),
                why: "no two patients can be compared".to_owned(),
            }
            .into());
        }
        let somers = (sums.concordant - sums.discordant) / pairs;
        let influence: Vec<f64> = sums
            .changes
            .iter()
            .enumerate()
            .map(|(i, c)| 0.5 * outcome.weight(i) * (c.difference - somers * c.pairs) / pairs)
            .collect();
        Ok(Self {
            weight,
            until,
            n: outcome.len(),
            estimate: 0.5 * (somers + 1.0),
            std_err: influence.iter().map(|v| v * v).sum::<f64>().sqrt(),
            concordant: sums.concordant,
            discordant: sums.discordant,
            tied_risk: sums.tied_risk,
            tied_time: sums.tied_time,
            tied_both: sums.tied_both,
            influence,
            digest,
        })
    }

    /// `estimate ± z se`, cut to 0 and 1.
    ///
    /// # Errors
    /// A level outside 0 to 1.
    pub fn interval(&self, level: f64) -> Result<Interval, Error> {
        require_level(level)?;
        Ok(Interval::normal(self.estimate, self.std_err, level).clamp(0.0, 1.0))
    }

    /// Test whether two scores of the same patients have the same concordance: `z` from the difference of their
    /// influences. R: `concordance(fit1, fit2)` and its covariance.
    ///
    /// # Errors
    /// Different patients, and scores whose difference has no variance (the same score twice).
    pub fn compare(&self, other: &Self) -> Result<Test, Error> {
        require_length("patients of the other score", other.n, self.n)?;
        if self.digest != other.digest {
            return Err(radiomics_stats::Error::Undefined {
                what: "the comparison of two concordances".to_owned(),
                why: "the scores are of different patients".to_owned(),
            }
            .into());
        }
        let variance: f64 = self.influence.iter().zip(&other.influence).map(|(a, b)| (a - b) * (a - b)).sum();
        let difference = self.estimate - other.estimate;
        if variance.sqrt() < 1e-12 {
            return Err(radiomics_stats::Error::Undefined {
                what: "the comparison of two concordances".to_owned(),
                why: "the two scores order the patients alike".to_owned(),
            }
            .into());
        }
        let z = difference / variance.sqrt();
        let interval = Interval::normal(difference, variance.sqrt(), 0.95);
        let p = radiomics_stats::distribution::normal_two_sided(z);
        Ok(Test::plain("Difference of two concordances, infinitesimal jackknife", z, p, vec![self.n])
            .estimating(difference, Some(interval)))
    }
}

/// Derivatives of the sums by the weight of one patient.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    /// Of concordant less discordant.
    difference: f64,
    /// Of all pairs.
    pairs: f64,
}

#[derive(Default)]
struct Sums {
    concordant: f64,
    discordant: f64,
    tied_risk: f64,
    tied_time: f64,
    tied_both: f64,
    changes: Vec<Change>,
}

impl Sums {
    /// Adds one stratum whose patient `i` is the patient `place(i)` of all.
    fn add(
        &mut self,
        outcome: &Outcome,
        risk: &[f64],
        weight: PairWeight,
        until: Option<f64>,
        place: impl Fn(usize) -> usize,
    ) {
        if outcome.events() == 0 {
            return;
        }
        let time_weights = time_weights(outcome, weight, until);
        let pairs = Pairs::new(outcome, risk, 0.0, |step| time_weights.as_ref().map_or(1.0, |w| w[step]));
        for (i, &event_weight) in pairs.event_weight.iter().enumerate() {
            let ([later, earlier], w) = (pairs.partners[i], outcome.weight(i));
            // Weight of the time alone: the derivative by this patient's own weight.
            let own = event_weight / w;
            self.concordant += event_weight * later.lower;
            self.discordant += event_weight * later.higher;
            self.tied_risk += event_weight * later.equal;
            let change = &mut self.changes[place(i)];
            change.difference = own * (later.lower - later.higher) + earlier.higher - earlier.lower;
            change.pairs = own * (later.lower + later.higher + later.equal)
                + earlier.higher
                + earlier.lower
                + earlier.equal;
        }
        let TiedPairs { same_risk, other_risk } = pairs.tied_times;
        self.tied_time += other_risk;
        self.tied_both += same_risk;
    }
}

/// Weight of each distinct time in increasing order; `None` where all are 1.
fn time_weights(outcome: &Outcome, weight: PairWeight, until: Option<f64>) -> Option<Vec<f64>> {
    // As in R: one event alone gives no curves to weigh by.
    let weight = if outcome.events() < 2 { PairWeight::Equal } else { weight };
    if weight == PairWeight::Equal && until.is_none() {
        return None;
    }
    let total: f64 = (0..outcome.len()).map(|i| outcome.weight(i)).sum();
    let (mut survival, mut censoring) = (1.0, 1.0);
    let mut weights = Vec::new();
    walk(
        outcome,
        None,
        1,
        |code| code != 0,
        |set| {
            let (n, d, c) = (set.at_risk[0], set.events[0], set.censored[0]);
            let w = match weight {
                _ if d == 0.0 || until.is_some_and(|until| set.time > until) => 0.0,
                PairWeight::Equal => 1.0,
                PairWeight::Survival => total * survival / n,
                PairWeight::SurvivalOverCensoring => total * survival / (censoring * n),
                PairWeight::InverseCensoring => 1.0 / (censoring * censoring),
                PairWeight::InverseRisk => 1.0 / n,
            };
            weights.push(w);
            survival *= (n - d) / n;
            if c > 0.0 {
                censoring *= 1.0 - c / (n - d);
            }
        },
    );
    Some(weights)
}

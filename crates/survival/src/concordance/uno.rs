//! Uno's C as scikit-survival computes it: weights from a training cohort, applied to a test cohort.

use radiomics_stats::error::{require, require_finite, require_length};
use serde::Serialize;

use super::Pairs;
use crate::censoring::Censoring;
use crate::error::Error;
use crate::outcome::{Outcome, Part};

/// Scores closer than this count as equal: `tied_tol` of scikit-survival.
pub(crate) const TIED_RISK: f64 = 1e-8;

/// Uno's C and the numbers of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Uno {
    /// The concordance, pairs weighted by `1 / G(T)²` of the earlier event.
    pub estimate: f64,
    /// Concordant pairs, not weighted.
    pub concordant: f64,
    /// Discordant pairs.
    pub discordant: f64,
    /// Pairs whose scores differ by 1e-8 or less.
    pub tied_risk: f64,
    /// Pairs of an event and a censoring at the same time.
    pub tied_time: f64,
}

/// Uno's C of a score on `test` with weights from the censoring in `train` (`G` at the time itself; R's, which takes
/// it just before, is [`PairWeight::InverseCensoring`](super::PairWeight)). Only events before `tau` count. Without
/// weights (`train` = `None`) it is Harrell's C with the same rule of ties.
///
/// Python: `sksurv.metrics.concordance_index_ipcw(train, test, risk, tau)`, `concordance_index_censored`.
///
/// # Errors
/// A length that differs, a score that is not finite, weights, entry times or strata, no event, no pair, an event of `test` after
/// the follow-up of `train` or where `G` is 0.
pub fn uno(train: Option<&Outcome>, test: &Outcome, risk: &[f64], tau: Option<f64>) -> Result<Uno, Error> {
    require_length("risk", risk.len(), test.len())?;
    require_finite("risk", risk)?;
    test.refuse("Uno's concordance", &[Part::Weights, Part::Entry, Part::Strata])?;
    train.map_or(Ok(()), |train| train.refuse("Uno's concordance", &[Part::Strata]))?;
    if let Some(tau) = tau {
        require("tau", &[tau], "a number", |t| !t.is_nan())?;
    }
    if test.events() == 0 {
        return Err(Error::no_events(test.len()));
    }
    let censoring = train.map(Censoring::new);
    let pairs = Pairs::new(test, risk, TIED_RISK, |_| 1.0);
    let (mut numerator, mut denominator) = (0.0, 0.0);
    let mut found =
        Uno { estimate: f64::NAN, concordant: 0.0, discordant: 0.0, tied_risk: 0.0, tied_time: 0.0 };
    for (i, &time) in test.time().iter().enumerate().filter(|&(i, _)| test.is_event(i)) {
        let later = pairs.partners[i][0];
        found.concordant += later.lower;
        found.discordant += later.higher;
        found.tied_risk += later.equal;
        if tau.is_some_and(|tau| time >= tau) {
            continue;
        }
        let g = censoring.as_ref().map_or(Ok(1.0), |c| c.positive_at(time))?;
        numerator += (later.lower + 0.5 * later.equal) / (g * g);
        denominator += (later.lower + later.higher + later.equal) / (g * g);
    }
    let time = test.time();
    for block in test.order().chunk_by(|&a, &b| time[a as usize] == time[b as usize]) {
        let events = block.iter().filter(|&&i| test.is_event(i as usize)).count();
        found.tied_time += (events * (block.len() - events)) as f64;
    }
    if denominator == 0.0 {
        let why = "no two patients can be compared".to_owned();
        return Err(radiomics_stats::Error::Undefined { what: "Uno's concordance".to_owned(), why }.into());
    }
    Ok(Uno { estimate: numerator / denominator, ..found })
}

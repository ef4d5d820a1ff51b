//! Test of proportional hazards: does a coefficient change with time?

use radiomics_stats::distribution::chi_squared_upper;
use radiomics_stats::linalg::{Cholesky, quadratic_form};
use radiomics_stats::rank::{order, ranks};
use serde::{Deserialize, Serialize};

use super::fit::CoxFit;
use super::sweep::{Room, derivatives};
use crate::Error;

/// The function of time along which a coefficient may change. R: `cox.zph(transform)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeTransform {
    /// One less the Kaplan–Meier curve just before the time.
    #[default]
    Km,
    /// The rank of the time.
    Rank,
    /// The time itself.
    Identity,
    /// Its logarithm.
    Log,
}

/// A test for each column and one for all together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProportionalHazards {
    /// The function of time.
    pub transform: TimeTransform,
    /// Names of the columns, then `GLOBAL`.
    pub names: Vec<String>,
    /// χ² of each.
    pub chi_squared: Vec<f64>,
    /// Degrees of freedom of each.
    pub df: Vec<f64>,
    /// p of each.
    pub p: Vec<f64>,
    /// The function of time at each event, for a plot against the scaled Schoenfeld residuals.
    pub transformed: Vec<f64>,
}

impl CoxFit {
    /// Score test of the coefficient of `x g(t)` added to the model. R (survival 3 and on): `cox.zph(fit, transform)`.
    ///
    /// # Errors
    /// The logarithm with an event at time 0; events at one time only, along which nothing can change; a
    /// model that has not [`converged`](Self::converged).
    pub fn proportional_hazards(&self, transform: TimeTransform) -> Result<ProportionalHazards, Error> {
        self.converged()?;
        let (layout, p) = (&self.layout, self.layout.p);
        let g = self.transformed(transform);
        let of_group = |k: usize| g[layout.groups[k].first];
        let events: f64 = layout.groups.iter().map(|group| group.deaths as f64).sum();
        let mean =
            (0..layout.groups.len()).map(|k| layout.groups[k].deaths as f64 * of_group(k)).sum::<f64>()
                / events;
        if !mean.is_finite() {
            return Err(Error::Stats(radiomics_stats::Error::Undefined {
                what: "the test of proportional hazards along ln t".to_owned(),
                why: "an event is at time 0".to_owned(),
            }));
        }
        let first: Vec<f64> = (0..layout.groups.len()).map(|k| of_group(k) - mean).collect();
        let second: Vec<f64> = first.iter().map(|g| g * g).collect();
        if second.iter().all(|s| *s <= 1e-24 * mean * mean) {
            return Err(Error::Stats(radiomics_stats::Error::Undefined {
                what: "the test of proportional hazards".to_owned(),
                why: "all events are at one time".to_owned(),
            }));
        }
        let mut room = Room::at(self.eta());
        let parts = [None, Some(first.as_slice()), Some(second.as_slice())]
            .map(|factor| derivatives(layout, self.ties, factor, &mut room));
        let size = 2 * p;
        let mut information = vec![0.0; size * size];
        for (part, places) in parts.iter().zip([&[(0, 0)][..], &[(0, p), (p, 0)][..], &[(p, p)][..]]) {
            for &(row, column) in places {
                for j in 0..p {
                    for k in 0..p {
                        let value = part.information[j * p + k];
                        let penalty = if j == k && row == column { self.ridge.get(j).copied() } else { None };
                        information[(row + j) * size + column + k] = value + penalty.unwrap_or(0.0);
                    }
                }
            }
        }
        let statistic = |columns: &[usize]| {
            let keep: Vec<usize> = (0..p).chain(columns.iter().map(|j| p + j)).collect();
            let matrix: Vec<f64> = keep
                .iter()
                .flat_map(|&a| keep.iter().map(move |&b| (a, b)))
                .map(|(a, b)| information[a * size + b])
                .collect();
            let u: Vec<f64> = keep.iter().map(|&a| if a < p { 0.0 } else { parts[1].score[a - p] }).collect();
            quadratic_form(&Cholesky::new(&matrix, keep.len(), 1e-14).inverse(), &u)
        };
        let all: Vec<usize> = (0..p).collect();
        let mut chi_squared: Vec<f64> = (0..p).map(|j| statistic(&[j])).collect();
        chi_squared.push(statistic(&all));
        let mut df = vec![1.0; p];
        df.push(self.degrees_of_freedom);
        let p_values = chi_squared.iter().zip(&df).map(|(c, d)| chi_squared_upper(*c, *d)).collect();
        let transformed = layout
            .groups
            .iter()
            .flat_map(|group| std::iter::repeat_n(g[group.first], group.deaths))
            .collect();
        Ok(ProportionalHazards {
            transform,
            names: self.names.iter().cloned().chain(["GLOBAL".to_owned()]).collect(),
            chi_squared,
            df,
            p: p_values,
            transformed,
        })
    }

    /// `g(t)` of each sorted row.
    fn transformed(&self, transform: TimeTransform) -> Vec<f64> {
        let time = &self.layout.time;
        match transform {
            TimeTransform::Identity => time.clone(),
            TimeTransform::Log => time.iter().map(|t| t.ln()).collect(),
            TimeTransform::Rank => ranks(time).ranks,
            TimeTransform::Km => {
                let mut out = vec![0.0; time.len()];
                let sorted = order(time);
                let entries = self.layout.entry.as_ref().map(|e| {
                    let mut times = e.time.clone();
                    times.sort_by(f64::total_cmp);
                    times
                });
                let (mut left, mut survival) = (time.len(), 1.0);
                for tied in sorted.chunk_by(|&a, &b| time[a as usize] == time[b as usize]) {
                    let at = time[tied[0] as usize];
                    tied.iter().for_each(|&i| out[i as usize] = 1.0 - survival);
                    let late =
                        entries.as_ref().map_or(0, |times| times.len() - times.partition_point(|e| *e < at));
                    let deaths = tied.iter().filter(|&&i| self.layout.event[i as usize]).count();
                    if deaths > 0 {
                        survival *= 1.0 - deaths as f64 / (left - late) as f64;
                    }
                    left -= tied.len();
                }
                out
            }
        }
    }
}

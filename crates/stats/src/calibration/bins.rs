//! Calibration curve in bins.

use serde::{Deserialize, Serialize};

use super::check;
use crate::describe::{quantile_sorted, sorted};
use crate::error::{Error, require_count};

/// Where the edges of bins lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinStrategy {
    /// Equal widths over 0..1.
    #[default]
    Uniform,
    /// Quantiles of the probabilities (type 7).
    Quantile,
}

/// One bin that has patients.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// Mean probability.
    pub predicted: f64,
    /// Share of positives.
    pub observed: f64,
    /// Number of patients.
    pub count: usize,
}

/// The bins that have patients, from small probabilities to large ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationCurve {
    /// The bins.
    pub bins: Vec<Bin>,
}

impl CalibrationCurve {
    /// A probability on an inner edge belongs to the bin below it.
    /// Python: `sklearn.calibration.calibration_curve(y, p, strategy, n_bins)`.
    ///
    /// # Errors
    /// Lengths that differ, values outside 0..1, no bins.
    ///
    /// ```
    /// use radiomics_stats::calibration::{BinStrategy, CalibrationCurve};
    /// let curve = CalibrationCurve::new(&[false, true, true, true], &[0.1, 0.4, 0.6, 0.9], BinStrategy::Uniform, 2)?;
    /// assert_eq!(curve.bins[0].observed, 0.5);
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn new(outcome: &[bool], p: &[f64], strategy: BinStrategy, count: usize) -> Result<Self, Error> {
        check(outcome, p)?;
        require_count("bins", count, 1)?;
        let ordered = sorted(p);
        let inner: Vec<f64> = (1..count)
            .map(|i| {
                let share = i as f64 / count as f64;
                match strategy {
                    BinStrategy::Uniform => share,
                    BinStrategy::Quantile => quantile_sorted(&ordered, share),
                }
            })
            .collect();
        let mut sums = vec![(0.0, 0usize, 0usize); count];
        for (&o, &v) in outcome.iter().zip(p) {
            let bin = inner.partition_point(|edge| *edge < v);
            sums[bin].0 += v;
            sums[bin].1 += usize::from(o);
            sums[bin].2 += 1;
        }
        let bins = sums
            .into_iter()
            .filter(|s| s.2 > 0)
            .map(|(sum, positives, count)| Bin {
                predicted: sum / count as f64,
                observed: positives as f64 / count as f64,
                count,
            })
            .collect();
        Ok(Self { bins })
    }

    /// Expected calibration error: mean distance of observed and predicted, weighted by patients.
    ///
    /// Python, with bins of one width: `torchmetrics.functional.classification.binary_calibration_error(p, y, k, "l1")`,
    /// where a probability on an edge is in the bin above, here in the bin below.
    pub fn expected_error(&self) -> f64 {
        let n: usize = self.bins.iter().map(|b| b.count).sum();
        self.bins.iter().map(|b| b.count as f64 * (b.observed - b.predicted).abs()).sum::<f64>() / n as f64
    }

    /// Largest distance of observed and predicted. Python: the same with `"max"`.
    pub fn largest_error(&self) -> f64 {
        self.bins.iter().map(|b| (b.observed - b.predicted).abs()).fold(0.0, f64::max)
    }
}

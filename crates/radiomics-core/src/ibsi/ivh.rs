//! Intensity-volume histogram (`P88C`): which fraction `ν` of the volume has at least an intensity `i`.
//!
//! Intensities lie on a grid `G` of steps `w` from its lowest to its highest value; `γ = (i − min G) / (max G − min G)`
//! is the fraction of the range. `ν` falls as `i` rises, so each feature is a search among the sorted voxels: time and
//! memory do not depend on the number of steps.
//!
//! ```
//! use radiomics_core::{IbsiFamily, ibsi::{IbsiInput, Selection, features}};
//! let input = IbsiInput::from_grey_levels(ndarray::arr3(&[[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]]), [1.0; 3]);
//! let selection = Selection { families: vec![IbsiFamily::IntensityVolumeHistogram], ..Selection::default() };
//! let values = features(&input, &selection)?;
//! let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).map(|v| v.value);
//! // A tenth of the range is 1.9: nine voxels have at least 2. One voxel has at least 10.
//! assert_eq!((value("ivh_v10"), value("ivh_i10")), (Some(0.9), Some(10.0)));
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
#![doc = ibsi_intensity_volume_histogram_table!()]
//!
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003, section 3.5.

use super::IvhBinning;
use crate::error::Error;

/// Values in the order of the names.
///
/// # Errors
/// When the bin width is not positive and finite, or there is no bin.
pub(super) fn values(voxels: &[f64], binning: IvhBinning) -> Result<Vec<f64>, Error> {
    let histogram = Histogram::new(voxels, binning)?;
    let [v10, v90] = [1.0, 9.0].map(|tenths| histogram.volume_at(tenths));
    let [i10, i90] = [1, 9].map(|tenths| histogram.intensity_at(tenths));
    Ok(vec![v10, v90, i10, i90, v10 - v90, i10 - i90, histogram.area()])
}

struct Histogram {
    /// Discretised intensities, rising.
    voxels: Vec<f64>,
    /// Lowest value of the grid.
    low: f64,
    step: f64,
    /// Number of steps from the lowest to the highest value.
    steps: f64,
}

impl Histogram {
    fn new(voxels: &[f64], binning: IvhBinning) -> Result<Self, Error> {
        let (min, max) = crate::levels::extremes(voxels);
        let ends = |[low, high]: [Option<f64>; 2]| (low.unwrap_or(min), high.unwrap_or(max));
        let mut sorted = voxels.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let (low, high, step) = match binning {
            IvhBinning::Discrete { range } => {
                let (low, high) = ends(range);
                (low, high, 1.0)
            }
            IvhBinning::Continuous { width, range } => {
                if !(width.is_finite() && width > 0.0) {
                    return Err(Error::IbsiSetting {
                        name: "bin width of the intensity-volume histogram",
                        value: width,
                        expected: "positive and finite",
                    });
                }
                let (low, high) = ends(range);
                // To the centre of each voxel's bin.
                sorted.iter_mut().for_each(|x| *x = low + (((*x - low) / width).floor() + 0.5) * width);
                (low + 0.5 * width, high - 0.5 * width, width)
            }
            IvhBinning::Arbitrary { bins } => {
                if bins == 0 {
                    return Err(Error::IbsiSetting {
                        name: "number of bins of the intensity-volume histogram",
                        value: 0.0,
                        expected: "1 or more",
                    });
                }
                let n = f64::from(bins);
                let bin = |x: f64| if max > min { (n * (x - min) / (max - min)).floor() + 1.0 } else { 1.0 };
                sorted.iter_mut().for_each(|x| *x = bin(*x).min(n));
                (1.0, n, 1.0)
            }
        };
        // A last step that does not fit is left out; rounding must not make it so.
        let steps = ((high - low) / step + 1e-9).floor().max(0.0);
        Ok(Self { voxels: sorted, low, step, steps })
    }

    /// Grid value `k`.
    fn value(&self, k: f64) -> f64 {
        self.low + k * self.step
    }

    /// Number of voxels with at least this intensity.
    fn at_least(&self, intensity: f64) -> usize {
        self.voxels.len() - self.voxels.partition_point(|&x| x < intensity)
    }

    /// Largest `ν` with `γ` of at least so many tenths: that of the first grid value there.
    fn volume_at(&self, tenths: f64) -> f64 {
        // With whole numbers of steps, ten times the one against so many times the other is exact.
        let mut k = (self.steps * tenths / 10.0).floor();
        if 10.0 * k < tenths * self.steps {
            k += 1.0;
        }
        self.at_least(self.value(k)) as f64 / self.voxels.len() as f64
    }

    /// Lowest grid value with `ν` of at most so many tenths; the highest of all where there is none.
    fn intensity_at(&self, tenths: usize) -> f64 {
        let n = self.voxels.len();
        // So many voxels at most may have the intensity; it lies above the next one.
        let allowed = tenths * n / 10;
        let Some(&above) = self.voxels.get(n - 1 - allowed.min(n - 1)) else { return f64::NAN };
        let k = ((above - self.low) / self.step + 1e-9).floor() + 1.0;
        self.value(k.clamp(0.0, self.steps))
    }

    /// `∫ ν dγ` by trapezia over the whole grid; each voxel adds the grid values that it reaches.
    fn area(&self) -> f64 {
        if self.steps == 0.0 {
            return 0.0;
        }
        let reached =
            |x: f64| (((x - self.low) / self.step + 1e-9).floor() + 1.0).clamp(0.0, self.steps + 1.0);
        let n = self.voxels.len() as f64;
        let all = self.voxels.iter().map(|&x| reached(x)).sum::<f64>() / n;
        let nu = |k: f64| self.at_least(self.value(k)) as f64 / n;
        (all - 0.5 * (nu(0.0) + nu(self.steps))) / self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::testing::Random;

    /// The definition, grid value by grid value.
    fn naive(voxels: &[f64], low: f64, step: f64, steps: usize) -> Vec<f64> {
        let n = voxels.len() as f64;
        let grid: Vec<(f64, f64, f64)> = (0..=steps)
            .map(|k| {
                let i = low + k as f64 * step;
                let below = voxels.iter().filter(|&&x| x < i).count();
                (i, k as f64 / steps as f64, (voxels.len() - below) as f64 / n)
            })
            .collect();
        let v = |x: f64| grid.iter().filter(|g| g.1 >= x).map(|g| g.2).fold(f64::NAN, f64::max);
        let i = |x: f64| grid.iter().filter(|g| g.2 <= x).map(|g| g.0).fold(f64::NAN, f64::min);
        let i = |x: f64| if i(x).is_nan() { grid[steps].0 } else { i(x) };
        let area = grid.windows(2).map(|g| 0.5 * (g[0].2 + g[1].2) * (g[1].1 - g[0].1)).sum();
        vec![v(0.1), v(0.9), i(0.1), i(0.9), v(0.1) - v(0.9), i(0.1) - i(0.9), area]
    }

    fn compare(ours: &[f64], expected: &[f64]) {
        for (place, (a, b)) in ours.iter().zip(expected).enumerate() {
            assert!((a - b).abs() <= 1e-9 * (1.0 + b.abs()), "{place}: {a} {b}");
        }
    }

    #[test]
    fn features_are_those_of_the_definition() {
        let mut random = Random(8);
        for case in 0..200 {
            let n = 1 + random.below(60);
            let whole: Vec<f64> = (0..n).map(|_| random.below(40 + case) as f64 - 20.0).collect();
            let (min, max) = (
                whole.iter().copied().fold(f64::MAX, f64::min),
                whole.iter().copied().fold(f64::MIN, f64::max),
            );
            if max > min {
                let found = values(&whole, IvhBinning::Discrete { range: [None; 2] }).unwrap();
                compare(&found, &naive(&whole, min, 1.0, (max - min) as usize));
                let levels: Vec<f64> =
                    whole.iter().map(|x| (((x - min) / (max - min) * 7.0).floor() + 1.0).min(7.0)).collect();
                compare(
                    &values(&whole, IvhBinning::Arbitrary { bins: 7 }).unwrap(),
                    &naive(&levels, 1.0, 1.0, 6),
                );
            }
            let range = [Some(-25.0), Some(275.0)];
            let found = values(&whole, IvhBinning::Discrete { range }).unwrap();
            compare(&found, &naive(&whole, -25.0, 1.0, 300));
            let centres: Vec<f64> =
                whole.iter().map(|x| -25.0 + (((x + 25.0) / 2.5).floor() + 0.5) * 2.5).collect();
            let found = values(&whole, IvhBinning::Continuous { width: 2.5, range }).unwrap();
            compare(&found, &naive(&centres, -23.75, 2.5, 119));
        }
    }

    #[test]
    fn a_flat_region_has_no_area() {
        let flat = values(&[7.0; 5], IvhBinning::Discrete { range: [None; 2] }).unwrap();
        assert_eq!(flat, [1.0, 1.0, 7.0, 7.0, 0.0, 0.0, 0.0]);
        assert!(values(&[7.0], IvhBinning::Arbitrary { bins: 0 }).is_err());
        assert!(values(&[7.0], IvhBinning::Continuous { width: -1.0, range: [None; 2] }).is_err());
    }
}

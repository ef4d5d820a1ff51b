//! Overlap of two masks.

use serde::Serialize;

use crate::error::{Error, require_length};

/// Counts of voxels of two masks. Rates of two empty masks are NaN: there is nothing that could overlap, and both
/// 1 and 0 would be an invention. Leave such pairs out or state your rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// Voxels in both.
    pub both: u64,
    /// Voxels in the first.
    pub first: u64,
    /// Voxels in the second.
    pub second: u64,
}

impl Overlap {
    /// Counts two masks of one grid.
    ///
    /// # Errors
    /// Lengths that differ.
    ///
    /// ```
    /// use radiomics_stats::agreement::Overlap;
    /// let o = Overlap::new(&[true, true, false], &[true, false, false])?;
    /// assert_eq!(o.dice(), 2.0 / 3.0);
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn new(first: &[bool], second: &[bool]) -> Result<Self, Error> {
        require_length("second mask", second.len(), first.len())?;
        let mut o = Self { both: 0, first: 0, second: 0 };
        for (&a, &b) in first.iter().zip(second) {
            o.both += u64::from(a && b);
            o.first += u64::from(a);
            o.second += u64::from(b);
        }
        Ok(o)
    }

    /// Dice 1945: `2 |A ∩ B| / (|A| + |B|)`. Python: `scipy.spatial.distance.dice` gives 1 minus this.
    pub fn dice(&self) -> f64 {
        2.0 * self.both as f64 / (self.first + self.second) as f64
    }

    /// `|A ∩ B| / |A ∪ B|`. Python: `sklearn.metrics.jaccard_score(first, second)`.
    pub fn jaccard(&self) -> f64 {
        self.both as f64 / (self.first + self.second - self.both) as f64
    }

    /// Share of the first mask that the second covers. Python: `sklearn.metrics.recall_score(first, second)`.
    pub fn sensitivity(&self) -> f64 {
        self.both as f64 / self.first as f64
    }

    /// `1 − ||A| − |B|| / (|A| + |B|)` (Taha and Hanbury 2015). Python: 1 less half the absolute value of
    /// `SimpleITK.LabelOverlapMeasuresImageFilter().GetVolumeSimilarity()`.
    pub fn volume_similarity(&self) -> f64 {
        1.0 - self.first.abs_diff(self.second) as f64 / (self.first + self.second) as f64
    }
}

//! One pass over many intensities: their number, mean, spread and range.

use radiomics_imaging::{Image, Sample, with_voxels};
use rayon::prelude::*;

/// Sums and range of a set of intensities.
///
/// Sums run over blocks of fixed size and are joined in the order of the blocks with compensation, so that
/// the result does not depend on the number of threads; integers of up to 16 bits are summed exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Number of values.
    pub count: usize,
    /// Sum of the values.
    pub sum: f64,
    /// Sum of their squares.
    pub sum_of_squares: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

/// Values summed without compensation: exact for squares of 16-bit integers.
const BLOCK: usize = 1 << 16;
/// Independent partial sums, so that the processor adds several at once.
const LANES: usize = 4;

impl Summary {
    /// Of every voxel of an image.
    pub fn of_image(image: &Image) -> Self {
        with_voxels!(image.voxels(), |a| Self::of(a.as_slice().unwrap_or_default()))
    }

    /// Of a list of values.
    pub fn of<T: Sample>(values: &[T]) -> Self {
        let blocks: Vec<Self> = values.par_chunks(BLOCK).map(Self::of_block).collect();
        let (mut sum, mut squares) = (Compensated::default(), Compensated::default());
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for block in &blocks {
            sum.add(block.sum);
            squares.add(block.sum_of_squares);
            (min, max) = (min.min(block.min), max.max(block.max));
        }
        let (sum, sum_of_squares) = (sum.total(), squares.total());
        if sum.is_nan() {
            (min, max) = (f64::NAN, f64::NAN);
        }
        Self { count: values.len(), sum, sum_of_squares, min, max }
    }

    fn of_block<T: Sample>(values: &[T]) -> Self {
        let mut sums = [0.0_f64; LANES];
        let mut squares = [0.0_f64; LANES];
        let mut mins = [f64::INFINITY; LANES];
        let mut maxs = [f64::NEG_INFINITY; LANES];
        let mut take = |part: &[T]| {
            for (lane, value) in part.iter().enumerate() {
                let x = value.to_f64();
                sums[lane] += x;
                squares[lane] += x * x;
                mins[lane] = if x < mins[lane] { x } else { mins[lane] };
                maxs[lane] = if x > maxs[lane] { x } else { maxs[lane] };
            }
        };
        let (parts, rest) = values.as_chunks::<LANES>();
        parts.iter().for_each(|part| take(part));
        take(rest);
        Self {
            count: values.len(),
            sum: sums.iter().sum(),
            sum_of_squares: squares.iter().sum(),
            min: mins.iter().copied().fold(f64::INFINITY, f64::min),
            max: maxs.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }

    /// Mean; NaN without values.
    pub fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }

    /// Variance with `1/(N − 1)`; NaN for fewer than two values.
    pub fn variance(&self) -> f64 {
        let n = self.count as f64;
        // Written as ITK's StatisticsImageFilter writes it.
        (self.sum_of_squares - self.sum * self.sum / n) / (n - 1.0)
    }
}

/// A sum that carries what rounding lost (Neumaier 1974).
#[derive(Clone, Copy, Debug, Default)]
struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    fn add(&mut self, x: f64) {
        let total = self.sum + x;
        self.lost += if self.sum.abs() >= x.abs() { (self.sum - total) + x } else { (x - total) + self.sum };
        self.sum = total;
    }

    fn total(&self) -> f64 {
        // An infinite sum has no rest.
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_summed_exactly() {
        let values: Vec<i16> =
            (0..300_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 16) as i16).collect();
        let summary = Summary::of(&values);
        assert_eq!(summary.sum, values.iter().map(|&v| i64::from(v)).sum::<i64>() as f64);
        let squares: i64 = values.iter().map(|&v| i64::from(v) * i64::from(v)).sum();
        assert_eq!(summary.sum_of_squares, squares as f64);
        assert_eq!(summary.min, f64::from(*values.iter().min().unwrap()));
        assert_eq!(summary.max, f64::from(*values.iter().max().unwrap()));
    }

    #[test]
    fn small_values_beside_large_ones_are_kept() {
        let mut values = vec![1.0_f64; BLOCK];
        values.extend(std::iter::repeat_n(0.0, 2 * BLOCK));
        values[BLOCK] = 1e20;
        values[2 * BLOCK] = -1e20;
        assert_eq!(Summary::of(&values).sum, BLOCK as f64);
    }

    #[test]
    fn nan_is_not_hidden() {
        let summary = Summary::of(&[1.0, f64::NAN, 3.0]);
        assert!(summary.min.is_nan() && summary.max.is_nan() && summary.mean().is_nan());
    }
}

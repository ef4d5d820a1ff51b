//! Where one grey level ends and the next begins, as numpy draws the edges.

use super::Binning;
use crate::{error::Error, vectorised::vectorised};

/// Beyond this many bins the grey levels of a region are no longer a discretisation but an error in a setting.
const MAX_BINS: f64 = 16_777_216.0;

/// Bin edges of a region: bin 1 starts at `low`, and a value on an edge falls into the upper bin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bins {
    low: f64,
    step: f64,
    /// The last bin takes everything above its lower edge.
    last: u32,
}

impl Bins {
    /// Edges as `numpy.arange(min − min mod W, max + 2 W, W)` and `numpy.histogram` give them.
    pub fn new(min: f64, max: f64, binning: Binning) -> Result<Self, Error> {
        match binning {
            Binning::Width(width) => {
                if !(width.is_finite() && width > 0.0) {
                    return Err(Error::BinWidth(width));
                }
                // Python's modulo has the sign of the divisor.
                let mut rest = min % width;
                if rest < 0.0 {
                    rest += width;
                }
                let low = min - rest;
                // arange steps by the difference of its first two values.
                let step = (low + width) - low;
                let bins = (max - low) / width + 1.0;
                if !(step > 0.0 && bins <= MAX_BINS) {
                    return Err(Error::BinsOverflow { width, min, max, bins });
                }
                Ok(Self { low, step, last: u32::MAX })
            }
            Binning::Count(0) => Err(Error::BinCount),
            Binning::Count(count) if min == max => {
                // numpy.histogram gives a flat region edges half a unit to both sides.
                let low = min - 0.5;
                Ok(Self { low, step: 1.0 / f64::from(count), last: count })
            }
            Binning::Count(count) => {
                let step = (max - min) / f64::from(count);
                if !(step > 0.0 && step.is_finite()) {
                    return Err(Error::BinsOverflow { width: step, min, max, bins: f64::from(count) });
                }
                Ok(Self { low: min, step, last: count })
            }
        }
    }

    fn edge(&self, index: u32) -> f64 {
        f64::from(index) * self.step + self.low
    }

    /// Number of edges at or below `x`, as `numpy.digitize` counts them.
    pub fn level(&self, x: f64) -> u32 {
        // The division may be one off beside an edge; the edges themselves decide.
        let mut index = (((x - self.low) / self.step).max(0.0) as u32).min(self.last - 1);
        while index > 0 && x < self.edge(index) {
            index -= 1;
        }
        while index + 1 < self.last && x >= self.edge(index + 1) {
            index += 1;
        }
        index + 1
    }

    /// True where rounding cannot put a value further than one bin beside its own.
    pub fn coarse(&self, max: f64) -> bool {
        self.low.abs().max(max.abs()) * 16.0 * f64::EPSILON < self.step
    }

    /// [`Bins::level`] of many values whose bins are [coarse](Bins::coarse), without a branch.
    pub fn fill(&self, values: &[f64], levels: &mut [u32]) {
        // Adding these rounds a double to a whole number, which then stands in its lowest bits.
        const SIGNED: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²
        const UNSIGNED: f64 = 4_503_599_627_370_496.0; // 2⁵²
        let Self { low, step, last } = *self;
        let (inverse, last) = (1.0 / step, f64::from(last) - 1.0);
        vectorised(
            #[inline(always)]
            || {
                for (x, level) in values.iter().zip(levels) {
                    let guess = ((x - low) * inverse - 0.5 + SIGNED) - SIGNED;
                    let index = guess - if *x < guess * step + low { 1.0 } else { 0.0 };
                    let index = index + if *x >= (index + 1.0) * step + low { 1.0 } else { 0.0 };
                    let index = if index < last { index } else { last };
                    let index = if index > 0.0 { index } else { 0.0 };
                    *level = (index + (UNSIGNED + 1.0)).to_bits() as u32;
                }
            },
        );
    }
}

//! First-order statistics of 32 windows: intensities sorted by a network of exchanges, then the definitions.

use radiomics_core::names::FirstOrderFeatures;

use super::{
    block::Block,
    lanes::{LANES, Reals, lanes, log2_of_product},
    shape::{SLOTS, Shape},
    sizes::settled,
    tables::Tables,
};

/// Percentiles that the features need.
const FRACTIONS: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.9];

/// What does not depend on the window.
pub struct FirstOrder {
    /// Slots to be put in order, one after the other.
    network: Vec<(usize, usize)>,
    /// For each number of voxels and fraction: the place below, and the way to the next.
    places: Vec<[(usize, f64); 5]>,
    sorted: [Reals; SLOTS],
    shift: f64,
    voxel_volume: f64,
}

impl FirstOrder {
    /// For windows of a shape; `shift` is `voxelArrayShift`.
    pub fn new(shape: &Shape, shift: f64, voxel_volume: f64) -> Box<Self> {
        let places = (0..=SLOTS).map(|n| {
            FRACTIONS.map(|fraction| {
                let place = n.saturating_sub(1) as f64 * fraction;
                (place as usize, place - place.floor())
            })
        });
        Box::new(Self {
            network: network(shape.slots()),
            places: places.collect(),
            sorted: [[0.0; LANES]; SLOTS],
            shift,
            voxel_volume,
        })
    }

    /// The features of each window.
    #[inline(always)]
    pub fn features(
        &mut self,
        shape: &Shape,
        block: &Block,
        tables: &Tables,
        mut out: impl FnMut(usize, FirstOrderFeatures),
    ) {
        let slots = shape.slots();
        let mut sum = [0.0; LANES];
        for slot in 0..slots {
            let (x, grey) = (&block.intensity[slot], &block.grey[slot]);
            for l in 0..LANES {
                sum[l] += if grey[l] != 0 { x[l] } else { 0.0 };
            }
            // What is outside comes last.
            self.sorted[slot] = lanes!(l => if grey[l] != 0 { x[l] } else { f64::INFINITY });
        }
        for &(a, b) in &self.network {
            let (x, y) = (self.sorted[a], self.sorted[b]);
            for l in 0..LANES {
                self.sorted[a][l] = if x[l] < y[l] { x[l] } else { y[l] };
                self.sorted[b][l] = if x[l] < y[l] { y[l] } else { x[l] };
            }
        }
        let n: Reals = lanes!(l => f64::from(block.voxels[l]));
        let inverse: Reals = lanes!(l => tables.inverse[usize::from(block.voxels[l]) & 63]);
        let mut percentiles = [[0.0; LANES]; 5];
        let mut largest = [0.0; LANES];
        for l in 0..LANES {
            let voxels = usize::from(block.voxels[l]).clamp(1, SLOTS);
            largest[l] = self.sorted[voxels - 1][l];
            for (percentile, &(below, t)) in percentiles.iter_mut().zip(&self.places[voxels]) {
                let (a, b) = (self.sorted[below][l], self.sorted[(below + 1).min(voxels - 1)][l]);
                // numpy's rounding: from the nearer side.
                percentile[l] = if t < 0.5 { a + (b - a) * t } else { b - (b - a) * (1.0 - t) };
            }
        }
        let smallest = self.sorted[0];
        // A flat window has exactly its own value as mean.
        let mean: Reals = lanes!(l => if smallest[l] == largest[l] { smallest[l] } else { sum[l] / n[l] });
        let mut moments = [[0.0; LANES]; 6];
        let (mut robust_sum, mut robust_n) = ([0.0; LANES], [0.0; LANES]);
        let [p10, p25, median, p75, p90] = percentiles;
        for slot in 0..slots {
            let (x, grey) = (&block.intensity[slot], &block.grey[slot]);
            let inside: Reals = lanes!(l => if grey[l] != 0 { 1.0 } else { 0.0 });
            let d: Reals = lanes!(l => if inside[l] > 0.0 { x[l] - mean[l] } else { 0.0 });
            let [d1, absolute, d2, d3, d4, energy] = &mut moments;
            for l in 0..LANES {
                let square = d[l] * d[l];
                d1[l] += d[l];
                absolute[l] += d[l].abs();
                d2[l] += square;
                d3[l] += square * d[l];
                d4[l] += square * square;
            }
            for l in 0..LANES {
                let shifted = x[l] + self.shift;
                energy[l] += if inside[l] > 0.0 { shifted * shifted } else { 0.0 };
                let robust = (x[l] >= p10[l]) & (x[l] <= p90[l]);
                robust_n[l] += if robust { 1.0 } else { 0.0 };
                robust_sum[l] += if robust { d[l] } else { 0.0 };
            }
        }
        let robust_mean: Reals = lanes!(l => mean[l] + robust_sum[l] / robust_n[l]);
        let mut robust_deviation = [0.0; LANES];
        let mut squares = [0_u16; LANES];
        for slot in 0..slots {
            let (x, alike) = (&block.intensity[slot], &block.alike[slot]);
            for l in 0..LANES {
                let robust = (x[l] >= p10[l]) & (x[l] <= p90[l]);
                robust_deviation[l] += if robust { (x[l] - robust_mean[l]).abs() } else { 0.0 };
                squares[l] += u16::from(alike[l]);
            }
        }
        let counts: [[u8; LANES]; SLOTS] =
            std::array::from_fn(|slot| lanes!(l => block.alike[slot][l].max(1)));
        let logs = log2_of_product(&counts[..slots]);
        for l in 0..LANES {
            let [d1, absolute, d2, d3, d4, energy] = std::array::from_fn(|k| moments[k][l]);
            let [d1, absolute, d2, d3, d4] = [d1, absolute, d2, d3, d4].map(|sum| sum / n[l]);
            // The mean is rounded, which the moments around it show in `d1`.
            let variance = (d2 - d1 * d1).max(0.0);
            let third = d3 - 3.0 * d1 * d2 + 2.0 * d1 * d1 * d1;
            let square = d1 * d1;
            let fourth = d4 - 4.0 * d1 * d3 + 6.0 * square * d2 - 3.0 * square * square;
            let deviation = variance.sqrt();
            let standardised = |moment: f64, power: f64| if variance > 0.0 { moment / power } else { 0.0 };
            out(
                l,
                FirstOrderFeatures {
                    percentile_10: p10[l],
                    percentile_90: p90[l],
                    energy,
                    entropy: settled(tables.log2[usize::from(block.voxels[l]) & 63] - logs[l] * inverse[l]),
                    interquartile_range: p75[l] - p25[l],
                    kurtosis: standardised(fourth, variance * variance),
                    maximum: largest[l],
                    mean_absolute_deviation: absolute,
                    mean: mean[l],
                    median: median[l],
                    minimum: smallest[l],
                    range: largest[l] - smallest[l],
                    robust_mean_absolute_deviation: robust_deviation[l] / robust_n[l],
                    root_mean_squared: (energy / n[l]).sqrt(),
                    skewness: standardised(third, variance * deviation),
                    total_energy: energy * self.voxel_volume,
                    uniformity: f64::from(squares[l]) * inverse[l] * inverse[l],
                    variance,
                    standard_deviation: deviation,
                },
            );
        }
    }
}

/// Batcher's odd-even merge sort for `n` values: exchanges that sort whatever comes.
fn network(n: usize) -> Vec<(usize, usize)> {
    let mut exchanges = Vec::new();
    let mut p = 1;
    while p < n {
        let mut k = p;
        while k >= 1 {
            for j in (k % p..n.saturating_sub(k)).step_by(2 * k) {
                for i in 0..k.min(n - j - k) {
                    if (i + j) / (2 * p) == (i + j + k) / (2 * p) {
                        exchanges.push((i + j, i + j + k));
                    }
                }
            }
            k /= 2;
        }
        p *= 2;
    }
    exchanges
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network that sorts all sequences of zeros and ones sorts everything (Knuth 5.3.4); here all with one step and
    /// a great many others.
    #[test]
    fn the_network_sorts() {
        for n in [1, 3, 9, 25, 27] {
            let exchanges = network(n);
            let mut random = 1_u64;
            let few = 1_u64 << n.min(18);
            for case in 0..few {
                let bits = if n <= 18 {
                    case
                } else {
                    random = random
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    random >> 32
                };
                let mut bits = bits & ((1 << n) - 1);
                let ones = bits.count_ones();
                for &(a, b) in &exchanges {
                    let wrong = (bits >> a) & !(bits >> b) & 1;
                    bits ^= (wrong << a) | (wrong << b);
                }
                assert_eq!(bits, ((1 << ones) - 1) << (n as u32 - ones), "{n} {case}");
            }
        }
    }
}

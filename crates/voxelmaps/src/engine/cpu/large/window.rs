//! One window: its levels, also by rank among those that occur, and its intensities.

use radiomics_core::{Settings, names::FirstOrderFeatures};

use super::geometry::Geometry;
use crate::field::Field;

/// A window, and space for counting in it.
pub struct Window {
    /// Grey level of each slot, 0 outside.
    pub grey: Vec<u16>,
    /// The levels that occur, rising.
    pub levels: Vec<u32>,
    /// For each slot the rank of its level among them, 1 for the lowest; 0 outside.
    pub ranks: Vec<u16>,
    /// A number for each slot.
    pub counts: Vec<u32>,
    /// Another: a sum over other slots of levels, at most 65,535 times as much.
    pub sums: Vec<u32>,
    /// And a tree of slots.
    pub parents: Vec<u32>,
    /// The rank of each level; 0 for those that do not occur.
    rank_of: Vec<u16>,
    voxels: Vec<f64>,
    centre: usize,
}

impl Window {
    /// An empty window; levels are up to `highest`.
    pub fn new(geometry: &Geometry, highest: u32) -> Self {
        let slots = geometry.slots();
        Self {
            grey: vec![0; slots],
            levels: Vec::with_capacity(slots),
            ranks: vec![0; slots],
            counts: vec![0; slots],
            sums: vec![0; slots],
            parents: vec![0; slots],
            rank_of: vec![0; highest as usize + 1],
            voxels: Vec::with_capacity(slots),
            centre: 0,
        }
    }

    /// Takes the levels around a centre.
    #[inline(always)]
    pub fn fill(&mut self, geometry: &Geometry, field: &Field, centre: usize) {
        let Self { grey, levels, ranks, rank_of, .. } = self;
        levels.drain(..).for_each(|level| rank_of[level as usize] = 0);
        for (grey, &offset) in grey.iter_mut().zip(&geometry.offsets) {
            let level = field.levels().at(centre.wrapping_add_signed(offset));
            *grey = level as u16;
            if level != 0 && rank_of[level as usize] == 0 {
                rank_of[level as usize] = 1;
                levels.push(level);
            }
        }
        levels.sort_unstable();
        levels.iter().zip(1..).for_each(|(&level, rank)| rank_of[level as usize] = rank);
        ranks.iter_mut().zip(grey.iter()).for_each(|(rank, &grey)| *rank = rank_of[usize::from(grey)]);
        self.centre = centre;
    }

    /// First-order features, by the definitions of [`radiomics_core::features::first_order`].
    #[inline(always)]
    pub fn first_order(
        &mut self,
        geometry: &Geometry,
        field: &Field,
        settings: &Settings,
    ) -> FirstOrderFeatures {
        let Self { voxels, counts, .. } = self;
        voxels.clear();
        counts.fill(0);
        for (slot, &offset) in geometry.offsets.iter().enumerate().filter(|(slot, _)| self.grey[*slot] != 0) {
            voxels.push(field.intensities()[self.centre.wrapping_add_signed(offset)]);
            counts[usize::from(self.ranks[slot]) - 1] += 1;
        }
        let n = voxels.len() as f64;
        let sum: f64 = voxels.iter().sum();
        voxels.sort_unstable_by(f64::total_cmp);
        let (minimum, maximum) = (voxels[0], voxels[voxels.len() - 1]);
        let percentile = |fraction: f64| {
            let place = (n - 1.0) * fraction;
            let below = place as usize;
            let (a, b, t) = (voxels[below], voxels[(below + 1).min(voxels.len() - 1)], place - below as f64);
            // numpy's rounding: from the nearer side.
            if t < 0.5 { a + (b - a) * t } else { b - (b - a) * (1.0 - t) }
        };
        let [p10, p25, median, p75, p90] = [0.1, 0.25, 0.5, 0.75, 0.9].map(percentile);
        // A flat window has exactly its own value as mean.
        let mean = if minimum == maximum { minimum } else { sum / n };
        let mut moments = [0.0; 6];
        let (mut robust_sum, mut robust_n) = (0.0, 0.0);
        for &x in voxels.iter() {
            let (d, shifted) = (x - mean, x + settings.voxel_array_shift);
            let terms = [d, d.abs(), d * d, d * d * d, d * d * d * d, shifted * shifted];
            moments.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
            if x >= p10 && x <= p90 {
                robust_sum += d;
                robust_n += 1.0;
            }
        }
        let robust_mean = mean + robust_sum / robust_n;
        let robust = voxels.iter().filter(|&&x| x >= p10 && x <= p90);
        let robust_deviation: f64 = robust.map(|x| (x - robust_mean).abs()).sum();
        let energy = moments[5];
        let [d1, absolute, d2, d3, d4, _] = moments.map(|sum| sum / n);
        // The mean is rounded, which the moments around it show in `d1`.
        let variance = (d2 - d1 * d1).max(0.0);
        let third = d3 - 3.0 * d1 * d2 + 2.0 * d1.powi(3);
        let fourth = d4 - 4.0 * d1 * d3 + 6.0 * d1 * d1 * d2 - 3.0 * d1.powi(4);
        let standardised = |moment: f64, power: f64| if variance > 0.0 { moment / power } else { 0.0 };
        let probabilities = || counts[..self.levels.len()].iter().map(|&count| f64::from(count) / n);
        FirstOrderFeatures {
            percentile_10: p10,
            percentile_90: p90,
            energy,
            entropy: -probabilities().map(|p| p * (p + f64::EPSILON).log2()).sum::<f64>(),
            interquartile_range: p75 - p25,
            kurtosis: standardised(fourth, variance * variance),
            maximum,
            mean_absolute_deviation: absolute,
            mean,
            median,
            minimum,
            range: maximum - minimum,
            robust_mean_absolute_deviation: robust_deviation / robust_n,
            root_mean_squared: (energy / n).sqrt(),
            skewness: standardised(third, variance.powf(1.5)),
            total_energy: energy * field.spacing().iter().product::<f64>(),
            uniformity: probabilities().map(|p| p * p).sum(),
            variance,
            standard_deviation: variance.sqrt(),
        }
    }
}

//! Seeded random numbers and smooth textures, the same on every machine.

use ndarray::{Array3, Axis};

/// SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195).
pub(crate) struct SplitMix(u64);

impl SplitMix {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The generator of one part of one patient: draws of one part do not move those of another.
    pub(crate) fn of(seed: u64, patient: usize, part: u64) -> Self {
        let mut random = Self::new(seed);
        let mut random = Self::new(random.next() ^ (patient as u64).wrapping_mul(0xd1b5_4a32_d192_ed03));
        Self::new(random.next() ^ part.wrapping_mul(0x8cb9_2ba7_2f3d_8dd7))
    }

    /// Uniform, above 0 and below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// Standard normal (Box and Muller 1958), with the elementary functions of `libm`, the same on every machine.
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, turn) = (self.unit(), self.unit());
        (-2.0 * libm::log(radius)).sqrt() * libm::cos(std::f64::consts::TAU * turn)
    }

    /// Nearly normal, whole: the sum of the eight bytes of a draw, mean 1020, deviation about 209.
    fn bell(&mut self) -> i64 {
        self.next().to_le_bytes().iter().map(|&byte| i64::from(byte)).sum()
    }
}

/// Noise of mean 0 and standard deviation 1, smoothed by three running means of `2 · reach + 1` voxels
/// along each axis `[z, y, x]` (close to a Gaussian of variance `reach · (reach + 1)` voxels²).
pub(crate) fn smooth_noise(shape: [usize; 3], reach: [usize; 3], seed: u64) -> Array3<f64> {
    let mut random = SplitMix::new(seed);
    // Whole numbers until the end: their sums do not depend on the order.
    let mut noise = Array3::from_shape_simple_fn(shape, || (random.bell() - 1020) << 8);
    for (axis, &reach) in reach.iter().enumerate() {
        for _ in 0..if reach > 0 { 3 } else { 0 } {
            for mut line in noise.lanes_mut(Axis(axis)) {
                let values = line.to_vec();
                running_mean(&values, reach, |index, mean| line[index] = mean);
            }
        }
    }
    let n = noise.len().max(1) as f64;
    let mean = noise.sum() as f64 / n;
    let deviation = (noise.iter().map(|&v| (v as f64 - mean) * (v as f64 - mean)).sum::<f64>() / n).sqrt();
    let scale = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
    noise.mapv(|v| (v as f64 - mean) * scale)
}

/// Mean over a window that is cut at the ends.
fn running_mean(values: &[i64], reach: usize, mut put: impl FnMut(usize, i64)) {
    let (mut start, mut end, mut sum) = (0, 0, 0);
    for index in 0..values.len() {
        while end < (index + reach + 1).min(values.len()) {
            sum += values[end];
            end += 1;
        }
        while start + reach < index {
            sum -= values[start];
            start += 1;
        }
        put(index, sum / (end - start) as i64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // First draws of java.util.SplittableRandom's reference code for seed 1234567 (Vigna, splitmix64.c).
        let mut random = SplitMix::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn normal_draws_have_mean_0_and_variance_1() {
        let mut random = SplitMix::of(7, 3, 1);
        let draws: Vec<f64> = (0..20_000).map(|_| random.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn running_mean_is_the_mean_of_the_window() {
        let values = [3, 1, 4, 1, 5, 9, 2, 6];
        let mut means = vec![0; values.len()];
        running_mean(&values, 2, |index, mean| means[index] = mean);
        for (index, mean) in means.into_iter().enumerate() {
            let window = &values[index.saturating_sub(2)..(index + 3).min(values.len())];
            assert_eq!(mean, window.iter().sum::<i64>() / window.len() as i64);
        }
    }

    #[test]
    fn noise_is_standard_and_smooth() {
        let noise = smooth_noise([12, 20, 20], [1, 2, 2], 7);
        let n = noise.len() as f64;
        assert!(noise.sum().abs() / n < 1e-12);
        assert!((noise.iter().map(|v| v * v).sum::<f64>() / n - 1.0).abs() < 1e-12);
        let neighbours: f64 = noise.lanes(Axis(2)).into_iter().map(|l| l[9] * l[10]).sum::<f64>() / 240.0;
        assert!(neighbours > 0.6, "{neighbours}");
    }
}

//! Intensity histogram (`ZVCW`): the grey levels of the intensity mask, without their place.
//!
//! Everything is taken from the number of voxels `n_i` of each level that occurs; time and memory do not depend on
//! the number of levels that could occur.
//!
//! ```
//! use radiomics_core::{IbsiFamily, ibsi::{IbsiInput, Selection, features}};
//! let input = IbsiInput::from_grey_levels(ndarray::arr3(&[[[1, 1, 4]]]), [1.0; 3]);
//! let selection = Selection { families: vec![IbsiFamily::IntensityHistogram], ..Selection::default() };
//! let values = features(&input, &selection)?;
//! let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).map(|v| v.value);
//! // Numbers of voxels 2, 0, 0, 1; slopes −2, −1, 0.5, 1.
//! assert_eq!((value("ih_max_grad"), value("ih_max_grad_g")), (Some(1.0), Some(4.0)));
//! assert_eq!((value("ih_min_grad"), value("ih_min_grad_g")), (Some(-2.0), Some(1.0)));
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! `N = Σ n_i` and `p_i = n_i / N`. The slope of the histogram of `N_g` levels, empty ones too, is
//! `h_i = (n_{i+1} − n_{i−1}) / 2`, at its ends `n_2 − n_1` and `n_{N_g} − n_{N_g−1}`, and 0 for a single level.
//!
#![doc = ibsi_intensity_histogram_table!()]
//!
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003, section 3.4.

/// Values in the order of the names. `levels` rise, `counts` are the numbers of their voxels, `level_count` is `N_g`.
pub(super) fn values(levels: &[u32], counts: &[u64], level_count: u32) -> Vec<f64> {
    let bins: Vec<(f64, f64)> =
        levels.iter().zip(counts).map(|(&level, &count)| (f64::from(level), count as f64)).collect();
    let n: f64 = bins.iter().map(|bin| bin.1).sum();
    let mean_of = |f: &dyn Fn(f64) -> f64| bins.iter().map(|&(i, count)| f(i) * count).sum::<f64>() / n;
    let mean = mean_of(&|i| i);
    let moment = |k: i32| mean_of(&|i| (i - mean).powi(k));
    let variance = moment(2);
    let standardised = |moment: f64, power: f64| if variance > 0.0 { moment / power } else { 0.0 };
    let [p10, p25, median, p75, p90] =
        [0.1, 0.25, 0.5, 0.75, 0.9].map(|fraction| percentile(&bins, fraction));
    let (minimum, maximum) = (bins.first().map_or(f64::NAN, |b| b.0), bins.last().map_or(f64::NAN, |b| b.0));
    let robust: Vec<(f64, f64)> = bins.iter().copied().filter(|bin| (p10..=p90).contains(&bin.0)).collect();
    let robust_n: f64 = robust.iter().map(|bin| bin.1).sum();
    let robust_mean = robust.iter().map(|(i, count)| i * count).sum::<f64>() / robust_n;
    let robust_deviation =
        robust.iter().map(|(i, count)| (i - robust_mean).abs() * count).sum::<f64>() / robust_n;
    let [steepest, flattest] = gradients(levels, counts, level_count);
    vec![
        mean,
        variance,
        standardised(moment(3), variance.powf(1.5)),
        standardised(moment(4), variance * variance) - if variance > 0.0 { 3.0 } else { 0.0 },
        median,
        minimum,
        p10,
        p90,
        maximum,
        mode(&bins, mean),
        p75 - p25,
        maximum - minimum,
        mean_of(&|i| (i - mean).abs()),
        robust_deviation,
        mean_of(&|i| (i - median).abs()),
        variance.sqrt() / mean,
        (p75 - p25) / (p75 + p25),
        // Plus 0, as nothing shall be minus 0.
        0.0 - bins.iter().map(|(_, count)| count / n * (count / n).log2()).sum::<f64>(),
        bins.iter().map(|(_, count)| (count / n).powi(2)).sum(),
        steepest.0,
        steepest.1,
        flattest.0,
        flattest.1,
    ]
}

/// With linear interpolation between the sorted grey levels.
fn percentile(bins: &[(f64, f64)], fraction: f64) -> f64 {
    let n: f64 = bins.iter().map(|bin| bin.1).sum();
    let sorted = |place: f64| {
        let mut before = 0.0;
        let bin = bins.iter().find(|bin| {
            before += bin.1;
            before > place
        });
        bin.or(bins.last()).map_or(f64::NAN, |bin| bin.0)
    };
    let place = fraction * (n - 1.0);
    let (low, high) = (sorted(place.floor()), sorted(place.floor() + 1.0));
    low + (high - low) * place.fract()
}

/// The most frequent level; of several the one nearest the mean, and of two such the lower.
fn mode(bins: &[(f64, f64)], mean: f64) -> f64 {
    let better = |best: Option<(f64, f64)>, &bin: &(f64, f64)| match best {
        Some(best) if bin.1 < best.1 => Some(best),
        Some(best) if bin.1 == best.1 && (bin.0 - mean).abs() >= (best.0 - mean).abs() => Some(best),
        _ => Some(bin),
    };
    bins.iter().fold(None, better).map_or(f64::NAN, |bin| bin.0)
}

/// Largest and smallest slope of the histogram with all its bins, empty ones too, and the lowest level of each:
/// `n_{i+1} − n_{i−1}` over 2, at both ends the difference of two bins, 0 for a single one.
fn gradients(levels: &[u32], counts: &[u64], level_count: u32) -> [(f64, f64); 2] {
    let last = level_count.max(levels.last().copied().unwrap_or(1));
    // Elsewhere than at and beside the levels that occur, the slope is 0: the lowest such level stands for all.
    let mut places: Vec<u32> =
        levels.iter().flat_map(|&i| [i.saturating_sub(1), i, i.saturating_add(1)]).collect();
    places.retain(|i| (1..=last).contains(i));
    places.dedup();
    places.sort_unstable();
    places.dedup();
    let gap = (1..=last).zip(&places).find(|(i, place)| i != *place).map(|(i, _)| i);
    places.extend(gap.or_else(|| (places.len() as u32).checked_add(1).filter(|&i| i <= last)));
    places.sort_unstable();
    let n = |i: u32| levels.binary_search(&i).map_or(0.0, |place| counts[place] as f64);
    let slope = |i: u32| match i {
        _ if last == 1 => 0.0,
        1 => n(2) - n(1),
        _ if i == last => n(last) - n(last - 1),
        _ => (n(i + 1) - n(i - 1)) / 2.0,
    };
    let slopes = places.iter().map(|&i| (slope(i), f64::from(i)));
    let first = (f64::NAN, f64::NAN);
    let steepest = slopes.clone().fold(first, |best, s| if s.0 <= best.0 { best } else { s });
    let flattest = slopes.fold(first, |best, s| if s.0 >= best.0 { best } else { s });
    [steepest, flattest]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{features::testing::Random, ibsi::statistics};

    #[test]
    fn counts_give_the_statistics_of_the_voxels() {
        let mut random = Random(5);
        for case in 0..50 {
            let voxels: Vec<f64> =
                (0..1 + random.below(400)).map(|_| 1.0 + random.below(1 + case) as f64).collect();
            let mut levels: Vec<u32> = voxels.iter().map(|&x| x as u32).collect();
            levels.sort_unstable();
            let counts: Vec<u64> = levels.chunk_by(|a, b| a == b).map(|same| same.len() as u64).collect();
            levels.dedup();
            let ours = values(&levels, &counts, 60);
            let of_voxels = statistics::values(&voxels).unwrap();
            // The histogram has the mode in tenth place, statistics energy and root mean square at the end.
            let same: Vec<f64> = ours[..9].iter().chain(&ours[10..17]).copied().collect();
            for (place, (a, b)) in same.iter().zip(&of_voxels).enumerate() {
                let both_nan = a.is_nan() && b.is_nan();
                assert!(both_nan || (a - b).abs() <= 1e-11 * (1.0 + b.abs()), "{case} {place}: {a} {b}");
            }
        }
    }

    #[test]
    fn slopes_are_those_of_the_whole_histogram() {
        let mut random = Random(6);
        for _ in 0..200 {
            let last = 1 + random.below(12);
            let all: Vec<u64> =
                (0..last).map(|_| if random.below(2) == 0 { 0 } else { random.below(5) as u64 }).collect();
            let present: Vec<(u32, u64)> = (1..).zip(all.iter().copied()).filter(|bin| bin.1 > 0).collect();
            let (levels, counts): (Vec<u32>, Vec<u64>) = present.into_iter().unzip();
            if levels.is_empty() {
                continue;
            }
            let n = |i: usize| all[i] as f64;
            let slope = |i: usize| match i {
                _ if last == 1 => 0.0,
                0 => n(1) - n(0),
                _ if i == last - 1 => n(i) - n(i - 1),
                _ => (n(i + 1) - n(i - 1)) / 2.0,
            };
            let slopes: Vec<f64> = (0..last).map(slope).collect();
            let max = slopes.iter().copied().fold(f64::MIN, f64::max);
            let min = slopes.iter().copied().fold(f64::MAX, f64::min);
            let place = |x: f64| 1.0 + slopes.iter().position(|&s| s == x).unwrap() as f64;
            let expected = [(max, place(max)), (min, place(min))];
            assert_eq!(gradients(&levels, &counts, last as u32), expected, "{all:?}");
        }
    }

    #[test]
    fn of_equal_bins_the_one_near_the_mean_is_the_mode() {
        assert_eq!(mode(&[(1.0, 5.0), (2.0, 1.0), (4.0, 5.0)], 2.6), 4.0);
        assert_eq!(mode(&[(1.0, 5.0), (3.0, 5.0)], 2.0), 1.0);
    }
}

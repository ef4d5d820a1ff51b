//! What runs, zones and dependences share: the order of their features, and means over slices.

use super::Aggregation;
use crate::features::level_size::{LevelSize, LevelSizeFeatures};

/// The 16 features in the order of the names.
pub(super) fn in_order(f: &LevelSizeFeatures) -> [f64; 16] {
    [
        f.small_emphasis,
        f.large_emphasis,
        f.low_level_emphasis,
        f.high_level_emphasis,
        f.small_low_emphasis,
        f.small_high_emphasis,
        f.large_low_emphasis,
        f.large_high_emphasis,
        f.level_non_uniformity,
        f.level_non_uniformity_normalized,
        f.size_non_uniformity,
        f.size_non_uniformity_normalized,
        f.percentage,
        f.level_variance,
        f.size_variance,
        f.entropy,
    ]
}

/// One matrix and the number of voxels that it was counted from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counted {
    pub matrix: LevelSize,
    pub voxels: f64,
}

/// The matrices of slices and of the volume, as far as wanted, → features of an aggregation without directions.
///
/// `N / N_v` is taken from the voxels, as sizes that are distances do not add up to them.
pub(super) fn aggregated(
    slices: &[Counted],
    volume: Option<&Counted>,
    aggregation: Aggregation,
) -> LevelSizeFeatures {
    let features = |counted: &Counted| {
        let things: f64 = counted.matrix.entries().iter().map(|entry| entry.count).sum();
        LevelSizeFeatures { percentage: things / counted.voxels, ..counted.matrix.features() }
    };
    match aggregation {
        Aggregation::Slices2D => {
            let present = slices.iter().filter(|slice| !slice.matrix.entries().is_empty());
            LevelSizeFeatures::mean(&present.map(features).collect::<Vec<_>>())
        }
        Aggregation::Slices25D => features(&Counted {
            matrix: LevelSize::merged(slices.iter().map(|slice| (&slice.matrix, 1.0))),
            voxels: slices.iter().map(|slice| slice.voxels).sum(),
        }),
        _ => features(volume.unwrap_or(&Counted::default())),
    }
}

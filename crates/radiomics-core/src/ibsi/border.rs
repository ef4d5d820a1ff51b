//! How far each voxel lies from the border of the region.

use ndarray::{Array3, ArrayView3, Axis};

/// Steps through faces of voxels to the nearest voxel outside, 0 outside; what lies beyond the array is outside.
/// With `within` steps stay in the slice along z.
///
/// One pass forward and one backward along each axis: city-block distances are sums over axes. Time O(voxels).
pub(super) fn distances(mask: ArrayView3<bool>, within: bool) -> Array3<u32> {
    // Larger than any distance, and not so large that adding overflows.
    let far = mask.dim().0.max(mask.dim().1).max(mask.dim().2) as u32 + 1;
    let mut distances = mask.mapv(|inside| if inside { far } else { 0 });
    for axis in if within { 1..3 } else { 0..3 } {
        for mut line in distances.lanes_mut(Axis(axis)) {
            let nearer = |last: &mut u32, distance: &mut u32| {
                *distance = (*distance).min(*last + 1);
                *last = *distance;
            };
            let mut last = 0;
            line.iter_mut().for_each(|distance| nearer(&mut last, distance));
            last = 0;
            line.iter_mut().rev().for_each(|distance| nearer(&mut last, distance));
        }
    }
    distances
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::testing::Random;

    #[test]
    fn distances_are_those_of_all_pairs() {
        let mut random = Random(3);
        for case in 0..40 {
            let shape = [1 + random.below(5), 1 + random.below(6), 1 + random.below(9)];
            let mask = Array3::from_shape_fn(shape, |_| random.below(10) < 9);
            for within in [false, true] {
                let found = distances(mask.view(), within);
                for (at, &distance) in found.indexed_iter() {
                    let outside = |z: isize, y: isize, x: isize| {
                        let index = [z, y, x].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
                        !mask.get(index).copied().unwrap_or(false)
                    };
                    let at = [at.0, at.1, at.2].map(|n| n as isize);
                    let mut nearest = isize::MAX;
                    for z in -1..=shape[0] as isize {
                        for y in -1..=shape[1] as isize {
                            for x in -1..=shape[2] as isize {
                                if outside(z, y, x) && (!within || z == at[0]) {
                                    let d = (z - at[0]).abs() + (y - at[1]).abs() + (x - at[2]).abs();
                                    nearest = nearest.min(d);
                                }
                            }
                        }
                    }
                    assert_eq!(distance as isize, nearest, "{case} {at:?}");
                }
            }
        }
    }
}

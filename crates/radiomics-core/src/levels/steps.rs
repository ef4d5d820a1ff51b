//! Directions to neighbours.

/// One of each pair of opposite steps (x, y, z) to the neighbours at the given Chebyshev distances.
///
/// With `within` (0 = z, 1 = y, 2 = x) only steps inside the slices across that axis: PyRadiomics' `force2D`.
/// Distance 1 gives the 13 directions of the 26-neighbourhood, or 4 within slices.
pub fn half_steps(distances: &[u32], within: Option<u8>) -> Vec<[i32; 3]> {
    steps(distances, within, [i32::MAX; 3])
}

/// [`half_steps`] of at most `reach` voxels along x, y, z.
pub(super) fn steps(distances: &[u32], within: Option<u8>, reach: [i32; 3]) -> Vec<[i32; 3]> {
    let longest = distances.iter().copied().max().map_or(0, |d| i32::try_from(d).unwrap_or(i32::MAX));
    let mut reach = reach.map(|n| n.min(longest));
    if let Some(axis) = within {
        reach[2 - usize::from(axis.min(2))] = 0;
    }
    let [nx, ny, nz] = reach;
    let mut steps = Vec::new();
    for z in 0..=nz {
        for y in -ny..=ny {
            for x in -nx..=nx {
                let forward = z > 0 || (z == 0 && (y > 0 || (y == 0 && x > 0)));
                let distance = x.unsigned_abs().max(y.unsigned_abs()).max(z.unsigned_abs());
                if forward && distances.contains(&distance) {
                    steps.push([x, y, z]);
                }
            }
        }
    }
    steps
}

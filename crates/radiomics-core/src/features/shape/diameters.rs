//! Largest distances between mesh vertices.

use rayon::prelude::*;

use super::{
    extremes::{Hull, Plane, lines},
    farthest::{Point, farthest_squared},
};

/// Planes in one job: fewer are not worth a thread.
const PLANES: usize = 64;

/// Largest distances between mesh vertices in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Diameters {
    /// In one plane across x, y, z.
    pub(crate) within: [f64; 3],
    /// In space.
    pub(crate) overall: f64,
}

/// Diameters of the mesh with these planes across z, from half voxel 1 on; size in voxels, spacing in mm. With them
/// vertices in half voxels, among which are all corners of the hull in space.
pub(crate) fn diameters(planes: &[Plane], size: [usize; 3], spacing: [f64; 3]) -> (Diameters, Vec<Point>) {
    let weights = half_voxel_weights(spacing);
    let hulls: [Vec<Hull>; 3] = std::array::from_fn(|axis| {
        let places = (0..lines(size[axis])).into_par_iter().with_min_len(PLANES);
        places.map(|place| Hull::across(planes, axis, place)).collect()
    });
    let within = [0, 1, 2].map(|axis| {
        // The hull with the most corners gives a good start: most of the others cannot beat it.
        let largest = hulls[axis].iter().max_by_key(|hull| hull.corners().count());
        let start = largest.map_or(0.0, |hull| within_plane(hull, axis, weights, 0.0));
        let hulls = hulls[axis].par_iter().with_min_len(PLANES);
        hulls.map(|hull| within_plane(hull, axis, weights, start)).reduce(|| start, f64::max)
    });

    // A corner of the hull in space is a corner in its plane of each kind.
    let [across_x, across_y, across_z] = &hulls;
    let is_corner = |[x, y, z]: [usize; 3]| {
        let [along_x, along_y, along_z] = [x, y, z].map(|c| c as i64);
        across_z[z].contains([along_y, along_x]) && across_x[x].contains([along_z, along_y])
    };
    let corners: Vec<Point> = across_y
        .par_iter()
        .with_min_len(PLANES)
        .enumerate()
        .flat_map_iter(|(y, hull)| {
            let corners = hull.corners().map(move |[z, x]| [x as usize, y, z as usize]);
            corners.filter(|&corner| is_corner(corner)).map(|corner| corner.map(|c| c as f64))
        })
        .collect();
    let overall = farthest_squared(&corners, weights, within.into_iter().fold(0.0, f64::max));
    (Diameters { within: within.map(f64::sqrt), overall: overall.sqrt() }, corners)
}

/// The largest distance in mm within a plane across z.
pub(crate) fn plane_diameter(plane: &Plane, spacing: [f64; 3]) -> f64 {
    within_plane(&Hull::of(plane), 2, half_voxel_weights(spacing), 0.0).sqrt()
}

/// The largest squared distance between the corners of a hull across an axis, or `at_least`.
fn within_plane(hull: &Hull, axis: usize, weights: [f64; 3], at_least: f64) -> f64 {
    let in_space = |[line, position]: [f64; 2]| match axis {
        0 => [0.0, position, line],
        1 => [position, 0.0, line],
        _ => [position, line, 0.0],
    };
    let corners: Vec<_> = hull.corners().map(|corner| in_space(corner.map(|c| c as f64))).collect();
    farthest_squared(&corners, weights, at_least)
}

/// Factors of squared differences in half voxels that give mm².
fn half_voxel_weights(spacing: [f64; 3]) -> [f64; 3] {
    spacing.map(|s| 0.25 * s * s)
}

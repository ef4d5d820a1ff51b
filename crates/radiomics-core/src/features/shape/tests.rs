//! The definition, voxel by voxel and pair by pair, beside the fast path.

use nalgebra::{DMatrix, Matrix3, SymmetricEigen};
use ndarray::Array3;

use super::{cubes::triangles, features};
use crate::{
    Error,
    features::shape2d,
    names::{Shape2DFeatures, ShapeFeatures},
};

/// SplitMix64 (Steele, Lea and Flood 2014), the top byte of each number.
pub(super) struct Random(u64);

impl Random {
    fn byte(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) >> 56
    }

    /// Voxels inside with probability `density / 256`.
    fn mask(seed: u64, shape: [usize; 3], density: u64) -> Array3<bool> {
        let mut random = Self(seed);
        Array3::from_shape_simple_fn(shape, || random.byte() < density)
    }
}

/// Is the voxel with border coordinates (x, y, z) inside?
fn at(inside: &Array3<bool>, [x, y, z]: [usize; 3]) -> bool {
    let below = |c: usize| c.wrapping_sub(1);
    inside.get([below(z), below(y), below(x)]).copied().unwrap_or(false)
}

fn corner([x, y, z]: [usize; 3], c: usize) -> [usize; 3] {
    [x + (c & 1), y + (c >> 1 & 1), z + (c >> 2)]
}

/// Places 0 to n along each axis of the array with its border.
fn places(inside: &Array3<bool>) -> impl Iterator<Item = [usize; 3]> {
    let (nz, ny, nx) = inside.dim();
    (0..=nz).flat_map(move |z| (0..=ny).flat_map(move |y| (0..=nx).map(move |x| [x, y, z])))
}

/// Area and volume, triangle by triangle in mm.
fn mesh(inside: &Array3<bool>, spacing: [f64; 3]) -> (f64, f64) {
    let (mut area, mut volume) = (0.0, 0.0);
    for place in places(inside) {
        let case = (0..8).fold(0, |case, c| case | usize::from(at(inside, corner(place, c))) << c);
        let (case, sign) = if case > 127 { (255 - case, -1.0) } else { (case, 1.0) };
        for triangle in triangles(case) {
            let [a, b, c] = triangle.map(|vertex| {
                nalgebra::Vector3::from_fn(|k, _| (place[k] as f64 + vertex[k] as f64 / 2.0) * spacing[k])
            });
            area += (b - a).cross(&(c - a)).norm() / 2.0;
            volume += sign * a.dot(&b.cross(&c)) / 6.0;
        }
    }
    (area, volume)
}

/// All mesh vertices in half voxels.
fn vertices(inside: &Array3<bool>) -> Vec<[i64; 3]> {
    let mut vertices = Vec::new();
    for place in places(inside) {
        for axis in 0..3 {
            let next = corner(place, 1 << axis);
            if at(inside, place) != at(inside, next) {
                vertices.push(std::array::from_fn(|k| (place[k] + next[k]) as i64));
            }
        }
    }
    vertices
}

/// Largest distances of pairs with the same x, y, z, and of all pairs.
fn all_pairs(vertices: &[[i64; 3]], spacing: [f64; 3]) -> [f64; 4] {
    let mut largest = [0.0_f64; 4];
    for (i, a) in vertices.iter().enumerate() {
        for b in &vertices[..i] {
            let delta: [f64; 3] = std::array::from_fn(|k| (a[k] - b[k]) as f64 * spacing[k] / 2.0);
            let distance = delta.iter().map(|d| d * d).sum::<f64>();
            for k in 0..3 {
                if a[k] == b[k] {
                    largest[k] = largest[k].max(distance);
                }
            }
            largest[3] = largest[3].max(distance);
        }
    }
    largest.map(f64::sqrt)
}

/// `4 √λ`, rising.
fn axis_lengths(inside: &Array3<bool>, spacing: [f64; 3]) -> [f64; 3] {
    let points: Vec<[f64; 3]> = inside
        .indexed_iter()
        .filter(|(_, inside)| **inside)
        .map(|((z, y, x), _)| [x as f64 * spacing[0], y as f64 * spacing[1], z as f64 * spacing[2]])
        .collect();
    let n = points.len() as f64;
    let mean = [0, 1, 2].map(|k| points.iter().map(|p| p[k]).sum::<f64>() / n);
    let covariance =
        Matrix3::from_fn(|a, b| points.iter().map(|p| (p[a] - mean[a]) * (p[b] - mean[b])).sum::<f64>() / n);
    let mut lengths: Vec<f64> = SymmetricEigen::new(DMatrix::from_row_slice(3, 3, covariance.as_slice()))
        .eigenvalues
        .iter()
        .map(|value| 4.0 * value.max(0.0).sqrt())
        .collect();
    lengths.sort_by(f64::total_cmp);
    [lengths[0], lengths[1], lengths[2]]
}

fn assert_near(ours: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((ours - expected).abs() <= tolerance, "{what}: {ours} instead of {expected}");
}

fn compare(inside: &Array3<bool>, spacing: [f64; 3], name: &str) {
    let f = features(inside, spacing).unwrap();
    let (area, volume) = mesh(inside, spacing);
    assert_near(f.surface_area, area, 1e-12 * area, name);
    // Of the volume only the sum of the terms is exact in the definition's order of summing.
    let largest_term = area * (0..3).map(|k| inside.dim_along(k) * spacing[k]).fold(0.0, f64::max);
    assert_near(f.mesh_volume, volume, 1e-14 * largest_term, name);
    let diameters = all_pairs(&vertices(inside), spacing);
    let ours = [
        f.maximum_2d_diameter_row,
        f.maximum_2d_diameter_column,
        f.maximum_2d_diameter_slice,
        f.maximum_3d_diameter,
    ];
    for (ours, expected) in ours.into_iter().zip(diameters) {
        assert_near(ours, expected, 4.0 * f64::EPSILON * expected, name);
    }
    let lengths = axis_lengths(inside, spacing);
    // A square root doubles the digits lost near 0.
    let tolerance = 2e-8 * lengths[2];
    for (ours, expected) in
        [f.least_axis_length, f.minor_axis_length, f.major_axis_length].into_iter().zip(lengths)
    {
        let tolerance = if expected > 1e-3 * lengths[2] { 1e-12 * lengths[2] } else { tolerance };
        assert_near(ours, expected, tolerance, name);
    }
}

trait DimAlong {
    fn dim_along(&self, axis: usize) -> f64;
}

impl DimAlong for Array3<bool> {
    /// Voxels along x, y, z with the border.
    fn dim_along(&self, axis: usize) -> f64 {
        (self.shape()[2 - axis] + 2) as f64
    }
}

const SPACINGS: [[f64; 3]; 4] = [[1.0; 3], [0.78125, 0.78125, 6.5], [0.7, 1.3, 2.5], [3.1, 0.2, 0.9]];

#[test]
fn random_regions_equal_the_definition() {
    let shapes = [[1, 1, 2], [1, 6, 7], [7, 1, 6], [6, 7, 1], [5, 6, 7], [9, 8, 70], [3, 64, 5], [2, 3, 130]];
    for (seed, shape) in shapes.into_iter().enumerate() {
        for (density, spacing) in [20, 90, 160, 240].into_iter().zip(SPACINGS) {
            let mut inside = Random::mask(seed as u64 + 100, shape, density);
            inside[[0, 0, 0]] = true;
            compare(&inside, spacing, &format!("{shape:?} density {density}"));
        }
    }
}

#[test]
fn round_and_long_regions_equal_the_definition() {
    for (seed, spacing) in SPACINGS.into_iter().enumerate() {
        let mut random = Random(seed as u64);
        let noise = 8 * seed as u64;
        let ellipsoid = Array3::from_shape_fn((24, 19, 28), |(z, y, x)| {
            let [x, y, z] = [x as f64 - 13.3, y as f64 - 9.1, z as f64 - 11.8];
            (x / 13.0).powi(2) + (y / 9.0).powi(2) + (z / 12.0).powi(2) < 1.0 && random.byte() >= noise
        });
        compare(&ellipsoid, spacing, "ellipsoid");
        let frame = Array3::from_shape_fn((12, 17, 9), |(z, y, x)| {
            [z % 11, y % 16, x % 8].iter().filter(|c| **c == 0).count() >= 2
        });
        compare(&frame, spacing, "frame of a box");
        let line = Array3::from_shape_fn((20, 20, 20), |(z, y, x)| z == y && y == x);
        compare(&line, spacing, "diagonal line");
    }
}

#[test]
fn box_in_closed_form() {
    let (nx, ny, nz) = (9, 5, 4);
    let spacing @ [sx, sy, sz] = [0.5, 0.75, 2.0];
    let f = features(&Array3::from_elem((nz, ny, nx), true), spacing).unwrap();
    let [x, y, z] = [nx, ny, nz].map(|n| (n - 1) as f64);
    // Whole cubes, half cubes in the faces, eighths along the edges, 1/48 in the corners.
    let cubes = x * y * z + (x * y + x * z + y * z) + 4.0 * (x + y + z) / 8.0 + 8.0 / 48.0;
    assert_eq!(f.mesh_volume, cubes * sx * sy * sz);
    let edge = |along: f64, a: f64, b: f64| along * a.hypot(b) / 2.0;
    let faces = 2.0 * (x * sx * y * sy + x * sx * z * sz + y * sy * z * sz);
    let edges = 4.0 * (edge(x * sx, sy, sz) + edge(y * sy, sx, sz) + edge(z * sz, sx, sy));
    let corner = ((sy * sz).powi(2) + (sx * sz).powi(2) + (sx * sy).powi(2)).sqrt() / 8.0;
    assert_near(f.surface_area, faces + edges + 8.0 * corner, 1e-12, "area");
    assert_eq!(f.voxel_volume, 180.0 * sx * sy * sz);
    // The variance of 0 .. n − 1 is (n² − 1) / 12.
    let length = |n: usize, s: f64| 4.0 * s * ((n * n - 1) as f64 / 12.0).sqrt();
    assert_near(f.major_axis_length, length(nz, sz), 1e-14 * f.major_axis_length, "major");
    assert_near(f.minor_axis_length, length(nx, sx), 1e-14 * f.major_axis_length, "minor");
    assert_near(f.least_axis_length, length(ny, sy), 1e-14 * f.major_axis_length, "least");
}

#[test]
fn flat_regions_have_a_zero_axis() {
    for axis in 0..3 {
        let mut shape = [13, 11, 17];
        shape[axis] = 1;
        let f = features(&Random::mask(7, shape, 128), [0.7, 1.3, 2.5]).unwrap();
        assert_eq!((f.least_axis_length, f.flatness), (0.0, 0.0));
        assert!(f.minor_axis_length > 1.0);
    }
    let diagonal = Array3::from_shape_fn((9, 9, 9), |(z, y, x)| z == y && x == y);
    let f = features(&diagonal, [0.7, 1.3, 2.5]).unwrap();
    assert_eq!((f.least_axis_length, f.minor_axis_length, f.elongation), (0.0, 0.0, 0.0));
}

#[test]
fn a_single_voxel_is_an_octahedron() {
    let f = features(&Array3::from_elem((1, 1, 1), true), [2.0; 3]).unwrap();
    assert_near(f.mesh_volume, 4.0 / 3.0, 1e-15, "volume");
    assert_near(f.surface_area, 4.0 * 3.0_f64.sqrt(), 1e-14, "area");
    assert_eq!((f.maximum_3d_diameter, f.maximum_2d_diameter_row), (2.0, 2.0));
    assert!(f.elongation.is_nan() && f.flatness.is_nan());
}

#[test]
fn shape_2d_equals_the_definition() {
    for (seed, shape) in [[1, 9, 8], [1, 1, 70], [1, 3, 66], [1, 30, 2]].into_iter().enumerate() {
        for density in [30, 128, 220] {
            let inside = Random::mask(seed as u64, shape, density);
            let (first, second) = (1.3, 0.7);
            let f = match shape2d::features(&inside, [second, first, 9.0], 0) {
                Err(error) => panic!("{error}"),
                Ok(f) => f,
            };
            let outline: Vec<_> = vertices(&inside).into_iter().filter(|v| v[2] == 2).collect();
            let [.., diameter] = all_pairs(&outline, [second, first, 9.0]);
            assert_near(f.maximum_diameter, diameter, 4.0 * f64::EPSILON * diameter, "diameter");
            let [_, minor, major] = axis_lengths(&inside, [second, first, 9.0]);
            assert_near(f.major_axis_length, major, 1e-12 * major, "major");
            assert_near(f.minor_axis_length, minor, 2e-8 * major, "minor");
            let (mut length, mut area) = (0.0, 0.0);
            for [x, y, z] in places(&inside) {
                if z != 1 {
                    continue;
                }
                let square = [[x, y, z], [x + 1, y, z], [x, y + 1, z], [x + 1, y + 1, z]];
                let diagonal = first.hypot(second) / 2.0;
                let (l, a) = match square.map(|place| u8::from(at(&inside, place))) {
                    [0, 0, 0, 0] => (0.0, 0.0),
                    [1, 1, 1, 1] => (0.0, 1.0),
                    [1, 1, 0, 0] | [0, 0, 1, 1] => (second, 0.5),
                    [1, 0, 1, 0] | [0, 1, 0, 1] => (first, 0.5),
                    [1, 0, 0, 1] | [0, 1, 1, 0] => (2.0 * diagonal, 0.25),
                    corners if corners.iter().sum::<u8>() == 1 => (diagonal, 0.125),
                    _ => (diagonal, 0.875),
                };
                length += l;
                area += a * first * second;
            }
            assert_near(f.perimeter, length, 1e-12 * length, "perimeter");
            assert_near(f.mesh_surface, area, 1e-12 * area, "surface");
        }
    }
}

#[test]
fn dimension_2d_is_the_axis_across_the_slice() {
    let slice = Random::mask(3, [1, 8, 9], 150);
    let expected = shape2d::features(&slice, [0.7, 1.3, 2.5], 0).unwrap();
    // The same slice across y and across x, among empty slices.
    let mut across_y = Array3::from_elem((8, 4, 9), false);
    let mut across_x = Array3::from_elem((8, 9, 4), false);
    for ((_, first, second), &voxel) in slice.indexed_iter() {
        across_y[[first, 2, second]] = voxel;
        across_x[[first, second, 1]] = voxel;
    }
    assert_eq!(shape2d::features(&across_y, [0.7, 2.5, 1.3], 1), Ok(expected));
    assert_eq!(shape2d::features(&across_x, [2.5, 0.7, 1.3], 2), Ok(expected));
    assert_eq!(
        shape2d::features(&across_y, [1.0; 3], 2),
        Err(Error::NotOneSlice { dimension: 2, slices: 9 })
    );
    assert_eq!(shape2d::features(&across_y, [1.0; 3], 3), Err(Error::Dimension(3)));
}

#[test]
fn nonsense_is_an_error() {
    let voxel = Array3::from_elem((1, 1, 1), true);
    let nothing = Array3::from_elem((2, 2, 2), false);
    assert_eq!(features(&nothing, [1.0; 3]), Err(Error::EmptyRegion));
    assert_eq!(shape2d::features(&nothing, [1.0; 3], 0), Err(Error::EmptyRegion));
    for spacing in [[0.0, 1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, f64::NAN], [f64::INFINITY, 1.0, 1.0]] {
        assert!(matches!(features(&voxel, spacing), Err(Error::Geometry(_))));
        assert!(matches!(shape2d::features(&voxel, spacing, 0), Err(Error::Geometry(_))));
    }
    // Nothing to be learned from it, but it ends.
    let _ = features(&Random::mask(1, [4, 4, 4], 128), [1e-300, 1.0, 1e300]).unwrap();
}

#[test]
fn same_bits_for_any_number_of_threads() {
    let inside = Array3::from_shape_fn((90, 80, 140), |(z, y, x)| {
        let [x, y, z] = [x as f64 - 69.2, y as f64 - 40.1, z as f64 - 44.7];
        (x / 68.0).powi(2) + (y / 38.0).powi(2) + (z / 44.0).powi(2) < 1.0 && (x * y * z).sin() < 0.99
    });
    let values = [1, 2, 7].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| features(&inside, [0.7, 1.3, 2.5]).unwrap().values().map(f64::to_bits))
    });
    assert_eq!(values[0], values[1]);
    assert_eq!(values[0], values[2]);
}

// PyRadiomics 3.1.0 (classes RadiomicsShape and RadiomicsShape2D) on `Random::mask` with these arguments.
#[rustfmt::skip]
#[test]
fn seeded_masks_as_pyradiomics() {
    let cases = [
        ([5, 6, 7], 128, 1, [1.0, 1.0, 1.0], [
            0.7896879021218695, 0.6859535353033752, 5.693320493603515, 8.299863184006396, 8.06225774829855,
            7.211102550927978, 8.602325267042627, 9.1104335791443, 92.20833333333333, 6.55430154567655,
            0.4147852852255996, 237.96197505017864, 2.5806992323562077, 110.0, 0.014172089573583733,
            0.0713624946315686, 2.4108859104201468,
        ]),
        ([4, 9, 70], 200, 2, [0.7, 1.3, 2.5], [
            0.2364671754119679, 0.19819647043054706, 11.206729930544453, 56.54353937887894, 49.57065664281642,
            14.427751037497147, 50.09151624776394, 50.64987660399578, 4433.8802083332475, 13.37069104471888,
            0.27505219008247117, 4745.241509531368, 1.07022321004815, 4472.65, 0.007652820694385608,
            0.020808717872241707, 3.6356736505176044,
        ]),
        ([8, 5, 3], 30, 3, [0.5, 2.0, 0.25], [
            0.220904815896403, 0.1475505672742416, 1.5473084565576463, 10.486631702891223, 2.1213203435596424,
            8.097067370350823, 8.06225774829855, 8.200609733428363, 0.6666666666666666, 2.316547445700569,
            0.30318370717884563, 12.172620790308617, 18.258931185462927, 2.5, 0.008856409016590976,
            0.02786875560057749, 3.2983302740938782,
        ]),
    ];
    for (shape, density, seed, spacing, expected) in cases {
        let ours = features(&Random::mask(seed, shape, density), spacing).unwrap().values();
        for ((ours, expected), name) in ours.into_iter().zip(expected).zip(ShapeFeatures::NAMES) {
            assert_near(ours, expected, 1e-11 * expected, name.name);
        }
    }
    let cases = [
        ([1, 7, 9], 150, 4, 0, [
            0.6611911744434334, 10.474830528025477, 10.33537614216338, 25.93499999999999, 6.925865498921095,
            58.0355753445602, 2.2377318428594646, 29.119999999999997, 0.31106687332900584, 3.2147428277980947,
        ]),
        ([7, 1, 9], 150, 5, 1, [
            0.3422966860050943, 20.26167254386955, 18.374166647769364, 66.5, 6.935503364686954,
            102.3037749287359, 1.5384026305073069, 68.25, 0.28256872729174143, 3.5389620414984497,
        ]),
        ([70, 6, 1], 190, 6, 2, [
            0.04533545217045995, 199.91236193672546, 175.07724009704975, 1005.875, 9.063117322866095,
            708.6962723330141, 0.7045569999582594, 994.5, 0.158641493848834, 6.303521075973213,
        ]),
    ];
    for (shape, density, seed, dimension, expected) in cases {
        let mask = Random::mask(seed, shape, density);
        let ours = shape2d::features(&mask, [0.7, 1.3, 2.5], dimension).unwrap().values();
        for ((ours, expected), name) in ours.into_iter().zip(expected).zip(Shape2DFeatures::NAMES) {
            assert_near(ours, expected, 1e-11 * expected, name.name);
        }
    }
}

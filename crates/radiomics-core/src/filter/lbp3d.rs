//! Local binary patterns on a sphere, described by spherical harmonics: PyRadiomics' `LBP3D`.
//!
//! Points on an icosphere around a voxel are compared with it; the pattern of zeros and ones is expanded in
//! spherical harmonics, and the size of each degree's part does not depend on rotation (Banerjee et al. 2013,
//! doi:10.1007/978-3-642-37410-4_3). A second measure is the kurtosis of the points.
//!
//! | image | value of a voxel, without a unit |
//! |---|---|
//! | `lbp-3D-m1`, `m2`, … | size of the part of degree 0, 1, …: `√ Re Σ_v (Σ_m c_m Y_m(v))²`, `c_m = Σ_v b_v Y_m(v)`, `b_v` = 1 where point `v` is not below the voxel |
//! | `lbp-3D-k` | excess kurtosis of the points' intensities |
//!
//! A voxel no brighter than any of its 12 points (an icosahedron, not divided) has `b_v` = 1 everywhere and the size
//! `12^(3/2) / 4π` = 3.31 in degree 0.
//!
//! Two habits of PyRadiomics are kept, because its users' numbers depend on them: it hands the two angles to
//! SciPy in the other order, and it adds the sphere's (x, y, z) to the voxel's (z, y, x). One is not: memory
//! outside the region, which it leaves unset, is 0 here.

use ndarray::Array3;

/// The sphere of points and its harmonics.
#[derive(Clone, Debug)]
pub struct Sphere {
    /// Points as offsets (x, y, z) in voxels.
    points: Vec<[f64; 3]>,
    /// For each degree, for each order, the harmonic at every point.
    harmonics: Vec<Vec<Vec<Complex>>>,
}

#[derive(Clone, Copy, Debug)]
struct Complex {
    re: f64,
    im: f64,
}

impl Complex {
    fn times(self, other: Self) -> Self {
        Self { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }

    fn plus(self, other: Self) -> Self {
        Self { re: self.re + other.re, im: self.im + other.im }
    }

    /// Real part of the principal square root.
    fn sqrt_re(self) -> f64 {
        ((self.re.hypot(self.im) + self.re) / 2.0).max(0.0).sqrt()
    }
}

const ZERO: Complex = Complex { re: 0.0, im: 0.0 };

impl Sphere {
    /// A sphere of `radius` voxels, an icosahedron whose faces are divided into four `subdivisions` times,
    /// with harmonics of degree 0 to `levels − 1`.
    ///
    /// ```
    /// use radiomics_core::filter::lbp3d::Sphere;
    /// let sphere = Sphere::new(1.0, 0, 2);
    /// assert_eq!(sphere.points(), 12);
    /// assert!((sphere.sizes(&[true; 12])[0] - 3.31).abs() < 0.01);
    /// ```
    pub fn new(radius: f64, subdivisions: u32, levels: u32) -> Self {
        let points = icosphere(radius, subdivisions);
        let angles: Vec<(f64, f64)> =
            points.iter().map(|[x, y, z]| ((z / radius).acos(), y.atan2(*x))).collect();
        // The polar angle stands where SciPy expects the azimuth, and the other way round.
        let at = |degree: i32, order: i32| {
            angles.iter().map(|&(polar, azimuth)| harmonic(degree, order, polar, azimuth)).collect()
        };
        let degrees = 0..i32::try_from(levels).unwrap_or(i32::MAX);
        let harmonics = degrees.map(|n| (-n..=n).map(|m| at(n, m)).collect()).collect();
        Self { points, harmonics }
    }

    /// The number of points.
    pub fn points(&self) -> usize {
        self.points.len()
    }

    /// Offsets of the points (x, y, z) in voxels.
    pub fn offsets(&self) -> &[[f64; 3]] {
        &self.points
    }

    /// The size of each degree's part of the pattern: `√ Re Σ_v (Σ_m c_m Y_m(v))²` with
    /// `c_m = Σ_v f_v Y_m(v)`; `pattern` says for each point whether it is not below the centre.
    pub fn sizes(&self, pattern: &[bool]) -> Vec<f64> {
        let degree = |orders: &Vec<Vec<Complex>>| {
            let coefficients: Vec<Complex> = orders
                .iter()
                .map(|y| y.iter().zip(pattern).filter(|(_, on)| **on).fold(ZERO, |c, (y, _)| c.plus(*y)))
                .collect();
            let square_sum = (0..pattern.len()).fold(ZERO, |sum, v| {
                let f = orders.iter().zip(&coefficients).fold(ZERO, |f, (y, c)| f.plus(c.times(y[v])));
                sum.plus(f.times(f))
            });
            square_sum.sqrt_re()
        };
        self.harmonics.iter().map(degree).collect()
    }
}

/// Excess kurtosis with 1/N moments; not a number where all values are equal within rounding.
pub fn kurtosis(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let moment = |power: i32| values.iter().map(|v| (v - mean).powi(power)).sum::<f64>() / n;
    let second = moment(2);
    if second <= (f64::EPSILON * mean).powi(2) { f64::NAN } else { moment(4) / (second * second) - 3.0 }
}

/// The points of an icosphere in the order in which they arise: corners first, then middles of edges.
fn icosphere(radius: f64, subdivisions: u32) -> Vec<[f64; 3]> {
    let (a, b) = (0.525_731_112_119_133_6, 0.850_650_808_352_04);
    let mut points = vec![
        [-a, b, 0.0],
        [a, b, 0.0],
        [-a, -b, 0.0],
        [a, -b, 0.0],
        [0.0, -a, b],
        [0.0, a, b],
        [0.0, -a, -b],
        [0.0, a, -b],
        [b, 0.0, -a],
        [b, 0.0, a],
        [-b, 0.0, -a],
        [-b, 0.0, a],
    ];
    let near = |points: &[[f64; 3]], i: usize, j: usize| {
        let square: f64 = (0..3).map(|k| (points[i][k] - points[j][k]).powi(2)).sum();
        square < 1.2
    };
    let mut faces = Vec::new();
    for i in 0..12 {
        for j in i + 1..12 {
            for k in j + 1..12 {
                if near(&points, i, j) && near(&points, j, k) && near(&points, i, k) {
                    faces.push([i, j, k]);
                }
            }
        }
    }
    for _ in 0..subdivisions {
        let mut middles = std::collections::BTreeMap::new();
        let mut split = Vec::with_capacity(4 * faces.len());
        for [i, j, k] in faces {
            let mut middle = |p: usize, q: usize| {
                *middles.entry((p.min(q), p.max(q))).or_insert_with(|| {
                    points.push(std::array::from_fn(|a| (points[p][a] + points[q][a]) / 2.0));
                    points.len() - 1
                })
            };
            let (ij, jk, ik) = (middle(i, j), middle(j, k), middle(i, k));
            split.extend([[i, ij, ik], [j, ij, jk], [k, ik, jk], [ij, jk, ik]]);
        }
        faces = split;
        for point in &mut points {
            let length = point.iter().map(|x| x * x).sum::<f64>().sqrt();
            *point = point.map(|x| x / length);
        }
    }
    points.into_iter().map(|point| point.map(|x| x * radius)).collect()
}

/// `Y_n^m` with azimuth and polar angle as SciPy's `sph_harm(m, n, azimuth, polar)` takes them.
fn harmonic(n: i32, m: i32, azimuth: f64, polar: f64) -> Complex {
    let order = m.abs();
    let ratio: f64 = (n - order + 1..=n + order).map(f64::from).product();
    let norm = (f64::from(2 * n + 1) / (4.0 * std::f64::consts::PI) / ratio).sqrt();
    let size = norm * legendre(n, order, polar.cos());
    let (sin, cos) = (f64::from(order) * azimuth).sin_cos();
    // Y_n^{-m} is (−1)^m times the conjugate of Y_n^m.
    match (m < 0, order % 2 == 1) {
        (false, _) => Complex { re: size * cos, im: size * sin },
        (true, false) => Complex { re: size * cos, im: -size * sin },
        (true, true) => Complex { re: -size * cos, im: size * sin },
    }
}

/// Associated Legendre function `P_n^m(x)` with the Condon–Shortley phase, by upward recurrence in `n`.
fn legendre(n: i32, m: i32, x: f64) -> f64 {
    let root = ((1.0 - x) * (1.0 + x)).max(0.0).sqrt();
    let mut below = 0.0;
    let mut value = (1..=m).fold(1.0, |p, k| -p * f64::from(2 * k - 1) * root);
    for degree in m + 1..=n {
        let next = (x * f64::from(2 * degree - 1) * value - f64::from(degree + m - 1) * below)
            / f64::from(degree - m);
        (below, value) = (value, next);
    }
    value
}

/// The images of a region: one for each degree (`lbp-3D-m1`, …), then the kurtosis (`lbp-3D-k`).
///
/// `sample(z, y, x)` gives the image between voxels (cubic spline, 0 outside the image, rounded where the
/// image is one of integers), `image` its voxels, `inside` the region, both `[z, y, x]`.
pub fn local_binary_pattern(
    image: &Array3<f64>,
    inside: &Array3<bool>,
    sphere: &Sphere,
    sample: impl Fn([f64; 3]) -> f64,
) -> Vec<Array3<f64>> {
    let mut out = vec![Array3::zeros(image.dim()); sphere.harmonics.len() + 1];
    let mut values = vec![0.0; sphere.points()];
    let mut pattern = vec![false; sphere.points()];
    for (((z, y, x), &centre), _) in image.indexed_iter().zip(inside).filter(|(_, inside)| **inside) {
        for (value, offset) in values.iter_mut().zip(sphere.offsets()) {
            *value = sample([z as f64 + offset[0], y as f64 + offset[1], x as f64 + offset[2]]);
        }
        for (bit, value) in pattern.iter_mut().zip(&values) {
            *bit = *value >= centre;
        }
        let sizes = sphere.sizes(&pattern);
        for (out, value) in out.iter_mut().zip(sizes.into_iter().chain([kurtosis(&values)])) {
            out[(z, y, x)] = value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sphere_is_round_and_even() {
        for (subdivisions, points) in [(0, 12), (1, 42), (2, 162)] {
            let sphere = icosphere(1.5, subdivisions);
            assert_eq!(sphere.len(), points);
            for point in &sphere {
                assert!((point.iter().map(|x| x * x).sum::<f64>().sqrt() - 1.5).abs() < 1e-12);
            }
            let centre: [f64; 3] = std::array::from_fn(|a| sphere.iter().map(|p| p[a]).sum());
            assert!(centre.iter().all(|c| c.abs() < 1e-12), "{centre:?}");
        }
    }

    /// scipy.special.sph_harm(m, n, 0.7, 1.1).
    #[test]
    fn harmonics_of_scipy() {
        let known = HARMONICS;
        for (n, m, re, im) in known {
            let y = harmonic(n, m, 0.7, 1.1);
            assert!((y.re - re).abs() < 1e-14 && (y.im - im).abs() < 1e-14, "{n} {m}: {y:?}");
        }
    }
    const HARMONICS: [(i32, i32, f64, f64); 9] = [
        (0, 0, 0.28209479177387814, 0.0),
        (1, -1, 0.2355002089547009, -0.19835908959917178),
        (1, 0, 0.22162820431795893, 0.0),
        (1, 1, -0.2355002089547009, -0.19835908959917178),
        (2, -2, 0.05214566461691934, -0.30233449971546883),
        (2, 1, -0.23886121184966388, -0.20119002328430188),
        (3, -3, -0.14909545402449098, -0.2549303466265541),
        (3, 2, 0.06258014418941468, 0.3628323989083784),
        (4, -1, -0.2281483584417312, 0.1921667113371959),
    ];
}

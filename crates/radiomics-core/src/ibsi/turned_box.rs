//! The smallest box around points, however it is turned.
//!
//! Each box with one side along a face of the convex hull is considered: its base is the smallest rectangle around the
//! projection, which has a side along an edge of the projection's hull (Freeman and Shapira 1975,
//! doi:10.1145/360881.360919). The smallest of these boxes and of those along the axes and the principal axes is then
//! turned about each of its own axes in turn as long as it shrinks (Chan and Tan 2001,
//! doi:10.1016/S0045-7949(01)00115-3). O'Rourke's exact search (1985, doi:10.1007/BF00991005) is cubic; this one is
//! exact where the smallest box touches a face of the hull with a side, as of boxes, prisms and cylinders.

use nalgebra::{Matrix3, SymmetricEigen, Vector3};

/// Sides of the box. `points` are the corners of the hull, `normals` its faces' normals times their areas.
pub(super) fn smallest_around(points: &[[f64; 3]], normals: &[[f64; 3]]) -> [f64; 3] {
    let points: Vec<Vector3<f64>> = points.iter().map(|&p| Vector3::from(p)).collect();
    let normals: Vec<Vector3<f64>> = normals.iter().map(|&n| Vector3::from(n)).collect();
    let along = |axis: usize| Vector3::from_fn(|k, _| if k == axis { 1.0 } else { 0.0 });
    let straight = Turned::shrunk(&points, along(2));
    let mut best =
        [0, 1].map(|axis| Turned::shrunk(&points, along(axis))).into_iter().fold(straight, Turned::smaller);
    for axis in principal_axes(&points) {
        best = best.smaller(Turned::shrunk(&points, axis));
    }
    // A box is at least as large as its height times the projection of the hull.
    let mut candidates: Vec<(f64, Vector3<f64>)> = directions(&normals)
        .into_iter()
        .map(|normal| {
            let shadow: f64 = normals.iter().map(|n| n.dot(&normal).abs()).sum::<f64>() / 2.0;
            (shadow * extent(&points, normal), normal)
        })
        .collect();
    candidates.sort_by(|a, b| a.0.total_cmp(&b.0)); // stable
    for (at_least, normal) in candidates {
        if at_least * (1.0 - 1e-9) >= best.volume() {
            break;
        }
        best = best.smaller(Turned::on(&points, normal));
    }
    best.improved(&points).sides
}

/// Unit vectors along which the points spread most, least and in between.
fn principal_axes(points: &[Vector3<f64>]) -> [Vector3<f64>; 3] {
    let mean = points.iter().sum::<Vector3<f64>>() / points.len() as f64;
    let spread = points.iter().fold(Matrix3::zeros(), |sum, p| sum + (p - mean) * (p - mean).transpose());
    let vectors = SymmetricEigen::new(spread).eigenvectors;
    [0, 1, 2].map(|k| vectors.column(k).into_owned())
}

/// Unit vectors of the normals, one of those that are parallel.
fn directions(normals: &[Vector3<f64>]) -> Vec<Vector3<f64>> {
    let upward = |n: &Vector3<f64>| {
        let n = n.normalize();
        let first = n.iter().find(|x| x.abs() > 1e-9).copied().unwrap_or(1.0);
        if first < 0.0 { -n } else { n }
    };
    let mut directions: Vec<Vector3<f64>> = normals.iter().map(upward).collect();
    let key = |n: &Vector3<f64>| n.map(|x| (x * 1e9).round());
    directions.sort_by(|a, b| {
        let (a, b) = (key(a), key(b));
        a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)).then(a.z.total_cmp(&b.z))
    });
    directions.dedup_by_key(|n| key(n));
    directions
}

fn extent(points: &[Vector3<f64>], direction: Vector3<f64>) -> f64 {
    let along = points.iter().map(|p| p.dot(&direction));
    let (low, high) = along.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    high - low
}

/// A box: unit vectors along its sides, and their lengths.
#[derive(Clone, Copy)]
struct Turned {
    axes: [Vector3<f64>; 3],
    sides: [f64; 3],
}

impl Turned {
    fn volume(&self) -> f64 {
        self.sides.iter().product()
    }

    fn smaller(self, other: Self) -> Self {
        if other.volume() < self.volume() { other } else { self }
    }

    /// The smallest box with this height direction.
    fn on(points: &[Vector3<f64>], up: Vector3<f64>) -> Self {
        // Any two directions across it.
        let least = up.abs().imin();
        let right = up.cross(&Vector3::from_fn(|k, _| if k == least { 1.0 } else { 0.0 })).normalize();
        let ahead = up.cross(&right);
        let flat: Vec<[f64; 2]> = points.iter().map(|p| [p.dot(&right), p.dot(&ahead)]).collect();
        let (direction, sides) = smallest_rectangle(&outline(flat));
        let side = right * direction[0] + ahead * direction[1];
        Self { axes: [side, up.cross(&side), up], sides: [sides[0], sides[1], extent(points, up)] }
    }

    /// From there, turned about its axes.
    fn shrunk(points: &[Vector3<f64>], up: Vector3<f64>) -> Self {
        Self::on(points, up).improved(points)
    }

    /// Turned about each of its axes until no turn makes it smaller.
    fn improved(mut self, points: &[Vector3<f64>]) -> Self {
        for _ in 0..100 {
            let turned = self.axes.map(|axis| Self::on(points, axis)).into_iter().fold(self, Self::smaller);
            if turned.volume() >= self.volume() * (1.0 - 1e-12) {
                break;
            }
            self = turned;
        }
        self
    }
}

/// Corners of the convex hull, counter-clockwise (Andrew's monotone chain).
fn outline(mut points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    let chain = |points: &mut dyn Iterator<Item = [f64; 2]>| {
        let mut chain: Vec<[f64; 2]> = Vec::new();
        for p in points {
            while let [.., a, b] = chain[..] {
                if (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0.0 {
                    break;
                }
                chain.pop();
            }
            chain.push(p);
        }
        chain.pop(); // the other chain begins with it
        chain
    };
    let mut outline = chain(&mut points.iter().copied());
    outline.extend(chain(&mut points.iter().rev().copied()));
    outline
}

/// Direction of one side, and both sides, of the smallest rectangle around a convex outline.
///
/// An outline has few corners: for each edge all of them are looked at, which rounding cannot confuse.
fn smallest_rectangle(outline: &[[f64; 2]]) -> ([f64; 2], [f64; 2]) {
    let size = span(outline, [1.0, 0.0]).max(span(outline, [0.0, 1.0]));
    let mut best = ([1.0, 0.0], [f64::INFINITY; 2]);
    let ends = outline.iter().zip(outline.iter().cycle().skip(1));
    for (a, b) in ends {
        let [x, y] = [b[0] - a[0], b[1] - a[1]];
        let length = x.hypot(y);
        // Shorter ones are rounding: two corners of the hull that lie one behind the other.
        if length <= 1e-9 * size {
            continue;
        }
        let along = [x / length, y / length];
        let sides = [span(outline, along), span(outline, [-along[1], along[0]])];
        if sides[0] * sides[1] < best.1[0] * best.1[1] {
            best = (along, sides);
        }
    }
    best
}

fn span(points: &[[f64; 2]], [x, y]: [f64; 2]) -> f64 {
    let along = points.iter().map(|p| p[0] * x + p[1] * y);
    let (low, high) = along.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), t| (a.min(t), b.max(t)));
    high - low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::testing::Random;

    #[test]
    fn no_turn_makes_a_rectangle_smaller() {
        let mut random = Random(12);
        for case in 0..100 {
            let mut coordinate = || random.below(30) as f64;
            let points: Vec<[f64; 2]> = (0..3 + case % 40).map(|_| [coordinate(), coordinate()]).collect();
            let hull = outline(points.clone());
            if hull.len() < 3 {
                continue;
            }
            let (direction, sides) = smallest_rectangle(&hull);
            let area = |[x, y]: [f64; 2]| span(&points, [x, y]) * span(&points, [-y, x]);
            assert!((area(direction) - sides[0] * sides[1]).abs() < 1e-9, "{case}");
            for degree in 0..900 {
                let (sin, cos) = (f64::from(degree) / 10.0).to_radians().sin_cos();
                assert!(sides[0] * sides[1] <= area([cos, sin]) + 1e-9, "{case}: {hull:?}");
            }
        }
    }

    #[test]
    fn a_turned_box_is_found() {
        let turn = nalgebra::Rotation3::from_euler_angles(0.4, -0.9, 1.3);
        let corners: Vec<[f64; 3]> = (0..8)
            .map(|i| {
                let p = Vector3::new(
                    f64::from(i & 1) * 2.0,
                    f64::from(i >> 1 & 1) * 3.0,
                    f64::from(i >> 2) * 7.0,
                );
                (turn * p).into()
            })
            .collect();
        let normals: Vec<[f64; 3]> = [[21.0, 0.0, 0.0], [0.0, 14.0, 0.0], [0.0, 0.0, 6.0]]
            .into_iter()
            .flat_map(|n| [n, n.map(|x: f64| -x)])
            .map(|n| (turn * Vector3::from(n)).into())
            .collect();
        let mut sides = smallest_around(&corners, &normals);
        sides.sort_by(f64::total_cmp);
        for (ours, expected) in sides.iter().zip([2.0, 3.0, 7.0]) {
            assert!((ours - expected).abs() < 1e-9, "{sides:?}");
        }
    }
}

//! Convex hull of points on a grid of whole numbers (Barber, Dobkin and Huhdanpaa 1996, doi:10.1145/235815.235821).
//!
//! All decisions are taken in whole numbers, so flat faces of many points, which voxel regions are full of, need no
//! tolerance. A face counts as seen from a point in its plane: then no face is a line.

/// A point; differences of coordinates stay below 2³¹.
pub(super) type Point = [i64; 3];

/// Triangles, their corners counter-clockwise from outside.
pub(super) struct Hull {
    pub points: Vec<Point>,
    pub faces: Vec<[usize; 3]>,
}

/// A face while the hull grows.
struct Face {
    corners: [usize; 3],
    /// The face across the edge from corner `k` to the next.
    neighbours: [usize; 3],
    /// Points above it that no other face has.
    above: Vec<usize>,
    gone: bool,
}

impl Hull {
    /// The hull of points that do not all lie in one plane; `None` where they do.
    pub fn new(points: &[Point]) -> Option<Self> {
        let mut growing = Growing::start(points)?;
        let mut next = 0;
        while next < growing.faces.len() {
            if growing.faces[next].gone || growing.faces[next].above.is_empty() {
                next += 1;
                continue;
            }
            growing.add_highest(next);
        }
        let faces = growing.faces.iter().filter(|face| !face.gone).map(|face| face.corners);
        let mut hull = Self { points: Vec::new(), faces: faces.collect() };
        // Only corners, in the order given.
        let mut used: Vec<usize> = hull.faces.iter().flatten().copied().collect();
        used.sort_unstable();
        used.dedup();
        hull.points = used.iter().map(|&point| points[point]).collect();
        for corner in hull.faces.iter_mut().flatten() {
            *corner = used.binary_search(corner).unwrap_or(0);
        }
        Some(hull)
    }

    /// Volume on a grid with this spacing.
    pub fn volume(&self, [sx, sy, sz]: [f64; 3]) -> f64 {
        let Some(&origin) = self.points.first() else { return 0.0 };
        let six = |face: &[usize; 3]| {
            let [a, b, c] = face.map(|corner| self.points[corner]);
            height(origin, [a, b, c])
        };
        -self.faces.iter().map(six).sum::<i128>() as f64 / 6.0 * sx * sy * sz
    }

    /// Area of all faces on a grid with this spacing.
    pub fn area(&self, spacing: [f64; 3]) -> f64 {
        self.normals(spacing).iter().map(|[x, y, z]| (x * x + y * y + z * z).sqrt()).sum()
    }

    /// The normal of each face, outward and as long as the face is large, on a grid with this spacing.
    pub fn normals(&self, [sx, sy, sz]: [f64; 3]) -> Vec<[f64; 3]> {
        let face = |face: &[usize; 3]| {
            let [x, y, z] = normal(face.map(|corner| self.points[corner])).map(|n| 0.5 * n as f64);
            [x * sy * sz, y * sz * sx, z * sx * sy]
        };
        self.faces.iter().map(face).collect()
    }
}

struct Growing<'a> {
    points: &'a [Point],
    faces: Vec<Face>,
}

impl<'a> Growing<'a> {
    /// A tetrahedron of points far apart, and which of the other points each of its faces sees.
    fn start(points: &'a [Point]) -> Option<Self> {
        let first = (0..points.len()).min_by_key(|&i| points[i])?;
        let farthest = |size: &dyn Fn(usize) -> i128| {
            let best =
                (0..points.len()).map(|i| (size(i), i)).fold((0, 0), |a, b| if b.0 > a.0 { b } else { a });
            (best.0 > 0).then_some(best.1)
        };
        let square = |v: [i128; 3]| v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
        let to = |a: usize, b: usize| -> [i128; 3] {
            std::array::from_fn(|k| i128::from(points[b][k]) - i128::from(points[a][k]))
        };
        let second = farthest(&|i| square(to(first, i)))?;
        let third = farthest(&|i| square(cross(to(first, second), to(first, i))))?;
        let base = [first, second, third];
        let above = |i: usize| height(points[i], base.map(|corner| points[corner]));
        let fourth = farthest(&|i| above(i).abs())?;
        let [a, b, c] = if above(fourth) > 0 { [first, third, second] } else { base };
        let d = fourth;
        let face = |corners, neighbours| Face { corners, neighbours, above: Vec::new(), gone: false };
        let faces = vec![
            face([a, b, c], [1, 2, 3]),
            face([b, a, d], [0, 3, 2]),
            face([c, b, d], [0, 1, 3]),
            face([a, c, d], [0, 2, 1]),
        ];
        let mut growing = Self { points, faces };
        growing.share((0..points.len()).collect(), &[0, 1, 2, 3]);
        Some(growing)
    }

    fn height(&self, point: usize, face: usize) -> i128 {
        height(self.points[point], self.faces[face].corners.map(|corner| self.points[corner]))
    }

    /// Gives each point to the first of some faces that it lies above; points above none are inside.
    fn share(&mut self, points: Vec<usize>, faces: &[usize]) {
        for point in points {
            if let Some(&face) = faces.iter().find(|&&face| self.height(point, face) > 0) {
                self.faces[face].above.push(point);
            }
        }
    }

    /// Replaces all faces that the highest point above a face sees by faces to that point.
    fn add_highest(&mut self, face: usize) {
        let higher = |a: Option<(i128, usize)>, &point: &usize| {
            let height = self.height(point, face);
            if a.is_some_and(|(best, _)| best >= height) { a } else { Some((height, point)) }
        };
        let Some((_, point)) = self.faces[face].above.iter().fold(None, higher) else { return };
        let mut open = vec![face];
        let mut left: Vec<usize> = Vec::new();
        // Edges between seen and unseen faces: start, end, the unseen face.
        let mut horizon: Vec<[usize; 3]> = Vec::new();
        self.faces[face].gone = true;
        while let Some(seen) = open.pop() {
            left.append(&mut self.faces[seen].above);
            for edge in 0..3 {
                let neighbour = self.faces[seen].neighbours[edge];
                if self.faces[neighbour].gone {
                    continue;
                }
                if self.height(point, neighbour) >= 0 {
                    self.faces[neighbour].gone = true;
                    open.push(neighbour);
                } else {
                    let corners = self.faces[seen].corners;
                    horizon.push([corners[edge], corners[(edge + 1) % 3], neighbour]);
                }
            }
        }
        let start = self.faces.len();
        for (k, &[from, to, beyond]) in horizon.iter().enumerate() {
            let after = horizon.iter().position(|edge| edge[0] == to).unwrap_or(k);
            let before = horizon.iter().position(|edge| edge[1] == from).unwrap_or(k);
            self.faces.push(Face {
                corners: [from, to, point],
                neighbours: [beyond, start + after, start + before],
                above: Vec::new(),
                gone: false,
            });
            let corners = self.faces[beyond].corners;
            if let Some(edge) = (0..3).find(|&edge| corners[edge] == to && corners[(edge + 1) % 3] == from) {
                self.faces[beyond].neighbours[edge] = start + k;
            }
        }
        let new: Vec<usize> = (start..self.faces.len()).collect();
        self.share(left, &new);
    }
}

/// Six times the volume of the tetrahedron of a face and a point, positive above the face.
fn height(point: Point, face: [Point; 3]) -> i128 {
    let n = normal(face);
    (0..3).map(|k| n[k] * (i128::from(point[k]) - i128::from(face[0][k]))).sum()
}

fn normal([a, b, c]: [Point; 3]) -> [i128; 3] {
    let to = |p: Point| -> [i128; 3] { std::array::from_fn(|k| i128::from(p[k]) - i128::from(a[k])) };
    cross(to(b), to(c))
}

fn cross(a: [i128; 3], b: [i128; 3]) -> [i128; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::testing::Random;

    /// Closed, convex, and around all points.
    fn check(points: &[Point]) -> Hull {
        let hull = Hull::new(points).unwrap();
        let edges: Vec<[usize; 2]> =
            hull.faces.iter().flat_map(|f| (0..3).map(move |k| [f[k], f[(k + 1) % 3]])).collect();
        for edge in &edges {
            assert_eq!(edges.iter().filter(|other| *other == edge).count(), 1);
            assert_eq!(edges.iter().filter(|other| **other == [edge[1], edge[0]]).count(), 1);
        }
        assert_eq!(hull.points.len() + hull.faces.len(), edges.len() / 2 + 2, "Euler");
        for face in &hull.faces {
            let corners = face.map(|corner| hull.points[corner]);
            assert!(points.iter().all(|&point| height(point, corners) <= 0));
            assert_ne!(normal(corners), [0; 3]);
        }
        hull
    }

    #[test]
    fn a_box_full_of_points() {
        let points: Vec<Point> = (0..5 * 6 * 7).map(|i| [i % 5, i / 5 % 6, i / 30]).collect();
        let hull = check(&points);
        assert_eq!(hull.volume([1.0; 3]), 4.0 * 5.0 * 6.0);
        assert_eq!(hull.volume([0.5, 1.0, 2.0]), 4.0 * 5.0 * 6.0);
        assert_eq!(hull.area([1.0; 3]), 2.0 * (20.0 + 24.0 + 30.0));
        assert_eq!(hull.area([2.0, 1.0, 1.0]), 2.0 * (40.0 + 48.0 + 30.0));
    }

    #[test]
    fn an_octahedron() {
        let points = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1], [0, 0, 0]];
        let hull = check(&points);
        assert_eq!((hull.points.len(), hull.faces.len()), (6, 8));
        assert!((hull.volume([1.0; 3]) - 4.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn flat_points_have_no_hull() {
        assert!(Hull::new(&[]).is_none());
        assert!(Hull::new(&[[1, 2, 3]; 5]).is_none());
        assert!(Hull::new(&[[0, 0, 0], [1, 1, 1], [2, 2, 2], [5, 5, 5]]).is_none());
        assert!(Hull::new(&[[0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 5, 0]]).is_none());
    }

    #[test]
    fn random_points_with_many_in_one_plane() {
        let mut random = Random(10);
        for case in 0..60 {
            let side = [2, 3, 5, 9, 40, 1000][case % 6];
            let mut coordinate = || random.below(side) as i64;
            let points: Vec<Point> =
                (0..4 + case * 3).map(|_| [coordinate(), coordinate(), coordinate()]).collect();
            if Hull::new(&points).is_some() {
                check(&points);
            }
        }
    }
}

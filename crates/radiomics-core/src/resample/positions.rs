//! Where the voxel centres of one grid lie in another.

use radiomics_imaging::{Geometry, IndexBox};

/// Continuous indices, in one grid, of the voxel centres of another.
///
/// The arithmetic follows ITK's `ResampleImageFilter` operation by operation where the axes of both grids run
/// along the patient axes: new voxel centres often lie exactly half way between two old ones, and the last bit
/// then decides which of them is the nearest.
#[derive(Clone, Debug)]
pub(crate) enum Positions {
    /// The axes of both grids are parallel: each index depends on one index alone.
    Axes([Vec<f64>; 3]),
    /// Any other pair of grids.
    Oblique(Box<Oblique>),
}

/// Two grids whose axes are not parallel.
#[derive(Clone, Debug)]
pub(crate) struct Oblique {
    grid: Geometry,
    within: Geometry,
    inverse: [[f64; 3]; 3],
}

impl Positions {
    /// The centres of `grid` as indices (x, y, z) of `within`.
    pub fn of(grid: &Geometry, within: &Geometry) -> Self {
        let oblique = Oblique { grid: *grid, within: *within, inverse: inverse(&index_to_point(within)) };
        if grid.direction() != within.direction() {
            return Self::Oblique(Box::new(oblique));
        }
        let [to, from] = [grid, within].map(Geometry::spacing);
        let [start, origin] = [grid, within].map(Geometry::origin);
        let axes = match patient_axes(&within.direction()) {
            Some(axes) => std::array::from_fn(|a| {
                let (row, sign) = axes[a];
                let (forth, back) = (sign * to[a], 1.0 / (sign * from[a]));
                let index = |i: f64| back * ((start[row] + forth * i) - origin[row]);
                let size = grid.size()[a];
                if a == 0 {
                    // ITK interpolates between both ends of a row.
                    let (first, end) = (index(0.0), index(size as f64));
                    (0..size).map(|i| first + i as f64 / size as f64 * (end - first)).collect()
                } else {
                    (0..size).map(|i| index(i as f64)).collect()
                }
            }),
            None => {
                let first = oblique.index([0.0; 3]);
                std::array::from_fn(|a| {
                    (0..grid.size()[a]).map(|i| first[a] + i as f64 * (to[a] / from[a])).collect()
                })
            }
        };
        Self::Axes(axes)
    }

    /// Continuous indices between which those of a part of the grid lie: the smallest and the largest.
    pub fn range(&self, part: IndexBox) -> ([f64; 3], [f64; 3]) {
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for corner in 0..8 {
            // The map is linear: its extremes lie in the corners.
            let voxel: [usize; 3] = std::array::from_fn(|a| {
                if corner >> a & 1 == 0 { part.start[a] } else { part.end()[a].max(1) - 1 }
            });
            let index = match self {
                Self::Axes(axes) => std::array::from_fn(|a| axes[a][voxel[a]]),
                Self::Oblique(oblique) => oblique.index(voxel.map(|i| i as f64)),
            };
            low = std::array::from_fn(|a| low[a].min(index[a]));
            high = std::array::from_fn(|a| high[a].max(index[a]));
        }
        (low, high)
    }
}

impl Oblique {
    /// The continuous index of a continuous index of the grid.
    fn index(&self, index: [f64; 3]) -> [f64; 3] {
        let (point, origin) = (self.grid.point(index), self.within.origin());
        times(&self.inverse, std::array::from_fn(|r| point[r] - origin[r]))
    }

    /// The continuous indices along the row at `y`, `z`.
    pub fn row(&self, y: usize, z: usize) -> impl Fn(usize) -> [f64; 3] {
        let size = self.grid.size()[0] as f64;
        let [first, end] = [0.0, size].map(|x| self.index([x, y as f64, z as f64]));
        move |x| std::array::from_fn(|a| first[a] + x as f64 / size * (end[a] - first[a]))
    }
}

/// The index of the voxel nearest to a continuous index; the upper one half way between two.
///
/// ITK's `RoundHalfIntegerUp`, rounding as it rounds on x86-64.
pub(crate) fn nearest(x: f64) -> i64 {
    ((2.0 * x + 0.5).round_ties_even() as i64) >> 1
}

/// For axes that run along patient axes: the patient axis and the sign of each.
fn patient_axes(direction: &[[f64; 3]; 3]) -> Option<[(usize, f64); 3]> {
    let mut axes = [(0, 0.0); 3];
    for (c, axis) in axes.iter_mut().enumerate() {
        for (r, row) in direction.iter().enumerate() {
            match row[c] {
                0.0 => {}
                1.0 | -1.0 => *axis = (r, row[c]),
                _ => return None,
            }
        }
    }
    Some(axes)
}

/// Directions times spacing: takes indices to positions relative to the origin.
fn index_to_point(grid: &Geometry) -> [[f64; 3]; 3] {
    grid.direction().map(|row| std::array::from_fn(|c| row[c] * grid.spacing()[c]))
}

fn times(m: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    m.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// By cofactors. Directions of a grid are orthonormal up to rounding, so that the determinant is not small.
fn inverse(m: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let cofactor = |r: usize, c: usize| {
        let ([r1, r2], [c1, c2]) = ([(r + 1) % 3, (r + 2) % 3], [(c + 1) % 3, (c + 2) % 3]);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant: f64 = (0..3).map(|c| m[0][c] * cofactor(0, c)).sum();
    std::array::from_fn(|r| std::array::from_fn(|c| cofactor(c, r) / determinant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_oblique_grid_agrees_with_the_transform_through_positions() {
        let (s, c) = (0.6_f64, 0.8_f64);
        let turned = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]];
        let within = Geometry::new([9, 8, 7], [0.7, 0.9, 3.0], [-5.0, 6.0, 70.0], turned).unwrap();
        let same = Geometry::new([5, 4, 3], [1.0, 0.5, 2.0], [-4.0, 6.5, 71.0], turned).unwrap();
        let other = Geometry::new([5, 4, 3], [1.0, 0.5, 2.0], [-4.0, 6.5, 71.0], Geometry::AXIAL).unwrap();
        for grid in [same, other] {
            let positions = Positions::of(&grid, &within);
            for (z, y, x) in [(0, 0, 0), (2, 1, 4), (1, 3, 2)] {
                let expected = within.index(grid.point([x as f64, y as f64, z as f64]));
                let found = match &positions {
                    Positions::Axes(axes) => [axes[0][x], axes[1][y], axes[2][z]],
                    Positions::Oblique(oblique) => oblique.row(y, z)(x),
                };
                for a in 0..3 {
                    assert!((found[a] - expected[a]).abs() < 1e-12, "{found:?} {expected:?}");
                }
            }
            assert_eq!(matches!(positions, Positions::Axes(_)), grid == same);
        }
    }

    #[test]
    fn half_way_goes_up() {
        assert_eq!(
            [-0.5, 0.49999999999999994, 0.5, 1.5, 2.5, 7.2, -0.6].map(nearest),
            [0, 0, 1, 2, 3, 7, -1]
        );
    }
}

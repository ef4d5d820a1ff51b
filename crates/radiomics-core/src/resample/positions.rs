//! Where the voxel centres of one grid lie in another.

use radiomics_imaging::{Geometry, IndexBox};

use super::inverse::inverse;

/// Continuous indices, in one grid, of the voxel centres of another.
///
/// The arithmetic follows ITK's `ResampleImageFilter` operation by operation: new voxel centres often lie exactly
/// half way between two old ones, and the last bit then decides which of them is the nearest.
#[derive(Clone, Debug)]
pub(crate) enum Positions {
    /// The axes of both grids run along the same patient axes: each index depends on one index alone.
    Axes([Vec<f64>; 3]),
    /// Any other pair of grids.
    Oblique(Box<Oblique>),
}

/// Two grids, at least one of them turned.
#[derive(Clone, Debug)]
pub(crate) struct Oblique {
    size: [usize; 3],
    /// Takes an index of the grid to a position, mm.
    forth: [[f64; 3]; 3],
    origin: [f64; 3],
    /// Takes a position to an index of the other grid.
    back: [[f64; 3]; 3],
    other_origin: [f64; 3],
}

impl Positions {
    /// The centres of `grid` as indices (x, y, z) of `within`.
    pub fn of(grid: &Geometry, within: &Geometry) -> Self {
        let (size, forth, back) = (grid.size(), index_to_point(grid), index_to_point(within));
        let [origin, other_origin] = [grid, within].map(Geometry::origin);
        match [&forth, &back].map(patient_axes) {
            [Some(forth), Some(back)] if forth.map(|axis| axis.0) == back.map(|axis| axis.0) => {
                Self::Axes(std::array::from_fn(|a| {
                    let ((row, forth), back) = (forth[a], 1.0 / back[a].1);
                    let index = |i: f64| back * ((origin[row] + forth * i) - other_origin[row]);
                    if a == 0 {
                        let (first, end) = (index(0.0), index(size[0] as f64));
                        (0..size[0]).map(|i| along(first, end, i, size[0])).collect()
                    } else {
                        (0..size[a]).map(|i| index(i as f64)).collect()
                    }
                }))
            }
            _ => {
                let back = inverse(&back);
                Self::Oblique(Box::new(Oblique { size, forth, origin, back, other_origin }))
            }
        }
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
                Self::Oblique(oblique) => oblique.index(voxel),
            };
            low = std::array::from_fn(|a| low[a].min(index[a]));
            high = std::array::from_fn(|a| high[a].max(index[a]));
        }
        (low, high)
    }
}

impl Oblique {
    fn index(&self, voxel: [usize; 3]) -> [f64; 3] {
        let offset: [f64; 3] = std::array::from_fn(|r| {
            let point = (0..3).fold(self.origin[r], |sum, c| sum + self.forth[r][c] * voxel[c] as f64);
            point - self.other_origin[r]
        });
        self.back.map(|row| row[0] * offset[0] + row[1] * offset[1] + row[2] * offset[2])
    }

    /// The continuous indices along the row at `y`, `z`.
    pub fn row(&self, y: usize, z: usize) -> impl Fn(usize) -> [f64; 3] {
        let size = self.size[0];
        let [first, end] = [0, size].map(|x| self.index([x, y, z]));
        move |x| std::array::from_fn(|a| along(first[a], end[a], x, size))
    }
}

/// ITK interpolates between both ends of a row; `end` is one step beyond its last voxel.
fn along(first: f64, end: f64, i: usize, size: usize) -> f64 {
    first + i as f64 / size as f64 * (end - first)
}

/// The index of the voxel nearest to a continuous index; the upper one half way between two.
///
/// ITK's `RoundHalfIntegerUp`, rounding as it rounds on x86-64.
pub(crate) fn nearest(x: f64) -> i64 {
    ((2.0 * x + 0.5).round_ties_even() as i64) >> 1
}

/// For axes that run along patient axes: the patient axis of each and what one step adds there, mm.
fn patient_axes(steps: &[[f64; 3]; 3]) -> Option<[(usize, f64); 3]> {
    let mut axes = [(0, 0.0); 3];
    for (c, axis) in axes.iter_mut().enumerate() {
        let mut rows = (0..3).filter(|&r| steps[r][c] != 0.0);
        let (Some(r), None) = (rows.next(), rows.next()) else { return None };
        *axis = (r, steps[r][c]);
    }
    Some(axes)
}

/// Directions times spacing: takes indices to positions relative to the origin.
fn index_to_point(grid: &Geometry) -> [[f64; 3]; 3] {
    grid.direction().map(|row| std::array::from_fn(|c| row[c] * grid.spacing()[c]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grid_agrees_with_the_transform_through_positions() {
        let (s, c) = (0.6_f64, 0.8_f64);
        let turned = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]];
        let swapped = [[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        let grid =
            |size, spacing, origin, direction| Geometry::new(size, spacing, origin, direction).unwrap();
        for (a, b) in [(turned, turned), (turned, Geometry::AXIAL), (swapped, swapped), (swapped, turned)] {
            let within = grid([9, 8, 7], [0.7, 0.9, 3.0], [-5.0, 6.0, 70.0], a);
            let grid = grid([5, 4, 3], [1.0, 0.5, 2.0], [-4.0, 6.5, 71.0], b);
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
            assert_eq!(matches!(positions, Positions::Axes(_)), a == swapped && b == swapped);
        }
    }

    #[test]
    fn half_way_goes_up() {
        assert_eq!([-0.5, 0.49, 0.5, 1.5, 2.5, 7.2, -0.6].map(nearest), [0, 0, 1, 2, 3, 7, -1]);
    }
}

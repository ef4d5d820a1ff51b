//! A label map on another grid: the label at the nearest voxel, as ITK's `ResampleImageFilter` finds it.

use ndarray::Array3;

use crate::geometry::{Geometry, IndexBox};

/// For each voxel of `target` the value of the nearest voxel of `source`; the default outside. Values outside
/// `bounds` (in the source) must be the default: rows that cannot meet `bounds` are passed over.
///
/// Positions are worked out as ITK does, end points of each row first, so that voxels half-way between two
/// others go to the same side: up. (On an oblique grid half-way is a matter of the last digit, and ITK's last
/// digits come from a singular-value decomposition: there such voxels may go to either side.)
pub(crate) fn nearest<T: Copy + Default>(
    values: &Array3<T>,
    source: &Geometry,
    target: &Geometry,
    bounds: IndexBox,
) -> Array3<T> {
    let mut out = Array3::from_elem(target.shape(), T::default());
    let size = target.size();
    let (to_point, to_index) = (steps(target), Inverse::of(source));
    let (low, high) = (bounds.start.map(|i| i as f64 - 1.0), bounds.end().map(|i| i as f64));
    for z in 0..size[2] {
        for y in 0..size[1] {
            let ends = [0, size[0]].map(|x| to_index.at(point(target, &to_point, [x, y, z])));
            let [start, end] = ends;
            let misses = |a: usize| start[a].max(end[a]) < low[a] || start[a].min(end[a]) > high[a];
            if (0..3).any(misses) {
                continue;
            }
            for x in 0..size[0] {
                let alpha = x as f64 / size[0] as f64;
                let index = std::array::from_fn(|a| start[a] + alpha * (end[a] - start[a]));
                if let Some([i, j, k]) = rounded(index, source.size()) {
                    out[[z, y, x]] = values[[k, j, i]];
                }
            }
        }
    }
    out
}

/// The voxel that holds a continuous index, borders towards the next voxel.
fn rounded(index: [f64; 3], size: [usize; 3]) -> Option<[usize; 3]> {
    let inside = (0..3).all(|a| index[a] >= -0.5 && index[a] < size[a] as f64 - 0.5);
    // Half-way goes up: ties of the doubled number go to even, which is then halved.
    inside.then(|| index.map(|i| ((2.0 * i + 0.5).round_ties_even() as usize) >> 1))
}

/// What one step along each index axis adds to the position, `[row][axis]`.
fn steps(grid: &Geometry) -> [[f64; 3]; 3] {
    let (direction, spacing) = (grid.direction(), grid.spacing());
    std::array::from_fn(|r| std::array::from_fn(|c| direction[r][c] * spacing[c]))
}

fn point(grid: &Geometry, steps: &[[f64; 3]; 3], index: [usize; 3]) -> [f64; 3] {
    let mut point = grid.origin();
    for (p, row) in point.iter_mut().zip(steps) {
        for (step, i) in row.iter().zip(index) {
            *p += step * i as f64;
        }
    }
    point
}

/// The way from a position back to an index.
struct Inverse {
    origin: [f64; 3],
    rows: [[f64; 3]; 3],
}

impl Inverse {
    fn of(grid: &Geometry) -> Self {
        let (direction, spacing) = (grid.direction(), grid.spacing());
        let rows = std::array::from_fn(|c| std::array::from_fn(|r| direction[r][c] * (1.0 / spacing[c])));
        Self { origin: grid.origin(), rows }
    }

    fn at(&self, point: [f64; 3]) -> [f64; 3] {
        let d: [f64; 3] = std::array::from_fn(|r| point[r] - self.origin[r]);
        self.rows.map(|row| (0..3).map(|r| row[r] * d[r]).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mask::Mask, volume::Volume};

    const AXIAL: [[f64; 3]; 3] = Geometry::AXIAL;

    fn mask(size: [usize; 3], spacing: [f64; 3], origin: [f64; 3], direction: [[f64; 3]; 3]) -> Mask {
        let grid = Geometry::new(size, spacing, origin, direction).unwrap();
        let mut label = 0_u16;
        let labels = Array3::from_shape_simple_fn(grid.shape(), || {
            label += 1;
            label
        });
        Mask::from_image(Volume::new(labels, grid).unwrap().into()).unwrap()
    }

    /// Labels 1 to 24 on other grids, as `ResampleImageFilter` of SimpleITK 2.5.7 gives them.
    #[test]
    fn labels_fall_where_itk_puts_them() {
        let source = mask([4, 3, 2], [0.78125, 0.664062, 2.1], [-10.5, 20.25, 7.0], AXIAL);
        let turned = [[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let (c, s) = (0.955336489125606, 0.29552020666133955);
        let oblique = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]];
        type Case<'a> = (&'a str, [usize; 3], [f64; 3], [f64; 3], [[f64; 3]; 3], &'a [u32]);
        #[rustfmt::skip] // a table
        let cases: [Case; 4] = [
            // The last row lies on the border: the last digit of its position decides.
            ("half a voxel", [4, 3, 2], [0.78125, 0.664062, 2.1], [-10.109375, 20.582031, 5.95], AXIAL,
             &[6, 7, 8, 0, 10, 11, 12, 0, 10, 11, 12, 0, 18, 19, 20, 0, 22, 23, 24, 0, 22, 23, 24, 0]),
            ("twice as fine", [6, 2, 3], [0.390625, 0.332031, 1.05], [-10.6953125, 20.25, 7.0], AXIAL,
             &[1, 1, 2, 2, 3, 3, 5, 5, 6, 6, 7, 7, 13, 13, 14, 14, 15, 15, 17, 17, 18, 18, 19, 19,
               13, 13, 14, 14, 15, 15, 17, 17, 18, 18, 19, 19]),
            ("turned round", [4, 3, 2], [0.78125, 0.664062, 2.1], [-8.15625, 20.25, 7.0], turned,
             &[4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9, 16, 15, 14, 13, 20, 19, 18, 17, 24, 23, 22, 21]),
            ("oblique", [4, 4, 2], [0.7, 0.6, 1.9], [-10.3, 20.1, 7.4], oblique,
             &[1, 2, 3, 8, 5, 6, 7, 12, 9, 10, 11, 11, 9, 0, 0, 0, 13, 14, 15, 20, 17, 18, 19, 24,
               21, 22, 23, 23, 21, 0, 0, 0]),
        ];
        for (name, size, spacing, origin, direction, expected) in cases {
            let grid = Geometry::new(size, spacing, origin, direction).unwrap();
            let found = source.resampled_onto(&grid);
            assert_eq!(*found.geometry(), grid);
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{name}");
        }
    }

    /// The definition: the voxel of the source whose centre is nearest along its axes.
    fn naive(source: &Mask, grid: &Geometry) -> Vec<u32> {
        let labels: Vec<u32> = source.iter().collect();
        let [nx, ny, nz] = source.geometry().size();
        let mut out = Vec::new();
        for (z, y, x) in ndarray::indices(grid.shape()) {
            let index = source.geometry().index(grid.point([x as f64, y as f64, z as f64]));
            let [i, j, k] = index.map(|v| (v + 0.5).floor());
            let inside = i >= 0.0 && j >= 0.0 && k >= 0.0 && i < nx as f64 && j < ny as f64 && k < nz as f64;
            out.push(if inside { labels[(k as usize * ny + j as usize) * nx + i as usize] } else { 0 });
        }
        out
    }

    #[test]
    fn labels_fall_where_the_definition_puts_them() {
        let mut state = 5_u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut hits = 0;
        for _ in 0..200 {
            let mut grid = || {
                let size = [0; 3].map(|_| 1 + (random() * 8.0) as usize);
                let (a, b) = (random() * 6.3, random() * 6.3);
                let about_z = [[a.cos(), -a.sin(), 0.0], [a.sin(), a.cos(), 0.0], [0.0, 0.0, 1.0]];
                let direction = std::array::from_fn(|r| {
                    let [x, y, z] = about_z[r];
                    [x, y * b.cos() + z * b.sin(), z * b.cos() - y * b.sin()]
                });
                let spacing = [0; 3].map(|_| 0.5 + 2.0 * random());
                (size, spacing, [0; 3].map(|_| 6.0 * random()), direction)
            };
            let ((size, spacing, origin, direction), target) = (grid(), grid());
            let source = mask(size, spacing, origin, direction);
            let (size, spacing, origin, direction) = target;
            let target = Geometry::new(size, spacing, origin, direction).unwrap();
            let found: Vec<u32> = source.resampled_onto(&target).iter().collect();
            assert_eq!(found, naive(&source, &target));
            hits += found.iter().filter(|label| **label > 0).count();
        }
        assert!(hits > 1000, "{hits}");
    }

    #[test]
    fn an_empty_mask_stays_empty() {
        let grid = Geometry::axial([2, 2, 2], [1.0; 3]).unwrap();
        let empty = Volume::new(Array3::<u8>::zeros([2, 2, 2]), grid).unwrap();
        let mask = Mask::from_image(empty.into()).unwrap();
        let fine = Geometry::axial([5, 4, 3], [0.5; 3]).unwrap();
        assert_eq!(mask.resampled_onto(&fine).iter().collect::<Vec<_>>(), vec![0; 60]);
    }
}

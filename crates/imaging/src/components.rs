//! Connected parts of a region: voxels that touch by a face, an edge or a corner belong together.

use std::ops::Range;

use ndarray::{Array3, s};

use crate::{
    mask::{Mask, MaskError},
    volume::{Image, Volume},
};

/// The connected parts (26 neighbours) of a region, largest first; of equal ones the first in memory first.
///
/// Works on runs along x, which are joined with those of the four rows before: time is that of one pass over
/// the voxels, whatever the shape (two-pass labelling; Rosenfeld and Pfaltz 1966, doi:10.1145/321356.321357).
///
/// ```
/// use radiomics_imaging::components::Components;
/// let inside = ndarray::arr3(&[[[true, false, true, true]]]);
/// let parts = Components::of(&inside);
/// assert_eq!(parts.voxels(), [2, 1]);
/// assert_eq!(parts.numbers(), ndarray::arr3(&[[[2, 0, 1, 1]]]));
/// ```
#[derive(Clone, Debug)]
pub struct Components {
    shape: (usize, usize, usize),
    runs: Vec<Run>,
    voxels: Vec<usize>,
}

/// Voxels beside each other along x.
#[derive(Clone, Debug)]
struct Run {
    row: usize,
    x: Range<usize>,
    /// While joining: another run of the same part, itself for the first. Then: the number of the part.
    part: usize,
}

impl Components {
    /// Finds the parts of the voxels that are true, `[z, y, x]`.
    pub fn of(inside: &Array3<bool>) -> Self {
        let (nz, ny, _) = inside.dim();
        let mut runs: Vec<Run> = Vec::new();
        // Runs of each row, rows in the order of memory.
        let mut rows: Vec<Range<usize>> = Vec::with_capacity(nz * ny);
        for z in 0..nz {
            for y in 0..ny {
                let first = runs.len();
                let line = inside.slice(s![z, y, ..]);
                let mut x = 0;
                while x < line.len() {
                    if !line[x] {
                        x += 1;
                        continue;
                    }
                    let start = x;
                    while x < line.len() && line[x] {
                        x += 1;
                    }
                    runs.push(Run { row: rows.len(), x: start..x, part: runs.len() });
                }
                rows.push(first..runs.len());
                let row = rows.len() - 1;
                let before = [
                    (y > 0).then(|| row - 1),
                    (z > 0 && y > 0).then(|| row - ny - 1),
                    (z > 0).then(|| row - ny),
                    (z > 0 && y + 1 < ny).then(|| row - ny + 1),
                ];
                for other in before.into_iter().flatten() {
                    join(&mut runs, rows[row].clone(), rows[other].clone());
                }
            }
        }
        let voxels = number(&mut runs);
        Self { shape: inside.dim(), runs, voxels }
    }

    /// Number of voxels of each part, falling.
    pub fn voxels(&self) -> &[usize] {
        &self.voxels
    }

    /// The number of the part of each voxel, from 1, and 0 outside, `[z, y, x]`.
    pub fn numbers(&self) -> Array3<u32> {
        let mut numbers = Array3::zeros(self.shape);
        self.paint(&mut numbers, [0; 3], |number| number as u32);
        numbers
    }

    /// Writes the numbers into an array in which the region's box starts at `start` (x, y, z).
    fn paint<T: Copy>(&self, array: &mut Array3<T>, start: [usize; 3], value: impl Fn(usize) -> T) {
        let ny = self.shape.1.max(1);
        for run in &self.runs {
            let (z, y) = (run.row / ny + start[2], run.row % ny + start[1]);
            array.slice_mut(s![z, y, run.x.start + start[0]..run.x.end + start[0]]).fill(value(run.part));
        }
    }
}

/// Joins the runs of two rows that touch, also at a corner; both rows are ordered along x.
fn join(runs: &mut [Run], mut these: Range<usize>, mut others: Range<usize>) {
    while !these.is_empty() && !others.is_empty() {
        let (a, b) = (&runs[these.start].x, &runs[others.start].x);
        let ends_first = a.end < b.end;
        if a.start <= b.end && b.start <= a.end {
            let (a, b) = (root(runs, these.start), root(runs, others.start));
            // The earlier run leads.
            runs[a.max(b)].part = a.min(b);
        }
        if ends_first {
            these.start += 1;
        } else {
            others.start += 1;
        }
    }
}

fn root(runs: &mut [Run], mut run: usize) -> usize {
    while runs[run].part != run {
        runs[run].part = runs[runs[run].part].part;
        run = runs[run].part;
    }
    run
}

/// Gives each run the number of its part and returns the voxels of each part.
fn number(runs: &mut [Run]) -> Vec<usize> {
    let roots: Vec<usize> = (0..runs.len()).map(|run| root(runs, run)).collect();
    let mut voxels = vec![0; runs.len()];
    for (run, &root) in runs.iter().zip(&roots) {
        voxels[root] += run.x.len();
    }
    let mut order: Vec<usize> = (0..runs.len()).filter(|&run| roots[run] == run).collect();
    order.sort_by_key(|&root| std::cmp::Reverse(voxels[root]));
    let mut numbers = vec![0; runs.len()];
    for (number, &root) in order.iter().enumerate() {
        numbers[root] = number + 1;
    }
    for (run, &root) in runs.iter_mut().zip(&roots) {
        run.part = numbers[root];
    }
    order.iter().map(|&root| voxels[root]).collect()
}

impl Mask {
    /// The connected parts of one label as a mask of their own: label 1 is the largest part.
    ///
    /// # Errors
    /// As [`Mask::region`].
    pub fn components(&self, label: u32) -> Result<Self, MaskError> {
        let region = self.region(label)?;
        let parts = Components::of(&self.crop(label, region.bounds));
        let (shape, start) = (self.geometry().shape(), region.bounds.start);
        // The narrowest type: the array is as large as the scan.
        let image = match parts.voxels.len() {
            0..256 => self.painted(Array3::<u8>::zeros(shape), &parts, start, |n| n as u8),
            256..65536 => self.painted(Array3::<u16>::zeros(shape), &parts, start, |n| n as u16),
            _ => self.painted(Array3::<u32>::zeros(shape), &parts, start, |n| n as u32),
        };
        Self::from_image(image)
    }

    fn painted<T: crate::Sample>(
        &self,
        mut array: Array3<T>,
        parts: &Components,
        start: [usize; 3],
        value: impl Fn(usize) -> T,
    ) -> Image {
        parts.paint(&mut array, start, value);
        Volume::assemble(array, *self.geometry()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Geometry;

    /// The definition: grow each part from a seed over all 26 neighbours.
    fn naive(inside: &Array3<bool>) -> Vec<Vec<[usize; 3]>> {
        let mut left = inside.clone();
        let (nz, ny, nx) = inside.dim();
        let mut parts = Vec::new();
        for ((z, y, x), _) in inside.indexed_iter() {
            if !std::mem::take(&mut left[(z, y, x)]) {
                continue;
            }
            let mut part = vec![[z, y, x]];
            let mut at = 0;
            while at < part.len() {
                let [z, y, x] = part[at];
                at += 1;
                for z in z.saturating_sub(1)..(z + 2).min(nz) {
                    for y in y.saturating_sub(1)..(y + 2).min(ny) {
                        for x in x.saturating_sub(1)..(x + 2).min(nx) {
                            if std::mem::take(&mut left[(z, y, x)]) {
                                part.push([z, y, x]);
                            }
                        }
                    }
                }
            }
            parts.push(part);
        }
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        parts
    }

    #[test]
    fn parts_are_those_of_the_definition() {
        let mut state = 11_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for case in 0..300 {
            let shape = [1 + random() % 6, 1 + random() % 7, 1 + random() % 9].map(|n| n as usize);
            let density = [3, 12, 30, 60, 90][case % 5];
            let inside = Array3::from_shape_simple_fn(shape, || random() % 100 < density);
            let (parts, expected) = (Components::of(&inside), naive(&inside));
            assert_eq!(parts.voxels(), expected.iter().map(Vec::len).collect::<Vec<_>>());
            let numbers = parts.numbers();
            for (index, part) in expected.iter().enumerate() {
                assert!(part.iter().all(|&voxel| numbers[voxel] as usize == index + 1), "case {case}");
            }
            assert_eq!(numbers.iter().filter(|n| **n > 0).count(), inside.iter().filter(|i| **i).count());
        }
    }

    #[test]
    fn parts_of_a_label_keep_their_place() {
        let labels = ndarray::arr3(&[[[0_u8, 3, 0, 0], [0, 0, 0, 3]], [[9, 0, 0, 3], [3, 0, 0, 0]]]);
        let grid = Geometry::axial([4, 2, 2], [1.0; 3]).unwrap();
        let mask = Mask::from_image(Volume::new(labels, grid).unwrap().into()).unwrap();
        let parts = mask.components(3).unwrap();
        assert_eq!(parts.geometry(), mask.geometry());
        let numbers: Vec<u32> = parts.iter().collect();
        assert_eq!(numbers, [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 1, 0, 0, 0]);
        assert!(matches!(mask.components(4), Err(MaskError::AbsentLabel { .. })));
    }
}

//! A region's ranks with a border wide enough for a sweep.

use std::{borrow::Cow, ops::Range};

use crate::{error::Error, levels::Levels};

/// Voxels that [`Padded::map`] adds behind the array, so that sweeps may work in whole blocks.
pub(crate) const SLACK: usize = 64;

/// Ranks (0 outside) with at least `reach` voxels of outside on all sides.
pub(crate) struct Padded<'a> {
    ranks: Cow<'a, [u16]>,
    size: [usize; 3],
    border: usize,
}

impl<'a> Padded<'a> {
    /// Borrows the ranks where their border is wide enough, copies them otherwise.
    ///
    /// # Errors
    /// [`Error::TooManyVoxels`] beyond what 32-bit counts hold.
    pub fn new(levels: &'a Levels, reach: usize) -> Result<Self, Error> {
        if levels.voxels() > u64::from(u32::MAX) {
            return Err(Error::TooManyVoxels { voxels: levels.voxels(), limit: u32::MAX });
        }
        let size = levels.size();
        if levels.border() >= reach {
            return Ok(Self { ranks: Cow::Borrowed(levels.ranks()), size, border: levels.border() });
        }
        let mut padded = Self { ranks: Cow::Owned(Vec::new()), size, border: reach };
        let mut ranks = vec![0; padded.plane() * (size[2] + 2 * reach)];
        for (z, y) in (0..size[2]).flat_map(|z| (0..size[1]).map(move |y| (z, y))) {
            let (from, to) = (levels.position([0, y, z]), padded.position([0, y, z]));
            ranks[to..to + size[0]].copy_from_slice(&levels.ranks()[from..from + size[0]]);
        }
        padded.ranks = Cow::Owned(ranks);
        Ok(padded)
    }

    /// The ranks, x fastest.
    pub fn ranks(&self) -> &[u16] {
        &self.ranks
    }

    /// Size of the region's box along x, y, z.
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Number of planes (slices along z) of the region's box.
    pub fn planes(&self) -> usize {
        self.size[2]
    }

    /// From one row (along x) to the next.
    pub fn row(&self) -> usize {
        self.size[0] + 2 * self.border
    }

    /// From one plane to the next.
    pub fn plane(&self) -> usize {
        self.row() * (self.size[1] + 2 * self.border)
    }

    /// Position of a voxel of the box (x, y, z).
    pub fn position(&self, [x, y, z]: [usize; 3]) -> usize {
        (z + self.border) * self.plane() + (y + self.border) * self.row() + x + self.border
    }

    /// What to add to a position to go one step (x, y, z).
    pub fn offset(&self, [x, y, z]: [i32; 3]) -> isize {
        z as isize * self.plane() as isize + y as isize * self.row() as isize + x as isize
    }

    /// Positions from the first to the last voxel of the box in one plane, with the borders between its rows.
    pub fn span(&self, z: usize) -> Range<usize> {
        let start = self.position([0, 0, z]);
        start..start + (self.size[1] - 1) * self.row() + self.size[0]
    }

    /// Something else for each voxel, such as the rank in a narrower type, and [`SLACK`] zeros behind.
    pub fn map<T: Copy + Default>(&self, f: impl Fn(u16) -> T) -> Vec<T> {
        let mut mapped = Vec::with_capacity(self.ranks.len() + SLACK);
        mapped.extend(self.ranks.iter().map(|&rank| f(rank)));
        mapped.resize(self.ranks.len() + SLACK, T::default());
        mapped
    }

    /// All planes as one part, to be counted together.
    pub fn whole(&self) -> Vec<Range<usize>> {
        cut(0..self.planes(), 1)
    }

    /// Each plane as a part of its own.
    pub fn slices(&self) -> Vec<Range<usize>> {
        cut(0..self.planes(), self.planes())
    }

    /// Planes that are worth another thread: some classes look at a few planes before those that they count.
    pub fn grain(&self) -> usize {
        /// Fewer voxels are swept faster than a thread is woken.
        const SMALL: usize = 1 << 15;
        const FEW: usize = 8;
        SMALL.div_ceil(self.plane()).max(FEW)
    }
}

fn cut(planes: Range<usize>, parts: usize) -> Vec<Range<usize>> {
    let start = |part: usize| planes.start + planes.len() * part / parts;
    (0..parts).map(|part| start(part)..start(part + 1)).collect()
}

/// Distances at which a voxel of the region can have a neighbour, each once, rising.
pub(crate) fn reachable(distances: &[u32], levels: &Levels) -> Vec<u32> {
    let longest = levels.size().into_iter().max().unwrap_or(1);
    let mut distances: Vec<u32> =
        distances.iter().copied().filter(|&d| d > 0 && (d as usize) < longest).collect();
    distances.sort_unstable();
    distances.dedup();
    distances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_border_is_widened() {
        let grey = ndarray::Array3::from_shape_fn([3, 4, 5], |(z, y, x)| (z * 20 + y * 5 + x) as u32);
        let levels = Levels::from_grey_levels(&grey, [1.0; 3], 1).unwrap();
        let same = Padded::new(&levels, 1).unwrap();
        assert_eq!(same.ranks(), levels.ranks());
        let wide = Padded::new(&levels, 3).unwrap();
        assert_eq!(wide.ranks().len(), 9 * 10 * 11);
        assert_eq!(wide.ranks()[wide.position([4, 3, 2])], 59);
        assert_eq!(wide.ranks().iter().filter(|&&r| r > 0).count(), 59);
        for padded in [same, wide] {
            for z in 0..3 {
                let span = padded.span(z);
                assert_eq!(span.start, padded.position([0, 0, z]));
                assert_eq!(span.end, padded.position([4, 3, z]) + 1);
            }
            let there = padded.position([1, 1, 1]) as isize + padded.offset([1, -1, 1]);
            assert_eq!(there, padded.position([2, 0, 2]) as isize);
        }
    }
}

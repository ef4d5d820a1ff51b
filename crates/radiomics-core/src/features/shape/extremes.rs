//! The mesh vertices that can be the end of a diameter.
//!
//! Vertices lie on a grid of half voxels: halfway between two voxels, one inside and one outside. The two
//! ends of a largest distance are corners of the convex hull of all vertices, and so of the hull in every
//! plane through them. Of each line in a plane only the two ends can be corners. All of this is decided in
//! whole numbers of half voxels; the spacing enters only when distances are taken.

use super::bits::{BitVolume, ones, shifted};

/// Number of half-voxel places along a side of `n` voxels with its border.
pub(crate) fn lines(n: usize) -> usize {
    2 * n + 3
}

/// First and last vertex on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    low: u32,
    high: u32,
}

impl Span {
    const NONE: Self = Self { low: u32::MAX, high: 0 };
}

/// The vertices in one plane across z: spans along x for each y, and along y for each x.
pub(crate) struct Plane {
    along_x: Vec<Span>,
    along_y: Vec<Span>,
}

impl Plane {
    fn empty([nx, ny, _]: [usize; 3]) -> Self {
        Self { along_x: vec![Span::NONE; lines(ny)], along_y: vec![Span::NONE; lines(nx)] }
    }

    /// The plane between slices `z` and `z + 1`, counted with the border: half voxel `2z + 1`.
    pub(crate) fn between_slices(bits: &BitVolume, z: usize) -> Self {
        let mut plane = Self::empty(bits.size());
        let changes = |y: usize, k: usize| bits.row(y + 1, z)[k] ^ bits.row(y + 1, z + 1)[k];
        plane.add(bits, bits.size()[1], changes, |y| 2 * y + 2, |bit| 2 * bit + 2);
        plane
    }

    /// The plane of slice `z`, counted with the border: half voxel `2z`.
    pub(crate) fn of_slice(bits: &BitVolume, z: usize) -> Self {
        let mut plane = Self::empty(bits.size());
        let along_row = |y: usize, k: usize| bits.row(y + 1, z)[k] ^ shifted(bits.row(y + 1, z), k);
        plane.add(bits, bits.size()[1], along_row, |y| 2 * y + 2, |bit| 2 * bit + 1);
        let between_rows = |y: usize, k: usize| bits.row(y, z)[k] ^ bits.row(y + 1, z)[k];
        plane.add(bits, bits.size()[1] + 1, between_rows, |y| 2 * y + 1, |bit| 2 * bit + 2);
        plane
    }

    /// Adds the vertices that `word(row, k)` marks, at half voxels `x_of(bit)` and `y_of(row)`.
    fn add(
        &mut self,
        bits: &BitVolume,
        rows: usize,
        word: impl Fn(usize, usize) -> u64,
        y_of: impl Fn(usize) -> usize,
        x_of: impl Fn(usize) -> usize,
    ) {
        for row in 0..rows {
            let words = || (0..bits.row_words()).map(|k| (k, word(row, k))).filter(|(_, word)| *word != 0);
            let first = words().next().map(|(k, word)| 64 * k + word.trailing_zeros() as usize);
            let last = words().next_back().map(|(k, word)| 64 * k + 63 - word.leading_zeros() as usize);
            if let (Some(first), Some(last)) = (first, last) {
                self.along_x[y_of(row)] = Span { low: x_of(first) as u32, high: x_of(last) as u32 };
            }
        }
        for k in 0..bits.row_words() {
            let mut seen = 0;
            for row in 0..rows {
                let word = word(row, k);
                for bit in ones(word & !seen) {
                    self.along_y[x_of(64 * k + bit)].low = y_of(row) as u32;
                }
                seen |= word;
            }
            for row in (0..rows).rev() {
                let word = word(row, k);
                for bit in ones(word & seen) {
                    self.along_y[x_of(64 * k + bit)].high = y_of(row) as u32;
                }
                seen &= !word;
            }
        }
    }
}

/// The corners of the convex hull of the vertices in one plane: lines rising, position on the line.
#[derive(Default)]
pub(crate) struct Hull {
    low: Vec<[i64; 2]>,
    high: Vec<[i64; 2]>,
}

impl Hull {
    /// The hull of the vertices of a plane across x, y or z, at half voxel `place`.
    ///
    /// `planes` are those across z from half voxel 1 on. The corners are (line, position on the line): (z, y)
    /// across x, (z, x) across y, (y, x) across z.
    pub(crate) fn across(planes: &[Plane], axis: usize, place: usize) -> Self {
        match axis {
            0 => Self::new((1..).zip(planes).map(|(z, plane)| (z, plane.along_y[place]))),
            1 => Self::new((1..).zip(planes).map(|(z, plane)| (z, plane.along_x[place]))),
            _ => match place.checked_sub(1).and_then(|below| planes.get(below)) {
                Some(plane) => Self::of(plane),
                None => Self::default(),
            },
        }
    }

    /// The hull of a plane across z; corners are (y, x).
    pub(crate) fn of(plane: &Plane) -> Self {
        Self::new((0..).zip(plane.along_x.iter().copied()))
    }

    /// Andrew's monotone chain; the lines come sorted.
    fn new(spans: impl Iterator<Item = (i64, Span)>) -> Self {
        let mut hull = Self::default();
        for (line, span) in spans.filter(|(_, span)| *span != Span::NONE) {
            push_convex(&mut hull.low, [line, i64::from(span.low)], 1);
            push_convex(&mut hull.high, [line, i64::from(span.high)], -1);
        }
        hull
    }

    /// All corners; one may come twice.
    pub(crate) fn corners(&self) -> impl Iterator<Item = [i64; 2]> {
        self.low.iter().chain(&self.high).copied()
    }

    /// Whether this vertex is a corner.
    pub(crate) fn contains(&self, corner: [i64; 2]) -> bool {
        [&self.low, &self.high].iter().any(|chain| chain.binary_search(&corner).is_ok())
    }
}

/// Appends a point to a chain that turns only to one side; points on a straight stretch are dropped.
fn push_convex(chain: &mut Vec<[i64; 2]>, point: [i64; 2], side: i64) {
    while let [.., a, b] = chain[..] {
        let turn = (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]);
        if side * turn > 0 {
            break;
        }
        chain.pop();
    }
    chain.push(point);
}

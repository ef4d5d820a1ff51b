//! Lines of voxels side by side: recursions along them fill the processor's vector registers.
//!
//! What is inlined into [`vectorised`](crate::vectorised::vectorised) is compiled for wide vectors, so everything is
//! `#[inline(always)]`; and values go from one array to another, so that the compiler sees that lanes are independent.

use std::ops::Range;

/// Lines filtered side by side.
pub(crate) const LANES: usize = 32;

/// One voxel of each line.
pub(crate) type Lanes = [f64; LANES];

/// Rows of voxels, which may be parts of longer rows.
#[derive(Clone, Copy)]
pub(crate) struct Plane<'a, T> {
    voxels: &'a [T],
    /// Voxels of a row.
    width: usize,
    rows: usize,
    /// From one row to the next.
    stride: usize,
}

impl<'a, T: Copy + Into<f64>> Plane<'a, T> {
    /// Rows one behind the other.
    pub fn packed(voxels: &'a [T], width: usize) -> Self {
        Self { voxels, width, rows: voxels.len() / width.max(1), stride: width }
    }

    /// Rows `stride` voxels apart.
    pub fn apart(voxels: &'a [T], width: usize, rows: usize, stride: usize) -> Self {
        Self { voxels, width, rows, stride }
    }

    /// Bundles of its rows.
    pub fn rows(&self) -> impl Iterator<Item = Range<usize>> + use<T> {
        bundles(self.rows)
    }

    /// Bundles of its columns.
    pub fn columns(&self) -> impl Iterator<Item = Range<usize>> + use<T> {
        bundles(self.width)
    }

    /// Turns some rows: `to[x]` gets voxel `x` of each.
    #[inline(always)]
    pub fn turn(&self, rows: &Range<usize>, to: &mut [Lanes]) {
        let row = |row: usize| &self.voxels[row * self.stride..][..self.width];
        let mut done = 0;
        // Single precision is turned in blocks, twice as fast; of blocks in double precision the compiler makes no vectors.
        if size_of::<T>() == size_of::<f32>() && rows.len() == LANES {
            done = self.width / 4 * 4;
            for first in (0..LANES).step_by(4) {
                let four: [&[T]; 4] = std::array::from_fn(|lane| row(rows.start + first + lane));
                for x in (0..done).step_by(4) {
                    let [Some(a), Some(b), Some(c), Some(d)] = four.map(|row| row[x..].first_chunk::<4>())
                    else {
                        break;
                    };
                    let turned = turned([quad(a), quad(b), quad(c), quad(d)]);
                    for (to, values) in to[x..].iter_mut().zip(turned) {
                        to[first..first + 4].copy_from_slice(&values);
                    }
                }
            }
        }
        let to = &mut to[done..];
        for (lane, row) in rows.clone().map(row).enumerate() {
            for (to, &value) in to.iter_mut().zip(&row[done..]) {
                to[lane] = value.into();
            }
        }
    }

    /// Takes some columns: `to[y]` gets the voxel of each in row `y`.
    #[inline(always)]
    pub fn take(&self, columns: &Range<usize>, to: &mut [Lanes]) {
        for (to, row) in to.iter_mut().zip(self.voxels.chunks(self.stride)) {
            let row = &row[columns.clone()];
            match row.first_chunk::<LANES>() {
                Some(row) => *to = widened(row),
                None => to.iter_mut().zip(row).for_each(|(to, &value)| *to = value.into()),
            }
        }
    }
}

/// As many lines at a time as there are lanes; the last begin earlier, so that they are as many, and some come twice.
fn bundles(lines: usize) -> impl Iterator<Item = Range<usize>> {
    (0..lines).step_by(LANES).map(move |first| {
        let first = first.min(lines.saturating_sub(LANES));
        first..lines.min(first + LANES)
    })
}

#[inline(always)]
fn quad<T: Copy + Into<f64>>(values: &[T; 4]) -> [f64; 4] {
    [values[0].into(), values[1].into(), values[2].into(), values[3].into()]
}

/// The columns of four rows, by way of pairs, as processors shuffle them.
#[inline(always)]
fn turned([a, b, c, d]: [[f64; 4]; 4]) -> [[f64; 4]; 4] {
    let even = |p: [f64; 4], q: [f64; 4]| [p[0], q[0], p[2], q[2]];
    let odd = |p: [f64; 4], q: [f64; 4]| [p[1], q[1], p[3], q[3]];
    let low = |p: [f64; 4], q: [f64; 4]| [p[0], p[1], q[0], q[1]];
    let high = |p: [f64; 4], q: [f64; 4]| [p[2], p[3], q[2], q[3]];
    let ([e, o], [f, p]) = ([even(a, b), odd(a, b)], [even(c, d), odd(c, d)]);
    [low(e, f), low(o, p), high(e, f), high(o, p)]
}

#[inline(always)]
fn widened<T: Copy + Into<f64>>(values: &[T; LANES]) -> Lanes {
    let mut wide = [0.0; LANES];
    for lane in 0..LANES {
        wide[lane] = values[lane].into();
    }
    wide
}

/// Writes what came of some lines as columns: `lanes[y]` to row `y`, each row `width` long.
#[inline(always)]
pub(crate) fn put<T: Copy + Default>(
    lanes: &[Lanes],
    columns: &Range<usize>,
    narrow: impl Fn(f64) -> T,
    to: &mut [T],
    width: usize,
) {
    for (row, lanes) in to.chunks_exact_mut(width).zip(lanes) {
        let mut narrowed = [T::default(); LANES];
        for lane in 0..LANES {
            narrowed[lane] = narrow(lanes[lane]);
        }
        let row = &mut row[columns.clone()];
        match row.first_chunk_mut::<LANES>() {
            Some(row) => *row = narrowed,
            None => row.iter_mut().zip(narrowed).for_each(|(to, value)| *to = value),
        }
    }
}

/// Writes what came of some lines as rows, each `width` long: `lanes[x]` to place `x` of each.
#[inline(always)]
pub(crate) fn put_turned<T>(
    lanes: &[Lanes],
    rows: &Range<usize>,
    narrow: impl Fn(f64) -> T,
    to: &mut [T],
    width: usize,
) {
    let to = &mut to[rows.start * width..rows.end * width];
    let mut done = 0;
    // As in [`Plane::turn`].
    if size_of::<T>() == size_of::<f32>() && rows.len() == LANES {
        done = width.min(lanes.len()) / 4 * 4;
        for (first, rows) in (0..LANES).step_by(4).zip(to.chunks_exact_mut(4 * width)) {
            for (x, lanes) in (0..done).step_by(4).zip(lanes.chunks_exact(4)) {
                let four = |x: usize| lanes[x][first..].first_chunk().copied().unwrap_or_default();
                let turned = turned([four(0), four(1), four(2), four(3)]);
                for (lane, values) in turned.into_iter().enumerate() {
                    if let Some(row) = rows[lane * width + x..].first_chunk_mut::<4>() {
                        *row = values.map(&narrow);
                    }
                }
            }
        }
    }
    for (lane, row) in to.chunks_exact_mut(width).enumerate() {
        row[done..].iter_mut().zip(&lanes[done..]).for_each(|(to, values)| *to = narrow(values[lane]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_and_put_back_whatever_their_number() {
        for (width, rows) in [(1, 3), (5, 16), (16, 1), (17, 40), (33, 15)] {
            let stride = width + 3;
            let voxels: Vec<f32> = (0..rows * stride).map(|i| i as f32).collect();
            let plane = Plane::apart(&voxels, width, rows, stride);
            let expected: Vec<f32> =
                (0..rows * width).map(|i| voxels[i / width * stride + i % width]).collect();
            let mut copies = vec![vec![0.0; rows * width]; 2];
            let mut lines = vec![[0.0; LANES]; width];
            for bundle in plane.rows() {
                plane.turn(&bundle, &mut lines);
                put_turned(&lines, &bundle, |x| x as f32, &mut copies[0], width);
            }
            let mut lines = vec![[0.0; LANES]; rows];
            for bundle in plane.columns() {
                plane.take(&bundle, &mut lines);
                put(&lines, &bundle, |x| x as f32, &mut copies[1], width);
            }
            assert_eq!(copies, [expected.clone(), expected], "{width} {rows}");
        }
    }
}

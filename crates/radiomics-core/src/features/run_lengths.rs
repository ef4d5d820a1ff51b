//! Runs in regions of up to 255 grey levels, counted without walking along them.
//!
//! A voxel's length is how many voxels its run has from the backward end up to this voxel: one more than the
//! backward neighbour's if the two are equal, else 1. So whole blocks of voxels get their lengths by vector
//! instructions. There are as many runs of `j` or more voxels as voxels of length `j`: lengths below [`LONG`] are
//! counted for three directions at a time, and longer runs where they end, which is seldom. Along x, where the
//! neighbour lies in the same block, lengths are counted voxel by voxel.

use std::{iter::zip, ops::Range};

use super::{backward::Backward, level_size::Tally, padded::Padded};
use crate::vectorised::vectorised;

/// Voxels that get their lengths at once; a row is a whole number of blocks.
const BLOCK: usize = 32;
/// Runs of at least so many voxels are counted where they end.
const LONG: usize = 6;
/// A length that may be larger, or is not known.
const UNKNOWN: u8 = u8::MAX;
/// Directions other than x: 3 in the plane, then 9 from the plane before.
const DIRECTIONS: usize = 12;
const IN_PLANE: usize = Backward::IN_PLANE - 1;
/// Cells for the lengths of three directions, `LONG³` of them used: no byte names one beyond, so none is tested. With
/// 256 the cells of all ranks would lie on the same lines of the processor's cache.
const CELLS: usize = 256 + 8;

/// No blocks, and nothing where it is joined with others.
const NONE: Range<usize> = Range { start: usize::MAX, end: 0 };

/// What a sweep counts: whole numbers, so that stretches add up to the same wherever they are cut.
pub(crate) trait Counts {
    /// Adds what was counted in another stretch.
    fn plus(self, other: Self) -> Self;

    /// The runs along a direction by rank, length and number.
    fn runs(&self, direction: usize) -> Vec<(u16, u32, u32)>;
}

/// Ranks in rows of whole blocks, with a border of zeros.
pub(crate) struct Rows {
    ranks: Vec<u8>,
    size: [usize; 3],
    /// Rows of a plane with its border, and positions of a row.
    rows: usize,
    row: usize,
    /// Positions before the first row.
    lead: usize,
    /// The blocks of each row that hold its voxels and their neighbours along x.
    live: Vec<Range<usize>>,
}

impl Rows {
    /// Ranks must be 255 or less.
    pub fn new(padded: &Padded) -> Self {
        let size @ [nx, ny, nz] = padded.size();
        let (rows, row) = (ny + 2, (nx + 2).next_multiple_of(BLOCK));
        let lead = row + BLOCK;
        let mut ranks = vec![0; lead + (nz + 2) * rows * row];
        let mut live = vec![NONE; (nz + 2) * rows];
        for (z, y) in (0..nz).flat_map(|z| (0..ny).map(move |y| (z, y))) {
            let from = &padded.ranks()[padded.position([0, y, z])..][..nx];
            let number = (z + 1) * rows + y + 1;
            let to = &mut ranks[lead + number * row..][..row];
            zip(&mut to[1..=nx], from).for_each(|(to, &rank)| *to = rank as u8);
            // Whole blocks first: the compiler makes vector instructions of them.
            let blocks = to.as_chunks::<BLOCK>().0;
            let any = |block: &[u8; BLOCK]| block.iter().fold(0, |any, rank| any | rank) != 0;
            if let (Some(first), Some(last)) = (blocks.iter().position(any), blocks.iter().rposition(any)) {
                // The row's border is outside: only a block's first and last voxel can have a neighbour elsewhere.
                let before = usize::from(blocks[first][0] != 0);
                let behind = usize::from(blocks[last][BLOCK - 1] != 0);
                live[number] = first - before..last + 1 + behind;
            }
        }
        Self { ranks, size, rows, row, lead, live }
    }
}

/// How many voxels have which length, and how many long runs there are.
pub(crate) struct RunLengths {
    /// For each rank (0 unused) and three directions each a histogram of their lengths, at most `LONG`, less 1: the
    /// digits of the cell's number to the base `LONG`.
    cells: Vec<[[u32; CELLS]; DIRECTIONS / 3]>,
    /// For each rank a histogram of the lengths along x, less 1, and a 0 behind.
    along: Vec<u32>,
    width: usize,
    /// Runs of `LONG` and more along the other directions.
    long: Vec<Tally>,
}

impl RunLengths {
    fn new(levels: usize, longest: usize) -> Self {
        let width = longest + 1;
        Self {
            cells: vec![[[0; CELLS]; DIRECTIONS / 3]; levels + 1],
            along: vec![0; (levels + 1) * width],
            width,
            long: vec![Tally::new(levels, 64); DIRECTIONS],
        }
    }

    /// Counts the lengths in a block. `run` is the rank and length of the run along x at the end of the block before.
    ///
    /// Not inlined: the run must stay in registers.
    #[inline(never)]
    fn count(&mut self, ranks: &[u8; BLOCK], places: &[[u8; BLOCK]; DIRECTIONS / 3], run: &mut (u8, usize)) {
        let (mut last, mut along) = *run;
        for i in 0..BLOCK {
            let rank = ranks[i];
            along = if rank == last { along + 1 } else { 0 };
            last = rank;
            if rank != 0 {
                let rank = usize::from(rank);
                for (cells, places) in zip(&mut self.cells[rank], places) {
                    cells[usize::from(places[i])] += 1;
                }
                self.along[rank * self.width + along] += 1;
            }
        }
        *run = (last, along);
    }
}

impl Counts for RunLengths {
    fn plus(mut self, other: Self) -> Self {
        let cells =
            zip(self.cells.as_flattened_mut().as_flattened_mut(), other.cells.as_flattened().as_flattened());
        cells.chain(zip(&mut self.along, &other.along)).for_each(|(sum, more)| *sum += more);
        self.long = zip(self.long, other.long).map(|(sum, more)| sum.plus(more)).collect();
        self
    }

    fn runs(&self, direction: usize) -> Vec<(u16, u32, u32)> {
        let Some(d) = direction.checked_sub(1) else {
            let ranks = (0..).zip(self.along.chunks_exact(self.width)).skip(1);
            return ranks.flat_map(|(rank, voxels)| differences(rank, voxels)).collect();
        };
        let mut runs = self.long[d].clone().counts();
        let mut voxels = vec![[0; LONG]; self.cells.len()];
        for &(rank, _, count) in &runs {
            voxels[usize::from(rank)][LONG - 1] += count;
        }
        let unit = LONG.pow(2 - d as u32 % 3);
        for (voxels, cells) in zip(&mut voxels, &self.cells) {
            for period in cells[d / 3][..LONG.pow(3)].chunks_exact(LONG * unit) {
                let short = zip(voxels.iter_mut(), period.chunks_exact(unit)).take(LONG - 1);
                short.for_each(|(sum, cells)| *sum += cells.iter().sum::<u32>());
            }
        }
        runs.extend((0..).zip(&voxels).skip(1).flat_map(|(rank, voxels)| differences(rank, voxels)));
        runs
    }
}

/// The runs of each length, given how many there are of at least that length, from 1 on.
fn differences(rank: u16, at_least: &[u32]) -> impl Iterator<Item = (u16, u32, u32)> {
    let runs = at_least.windows(2).zip(1..).map(move |(pair, length)| (rank, length, pair[0] - pair[1]));
    runs.filter(|&(_, _, count)| count > 0)
}

/// The lengths along one direction.
///
/// A run keeps one place: a voxel's length takes the place of its neighbour's. So the places shift against the voxels
/// from plane to plane, or within the plane from row to row.
struct Lengths {
    places: Vec<u8>,
    first: usize,
    shift: isize,
}

impl Lengths {
    /// For so many positions, up to `times` shifts later.
    fn new(positions: usize, shift: isize, times: usize) -> Self {
        let room = shift.unsigned_abs() * times;
        Self { places: vec![0; positions + room], first: if shift > 0 { room } else { 0 }, shift }
    }

    /// The place of the first position after so many shifts.
    #[inline(always)]
    fn place(&self, times: usize) -> usize {
        self.first.wrapping_add_signed(-self.shift * times as isize)
    }
}

/// A sweep through planes, one after the other.
pub(crate) struct Sweep<'a> {
    rows: &'a Rows,
    /// The first plane it has seen.
    start: usize,
    offsets: [usize; DIRECTIONS],
    /// The bit of each direction among the six of its byte, 0 if it is not wanted.
    bits: [u8; DIRECTIONS],
    lengths: [Lengths; DIRECTIONS],
    counts: RunLengths,
}

/// What is found in a block.
struct Found {
    /// For each direction the lengths of the backward neighbours.
    before: [[u8; BLOCK]; DIRECTIONS],
    /// Bits of six directions each: a long run ends at the backward neighbour.
    ended: [[u8; BLOCK]; 2],
    /// Cells of three directions each.
    cells: [[u8; BLOCK]; DIRECTIONS / 3],
}

impl<'a> Sweep<'a> {
    /// Will count these planes, or the first of them.
    pub fn new(rows: &'a Rows, back: &Backward, levels: usize, planes: Range<usize>) -> Self {
        let &Rows { row, rows: in_plane, lead, .. } = rows;
        let crossing = (Backward::IN_PLANE..=DIRECTIONS).any(|d| back.wants(d));
        // Some planes earlier, what is not known there is long when the first plane comes.
        let start = planes.start.saturating_sub(if crossing { LONG - 1 } else { 0 });
        let plane = in_plane * row;
        let steps: [_; DIRECTIONS] = std::array::from_fn(|d| back.steps()[d + 1].map(|step| step as isize));
        let before = &rows.ranks[lead + start * plane..][..plane];
        let swept = planes.end + 1 - start;
        let lengths = |[x, y, z]: [isize; 3]| {
            if z == 0 {
                return Lengths::new(row, x, in_plane);
            }
            let mut lengths = Lengths::new(plane, y * row as isize + x, swept);
            let places = &mut lengths.places[lengths.first..];
            zip(places, before).filter(|(_, rank)| **rank != 0).for_each(|(place, _)| *place = UNKNOWN);
            lengths
        };
        let mut sweep = Self {
            rows,
            start,
            offsets: steps.map(|[x, y, z]| (z * plane as isize + y * row as isize + x) as usize),
            bits: std::array::from_fn(|d| u8::from(back.wants(d + 1)) << (d % 6)),
            lengths: steps.map(lengths),
            counts: RunLengths::new(levels, rows.size[0]),
        };
        sweep.planes(start..planes.start, false);
        sweep
    }

    /// Counts the voxels of the next planes by their lengths, and the long runs that end there; with the last plane also
    /// those that reach it.
    pub fn go_on(mut self, planes: Range<usize>) -> Self {
        let end = planes.end + usize::from(planes.end == self.rows.size[2]);
        self.planes(planes.start..end, true);
        self
    }

    /// All that was counted.
    pub fn counts(self) -> RunLengths {
        self.counts
    }

    fn planes(&mut self, planes: Range<usize>, counted: bool) {
        for z in planes {
            vectorised(
                #[inline(always)]
                || {
                    for y in 0..self.rows.rows {
                        self.row(z - self.start, [y, z], counted);
                    }
                },
            );
        }
    }

    /// Row `y` of plane `z`, the first row being border, after so many planes.
    #[inline(always)]
    fn row(&mut self, planes: usize, [y, z]: [usize; 2], counted: bool) {
        let rows = self.rows;
        let number = (z + 1) * rows.rows + y;
        let above = number - rows.rows;
        // Where neither the row nor a backward neighbour of it has voxels, all lengths are 0 and stay so.
        let near = [above.saturating_sub(1), above, above + 1, number - 1, number];
        let live = near.map(|row| rows.live[row].clone());
        let live = live.iter().fold(NONE, |all, row| all.start.min(row.start)..all.end.max(row.end));
        let places: [usize; DIRECTIONS] = std::array::from_fn(|d| match d {
            0..IN_PLANE => self.lengths[d].place(y),
            _ => self.lengths[d].place(planes + 1) + y * rows.row,
        });
        let mut found = Found {
            before: [[0; BLOCK]; DIRECTIONS],
            ended: [[0; BLOCK]; 2],
            cells: [[0; BLOCK]; DIRECTIONS / 3],
        };
        let mut run = (0, 0);
        for x in live.map(|block| block * BLOCK) {
            let position = rows.lead + number * rows.row + x;
            let Some(own) = rows.ranks[position..].first_chunk() else { return };
            found.ended = [[0; BLOCK]; 2];
            for group in 0..DIRECTIONS / 3 {
                self.lengthen(group, own, position, places.map(|place| place + x), &mut found);
            }
            if !counted {
                continue;
            }
            if found.ended.as_flattened().iter().fold(0, |any, bits| any | bits) != 0 {
                self.count_long(position, &found);
            }
            self.counts.count(own, &found.cells, &mut run);
        }
    }

    /// The lengths of a block along three directions.
    #[inline(always)]
    fn lengthen(
        &mut self,
        group: usize,
        own: &[u8; BLOCK],
        position: usize,
        places: [usize; DIRECTIONS],
        found: &mut Found,
    ) {
        // Copies, so that the compiler knows that nothing overlaps.
        let (own, mut ended, mut cells) = (*own, found.ended[group / 2], [0; BLOCK]);
        for d in 3 * group..3 * group + 3 {
            let Some(&there) = self.rows.ranks[position - self.offsets[d]..].first_chunk::<BLOCK>() else {
                return;
            };
            let Some(place) = self.lengths[d].places[places[d]..].first_chunk_mut::<BLOCK>() else { return };
            let (before, mut now, bit) = (*place, [0; BLOCK], self.bits[d]);
            for i in 0..BLOCK {
                let (kept, over) = if own[i] == there[i] { (before[i], 0) } else { (0, before[i]) };
                now[i] = if own[i] == 0 { 0 } else { kept.saturating_add(1) };
                ended[i] |= if over >= LONG as u8 { bit } else { 0 };
                cells[i] = LONG as u8 * cells[i] + now[i].min(LONG as u8).saturating_sub(1);
            }
            *place = now;
            found.before[d] = before;
        }
        (found.ended[group / 2], found.cells[group]) = (ended, cells);
    }

    /// Counts the long runs that end at backward neighbours of a block. Not inlined: most blocks have none.
    #[inline(never)]
    fn count_long(&mut self, position: usize, found: &Found) {
        for (half, ended) in found.ended.iter().enumerate() {
            for (start, word) in ended.as_chunks::<8>().0.iter().enumerate() {
                let mut word = u64::from_le_bytes(*word);
                while word != 0 {
                    let bit = word.trailing_zeros() as usize;
                    word &= word - 1;
                    let (i, d) = (8 * start + bit / 8, 6 * half + bit % 8);
                    let last = position + i - self.offsets[d];
                    let length = match found.before[d][i] {
                        UNKNOWN => run_back(&self.rows.ranks, last, self.offsets[d]),
                        length => length.into(),
                    };
                    self.counts.long[d].add(self.rows.ranks[last].into(), length);
                }
            }
        }
    }
}

/// Voxels of the run that ends here, along the direction of this offset.
fn run_back(ranks: &[u8], last: usize, offset: usize) -> u32 {
    let back = (0..).take_while(|steps| ranks[last - steps * offset] == ranks[last]);
    back.count() as u32
}

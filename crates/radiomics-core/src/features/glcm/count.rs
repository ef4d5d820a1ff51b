//! Counting pairs of neighbours: integers only, so that the order of work does not matter.

use std::ops::Range;

use rayon::prelude::*;

use crate::{levels::Levels, vectorised::vectorised};

/// Bytes of counters at most.
const MEMORY: usize = 16 << 20;
/// Voxels whose cells are found together.
const BLOCK: usize = 64;
/// Counters between tables: a power of two apart, they would share their places in the cache.
const APART: usize = 36;
/// Voxels of a box that make a task worth its overhead.
const GRAIN: usize = 1 << 16;

/// One cell of a matrix that is not empty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Place of the first level in [`Levels::values`].
    pub i: u16,
    /// Place of the second level.
    pub j: u16,
    /// Number of pairs, or their weight. In a symmetrical matrix `i ≤ j` and each pair counts once.
    pub pairs: f64,
}

/// The pairs of each step, sorted by `(i, j)`, of the voxels in some slices.
/// With `symmetric` a pair counts for `(i, j)` and `(j, i)` and is kept with `i ≤ j`.
pub fn count(levels: &Levels, steps: &[[i32; 3]], slices: Range<usize>, symmetric: bool) -> Vec<Vec<Cell>> {
    let cells = (levels.values().len() + 1).pow(2);
    let fits = cells.saturating_mul(steps.len() * size_of::<u32>()) <= MEMORY;
    // Of a few slices only their share of the voxels is counted.
    let [_, _, nz] = levels.size();
    let voxels = levels.voxels() * slices.len() as u64 / nz.max(1) as u64;
    if fits && cells as u64 <= 4096 + 16 * voxels {
        with_tables(levels, steps, slices, symmetric)
    } else {
        with_sorting(levels, steps, slices, symmetric)
    }
}

/// With a counter for each cell.
pub fn with_tables(
    levels: &Levels,
    steps: &[[i32; 3]],
    slices: Range<usize>,
    symmetric: bool,
) -> Vec<Vec<Cell>> {
    let rows = rows(levels, slices);
    let width = levels.values().len() + 1;
    let offsets: Vec<isize> = steps.iter().map(|&step| levels.offset(step)).collect();
    let tables = tables(levels.ranks(), &rows, &offsets, width);
    tables.par_iter().map(|table| from_table(table, width, symmetric)).collect()
}

/// With a sorted list of all pairs, for so many levels that a table would be nearly empty.
pub fn with_sorting(
    levels: &Levels,
    steps: &[[i32; 3]],
    slices: Range<usize>,
    symmetric: bool,
) -> Vec<Vec<Cell>> {
    let rows = rows(levels, slices);
    steps.par_iter().map(|&step| sorted(levels.ranks(), &rows, levels.offset(step), symmetric)).collect()
}

/// The part of each row from its first to its last voxel inside.
fn rows(levels: &Levels, slices: Range<usize>) -> Vec<Range<usize>> {
    let [nx, ny, _] = levels.size();
    let row = |(z, y)| {
        let start = levels.position([0, y, z]);
        let ranks = &levels.ranks()[start..start + nx];
        let first = ranks.iter().position(|&rank| rank > 0)?;
        let last = ranks.iter().rposition(|&rank| rank > 0)?;
        Some(start + first..start + last + 1)
    };
    slices.flat_map(|z| (0..ny).map(move |y| (z, y))).filter_map(row).collect()
}

/// A table of `width²` counters for each offset. Row and column 0 hold pairs with the outside.
fn tables(ranks: &[u16], rows: &[Range<usize>], offsets: &[isize], width: usize) -> Vec<Vec<u64>> {
    let cells = width * width;
    let voxels: usize = rows.iter().map(Range::len).sum();
    let fitting = (MEMORY / size_of::<u32>() / (cells * offsets.len()).max(1)).max(1);
    let slabs = (voxels / GRAIN + 1).min(fitting).max(voxels / (1 << 31) + 1); // a counter has 32 bits
    let slabs: Vec<&[Range<usize>]> = rows.chunks(rows.len().div_ceil(slabs).max(1)).collect();
    let tasks: Vec<(&[isize], &[Range<usize>])> =
        groups(offsets).flat_map(|group| slabs.iter().map(move |&slab| (group, slab))).collect();
    let count = |(offsets, rows): (&[isize], &[Range<usize>])| match cells {
        0..=0x100 => count_group::<0x100, { 0x100 + APART }>(ranks, rows, offsets, width),
        0x101..=0x400 => count_group::<0x400, { 0x400 + APART }>(ranks, rows, offsets, width),
        0x401..=0x1000 => count_group::<0x1000, { 0x1000 + APART }>(ranks, rows, offsets, width),
        0x1001..=0x10000 => count_group::<0x10000, { 0x10000 + APART }>(ranks, rows, offsets, width),
        _ => offsets.iter().map(|&offset| count_one(ranks, rows, offset, width)).collect(),
    };
    let counted: Vec<Vec<Vec<u32>>> = tasks.into_par_iter().map(count).collect();
    let mut sums = vec![vec![0_u64; cells]; offsets.len()];
    let mut rest = sums.as_mut_slice();
    for (group, counted) in groups(offsets).zip(counted.chunks(slabs.len().max(1))) {
        let (sums, after) = rest.split_at_mut(group.len());
        rest = after;
        for tables in counted {
            for (sum, table) in sums.iter_mut().zip(tables) {
                sum.iter_mut().zip(table).for_each(|(sum, &n)| *sum += u64::from(n));
            }
        }
    }
    sums
}

/// Offsets that are counted together: all 13 of a neighbourhood, or a few.
fn groups(offsets: &[isize]) -> impl Iterator<Item = &[isize]> {
    offsets.chunks(13).flat_map(|chunk| chunk.chunks(if chunk.len() == 13 { 13 } else { 4 }))
}

/// With tables of `CELLS` cells, `STRIDE` apart: sizes that the compiler knows, so that no index need be tested.
fn count_group<const CELLS: usize, const STRIDE: usize>(
    ranks: &[u16],
    rows: &[Range<usize>],
    offsets: &[isize],
    width: usize,
) -> Vec<Vec<u32>> {
    let mut tables = vec![[0; STRIDE]; offsets.len()];
    match offsets.len() {
        13 => count_rows::<13, CELLS, STRIDE>(ranks, rows, offsets, width, &mut tables),
        4 => count_rows::<4, CELLS, STRIDE>(ranks, rows, offsets, width, &mut tables),
        _ => {
            for (offset, table) in offsets.chunks(1).zip(tables.chunks_mut(1)) {
                count_rows::<1, CELLS, STRIDE>(ranks, rows, offset, width, table);
            }
        }
    }
    tables.iter().map(|table| table[..width * width].to_vec()).collect()
}

/// Adds the pairs at `N` offsets to `N` tables. The cells of a block of voxels are found by vector instructions; then
/// each voxel counts in all tables, which do not wait for each other.
fn count_rows<const N: usize, const CELLS: usize, const STRIDE: usize>(
    ranks: &[u16],
    rows: &[Range<usize>],
    offsets: &[isize],
    width: usize,
    tables: &mut [[u32; STRIDE]],
) {
    let blocks = |row: &Range<usize>| {
        let end = row.end;
        row.clone().step_by(BLOCK).map(move |start| (start, BLOCK.min(end - start)))
    };
    let (Ok(offsets), Ok(tables)) =
        (<&[isize; N]>::try_from(offsets), <&mut [[u32; STRIDE]; N]>::try_from(tables))
    else {
        return; // never: all callers give N of them
    };
    let mut places = [[0_u16; BLOCK]; N];
    for (start, length) in rows.iter().flat_map(blocks) {
        vectorised(
            #[inline(always)]
            || {
                for n in 0..N {
                    let there = start.wrapping_add_signed(offsets[n]);
                    find(&ranks[start..], &ranks[there..], width as u16, length, &mut places[n]);
                }
            },
        );
        for i in 0..length {
            for n in 0..N {
                tables[n][usize::from(places[n][i]) % CELLS] += 1;
            }
        }
    }
}

/// The cell of each pair; there are at most 2¹⁶ of them.
#[inline(always)]
fn find(here: &[u16], there: &[u16], width: u16, length: usize, places: &mut [u16; BLOCK]) {
    let cell = |here: u16, there: u16| here.wrapping_mul(width).wrapping_add(there);
    if let (Some(here), Some(there)) = (here.first_chunk::<BLOCK>(), there.first_chunk::<BLOCK>()) {
        let mut found = [0; BLOCK];
        for i in 0..BLOCK {
            found[i] = cell(here[i], there[i]);
        }
        *places = found;
    } else {
        for i in 0..length {
            places[i] = cell(here[i], there[i]);
        }
    }
}

/// The pairs at one offset, whatever the size of the table.
fn count_one(ranks: &[u16], rows: &[Range<usize>], offset: isize, width: usize) -> Vec<u32> {
    let mut table = vec![0; width * width];
    for row in rows {
        let there = &ranks[row.start.wrapping_add_signed(offset)..][..row.len()];
        for (&here, &there) in ranks[row.clone()].iter().zip(there) {
            table[usize::from(here) * width + usize::from(there)] += 1;
        }
    }
    table
}

fn from_table(table: &[u64], width: usize, symmetric: bool) -> Vec<Cell> {
    let mut cells = Vec::new();
    for i in 1..width {
        for j in if symmetric { i } else { 1 }..width {
            let mut pairs = table[i * width + j];
            if symmetric && i != j {
                pairs += table[j * width + i];
            }
            if pairs > 0 {
                cells.push(Cell { i: (i - 1) as u16, j: (j - 1) as u16, pairs: pairs as f64 });
            }
        }
    }
    cells
}

fn sorted(ranks: &[u16], rows: &[Range<usize>], offset: isize, symmetric: bool) -> Vec<Cell> {
    let mut pairs: Vec<u32> = Vec::new();
    for row in rows {
        let there = &ranks[row.start.wrapping_add_signed(offset)..][..row.len()];
        for (&here, &there) in ranks[row.clone()].iter().zip(there) {
            if here > 0 && there > 0 {
                let (i, j) = if symmetric && there < here { (there, here) } else { (here, there) };
                pairs.push(u32::from(i - 1) << 16 | u32::from(j - 1));
            }
        }
    }
    pairs.sort_unstable();
    let cell = |same: &[u32]| Cell { i: (same[0] >> 16) as u16, j: same[0] as u16, pairs: same.len() as f64 };
    pairs.chunk_by(|a, b| a == b).map(cell).collect()
}

//! Counting pairs of neighbours: integers only, so that the order of work does not matter.

use std::ops::Range;

use rayon::prelude::*;

use crate::levels::Levels;

/// Steps counted in one pass over a row: enough to keep increments independent, few enough for the registers.
const GROUP: usize = 4;
/// Bytes of counters at most.
const MEMORY: usize = 16 << 20;
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
        offsets.chunks(GROUP).flat_map(|group| slabs.iter().map(move |&slab| (group, slab))).collect();
    let count = |(offsets, rows): (&[isize], &[Range<usize>])| {
        let mut tables = vec![0_u32; cells * offsets.len()];
        match *offsets {
            [a, b, c, d] => count_rows(ranks, rows, [a, b, c, d], width, &mut tables),
            [a, b, c] => count_rows(ranks, rows, [a, b, c], width, &mut tables),
            [a, b] => count_rows(ranks, rows, [a, b], width, &mut tables),
            [a] => count_rows(ranks, rows, [a], width, &mut tables),
            _ => {}
        }
        tables
    };
    let counted: Vec<Vec<u32>> = tasks.into_par_iter().map(count).collect();
    let mut sums = vec![vec![0_u64; cells]; offsets.len()];
    for (sums, counted) in sums.chunks_mut(GROUP).zip(counted.chunks(slabs.len().max(1))) {
        for tables in counted {
            for (sum, table) in sums.iter_mut().zip(tables.chunks_exact(cells)) {
                sum.iter_mut().zip(table).for_each(|(sum, &n)| *sum += u64::from(n));
            }
        }
    }
    sums
}

/// Adds the pairs at `N` offsets to `N` tables, one after the other in `tables`.
fn count_rows<const N: usize>(
    ranks: &[u16],
    rows: &[Range<usize>],
    offsets: [isize; N],
    width: usize,
    tables: &mut [u32],
) {
    let mut rest = tables;
    let tables: [&mut [u32]; N] = std::array::from_fn(|_| {
        let (table, after) = std::mem::take(&mut rest).split_at_mut(width * width);
        rest = after;
        table
    });
    for row in rows {
        let here = &ranks[row.clone()];
        let there = offsets.map(|offset| &ranks[row.start.wrapping_add_signed(offset)..][..here.len()]);
        for x in 0..here.len() {
            let line = usize::from(here[x]) * width;
            for n in 0..N {
                tables[n][line + usize::from(there[n][x])] += 1;
            }
        }
    }
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

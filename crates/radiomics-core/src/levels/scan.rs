//! Passes over the rows of a region, several slices at a time.

use std::ops::Range;

use rayon::prelude::*;

use crate::{error::Error, vectorised::vectorised};

/// The stretches of a row that are inside.
pub(crate) fn runs(inside: &[bool]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + place(&inside[from..], true)?;
        from = place(&inside[start..], false).map_or(inside.len(), |length| start + length);
        Some(start..from)
    })
}

/// Where the first of these values stands, eight at a time.
fn place(inside: &[bool], wanted: bool) -> Option<usize> {
    const EIGHT: usize = 8;
    let (words, rest) = inside.as_chunks::<EIGHT>();
    let other = if wanted { 0 } else { 0x0101_0101_0101_0101 };
    for (index, word) in words.iter().enumerate() {
        let different = u64::from_le_bytes(word.map(u8::from)) ^ other;
        if different != 0 {
            return Some(index * EIGHT + different.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|&inside| inside == wanted).map(|place| words.len() * EIGHT + place)
}

/// Smallest and largest value inside.
pub(super) fn range(voxels: &[f64], inside: &[bool], [nx, ny, _]: [usize; 3]) -> Result<(f64, f64), Error> {
    const NONE: (f64, f64) = (f64::INFINITY, f64::NEG_INFINITY);
    let slice = (nx * ny).max(1);
    let (min, max) = voxels
        .par_chunks(slice)
        .zip(inside.par_chunks(slice))
        .with_min_len(grain(slice))
        .map(|(voxels, inside)| {
            runs(inside).fold(NONE, |(min, max), run| {
                let (low, high) = extremes(&voxels[run]);
                (min.min(low), max.max(high))
            })
        })
        .reduce(|| NONE, |a, b| (a.0.min(b.0), a.1.max(b.1)));
    if min.is_finite() && max.is_finite() {
        return Ok((min, max));
    }
    match voxels.iter().zip(inside).position(|(x, &inside)| inside && !x.is_finite()) {
        Some(at) => {
            Err(Error::NotFinite { value: voxels[at], index: [at % nx, at / nx % ny, at / (nx * ny)] })
        }
        None => Err(Error::EmptyRegion),
    }
}

/// Smallest and largest of some values, infinite where one is not a number.
pub(crate) fn extremes(values: &[f64]) -> (f64, f64) {
    const LANES: usize = 8;
    let (chunks, rest) = values.as_chunks::<LANES>();
    let (mut min, mut max, mut zero) = vectorised(
        #[inline(always)]
        || {
            let (mut min, mut max, mut zero) =
                ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES], [0.0; LANES]);
            for chunk in chunks {
                for lane in 0..LANES {
                    let x = chunk[lane];
                    min[lane] = if x < min[lane] { x } else { min[lane] };
                    max[lane] = if x > max[lane] { x } else { max[lane] };
                    zero[lane] += x * 0.0; // stays 0 as long as all are finite
                }
            }
            (min, max, zero)
        },
    );
    for &x in rest {
        min[0] = if x < min[0] { x } else { min[0] };
        max[0] = if x > max[0] { x } else { max[0] };
        zero[0] += x * 0.0;
    }
    if zero.iter().sum::<f64>().is_nan() {
        return (f64::NEG_INFINITY, f64::INFINITY);
    }
    (min.into_iter().fold(f64::INFINITY, f64::min), max.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

/// Slices that make a task worth its overhead.
pub(crate) fn grain(slice: usize) -> usize {
    (1 << 16) / slice.max(1) + 1
}

/// Writes grey levels into the box inside the border and counts them; both start at 0.
pub(super) fn fill_levels(
    padded: &mut [u16],
    [nx, ny, nz]: [usize; 3],
    border: usize,
    row: &(impl Fn(usize, usize, &mut [u32]) + Sync),
    highest: u32,
) -> Vec<u64> {
    // Neighbours are often equal: four counters for each level, in turn, do not wait for each other.
    let levels = highest as usize + 1;
    let width = nx + 2 * border;
    let new = || (vec![0_u32; nx], vec![[0_u32; 4]; levels], vec![0_u64; levels]);
    let mut counts = padded
        .par_chunks_mut((width * (ny + 2 * border)).max(1))
        .skip(border)
        .take(nz)
        .enumerate()
        .with_min_len(grain(nx * ny) + levels / (nx * ny).max(1))
        .fold(new, |(mut buffer, mut few, mut counts), (z, slice)| {
            for y in 0..ny {
                row(z, y, &mut buffer);
                let to = &mut slice[(y + border) * width + border..][..nx];
                to.iter_mut().zip(&buffer).for_each(|(to, level)| *to = *level as u16);
                count(to, &mut few);
            }
            // A slice has fewer than 2³² voxels, all of them together may have more.
            for (count, few) in counts.iter_mut().zip(&mut few) {
                *count += std::mem::take(few).iter().map(|&n| u64::from(n)).sum::<u64>();
            }
            (buffer, few, counts)
        })
        .map(|(_, _, counts)| counts)
        .reduce(Vec::new, |mut a, b| {
            if a.is_empty() {
                return b;
            }
            a.iter_mut().zip(&b).for_each(|(a, b)| *a += b);
            a
        });
    counts.resize(levels, 0);
    counts
}

/// Counts the levels inside; most of what is outside is passed over.
fn count(levels: &[u16], counts: &mut [[u32; 4]]) {
    const EIGHT: usize = 8;
    let (eights, rest) = levels.as_chunks::<EIGHT>();
    for eight in eights.iter().filter(|eight| **eight != [0; EIGHT]) {
        for (lane, &level) in eight.iter().enumerate() {
            counts[usize::from(level)][lane % 4] += 1;
        }
    }
    for &level in rest {
        counts[usize::from(level)][0] += 1;
    }
}

/// For levels far apart (a tiny bin width): writes ranks, found in a sorted list of the levels that occur.
/// Returns that list and the number of voxels of each level.
pub(super) fn fill_ranks(
    padded: &mut [u16],
    [nx, ny, nz]: [usize; 3],
    border: usize,
    row: &(impl Fn(usize, usize, &mut [u32]) + Sync),
) -> Result<(Vec<u32>, Vec<u64>), Error> {
    let sorted = |mut values: Vec<u32>| {
        values.par_sort_unstable();
        values.dedup();
        values
    };
    let in_slice = |z: usize| {
        let mut values = vec![0; nx * ny];
        values.chunks_exact_mut(nx.max(1)).enumerate().for_each(|(y, values)| row(z, y, values));
        values
    };
    let values: Vec<Vec<u32>> = (0..nz).into_par_iter().map(|z| sorted(in_slice(z))).collect();
    let mut values = sorted(values.concat());
    values.retain(|&value| value > 0);
    let limit = usize::from(u16::MAX);
    if values.len() > limit {
        return Err(Error::TooManyLevels { levels: values.len(), limit });
    }
    let width = nx + 2 * border;
    padded.par_chunks_mut((width * (ny + 2 * border)).max(1)).skip(border).take(nz).enumerate().for_each(
        |(z, slice)| {
            for (y, row) in in_slice(z).chunks(nx.max(1)).enumerate() {
                let to = &mut slice[(y + border) * width + border..][..nx];
                for (value, rank) in row.iter().zip(to) {
                    *rank = values.binary_search(value).map_or(0, |rank| rank as u16 + 1);
                }
            }
        },
    );
    let mut counts = vec![0; values.len() + 1];
    padded.iter().for_each(|&rank| counts[usize::from(rank)] += 1);
    counts.remove(0);
    Ok((values, counts))
}

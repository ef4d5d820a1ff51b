//! Grey levels of a region: what every texture matrix is counted from.

use std::{borrow::Cow, ops::Range};

use ndarray::Array3;
use rayon::prelude::*;

use crate::error::Error;

/// How intensities become grey levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Binning {
    /// Bins of this width with edges at its multiples (PyRadiomics `binWidth`).
    Width(f64),
    /// This many bins from the smallest to the largest intensity (PyRadiomics `binCount`).
    Count(u32),
}

/// Beyond this many bins the grey levels of a region are no longer a discretisation but an error in a setting.
const MAX_BINS: f64 = 16_777_216.0;

/// Bin edges of a region: bin 1 starts at `low`, and a value on an edge falls into the upper bin.
#[derive(Clone, Copy, Debug)]
struct Bins {
    low: f64,
    step: f64,
    /// The last bin takes everything above its lower edge.
    last: u32,
}

impl Bins {
    /// Edges as `numpy.arange(min − min mod W, max + 2 W, W)` and `numpy.histogram` give them.
    fn new(min: f64, max: f64, binning: Binning) -> Result<Self, Error> {
        match binning {
            Binning::Width(width) => {
                if !(width.is_finite() && width > 0.0) {
                    return Err(Error::BinWidth(width));
                }
                // Python's modulo has the sign of the divisor.
                let mut rest = min % width;
                if rest < 0.0 {
                    rest += width;
                }
                let low = min - rest;
                // arange steps by the difference of its first two values.
                let step = (low + width) - low;
                let bins = (max - low) / width + 1.0;
                if !(step > 0.0 && bins <= MAX_BINS) {
                    return Err(Error::BinsOverflow { width, min, max, bins });
                }
                Ok(Self { low, step, last: u32::MAX })
            }
            Binning::Count(0) => Err(Error::BinCount),
            Binning::Count(count) if min == max => {
                // numpy.histogram gives a flat region edges half a unit to both sides.
                let low = min - 0.5;
                Ok(Self { low, step: 1.0 / f64::from(count), last: count })
            }
            Binning::Count(count) => {
                let step = (max - min) / f64::from(count);
                if !(step > 0.0 && step.is_finite()) {
                    return Err(Error::BinsOverflow { width: step, min, max, bins: f64::from(count) });
                }
                Ok(Self { low: min, step, last: count })
            }
        }
    }

    fn edge(&self, index: u32) -> f64 {
        f64::from(index) * self.step + self.low
    }

    /// Number of edges at or below `x`, as `numpy.digitize` counts them.
    fn level(&self, x: f64) -> u32 {
        // The division may be one off beside an edge; the edges themselves decide.
        let mut index = (((x - self.low) / self.step).max(0.0) as u32).min(self.last - 1);
        while index > 0 && x < self.edge(index) {
            index -= 1;
        }
        while index + 1 < self.last && x >= self.edge(index + 1) {
            index += 1;
        }
        index + 1
    }

    /// True where rounding cannot put a value further than one bin beside its own.
    fn coarse(&self, max: f64) -> bool {
        self.low.abs().max(max.abs()) * 16.0 * f64::EPSILON < self.step
    }

    /// [`Bins::level`] of many values whose bins are [coarse](Bins::coarse), without a branch.
    fn fill(&self, values: &[f64], levels: &mut [u32]) {
        // Adding these rounds a double to a whole number, which then stands in its lowest bits.
        const SIGNED: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²
        const UNSIGNED: f64 = 4_503_599_627_370_496.0; // 2⁵²
        let Self { low, step, last } = *self;
        let (inverse, last) = (1.0 / step, f64::from(last) - 1.0);
        for (x, level) in values.iter().zip(levels) {
            let guess = ((x - low) * inverse - 0.5 + SIGNED) - SIGNED;
            let index = guess - if *x < guess * step + low { 1.0 } else { 0.0 };
            let index = index + if *x >= (index + 1.0) * step + low { 1.0 } else { 0.0 };
            let index = if index < last { index } else { last };
            let index = if index > 0.0 { index } else { 0.0 };
            *level = (index + (UNSIGNED + 1.0)).to_bits() as u32;
        }
    }
}

/// A discretised region: grey levels 1, 2, … inside, nothing outside.
///
/// Voxels hold the *rank* of their grey level among those that occur (1, 2, …; 0 outside), in an array
/// with a border of outside voxels, so that a neighbour is one addition away and needs no test.
///
/// ```
/// use ndarray::arr3;
/// use radiomics_core::levels::{Binning, Levels};
/// let image = arr3(&[[[10.0, 60.0, 61.0]]]);
/// let inside = arr3(&[[[true, true, true]]]);
/// let levels = Levels::new(&image, &inside, [1.0; 3], Binning::Width(25.0), 1)?;
/// assert_eq!(levels.values(), [1, 3]); // bins [0, 25) and [50, 75)
/// assert_eq!(levels.counts(), [1, 2]);
/// # Ok::<(), radiomics_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Levels {
    ranks: Vec<u16>,
    size: [usize; 3],
    border: usize,
    spacing: [f64; 3],
    values: Vec<u32>,
    counts: Vec<u64>,
}

impl Levels {
    /// Discretises the voxels of `image` where `inside` is true; both are indexed `[z, y, x]`.
    /// `spacing` is in mm along x, y, z. `border` is the largest distance at which neighbours are asked for;
    /// it is cut to the longest side of the box, as no two voxels are further apart.
    ///
    /// # Errors
    /// When the region is empty or has another shape than the image, holds a value that is not finite, or
    /// has more than 65,535 different grey levels.
    pub fn new(
        image: &Array3<f64>,
        inside: &Array3<bool>,
        spacing: [f64; 3],
        binning: Binning,
        border: usize,
    ) -> Result<Self, Error> {
        if image.dim() != inside.dim() {
            return Err(Error::Shapes { image: image.dim().into(), mask: inside.dim().into() });
        }
        let (image, inside) = (image.as_standard_layout(), inside.as_standard_layout());
        let (nz, ny, nx) = image.dim();
        let (Some(voxels), Some(inside)) = (image.as_slice(), inside.as_slice()) else {
            return Err(Error::EmptyRegion); // never: both are in standard layout
        };
        let row = |z, y| (z * ny + y) * nx..(z * ny + y + 1) * nx;
        let (min, max) = range(voxels, inside, [nx, ny, nz])?;
        let bins = Bins::new(min, max, binning)?;
        let coarse = bins.coarse(max);
        let levels = |z, y, levels: &mut [u32]| {
            let (voxels, inside) = (&voxels[row(z, y)], &inside[row(z, y)]);
            levels.fill(0);
            for run in runs(inside) {
                if coarse {
                    bins.fill(&voxels[run.clone()], &mut levels[run]);
                } else {
                    voxels[run.clone()].iter().zip(&mut levels[run]).for_each(|(x, l)| *l = bins.level(*x));
                }
            }
        };
        Self::build([nx, ny, nz], levels, bins.level(max), spacing, border)
    }

    /// Takes grey levels as they are: 0 is outside.
    ///
    /// # Errors
    /// As [`Levels::new`].
    pub fn from_grey_levels(levels: &Array3<u32>, spacing: [f64; 3], border: usize) -> Result<Self, Error> {
        let highest = levels.iter().copied().max().unwrap_or(0);
        if highest == 0 {
            return Err(Error::EmptyRegion);
        }
        let levels = levels.as_standard_layout();
        let (nz, ny, nx) = levels.dim();
        let Some(given) = levels.as_slice() else {
            return Err(Error::EmptyRegion); // never: it is in standard layout
        };
        let row = |z: usize, y: usize, row: &mut [u32]| {
            row.copy_from_slice(&given[(z * ny + y) * nx..][..nx]);
        };
        Self::build([nx, ny, nz], row, highest, spacing, border)
    }

    /// `row(z, y, …)` writes the grey levels of one row, 0 outside; `highest` is at least the highest of them.
    fn build(
        size: [usize; 3],
        row: impl Fn(usize, usize, &mut [u32]) + Sync,
        highest: u32,
        spacing: [f64; 3],
        border: usize,
    ) -> Result<Self, Error> {
        let border = border.min(size.into_iter().max().unwrap_or(0));
        let padded = size.map(|n| n + 2 * border);
        let mut ranks = vec![0_u16; padded.iter().product()];
        let (values, counts) = if highest <= u32::from(u16::MAX) {
            let counts = fill_levels(&mut ranks, size, border, &row, highest);
            let values: Vec<u32> = (1..=highest).filter(|&v| counts[v as usize] > 0).collect();
            if values.len() < highest as usize {
                let mut rank = vec![0_u16; highest as usize + 1];
                values.iter().zip(1..).for_each(|(&value, r)| rank[value as usize] = r);
                ranks.par_chunks_mut(1 << 16).flatten().for_each(|r| *r = rank[usize::from(*r)]);
            }
            let counts = values.iter().map(|&v| counts[v as usize]).collect();
            (values, counts)
        } else {
            fill_ranks(&mut ranks, size, border, &row)?
        };
        Ok(Self { ranks, size, border, spacing, values, counts })
    }

    /// Ranks with their border, x fastest, then y, then z; 0 is outside.
    pub fn ranks(&self) -> &[u16] {
        &self.ranks
    }

    /// Size of the region's box along x, y, z, without the border.
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Width of the border, voxels.
    pub fn border(&self) -> usize {
        self.border
    }

    /// Voxel spacing along x, y, z in mm.
    pub fn spacing(&self) -> [f64; 3] {
        self.spacing
    }

    /// The grey level of each rank, rising: `values()[rank − 1]`.
    pub fn values(&self) -> &[u32] {
        &self.values
    }

    /// Number of voxels of each rank.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Number of voxels in the region.
    pub fn voxels(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The highest grey level that occurs: PyRadiomics' `Ng`.
    pub fn highest(&self) -> u32 {
        self.values.last().copied().unwrap_or(0)
    }

    /// Position in [`Levels::ranks`] of a voxel of the box (x, y, z).
    pub fn position(&self, [x, y, z]: [usize; 3]) -> usize {
        let [nx, ny] = [self.size[0] + 2 * self.border, self.size[1] + 2 * self.border];
        ((z + self.border) * ny + y + self.border) * nx + x + self.border
    }

    /// [`half_steps`] that can join two voxels of the region's box; longer ones are left out.
    pub fn steps(&self, distances: &[u32], within: Option<u8>) -> Vec<[i32; 3]> {
        let reach = self.size.map(|n| i32::try_from(n.saturating_sub(1)).unwrap_or(i32::MAX));
        steps(distances, within, reach)
    }

    /// The same with a border at least so wide that no step leaves it; a copy only where it must be widened.
    pub fn with_border_for(&self, steps: &[[i32; 3]]) -> Cow<'_, Self> {
        let border = steps.iter().flatten().map(|n| n.unsigned_abs() as usize).max().unwrap_or(0);
        if border <= self.border {
            return Cow::Borrowed(self);
        }
        let padded = self.size.map(|n| n + 2 * border);
        let mut wide = Self {
            ranks: vec![0; padded.iter().product()],
            size: self.size,
            border,
            spacing: self.spacing,
            values: self.values.clone(),
            counts: self.counts.clone(),
        };
        let [nx, ny, nz] = self.size;
        for (z, y) in (0..nz).flat_map(|z| (0..ny).map(move |y| (z, y))) {
            let (from, to) = (self.position([0, y, z]), wide.position([0, y, z]));
            wide.ranks[to..to + nx].copy_from_slice(&self.ranks[from..from + nx]);
        }
        Cow::Owned(wide)
    }

    /// What to add to a position to go one step (x, y, z); no component may exceed the border.
    pub fn offset(&self, [x, y, z]: [i32; 3]) -> isize {
        let [nx, ny] = [self.size[0] + 2 * self.border, self.size[1] + 2 * self.border];
        (z as isize * ny as isize + y as isize) * nx as isize + x as isize
    }
}

/// The stretches of a row that are inside.
pub(crate) fn runs(inside: &[bool]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + inside[from..].iter().position(|&inside| inside)?;
        let length = inside[start..].iter().position(|&inside| !inside);
        from = length.map_or(inside.len(), |length| start + length);
        Some(start..from)
    })
}

/// Smallest and largest value inside.
fn range(voxels: &[f64], inside: &[bool], [nx, ny, _]: [usize; 3]) -> Result<(f64, f64), Error> {
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
    let (mut min, mut max, mut zero) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES], [0.0; LANES]);
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut take = |lane: usize, x: f64| {
        min[lane] = if x < min[lane] { x } else { min[lane] };
        max[lane] = if x > max[lane] { x } else { max[lane] };
        zero[lane] += x * 0.0; // stays 0 as long as all are finite
    };
    for chunk in chunks {
        (0..LANES).for_each(|lane| take(lane, chunk[lane]));
    }
    rest.iter().enumerate().for_each(|(lane, &x)| take(lane, x));
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
fn fill_levels(
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
                for (from, to) in buffer.chunks(4).zip(to.chunks_mut(4)) {
                    for (lane, (from, to)) in from.iter().zip(to).enumerate() {
                        *to = *from as u16;
                        few[*from as usize][lane & 3] += 1;
                    }
                }
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

/// For levels far apart (a tiny bin width): writes ranks, found in a sorted list of the levels that occur.
/// Returns that list and the number of voxels of each level.
fn fill_ranks(
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

/// One of each pair of opposite steps (x, y, z) to the neighbours at the given Chebyshev distances.
///
/// With `within` (0 = z, 1 = y, 2 = x) only steps inside the slices across that axis: PyRadiomics' `force2D`.
/// Distance 1 gives the 13 directions of the 26-neighbourhood, or 4 within slices.
pub fn half_steps(distances: &[u32], within: Option<u8>) -> Vec<[i32; 3]> {
    steps(distances, within, [i32::MAX; 3])
}

/// [`half_steps`] of at most `reach` voxels along x, y, z.
fn steps(distances: &[u32], within: Option<u8>, reach: [i32; 3]) -> Vec<[i32; 3]> {
    let longest = distances.iter().copied().max().map_or(0, |d| i32::try_from(d).unwrap_or(i32::MAX));
    let mut reach = reach.map(|n| n.min(longest));
    if let Some(axis) = within {
        reach[2 - usize::from(axis.min(2))] = 0;
    }
    let [nx, ny, nz] = reach;
    let mut steps = Vec::new();
    for z in 0..=nz {
        for y in -ny..=ny {
            for x in -nx..=nx {
                let forward = z > 0 || (z == 0 && (y > 0 || (y == 0 && x > 0)));
                let distance = x.unsigned_abs().max(y.unsigned_abs()).max(z.unsigned_abs());
                if forward && distances.contains(&distance) {
                    steps.push([x, y, z]);
                }
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: &[f64], binning: Binning) -> Vec<u32> {
        let image = Array3::from_shape_vec([1, 1, values.len()], values.to_vec()).unwrap();
        let levels =
            Levels::new(&image, &Array3::from_elem(image.dim(), true), [1.0; 3], binning, 1).unwrap();
        (0..values.len())
            .map(|x| levels.values()[usize::from(levels.ranks()[levels.position([x, 0, 0])]) - 1])
            .collect()
    }

    #[test]
    fn width_edges_are_multiples_of_the_width() {
        // The example of PyRadiomics' documentation: edges 50, 75, 100, 125, 150, 175.
        assert_eq!(line(&[54.0, 74.999, 75.0, 166.0], Binning::Width(25.0)), [1, 1, 2, 5]);
        assert_eq!(line(&[-30.0, -25.0, -1.0, 0.0, 25.0], Binning::Width(25.0)), [1, 2, 2, 3, 4]);
        assert_eq!(line(&[7.0, 7.0], Binning::Width(25.0)), [1, 1]);
    }

    #[test]
    fn count_puts_the_maximum_into_the_last_bin() {
        assert_eq!(line(&[0.0, 1.0, 2.0, 3.0, 4.0], Binning::Count(4)), [1, 2, 3, 4, 4]);
        // Values of numpy.digitize([5, 5], edges of numpy.histogram([5, 5], 4) with the last edge + 1).
        assert_eq!(line(&[5.0, 5.0], Binning::Count(4)), [3, 3]);
    }

    #[test]
    fn nonsense_is_an_error() {
        let image = Array3::from_elem([1, 1, 2], 1.0);
        let inside = Array3::from_elem([1, 1, 2], true);
        let new =
            |image: &Array3<f64>, inside, binning| Levels::new(image, inside, [1.0; 3], binning, 1).err();
        assert_eq!(new(&image, &inside, Binning::Width(0.0)), Some(Error::BinWidth(0.0)));
        assert_eq!(new(&image, &inside, Binning::Count(0)), Some(Error::BinCount));
        let none = Array3::from_elem([1, 1, 2], false);
        assert_eq!(new(&image, &none, Binning::Width(1.0)), Some(Error::EmptyRegion));
        let wide = ndarray::arr3(&[[[0.0, 1e9]]]);
        assert!(matches!(new(&wide, &inside, Binning::Width(0.01)), Some(Error::BinsOverflow { .. })));
        let nan = ndarray::arr3(&[[[0.0, f64::NAN]]]);
        assert!(matches!(
            new(&nan, &inside, Binning::Width(1.0)),
            Some(Error::NotFinite { index: [1, 0, 0], .. })
        ));
    }

    #[test]
    fn far_apart_levels_need_no_table() {
        assert_eq!(line(&[0.0, 4e6, 4e6], Binning::Width(1.0)), [1, 4_000_001, 4_000_001]);
    }

    #[test]
    fn thirteen_directions_or_four() {
        assert_eq!(half_steps(&[1], None).len(), 13);
        for axis in 0..3 {
            assert_eq!(half_steps(&[1], Some(axis)).len(), 4);
        }
        assert!(half_steps(&[1], Some(0)).iter().all(|s| s[2] == 0));
        assert!(half_steps(&[1], Some(2)).iter().all(|s| s[0] == 0));
        assert_eq!(half_steps(&[1, 2], None).len(), 62);
        assert_eq!(half_steps(&[2], None).len(), 49);
    }
}

//! Neighbouring grey-tone difference matrix (NGTDM): IBSI family `IPET`.
//!
//! For each voxel the distance of its grey level from the mean of its neighbours in the region is taken.
//! `n_i` counts the voxels of grey level `i`, `s_i` adds up their distances; `p_i = n_i / N`.
//!
//! ```text
//! grey levels         1   1    4          n_1 = 2   s_1 = 1.5   p_1 = 2/3
//! mean of neighbours  1   2.5  1          n_4 = 1   s_4 = 3     p_4 = 1/3
//! distance            0   1.5  3
//! ```
//! ```
//! use radiomics_core::{Levels, Settings, features::ngtdm};
//! let levels = Levels::from_grey_levels(&ndarray::arr3(&[[[1, 1, 4]]]), [1.0; 3], 1)?;
//! let f = ngtdm::features(&levels, &Settings::default())?;
//! let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-14, "{found} {expected}");
//! close(f.coarseness, 1.0 / (2.0 / 3.0 * 1.5 + 1.0 / 3.0 * 3.0));
//! // Sums over both orders of the pair 1, 4.
//! close(f.contrast, 2.0 * (2.0 / 9.0 * 9.0) / (2.0 * 1.0) * (4.5 / 3.0));
//! close(f.busyness, 2.0 / (2.0 * (4.0 / 3.0 - 2.0 / 3.0)));
//! close(f.complexity, 2.0 * (3.0 * (1.0 + 1.0) / 1.0) / 3.0);
//! close(f.strength, 2.0 * (1.0 * 9.0) / 4.5);
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! Sums are over the levels that occur, `N_g` in number; `N = Σ n_i`.
//!
#![doc = ngtdm_table!()]
//! Sums over cubes of neighbours are taken axis by axis, and distances are added up as whole numbers, so
//! neither the order nor the number of threads matters. Time O(voxels · reach), memory O(voxels).
//! IBSI reference manual, section 3.10; Amadasun and King 1989, doi:10.1109/21.44046; Zwanenburg et al. 2020,
//! doi:10.1148/radiol.2020191145.

use std::ops::Range;

use super::{
    padded::{Padded, reachable},
    stretches::stretches,
};
use crate::{config::Settings, error::Error, levels::Levels, names::NgtdmFeatures, vectorised::vectorised};

/// One row of the matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tone {
    /// Grey level `i`.
    pub level: u32,
    /// Voxels that have a neighbour.
    pub voxels: u32,
    /// Voxels that have none; they differ from nothing.
    pub isolated: u32,
    /// Sum of the distances from the means of the neighbours, `s_i`.
    pub difference: f64,
}

/// The matrix: one [`Tone`] for each grey level that occurs, by rising level.
///
/// ```
/// use radiomics_core::{features::ngtdm::Ngtdm, levels::Levels};
/// let levels = Levels::from_grey_levels(&ndarray::arr3(&[[[1, 1, 4]]]), [1.0; 3], 1)?;
/// let ngtdm = Ngtdm::count(&levels, &[1], None)?;
/// // |1 − 1| + |1 − (1 + 4) / 2| for level 1, |4 − 1| for level 4.
/// assert_eq!(ngtdm.tones.iter().map(|t| t.difference).collect::<Vec<_>>(), [1.5, 3.0]);
/// # Ok::<(), radiomics_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ngtdm {
    /// The rows.
    pub tones: Vec<Tone>,
}

/// The features of a region with PyRadiomics' conventions: voxels without a neighbour count in `n_i`.
///
/// # Errors
/// [`Error::TooManyVoxels`].
pub fn features(levels: &Levels, settings: &Settings) -> Result<NgtdmFeatures, Error> {
    let within = settings.force_2d.then_some(settings.force_2d_dimension);
    Ok(Ngtdm::count(levels, &settings.distances, within)?.features(true))
}

impl Ngtdm {
    /// Counts over neighbours at the given Chebyshev distances; with `within` (0 = z, 1 = y, 2 = x) only
    /// those in the slice across that axis.
    ///
    /// # Errors
    /// [`Error::TooManyVoxels`].
    pub fn count(levels: &Levels, distances: &[u32], within: Option<u8>) -> Result<Self, Error> {
        let distances = reachable(distances, levels);
        let padded = Padded::new(levels, distances.last().map_or(0, |&d| d as usize))?;
        let counted = count_in(&padded, levels.values(), &distances, within, padded.whole());
        Ok(Self { tones: counted.into_iter().flat_map(|whole| whole.tones).collect() })
    }

    /// The matrix of each slice across z (IBSI: 2D); slices without a voxel have empty ones.
    ///
    /// # Errors
    /// [`Error::TooManyVoxels`].
    pub fn by_slice(levels: &Levels, distances: &[u32]) -> Result<Vec<Self>, Error> {
        let distances = reachable(distances, levels);
        let padded = Padded::new(levels, distances.last().map_or(0, |&d| d as usize))?;
        Ok(count_in(&padded, levels.values(), &distances, Some(0), padded.slices()))
    }

    /// The features; `isolated` says whether voxels without a neighbour count in `n_i` (PyRadiomics) or
    /// not (IBSI). A region of one grey level has coarseness 10⁶ and the others 0; without a voxel all are NaN.
    pub fn features(&self, isolated: bool) -> NgtdmFeatures {
        let counted = |tone: &Tone| tone.voxels + if isolated { tone.isolated } else { 0 };
        let rows = self.tones.iter().filter(|tone| counted(tone) > 0);
        let rows = rows.map(|t| (f64::from(t.level), f64::from(counted(t)), t.difference));
        let rows: Vec<(f64, f64, f64)> = rows.collect();
        from_rows(&rows)
    }
}

/// The formulas, from `(i, n_i, s_i)` with `n_i` > 0 by rising `i`. Sums over all pairs of levels are
/// brought to single sums of terms that are never negative: as exact as the double sums, and fast for
/// many levels.
fn from_rows(rows: &[(f64, f64, f64)]) -> NgtdmFeatures {
    let nan = f64::NAN;
    if rows.is_empty() {
        return NgtdmFeatures {
            busyness: nan,
            coarseness: nan,
            complexity: nan,
            contrast: nan,
            strength: nan,
        };
    }
    let n: f64 = rows.iter().map(|&(_, n_i, _)| n_i).sum();
    let levels = rows.len() as f64;
    let sum =
        |f: &dyn Fn(f64, f64, f64) -> f64| rows.iter().map(|&(i, n_i, s)| f(i, n_i / n, s)).sum::<f64>();
    let or_zero = |dividend: f64, divisor: f64| if divisor == 0.0 { 0.0 } else { dividend / divisor };
    let difference = sum(&|_, _, s| s);
    let weighted = sum(&|_, p, s| p * s);
    // Σ_ij p_i p_j (i − j)² = 2 Σ_i p_i (i − μ)², as Σ p_i = 1.
    let mean = sum(&|i, p, _| i * p);
    let contrast = 2.0 * sum(&|i, p, _| p * (i - mean).powi(2));
    // Σ_ij (p_i + p_j) (i − j)², likewise around the mean of the levels.
    let middle = sum(&|i, _, _| i) / levels;
    let spread = sum(&|i, _, _| (i - middle).powi(2));
    let strength = 2.0 * sum(&|i, p, _| p * (levels * (i - middle).powi(2) + spread));
    NgtdmFeatures {
        busyness: or_zero(weighted, pair_distances(rows.iter().map(|&(i, n_i, _)| i * n_i)) / n),
        coarseness: if weighted == 0.0 { 1e6 } else { 1.0 / weighted },
        complexity: complexity(rows) / n,
        contrast: or_zero(contrast * difference / n, levels * (levels - 1.0)),
        strength: or_zero(strength, difference),
    }
}

/// `Σ_ij |x_i − x_j|`: the gap between neighbours in order counts for each pair on both sides of it.
fn pair_distances(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let gap =
        |(below, pair): (usize, &[f64])| (pair[1] - pair[0]) * (below + 1) as f64 * (n - below - 1) as f64;
    2.0 * values.windows(2).enumerate().map(gap).sum::<f64>()
}

/// `Σ_ij |i − j| (p_i s_i + p_j s_j) / (p_i + p_j) = 2 Σ_i n_i s_i Σ_m (Σ_j |i − j|) / (n_i + m)`, where the
/// inner sum is over the levels with `n_j = m`, and follows from that of the level before.
fn complexity(rows: &[(f64, f64, f64)]) -> f64 {
    let mut by_count: Vec<(f64, f64)> = rows.iter().map(|&(i, n_i, _)| (n_i, i)).collect();
    by_count.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut complexity = 0.0;
    for same in by_count.chunk_by(|a, b| a.0 == b.0) {
        let (m, number) = (same[0].0, same.len() as f64);
        let mut at = rows[0].0;
        let mut distances: f64 = same.iter().map(|&(_, j)| j - at).sum();
        let mut passed = 0;
        for &(i, n_i, s) in rows {
            // Levels of the group up to the place before are left behind, the others come nearer.
            distances += (i - at) * (2.0 * passed as f64 - number);
            at = i;
            while same.get(passed).is_some_and(|&(_, j)| j <= at) {
                passed += 1;
            }
            complexity += n_i * s * distances / (n_i + m);
        }
    }
    2.0 * complexity
}

/// Counts each part on its own.
fn count_in(
    padded: &Padded,
    values: &[u32],
    distances: &[u32],
    within: Option<u8>,
    parts: Vec<Range<usize>>,
) -> Vec<Ngtdm> {
    let cubes = Cubes::new(distances, within);
    let range = values.last().copied().unwrap_or(0) - values.first().copied().unwrap_or(0);
    // The narrowest word that holds number and sum of a whole cube: more of them fit a vector instruction.
    match cubes.number_bits() + cubes.sum_bits(range) {
        0..=16 => count_as::<u16>(padded, values, &cubes, parts),
        17..=32 => count_as::<u32>(padded, values, &cubes, parts),
        33..=64 => count_as::<u64>(padded, values, &cubes, parts),
        _ => count_as::<u128>(padded, values, &cubes, parts),
    }
}

/// Neighbours as cubes (squares within slices) around a voxel: those of larger radius less those of smaller.
struct Cubes {
    /// Radius, and whether the cube is added or taken away.
    shells: Vec<(usize, bool)>,
    /// Whether neighbours lie along x, y, z.
    axes: [bool; 3],
    /// [`Cubes::unit`] over numbers of neighbours, rounded: as many as are often needed.
    parts: Vec<u64>,
}

impl Cubes {
    /// `distances` once each, rising.
    fn new(distances: &[u32], within: Option<u8>) -> Self {
        // The shell at distance d is the cube of radius d less that of radius d − 1.
        let added = distances.iter().filter(|&&d| !distances.contains(&(d + 1))).map(|&d| (d as usize, true));
        let taken = distances.iter().filter(|&&d| !distances.contains(&(d - 1)));
        let shells = added.chain(taken.map(|&d| (d as usize - 1, false))).collect();
        let axes = std::array::from_fn(|axis| within.is_none_or(|w| 2 - usize::from(w.min(2)) != axis));
        let mut cubes = Self { shells, axes, parts: Vec::new() };
        cubes.parts = (0..cubes.largest().min(4096) as u64).map(|number| cubes.part(number.max(1))).collect();
        cubes
    }

    /// Voxels in the largest cube.
    fn largest(&self) -> u128 {
        let radius = self.shells.iter().map(|&(radius, _)| radius).max().unwrap_or(0);
        (2 * radius as u128 + 1).pow(self.axes.iter().map(|&along| u32::from(along)).sum())
    }

    fn number_bits(&self) -> u32 {
        u128::BITS - self.largest().leading_zeros()
    }

    fn sum_bits(&self, range: u32) -> u32 {
        u128::BITS - (self.largest() * u128::from(range)).leading_zeros()
    }

    /// Distances from means are added up in parts of this size: of the 26 neighbours any number divides it;
    /// for more it is fine enough that rounding leaves eleven digits.
    fn unit(&self) -> u64 {
        const MULTIPLE_OF_1_TO_26: u64 = 26_771_144_400;
        if self.largest() <= 27 { MULTIPLE_OF_1_TO_26 } else { 1 << 44 }
    }

    /// The unit divided among so many neighbours.
    fn part(&self, number: u64) -> u64 {
        (self.unit() + number / 2) / number
    }

    /// The same, looked up.
    #[inline(always)]
    fn parts(&self, number: u64) -> u64 {
        self.parts.get(number as usize).copied().unwrap_or_else(|| self.part(number))
    }
}

/// What is counted for one rank.
#[derive(Clone, Copy, Default)]
struct Count {
    voxels: u32,
    isolated: u32,
    /// Distances from the mean, in parts of [`Cubes::unit`].
    difference: u128,
}

impl Count {
    /// Adds voxels with `number` neighbours each, whose distances from the sums of their neighbours are `distance`
    /// together.
    #[inline(always)]
    fn add(&mut self, voxels: u64, number: u64, distance: u64, cubes: &Cubes) {
        self.voxels += voxels as u32;
        if number == 0 {
            self.isolated += voxels as u32;
        } else {
            self.difference += u128::from(distance) * u128::from(cubes.parts(number));
        }
    }
}

/// More than a voxel has neighbours within one step.
const NUMBERS: usize = 32;

/// Distances from sums, and voxels, of one rank by number of neighbours. Two in turn, as voxels beside each other often
/// have the same rank and would wait for each other.
type Tally = [[[u64; 2]; NUMBERS]; 2];

/// Number and sum of some voxels in one word: the number above `bits` bits for the sum.
trait Word: Copy + Default + Send + Sync {
    fn pack(number: u32, sum: u32, bits: u32) -> Self;
    fn number(self, bits: u32) -> u64;
    fn sum(self, bits: u32) -> u64;
    /// The number stays; in place of the sum stands how far it is from that of as many voxels like `own`.
    fn distance(self, own: Self, bits: u32) -> Self;
    /// Wrapping: only the end result must fit.
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
}

macro_rules! words {
    ($($type:ty)*) => {$(
        impl Word for $type {
            fn pack(number: u32, sum: u32, bits: u32) -> Self {
                (u128::from(number) << bits | u128::from(sum)) as $type
            }
            fn number(self, bits: u32) -> u64 {
                (self >> bits) as u64
            }
            fn sum(self, bits: u32) -> u64 {
                (self & (((1 as $type) << bits) - 1)) as u64
            }
            fn distance(self, own: Self, bits: u32) -> Self {
                let sum = ((1 as $type) << bits) - 1;
                let number = self >> bits;
                number << bits | ((own & sum) * number).abs_diff(self & sum)
            }
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
        }
    )*};
}
words!(u16 u32 u64 u128);

fn count_as<W: Word>(padded: &Padded, values: &[u32], cubes: &Cubes, parts: Vec<Range<usize>>) -> Vec<Ngtdm> {
    let lowest = values.first().copied().unwrap_or(0);
    let bits = cubes.sum_bits(values.last().copied().unwrap_or(0) - lowest);
    // Grey levels count from the lowest: differences stay the same, and the sums are small.
    let mut table = vec![W::default()];
    table.extend(values.iter().map(|&value| W::pack(1, value - lowest, bits)));
    let voxels = padded.map(|rank| table.get(usize::from(rank)).copied().unwrap_or_default());
    let plus = |mut sum: Vec<Count>, other: Vec<Count>| {
        for (sum, other) in sum.iter_mut().zip(other) {
            sum.voxels += other.voxels;
            sum.isolated += other.isolated;
            sum.difference += other.difference;
        }
        sum
    };
    // Fewer than 2³² distances below 2³² fit 64 bits; tallies pay where they are smaller than what is swept.
    let fit = size_of::<W>() <= 4 && cubes.largest() <= NUMBERS as u128;
    let count = |part: Range<usize>| {
        let tallied = fit && (values.len() + 1) * 4 * NUMBERS <= part.len() * padded.plane();
        let new = |_| Swept::new(values.len(), tallied);
        let go_on = |swept, planes| {
            vectorised(
                #[inline(always)]
                || sweep(padded, &voxels, cubes, bits, planes, swept),
            )
        };
        let swept = stretches(part, padded.grain(), new, go_on).into_iter();
        swept.map(|swept| swept.counts(cubes)).reduce(plus).unwrap_or_default()
    };
    let tone = |(&level, c): (&u32, &Count)| Tone {
        level,
        voxels: c.voxels - c.isolated,
        isolated: c.isolated,
        difference: c.difference as f64 / cubes.unit() as f64,
    };
    let tones = |counts: Vec<Count>| {
        let tones = values.iter().zip(counts.iter().skip(1)).map(tone);
        Ngtdm { tones: tones.filter(|tone| tone.voxels + tone.isolated > 0).collect() }
    };
    parts.into_iter().map(|part| tones(count(part))).collect()
}

/// What a sweep has counted, by rank, and its memory.
struct Swept<W> {
    counts: Vec<Count>,
    /// None if all is in `counts`.
    tallies: Vec<Tally>,
    neighbours: Vec<W>,
    planes: Vec<W>,
    rows: Vec<W>,
    cubes: Vec<W>,
}

impl<W> Swept<W> {
    fn new(levels: usize, tallied: bool) -> Self {
        Self {
            counts: vec![Count::default(); levels + 1],
            tallies: vec![Tally::default(); if tallied { levels + 1 } else { 0 }],
            neighbours: Vec::new(),
            planes: Vec::new(),
            rows: Vec::new(),
            cubes: Vec::new(),
        }
    }

    /// All that was counted.
    fn counts(mut self, cubes: &Cubes) -> Vec<Count> {
        for (count, tally) in self.counts.iter_mut().zip(self.tallies).skip(1) {
            for ([distance, voxels], number) in tally.into_iter().flat_map(|turn| turn.into_iter().zip(0..)) {
                count.add(voxels, number, distance, cubes);
            }
        }
        self.counts
    }
}

#[inline(always)]
fn sweep<W: Word>(
    padded: &Padded,
    voxels: &[W],
    cubes: &Cubes,
    bits: u32,
    slab: Range<usize>,
    mut swept: Swept<W>,
) -> Swept<W> {
    let Swept { counts, tallies, neighbours, planes, rows, cubes: sums } = &mut swept;
    for z in slab {
        let span = padded.span(z);
        neighbours.resize(span.len(), W::default());
        if cubes.shells.is_empty() {
            neighbours.fill(W::default());
        }
        for (number, &(radius, added)) in cubes.shells.iter().enumerate() {
            // Sums along z, of those along y, of those along x.
            let [x, y, z] = cubes.axes.map(|along| if along { radius } else { 0 });
            let margin = y * padded.row() + x;
            let start = span.start - margin - z * padded.plane();
            // Cubes that are added come first.
            let into = if number == 0 { &mut *neighbours } else { &mut *sums };
            if radius > 0 {
                window_sums(&voxels[start..], z, padded.plane(), span.len() + 2 * margin, planes);
                window_sums(planes, y, padded.row(), span.len() + 2 * x, rows);
                window_sums(rows, x, 1, span.len(), into);
            }
            if number > 0 {
                let cube = if radius > 0 { &sums[..] } else { &voxels[span.clone()] };
                for (sum, &cube) in neighbours.iter_mut().zip(cube) {
                    *sum = if added { sum.plus(cube) } else { sum.minus(cube) };
                }
            }
        }
        for (neighbours, &own) in neighbours.iter_mut().zip(&voxels[span.clone()]) {
            *neighbours = neighbours.distance(own, bits);
        }
        let ranks = &padded.ranks()[span];
        if tallies.is_empty() {
            for (&rank, word) in ranks.iter().zip(&*neighbours).filter(|(rank, _)| **rank > 0) {
                counts[usize::from(rank)].add(1, word.number(bits), word.sum(bits), cubes);
            }
        } else {
            tally(ranks, neighbours, bits, tallies);
        }
    }
    swept
}

/// Adds the voxels of a plane to those of the same rank and number of neighbours: one addition for each, and the means
/// are left to the end. Kept out of `sweep`, whose other loops would take its registers.
#[inline(never)]
fn tally<W: Word>(ranks: &[u16], distances: &[W], bits: u32, tallies: &mut [Tally]) {
    const EIGHT: usize = 8;
    let mut add = |rank: u16, word: W, turn: usize| {
        let number = word.number(bits) as usize % NUMBERS;
        let [distance, voxels] = &mut tallies[usize::from(rank)][turn % 2][number];
        *distance += word.sum(bits);
        *voxels += 1;
    };
    let (ranks, last_ranks) = ranks.as_chunks::<EIGHT>();
    let (distances, last_distances) = distances.as_chunks::<EIGHT>();
    for (ranks, distances) in ranks.iter().zip(distances).filter(|(ranks, _)| **ranks != [0; EIGHT]) {
        for index in 0..EIGHT {
            add(ranks[index], distances[index], index);
        }
    }
    for (&rank, &distance) in last_ranks.iter().zip(last_distances) {
        add(rank, distance, 0);
    }
}

/// `out[i]` is the sum of `2 · reach + 1` values `stride` apart, from `values[i]` on.
#[inline(always)]
fn window_sums<W: Word>(values: &[W], reach: usize, stride: usize, length: usize, out: &mut Vec<W>) {
    out.resize(length, W::default());
    let at = |step: usize| &values[step * stride..][..length];
    let from = if reach == 0 {
        out.copy_from_slice(at(0));
        1
    } else {
        for (out, ((&a, &b), &c)) in out.iter_mut().zip(at(0).iter().zip(at(1)).zip(at(2))) {
            *out = a.plus(b).plus(c);
        }
        3
    };
    for step in from..=2 * reach {
        for (sum, &there) in out.iter_mut().zip(at(step)) {
            *sum = sum.plus(there);
        }
    }
}

#[cfg(test)]
mod tests;

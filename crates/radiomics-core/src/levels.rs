//! Grey levels of a region: what every texture matrix is counted from.

mod bins; // where one grey level ends and the next begins
mod scan; // passes over the rows of a region
mod steps; // directions to neighbours

use std::borrow::Cow;

use ndarray::Array3;
use rayon::prelude::*;

pub(crate) use self::scan::{extremes, grain, runs};
pub use self::steps::half_steps;
use self::{
    bins::Bins,
    scan::{fill_levels, fill_ranks, range},
    steps::steps,
};
use crate::error::Error;

/// How intensities become grey levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Binning {
    /// Bins of this width with edges at its multiples (PyRadiomics `binWidth`).
    Width(f64),
    /// This many bins from the smallest to the largest intensity (PyRadiomics `binCount`).
    Count(u32),
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
    /// Smallest and largest intensity, where levels were made of intensities.
    extremes: Option<(f64, f64)>,
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
        let levels = Self::build([nx, ny, nz], levels, bins.level(max), spacing, border)?;
        Ok(Self { extremes: Some((min, max)), ..levels })
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
        Ok(Self { ranks, size, border, spacing, values, counts, extremes: None })
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

    /// The smallest and the largest of the intensities that were discretised, if there were any.
    pub(crate) fn extremes(&self) -> Option<(f64, f64)> {
        self.extremes
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
            extremes: self.extremes,
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

    /// Seeded random numbers (splitmix64).
    struct Random(u64);

    impl Random {
        fn below(&mut self, n: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut h = self.0;
            for factor in [0xbf58_476d_1ce4_e5b9_u64, 0x94d0_49bb_1331_11eb] {
                h = (h ^ (h >> 30)).wrapping_mul(factor);
            }
            (h >> 33) as usize % n
        }
    }

    /// The definition, voxel by voxel.
    fn compare(image: &Array3<f64>, inside: &Array3<bool>, binning: Binning, border: usize) {
        let levels = Levels::new(image, inside, [1.0; 3], binning, border).unwrap();
        let of_region = || image.iter().zip(inside).filter(|(_, inside)| **inside).map(|(x, _)| *x);
        let (min, max) = (of_region().fold(f64::INFINITY, f64::min), of_region().fold(f64::MIN, f64::max));
        let bins = Bins::new(min, max, binning).unwrap();
        let mut values: Vec<u32> = of_region().map(|x| bins.level(x)).collect();
        values.sort_unstable();
        let counts: Vec<u64> = values.chunk_by(|a, b| a == b).map(|same| same.len() as u64).collect();
        values.dedup();
        assert_eq!((levels.values(), levels.counts()), (&values[..], &counts[..]), "{binning:?}");
        for ((z, y, x), &value) in image.indexed_iter() {
            let rank = levels.ranks()[levels.position([x, y, z])];
            let level = rank.checked_sub(1).map(|rank| levels.values()[usize::from(rank)]);
            assert_eq!(level, inside[(z, y, x)].then(|| bins.level(value)), "{binning:?} {value}");
        }
        assert_eq!(levels.ranks().iter().filter(|&&rank| rank > 0).count() as u64, levels.voxels());
    }

    #[test]
    fn rows_and_slabs_give_the_levels_of_the_definition() {
        let mut random = Random(1);
        for case in 0..60 {
            let shape = [1 + random.below(6), 1 + random.below(9), 1 + random.below(70)];
            let scale = [1.0, 0.1, 1e-9, 1e9][case % 4];
            let centre = [0.0, 1e3, -3e5][case % 3];
            let image = Array3::from_shape_fn(shape, |_| {
                (random.below(2000) as f64 - 1000.0 + centre) * scale * 0.25
            });
            let holes = [1, 2, 10][case % 3];
            let mut inside = Array3::from_shape_fn(shape, |_| random.below(10) < holes || case % 2 == 0);
            inside[[0, 0, 0]] = true;
            for binning in [25.0, 0.7, 1.0, 100.3].map(|width| Binning::Width(width * scale)) {
                compare(&image, &inside, binning, case % 3);
            }
            for binning in [1, 7, 32, 1000].map(Binning::Count) {
                compare(&image, &inside, binning, case % 3);
            }
        }
        // Edges so near each other that rounding decides, levels beyond 65,535, and another layout.
        let image = Array3::from_shape_fn([3, 4, 50], |_| 1e9 + random.below(1000) as f64 * 1e-6);
        let inside = Array3::from_elem(image.dim(), true);
        compare(&image, &inside, Binning::Width(1.3e-6), 1);
        compare(&image.mapv(|x| (x - 1e9) * 1e9), &inside, Binning::Width(1.0), 1);
        let (turned, inside) = (image.reversed_axes(), inside.reversed_axes());
        compare(&turned, &inside, Binning::Width(1e-4), 1);
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let mut random = Random(2);
        let image = Array3::from_shape_fn([40, 90, 91], |_| random.below(900) as f64);
        let inside = image.mapv(|x| x as usize % 7 > 1);
        let levels = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let new = || Levels::new(&image, &inside, [1.0; 3], Binning::Width(25.0), 1).unwrap();
            let levels = pool.install(new);
            (levels.ranks, levels.values, levels.counts)
        };
        assert_eq!(levels(1), levels(2));
        assert_eq!(levels(1), levels(7));
    }

    #[test]
    fn a_border_is_no_wider_than_the_box_and_widened_on_demand() {
        let grey = Array3::from_shape_fn([2, 3, 4], |(z, y, x)| (12 * z + 4 * y + x) as u32);
        let levels = Levels::from_grey_levels(&grey, [1.0; 3], usize::MAX / 4).unwrap();
        assert_eq!(levels.border(), 4);
        let levels = Levels::from_grey_levels(&grey, [1.0; 3], 0).unwrap();
        let steps = levels.steps(&[1, 3, u32::MAX], None);
        assert_eq!(steps.len(), 13 + 15); // of the 171 at distance 3 those with x = ±3
        assert!(steps.iter().all(|[x, y, z]| x.abs() < 4 && y.abs() < 3 && z.abs() < 2));
        let wide = levels.with_border_for(&steps);
        assert_eq!((wide.border(), wide.ranks().len()), (3, 8 * 9 * 10));
        for ((z, y, x), &level) in grey.indexed_iter() {
            assert_eq!(u32::from(wide.ranks()[wide.position([x, y, z])]), level);
        }
        assert!(matches!(wide.with_border_for(&steps), Cow::Borrowed(_)));
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

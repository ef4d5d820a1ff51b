//! Grey levels of a region: what every texture matrix is counted from.

use ndarray::Array3;

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
    /// `spacing` is in mm along x, y, z. `border` is the largest distance at which neighbours are asked for.
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
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for ((index, &x), &inside) in image.indexed_iter().zip(inside) {
            if inside {
                if !x.is_finite() {
                    return Err(Error::NotFinite { value: x, index: [index.2, index.1, index.0] });
                }
                (min, max) = (min.min(x), max.max(x));
            }
        }
        if min > max {
            return Err(Error::EmptyRegion);
        }
        let bins = Bins::new(min, max, binning)?;
        let levels = |(z, y, x)| if inside[(z, y, x)] { bins.level(image[(z, y, x)]) } else { 0 };
        Self::build(image.dim(), levels, bins.level(max), spacing, border)
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
        Self::build(levels.dim(), |index| levels[index], highest, spacing, border)
    }

    fn build(
        (nz, ny, nx): (usize, usize, usize),
        level: impl Fn((usize, usize, usize)) -> u32,
        highest: u32,
        spacing: [f64; 3],
        border: usize,
    ) -> Result<Self, Error> {
        let size = [nx, ny, nz];
        // A table from level to rank is fast; far apart levels (a tiny bin width) take a sorted list.
        const TABLE: u32 = 1 << 20;
        let mut values: Vec<u32> = Vec::new();
        let mut present = vec![false; if highest < TABLE { highest as usize + 1 } else { 0 }];
        let voxels = || (0..nz).flat_map(move |z| (0..ny).flat_map(move |y| (0..nx).map(move |x| (z, y, x))));
        for index in voxels() {
            let value = level(index);
            if value == 0 {
                continue;
            }
            if let Some(seen) = present.get_mut(value as usize) {
                *seen = true;
            } else {
                values.push(value);
            }
        }
        if highest < TABLE {
            values = (0..=highest).filter(|&v| present[v as usize]).collect();
        } else {
            values.sort_unstable();
            values.dedup();
        }
        if values.len() > usize::from(u16::MAX) {
            return Err(Error::TooManyLevels { levels: values.len(), limit: usize::from(u16::MAX) });
        }
        let table: Vec<u16> = if highest < TABLE {
            let mut table = vec![0; highest as usize + 1];
            for (rank, &value) in values.iter().enumerate() {
                table[value as usize] = rank as u16 + 1;
            }
            table
        } else {
            Vec::new()
        };
        let rank = |value: u32| match table.get(value as usize) {
            Some(&rank) => rank,
            None => values.binary_search(&value).map_or(0, |rank| rank as u16 + 1),
        };

        let padded = size.map(|n| n + 2 * border);
        let mut ranks = vec![0_u16; padded.iter().product()];
        let mut counts = vec![0_u64; values.len()];
        for (z, y, x) in voxels() {
            let value = level((z, y, x));
            if value != 0 {
                let rank = rank(value);
                ranks[((z + border) * padded[1] + y + border) * padded[0] + x + border] = rank;
                counts[usize::from(rank) - 1] += 1;
            }
        }
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

    /// What to add to a position to go one step (x, y, z); no component may exceed the border.
    pub fn offset(&self, [x, y, z]: [i32; 3]) -> isize {
        let [nx, ny] = [self.size[0] + 2 * self.border, self.size[1] + 2 * self.border];
        (z as isize * ny as isize + y as isize) * nx as isize + x as isize
    }
}

/// One of each pair of opposite steps (x, y, z) to the neighbours at the given Chebyshev distances.
///
/// With `within` (0 = z, 1 = y, 2 = x) only steps inside the slices across that axis: PyRadiomics' `force2D`.
/// Distance 1 gives the 13 directions of the 26-neighbourhood, or 4 within slices.
pub fn half_steps(distances: &[u32], within: Option<u8>) -> Vec<[i32; 3]> {
    let reach = distances.iter().copied().max().unwrap_or(0) as i32;
    let mut steps = Vec::new();
    for z in 0..=reach {
        for y in -reach..=reach {
            for x in -reach..=reach {
                let step = [x, y, z];
                let forward = z > 0 || (z == 0 && (y > 0 || (y == 0 && x > 0)));
                let distance = x.abs().max(y.abs()).max(z.abs()) as u32;
                let inside = within.is_none_or(|axis| step[2 - usize::from(axis.min(2))] == 0);
                if forward && inside && distances.contains(&distance) {
                    steps.push(step);
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

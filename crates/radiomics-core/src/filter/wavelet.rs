//! Undecimated wavelet bands, as PyRadiomics makes them with `pywt.swtn`.
//!
//! Each level filters the approximation of the level before with the same, undilated filters (PyRadiomics
//! restarts the transform at every level). The image is periodic; an odd axis is first lengthened by one
//! voxel, a copy of its first. Bands have the unit of the image; each `L` has a gain of `√2`.
//!
//! `out_i = Σ_j taps_j x_(i + F/2 − j)` along each axis with the `F` taps of the mother wavelet, low-pass for an `L` in
//! the band's name, high-pass for an `H`, x first: three axes give eight bands, `LLH` to `HHH` and `LLL`. For haar:
//!
//! ```text
//! image      1   3   5   5
//! L · √2     4   8  10   6       x_i + x_(i+1), the image being periodic
//! H · √2    −2  −2   0   4       x_i − x_(i+1)
//! ```
//!
//! Images of single precision are filtered in double precision, where PyWavelets stays in single precision: in the
//! regions of nine scans of three patients of the IBSI validation set (CT, PET, MR) PyWavelets' own bands in one precision
//! differ from those in the other by at most 1.1·10⁻⁶ of their range, and 3 of 2.3 million values fall into another bin of
//! width 25 (`scripts/check_float_wavelets.py`). Its rounding depends on the order of a compiler's additions, so it is not
//! imitated.

use std::ops::Range;

use ndarray::Array3;
use rayon::prelude::*;

use crate::{
    filter::{Reach, mother::Mother},
    vectorised::vectorised,
};

/// One band: `L` or `H` for each filtered axis, x first, and the values where they were wanted.
#[derive(Clone, Debug)]
pub struct Band {
    /// Level, 1 for the first that is kept.
    pub level: u32,
    /// Such as `LLH`.
    pub name: String,
    /// Values of the wanted part, `[z, y, x]`.
    pub values: Array3<f64>,
}

/// Voxels around the wanted part on which `levels` levels depend, along each filtered axis.
pub fn reach(mother: &Mother, levels: u32, axes: [bool; 3]) -> Reach {
    let half = mother.taps() / 2;
    let far = |voxels: usize| axes.map(|on| if on { voxels * levels as usize } else { 0 });
    Reach { before: far(half - 1), after: far(half) }
}

/// Where a periodic image has the voxel with this index along an axis of `size` voxels.
///
/// ```
/// use radiomics_core::filter::wavelet::wrapped;
/// assert_eq!([-1, 0, 3, 4].map(|i| wrapped(i, 4)), [3, 0, 3, 0]);
/// // An odd axis has one voxel more, a copy of the first.
/// assert_eq!([-1, 0, 4, 5, 6].map(|i| wrapped(i, 5)), [0, 0, 4, 0, 0]);
/// ```
pub fn wrapped(index: isize, size: usize) -> usize {
    let period = (size + size % 2) as isize;
    let index = index.rem_euclid(period) as usize;
    if index == size { 0 } else { index }
}

/// The bands of a part of a window. `window` holds the wanted part and [`reach`] voxels around it, `[z, y, x]`.
///
/// `axes` says which of x, y, z are filtered. The first `start` levels are passed over, then `levels` levels
/// are kept; the last band is the approximation (`LLL`) of the last level. PyRadiomics' order.
///
/// ```
/// use radiomics_core::filter::{mother::Mother, wavelet::bands};
/// let haar = Mother::named("haar").unwrap();
/// // The image 1 3 5 5 and the voxel after it.
/// let window = ndarray::arr3(&[[[1.0, 3.0, 5.0, 5.0, 1.0]]]);
/// let bands = bands(&window, &haar, [true, false, false], 0, 1);
/// let rounded = |n: usize| bands[n].values.mapv(|x: f64| (x * 2.0_f64.sqrt()).round());
/// assert_eq!((bands[0].name.as_str(), rounded(0)), ("H", ndarray::arr3(&[[[-2.0, -2.0, 0.0, 4.0]]])));
/// assert_eq!((bands[1].name.as_str(), rounded(1)), ("L", ndarray::arr3(&[[[4.0, 8.0, 10.0, 6.0]]])));
/// ```
pub fn bands(window: &Array3<f64>, mother: &Mother, axes: [bool; 3], start: u32, levels: u32) -> Vec<Band> {
    let mut all = Vec::new();
    let done = self::levels(window, mother, axes, start, levels, |bands| {
        all.extend(bands);
        Ok::<(), std::convert::Infallible>(())
    });
    match done {
        Ok(()) => all,
        Err(never) => match never {},
    }
}

/// The same, level by level: what `take` does not keep needs no memory when the next level comes.
///
/// # Errors
/// Those of `take`.
pub fn levels<E>(
    window: &Array3<f64>,
    mother: &Mother,
    axes: [bool; 3],
    start: u32,
    levels: u32,
    mut take: impl FnMut(Vec<Band>) -> Result<(), E>,
) -> Result<(), E> {
    let half = mother.taps() / 2;
    let mut approximation = window.as_standard_layout().into_owned();
    for level in 0..start + levels {
        let last = level + 1 == start + levels;
        // Outputs of this level are needed as far out as later levels look.
        let later = (start + levels - level - 1) as usize;
        let mut parts = vec![(String::new(), approximation)];
        for axis in (0..3).filter(|&axis| axes[axis]) {
            // Before the first kept level only the approximation is needed.
            let halves = parts.into_par_iter().flat_map_iter(|(name, image)| {
                let (low, high) = split(&image, axis, mother, level >= start);
                [Some((name.clone() + "L", low)), high.map(|high| (name + "H", high))].into_iter().flatten()
            });
            parts = halves.collect();
        }
        let mut parts = parts.into_iter();
        let Some((lowest, low)) = parts.next() else { return Ok(()) };
        let wanted = |image: &Array3<f64>| {
            let (nz, ny, nx) = image.dim();
            let cut: Vec<Range<usize>> = [nx, ny, nz]
                .iter()
                .zip(axes)
                .map(|(&n, on)| if on { (half - 1) * later..n - half * later } else { 0..n })
                .collect();
            image.slice(ndarray::s![cut[2].clone(), cut[1].clone(), cut[0].clone()]).to_owned()
        };
        let band = |(name, image)| Band { level: level + 1 - start, name, values: wanted(&image) };
        // The wider image of a band goes as soon as its part is cut out.
        let mut bands: Vec<Band> = parts.map(band).collect();
        if last {
            bands.push(Band { level: levels, name: lowest, values: low });
            return take(bands);
        }
        if !bands.is_empty() {
            take(bands)?;
        }
        approximation = low;
    }
    Ok(())
}

/// `out_i = Σ_j taps_j · x_{i + F/2 − j}` along an axis (0 = x) where all taps find a voxel, with the low-pass filter
/// and, if wanted, the high-pass filter: both in one pass over the voxels.
fn split(
    image: &Array3<f64>,
    axis: usize,
    mother: &Mother,
    high: bool,
) -> (Array3<f64>, Option<Array3<f64>>) {
    let (nz, ny, nx) = image.dim();
    let from = [nx, ny, nz];
    let mut to = from;
    to[axis] = from[axis].saturating_sub(mother.taps() - 1);
    let source = image.as_slice().unwrap_or_default();
    let voxels: usize = to.iter().product();
    let mut outs = [vec![0.0; voxels], vec![0.0; if high { voxels } else { 0 }]];
    // Along an axis, neighbours are `inner` voxels apart inside a block.
    let inner: usize = from[..axis].iter().product();
    if voxels > 0 {
        let [low, high_out] = &mut outs;
        let length = inner * to[axis];
        let mut highs = high_out.chunks_exact_mut(length);
        vectorised(
            #[inline(always)]
            || {
                for (block, low) in source.chunks_exact(inner * from[axis]).zip(low.chunks_exact_mut(length))
                {
                    match (mother.taps(), highs.next()) {
                        (2, high) => filter::<2>(block, inner, mother, low, high),
                        (4, high) => filter::<4>(block, inner, mother, low, high),
                        (6, high) => filter::<6>(block, inner, mother, low, high),
                        (8, high) => filter::<8>(block, inner, mother, low, high),
                        (_, high) => {
                            filter_long(block, inner, &mother.low, low);
                            if let Some(high) = high {
                                filter_long(block, inner, &mother.high, high);
                            }
                        }
                    }
                }
            },
        );
    }
    let array = |voxels| Array3::from_shape_vec([to[2], to[1], to[0]], voxels).unwrap_or_default();
    let [low, high_out] = outs;
    (array(low), high.then(|| array(high_out)))
}

/// A short filter of known length: each voxel is written once.
#[inline(always)]
fn filter<const F: usize>(
    block: &[f64],
    inner: usize,
    mother: &Mother,
    low: &mut [f64],
    high: Option<&mut [f64]>,
) {
    let taps = |taps: &[f64]| -> [f64; F] { std::array::from_fn(|j| taps[j]) };
    let n = low.len();
    let x: [&[f64]; F] = std::array::from_fn(|j| &block[(F - 1 - j) * inner..][..n]);
    // From the first tap to the last: the order of additions is PyWavelets'.
    let l = taps(&mother.low);
    match high {
        None => {
            for i in 0..n {
                low[i] = (0..F).fold(0.0, |sum, j| sum + l[j] * x[j][i]);
            }
        }
        Some(high) => {
            let (h, high) = (taps(&mother.high), &mut high[..n]);
            for i in 0..n {
                low[i] = (0..F).fold(0.0, |sum, j| sum + l[j] * x[j][i]);
                high[i] = (0..F).fold(0.0, |sum, j| sum + h[j] * x[j][i]);
            }
        }
    }
}

/// A filter of any length: short stretches stay in the cache while all taps pass over them.
#[inline(always)]
fn filter_long(block: &[f64], inner: usize, taps: &[f64], out: &mut [f64]) {
    const STRETCH: usize = 2048;
    for (start, out) in (0..).step_by(STRETCH).zip(out.chunks_mut(STRETCH)) {
        for (j, &tap) in taps.iter().enumerate() {
            let at = start + (taps.len() - 1 - j) * inner;
            for (out, &x) in out.iter_mut().zip(&block[at..]) {
                *out += tap * x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PyRadiomics' `_swt3` makes the levels before `start_level` all the same, and counts what it keeps from 1.
    #[test]
    fn levels_before_the_first_are_made_and_passed_over() {
        let window = Array3::from_shape_fn([9, 13, 14], |(z, y, x)| ((z * 31 + y * 17 + x * 7) % 23) as f64);
        for (name, axes) in [("haar", [true; 3]), ("db2", [true, true, false])] {
            let mother = Mother::named(name).unwrap();
            let (both, second) = (bands(&window, &mother, axes, 0, 2), bands(&window, &mother, axes, 1, 1));
            let expected: Vec<&Band> = both.iter().filter(|band| band.level == 2).collect();
            assert_eq!((second.len(), expected.len()), (expected.len(), both.len() / 2 + 1));
            for (band, expected) in second.iter().zip(expected) {
                assert_eq!((band.level, &band.name), (1, &expected.name));
                assert_eq!(band.values, expected.values, "{name} {}", band.name);
            }
        }
    }
}

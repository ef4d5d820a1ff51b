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

use ndarray::{Array3, ArrayView3, Axis, CowArray, Ix3};
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

/// The bands of a part of a window. `window` holds the wanted part and [`reach`] voxels around it, `[z, y, x]`; of one
/// that is smaller, bands are empty.
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
    let done = in_groups(window.view(), mother, axes, start..start + levels, usize::MAX, |bands| {
        all.extend(bands);
        Ok::<_, std::convert::Infallible>(Vec::new())
    });
    match done {
        Ok(()) => all,
        Err(never) => match never {},
    }
}

/// The same for a range of levels, `most` bands at a time. `take` gives back the arrays that it does not keep: the next
/// bands are written there.
///
/// # Errors
/// Those of `take`.
pub fn in_groups<E>(
    window: ArrayView3<f64>,
    mother: &Mother,
    axes: [bool; 3],
    levels: Range<u32>,
    most: usize,
    mut take: impl FnMut(Vec<Band>) -> Result<Vec<Array3<f64>>, E>,
) -> Result<(), E> {
    let half = mother.taps() / 2;
    let mut spare = Vec::new();
    let mut approximation: CowArray<f64, Ix3> = match window.strides()[2] {
        1 => CowArray::from(window),
        _ => CowArray::from(window.as_standard_layout().into_owned()),
    };
    for level in 0..levels.end {
        let (nz, ny, nx) = approximation.dim();
        let shorter =
            |n: usize, axis: usize| if axes[axis] { n.saturating_sub(mother.taps() - 1) } else { n };
        let whole = [0..shorter(nx, 0), 0..shorter(ny, 1), 0..shorter(nz, 2)];
        let filter = |passes: [bool; 3], part: [Range<usize>; 3], into: Array3<f64>| {
            let taps = |a: usize| axes[a].then_some(if passes[a] { &*mother.high } else { &*mother.low });
            filtered(approximation.view(), [0, 1, 2].map(taps), part, into)
        };
        if levels.contains(&level) {
            // What later levels look at lies around the part that is wanted.
            let later = (levels.end - level - 1) as usize;
            let cut = |n: usize, on: bool| {
                if on { (half - 1) * later..n.saturating_sub(half * later) } else { 0..n }
            };
            let part: [Range<usize>; 3] = std::array::from_fn(|a| cut(whole[a].end, axes[a]));
            let band = |(&passes, into): (&[bool; 3], Array3<f64>)| Band {
                level: level + 1 - levels.start,
                name: (0..3).filter(|&a| axes[a]).map(|a| if passes[a] { 'H' } else { 'L' }).collect(),
                values: filter(passes, part.clone(), into),
            };
            let passes = (0..8).map(|n| [n & 4 > 0, n & 2 > 0, n & 1 > 0]);
            let passes = passes.filter(|passes| (0..3).all(|a| axes[a] || !passes[a]));
            let mut passes: Vec<[bool; 3]> = passes.skip(1).collect();
            if level + 1 == levels.end {
                passes.push([false; 3]);
            }
            for group in passes.chunks(most.max(1)) {
                spare.resize_with(group.len(), || Array3::zeros([0; 3]));
                spare = take(group.par_iter().zip(spare).map(band).collect())?;
            }
        }
        if level + 1 < levels.end {
            let next = filter([false; 3], whole, Array3::zeros([0; 3]));
            approximation = CowArray::from(next);
        }
    }
    Ok(())
}

/// `out_i = Σ_j taps_j · x_{i + F/2 − j}` along x, then y, then z, where there are taps; of all voxels that have an answer
/// those of a part (x, y, z), in the memory of `into`. Rows of the image must be in one piece.
///
/// A plane is filtered along x and y in the processor's cache. Such planes are kept in a ring, as many as there are taps
/// along z. Half-products that bands could share are made anew: a new page of memory costs more.
fn filtered(
    image: ArrayView3<f64>,
    taps: [Option<&[f64]>; 3],
    part: [Range<usize>; 3],
    into: Array3<f64>,
) -> Array3<f64> {
    // One tap of 1 leaves every value as it is.
    let [x, y, z] = taps.map(|taps| taps.unwrap_or(&[1.0]));
    let [width, height, depth] = [0, 1, 2].map(|a| part[a].len());
    let plane = width * height;
    let (mut out, _) = into.into_raw_vec_and_offset();
    out.resize(plane * depth, 0.0);
    if out.is_empty() {
        return Array3::zeros([depth, height, width]);
    }
    let filter_plane = |from: usize, rows: &mut [f64], to: &mut [f64]| {
        let source = image.index_axis(Axis(0), from);
        let source = source.outer_iter().skip(part[1].start);
        for (source, to) in source.zip(rows.chunks_exact_mut(width)) {
            let source = source.to_slice().and_then(|row| row.get(part[0].start..)).unwrap_or_default();
            combine(x, |j| &source[x.len() - 1 - j..], to);
        }
        combine(y, |j| &rows[(y.len() - 1 - j) * width..], to);
    };
    // The planes before a task's first are filtered once more.
    let planes = depth.div_ceil(rayon::current_num_threads()).max(4 * z.len());
    out.par_chunks_mut(plane * planes).enumerate().for_each(|(task, out)| {
        let mut rows = vec![0.0; width * (height + y.len() - 1)];
        let mut ring = vec![vec![0.0; plane]; z.len()];
        let first = part[2].start + task * planes;
        (0..z.len() - 1).for_each(|k| filter_plane(first + k, &mut rows, &mut ring[k]));
        for (k, out) in out.chunks_exact_mut(plane).enumerate() {
            let last = k + z.len() - 1;
            filter_plane(first + last, &mut rows, &mut ring[last % z.len()]);
            combine(z, |j| &ring[(last - j) % z.len()], out);
        }
    });
    Array3::from_shape_vec([depth, height, width], out).unwrap_or_default()
}

/// `out_i = Σ_j taps_j · source(j)_i`, from the first tap to the last: the order of additions is PyWavelets'.
fn combine<'a>(taps: &[f64], source: impl Fn(usize) -> &'a [f64], out: &mut [f64]) {
    vectorised(
        #[inline(always)]
        || match taps.len() {
            2 => combine_few::<2>(taps, source, out),
            4 => combine_few::<4>(taps, source, out),
            6 => combine_few::<6>(taps, source, out),
            8 => combine_few::<8>(taps, source, out),
            _ => combine_many(taps, source, out),
        },
    );
}

/// A known number of taps: each voxel is written once.
#[inline(always)]
fn combine_few<'a, const F: usize>(taps: &[f64], source: impl Fn(usize) -> &'a [f64], out: &mut [f64]) {
    let taps: [f64; F] = std::array::from_fn(|j| taps[j]);
    let x: [&[f64]; F] = std::array::from_fn(|j| &source(j)[..out.len()]);
    for i in 0..out.len() {
        out[i] = (0..F).fold(0.0, |sum, j| sum + taps[j] * x[j][i]);
    }
}

/// Any number of taps: short stretches stay in the cache while all taps pass over them.
#[inline(always)]
fn combine_many<'a>(taps: &[f64], source: impl Fn(usize) -> &'a [f64], out: &mut [f64]) {
    const STRETCH: usize = 2048;
    for (start, out) in (0..).step_by(STRETCH).zip(out.chunks_mut(STRETCH)) {
        out.fill(0.0);
        for (j, &tap) in taps.iter().enumerate() {
            for (out, &x) in out.iter_mut().zip(&source(j)[start..]) {
                *out += tap * x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_smaller_than_the_filter_gives_empty_bands() {
        let mother = Mother::named("coif1").unwrap();
        for (shape, levels) in
            [([3, 9, 9], 1), ([9, 3, 9], 1), ([9, 9, 3], 2), ([9, 9, 9], 2), ([0, 0, 0], 1)]
        {
            let bands = bands(&Array3::zeros(shape), &mother, [true; 3], 0, levels);
            assert_eq!(bands.len(), 7 * levels as usize + 1);
            assert!(bands.iter().all(|band| band.values.is_empty()), "{shape:?}");
        }
    }

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

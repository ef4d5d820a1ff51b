//! Image and region on new voxels: what PyRadiomics' `resampleImage` makes of them, with ITK's arithmetic; IBSI's
//! way is in `centred`.
//!
//! The new grid starts at the *corner* of the first mask voxel, not at its centre, and covers the box of the
//! region and `padDistance` voxels around it. The image is interpolated as `interpolator` says and keeps its
//! number type; the region takes the nearest voxel.

mod between;
mod centred;
mod inverse;
mod kernel;
mod positions;
mod sampler;
mod spline;

use radiomics_imaging::{Geometry, IndexBox, Mask, RegionSummary};

use self::positions::nearest;
pub(crate) use self::{between::Between, centred::Centred, positions::Positions, sampler::Sampler};
use crate::{error::Error, region::Region};

/// Grids beyond this many voxels come from a mistaken spacing.
const MAX_VOXELS: f64 = (1_u64 << 30) as f64;

/// What resampling comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Plan {
    /// The image has the wanted spacing already and is only cut to the region.
    Crop,
    /// The image is interpolated on this grid.
    Interpolate(Geometry),
}

/// The grid for a region of `mask` at a new `spacing` (mm along x, y, z; 0 keeps an axis), with `pad` new voxels
/// around its box.
///
/// An axis along which the region has one voxel keeps its spacing.
///
/// # Errors
/// [`Error::OutsideImage`] when the box of the region is not inside the image; [`Error::GridSize`] when the
/// grid would be absurdly large.
pub(crate) fn plan(
    image: &Geometry,
    mask: &Geometry,
    region: &RegionSummary,
    spacing: [f64; 3],
    pad: u32,
) -> Result<Plan, Error> {
    check_inside(image, mask, region.bounds)?;
    let old = mask.spacing();
    let new: [f64; 3] = std::array::from_fn(|a| {
        if spacing[a] == 0.0 || region.bounds.size[a] == 1 { old[a] } else { spacing[a] }
    });
    // numpy.allclose.
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-8 + 1e-5 * b.abs();
    if (0..3).all(|a| close(image.spacing()[a], new[a])) {
        return Ok(Plan::Crop);
    }
    let ratio: [f64; 3] = std::array::from_fn(|a| old[a] / new[a]);
    let bounds = region.bounds;
    let (mut first, mut size) = ([0.0; 3], [0.0; 3]);
    for a in 0..3 {
        // Half a voxel more than the outer centres on either side.
        let lower = ((bounds.start[a] as f64 - 0.5) * ratio[a] - f64::from(pad)).floor();
        let upper = ((bounds.end()[a] as f64 - 0.5) * ratio[a] + f64::from(pad)).ceil();
        let last = (mask.size()[a] as f64 * ratio[a]).ceil() - 1.0;
        first[a] = lower.max(0.0);
        size[a] = upper.min(last) - first[a] + 1.0;
    }
    let voxels: f64 = size.iter().product();
    if !(size.iter().all(|&n| n >= 1.0) && voxels <= MAX_VOXELS) {
        return Err(Error::GridSize { size, spacing: new });
    }
    let index = std::array::from_fn(|a| 0.5 * (new[a] - old[a]) / old[a] + first[a] / ratio[a]);
    let grid = Geometry::new(size.map(|n| n as usize), new, mask.point(index), mask.direction())?;
    Ok(Plan::Interpolate(grid))
}

/// Checks that the box of a region, with its voxels' full extent, lies inside the image.
///
/// # Errors
/// [`Error::OutsideImage`] with the box in indices of the image.
pub(crate) fn check_inside(image: &Geometry, mask: &Geometry, bounds: IndexBox) -> Result<(), Error> {
    /// For rounding, in voxels.
    const TOLERANCE: f64 = 1e-3;
    let corner = |index: [usize; 3]| image.index(mask.point(index.map(|i| i as f64 - 0.5)));
    let (a, b) = (corner(bounds.start), corner(bounds.end()));
    let low: [f64; 3] = std::array::from_fn(|i| a[i].min(b[i]));
    let high: [f64; 3] = std::array::from_fn(|i| a[i].max(b[i]));
    let size = image.size();
    let outside = |i: usize| low[i] < -0.5 - TOLERANCE || high[i] > size[i] as f64 - 0.5 + TOLERANCE;
    if (0..3).any(outside) { Err(Error::OutsideImage { low, high, size }) } else { Ok(()) }
}

/// A region of `mask` on another grid: each voxel takes the label of the nearest voxel of the mask.
///
/// # Errors
/// [`Error::Vanished`] when no voxel of the grid gets the label.
pub(crate) fn region_on(grid: &Geometry, mask: &Mask, region: &RegionSummary) -> Result<Region, Error> {
    let vanished = || Error::Vanished { label: region.label, spacing: grid.spacing() };
    let bounds = region.bounds;
    let inside = mask.crop(region.label, bounds);
    // Only voxels near the region can get its label.
    let back = Positions::of(mask.geometry(), grid);
    let (low, high) = back.range(bounds);
    let reach: [f64; 3] = std::array::from_fn(|a| {
        let spacing = mask.geometry().spacing();
        2.0 + spacing.iter().copied().fold(0.0, f64::max) / grid.spacing()[a]
    });
    let start: [usize; 3] = std::array::from_fn(|a| (low[a] - reach[a]).floor().max(0.0) as usize);
    let end: [usize; 3] =
        std::array::from_fn(|a| ((high[a] + reach[a]).ceil().max(0.0) as usize + 1).min(grid.size()[a]));
    if (0..3).any(|a| start[a] >= end[a]) {
        return Err(vanished());
    }
    let part = IndexBox { start, size: std::array::from_fn(|a| end[a] - start[a]) };

    /// Index in the region's box of the voxel nearest to a continuous index of the mask.
    fn within(x: f64, bounds: IndexBox, a: usize) -> Option<usize> {
        let index = usize::try_from(nearest(x)).ok()?.checked_sub(bounds.start[a])?;
        (index < bounds.size[a]).then_some(index)
    }
    let shape = [part.size[2], part.size[1], part.size[0]];
    let sampled = match Positions::of(grid, mask.geometry()) {
        Positions::Axes(axes) => {
            let lists: [Vec<Option<usize>>; 3] = std::array::from_fn(|a| {
                axes[a][start[a]..end[a]].iter().map(|&x| within(x, bounds, a)).collect()
            });
            ndarray::Array3::from_shape_fn(shape, |(z, y, x)| match (lists[2][z], lists[1][y], lists[0][x]) {
                (Some(z), Some(y), Some(x)) => inside[(z, y, x)],
                _ => false,
            })
        }
        Positions::Oblique(oblique) => {
            let mut sampled = ndarray::Array3::from_elem(shape, false);
            for (z, mut plane) in sampled.outer_iter_mut().enumerate() {
                for (y, mut row) in plane.outer_iter_mut().enumerate() {
                    let index = oblique.row(start[1] + y, start[2] + z);
                    for (x, voxel) in row.iter_mut().enumerate() {
                        let index = index(start[0] + x);
                        let found: [Option<usize>; 3] = std::array::from_fn(|a| within(index[a], bounds, a));
                        if let [Some(x), Some(y), Some(z)] = found {
                            *voxel = inside[(z, y, x)];
                        }
                    }
                }
            }
            sampled
        }
    };
    Region::new(region.label, *grid, part, &sampled).ok_or_else(vanished)
}

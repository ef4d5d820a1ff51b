//! Volumes of a tilted gantry, straightened: each slice shifted back in its plane by linear interpolation.

use ndarray::{Array3, Axis};

use super::error::DicomError;
use crate::{
    geometry::Geometry,
    volume::{Image, Sample, Volume},
    with_voxels,
};

/// The volume on a grid at right angles. `shear`: how far slice k + 1 lies beside slice k, along rows and
/// columns in mm. The grid keeps spacing and orientation and grows sideways so that nothing is cut off; what
/// no slice covers gets the lowest value of the volume.
pub(super) fn straightened(image: &Image, shear: [f64; 2]) -> Result<Image, DicomError> {
    let (geometry, least) = straight_grid(image.geometry(), shear)?;
    let ([columns, rows, _], spacing) = (image.geometry().size(), image.geometry().spacing());
    let pixels = [shear[0] / spacing[0], shear[1] / spacing[1]];
    let size = geometry.size();
    let source = with_voxels!(image.voxels(), |a| a.mapv(|v| Sample::to_f64(v) as f32));
    let lowest = source.iter().copied().fold(f32::INFINITY, f32::min);
    let mut straight = Array3::from_elem([size[2], size[1], size[0]], lowest);
    for (k, (mut out, slice)) in straight.axis_iter_mut(Axis(0)).zip(source.axis_iter(Axis(0))).enumerate() {
        let shift = [0, 1].map(|a| k as f64 * pixels[a] - least[a]);
        for ((y, x), value) in out.indexed_iter_mut() {
            let at = |index: usize, shift: f64, count: usize| {
                let position = index as f64 - shift;
                let low = position.floor();
                // Rounding must not lose the last row of an unshifted slice.
                let inside = position >= -1e-9 && position <= (count - 1) as f64 + 1e-9;
                inside.then(|| ((low.max(0.0) as usize).min(count - 1), position - low.max(0.0)))
            };
            if let (Some((x0, fx)), Some((y0, fy))) = (at(x, shift[0], columns), at(y, shift[1], rows)) {
                let (x1, y1) = ((x0 + 1).min(columns - 1), (y0 + 1).min(rows - 1));
                let along =
                    |y: usize| f64::from(slice[[y, x0]]) * (1.0 - fx) + f64::from(slice[[y, x1]]) * fx;
                *value = (along(y0) * (1.0 - fy) + along(y1) * fy) as f32;
            }
        }
    }
    let volume = Volume::new(straight, geometry).map_err(|e| match e {
        crate::volume::VolumeError::Geometry(g) => DicomError::Geometry(g),
        other => DicomError::Damaged { what: other.to_string(), at: 0 },
    })?;
    Ok(volume.into())
}

/// The grid at right angles, and where the first pixel of the first slice lies before it, along rows and columns.
pub(super) fn straight_grid(grid: &Geometry, shear: [f64; 2]) -> Result<(Geometry, [f64; 2]), DicomError> {
    let ([columns, rows, slices], spacing) = (grid.size(), grid.spacing());
    // Shift of the last slice in pixels; it moves the border of the grid to one side.
    let last = (slices - 1) as f64;
    let pixels = [shear[0] / spacing[0], shear[1] / spacing[1]];
    const ROUNDING: f64 = 1e-6; // positions are decimal text: a shift of 1e-15 needs no pixel more
    let least: [f64; 2] = pixels.map(|p| (p * last + ROUNDING).min(0.0).floor());
    let most: [f64; 2] = pixels.map(|p| (p * last - ROUNDING).max(0.0).ceil());
    let size = [columns + (most[0] - least[0]) as usize, rows + (most[1] - least[1]) as usize, slices];
    let origin = grid.point([least[0], least[1], 0.0]);
    Ok((Geometry::new(size, spacing, origin, grid.direction())?, least))
}

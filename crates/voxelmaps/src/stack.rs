//! Image and maps as the input of a network: one array of one size, channel by channel.
//!
//! As in the ESCC study: the region's box and one voxel around it is cut out, the image is limited to a window of
//! intensities, and each channel is brought to the size of the network by a cubic spline through its voxels whose first and
//! last voxels stay first and last (`scipy.ndimage.zoom(channel, factors, order=3)`).

use ndarray::{Array3, Array4, ArrayView3, Axis, s};
use radiomics_imaging::{IndexBox, Volume};
use rayon::prelude::*;

use crate::{
    error::Error,
    maps::{Grid, Map},
};

/// How channels are cut and brought to size. The defaults are those of the ESCC study.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StackSettings {
    /// Depth, height and width of the array.
    pub size: [usize; 3],
    /// Voxels around the region's box.
    pub padding: usize,
    /// Lowest and highest intensity of the image; what is beyond is set to the nearer one. HU for CT.
    pub window: [f64; 2],
    /// Intensity where the cut reaches beyond the image.
    pub fill: f64,
}

impl Default for StackSettings {
    fn default() -> Self {
        Self { size: [32, 64, 64], padding: 1, window: [-110.0, 190.0], fill: -120.0 }
    }
}

/// Channels of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// `image`, then the maps by their names.
    pub names: Vec<String>,
    /// Shape `(channels, depth, height, width)`.
    pub values: Array4<f32>,
    /// Voxels of each channel that its feature did not define; they are 0.
    pub undefined: Vec<usize>,
}

/// Stacks the image and some of its maps.
///
/// `image` holds the intensities on a part of the grid of the maps, which must reach over their own part: that of
/// [`Mapper::intensities`](crate::Mapper::intensities). A map is 0 outside the region (its own value there), also where the
/// cut reaches beyond it.
///
/// # Errors
/// [`Error::Stack`]: no map, maps of different regions, an image on another grid, a size of 0, a window without extent.
///
/// ```
/// use radiomics_core::{Params, ParamsFormat};
/// use radiomics_imaging::{Geometry, Image, Mask, Volume};
/// use radiomics_voxelmaps::{MapSettings, Mapper, stack::{StackSettings, stack}};
///
/// let grid = Geometry::axial([8, 8, 8], [1.0, 1.0, 5.0])?;
/// let voxels = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, y, x)| (10 * z + 7 * y + x) as i16);
/// let inside = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, y, x)| z.min(y).min(x) > 2);
/// let (image, mask) = (Image::from(Volume::new(voxels, grid)?), Mask::from_region(&Volume::new(inside, grid)?));
///
/// let params = Params::parse("featureClass: {glrlm: [RunEntropy]}", ParamsFormat::Yaml)?;
/// let mapper = Mapper::new(MapSettings { params, ..MapSettings::default() })?;
/// let maps = mapper.map(&image, &mask)?;
/// let input = stack(&mapper.intensities(&image, &mask)?, &maps.maps, &StackSettings::default())?;
/// assert_eq!(input.values.dim(), (2, 32, 64, 64));
/// assert_eq!(input.names, ["image", "original_glrlm_RunEntropy"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn stack<'a>(
    image: &Volume<f64>,
    maps: impl IntoIterator<Item = &'a Map>,
    settings: &StackSettings,
) -> Result<Stack, Error> {
    let maps: Vec<&Map> = maps.into_iter().collect();
    check(&maps, settings)?;
    let grid = &maps[0].grid;
    if image.geometry() != &grid.geometry {
        return Err(Error::Stack(format!(
            "the image has a grid of {:?} voxels, the maps one of {:?}; both must be the part that maps are given on",
            image.geometry().size(),
            grid.geometry.size()
        )));
    }
    let cut = Cut::new(grid, settings.padding);
    let [low, high] = settings.window;
    let channels: Result<Vec<(Array3<f64>, usize)>, Error> = (0..=maps.len())
        .into_par_iter()
        .map(|channel| {
            if channel == 0 {
                let mut voxels = cut.place(image.voxels().view(), settings.fill);
                voxels.mapv_inplace(|v| v.clamp(low, high));
                // The spline overshoots beside edges.
                return Ok((zoom(&voxels, settings.size).mapv(|v| v.clamp(low, high)), 0));
            }
            let map = maps[channel - 1];
            let mut voxels = cut.place(map.volume()?.voxels().view(), map.outside);
            let undefined = voxels.iter().filter(|v| v.is_nan()).count();
            voxels.mapv_inplace(|v| if v.is_nan() { 0.0 } else { v });
            Ok((zoom(&voxels, settings.size), undefined))
        })
        .collect();
    let channels = channels?;
    let [d, h, w] = settings.size;
    let mut values = Array4::zeros((channels.len(), d, h, w));
    for (mut target, (voxels, _)) in values.axis_iter_mut(Axis(0)).zip(&channels) {
        target.zip_mut_with(voxels, |t, v| *t = *v as f32);
    }
    let names = std::iter::once("image".to_owned()).chain(maps.iter().map(|m| m.name.clone())).collect();
    Ok(Stack { names, values, undefined: channels.into_iter().map(|(_, undefined)| undefined).collect() })
}

fn check(maps: &[&Map], settings: &StackSettings) -> Result<(), Error> {
    let fail = |message: String| Err(Error::Stack(message));
    let Some(first) = maps.first() else { return fail("there is no map to stack".to_owned()) };
    if first.grid.voxels.is_empty() {
        return fail(format!("the region of {} has no voxel", first.name));
    }
    if let Some(other) = maps.iter().find(|m| m.grid != first.grid) {
        return fail(format!("{} and {} are maps of different regions", first.name, other.name));
    }
    if settings.size.contains(&0) {
        return fail(format!(
            "the size is {:?}; each of depth, height and width must be 1 or more",
            settings.size
        ));
    }
    let [low, high] = settings.window;
    if !(low < high && low.is_finite() && high.is_finite() && settings.fill.is_finite()) {
        return fail(format!(
            "the window is {low} to {high}, filled with {}; it must rise, and all must be finite",
            settings.fill
        ));
    }
    Ok(())
}

/// The region's box with its padding, which may reach beyond the part of the grid that is at hand.
struct Cut {
    /// Voxels of the part (x, y, z) that are taken, and where they go.
    taken: IndexBox,
    to: [usize; 3],
    size: [usize; 3],
}

impl Cut {
    fn new(grid: &Grid, padding: usize) -> Self {
        let [sx, sy, _] = grid.part.size;
        let (mut low, mut high) = ([usize::MAX; 3], [0; 3]);
        for &voxel in &grid.voxels {
            let voxel = voxel as usize;
            let index = [voxel % sx, voxel / sx % sy, voxel / (sx * sy)];
            for a in 0..3 {
                low[a] = low[a].min(index[a]);
                high[a] = high[a].max(index[a]);
            }
        }
        let start: [usize; 3] = std::array::from_fn(|a| low[a].saturating_sub(padding));
        let end: [usize; 3] = std::array::from_fn(|a| (high[a] + 1 + padding).min(grid.part.size[a]));
        Self {
            taken: IndexBox { start, size: std::array::from_fn(|a| end[a] - start[a]) },
            to: std::array::from_fn(|a| padding.saturating_sub(low[a])),
            size: std::array::from_fn(|a| high[a] + 1 - low[a] + 2 * padding),
        }
    }

    fn place(&self, voxels: ArrayView3<'_, f64>, outside: f64) -> Array3<f64> {
        let [x, y, z] = self.size;
        let mut cut = Array3::from_elem([z, y, x], outside);
        let range = |start: [usize; 3], a: usize| start[a]..start[a] + self.taken.size[a];
        let from = |a| range(self.taken.start, a);
        let to = |a| range(self.to, a);
        cut.slice_mut(s![to(2), to(1), to(0)]).assign(&voxels.slice(s![from(2), from(1), from(0)]));
        cut
    }
}

/// A cubic spline through the voxels, mirrored at the borders, at positions from the first to the last voxel of each axis.
fn zoom(voxels: &Array3<f64>, size: [usize; 3]) -> Array3<f64> {
    let mut voxels = voxels.clone();
    for (axis, &wanted) in size.iter().enumerate() {
        let length = voxels.len_of(Axis(axis));
        if length == wanted {
            continue;
        }
        let taps = taps(length, wanted);
        let mut shape = [0; 3];
        shape.copy_from_slice(voxels.shape());
        shape[axis] = wanted;
        let mut out = Array3::zeros(shape);
        for (line, mut target) in voxels.lanes(Axis(axis)).into_iter().zip(out.lanes_mut(Axis(axis))) {
            let coefficients = coefficients(line.to_vec());
            for (t, taps) in target.iter_mut().zip(&taps) {
                *t = taps.iter().map(|(at, weight)| weight * coefficients[*at]).sum();
            }
        }
        voxels = out;
    }
    voxels
}

/// Coefficients of the spline through a line (Unser 1999, doi:10.1109/79.799930, box 2).
fn coefficients(mut line: Vec<f64>) -> Vec<f64> {
    let n = line.len();
    if n == 1 {
        return line;
    }
    let pole = 3.0_f64.sqrt() - 2.0;
    line.iter_mut().for_each(|v| *v *= 6.0);
    // The mirrored line without limit: a period of 2 n − 2 voxels.
    let period = 2 * n - 2;
    let mirrored = |k: usize| if k < n { k } else { period - k };
    let sum: f64 = (0..period).map(|k| pole.powi(k as i32) * line[mirrored(k)]).sum();
    line[0] = sum / (1.0 - pole.powi(period as i32));
    for k in 1..n {
        line[k] += pole * line[k - 1];
    }
    line[n - 1] = pole / (pole * pole - 1.0) * (line[n - 1] + pole * line[n - 2]);
    for k in (0..n - 1).rev() {
        line[k] = pole * (line[k + 1] - line[k]);
    }
    line
}

/// For each of `wanted` positions the four voxels of a line that it is made of, with their weights.
fn taps(length: usize, wanted: usize) -> Vec<[(usize, f64); 4]> {
    let last = length - 1;
    let mirrored = |k: isize| {
        if last == 0 {
            return 0;
        }
        let k = k.unsigned_abs() % (2 * last);
        k.min(2 * last - k)
    };
    (0..wanted)
        .map(|i| {
            let at = if wanted == 1 { 0.0 } else { i as f64 * last as f64 / (wanted - 1) as f64 };
            let t = at - at.floor();
            let u = 1.0 - t;
            let weights = [
                u * u * u / 6.0,
                (4.0 - 3.0 * t * t * (2.0 - t)) / 6.0,
                (4.0 - 3.0 * u * u * (2.0 - u)) / 6.0,
                t * t * t / 6.0,
            ];
            std::array::from_fn(|k| (mirrored(at.floor() as isize + k as isize - 1), weights[k]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, s};

    use super::zoom;

    /// `scipy.ndimage.zoom(a, factors, order=3)`, SciPy 1.17.1, with
    /// `a[z, y, x] = (7 z + 3 y + 5 x) % 11 − 4.5` of 3 × 4 × 5 voxels.
    #[test]
    fn as_scipy() {
        let a = Array3::from_shape_fn((3, 4, 5), |(z, y, x)| ((z * 7 + y * 3 + x * 5) % 11) as f64 - 4.5);
        let ours = zoom(&a, [4, 6, 3]);
        let first = [
            -4.5,
            5.5,
            4.5,
            -3.0744,
            1.0648,
            0.0648,
            -0.8424,
            -3.0392,
            -4.0392,
            0.8424,
            -0.7208,
            -1.7208,
            3.0744,
            2.3912,
            1.3912,
            4.5,
            3.5,
            2.5,
            0.351851851851851,
            3.42592592592592,
            2.42592592592593,
            2.51665185185185,
            3.42005925925926,
            2.38485925925926,
        ];
        for (ours, scipy) in ours.iter().zip(first) {
            assert!((ours - scipy).abs() < 1e-13, "{ours} {scipy}");
        }
        assert!((ours[[3, 5, 2]] - 5.5).abs() < 1e-13);
        let thin = zoom(&a.slice(s![.., ..1, ..]).to_owned(), [2, 2, 7]);
        let second =
            [-4.5, -2.01058201058201, 3.21693121693122, 5.5, 0.857142857142859, 0.788359788359787, 4.5];
        for (i, scipy) in second.into_iter().enumerate() {
            assert!((thin[[0, 0, i]] - scipy).abs() < 1e-13);
            assert!((thin[[0, 1, i]] - scipy).abs() < 1e-13);
        }
    }
}

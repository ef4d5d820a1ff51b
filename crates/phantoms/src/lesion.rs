//! A CT-like abdomen with one textured lesion whose volume, mean and standard deviation are set.
//!
//! Synthetic: simple bodies in the place of organs, filled with usual CT numbers and seeded noise. It looks
//! like a scan so that pictures and reports can be tried; it says nothing about any disease.

use ndarray::Array3;
use radiomics_imaging::{Geometry, Mask, Volume, VolumeError};

use crate::{Phantom, noise::smooth_noise, solids::Solid};

/// How the scan is made. The same settings give the same voxels on every machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LesionSettings {
    /// Seed of noise and texture.
    pub seed: u64,
    /// Voxels along x, y, z.
    pub size: [usize; 3],
    /// Voxel spacing along x, y, z in mm.
    pub spacing: [f64; 3],
    /// Semi-axes of the lesion, an ellipsoid, along x, y, z in mm.
    pub semi_axes: [f64; 3],
    /// Mean of the lesion in HU.
    pub mean: f64,
    /// Standard deviation (1/N) of the lesion in HU.
    pub deviation: f64,
    /// Size of the grains of the lesion's texture in mm (standard deviation of the smoothing).
    pub grain: f64,
}

impl Default for LesionSettings {
    fn default() -> Self {
        Self {
            seed: 2026,
            size: [144, 112, 40],
            spacing: [1.25, 1.25, 2.5],
            semi_axes: [17.0, 14.0, 15.0],
            mean: 62.0,
            deviation: 27.0,
            grain: 2.2,
        }
    }
}

impl LesionSettings {
    /// The lesion as a body: gives its true volume and surface.
    pub fn solid(&self) -> Solid {
        Solid::Ellipsoid { semi_axes: self.semi_axes }
    }
}

/// Draws the scan. Voxels are whole HU, so mean and standard deviation of the lesion are those of the
/// settings within 0.02 HU for a lesion of some hundred voxels.
///
/// ```
/// use radiomics_phantoms::lesion::{LesionSettings, abdomen};
/// let settings = LesionSettings { seed: 1, ..LesionSettings::default() };
/// let phantom = abdomen(&settings)?;
/// let lesion = phantom.mask.region(1).unwrap();
/// let volume = lesion.voxels as f64 * phantom.image.geometry().voxel_volume();
/// assert!((volume / settings.solid().volume() - 1.0).abs() < 0.01);
/// # Ok::<(), radiomics_imaging::VolumeError>(())
/// ```
///
/// # Errors
/// When size or spacing make no grid.
pub fn abdomen(settings: &LesionSettings) -> Result<Phantom, VolumeError> {
    let &LesionSettings { seed, size, spacing, .. } = settings;
    let half = |a: usize| -0.5 * (size[a].max(1) - 1) as f64 * spacing[a];
    let grid = Geometry::new(size, spacing, [half(0), half(1), half(2)], Geometry::AXIAL)?;
    let shape = grid.shape();

    let region = settings.solid().region(&grid, LESION_CENTRE)?;
    let scanner = smooth_noise(shape, [0, 1, 1], seed);
    let tissue = smooth_noise(shape, reach(3.0, spacing), seed.wrapping_add(1));
    let mut hu = Array3::from_shape_fn(shape, |(z, y, x)| {
        let (mean, texture) = organ(grid.point([x as f64, y as f64, z as f64]));
        mean + 9.0 * scanner[(z, y, x)] + texture * tissue[(z, y, x)]
    });

    let grains = smooth_noise(shape, reach(settings.grain, spacing), seed.wrapping_add(2));
    let raw: Vec<f64> = region
        .voxels()
        .indexed_iter()
        .filter(|(_, inside)| **inside)
        .map(|((z, y, x), _)| {
            let point = grid.point([x as f64, y as f64, z as f64]);
            // A darker core: 0 in the middle, 1 at the surface.
            let part = |a: usize| (point[a] - LESION_CENTRE[a]) / settings.semi_axes[a];
            let depth = part(0) * part(0) + part(1) * part(1) + part(2) * part(2);
            grains[(z, y, x)] + 1.6 * depth + 0.25 * scanner[(z, y, x)]
        })
        .collect();
    let mut standard = standardised(&raw).into_iter();
    for (voxel, _) in hu.iter_mut().zip(region.voxels()).filter(|(_, inside)| **inside) {
        *voxel = settings.mean + settings.deviation * standard.next().unwrap_or(0.0);
    }
    let image = Volume::new(hu.mapv(|v| v.round().clamp(-1024.0, 3071.0) as i16), grid)?;
    Ok(Phantom { image, mask: Mask::from_region(&region) })
}

/// Patient position of the lesion, in the liver.
const LESION_CENTRE: [f64; 3] = [-34.0, -7.0, 0.0];

/// Reach of the running means whose smoothing has this standard deviation in mm, along `[z, y, x]`.
pub(crate) fn reach(grain: f64, spacing: [f64; 3]) -> [usize; 3] {
    std::array::from_fn(|axis| {
        let variance = (grain / spacing[2 - axis]) * (grain / spacing[2 - axis]);
        ((variance + 0.25).sqrt() - 0.5).round() as usize
    })
}

pub(crate) fn standardised(values: &[f64]) -> Vec<f64> {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt();
    let scale = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
    values.iter().map(|v| (v - mean) * scale).collect()
}

/// Mean and texture in HU at a patient position (LPS: x to the left, y to the back).
fn organ([x, y, z]: [f64; 3]) -> (f64, f64) {
    let inside = |centre: [f64; 2], semi: [f64; 2]| {
        let (u, v) = ((x - centre[0]) / semi[0], (y - centre[1]) / semi[1]);
        u * u + v * v <= 1.0
    };
    let inside_3d = |centre: [f64; 3], semi: [f64; 3]| {
        let w = (z - centre[2]) / semi[2];
        let (u, v) = ((x - centre[0]) / semi[0], (y - centre[1]) / semi[1]);
        u * u + v * v + w * w <= 1.0
    };
    const RIBS: [[f64; 2]; 5] = [[77.0, 0.0], [68.5, 26.0], [68.5, -26.0], [45.0, 44.5], [45.0, -44.5]];
    if !inside([0.0, 0.0], [87.0, 65.0]) {
        return (-1000.0, 0.0); // air
    }
    if RIBS.iter().any(|r| inside(*r, [3.2, 3.8]) || inside([-r[0], r[1]], [3.2, 3.8])) {
        return (430.0, 40.0);
    }
    if !inside([0.0, 0.0], [80.0, 57.5]) {
        return (-105.0, 8.0); // fat below the skin
    }
    if inside([0.0, 40.0], [14.0, 12.0]) {
        let hollow = inside([0.0, 40.0], [11.0, 9.5]);
        return if hollow { (210.0, 45.0) } else { (520.0, 30.0) }; // vertebra
    }
    if inside([9.0, 19.0], [7.5, 7.5]) {
        return (165.0, 4.0); // aorta
    }
    if !inside([0.0, 0.0], [74.0, 51.5]) {
        return (55.0, 8.0); // wall of muscle
    }
    if inside_3d([-33.0, -6.0, 2.0], [38.0, 42.0, 70.0]) {
        return (108.0, 9.0); // liver
    }
    if inside_3d([50.0, 16.0, 6.0], [17.0, 25.0, 48.0]) {
        return (120.0, 9.0); // spleen
    }
    if inside_3d([34.0, -24.0, -4.0], [27.0, 18.0, 55.0]) {
        return if y < -31.0 { (-960.0, 6.0) } else { (22.0, 10.0) }; // stomach with gas above
    }
    (-85.0, 28.0) // fat between the organs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesion(settings: &LesionSettings) -> Vec<f64> {
        let phantom = abdomen(settings).unwrap();
        let values = phantom.image.voxels().iter().zip(phantom.mask.iter());
        values.filter(|(_, label)| *label == 1).map(|(&hu, _)| f64::from(hu)).collect()
    }

    #[test]
    fn the_lesion_has_the_size_mean_and_deviation_asked_for() {
        for settings in [
            LesionSettings::default(),
            LesionSettings { seed: 3, mean: -20.0, deviation: 60.0, grain: 4.0, ..Default::default() },
            LesionSettings { semi_axes: [6.0, 9.0, 7.0], spacing: [1.0; 3], ..Default::default() },
        ] {
            let values = lesion(&settings);
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            assert!((mean - settings.mean).abs() < 0.02, "{mean}");
            assert!((deviation - settings.deviation).abs() < 0.02, "{deviation}");
            let volume = n * settings.spacing.iter().product::<f64>();
            assert!((volume / settings.solid().volume() - 1.0).abs() < 0.02, "{volume}");
        }
    }

    #[test]
    fn voxels_are_the_same_on_every_machine() {
        // FNV-1a over all voxels of the default scan, as first drawn.
        let phantom = abdomen(&LesionSettings::default()).unwrap();
        let bytes = phantom.image.voxels().iter().flat_map(|v| v.to_le_bytes());
        let hash =
            bytes.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        assert_eq!(format!("{hash:016x}"), "4b545fb75a126474");
        let other = LesionSettings { seed: 1, ..LesionSettings::default() };
        assert_ne!(abdomen(&other).unwrap().image, phantom.image);
    }
}

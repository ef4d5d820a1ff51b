//! Images and masks of a patient.

use ndarray::Array3;
use radiomics_imaging::{Geometry, Mask, Volume, VolumeError};

use super::{LiverCohort, LiverPatient};
use crate::{
    lesion::{reach, standardised},
    noise::{SplitMix, smooth_noise},
};

/// When a scan was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimePoint {
    /// Before treatment.
    Pre,
    /// Under treatment.
    Post,
}

/// Which phase after the contrast agent was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Arterial.
    Arterial,
    /// Portal venous.
    Portal,
}

/// Who outlined the liver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The outline that the study uses: the true one.
    First,
    /// The first reader again: off by [`ScanSettings::disagreement`]`[0]`.
    FirstAgain,
    /// Another reader: off by [`ScanSettings::disagreement`]`[1]`.
    Second,
}

/// How the scanner of the second centre differs: intensities times `gain` plus `offset`, noise times `noise`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// Factor of intensities.
    pub gain: f64,
    /// HU added.
    pub offset: f64,
    /// Factor of the scanner's noise.
    pub noise: f64,
}

/// How scans of the same centre differ from each other: by dose and the size of the patient, by the timing of the
/// contrast agent. Each scan draws its own; neither has to do with survival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Standard deviation of the logarithm of the scanner's noise.
    pub noise: f64,
    /// Standard deviation in HU of what the whole liver takes up, parenchyma and lesions.
    pub enhancement: f64,
}

/// Grid and sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScanSettings {
    /// Voxels along x, y, z.
    pub size: [usize; 3],
    /// Voxel spacing along x, y, z in mm.
    pub spacing: [f64; 3],
    /// Semi-axes of a mean liver, an ellipsoid, along x, y, z in mm.
    pub liver: [f64; 3],
    /// Root mean square distance in mm, along rays from the middle of the liver, of a repeated outline from the
    /// true one: by the first reader, by the second.
    pub disagreement: [f64; 2],
    /// How scans of the same centre differ.
    pub spread: Spread,
    /// The scanner of the second centre.
    pub shift: Shift,
}

impl Default for ScanSettings {
    fn default() -> Self {
        Self {
            size: [128, 104, 56],
            spacing: [1.4, 1.4, 3.0],
            liver: [76.0, 62.0, 68.0],
            disagreement: [0.7, 1.2],
            spread: Spread { noise: 0.15, enhancement: 6.0 },
            shift: Shift { gain: 1.02, offset: 4.0, noise: 1.05 },
        }
    }
}

impl ScanSettings {
    /// Livers of about 3 cm, so that a whole cohort takes a minute. The texture has the same size in mm.
    pub fn small() -> Self {
        Self {
            size: [42, 36, 17],
            spacing: [1.2, 1.2, 2.5],
            liver: [19.5, 16.5, 16.5],
            disagreement: [0.3, 0.5],
            ..Self::default()
        }
    }
}

/// Parts of a patient with random numbers of their own; images add their number.
const SHAPE: u64 = 16;
const PLACES: u64 = 17;
const SHOWN: u64 = 32;
const NOISE: u64 = 48;
const OUTLINE: u64 = 64;
const SCANNER: u64 = 80;

/// A patient's liver and lesions at one time, in mm around the middle of the grid.
struct Anatomy {
    liver: [f64; 3],
    /// Centre and radius as shares of the liver's semi-axes.
    lesions: Vec<([f64; 3], f64)>,
}

impl Anatomy {
    fn of(cohort: &LiverCohort, index: usize, time: TimePoint) -> Self {
        let settings = cohort.settings();
        let patient = &cohort.patients()[index];
        let mut random = SplitMix::of(settings.seed, index, SHAPE);
        let liver = settings.scan.liver.map(|a| a * (1.0 + 0.05 * (2.0 * random.unit() - 1.0)));
        let mut random = SplitMix::of(settings.seed, index, PLACES);
        let growth = if time == TimePoint::Post { 1.0 + patient.growth } else { 1.0 };
        let mut lesions = Vec::new();
        for (number, &radius) in patient.lesions.iter().enumerate() {
            // The first lies on one side, the others on the other.
            let side = if number == 0 { -0.3 } else { 0.55 };
            let jitter = 0.12 * (2.0 * random.unit() - 1.0);
            let height = 0.3 * number as f64 - 0.3 * f64::from(u8::from(number == 2)) * 2.0;
            lesions.push(([side + jitter, jitter, height], radius * growth));
        }
        Self { liver, lesions }
    }

    /// Distance from the surface of the liver along the ray from the middle, in mm; below 0 inside.
    fn depth(&self, point: [f64; 3]) -> f64 {
        let length = point.iter().map(|v| v * v).sum::<f64>().sqrt();
        let share = norm(std::array::from_fn(|a| point[a] / self.liver[a]));
        if share > 0.0 { length - length / share } else { -self.liver[0] }
    }

    fn in_lesion(&self, point: [f64; 3]) -> bool {
        self.depth(point) <= 0.0
            && self.lesions.iter().any(|(centre, radius)| {
                norm(std::array::from_fn(|a| point[a] / self.liver[a] - centre[a])) <= *radius
            })
    }
}

/// Standard deviation of the noise that each image adds to what is planted in it, which has 1: arterial and portal venous
/// before treatment, then under it.
pub const IMAGE_NOISE: [f64; 4] = [0.25, 0.5, 0.5, 0.25];

/// What the lesions of one image look like.
struct Look {
    mean: f64,
    deviation: f64,
}

impl Look {
    /// Arterial images show the texture best, portal venous ones the change; each adds noise of its own.
    fn of(patient: &LiverPatient, time: TimePoint, phase: Phase, random: &mut SplitMix) -> Self {
        let (texture, change) = (patient.latent.texture, patient.latent.change);
        let mut noise = |sd: f64| sd * random.normal();
        let [pre_a, pre_v, post_a, post_v] = IMAGE_NOISE;
        let (mean, base, shown) = match (time, phase) {
            (TimePoint::Pre, Phase::Arterial) => (105.0 + noise(4.0), 24.0, texture + noise(pre_a)),
            (TimePoint::Pre, Phase::Portal) => (88.0 + noise(4.0), 20.0, texture + noise(pre_v)),
            (TimePoint::Post, Phase::Arterial) => (100.0 + noise(4.0), 24.0, change + noise(post_a)),
            (TimePoint::Post, Phase::Portal) => {
                (86.0 - 6.0 * change + noise(3.0), 20.0, change + noise(post_v))
            }
        };
        Self { mean, deviation: base * (1.0 + 0.35 * shown.clamp(-2.5, 2.5)) }
    }
}

impl LiverCohort {
    /// The scan of a patient.
    ///
    /// # Errors
    /// When size or spacing of the settings make no grid.
    ///
    /// # Panics
    /// Where there is no patient of this number.
    pub fn image(&self, index: usize, time: TimePoint, phase: Phase) -> Result<Volume<i16>, VolumeError> {
        let (settings, patient) = (self.settings(), &self.patients()[index]);
        let scan = &settings.scan;
        let number = 2 * time as u64 + phase as u64;
        let anatomy = Anatomy::of(self, index, time);
        let look = Look::of(patient, time, phase, &mut SplitMix::of(settings.seed, index, SHOWN + number));
        let grid = self.grid()?;
        let shape = grid.shape();

        let seed = SplitMix::of(settings.seed, index, NOISE + number).next();
        let scanner = smooth_noise(shape, [0, 1, 1], seed);
        let tissue = smooth_noise(shape, reach(3.0, scan.spacing), seed.wrapping_add(1));
        let grains = smooth_noise(shape, reach(1.6, scan.spacing), seed.wrapping_add(2));
        let point = |(z, y, x): (usize, usize, usize)| grid.point([x as f64, y as f64, z as f64]);
        let inside = Array3::from_shape_fn(shape, |at| anatomy.in_lesion(point(at)));
        let raw: Vec<f64> =
            grains.iter().zip(&inside).filter(|(_, inside)| **inside).map(|(v, _)| *v).collect();
        let mut standard = standardised(&raw).into_iter();

        let other = patient.centre != "A";
        let Shift { gain, offset, noise } =
            if other { scan.shift } else { Shift { gain: 1.0, offset: 0.0, noise: 1.0 } };
        let mut random = SplitMix::of(settings.seed, index, SCANNER + number);
        let noise = 8.0 * noise * libm::exp(scan.spread.noise * random.normal());
        let enhancement = scan.spread.enhancement * random.normal();
        let (parenchyma, vessel) = match phase {
            Phase::Arterial => (72.0, 280.0),
            Phase::Portal => (108.0, 150.0),
        };
        let mut voxels = Array3::zeros(shape);
        for (at, voxel) in voxels.indexed_iter_mut() {
            let body = if inside[at] {
                look.mean + enhancement + look.deviation * standard.next().unwrap_or(0.0)
            } else if anatomy.depth(point(at)) <= 0.0 {
                parenchyma + enhancement + 7.0 * tissue[at]
            } else {
                around(point(at), &anatomy.liver, vessel) + 8.0 * tissue[at]
            };
            let hu = gain * body + offset + noise * scanner[at];
            *voxel = hu.round().clamp(-1024.0, 3071.0) as i16;
        }
        Volume::new(voxels, grid)
    }

    /// The outline of the whole liver by a reader, label 1.
    ///
    /// # Errors
    /// When size or spacing of the settings make no grid.
    ///
    /// # Panics
    /// Where there is no patient of this number.
    pub fn mask(&self, index: usize, time: TimePoint, reader: Reader) -> Result<Mask, VolumeError> {
        let settings = self.settings();
        let anatomy = Anatomy::of(self, index, time);
        let grid = self.grid()?;
        let shape = grid.shape();
        let off = match reader {
            Reader::First => 0.0,
            Reader::FirstAgain => settings.scan.disagreement[0],
            Reader::Second => settings.scan.disagreement[1],
        };
        let seed = SplitMix::of(settings.seed, index, OUTLINE + 4 * time as u64 + reader as u64).next();
        let wander = smooth_noise(shape, reach(4.0, settings.scan.spacing), seed);
        let region = Array3::from_shape_fn(shape, |(z, y, x)| {
            let point = grid.point([x as f64, y as f64, z as f64]);
            anatomy.depth(point) <= off * wander[(z, y, x)]
        });
        Ok(Mask::from_region(&Volume::new(region, grid)?))
    }

    /// The grid of all scans, with the middle of the liver at the origin.
    fn grid(&self) -> Result<Geometry, VolumeError> {
        let ScanSettings { size, spacing, .. } = self.settings().scan;
        let origin = std::array::from_fn(|a| -0.5 * (size[a].max(1) - 1) as f64 * spacing[a]);
        Ok(Geometry::new(size, spacing, origin, Geometry::AXIAL)?)
    }
}

/// What surrounds the liver: fat, and a vessel behind it.
fn around(point: [f64; 3], liver: &[f64; 3], vessel: f64) -> f64 {
    let (u, v) = (point[0] - 0.55 * liver[0], point[1] - 0.95 * liver[1]);
    if u * u + v * v <= 0.03 * liver[0] * liver[0] { vessel } else { -90.0 }
}

fn norm(v: [f64; 3]) -> f64 {
    (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt()
}

//! A filter with its parameters, lengths in mm, ready for an image of any spacing.

use std::fmt;

use ndarray::Array3;
use radiomics_imaging::IndexBox;
use rustfft::num_complex::Complex;

use crate::{
    error::Error,
    filter::{
        ibsi::{
            Boundary, Cascade, Mode, Pooling,
            edges::{self, Edges},
            fourier::{self, Frequency, Radial},
            gabor::{self, Gabor, Plane},
            gaussian, laws, mean,
            riesz::{self, Riesz},
            wavelet,
        },
        mother::Mother,
    },
};

/// Which filter, where it looks, and what lies beyond the border of the image.
///
/// ```
/// use radiomics_core::filter::ibsi::{Boundary, Filter, Kind, Mode};
/// let filter = Filter { kind: Kind::Mean { support: 3, mode: Mode::Volume }, boundary: Boundary::Mirror };
/// let image = ndarray::Array3::from_elem([4, 4, 4], 7.0);
/// assert!(filter.apply(&image, [1.0; 3])?.iter().all(|x| (x - 7.0_f64).abs() < 1e-12));
/// assert_eq!(filter.to_string(), "mean_3_3d");
/// # Ok::<(), radiomics_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// The filter and its parameters.
    pub kind: Kind,
    /// Values beyond the border.
    pub boundary: Boundary,
}

/// The filters of IBSI 2; lengths called `mm` are divided by the spacing of the image along each axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// The image as it is.
    Identity,
    /// [`mean::mean`].
    Mean {
        /// Voxels along each axis, an odd number.
        support: usize,
        /// Within slices or in space.
        mode: Mode,
    },
    /// [`gaussian::gaussian`].
    Gaussian {
        /// Standard deviation, mm.
        sigma_mm: f64,
        /// Where the kernel ends, in standard deviations.
        cutoff: f64,
        /// Within slices or in space.
        mode: Mode,
    },
    /// [`gaussian::laplacian_of_gaussian`], of one width or pooled over several.
    Log {
        /// Standard deviations, mm.
        sigmas_mm: Vec<f64>,
        /// How the answers of several widths become one.
        pooling: Pooling,
        /// Where the kernel ends, in standard deviations.
        cutoff: f64,
        /// Within slices or in space.
        mode: Mode,
    },
    /// [`edges::laplacian`]. Not in IBSI.
    Laplacian {
        /// Points of the stencil: 5 or 9 within slices, 7, 15, 19, 21 or 27 in space.
        stencil: usize,
    },
    /// [`edges::edges`]. Not in IBSI.
    Edges {
        /// Prewitt's or Sobel's.
        operator: Edges,
        /// Within slices or in space.
        mode: Mode,
    },
    /// [`laws::laws`], perhaps followed by [`laws::energy`].
    Laws {
        /// A kernel for each axis, x first, such as `L5E5S5`; two letters filter within slices.
        kernels: String,
        /// Over all right-angle rotations, if any.
        rotations: Option<Pooling>,
        /// How far the box of the texture energy reaches, voxels.
        energy: Option<usize>,
    },
    /// [`gabor::gabor`] over angles and planes.
    Gabor {
        /// Standard deviation along the wave, mm.
        sigma_mm: f64,
        /// Wavelength, mm.
        lambda_mm: f64,
        /// Spatial aspect ratio.
        gamma: f64,
        /// Angles, degrees.
        thetas: Vec<f64>,
        /// How the angles, and the planes, become one answer.
        pooling: Pooling,
        /// The planes across z, y and x instead of the slices across z.
        orthogonal: bool,
    },
    /// [`wavelet::wavelet`].
    Wavelet {
        /// PyWavelets' name of the mother wavelet.
        family: String,
        /// High-pass for each axis, x first; two axes filter within slices.
        band: Vec<bool>,
        /// Level, 1 or more.
        level: u32,
        /// Over all right-angle rotations, if any.
        rotations: Option<Pooling>,
    },
    /// A [wavelet by the length of the frequency](Radial::band), perhaps with a [Riesz transform](fourier::riesz).
    Radial {
        /// Simoncelli's or Shannon's.
        wavelet: Radial,
        /// Level, 1 or more.
        level: u32,
        /// Within slices or in space.
        mode: Mode,
        /// Order and axes, if any.
        riesz: Option<Riesz>,
        /// Voxels by which the image is lengthened where it is not periodic.
        padding: usize,
    },
    /// A [Riesz transform](fourier::riesz) of [`fourier::laplacian_of_gaussian`].
    RieszLog {
        /// Standard deviation, mm.
        sigma_mm: f64,
        /// Order and axes.
        riesz: Riesz,
        /// Within slices or in space.
        mode: Mode,
        /// Voxels by which the image is lengthened where it is not periodic.
        padding: usize,
    },
}

impl Filter {
    /// The answer to an image, `[z, y, x]`, of this spacing (mm along x, y, z).
    ///
    /// # Errors
    /// [`Error::FilterWindow`] for a filter that reaches absurdly far; [`Error::UnknownName`] for kernels and
    /// wavelets that do not exist. Parameter files are checked for the latter when they are read.
    pub fn apply(&self, image: &Array3<f64>, spacing: [f64; 3]) -> Result<Array3<f64>, Error> {
        self.apply_in(&mut Cascade::new(image, spacing))
    }

    /// Whether it is one series of passes along the axes.
    pub(super) fn is_straight(&self) -> bool {
        matches!(self.kind, Kind::Laws { rotations: None, .. } | Kind::Wavelet { rotations: None, .. })
    }

    /// The answer to the image of a cascade, which may know the first passes.
    pub(super) fn apply_in(&self, cascade: &mut Cascade) -> Result<Array3<f64>, Error> {
        let (image, spacing) = (cascade.image(), cascade.spacing());
        let (nz, ny, nx) = image.dim();
        self.check([nx, ny, nz], spacing)?;
        let boundary = self.boundary;
        let voxels = |mm: f64| spacing.map(|spacing| mm / spacing);
        Ok(match &self.kind {
            Kind::Identity => image.clone(),
            &Kind::Mean { support, mode } => mean::mean(image, support, mode, boundary),
            &Kind::Gaussian { sigma_mm, cutoff, mode } => {
                gaussian::gaussian(image, voxels(sigma_mm), cutoff, mode, boundary)
            }
            Kind::Log { sigmas_mm, pooling, cutoff, mode } => {
                let answer =
                    |mm: f64| gaussian::laplacian_of_gaussian(image, voxels(mm), *cutoff, *mode, boundary);
                let Some((&first, others)) = sigmas_mm.split_first() else { return Ok(image.clone()) };
                let mut pooled = answer(first);
                for &mm in others {
                    pooled.zip_mut_with(&answer(mm), |pooled, x| *pooled = pooling.join(*pooled, *x));
                }
                pooled / pooling.divisor(sigmas_mm.len())
            }
            &Kind::Laplacian { stencil } => {
                let unknown = || Error::UnknownName { what: "stencil", name: stencil.to_string() };
                edges::laplacian(image, stencil, boundary).ok_or_else(unknown)?
            }
            &Kind::Edges { operator, mode } => edges::edges(image, operator, mode, boundary),
            Kind::Laws { kernels, rotations, energy } => {
                let unknown = || Error::UnknownName { what: "kernels", name: kernels.clone() };
                let kernels = laws::kernels(kernels).ok_or_else(unknown)?;
                let answer = cascade.separable(&laws::single(&kernels), *rotations, boundary);
                let mode = Mode::of_axes(kernels.len());
                match energy {
                    Some(delta) => laws::energy(&answer, *delta, mode, boundary),
                    None => answer,
                }
            }
            Kind::Gabor { sigma_mm, lambda_mm, gamma, thetas, pooling, orthogonal } => {
                let wave = |theta: f64| Gabor {
                    sigma: *sigma_mm,
                    lambda: *lambda_mm,
                    gamma: *gamma,
                    theta: theta.to_radians(),
                };
                let waves: Vec<Gabor> = thetas.iter().map(|&theta| wave(theta)).collect();
                let planes = if *orthogonal { &Plane::ALL[..] } else { &Plane::ALL[..1] };
                gabor::gabor(image, spacing, &waves, *pooling, planes, boundary)
            }
            Kind::Wavelet { family, band, level, rotations } => {
                let unknown = || Error::UnknownName { what: "wavelet", name: family.clone() };
                let mother = Mother::named(family).ok_or_else(unknown)?;
                cascade.separable(&wavelet::passes(&mother, band, *level), *rotations, boundary)
            }
            &Kind::Radial { wavelet, level, mode, riesz, padding } => {
                let band = wavelet.band(level, mode);
                match riesz {
                    None => fourier::filter(image, mode, padding, boundary, &band),
                    Some(riesz) => self.riesz(image, spacing, riesz, mode, padding, &band),
                }
            }
            &Kind::RieszLog { sigma_mm, riesz, mode, padding } => {
                let log = fourier::laplacian_of_gaussian(voxels(sigma_mm), mode);
                self.riesz(image, spacing, riesz, mode, padding, &log)
            }
        })
    }

    /// The part of an image of `size` voxels that the answers on a region depend on; sizes and `spacing` are along
    /// x, y, z.
    ///
    /// What lies outside of it may be cut off: the filter gives the same answers on the part alone. Where the border of
    /// the image is nearer than the filter looks, it stays the border: a mirrored voxel is no further from it than the one
    /// it stands for. A periodic image goes on at its other end there, so along such an axis all of it is needed.
    ///
    /// ```
    /// use radiomics_core::filter::ibsi::{Boundary, Filter, Kind, Mode};
    /// use radiomics_imaging::IndexBox;
    /// let region = IndexBox { start: [1, 40, 7], size: [3, 3, 3] };
    /// let part = |boundary| {
    ///     let filter = Filter { kind: Kind::Mean { support: 5, mode: Mode::Slices }, boundary };
    ///     filter.part(region, [90; 3], [1.0; 3])
    /// };
    /// assert_eq!(part(Boundary::Mirror), IndexBox { start: [0, 38, 7], size: [6, 7, 3] });
    /// assert_eq!(part(Boundary::Periodic), IndexBox { start: [0, 38, 7], size: [90, 7, 3] });
    /// ```
    pub fn part(&self, region: IndexBox, size: [usize; 3], spacing: [f64; 3]) -> IndexBox {
        let whole = IndexBox { start: [0; 3], size };
        let Some(reach) = self.reach(spacing) else { return whole };
        let mut part = region.grown(reach, size);
        for axis in 0..3 {
            let crossed = region.start[axis] < reach[axis] || region.end()[axis] + reach[axis] > size[axis];
            if self.boundary == Boundary::Periodic && crossed {
                (part.start[axis], part.size[axis]) = (0, size[axis]);
            }
        }
        part
    }

    /// How far the answer at a voxel looks, in voxels along x, y, z; `None` where it looks at the whole image.
    fn reach(&self, spacing: [f64; 3]) -> Option<[usize; 3]> {
        let along =
            |mode: Mode, reach: [usize; 3]| [reach[0], reach[1], if mode.axes() == 3 { reach[2] } else { 0 }];
        let voxels = |mm: f64| spacing.map(|spacing| (mm / spacing).ceil() as usize + 1);
        Some(match &self.kind {
            Kind::Identity => [0; 3],
            Kind::Mean { support, mode } => along(*mode, [support / 2; 3]),
            Kind::Gaussian { sigma_mm, cutoff, mode } => along(*mode, voxels(sigma_mm * cutoff)),
            Kind::Log { sigmas_mm, cutoff, mode, .. } => along(*mode, voxels(widest(sigmas_mm) * cutoff)),
            Kind::Laplacian { stencil } => along(edges::mode(*stencil)?, [1; 3]),
            Kind::Edges { mode, .. } => along(*mode, [1; 3]),
            Kind::Laws { kernels, energy, .. } => {
                let kernels = laws::kernels(kernels)?;
                let longest = kernels.iter().map(Vec::len).max()?;
                along(Mode::of_axes(kernels.len()), [longest / 2 + energy.unwrap_or(0); 3])
            }
            Kind::Gabor { sigma_mm, gamma, orthogonal, .. } => {
                let mode = if *orthogonal { Mode::Volume } else { Mode::Slices };
                along(mode, voxels(gabor::reach(*sigma_mm, *gamma)))
            }
            Kind::Wavelet { family, band, level, .. } => {
                let reach = wavelet::reach(&Mother::named(family)?, *level);
                along(Mode::of_axes(band.len()), [reach; 3])
            }
            Kind::Radial { .. } | Kind::RieszLog { .. } => return None,
        })
    }

    /// A Riesz transform of a band.
    fn riesz(
        &self,
        image: &Array3<f64>,
        spacing: [f64; 3],
        Riesz { order, align_mm }: Riesz,
        mode: Mode,
        padding: usize,
        band: &(impl Fn(Frequency) -> Complex<f64> + Sync),
    ) -> Array3<f64> {
        match align_mm {
            None => {
                let riesz = fourier::riesz(order);
                let both = |frequency: Frequency| band(frequency) * riesz(frequency);
                fourier::filter(image, mode, padding, self.boundary, &both)
            }
            Some(mm) => {
                let align = spacing.map(|spacing| mm / spacing);
                riesz::aligned(image, mode, order, align, padding, self.boundary, band)
            }
        }
    }

    /// Refuses what memory or patience would not hold.
    fn check(&self, size: [usize; 3], spacing: [f64; 3]) -> Result<(), Error> {
        /// Voxels that a kernel may reach to each side.
        const FURTHEST: f64 = 4096.0;
        /// Values of a transformed slice or volume.
        const SLICE: f64 = (1_u64 << 26) as f64;
        const VOLUME: f64 = (1_u64 << 30) as f64;
        let reach = match &self.kind {
            Kind::Gaussian { sigma_mm, cutoff, .. } => spacing.map(|spacing| sigma_mm * cutoff / spacing),
            Kind::Log { sigmas_mm, cutoff, .. } => {
                spacing.map(|spacing| widest(sigmas_mm) * cutoff / spacing)
            }
            Kind::Gabor { sigma_mm, gamma, .. } => {
                spacing.map(|spacing| gabor::reach(*sigma_mm, *gamma) / spacing)
            }
            Kind::Radial { padding, .. } | Kind::RieszLog { padding, .. } => [*padding as f64; 3],
            _ => return Ok(()),
        };
        // The window of a structure tensor.
        let align = match self.kind {
            Kind::Radial { riesz: Some(riesz), .. } | Kind::RieszLog { riesz, .. } => riesz.align_mm,
            _ => None,
        };
        let window = spacing.map(|spacing| riesz::CUTOFF * align.unwrap_or(0.0) / spacing);
        let long: [f64; 3] = std::array::from_fn(|a| size[a] as f64 + 2.0 * reach[a]);
        let [x, y, z] = long;
        let fits = match &self.kind {
            Kind::Gabor { orthogonal: true, .. } => (x * y).max(x * z).max(y * z) <= SLICE,
            Kind::Gabor { .. } => x * y <= SLICE,
            Kind::Radial { mode: Mode::Slices, .. } | Kind::RieszLog { mode: Mode::Slices, .. } => {
                x * y * size[2] as f64 <= VOLUME
            }
            Kind::Radial { .. } | Kind::RieszLog { .. } => x * y * z <= VOLUME,
            _ => reach.iter().all(|&reach| reach <= FURTHEST),
        };
        // Written so that NaN fails.
        if fits && window.iter().all(|&reach| reach <= FURTHEST) {
            return Ok(());
        }
        Err(Error::FilterWindow { filter: self.to_string(), size: long.map(|n| n as usize) })
    }
}

fn widest(sigmas_mm: &[f64]) -> f64 {
    sigmas_mm.iter().copied().fold(0.0, f64::max)
}

/// A name for the response map, made of letters, digits, points, `-` and `_`.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rotated = |rotations: &Option<Pooling>| {
            rotations.map_or(String::new(), |pooling| format!("_{}", pooling.name()))
        };
        let order = |riesz: &Riesz| {
            let aligned = riesz.align_mm.map_or(String::new(), |mm| format!("_aligned{mm}mm"));
            riesz.order.map(|l| l.to_string()).concat() + &aligned
        };
        match &self.kind {
            Kind::Identity => f.write_str("original"),
            Kind::Mean { support, mode } => write!(f, "mean_{support}_{mode}"),
            Kind::Gaussian { sigma_mm, mode, .. } => write!(f, "gaussian_{sigma_mm}mm_{mode}"),
            Kind::Log { sigmas_mm, pooling, mode, .. } => {
                f.write_str("log")?;
                sigmas_mm.iter().try_for_each(|mm| write!(f, "_{mm}mm"))?;
                match sigmas_mm.len() {
                    1 => write!(f, "_{mode}"),
                    _ => write!(f, "_{}_{mode}", pooling.name()),
                }
            }
            Kind::Laplacian { stencil } => write!(f, "laplacian_{stencil}"),
            Kind::Edges { operator, mode } => write!(f, "{}_{mode}", operator.name()),
            Kind::Laws { kernels, rotations, energy } => {
                write!(f, "laws_{kernels}{}", rotated(rotations))?;
                energy.map_or(Ok(()), |delta| write!(f, "_energy{delta}"))
            }
            Kind::Gabor { sigma_mm, lambda_mm, gamma, thetas, pooling, orthogonal } => {
                write!(f, "gabor_{sigma_mm}mm_{lambda_mm}mm_{gamma}")?;
                match thetas[..] {
                    [theta] => write!(f, "_{theta}deg")?,
                    _ => write!(f, "_{}angles_{}", thetas.len(), pooling.name())?,
                }
                f.write_str(if *orthogonal { "_orthogonal" } else { "" })
            }
            Kind::Wavelet { family, band, level, rotations } => {
                let band: String = band.iter().map(|&high| if high { 'H' } else { 'L' }).collect();
                write!(f, "wavelet_{family}_{band}_{level}{}", rotated(rotations))
            }
            Kind::Radial { wavelet, level, mode, riesz: None, .. } => {
                write!(f, "{}_{level}_{mode}", wavelet.name())
            }
            Kind::Radial { wavelet, level, mode, riesz: Some(riesz), .. } => {
                write!(f, "riesz_{}_{level}_{}_{mode}", wavelet.name(), order(riesz))
            }
            Kind::RieszLog { sigma_mm, riesz, mode, .. } => {
                write!(f, "riesz_log_{sigma_mm}mm_{}_{mode}", order(riesz))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ibsi::inner;

    fn kinds() -> Vec<Kind> {
        let rotations = [None, Some(Pooling::Mean), Some(Pooling::Max), Some(Pooling::Sum)];
        let mut kinds = vec![Kind::Identity];
        kinds.extend([5, 9, 7, 15, 19, 21, 27].map(|stencil| Kind::Laplacian { stencil }));
        for mode in [Mode::Slices, Mode::Volume] {
            kinds.push(Kind::Mean { support: 5, mode });
            kinds.push(Kind::Gaussian { sigma_mm: 1.5, cutoff: 3.0, mode });
            kinds.extend([Edges::Prewitt, Edges::Sobel].map(|operator| Kind::Edges { operator, mode }));
            for sigmas_mm in [vec![1.1], vec![0.7, 1.1]] {
                kinds.push(Kind::Log { sigmas_mm, pooling: Pooling::Min, cutoff: 4.0, mode });
            }
            let wavelet = Radial::Simoncelli;
            kinds.push(Kind::Radial { wavelet, level: 1, mode, riesz: None, padding: 8 });
        }
        for rotations in rotations {
            kinds.push(Kind::Laws { kernels: "L5E3S5".into(), rotations, energy: Some(3) });
            kinds.push(Kind::Laws { kernels: "E5W5".into(), rotations, energy: None });
            for level in 1..=3 {
                let (family, band) = ("coif1".to_owned(), vec![false, true, true]);
                kinds.push(Kind::Wavelet { family, band, level, rotations });
            }
        }
        for orthogonal in [false, true] {
            kinds.push(Kind::Gabor {
                sigma_mm: 0.6,
                lambda_mm: 2.0,
                gamma: 0.8,
                thetas: vec![0.0, 50.0],
                pooling: Pooling::Max,
                orthogonal,
            });
        }
        kinds
    }

    #[test]
    fn nothing_outside_of_the_part_matters() {
        let size = [34, 29, 31];
        let mut random = crate::features::testing::Random(5);
        let image = Array3::from_shape_fn([size[2], size[1], size[0]], |_| random.below(1000) as f64);
        let (whole, spacing) = (IndexBox { start: [0; 3], size }, [1.0, 0.8, 1.3]);
        let boxes = [[2, 0, 14], [30, 27, 28], [15, 14, 0], [16, 14, 15]]
            .map(|start| IndexBox { start, size: [3, 2, 3] });
        let boundaries = [
            Boundary::Constant(0.0),
            Boundary::Constant(70.0),
            Boundary::Nearest,
            Boundary::Mirror,
            Boundary::Periodic,
        ];
        for kind in kinds() {
            for boundary in boundaries {
                let filter = Filter { kind: kind.clone(), boundary };
                let expected = filter.apply(&image, spacing).unwrap();
                let scale = expected.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
                for region in boxes {
                    let part = filter.part(region, size, spacing);
                    let ours = filter.apply(&image.slice(inner(part, whole)).to_owned(), spacing).unwrap();
                    let pairs = ours.slice(inner(region, part)).to_owned();
                    for (a, b) in pairs.iter().zip(expected.slice(inner(region, whole))) {
                        assert!((a - b).abs() <= 1e-12 * scale, "{filter} {boundary:?} {region:?}: {a} {b}");
                    }
                }
            }
        }
    }
}

//! The images that an image type stands for, each evaluated on the region's box only.

use ndarray::{Array3, CowArray, Ix3};
use radiomics_imaging::IndexBox;
use rayon::prelude::*;

use crate::{
    config::{ImageType, Settings, Sigma},
    error::Error,
    filter::{
        gradient::{self, gradient},
        intensity::Intensity,
        lbp2d, lbp3d, log,
        mother::Mother,
        wavelet,
    },
    resample::Between,
    working::WorkingImage,
};

/// One filtered image.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived {
    /// The first part of its columns, such as `wavelet-LLH`.
    pub name: String,
    /// On the box that was asked for, `[z, y, x]`.
    pub values: Array3<f64>,
}

/// The images of a type in PyRadiomics' order, on a box, handed out in groups, so that their number needs no memory:
/// `at_a_time` widths of LoG or bands of a wavelet. Returns what was left out and why. `inside` says which voxels of the box
/// matter to patterns that are made of those alone; `known_largest` is the largest absolute intensity of the image, where
/// that is known. `take` gives back the arrays that it does not keep: the next images are written there.
#[allow(clippy::too_many_arguments)] // what is wanted, of what, and what is done with it
pub(crate) fn derive_in_groups<E: From<Error>>(
    image_type: ImageType,
    image: &WorkingImage,
    bounds: IndexBox,
    inside: &Array3<bool>,
    known_largest: Option<f64>,
    settings: &Settings,
    at_a_time: usize,
    mut take: impl FnMut(Vec<Derived>) -> Result<Vec<Array3<f64>>, E>,
) -> Result<Vec<String>, E> {
    let one = |name: &str, values| vec![Derived { name: name.into(), values }];
    let map = |name: &str, kind: Intensity| {
        let function = kind.of(known_largest.map_or_else(|| largest(image), Ok)?);
        Ok::<_, Error>(one(name, image.window(bounds)?.into_voxels().mapv(function)))
    };
    let images = match image_type {
        ImageType::LoG => return laplacians(image, bounds, settings, at_a_time, take),
        ImageType::Wavelet => {
            wavelets(image, bounds, settings, at_a_time, take)?;
            return Ok(Vec::new());
        }
        ImageType::Original => one("original", image.window(bounds)?.into_voxels()),
        ImageType::Square => map("square", Intensity::Square)?,
        ImageType::SquareRoot => map("squareroot", Intensity::SquareRoot)?,
        ImageType::Logarithm => map("logarithm", Intensity::Logarithm)?,
        ImageType::Exponential => map("exponential", Intensity::Exponential)?,
        ImageType::Gradient => {
            let (window, part) = around(image, bounds, gradient::REACH.after)?;
            let spacing = settings.gradient_use_spacing.then_some(image.geometry().spacing());
            one("gradient", cut(&gradient(&window, spacing), &part))
        }
        ImageType::LBP2D => one("lbp-2D", patterns_2d(image, bounds, settings)?),
        ImageType::LBP3D => patterns_3d(image, bounds, inside, settings)?,
    };
    take(images)?;
    Ok(Vec::new())
}

type Part = [std::ops::Range<usize>; 3];

/// The image around a box as far as a filter reaches, and where the box lies in it (x, y, z).
fn around(image: &WorkingImage, bounds: IndexBox, reach: [usize; 3]) -> Result<(Array3<f64>, Part), Error> {
    let grown = bounds.grown(reach, image.geometry().size());
    let part = std::array::from_fn(|a| {
        let start = bounds.start[a] - grown.start[a];
        start..start + bounds.size[a]
    });
    Ok((image.window(grown)?.into_voxels(), part))
}

fn cut(values: &Array3<f64>, part: &Part) -> Array3<f64> {
    values.slice(ndarray::s![part[2].clone(), part[1].clone(), part[0].clone()]).to_owned()
}

/// The largest absolute value of the whole image: one pass, slice by slice.
fn largest(image: &WorkingImage) -> Result<f64, Error> {
    let [nx, ny, nz] = image.geometry().size();
    (0..nz)
        .into_par_iter()
        .map(|z| {
            let slice = image.window(IndexBox { start: [0, 0, z], size: [nx, ny, 1] })?;
            Ok(slice.voxels().iter().fold(0.0_f64, |largest, x| largest.max(x.abs())))
        })
        .try_reduce(|| 0.0, |a, b| Ok(a.max(b)))
}

fn laplacians<E: From<Error>>(
    image: &WorkingImage,
    bounds: IndexBox,
    settings: &Settings,
    at_a_time: usize,
    mut take: impl FnMut(Vec<Derived>) -> Result<Vec<Array3<f64>>, E>,
) -> Result<Vec<String>, E> {
    let (spacing, size) = (image.geometry().spacing(), image.geometry().size());
    let sigmas = settings.sigma.as_deref().unwrap_or_default();
    let (fitting, small): (Vec<Sigma>, Vec<Sigma>) =
        sigmas.iter().partition(|s| log::fits(s.mm, size, spacing));
    let left_out = |sigma: Sigma| {
        format!(
            "LoG with sigma {sigma} mm was left out: the image of {size:?} voxels of {spacing:?} mm is too small; \
             it needs 4 voxels and sigma / spacing + 1 along each axis"
        )
    };
    let left_out = small.into_iter().map(left_out).collect();
    let Some(widest) = fitting.iter().map(|sigma| sigma.mm).reduce(f64::max) else { return Ok(left_out) };
    // As far as the widest reaches; in single precision where that holds all of it, for filters wait for memory.
    let (window, part) = match image.evaluated() {
        Some(whole) => (CowArray::from(whole), std::array::from_fn(|a| bounds.start[a]..bounds.end()[a])),
        None => {
            let (window, part) = around(image, bounds, log::reach(widest, spacing))?;
            (CowArray::from(window), part)
        }
    };
    let window = Window::from(window);
    let shape = [2, 1, 0].map(|a: usize| part[a].len());
    let response = |(sigma, (mut values, room)): (&Sigma, (Array3<f64>, &mut log::Room))| {
        let name = format!("log-sigma-{}-mm-3D", sigma.to_string().replace('.', "-"));
        let (mm, part) = (sigma.mm, part.clone());
        match &window {
            Window::Single(window) => log::fill(&mut values, room, window.view(), spacing, mm, part),
            Window::Double(window) => log::fill(&mut values, room, window.view(), spacing, mm, part),
        }
        Derived { name, values }
    };
    let (mut spare, mut rooms) = (Vec::new(), Vec::new());
    for group in fitting.chunks(at_a_time.max(1)) {
        spare.resize_with(group.len(), || Array3::zeros(shape));
        rooms.resize_with(group.len(), log::Room::default);
        let arrays = spare.into_par_iter().zip(&mut rooms);
        spare = take(group.par_iter().zip(arrays).map(response).collect())?;
    }
    Ok(left_out)
}

/// What a filter looks at, in the number type that is enough for it.
enum Window<'a> {
    Single(Array3<f32>),
    Double(CowArray<'a, f64, Ix3>),
}

impl<'a> From<CowArray<'a, f64, Ix3>> for Window<'a> {
    fn from(window: CowArray<'a, f64, Ix3>) -> Self {
        let single = window.mapv(|x| x as f32);
        match single.iter().zip(&window).all(|(&single, &double)| f64::from(single) == double) {
            true => Self::Single(single),
            false => Self::Double(window),
        }
    }
}

/// Voxels that a filter may look at: 1 GB.
const MOST_IN_WINDOW: usize = 1 << 27;

fn wavelets<E: From<Error>>(
    image: &WorkingImage,
    bounds: IndexBox,
    settings: &Settings,
    at_a_time: usize,
    mut take: impl FnMut(Vec<Derived>) -> Result<Vec<Array3<f64>>, E>,
) -> Result<(), E> {
    let Some(mother) = Mother::named(&settings.wavelet) else {
        return Err(Error::UnknownName { what: "wavelet", name: settings.wavelet.clone() }.into());
    };
    let mut axes = [true; 3];
    if settings.force_2d {
        axes[2 - usize::from(settings.force_2d_dimension.min(2))] = false;
    }
    let (start, levels) = (settings.start_level, settings.level);
    let reach = wavelet::reach(&mother, start + levels, axes);
    let size = image.geometry().size();
    let window: [usize; 3] = std::array::from_fn(|a| reach.before[a] + bounds.size[a] + reach.after[a]);
    if window.iter().product::<usize>() > MOST_IN_WINDOW {
        let filter = format!("wavelet {}", settings.wavelet);
        return Err(Error::FilterWindow { filter, size: window }.into());
    }
    // The voxels that each axis of the window takes from the periodic image.
    let sources: [Vec<usize>; 3] = std::array::from_fn(|a| {
        let first = bounds.start[a] as isize - reach.before[a] as isize;
        let count = reach.before[a] + bounds.size[a] + reach.after[a];
        (0..count as isize).map(|i| wavelet::wrapped(first + i, size[a])).collect()
    });
    let low: [usize; 3] = std::array::from_fn(|a| sources[a].iter().copied().min().unwrap_or(0));
    let high: [usize; 3] = std::array::from_fn(|a| sources[a].iter().copied().max().unwrap_or(0));
    let part = IndexBox { start: low, size: std::array::from_fn(|a| high[a] - low[a] + 1) };
    // What is there already is looked at where it stands.
    let voxels = match image.evaluated() {
        Some(whole) => {
            let [x, y, z] = [0, 1, 2].map(|a| low[a]..high[a] + 1);
            CowArray::from(whole.slice(ndarray::s![z, y, x]))
        }
        None => CowArray::from(image.window(part)?.into_voxels()),
    };
    let window = if (0..3).all(|a| sources[a].iter().copied().eq(low[a]..high[a] + 1)) {
        voxels
    } else {
        let [xs, ys, zs] = &sources;
        let mut window = Vec::with_capacity(xs.len() * ys.len() * zs.len());
        for (&z, &y) in zs.iter().flat_map(|z| ys.iter().map(move |y| (z, y))) {
            let row = voxels.slice(ndarray::s![z - low[2], y - low[1], ..]);
            match row.as_slice() {
                Some(row) => window.extend(xs.iter().map(|&x| row[x - low[0]])),
                None => window.extend(xs.iter().map(|&x| row[x - low[0]])),
            }
        }
        let window = Array3::from_shape_vec([zs.len(), ys.len(), xs.len()], window);
        CowArray::from(window.unwrap_or_default())
    };
    let named = |band: wavelet::Band| {
        let level = if band.level == 1 { String::new() } else { band.level.to_string() };
        Derived { name: format!("wavelet{level}-{}", band.name), values: band.values }
    };
    wavelet::in_groups(window.view(), &mother, axes, start..start + levels, at_a_time, |bands| {
        take(bands.into_iter().map(named).collect())
    })
}

fn patterns_2d(image: &WorkingImage, bounds: IndexBox, settings: &Settings) -> Result<Array3<f64>, Error> {
    let method = lbp2d::Method::named(&settings.lbp_2d_method)
        .ok_or_else(|| Error::UnknownName { what: "lbp2DMethod", name: settings.lbp_2d_method.clone() })?;
    let reach = settings.lbp_2d_radius.ceil() as usize + 1;
    let (window, part) = around(image, bounds, [reach; 3])?;
    let pattern = lbp2d::local_binary_pattern(
        &window,
        settings.force_2d_dimension,
        settings.lbp_2d_radius,
        settings.lbp_2d_samples,
        method,
    );
    let values = cut(&pattern, &part);
    // PyRadiomics writes the pattern into an image of the scan's own type, where no number becomes 0.
    let whole = |x: f64| if x.is_nan() { 0.0 } else { x.trunc() };
    Ok(if image.sample_type().is_float() { values } else { values.mapv(whole) })
}

fn patterns_3d(
    image: &WorkingImage,
    bounds: IndexBox,
    inside: &Array3<bool>,
    settings: &Settings,
) -> Result<Vec<Derived>, Error> {
    let sphere = lbp3d::Sphere::new(
        settings.lbp_3d_icosphere_radius,
        settings.lbp_3d_icosphere_subdivision,
        settings.lbp_3d_levels,
    );
    let reach = settings.lbp_3d_icosphere_radius.ceil() as usize + 2;
    let size = image.geometry().size();
    let spline = Between::new(image, bounds.grown([reach; 3], size))?;
    // SciPy's samples have the type of the image: rounded, and not below 0 where that has no sign.
    let integers = !image.sample_type().is_float();
    let lowest = if image.sample_type().name().starts_with('u') { 0.0 } else { f64::NEG_INFINITY };
    let sample = |at: [f64; 3]| {
        // From the box (z, y, x) to the image (x, y, z).
        let index: [f64; 3] = std::array::from_fn(|a| at[2 - a] + bounds.start[a] as f64);
        if (0..3).any(|a| index[a] < 0.0 || index[a] > (size[a] - 1) as f64) {
            return 0.0;
        }
        let value = spline.at(index);
        if integers { value.round().max(lowest) } else { value }
    };
    let voxels = image.window(bounds)?.into_voxels();
    let images = lbp3d::local_binary_pattern(&voxels, inside, &sphere, sample);
    let degrees = images.len() - 1;
    let named = |(number, values)| {
        let name = if number < degrees { format!("lbp-3D-m{}", number + 1) } else { "lbp-3D-k".into() };
        Derived { name, values }
    };
    Ok(images.into_iter().enumerate().map(named).collect())
}

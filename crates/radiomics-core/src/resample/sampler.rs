//! Values of an image between its voxels.

use std::ops::Range;

use ndarray::Array3;
use radiomics_imaging::{Geometry, Image, IndexBox, SampleType};
use rayon::prelude::*;

use super::{
    kernel::{self, Axis, Rule, Tap, rule, taps},
    positions::{Oblique, Positions},
    spline::{self, Stretch},
};
use crate::{config::Interpolator, error::Error, normalise::Scaling, vectorised::vectorised};

/// An image on a new grid, evaluated where it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Sampler {
    interpolator: Interpolator,
    places: Places,
    axes: [Axis; 3],
    /// The part of the image that the grid needs, `[z, y, x]`; for splines, its coefficients.
    values: Array3<f64>,
    /// Where it starts in the image (x, y, z).
    start: [usize; 3],
    sample_type: SampleType,
}

/// The voxels that take part in each value.
#[derive(Clone, Debug)]
enum Places {
    /// A list for each index of each axis.
    Axes([AxisTaps; 3]),
    /// Found for each voxel.
    Oblique(Box<Oblique>),
}

/// The taps of all positions along one axis.
#[derive(Clone, Debug, Default)]
struct AxisTaps {
    taps: Vec<Tap>,
    ends: Vec<usize>,
}

impl Sampler {
    /// Prepares an image for evaluation on `grid`. `scaling` is applied to its voxels before interpolation.
    /// Values keep the number type of the image; they are double precision where it is scaled.
    ///
    /// # Errors
    /// None but those of [`Image::crop_f64`], which cannot happen for a part of the image's own grid.
    pub fn new(
        image: &Image,
        scaling: Option<Scaling>,
        grid: &Geometry,
        interpolator: Interpolator,
    ) -> Result<Self, Error> {
        let (size, spacing) = (image.geometry().size(), image.geometry().spacing());
        let axes: [Axis; 3] = std::array::from_fn(|a| Axis { length: size[a], spacing: spacing[a] });
        let positions = Positions::of(grid, image.geometry());
        let (low, high) = positions.range(IndexBox::whole(grid));
        let (mut places, needed) = match positions {
            Positions::Axes(positions) => {
                let lists: [AxisTaps; 3] =
                    std::array::from_fn(|a| AxisTaps::new(interpolator, &positions[a], axes[a]));
                let needed = std::array::from_fn(|a| lists[a].range());
                (Places::Axes(lists), needed)
            }
            Positions::Oblique(oblique) => {
                let reach = kernel::reach(interpolator) as f64;
                let needed = std::array::from_fn(|a| {
                    let limit = size[a] as f64;
                    let first = (low[a] - reach).floor().clamp(0.0, limit);
                    first as usize..(high[a] + reach + 1.0).ceil().clamp(first, limit) as usize
                });
                (Places::Oblique(oblique), needed)
            }
        };
        let start: [usize; 3] = std::array::from_fn(|a| needed[a].start);
        if let Places::Axes(lists) = &mut places {
            for (list, start) in lists.iter_mut().zip(start) {
                list.taps.iter_mut().for_each(|tap| tap.index -= start);
            }
        }
        let values = read(image, scaling, interpolator, needed)?;
        let sample_type = if scaling.is_some() { SampleType::F64 } else { image.sample_type() };
        Ok(Self { interpolator, places, axes, values, start, sample_type })
    }

    /// The number type of the values.
    pub fn sample_type(&self) -> SampleType {
        self.sample_type
    }

    /// The values of a part of the grid, `[z, y, x]`; 0 outside the image.
    pub fn window(&self, part: IndexBox) -> Array3<f64> {
        let [nx, ny, nz] = part.size;
        let mut out = Array3::zeros([nz, ny, nx]);
        let Some(voxels) = out.as_slice_mut().filter(|_| nx * ny > 0) else { return out };
        match &self.places {
            Places::Axes(axes) if self.interpolator == Interpolator::BSpline => {
                let separable = Separable::new(self, axes, part);
                voxels.par_chunks_mut(nx * ny).enumerate().for_each_init(Vec::new, |buffer, (z, plane)| {
                    separable.plane(part.start[2] + z, buffer, plane);
                });
            }
            Places::Axes([xs, ys, zs]) => {
                voxels.par_chunks_mut(nx).enumerate().for_each(|(row, values)| {
                    let (y, z) = (ys.at(part.start[1] + row % ny), zs.at(part.start[2] + row / ny));
                    for (i, value) in values.iter_mut().enumerate() {
                        *value = self.value([xs.at(part.start[0] + i), y, z]);
                    }
                });
            }
            Places::Oblique(oblique) => {
                voxels.par_chunks_mut(nx).enumerate().for_each(|(row, values)| {
                    let index = oblique.row(part.start[1] + row % ny, part.start[2] + row / ny);
                    let mut lists: [Vec<Tap>; 3] = Default::default();
                    for (x, value) in values.iter_mut().enumerate() {
                        let index = index(part.start[0] + x);
                        for (a, list) in lists.iter_mut().enumerate() {
                            list.clear();
                            taps(self.interpolator, index[a], self.axes[a], list);
                            list.iter_mut().for_each(|tap| tap.index -= self.start[a]);
                        }
                        *value = self.value([&lists[0], &lists[1], &lists[2]]);
                    }
                });
            }
        }
        out
    }

    fn value(&self, [xs, ys, zs]: [&[Tap]; 3]) -> f64 {
        if xs.is_empty() || ys.is_empty() || zs.is_empty() {
            return 0.0;
        }
        let (_, ny, nx) = self.values.dim();
        let values = self.values.as_slice().unwrap_or_default();
        let row = |y: &Tap, z: &Tap| &values[(z.index * ny + y.index) * nx..][..nx];
        let value = match rule(self.interpolator) {
            Rule::Sum => {
                let mut sum = 0.0;
                for z in zs {
                    for y in ys {
                        let row = row(y, z);
                        for x in xs {
                            sum += ((x.weight * y.weight) * z.weight) * row[x.index];
                        }
                    }
                }
                sum
            }
            Rule::Mean => {
                let (mut sum, mut total) = (0.0, 0.0);
                for z in zs {
                    for y in ys {
                        let row = row(y, z);
                        for x in xs {
                            let weight = (x.weight * y.weight) * z.weight;
                            sum += weight * row[x.index];
                            total += weight;
                        }
                    }
                }
                sum / total
            }
            Rule::Mode => {
                let mut found: Vec<(f64, f64)> = Vec::new();
                let (mut best, mut most) = (0.0, 0.0);
                for z in zs {
                    for y in ys {
                        let row = row(y, z);
                        for x in xs {
                            let (value, weight) = (row[x.index], (x.weight * y.weight) * z.weight);
                            let total = match found.iter_mut().find(|(known, _)| *known == value) {
                                Some((_, total)) => {
                                    *total += weight;
                                    *total
                                }
                                None => {
                                    found.push((value, weight));
                                    weight
                                }
                            };
                            if total > most {
                                (best, most) = (value, total);
                            }
                        }
                    }
                }
                best
            }
            Rule::Linear => linear(zs, |z| linear(ys, |y| linear(xs, |x| row(&ys[y], &zs[z])[xs[x].index]))),
        };
        stored(value, self.sample_type)
    }
}

/// Splines on a grid parallel to the image, axis by axis: 12 multiplications for a voxel instead of 128.
///
/// The order of additions is not ITK's, so the last digits differ. Values of integers and of single precision are
/// cut off or rounded afterwards: where the difference could be seen, the sum is taken in ITK's order instead. Values
/// in double precision are all taken so.
struct Separable<'a> {
    sampler: &'a Sampler,
    axes: &'a [AxisTaps; 3],
    part: IndexBox,
    /// Rows and columns of the coefficients that the part needs.
    rows: Range<usize>,
    columns: Range<usize>,
    /// More than rounding can make of any sum.
    rounding: f64,
    /// Whether any value can be told without ITK's order.
    stored: bool,
    /// Sums that the number type certainly holds.
    within: [f64; 2],
}

impl<'a> Separable<'a> {
    fn new(sampler: &'a Sampler, axes: &'a [AxisTaps; 3], part: IndexBox) -> Self {
        let range = |a: usize| {
            let taps = (part.start[a]..part.end()[a]).flat_map(|i| axes[a].at(i));
            let (low, high) =
                taps.fold((usize::MAX, 0), |(l, h), tap| (l.min(tap.index), h.max(tap.index + 1)));
            low.min(high)..high
        };
        // Each of 64 products and 64 additions may be off by half of the last digit of the largest sum; the
        // weights of a cubic spline add up to 1 and none is negative.
        let largest = sampler.values.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        let stored = sampler.sample_type != SampleType::F64;
        // Beyond 2⁵² there are no fractions to tell.
        let within = [-1e15, 1e15].map(|x| self::stored(x, sampler.sample_type));
        let within = [within[0] + 1.0, within[1] - 1.0];
        Self {
            within,
            sampler,
            axes,
            part,
            rows: range(1),
            columns: range(0),
            rounding: largest * 1e-13,
            stored,
        }
    }

    /// One plane of the part; `buffer` keeps its memory from plane to plane.
    fn plane(&self, z: usize, buffer: &mut Vec<f64>, out: &mut [f64]) {
        let Self { axes: [xs, ys, zs], part, rows, columns, .. } = self;
        let zs = zs.at(z);
        if !self.stored || zs.is_empty() || rows.is_empty() || columns.is_empty() {
            return self.exact(zs, out);
        }
        let (_, ny, nx) = self.sampler.values.dim();
        let values = self.sampler.values.as_slice().unwrap_or_default();
        let (width, height) = (columns.len(), rows.len());
        buffer.clear();
        buffer.resize(width * (height + 1), 0.0);
        let (plane, line) = buffer.split_at_mut(width * height);
        vectorised(
            #[inline(always)]
            || {
                for (row, sums) in rows.clone().zip(plane.chunks_exact_mut(width)) {
                    let start = row * nx + columns.start;
                    let from = |tap: &Tap| &values[tap.index * ny * nx + start..][..width];
                    weighted(zs, from, sums);
                }
            },
        );
        for (y, out) in (part.start[1]..).zip(out.chunks_exact_mut(part.size[0])) {
            let ys = ys.at(y);
            if ys.is_empty() {
                self.exact_row(zs, y, 0..out.len(), out);
                continue;
            }
            line.fill(0.0);
            vectorised(
                #[inline(always)]
                || weighted(ys, |tap: &Tap| &plane[(tap.index - rows.start) * width..][..width], line),
            );
            for i in 0..out.len() {
                let xs = xs.at(part.start[0] + i);
                let sum = xs.iter().fold(0.0, |sum, tap| sum + tap.weight * line[tap.index - columns.start]);
                match self.settled(sum) {
                    Some(value) => out[i] = value,
                    None => self.exact_row(zs, y, i..i + 1, out),
                }
            }
        }
    }

    /// The value as the image holds it, unless rounding could make it another one.
    #[inline(always)]
    fn settled(&self, sum: f64) -> Option<f64> {
        if self.sampler.sample_type == SampleType::F32 {
            let (low, high) = ((sum - self.rounding) as f32, (sum + self.rounding) as f32);
            return (low == high).then_some(f64::from(low));
        }
        let whole = (sum as i64) as f64;
        let rest = (sum - whole).abs();
        let [low, high] = self.within;
        (rest > self.rounding && rest < 1.0 - self.rounding && sum > low && sum < high).then_some(whole)
    }

    /// Values of a plane in ITK's order.
    fn exact(&self, zs: &[Tap], out: &mut [f64]) {
        let nx = self.part.size[0];
        for (y, out) in (self.part.start[1]..).zip(out.chunks_exact_mut(nx)) {
            self.exact_row(zs, y, 0..nx, out);
        }
    }

    fn exact_row(&self, zs: &[Tap], y: usize, voxels: Range<usize>, out: &mut [f64]) {
        let [xs, ys, _] = self.axes;
        for i in voxels {
            out[i] = self.sampler.value([xs.at(self.part.start[0] + i), ys.at(y), zs]);
        }
    }
}

/// Adds up weighted lines.
#[inline(always)]
fn weighted<'a>(taps: &[Tap], line: impl Fn(&Tap) -> &'a [f64], sums: &mut [f64]) {
    if let [a, b, c, d] = taps {
        let n = sums.len();
        let [x, y, z, w] = [a, b, c, d].map(|tap| &line(tap)[..n]);
        for i in 0..n {
            sums[i] = a.weight * x[i] + b.weight * y[i] + c.weight * z[i] + d.weight * w[i];
        }
    } else {
        for tap in taps {
            sums.iter_mut().zip(line(tap)).for_each(|(sum, x)| *sum += tap.weight * x);
        }
    }
}

impl AxisTaps {
    fn new(interpolator: Interpolator, positions: &[f64], axis: Axis) -> Self {
        let mut list = Self::default();
        for &x in positions {
            taps(interpolator, x, axis, &mut list.taps);
            list.ends.push(list.taps.len());
        }
        list
    }

    fn at(&self, i: usize) -> &[Tap] {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.taps[start..self.ends[i]]
    }

    /// The voxels that take part anywhere.
    fn range(&self) -> Range<usize> {
        let indices = || self.taps.iter().map(|tap| tap.index);
        indices().min().unwrap_or(0)..indices().max().map_or(0, |last| last + 1)
    }
}

/// Between two voxels, or the value of one.
fn linear(taps: &[Tap], value: impl Fn(usize) -> f64) -> f64 {
    let first = value(0);
    if taps.len() < 2 { first } else { first + (value(1) - first) * taps[0].weight }
}

/// The needed part of the image (x, y, z), or its coefficients.
fn read(
    image: &Image,
    scaling: Option<Scaling>,
    interpolator: Interpolator,
    needed: [Range<usize>; 3],
) -> Result<Array3<f64>, Error> {
    if needed.iter().any(Range::is_empty) {
        return Ok(Array3::zeros([0, 0, 0]));
    }
    let fetch = |[x, y, z]: &[Range<usize>; 3]| {
        let part = IndexBox { start: [x.start, y.start, z.start], size: [x.len(), y.len(), z.len()] };
        let mut values = image.crop_f64(part)?.into_voxels();
        if let Some(scaling) = scaling {
            values.mapv_inplace(|x| scaling.apply(x));
        }
        Ok(values)
    };
    if interpolator != Interpolator::BSpline {
        return fetch(&needed);
    }
    let size = image.geometry().size();
    let axes: [Stretch; 3] = std::array::from_fn(|a| Stretch::new(size[a], needed[a].clone()));
    spline::coefficients(&axes, |z| {
        let plane = fetch(&[axes[0].known.clone(), axes[1].known.clone(), z..z + 1])?;
        Ok(plane.index_axis_move(ndarray::Axis(0), 0))
    })
}

/// A value as an image of this type holds it.
///
/// ITK *cuts off* the digits after the point for integer types, towards zero: 99.7 becomes 99, −0.7 becomes 0.
fn stored(x: f64, sample_type: SampleType) -> f64 {
    let whole = |min: f64, max: f64| x.clamp(min, max).trunc();
    match sample_type {
        SampleType::U8 => whole(0.0, f64::from(u8::MAX)),
        SampleType::I8 => whole(f64::from(i8::MIN), f64::from(i8::MAX)),
        SampleType::U16 => whole(0.0, f64::from(u16::MAX)),
        SampleType::I16 => whole(f64::from(i16::MIN), f64::from(i16::MAX)),
        SampleType::U32 => whole(0.0, f64::from(u32::MAX)),
        SampleType::I32 => whole(f64::from(i32::MIN), f64::from(i32::MAX)),
        SampleType::U64 => whole(0.0, u64::MAX as f64),
        SampleType::I64 => whole(i64::MIN as f64, i64::MAX as f64),
        SampleType::F32 => f64::from(x as f32),
        SampleType::F64 => x,
    }
}

#[cfg(test)]
mod tests {
    use radiomics_imaging::{Sample, Volume};

    use super::*;

    fn scan<T: Sample>(value: impl Fn(f64) -> T) -> Image {
        let grid = Geometry::axial([6, 5, 3], [1.0, 2.0, 3.0]).unwrap();
        let voxels = Array3::from_shape_fn([3, 5, 6], |(z, y, x)| {
            value(((7 * x + 13 * y + 29 * z) % 31) as f64 * 10.0 - 100.0)
        });
        Volume::new(voxels, grid).unwrap().into()
    }

    /// The value at one continuous index.
    fn at(image: &Image, index: [f64; 3], interpolator: Interpolator) -> f64 {
        let point = image.geometry().point(index);
        let grid = Geometry::new([1; 3], [1.0; 3], point, Geometry::AXIAL).unwrap();
        let sampler = Sampler::new(image, None, &grid, interpolator).unwrap();
        sampler.window(IndexBox::whole(&grid))[[0, 0, 0]]
    }

    const PLACES: [[f64; 3]; 6] =
        [[0.0; 3], [1.5, 2.25, 0.75], [-0.4, 4.3, 2.4], [4.7, 0.5, 1.0], [2.0, 3.0, 1.2], [5.4, -0.5, 1.9]];

    /// SimpleITK 2.5.7, `ResampleImageFilter` on the same float64 image with one output voxel.
    const SIMPLEITK: [(Interpolator, [f64; 6]); 10] = [
        (Interpolator::NearestNeighbor, [-100.0, -30.0, 70.0, 50.0, 100.0, -100.0]),
        (Interpolator::Linear, [-100.0, -27.5, 70.0, 10.499999999999979, 96.0, -98.0]),
        (
            Interpolator::BSpline,
            [
                -100.00000000000009,
                -107.4769148041106,
                75.84431535885167,
                -19.591326469583066,
                94.08000000000003,
                -34.975436246582305,
            ],
        ),
        (
            Interpolator::Gaussian,
            [
                13.690239766295388,
                35.21294740761203,
                57.89115898284326,
                36.053364621750696,
                45.19795484838024,
                -21.1655884518425,
            ],
        ),
        (Interpolator::LabelGaussian, [-100.0, 100.0, 70.0, -80.0, 100.0, -100.0]),
        (
            Interpolator::HammingWindowedSinc,
            [
                -100.0,
                -117.32591615456968,
                72.01044811387683,
                -9.98110999433323,
                94.9469257734513,
                -145.900976693939,
            ],
        ),
        (
            Interpolator::CosineWindowedSinc,
            [
                -100.0,
                -123.80930237705668,
                71.80208959373886,
                -12.826762481049135,
                94.6559665322715,
                -145.2424831569246,
            ],
        ),
        (
            Interpolator::WelchWindowedSinc,
            [
                -100.0,
                -125.14413308869283,
                72.337031621287,
                -13.429886467769462,
                94.67112305014597,
                -145.10895784320704,
            ],
        ),
        (
            Interpolator::LanczosWindowedSinc,
            [
                -100.0,
                -121.4590785005864,
                71.15191840503907,
                -11.806905689785186,
                94.65071839416949,
                -145.36921783921147,
            ],
        ),
        (
            Interpolator::BlackmanWindowedSinc,
            [
                -100.0,
                -108.70431711003263,
                71.07473615368397,
                -7.054124732296536,
                94.82538454570272,
                -143.5669235409129,
            ],
        ),
    ];

    #[test]
    fn every_interpolator_agrees_with_simpleitk() {
        let image = scan(|v| v);
        for (interpolator, expected) in SIMPLEITK {
            for (place, expected) in PLACES.into_iter().zip(expected) {
                let found = at(&image, place, interpolator);
                assert!((found - expected).abs() < 1e-11, "{interpolator:?} {place:?}: {found} {expected}");
            }
        }
    }

    #[test]
    fn integers_are_cut_off_and_nothing_is_outside() {
        let (image, single) = (scan(|v| v as i16), scan(|v| v as f32));
        for (interpolator, expected) in SIMPLEITK {
            for (place, expected) in PLACES.into_iter().zip(expected) {
                // The first spline value is −100.00000000000009 in SimpleITK, too.
                assert_eq!(at(&image, place, interpolator), expected.trunc(), "{interpolator:?} {place:?}");
                let single = at(&single, place, interpolator);
                assert!((single - expected).abs() < 1e-5 && single == f64::from(single as f32));
            }
            for outside in [[-0.501, 1.0, 1.0], [1.0, 4.501, 1.0], [1.0, 1.0, 2.5]] {
                assert_eq!(at(&image, outside, interpolator), 0.0);
            }
        }
    }

    #[test]
    fn values_are_such_as_the_type_can_hold() {
        for (sample_type, value, expected) in [
            (SampleType::U8, 255.9, 255.0),
            (SampleType::U8, -0.7, 0.0),
            (SampleType::I8, -128.5, -128.0),
            (SampleType::I16, 99.999, 99.0),
            (SampleType::I16, -99.999, -99.0),
            (SampleType::U16, 1e9, 65535.0),
            (SampleType::I32, -1e12, -2147483648.0),
            (SampleType::I64, 1e300, 9223372036854775808.0),
            (SampleType::F32, 0.1, 0.10000000149011612),
            (SampleType::F64, 0.1, 0.1),
        ] {
            assert_eq!(stored(value, sample_type), expected, "{sample_type} {value}");
        }
    }

    #[test]
    fn splines_axis_by_axis_have_the_bits_of_itk_s_order() {
        let images = [
            scan(|v| v + 0.37),
            scan(|v| v as f32),
            scan(|v| v as i16),
            scan(|v| (v.abs() * 3.0) as u8),
            scan(|v| (v * 1e6) as i32),
        ];
        // Parallel to the image, within it and beyond it, and at its own voxels along y.
        let grid = Geometry::new([19, 9, 7], [0.37, 1.0, 1.1], [-0.9, 0.0, -0.2], Geometry::AXIAL).unwrap();
        for image in images {
            let sampler = Sampler::new(&image, None, &grid, Interpolator::BSpline).unwrap();
            let Places::Axes([xs, ys, zs]) = &sampler.places else { panic!("no axes") };
            for part in [IndexBox::whole(&grid), IndexBox { start: [3, 1, 2], size: [5, 4, 3] }] {
                let [sx, sy, sz] = part.start;
                for ((z, y, x), value) in sampler.window(part).indexed_iter() {
                    assert_eq!(sampler.value([xs.at(sx + x), ys.at(sy + y), zs.at(sz + z)]), *value);
                }
            }
        }
    }
}

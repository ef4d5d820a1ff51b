//! IBSI's way to new voxels: a grid with the centre of the old one, evaluated one axis after the other.
//!
//! Unlike [`super::plan`], the grid covers the whole image and its values keep every digit; only the part that is
//! asked for is ever computed. IBSI reference manual, section 2.4, interpolation grid "align grid centers".

use std::ops::Range;

use ndarray::{Array3, Axis};
use radiomics_imaging::{Geometry, IndexBox};
use rayon::prelude::*;

use super::{
    MAX_VOXELS,
    kernel::{Tap, cubic},
    positions::nearest,
    spline::{self, Stretch},
};
use crate::{config::Interpolation, error::Error};

/// Voxels beyond its border that a spline sees, each with the value at the border: a mirror further out has no
/// weight that counts.
const BEYOND: usize = 12;

/// A new grid over an old one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Centred {
    grid: Geometry,
    old: [usize; 3],
    /// Continuous index in the old grid of the first new voxel, and the distance to the next.
    first: [f64; 3],
    step: [f64; 3],
}

impl Centred {
    /// The grid of `spacing` (mm along x, y, z) with the centre of `old`.
    ///
    /// `n_new = ⌈n · old / new⌉` voxels along an axis; the first lies at
    /// `(n − 1)/2 − (n_new − 1)/2 · new/old`, never further than half a voxel outside.
    ///
    /// # Errors
    /// [`Error::GridSize`] when an axis would have absurdly many voxels.
    pub fn new(old: &Geometry, spacing: [f64; 3]) -> Result<Self, Error> {
        /// Spacings come from files in single precision: 100 voxels of 0.1 mm are 20 of 0.5 mm, not 21.
        const ROUNDING: f64 = 1e-6;
        let (n, was) = (old.size(), old.spacing());
        let same = |a: usize| (spacing[a] / was[a] - 1.0).abs() < ROUNDING;
        let spacing: [f64; 3] = std::array::from_fn(|a| if same(a) { was[a] } else { spacing[a] });
        let step: [f64; 3] = std::array::from_fn(|a| spacing[a] / was[a]);
        let size: [f64; 3] = std::array::from_fn(|a| {
            let exact = n[a] as f64 / step[a];
            (exact * (1.0 - ROUNDING)).ceil().max(1.0)
        });
        if !size.iter().all(|&n| n <= MAX_VOXELS) {
            return Err(Error::GridSize { size, spacing });
        }
        let first = std::array::from_fn(|a| 0.5 * (n[a] as f64 - 1.0) - 0.5 * (size[a] - 1.0) * step[a]);
        let origin = old.point(first);
        let grid = Geometry::new(size.map(|n| n as usize), spacing, origin, old.direction())?;
        Ok(Self { grid, old: n, first, step })
    }

    /// The new grid.
    pub fn grid(&self) -> &Geometry {
        &self.grid
    }

    /// Whether any axis gets other voxels.
    pub fn changes(&self) -> bool {
        !(0..3).all(|a| self.kept(a))
    }

    /// The new voxels whose value voxels in a box of the old grid can change by more than rounding.
    pub fn reached(&self, part: IndexBox, interpolation: Interpolation) -> IndexBox {
        let margin = if interpolation == Interpolation::Cubic { BEYOND as f64 } else { 1.0 };
        let size = self.grid.size();
        let range: [Range<usize>; 3] = std::array::from_fn(|a| {
            if self.kept(a) {
                return part.start[a]..part.end()[a];
            }
            let new = |index: f64| (index - self.first[a]) / self.step[a];
            let low = new(part.start[a] as f64 - margin).floor().max(0.0) as usize;
            let high = new(part.end()[a] as f64 - 1.0 + margin).ceil().max(0.0) as usize + 1;
            low.min(size[a] - 1)..high.min(size[a])
        });
        IndexBox { start: std::array::from_fn(|a| range[a].start), size: range.map(|range| range.len()) }
    }

    /// The values of a part of the new grid, `[z, y, x]`. `fetch` gives a part of the old one.
    ///
    /// Beyond the outer voxels an image goes on with their values.
    ///
    /// # Errors
    /// [`Error::GridSize`] for a part that no memory would hold; those of `fetch`.
    pub fn values(
        &self,
        part: IndexBox,
        interpolation: Interpolation,
        fetch: impl Fn(IndexBox) -> Result<Array3<f64>, Error>,
    ) -> Result<Array3<f64>, Error> {
        let size = part.size.map(|n| n as f64);
        if size.iter().product::<f64>() > MAX_VOXELS {
            return Err(Error::GridSize { size, spacing: self.grid.spacing() });
        }
        let kind = |a: usize| if self.kept(a) { Interpolation::Nearest } else { interpolation };
        let mut axes: [Vec<Vec<Tap>>; 3] = std::array::from_fn(|a| {
            (part.start[a]..part.end()[a]).map(|i| taps(kind(a), self.at(a, i), self.old[a])).collect()
        });
        // From here on indices count from `beyond` voxels before the first.
        let needed: [Range<usize>; 3] = std::array::from_fn(|a| {
            let indices = || axes[a].iter().flatten().map(|tap| tap.index);
            indices().min().unwrap_or(0)..indices().max().map_or(0, |last| last + 1)
        });
        let stretches: [Stretch; 3] = std::array::from_fn(|a| match kind(a) {
            Interpolation::Cubic => Stretch::new(self.old[a] + 2 * BEYOND, needed[a].clone()),
            _ => Stretch::untouched(needed[a].clone()),
        });
        let old: [Vec<usize>; 3] = std::array::from_fn(|a| {
            let inner = |i: usize| i.saturating_sub(beyond(kind(a))).min(self.old[a] - 1);
            stretches[a].known.clone().map(inner).collect()
        });
        if old.iter().any(Vec::is_empty) {
            return Ok(Array3::zeros([part.size[2], part.size[1], part.size[0]]));
        }
        let start = std::array::from_fn(|a| old[a][0]);
        let stored =
            IndexBox { start, size: std::array::from_fn(|a| old[a].last().map_or(0, |i| i + 1 - start[a])) };
        let mut values = fetch(stored)?;
        let [xs, ys, zs] = &old;
        if stored.size != std::array::from_fn(|a| old[a].len()) {
            values = Array3::from_shape_fn([zs.len(), ys.len(), xs.len()], |(z, y, x)| {
                values[(zs[z] - start[2], ys[y] - start[1], xs[x] - start[0])]
            });
        }
        // Planes are counted from the first known one, which is the first of `values`.
        let first = stretches[2].known.start;
        let values = spline::coefficients(&stretches, |z| {
            Ok::<_, Error>(values.index_axis(Axis(0), z - first).to_owned())
        })?;
        for (axis, needed) in axes.iter_mut().zip(&needed) {
            axis.iter_mut().flatten().for_each(|tap| tap.index -= needed.start);
        }
        let [xs, ys, zs] = &axes;
        Ok(blend(blend(blend(values, 2, xs), 1, ys), 0, zs))
    }

    /// Whether an axis keeps its voxels.
    fn kept(&self, a: usize) -> bool {
        self.step[a] == 1.0
    }

    /// Where a new voxel lies in the old grid.
    fn at(&self, a: usize, i: usize) -> f64 {
        self.first[a] + self.step[a] * i as f64
    }
}

/// Indices before the first that taps count from.
fn beyond(interpolation: Interpolation) -> usize {
    if interpolation == Interpolation::Cubic { BEYOND } else { 0 }
}

/// The voxels of an axis of `length` that make the value at continuous index `x`; weights sum to 1.
fn taps(interpolation: Interpolation, x: f64, length: usize) -> Vec<Tap> {
    let clamped = |i: i64| i.clamp(0, length as i64 - 1) as usize;
    let below = x.floor();
    let rest = x - below;
    let below = below as i64;
    match interpolation {
        Interpolation::Nearest => vec![Tap { index: clamped(nearest(x)), weight: 1.0 }],
        Interpolation::Linear => {
            let (low, high) = (clamped(below), clamped(below + 1));
            let mut taps = vec![Tap { index: low, weight: 1.0 - rest }];
            if high > low && rest > 0.0 {
                taps.push(Tap { index: high, weight: rest });
            }
            taps
        }
        Interpolation::Cubic => {
            let tap =
                |(k, weight)| Tap { index: (below - 1 + k as i64 + BEYOND as i64).max(0) as usize, weight };
            cubic(rest).into_iter().enumerate().map(tap).collect()
        }
    }
}

/// The weighted sums along one array axis.
///
/// As `v₀ + Σ w (v − v₀)`: what is flat stays flat to the last bit.
fn blend(values: Array3<f64>, axis: usize, taps: &[Vec<Tap>]) -> Array3<f64> {
    let mut shape: [usize; 3] = values.dim().into();
    let as_it_is = |(i, taps): (usize, &Vec<Tap>)| matches!(taps[..], [Tap { index, .. }] if index == i);
    if shape[axis] == taps.len() && taps.iter().enumerate().all(as_it_is) {
        return values;
    }
    let [_, ny, nx] = shape;
    shape[axis] = taps.len();
    let (ny_out, nx_out) = (shape[1], shape[2]);
    let mut out = Array3::zeros(shape);
    let (Some(old), Some(new)) = (values.as_slice(), out.as_slice_mut()) else { return out };
    new.par_chunks_mut((ny_out * nx_out).max(1)).enumerate().for_each(|(z, plane)| {
        let part = |first: usize, length: usize| &old[first..first + length];
        match axis {
            0 => mix(plane, &taps[z], |z| part(z * ny * nx, ny * nx)),
            1 => {
                for (row, taps) in plane.chunks_mut(nx).zip(taps) {
                    mix(row, taps, |y| part((z * ny + y) * nx, nx));
                }
            }
            _ => {
                for (y, row) in plane.chunks_mut(nx_out).enumerate() {
                    let old = part((z * ny + y) * nx, nx);
                    for (value, taps) in row.iter_mut().zip(taps) {
                        let first = old[taps[0].index];
                        *value = taps[1..]
                            .iter()
                            .fold(first, |sum, tap| sum + tap.weight * (old[tap.index] - first));
                    }
                }
            }
        }
    });
    out
}

/// The same for many values side by side; `at` gives those with an index.
fn mix<'a>(out: &mut [f64], taps: &[Tap], at: impl Fn(usize) -> &'a [f64]) {
    let first = at(taps[0].index);
    out.copy_from_slice(first);
    for tap in &taps[1..] {
        for ((sum, value), first) in out.iter_mut().zip(at(tap.index)).zip(first) {
            *sum += tap.weight * (value - first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(size: [usize; 3], spacing: [f64; 3]) -> Geometry {
        Geometry::axial(size, spacing).unwrap()
    }

    fn scan() -> Array3<f64> {
        Array3::from_shape_fn([3, 5, 6], |(z, y, x)| ((7 * x + 13 * y + 29 * z) % 31) as f64 * 10.0 - 100.0)
    }

    fn crop(values: &Array3<f64>, part: IndexBox) -> Array3<f64> {
        let ([x, y, z], [ex, ey, ez]) = (part.start, part.end());
        values.slice(ndarray::s![z..ez, y..ey, x..ex]).to_owned()
    }

    #[test]
    fn the_grid_has_the_centre_of_the_old_one() {
        // IBSI's CT phantom at 2 mm: 100 × 99 × 90 voxels.
        let old = grid([204, 201, 60], [f64::from(0.977_f32), f64::from(0.977_f32), 3.0]);
        let grids = Centred::new(&old, [2.0; 3]).unwrap();
        assert_eq!(grids.grid().size(), [100, 99, 90]);
        let centre = |g: &Geometry| g.point(g.size().map(|n| (n as f64 - 1.0) / 2.0));
        for (a, b) in centre(&old).into_iter().zip(centre(grids.grid())) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
        // Nothing changes without a new spacing, and slices keep their places in 2D.
        assert!(!Centred::new(&old, old.spacing()).unwrap().changes());
        assert!(!Centred::new(&old, [0.977, 0.977, 3.0]).unwrap().changes());
        let slices = Centred::new(&old, [2.0, 2.0, 3.0]).unwrap();
        assert_eq!((slices.first[2], slices.step[2]), (0.0, 1.0));
        // Single precision in a header makes no voxel of its own.
        let single = grid([100, 100, 100], [f64::from(0.1_f32); 3]);
        assert_eq!(Centred::new(&single, [0.5; 3]).unwrap().grid().size(), [20; 3]);
    }

    #[test]
    fn absurd_grids_are_errors() {
        let old = grid([512, 512, 300], [1.0; 3]);
        assert!(matches!(Centred::new(&old, [1e-12; 3]), Err(Error::GridSize { .. })));
        let fine = Centred::new(&old, [0.01; 3]).unwrap();
        let all = fine.values(IndexBox::whole(fine.grid()), Interpolation::Linear, |_| Ok(scan()));
        assert!(matches!(all, Err(Error::GridSize { .. })));
    }

    /// SciPy 1.17.1, `map_coordinates(..., mode="nearest")` at the positions of this grid, at five voxels and summed.
    #[test]
    fn values_agree_with_scipy() {
        let grids = Centred::new(&grid([6, 5, 3], [1.0, 2.0, 3.0]), [0.7, 1.4, 2.0]).unwrap();
        assert_eq!(grids.grid().size(), [9, 8, 5]);
        let voxels = [[0, 0, 0], [1, 3, 4], [4, 7, 8], [2, 0, 5], [3, 6, 1]];
        let linear = [-100.0, 27.083333333333343, 110.0, 104.00000000000001, 72.16666666666661];
        let cubic =
            [-151.8724127429964, 6.117924769141842, 133.0559108712468, 141.01525579016618, 79.38414957218615];
        for (interpolation, expected, sum) in [
            (Interpolation::Linear, linear, 17677.166666666668),
            (Interpolation::Cubic, cubic, 18016.2471453798),
        ] {
            let whole = IndexBox::whole(grids.grid());
            let values = grids.values(whole, interpolation, |part| Ok(crop(&scan(), part))).unwrap();
            for (voxel, expected) in voxels.into_iter().zip(expected) {
                // SciPy's own sum at the border of a spline is good to six digits of the pole.
                assert!(
                    (values[voxel] - expected).abs() < 2e-5,
                    "{interpolation} {voxel:?}: {}",
                    values[voxel]
                );
            }
            assert!((values.sum() - sum).abs() < 1e-3, "{interpolation}: {}", values.sum());
        }
    }

    #[test]
    fn a_part_has_the_values_of_the_whole() {
        let old = grid([40, 36, 30], [1.0, 1.0, 2.5]);
        let mut seed = 3_u64;
        let voxels = Array3::from_shape_fn([30, 36, 40], |_| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 48) as f64 - 32768.0
        });
        let grids = Centred::new(&old, [1.7, 0.6, 1.0]).unwrap();
        let part = IndexBox { start: [3, 20, 40], size: [9, 30, 35] };
        for interpolation in [Interpolation::Nearest, Interpolation::Linear, Interpolation::Cubic] {
            let values = |part| grids.values(part, interpolation, |part| Ok(crop(&voxels, part))).unwrap();
            let all = values(IndexBox::whole(grids.grid()));
            let difference =
                (crop(&all, part) - values(part)).mapv(f64::abs).fold(0.0, |a, &b| f64::max(a, b));
            assert!(difference < 1e-9, "{interpolation}: {difference}");
        }
    }

    #[test]
    fn what_is_flat_stays_flat() {
        let grids = Centred::new(&grid([9, 9, 9], [1.0; 3]), [0.7, 1.3, 0.9]).unwrap();
        let flat = Array3::from_elem([9; 3], 0.1);
        let values = grids
            .values(IndexBox::whole(grids.grid()), Interpolation::Linear, |part| Ok(crop(&flat, part)))
            .unwrap();
        assert!(values.iter().all(|x| *x == 0.1));
    }

    #[test]
    fn a_region_reaches_no_further_than_said() {
        let old = grid([30, 30, 30], [1.0; 3]);
        let grids = Centred::new(&old, [0.8, 1.9, 1.0]).unwrap();
        let part = IndexBox { start: [10, 12, 14], size: [4, 5, 6] };
        let mut voxels = Array3::zeros([30; 3]);
        voxels.slice_mut(ndarray::s![14..20, 12..17, 10..14]).fill(1.0);
        for interpolation in [Interpolation::Nearest, Interpolation::Linear, Interpolation::Cubic] {
            let whole = IndexBox::whole(grids.grid());
            let values = grids.values(whole, interpolation, |part| Ok(crop(&voxels, part))).unwrap();
            let reached = grids.reached(part, interpolation);
            for ((z, y, x), value) in values.indexed_iter() {
                let inside = (0..3).all(|a| (reached.start[a]..reached.end()[a]).contains(&[x, y, z][a]));
                assert!(inside || value.abs() < 1e-6, "{interpolation} {x} {y} {z}: {value}");
            }
        }
    }
}

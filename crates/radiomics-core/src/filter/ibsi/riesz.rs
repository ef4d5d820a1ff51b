//! Riesz transforms (IBSI `AYRS`) along the axes of the grid, or turned to the structure of the image at each voxel.
//!
//! The [transform](fourier::riesz) of order `l` of a band answers to structure along x, y and z. Turned, it answers to
//! structure along three axes `u_1, u_2, u_3` of the voxel's own, found by the structure tensor of the band:
//!
//! ```text
//! J_ab(k) = Σ_m g(k − m) R_a(m) R_b(m)      R_a: first order along a; g: Gaussian of `align` voxels
//! J u_i = λ_i u_i,  λ_1 ≥ λ_2 ≥ λ_3         u_1 points across an edge, u_2 and u_3 along it
//! R^l_aligned = Σ_m a_m √(m! / l!) R^m       a_m: coefficient of ω^m in (u_1·ω)^l_x (u_2·ω)^l_y (u_3·ω)^l_z
//! ```
//!
//! The sum is over all orders `m` with `m_x + m_y + m_z = l_x + l_y + l_z`; `m!` is `m_x! m_y! m_z!`. An axis has no sign
//! of its own: it is turned so that the first-order answer along it is not negative, or where that is 0, its largest
//! component. An image without structure has no axes; there the grid's stand in. Within slices `u_3` is z.
//!
//! ```text
//! image                      a cosine along y    1  0 −1  0
//! order (0,1,0), the grid's  the sine            0  1  0 −1
//! order (1,0,0), turned      its size            0  1  0  1     u_1 points along y, up or down
//! order (0,1,0), turned      nothing             0  0  0  0     along the stripes
//! ```
//! ```
//! use radiomics_core::filter::ibsi::{Boundary, Mode, fourier, riesz};
//! let cosine = ndarray::arr3(&[[[1.0], [0.0], [-1.0], [0.0]]]);
//! let of_grid = fourier::filter(&cosine, Mode::Slices, 0, Boundary::Periodic, &fourier::riesz([0, 1, 0]));
//! let all = |_| 1.0.into(); // the whole spectrum
//! let turned = |order| riesz::aligned(&cosine, Mode::Slices, order, [1.0; 3], 0, Boundary::Periodic, &all);
//! let close = |x: ndarray::Array3<f64>, y: [f64; 4]| assert!(x.iter().zip(y).all(|(x, y)| (x - y).abs() < 1e-14));
//! close(of_grid, [0.0, 1.0, 0.0, -1.0]);
//! close(turned([1, 0, 0]), [0.0, 1.0, 0.0, 1.0]);
//! close(turned([0, 1, 0]), [0.0; 4]);
//! ```
//! Such maps turn with the image. They have the unit of the band; memory is that of about 14 images. Unser and Van De
//! Ville 2010, doi:10.1109/TIP.2009.2038832; Depeursinge et al. 2014, doi:10.1109/TIP.2013.2295755; manual
//! arXiv:2006.05470, section 3.8. IBSI has no reference maps of it, as teams did not agree.

use nalgebra::{Matrix2, Matrix3};
use ndarray::Array3;
use rayon::prelude::*;
use rustfft::num_complex::Complex;

use crate::filter::ibsi::{
    Boundary, Mode,
    fourier::{self, Frequency},
    gaussian::gaussian,
};

/// Order, and how the transform is turned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Riesz {
    /// Order along x, y, z; turned, along `u_1`, `u_2`, `u_3`.
    pub order: [u32; 3],
    /// Standard deviation in mm of the Gaussian window of the structure tensor; not turned without.
    pub align_mm: Option<f64>,
}

/// Axes of a voxel, its rows; each is `x, y, z`.
type Axes = [[f64; 3]; 3];

/// Where the structure tensor's window ends, in standard deviations.
pub(super) const CUTOFF: f64 = 4.0;

/// The Riesz transform of order `l` of a band of the image, given by its spectrum, along the axes of the structure
/// tensor with a window of `align` voxels (standard deviation along x, y, z). `margin` and `boundary` are those of
/// [`fourier::filter`].
///
/// ```
/// use radiomics_core::filter::ibsi::{Boundary, Mode, fourier, riesz};
/// // A wave along y: its first-order answer lies along u_1, wherever y points, and is not negative.
/// let wave = ndarray::Array3::from_shape_fn([8, 8, 8], |(_, y, _)| [0.0, 1.0, 0.0, -1.0][y % 4]);
/// let band = fourier::laplacian_of_gaussian([0.5; 3], Mode::Volume);
/// let turned = |order| riesz::aligned(&wave, Mode::Volume, order, [1.0; 3], 0, Boundary::Periodic, &band);
/// let (across, along) = (turned([1, 0, 0]), turned([0, 1, 0]));
/// assert!(across.iter().all(|x| *x > -1e-12) && across.iter().any(|x| *x > 0.5));
/// assert!(along.iter().all(|x| x.abs() < 1e-9));
/// ```
pub fn aligned(
    image: &Array3<f64>,
    mode: Mode,
    order: [u32; 3],
    align: [f64; 3],
    margin: usize,
    boundary: Boundary,
    band: &(impl Fn(Frequency) -> Complex<f64> + Sync),
) -> Array3<f64> {
    let of_order = |order: [u32; 3]| {
        let riesz = fourier::riesz(order);
        fourier::filter(image, mode, margin, boundary, &|frequency| band(frequency) * riesz(frequency))
    };
    let unit = |axis: usize| std::array::from_fn(|a| u32::from(a == axis));
    let first: Vec<Array3<f64>> = (0..mode.axes()).map(|axis| of_order(unit(axis))).collect();
    let axes = axes(&first, mode, align, boundary);
    let mut out = Array3::zeros(image.dim());
    let Some(sum) = out.as_slice_mut() else { return out };
    let total = order.iter().sum::<u32>();
    for component in orders(total).into_iter().filter(|m| mode == Mode::Volume || m[2] == 0) {
        let weight = (factorials(component) / factorials(order)).sqrt();
        let mut add = |map: &Array3<f64>| {
            let answers = map.as_slice().unwrap_or_default();
            sum.par_iter_mut().zip(answers).zip(&axes).for_each(|((sum, answer), axes)| {
                *sum += weight * coefficient(axes, order, component) * answer;
            });
        };
        match (0..mode.axes()).find(|&axis| component == unit(axis)) {
            Some(axis) => add(&first[axis]),
            None => add(&of_order(component)),
        }
    }
    out
}

/// All orders of this sum.
fn orders(total: u32) -> Vec<[u32; 3]> {
    (0..=total).flat_map(|x| (0..=total - x).map(move |y| [x, y, total - x - y])).collect()
}

/// `m_x! m_y! m_z!`.
fn factorials(order: [u32; 3]) -> f64 {
    order.iter().flat_map(|&l| 1..=l).map(f64::from).product()
}

/// The coefficient of `ω^m` in `(u_1·ω)^l_x (u_2·ω)^l_y (u_3·ω)^l_z`.
fn coefficient(axes: &Axes, [l1, l2, l3]: [u32; 3], m: [u32; 3]) -> f64 {
    let rest = |axis: usize| std::array::from_fn(|a| m[a] - u32::from(a == axis));
    let (axis, left) = match (l1, l2, l3) {
        (0, 0, 0) => return 1.0,
        (0, 0, _) => (axes[2], [0, 0, l3 - 1]),
        (0, ..) => (axes[1], [0, l2 - 1, l3]),
        _ => (axes[0], [l1 - 1, l2, l3]),
    };
    // One factor takes one of the frequencies.
    (0..3).filter(|&a| m[a] > 0 && axis[a] != 0.0).map(|a| axis[a] * coefficient(axes, left, rest(a))).sum()
}

/// The axes of each voxel from its first-order answers along x, y and perhaps z.
fn axes(first: &[Array3<f64>], mode: Mode, align: [f64; 3], boundary: Boundary) -> Vec<Axes> {
    // Beyond a constant image there is no answer.
    let boundary = if let Boundary::Constant(_) = boundary { Boundary::Constant(0.0) } else { boundary };
    let smooth = |a: usize, b: usize| gaussian(&(&first[a] * &first[b]), align, CUTOFF, mode, boundary);
    let pairs: &[(usize, usize)] = match mode {
        Mode::Slices => &[(0, 0), (0, 1), (1, 1)],
        Mode::Volume => &[(0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2)],
    };
    let tensor: Vec<Array3<f64>> = pairs.iter().map(|&(a, b)| smooth(a, b)).collect();
    let (tensor, first) = (voxels(&tensor), voxels(first));
    let at = |place: usize| {
        let j = |n: usize| tensor[n][place];
        let axes = match mode {
            Mode::Slices => within_slice([j(0), j(1), j(2)]),
            Mode::Volume => in_space([j(0), j(1), j(2), j(3), j(4), j(5)]),
        };
        axes.map(|axis| {
            let answer: f64 = first.iter().zip(axis).map(|(map, u)| map[place] * u).sum();
            let largest = axis.iter().fold(0.0_f64, |most, u| if u.abs() > most.abs() { *u } else { most });
            let turn = answer < 0.0 || (answer == 0.0 && largest < 0.0);
            axis.map(|u| if turn { -u } else { u })
        })
    };
    (0..tensor[0].len()).into_par_iter().map(at).collect()
}

/// The voxels of some maps.
fn voxels(maps: &[Array3<f64>]) -> Vec<&[f64]> {
    maps.iter().map(|map| map.as_slice().unwrap_or_default()).collect()
}

const GRID: Axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// Eigenvectors of `[xx, xy, yy]`, that of the larger eigenvalue first, and z.
fn within_slice([xx, xy, yy]: [f64; 3]) -> Axes {
    if ![xx, xy, yy].iter().all(|x| x.is_finite()) {
        return GRID;
    }
    let eigen = Matrix2::new(xx, xy, xy, yy).symmetric_eigen();
    let large = usize::from(eigen.eigenvalues[1] > eigen.eigenvalues[0]);
    let axis = |n: usize| [eigen.eigenvectors[(0, n)], eigen.eigenvectors[(1, n)], 0.0];
    [axis(large), axis(1 - large), GRID[2]]
}

/// Eigenvectors of `[xx, xy, yy, xz, yz, zz]` by falling eigenvalue.
fn in_space([xx, xy, yy, xz, yz, zz]: [f64; 6]) -> Axes {
    if ![xx, xy, yy, xz, yz, zz].iter().all(|x| x.is_finite()) {
        return GRID;
    }
    let eigen = Matrix3::new(xx, xy, xz, xy, yy, yz, xz, yz, zz).symmetric_eigen();
    let mut places = [0, 1, 2];
    places.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    places.map(|n| std::array::from_fn(|a| eigen.eigenvectors[(a, n)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::testing::Random;

    #[test]
    fn coefficients_are_those_of_the_product() {
        let axes = [[0.6, 0.64, 0.48], [-0.8, 0.48, 0.36], [0.0, -0.6, 0.8]];
        let omega = [0.3, -1.1, 0.7];
        let dot = |axis: [f64; 3]| -> f64 { axis.iter().zip(omega).map(|(u, w)| u * w).sum() };
        for order in [[1, 0, 0], [0, 2, 0], [0, 1, 1], [2, 1, 3], [0, 0, 4]] {
            let power = |values: [f64; 3], order: [u32; 3]| -> f64 {
                values.iter().zip(order).map(|(x, l)| x.powi(l as i32)).product()
            };
            let product = power(axes.map(dot), order);
            let sum: f64 = orders(order.iter().sum())
                .into_iter()
                .map(|m| coefficient(&axes, order, m) * power(omega, m))
                .sum();
            assert!((product - sum).abs() < 1e-13, "{order:?}: {product} {sum}");
        }
    }

    #[test]
    fn maps_turn_with_the_image() {
        let mut random = Random(4);
        let image = Array3::from_shape_fn([9, 9, 9], |_| random.below(1000) as f64 - 500.0);
        let band = fourier::laplacian_of_gaussian([0.8; 3], Mode::Volume);
        // A quarter turn about z and one about x.
        let turn =
            |image: &Array3<f64>| Array3::from_shape_fn([9, 9, 9], |(z, y, x)| image[(x, 8 - z, 8 - y)]);
        for order in [[1, 0, 0], [0, 2, 0], [1, 0, 1], [2, 1, 0]] {
            let map = |image: &Array3<f64>| {
                aligned(image, Mode::Volume, order, [1.0; 3], 0, Boundary::Periodic, &band)
            };
            for (a, b) in map(&turn(&image)).iter().zip(&turn(&map(&image))) {
                assert!((a - b).abs() < 1e-6 * (1.0 + b.abs()), "{order:?}: {a} {b}");
            }
        }
    }

    #[test]
    fn an_image_without_structure_has_no_answer() {
        let flat = Array3::from_elem([6, 5, 4], 3.0);
        for mode in [Mode::Slices, Mode::Volume] {
            let band = fourier::Radial::Simoncelli.band(1, mode);
            let out = aligned(&flat, mode, [1, 1, 0], [1.5; 3], 4, Boundary::Mirror, &band);
            assert!(out.iter().all(|x| x.abs() < 1e-10));
        }
    }
}

//! Morphology (`HCUG`): form of the morphological mask, and how intensities lie in it.
//!
//! Volume `V`, area `A`, diameter and principal axes are those of [`crate::features::shape`], whose mesh has its
//! vertices halfway between voxels inside and outside. Densities divide by volume or area of a body around the
//! mesh: its box along the axes, the smallest turned box, the ellipsoid with the principal axes of the voxel
//! centres, the smallest ellipsoid, the convex hull. The covariance of the voxel centres divides by N − 1: with N,
//! as PyRadiomics has it, axis lengths and the ellipsoid's densities of the digital phantom fall outside the
//! reference values' tolerances. Where a body has no volume, as the ellipsoid of a region in one slice, the density
//! is NaN.
//!
//! ```
//! use radiomics_core::{IbsiFamily, ibsi::{IbsiInput, Selection, features}};
//! let input = IbsiInput::from_grey_levels(ndarray::arr3(&[[[1, 1], [1, 1]], [[1, 1], [1, 1]]]), [1.0; 3]);
//! let selection = Selection { families: vec![IbsiFamily::Morphology], ..Selection::default() };
//! let values = features(&input, &selection)?;
//! let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).map(|v| v.value);
//! assert_eq!(value("morph_vol_approx"), Some(8.0));
//! // One cube of voxel centres, and what the mesh leaves of those beside faces, edges and corners.
//! let mesh = 1.0 + 6.0 / 2.0 + 12.0 / 8.0 + 8.0 / 48.0;
//! assert_eq!(value("morph_volume"), Some(mesh));
//! assert_eq!(value("morph_vol_dens_aabb"), Some(mesh / 8.0));
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! `λ_major ≥ λ_minor ≥ λ_least` are the eigenvalues of the covariance of the `N_m` voxel centres `r_k` of the morphological
//! mask in mm; `x_k`, `N` and `μ` are the intensities of the intensity mask, their number and mean. Moran's I and Geary's C
//! take all pairs of these voxels with the weights `w_kl = 1 / ‖r_k − r_l‖`, `W = Σ_{k≠l} w_kl`.
//!
#![doc = ibsi_morphology_table!()]
//!
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003, section 3.1.

use std::f64::consts::PI;

use ndarray::s;

use super::{
    autocorrelation, ellipsoid,
    hull::{Hull, Point},
    region::Region,
    turned_box,
};
use crate::{
    error::Error,
    features::{first_order::sums, shape},
};

/// Values in the order of the names.
///
/// # Errors
/// When the box of the region is too long for exact sums.
pub(super) fn values(region: &Region) -> Result<Vec<f64>, Error> {
    let (form, autocorrelation) = rayon::join(|| form(region), || autocorrelation::values(region));
    let mut values = form?;
    values.extend(autocorrelation);
    Ok(values)
}

/// All but the last two.
fn form(region: &Region) -> Result<Vec<f64>, Error> {
    let input = region.input;
    let [z, y, x] = &region.morphological;
    let mask = input.morphological.slice(s![z.clone(), y.clone(), x.clone()]).to_owned();
    let (shape, vertices) = shape::surface(&mask, input.spacing)?;
    let (volume, area) = (shape.mesh_volume, shape.surface_area);
    let voxels = mask.iter().filter(|&&inside| inside).count() as f64;
    let unbiased = if voxels > 1.0 { (voxels / (voxels - 1.0)).sqrt() } else { 1.0 };
    let axes = [shape.major_axis_length, shape.minor_axis_length, shape.least_axis_length]
        .map(|axis| unbiased * axis);
    let half_axes = axes.map(|axis| axis / 2.0);
    let straight = sides(&vertices, input.spacing);
    let hull = Bodies::new(&vertices, input.spacing);
    let [mean] = sums(&region.voxels, |x| [x]).map(|sum| sum / region.voxels.len() as f64);
    let density = |of: f64, around: f64| if around > 0.0 { of / around } else { f64::NAN };
    Ok(vec![
        volume,
        shape.voxel_volume,
        area,
        shape.surface_volume_ratio,
        shape.compactness_1,
        shape.compactness_2,
        shape.spherical_disproportion,
        shape.sphericity,
        (area.powi(3) / (36.0 * PI * volume * volume)).cbrt() - 1.0,
        centre_shift(region),
        shape.maximum_3d_diameter,
        axes[0],
        axes[1],
        axes[2],
        shape.elongation,
        shape.flatness,
        density(volume, box_volume(straight)),
        density(area, box_area(straight)),
        density(volume, box_volume(hull.turned_box)),
        density(area, box_area(hull.turned_box)),
        density(volume, ellipsoid::volume(half_axes)),
        density(area, ellipsoid::area(half_axes)),
        density(volume, ellipsoid::volume(hull.ellipsoid)),
        density(area, ellipsoid::area(hull.ellipsoid)),
        density(volume, hull.volume),
        density(area, hull.area),
        mean * volume,
    ])
}

/// Bodies around the convex hull of the mesh.
struct Bodies {
    volume: f64,
    area: f64,
    /// Sides of the smallest turned box.
    turned_box: [f64; 3],
    /// Half axes of the smallest ellipsoid.
    ellipsoid: [f64; 3],
}

impl Bodies {
    /// Vertices in half voxels.
    fn new(vertices: &[[f64; 3]], spacing: [f64; 3]) -> Self {
        let half = spacing.map(|s| 0.5 * s);
        let points: Vec<Point> = vertices.iter().map(|v| v.map(|c| c as i64)).collect();
        let Some(hull) = Hull::new(&points) else {
            let none = [f64::NAN; 3]; // never: a mesh around a voxel is an octahedron at least
            return Self { volume: f64::NAN, area: f64::NAN, turned_box: none, ellipsoid: none };
        };
        let in_mm = |p: &Point| -> [f64; 3] { std::array::from_fn(|k| p[k] as f64 * half[k]) };
        let corners: Vec<[f64; 3]> = hull.points.iter().map(in_mm).collect();
        let (turned_box, ellipsoid) = rayon::join(
            || turned_box::smallest_around(&corners, &hull.normals(half)),
            || ellipsoid::smallest_around(&corners),
        );
        Self { volume: hull.volume(half), area: hull.area(half), turned_box, ellipsoid }
    }
}

/// Sides in mm of the box along the axes around vertices in half voxels.
fn sides(vertices: &[[f64; 3]], spacing: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|axis| {
        let along = vertices.iter().map(|v| v[axis]);
        let (low, high) = along.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), c| (a.min(c), b.max(c)));
        0.5 * (high - low) * spacing[axis]
    })
}

fn box_volume([a, b, c]: [f64; 3]) -> f64 {
    a * b * c
}

fn box_area([a, b, c]: [f64; 3]) -> f64 {
    2.0 * (a * b + b * c + c * a)
}

/// Distance in mm between the mean place of the voxels of the morphological mask and that of the voxels of the intensity
/// mask weighted by their intensity.
fn centre_shift(region: &Region) -> f64 {
    let input = region.input;
    let [z, y, x] = &region.morphological;
    let mut voxels = 0_u64;
    let mut places = [0_u64; 3];
    // From the middle of the box, so that nothing is lost to rounding.
    let middle = [x, y, z].map(|range| 0.5 * (range.end - 1 + range.start) as f64);
    let mut intensity = 0.0;
    let mut weighted = [0.0; 3];
    for z in z.clone() {
        for y in y.clone() {
            for x in x.clone().filter(|&x| input.morphological[[z, y, x]]) {
                let place = [x, y, z];
                voxels += 1;
                places.iter_mut().zip(place).for_each(|(sum, p)| *sum += p as u64);
                if input.intensity[[z, y, x]] {
                    let value = input.image[[z, y, x]];
                    intensity += value;
                    for axis in 0..3 {
                        weighted[axis] += value * (place[axis] as f64 - middle[axis]);
                    }
                }
            }
        }
    }
    let shift = |axis: usize| {
        let centre = places[axis] as f64 / voxels as f64 - middle[axis];
        ((centre - weighted[axis] / intensity) * input.spacing[axis]).powi(2)
    };
    (shift(0) + shift(1) + shift(2)).sqrt()
}

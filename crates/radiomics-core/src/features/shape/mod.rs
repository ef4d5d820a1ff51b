//! Form of a region in space: IBSI family `HCUG`.
//!
//! Surface area, volume and diameters are those of a triangle mesh (marching cubes) with vertices halfway
//! between voxels inside and outside; the axes are those of the voxel centres. All counting is done in
//! whole numbers, so results do not depend on the number of threads.
//!
//! ```text
//! voxels of a slice, inside ■       mesh around them
//!   □ □ □ □                           ╱───╲      vertices halfway between ■ and □;
//!   □ ■ ■ □                          │ ■ ■ │     a lone voxel becomes an octahedron
//!   □ □ □ □                           ╲───╱      of the volume 1/6
//! ```
//! ```
//! use radiomics_core::features::shape;
//! let line = ndarray::Array3::from_elem([1, 1, 3], true);
//! let f = shape::features(&line, [2.0, 1.0, 1.0])?;
//! assert_eq!(f.voxel_volume, 6.0);
//! assert_eq!(f.maximum_3d_diameter, 6.0); // from half a voxel before the first to half a voxel behind the last
//! assert!((f.major_axis_length - 4.0 * ((4.0 + 0.0 + 4.0) / 3.0_f64).sqrt()).abs() < 1e-14); // centres −2, 0, 2 mm
//! assert_eq!((f.minor_axis_length, f.elongation), (0.0, 0.0));
//! let voxel = shape::features(&ndarray::Array3::from_elem([1; 3], true), [1.0; 3])?;
//! assert!((voxel.mesh_volume - 1.0 / 6.0).abs() < 1e-15);
//! assert!((voxel.surface_area - 3.0_f64.sqrt()).abs() < 1e-15); // 8 triangles with sides of √½
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! `λ_major ≥ λ_minor ≥ λ_least` are the eigenvalues of the covariance of the voxel centres in mm, divided by their
//! number.
//!
#![doc = shape_table!()]
//! Time `O(voxels / 64 + vertices)`. IBSI reference manual, section 3.1; Zwanenburg et al. 2020,
//! doi:10.1148/radiol.2020191145; mesh as PyRadiomics 3.1.0 builds it.
pub(super) mod axes; // voxel centres → eigenvalues
pub(super) mod bits; // mask → one bit for each voxel
mod cubes; // cube of eight voxels → triangles
pub(super) mod diameters; // hulls → largest distances
pub(super) mod extremes; // bits → vertices that can be the end of a diameter
mod farthest; // points → the largest distance of two
mod mesh; // bits → area, volume
#[cfg(test)]
mod tests;

use std::f64::consts::PI;

use ndarray::Array3;
use radiomics_imaging::GeometryError;
use rayon::prelude::*;

use self::{axes::Moments, bits::BitVolume, diameters::diameters, extremes::Plane, mesh::MeshSums};
use crate::{error::Error, names::ShapeFeatures};

/// The features of a region; `inside` is indexed `[z, y, x]`, `spacing` is in mm along x, y, z.
///
/// Where voxels touch only along an edge, the mesh can have gaps, as in PyRadiomics, and then its volume
/// depends on the place of the array's first voxel: crop to the region's box for PyRadiomics' number.
/// The lengths of axes along which the voxels have no extent are 0, and the ratios of a single voxel, whose
/// axes are all 0, are NaN.
///
/// ```
/// use ndarray::Array3;
/// let cube = Array3::from_elem((2, 2, 2), true);
/// let shape = radiomics_core::features::shape::features(&cube, [1.0, 1.0, 1.0])?;
/// assert_eq!(shape.voxel_volume, 8.0);
/// // One cube of voxel centres, and what the mesh leaves of those beside faces, edges and corners.
/// assert_eq!(shape.mesh_volume, 1.0 + 6.0 / 2.0 + 12.0 / 8.0 + 8.0 / 48.0);
/// assert_eq!(shape.maximum_2d_diameter_slice, 5.0_f64.sqrt());
/// assert_eq!(shape.flatness, 1.0);
/// # Ok::<(), radiomics_core::Error>(())
/// ```
///
/// # Errors
/// When no voxel is inside, the box is too long, or the spacing is not positive and finite.
pub fn features(inside: &Array3<bool>, spacing: [f64; 3]) -> Result<ShapeFeatures, Error> {
    Ok(surface(inside, spacing)?.0)
}

/// The features, and vertices of the mesh in half voxels (x, y, z) among which are all corners of its convex hull.
///
/// # Errors
/// Those of [`features`].
pub(crate) fn surface(
    inside: &Array3<bool>,
    spacing: [f64; 3],
) -> Result<(ShapeFeatures, Vec<[f64; 3]>), Error> {
    check_spacing(spacing)?;
    let bits = BitVolume::new(inside)?;
    let size = bits.size();

    // One job for some layers between two slices; small regions in one go, without waking other threads.
    let enough = (1 << 11) / (size[1] * bits.row_words()) + 1;
    let layers: Vec<Layer> =
        (0..size[2] + 1).into_par_iter().with_min_len(enough).map(|z| Layer::new(&bits, z)).collect();
    let (mut sums, mut moments, mut planes) = (Vec::new(), Vec::new(), Vec::new());
    for layer in layers {
        sums.push(layer.mesh);
        moments.push(layer.moments);
        planes.extend(layer.planes);
    }
    let (mesh, moments) = (sums.into_iter().sum::<MeshSums>(), moments.into_iter().sum::<Moments>());

    let (area, volume) = (mesh.area(spacing), mesh.volume(spacing));
    let ball_area = (36.0 * PI * volume * volume).cbrt(); // of the ball with the same volume
    let [least, minor, major] = moments.eigenvalues(spacing);
    let (diameters, corners) = diameters(&planes, size, spacing);
    let features = ShapeFeatures {
        elongation: (minor / major).sqrt(),
        flatness: (least / major).sqrt(),
        least_axis_length: 4.0 * least.sqrt(),
        major_axis_length: 4.0 * major.sqrt(),
        maximum_2d_diameter_column: diameters.within[1],
        maximum_2d_diameter_row: diameters.within[0],
        maximum_2d_diameter_slice: diameters.within[2],
        maximum_3d_diameter: diameters.overall,
        mesh_volume: volume,
        minor_axis_length: 4.0 * minor.sqrt(),
        sphericity: ball_area / area,
        surface_area: area,
        surface_volume_ratio: area / volume,
        voxel_volume: moments.voxels() * spacing.iter().product::<f64>(),
        compactness_1: volume / (area.powf(1.5) * PI.sqrt()),
        compactness_2: 36.0 * PI * (volume * volume) / area.powi(3),
        spherical_disproportion: area / ball_area,
    };
    Ok((features, corners))
}

/// # Errors
/// When a spacing is not positive and finite.
pub(super) fn check_spacing(spacing: [f64; 3]) -> Result<(), Error> {
    if spacing.iter().all(|s| s.is_finite() && *s > 0.0) {
        return Ok(());
    }
    Err(GeometryError::Spacing(spacing).into())
}

/// The sums and vertices between a slice and the next, with the vertices and voxels in the next.
struct Layer {
    mesh: MeshSums,
    moments: Moments,
    planes: [Plane; 2],
}

impl Layer {
    fn new(bits: &BitVolume, z: usize) -> Self {
        Self {
            mesh: MeshSums::of_layer(bits, z),
            moments: Moments::of_slice(bits, z + 1),
            planes: [Plane::between_slices(bits, z), Plane::of_slice(bits, z + 1)],
        }
    }
}

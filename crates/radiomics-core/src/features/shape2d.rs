//! Form of a region in one slice, as PyRadiomics defines it (class `shape2D`); IBSI has no such family.
//!
//! The outline is made of lines (marching squares) with vertices halfway between pixels inside and outside;
//! the axes are those of the pixel centres. Two pixels that touch at a corner are outlined apart.
//!
//! ```text
//! pixels, inside ■       outline
//!   □ □ □ □              ╱───╲      its corners are cut:
//!   □ ■ ■ □             │ ■ ■ │     each takes 1/8 of a pixel
//!   □ □ □ □              ╲───╱
//! ```
//! ```
//! let line = ndarray::Array3::from_elem([1, 1, 2], true);
//! let f = radiomics_core::features::shape2d::features(&line, [1.0; 3], 0)?;
//! assert_eq!((f.pixel_surface, f.mesh_surface), (2.0, 2.0 - 4.0 / 8.0));
//! assert_eq!(f.perimeter, 2.0 + 4.0 * 0.5_f64.sqrt()); // two sides of 1, four cut corners
//! assert_eq!(f.maximum_diameter, 2.0);
//! assert_eq!((f.major_axis_length, f.minor_axis_length), (4.0 * 0.5, 0.0)); // centres −½, ½
//! # Ok::<(), radiomics_core::Error>(())
//! ```
//!
//! # Features
//! `λ_major ≥ λ_minor` are the eigenvalues of the covariance of the pixel centres in mm, divided by their number.
//!
#![doc = shape2d_table!()]
//! van Griethuysen et al. 2017, doi:10.1158/0008-5472.CAN-17-0339; outline as PyRadiomics 3.1.0 builds it (Lorensen and
//! Cline 1987, doi:10.1145/37401.37422, in a plane).

use std::f64::consts::PI;

use ndarray::{Array3, Axis};

use super::shape::{
    axes::Moments,
    bits::{BitVolume, ones, shifted},
    check_spacing,
    diameters::plane_diameter,
    extremes::Plane,
};
use crate::{error::Error, names::Shape2DFeatures};

/// The features of a region of one slice across `dimension` (0 = z, 1 = y, 2 = x).
///
/// `inside` is indexed `[z, y, x]`, `spacing` is in mm along x, y, z. The ratio of the axes of a single pixel,
/// which are 0, is NaN.
///
/// ```
/// use ndarray::Array3;
/// let square = Array3::from_elem((1, 2, 2), true);
/// let shape = radiomics_core::features::shape2d::features(&square, [1.0, 1.0, 5.0], 0)?;
/// assert_eq!(shape.pixel_surface, 4.0);
/// assert_eq!(shape.mesh_surface, 3.5); // the four corners are cut, 1/8 each
/// assert_eq!(shape.perimeter, 4.0 + 4.0 * 0.5_f64.sqrt());
/// # Ok::<(), radiomics_core::Error>(())
/// ```
///
/// # Errors
/// When the region is empty or lies in more than one slice, the dimension is none, or the spacing is not
/// positive and finite.
pub fn features(inside: &Array3<bool>, spacing: [f64; 3], dimension: u8) -> Result<Shape2DFeatures, Error> {
    check_spacing(spacing)?;
    if dimension > 2 {
        return Err(Error::Dimension(dimension));
    }
    let slice = only_slice(inside, dimension)?;
    let bits = BitVolume::new(&slice)?;
    let spacing = match dimension {
        0 => [spacing[0], spacing[1]],
        1 => [spacing[0], spacing[2]],
        _ => [spacing[1], spacing[2]],
    };
    // The third axis has no extent.
    let in_space = [spacing[0], spacing[1], spacing[1]];

    let (surface, perimeter) = Outline::new(&bits).surface_and_length(spacing);
    let moments = Moments::of_slice(&bits, 1);
    let [_, minor, major] = moments.eigenvalues(in_space);
    let disc_length = 2.0 * (PI * surface).sqrt(); // outline of the disc with the same surface
    Ok(Shape2DFeatures {
        elongation: (minor / major).sqrt(),
        major_axis_length: 4.0 * major.sqrt(),
        maximum_diameter: plane_diameter(&Plane::of_slice(&bits, 1), in_space),
        mesh_surface: surface,
        minor_axis_length: 4.0 * minor.sqrt(),
        perimeter,
        perimeter_surface_ratio: perimeter / surface,
        pixel_surface: moments.voxels() * (spacing[0] * spacing[1]),
        sphericity: disc_length / perimeter,
        spherical_disproportion: perimeter / disc_length,
    })
}

/// The slice that holds the region, as an array with one slice across its first axis.
fn only_slice(inside: &Array3<bool>, dimension: u8) -> Result<Array3<bool>, Error> {
    let axis = Axis(usize::from(dimension));
    let mut filled = (0..inside.len_of(axis)).filter(|&i| inside.index_axis(axis, i).iter().any(|&v| v));
    let first = filled.next().ok_or(Error::EmptyRegion)?;
    match filled.next_back() {
        None => Ok(inside.index_axis(axis, first).insert_axis(Axis(0)).to_owned()),
        Some(last) => Err(Error::NotOneSlice { dimension, slices: last - first + 1 }),
    }
}

/// How often each square of four pixels occurs along the outline.
#[derive(Default)]
struct Outline {
    /// One of the four inside.
    corners: u64,
    /// Three of the four inside.
    notches: u64,
    /// Two inside, side by side along the second axis: a line along it.
    along: u64,
    /// Two inside, side by side along the first axis.
    across: u64,
    /// Two inside, crosswise: two corners.
    crossings: u64,
    /// All inside.
    full: u64,
}

impl Outline {
    fn new(bits: &BitVolume) -> Self {
        let mut outline = Self::default();
        for y in 0..=bits.size()[1] {
            let (above, below) = (bits.row(y, 1), bits.row(y + 1, 1));
            for k in 0..bits.row_words() {
                let [a, b, c, d] = [shifted(above, k), above[k], shifted(below, k), below[k]];
                outline.full += u64::from((a & b & c & d).count_ones());
                for bit in ones((a | b | c | d) & !(a & b & c & d)) {
                    match [a, b, c, d].map(|word| word >> bit & 1) {
                        [1, 1, 0, 0] | [0, 0, 1, 1] => outline.along += 1,
                        [1, 0, 1, 0] | [0, 1, 0, 1] => outline.across += 1,
                        [1, 0, 0, 1] | [0, 1, 1, 0] => outline.crossings += 1,
                        square if square.iter().sum::<u64>() == 1 => outline.corners += 1,
                        _ => outline.notches += 1,
                    }
                }
            }
        }
        outline
    }

    /// Area inside in mm² and length in mm, for a spacing along second and first axis.
    fn surface_and_length(&self, [second, first]: [f64; 2]) -> (f64, f64) {
        let diagonals = self.corners + self.notches + 2 * self.crossings;
        let eighths = self.corners
            + 2 * self.crossings
            + 4 * (self.along + self.across)
            + 7 * self.notches
            + 8 * self.full;
        let diagonal = 0.5 * (second * second + first * first).sqrt();
        let length = diagonals as f64 * diagonal + self.along as f64 * second + self.across as f64 * first;
        (eighths as f64 / 8.0 * (second * first), length)
    }
}

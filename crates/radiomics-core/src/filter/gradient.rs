//! Size of the gradient, by central differences: ITK's `GradientMagnitudeImageFilter`, PyRadiomics' image type
//! `Gradient`.
//!
//! `√(Σ_a ((x_{a+} − x_{a−}) / 2s_a)²)` over the three axes `a`, with both neighbours `x_{a±}` of the voxel along each
//! and the spacing `s_a` in mm; rounded to single precision, as ITK stores it.
//!
//! ```text
//! intensities of a row                       0   4   8   8   8
//! half the difference of both neighbours     2   4   2   0   0    beyond the border stands the border voxel
//! ```
//! The unit is that of the image for each mm; with `gradientUseSpacing: false` for each voxel.

use ndarray::Array3;

use crate::filter::Reach;

/// One voxel to every side.
pub const REACH: Reach = Reach { before: [1; 3], after: [1; 3] };

/// The gradient's size at each voxel.
///
/// `image` is `[z, y, x]`; beyond its border the border voxel is repeated. `spacing` is in mm along x, y, z;
/// `None` gives differences for each voxel instead of each mm.
///
/// ```
/// use radiomics_core::filter::gradient::gradient;
/// let ramp = ndarray::Array3::from_shape_fn([3, 3, 3], |(_, _, x)| 4.0 * x as f64);
/// assert_eq!(gradient(&ramp, Some([2.0, 1.0, 1.0]))[[1, 1, 1]], 2.0);
/// assert_eq!(gradient(&ramp, None)[[1, 1, 0]], 2.0); // half the slope at the border
/// ```
pub fn gradient(image: &Array3<f64>, spacing: Option<[f64; 3]>) -> Array3<f64> {
    let (nz, ny, nx) = image.dim();
    let half = spacing.unwrap_or([1.0; 3]).map(|s| 0.5 / s);
    Array3::from_shape_fn(image.dim(), |(z, y, x)| {
        let dx = image[(z, y, (x + 1).min(nx - 1))] - image[(z, y, x.saturating_sub(1))];
        let dy = image[(z, (y + 1).min(ny - 1), x)] - image[(z, y.saturating_sub(1), x)];
        let dz = image[((z + 1).min(nz - 1), y, x)] - image[(z.saturating_sub(1), y, x)];
        let (gx, gy, gz) = (dx * half[0], dy * half[1], dz * half[2]);
        f64::from((gx * gx + gy * gy + gz * gz).sqrt() as f32)
    })
}

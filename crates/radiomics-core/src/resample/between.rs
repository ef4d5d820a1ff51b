//! The cubic spline of an image at any position between its voxels.

use ndarray::Array3;
use radiomics_imaging::IndexBox;

use super::{
    kernel::{Axis, Tap, taps},
    spline::{Stretch, coefficients},
};
use crate::{config::Interpolator, error::Error, working::WorkingImage};

/// Spline coefficients of a part of an image.
#[derive(Debug)]
pub(crate) struct Between {
    coefficients: Array3<f64>,
    start: [usize; 3],
    axes: [Axis; 3],
}

impl Between {
    /// For positions at least two voxels inside `part`, or at the border of the image.
    ///
    /// # Errors
    /// [`Error::Volume`] when the part reaches over the border.
    pub fn new(image: &WorkingImage, part: IndexBox) -> Result<Self, Error> {
        let size = image.geometry().size();
        let stretches: [Stretch; 3] =
            std::array::from_fn(|a| Stretch::new(size[a], part.start[a]..part.end()[a]));
        let [x, y] = [0, 1].map(|a: usize| &stretches[a].known);
        let coefficients = coefficients(&stretches, |z| {
            let plane = IndexBox { start: [x.start, y.start, z], size: [x.len(), y.len(), 1] };
            Ok::<_, Error>(image.window(plane)?.into_voxels().index_axis_move(ndarray::Axis(0), 0))
        })?;
        Ok(Self { coefficients, start: part.start, axes: size.map(|length| Axis { length, spacing: 1.0 }) })
    }

    /// The value at a continuous index (x, y, z) inside the image.
    pub fn at(&self, index: [f64; 3]) -> f64 {
        let mut lists: [Vec<Tap>; 3] = Default::default();
        for (a, list) in lists.iter_mut().enumerate() {
            taps(Interpolator::BSpline, index[a], self.axes[a], list);
        }
        let mut sum = 0.0;
        for z in &lists[2] {
            for y in &lists[1] {
                for x in &lists[0] {
                    let at = [z.index - self.start[2], y.index - self.start[1], x.index - self.start[0]];
                    sum += x.weight * y.weight * z.weight * self.coefficients[at];
                }
            }
        }
        sum
    }
}

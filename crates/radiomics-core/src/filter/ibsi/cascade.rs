//! Many filters of one image: passes that separable filters begin with alike are made once.
//!
//! The eight bands of a wavelet take 14 passes one after the other instead of 24, when they are asked for in order
//! (`LLL`, `LLH`, `LHL`, ...). What is kept is one image for each pass but the last (two of level 1 in space), whatever the
//! number of filters, and none while a filter of another kind works. Filters that are pooled over rotations share passes
//! among their own rotations only.

use std::borrow::Cow;

use ndarray::Array3;

use crate::{
    error::Error,
    filter::ibsi::{
        Boundary, Filter, Pooling,
        convolve::along,
        rotation::{Taps, rotated, sum},
    },
};

/// An image, and the passes that were made last.
///
/// ```
/// use radiomics_core::filter::ibsi::{Boundary, Cascade, Filter, Kind};
/// let image = ndarray::Array3::from_shape_fn([4, 5, 6], |(z, y, x)| ((x + 3 * y + 5 * z) % 7) as f64);
/// let mut cascade = Cascade::new(&image, [1.0; 3]);
/// for band in [vec![false, false, false], vec![false, false, true]] {
///     let kind = Kind::Wavelet { family: "db2".into(), band, level: 1, rotations: None };
///     let filter = Filter { kind, boundary: Boundary::Mirror };
///     assert_eq!(cascade.apply(&filter)?, filter.apply(&image, [1.0; 3])?);
/// }
/// # Ok::<(), radiomics_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Cascade<'a> {
    image: Cow<'a, Array3<f64>>,
    spacing: [f64; 3],
    boundary: Boundary,
    /// Axis, taps and answer of the first passes of the last filter.
    passes: Vec<(usize, Vec<f64>, Array3<f64>)>,
}

impl<'a> Cascade<'a> {
    /// An image, `[z, y, x]`, of a spacing (mm along x, y, z).
    pub fn new(image: &'a Array3<f64>, spacing: [f64; 3]) -> Self {
        Self { image: Cow::Borrowed(image), spacing, boundary: Boundary::Mirror, passes: Vec::new() }
    }

    /// The same with an image of its own.
    pub fn of(image: Array3<f64>, spacing: [f64; 3]) -> Self {
        Self { image: Cow::Owned(image), spacing, boundary: Boundary::Mirror, passes: Vec::new() }
    }

    /// The answer of a filter.
    ///
    /// # Errors
    /// As [`Filter::apply`].
    pub fn apply(&mut self, filter: &Filter) -> Result<Array3<f64>, Error> {
        if !filter.is_straight() {
            self.passes = Vec::new();
        }
        filter.apply_in(self)
    }

    pub(super) fn image(&self) -> &Array3<f64> {
        &self.image
    }

    pub(super) fn spacing(&self) -> [f64; 3] {
        self.spacing
    }

    /// The answer to a filter of one kernel for each axis, x first; each kernel is a series of passes. With `rotations`
    /// that of all right-angle rotations, pooled.
    pub(super) fn separable(
        &mut self,
        kernels: &[Taps],
        rotations: Option<Pooling>,
        boundary: Boundary,
    ) -> Array3<f64> {
        match rotations {
            Some(pooling) => rotated(&self.image, kernels, pooling, boundary),
            None => self.straight(kernels, boundary),
        }
    }

    /// The same without rotations.
    pub(super) fn straight(&mut self, kernels: &[Taps], boundary: Boundary) -> Array3<f64> {
        // After the first pass the outside of a constant is no longer that constant: the image is taken less it.
        let constant = boundary.outside();
        let inner = if constant == 0.0 { boundary } else { Boundary::Constant(0.0) };
        let wanted: Vec<(usize, &Vec<f64>)> =
            kernels.iter().enumerate().flat_map(|(axis, taps)| taps.iter().map(move |t| (axis, t))).collect();
        let alike = |made: &(usize, Vec<f64>, Array3<f64>), wanted: &(usize, &Vec<f64>)| {
            made.0 == wanted.0 && made.1 == *wanted.1
        };
        let shared = if self.boundary == boundary {
            self.passes.iter().zip(&wanted).take_while(|(made, wanted)| alike(made, wanted)).count()
        } else {
            0
        };
        self.boundary = boundary;
        self.passes.truncate(shared);
        let shifted = (shared == 0 && constant != 0.0).then(|| self.image.as_ref() - constant);
        let mut answer = None;
        for (number, &(axis, taps)) in wanted.iter().enumerate().skip(shared) {
            let before = self.passes.last().map(|pass| &pass.2).or(shifted.as_ref()).unwrap_or(&self.image);
            let after = along(before, axis, taps, taps.len() / 2, inner);
            if number + 1 < wanted.len() {
                self.passes.push((axis, taps.clone(), after));
            } else {
                answer = Some(after);
            }
        }
        // The same filter again, or one that is a part of the last.
        let answer = answer.unwrap_or_else(|| match self.passes.last() {
            Some((.., last)) => last.clone(),
            None => self.image.as_ref() - constant,
        });
        if constant == 0.0 { answer } else { answer + constant * sum(kernels) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::ibsi::{Kind, Mode, convolve::shifted};

    /// The definition: pass after pass, for each filter anew.
    fn plain(image: &Array3<f64>, kernels: &[Taps], boundary: Boundary) -> Array3<f64> {
        shifted(image, boundary, sum(kernels), |image, boundary| {
            let passes =
                kernels.iter().enumerate().flat_map(|(axis, taps)| taps.iter().map(move |t| (axis, t)));
            passes.fold(image.clone(), |image, (axis, taps)| {
                along(&image, axis, taps, taps.len() / 2, boundary)
            })
        })
    }

    #[test]
    fn shared_passes_change_nothing() {
        let image = Array3::from_shape_fn([5, 6, 7], |(z, y, x)| {
            ((7 * x + 13 * y + 29 * z) * (x + 2 * y + z) % 31) as f64
        });
        let (low, high) = (vec![0.1, 0.5, 0.7, -0.2, 0.0], vec![0.3, -0.8, 0.4, 0.1, 0.0]);
        let band = |number: usize| -> Vec<Taps> {
            (0..3)
                .map(|axis| vec![if number >> (2 - axis) & 1 == 1 { high.clone() } else { low.clone() }])
                .collect()
        };
        let mut cascade = Cascade::new(&image, [1.0; 3]);
        for boundary in
            [Boundary::Mirror, Boundary::Constant(3.0), Boundary::Constant(0.0), Boundary::Periodic]
        {
            for number in [0, 1, 2, 3, 3, 7, 4, 5, 0] {
                let alone = plain(&image, &band(number), boundary);
                let ours = cascade.straight(&band(number), boundary);
                assert!(
                    ours.iter().zip(&alone).all(|(a, b)| a.to_bits() == b.to_bits()),
                    "{boundary:?} {number}"
                );
                assert!(cascade.passes.len() <= 2);
            }
            // A part of the passes of the filter before, and none at all.
            assert_eq!(cascade.straight(&band(0)[..2], boundary), plain(&image, &band(0)[..2], boundary));
            let nothing = cascade.straight(&[], boundary);
            assert!(nothing.iter().zip(&image).all(|(a, b)| (a - b).abs() < 1e-12), "{boundary:?}");
        }
    }

    #[test]
    fn filters_of_other_kinds_do_not_disturb() {
        let image = Array3::from_shape_fn([4, 5, 6], |(z, y, x)| ((x * y + z) % 5) as f64);
        let wavelet = |band: &[bool], rotations| Kind::Wavelet {
            family: "coif1".into(),
            band: band.to_vec(),
            level: 2,
            rotations,
        };
        let kinds = [
            wavelet(&[false, true, false], None),
            Kind::Mean { support: 3, mode: Mode::Volume },
            wavelet(&[false, true, true], None),
            wavelet(&[false, true, true], Some(Pooling::Max)),
            Kind::Laws { kernels: "L5E5S5".into(), rotations: None, energy: Some(2) },
            Kind::Laws { kernels: "L5E5L5".into(), rotations: None, energy: None },
        ];
        let mut cascade = Cascade::new(&image, [1.0, 1.0, 2.0]);
        for kind in kinds {
            let filter = Filter { kind, boundary: Boundary::Nearest };
            assert_eq!(cascade.apply(&filter).unwrap(), filter.apply(&image, [1.0, 1.0, 2.0]).unwrap());
        }
    }
}

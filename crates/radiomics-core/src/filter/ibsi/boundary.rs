//! What lies beyond the border of an image.

/// The values that a kernel finds outside the image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Boundary {
    /// One value everywhere; 0 is zero padding.
    Constant(f64),
    /// The value of the nearest voxel.
    Nearest,
    /// The image repeats.
    Periodic,
    /// The image is mirrored at its border: `d c b a | a b c d | d c b a`.
    Mirror,
}

impl Boundary {
    /// The voxel of an axis of `n` voxels that stands at index `i`, or `None` for a constant.
    ///
    /// ```
    /// use radiomics_core::filter::ibsi::Boundary;
    /// assert_eq!([-2, -1, 0, 4, 5].map(|i| Boundary::Mirror.index(i, 4)), [1, 0, 0, 3, 2].map(Some));
    /// assert_eq!(Boundary::Periodic.index(-1, 4), Some(3));
    /// assert_eq!(Boundary::Nearest.index(9, 4), Some(3));
    /// assert_eq!(Boundary::Constant(0.0).index(-1, 4), None);
    /// ```
    pub fn index(self, i: isize, n: usize) -> Option<usize> {
        let length = n as isize;
        if (0..length).contains(&i) {
            return Some(i as usize);
        }
        match self {
            Self::Constant(_) => None,
            Self::Nearest => Some(i.clamp(0, length - 1) as usize),
            Self::Periodic => Some(i.rem_euclid(length) as usize),
            Self::Mirror => {
                let i = i.rem_euclid(2 * length);
                Some(if i < length { i } else { 2 * length - 1 - i } as usize)
            }
        }
    }

    /// The value where [`Boundary::index`] gives no voxel.
    pub fn outside(self) -> f64 {
        if let Self::Constant(value) = self { value } else { 0.0 }
    }
}

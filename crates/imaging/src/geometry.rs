//! Where voxels lie in the patient: size, spacing, origin and direction of a grid.

use std::fmt;

/// The grid of a volume in the patient system LPS.
///
/// The centre of voxel `i = (x, y, z)` lies at `origin + direction · (spacing ∘ i)`.
///
/// ```
/// use radiomics_imaging::Geometry;
/// let grid = Geometry::new([4, 3, 2], [0.5, 0.5, 2.0], [10.0, 20.0, 30.0], Geometry::AXIAL)?;
/// assert_eq!(grid.point([2.0, 0.0, 1.0]), [11.0, 20.0, 32.0]);
/// assert_eq!(grid.index([11.0, 20.0, 32.0]), [2.0, 0.0, 1.0]);
/// # Ok::<(), radiomics_imaging::GeometryError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometry {
    size: [usize; 3],
    spacing: [f64; 3],
    origin: [f64; 3],
    direction: [[f64; 3]; 3],
}

/// Why four vectors are no grid, or two grids are not the same.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GeometryError {
    /// A spacing is zero, negative, infinite or not a number.
    #[error("voxel spacing must be positive and finite on every axis, got {0:?} mm (x, y, z)")]
    Spacing([f64; 3]),
    /// An origin is infinite or not a number.
    #[error("origin must be finite, got {0:?} mm (x, y, z)")]
    Origin([f64; 3]),
    /// An axis has no voxels.
    #[error("size must be at least 1 on every axis, got {0:?} (x, y, z)")]
    Size([usize; 3]),
    /// The three axes are not unit vectors at right angles, within [`Geometry::ORTHOGONALITY`].
    #[error("direction cosines must be orthonormal, got columns {}", columns(.0))]
    Direction([[f64; 3]; 3]),
    /// Two grids that must be the same differ.
    #[error("grids differ in {what} by more than {tolerance:e}\n  first:  {first}\n  second: {second}")]
    Mismatch {
        /// The part that differs: `size`, `spacing`, `origin` or `direction`.
        what: &'static str,
        /// The largest difference allowed, see [`Geometry::check_same`].
        tolerance: f64,
        /// The grid compared with.
        first: Box<Geometry>,
        /// The grid that differs.
        second: Box<Geometry>,
    },
}

fn columns(direction: &[[f64; 3]; 3]) -> String {
    let column = |c: usize| format!("({}, {}, {})", direction[0][c], direction[1][c], direction[2][c]);
    format!("{} {} {}", column(0), column(1), column(2))
}

impl Geometry {
    /// Direction of an axial volume: index axes run along the patient axes.
    pub const AXIAL: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

    /// Largest deviation of `directionᵀ · direction` from the identity that is taken as rounding.
    pub const ORTHOGONALITY: f64 = 1e-4;

    /// A checked grid. `direction[row][column]`: column `c` is the patient direction of index axis `c`.
    ///
    /// # Errors
    /// [`GeometryError`] names the part that is no grid and its value.
    pub fn new(
        size: [usize; 3],
        spacing: [f64; 3],
        origin: [f64; 3],
        direction: [[f64; 3]; 3],
    ) -> Result<Self, GeometryError> {
        if size.contains(&0) {
            return Err(GeometryError::Size(size));
        }
        if spacing.iter().any(|s| !s.is_finite() || *s <= 0.0) {
            return Err(GeometryError::Spacing(spacing));
        }
        if origin.iter().any(|o| !o.is_finite()) {
            return Err(GeometryError::Origin(origin));
        }
        for a in 0..3 {
            for b in 0..3 {
                let dot: f64 = (0..3).map(|r| direction[r][a] * direction[r][b]).sum();
                let unit = if a == b { 1.0 } else { 0.0 };
                if dot.is_nan() || (dot - unit).abs() > Self::ORTHOGONALITY {
                    return Err(GeometryError::Direction(direction));
                }
            }
        }
        Ok(Self { size, spacing, origin, direction })
    }

    /// An axial grid at the origin of the patient system.
    ///
    /// # Errors
    /// As [`Geometry::new`].
    pub fn axial(size: [usize; 3], spacing: [f64; 3]) -> Result<Self, GeometryError> {
        Self::new(size, spacing, [0.0; 3], Self::AXIAL)
    }

    /// Voxels along x, y, z.
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Distance of voxel centres along x, y, z in mm.
    pub fn spacing(&self) -> [f64; 3] {
        self.spacing
    }

    /// Centre of the first voxel in mm.
    pub fn origin(&self) -> [f64; 3] {
        self.origin
    }

    /// Direction cosines, `[row][column]`; column `c` is the patient direction of index axis `c`.
    pub fn direction(&self) -> [[f64; 3]; 3] {
        self.direction
    }

    /// Shape of the voxel array: `[z, y, x]`.
    pub fn shape(&self) -> [usize; 3] {
        [self.size[2], self.size[1], self.size[0]]
    }

    /// Number of voxels.
    pub fn voxels(&self) -> usize {
        self.size.iter().product()
    }

    /// Volume of one voxel in mm³.
    pub fn voxel_volume(&self) -> f64 {
        self.spacing.iter().product()
    }

    /// Patient position in mm of a continuous index (x, y, z).
    pub fn point(&self, index: [f64; 3]) -> [f64; 3] {
        let mut point = self.origin;
        for (r, p) in point.iter_mut().enumerate() {
            *p += (0..3).map(|c| self.direction[r][c] * self.spacing[c] * index[c]).sum::<f64>();
        }
        point
    }

    /// Continuous index (x, y, z) of a patient position in mm.
    pub fn index(&self, point: [f64; 3]) -> [f64; 3] {
        let d: [f64; 3] = std::array::from_fn(|r| point[r] - self.origin[r]);
        std::array::from_fn(|c| (0..3).map(|r| self.direction[r][c] * d[r]).sum::<f64>() / self.spacing[c])
    }

    /// The grid of a part of this one.
    ///
    /// # Errors
    /// [`GeometryError::Size`] when the box is empty.
    pub fn crop(&self, part: IndexBox) -> Result<Self, GeometryError> {
        let origin = self.point(part.start.map(|i| i as f64));
        Self::new(part.size, self.spacing, origin, self.direction)
    }

    /// Checks that two grids are the same, as ITK does: sizes are equal, origins and spacings differ by at
    /// most `tolerance` times the first spacing along x, direction cosines by at most `tolerance`.
    /// ITK's tolerance is `1e-6`.
    ///
    /// # Errors
    /// [`GeometryError::Mismatch`] with both grids and the part that differs.
    pub fn check_same(&self, other: &Self, tolerance: f64) -> Result<(), GeometryError> {
        let far = |a: &[f64; 3], b: &[f64; 3], t: f64| a.iter().zip(b).any(|(a, b)| (a - b).abs() > t);
        let mm = tolerance * self.spacing[0].abs();
        let what = if self.size != other.size {
            "size"
        } else if far(&self.origin, &other.origin, mm) {
            "origin"
        } else if far(&self.spacing, &other.spacing, mm) {
            "spacing"
        } else if (0..3).any(|r| far(&self.direction[r], &other.direction[r], tolerance)) {
            "direction"
        } else {
            return Ok(());
        };
        Err(GeometryError::Mismatch { what, tolerance, first: Box::new(*self), second: Box::new(*other) })
    }
}

impl fmt::Display for Geometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, spacing, origin, direction } = self;
        write!(
            f,
            "size {}x{}x{}, spacing {}x{}x{} mm, origin ({}, {}, {}) mm, direction {}",
            size[0],
            size[1],
            size[2],
            spacing[0],
            spacing[1],
            spacing[2],
            origin[0],
            origin[1],
            origin[2],
            columns(direction)
        )
    }
}

/// A box of voxels: first index and size along x, y, z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexBox {
    /// First voxel (x, y, z).
    pub start: [usize; 3],
    /// Number of voxels along x, y, z.
    pub size: [usize; 3],
}

impl IndexBox {
    /// The whole of a grid.
    pub fn whole(geometry: &Geometry) -> Self {
        Self { start: [0; 3], size: geometry.size() }
    }

    /// One past the last voxel along x, y, z.
    pub fn end(&self) -> [usize; 3] {
        std::array::from_fn(|a| self.start[a] + self.size[a])
    }

    /// The box grown by `margin` voxels to every side and cut at the borders of a grid of `size` voxels.
    pub fn grown(&self, margin: [usize; 3], size: [usize; 3]) -> Self {
        let start: [usize; 3] = std::array::from_fn(|a| self.start[a].saturating_sub(margin[a]));
        let end: [usize; 3] = std::array::from_fn(|a| self.end()[a].saturating_add(margin[a]).min(size[a]));
        Self { start, size: std::array::from_fn(|a| end[a].saturating_sub(start[a])) }
    }

    /// The smallest box that holds both.
    pub fn union(&self, other: &Self) -> Self {
        let start: [usize; 3] = std::array::from_fn(|a| self.start[a].min(other.start[a]));
        let end: [usize; 3] = std::array::from_fn(|a| self.end()[a].max(other.end()[a]));
        Self { start, size: std::array::from_fn(|a| end[a] - start[a]) }
    }

    /// Number of voxels.
    pub fn voxels(&self) -> usize {
        self.size.iter().product()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_and_point_are_inverse_for_an_oblique_grid() {
        let (s, c) = (0.6_f64, 0.8_f64);
        let grid = Geometry::new(
            [9, 8, 7],
            [0.7, 0.9, 3.0],
            [-5.0, 6.0, 70.0],
            [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]],
        )
        .unwrap();
        let back = grid.index(grid.point([1.5, 2.25, 3.0]));
        for (b, e) in back.iter().zip([1.5, 2.25, 3.0]) {
            assert!((b - e).abs() < 1e-12, "{b} {e}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_its_value() {
        for spacing in [[0.0, 1.0, 1.0], [1.0, f64::NAN, 1.0], [1.0, 1.0, f64::INFINITY], [1.0, -1.0, 1.0]] {
            assert!(matches!(Geometry::axial([1; 3], spacing), Err(GeometryError::Spacing(_))));
        }
        let sheared = [[1.0, 0.1, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let error = Geometry::new([1; 3], [1.0; 3], [0.0; 3], sheared).unwrap_err();
        assert!(error.to_string().contains("0.1"), "{error}");
        let nan = [[f64::NAN; 3]; 3];
        assert!(Geometry::new([1; 3], [1.0; 3], [0.0; 3], nan).is_err());
        assert!(Geometry::axial([0, 1, 1], [1.0; 3]).is_err());
    }

    #[test]
    fn mismatch_names_the_part_and_prints_both() {
        let a = Geometry::axial([2; 3], [1.0; 3]).unwrap();
        let b = Geometry::new([2; 3], [1.0; 3], [0.0, 0.0, 1e-3], Geometry::AXIAL).unwrap();
        let text = a.check_same(&b, 1e-6).unwrap_err().to_string();
        assert!(text.contains("origin") && text.contains("0.001"), "{text}");
        assert!(a.check_same(&b, 1e-2).is_ok());
    }

    #[test]
    fn a_box_grows_up_to_the_border() {
        let part = IndexBox { start: [1, 5, 0], size: [2, 2, 1] };
        let grown = part.grown([3, 1, 0], [10, 7, 4]);
        assert_eq!(grown, IndexBox { start: [0, 4, 0], size: [6, 3, 1] });
    }
}

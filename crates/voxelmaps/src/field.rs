//! The image around which windows are laid: grey levels and intensities with a border of outside.

use ndarray::Array3;
use radiomics_core::{Levels, levels::Binning};
use radiomics_imaging::IndexBox;

use crate::error::Error;

/// Grey levels 1, 2, …; 0 is no member of any window.
#[derive(Clone, Debug, PartialEq)]
pub enum GreyLevels {
    /// Up to 255.
    U8(Vec<u8>),
    /// Up to 65,535.
    U16(Vec<u16>),
}

impl GreyLevels {
    /// The level at a position.
    pub fn at(&self, position: usize) -> u32 {
        match self {
            Self::U8(levels) => u32::from(levels[position]),
            Self::U16(levels) => u32::from(levels[position]),
        }
    }
}

/// A crop with a border of [`Field::border`] voxels of outside, so that a window never leaves the arrays. x is fastest,
/// then y, then z.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    size: [usize; 3],
    border: usize,
    spacing: [f64; 3],
    levels: GreyLevels,
    highest: u32,
    distinct: usize,
    intensities: Vec<f64>,
}

impl Field {
    /// Discretises the members of a crop. Arrays are `[z, y, x]`; `border` is at least the radius of the windows.
    ///
    /// # Errors
    /// As [`Levels::new`]; [`Error::TooManyLevels`]; [`Error::TooManyVoxels`].
    pub fn new(
        image: &Array3<f64>,
        members: &Array3<bool>,
        spacing: [f64; 3],
        binning: Binning,
        border: usize,
    ) -> Result<Self, Error> {
        let levels = Levels::new(image, members, spacing, binning, 0)?;
        let (nz, ny, nx) = image.dim();
        let mut field = Self {
            size: [nx, ny, nz],
            border,
            spacing,
            levels: GreyLevels::U8(Vec::new()),
            highest: levels.highest(),
            distinct: levels.values().len(),
            intensities: Vec::new(),
        };
        let voxels = field.padded().iter().try_fold(1_usize, |n, &side| n.checked_mul(side));
        let voxels = voxels.filter(|&n| u32::try_from(n).is_ok());
        let voxels = voxels.ok_or(Error::TooManyVoxels { size: field.size, limit: u32::MAX })?;
        let too_many = |limit| Error::TooManyLevels { image: String::new(), highest: field.highest, limit };
        let level = |rank: u16| match usize::from(rank) {
            0 => 0,
            rank => levels.values()[rank - 1],
        };
        field.levels = match field.highest {
            0..=0xff => {
                let mut padded = vec![0; voxels];
                field.fill(&mut padded, |at| level(levels.ranks()[at]) as u8);
                GreyLevels::U8(padded)
            }
            0x100..=0xffff => {
                let mut padded = vec![0; voxels];
                field.fill(&mut padded, |at| level(levels.ranks()[at]) as u16);
                GreyLevels::U16(padded)
            }
            _ => return Err(too_many(u32::from(u16::MAX))),
        };
        let (image, members) = (image.as_standard_layout(), members.as_standard_layout());
        let (Some(image), Some(members)) = (image.as_slice(), members.as_slice()) else {
            return Ok(field); // never: both are in standard layout
        };
        let mut padded = vec![f64::NAN; voxels];
        field.fill(&mut padded, |at| if members[at] { image[at] } else { f64::NAN });
        field.intensities = padded;
        Ok(field)
    }

    /// Writes a value for each voxel of the crop into an array with border.
    fn fill<T>(&self, padded: &mut [T], value: impl Fn(usize) -> T) {
        let [nx, ny, nz] = self.size;
        for (z, y) in (0..nz).flat_map(|z| (0..ny).map(move |y| (z, y))) {
            let (from, to) = ((z * ny + y) * nx, self.position([0, y, z]));
            padded[to..to + nx].iter_mut().enumerate().for_each(|(x, cell)| *cell = value(from + x));
        }
    }

    /// Voxels of the crop along x, y, z.
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Width of the border.
    pub fn border(&self) -> usize {
        self.border
    }

    /// Voxels along x, y, z with the border on both sides.
    pub fn padded(&self) -> [usize; 3] {
        self.size.map(|n| n + 2 * self.border)
    }

    /// Voxel spacing along x, y, z in mm.
    pub fn spacing(&self) -> [f64; 3] {
        self.spacing
    }

    /// Grey levels with border.
    pub fn levels(&self) -> &GreyLevels {
        &self.levels
    }

    /// The highest grey level, PyRadiomics' `N_g`.
    pub fn highest(&self) -> u32 {
        self.highest
    }

    /// Number of different grey levels.
    pub fn distinct(&self) -> usize {
        self.distinct
    }

    /// Intensities with border; NaN where no member is.
    pub fn intensities(&self) -> &[f64] {
        &self.intensities
    }

    /// Position of a voxel of the crop (x, y, z) in the arrays with border.
    pub fn position(&self, [x, y, z]: [usize; 3]) -> usize {
        let [px, py, _] = self.padded();
        ((z + self.border) * py + y + self.border) * px + x + self.border
    }

    /// The voxel of the crop (x, y, z) at a position.
    pub fn voxel(&self, position: usize) -> [usize; 3] {
        let [px, py, _] = self.padded();
        [position % px, position / px % py, position / (px * py)].map(|i| i.wrapping_sub(self.border))
    }

    /// What to add to a position to go one step (x, y, z).
    pub fn offset(&self, [x, y, z]: [i32; 3]) -> isize {
        let [px, py, _] = self.padded();
        (z as isize * py as isize + y as isize) * px as isize + x as isize
    }

    /// The box of the window of a radius around a voxel, cut to the crop; `within` (0 = z, 1 = y, 2 = x) keeps it in the slice.
    pub fn window(&self, centre: [usize; 3], radius: usize, within: Option<u8>) -> IndexBox {
        let margin = std::array::from_fn(|axis| {
            if within.is_some_and(|w| 2 - usize::from(w.min(2)) == axis) { 0 } else { radius }
        });
        IndexBox { start: centre, size: [1; 3] }.grown(margin, self.size)
    }
}

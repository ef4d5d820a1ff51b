//! Voxels with their grid, in one known type ([`Volume`]) or in the type they were stored in ([`Image`]).

use std::fmt;

use ndarray::{Array3, s};

use crate::geometry::{Geometry, GeometryError, IndexBox};

/// Voxels of one type and the grid they lie on; `voxels` is indexed `[z, y, x]`, in standard layout.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume<T> {
    voxels: Array3<T>,
    geometry: Geometry,
}

/// Why voxels and a grid do not make a volume.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VolumeError {
    /// The array has another shape than the grid.
    #[error("voxel array has shape {array:?} (z, y, x), the grid asks for {grid:?}")]
    Shape {
        /// Shape of the array.
        array: [usize; 3],
        /// Shape of the grid.
        grid: [usize; 3],
    },
    /// A box reaches over the border of the volume.
    #[error("box from {start:?} of size {size:?} (x, y, z) reaches outside a volume of size {volume:?}")]
    Outside {
        /// First voxel of the box.
        start: [usize; 3],
        /// Size of the box.
        size: [usize; 3],
        /// Size of the volume.
        volume: [usize; 3],
    },
    /// The grid is no grid.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
}

impl<T> Volume<T> {
    /// Joins voxels and their grid. The array is brought into standard layout (x fastest) if it is not.
    ///
    /// # Errors
    /// [`VolumeError::Shape`] when they do not fit.
    pub fn new(voxels: Array3<T>, geometry: Geometry) -> Result<Self, VolumeError>
    where
        T: Clone,
    {
        let array = [voxels.dim().0, voxels.dim().1, voxels.dim().2];
        if array != geometry.shape() {
            return Err(VolumeError::Shape { array, grid: geometry.shape() });
        }
        let voxels =
            if voxels.is_standard_layout() { voxels } else { voxels.as_standard_layout().into_owned() };
        Ok(Self { voxels, geometry })
    }

    /// For arrays that have the shape of the grid and standard layout by construction.
    pub(crate) fn assemble(voxels: Array3<T>, geometry: Geometry) -> Self {
        Self { voxels, geometry }
    }

    /// The voxels, `[z, y, x]`.
    pub fn voxels(&self) -> &Array3<T> {
        &self.voxels
    }

    /// The grid.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// Gives the voxels away.
    pub fn into_voxels(self) -> Array3<T> {
        self.voxels
    }

    /// A copy of a part.
    ///
    /// # Errors
    /// [`VolumeError::Outside`] when the box reaches over the border.
    pub fn crop(&self, part: IndexBox) -> Result<Self, VolumeError>
    where
        T: Clone,
    {
        let geometry = inner(&self.geometry, part)?;
        let ([x, y, z], [ex, ey, ez]) = (part.start, part.end());
        Ok(Self { voxels: self.voxels.slice(s![z..ez, y..ey, x..ex]).to_owned(), geometry })
    }
}

fn inner(geometry: &Geometry, part: IndexBox) -> Result<Geometry, VolumeError> {
    let size = geometry.size();
    if (0..3).any(|a| part.start[a].checked_add(part.size[a]).is_none_or(|end| end > size[a])) {
        return Err(VolumeError::Outside { start: part.start, size: part.size, volume: size });
    }
    Ok(geometry.crop(part)?)
}

/// Runs an expression on the array inside a [`Voxels`](crate::Voxels), whatever its type.
///
/// ```
/// use radiomics_imaging::{Sample, Voxels, with_voxels};
/// let voxels = Voxels::I16(ndarray::arr3(&[[[1, 2, 3]]]));
/// let sum: f64 = with_voxels!(&voxels, |array| array.iter().map(|v| v.to_f64()).sum());
/// assert_eq!(sum, 6.0);
/// ```
#[macro_export]
macro_rules! with_voxels {
    ($voxels:expr, |$array:ident| $body:expr) => {
        match $voxels {
            $crate::Voxels::U8($array) => $body,
            $crate::Voxels::I8($array) => $body,
            $crate::Voxels::U16($array) => $body,
            $crate::Voxels::I16($array) => $body,
            $crate::Voxels::U32($array) => $body,
            $crate::Voxels::I32($array) => $body,
            $crate::Voxels::U64($array) => $body,
            $crate::Voxels::I64($array) => $body,
            $crate::Voxels::F32($array) => $body,
            $crate::Voxels::F64($array) => $body,
        }
    };
}

/// A type that voxels are stored in.
pub trait Sample: Copy + Default + PartialOrd + Send + Sync + fmt::Debug + 'static {
    /// Which type.
    const TYPE: SampleType;
    /// The value as a double; integers beyond 2⁵³ lose their last digits.
    fn to_f64(self) -> f64;
    /// Wraps an array.
    fn wrap(voxels: Array3<Self>) -> Voxels;
}

macro_rules! samples {
    ($($variant:ident $type:ty, $name:literal, $doc:literal;)*) => {
        /// The number types that image files store.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum SampleType { $(#[doc = $doc] $variant,)* }

        /// Voxels in the type they were stored in, `[z, y, x]`, in standard layout.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Voxels { $(#[doc = $doc] $variant(Array3<$type>),)* }

        $(impl Sample for $type {
            const TYPE: SampleType = SampleType::$variant;
            #[inline]
            fn to_f64(self) -> f64 { self as f64 }
            fn wrap(voxels: Array3<Self>) -> Voxels { Voxels::$variant(voxels) }
        })*

        impl SampleType {
            /// Bytes for one voxel.
            pub fn bytes(self) -> usize {
                match self { $(Self::$variant => size_of::<$type>(),)* }
            }

            /// The usual short name, such as `int16`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl Voxels {
            /// Which type.
            pub fn sample_type(&self) -> SampleType {
                match self { $(Self::$variant(_) => SampleType::$variant,)* }
            }
        }
    };
}

samples! {
    U8 u8, "uint8", "Unsigned, 8 bits.";
    I8 i8, "int8", "Signed, 8 bits.";
    U16 u16, "uint16", "Unsigned, 16 bits.";
    I16 i16, "int16", "Signed, 16 bits.";
    U32 u32, "uint32", "Unsigned, 32 bits.";
    I32 i32, "int32", "Signed, 32 bits.";
    U64 u64, "uint64", "Unsigned, 64 bits.";
    I64 i64, "int64", "Signed, 64 bits.";
    F32 f32, "float32", "Single precision.";
    F64 f64, "float64", "Double precision.";
}

impl SampleType {
    /// True for single and double precision.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }
}

impl fmt::Display for SampleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A volume in the type it was stored in: a scan stays `int16` until the region of interest is cut out.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    voxels: Voxels,
    geometry: Geometry,
}

impl Image {
    /// The stored voxels.
    pub fn voxels(&self) -> &Voxels {
        &self.voxels
    }

    /// The grid.
    pub fn geometry(&self) -> &Geometry {
        &self.geometry
    }

    /// The number type.
    pub fn sample_type(&self) -> SampleType {
        self.voxels.sample_type()
    }

    /// Gives the voxels away.
    pub fn into_voxels(self) -> Voxels {
        self.voxels
    }

    /// For arrays that have the shape of the grid by construction.
    pub(crate) fn assemble(voxels: Voxels, geometry: Geometry) -> Self {
        Self { voxels, geometry }
    }

    /// A part of the image as doubles, and its grid.
    ///
    /// # Errors
    /// [`VolumeError::Outside`] when the box reaches over the border.
    pub fn crop_f64(&self, part: IndexBox) -> Result<Volume<f64>, VolumeError> {
        let geometry = inner(&self.geometry, part)?;
        let ([x, y, z], [ex, ey, ez]) = (part.start, part.end());
        let voxels = with_voxels!(&self.voxels, |a| a.slice(s![z..ez, y..ey, x..ex]).mapv(Sample::to_f64));
        Ok(Volume { voxels, geometry })
    }

    /// The whole image as doubles.
    pub fn to_f64(&self) -> Volume<f64> {
        let voxels = with_voxels!(&self.voxels, |a| a.mapv(Sample::to_f64));
        Volume { voxels, geometry: self.geometry }
    }
}

impl<T: Sample> From<Volume<T>> for Image {
    fn from(volume: Volume<T>) -> Self {
        Self { voxels: T::wrap(volume.voxels), geometry: volume.geometry }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crop_keeps_positions() {
        let geometry = Geometry::new([4, 3, 2], [1.0, 2.0, 3.0], [10.0, 0.0, 0.0], Geometry::AXIAL).unwrap();
        let voxels = Array3::from_shape_fn([2, 3, 4], |(z, y, x)| (100 * z + 10 * y + x) as i16);
        let volume = Volume::new(voxels, geometry).unwrap();
        let part = IndexBox { start: [1, 2, 1], size: [3, 1, 1] };
        let crop = volume.crop(part).unwrap();
        assert_eq!(crop.voxels(), &ndarray::arr3(&[[[121, 122, 123]]]));
        assert_eq!(crop.geometry().origin(), [11.0, 4.0, 3.0]);
        let image = Image::from(volume);
        assert_eq!(image.crop_f64(part).unwrap().voxels(), &ndarray::arr3(&[[[121.0, 122.0, 123.0]]]));
        assert!(image.crop_f64(IndexBox { start: [2, 0, 0], size: [3, 1, 1] }).is_err());
        assert!(image.crop_f64(IndexBox { start: [usize::MAX, 0, 0], size: [3, 1, 1] }).is_err());
    }

    #[test]
    fn other_layouts_are_brought_into_standard_layout() {
        let geometry = Geometry::axial([2, 2, 1], [1.0; 3]).unwrap();
        let transposed = ndarray::arr3(&[[[1_u8], [2]], [[3], [4]]]).reversed_axes();
        let volume = Volume::new(transposed, geometry).unwrap();
        assert!(volume.voxels().is_standard_layout());
        assert!(Volume::new(Array3::<u8>::zeros([2, 2, 2]), geometry).is_err());
    }
}

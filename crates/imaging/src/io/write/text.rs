//! Text headers of NRRD and MetaImage. Numbers have the digits that read back to the same double.

use crate::{
    geometry::Geometry,
    volume::{Image, SampleType},
};

fn joined(values: impl IntoIterator<Item = impl ToString>, between: &str) -> String {
    values.into_iter().map(|v| v.to_string()).collect::<Vec<_>>().join(between)
}

/// The column of the direction matrix for each axis, times a factor.
fn axes(geometry: &Geometry, factor: [f64; 3]) -> [[f64; 3]; 3] {
    let direction = geometry.direction();
    std::array::from_fn(|c| std::array::from_fn(|r| direction[r][c] * factor[c]))
}

/// Header of an NRRD; `data` names the file of the voxels where they do not follow.
pub(super) fn nrrd(image: &Image, gzip: bool, data: Option<&str>) -> String {
    let geometry = image.geometry();
    let name = match image.sample_type() {
        SampleType::U8 => "unsigned char",
        SampleType::I8 => "signed char",
        SampleType::U16 => "unsigned short",
        SampleType::I16 => "short",
        SampleType::U32 => "unsigned int",
        SampleType::I32 => "int",
        SampleType::U64 => "unsigned long long",
        SampleType::I64 => "long long",
        SampleType::F32 => "float",
        SampleType::F64 => "double",
    };
    let vector = |v: &[f64; 3]| format!("({})", joined(v, ","));
    let last = data.map_or(String::new(), |data| format!("data file: {data}"));
    format!(
        "NRRD0004\n\
         type: {name}\n\
         dimension: 3\n\
         space: left-posterior-superior\n\
         sizes: {}\n\
         space directions: {}\n\
         kinds: domain domain domain\n\
         endian: little\n\
         encoding: {}\n\
         space origin: {}\n\
         {last}\n",
        joined(geometry.size(), " "),
        joined(axes(geometry, geometry.spacing()).iter().map(vector), " "),
        if gzip { "gzip" } else { "raw" },
        vector(&geometry.origin()),
    )
}

/// Header of a MetaImage; `packed` is the size of the compressed voxels, `None` where they are not compressed.
pub(super) fn metaimage(image: &Image, packed: Option<u64>, data: &str) -> String {
    let geometry = image.geometry();
    let name = match image.sample_type() {
        SampleType::U8 => "MET_UCHAR",
        SampleType::I8 => "MET_CHAR",
        SampleType::U16 => "MET_USHORT",
        SampleType::I16 => "MET_SHORT",
        SampleType::U32 => "MET_UINT",
        SampleType::I32 => "MET_INT",
        SampleType::U64 => "MET_ULONG_LONG",
        SampleType::I64 => "MET_LONG_LONG",
        SampleType::F32 => "MET_FLOAT",
        SampleType::F64 => "MET_DOUBLE",
    };
    let compression = match packed {
        Some(size) => format!("CompressedData = True\nCompressedDataSize = {size:020}"),
        None => "CompressedData = False".into(),
    };
    format!(
        "ObjectType = Image\n\
         NDims = 3\n\
         BinaryData = True\n\
         BinaryDataByteOrderMSB = False\n\
         {compression}\n\
         TransformMatrix = {}\n\
         Offset = {}\n\
         CenterOfRotation = 0 0 0\n\
         ElementSpacing = {}\n\
         DimSize = {}\n\
         ElementType = {name}\n\
         ElementDataFile = {data}\n",
        joined(axes(geometry, [1.0; 3]).iter().flatten(), " "),
        joined(geometry.origin(), " "),
        joined(geometry.spacing(), " "),
        joined(geometry.size(), " "),
    )
}

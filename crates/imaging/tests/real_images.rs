//! Real images: geometry to the last bit and a checksum of all voxels, as SimpleITK 2.5.7 reads them.

use flate2::Crc;
use radiomics_imaging::{
    SampleType, Voxels,
    io::{ReadOptions, header, read},
};
use radiomics_phantoms::reference::shared;

/// File, type, size, spacing, origin, direction rows, CRC-32 of the voxels as little-endian bytes.
type Row = (&'static str, SampleType, [usize; 3], [f64; 3], [f64; 3], [[f64; 3]; 3], u32);

#[test]
fn real_images_read_as_simpleitk_reads_them() {
    for (file, sample, size, spacing, origin, direction, sum) in IMAGES {
        let Some(path) = shared(file) else { return };
        let head = header(&path).unwrap();
        let image = read(&path, &ReadOptions::default()).unwrap();
        assert_eq!(head.geometry, *image.geometry(), "{file}");
        assert_eq!((head.frames, head.components), (1, 1), "{file}");
        assert_eq!(head.bytes_on_disk, path.metadata().unwrap().len(), "{file}");
        assert_eq!(image.sample_type(), *sample, "{file}");
        let grid = image.geometry();
        assert_eq!(grid.size(), *size, "{file}");
        assert_eq!(grid.spacing(), *spacing, "{file}");
        assert_eq!(grid.origin(), *origin, "{file}");
        assert_eq!(grid.direction(), *direction, "{file}");
        assert_eq!(checksum(image.voxels()), *sum, "{file}");
    }
}

fn checksum(voxels: &Voxels) -> u32 {
    let mut crc = Crc::new();
    macro_rules! add {
        ($array:expr) => {
            $array.iter().for_each(|v| crc.update(&v.to_le_bytes()))
        };
    }
    match voxels {
        Voxels::U8(a) => add!(a),
        Voxels::I8(a) => add!(a),
        Voxels::U16(a) => add!(a),
        Voxels::I16(a) => add!(a),
        Voxels::U32(a) => add!(a),
        Voxels::I32(a) => add!(a),
        Voxels::U64(a) => add!(a),
        Voxels::I64(a) => add!(a),
        Voxels::F32(a) => add!(a),
        Voxels::F64(a) => add!(a),
    }
    crc.sum()
}

#[rustfmt::skip] // a table: one line for each file
const IMAGES: &[Row] = &[
    ("data/pyradiomics/brain1_image.nrrd", SampleType::I16, [256, 256, 25], [0.7812499999999999, 0.7812499999999999, 6.499999999999998], [-99.60937499999999, 99.60937499999999, -77.99999999999996], [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]], 0x2dba4966),
    ("data/pyradiomics/brain1_label.nrrd", SampleType::I32, [256, 256, 25], [0.7812499999999999, 0.7812499999999999, 6.499999999999998], [-99.60937499999999, 99.60937499999999, -77.99999999999996], [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]], 0x0fc17a6b),
    ("data/pyradiomics/brain1_label_multi.nrrd", SampleType::U8, [256, 256, 25], [0.7812499999999999, 0.7812499999999999, 6.499999999999998], [-99.60937499999999, 99.60937499999999, -77.99999999999996], [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]], 0x87730031),
    ("data/pyradiomics/brain1_label_slice.nrrd", SampleType::U8, [256, 256, 25], [0.7812499999999999, 0.7812499999999999, 6.499999999999998], [-99.60937499999999, 99.60937499999999, -77.99999999999996], [[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]], 0xe9480090),
    ("data/pyradiomics/breast1_image.nrrd", SampleType::I16, [45, 120, 21], [0.664062, 0.664062, 2.1], [-116.54304, -48.14465400000001, 9.45000000000003], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x3bdfba5e),
    ("data/pyradiomics/breast1_label.nrrd", SampleType::I16, [45, 120, 21], [0.664062, 0.664062, 2.1], [-116.54304, -48.14465400000001, 9.45000000000003], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x258e4760),
    ("data/pyradiomics/breast1_label_multi.nrrd", SampleType::U8, [45, 120, 21], [0.664062, 0.664062, 2.1], [-116.54304, -48.14465400000001, 9.45000000000003], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x85c7d951),
    ("data/pyradiomics/breast1_label_slice.nrrd", SampleType::U8, [45, 120, 21], [0.664062, 0.664062, 2.1], [-116.54304, -48.14465400000001, 9.45000000000003], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x0c5d5be1),
    ("data/pyradiomics/lung1_image.nrrd", SampleType::I16, [512, 512, 48], [0.5703125, 0.5703125, 5.0], [-146.0, -325.0, -777.4999999999998], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xbd5c819d),
    ("data/pyradiomics/lung1_label.nrrd", SampleType::I16, [512, 512, 48], [0.5703125, 0.5703125, 5.0], [-146.0, -325.0, -777.4999999999998], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x075ff819),
    ("data/pyradiomics/lung1_label_multi.nrrd", SampleType::U8, [512, 512, 48], [0.5703125, 0.5703125, 5.0], [-146.0, -325.0, -777.4999999999998], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xc3b9075c),
    ("data/pyradiomics/lung1_label_slice.nrrd", SampleType::U8, [512, 512, 48], [0.5703125, 0.5703125, 5.0], [-146.0, -325.0, -777.4999999999998], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x466e433a),
];

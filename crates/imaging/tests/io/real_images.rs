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
    ("data/ibsi1_ct_phantom/nifti/image.nii.gz", SampleType::F32, [204, 201, 60], [0.9769999980926514, 0.9769999980926514, 3.0], [-174.39450073242188, -79.62550354003906, -100.4000015258789], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x92174b7c),
    ("data/ibsi1_ct_phantom/nifti/mask.nii.gz", SampleType::U8, [204, 201, 60], [0.9769999980926514, 0.9769999980926514, 3.0], [-174.39450073242188, -79.62550354003906, -100.4000015258789], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x5a85bba1),
    ("data/ibsi1_digital_phantom/image.nii.gz", SampleType::I16, [5, 4, 4], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xccc356a5),
    ("data/ibsi1_digital_phantom/mask.nii.gz", SampleType::I16, [5, 4, 4], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x35c204ac),
    ("data/ibsi2_digital_phantoms/checkerboard.nii.gz", SampleType::U8, [64, 64, 64], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x19c0e1bb),
    ("data/ibsi2_digital_phantoms/empty.nii.gz", SampleType::U8, [64, 64, 64], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xe20eea22),
    ("data/ibsi2_digital_phantoms/full_mask_64.nii.gz", SampleType::U8, [64, 64, 64], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x2aee53fe),
    ("data/ibsi2_digital_phantoms/impulse.nii.gz", SampleType::U8, [64, 64, 64], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x542807e1),
    ("data/ibsi2_digital_phantoms/noise.nii.gz", SampleType::U8, [64, 64, 64], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xcfac0df4),
    ("data/ibsi2_digital_phantoms/orientation.nii.gz", SampleType::U8, [32, 48, 64], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xb3b89e2e),
    ("data/ibsi2_digital_phantoms/pattern_1.nii.gz", SampleType::U8, [64, 64, 64], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xe2079a37),
    ("data/ibsi2_digital_phantoms/pattern_2.nii.gz", SampleType::U8, [64, 64, 64], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xf1aad451),
    ("data/ibsi2_digital_phantoms/pattern_3.nii.gz", SampleType::U8, [64, 64, 64], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x0ca5614d),
    ("data/ibsi2_digital_phantoms/sphere.nii.gz", SampleType::U8, [64, 64, 64], [2.0, 2.0, 2.0], [0.0, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x68c6f1ab),
    ("data/ibsi_validation_sts/STS_001/CT_image.nii.gz", SampleType::F32, [198, 202, 59], [0.9765620231628418, 0.9765620231628418, 3.2699999809265137], [-23.4376163482666, -86.91414642333984, -881.3200073242188], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x592bb927),
    ("data/ibsi_validation_sts/STS_001/CT_mask.nii.gz", SampleType::U8, [198, 202, 59], [0.9765620231628418, 0.9765620231628418, 3.2699999809265137], [-23.4376163482666, -86.91414642333984, -881.3200073242188], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x9079ad1a),
    ("data/ibsi_validation_sts/STS_001/MR_T1_image.nii.gz", SampleType::F32, [174, 158, 59], [0.9765620231628418, 0.9765620231628418, 3.2699549198150635], [-0.0001373291015625, -67.38290405273438, -881.3145751953125], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x6790d3c6),
    ("data/ibsi_validation_sts/STS_001/MR_T1_mask.nii.gz", SampleType::U8, [174, 158, 59], [0.9765620231628418, 0.9765620231628418, 3.2699549198150635], [-0.0001373291015625, -67.38290405273438, -881.3145751953125], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x4cfc9d26),
    ("data/ibsi_validation_sts/STS_001/PET_image.nii.gz", SampleType::F32, [41, 43, 59], [4.6875, 4.6875, 3.2699999809265137], [-21.09375, -86.71875, -881.2999877929688], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x634015f9),
    ("data/ibsi_validation_sts/STS_001/PET_mask.nii.gz", SampleType::U8, [41, 43, 59], [4.6875, 4.6875, 3.2699999809265137], [-21.09375, -86.71875, -881.2999877929688], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xce04167d),
    ("data/ibsi_validation_sts/STS_002/CT_image.nii.gz", SampleType::F32, [161, 143, 48], [0.9765620231628418, 0.9765620231628418, 3.2699999809265137], [1.952996015548706, 59.570152282714844, -629.0399780273438], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x09b46fd4),
    ("data/ibsi_validation_sts/STS_002/CT_mask.nii.gz", SampleType::U8, [161, 143, 48], [0.9765620231628418, 0.9765620231628418, 3.2699999809265137], [1.952996015548706, 59.570152282714844, -629.0399780273438], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xad889ef2),
    ("data/ibsi_validation_sts/STS_002/MR_T1_image.nii.gz", SampleType::F32, [115, 90, 35], [0.9765620231628418, 0.9765620231628418, 3.2699549198150635], [30.273311614990234, 88.86702728271484, -609.4174194335938], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x4ca56dc5),
    ("data/ibsi_validation_sts/STS_002/MR_T1_mask.nii.gz", SampleType::U8, [115, 90, 35], [0.9765620231628418, 0.9765620231628418, 3.2699549198150635], [30.273311614990234, 88.86702728271484, -609.4174194335938], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x87a1aefa),
    ("data/ibsi_validation_sts/STS_002/PET_image.nii.gz", SampleType::F32, [30, 27, 48], [5.46875, 5.46875, 3.2699999809265137], [2.734380006790161, 57.421878814697266, -629.02001953125], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x88fd4b5a),
    ("data/ibsi_validation_sts/STS_002/PET_mask.nii.gz", SampleType::U8, [30, 27, 48], [5.46875, 5.46875, 3.2699999809265137], [2.734380006790161, 57.421878814697266, -629.02001953125], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xf2c710e0),
    ("data/ibsi_validation_sts/STS_008/CT_image.nii.gz", SampleType::F32, [141, 137, 51], [0.9765620231628418, 0.9765620231628418, 3.2699999809265137], [110.35137939453125, -56.640724182128906, -272.95001220703125], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xe12cdb02),
    ("data/ibsi_validation_sts/STS_008/CT_mask.nii.gz", SampleType::U8, [141, 137, 51], [0.9765620231628418, 0.9765620231628418, 3.2699999809265137], [110.35137939453125, -56.640724182128906, -272.95001220703125], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x5f15b095),
    ("data/ibsi_validation_sts/STS_008/MR_T1_image.nii.gz", SampleType::F32, [77, 79, 28], [0.9765620231628418, 0.9765620231628418, 3.2699599266052246], [141.6013641357422, -33.20322799682617, -230.44256591796875], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x39734a50),
    ("data/ibsi_validation_sts/STS_008/MR_T1_mask.nii.gz", SampleType::U8, [77, 79, 28], [0.9765620231628418, 0.9765620231628418, 3.2699599266052246], [141.6013641357422, -33.20322799682617, -230.44256591796875], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0xb1dbcf4f),
    ("data/ibsi_validation_sts/STS_008/PET_image.nii.gz", SampleType::F32, [30, 29, 51], [4.6875, 4.6875, 3.2699999809265137], [110.15625, -53.90625, -272.92999267578125], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x3f372e26),
    ("data/ibsi_validation_sts/STS_008/PET_mask.nii.gz", SampleType::U8, [30, 29, 51], [4.6875, 4.6875, 3.2699999809265137], [110.15625, -53.90625, -272.92999267578125], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], 0x831f2cf9),
];

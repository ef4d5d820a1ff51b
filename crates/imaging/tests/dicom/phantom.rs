//! The IBSI CT phantom: the same volume from DICOM and from NIfTI.

use radiomics_imaging::io::{
    self, ReadOptions,
    dicom::{self, SeriesOptions},
};
use radiomics_phantoms::reference::shared;

#[test]
fn any_reader_takes_dicom() {
    let Some(folder) = shared("data/ibsi1_ct_phantom") else { return };
    let options = ReadOptions::default();
    let header = io::header(folder.join("dicom/image")).unwrap();
    assert_eq!((header.format.name(), header.sample_type.name(), header.frames), ("DICOM", "int16", 1));
    assert_eq!(header.bytes_on_disk, 4_992_114);
    let image = io::read(folder.join("dicom/image"), &options).unwrap();
    assert_eq!(header.geometry, *image.geometry());
    let slice = io::read(folder.join("dicom/image/DCM_IMG_00007.dcm"), &options).unwrap();
    assert_eq!(slice.geometry().size(), [204, 201, 1]);
    let contours =
        io::read_mask(folder.join("dicom/mask/DCM_RS_00060.dcm"), &options).unwrap_err().to_string();
    assert!(contours.contains("grid of an image"), "{contours}");
    let nothing = io::read(folder.join("nifti"), &options).unwrap_err().to_string();
    assert!(nothing.contains("is a folder") && nothing.contains("DICOM"), "{nothing}");
}

#[test]
fn the_ct_phantom_is_the_same_from_dicom_and_nifti() {
    let Some(folder) = shared("data/ibsi1_ct_phantom") else { return };
    let series = dicom::read(&folder.join("dicom/image"), &SeriesOptions::default()).unwrap();
    let nifti = io::read(folder.join("nifti/image.nii.gz"), &ReadOptions::default()).unwrap();
    // The NIfTI file keeps its affine in single precision.
    nifti.geometry().check_same(series.image.geometry(), 1e-6).unwrap();
    assert_eq!(series.image.sample_type().name(), "int16");
    assert_eq!(series.image.to_f64().voxels(), nifti.to_f64().voxels());
    assert_eq!(series.notes, Vec::<String>::new());
}

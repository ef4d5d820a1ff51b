//! The IBSI CT phantom: the same volume from DICOM and from NIfTI.

use radiomics_imaging::io::{
    self, ReadOptions,
    dicom::{self, SeriesOptions},
};
use radiomics_phantoms::reference::shared;

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

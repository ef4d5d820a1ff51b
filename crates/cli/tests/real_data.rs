//! Real scans: the IBSI CT phantom as NIfTI and as DICOM, and the sarcoma patients of the IBSI validation set.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // helpers of tests: a failed unwrap is a failed test

mod common;

use common::{Folder, rows};
use radiomics_phantoms::reference::shared;

#[test]
fn the_ct_phantom_has_the_same_features_from_dicom_and_nifti() {
    let Some(data) = shared("data/ibsi1_ct_phantom") else { return };
    let folder = Folder::new();
    let extract = |image: &str, mask: &str, more: &[&str]| {
        let mut command = folder.command();
        command.args(["extract", "--quiet", "-s", "additionalInfo:false"]);
        command.arg(data.join(image)).arg(data.join(mask)).args(more);
        rows(&common::Run::of(&mut command).fine()).remove(0)
    };
    let nifti = extract("nifti/image.nii.gz", "nifti/mask.nii.gz", &[]);
    let contours = "dicom/mask/DCM_RS_00060.dcm";
    let dicom = extract("dicom/image", contours, &["--roi", "GTV-1"]);
    // The only region needs no name; nor does its file where a folder holds no other; and one folder may hold all.
    for (image, mask) in [("dicom/image", contours), ("dicom/image", "dicom/mask"), ("dicom", "dicom")] {
        let row = extract(image, mask, &[]);
        for (name, value) in dicom.iter().filter(|(name, _)| name.starts_with("original_")) {
            assert_eq!(row[name], *value, "{name}");
        }
    }
    let mut compared = 0;
    for (name, value) in nifti.iter().filter(|(name, _)| name.starts_with("original_")) {
        let (a, b): (f64, f64) = (value.parse().unwrap(), dicom[name].parse().unwrap());
        // The NIfTI file keeps spacing in single precision; textures and histograms know no spacing.
        let allowed =
            if name.starts_with("original_shape") || name.ends_with("TotalEnergy") { 1e-6 } else { 0.0 };
        assert!((a - b).abs() <= allowed * a.abs(), "{name}: {a} {b}");
        compared += 1;
    }
    assert_eq!(compared, 107);
}

#[test]
fn sarcoma_patients_give_features() {
    let Some(data) = shared("data/ibsi_validation_sts") else { return };
    let folder = Folder::new();
    let mut seen = 0;
    for patient in ["STS_001", "STS_002", "STS_008"] {
        for modality in ["CT", "PET", "MR_T1"] {
            let file = |what: &str| data.join(patient).join(format!("{modality}_{what}.nii.gz"));
            // Bins that suit the unit: HU, SUV, fractions of the intensity of fat.
            let width = match modality {
                "CT" => "binWidth:25",
                "PET" => "binWidth:0.25",
                _ => "binCount:32",
            };
            let mut command = folder.command();
            command.args(["extract", "--quiet", "-s", width]).arg(file("image")).arg(file("mask"));
            let row = rows(&common::Run::of(&mut command).fine()).remove(0);
            let features: Vec<(&str, f64)> = row
                .iter()
                .filter(|(name, _)| name.starts_with("original_"))
                .map(|(name, value)| (name.as_str(), value.parse().unwrap()))
                .collect();
            assert_eq!(features.len(), 107, "{patient} {modality}");
            for (name, value) in features {
                assert!(value.is_finite(), "{patient} {modality} {name}: {value}");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 9);
}

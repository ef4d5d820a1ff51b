//! Errors as one readable paragraph: what, where, found, expected, and what to do.

use std::io;

use radiomics_core::Error;
use radiomics_imaging::{
    GeometryError, MaskError,
    io::{ReadError, dicom::DicomError},
};

/// The paragraph for an error: its causes joined, without repetitions, and advice where there is some.
pub fn paragraph(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        // Many errors print their cause themselves.
        if text.contains(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    match error.chain().find_map(advice) {
        Some(advice) => format!("error: {text}\n  hint: {advice}"),
        None => format!("error: {text}"),
    }
}

/// Whether the reader of our output has gone, as `head` does when it has seen enough.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}

fn advice(cause: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    if let Some(error) = cause.downcast_ref::<ReadError>() {
        return reading(error);
    }
    if let Some(error) = cause.downcast_ref::<Error>() {
        return extracting(error);
    }
    if let Some(error) = cause.downcast_ref::<MaskError>() {
        return masking(error);
    }
    let error = cause.downcast_ref::<io::Error>()?;
    Some(match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "the disk or the quota is full; free some space or write elsewhere. Existing files are unchanged"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "choose a place that you may write to"
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            "the folder must exist; make it first, or choose another"
        }
        _ => return None,
    })
}

fn reading(error: &ReadError) -> Option<&'static str> {
    Some(match error {
        ReadError::Missing { path } if path.is_relative() => {
            "check the name; relative names start at the current folder"
        }
        ReadError::Missing { .. } => "check the name and the folders in front of it",
        ReadError::Folder { .. } => {
            "no file in it, or in the folders inside, is DICOM; name one image file, or the folder of a DICOM series"
        }
        ReadError::Empty { .. } | ReadError::Truncated { .. } | ReadError::Damaged { .. } => {
            "the file is incomplete or damaged; copy or export it again"
        }
        ReadError::Implausible { .. } | ReadError::TooLarge { .. } => {
            "the header is damaged or made to exhaust memory; export the image again"
        }
        ReadError::Geometry { source: GeometryError::Direction(_), .. } => {
            "a tilted or sheared grid has no voxel spacing of its own; resample the image onto a rectangular grid"
        }
        ReadError::Geometry { .. } => "export the image again with its true geometry",
        ReadError::FrameNeeded { .. } | ReadError::NoFrame { .. } => "choose a volume with --frame N",
        ReadError::OutsideFolder { .. } => {
            "put header and data file into one folder and name the data file alone"
        }
        ReadError::Mask { source, .. } => return masking(source),
        ReadError::Dicom { source, .. } => return dicom(source.cause()),
        _ => return None,
    })
}

fn dicom(error: &DicomError) -> Option<&'static str> {
    Some(match error {
        DicomError::ManySeries { .. } | DicomError::NoSuchSeries { .. } => {
            "choose one with --series N; `radiomics info FOLDER --identifiers` shows descriptions and UIDs"
        }
        DicomError::Duplicates { .. } | DicomError::NoSuchVolume { .. } => {
            "of several volumes in one series, --frame N chooses one, counted from 0; copies must be removed"
        }
        DicomError::Gaps { .. } | DicomError::Uneven { .. } => {
            "is the export complete? Slices that were never made cannot be made up: resample the scan elsewhere \
             if that is what you want"
        }
        DicomError::Tilt { .. } => "--resample-tilt straightens the volume by linear interpolation",
        DicomError::NoSuchRegion { .. } | DicomError::AmbiguousRegion { .. } | DicomError::Overlap { .. } => {
            "choose a region with --roi NAME or --roi NUMBER, or each on its own with --roi all"
        }
        DicomError::OffGrid { what: "ROI", .. } => {
            "is this the series the contours were drawn on? If it is, --stray-contours nearest or skip takes the \
             others"
        }
        DicomError::OffGrid { .. } => "is this the series the segmentation was made on?",
        DicomError::Length { .. } | DicomError::Damaged { .. } | DicomError::Codec { .. } => {
            "the file is incomplete or damaged; export it again"
        }
        DicomError::Limit { .. } => "the header is damaged or made to exhaust memory; export the file again",
        DicomError::Missing { .. } => {
            "export the series again with all fields; --missing-geometry takes images without position or spacing"
        }
        DicomError::Suv(_) => "leave --suv out to take the values as they are stored",
        _ => return None,
    })
}

fn masking(error: &MaskError) -> Option<&'static str> {
    Some(match error {
        MaskError::NotALabel { .. } => {
            "are image and mask in the right order? A probability map must be cut at a threshold first"
        }
        MaskError::AbsentLabel { .. } => "choose one with --label N, or take all with --label all",
        _ => return None,
    })
}

fn extracting(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::MaskGrid(_) => {
            "is this the mask of this scan? If it is, -s correctMask:true resamples it onto the scan, and \
             -s geometryTolerance:1e-3 accepts small differences"
        }
        Error::Mask(error) => return masking(error),
        Error::NotFinite { .. } | Error::NotFiniteAt { .. } => {
            "replace such voxels in the image, or leave them out of the mask"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn causes_are_joined_once_and_advice_follows() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = Err::<(), _>(full).context("cannot write out.csv").unwrap_err();
        let text = paragraph(&error);
        assert!(text.starts_with("error: cannot write out.csv: no storage space"), "{text}");
        assert!(text.contains("hint: the disk"), "{text}");

        let mask = MaskError::AbsentLabel { label: 5, present: vec![1, 2] };
        let error = Err::<(), _>(Error::from(mask)).context("label 5 of mask.nii").unwrap_err();
        let text = paragraph(&error);
        assert_eq!(text.matches("is not in the mask").count(), 1, "{text}");
        assert!(text.contains("1, 2") && text.contains("--label"), "{text}");
    }
}

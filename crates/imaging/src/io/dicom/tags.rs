//! The attributes this reader knows: tag, value representation and the name the standard gives (PS3.6).

use std::fmt;

/// An attribute: its tag, the type its value has in implicit encodings, its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub(crate) tag: Tag,
    /// Value representation by the dictionary; files that state one are believed instead.
    pub(crate) vr: [u8; 2],
    pub(crate) name: &'static str,
}

/// Group and element number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tag(pub(crate) u16, pub(crate) u16);

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({:04X},{:04X})", self.0, self.1)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.tag)
    }
}

macro_rules! attributes {
    ($($name:ident $group:literal $element:literal $vr:literal $words:literal;)*) => {
        $(pub(crate) const $name: Attribute =
            Attribute { tag: Tag($group, $element), vr: *$vr, name: $words };)*
    };
}

attributes! {
    // File meta information
    TRANSFER_SYNTAX 0x0002 0x0010 b"UI" "Transfer Syntax UID";
    DIRECTORY_RECORDS 0x0004 0x1220 b"SQ" "Directory Record Sequence";
    // Identification
    CHARACTER_SET 0x0008 0x0005 b"CS" "Specific Character Set";
    IMAGE_TYPE 0x0008 0x0008 b"CS" "Image Type";
    SOP_CLASS 0x0008 0x0016 b"UI" "SOP Class UID";
    STUDY_DATE 0x0008 0x0020 b"DA" "Study Date";
    MODALITY 0x0008 0x0060 b"CS" "Modality";
    SERIES_DATE 0x0008 0x0021 b"DA" "Series Date";
    ACQUISITION_DATE 0x0008 0x0022 b"DA" "Acquisition Date";
    SERIES_TIME 0x0008 0x0031 b"TM" "Series Time";
    ACQUISITION_TIME 0x0008 0x0032 b"TM" "Acquisition Time";
    PATIENT_NAME 0x0010 0x0010 b"PN" "Patient's Name";
    PATIENT_ID 0x0010 0x0020 b"LO" "Patient ID";
    PATIENT_WEIGHT 0x0010 0x1030 b"DS" "Patient's Weight";
    SERIES_DESCRIPTION 0x0008 0x103E b"LO" "Series Description";
    REFERENCED_SERIES 0x0008 0x1115 b"SQ" "Referenced Series Sequence";
    SLICE_THICKNESS 0x0018 0x0050 b"DS" "Slice Thickness";
    ECHO_TIME 0x0018 0x0081 b"DS" "Echo Time";
    ECHO_NUMBERS 0x0018 0x0086 b"IS" "Echo Number(s)";
    SLICE_SPACING 0x0018 0x0088 b"DS" "Spacing Between Slices";
    TRIGGER_TIME 0x0018 0x1060 b"DS" "Trigger Time";
    IMAGER_PIXEL_SPACING 0x0018 0x1164 b"DS" "Imager Pixel Spacing";
    RADIOPHARMACEUTICAL_START_TIME 0x0018 0x1072 b"TM" "Radiopharmaceutical Start Time";
    RADIONUCLIDE_TOTAL_DOSE 0x0018 0x1074 b"DS" "Radionuclide Total Dose";
    RADIONUCLIDE_HALF_LIFE 0x0018 0x1075 b"DS" "Radionuclide Half Life";
    RADIOPHARMACEUTICAL_START_DATETIME 0x0018 0x1078 b"DT" "Radiopharmaceutical Start DateTime";
    B_VALUE 0x0018 0x9087 b"FD" "Diffusion b-value";
    EFFECTIVE_ECHO_TIME 0x0018 0x9082 b"FD" "Effective Echo Time";
    MR_ECHO 0x0018 0x9114 b"SQ" "MR Echo Sequence";
    MR_DIFFUSION 0x0018 0x9117 b"SQ" "MR Diffusion Sequence";
    CARDIAC_SYNCHRONIZATION 0x0018 0x9118 b"SQ" "Cardiac Synchronization Sequence";
    CARDIAC_DELAY 0x0020 0x9153 b"FD" "Nominal Cardiac Trigger Delay Time";
    // Relationship
    STUDY_UID 0x0020 0x000D b"UI" "Study Instance UID";
    SERIES_UID 0x0020 0x000E b"UI" "Series Instance UID";
    SERIES_NUMBER 0x0020 0x0011 b"IS" "Series Number";
    ACQUISITION_NUMBER 0x0020 0x0012 b"IS" "Acquisition Number";
    IMAGE_POSITION 0x0020 0x0032 b"DS" "Image Position (Patient)";
    IMAGE_ORIENTATION 0x0020 0x0037 b"DS" "Image Orientation (Patient)";
    FRAME_OF_REFERENCE 0x0020 0x0052 b"UI" "Frame of Reference UID";
    TEMPORAL_POSITION 0x0020 0x0100 b"IS" "Temporal Position Identifier";
    STACK_ID 0x0020 0x9056 b"SH" "Stack ID";
    FRAME_CONTENT 0x0020 0x9111 b"SQ" "Frame Content Sequence";
    PLANE_POSITION 0x0020 0x9113 b"SQ" "Plane Position Sequence";
    PLANE_ORIENTATION 0x0020 0x9116 b"SQ" "Plane Orientation Sequence";
    TEMPORAL_INDEX 0x0020 0x9128 b"UL" "Temporal Position Index";
    // Pixels
    SAMPLES_PER_PIXEL 0x0028 0x0002 b"US" "Samples per Pixel";
    PHOTOMETRIC 0x0028 0x0004 b"CS" "Photometric Interpretation";
    NUMBER_OF_FRAMES 0x0028 0x0008 b"IS" "Number of Frames";
    ROWS 0x0028 0x0010 b"US" "Rows";
    COLUMNS 0x0028 0x0011 b"US" "Columns";

    PIXEL_SPACING 0x0028 0x0030 b"DS" "Pixel Spacing";
    CORRECTED_IMAGE 0x0028 0x0051 b"CS" "Corrected Image";
    BITS_ALLOCATED 0x0028 0x0100 b"US" "Bits Allocated";
    BITS_STORED 0x0028 0x0101 b"US" "Bits Stored";
    HIGH_BIT 0x0028 0x0102 b"US" "High Bit";
    PIXEL_REPRESENTATION 0x0028 0x0103 b"US" "Pixel Representation";
    RESCALE_INTERCEPT 0x0028 0x1052 b"DS" "Rescale Intercept";
    RESCALE_SLOPE 0x0028 0x1053 b"DS" "Rescale Slope";
    PIXEL_MEASURES 0x0028 0x9110 b"SQ" "Pixel Measures Sequence";
    PIXEL_VALUE_TRANSFORMATION 0x0028 0x9145 b"SQ" "Pixel Value Transformation Sequence";
    MODALITY_LUT 0x0028 0x3000 b"SQ" "Modality LUT Sequence";
    // Nuclear medicine and PET
    DETECTOR_INFORMATION 0x0054 0x0022 b"SQ" "Detector Information Sequence";
    RADIOPHARMACEUTICAL_INFORMATION 0x0054 0x0016 b"SQ" "Radiopharmaceutical Information Sequence";
    UNITS 0x0054 0x1001 b"CS" "Units";
    SUV_TYPE 0x0054 0x1006 b"CS" "SUV Type";
    DECAY_CORRECTION 0x0054 0x1102 b"CS" "Decay Correction";
    // Segmentation
    SEGMENTATION_TYPE 0x0062 0x0001 b"CS" "Segmentation Type";
    SEGMENT_SEQUENCE 0x0062 0x0002 b"SQ" "Segment Sequence";
    SEGMENT_NUMBER 0x0062 0x0004 b"US" "Segment Number";
    SEGMENT_LABEL 0x0062 0x0005 b"LO" "Segment Label";
    SEGMENT_IDENTIFICATION 0x0062 0x000A b"SQ" "Segment Identification Sequence";
    REFERENCED_SEGMENT 0x0062 0x000B b"US" "Referenced Segment Number";
    MAXIMUM_FRACTIONAL_VALUE 0x0062 0x000E b"US" "Maximum Fractional Value";
    // Radiotherapy
    GRID_FRAME_OFFSETS 0x3004 0x000C b"DS" "Grid Frame Offset Vector";
    DOSE_GRID_SCALING 0x3004 0x000E b"DS" "Dose Grid Scaling";
    REFERENCED_FRAMES_OF_REFERENCE 0x3006 0x0010 b"SQ" "Referenced Frame of Reference Sequence";
    RT_REFERENCED_STUDY 0x3006 0x0012 b"SQ" "RT Referenced Study Sequence";
    RT_REFERENCED_SERIES 0x3006 0x0014 b"SQ" "RT Referenced Series Sequence";
    STRUCTURE_SET_ROI 0x3006 0x0020 b"SQ" "Structure Set ROI Sequence";
    ROI_NUMBER 0x3006 0x0022 b"IS" "ROI Number";
    REFERENCED_FRAME_OF_REFERENCE 0x3006 0x0024 b"UI" "Referenced Frame of Reference UID";
    ROI_NAME 0x3006 0x0026 b"LO" "ROI Name";
    ROI_CONTOUR 0x3006 0x0039 b"SQ" "ROI Contour Sequence";
    CONTOUR_SEQUENCE 0x3006 0x0040 b"SQ" "Contour Sequence";
    CONTOUR_TYPE 0x3006 0x0042 b"CS" "Contour Geometric Type";
    CONTOUR_POINTS 0x3006 0x0046 b"IS" "Number of Contour Points";
    CONTOUR_DATA 0x3006 0x0050 b"DS" "Contour Data";
    REFERENCED_ROI 0x3006 0x0084 b"IS" "Referenced ROI Number";
    // Multi-frame functional groups, pixel data
    SHARED_GROUPS 0x5200 0x9229 b"SQ" "Shared Functional Groups Sequence";
    FRAME_GROUPS 0x5200 0x9230 b"SQ" "Per-frame Functional Groups Sequence";
    FLOAT_PIXEL_DATA 0x7FE0 0x0008 b"OF" "Float Pixel Data";
    DOUBLE_PIXEL_DATA 0x7FE0 0x0009 b"OD" "Double Float Pixel Data";
    PIXEL_DATA 0x7FE0 0x0010 b"OW" "Pixel Data";
}

pub(crate) const ITEM: Tag = Tag(0xFFFE, 0xE000);
pub(crate) const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
pub(crate) const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

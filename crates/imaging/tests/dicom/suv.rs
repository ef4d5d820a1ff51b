//! PET to SUV: decay, units, private factors, and what is said when a field is missing.

use radiomics_imaging::io::dicom::{DicomError, DicomImage, SeriesOptions};
use radiomics_phantoms::dicom::DataSet;

use crate::{Folder, slices, values};

const HALF_LIFE: f64 = 6586.2; // F-18

/// Three PET slices: 80 kg, 370 MBq injected at 10:00, scan from 11:00.
fn pet() -> Vec<DataSet> {
    let dose = DataSet::new()
        .text(0x0018_1072, "TM", "100000.00")
        .decimals(0x0018_1074, &[370e6])
        .decimals(0x0018_1075, &[HALF_LIFE]);
    slices(3)
        .into_iter()
        .enumerate()
        .map(|(z, slice)| {
            slice
                .text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.128")
                .text(0x0008_0060, "CS", "PT")
                .text(0x0008_0021, "DA", "20200102")
                .text(0x0008_0031, "TM", "110000")
                .text(0x0008_0022, "DA", "20200102")
                .text(0x0008_0032, "TM", &format!("11{:02}00", 4 * (z / 2)))
                .decimals(0x0010_1030, &[80.0])
                .text(0x0028_0051, "CS", "DECY\\ATTN\\SCAT")
                .decimals(0x0028_1053, &[2.5])
                .items(0x0054_0016, vec![dose.clone()])
                .text(0x0054_1001, "CS", "BQML")
                .text(0x0054_1102, "CS", "START")
        })
        .collect()
}

fn read(slices: Vec<DataSet>) -> Result<DicomImage, DicomError> {
    Folder::of(&slices).read_with(&SeriesOptions { suv: true, ..SeriesOptions::default() })
}

fn with(change: impl Fn(DataSet) -> DataSet) -> Result<DicomImage, DicomError> {
    read(pet().into_iter().map(change).collect())
}

/// The factor and the notes.
fn factor(change: impl Fn(DataSet) -> DataSet) -> (f64, Vec<String>) {
    let suv = with(change).unwrap().suv.unwrap();
    (suv.factor, suv.notes)
}

fn message(change: impl Fn(DataSet) -> DataSet) -> String {
    with(change).unwrap_err().to_string()
}

fn after(seconds: f64) -> f64 {
    80_000.0 / (370e6 * (-seconds / HALF_LIFE).exp2())
}

#[test]
fn the_dose_decays_until_the_scan() {
    let image = read(pet()).unwrap();
    let suv = image.suv.clone().unwrap();
    assert_eq!((suv.factor, suv.decay_seconds, suv.notes.len()), (after(3600.0), Some(3600.0), 0));
    // Voxel (0, 0, 0) holds −1024, slope 2.5.
    assert_eq!(values(&image)[0], -1024.0 * 2.5 * suv.factor);
    assert_eq!(image.image.sample_type().name(), "float64");
    assert_eq!(factor(|s| s.text(0x0054_1102, "CS", "ADMIN")).0, 80_000.0 / 370e6);
}

#[test]
fn scan_times_as_scanners_write_them() {
    let dose = |changed: DataSet| {
        move |s: DataSet| {
            s.items(
                0x0054_0016,
                vec![changed.clone().decimals(0x0018_1074, &[370e6]).decimals(0x0018_1075, &[HALF_LIFE])],
            )
        }
    };
    // Date and time of the injection.
    let (f, notes) = factor(dose(DataSet::new().text(0x0018_1078, "DT", "20200102103000+0100")));
    assert_eq!((f, notes.len()), (after(1800.0), 0));
    // Shifted dates.
    let (f, notes) = factor(dose(DataSet::new().text(0x0018_1078, "DT", "19990102103000")));
    assert_eq!(f, after(1800.0));
    assert!(notes[0].contains("time of day"), "{notes:?}");
    // Injection before midnight.
    let (f, notes) = factor(|s| {
        dose(DataSet::new().text(0x0018_1072, "TM", "233000"))(s).text(0x0008_0031, "TM", "003000").text(
            0x0008_0032,
            "TM",
            "003000",
        )
    });
    assert_eq!(f, after(3600.0));
    assert!(notes[0].contains("midnight"), "{notes:?}");
    // A series made later: GE's private start, else the earliest acquisition.
    let later = |s: DataSet| s.text(0x0008_0031, "TM", "150000");
    let (f, notes) = factor(later);
    assert_eq!(f, after(3600.0));
    assert!(notes[0].contains("earliest acquisition"), "{notes:?}");
    let (f, notes) = factor(|s| {
        later(s).text(0x0009_0011, "LO", "GEMS_PETD_01").text(0x0009_110D, "DT", "20200102110500")
    });
    assert_eq!(f, after(3900.0));
    assert!(notes[0].contains("(0009,100D)"), "{notes:?}");
}

#[test]
fn other_units() {
    assert_eq!(factor(|s| s.text(0x0054_1001, "CS", "GML")).0, 1.0);
    let counts =
        |s: DataSet| s.text(0x0054_1001, "CS", "CNTS").text(0x7053_0010, "LO", "Philips PET Private Group");
    assert_eq!(factor(|s| counts(s).decimals(0x7053_1000, &[0.000543])).0, 0.000543);
    assert_eq!(factor(|s| counts(s).decimals(0x7053_1009, &[0.5])).0, 0.5 * after(3600.0));
    let text = message(counts);
    assert!(text.contains("(7053,1000)") && text.contains("private"), "{text}");
    // The same number under another creator is another field.
    assert!(with(|s| counts(s).text(0x7053_0010, "LO", "OTHER").decimals(0x7053_1000, &[0.5])).is_err());
    let text = message(|s| s.text(0x0054_1001, "CS", "GML").text(0x0054_1006, "CS", "LBM"));
    assert!(text.contains("LBM"), "{text}");
    assert!(message(|s| s.text(0x0054_1001, "CS", "PROPCPS")).contains("PROPCPS"));
}

#[test]
fn missing_fields_are_named_with_their_purpose() {
    let dose = |changed: DataSet| move |s: DataSet| s.items(0x0054_0016, vec![changed.clone()]);
    let time = || DataSet::new().text(0x0018_1072, "TM", "100000");
    for (text, field) in [
        (message(|s| s.without(0x0010_1030)), "Patient's Weight (0010,1030) is missing"),
        (message(|s| s.decimals(0x0010_1030, &[0.0])), "Patient's Weight (0010,1030) is 0"),
        (message(|s| s.without(0x0054_1001)), "Units (0054,1001) is missing"),
        (message(|s| s.without(0x0054_1102)), "Decay Correction (0054,1102) is missing"),
        (message(|s| s.text(0x0054_1102, "CS", "NONE")), "is NONE"),
        (message(|s| s.without(0x0054_0016)), "Radionuclide Total Dose"),
        (message(dose(time().decimals(0x0018_1074, &[370.0]))), "MBq"),
        (message(dose(time().decimals(0x0018_1074, &[370e6]))), "Radionuclide Half Life"),
        (
            message(dose(DataSet::new().decimals(0x0018_1074, &[370e6]).decimals(0x0018_1075, &[HALF_LIFE]))),
            "Radiopharmaceutical Start Time",
        ),
        (message(|s| s.without(0x0008_0031).without(0x0008_0032)), "Series Time"),
        (message(|s| s.text(0x0028_0051, "CS", "ATTN")), "DECY"),
        (message(|s| s.text(0x0008_0060, "CS", "CT")), "not PET"),
    ] {
        assert!(text.contains("cannot compute SUV") && text.contains(field), "{text} ({field})");
        assert!(!text.contains("20200102"), "{text}");
    }
    let mut mixed = pet();
    mixed[1] = mixed[1].clone().decimals(0x0010_1030, &[70.0]);
    assert!(read(mixed).unwrap_err().to_string().contains("differ from slice to slice"));
}

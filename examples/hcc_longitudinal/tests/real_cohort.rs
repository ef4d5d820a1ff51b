//! `--data DIR`: a small cohort in files, NIfTI and DICOM, with a table as people write them, and what is wrong with
//! tables and images.
#![allow(clippy::unwrap_used)] // helpers of tests: a failed unwrap is a failed test

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use hcc_longitudinal::{analysis::Analysis, cohort::Cohort, pages, settings::Size};
use radiomics_imaging::{
    Image, Mask,
    io::{WriteOptions, write},
};
use radiomics_phantoms::{
    dicom::{EXPLICIT, Encoding, ct_slices},
    liver::{CohortSettings, LiverCohort, Phase, Reader, ScanSettings, TimePoint},
};

const IMAGES: [(&str, TimePoint, Phase); 4] = [
    ("pre_a", TimePoint::Pre, Phase::Arterial),
    ("pre_v", TimePoint::Pre, Phase::Portal),
    ("post_a", TimePoint::Post, Phase::Arterial),
    ("post_v", TimePoint::Post, Phase::Portal),
];

fn cohort(patients: [usize; 2]) -> LiverCohort {
    let scan = ScanSettings {
        size: [30, 26, 12],
        liver: [14.0, 12.0, 12.0],
        disagreement: [0.2, 0.3],
        ..ScanSettings::small()
    };
    LiverCohort::new(CohortSettings { patients, reread: 6, missing: 0.05, scan, ..CohortSettings::default() })
}

/// The table as a spreadsheet may give it: byte-order mark, semicolons, names with spaces, units and commas.
fn odd(text: &str) -> String {
    let (head, rows) = text.split_once('\n').unwrap();
    let head = head
        .replace("afp_ng_ml", "\"AFP, (ng/ml)\"")
        .replace("tumour_cm", "Ø tumour (cm)")
        .replace("patient", " Patient-ID ");
    let (quoted, comma) = ("\"AFP, (ng/ml)\"", "\"AFP\u{1} (ng/ml)\"");
    let head = head.replace(quoted, comma).replace(',', ";").replace('\u{1}', ",");
    format!("\u{feff}{head}\n{}", rows.replace(',', ";"))
}

fn description() -> String {
    LiverCohort::DESCRIPTION
        .replace("\"afp_ng_ml\"", "\"AFP, (ng/ml)\"")
        .replace("afp_ng_ml =", "\"AFP, (ng/ml)\" =")
        .replace("tumour_cm", "Ø tumour (cm)")
        .replace("patient = \"patient\"", "patient = \"Patient-ID\"")
}

struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    /// Table and description; images only where they are wanted.
    fn new(cohort: &LiverCohort, images: bool) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(files.path("study.toml"), description()).unwrap();
        fs::write(files.path("cohort.csv"), odd(&cohort.csv())).unwrap();
        for (i, patient) in cohort.patients().iter().enumerate() {
            let place = files.path(&format!("images/{}", patient.id));
            fs::create_dir_all(&place).unwrap();
            for (name, time, phase) in IMAGES {
                let readings: &[(&str, Reader)] = if patient.reread {
                    &[("liver", Reader::First), ("again", Reader::FirstAgain), ("second", Reader::Second)]
                } else {
                    &[("liver", Reader::First)]
                };
                for (prefix, reader) in readings {
                    let path = place.join(format!("{prefix}_{name}.nii.gz"));
                    if images {
                        let mask: Mask = cohort.mask(i, time, *reader).unwrap();
                        write(path, &mask.to_image(), &WriteOptions::default()).unwrap();
                    } else {
                        fs::write(path, "").unwrap();
                    }
                }
                if images {
                    let image: Image = cohort.image(i, time, phase).unwrap().into();
                    write(place.join(format!("{name}.nii.gz")), &image, &WriteOptions::default()).unwrap();
                }
            }
        }
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn change(&self, name: &str, change: impl Fn(String) -> String) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        let new = change(text.clone());
        assert_ne!(new, text, "the test changes nothing");
        fs::write(self.path(name), new).unwrap();
    }

    /// Replaces one cell of the table.
    fn cell(&self, patient: &str, column: &str, value: &str) {
        self.change("cohort.csv", |text| {
            let names: Vec<String> = text.lines().next().unwrap().split(';').map(str::to_owned).collect();
            let at = names.iter().position(|n| n == column).unwrap();
            text.lines()
                .map(|line| {
                    let mut cells: Vec<&str> = line.split(';').collect();
                    if cells[0] == patient {
                        cells[at] = value;
                    }
                    cells.join(";") + "\n"
                })
                .collect()
        });
    }

    fn error(&self) -> String {
        format!("{:#}", Cohort::read(self.folder.path(), 1).unwrap_err())
    }
}

/// A NIfTI image becomes a folder with a DICOM series.
fn to_dicom(files: &Files, cohort: &LiverCohort, i: usize) {
    let id = &cohort.patients()[i].id;
    let image = cohort.image(i, TimePoint::Pre, Phase::Arterial).unwrap();
    let folder = files.path(&format!("images/{id}/arterial"));
    fs::create_dir_all(&folder).unwrap();
    for (z, slice) in ct_slices(image.voxels(), image.geometry(), 3).into_iter().enumerate() {
        fs::write(folder.join(format!("IM{z:04}")), slice.file(EXPLICIT, Encoding::Explicit)).unwrap();
    }
    files.cell(id, "pre_a", &format!("images/{id}/arterial"));
    fs::remove_file(files.path(&format!("images/{id}/pre_a.nii.gz"))).unwrap();
}

fn truncate(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

#[test]
fn a_cohort_in_files_is_analysed_and_a_damaged_image_is_counted() {
    let synthetic = cohort([34, 14]);
    let files = Files::new(&synthetic, true);
    to_dicom(&files, &synthetic, 2);
    truncate(&files.path("images/S005/post_v.nii.gz"));
    files.cell("S007", "mrecist", "NA");
    let before = Cohort::read(files.folder.path(), 3).unwrap();
    assert_eq!(before.table.rows(), 47);
    let size = Size { background: 20, ..Size::QUICK };
    let journal = files.path("features.jsonl");
    let analysis = Analysis::run(&before, size, 3, Some(&journal), &()).unwrap();

    assert_eq!(analysis.cohort.table.rows(), 46);
    let failure = &analysis.features.failures[0];
    assert_eq!((failure.patient.as_str(), failure.image), ("S005", 3));
    assert!(failure.why.contains("post_v.nii.gz"), "{}", failure.why);

    // Voxels of files are those that were drawn: so are features, from DICOM too.
    let drawn = Cohort::synthetic(*synthetic.settings(), 3).unwrap();
    let scan = drawn.scans(2, 0).unwrap().remove(0);
    let (image, _) = drawn.source.load(&scan).unwrap();
    let scan = before.scans(2, 0).unwrap().remove(0);
    assert_eq!(before.source.load(&scan).unwrap().0.to_f64().voxels(), image.to_f64().voxels());

    // The program from its command line takes features from the journal and says the same.
    let (folder, out) = (files.folder.path(), files.path("report"));
    let mut program = Command::new(env!("CARGO_BIN_EXE_hcc-longitudinal"));
    program.args(["--quick", "--quiet", "--seed", "3"]).arg("--data").arg(folder);
    let output = program.arg("--out").arg(&out).arg("--resume").arg(&journal).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written = fs::read_to_string(out.join("index.html")).unwrap();
    assert!(written.contains("an image failed: 1") && written.contains("Figure 7A of"));

    let html = pages::report(&analysis).unwrap().to_html().unwrap();
    assert!(html.contains("an image failed: 1") && html.contains("no response by mRECIST: 1"));
    assert!(html.contains("Scans that failed") && !html.contains("Synthetic data."));
    assert!(!html.contains(&files.folder.path().display().to_string()), "no path of the machine");

    // A journal that was cut off in the middle of a line goes on and gives the same.
    let text = fs::read(&journal).unwrap();
    fs::write(&journal, &text[..text.len() * 9 / 10]).unwrap();
    let again = Analysis::run(&before, size, 3, Some(&journal), &()).unwrap();
    assert_eq!(again.scored.scores, analysis.scored.scores);
    assert_eq!(pages::report(&again).unwrap().to_html().unwrap(), html);
    let other = Cohort::synthetic(*synthetic.settings(), 3).unwrap();
    let error = Analysis::run(&other, size, 3, Some(&journal), &()).unwrap_err().to_string();
    assert!(error.contains("begun with other settings"), "{error}");
}

#[test]
fn faults_of_the_table_are_named() {
    let synthetic = cohort([30, 10]);
    let fresh = || Files::new(&synthetic, false);
    assert_eq!(Cohort::read(fresh().folder.path(), 1).unwrap().table.rows(), 40);

    let says = |files: &Files, parts: &[&str]| {
        let error = files.error();
        assert!(parts.iter().all(|p| error.contains(p)), "\"{error}\" does not say {parts:?}");
    };
    let files = fresh();
    files.cell("S003", "liver_post_a", "");
    says(&files, &["cohort.csv", "patient `S003`", "column `liver_post_a`", "the path of a mask expected"]);
    let files = fresh();
    fs::remove_file(files.path("images/S004/liver_pre_v.nii.gz")).unwrap();
    says(&files, &["patient `S004`", "column `liver_pre_v`", "images/S004/liver_pre_v.nii.gz"]);
    let files = fresh();
    files.change("cohort.csv", |t| t.replace("\nS009;", "\nS008;"));
    says(&files, &["row 10", "patient `S008` has a row already, row 9"]);
    let files = fresh();
    files.change("study.toml", |t| t.replace("time = \"os_months\"", "time = \"os_month\""));
    says(&files, &["no column is named `os_month`", "`os_months`"]);
    let files = fresh();
    files.change("study.toml", |t| t.replace("\"age\", ", "\"age\", \"weight\", "));
    says(&files, &["no column is named `weight`"]);
    let files = fresh();
    files.change("study.toml", |t| t.replace("images = [\"pre_a\"", "images = [\"pre_b\""));
    says(&files, &["no column is named `pre_b`"]);
    let files = fresh();
    files.cell("S011", "death", "2");
    says(&files, &["row 12", "column `death`", "`2` found, one of two values"]);
    let files = fresh();
    files.cell("S012", "pfs_months", "-3.5");
    says(&files, &["row 13", "column `pfs_months`", "`-3.5` found, a time of 0 or more expected"]);
    let files = fresh();
    files.cell("S013", "portal_vein_invasion", "maybe");
    says(&files, &["row 14", "column `portal_vein_invasion`", "`maybe` found", "absent, present"]);
    let files = fresh();
    files.change("study.toml", |t| t.replace("training_centre = \"A\"", "training_centre = \"Z\""));
    says(&files, &["no patient is of the training centre `Z`"]);
    let files = fresh();
    files.change("study.toml", |t| t.replace("training_centre", "training_center"));
    says(&files, &["[settings]", "training_center"]);
    let files = fresh();
    files.change("study.toml", |t| t.replace("unit = \"months\" }\nsurvival", "unit = \"days\" }\nsurvival"));
    says(&files, &["roles.survival.os is `days`", "months"]);
}

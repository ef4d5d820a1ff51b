//! DICOM through the command: series, segmentations and structure sets, and what is never shown.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // helpers of tests: a failed unwrap is a failed test

mod common;

use std::fs;

use common::{Folder, rows};
use ndarray::Array3;
use radiomics_imaging::{
    Geometry,
    io::{ReadOptions, header, read, read_mask},
};
use radiomics_phantoms::dicom::{
    DataSet, EXPLICIT, Encoding, IMPLICIT, SECRETS, ct_slices, segmentation, structure_set,
};

const SIZE: [usize; 3] = [14, 12, 9];

fn grid() -> Geometry {
    let (s, c) = (0.6, 0.8);
    let direction = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]];
    Geometry::new(SIZE, [0.75, 0.5, 2.5], [-10.3, 20.1, 30.7], direction).unwrap()
}

fn voxels(shift: i16) -> Array3<i16> {
    let mut state = 7_u32;
    Array3::from_shape_fn([SIZE[2], SIZE[1], SIZE[0]], |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 16) % 300) as i16 - 100 + shift
    })
}

/// Writes the slices of a series into a folder.
fn add_series(folder: &Folder, name: &str, series: u32, change: impl Fn(DataSet) -> DataSet) {
    fs::create_dir_all(folder.path(name)).unwrap();
    for (z, slice) in ct_slices(&voxels(series as i16), &grid(), series).into_iter().enumerate() {
        // Names as a PACS gives them.
        let file = change(slice).file(EXPLICIT, Encoding::Explicit);
        folder.write(&format!("{name}/1.2.840.4711.{series}.{}.dcm", 100 - z), file);
    }
}

/// A rectangle of pixels in some slices.
fn boxes(x: [f64; 2], y: [f64; 2], slices: std::ops::Range<usize>) -> Vec<(&'static str, Vec<[f64; 3]>)> {
    let corners = [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]];
    let at = |z: usize| corners.map(|[x, y]| grid().point([x, y, z as f64])).to_vec();
    slices.map(|z| ("CLOSED_PLANAR", at(z))).collect()
}

/// Series 3 in `ct`, two regions as `rt.dcm` and as `seg.dcm`.
fn case() -> Folder {
    let folder = Folder::new();
    add_series(&folder, "ct", 3, |s| s);
    let rois = [
        (4, "GTV-1", boxes([1.5, 9.5], [1.5, 8.5], 1..7)),
        (9, "Node left", boxes([8.5, 12.5], [6.5, 10.5], 4..8)),
        (12, "Marker", vec![("POINT", vec![grid().point([3.0, 3.0, 3.0])])]),
    ];
    folder.write("rt.dcm", structure_set(&rois, 3).file(IMPLICIT, Encoding::Implicit));
    let inside = |x: [usize; 2], y: [usize; 2]| -> Vec<u8> {
        let pixel = |i: usize| (x[0]..x[1]).contains(&(i % SIZE[0])) && (y[0]..y[1]).contains(&(i / SIZE[0]));
        (0..SIZE[0] * SIZE[1]).map(|i| u8::from(pixel(i))).collect()
    };
    let frames: Vec<_> = (1..7)
        .map(|z| (1, z, inside([2, 10], [2, 9])))
        .chain((4..8).map(|z| (2, z, inside([10, 13], [9, 11]))))
        .collect();
    let seg = segmentation("BINARY", &["Primary", "Node"], &grid(), &frames, 3);
    folder.write("seg.dcm", seg.file(EXPLICIT, Encoding::Explicit));
    folder
}

/// A few features are enough.
const FEW: &str = "-s additionalInfo:false --quiet";

fn column(text: &str, name: &str) -> Vec<String> {
    rows(text).iter().map(|row| row[name].clone()).collect()
}

fn features(text: &str) -> Vec<Vec<(String, String)>> {
    let only = |row: &std::collections::BTreeMap<String, String>| {
        row.iter().filter(|(n, _)| n.starts_with("original_")).map(|(n, v)| (n.clone(), v.clone())).collect()
    };
    rows(text).iter().map(|row| only(&row.clone().into_iter().collect())).collect()
}

#[test]
fn regions_by_name_number_and_all() {
    let folder = case();
    let run = |arguments: &str| folder.run(&format!("extract ct {arguments} {FEW}"));
    let gtv = run("rt.dcm --roi GTV-1").fine();
    assert_eq!((column(&gtv, "ROI"), column(&gtv, "Label")), (vec!["GTV-1".into()], vec!["1".into()]));
    assert_eq!(
        column(&gtv, "original_shape_VoxelVolume"),
        [format!("{:?}", 8.0 * 7.0 * 6.0 * 0.75 * 0.5 * 2.5)]
    );
    assert_eq!(run("rt.dcm --roi 4").fine(), gtv);
    // The same region as segment 1, whose label is its number.
    let primary = run("seg.dcm --roi Primary").fine();
    assert_eq!(features(&primary), features(&gtv));
    let all = run("seg.dcm --roi all").fine();
    assert_eq!(
        (column(&all, "ROI"), column(&all, "Label")),
        (vec!["Primary".into(), "Node".into()], vec!["1".into(), "2".into()])
    );
    assert_eq!(features(&run("seg.dcm --label all").fine()), features(&all));
    assert_eq!(features(&run("seg.dcm --label 2").fine())[0], features(&all)[1]);
    // A marker has no voxels: its row is missing and the status says so.
    let each = run("rt.dcm --label all -o all.csv");
    assert_eq!(each.code, Some(1), "{each:?}");
    assert!(each.err.contains("Marker") && each.err.contains("1 of 3 regions failed"), "{each:?}");
    assert_eq!(column(&folder.read("all.csv"), "ROI"), ["GTV-1", "Node left"]);
    // Names are suggested; without a choice they are listed.
    run("rt.dcm --roi gtv1").says(&["no ROI `gtv1`", "did you mean `GTV-1`", "--roi NAME"]);
    run("rt.dcm").says(&["2 regions have closed contours", "--roi", "`Node left`"]);
    run("seg.dcm --roi 7").says(&["no segment `7`", "1: Primary"]);
}

#[test]
fn a_folder_with_several_series() {
    let folder = case();
    let export = "export/a/b";
    add_series(&folder, &format!("{export}/s3"), 3, |s| s);
    add_series(&folder, &format!("{export}/s5"), 5, |s| s.text(0x0008_103E, "LO", "T2 axial"));
    fs::copy(folder.path("rt.dcm"), folder.path("export/rt.dcm")).unwrap();
    let mean = |text: &str| column(text, "original_firstorder_Mean")[0].parse::<f64>().unwrap();
    let of = |arguments: &str| mean(&folder.run(&format!("extract {arguments} {FEW}")).fine());
    // The series that the contours were drawn on is taken, wherever the contours lie.
    let three = of("ct rt.dcm --roi GTV-1");
    assert_eq!(of("export rt.dcm --roi GTV-1"), three);
    assert_eq!(of("export export --roi GTV-1"), three);
    // Another one by number, description or UID.
    for series in ["2", "t2\u{20}axial", "2.25.4711.5"] {
        let mut command = folder.command();
        command.args(["extract", "export", "rt.dcm", "--roi", "GTV-1", "--quiet", "--series", series]);
        let text = common::Run::of(&mut command).fine();
        assert!((mean(&text) - three - 2.0).abs() < 1e-9, "{series}");
    }
    // Without a hint: a list without identifiers.
    let run = folder.run("convert export -o out.nii.gz");
    run.says(&[
        "2 DICOM image series found",
        "1: CT image, series number 3, 9 frames of 14 x 12",
        "--series N",
    ]);
    for secret in SECRETS.iter().chain(&["T2 axial", "1.2.840.4711"]) {
        assert!(!run.err.contains(secret), "{secret}: {run:?}");
    }
    folder.run("convert export -o out.nii.gz --series 7").says(&["no series number 7", "2: CT image"]);
    folder.run("convert export -o out.nii.gz --series 2").fine();
}

#[test]
fn converted_files_give_the_same_features() {
    let folder = case();
    let want = folder.run(&format!("extract ct rt.dcm --roi GTV-1 {FEW}")).fine();
    for ending in ["nii", "nii.gz", "nrrd", "nhdr", "mha", "mhd"] {
        let (image, mask) = (format!("image.{ending}"), format!("mask.{ending}"));
        folder.run(&format!("convert ct -o {image}")).fine();
        folder.run(&format!("convert rt.dcm --reference ct --roi GTV-1 -o {mask}")).fine();
        let read = read(folder.path(&image), &ReadOptions::default()).unwrap();
        assert_eq!(read.sample_type().name(), "int16");
        // NIfTI-1 keeps single precision.
        let exact: f64 = if ending.starts_with("nii") { 1e-5 } else { 0.0 };
        let ours = header(folder.path("ct")).unwrap().geometry;
        ours.check_same(read.geometry(), exact.max(1e-15)).unwrap();
        assert_eq!(read.to_f64().voxels(), &voxels(3).mapv(f64::from));
        let got = features(&folder.run(&format!("extract {image} {mask} {FEW}")).fine());
        for ((name, got), (_, want)) in got[0].iter().zip(&features(&want)[0]) {
            let (got, want): (f64, f64) = (got.parse().unwrap(), want.parse().unwrap());
            assert!((got - want).abs() <= 1e-6 * want.abs().max(1e-6), "{ending} {name}: {got} {want}");
        }
    }
    // Formats among themselves. NRRD keeps the products of spacing and direction, which costs the last digit.
    folder.run("convert image.nrrd -o tour.mha --raw").fine();
    folder.run("convert tour.mha -o tour.nrrd").fine();
    let of = |name: &str| read(folder.path(name), &ReadOptions::default()).unwrap();
    assert_eq!(of("tour.nrrd").voxels(), of("image.nrrd").voxels());
    of("tour.mha").geometry().check_same(of("tour.nrrd").geometry(), 1e-15).unwrap();
    // All segments, on their own grid and on the image's; one of them alone.
    folder.run("convert seg.dcm -o own.nrrd").fine();
    folder.run("convert seg.dcm --reference ct -o on.nrrd").fine();
    folder.run("convert seg.dcm --reference image.nii.gz --roi Node -o node.nrrd").fine();
    let count = |name: &str, label: u32| {
        let mask = read_mask(folder.path(name), &ReadOptions::default()).unwrap();
        (*mask.geometry(), mask.iter().filter(|l| *l == label).count())
    };
    assert_eq!(count("own.nrrd", 1).0.size(), [14, 12, 7]); // slices 1 to 7
    assert_eq!(count("on.nrrd", 1).0.size(), SIZE);
    assert_eq!((count("own.nrrd", 1).1, count("on.nrrd", 1).1), (336, 336));
    assert_eq!((count("node.nrrd", 2).1, count("node.nrrd", 1).1), (24, 0));
}

#[test]
fn each_region_becomes_a_file() {
    let folder = case();
    let labels = |name: &str| -> Vec<u32> {
        read_mask(folder.path(name), &ReadOptions::default()).unwrap().iter().collect()
    };
    folder.run("convert seg.dcm --reference ct --roi all -o all.nii.gz").fine();
    for (file, roi) in [("all_Primary.nii.gz", "Primary"), ("all_Node.nii.gz", "Node")] {
        folder.run(&format!("convert seg.dcm --reference ct --roi {roi} -o one.nii.gz --force")).fine();
        assert_eq!(labels(file), labels("one.nii.gz"), "{roi}");
    }
    // A marker cannot be filled; the others are.
    let run = folder.run("convert rt.dcm --reference ct --roi all -o c.nrrd");
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("region `Marker`") && run.err.contains("1 of 3 regions failed"), "{run:?}");
    folder.run("convert rt.dcm --reference ct --roi GTV-1 -o one.nrrd").fine();
    assert_eq!(labels("c_GTV-1.nrrd"), labels("one.nrrd"));
    let names = folder.names();
    assert!(
        names.contains(&"c_Node_left.nrrd".into()) && !names.contains(&"c_Marker.nrrd".into()),
        "{names:?}"
    );
    // Contours need a grid, and so says each.
    let run = folder.run("convert rt.dcm --roi all -o d.nrrd");
    assert!(run.code == Some(1) && run.err.contains("--reference IMAGE"), "{run:?}");
    folder.run("convert c_GTV-1.nrrd --roi all -o e.nrrd").says(&["no DICOM", "--roi"]);
}

#[test]
fn a_series_of_several_is_read_once_for_the_masks_drawn_on_it() {
    let folder = case();
    for series in [3, 5] {
        add_series(&folder, &format!("export/s{series}"), series, |s| s);
    }
    let square = boxes([1.5, 9.5], [1.5, 8.5], 1..7);
    for series in [3, 5] {
        let set = structure_set(&[(4, "GTV-1", square.clone())], series);
        folder.write(&format!("rt{series}.dcm"), set.file(IMPLICIT, Encoding::Implicit));
    }
    let masks = ["rt3.dcm", "rt.dcm", "seg.dcm", "rt5.dcm", "rt3.dcm"];
    let rois = ["GTV-1", "GTV-1", "Primary", "GTV-1", "GTV-1"];
    let rows = masks.iter().zip(rois).map(|(mask, roi)| format!("export,{mask},{roi}\n"));
    folder.write("list.csv", format!("Image,Mask,ROI\n{}", rows.collect::<String>()));
    let run = folder.run("batch list.csv -o out.csv --threads 1 --log-level info");
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.err.matches("reading /").count(), 3, "series 3, 5, 3: {}", run.err);
    let means: Vec<f64> = column(&folder.read("out.csv"), "original_firstorder_Mean")
        .iter()
        .map(|v| v.parse().unwrap())
        .collect();
    assert!(means[1..3].iter().chain(&means[4..]).all(|mean| *mean == means[0]), "{means:?}");
    assert!((means[3] - means[0] - 2.0).abs() < 1e-9, "{means:?}");
}

#[test]
fn files_are_not_replaced_unasked() {
    let folder = case();
    folder.write("out.nrrd", "old");
    let before = folder.names();
    folder.run("convert ct -o out.nrrd").says(&["out.nrrd exists already", "--force"]);
    folder.run("convert rt.dcm -o new.nrrd").says(&["2 regions have closed contours"]);
    folder.run("convert rt.dcm --roi GTV-1 -o new.nrrd").says(&["--reference IMAGE", "grid of an image"]);
    folder.write("new_Node.nrrd", "old");
    folder.run("convert seg.dcm --roi all -o new.nrrd").says(&["new_Node.nrrd exists already", "--force"]);
    fs::remove_file(folder.path("new_Node.nrrd")).unwrap();
    folder.run("convert ct -o new.xyz").says(&["new.xyz", ".nii.gz"]);
    folder.run("convert ct -o absent/new.nii").says(&["absent"]);
    folder.run("convert out.nrrd -o ./out.nrrd --force").says(&["is the input"]);
    folder.run("convert ct --suv -o new.nii").says(&["cannot compute SUV", "not PET", "leave --suv out"]);
    assert_eq!((folder.read("out.nrrd").as_str(), folder.names()), ("old", before));
    folder.run("convert ct -o out.nrrd --force").fine();
    assert!(fs::metadata(folder.path("out.nrrd")).unwrap().len() > 300);
    folder.run("convert out.nrrd --suv -o new.nii").says(&["no DICOM", "--suv"]);
    folder.run("convert out.nrrd --roi 1 -o new.nii").says(&["no DICOM", "--roi"]);
    folder.run("extract out.nrrd out.nrrd --roi GTV-1").says(&["label map", "--label"]);
}

#[test]
fn pet_becomes_suv() {
    let folder = Folder::new();
    let dose = DataSet::new().decimals(0x0018_1074, &[4e8]);
    add_series(&folder, "pet", 3, |s| {
        s.text(0x0008_0060, "CS", "PT")
            .decimals(0x0010_1030, &[80.0])
            .items(0x0054_0016, vec![dose.clone()])
            .text(0x0054_1001, "CS", "BQML")
            .text(0x0054_1102, "CS", "ADMIN")
    });
    folder.run("convert pet -o suv.nrrd --suv").fine();
    folder.run("convert pet -o raw.nrrd").fine();
    let values = |name: &str| read(folder.path(name), &ReadOptions::default()).unwrap().to_f64();
    assert_eq!(values("suv.nrrd").voxels(), &values("raw.nrrd").voxels().mapv(|v| v * 2e-4));
}

#[test]
fn info_tells_what_is_there_and_not_whose() {
    let folder = case();
    fs::create_dir(folder.path("all")).unwrap();
    for file in ["rt.dcm", "seg.dcm"] {
        fs::copy(folder.path(file), folder.path("all").join(file)).unwrap();
    }
    add_series(&folder, "all/deep/ct", 3, |s| s);
    add_series(&folder, "all/deep/short", 6, |s| s);
    fs::remove_file(folder.path("all/deep/short/1.2.840.4711.6.96.dcm")).unwrap();
    folder.write("all/readme.txt", "no image");
    let text = folder.run("info all").fine();
    for part in [
        "series 1: CT image",
        "14 x 12 x 9 voxels",
        "1 slices are missing",
        "RTSTRUCT structures",
        "4 GTV-1 (6 contours)",
        "2 Node (4 frames)",
        "other files    1",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json = folder.run("info all --json").fine();
    let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(parsed["series"].as_array().unwrap().len(), 4);
    assert_eq!(parsed["series"][0]["size"], serde_json::json!([14, 12, 9]));
    for shown in [&text, &json] {
        for secret in SECRETS.iter().chain(&["1.2.840.4711"]) {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
    }
    let all = folder.run("info all --identifiers").fine();
    for secret in [SECRETS[0], SECRETS[1], SECRETS[2], "2.25.4711.3", SECRETS[4]] {
        assert!(all.contains(secret), "{secret}: {all}");
    }
    let values = folder.run("info ct --values").fine();
    assert!(values.contains("-97.0 to 202.0"), "{values}");
    let labels = folder.run("info seg.dcm --labels --json").fine();
    let labels: serde_json::Value = serde_json::from_str(&labels).unwrap();
    assert_eq!(labels["labels"][1]["voxels"], 24);
    folder.run("info ct --series 1 --values").fine();
    fs::create_dir(folder.path("empty")).unwrap();
    folder.run("info empty").says(&["empty", "no file in it"]);
}

//! What tables hold: the rows of `extract`, in the order of the list, under the same columns.

use std::fs;

use crate::{
    batch,
    common::{Folder, Nrrd, SIZE, rows},
    folder, noise, remove,
};

#[test]
fn rows_are_those_of_extract_in_the_order_of_the_list() {
    let folder = folder(30);
    batch(&folder, "-o out.csv --threads 2").fine();
    let text = folder.read("out.csv");
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    assert_eq!(header[..5], ["Image", "Mask", "Label", "ID", "diagnostics_Versions_Radiomics"]);
    let table = rows(&text);
    let mut at = 0;
    for case in 0..30 {
        let label = ["1", "all", "2", "1"][case % 4];
        let image = format!("i{}.nrrd", case % 10);
        let expected = rows(&folder.run(&format!("extract {image} m.nrrd --label {label}")).fine());
        assert_eq!(expected.len(), if label == "all" { 2 } else { 1 });
        for mut row in expected {
            row.insert("ID".into(), format!("{case:04}"));
            assert_eq!(table[at], row, "row {at}");
            at += 1;
        }
    }
    assert_eq!(at, table.len());
    // From another folder, by other numbers of threads, in little memory: the same bytes.
    fs::create_dir(folder.path("sub")).unwrap();
    for arguments in ["--threads 1", "--threads 5", "--threads 2 --memory 0.000001"] {
        let line = format!("cd sub && exec \"$0\" batch ../list.csv -o out.csv --quiet --force {arguments}");
        folder.shell(&line).fine();
        assert_eq!(folder.read("sub/out.csv"), text, "{arguments}");
    }
    assert!(!folder.names().contains(&"out.csv.errors.csv".into()));
}

#[test]
fn shards_joined_are_the_whole() {
    let folder = folder(31);
    batch(&folder, "-o out.csv").fine();
    let mut joined = String::new();
    for number in 1..=4 {
        batch(&folder, &format!("-o part{number}.csv --shard {number}/4")).fine();
        let part = folder.read(&format!("part{number}.csv"));
        let (header, body) = part.split_once('\n').unwrap();
        if number == 1 {
            joined = format!("{header}\n");
        }
        assert!(joined.starts_with(header));
        joined += body;
    }
    assert_eq!(joined, folder.read("out.csv"));
    batch(&folder, "-o part1.csv --shard 2/4 --resume").says(&["shard 1/4, not 2/4"]);
    batch(&folder, "-o more.csv --shard 40/40").fine();
    batch(&folder, "-o none.csv --shard 1/40").says(&["no case"]);
}

#[test]
fn an_image_is_read_once_and_few_at_one_time() {
    let folder = folder(40);
    let note = |arguments: &str, text: &str| -> Vec<String> {
        remove(&folder, "out.csv");
        let run = folder.run(&format!("batch list.csv -o out.csv --log-level info {arguments}"));
        assert_eq!(run.code, Some(0), "{run:?}");
        run.err.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    };
    // Four rows for each of ten images, never one after the other.
    assert_eq!(note("--threads 1", " reading ").len(), 10);
    // int16 and uint8 of 12 x 11 x 10 voxels.
    let peak = |arguments: &str| -> u64 {
        let line = note(arguments, "bytes of images").remove(0);
        line.split_whitespace().find_map(|word| word.parse().ok()).unwrap()
    };
    let one = 3 * 1320;
    assert_eq!(peak("--threads 3 --memory 0.000005"), one);
    assert_eq!(peak("--threads 3 --memory 0.000009"), 2 * one);
    assert_eq!(peak("--threads 3"), 3 * one);
}

/// The mask of one case lies on another grid and is corrected, which gives more columns.
#[test]
fn all_rows_have_the_same_columns() {
    let folder = folder(4);
    let label = |z: usize| u8::from((2..8).contains(&z));
    let size = [SIZE[0], SIZE[1], SIZE[2] - 1];
    let voxels = (0..size.iter().product())
        .map(|i: usize| label(i % SIZE[0]) * label(i / SIZE[0] % SIZE[1]))
        .collect();
    Nrrd::new("uint8", size, voxels).write(&folder.path("short.nrrd"));
    folder.write("list.csv", "Image,Mask,who\ni0.nrrd,m.nrrd,a\ni1.nrrd,short.nrrd,b\ni2.nrrd,m.nrrd,c\n");
    let p = "-s correctMask:true";
    batch(&folder, &format!("-o out.csv {p}")).fine();
    let table = rows(&folder.read("out.csv"));
    let column = "diagnostics_Mask-corrected_VoxelNum";
    let values: Vec<&str> = table.iter().map(|row| row[column].as_str()).collect();
    assert!(values[0].is_empty() && !values[1].is_empty() && values[2].is_empty(), "{values:?}");
    for number in 1..=3 {
        batch(&folder, &format!("-o part.csv --force --shard {number}/3 {p}")).fine();
        assert_eq!(rows(&folder.read("part.csv")), table[number - 1..number]);
    }
    // And where no case could be extracted.
    fs::remove_file(folder.path("i0.nrrd")).unwrap();
    assert_eq!(batch(&folder, &format!("-o none.csv --shard 1/3 {p}")).code, Some(1));
    assert_eq!(folder.read("none.csv").trim_end(), folder.read("out.csv").lines().next().unwrap());
}

#[test]
fn every_form_holds_the_same() {
    let folder = folder(9);
    batch(&folder, "-o out.csv").fine();
    batch(&folder, "-o out.json").fine();
    let csv = rows(&folder.read("out.csv"));
    let json: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(&folder.read("out.json")).unwrap();
    assert_eq!(csv.len(), json.len());
    for (csv, json) in csv.iter().zip(&json) {
        assert_eq!(csv["ID"], json["ID"].as_str().unwrap());
        assert_eq!(csv.len(), json.len());
        for (name, value) in csv.iter().filter(|(name, _)| name.starts_with("original_")) {
            assert_eq!(json[name].as_f64().unwrap(), value.parse::<f64>().unwrap(), "{name}");
        }
    }
    #[cfg(feature = "parquet")]
    {
        batch(&folder, "-o out.parquet").fine();
        let parquet = fs::read(folder.path("out.parquet")).unwrap();
        assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
        let footer = String::from_utf8_lossy(&parquet);
        assert!(footer.contains("radiomics.parameters") && footer.contains("radiomics.settings"));
    }
}

#[test]
fn components_and_labels_of_the_command_line() {
    let folder = Folder::new();
    noise(1).write(&folder.path("i.nrrd"));
    let label = |[x, _, z]: [usize; 3]| if !(3..=8).contains(&x) { 1 + u8::from(z > 7) } else { 0 };
    crate::mask_of(label).write(&folder.path("m.nrrd"));
    folder.write("list.csv", "Image,Mask\ni.nrrd,m.nrrd\n");
    batch(&folder, "-o out.csv --label all --components").fine();
    let found: Vec<(String, String)> = rows(&folder.read("out.csv"))
        .iter()
        .map(|row| (row["Label"].clone(), row["Component"].clone()))
        .collect();
    let expected =
        [("1", "1"), ("1", "2"), ("2", "1"), ("2", "2")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(found, expected);
    batch(&folder, "-o two.csv --label 2").fine();
    assert_eq!(rows(&folder.read("two.csv"))[0]["Label"], "2");
}

/// Real data: a DICOM series with a structure set beside the same as NIfTI, regions by name.
#[test]
fn cases_may_be_dicom() {
    let Some(shared) = radiomics_phantoms::reference::shared("data/ibsi1_ct_phantom") else { return };
    let folder = Folder::new();
    let path = |name: &str| shared.join(name).display().to_string();
    let (series, contours) = (path("dicom/image"), path("dicom/mask/DCM_RS_00060.dcm"));
    let (image, mask) = (path("nifti/image.nii.gz"), path("nifti/mask.nii.gz"));
    let list = format!(
        "Image,Mask,ROI\n{series},{contours},GTV-1\n{image},{mask},\n{series},{contours},GTV-2\n{series},{contours},all\n"
    );
    folder.write("list.csv", list);
    folder.write("p.yaml", "featureClass: {shape: [MeshVolume], glcm: [Contrast]}\n");
    let run = batch(&folder, "-o out.csv -p p.yaml --threads 1");
    assert_eq!(run.code, Some(1), "{run:?}");
    let table = rows(&folder.read("out.csv"));
    let column = |name: &str| table.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("ROI"), ["GTV-1", "", "GTV-1"]);
    for name in ["original_shape_MeshVolume", "original_glcm_Contrast"] {
        let values: Vec<f64> = column(name).iter().map(|value| value.parse().unwrap()).collect();
        // NIfTI keeps spacings in single precision.
        assert!(values.iter().all(|value| (value / values[0] - 1.0).abs() < 1e-6), "{name}: {values:?}");
    }
    let errors = rows(&folder.read("out.csv.errors.csv"));
    assert_eq!((errors.len(), errors[0]["ROI"].as_str()), (1, "GTV-2"));
    assert!(errors[0]["Error"].contains("GTV-1"), "{errors:?}");
}

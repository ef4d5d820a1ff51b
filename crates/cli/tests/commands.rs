//! Every command does what its help says.
#![allow(clippy::unwrap_used)] // helpers of tests: a failed unwrap is a failed test

mod common;

use std::fs;

use common::{Folder, image_of, mask_of, rows};

#[test]
fn help_has_examples_for_every_command() {
    let folder = Folder::new();
    for command in ["extract", "filter", "info", "params check", "params list", "demo", "completions", "man"]
    {
        let help = folder.run(&format!("{command} --help")).fine();
        assert!(
            help.contains("Examples:") && help.contains(&format!("radiomics {command}")),
            "{command}: {help}"
        );
    }
    let help = folder.run("--help").fine();
    for command in ["extract", "filter", "info", "params", "demo", "completions", "man"] {
        assert!(help.contains(command), "{command}");
    }
    assert!(folder.run("--version").fine().contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn csv_has_one_row_for_each_region() {
    let folder = Folder::with_case();
    let text = folder.run("extract image.nrrd mask.nrrd").fine();
    let header = text.lines().next().unwrap();
    assert!(header.starts_with("Image,Mask,Label,diagnostics_"), "{header}");
    assert_eq!(header.split(',').filter(|column| column.starts_with("original_")).count(), 107);
    let rows = rows(&text);
    assert_eq!(rows.len(), 1);
    // Paths as they were given.
    assert_eq!((rows[0]["Image"].as_str(), rows[0]["Mask"].as_str()), ("image.nrrd", "mask.nrrd"));
    assert_eq!(rows[0]["Label"], "1");
    for (column, value) in rows[0].iter().filter(|(column, _)| column.starts_with("original_")) {
        let number: f64 = value.parse().unwrap();
        assert_eq!(format!("{number:?}"), *value, "{column}");
    }
}

#[test]
fn every_form_holds_the_same_numbers() {
    let folder = Folder::with_case();
    for out in ["out.csv", "out.json", "out.parquet"] {
        let run = folder.run(&format!("extract image.nrrd mask.nrrd -o {out}"));
        assert!(run.err.contains(&format!("1 region written to {out}")), "{run:?}");
        run.fine();
    }
    let csv = rows(&folder.read("out.csv")).remove(0);
    let json: serde_json::Value = serde_json::from_str(&folder.read("out.json")).unwrap();
    let names: Vec<&String> = csv.keys().filter(|name| name.starts_with("original_")).collect();
    assert_eq!(names.len(), 107);
    for name in &names {
        assert_eq!(json[0][name].as_f64().unwrap(), csv[*name].parse::<f64>().unwrap(), "{name}");
    }
    let parquet = fs::read(folder.path("out.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1"));
    let footer = String::from_utf8_lossy(&parquet);
    assert!(footer.contains("radiomics.parameters") && footer.contains("radiomics.version"));
    let piped = folder.run("extract image.nrrd mask.nrrd -f json").fine();
    assert_eq!(piped, folder.read("out.json"));
}

#[test]
fn the_features_of_ibsi_have_tags_codes_and_aggregations() {
    let folder = Folder::with_case();
    folder.write("ibsi.toml", "[ibsi]\nmode = '2D'\nspacing = [1.5]\nbin_number = 8\n");
    let text = folder.run("extract image.nrrd mask.nrrd --convention ibsi -p ibsi.toml").fine();
    let row = rows(&text).remove(0);
    assert!(row["diagnostics_Configuration_Settings"].contains("\"bin_number\":8"));
    assert_eq!(row["diagnostics_Versions_Convention"], "IBSI 1");
    let columns: Vec<&String> = row.keys().filter(|name| name.starts_with("cm_contrast_")).collect();
    assert_eq!(columns.len(), 4, "{columns:?}");

    let json = folder.run("extract image.nrrd mask.nrrd --convention ibsi -p ibsi.toml -f json").fine();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["Label"], 1);
    let features = json[0]["features"].as_array().unwrap();
    assert!(features.len() > 300, "{}", features.len());
    for feature in features {
        let value = row[feature["tag"].as_str().unwrap()].parse::<f64>().unwrap();
        assert!(feature["value"].as_f64().map_or(!value.is_finite(), |v| v == value), "{feature}");
    }
    let contrast = features.iter().find(|f| f["tag"] == "cm_contrast_2_5D_comb").unwrap();
    assert_eq!((&contrast["family"], &contrast["code"]), (&"glcm".into(), &"ACUI".into()));
    assert_eq!((&contrast["feature"], &contrast["unit"]), (&"Contrast".into(), &"".into()));
    assert_eq!(contrast["aggregation"], "2.5D, merged");

    let list = folder.run("params list").fine();
    assert!(list.contains("stands under `ibsi`") && list.contains("morph_vol_dens_mvee"), "{list}");
}

#[test]
fn labels_and_components_become_rows() {
    let folder = Folder::with_case();
    // Label 2 has a large part and a small one, label 5 one part.
    let label = |[x, y, z]: [usize; 3]| match z {
        0..3 if x < 4 && y < 5 => 2,
        5..9 if x < 5 && y < 5 => 2,
        5..9 if x > 6 && y > 5 => 5,
        _ => 0,
    };
    mask_of(label).write(&folder.path("mask.nrrd"));
    let column = |arguments: &str, name: &str| -> Vec<String> {
        let text = folder.run(&format!("extract image.nrrd mask.nrrd {arguments}")).fine();
        rows(&text).iter().map(|row| row[name].clone()).collect()
    };
    assert_eq!(column("--label all", "Label"), ["2", "5"]);
    assert_eq!(column("--label 5", "Label"), ["5"]);
    assert_eq!(column("-s label:5", "Label"), ["5"]);
    assert_eq!(column("--label all --components", "Label"), ["2", "2", "5"]);
    assert_eq!(column("--label all --components", "Component"), ["1", "2", "1"]);
    let settings = column("--label all --components", "diagnostics_Configuration_Settings");
    assert!(settings[2].contains("\"label\":5"), "{settings:?}");
    let volumes = column("--label all --components", "original_shape_VoxelVolume");
    assert_eq!(volumes, ["100.0", "60.0", "100.0"]);
}

#[test]
fn settings_on_the_command_line_come_before_the_file() {
    let folder = Folder::with_case();
    folder.write("p.yaml", "setting: {binWidth: 50}\nfeatureClass: {firstorder: [Entropy]}\n");
    folder.write("p.toml", "[setting]\nbinWidth = 50\n[featureClass]\nfirstorder = ['Entropy']\n");
    let entropy = |arguments: &str| {
        let row = rows(&folder.run(&format!("extract image.nrrd mask.nrrd {arguments}")).fine()).remove(0);
        row["original_firstorder_Entropy"].parse::<f64>().unwrap()
    };
    let (wide, narrow) = (entropy("-p p.yaml"), entropy("-p p.yaml -s binWidth:5"));
    assert_eq!(entropy("-p p.toml"), wide);
    assert_eq!(entropy("-s binWidth:50"), wide);
    assert!(narrow > wide + 1.0, "{narrow} {wide}");
}

#[test]
fn extreme_regions_work() {
    let folder = Folder::with_case();
    // Everything: the region touches every border of the image.
    mask_of(|_| 1).write(&folder.path("mask.nrrd"));
    let row = rows(&folder.run("extract image.nrrd mask.nrrd").fine()).remove(0);
    assert_eq!(row["original_shape_VoxelVolume"], "1320.0");
    // Flat: the values that PyRadiomics gives to one grey level.
    image_of(&[42; 1320]).write(&folder.path("image.nrrd"));
    let row = rows(&folder.run("extract image.nrrd mask.nrrd").fine()).remove(0);
    for (feature, expected) in [
        ("firstorder_Entropy", 0.0),
        ("firstorder_Skewness", 0.0),
        ("glcm_Correlation", 1.0),
        ("glcm_MCC", 1.0),
        ("glcm_Imc1", 0.0),
        ("ngtdm_Coarseness", 1e6),
        ("ngtdm_Busyness", 0.0),
        ("ngtdm_Strength", 0.0),
    ] {
        let value: f64 = row[&format!("original_{feature}")].parse().unwrap();
        assert!((value - expected).abs() < 1e-12, "{feature}: {value}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let folder = Folder::with_case();
    mask_of(|[x, _, z]| (1 + x / 4 + z / 5) as u8).write(&folder.path("mask.nrrd"));
    let table = |threads: usize| {
        folder.run(&format!("extract image.nrrd mask.nrrd --label all --threads {threads}")).fine()
    };
    let one = table(1);
    assert_eq!(one.lines().count(), 5);
    assert!(table(2) == one && table(7) == one);
}

#[test]
fn quiet_prints_results_only() {
    let folder = Folder::with_case();
    let run = folder.run("extract image.nrrd mask.nrrd -o out.csv --quiet");
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
    let run = folder.run("extract image.nrrd mask.nrrd -o out.csv --log-level info");
    assert!(run.err.contains("reading image and mask"), "{run:?}");
}

#[test]
fn info_describes_images_and_masks() {
    let folder = Folder::with_case();
    let text = folder.run("info image.nrrd").fine();
    for part in ["NRRD", "int16", "12 x 11 x 10"] {
        assert!(text.contains(part), "{text}");
    }
    let read = |arguments: &str| -> serde_json::Value {
        serde_json::from_str(&folder.run(&format!("info {arguments} --json")).fine()).unwrap()
    };
    let image = read("image.nrrd --values");
    assert_eq!(image["size"], serde_json::json!([12, 11, 10]));
    assert_eq!(image["spacing_mm"], serde_json::json!([1.0, 1.0, 1.0]));
    assert!(image["values"]["maximum"].as_f64().unwrap() < 300.0);
    let mask = read("mask.nrrd --labels");
    let label = &mask["labels"][0];
    assert_eq!(label["voxels"], 144);
    assert_eq!(label["box_start"], serde_json::json!([3, 2, 3]));
    assert_eq!(label["box_size"], serde_json::json!([6, 6, 4]));
    assert_eq!(label["components"], serde_json::json!([144]));
    assert!(folder.run("info mask.nrrd --labels").fine().contains("144.0"));
    folder.run("info absent.nrrd").says(&["absent.nrrd", "no such file"]);
}

#[test]
fn params_are_checked_and_listed() {
    let folder = Folder::new();
    folder.write(
        "good.yaml",
        "setting: {binWidth: 10, distances: [1, 2]}\nfeatureClass: {glcm: [Contrast, Id]}\n",
    );
    let text = folder.run("params check good.yaml").fine();
    for part in ["good.yaml: fine", "Original", "glcm: Contrast, Id", "binWidth: 10"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(folder.run("params check good.yaml --quiet").fine(), "");
    folder.write("bad.yaml", "setting:\n  distances: [1, -2]\n");
    folder.run("params check bad.yaml").says(&["bad.yaml", "line 2", "distances"]);

    let text = folder.run("params list").fine();
    for part in ["binWidth = 25", "Wavelet", "JointEntropy", "TU9B"] {
        assert!(text.contains(part), "{part}");
    }
    assert!(!folder.run("params list images").fine().contains("binWidth"));
    let list: serde_json::Value = serde_json::from_str(&folder.run("params list --json").fine()).unwrap();
    let standard = list["features"].as_array().unwrap().iter().filter(|f| f["standard"] == true).count();
    assert_eq!(standard, 107 + 9);
}

#[test]
fn the_demo_shows_everything_and_spares_other_files() {
    let folder = Folder::new();
    let text = folder.run("demo --out first").fine();
    assert!(text.contains("Synthetic") && text.contains("radiomics extract first/image.nii.gz"), "{text}");
    let features = rows(&folder.read("first/features.csv")).remove(0);
    let value = |name: &str| features[&format!("original_{name}")].parse::<f64>().unwrap();
    // As drawn: an ellipsoid of 17 x 14 x 15 mm with mean 62 and deviation 27 HU.
    assert!((value("shape_VoxelVolume") / 14_954.0 - 1.0).abs() < 0.01);
    assert!((value("firstorder_Mean") - 62.0).abs() < 0.02);
    assert!((value("firstorder_Variance").sqrt() - 27.0).abs() < 0.02);
    let page = folder.read("first/index.html");
    assert!(page.contains("Synthetic data") && page.contains("JointEntropy"));
    assert!(!page.contains(">nan<") && !page.contains(">NaN<"), "a feature has no value");
    assert!(fs::read(folder.path("first/slice.png")).unwrap().starts_with(b"\x89PNG"));

    // The next command that it names gives the same table.
    let next = folder.run("extract first/image.nii.gz first/mask.nii.gz -p first/params.yaml").fine();
    assert_eq!(next, folder.read("first/features.csv"));

    folder.run("demo --out first").fine();
    fs::create_dir(folder.path("mine")).unwrap();
    folder.write("mine/features.csv", "my own");
    folder.run("demo --out mine").says(&["features.csv", "--out"]);
    assert_eq!(folder.read("mine/features.csv"), "my own");
    folder.write("file", "");
    folder.run("demo --out file").says(&["file"]);
}

#[test]
fn completions_and_manual_are_generated() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(folder.run(&format!("completions {shell}")).fine().contains("radiomics"), "{shell}");
    }
    assert!(folder.run("man").fine().contains(".TH radiomics 1"));
    folder.run("man --out pages").fine();
    let page = folder.read("pages/radiomics-params-check.1");
    assert!(page.contains("radiomics params check"), "{page}");
    assert!(folder.read("pages/radiomics-extract.1").contains("binWidth:10"));
}

/// A reader that has seen enough is no error.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_silent() {
    let run = Folder::new().shell("set -o pipefail; \"$0\" params list | head -n 1");
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
}

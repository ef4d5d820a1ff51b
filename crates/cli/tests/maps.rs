//! `radiomics maps`: maps, a picture and an array on disk.
#![allow(clippy::unwrap_used)] // helpers of tests: a failed unwrap is a failed test

mod common;

use common::Folder;
use radiomics_core::{Params, ParamsFormat};
use radiomics_imaging::{
    Image, SampleType,
    io::{ReadOptions, read, read_mask},
};
use radiomics_voxelmaps::{MapSettings, Mapper};

fn map(folder: &Folder, name: &str) -> Image {
    read(folder.path(name), &ReadOptions::default()).unwrap()
}

#[test]
fn maps_are_those_of_the_library_on_the_grid_of_the_scan() {
    let folder = Folder::with_case();
    folder.run("maps image.nrrd mask.nrrd -o box --features glcm_Contrast,firstorder,gldzm --double --device cpu").fine();
    folder
        .run("maps image.nrrd mask.nrrd -o whole --features glcm_Contrast --full-grid -f nrrd --threads 3 --device cpu")
        .fine();
    let params = Params::parse("featureClass: {glcm: [Contrast]}", ParamsFormat::Yaml).unwrap();
    let mapper = Mapper::new(MapSettings { params, ..MapSettings::default() }).unwrap();
    let (image, mask) =
        (map(&folder, "image.nrrd"), read_mask(folder.path("mask.nrrd"), &ReadOptions::default()).unwrap());
    let maps = mapper.map(&image, &mask).unwrap();
    let ours = maps.get("original_glcm_Contrast").unwrap();

    let written = map(&folder, "box/original_glcm_Contrast.nii.gz");
    assert_eq!(written.sample_type(), SampleType::F64);
    assert_eq!(written.geometry().size(), ours.grid.part.size);
    let expected = ours.volume().unwrap();
    for (a, b) in written.to_f64().voxels().iter().zip(expected.voxels()) {
        assert!(a == b || (a.is_nan() && b.is_nan()), "{a} {b}");
    }
    assert_eq!(std::fs::read_dir(folder.path("box")).unwrap().count(), 1 + 18 + 16);

    let whole = map(&folder, "whole/original_glcm_Contrast.nrrd");
    assert_eq!(whole.geometry().size(), image.geometry().size());
    assert_eq!(whole.sample_type(), SampleType::F32);
    let inside = |label: u32| label == 1;
    for (value, label) in whole.to_f64().voxels().iter().zip(mask.iter()) {
        assert!(inside(label) || *value == 0.0, "a value outside the region");
    }
}

#[test]
fn a_picture_and_an_array_come_with_the_maps() {
    let folder = Folder::with_case();
    folder
        .run("maps image.nrrd mask.nrrd -o maps --features glrlm_RunEntropy,gldm_DependenceEntropy --montage all.png --stack input.safetensors --stack-size 8,16,12 --stack-window 0,200 --device cpu")
        .fine();
    assert!(std::fs::read(folder.path("all.png")).unwrap().starts_with(b"\x89PNG"));
    let bytes = std::fs::read(folder.path("input.safetensors")).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let json: serde_json::Value = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
    assert_eq!(json["input"]["shape"], serde_json::json!([3, 8, 16, 12]));
    assert_eq!(json["input"]["dtype"], "F32");
    assert_eq!(bytes.len(), 8 + header + 4 * 3 * 8 * 16 * 12);
    let channels = json["__metadata__"]["channels"].as_str().unwrap();
    assert_eq!(channels, r#"["image","original_gldm_DependenceEntropy","original_glrlm_RunEntropy"]"#);
    let image = bytes[8 + header..].chunks_exact(4).take(8 * 16 * 12);
    let mut image = image.map(|b| f32::from_le_bytes(b.try_into().unwrap()));
    assert!(image.all(|v| (0.0..=200.0).contains(&v)));
}

/// The commands of `docs/maps.md` with its parameter file, and what they print.
#[test]
fn the_guide_prepares_the_input_of_the_escc_study() {
    let guide = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/maps.md");
    let guide = std::fs::read_to_string(guide).unwrap().replace('\r', "");
    let folder = Folder::new();
    let (_, yaml) = guide.split_once("```yaml\n").unwrap();
    folder.write("escc.yaml", yaml.split_once("```").unwrap().0);
    let commands: Vec<&str> = guide.lines().filter_map(|line| line.strip_prefix("$ radiomics ")).collect();
    assert_eq!(commands.len(), 3, "the guide has other commands");
    let runs: Vec<_> = commands.iter().map(|command| folder.run(command)).collect();
    for (command, run) in commands.iter().zip(&runs) {
        assert_eq!(run.code, Some(0), "{command}: {}", run.err);
    }
    let (_, shown) = guide.split_once(commands[2]).unwrap();
    let without_time = |line: &str| line.split_once(" after ").map_or(line, |(what, _)| what).to_owned();
    for line in shown.split_once("```").unwrap().0.trim().lines().map(without_time) {
        assert!(runs[2].err.contains(&line), "{line:?} is not in {:?}", runs[2].err);
    }
    let bytes = std::fs::read(folder.path("escc.safetensors")).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let json: serde_json::Value = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
    assert_eq!(json["input"]["shape"], serde_json::json!([91, 32, 64, 64]));
}

#[test]
fn what_cannot_be_mapped_is_said() {
    let folder = Folder::with_case();
    let run = |options: &str| folder.run(&format!("maps image.nrrd mask.nrrd -o maps {options}"));
    run("--features glcm_Kontrast").says(&["glcm_Kontrast", "is `glcm_Contrast` meant"]);
    run("--features shape").says(&["no maps of shape"]);
    run("--features glcm --without glcm").says(&["no map is asked for"]);
    run("--label 9").says(&["9"]);
    folder.write("filters.toml", "[[filter]]\ntype = 'mean'\nsupport = 3\n");
    run("-p filters.toml").says(&["radiomics filter"]);
    assert!(std::fs::read_dir(folder.path("maps")).map_or(0, Iterator::count) == 0, "a map was written");
    assert_eq!(run("--device gpu").code, Some(2));
    assert_eq!(run("--stack x --stack-size 1,2").code, Some(2));
}

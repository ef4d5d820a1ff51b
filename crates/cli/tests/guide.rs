//! The commands of `docs/from-pyradiomics.md` run, and print what the guide shows.
#![allow(clippy::unwrap_used)] // helpers of tests: a failed unwrap is a failed test

mod common;

use std::{env, fs, path::Path, process::Command};

use common::{Folder, Run, rows};
use radiomics_phantoms::reference::shared;

/// The blocks of the guide in this language, each with the text block that follows it.
fn blocks(guide: &str, language: &str) -> Vec<(String, String)> {
    let mut parts = guide.split("```");
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut shown = true;
    while let (Some(_), Some(block)) = (parts.next(), parts.next()) {
        let (name, text) = block.split_once('\n').unwrap();
        match blocks.last_mut() {
            Some((_, output)) if name == "text" && !shown => {
                (*output, shown) = (text.to_owned(), true);
            }
            _ if name == language => {
                assert!(shown, "no output is shown before {text}");
                blocks.push((text.to_owned(), String::new()));
                shown = false;
            }
            _ => {}
        }
    }
    assert!(shown, "no output is shown after the last block");
    blocks
}

/// A line without how long it took.
fn timeless(line: &str) -> &str {
    line.split_once(" after ").map_or(line, |(what, _)| what)
}

#[test]
fn commands_print_what_is_shown() {
    let guide =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/from-pyradiomics.md"));
    let blocks = blocks(&guide.unwrap().replace('\r', ""), "sh");
    assert!(blocks.len() >= 4);
    let Some(brain) = shared("data/pyradiomics") else { return };
    let Some(phantom) = shared("data/ibsi1_ct_phantom/nifti") else { return };
    let folder = Folder::new();
    for (file, name) in [
        (brain.join("brain1_image.nrrd"), "scan.nrrd"),
        (brain.join("brain1_label_multi.nrrd"), "mask.nrrd"),
        (brain.join("brain1_label_multi.nrrd"), "lesions.nrrd"),
        (phantom.join("image.nii.gz"), "scan.nii.gz"),
        (phantom.join("mask.nii.gz"), "mask.nii.gz"),
    ] {
        fs::copy(file, folder.path(name)).unwrap();
    }
    folder.write("Params.yaml", "imageType: {Original: {}}\n");
    let program = folder.command().get_program().to_owned();
    let programs = Path::new(&program).parent().unwrap().to_owned();
    let path = env::join_paths([programs].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())));
    let path = path.unwrap();
    for (line, shown) in blocks {
        let mut bash = Command::new("bash");
        let run = Run::of(bash.args(["-ec", &line]).env("PATH", &path).current_dir(folder.root()));
        let fails = shown.lines().any(|line| line.starts_with("error: "));
        assert_eq!(run.code, Some(i32::from(fails)), "{line}: {run:?}");
        for shown in shown.lines().filter(|line| !line.is_empty() && *line != "…") {
            if let Some((column, value)) = shown.split_once("   ") {
                // The table of a terminal: seven digits of a value that is written in full elsewhere.
                let (found, value): (f64, f64) =
                    (rows(&run.out)[0][column].parse().unwrap(), value.trim().parse().unwrap());
                assert!((found - value).abs() <= 1e-6 * value.abs(), "{shown}: {found}");
            } else {
                assert!(run.err.lines().any(|line| timeless(line) == timeless(shown)), "{shown}: {run:?}");
            }
        }
    }
}

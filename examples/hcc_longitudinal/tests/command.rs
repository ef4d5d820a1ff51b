//! The program from its command line, in quick mode, as the README has it.
#![allow(clippy::unwrap_used)] // helpers of tests: a failed unwrap is a failed test

use std::{fs, path::Path, process::Command};

fn run(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_hcc-longitudinal")).args(arguments).output().unwrap()
}

#[test]
fn quick_mode_writes_the_same_report_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (first, second, journal) = (path("first"), path("second"), path("features.jsonl"));
    for (out, threads) in [(&first, "2"), (&second, "1")] {
        let output = run(&["--quick", "--quiet", "--out", out, "--resume", &journal, "--threads", threads]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), format!("{out}/index.html"));
    }
    for file in
        ["index.html", "provenance.json", "tables/risk-groups.csv", "figures/images-of-one-patient.png"]
    {
        let read = |out: &str| fs::read(Path::new(out).join(file)).unwrap();
        assert!(read(&first) == read(&second), "{file}");
    }
}

#[test]
fn a_folder_without_a_study_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["--data", &folder.path().display().to_string()]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("study.toml"), "{error}");
}

//! Ctrl-C: exit status 130, the older file as it was, nothing left behind.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // helpers of tests: a failed unwrap is a failed test

mod common;

use std::{
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use common::{Folder, Nrrd};

/// So many regions that the run takes seconds.
fn long_job(folder: &Folder) {
    let n = 72;
    let size = [n; 3];
    let voxels = n * n * n;
    let values = (0..voxels as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 22) as i16);
    Nrrd::new("int16", size, values.flat_map(i16::to_le_bytes).collect()).write(&folder.path("image.nrrd"));
    let block = |i: usize| 1 + (i % n / 4 + i / n % n / 4 * 18 + i / n / n / 4 * 324) as u16;
    let labels = (0..voxels).flat_map(|i| block(i).to_le_bytes()).collect();
    Nrrd::new("uint16", size, labels).write(&folder.path("mask.nrrd"));
}

fn start(folder: &Folder, arguments: &str) -> Child {
    let arguments = format!("extract image.nrrd mask.nrrd -o out.csv --threads 1 {arguments}");
    folder.command().args(arguments.split_whitespace()).stderr(Stdio::piped()).spawn().unwrap()
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

/// Waits until the temporary file shows that the run has begun.
fn begun(folder: &Folder) {
    let until = Instant::now() + Duration::from_secs(20);
    while !folder.names().iter().any(|name| name.ends_with(".part")) {
        assert!(Instant::now() < until, "the run did not begin");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_first_drops_the_work() {
    let folder = Folder::new();
    long_job(&folder);
    folder.write("out.csv", "old");
    let before = folder.names();
    let child = start(&folder, "--label all");
    begun(&folder);
    sleep(Duration::from_millis(150));
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{error}");
    assert!(error.contains("interrupted"), "{error}");
    assert_eq!(folder.read("out.csv"), "old");
    assert_eq!(folder.names(), before);
}

#[test]
fn the_second_ends_a_run_that_hangs() {
    let folder = Folder::with_case();
    folder.write("out.csv", "old");
    // Nobody writes into this pipe.
    assert!(Command::new("mkfifo").arg(folder.path("pipe.yaml")).status().unwrap().success());
    let before = folder.names();
    let mut child = start(&folder, "-p pipe.yaml");
    begun(&folder);
    sleep(Duration::from_millis(100));
    interrupt(&child);
    sleep(Duration::from_millis(200));
    assert!(child.try_wait().unwrap().is_none(), "the first one waits for the step at hand");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(folder.read("out.csv"), "old");
    assert_eq!(folder.names(), before);
}

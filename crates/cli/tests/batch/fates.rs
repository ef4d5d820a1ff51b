//! Cases that fail cost themselves alone, whatever way they do it.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    batch,
    common::{Folder, Run, mask_of, rows},
    folder, journalled,
    resume::children,
};

/// The list of failures: mask and reason.
fn failures(folder: &Folder) -> Vec<(String, String)> {
    let rows = rows(&folder.read("out.csv.errors.csv"));
    rows.iter().map(|row| (row["Mask"].clone(), row["Error"].clone())).collect()
}

fn column(folder: &Folder, name: &str) -> Vec<String> {
    rows(&folder.read("out.csv")).iter().map(|row| row[name].clone()).collect()
}

#[test]
fn failing_cases_are_listed_and_the_others_go_on() {
    let folder = folder(1);
    folder.write("empty.nrrd", "");
    mask_of(|_| 0).write(&folder.path("nothing.nrrd"));
    mask_of(|[x, y, z]| match [x, y, z] {
        [11, 10, 9] => 7,
        [2..6, 2..6, 2..6] => 4,
        _ => 0,
    })
    .write(&folder.path("some.nrrd"));
    let list = "Image,Mask,Label,note\n\
        i0.nrrd,m.nrrd,1,a\n\
        absent.nrrd,m.nrrd,1,\"b, c\"\n\
        i0.nrrd,empty.nrrd,,d\n\
        i0.nrrd,nothing.nrrd,all,e\n\
        i0.nrrd,some.nrrd,all,f\n\
        i0.nrrd,m.nrrd,9,g\n\
        i1.nrrd,m.nrrd,2,h\n";
    folder.write("list.csv", list);
    let run = batch(&folder, "-o out.csv --threads 2");
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("5 cases failed") && run.err.contains("out.csv.errors.csv"), "{run:?}");
    assert!(run.err.contains("line 3 (m.nrrd)") && !run.err.contains("panicked"), "{run:?}");
    assert_eq!(column(&folder, "note"), ["a", "f", "h"]);
    assert_eq!(column(&folder, "Label"), ["1", "4", "2"]);
    let errors = rows(&folder.read("out.csv.errors.csv"));
    let of = |name: &str| errors.iter().map(|row| row[name].as_str()).collect::<Vec<_>>();
    assert_eq!(of("note"), ["b, c", "d", "e", "f", "g"]);
    assert_eq!(of("Label"), ["1", "", "all", "7", "9"]);
    let reasons = of("Error");
    for (reason, parts) in reasons.iter().zip([
        ["absent.nrrd", "no such file"],
        ["empty.nrrd", "empty"],
        ["nothing.nrrd", "no labels"],
        ["label 7", "voxel"],
        ["label 9", "it holds 1, 2"],
    ]) {
        assert!(parts.iter().all(|part| reason.contains(part)) && !reason.contains('\n'), "{reason}");
    }
    // Names start at the folder of the list, and the message says where that was looked for.
    let looked_for = folder.root().canonicalize().unwrap().join("absent.nrrd");
    assert!(reasons[0].contains(&looked_for.display().to_string()), "{}", reasons[0]);
    assert!(!reasons[0].contains("current folder"), "{}", reasons[0]);
    // The end of a finished batch is the same when it is asked for again.
    assert_eq!(batch(&folder, "-o out.csv --resume").code, Some(1));
    // The list of failures is a list of cases: once the reasons are gone, it can be done.
    for name in ["absent.nrrd", "empty.nrrd"] {
        std::fs::copy(
            folder.path(if name == "absent.nrrd" { "i0.nrrd" } else { "m.nrrd" }),
            folder.path(name),
        )
        .unwrap();
    }
    let rest = folder.run("batch out.csv.errors.csv -o rest.csv --shard 1/2 --quiet").fine();
    assert_eq!(rest, "");
    assert_eq!(rows(&folder.read("rest.csv"))[1]["note"], "d");
    // A batch without failures takes an old list of them away.
    folder.write("list.csv", "Image,Mask\ni0.nrrd,m.nrrd\n");
    batch(&folder, "-o out.csv --force").fine();
    assert!(!folder.path("out.csv.errors.csv").exists());
}

/// A list of seven cases of which the fourth is special.
fn special() -> Folder {
    let folder = folder(10);
    std::fs::copy(folder.path("m.nrrd"), folder.path("special.nrrd")).unwrap();
    let row = |case| format!("i{case}.nrrd,{}.nrrd\n", if case == 3 { "special" } else { "m" });
    folder.write("list.csv", format!("Image,Mask\n{}", (0..7).map(row).collect::<String>()));
    folder
}

fn others_are_there(folder: &Folder, run: &Run, reason: &str) {
    assert_eq!(run.code, Some(1), "{run:?}");
    let failures = failures(folder);
    assert!(failures.len() == 1 && failures[0].0 == "special.nrrd", "{failures:?}");
    assert!(failures[0].1.contains(reason), "{failures:?}");
    let images = column(folder, "Image");
    assert_eq!(images, ["i0.nrrd", "i1.nrrd", "i2.nrrd", "i4.nrrd", "i5.nrrd", "i6.nrrd"]);
}

#[test]
#[cfg(debug_assertions)] // the released program cannot be told to
fn a_panic_and_an_abort_cost_one_case() {
    for (fate, reason) in [("panic", "a test wants this"), ("abort", "signal 6")] {
        for threads in [1, 2] {
            let folder = special();
            let mut command = folder.command();
            command.args([
                "batch",
                "list.csv",
                "-o",
                "out.csv",
                "--quiet",
                "--threads",
                &threads.to_string(),
            ]);
            let run = Run::of(command.env("RADIOMICS_TEST_FATE", format!("{fate}:special.nrrd")));
            others_are_there(&folder, &run, reason);
        }
    }
}

/// As the system does where memory runs out.
#[test]
#[cfg(all(unix, debug_assertions))]
fn a_killed_worker_costs_one_case() {
    let folder = special();
    let mut command = folder.command();
    command.args(["batch", "list.csv", "-o", "out.csv", "--quiet", "--threads", "1"]);
    command.env("RADIOMICS_TEST_FATE", "hang:special.nrrd").stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while journalled(&folder.path("out.csv.journal")) < 3 {
        assert!(Instant::now() < until, "the first cases take too long");
        sleep(Duration::from_millis(5));
    }
    sleep(Duration::from_millis(300));
    let workers = children(child.id());
    assert_eq!(workers.len(), 1);
    assert!(Command::new("kill").args(["-KILL", &workers[0].to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    let run = Run { code: output.status.code(), out: String::new(), err };
    others_are_there(&folder, &run, "killed (signal 9)");
}

/// A scan larger than the memory that a process may have.
#[test]
#[cfg(target_os = "linux")]
fn memory_that_runs_out_costs_one_case() {
    let folder = special();
    let header = crate::noise(1).with("sizes", "1200 1100 1000").header();
    let mut file = File::create(folder.path("i3.nrrd")).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    // A hole as large as 2.6 GB takes no place on the disk.
    file.seek(SeekFrom::Current(2 * 1200 * 1100 * 1000 - 1)).unwrap();
    file.write_all(&[0]).unwrap();
    let line = "ulimit -v 1500000; exec \"$0\" batch list.csv -o out.csv --quiet --threads 2";
    let run = folder.shell(line);
    others_are_there(&folder, &run, "memory");
}

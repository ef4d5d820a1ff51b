//! Batches that are killed, interrupted, or run out of disk go on as if nothing had happened.
#![cfg(unix)]

use std::{
    fs,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{Random, batch, common::Folder, folder, journalled, remove, undisturbed};

fn start(folder: &Folder, arguments: &str) -> Child {
    let arguments = format!("batch list.csv --quiet {arguments}");
    folder.command().args(arguments.split_whitespace()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Kills a batch again and again and resumes it, until it has been killed so many times; compares whenever it
/// comes to its end.
fn kill_and_resume(folder: &Folder, table: &str, kills: usize, seed: u64) {
    let started = Instant::now();
    let expected = undisturbed(folder, table);
    // Often enough that a batch is killed some ten times from its start to its end, table included.
    let longest = (started.elapsed() / 5).as_micros() as u64;
    let mut random = Random(seed);
    let (mut killed, mut ended, mut most) = (0, 0, 0);
    while killed < kills {
        let mut child = start(folder, &format!("-o {table} --threads 2 --resume"));
        sleep(Duration::from_micros(random.next() % longest));
        let before = journalled(&folder.path(&format!("{table}.journal")));
        // A finished journal has shrunk; the table is there before it does.
        let finished = folder.path(table).exists();
        assert!(finished || before >= most, "{table}: {most} cases were done, then {before}");
        most = before;
        child.kill().unwrap();
        let status = child.wait().unwrap();
        match status.code() {
            None => killed += 1,
            Some(code) => {
                assert_eq!(code, 0);
                assert!(
                    fs::read(folder.path(table)).unwrap() == expected,
                    "{table} differs after {killed} kills"
                );
                remove(folder, table);
                (ended, most) = (ended + 1, 0);
            }
        }
    }
    batch(folder, &format!("-o {table} --resume")).fine();
    assert!(fs::read(folder.path(table)).unwrap() == expected, "{table} differs after {killed} kills");
    assert!(folder.names().iter().all(|name| !name.ends_with(".part")), "{:?}", folder.names());
    println!("{table}: killed {killed} times, came to its end {} times", ended + 1);
    remove(folder, table);
}

#[test]
fn killed_at_fifty_moments() {
    let folder = folder(300);
    kill_and_resume(&folder, "out.csv", 50, 1);
    kill_and_resume(&folder, "out.json", 10, 2);
    #[cfg(feature = "parquet")]
    kill_and_resume(&folder, "out.parquet", 10, 3);
}

/// Waits until so many cases are done.
fn wait_for(folder: &Folder, cases: usize) {
    let until = Instant::now() + Duration::from_secs(60);
    while journalled(&folder.path("out.csv.journal")) < cases {
        assert!(Instant::now() < until, "{cases} cases take too long");
        sleep(Duration::from_millis(2));
    }
}

#[test]
fn interrupted() {
    let folder = folder(300);
    let expected = undisturbed(&folder, "out.csv");
    let before = folder.names();
    for (signal, cases) in [("-INT", 20), ("-TERM", 120)] {
        let child = start(&folder, "-o out.csv --threads 2 --resume");
        wait_for(&folder, cases);
        let workers = children(child.id());
        assert_eq!(workers.len(), 2);
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{error}");
        assert!(error.contains("of 300 cases are done") && error.contains("--resume"), "{error}");
        assert!(journalled(&folder.path("out.csv.journal")) >= cases);
        assert!(!folder.path("out.csv").exists());
        #[cfg(target_os = "linux")]
        for worker in workers {
            assert!(!std::path::Path::new(&format!("/proc/{worker}")).exists(), "a worker is left");
        }
    }
    // Without a word about it, an unfinished batch is not begun anew.
    batch(&folder, "-o out.csv").says(&["out.csv.journal", "--resume", "--force"]);
    batch(&folder, "-o out.csv --resume").fine();
    assert!(fs::read(folder.path("out.csv")).unwrap() == expected);
    remove(&folder, "out.csv");
    assert_eq!(folder.names(), before);
}

/// A file that may not grow, as on a full disk: at the journal, at the table.
#[cfg(target_os = "linux")]
#[test]
fn out_of_disk() {
    let folder = folder(60);
    for table in ["out.csv", "out.json"] {
        let expected = undisturbed(&folder, table);
        let mut full = 0;
        // KiB that a file may have. A table in JSON is larger than the journal, so that each can be the one.
        for most in [1, 7, 20, 40, 90, 130, 170, 200, 300, 500, 900] {
            let line = format!(
                "trap '' XFSZ; ulimit -f {most}; exec \"$0\" batch list.csv -o {table} --resume --quiet"
            );
            let run = folder.shell(&line);
            if run.code == Some(0) {
                break;
            }
            full += 1;
            let done = journalled(&folder.path(&format!("{table}.journal")));
            run.says(&["cannot write", table, "free some space", if done > 0 { "--resume" } else { "" }]);
            assert!(!folder.path(table).exists());
            assert!(folder.names().iter().all(|name| !name.ends_with(".part")), "{:?}", folder.names());
        }
        assert!(full >= 4, "{table}: the disk was full {full} times only");
        batch(&folder, &format!("-o {table} --resume")).fine();
        assert!(fs::read(folder.path(table)).unwrap() == expected, "{table}");
        remove(&folder, table);
    }
}

#[test]
fn finished_existing_and_foreign_tables() {
    let folder = folder(8);
    folder.write("out.csv", "mine");
    let exists = batch(&folder, "-o out.csv");
    exists.says(&["out.csv exists", "--force"]);
    batch(&folder, "-o out.csv --resume").says(&["out.csv exists", "of which batch"]);
    assert_eq!(folder.read("out.csv"), "mine");
    batch(&folder, "-o out.csv --force").fine();
    let table = folder.read("out.csv");
    // A finished batch is not done again.
    let again = folder.run("batch list.csv -o out.csv --resume");
    assert!(again.err.contains("nothing to do"), "{again:?}");
    again.fine();
    assert_eq!(folder.read("out.csv"), table);
    batch(&folder, "-o out.csv --resume -s binWidth:5").says(&["other parameters", "--force"]);
    batch(&folder, "-o out.csv --resume --components").says(&["other options"]);
    batch(&folder, "-o out.csv --resume --label 2").says(&["another list"]);
    folder.write("out.csv", "mine");
    batch(&folder, "-o out.csv --resume").says(&["was changed"]);
    // Where the table is gone, it is made again.
    fs::remove_file(folder.path("out.csv")).unwrap();
    batch(&folder, "-o out.csv --resume").fine();
    assert_eq!(folder.read("out.csv"), table);
    // The list grew.
    let list = folder.read("list.csv");
    folder.write("list.csv", format!("{list}x,i1.nrrd,m.nrrd,2\n"));
    batch(&folder, "-o out.csv --resume").says(&["a list of 8 cases, which now has 9"]);
    folder.write("out.csv.journal", "Dear Sir or Madam");
    batch(&folder, "-o out.csv --resume").says(&["out.csv.journal", "not the journal"]);
    batch(&folder, "-o list.csv --force").says(&["list.csv", "input"]);
    batch(&folder, "-o i1.nrrd --force").says(&["i1.nrrd", "input"]);
    batch(&folder, "-o absent/out.csv").says(&["absent/out.csv", "folder"]);
    batch(&folder, "-o -").says(&["file"]);
}

/// The processes that a process has started.
pub fn children(parent: u32) -> Vec<u32> {
    let output = Command::new("ps").args(["-o", "pid=", "--ppid", &parent.to_string()]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

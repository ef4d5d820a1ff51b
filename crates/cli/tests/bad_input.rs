//! Every kind of bad input has its own clear error, exit status 1, no panic, no partial output.
#![allow(clippy::unwrap_used)] // helpers of tests: a failed unwrap is a failed test

mod common;

use std::{fs, io::Write, path::Path};

use common::{Folder, Nrrd, Run, float_image, image, mask, mask_of};
use flate2::{Compression, write::GzEncoder};

/// How to spoil a folder with a good case, the arguments, and what the error must say.
type Case = (&'static str, fn(&Folder), &'static str, &'static [&'static str]);

const GOOD: &str = "image.nrrd mask.nrrd";

#[rustfmt::skip] // one case, one place
const CASES: &[Case] = &[
    ("missing image", |_| {}, "absent.nrrd mask.nrrd", &["image", "absent.nrrd", "no such file"]),
    ("missing mask", |_| {}, "image.nrrd absent.nrrd", &["mask", "absent.nrrd", "no such file"]),
    ("directory", |f| fs::create_dir(f.path("scans")).unwrap(), "scans mask.nrrd", &["scans", "folder"]),
    ("empty file", |f| drop(f.write("image.nrrd", "")), GOOD, &["image.nrrd", "empty"]),
    ("no image at all", |f| drop(f.write("letter", "Dear Sir or Madam,")), "letter mask.nrrd", &["letter", "format", "Dear Sir"]),
    ("no image inside", |f| drop(f.write("image.nrrd", "Dear Sir or Madam,")), GOOD, &["image.nrrd", "Dear Sir", "NRRD0001"]),
    ("truncated gzip", |f| {
        let packed = gzip(&image().data);
        Nrrd { data: packed[..packed.len() / 2].to_vec(), ..image() }.with("encoding", "gzip").write(&f.path("image.nrrd"));
    }, GOOD, &["image.nrrd", "2640 bytes"]),
    ("damaged gzip", |f| {
        let mut packed = gzip(&image().data);
        let middle = packed.len() / 2;
        packed[middle..middle + 20].fill(0xff);
        Nrrd { data: packed, ..image() }.with("encoding", "gzip").write(&f.path("image.nrrd"));
    }, GOOD, &["image.nrrd", "damaged"]),
    ("truncated data", |f| {
        let mut cut = image();
        cut.data.truncate(1000);
        cut.write(&f.path("image.nrrd"));
    }, GOOD, &["image.nrrd", "1000 of 2640 bytes"]),
    ("10^12 voxels", |f| image().with("sizes", "10000 10000 10000").write(&f.path("image.nrrd")), GOOD,
        &["image.nrrd", "2640 of 2000000000000 bytes"]),
    ("10^12 voxels in gzip", |f| {
        Nrrd { data: gzip(&image().data), ..image() }.with("encoding", "gzip").with("sizes", "10000 10000 10000").write(&f.path("image.nrrd"));
    }, GOOD, &["image.nrrd", "2000000000000", "10000"]),
    ("sizes beyond any number", |f| image().with("sizes", "4000000000 4000000000 4000000000").write(&f.path("image.nrrd")), GOOD,
        &["image.nrrd", "4000000000"]),
    ("gzip bomb", |f| {
        // 1 MB that becomes 1 GB, where 2640 bytes are expected: as image, and as a header without end.
        let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
        let zeros = vec![0; 1 << 20];
        (0..1024).for_each(|_| bomb.write_all(&zeros).unwrap());
        f.write("image.nii.gz", bomb.finish().unwrap());
    }, "image.nii.gz mask.nrrd", &["image.nii.gz"]),
    ("NaN spacing", |f| image().with("space directions", "(nan,0,0) (0,1,0) (0,0,1)").write(&f.path("image.nrrd")), GOOD, &["image.nrrd", "NaN"]),
    ("zero spacing", |f| image().with("space directions", "(1,0,0) (0,0,0) (0,0,1)").write(&f.path("image.nrrd")), GOOD, &["image.nrrd", "spacing", "0"]),
    ("infinite spacing", |f| image().with("space directions", "(1,0,0) (0,1,0) (0,0,inf)").write(&f.path("image.nrrd")), GOOD, &["image.nrrd", "inf"]),
    ("non-orthogonal direction", |f| image().with("space directions", "(1,0,0) (0.2,1,0) (0,0,1)").write(&f.path("image.nrrd")), GOOD,
        &["image.nrrd", "orthonormal", "0.196"]),
    ("NaN in the region", |f| float_image(|at| (at == [4, 5, 6]).then_some(f32::NAN)).write(&f.path("image.nrrd")), GOOD,
        &["label 1", "NaN", "finite"]),
    ("infinity in the region", |f| float_image(|at| (at == [4, 5, 6]).then_some(f32::INFINITY)).write(&f.path("image.nrrd")), GOOD,
        &["label 1", "inf", "finite"]),
    ("mask of another size", |f| Nrrd::new("uint8", [5, 5, 5], vec![1; 125]).write(&f.path("mask.nrrd")), GOOD,
        &["size", "12x11x10", "5x5x5", "correctMask"]),
    ("shifted origin", |f| mask().with("space origin", "(0,0,0.5)").write(&f.path("mask.nrrd")), GOOD,
        &["origin", "(0, 0, 0.5)", "geometryTolerance"]),
    ("absent label", |f| mask_of(|[x, ..]| if x > 4 { 3 } else { 0 }).write(&f.path("mask.nrrd")), GOOD, &["label 1", "it holds 3", "--label"]),
    ("nothing in the mask", |f| mask_of(|_| 0).write(&f.path("mask.nrrd")), GOOD, &["mask.nrrd", "no labels"]),
    ("nothing in the mask, all labels", |f| mask_of(|_| 0).write(&f.path("mask.nrrd")), "image.nrrd mask.nrrd --label all", &["mask.nrrd", "no labels"]),
    ("one-voxel region", |f| mask_of(|at| u8::from(at == [4, 5, 6])).write(&f.path("mask.nrrd")), GOOD, &["label 1", "voxel"]),
    ("labels that are no whole numbers", |f| float_image(|[x, ..]| Some(x as f32 / 8.0)).write(&f.path("mask.nrrd")), GOOD,
        &["mask.nrrd", "0.125", "whole numbers"]),
    ("negative labels", |f| float_image(|_| Some(-1.0)).write(&f.path("mask.nrrd")), GOOD, &["mask.nrrd", "-1"]),
    ("data file in another folder", |f| {
        f.write("image.nhdr", image().with("data file", "../image.raw").header());
    }, "image.nhdr mask.nrrd", &["image.nhdr", "../image.raw", "folder"]),
    ("data file with an absolute path", |f| {
        f.write("image.nhdr", image().with("data file", "/etc/passwd").header());
    }, "image.nhdr mask.nrrd", &["image.nhdr", "/etc/passwd", "folder"]),
    ("frame that is not there", |_| {}, "image.nrrd mask.nrrd --frame 3", &["image.nrrd", "frame 3"]),
    ("missing parameter file", |_| {}, "image.nrrd mask.nrrd -p absent.yaml", &["absent.yaml", "no such file"]),
    ("parameter file with a typo", |f| drop(f.write("p.yaml", "setting:\n  binWith: 10\n")), "image.nrrd mask.nrrd -p p.yaml",
        &["p.yaml", "line 2", "binWith", "binWidth"]),
    ("parameter file with a wrong type", |f| drop(f.write("p.yaml", "setting:\n  binWidth: wide\n")), "image.nrrd mask.nrrd -p p.yaml",
        &["p.yaml", "line 2", "binWidth", "wide", "number"]),
    ("parameter file that is none", |f| drop(f.write("p.yaml", [0xff, 0xfe, 0x00])), "image.nrrd mask.nrrd -p p.yaml", &["p.yaml", "UTF-8"]),
    ("parameter file without end", |_| {}, "image.nrrd mask.nrrd -p /dev/zero", &["/dev/zero", "larger"]),
    ("alias bomb", |f| {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let refs = vec![format!("*a{}", i - 1); 10].join(", ");
            bomb += &format!("a{i}: &a{i} [{refs}]\n");
        }
        f.write("p.yaml", bomb);
    }, "image.nrrd mask.nrrd -p p.yaml", &["p.yaml"]),
    ("10^9 grey levels", |_| {}, "image.nrrd mask.nrrd -s binWidth:0.0000003", &["label 1", "grey levels", "binWidth"]),
    ("filters without end", |f| drop(f.write("p.yaml", "imageType: {LBP3D: {lbp3DIcosphereSubdivision: 30}}")),
        "image.nrrd mask.nrrd -p p.yaml", &["p.yaml", "lbp3DIcosphereSubdivision", "30", "0 to 5"]),
    ("filter that needs no end of voxels", |f| drop(f.write("p.yaml", "imageType: {Wavelet: {wavelet: dmey, level: 16}}")),
        "image.nrrd mask.nrrd -p p.yaml", &["label 1", "wavelet dmey", "levels"]),
    ("IBSI setting with a typo", |f| drop(f.write("p.toml", "[ibsi]\nbin_siz = 25\n")), "image.nrrd mask.nrrd --convention ibsi -p p.toml",
        &["p.toml", "line 2", "bin_siz", "`bin_size`"]),
    ("IBSI spacing across slices", |f| drop(f.write("p.toml", "[ibsi]\nmode = '2D'\nspacing = [1, 1, 2]\n")), "image.nrrd mask.nrrd --convention ibsi -p p.toml",
        &["p.toml", "ibsi.spacing", "two numbers"]),
    ("10^9 IBSI grey levels", |_| {}, "image.nrrd mask.nrrd --convention ibsi -s bin_size:0.0000003", &["label 1", "grey levels", "bin_size"]),
    ("output in a folder that is none", |f| drop(f.write("file", "")), "image.nrrd mask.nrrd -o file/out.csv", &["file/out.csv", "directory"]),
    ("output in a folder that is absent", |_| {}, "image.nrrd mask.nrrd -o absent/out.csv", &["absent/out.csv", "folder"]),
    ("output is an input", |_| {}, "image.nrrd mask.nrrd -o ./mask.nrrd", &["./mask.nrrd", "input"]),
    ("output is a folder", |f| fs::create_dir(f.path("out")).unwrap(), "image.nrrd mask.nrrd -o out", &["out", "directory"]),
];

/// Runs all cases and reports every miss at once.
fn run_all(mut arguments: impl FnMut(&Folder, &str) -> Vec<Run>) {
    let mut misses = String::new();
    for (name, spoil, given, expected) in CASES {
        let folder = Folder::with_case();
        spoil(&folder);
        folder.write("old.csv", "old");
        let before = folder.names();
        for run in arguments(&folder, given) {
            if let Some(miss) = run.miss(expected) {
                misses += &format!("\n{name}: {miss}\n{run:#?}\n");
            }
        }
        assert_eq!(folder.read("old.csv"), "old", "{name}");
        assert_eq!(folder.names(), before, "{name}: leftovers");
    }
    assert!(misses.is_empty(), "{misses}");
}

#[test]
fn each_has_its_own_error() {
    run_all(|folder, given| {
        let plain = format!("extract {given} --quiet");
        let mut runs = vec![folder.run(&plain)];
        if !plain.contains("-o ") {
            runs.push(folder.run(&format!("{plain} -o old.csv")));
        }
        runs
    });
}

/// The same with 1 GB of address space: headers that lie must not cost memory.
#[cfg(target_os = "linux")]
#[test]
fn memory_stays_small() {
    run_all(|folder, given| {
        vec![folder.shell(&format!("ulimit -v 1000000; exec \"$0\" extract {given} --threads 1 --quiet"))]
    });
}

/// A file that may not grow, as on a full disk: the older file stays, and nothing is left behind.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_no_trace() {
    for ending in ["csv", "json", "parquet"] {
        let folder = Folder::with_case();
        let out = format!("out.{ending}");
        folder.write(&out, "old");
        let before = folder.names();
        let run =
            folder.shell(&format!("trap '' XFSZ; ulimit -f 1; exec \"$0\" extract {GOOD} -o {out} --quiet"));
        run.says(&["cannot write", &out, "full"]);
        assert_eq!(folder.read(&out), "old");
        assert_eq!(folder.names(), before);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_named() {
    let folder = Folder::with_case();
    let run = folder.run("extract image.nrrd mask.nrrd --quiet -o /dev/full");
    run.says(&["cannot write /dev/full", "No space left", "free some space"]);
    assert!(Path::new("/dev/full").exists());
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let run = Run::of(folder.command().args(["extract", "image.nrrd", "mask.nrrd"]).stdout(full));
    run.says(&["standard output", "No space left"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_named() {
    let run = Folder::with_case().run("extract image.nrrd mask.nrrd -o /proc/out.csv");
    run.says(&["cannot write /proc/out.csv"]);
}

#[test]
fn some_regions_may_fail() {
    let folder = Folder::with_case();
    let label = |[x, y, z]: [usize; 3]| match () {
        () if [x, y, z] == [11, 10, 9] => 7,
        () if (2..6).contains(&x) && (2..6).contains(&y) && (2..6).contains(&z) => 4,
        () => 0,
    };
    mask_of(label).write(&folder.path("mask.nrrd"));
    let run = folder.run("extract image.nrrd mask.nrrd --label all -o out.csv --quiet");
    run.says(&["label 7 of mask.nrrd", "1 of 2 regions failed"]);
    let rows = common::rows(&folder.read("out.csv"));
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["Label"], "4");
}

#[test]
fn wrong_usage_has_status_2() {
    for (arguments, expected) in [
        ("", "Usage"),
        ("extrakt", "extract"),
        ("extract image.nrrd", "<MASK>"),
        ("extract image.nrrd mask.nrrd --label 0", "background"),
        ("extract image.nrrd mask.nrrd --label x", "all"),
        ("extract image.nrrd mask.nrrd -f xml", "csv"),
        ("extract image.nrrd mask.nrrd --threads 0", "1..=1024"),
        ("extract image.nrrd mask.nrrd -s binWidth", "NAME:VALUE"),
        ("extract image.nrrd mask.nrrd -s binWith:3", "binWidth"),
        ("extract image.nrrd mask.nrrd -s binWidth:-1", "above 0"),
        ("params list colours", "settings"),
        ("completions tcsh", "bash"),
    ] {
        let run = Folder::with_case().run(arguments);
        assert_eq!(run.code, Some(2), "{arguments}: {run:?}");
        assert!(run.err.contains(expected), "{arguments}: {run:?}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

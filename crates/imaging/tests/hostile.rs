//! Files that are damaged, or made to harm: an error or an image, never a panic, never much memory.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

#[path = "io/common.rs"]
#[allow(dead_code)] // shared with the other tests, which use all of it
mod common;

use std::path::Path;

use common::{Folder, Nifti, gzip, metaimage, nrrd, ramp, values, zlib};
use radiomics_imaging::{
    Image,
    io::{ReadError, ReadOptions, header, read},
};

/// A small good file of each form: name, content, and the length of the header that is worth damaging.
fn good_files() -> Vec<(&'static str, Vec<u8>, usize)> {
    let bytes = ramp(24);
    let nifti = Nifti { codes: (1, 1), ..Nifti::new([4, 3, 2]) };
    let mut oblique = nifti.clone();
    oblique.srow = [[0.6, -0.8, 0.0, 1.0], [0.8, 0.6, 0.0, 2.0], [0.0, 0.0, 1.0, 3.0]];
    let big = Nifti { big: true, slope: 2.0, ..oblique.clone() };
    let two = Nifti { version: 2, vox_offset: 544.0, ..oblique.clone() };
    let encoded = |encoding, data: &[u8]| [nrrd(&[("encoding", Some(encoding))]).as_bytes(), data].concat();
    let text: String = (0..24).map(|i| format!("{i} ")).collect();
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let packed = zlib(&bytes);
    let size = packed.len().to_string();
    let compressed = [("CompressedData", Some("True")), ("CompressedDataSize", Some(size.as_str()))];
    let components = [("dimension", Some("4")), ("sizes", Some("2 2 3 2")), ("kinds", None), ("space", None)];
    let none = [("space directions", None), ("space origin", None), ("spacings", Some("nan 1 1 1"))];
    let with_kinds = [&components[..], &none[..], &[("kinds", Some("vector domain domain domain"))]].concat();
    let files = vec![
        ("a.nii", oblique.with(&bytes)),
        ("big.nii", big.with(&bytes)),
        ("two.nii", two.with(&bytes)),
        ("a.nii.gz", gzip(&oblique.with(&bytes))),
        ("a.nrrd", encoded("raw", &bytes)),
        ("gzip.nrrd", encoded("gzip", &gzip(&bytes))),
        ("text.nrrd", encoded("ascii", text.trim().as_bytes())),
        ("hex.nrrd", encoded("hex", hex.as_bytes())),
        ("vector.nrrd", [nrrd(&with_kinds).as_bytes(), &bytes].concat()),
        ("a.mha", [metaimage(&[], "LOCAL").as_bytes(), &bytes].concat()),
        ("zlib.mha", [metaimage(&compressed, "LOCAL").as_bytes(), &packed].concat()),
        ("a.nhdr", (nrrd(&[]).trim_end().to_owned() + "\ndata file: LIST\na.raw\nb.raw\n").into_bytes()),
        ("a.mhd", metaimage(&[], "%c.raw").replace("%c", "%d").into_bytes()),
    ];
    files
        .into_iter()
        .map(|(name, file)| {
            let n = file.len().min(560);
            (name, file, n)
        })
        .collect()
}

/// Data files that the detached headers name.
fn data_files(folder: &Folder) {
    for (i, half) in ramp(24).chunks(24).enumerate() {
        folder.file(["a.raw", "b.raw"][i], half);
        folder.file(&format!("{}.raw", i + 1), half);
    }
}

/// Reads a file, header first; whatever it says must name a file and be short.
fn attempt(path: &Path) -> Result<Image, String> {
    let options = ReadOptions { max_bytes: 1 << 20, ..ReadOptions::default() };
    let head = header(path);
    let result = read(path, &options);
    if let (Ok(head), Ok(image)) = (&head, &result) {
        assert_eq!(head.geometry, *image.geometry());
    }
    if head.is_err() {
        assert!(result.is_err(), "the header of {} is bad, its voxels are good?", path.display());
    }
    result.map_err(|error| {
        let text = error.to_string();
        let folder = path.parent().unwrap().to_str().unwrap();
        assert!(text.contains(folder) && text.len() < 2000, "{text}");
        text
    })
}

#[test]
fn good_files_are_good() {
    let folder = Folder::new();
    data_files(&folder);
    for (name, file, _) in good_files() {
        let image = attempt(&folder.file(name, &file)).unwrap();
        assert!(!values(&image).is_empty(), "{name}");
    }
}

#[test]
fn files_cut_off_anywhere_are_errors() {
    let folder = Folder::new();
    data_files(&folder);
    for (name, file, _) in good_files() {
        let detached = name == "a.nhdr" || name == "a.mhd";
        for length in 0..file.len() {
            let result = attempt(&folder.file(name, &file[..length]));
            // A cut name of a file, or a missing end of line, may still make sense.
            let harmless =
                detached && length + 8 > file.len() || name == "text.nrrd" && length + 1 >= file.len();
            assert!(result.is_err() || harmless, "{name} cut to {length} of {} bytes", file.len());
        }
    }
}

#[test]
fn every_byte_of_a_header_may_be_wrong() {
    let folder = Folder::new();
    data_files(&folder);
    let mut random = Random(7);
    for (name, file, length) in good_files() {
        for position in 0..length {
            let own = file[position];
            for value in [0, own ^ 0x80, own.wrapping_add(1), random.next() as u8] {
                let mut damaged = file.clone();
                damaged[position] = value;
                let _ = attempt(&folder.file(name, &damaged));
            }
        }
        // And several at once.
        for _ in 0..300 {
            let mut damaged = file.clone();
            for _ in 0..1 + random.next() % 6 {
                let position = random.next() as usize % damaged.len();
                damaged[position] = random.next() as u8;
            }
            let _ = attempt(&folder.file(name, &damaged));
        }
    }
    assert_little_memory();
}

#[test]
fn a_header_may_claim_a_million_million_voxels() {
    let folder = Folder::new();
    let claim = "10000 10000 10000";
    let dim = [3, 10_000, 10_000, 10_000, 1, 1, 1, 1];
    let bytes = ramp(24);
    let nifti = Nifti { dim, ..Nifti::new([1, 1, 1]) };
    let sizes = ("sizes", Some(claim));
    let packed = ("CompressedData", Some("True"));
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("a.nii", nifti.with(&bytes)),
        ("a.nii.gz", gzip(&nifti.with(&bytes))),
        ("a.nrrd", [nrrd(&[sizes]).as_bytes(), &bytes].concat()),
        ("b.nrrd", [nrrd(&[sizes, ("encoding", Some("gzip"))]).as_bytes(), &gzip(&bytes)].concat()),
        ("c.nrrd", [nrrd(&[sizes, ("encoding", Some("ascii"))]).as_bytes(), b"1 2 3"].concat()),
        ("d.nrrd", [nrrd(&[sizes, ("encoding", Some("hex"))]).as_bytes(), b"00"].concat()),
        ("a.mha", [metaimage(&[("DimSize", Some(claim))], "LOCAL").as_bytes(), &bytes].concat()),
        (
            "b.mha",
            [metaimage(&[("DimSize", Some(claim)), packed], "LOCAL").as_bytes(), &zlib(&bytes)].concat(),
        ),
    ];
    for (name, file) in files {
        let path = folder.file(name, &file);
        // Neither a limit on memory nor its absence lets the claim through.
        for max_bytes in [1 << 30, u64::MAX] {
            let error = read(&path, &ReadOptions { max_bytes, ..ReadOptions::default() }).unwrap_err();
            let text = error.to_string();
            match error {
                ReadError::Truncated { .. } | ReadError::Implausible { .. } => {}
                _ => panic!("{name}: {text}"),
            }
            assert!(text.contains("10000") || text.contains("2000000000000"), "{text}");
        }
        // The header itself may be looked at.
        assert_eq!(header(&path).unwrap().geometry.size(), [10_000; 3]);
    }
    let many = [("sizes", Some("1 1 1000000000000")), ("byte skip", Some("0"))];
    let series = nrrd(&many).trim_end().to_owned() + "\ndata file: s%d.raw 1 1000000000 1\n";
    assert!(attempt(&folder.file("s.nhdr", series)).is_err());
    assert_little_memory();
}

#[test]
fn a_gzip_bomb_is_not_let_off() {
    let folder = Folder::new();
    // 64 MiB of zeros in 64 KiB: ten images, of which one is read.
    let zeros = vec![0_u8; 64 << 20];
    let bomb = gzip(&zeros);
    assert!(bomb.len() < 70_000);
    let sizes = ("sizes", Some("100 100 10"));
    let file = [nrrd(&[sizes, ("encoding", Some("gzip"))]).as_bytes(), &bomb].concat();
    let path = folder.file("bomb.nrrd", &file);
    assert_eq!(read(&path, &ReadOptions::default()).unwrap().geometry().voxels(), 100_000);
    // The claim that deflate can hold but nobody allows, and the one that it cannot hold.
    let options = ReadOptions { max_bytes: 1 << 20, ..ReadOptions::default() };
    let file =
        |sizes| [nrrd(&[("sizes", Some(sizes)), ("encoding", Some("gzip"))]).as_bytes(), &bomb].concat();
    let error = read(folder.file("bomb.nrrd", file("1000 1000 30")), &options).unwrap_err();
    assert!(matches!(error, ReadError::TooLarge { needed: 60_000_000, .. }), "{error}");
    let error = read(folder.file("bomb.nrrd", file("10000 10000 10")), &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, ReadError::Implausible { .. }), "{error}");
    // A bomb in front of the voxels takes time, no memory.
    let skip = [("encoding", Some("gzip")), ("byte skip", Some("67108800"))];
    let image = attempt(&folder.file("skip.nrrd", [nrrd(&skip).as_bytes(), &bomb].concat())).unwrap();
    assert_eq!(values(&image)[0], 0.0);
    drop(zeros);
}

#[test]
fn damaged_voxels_are_found() {
    let folder = Folder::new();
    let bytes: Vec<u8> = (0..48).map(|i: u8| i.wrapping_mul(37)).collect();
    let packed = gzip(&bytes);
    let encoded = [("encoding", Some("gzip"))];
    let mut found = 0;
    for position in 0..packed.len() {
        let mut damaged = packed.clone();
        damaged[position] ^= 1;
        let file = [nrrd(&encoded).as_bytes(), &damaged].concat();
        match attempt(&folder.file("a.nrrd", file)) {
            Err(_) => found += 1,
            // Time, system and flags in the head of gzip say nothing of the data.
            Ok(image) => assert!(position < 10 && values(&image).len() == 24, "byte {position}"),
        }
    }
    assert!(found >= packed.len() - 10);
}

/// A generator of numbers that look random: SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Peak memory of this process so far, all tests of this file together.
fn assert_little_memory() {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return };
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kib < 200 << 10, "peak memory is {kib} KiB");
}

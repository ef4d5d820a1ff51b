//! Files that are not there, not files, not images; places that cannot be written.

use std::fs;

use ndarray::arr3;
use radiomics_imaging::{
    Geometry, Image, Volume,
    io::{ReadError, ReadOptions, WriteError, WriteOptions, header, read, read_mask, write},
};

use crate::common::{Folder, gzip, nrrd, ramp};

fn image() -> Image {
    let grid = Geometry::axial([3, 1, 1], [1.0; 3]).unwrap();
    Volume::new(arr3(&[[[1_i16, 2, 3]]]), grid).unwrap().into()
}

#[test]
fn what_is_no_image_file_has_its_own_error() {
    let folder = Folder::new();
    let options = ReadOptions::default();
    let missing = folder.path("gone.nrrd");
    assert!(matches!(read(&missing, &options), Err(ReadError::Missing { path }) if path == missing));
    assert!(matches!(header(&missing), Err(ReadError::Missing { .. })));
    assert!(matches!(read(folder.path(""), &options), Err(ReadError::Folder { .. })));
    let empty = folder.file("empty.nii.gz", b"");
    assert!(matches!(read(&empty, &options), Err(ReadError::Empty { .. })));
    let through_a_file = folder.path("empty.nii.gz/inner.nrrd");
    assert!(matches!(read(through_a_file, &options), Err(ReadError::Missing { .. })));
    let unknown = folder.error("photo.jpg", b"\xff\xd8\xff\xe0 JFIF");
    for part in ["photo.jpg", "JFIF", "NIfTI", "NRRD", "MetaImage", ".mha"] {
        assert!(unknown.contains(part), "{unknown}");
    }
    assert!(folder.error("archive.gz", gzip(b"some text")).contains("some text"));
}

#[test]
fn the_content_counts_before_the_name() {
    let folder = Folder::new();
    let bytes = [nrrd(&[]).as_bytes(), &ramp(24)].concat();
    for name in ["a.nii", "a.mha", "a.dat", "noextension"] {
        assert_eq!(header(folder.file(name, &bytes)).unwrap().format.name(), "NRRD", "{name}");
    }
}

#[test]
#[cfg(unix)]
fn a_file_without_permission_has_its_own_error() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.file("secret.nrrd", [nrrd(&[]).as_bytes(), &ramp(24)].concat());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    match read(&path, &ReadOptions::default()) {
        Err(ReadError::Permission { path: named }) => assert_eq!(named, path),
        Err(error) => panic!("{error}"),
        Ok(_) => eprintln!("skipped: this user may read everything"),
    }
}

#[test]
fn label_maps_must_hold_labels() {
    let folder = Folder::new();
    let floats = nrrd(&[("type", Some("float")), ("sizes", Some("2 1 1"))]);
    let halves: Vec<u8> = [1.0_f32, 0.5].iter().flat_map(|v| v.to_le_bytes()).collect();
    let path = folder.file("mask.nrrd", [floats.as_bytes(), &halves].concat());
    let error = read_mask(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("mask.nrrd") && error.contains("(1, 0, 0) is 0.5"), "{error}");
}

#[test]
fn memory_is_limited_as_asked() {
    let folder = Folder::new();
    let path = folder.file("a.nrrd", [nrrd(&[]).as_bytes(), &ramp(24)].concat());
    let limited = |max_bytes| read(&path, &ReadOptions { max_bytes, ..ReadOptions::default() });
    assert!(limited(48).is_ok());
    let error = limited(47).unwrap_err().to_string();
    assert!(error.contains("48 bytes") && error.contains("47 are allowed"), "{error}");
}

#[test]
fn places_that_cannot_be_written_have_their_own_error() {
    let folder = Folder::new();
    let options = WriteOptions::default();
    let refused = |name: &str| write(folder.path(name), &image(), &options).unwrap_err();
    assert!(matches!(refused("gone/a.nrrd"), WriteError::NoFolder { .. }));
    for name in ["a.png", "a", ".nii", "a.nii.bz2"] {
        let error = refused(name);
        assert!(matches!(error, WriteError::Extension { .. }), "{name}: {error}");
    }
    // The place is taken by a folder: the draft goes away again.
    fs::create_dir_all(folder.path("taken.nrrd/inner")).unwrap();
    assert!(matches!(refused("taken.nrrd"), WriteError::Io { .. }));
    assert_eq!(fs::read_dir(folder.path("")).unwrap().count(), 1);
}

#[test]
fn a_failed_write_leaves_the_old_file() {
    let folder = Folder::new();
    let path = folder.path("a.mhd");
    write(&path, &image(), &WriteOptions { compress: false }).unwrap();
    let before = fs::read(&path).unwrap();
    // Voxels cannot take the place of a folder, so that the header must not change either.
    fs::create_dir_all(folder.path("a.zraw/inner")).unwrap();
    assert!(write(&path, &image(), &WriteOptions::default()).is_err());
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(read(&path, &ReadOptions::default()).unwrap(), image());
}

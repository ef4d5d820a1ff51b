//! MetaImage. Expected grids as SimpleITK 2.5.7 (ITK 5.4) reads them, unless a comment says otherwise.

use radiomics_imaging::io::{ReadOptions, header, read};

use crate::common::{Change, Changes, Folder, gzip, metaimage, ramp, values, zlib};

fn file(changes: Changes, data: &[u8]) -> Vec<u8> {
    [metaimage(changes, "LOCAL").as_bytes(), data].concat()
}

const ROTATED: &str = "0.8 0.6 0 -0.6 0.8 0 0 0 1";

#[test]
fn grids_are_those_of_simpleitk() {
    let folder = Folder::new();
    let grid = |changes: Changes| {
        let image = folder.read("a.mha", file(changes, &ramp(24))).unwrap();
        let grid = *image.geometry();
        (grid.spacing(), grid.origin(), grid.direction())
    };
    let (spacing, origin) = ([0.5, 1.0, 2.0], [1.0, 2.0, 3.0]);
    let axial = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    // Rows of the matrix are axes.
    let rotated = [[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]];
    assert_eq!(grid(&[]), (spacing, origin, axial));
    assert_eq!(grid(&[("TransformMatrix", Some(ROTATED))]), (spacing, origin, rotated));
    for name in ["Rotation", "Orientation"] {
        let changes: Changes = &[("TransformMatrix", None), (name, Some(ROTATED))];
        assert_eq!(grid(changes), (spacing, origin, rotated), "{name}");
    }
    assert_eq!(grid(&[("Rotation", Some(ROTATED))]), (spacing, origin, axial));
    for name in ["Position", "Origin"] {
        let changes: Changes = &[("Offset", None), (name, Some("4 5 6"))];
        assert_eq!(grid(changes), (spacing, [4.0, 5.0, 6.0], axial), "{name}");
    }
    let all: Changes = &[("Position", Some("4 5 6")), ("Origin", Some("7 8 9"))];
    assert_eq!(grid(all).1, [7.0, 8.0, 9.0]);
    assert_eq!(grid(&[("Offset", None)]).1, [0.0; 3]);
    assert_eq!(grid(&[("ElementSize", Some("3 4 5"))]).0, spacing);
    let size: Changes = &[("ElementSpacing", None), ("ElementSize", Some("3 4 5"))];
    assert_eq!(grid(size).0, [3.0, 4.0, 5.0]);
    assert_eq!(grid(&[("ElementSpacing", None)]).0, [1.0; 3]);
    let negative = grid(&[("ElementSpacing", Some("-1 1 1"))]);
    assert_eq!((negative.0, negative.2[0]), ([1.0; 3], [-1.0, 0.0, 0.0]));
    // Neither orientation letters nor units nor a centre of rotation change anything.
    let ignored: Changes = &[
        ("AnatomicalOrientation", Some("LPS")),
        ("DistanceUnits", Some("m")),
        ("CenterOfRotation", Some("5 5 5")),
        ("ElementToIntensityFunctionSlope", Some("2")),
    ];
    assert_eq!(grid(ignored), (spacing, origin, axial));
}

#[test]
fn header_lines_in_all_their_forms() {
    let folder = Folder::new();
    let plain = metaimage(&[], "LOCAL");
    for header in [
        plain.replace(" = ", "="),
        plain.replace(" = ", ": "),
        plain.replace('\n', "\r\n"),
        plain.replace("Offset", "\nOffset"),
        plain.replace("NDims", "Comment = a = b: c\nNDims"),
        plain.replace("ObjectType = Image\n", ""),
        plain.replace("LOCAL", "Local"),
        plain.replace("BinaryDataByteOrderMSB = False\n", ""),
        plain.replace("BinaryDataByteOrderMSB", "ElementByteOrderMSB"),
        // Where both names are there the longer one counts.
        plain.replace("CompressedData", "ElementByteOrderMSB = True\nCompressedData"),
    ] {
        let image = folder.read("a.mha", [header.as_bytes(), &ramp(24)].concat()).unwrap();
        assert_eq!(image.geometry().spacing(), [0.5, 1.0, 2.0], "{header}");
        assert_eq!(values(&image)[23], 23.0, "{header}");
    }
}

#[test]
fn voxels_beside_the_header() {
    let folder = Folder::new();
    let bytes = ramp(24);
    folder.file("d.raw", [b"0123456789".to_vec(), bytes.clone()].concat());
    folder.file("d.zraw", zlib(&bytes));
    folder.file("packed.raw.gz", gzip(&bytes));
    folder.file("d.txt", (0..24).map(|i| format!("{i} ")).collect::<String>());
    for (i, half) in bytes.chunks(24).enumerate() {
        folder.file(&format!("s {}.raw", i + 1), half);
        folder.file(&format!("s{:02}.raw", 5 * i), half);
        folder.file(&format!("s{i}.zraw"), zlib(half));
    }
    let compressed = ("CompressedData", Some("True"));
    let cases: Vec<(Vec<Change>, &str)> = vec![
        (vec![("HeaderSize", Some("10"))], "d.raw"),
        (vec![("HeaderSize", Some("-1"))], "d.raw"),
        (vec![compressed], "d.zraw"),
        // MetaIO tries the compressed form of a file that is not there.
        (vec![], "packed.raw"),
        (vec![("BinaryData", Some("False"))], "d.txt"),
        (vec![], "LIST\ns 1.raw\ns 2.raw"),
        (vec![], "LIST 2D\ns 1.raw  \r\ns 2.raw\r"),
        (vec![compressed], "LIST\ns0.zraw\ns1.zraw\nanother.zraw"),
        (vec![("HeaderSize", Some("10"))], "LIST 3\nd.raw"),
        (vec![], "s %d.raw"),
        (vec![], "s %d.raw 1"),
        (vec![], "s %d.raw 1 2 1"),
        (vec![], "s%02d.raw 0 5"),
        (vec![], "s%02d.raw 0 5 5"),
    ];
    for (changes, data) in cases {
        let path = folder.file("a.mhd", metaimage(&changes, data));
        let image = read(&path, &ReadOptions::default()).unwrap();
        assert_eq!(values(&image), (0..24).map(f64::from).collect::<Vec<_>>(), "{data}");
    }
    let local =
        [metaimage(&[("HeaderSize", Some("-1"))], "LOCAL").as_bytes(), b"any number", &bytes].concat();
    assert_eq!(values(&folder.read("b.mha", local).unwrap())[23], 23.0);
    for (data, expected) in [
        ("gone.raw", "gone.raw"),
        ("LIST\ns 1.raw", "LIST of 1 names"),
        ("LIST 7\ns 1.raw", "1 to 3 axes"),
        ("s%02d.raw 0 5 100", "2 files"),
        ("s%02d.raw 0 5 0", "2 files"),
        ("s%x.raw", "%03d"),
        ("../d.raw", "leaves the folder"),
        ("/etc/hostname", "absolute path"),
        ("LIST\n../s 1.raw\ns 2.raw", "leaves the folder"),
        ("../s %d.raw", "leaves the folder"),
    ] {
        let error = folder.error("bad.mhd", metaimage(&[], data));
        assert!(error.contains(expected), "{data}: {error}");
    }
}

#[test]
fn channels_frames_and_slices() {
    let folder = Folder::new();
    let channels: Changes = &[("DimSize", Some("2 3 2")), ("ElementNumberOfChannels", Some("2"))];
    let path = folder.file("a.mha", file(channels, &ramp(24)));
    assert_eq!(header(&path).unwrap().components, 2);
    let second = read(&path, &ReadOptions { component: 1, ..ReadOptions::default() }).unwrap();
    assert_eq!(values(&second), (0..12).map(|i| f64::from(2 * i + 1)).collect::<Vec<_>>());

    let identity = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1";
    let frames: Changes = &[
        ("NDims", Some("4")),
        ("DimSize", Some("2 3 2 2")),
        ("ElementSpacing", Some("1 2 3 4")),
        ("Offset", Some("1 2 3 4")),
        ("TransformMatrix", Some(identity)),
    ];
    let path = folder.file("a.mha", file(frames, &ramp(24)));
    let second = read(&path, &ReadOptions { frame: Some(1), ..ReadOptions::default() }).unwrap();
    assert_eq!((values(&second)[0], second.geometry().spacing()), (12.0, [1.0, 2.0, 3.0]));
    assert!(read(&path, &ReadOptions::default()).unwrap_err().to_string().contains("2 frames"));

    let slice: Changes = &[
        ("NDims", Some("2")),
        ("DimSize", Some("4 6")),
        ("ElementSpacing", Some("0.5 2")),
        ("Offset", Some("1 2")),
        ("TransformMatrix", Some("0 1 -1 0")),
    ];
    let image = folder.read("a.mha", file(slice, &ramp(24))).unwrap();
    assert_eq!(image.geometry().size(), [4, 6, 1]);
    assert_eq!(image.geometry().spacing(), [0.5, 2.0, 1.0]);
    assert_eq!(image.geometry().direction(), [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
}

#[test]
fn what_makes_no_image_is_said() {
    let folder = Folder::new();
    let changed = |name, value| vec![(name, value)];
    let cases: Vec<(Vec<Change>, &str)> = vec![
        (changed("NDims", None), "no field `NDims`"),
        (changed("NDims", Some("5")), "2, 3 or 4"),
        (changed("DimSize", None), "no field `DimSize`"),
        (changed("DimSize", Some("4 3")), "3 numbers"),
        (changed("DimSize", Some("4 3 0")), "at least 1"),
        (changed("DimSize", Some("4 3 4000000000000000000")), "fewer than 2^60"),
        (changed("ElementType", Some("MET_OTHER")), "MET_OTHER"),
        (changed("ElementType", Some("MET_FLOAT_ARRAY")), "ElementNumberOfChannels"),
        (changed("ElementType", None), "no field `ElementType`"),
        (changed("ElementNumberOfChannels", Some("x")), "whole number"),
        (changed("ElementSpacing", Some("1 1")), "3 numbers"),
        (changed("ElementSpacing", Some("0 1 1")), "spacing"),
        (changed("ElementSpacing", Some("1 nan 1")), "spacing"),
        (changed("ElementSpacing", Some("1 1 inf")), "spacing"),
        (changed("Offset", Some("nan 0 0")), "origin"),
        (changed("TransformMatrix", Some("1 0.2 0 0 1 0 0 0 1")), "orthonormal"),
        (changed("TransformMatrix", Some("0 0 0 0 0 0 0 0 0")), "orthonormal"),
        (changed("TransformMatrix", Some("1 0 0 1")), "9 numbers"),
        (changed("CompressedData", Some("maybe")), "True or False"),
        (changed("HeaderSize", Some("-5")), "HeaderSize"),
    ];
    for (changes, expected) in cases {
        let error = folder.error("bad.mha", file(&changes, &ramp(24)));
        assert!(error.contains(expected), "{expected}: {error}");
    }
    let headless = metaimage(&[], "LOCAL").replace("ElementDataFile = LOCAL\n", "");
    assert!(folder.error("bad.mha", headless).contains("no field `ElementDataFile`"));
    assert!(folder.error("bad.mha", "no header at all").contains("line 1"));
    assert!(folder.error("bad.mha", file(&[], &ramp(23))).contains("46 of 48 bytes"));
}

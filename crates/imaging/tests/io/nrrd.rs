//! NRRD: spaces, kinds of axes, encodings, data files. Expected grids as SimpleITK 2.5.7 (ITK 5.4) reads them,
//! unless a comment says otherwise.

use radiomics_imaging::{
    SampleType,
    io::{ReadOptions, header, read},
};

use crate::common::{Change, Changes, Folder, gzip, nrrd, ramp, values};

/// Fields of a header without a space.
const NO_SPACE: [(&str, Option<&str>); 3] =
    [("space", None), ("space directions", None), ("space origin", None)];

fn file(changes: Changes, data: &[u8]) -> Vec<u8> {
    [nrrd(changes).as_bytes(), data].concat()
}

#[test]
fn spaces_become_lps() {
    let folder = Folder::new();
    let (s, c) = (0.196116135138184, 0.9805806756909201);
    for (space, signs) in [
        ("left-posterior-superior", [1.0, 1.0]),
        ("LPS", [1.0, 1.0]),
        ("RAS", [-1.0, -1.0]),
        ("right anterior superior", [-1.0, -1.0]),
        ("left-anterior-superior", [1.0, -1.0]),
        ("LAS", [1.0, -1.0]),
        // Not the patient's: taken as they are.
        ("scanner-xyz", [1.0, 1.0]),
        ("3D-right-handed", [1.0, 1.0]),
        ("3D-left-handed", [1.0, 1.0]),
    ] {
        let directions = ("space directions", Some("(0.5,0.1,0) (-0.2,1,0) (0,0,2)"));
        let image = folder.read("a.nrrd", file(&[("space", Some(space)), directions], &ramp(24))).unwrap();
        let grid = image.geometry();
        assert_eq!(grid.spacing(), [0.5099019513592785, 1.019803902718557, 2.0], "{space}");
        assert_eq!(grid.origin(), [signs[0], 2.0 * signs[1], 3.0], "{space}");
        let expected =
            [[signs[0] * c, -signs[0] * s, 0.0], [signs[1] * s, signs[1] * c, 0.0], [0.0, 0.0, 1.0]];
        for (found, expected) in grid.direction().concat().iter().zip(expected.concat()) {
            assert!((found - expected).abs() < 1e-15, "{space}: {found} {expected}");
        }
    }
    // Spaces with time have a fourth number in each vector. ITK leaves these as they are.
    let changes: Changes = &[
        ("space", Some("right-anterior-superior-time")),
        ("dimension", Some("4")),
        ("sizes", Some("4 3 1 2")),
        ("kinds", Some("space space space time")),
        ("space directions", Some("(0.5,0,0,0) (0,1,0,0) (0,0,2,0) (0,0,0,7)")),
        ("space origin", Some("(1,2,3,4)")),
    ];
    let options = ReadOptions { frame: Some(1), ..ReadOptions::default() };
    let image = read(folder.file("t.nrrd", file(changes, &ramp(24))), &options).unwrap();
    assert_eq!(image.geometry().origin(), [-1.0, -2.0, 3.0]);
    assert_eq!(values(&image)[0], 12.0);
}

#[test]
fn headers_without_a_space() {
    let folder = Folder::new();
    let grid = |more: Changes| {
        let changes = [&NO_SPACE, more].concat();
        let image = folder.read("a.nrrd", file(&changes, &ramp(24))).unwrap();
        (image.geometry().spacing(), image.geometry().origin())
    };
    let (spacings, minima) = (("spacings", Some("3 4 5")), ("axis mins", Some("10 20 30")));
    let maxima = ("axis maxs", Some("14 26 36"));
    let node = ("centers", Some("node node node"));
    assert_eq!(grid(&[]), ([1.0; 3], [0.0; 3]));
    assert_eq!(grid(&[spacings]), ([3.0, 4.0, 5.0], [0.0; 3]));
    assert_eq!(grid(&[spacings, minima]), ([3.0, 4.0, 5.0], [11.5, 22.0, 32.5]));
    assert_eq!(grid(&[spacings, minima, node]), ([3.0, 4.0, 5.0], [10.0, 20.0, 30.0]));
    assert_eq!(grid(&[minima, maxima]), ([1.0; 3], [10.5, 21.0, 31.5]));
    assert_eq!(grid(&[minima, maxima, node]), ([1.0; 3], [10.0, 20.0, 30.0]));
    assert_eq!(grid(&[minima]), ([1.0; 3], [0.0; 3]));
    // As in ITK, a negative spacing turns the axis round.
    let changes = [&NO_SPACE[..], &[("spacings", Some("3 -4 5"))]].concat();
    let image = folder.read("a.nrrd", file(&changes, &ramp(24))).unwrap();
    assert_eq!(image.geometry().spacing(), [3.0, 4.0, 5.0]);
    assert_eq!(image.geometry().direction()[1], [0.0, -1.0, 0.0]);
}

#[test]
fn axes_of_values_are_components_wherever_they_stand() {
    let folder = Folder::new();
    let component = |sizes, kinds, directions, component| {
        let changes: Changes = &[
            ("dimension", Some("4")),
            ("sizes", Some(sizes)),
            ("kinds", kinds),
            ("space directions", Some(directions)),
        ];
        let path = folder.file("a.nrrd", file(changes, &ramp(24)));
        assert_eq!(header(&path).unwrap().components, 2);
        let image = read(&path, &ReadOptions { component, ..ReadOptions::default() }).unwrap();
        assert_eq!(image.geometry().size(), [2, 3, 2]);
        values(&image)[..4].to_vec()
    };
    let first = "none (0.5,0,0) (0,1,0) (0,0,2)";
    let last = "(0.5,0,0) (0,1,0) (0,0,2) none";
    assert_eq!(component("2 2 3 2", Some("vector domain domain domain"), first, 0), [0.0, 2.0, 4.0, 6.0]);
    assert_eq!(component("2 2 3 2", Some("list domain domain domain"), first, 1), [1.0, 3.0, 5.0, 7.0]);
    assert_eq!(component("2 3 2 2", Some("domain domain domain vector"), last, 0), [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(component("2 3 2 2", Some("domain domain domain vector"), last, 1), [12.0, 13.0, 14.0, 15.0]);
    let second = "(0.5,0,0) none (0,1,0) (0,0,2)";
    assert_eq!(component("2 2 3 2", Some("domain vector domain domain"), second, 1), [2.0, 3.0, 6.0, 7.0]);
    // ITK refuses this one: no kind, but no direction either.
    assert_eq!(component("2 2 3 2", None, first, 1), [1.0, 3.0, 5.0, 7.0]);
}

#[test]
fn large_images_with_components_are_read_in_pieces() {
    let folder = Folder::new();
    // More voxels than a read buffer holds, and planes of components that a buffer does not hold.
    for (sizes, kinds, step) in [
        ("3 100 100 20", "vector domain domain domain", 1),
        ("100 100 3 20", "domain domain vector domain", 10_000),
        ("100 100 20 3", "domain domain domain vector", 200_000),
    ] {
        let changes: Changes = &[
            ("type", Some("float")),
            ("dimension", Some("4")),
            ("sizes", Some(sizes)),
            ("kinds", Some(kinds)),
            ("space", None),
            ("space directions", None),
            ("space origin", None),
        ];
        let stored: Vec<f32> = (0..600_000_u32).map(|i| i as f32).collect();
        let bytes: Vec<u8> = stored.iter().flat_map(|v| v.to_le_bytes()).collect();
        let path = folder.file("a.nrrd", file(changes, &bytes));
        let image = read(&path, &ReadOptions { component: 2, ..ReadOptions::default() }).unwrap();
        let expected: Vec<f64> = (0..600_000_usize).filter(|i| i / step % 3 == 2).map(|i| i as f64).collect();
        assert_eq!(values(&image), expected, "{kinds}");
    }
}

#[test]
fn frames_and_slices() {
    let folder = Folder::new();
    let four: Changes = &[("dimension", Some("4")), ("sizes", Some("4 3 1 2")), ("kinds", None)];
    let path = folder.file("a.nrrd", file(&[&NO_SPACE, four].concat(), &ramp(24)));
    let error = read(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("2 frames"), "{error}");
    let second = read(&path, &ReadOptions { frame: Some(1), ..ReadOptions::default() }).unwrap();
    assert_eq!((values(&second)[0], second.geometry().size()), (12.0, [4, 3, 1]));

    let two: Changes = &[
        ("dimension", Some("2")),
        ("sizes", Some("4 6")),
        ("kinds", Some("domain domain")),
        ("space directions", Some("(0,0.5,0) (0,0,2)")),
    ];
    // A slice in 3D space: its normal is the third axis. (ITK refuses these.)
    let image = folder.read("a.nrrd", file(two, &ramp(24))).unwrap();
    assert_eq!(image.geometry().size(), [4, 6, 1]);
    assert_eq!(image.geometry().spacing(), [0.5, 2.0, 1.0]);
    assert_eq!(image.geometry().direction(), [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);
}

#[test]
fn encodings_and_what_stands_before_the_voxels() {
    let folder = Folder::new();
    let (bytes, packed) = (ramp(24), gzip(&ramp(24)));
    let text: String = (0..24).map(|i| format!("{i},\n")).collect();
    let raw = |value| [("encoding", Some(value))];
    let with = |encoding, name, value| [("encoding", Some(encoding)), (name, Some(value))];
    let both = [("encoding", Some("raw")), ("lineskip", Some("1")), ("byteskip", Some("3"))];
    let members = [gzip(&bytes[..10]), gzip(&bytes[10..])].concat();
    let before = gzip(&[b"XXXX".to_vec(), bytes.clone()].concat());
    let cases: Vec<(Vec<Change>, Vec<u8>)> = vec![
        (raw("gz").to_vec(), packed.clone()),
        (raw("GZIP").to_vec(), [packed.clone(), b"more".to_vec()].concat()),
        (raw("gzip").to_vec(), members),
        (raw("text").to_vec(), text.clone().into()),
        (raw("txt").to_vec(), text.replace(",\n", "\r\n ").into()),
        (raw("raw").to_vec(), [bytes.clone(), b"more".to_vec()].concat()),
        (with("raw", "byte skip", "4").to_vec(), [b"XXXX".to_vec(), bytes.clone()].concat()),
        (with("raw", "byte skip", "-1").to_vec(), [b"any number".to_vec(), bytes.clone()].concat()),
        (with("raw", "line skip", "2").to_vec(), [b"ab\r\ncd\n".to_vec(), bytes.clone()].concat()),
        (both.to_vec(), [b"ab\nxyz".to_vec(), bytes.clone()].concat()),
        (with("gzip", "byte skip", "4").to_vec(), before),
        (with("gzip", "line skip", "1").to_vec(), [b"hello\n".to_vec(), packed.clone()].concat()),
    ];
    for (changes, data) in cases {
        let image = folder.read("a.nrrd", file(&changes, &data)).unwrap();
        assert_eq!(values(&image), (0..24).map(f64::from).collect::<Vec<_>>(), "{changes:?}");
    }
    let floats: Changes = &[("encoding", Some("ascii")), ("type", Some("float")), ("sizes", Some("4 1 1"))];
    let image = folder.read("f.nrrd", file(floats, b"1.5 -2e3 inf NaN")).unwrap();
    let found = values(&image);
    assert_eq!(found[..3], [1.5, -2000.0, f64::INFINITY]);
    assert!(found[3].is_nan() && image.sample_type() == SampleType::F32);
    assert!(folder.error("z.nrrd", file(&raw("bzip2"), b"BZh9")).contains("bzip2"));
    let small: Changes = &[("encoding", Some("ascii")), ("type", Some("uchar"))];
    assert!(
        folder
            .error("z.nrrd", file(small, b"300 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3"))
            .contains("300")
    );
    assert!(
        folder
            .error("z.nrrd", file(small, b"1.5 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3"))
            .contains("whole")
    );
    assert!(
        folder
            .error("z.nrrd", file(small, b"1 2 3                                                "))
            .contains("3 of 24")
    );
}

#[test]
fn header_lines_in_all_their_forms() {
    let folder = Folder::new();
    let plain = nrrd(&[]);
    let kinds = "kinds: domain domain domain\n";
    for header in [
        plain.replace('\n', "\r\n"),
        plain.replace(kinds, &format!("# a comment: with a colon\nkey:=value: with a colon\n{kinds}")),
        plain.replace("sizes", "Sizes").replace("4 3 2", "  4   3 2  "),
        plain.replace(") (", ")("),
        plain.replace("(0.5,0,0)", "( 0.5 , 0 , 0 )"),
        plain.replace("NRRD0004", "NRRD0001"),
        plain.replace("NRRD0004", "NRRD0005"),
        plain.replace("NRRD0004", "NRRD00.01"),
        plain.replace(kinds, ""),
        plain.replace(kinds, "kinds: ??? none space\n"),
    ] {
        let image = folder.read("a.nrrd", [header.as_bytes(), &ramp(24)].concat()).unwrap();
        assert_eq!(image.geometry().spacing(), [0.5, 1.0, 2.0], "{header}");
        assert_eq!(values(&image)[23], 23.0, "{header}");
    }
}

#[test]
fn data_files_of_their_own() {
    let folder = Folder::new();
    let bytes = ramp(24);
    folder.file("d.raw", &bytes);
    folder.file("d.raw.gz", gzip(&bytes));
    folder.file("h.raw", [b"any header".to_vec(), bytes.clone()].concat());
    folder.file("sub/d.raw", &bytes);
    for (i, half) in bytes.chunks(24).enumerate() {
        folder.file(&format!("p{i}.raw"), half);
        folder.file(&format!("p{:03}.raw", i + 1), half);
        folder.file(&format!("p{i}.gz"), gzip(half));
    }
    let detached = |changes: Changes, line: &str| {
        let header = nrrd(changes);
        folder.file("a.nhdr", format!("{}{line}", header.trim_end_matches('\n').to_owned() + "\n"))
    };
    for line in [
        "data file: d.raw\n",
        "datafile: ./d.raw\n\n",
        "data file: sub/d.raw\nkey:=value\n",
        "data file: LIST\np0.raw\np1.raw\n",
        "data file: LIST 2\np0.raw\np1.raw",
        "data file: LIST 3\np0.raw\np1.raw\n",
        "data file: p%d.raw 0 1 1\n",
        "data file: p%03d.raw 1 2 1 2\n",
    ] {
        let image = read(detached(&[], line), &ReadOptions::default()).unwrap();
        assert_eq!(values(&image), (0..24).map(f64::from).collect::<Vec<_>>(), "{line}");
    }
    let reversed = read(detached(&[], "data file: p%d.raw 1 0 -1\n"), &ReadOptions::default()).unwrap();
    assert_eq!(values(&reversed)[0], 12.0);
    for (changes, line) in [
        (&[("encoding", Some("gzip"))], "data file: d.raw.gz\n"),
        (&[("encoding", Some("gzip"))], "data file: LIST\np0.gz\np1.gz\n"),
        (&[("byte skip", Some("-1"))], "data file: h.raw\n"),
    ] {
        let path = detached(changes, line);
        assert_eq!(values(&read(&path, &ReadOptions::default()).unwrap())[23], 23.0, "{line}");
        assert!(header(&path).unwrap().bytes_on_disk > 48);
    }
    for (line, expected) in [
        ("data file: gone.raw\n", "gone.raw"),
        ("data file: LIST\np0.raw\n", "LIST of 1 names"),
        ("data file: p%d.raw 0 9 1\n", "2 files"),
        ("data file: p%d.raw 0 1 0\n", "first, last and step"),
        ("data file: p%s.raw 0 1 1\n", "%03d"),
        ("data file: p%d.raw 7 8 1\n", "p7.raw"),
        ("data file: LIST 9\np0.raw\n", "1 to 3 axes"),
        ("data file: ../d.raw\n", "leaves the folder"),
        ("data file: /etc/hostname\n", "absolute path"),
        ("data file: LIST\n../../p0.raw\np1.raw\n", "leaves the folder"),
        ("data file: ../p%d.raw 0 1 1\n", "leaves the folder"),
    ] {
        let error = read(detached(&[], line), &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains(expected), "{line}: {error}");
    }
}

#[test]
fn what_makes_no_image_is_said() {
    let folder = Folder::new();
    let changed = |name, value| vec![(name, value)];
    let cases: Vec<(Vec<Change>, &str)> = vec![
        (changed("type", Some("block")), "`type` is `block`"),
        (changed("type", None), "no field `type`"),
        (changed("sizes", None), "no field `sizes`"),
        (changed("sizes", Some("4 3")), "3 words"),
        (changed("sizes", Some("4 3 -2")), "3 numbers"),
        (changed("sizes", Some("4 0 2")), "at least 1"),
        (changed("sizes", Some("4000000000 4000000000 4000000000")), "fewer than 2^60"),
        (changed("dimension", Some("17")), "2 to 16"),
        (changed("dimension", Some("1")), "2 to 16"),
        (changed("encoding", None), "no field `encoding`"),
        (changed("endian", None), "no field `endian`"),
        (changed("endian", Some("middle")), "little or big"),
        (changed("kinds", Some("domain domain")), "3 words"),
        (changed("kinds", Some("domain domain foo")), "`kinds` is"),
        (changed("kinds", Some("domain domain complex")), "complex"),
        (changed("kinds", Some("domain vector list")), "at most one of values"),
        (changed("space", Some("bogus")), "`space` is `bogus`"),
        (changed("space directions", Some("(1,0) (0,1) (0,0)")), "3 numbers in each vector"),
        (changed("space directions", Some("(1,0,0) (0,1,0)")), "3 vectors"),
        (changed("space directions", Some("(1,0,0) (0,1,0) (0,0,1")), "vectors like"),
        (changed("space directions", Some("(1,0.5,0) (0,1,0) (0,0,2)")), "orthonormal"),
        (changed("space directions", Some("(nan,0,0) (0,1,0) (0,0,2)")), "spacing"),
        (changed("space directions", Some("(inf,0,0) (0,1,0) (0,0,2)")), "spacing"),
        (changed("space directions", Some("(0,0,0) (0,1,0) (0,0,2)")), "spacing"),
        (changed("space origin", Some("(nan,nan,nan)")), "origin"),
        (changed("space origin", Some("1 2 3")), "3 numbers"),
        (changed("spacings", Some("1 1 1")), "names a space"),
        (changed("byte skip", Some("-2")), "byte skip"),
        (changed("line skip", Some("x")), "line skip"),
        (changed("line skip", Some("1000")), "line skip"),
        (changed("colour", Some("red")), "`colour: red`"),
    ];
    for (changes, expected) in cases {
        let error = folder.error("bad.nrrd", file(&changes, &ramp(24)));
        assert!(error.contains(expected), "{expected}: {error}");
    }
    for spacing in ["nan", "0", "inf", "-inf"] {
        let spacings = format!("1 {spacing} 1");
        let changes = [&NO_SPACE[..], &[("spacings", Some(spacings.as_str()))]].concat();
        assert!(folder.error("bad.nrrd", file(&changes, &ramp(24))).contains("spacing"), "{spacing}");
    }
    let plain = nrrd(&[]);
    assert!(folder.error("bad.nrrd", plain.replace("0004", "0006")).contains("`NRRD0006`"));
    assert!(
        folder
            .error("bad.nrrd", plain.replace("sizes: 4 3 2\n", "sizes: 4 3 2\nsizes: 2 3 4\n"))
            .contains("once")
    );
    assert!(folder.error("bad.nrrd", plain.replace("endian:", "endian")).contains("line 8"));
    assert!(folder.error("bad.nrrd", "not an NRRD at all").contains("magic"));
}

//! NIfTI: orientation as SimpleITK reads it, scaling, axes, pairs, and headers that do not make an image.

use radiomics_imaging::{
    SampleType,
    io::{ReadOptions, header, read},
};

use crate::common::{Folder, Nifti, gzip, ramp, values};

/// A header, and the grid that SimpleITK 2.5.7 (ITK 5.4) makes of it.
struct Orientation {
    name: &'static str,
    /// qform and sform.
    codes: (i16, i16),
    pixdim: [f64; 4],
    units: u8,
    quaternion: [f64; 3],
    srow: [[f64; 4]; 3],
    spacing: [f64; 3],
    origin: [f64; 3],
    direction: [[f64; 3]; 3],
}

#[test]
fn orientation_is_that_of_simpleitk() {
    let folder = Folder::new();
    for o in ORIENTATIONS {
        let mut nifti = Nifti::new([2, 3, 1]);
        nifti.pixdim[..4].copy_from_slice(&o.pixdim);
        (nifti.codes, nifti.units, nifti.quaternion, nifti.srow) = (o.codes, o.units, o.quaternion, o.srow);
        nifti.qoffset = [7.5, 8.25, -9.0];
        let image = folder.read("a.nii", nifti.with(&ramp(6))).unwrap();
        let grid = image.geometry();
        assert_eq!(grid.spacing(), o.spacing, "{}", o.name);
        assert_eq!(grid.origin(), o.origin, "{}", o.name);
        assert_eq!(grid.direction(), o.direction, "{}", o.name);
    }
}

/// The same transform in double precision; expected values worked out from the definition of the format.
#[test]
fn nifti_2_keeps_double_precision() {
    let folder = Folder::new();
    let mut nifti = Nifti { version: 2, vox_offset: 544.0, codes: (0, 2), ..Nifti::new([2, 3, 1]) };
    let (s, c) = (0.3_f64.sin(), 0.3_f64.cos());
    nifti.pixdim[1..4].copy_from_slice(&[0.7, 0.9, 2.1]);
    nifti.srow = [[0.7 * c, -0.9 * s, 0.0, 1e-9], [0.7 * s, 0.9 * c, 0.0, 2.0], [0.0, 0.0, 2.1, 3.0]];
    let image = folder.read("a.nii", nifti.with(&ramp(6))).unwrap();
    let grid = image.geometry();
    assert_eq!(grid.spacing(), [0.7, 0.9, 2.1]);
    assert_eq!(grid.origin(), [-1e-9, -2.0, 3.0]);
    for (found, expected) in grid.direction()[0].iter().zip([-c, s, 0.0]) {
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }
}

#[test]
fn scaling_gives_the_types_and_values_of_simpleitk() {
    let folder = Folder::new();
    let scaled = |slope, intercept| {
        let nifti = Nifti { slope, intercept, ..Nifti::new([3, 1, 1]) };
        let image = folder.read("a.nii", nifti.with(&ramp(3))).unwrap();
        (image.sample_type(), values(&image))
    };
    let plain = (SampleType::I16, vec![0.0, 1.0, 2.0]);
    for (slope, intercept) in [(0.0, 0.0), (1.0, 0.0), (f64::NAN, f64::NAN), (0.0, 5.0), (f64::INFINITY, 1.0)]
    {
        assert_eq!(scaled(slope, intercept), plain, "{slope} {intercept}");
    }
    assert_eq!(scaled(2.0, 5.0), (SampleType::F32, vec![5.0, 7.0, 9.0]));
    assert_eq!(scaled(1.0, 5.0), (SampleType::F32, vec![5.0, 6.0, 7.0]));
    assert_eq!(scaled(-1.0, f64::NAN), (SampleType::F32, vec![0.0, -1.0, -2.0]));
    // The slope is single precision on disk, the product double before it is rounded.
    let tenth = f64::from(0.1_f32);
    assert_eq!(scaled(0.1, 0.0).1, [0.0, tenth, f64::from((2.0 * tenth) as f32)]);

    let nifti = Nifti { slope: 2.0, intercept: 1.0, datatype: 64, ..Nifti::new([2, 1, 1]) };
    let doubles: Vec<u8> = [0.5_f64, 1e300].iter().flat_map(|v| v.to_le_bytes()).collect();
    let path = folder.file("d.nii", nifti.with(&doubles));
    let image = read(&path, &ReadOptions::default()).unwrap();
    assert_eq!((image.sample_type(), values(&image)), (SampleType::F64, vec![2.0, 2e300]));
    let scale = header(&path).unwrap().scale.unwrap();
    assert_eq!((scale.slope, scale.intercept), (2.0, 1.0));
}

#[test]
fn axes_beyond_the_third() {
    let folder = Folder::new();
    let with = |dim: &[i64], count| {
        let mut nifti = Nifti::new([1, 1, 1]);
        nifti.dim[..dim.len()].copy_from_slice(dim);
        folder.file("a.nii", nifti.with(&ramp(count)))
    };
    let sized = |dim: &[i64], count| {
        read(with(dim, count), &ReadOptions::default()).map(|image| image.geometry().size())
    };
    assert_eq!(sized(&[1, 6], 6).unwrap(), [6, 1, 1]);
    assert_eq!(sized(&[2, 3, 2, 9], 6).unwrap(), [3, 2, 1]);
    assert_eq!(sized(&[3, 3, 2, 0], 6).unwrap(), [3, 2, 1]);
    assert_eq!(sized(&[4, 3, 2, 1, 0], 6).unwrap(), [3, 2, 1]);
    assert_eq!(sized(&[7, 3, 2, 2, 1, 1, 1, 1], 12).unwrap(), [3, 2, 2]);
    // A slice has no thickness: ITK makes a 2D image of it, and 1 mm gives PyRadiomics' areas as volumes.
    let slice = read(with(&[2, 3, 2], 6), &ReadOptions::default()).unwrap();
    assert_eq!(slice.geometry().spacing(), [1.0, 2.0, 1.0]);

    let path = with(&[4, 3, 2, 1, 4], 24);
    assert_eq!(header(&path).unwrap().frames, 4);
    let error = read(&path, &ReadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("4 frames") && error.contains("0 to 3"), "{error}");
    let frame = |frame| read(&path, &ReadOptions { frame: Some(frame), ..ReadOptions::default() });
    assert_eq!(values(&frame(2).unwrap()), [12.0, 13.0, 14.0, 15.0, 16.0, 17.0]);
    assert!(frame(4).unwrap_err().to_string().contains("frame 4"));

    // The fifth axis holds components, slower than the frames.
    let path = with(&[5, 2, 1, 1, 3, 2], 12);
    assert_eq!(header(&path).unwrap().components, 2);
    let options = ReadOptions { frame: Some(1), component: 1, ..ReadOptions::default() };
    assert_eq!(values(&read(&path, &options).unwrap()), [8.0, 9.0]);
    let missing = read(&path, &ReadOptions { component: 2, ..options }).unwrap_err().to_string();
    assert!(missing.contains("component (channel) 2") && missing.contains("hold 2"), "{missing}");
}

#[test]
fn voxels_begin_where_the_header_says() {
    let folder = Folder::new();
    let expected = [0.0, 1.0, 2.0];
    for vox_offset in [352.0, 400.0, 512.0, 100_000.0] {
        let nifti = Nifti { vox_offset, ..Nifti::new([3, 1, 1]) };
        let bytes = nifti.with(&ramp(3));
        assert_eq!(values(&folder.read("a.nii", &bytes).unwrap()), expected);
        assert_eq!(values(&folder.read("a.nii.gz", gzip(&bytes)).unwrap()), expected);
    }
    // The type decides, whatever `bitpix` says.
    for bitpix in [0, 8, 32, -5] {
        let nifti = Nifti { bitpix, ..Nifti::new([3, 1, 1]) };
        assert_eq!(values(&folder.read("a.nii", nifti.with(&ramp(3))).unwrap()), expected);
    }
}

#[test]
fn either_member_of_a_pair_stands_for_both() {
    let folder = Folder::new();
    for (name, header, image) in [
        ("plain", "plain.hdr", "plain.img"),
        ("packed", "packed.hdr.gz", "packed.img.gz"),
        ("mixed", "mixed.hdr", "mixed.img.gz"),
        ("upper", "upper.HDR", "upper.IMG"),
    ] {
        let nifti = Nifti { pair: true, vox_offset: 2.0, ..Nifti::new([3, 1, 1]) };
        let pack = |name: &str, bytes: Vec<u8>| if name.ends_with(".gz") { gzip(&bytes) } else { bytes };
        folder.file(header, pack(header, nifti.header()));
        folder.file(image, pack(image, [vec![9, 9], ramp(3)].concat()));
        for member in [header, image] {
            let image = read(folder.path(member), &ReadOptions::default()).unwrap();
            assert_eq!(values(&image), [0.0, 1.0, 2.0], "{name}");
        }
    }
    let alone = folder.error("alone.img", [0; 6]);
    assert!(alone.contains("alone.hdr") && alone.contains("missing"), "{alone}");
    let nifti = Nifti { pair: true, vox_offset: 0.0, ..Nifti::new([3, 1, 1]) };
    let alone = folder.error("single.hdr", nifti.header());
    assert!(alone.contains("single.img"), "{alone}");
}

#[test]
fn what_makes_no_image_is_said() {
    let folder = Folder::new();
    let good = Nifti::new([3, 1, 1]);
    let sheared = [[1.0, 0.5, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 3.0, 0.0]];
    let nan = [[f64::NAN; 4]; 3];
    let mut cases: Vec<(Nifti, &str)> = vec![
        (Nifti { datatype: 128, ..good.clone() }, "128 (RGB colour)"),
        (Nifti { datatype: 32, ..good.clone() }, "32 (complex)"),
        (Nifti { datatype: 1, ..good.clone() }, "1 (binary)"),
        (Nifti { datatype: 77, ..good.clone() }, "`datatype` is `77`"),
        (Nifti { vox_offset: 0.0, ..good.clone() }, "`vox_offset` is `0`"),
        (Nifti { vox_offset: f64::NAN, ..good.clone() }, "`vox_offset` is `NaN`"),
        (Nifti { vox_offset: 352.5, ..good.clone() }, "`vox_offset` is `352.5`"),
        (Nifti { codes: (0, 1), srow: sheared, ..good.clone() }, "orthonormal"),
        (Nifti { codes: (0, 1), srow: nan, ..good.clone() }, "NaN"),
        (Nifti { codes: (1, 0), qoffset: [0.0, f64::INFINITY, 0.0], ..good.clone() }, "origin"),
        (Nifti { codes: (1, 0), quaternion: [f64::NAN; 3], ..good.clone() }, "NaN"),
    ];
    for dim in [[0, 3], [8, 3], [-1, 3], [3, 0], [3, -3]] {
        let mut nifti = good.clone();
        nifti.dim[..2].copy_from_slice(&dim);
        cases.push((nifti, "dim["));
    }
    for pixdim in [0.0, f64::NAN, f64::INFINITY] {
        let mut nifti = good.clone();
        nifti.pixdim[2] = pixdim;
        cases.push((nifti, "spacing"));
    }
    let mut six = good.clone();
    six.dim = [6, 3, 1, 1, 1, 1, 2, 1];
    cases.push((six, "`dim[6]` is `2`"));
    for (nifti, expected) in cases {
        let error = folder.error("bad.nii", nifti.with(&ramp(12)));
        assert!(error.contains(expected), "{expected}: {error}");
    }

    let mut analyze = good.with(&ramp(3));
    analyze[344..348].fill(0);
    assert!(folder.error("analyze.hdr", &analyze).contains("Analyze 7.5"));
    assert!(folder.error("short.nii", &good.header()[..200]).contains("200 of 348 bytes of header"));
    assert!(folder.error("text.nii", "just some text").contains("sizeof_hdr"));
}

#[rustfmt::skip] // a table: one line for each header
const ORIENTATIONS: &[Orientation] = &[
    Orientation { name: "sform alone", codes: (0, 3), pixdim: [1.0, 0.75, 0.5, 2.5], units: 2, quaternion: [0.25, 0.5, 0.25], srow: [[0.28125, -0.07264235615730286, 2.288923501968384, 10.5], [0.4839635193347931, 0.375, -0.3632117807865143, -20.25], [-0.49917706847190857, 0.32264235615730286, 0.9375, 30.0]], spacing: [0.75, 0.5, 2.5], origin: [-10.5, 20.25, 30.0], direction: [[-0.37500000125495764, 0.14528471176402888, -0.9155694120990071], [-0.6452846946058707, -0.7499999971577695, 0.1452847141095656], [-0.6655694268565753, 0.6452847098692086, 0.37500000463304045]] },
    Orientation { name: "qform alone", codes: (1, 0), pixdim: [1.0, 0.75, 0.5, 2.5], units: 2, quaternion: [0.25, 0.5, 0.25], srow: [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]], spacing: [0.75, 0.5, 2.5], origin: [-7.5, -8.25, -9.0], direction: [[-0.37500000125495764, 0.14528471176402888, -0.9155694120990071], [-0.6452846946058707, -0.7499999971577695, 0.1452847141095656], [-0.6655694268565753, 0.6452847098692086, 0.37500000463304045]] },
    Orientation { name: "qform with a left-handed third axis", codes: (1, 0), pixdim: [-1.0, 0.75, 0.5, 2.5], units: 2, quaternion: [0.25, 0.5, 0.25], srow: [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]], spacing: [0.75, 0.5, 2.5], origin: [-7.5, -8.25, -9.0], direction: [[-0.37500000125495764, 0.14528471176402888, 0.9155694120990071], [-0.6452846946058707, -0.7499999971577695, -0.1452847141095656], [-0.6655694268565753, 0.6452847098692086, -0.37500000463304045]] },
    Orientation { name: "qfac 0 counts as 1", codes: (1, 0), pixdim: [0.0, 0.75, 0.5, 2.5], units: 2, quaternion: [0.25, 0.5, 0.25], srow: [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]], spacing: [0.75, 0.5, 2.5], origin: [-7.5, -8.25, -9.0], direction: [[-0.37500000125495764, 0.14528471176402888, -0.9155694120990071], [-0.6452846946058707, -0.7499999971577695, 0.1452847141095656], [-0.6655694268565753, 0.6452847098692086, 0.37500000463304045]] },
    Orientation { name: "half a turn", codes: (1, 0), pixdim: [1.0, 0.75, 0.5, 2.5], units: 2, quaternion: [0.6000000238418579, 0.800000011920929, 0.0], srow: [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]], spacing: [0.75, 0.5, 2.5], origin: [-7.5, -8.25, -9.0], direction: [[0.2799999633789071, -0.9600000060081482, 0.0], [-0.9600000106811514, -0.27999997940063415, 0.0], [0.0, 0.0, -1.0]] },
    Orientation { name: "sform in scanner coordinates before qform", codes: (1, 1), pixdim: [1.0, 0.75, 0.5, 2.5], units: 2, quaternion: [0.25, 0.5, 0.25], srow: [[0.6000000238418579, -0.30000001192092896, 0.0, 1.0], [0.44999998807907104, 0.4000000059604645, 0.0, 2.0], [0.0, 0.0, 2.5, 3.0]], spacing: [0.75, 0.5, 2.5], origin: [-1.0, -2.0, 3.0], direction: [[-0.8000000190734856, 0.6000000095367428, 0.0], [-0.599999974568685, -0.7999999928474427, 0.0], [0.0, 0.0, 1.0]] },
    Orientation { name: "qform before an sform of another space", codes: (1, 2), pixdim: [1.0, 0.75, 0.5, 2.5], units: 2, quaternion: [0.25, 0.5, 0.25], srow: [[0.6000000238418579, -0.30000001192092896, 0.0, 1.0], [0.44999998807907104, 0.4000000059604645, 0.0, 2.0], [0.0, 0.0, 2.5, 3.0]], spacing: [0.75, 0.5, 2.5], origin: [-7.5, -8.25, -9.0], direction: [[-0.37500000125495764, 0.14528471176402888, -0.9155694120990071], [-0.6452846946058707, -0.7499999971577695, 0.1452847141095656], [-0.6655694268565753, 0.6452847098692086, 0.37500000463304045]] },
    Orientation { name: "qform before a sheared sform", codes: (2, 1), pixdim: [1.0, 0.75, 0.5, 2.5], units: 2, quaternion: [0.25, 0.5, 0.25], srow: [[0.28125, 0.12735764682292938, 2.288923501968384, 10.5], [0.4839635193347931, 0.375, -0.3632117807865143, -20.25], [-0.49917706847190857, 0.32264235615730286, 0.9375, 30.0]], spacing: [0.75, 0.5, 2.5], origin: [-7.5, -8.25, -9.0], direction: [[-0.37500000125495764, 0.14528471176402888, -0.9155694120990071], [-0.6452846946058707, -0.7499999971577695, 0.1452847141095656], [-0.6655694268565753, 0.6452847098692086, 0.37500000463304045]] },
    Orientation { name: "neither", codes: (0, 0), pixdim: [1.0, 0.75, 0.5, 2.5], units: 2, quaternion: [0.25, 0.5, 0.25], srow: [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]], spacing: [0.75, 0.5, 2.5], origin: [0.0, 0.0, 0.0], direction: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] },
    Orientation { name: "metres", codes: (0, 1), pixdim: [1.0, 0.75, 0.5, 2.5], units: 1, quaternion: [0.25, 0.5, 0.25], srow: [[0.28125, -0.07264235615730286, 2.288923501968384, 10.5], [0.4839635193347931, 0.375, -0.3632117807865143, -20.25], [-0.49917706847190857, 0.32264235615730286, 0.9375, 30.0]], spacing: [750.0, 500.0, 2500.0], origin: [-10500.0, 20250.0, 30000.0], direction: [[-0.37500000125495764, 0.14528471176402888, -0.9155694120990071], [-0.6452846946058707, -0.7499999971577695, 0.1452847141095656], [-0.6655694268565753, 0.6452847098692086, 0.37500000463304045]] },
    Orientation { name: "microns and seconds", codes: (1, 0), pixdim: [1.0, 0.75, 0.5, 2.5], units: 11, quaternion: [0.25, 0.5, 0.25], srow: [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]], spacing: [0.00075, 0.0005, 0.0025], origin: [-0.0075, -0.00825, -0.009000000000000001], direction: [[-0.37500000125495764, 0.14528471176402888, -0.9155694120990071], [-0.6452846946058707, -0.7499999971577695, 0.1452847141095656], [-0.6655694268565753, 0.6452847098692086, 0.37500000463304045]] },
    Orientation { name: "negative pixdim", codes: (1, 0), pixdim: [1.0, 0.75, -0.5, 2.5], units: 2, quaternion: [0.25, 0.5, 0.25], srow: [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]], spacing: [0.75, 0.5, 2.5], origin: [-7.5, -8.25, -9.0], direction: [[-0.37500000125495764, -0.14528471176402888, -0.9155694120990071], [-0.6452846946058707, 0.7499999971577695, 0.1452847141095656], [-0.6655694268565753, -0.6452847098692086, 0.37500000463304045]] },
    Orientation { name: "sform of another scale", codes: (0, 1), pixdim: [1.0, 0.75, 0.5, 2.5], units: 2, quaternion: [0.25, 0.5, 0.25], srow: [[0.75, -0.2905694246292114, 1.8311388492584229, 1.0], [1.2905694246292114, 1.5, -0.2905694246292114, 2.0], [-1.3311388492584229, 1.2905694246292114, 0.75, 3.0]], spacing: [0.75, 0.5, 2.5], origin: [-1.0, -2.0, 3.0], direction: [[-0.374999996447212, 0.14528471176402888, -0.9155694159550138], [-0.6452847062011129, -0.7499999971577695, 0.1452847109381636], [-0.6655694183235392, 0.6452847098692086, 0.374999996447212]] },
];

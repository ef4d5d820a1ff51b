//! Every number type through every format, and back; and files in big-endian order.

use ndarray::Array3;
use radiomics_imaging::{
    Geometry, Image, Mask, Sample, Volume,
    io::{ReadOptions, WriteOptions, header, read, read_mask, write},
};

use crate::common::{Folder, Nifti, gzip, metaimage, nrrd, values, zlib};

/// An oblique grid whose numbers need all their digits.
fn oblique() -> Geometry {
    let (s, c) = (0.3_f64.sin(), 0.3_f64.cos());
    let direction = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, -1.0]];
    Geometry::new([4, 3, 2], [0.7, 0.664062, 2.1], [-116.54304, 48.1446540001, 9.45], direction).unwrap()
}

fn image<T: Sample>(voxels: [T; 24]) -> Image {
    Volume::new(Array3::from_shape_vec([2, 3, 4], voxels.to_vec()).unwrap(), oblique()).unwrap().into()
}

/// Smallest, largest and ordinary values of each type.
macro_rules! images {
    ($($type:ty),*) => {
        vec![$({
            let mut voxels = [0 as $type; 24];
            for (i, voxel) in voxels.iter_mut().enumerate() {
                *voxel = (i * 5) as $type;
            }
            (voxels[0], voxels[1]) = (<$type>::MIN, <$type>::MAX);
            image(voxels)
        }),*]
    };
}

fn all() -> Vec<Image> {
    images![u8, i8, u16, i16, u32, i32, u64, i64, f32, f64]
}

fn near(a: &Geometry, b: &Geometry, tolerance: f64) -> bool {
    let close = |a: [f64; 3], b: [f64; 3]| {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance * a.abs().max(1.0))
    };
    let rows = a.direction().iter().zip(b.direction()).all(|(a, b)| close(*a, b));
    a.size() == b.size() && close(a.spacing(), b.spacing()) && close(a.origin(), b.origin()) && rows
}

#[test]
fn every_type_through_every_format() {
    let folder = Folder::new();
    for image in all() {
        for (name, tolerance) in [
            ("a.nii", 1e-6),
            ("a.nii.gz", 1e-6),
            ("a.nrrd", 1e-15),
            ("a.nhdr", 1e-15),
            ("a.mha", 0.0),
            ("a.mhd", 0.0),
            ("UPPER.NRRD", 1e-15),
        ] {
            for compress in [true, false] {
                let path = folder.path(name);
                write(&path, &image, &WriteOptions { compress }).unwrap();
                let back = read(&path, &ReadOptions::default()).unwrap();
                assert_eq!(back.voxels(), image.voxels(), "{name}");
                assert!(near(image.geometry(), back.geometry(), tolerance), "{name}: {}", back.geometry());
                let head = header(&path).unwrap();
                assert_eq!(head.sample_type, image.sample_type());
                assert_eq!((head.frames, head.components, head.scale), (1, 1, None));
            }
        }
    }
}

#[test]
fn no_draft_is_left_behind() {
    let folder = Folder::new();
    for name in ["a.nii.gz", "a.nhdr", "a.mhd"] {
        write(folder.path(name), &all()[0], &WriteOptions::default()).unwrap();
    }
    let mut names: Vec<String> = std::fs::read_dir(folder.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["a.mhd", "a.nhdr", "a.nii.gz", "a.raw.gz", "a.zraw"]);
}

#[test]
fn an_axis_too_long_for_nifti_1_makes_nifti_2() {
    let folder = Folder::new();
    let (s, c) = (0.3_f64.sin(), 0.3_f64.cos());
    let direction = [[c, 0.0, -s], [s, 0.0, c], [0.0, -1.0, 0.0]];
    let grid = Geometry::new([40_000, 1, 2], [0.7, 0.3, 2.1], [1e-3, 1e3, -7.25], direction).unwrap();
    let voxels = Array3::from_shape_fn([2, 1, 40_000], |(z, _, x)| (x + z) as u16);
    let image = Image::from(Volume::new(voxels, grid).unwrap());
    let path = folder.path("long.nii.gz");
    write(&path, &image, &WriteOptions::default()).unwrap();
    assert_eq!(header(&path).unwrap().format.name(), "NIfTI-2");
    let back = read(&path, &ReadOptions::default()).unwrap();
    assert_eq!(back.voxels(), image.voxels());
    assert!(near(&grid, back.geometry(), 1e-15), "{}", back.geometry());
}

#[test]
fn masks_keep_their_labels() {
    let folder = Folder::new();
    let voxels = Array3::from_shape_fn([2, 3, 4], |(z, y, x)| (100 * z + 10 * y + x) as u16);
    let mask = Mask::from_image(Volume::new(voxels, oblique()).unwrap().into()).unwrap();
    let path = folder.path("mask.mha");
    write(&path, &mask.to_image(), &WriteOptions::default()).unwrap();
    assert_eq!(read_mask(&path, &ReadOptions::default()).unwrap(), mask);
}

/// Every type in both byte orders, in all the ways the formats have to write voxels.
macro_rules! both_orders {
    ($folder:expr, $($type:ty, $nifti:literal, $nrrd:literal, $meta:literal;)*) => {$({
        let voxels: Vec<$type> = (0..24).map(|i| (i * 5 + 1) as $type).collect();
        let expected: Vec<f64> = voxels.iter().map(|v| *v as f64).collect();
        for big in [false, true] {
            let bytes: Vec<u8> = voxels
                .iter()
                .flat_map(|v| if big { v.to_be_bytes() } else { v.to_le_bytes() })
                .collect();
            let check = |name: &str, file: Vec<u8>| {
                let image = $folder.read(name, file).unwrap();
                assert_eq!(image.sample_type(), <$type>::TYPE, "{name}");
                assert_eq!(values(&image), expected, "{name}, big-endian {big}");
            };
            for version in [1, 2] {
                let vox_offset = if version == 1 { 352.0 } else { 544.0 };
                let nifti = Nifti { version, big, vox_offset, datatype: $nifti, ..Nifti::new([4, 3, 2]) };
                check("a.nii", nifti.with(&bytes));
                check("a.nii.gz", gzip(&nifti.with(&bytes)));
            }
            let endian = ("endian", Some(if big { "big" } else { "little" }));
            let nrrd = |encoding| nrrd(&[("type", Some($nrrd)), endian, ("encoding", Some(encoding))]);
            let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            let text: String = voxels.iter().map(|v| format!("{v} ")).collect();
            check("a.nrrd", [nrrd("raw").as_bytes(), &bytes].concat());
            check("a.nrrd", [nrrd("gzip").as_bytes(), &gzip(&bytes)].concat());
            check("a.nrrd", [nrrd("hex").as_bytes(), hex.as_bytes()].concat());
            check("a.nrrd", [nrrd("ascii").as_bytes(), text.as_bytes()].concat());
            let order = ("BinaryDataByteOrderMSB", Some(if big { "True" } else { "False" }));
            let meta = |name, value| {
                metaimage(&[("ElementType", Some($meta)), order, (name, Some(value))], "LOCAL")
            };
            check("a.mha", [meta("CompressedData", "False").as_bytes(), &bytes].concat());
            check("a.mha", [meta("CompressedData", "True").as_bytes(), &zlib(&bytes)].concat());
            check("a.mha", [meta("BinaryData", "False").as_bytes(), text.as_bytes()].concat());
        }
    })*};
}

#[test]
fn every_type_in_both_byte_orders() {
    let folder = Folder::new();
    both_orders! { folder,
        u8, 2, "uchar", "MET_UCHAR";
        i8, 256, "signed char", "MET_CHAR";
        u16, 512, "uint16_t", "MET_USHORT";
        i16, 4, "short", "MET_SHORT";
        u32, 768, "unsigned int", "MET_ULONG";
        i32, 8, "int32", "MET_INT";
        u64, 1280, "ulonglong", "MET_ULONG_LONG";
        i64, 1024, "long long int", "MET_LONG_LONG";
        f32, 16, "float", "MET_FLOAT";
        f64, 64, "double", "MET_DOUBLE";
    }
}

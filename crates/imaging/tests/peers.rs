//! Other people's readers, `nifti` and `dicom-object`, as outside witnesses: what we write they read, and what both
//! of us read is the same.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // in helpers of tests, as in tests; figures of the run

use std::path::{Path, PathBuf};

use dicom_object::{DefaultDicomObject, Tag, open_file};
use ndarray::{Array3, Ix3};
use nifti::{IntoNdArray, NiftiObject, ReaderOptions};
use radiomics_imaging::{
    Geometry, Image, Volume,
    io::{
        ReadOptions, WriteOptions,
        dicom::{self, SeriesOptions},
        read, write,
    },
};
use radiomics_phantoms::reference::shared;

#[test]
fn nifti_crate_reads_what_we_write() {
    let folder = tempfile::tempdir().unwrap();
    let (s, c) = (0.3_f64.sin(), 0.3_f64.cos());
    let direction = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, -1.0]];
    let grid = Geometry::new([5, 4, 3], [0.7, 0.9, 2.1], [-116.5, 48.25, 9.5], direction).unwrap();
    let value = |(z, y, x): (usize, usize, usize)| (100 * z + 10 * y + x) as f64;
    let images: [Image; 5] = [
        Volume::new(Array3::from_shape_fn([3, 4, 5], |i| value(i) as u16), grid).unwrap().into(),
        Volume::new(Array3::from_shape_fn([3, 4, 5], |i| value(i) as i16 - 150), grid).unwrap().into(),
        Volume::new(Array3::from_shape_fn([3, 4, 5], |i| value(i) as i32 * -1000), grid).unwrap().into(),
        Volume::new(Array3::from_shape_fn([3, 4, 5], |i| value(i) as f32 * 0.1), grid).unwrap().into(),
        Volume::new(Array3::from_shape_fn([3, 4, 5], |i| value(i) / 3.0), grid).unwrap().into(),
    ];
    for image in &images {
        for name in ["a.nii", "a.nii.gz"] {
            let path = folder.path().join(name);
            write(&path, image, &WriteOptions::default()).unwrap();
            compare_nifti(&path, image);
        }
    }
}

#[test]
fn nifti_crate_and_we_read_the_same_from_real_files() {
    let Some(data) = shared("data") else { return };
    let files: Vec<PathBuf> =
        files_under(&data).into_iter().filter(|f| f.to_string_lossy().ends_with(".nii.gz")).collect();
    assert!(!files.is_empty(), "no .nii.gz under {}", data.display());
    for file in &files {
        compare_nifti(file, &read(file, &ReadOptions::default()).unwrap());
    }
    println!("{} files agree", files.len());
}

#[test]
fn dicom_object_and_we_read_the_same_slices() {
    let Some(folder) = shared("data/ibsi1_ct_phantom/dicom/image") else { return };
    let series = dicom::read(&folder, &SeriesOptions::default()).unwrap().image;
    let mut slices: Vec<DefaultDicomObject> =
        files_under(&folder).iter().map(|f| open_file(f).unwrap()).collect();
    slices.sort_by(|a, b| decimals(a, IMAGE_POSITION)[2].total_cmp(&decimals(b, IMAGE_POSITION)[2]));
    let (ours, grid) = (series.to_f64().into_voxels(), series.geometry());
    assert_eq!(slices.len(), grid.size()[2]);
    for (z, (slice, plane)) in slices.iter().zip(ours.outer_iter()).enumerate() {
        let place = grid.point([0.0, 0.0, z as f64]);
        for (theirs, ours) in decimals(slice, IMAGE_POSITION).iter().zip(place) {
            // The positions in the files carry the noise of single precision; our grid is even.
            assert!((theirs - ours).abs() < 1e-5, "slice {z}: {theirs} {ours}");
        }
        let spacing = decimals(slice, PIXEL_SPACING);
        assert_eq!([spacing[1], spacing[0]], grid.spacing()[..2], "slice {z}");
        let (slope, intercept) = (decimals(slice, RESCALE_SLOPE)[0], decimals(slice, RESCALE_INTERCEPT)[0]);
        let bytes = slice.element(PIXEL_DATA).unwrap().to_bytes().unwrap();
        let signed = slice.element(PIXEL_REPRESENTATION).unwrap().to_int::<u16>().unwrap() == 1;
        let stored = bytes.chunks_exact(2).map(|b| [b[0], b[1]]).map(|b| {
            if signed { f64::from(i16::from_le_bytes(b)) } else { f64::from(u16::from_le_bytes(b)) }
        });
        assert!(stored.map(|v| slope * v + intercept).eq(plane.iter().copied()), "slice {z}");
    }
}

const IMAGE_POSITION: Tag = Tag(0x0020, 0x0032);
const PIXEL_SPACING: Tag = Tag(0x0028, 0x0030);
const PIXEL_REPRESENTATION: Tag = Tag(0x0028, 0x0103);
const RESCALE_INTERCEPT: Tag = Tag(0x0028, 0x1052);
const RESCALE_SLOPE: Tag = Tag(0x0028, 0x1053);
const PIXEL_DATA: Tag = Tag(0x7fe0, 0x0010);

fn decimals(slice: &DefaultDicomObject, tag: Tag) -> Vec<f64> {
    slice.element(tag).unwrap().to_multi_float64().unwrap()
}

/// Values and affine of a file as the `nifti` crate reads it against an image.
fn compare_nifti(path: &Path, image: &Image) {
    let object = ReaderOptions::new().read_file(path).unwrap();
    let header = object.header().clone();
    // Theirs is indexed [x, y, z].
    let theirs = object.into_volume().into_ndarray::<f64>().unwrap().into_dimensionality::<Ix3>().unwrap();
    let ours = image.to_f64();
    assert!(theirs.t().iter().eq(ours.voxels().iter()), "{}", path.display());
    if header.sform_code == 0 {
        return; // they know no quaternion
    }
    // RAS, in single precision.
    let rows = [header.srow_x, header.srow_y, header.srow_z];
    for index in [[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [3.0, 2.0, 2.0]] {
        let point = image.geometry().point(index);
        for (axis, sign) in [-1.0, -1.0, 1.0].into_iter().enumerate() {
            let row = rows[axis].map(f64::from);
            let theirs = row[0] * index[0] + row[1] * index[1] + row[2] * index[2] + row[3];
            assert!((theirs - sign * point[axis]).abs() < 1e-4, "{}: {theirs} {point:?}", path.display());
        }
    }
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_under(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

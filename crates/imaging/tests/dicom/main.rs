//! DICOM files made by the tests themselves, and the IBSI CT phantom.
#![allow(clippy::unwrap_used)] // in helpers of tests, as in tests
mod encodings;
mod hostile;
mod phantom;
mod rtstruct;
mod seg;
mod series;
mod shared;
mod streams;
mod suv;

use std::path::PathBuf;

use ndarray::Array3;
use radiomics_imaging::{
    Geometry, Voxels,
    io::dicom::{self, DicomError, DicomImage, SeriesOptions},
};
use radiomics_phantoms::dicom::{DataSet, EXPLICIT, Encoding, ct_slices};
use tempfile::TempDir;

/// A folder of files.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn of(slices: &[DataSet]) -> Self {
        let folder = Self::new();
        for (i, slice) in slices.iter().enumerate() {
            // Names run against the order of positions.
            folder.add(&format!("{:03}.dcm", 999 - i), &slice.file(EXPLICIT, Encoding::Explicit));
        }
        folder
    }

    fn add(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn read(&self) -> Result<DicomImage, DicomError> {
        self.read_with(&SeriesOptions::default())
    }

    fn read_with(&self, options: &SeriesOptions) -> Result<DicomImage, DicomError> {
        dicom::read(self.0.path(), options)
    }

    fn message(&self) -> String {
        self.read().unwrap_err().to_string()
    }
}

/// A small CT whose voxels all differ, on an oblique grid.
fn scan(slices: usize) -> (Array3<i16>, Geometry) {
    let (s, c) = (0.6, 0.8);
    let direction = [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]];
    let grid = Geometry::new([5, 4, slices], [0.75, 0.5, 2.5], [-10.0, 20.0, 30.5], direction).unwrap();
    (Array3::from_shape_fn([slices, 4, 5], |(z, y, x)| (1000 * z + 10 * y + x) as i16 - 1024), grid)
}

fn slices(count: usize) -> Vec<DataSet> {
    let (voxels, grid) = scan(count);
    ct_slices(&voxels, &grid, 3)
}

/// Voxels as doubles, x fastest.
fn values(image: &DicomImage) -> Vec<f64> {
    image.image.to_f64().voxels().iter().copied().collect()
}

fn expect_scan(read: &DicomImage, count: usize) {
    let (voxels, grid) = scan(count);
    assert_eq!(read.image.voxels(), &Voxels::I16(voxels));
    grid.check_same(read.image.geometry(), 1e-12).unwrap();
}

/// Splitmix64: seeded numbers for tests.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

//! What holds for every image: readers give back what writers took, whatever type, grid and form.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

use ndarray::Array3;
use radiomics_imaging::{
    Geometry, Image, Mask, Sample, Volume,
    io::{ReadOptions, WriteOptions, header, read, read_mask, write},
};
use tempfile::TempDir;

/// How far a grid may move, as a part of its extent: NIfTI-1 keeps positions in single precision.
fn tolerance(name: &str) -> f64 {
    if name.contains(".nii") { 1e-6 } else { 1e-12 }
}

#[test]
fn readers_give_back_what_writers_took() {
    let folder = TempDir::new().unwrap();
    let mut random = Random(1);
    for round in 0..150 {
        let grid = random.any_grid();
        let image = random.image(grid);
        for name in ["a.nii", "a.nii.gz", "a.nrrd", "a.nhdr", "a.mha", "a.mhd"] {
            let path = folder.path().join(name);
            write(&path, &image, &WriteOptions { compress: round % 2 == 0 }).unwrap();
            let back = read(&path, &ReadOptions::default()).unwrap();
            assert_eq!(back.voxels(), image.voxels(), "{name}, round {round}");
            let head = header(&path).unwrap();
            assert_eq!(&head.geometry, back.geometry());
            assert_eq!((head.sample_type, head.frames, head.components), (image.sample_type(), 1, 1));
            assert_near(back.geometry(), &grid, tolerance(name), name);
            // What was read is written again without any further change.
            write(&path, &back, &WriteOptions::default()).unwrap();
            let again = read(&path, &ReadOptions::default()).unwrap();
            assert_eq!(again.voxels(), image.voxels());
            assert_near(again.geometry(), back.geometry(), tolerance(name) / 10.0, name);
        }
    }
}

#[test]
fn masks_come_back_with_their_regions() {
    let folder = TempDir::new().unwrap();
    let mut random = Random(2);
    for round in 0..60 {
        let grid = random.any_grid();
        let most = [2, 200, 70_000][round % 3];
        let labels = Array3::from_shape_fn(grid.shape(), |_| {
            if random.below(3) == 0 { random.below(most) as u32 } else { 0 }
        });
        let mask = Mask::from_image(Volume::new(labels, grid).unwrap().into()).unwrap();
        for name in ["m.nii.gz", "m.nrrd", "m.mha"] {
            let path = folder.path().join(name);
            write(&path, &mask.to_image(), &WriteOptions::default()).unwrap();
            let back = read_mask(&path, &ReadOptions::default()).unwrap();
            assert_eq!(back.regions(), mask.regions(), "{name}, round {round}");
            assert!(back.iter().eq(mask.iter()));
        }
    }
}

#[test]
fn indices_and_positions_are_inverse_on_every_grid() {
    let mut random = Random(3);
    for _ in 0..2000 {
        let grid = random.any_grid();
        let index = grid.size().map(|n| random.unit() * n as f64);
        let back = grid.index(grid.point(index));
        for (a, b) in index.iter().zip(back) {
            assert!((a - b).abs() < 1e-9, "{index:?} {back:?} {grid}");
        }
        // One step along an axis is one spacing, in its direction.
        for axis in 0..3 {
            let mut next = index;
            next[axis] += 1.0;
            let (from, to) = (grid.point(index), grid.point(next));
            for row in 0..3 {
                let step = grid.direction()[row][axis] * grid.spacing()[axis];
                assert!((to[row] - from[row] - step).abs() < 1e-9);
            }
        }
    }
}

/// DICOM writes numbers with at most 16 characters.
#[cfg(feature = "dicom")]
#[test]
fn dicom_series_give_back_voxels_and_grid() {
    use radiomics_imaging::{Voxels, io::dicom};
    use radiomics_phantoms::dicom::{BIG_ENDIAN, EXPLICIT, Encoding, IMPLICIT, ct_slices};
    let mut random = Random(4);
    for round in 0..60 {
        let folder = TempDir::new().unwrap();
        let grid = random.grid();
        let voxels = Array3::from_shape_fn(grid.shape(), |_| random.next() as i16);
        let (syntax, encoding) = [
            (IMPLICIT, Encoding::Implicit),
            (EXPLICIT, Encoding::Explicit),
            (BIG_ENDIAN, Encoding::BigEndian),
        ][round % 3];
        for slice in ct_slices(&voxels, &grid, 1) {
            // Names in any order.
            let name = format!("{:016x}.dcm", random.next());
            std::fs::write(folder.path().join(name), slice.file(syntax, encoding)).unwrap();
        }
        let back = dicom::read(folder.path(), &dicom::SeriesOptions::default()).unwrap();
        assert_eq!(back.image.voxels(), &Voxels::I16(voxels), "round {round}");
        assert_near(back.image.geometry(), &grid, 1e-9, "DICOM");
    }
}

/// Compares two grids by where their corners lie.
fn assert_near(a: &Geometry, b: &Geometry, tolerance: f64, name: &str) {
    assert_eq!(a.size(), b.size());
    let extent: f64 = (0..3).map(|axis| b.spacing()[axis] * b.size()[axis] as f64).sum();
    let far: f64 = b.origin().iter().map(|v| v.abs()).sum::<f64>() + extent;
    for corner in 0..8 {
        let index =
            std::array::from_fn(|axis| if corner >> axis & 1 == 1 { b.size()[axis] as f64 } else { 0.0 });
        let (p, q) = (a.point(index), b.point(index));
        let apart = (0..3).map(|i| (p[i] - q[i]).abs()).fold(0.0, f64::max);
        assert!(apart <= tolerance * far, "{name}: a corner is off by {apart} mm: {a} {b}");
    }
}

/// Splitmix64: seeded numbers for tests.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Up to 6 voxels along an axis, 0.1 to 10 mm, anywhere within a metre, turned in any way.
    fn grid(&mut self) -> Geometry {
        let size = std::array::from_fn(|_| 2 + self.below(5) as usize);
        let spacing = std::array::from_fn(|_| 0.1 + 9.9 * self.unit());
        let origin = std::array::from_fn(|_| 2000.0 * self.unit() - 1000.0);
        // A rotation from a quaternion.
        let [w, x, y, z] = loop {
            let q: [f64; 4] = std::array::from_fn(|_| 2.0 * self.unit() - 1.0);
            let n = q.iter().map(|v| v * v).sum::<f64>().sqrt();
            if n > 0.1 {
                break q.map(|v| v / n);
            }
        };
        let turned = [
            [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
            [2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)],
            [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)],
        ];
        Geometry::new(size, spacing, origin, turned).unwrap()
    }

    /// The same, and one in four is mirrored.
    fn any_grid(&mut self) -> Geometry {
        let grid = self.grid();
        let mut direction = grid.direction();
        if self.below(4) == 0 {
            direction.iter_mut().for_each(|row| row[1] = -row[1]);
        }
        Geometry::new(grid.size(), grid.spacing(), grid.origin(), direction).unwrap()
    }

    /// Voxels of any type over its whole range.
    fn image(&mut self, grid: Geometry) -> Image {
        match self.below(10) {
            0 => self.filled(grid, |r| r.next() as u8),
            1 => self.filled(grid, |r| r.next() as i8),
            2 => self.filled(grid, |r| r.next() as u16),
            3 => self.filled(grid, |r| r.next() as i16),
            4 => self.filled(grid, |r| r.next() as u32),
            5 => self.filled(grid, |r| r.next() as i32),
            6 => self.filled(grid, |r| r.next()),
            7 => self.filled(grid, |r| r.next() as i64),
            8 => self.filled(grid, |r| (r.unit() * 1e6 - 5e5) as f32),
            _ => self.filled(grid, |r| (r.unit() - 0.5) * 1e300),
        }
    }

    fn filled<T: Sample>(&mut self, grid: Geometry, mut value: impl FnMut(&mut Self) -> T) -> Image
    where
        Image: From<Volume<T>>,
    {
        let voxels = Array3::from_shape_fn(grid.shape(), |_| value(self));
        Volume::new(voxels, grid).unwrap().into()
    }
}

//! Segmentations: one bit and fractions, several segments, frames in any order and with gaps, on any grid.

use ndarray::Array3;
use radiomics_imaging::{
    Geometry, Mask,
    io::dicom::{DicomError, Limits, RegionChoice, Segmentation},
};
use radiomics_phantoms::dicom::{BIG_ENDIAN, DataSet, EXPLICIT, Encoding, SegmentFrame, packed};

use crate::{Folder, Random, scan};

/// A segmentation made on series 3.
fn segmentation(kind: &str, labels: &[&str], grid: &Geometry, frames: &[SegmentFrame]) -> DataSet {
    radiomics_phantoms::dicom::segmentation(kind, labels, grid, frames, 3)
}

/// Random labels 0 to 2, and their frames, shuffled, empty ones left out.
fn labelled(grid: &Geometry) -> (Array3<u8>, Vec<SegmentFrame>) {
    let mut random = Random(11);
    let [columns, rows, slices] = grid.size();
    let labels =
        Array3::from_shape_fn(
            [slices, rows, columns],
            |(z, _, _)| {
                if z == 2 { 0 } else { random.below(3) as u8 }
            },
        );
    let mut frames = Vec::new();
    for segment in 1..=2 {
        for (z, plane) in labels.outer_iter().enumerate().filter(|(z, _)| *z != 2) {
            frames.push((segment, z, plane.iter().map(|l| u8::from(u16::from(*l) == segment)).collect()));
        }
    }
    for i in (1..frames.len()).rev() {
        frames.swap(i, random.below(i + 1));
    }
    (labels, frames)
}

/// The folder must live as long as the segmentation, which reads its pixels later.
fn open(set: &DataSet) -> (Folder, Segmentation) {
    let folder = Folder::new();
    let path = folder.add("seg.dcm", &set.file(EXPLICIT, Encoding::Explicit));
    let opened = Segmentation::open(&path, &Limits::default()).unwrap();
    (folder, opened)
}

fn labels(mask: &Mask) -> Vec<u8> {
    mask.iter().map(|l| l as u8).collect()
}

fn all(seg: &Segmentation, grid: &Geometry) -> Result<Mask, DicomError> {
    seg.mask(None, Some(grid), 0.5, &Limits::default())
}

#[test]
fn binary_frames_in_any_order_and_with_gaps() {
    let (_, grid) = scan(5);
    let (expected, frames) = labelled(&grid);
    let set = segmentation("BINARY", &["Tumour", "Node"], &grid, &frames);
    let (_folder, seg) = open(&set);
    let mask = all(&seg, &grid).unwrap();
    assert!(labels(&mask).iter().eq(&expected));
    // On its own grid: the empty slice is there.
    grid.check_same(&seg.grid().unwrap(), 1e-9).unwrap();
    let own = seg.mask(None, None, 0.5, &Limits::default()).unwrap();
    assert_eq!(labels(&own), labels(&mask));
    // One segment by label or number, under its number.
    for choice in [RegionChoice::Name("Node".into()), RegionChoice::Number(2)] {
        let node =
            seg.mask(Some(seg.segment(&choice).unwrap()), Some(&grid), 0.5, &Limits::default()).unwrap();
        assert!(labels(&node).iter().eq(&expected.mapv(|l| if l == 2 { 2 } else { 0 })));
    }
    assert_eq!(seg.segments()[0].frames, 4);
    // Big endian as words of 16 bits: every pair of bytes is swapped.
    let folder = Folder::new();
    let words: Vec<u8> = packed(&frames.iter().flat_map(|f| f.2.clone()).collect::<Vec<u8>>());
    let words = words.chunks(2).flat_map(|p| [p.get(1).copied().unwrap_or(0), p[0]]).collect();
    let swapped = set.clone().bytes(0x7FE0_0010, "OW", words).file(BIG_ENDIAN, Encoding::BigEndian);
    let words = Segmentation::open(&folder.add("words", &swapped), &Limits::default()).unwrap();
    assert!(labels(&all(&words, &grid).unwrap()).iter().eq(&expected));
}

#[test]
fn fractions_count_from_a_threshold() {
    let (_, grid) = scan(3);
    let pixels: Vec<u8> = (0..20).map(|p| p * 10).collect(); // largest value 200
    let (_folder, seg) = open(&segmentation("FRACTIONAL", &["Tumour"], &grid, &[(1, 1, pixels)]));
    let count = |threshold| {
        let mask = seg.mask(None, Some(&grid), threshold, &Limits::default()).unwrap();
        mask.iter().filter(|l| *l == 1).count()
    };
    assert_eq!((count(0.5), count(0.9), count(0.0)), (10, 2, 19));
}

#[test]
fn label_maps_hold_segment_numbers() {
    let (_, grid) = scan(2);
    let pixels: Vec<u8> = (0..20).map(|p| p % 3).collect();
    let set = segmentation("LABELMAP", &["A", "B"], &grid, &[(1, 0, pixels.clone()), (1, 1, vec![0; 20])]);
    let (_folder, seg) = open(&set.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.66.7"));
    let mask = all(&seg, &grid).unwrap();
    assert_eq!(labels(&mask), [pixels.clone(), vec![0; 20]].concat());
    let only = seg.mask(Some(&seg.segments()[1]), Some(&grid), 0.5, &Limits::default()).unwrap();
    assert_eq!(only.iter().filter(|l| *l == 2).count(), pixels.iter().filter(|p| **p == 2).count());
    assert_eq!(only.iter().filter(|l| *l == 1).count(), 0);
}

#[test]
fn frames_are_put_on_grids_that_run_otherwise() {
    let (_, grid) = scan(5);
    let (expected, frames) = labelled(&grid);
    let (_folder, seg) = open(&segmentation("BINARY", &["Tumour", "Node"], &grid, &frames));
    // The same voxels, counted from the far corner, with rows and columns exchanged.
    let ([nx, ny, nz], d) = (grid.size(), grid.direction());
    let far = grid.point([nx as f64 - 1.0, ny as f64 - 1.0, nz as f64 - 1.0]);
    let direction = std::array::from_fn(|r| [-d[r][1], -d[r][0], -d[r][2]]);
    let [sx, sy, sz] = grid.spacing();
    let turned = Geometry::new([ny, nx, nz], [sy, sx, sz], far, direction).unwrap();
    let mask = all(&seg, &turned).unwrap();
    let got = Array3::from_shape_vec([nz, nx, ny], labels(&mask)).unwrap();
    for ((z, y, x), label) in expected.indexed_iter() {
        assert_eq!(got[[nz - 1 - z, nx - 1 - x, ny - 1 - y]], *label);
    }
    // Half a voxel beside, twice as fine, or too short: no voxels of the segmentation.
    let beside = Geometry::new(grid.size(), grid.spacing(), grid.point([0.5, 0.0, 0.0]), d).unwrap();
    let error = all(&seg, &beside).unwrap_err().to_string();
    assert!(error.contains("between voxels"), "{error}");
    let fine = Geometry::new(grid.size(), [sx / 2.0, sy, sz], grid.origin(), d).unwrap();
    assert!(all(&seg, &fine).unwrap_err().to_string().contains("no voxels of the image"));
    let short = Geometry::new([nx, ny, nz - 1], grid.spacing(), grid.origin(), d).unwrap();
    assert!(all(&seg, &short).unwrap_err().to_string().contains("outside the image"));
}

#[test]
fn overlap_and_unknown_labels_are_explained() {
    let (_, grid) = scan(2);
    let frames = [(1, 0, vec![1; 20]), (2, 0, [vec![0; 15], vec![1; 5]].concat())];
    let (_folder, seg) = open(&segmentation("BINARY", &["Primary tumour", "Node"], &grid, &frames));
    let error = all(&seg, &grid).unwrap_err();
    assert!(matches!(error.cause(), DicomError::Overlap { first: 1, second: 2, voxels: 5 }), "{error}");
    assert!(seg.mask(Some(&seg.segments()[1]), Some(&grid), 0.5, &Limits::default()).is_ok());
    let error = seg.segment(&RegionChoice::Name("primary_tumor".into())).unwrap_err().to_string();
    assert!(error.contains("did you mean `Primary tumour`?") && error.contains("2: Node"), "{error}");
    let error = seg.segment(&RegionChoice::Number(7)).unwrap_err().to_string();
    assert!(error.contains("number 7"), "{error}");
    // Too few pixels for the frames.
    let cut = segmentation("BINARY", &["T"], &grid, &frames[..1]).bytes(0x7FE0_0010, "OB", vec![1; 2]);
    let (_folder, seg) = open(&cut);
    assert!(all(&seg, &grid).is_err());
}

#[test]
fn mutated_segmentations_never_panic() {
    let (_, grid) = scan(5);
    let (_, frames) = labelled(&grid);
    let files = ["BINARY", "FRACTIONAL"]
        .map(|kind| segmentation(kind, &["A", "B"], &grid, &frames).file(EXPLICIT, Encoding::Explicit));
    let folder = Folder::new();
    let mut random = Random(8);
    for round in 0..2000 {
        let mut bytes = files[round % 2].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] = random.next() as u8;
        }
        let path = folder.add("seg", &bytes);
        if let Ok(seg) = Segmentation::open(&path, &Limits::default()) {
            let _ = seg.mask(None, None, 0.5, &Limits::default());
            let _ = all(&seg, &grid);
        }
        std::fs::remove_file(path).unwrap();
    }
}

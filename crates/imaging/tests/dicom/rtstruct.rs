//! Structure sets: contours by name, filled on the grid of an image.

use radiomics_imaging::{
    Geometry,
    io::{
        self, ReadOptions,
        dicom::{
            self, DicomError, Limits, RegionChoice, Roi, RoiMask, SeriesOptions, StrayContours, StructureSet,
        },
    },
};
use radiomics_phantoms::{
    dicom::{Contours, DataSet, EXPLICIT, Encoding, IMPLICIT, structure_set},
    reference::shared,
};

use crate::{Folder, Random};

fn structures(rois: &[(i64, &str, Contours<'_>)]) -> DataSet {
    structure_set(rois, 3)
}

fn open(set: &DataSet) -> Result<StructureSet, DicomError> {
    let folder = Folder::new();
    // Contours may be longer than the 64 KiB of a short explicit element: implicit files have no such limit.
    StructureSet::open(&folder.add("rt.dcm", &set.file(IMPLICIT, Encoding::Implicit)), &Limits::default())
}

fn roi(contours: Contours<'_>) -> Roi {
    open(&structures(&[(1, "GTV", contours)])).unwrap().rois()[0].clone()
}

/// 12 × 10 × 6 voxels on an oblique grid.
fn grid() -> Geometry {
    let direction = [[0.8, 0.6, 0.0], [-0.6, 0.8, 0.0], [0.0, 0.0, 1.0]];
    Geometry::new([12, 10, 6], [0.9, 1.1, 3.0], [-100.0, 50.0, -700.0], direction).unwrap()
}

/// A rectangle of pixel indices in slice z, as positions.
fn rectangle(x: [f64; 2], y: [f64; 2], z: f64) -> Vec<[f64; 3]> {
    let grid = grid();
    [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]].map(|[x, y]| grid.point([x, y, z])).to_vec()
}

fn fill(roi: &Roi) -> Result<RoiMask, DicomError> {
    roi.mask(&grid(), StrayContours::Refuse)
}

fn voxels(mask: &RoiMask) -> usize {
    mask.mask.iter().filter(|l| *l == 1).count()
}

#[test]
fn contours_of_the_ibsi_phantom_give_its_mask() {
    let Some(folder) = shared("data/ibsi1_ct_phantom") else { return };
    let series = dicom::read(&folder.join("dicom/image"), &SeriesOptions::default()).unwrap();
    let set = StructureSet::open(&folder.join("dicom/mask/DCM_RS_00060.dcm"), &Limits::default()).unwrap();
    let names: Vec<&str> = set.rois().iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["GTV-1"]);
    let expected = io::read_mask(folder.join("nifti/mask.nii.gz"), &ReadOptions::default()).unwrap();
    for grid in [series.image.geometry(), expected.geometry()] {
        let mask = set.rois()[0].mask(grid, StrayContours::Refuse).unwrap();
        assert_eq!((mask.contours, &mask.notes), (26, &Vec::new()));
        let differing = mask.mask.iter().zip(expected.iter()).filter(|(a, b)| a != b).count();
        assert_eq!((differing, voxels(&mask)), (0, 125_256));
    }
}

#[test]
fn rectangles_holes_and_several_contours_in_a_slice() {
    let closed = "CLOSED_PLANAR";
    let mask = fill(&roi(vec![
        (closed, rectangle([0.5, 9.5], [0.5, 8.5], 2.0)),  // 9 × 8
        (closed, rectangle([2.5, 6.5], [2.5, 6.5], 2.0)),  // minus 4 × 4
        (closed, rectangle([3.5, 4.5], [3.5, 4.5], 2.0)),  // plus 1
        (closed, rectangle([9.6, 11.4], [0.5, 2.5], 2.0)), // plus 2 × 2 beside
        ("CLOSEDPLANAR_XOR", rectangle([0.5, 3.5], [0.5, 1.5], 3.0)), // 3 in the next slice
    ]))
    .unwrap();
    assert_eq!((voxels(&mask), mask.contours), (72 - 16 + 1 + 4 + 3, 5));
    assert_eq!(mask.notes, Vec::<String>::new());
}

#[test]
fn a_keyhole_contour_leaves_its_hole() {
    // One contour: around the outside, through a cut of no width, around the hole, and back.
    let grid = grid();
    let path = [
        [0.5, 0.5],
        [8.5, 0.5],
        [8.5, 8.5],
        [0.5, 8.5],
        [0.5, 4.5],
        [2.5, 4.5],
        [2.5, 6.5],
        [6.5, 6.5],
        [6.5, 2.5],
        [2.5, 2.5],
        [2.5, 4.5],
        [0.5, 4.5],
    ];
    let points = path.map(|[x, y]| grid.point([x, y, 1.0])).to_vec();
    assert_eq!(voxels(&fill(&roi(vec![("CLOSED_PLANAR", points)])).unwrap()), 64 - 16);
}

#[test]
fn contours_between_and_beyond_the_slices() {
    let closed = "CLOSED_PLANAR";
    let at = |z: f64| (closed, rectangle([0.5, 3.5], [0.5, 3.5], z));
    let between = roi(vec![at(1.0), at(2.45), at(4.0)]);
    let error = fill(&between).unwrap_err();
    assert!(matches!(error.cause(), DicomError::OffGrid { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("1 of 3 contours") && text.contains("slice 2.45 (7.35 mm from the first)"),
        "{text}"
    );
    let moved = between.mask(&grid(), StrayContours::Nearest).unwrap();
    assert_eq!(voxels(&moved), 27);
    assert!(moved.notes[0].contains("moved to the nearest slice"), "{:?}", moved.notes);
    assert!(moved.notes[1].contains("1 slices between the first and the last contour"), "{:?}", moved.notes);
    let skipped = between.mask(&grid(), StrayContours::Skip).unwrap();
    assert_eq!(voxels(&skipped), 18);
    let beyond = roi(vec![at(5.0), at(6.0), at(-1.0)]);
    let text = fill(&beyond).unwrap_err().to_string();
    assert!(text.contains("2 of 3 contours lie beyond"), "{text}");
    assert_eq!(voxels(&beyond.mask(&grid(), StrayContours::Nearest).unwrap()), 9);
    // Drawn on slices twice as dense: each slice takes the plane that lies nearest, not the difference of two.
    let dense = roi((2..=8).map(|half| at(f64::from(half) / 2.0)).collect());
    let thinned = dense.mask(&grid(), StrayContours::Nearest).unwrap();
    assert_eq!((voxels(&thinned), thinned.contours), (4 * 9, 4));
    assert!(thinned.notes.iter().any(|n| n.starts_with("3 contours were left out")), "{:?}", thinned.notes);
    // A contour a little off its slice is of it.
    assert_eq!(voxels(&fill(&roi(vec![at(2.0 + 0.1 / 3.0)])).unwrap()), 9);
}

#[test]
fn what_encloses_nothing_is_refused() {
    let closed = "CLOSED_PLANAR";
    let line = rectangle([0.5, 3.5], [0.5, 3.5], 1.0);
    let text = |contours| fill(&roi(contours)).unwrap_err().to_string();
    let open = text(vec![(closed, line.clone()), ("OPEN_PLANAR", line.clone())]);
    assert!(open.contains("1 of 2 contours are open"), "{open}");
    assert!(text(vec![("POINT", line[..1].to_vec())]).contains("`POINT`"));
    assert!(text(vec![]).contains("no contours"));
    // Drawn in a plane that crosses the slices.
    let grid = grid();
    let crossing = [[1.0, 1.0, 0.0], [1.0, 8.0, 0.0], [1.0, 8.0, 4.0]].map(|i| grid.point(i)).to_vec();
    assert!(text(vec![(closed, crossing)]).contains("does not lie in a plane"));
    let far = vec![[1e300, 0.0, 0.0], [0.0, 1e300, 0.0], [-1e300, 0.0, 0.0]];
    assert!(text(vec![(closed, far)]).contains("far outside"));
    // Passed over: a marker, a contour of two points, a copy.
    let mixed = fill(&roi(vec![
        ("POINT", line[..1].to_vec()),
        (closed, line[..2].to_vec()),
        (closed, line.clone()),
        (closed, line.clone()),
    ]))
    .unwrap();
    assert_eq!((voxels(&mixed), mixed.notes.len()), (9, 3));
}

#[test]
fn names_are_found_or_suggested() {
    let line = || vec![("CLOSED_PLANAR", rectangle([0.5, 3.5], [0.5, 3.5], 1.0))];
    let rois = [
        (1, "GTV primary", line()),
        (2, "Lunge rechts", line()),
        (3, "Lunge rechts", vec![]),
        (7, "左肺", line()),
    ];
    let set = open(&structures(&rois)).unwrap();
    let number = |choice: RegionChoice| set.roi(&choice).map(|r| r.number);
    let name = |name: &str| RegionChoice::Name(name.into());
    assert_eq!(number(name("GTV primary")).unwrap(), 1);
    assert_eq!(number(name("左肺")).unwrap(), 7);
    assert_eq!(number(RegionChoice::Number(3)).unwrap(), 3);
    let text = number(name("gtv-primary")).unwrap_err().to_string();
    assert!(text.contains("did you mean `GTV primary`?") && text.contains("7: 左肺"), "{text}");
    assert!(!number(name("xyz")).unwrap_err().to_string().contains("did you mean"));
    let error = number(name("Lunge rechts")).unwrap_err();
    assert!(error.to_string().contains("numbers 2, 3"), "{error}");
}

#[test]
fn damaged_contours_are_refused() {
    let set = structures(&[(1, "GTV", vec![("CLOSED_PLANAR", vec![[0.0; 3]; 4])])]);
    let contour = |set: DataSet| DataSet::new().items(0x3006_0040, vec![set]).text(0x3006_0084, "IS", "1");
    let with = |contour_set: DataSet| open(&set.clone().items(0x3006_0039, vec![contour(contour_set)]));
    let odd = with(DataSet::new().text(0x3006_0042, "CS", "CLOSED_PLANAR").decimals(0x3006_0050, &[0.0; 10]));
    assert!(odd.unwrap_err().to_string().contains("10 coordinates"));
    let text = with(DataSet::new().text(0x3006_0050, "DS", "1.0\\abc\\2.0")).unwrap_err().to_string();
    assert!(text.contains("`abc`"), "{text}");
    assert!(with(DataSet::new().text(0x3006_0050, "DS", "1.0\\nan\\2.0")).is_err());
    let image = crate::slices(1).remove(0);
    let folder = Folder::new();
    let path = folder.add("ct", &image.file(EXPLICIT, Encoding::Explicit));
    let error = StructureSet::open(&path, &Limits::default()).unwrap_err().to_string();
    assert!(error.contains("modality `CT`"), "{error}");
    // Bytes changed at random: an error or a structure set, never a panic.
    let file = structures(&[(1, "GTV", vec![("CLOSED_PLANAR", rectangle([0.5, 3.5], [0.5, 3.5], 1.0)); 3])])
        .file(EXPLICIT, Encoding::Explicit);
    let mut random = Random(5);
    for _ in 0..2000 {
        let mut bytes = file.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] = random.next() as u8;
        }
        let path = folder.add("rt", &bytes);
        if let Ok(set) = StructureSet::open(&path, &Limits::default()) {
            set.rois().iter().for_each(|roi| drop(roi.mask(&grid(), StrayContours::Nearest)));
        }
        std::fs::remove_file(path).unwrap();
    }
}

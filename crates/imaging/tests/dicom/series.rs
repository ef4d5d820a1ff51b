//! Folders: sorting, gaps, doubles, tilt, several series, several volumes, multi-frame files.

use radiomics_imaging::io::dicom::{self, DicomError, Kind, SeriesChoice, SeriesOptions};
use radiomics_phantoms::dicom::{DataSet, EXPLICIT, Encoding, SECRETS, ct_slices};

use crate::{Folder, expect_scan, scan, slices, values};

#[test]
fn slices_are_sorted_along_their_normal() {
    let folder = Folder::of(&slices(7));
    folder.add("notes.txt", b"no DICOM");
    let read = folder.read().unwrap();
    expect_scan(&read, 7);
    assert!(read.notes[0].contains("1 files"), "{:?}", read.notes);
    assert_eq!((read.series.files, read.series.frames, read.series.size), (7, 7, Some([5, 4])));
}

#[test]
fn missing_slices_are_named_by_position() {
    let mut slices = slices(9);
    slices.remove(5);
    slices.remove(2);
    let folder = Folder::of(&slices);
    let message = folder.message();
    assert!(matches!(folder.read().unwrap_err().cause(), DicomError::Gaps { missing: 2, .. }), "{message}");
    // Slice z lies at 30.5 + 2.5 z.
    assert!(message.contains("33 to 38") && message.contains("40.5 to 45.5"), "{message}");
}

#[test]
fn doubled_slices_are_refused() {
    let mut slices = slices(6);
    let copy = slices[4].clone().text(0x0008_0018, "UI", "2.25.9");
    slices.push(copy);
    let message = Folder::of(&slices).message();
    assert!(message.contains("40.5") && message.contains("remove the copies"), "{message}");
}

#[test]
fn uneven_distances_are_refused_up_to_a_tolerance() {
    let mut slices = slices(6);
    slices[2] = slices[2].clone().decimals(0x0020_0032, &[-10.0, 20.0, 35.58]);
    let folder = Folder::of(&slices);
    let error = folder.read().unwrap_err();
    assert!(matches!(error.cause(), DicomError::Uneven { position: 35.58, off: 0.08, .. }), "{error}");
    let options = SeriesOptions { position_tolerance_mm: 0.1, ..SeriesOptions::default() };
    assert!(folder.read_with(&options).is_ok());
}

#[test]
fn a_tilted_gantry_is_refused_or_straightened() {
    // Each slice two pixels further along the rows: 1.5 mm on 2.5 mm.
    let (_, grid) = scan(1);
    let voxels = ndarray::Array3::from_shape_fn([4, 4, 9], |(z, y, x)| {
        (100 * y + 10 * (x + 2 * z)) as i16 // the same patient in every slice
    });
    let straight =
        radiomics_imaging::Geometry::new([9, 4, 4], grid.spacing(), grid.origin(), grid.direction());
    let straight = straight.unwrap();
    let mut slices = ct_slices(&voxels, &straight, 1);
    for (z, slice) in slices.iter_mut().enumerate() {
        *slice = slice.clone().decimals(0x0020_0032, &straight.point([2.0 * z as f64, 0.0, z as f64]));
    }
    let folder = Folder::of(&slices);
    let error = folder.read().unwrap_err();
    let DicomError::Tilt { degrees, x, y } = error.cause() else { panic!("{error}") };
    assert!((degrees - (1.5_f64 / 2.5).atan().to_degrees()).abs() < 1e-9);
    assert!((x - 1.5).abs() < 1e-9 && y.abs() < 1e-9);
    let options = SeriesOptions { resample_tilt: true, ..SeriesOptions::default() };
    let read = folder.read_with(&options).unwrap();
    assert_eq!(read.image.geometry().size(), [15, 4, 4]);
    let all = values(&read);
    for z in 0..4 {
        for x in 0..9 {
            let (at, value) = (x + 2 * z, 10.0 * (x + 2 * z) as f64);
            assert!((all[z * 60 + at] - value).abs() < 1e-3, "{z} {x}");
        }
    }
    assert!(read.notes.iter().any(|n| n.contains("tilted")));
}

#[test]
fn slices_that_do_not_fit_are_refused() {
    let others: [(u32, &[f64], &str); 2] = [
        (0x0028_0030, &[0.5, 0.8], "Pixel Spacing"),
        (0x0020_0037, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0], "Image Orientation"),
    ];
    for (tag, values, field) in others {
        let mut slices = slices(4);
        slices[3] = slices[3].clone().decimals(tag, values);
        let message = Folder::of(&slices).message();
        assert!(message.contains(field), "{message}");
    }
    let mut slices = slices(4);
    slices[1] = slices[1].clone().u16s(0x0028_0010, "US", &[2]).u16s(0x0028_0011, "US", &[10]);
    assert!(Folder::of(&slices).message().contains("Rows"));
    let mut slices = crate::slices(4);
    slices[1] = slices[1].clone().without(0x0020_0032);
    let message = Folder::of(&slices).message();
    assert!(message.contains("Image Position (Patient) (0020,0032)"), "{message}");
}

#[test]
fn one_of_several_series_must_be_chosen() {
    let (voxels, grid) = scan(3);
    let mut all = ct_slices(&voxels, &grid, 3);
    all.extend(ct_slices(&voxels, &grid, 2));
    let report = DataSet::new()
        .text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.88.11")
        .text(0x0008_0060, "CS", "SR")
        .text(0x0020_000E, "UI", "2.25.4711.1");
    all.push(report);
    let folder = Folder::of(&all);
    let error = folder.read().unwrap_err();
    let DicomError::ManySeries { series } = &error else { panic!("{error}") };
    assert_eq!(series.len(), 2);
    assert!(series[0].starts_with("1: CT image, series number 2, 3 frames of 5 x 4"), "{}", series[0]);
    let choose =
        |series| folder.read_with(&SeriesOptions { series: Some(series), ..SeriesOptions::default() });
    expect_scan(&choose(SeriesChoice::Number(2)).unwrap(), 3);
    let read = choose(SeriesChoice::Uid("2.25.4711.3".into())).unwrap();
    assert_eq!((read.series.number, read.series.series_number), (2, Some(3)));
    assert!(matches!(choose(SeriesChoice::Number(3)), Err(DicomError::NoSuchSeries { .. }))); // the report
    let listing = dicom::list(folder.0.path(), &SeriesOptions::default()).unwrap();
    let kinds: Vec<Kind> = listing.series.iter().map(|s| s.kind).collect();
    assert_eq!(kinds, [Kind::Image, Kind::Image, Kind::Other]);
}

#[test]
fn nothing_of_the_patient_is_said_unless_asked_for() {
    let mut slices = slices(5);
    slices.remove(2);
    slices[0] = slices[0].clone().text(0x0020_000E, "UI", "2.25.4711.5");
    let folder = Folder::new();
    for (i, slice) in slices.iter().enumerate() {
        folder.add(&format!("2.25.4711.{i}.dcm"), &slice.file(EXPLICIT, Encoding::Explicit));
    }
    folder.add("SECRET^PATIENT.dcm", &slices[1].file(EXPLICIT, Encoding::Explicit)[..400]);
    let hidden = |options: &SeriesOptions| {
        let mut said = format!("{:?}", dicom::list(folder.0.path(), options).unwrap());
        for number in 1..=2 {
            let options = SeriesOptions { series: Some(SeriesChoice::Number(number)), ..options.clone() };
            match folder.read_with(&options) {
                Ok(read) => said += &format!("{:?} {:?} {}", read.series, read.notes, read.series),
                Err(error) => said += &format!("{error} {error:?}"),
            }
        }
        said + &format!("{:?}", folder.read_with(options).map(|r| r.series))
    };
    let said = hidden(&SeriesOptions::default());
    for secret in SECRETS {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
    assert!(said.contains("file 5 of 5"), "{said}");
    let shown = hidden(&SeriesOptions { identifiers: true, ..SeriesOptions::default() });
    assert!(shown.contains("2.25.4711.5") && shown.contains("SECRET DESCRIPTION"), "{shown}");
}

#[test]
fn several_volumes_at_the_same_positions_are_told_apart() {
    let (voxels, grid) = scan(4);
    let mut all = Vec::new();
    for (echo, shift) in [(20.0, 500), (5.0, 0)] {
        let echoes = ct_slices(&voxels.mapv(|v| v + shift), &grid, 3);
        all.extend(echoes.into_iter().map(|s| s.decimals(0x0018_0081, &[echo])));
    }
    let folder = Folder::of(&all);
    let message = folder.message();
    assert!(message.contains("Echo Time") && message.contains("(5, 20)"), "{message}");
    let volume = |n| folder.read_with(&SeriesOptions { volume: Some(n), ..SeriesOptions::default() });
    expect_scan(&volume(0).unwrap(), 4);
    assert_eq!(values(&volume(1).unwrap())[0], -524.0);
    assert!(matches!(volume(2), Err(DicomError::NoSuchVolume { wanted: 2, volumes: 2 })));
    // Not the same at every position: no volumes.
    all.remove(0);
    let message = Folder::of(&all).message();
    assert!(message.contains("not in the same way"), "{message}");
}

#[test]
fn scales_of_each_slice_are_applied() {
    let slices: Vec<DataSet> = slices(3)
        .into_iter()
        .zip([0.5, 1.0, 2.0])
        .map(|(slice, slope)| slice.decimals(0x0028_1053, &[slope]).decimals(0x0028_1052, &[slope * 10.0]))
        .collect();
    let read = Folder::of(&slices).read().unwrap();
    let (voxels, _) = scan(3);
    let expected: Vec<f64> =
        voxels.indexed_iter().map(|((z, _, _), v)| (f64::from(*v) + 10.0) * [0.5, 1.0, 2.0][z]).collect();
    assert_eq!(values(&read), expected);
}

/// An enhanced CT with its frames out of order; slope and intercept differ from frame to frame.
fn enhanced() -> DataSet {
    let (voxels, grid) = scan(4);
    let order = [2, 0, 3, 1];
    let pixels: Vec<u16> = order
        .iter()
        .flat_map(|&z| voxels.index_axis(ndarray::Axis(0), z).iter().map(|v| *v as u16).collect::<Vec<_>>())
        .collect();
    let frames = order.iter().map(|&z| {
        DataSet::new()
            .items(0x0020_9113, vec![DataSet::new().decimals(0x0020_0032, &grid.point([0.0, 0.0, z as f64]))])
            .open_items(
                0x0028_9145,
                vec![DataSet::new().decimals(0x0028_1052, &[z as f64]).decimals(0x0028_1053, &[1.0])],
            )
    });
    let d = grid.direction();
    let cosines: Vec<f64> = [0, 1].iter().flat_map(|&c| [d[0][c], d[1][c], d[2][c]]).collect();
    let shared = DataSet::new()
        .items(0x0020_9116, vec![DataSet::new().decimals(0x0020_0037, &cosines)])
        .items(0x0028_9110, vec![DataSet::new().decimals(0x0028_0030, &[0.5, 0.75])]);
    [0x0020_0032, 0x0020_0037, 0x0028_0030, 0x0028_1052, 0x0028_1053, 0x0018_0050]
        .into_iter()
        .fold(slices(1).remove(0), DataSet::without)
        .text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2.1")
        .text(0x0028_0008, "IS", "4")
        .open_items(0x5200_9229, vec![shared])
        .items(0x5200_9230, frames.collect())
        .u16s(0x7FE0_0010, "OW", &pixels)
}

#[test]
fn frames_of_an_enhanced_file_are_placed_one_by_one() {
    let folder = Folder::of(&[enhanced()]);
    let read = folder.read().unwrap();
    let (voxels, grid) = scan(4);
    grid.check_same(read.image.geometry(), 1e-12).unwrap();
    let expected: Vec<f64> = voxels.indexed_iter().map(|((z, _, _), v)| f64::from(*v) + z as f64).collect();
    assert_eq!(values(&read), expected);
    let short = enhanced().text(0x0028_0008, "IS", "3");
    assert!(Folder::of(&[short]).message().contains("Per-frame Functional Groups Sequence"));
}

#[test]
fn a_radiograph_without_a_place_reads_with_a_note() {
    let slice = slices(1).remove(0).without(0x0020_0032).without(0x0020_0037);
    let read = Folder::of(std::slice::from_ref(&slice)).read().unwrap();
    assert!(read.notes[0].contains("no position"), "{:?}", read.notes);
    let message = Folder::of(&[slice.clone().without(0x0028_0030)]).message();
    assert!(message.contains("Pixel Spacing (0028,0030) is missing"), "{message}");
    let options = SeriesOptions { missing_geometry: true, ..SeriesOptions::default() };
    assert!(Folder::of(&[slice.without(0x0028_0030)]).read_with(&options).is_ok());
}

#[test]
fn folders_inside_are_read_on_request() {
    let folder = Folder::new();
    std::fs::create_dir(folder.0.path().join("inside")).unwrap();
    for (i, slice) in slices(3).iter().enumerate() {
        folder.add(&format!("inside/{i}"), &slice.file(EXPLICIT, Encoding::Explicit));
    }
    assert!(matches!(folder.read(), Err(DicomError::Empty { other_files: 0 })));
    let options = SeriesOptions { recursive: true, ..SeriesOptions::default() };
    expect_scan(&folder.read_with(&options).unwrap(), 3);
}

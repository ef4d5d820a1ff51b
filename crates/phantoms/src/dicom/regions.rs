//! Structure sets and segmentations of the series that [`ct_slices`](super::ct_slices) makes.

use radiomics_imaging::Geometry;

use super::{DataSet, SECRETS};

/// Contours of one region: type and points in mm.
pub type Contours<'a> = Vec<(&'a str, Vec<[f64; 3]>)>;

/// An RTSTRUCT of regions, each with number, name and contours, drawn on the CT series of that number.
///
/// Contours may be longer than the 64 KiB that a short element of an explicit file holds: write such sets in the
/// implicit encoding.
pub fn structure_set(rois: &[(i64, &str, Contours<'_>)], series: u32) -> DataSet {
    let names = rois.iter().map(|(number, name, _)| {
        DataSet::new().text(0x3006_0022, "IS", &number.to_string()).text(0x3006_0026, "LO", name)
    });
    let contours = rois.iter().map(|(number, _, contours)| {
        let items = contours.iter().map(|(kind, points)| {
            DataSet::new()
                .text(0x3006_0042, "CS", kind)
                .text(0x3006_0046, "IS", &points.len().to_string())
                .decimals(0x3006_0050, &points.concat())
        });
        DataSet::new().items(0x3006_0040, items.collect()).text(0x3006_0084, "IS", &number.to_string())
    });
    let study = DataSet::new().items(0x3006_0014, vec![referenced(series)]);
    let space = DataSet::new().text(0x0020_0052, "UI", SPACE).items(0x3006_0012, vec![study]);
    identity(DataSet::new(), "1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT", series)
        .text(0x0008_0005, "CS", "ISO_IR 192")
        .items(0x3006_0010, vec![space])
        .items(0x3006_0020, names.collect())
        .open_items(0x3006_0039, contours.collect())
}

/// A frame of a segmentation: segment, slice of the grid, pixels.
pub type SegmentFrame = (u16, usize, Vec<u8>);

/// A DICOM-SEG of `frames` in the planes of a grid, made on the CT series of that number. `kind` is `BINARY`,
/// `FRACTIONAL` (of 200) or `LABELMAP`.
pub fn segmentation(
    kind: &str,
    labels: &[&str],
    grid: &Geometry,
    frames: &[SegmentFrame],
    series: u32,
) -> DataSet {
    let d = grid.direction();
    let cosines: Vec<f64> = [0, 1].iter().flat_map(|&c| [d[0][c], d[1][c], d[2][c]]).collect();
    let [columns, rows, _] = grid.size();
    let groups = frames.iter().map(|(segment, z, _)| {
        let place = DataSet::new().decimals(0x0020_0032, &grid.point([0.0, 0.0, *z as f64]));
        let segment = DataSet::new().u16s(0x0062_000B, "US", &[*segment]);
        DataSet::new().items(0x0020_9113, vec![place]).items(0x0062_000A, vec![segment])
    });
    let spacing = grid.spacing();
    let measures =
        DataSet::new().decimals(0x0018_0050, &[spacing[2]]).decimals(0x0028_0030, &[spacing[1], spacing[0]]);
    let orientation = DataSet::new().decimals(0x0020_0037, &cosines);
    let shared = DataSet::new().items(0x0020_9116, vec![orientation]).items(0x0028_9110, vec![measures]);
    let segments = labels.iter().enumerate().map(|(i, label)| {
        DataSet::new().u16s(0x0062_0004, "US", &[i as u16 + 1]).text(0x0062_0005, "LO", label)
    });
    let all: Vec<u8> = frames.iter().flat_map(|(_, _, pixels)| pixels.clone()).collect();
    let (bits, pixels) = if kind == "BINARY" { (1, packed(&all)) } else { (8, all) };
    identity(DataSet::new(), "1.2.840.10008.5.1.4.1.1.66.4", "SEG", series)
        .items(0x0008_1115, vec![referenced(series)])
        .text(0x0020_0052, "UI", SPACE)
        .u16s(0x0028_0002, "US", &[1])
        .text(0x0028_0008, "IS", &frames.len().to_string())
        .u16s(0x0028_0010, "US", &[rows as u16])
        .u16s(0x0028_0011, "US", &[columns as u16])
        .u16s(0x0028_0100, "US", &[bits])
        .u16s(0x0028_0101, "US", &[bits])
        .u16s(0x0028_0102, "US", &[bits - 1])
        .u16s(0x0028_0103, "US", &[0])
        .text(0x0062_0001, "CS", kind)
        .items(0x0062_0002, segments.collect())
        .u16s(0x0062_000E, "US", &[200])
        .items(0x5200_9229, vec![shared])
        .items(0x5200_9230, groups.collect())
        .bytes(0x7FE0_0010, "OB", pixels)
}

/// Eight pixels in a byte, the first in the lowest bit, frames one after the other.
pub fn packed(pixels: &[u8]) -> Vec<u8> {
    let byte = |eight: &[u8]| eight.iter().enumerate().fold(0, |b, (i, p)| b | u8::from(*p != 0) << i);
    pixels.chunks(8).map(byte).collect()
}

/// Frame of Reference UID of the CT series.
const SPACE: &str = "2.25.4711.9";

fn referenced(series: u32) -> DataSet {
    DataSet::new().text(0x0020_000E, "UI", &format!("2.25.4711.{series}"))
}

fn identity(set: DataSet, class: &str, modality: &str, series: u32) -> DataSet {
    set.text(0x0008_0016, "UI", class)
        .text(0x0008_0018, "UI", &format!("2.25.4711.{series}.1.1"))
        .text(0x0008_0020, "DA", SECRETS[2])
        .text(0x0008_0060, "CS", modality)
        .text(0x0010_0010, "PN", SECRETS[0])
        .text(0x0010_0020, "LO", SECRETS[1])
        .text(0x0020_000D, "UI", "2.25.4711.0")
        .text(0x0020_000E, "UI", &format!("2.25.4711.{series}.1"))
}

//! Writes a corpus of small good files for each target: `cargo run --example seeds -- corpus`.
#![allow(dead_code)] // helpers of the tests, of which a part is used here

#[path = "../../crates/imaging/tests/io/common.rs"]
mod common;
#[path = "../../crates/imaging/tests/dicom/streams.rs"]
mod streams;

use std::{fs, path::Path};

use common::{Nifti, gzip, metaimage, nrrd, ramp, zlib};
use radiomics_core::Params;
use radiomics_fuzz::small_ct;
use radiomics_phantoms::dicom::{BIG_ENDIAN, DataSet, EXPLICIT, Encoding, IMPLICIT, ct_slices, file_of};

fn main() {
    let root = std::env::args().nth(1).unwrap_or_else(|| "corpus".into());
    let put = |target: &str, seeds: Vec<Vec<u8>>| {
        let folder = Path::new(&root).join(target);
        fs::create_dir_all(&folder).expect("a folder for the corpus");
        for (i, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{i:02}")), seed).expect("a seed");
        }
        println!("{target}: {} seeds", seeds.len());
    };
    put("nifti", niftis());
    put("nrrd", nrrds());
    put("metaimage", metaimages());
    put("dicom", dicoms());
    put("seg", segmentations());
    put("rtstruct", structures());
    put("params", params());
    put("cohort", cohorts());
}

/// A choice of the target in front of the content.
fn chosen(form: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    [&[form], content.as_ref()].concat()
}

fn niftis() -> Vec<Vec<u8>> {
    let bytes = ramp(24);
    let plain = Nifti::new([4, 3, 2]);
    let mut oblique = Nifti { codes: (1, 1), ..plain.clone() };
    oblique.srow = [[0.6, -0.8, 0.0, 1.0], [0.8, 0.6, 0.0, 2.0], [0.0, 0.0, 1.0, 3.0]];
    let turned =
        Nifti { codes: (2, 0), quaternion: [0.0, 0.0, 1.0], qoffset: [1.0, 2.0, 3.0], ..plain.clone() };
    let big = Nifti { big: true, slope: 2.0, intercept: -1.0, ..oblique.clone() };
    let two = Nifti { version: 2, vox_offset: 544.0, ..oblique.clone() };
    let float = Nifti { datatype: 16, bitpix: 32, ..plain.clone() };
    let frames = Nifti { dim: [4, 4, 3, 1, 2, 1, 1, 1], ..plain.clone() };
    let label = Nifti { datatype: 2, bitpix: 8, ..plain.clone() };
    let pair = Nifti { pair: true, vox_offset: 0.0, ..oblique.clone() };
    let floats: Vec<u8> = (0..24).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let whole = [
        plain.with(&bytes),
        oblique.with(&bytes),
        turned.with(&bytes),
        big.with(&bytes),
        two.with(&bytes),
        float.with(&floats),
        frames.with(&bytes),
        label.with(&[1; 24]),
    ];
    let mut seeds: Vec<Vec<u8>> = whole.iter().map(|file| chosen(0, file)).collect();
    seeds.push(chosen(1, gzip(&whole[1])));
    seeds.push(chosen(2, &whole[4]));
    seeds.push(chosen(3, pair.header()));
    seeds
}

fn nrrds() -> Vec<Vec<u8>> {
    let bytes = ramp(24);
    let encoded = |encoding, data: &[u8]| {
        let header = nrrd(&[("encoding", Some(encoding))]);
        chosen(0, [header.as_bytes(), data].concat())
    };
    let text: String = (0..24).map(|i| format!("{i} ")).collect();
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let vector = [
        ("dimension", Some("4")),
        ("sizes", Some("2 2 3 2")),
        ("kinds", Some("vector domain domain domain")),
    ];
    let plain = [
        ("space directions", None),
        ("space origin", None),
        ("space", None),
        ("spacings", Some("nan 1 1 1")),
    ];
    let skip = [("line skip", Some("1")), ("byte skip", Some("2"))];
    let detached = |line: &str| chosen(1, nrrd(&[]).trim_end().to_owned() + "\n" + line + "\n");
    vec![
        encoded("raw", &bytes),
        encoded("gzip", &gzip(&bytes)),
        encoded("ascii", text.trim().as_bytes()),
        encoded("hex", hex.as_bytes()),
        chosen(0, [nrrd(&[&vector[..], &plain[..]].concat()).as_bytes(), &bytes].concat()),
        chosen(0, [nrrd(&skip).as_bytes(), b"a line\n..", &bytes].concat()),
        chosen(
            0,
            [nrrd(&[("endian", Some("big")), ("type", Some("uint8"))]).as_bytes(), &bytes[..24]].concat(),
        ),
        detached("data file: LIST\nb.raw\nc.raw"),
        detached("data file: a.raw"),
        detached("data file: %d.raw 1 1 1"),
        chosen(1, nrrd(&[("encoding", Some("gzip"))]).trim_end().to_owned() + "\ndata file: a.raw.gz\n"),
    ]
}

fn metaimages() -> Vec<Vec<u8>> {
    let bytes = ramp(24);
    let packed = zlib(&bytes);
    let size = packed.len().to_string();
    let compressed = [("CompressedData", Some("True")), ("CompressedDataSize", Some(size.as_str()))];
    let text: String = (0..24).map(|i| format!("{i} ")).collect();
    let local = |changes, data: &[u8]| chosen(0, [metaimage(changes, "LOCAL").as_bytes(), data].concat());
    let msb = [
        ("BinaryDataByteOrderMSB", Some("True")),
        ("ElementType", Some("MET_FLOAT")),
        ("DimSize", Some("4 3 1")),
    ];
    let flat = [
        ("NDims", Some("2")),
        ("DimSize", Some("4 3")),
        ("ElementSpacing", Some("1 2")),
        ("TransformMatrix", Some("1 0 0 1")),
        ("Offset", Some("0 0")),
        ("CenterOfRotation", Some("0 0")),
    ];
    vec![
        local(&[], &bytes),
        local(&compressed, &packed),
        local(&[("BinaryData", Some("False"))], text.as_bytes()),
        local(&msb, &bytes),
        local(&flat, &bytes),
        local(&[("ElementNumberOfChannels", Some("2")), ("DimSize", Some("2 3 2"))], &bytes),
        local(&[("HeaderSize", Some("-1"))], &bytes),
        chosen(1, metaimage(&[], "a.raw")),
        chosen(1, metaimage(&[], "%d.raw 1 1 1")),
        chosen(1, metaimage(&[], "LIST") + "b.raw\nc.raw\n"),
    ]
}

const PIXELS: u32 = 0x7FE0_0010;

fn dicoms() -> Vec<Vec<u8>> {
    let (voxels, grid) = small_ct();
    let slice = ct_slices(&voxels, &grid, 3).remove(0);
    let (implicit, explicit) = (slice.encode(Encoding::Implicit), slice.encode(Encoding::Explicit));
    let inner = DataSet::new().text(0x0008_0100, "SH", "113014");
    let nested = slice
        .clone()
        .items(0x0008_1140, vec![inner.clone(), DataSet::new()])
        .open_items(0x0008_2112, vec![inner.clone(), inner]);
    let rle = slice.clone().fragments(PIXELS, vec![rle(&voxels)]);
    let mut seeds = vec![
        file_of(IMPLICIT, &implicit),
        file_of(EXPLICIT, &explicit),
        file_of(BIG_ENDIAN, &slice.encode(Encoding::BigEndian)),
        file_of("1.2.840.10008.1.2.1.99", &deflated(&explicit)),
        implicit,
        nested.file(EXPLICIT, Encoding::Explicit),
        rle.file("1.2.840.10008.1.2.5", Encoding::Explicit),
        multi_frame().file(EXPLICIT, Encoding::Explicit),
        pet(&slice).file(EXPLICIT, Encoding::Explicit),
    ];
    for (syntax, stream, bits) in [
        ("1.2.840.10008.1.2.4.57", streams::LOSSLESS_8_7, 8),
        ("1.2.840.10008.1.2.4.70", streams::LOSSLESS_12_1, 12),
        ("1.2.840.10008.1.2.4.57", streams::LOSSLESS_16_7, 16),
        ("1.2.840.10008.1.2.4.50", streams::SEQUENTIAL_8, 8),
        ("1.2.840.10008.1.2.4.51", streams::SEQUENTIAL_12, 12),
        ("1.2.840.10008.1.2.4.80", streams::JPEG_LS_12, 12),
        ("1.2.840.10008.1.2.4.81", streams::JPEG_LS_NEAR_12, 12),
        ("1.2.840.10008.1.2.4.90", streams::JPEG_2000_12, 12),
    ] {
        let packed = slice
            .clone()
            .u16s(0x0028_0010, "US", &[7])
            .u16s(0x0028_0011, "US", &[11])
            .u16s(0x0028_0100, "US", &[if bits == 8 { 8 } else { 16 }])
            .u16s(0x0028_0101, "US", &[bits])
            .u16s(0x0028_0102, "US", &[bits - 1])
            .u16s(0x0028_0103, "US", &[0])
            .fragments(PIXELS, vec![stream.to_vec()]);
        seeds.push(packed.file(syntax, Encoding::Explicit));
    }
    seeds
}

/// An enhanced CT of two frames.
fn multi_frame() -> DataSet {
    let (voxels, grid) = small_ct();
    let slice = ct_slices(&voxels, &grid, 3).remove(0);
    let d = grid.direction();
    let cosines: Vec<f64> = [0, 1].iter().flat_map(|&c| [d[0][c], d[1][c], d[2][c]]).collect();
    let place = |z: usize| {
        let position = DataSet::new().decimals(0x0020_0032, &grid.point([0.0, 0.0, z as f64]));
        DataSet::new().items(0x0020_9113, vec![position])
    };
    let measures = DataSet::new().decimals(0x0018_0050, &[2.5]).decimals(0x0028_0030, &[0.5, 0.75]);
    let scale = DataSet::new().decimals(0x0028_1052, &[-10.0]).decimals(0x0028_1053, &[2.0]);
    let shared = DataSet::new()
        .items(0x0020_9116, vec![DataSet::new().decimals(0x0020_0037, &cosines)])
        .items(0x0028_9110, vec![measures])
        .items(0x0028_9145, vec![scale]);
    let stored: Vec<u16> = voxels.iter().take(40).map(|v| *v as u16).collect();
    slice
        .text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2.1")
        .without(0x0020_0032)
        .without(0x0020_0037)
        .without(0x0028_0030)
        .text(0x0028_0008, "IS", "2")
        .items(0x5200_9229, vec![shared])
        .items(0x5200_9230, vec![place(0), place(1)])
        .u16s(PIXELS, "OW", &stored)
}

/// A PET slice with what standardised uptake values need.
fn pet(slice: &DataSet) -> DataSet {
    let dose = DataSet::new()
        .text(0x0018_1072, "TM", "100000")
        .decimals(0x0018_1074, &[3.5e8])
        .decimals(0x0018_1075, &[6586.2]);
    slice
        .clone()
        .text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.128")
        .text(0x0008_0060, "CS", "PT")
        .text(0x0008_0031, "TM", "110000")
        .text(0x0008_0021, "DA", "20200101")
        .decimals(0x0010_1030, &[70.0])
        .text(0x0028_0051, "CS", "DECY\\ATTN")
        .text(0x0054_1001, "CS", "BQML")
        .text(0x0054_1102, "CS", "START")
        .items(0x0054_0016, vec![dose])
}

/// The first slice in two literal segments, high bytes first.
fn rle(voxels: &ndarray::Array3<i16>) -> Vec<u8> {
    let slice: Vec<[u8; 2]> =
        voxels.index_axis(ndarray::Axis(0), 0).iter().map(|v| v.to_be_bytes()).collect();
    let segment = |byte: usize| -> Vec<u8> {
        [&[slice.len() as u8 - 1][..], &slice.iter().map(|v| v[byte]).collect::<Vec<u8>>()].concat()
    };
    let (high, low) = (segment(0), segment(1));
    let mut header = [0_u32; 16];
    header[..3].copy_from_slice(&[2, 64, 64 + high.len() as u32]);
    let header: Vec<u8> = header.iter().flat_map(|v| v.to_le_bytes()).collect();
    [header, high, low].concat()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// One segmentation of one bit and one of fractions, with two segments and frames out of order.
fn segmentations() -> Vec<Vec<u8>> {
    let (_, grid) = small_ct();
    let d = grid.direction();
    let cosines: Vec<f64> = [0, 1].iter().flat_map(|&c| [d[0][c], d[1][c], d[2][c]]).collect();
    let frames = [(1_u16, 2_usize), (1, 0), (2, 1)];
    let groups = frames.iter().map(|(segment, z)| {
        let place = DataSet::new().decimals(0x0020_0032, &grid.point([0.0, 0.0, *z as f64]));
        let segment = DataSet::new().u16s(0x0062_000B, "US", &[*segment]);
        DataSet::new().items(0x0020_9113, vec![place]).items(0x0062_000A, vec![segment])
    });
    let groups: Vec<DataSet> = groups.collect();
    let measures = DataSet::new()
        .decimals(0x0018_0050, &[grid.spacing()[2]])
        .decimals(0x0028_0030, &[grid.spacing()[1], grid.spacing()[0]]);
    let shared = DataSet::new()
        .items(0x0020_9116, vec![DataSet::new().decimals(0x0020_0037, &cosines)])
        .items(0x0028_9110, vec![measures]);
    let segment = |number: u16, label: &str| {
        DataSet::new().u16s(0x0062_0004, "US", &[number]).text(0x0062_0005, "LO", label)
    };
    let all: Vec<u8> = (0..60).map(|i| u8::from(i % 3 == 0)).collect();
    let packed = all.chunks(8).map(|eight| eight.iter().enumerate().fold(0, |b, (i, p)| b | (p << i)));
    let fractions = all.iter().map(|p| p * 190).collect();
    let sets = [("BINARY", 1, packed.collect()), ("FRACTIONAL", 8, fractions)].map(|(kind, bits, pixels)| {
        DataSet::new()
            .text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.66.4")
            .text(0x0008_0060, "CS", "SEG")
            .u16s(0x0028_0002, "US", &[1])
            .text(0x0028_0008, "IS", "3")
            .u16s(0x0028_0010, "US", &[4])
            .u16s(0x0028_0011, "US", &[5])
            .u16s(0x0028_0100, "US", &[bits])
            .u16s(0x0028_0101, "US", &[bits])
            .u16s(0x0028_0102, "US", &[bits - 1])
            .u16s(0x0028_0103, "US", &[0])
            .text(0x0062_0001, "CS", kind)
            .items(0x0062_0002, vec![segment(1, "liver"), segment(2, "lesion")])
            .u16s(0x0062_000E, "US", &[200])
            .items(0x5200_9229, vec![shared.clone()])
            .items(0x5200_9230, groups.clone())
            .bytes(PIXELS, "OB", pixels)
    });
    let [binary, fractional] = &sets;
    vec![
        binary.file(EXPLICIT, Encoding::Explicit),
        binary.file(BIG_ENDIAN, Encoding::BigEndian),
        fractional.file(EXPLICIT, Encoding::Explicit),
        fractional.encode(Encoding::Implicit),
    ]
}

/// A region with a hole, a point, and an open contour.
fn structures() -> Vec<Vec<u8>> {
    let (_, grid) = small_ct();
    let corners = |low: f64, high: f64, z: f64| {
        [[low, low], [high, low], [high, high], [low, high]].map(|[x, y]| grid.point([x, y, z])).concat()
    };
    let contour = |kind: &str, points: &[f64]| {
        DataSet::new()
            .text(0x3006_0042, "CS", kind)
            .text(0x3006_0046, "IS", &(points.len() / 3).to_string())
            .decimals(0x3006_0050, points)
    };
    let closed = "CLOSED_PLANAR";
    let first = vec![
        contour(closed, &corners(-0.5, 3.5, 0.0)),
        contour(closed, &corners(0.6, 2.4, 0.0)),
        contour(closed, &corners(0.1, 2.9, 2.0)),
    ];
    let second =
        vec![contour("POINT", &grid.point([1.0; 3])), contour("OPEN_PLANAR", &corners(0.0, 2.0, 1.0))];
    let region = |number: &str, name: &str| {
        DataSet::new().text(0x3006_0022, "IS", number).text(0x3006_0026, "LO", name)
    };
    let drawn = |number: &str, contours: Vec<DataSet>| {
        DataSet::new().items(0x3006_0040, contours).text(0x3006_0084, "IS", number)
    };
    let set = DataSet::new()
        .text(0x0008_0005, "CS", "ISO_IR 192")
        .text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.481.3")
        .text(0x0008_0060, "CS", "RTSTRUCT")
        .items(0x3006_0020, vec![region("1", "GTV-1"), region("2", "isocentre")])
        .open_items(0x3006_0039, vec![drawn("1", first), drawn("2", second)]);
    vec![
        set.file(EXPLICIT, Encoding::Explicit),
        set.file(IMPLICIT, Encoding::Implicit),
        set.encode(Encoding::Implicit),
    ]
}

fn cohorts() -> Vec<Vec<u8>> {
    [
        "Image,Mask,Label,ROI,age\na.nii,b.nii,all,GTV,63\n\"c,d.nii\",e.nii,2.0,,\n",
        "\u{feff}image;mask;note\r\na;b;\"x\r\ny\"\r\n;;\r\n",
        "ID\tImage\tMask\t\n1\ta\tb\t\n",
        "\n\nImage,Mask\n\"a\"\"b\",c\n,\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

fn params() -> Vec<Vec<u8>> {
    let yaml = "setting:\n  binWidth: 10\n  resampledPixelSpacing: [1, 1, 2.5]\n  interpolator: sitkBSpline\n  \
                label: 2\n  weightingNorm: euclidean\n  resegmentRange: [-3, 3]\n  resegmentMode: sigma\n\
                imageType:\n  Original: {}\n  LoG: {sigma: [1.0, 3.0]}\n  Wavelet: {binWidth: 5, wavelet: coif1}\n\
                featureClass:\n  shape:\n  firstorder: [Mean, Energy]\n  glcm: []\n";
    let alias = "base: &a {binWidth: 3}\nsetting: *a\n";
    let json = r#"{"setting": {"binCount": 32, "force2D": true}, "featureClass": {"ngtdm": ["Busyness"]}}"#;
    let toml = "[setting]\nbinWidth = 50\ndistances = [1, 2]\n[imageType.LBP3D]\nlbp3DLevels = 2\n[featureClass]\nglszm = []\n";
    let defaults = Params::default().to_json().to_string();
    vec![
        chosen(0, yaml),
        chosen(0, alias),
        chosen(0, &defaults),
        chosen(1, json),
        chosen(1, &defaults),
        chosen(2, toml),
    ]
}

//! One slice, written in every way, reads the same.

use std::io::Write;

use flate2::{Compression, write::DeflateEncoder};
use radiomics_imaging::{
    SampleType, Voxels,
    io::dicom::{self, DicomError, SeriesOptions},
};
use radiomics_phantoms::dicom::{BIG_ENDIAN, DataSet, EXPLICIT, Encoding, IMPLICIT, file_of};

use crate::{Folder, expect_scan, slices, streams, values};

const PIXELS: u32 = 0x7FE0_0010;

fn read_file(bytes: &[u8]) -> Result<dicom::DicomImage, DicomError> {
    let folder = Folder::new();
    dicom::read(&folder.add("slice", bytes), &SeriesOptions::default())
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn plain_encodings_with_and_without_preamble_and_meta_information() {
    let slice = slices(1).remove(0);
    let (implicit, explicit) = (slice.encode(Encoding::Implicit), slice.encode(Encoding::Explicit));
    let big = slice.encode(Encoding::BigEndian);
    let with_meta = slice.file(EXPLICIT, Encoding::Explicit);
    let files: [(&str, Vec<u8>); 10] = [
        ("implicit", file_of(IMPLICIT, &implicit)),
        ("explicit", with_meta.clone()),
        ("big endian", file_of(BIG_ENDIAN, &big)),
        ("deflated", file_of("1.2.840.10008.1.2.1.99", &deflated(&explicit))),
        ("no preamble", with_meta[132..].to_vec()),
        ("implicit alone", implicit.clone()),
        ("explicit alone", explicit.clone()),
        ("big endian alone", big.clone()),
        ("explicit that says implicit", file_of(IMPLICIT, &explicit)),
        ("implicit that says explicit", file_of(EXPLICIT, &implicit)),
    ];
    for (name, bytes) in files {
        let read = read_file(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        expect_scan(&read, 1);
    }
}

#[test]
fn sequences_of_any_length_and_kind_are_passed_over() {
    let inner = DataSet::new()
        .text(0x0008_0100, "SH", "113014")
        .open_items(0x0040_A730, vec![DataSet::new().u16s(0x0028_0010, "US", &[9]), DataSet::new()]);
    let slice = slices(1).remove(0);
    let nested = slice
        .clone()
        .items(0x0008_1140, vec![inner.clone(), DataSet::new()])
        .open_items(0x0008_2112, vec![inner.clone(), inner.clone()])
        // An icon with pixels of its own, encapsulated.
        .open_items(0x0088_0200, vec![inner.clone().fragments(PIXELS, vec![vec![1, 2, 3]])]);
    for encoding in [Encoding::Implicit, Encoding::Explicit, Encoding::BigEndian] {
        let syntax = match encoding {
            Encoding::Implicit => IMPLICIT,
            Encoding::Explicit => EXPLICIT,
            Encoding::BigEndian => BIG_ENDIAN,
        };
        expect_scan(&read_file(&nested.file(syntax, encoding)).unwrap(), 1);
    }
    // A sequence of unknown type is implicit inside an explicit file.
    let mut unknown = slice.clone().without(PIXELS).encode(Encoding::Explicit);
    unknown.extend([0x77, 0x77, 0x10, 0x10, b'U', b'N', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
    unknown.extend([0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]);
    unknown.extend(inner.encode(Encoding::Implicit));
    unknown.extend([0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0]);
    unknown.extend(pixels_only(&slice).encode(Encoding::Explicit));
    expect_scan(&read_file(&file_of(EXPLICIT, &unknown)).unwrap(), 1);
}

fn pixels_only(slice: &DataSet) -> DataSet {
    (0x0008..0x0029).fold(slice.clone(), |set, group| {
        (0..=0xFFFF).fold(set, |set, element| set.without(group << 16 | element))
    })
}

#[test]
fn run_lengths_and_fragments() {
    let slice = slices(1).remove(0);
    let stored: Vec<u8> = {
        let (voxels, _) = crate::scan(1);
        voxels.iter().flat_map(|v| v.to_le_bytes()).collect()
    };
    let encoded = |syntax: &str, fragments: Vec<Vec<u8>>| {
        read_file(&slice.clone().fragments(PIXELS, fragments).file(syntax, Encoding::Explicit))
    };
    // Two segments, high bytes first; literal runs, with a no-operation byte between them.
    let segment = |offset: usize| {
        let bytes: Vec<u8> = stored.iter().skip(offset).step_by(2).copied().collect();
        let mut packed = vec![(bytes.len() - 1) as u8];
        packed.extend(bytes);
        packed.push(0x80);
        packed
    };
    let (high, low) = (segment(1), segment(0));
    let mut rle: Vec<u8> = [2_u32, 64, 64 + high.len() as u32].iter().flat_map(|w| w.to_le_bytes()).collect();
    rle.resize(64, 0);
    rle.extend(high);
    rle.extend(low);
    expect_scan(&encoded("1.2.840.10008.1.2.5", vec![rle.clone()]).unwrap(), 1);
    let cut = encoded("1.2.840.10008.1.2.5", vec![rle[..rle.len() - 9].to_vec()]).unwrap_err().to_string();
    assert!(cut.contains("RLE") && cut.contains("segment 2"), "{cut}");
    // Plain and deflated frames in fragments, one frame in several.
    let halves = stored.chunks(20).map(<[u8]>::to_vec).collect();
    expect_scan(&encoded("1.2.840.10008.1.2.1.98", halves).unwrap(), 1);
    expect_scan(&encoded("1.2.840.10008.1.2.8.1", vec![deflated(&stored)]).unwrap(), 1);
}

#[test]
fn repeated_bytes_in_run_lengths() {
    let slice = slices(1)
        .remove(0)
        .u16s(0x0028_0100, "US", &[8])
        .u16s(0x0028_0101, "US", &[8])
        .u16s(0x0028_0102, "US", &[7])
        .u16s(0x0028_0103, "US", &[0]);
    let mut rle: Vec<u8> = [1_u32, 64].iter().flat_map(|w| w.to_le_bytes()).collect();
    rle.resize(64, 0);
    rle.extend([0xF3, 7, 5, 1, 2, 3, 4, 5, 6]); // 14 × 7, then 1 to 6
    let file = slice.fragments(PIXELS, vec![rle]).file("1.2.840.10008.1.2.5", Encoding::Explicit);
    let read = read_file(&file).unwrap();
    assert_eq!(read.image.sample_type(), SampleType::U8);
    let expected: Vec<f64> = [7.0; 14].into_iter().chain((1..=6).map(f64::from)).collect();
    assert_eq!(values(&read), expected);
}

/// A slice of 11 × 7 pixels around a compressed frame.
fn compressed(syntax: &str, stream: &[u8], bits: u16, signed: bool) -> Vec<u8> {
    let allocated = if bits > 8 { 16 } else { 8 };
    slices(1)
        .remove(0)
        .u16s(0x0028_0010, "US", &[7])
        .u16s(0x0028_0011, "US", &[11])
        .u16s(0x0028_0100, "US", &[allocated])
        .u16s(0x0028_0101, "US", &[bits])
        .u16s(0x0028_0102, "US", &[bits - 1])
        .u16s(0x0028_0103, "US", &[u16::from(signed)])
        .fragments(PIXELS, vec![stream.to_vec()])
        .file(syntax, Encoding::Explicit)
}

#[test]
fn compressed_frames_of_other_makers() {
    use streams as s;
    let lossless = "1.2.840.10008.1.2.4.57";
    let cases: [(&str, &[u8], u16, Vec<u16>); 12] = [
        (lossless, s::LOSSLESS_8_7, 8, s::pixels(8)),
        ("1.2.840.10008.1.2.4.70", s::LOSSLESS_12_1, 12, s::pixels(12)),
        (lossless, s::LOSSLESS_12_7, 12, s::pixels(12)),
        ("1.2.840.10008.1.2.4.70", s::LOSSLESS_16_1, 16, s::pixels(16)),
        (lossless, s::LOSSLESS_16_7, 16, s::pixels(16)),
        ("1.2.840.10008.1.2.4.50", s::SEQUENTIAL_8, 8, s::SEQUENTIAL_8_VALUES.to_vec()),
        ("1.2.840.10008.1.2.4.51", s::SEQUENTIAL_12, 12, s::SEQUENTIAL_12_VALUES.to_vec()),
        ("1.2.840.10008.1.2.4.80", s::JPEG_LS_12, 12, s::pixels(12)),
        ("1.2.840.10008.1.2.4.80", s::JPEG_LS_16, 16, s::pixels(16)),
        ("1.2.840.10008.1.2.4.81", s::JPEG_LS_NEAR_12, 12, s::JPEG_LS_NEAR_12_VALUES.to_vec()),
        ("1.2.840.10008.1.2.4.90", s::JPEG_2000_12, 12, s::pixels(12)),
        ("1.2.840.10008.1.2.4.91", s::JPEG_2000_SIGNED_16, 16, s::pixels(16)),
    ];
    for (i, (syntax, stream, bits, expected)) in cases.into_iter().enumerate() {
        for signed in [false, true] {
            if !signed && i == 11 {
                continue;
            }
            let read =
                read_file(&compressed(syntax, stream, bits, signed)).unwrap_or_else(|e| panic!("{i}: {e}"));
            let sign = |v: u16| {
                if signed && v >= 1 << (bits - 1) { f64::from(v) - f64::from(bits).exp2() } else { v.into() }
            };
            let expected: Vec<f64> = expected.iter().map(|&v| sign(v)).collect();
            assert_eq!(values(&read), expected, "case {i}, signed {signed}");
        }
    }
}

#[test]
fn what_cannot_be_decoded_is_named() {
    let message = |syntax| read_file(&compressed(syntax, &[0; 64], 8, false)).unwrap_err().to_string();
    let xl = message("1.2.840.10008.1.2.4.110");
    assert!(xl.contains("JPEG XL Lossless") && xl.contains("1.2.840.10008.1.2.4.110"), "{xl}");
    let high = message("1.2.840.10008.1.2.4.201");
    assert!(high.contains("High-Throughput") && high.contains("dcmconv"), "{high}");
    assert!(message("1.2.3.4").contains("unknown (1.2.3.4)"));
    // A frame of another size than the header says is refused before it is decoded.
    let wide = compressed("1.2.840.10008.1.2.4.80", streams::JPEG_LS_12, 12, false);
    let folder = Folder::new();
    let path = folder.add("slice", &wide);
    assert!(dicom::read(&path, &SeriesOptions::default()).is_ok());
    let slice = slices(1).remove(0).fragments(PIXELS, vec![streams::JPEG_LS_12.to_vec()]);
    let error = read_file(&slice.file("1.2.840.10008.1.2.4.80", Encoding::Explicit)).unwrap_err().to_string();
    assert!(error.contains("11 x 7") && error.contains("5 x 4"), "{error}");
    let colour = slices(1).remove(0).u16s(0x0028_0002, "US", &[3]);
    let error = read_file(&colour.file(EXPLICIT, Encoding::Explicit)).unwrap_err().to_string();
    assert!(error.contains("Samples per Pixel"), "{error}");
}

#[test]
fn value_types_follow_slope_intercept_and_bits() {
    let read = |slope: f64, intercept: f64, stored: u16, signed: u16| {
        let slice = slices(1)
            .remove(0)
            .u16s(0x0028_0101, "US", &[stored])
            .u16s(0x0028_0102, "US", &[stored - 1])
            .u16s(0x0028_0103, "US", &[signed])
            .decimals(0x0028_1052, &[intercept])
            .decimals(0x0028_1053, &[slope])
            .u16s(PIXELS, "OW", &(0..20).map(|v| v * 200).collect::<Vec<u16>>());
        let read = read_file(&slice.file(EXPLICIT, Encoding::Explicit)).unwrap();
        (read.image.sample_type(), values(&read)[3])
    };
    assert_eq!(read(1.0, 0.0, 12, 0), (SampleType::U16, 600.0)); // as stored
    assert_eq!(read(1.0, 0.0, 16, 1), (SampleType::I16, 600.0));
    assert_eq!(read(1.0, -1024.0, 12, 0), (SampleType::I16, -424.0));
    assert_eq!(read(1.0, -1024.0, 16, 0), (SampleType::I16, -424.0)); // the values fit, the range would not
    assert_eq!(read(100.0, 0.0, 16, 0), (SampleType::U32, 60000.0));
    assert_eq!(read(-100.0, 0.0, 16, 0), (SampleType::I32, -60000.0));
    assert_eq!(read(0.5, 0.25, 12, 0), (SampleType::F64, 300.25));
}

#[test]
fn unused_bits_are_cut_off_and_the_sign_is_extended() {
    // 12 bits in the middle of 16, overlays above and below.
    let word = |v: u16| (v & 0xFFF) << 2 | 0x8003;
    let pixels: Vec<u16> = (0..20).map(|v| word(v * 300)).collect();
    let slice = slices(1)
        .remove(0)
        .u16s(0x0028_0101, "US", &[12])
        .u16s(0x0028_0102, "US", &[13])
        .u16s(PIXELS, "OW", &pixels);
    for (signed, expected) in [(0, 2100.0), (1, 2100.0 - 4096.0)] {
        let file = slice.clone().u16s(0x0028_0103, "US", &[signed]).file(EXPLICIT, Encoding::Explicit);
        assert_eq!(values(&read_file(&file).unwrap())[7], expected);
    }
}

#[test]
fn floating_point_pixels_stay_as_they_are() {
    let stored: Vec<f32> = (0..20).map(|v| v as f32 * 0.1).collect();
    let slice = slices(1).remove(0).without(PIXELS).f32s(0x7FE0_0008, "OF", &stored);
    for (syntax, encoding) in [(EXPLICIT, Encoding::Explicit), (BIG_ENDIAN, Encoding::BigEndian)] {
        let read = read_file(&slice.file(syntax, encoding)).unwrap();
        let Voxels::F32(array) = read.image.voxels() else { panic!("{}", read.image.sample_type()) };
        assert!(array.iter().eq(&stored));
    }
}

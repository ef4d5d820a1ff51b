//! Files that lie about their size, nest without end, or are damaged at random: errors, little memory, no
//! panic.

use radiomics_imaging::io::dicom::{self, DicomError, Limits, SeriesOptions};
use radiomics_phantoms::dicom::{DataSet, EXPLICIT, Encoding, IMPLICIT, file_of};

use crate::{Folder, Random, slices, streams};

fn read(bytes: &[u8]) -> Result<dicom::DicomImage, DicomError> {
    let folder = Folder::new();
    dicom::read(&folder.add("file", bytes), &SeriesOptions::default())
}

#[test]
fn a_length_beyond_the_file_is_refused() {
    let header = slices(1).remove(0).without(0x7FE0_0010);
    for (encoding, syntax) in [(Encoding::Explicit, EXPLICIT), (Encoding::Implicit, IMPLICIT)] {
        let mut bytes = header.file(syntax, encoding);
        bytes.extend([0xE0, 0x7F, 0x10, 0x00]);
        if encoding == Encoding::Explicit {
            bytes.extend([b'O', b'W', 0, 0]);
        }
        bytes.extend(0xF000_0000_u32.to_le_bytes());
        bytes.extend([0; 40]);
        let error = read(&bytes).unwrap_err();
        assert!(
            matches!(error.cause(), DicomError::Length { declared: 0xF000_0000, left: 40, .. }),
            "{error}"
        );
    }
}

#[test]
fn large_claims_of_small_files_are_refused() {
    // 65535 × 65535 pixels, 30000 frames, in a fragment of 64 bytes.
    let slice = slices(1)
        .remove(0)
        .u16s(0x0028_0010, "US", &[65535])
        .u16s(0x0028_0011, "US", &[65535])
        .fragments(0x7FE0_0010, vec![vec![0; 64]]);
    let error = read(&slice.file("1.2.840.10008.1.2.4.90", Encoding::Explicit)).unwrap_err();
    assert!(matches!(error.cause(), DicomError::Limit { .. }), "{error}");
    let plain = slices(1).remove(0).u16s(0x0028_0010, "US", &[65535]);
    let error = read(&plain.file(EXPLICIT, Encoding::Explicit)).unwrap_err();
    assert!(error.to_string().contains("Pixel Data"), "{error}");
    let frames = slices(1).remove(0).text(0x0028_0008, "IS", "99999999");
    assert!(read(&frames.file(EXPLICIT, Encoding::Explicit)).is_err());
    let limits = Limits { voxel_bytes: 39, ..Limits::default() };
    let folder = Folder::of(&slices(1));
    let error = folder.read_with(&SeriesOptions { limits, ..SeriesOptions::default() }).unwrap_err();
    assert!(error.to_string().contains("limit of 39"), "{error}");
}

#[test]
fn endless_nesting_is_refused() {
    let item = [0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF];
    let open = [0x08, 0x00, 0x40, 0x11, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    let mut bytes =
        DataSet::new().text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2").encode(Encoding::Explicit);
    for _ in 0..100_000 {
        bytes.extend(open);
        bytes.extend(item);
    }
    let error = read(&file_of(EXPLICIT, &bytes)).unwrap_err();
    assert!(error.to_string().contains("nesting depth"), "{error}");
}

#[test]
fn a_deflate_bomb_stays_small() {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    let head = DataSet::new().text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2").encode(Encoding::Explicit);
    encoder.write_all(&head).unwrap();
    // An element of 2 GB that deflates well, of which only the first 64 MB are there.
    encoder.write_all(&[0x09, 0x00, 0x10, 0x10, b'O', b'B', 0, 0]).unwrap();
    encoder.write_all(&0x7FFF_FFFE_u32.to_le_bytes()).unwrap();
    for _ in 0..64 {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bytes = file_of("1.2.840.10008.1.2.1.99", &encoder.finish().unwrap());
    assert!(read(&bytes).is_err());
    let folder = Folder::new();
    let limits = Limits { file_bytes: 1 << 20, ..Limits::default() };
    let options = SeriesOptions { limits, ..SeriesOptions::default() };
    assert!(dicom::read(&folder.add("file", &bytes), &options).is_err());
}

#[test]
fn mutated_files_never_panic() {
    let slice = slices(1).remove(0);
    let nested = slice.clone().open_items(
        0x0008_2112,
        vec![DataSet::new().items(0x0008_1199, vec![DataSet::new().u16s(0x0028_0010, "US", &[1])])],
    );
    let stream = |syntax: &str, bytes: &[u8]| {
        slice
            .clone()
            .u16s(0x0028_0010, "US", &[7])
            .u16s(0x0028_0011, "US", &[11])
            .fragments(0x7FE0_0010, vec![bytes.to_vec()])
            .file(syntax, Encoding::Explicit)
    };
    let seeds = [
        nested.file(EXPLICIT, Encoding::Explicit),
        nested.encode(Encoding::Implicit),
        nested.encode(Encoding::BigEndian),
        stream("1.2.840.10008.1.2.4.57", streams::LOSSLESS_16_7),
        stream("1.2.840.10008.1.2.4.51", streams::SEQUENTIAL_12),
        stream("1.2.840.10008.1.2.4.80", streams::JPEG_LS_16),
        stream("1.2.840.10008.1.2.4.81", streams::JPEG_LS_NEAR_12),
        stream("1.2.840.10008.1.2.4.90", streams::JPEG_2000_SIGNED_16),
        stream("1.2.840.10008.1.2.5", &[2, 0, 0, 0, 64, 0, 0, 0, 70, 0, 0, 0]),
    ];
    let folder = Folder::new();
    let mut random = Random(2026);
    let mut good = 0;
    for round in 0..std::env::var("ROUNDS").map_or(4000, |r| r.parse().unwrap()) {
        let mut bytes = seeds[round % seeds.len()].clone();
        let start = if bytes.get(128..132) == Some(b"DICM") && random.below(4) > 0 { 132 } else { 0 };
        for _ in 0..=random.below(6) {
            let at = start + random.below(bytes.len() - start);
            bytes[at] = match random.below(4) {
                0 => 0xFF,
                1 => 0,
                2 => bytes[at] ^ (1 << random.below(8)),
                _ => random.next() as u8,
            };
        }
        if random.below(8) == 0 {
            bytes.truncate(random.below(bytes.len()));
        }
        let path = folder.add("file", &bytes);
        good += usize::from(dicom::read(&path, &SeriesOptions::default()).is_ok());
        let _ = dicom::list(&path, &SeriesOptions::default());
        std::fs::remove_file(path).unwrap(); // truncating a file in place waits for the disk
    }
    assert!(good > 400, "{good} files still read");
}

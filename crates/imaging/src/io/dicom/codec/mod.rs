//! Compressed frames → samples of one width, little endian.
mod fragments; // encapsulated pixel data → frames
mod jpeg; // sequential and lossless, by `jpeg-decoder`
mod jpeg2000; // by `hayro-jpeg2000`
mod jpeg_ls; // own decoder, ITU-T T.87
mod rle; // own decoder, PS3.5 annex G

use std::io::Read;

use flate2::read::DeflateDecoder;

pub(super) use fragments::frames;

use super::{error::DicomError, instance::Bits, syntax::Codec};

/// Samples of one frame.
#[derive(Debug)]
pub(super) struct Samples {
    /// Little endian, `width` bytes each.
    pub(super) bytes: Vec<u8>,
    pub(super) width: usize,
    /// Bits that the compressed data says are used.
    pub(super) precision: u32,
    /// The compressed data holds signed numbers, stored in two's complement over `width`.
    pub(super) signed: bool,
}

/// What the header says a frame is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) bits: Bits,
}

impl Expected {
    fn pixels(&self) -> usize {
        self.rows * self.columns
    }

    /// Checks the size that compressed data claims, before anything is allocated for it.
    fn check(&self, columns: usize, rows: usize, components: usize) -> Result<(), String> {
        if (columns, rows, components) == (self.columns, self.rows, 1) {
            return Ok(());
        }
        Err(format!(
            "it holds {columns} x {rows} pixels of {components} components, the header says {} x {} of 1",
            self.columns, self.rows
        ))
    }
}

/// Decodes frame number `frame` (from 0).
pub(super) fn decode(
    codec: Codec,
    data: &[u8],
    expected: &Expected,
    frame: usize,
) -> Result<Samples, DicomError> {
    let samples = match codec {
        Codec::Native | Codec::Fragments => plain(data.to_vec(), expected),
        Codec::DeflatedFrames => inflate(data, expected.pixels() as u64 * u64::from(expected.bits.allocated))
            .and_then(|bytes| plain(bytes, expected)),
        Codec::Rle => rle::decode(data, expected).and_then(|bytes| plain(bytes, expected)),
        Codec::Jpeg => jpeg::decode(data, expected),
        Codec::JpegLs => jpeg_ls::decode(data, expected),
        Codec::Jpeg2000 => jpeg2000::decode(data, expected),
    };
    samples.map_err(|reason| DicomError::Codec { codec: codec.name(), frame: frame + 1, reason })
}

fn plain(bytes: Vec<u8>, expected: &Expected) -> Result<Samples, String> {
    let width = expected.bits.allocated as usize / 8;
    let needed = expected.pixels() * width;
    if width == 0 || bytes.len() < needed {
        return Err(format!("{} bytes where {needed} are expected", bytes.len()));
    }
    Ok(Samples { bytes, width, precision: expected.bits.allocated, signed: false })
}

/// Inflates a frame of pixels of one bit.
pub(super) fn inflate_bits(data: &[u8], pixels: usize, frame: usize) -> Result<Vec<u8>, DicomError> {
    let codec = Codec::DeflatedFrames.name();
    let bytes = inflate(data, pixels as u64).map_err(|reason| DicomError::Codec {
        codec,
        frame: frame + 1,
        reason,
    })?;
    if bytes.len() < pixels.div_ceil(8) {
        let reason = format!("{} bytes where {} are expected", bytes.len(), pixels.div_ceil(8));
        return Err(DicomError::Codec { codec, frame: frame + 1, reason });
    }
    Ok(bytes)
}

fn inflate(data: &[u8], bits: u64) -> Result<Vec<u8>, String> {
    let needed = bits.div_ceil(8);
    let mut bytes = Vec::new();
    DeflateDecoder::new(data).take(needed).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes)
}

//! Pixel bytes of frames, after checks of everything the headers tell.

use std::{collections::BTreeMap, ops::Range};

use super::{
    codec,
    error::DicomError,
    guard::Limits,
    instance::{ImageHeader, Instance},
    pixels::{self, FrameSource},
    syntax::Codec,
    tags,
};

/// The codec of a file whose pixels can be read.
pub(super) fn readable(instance: &Instance, header: &ImageHeader) -> Result<Codec, DicomError> {
    let codec = instance.syntax.codec()?;
    if header.samples != 1 {
        let expected = "1 (grey values); colour images have no features";
        return Err(DicomError::field(tags::SAMPLES_PER_PIXEL, header.samples, expected));
    }
    if header.photometric == "PALETTE COLOR" {
        return Err(DicomError::field(tags::PHOTOMETRIC, &header.photometric, "MONOCHROME1 or MONOCHROME2"));
    }
    if header.bits.allocated == 1 {
        return Err(DicomError::field(tags::BITS_ALLOCATED, 1, "8, 16 or 32; one bit is for segmentations"));
    }
    if header.lookup_table {
        return Err(DicomError::field(tags::MODALITY_LUT, "a table", "rescale slope and intercept"));
    }
    if header.frames.iter().any(|f| f.slope == 0.0) {
        return Err(DicomError::field(tags::RESCALE_SLOPE, 0, "a factor that is not zero"));
    }
    let Some(length) = header.pixels.element.length else {
        if codec == Codec::Native {
            let found = format!("encapsulated, with transfer syntax {}", instance.syntax.name);
            return Err(DicomError::field(tags::PIXEL_DATA, found, "plain pixels"));
        }
        return Ok(codec);
    };
    if codec != Codec::Native {
        let found = format!("not encapsulated, with transfer syntax {}", instance.syntax.name);
        return Err(DicomError::field(tags::PIXEL_DATA, found, "fragments"));
    }
    let needed = frame_bytes(header) * header.frames.len() as u64;
    if length < needed {
        return Err(DicomError::field(
            tags::PIXEL_DATA,
            format!("{length} bytes"),
            format!(
                "{needed} bytes: {} frames of {} x {} pixels of {} bits",
                header.frames.len(),
                header.columns,
                header.rows,
                header.bits.allocated
            ),
        ));
    }
    Ok(codec)
}

/// Bytes of one uncompressed frame.
fn frame_bytes(header: &ImageHeader) -> u64 {
    header.frame_pixels() as u64 * u64::from(header.bits.allocated) / 8
}

/// Checks the volume's size against what the files can hold, before it is allocated.
pub(super) fn check_cost(sources: &[FrameSource<'_>], limits: &Limits) -> Result<(), DicomError> {
    let bytes = pixels::sample_type(sources).bytes() as u64;
    let claimed: u64 = sources.iter().map(|s| s.header.frame_pixels() as u64 * bytes).sum();
    let compressed = sources.iter().any(|s| s.codec != Codec::Native);
    let mut stored: u64 = 0;
    let mut last = None;
    for source in sources {
        if last != Some(source.file) {
            stored += source.header.pixels.element.length.unwrap_or(source.header.pixels.stored);
            last = Some(source.file);
        }
    }
    // Uncompressed files were checked one by one; values may need up to eight times the stored bytes.
    limits.check_pixels(claimed, if compressed { stored } else { claimed }, compressed)
}

/// The bytes of one frame as they are in the file.
pub(super) enum Encoded<'a> {
    Native { bytes: &'a [u8], big_endian: bool },
    Compressed(&'a [u8]),
}

/// Where the fragments of one frame lie.
type FrameParts = Vec<Range<usize>>;

/// Gives the bytes of frames; multi-frame files are read once and kept.
pub(super) struct Loader<'a> {
    instances: &'a [&'a Instance],
    kept: BTreeMap<usize, (Vec<u8>, Vec<FrameParts>)>,
}

impl<'a> Loader<'a> {
    /// Reads the multi-frame files. Errors come with the index of their file.
    pub(super) fn new(
        instances: &'a [&'a Instance],
        sources: &[FrameSource<'_>],
    ) -> Result<Self, (usize, DicomError)> {
        let mut kept = BTreeMap::new();
        for source in sources {
            let frames = source.header.frames.len();
            if frames == 1 || kept.contains_key(&source.file) {
                continue;
            }
            let read = || {
                let mut bytes = Vec::new();
                source.header.pixels.read(&instances[source.file].path, &mut bytes)?;
                let parts = match source.codec {
                    Codec::Native => Vec::new(),
                    _ => codec::frames(&bytes, frames)?,
                };
                Ok((bytes, parts))
            };
            kept.insert(source.file, read().map_err(|e| (source.file, e))?);
        }
        Ok(Self { instances, kept })
    }

    /// The bytes of a frame; `buffer` and `joined` hold them where they must be read or put together.
    pub(super) fn load<'b>(
        &'b self,
        source: &FrameSource<'_>,
        buffer: &'b mut Vec<u8>,
        joined: &'b mut Vec<u8>,
    ) -> Result<Encoded<'b>, DicomError> {
        let own;
        let (bytes, parts) = match self.kept.get(&source.file) {
            Some((bytes, parts)) => (bytes.as_slice(), parts.get(source.frame).map(Vec::as_slice)),
            None => {
                source.header.pixels.read(&self.instances[source.file].path, buffer)?;
                own = if source.codec == Codec::Native { Vec::new() } else { codec::frames(buffer, 1)? };
                (buffer.as_slice(), own.first().map(Vec::as_slice))
            }
        };
        if source.codec == Codec::Native {
            let size = frame_bytes(source.header) as usize;
            let rest = bytes.get(source.frame * size..).unwrap_or_default();
            let big_endian = source.header.pixels.big_endian;
            return Ok(Encoded::Native { bytes: &rest[..size.min(rest.len())], big_endian });
        }
        match parts.unwrap_or_default() {
            [part] => Ok(Encoded::Compressed(&bytes[part.clone()])),
            parts => {
                joined.clear();
                parts.iter().for_each(|part| joined.extend_from_slice(&bytes[part.clone()]));
                Ok(Encoded::Compressed(joined))
            }
        }
    }
}

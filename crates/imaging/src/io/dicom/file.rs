//! One file: preamble, meta information, data set, pixels; also without the first two.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use flate2::read::DeflateDecoder;

use super::{
    dataset::DataSet,
    error::DicomError,
    guard::Limits,
    parse::{Encoding, KNOWN_VR, PixelElement, Stop},
    syntax::Syntax,
    tags,
};

/// The header of a file: everything before the pixels.
#[derive(Debug)]
pub(crate) struct DicomFile {
    /// The data set up to the pixels.
    header: Vec<u8>,
    pub(crate) syntax: Syntax,
    /// The encoding found, which may differ from what the transfer syntax says.
    encoding: Encoding,
    pub(crate) pixels: Option<PixelLocation>,
    limits: Limits,
}

/// Where the pixels of a file are, to read them later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PixelLocation {
    pub(crate) element: PixelElement,
    /// First byte of the data set in the file.
    start: u64,
    deflated: bool,
    pub(crate) big_endian: bool,
    /// Bytes from the start of the value to the end of the file.
    pub(crate) stored: u64,
}

/// The first read: enough for most headers.
const FIRST: u64 = 32 << 10;

impl DicomFile {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// [`DicomError::NotDicom`] for files of another kind, the other variants for damaged ones.
    pub(crate) fn open(path: &Path, limits: &Limits) -> Result<Self, DicomError> {
        let meta = fs::metadata(path)?;
        if !meta.is_file() {
            return Err(DicomError::NotDicom("not a regular file"));
        }
        let mut file = File::open(path)?;
        let size = meta.len();
        let mut bytes = Vec::new();
        read_to(&mut file, &mut bytes, size.min(FIRST))?;
        let (start, syntax) = loop {
            match meta_information(&bytes, size - bytes.len() as u64, limits) {
                Ok(found) => break found,
                Err(Stop::Bad(error)) => return Err(error),
                Err(Stop::More(wanted)) => {
                    read_to(&mut file, &mut bytes, wanted.saturating_add(FIRST).min(size))?
                }
            }
        };
        limits.check_file(size)?; // after the first look: what is no DICOM file is not too large either
        if syntax.deflated {
            return Self::inflated(file, start, size, syntax, limits);
        }
        bytes.drain(..start);
        let size = size - start as u64;
        loop {
            let beyond = size - bytes.len() as u64;
            let encoding = sniffed(&bytes, syntax.encoding);
            match DataSet::header(&bytes, beyond, encoding, limits) {
                Ok((_, pixels)) => {
                    return Ok(Self::assemble(bytes, size, start, syntax, encoding, pixels, limits));
                }
                Err(Stop::Bad(error)) => return Err(error),
                Err(Stop::More(wanted)) => {
                    let step = wanted.max(4 * bytes.len() as u64);
                    read_to(&mut file, &mut bytes, step.min(size))?;
                }
            }
        }
    }

    /// As [`DicomFile::open`] where the data set is compressed as a whole.
    fn inflated(
        mut file: File,
        start: usize,
        size: u64,
        syntax: Syntax,
        limits: &Limits,
    ) -> Result<Self, DicomError> {
        file.seek(SeekFrom::Start(start as u64))?;
        let mut inflater = DeflateDecoder::new(io::BufReader::new(file));
        // Deflate packs 1032 bytes into one at best.
        let most = (size - start as u64).saturating_mul(1032).min(limits.file_bytes);
        let mut bytes = Vec::new();
        let mut wanted = FIRST.min(most);
        loop {
            let ended = read_to(&mut inflater, &mut bytes, wanted).is_err();
            let beyond = if ended { 0 } else { most - bytes.len() as u64 };
            let encoding = sniffed(&bytes, syntax.encoding);
            match DataSet::header(&bytes, beyond, encoding, limits) {
                Ok((_, pixels)) => {
                    return Ok(Self::assemble(bytes, most, start, syntax, encoding, pixels, limits));
                }
                Err(Stop::Bad(error)) => return Err(error),
                Err(Stop::More(_)) if wanted == most => {
                    return Err(DicomError::Limit {
                        what: "inflated size in bytes",
                        found: most + 1,
                        limit: most,
                    });
                }
                // By doubling, not by what a length says: memory follows what the stream really holds.
                Err(Stop::More(_)) => wanted = (2 * wanted).min(most),
            }
        }
    }

    fn assemble(
        mut header: Vec<u8>,
        size: u64,
        start: usize,
        syntax: Syntax,
        encoding: Encoding,
        pixels: Option<PixelElement>,
        limits: &Limits,
    ) -> Self {
        let pixels = pixels.map(|element| {
            header.truncate(element.at as usize);
            PixelLocation {
                element,
                start: start as u64,
                deflated: syntax.deflated,
                big_endian: encoding.big_endian,
                stored: size - element.at,
            }
        });
        Self { header, syntax, encoding, pixels, limits: *limits }
    }

    /// The elements before the pixels.
    pub(crate) fn data_set(&self) -> Result<DataSet<'_>, DicomError> {
        match DataSet::header(&self.header, self.pixels.map_or(0, |p| p.stored), self.encoding, &self.limits)
        {
            Ok((set, _)) => Ok(set),
            Err(Stop::Bad(error)) => Err(error),
            Err(Stop::More(at)) => Err(DicomError::Damaged { what: "end of header".into(), at }),
        }
    }
}

impl PixelLocation {
    /// Reads the bytes of the value, or the encapsulated fragments up to the end of the file.
    pub(crate) fn read(&self, path: &Path, bytes: &mut Vec<u8>) -> Result<(), DicomError> {
        let mut file = File::open(path)?;
        let length = self.element.length.unwrap_or(self.stored);
        bytes.clear();
        if self.deflated {
            file.seek(SeekFrom::Start(self.start))?;
            let mut inflater = DeflateDecoder::new(io::BufReader::new(file));
            let skipped = io::copy(&mut inflater.by_ref().take(self.element.at), &mut io::sink())?;
            let read = inflater.take(length).read_to_end(bytes)?;
            if self.element.length.is_some_and(|l| read as u64 != l) || skipped != self.element.at {
                return Err(DicomError::length(self.element.tag, length, read as u64));
            }
            return Ok(());
        }
        file.seek(SeekFrom::Start(self.start + self.element.at))?;
        read_to(&mut file, bytes, length)
    }
}

/// Extends `bytes` to `wanted` bytes; memory grows only as the source gives.
fn read_to(source: &mut impl Read, bytes: &mut Vec<u8>, wanted: u64) -> Result<(), DicomError> {
    let missing = wanted.saturating_sub(bytes.len() as u64);
    // The reserve is bounded: sources that lie about their size cost no memory.
    bytes.reserve_exact(missing.min(64 << 20) as usize);
    let read = source.take(missing).read_to_end(bytes)? as u64;
    if read < missing {
        return Err(DicomError::Damaged { what: "end of file".into(), at: bytes.len() as u64 });
    }
    Ok(())
}

/// Where the data set starts, and its transfer syntax.
fn meta_information(bytes: &[u8], beyond: u64, limits: &Limits) -> Result<(usize, Syntax), Stop> {
    let meta = if bytes.get(128..132) == Some(b"DICM") {
        132
    } else if bytes.starts_with(&[2, 0]) && bytes.get(3) == Some(&0) {
        0 // meta information without a preamble
    } else {
        return Ok((0, Syntax::plain(guessed(bytes)?)));
    };
    let rest = &bytes[meta..];
    let encoding = sniffed(rest, Encoding::EXPLICIT);
    let (set, length) = DataSet::meta(rest, beyond, encoding, limits).map_err(|stop| match stop {
        Stop::More(wanted) => Stop::More(wanted + meta as u64),
        bad => bad,
    })?;
    let start = meta + length;
    match set.code(tags::TRANSFER_SYNTAX) {
        Some(uid) => Ok((start, Syntax::of(&uid)?)),
        None if bytes.len() < start + 8 && beyond > 0 => Err(Stop::More(start as u64 + 8)),
        None => Ok((start, Syntax::plain(guessed(&bytes[start..])?))),
    }
}

/// Whether the first 132 bytes of a file are DICOM's; where the name speaks for another format, only with a
/// preamble.
pub(super) fn begins_a_data_set(first: &[u8], otherwise_named: bool) -> bool {
    let plain = || first.starts_with(&[2, 0, 0, 0]) || guessed(first).is_ok();
    first.get(128..132) == Some(b"DICM") || !otherwise_named && plain()
}

/// The encoding of a data set that nothing announces.
fn guessed(bytes: &[u8]) -> Result<Encoding, DicomError> {
    const NONE: DicomError = DicomError::NotDicom("neither `DICM` at byte 128 nor a data set at the start");
    let Some(&[g0, g1, e0, e1, v0, v1, l0, l1]) = bytes.first_chunk::<8>() else { return Err(NONE) };
    // Data sets start with group 8; a first element of more than 256 bytes is no plausible one.
    let vr = KNOWN_VR.contains(&&[v0, v1]);
    match [g0, g1] {
        [8, 0] if e1 == 0 && vr => Ok(Encoding::EXPLICIT),
        [0, 8] if e0 == 0 && vr => Ok(Encoding::BIG_ENDIAN),
        [8, 0] if e1 == 0 && [v1, l0, l1] == [0; 3] => Ok(Encoding::IMPLICIT),
        _ => Err(NONE),
    }
}

/// The encoding that the first element shows; some files are written otherwise than they say.
fn sniffed(bytes: &[u8], said: Encoding) -> Encoding {
    let Some(&[_, _, _, _, v0, v1, l0, l1]) = bytes.first_chunk::<8>() else { return said };
    if KNOWN_VR.contains(&&[v0, v1]) {
        Encoding { explicit: true, ..said }
    } else if said.explicit && !said.big_endian && [l0, l1] == [0; 2] {
        Encoding::IMPLICIT
    } else {
        said
    }
}

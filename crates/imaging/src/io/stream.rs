//! Voxel bytes as one stream, whatever files and encoding they come in.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use flate2::bufread::{GzDecoder, ZlibDecoder};

use super::{
    error::ReadError,
    layout::{Encoding, Layout, Part},
};

/// Deflate cannot do better than 1032 bytes out for each byte in.
const MOST_FROM_DEFLATE: u128 = 1032;

/// Size of read buffers in bytes.
pub(super) const BUFFER: usize = 128 * 1024;

/// Opens a file for reading; a folder is an error of its own, and so is an empty file.
pub(super) fn open(path: &Path) -> Result<(File, u64), ReadError> {
    let file = File::open(path).map_err(|e| ReadError::io(path, e))?;
    let about = file.metadata().map_err(|e| ReadError::io(path, e))?;
    if about.is_dir() {
        return Err(ReadError::Folder { path: path.to_owned() });
    }
    // Sizes of pipes and devices are not known, so nothing in the header could be checked against them.
    if !about.is_file() {
        let source = io::Error::other("not a regular file");
        return Err(ReadError::Io { path: path.to_owned(), source });
    }
    if about.len() == 0 {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    Ok((file, about.len()))
}

/// Bytes that each data file must give. Fails when the values do not divide evenly among the files.
fn share(layout: &Layout) -> Result<u128, ReadError> {
    let (values, parts) = (layout.values(), layout.parts.len().max(1) as u128);
    if values % parts != 0 {
        let expected = format!("a number of files that divides the {values} values");
        return Err(ReadError::field(&layout.path, "data files", parts, expected));
    }
    Ok(values / parts * layout.sample.bytes() as u128)
}

/// Checks that the data files can hold what the header claims; nothing is allocated before.
pub(super) fn check_plausible(layout: &Layout) -> Result<(), ReadError> {
    let share = share(layout)?;
    for part in &layout.parts {
        let (_, len) = open(&part.path)?;
        let stored = len.saturating_sub(part.start.offset);
        let skipped = u128::from(part.start.decoded.unwrap_or(0));
        let available = u128::from(stored);
        let most = match layout.encoding {
            Encoding::Raw => available,
            Encoding::Deflate => available * MOST_FROM_DEFLATE,
            Encoding::Hex => available / 2,
            Encoding::Text => available.div_ceil(2) * layout.sample.bytes() as u128,
        };
        if share + skipped <= most {
            continue;
        }
        return Err(if layout.encoding == Encoding::Raw {
            ReadError::Truncated {
                path: part.path.clone(),
                what: "voxels",
                found: u64::try_from(available.saturating_sub(skipped)).unwrap_or(u64::MAX),
                expected: u64::try_from(share).unwrap_or(u64::MAX),
            }
        } else {
            let claimed = share + skipped;
            ReadError::Implausible { path: part.path.clone(), size: layout.size(), claimed, stored, most }
        });
    }
    Ok(())
}

/// The voxel bytes of all data files, one after the other.
pub(super) struct Stream<'a> {
    layout: &'a Layout,
    parts: std::slice::Iter<'a, Part>,
    now: Option<(&'a Part, Box<dyn Read>)>,
    /// Bytes each part gives, and those still to come from the present one.
    share: u64,
    left: u64,
}

impl<'a> Stream<'a> {
    pub fn new(layout: &'a Layout) -> Result<Self, ReadError> {
        let share = u64::try_from(share(layout)?).unwrap_or(u64::MAX);
        Ok(Self { layout, parts: layout.parts.iter(), now: None, share, left: 0 })
    }

    /// Fills the buffer to its end.
    pub fn fill(&mut self, mut buffer: &mut [u8]) -> Result<(), ReadError> {
        while !buffer.is_empty() {
            if self.left == 0 {
                self.next_part()?;
            }
            let Some((part, reader)) = self.now.as_mut() else { break };
            let want = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            let got = read(reader, &mut buffer[..want])
                .map_err(|e| failed(self.layout, part, self.share - self.left, self.share, e))?;
            if got == 0 {
                let end = io::ErrorKind::UnexpectedEof.into();
                return Err(failed(self.layout, part, self.share - self.left, self.share, end));
            }
            self.left -= got as u64;
            buffer = &mut buffer[got..];
            if self.left == 0 && self.layout.encoding == Encoding::Deflate {
                // One byte more makes the decoder compare the checksum; what follows the voxels is ignored.
                read(reader, &mut [0]).map_err(|e| failed(self.layout, part, self.share, self.share, e))?;
            }
        }
        Ok(())
    }

    /// Passes over bytes.
    pub fn skip(&mut self, mut bytes: u64) -> Result<(), ReadError> {
        let mut waste = vec![0; BUFFER];
        while bytes > 0 {
            // Whole files are not even opened.
            if self.left == 0 && bytes >= self.share && self.parts.next().is_some() {
                bytes -= self.share;
                continue;
            }
            if self.left == 0 {
                self.next_part()?;
            }
            let step = bytes.min(self.left);
            match (self.layout.encoding, self.now.as_mut()) {
                (Encoding::Raw, Some((part, reader))) => {
                    // The length of the file has been checked: seek by reopening at the right place.
                    let done = self.share - self.left + step;
                    *reader = raw(part, self.share, done)?;
                    self.left -= step;
                }
                _ => {
                    let some = usize::try_from(step).unwrap_or(usize::MAX).min(waste.len());
                    self.fill(&mut waste[..some])?;
                    bytes -= some as u64;
                    continue;
                }
            }
            bytes -= step;
        }
        Ok(())
    }

    fn next_part(&mut self) -> Result<(), ReadError> {
        let Some(part) = self.parts.next() else {
            return Err(ReadError::Truncated {
                path: self.layout.path.clone(),
                what: "voxels",
                found: self.share,
                expected: self.share + 1,
            });
        };
        let reader: Box<dyn Read> = match self.layout.encoding {
            Encoding::Raw | Encoding::Text => raw(part, self.share, 0)?,
            Encoding::Deflate => {
                let file = at_start(part)?;
                Box::new(Inflate::new(file, &part.path)?)
            }
            Encoding::Hex => Box::new(Hex { inner: at_start(part)? }),
        };
        self.now = Some((part, reader));
        self.left = self.share;
        if self.layout.encoding != Encoding::Raw {
            let mut skip = part.start.decoded.unwrap_or(0);
            let mut waste = [0; 4096];
            while let (1.., Some((part, reader))) = (skip, self.now.as_mut()) {
                let some = waste.len().min(usize::try_from(skip).unwrap_or(usize::MAX));
                let got = read(reader, &mut waste[..some])
                    .map_err(|e| failed(self.layout, part, 0, self.share, e))?;
                if got == 0 {
                    let end = io::ErrorKind::UnexpectedEof.into();
                    return Err(failed(self.layout, part, 0, self.share, end));
                }
                skip -= got as u64;
            }
        }
        Ok(())
    }
}

/// Opens a data file and passes over what stands before the encoded voxels.
pub(super) fn at_start(part: &Part) -> Result<BufReader<File>, ReadError> {
    let (mut file, _) = open(&part.path)?;
    file.seek(SeekFrom::Start(part.start.offset)).map_err(|e| ReadError::io(&part.path, e))?;
    let mut reader = BufReader::with_capacity(BUFFER, file);
    for _ in 0..part.start.lines {
        // Lines may have any length: pass over them without keeping them.
        let skipped = reader.skip_until(b'\n').map_err(|e| ReadError::io(&part.path, e))?;
        if skipped == 0 {
            let (found, expected) = (0, part.start.lines);
            return Err(ReadError::Truncated {
                path: part.path.clone(),
                what: "skipped lines",
                found,
                expected,
            });
        }
    }
    Ok(reader)
}

/// A reader of uncompressed voxels, `done` bytes after their begin.
fn raw(part: &Part, share: u64, done: u64) -> Result<Box<dyn Read>, ReadError> {
    let (mut file, len) = open(&part.path)?;
    let begin = match part.start.decoded {
        None => len.checked_sub(share),
        Some(skip) if part.start.lines == 0 => part.start.offset.checked_add(skip),
        Some(skip) => {
            let mut reader = at_start(part)?;
            let position = reader.stream_position().map_err(|e| ReadError::io(&part.path, e))?;
            position.checked_add(skip)
        }
    };
    let begin = begin.and_then(|b| b.checked_add(done)).unwrap_or(u64::MAX);
    if begin >= len {
        let expected = share - done;
        return Err(ReadError::Truncated { path: part.path.clone(), what: "voxels", found: 0, expected });
    }
    file.seek(SeekFrom::Start(begin)).map_err(|e| ReadError::io(&part.path, e))?;
    Ok(Box::new(file))
}

fn failed(layout: &Layout, part: &Part, decoded: u64, expected: u64, error: io::Error) -> ReadError {
    let path = part.path.clone();
    match (layout.encoding, error.kind()) {
        (Encoding::Deflate, io::ErrorKind::UnexpectedEof) => {
            ReadError::Damaged { path, decoded, expected, reason: "the file ends too early".into() }
        }
        (Encoding::Deflate, _) | (Encoding::Hex, io::ErrorKind::InvalidData) => {
            ReadError::Damaged { path, decoded, expected, reason: error.to_string() }
        }
        (_, io::ErrorKind::UnexpectedEof) => {
            ReadError::Truncated { path, what: "voxels", found: decoded, expected }
        }
        _ => ReadError::io(&path, error),
    }
}

fn read(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Decoder of gzip (any number of members) or zlib; bytes after the end are ignored.
pub(super) enum Inflate {
    Gzip(Option<GzDecoder<BufReader<File>>>),
    Zlib(ZlibDecoder<BufReader<File>>),
}

impl Inflate {
    /// Looks at the first bytes to tell gzip from zlib.
    pub fn new(mut file: BufReader<File>, path: &Path) -> Result<Self, ReadError> {
        let first = file.fill_buf().map_err(|e| ReadError::io(path, e))?;
        Ok(match first {
            [0x1f, ..] => Self::Gzip(Some(GzDecoder::new(file))),
            _ => Self::Zlib(ZlibDecoder::new(file)),
        })
    }
}

impl Read for Inflate {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let slot = match self {
            Self::Zlib(decoder) => return decoder.read(buffer),
            Self::Gzip(slot) => slot,
        };
        while let Some(decoder) = slot.as_mut() {
            let got = decoder.read(buffer)?;
            if got > 0 || buffer.is_empty() {
                return Ok(got);
            }
            // End of a member: another one may follow.
            let Some(mut file) = slot.take().map(GzDecoder::into_inner) else { break };
            if matches!(file.fill_buf()?, [0x1f, ..]) {
                *slot = Some(GzDecoder::new(file));
            }
        }
        Ok(0)
    }
}

/// Decoder of hexadecimal digits; white space is ignored.
struct Hex<R> {
    inner: R,
}

impl<R: BufRead> Read for Hex<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut digit = || -> io::Result<Option<u8>> {
            loop {
                let Some(&byte) = self.inner.fill_buf()?.first() else { return Ok(None) };
                self.inner.consume(1);
                if byte.is_ascii_whitespace() {
                    continue;
                }
                let value = char::from(byte).to_digit(16).map(|v| v as u8);
                let reason = || format!("{:?} is no hexadecimal digit", char::from(byte));
                return value.map(Some).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, reason()));
            }
        };
        for (i, out) in buffer.iter_mut().enumerate() {
            let Some(high) = digit()? else { return Ok(i) };
            let Some(low) = digit()? else { return Err(io::ErrorKind::UnexpectedEof.into()) };
            *out = 16 * high + low;
        }
        Ok(buffer.len())
    }
}

//! Voxel bytes as one stream, whatever files and encoding they come in.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use flate2::{Decompress, FlushDecompress, Status};

use super::{
    error::ReadError,
    layout::{Encoding, Layout, Part},
};

/// Deflate cannot do better than 1032 bytes out for each byte in.
const MOST_FROM_DEFLATE: u64 = 1032;

/// Size of read buffers in bytes.
const BUFFER: usize = 128 * 1024;

/// Opens a file for reading; a folder is an error of its own, and so is an empty file.
pub(super) fn open(path: &Path) -> Result<(File, u64), ReadError> {
    // Asked before opening: to open a pipe would wait for its other end.
    let about = path.metadata().map_err(|e| ReadError::io(path, e))?;
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
    let file = File::open(path).map_err(|e| ReadError::io(path, e))?;
    Ok((file, about.len()))
}

/// The first bytes of a file as it is, fewer where it is shorter.
pub(super) fn beginning_raw(path: &Path, length: usize) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let mut file = open(path)?.0.take(length as u64);
    file.read_to_end(&mut bytes).map_err(|e| ReadError::io(path, e))?;
    Ok(bytes)
}

/// The first bytes of a file, decoded where it is compressed with gzip.
pub(super) fn beginning(path: &Path, length: usize) -> Result<Vec<u8>, ReadError> {
    let mut file = BufReader::new(open(path)?.0);
    if !file.fill_buf().map_err(|e| ReadError::io(path, e))?.starts_with(&[0x1f, 0x8b]) {
        return beginning_raw(path, length);
    }
    let mut bytes = Vec::new();
    let read = Inflate::new(file, path)?.take(length as u64).read_to_end(&mut bytes);
    read.map_err(|e| {
        let end = e.kind() == io::ErrorKind::UnexpectedEof;
        let reason = if end { "it ends too early".into() } else { e.to_string() };
        let (decoded, expected) = (bytes.len() as u64, length as u64);
        ReadError::Damaged { path: path.to_owned(), decoded, expected, reason }
    })?;
    Ok(bytes)
}

/// Bytes that each data file must give. Fails when the values do not divide evenly among the files.
fn share(layout: &Layout) -> Result<u64, ReadError> {
    let (values, parts) = (layout.values(), layout.parts.len().max(1) as u64);
    if values % parts != 0 {
        let expected = format!("a number of files that divides the {values} values");
        return Err(ReadError::field(&layout.path, "data files", parts, expected));
    }
    Ok(values / parts * layout.sample.bytes() as u64)
}

/// Checks that the data files can hold what the header claims; nothing is allocated before.
pub(super) fn check_plausible(layout: &Layout) -> Result<(), ReadError> {
    let share = share(layout)?;
    for part in &layout.parts {
        let (_, len) = open(&part.path)?;
        let stored = len.saturating_sub(part.start.offset);
        let skipped = part.start.decoded.unwrap_or(0);
        let most = match layout.encoding {
            Encoding::Raw => stored,
            Encoding::Deflate => stored.saturating_mul(MOST_FROM_DEFLATE),
            Encoding::Hex => stored / 2,
            Encoding::Text => stored.div_ceil(2).saturating_mul(layout.sample.bytes() as u64),
        };
        let claimed = share.saturating_add(skipped);
        if claimed <= most {
            continue;
        }
        let path = part.path.clone();
        return Err(match layout.encoding {
            Encoding::Raw => {
                let found = stored.saturating_sub(skipped);
                ReadError::Truncated { path, what: "voxels", found, expected: share }
            }
            _ => ReadError::Implausible { path, size: layout.size(), claimed, stored, most },
        });
    }
    Ok(())
}

/// The voxel bytes of all data files, one after the other.
pub(super) struct Stream<'a> {
    layout: &'a Layout,
    parts: std::slice::Iter<'a, Part>,
    now: Option<Open<'a>>,
    /// Bytes each data file gives.
    share: u64,
}

/// A data file that is being read.
struct Open<'a> {
    part: &'a Part,
    reader: Reader,
    /// Bytes still to come.
    left: u64,
}

enum Reader {
    Raw(File),
    Decoded(Box<dyn Read + Send>),
}

impl<'a> Stream<'a> {
    pub fn new(layout: &'a Layout) -> Result<Self, ReadError> {
        Ok(Self { layout, parts: layout.parts.iter(), now: None, share: share(layout)? })
    }

    /// Fills the buffer to its end.
    pub fn fill(&mut self, mut buffer: &mut [u8]) -> Result<(), ReadError> {
        while !buffer.is_empty() {
            let (encoding, share) = (self.layout.encoding, self.share);
            let now = self.current()?;
            let want = buffer.len().min(usize::try_from(now.left).unwrap_or(usize::MAX));
            let got = now
                .read(&mut buffer[..want])
                .and_then(|got| if got == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(got) });
            let done = share - now.left;
            let got = got.map_err(|e| failed(encoding, now.part, done, share, e))?;
            now.left -= got as u64;
            buffer = &mut buffer[got..];
        }
        Ok(())
    }

    /// Passes over bytes.
    pub fn skip(&mut self, mut bytes: u64) -> Result<(), ReadError> {
        while bytes > 0 {
            // Whole data files are not even opened.
            if bytes >= self.share && self.now.as_ref().is_none_or(|now| now.left == 0) {
                self.now = None;
                if self.parts.next().is_some() {
                    bytes -= self.share;
                    continue;
                }
            }
            let now = self.current()?;
            let step = bytes.min(now.left);
            if let Reader::Raw(file) = &mut now.reader {
                let offset = i64::try_from(step).unwrap_or(i64::MAX);
                file.seek_relative(offset).map_err(|e| ReadError::io(&now.part.path, e))?;
                now.left -= step;
            } else {
                let mut waste = [0; 8192];
                let some = usize::try_from(step).unwrap_or(usize::MAX).min(waste.len());
                self.fill(&mut waste[..some])?;
                bytes -= some as u64;
                continue;
            }
            bytes -= step;
        }
        Ok(())
    }

    /// At the end of a compressed data file, lets the decoder compare the checksum. Bytes that follow are
    /// ignored, as are checksums of files that were not read to the end.
    pub fn finish(&mut self) -> Result<(), ReadError> {
        let (encoding, share) = (self.layout.encoding, self.share);
        match self.now.as_mut().filter(|now| now.left == 0 && encoding == Encoding::Deflate) {
            Some(now) => {
                now.read(&mut [0]).map_err(|e| failed(encoding, now.part, share, share, e)).map(|_| ())
            }
            None => Ok(()),
        }
    }

    /// The data file that the next byte comes from.
    fn current(&mut self) -> Result<&mut Open<'a>, ReadError> {
        if self.now.as_ref().is_none_or(|now| now.left == 0) {
            self.finish()?;
            let share = self.share;
            let part = self.parts.next().ok_or_else(|| ReadError::Truncated {
                path: self.layout.path.clone(),
                what: "voxels",
                found: share,
                expected: share + 1,
            })?;
            self.now = Some(Open::new(self.layout, part, share)?);
        }
        self.now.as_mut().ok_or_else(|| ReadError::Missing { path: self.layout.path.clone() })
    }
}

impl<'a> Open<'a> {
    fn new(layout: &Layout, part: &'a Part, share: u64) -> Result<Self, ReadError> {
        let mut skip = part.start.decoded.unwrap_or(0);
        let reader: Box<dyn Read + Send> = match layout.encoding {
            Encoding::Raw | Encoding::Text => {
                return Ok(Self { part, reader: Reader::Raw(raw(part, share)?), left: share });
            }
            Encoding::Deflate => Box::new(Inflate::new(at_start(part)?, &part.path)?),
            Encoding::Hex => Box::new(Hex { inner: at_start(part)? }),
        };
        let mut now = Self { part, reader: Reader::Decoded(reader), left: share };
        let mut waste = [0; 8192];
        while skip > 0 {
            let some = usize::try_from(skip).unwrap_or(usize::MAX).min(waste.len());
            let got = match now.read(&mut waste[..some]) {
                Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
                other => other,
            };
            skip -= got.map_err(|e| failed(layout.encoding, part, 0, share, e))? as u64;
        }
        Ok(now)
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let got = match &mut self.reader {
                Reader::Raw(file) => file.read(buffer),
                Reader::Decoded(reader) => reader.read(buffer),
            };
            match got {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}

/// Opens a data file and passes over what stands before the encoded voxels.
pub(super) fn at_start(part: &Part) -> Result<BufReader<File>, ReadError> {
    let (mut file, _) = open(&part.path)?;
    file.seek(SeekFrom::Start(part.start.offset)).map_err(|e| ReadError::io(&part.path, e))?;
    let mut reader = BufReader::with_capacity(BUFFER, file);
    for _ in 0..part.start.lines {
        // Lines may have any length: they are passed over without being kept.
        let skipped = reader.skip_until(b'\n').map_err(|e| ReadError::io(&part.path, e))?;
        if skipped == 0 {
            let (path, expected) = (part.path.clone(), part.start.lines);
            return Err(ReadError::field(&path, "line skip", expected, "no more lines than the file has"));
        }
    }
    Ok(reader)
}

/// A reader at the begin of uncompressed voxels.
fn raw(part: &Part, share: u64) -> Result<File, ReadError> {
    let (mut file, len) = open(&part.path)?;
    let begin = match part.start.decoded {
        None => len.checked_sub(share),
        Some(skip) => {
            let lines = part.start.lines > 0;
            let before = if lines { at_start(part)?.stream_position() } else { Ok(part.start.offset) };
            before.map_err(|e| ReadError::io(&part.path, e))?.checked_add(skip)
        }
    };
    let found = len.saturating_sub(begin.unwrap_or(len));
    let Some(begin) = begin.filter(|_| found >= share) else {
        return Err(ReadError::Truncated { path: part.path.clone(), what: "voxels", found, expected: share });
    };
    file.seek(SeekFrom::Start(begin)).map_err(|e| ReadError::io(&part.path, e))?;
    Ok(file)
}

fn failed(encoding: Encoding, part: &Part, decoded: u64, expected: u64, error: io::Error) -> ReadError {
    let path = part.path.clone();
    let end = error.kind() == io::ErrorKind::UnexpectedEof;
    match encoding {
        Encoding::Deflate | Encoding::Hex => {
            let reason = if end { "it ends too early".into() } else { error.to_string() };
            ReadError::Damaged { path, decoded, expected, reason }
        }
        _ if end => ReadError::Truncated { path, what: "voxels", found: decoded, expected },
        _ => ReadError::io(&path, error),
    }
}

/// Decoder of gzip (any number of members) or zlib; bytes after the end are ignored.
pub(super) struct Inflate {
    file: BufReader<File>,
    /// Also reads the headers and compares the checksums. `None` at the end.
    decoder: Option<Decompress>,
    gzip: bool,
}

/// Bits of the largest window of deflate.
const WINDOW_BITS: u8 = 15;

impl Inflate {
    /// Looks at the first byte to tell gzip from zlib.
    pub fn new(mut file: BufReader<File>, path: &Path) -> Result<Self, ReadError> {
        let gzip = file.fill_buf().map_err(|e| ReadError::io(path, e))?.first() == Some(&0x1f);
        Ok(Self { file, decoder: Some(Self::decoder(gzip)), gzip })
    }

    fn decoder(gzip: bool) -> Decompress {
        if gzip { Decompress::new_gzip(WINDOW_BITS) } else { Decompress::new(true) }
    }
}

impl Read for Inflate {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = self.decoder.as_mut().filter(|_| !buffer.is_empty()) {
            let input = self.file.fill_buf()?;
            let (whole, before) = (input.is_empty(), (decoder.total_in(), decoder.total_out()));
            let status = decoder.decompress(input, buffer, FlushDecompress::None);
            let taken = (decoder.total_in() - before.0) as usize;
            let got = (decoder.total_out() - before.1) as usize;
            let status = status.map_err(|error| {
                let reason = error.message().unwrap_or("corrupt deflate stream");
                io::Error::new(io::ErrorKind::InvalidData, reason)
            });
            self.file.consume(taken);
            if status? == Status::StreamEnd {
                // End of a member: another one may follow.
                let another = self.gzip && self.file.fill_buf()?.first() == Some(&0x1f);
                self.decoder = another.then(|| Self::decoder(true));
            } else if whole && got == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if got > 0 {
                return Ok(got);
            }
        }
        Ok(0)
    }
}

/// Decoder of hexadecimal digits; white space is ignored.
struct Hex<R> {
    inner: R,
}

impl<R: BufRead> Hex<R> {
    fn digit(&mut self) -> io::Result<Option<u8>> {
        loop {
            let Some(&byte) = self.inner.fill_buf()?.first() else { return Ok(None) };
            self.inner.consume(1);
            if byte.is_ascii_whitespace() {
                continue;
            }
            return match char::from(byte).to_digit(16) {
                Some(value) => Ok(Some(value as u8)),
                None => Err(io::Error::other(format!("{:?} is no hexadecimal digit", char::from(byte)))),
            };
        }
    }
}

impl<R: BufRead> Read for Hex<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for (i, out) in buffer.iter_mut().enumerate() {
            let Some(high) = self.digit()? else { return Ok(i) };
            let Some(low) = self.digit()? else { return Err(io::ErrorKind::UnexpectedEof.into()) };
            *out = 16 * high + low;
        }
        Ok(buffer.len())
    }
}

//! Voxel bytes → typed voxels: decoded piece by piece into the one final array.

use std::io::BufRead;

use ndarray::Array3;

use super::{
    ReadOptions,
    error::ReadError,
    layout::{Encoding, Layout, Part},
    stream::{self, Stream, at_start},
};
use crate::volume::{Image, Sample, SampleType, Voxels};

/// Reads the volume that the options choose.
pub(super) fn image(layout: &Layout, options: &ReadOptions) -> Result<Image, ReadError> {
    let choice = Choice::new(layout, options)?;
    stream::check_plausible(layout)?;
    let voxels = match layout.sample {
        SampleType::U8 => scaled::<u8>(layout, &choice),
        SampleType::I8 => scaled::<i8>(layout, &choice),
        SampleType::U16 => scaled::<u16>(layout, &choice),
        SampleType::I16 => scaled::<i16>(layout, &choice),
        SampleType::U32 => scaled::<u32>(layout, &choice),
        SampleType::I32 => scaled::<i32>(layout, &choice),
        SampleType::U64 => scaled::<u64>(layout, &choice),
        SampleType::I64 => scaled::<i64>(layout, &choice),
        SampleType::F32 => scaled::<f32>(layout, &choice),
        SampleType::F64 => scaled::<f64>(layout, &choice),
    }?;
    Ok(Image::assemble(voxels, layout.geometry))
}

/// Which of the stored values make the volume: `skip` values, then each `stride`-th.
struct Choice {
    skip: u64,
    first: usize,
    stride: usize,
    voxels: usize,
}

impl Choice {
    fn new(layout: &Layout, options: &ReadOptions) -> Result<Self, ReadError> {
        let (path, frames, components) = (&layout.path, layout.frames, layout.components);
        let frame = match options.frame {
            Some(frame) if frame < frames => frame,
            Some(frame) => return Err(ReadError::NoFrame { path: path.clone(), frame, frames }),
            None if frames == 1 => 0,
            None => return Err(ReadError::FrameNeeded { path: path.clone(), frames }),
        };
        let component = options.component;
        if component >= components {
            return Err(ReadError::NoComponent { path: path.clone(), component, components });
        }
        let bytes = decoded_type(layout).bytes() as u128;
        let voxels = layout.values() / (frames as u128 * components as u128);
        let needed = voxels * bytes;
        let too_large = ReadError::TooLarge {
            path: path.clone(),
            size: layout.size(),
            needed,
            allowed: options.max_bytes,
        };
        let Ok(count) = usize::try_from(voxels) else { return Err(too_large) };
        if needed > u128::from(options.max_bytes) {
            return Err(too_large);
        }
        // `checked_sizes` keeps all products of sizes below 2^60.
        let (count64, frames64, components64) = (count as u64, frames as u64, components as u64);
        let (frame, component) = (frame as u64, component as u64);
        Ok(if layout.interleaved {
            let skip = frame * count64 * components64;
            Self { skip, first: options.component, stride: components, voxels: count }
        } else {
            let skip = (component * frames64 + frame) * count64;
            Self { skip, first: 0, stride: 1, voxels: count }
        })
    }
}

/// The type of the voxels after scaling: as ITK, single precision for scaled integers.
fn decoded_type(layout: &Layout) -> SampleType {
    match (layout.scale, layout.sample) {
        (None, sample) => sample,
        (Some(_), SampleType::F64) => SampleType::F64,
        (Some(_), _) => SampleType::F32,
    }
}

fn scaled<T: Stored>(layout: &Layout, choice: &Choice) -> Result<Voxels, ReadError> {
    match layout.scale {
        None => array(layout, values::<T, T>(layout, choice, |v| v)?),
        Some(s) if decoded_type(layout) == SampleType::F64 => {
            array(layout, values::<T, f64>(layout, choice, |v| v.to_f64() * s.slope + s.intercept)?)
        }
        Some(s) => {
            array(layout, values::<T, f32>(layout, choice, |v| (v.to_f64() * s.slope + s.intercept) as f32)?)
        }
    }
}

fn array<U: Sample>(layout: &Layout, values: Vec<U>) -> Result<Voxels, ReadError> {
    let (found, size) = (values.len(), layout.geometry.size());
    Array3::from_shape_vec(layout.geometry.shape(), values)
        .map(U::wrap)
        .map_err(|_| ReadError::field(&layout.path, "sizes", format!("{size:?}"), format!("{found} voxels")))
}

fn values<T: Stored, U: Sample>(
    layout: &Layout,
    choice: &Choice,
    convert: impl Fn(T) -> U,
) -> Result<Vec<U>, ReadError> {
    let mut values: Vec<U> = Vec::new();
    values.try_reserve_exact(choice.voxels).map_err(|_| ReadError::TooLarge {
        path: layout.path.clone(),
        size: layout.size(),
        needed: choice.voxels as u128 * size_of::<U>() as u128,
        allowed: 0,
    })?;
    if layout.encoding == Encoding::Text {
        text(layout, choice, &mut values, convert)?;
        return Ok(values);
    }
    let (width, stride) = (size_of::<T>(), choice.stride);
    let mut stream = Stream::new(layout)?;
    stream.skip(choice.skip * width as u64)?;
    let mut buffer = vec![0; stream::BUFFER];
    let mut left = choice.voxels as u64 * stride as u64;
    // Index, within the next piece, of the first value to take.
    let mut first = choice.first;
    while left > 0 {
        let count = left.min((buffer.len() / width) as u64) as usize;
        let piece = &mut buffer[..count * width];
        stream.fill(piece)?;
        let items = piece.chunks_exact(width);
        match (layout.big_endian, stride) {
            (false, 1) => values.extend(items.map(|b| convert(T::from_little(b)))),
            (true, 1) => values.extend(items.map(|b| convert(T::from_big(b)))),
            (big, _) => {
                let read = |b| convert(if big { T::from_big(b) } else { T::from_little(b) });
                values.extend(items.skip(first).step_by(stride).map(read));
            }
        }
        // The next wanted value lies `first` values into the following piece.
        if stride > 1 {
            let taken = count.saturating_sub(first).div_ceil(stride);
            first = first + taken * stride - count;
        }
        left -= count as u64;
    }
    Ok(values)
}

fn text<T: Stored, U: Sample>(
    layout: &Layout,
    choice: &Choice,
    values: &mut Vec<U>,
    convert: impl Fn(T) -> U,
) -> Result<(), ReadError> {
    let share = u64::try_from(layout.values() / layout.parts.len().max(1) as u128).unwrap_or(u64::MAX);
    // Index of the next value to take, counted over all data files.
    let mut wanted = choice.skip + choice.first as u64;
    let mut index = 0;
    for part in &layout.parts {
        let mut tokens = Tokens { part, reader: at_start(part)?, token: Vec::new() };
        for done in 0..share {
            if values.len() == choice.voxels {
                return Ok(());
            }
            let Some(token) = tokens.next()? else {
                let (path, bytes) = (part.path.clone(), T::TYPE.bytes() as u64);
                let (found, expected) = (done * bytes, share * bytes);
                return Err(ReadError::Truncated { path, what: "voxels", found, expected });
            };
            if index == wanted {
                let value = T::from_text(token).ok_or_else(|| {
                    let expected = format!("a number that fits into {}", T::TYPE);
                    ReadError::field(&part.path, format!("voxel value {index}"), token, expected)
                })?;
                values.push(convert(value));
                wanted += choice.stride as u64;
            }
            index += 1;
        }
    }
    Ok(())
}

/// Words between white space and commas.
struct Tokens<'a, R> {
    part: &'a Part,
    reader: R,
    token: Vec<u8>,
}

impl<R: BufRead> Tokens<'_, R> {
    /// Longest number that is read.
    const LONGEST: usize = 400;

    fn next(&mut self) -> Result<Option<&str>, ReadError> {
        self.token.clear();
        loop {
            let piece = self.reader.fill_buf().map_err(|e| ReadError::io(&self.part.path, e))?;
            if piece.is_empty() {
                break;
            }
            let between = |b: &u8| b.is_ascii_whitespace() || *b == b',';
            let skipped =
                if self.token.is_empty() { piece.iter().take_while(|b| between(b)).count() } else { 0 };
            let word = piece[skipped..].iter().take_while(|b| !between(b)).count();
            self.token.extend_from_slice(&piece[skipped..skipped + word.min(Self::LONGEST)]);
            let ended = skipped + word < piece.len();
            self.reader.consume(skipped + word);
            if ended && !self.token.is_empty() || self.token.len() > Self::LONGEST {
                break;
            }
        }
        if self.token.is_empty() {
            return Ok(None);
        }
        let bad = || ReadError::field(&self.part.path, "voxel values", "no text", "numbers as ASCII text");
        str::from_utf8(&self.token).map(Some).map_err(|_| bad())
    }
}

/// Types with a form on disk.
pub(super) trait Stored: Sample {
    fn from_little(bytes: &[u8]) -> Self;
    fn from_big(bytes: &[u8]) -> Self;
    fn from_text(token: &str) -> Option<Self>;
}

macro_rules! stored {
    ($($type:ty: $text:expr;)*) => {$(
        impl Stored for $type {
            #[inline]
            fn from_little(bytes: &[u8]) -> Self {
                // Pieces are cut to the width of the type; the default is never used.
                bytes.try_into().map_or_else(|_| Self::default(), Self::from_le_bytes)
            }
            #[inline]
            fn from_big(bytes: &[u8]) -> Self {
                bytes.try_into().map_or_else(|_| Self::default(), Self::from_be_bytes)
            }
            fn from_text(token: &str) -> Option<Self> {
                let plain = token.strip_prefix('+').unwrap_or(token);
                plain.parse().ok().or_else(|| $text(plain))
            }
        }
    )*};
}

/// `7.0` is a way to write 7; `7.5` is no whole number.
fn whole<T: TryFrom<i64>>(token: &str) -> Option<T> {
    let value: f64 = token.parse().ok()?;
    let exact = value.fract() == 0.0 && value.abs() < 9.0e15;
    if exact { T::try_from(value as i64).ok() } else { None }
}

stored! {
    u8: whole; i8: whole; u16: whole; i16: whole; u32: whole; i32: whole; u64: whole; i64: whole;
    f32: |_| None; f64: |_| None;
}

//! Voxel bytes → typed voxels: decoded piece by piece into the one final array.

use std::io::BufRead;

use ndarray::Array3;
use rayon::prelude::*;

use super::{
    ReadOptions,
    error::ReadError,
    layout::{Encoding, Layout, Part},
    stream::{self, Stream, at_start},
};
use crate::volume::{Image, Sample, SampleType, Voxels};

/// Reads the volume that the options choose.
pub(super) fn image(layout: &Layout, options: &ReadOptions) -> Result<Image, ReadError> {
    stream::check_plausible(layout)?;
    let choice = Choice::new(layout, options)?;
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

/// Which of the stored values make the volume: after `skip` values, `run` values at `first` in each `period`.
struct Choice {
    skip: u64,
    first: u64,
    run: u64,
    period: u64,
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
        let volume = layout.voxels();
        let (needed, allowed) = (volume * decoded_type(layout).bytes() as u64, options.max_bytes);
        let voxels = usize::try_from(volume).ok().filter(|_| needed <= allowed);
        let Some(voxels) = voxels else {
            return Err(ReadError::TooLarge { path: path.clone(), size: layout.size(), needed, allowed });
        };
        let (frame, component, components) = (frame as u64, component as u64, components as u64);
        let step = if components == 1 { volume } else { layout.step };
        Ok(if step < volume {
            let skip = frame * volume * components;
            Self { skip, first: component * step, run: step, period: step * components, voxels }
        } else {
            // Components are slower than z: before the frames or after them.
            let apart = if step == volume { volume * components } else { volume };
            let skip = component * step + frame * apart;
            Self { skip, first: 0, run: volume, period: volume, voxels }
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
            // ITK rounds the stored value to single precision first.
            let single = |v: T| f64::from(v.to_f64() as f32);
            array(layout, values::<T, f32>(layout, choice, |v| (single(v) * s.slope + s.intercept) as f32)?)
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
    convert: impl Fn(T) -> U + Sync,
) -> Result<Vec<U>, ReadError> {
    let mut values: Vec<U> = Vec::new();
    values.try_reserve_exact(choice.voxels).map_err(|_| ReadError::NoMemory {
        path: layout.path.clone(),
        size: layout.size(),
        needed: choice.voxels as u64 * size_of::<U>() as u64,
    })?;
    if layout.encoding == Encoding::Text {
        text(layout, choice, &mut values, convert)?;
        return Ok(values);
    }
    // There is so much memory; let it go, for the system hands out zeros page by page where they are written first.
    drop(values);
    let mut values = vec![U::default(); choice.voxels];
    let mut rest = values.as_mut_slice();
    let width = size_of::<T>();
    let mut append = |bytes: &[u8]| {
        let (to, after) = std::mem::take(&mut rest).split_at_mut(bytes.len() / width);
        rest = after;
        let pieces = bytes.par_chunks(PIECE * width).zip(to.par_chunks_mut(PIECE));
        pieces.for_each(|(bytes, to)| T::decode(bytes, layout.big_endian, &convert, to));
    };
    let mut stream = Stream::new(layout)?;
    stream.skip(choice.skip * width as u64)?;
    let stored = (choice.voxels as u64 / choice.run).saturating_mul(choice.period * width as u64);
    let mut buffer = vec![0; stored.clamp(8, BUFFER as u64) as usize];
    let fits = (buffer.len() / width) as u64;
    let mut periods = choice.voxels as u64 / choice.run;
    if choice.period <= fits {
        // Many periods at a time, and of each the part that is wanted.
        let [first, run, period] = [choice.first, choice.run, choice.period].map(|n| n as usize * width);
        while periods > 0 {
            let count = periods.min(fits / choice.period);
            let piece = &mut buffer[..count as usize * period];
            stream.fill(piece)?;
            piece.chunks_exact(period).for_each(|p| append(&p[first..first + run]));
            periods -= count;
        }
    } else {
        // While one piece becomes voxels, the next one is read.
        let mut ahead = vec![0; buffer.len()];
        while periods > 0 {
            stream.skip(choice.first * width as u64)?;
            let (mut read, mut left) = (0, choice.run);
            while read > 0 || left > 0 {
                let next = left.min(fits) as usize * width;
                let (filled, ()) =
                    rayon::join(|| stream.fill(&mut ahead[..next]), || append(&buffer[..read]));
                filled?;
                std::mem::swap(&mut buffer, &mut ahead);
                left -= (next / width) as u64;
                read = next;
            }
            stream.skip((choice.period - choice.first - choice.run) * width as u64)?;
            periods -= 1;
        }
    }
    stream.finish()?;
    Ok(values)
}

/// Bytes that are read before they are turned into voxels: so many that threads seldom wait for one another.
const BUFFER: usize = 8 << 20;
/// Voxels that one thread turns at a time.
const PIECE: usize = 1 << 16;

fn text<T: Stored, U: Sample>(
    layout: &Layout,
    choice: &Choice,
    values: &mut Vec<U>,
    convert: impl Fn(T) -> U,
) -> Result<(), ReadError> {
    let share = layout.values() / layout.parts.len().max(1) as u64;
    let wanted = |index: u64| {
        let in_period = index.checked_sub(choice.skip).map(|i| i % choice.period);
        in_period.is_some_and(|i| (choice.first..choice.first + choice.run).contains(&i))
    };
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
            if wanted(index) {
                let value = T::from_text(token).ok_or_else(|| {
                    let whole = if T::TYPE.is_float() { "" } else { "whole " };
                    let expected = format!("a {whole}number that fits into {}", T::TYPE);
                    ReadError::field(&part.path, format!("voxel value {index}"), token, expected)
                })?;
                values.push(convert(value));
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
    /// Turns bytes into as many values.
    fn decode<U>(bytes: &[u8], big_endian: bool, convert: impl Fn(Self) -> U, values: &mut [U]);
    fn from_text(token: &str) -> Option<Self>;
}

macro_rules! stored {
    ($($type:ty: $text:expr;)*) => {$(
        impl Stored for $type {
            fn decode<U>(bytes: &[u8], big_endian: bool, convert: impl Fn(Self) -> U, values: &mut [U]) {
                let items = values.iter_mut().zip(bytes.as_chunks::<{ size_of::<$type>() }>().0);
                if big_endian {
                    items.for_each(|(value, b)| *value = convert(Self::from_be_bytes(*b)));
                } else {
                    items.for_each(|(value, b)| *value = convert(Self::from_le_bytes(*b)));
                }
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

//! Stored pixels → values: bits cut out, sign extended, slope and intercept of each slice applied.

use ndarray::{Array3, ArrayViewMut2, Axis};
use rayon::prelude::*;

use super::{
    codec::{self, Expected, Samples},
    error::DicomError,
    instance::{Bits, Frame, ImageHeader},
    load::{Encoded, Loader},
    syntax::Codec,
};
use crate::volume::{Sample, SampleType, Voxels};

/// One frame of one file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameSource<'a> {
    pub(crate) header: &'a ImageHeader,
    pub(crate) codec: Codec,
    /// Index of the file, and of the frame in it.
    pub(crate) file: usize,
    pub(crate) frame: usize,
}

impl FrameSource<'_> {
    fn scale(&self) -> &Frame {
        &self.header.frames[self.frame]
    }
}

/// The type that holds every value the headers allow, as GDCM and ITK choose it: the stored type where slope
/// is 1 and intercept 0, the narrowest integer where both are whole numbers, else doubles.
pub(crate) fn sample_type(sources: &[FrameSource<'_>]) -> SampleType {
    let identity = sources.iter().all(|s| s.scale().slope == 1.0 && s.scale().intercept == 0.0);
    let float = sources.iter().any(|s| s.header.bits.float);
    if float {
        let double = !identity || sources.iter().any(|s| s.header.bits.allocated == 64);
        return if double { SampleType::F64 } else { SampleType::F32 };
    }
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for source in sources {
        let Frame { slope, intercept, .. } = source.scale();
        if slope.fract() != 0.0 || intercept.fract() != 0.0 {
            return SampleType::F64;
        }
        let bits = if identity { whole(source.header.bits) } else { source.header.bits };
        let (low, high) = stored_range(bits);
        for value in [low * slope + intercept, high * slope + intercept] {
            least = least.min(value);
            most = most.max(value);
        }
    }
    narrowest(least, most)
}

/// The bits as allocated, for values that are kept as they are stored.
fn whole(bits: Bits) -> Bits {
    Bits { stored: bits.allocated, ..bits }
}

fn stored_range(bits: Bits) -> (f64, f64) {
    let span = 2_f64.powi(bits.stored as i32);
    if bits.signed { (-span / 2.0, span / 2.0 - 1.0) } else { (0.0, span - 1.0) }
}

fn narrowest(least: f64, most: f64) -> SampleType {
    let fits = |low: f64, high: f64| least >= low && most <= high;
    if fits(0.0, 255.0) {
        SampleType::U8
    } else if fits(-128.0, 127.0) {
        SampleType::I8
    } else if fits(0.0, 65535.0) {
        SampleType::U16
    } else if fits(-32768.0, 32767.0) {
        SampleType::I16
    } else if fits(0.0, f64::from(u32::MAX)) {
        SampleType::U32
    } else if fits(f64::from(i32::MIN), f64::from(i32::MAX)) {
        SampleType::I32
    } else {
        SampleType::F64
    }
}

/// Reads the frames into one array, slice by slice in parallel.
///
/// # Errors
/// What the loader and the decoders say about the first slice that fails, and the index of its file.
pub(super) fn read(sources: &[FrameSource<'_>], loader: &Loader<'_>) -> Result<Voxels, (usize, DicomError)> {
    let wide = sample_type(sources);
    // 16 stored bits with an intercept need 32 by the header. Most scans fit 16: tried first.
    let narrow_stored = sources.iter().all(|s| s.header.bits.allocated <= 16);
    if narrow_stored
        && matches!(wide, SampleType::I32 | SampleType::U32)
        && let Some(array) = fill::<i16>(sources, loader)?
    {
        return Ok(Voxels::I16(array));
    }
    let voxels = match wide {
        SampleType::U8 => fill::<u8>(sources, loader)?.map(Voxels::U8),
        SampleType::I8 => fill::<i8>(sources, loader)?.map(Voxels::I8),
        SampleType::U16 => fill::<u16>(sources, loader)?.map(Voxels::U16),
        SampleType::I16 => fill::<i16>(sources, loader)?.map(Voxels::I16),
        SampleType::U32 => fill::<u32>(sources, loader)?.map(Voxels::U32),
        SampleType::I32 => fill::<i32>(sources, loader)?.map(Voxels::I32),
        SampleType::F32 => fill::<f32>(sources, loader)?.map(Voxels::F32),
        _ => None,
    };
    match voxels {
        Some(voxels) => Ok(voxels),
        // Compressed data may hold more than the header says; doubles hold everything.
        None => Ok(Voxels::F64(fill::<f64>(sources, loader)?.unwrap_or_default())),
    }
}

/// The array, or `None` where a value does not fit the type.
fn fill<T: Target>(
    sources: &[FrameSource<'_>],
    loader: &Loader<'_>,
) -> Result<Option<Array3<T>>, (usize, DicomError)> {
    let first = sources[0].header;
    let mut array = Array3::<T>::default([sources.len(), first.rows, first.columns]);
    let slices: Vec<ArrayViewMut2<'_, T>> = array.axis_iter_mut(Axis(0)).collect();
    let done: Vec<Result<bool, DicomError>> = slices
        .into_par_iter()
        .zip(sources)
        .map_init(
            || (Vec::new(), Vec::new()),
            |(buffer, joined), (mut slice, source)| {
                let out = slice.as_slice_mut().unwrap_or_default();
                frame_values(source, loader.load(source, buffer, joined)?, out)
            },
        )
        .collect();
    for (fits, source) in done.into_iter().zip(sources) {
        if !fits.map_err(|e| (source.file, e))? {
            return Ok(None);
        }
    }
    Ok(Some(array))
}

/// Values of one frame; false where one does not fit.
fn frame_values<T: Target>(
    source: &FrameSource<'_>,
    encoded: Encoded<'_>,
    out: &mut [T],
) -> Result<bool, DicomError> {
    let header = source.header;
    let Frame { slope, intercept, .. } = *source.scale();
    let scale = Scale { slope, intercept };
    let bits = header.bits;
    match encoded {
        Encoded::Native { bytes, big_endian } if bits.float => {
            Ok(floats(bytes, bits.allocated, big_endian, scale, out))
        }
        Encoded::Native { bytes, big_endian } => {
            let layout =
                Layout { bits: bits.stored, shift: bits.high + 1 - bits.stored, signed: bits.signed };
            Ok(values(bytes, bits.allocated as usize / 8, big_endian, layout, scale, out))
        }
        Encoded::Compressed(_) if bits.float => {
            let reason = "floating-point pixels cannot be compressed".into();
            Err(DicomError::Codec { codec: source.codec.name(), frame: source.frame + 1, reason })
        }
        Encoded::Compressed(data) => {
            let expected = Expected { rows: header.rows, columns: header.columns, bits };
            let samples = codec::decode(source.codec, data, &expected, source.frame)?;
            let layout = Layout::of(&samples, bits);
            Ok(values(&samples.bytes, samples.width, false, layout, scale, out))
        }
    }
}

/// Which bits of a sample are its value.
#[derive(Clone, Copy, Debug)]
struct Layout {
    bits: u32,
    shift: u32,
    signed: bool,
}

impl Layout {
    fn of(samples: &Samples, bits: Bits) -> Self {
        let all = samples.width as u32 * 8;
        if samples.signed {
            // Sign and range are the codestream's own, whatever the header says.
            return Self { bits: all, shift: 0, signed: true };
        }
        // Run-length and raw frames are stored as the header says, others in the low bits.
        if samples.precision == bits.allocated && all == bits.allocated {
            return Self { bits: bits.stored, shift: bits.high + 1 - bits.stored, signed: bits.signed };
        }
        Self { bits: samples.precision.min(bits.stored), shift: 0, signed: bits.signed }
    }
}

#[derive(Clone, Copy, Debug)]
struct Scale {
    slope: f64,
    intercept: f64,
}

/// A type that pixel values are written as. `misfit` collects what a type cannot hold: not zero after the
/// first one.
trait Target: Sample {
    /// The number, for values of up to 16 bits with an intercept: one loop of vector instructions.
    fn of_i32(value: i32, misfit: &mut i32) -> Self;
    fn of_i64(value: i64, misfit: &mut i32) -> Self;
    fn of_float(value: f64, misfit: &mut i32) -> Self;
}

macro_rules! targets {
    ($($type:ty, $lost:expr;)*) => {$(
        impl Target for $type {
            #[inline(always)]
            fn of_i32(value: i32, misfit: &mut i32) -> Self {
                let lost: fn(i32) -> i32 = $lost;
                *misfit |= lost(value);
                value as $type
            }
            #[inline(always)]
            fn of_i64(value: i64, misfit: &mut i32) -> Self {
                let cast = value as $type;
                *misfit |= i32::from(cast as i64 != value);
                cast
            }
            #[inline(always)]
            fn of_float(value: f64, misfit: &mut i32) -> Self {
                let cast = value as $type;
                *misfit |= i32::from(f64::from(cast) != value);
                cast
            }
        }
    )*};
}

targets! {
    u8, |v| i32::from(v as u8) ^ v;
    i8, |v| i32::from(v as i8) ^ v;
    u16, |v| i32::from(v as u16) ^ v;
    i16, |v| i32::from(v as i16) ^ v;
    u32, |v| v & i32::MIN;
    i32, |_| 0;
    f32, |v| (v as f32) as i32 ^ v;
    f64, |_| 0;
}

/// Writes samples of `width` bytes; false where one does not fit.
fn values<T: Target>(
    bytes: &[u8],
    width: usize,
    big_endian: bool,
    layout: Layout,
    scale: Scale,
    out: &mut [T],
) -> bool {
    match (width, big_endian) {
        (1, _) => scaled(bytes.iter().map(|&b| layout.cut(b.into())), scale, out),
        (2, false) => scaled(pairs(bytes).map(|b| layout.cut(u16::from_le_bytes(b).into())), scale, out),
        (2, true) => scaled(pairs(bytes).map(|b| layout.cut(u16::from_be_bytes(b).into())), scale, out),
        (_, false) => scaled_wide(fours(bytes).map(|b| layout.cut_wide(u32::from_le_bytes(b))), scale, out),
        (_, true) => scaled_wide(fours(bytes).map(|b| layout.cut_wide(u32::from_be_bytes(b))), scale, out),
    }
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = [u8; 2]> {
    bytes.chunks_exact(2).map(|c| [c[0], c[1]])
}

fn fours(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    bytes.chunks_exact(4).map(|c| [c[0], c[1], c[2], c[3]])
}

impl Layout {
    /// The value in up to 16 bits.
    #[inline(always)]
    fn cut(&self, raw: u32) -> i32 {
        let (left, right) = (32 - self.bits - self.shift, 32 - self.bits);
        if self.signed { (raw << left) as i32 >> right } else { (raw << left >> right) as i32 }
    }

    /// The value in up to 32 bits.
    #[inline(always)]
    fn cut_wide(&self, raw: u32) -> i64 {
        let (left, right) = (32 - self.bits - self.shift, 32 - self.bits);
        if self.signed { i64::from((raw << left) as i32 >> right) } else { i64::from(raw << left >> right) }
    }
}

/// As [`scaled_wide`] for stored values of up to 16 bits.
#[inline(always)]
fn scaled<T: Target>(stored: impl Iterator<Item = i32>, scale: Scale, out: &mut [T]) -> bool {
    let intercept = scale.intercept;
    if scale.slope != 1.0 || intercept.fract() != 0.0 || intercept.abs() > f64::from(1 << 30) {
        return scaled_wide(stored.map(i64::from), scale, out);
    }
    let (intercept, mut misfit) = (intercept as i32, 0);
    for (slot, value) in out.iter_mut().zip(stored) {
        *slot = T::of_i32(value + intercept, &mut misfit);
    }
    misfit == 0
}

/// Applies slope and intercept; false where a value does not fit.
fn scaled_wide<T: Target>(stored: impl Iterator<Item = i64>, scale: Scale, out: &mut [T]) -> bool {
    let Scale { slope, intercept } = scale;
    let mut misfit = 0;
    let whole = |v: f64| v.fract() == 0.0 && v.abs() < f64::from(1 << 30);
    if whole(slope) && whole(intercept) {
        let (slope, intercept) = (slope as i64, intercept as i64);
        for (slot, value) in out.iter_mut().zip(stored) {
            *slot = T::of_i64(value * slope + intercept, &mut misfit);
        }
    } else {
        for (slot, value) in out.iter_mut().zip(stored) {
            *slot = T::of_float(value as f64 * slope + intercept, &mut misfit);
        }
    }
    misfit == 0
}

/// Floating-point pixels.
fn floats<T: Target>(bytes: &[u8], allocated: u32, big: bool, scale: Scale, out: &mut [T]) -> bool {
    let wide = |c: &[u8]| -> [u8; 8] { std::array::from_fn(|i| c[if big { 7 - i } else { i }]) };
    let single = |c: &[u8]| -> [u8; 4] { std::array::from_fn(|i| c[if big { 3 - i } else { i }]) };
    for (i, slot) in out.iter_mut().enumerate() {
        let value = if allocated == 64 {
            bytes.get(8 * i..8 * i + 8).map(|c| f64::from_le_bytes(wide(c)))
        } else {
            bytes.get(4 * i..4 * i + 4).map(|c| f32::from_le_bytes(single(c)).into())
        };
        let value = value.unwrap_or_default();
        let plain = scale.slope == 1.0 && scale.intercept == 0.0;
        // Values that are no numbers fit no comparison, and every floating-point type.
        *slot = T::of_float(if plain { value } else { value * scale.slope + scale.intercept }, &mut 0);
    }
    true
}

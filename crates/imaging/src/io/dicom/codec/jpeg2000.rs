//! JPEG 2000 at its own bit depth.

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

use super::{Expected, Samples};

pub(super) fn decode(data: &[u8], expected: &Expected) -> Result<Samples, String> {
    let codestream = codestream(data).ok_or("no codestream found")?;
    let (precision, signed) = size_segment(codestream, expected)?;
    let settings = DecodeSettings { resolve_palette_indices: false, strict: true, target_resolution: None };
    let image = Image::new(codestream, &settings).map_err(|e| format!("{e:?}"))?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|e| format!("{e:?}"))?;
    let [component] = decoded.components() else { return Err("several components".into()) };
    let samples = component.samples();
    if samples.len() != expected.pixels() {
        return Err(format!("{} pixels where {} are expected", samples.len(), expected.pixels()));
    }
    // The decoder lifts signed samples by half the range as it does unsigned ones: taken back here. Values
    // that a lossy stream puts beyond the range are cut to it, as other decoders do.
    let half = if signed { f32::from(2_u8).powi(precision as i32 - 1) } else { 0.0 };
    let most = f32::from(2_u8).powi(precision as i32) - 1.0;
    let bytes =
        samples.iter().flat_map(|s| ((s.round().clamp(0.0, most) - half) as i32).to_le_bytes()).collect();
    Ok(Samples { bytes, width: 4, precision, signed })
}

/// The bare codestream; some writers wrap it into a JP2 file.
fn codestream(data: &[u8]) -> Option<&[u8]> {
    const START: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];
    if data.starts_with(&START) {
        return Some(data);
    }
    let jp2 = data.starts_with(&[0, 0, 0, 12, b'j', b'P', b' ', b' ']);
    let at = if jp2 { data.windows(4).position(|w| w == START) } else { None }?;
    data.get(at..)
}

/// Checks the SIZ segment, which follows the start of every codestream; returns bit depth and sign.
fn size_segment(data: &[u8], expected: &Expected) -> Result<(u32, bool), String> {
    let word = |at: usize| -> Option<usize> {
        Some(u32::from_be_bytes(data.get(at..at + 4)?.try_into().ok()?) as usize)
    };
    let size = || -> Option<(usize, usize, usize, u8)> {
        let components = u16::from_be_bytes(data.get(40..42)?.try_into().ok()?);
        let (x, y) = (word(8)?.checked_sub(word(16)?)?, word(12)?.checked_sub(word(20)?)?);
        Some((x, y, components.into(), *data.get(42)?))
    };
    let (x, y, components, depth) = size().ok_or("the size segment is cut off")?;
    expected.check(x, y, components)?;
    let precision = u32::from(depth & 0x7F) + 1;
    if precision > 16 {
        // Beyond 16 bits the decoder's single precision would round.
        return Err(format!("{precision} bits a sample; at most 16 can be decoded exactly"));
    }
    Ok((precision, depth & 0x80 != 0))
}

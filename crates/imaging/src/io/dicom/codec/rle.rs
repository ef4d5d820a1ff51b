//! RLE (PS3.5 annex G): one segment for each byte of a sample, the most significant first, packed as
//! PackBits.

use super::Expected;

/// Most segments of a frame.
const MOST: usize = 15;

/// Bytes of one frame, little endian.
pub(super) fn decode(data: &[u8], expected: &Expected) -> Result<Vec<u8>, String> {
    let word = |i: usize| -> Option<usize> {
        Some(u32::from_le_bytes(data.get(4 * i..4 * i + 4)?.try_into().ok()?) as usize)
    };
    let segments = word(0).ok_or("shorter than its header")?;
    let width = expected.bits.allocated as usize / 8;
    if segments != width || segments > MOST {
        return Err(format!("{segments} segments where {width} are expected"));
    }
    let pixels = expected.pixels();
    let mut bytes = vec![0; pixels * width];
    for s in 0..segments {
        let start = word(1 + s).ok_or("shorter than its header")?;
        let end = if s + 1 < segments { word(2 + s).unwrap_or(data.len()) } else { data.len() };
        let packed =
            data.get(start..end.min(data.len())).ok_or_else(|| format!("segment {} lies outside", s + 1))?;
        let place = width - 1 - s;
        let mut out = bytes.iter_mut().skip(place).step_by(width);
        let filled = unpack(packed, pixels, |byte| {
            if let Some(slot) = out.next() {
                *slot = byte;
            }
        });
        if filled < pixels {
            return Err(format!("segment {} ends after {filled} of {pixels} bytes", s + 1));
        }
    }
    Ok(bytes)
}

/// Unpacks up to `most` bytes; returns how many there were.
fn unpack(packed: &[u8], most: usize, mut put: impl FnMut(u8)) -> usize {
    let mut filled = 0;
    let mut rest = packed;
    while let [control, tail @ ..] = rest {
        if filled >= most {
            break;
        }
        rest = match *control as i8 {
            -128 => tail,
            n @ 0.. => {
                let literal = tail.len().min(n as usize + 1).min(most - filled);
                tail[..literal].iter().for_each(|&b| put(b));
                filled += literal;
                tail.get(n as usize + 1..).unwrap_or_default()
            }
            n => {
                let Some((&byte, tail)) = tail.split_first() else { break };
                let run = (1 - isize::from(n)).unsigned_abs().min(most - filled);
                (0..run).for_each(|_| put(byte));
                filled += run;
                tail
            }
        };
    }
    filled
}

//! PNG, base64 and digests: bytes in, bytes or text out.

use sha2::{Digest, Sha256};

/// An RGBA picture as PNG, the same bytes on each run. Errors as text.
pub(crate) fn png_rgba(width: usize, height: usize, rgba: &[u8]) -> Result<Vec<u8>, String> {
    png(width, height, rgba, ::png::ColorType::Rgba, None)
}

/// An RGB picture as PNG that says how many pixels make an inch. Errors as text.
#[cfg(feature = "raster")]
pub(crate) fn png_rgb(width: usize, height: usize, rgb: &[u8], dpi: f64) -> Result<Vec<u8>, String> {
    png(width, height, rgb, ::png::ColorType::Rgb, Some(dpi))
}

fn png(
    width: usize,
    height: usize,
    pixels: &[u8],
    colour: ::png::ColorType,
    dpi: Option<f64>,
) -> Result<Vec<u8>, String> {
    let side = |n: usize| u32::try_from(n).map_err(|_| format!("side of {n} pixels"));
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, side(width)?, side(height)?);
    encoder.set_color(colour);
    encoder.set_depth(::png::BitDepth::Eight);
    // The other levels go through flate2, whose bytes depend on the backend that somebody else in the build chose.
    encoder.set_compression(::png::Compression::Fast);
    if let Some(dpi) = dpi {
        let per_metre = (dpi / 0.0254).round() as u32;
        let unit = ::png::Unit::Meter;
        encoder.set_pixel_dims(Some(::png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit }));
    }
    let mut writer = encoder.write_header().map_err(|e| e.to_string())?;
    writer.write_image_data(pixels).map_err(|e| e.to_string())?;
    writer.finish().map_err(|e| e.to_string())?;
    Ok(bytes)
}

/// Base64 of RFC 4648 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |n, &b| (n << 8) | u32::from(b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let sign = SIGNS[(bits >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= chunk.len() { char::from(sign) } else { '=' });
        }
    }
    out
}

/// SHA-256 as hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test] // RFC 4648, section 10; FIPS 180-2, appendix B.1
    fn published_vectors() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
